"""Several runs -> one page that compares them: never across protocols, crop by crop where they share crops."""

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from nucleoscope.data.splits import Protocol
from nucleoscope.errors import ConfigError, RunFolderError
from nucleoscope.files import write_text
from nucleoscope.report.charts.effort import Effort, draw_effort
from nucleoscope.report.material import Section
from nucleoscope.report.rendering import render
from nucleoscope.report.results import Entry, read_results
from nucleoscope.report.sections.headline import bar_of, difference_sentence, paired
from nucleoscope.report.sections.repeating import changed_settings

MOST_PAIRS = 60
"""Paired differences on a page, at most; those of the first runs come first."""


@dataclass(frozen=True)
class Compared:
    """A model of one of the runs.

    Attributes:
        mark: a letter, or two, that it is called by in pictures.
        folder: name of the run's folder, told apart from the others.
        entry: the model.
    """

    mark: str
    folder: str
    entry: Entry

    @property
    def name(self) -> str:
        """The folder and the model."""
        return f"{self.folder}: {self.entry.title}"

    @property
    def marked(self) -> str:
        """The same with its letter."""
        return f"{self.name} ({self.mark})"


def write_comparison(runs: Sequence[str | Path], out: str | Path) -> Path:
    """Compare runs on one page that needs no other file and no network.

    Args:
        runs: two run folders or more, also of `--folds` or `--split both`.
        out: the page.

    Returns:
        The page.

    Raises:
        ConfigError: a folder is named twice, or there are fewer than two.
        RunFolderError: one is no run folder, or has no model that was evaluated.
    """
    paths = [Path(run) for run in runs]
    twice = [path for path, times in Counter(path.resolve() for path in paths).items() if times > 1]
    if len(paths) < 2 or twice:
        found = f'"{twice[0]}" is named twice' if twice else f"{len(paths)} run folder is given"
        raise ConfigError(f"{found}; expected two different run folders or more to compare")
    compared = _compared(paths)
    sections = [_table(compared), _pairs(compared), _time(compared), _settings(compared)]
    names = ", ".join(dict.fromkeys(one.folder for one in compared))
    page = render("comparison.html.j2", title="Comparison of runs", name=names, sections=sections)
    write_text(Path(out), page)
    return Path(out)


def _compared(paths: Sequence[Path]) -> list[Compared]:
    found = []
    for path, name in zip(paths, _names(paths), strict=True):
        runs = read_results(path)
        entries = [Entry(run, model) for run in runs for model in run.models.values() if model.metrics is not None]
        if not entries:
            raise RunFolderError(
                f'"{path}" has no model that was evaluated; expected a finished run: go on with it with --resume'
            )
        found += [(name, entry) for entry in entries]
    return [Compared(_mark(number), name, entry) for number, (name, entry) in enumerate(found)]


def _names(paths: Sequence[Path]) -> list[str]:
    """The folders by as few last parts of their paths as tell them apart."""
    parts = [path.resolve().parts for path in paths]
    for length in range(1, max(map(len, parts)) + 1):
        names = ["/".join(each[-length:]) for each in parts]
        if len(set(names)) == len(names):
            break
    return names


def _mark(number: int) -> str:
    """A to Z, then AA, AB, ..."""
    letter = chr(ord("A") + number % 26)
    return letter if number < 26 else _mark(number // 26 - 1) + letter


def _by_protocol(compared: Sequence[Compared]) -> dict[Protocol, list[Compared]]:
    """Under each protocol that occurs, its models; `tiles` first, since it says more about new tissue."""
    return {
        protocol: members
        for protocol in (Protocol.TILES, Protocol.RANDOM)
        if (members := [one for one in compared if one.entry.run.protocol is protocol])
    }


def _table(compared: Sequence[Compared]) -> Section:
    groups = [
        (
            protocol,
            [
                {"one": one, "bar": bar_of(one.entry), "metrics": one.entry.metrics, "folds": len(one.entry.run.folds)}
                for one in members
            ],
        )
        for protocol, members in _by_protocol(compared).items()
    ]
    prints = {one.entry.run.parts[0].record["fingerprint"] for one in compared}
    return Section("figures", "What each model reached", {"groups": groups, "same_data": len(prints) == 1})


def _pairs(compared: Sequence[Compared]) -> Section:
    pairs = [
        (first, second)
        for first, second in itertools.combinations(compared, 2)
        if first.folder != second.folder and first.entry.model.kind is second.entry.model.kind
    ]
    sentences = [_pair_sentence(first, second) for first, second in pairs[:MOST_PAIRS]]
    content = {"sentences": sentences, "left_out": len(pairs) - len(sentences)}
    missing = "No two of these runs have the same model."
    return Section("pairs", "The same model in two runs, crop by crop", content if pairs else None, missing)


def _pair_sentence(first: Compared, second: Compared) -> str:
    """The paired difference, or why there is none."""
    here, there = first.entry, second.entry
    both = f"{first.marked} and {second.marked}"
    if here.run.protocol is not there.run.protocol:
        return (
            f"{both} are not compared: {here.run.protocol} split against {there.run.protocol} split, so their numbers "
            "do not mean the same."
        )
    if here.predictions.classes != there.predictions.classes:
        return f"{both} are not compared: their classes differ."
    mine, yours = (_labels(one.entry) for one in (first, second))
    shared = mine.keys() & yours.keys()
    if not shared:
        return f"{both} share no validation crop, so that they are not compared crop by crop: see their intervals."
    differing = sum(mine[name] != yours[name] for name in shared)
    if differing:
        return (
            f"{both} are not compared crop by crop: {differing:,} of {len(shared):,} shared names have other labels, "
            "so that they may not be the same crops."
        )
    difference = paired(here, there)
    assert difference is not None  # they share crops
    return difference_sentence(
        f"{first.name} ({first.mark})", f"{second.name} ({second.mark})", difference, here.run.protocol
    )


def _labels(entry: Entry) -> dict[str, int]:
    return dict(zip(entry.predictions.names, entry.predictions.labels.tolist(), strict=True))


def _time(compared: Sequence[Compared]) -> Section:
    charts = [
        (protocol, _effort([one for one in members if one.entry.seconds > 0]))
        for protocol, members in _by_protocol(compared).items()
    ]
    shown = [(protocol, chart) for protocol, chart in charts if chart is not None]
    missing = "No run recorded the time of its stages."
    return Section("effort", "Accuracy against time", {"charts": shown} if shown else None, missing)


def _effort(members: Sequence[Compared]) -> Markup | None:
    if not members:
        return None
    return draw_effort([Effort(one.mark, one.name, one.entry.seconds, bar_of(one.entry)) for one in members])


def _settings(compared: Sequence[Compared]) -> Section:
    """The settings that are not the same in all runs."""
    runs = {one.folder: one.entry.run for one in compared}
    changed = {folder: changed_settings(run.settings) for folder, run in runs.items()}
    names = list(dict.fromkeys(name for settings in changed.values() for name in settings))
    default: dict[str, Any] = dict.fromkeys(names, "default")
    rows = [(name, [(default | settings)[name] for settings in changed.values()]) for name in names]
    differing = [(name, values) for name, values in rows if len(set(map(str, values))) > 1]
    content = {"folders": list(runs), "rows": differing} if differing else None
    return Section("settings", "Settings that differ", content, "All settings but split and folds are the same.")
