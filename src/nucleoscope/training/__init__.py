"""Fitting a classifier to crops: named short steps, a history, a checkpoint after every epoch."""
