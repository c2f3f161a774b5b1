"""Benchmarks are too long to run in tests; they must at least fit the code that they measure."""

import importlib.util
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent.parent / "benchmarks"


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.py")), ids=lambda file: file.stem)
def test_a_benchmark_loads_and_says_how_it_is_called(file, monkeypatch):
    monkeypatch.syspath_prepend(FOLDER)  # where Python looks first when it runs a script there
    specification = importlib.util.spec_from_file_location(f"benchmark_{file.stem}", file)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)  # an import that is gone fails here
    assert f"benchmarks/{file.name}" in module.__doc__
    assert callable(module.main)
