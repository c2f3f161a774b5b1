"""Running the server until it is stopped."""

import os
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import uvicorn

from nucleoscope.errors import ConfigError
from nucleoscope.web.app import create_app
from nucleoscope.web.served import load_served
from nucleoscope.web.settings import WebSettings

_PATIENCE = 5  # seconds that requests under way have when the server is stopped


def serve_run(folder: Path, settings: WebSettings, say: Callable[[str], None]) -> None:
    """Serve a run, or a bundle alone, until Ctrl-C.

    Args:
        folder: of the run or the bundle.
        settings: where it is reached.
        say: told where the page is when it answers.

    Raises:
        RunFolderError: there is nothing to serve.
        ConfigError: the port cannot be had.
    """
    with listen(settings) as listening:
        say(f"{folder}: loading the models and choosing their engines")
        app = create_app(load_served(folder), settings)
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            server_header=False,
            ws="none",
            timeout_graceful_shutdown=_PATIENCE,
        )
        address = address_of(listening)
        server = _Announcing(config, lambda: say(f"{folder} is served at {address}; Ctrl-C stops it"))
        with suppress(KeyboardInterrupt):  # uvicorn ends well, and then sends itself the signal again
            server.run([listening])


def listen(settings: WebSettings) -> socket.socket:
    """A socket at the address, before anything slow is done.

    Raises:
        ConfigError: it is taken, or none of this machine's.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family)
    except OSError as failure:
        reason = os.strerror(failure.errno or 0)
        raise ConfigError(
            f"port {settings.port} of {settings.host} cannot be had ({reason}); expected a free port of this machine: "
            "choose another --port or --host"
        ) from failure


def address_of(listening: socket.socket) -> str:
    """Where a browser finds it."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class _Announcing(uvicorn.Server):
    """A server that says when it answers."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets)
        self._announce()
