"""`nucleoscope report`: everything that a run folder holds on one page, or several runs compared."""

from pathlib import Path
from typing import Annotated

import typer

from nucleoscope.errors import ConfigError


def report(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Run folders; several are compared.")],
    out: Annotated[
        Path | None, typer.Option(help="The page; report.html in the run folder if not given and there is one run.")
    ] = None,
) -> None:
    """Write a page that opens without a network: of one run, or a comparison of several."""
    from nucleoscope.report.comparison import write_comparison
    from nucleoscope.report.writing import write_report

    if len(runs) == 1:
        page = write_report(runs[0], out)
    elif out is None:
        raise ConfigError(f"{len(runs)} runs are to be compared; expected where to write: add --out FILE.html")
    else:
        page = write_comparison(runs, out)
    typer.echo(f"written: {page}")
