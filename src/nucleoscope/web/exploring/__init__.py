"""Explore: the validation crops of a run, by class, confidence and tile, and on a map of the model's embedding."""

from nucleoscope.web.exploring.routes import router
from nucleoscope.web.feature import Feature

FEATURE = Feature("Explore", "/explore", "exploring/page.html", router)
