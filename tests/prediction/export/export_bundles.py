"""Small bundles with everything that an export must carry: own normalisation, window, adjustment, temperature, views."""

import torch

from nucleoscope.models.bundle import Bundle, BundleConfig, load_bundle, save_bundle
from nucleoscope.models.measured import Measured, with_measured
from nucleoscope.models.specification import Kind, Specification

CLASSES = ("normal epithelium", "cancer", "muscle")
MEASURED = Measured("tiles", 2276, 1, 0.888, (0.817, 0.956), 0.85, 0.84, 0.03)


def save(folder, *, kind=Kind.MODEL1, size=(40, 40), backbone="mobilenet_v2", measured=None, **changes):
    """A bundle on disk, loaded again; its probabilities are spread and its decisions various."""
    torch.manual_seed(0)
    specification = Specification(kind, 3, size, 8, backbone, surround=0.3)
    model = specification.build(None)[0].eval()
    _spread(model, size)
    config = BundleConfig(
        specification,
        CLASSES,
        (0, 1, 2),
        mean=(0.7, 0.5, 0.6),
        std=(0.2, 0.25, 0.15),
        **{"mpp": 0.25, "temperature": 1.7, "adjustment": (0.3, 0.0, -0.3), "provenance": {"seed": 1}, **changes},
    )
    config = config if measured is None else with_measured(config, measured)
    save_bundle(folder, Bundle(model, config), "card")
    return load_bundle(folder)


def _spread(model, size):
    """Scale the head so that the logits of one crop differ by a few, as those of a trained network do."""
    with torch.inference_mode():
        noise = torch.rand(32, 3, *size, generator=torch.Generator().manual_seed(0))
        logits = model(noise)
        model.head.weight.mul_(2.0 / logits.std(dim=0).mean())
        model.head.bias.sub_(model(noise).mean(dim=0))
