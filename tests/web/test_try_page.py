"""The Try page in a real browser, on a small model that is unsure of some crops."""

import dataclasses
import json

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import expect
from sent_pictures import encoded, field, tissue, zipped

from nucleoscope.web.app import create_app
from nucleoscope.web.served import Served
from nucleoscope.web.settings import WebSettings

INJECTED = "<img src=x onerror=document.title=1><script>document.title=1</script>.png"


@pytest.fixture(scope="module")
def address(measured_bundle, serve_app):
    return serve_app(create_app(measured_bundle))


def drop(page, *files):
    """Chooses files as a user does."""
    page.locator("#files").set_input_files(
        [{"name": name, "mimeType": "application/octet-stream", "buffer": content} for name, content in files]
    )


def crops_of(count):
    return [(f"{i}.png", encoded(image)) for i, image in enumerate(tissue(count))]


def no_serious_finding(page):
    found = Axe().run(page).response["violations"]
    serious = [one for one in found if one["impact"] in ("serious", "critical")]
    assert serious == [], json.dumps(serious, indent=1)[:3000]


@pytest.mark.parametrize(("size", "colours"), [("wide", "light"), ("narrow", "dark")])
def test_crops_are_classified_and_explained(open_page, address, screenshots, size, colours):
    page = open_page(address, size, colours)
    drop(page, *crops_of(12))
    cards = page.locator(".card")
    expect(cards).to_have_count(12)
    assert [name.split(".")[0] for name in page.locator(".card .name").all_inner_texts()] == [str(i) for i in range(12)]
    assert cards.filter(has_text="not sure").count() > 0
    assert cards.filter(has_text="foreign").count() > 0
    looked = page.locator(".looked")
    expect(looked.locator(".bars li")).to_have_count(4)
    shares = [float(text.rstrip("%")) for text in looked.locator(".bars .number").all_inner_texts()]
    assert sum(shares) == pytest.approx(100, abs=0.3)
    expect(looked.get_by_text("On this crop the map")).to_be_visible()
    assert "tiles split, 120 validation crops, seed 1" in looked.inner_text()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    no_serious_finding(page)
    if screenshots:
        page.screenshot(path=screenshots / f"try-crops-{size}-{colours}.png", full_page=True)


def test_the_opacity_of_the_explanation_is_that_of_the_slider(open_page, address):
    page = open_page(address)
    drop(page, *crops_of(1))
    layer = page.locator(".map")
    expect(layer).to_be_visible()
    slider = page.get_by_label("Opacity of the explanation")
    slider.focus()
    page.keyboard.press("Home")
    assert layer.evaluate("map => map.style.opacity") == "0"
    page.keyboard.press("End")
    assert layer.evaluate("map => map.style.opacity") == "1"
    first = layer.get_attribute("src")
    page.get_by_label("Method").select_option("grad_cam")
    expect(layer).not_to_have_attribute("src", first)
    assert layer.evaluate("map => map.style.opacity") == "1"  # what was chosen stays


def test_the_gallery_is_walked_through_with_the_keyboard(open_page, address):
    page = open_page(address)
    drop(page, *crops_of(3))
    expect(page.locator(".card")).to_have_count(3)
    page.locator(".card").first.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".looked h2")).to_have_text("1.png")
    assert page.locator(".card").nth(1).get_attribute("aria-pressed") == "true"


def test_a_zip_and_what_cannot_be_used_are_shown_together(open_page, address):
    page = open_page(address)
    open_page.expected.append("422")
    drop(page, ("crops.zip", zipped(crops_of(2))), ("bad.png", b"<svg>"), ("good.png", encoded(tissue(1)[0])))
    expect(page.locator(".card")).to_have_count(3)
    expect(page.get_by_role("alert")).to_have_text(
        "bad.png cannot be decoded (not a PNG, JPEG, TIFF or BMP): replace or remove it"
    )


def test_a_field_is_shown_filtered_and_downloaded(open_page, address, screenshots):
    page = open_page(address)
    page.get_by_label("Treat pictures as").select_option("field")
    drop(page, ("field.png", encoded(field())))
    shown = page.locator("#field .filters p")
    expect(shown).to_contain_text("nuclei shown")
    number = int(shown.inner_text().split(" of ")[1].split()[0])
    assert shown.inner_text() == f"{number} of {number} nuclei shown"
    counts = [int(text) for text in page.locator("#field .option .number").all_inner_texts()]
    assert sum(counts) == number
    most = max(range(len(counts)), key=counts.__getitem__)
    page.locator("#field .option input").nth(most).uncheck()
    expect(shown).to_have_text(f"{number - counts[most]} of {number} nuclei shown")
    page.locator("#field .option input").nth(most).check()
    page.get_by_role("slider", name="Confidence of at least").fill("99")
    assert int(shown.inner_text().split(" of ")[0]) < number
    page.get_by_role("slider", name="Confidence of at least").fill("0")
    canvas = page.get_by_role("application")
    canvas.focus()
    page.keyboard.press("n")
    expect(page.locator("#field h3")).to_contain_text("Nucleus at")
    before = canvas.evaluate("canvas => canvas.toDataURL()")
    page.keyboard.press("+")
    page.wait_for_timeout(100)
    assert canvas.evaluate("canvas => canvas.toDataURL()") != before
    with page.expect_download() as download:
        page.get_by_role("link", name="GeoJSON").click()
    assert len(json.loads(download.value.path().read_text())["features"]) == number
    no_serious_finding(page)
    if screenshots:
        page.screenshot(path=screenshots / "try-field.png", full_page=True)


def test_names_of_files_and_classes_are_text_and_run_nothing(open_page, measured_bundle, serve_app):
    bundle = measured_bundle.bundles["model"]
    config = dataclasses.replace(bundle.config, classes=(INJECTED, "b", "c", "d"), novelty_threshold=None)
    hostile = Served(None, {"model": dataclasses.replace(bundle, config=config)})
    page = open_page(serve_app(create_app(hostile)))
    title = page.title()
    drop(page, *[(INJECTED, content) for _, content in crops_of(6)], (f"{INJECTED}.zip", zipped([(INJECTED, b"")])))
    open_page.expected.append("422")
    expect(page.locator(".card")).to_have_count(6)
    expect(page.locator(".looked .key")).to_be_visible()
    assert INJECTED in page.locator(".card .name").first.inner_text()
    assert page.locator("option", has_text=INJECTED).count() == 1
    page.get_by_label("Treat pictures as").select_option("field")
    drop(page, (INJECTED, encoded(field())))
    expect(page.locator("#field h2")).to_have_text(INJECTED)
    assert page.locator("main script, main img[src=x]").count() == 0
    assert page.title() == title


@pytest.mark.parametrize(
    "attempt",
    [
        "document.body.innerHTML = '<p>markup</p>'",
        "document.createElement('script').src = '/static/shell.js'",
        "document.body.setAttribute('onclick', 'document.title = 1')",
        "new DOMParser().parseFromString('<p>markup</p>', 'text/html')",
    ],
)
def test_a_string_becomes_neither_markup_nor_a_script(open_page, address, attempt):
    page = open_page(address)
    open_page.expected.append("Trusted")
    with pytest.raises(PlaywrightError, match="Trusted"):
        page.evaluate(f"() => {{ {attempt} }}")


def test_the_interface_is_explained_without_another_host(open_page, address, screenshots):
    page = open_page(f"{address}/docs")
    page.locator("summary").first.click()
    expect(page.get_by_text("crops as PNG, JPEG, TIFF or BMP; zips of crops")).to_be_visible()
    no_serious_finding(page)
    if screenshots:
        page.screenshot(path=screenshots / "docs.png", full_page=True)


def test_a_browser_signs_in_with_the_token(open_page, measured_bundle, serve_app):
    page = open_page(serve_app(create_app(measured_bundle, WebSettings(token="correct-horse-battery"))))
    open_page.expected.append("401")
    page.get_by_label("Token").fill("correct-horse-battery")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Try the model")).to_be_visible()
