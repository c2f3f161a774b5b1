"""`Judgement`: what speaks for believing the maps of one method, and what against, in figures and in a sentence."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nucleoscope.explanation.randomisation import rank_correlation

NEAR_ZERO = 0.25  # rank correlation up to which a map of a shuffled network counts as another map
_SAME = 0.5  # ... from which on it counts as the same
_SURE = 2.0  # standard errors by which a map must beat a random order
_STEADY = 0.5  # change of a map under invisible noise from which on it is called unsteady


@dataclass(frozen=True)
class Shuffled:
    """Maps of the model and of its copies with ever more shuffled layers.

    Attributes:
        maps: (steps + 1, B, H, W), the first of the model itself.
    """

    maps: NDArray[np.float32]

    @property
    def correlation(self) -> NDArray[np.float64]:
        """Mean rank correlation of absolute values with the model's own maps, (steps + 1,); the first is 1."""
        return np.array([rank_correlation(self.maps[0], later).mean() for later in self.maps])

    @property
    def empty(self) -> int:
        """How many maps are constant when all layers are shuffled; they count as correlation 0."""
        return int((np.ptp(self.maps[-1], axis=(1, 2)) == 0).sum())

    @property
    def stays(self) -> bool:
        """Whether maps remain alike although nothing of what was learned is left: they are not to be believed."""
        return bool(self.correlation[-1] > NEAR_ZERO)

    def to_mapping(self) -> dict[str, Any]:
        """Names and values, ready for JSON."""
        signed = [float(rank_correlation(self.maps[0], later, signed=True).mean()) for later in self.maps]
        return {
            "crops": self.maps.shape[1],
            "rank_correlation": self.correlation.tolist(),
            "signed_rank_correlation": signed,
            "empty_maps": self.empty,
            "stays": self.stays,
        }


@dataclass(frozen=True)
class Played:
    """Deletion or insertion in the order of the maps, against random orders.

    Attributes:
        curve: (steps + 1,) mean probability of the class.
        areas: (B,) area under the curve of each crop.
        random_areas: (B,) of the same crops, mean of the random orders.
        sign: 1 where a larger area is better (insertion), -1 where a smaller one is (deletion).
    """

    curve: NDArray[np.float64]
    areas: NDArray[np.float64]
    random_areas: NDArray[np.float64]
    sign: int

    @property
    def gain(self) -> float:
        """By how much the maps are better than a random order; negative if they are worse."""
        return float(self.sign * (self.areas - self.random_areas).mean())

    @property
    def standard_error(self) -> float | None:
        """Of the gain, over crops; None for a single one."""
        count = len(self.areas)
        return float((self.areas - self.random_areas).std(ddof=1) / np.sqrt(count)) if count > 1 else None

    @property
    def beats_random(self) -> bool:
        """Whether the gain is more than chance explains: above two standard errors."""
        return self.standard_error is not None and self.gain > _SURE * self.standard_error

    def to_mapping(self) -> dict[str, Any]:
        """Names and values, ready for JSON."""
        return {
            "crops": len(self.areas),
            "area": float(self.areas.mean()),
            "random_area": float(self.random_areas.mean()),
            "gain": self.gain,
            "standard_error": self.standard_error,
            "beats_random": self.beats_random,
            "curve": self.curve.tolist(),
        }


@dataclass(frozen=True)
class Judgement:
    """One method.

    Attributes:
        name: of the method, for people.
        shuffled: see there.
        deletion: see `Played`.
        insertion: see `Played`.
        infidelity: mean over crops, 0 to 1, see `relative_infidelity`; None where no square changed a logit.
        even_infidelity: the same of a map that is alike everywhere.
        infidelity_crops: how many crops that was measured on.
        sensitivity: mean over crops, see `fidelity.sensitivity`.
        sensitivity_crops: how many crops that was measured on.
    """

    name: str
    shuffled: Shuffled
    deletion: Played
    insertion: Played
    infidelity: float | None
    even_infidelity: float | None
    infidelity_crops: int
    sensitivity: float
    sensitivity_crops: int

    def sentence(self) -> str:
        """What was found, in plain words."""
        return f"{self.name}: {self._on_shuffling()} {self._on_order()} {self._on_fidelity()}"

    def _on_shuffling(self) -> str:
        left = self.shuffled.correlation[-1]
        crops = f"rank correlation {left:.2f}, {self.shuffled.maps.shape[1]} crops"
        if left > _SAME:
            return f"maps stay the same when all weights are shuffled ({crops}): they show the crop, not the network."
        if self.shuffled.stays:
            return f"maps stay partly alike when all weights are shuffled ({crops}): in part they show the crop itself."
        empty = f"; {self.shuffled.empty} are empty then" if self.shuffled.empty else ""
        return f"maps change when all weights are shuffled ({crops}{empty}), as they must."

    def _on_order(self) -> str:
        deletion, insertion = self.deletion, self.insertion
        figures = (
            f"area {deletion.areas.mean():.2f} when it is blurred and {insertion.areas.mean():.2f} when it is brought "
            f"back, at random {deletion.random_areas.mean():.2f}, {len(deletion.areas)} crops"
        )
        match deletion.beats_random, insertion.beats_random:
            case True, True:
                return f"What they mark matters more than random places ({figures})."
            case False, False:
                return f"What they mark does not matter more than random places ({figures})."
            case beats, _:
                better = "blurred" if beats else "brought back"
                return f"What they mark matters more than random places only when it is {better} ({figures})."

    def _on_fidelity(self) -> str:
        steady = "" if self.sensitivity < _STEADY else ", which is unsteady"
        change = f"under noise that nobody sees they change by {self.sensitivity:.0%}{steady}"
        noise = f"{change} ({self.sensitivity_crops} crops)."
        if self.infidelity is None or self.even_infidelity is None:
            return f"White squares do not change the logit, so nothing can be foretold; {noise}"
        more = "no less than" if self.infidelity >= self.even_infidelity else "less than"
        return (
            f"They miss {self.infidelity:.0%} of what white squares do to the logit, {more} an even map "
            f"({self.even_infidelity:.0%}; {self.infidelity_crops} crops); {noise}"
        )

    def to_mapping(self) -> dict[str, Any]:
        """Names and values, ready for JSON."""
        return {
            "randomisation": self.shuffled.to_mapping(),
            "deletion": self.deletion.to_mapping(),
            "insertion": self.insertion.to_mapping(),
            "infidelity": {"crops": self.infidelity_crops, "mean": self.infidelity, "even_map": self.even_infidelity},
            "sensitivity": {"crops": self.sensitivity_crops, "mean": self.sensitivity},
            "sentence": self.sentence(),
        }
