"""A map of crops: what the model makes of them before its head, brought to two dimensions; computed once and kept."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from nucleoscope.data.crops import Crops
from nucleoscope.errors import ConfigError
from nucleoscope.files import replacing
from nucleoscope.models.bundle import Bundle
from nucleoscope.prediction.embeddings import View, backbone_fingerprint, check_embeds, keep_embeddings
from nucleoscope.runtime import default_device

Progress = Callable[[int, int], None]
"""Told how many crops are done, of how many."""

_SEED = 0


class Method(StrEnum):
    """How many dimensions become two."""

    PCA = "pca"
    """The two directions in which the embeddings differ most: distances keep their meaning."""
    UMAP = "umap"
    """Neighbours stay neighbours, distances between groups mean little (McInnes et al. 2018, arXiv:1802.03426)."""


@dataclass(frozen=True)
class EmbeddingMap:
    """A map of N crops.

    Attributes:
        places: (N, 2) float32, x right and y up, in no unit.
        explained: share of the variance that the two directions hold; None for a method that has no such thing.
    """

    places: NDArray[np.float32]
    explained: float | None


def methods() -> tuple[Method, ...]:
    """Those that this installation can compute."""
    return tuple(method for method in Method if method is Method.PCA or find_spec("umap") is not None)


def keep_map(bundle: Bundle, crops: Crops, method: Method, cache: Path, progress: Progress) -> EmbeddingMap:
    """The map of some crops, computed unless it is kept already.

    Args:
        bundle: of the model.
        crops: N of them, two or more.
        method: how.
        cache: folder of what is kept between runs.
        progress: told how far the embeddings are; they take the time.

    Raises:
        ConfigError: the network has no embedding, or a library is missing.
    """
    folder = cache / f"embeddings-{_key(bundle, crops)}"
    file = folder / f"map-{method}.npz"
    kept = _read(file, len(crops))
    if kept is None:
        _check(bundle, crops, method)
        device = default_device()
        embeddings = keep_embeddings(bundle.model, crops.images, View(), folder, device=device, progress=progress)
        kept = project(np.load(embeddings, allow_pickle=False).astype(np.float32), method)
        with replacing(file) as temporary:
            explained = np.nan if kept.explained is None else kept.explained
            np.savez(temporary, places=kept.places, explained=explained)
    return kept


def project(embeddings: NDArray[np.float32], method: Method) -> EmbeddingMap:
    """Two dimensions of embeddings (N, D); the same ones give the same map."""
    if method is Method.UMAP:
        from umap import UMAP

        neighbours = min(15, len(embeddings) - 1)
        found = UMAP(n_neighbors=neighbours, random_state=_SEED, n_jobs=1).fit_transform(embeddings)
        return EmbeddingMap(np.asarray(found, np.float32), None)
    from sklearn.decomposition import PCA

    pca = PCA(n_components=2, svd_solver="covariance_eigh")
    places = pca.fit_transform(embeddings).astype(np.float32)
    return EmbeddingMap(places, float(pca.explained_variance_ratio_.sum()))


def _key(bundle: Bundle, crops: Crops) -> str:
    """Another one for another backbone, other crops, or another order of them."""
    text = f"{backbone_fingerprint(bundle.model, default_device())} {crops.fingerprint}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _read(file: Path, count: int) -> EmbeddingMap | None:
    """A kept map of so many crops; one that is missing or damaged is none, and is computed again."""
    try:
        with np.load(file, allow_pickle=False) as kept:
            places, explained = kept["places"], float(kept["explained"])
    except (OSError, ValueError, EOFError, KeyError, BadZipFile):
        return None
    return EmbeddingMap(places, None if np.isnan(explained) else explained) if places.shape == (count, 2) else None


def _check(bundle: Bundle, crops: Crops, method: Method) -> None:
    """Fail before anything takes time."""
    if method not in methods():
        raise ConfigError('a map by UMAP needs umap-learn, which is not installed: pip install "nucleoscope[map]"')
    architecture = bundle.config.specification.architecture
    try:
        check_embeds(bundle.model, crops.size, architecture)
    except ConfigError as reason:
        raise ConfigError(
            f"{architecture} has no embedding before its last layer, so that there is no map of it; the other filters "
            "do without"
        ) from reason
