"""The networks of the peers: plain, with nothing of ours around them."""

from pathlib import Path

import torch
from torch import nn
from torchvision.models import mobilenet_v2

from .task import Task, weights_file

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def pretrained_mobilenet(task: Task) -> nn.Module:
    """Torchvision's mobilenet_v2 with the weights that all procedures start from."""
    network = mobilenet_v2(weights=None)
    loaded = network.load_state_dict(torch.load(weights_file(Path(task.folder)), weights_only=True), strict=False)
    if loaded.unexpected_keys or set(loaded.missing_keys) != {"classifier.1.weight", "classifier.1.bias"}:
        raise SystemExit(f"the weights do not fit mobilenet_v2: {loaded}")
    return network


def build(task: Task, classes: int) -> nn.Module:
    """model2 with a new last layer, or model1's network from scratch."""
    if task.model == "model1":
        # Late, after torch: nucleoscope changes how OpenMP waits, and a peer shall run as it comes.
        from nucleoscope.models.small import SmallNet

        return SmallNet(classes)
    network = pretrained_mobilenet(task)
    network.classifier[1] = nn.Linear(network.last_channel, classes)
    return network
