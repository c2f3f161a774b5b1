import json

import pytest

from nucleoscope.files import replacing, write_csv, write_json


def test_a_file_is_there_whole_or_not_at_all(tmp_path):
    path = tmp_path / "a.json"
    write_json(path, {"a": 1})

    def stopped_half_way():
        with replacing(path) as temporary:
            temporary.write_text("half")
            raise RuntimeError("stopped")

    with pytest.raises(RuntimeError, match="stopped"):
        stopped_half_way()
    assert json.loads(path.read_text()) == {"a": 1}
    assert list(tmp_path.iterdir()) == [path]


def test_the_temporary_name_keeps_the_suffix(tmp_path):
    with replacing(tmp_path / "a.png") as temporary:
        assert temporary.suffix == ".png"
        temporary.touch()


def test_json_that_other_readers_refuse_is_refused(tmp_path):
    with pytest.raises(ValueError, match="Out of range"):
        write_json(tmp_path / "a.json", float("nan"))
    assert list(tmp_path.iterdir()) == []


def test_csv_has_one_header(tmp_path):
    write_csv(tmp_path / "a.csv", ["a", "b"], [[1, "x,y"]])
    assert (tmp_path / "a.csv").read_text() == 'a,b\n1,"x,y"\n'
