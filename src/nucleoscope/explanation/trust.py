"""Can the maps be believed? Four checks of every method on a few crops, as many of each class."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nucleoscope.data.augment import to_float
from nucleoscope.data.splits import Protocol
from nucleoscope.explanation.attributions import NAMES, Method, available_methods
from nucleoscope.explanation.deletion import (
    BLUR,
    STEPS,
    Game,
    Probability,
    area,
    cell_side,
    curves,
    map_ranks,
    random_ranks,
)
from nucleoscope.explanation.explainer import Explainer, explainer
from nucleoscope.explanation.fidelity import (
    NOISE,
    SQUARE_SIDES,
    SQUARES,
    TRIES,
    relative_infidelity,
    sensitivity,
)
from nucleoscope.explanation.judgement import Judgement, Played, Shuffled
from nucleoscope.explanation.randomisation import GROUPS, layer_groups, maps_by_step
from nucleoscope.explanation.sample import even
from nucleoscope.models.bundle import Bundle
from nucleoscope.models.classifier import NucleusClassifier
from nucleoscope.prediction.logits import Progress, to_batch
from nucleoscope.prediction.probabilities import to_probabilities

# Maps cost hundreds of passes each, and the checks need many: the numbers keep them at half a minute.
FEWEST, MOST = 8, 16  # crops for deletion and insertion, whose gain needs a standard error
_ONE_IN = 40  # validation crops, between those two: the checks of a short run are short
FEW = 8  # crops for the other checks, which differ little from crop to crop
FEW_SLOW = 4  # of a slow method, and for sensitivity, which makes several maps a crop
ORDERS = 4  # random ones for each crop
INTEGRAL_STEPS = 16  # a quarter of what the pages have; order and shape of a map are settled by then
_AT_ONCE = 8  # crops
_SLOW = (Method.OCCLUSION,)
_EVEN = "even"


@dataclass(frozen=True)
class Trust:
    """What was found about each method that the network allows.

    Attributes:
        protocol: how the crops were split off.
        validation_crops: how many crops those of the checks were drawn from.
        seed: of all draws.
        judgements: by method.
        random_curve: (steps + 1,) mean probability while cells are blurred in random order.
        crop: (H, W, 3) uint8, the first crop of the checks, whose maps are the first of each `Shuffled`.
        layers: how many layers are shuffled at each step of the cascade, all steps before included.
        cell: side of a cell of deletion and insertion, in pixels.
    """

    protocol: Protocol
    validation_crops: int
    seed: int
    judgements: dict[Method, Judgement]
    random_curve: NDArray[np.float64]
    crop: NDArray[np.uint8]
    layers: tuple[int, ...]
    cell: int

    def to_mapping(self) -> dict[str, Any]:
        """Names and values, ready for JSON."""
        return {
            "protocol": self.protocol,
            "validation_crops": self.validation_crops,
            "seed": self.seed,
            "settings": {
                "explained": "logit of the predicted class",
                "integral_steps": INTEGRAL_STEPS,
                "randomisation": {"layers_shuffled": self.layers, "compared": "absolute values, Spearman"},
                "infidelity": {"perturbation": "white square", "squares": SQUARES, "sides": SQUARE_SIDES},
                "sensitivity": {"perturbation": "uniform noise", "radius": NOISE, "tries": TRIES},
                "deletion_and_insertion": {
                    "replaced_by": "blurred crop",
                    "blur": BLUR,
                    "cell": self.cell,
                    "steps": STEPS,
                    "random_orders": ORDERS,
                },
            },
            "random_curve": self.random_curve.tolist(),
            "methods": {method: judgement.to_mapping() for method, judgement in self.judgements.items()},
        }


def examine(
    bundle: Bundle,
    images: NDArray[np.uint8],
    labels: NDArray[np.int64],
    protocol: Protocol,
    *,
    seed: int = 0,
    progress: Progress | None = None,
) -> Trust:
    """Check every method that the network allows.

    Args:
        bundle: the classifier; its model is left in evaluation mode.
        images: (N, H, W, 3) uint8, crops that the model was not trained on.
        labels: (N,) in 0..C-1.
        protocol: how these crops were split off.
        seed: of the choice of crops and of all that is random in the checks.
        progress: told how many steps are done, of how many.
    """
    device = next(bundle.model.parameters()).device
    index = even(labels, min(MOST, max(FEWEST, len(labels) // _ONE_IN)), seed)
    pictures = to_float(to_batch(images, index, device))
    methods = available_methods(bundle.model, pictures[:1])
    groups = layer_groups(bundle.model.eval(), GROUPS)
    examination = _Examination(bundle, pictures, seed, progress, len(methods) * (4 + len(groups)) + ORDERS)
    judgements, random_curve = examination.judge({method: explainer(method, INTEGRAL_STEPS) for method in methods})
    return Trust(
        protocol=protocol,
        validation_crops=len(labels),
        seed=seed,
        judgements=judgements,
        random_curve=random_curve,
        crop=images[index[0]],
        layers=tuple(np.cumsum([len(group) for group in groups]).tolist()),
        cell=cell_side(pictures),
    )


class _Examination:
    """The crops of the checks, what the model says of them, and how far the checks are."""

    def __init__(self, bundle: Bundle, pictures: Tensor, seed: int, progress: Progress | None, total: int) -> None:
        self.model: NucleusClassifier = bundle.model
        self.pictures, self.seed = pictures, seed
        self.probability = _probability(bundle)
        self.classes = self.probability(pictures).argmax(axis=1).astype(np.int64)
        self.targets = torch.from_numpy(self.classes)
        self.progress, self.done, self.total = progress, 0, total

    def step(self) -> None:
        """Tell that a step is done."""
        self.done += 1
        if self.progress:
            self.progress(self.done, self.total)

    def judge(self, explainers: dict[Method, Explainer]) -> tuple[dict[Method, Judgement], NDArray[np.float64]]:
        """All checks of all methods, and the mean curve of the random orders."""
        random = self._random_curves()
        random_areas = np.mean([area(curve) for curve in random], axis=0)
        maps = {method: self._maps(explain) for method, explain in explainers.items()}
        errors = self._infidelities(maps)
        judgements = {}
        for method, explain in explainers.items():
            few = FEW_SLOW if method in _SLOW else FEW
            crops = min(FEW_SLOW, len(self.pictures))
            judgements[method] = Judgement(
                name=NAMES[method],
                shuffled=Shuffled(self._shuffled(explain, maps[method][:few])),
                deletion=self._play(maps[method], Game.DELETION, random_areas),
                insertion=self._play(maps[method], Game.INSERTION, random_areas),
                infidelity=errors[method],
                even_infidelity=errors[_EVEN],
                infidelity_crops=min(FEW, len(self.pictures)),
                sensitivity=self._sensitivity(explain, crops),
                sensitivity_crops=crops,
            )
        return judgements, np.mean(random, axis=(0, 2))

    def _maps(self, explain: Explainer) -> NDArray[np.float32]:
        starts = range(0, len(self.pictures), _AT_ONCE)
        some = [slice(start, start + _AT_ONCE) for start in starts]
        maps = np.concatenate([explain(self.model, self.pictures[each], self.targets[each]) for each in some])
        self.step()
        return maps

    def _shuffled(self, explain: Explainer, own: NDArray[np.float32]) -> NDArray[np.float32]:
        some = slice(len(own))
        return maps_by_step(
            self.model, explain, self.pictures[some], self.targets[some], own, seed=self.seed, each=self.step
        )

    def _random_curves(self) -> NDArray[np.float64]:
        """Deletion in random orders, (ORDERS, STEPS + 1, B)."""
        found = []
        for order in range(ORDERS):
            ranks = random_ranks(len(self.pictures), self.pictures, self.seed + order)
            found.append(curves(self.probability, self.pictures, self.classes, ranks, Game.DELETION))
            self.step()
        return np.stack(found)

    def _play(self, maps: NDArray[np.float32], game: Game, random_areas: NDArray[np.float64]) -> Played:
        ranks = map_ranks(maps, cell_side(self.pictures), self.seed)
        found = curves(self.probability, self.pictures, self.classes, ranks, game)
        self.step()
        return Played(found.mean(axis=1), area(found), random_areas, 1 if game is Game.INSERTION else -1)

    def _infidelities(self, maps: dict[Method, NDArray[np.float32]]) -> dict[str, float | None]:
        some = {str(method): values[:FEW] for method, values in maps.items()}
        some[_EVEN] = np.ones_like(next(iter(some.values())))
        found = relative_infidelity(self.model, self.pictures[:FEW], self.targets[:FEW], some, seed=self.seed)
        return {name: None if np.isnan(values).all() else float(np.nanmean(values)) for name, values in found.items()}

    def _sensitivity(self, explain: Explainer, crops: int) -> float:
        found = sensitivity(self.model, self.pictures[:crops], self.targets[:crops], explain, seed=self.seed)
        self.step()
        return float(found.mean())


def _probability(bundle: Bundle) -> Probability:
    """The probabilities that the bundle gives."""

    @torch.inference_mode()
    def probability(pictures: Tensor) -> NDArray[np.float64]:
        return to_probabilities(bundle.model(pictures).float().cpu().numpy(), bundle.config)

    return probability
