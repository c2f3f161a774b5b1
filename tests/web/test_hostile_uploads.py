"""What a hostile client sends: bombs, damaged files, other files under a picture's name, names that climb."""

import io
import stat
import zipfile

import pytest
from sent_pictures import encoded, noise, png_that_claims, zipped
from starlette.testclient import TestClient

from nucleoscope.web.app import create_app
from nucleoscope.web.settings import Limits, WebSettings

GOOD = encoded(noise(48, 48))
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
LARGE_FIELD = "field.png has 9,000x9,000 pixels; expected 64,000,000 at most for a field"
NO_PICTURE = "cannot be decoded (not a PNG, JPEG, TIFF or BMP): replace or remove it"


@pytest.fixture(scope="module")
def strict(served_bundle):
    """A client of an app with small limits."""
    limits = Limits(files=3, unpacked=2 * len(GOOD), crop_pixels=512 * 512)
    with TestClient(create_app(served_bundle, WebSettings(limits=limits)), base_url="http://localhost") as client:
        yield client


def ask(client, *files):
    return client.post("/predict", files=[("files", file) for file in files])


def error_of(answer, status):
    assert answer.status_code == status, answer.text
    assert set(answer.json()) == {"error"}
    return answer.json()["error"]


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (SVG, f"a.png {NO_PICTURE}"),
        (b"GIF89a/*" + SVG, f"a.png {NO_PICTURE}"),
        (b"", f"a.png {NO_PICTURE}"),
        (b"\x80\x04\x95cos\nsystem\n", f"a.png {NO_PICTURE}"),  # a pickle
        (
            GOOD[: len(GOOD) // 2],
            "a.png cannot be decoded (image file is truncated): replace or remove it",
        ),
        (
            GOOD + zipped([("evil.html", b"<script>")]),
            "a.png is a picture and a zip at once; expected one of them: save it anew",
        ),
    ],
)
def test_what_is_no_whole_picture_is_refused(strict, content, error):
    answer = ask(strict, ("a.png", content))
    assert error_of(answer, 422) == error


@pytest.mark.parametrize(
    ("side", "error"),
    [
        (20_000, "a.png has far more than 512x512 pixels: cut crops around single nuclei first"),
        (3_000, "a.png has 3,000x3,000 pixels; expected 262,144 at most for a crop"),
    ],
)
def test_a_picture_that_claims_to_be_huge_is_refused_before_it_is_decoded(strict, side, error):
    answer = ask(strict, ("a.png", png_that_claims(side, side)))
    assert error_of(answer, 422 if side == 20_000 else 413) == error


def test_too_many_files_are_413(strict):
    error = "4 files; expected 3 at most: send them in several requests"
    assert error_of(ask(strict, *[("a.png", GOOD)] * 4), 413) == error


def test_a_zip_of_too_many_files_is_413(strict):
    error = "z.zip holds more than 3 files; expected crops: send them in several zips"
    assert error_of(ask(strict, ("z.zip", zipped([(f"{i}.png", GOOD) for i in range(4)]))), 413) == error
    others = zipped([(f"{i}.txt", b"") for i in range(13)])  # not even listed
    assert error_of(ask(strict, ("z.zip", others)), 413) == error


def test_a_zip_bomb_is_413_by_what_it_claims(strict):
    bomb = zipped([("a.png", bytes(2**26))])
    assert len(bomb) < 2**17
    error = "z.zip unpacks to more than 0 MiB; expected crops: send fewer or smaller"
    assert error_of(ask(strict, ("z.zip", bomb)), 413) == error


def test_a_zip_bomb_that_claims_to_be_small_is_read_no_further(strict):
    bomb = bytearray(zipped([("a.png", bytes(2**26))]))
    size = (2**26).to_bytes(4, "little")
    small = (100).to_bytes(4, "little")
    assert bomb.count(size) == 2  # in the entry and in the directory
    answer = ask(strict, ("z.zip", bytes(bomb).replace(size, small)))
    assert "cannot be read from the zip" in error_of(answer, 422)


@pytest.mark.parametrize("name", ["../../evil.png", "/etc/evil.png", "C:\\evil.png", "..\\evil.png"])
def test_names_that_point_outside_of_a_zip_are_refused(strict, name):
    answer = ask(strict, ("z.zip", zipped([(name, GOOD)])))
    assert error_of(answer, 422).startswith("z.zip holds the name ")
    assert "which points outside of the zip" in error_of(answer, 422)


def test_a_link_in_a_zip_is_not_followed(strict):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        link = zipfile.ZipInfo("link.png")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    assert error_of(ask(strict, ("z.zip", stream.getvalue())), 422) == f"link.png {NO_PICTURE}"


@pytest.mark.parametrize("content", [b"PK\x03\x04", zipped([("a.png", GOOD)])[:-40]])
def test_a_damaged_zip_is_refused(strict, content):
    assert error_of(ask(strict, ("z.zip", content)), 422).startswith("z.zip is a damaged zip (")


def test_a_zip_in_a_zip_is_not_opened(strict):
    answer = ask(strict, ("z.zip", zipped([("inner.zip", zipped([("a.png", GOOD)]))])))
    assert error_of(answer, 422) == "z.zip holds no pictures; expected crops as PNG, JPEG, TIFF or BMP"


@pytest.mark.parametrize("name", ["../../../../tmp/evil.png", "/etc/passwd", "a\0b.png", "x" * 5000, "\ud800.png", ""])
def test_a_name_is_a_label_and_never_a_path(strict, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    body = b'--b\r\nContent-Disposition: form-data; name="files"; filename="' + name.encode("utf-8", "surrogatepass")
    body += b'"\r\nContent-Type: image/png\r\n\r\n' + GOOD + b"\r\n--b--\r\n"
    answer = strict.post("/predict", content=body, headers={"Content-Type": "multipart/form-data; boundary=b"})
    assert answer.status_code in (200, 400, 422)
    if answer.status_code == 200:
        assert len(answer.json()["crops"][0]["name"]) <= 200
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "status", "error"),
    [
        (SVG, 422, f"field.png {NO_PICTURE}"),
        (png_that_claims(9_000, 9_000), 413, LARGE_FIELD),
        (
            png_that_claims(20_000, 20_000),
            422,
            "field.png has far more pixels than are taken as a field: cut it, or use `nucleoscope classify`",
        ),
    ],
)
def test_a_hostile_field_is_refused(strict, content, status, error):
    answer = strict.post("/fields", files={"image": ("field.png", content)}, params={"mpp": 0.25})
    assert error_of(answer, status) == error
