# Each target makes .venv first if it is missing. PYTHON is what .venv is made with.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo serve test test-realdata test-slow lint format tutorial bench

$(BIN)/.ready: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --editable '.[dev,fast,map,offline,review,slides,timm,web]'
	touch $@

demo: $(BIN)/.ready  ## the main job on built-in synthetic tissue, on crops alone to be short: runs/demo/
	rm -rf runs/demo
	$(BIN)/nucleoscope run demo --out runs/demo --trials 3 --epochs 6 --surroundings 1

serve: $(BIN)/.ready  ## a page on the demo run, which is made if it is missing: http://127.0.0.1:8000
	test -f runs/demo/run.json || $(MAKE) demo
	$(BIN)/nucleoscope serve runs/demo

test: $(BIN)/.ready  ## all tests but the slow ones; those on real data only with NUCLEOSCOPE_DATA
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile -m "not slow and not realdata"

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

tutorial: $(BIN)/.ready  ## docs/tutorial.ipynb from top to bottom on synthetic tissue; its outputs are stored in it
	$(BIN)/python docs/execute_tutorial.py

bench: $(BIN)/.ready  ## the figures of docs/benchmarks.md, on the real crops in NUCLEOSCOPE_DATA; hours, alone on the machine
	$(BIN)/python -m pip install --quiet --editable '.[bench,dev,fast,map,offline,review,slides,timm,web]'
	$(BIN)/python benchmarks/reference.py --out runs/bench --splits random,tiles --seeds 1,2,3 --preset full --surroundings 1
	$(BIN)/python benchmarks/time_to_accuracy.py --out runs/bench/time-to-accuracy.jsonl --models model2 --seeds 1,2,3 --limit-seconds 225 --resume
	$(BIN)/python benchmarks/time_to_accuracy.py --out runs/bench/time-to-accuracy.jsonl --models model1 --seeds 1,2,3 --limit-seconds 120 --resume
	$(BIN)/python benchmarks/time_to_accuracy.py --out runs/bench/time-to-accuracy.jsonl --table --plot docs/images/time_to_accuracy.png
	$(BIN)/python benchmarks/training_step.py
	$(BIN)/python benchmarks/serving.py runs/bench/random-2 --clients 32 --seconds 60 --crops 1,8
	$(BIN)/python benchmarks/prediction.py --bundle runs/bench/random-2/model2/model --run runs/bench/random-2
	$(BIN)/python benchmarks/tuning.py --seeds 1,2,3
	$(BIN)/python benchmarks/decoding.py
	$(BIN)/python benchmarks/detection.py
	$(BIN)/python benchmarks/new_tissue.py measure around-4 base --epochs 4 --cap 50 --seeds 1,2,3 --out runs/bench/new-tissue
	$(BIN)/python benchmarks/new_tissue.py measure base grey wide-2 wide-4 --epochs 4 --cap 50 --seeds 1 --out runs/bench/new-tissue
	$(BIN)/python benchmarks/new_tissue.py measure base wide-2 --epochs 4 --cap 50 --seeds 1 --out runs/bench/new-tissue
	$(BIN)/python benchmarks/new_tissue.py measure base wide-2 wide-4 --epochs 4 --cap 50 --seeds 1 --out runs/bench/new-tissue
	$(BIN)/python benchmarks/known_tissue.py --out runs/bench/new-tissue
	$(BIN)/python benchmarks/novelty.py runs/bench/tiles-1/model2/model --split runs/bench/tiles-1/split.csv
	$(BIN)/python benchmarks/slides.py runs/bench/tiles-1/model2/model --split runs/bench/tiles-1/split.csv
	$(BIN)/python benchmarks/found_nuclei.py runs/bench/tiles-1/model2/model --split runs/bench/tiles-1/split.csv
	$(BIN)/python benchmarks/other_lab.py runs/bench/tiles-1/model2/model
	$(BIN)/python benchmarks/artefacts.py
	$(BIN)/python benchmarks/slide_reading.py
	$(BIN)/python benchmarks/dense_field.py runs/bench/random-1
	$(BIN)/python benchmarks/dense_field.py runs/bench/tiles-1
	$(BIN)/python benchmarks/growth.py audit --crops 10000,12601,50000,200000
	$(BIN)/python benchmarks/growth.py audit --crops 1000,10000,100000,1000000 --size 32
	$(BIN)/python benchmarks/growth.py train --crops 1000,10000,100000,1000000 --size 32 --width 8
	$(BIN)/python benchmarks/growth.py predict --crops 1000,10000,100000,1000000 --size 32 --width 8
	$(BIN)/python benchmarks/tolerance.py
	$(BIN)/python benchmarks/label_errors.py --flips 0.01,0.05,0.1 --seed 1 --epochs 3
	$(BIN)/python benchmarks/strided_depthwise.py
	$(BIN)/python benchmarks/spinning.py
