"""Crops with more of their surroundings, where a run asks for them: `RunSettings.surroundings`."""

import csv
import dataclasses
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nucleoscope.data.crops import Crops
from nucleoscope.data.overlap import Overlaps
from nucleoscope.data.overlap.surroundings import TilePlaces, wide_crops
from nucleoscope.data.reading.dataset import Dataset
from nucleoscope.data.room import make_room
from nucleoscope.errors import ConfigError, RunFolderError
from nucleoscope.pipeline.linked_crops import HEADER, LABELLED, as_it_lies
from nucleoscope.pipeline.reporter import Reporter
from nucleoscope.pipeline.settings import RunSettings


def check_surroundings(dataset: Dataset, settings: RunSettings) -> None:
    """Refuse crops whose resolution nobody knows: at what resolution the wide ones are could not be said.

    Raises:
        ConfigError: that is so.
    """
    if settings.surroundings > 1 and dataset.crops.mpp is None:
        raise ConfigError(
            "surroundings need to know the resolution of the crops, and the data do not say it: "
            "give it with --mpp, such as --mpp 0.25"
        )


def places_of(overlaps: Overlaps) -> TilePlaces:
    """Where the crops lie that share pixels so."""
    return TilePlaces(overlaps.tile, np.stack([overlaps.x, overlaps.y], axis=1), overlaps.orientation)


def read_places(path: Path, dataset: Dataset) -> TilePlaces:
    """Where labelled and test crops lie, from the `tiles.csv` of a run.

    Raises:
        RunFolderError: it names other crops.
    """
    with path.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    names = dataset.crops.names + (dataset.test.names if dataset.test else ())
    if tuple(row["name"] for row in rows) != names:
        raise RunFolderError(
            f'"{path}" is not about the crops of this run; expected a row with {", ".join(HEADER)} for each, '
            f"{LABELLED} ones first: start again with another --out"
        )
    tile, x, y, orientation = (
        np.array([int(row.get(column) or 0) for row in rows], np.int64) for column in ("tile", "x", "y", "orientation")
    )
    return TilePlaces(tile, np.stack([x, y], axis=1), orientation)


def with_surroundings(dataset: Dataset, places: TilePlaces, times: int, reporter: Reporter) -> Dataset:
    """The same nuclei, each with so many times the width of tissue around it, at a coarser resolution.

    Args:
        dataset: its crops have an mpp.
        places: of the labelled crops, then of the test crops.
        times: how much wider; 1 leaves everything as it is.
        reporter: is told what happens.
    """
    if times == 1:
        return dataset
    labelled, test = dataset.crops, dataset.test
    assert labelled.mpp is not None  # see check_surroundings

    def picture(position: int) -> NDArray[np.uint8]:
        return as_it_lies(dataset, position, int(places.orientation[position]))

    rooms = [make_room((len(crops), *crops.size, 3)) for crops in (labelled, test) if crops is not None]
    with reporter.bar("putting surroundings together") as bar:
        for done, (position, wide) in enumerate(wide_crops(picture, places, labelled.size, times), start=1):
            room, place = (0, position) if position < len(labelled) else (1, position - len(labelled))
            rooms[room][place] = wide
            bar(done, len(places))
    mpp = labelled.mpp * times
    reporter.say(
        f"each nucleus is shown with {times} times the width of tissue, put together from the crops of its tile: "
        f"{labelled.size[1]}x{labelled.size[0]} pixels at {mpp:g} um/pixel"
    )
    return dataclasses.replace(
        dataset,
        crops=_widened(labelled, rooms[0], mpp),
        test=None if test is None else _widened(test, rooms[1], mpp),
    )


def _widened(crops: Crops, images: NDArray[np.uint8], mpp: float) -> Crops:
    return dataclasses.replace(crops, images=images, mpp=mpp, places=None)  # places are in pixels of the crops
