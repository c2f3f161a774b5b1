"""The table: median and range of the seconds to the target, and how many times as long as ours."""

import math
from statistics import median

from .records import Key, Run, facts_of, median_bound

OURS = "ours"
QUIET = 0.1  # cores: what a machine that does nothing else takes
NAMES = {
    "reference_notebook": "reference notebook",
    "fastai_tuning": "fastai",
    "plain_lightning": "Lightning",
    OURS: "nucleoscope",
}
HEADER = (
    "| model | procedure | seconds, median | range | ratio to ours | with validation | epochs | reached "
    "| highest accuracy |"
)


def of_model(runs: dict[Key, Run], model: str) -> dict[str, list[Run]]:
    """The runs of a model that have ended, by procedure, ours last, in the order of their seeds."""
    return {
        procedure: found
        for procedure in NAMES
        if (found := [runs[key] for key in sorted(runs) if key[:2] == (procedure, model) and runs[key].ended])
    }


def table(runs: dict[Key, Run]) -> str:
    """Markdown, with what it was measured on beneath."""
    lines, notes = [HEADER, "|---" * HEADER.count(" | ") + "|---|"], []
    for model in sorted({key[1] for key in runs}):
        procedures = of_model(runs, model)
        if not procedures:
            continue
        facts = facts_of(run for found in procedures.values() for run in found)
        own = procedures.get(OURS)
        lines += [f"| {model} | {NAMES[name]} | {_cells(found, own)} |" for name, found in procedures.items()]
        notes.append(
            f"{model}: target {facts['target']:.1%} of {facts['validation_crops']:,} validation crops (protocol "
            f"{facts['protocol']}, {facts['crops']:,} crops in all), {facts['cores']} cores. {waiting(facts)} "
            f"{disturbance([run for found in procedures.values() for run in found])}"
        )
    return "\n".join([*lines, "", *notes])


def waiting(facts: dict[str, object]) -> str:
    """How the peers' threads wait, which decides how they fare beside other work."""
    return f"Peers' OpenMP waits {'as ours does' if facts['same_waiting'] else 'as it comes'}."


def disturbance(runs: list[Run]) -> str:
    """What else the machine did. Beside a busy process a pool that spins may be ten times slower; ours sleeps."""
    if any(math.isnan(run.elsewhere) for run in runs):
        return "NOT VALID: what other processes took was not measured for all fits."
    most = max(run.elsewhere for run in runs)
    words = f"other processes took up to {most:.2f} cores during a fit"
    return f"{words[0].upper()}{words[1:]}." if most <= QUIET else f"NOT VALID: {words}; expected at most {QUIET}."


def _cells(runs: list[Run], own: list[Run] | None) -> str:
    bound, only_bound = median_bound(runs)
    more = "> " if only_bound else ""
    low, high = min(runs, key=lambda run: run.at_least), max(runs, key=lambda run: (run.seconds(), run.at_least))
    reached = [run for run in runs if run.reached]
    whole = median(run.seconds("seconds") for run in runs)
    epochs = "-" if only_bound else f"{median(run.reached['epoch'] for run in reached):.0f}"
    return " | ".join(
        [
            f"{more}{_seconds(bound)}",
            f"{_ended(low)} to {_ended(high)}",
            _ratio(bound, only_bound, own),
            "-" if only_bound else _seconds(whole),
            epochs,
            f"{len(reached)} of {len(runs)}",
            f"{median(run.best for run in runs):.1%}",
        ]
    )


def _ended(run: Run) -> str:
    return f"{'' if run.reached else '> '}{_seconds(run.at_least)}"


def _ratio(bound: float, only_bound: bool, own: list[Run] | None) -> str:
    """Of medians; unknown where ours did not reach the target."""
    if own is None or median_bound(own)[1]:
        return "-"
    return f"{'> ' if only_bound else ''}{bound / median_bound(own)[0]:.1f}"


def _seconds(value: float) -> str:
    return f"{value:.1f}" if value < 100 else f"{value:,.0f}"
