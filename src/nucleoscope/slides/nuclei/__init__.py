"""Nuclei from files: QuPath's GeoJSON, tables, and what CellViT, HoVer-Net and TIAToolbox write."""

from nucleoscope.slides.nuclei.nucleus_file import NucleusFile, summarised
from nucleoscope.slides.nuclei.opening import open_nuclei

__all__ = ["NucleusFile", "open_nuclei", "summarised"]
