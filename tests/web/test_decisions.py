"""The store of decisions: nothing is lost, nobody writes over another."""

import dataclasses
import sqlite3
import threading

import pytest

from nucleoscope.errors import RunFolderError
from nucleoscope.web.reviewing.decisions import Decision, DecisionStore, Shown, Verdict


@pytest.fixture
def store(tmp_path):
    store = DecisionStore(tmp_path / "decisions.sqlite")
    yield store
    store.close()


def decision(crop="a.png", verdict=Verdict.KEEP, label=None, reviewer="Anna"):
    return Decision(reviewer, crop, "muscle", verdict, label, Shown.SUGGESTION)


def test_nothing_is_written_before_the_first_decision(store):
    assert store.standing() == []
    assert store.undo("Anna") is None
    assert not store.path.exists()


def test_a_decision_is_what_another_process_would_read(store):
    made = decision(verdict=Verdict.RELABEL, label="immune")
    store.record(made)
    assert made.answer == "immune"
    with sqlite3.connect(store.path) as other:  # while the store is still open: it is in the log at once
        assert other.execute("SELECT reviewer, crop, given, verdict, label, shown FROM decisions").fetchall() == [
            ("Anna", "a.png", "muscle", "relabel", "immune", "suggestion")
        ]
        assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_every_commit_is_brought_to_the_disk(store):
    store.record(decision())
    with store._engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2  # FULL


def test_the_last_decision_stands_and_undo_brings_the_one_before_back(store):
    first, second = decision(), decision(verdict=Verdict.DROP)
    store.record(first)
    store.record(second)
    assert store.standing() == [second]
    assert store.undo("Anna") == second
    assert store.standing() == [first]
    assert store.undo("Anna") == first
    assert store.standing() == []
    assert store.undo("Anna") is None
    with sqlite3.connect(store.path) as other:  # withdrawn, not removed
        assert other.execute("SELECT count(*) FROM decisions WHERE withdrawn_at IS NOT NULL").fetchone() == (2,)


def test_undo_takes_the_last_of_the_reviewer_who_asks(store):
    mine, theirs = decision(crop="a.png"), decision(crop="b.png", reviewer="Ben")
    store.record(mine)
    store.record(theirs)
    assert store.undo("Anna") == mine
    assert store.standing() == [theirs]


def test_the_same_decision_sent_twice_is_one(store):
    store.record(decision())
    store.record(decision())
    store.undo("Anna")
    assert store.standing() == []


def test_reviewers_at_the_same_time_do_not_write_over_each_other(store):
    crops = [f"{number}.png" for number in range(15)]

    def review(reviewer, verdict):
        own = DecisionStore(store.path)  # as another process has
        for crop in crops:
            own.record(decision(crop, verdict, reviewer=reviewer))
        own.close()

    who = [("Anna", Verdict.KEEP), ("Ben", Verdict.DROP), ("Eva", Verdict.KEEP)]
    threads = [threading.Thread(target=review, args=one) for one in who]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    standing = {(one.reviewer, one.crop): one.verdict for one in store.standing()}
    assert standing == {(reviewer, crop): verdict for reviewer, verdict in who for crop in crops}


def test_a_file_of_something_else_is_refused_in_one_line(store):
    store.path.write_text("name,corrected\n" * 100)
    with pytest.raises(RunFolderError) as error:
        store.standing()
    assert str(error.value) == (
        f'decisions cannot be read or stored in "{store.path}" (file is not a database); expected a file that '
        "`nucleoscope serve` wrote, in a folder that can be written: move it away, or check the place"
    )


def test_a_newer_format_is_refused(store):
    with sqlite3.connect(store.path) as other:
        other.execute("PRAGMA user_version = 9")
    with pytest.raises(RunFolderError) as error:
        store.record(decision())
    assert str(error.value) == (f'"{store.path}" has format 9; this nucleoscope reads 1: use the version that wrote it')


def test_what_was_shown_is_kept(store):
    store.record(dataclasses.replace(decision(), shown=Shown.PICTURE))
    assert store.standing()[0].shown is Shown.PICTURE
