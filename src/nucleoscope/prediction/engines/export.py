"""A classifier as an ONNX file that takes uint8 pictures and returns logits: normalisation and window are inside."""

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from nucleoscope.files import replacing
from nucleoscope.models.classifier import NucleusClassifier, central_window

INPUT = "pictures"
OUTPUT = "logits"
_OPERATORS = 17  # version of ONNX's operators; old enough for every engine that reads uint8


class FromBytes(nn.Module):
    """The classifier behind uint8 pictures (B, H, W, 3).

    Scaling to 0..1, mean, standard deviation and the central window are one factor and one term for each pixel and
    channel, applied before the axes are moved: engines then need not move them at all.
    """

    factor: Tensor
    term: Tensor

    def __init__(self, model: NucleusClassifier, size: tuple[int, int]) -> None:
        super().__init__()
        self.network = model.network
        side = model.input_size
        self.side = None if side is None or size == (side, side) else side
        seen = size if self.side is None else (self.side, self.side)
        window = central_window(model.mean.new_zeros(1, 3, *seen), model.surround)  # (H, W), 1 at a surround of 1
        std, mean = model.std[0].movedim(0, 2), model.mean[0].movedim(0, 2)  # (1, 1, 3)
        self.register_buffer("factor", window[:, :, None] / (255.0 * std))  # (H, W, 3)
        self.register_buffer("term", -window[:, :, None] * mean / std)

    def forward(self, pictures: Tensor) -> Tensor:
        """Logits (B, C)."""
        values = pictures.float()
        if self.side is not None:
            planes = functional.interpolate(
                values.permute(0, 3, 1, 2), size=(self.side, self.side), mode="bilinear", antialias=False
            )
            values = planes.permute(0, 2, 3, 1)
        logits: Tensor = self.network((values * self.factor + self.term).permute(0, 3, 1, 2))
        return logits


def export_onnx(model: NucleusClassifier, size: tuple[int, int], path: Path) -> None:
    """Write the classifier as ONNX, for any number of crops a batch.

    Args:
        model: in evaluation mode, on the CPU.
        size: height and width of the crops.
        path: of the file.

    Raises:
        torch.onnx.OnnxExporterError: the network has a layer that ONNX has not.
    """
    write_onnx(FromBytes(model, size), size, path)


def write_onnx(network: nn.Module, size: tuple[int, int], path: Path) -> None:
    """Write a network that takes uint8 pictures (B, H, W, 3) of this height and width and returns (B, C), likewise."""
    example = torch.zeros(2, *size, 3, dtype=torch.uint8)
    with replacing(path) as temporary, torch.inference_mode():
        # The exporter by tracing: it takes 0.3 s where the newer one takes 6 and needs one more package.
        torch.onnx.export(
            network.eval(),
            (example,),
            str(temporary),
            dynamo=False,
            opset_version=_OPERATORS,
            input_names=[INPUT],
            output_names=[OUTPUT],
            dynamic_axes={INPUT: {0: "crops"}, OUTPUT: {0: "crops"}},
        )
