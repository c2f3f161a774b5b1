import json
from pathlib import Path

import pytest

from nucleoscope.errors import RunFolderError
from nucleoscope.files import new_folder, replacing, replacing_folder, write_csv, write_json


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


def test_a_folder_is_replaced_whole_or_not_at_all(tmp_path):
    folder = tmp_path / "results"

    def write(stopped):
        with replacing_folder(folder) as temporary:
            (temporary / ("half.txt" if stopped else "whole.txt")).touch()
            if stopped:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(stopped=True)
    assert list(tmp_path.iterdir()) == []
    folder.mkdir()
    (folder / "earlier.txt").touch()
    with pytest.raises(KeyboardInterrupt):
        write(stopped=True)
    assert [path.name for path in folder.iterdir()] == ["earlier.txt"]
    write(stopped=False)
    assert [path.name for path in folder.iterdir()] == ["whole.txt"]
    assert list(tmp_path.iterdir()) == [folder]


def test_the_folder_one_is_in_can_be_replaced(tmp_path, monkeypatch):
    (tmp_path / "in").mkdir()
    monkeypatch.chdir(tmp_path / "in")
    with replacing_folder(Path()) as temporary:
        (temporary / "a.txt").touch()
    assert (tmp_path / "in" / "a.txt").exists()


class TestNewFolder:
    """A folder is there whole or not at all."""

    @pytest.mark.parametrize("exists", [False, True])
    def test_it_takes_its_place_at_the_end(self, tmp_path, exists):
        path = tmp_path / "deep" / "a"
        if exists:
            path.mkdir(parents=True)
        with new_folder(path) as temporary:
            (temporary / "file").write_text("x")
            assert not (path / "file").exists()
        assert (path / "file").read_text() == "x"
        assert list(path.parent.iterdir()) == [path]

    def test_a_stop_leaves_nothing(self, tmp_path):
        def stopped_half_way():
            with new_folder(tmp_path / "a") as temporary:
                (temporary / "file").touch()
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            stopped_half_way()
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("kind", ["file", "folder"])
    def test_what_is_there_is_left_alone(self, tmp_path, kind):
        path = tmp_path / "a"
        if kind == "folder":
            path.mkdir()
            (path / "mine").touch()
        else:
            path.touch()
        before = set(tmp_path.rglob("*"))
        with pytest.raises(RunFolderError) as error, new_folder(path):
            pass
        assert str(error.value) == (
            f'"{path}" exists and is not an empty folder; expected a new one: choose another --out'
        )
        assert set(tmp_path.rglob("*")) == before
