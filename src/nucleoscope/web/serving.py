"""Running the server until it is stopped."""

from pathlib import Path

import uvicorn

from nucleoscope.web.app import create_app
from nucleoscope.web.served import load_served
from nucleoscope.web.settings import WebSettings


def serve_run(folder: Path, settings: WebSettings) -> None:
    """Serve a run, or a bundle alone, until Ctrl-C.

    Raises:
        RunFolderError: there is nothing to serve.
    """
    app = create_app(load_served(folder), settings)
    uvicorn.run(app, host=settings.host, port=settings.port, log_level="info", server_header=False)
