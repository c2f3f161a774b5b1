"""What one model looks at, and whether its maps can be believed, from its validation crops."""

from nucleoscope.data.centre import crop_in
from nucleoscope.data.crops import Crops
from nucleoscope.explanation.centre import radius_in
from nucleoscope.explanation.explain import explain
from nucleoscope.explanation.nucleus import measure_nucleus
from nucleoscope.explanation.nucleus_picture import plot_nucleus
from nucleoscope.explanation.sample import even
from nucleoscope.explanation.trust import examine
from nucleoscope.files import write_json
from nucleoscope.models.bundle import Bundle, load_bundle
from nucleoscope.models.specification import Kind
from nucleoscope.pipeline.card import write_card
from nucleoscope.pipeline.folder import ModelFolder
from nucleoscope.pipeline.prepare import Prepared
from nucleoscope.pipeline.reporter import Reporter
from nucleoscope.prediction.table import read_predictions
from nucleoscope.runtime import default_device


def explain_model(prepared: Prepared, kind: Kind, folder: ModelFolder, reporter: Reporter) -> None:
    """Erase the nucleus, check the methods, and draw maps of telling validation crops of each class."""
    bundle = load_bundle(folder.bundle, default_device())
    val = prepared.dataset.crops.subset(prepared.split.val)
    title = f"{kind} ({bundle.config.specification.architecture})"
    seed, protocol = prepared.settings.seed, prepared.protocol
    _write_nucleus(prepared, kind, folder, bundle, val, title, reporter)
    write_card(folder, bundle.config)  # it says what the model looks at
    with reporter.bar(f"{kind}: can the maps be believed") as bar:
        trust = examine(bundle, val.images, val.targets(), protocol, seed=seed, progress=bar)
    with reporter.bar(f"{kind}: attribution maps") as bar:
        explain(
            bundle.model,
            val.images,
            val.targets(),
            read_predictions(folder.predictions).probabilities,  # in the order of the validation crops
            val.names,
            val.classes,
            folder.path,
            title=title,
            protocol=protocol,
            device=default_device(),
            seed=seed,
            trust=trust,
            radius=radius_in(prepared.surroundings),
            progress=bar,
        )
    for judgement in trust.judgements.values():
        reporter.say(f"{kind}: {judgement.sentence()}")


def _write_nucleus(
    prepared: Prepared,
    kind: Kind,
    folder: ModelFolder,
    bundle: Bundle,
    val: Crops,
    title: str,
    reporter: Reporter,
) -> None:
    """Write and draw what the model gets right without the nucleus, and say it."""
    seed = prepared.settings.seed
    with reporter.bar(f"{kind}: erasing the nucleus") as bar:
        nucleus = measure_nucleus(bundle, val.images, val.targets(), prepared.protocol, seed=seed, progress=bar)
    write_json(folder.nucleus, nucleus.to_mapping())
    rows, columns = (crop_in(side, prepared.surroundings) for side in val.size)
    example = val.images[even(val.targets(), 1, seed)[0]][rows, columns]
    plot_nucleus(folder.nucleus_png, nucleus, example, title)
    reporter.say(f"{kind}: {nucleus.sentence()}")
