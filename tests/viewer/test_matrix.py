"""The matrix, its cells and headings, in a real browser: by eye, by mouse, by keyboard, in words, on a phone."""

from __future__ import annotations

import copy
import math
import re

import pytest
from awkward import draw_map, in_groups
from gap_rules import PEER_RULES

from mapanalysis.analysis.gaps import KINDS, find_gaps
from mapanalysis.analysis.grid import count_studies
from mapanalysis.evidence import suit_rules

DESKTOP = (1440, 900)
PHONE = (320, 640)
# Cells out of sight hold their words, and are drawn when they come into sight.
ALL_IN_SIGHT = (4000, 2600)
STYLES = ("bubbles", "heat", "mosaic", "numbers", "gaps")
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "rules": {"target-size": {"enabled": True}},
    "resultTypes": ["violations"],
}
DRAWN = "() => { const at = document.querySelector('.ma-matrix').dataset; return at.drawn && at.drawn === at.shown; }"
CELLS = """() => [...document.querySelectorAll(".ma-grid tbody tr:not(.ma-band)")].map(row => ({
    row: row.querySelector("th .ma-label").textContent,
    margin: row.querySelector(".ma-margin").textContent,
    cells: [...row.querySelectorAll("td.ma-cell")].map(cell => ({
        said: cell.getAttribute("aria-label"), text: cell.textContent, name: cell.className})) }))"""


def drawn(page):
    """The page once all cells are drawn, those out of sight too."""
    page.wait_for_function(DRAWN)
    return page


def faults(page):
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, options=RULES).response["violations"]
    return [
        f"{rule['id']}: {node['target']} {node['html'][:120]}" for rule in found for node in rule["nodes"]
    ]


@pytest.fixture(scope="session")
def peer_grid(peer_support):
    """The grid that the map opens with, counted in Python."""
    studies = peer_support.studies["study_id"]
    return count_studies(
        peer_support.codings,
        peer_support.codebook,
        studies,
        row="function",
        column="outcome",
        segment="design",
    )


# --- numbers and words ---


def in_words(grid, row, column):
    """What a cell must say, from the counts of the package."""
    cells = grid.cells[(grid.cells["row_code"] == row) & (grid.cells["column_code"] == column)]
    n = cells.set_index("segment_code")["n_studies"]
    name = f"{grid.row.label_of(row)} by {grid.column.label_of(column)}: "
    if not n[""]:
        return f"{name}{'no study, and no gap' if 'not_reported' in (row, column) else 'no study found'}"
    parts = []
    for code, (one, many) in PLURALS.items():
        if n[code]:
            parts.append(f"{n[code]} {one if n[code] == 1 else many}")
    studies = "1 study" if n[""] == 1 else f"{n['']} studies"
    return f"{name}{studies}: {', '.join(parts)}; co-coded"


PLURALS = {
    "review": ("systematic review", "systematic reviews"),
    "trial": ("randomised controlled trial", "randomised controlled trials"),
    "economic_evaluation": ("economic evaluation", "economic evaluations"),
}


def test_each_cell_speaks_the_counts_of_the_package(open_map, peer_payload, peer_grid):
    page = drawn(open_map(peer_payload, size=DESKTOP))
    said = [[cell["said"] for cell in row["cells"]] for row in page.evaluate(CELLS)]
    assert said == [
        [in_words(peer_grid, row, column) for column in peer_grid.column.codes] for row in peer_grid.row.codes
    ]
    assert sum("no study found" in cell for row in said for cell in row) > 0


def test_margins_and_total_are_those_of_the_package(open_map, peer_payload, peer_grid):
    page = drawn(open_map(peer_payload, size=DESKTOP))
    margins = page.eval_on_selector_all(
        ".ma-margins .ma-margin", "cells => cells.map(cell => cell.textContent)"
    )
    rows, columns = (
        getattr(peer_grid, axis).query("segment_code == ''")["n_studies"].astype(str).tolist()
        for axis in ("rows", "columns")
    )
    assert margins == [str(peer_grid.n_placed), *columns]
    assert [row["margin"] for row in page.evaluate(CELLS)] == rows
    assert page.inner_text(".ma-foot p").startswith(
        "168 studies included = 168 placed on this map + 0 not placed."
    )


def test_an_open_group_has_the_number_of_its_distinct_studies(open_map, peer_payload, peer_support):
    page = drawn(open_map(peer_payload, "row=need", size=DESKTOP))
    bands = page.eval_on_selector_all(
        ".ma-band",
        "rows => rows.map(row => [row.querySelector('.ma-label').textContent, row.querySelector('.ma-margin').textContent])",
    )
    grid = count_studies(
        peer_support.codings, peer_support.codebook, peer_support.studies["study_id"],
        row="need", column="outcome", segment="design", row_level=1,
    )  # fmt: skip
    n = grid.rows.query("segment_code == ''").set_index("row_code")["n_studies"]
    expected = {grid.row.label_of(code): str(n[code]) for code in grid.row.codes}
    assert len(bands) == 4
    assert all(expected[label] == number for label, number in bands)


def test_states_are_told_apart_by_drawing_and_in_words(open_map, small_payload, small_evidence):
    page = drawn(open_map(small_payload, size=DESKTOP))
    grid = count_studies(
        small_evidence.codings, small_evidence.codebook, small_evidence.studies["study_id"],
        row="activity", column="effect", segment="kind",
    )  # fmt: skip
    cells = grid.cells[grid.cells["segment_code"] == ""]
    states = [cell["name"] for row in page.evaluate(CELLS) for cell in row["cells"]]
    assert len(states) == len(cells)
    for name, cell in zip(states, cells.itertuples(), strict=True):
        assert ("ma-outside" in name) == (cell.state == "outside_scope")
        assert ("ma-none" in name) == (cell.state == "none_found")
        assert ("ma-unreported" in name) == (cell.state == "not_reported")
        assert ("ma-co-coded" in name) == (cell.n_studies > 0 and cell.n_co_coded == cell.n_studies)
    assert {"outside_scope", "none_found", "studies"} <= set(cells["state"])
    assert 0 < sum("ma-co-coded" in name for name in states) < sum(n > 0 for n in cells["n_studies"])


# --- styles ---


@pytest.mark.parametrize("style", STYLES)
def test_every_number_can_be_read_in_its_cell(open_map, peer_payload, peer_grid, style):
    page = drawn(open_map(peer_payload, f"style={style}", size=ALL_IN_SIGHT))
    cells = [cell for row in page.evaluate(CELLS) for cell in row["cells"]]
    counts = peer_grid.cells.pivot_table(
        index=["row_code", "column_code"], columns="segment_code", values="n_studies", sort=False
    )
    for shown, (_, n) in zip(cells, counts.iterrows(), strict=True):
        segments = [int(n[code]) for code in PLURALS if n[code]]
        all_studies = str(int(n[""])) if n[""] else ""
        letters = shown["text"].lstrip("0123456789") if style == "gaps" else ""
        expected = {
            "bubbles": "".join(map(str, segments)),
            "heat": all_studies,
            "mosaic": "",
            "numbers": all_studies + "".join(map(str, segments)),
            "gaps": all_studies + letters,
        }
        assert shown["text"] == expected[style]


def test_the_area_of_a_bubble_is_true_to_its_number_and_each_segment_keeps_its_place(open_map, peer_payload):
    page = drawn(open_map(peer_payload, size=ALL_IN_SIGHT))
    bubbles = page.evaluate("""() => [...document.querySelectorAll(".ma-grid .ma-bubble")].map(bubble => {
        const box = bubble.getBoundingClientRect(), cell = bubble.closest("td").getBoundingClientRect();
        return { n: Number(bubble.textContent), d: parseFloat(bubble.style.getPropertyValue("--d")), drawn: box.width,
            segment: /ma-seg-(\\d)/.exec(bubble.className)[1], colour: getComputedStyle(bubble).backgroundColor,
            x: (box.left + box.width / 2 - cell.left) / cell.width, y: (box.top + box.height / 2 - cell.top) / cell.height };
    })""")
    assert len(bubbles) > 150
    largest = max(bubbles, key=lambda bubble: bubble["n"])
    for bubble in bubbles:
        exact = largest["d"] * math.sqrt(bubble["n"] / largest["n"])
        assert abs(bubble["d"] - exact) <= 1, "to the pixel"
        assert bubble["drawn"] == bubble["d"] == int(bubble["d"])
    for segment in "012":
        places = [(bubble["x"], bubble["y"]) for bubble in bubbles if bubble["segment"] == segment]
        assert max(x for x, _ in places) - min(x for x, _ in places) < 0.03
        assert max(y for _, y in places) - min(y for _, y in places) < 0.03
        assert len({bubble["colour"] for bubble in bubbles if bubble["segment"] == segment}) == 1


def test_a_mosaic_has_one_square_a_study(open_map, peer_payload, peer_grid):
    page = drawn(open_map(peer_payload, "style=mosaic", size=ALL_IN_SIGHT))
    squares = page.evaluate("""() => [...document.querySelectorAll(".ma-grid td.ma-cell")].map(cell =>
        [...cell.querySelectorAll("path")].map(path => (path.getAttribute("d").match(/h\\d/g) ?? []).length).reduce((a, b) => a + b, 0))""")
    assert squares == peer_grid.cells.query("segment_code == ''")["n_studies"].tolist()


LETTERS = {
    "absolute": "A", "synthesis": "S", "economic": "E", "out_of_date": "O",
    "quality": "Q", "place": "P", "redundancy": "R", "cluster": "C",
}  # fmt: skip


@pytest.mark.parametrize("row", ["need", "function"])
def test_gaps_are_those_of_the_package_with_their_rules_beside(open_map, peer_payload, peer_support, row):
    page = drawn(open_map(peer_payload, f"row={row}&style=gaps", size=ALL_IN_SIGHT))
    rules, looked_at = suit_rules(peer_support, PEER_RULES)
    grid = count_studies(
        peer_support.codings, peer_support.codebook, looked_at["study_id"],
        row=row, column="outcome", segment="design",
    )  # fmt: skip
    gaps = find_gaps(grid, looked_at, rules)
    expected = {code: dict.fromkeys(grid.column.codes, "") for code in grid.row.codes}
    for kind, letter in LETTERS.items():
        for gap in gaps[gaps["kind"] == kind].itertuples():
            expected[gap.row_code][gap.column_code] += letter
    wanted = [[in_a_cell(letters) for letters in row.values()] for row in expected.values()]
    shown = [[cell["text"].lstrip("0123456789") for cell in row["cells"]] for row in page.evaluate(CELLS)]
    assert shown == wanted
    assert set("ASEOQPR") <= set("".join("".join(row.values()) for row in expected.values()))
    legend = page.inner_text(".ma-legend")
    for sentence in rules.in_words().values():
        assert sentence in legend


def in_a_cell(letters):
    """Three letters at most, and how many more there are."""
    return letters if len(letters) <= 3 else f"{letters[:3]}+{len(letters) - 3}"


def test_a_cell_of_many_kinds_names_them_all_in_words_and_shows_no_more_than_fit(open_map, peer_payload):
    page = drawn(open_map(peer_payload, "style=gaps", size=ALL_IN_SIGHT))
    cells = [cell for row in page.evaluate(CELLS) for cell in row["cells"]]
    crowded = [cell for cell in cells if "+" in cell["text"]]
    assert crowded
    kinds = [label[0].lower() + label[1:] for label in KINDS.values()]
    for cell in crowded:
        letters, _, more = cell["text"].lstrip("0123456789").partition("+")
        assert sum(kind in cell["said"].split("; ") for kind in kinds) == len(letters) + int(more)
    fits = page.evaluate("""() => [...document.querySelectorAll(".ma-grid .ma-gap-marks")].every(marks => {
        const box = marks.getBoundingClientRect(), cell = marks.closest("td").getBoundingClientRect();
        return box.left >= cell.left && box.right <= cell.right && box.top >= cell.top && box.bottom <= cell.bottom; })""")
    assert fits


def test_a_style_changes_by_its_button_and_the_table_keeps_its_place(open_map, peer_payload):
    page = drawn(open_map(peer_payload, size=DESKTOP))
    page.evaluate(
        "() => { document.querySelector('.ma-scroller').scrollLeft = 300; document.querySelector('.ma-grid').marked = true; }"
    )
    page.get_by_role("radio", name="Heat").check()
    drawn(page)
    assert page.evaluate(
        "[document.querySelector('.ma-scroller').scrollLeft, document.querySelector('.ma-grid').marked]"
    ) == [300, True]
    assert page.locator(".ma-heat-7").count() >= 1


# --- axes ---


def headings(page, selector):
    return page.eval_on_selector_all(
        f".ma-grid {selector} .ma-label", "all => all.map(one => one.textContent)"
    )


def test_any_dimension_becomes_rows_columns_or_segments_in_place(open_map, peer_payload, peer_support):
    page = drawn(open_map(peer_payload, size=DESKTOP))
    page.get_by_label("Rows", exact=True).select_option("setting")
    page.get_by_label("Columns", exact=True).select_option("mode")
    page.get_by_label("Divided by").select_option("format")
    drawn(page)
    grid = count_studies(
        peer_support.codings, peer_support.codebook, peer_support.studies["study_id"],
        row="setting", column="mode", segment="format",
    )  # fmt: skip
    assert headings(page, "tbody .ma-row") == [grid.row.label_of(code) for code in grid.row.codes]
    assert headings(page, ".ma-column") == [grid.column.label_of(code) for code in grid.column.codes]
    shown = [
        cell["said"].split(": ")[1].split(" ")[0] for row in page.evaluate(CELLS) for cell in row["cells"]
    ]
    counts = grid.cells.query("segment_code == ''")["n_studies"]
    assert shown == ["no" if n == 0 else str(n) for n in counts]
    page.get_by_label("Divided by").select_option("")
    assert page.locator(".ma-legend-segments").is_hidden()


def test_rows_and_columns_are_swapped(open_map, peer_payload):
    page = drawn(open_map(peer_payload, size=DESKTOP))
    rows = headings(page, "tbody .ma-row")
    page.get_by_role("button", name="Swap rows and columns").click()
    assert [label for label in headings(page, "thead .ma-column") if label in rows] == rows


def test_empty_codes_are_kept_until_they_are_hidden(open_map, peer_payload):
    page = drawn(open_map(peer_payload, size=DESKTOP))
    page.get_by_label("Rows", exact=True).select_option("country")
    drawn(page)
    hide = page.get_by_label("Hide empty codes")
    assert hide.is_checked(), "a dimension of 250 countries starts without its empty ones"
    few = len(headings(page, "tbody .ma-row"))
    hide.uncheck()
    drawn(page)
    assert len(headings(page, "tbody .ma-row")) == len(peer_payload["dimensions"][-1]["codes"])
    assert few < 40
    margins = [row["margin"] for row in page.evaluate(CELLS)]
    assert margins.count("0") == len(margins) - few


def test_groups_fold_and_open(open_map, peer_payload, peer_support):
    page = drawn(open_map(peer_payload, size=DESKTOP))
    wide = len(headings(page, ".ma-column"))
    page.locator(".ma-column.ma-group .ma-fold").first.click()
    drawn(page)
    assert len(headings(page, ".ma-column")) == wide - 4
    folded = page.get_by_role("columnheader", name="Mental health and wellbeing")
    assert folded.get_attribute("aria-expanded") == "false"
    grid = count_studies(
        peer_support.codings, peer_support.codebook, peer_support.studies["study_id"],
        row="function", column="outcome", segment="design", column_level=1,
    )  # fmt: skip
    n = grid.cells.query("segment_code == '' and column_code == 'mental'")["n_studies"].tolist()
    assert [int(row["cells"][0]["said"].split(": ")[1].split(" ")[0]) for row in page.evaluate(CELLS)] == n
    page.get_by_role("button", name="Fold groups").click()
    drawn(page)
    assert len(headings(page, ".ma-column")) == 8
    page.get_by_role("button", name="Open groups").click()
    drawn(page)
    assert len(headings(page, ".ma-column")) == wide


# --- mouse ---


def heading_of_list(page):
    page.wait_for_selector(".ma-studies-heading:visible")
    return page.inner_text(".ma-studies-heading")


def test_a_cell_a_segment_and_headings_open_their_studies(open_map, peer_payload):
    page = drawn(open_map(peer_payload, size=DESKTOP))
    cell = page.locator(".ma-grid tbody tr").first.locator("td.ma-cell").first
    cell.click(position={"x": 4, "y": 40})
    assert "Knowledge by Symptoms and distress: 27 studies" in heading_of_list(page).replace("\n", " ")
    assert cell.get_attribute("aria-current") == "true"
    cell.locator(".ma-seg-1").click()
    page.wait_for_function("() => document.querySelector('.ma-studies-heading').textContent.includes('22')")
    page.get_by_role("rowheader", name="Practical help").click()
    page.wait_for_function(
        "() => document.querySelector('.ma-studies-heading').textContent.includes('Practical help')"
    )
    assert "39 studies" in heading_of_list(page)
    page.get_by_role("columnheader", name="Physical health").click()
    page.wait_for_function(
        "() => document.querySelector('.ma-studies-heading').textContent.includes('Physical health')"
    )
    page.locator(".ma-legend-segment").nth(2).click()
    page.wait_for_function("() => document.querySelector('.ma-studies-heading').textContent.includes('15')")


def test_words_appear_beside_what_is_pointed_at_and_go_with_escape(open_map, peer_payload):
    page = drawn(open_map(peer_payload, size=DESKTOP))
    page.get_by_role("rowheader", name="Practical help").hover()
    hint = page.locator(".ma-hint")
    assert "Help with tasks, navigation of services" in hint.inner_text()
    box = hint.bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + box["height"] / 2, steps=4)
    page.wait_for_timeout(250)
    assert hint.is_visible(), "who points at the words may read them"
    page.keyboard.press("Escape")
    assert hint.is_hidden()


def test_on_touch_a_heading_shows_its_definition(browser, write_page, peer_payload):
    context = browser.new_context(has_touch=True, viewport={"width": 1024, "height": 768})
    page = context.new_page()
    page.goto(write_page(peer_payload))
    page.wait_for_selector(".ma-grid")
    page.get_by_role("rowheader", name="Practical help").tap()
    page.wait_for_selector(".ma-studies-heading:visible")
    assert "Help with tasks, navigation of services" in page.inner_text(".ma-studies")
    context.close()


# --- keyboard ---


def where(page):
    return page.evaluate(
        "document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent"
    )


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def test_the_grid_is_walked_by_arrow_keys_home_and_end(open_map, peer_payload):
    page = drawn(open_map(peer_payload, size=DESKTOP))
    page.focus(".ma-grid [tabindex='0']")
    assert where(page).startswith("Knowledge by Symptoms and distress: 27 studies")
    press(page, "ArrowDown", "ArrowRight")
    assert where(page).startswith("Emotional assistance by Recovery and empowerment")
    press(page, "Home")
    assert where(page).startswith("Emotional assistance. Empathy")
    press(page, "ArrowRight")
    assert where(page).startswith("Emotional assistance: 46 studies in all")
    press(page, "End")
    assert where(page).startswith("Emotional assistance by Not reported")
    press(page, "Control+Home", "ArrowRight")
    assert where(page) == "Mental health and wellbeing"
    press(page, "ArrowRight")
    assert where(page) == "Physical health", "a heading that spans columns is one step"
    press(page, "ArrowDown")
    assert where(page).startswith("Clinical markers")
    press(page, "Control+End")
    assert where(page).startswith("Not reported by Not reported")
    assert page.locator(".ma-grid [tabindex='0']").count() == 1


def test_space_folds_a_heading_and_the_focus_stays_on_it(open_map, peer_payload):
    page = drawn(open_map(peer_payload, size=DESKTOP))
    page.focus(".ma-grid [tabindex='0']")
    press(page, "Control+Home", "ArrowRight", "Space")
    assert where(page) == "Mental health and wellbeing"
    assert page.evaluate("document.activeElement.getAttribute('aria-expanded')") == "false"
    press(page, "Space")
    assert where(page) == "Mental health and wellbeing"
    assert page.evaluate("document.activeElement.getAttribute('aria-expanded')") == "true"


def test_enter_opens_the_studies_and_escape_returns_to_the_cell(open_map, peer_payload):
    page = drawn(open_map(peer_payload, size=DESKTOP))
    page.focus(".ma-grid [tabindex='0']")
    press(page, "ArrowDown", "Enter")
    page.wait_for_function("() => document.activeElement.matches('.ma-studies-heading')")
    press(page, "Escape")
    assert where(page).startswith("Emotional assistance by Symptoms and distress")
    assert page.locator(".ma-studies").is_hidden()


@pytest.mark.parametrize("size", [DESKTOP, (1280, 500)], ids=["desktop", "low"])
def test_what_is_focused_is_never_hidden(open_map, peer_payload, size):
    page = drawn(open_map(peer_payload, "row=need", size=size))
    page.focus(".ma-grid [tabindex='0']")
    press(page, "Control+Home")
    seen = []
    for key, times in (("ArrowDown", 45), ("ArrowRight", 26), ("ArrowUp", 45), ("ArrowLeft", 26)):
        for _ in range(times):
            press(page, key)
            seen.append(page.evaluate(SEEN))
    assert len(seen) == 142
    assert [(one["what"][:60], one["box"], one["over"]) for one in seen if not one["seen"]] == []


# Whether the middle and two inner corners of what has the focus lie on top, within the window.
SEEN = """() => {
    const element = document.activeElement, box = element.getBoundingClientRect();
    const inside = [[0.5, 0.5], [0.03, 0.08], [0.97, 0.92]].map(([x, y]) => [box.left + x * box.width, box.top + y * box.height]);
    const group = element.matches(".ma-group, .ma-corner");
    const points = group ? inside.slice(0, 1).map(([x, y]) => [Math.min(Math.max(x, 0), innerWidth - 1), y]) : inside;
    return { what: element.getAttribute("aria-label") ?? element.textContent, box: [box.left, box.top, box.right, box.bottom].map(Math.round),
        over: points.map(point => document.elementFromPoint(...point)?.outerHTML.slice(0, 60)), seen: group || points.every(point => element.contains(document.elementFromPoint(...point))) };
}"""


# --- far away, and many ---


def test_cells_out_of_sight_are_right_when_they_come_into_sight(open_map):
    payload = draw_map(200, in_groups(40, 6), in_groups(90, 9), [3])
    page = drawn(open_map(payload, "style=numbers", size=DESKTOP))
    drawn_first = [row["cells"][:3] for row in page.evaluate(CELLS)[-3:]]
    page.fill(".ma-filters-words input", "telephone OR peer")
    page.fill(".ma-filters-words input", "peer mentoring")
    page.evaluate("() => { const s = document.querySelector('.ma-scroller'); s.scrollTop = s.scrollHeight; }")
    page.wait_for_timeout(120)
    seen = [row["cells"][:3] for row in page.evaluate(CELLS)[-3:]]
    said = [cell["said"] for row in seen for cell in row]
    assert said != [cell["said"] for row in drawn_first for cell in row]
    fresh = drawn(open_map(payload, "style=numbers&words=peer%20mentoring", size=ALL_IN_SIGHT))
    assert seen == [row["cells"][:3] for row in fresh.evaluate(CELLS)[-3:]]


def test_a_cell_that_filters_empty_does_not_say_that_nothing_was_found(open_map, peer_payload, peer_grid):
    page = drawn(open_map(peer_payload, "words=telephone&style=gaps", size=ALL_IN_SIGHT))
    cells = [cell for row in page.evaluate(CELLS) for cell in row["cells"]]
    whole = peer_grid.matrix().to_numpy().ravel().tolist()
    empty = {True: 0, False: 0}
    for n, cell in zip(whole, cells, strict=True):
        words = cell["said"].split(": ")[-1].split("; ")[0]
        if (" studies" in cell["said"].split("; ")[0] and "passes" not in words) or "1 study" in cell["said"]:
            continue
        empty[bool(n)] += 1
        assert ("passes the filters" in words or "does not pass" in words) == bool(n), cell["said"]
        assert ("ma-filtered" in cell["name"]) == bool(n)
        if n > 1:
            assert words == f"none of {n} studies passes the filters"
    assert min(empty.values()) > 0
    n_shown = page.inner_text(".ma-status strong").split()[0]
    gaps = [cell["said"] for cell in cells if "gap" in cell["said"] and "no gap" not in cell["said"]]
    assert gaps
    assert all(said.endswith(f"among the {n_shown} studies shown") for said in gaps)


def test_labels_may_hold_the_marks_that_words_are_joined_by(open_map, peer_payload):
    payload = copy.deepcopy(peer_payload)
    row = next(dimension for dimension in payload["dimensions"] if dimension["id"] == "function")
    row["codes"][0][1] = "Listening: by telephone; at home"
    name = "Listening: by telephone; at home"
    page = drawn(open_map(payload, "words=zzz", size=ALL_IN_SIGHT))
    first = page.evaluate(CELLS)[0]
    said = [cell["said"] for cell in first["cells"]]
    assert all(words.startswith(f"{name} by ") for words in said)
    page.locator(".ma-grid td.ma-cell").first.hover()
    hint = page.locator(".ma-hint")
    assert hint.locator("b").inner_text() == said[0].rpartition(": ")[0]
    assert hint.locator("li").first.inner_text().lower() == said[0].rpartition(": ")[2]


@pytest.mark.parametrize("words", ["", "words=telephone"])
def test_the_map_redraws_for_words(open_map, peer_payload, words):
    page = drawn(open_map(peer_payload, words, size=DESKTOP))
    total = int(page.inner_text(".ma-margins .ma-all + .ma-margin"))
    assert (total == 168) == (words == "")
    assert page.inner_text(".ma-status strong") == ("168 studies" if not words else f"{total} of 168 studies")


# --- phone, zoom, other eyes ---


def test_a_phone_has_a_layout_of_its_own(open_map, peer_payload):
    page = open_map(peer_payload, size=PHONE)
    assert page.locator(".ma-matrix").is_hidden()
    part = page.locator(".ma-row-part").nth(1)
    assert part.locator("summary").inner_text().replace("\n", " ").startswith("Emotional assistance")
    part.locator("summary").click()
    line = part.locator(".ma-cell-line").first
    assert line.get_attribute("aria-label").startswith(
        "Emotional assistance by Symptoms and distress: 24 studies"
    )
    assert "No study found on:" in page.locator(".ma-row-part").nth(2).inner_text() or part.inner_text()
    line.click()
    page.wait_for_selector(".ma-studies-heading:visible")
    assert "24 studies" in page.inner_text(".ma-studies-heading")
    page.keyboard.press("Escape")
    assert line.evaluate("line => line === document.activeElement")


BEYOND = """() => document.scrollingElement.scrollWidth > innerWidth ? [...document.querySelectorAll("body *")]
    .filter(element => element.checkVisibility() && element.getBoundingClientRect().right > innerWidth + 0.5)
    .map(element => element.outerHTML.slice(0, 120)) : []"""


@pytest.mark.parametrize("style", STYLES)
def test_a_narrow_page_needs_no_moving_sideways(open_map, peer_payload, style):
    page = open_map(peer_payload, f"style={style}", size=(320, 256))
    for summary in page.locator(".ma-row-part summary").all()[:2]:
        summary.click()
    assert page.evaluate(BEYOND) == []
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 320


def test_segments_are_told_apart_where_colours_are_forced(open_map, peer_payload):
    page = drawn(open_map(peer_payload, size=DESKTOP, forced_colors="active"))
    assert page.locator(".ma-grid .ma-bubble").first.inner_text() == "5"
    assert (
        page.evaluate("getComputedStyle(document.querySelector('.ma-grid .ma-bubble')).borderTopStyle")
        == "solid"
    )
    page.emulate_media(forced_colors="none")


# --- automatic rules ---


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_fault_in_any_style(open_map, peer_payload, style, scheme):
    page = drawn(open_map(peer_payload, f"row=need&style={style}", size=DESKTOP, color_scheme=scheme))
    assert faults(page) == []


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_no_fault_with_filters_and_studies_open(open_map, peer_payload, size):
    page = open_map(peer_payload, "f.need=homelessness,justice&f.design=trial", size=size)
    assert " of 168 studies" in page.inner_text(".ma-status")
    if size == PHONE:
        for summary in page.locator(".ma-row-part summary").all():
            summary.click()
        page.wait_for_selector(".ma-cell-line")
    assert faults(page) == []
    page.locator(".ma-legend-segment").nth(1).click()
    page.wait_for_selector(".ma-studies-heading:visible")
    page.locator(".ma-study-title").first.click()
    assert faults(page) == []


# --- a whole task ---


def tab_to(page, matches, most=120):
    """Presses Tab until the focus matches; as a person would, without the mouse."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate(
            "([selector, words]) => { const at = document.activeElement; return at.matches(selector) && (at.getAttribute('aria-label') ?? at.closest('label')?.textContent ?? at.textContent).includes(words); }",
            list(matches),
        ):
            return
    pytest.fail(f"Tab never reaches {matches}")


def test_the_trials_on_practical_help_for_homelessness_are_found_and_taken_along_by_keyboard(
    open_map, peer_payload, peer_support
):
    page = drawn(open_map(peer_payload, size=DESKTOP))
    tab_to(page, (".ma-filters input[type=checkbox]", "Social care need"))
    page.evaluate("document.activeElement.closest('li')?.querySelector('button')?.focus()")
    page.keyboard.press("Enter")
    tab_to(page, (".ma-filters input[type=checkbox]", "Homelessness"))
    page.keyboard.press("Space")
    tab_to(page, (".ma-grid [tabindex='0']", ""))
    press(page, "ArrowDown", "ArrowDown", "ArrowDown", "Home", "Enter")
    page.wait_for_function("() => document.activeElement.matches('.ma-studies-heading')")
    tab_to(page, (".ma-studies button", "RIS"))
    with page.expect_download() as waiting:
        page.keyboard.press("Enter")
    text = waiting.value.path().read_text("utf-8")
    codings = peer_support.codings
    wanted = None
    for dimension, code in (("need", "homelessness"), ("function", "practical")):
        found = set(codings[(codings["dimension"] == dimension) & (codings["code"] == code)]["study_id"])
        wanted = found if wanted is None else wanted & found
    reports = peer_support.reports[peer_support.reports["study_id"].isin(wanted)]
    assert text.count("TY  - ") == len(reports) > 0


# --- nothing from outside ---


def test_the_map_asks_for_nothing_and_complains_of_nothing(open_map, peer_payload):
    page = drawn(open_map(peer_payload, size=DESKTOP))
    for style in STYLES:
        page.locator(f".ma-choice input[value={style}]").check()
    page.locator(".ma-grid td.ma-cell").first.click()
    assert page.asked_for == [page.url.split("#")[0]]
    assert page.complaints == []


def in_focus(page):
    return page.evaluate(
        "() => [document.activeElement.closest('.ma-right, dialog') === null, document.activeElement.className]"
    )


def test_the_back_button_closes_the_list_and_leaves_the_focus_on_its_cell(open_map, peer_payload):
    page = drawn(open_map(peer_payload, size=DESKTOP))
    cell = page.locator(".ma-grid td.ma-cell").nth(3)
    cell.click(position={"x": 4, "y": 4})
    page.locator(".ma-right button").first.focus()
    page.go_back()
    page.wait_for_selector(".ma-right", state="hidden")
    assert "ma-cell" in in_focus(page)[1]
    assert cell.evaluate("cell => cell === document.activeElement")


def test_closing_a_list_that_a_link_opened_leaves_the_focus_on_the_map_of_a_phone(open_map, peer_payload):
    page = open_map(peer_payload, size=PHONE)
    page.evaluate("() => { location.hash = 'list=at:emotional,symptoms'; }")
    page.get_by_role("button", name="Close the list of studies").click()
    page.wait_for_selector(".ma-right", state="hidden")
    outside, name = in_focus(page)
    assert outside
    assert page.evaluate("() => document.activeElement !== document.body"), name


def test_the_bubbles_of_the_legend_are_those_of_the_map(open_map, peer_payload):
    page = drawn(open_map(peer_payload, size=ALL_IN_SIGHT))
    width = "all => all.map(one => [one.textContent || '', one.getBoundingClientRect().width])"
    on_map = dict(page.locator(".ma-grid td.ma-cell .ma-bubble").evaluate_all(width))
    legend = page.locator(".ma-legend .ma-sample .ma-bubble").evaluate_all(width)
    assert {text: on_map[text] for text, _ in legend if text in on_map} == {
        text: size for text, size in legend if text in on_map
    }
    assert len([text for text, _ in legend if text and text in on_map]) > 1


def test_a_square_of_the_mosaic_says_what_it_is_worth(open_map):
    page = drawn(open_map(draw_map(3000, [2], [2], [3]), "style=mosaic", size=ALL_IN_SIGHT))
    worth = int(page.inner_text(".ma-legend").split("one square is up to ")[1].split()[0])
    assert worth > 1
    cells = [cell for row in page.evaluate(CELLS) for cell in row["cells"]]
    numbers = [
        int(one["said"].split(": ")[1].split()[0].replace(",", "")) for one in cells if "stud" in one["said"]
    ]
    paths = page.locator(".ma-grid td.ma-cell").evaluate_all(
        "all => all.map(cell => [...cell.querySelectorAll('path')].map(path => path.getAttribute('d')).join(''))"
    )
    assert [len(re.findall(r"h[\d.]+v", path)) for path in paths if path] == [
        math.ceil(n / worth) for n in numbers
    ]
