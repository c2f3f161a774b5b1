"""The page as a browser shows it: with a script and without, wide and narrow, light and dark, with a keyboard."""

import pytest
from playwright.sync_api import expect


@pytest.fixture
def opened(chromium, runs):
    """Opens the page of a layout; fails at the end if anything was asked of a network or the console complained."""
    contexts, complaints = [], []

    def open_page(layout, **options):
        context = chromium.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda r: None if r.url.startswith(("file:", "data:")) else complaints.append(r.url))
        page.goto((runs / layout / "report.html").as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def test_a_cell_shows_its_crops_and_opens_them_with_their_maps(opened):
    page = opened("single")
    assert page.evaluate("window.hacked") is None
    cell = page.locator('#m0 button[data-cell="0-0"]')
    count = int(cell.evaluate("button => button.firstChild.textContent"))
    cell.hover()
    assert page.locator('[data-preview="m0"] img').count() == count
    assert f"model1: {count} crops of normal, recognised" in page.locator('[data-preview="m0"]').inner_text()
    cell.click()
    assert page.locator("#crops").is_visible()
    assert page.locator("#crops figure").count() == count
    mapped = page.locator("#crops .mapped img")  # the surest and the least sure one are explained
    assert mapped.count() == 4 * 2
    assert mapped.evaluate_all("images => images.every(image => image.complete && image.naturalWidth > 0)")
    page.locator("#crops").get_by_role("button", name="Close").click()
    assert not page.locator("#crops").is_visible()


def test_names_that_are_markup_stay_names_in_the_dialog(opened):
    page = opened("single")
    for cell in page.locator("#m0 button[data-cell]").all():
        cell.click()
        page.keyboard.press("Escape")
    assert page.evaluate("window.hacked") is None
    assert page.locator("#crops img[onerror]").count() == 0


def test_the_keyboard_is_enough(opened):
    page = opened("single")
    cell = page.locator('#m1 button[data-cell="3-3"]')
    cell.focus()
    assert "model2: " in page.locator('[data-preview="m1"]').inner_text()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.textContent") == "Close"
    page.keyboard.press("Escape")
    assert not page.locator("#crops").is_visible()
    expect(cell).to_be_focused()


def test_without_a_script_all_figures_are_there(opened):
    page = opened("both", java_script_enabled=False)
    assert page.locator("section svg").count() > 20
    for number in (0, 5, 20):
        assert page.locator("section svg").nth(number).bounding_box()["height"] > 100
    assert page.locator(".confusion td span[data-cell]").count() > 20
    assert page.locator(".preview img").count() > 0
    assert not page.locator(".script-only").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("layout", ["both", "folds"])
def test_nothing_is_wider_than_a_telephone(opened, layout, scheme):
    page = opened(layout, viewport={"width": 390, "height": 844}, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    sizes = page.locator("section > figure svg text, article figure:not(.scroll) svg text").evaluate_all(
        "texts => texts.map(text => parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a)"
    )
    assert len(sizes) > 50
    assert min(sizes) > 9  # pixels


def test_it_prints_on_a4_with_all_that_is_folded_away(opened):
    page = opened("single")
    page.emulate_media(media="print")
    assert not page.locator("nav").is_visible()
    assert page.locator("details table").first.is_visible()
    printed = page.pdf(prefer_css_page_size=True)
    assert printed.startswith(b"%PDF")
    assert b"/MediaBox [0 0 594.95996 841.91998]" in printed or b"/MediaBox [0 0 595" in printed
