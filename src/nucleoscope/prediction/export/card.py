"""The page beside an export: what the classifier is, what it was measured to do, how it is used there."""

from typing import Any

from nucleoscope.models.bundle import BundleConfig
from nucleoscope.models.measured import measured_of

_MEANING = {
    "random": "Crops were split at random; those cut from one tile share pixels, so that this measures memory as well "
    "as skill and says little about new tissue.",
    "tiles": "No tile was on both sides of the split: this is what to expect on new tiles of the same kind. A tile "
    "split is not a patient split; on another scanner, stain or laboratory expect less.",
}


def describe(config: BundleConfig, use: str) -> str:
    """A page in Markdown.

    Args:
        config: of the bundle.
        use: how it is used, in Markdown.
    """
    height, width = config.specification.size
    mpp = "resolution not recorded" if config.mpp is None else f"{config.mpp:g} um/pixel"
    centre_height, centre_width = config.specification.crop_size
    scales = (
        f"\n- It looks at the central {centre_width}x{centre_height} pixels, and at more and more of the tissue around "
        "them."
        if config.specification.surroundings > 1
        else ""
    )
    views = "\nEvery crop is seen in all its flips and quarter turns, which multiplies the time.\n"
    return f"""# {title(config)}

**Research use only.** Not a medical device; not for diagnosis.

- Input: RGB crops of {width}x{height} pixels ({mpp}) with the nucleus in the centre.{scales}
- Classes, in the order of the output: {", ".join(config.classes)}.

## Measured

{measured_text(config)}

## Use

{use}{"" if config.views == 1 else views}
Made with nucleoscope; `parity.json` says how well this folder agrees with the bundle.
"""


def title(config: BundleConfig) -> str:
    """What the classifier is called where it needs a name for people."""
    return f"Nucleus classifier: {config.specification.architecture}"


def measured_text(config: BundleConfig) -> str:
    """What was measured, with its protocol and what that means; or that nothing was."""
    found = measured_of(config)
    if found is None:
        return "Not measured."
    rest = f"balanced accuracy {found.balanced_accuracy:.1%}, macro F1 {found.macro_f1:.1%}"
    meaning = _MEANING.get(found.protocol, "")
    return f"{found.sentence()}; {rest}, expected calibration error {found.ece:.1%}. {meaning}".strip()


def interface(config: BundleConfig, name_in: str, name_out: str) -> dict[str, Any]:
    """What a program must know to call a network that takes uint8 pictures, ready for JSON."""
    height, width = config.specification.size
    found = measured_of(config)
    return {
        "architecture": config.specification.architecture,
        "input": {
            "name": name_in,
            "type": "uint8",
            "shape": ["crops", height, width, 3],
            "holds": "RGB, the nucleus in the centre",
            "mpp": config.mpp,
        },
        "output": {
            "name": name_out,
            "type": "float32",
            "shape": ["crops", len(config.classes)],
            "holds": "logits; their softmax are calibrated probabilities",
            "classes": list(config.classes),
        },
        "measured": None if found is None else found.to_mapping(),
    }
