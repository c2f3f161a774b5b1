"""Splits of crops under a protocol: one, or several folds; by crop, by tile, or by groups that the user names."""

from nucleoscope.data.splits.split import Part, Protocol, Split, known_tiles, make_split

__all__ = ["Part", "Protocol", "Split", "known_tiles", "make_split"]
