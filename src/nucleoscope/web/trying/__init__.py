"""Try: crops, a field or a zip in, classes with their doubts and explanations out. The page of `web/predicting`."""

from nucleoscope.web.feature import Feature

FEATURE = Feature("Try", "/try", "trying/page.html", router=None, needs_run=False)
