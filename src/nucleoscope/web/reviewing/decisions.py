"""`DecisionStore`: what reviewers decided, in one SQLite file; what was answered as stored is on disk.

Nothing is ever changed or removed: a decision is added, and undoing one notes when it was withdrawn. Each reviewer has
decisions of his own, so that nobody writes over another's. The journal is a write-ahead log that is brought to the
disk at every commit (https://sqlite.org/wal.html): what was acknowledged survives the end of the process by any signal.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, create_engine, event, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from nucleoscope.data.reading.corrections import DROP
from nucleoscope.errors import RunFolderError
from nucleoscope.web.reviewing.tables import VERSION, Base, Row

_PATIENCE = 30  # seconds to wait for another process that writes


class Verdict(StrEnum):
    """What a reviewer says of a label."""

    RELABEL = "relabel"
    KEEP = "keep"
    DROP = "drop"


class Shown(StrEnum):
    """What a reviewer saw when deciding."""

    SUGGESTION = "suggestion"
    """The given label and what the model suggests."""
    LABEL = "label"
    """The given label alone."""
    PICTURE = "picture"
    """The crop alone."""


@dataclass(frozen=True)
class Decision:
    """What one reviewer says of one crop.

    Attributes:
        reviewer: who.
        crop: name of the crop.
        given: name of the class that its label was.
        verdict: what is to be done.
        label: name of the class that it is to be; None unless it is relabelled.
        shown: what the reviewer saw.
    """

    reviewer: str
    crop: str
    given: str
    verdict: Verdict
    label: str | None
    shown: Shown

    @property
    def answer(self) -> str:
        """The class that the reviewer takes the nucleus for, or the word "drop"."""
        if self.verdict is Verdict.DROP:
            return DROP
        return self.given if self.label is None else self.label


class DecisionStore:
    """The decisions of a run; the file is made with the first of them.

    Args:
        path: of the file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def record(self, decision: Decision) -> None:
        """Add a decision; saying the same again, as after a lost answer, adds nothing.

        Raises:
            RunFolderError: it could not be stored.
        """
        with self._session() as session:
            last = session.scalars(
                _standing().where(Row.reviewer == decision.reviewer, Row.crop == decision.crop).limit(1)
            ).first()
            if last is None or _decision(last) != decision:
                session.add(Row(**vars(decision), decided_at=_now()))

    def undo(self, reviewer: str) -> Decision | None:
        """Withdraw a reviewer's last decision, so that the one before it about that crop stands again, if any.

        Returns:
            What was withdrawn; None where nothing is left.

        Raises:
            RunFolderError: it could not be stored.
        """
        if not self.path.exists():
            return None
        with self._session() as session:
            last = session.scalars(_standing().where(Row.reviewer == reviewer).limit(1)).first()
            if last is None:
                return None
            last.withdrawn_at = _now()
            return _decision(last)

    def standing(self) -> list[Decision]:
        """The last decision of each reviewer about each crop, that was not withdrawn; in the order they were made.

        Raises:
            RunFolderError: the file is damaged.
        """
        if not self.path.exists():
            return []
        with self._session() as session:
            rows: Sequence[Row] = session.scalars(_standing()).all()
            newest = {(row.reviewer, row.crop): row for row in reversed(rows)}
            return [_decision(row) for row in sorted(newest.values(), key=lambda row: row.number)]

    def close(self) -> None:
        """Let go of the file."""
        if "_engine" in vars(self):
            self._engine.dispose()
            del self._engine

    @contextmanager
    def _session(self) -> Iterator[Session]:
        """A transaction that is on disk when the block ends."""
        try:
            with Session(self._engine) as session, session.begin():
                yield session
        except SQLAlchemyError as failure:
            reason = getattr(failure, "orig", None) or failure
            raise RunFolderError(
                f'decisions cannot be read or stored in "{self.path}" ({reason}); expected a file that `nucleoscope '
                "serve` wrote, in a folder that can be written: move it away, or check the place"
            ) from failure

    @cached_property
    def _engine(self) -> Engine:
        engine = create_engine(URL.create("sqlite", database=str(self.path)), connect_args={"timeout": _PATIENCE})
        event.listen(engine, "connect", _set_up)
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
        with engine.begin() as connection:
            found = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
            if found not in (0, VERSION):
                raise RunFolderError(
                    f'"{self.path}" has format {found}; this nucleoscope reads {VERSION}: use the version that wrote it'
                )
            Base.metadata.create_all(connection)
            connection.exec_driver_sql(f"PRAGMA user_version = {VERSION}")
        return engine


def _set_up(connection: Any, _record: object) -> None:
    """Make each commit last; transactions are begun by us, not by the driver."""
    connection.isolation_level = None
    for setting in ("journal_mode = WAL", "synchronous = FULL"):
        connection.execute(f"PRAGMA {setting}")


def _standing() -> Any:
    """Rows that were not withdrawn, the newest first."""
    return select(Row).where(Row.withdrawn_at.is_(None)).order_by(Row.number.desc())


def _decision(row: Row) -> Decision:
    label = row.label
    return Decision(row.reviewer, row.crop, row.given, Verdict(row.verdict), label, Shown(row.shown))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
