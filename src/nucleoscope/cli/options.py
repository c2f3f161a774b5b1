"""Options and small conversions that several verbs share."""

from pathlib import Path
from typing import Annotated

import typer

RunArgument = Annotated[Path, typer.Argument(help="A run folder that `nucleoscope run` began.")]
ModelsOption = Annotated[
    str | None, typer.Option(help="Which models, separated by commas; those of the run if not given.")
]


def names(text: str) -> tuple[str, ...]:
    """The parts of a list separated by commas."""
    return tuple(part.strip() for part in text.split(",") if part.strip())
