"""The one table of `decisions.sqlite`."""

from sqlalchemy import Index, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

VERSION = 1
"""Of the table; kept as SQLite's `user_version`."""


class Base(DeclarativeBase):
    """Tables of the file."""


class Row(Base):
    """A decision; see `decisions.Decision`. Times are UTC, ISO 8601."""

    __tablename__ = "decisions"
    __table_args__ = (Index("by_reviewer", "reviewer", "crop"), {"sqlite_autoincrement": True})

    number: Mapped[int] = mapped_column(primary_key=True)
    reviewer: Mapped[str] = mapped_column(Text)
    crop: Mapped[str] = mapped_column(Text)
    given: Mapped[str] = mapped_column(Text)
    verdict: Mapped[str] = mapped_column(Text)
    label: Mapped[str | None] = mapped_column(Text)
    shown: Mapped[str] = mapped_column(Text)
    decided_at: Mapped[str] = mapped_column(Text)
    withdrawn_at: Mapped[str | None] = mapped_column(Text, default=None)
