"""The first stage: read the crops and split them; between the two comes the audit."""

import dataclasses
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nucleoscope.data.crops import Crops
from nucleoscope.data.overlap import Overlaps, leak
from nucleoscope.data.overlap.surroundings import TilePlaces
from nucleoscope.data.reading.dataset import Dataset, read_dataset
from nucleoscope.data.splits import Part, Protocol, Split, known_tiles, make_split
from nucleoscope.data.splits.folds import make_folds
from nucleoscope.data.splits.groups import join_groups
from nucleoscope.models.specification import Kind, Specification
from nucleoscope.models.timm_network import TimmNetwork
from nucleoscope.pipeline.presets import SURROUND
from nucleoscope.pipeline.reporter import Reporter
from nucleoscope.pipeline.settings import RunSettings
from nucleoscope.training.examples import Examples

_ENOUGH_TILES = 3  # one for each part


@dataclass(frozen=True)
class Prepared:
    """What every later stage works with.

    Attributes:
        dataset: labelled crops and the test set.
        split: parts of the labelled crops.
        settings: of the run, with the protocol resolved.
        weights: where the pretrained weights come from, resolved.
        cache: folder of what is kept between runs.
        network: what builds a backbone of timm; None for torchvision's.
        places: where labelled and test crops lie, if model2 is shown what is around them.
        surroundings: how many times the width of a crop the pictures of `dataset` show, see `pipeline.surroundings`.
        source: that `dataset` was read from.
    """

    dataset: Dataset
    split: Split
    settings: RunSettings
    weights: str
    cache: Path
    network: TimmNetwork | None = None
    places: TilePlaces | None = None
    surroundings: int = 1
    source: str | Path = ""

    @property
    def classes(self) -> tuple[str, ...]:
        """C class names."""
        return self.dataset.crops.classes

    @property
    def protocol(self) -> Protocol:
        """How the crops were split."""
        return self.split.protocol

    @property
    def validation_tiles(self) -> NDArray[np.int64] | None:
        """Tile of each validation crop, where tiles are known."""
        return None if self.split.tile is None else self.split.tile[self.split.val]

    @cached_property
    def fingerprint(self) -> str:
        """Of the labelled crops, as the models are shown them."""
        return self.dataset.crops.fingerprint

    def examples(self, part: str) -> Examples:
        """The crops of a part: "fit", "select", "val" or "train" (both of the first)."""
        crops = self.dataset.crops
        index, classes = getattr(self.split, part), len(crops.classes)
        return Examples(crops.images, crops.targets(), index, classes, self.surroundings, self.split.tile)

    def specification(self, kind: Kind, width: int) -> Specification:
        """The architecture of one model for these crops."""
        crops = self.dataset.crops
        settings, classes = self.settings, len(crops.classes)
        plain = Specification(
            Kind.MODEL1,
            classes,
            crops.size,
            width,
            settings.backbone,
            SURROUND[Kind.MODEL1],
            surroundings=self.surroundings,
        )
        if kind is Kind.MODEL1:
            return plain
        return dataclasses.replace(
            plain,
            kind=kind,
            surround=SURROUND[kind],
            hidden=settings.hidden,
            standardised=settings.frozen,
            timm=self.network,
        )


def read_crops(
    source: str | Path, test: Path | None, settings: RunSettings, cache: Path | None, reporter: Reporter
) -> Dataset:
    """Read labelled crops and the test set, and tell what they are."""
    with reporter.bar("reading crops") as progress:
        dataset = read_dataset(
            source,
            test=test,
            classes=settings.classes,
            mpp=settings.mpp,
            groups_column=settings.groups,
            cache=cache,
            progress=progress,
            corrections=None if settings.corrections is None else Path(settings.corrections),
            crop_size=settings.crop_size,
        )
    crops = dataset.crops
    counts = ", ".join(
        f"{count:,} {name}" for name, count in zip(crops.classes, crops.class_counts().tolist(), strict=True)
    )
    reporter.say(f"{len(crops):,} crops of {crops.size[1]}x{crops.size[0]} pixels: {counts}")
    for note in dataset.notes:
        reporter.say(note)
    return dataset


def resolve_protocol(crops: Crops, overlaps: Overlaps, settings: RunSettings) -> Protocol:
    """The protocol that was asked for, or `tiles` where a random split would leak and tiles can be split.

    Groups that a user names are a wish to keep them together: they count like shared pixels. So do known fields.
    """
    if settings.split is not None:
        return settings.split
    leaks = len(overlaps.pairs) > 0 or settings.groups is not None or crops.places is not None
    enough = units(crops, overlaps, settings).max() + 1 >= _ENOUGH_TILES
    return Protocol.TILES if leaks and enough else Protocol.RANDOM


def units(crops: Crops, overlaps: Overlaps, settings: RunSettings) -> NDArray[np.int64]:
    """What `tiles` keeps in one piece, (N,), numbered from 0: tiles, with the fields and groups that they are in."""
    unit = overlaps.tile
    if crops.places is not None:
        unit = join_groups(unit, crops.places.fields)
    if settings.groups is not None:
        assert crops.groups is not None  # the reader has found the column
        unit = join_groups(unit, crops.groups)
    return unit


def split_crops(dataset: Dataset, overlaps: Overlaps, settings: RunSettings, reporter: Reporter) -> Split:
    """Split the crops and tell what the split means."""
    crops = dataset.crops
    protocol = resolve_protocol(crops, overlaps, settings)
    split = make_parts(crops, protocol, overlaps, settings)
    if settings.groups is not None:
        kept = units(crops, overlaps, settings).max() + 1
        reporter.say(f'groups of column "{settings.groups}" and tiles make {kept:,} units that share neither')
    found = leak(overlaps, split.train, split.val)
    reporter.say(
        f"split by {protocol}: {len(split.fit):,} crops to fit, {len(split.select):,} to select, "
        f"{len(split.val):,} to validate; {found.share:.1%} of the latter share pixels with a training crop"
    )
    for name in single_tile_classes(split, crops) if protocol is Protocol.TILES else ():
        reporter.say(f"{name} lives on one tile only: how well it is recognised on new tissue cannot be measured")
    for part, classes in missing_classes(split, dataset).items():
        reporter.say(f"too few tiles to put every class into every part: {part} has no {', '.join(classes)}")
    return split


def make_parts(crops: Crops, protocol: Protocol, overlaps: Overlaps, settings: RunSettings) -> Split:
    """The split that the settings ask for: by fractions, or one of several folds."""
    tile = units(crops, overlaps, settings)
    if settings.fold is None:
        return make_split(
            crops.targets(),
            protocol,
            classes=crops.classes,
            val_fraction=settings.val_fraction,
            select_fraction=settings.select_fraction,
            seed=settings.seed,
            tile=tile,
        )
    number, folds = settings.fold
    return make_folds(
        crops.targets(),
        protocol,
        classes=crops.classes,
        folds=folds,
        select_fraction=settings.select_fraction,
        seed=settings.seed,
        tile=tile,
    )[number - 1]


def single_tile_classes(split: Split, crops: Crops) -> tuple[str, ...]:
    """The classes whose crops are all of one tile: on new tissue they cannot be measured."""
    tile = known_tiles(split.tile, len(crops))
    labels = crops.targets()
    return tuple(name for c, name in enumerate(crops.classes) if len(np.unique(tile[labels == c])) == 1)


def missing_classes(split: Split, dataset: Dataset) -> dict[Part, tuple[str, ...]]:
    """By part, the names of the classes that it lacks."""
    crops = dataset.crops
    missing = split.missing(crops.targets(), len(crops.classes))
    return {part: tuple(crops.classes[c] for c in numbers) for part, numbers in missing.items() if len(numbers)}
