"""The crops of a run as pictures: read once, shown alone or with what lies around them."""

from nucleoscope.web.pictures.routes import router

__all__ = ["router"]
