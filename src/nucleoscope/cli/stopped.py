"""What Ctrl-C leaves a user with."""

from collections.abc import Iterator
from contextlib import contextmanager


class StoppedError(Exception):
    """The user stopped a command; its text says how to go on."""


@contextmanager
def going_on_with(how: str) -> Iterator[None]:
    """Turn Ctrl-C inside the block into a line that says how to go on; Typer would end without a word."""
    try:
        yield
    except KeyboardInterrupt:
        raise StoppedError(f"stopped; {how}") from None
