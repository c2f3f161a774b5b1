"""Crops: where they come from, which of them share pixels, and how they are split and augmented."""
