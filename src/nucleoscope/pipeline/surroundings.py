"""Crops with more of their surroundings, where a run asks for them: `RunSettings.surroundings`."""

import csv
import dataclasses
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nucleoscope.data.crops import MAX_SIZE, Crops
from nucleoscope.data.overlap import Overlaps
from nucleoscope.data.overlap.surroundings import TilePlaces, wide_crops
from nucleoscope.data.reading.dataset import Dataset, read_dataset
from nucleoscope.data.room import make_room
from nucleoscope.data.splits import Protocol
from nucleoscope.errors import ConfigError, RunFolderError
from nucleoscope.models.specification import Kind
from nucleoscope.pipeline.linked_crops import HEADER, LABELLED, LinkedCrops, as_it_lies
from nucleoscope.pipeline.prepare import Prepared
from nucleoscope.pipeline.presets import SURROUNDINGS
from nucleoscope.pipeline.reporter import Reporter
from nucleoscope.pipeline.settings import RunSettings

LEAST_KNOWN = 0.5
"""Share of the crops that must share pixels with another, or there would be hardly anything around them to show."""

MOST_ROOM = 10 * 2**30
"""Bytes of wide crops, memory or disk, beyond which fewer surroundings are shown unless they were asked for."""


def resolve_surroundings(
    settings: RunSettings, protocol: Protocol, linked: LinkedCrops, reporter: Reporter, *, embeds: bool
) -> int:
    """What was asked for, or under `tiles` what was right most often on new tissue, where most of the tissue is known.

    Args:
        settings: of the run.
        protocol: of its split.
        linked: the crops, and which of them share pixels.
        reporter: is told if there are too many crops for that, or they are too large.
        embeds: whether model2 has an embedding, without which it cannot join what it sees.

    Raises:
        ConfigError: surroundings were asked for, and no model2 would see them or the crops are too large.
    """
    has_model2, side, known = Kind.MODEL2 in settings.models, max(linked.dataset.crops.size), _known(linked)
    asked = settings.surroundings
    if asked is not None:
        _check(asked, side, has_model2=has_model2)
        if asked > 1 and known < LEAST_KNOWN:
            reporter.say(
                f"{known:.0%} of the crops share pixels with another one: around the others nothing is known, and "
                "model2 is shown one even colour there; --surroundings 1 shows it the crop alone"
            )
        return asked
    if not (protocol is Protocol.TILES and known >= LEAST_KNOWN and has_model2 and embeds):
        return 1
    times = SURROUNDINGS
    while times > 1 and (times * side > MAX_SIZE or times**2 * _room(linked.dataset) > MOST_ROOM):
        times //= 2
    if times < SURROUNDINGS:
        shown = f"{times} times the width of a crop" if times > 1 else "the crop alone"
        reporter.say(
            f"model2 is shown {shown}, since {SURROUNDINGS} times its width would need pictures of more than "
            f"{MAX_SIZE} pixels or more than {MOST_ROOM / 2**30:g} GiB of room; --surroundings decides otherwise"
        )
    return times


def _known(linked: LinkedCrops) -> float:
    """Share of the labelled crops around which some of the tissue is known: all that are cut from a field."""
    if _cuts_wider(linked.dataset):
        return 1.0
    count, linking = len(linked.dataset.crops), np.unique(linked.overlaps.pairs)
    return float((linking < count).sum() / count)


def _cuts_wider(dataset: Dataset) -> bool:
    """Whether larger crops can be cut from where these come from."""
    return dataset.of_fields and dataset.test is None


def _check(asked: int, side: int, *, has_model2: bool) -> None:
    if asked > 1 and not has_model2:
        raise ConfigError(
            f"surroundings is {asked}, but only model2 is shown them and it is not among the models: leave "
            "--surroundings out, or add model2 to --models"
        )
    if asked * side > MAX_SIZE:
        raise ConfigError(
            f"surroundings is {asked}, which makes pictures of {asked * side} pixels of crops of {side}; expected "
            f"{MAX_SIZE} at most: --surroundings {MAX_SIZE // side}"
        )


def _room(dataset: Dataset) -> int:
    """Bytes of all crops."""
    return sum(crops.images.nbytes for crops in (dataset.crops, dataset.test) if crops is not None)


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
    times, dataset = prepared.settings.surroundings, prepared.dataset
    if kind is not Kind.MODEL2 or prepared.places is None or times is None:
        return prepared
    if _cuts_wider(dataset):
        wide = _cut_wider(prepared, times, reporter)
    else:
        wide = with_surroundings(dataset, prepared.places, times, reporter)
    return dataclasses.replace(prepared, dataset=wide, surroundings=times)


def _cut_wider(prepared: Prepared, times: int, reporter: Reporter) -> Dataset:
    """Larger crops from the fields themselves, which show what no crop does."""
    settings, crops = prepared.settings, prepared.dataset.crops
    with reporter.bar("cutting wider crops") as bar:
        found = read_dataset(
            prepared.source,
            classes=settings.classes,
            mpp=settings.mpp,
            groups_column=settings.groups,
            progress=bar,
            corrections=None if settings.corrections is None else Path(settings.corrections),
            crop_size=times * max(crops.size),
        )
    if found.crops.names != crops.names:
        raise RunFolderError(
            f'the fields in "{prepared.source}" changed while the run was under way; start again with another --out'
        )
    reporter.say(f"each nucleus is shown with {times} times the width of tissue, cut from its field")
    return dataclasses.replace(found, crops=dataclasses.replace(found.crops, places=None))


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
