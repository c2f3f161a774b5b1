"""`Console`: the reporter that draws on a terminal, or writes plain lines where there is none."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import rich.console
from rich.live import Live
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from nucleoscope.pipeline.reporter import Bar
from nucleoscope.tuning.journal import Status, Trial


class Console:
    """Progress bars, live tables and lines."""

    def __init__(self) -> None:
        self._console = rich.console.Console(highlight=False, soft_wrap=True)

    def say(self, text: str) -> None:
        """Write a line."""
        self._console.print(text, markup=False)

    @contextmanager
    def bar(self, label: str) -> Iterator[Bar]:
        """A bar with the time left; where there is no terminal, a line with the seconds at the end."""
        if not self._console.is_terminal:
            started = time.perf_counter()
            yield lambda done, total: None
            self.say(f"{label}: {time.perf_counter() - started:.0f} s")
            return
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=self._console) as progress:
            task = progress.add_task(label, total=None)
            yield lambda done, total: progress.update(task, completed=done, total=total)

    @contextmanager
    def trials(self, label: str, wanted: int) -> Iterator[Callable[[list[Trial]], None]]:
        """A live table; where there is no terminal, a line when a trial ends."""
        if not self._console.is_terminal:
            yield _Lines(self, wanted)
            return
        with Live(console=self._console, refresh_per_second=2) as live:
            yield lambda trials: live.update(_table(label, trials))


class _Lines:
    """Says each ended trial once."""

    def __init__(self, console: Console, wanted: int) -> None:
        self._console, self._wanted = console, wanted
        self._said: set[str] = set()
        self._lock = threading.Lock()

    def __call__(self, trials: list[Trial]) -> None:
        with self._lock:
            for trial in trials:
                if trial.status is not Status.RUNNING and trial.trial not in self._said:
                    self._said.add(trial.trial)
                    self._console.say(f"trial {trial.number} of {self._wanted}: {_state(trial)}; {_settings(trial)}")


def _state(trial: Trial) -> str:
    if trial.status is Status.FAILED:
        return f"failed ({trial.reason})"
    reached = "no epoch yet" if trial.metric is None else f"{trial.metric:.1%} on select"
    return f"{trial.status} after {len(trial.history)} epochs, {reached}"


def _settings(trial: Trial) -> str:
    return ", ".join(f"{name} {value:.3g}" for name, value in trial.parameters.items())


def _table(label: str, trials: list[Trial]) -> Table:
    names = list(dict.fromkeys(name for trial in trials for name in trial.parameters))
    table = Table(title=label)
    for column in ("trial", "status", "epoch", "select accuracy", "seconds", *names):
        table.add_column(column.replace("_", " "), justify="right")
    for trial in trials:
        table.add_row(
            str(trial.number),
            trial.reason or str(trial.status),
            str(len(trial.history)),
            "" if trial.metric is None else f"{trial.metric:.1%}",
            f"{trial.seconds:.0f}",
            *(f"{trial.parameters[name]:.3g}" if name in trial.parameters else "" for name in names),
        )
    return table
