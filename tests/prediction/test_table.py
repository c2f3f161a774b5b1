import numpy as np

from nucleoscope.prediction.table import read_predictions, write_predictions, write_submission

PROBABILITIES = np.array([[0.25, 0.75], [0.9, 0.1]])


def test_predictions_with_labels(tmp_path):
    write_predictions(tmp_path / "p.csv", ["1.png", "2.png"], ("a", "b"), PROBABILITIES, np.array([0, 0]))
    assert (tmp_path / "p.csv").read_text() == (
        "name,label,predicted,a,b\n1.png,a,b,0.250000,0.750000\n2.png,a,a,0.900000,0.100000\n"
    )


def test_predictions_without_labels(tmp_path):
    write_predictions(tmp_path / "p.csv", ["1.png", "2.png"], ("a", "b"), PROBABILITIES)
    assert (tmp_path / "p.csv").read_text().startswith("name,predicted,a,b\n1.png,b,0.25")


def test_predictions_with_sets(tmp_path):
    sets = np.array([[True, True], [False, False]])
    write_predictions(tmp_path / "p.csv", ["1.png", "2.png"], ("a", "b"), PROBABILITIES, sets=sets)
    assert (tmp_path / "p.csv").read_text() == (
        "name,predicted,a,b,set\n1.png,b,0.250000,0.750000,a|b\n2.png,a,0.900000,0.100000,\n"
    )


def test_predictions_come_back_as_they_were(tmp_path):
    write_predictions(tmp_path / "p.csv", ["1,5.png", "2.png"], ("a", "b"), PROBABILITIES, np.array([1, 0]))
    found = read_predictions(tmp_path / "p.csv")
    assert (found.names, found.classes) == (("1,5.png", "2.png"), ("a", "b"))
    assert found.labels.tolist() == [1, 0]
    assert np.array_equal(found.probabilities, PROBABILITIES)


def test_a_submission_has_the_data_sets_own_labels(tmp_path):
    write_submission(tmp_path / "s.csv", ["10.png", "9.png"], (3, 7), PROBABILITIES)
    assert (tmp_path / "s.csv").read_text() == "Filename,Label\n10.png,7\n9.png,3\n"
