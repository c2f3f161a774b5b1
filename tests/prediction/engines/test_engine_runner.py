"""What every engine's answers go through: parts, views, and a second look at unsure crops."""

import numpy as np
import pytest

from nucleoscope.prediction.engines.parity import find_margin
from nucleoscope.prediction.engines.runner import Recheck, Runner, lead

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.integers(256, size=(600, 8, 8, 3), dtype=np.uint8)


class Linear:
    """Logits are sums of the pixels, weighted by place; noise makes a quick engine of it."""

    def __init__(self, noise=0.0):
        self.weights = np.random.default_rng(1).normal(size=(8 * 8 * 3, 3)) / 1000
        self.noise, self.seen = noise, 0

    def logits(self, pictures):
        self.seen += len(pictures)
        exact = pictures.reshape(len(pictures), -1) @ self.weights
        return (exact + self.noise * np.sin(1e3 * exact)).astype(np.float32)


def test_parts_change_nothing_and_progress_counts_to_the_end():
    told = []
    found = Runner("x", Linear()).logits(IMAGES, progress=lambda *done: told.append(done))
    assert np.allclose(found, Linear().logits(IMAGES), atol=1e-6)
    assert told == [(512, 600), (600, 600)]


def test_views_are_the_mean_over_flips_and_turns():
    found = Runner("x", Linear()).logits(IMAGES[:5], views=8)
    turned = np.ascontiguousarray(IMAGES[:5].transpose(0, 2, 1, 3)[:, ::-1])
    assert np.allclose(found, Runner("x", Linear()).logits(turned, views=8), atol=1e-5)
    views = [
        v for p in (IMAGES[:5], IMAGES[:5].swapaxes(1, 2)) for v in (p, p[:, ::-1], p[:, :, ::-1], p[:, ::-1, ::-1])
    ]
    assert np.allclose(found, np.mean([Linear().logits(v) for v in views], axis=0), atol=1e-5)


@pytest.mark.parametrize("adjustment", [None, (0.5, 0.0, -0.5)])
def test_what_leads_by_more_than_the_margin_is_decided_as_the_exact_engine_does(adjustment):
    quick, exact, added = Linear(noise=0.1), Linear(), np.asarray(adjustment or (0.0,) * 3)
    margin = find_margin(quick.logits(IMAGES), exact.logits(IMAGES), adjustment)
    wanted = exact.logits(IMAGES) + added
    assert ((quick.logits(IMAGES) + added).argmax(1) != wanted.argmax(1)).sum() > 5
    exact.seen = 0
    found = Runner("x", quick, Recheck(exact, margin, adjustment)).logits(IMAGES) + added
    assert (found.argmax(1) == wanted.argmax(1)).all()
    assert 0 < exact.seen < len(IMAGES) / 2
    assert exact.seen == (lead(quick.logits(IMAGES), adjustment) <= margin).sum()


def test_engines_that_agree_need_no_margin():
    logits = Linear().logits(IMAGES)
    assert find_margin(logits, logits, None) == 0.0
