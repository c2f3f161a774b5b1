"""Ways to train that were tried: each changes one thing of `training.recipe.Recipe`."""

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from nucleoscope.data.augment import Jitter, augment
from nucleoscope.prediction.logits import to_batch
from nucleoscope.training.examples import Examples
from nucleoscope.training.recipe import Recipe
from tissue.colours import moved_colours, tile_colours


class _Jittered(Recipe):
    """Other ranges of the jitter."""

    train: Examples
    jitter = Jitter()

    def batch(self, chosen: NDArray[np.int64], generator: torch.Generator) -> Tensor:
        crops = to_batch(self.train.images, self.train.index[chosen], self.device)
        return augment(crops, self.train.size, self.settings.augmentation, generator, self.jitter, self.settings.grey)


class StrongStain(_Jittered):
    """Twice the jitter of stain and colour, the geometry as it is."""

    jitter = Jitter(stain_scale=0.5, stain_shift=0.10, brightness=0.10, contrast=0.30, saturation=0.40)


class Restain(Recipe):
    """Half of the crops take the colours of another tile, of whatever class: stain then names no class.

    See `colours`; they go all or part of the way.
    """

    share, least = 0.5, 10  # least: crops of a tile whose own colours are trusted half
    train: Examples

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]
        assert self.train.tile is not None
        self.number = np.unique(self.train.tile[self.train.index], return_inverse=True)[1]  # (M,) of 0..T-1
        self.mean, self.covariance = tile_colours(self.train.images[self.train.index], self.number, self.least)

    def batch(self, chosen: NDArray[np.int64], generator: torch.Generator) -> Tensor:
        own = torch.from_numpy(self.number[chosen])
        other = torch.randint(0, len(self.mean), own.shape, generator=generator)
        part = torch.rand(len(own), 1, 1, generator=generator)
        part[torch.rand(len(own), generator=generator) >= self.share] = 0.0
        crops = to_batch(self.train.images, self.train.index[chosen], self.device)
        crops = moved_colours(
            crops, (self.mean[own], self.covariance[own]), (self.mean[other], self.covariance[other]), part
        )
        return augment(crops, self.train.size, self.settings.augmentation, generator, grey=self.settings.grey)


class Swap(Recipe):
    """Half of the crops keep only the nucleus; around it another crop of the batch is pasted, with a soft edge."""

    share, radius, edge = 0.5, 0.44, 0.08  # of half a side

    def batch(self, chosen: NDArray[np.int64], generator: torch.Generator) -> Tensor:
        pictures = super().batch(chosen, generator)
        height, width = pictures.shape[-2:]
        y, x = torch.linspace(-1, 1, height)[:, None], torch.linspace(-1, 1, width)[None, :]
        radius = self.radius * (0.8 + 0.6 * torch.rand(len(pictures), 1, 1, 1, generator=generator))
        own = torch.sigmoid((radius - torch.sqrt(y**2 + x**2)) / self.edge * 2)  # (B, 1, H, W)
        own[torch.rand(len(pictures), generator=generator) >= self.share] = 1.0
        other = torch.randperm(len(pictures), generator=generator)
        return torch.lerp(pictures[other.to(self.device)], pictures, own.to(self.device))


class Erase(Recipe):
    """Half of the crops lose a random rectangle that leaves the centre; it takes the crop's mean colour."""

    share = 0.5

    def batch(self, chosen: NDArray[np.int64], generator: torch.Generator) -> Tensor:
        pictures = super().batch(chosen, generator)
        height, width = pictures.shape[-2:]
        y, x = torch.linspace(-1, 1, height)[:, None], torch.linspace(-1, 1, width)[None, :]
        angle = torch.rand(len(pictures), 1, 1, 1, generator=generator) * 2 * math.pi
        distance = 0.25 + 0.5 * torch.rand(len(pictures), 1, 1, 1, generator=generator)
        lost = (torch.cos(angle) * x + torch.sin(angle) * y) > distance  # a half plane, (B, 1, H, W)
        lost &= torch.rand(len(pictures), 1, 1, 1, generator=generator) < self.share
        return torch.where(lost.to(self.device), pictures.mean(dim=(2, 3), keepdim=True), pictures)


class Zoom(_Jittered):
    """Three times the jitter of scale: size alone names no class, context comes near and far."""

    jitter = Jitter(scale=0.35, shift=0.1)


class Mixup(Recipe):
    """Pairs of one class are blended, from whatever tile they are; labels stay sharp."""

    def batch(self, chosen: NDArray[np.int64], generator: torch.Generator) -> Tensor:
        pictures = super().batch(chosen, generator)
        labels = self.train.labels[self.train.index[chosen]]
        other = np.arange(len(chosen))
        for label in np.unique(labels):
            members = np.flatnonzero(labels == label)
            other[members] = members[torch.randperm(len(members), generator=generator).numpy()]
        share = 0.4 * torch.rand(len(pictures), 1, 1, 1, generator=generator)
        return torch.lerp(pictures, pictures[torch.from_numpy(other).to(self.device)], share.to(self.device))


class EvenTiles(Recipe):
    """Within a class, small and large tiles come closer: crops are drawn by one over the root of their count."""

    def order(self, generator: torch.Generator) -> NDArray[np.int64]:
        _, inverse, counts = np.unique(self.class_of_tile, return_inverse=True, return_counts=True)
        weights = torch.from_numpy(counts[inverse] ** -0.5)
        return torch.multinomial(weights, len(weights), replacement=True, generator=generator).numpy()


class GroupRobust(Recipe):
    """Group DRO (Sagawa et al. 2020, arXiv:1911.08731) with class and tile as the group, smoothed over steps."""

    step = 0.05

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]
        self.group = np.unique(self.class_of_tile, return_inverse=True)[1]
        counts = np.bincount(self.group)
        self.adversary = torch.from_numpy(np.maximum(counts, 20) / np.maximum(counts, 20).sum())  # (G,)

    def loss(self, logits: Tensor, targets: Tensor, chosen: NDArray[np.int64]) -> Tensor:
        each = functional.cross_entropy(
            logits, targets, self.weights, label_smoothing=self.settings.label_smoothing, reduction="none"
        )
        group = torch.from_numpy(self.group[chosen])
        found, inverse, counts = torch.unique(group, return_inverse=True, return_counts=True)
        means = torch.zeros(len(found)).index_add_(0, inverse, each.cpu()) / counts
        self.adversary[found] *= torch.exp(self.step * means.detach())
        self.adversary /= self.adversary.sum()
        weights = (self.adversary[found] / self.adversary[found].sum()).float()
        return (weights * means).sum()
