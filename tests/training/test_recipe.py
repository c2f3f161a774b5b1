import dataclasses

import numpy as np
import pytest
import torch

from nucleoscope.config import Training
from nucleoscope.models.specification import Kind, Specification
from nucleoscope.training.examples import Examples
from nucleoscope.training.fit import Watch, fit
from nucleoscope.training.recipe import Recipe

SETTINGS = Training(epochs=2, batch_size=8, width=8)


@pytest.fixture
def train():
    images = np.random.default_rng(0).integers(0, 256, (40, 24, 24, 3), dtype=np.uint8)
    return Examples(images, np.arange(40) % 2, np.arange(3, 33), 2)


def test_an_epoch_takes_every_crop_once(train, cpu):
    order = Recipe(train, SETTINGS, cpu).order(torch.Generator().manual_seed(0))
    assert sorted(order) == list(range(len(train)))


@pytest.fixture
def of_tiles(train):
    tile = np.where(np.arange(40) < 24, 0, np.arange(40) // 3)  # of the 30, 21 are of a large tile, 9 of small ones
    return dataclasses.replace(train, tile=tile)


def test_an_epoch_takes_no_more_of_a_class_of_a_tile_than_its_cap(of_tiles, cpu):
    recipe = Recipe(of_tiles, Training(tile_cap=5), cpu)
    order = recipe.order(torch.Generator().manual_seed(0))
    assert len(np.unique(order)) == len(order) == recipe.crops_an_epoch
    positions = of_tiles.index[order]
    taken = np.bincount(of_tiles.tile[positions] * 2 + of_tiles.labels[positions])
    np.testing.assert_array_equal(taken[:2], [5, 5])  # of eleven and ten
    assert taken[2:].sum() == 9


def test_each_epoch_takes_others_of_a_large_tile(of_tiles, cpu):
    recipe, generator = Recipe(of_tiles, Training(tile_cap=5), cpu), torch.Generator().manual_seed(0)
    epochs = [set(recipe.order(generator).tolist()) for _ in range(12)]
    assert epochs[0] != epochs[1]
    assert set.union(*epochs) == set(range(len(of_tiles)))


def test_class_weights_are_of_the_crops_that_an_epoch_takes(cpu):
    labels = np.array([0] * 30 + [1] * 10)  # three quarters are of one class, and of one tile
    tile = np.where(labels == 0, 0, np.arange(40))
    crops = Examples(np.zeros((40, 24, 24, 3), np.uint8), labels, np.arange(40), 2, tile=tile)
    weights = Recipe(crops, Training(tile_cap=10, class_balance=1.0), cpu).weights
    np.testing.assert_allclose(weights.numpy(), [1.0, 1.0])


def test_a_cap_needs_tiles(train, cpu):
    with pytest.raises(ValueError, match=r"^the tile of each crop is needed and none is known$"):
        Recipe(train, Training(tile_cap=5), cpu)


def test_a_fit_with_a_cap_takes_as_many_steps_as_its_crops_need(of_tiles, cpu):
    settings = dataclasses.replace(SETTINGS, tile_cap=5)
    seen = []
    model, _ = Specification(Kind.MODEL1, 2, (24, 24), SETTINGS.width).build(None)
    history = fit(
        model, of_tiles, of_tiles, settings, seed=0, device=cpu, watch=Watch(on_step=lambda step: seen.append(step))
    )
    assert len(seen) == 2 * 3  # 19 crops an epoch, up to eight a step
    assert all(0 <= epoch.train_accuracy <= 1 for epoch in history)


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
