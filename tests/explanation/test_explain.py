"""From a model and crops to pages and figures."""

import json

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from nucleoscope.data.splits import Protocol
from nucleoscope.explanation.attributions import Method
from nucleoscope.explanation.choose import Chosen, Reason
from nucleoscope.explanation.explain import explain, paginate
from nucleoscope.explanation.explanation import Explanation
from nucleoscope.explanation.page import robust_scales
from nucleoscope.models.classifier import IMAGENET_MEAN, IMAGENET_STD, NucleusClassifier
from nucleoscope.models.small import SmallNet

CLASSES = ("normal epithelium", "a class with a name that is much too long for one line of text", "muscle")


def run(model, out, crops=12, progress=None):
    """Explain random crops of the first two classes; returns the record, the labels and the probabilities."""
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (crops, 28, 28, 3), dtype=np.uint8)
    probabilities = generator.dirichlet(np.ones(3), crops)
    names = tuple(f"{number}.png" for number in range(crops))
    labels = np.arange(crops) % 2
    title = "model1 with a title that is so long that it certainly does not fit into one line of the page"
    what = (images, labels, probabilities, names, CLASSES, out)
    where = torch.device("cpu")
    explain(model, *what, title=title, protocol=Protocol.TILES, device=where, seed=3, progress=progress)
    return json.loads((out / "explanations.json").read_text()), labels, probabilities


def small_model():
    torch.manual_seed(0)
    network = SmallNet(3, 4)
    return NucleusClassifier(network, IMAGENET_MEAN, IMAGENET_STD, None, network.head)


@pytest.fixture(scope="module")
def explained(tmp_path_factory):
    """A folder that was explained into twice, after an earlier run with more pages, and what was seen of it."""
    folder = tmp_path_factory.mktemp("model1")
    (folder / "explanations").mkdir()
    (folder / "explanations" / "page-07.png").write_bytes(b"from an earlier run")
    steps = []
    first = run(small_model(), folder, progress=lambda done, total: steps.append((done, total)))
    page = (folder / "explanations" / "page-01.png").read_bytes()
    second = run(small_model(), folder)
    return folder, page, steps, first, second


def made_up(true, value=0.0):
    maps = {method: np.full((8, 8), value, dtype=np.float32) for method in Method}
    chosen = Chosen(0, true, true, 0.9, Reason.SUREST_RIGHT)
    return Explanation(chosen, "a.png", np.zeros((8, 8, 3), dtype=np.uint8), maps, 0.0)


def test_record_says_what_the_predictions_say(explained):
    *_, (record, labels, probabilities), _ = explained
    assert record["protocol"] == "tiles"
    assert record["crops"] == 12
    assert record["methods"]["grad_cam"] == {"layer": "deep"}
    assert record["unavailable"] == {}
    assert len(record["explanations"]) == 6
    for entry in record["explanations"]:
        index = int(entry["name"].removesuffix(".png"))
        assert entry["true"] == CLASSES[labels[index]]
        assert entry["predicted"] == CLASSES[probabilities[index].argmax()]
        assert entry["probability"] == pytest.approx(probabilities[index].max())
        right = entry["true"] == entry["predicted"]
        assert entry["reason"] == "least sure" or right == (entry["reason"] == "surest right")
        assert all(share is None or 0 <= share <= 1 for share in entry["central_share"].values())
        assert abs(entry["convergence_delta"]) < 0.05


def test_page_is_a_picture_with_nothing_cut_off_and_old_pages_go(explained):
    folder, *_ = explained
    assert sorted(path.name for path in (folder / "explanations").iterdir()) == ["atlas.png", "page-01.png"]
    picture = np.asarray(Image.open(folder / "explanations" / "page-01.png").convert("L"))
    assert picture.shape[1] == 1545
    assert picture.std() > 10
    for edge in (picture[:20], picture[-20:], picture[:, :20], picture[:, -20:]):
        assert edge.min() == 255


def test_same_seed_same_page_and_record(explained):
    folder, page, _, (first, *_), (second, *_) = explained
    assert first == second
    assert (folder / "explanations" / "page-01.png").read_bytes() == page


def test_progress_ends_with_all_maps(explained):
    _, _, steps, *_ = explained
    assert [total for _, total in steps] == [18] * len(steps)
    assert [done for done, _ in steps] == sorted(done for done, _ in steps)
    assert steps[-1][0] == 18


def test_model_without_feature_maps_and_with_maps_of_zeros(tmp_path):
    linear = nn.Linear(3 * 28 * 28, 3)
    nn.init.zeros_(linear.weight)
    model = NucleusClassifier(nn.Sequential(nn.Flatten(), linear), IMAGENET_MEAN, IMAGENET_STD, None, linear)
    record, *_ = run(model, tmp_path, crops=2)
    assert record["methods"]["grad_cam"] is None
    assert record["unavailable"]["grad_cam"].startswith("Sequential has no late convolutional layer")
    assert "grad_cam" not in record["colour_scale"]
    assert record["colour_scale"]["occlusion"] == 1.0
    for entry in record["explanations"]:
        assert set(entry["central_share"].values()) == {None}
    assert (tmp_path / "explanations" / "page-01.png").stat().st_size > 10_000


def test_pages_hold_six_rows_and_never_part_a_class():
    three_each = [made_up(true) for true in range(20) for _ in range(3)]
    assert [len(page) for page in paginate(three_each)] == [6] * 10
    assert [len(page) for page in paginate([made_up(true) for true in [0] * 7 + [1] * 2 + [3] * 4])] == [7, 6]
    assert paginate([]) == []


def test_scale_is_robust_and_never_zero():
    one = made_up(0, value=-2.0)
    one.maps[Method.OCCLUSION][0, 0] = 1000.0
    rare = made_up(0)
    rare.maps[Method.OCCLUSION][0, 0] = -5.0
    assert robust_scales([one, made_up(1, value=2.0)])[Method.OCCLUSION] == 2.0
    assert robust_scales([rare, *[made_up(0) for _ in range(9)]])[Method.OCCLUSION] == 5.0
    assert robust_scales([made_up(0)]) == dict.fromkeys(Method, 1.0)
    assert robust_scales([]) == {}


def test_the_atlas_has_a_row_for_each_crop_and_a_column_for_the_crop_and_each_method(explained):
    folder, *_, (record, _, _) = explained
    atlas = record["atlas"]
    assert atlas == {"file": "atlas.png", "columns": ["crop", *Method], "height": 28, "width": 28}
    picture = np.asarray(Image.open(folder / "explanations" / atlas["file"]))
    assert picture.shape == (28 * len(record["explanations"]), 28 * 4, 3)
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (12, 28, 28, 3), dtype=np.uint8)
    for row, explained_crop in enumerate(record["explanations"]):
        crop = images[int(explained_crop["name"].removesuffix(".png"))]
        np.testing.assert_array_equal(picture[28 * row : 28 * (row + 1), :28], crop)
    occlusion = picture[:, 28:56].astype(int)
    assert (occlusion.max(axis=2) - occlusion.min(axis=2)).max() > 50  # red and blue, not grey
