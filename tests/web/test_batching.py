import asyncio
import threading

import numpy as np
import pytest
from sent_pictures import encoded, noise

from nucleoscope.prediction.engines.runner import Runner
from nucleoscope.web.errors import BusyError
from nucleoscope.web.predicting import slow_lane
from nucleoscope.web.predicting.batching import MOST_TOGETHER, MOST_WAITING, Batcher
from nucleoscope.web.predicting.slow_lane import SlowLane


class Mean:
    """An engine whose only logit is the mean of a crop; it waits until it is let go."""

    def __init__(self):
        self.gate = threading.Event()

    def logits(self, pictures):
        assert self.gate.wait(10)
        return pictures.reshape(len(pictures), -1).mean(axis=1, keepdims=True).astype(np.float32)


class Broken:
    def logits(self, pictures):
        raise RuntimeError("out of memory")


def crops(count, value):
    return np.full((count, 4, 4, 3), value, np.uint8)


def batching(engine, scenario):
    """Runs a scenario with a batcher at work; returns what it returns and the sizes of the batches."""
    sizes = []

    async def run():
        batcher = Batcher(Runner("test", engine), 1, sizes.append)
        working = asyncio.create_task(batcher.work())
        try:
            return await asyncio.wait_for(scenario(batcher), 20)
        finally:
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)

    return asyncio.run(run()), sizes


async def until_first_batch(batcher):
    while not batcher._asked.empty() or not batcher.admitted:
        await asyncio.sleep(0)


def test_what_comes_in_while_a_batch_is_computed_is_the_next_batch():
    engine = Mean()

    async def scenario(batcher):
        first = asyncio.create_task(batcher.logits(crops(1, 0)))
        await until_first_batch(batcher)
        others = [asyncio.create_task(batcher.logits(crops(1, value))) for value in range(1, 32)]
        await asyncio.sleep(0.01)
        engine.gate.set()
        return await asyncio.gather(first, *others)

    found, sizes = batching(engine, scenario)
    assert sizes == [1, 31]
    assert [logits.tolist() for logits in found] == [[[value]] for value in range(32)]  # each has its own


def test_a_large_request_goes_in_parts_so_that_others_come_in_between():
    engine = Mean()
    engine.gate.set()

    async def scenario(batcher):
        return await batcher.logits(np.concatenate([crops(1, value % 256) for value in range(2 * MOST_TOGETHER + 5)]))

    found, sizes = batching(engine, scenario)
    assert sizes == [MOST_TOGETHER, MOST_TOGETHER, 5]
    assert found[:, 0].tolist() == [value % 256 for value in range(2 * MOST_TOGETHER + 5)]


def test_too_many_crops_are_told_to_come_again_and_the_others_are_answered():
    engine = Mean()

    async def scenario(batcher):
        admitted = asyncio.create_task(batcher.logits(crops(MOST_WAITING, 1)))
        await until_first_batch(batcher)
        with pytest.raises(BusyError) as failure:
            await batcher.logits(crops(1, 2))
        engine.gate.set()
        await admitted
        return str(failure.value), await batcher.logits(crops(1, 3))

    (error, later), _ = batching(engine, scenario)
    assert error == "1,024 crops are waiting already; expected 1,024 at most: try again"
    assert later.tolist() == [[3]]


def test_a_failure_reaches_all_who_asked_and_the_next_batch_is_computed():
    async def scenario(batcher):
        outcomes = []
        for _ in range(2):
            asked = [batcher.logits(crops(1, value)) for value in range(3)]
            outcomes += await asyncio.gather(*asked, return_exceptions=True)
        return outcomes

    outcomes, _ = batching(Broken(), scenario)
    assert [str(outcome) for outcome in outcomes] == ["out of memory"] * 6


def test_who_has_gone_away_is_not_waited_for():
    engine = Mean()

    async def scenario(batcher):
        gone = asyncio.create_task(batcher.logits(crops(1, 1)))
        await until_first_batch(batcher)
        gone.cancel()
        await asyncio.gather(gone, return_exceptions=True)
        engine.gate.set()
        return await batcher.logits(crops(1, 2)), batcher.admitted

    (logits, admitted), _ = batching(engine, scenario)
    assert (logits.tolist(), admitted) == ([[2]], 0)


def test_the_slow_lane_takes_a_few_and_no_more(monkeypatch):
    monkeypatch.setattr(slow_lane, "MOST_WAITING", 2)

    async def scenario():
        lane = SlowLane()
        two = [asyncio.create_task(lane.run(lambda: 1)) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(BusyError, match=r"^2 explanations and fields are waiting already: try again$"):
            await lane.run(lambda: 3)
        found = await asyncio.gather(*two), await lane.run(lambda: 4)
        lane.close()
        return found

    found = asyncio.run(scenario())
    assert found == ([1, 1], 4)


def test_busy_is_503_with_when_to_come_again(client, monkeypatch):
    async def busy(_images):
        raise BusyError("full")

    monkeypatch.setattr(client.app.state.answering.predictors["model"].batcher, "logits", busy)
    answer = client.post("/predict", files={"files": ("a.png", encoded(noise(48, 48)))})
    assert (answer.status_code, answer.headers["retry-after"], answer.json()) == (503, "1", {"error": "full"})
