"""Engines of a trained bundle: they agree with PyTorch, and what does not fit is refused in one line."""

import dataclasses
import json
import shutil

import numpy as np
import pytest
import torch

from nucleoscope.data.synthetic import cut_crops, make_fields
from nucleoscope.errors import ConfigError, EngineError
from nucleoscope.models.bundle import Bundle, BundleConfig, load_bundle, save_bundle
from nucleoscope.models.specification import Kind, Specification
from nucleoscope.prediction.engines import build, catalogue, choice, opening
from nucleoscope.prediction.engines.build import build_engines
from nucleoscope.prediction.engines.catalogue import ENGINES, TORCH, check_engine
from nucleoscope.prediction.engines.choice import choose_engine
from nucleoscope.prediction.engines.export import FromBytes
from nucleoscope.prediction.engines.opening import open_runner, usable
from nucleoscope.prediction.engines.record import Parity, read_record
from nucleoscope.prediction.engines.torch_engine import TorchEngine
from nucleoscope.prediction.probabilities import predict_probabilities

pytest.importorskip("openvino")
pytest.importorskip("onnxruntime")
pytest.importorskip("nncf")

SIZE = (40, 32)


@pytest.fixture(scope="module")
def images():
    return cut_crops(make_fields(8, seed=0, size=192), size=48).images[:200, 4:44, 8:40]


def _save(folder, seed=0, **changes):
    torch.manual_seed(seed)
    specification = Specification(Kind.MODEL1, 3, SIZE, 8, **changes)
    model = specification.build(None)[0].eval()
    # An untrained head decides by a hair; a large one is as sure as a trained one.
    torch.nn.init.normal_(model.head.weight, std=20.0)
    mean, std = tuple(model.mean.flatten().tolist()), tuple(model.std.flatten().tolist())
    save_bundle(folder, Bundle(model, BundleConfig(specification, ("a", "b", "c"), (0, 1, 2), mean, std)), "card")
    return load_bundle(folder)


@pytest.fixture(scope="module")
def built(images, tmp_path_factory):
    bundle = _save(tmp_path_factory.mktemp("bundle") / "model", surround=0.3)
    return bundle, build_engines(bundle, images, np.arange(len(images)), seed=0)


@pytest.fixture
def copy(built, tmp_path):
    shutil.copytree(built[0].folder, tmp_path / "model")
    return load_bundle(tmp_path / "model")


def _names():
    return [name for name in ENGINES if opening.runs_here(name)]


def test_all_that_runs_here_is_built_and_on_record(built):
    bundle, record = built
    assert record.failures == {}
    assert list(record.engines) == [TORCH, *_names()]
    assert read_record(bundle.folder, bundle.config) == record
    assert {path.name for path in (bundle.folder / "engines").iterdir()} == {
        "engines.json",
        "float32.onnx",
        "int8.onnx",
    }


@pytest.mark.parametrize("name", list(ENGINES))
@pytest.mark.parametrize("views", [1, 8])
def test_an_engine_predicts_what_pytorch_predicts(built, images, name, views):
    bundle, record = built
    if name not in _names():
        pytest.skip("this processor has no bfloat16")
    bundle = dataclasses.replace(bundle, config=dataclasses.replace(bundle.config, views=views))
    expected = predict_probabilities(bundle, images, engine=TORCH)
    found = predict_probabilities(bundle, images, engine=name)
    assert (found.argmax(1) == expected.argmax(1)).mean() >= 0.98
    parity = record.engines[name]
    assert parity.crops == 1000
    assert (parity.margin is None) == (ENGINES[name].exact is None)
    if ENGINES[name].exact is None:
        assert parity.largest_probability_difference < 1e-3
        assert parity.equal_decisions == 1.0


@pytest.mark.parametrize("count", [1, 3, 33])
@pytest.mark.parametrize("name", ["openvino", "onnxruntime"])
def test_any_number_of_crops_gives_the_same_logits(built, images, name, count):
    runner = open_runner(built[0], name)
    assert np.allclose(runner.logits(images[:count]), runner.logits(images)[:count], atol=1e-3)


@pytest.mark.parametrize("count", [63, 100, 200])
@pytest.mark.parametrize("name", ["openvino", "onnxruntime"])
def test_the_last_crops_are_computed_from_their_own_pixels(built, images, name, count):
    # 62 fill a step of OpenVINO. The last step was freed while it was computed: a pixel or two of one crop were others.
    wanted = TorchEngine(built[0].model, exact=True).logits(images[:count])
    for _ in range(3):
        found = open_runner(built[0], name).logits(images[:count])
        assert np.abs(found - wanted).max() < 1e-3 * np.abs(wanted).max()


@pytest.mark.parametrize("surround", [1.0, 0.3])
@pytest.mark.parametrize("input_size", [None, 24])
def test_the_exported_graph_does_what_the_classifier_does(images, surround, input_size):
    model = Specification(Kind.MODEL1, 3, SIZE, 8, surround=surround).build(None)[0].eval()
    model.input_size = input_size
    pictures = torch.from_numpy(np.array(images[:4]))
    wanted = model(pictures.permute(0, 3, 1, 2) / 255.0)
    assert torch.allclose(FromBytes(model, SIZE)(pictures), wanted, atol=1e-4)


def test_the_margin_and_the_parity_are_of_different_crops(built, images, monkeypatch):
    seeds = []
    original = build.changed_crops
    monkeypatch.setattr(build, "changed_crops", lambda i, n, seed: seeds.append(seed) or original(i, n, seed)[:20])
    monkeypatch.setattr(build, "write_record", lambda *_: None)
    monkeypatch.setattr(build, "ENGINES", {})
    folder = built[0].folder.parent / "other"
    shutil.copytree(built[0].folder, folder)
    build_engines(load_bundle(folder), images, np.arange(50), seed=5)
    assert sorted(seeds) == [5, 6]


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(ConfigError) as error:
        check_engine("openvno-int8")
    assert str(error.value) == (
        'unknown engine "openvno-int8"; expected one of auto, torch, onnxruntime, onnxruntime-int8, openvino, '
        'openvino-bf16, openvino-int8; did you mean "openvino-int8"?'
    )


def test_an_engine_that_is_not_installed_names_the_extra(built, monkeypatch):
    monkeypatch.setattr(opening, "is_installed", lambda package: package != "openvino")
    with pytest.raises(EngineError) as error:
        open_runner(built[0], "openvino")
    assert str(error.value) == (
        "engine \"openvino\" needs the package openvino, which is not installed: pip install 'nucleoscope[fast]', "
        "or take --engine torch"
    )
    assert usable(built[0]) == ["onnxruntime", "onnxruntime-int8", "torch"]


def test_a_bundle_without_engines_says_how_to_build_them(copy):
    build.drop_engines(copy.folder)
    with pytest.raises(EngineError) as error:
        open_runner(copy, "openvino")
    assert str(error.value) == (
        f'the bundle "{copy.folder}" has no engine "openvino"; it has none: build it with `nucleoscope engines RUN`, '
        "or take --engine torch"
    )
    assert usable(copy) == ["torch"]


def _change_record(bundle, name, **changes):
    path = bundle.folder / "engines" / "engines.json"
    values = json.loads(path.read_text())
    values["engines"][name] |= changes
    path.write_text(json.dumps(values))


def test_an_engine_that_disagrees_is_not_admitted(copy):
    _change_record(copy, "openvino-int8", equal_decisions=0.987)
    with pytest.raises(EngineError) as error:
        open_runner(copy, "openvino-int8")
    assert str(error.value) == (
        f'engine "openvino-int8" of the bundle "{copy.folder}" was not admitted: 98.7% of its decisions on 1,000 '
        "crops are those of PyTorch, expected 99.5% or more: take another --engine"
    )
    assert "openvino-int8" not in usable(copy)
    assert (Parity(1000, 0.995, 0.1).admitted, Parity(1000, 0.994, 0.1).admitted) == (True, False)


def test_engines_of_other_weights_are_not_used(copy, images):
    other = _save(copy.folder.parent / "other", seed=1).folder
    shutil.copy(other / "model.safetensors", copy.folder / "model.safetensors")
    line = (
        f'the engines of the bundle "{copy.folder}" were built from other weights; build them again with '
        "`nucleoscope engines RUN`, or take --engine torch"
    )
    with pytest.raises(EngineError) as error:
        open_runner(copy, "openvino")
    assert str(error.value) == line
    runner = choose_engine(copy, "auto", images)
    assert (runner.name, runner.note) == ("torch", line)


def test_a_changed_file_is_not_used(copy):
    path = copy.folder / "engines" / "int8.onnx"
    path.write_bytes(path.read_bytes() + b"x")
    open_runner(copy, "openvino")
    with pytest.raises(EngineError) as error:
        open_runner(copy, "openvino-int8")
    assert str(error.value) == (
        f'"{path}" is missing or not what was built; build them again with `nucleoscope engines RUN`, '
        "or take --engine torch"
    )


def test_a_damaged_record_is_one_line(copy):
    (copy.folder / "engines" / "engines.json").write_text("{}")
    with pytest.raises(EngineError, match=r"engines.json\" is damaged \('engines'\); build them again with"):
        open_runner(copy, "openvino")


def test_what_a_library_cannot_build_is_on_record_and_the_rest_is_built(copy, images, monkeypatch):
    def fail(*_):
        raise RuntimeError("no such layer\nat line 7")

    monkeypatch.setattr(build, "quantise", fail)
    record = build_engines(copy, images, np.arange(50), seed=0)
    reason = "RuntimeError: no such layer"
    assert record.failures == dict.fromkeys(("int8.onnx", "onnxruntime-int8", "openvino-int8"), reason)
    assert set(record.engines) == {TORCH, *(name for name in _names() if not name.endswith("int8"))}
    with pytest.raises(EngineError) as error:
        open_runner(copy, "openvino-int8")
    assert str(error.value) == (
        f'engine "openvino-int8" could not be built for the bundle "{copy.folder}" ({reason}): take another'
    )


class TestAuto:
    """The choice by measuring."""

    def test_few_crops_are_predicted_by_pytorch_at_once(self, copy, images):
        assert choose_engine(copy, "auto", images).name == "torch"
        assert not choice.cache_folder().exists()

    def test_a_sample_stands_for_as_many_crops_as_are_said(self, copy, images, monkeypatch):
        monkeypatch.setattr(choice, "_speed", lambda runner, _: 1000.0 if runner.name == TORCH else 2000.0)
        assert choose_engine(copy, "auto", images, 1000).name == TORCH
        assert choose_engine(copy, "auto", images, 100_000).name != TORCH

    def test_no_crops_are_predicted_by_pytorch(self, copy, images, monkeypatch):
        monkeypatch.setattr(choice, "SHORT", 0.0)
        assert choose_engine(copy, "auto", images[:0]).name == TORCH

    def test_the_fastest_is_measured_once_and_remembered(self, copy, images, monkeypatch):
        monkeypatch.setattr(choice, "SHORT", 0.0)
        measured = []
        speeds = {name: float(len(name)) for name in [*ENGINES, TORCH]}
        monkeypatch.setattr(choice, "_speed", lambda runner, _: measured.append(runner.name) or speeds[runner.name])
        fastest = max(_names(), key=len)
        assert choose_engine(copy, "auto", images).name == fastest
        assert sorted(measured) == sorted([*_names(), TORCH])
        assert choose_engine(copy, "auto", images).name == fastest
        assert len(measured) == len(_names()) + 1  # nothing was measured again

    def test_other_threads_are_measured_again(self, copy, images, monkeypatch):
        monkeypatch.setattr(choice, "SHORT", 0.0)
        monkeypatch.setattr(choice, "_speed", lambda *_: 1.0)
        choose_engine(copy, "auto", images)
        monkeypatch.setattr(choice, "threads", lambda: 7)
        choose_engine(copy, "auto", images)
        assert len(list(choice.cache_folder().iterdir())) == 2

    def test_a_measurement_is_a_speed(self, copy, images):
        assert choice._speed(open_runner(copy, "openvino"), images) > 1

    def test_a_cache_that_cannot_be_written_is_said(self, copy, images, monkeypatch, tmp_path):
        (tmp_path / "file").write_text("")
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
        monkeypatch.setattr(choice, "SHORT", 0.0)
        note = choose_engine(copy, "auto", images).note
        assert note == (
            f"which engine is fastest cannot be kept in {tmp_path / 'file' / 'nucleoscope' / 'engines'} "
            "(Not a directory); it is measured each time"
        )

    def test_a_bundle_from_memory_has_pytorch_only(self, copy, images):
        bundle = Bundle(copy.model, copy.config)
        assert choose_engine(bundle, "auto", images).name == "torch"
        with pytest.raises(EngineError) as error:
            open_runner(bundle, "openvino")
        assert str(error.value) == (
            'engine "openvino" needs a bundle with a folder; expected one of `load_bundle`: take engine torch'
        )


def test_no_package_is_imported_to_look_whether_it_is_there():
    assert not catalogue.is_installed("no_such_package_anywhere")
