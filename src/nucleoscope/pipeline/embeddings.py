"""The embeddings that a frozen model2 is trained on: computed once for all its fits, kept beside the decoded crops."""

import hashlib

from nucleoscope.models.classifier import NucleusClassifier
from nucleoscope.models.specification import Kind
from nucleoscope.pipeline.prepare import Prepared
from nucleoscope.pipeline.presets import copies, training_defaults, views
from nucleoscope.pipeline.reporter import Bar
from nucleoscope.pipeline.settings import MOST_COPIES
from nucleoscope.prediction.embeddings import View, backbone_fingerprint, check_embeds, keep_embeddings
from nucleoscope.runtime import default_device
from nucleoscope.training.embedded import Embeddings

_SQUARE, _OBLONG = 8, 4  # ways to turn and flip a crop; of one that is not square the flips alone
_SEEDS = MOST_COPIES + 1  # so that two runs with different seeds share no copy


def is_frozen(prepared: Prepared, kind: Kind) -> bool:
    """Whether only the head of this model is trained."""
    return prepared.settings.frozen and kind is Kind.MODEL2


def keep_all(prepared: Prepared, kind: Kind, model: NucleusClassifier, bar: Bar) -> Embeddings:
    """Compute what is missing of the embeddings of all labelled crops, in all views that fits and predictions need.

    Args:
        prepared: the crops.
        kind: the model.
        model: with its pretrained weights.
        bar: told how many views of crops are done.

    Raises:
        ConfigError: the backbone has no embeddings.
    """
    device, crops = default_device(), prepared.dataset.crops
    model.to(device)
    check_embeds(model, crops.size, prepared.settings.backbone)
    key = hashlib.sha256(f"{backbone_fingerprint(model, device)} {prepared.fingerprint}".encode()).hexdigest()
    folder = prepared.cache / f"embeddings-{key[:16]}"
    learnt, shown = _views_to_learn(prepared, kind), _views_to_predict(prepared)
    wanted = list(dict.fromkeys([*learnt, *shown]))
    files = {}
    for number, view in enumerate(wanted):
        part = _part_of(bar, number, len(wanted))
        files[view] = keep_embeddings(model, crops.images, view, folder, device=device, progress=part)
    return Embeddings(tuple(files[view] for view in shown), tuple(files[view] for view in learnt))


def _views_to_learn(prepared: Prepared, kind: Kind) -> list[View]:
    """The crops as they are, then changed copies; without jitter, augmentation turns and flips crops and no more."""
    settings = prepared.settings
    strength, wanted = training_defaults(kind, prepared.protocol, settings).augmentation, copies(settings)
    if not strength:
        return [View(), *_turned(prepared)[:wanted]]
    return [View(), *(View(strength=strength, seed=settings.seed * _SEEDS + copy) for copy in range(wanted))]


def _views_to_predict(prepared: Prepared) -> list[View]:
    """What predictions are the mean over, as `prediction.views.make_views` has them."""
    return [View(), *_turned(prepared)] if views(prepared.settings) > 1 else [View()]


def _turned(prepared: Prepared) -> list[View]:
    height, width = prepared.dataset.crops.size
    return [View(turn) for turn in range(1, _SQUARE if height == width else _OBLONG)]


def _part_of(bar: Bar, number: int, of: int) -> Bar:
    """A bar for one of several passes over the same number of crops."""
    return lambda done, total: bar(number * total + done, of * total)
