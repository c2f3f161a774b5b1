"""Explain a model: choose crops, attribute, draw pages, keep the figures."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from nucleoscope.data.augment import to_float
from nucleoscope.data.splits import Protocol
from nucleoscope.evaluation.plots.sheet import describe
from nucleoscope.explanation.atlas import write_atlas
from nucleoscope.explanation.attributions import (
    NAMES,
    STEPS,
    WHITE,
    GradCamUnavailableError,
    Method,
    attribute,
    grad_cam_layer,
    occlusion_window,
)
from nucleoscope.explanation.centre import RADIUS, uniform_share
from nucleoscope.explanation.choose import Chosen, choose
from nucleoscope.explanation.explanation import Explanation
from nucleoscope.explanation.page import Heading, plot_page, robust_scales
from nucleoscope.explanation.trust import Trust
from nucleoscope.explanation.trust_picture import plot_trust
from nucleoscope.files import write_json
from nucleoscope.models.classifier import NucleusClassifier
from nucleoscope.prediction.logits import to_batch

FOLDER = "explanations"
RECORD = "explanations.json"
TRUST_PAGE = "trust.png"
ATLAS = "atlas.png"

_AT_ONCE = 4  # crops, so that progress shows
_ROWS = 6  # on a page


def explain(
    model: NucleusClassifier,
    images: NDArray[np.uint8],
    labels: NDArray[np.int64],
    probabilities: NDArray[np.floating[Any]],
    names: tuple[str, ...],
    classes: tuple[str, ...],
    out: Path,
    *,
    title: str,
    protocol: Protocol,
    device: torch.device,
    seed: int = 0,
    each: int = 1,
    trust: Trust | None = None,
    radius: float = RADIUS,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Write `explanations/page-N.png`, `atlas.png` and `explanations.json` for the most telling of these crops.

    Args:
        model: on `device`; is left in evaluation mode.
        images: (N, H, W, 3) uint8, crops that the model was not trained on.
        labels: (N,).
        probabilities: (N, C) that the model gives.
        names: N names of the crops.
        classes: C names.
        out: the model's folder in a run folder.
        title: names the model.
        protocol: how these crops were split off.
        device: where the model is.
        seed: decides between crops that are equally sure.
        each: how many crops for each class and reason.
        trust: what speaks for believing the maps; goes into the record, and into `explanations/trust.png`.
        radius: of the central disc, as a fraction of the shorter side.
        progress: called with the number of maps done and the number of all.
    """
    chosen = choose(probabilities, labels, each=each, seed=seed)
    methods, unavailable = _describe_methods(model, images, device)
    available = [method for method in Method if methods[method] is not None]
    explanations = explain_crops(
        model, images, names, chosen, available, device=device, radius=radius, progress=progress
    )
    scales = robust_scales(explanations)
    subtitle = f"{describe(protocol, len(labels), 'validation')} For research use only."
    heading = Heading(f"{title}: explanations", subtitle, _note(images, explanations, unavailable, radius))
    _draw_pages(out / FOLDER, explanations, classes, scales, heading)
    atlas = write_atlas(out / FOLDER / ATLAS, explanations, scales)
    if trust:
        plot_trust(out / FOLDER / TRUST_PAGE, trust, title)
    record = {
        "title": title,
        "protocol": protocol,
        "crops": len(labels),
        "explained": "logit of the predicted class",
        "methods": methods,
        "unavailable": unavailable,
        "colour_scale": scales,
        "radius": radius,
        "uniform_central_share": uniform_share(*images.shape[1:3], radius=radius),
        "atlas": atlas,
        "explanations": [explanation.to_mapping(classes) for explanation in explanations],
        "trust": trust.to_mapping() if trust else None,
    }
    write_json(out / RECORD, record)


def _describe_methods(
    model: NucleusClassifier, images: NDArray[np.uint8], device: torch.device
) -> tuple[dict[Method, dict[str, Any] | None], dict[Method, str]]:
    """The settings of each method, None where the network does not allow it, and then the reason."""
    window, stride = occlusion_window(*images.shape[1:3])
    methods: dict[Method, dict[str, Any] | None] = {
        Method.OCCLUSION: {"window": window, "stride": stride, "baseline": WHITE},
        Method.INTEGRATED_GRADIENTS: {"steps": STEPS, "baseline": WHITE},
        Method.GRAD_CAM: None,
    }
    blank = torch.full((1, 3, *images.shape[1:3]), WHITE, device=device)
    try:
        methods[Method.GRAD_CAM] = {"layer": grad_cam_layer(model, blank)}
    except GradCamUnavailableError as failure:
        return methods, {Method.GRAD_CAM: str(failure)}
    return methods, {}


def explain_crops(
    model: NucleusClassifier,
    images: NDArray[np.uint8],
    names: tuple[str, ...],
    chosen: Sequence[Chosen],
    methods: Sequence[Method],
    *,
    device: torch.device,
    radius: float = RADIUS,
    progress: Callable[[int, int], None] | None = None,
) -> list[Explanation]:
    """The chosen crops with their maps, made a few crops at a time.

    Args:
        model: on `device`; is left in evaluation mode.
        images: (N, H, W, 3) uint8.
        names: N names of the crops.
        chosen: crops among these; the logit of the predicted class is explained.
        methods: that the network allows, see `available_methods`; integrated gradients among them.
        device: where the model is.
        radius: of the central disc, as a fraction of the shorter side.
        progress: called with the number of maps done and the number of all.
    """
    explanations: list[Explanation] = []
    for start in range(0, len(chosen), _AT_ONCE):
        some = chosen[start : start + _AT_ONCE]
        pictures = to_float(to_batch(images, np.array([crop.index for crop in some]), device))
        targets = torch.tensor([crop.predicted for crop in some])
        found = {}
        for number, method in enumerate(methods, start=1):
            found[method] = attribute(model, pictures, targets, method)
            if progress:
                progress(start * len(methods) + number * len(some), len(chosen) * len(methods))
        delta = found[Method.INTEGRATED_GRADIENTS].convergence_delta
        assert delta is not None
        for place, crop in enumerate(some):
            maps = {method: attribution.maps[place] for method, attribution in found.items()}
            explanations.append(
                Explanation(crop, names[crop.index], images[crop.index], maps, float(delta[place]), radius)
            )
    return explanations


def _draw_pages(
    folder: Path,
    explanations: list[Explanation],
    classes: tuple[str, ...],
    scales: dict[Method, float],
    heading: Heading,
) -> None:
    """Draw the pages, in place of those of an earlier run."""
    for old in folder.glob("page-*.png"):
        old.unlink()
    pages = paginate(explanations)
    for number, page in enumerate(pages, start=1):
        of = f", page {number} of {len(pages)}" if len(pages) > 1 else ""
        headed = replace(heading, title=f"{heading.title}{of}")
        plot_page(folder / f"page-{number:02d}.png", page, classes, scales, headed)


def paginate(explanations: list[Explanation]) -> list[list[Explanation]]:
    """Spread explanations, grouped by class, over pages of six rows without parting a class.

    A class with more rows than that has a page of its own.
    """
    pages: list[list[Explanation]] = []
    for _, group in groupby(explanations, key=lambda explanation: explanation.chosen.true):
        members = list(group)
        if pages and len(pages[-1]) + len(members) <= _ROWS:
            pages[-1] += members
        else:
            pages.append(members)
    return pages


def _note(
    images: NDArray[np.uint8], explanations: list[Explanation], unavailable: dict[Method, str], radius: float
) -> str:
    """What a reader must know to read the maps."""
    height, width = images.shape[1:3]
    window, _ = occlusion_window(height, width)
    even = uniform_share(height, width, radius=radius)
    misses = [abs(e.convergence_delta) / max(abs(e.logit_change), 1e-9) for e in explanations]
    coarse = "" if unavailable else " Grad-CAM is as coarse as the network's last feature maps."
    words = [
        "The maps explain the logit of the predicted class, also where it is wrong. All crops share one colour scale "
        "a method; it ends at the 99th percentile of the absolute values of all chosen crops.",
        f"Occlusion covers {window[1]} x {window[0]} pixels with white; integrated gradients go from white to the "
        f"crop and miss {np.median(misses) if misses else 0.0:.0%} of the logit's change (median).{coarse}",
        "Grey lines outline what is dark in the crop. The ring marks the centre, where the nucleus is; its radius is "
        f"{radius:.0%} of the side, and an even map would have {even:.0%} in it.",
        "A map shows what the model reacts to, not what is true of the tissue.",
        *(f"{NAMES[method]} is not available: {reason}." for method, reason in unavailable.items()),
    ]
    return " ".join(words)
