"""A client of the app, a real server, and a browser whose every page is watched."""

import contextlib
import dataclasses
import os
import socket
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
import torch
import uvicorn
from fastapi.testclient import TestClient
from sent_pictures import tissue

from nucleoscope.models.measured import Measured, with_measured
from nucleoscope.pipeline import run as running_stages
from nucleoscope.pipeline.settings import RunSettings
from nucleoscope.prediction.logits import predict_logits
from nucleoscope.prediction.novelty import energy
from nucleoscope.web.app import create_app
from nucleoscope.web.served import Served, load_served

LOCAL = "http://127.0.0.1:8000"
SIZES = {"wide": {"width": 1440, "height": 900}, "narrow": {"width": 390, "height": 844}}


@pytest.fixture(scope="session")
def served_bundle(trained_bundle):
    """The small bundle alone, as a server loads it."""
    return load_served(trained_bundle)


@pytest.fixture(scope="session")
def measured_bundle(served_bundle):
    """The same with what a run adds: a measurement, and thresholds that leave some crops unsure, and some foreign."""
    bundle = served_bundle.bundles["model"]
    novelty = np.median(energy(predict_logits(bundle.model, tissue(12), device=torch.device("cpu")).numpy()))
    config = dataclasses.replace(bundle.config, coverage=0.9, set_threshold=0.45, novelty_threshold=float(novelty))
    measured = Measured("tiles", 120, 1, 0.875, (0.8, 0.93), 0.87, 0.86, 0.05)
    return Served(None, {"model": dataclasses.replace(bundle, config=with_measured(config, measured))})


@pytest.fixture(scope="session")
def measured_client(measured_bundle):
    """A client of an app that serves it."""
    with TestClient(create_app(measured_bundle), base_url=LOCAL) as client:
        yield client


@pytest.fixture(scope="session")
def run_folder(competition, tmp_path_factory):
    """A tiny run of model1, trained and evaluated and no more; do not write into it, copy it."""
    settings = RunSettings(trials=0, epochs=1, models=("model1",), split="random")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(running_stages, "wanted_stages", lambda prepared: ["tune", "train", "evaluate"])
        patch.setattr(running_stages, "summarise", lambda prepared, folder, reporter: None)
        return running_stages.run(competition, tmp_path_factory.mktemp("web") / "run", settings)


@pytest.fixture(scope="session")
def client(served_bundle):
    """A client of an app that serves the small bundle; its lifespan runs."""
    with TestClient(create_app(served_bundle), base_url=LOCAL) as client:
        yield client


@contextlib.contextmanager
def running(app):
    """The address of a real server for an app, in a thread of this process."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", ws="none"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            deadline = time.monotonic() + 30
            while not server.started:
                assert thread.is_alive(), "the server ended while it started"
                assert time.monotonic() < deadline, "the server did not start within 30 s"
                time.sleep(0.01)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = True
            thread.join(30)


@pytest.fixture(scope="module")
def serve_app():
    """Serves apps until the tests of a module are done: `serve_app(app)` is the address."""
    with contextlib.ExitStack() as stack:
        yield lambda app: stack.enter_context(running(app))


@pytest.fixture(scope="session")
def live_bundle(served_bundle):
    """The address of a real server of the small bundle."""
    with running(create_app(served_bundle)) as address:
        yield address


@pytest.fixture
def open_page(chromium):
    """Opens an address in a fresh browser: `open_page(address, "wide" or "narrow", "light" or "dark")`.

    When the test ends, it fails if a page wrote an error to its console, threw one, or sent a request to another host.
    `open_page.expected` holds parts of console errors that the test provokes, such as the 413 of a refused file.
    """
    contexts, errors, elsewhere = [], [], []
    expected: list[str] = []

    def open_page(address: str, size: str = "wide", colours: str = "light"):
        context = chromium.new_context(viewport=SIZES[size], color_scheme=colours, accept_downloads=True)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("request", lambda request: elsewhere.append(request.url) if _leaves(request.url) else None)
        page.goto(address)
        return page

    open_page.expected = expected
    yield open_page
    for context in contexts:
        context.close()
    assert [error for error in errors if not any(part in error for part in expected)] == []
    assert elsewhere == []


def _leaves(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme not in ("blob", "data", "about") and parts.hostname != "127.0.0.1"


@pytest.fixture
def screenshots():
    """The folder for pictures to look at, None where NUCLEOSCOPE_SCREENSHOTS does not name one."""
    folder = os.environ.get("NUCLEOSCOPE_SCREENSHOTS")
    return None if folder is None else Path(folder)
