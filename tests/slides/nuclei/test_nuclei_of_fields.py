"""The tables of the real fields are read whole, and all of their nuclei lie in their pictures."""

import pytest
from PIL import Image

from nucleoscope.slides.nuclei import open_nuclei

pytestmark = pytest.mark.realdata


def test_nuclei_of_the_fields_lie_in_their_pictures(data_folder):
    tables = sorted((data_folder / "crc-fields").glob("*.csv"))
    assert tables
    for table in tables:
        file = open_nuclei(table)
        with Image.open(table.parent / f"{table.name.split('.')[0]}.png") as picture:
            assert file.within(picture.size).skipped == {}
        assert len(file) == sum(1 for line in table.read_text().splitlines()[1:] if line.strip())
        assert all(nucleus.label for nucleus in file) is not table.name.endswith(".centres.csv")
