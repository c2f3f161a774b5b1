"""The map over a field, computed in pieces that together are what the whole would give."""

from collections.abc import Callable

import torch
from torch import Tensor

from nucleoscope.prediction.dense.stages import EARLY_STRIDE, Stages

TILE = 512
"""Side in pixels of the pieces of the early stage: their maps fit in the processor's cache, twice as fast as 1,100."""


def field_maps(stages: Stages, pictures: Tensor) -> Tensor:
    """The maps at all taps, (B, C, H / 8, W / 8), of normalised pictures (B, 3, H, W); sides are multiples of 32."""
    features = run_in_pieces(stages.early, pictures, TILE, stages.early_halo, EARLY_STRIDE)
    found = []
    for position, part in enumerate(stages.late):
        features = part(features)
        if position in stages.taps:
            found.append(features)
    return torch.cat(found, dim=1).contiguous(memory_format=torch.channels_last)


def run_in_pieces(part: Callable[[Tensor], Tensor], pictures: Tensor, tile: int, halo: int, stride: int) -> Tensor:
    """Run a part of a network piece by piece.

    Args:
        part: takes (B, 3, h, w) to (B, C, h / stride, w / stride).
        pictures: (B, 3, H, W).
        tile: side of a piece in pixels, at most.
        halo: pixels around a piece that its map depends on.
        stride: pixels a step of the map.

    Returns:
        (B, C, H / stride, W / stride) in channels-last memory, the same as of all in one piece.
    """
    height, width = pictures.shape[-2:]
    tile = _evenly(max(height, width), tile, stride)
    margin = -(-halo // stride) * stride
    whole: Tensor | None = None
    for top in range(0, height, tile):
        for left in range(0, width, tile):
            above, before = max(0, top - margin), max(0, left - margin)
            piece = pictures[..., above : top + tile + margin, before : left + tile + margin]
            features = part(piece.contiguous(memory_format=torch.channels_last))
            kept = features[
                ...,
                (top - above) // stride : (min(top + tile, height) - above) // stride,
                (left - before) // stride : (min(left + tile, width) - before) // stride,
            ]
            if whole is None:
                shape = (*features.shape[:2], height // stride, width // stride)
                whole = features.new_empty(shape).contiguous(memory_format=torch.channels_last)
            whole[..., top // stride : (top + tile) // stride, left // stride : (left + tile) // stride] = kept
    assert whole is not None  # a picture has at least one piece
    return whole


def _evenly(length: int, tile: int, stride: int) -> int:
    """Side of pieces of at most `tile` pixels that are all about as large."""
    pieces = -(-length // tile)
    return -(-length // (pieces * stride)) * stride


def sample_windows(features: Tensor, places: Tensor, steps: tuple[int, int], spacing: float) -> Tensor:
    """Windows of a map, one around each nucleus, between the steps of the map by bilinear interpolation.

    Args:
        features: (C, h, w) in channels-last memory.
        places: (N, 2) x, y of the top-left sample of each window in steps of the map; the window lies inside.
        steps: rows and columns of a window.
        spacing: steps of the map between its samples, a whole number.

    Returns:
        (rows * columns, N, C).
    """
    height, width = features.shape[-2:]
    flat = features.permute(1, 2, 0).reshape(height * width, -1)  # a view: (h * w, C)
    first = places.floor()
    share = (places - first).to(flat.dtype)
    rows = torch.arange(steps[0], device=flat.device) * int(spacing)
    columns = torch.arange(steps[1], device=flat.device) * int(spacing)
    offsets = (rows[:, None] * width + columns).flatten()  # (rows * columns,)
    start = first[:, 1].long() * width + first[:, 0].long()
    corner = offsets[:, None] + start  # (rows * columns, N)
    x, y = share[:, :1], share[:, 1:]
    upper = torch.lerp(flat[corner], flat[corner + 1], x)
    lower = torch.lerp(flat[corner + width], flat[corner + width + 1], x)
    return torch.lerp(upper, lower, y)
