"""The engines that decide about the nuclei of an image: crops, or where nuclei crowd all of a region at once."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from nucleoscope.models.bundle import Bundle
from nucleoscope.prediction.dense.engine import DenseEngine
from nucleoscope.prediction.dense.network import BLOCK
from nucleoscope.prediction.dense.stages import WINDOW_STRIDE
from nucleoscope.prediction.dense.storing import LEAST_AGREEMENT, load_engine, read_record
from nucleoscope.prediction.engines.catalogue import AUTO, TORCH
from nucleoscope.prediction.engines.choice import choose_engine
from nucleoscope.prediction.engines.runner import Runner
from nucleoscope.prediction.fields import Field, predict_crops_of
from nucleoscope.prediction.novelty import energy, is_foreign
from nucleoscope.slides.blocks import SIDE, blocks_of
from nucleoscope.slides.cut import crops_of_block, read_resampled, step_between
from nucleoscope.slides.image import SlideImage

CROWDED = 800
"""Nuclei per million pixels from which the dense engine is faster than the quickest engine for crops."""
CROWDED_FOR_TORCH = 300
"""The same against PyTorch; see docs/benchmarks.md."""

_SAMPLE = 128  # crops to measure engines with
_LARGEST = 4096  # pixels of an image, the side of what is read at once


@dataclass(frozen=True)
class CrowdEngine:
    """The dense engine of a bundle for regions of an image.

    Attributes:
        dense: fitted for the bundle.
        crowded: nuclei per million pixels, at the bundle's resolution, from which it is the faster one.
    """

    dense: DenseEngine
    crowded: float

    @property
    def side(self) -> int:
        """Side in pixels of a region, so that all that its maps depend on is computed at once."""
        return BLOCK - 2 * self.dense.network.reach

    def suits(self, count: int) -> bool:
        """Whether so many nuclei on one region are a crowd."""
        return count / (self.side**2 / 1e6) >= self.crowded

    def logits(self, image: SlideImage, centres: NDArray[np.float64]) -> NDArray[np.float32]:
        """Logits (K, C) of nuclei at full-resolution pixels (K, 2) that lie within one region."""
        bundle = self.dense.network.bundle
        step = step_between(image, bundle.config.mpp)
        places, reach = centres / step, self.dense.network.reach
        # Regions begin on a step of the coarsest map, so that where they begin does not matter.
        first = np.floor(places.min(axis=0)).astype(np.int64) // WINDOW_STRIDE * WINDOW_STRIDE
        left, top = (first - reach).clip(min=0).tolist()
        right, bottom = (np.ceil(places.max(axis=0)).astype(np.int64) + reach + 1).tolist()
        right, bottom = min(right, int(image.size[0] / step)), min(bottom, int(image.size[1] / step))
        pixels = read_resampled(image, left, top, right - left, bottom - top, step)
        field = Field(pixels, np.minimum(places - (left, top), (right - left, bottom - top)))
        found = self.dense.predict_logits(field)
        foreign = np.flatnonzero(is_foreign(energy(found), bundle.config.novelty_threshold))
        if len(foreign):  # the threshold was made for what crops give
            found[foreign] = predict_crops_of(bundle, Field(field.image, field.centres[foreign]))
        return found


@dataclass(frozen=True)
class NucleusEngines:
    """What decides about the nuclei of one image.

    Attributes:
        bundle: whose classes they are.
        runner: for crops.
        crowd: for regions with many nuclei, or None.
    """

    bundle: Bundle
    runner: Runner
    crowd: CrowdEngine | None = None

    @property
    def name(self) -> str:
        """Which they are, in words."""
        return self.runner.name if self.crowd is None else f"{self.runner.name}, and the dense engine in crowds"

    @property
    def side(self) -> int:
        """Side in pixels, at the bundle's resolution, of the region that is best worked on at once."""
        return SIDE if self.crowd is None else self.crowd.side


def open_engines(bundle: Bundle, image: SlideImage, centres: NDArray[np.float64], name: str = AUTO) -> NucleusEngines:
    """The engines for the nuclei of an image.

    Args:
        bundle: its engines are in the folder that it was loaded from.
        image: that they lie on.
        centres: (N, 2) x, y in full-resolution pixels.
        name: of an engine for crops; "auto" takes the fastest that agrees with PyTorch, and in crowds the dense engine
            if the bundle has one that does.

    Raises:
        ConfigError: there is no engine of this name.
        EngineError: it cannot be used.
        RunFolderError: there is a dense engine of other weights, or a damaged one.
        DataError: a nucleus lies outside of the image, or its resolution is too far from the bundle's.
    """
    engines = NucleusEngines(bundle, choose_engine(bundle, name, _sample(bundle, image, centres), len(centres)))
    record = read_record(bundle.folder) if bundle.folder and name == AUTO else None
    if record is None or record.agreement < LEAST_AGREEMENT:
        return engines
    crowded = CROWDED_FOR_TORCH if engines.runner.name == TORCH else CROWDED
    return replace(engines, crowd=CrowdEngine(load_engine(bundle), crowded))


def side_of_regions(image: SlideImage, mpp: float | None, side: int) -> int:
    """Side in full-resolution pixels of regions that have this side at the bundle's resolution, if memory allows."""
    return max(1, min(_LARGEST, int(side * step_between(image, mpp))))


def _sample(bundle: Bundle, image: SlideImage, centres: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Crops to measure engines with: from where most nuclei are, there is tissue."""
    config = bundle.config
    side = side_of_regions(image, config.mpp, SIDE)
    block = max(blocks_of(centres, image.size, side), key=len, default=None)
    if block is None:
        return np.empty((0, *config.specification.size, 3), np.uint8)
    index = np.resize(block.index, _SAMPLE)  # fewer are taken again
    return crops_of_block(image, centres[index], config.specification.size, config.mpp)
