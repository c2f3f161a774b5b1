"""What else the machine does while a fit runs."""

import os
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_BUSY = (0, 1, 2, 5, 6)  # user, nice, system, irq, softirq; see proc(5)


def busy_seconds() -> float:
    """Seconds of CPU that all processes of the machine have taken so far (Linux)."""
    ticks = Path("/proc/stat").read_text().splitlines()[0].split()[1:]
    return sum(int(ticks[column]) for column in _BUSY) / os.sysconf("SC_CLK_TCK")


def _own_seconds() -> float:
    """Of this process and of the children that have ended, with theirs."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


@contextmanager
def watching_others() -> Iterator[list[float]]:
    """When the block, which waits for its children, has ended, the list holds the cores that others took."""
    found: list[float] = []
    started, busy, own = time.perf_counter(), busy_seconds(), _own_seconds()
    yield found
    others = (busy_seconds() - busy) - (_own_seconds() - own)
    found.append(round(max(0.0, others) / (time.perf_counter() - started), 3))
