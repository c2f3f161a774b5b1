"""A server that is killed while somebody reviews has lost nothing that it acknowledged."""

import contextlib
import itertools
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time

import httpx
from reviewed_runs import add_review, copy_run

from nucleoscope.web.reviewing.decisions import DecisionStore

_LEAST = 25  # decisions that are stored before the end


def test_decisions_survive_kill_9(run_folder, tmp_path):
    run = copy_run(run_folder, tmp_path / "run")
    names = add_review(run)
    acknowledged, enough = [], threading.Event()
    with _serving(run.path) as (process, address), httpx.Client(base_url=address, trust_env=False) as client:

        def review():
            for crop, verdict in itertools.cycle(itertools.product(names, ("keep", "drop"))):
                wish = {"reviewer": "Anna", "crop": crop, "verdict": verdict}
                try:
                    answer = client.post("/api/review/lists/model1/decisions", json=wish)
                except httpx.TransportError:
                    return  # the server is gone
                assert answer.status_code == 200, answer.text
                acknowledged.append((crop, verdict))
                if len(acknowledged) >= _LEAST:
                    enough.set()

        reviewer = threading.Thread(target=review)
        reviewer.start()
        assert enough.wait(60)
        os.kill(process.pid, signal.SIGKILL)  # while the next decision is on its way
        reviewer.join(60)
        assert process.wait(60) == -signal.SIGKILL
    assert len(acknowledged) >= _LEAST
    store = DecisionStore(run.decisions)
    last = dict(acknowledged)
    standing = {one.crop: str(one.verdict) for one in store.standing()}
    store.close()
    with sqlite3.connect(run.decisions) as file:
        rows = file.execute("SELECT crop, verdict FROM decisions ORDER BY number").fetchall()
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert rows[: len(acknowledged)] == acknowledged
    assert len(rows) - len(acknowledged) in (0, 1), "one may be stored whose answer did not arrive"
    if len(rows) == len(acknowledged):
        assert standing == last


@contextlib.contextmanager
def _serving(folder):
    """The real command, and where it listens, once it answers."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "nucleoscope", "serve", str(folder), "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            deadline = time.monotonic() + 240  # it imports torch, on a machine that may be busy
            while not _answers(address):
                assert process.poll() is None, "the server ended before it answered"
                assert time.monotonic() < deadline, "the server did not answer in time"
                time.sleep(0.1)
            yield process, address
        finally:
            process.kill()


def _answers(address):
    try:
        return httpx.get(f"{address}/health", trust_env=False, timeout=60).status_code == 200
    except httpx.ConnectError:
        return False
