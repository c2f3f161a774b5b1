"""The model card: what a bundle is, what it was measured to do, and what it is not for."""

from nucleoscope.evaluation.metrics import Metrics
from nucleoscope.models.bundle import BundleConfig

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


def model_card(config: BundleConfig, metrics: Metrics | None) -> str:
    """The text of `README.md` in a bundle.

    Args:
        config: of the bundle.
        metrics: on the validation crops, or None before they were measured.
    """
    parts = [_head(config), _figures(metrics) if metrics else "Not evaluated yet.\n", _use(config)]
    return "\n".join(parts)


def _head(config: BundleConfig) -> str:
    size = config.specification.size
    mpp = f"{config.mpp:g} um/pixel" if config.mpp else "resolution not recorded"
    origin = config.provenance
    return f"""# Nucleus classifier: {config.specification.architecture}

**Research use only.** Not a medical device; not for diagnosis.

- Input: RGB crops of {size[1]}x{size[0]} pixels ({mpp}) with the nucleus in the centre.
- Classes: {", ".join(config.classes)}.
- Trained on {origin["training_crops"]:,} crops (fingerprint {origin["data_fingerprint"][:12]}),
  seed {origin["seed"]}, {origin["epochs"]} epochs, from {origin["initial_weights"]}.
"""


def _figures(metrics: Metrics) -> str:
    rows = "\n".join(
        f"| {name} | {m.precision:.1%} | {m.recall:.1%} | {m.f1:.1%} | {m.support:,} |"
        for name, m in metrics.per_class.items()
    )
    return f"""## Measured

{metrics.sentence()}; balanced accuracy {metrics.balanced_accuracy:.1%}, macro F1 {metrics.macro_f1:.1%},
expected calibration error {metrics.ece:.1%}.

Protocol `{metrics.protocol}`: {_MEANING[metrics.protocol]}

| class | precision | recall | F1 | crops |
|---|---|---|---|---|
{rows}
"""


def _use(config: BundleConfig) -> str:
    adjusted = "with" if config.adjustment is not None else "without"
    averaged = "" if config.views == 1 else ", averaged over all flips and quarter turns of the crop"
    return f"""## Use

    nucleoscope predict THIS_FOLDER CROPS --out predictions.csv

Probabilities are the softmax of the logits{averaged},
{adjusted} logit adjustment, at temperature {config.temperature:.3f}.
The model takes pictures in 0..1; it subtracts mean and divides by std itself.
"""
