"""Labelled nuclei from the XML of Aperio ImageScope, which MoNuSAC (and MoNuSeg) use.

MoNuSAC (Verma et al., IEEE Transactions on Medical Imaging 40(12), 2021): a layer `Annotation` for each class, which is
the name of the first of its `Attributes`; a `Region` for each nucleus, with the vertices of its outline.
"""

import math
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from nucleoscope.data.reading.wording import shown
from nucleoscope.errors import DataError
from nucleoscope.slides.annotations.labelled_nuclei import WITHOUT_CLASS, LabelledNuclei
from nucleoscope.slides.outlines import centroid

_DESCRIPTION = "description"  # ImageScope's own attribute, which names nothing


def read_imagescope(path: Path, size: tuple[int, int]) -> LabelledNuclei:
    """Nuclei of an XML file: the centroids of its regions.

    A region's class is the name of its layer's attribute, else of the layer, else the region's text.

    Args:
        path: of the file.
        size: width and height of its image in pixels.

    Raises:
        DataError: it is no such file, a vertex is no number, or a nucleus lies outside of the image.
    """
    centres: list[tuple[float, float]] = []
    labels: list[str] = []
    skipped = Counter[str]()
    for layer in _layers(path):
        layer_name = _layer_name(layer)
        for region in layer.iter("Region"):
            points = _vertices(path, region)
            label = layer_name or region.get("Text", "").strip()
            if region.get("NegativeROA") == "1":
                skipped["negative regions"] += 1
            elif not points:
                skipped["regions without vertices"] += 1
            elif not label:
                skipped[WITHOUT_CLASS] += 1
            else:
                centres.append(_centre(path, region, points, size))
                labels.append(label)
    if not labels and skipped[WITHOUT_CLASS]:
        raise DataError(
            f"{path} has {skipped[WITHOUT_CLASS]:,} regions and no class of any; expected it as the name of the layer "
            "or of its attribute"
        )
    return LabelledNuclei(
        "ImageScope XML", np.array(centres, np.float64).reshape(-1, 2), tuple(labels), skipped=dict(skipped)
    )


def _layers(path: Path) -> list[ElementTree.Element]:
    try:
        root = ElementTree.parse(path).getroot()
    except ElementTree.ParseError as error:
        raise DataError(f"{path} is not valid XML ({error}): export it again") from error
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}): check it") from error
    if root.tag != "Annotations":
        raise DataError(
            f"{path} is XML with <{shown(root.tag)}> at its top; expected <Annotations> of Aperio ImageScope, as "
            "MoNuSAC has it"
        )
    return list(root.iter("Annotation"))


def _layer_name(layer: ElementTree.Element) -> str:
    attribute = layer.find("Attributes/Attribute")
    name = "" if attribute is None else attribute.get("Name", "").strip()
    return name if name and name.casefold() != _DESCRIPTION else layer.get("Name", "").strip()


def _vertices(path: Path, region: ElementTree.Element) -> list[tuple[float, float]]:
    return [(_coordinate(path, vertex, "X"), _coordinate(path, vertex, "Y")) for vertex in region.iter("Vertex")]


def _coordinate(path: Path, vertex: ElementTree.Element, axis: str) -> float:
    text = vertex.get(axis, "")
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise DataError(f'{path}: {axis} of a vertex is "{shown(text)}"; expected a number of pixels: export it again')
    return value


def _centre(
    path: Path, region: ElementTree.Element, points: list[tuple[float, float]], size: tuple[int, int]
) -> tuple[float, float]:
    x, y = centroid([(np.array(points, np.float64),)])
    if not (0 <= x <= size[0] and 0 <= y <= size[1]):
        raise DataError(
            f"{path}: region {shown(region.get('Id', '?'))} is at x {x:g}, y {y:g}, outside of the image of "
            f"{size[0]}x{size[1]} pixels; expected pixels of this image: check that they belong together"
        )
    return x, y
