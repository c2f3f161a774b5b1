import numpy as np
import pytest

from nucleoscope.data.synthetic import (
    CLASSES,
    Field,
    Tissue,
    crop_origins,
    cut_crops,
    demo_data,
    make_field,
    make_fields,
)
from nucleoscope.data.synthetic.stain import EOSIN, HAEMATOXYLIN, Stain, develop
from nucleoscope.errors import ConfigError, DataError

NORMAL, CANCER = CLASSES.index("normal epithelium"), CLASSES.index("cancer epithelium")


@pytest.fixture(scope="module")
def fields():
    return make_fields(8, seed=3, size=256)


@pytest.fixture(scope="module")
def demo():
    return demo_data(seed=0)


def haematoxylin(image):
    """Concentration of haematoxylin, unmixed with the stains that all fields vary around."""
    density = -np.log((image.astype(float) + 1) / 256)
    return (density @ np.linalg.pinv([HAEMATOXYLIN, EOSIN]))[..., 0]


def test_the_same_seed_gives_the_same_fields_and_a_larger_count_only_adds(fields):
    again = make_fields(3, seed=3, size=256)
    for first, second in zip(fields, again, strict=False):
        np.testing.assert_array_equal(first.image, second.image)
        np.testing.assert_array_equal(first.centres, second.centres)
        np.testing.assert_array_equal(first.labels, second.labels)


def test_another_seed_gives_another_field():
    one, other = make_field(0, size=128), make_field(1, size=128)
    assert (one.image != other.image).mean() > 0.9


def test_a_field_and_its_truth_belong_together(fields):
    assert [field.name for field in fields] == [f"f{i:02d}" for i in range(8)]
    for field in fields:
        assert field.image.shape == (256, 256, 3)
        assert field.image.dtype == np.uint8
        assert field.centres.dtype == np.float64
        assert field.labels.dtype == np.int64
        assert field.centres.shape == (len(field.labels), 2)
        assert field.centres.min() >= 0
        assert field.centres.max() <= 255
        assert field.mpp == 0.25


def test_nuclei_keep_their_distance(fields):
    for field in fields:
        apart = np.hypot(*(field.centres[:, None] - field.centres).transpose(2, 0, 1))
        assert apart[np.triu_indices(len(apart), 1)].min() > 6


def test_every_class_is_present_and_normal_and_cancer_never_share_a_field(fields):
    present = [set(field.labels.tolist()) for field in fields]
    assert set().union(*present) == set(range(len(CLASSES)))
    assert not any({NORMAL, CANCER} <= classes for classes in present)


@pytest.mark.parametrize("seed", range(6))
def test_a_lymphoid_field_has_one_kind_of_epithelium_at_most(seed):
    field = make_field(seed, Tissue.LYMPHOID, size=200)
    assert not {NORMAL, CANCER} <= set(field.labels.tolist())


def test_every_field_has_its_own_stain(fields):
    colours = np.array([field.image[field.image.sum(axis=2) < 650].mean(axis=0) for field in fields])
    apart = np.linalg.norm(colours[:, None] - colours, axis=2)
    assert apart[np.triu_indices(len(fields), 1)].min() > 2


def test_more_stain_is_darker_and_glass_is_white():
    stain = Stain(
        absorption=np.array([HAEMATOXYLIN, EOSIN], np.float32),
        strength=np.ones(2, np.float32),
        white=np.array([250, 248, 249], np.float32),
        blur=0.5,
        sharpening=0.3,
        noise=0.0,
    )
    none = np.zeros((40, 40), np.float32)
    glass, light, dark = (develop(none + h, none, stain, np.random.default_rng(0)) for h in (0, 0.5, 1))
    assert (glass == [250, 248, 249]).all()
    assert (glass > light).all()
    assert (light > dark).all()
    np.testing.assert_allclose(dark[0, 0], np.exp(-np.array(HAEMATOXYLIN)) * [250, 248, 249], atol=1)


def test_a_crop_is_its_field_at_its_origin(fields):
    crops, origins = cut_crops(fields, size=64), crop_origins(fields, size=64)
    by_name = {field.name: field for field in fields}
    assert origins.dtype == np.int64
    assert origins.shape == (len(crops), 2)
    assert crops.groups is not None
    for image, group, (x, y) in zip(crops.images, crops.groups, origins, strict=True):
        np.testing.assert_array_equal(image, by_name[group].image[y : y + 64, x : x + 64])


def test_a_crop_has_the_label_name_and_centre_of_its_nucleus(fields):
    crops, origins = cut_crops(fields, size=80), crop_origins(fields, size=80)
    by_name = {field.name: field for field in fields}
    assert crops.classes == CLASSES
    assert crops.mpp == 0.25
    assert len(set(crops.names)) == len(crops)
    assert list(crops.names) == sorted(crops.names)
    for name, label, origin in zip(crops.names, crops.targets(), origins, strict=True):
        field, number = by_name[name[:3]], int(name[4:8])
        assert field.labels[number] == label
        assert np.abs(origin + 40 - field.centres[number]).max() <= 0.5


def test_only_nuclei_near_the_border_are_left_out(fields):
    crops = cut_crops(fields, size=100)
    inner = sum(((f.centres > 50.5) & (f.centres < 205.5)).all(axis=1).sum() for f in fields)
    outer = sum(((f.centres > 49.5) & (f.centres < 206.5)).all(axis=1).sum() for f in fields)
    assert inner <= len(crops) <= outer


def test_the_centre_of_a_crop_is_a_nucleus_in_every_class(fields):
    crops = cut_crops(fields, size=64)
    amounts = haematoxylin(crops.images)
    darker = amounts[:, 29:35, 29:35].mean(axis=(1, 2)) - amounts.mean(axis=(1, 2))
    for label in range(len(CLASSES)):
        of_class = darker[crops.targets() == label]
        assert of_class.mean() > 0.1
        assert (of_class > 0).mean() > 0.8


def test_the_demo_shows_each_class_on_four_fields_or_more(demo):
    labelled, test = demo
    assert 1200 < len(labelled) < 2000
    assert 200 < len(test) < 500
    assert labelled.size == test.size == (100, 100)
    assert labelled.groups is not None
    for label in range(len(CLASSES)):
        on = {group for group, own in zip(labelled.groups, labelled.targets(), strict=True) if own == label}
        assert len(on) >= 4


def test_the_demo_s_test_crops_come_from_the_same_fields_and_hide_their_labels(demo):
    labelled, test = demo
    assert labelled.groups is not None
    assert test.groups is not None
    assert test.labels is None
    assert test.classes == ()
    assert set(test.groups) == set(labelled.groups)
    assert not set(test.names) & set(labelled.names)
    assert list(test.names) == sorted(test.names)
    assert list(labelled.names) == sorted(labelled.names)


@pytest.mark.parametrize("size", [127, 2049])
def test_a_field_of_the_wrong_size_is_refused(size):
    with pytest.raises(ConfigError) as error:
        make_field(0, size=size)
    assert str(error.value) == (
        f"a synthetic field of {size}x{size} pixels was asked for; expected 128 to 2048 on each side"
    )


def test_an_unknown_tissue_is_refused():
    with pytest.raises(ConfigError) as error:
        make_field(0, "bone")
    assert str(error.value) == ("there is no synthetic tissue 'bone'; expected one of crypts, tumour, muscle, lymphoid")


def test_no_fields_are_refused():
    with pytest.raises(ConfigError) as error:
        make_fields(0)
    assert str(error.value) == "0 synthetic fields were asked for; expected 1 or more"


def test_a_field_without_room_for_a_crop_is_refused():
    glass = Field("f00", np.zeros((128, 128, 3), np.uint8), np.array([[5.0, 60.0]]), np.array([0]), 0.25)
    assert crop_origins([glass]).shape == (0, 2)
    with pytest.raises(DataError) as error:
        cut_crops([glass])
    assert str(error.value) == (
        "no nucleus in 1 synthetic fields has 100x100 pixels around it; cut smaller crops or make more or larger fields"
    )


def test_fields_of_one_name_are_refused(fields):
    with pytest.raises(DataError) as error:
        cut_crops([fields[0], fields[0]])
    assert str(error.value) == (
        "two synthetic fields have the same name; give each its own, since crops are named after it"
    )
