"""Small bundles with all that an export must carry: normalisation, window, adjustment, temperature, views."""

import functools

import numpy as np
import torch

from nucleoscope.data.synthetic import cut_crops, make_fields
from nucleoscope.models.bundle import Bundle, BundleConfig, load_bundle, save_bundle
from nucleoscope.models.measured import Measured, with_measured
from nucleoscope.models.specification import Kind, Specification
from nucleoscope.prediction.engines.runner import Runner
from nucleoscope.prediction.engines.torch_engine import TorchEngine
from nucleoscope.prediction.probabilities import to_probabilities

CLASSES = ("normal epithelium", "cancer", "muscle")
MEASURED = Measured("tiles", 2276, 1, 0.888, (0.817, 0.956), 0.85, 0.84, 0.03)


def save(folder, *, kind=Kind.MODEL1, size=(40, 40), backbone="mobilenet_v2", measured=None, surroundings=1, **changes):
    """A bundle on disk, loaded again; its probabilities are spread and its decisions various."""
    torch.manual_seed(0)
    specification = Specification(kind, 3, size, 8, backbone, surround=0.3, surroundings=surroundings)
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


@functools.cache
def crops(height=40, width=40):
    """Some sixty crops of synthetic tissue, (N, height, width, 3)."""
    images = cut_crops(make_fields(4, seed=0, size=224), size=40).images[:60]
    return np.ascontiguousarray(images[:, :height, :width])


def _spread(model, size):
    """Centre and scale the head so that each class is ahead for some crops, as with a trained network."""
    with torch.inference_mode():
        pictures = torch.from_numpy(crops(*size).copy()).permute(0, 3, 1, 2) / 255.0
        logits = model(pictures)
        model.head.weight.mul_(2.0 / logits.std(dim=0)[:, None])
        model.head.bias.mul_(2.0 / logits.std(dim=0))
        model.head.bias.sub_(model(pictures).mean(dim=0))


def exact_probabilities(bundle, images):
    """Probabilities (N, C) by the bundle in float32; by itself it may compute in bfloat16."""
    runner = Runner("torch", TorchEngine(bundle.model, exact=True))
    return to_probabilities(runner.logits(images, bundle.config.views), bundle.config)
