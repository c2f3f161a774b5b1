"""Each format of annotations: what is read, and one line where it cannot be."""

import json

import numpy as np
import pytest
from scipy.io import savemat

from nucleoscope.errors import ConfigError, DataError
from nucleoscope.slides.annotations.centroids import centroids_of
from nucleoscope.slides.annotations.masks import PANNUKE, open_masks
from nucleoscope.slides.annotations.pairing import Reading, find_annotated

LAYER = """<Annotation Id="1" Name="{name}"><Attributes><Attribute Name="{attribute}" Id="0" Value=""/></Attributes>
<Regions><RegionAttributeHeaders/>{regions}</Regions></Annotation>"""
SQUARE = '<Region Id="{id}" NegativeROA="{negative}"><Vertices>{vertices}</Vertices></Region>'


def read(image, annotations, **reading):
    (found,) = find_annotated(image, annotations, Reading(**{"image_mpp": 0.25} | reading))
    with found.open() as opened:
        return found.read(opened)


def refused(image, annotations, message, kind=DataError, **reading):
    with pytest.raises(kind) as error:
        read(image, annotations, **reading)
    assert str(error.value) == message


def square(left, top, side, identity=1, negative=0):
    corners = [(left, top), (left + side, top), (left + side, top + side), (left, top + side)]
    vertices = "".join(f'<Vertex X="{x}" Y="{y}" Z="0"/>' for x, y in corners)
    return SQUARE.format(id=identity, negative=negative, vertices=vertices)


def write_xml(path, *layers):
    body = "".join(LAYER.format(name=name, attribute=word, regions="".join(inner)) for name, word, inner in layers)
    path.write_text(f'<?xml version="1.0"?><Annotations MicronsPerPixel="0.25">{body}</Annotations>')
    return path


def write_geojson(path, features):
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def point(x, y, label):
    properties = {"objectType": "detection"} | ({"classification": {"name": label}} if label else {})
    geometry = {"type": "Point", "coordinates": [x, y]}
    return {"type": "Feature", "id": f"{x}-{y}", "geometry": geometry, "properties": properties}


def test_centroids_are_in_pixels_from_the_edge():
    instances = np.zeros((4, 6), np.int64)
    instances[0, 0] = 7
    instances[1:3, 2:6] = 3
    numbers, centres = centroids_of(instances)
    assert numbers.tolist() == [3, 7]
    assert centres.tolist() == [[4.0, 2.0], [0.5, 0.5]]
    assert centroids_of(np.zeros((4, 6), np.int64))[1].shape == (0, 2)


def test_qupath_objects_with_a_class(picture, tmp_path):
    features = [point(3, 4, "Tumor"), point(5, 6, None), point(7, 8, "Ignore*"), point(99, 8, "Tumor")]
    features.append(point(9, 8, "unsure: blur"))  # as `classify` writes it
    found = read(picture, write_geojson(tmp_path / "a.geojson", [*features, point(20.5, 9, "Stroma")]))
    assert found.kind == "GeoJSON"
    assert found.labels == ("Tumor", "Stroma")
    assert found.centres.tolist() == [[3, 4], [20.5, 9]]
    assert found.skipped == {
        "nuclei without a class": 1,
        "nuclei of an ignored class (QuPath marks it with *)": 1,
        "nuclei that `classify` left unsure": 1,
        "nuclei outside of the image": 1,
    }


def test_qupath_objects_that_all_lack_a_class(picture, tmp_path):
    path = write_geojson(tmp_path / "a.geojson", [point(3, 4, None), point(5, 6, None)])
    refused(
        picture,
        path,
        f"{path} (GeoJSON) has no nucleus to train on: 2 nuclei without a class; expected a class of each: set their "
        "classes in QuPath and export again",
    )


def test_a_table_with_patients(picture, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("x,y,label,patient\n3,4,a,ann\n60,48,b,bob\n")
    found = read(picture, path)
    assert (found.labels, found.patients) == (("a", "b"), ("ann", "bob"))
    path.write_text("x,y,label\n3,48.5,a\n")
    refused(
        picture,
        path,
        f"{path}, line 2: the nucleus at x 3, y 48.5 lies outside of picture.png, which has 60x48 pixels; expected "
        "pixels of this picture: check the unit and the order of x and y",
    )
    path.write_text("")
    refused(picture, path, f'{path} is empty; expected a header line "x,y,label" and a row a nucleus')
    path.write_text("x,y,label\n3,4,a\n")
    refused(
        picture,
        path,
        f"{path} names its classes itself; --classes names the numbered ones of .mat and .npy: leave it out",
        ConfigError,
        classes=("a", "b"),
    )


def consep(path, **other):
    instances = np.zeros((48, 60), np.int32)
    instances[2:4, 10:14], instances[20:30, 30:40], instances[40, 5] = 1, 2, 3
    values = {"inst_map": instances, "inst_type": [[3.0], [2.0], [0.0]]}
    values["inst_centroid"] = [[11.5, 2.5], [34.5, 24.5], [5.0, 40.0]]
    savemat(path, {name: value for name, value in (values | other).items() if value is not None})
    return path


def test_consep(picture, tmp_path):
    found = read(picture, consep(tmp_path / "a.mat"))
    assert found.labels == ("healthy epithelial", "inflammatory")
    assert found.centres.tolist() == [[12, 3], [35, 25]]
    assert found.skipped == {"nuclei without a class": 1}
    from_mask = read(picture, consep(tmp_path / "b.mat", inst_centroid=None))
    assert from_mask.centres.tolist() == found.centres.tolist()


def test_names_join_and_leave_out_classes(picture, tmp_path):
    path = consep(tmp_path / "a.mat", inst_type=[[3], [4], [2]])
    found = read(picture, path, classes=("-", "-", "epithelial", "epithelial", "s", "s", "s"))
    assert found.labels == ("epithelial", "epithelial")
    assert found.skipped == {"nuclei of classes that --classes leaves out": 1}
    refused(
        picture,
        path,
        "--classes has 2 names; expected 7, one for each of other, inflammatory, healthy epithelial, "
        "dysplastic/malignant epithelial, fibroblast, muscle, endothelial in this order (- leaves a class out)",
        ConfigError,
        classes=("a", "b"),
    )


def test_lizard(picture, tmp_path):
    instances = np.ones((48, 60), np.int32)
    values = {"id": [[1]], "class": [[6]], "bbox": [[0, 48, 0, 60]], "centroid": [[29.5, 23.5]]}
    savemat(tmp_path / "a.mat", {"inst_map": instances} | values)
    found = read(picture, tmp_path / "a.mat")
    assert (found.labels, found.centres.tolist()) == (("connective tissue",), [[30, 24]])


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (
            {"inst_type": None},
            " holds inst_map, inst_centroid; expected inst_map with inst_type and inst_centroid (CoNSeP) or with class "
            "and centroid (Lizard)",
        ),
        (
            {"inst_map": np.zeros((60, 48))},
            ": inst_map has 48x60 pixels and the image 60x48; expected the same: check that they belong together",
        ),
        ({"inst_type": [[1], [2]]}, " has 3 centroids and 2 classes; expected one of each a nucleus"),
        (
            {"inst_type": [[1], [2.5], [1]]},
            ": inst_type holds other things than whole numbers; expected the class of each nucleus",
        ),
        (
            {"inst_type": [[1], [9], [8]]},
            " has nuclei of class 8, 9; expected 1 to 7 (other, inflammatory, healthy epithelial, dysplastic/malignant "
            "epithelial, fibroblast, muscle, endothelial): check that it is CoNSeP .mat",
        ),
        (
            {"inst_centroid": [[2, 11], [3, np.nan], [4, 4]]},
            ": nucleus 2 is at x 3, y nan, outside of the image of 60x48 pixels; expected pixels of this image: check "
            "the order of x and y",
        ),
    ],
)
def test_a_mat_file_that_does_not_fit_is_one_line(picture, tmp_path, other, message):
    path = consep(tmp_path / "a.mat", **other)
    refused(picture, path, f"{path}{message}")


def test_a_damaged_mat_file_is_one_line(picture, tmp_path):
    path = tmp_path / "a.mat"
    path.write_bytes(consep(path).read_bytes()[:300])
    with pytest.raises(DataError, match=r"a\.mat cannot be read as a MATLAB file \(.*\): copy it again$"):
        read(picture, path)
    path.write_bytes(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM" + b"\x89HDF\r\n\x1a\n".ljust(400, b"\0"))
    refused(picture, path, f"{path} is a MATLAB 7.3 file; expected version 7 or earlier: save it with -v7")


def test_monusac(picture, tmp_path):
    path = write_xml(
        tmp_path / "a.xml",
        ("", "Epithelial", [square(2, 4, 6), square(40, 20, 5, 2), square(3, 3, 9, 3, negative=1)]),
        ("Lymphocyte", "Description", [square(10, 10, 4)]),
        ("", "", [square(10, 30, 4), '<Region Text="Macrophage"><Vertices><Vertex X="8" Y="9"/></Vertices></Region>']),
        ("", "Neutrophil", ["<Region/>"]),
    )
    found = read(picture, path)
    assert found.labels == ("Epithelial", "Epithelial", "Lymphocyte", "Macrophage")
    assert found.centres.tolist() == [[5, 7], [42.5, 22.5], [12, 12], [8, 9]]
    assert found.skipped == {"negative regions": 1, "nuclei without a class": 1, "regions without vertices": 1}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("<Annotations>", " is not valid XML (no element found: line 1, column 13): export it again"),
        (
            "<ASAP_Annotations/>",
            " is XML with <ASAP_Annotations> at its top; expected <Annotations> of Aperio ImageScope, as MoNuSAC "
            "has it",
        ),
        (
            '<Annotations><Annotation Name="a"><Region><Vertex X="NaN" Y="2"/></Region></Annotation></Annotations>',
            ': X of a vertex is "NaN"; expected a number of pixels: export it again',
        ),
        (
            '<Annotations><Annotation Name="a"><Region Id="4"><Vertex X="70" Y="2"/></Region></Annotation>'
            "</Annotations>",
            ": region 4 is at x 70, y 2, outside of the image of 60x48 pixels; expected pixels of this image: check "
            "that they belong together",
        ),
        (
            '<Annotations><Annotation><Region><Vertex X="7" Y="2"/></Region></Annotation></Annotations>',
            " has 1 regions and no class of any; expected it as the name of the layer or of its attribute",
        ),
    ],
)
def test_an_xml_file_that_does_not_fit_is_one_line(picture, tmp_path, content, message):
    path = tmp_path / "a.xml"
    path.write_text(content)
    refused(picture, path, f"{path}{message}")


@pytest.fixture
def pannuke(tmp_path):
    """Two images of 32x32 pixels; the first with nuclei 1 (neoplastic) and 2 (dead), the second without any."""
    images = np.random.default_rng(1).integers(0, 256, (2, 32, 32, 3)).astype(np.float64)
    masks = np.zeros((2, 32, 32, 6))
    masks[..., 5] = 1
    masks[0, 4:8, 10:12, 0], masks[0, 20:22, 20:24, 3] = 1, 2
    np.save(tmp_path / "images.npy", images)
    np.save(tmp_path / "masks.npy", masks)
    return tmp_path / "images.npy", tmp_path / "masks.npy"


def test_pannuke(pannuke):
    first, second = find_annotated(*pannuke, Reading(0.25))
    assert (first.name, second.name) == ("images-0", "images-1")
    with first.open() as image:
        assert image.size == (32, 32)
        found = first.read(image)
    assert found.labels == ("neoplastic", "dead")
    assert found.centres.tolist() == [[11, 6], [22, 21]]
    assert len(open_masks(*pannuke).nuclei(1, PANNUKE)) == 0


def test_pannuke_that_does_not_fit_is_one_line(pannuke, tmp_path):
    images, masks = pannuke
    with pytest.raises(DataError) as error:
        find_annotated(images, masks, Reading())
    assert str(error.value) == (
        f"{images} does not say how large its pixels are; expected um/pixel: give it with --image-mpp, such as "
        "--image-mpp 0.25 for PanNuke"
    )
    for array, message in (
        (np.zeros((2, 32, 32)), "has shape (2, 32, 32); expected (N, height, width, 6), as PanNuke's masks.npy"),
        (
            np.array([{}]),
            "cannot be read as an array (Array can't be memory-mapped: Python objects in dtype.): copy it again",
        ),
    ):
        np.save(masks, array, allow_pickle=True)
        with pytest.raises(DataError) as error:
            find_annotated(images, masks, Reading(0.25))
        assert str(error.value) == f"{masks} {message}"
    np.save(masks, np.zeros((3, 32, 32, 6)))
    with pytest.raises(DataError) as error:
        find_annotated(images, masks, Reading(0.25))
    assert str(error.value) == (
        f"{images} has 2 images of 32x32 pixels and {masks} 3 masks of 32x32; expected the same: give those of one fold"
    )


def test_pannuke_values_are_bytes(pannuke):
    images, masks = pannuke
    np.save(images, np.full((2, 32, 32, 3), 0.5))
    with pytest.raises(DataError, match=r"image 0 has values from 0 to 1; expected 0 to 255: scale them$"):
        open_masks(images, masks).pixels(0)
    np.save(images, np.full((2, 32, 32, 3), np.nan))
    with pytest.raises(DataError, match=r"image 0 has values from nan to nan; expected 0 to 255: scale them$"):
        open_masks(images, masks).pixels(0)
