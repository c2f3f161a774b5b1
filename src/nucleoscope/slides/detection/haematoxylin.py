"""Stain separation."""


class HaematoxylinDetector:
    """To come."""
