"""The command that repeats a run asks for the same run."""

import dataclasses
import shlex

import pytest
import typer.main

from nucleoscope.cli.app import app
from nucleoscope.models.specification import Kind
from nucleoscope.pipeline.settings import RunSettings
from nucleoscope.report.results import read_results
from nucleoscope.report.sections.repeating import changed_settings, repeat_command


def _asked(words):
    """What the command line makes of it."""
    command = typer.main.get_command(app).commands["run"]
    return command.make_context("run", list(words)).params


@pytest.mark.parametrize(
    ("layout", "split", "folds"), [("single", "tiles", None), ("both", "both", None), ("folds", "tiles", 2)]
)
def test_it_is_understood_and_asks_for_the_same(runs, settings, layout, split, folds):
    program, verb, *words = shlex.split(repeat_command(tuple(read_results(runs / layout))))
    assert (program, verb) == ("nucleoscope", "run")
    asked = _asked(words)
    assert (asked["split"], asked["folds"], str(asked["out"])) == (split, folds, "NEW")
    assert (asked["seed"], asked["trials"], asked["epochs"], asked["mpp"]) == (1, 0, 2, 0.25)
    assert asked["classes"] == ",".join(settings.classes)


def test_every_setting_but_one_is_an_option_of_the_command():
    options = set(_asked(["data", "--out", "NEW"]))
    names = {field.name for field in dataclasses.fields(RunSettings)} - {"fold"}
    assert names - options == {"select_fraction"}


def test_flags_and_lists_are_written_as_the_command_line_takes_them(runs):
    (found,) = read_results(runs / "single")
    changed = RunSettings(
        split="random",
        adjust=True,
        compare_balance=True,
        models=("model1",),
        corrections="/home/me/labels.csv",
        balance=0.5,
    )
    words = shlex.split(repeat_command((dataclasses.replace(found, settings=changed),)))
    asked = _asked(words[2:])
    assert (asked["adjust"], asked["compare_balance"], asked["models"], asked["balance"]) == (True, True, "model1", 0.5)
    assert str(asked["corrections"]) == "labels.csv"  # without the path of one machine
    assert changed_settings(changed)["models"] == (Kind.MODEL1,)
