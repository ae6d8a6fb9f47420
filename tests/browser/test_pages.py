"""What a reader meets on the pages, in a real browser: by eye, by keyboard, on a phone, enlarged and on paper."""

import re
from itertools import pairwise

import pytest

PAGES = ("report.html", "notebooks/gaps.html", "index.html")
WITH_CODE = PAGES[:2]
DESKTOP = (1280, 900)
PHONE = (320, 640)
# A window of 1,280 by 1,024 pixels at 400 %, as WCAG 1.4.10 has it.
ENLARGED = (320, 256)
A4_WITHIN_MARGINS = (658, 986)

RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "rules": {"target-size": {"enabled": True}},
    "resultTypes": ["violations"],
}
# WCAG 1.4.12: a reader may set these.
TEXT_SPACING = (
    "* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important }"
)

all_pages = pytest.mark.parametrize("name", PAGES)
pages_with_code = pytest.mark.parametrize("name", WITH_CODE)
sizes = pytest.mark.parametrize("size", [DESKTOP, ENLARGED], ids=["desktop", "enlarged"])


def show_code(page):
    """Where a page has code, and so a control to show it."""
    for control in page.query_selector_all("#_code"):
        control.check()


# --- automatic rules ---


@all_pages
def test_axe_finds_no_fault_at_a_desk(show, name):
    page = show(name)
    page.evaluate(UNFOLD, "nav details")
    assert faults(page) == []


@all_pages
@pytest.mark.parametrize(("size", "scheme"), [(DESKTOP, "dark"), (PHONE, "light")], ids=["dark", "phone"])
def test_axe_finds_no_fault_in_the_dark_or_on_a_phone_with_the_code_shown(show, name, size, scheme):
    page = show(name, size, color_scheme=scheme)
    show_code(page)
    page.evaluate(UNFOLD, "details")
    assert faults(page) == []


# axe takes all that stands in folded details for hidden; style sheets may show it all the same.
UNFOLD = "selector => document.querySelectorAll(selector).forEach(details => { details.open = true; })"


def faults(page):
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, options=RULES).response["violations"]
    return [
        f"{rule['id']}: {node['target']} {node['html'][:120]}" for rule in found for node in rule["nodes"]
    ]


# --- nothing from outside, no script ---


@all_pages
def test_a_page_asks_for_nothing_but_itself(show, name):
    page = show(name)
    show_code(page)
    assert page.title().startswith(("Peer support <script>", "Where evidence is missing"))
    assert page.asked_for == [page.url]
    assert page.complaints == []


def test_the_browser_is_told_to_refuse_what_might_slip_into_a_page(show, edition, tmp_path):
    html = (edition / "index.html").read_text(encoding="utf-8")
    slipped = "<script>document.title = 'ran'</script><img src='https://example.org/x' alt='x'>"
    guarded, bare = tmp_path / "guarded.html", tmp_path / "bare.html"
    guarded.write_text(html.replace("</main>", f"{slipped}</main>"), encoding="utf-8")
    bare.write_text(re.sub(r"<meta http-equiv=[^>]*>", "", guarded.read_text("utf-8")), encoding="utf-8")

    page = show(bare)
    assert page.title() == "ran", "without the policy all of this would happen"
    assert "https://example.org/x" in page.asked_for

    page = show(guarded)
    assert page.title().startswith("Peer support")
    assert page.asked_for == [page.url]
    assert sum("Content Security Policy" in words for words in page.complaints) == 2


def test_a_page_needs_no_javascript(without_javascript, edition):
    page = without_javascript
    page.goto((edition / "report.html").as_uri())
    page.click("nav summary")
    page.click("nav a >> nth=-1")
    assert page.url.endswith("#included")
    assert not page.is_visible("details.code pre >> nth=0")
    show_code(page)
    assert page.is_visible("details.code pre >> nth=0")


# --- narrow windows ---


@all_pages
def test_a_narrow_page_is_read_without_moving_it_sideways_even_with_the_text_spaced_out(show, name):
    page = show(name, PHONE)
    show_code(page)
    assert page.evaluate(BEYOND_THE_WINDOW) == []
    page.evaluate(ADD_STYLE, TEXT_SPACING)
    assert page.evaluate(BEYOND_THE_WINDOW) == []


ADD_STYLE = "css => document.head.append(Object.assign(document.createElement('style'), {textContent: css}))"
BEYOND_THE_WINDOW = """() => {
    const found = [...document.querySelectorAll("body *")]
        .filter(element => !element.parentElement.closest(".scroll") && element.checkVisibility())
        .filter(element => [...element.getClientRects()].some(box => box.left < -0.5 || box.right > innerWidth + 0.5))
        .map(element => element.outerHTML.slice(0, 120));
    const width = document.scrollingElement.scrollWidth;
    return width > innerWidth ? [`the page is ${width} wide`, ...found] : found;
}"""


@pages_with_code
def test_what_is_wider_than_the_window_is_moved_in_a_named_region_by_keyboard(show, name):
    page = show(name, PHONE)
    show_code(page)
    regions = list(page.evaluate_handle(MOVABLE).get_properties().values())
    held = {tag for region in regions for tag in region.evaluate(HOLDS)}
    assert {"IMG", "TABLE", "PRE"} <= held
    for region in regions:
        assert region.get_attribute("aria-label"), region
        assert region.get_attribute("role") == "group"
        assert region.get_attribute("tabindex") == "0", (
            "not every browser lets the keyboard reach it otherwise"
        )
        region.focus()
        page.keyboard.press("ArrowRight")
        page.wait_for_function("region => region.scrollLeft > 0", arg=region)


MOVABLE = """() => [...document.querySelectorAll("body *")].filter(element => element.checkVisibility()
    && element.scrollWidth > element.clientWidth && /auto|scroll/.test(getComputedStyle(element).overflowX))"""
HOLDS = "element => [element, ...element.querySelectorAll('*')].map(held => held.tagName)"


def test_on_a_phone_a_table_of_words_is_a_list_whose_parts_are_named(show):
    page = show("report.html", PHONE)
    cells = page.eval_on_selector_all("table.stack td", WIDTH_AND_NAME)
    assert {name for _, name in cells} == {'"Need: "', '"Measured: "'}
    assert all(width == cells[0][0] > 200 for width, _ in cells)


WIDTH_AND_NAME = "cells => cells.map(cell => [cell.offsetWidth, getComputedStyle(cell, '::before').content])"


def test_on_a_phone_a_table_of_numbers_keeps_its_first_column_in_sight(show):
    page = show("report.html", PHONE)
    first = page.locator("table:has(th[scope=rowgroup]) th[scope=row]").first
    first.evaluate("cell => { cell.closest('.scroll').scrollLeft = 9999; }")
    box = first.bounding_box()
    assert box["x"] >= 0
    assert box["width"] < PHONE[0] / 2, "there must be room for the numbers"


# --- keyboard ---


@all_pages
def test_the_first_stop_is_a_visible_link_past_the_header(show, name):
    page = show(name, ENLARGED)
    page.keyboard.press("Tab")
    skip = page.locator(":focus")
    assert skip.inner_text() == "Skip to the content"
    box = skip.bounding_box()
    assert box["x"] >= 0
    assert box["y"] >= 0
    page.keyboard.press("Enter")
    assert page.locator(":focus").evaluate("element => element.tagName") == "MAIN"
    page.keyboard.press("Tab")
    assert page.locator(":focus").evaluate("element => element.closest('main') !== null")


@all_pages
@sizes
def test_the_keyboard_reaches_everything_and_one_sees_where_it_is(show, name, size):
    page = show(name, size)
    reached = []
    while True:
        page.keyboard.press("Tab")
        stop = page.evaluate(WHERE_THE_KEYBOARD_IS)
        if stop is None:
            break
        reached.append(stop["what"])
        assert len(reached) < 300, reached[-3:]
        assert stop["outline"] >= 2, stop
        assert stop["uncovered"], stop
        assert stop["unclipped"], stop
    expected = page.evaluate(
        "[...document.querySelectorAll('a, input, summary, [tabindex=\"0\"]')].filter(e => e.checkVisibility()).length"
    )
    assert len(reached) == expected


# The outline's width; whether a part of the element is on top; whether left and right edge of the outline show.
WHERE_THE_KEYBOARD_IS = """() => {
    const element = document.activeElement, style = getComputedStyle(element);
    if (element === document.body || element.dataset.reached) return null;
    element.dataset.reached = "yes";
    const drawn = style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth);
    const extent = drawn + parseFloat(style.outlineOffset);
    const box = element.getClientRects()[0];
    const middle = Math.min(Math.max(box.top, 0) + Math.min(box.height, 40) / 2, innerHeight - 1);
    const points = [0.1, 0.5, 0.9].map(part => [box.left + part * box.width, middle]);
    const frames = [document.documentElement];
    for (let frame = element.parentElement; frame; frame = frame.parentElement)
        if (getComputedStyle(frame).overflowX !== "visible") frames.push(frame);
    return {
        what: element.outerHTML.slice(0, 90),
        outline: drawn,
        uncovered: points.some(point => element.contains(document.elementFromPoint(...point))),
        unclipped: frames.every(frame => {
            const edge = frame.getBoundingClientRect();
            return box.left - extent >= edge.left - 0.5 && box.right + extent <= edge.right + 0.5;
        }),
    };
}"""


@pages_with_code
def test_code_is_shown_and_folded_by_keyboard(show, name):
    page = show(name)
    code = page.locator("details.code pre")
    focus_by_keyboard(page, "#_code")
    assert not code.first.is_visible()
    page.keyboard.press("Space")
    assert all(one.is_visible() for one in code.all())
    page.keyboard.press("Space")
    assert not any(one.is_visible() for one in code.all())


def test_the_code_of_one_cell_is_shown_by_keyboard(show):
    page = show("notebooks/gaps.html")
    focus_by_keyboard(page, "details.code summary")
    page.keyboard.press("Enter")
    assert [one.is_visible() for one in page.locator("details.code pre").all()][:2] == [True, False]


def focus_by_keyboard(page, selector):
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    pytest.fail(f"Tab never reaches {selector}")


@all_pages
@sizes
def test_contents_lead_to_their_sections(show, name, size):
    page = show(name, size)
    if size != DESKTOP:
        assert not page.locator("nav a").first.is_visible(), "folded, for it would fill a small window"
        focus_by_keyboard(page, "nav summary")
        page.keyboard.press("Enter")
    links = page.locator("nav a").all()
    assert len(links) >= 3
    for link in links:
        link.click()
        title, top = page.evaluate(TARGET)
        assert title == link.inner_text()
        assert 0 <= top < page.viewport_size["height"] - 20, title


TARGET = """() => {
    const target = document.querySelector(":target");
    const heading = target.matches("section") ? target.querySelector("h2, h3") : target;
    return [heading.innerText, heading.getBoundingClientRect().top];
}"""


# --- structure ---


@all_pages
def test_headings_go_down_one_step_at_a_time_below_one_first_heading(show, name):
    page = show(name)
    for change in (lambda page: None, show_code):
        change(page)
        levels = page.evaluate(LEVELS)
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after - before <= 1 for before, after in pairwise(levels)), levels


LEVELS = """[...document.querySelectorAll("h1, h2, h3, h4, h5, h6")]
    .filter(heading => heading.checkVisibility()).map(heading => Number(heading.tagName[1]))"""


@pytest.mark.parametrize(("name", "n_images"), [("report.html", 2), ("notebooks/gaps.html", 4)])
def test_every_picture_is_drawn_and_has_words(show, name, n_images):
    page = show(name)
    pictures = page.evaluate("[...document.images].map(image => [image.alt, image.naturalWidth])")
    assert len(pictures) == n_images
    assert all(alt.strip() and width > 0 for alt, width in pictures)


@all_pages
def test_every_header_of_a_table_says_what_it_heads(show, name):
    page = show(name)
    scopes = page.evaluate("[...document.querySelectorAll('th')].map(header => header.scope)")
    assert set(scopes) <= {"col", "row", "rowgroup"}
    assert "col" in scopes
    assert page.evaluate(
        "[...document.querySelectorAll('table')].every(table => table.querySelector('th[scope=col]'))"
    )


@pages_with_code
def test_a_table_stays_a_table_to_a_screen_reader_however_narrow_it_is_drawn(show, name):
    wide, narrow = (roles(show(name, size)) for size in (DESKTOP, PHONE))
    assert wide["columnheader"] > 3
    assert wide["row"] > 3
    assert narrow == wide


def roles(page):
    """How often the browser tells a screen reader of a table, and of each part of one."""
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    told = [node["role"]["value"] for node in nodes if not node["ignored"]]
    return {
        role: told.count(role) for role in ("table", "caption", "row", "columnheader", "rowheader", "cell")
    }


# --- what a reader has asked of the machine ---


@all_pages
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_light_and_dark_are_as_the_reader_has_set_them(show, name, scheme):
    page = show(name, color_scheme=scheme)
    paper = luminance(page, "body", "backgroundColor")
    assert (paper > 0.9) == (scheme == "light")
    assert (paper < 0.05) == (scheme == "dark")
    for selector, least in (("main p", 7), ("h1", 7), ("h2", 4.5), ("main a", 4.5), (".facts", 4.5)):
        assert contrast(luminance(page, selector, "color"), paper) >= least, selector
    page.keyboard.press("Tab")
    # WCAG 1.4.11: 3 to 1 for what shows where one is.
    assert contrast(luminance(page, ":focus", "outlineColor"), paper) >= 3
    for picture in page.query_selector_all(".picture img"):
        assert picture.evaluate("image => getComputedStyle(image).backgroundColor") == "rgb(255, 255, 255)"


def luminance(page, selector, name):
    colour = page.eval_on_selector(selector, f"element => getComputedStyle(element).{name}")
    channels = [int(value) / 255 for value in re.findall(r"\d+", colour)[:3]]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


@pytest.mark.parametrize(("motion", "expected"), [("reduce", "auto"), ("no-preference", "smooth")])
def test_nothing_moves_by_itself_for_those_who_asked_for_that(show, motion, expected):
    page = show("report.html", reduced_motion=motion)
    assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == expected


@all_pages
def test_on_paper_there_is_no_navigation_no_darkness_and_nothing_cut_off(show, name):
    page = show(name, A4_WITHIN_MARGINS)
    assert page.is_visible("nav")
    page.emulate_media(media="print", color_scheme="dark")
    for selector in ("nav", ".skip", ".show-code", "details.code"):
        assert not any(element.is_visible() for element in page.query_selector_all(selector)), selector
    assert luminance(page, "body", "backgroundColor") == pytest.approx(1)
    assert contrast(luminance(page, "main p", "color"), 1) >= 7
    assert page.evaluate(CUT_OFF) == []


CUT_OFF = """[...document.querySelectorAll("img, table.wide, pre")]
    .filter(element => element.checkVisibility())
    .filter(element => element.getBoundingClientRect().left + element.scrollWidth > innerWidth + 1)
    .map(element => element.outerHTML.slice(0, 120))"""


# --- the tests themselves ---


@pytest.mark.parametrize(("ci", "outcome"), [("true", "Failed"), ("", "Skipped"), ("false", "Skipped")])
def test_a_missing_browser_fails_where_it_was_promised_and_is_a_visible_skip_elsewhere(
    find_browser, monkeypatch, ci, outcome
):
    monkeypatch.setenv("CHROMIUM", "/nowhere/chromium")
    monkeypatch.setenv("CI", ci)
    with pytest.raises(BaseException, match="no browser: looked for /nowhere/chromium") as raised:
        find_browser()
    assert raised.typename == outcome
