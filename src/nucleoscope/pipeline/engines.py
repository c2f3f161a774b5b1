"""The engines of one model: faster ways to predict with its bundle, built and compared with PyTorch."""

import torch

from nucleoscope.models.bundle import load_bundle
from nucleoscope.models.specification import Kind
from nucleoscope.pipeline.folder import ModelFolder
from nucleoscope.pipeline.prepare import Prepared
from nucleoscope.pipeline.reporter import Reporter
from nucleoscope.prediction.engines.build import build_engines, can_build
from nucleoscope.prediction.engines.catalogue import TORCH
from nucleoscope.prediction.engines.record import LEAST_EQUAL, EngineRecord


def build_model_engines(prepared: Prepared, kind: Kind, folder: ModelFolder, reporter: Reporter) -> None:
    """Build what is installed into the bundle, and tell what it is worth; the training crops alone are used."""
    if not can_build():
        reporter.say(f"{kind}: predicts with PyTorch; for faster engines: pip install 'nucleoscope[fast]'")
        return
    bundle = load_bundle(folder.bundle, torch.device("cpu"))
    crops, split = prepared.dataset.crops, prepared.split
    with reporter.bar(f"{kind}: engines") as bar:
        record = build_engines(bundle, crops.images, split.train, prepared.settings.seed, bar)
    for line in _sentences(record):
        reporter.say(f"{kind}: {line}")


def _sentences(record: EngineRecord) -> list[str]:
    """What the record says, for people."""
    engines = {name: parity for name, parity in record.engines.items() if name != TORCH}
    admitted = [name for name, parity in engines.items() if parity.admitted]
    lines = [f"engine {name} could not be built ({reason})" for name, reason in record.failures.items()]
    lines += [
        f"engine {name} is not admitted: {parity.equal_decisions:.1%} of its decisions on {parity.crops:,} changed "
        f"training crops are those of PyTorch, expected {LEAST_EQUAL:.1%} or more"
        for name, parity in engines.items()
        if not parity.admitted
    ]
    if admitted:
        least = min(engines[name].equal_decisions for name in admitted)
        crops = engines[admitted[0]].crops
        lines.append(
            f"engines {', '.join(admitted)}: at least {least:.1%} of the decisions on {crops:,} changed training "
            "crops are those of PyTorch"
        )
    return lines
