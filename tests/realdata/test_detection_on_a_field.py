"""Nuclei of a real field, found without training."""

import pytest

from nucleoscope.slides.detection import find_nuclei
from nucleoscope.slides.detection.scoring import score_centres
from nucleoscope.slides.image import open_image
from nucleoscope.slides.nuclei import open_nuclei


@pytest.mark.realdata
def test_most_nuclei_of_a_real_field_are_found_without_training(data_folder):
    with open_image(data_folder / "crc-fields" / "img3.png", 0.55) as image:
        found = find_nuclei(image)
    known = open_nuclei(data_folder / "crc-fields" / "img3.centres.csv").centres
    score = score_centres(found.centres, known, 0.55)
    assert score.known == 170
    assert score.recall > 0.8
    assert score.f1 > 0.65
