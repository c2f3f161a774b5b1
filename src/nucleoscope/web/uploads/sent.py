"""`SentFile`: a file of a request, read into memory. Its name is a label: nothing is ever opened by it."""

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import UploadFile

from nucleoscope.web.errors import TooLargeError
from nucleoscope.web.settings import Limits

_LONGEST_NAME = 200  # characters


@dataclass(frozen=True)
class SentFile:
    """A file.

    Attributes:
        name: as the client calls it, shortened; for people.
        content: its bytes.
    """

    name: str
    content: bytes


async def read_sent(files: Sequence[UploadFile], limits: Limits) -> list[SentFile]:
    """Read the files of a request.

    Raises:
        TooLargeError: there are too many.
    """
    if len(files) > limits.files:
        raise TooLargeError(f"{len(files):,} files; expected {limits.files:,} at most: send them in several requests")
    return [SentFile(label(file.filename or "file"), await file.read()) for file in files]


def label(name: str) -> str:
    """A name that can be shown and sent back: well-formed text of a bounded length."""
    return name.encode("utf-8", "replace").decode()[:_LONGEST_NAME]
