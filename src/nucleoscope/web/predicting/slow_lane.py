"""`SlowLane`: explanations and fields, which take seconds, one after the other and beside the batches of crops."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from nucleoscope.web.errors import BusyError

T = TypeVar("T")

MOST_WAITING = 16


class SlowLane:
    """One thread; `close` it at the end."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "slow-lane")
        self._waiting = 0

    async def run(self, job: Callable[[], T]) -> T:
        """The result of a job.

        Raises:
            BusyError: too many wait already.
        """
        if self._waiting >= MOST_WAITING:
            raise BusyError(f"{self._waiting} explanations and fields are waiting already: try again")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, job)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """Give up what has not begun."""
        self._thread.shutdown(cancel_futures=True)
