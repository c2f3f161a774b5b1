"""A running average of the weights, which is what is measured and kept.

While the learning rate is high the weights jump about and batch norm's statistics lag behind, so that accuracy on
other crops swings by ten points from epoch to epoch. Their exponential average is steady (Polyak and Juditsky 1992;
Tarvainen and Valpola 2017), which a search that compares trials half way depends on.
"""

from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

Tensors = tuple[Tensor, ...] | list[Tensor]

_EPOCHS = 0.5  # the average looks back over about this share of an epoch
_LEAST_STEPS = 10


def averaged(model: nn.Module, steps: int) -> AveragedModel:
    """The average of a model that takes `steps` steps an epoch; to be updated after each."""
    decay = 1.0 - 1.0 / max(_LEAST_STEPS, _EPOCHS * steps)

    def average(kept: Tensors, current: Tensors, done: Tensor | int) -> None:
        # The first weights are the worst: early on, the average looks back over fewer steps.
        early = (1.0 + int(done)) / (_LEAST_STEPS + int(done))
        get_ema_multi_avg_fn(min(decay, early))(kept, current, done)  # type: ignore[no-untyped-call]  # no types in torch

    return AveragedModel(model, multi_avg_fn=average, use_buffers=True)
