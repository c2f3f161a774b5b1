import numpy as np
import pytest
import torch

from nucleoscope.config import Training
from nucleoscope.models.specification import Kind, Specification
from nucleoscope.training.examples import Examples
from nucleoscope.training.fit import fit
from nucleoscope.training.recipe import Recipe

SETTINGS = Training(epochs=2, batch_size=8, width=8)


@pytest.fixture
def train():
    images = np.random.default_rng(0).integers(0, 256, (40, 24, 24, 3), dtype=np.uint8)
    return Examples(images, np.arange(40) % 2, np.arange(3, 33), 2)


def test_an_epoch_takes_every_crop_once(train, cpu):
    order = Recipe(train, SETTINGS, cpu).order(torch.Generator().manual_seed(0))
    assert sorted(order) == list(range(len(train)))


def test_pictures_are_the_crops_at_their_positions(train, cpu):
    settings = Training(augmentation=0.0)
    pictures = Recipe(train, settings, cpu).batch(np.array([0, 5]), torch.Generator().manual_seed(0))
    for picture, position in zip(pictures, (3, 8), strict=True):  # flips and quarter turns keep the set of pixels
        shown = np.sort((picture * 255).round().numpy().reshape(3, -1), axis=1)
        np.testing.assert_allclose(shown, np.sort(train.images[position].reshape(-1, 3).T, axis=1), atol=1)


def test_a_fit_follows_its_recipe(train, cpu):
    seen = []

    class First(Recipe):
        """Only the first crop, again and again."""

        def order(self, generator):
            return np.zeros(len(self.train), np.int64)

        def loss(self, logits, targets, chosen):
            seen.append((targets.tolist(), chosen.tolist()))
            return super().loss(logits, targets, chosen)

    model, _ = Specification(Kind.MODEL1, 2, (24, 24), SETTINGS.width).build(None)
    fit(model, train, train, SETTINGS, seed=0, device=cpu, recipe=First)
    assert len(seen) == 2 * 4
    assert all(set(targets) == {train.targets[0]} and set(chosen) == {0} for targets, chosen in seen)
