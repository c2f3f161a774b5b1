"""The search with the real Ray Tune, on crops so small that a trial takes a second."""

import dataclasses
import os
import signal
import subprocess
import sys
import textwrap
import time

import numpy as np

from nucleoscope.config import Training
from nucleoscope.models.specification import Kind, Specification
from nucleoscope.tuning import space
from nucleoscope.tuning.journal import Status, read_journal
from nucleoscope.tuning.search import search
from nucleoscope.tuning.selection import choose_trial
from nucleoscope.tuning.space import Choice
from nucleoscope.tuning.trial import Plan


def make_images():
    random = np.random.default_rng(0)
    images = random.integers(150, 256, (60, 24, 24, 3), dtype=np.uint8)
    labels = np.arange(60) % 2
    images[labels == 1, 6:18, 6:18, 0] = 20
    return images, labels


def make_plan(folder, epochs=3):
    _, labels = make_images()
    index = np.arange(60)
    return Plan(
        specification=Specification(Kind.MODEL1, 2, (24, 24), 24),
        defaults=Training(epochs=epochs, batch_size=32, width=24, augmentation=0.2),
        weights="auto",
        labels=labels,
        fit_index=index[:40],
        select_index=index[40:],
        seed=0,
        folder=folder,
    )


def test_a_search_tries_the_defaults_first_and_records_a_diverged_trial(tmp_path, monkeypatch):
    # The second value diverges at once; the search must go on and never choose it.
    monkeypatch.setitem(space.SPACE, Kind.MODEL1, {"learning_rate": Choice((0.004, 1e20))})
    heard = []
    images, _ = make_images()
    plan = make_plan(tmp_path / "search")
    trials = search(images, plan, 6, heard.append)
    assert len(trials) == 6
    # It is the first to be handed out; beside it the second may begin a moment earlier.
    assert {"learning_rate": plan.defaults.learning_rate} in [trial.parameters for trial in trials[:2]]
    failed = [trial for trial in trials if trial.parameters["learning_rate"] == 1e20]
    assert failed
    for trial in failed:
        assert trial.status is Status.FAILED
        assert trial.reason in (
            "DivergedError: the loss became nan in epoch 1",
            "DivergedError: the loss became inf in epoch 1",
        )
    assert choose_trial(trials).parameters["learning_rate"] == 0.004
    assert heard[-1] == trials
    for trial in trials:
        if trial.status is Status.FINISHED:
            assert np.load(plan.logits_file(trial.trial)).shape == (3, 20, 2)


def test_a_trial_whose_process_dies_is_recorded_as_failed(tmp_path, monkeypatch):
    """A crash leaves no word in the journal; the reason comes from Ray."""
    monkeypatch.setitem(space.SPACE, Kind.MODEL1, {"batch_size": Choice((16, 32))})
    images, _ = make_images()
    plan = dataclasses.replace(make_plan(tmp_path / "search"), labels=DyingLabels(make_images()[1]))
    (trial,) = search(images, plan, 1, lambda trials: None)
    assert trial.status is Status.FAILED
    assert trial.reason


class DyingLabels:
    """Labels that take their process with them when it looks at them."""

    def __init__(self, labels):
        self.labels = labels

    def __getitem__(self, index):
        os.kill(os.getpid(), signal.SIGKILL)


SCRIPT = """
import sys, pathlib
sys.path.insert(0, {tests!r})
from test_search import make_images, make_plan
from nucleoscope.tuning.search import search
if __name__ == "__main__":
    search(make_images()[0], make_plan(pathlib.Path(sys.argv[1]), epochs=40), 6, lambda trials: None)
"""


def test_a_killed_search_resumes_and_repeats_no_finished_trial(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(textwrap.dedent(SCRIPT.format(tests=os.path.dirname(__file__))))  # noqa: PTH120
    folder = tmp_path / "search"
    process = subprocess.Popen([sys.executable, str(script), str(folder)], start_new_session=True)
    deadline = time.monotonic() + 120
    while not [t for t in (read_journal(folder) if folder.exists() else []) if t.status is Status.FINISHED]:
        assert time.monotonic() < deadline, "no trial finished in two minutes"
        assert process.poll() is None, "the search ended before it could be killed"
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    time.sleep(1)
    before = {t.trial: t for t in read_journal(folder) if t.status is Status.FINISHED}
    written = {trial: (folder / f"{trial}.json").stat().st_mtime_ns for trial in before}
    assert 0 < len(before) < 6

    trials = search(make_images()[0], make_plan(folder, epochs=40), 6, lambda trials: None)
    assert len(trials) == 6
    after = {trial.trial: trial for trial in trials}
    for name, trial in before.items():
        assert after[name].history == trial.history
        assert (folder / f"{name}.json").stat().st_mtime_ns == written[name]
    assert all(trial.status is not Status.RUNNING for trial in trials)
