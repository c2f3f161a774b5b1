"""`DenseNetwork`: a bundle's classifier, cut so that its first part runs over fields, block by block."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nucleoscope.data.augment import to_float
from nucleoscope.data.mirror import read_block
from nucleoscope.models.bundle import Bundle
from nucleoscope.prediction.dense.field_map import field_maps, sample_windows
from nucleoscope.prediction.dense.stages import DENSE_STRIDE, WINDOW_STRIDE, cut_network
from nucleoscope.prediction.fields import Field, cut_windows
from nucleoscope.prediction.logits import to_batch
from nucleoscope.runtime import mixed_precision

BLOCK = 2048
"""Side in pixels of what is computed at once; bounds the memory, whatever the size of a field."""

_WINDOWS_AT_ONCE = 128


@dataclass(frozen=True)
class Windows:
    """Some nuclei of a field as the dense engine sees them: their positions (n,), and windows (P, n, C) of its maps."""

    index: NDArray[np.int64]
    features: Tensor


class DenseNetwork:
    """A classifier that sees fields.

    Args:
        bundle: its weights are used, not copied; the model is put into evaluation mode.

    Raises:
        ConfigError: the network cannot be cut, see `cut_network`.
    """

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self.size = bundle.config.specification.size
        self.stages = cut_network(bundle.model, self.size)
        self.device = next(bundle.model.parameters()).device
        with torch.inference_mode():
            window = self.stages.trunk(torch.zeros(1, 3, *self.size, device=self.device))
        self.steps: tuple[int, int] = (window.shape[2], window.shape[3])
        self.outputs: int = window.shape[1]
        self._beyond = -(-max(self.size) // 2) + DENSE_STRIDE  # pixels by which windows reach beyond the border

    @property
    def reach(self) -> int:
        """Pixels around a part of a field that its maps depend on; a multiple of the steps of all maps."""
        return _up(self._beyond + self.stages.early_halo + self.stages.late_halo)

    @torch.inference_mode()
    def windows(self, field: Field) -> Iterator[Windows]:
        """The windows of all nuclei of a field, some at a time, block after block."""
        last = np.array(field.image.shape[1::-1]) - 1
        block = (np.minimum(field.centres, last) // BLOCK).astype(np.int64)
        for column, row in np.unique(block, axis=0).tolist():
            inside = np.flatnonzero((block == (column, row)).all(axis=1))
            left, top, features = self._maps(field, column * BLOCK, row * BLOCK)
            places = torch.from_numpy(field.corners(self.size)[inside] - (left, top)).to(self.device) / DENSE_STRIDE
            for start in range(0, len(inside), _WINDOWS_AT_ONCE):
                some = slice(start, start + _WINDOWS_AT_ONCE)
                found = sample_windows(features, places[some], self.steps, WINDOW_STRIDE // DENSE_STRIDE)
                yield Windows(inside[some], found)

    def _maps(self, field: Field, left: int, top: int) -> tuple[int, int, Tensor]:
        """Where the maps of a block begin, x and y in pixels of the field, and the maps (C, h, w)."""
        reach = self.reach
        height, width = field.image.shape[:2]
        # The maps end where no window reaches, not at the block: blocks must not change what a nucleus gets.
        first_x, first_y = max(left - reach, -_up(self._beyond)), max(top - reach, -_up(self._beyond))
        last_x = min(left + BLOCK + reach, _up(width + self._beyond))
        last_y = min(top + BLOCK + reach, _up(height + self._beyond))
        pixels = read_block(field.image, first_x, first_y, last_x - first_x, last_y - first_y)
        batch = to_batch(pixels[None], np.arange(1), self.device)
        with mixed_precision(self.device):
            maps = field_maps(self.stages, self.bundle.model.normalise(to_float(batch)))
        return first_x, first_y, maps[0]

    @torch.inference_mode()
    def crop_windows(self, field: Field, index: NDArray[np.int64]) -> Tensor:
        """What the network makes of the crops around some nuclei, (P, n, outputs): what the lens shall come to."""
        batch = to_batch(cut_windows(field, self.size, index), np.arange(len(index)), self.device)
        prepared = self.bundle.model.prepare(to_float(batch)).contiguous(memory_format=torch.channels_last)
        with mixed_precision(self.device):
            maps: Tensor = self.stages.trunk(prepared)
        return maps.flatten(2).permute(2, 0, 1)

    @torch.inference_mode()
    def finish(self, windows: Tensor) -> NDArray[np.float32]:
        """Logits (n, C) of windows (P, n, outputs) as `crop_windows` has them."""
        maps = windows.permute(1, 2, 0).reshape(windows.shape[1], self.outputs, *self.steps)
        with mixed_precision(self.device):
            logits: Tensor = self.stages.tail(maps.contiguous(memory_format=torch.channels_last))
        return logits.float().cpu().numpy()


def _up(pixels: int) -> int:
    """The next multiple of the coarsest step."""
    return -(-pixels // WINDOW_STRIDE) * WINDOW_STRIDE
