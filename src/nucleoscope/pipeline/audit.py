"""The audit: which crops share pixels, what each split would leak, and what is right without learning."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nucleoscope.data.overlap import leak
from nucleoscope.data.reading import DEMO
from nucleoscope.data.splits import Protocol, Split
from nucleoscope.errors import DataError, RunFolderError
from nucleoscope.evaluation.colour_histograms import colour_histograms
from nucleoscope.evaluation.leakage import Leakage, measure_leakage, shared_pixels
from nucleoscope.files import write_json
from nucleoscope.pipeline.folder import RunFolder
from nucleoscope.pipeline.linked_crops import LinkedCrops, link_crops
from nucleoscope.pipeline.mosaics import write_mosaics
from nucleoscope.pipeline.prepare import make_parts, missing_classes, read_crops, single_tile_classes, split_crops
from nucleoscope.pipeline.reporter import Reporter, Silent
from nucleoscope.pipeline.settings import RunSettings

_SPLIT_SETTINGS = ("seed", "val_fraction", "select_fraction")


@dataclass(frozen=True)
class Splits:
    """The splits of one data set under every protocol.

    Attributes:
        settings: what they are made with.
        taken: the one that a run takes.
        made: that one, and those under other protocols that can be made.
        impossible: why the others cannot.
    """

    settings: RunSettings
    taken: Split
    made: dict[Protocol, Split]
    impossible: dict[Protocol, str]


@dataclass(frozen=True)
class Audit:
    """What `audit` found.

    Attributes:
        linked: the crops, and which of them share pixels.
        record: what `audit.json` holds.
    """

    linked: LinkedCrops
    record: dict[str, Any]


def audit(
    source: str | Path,
    *,
    test: Path | None = None,
    settings: RunSettings | None = None,
    out: str | Path | None = None,
    mosaic: str | Path | None = None,
    reporter: Reporter | None = None,
) -> Audit:
    """Find which crops share pixels and what a split of them would leak, without training anything.

    Args:
        source: labelled crops, see `data.reading.read_dataset`; the word "demo" is synthetic tissue.
        test: the test set, where it does not lie with the data.
        settings: how a run would split the crops, name the classes and so on.
        out: a new or empty folder for `audit.json` and `tiles.csv`; None writes neither.
        mosaic: a new or empty folder for a picture of each tile; None draws none.
        reporter: is told what happens.

    Raises:
        NucleoscopeError: the data or a setting cannot be used, or a folder is not empty.
    """
    settings, reporter = settings or RunSettings(), reporter or Silent()
    folder, pictures = _empty(out, "--out"), _empty(mosaic, "--mosaic")
    source = source if source == DEMO else Path(source)
    cache = RunFolder(folder).cache if folder else None
    dataset = read_crops(source, test, settings, cache, reporter)
    linked = link_crops(dataset, reporter, settings.tolerance)
    splits = make_splits(linked, settings, split_crops(linked.dataset, linked.labelled, settings, Silent()))
    found = Audit(linked, audit_record(linked, splits, reporter))
    if folder:
        write_audit(RunFolder(folder), found)
    if pictures:
        write_mosaics(pictures, linked, splits.made.get(Protocol.RANDOM), reporter)
    return found


def make_splits(linked: LinkedCrops, settings: RunSettings, taken: Split) -> Splits:
    """The split that a run takes, and what it would be under the other protocol."""
    crops = linked.dataset.crops
    splits = Splits(settings, taken, {}, {})
    for protocol in Protocol:
        if protocol is taken.protocol:
            splits.made[protocol] = taken
            continue
        try:
            splits.made[protocol] = make_parts(crops, protocol, linked.labelled, settings)
        except DataError as reason:
            splits.impossible[protocol] = str(reason)
    return splits


def write_audit(folder: RunFolder, found: Audit) -> None:
    """Write `tiles.csv` and `audit.json`."""
    found.linked.write(folder.tiles)
    write_json(folder.audit, found.record)


def audit_record(linked: LinkedCrops, splits: Splits, reporter: Reporter) -> dict[str, Any]:
    """What `audit.json` holds.

    The first figures are about the labelled crops alone, on tiles that test crops helped to find; those of all
    crops are under "with_test". Conflicts are those among all crops.

    Args:
        linked: the crops.
        splits: of the labelled ones.
        reporter: is told how far the comparison of colours is.
    """
    overlaps, split = linked.labelled, splits.taken
    return {
        "crops": len(overlaps),
        "overlapping_pairs": len(overlaps.pairs),
        "conflicts": overlaps.conflicts,
        "tiles": overlaps.tiles,
        "largest_tile": int(np.bincount(overlaps.tile).max()),
        "crops_that_overlap": len(np.unique(overlaps.pairs)),
        "leak": {
            "protocol": split.protocol,
            "validation_crops": len(split.val),
            **asdict(leak(overlaps, split.train, split.val)),
        },
        "tolerance": asdict(splits.settings.tolerance),
        "grouped_by": splits.settings.groups,
        "single_tile_classes": single_tile_classes(split, linked.dataset.crops),
        "missing_classes": missing_classes(split, linked.dataset),
        "with_test": _with_test(linked),
        "split_settings": {name: getattr(splits.settings, name) for name in _SPLIT_SETTINGS},
        "splits": _leakages(linked, splits, reporter),
        "impossible_splits": splits.impossible,
    }


def _with_test(linked: LinkedCrops) -> dict[str, Any] | None:
    """Figures of all crops together, and what test crops have in common with labelled ones."""
    if not len(linked.test):
        return None
    overlaps = linked.overlaps
    return {
        "crops": len(overlaps),
        "overlapping_pairs": len(overlaps.pairs),
        "tiles": overlaps.tiles,
        "largest_tile": int(np.bincount(overlaps.tile).max()),
        "test": asdict(shared_pixels(overlaps, np.arange(len(linked.labelled)), linked.test)),
    }


def _leakages(linked: LinkedCrops, splits: Splits, reporter: Reporter) -> dict[Protocol, dict[str, Any] | None]:
    crops = linked.dataset.crops
    with reporter.bar("comparing colours") as progress:
        colours = colour_histograms(crops.images, progress)

    def measured(split: Split) -> Leakage:
        return measure_leakage(linked.labelled, split, crops.targets(), crops.classes, colours)

    return {
        protocol: measured(splits.made[protocol]).to_mapping() if protocol in splits.made else None
        for protocol in Protocol
    }


def _empty(folder: str | Path | None, option: str) -> Path | None:
    """The folder, new or empty.

    Raises:
        RunFolderError: it is not.
    """
    if folder is None:
        return None
    folder = Path(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise RunFolderError(
            f'"{folder}" exists and is not an empty folder; expected a new one: choose another {option}'
        )
    return folder
