"""The table of time to accuracy, from records with a known truth."""

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))

from accuracy_time import machine
from accuracy_time import task as tasks
from accuracy_time.records import median_bound, middle, read_runs
from accuracy_time.table import HEADER, table

OURS, NOTEBOOK = "ours", "reference_notebook"


def line(procedure, seed, **more):
    facts = {
        "target": 0.9,
        "protocol": "random",
        "crops": 1000,
        "validation_crops": 300,
        "same_waiting": False,
        "cores": 2,
    }
    return {"procedure": procedure, "model": "model2", "seed": seed, **facts, **more}


def run(procedure, seed, accuracies, each, ended, elsewhere=0.03):
    """Epochs of `each` seconds of training and one of validation."""
    epochs = [
        line(procedure, seed, epoch=e, seconds=e * (each + 1), training_seconds=e * each, accuracy=accuracy)
        for e, accuracy in enumerate(accuracies, start=1)
    ]
    end = line(procedure, seed, ended=ended, training_seconds=each * len(accuracies) + 0.5)
    return [*epochs, end, {"procedure": procedure, "model": "model2", "seed": seed, "elsewhere": elsewhere}]


@pytest.fixture
def records(tmp_path):
    def write(*runs):
        path = tmp_path / "records.jsonl"
        path.write_text("".join(f"{json.dumps(one)}\n" for lines in runs for one in lines))
        return path

    return write


def test_the_table_holds_medians_ranges_and_ratios(records):
    path = records(
        run(OURS, 0, [0.8, 0.9, 0.89], 10, "epochs"),  # the target itself counts, what comes later does not
        run(OURS, 1, [0.91], 12, "target"),
        run(OURS, 2, [0.8, 0.85, 0.95], 11, "target"),
        run(NOTEBOOK, 0, [0.5, 0.91], 100, "target"),
        run(NOTEBOOK, 1, [0.5, 0.6, 0.7], 110, "limit"),
        run(NOTEBOOK, 2, [0.5, 0.91], 120, "target"),
    )
    assert table(read_runs(path)).splitlines() == [
        HEADER,
        "|---|---|---|---|---|---|---|---|---|",
        "| model2 | reference notebook | 240 | 200 to > 330 | 12.0 | 242 | 2 | 2 of 3 | 91.0% |",
        "| model2 | nucleoscope | 20.0 | 12.0 to 33.0 | 1.0 | 22.0 | 2 | 3 of 3 | 91.0% |",
        "",
        "model2: target 90.0% of 300 validation crops (protocol random, 1,000 crops in all), 2 cores. "
        "Peers' OpenMP waits as it comes. Other processes took up to 0.03 cores during a fit.",
    ]


def test_a_median_that_was_not_reached_is_a_lower_bound(records):
    path = records(
        run(OURS, 0, [0.91], 10, "target"),
        run(NOTEBOOK, 0, [0.91], 50, "target"),
        run(NOTEBOOK, 1, [0.5, 0.6], 40, "epochs"),
        run(NOTEBOOK, 2, [0.5, 0.6], 45, "limit"),
    )
    text = table(read_runs(path))
    assert "| reference notebook | > 80.5 | 50.0 to > 90.5 | > 8.1 | - | - | 1 of 3 | 60.0% |" in text


@pytest.mark.parametrize(
    ("elsewhere", "said"),
    [
        (0.8, "NOT VALID: other processes took up to 0.80 cores during a fit; expected at most 0.1."),
        (math.nan, "NOT VALID: what other processes took was not measured for all fits."),
    ],
)
def test_a_table_of_a_busy_machine_says_that_it_is_not_valid(records, elsewhere, said):
    path = records(run(OURS, 0, [0.91], 10, "target"), run(NOTEBOOK, 0, [0.91], 90, "target", elsewhere))
    assert table(read_runs(path)).endswith(said)


def test_what_others_took_is_what_the_machine_did_without_us(monkeypatch):
    for name, values in (("busy_seconds", [100.0, 118.0]), ("_own_seconds", [5.0, 20.0])):
        monkeypatch.setattr(machine, name, iter(values).__next__)
    monkeypatch.setattr(machine.time, "perf_counter", iter([0.0, 10.0]).__next__)
    with machine.watching_others() as elsewhere:
        pass
    assert elsewhere == [0.3]  # 18 seconds of CPU less our 15, in 10 seconds


def test_a_child_that_has_ended_is_one_of_ours():
    before = machine._own_seconds()
    burn = "import time\nwhile time.process_time() < 0.5: pass"
    subprocess.run([sys.executable, "-c", burn], check=True)
    assert machine._own_seconds() - before >= 0.5


def test_a_run_that_was_stopped_in_between_begins_again_and_does_not_count(records):
    stopped = run(OURS, 0, [0.5, 0.95], 10, "epochs")[:-2]
    again = run(OURS, 0, [0.6, 0.7, 0.92], 20, "target")
    other = run(OURS, 1, [0.95], 8, "target")[:-2]
    runs = read_runs(records(stopped, again, stopped[:1], other))
    assert (runs[OURS, "model2", 1].ended, runs[OURS, "model2", 0].ended) == (None, None)
    runs = read_runs(records(stopped, again))
    assert runs[OURS, "model2", 0].seconds() == 60
    assert len(runs[OURS, "model2", 0].epochs) == 3


def test_records_of_two_kinds_make_no_table(records):
    other = [one | {"crops": 300} for one in run(NOTEBOOK, 0, [0.91], 10, "target")]
    path = records(run(OURS, 0, [0.91], 10, "target"), other)
    with pytest.raises(SystemExit) as caught:
        table(read_runs(path))
    assert str(caught.value) == ("the records have crops 300 and 1000; a table needs one: begin another --out")


def test_the_bold_line_is_the_run_with_the_median_time(records):
    runs = read_runs(records(*(run(OURS, seed, [0.5] * seed + [0.91], 10, "target") for seed in range(3))))
    found = list(runs.values())
    assert middle(found).seconds() == median_bound(found)[0] == 20


def test_the_stopwatch_takes_validation_off_and_stops(tmp_path, monkeypatch, capsys):
    now = iter([0.0, 4.0, 6.0, 9.0, 10.0, 10.5])  # start; step, accuracy; step, accuracy; end
    monkeypatch.setattr(tasks.time, "perf_counter", lambda: next(now))
    task = tasks.Task(OURS, "model2", 0, 0.9, None, 60.0, False, False, str(tmp_path), str(tmp_path / "out.jsonl"))
    watch = tasks.Stopwatch(task, tasks.Parts([(Path("a"), 0)], [(Path("b"), 1)]))
    watch.step()
    watch.epoch(0.5)
    watch.step()
    with pytest.raises(tasks.EnoughError, match=r"^target$"):
        watch.epoch(0.9)
    watch.end("target")
    found = read_runs(tmp_path / "out.jsonl")[OURS, "model2", 0]
    assert [(e["seconds"], e["training_seconds"]) for e in found.epochs] == [(6.0, 4.0), (10.0, 7.0)]
    assert (found.ended, found.facts["validation_crops"], capsys.readouterr().out.count("\n")) == ("target", 1, 3)


def test_the_stopwatch_stops_at_the_limit_of_training(tmp_path, monkeypatch):
    now = iter([0.0, 5.0, 30.0, 34.0, 36.0])
    monkeypatch.setattr(tasks.time, "perf_counter", lambda: next(now))
    task = tasks.Task(OURS, "model2", 0, 0.9, None, 10.0, False, False, str(tmp_path), str(tmp_path / "out.jsonl"))
    watch = tasks.Stopwatch(task, tasks.Parts([(Path("a"), 0)], [(Path("b"), 1)]))
    watch.step()
    watch.epoch(0.5)
    watch.step()  # 9 seconds of training: 25 were validation
    with pytest.raises(tasks.EnoughError, match=r"^limit$"):
        watch.step()
    assert math.isclose(watch.validating, 25.0)
