import base64
import io

import numpy as np
import pytest
from PIL import Image
from sent_pictures import encoded, noise, tissue


def ask(client, crop, **query):
    return client.post("/explain", files={"file": ("a.png", encoded(crop))}, params=query)


@pytest.mark.parametrize("method", ["occlusion", "integrated_gradients", "grad_cam"])
def test_a_map_lies_over_its_crop_and_says_what_it_is_worth(client, method):
    crop = tissue(1)[0]
    answer = ask(client, crop, method=method).json()
    with Image.open(io.BytesIO(base64.b64decode(answer["map"]))) as overlay:
        assert (overlay.size, overlay.mode) == ((48, 48), "RGBA")
        assert np.asarray(overlay)[..., 3].max() == 255  # the strongest place is in full colour
    with Image.open(io.BytesIO(base64.b64decode(answer["crop"]))) as seen:
        np.testing.assert_array_equal(np.asarray(seen), crop)
    assert 0 < answer["central_share"] < 1
    holds = "On this crop the map holds" if answer["holds"] else "On this crop the map is not to be relied on"
    assert answer["check"].startswith(holds)
    assert f"the probability of {answer['explained']}" in answer["check"]
    assert answer["trust"] is None  # a bundle alone has no run that measured it


def test_another_class_than_the_predicted_one_can_be_explained(client):
    crop = tissue(1)[0]
    own = ask(client, crop).json()
    classes = [one["name"] for one in client.get("/api/shell").json()["classes"]]
    other = ask(client, crop, of=next(name for name in classes if name != own["explained"])).json()
    assert other["explained"] != own["explained"]
    assert other["map"] != own["map"]


def test_the_map_alone_comes_as_a_png(client):
    answer = ask(client, tissue(1)[0], **{"as": "png"})
    assert answer.headers["content-type"] == "image/png"
    with Image.open(io.BytesIO(answer.content)) as overlay:
        assert overlay.size == (48, 48)


def test_an_unknown_class_is_refused(client):
    answer = ask(client, noise(48, 48), of="<script>")
    known = "normal epithelium, cancer epithelium, muscle, immune leukocyte"
    assert (answer.status_code, answer.json()) == (422, {"error": f"unknown class; expected one of {known}"})
