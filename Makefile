# Each target makes .venv first if it is missing. PYTHON is what .venv is made with.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test test-realdata test-slow lint format bench

$(BIN)/.ready: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --editable '.[dev,fast,offline,review]'
	touch $@

demo: $(BIN)/.ready  ## the main job on built-in synthetic tissue: runs/demo/
	rm -rf runs/demo
	$(BIN)/nucleoscope run demo --out runs/demo --trials 3 --epochs 7

test: $(BIN)/.ready  ## all tests but the slow ones; those on real data only with NUCLEOSCOPE_DATA
	$(BIN)/python -m pytest -m "not slow and not realdata"

test-realdata: $(BIN)/.ready  ## tests on the real crops in NUCLEOSCOPE_DATA
	$(BIN)/python -m pytest -m "realdata and not slow"

test-slow: $(BIN)/.ready  ## every network of torchvision
	$(BIN)/python -m pytest -m slow

lint: $(BIN)/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(BIN)/.ready
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(BIN)/.ready  ## the figures of docs/benchmarks.md, on the real crops in NUCLEOSCOPE_DATA; hours
	$(BIN)/python benchmarks/reference.py
