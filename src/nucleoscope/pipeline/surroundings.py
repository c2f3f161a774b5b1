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
from nucleoscope.data.splits import Protocol
from nucleoscope.errors import ConfigError, RunFolderError
from nucleoscope.models.specification import Kind
from nucleoscope.pipeline.linked_crops import HEADER, LABELLED, as_it_lies
from nucleoscope.pipeline.prepare import Prepared
from nucleoscope.pipeline.presets import SURROUNDINGS
from nucleoscope.pipeline.reporter import Reporter
from nucleoscope.pipeline.settings import RunSettings


def resolve_surroundings(settings: RunSettings, protocol: Protocol, overlaps: Overlaps, *, embeds: bool) -> int:
    """What was asked for, or under `tiles` what was right most often on new tissue, where the tissue is known.

    Args:
        settings: of the run.
        protocol: of its split.
        overlaps: of the labelled crops.
        embeds: whether model2 has an embedding, without which it cannot join what it sees.

    Raises:
        ConfigError: surroundings were asked for, and there is no model2 to see them.
    """
    has_model2 = Kind.MODEL2 in settings.models
    if settings.surroundings is not None:
        if settings.surroundings > 1 and not has_model2:
            raise ConfigError(
                f"surroundings is {settings.surroundings}, but only model2 is shown them and it is not among the "
                "models: leave --surroundings out, or add model2 to --models"
            )
        return settings.surroundings
    known = protocol is Protocol.TILES and len(overlaps.pairs) > 0
    return SURROUNDINGS if known and has_model2 and embeds else 1


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


def shown_to(kind: Kind, prepared: Prepared, reporter: Reporter) -> Prepared:
    """The same with what a model is shown: the crops themselves, or for model2 what lies around them too."""
    times = prepared.settings.surroundings
    if kind is not Kind.MODEL2 or prepared.places is None or times is None:
        return prepared
    wide = with_surroundings(prepared.dataset, prepared.places, times, reporter)
    return dataclasses.replace(prepared, dataset=wide, surroundings=times)


def with_surroundings(dataset: Dataset, places: TilePlaces, times: int, reporter: Reporter) -> Dataset:
    """The same nuclei, each with so many times the width of tissue around it.

    Args:
        dataset: crops as they were cut.
        places: of the labelled crops, then of the test crops.
        times: how much wider, 2 or more.
        reporter: is told what happens.
    """
    labelled, test = dataset.crops, dataset.test
    height, width = (times * side for side in labelled.size)

    def picture(position: int) -> NDArray[np.uint8]:
        return as_it_lies(dataset, position, int(places.orientation[position]))

    rooms = [make_room((len(crops), height, width, 3)) for crops in (labelled, test) if crops is not None]
    with reporter.bar("putting surroundings together") as bar:
        for done, (position, wide) in enumerate(wide_crops(picture, places, labelled.size, times), start=1):
            room, place = (0, position) if position < len(labelled) else (1, position - len(labelled))
            rooms[room][place] = wide
            bar(done, len(places))
    reporter.say(
        f"each nucleus is shown with {times} times the width of tissue, {width}x{height} pixels, put together from the "
        "crops of its tile"
    )
    return dataclasses.replace(
        dataset,
        crops=_widened(labelled, rooms[0]),
        test=None if test is None else _widened(test, rooms[1]),
    )


def _widened(crops: Crops, images: NDArray[np.uint8]) -> Crops:
    return dataclasses.replace(crops, images=images, places=None)  # places are of the crops
