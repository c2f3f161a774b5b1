import pytest

from nucleoscope.evaluation.plots.colours import class_colours


def test_the_shell_tells_pages_classes_and_models(client):
    answer = client.get("/api/shell").json()
    assert [page["title"] for page in answer["pages"]] == ["Try"]  # a bundle alone has nothing to explore or review
    assert [one["colour"] for one in answer["classes"]] == list(class_colours(4))
    assert answer["usual_model"] == "model"
    assert answer["models"][0]["crop_width"] == answer["models"][0]["least_width"] == 48
    assert answer["models"][0]["measured"] == "not measured: no accuracy is on record for this model"


def test_the_start_leads_to_the_first_page(client):
    answer = client.get("/")
    assert answer.url.path == "/try"
    assert answer.headers["content-type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize("size", ["wide", "narrow"])
def test_the_frame_stands_around_a_page(open_page, live_bundle, size):
    page = open_page(live_bundle, size)
    assert page.get_by_role("link", name="Try").get_attribute("aria-current") == "page"
    assert "Research use only" in page.get_by_role("contentinfo").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_chosen_colours_stay(open_page, live_bundle):
    page = open_page(live_bundle, colours="light")
    page.get_by_role("button", name="Switch to dark colours").click()
    page.reload()
    page.get_by_role("button", name="Switch to light colours").wait_for()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 23, 29)"
