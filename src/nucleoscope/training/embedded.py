"""`EmbeddedExamples`: labelled embeddings as the fit of a head sees them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nucleoscope.config import Training
from nucleoscope.models.head import EmbeddingClassifier, make_head
from nucleoscope.training.examples import Learner

_AT_ONCE = 4096


@dataclass(frozen=True)
class Embeddings:
    """Files (N, D) float16 of the embeddings of all crops.

    Attributes:
        views: of all flips and quarter turns, the plain one first; only that where predictions take no more.
        training: what a head learns from: the plain ones first, then changed copies.
    """

    views: tuple[Path, ...]
    training: tuple[Path, ...]

    def examples(
        self,
        labels: NDArray[np.int64],
        index: NDArray[np.int64],
        n_classes: int,
        tile: NDArray[np.int64] | None = None,
    ) -> "EmbeddedExamples":
        """The embeddings of the crops at `index`, mapped to memory."""
        views, training = (tuple(_mapped(file) for file in files) for files in (self.views, self.training))
        return EmbeddedExamples(views, training, labels, index, n_classes, tile)


def _mapped(file: Path) -> NDArray[np.float16]:
    array: NDArray[np.float16] = np.load(file, mmap_mode="r", allow_pickle=False)
    return array


@dataclass(frozen=True)
class EmbeddedExamples:
    """Positions into shared arrays of embeddings; see `Examples`.

    Attributes:
        views: arrays (N, D), what predictions are the mean over, the crops as they are first.
        training: arrays (N, D), of which each crop of a batch takes one at random.
        labels: (N,) int64 in 0..C-1.
        index: (M,) int64.
        n_classes: C.
        tile: (N,), where it is known.
    """

    views: tuple[NDArray[np.float16], ...]
    training: tuple[NDArray[np.float16], ...]
    labels: NDArray[np.int64]
    index: NDArray[np.int64]
    n_classes: int
    tile: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.index)

    @property
    def targets(self) -> NDArray[np.int64]:
        """The labels at `index`, (M,)."""
        return self.labels[self.index]

    def batch(
        self, positions: NDArray[np.int64], settings: Training, generator: torch.Generator, device: torch.device
    ) -> Tensor:
        """Embeddings (B, D) to learn from; they were changed when they were computed, so `settings` change nothing."""
        chosen = torch.randint(len(self.training), (len(positions),), generator=generator).numpy()
        found = np.empty((len(positions), self.views[0].shape[1]), np.float16)
        for number, array in enumerate(self.training):
            found[chosen == number] = array[positions[chosen == number]]
        return torch.from_numpy(found).to(device).float()

    @torch.inference_mode()
    def logits(self, model: Learner, device: torch.device, views: int) -> Tensor:
        """Logits (M, C) on the CPU, the mean over the views if there shall be more than one."""
        model.eval()
        arrays = self.views if views > 1 else self.views[:1]
        found = []
        for start in range(0, len(self.index), _AT_ONCE):
            some = self.index[start : start + _AT_ONCE]
            each = [model(torch.from_numpy(array[some]).to(device)).float() for array in arrays]
            found.append(torch.stack(each).mean(dim=0).cpu())
        return torch.cat(found)

    def fresh_model(self, hidden: int) -> EmbeddingClassifier:
        """A head for these embeddings, which are standardised by their own mean and deviation."""
        total, squares = (np.zeros(self.views[0].shape[1]) for _ in range(2))
        for start in range(0, len(self.index), _AT_ONCE):
            part = self.views[0][self.index[start : start + _AT_ONCE]].astype(np.float64)
            total += part.sum(axis=0)
            squares += np.square(part).sum(axis=0)
        mean = total / len(self.index)
        deviation = np.sqrt(np.maximum(squares / len(self.index) - np.square(mean), 0.0))
        # A number that hardly ever changes says nothing; divided by its deviation it would shout.
        deviation = np.maximum(deviation, 1e-3 * deviation.max() + 1e-6)
        head = make_head(len(mean), self.n_classes, hidden, standardised=True)
        head.load_state_dict(
            head.state_dict() | {"0.mean": torch.from_numpy(mean), "0.deviation": torch.from_numpy(deviation)}
        )
        return EmbeddingClassifier(head)
