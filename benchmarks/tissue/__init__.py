"""Experiments on tissue that a model has never seen: five folds by tile, several seeds."""
