"""Which annotations belong to which image."""

import shutil

import pytest

from nucleoscope.errors import DataError
from nucleoscope.slides.annotations.pairing import Reading, find_annotated
from nucleoscope.slides.annotations.patients import patient_by_barcode, read_patients

READING = Reading(0.25)


@pytest.fixture
def folders(picture, tmp_path):
    images, labels = tmp_path / "images", tmp_path / "labels"
    for name in ("p1/10", "p1/2"):
        for folder in (images, labels):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(picture, images / f"{name}.png")
        (labels / f"{name}.csv").write_text("x,y,label\n3,4,a\n")
    return images, labels


def refused(image, annotations, message):
    with pytest.raises(DataError) as error:
        find_annotated(image, annotations, READING)
    assert str(error.value) == message


def test_files_of_the_same_name_belong_together(folders):
    images, labels = folders
    (labels / "p1" / "2.centres.csv").write_text("x,y\n")
    (images / ".hidden.png").write_text("")
    found = find_annotated(images, labels, READING)
    assert [one.name for one in found] == ["p1/2", "p1/10"]
    assert found[0].sources == (str(images / "p1/2.png"), str(labels / "p1/2.csv"))


def test_suffixes_of_the_image_and_of_packing_do_not_count(folders):
    images, labels = folders
    (images / "p1" / "2.png").rename(images / "p1" / "2.ome.tif")
    (labels / "p1" / "2.csv").rename(labels / "p1" / "2.ome.tif.geojson.gz")
    assert [one.name for one in find_annotated(images, labels, READING)] == ["p1/2", "p1/10"]


def test_of_an_image_in_two_formats_the_slide_is_read(folders):
    images, labels = folders
    shutil.copy(images / "p1" / "2.png", images / "p1" / "2.svs")
    assert find_annotated(images, labels, READING)[0].sources[0].endswith("2.svs")


def test_what_has_no_partner_is_named(folders, picture, tmp_path):
    images, labels = folders
    (labels / "p1" / "2.csv").rename(labels / "p1" / "3.csv")
    refused(
        images,
        labels,
        f"{images} has 1 image without one of the same name in {labels} (2.png): add what is missing or remove them",
    )
    (images / "p1" / "2.png").unlink()
    refused(
        images,
        labels,
        f"{labels} has 1 file of annotations without one of the same name in {images} (3.csv): add what is missing or "
        "remove them",
    )
    (labels / "p1" / "3.csv").rename(labels / "p1" / "10.mat")
    refused(
        images,
        labels,
        f"{labels} has 2 files of annotations for p1/10 (10.csv, 10.mat); expected one: keep one of them",
    )
    empty = tmp_path / "empty"
    empty.mkdir()
    refused(empty, labels, f"{empty} holds no images; expected pictures or slides: check the folder")
    refused(images, empty, f"{empty} holds no annotations; expected .csv, .geojson, .json, .mat or .xml: check it")
    refused(tmp_path / "no.png", labels, f"{tmp_path}/no.png does not exist: check the path")
    refused(
        picture,
        labels,
        f"{labels} is a folder and {picture} a file; expected two files or two folders: name the file of annotations",
    )
    refused(
        images,
        picture,
        f"{images} is a folder and {picture} a file; expected two files or two folders: name the image",
    )


def test_an_image_of_unknown_resolution_names_the_option(folders):
    with pytest.raises(DataError, match=r"give it with --image-mpp, such as --image-mpp 0\.25 for a 40x scan$"):
        find_annotated(*folders, Reading())[0].open()


def test_patients(tmp_path):
    path = tmp_path / "patients.csv"
    path.write_text("Field,Patient,sex\na,ann,f\nb,bob,m\n")
    assert read_patients(path, ("b", "a")) == {"a": "ann", "b": "bob"}
    with pytest.raises(DataError) as error:
        read_patients(path, ("a", "c"))
    assert str(error.value) == f"{path} does not name the patient of c; expected a row for every field"
    path.write_text("field,patient\na,\n")
    with pytest.raises(DataError) as error:
        read_patients(path, ("a",))
    assert str(error.value) == f"{path}, line 2: no patient; expected one in every row"
    assert patient_by_barcode("x/TCGA-A2-A0CV-01Z-00-DX1_2") == "TCGA-A2-A0CV"
    assert patient_by_barcode("img1") == ""
