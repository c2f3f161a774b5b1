from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nucleoscope.errors import DataError
from nucleoscope.slides.blocks import blocks_of
from nucleoscope.slides.cut import crops_of_block, walk_crops
from nucleoscope.slides.image import ArrayReader, SlideImage

RNG = np.random.default_rng(0)
PIXELS = np.asarray(
    Image.fromarray(RNG.integers(0, 256, (45, 60, 3), dtype=np.uint8)).resize((480, 360), Image.Resampling.BICUBIC)
)


def slide(pixels=PIXELS, mpp=0.25):
    return SlideImage(Path("field.png"), ArrayReader(np.ascontiguousarray(pixels)), mpp)


def crops_in_order(image, centres, size, mpp, side=64):
    crops = np.zeros((len(centres), *size, 3), np.uint8)
    times = np.zeros(len(centres), int)
    for index, found in walk_crops(image, centres, size, mpp, side):
        crops[index] = found
        times[index] += 1
    assert (times == 1).all()
    return crops


def ring(radius, mpp, side=400, x=200.0, y=200.0):
    """A dark disc of this radius in um, its centre at x, y in pixels, drawn with soft edges."""
    ys, xs = np.mgrid[:side, :side] + 0.5
    inside = np.clip(radius / mpp - np.hypot(xs - x, ys - y) + 0.5, 0, 1)
    return np.repeat(np.rint(255 - 200 * inside).astype(np.uint8)[..., None], 3, axis=2)


def measured(crop, mpp):
    """Centre x, y in pixels and radius in um of a dark disc."""
    dark = (255 - crop[..., 0].astype(float)) / 200
    ys, xs = np.mgrid[: crop.shape[0], : crop.shape[1]] + 0.5
    return (dark * xs).sum() / dark.sum(), (dark * ys).sum() / dark.sum(), np.sqrt(dark.sum() / np.pi) * mpp


@pytest.mark.parametrize("size", [(100, 100), (25, 24), (24, 31)])
def test_crops_are_windows_that_go_on_as_in_a_mirror_beyond_the_border(size):
    corners_and_edges = [[0, 0], [480, 360], [0.2, 200], [479.6, 3.3], [240, 360]]
    centres = np.concatenate([np.array(corners_and_edges, float), RNG.random((200, 2)) * (480, 360)])
    padded = np.pad(PIXELS, ((60, 60), (60, 60), (0, 0)), mode="reflect")
    for crop, (x, y) in zip(crops_in_order(slide(), centres, size, 0.25), centres, strict=True):
        top, left = round(y) + 60 - size[0] // 2, round(x) + 60 - size[1] // 2
        assert np.array_equal(crop, padded[top : top + size[0], left : left + size[1]])


def test_a_crop_may_be_larger_than_the_image():
    small = PIXELS[:20, :31]
    (crop,) = crops_of_block(slide(small), np.array([[15.0, 10.0]]), (100, 100), 0.25)
    assert np.array_equal(crop, np.pad(small, ((40, 40), (35, 35), (0, 0)), mode="reflect")[:100, :100])


@pytest.mark.parametrize("mpp", [None, 0.25, 0.5, 0.4, 0.1])
def test_the_blocks_do_not_show_in_the_crops(mpp):
    centres = RNG.random((60, 2)) * (480, 360)
    small, large = (crops_in_order(slide(), centres, (32, 32), mpp, side).astype(int) for side in (50, 10_000))
    # Where it resamples, Pillow takes places in single precision.
    assert np.abs(small - large).max() <= (0 if mpp in (None, 0.25) else 2)


@pytest.mark.parametrize("mpp", [0.25, 0.5, 0.125])
def test_crops_move_with_the_tissue(mpp):
    # Even steps: a resampled pixel may cover two of the image.
    right, down = 34, 52
    centres = np.concatenate([RNG.random((40, 2)), [[0.5, 0.5], [0.25, 0.75]]]) * (200, 100) + 120
    centres[:8] = np.floor(centres[:8]) + 0.5  # middles of pixels, where rounding is a toss
    moved = np.roll(PIXELS, (down, right), axis=(0, 1))
    before = crops_in_order(slide(), centres, (40, 40), mpp).astype(int)
    after = crops_in_order(slide(moved), centres + np.array([right, down]), (40, 40), mpp)
    assert np.abs(before - after).max() <= (0 if mpp == 0.25 else 1)
    if mpp == 0.25:  # at the same resolution, odd steps too
        odd = crops_in_order(slide(np.roll(PIXELS, (1, 1), axis=(0, 1))), centres + 1, (40, 40), mpp)
        assert np.array_equal(before, odd)


@pytest.mark.parametrize("image_mpp", [0.1, 0.2, 0.25, 0.37, 0.5, 1.0])
def test_a_disc_of_5_um_stays_one_and_stays_in_the_middle(image_mpp):
    x, y = 200.3, 199.1
    (crop,) = crops_of_block(slide(ring(5.0, image_mpp, x=x, y=y), image_mpp), np.array([[x, y]]), (100, 100), 0.25)
    found_x, found_y, radius = measured(crop, 0.25)
    assert radius == pytest.approx(5.0, rel=0.01)
    # The nucleus is rounded to a whole pixel of the crop, so it is half of one away at most.
    assert abs(found_x - 50) <= 0.51
    assert abs(found_y - 50) <= 0.51


@pytest.mark.parametrize("image_mpp", [0.125, 0.37, 0.5, 1.0])
def test_resampling_does_not_shift(image_mpp):
    places = np.array([[x, 200.0] for x in np.linspace(150, 250, 41)])
    shifts = []
    for x, y in places:
        image = slide(ring(5.0, image_mpp, x=x, y=y), image_mpp)
        (crop,) = crops_of_block(image, np.array([[x, y]]), (100, 100), 0.25)
        rounded = np.floor(x * image_mpp / 0.25 + 0.5) - x * image_mpp / 0.25
        shifts.append(measured(crop, 0.25)[0] - 50 + rounded)
    assert np.abs(shifts).max() < 0.03


@pytest.mark.parametrize("factor", [2, 3])
def test_crops_are_those_of_the_image_resampled_as_a_whole(factor):
    image = slide(mpp=0.25)
    coarse = np.asarray(Image.fromarray(PIXELS).resize((480 // factor, 360 // factor), Image.Resampling.BICUBIC))
    centres = RNG.random((30, 2)) * (200, 100) + 130
    found = crops_in_order(image, centres, (24, 24), 0.25 * factor).astype(int)
    expected = crops_in_order(slide(coarse, 0.25 * factor), centres / factor, (24, 24), None)
    assert np.abs(found - expected).max() <= 1


def test_resolutions_that_hardly_differ_are_left_alone():
    centres = np.array([[100.0, 100.0]])
    as_it_is = crops_of_block(slide(), centres, (50, 50), None)
    assert np.array_equal(crops_of_block(slide(mpp=0.252), centres, (50, 50), 0.25), as_it_is)


def test_resolutions_too_far_apart_are_refused():
    with pytest.raises(DataError) as error:
        next(walk_crops(slide(mpp=4.0), np.array([[1.0, 1.0]]), (100, 100), 0.25))
    assert str(error.value) == (
        "field.png has 4 um/pixel (--mpp says so), the model expects 0.25; expected at most 8 times more or less: "
        "check the resolution, or take an image nearer to it"
    )


def test_no_nuclei_are_no_crops():
    nobody = np.empty((0, 2))
    assert crops_of_block(slide(), nobody, (24, 32), 0.25).shape == (0, 24, 32, 3)
    assert list(walk_crops(slide(), nobody, (24, 24), 0.25)) == []


def test_memory_is_bounded_by_the_size_of_the_crops():
    centres = np.full((300, 2), 100.0)
    sizes = [len(index) for index, _ in walk_crops(slide(), centres, (512, 512), 0.25)]
    assert sum(sizes) == 300
    assert max(sizes) * 512 * 512 * 3 <= 2**26


@pytest.mark.parametrize("side", [1, 7, 64, 1000])
def test_every_nucleus_is_in_one_block_and_on_its_region(side):
    size = (480, 360)
    centres = np.concatenate([RNG.random((150, 2)) * size, [[480, 360], [0, 360], [480, 0]]])
    seen = []
    for block in blocks_of(centres, size, side, margin=5, most=10):
        assert 1 <= len(block) <= 10
        assert (np.diff(block.index) > 0).all()
        assert block.left >= 0
        assert block.top >= 0
        assert block.left + block.width <= 480
        assert block.top + block.height <= 360
        first = np.array([block.left, block.top])
        inside = (centres[block.index] >= first) & (
            centres[block.index] <= first + np.array([block.width, block.height])
        )
        assert inside.all()
        seen.append(block.index)
    assert np.array_equal(np.sort(np.concatenate(seen)), np.arange(len(centres)))


@pytest.mark.parametrize("place", [(480.5, 3.0), (np.nan, 3.0), (-0.1, 3.0), (np.inf, 3.0)])
def test_a_nucleus_outside_is_refused_and_not_dropped(place):
    with pytest.raises(DataError) as error:
        list(blocks_of(np.array([[1.0, 1.0], place]), (480, 360)))
    assert str(error.value) == (
        f"nucleus 2 of 2 is at x {place[0]:g}, y 3, outside the image of 480x360 pixels; expected full-resolution "
        "pixels of this image: check the unit and the order of x and y"
    )
