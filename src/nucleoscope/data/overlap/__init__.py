"""Crops that share pixels: the search, its tolerance, tiles with coordinates, and mosaics of them."""

from nucleoscope.data.overlap.search import Leak, Overlaps, Subset, find_overlaps, leak
from nucleoscope.data.overlap.tolerance import EXACT, Tolerance

__all__ = ["EXACT", "Leak", "Overlaps", "Subset", "Tolerance", "find_overlaps", "leak"]
