"""Maps that no design has in mind, in a real browser: nothing in them, too much of it, or text that means harm."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from awkward import HOSTILE, Payload, draw_map, in_groups, make_hostile

from mapanalysis.analysis.grid import Grid, count_studies
from mapanalysis.viewer.payload import unpack_studies

DESKTOP, PHONE = (1280, 900), (320, 640)
ALL_IN_SIGHT = (24_000, 4_000)  # cells out of sight hold their words only
FEW = {"need": [3], "country": [4]}
DEEP = [[[[2], [1, 1]], [[2]]], [[[3]]], 2]
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "rules": {"target-size": {"enabled": True}},
    "resultTypes": ["violations"],
}
MAPS: dict[str, Callable[[], Payload]] = {
    "no study": lambda: draw_map(0, in_groups(5, 2), in_groups(4, 2), [3], filters=FEW),
    "one study": lambda: draw_map(1, in_groups(5, 2), in_groups(4, 2), [3], filters=FEW),
    "one cell": lambda: draw_map(4, [1], [1], [1], filters={}),
    "no segments": lambda: draw_map(30, in_groups(5, 2), in_groups(4, 2), filters=FEW),
    "200 columns": lambda: draw_map(300, [3], [200], [3], filters=FEW),
    "12 segments": lambda: draw_map(90, in_groups(5, 2), [4], [12], filters=FEW),
    "30 segments": lambda: draw_map(300, in_groups(5, 2), [4], [30], filters=FEW),
    "4 levels": lambda: draw_map(
        120, DEEP, DEEP, DEEP, with_groups=True, with_findings=True, filters={"need": DEEP}
    ),
    "long labels": lambda: draw_map(40, [2, [3]], [2, [2]], [4], label_length=200, filters=FEW),
    "a dimension meets itself": lambda: draw_map(60, in_groups(6, 2), [2], [3], filters=FEW),
}
WITHOUT_STUDIES = ("no study",)
DRAWN_BY = {
    "bubbles": ".ma-matrix .ma-bubble",
    "heat": ".ma-matrix [class*=ma-heat-]",
    "mosaic": ".ma-matrix .ma-mosaic",
    "numbers": ".ma-matrix td b",
    "gaps": ".ma-matrix .ma-gap, .ma-matrix .ma-faint",
}
HASHES = {"a dimension meets itself": "column=row"}
all_maps = pytest.mark.parametrize("name", MAPS)


@pytest.fixture
def open_awkward(open_map):
    """Opens one of the maps with all its codes shown, in a style."""

    def show(name, style="bubbles", size=DESKTOP, **media):
        parts = [HASHES.get(name, ""), "empty=shown", f"style={style}"]
        return open_map(MAPS[name](), "&".join(filter(None, parts)), size, **media)

    return show


def grid_of(payload: Payload, name: str) -> Grid:
    codebook, study_ids, codings = unpack_studies(payload)
    column = "row" if name == "a dimension meets itself" else "column"
    segment = payload["view"]["segment"] or None
    return count_studies(codings, codebook, study_ids, row="row", column=column, segment=segment)


def choose_style(window, style: str) -> None:
    window.evaluate("style => document.querySelector(`.ma-choice input[value=${style}]`).click()", style)
    drawn(window)


def drawn(window) -> None:
    """Waits until the cells out of sight are drawn as well; a narrow window has no matrix."""
    window.wait_for_function(
        """() => {
          const matrix = document.querySelector(".ma-matrix");
          return matrix.hidden || (matrix.dataset.shown && matrix.dataset.shown === matrix.dataset.drawn);
        }"""
    )


def overflow(window) -> int:
    """How many pixels the page is wider than the window."""
    return window.evaluate("document.scrollingElement.scrollWidth - document.documentElement.clientWidth")


def faults(window) -> list[str]:
    """What axe finds."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(window, options=RULES).response["violations"]
    return [
        f"{rule['id']}: {node['target']} {node['html'][:120]}" for rule in found for node in rule["nodes"]
    ]


def whole_number(text: str) -> int:
    """0 for a cell that holds no number."""
    return int(text.strip().replace(",", "") or 0) if text.strip() != "×" else 0


# --- every map ---


@all_maps
def test_each_style_draws_without_a_complaint(open_awkward, name):
    window = open_awkward(name)
    for style in DRAWN_BY:
        choose_style(window, style)
        if name not in WITHOUT_STUDIES:
            assert window.locator(DRAWN_BY[style]).count() > 0, style
        assert overflow(window) == 0, style
    assert window.complaints == []
    assert window.asked_for == [window.url.partition("#")[0]]


@all_maps
def test_numbers_are_those_that_the_tables_have(open_awkward, name):
    window = open_awkward(name, "numbers", size=ALL_IN_SIGHT)
    drawn(window)
    payload = MAPS[name]()
    grid = grid_of(payload, name)
    texts = window.evaluate(
        """() => [...document.querySelectorAll('.ma-matrix tr:has(> td.ma-cell)')].map((row) => [
          row.querySelector(".ma-margin").textContent,
          ...[...row.querySelectorAll('td.ma-cell')].map((cell) => cell.querySelector('b')?.textContent ?? ''),
        ])"""
    )
    numbers = [[whole_number(text) for text in row] for row in texts]
    totals = grid.rows.loc[grid.rows["segment_code"] == "", "n_studies"].tolist()
    cells = grid.matrix().to_numpy().tolist()
    assert numbers == [[total, *row] for total, row in zip(totals, cells, strict=True)]
    columns = window.locator(".ma-margins .ma-margin").all_inner_texts()
    expected = grid.columns.loc[grid.columns["segment_code"] == "", "n_studies"].tolist()
    assert [whole_number(text) for text in columns] == [grid.n_placed, *expected]
    n_studies = len(payload["studies"]["id"])
    assert (
        f"{n_studies:,} stud{'y' if n_studies == 1 else 'ies'}" in window.locator(".ma-status").inner_text()
    )


@all_maps
@pytest.mark.parametrize("style", ["bubbles", "gaps"])
def test_axe_finds_no_fault(open_awkward, name, style):
    window = open_awkward(name, style)
    drawn(window)
    assert faults(window) == []


@all_maps
def test_a_phone_shows_it_without_scrolling_sideways(open_awkward, name):
    window = open_awkward(name, size=PHONE)
    for summary in window.locator(".ma-rows summary").all()[:2]:
        summary.click()
    assert overflow(window) == 0
    assert faults(window) == []
    assert window.complaints == []


# --- what is special about some ---


def test_a_map_without_studies_says_so(open_awkward):
    window = open_awkward("no study", "numbers")
    window.locator(".ma-corner").click()
    assert "no stud" in window.locator(".ma-studies").inner_text().lower()
    assert window.complaints == []


def test_a_dimension_that_meets_itself_has_all_its_studies_on_the_diagonal(open_awkward):
    window = open_awkward("a dimension meets itself", "numbers")
    drawn(window)
    rows = window.locator(".ma-matrix tr:has(> td.ma-cell)").all()
    for number, row in enumerate(rows):
        diagonal = row.locator("td.ma-cell").nth(number).locator("b")
        shown = diagonal.inner_text() if diagonal.count() else ""
        assert whole_number(shown) == whole_number(row.locator(".ma-margin").inner_text())


def test_of_thirty_segments_the_rarest_stand_together(open_awkward):
    window = open_awkward("30 segments")
    drawn(window)
    payload = MAPS["30 segments"]()
    _, _, codings = unpack_studies(payload)
    rarest = codings.loc[codings["dimension"] == "segment", "code"].value_counts().index[11:]
    totals = grid_of(payload, "").segments.set_index("segment_code")["n_studies"]
    shown = window.locator(".ma-legend-segments li").all_inner_texts()
    assert len(shown) == 12
    assert shown[-1].startswith("Others")
    # A study of this map has one segment at most, so that numbers may be added; no two codes are as common at the limit.
    assert whole_number(shown[-1].split()[-1]) == totals[rarest].sum()


@pytest.mark.parametrize("scroll", [0, 700], ids=["at first", "after scrolling"])
def test_of_a_large_map_all_that_is_in_sight_is_drawn_at_once(open_map, scroll):
    window = open_map(draw_map(200, in_groups(60, 6), in_groups(60, 6), [3], filters=FEW), "style=heat")
    drawn(window)
    window.evaluate("px => document.querySelector('.ma-scroller').scrollTo(px, px)", scroll)
    window.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    seen, late = window.evaluate(
        """() => {
          document.querySelector(".ma-choice input[value=numbers]").click();
          const frame = document.querySelector(".ma-scroller").getBoundingClientRect();
          const seen = [...document.querySelectorAll(".ma-matrix td.ma-cell")].filter((cell) => {
            const box = cell.getBoundingClientRect();
            return box.right > frame.left && box.left < frame.right && box.bottom > frame.top && box.top < Math.min(frame.bottom, innerHeight);
          });
          return [seen.length, seen.filter((cell) => cell.className.includes("ma-heat")).length];
        }"""
    )
    assert seen > 50
    assert late == 0
    drawn(window)


# --- text that means harm ---


@pytest.fixture(scope="module")
def hostile_payload() -> Payload:
    payload = draw_map(12, [[2], 1], [[2], 1], [3], filters=FEW)
    payload["outsideScope"] = [{"codes": {"row": "row_3", "column": "column_3"}, "reason": "not asked"}]
    return make_hostile(payload)


def open_all(window) -> None:
    """Everything a reader can open: words, a list with a card, each dialog, what is printed."""
    for style in DRAWN_BY:
        choose_style(window, style)
    for summary in window.locator(".ma-filters summary").all():
        if summary.is_visible():
            summary.click()
    if window.locator(".ma-rows summary:visible").count():
        window.locator(".ma-rows summary").first.click()
        window.locator(".ma-rows details[open] button").first.click()
    else:
        window.locator(".ma-corner").click()
    window.wait_for_selector(".ma-study")
    window.evaluate("document.querySelector('.ma-study button, button.ma-study-title').click()")
    window.wait_for_selector(".ma-card")
    window.evaluate("window.dispatchEvent(new Event('beforeprint'))")


def nothing_ran(window) -> bool:
    return window.evaluate("window.ran") is None and window.asked_for == [window.url.partition("#")[0]]


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desk", "phone"])
def test_hostile_text_stays_text_wherever_it_is_shown(open_map, hostile_payload, size):
    window = open_map(hostile_payload, size=size)
    open_all(window)
    assert HOSTILE[:40] in window.locator(".ma-card").text_content()
    assert overflow(window) == 0
    assert nothing_ran(window)
    assert window.complaints == []
    assert (
        window.locator(".ma script, .ma style, .ma iframe, .ma img, .ma [onload], .ma [onerror]").count() == 0
    )
    links = window.evaluate(
        "[...document.querySelectorAll('.ma a[href]')].map((link) => link.getAttribute('href'))"
    )
    assert not [link for link in links if not link.startswith(("https://", "#"))]


@pytest.mark.parametrize("panel", ["How to use", "Glossary", "About"])
def test_hostile_text_stays_text_in_dialogs(open_map, hostile_payload, panel):
    window = open_map(hostile_payload)
    window.get_by_role("button", name=panel, exact=True).click()
    dialog = window.locator("dialog[open]")
    dialog.wait_for()
    assert dialog.evaluate("dialog => dialog.scrollWidth - dialog.clientWidth") <= 0
    assert overflow(window) == 0
    assert nothing_ran(window)
    assert window.complaints == []


def test_a_hostile_address_is_passed_over(open_map, hostile_payload):
    window = open_map(
        hostile_payload,
        f"row={HOSTILE}&f.{HOSTILE}=x&words={HOSTILE}&list={HOSTILE}&__proto__=x&style=%E0%A4%A",
    )
    assert nothing_ran(window)
    assert window.complaints == []
    assert window.locator(".ma-grid").count() == 1
