"""A model that sees more than the crop, served: crops by themselves are answered too."""

import base64
import io

import numpy as np
import pytest
import torch
from fastapi.testclient import TestClient
from PIL import Image
from playwright.sync_api import expect
from sent_pictures import encoded, tissue

from nucleoscope.data.concealing import place_in_unknown
from nucleoscope.models.bundle import Bundle, BundleConfig, load_bundle, save_bundle
from nucleoscope.models.specification import Kind, Specification
from nucleoscope.prediction.probabilities import predict_probabilities
from nucleoscope.web.app import create_app
from nucleoscope.web.served import load_served


@pytest.fixture(scope="module")
def wide_bundle(tmp_path_factory):
    torch.manual_seed(0)
    specification = Specification(Kind.MODEL1, 3, (96, 96), width=8, surroundings=2)
    model = specification.build(None)[0].eval()
    statistics = tuple(model.mean.flatten().tolist()), tuple(model.std.flatten().tolist())
    folder = tmp_path_factory.mktemp("wide") / "model"
    save_bundle(folder, Bundle(model, BundleConfig(specification, ("a", "b", "c"), (0, 1, 2), *statistics)), "card")
    return folder


@pytest.fixture(scope="module")
def wide_client(wide_bundle):
    with TestClient(create_app(load_served(wide_bundle)), base_url="http://127.0.0.1:8000") as client:
        yield client


@pytest.mark.parametrize("size", [48, 96])
def test_crops_with_and_without_what_lies_around_them_are_predicted(wide_client, wide_bundle, size):
    images = tissue(3, size)
    sent = [("files", (f"{i}.png", encoded(image))) for i, image in enumerate(images)]
    crops = wide_client.post("/predict", files=sent).json()["crops"]
    assert [crop["alone"] for crop in crops] == [size == 48] * 3
    shown = images if size == 96 else place_in_unknown(images, (96, 96))
    wanted = predict_probabilities(load_bundle(wide_bundle), shown, engine="torch")
    np.testing.assert_allclose([list(crop["probabilities"].values()) for crop in crops], wanted, atol=5e-3)


def test_the_map_of_a_crop_lies_over_what_the_model_sees(wide_client):
    crop = tissue(1)[0]
    answer = wide_client.post("/explain", files={"file": ("a.png", encoded(crop))}).json()
    with (
        Image.open(io.BytesIO(base64.b64decode(answer["crop"]))) as seen,
        Image.open(io.BytesIO(base64.b64decode(answer["map"]))) as overlay,
    ):
        assert seen.size == overlay.size == (96, 96)
        np.testing.assert_array_equal(np.asarray(seen)[24:72, 24:72], crop)
    assert answer["uniform_central_share"] == pytest.approx(np.pi * 0.125**2, abs=0.005)


def test_the_page_knows_both_sizes(wide_client):
    (model,) = wide_client.get("/api/shell").json()["models"]
    assert (model["crop_width"], model["crop_height"]) == (96, 96)
    assert (model["least_width"], model["least_height"]) == (48, 48)


def test_a_crop_by_itself_fills_its_place_on_the_page(wide_bundle, serve_app, open_page):
    page = open_page(serve_app(create_app(load_served(wide_bundle))))
    sent = [(f"{size}.png", encoded(tissue(1, size)[0])) for size in (48, 96)]
    page.locator("#files").set_input_files(
        [{"name": name, "mimeType": "image/png", "buffer": content} for name, content in sent]
    )
    cards = page.locator(".card")
    expect(cards).to_have_count(2)
    for card, zoom in zip(cards.all(), (2, 1), strict=True):
        card.click()
        for picture in (card.locator("img"), page.locator(".looked .window img").first):
            expect(picture).to_have_css("transform", f"matrix({zoom}, 0, 0, {zoom}, 0, 0)")
        expect(page.get_by_text("nothing is known around this crop")).to_have_count(zoom - 1)
