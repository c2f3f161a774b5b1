"""What `audit.json` says, in a few sentences."""

from typing import Any

from nucleoscope.data.reading.wording import counted
from nucleoscope.evaluation.baselines import BaselineName

_ANSWERS = {
    BaselineName.CLOSEST_CROP: "copying the label of the training crop that shares most pixels",
    BaselineName.TILE_MAJORITY: "the majority of the tile",
    BaselineName.NEAREST_COLOURS: "the nearest colour histogram",
    BaselineName.LARGEST_CLASS: "always the largest class",
}


def summarise_audit(record: dict[str, Any]) -> list[str]:
    """Sentences about shared pixels, and for each protocol what leaks and what is right without learning."""
    lines = [_tiles(record)]
    if record["conflicts"]:
        lines.append(_conflicts(record["conflicts"]))
    if record["with_test"]:
        lines.append(_test(record["with_test"]["test"]))
    seed = record["split_settings"]["seed"]
    for protocol, split in record["splits"].items():
        if split is None:
            lines.append(f"No {protocol} split: {record['impossible_splits'][protocol]}.")
        else:
            lines += [_leak(protocol, seed, split), describe_baselines(protocol, split)]
    return lines


def _conflicts(count: int) -> str:
    contradict = "contradicts the rest of its tile" if count == 1 else "contradict the rest of their tile"
    return (
        f"{counted(count, 'pair')} of crops {contradict}: tiles that have nothing to do with each other may have "
        "been joined."
    )


def _tiles(record: dict[str, Any]) -> str:
    everything = record["with_test"] or record
    crops = counted(record["crops"], "labelled crop")
    if record["with_test"]:
        crops += f" and {counted(everything['test']['crops'], 'test crop')}"
    if not everything["overlapping_pairs"]:
        return f"{crops}: no two share pixels."
    pairs = everything["overlapping_pairs"]
    return (
        f"{crops}: {counted(pairs, 'pair')} {_share(pairs)} pixels. They come from "
        f"{counted(everything['tiles'], 'tile')}, the largest with {counted(everything['largest_tile'], 'crop')}."
    )


def _test(shared: dict[str, Any]) -> str:
    return f"{_shared(shared, 'test crop')} with a labelled crop{_closest(shared)}."


def _leak(protocol: str, seed: int, split: dict[str, Any]) -> str:
    validation = split["validation"]
    return (
        f"Split {protocol}, seed {seed}, {counted(split['training_crops'], 'training crop')}: "
        f"{_shared(validation, 'validation crop')} with a training crop{_closest(validation)}."
    )


def _shared(shared: dict[str, Any], noun: str) -> str:
    return (
        f"{shared['crops_that_overlap']:,} of {counted(shared['crops'], noun)} ({shared['share']:.1%}) "
        f"{_share(shared['crops_that_overlap'])} pixels"
    )


def _share(count: int) -> str:
    return "shares" if count == 1 else "share"


def _closest(shared: dict[str, Any]) -> str:
    if not shared["crops_that_overlap"]:
        return ""
    return (
        f"; the closest one holds {shared['mean_largest']:.0%} of the area on average, and more than half of it for "
        f"{shared['above_50']:.0%} of the crops"
    )


def describe_baselines(protocol: str, split: dict[str, Any]) -> str:
    """What is right without any learning, from the entry of one protocol in `splits` of `audit.json`."""
    found = [_baseline(split["baselines"][name], answer) for name, answer in _ANSWERS.items()]
    return (
        f"Right without any learning (accuracy, and balanced accuracy in brackets; {protocol} split, "
        f"{counted(split['validation']['crops'], 'validation crop')}): {'; '.join(found)}."
    )


def _baseline(baseline: dict[str, Any], answer: str) -> str:
    words = f"{baseline['accuracy']:.1%} ({baseline['balanced_accuracy']:.1%}) by {answer}"
    if not baseline["informed"]:
        return f"{words}, which none has, so the largest class"
    if baseline["informed"] < baseline["crops"]:
        return f"{words}, which {baseline['informed']:,} have"
    return words
