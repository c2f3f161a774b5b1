"""Run folders as `run`, `run_folds` and `run_both` lay them out, with made-up models: nothing is trained."""

import numpy as np

from nucleoscope.config import Training
from nucleoscope.evaluation.metrics import evaluate
from nucleoscope.evaluation.remedies import outcome
from nucleoscope.explanation.atlas import write_atlas
from nucleoscope.explanation.attributions import Method
from nucleoscope.explanation.choose import choose
from nucleoscope.explanation.explanation import Explanation
from nucleoscope.explanation.nucleus import Hits, Nucleus
from nucleoscope.explanation.page import robust_scales
from nucleoscope.files import write_json
from nucleoscope.models.bundle import BundleConfig, write_config
from nucleoscope.models.specification import Kind
from nucleoscope.pipeline.card import write_card
from nucleoscope.pipeline.evaluate import write_tables
from nucleoscope.prediction.table import Predictions, read_predictions
from nucleoscope.training.history import Epoch, write_history
from nucleoscope.tuning.journal import Status, Trial, write_tuning

RIGHT = {Kind.MODEL1: 0.7, Kind.MODEL2: 0.9}
"""The share of crops that each model is made to have right, about."""

HOSTILE_REASON = "</script><script>window.hacked=1</script> is nan & more"


def _epochs(count):
    return [Epoch(n, 1.0 / n, 0.5 + 0.1 * n, 0.9 / n, 0.45 + 0.1 * n, 0.001, 2.0) for n in range(1, count + 1)]


def tune(prepared, kind, folder, reporter):
    rates = ((0.001, 32), (0.002, 64), (0.01, 32))
    trials = [
        Trial(
            n, f"t{n}", {"learning_rate": rate, "batch_size": size}, tuple(_epochs(5 - n)), Status.FINISHED, "", n == 1
        )
        for n, (rate, size) in enumerate(rates, start=1)
    ]
    trials.append(
        Trial(4, "t4", {"learning_rate": 0.1, "batch_size": 32}, tuple(_epochs(1)), Status.FAILED, HOSTILE_REASON)
    )
    write_tuning(folder.tuning_csv, trials)


def _config(prepared, kind):
    crops = prepared.dataset.crops
    count = len(crops.classes)
    return BundleConfig(
        prepared.specification(kind, 8),
        crops.classes,
        tuple(range(count)),
        (0.5,) * 3,
        (0.2,) * 3,
        mpp=0.25,
        coverage=0.95,
        set_threshold=0.1,
        novelty_threshold=-2.5,
        provenance={
            "protocol": prepared.protocol,
            "training_crops": len(prepared.split.train),
            "data_fingerprint": prepared.fingerprint,
            "seed": prepared.settings.seed,
            "initial_weights": "nowhere",
            "epochs": 4,
            "training": Training().to_mapping(),
        },
    )


def train(prepared, kind, folder, reporter):
    write_history(folder.history, _epochs(4))
    folder.bundle.mkdir(parents=True, exist_ok=True)
    write_config(folder.bundle, _config(prepared, kind))


def probabilities(labels, classes, right, seed):
    """Made-up probabilities (N, C), about so often right."""
    random = np.random.default_rng(seed)
    taken = np.where(random.random(len(labels)) < right, labels, random.integers(0, classes, len(labels)))
    found = random.dirichlet(np.ones(classes), len(labels)) * 0.4
    found[np.arange(len(labels)), taken] += 0.6
    return found


def evaluated(prepared, kind, folder, reporter):
    crops, val = prepared.dataset.crops, prepared.split.val
    labels = crops.targets()[val]
    found = probabilities(labels, len(crops.classes), RIGHT[kind], prepared.settings.seed + list(Kind).index(kind))
    names = tuple(crops.names[i] for i in val)
    write_tables(folder, Predictions(names, crops.classes, labels, found))
    metrics = evaluate(found, labels, crops.classes, prepared.protocol, tile=prepared.validation_tiles)
    plain = outcome(found, labels, crops.classes).to_mapping()
    record = metrics.to_mapping() | {
        "seed": prepared.settings.seed,
        "temperature": 1.2,
        "ece_before_temperature": 0.1,
        "train_accuracy": 0.99,
        "remedy": {
            "class_weights": {"power": 0.5, "applied": True, "before": None, "after": plain},
            "logit_adjustment": {
                "strength": 0.5,
                "fitted_on": "select",
                "applied": False,
                "before": plain,
                "after": plain,
            },
        },
        "conformal": {
            "protocol": prepared.protocol,
            "wanted_coverage": 0.95,
            "threshold": 0.1,
            "crops": len(val),
            "coverage": 0.9,
            "single": 0.5,
            "single_accuracy": None,
            "several": 0.5,
            "empty": 0.0,
            "mean_size": 1.5,
            "sentence": "sure of one class for half of the crops",
        },
    }
    write_json(folder.metrics, record)
    write_card(folder, _config(prepared, kind))


def explained(prepared, kind, folder, reporter):
    crops, found = prepared.dataset.crops, read_predictions(folder.predictions)
    radii = [Hits(radius, 0.8 - radius, 0.8 - radius) for radius in (0.1, 0.25, 0.5)]
    nucleus = Nucleus(
        prepared.protocol,
        len(found.names),
        len(found.names),
        0,
        crops.size[0],
        Hits(0.0, 0.8, 0.8),
        tuple(radii),
        tuple(Hits(hits.radius, 0.3 + hits.radius, 0.3 + hits.radius) for hits in radii),
        0.3,
        0.25,
        Method.INTEGRATED_GRADIENTS,
        16,
        8,
        0.3,
        0.2,
    )
    write_json(folder.nucleus, nucleus.to_mapping())
    random = np.random.default_rng(0)
    chosen = choose(found.probabilities, found.labels)
    images = crops.images[prepared.split.val]
    explanations = [
        Explanation(
            one,
            found.names[one.index],
            images[one.index],
            {method: random.normal(size=crops.size).astype(np.float32) for method in Method},
            0.0,
        )
        for one in chosen
    ]
    scales = robust_scales(explanations)
    write_json(
        folder.path / "explanations.json",
        {
            "protocol": prepared.protocol,
            "crops": len(images),
            "unavailable": {},
            "colour_scale": scales,
            "radius": 0.0625,  # as of pictures of four times the width
            "uniform_central_share": 0.2,
            "atlas": write_atlas(folder.explanations / "atlas.png", explanations, scales),
            "explanations": [each.to_mapping(crops.classes) for each in explanations],
            "trust": {"methods": {method: {"sentence": f"{method}: believed."} for method in Method}},
        },
    )
    write_card(folder, _config(prepared, kind))


def nothing(prepared, kind, folder, reporter):
    """Of stages that the report does not look at."""


STAGES = {
    "tune": tune,
    "train": train,
    "engines": nothing,
    "compare": nothing,
    "evaluate": evaluated,
    "explain": explained,
    "predict": nothing,
}
