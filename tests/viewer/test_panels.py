"""Glossary, how to use and about, and the small charts, in a real browser."""

from __future__ import annotations

import copy
import re
from collections import Counter

import pytest
from awkward import draw_map, make_hostile

from mapanalysis.viewer.bundle import join_modules, join_styles

PANELS = {"How to use": "How to use this map", "Glossary": "Glossary", "About": "About this map"}
PHONE = (320, 640)
all_panels = pytest.mark.parametrize("button", PANELS)


@pytest.fixture
def open_panel(open_map):
    """Opens a dialog of a payload's map by its button and gives the window and the dialog."""

    def opened(payload, button, **options):
        window = open_map(payload, **options)
        window.get_by_role("button", name=button, exact=True).first.click()
        return window, window.get_by_role("dialog", name=PANELS[button])

    return opened


@pytest.fixture
def workshop(window, tmp_path):
    """A page with the modules by their names and without a policy, to call one part alone."""
    page = tmp_path / "workshop.html"
    script = f"{join_modules()}\nObject.assign(window, {{ mountMap, createPanels, openData }});"
    markup = f'<!doctype html><html lang="en"><title>Workshop</title><style>{join_styles()}</style>'
    page.write_text(
        f'{markup}<div id="map" class="ma"></div><script type="module">{script}</script>', "utf-8"
    )
    window.goto(page.as_uri())
    window.wait_for_function("Boolean(window.mountMap)")
    return window


def plain(text):
    return re.sub(r"\s+", " ", text).strip()


def words_in(dialog):
    return plain(dialog.inner_text())


# --- dialogs ---


@all_panels
def test_a_dialog_takes_the_focus_and_gives_it_back(open_panel, peer_payload, button):
    window, dialog = open_panel(peer_payload, button)
    assert dialog.is_visible()
    assert dialog.evaluate("dialog => dialog.matches(':modal') && dialog.contains(document.activeElement)")
    for _ in range(12):
        window.keyboard.press("Tab")
        # Beyond its last control stands the browser's own window, which shows as the body.
        assert dialog.evaluate(
            "d => d.contains(document.activeElement) || document.activeElement === document.body"
        )
    window.keyboard.press("Escape")
    assert not dialog.is_visible()
    assert window.evaluate("document.activeElement.textContent") == button


def test_a_dialog_closes_by_its_button_and_by_a_click_beside_it(open_panel, peer_payload):
    window, dialog = open_panel(peer_payload, "About")
    dialog.get_by_role("button", name="Close").click()
    assert not dialog.is_visible()
    window.get_by_role("button", name="About", exact=True).click()
    dialog.get_by_text("Unit of analysis").click()
    assert dialog.is_visible()
    window.mouse.click(5, 400)
    assert not dialog.is_visible()


def test_keys_in_a_dialog_do_not_reach_the_map(open_panel, peer_payload):
    window, dialog = open_panel(peer_payload, "Glossary", hash="list=at:knowledge")
    dialog.get_by_label("Find a word").fill("costs")
    window.keyboard.press("Escape")
    assert not dialog.is_visible()
    assert window.get_by_role("complementary", name="Studies").is_visible()


def test_an_opener_that_was_drawn_anew_leaves_the_focus_in_the_map(workshop, small_payload):
    workshop.evaluate(
        """payload => {
          const root = document.getElementById("map");
          const opener = Object.assign(document.createElement("button"), { textContent: "gone" });
          const stays = Object.assign(document.createElement("button"), { textContent: "stays" });
          const panels = createPanels({ data: openData(payload), root, say() {} });
          root.append(opener, stays, panels.element);
          opener.focus();
          panels.show("about");
          opener.remove();
        }""",
        small_payload,
    )
    workshop.keyboard.press("Escape")
    workshop.wait_for_function("() => document.activeElement.textContent === 'stays'")


@all_panels
def test_a_dialog_fills_a_phone_and_nothing_sticks_out(open_panel, peer_payload, button):
    _, dialog = open_panel(peer_payload, button, size=PHONE)
    assert dialog.bounding_box() == {"x": 0, "y": 0, "width": PHONE[0], "height": PHONE[1]}
    assert dialog.evaluate("dialog => dialog.scrollWidth <= dialog.clientWidth")
    close = dialog.get_by_role("button", name="Close")
    dialog.evaluate("dialog => { dialog.scrollTop = dialog.scrollHeight; }")
    box = close.bounding_box()
    assert 0 <= box["y"] < 40
    assert min(box["width"], box["height"]) >= 32


@all_panels
@pytest.mark.parametrize(
    ("size", "scheme"),
    [((1280, 900), "light"), ((1280, 900), "dark"), (PHONE, "light")],
    ids=["desk", "dark", "phone"],
)
def test_axe_finds_no_fault_in_a_dialog(open_panel, peer_payload, button, size, scheme):
    from axe_playwright_python.sync_playwright import Axe

    window, _ = open_panel(peer_payload, button, size=size, color_scheme=scheme)
    found = Axe().run(window, context="dialog[open]").response["violations"]
    assert [(rule["id"], node["html"][:120]) for rule in found for node in rule["nodes"]] == []


@all_panels
def test_hostile_text_stays_text_in_a_dialog(open_panel, button):
    payload = make_hostile(draw_map(3, [[2], 1], [2], [2], filters={"need": [2]}))
    window, dialog = open_panel(payload, button, size=PHONE)
    dialog.get_by_role("heading", level=3).first.wait_for()
    assert window.evaluate("window.ran") is None
    assert dialog.locator("script, img, svg, style, a[href^='javascript']").count() == 0
    assert dialog.evaluate("dialog => dialog.scrollWidth <= dialog.clientWidth")
    if button != "How to use":
        assert "<script>window.ran = 'script'</script>" in dialog.text_content()


# --- glossary ---


def defined_codes(payload):
    return [
        (dimension["label"], label, definition)
        for dimension in payload["dimensions"]
        for _, label, _, definition, _ in dimension["codes"]
        if definition
    ]


@pytest.mark.parametrize("name", ["peer_payload", "small_payload"])
def test_the_glossary_has_every_code_with_a_definition(open_panel, name, request):
    payload = request.getfixturevalue(name)
    _, dialog = open_panel(payload, "Glossary")
    wanted = defined_codes(payload)
    assert len(wanted) > 5
    text = words_in(dialog)
    at = 0
    for dimension, label, definition in wanted:  # in the order of the codebook
        found = text.find(plain(f"{label} {definition}"), at)
        assert found >= 0, (dimension, label)
        at = found
    assert f"{len(wanted) + 10} entries" in text
    headings = dialog.get_by_role("heading", level=3).all_inner_texts()
    assert headings == [*dict.fromkeys(dimension for dimension, _, _ in wanted), "Words of the map"]


def test_codes_stand_under_their_groups(open_panel, peer_payload):
    _, dialog = open_panel(peer_payload, "Glossary")
    group = dialog.locator(".ma-entry-group", has=dialog.page.get_by_role("heading", name="Social outcomes"))
    assert group.locator("dt").all_inner_texts() == [
        "Social support and isolation",
        "Family and parenting",
        "Housing, work and justice",
    ]


def test_a_search_narrows_the_glossary_and_says_how_many_are_left(open_panel, peer_payload):
    _, dialog = open_panel(peer_payload, "Glossary")
    field = dialog.get_by_label("Find a word")
    field.press_sequentially("LONELINESS")
    left = [entry for entry in dialog.locator("[data-key]:is(div)").all() if entry.is_visible()]
    own = [entry for entry in defined_codes(peer_payload) if "loneliness" in f"{entry[1]} {entry[2]}".lower()]
    assert len(left) == len(own) == 2
    assert all("loneliness" in entry.inner_text().lower() for entry in left)
    total = len(defined_codes(peer_payload)) + 10
    assert dialog.get_by_role("status").first.inner_text() == f"2 of {total} entries"
    assert dialog.get_by_role("heading", level=3).all_inner_texts() == [
        "What was measured",
        "Health or social care need",
    ]
    field.fill("loneliness participation")
    assert dialog.get_by_role("status").first.inner_text() == f"1 of {total} entries"
    field.fill("")
    assert dialog.get_by_role("status").first.inner_text() == f"{total} entries"
    assert dialog.get_by_text("Practical help").is_visible()


def test_a_search_for_what_is_not_there_says_so(open_panel, peer_payload):
    _, dialog = open_panel(peer_payload, "Glossary")
    dialog.get_by_label("Find a word").fill("zebra")
    assert dialog.get_by_text("No entry has these words").is_visible()
    assert dialog.locator("dt:visible").count() == 0


def test_the_glossary_opens_at_the_entry_asked_for(workshop, peer_payload):
    shown = workshop.evaluate(
        """payload => {
          const root = document.getElementById("map");
          const panels = createPanels({ data: openData(payload), root, say() {} });
          root.append(panels.element);
          const marked = (detail) => {
            panels.show("glossary", detail);
            const dialog = root.querySelector("dialog"), all = [...dialog.querySelectorAll(".ma-marked")];
            const box = all[0]?.getBoundingClientRect(), frame = dialog.getBoundingClientRect();
            const isInSight = Boolean(box) && box.top > frame.top + 40 && box.bottom < frame.bottom;
            const found = [all.map((one) => one.textContent), isInSight, document.activeElement === all[0]];
            dialog.close();
            return found;
          };
          return ["outcome/peer_workers", "outcome/economic", "need/kidney", "nothing/at_all", ""].map(marked);
        }""",
        peer_payload,
    )
    entry = "Effects on peer supportersAny outcome in the people who give the support."
    assert shown[0] == [[entry], True, True]
    assert shown[1] == [["Costs and cost-effectiveness"], True, True]  # a group without a definition
    assert shown[2] == [["Health or social care need"], True, True]  # a code without one: its dimension
    assert shown[3] == shown[4] == [[], False, False]


# --- how to use ---


def test_help_names_the_controls_as_they_are_named(open_panel, peer_payload):
    window, dialog = open_panel(peer_payload, "How to use", hash="list=at:knowledge")
    terms = dialog.locator("dt").all_inner_texts()
    named = [name for term in terms for name in term.split(", ")]
    keys = {"Tab", "Arrow keys", "Home", "End", "Page Up", "Page Down", "Enter", "Space", "Escape"}
    window.keyboard.press("Escape")
    outside = {
        plain(text) for text in window.locator("#map :is(button, label, legend, span, h2)").all_inner_texts()
    }
    missing = set(named) - outside - keys - {"Print"}
    assert keys < set(named)
    assert not missing
    for style in ("Bubbles", "Heat", "Mosaic", "Numbers", "Gaps"):
        assert window.get_by_role("radio", name=style).count() == 1


def test_help_states_the_rules_of_gaps(open_panel, peer_payload):
    _, dialog = open_panel(peer_payload, "How to use")
    rules = [rule for _, _, rule in peer_payload["gaps"]["rules"]]
    text = words_in(dialog)
    assert len(rules) == 8
    assert not [rule for rule in rules if plain(rule) not in text]
    assert "Shows what evidence exists, not what works." in text


def test_help_in_a_notebook_leaves_out_what_only_a_page_has(workshop, small_payload):
    text = workshop.evaluate(
        """payload => {
          mountMap(document.getElementById("map"), payload);
          [...document.querySelectorAll("button")].find((one) => one.textContent === "How to use").click();
          return document.querySelector("dialog[open]").innerText;
        }""",
        small_payload,
    )
    assert "Divided by" in text
    assert "Copy link" not in text


# --- about ---


def strings_of(value):
    if isinstance(value, str):
        return [value] if value else []
    if isinstance(value, dict):
        return [text for key, one in value.items() if key != "href" for text in strings_of(one)]
    return [text for one in value for text in strings_of(one)]


@pytest.mark.parametrize("name", ["peer_payload", "small_payload"])
def test_about_says_all_that_the_map_says_of_itself(open_panel, name, request):
    payload = request.getfixturevalue(name)
    _, dialog = open_panel(payload, "About")
    text = words_in(dialog)
    left_to_the_page = ("footer", "date")
    told = {part: value for part, value in payload["map"].items() if part not in left_to_the_page}
    assert not [one for one in strings_of(told) if plain(one) not in text]


def test_links_of_about_open_beside_the_map(open_panel, peer_payload):
    _, dialog = open_panel(peer_payload, "About")
    link = dialog.get_by_role("link", name="doi 10.1002/cl2.1264")
    assert link.get_attribute("href") == "https://doi.org/10.1002/cl2.1264"
    assert link.get_attribute("target") == "_blank"


def test_the_citation_can_be_copied(open_panel, peer_payload):
    window, dialog = open_panel(peer_payload, "About")
    window.context.grant_permissions(["clipboard-read", "clipboard-write"])
    dialog.get_by_role("button", name="Copy citation").click()
    dialog.get_by_text("Copied").wait_for()
    assert window.evaluate("navigator.clipboard.readText()") == peer_payload["map"]["cite"]


def test_the_citation_can_be_copied_in_the_old_way(open_panel, peer_payload):
    window, dialog = open_panel(peer_payload, "About")
    window.context.grant_permissions(["clipboard-read", "clipboard-write"])
    window.evaluate("navigator.clipboard.writeText('before')")
    window.evaluate(
        "() => { navigator.clipboard.writeText = () => Promise.reject(new Error('not allowed')); }"
    )
    dialog.get_by_role("button", name="Copy citation").click()
    dialog.get_by_text("Copied").wait_for()
    assert window.evaluate("navigator.clipboard.readText()") == peer_payload["map"]["cite"]


def test_about_has_no_part_without_content(open_panel, peer_payload):
    payload = copy.deepcopy(peer_payload)
    kept = {"title", "question", "edition", "date", "dateInWords"}
    payload["map"] = {
        name: value if name in kept else type(value)() for name, value in payload["map"].items()
    }
    payload["flow"] |= {"missing": "", "boxes": []}
    _, dialog = open_panel(payload, "About")
    assert dialog.get_by_role("heading", level=3).all_inner_texts() == ["Question", "This edition"]
    assert dialog.locator("dt").all_inner_texts() == ["Map", "Edition", "Date"]


def flow_of(dialog):
    return dialog.locator(".ma-flow")


def lines_of(part):
    """The words of the boxes that stand directly in a list: label, number."""
    lines = part.locator(":scope > li > .ma-flow-line, :scope > li > details > .ma-flow-line").all()
    return [tuple(line.locator("span").all_inner_texts()) for line in lines]


@pytest.mark.parametrize("name", ["peer_payload", "small_payload"])
def test_about_shows_every_box_of_the_flow_with_its_number(open_panel, name, request):
    payload = request.getfixturevalue(name)
    _, dialog = open_panel(payload, "About")
    assert lines_of(flow_of(dialog)) == [
        (box["label"], f"{box['n']:,} {box['unit']}") for box in payload["flow"]["boxes"]
    ]


def test_a_box_of_the_flow_opens_its_reasons_and_a_reason_its_publications(open_panel, peer_payload):
    window, dialog = open_panel(peer_payload, "About")
    flow, packed = flow_of(dialog), peer_payload["flow"]
    assert flow.locator("li li").count() == 0  # made when opened
    box = packed["boxes"][5]
    excluded = flow.locator("summary", has_text="Excluded").nth(1)
    excluded.press("Enter")
    parts = flow.locator("details[open] > ul")
    assert lines_of(parts) == [(label, f"{n:,}") for label, n in box["parts"]]
    last = parts.locator("summary").last
    last.press("Enter")
    shown = parts.locator(".ma-flow-entries > li")
    mine = [
        entry
        for entry, part in zip(box["entries"], box["partOf"], strict=True)
        if part == len(box["parts"]) - 1
    ]
    assert shown.count() == len(mine) == box["parts"][-1][1]
    titles = [one.locator("span").first.inner_text() for one in shown.all()]
    assert [plain(title) for title in titles] == [plain(packed["titles"][entry]) for entry in mine]
    words = shown.first.locator("span").last.inner_text()
    assert words == f"{packed['years'][mine[0]]} · {packed['sources'][packed['holders'][mine[0]]]}"
    last.press("Enter")
    assert not shown.first.is_visible()
    assert window.evaluate("document.activeElement.tagName") == "SUMMARY"


@pytest.mark.parametrize("label", ["Duplicates removed", "Reports included", "Studies included"])
def test_a_box_without_parts_opens_its_list(open_panel, peer_payload, label):
    _, dialog = open_panel(peer_payload, "About")
    dialog.locator(".ma-flow summary", has_text=label).click()
    entries = dialog.locator(".ma-flow details[open] .ma-flow-entries > li")
    assert entries.count() == next(box["n"] for box in peer_payload["flow"]["boxes"] if box["label"] == label)
    assert all(entries.nth(n).locator("span").first.inner_text().strip() for n in (0, entries.count() - 1))
    if label == "Studies included":
        first = peer_payload["flow"]["boxes"][-1]["entries"][0]
        assert entries.first.locator("span").last.inner_text() == peer_payload["studies"]["label"][first]


def test_boxes_that_are_too_many_to_list_are_numbers_only(open_panel, small_payload):
    payload = copy.deepcopy(small_payload)
    for box in payload["flow"]["boxes"][:4]:
        box |= {"entries": None, "partOf": []}
    _, dialog = open_panel(payload, "About")
    flow = flow_of(dialog)
    assert flow.locator("summary", has_text="Duplicates removed").count() == 0
    flow.locator("summary", has_text="Records identified").click()
    parts = flow.locator("details[open] > ul")
    assert lines_of(parts)[0] == ("Garden library <RIS>", "8")
    assert parts.locator("summary").count() == 0
    assert flow.locator("summary", has_text="Reports included").count() == 1


def test_about_says_what_the_data_do_not_hold_of_the_flow(open_panel, small_payload):
    payload = copy.deepcopy(small_payload)
    payload["flow"]["missing"] = "These data do not hold how the reports were found"
    payload["flow"]["boxes"] = payload["flow"]["boxes"][-2:]
    _, dialog = open_panel(payload, "About")
    assert "These data do not hold how the reports were found." in words_in(dialog)
    assert [label for label, _ in lines_of(flow_of(dialog))] == ["Reports included", "Studies included"]


@pytest.mark.parametrize(
    ("size", "scheme"), [((1280, 900), "light"), ((1280, 900), "dark"), (PHONE, "light")]
)
def test_axe_finds_no_fault_in_an_open_flow(open_panel, peer_payload, size, scheme):
    from axe_playwright_python.sync_playwright import Axe

    window, dialog = open_panel(peer_payload, "About", size=size, color_scheme=scheme)
    for label in ("Excluded", "Reports included"):
        dialog.locator(".ma-flow > li > details > summary", has_text=label).first.click()
    dialog.locator(".ma-flow ul summary").first.click()
    assert dialog.locator(".ma-flow-entries > li").count() > 200
    found = Axe().run(window, context="dialog[open]").response["violations"]
    assert [(rule["id"], node["html"][:120]) for rule in found for node in rule["nodes"]] == []
    assert dialog.evaluate("dialog => dialog.scrollWidth <= dialog.clientWidth")


def test_hostile_titles_stay_text_in_the_flow(open_panel):
    payload = make_hostile(draw_map(3, [[2], 1], [2], [2], filters={"need": [2]}))
    window, dialog = open_panel(payload, "About", size=PHONE)
    for summary in dialog.locator(".ma-flow > li > details > summary").all():
        summary.click()
    dialog.locator(".ma-flow ul summary").first.click()
    assert dialog.locator(".ma-flow-entries > li").count() > 2
    assert window.evaluate("window.ran") is None
    assert dialog.locator("script, img, svg, style, a[href^='javascript']").count() == 0
    assert dialog.evaluate("dialog => dialog.scrollWidth <= dialog.clientWidth")


# --- charts ---


def bars_of(window, title):
    """Label and number of each bar, as they are read aloud."""
    chart = window.locator(".ma-chart", has=window.get_by_role("heading", name=title, exact=True))
    chart.scroll_into_view_if_needed()
    chart.locator("li").first.wait_for()
    texts = [re.sub(r"[\n\u200b]", "", text) for text in chart.locator("li").all_text_contents()]
    return {label: int(n.replace(",", "")) for label, n in (text.rsplit(": ", 1) for text in texts)}


def codes_of(payload, dimension):
    """The codes of each study, as positions."""
    studies, own = [], []
    for code in payload["codes"][dimension]:
        if code < 0:
            studies.append(own)
            own = []
        else:
            own.append(code)
    return studies


def test_charts_show_the_numbers_of_the_map(open_map, peer_payload):
    window = open_map(peer_payload)
    years = Counter(year for year in peer_payload["studies"]["year"] if year)
    assert bars_of(window, "Studies by year of the first report") == {
        str(year): years[year] for year in range(min(years), max(years) + 1)
    }
    assert window.get_by_text(
        f"Without a year: {peer_payload['studies']['year'].count(None)} studies."
    ).is_visible()
    assert bars_of(window, "Studies by type of evidence") == {
        "Systematic review": 65,
        "Randomised controlled trial": 97,
        "Economic evaluation": 15,
    }
    country = next(one for one in peer_payload["dimensions"] if one["id"] == "country")["codes"]
    counts = Counter(country[code][1] for own in codes_of(peer_payload, "country") for code in own)
    unsaid = counts.pop("Not reported")
    ranked = counts.most_common()
    shown = bars_of(window, "Studies by country")
    assert list(shown.values()) == [n for _, n in ranked[:10]]
    assert shown.items() <= counts.items()
    window.get_by_text(f"{len(ranked) - 10} more countries with 1 study each").click()
    others = window.locator(".ma-other-countries p").inner_text()
    assert {word.rsplit(" ", 1)[0] for word in others.split(", ")} == set(counts) - set(shown)
    assert window.get_by_text(f"Not reported: {unsaid} studies.").is_visible()


def test_charts_follow_the_filters_and_keep_their_years(open_map, peer_payload):
    window = open_map(peer_payload)
    before = bars_of(window, "Studies by year of the first report")
    window.evaluate("location.hash = 'f.design=economic_evaluation'")
    window.wait_for_function("() => document.querySelector('.ma-chart').textContent.includes('2021: 1')")
    after = bars_of(window, "Studies by year of the first report")
    assert list(after) == list(before)
    assert sum(after.values()) < 20
    assert bars_of(window, "Studies by type of evidence")["Systematic review"] == 0


def test_years_without_a_study_keep_their_place_and_many_years_are_joined(open_map, small_payload):
    payload = copy.deepcopy(small_payload)
    n = len(payload["studies"]["year"])
    payload["studies"]["year"] = [2001, 2004, *[None] * (n - 2)]
    assert bars_of(open_map(payload), "Studies by year of the first report") == {
        "2001": 1, "2002": 0, "2003": 0, "2004": 1,
    }  # fmt: skip
    payload["studies"]["year"] = [1962, 1999, 2001, 2026, *[None] * (n - 4)]
    shown = bars_of(open_map(payload), "Studies by year of the first report")
    assert next(iter(shown)) == "1962–1964"
    assert list(shown)[-1] == "2025–2026"
    assert list(shown.values()).count(1) == 4
    assert len(shown) == 14


def test_types_are_coloured_as_in_the_matrix_and_follow_what_divides_it(open_map, peer_payload):
    window = open_map(peer_payload, "segment=format")
    assert list(bars_of(window, "Studies by format")) == ["One to one", "Group", "Not reported"]
    colours = [
        window.locator(selector, has_text=re.compile(r"^Group")).evaluate(
            "one => getComputedStyle(one).getPropertyValue('--ma-seg')"
        )
        for selector in (".ma-legend-segment", ".ma-chart .ma-bar")
    ]
    assert colours[0] == colours[1] != ""
    window = open_map(peer_payload, "segment=")
    assert len(bars_of(window, "Studies by type of evidence")) == 3


def test_a_map_without_countries_or_years_has_no_chart_of_them(open_map, small_payload):
    payload = copy.deepcopy(small_payload)
    payload["view"]["country"] = ""
    payload["studies"]["year"] = [None] * len(payload["studies"]["year"])
    window = open_map(payload)
    bars_of(window, "Studies by kind of study")
    assert window.locator(".ma-chart:visible").count() == 1


def test_charts_out_of_sight_are_drawn_once_and_follow_filters_when_they_come_into_sight(
    open_map, peer_payload
):
    window = open_map(peer_payload, size=(1280, 300))
    numbers = "bars => bars.map(bar => bar.querySelector('.ma-bar-number').textContent)"
    first = window.eval_on_selector_all(".ma-bar", numbers)
    assert len(first) > 20
    window.wait_for_timeout(300)
    window.fill(".ma-filters-words input", "telephone")
    window.get_by_text(" of 168 studies").first.wait_for()
    assert window.eval_on_selector_all(".ma-bar", numbers) == first
    bars_of(window, "Studies by country")
    assert window.eval_on_selector_all(".ma-bar", numbers) != first


@pytest.mark.parametrize(
    ("size", "scheme"), [((1280, 900), "light"), ((1280, 900), "dark"), (PHONE, "light")]
)
def test_axe_finds_no_fault_in_the_charts(open_map, peer_payload, size, scheme):
    from axe_playwright_python.sync_playwright import Axe

    window = open_map(peer_payload, size=size, color_scheme=scheme)
    bars_of(window, "Studies by country")
    found = Axe().run(window, context=".ma-charts").response["violations"]
    assert [(rule["id"], node["html"][:120]) for rule in found for node in rule["nodes"]] == []
    assert window.evaluate("document.documentElement.scrollWidth <= innerWidth")
