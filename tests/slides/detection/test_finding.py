import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from nucleoscope.data.synthetic import make_field
from nucleoscope.errors import DataError
from nucleoscope.slides.detection import HaematoxylinDetector, LearnedDetector, find_nuclei
from nucleoscope.slides.detection.network import CentreNet
from nucleoscope.slides.detection.scoring import score_centres
from nucleoscope.slides.image import ArrayReader, SlideImage
from nucleoscope.slides.image.resolution import UNKNOWN


def image_of(pixels, mpp=0.25, name="field.png"):
    return SlideImage(Path(name), ArrayReader(pixels, "picture", UNKNOWN), mpp)


@pytest.fixture(scope="module")
def field():
    return make_field(seed=5, size=400)


@pytest.fixture(scope="module")
def untaught():
    """A network that nobody has trained: it responds to everything, which is where blocks would show most."""
    torch.manual_seed(1)
    network = CentreNet(width=4)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_var.fill_(0.05)
    return LearnedDetector(network.eval(), -100.0, 3.0, 0.5, "untaught")


def test_most_nuclei_of_synthetic_tissue_are_found_without_training(field):
    found = find_nuclei(image_of(field.image))
    score = score_centres(found.centres, field.centres, field.mpp)
    assert score.recall > 0.6
    assert score.precision > 0.6


@pytest.mark.parametrize("detector", ["haematoxylin", "network"])
@pytest.mark.parametrize("mpp", [0.25, 0.55])  # a grid that is coarser than the image, and a finer one
def test_blocks_have_no_influence_on_what_is_found(field, untaught, detector, mpp):
    image = image_of(field.image, mpp)
    detector = HaematoxylinDetector(threshold=0.02) if detector == "haematoxylin" else untaught
    whole = find_nuclei(image, detector)
    assert len(whole) > 20
    for side in (64, 96):
        parts = find_nuclei(image, detector, side=side)
        assert len(parts) == len(whole)
        np.testing.assert_allclose(parts.centres, whole.centres, atol=0.02)
        np.testing.assert_allclose(parts.scores, whole.scores, rtol=1e-2, atol=1e-3)


def test_memory_is_that_of_a_block(field):
    largest = 0

    class Watched(ArrayReader):
        def read(self, x, y, width, height):
            nonlocal largest
            largest = max(largest, width * height)
            return super().read(x, y, width, height)

    pixels = np.tile(field.image, (4, 4, 1))  # 1600 x 1600
    found = find_nuclei(SlideImage(Path("wide.png"), Watched(pixels, "picture", UNKNOWN), 0.25), side=96)
    assert len(found) > 100
    assert largest < 0.3 * 1600 * 1600


def test_a_shifted_image_has_shifted_nuclei(field, untaught):
    # By 8 pixels of the detector's resolution, a whole step of the network's coarsest maps.
    detector = dataclasses.replace(untaught, mpp=0.25)
    here = find_nuclei(image_of(field.image), detector).centres
    there = find_nuclei(image_of(field.image[8:, 16:]), detector).centres + np.array([16, 8])

    def inner(centres):
        return centres[((centres > 120) & (centres < 280)).all(axis=1)]

    assert len(inner(here)) > 10
    np.testing.assert_allclose(inner(here), inner(there), atol=0.02)


def test_every_nucleus_lies_on_the_image_in_order_and_has_its_own_lasting_uuid(field):
    image = image_of(field.image[:333, :251])
    found = find_nuclei(image, HaematoxylinDetector(threshold=0.02))
    assert ((found.centres >= 0) & (found.centres <= (251, 333))).all()
    np.testing.assert_array_equal(np.lexsort((found.centres[:, 0], found.centres[:, 1])), np.arange(len(found)))
    nuclei, again = list(found), list(find_nuclei(image, HaematoxylinDetector(threshold=0.02)))
    assert nuclei == again
    assert len({nucleus.identity for nucleus in nuclei}) == len(found)
    np.testing.assert_array_equal([(nucleus.x, nucleus.y) for nucleus in nuclei], found.centres)
    assert found.skipped == {}


@pytest.mark.parametrize("level", [255, 235, 0])
def test_on_glass_and_on_black_nothing_is_found(level, untaught):
    image = image_of(np.full((150, 170, 3), level, np.uint8))
    assert len(find_nuclei(image)) == 0
    if level:
        assert len(find_nuclei(image, untaught)) == 0


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (7, 3), (33, 65)])
def test_the_smallest_images_are_no_special_case(size, untaught, field):
    image = image_of(np.ascontiguousarray(field.image[: size[0], : size[1]]))
    for detector in (None, untaught):
        found = find_nuclei(image, detector)
        assert (found.centres <= size[::-1]).all()


def test_progress_counts_the_blocks(field):
    told = []
    find_nuclei(image_of(field.image), progress=lambda done, total: told.append((done, total)), side=128)
    assert told == [(done, 4) for done in range(1, 5)]


def test_an_image_too_coarse_for_nuclei_is_refused(field):
    with pytest.raises(DataError) as error:
        find_nuclei(image_of(field.image, 2.0, "low.png"))
    assert str(error.value) == (
        "low.png has 2 um/pixel (--mpp says so); nuclei are found at 1 um/pixel or finer: take a finer scan, or give "
        "the nuclei with --nuclei"
    )
