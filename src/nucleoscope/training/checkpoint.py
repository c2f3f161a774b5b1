"""The state of a fit after an epoch, so that it can go on from there.

A checkpoint is an internal file of a run. It is read with `weights_only`, so it cannot run code.
"""

import dataclasses
from pathlib import Path

import torch
from torch import nn

from nucleoscope.files import replacing
from nucleoscope.training.history import Epoch


def save_checkpoint(
    path: Path, model: nn.Module, average: nn.Module, optimizer: torch.optim.Optimizer, history: list[Epoch]
) -> None:
    """Write the state after the last epoch of `history`, in one step."""
    with replacing(path) as temporary:
        torch.save(
            {
                "model": model.state_dict(),
                "average": average.state_dict(),
                "optimizer": optimizer.state_dict(),
                "history": [dataclasses.astuple(epoch) for epoch in history],
            },
            temporary,
        )


def load_checkpoint(path: Path, model: nn.Module, average: nn.Module, optimizer: torch.optim.Optimizer) -> list[Epoch]:
    """Load the state into its parts and return the history so far; empty if there is no checkpoint."""
    if not path.exists():
        return []
    state = torch.load(path, map_location="cpu", weights_only=True)
    model.load_state_dict(state["model"])
    average.load_state_dict(state["average"])
    optimizer.load_state_dict(state["optimizer"])
    return [Epoch(*values) for values in state["history"]]
