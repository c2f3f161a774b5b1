"""`corrections.csv`: what is agreed on, and the rule where it is not."""

from nucleoscope.data.reading.corrections import Correction, read_corrections
from nucleoscope.web.reviewing.corrections_file import corrections_text, settle
from nucleoscope.web.reviewing.decisions import Decision, Shown, Verdict


def decision(reviewer, crop, verdict, label=None):
    return Decision(reviewer, crop, "muscle", verdict, label, Shown.SUGGESTION)


def written(tmp_path, decisions, earlier=()):
    path = tmp_path / "corrections.csv"
    path.write_text(corrections_text(settle(decisions), earlier))
    return path.read_text().splitlines(), {row.name: row.corrected for row in read_corrections(path)}


def test_one_reviewer_decides_alone(tmp_path):
    _, read = written(
        tmp_path,
        [
            decision("Anna", "a.png", Verdict.RELABEL, "immune, leukocyte"),
            decision("Anna", "b.png", Verdict.KEEP),
            decision("Anna", "c.png", Verdict.DROP),
        ],
    )
    assert read == {"a.png": "immune, leukocyte", "b.png": "", "c.png": "drop"}


def test_where_two_disagree_the_label_stays_and_the_row_says_who_says_what(tmp_path):
    lines, read = written(
        tmp_path,
        [
            decision("Anna", "a.png", Verdict.RELABEL, "immune"),
            decision("Ben", "a.png", Verdict.RELABEL, "immune"),
            decision("Anna", "b.png", Verdict.RELABEL, "immune"),
            decision("Ben", "b.png", Verdict.DROP),
        ],
    )
    assert read == {"a.png": "immune", "b.png": ""}
    assert lines == [
        "name,corrected,label,decided_by,disagreement",
        "a.png,immune,muscle,Anna | Ben,",
        "b.png,,muscle,Anna | Ben,Anna: immune | Ben: drop",
    ]


def test_to_keep_and_to_relabel_as_it_is_are_one_answer(tmp_path):
    lines, read = written(
        tmp_path,
        [decision("Anna", "a.png", Verdict.KEEP), decision("Ben", "a.png", Verdict.RELABEL, "muscle")],
    )
    assert read == {"a.png": ""}
    assert lines[1] == "a.png,,muscle,Anna | Ben,"


def test_corrections_that_the_run_was_made_with_are_carried_on(tmp_path):
    earlier = [
        Correction(2, "gone.png", "drop"),
        Correction(3, "kept.png", "muscle"),
        Correction(4, "again.png", "muscle"),
        Correction(5, "untouched.png", "immune"),
    ]
    _, read = written(
        tmp_path,
        [decision("Anna", "kept.png", Verdict.KEEP), decision("Anna", "again.png", Verdict.RELABEL, "immune")],
        earlier,
    )
    assert read == {"gone.png": "drop", "kept.png": "muscle", "again.png": "immune", "untouched.png": "immune"}
