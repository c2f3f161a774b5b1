"""`nucleoscope serve`: the page and the HTTP interface of a run."""

from pathlib import Path
from typing import Annotated

import typer

from nucleoscope.errors import ConfigError


def serve(
    run: Annotated[Path, typer.Argument(help="A run folder, or a bundle alone (RUN/model2/model).")],
    host: Annotated[str, typer.Option(help="Address to listen at; another than this machine's needs a token.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen at.")] = 8000,
    token: Annotated[
        str | None,
        typer.Option(envvar="NUCLEOSCOPE_TOKEN", help="That clients must know; better set as NUCLEOSCOPE_TOKEN."),
    ] = None,
    engine: Annotated[
        str, typer.Option(help="auto (the fastest that agrees with PyTorch), torch, openvino-int8, ...")
    ] = "auto",
) -> None:
    """Serve a page to try the models of a run, explore and review its crops, and an HTTP interface."""
    _check_installed()
    from nucleoscope.cli.console import Console
    from nucleoscope.prediction.engines.catalogue import check_engine
    from nucleoscope.web.serving import serve_run
    from nucleoscope.web.settings import WebSettings

    check_engine(engine)
    serve_run(run, WebSettings(host, port, token or None, engine), Console().say)


def _check_installed() -> None:
    from nucleoscope.prediction.engines.catalogue import is_installed

    for module, package in (
        ("fastapi", "fastapi"),
        ("uvicorn", "uvicorn"),
        ("python_multipart", "python-multipart"),
        ("sqlalchemy", "sqlalchemy"),
        ("prometheus_client", "prometheus-client"),
    ):
        if not is_installed(module):
            raise ConfigError(
                f"the page needs the package {package}, which is not installed: pip install 'nucleoscope[web]'"
            )
