import numpy as np
import pytest
from scipy import ndimage

from nucleoscope.data.synthetic import cut_crops, make_field
from nucleoscope.slides.cut import walk_crops
from nucleoscope.slides.image import open_image
from nucleoscope.slides.tissue import find_artefacts

RNG = np.random.default_rng(0)
INKS = {
    "green": (20, 140, 70),
    "blue": (30, 60, 170),
    "dark blue": (25, 35, 140),
    "black": (25, 25, 30),
    "red": (210, 25, 35),
}


@pytest.fixture(scope="module")
def crops():
    return cut_crops([make_field(3, "tumour", 320)]).images


def seen(light):
    """As a sensor gives it."""
    return np.clip(np.rint(light + RNG.normal(0, 2, light.shape)), 0, 255).astype(np.uint8)


def blurred(crops, um, mpp=0.25):
    return ndimage.gaussian_filter(crops.astype(np.float32), (0, um / mpp, um / mpp, 0))


def share(crops, kinds, mpp=0.25):
    return np.isin(find_artefacts(crops, mpp), kinds).mean()


def test_tissue_is_left_alone(crops):
    assert len(crops) > 10
    assert find_artefacts(crops, 0.25).tolist() == [""] * len(crops)


@pytest.mark.parametrize("level", [250, 240, 225, 200, 170])
def test_glass_is_found_whatever_the_lamp(level):
    assert share(seen(np.full((20, 100, 100, 3), float(level))), "glass") == 1


def test_a_crop_is_glass_where_tissue_is_only_at_its_edge(crops):
    beside = crops[:5].copy()
    beside[:, :, 20:] = 244
    assert share(seen(beside.astype(float)), "glass") == 1


@pytest.mark.parametrize("ink", INKS)
def test_pen_is_found_on_glass_and_on_tissue(crops, ink):
    through = np.array(INKS[ink]) / 255
    assert share(seen(np.full((5, 100, 100, 3), 240) * through), "pen") == 1
    assert share(seen(crops * through), "pen") > 0.9


@pytest.mark.parametrize("um", [1.5, 2.0, 3.0, 5.0])
def test_blur_is_found(crops, um):
    assert share(seen(blurred(crops, um)), "blur") > 0.95


def test_a_fold_is_found(crops):
    above = blurred(crops[::-1], 0.75)
    fold = blurred(crops * above / 240, 0.5)
    assert share(seen(fold), ["fold", "blur"]) > 0.8


@pytest.mark.parametrize("mpp", [0.125, 0.2, 0.35, 0.5, 1.0])
def test_artefacts_are_found_at_other_resolutions(crops, mpp):
    side = round(25 / mpp)
    zoom = (1, side / 100, side / 100, 1)
    few = crops[:6].astype(np.float32)
    assert share(seen(ndimage.zoom(few, zoom, order=1)), "", mpp) == 1
    assert share(seen(np.full((3, side, side, 3), 240.0)), "glass", mpp) == 1
    if mpp <= 0.5:
        assert share(seen(ndimage.zoom(blurred(few, 2.0), zoom, order=1)), "blur", mpp) == 1


@pytest.mark.parametrize("size", [(24, 24), (25, 31), (100, 100), (300, 257)])
def test_crops_of_any_size_are_judged_by_their_middle(crops, size):
    pads = [(0, 0), *((max(0, side - 100),) * 2 for side in size), (0, 0)]
    padded = np.pad(crops, pads, mode="reflect") if max(size) > 100 else crops
    top, left = ((have - side) // 2 for have, side in zip(padded.shape[1:3], size, strict=True))
    cut = padded[:, top : top + size[0], left : left + size[1]]
    found = find_artefacts(cut, 0.25)
    assert found.shape == (len(crops),)
    if min(size) >= 100:
        assert np.array_equal(found, find_artefacts(crops, 0.25))


def test_no_crops_have_no_artefacts():
    assert find_artefacts(np.empty((0, 100, 100, 3), np.uint8), 0.25).shape == (0,)


@pytest.mark.realdata
@pytest.mark.parametrize(("folder", "mpp"), [("fields", 0.25), ("crc-fields", 0.5)])
def test_nuclei_of_real_fields_are_tissue(data_folder, folder, mpp):
    found = []
    for path in sorted((data_folder / folder).glob("*.png")):
        centres = np.loadtxt(path.with_suffix(".csv"), delimiter=",", skiprows=1, usecols=(0, 1), ndmin=2)
        with open_image(path, mpp) as image:
            places = np.clip(centres, 0, image.size)
            found += [find_artefacts(crops, 0.25) for _, crops in walk_crops(image, places, (100, 100), 0.25)]
    everything = np.concatenate(found)
    assert len(everything) > 1000
    assert (everything != "").mean() < 0.01
