"""The network that learns where centres of nuclei are."""

import torch
from torch import Tensor, nn
from torch.nn import functional

STEP = 8
"""Sides of a block are multiples of this, and blocks of one image begin at multiples of it."""

REACH = 64
"""No pixel farther away than this, in any direction, has a part in a response; a test measures it."""


def _convolve(inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> nn.Sequential:
    """Convolution, batch norm and ReLU."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()
    )


def _twice(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(_convolve(inputs, outputs), _convolve(outputs, outputs))


class CentreNet(nn.Module):
    """A small U-Net (Ronneberger et al. 2015) whose finest maps have half the resolution of the picture.

    At 0.5 um/pixel its maps have 1, 2 and 4 um, and a response depends on about 30 um around it. A nucleus is three
    or more of the finest steps wide; the last layer gives four pixels of the picture for each of them.

    Args:
        width: channels of the finest maps; the next have twice, the coarsest three times as many.
    """

    def __init__(self, width: int = 16) -> None:
        super().__init__()
        self.width = width
        self.fine = nn.Sequential(_convolve(3, width, kernel=5, stride=2), _convolve(width, width))
        self.middle = nn.Sequential(nn.MaxPool2d(2), _twice(width, 2 * width))
        self.coarse = nn.Sequential(nn.MaxPool2d(2), _twice(2 * width, 3 * width))
        self.join_middle = _twice(5 * width, 2 * width)
        self.join_fine = _twice(3 * width, width)
        self.head = nn.Conv2d(width, 4, 1)
        assert self.head.bias is not None
        nn.init.constant_(self.head.bias, -3.0)  # most pixels are no centre

    def forward(self, pictures: Tensor) -> Tensor:
        """Logits (B, H, W) of pictures (B, 3, H, W) in 0..1, whose sides are multiples of 8."""
        fine = self.fine(2.0 * pictures - 1.0)  # (B, C, H/2, W/2)
        middle = self.middle(fine)
        coarse = self.coarse(middle)
        middle = self.join_middle(torch.cat([_doubled(coarse), middle], dim=1))
        fine = self.join_fine(torch.cat([_doubled(middle), fine], dim=1))
        return functional.pixel_shuffle(self.head(fine), 2)[:, 0]


def _doubled(maps: Tensor) -> Tensor:
    return functional.interpolate(maps, scale_factor=2.0, mode="nearest")
