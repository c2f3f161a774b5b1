"""What a trial leaves when it is stopped at an awkward moment."""

import dataclasses

from test_search import make_images, make_plan

from nucleoscope.training.fit import Watch
from nucleoscope.tuning.journal import Journal, Status, read_journal
from nucleoscope.tuning.trial import finished_twin, run_trial


def test_a_trial_stopped_after_its_last_epoch_is_finished_when_it_goes_on(tmp_path):
    images, _ = make_images()
    plan = make_plan(tmp_path)
    run_trial({}, images, plan, "defaults", Watch())
    (whole,) = read_journal(tmp_path)
    Journal(plan.journal_file("defaults"), {}, list(whole.history), started=0.0).write(Status.RUNNING)
    run_trial({}, images, plan, "defaults", Watch())
    (again,) = read_journal(tmp_path)
    assert again.status is Status.FINISHED
    assert again.history == whole.history


def test_a_twin_is_a_finished_trial_with_the_same_parameters(tmp_path):
    plan = make_plan(tmp_path)
    Journal(plan.journal_file("a"), {"width": 24}).write(Status.FINISHED)
    Journal(plan.journal_file("b"), {"width": 32}).write(Status.RUNNING)
    assert finished_twin(plan, {"width": 24}) == "a"
    assert finished_twin(plan, {"width": 32}) is None


def test_settings_are_the_defaults_with_what_a_trial_changes(tmp_path):
    plan = make_plan(tmp_path)
    assert plan.settings({"batch_size": 8}) == dataclasses.replace(plan.defaults, batch_size=8)
