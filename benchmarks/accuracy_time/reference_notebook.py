"""The reference procedure as its notebook does it.

Every PNG is decoded in every epoch in the main process; fp32; SGD with a rate of 1e-3 and momentum 0.9, batches of
16, no augmentation, a constant rate.
"""

import torch
from PIL import Image
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

from .peer_models import IMAGENET_MEAN, IMAGENET_STD, build
from .task import Parts, Stopwatch, Task

EPOCHS = {"model1": 60, "model2": 30}


class PngFiles(Dataset):
    """Opens a file whenever a crop is asked for."""

    def __init__(self, files):
        self.files = files
        self.transform = transforms.Compose(
            [transforms.ToTensor(), transforms.Normalize(mean=IMAGENET_MEAN, std=IMAGENET_STD)]
        )

    def __len__(self):
        return len(self.files)

    def __getitem__(self, position):
        path, label = self.files[position]
        return self.transform(Image.open(path).convert("RGB")), label


def run(task: Task, parts: Parts, watch: Stopwatch) -> None:
    torch.manual_seed(task.seed)
    train = DataLoader(PngFiles(parts.train), batch_size=16, shuffle=True)
    val = DataLoader(PngFiles(parts.val), batch_size=16)
    model = build(task, parts.classes)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9)
    for _ in range(task.epochs or EPOCHS[task.model]):
        model.train()
        for pictures, labels in train:
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(pictures), labels).backward()
            optimizer.step()
            watch.step()
        watch.epoch(accuracy(model, val))


@torch.no_grad()
def accuracy(model: nn.Module, val: DataLoader) -> float:
    model.eval()
    hits = sum((model(pictures).argmax(1) == labels).sum().item() for pictures, labels in val)
    return hits / len(val.dataset)
