"""The resolution of a TIFF: OME's PhysicalSize with its unit, else the resolution tags."""

from typing import Any
from xml.etree import ElementTree

from nucleoscope.slides.image.resolution import MICROMETRES_PER_INCH, UNKNOWN, Resolution, from_density, stated

_UNIT_LENGTHS = {2: MICROMETRES_PER_INCH, 3: 10_000.0}  # of ResolutionUnit, in um
# Lengths of OME's units in um; "reference frame" and "pixel" have none.
_OME_UNITS = {
    "pm": 1e-6,
    "\u00c5": 1e-4,
    "nm": 1e-3,
    "\u00b5m": 1.0,
    "\u03bcm": 1.0,
    "um": 1.0,
    "mm": 1e3,
    "cm": 1e4,
    "m": 1e6,
    "in": MICROMETRES_PER_INCH,
}


def tiff_resolution(file: Any, number: int) -> Resolution:
    """What a TIFF says about the size of its pixels.

    Args:
        file: tifffile's `TiffFile`.
        number: which of its series is read.
    """
    from_ome = _ome_resolution(file.ome_metadata, number) if file.is_ome else UNKNOWN
    return from_ome if from_ome.x or from_ome.remark else _tag_resolution(file.series[number].keyframe)


def _ome_resolution(xml: str, index: int) -> Resolution:
    try:
        pixels = ElementTree.fromstring(xml).findall("{*}Image/{*}Pixels")[index]
        x, y = (float(pixels.attrib[f"PhysicalSize{axis}"]) for axis in "XY")
    except (ElementTree.ParseError, IndexError, KeyError, ValueError):
        return UNKNOWN
    units = [pixels.attrib.get(f"PhysicalSize{axis}Unit", "\u00b5m") for axis in "XY"]
    unknown = [unit for unit in units if unit not in _OME_UNITS]
    if unknown:
        return Resolution(remark=f'its PhysicalSizeX is in "{unknown[0]}"')
    return stated(x * _OME_UNITS[units[0]], y * _OME_UNITS[units[1]], "its PhysicalSizeX")


def _tag_resolution(page: Any) -> Resolution:
    """From XResolution and YResolution; without a unit they say nothing."""
    unit = page.tags.valueof("ResolutionUnit", default=2)
    x, y = (_ratio(page.tags.valueof(name)) for name in ("XResolution", "YResolution"))
    if int(unit) not in _UNIT_LENGTHS:
        return UNKNOWN
    return from_density(x, y, _UNIT_LENGTHS[int(unit)], "its resolution tag")


def _ratio(value: tuple[int, int] | None) -> float:
    return value[0] / value[1] if value and value[1] else 0.0
