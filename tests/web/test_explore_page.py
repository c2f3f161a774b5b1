"""The Explore page in a browser: matrix, filters, map and gallery show one selection."""

import pytest
from accessibility import serious_findings
from playwright.sync_api import expect
from reviewed_runs import copy_run

from conftest import running
from nucleoscope.prediction.table import read_predictions
from nucleoscope.web.app import create_app
from nucleoscope.web.served import load_served


@pytest.fixture(scope="module")
def explored(run_folder, tmp_path_factory):
    """What the model of a run predicted, and the address of its page."""
    run = copy_run(run_folder, tmp_path_factory.mktemp("explored") / "run")
    with running(create_app(load_served(run.path))) as address:
        yield read_predictions(run.model("model1").predictions), f"{address}/explore"


def open_explorer(open_page, address, *how):
    page = open_page(address, *how)
    page.locator("#gallery button").first.wait_for()
    return page


def counted(page):
    return page.locator("#count").inner_text()


def draw_map(page):
    page.locator(
        "#scatter:visible, button:text-is('Compute the map')"
    ).first.wait_for()  # what there is, is asked first
    begin = page.get_by_role("button", name="Compute the map")
    if begin.count():
        begin.click()
    page.locator("#scatter").wait_for(timeout=60_000)  # the server computes the map


def test_the_accuracy_is_quoted_with_protocol_crops_and_interval(open_page, explored):
    found, address = explored
    page = open_explorer(open_page, address)
    text = page.locator("#measured").inner_text()
    right = (found.probabilities.argmax(axis=1) == found.labels).mean()
    assert text.startswith(f"model1, random split: {right:.1%} accuracy (95 % interval ")
    assert text.endswith(f"; random split, {len(found.names)} validation crops)")


def test_a_cell_of_the_matrix_shows_its_crops(open_page, explored):
    found, address = explored
    predicted = found.probabilities.argmax(axis=1)
    i = int((predicted != found.labels).nonzero()[0][0])
    cell = (predicted == predicted[i]) & (found.labels == found.labels[i])
    page = open_explorer(open_page, address)
    button = page.locator(f"#cell-{found.labels[i]}-{predicted[i]}")
    assert button.inner_text() == str(cell.sum())
    button.press("Enter")  # by key, and the focus stays
    assert counted(page) == (
        f"{cell.sum()} of {len(found.names)} validation crops: 0 predicted right, {cell.sum()} wrong"
    )
    shown = page.locator("#gallery img").evaluate_all("all => all.map((one) => one.alt.split(':')[0])")
    assert sorted(shown) == sorted(name for name, is_in in zip(found.names, cell, strict=True) if is_in)
    assert button.get_attribute("aria-pressed") == "true"
    page.keyboard.press("Enter")
    assert counted(page).startswith(f"{len(found.names)} of ")


def test_filters_add_up_and_are_cleared_together(open_page, explored):
    found, address = explored
    sure = found.probabilities.max(axis=1).round(4)
    right = found.probabilities.argmax(axis=1) == found.labels
    page = open_explorer(open_page, address)
    page.get_by_label("wrong").check()
    assert counted(page).startswith(f"{(~right).sum()} of ")
    page.get_by_label("Confidence at most").fill("50")
    wanted = (~right & (sure <= 0.5)).sum()
    assert counted(page).startswith(f"{wanted} of ")
    sums = page.locator("#matrix td button").all_inner_texts()
    assert sum(int(text) for text in sums) == wanted
    page.get_by_role("button", name="Clear all filters").click()
    assert counted(page).startswith(f"{len(found.names)} of ")
    assert page.get_by_label("Confidence at most").input_value() == "100"


def test_a_lasso_on_the_map_filters_by_pointer_and_by_keys(open_page, explored):
    found, address = explored
    page = open_explorer(open_page, address)
    draw_map(page)
    canvas = page.locator("#scatter")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    left, top, side = box["x"], box["y"], box["width"]
    page.mouse.move(left + 2, top + 2)
    page.mouse.down()
    for x, y in ((side / 2, 2), (side / 2, side / 2), (side / 2, side - 2), (side / 4, side - 2), (2, side - 2)):
        page.mouse.move(left + x, top + y)
    page.mouse.up()
    part = int(counted(page).split()[0])
    assert 0 < part < len(found.names)
    canvas.focus()
    page.keyboard.press("Escape")
    assert counted(page).startswith(f"{len(found.names)} of ")
    for key in ("ArrowDown", "-", "Enter"):
        page.keyboard.press(key)
    assert 0 <= int(counted(page).split()[0]) < len(found.names)
    canvas.focus()
    for _ in range(12):
        page.keyboard.press("+")
    page.keyboard.press("Enter")
    assert counted(page).startswith(f"{len(found.names)} of ")


def test_a_crop_opens_with_its_probabilities_and_closes_where_it_was(open_page, explored):
    found, address = explored
    page = open_explorer(open_page, address)
    page.get_by_label("Order").select_option("sure")
    best = int(found.probabilities.max(axis=1).argmax())
    page.locator("#gallery button").first.press("Enter")
    dialog = page.get_by_role("dialog")
    assert dialog.get_by_role("heading").inner_text() == found.names[best]
    numbers = dialog.locator(".probabilities .number").all_inner_texts()
    assert [float(text.replace("%", "")) for text in numbers] == pytest.approx(
        100 * found.probabilities[best], abs=0.06
    )
    page.keyboard.press("ArrowRight")
    assert dialog.get_by_role("heading").inner_text() != found.names[best]
    page.keyboard.press("Escape")
    expect(page.locator("#gallery [data-place='1']")).to_be_focused()  # a dialog says in a later task that it closed


@pytest.mark.parametrize(("size", "colours"), [("wide", "dark"), ("narrow", "light")])
def test_the_page_is_accessible_and_fits(open_page, explored, size, colours, screenshots):
    page = open_explorer(open_page, explored[1], size, colours)
    draw_map(page)
    assert serious_findings(page) == []
    assert page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")
    if screenshots:
        page.screenshot(path=screenshots / f"explore-{size}-{colours}.png", full_page=True)
    page.locator("#gallery button").first.click()
    page.get_by_role("dialog").wait_for()
    assert serious_findings(page) == []


def test_class_names_are_text_and_never_markup(open_page, run_folder, tmp_path):
    run = copy_run(run_folder, tmp_path / "run")
    evil = "<img src=x onerror=alert(1)>"
    config = run.model("model1").bundle / "config.json"
    config.write_text(config.read_text().replace('"muscle"', f'"{evil}"'))
    with running(create_app(load_served(run.path))) as address:
        page = open_explorer(open_page, f"{address}/explore")
        assert evil in page.locator("#matrix").inner_text()
        assert page.locator("img[src=x]").count() == 0
        page.close()  # before the server goes, or its pictures could not be loaded
