"""Predictions over HTTP: crops in batches that form by themselves, explanations and fields one at a time."""
