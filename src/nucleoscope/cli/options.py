"""Options and small conversions that several verbs share."""

from pathlib import Path
from typing import Annotated

import typer

RunArgument = Annotated[Path, typer.Argument(help="A run folder that `nucleoscope run` began.")]
ModelsOption = Annotated[
    str | None, typer.Option(help="Which models, separated by commas; those of the run if not given.")
]

CropSizeOption = Annotated[
    int | None, typer.Option(help="Side in pixels of the crops to cut from fields; 25 um if not given.")
]
RecompressedOption = Annotated[
    bool, typer.Option("--recompressed", help="Find shared pixels also where crops were saved as JPEG (80 or better).")
]
TurnedOption = Annotated[
    bool, typer.Option("--turned", help="Find shared pixels also where crops were flipped or turned by 90 degrees.")
]


def names(text: str) -> tuple[str, ...]:
    """The parts of a list separated by commas."""
    return tuple(part.strip() for part in text.split(",") if part.strip())
