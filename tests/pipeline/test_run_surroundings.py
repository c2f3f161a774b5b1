"""A run whose models see more of the field: another picture of the same nuclei, at another resolution."""

import dataclasses
import json

import numpy as np
import pytest

from nucleoscope.data.reading import read_pictures
from nucleoscope.errors import ConfigError, DataError, RunFolderError
from nucleoscope.models.bundle import load_bundle
from nucleoscope.models.specification import Kind
from nucleoscope.pipeline.predict import predict_crops
from nucleoscope.pipeline.reporter import Silent
from nucleoscope.pipeline.run import load_prepared, run, run_stage
from nucleoscope.pipeline.settings import RunSettings

SETTINGS = RunSettings(models=(Kind.MODEL1,), mpp=0.25, surroundings=2, epochs=1, fold=(1, 3))


@pytest.fixture(scope="module")
def folder(competition, tmp_path_factory):
    return run(competition, tmp_path_factory.mktemp("runs") / "wide", SETTINGS)


def test_the_bundle_sees_twice_the_width_at_half_the_resolution(folder):
    config = load_bundle(folder.model(Kind.MODEL1).bundle).config
    assert (config.specification.size, config.mpp) == ((48, 48), 0.5)
    assert json.loads(folder.model(Kind.MODEL1).metrics.read_text())["protocol"] == "tiles"


def test_a_later_process_puts_the_same_crops_together(folder, competition):
    first, again = (load_prepared(folder, Silent()).dataset for _ in range(2))
    np.testing.assert_array_equal(first.crops.images, again.crops.images)
    np.testing.assert_array_equal(first.test.images, again.test.images)
    assert first.crops.mpp == first.test.mpp == 0.5
    middle = first.crops.images[:, 12:36, 12:36].astype(int)  # what the crop itself shows, at half its resolution
    whole = read_pictures(competition / "train").images
    by_name = dict(zip(read_pictures(competition / "train").names, whole, strict=True))
    own = np.stack([by_name[name] for name in first.crops.names]).reshape(-1, 24, 2, 24, 2, 3).mean(axis=(2, 4))
    assert np.abs(middle - own).max() <= 1


def test_test_crops_are_shown_with_their_surroundings_too(folder):
    prepared = load_prepared(folder, Silent())
    run_stage("predict", prepared, Kind.MODEL1, folder, Silent())
    rows = folder.model(Kind.MODEL1).submission.read_text().splitlines()
    assert len(rows) == 1 + len(prepared.dataset.test)


def test_crops_alone_do_not_show_what_the_bundle_needs(folder, competition, tmp_path):
    crops = dataclasses.replace(read_pictures(competition / "test"), mpp=0.25)
    with pytest.raises(DataError) as refused:
        predict_crops(load_bundle(folder.model(Kind.MODEL1).bundle), crops, tmp_path / "p.csv", Silent())
    assert str(refused.value) == (
        "crops of 48x48 pixels at 0.25 um/pixel show less tissue than the model needs (48x48 at 0.5); "
        "cut them larger: at least 96x96 pixels"
    )


def test_crops_of_unknown_resolution_are_refused(competition, tmp_path):
    with pytest.raises(ConfigError) as refused:
        run(competition, tmp_path / "run", RunSettings(surroundings=2))
    assert str(refused.value) == (
        "surroundings need to know the resolution of the crops, and the data do not say it: "
        "give it with --mpp, such as --mpp 0.25"
    )
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("times", [0, 9])
def test_a_width_out_of_range_is_refused(times):
    with pytest.raises(ConfigError) as refused:
        RunSettings(surroundings=times)
    assert str(refused.value) == f"surroundings is {times}; expected from 1 (the crop alone) to 8"


def test_tiles_of_other_crops_are_refused(folder, monkeypatch):
    text = folder.tiles.read_text()
    folder.tiles.write_text("\n".join(text.splitlines()[:-1]) + "\n")
    with pytest.raises(RunFolderError) as refused:
        load_prepared(folder, Silent())
    folder.tiles.write_text(text)
    assert str(refused.value) == (
        f'"{folder.tiles}" is not about the crops of this run; expected a row with name, set, tile, x, y for each, '
        "labelled ones first: start again with another --out"
    )
