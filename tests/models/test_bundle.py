import json

import pytest
import torch

from nucleoscope.errors import ConfigError, RunFolderError
from nucleoscope.models.bundle import (
    CARD_FILE,
    CONFIG_FILE,
    WEIGHTS_FILE,
    Bundle,
    BundleConfig,
    load_bundle,
    save_bundle,
)
from nucleoscope.models.specification import Kind, Specification


@pytest.fixture(params=[Kind.MODEL1, Kind.MODEL2])
def bundle(request):
    specification = Specification(request.param, 3, (32, 40), 8, "mobilenet_v3_small")
    model = specification.build(None)[0].eval()
    config = BundleConfig(
        specification,
        ("a", "b", "c"),
        (0, 3, 5),
        tuple(model.mean.flatten().tolist()),
        tuple(model.std.flatten().tolist()),
        mpp=0.5,
        temperature=1.5,
        adjustment=(0.0, 0.1, -0.2),
        coverage=0.95,
        set_threshold=0.2,
        novelty_threshold=-3.5,
        provenance={"seed": 1},
    )
    return Bundle(model, config)


def test_it_comes_back_as_it_was(bundle, tmp_path):
    save_bundle(tmp_path / "model", bundle, "card")
    loaded = load_bundle(tmp_path / "model")
    assert loaded.config == bundle.config
    pictures = torch.rand(2, 3, 32, 40)
    assert torch.equal(loaded.model(pictures), bundle.model(pictures))
    assert {path.name for path in (tmp_path / "model").iterdir()} == {WEIGHTS_FILE, CONFIG_FILE, CARD_FILE}


def test_a_folder_without_config_is_no_bundle(tmp_path):
    with pytest.raises(RunFolderError) as error:
        load_bundle(tmp_path)
    assert str(error.value) == (
        f'"{tmp_path}" is no bundle: it has no config.json; expected a folder like RUN/model2/model that holds '
        "model.safetensors and config.json"
    )


def test_weights_that_do_not_belong_to_the_config_are_refused(bundle, tmp_path):
    save_bundle(tmp_path, bundle, "card")
    values = json.loads((tmp_path / CONFIG_FILE).read_text())
    values["specification"]["n_classes"] = 4
    (tmp_path / CONFIG_FILE).write_text(json.dumps(values))
    with pytest.raises(RunFolderError, match=r"is missing, damaged or of another architecture than config\.json says"):
        load_bundle(tmp_path)


@pytest.mark.parametrize("damage", [b"", b"garbage" * 100])
def test_damaged_weights_are_refused(bundle, tmp_path, damage):
    save_bundle(tmp_path, bundle, "card")
    (tmp_path / WEIGHTS_FILE).write_bytes(damage)
    with pytest.raises(RunFolderError, match=r"model\.safetensors is missing, damaged"):
        load_bundle(tmp_path)


def _change(folder, bundle, **changes):
    save_bundle(folder, bundle, "card")
    values = json.loads((folder / CONFIG_FILE).read_text()) | changes
    (folder / CONFIG_FILE).write_text(json.dumps(values))


def test_an_unknown_key_fails_with_the_nearest_name(bundle, tmp_path):
    _change(tmp_path, bundle, temprature=2.0)
    with pytest.raises(ConfigError, match=r'unknown setting "temprature" of BundleConfig; did you mean "temperature"'):
        load_bundle(tmp_path)


def test_a_later_format_is_refused(bundle, tmp_path):
    _change(tmp_path, bundle, format_version=9)
    with pytest.raises(RunFolderError) as error:
        load_bundle(tmp_path)
    assert str(error.value) == (
        f'bundle "{tmp_path}": format 9; this nucleoscope reads 1: use the version that wrote it'
    )


def test_a_config_that_is_no_json_is_refused(bundle, tmp_path):
    save_bundle(tmp_path, bundle, "card")
    (tmp_path / CONFIG_FILE).write_text("{")
    with pytest.raises(RunFolderError, match=r"config.json is damaged \(.*\); expected what nucleoscope wrote"):
        load_bundle(tmp_path)


def test_a_bundle_of_before_there_was_a_novelty_threshold_loads(bundle, tmp_path):
    save_bundle(tmp_path, bundle, "card")
    values = json.loads((tmp_path / CONFIG_FILE).read_text())
    del values["novelty_threshold"]
    (tmp_path / CONFIG_FILE).write_text(json.dumps(values))
    assert load_bundle(tmp_path).config.novelty_threshold is None
