"""Maps: computed once, the same again, and refused where a network has none."""

import numpy as np
import pytest

from nucleoscope.data.synthetic import cut_crops, make_fields
from nucleoscope.errors import ConfigError
from nucleoscope.models.bundle import load_bundle
from nucleoscope.web.exploring import embedding_map
from nucleoscope.web.exploring.embedding_map import Method, keep_map, methods, project


@pytest.fixture(scope="module")
def crops():
    return cut_crops(make_fields(3, seed=5, size=160), size=48)


@pytest.fixture(scope="module")
def bundle(trained_bundle):
    return load_bundle(trained_bundle)


def silent(done, total):
    pass


def test_pca_finds_the_plane_that_points_lie_in():
    random = np.random.default_rng(0)
    plane = random.normal(size=(200, 2)) * (5, 2)
    axes = np.linalg.qr(random.normal(size=(7, 2)))[0].T
    found = project((plane @ axes).astype(np.float32), Method.PCA)
    assert found.explained == pytest.approx(1.0)
    apart, apart_in_plane = (np.linalg.norm(p[:, None] - p[None], axis=-1) for p in (found.places, plane))
    assert np.allclose(apart, apart_in_plane, atol=1e-3)


def test_a_map_is_computed_once_and_then_read(bundle, crops, tmp_path, monkeypatch):
    told = []
    first = keep_map(bundle, crops, Method.PCA, tmp_path, lambda done, total: told.append((done, total)))
    assert told[-1] == (len(crops), len(crops))
    assert first.places.shape == (len(crops), 2)
    assert 0 < first.explained <= 1

    def never(*_, **__):
        raise AssertionError

    monkeypatch.setattr(embedding_map, "keep_embeddings", never)
    again = keep_map(bundle, crops, Method.PCA, tmp_path, silent)
    assert np.array_equal(again.places, first.places)
    assert again.explained == first.explained


def test_a_map_that_was_cut_short_is_computed_again(bundle, crops, tmp_path):
    first = keep_map(bundle, crops, Method.PCA, tmp_path, silent)
    (file,) = tmp_path.glob("*/map-pca.npz")
    file.write_bytes(file.read_bytes()[:100])
    assert np.array_equal(keep_map(bundle, crops, Method.PCA, tmp_path, silent).places, first.places)
    assert [path.name for path in tmp_path.glob("*/*part*")] == []


def test_other_crops_have_another_map(bundle, crops, tmp_path):
    keep_map(bundle, crops, Method.PCA, tmp_path, silent)
    fewer = crops.subset(np.arange(len(crops) - 1))
    assert len(keep_map(bundle, fewer, Method.PCA, tmp_path, silent).places) == len(crops) - 1


def test_what_a_model_tells_apart_is_apart_on_its_map(bundle, crops, tmp_path):
    places = keep_map(bundle, crops, Method.PCA, tmp_path, silent).places
    labels = crops.targets()
    centres = np.stack([places[labels == c].mean(axis=0) for c in np.unique(labels)])
    within = np.mean([places[labels == c].std(axis=0).mean() for c in np.unique(labels)])
    assert centres.std(axis=0).mean() > 0.5 * within


def test_without_umap_only_pca_is_offered(bundle, crops, tmp_path, monkeypatch):
    monkeypatch.setattr(embedding_map, "find_spec", lambda name: None)
    assert methods() == (Method.PCA,)
    with pytest.raises(ConfigError) as error:
        keep_map(bundle, crops, Method.UMAP, tmp_path, silent)
    assert str(error.value) == (
        'a map by UMAP needs umap-learn, which is not installed: pip install "nucleoscope[map]"'
    )


def test_a_network_without_an_embedding_has_no_map(bundle, crops, tmp_path, monkeypatch):
    def refuse(*_):
        raise ConfigError("it cannot be used frozen")

    monkeypatch.setattr(embedding_map, "check_embeds", refuse)
    with pytest.raises(ConfigError) as error:
        keep_map(bundle, crops, Method.PCA, tmp_path, silent)
    architecture = bundle.config.specification.architecture
    assert str(error.value) == (
        f"{architecture} has no embedding before its last layer, so that there is no map of it; the other filters do "
        "without"
    )


@pytest.mark.slow  # umap-learn compiles itself for most of a minute
def test_umap_keeps_groups_together():
    pytest.importorskip("umap", reason="umap-learn is not installed: pip install 'nucleoscope[map]'")
    random = np.random.default_rng(0)
    group = np.repeat([0, 1], 20)
    embeddings = (random.normal(size=(40, 8)) + 20 * group[:, None]).astype(np.float32)
    found = project(embeddings, Method.UMAP)
    assert found.explained is None
    apart = np.linalg.norm(found.places[:, None] - found.places[None], axis=-1)
    np.fill_diagonal(apart, np.inf)
    assert (group[apart.argmin(axis=1)] == group).all()
