"""fastai: `vision_learner` and `fine_tune` for model2, `Learner` and `fit_one_cycle` for model1, with their defaults.

The number of epochs has no default there. fastai does not know mobilenet_v2, so it is given what it takes by itself for
the networks that it knows: ImageNet's mean and spread, and a pooling layer to cut at. It puts its own head on.
"""

from collections.abc import Callable

from fastai.vision.all import (
    Callback,
    CategoryBlock,
    DataBlock,
    ImageBlock,
    IndexSplitter,
    Learner,
    Normalize,
    accuracy,
    imagenet_stats,
    set_seed,
    vision_learner,
)
from torch import nn

from .peer_models import build, pretrained_mobilenet
from .task import Parts, Stopwatch, Task

EPOCHS = {"model1": 20, "model2": 5}  # of the latter, one more with a frozen body comes first


class Tell(Callback):
    """Tells the stopwatch of steps and epochs, after fastai's own recorder."""

    order = 60

    def __init__(self, watch: Stopwatch):
        self.watch = watch

    def after_batch(self):
        """Of training only."""
        if self.training:
            self.watch.step()

    def after_epoch(self):
        """With the metric, which comes last."""
        self.watch.epoch(float(self.recorder.values[-1][-1]))


def run(task: Task, parts: Parts, watch: Stopwatch) -> None:
    set_seed(task.seed)
    label_of = dict(parts.train + parts.val)
    block = DataBlock(
        (ImageBlock, CategoryBlock),
        get_y=lambda path: label_of[path],
        splitter=IndexSplitter(range(len(parts.train), len(parts.train) + len(parts.val))),
        batch_tfms=Normalize.from_stats(*imagenet_stats),
    )
    loaders = block.dataloaders(list(label_of))
    epochs = task.epochs or EPOCHS[task.model]
    if task.model == "model1":
        learner = Learner(loaders, build(task, parts.classes), metrics=accuracy, cbs=Tell(watch))
        fit = learner.fit_one_cycle
    else:
        learner = vision_learner(loaders, cuttable(task), metrics=accuracy, cbs=Tell(watch))
        fit = learner.fine_tune
    with learner.no_bar(), learner.no_logging():
        fit(epochs)


def cuttable(task: Task) -> Callable[..., nn.Module]:
    """An architecture with its pooling as a layer, where fastai cuts; torchvision hides it in `forward`."""

    def build_pretrained(pretrained: bool) -> nn.Module:
        network = pretrained_mobilenet(task)
        return nn.Sequential(network.features, nn.AdaptiveAvgPool2d(1), network.classifier)

    return build_pretrained
