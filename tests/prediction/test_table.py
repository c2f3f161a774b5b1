import numpy as np

from nucleoscope.prediction.table import write_predictions, write_submission

PROBABILITIES = np.array([[0.25, 0.75], [0.9, 0.1]])


def test_predictions_with_labels(tmp_path):
    write_predictions(tmp_path / "p.csv", ["1.png", "2.png"], ("a", "b"), PROBABILITIES, np.array([0, 0]))
    assert (tmp_path / "p.csv").read_text() == (
        "name,label,predicted,a,b\n1.png,a,b,0.250000,0.750000\n2.png,a,a,0.900000,0.100000\n"
    )


def test_predictions_without_labels(tmp_path):
    write_predictions(tmp_path / "p.csv", ["1.png", "2.png"], ("a", "b"), PROBABILITIES)
    assert (tmp_path / "p.csv").read_text().startswith("name,predicted,a,b\n1.png,b,0.25")


def test_a_submission_has_the_data_sets_own_labels(tmp_path):
    write_submission(tmp_path / "s.csv", ["10.png", "9.png"], (3, 7), PROBABILITIES)
    assert (tmp_path / "s.csv").read_text() == "Filename,Label\n10.png,7\n9.png,3\n"
