"""A network that sees a nucleus close and, at once, with more and more of the tissue around it.

Far from the nucleus less detail is needed: each scale shows so many times the width at as many pixels as the closest.
One trunk looks at all of them, so that it costs as much as so many crops; the head reads what it found at each.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from nucleoscope.data.scales import at_scale, scales_up_to
from nucleoscope.models.classifier import NucleusClassifier, central_window
from nucleoscope.models.head import embedding_width, make_head, replace_head


class ScalesNetwork(nn.Module):
    """Logits from several scales of one picture, whose widest is the picture itself.

    Written so that TorchScript can read it.

    Args:
        trunk: maps pictures (B, 3, h, w) to embeddings (B, D).
        head: maps the embeddings of all S scales, closest first, (B, S D), to logits (B, C).
        surroundings: how many times the width of a crop pictures show; `data.scales` says which S scales that makes.
        size: of a crop, h and w in pixels.
        surround: contrast that is left far from the centre at the closest scale, see `NucleusClassifier`.
        side: pixels that the trunk demands of a side, or None if it takes what it gets.
    """

    window: Tensor

    def __init__(
        self,
        trunk: nn.Module,
        head: nn.Module,
        surroundings: int,
        size: tuple[int, int],
        surround: float,
        side: int | None,
    ) -> None:
        super().__init__()
        self.trunk, self.head = trunk, head
        self.scales, self.surroundings = list(scales_up_to(surroundings)), surroundings
        self.resampled, self.side = side is not None, side or 0
        self.fades = surround < 1.0
        self.register_buffer("window", central_window(torch.zeros(1, 3, *size), surround), persistent=False)

    def forward(self, pictures: Tensor) -> Tensor:
        """Logits (B, C) of normalised pictures.

        Args:
            pictures: (B, 3, H, W), H and W so many times those of a crop as the surroundings say; or all scales of
                them already, (S, B, 3, h, w), as a fit makes them.
        """
        shown = pictures if pictures.dim() == 5 else self.split(pictures)
        close = shown[0] * self.window if self.fades else shown[0]
        everything = torch.cat([close.unsqueeze(0), shown[1:]]).flatten(0, 1)  # (S B, 3, h, w), scale by scale
        if self.resampled:
            everything = functional.interpolate(
                everything, size=(self.side, self.side), mode="bilinear", antialias=False
            )
        embeddings = self.trunk(everything.contiguous(memory_format=torch.channels_last))
        each = embeddings.view(len(self.scales), -1, embeddings.shape[-1])  # (S, B, D)
        logits: Tensor = self.head(each.transpose(0, 1).flatten(1))
        return logits

    def split(self, pictures: Tensor) -> Tensor:
        """All scales of pictures (B, 3, H, W): (S, B, 3, h, w)."""
        return torch.stack([at_scale(pictures, scale, self.surroundings) for scale in self.scales])


def look_at_scales(
    model: NucleusClassifier, surroundings: int, crop_size: tuple[int, int], classes: int, name: str
) -> NucleusClassifier:
    """A classifier that has the network of another as its trunk, and a fresh head.

    Args:
        model: of crops, the closest scale.
        surroundings: see `ScalesNetwork`.
        crop_size: height and width of the crops, in pixels.
        classes: number of classes, C.
        name: of the network, for messages.

    Raises:
        ConfigError: its network has no embedding.
    """
    head = make_head(len(scales_up_to(surroundings)) * embedding_width(model.head, name), classes)
    replace_head(model, nn.Identity())
    network = ScalesNetwork(model.network, head, surroundings, crop_size, model.surround, model.input_size)
    return NucleusClassifier(network, model.mean.flatten().tolist(), model.std.flatten().tolist(), None, head)
