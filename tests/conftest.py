"""Fixtures that several rooms share."""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from nucleoscope import runtime
from nucleoscope.config import Training
from nucleoscope.data.synthetic import cut_crops, make_fields, write_competition
from nucleoscope.models.bundle import Bundle, BundleConfig, save_bundle
from nucleoscope.models.specification import Kind, Specification
from nucleoscope.pipeline import run as run_module
from nucleoscope.prediction.logits import predict_logits
from nucleoscope.prediction.novelty import fit_novelty_threshold
from nucleoscope.training.examples import Examples
from nucleoscope.training.fit import fit


@pytest.fixture(scope="session", autouse=True)
def _one_thread():
    # Two busy pools on two cores cost more than they bring; the numbers must also not depend on the machine.
    runtime.use_threads(1)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    # What is remembered of this machine must neither come from its user nor stay with him.
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user-cache"))


@pytest.fixture(scope="session")
def cpu():
    return torch.device("cpu")


@pytest.fixture(scope="session")
def data_folder():
    """The folder that holds kaggle/, from NUCLEOSCOPE_DATA."""
    folder = os.environ.get("NUCLEOSCOPE_DATA")
    if folder is None:
        pytest.skip("NUCLEOSCOPE_DATA is not set")
    return Path(folder)


@pytest.fixture(scope="session")
def competition(tmp_path_factory):
    """A tiny competition: four classes of overlapping crops from small synthetic fields, as PNGs."""
    folder = tmp_path_factory.mktemp("competition")
    crops = cut_crops(make_fields(12, seed=3, size=192), size=48)
    write_competition(folder, crops, np.arange(len(crops)) % 10 == 9)
    return folder


@pytest.fixture(scope="session")
def trained_bundle(tmp_path_factory):
    """The folder of a small bundle that knows the four classes of synthetic tissue better than chance."""
    crops = cut_crops(make_fields(12, seed=3, size=192), size=48)
    fitted, select = np.arange(0, len(crops), 2), np.arange(1, len(crops), 2)
    examples = [Examples(crops.images, crops.targets(), part, 4) for part in (fitted, select)]
    specification = Specification(Kind.MODEL1, 4, (48, 48), 8, surround=0.3)
    runtime.seed_everything(0)
    model, _ = specification.build(None)
    device, settings = torch.device("cpu"), Training(epochs=16, batch_size=8, width=8, augmentation=0.2)
    fit(model, *examples, settings, seed=0, device=device)
    config = BundleConfig(
        specification,
        crops.classes,
        tuple(range(4)),
        tuple(model.mean.flatten().tolist()),
        tuple(model.std.flatten().tolist()),
        mpp=crops.mpp,
        novelty_threshold=fit_novelty_threshold(predict_logits(model, crops.images, select, device=device).numpy()),
    )
    folder = tmp_path_factory.mktemp("trained") / "model"
    save_bundle(folder, Bundle(model, config), "card")
    return folder


def _shorten(patch):
    for stage in ("engines", "explain"):
        patch.setitem(run_module.STAGES, stage, lambda *_: None)


@pytest.fixture
def short_run(monkeypatch):
    """Runs without engines and explanations, which cost most of a tiny one; pipeline/test_run.py has a whole one."""
    _shorten(monkeypatch)


@pytest.fixture(scope="module")
def short_runs():
    """The same for all runs of a module."""
    with pytest.MonkeyPatch.context() as patch:
        _shorten(patch)
        yield


@pytest.fixture(scope="module")
def chromium():
    """Debian's Chromium; where it is missing, tests are skipped, and fail in CI.

    It ends with the module: while it runs, nothing else in this thread can have a loop of asyncio.
    """
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        missing = "no Chromium on this machine: apt-get install chromium"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()
