"""The page of the map in a real browser: whole in one file, allowed nothing but itself, readable without a script."""

from __future__ import annotations

import re

import pytest
from awkward import HOSTILE, make_hostile
from real_browser import show_file

from mapanalysis.analysis.grid import count_studies
from mapanalysis.viewer.page import render_map


def numbers_of(window):
    """The table as a reader has it: heading of each row, and its cells."""
    rows = window.locator(".ma-still tr:has(> td ~ td)").all()
    return {
        row.locator("th").inner_text(): row.locator("td").all_inner_texts()
        for row in rows
        if row.locator("th[scope=row]").count()
    }


@pytest.mark.parametrize("name", ["peer_payload", "small_payload"])
def test_the_map_opens_and_asks_for_nothing_but_itself(open_map, name, request):
    payload = request.getfixturevalue(name)
    window = open_map(payload)
    assert window.asked_for == [window.url]
    assert window.complaints == []
    assert window.title() == window.locator("h1").inner_text() == payload["map"]["title"]
    assert f"{len(payload['studies']['id'])} studies" in window.locator(".ma-main").inner_text()


def test_the_policy_lets_no_other_script_style_or_address_in(open_map, small_payload):
    window = open_map(small_payload)
    window.evaluate(
        """() => {
          const add = (tag, fill) => { const e = document.createElement(tag); fill(e); document.body.append(e); };
          add("script", (e) => { e.textContent = "window.ran = 1"; });
          add("style", (e) => { e.textContent = "body { opacity: 0.5 }"; });
          add("img", (e) => { e.src = "https://example.org/x.png"; });
          add("iframe", (e) => { e.src = "https://example.org/"; });
          add("div", (e) => { e.setAttribute("style", "color: red"); e.setAttribute("onclick", "window.ran = 1"); e.click(); });
          return fetch("https://example.org/").catch(() => {});
        }"""
    )
    assert window.evaluate("[window.ran, getComputedStyle(document.body).opacity]") == [None, "1"]
    assert not [address for address in window.asked_for if address.startswith("http")]
    assert len([words for words in window.complaints if "Content Security Policy" in words]) >= 6


def test_hostile_text_stays_text(open_map, small_payload):
    window = open_map(make_hostile(small_payload | {"outsideScope": []}))
    assert window.evaluate("window.ran") is None
    assert window.asked_for == [window.url]
    assert window.complaints == []
    assert HOSTILE[:30] in window.locator("h1").inner_text()
    assert window.locator("#map script, #map iframe, #map img[src^=http]").count() == 0


def test_without_a_script_the_counts_are_a_table(without_javascript, write_page, peer_payload, peer_support):
    without_javascript.goto(write_page(peer_payload))
    text = without_javascript.locator(".ma-still").inner_text()
    about = peer_support.about
    for words in (
        about.title,
        peer_support.codebook.question,
        about.trust_in_short,
        about.cite,
        "not what works",
    ):
        assert words in text
    grid = count_studies(
        peer_support.codings,
        peer_support.codebook,
        peer_support.studies["study_id"],
        row="function",
        column="outcome",
    )
    numbers, totals = grid.matrix(), grid.rows["n_studies"]
    expected = {
        grid.row.label_of(code): [str(n) for n in (*numbers.loc[code], total)]
        for code, total in zip(grid.row.codes, totals, strict=True)
    }
    expected["Any"] = [str(n) for n in (*grid.columns["n_studies"], grid.n_placed)]
    assert numbers_of(without_javascript) == expected
    assert without_javascript.locator("#map").bounding_box()["height"] == 0


def test_without_a_script_every_cell_has_its_headings(without_javascript, write_page, small_payload):
    without_javascript.goto(write_page(small_payload))
    assert without_javascript.locator("table caption").count() == 1
    assert not without_javascript.locator(".ma-still th:not([scope])").count()
    spans = (
        without_javascript.locator("thead tr")
        .first.locator("th")
        .evaluate_all("all => all.map((th) => th.colSpan)")
    )
    for row in without_javascript.locator("tbody tr:has(td)").all():
        assert row.locator("td").count() == sum(spans)
    assert (
        "not looked for"
        in without_javascript.locator("tbody").first.inner_text()
        + without_javascript.locator("table").inner_text()
    )


def test_without_a_script_the_page_fits_a_phone(without_javascript, write_page, small_payload):
    without_javascript.set_viewport_size({"width": 320, "height": 640})
    without_javascript.goto(write_page(small_payload))
    width = without_javascript.locator(".ma-still").bounding_box()["width"]
    frame = without_javascript.locator(".ma-still-frame").bounding_box()
    assert width == 320
    assert frame["x"] + frame["width"] <= 320
    assert re.match(r"\d", without_javascript.locator("tfoot td").last.inner_text())


@pytest.mark.parametrize(
    ("name", "scheme", "width"), [("peer_payload", "light", 1280), ("small_payload", "dark", 320)]
)
def test_axe_finds_no_fault_in_what_stands_without_a_script(window, pages, request, name, scheme, width):
    """axe is itself a script: it sees the table with what forbids scripts, and what hides the table, taken away."""
    from axe_playwright_python.sync_playwright import Axe

    html = render_map(request.getfixturevalue(name))
    html = re.sub(
        r"</?noscript>|<meta http-equiv[^>]*>|<script type=\"module\">.*?</script>", "", html, flags=re.DOTALL
    )
    path = pages / f"still-{name}.html"
    path.write_text(html, encoding="utf-8")
    show_file(window, path.as_uri(), (width, 800), color_scheme=scheme)
    assert window.locator(".ma-still table").is_visible()
    assert Axe().run(window).response["violations"] == []
