import json
from dataclasses import replace

import numpy as np
import pytest
from networks import smooth_field, tiny_bundle

from nucleoscope.errors import RunFolderError
from nucleoscope.models.bundle import save_bundle
from nucleoscope.prediction.dense.fitting import fit_engine
from nucleoscope.prediction.dense.storing import DenseRecord, load_engine, read_record, save_engine, weights_of
from nucleoscope.prediction.field_logits import field_engine
from nucleoscope.prediction.fields import predict_crops_of

FIELD = smooth_field(5)


@pytest.fixture
def saved(tmp_path):
    """A folder with a bundle and its dense engine, which agrees well, and both."""
    bundle = replace(tiny_bundle(), folder=tmp_path)
    save_bundle(tmp_path, bundle, "card")
    engine = fit_engine(bundle, [FIELD])
    save_engine(tmp_path, engine, _record(tmp_path))
    return tmp_path, bundle, engine


def _record(folder, agreement=0.995):
    return DenseRecord(agreement, 0.97, 0.05, 1234, 7, "some tiles", "tiles", 40, weights_of(folder))


def test_an_engine_comes_back_as_it_was(saved):
    folder, bundle, engine = saved
    assert read_record(folder) == _record(folder)
    assert np.array_equal(load_engine(bundle).glance(FIELD), engine.glance(FIELD))


def test_the_dense_engine_is_the_default_where_it_agrees(saved):
    _, bundle, engine = saved
    predict, why = field_engine(bundle)
    assert why == "dense engine: the dense engine decides alike on 99.5% of 1,234 nuclei of some tiles (tiles split)"
    assert np.array_equal(predict(FIELD, None), engine.predict_logits(FIELD))


def test_the_crop_engine_is_the_default_elsewhere(saved):
    folder, bundle, engine = saved
    save_engine(folder, engine, _record(folder, agreement=0.98))
    predict, why = field_engine(bundle)
    assert why == (
        "crop engine: the dense engine decides alike on 98.0% of 1,234 nuclei of some tiles (tiles split), "
        "less than 99%"
    )
    assert np.array_equal(predict(FIELD, None), predict_crops_of(bundle, FIELD))
    (folder / "dense" / "dense.json").unlink()
    assert field_engine(bundle)[1] == "crop engine: the bundle has no dense engine"
    with pytest.raises(RunFolderError) as error:
        load_engine(bundle)
    assert str(error.value) == f'"{folder}" has no dense/dense.json; fit the dense engine, or use the crop engine'


def test_an_engine_of_other_weights_is_refused(saved):
    folder, bundle, _ = saved
    save_bundle(folder, replace(bundle, model=tiny_bundle(seed=1).model), "card")
    with pytest.raises(RunFolderError) as error:
        field_engine(bundle)
    assert str(error.value) == (
        f'"{folder / "dense" / "dense.json"}" is of other weights than those of "{folder}"; fit the dense engine '
        f'again or remove "{folder / "dense"}"'
    )


def test_damaged_files_are_refused(saved):
    folder, bundle, _ = saved
    (folder / "dense" / "lens.safetensors").write_bytes(b"no")
    with pytest.raises(RunFolderError) as error:
        load_engine(bundle)
    assert str(error.value) == (
        f'"{folder / "dense" / "lens.safetensors"}" is missing or damaged; fit the dense engine again or remove '
        f'"{folder / "dense"}"'
    )
    record = folder / "dense" / "dense.json"
    record.write_text(json.dumps({"agreement": 1.0}))
    with pytest.raises(RunFolderError, match=r"dense\.json\" is damaged \(.*\); fit the dense engine again or remove"):
        read_record(folder)
