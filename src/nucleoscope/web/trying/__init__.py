"""Try: crops, a field or a zip in, classes with their doubts and explanations out."""

from nucleoscope.web.feature import Feature
from nucleoscope.web.trying.routes import router

FEATURE = Feature("Try", "/try", "trying/page.html", router, needs_run=False)
