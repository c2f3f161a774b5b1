"""Does a model look at the nucleus? What it gets right without the nucleus, and with nothing else.

A model that keeps its accuracy when the nucleus is erased does not need it: it reads the tile. An erased crop is
unlike any that the model was trained on, and a part of a fall may come from that alone (Hooker et al. 2019,
arXiv:1806.10758): a fall says less than accuracy that stays.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nucleoscope.data.augment import to_float
from nucleoscope.data.splits import Protocol
from nucleoscope.explanation.attributions import Method, attribute
from nucleoscope.explanation.centre import RADIUS, central_share, radius_in, uniform_share
from nucleoscope.explanation.erasing import erase_centre_of_crop, keep_centre_of_crop
from nucleoscope.explanation.sample import even, proportional
from nucleoscope.models.bundle import Bundle
from nucleoscope.prediction.logits import Progress, to_batch
from nucleoscope.prediction.probabilities import to_probabilities
from nucleoscope.runtime import mixed_precision

RADII = (0.1, 0.15, 0.2, RADIUS, 0.35, 0.5)  # of the crop's shorter side: up to the disc that touches the border
CROPS = 500  # a share of them is known within 4 points, which is enough; all radii of mobilenet_v2 in ten seconds
SHARE_CROPS = 32  # whose maps are made for the mean share of attribution; it hardly moves with more
SHARE_STEPS = 16  # of the integral: a quarter of what a page has, since one sum over a disc needs less than a map
_AT_ONCE = 50  # crops; their pictures stay in the cache while they are filled
_MAPS_AT_ONCE = 10  # crops, so that progress shows

_KEPT = 0.75  # of what accuracy is above chance: from there on a model does without the nucleus
_LOST = 0.25  # ... up to there it has nothing without it


@dataclass(frozen=True)
class Hits:
    """What is right at one radius; fractions.

    Attributes:
        radius: of the central disc, as a fraction of the crop's shorter side.
        accuracy: share of crops whose class is right.
        balanced_accuracy: mean of that share over the classes that occur.
    """

    radius: float
    accuracy: float
    balanced_accuracy: float


@dataclass(frozen=True)
class Nucleus:
    """What a model gets right without the nucleus, with nothing but the nucleus, and where its maps lie.

    Every crop is measured as it is (one view), also where the bundle predicts the mean over its flips and turns.

    Attributes:
        protocol: how the crops were split off.
        crops: how many were measured, each class with its share.
        validation_crops: how many they were drawn from.
        seed: of the draw.
        side: the crops' shorter side in pixels.
        whole: nothing erased.
        centre_erased: by radius, the central disc filled from its surroundings.
        centre_only: by radius, all but the central disc filled from within.
        chance: share of the largest class: the accuracy of always naming it.
        balanced_chance: one through the number of classes that occur.
        share_method: which maps `central_share` is measured on.
        share_steps: of that method.
        share_crops: on how many crops, as many of each class.
        central_share: mean share of absolute attribution in the disc of `RADIUS`; None where all maps are zero.
        uniform_share: what it would be if all pixels counted alike.
    """

    protocol: Protocol
    crops: int
    validation_crops: int
    seed: int
    side: int
    whole: Hits
    centre_erased: tuple[Hits, ...]
    centre_only: tuple[Hits, ...]
    chance: float
    balanced_chance: float
    share_method: Method
    share_steps: int
    share_crops: int
    central_share: float | None
    uniform_share: float

    @property
    def without(self) -> Hits:
        """With the disc of `RADIUS` erased."""
        return next(hits for hits in self.centre_erased if hits.radius == RADIUS)

    @property
    def alone(self) -> Hits:
        """With all but the disc of `RADIUS` erased."""
        return next(hits for hits in self.centre_only if hits.radius == RADIUS)

    @property
    def kept(self) -> float | None:
        """The share of what accuracy is above chance that is left without the nucleus; None where there is nothing."""
        gain = self.whole.accuracy - self.chance
        return (self.without.accuracy - self.chance) / gain if gain > 0 else None

    def sentence(self) -> str:
        """What was found, in plain words, with the protocol and the number of crops."""
        way = "falls" if self.without.accuracy < self.whole.accuracy else "goes"
        return (
            f"Without the nucleus (disc of {RADIUS * self.side:.0f} px radius, filled from its surroundings) accuracy "
            f"{way} from {self.whole.accuracy:.1%} to {self.without.accuracy:.1%} (balanced accuracy: from "
            f"{self.whole.balanced_accuracy:.1%} to {self.without.balanced_accuracy:.1%}). From the disc alone it is "
            f"{self.alone.accuracy:.1%}; always naming the largest class gives {self.chance:.1%} "
            f"({self.protocol} split, {self.crops:,} validation crops). {self._verdict()}"
        )

    def _verdict(self) -> str:
        kept = self.kept
        if kept is None:
            return "The model is no better than chance on whole crops, so there is nothing to lose."
        share = f"Without the nucleus the model keeps {max(0.0, min(1.0, kept)):.0%} of what it knows beyond chance"
        if kept >= _KEPT:
            return f"{share}: it reads the tile around the nucleus, and could mostly do without the nucleus."
        if kept <= _LOST:
            return f"{share}: it needs the nucleus."
        return f"{share}: it reads both the nucleus and the tile around it."

    def share_sentence(self) -> str:
        """Where attribution lies, in plain words."""
        where = f"in the central disc, which has {self.uniform_share:.0%} of the pixels"
        how = f"{self.share_method.replace('_', ' ')}, mean of {self.share_crops} crops"
        if self.central_share is None:
            return f"No attribution at all lies {where} ({how}): all maps are zero."
        return f"{self.central_share:.0%} of attribution lies {where} ({how})."

    def to_mapping(self) -> dict[str, Any]:
        """Names and values, ready for JSON."""
        return {**asdict(self), "kept": self.kept, "sentence": self.sentence(), "share_sentence": self.share_sentence()}


def measure_nucleus(
    bundle: Bundle,
    images: NDArray[np.uint8],
    labels: NDArray[np.int64],
    protocol: Protocol,
    *,
    seed: int = 0,
    progress: Progress | None = None,
) -> Nucleus:
    """Measure accuracy with the central disc erased, and with everything else erased, by its radius.

    Args:
        bundle: the classifier; its model is left in evaluation mode.
        images: (N, H, W, 3) uint8, crops that the model was not trained on.
        labels: (N,) in 0..C-1.
        protocol: how these crops were split off.
        seed: of the choice of crops.
        progress: told how many crops are done, of how many.
    """
    index = proportional(labels, CROPS, seed)
    shared = even(labels, SHARE_CROPS, seed)
    told = _Counted(len(index) + len(shared), progress)
    right = _right(bundle, images, labels, index, told)
    truth = labels[index]
    whole, *rest = [_hits(radius, hit, truth) for radius, hit in zip((0.0, *RADII, *RADII), right, strict=True)]
    counts = np.bincount(truth)
    height, width = bundle.config.specification.crop_size
    return Nucleus(
        protocol=protocol,
        crops=len(index),
        validation_crops=len(labels),
        seed=seed,
        side=min(height, width),
        whole=whole,
        centre_erased=tuple(rest[: len(RADII)]),
        centre_only=tuple(rest[len(RADII) :]),
        chance=float(counts.max() / len(truth)),
        balanced_chance=1.0 / int((counts > 0).sum()),
        share_method=Method.INTEGRATED_GRADIENTS,
        share_steps=SHARE_STEPS,
        share_crops=len(shared),
        central_share=_mean_share(bundle, images, shared, told),
        uniform_share=uniform_share(*images.shape[1:3], radius=radius_in(bundle.config.specification.surroundings)),
    )


class _Counted:
    """Adds up what is done, for one bar over several loops."""

    def __init__(self, total: int, progress: Progress | None) -> None:
        self.done, self.total, self.progress = 0, total, progress

    def add(self, count: int) -> None:
        self.done += count
        if self.progress:
            self.progress(self.done, self.total)


def _right(
    bundle: Bundle, images: NDArray[np.uint8], labels: NDArray[np.int64], index: NDArray[np.int64], told: _Counted
) -> NDArray[np.bool_]:
    """Which crops are right, whole and in each way of erasing them, (1 + 2 R, M)."""
    device, wide = next(bundle.model.parameters()).device, bundle.config.specification.surroundings
    bundle.model.eval()
    found = []
    for start in range(0, len(index), _AT_ONCE):
        some = index[start : start + _AT_ONCE]
        pictures = to_float(to_batch(images, some, device))
        erased = (erase_centre_of_crop(pictures, radius, wide) for radius in RADII)
        alone = (keep_centre_of_crop(pictures, radius, wide) for radius in RADII)
        predicted = [_predict(bundle, each) for each in (pictures, *erased, *alone)]
        found.append(np.stack(predicted) == labels[some])
        told.add(len(some))
    return np.concatenate(found, axis=1)


@torch.inference_mode()
def _predict(bundle: Bundle, pictures: Tensor) -> NDArray[np.int64]:
    """Class numbers (B,) of pictures (B, 3, H, W), as the bundle names them."""
    with mixed_precision(pictures.device):
        logits = bundle.model(pictures.contiguous(memory_format=torch.channels_last)).float().cpu().numpy()
    predicted: NDArray[np.int64] = to_probabilities(logits, bundle.config).argmax(axis=1)
    return predicted


def _hits(radius: float, right: NDArray[np.bool_], labels: NDArray[np.int64]) -> Hits:
    by_class = [right[labels == label].mean() for label in np.unique(labels)]
    return Hits(radius, float(right.mean()), float(np.mean(by_class)))


def _mean_share(bundle: Bundle, images: NDArray[np.uint8], index: NDArray[np.int64], told: _Counted) -> float | None:
    """Mean share of attribution of the predicted class in the central disc."""
    device = next(bundle.model.parameters()).device
    shares = []
    for start in range(0, len(index), _MAPS_AT_ONCE):
        some = index[start : start + _MAPS_AT_ONCE]
        pictures = to_float(to_batch(images, some, device))
        targets = torch.from_numpy(_predict(bundle, pictures))
        maps = attribute(bundle.model, pictures, targets, Method.INTEGRATED_GRADIENTS, steps=SHARE_STEPS).maps
        radius = radius_in(bundle.config.specification.surroundings)
        shares += [share for map_ in maps if (share := central_share(map_, radius)) is not None]
        told.add(len(some))
    return float(np.mean(shares)) if shares else None
