import csv
import io
import json

import pytest
from fastapi.testclient import TestClient
from PIL import Image
from sent_pictures import encoded, field, noise

from nucleoscope.web.app import create_app
from nucleoscope.web.predicting.kept_fields import MOST, KeptFields
from nucleoscope.web.settings import Limits, WebSettings

NUCLEI = b"x,y\n50,60\n100.5,20\n150,150\n"


def ask(client, image, nuclei=None, **query):
    files = {"image": ("field.png", image)} | ({} if nuclei is None else {"nuclei": ("nuclei.csv", nuclei)})
    return client.post("/fields", files=files, params=query)


@pytest.fixture(scope="module")
def image():
    return encoded(field())


def test_given_nuclei_are_classified_and_can_be_downloaded(client, image):
    answer = ask(client, image, NUCLEI, mpp=0.25).json()
    nuclei = answer["nuclei"]
    assert (answer["width"], answer["height"], answer["mpp"]) == (192, 192, 0.25)
    assert (nuclei["x"], nuclei["y"]) == ([50, 100.5, 150], [60, 20, 150])
    with Image.open(io.BytesIO(client.get(f"/fields/{answer['id']}/picture").content)) as picture:
        assert picture.size == (192, 192)
    table = client.get(f"/fields/{answer['id']}/nuclei.csv")
    assert table.headers["content-disposition"] == 'attachment; filename="nuclei.csv"'
    rows = list(csv.DictReader(io.StringIO(table.text)))
    assert [float(row["x"]) for row in rows] == nuclei["x"]
    assert [float(row["confidence"] or 0) for row in rows] == nuclei["confidence"]
    features = json.loads(client.get(f"/fields/{answer['id']}/nuclei.geojson").content)["features"]
    assert [feature["geometry"]["coordinates"] for feature in features] == [[50, 60], [100.5, 20], [150, 150]]


def test_nuclei_are_found_where_no_file_says_where_they_are(client, image):
    answer = ask(client, image, mpp=0.25).json()
    assert len(answer["nuclei"]["x"]) > 5
    assert answer["source"] == "stain separation (haematoxylin blobs, not trained)"
    assert answer["notes"][0] == "field.png: PNG picture of 192x192 pixels at 0.25 um/pixel (mpp says so)"
    assert "/" not in "".join(answer["notes"]).replace("um/pixel", "")  # no path of the server


@pytest.mark.parametrize(
    ("nuclei", "error"),
    [
        (
            b"\x1f\x8b\x08more",
            "nuclei.csv is no text; expected nuclei as GeoJSON or as a CSV with x and y: unpack it",
        ),
        (
            b"SQLite format 3\0",
            "nuclei.csv is no text; expected nuclei as GeoJSON or as a CSV with x and y: unpack it",
        ),
        (
            b'{"type": 3}',
            "nuclei.csv is JSON, but not of nuclei; expected GeoJSON, a table with x and y, or the JSON of CellViT, "
            "HoVer-Net or TIAToolbox",
        ),
    ],
)
def test_what_is_no_file_of_nuclei_is_refused_by_the_name_that_the_client_gave(client, image, nuclei, error):
    answer = ask(client, image, nuclei, mpp=0.25)
    assert (answer.status_code, answer.json()) == (422, {"error": error})


def test_a_field_must_say_its_resolution(client, image):
    answer = ask(client, image)
    assert (answer.status_code, answer.json()) == (
        422,
        {
            "error": "field.png does not say how large its pixels are; expected um/pixel: give it with mpp, such as "
            "mpp 0.25 for a 40x scan"
        },
    )


def test_too_many_pixels_or_nuclei_are_413(served_bundle, image):
    limits = Limits(field_pixels=192 * 192, nuclei=2)
    with TestClient(create_app(served_bundle, WebSettings(limits=limits)), base_url="http://localhost") as client:
        many = ask(client, image, NUCLEI, mpp=0.25)
        large = ask(client, encoded(noise(192, 193)), mpp=0.25)
    assert (many.status_code, many.json()) == (
        413,
        {"error": "nuclei.csv holds 3 nuclei; expected 2 at most: cut the field"},
    )
    assert (large.status_code, large.json()) == (
        413,
        {"error": "field.png has 193x192 pixels; expected 36,864 at most for a field"},
    )


def test_an_unknown_field_is_404(client):
    for file in ("picture", "nuclei.csv", "nuclei.geojson"):
        answer = client.get(f"/fields/unknown/{file}")
        assert (answer.status_code, answer.json()) == (
            404,
            {"error": "this field is not kept any more; classify it again"},
        )


def test_the_oldest_field_goes_when_there_are_too_many(tmp_path):
    fields = KeptFields(tmp_path)
    made = [fields.new() for _ in range(MOST + 1)]
    for identity, folder in made:
        fields.keep(identity, folder)
    assert fields.find(made[0][0]) is None
    assert sorted(tmp_path.iterdir()) == sorted(folder for _, folder in made[1:])
    assert all(identity not in str(folder) for identity, folder in made)  # what is sent does not name what is on disk
