"""`Reporter`: how a run tells a person where it is. The command line has one that draws; this one is silent."""

import textwrap
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from nucleoscope.training.fit import Watch
from nucleoscope.tuning.journal import Trial

Bar = Callable[[int, int], None]
"""Told how much is done, of how much."""


class Reporter(Protocol):
    """What the stages call."""

    def say(self, text: str) -> None:
        """Tell a result or a fact, in a line."""

    def bar(self, label: str) -> AbstractContextManager[Bar]:
        """A progress bar; the context yields a function of how much is done, of how much."""

    def trials(self, label: str, wanted: int) -> AbstractContextManager[Callable[[list[Trial]], None]]:
        """A live table of a search for `wanted` trials; the context yields a function of the trials so far."""


class Silent:
    """Tells nothing."""

    def say(self, text: str) -> None:
        """Nothing."""

    @contextmanager
    def bar(self, label: str) -> Iterator[Bar]:
        """Nothing."""
        yield lambda done, total: None

    @contextmanager
    def trials(self, label: str, wanted: int) -> Iterator[Callable[[list[Trial]], None]]:
        """Nothing."""
        yield lambda trials: None


class Printed(Silent):
    """Prints what is told, without bars: for notebooks and logs.

    Args:
        width: letters after which a line is broken.
    """

    def __init__(self, width: int = 110) -> None:
        self.width = width

    def say(self, text: str) -> None:
        """A line, or several if it is long."""
        print(textwrap.fill(text, self.width, subsequent_indent="    ", break_long_words=False))


def watch_steps(bar: Bar, share: float = 1.0) -> Watch:
    """A watch of a fit that moves a bar; `share` is how much of its schedule the fit will run."""
    return Watch(on_step=lambda progress: bar(progress.step, round(progress.steps * share)))
