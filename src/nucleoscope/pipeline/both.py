"""The same job under both protocols, and the difference between the two numbers."""

import dataclasses
import json
from pathlib import Path
from typing import Any

from nucleoscope.data.splits import Protocol
from nucleoscope.evaluation.metrics import quote
from nucleoscope.evaluation.plots.protocols import Measured, plot_protocols
from nucleoscope.files import write_json
from nucleoscope.models.specification import Kind
from nucleoscope.pipeline.folder import RunFolder
from nucleoscope.pipeline.folds import run_folds
from nucleoscope.pipeline.reporter import Reporter, Silent
from nucleoscope.pipeline.run import run
from nucleoscope.pipeline.settings import RunSettings
from nucleoscope.pipeline.several import begin_several

COMPARISON = "comparison"
_QUOTED = ("accuracy", "accuracy_ci95", "balanced_accuracy", "macro_f1", "ece", "crops", "seed")


def run_both(
    source: str | Path,
    out: str | Path,
    settings: RunSettings | None = None,
    *,
    folds: int | None = None,
    test: Path | None = None,
    resume: bool = False,
    reporter: Reporter | None = None,
) -> RunFolder:
    """Run under `random` and under `tiles`, and write both numbers side by side.

    Args:
        source: labelled crops, as for `run`.
        out: a new or empty folder; it will hold the run folders `random` and `tiles`, `comparison.json` and
            `comparison.png`.
        settings: of each run; what they say of the split is left out of account.
        folds: cross-validate with so many folds instead of validating on one part.
        test: as for `run`.
        resume: go on where this was stopped.
        reporter: is told what happens.

    Returns:
        The folder.

    Raises:
        NucleoscopeError: the data, a setting or the folder cannot be used.
    """
    settings, reporter, out = settings or RunSettings(), reporter or Silent(), Path(out)
    begin_several(out, list(Protocol), resume)
    runs = {}
    for protocol in Protocol:
        reporter.say(f"protocol {protocol}")
        # The same pictures under both, or the difference would be of two models.
        one = dataclasses.replace(settings, split=protocol, surroundings=settings.surroundings or 1)
        begun = resume and (out / protocol).exists()
        if folds is None:
            runs[protocol] = run(source, out / protocol, one, test=test, resume=begun, reporter=reporter)
        else:
            runs[protocol] = run_folds(source, out / protocol, folds, one, test=test, resume=begun, reporter=reporter)
    compare(runs, settings.models, out, reporter)
    return RunFolder(out)


def compare(runs: dict[Protocol, RunFolder], models: tuple[Kind, ...], out: Path, reporter: Reporter) -> None:
    """Write `comparison.json` and `comparison.png`, and tell what the difference is."""
    metrics = {
        kind: {
            protocol: json.loads(one.model(kind).metrics.read_text(encoding="utf-8")) for protocol, one in runs.items()
        }
        for kind in models
    }
    record: dict[str, Any] = {}
    for kind, of in metrics.items():
        gap = of[Protocol.RANDOM]["accuracy"] - of[Protocol.TILES]["accuracy"]
        record[kind] = {protocol: {name: of[protocol][name] for name in _QUOTED} for protocol in Protocol}
        record[kind] |= {"difference": gap, "sentence": gap_sentence(gap)}
        for protocol in Protocol:
            found = of[protocol]
            reporter.say(f"{kind}: {quote(found['accuracy'], found['accuracy_ci95'], protocol, found['crops'])}")
        reporter.say(f"{kind}: {gap_sentence(gap)}")
    write_json(out / f"{COMPARISON}.json", record)
    measured = {
        kind: {
            protocol: Measured(of[protocol]["accuracy"], of[protocol]["accuracy_ci95"], of[protocol]["crops"])
            for protocol in Protocol
        }
        for kind, of in metrics.items()
    }
    plot_protocols(out / f"{COMPARISON}.png", measured)


def gap_sentence(gap: float) -> str:
    """What a difference between the accuracies under the two protocols is, in plain words."""
    if gap <= 0:
        return (
            f"on tiles that were never seen it is {-100 * gap:.1f} points better than under the random split: these "
            "validation tiles are easier than the average, or few; try other seeds or --folds"
        )
    return (
        f"{100 * gap:.1f} points of the accuracy under the random split come from having seen the same tiles (shared "
        "pixels, stain, surroundings); on new tissue of this kind they are not there"
    )
