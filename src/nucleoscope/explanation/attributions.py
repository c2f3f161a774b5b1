"""Attribution maps: how much each pixel speaks for a class, by three methods of Captum."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import torch
from captum.attr import IntegratedGradients, LayerGradCam, Occlusion
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from nucleoscope.errors import NucleoscopeError
from nucleoscope.explanation.feature_layer import find_feature_layer
from nucleoscope.models.classifier import NucleusClassifier
from nucleoscope.models.scales import ScalesNetwork

WHITE = 1.0  # the glass of a slide: what a pixel is where there is no tissue
STEPS = 64  # of the integral
# Networks of ReLUs are not as smooth as Gauss-Legendre wants; the weights of Captum's trapezoid rule miss 1 by 1/64.
_RULE = "riemann_middle"
_WINDOW = 0.15  # of the crop's side
_STRIDE = 0.08  # of the crop's side
_PICTURES = 32  # in one pass; more are slower on a CPU


class Method(StrEnum):
    """How a map is made."""

    OCCLUSION = "occlusion"
    INTEGRATED_GRADIENTS = "integrated_gradients"
    GRAD_CAM = "grad_cam"


NAMES = {
    Method.OCCLUSION: "Occlusion",
    Method.INTEGRATED_GRADIENTS: "Integrated gradients",
    Method.GRAD_CAM: "Grad-CAM",
}
"""The methods' names for people."""


class GradCamUnavailableError(NucleoscopeError):
    """The network has no feature maps that Grad-CAM could weigh."""


@dataclass(frozen=True)
class Attribution:
    """Maps of some pictures by one method.

    Attributes:
        maps: (B, H, W) float32. Above 0 speaks for the class, below against it. In units of the class's logit:
            what covering a pixel costs (occlusion, mean over the windows that cover it), or the share of a pixel
            in the change from white (integrated gradients, sum over the channels). Grad-CAM has no unit and
            shows only what speaks for the class.
        convergence_delta: (B,) float32, for integrated gradients: how far the sum of a map is from the change
            of the logit between white and the picture, which it should equal.
    """

    maps: NDArray[np.float32]
    convergence_delta: NDArray[np.float32] | None = None


def attribute(
    model: NucleusClassifier, pictures: Tensor, targets: Tensor, method: Method, *, steps: int = STEPS
) -> Attribution:
    """Attribute the logits of classes to pixels; computed in float32, the model is left in evaluation mode.

    Occlusion: Zeiler and Fergus 2014 (arXiv:1311.2901). Integrated gradients: Sundararajan et al. 2017
    (arXiv:1703.01365). Grad-CAM: Selvaraju et al. 2017 (arXiv:1610.02391). The first two compare with white.

    Args:
        model: the classifier.
        pictures: (B, 3, H, W), float in 0..1, where the model is.
        targets: (B,) int64, the class whose logit is attributed, for each picture.
        method: how.
        steps: of integrated gradients; fewer are faster and add up less exactly.

    Raises:
        GradCamUnavailableError: `method` is Grad-CAM and the network has no feature maps.
    """
    inputs = pictures.detach().float().clone()
    classes = targets.to(inputs.device)
    with _ready(model), torch.autocast(inputs.device.type, enabled=False):
        match method:
            case Method.OCCLUSION:
                return _occlusion(model, inputs, classes)
            case Method.INTEGRATED_GRADIENTS:
                return _integrated_gradients(model, inputs, classes, steps)
            case Method.GRAD_CAM:
                return _grad_cam(model, inputs, classes)


def grad_cam_layer(model: NucleusClassifier, picture: Tensor) -> str:
    """Name of the layer in `model.network` whose feature maps Grad-CAM weighs.

    Args:
        model: the classifier.
        picture: (1, 3, H, W), float in 0..1, where the model is.

    Raises:
        GradCamUnavailableError: there is none.
    """
    with _ready(model):
        name = find_feature_layer(model, picture)
    if name is None:
        raise GradCamUnavailableError(
            f"{type(model.network).__name__} has no late convolutional layer with an output (channels, height, "
            "width) that Grad-CAM could weigh, as is usual for transformers: use occlusion or integrated gradients"
        )
    return name


def available_methods(model: NucleusClassifier, picture: Tensor) -> list[Method]:
    """The methods that the network allows; all but Grad-CAM always are.

    Args:
        model: the classifier.
        picture: (1, 3, H, W), float in 0..1, where the model is.
    """
    with _ready(model):
        has_maps = find_feature_layer(model, picture) is not None
    return [method for method in Method if has_maps or method is not Method.GRAD_CAM]


def occlusion_window(height: int, width: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """Height and width, in pixels, of the window that covers, and of the step by which it moves."""
    window = (max(2, round(_WINDOW * height)), max(2, round(_WINDOW * width)))
    stride = (max(1, round(_STRIDE * height)), max(1, round(_STRIDE * width)))
    return window, stride


def _occlusion(model: NucleusClassifier, inputs: Tensor, classes: Tensor) -> Attribution:
    window, stride = occlusion_window(*inputs.shape[-2:])
    found = Occlusion(model).attribute(
        inputs,
        sliding_window_shapes=(3, *window),
        strides=(3, *stride),
        baselines=WHITE,
        target=classes,
        perturbations_per_eval=max(1, _PICTURES // len(inputs)),
    )
    return Attribution(_as_array(found[:, 0]))  # the window covers all channels, so they are alike


def _integrated_gradients(model: NucleusClassifier, inputs: Tensor, classes: Tensor, steps: int) -> Attribution:
    found, delta = IntegratedGradients(model).attribute(
        inputs,
        baselines=WHITE,
        target=classes,
        n_steps=steps,
        method=_RULE,
        internal_batch_size=max(_PICTURES, len(inputs)),
        return_convergence_delta=True,
    )
    return Attribution(_as_array(found.sum(dim=1)), _as_array(delta))


def _grad_cam(model: NucleusClassifier, inputs: Tensor, classes: Tensor) -> Attribution:
    layer = model.network.get_submodule(grad_cam_layer(model, inputs[:1]))
    # Captum does not ask for it, and without it a frozen backbone has no gradients.
    inputs.requires_grad_()
    found = LayerGradCam(model, layer).attribute(inputs, target=classes, relu_attributions=True)  # (B, 1, h, w)
    if isinstance(model.network, ScalesNetwork):  # (S B, 1, h, w)
        return Attribution(_as_array(_laid_over(found, model.network, inputs.shape[-2:])))
    return Attribution(_as_array(functional.interpolate(found, size=inputs.shape[-2:], mode="bilinear")[:, 0]))


def _laid_over(maps: Tensor, network: ScalesNetwork, size: torch.Size) -> Tensor:
    """Maps of all scales (S B, 1, h, w), added where they belong in pictures of this height and width: (B, H, W)."""
    whole = torch.zeros(len(maps) // len(network.scales), *size, device=maps.device)
    for scale, own in zip(network.scales, maps.chunk(len(network.scales)), strict=True):
        height, width = (scale * (side // network.surroundings) for side in size)
        top, left = (size[0] - height) // 2, (size[1] - width) // 2
        large = functional.interpolate(own, size=(height, width), mode="bilinear")[:, 0]
        whole[:, top : top + height, left : left + width] += large
    return whole


def _as_array(values: Tensor) -> NDArray[np.float32]:
    array: NDArray[np.float32] = values.detach().float().cpu().numpy()
    return array


@contextmanager
def _ready(model: NucleusClassifier) -> Iterator[None]:
    """Evaluation mode, and no layer that overwrites its input: hooks must see what a layer really gave."""
    model.eval()
    overwriting: list[nn.Module] = [module for module in model.modules() if getattr(module, "inplace", False)]
    for module in overwriting:
        module.inplace = False  # type: ignore[assignment]
    try:
        yield
    finally:
        for module in overwriting:
            module.inplace = True  # type: ignore[assignment]
