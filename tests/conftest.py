"""Fixtures that several rooms share."""

import os
from pathlib import Path

import pytest
import torch

from nucleoscope import runtime


@pytest.fixture(scope="session", autouse=True)
def _one_thread():
    # Two busy pools on two cores cost more than they bring; the numbers must also not depend on the machine.
    runtime.use_threads(1)


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
