"""Review: the labels that are likely wrong, decided by people; every decision is on disk at once."""

from nucleoscope.web.feature import Feature
from nucleoscope.web.reviewing.routes import router

FEATURE = Feature("Review", "/review", "reviewing/page.html", router)
