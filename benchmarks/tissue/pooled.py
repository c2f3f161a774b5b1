"""All folds together: the crops that each fit left out, put into one table, alone, in ensembles and in context.

What is fitted to logits here (a temperature, the way to listen to neighbours) is fitted for each fold on the others.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax

from nucleoscope.evaluation.calibration import fit_temperature
from tissue.context import Neighbours, with_neighbours
from tissue.fitting import Fit
from tissue.material import FOLDS, Material
from tissue.scores import to_probabilities

NEIGHBOURS = [
    Neighbours(reach, weight, alike)
    for reach in (50.0, 100.0, 200.0, 400.0)
    for weight in (0.5, 1.0, 2.0)
    for alike in (False, True)
]

STRENGTHS = (-0.5, -0.25, 0.0, 0.25, 0.5, 0.75, 1.0)  # of what is taken off for the share of a class


@dataclass(frozen=True)
class Pooled:
    """Crops of all folds, each as predicted without its own fold.

    Attributes:
        held: (M,) positions.
        logits: (M, C).
        seconds: of all fits.
    """

    held: NDArray[np.int64]
    logits: NDArray[np.float64]
    seconds: float


def pool(fits: Sequence[Fit], kind: str) -> Pooled:
    """The folds of one experiment and seed; `kind` is "one" view, the mean of eight "views", or "alone"."""
    held, logits, seconds = [], [], 0.0
    for fit in fits:
        with np.load(fit.file) as found:
            held.append(found["held"])
            logits.append(found[kind].astype(np.float64))
            seconds += float(found["seconds"])
    return Pooled(np.concatenate(held), np.concatenate(logits), round(seconds))


def ensemble(parts: Sequence[Pooled]) -> Pooled:
    """The mean probability of several models of the same folds, as logits."""
    order = [np.argsort(part.held) for part in parts]
    probabilities = [to_probabilities(part.logits[rank]) for part, rank in zip(parts, order, strict=True)]
    logits = np.log(np.maximum(np.mean(probabilities, axis=0), 1e-12))
    return Pooled(np.sort(parts[0].held), logits, sum(part.seconds for part in parts))


def tempered(pooled: Pooled, material: Material) -> Pooled:
    """Each fold's logits divided by the temperature of the other folds."""

    def change(own: NDArray[np.bool_], rest: NDArray[np.bool_]) -> NDArray[np.float64]:
        temperature = fit_temperature(pooled.logits[rest], material.labels[pooled.held[rest]])
        return pooled.logits[own] / temperature

    return _by_fold(pooled, material, change)


def adjusted(pooled: Pooled, material: Material) -> Pooled:
    """Each fold's logits minus a multiple of the logarithm of the classes' shares, the one best on the other folds.

    See Menon et al. 2021, arXiv:2007.07314: what full class weights would have brought, without another fit.
    """
    labels = material.labels[pooled.held]

    def change(own: NDArray[np.bool_], rest: NDArray[np.bool_]) -> NDArray[np.float64]:
        shares = np.log(np.bincount(labels[rest], minlength=len(material.classes)) / rest.sum())

        def right(strength: float) -> float:
            return float(((pooled.logits[rest] - strength * shares).argmax(axis=1) == labels[rest]).mean())

        return pooled.logits[own] - max(STRENGTHS, key=right) * shares

    return _by_fold(pooled, material, change)


def in_context(pooled: Pooled, material: Material) -> Pooled:
    """Each fold with the neighbours in its tiles, in the way that was best on the other folds."""
    calm = tempered(pooled, material)
    probabilities = to_probabilities(calm.logits)
    tile, corner, labels = material.tile[pooled.held], material.corner[pooled.held], material.labels[pooled.held]
    ways = [with_neighbours(probabilities, tile, corner, way) for way in NEIGHBOURS]

    def change(own: NDArray[np.bool_], rest: NDArray[np.bool_]) -> NDArray[np.float64]:
        right = [float((way[rest].argmax(axis=1) == labels[rest]).mean()) for way in ways]
        return np.log(np.maximum(ways[int(np.argmax(right))][own], 1e-12))

    return tempered(_by_fold(calm, material, change), material)


def _by_fold(
    pooled: Pooled,
    material: Material,
    change: Callable[[NDArray[np.bool_], NDArray[np.bool_]], NDArray[np.float64]],
) -> Pooled:
    """Logits of each fold as `change` gives them from masks (M,) of its own crops and of those of the others."""
    logits = log_softmax(pooled.logits, axis=1)
    for fold in range(FOLDS):
        own = material.fold[pooled.held] == fold
        if own.any() and not own.all():
            logits[own] = change(own, ~own)
    return replace(pooled, logits=logits)
