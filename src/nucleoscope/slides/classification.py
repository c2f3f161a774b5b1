"""Classifying the nuclei of an image: block by block, and the model is asked only where there is tissue."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nucleoscope.prediction.logits import Progress
from nucleoscope.prediction.novelty import energy, is_foreign
from nucleoscope.prediction.probabilities import to_probabilities
from nucleoscope.slides.blocks import MOST, blocks_of
from nucleoscope.slides.cut import crops_of_block
from nucleoscope.slides.engines import NucleusEngines, side_of_regions
from nucleoscope.slides.image import SlideImage
from nucleoscope.slides.results import Doubt, Verdicts
from nucleoscope.slides.tissue import find_artefacts

_CHUNK = 4096
_WORDS = np.array([str(doubt) for doubt in Doubt])
_CROPS_IN_MEMORY = 64 * 2**20  # bytes


def classify_nuclei(
    engines: NucleusEngines, image: SlideImage, centres: NDArray[np.float64], progress: Progress | None = None
) -> Iterator[Verdicts]:
    """Decide about every nucleus of an image.

    Nuclei are worked on where they lie together and given back in their order; in between, each is a few numbers.

    Args:
        engines: see `open_engines`.
        image: is read in regions.
        centres: (N, 2) x, y in full-resolution pixels.
        progress: told how many nuclei are done, of how many.

    Yields:
        Verdicts on one chunk of nuclei after another; on none if there is no nucleus.

    Raises:
        DataError: a nucleus lies outside of the image, the file is damaged, or the resolutions are too far apart.
    """
    findings = _Findings.of(len(centres), engines.bundle.config.classes)
    side = side_of_regions(image, engines.bundle.config.mpp, engines.side)
    done = 0
    for block in blocks_of(centres, image.size, side, most=len(centres)):
        for index in _decide(engines, image, centres, block.index, findings):
            done += len(index)
            if progress:
                progress(done, len(centres))
    yield from findings.chunks()


@dataclass(frozen=True)
class _Findings:
    """About all nuclei: probabilities (N, C), energies (N,) and positions in `_WORDS` (N,)."""

    classes: tuple[str, ...]
    probabilities: NDArray[np.float32]
    novelty: NDArray[np.float32]
    doubt: NDArray[np.uint8]

    @classmethod
    def of(cls, count: int, classes: tuple[str, ...]) -> Self:
        unknown = np.full((count, len(classes)), np.nan, np.float32)
        return cls(classes, unknown, np.full(count, np.nan, np.float32), np.zeros(count, np.uint8))

    def chunks(self) -> Iterator[Verdicts]:
        for start in range(0, len(self.doubt), _CHUNK):
            some = slice(start, start + _CHUNK)
            yield Verdicts(self.classes, self.probabilities[some], self.novelty[some], _WORDS[self.doubt[some]])


def _decide(
    engines: NucleusEngines,
    image: SlideImage,
    centres: NDArray[np.float64],
    index: NDArray[np.int64],
    findings: _Findings,
) -> Iterator[NDArray[np.int64]]:
    """Fill in what is found about the nuclei at `index`, which lie together; yields those that are done."""
    size, mpp = engines.bundle.config.specification.size, engines.bundle.config.mpp
    crowd = engines.crowd if engines.crowd and engines.crowd.suits(len(index)) else None
    most = max(1, min(MOST, _CROPS_IN_MEMORY // (size[0] * size[1] * 3)))
    waiting = []
    for start in range(0, len(index), most):
        part = index[start : start + most]
        crops = crops_of_block(image, centres[part], size, mpp)
        doubts = find_artefacts(crops, image.mpp if mpp is None else mpp)
        findings.doubt[part] = _numbers(doubts)
        tissue = np.flatnonzero(findings.doubt[part] == 0)
        if crowd is None and len(tissue):
            logits = engines.runner.logits(crops[tissue], engines.bundle.config.views)
            _keep(engines, findings, part[tissue], logits)
        waiting.append(part[tissue])
        if crowd is None:
            yield part
    if crowd is not None:
        asked = np.concatenate(waiting)
        if len(asked):
            _keep(engines, findings, asked, crowd.logits(image, centres[asked]))
        yield index


def _numbers(doubts: NDArray[np.str_]) -> NDArray[np.uint8]:
    """Positions of words in `_WORDS`."""
    positions: NDArray[np.uint8] = (doubts[:, None] == _WORDS).argmax(axis=1).astype(np.uint8)
    return positions


def _keep(engines: NucleusEngines, findings: _Findings, index: NDArray[np.int64], logits: NDArray[np.float32]) -> None:
    """Fill in what logits (K, C) say about the nuclei at `index` (K,)."""
    config = engines.bundle.config
    findings.probabilities[index] = to_probabilities(logits, config)
    findings.novelty[index] = energy(logits)
    foreign = is_foreign(findings.novelty[index], config.novelty_threshold)
    findings.doubt[index[foreign]] = list(Doubt).index(Doubt.FOREIGN)
