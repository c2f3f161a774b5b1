"""The model card: what a bundle is for, what it was measured to do, and what it is known to do badly."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nucleoscope.data.scales import scales_up_to
from nucleoscope.files import write_text
from nucleoscope.models.bundle import CARD_FILE, BundleConfig
from nucleoscope.pipeline.folder import ModelFolder, RunFolder
from nucleoscope.pipeline.known_failures import Found, known_failures
from nucleoscope.prediction.novelty import KEPT
from nucleoscope.prediction.table import read_predictions

_MEANING = {
    "random": (
        "Crops were split at random. Crops cut from one tile share pixels, so this figure measures memory as well "
        "as skill; it compares with published figures and leaderboards, and says little about new tissue."
    ),
    "tiles": (
        "No tile was on both sides of the split: this is what to expect on new tiles of the same kind. "
        "A tile split is not a patient split; on another scanner, stain or laboratory expect less."
    ),
}


def write_card(folder: ModelFolder, config: BundleConfig) -> None:
    """Write the card of a model that was evaluated from what its run folder holds by now.

    Args:
        folder: of the model; its metrics and predictions are there, what it looks at may be.
        config: of its bundle.
    """
    audit = RunFolder(folder.path.parent).audit
    found = Found(
        metrics=_read(folder.metrics),
        predictions=read_predictions(folder.predictions),
        audit=_read(audit) if audit.is_file() else None,
        nucleus=_read(folder.nucleus) if folder.nucleus.is_file() else None,
    )
    write_text(folder.bundle / CARD_FILE, model_card(config, found))


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def model_card(config: BundleConfig, found: Found | None) -> str:
    """The text of `README.md` in a bundle.

    Args:
        config: of the bundle.
        found: what the run measured, or None before anything was.
    """
    measured = [_figures(found), _failures(config, found)] if found else ["Not evaluated yet.\n"]
    return "\n".join([_head(config), _intended(config), _data(config), *measured, _use(config)])


def _head(config: BundleConfig) -> str:
    return f"""# Nucleus classifier: {config.specification.architecture}

**Research use only.** Not a medical device; not for diagnosis.
"""


def _intended(config: BundleConfig) -> str:
    return f"""## Intended use

To name the class of single nuclei in H&E-stained tissue, for research: {_plain(", ".join(config.classes))}.
It names one of these classes whatever it is shown. Not for decisions about patients; check it on labelled crops of
your own tissue, scanner and stain before you rely on it.

- Input: RGB crops of {_size(config)} with the nucleus in the centre.
{_surroundings(config)}"""


def _surroundings(config: BundleConfig) -> str:
    specification = config.specification
    if specification.surroundings == 1:
        return ""
    height, width = specification.crop_size
    scales = len(scales_up_to(specification.surroundings))
    return (
        f"- It looks at {scales} scales: the central {width}x{height} pixels, and more and more of "
        "the tissue around them.\n  Where only those are known, it does without the rest, and is right less often.\n"
    )


def _size(config: BundleConfig) -> str:
    height, width = config.specification.size
    mpp = f"{config.mpp:g} um/pixel" if config.mpp else "resolution not recorded"
    return f"{width}x{height} pixels ({mpp})"


def _data(config: BundleConfig) -> str:
    origin = config.provenance
    return f"""## Data

- Trained on {origin["training_crops"]:,} crops (fingerprint {origin["data_fingerprint"][:12]}),
  seed {origin["seed"]}, {origin["epochs"]} epochs, from {origin["initial_weights"]}.
{_of_each_tile(origin)}- Split by the protocol `{origin["protocol"]}`; settings, epoch, temperature and
  thresholds were chosen on a share of the training part, never on the validation crops.
"""


def _of_each_tile(origin: Mapping[str, Any]) -> str:
    cap = origin.get("training", {}).get("tile_cap", 0)  # it is not in older bundles
    if not cap:
        return ""
    return (
        f"- An epoch took no more than {cap} crops of a class of a tile, or as many as there are on average if that is "
        "more,\n  others each time: a few large tiles would otherwise be most of what the model saw.\n"
    )


def _figures(found: Found) -> str:
    metrics = found.metrics
    interval = metrics["accuracy_ci95"]
    spread = f"95 % interval {interval[0]:.1%} to {interval[1]:.1%}" if interval else "too few tiles for an interval"
    rows = "\n".join(_row(name, of) for name, of in metrics["per_class"].items())
    return f"""## Measured

{metrics["accuracy"]:.1%} accuracy ({spread}; {found.measured_on});
balanced accuracy {metrics["balanced_accuracy"]:.1%}, macro F1 {metrics["macro_f1"]:.1%},
expected calibration error {metrics["ece"]:.1%}.

{_alone(metrics)}Protocol `{metrics["protocol"]}`: {_MEANING[metrics["protocol"]]}

| class | precision | recall | recall, 95 % interval | F1 | crops |
|---|---|---|---|---|---|
{rows}
"""


def _alone(metrics: Mapping[str, Any]) -> str:
    return f"{metrics['alone']['sentence']}.\n\n" if "alone" in metrics else ""


def _row(name: str, of: dict[str, Any]) -> str:
    name = _plain(name)
    if not of["support"]:
        return f"| {name} | - | - | - | - | 0 |"
    interval = of["recall_ci95"]
    spread = f"{interval[0]:.1%} to {interval[1]:.1%}" if interval else "too few tiles"
    return f"| {name} | {of['precision']:.1%} | {of['recall']:.1%} | {spread} | {of['f1']:.1%} | {of['support']:,} |"


def _plain(text: str) -> str:
    """Text in which a class name makes neither a tag nor a column."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("|", "\\|")


def _failures(config: BundleConfig, found: Found) -> str:
    lines = "\n".join(f"- {_plain(sentence)}" for sentence in [*known_failures(found), _novelty(config)])
    return f"""## Known failures

Taken from this model's own run:

{lines}
"""


def _novelty(config: BundleConfig) -> str:
    if config.novelty_threshold is None:
        return "What is foreign: this bundle has no threshold for it, so that nothing is marked as foreign."
    return (
        f"What is foreign: a nucleus is marked above an energy of {config.novelty_threshold:.3g}, which {KEPT:.0%} of "
        "the crops that settings were chosen on do not reach. How many foreign nuclei that finds was not measured in "
        "this run, so that an unmarked nucleus need not be of a known kind."
    )


def _use(config: BundleConfig) -> str:
    adjusted = "with" if config.adjustment is not None else "without"
    averaged = "" if config.views == 1 else ", averaged over all flips and quarter turns of the crop"
    return f"""## Use

    nucleoscope predict THIS_FOLDER CROPS --out predictions.csv

Probabilities are the softmax of the logits{averaged},
{adjusted} logit adjustment, at temperature {config.temperature:.3f}.
The model takes pictures in 0..1; it subtracts mean and divides by std itself.
"""
