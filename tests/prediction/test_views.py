import numpy as np
import torch

from nucleoscope.models.specification import Kind, Specification
from nucleoscope.prediction.logits import predict_logits
from nucleoscope.prediction.views import make_views

RANDOM = torch.Generator().manual_seed(0)


def _distinct(views):
    return {view.numpy().tobytes() for view in (view.contiguous() for view in views)}


def test_one_view_is_the_picture():
    pictures = torch.rand(2, 3, 5, 5, generator=RANDOM)
    assert all(view is pictures for view in make_views(pictures, 1))


def test_a_square_has_eight_different_views_that_turn_into_each_other():
    pictures = torch.rand(1, 3, 6, 6, generator=RANDOM)
    views = list(make_views(pictures, 8))
    assert len(views) == len(_distinct(views)) == 8
    assert _distinct(make_views(views[5], 8)) == _distinct(views)


def test_what_is_not_square_keeps_its_shape():
    views = list(make_views(torch.rand(1, 3, 6, 8, generator=RANDOM), 8))
    assert len(_distinct(views)) == 4
    assert {view.shape for view in views} == {(1, 3, 6, 8)}


def test_the_mean_over_all_views_does_not_depend_on_how_a_crop_lies(cpu):
    model = Specification(Kind.MODEL1, 3, (32, 32), 8).build(None)[0]
    image = np.random.default_rng(0).integers(256, size=(1, 32, 32, 3), dtype=np.uint8)
    turned = np.ascontiguousarray(image.transpose(0, 2, 1, 3)[:, ::-1])

    def logits(pictures, views):
        return predict_logits(model, pictures, device=cpu, views=views)

    assert torch.allclose(logits(image, 8), logits(turned, 8), atol=1e-2)
    assert not torch.allclose(logits(image, 1), logits(turned, 1), atol=1e-3)
