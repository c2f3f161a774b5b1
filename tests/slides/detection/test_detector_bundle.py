import json

import numpy as np
import pytest
import torch

from nucleoscope.errors import ConfigError, RunFolderError
from nucleoscope.slides.detection import LearnedDetector, load_detector, save_detector
from nucleoscope.slides.detection.network import CentreNet


@pytest.fixture
def detector():
    torch.manual_seed(0)
    return LearnedDetector(CentreNet(width=4).eval(), -1.25, 3.5, 0.5, "mine")


@pytest.fixture
def folder(detector, tmp_path):
    save_detector(tmp_path / "det", detector, {"fields": 7})
    return tmp_path / "det"


def test_a_detector_comes_back_as_it_was_from_two_files_without_code(detector, folder):
    assert sorted(path.name for path in folder.iterdir()) == ["detector.json", "detector.safetensors"]
    loaded = load_detector(folder)
    assert (loaded.threshold, loaded.separation, loaded.mpp) == (-1.25, 3.5, 0.5)
    assert loaded.name == 'trained detector "det" (7 labelled fields)'
    block = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    np.testing.assert_array_equal(loaded.adapt(list)(block), detector.adapt(list)(block))


def test_a_folder_without_a_detector_is_one_line(tmp_path):
    with pytest.raises(RunFolderError) as error:
        load_detector(tmp_path)
    assert str(error.value) == (
        f'"{tmp_path}" is no detector: it has no detector.json; expected a folder that `nucleoscope detector` wrote'
    )


def change(folder, **values):
    path = folder / "detector.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def test_weights_of_another_width_are_one_line(folder):
    change(folder, width=8)
    with pytest.raises(RunFolderError) as error:
        load_detector(folder)
    assert str(error.value) == (
        f'detector "{folder}": detector.safetensors is missing, damaged or of another width than detector.json says '
        "(8); train it again with `nucleoscope detector`"
    )


@pytest.mark.parametrize("content", [None, b"", b"\x00" * 40])
def test_missing_or_damaged_weights_are_one_line(folder, content):
    (folder / "detector.safetensors").unlink()
    if content is not None:
        (folder / "detector.safetensors").write_bytes(content)
    with pytest.raises(RunFolderError, match=r"detector\.safetensors is missing, damaged or of another width"):
        load_detector(folder)


def test_another_format_is_one_line(folder):
    change(folder, format_version=9)
    with pytest.raises(RunFolderError) as error:
        load_detector(folder)
    assert str(error.value) == (
        f'detector "{folder}": format 9; this nucleoscope reads 1: use the version that wrote it'
    )


@pytest.mark.parametrize("text", ["{", "{}", "[]", '{"format_version": 1}'])
def test_a_damaged_record_is_one_line(folder, text):
    (folder / "detector.json").write_text(text)
    with pytest.raises(RunFolderError, match=r"detector\.json is damaged .*; train it again with `nucleoscope det"):
        load_detector(folder)


def test_an_unknown_setting_is_named(folder):
    change(folder, treshold=1)
    with pytest.raises(ConfigError, match=r'unknown setting "treshold" of DetectorRecord; did you mean "threshold"\?'):
        load_detector(folder)


@pytest.mark.parametrize("values", [{"width": "wide"}, {"width": None}, {"mpp": "fine"}, {"threshold": None}])
def test_a_number_that_is_none_is_one_line(folder, values):
    change(folder, **values)
    with pytest.raises(RunFolderError, match=r"detector\.json is damaged .*; train it again with `nucleoscope det"):
        load_detector(folder)


def test_a_number_outside_of_its_range_is_one_line(folder):
    change(folder, mpp=7.0)
    with pytest.raises(ConfigError, match=r"^mpp of the detector is 7\.0; expected 0\.2 to 1 um/pixel$"):
        load_detector(folder)
