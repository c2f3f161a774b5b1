"""Labelled fields to learn from: pictures, each with the centres of all its nuclei in a CSV beside it."""
