"""`Batcher`: crops of many requests go through the engine together.

A lone request is answered at once. While the engine computes one batch, requests come in; what has come in by then is
the next one. Where several come at the same time, they are waited for a few milliseconds: few crops do not fill an
engine, and who was just answered is about to ask again.
"""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nucleoscope.prediction.engines.runner import Runner
from nucleoscope.web.errors import BusyError

MOST_TOGETHER = 64
"""Crops in a batch; more are not faster, see docs/benchmarks.md."""
MOST_WAITING = 1024
"""Crops of all requests that are admitted; further ones are told to come again."""


_PAUSE = 0.005
"""Seconds that are waited for more, where the last batch was of several requests."""


@dataclass(frozen=True)
class _Asked:
    """Crops of one request, and where its logits go."""

    images: NDArray[np.uint8]
    found: asyncio.Future[NDArray[np.float32]]


class Batcher:
    """Logits of crops, for many who ask at once.

    Args:
        runner: the engine.
        views: of the bundle.
        on_batch: told the number of crops of each batch.
    """

    def __init__(self, runner: Runner, views: int, on_batch: Callable[[int], None]) -> None:
        self.runner = runner
        self.admitted = 0
        self._views = views
        self._on_batch = on_batch
        self._asked: asyncio.Queue[_Asked] = asyncio.Queue()
        self._crowded = False

    async def logits(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Logits (N, C) of crops (N, H, W, 3) of the bundle's size, in parts, so that others come in between.

        Raises:
            BusyError: too many crops wait already.
        """
        with self._admitted(len(images)):
            found = []
            for start in range(0, len(images), MOST_TOGETHER):
                asked = _Asked(images[start : start + MOST_TOGETHER], asyncio.get_running_loop().create_future())
                self._asked.put_nowait(asked)
                found.append(await asked.found)
            return np.concatenate(found)

    @contextmanager
    def _admitted(self, count: int) -> Iterator[None]:
        if self.admitted and self.admitted + count > MOST_WAITING:
            raise BusyError(
                f"{self.admitted:,} crops are waiting already; expected {MOST_WAITING:,} at most: try again"
            )
        self.admitted += count
        try:
            yield
        finally:
            self.admitted -= count

    async def work(self) -> None:
        """Compute batch after batch until cancelled."""
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(1, "engine") as thread:
            while True:
                batch = await self._next_batch()
                computing = loop.run_in_executor(thread, self._compute, [asked.images for asked in batch])
                _answer(batch, (await asyncio.gather(computing, return_exceptions=True))[0])

    async def _next_batch(self) -> list[_Asked]:
        batch = [await self._asked.get()]
        if self._crowded:
            await asyncio.sleep(_PAUSE)
        count = len(batch[0].images)
        while count < MOST_TOGETHER and not self._asked.empty():
            batch.append(self._asked.get_nowait())
            count += len(batch[-1].images)
        self._crowded = len(batch) > 1
        return batch

    def _compute(self, parts: list[NDArray[np.uint8]]) -> list[NDArray[np.float32]]:
        """Logits of each part; in the engine's thread."""
        images = np.concatenate(parts)
        self._on_batch(len(images))
        logits = self.runner.logits(images, self._views)
        return np.split(logits, np.cumsum([len(part) for part in parts])[:-1])


def _answer(batch: list[_Asked], outcome: list[NDArray[np.float32]] | BaseException) -> None:
    """Give each request its logits, or all of them the failure; who has gone away in between gets nothing."""
    for position, asked in enumerate(batch):
        if asked.found.done():
            continue
        if isinstance(outcome, BaseException):
            asked.found.set_exception(outcome)
        else:
            asked.found.set_result(outcome[position])
