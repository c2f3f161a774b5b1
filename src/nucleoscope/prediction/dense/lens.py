"""The lens: from the map over a field to the map of a crop, a linear map for each place of the window."""

import torch
from torch import Tensor

RIDGE = 0.01
"""Weight of the ridge, as a share of the mean square of a feature."""


class LensFit:
    """Ridge regression for every place of a window, from sums that grow window by window.

    Args:
        places: P, steps of a window.
        inputs: features at each place of the map over the field.
        outputs: features at each place of the map of a crop.
    """

    def __init__(self, places: int, inputs: int, outputs: int) -> None:
        self._squares = torch.zeros(places, inputs + 1, inputs + 1, dtype=torch.float64)
        self._products = torch.zeros(places, inputs + 1, outputs, dtype=torch.float64)

    def add(self, windows: Tensor, wanted: Tensor) -> None:
        """Take in windows (P, N, inputs) of the field's map, and what the crops gave, (P, N, outputs)."""
        given = with_one(windows.float())
        self._squares += (given.transpose(1, 2) @ given).double().cpu()
        self._products += (given.transpose(1, 2) @ wanted.float()).double().cpu()

    def solve(self) -> Tensor:
        """The lens, (P, inputs + 1, outputs) float32; its last row is the constant."""
        ridge = RIDGE * self._squares.diagonal(dim1=1, dim2=2)[:, :-1].mean(dim=1)  # (P,)
        free = torch.ones(self._squares.shape[1], dtype=torch.float64)
        free[-1] = 0.0  # the constant
        lens: Tensor = torch.linalg.solve(self._squares + ridge[:, None, None] * torch.diag(free), self._products)
        return lens.float()


def with_one(windows: Tensor) -> Tensor:
    """Windows (P, N, C) with a last feature that is always 1, (P, N, C + 1)."""
    return torch.cat([windows, windows.new_ones(*windows.shape[:2], 1)], dim=2)


def look_through(lens: Tensor, windows: Tensor) -> Tensor:
    """What a crop's map would hold, (P, N, outputs), of windows (P, N, inputs) of the field's map."""
    weight, constant = lens[:, :-1].to(windows.dtype), lens[:, -1:].to(windows.dtype)
    return torch.baddbmm(constant, windows, weight)
