import csv

from nucleoscope.training.history import Epoch
from nucleoscope.tuning.journal import Journal, Status, read_journal, write_tuning

EPOCH = Epoch(1, 0.5, 0.8, 0.6, 0.75, 0.01, 2.0)


def test_a_trial_is_read_as_it_was_written(tmp_path):
    journal = Journal(tmp_path / "ab.json", {"width": 24}, [EPOCH], started=2.0)
    journal.write(Status.FINISHED)
    Journal(tmp_path / "cd.json", {"width": 32}, started=1.0).write(Status.FAILED, "DivergedError: nan")
    first, second = read_journal(tmp_path)
    assert (first.number, first.trial, first.status, first.reason) == (1, "cd", Status.FAILED, "DivergedError: nan")
    assert first.metric is None
    assert (second.number, second.history, second.metric, second.seconds) == (2, (EPOCH,), 0.75, 2.0)


def test_a_journal_goes_on_where_it_was(tmp_path):
    path = tmp_path / "a.json"
    Journal(path, {}, [EPOCH]).write(Status.RUNNING)
    assert Journal.open(path, {}).history == [EPOCH]
    assert Journal.open(tmp_path / "new.json", {}).history == []


def test_tuning_csv_has_a_row_a_trial_and_the_reasons(tmp_path):
    Journal(tmp_path / "a_0.json", {"width": 24}, [EPOCH]).write(Status.FINISHED)
    Journal(tmp_path / "a_1.json", {"width": 32, "frozen": 0.5}).write(Status.FAILED, "DivergedError: nan")
    write_tuning(tmp_path / "tuning.csv", read_journal(tmp_path))
    with (tmp_path / "tuning.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["trial"] for row in rows] == ["1", "2"]
    assert rows[0]["select_accuracy"] == "0.75"
    assert rows[1] == {
        "trial": "2",
        "select_accuracy": "",
        "select_loss": "",
        "epochs": "0",
        "status": "failed",
        "reason": "DivergedError: nan",
        "seconds": "0",
        "chosen": "no",
        "width": "32",
        "frozen": "0.5",
    }
