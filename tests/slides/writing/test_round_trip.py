"""Reading what was written gives the same nuclei: id, place, outline, and what QuPath knew of them."""

import json
import math
import uuid

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from nucleoscope.slides.nuclei import open_nuclei
from nucleoscope.slides.outlines import centroid
from nucleoscope.slides.results import Carried, Nucleus, Verdicts
from nucleoscope.slides.writing import ImageFacts, write_results

IMAGE = ImageFacts("slide.svs", 0.25, (100_000, 80_000))
COLOURS = {"cancer": "#E69F00", "Größe, µ": "#56B4E9"}

numbers = st.floats(0, 80_000, allow_nan=False).map(lambda value: round(value, 3))
words = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=12)
identities = st.one_of(words, st.uuids().map(str), st.integers(0, 10**12).map(str))


@st.composite
def rings(draw):
    """A star around a place, so that it does not cross itself."""
    x, y = draw(numbers), draw(numbers)
    radii = np.array(draw(st.lists(st.floats(3, 20), min_size=3, max_size=12)))
    angles = np.linspace(0, 2 * np.pi, len(radii), endpoint=False)
    return np.stack([x + radii * np.cos(angles), y + radii * np.sin(angles)], axis=1)


@st.composite
def nuclei(draw):
    identity, kind = draw(identities), draw(st.sampled_from(["point", "outline", "hole", "cell"]))
    measured = st.dictionaries(words, st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=2)
    carried = draw(st.none() | st.builds(Carried, measurements=measured, name=st.none() | words))
    if kind == "point":
        return Nucleus(identity, draw(numbers), draw(numbers), carried=carried)
    outer = draw(rings())
    outline = (outer, outer.mean(axis=0) + (outer - outer.mean(axis=0)) / 4) if kind == "hole" else (outer,)
    if kind == "cell":
        border = {"type": "Polygon", "coordinates": [[[0, 0], [90, 0], [90, 90], [0, 0]]]}
        carried = Carried("cell", border, measurements={"Cell: Area": 2.5})
    return Nucleus(identity, *centroid([outline]), outline, carried=carried)


def verdicts_on(count, seed=0):
    rng = np.random.default_rng(seed)
    probabilities = rng.dirichlet(np.ones(len(COLOURS)), count).astype(np.float32)
    unsure = np.array(["", "foreign", "pen"])[rng.integers(0, 3, count)]
    probabilities[unsure == "pen"] = np.nan
    novelty = np.where(unsure == "pen", np.nan, rng.random(count)).astype(np.float32)
    return Verdicts(tuple(COLOURS), probabilities, novelty, unsure)


def in_chunks(verdicts, size):
    for start in range(0, len(verdicts), size):
        part = slice(start, start + size)
        yield Verdicts(verdicts.classes, verdicts.probabilities[part], verdicts.novelty[part], verdicts.unsure[part])


@settings(max_examples=30, deadline=None)
@given(st.lists(nuclei(), max_size=8), st.integers(1, 5))
def test_geojson_gives_back_the_same_nuclei(tmp_path_factory, found, chunk):
    folder = tmp_path_factory.mktemp("out")
    verdicts = verdicts_on(len(found))
    write_results(folder, IMAGE, found, in_chunks(verdicts, chunk), COLOURS, ["geojson"])
    back = list(open_nuclei(folder / "nuclei.geojson", IMAGE.mpp))
    assert [n.identity for n in back] == [n.identity for n in found]
    for before, after, doubt in zip(found, back, verdicts.unsure, strict=True):
        assert (after.x, after.y) == (before.x, before.y)
        assert (after.outline is None) == (before.outline is None)
        for ring, again in zip(before.outline or (), after.outline or (), strict=True):
            np.testing.assert_array_equal(ring, again)
        kept, back_kept = before.carried or Carried(), after.carried or Carried()
        assert (back_kept.measurements or {}).items() >= (kept.measurements or {}).items()
        assert (back_kept.object_type, back_kept.border) == (kept.object_type, kept.border)
        assert back_kept.name == kept.name
        assert after.label == f"unsure: {doubt}" if doubt else after.label in COLOURS


@settings(max_examples=10, deadline=None)
@given(st.lists(nuclei(), max_size=8), st.integers(1, 5))
def test_a_table_gives_back_the_same_places(tmp_path_factory, found, chunk):
    folder = tmp_path_factory.mktemp("out")
    found = [n for n in found if n.identity == n.identity.strip() and n.identity.isprintable()]
    write_results(folder, IMAGE, found, in_chunks(verdicts_on(len(found)), chunk), COLOURS, ["csv"])
    back = list(open_nuclei(folder / "nuclei.csv", IMAGE.mpp))
    assert [(n.identity, n.x, n.y) for n in back] == [(n.identity, n.x, n.y) for n in found]


@settings(max_examples=10, deadline=None)
@given(st.lists(nuclei(), min_size=1, max_size=5))
def test_every_feature_is_what_qupath_opens_as_a_detection_or_cell(tmp_path_factory, found):
    folder = tmp_path_factory.mktemp("out")
    write_results(folder, IMAGE, found, iter([verdicts_on(len(found))]), COLOURS, ["geojson"])

    def refuse(word):
        raise AssertionError(word)

    text = (folder / "nuclei.geojson").read_text(encoding="utf-8")
    collection = json.loads(text, parse_constant=refuse)  # no NaN: not every reader takes it
    assert collection["type"] == "FeatureCollection"
    for feature in collection["features"]:
        assert str(uuid.UUID(feature["id"])) == feature["id"].lower()
        properties = feature["properties"]
        assert properties["objectType"] in {"detection", "cell"}
        assert set(properties["classification"]) == {"name", "color"}
        assert all(isinstance(value, int) and 0 <= value <= 255 for value in properties["classification"]["color"])
        assert all(math.isfinite(value) for value in properties["measurements"].values())
        if feature["geometry"]["type"] == "Polygon":
            assert all(ring[0] == ring[-1] and len(ring) > 3 for ring in feature["geometry"]["coordinates"])
