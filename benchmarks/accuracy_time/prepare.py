"""The folder that all procedures work from: picture files, labels, the split of each seed, pretrained weights."""

import shutil
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from nucleoscope.data.reading.competition import find_labels_file, find_pictures, read_labelled
from nucleoscope.data.reading.sources import open_source
from nucleoscope.data.splits import Protocol, Split, make_split
from nucleoscope.data.splits.table import write_split
from nucleoscope.files import replacing, write_csv
from nucleoscope.models.pretrained import build_pretrained
from nucleoscope.models.weights import AUTO, resolve_source
from nucleoscope.pipeline.settings import RunSettings

from .task import split_file, weights_file


def prepare(data: Path, folder: Path, seeds: list[int], crops: int | None) -> None:
    """Fill the folder; `crops` takes so many at random, for trying."""
    table = find_labels_file(data)
    if table is None:
        raise SystemExit(f"{data} has no train.csv; expected the folder of the competition")
    place, _ = find_pictures(table)
    shutil.rmtree(folder, ignore_errors=True)  # of another choice of crops
    with open_source(place) as source:
        labelled = read_labelled(table, source, None)
        count = len(labelled.names)
        chosen = np.sort(np.random.default_rng(0).permutation(count)[: crops or count])
        (folder / "train").mkdir(parents=True, exist_ok=True)
        for i in chosen:
            (folder / "train" / labelled.names[i]).write_bytes(source.read(labelled.files[i].name))
    names, labels = [labelled.names[i] for i in chosen], labelled.labels[chosen]
    write_csv(folder / "train.csv", ("Filename", "Label"), zip(names, labels.tolist(), strict=True))
    for seed in seeds:
        write_split(split_file(folder, seed), split_of(labels, labelled.classes, seed), names)
    write_weights(weights_file(folder))


def split_of(labels: NDArray[np.int64], classes: tuple[str, ...], seed: int) -> Split:
    """Nucleoscope's random split 70/30."""
    settings = RunSettings(seed=seed)
    return make_split(
        labels,
        Protocol.RANDOM,
        classes=classes,
        val_fraction=settings.val_fraction,
        select_fraction=settings.select_fraction,
        seed=seed,
    )


def write_weights(path: Path) -> None:
    """The pretrained weights under torchvision's names, without the head."""
    source = resolve_source("mobilenet_v2", AUTO)
    network = build_pretrained("mobilenet_v2", 2, (100, 100), source)[0].network
    body = {name: tensor for name, tensor in network.state_dict().items() if not name.startswith("classifier.")}
    with replacing(path) as temporary:
        torch.save(body, temporary)
