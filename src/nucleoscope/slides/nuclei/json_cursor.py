"""A place in a JSON text that is read piece by piece: lists and objects of any length, in little memory.

The standard library's decoder does the work on every value that fits into memory; what is walked through item by
item is only what holds them.
"""

import codecs
import json
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from nucleoscope.data.reading.wording import shown
from nucleoscope.errors import DataError
from nucleoscope.slides.nuclei.compressed import open_bytes

CHUNK = 1 << 20  # bytes read at once
LARGEST = 1 << 24  # characters of a value up to which it is decoded as a whole
_NEAR_END = 32  # characters: an error this close to the end of what was read may be only that
_INK = re.compile(r"[^ \t\n\r]")
_DECODER = json.JSONDecoder()


class TooLargeError(Exception):
    """A value is longer than it may be; the cursor still stands before it."""


class JsonCursor:
    """Reads forward through JSON.

    Args:
        stream: of UTF-8, with or without a byte order mark.
        path: for messages.
        start: byte of the stream at which to begin.
        chunk: bytes to read at once.
    """

    def __init__(self, stream: BinaryIO, path: Path, *, start: int = 0, chunk: int = CHUNK):
        self._stream = stream
        self._path = path
        self._chunk = chunk
        self._decode = codecs.getincrementaldecoder("utf-8")().decode
        self._text = ""
        self._at = 0  # the place in `_text`
        self._before = start  # bytes before `_text`
        self._ended = False
        if start:
            stream.seek(start)
        elif self.peek() == "\ufeff":
            self._at += 1

    @property
    def offset(self) -> int:
        """Bytes of the stream before the cursor."""
        return self._before + len(self._text[: self._at].encode())

    def peek(self) -> str:
        """The next character that is not white space, "" at the end of the text."""
        while True:
            found = _INK.search(self._text, self._at)
            self._at = found.start() if found else len(self._text)
            if found:
                return found[0]
            if not self._read():
                return ""

    def value(self, largest: int | None = None) -> Any:
        """Decode the next value.

        Args:
            largest: characters it may have.

        Raises:
            TooLargeError: it has more; nothing was read of it.
            DataError: it is not JSON, or nested too deeply.
        """
        self.peek()
        while True:
            try:
                value, end = _DECODER.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                if not self._may_go_on(error) or not self._read_more(largest):
                    raise self._broken(error.msg, error.pos) from error
            except RecursionError as error:
                raise self._broken("nested too deeply", self._at) from error
            except ValueError as error:
                raise self._broken(str(error), self._at) from error
            else:
                # A number at the end of what was read may go on.
                if end < len(self._text) or not self._read_more(largest):
                    self._at = end
                    return value

    def short_value(self) -> Any:
        """The next value, None if it is too long to be decoded as a whole."""
        try:
            return self.value(LARGEST)
        except TooLargeError:
            self.skip()
            return None

    def members(self) -> Iterator[str]:
        """The keys of the members of the object that begins here; after each, read or skip its value."""
        self._expect("{")
        if self._take("}"):
            return
        while True:
            if self.peek() != '"':
                raise self._broken("expected a key", self._at)
            key = self.value()
            self._expect(":")
            yield key
            if not self._take(","):
                break
        self._expect("}")

    def items(self) -> Iterator[int]:
        """The positions in the list that begins here, from 0; after each, read or skip the item."""
        self._expect("[")
        if self._take("]"):
            return
        position = 0
        while True:
            yield position
            position += 1
            if not self._take(","):
                break
        self._expect("]")

    def skip(self) -> None:
        """Leave out the next value, however long it is."""
        try:
            self.value(LARGEST)
        except TooLargeError:
            opening = self.peek()
            if opening not in "[{":
                raise self._broken("a text or number without end", self._at) from None
            for _ in self.items() if opening == "[" else self.members():
                self.skip()

    def refuse(self, expected: str) -> DataError:
        """An error about what comes next."""
        found = self.peek()
        begin = "the end of the file" if not found else f'"{shown(self._text[self._at : self._at + 20])}"'
        return DataError(f"{self._path}: found {begin} at byte {self.offset:,}; expected {expected}")

    def _take(self, character: str) -> bool:
        if self.peek() != character:
            return False
        self._at += 1
        return True

    def _expect(self, character: str) -> None:
        if not self._take(character):
            raise self._broken(f'expected "{character}"', self._at)

    def _may_go_on(self, error: json.JSONDecodeError) -> bool:
        """Whether an error may come from the end of what was read."""
        return error.msg.startswith("Unterminated string") or error.pos >= len(self._text) - _NEAR_END

    def _read_more(self, largest: int | None) -> bool:
        """Read at least as much again as there is of the value; whether there was more."""
        have = len(self._text) - self._at
        if largest is not None and have > largest and not self._ended:
            raise TooLargeError
        wanted = 2 * have
        more = self._read()
        while more and len(self._text) - self._at < wanted and self._read():
            pass
        return more

    def _read(self) -> bool:
        """Read a chunk; whether there was one."""
        if self._ended:
            return False
        try:
            data = self._stream.read(self._chunk)
            text = self._decode(data, not data)
        except UnicodeDecodeError as error:
            raise DataError(f"{self._path} is not UTF-8 text; expected JSON: save it as UTF-8") from error
        except (OSError, EOFError, zlib.error) as error:
            raise DataError(f"{self._path} cannot be read to its end ({error}): check that it is whole") from error
        self._ended = not data
        self._before = self.offset
        self._text = self._text[self._at :] + text
        self._at = 0
        return bool(data)

    def _broken(self, what: str, position: int) -> DataError:
        byte = self._before + len(self._text[:position].encode())
        cut = " (the file ends there: is it whole?)" if self._ended and position >= len(self._text) - 1 else ""
        return DataError(f"{self._path} is not valid JSON at byte {byte:,}: {shown(what)}{cut}")


@contextmanager
def open_json(path: Path, start: int = 0, chunk: int = CHUNK) -> Iterator[JsonCursor]:
    """A cursor in a file, from a byte of its content on."""
    with open_bytes(path) as stream:
        yield JsonCursor(stream, path, start=start, chunk=chunk)
