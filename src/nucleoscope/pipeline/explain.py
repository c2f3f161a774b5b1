"""The explanation pages of one model, from its validation crops."""

from nucleoscope.explanation.explain import explain
from nucleoscope.models.bundle import load_bundle
from nucleoscope.models.specification import Kind
from nucleoscope.pipeline.folder import ModelFolder
from nucleoscope.pipeline.prepare import Prepared
from nucleoscope.pipeline.reporter import Reporter
from nucleoscope.prediction.probabilities import predict_probabilities
from nucleoscope.runtime import default_device


def explain_model(prepared: Prepared, kind: Kind, folder: ModelFolder, reporter: Reporter) -> None:
    """Draw maps of the surest right, surest wrong and least sure validation crops of each class."""
    bundle = load_bundle(folder.bundle, default_device())
    val = prepared.dataset.crops.subset(prepared.split.val)
    with reporter.bar(f"{kind}: predicting the validation crops") as bar:
        probabilities = predict_probabilities(bundle, val.images, bar)
    with reporter.bar(f"{kind}: attribution maps") as bar:
        explain(
            bundle.model,
            val.images,
            val.targets(),
            probabilities,
            val.names,
            val.classes,
            folder.path,
            title=f"{kind} ({bundle.config.specification.architecture})",
            protocol=prepared.protocol,
            device=default_device(),
            seed=prepared.settings.seed,
            progress=bar,
        )
