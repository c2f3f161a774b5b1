"""Where scripts, styles and pages are: files of this package, nothing else."""

from pathlib import Path

STATIC = Path(__file__).parent / "static"
