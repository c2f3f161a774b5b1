"""The Review page in a browser: by keys alone, by two reviewers, blind, and with names that are no names."""

import csv
import sqlite3

import pytest
from accessibility import serious_findings
from reviewed_runs import add_review, copy_run

from conftest import running
from nucleoscope.web.app import create_app
from nucleoscope.web.served import load_served


@pytest.fixture
def reviewed(run_folder, tmp_path):
    """A run with a review, the names of its suspects, and the address of its page."""
    run = copy_run(run_folder, tmp_path / "run")
    names = add_review(run)
    with running(create_app(load_served(run.path))) as address:
        yield run, names, f"{address}/review"


def start(open_page, address, reviewer, *how):
    page = open_page(address, *how)
    page.get_by_label("Reviewer", exact=True).fill(reviewer)
    page.get_by_role("button", name="Start").click()
    page.locator("#agreement h2").wait_for()
    return page


def press(page, key):
    """A key that decides, until the server has answered."""
    with page.expect_response("**/api/review/agreement"):
        page.keyboard.press(key)


def stored(run):
    with sqlite3.connect(run.decisions) as file:
        return file.execute(
            "SELECT reviewer, crop, verdict, label, shown FROM decisions WHERE withdrawn_at IS NULL ORDER BY number"
        ).fetchall()


def test_a_review_by_keys_alone(open_page, reviewed, screenshots):
    run, names, address = reviewed
    page = start(open_page, address, "Anna")
    suggested = page.locator("dd .class").nth(1).inner_text()
    classes = page.locator(".choices .class").all_inner_texts()
    press(page, str(classes.index(suggested) + 1))
    press(page, "Space")
    press(page, "d")
    assert stored(run) == [
        ("Anna", names[0], "relabel", suggested, "suggestion"),
        ("Anna", names[1], "keep", None, "suggestion"),
        ("Anna", names[2], "drop", None, "suggestion"),
    ]
    press(page, "u")
    assert len(stored(run)) == 2
    assert names[2] in page.locator("#card").inner_text()
    assert page.locator("#stored").inner_text() == f"Undone for {names[2]}: crop dropped"
    page.keyboard.press("ArrowLeft")
    assert names[1] in page.locator("#card").inner_text()
    assert page.locator("#count").inner_text() == "2 of 8 decided by Anna"
    page.reload()  # he goes on where he was
    page.locator("#work").wait_for()
    assert names[2] in page.locator("#card").inner_text()
    if screenshots:
        page.screenshot(path=screenshots / "review.png", full_page=True)


def test_a_button_that_was_pressed_does_not_catch_the_space_bar(open_page, reviewed):
    run, _, address = reviewed
    page = start(open_page, address, "Anna")
    with page.expect_response("**/api/review/agreement"):
        page.get_by_role("button", name="Drop the crop").click()
    press(page, "Space")
    assert [row[2] for row in stored(run)] == ["drop", "keep"]


def test_two_reviewers_disagree_and_the_file_says_so(open_page, reviewed, tmp_path):
    run, names, address = reviewed
    anna, ben = start(open_page, address, "Anna"), start(open_page, address, "Ben", "narrow", "dark")
    press(anna, "Space")
    assert "Answers of others show when you have decided." in ben.locator("#card").inner_text()
    press(ben, "d")
    ben.keyboard.press("ArrowLeft")
    assert "You disagree. Anna: " in ben.locator("#card").inner_text()
    ben.get_by_role("rowheader", name="Anna and Ben").wait_for()
    ben.get_by_label("List").select_option("disagreed")
    assert ben.locator("#strip button").count() == 1
    with ben.expect_download() as download:
        ben.get_by_role("link", name="Download corrections.csv").click()
    file = tmp_path / "downloaded.csv"
    download.value.save_as(file)
    with file.open(newline="") as stream:
        (row,) = csv.DictReader(stream)
    assert (row["name"], row["corrected"], row["decided_by"]) == (names[0], "", "Anna | Ben")
    assert row["disagreement"] == f"Anna: {row['label']} | Ben: drop"
    assert len(stored(run)) == 2


def test_blind_review_hides_until_it_is_decided_and_is_on_record(open_page, reviewed):
    run, _, address = reviewed
    page = start(open_page, address, "Anna")
    page.get_by_label("Show").select_option("picture")
    page.locator("#card h2").click()
    claims = page.locator(".claims").inner_text()
    assert claims.count("hidden until you decide") == 2
    assert page.locator(".claims .class").count() == 0
    page.keyboard.press("Space")  # it cannot mean anything
    assert page.locator("#announced").inner_text() == "The label is hidden: choose a class."
    assert not run.decisions.exists()
    press(page, "1")
    assert [row[4] for row in stored(run)] == ["picture"]


def test_what_is_not_stored_is_not_shown_as_stored(open_page, reviewed):
    run, names, address = reviewed
    open_page.expected.append("422")
    page = start(open_page, address, "Anna")
    table = run.model("model1").review / "labels.csv"
    table.write_text(table.read_text().replace(names[0], "another.png"))
    press(page, "Space")
    assert page.locator("#trouble").inner_text() == "crop: no crop of this review has that name; load the page again"
    assert names[0] in page.locator("#card").inner_text()
    assert page.locator("#stored").inner_text() == ""
    assert not run.decisions.exists()


def test_names_are_text_and_never_markup(open_page, reviewed):
    _, _, address = reviewed
    evil = "<img src=x onerror=alert(1)>\"'"
    page = start(open_page, address, evil)
    press(page, "Space")
    page.get_by_text(f"{evil} decided 1, over all reviews of this run.").wait_for()
    assert page.locator("img[src=x]").count() == 0


@pytest.mark.parametrize(("size", "colours"), [("wide", "light"), ("narrow", "dark")])
def test_the_page_is_accessible_and_fits(open_page, reviewed, size, colours):
    page = start(open_page, reviewed[2], "Anna", size, colours)
    press(page, "Space")
    page.keyboard.press("ArrowLeft")
    assert serious_findings(page) == []
    assert page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")


def test_without_a_review_the_page_says_how_to_make_one(open_page, run_folder):
    with running(create_app(load_served(run_folder.path))) as address:
        page = open_page(f"{address}/review")
        page.locator("#absent pre").wait_for()
        assert page.locator("#absent pre").inner_text() == f"nucleoscope review {run_folder.path} --model model1"
        assert page.locator("#work").is_hidden()
        page.close()
