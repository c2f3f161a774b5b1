import dataclasses

import numpy as np
import pytest
import torch

from nucleoscope.config import Training
from nucleoscope.models.specification import Kind, Specification
from nucleoscope.runtime import seed_everything
from nucleoscope.training import fit as fit_module
from nucleoscope.training.examples import Examples
from nucleoscope.training.fit import DivergedError, Watch, fit

SETTINGS = Training(epochs=3, batch_size=16, width=8, augmentation=0.2)


@pytest.fixture(scope="module")
def examples():
    """Two classes that differ in the colour of the centre."""
    random = np.random.default_rng(0)
    images = random.integers(150, 256, (60, 24, 24, 3), dtype=np.uint8)
    labels = np.arange(60) % 2
    images[labels == 1, 6:18, 6:18, 0] = 20
    index = np.arange(60)
    return Examples(images, labels, index[:40], 2), Examples(images, labels, index[40:], 2)


def _fit(examples, cpu, settings=SETTINGS, seed=0, **options):
    seed_everything(seed)
    model, _ = Specification(Kind.MODEL1, 2, (24, 24), settings.width).build(None)
    history = fit(model, *examples, settings, seed=seed, device=cpu, **options)
    return model, history


def _without_time(history):
    return [dataclasses.replace(epoch, seconds=0.0) for epoch in history]


def _weights(model):
    return torch.cat([value.flatten().float() for value in model.state_dict().values()])


def test_it_learns(examples, cpu):
    _, history = _fit(examples, cpu, dataclasses.replace(SETTINGS, epochs=8))
    assert history[-1].val_accuracy == 1.0
    assert history[-1].train_loss < history[0].train_loss
    assert [epoch.epoch for epoch in history] == list(range(1, 9))


def test_the_same_seed_gives_the_same_numbers(examples, cpu):
    first, history = _fit(examples, cpu)
    second, again = _fit(examples, cpu)
    assert torch.equal(_weights(first), _weights(second))
    assert _without_time(history) == _without_time(again)
    assert not torch.equal(_weights(first), _weights(_fit(examples, cpu, seed=1)[0]))


class StoppedError(Exception):
    """As if the process were killed."""


@pytest.mark.parametrize("stop_after", [1, 2])
def test_stopped_and_resumed_it_ends_with_the_same_weights(examples, cpu, tmp_path, stop_after):
    whole, history = _fit(examples, cpu)
    checkpoint = tmp_path / "checkpoint.pt"

    def stop(progress):
        if progress.epoch > stop_after:
            raise StoppedError

    with pytest.raises(StoppedError):
        _fit(examples, cpu, watch=Watch(on_step=stop, checkpoint=checkpoint))
    heard = []
    resumed, again = _fit(
        examples, cpu, watch=Watch(on_epoch=lambda epoch, logits: heard.append(epoch.epoch), checkpoint=checkpoint)
    )
    assert heard == list(range(stop_after + 1, 4))
    assert torch.equal(_weights(whole), _weights(resumed))
    assert _without_time(history) == _without_time(again)


def test_kept_epochs_are_those_of_the_whole_schedule(examples, cpu):
    _, history = _fit(examples, cpu)
    _, kept = _fit(examples, cpu, keep=2)
    assert _without_time(kept) == _without_time(history)[:2]


def test_a_loss_that_is_no_number_ends_the_fit(examples, cpu):
    with pytest.raises(DivergedError, match=r"^the loss became (nan|inf) in epoch 1$"):
        _fit(examples, cpu, dataclasses.replace(SETTINGS, learning_rate=1e20))


def test_a_last_batch_of_one_crop_does_not_occur(examples, cpu):
    train, val = examples
    odd = dataclasses.replace(train, index=train.index[:33])  # 16 + 16 + 1
    _, history = _fit((odd, val), cpu)
    assert len(history) == 3


def test_what_is_watched_changes_nothing(examples, cpu):
    train, val = examples
    first, _ = _fit((train, val), cpu)
    second, _ = _fit((train, dataclasses.replace(val, index=val.index[:5])), cpu)
    assert torch.equal(_weights(first), _weights(second))


def test_weights_that_break_in_the_last_step_are_seen_too(examples, cpu, monkeypatch):
    monkeypatch.setattr(fit_module, "measure", lambda *_: (float("nan"), 0.5))
    with pytest.raises(DivergedError, match=r"^the loss on the watched crops became nan in epoch 1$"):
        _fit(examples, cpu)


def test_a_finished_fit_that_is_resumed_gives_the_same_model(examples, cpu, tmp_path):
    checkpoint = tmp_path / "checkpoint.pt"
    first, history = _fit(examples, cpu, watch=Watch(checkpoint=checkpoint))
    again, read = _fit(examples, cpu, watch=Watch(checkpoint=checkpoint))
    assert torch.equal(_weights(first), _weights(again))
    assert read == history
