"""`nucleoscope serve` as a process: it says where it is, answers, and ends when it is told to."""

import os
import re
import signal
import socket
import subprocess
import sys
from urllib.request import urlopen

import pytest
from typer.testing import CliRunner

from nucleoscope.cli.app import app
from nucleoscope.errors import ConfigError, RunFolderError


def error_of(*arguments):
    return CliRunner().invoke(app, ["serve", *map(str, arguments)]).exception


def test_it_says_where_it_is_answers_and_ends_with_ctrl_c(trained_bundle):
    command = [sys.executable, "-m", "nucleoscope", "serve", str(trained_bundle), "--port", "0", "--engine", "torch"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        lines = []
        try:
            for line in process.stdout:
                lines.append(line)
                if "is served at" in line:
                    break
            address = re.search(r"http://127\.0\.0\.1:\d+", lines[-1])[0]
            with urlopen(f"{address}/health", timeout=10) as answer:
                assert answer.read() == b'{"status":"ok"}'
            process.send_signal(signal.SIGINT)
            assert process.wait(30) == 0
            assert process.stderr.read() == ""
        finally:
            if process.poll() is None:
                process.kill()
    assert lines[-1].strip() == f"{trained_bundle} is served at {address}; Ctrl-C stops it"


def test_other_machines_are_not_let_in_without_a_token(trained_bundle, monkeypatch):
    monkeypatch.delenv("NUCLEOSCOPE_TOKEN", raising=False)
    failure = error_of(trained_bundle, "--host", "0.0.0.0")
    assert isinstance(failure, ConfigError)
    assert str(failure) == (
        "--host 0.0.0.0 lets other machines in; expected a token that they must know: set NUCLEOSCOPE_TOKEN to 16 "
        "characters or more, such as those of `openssl rand -hex 16`"
    )


def test_a_taken_port_is_one_line(trained_bundle):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        failure = error_of(trained_bundle, "--port", port)
    assert isinstance(failure, ConfigError)
    assert str(failure) == (
        f"port {port} of 127.0.0.1 cannot be had ({os.strerror(98)}); expected a free port of this machine: choose "
        "another --port or --host"
    )


def test_what_is_no_run_is_refused(tmp_path):
    failure = error_of(tmp_path, "--port", 0)
    assert isinstance(failure, RunFolderError)
    assert str(failure) == f'"{tmp_path}" is no run folder: it has no run.json; expected what `nucleoscope run` wrote'


def test_a_run_without_a_model_is_refused(run_without_model):
    failure = error_of(run_without_model, "--port", 0)
    assert str(failure) == (
        f'run "{run_without_model}" has no trained model; expected RUN/model2/model: finish it with '
        "`nucleoscope run ... --resume`"
    )


@pytest.fixture
def run_without_model(tmp_path):
    record = '{"source": "", "test": null, "settings": {}, "weights": {}, "fingerprint": "", "stages": {}}'
    (tmp_path / "run.json").write_text(record)
    return tmp_path


def test_a_missing_package_names_the_extra(trained_bundle, monkeypatch):
    monkeypatch.setattr("nucleoscope.prediction.engines.catalogue.is_installed", lambda name: name != "uvicorn")
    failure = error_of(trained_bundle)
    assert str(failure) == (
        "the page needs the package uvicorn, which is not installed: pip install 'nucleoscope[web]'"
    )
