"""Classified nuclei in the formats of others: GeoJSON for QuPath, tables, AnnData, a picture, a summary."""

from nucleoscope.slides.writing.facts import ImageFacts
from nucleoscope.slides.writing.results import FORMATS, write_results
from nucleoscope.slides.writing.summary import Summary

__all__ = ["FORMATS", "ImageFacts", "Summary", "write_results"]
