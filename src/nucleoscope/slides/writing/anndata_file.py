"""Classified nuclei as AnnData, for the single-cell world: scanpy, squidpy, SpatialData."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from nucleoscope.slides.results import UNSURE, Nucleus, Verdicts
from nucleoscope.slides.writing.facts import Add, Facts, confidences, novelties, shown_classes


@contextmanager
def writing_anndata(path: Path, facts: Facts) -> Iterator[Add]:
    """Write an `.h5ad`.

    `X` holds the probabilities (N, C), `var` the classes, `obs` the class of each nucleus (`cell_type`), its
    confidence, novelty, reason of doubt and the label it came with; `obsm["spatial"]` x, y in pixels of the full
    resolution. All of it is in memory until the end, without outlines.
    """
    columns: dict[str, list[Any]] = {"id": [], "label": [], "cell_type": [], UNSURE: []}
    numbers: dict[str, list[Any]] = {"X": [], "confidence": [], "novelty": [], "spatial": []}

    def add(nuclei: Sequence[Nucleus], verdicts: Verdicts) -> None:
        columns["id"] += [nucleus.identity for nucleus in nuclei]
        columns["label"] += [nucleus.label or "" for nucleus in nuclei]
        columns["cell_type"] += shown_classes(verdicts)
        columns[UNSURE] += verdicts.unsure.tolist()
        numbers["X"].append(verdicts.probabilities)
        numbers["confidence"].append(confidences(verdicts).astype(np.float32))
        numbers["novelty"].append(novelties(verdicts).astype(np.float32))
        numbers["spatial"].append(np.array([(nucleus.x, nucleus.y) for nucleus in nuclei], np.float64))

    yield add
    _write(path, facts, columns, numbers)


def _write(path: Path, facts: Facts, columns: dict[str, list[Any]], numbers: dict[str, list[Any]]) -> None:
    import anndata
    import pandas as pd

    width = {"X": (0, len(facts.classes)), "spatial": (0, 2)}
    joined = {
        name: np.concatenate([np.empty(width.get(name, 0), np.float32), *parts]) for name, parts in numbers.items()
    }
    categories = {name: pd.Categorical(columns[name]) for name in ("cell_type", "label", UNSURE)}
    observed = pd.DataFrame(
        {**categories, "confidence": joined["confidence"], "novelty": joined["novelty"]},
        index=pd.Index(columns["id"], dtype=str, name="id"),
    )
    image = facts.image
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Observation names are not unique")  # ids stay as their file has them
        anndata.AnnData(
            X=joined["X"],
            obs=observed,
            var=pd.DataFrame(index=pd.Index(facts.classes, dtype=str)),
            obsm={"spatial": joined["spatial"].astype(np.float64)},
            uns={"image": image.name, "mpp": image.mpp, "image_size": np.array(image.size), "nuclei": facts.source},
        ).write_h5ad(path, compression="gzip")
