"""The examples in docstrings are run, so that they stay true."""

import doctest
import importlib
from pathlib import Path

import pytest

import nucleoscope

SOURCE = Path(nucleoscope.__file__).parent
MODULES = [
    ".".join(("nucleoscope", *file.relative_to(SOURCE).with_suffix("").parts)).removesuffix(".__init__")
    for file in sorted(SOURCE.rglob("*.py"))
    if ">>> " in file.read_text(encoding="utf-8")
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_give_what_they_say(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # what an example writes stays here
    found = doctest.testmod(importlib.import_module(name))
    assert found.attempted > 0
    assert found.failed == 0


def test_there_are_examples():
    assert len(MODULES) > 5
