"""A plain Lightning module with torchvision.transforms.v2: flips, Adam at 1e-3, batches of 32, two loading processes.

The Trainer keeps its defaults, without logger and checkpoints; its check before training is left out, which is
validation.
"""

import lightning
import torch
from PIL import Image
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import v2

from .peer_models import IMAGENET_MEAN, IMAGENET_STD, build
from .task import Parts, Stopwatch, Task

EPOCHS = {"model1": 60, "model2": 30}
FLIPS = [v2.RandomHorizontalFlip(), v2.RandomVerticalFlip()]
NORMALISE = [v2.ToDtype(torch.float32, scale=True), v2.Normalize(IMAGENET_MEAN, IMAGENET_STD)]


class PngFiles(Dataset):
    """Opens a file whenever a crop is asked for."""

    def __init__(self, files, steps):
        self.files, self.transform = files, v2.Compose([v2.ToImage(), *steps])

    def __len__(self):
        return len(self.files)

    def __getitem__(self, position):
        path, label = self.files[position]
        return self.transform(Image.open(path).convert("RGB")), label


class Module(lightning.LightningModule):
    """Cross-entropy, Adam, and the hits among the validation crops."""

    def __init__(self, network):
        super().__init__()
        self.network = network
        self.hits = 0

    def training_step(self, batch, position):
        """The loss of a batch."""
        pictures, labels = batch
        return nn.functional.cross_entropy(self.network(pictures), labels)

    def on_validation_epoch_start(self):
        """Count from nothing."""
        self.hits = 0

    def validation_step(self, batch, position):
        """Count the hits of a batch."""
        pictures, labels = batch
        self.hits += (self.network(pictures).argmax(1) == labels).sum().item()

    def configure_optimizers(self):
        """A constant rate."""
        return torch.optim.Adam(self.parameters(), lr=1e-3)


class Tell(lightning.Callback):
    """Tells the stopwatch of steps and epochs."""

    def __init__(self, watch: Stopwatch, count: int):
        self.watch, self.count = watch, count

    def on_train_batch_end(self, trainer, module, *rest):
        """A step."""
        self.watch.step()

    def on_validation_end(self, trainer, module):
        """An epoch: validation runs once in each."""
        self.watch.epoch(module.hits / self.count)


def run(task: Task, parts: Parts, watch: Stopwatch) -> None:
    lightning.seed_everything(task.seed, verbose=False)
    train = DataLoader(PngFiles(parts.train, [*FLIPS, *NORMALISE]), batch_size=32, shuffle=True, num_workers=2)
    val = DataLoader(PngFiles(parts.val, NORMALISE), batch_size=32, num_workers=2)
    trainer = lightning.Trainer(
        accelerator="cpu",
        max_epochs=task.epochs or EPOCHS[task.model],
        callbacks=[Tell(watch, len(parts.val))],
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
    )
    trainer.fit(Module(build(task, parts.classes)), train, val)
