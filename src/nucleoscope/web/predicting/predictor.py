"""`Predictor`: a bundle that answers, with its engine, its batches, and a copy for what takes longer."""

import copy
import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nucleoscope.data.synthetic import cut_crops, make_fields
from nucleoscope.models.bundle import Bundle
from nucleoscope.prediction.engines.choice import choose_engine
from nucleoscope.prediction.engines.runner import Runner
from nucleoscope.web.predicting.batching import MOST_TOGETHER, Batcher
from nucleoscope.web.served import Served

_SAMPLE = 128  # crops to measure engines with
_ENDLESS = 10**9  # crops: a server is asked for as long as it runs, so that measuring pays
_FIELD_SIDE = 8  # of a field, in crops


@dataclass(frozen=True)
class Predictor:
    """A model that answers.

    Attributes:
        name: such as "model2".
        bundle: that the batches are computed with.
        apart: a copy of it for explanations and fields: these hook into the network while batches go through.
        batcher: where crops are sent.
        trust: what speaks for believing the maps of each method, by its name; from the run.
    """

    name: str
    bundle: Bundle
    apart: Bundle
    batcher: Batcher
    trust: dict[str, str]


def open_predictors(served: Served, engine: str, on_batch: Callable[[str, int], None]) -> dict[str, Predictor]:
    """Make every model of a run ready.

    Args:
        served: the bundles.
        engine: name of one, or "auto" for the fastest of those that agree with PyTorch.
        on_batch: told the model's name and the crops of each batch.

    Raises:
        ConfigError: there is no engine of this name.
        EngineError: it cannot be used.
    """
    return {name: _open(served, name, bundle, engine, on_batch) for name, bundle in served.bundles.items()}


def _open(served: Served, name: str, bundle: Bundle, engine: str, on_batch: Callable[[str, int], None]) -> Predictor:
    sample = _sample(bundle)
    runner = choose_engine(bundle, engine, sample, _ENDLESS)
    _warm_up(runner, sample)
    apart = dataclasses.replace(bundle, model=copy.deepcopy(bundle.model))
    batcher = Batcher(runner, bundle.config.views, lambda crops: on_batch(name, crops))
    return Predictor(name, bundle, apart, batcher, served.trust_of(name))


def _warm_up(runner: Runner, sample: NDArray[np.uint8]) -> None:
    """Let the engines compile what they compile when they first see few or many crops: nobody shall wait for it."""
    for engine in (runner.engine, *([runner.recheck.engine] if runner.recheck else [])):
        for count in (1, MOST_TOGETHER):
            engine.logits(sample[:count])


def _sample(bundle: Bundle) -> NDArray[np.uint8]:
    """Crops of synthetic tissue, of the bundle's size, to measure engines with."""
    specification = bundle.config.specification
    height, width = specification.size
    side, crop = max(specification.size), max(specification.crop_size)
    crops = cut_crops(make_fields(1, seed=0, size=_FIELD_SIDE * crop + side - crop), size=side)
    return np.resize(crops.images[:, :height, :width], (_SAMPLE, height, width, 3))
