import base64
import io

import numpy as np
import pytest
from PIL import Image
from sent_pictures import encoded, noise, tissue, zipped

from nucleoscope.evaluation.conformal import prediction_sets
from nucleoscope.models.bundle import load_bundle
from nucleoscope.prediction.probabilities import predict_probabilities


def ask(client, *files, **query):
    return client.post("/predict", files=[("files", file) for file in files], params=query)


def test_many_crops_get_what_the_bundle_says_of_them(client, trained_bundle):
    images = tissue(5)
    answer = ask(client, *((f"{i}.png", encoded(image)) for i, image in enumerate(images))).json()
    wanted = predict_probabilities(load_bundle(trained_bundle), images, engine="torch")
    found = np.array([[crop["probabilities"][name] for name in answer["classes"]] for crop in answer["crops"]])
    np.testing.assert_allclose(found, wanted, atol=2e-3)  # the batch is another one, in bfloat16 where that is quick
    assert [crop["name"] for crop in answer["crops"]] == [f"{i}.png" for i in range(5)]
    assert [crop["predicted"] for crop in answer["crops"]] == [answer["classes"][i] for i in found.argmax(axis=1)]
    assert answer["measured"] == "not measured: no accuracy is on record for this model"


def test_a_bundle_without_sets_gives_none(client):
    assert ask(client, ("own.png", encoded(tissue(1)[0]))).json()["crops"][0]["possible"] is None


def test_crops_above_the_threshold_of_the_bundle_are_foreign(measured_client, measured_bundle):
    crops = ask(measured_client, *((f"{i}.png", encoded(image)) for i, image in enumerate(tissue(12)))).json()["crops"]
    threshold = measured_bundle.bundles["model"].config.novelty_threshold
    assert [crop["foreign"] for crop in crops] == [crop["novelty"] > threshold for crop in crops]
    assert {crop["foreign"] for crop in crops} == {True, False}


def test_the_sets_are_those_of_the_bundle(measured_client, measured_bundle):
    images = tissue(12)
    answer = ask(measured_client, *((f"{i}.png", encoded(image)) for i, image in enumerate(images))).json()
    config = measured_bundle.bundles["model"].config
    probabilities = np.array([list(crop["probabilities"].values()) for crop in answer["crops"]])
    sets = prediction_sets(probabilities, config.set_threshold)
    assert [crop["possible"] for crop in answer["crops"]] == [
        [name for name, is_in in zip(config.classes, row, strict=True) if is_in] for row in sets
    ]
    assert {len(crop["possible"]) for crop in answer["crops"]} != {1}  # some are not sure
    assert answer["measured"] == (
        "87.5% accuracy (95 % interval 80.0% to 93.0%; tiles split, 120 validation crops, seed 1)"
    )
    assert answer["coverage"] == 0.9


def test_a_zip_is_read_crop_by_crop(client):
    images = tissue(3)
    content = zipped([("a/10.png", encoded(images[0])), ("a/9.png", encoded(images[1])), ("notes.txt", b"no picture")])
    answer = ask(client, ("crops.zip", content), ("alone.png", encoded(images[2]))).json()
    assert [crop["name"] for crop in answer["crops"]] == ["a/9.png", "a/10.png", "alone.png"]


def test_crops_of_another_resolution_are_resampled_and_shown(client, trained_bundle):
    mpp = load_bundle(trained_bundle).config.mpp
    answer = ask(client, ("fine.png", encoded(noise(96, 96))), mpp=mpp / 2, pictures=True).json()
    with Image.open(io.BytesIO(base64.b64decode(answer["crops"][0]["picture"]))) as seen:
        assert seen.size == (48, 48)


@pytest.mark.parametrize(
    ("content", "query", "error"),
    [
        (
            encoded(noise(40, 40)),
            {},
            "a.png: crops are 40x40 pixels; the model expects 48x48 at 0.25 um/pixel: cut crops of that size, or say "
            "the resolution of yours with mpp",
        ),
        (
            encoded(noise(48, 48)),
            {"mpp": 0.1},
            "a.png: crops of 48x48 pixels at 0.1 um/pixel show less tissue than the model needs (48x48 at 0.25); cut "
            "them larger: at least 120x120 pixels",
        ),
        (
            encoded(noise(500, 500)),
            {"mpp": 5},
            "a.png: at 5 um/pixel it shows far more tissue than the model needs at 0.25: check mpp, or cut it smaller",
        ),
        (
            encoded(noise(600, 600)),
            {},
            "a.png: crops are 600x600 pixels; expected between 24 and 512 on each side: cut them again at a size in "
            "this range",
        ),
        (encoded(noise(48, 48)), {"model": "model9"}, "unknown model; expected one of model"),
        (encoded(noise(48, 48)), {"mpp": 1000}, "query mpp: Input should be less than or equal to 10"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(client, content, query, error):
    answer = ask(client, ("a.png", content), **query)
    assert (answer.status_code, answer.json()) == (422, {"error": error})


def test_without_files_the_request_is_invalid(client):
    answer = client.post("/predict")
    assert (answer.status_code, answer.json()) == (422, {"error": "body files: Field required"})
