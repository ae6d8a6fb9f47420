"""The list of studies behind a number: what it says, how it is worked, what a card holds, and that nothing in it is unsafe."""

from __future__ import annotations

import copy
import re
from itertools import pairwise

import pytest
from awkward import draw_map, make_hostile

PANEL = ".ma-studies"
DRAWN = "() => { const at = document.querySelector('.ma-matrix').dataset; return at.drawn && at.drawn === at.shown; }"
ENTRY = f"{PANEL} .ma-study"
CELL = "list=at:emotional,symptoms"
QUALITY = "Quality, as the review states it"
HEADINGS = f"{PANEL} :is(h2, h3, h4, h5, h6)"


def heading(window):
    return window.locator(".ma-studies-heading").inner_text()


def lead(window):
    return window.locator(".ma-studies-lead").inner_text()


def titles(window):
    return window.locator(
        f"{ENTRY} .ma-study-title"
    ).all_text_contents()  # inner text is for what is in sight


def ids(window):
    return window.locator(ENTRY).evaluate_all("all => all.map((one) => one.dataset.study)")


def focused(window):
    return window.evaluate("document.activeElement.className")


def cell(window, name):
    return window.locator(f'[role=gridcell][aria-label^="{name}:"]')


def with_scope(payload, reason):
    """The payload with one empty cell left outside the scope."""
    spoilt = copy.deepcopy(payload)
    spoilt["outsideScope"] = [{"codes": {"activity": "wormery", "effect": "wildlife"}, "reason": reason}]
    return spoilt


# --- what the list says ---


def test_the_heading_says_what_is_listed_and_each_type_its_number(open_map, peer_payload, peer_support):
    window = open_map(peer_payload, hash=CELL)
    codings = peer_support.codings

    def has(code):
        return set(codings.loc[codings["code"] == code, "study_id"])

    both = has("emotional") & has("symptoms")
    assert heading(window) == f"Emotional assistance by Symptoms and distress: {len(both)} studies"
    assert set(ids(window)) == both
    heads = window.locator(f"{PANEL} h3").all_inner_texts()
    assert [re.sub(r"\s+", " ", text) for text in heads] == [
        "Systematic review : 7", "Randomised controlled trial : 17", "Economic evaluation : 1",
    ]  # fmt: skip
    groups = window.locator(".ma-studies-group")
    assert [groups.nth(n).locator(".ma-study").count() for n in range(3)] == [7, 17, 1]
    assert re.search(r"\bma-seg-1\b", groups.nth(1).get_attribute("class"))
    assert lead(window).startswith(
        "7 systematic reviews, 17 randomised controlled trials and 1 economic evaluation."
    )


def test_a_study_of_two_types_stands_under_both_and_says_so(open_map, small_payload):
    window = open_map(small_payload, hash="list=at:")
    assert heading(window) == "All studies: 13 studies"
    twice = window.locator(f"{ENTRY}[data-study=ORCHARD]")
    assert twice.count() == 2
    assert "also under Costing" in twice.nth(0).text_content()
    assert "also under Trial" in twice.nth(1).text_content()
    assert "A study of two types stands under both and counts once." in lead(window)
    assert len(set(ids(window))) == 13
    assert "Not placed on this map" in window.locator(f"{PANEL} h3").last.inner_text()
    assert ids(window)[-1] == "LOST"


def test_a_finding_of_its_own_type_stands_under_that_type_alone(open_map):
    payload = draw_map(1, [2], [1], [2], filters={})
    payload["codes"] = {name: [-1] for name in payload["codes"]}
    # One finding: row 0, type 0; another: row 1, type 1; quadruples of study, finding, dimension, code.
    quadruples = [(0, 1, 0, 0), (0, 1, 1, 0), (0, 1, 2, 0), (0, 2, 0, 1), (0, 2, 1, 0), (0, 2, 2, 1)]
    payload["findings"] = [number for quadruple in quadruples for number in quadruple]
    window = open_map(payload, hash="list=at:row_0")
    assert window.locator(f"{PANEL} h3").count() == 1
    assert "also under" not in window.locator(PANEL).text_content()
    window = open_map(payload, hash="list=at:,column_0")
    assert window.locator(f"{PANEL} h3").count() == 2
    assert heading(window).endswith(": 1 study")


def test_filters_are_said_with_what_they_leave(open_map, peer_payload):
    window = open_map(peer_payload, hash=f"{CELL}&f.country=GB")
    assert (
        heading(window) == "Emotional assistance by Symptoms and distress: 3 of 24 studies pass the filters"
    )
    window = open_map(peer_payload, hash=f"{CELL}&f.country=AF")
    assert heading(window).endswith(": 0 of 24 studies pass the filters")
    assert lead(window).startswith(
        "None of the 24 studies here pass the filters. Take a filter off to see more."
    )
    assert window.get_by_role("button", name="Download as RIS").count() == 0


@pytest.mark.parametrize(
    ("selection", "name", "words"),
    [
        ("vegetables,wildlife", "Vegetables by Wildlife: 0 studies", "not that nothing exists"),
        (
            "wormery,wildlife",
            "Keeping worms by Wildlife: 0 studies",
            "it was not looked for. Worms come later.",
        ),
        ("not_reported,wildlife", "Not reported by Wildlife: 0 studies", "so it is no gap"),
        ("wormery", "Keeping worms: 0 studies", "a gap"),
    ],
)
def test_an_empty_list_says_what_that_means(open_map, small_payload, selection, name, words):
    window = open_map(with_scope(small_payload, "Worms come later."), hash=f"list=at:{selection}")
    assert heading(window) == name
    assert words in lead(window)
    assert window.locator(".ma-studies-tools").is_hidden()


def test_a_map_without_studies_says_so(open_map):
    window = open_map(draw_map(0, [3], [2], [2], filters={}), hash="list=at:")
    assert lead(window) == "This map holds no studies yet."


def test_what_is_not_placed_is_listed_with_the_reason(open_map, small_payload):
    window = open_map(small_payload)
    window.get_by_role("button", name="List them").click()
    assert heading(window) == "Not placed on this map: 1 study"
    assert "Its codes never meet in one finding" in window.locator(f"{PANEL} h3").inner_text()
    assert ids(window) == ["LOST"]


def test_groups_and_what_is_not_specified_further_have_names(open_map, small_payload):
    window = open_map(small_payload, hash="list=at:grow,person,trial")
    assert heading(window).startswith("Growing food by The gardeners, Trial: ")
    window = open_map(small_payload, hash="list=at:grow!")
    assert heading(window) == "Growing food, not specified further: 1 study"


# --- order, and lists that are long ---


def test_studies_can_be_put_in_order(open_map, peer_payload):
    window = open_map(peer_payload, hash=f"{CELL},trial")

    def years():
        return [
            int(year) for year in re.findall(r"· (\d{4})", window.locator(".ma-studies-list").text_content())
        ]

    assert len(years()) > 10  # one has none
    assert years() == sorted(years(), reverse=True)
    window.get_by_label("Sort by").select_option("Title")
    folded = [re.sub(r"\W+", " ", title).casefold() for title in titles(window)]
    assert folded == sorted(folded)
    window.get_by_label("Sort by").focus()
    window.get_by_label("Sort by").select_option("First author")
    labels = dict(zip(peer_payload["studies"]["id"], peer_payload["studies"]["label"], strict=True))
    said = [labels[study].casefold() for study in ids(window)]
    assert said == sorted(said)
    assert "sort=author" in window.evaluate("location.hash")
    assert window.evaluate("document.activeElement.tagName") == "SELECT"


def test_studies_without_a_year_come_last(open_map, small_payload):
    window = open_map(small_payload, hash="list=at:,,trial")
    assert ids(window)[0] == "LATE"
    assert ids(window)[-1] == "SILENT"
    assert "no year" in window.locator(ENTRY).last.text_content()


def test_a_long_list_shows_a_hundred_and_then_more(open_map):
    window = open_map(draw_map(500, [3], [2], [2], filters={}), hash="list=at:")
    assert window.locator(ENTRY).count() == 100
    assert "The first 100 of 500" in window.locator(PANEL).inner_text()
    window.wait_for_function(DRAWN)  # what is drawn later may move the button from under a click
    window.get_by_role("button", name="Show the next 100").click()
    assert window.locator(ENTRY).count() == 200
    assert (
        window.evaluate("[...document.querySelectorAll('.ma-study-title')].indexOf(document.activeElement)")
        == 100
    )
    for _ in range(3):
        window.locator(".ma-studies-more button").click()
    assert window.locator(ENTRY).count() == 500
    assert window.locator(".ma-studies-more").is_hidden()


def test_a_card_far_down_a_long_list_is_there_when_a_link_asks_for_it(open_map):
    payload = draw_map(500, [3], [2], [2], filters={})
    oldest = min(zip(payload["studies"]["year"], payload["studies"]["id"], strict=True))[1]
    window = open_map(payload, hash=f"list=at:&card={oldest}")
    entry = window.locator(f"{ENTRY}[data-study={oldest}]")
    assert entry.locator(".ma-card").count() == 1
    place = entry.locator(".ma-study-title").bounding_box()
    assert 0 < place["y"] < 900


# --- focus and keys ---


def test_focus_goes_to_the_heading_and_back_to_where_it_came_from(open_map, peer_payload):
    window = open_map(peer_payload)
    cell(window, "Emotional assistance by Symptoms and distress").focus()
    opener = focused(window)
    assert "ma-cell" in opener
    window.keyboard.press("Enter")
    assert focused(window) == "ma-studies-heading"
    window.keyboard.press("Tab")
    window.keyboard.press("Escape")
    assert window.locator(PANEL).is_hidden()
    assert "ma-cell" in focused(window)
    window.keyboard.press("Enter")
    assert focused(window) == "ma-studies-heading"
    window.get_by_role("button", name="Close the list of studies").click()
    assert window.locator(PANEL).is_hidden()
    assert "ma-cell" in focused(window)


def test_a_link_to_a_list_does_not_take_the_focus(open_map, peer_payload):
    window = open_map(peer_payload, hash=CELL)
    assert window.locator(PANEL).is_visible()
    assert window.evaluate("document.activeElement === document.body")


def test_the_list_is_worked_by_keys_and_keeps_its_place(open_map, peer_payload):
    window = open_map(peer_payload, hash=CELL)
    n_steps = window.evaluate("history.length")
    third = window.locator(".ma-study-title").nth(2)
    third.focus()
    window.keyboard.press("Enter")
    assert third.get_attribute("aria-expanded") == "true"
    assert window.locator(".ma-card").count() == 1
    assert third.evaluate("one => one === document.activeElement")
    window.locator(".ma-study-title").nth(4).click()
    assert window.locator(".ma-card").count() == 1
    assert third.get_attribute("aria-expanded") == "false"
    window.locator(".ma-study-title").nth(4).press("Enter")
    assert window.locator(".ma-card").count() == 0
    assert window.evaluate("history.length") == n_steps  # cards are no steps for the back button


def test_a_filter_redraws_the_list_and_the_open_card_stays_with_its_focus(open_map, peer_payload):
    window = open_map(peer_payload, hash=f"{CELL}&f.country=GB")
    kept = window.locator(".ma-study-title").nth(1)
    name = kept.inner_text()
    kept.click()
    window.evaluate("location.hash = location.hash.replace('&f.country=GB', '')")
    window.wait_for_function(
        "() => document.querySelector('.ma-studies-heading').textContent.endsWith(': 24 studies')"
    )
    assert window.locator(ENTRY).count() == 25
    assert window.evaluate("document.activeElement.textContent") == name
    assert window.locator(".ma-study-open .ma-study-title").inner_text() == name


# --- cards ---


def test_a_card_holds_citation_links_summary_codes_and_numbers(open_map, peer_payload):
    window = open_map(peer_payload, hash="list=at:,,trial&card=S003")
    card = window.locator(".ma-card")
    text = card.text_content()
    assert "Johnson S, Lamb D, Marston L and others (2018). Peer-supported self-management" in text
    assert "The Lancet, 392(10145), 409–418." in text
    assert card.locator("a").first.get_attribute("href") == "https://pubmed.ncbi.nlm.nih.gov/30102174/"
    assert "People leaving mental health crisis teams in England are randomised" in text
    facts = dict(
        zip(
            card.locator("dl.ma-card-facts dt").all_text_contents(),
            card.locator("dl.ma-card-facts dd").all_text_contents(),
            strict=True,
        )
    )
    assert facts["Participants"] == "441 people"
    assert facts["Follow-up"] == "12 months"
    assert facts["Trial"] == "CORE"
    assert re.search(r"Mental health: Crisis and suicide", text)
    others = card.locator(".ma-card-others")
    assert "challenges and recommendations" in others.text_content()
    assert others.locator("a").first.get_attribute("href") == "https://doi.org/10.3389/fpsyt.2023.1031159"


def test_quality_stands_apart_from_the_codes(open_map, small_payload, peer_payload):
    payload = copy.deepcopy(small_payload)
    window = open_map(payload, hash="list=at:,,synthesis&card=REV2")
    quality = window.locator(".ma-card-quality")
    assert quality.locator("h5").text_content() == QUALITY
    assert "Sure" in quality.text_content()
    assert "not the direction of the results" in quality.text_content()
    label = next(one["label"] for one in payload["dimensions"] if one["id"] == "certainty")
    codes = window.locator(".ma-card-codes")
    assert "Sure" not in codes.text_content()
    assert label not in codes.text_content()
    window = open_map(payload, hash="list=at:,,trial&card=TOWNS")
    assert window.locator(".ma-card-quality").count() == 0  # it applies to reviews


def test_appraisals_stand_under_their_own_heading_apart_from_results(open_map, small_payload):
    window = open_map(small_payload, hash="list=at:,,synthesis&card=REV1")
    appraised = window.locator(".ma-card-appraisal")
    assert appraised.locator("h5").text_content() == "Appraisal: AMSTAR 2"
    assert appraised.locator("strong").text_content() == "Low"
    assert "how well the study was done, not what it found" in appraised.text_content()
    assert "Appraisal" not in window.locator(".ma-card-quality").text_content()
    assert "Appraisal" not in window.locator(".ma-card-codes").text_content()
    reviews = window.locator(".ma-card-reviews")
    assert reviews.locator("h5").text_content() == "Inside a review of this map"
    assert reviews.locator("p").text_content() == "A review itself"


def test_a_study_that_nobody_appraised_has_no_such_heading(open_map, small_payload):
    window = open_map(small_payload, hash="list=at:,,trial&card=FIND")
    assert window.locator(".ma-card-appraisal").count() == 0
    assert "Not appraised" not in window.locator(".ma-card").text_content()
    assert "In one review" in window.locator(".ma-card-reviews").text_content()


def test_what_is_not_reported_is_said_once_and_quietly(open_map, peer_payload):
    window = open_map(peer_payload, hash="list=at:,,review&card=S101")
    codes = window.locator(".ma-card-codes")
    assert codes.text_content().count("Not reported") == 1
    assert codes.locator("dt").last.text_content() == "Not reported"
    assert codes.locator("dd.ma-quiet").count() == 1


def test_headings_go_down_one_level_at_a_time(open_map, peer_payload):
    for hash in (
        "list=at:,,review&card=S101",
        "list=at:,,trial&card=S003",
        "segment=&list=at:emotional&card=S101",
    ):
        window = open_map(peer_payload, hash=hash)
        assert window.locator(".ma-card").count() == 1
        levels = window.locator(HEADINGS).evaluate_all("all => all.map((one) => Number(one.tagName[1]))")
        assert levels[0] == 2
        assert all(next - last <= 1 for last, next in pairwise(levels))


# --- copying ---


@pytest.mark.parametrize("way", ["clipboard", "selection"])
def test_citations_are_copied_and_that_is_said(open_map, peer_payload, way):
    window = open_map(peer_payload, hash="list=at:,,trial&card=S003")
    allowed = (
        "window.copied = text; return Promise.resolve();"
        if way == "clipboard"
        else "return Promise.reject(new Error());"
    )
    window.evaluate(
        f"""() => {{
          Object.defineProperty(navigator, "clipboard", {{ value: {{ writeText(text) {{ {allowed} }} }}, configurable: true }});
          document.addEventListener("copy", () => {{ window.copied = document.activeElement.value; }});
        }}"""
    )
    button = window.get_by_role("button", name="Copy citation", exact=True).first
    button.click()
    window.wait_for_function("() => window.copied")
    assert window.evaluate("window.copied").startswith("Johnson S, Lamb D, Marston L and others (2018).")
    assert window.evaluate("window.copied").endswith("409–418. https://pubmed.ncbi.nlm.nih.gov/30102174/")
    window.wait_for_function(
        "() => [...document.querySelectorAll('[role=status]')].some((one) => one.textContent.trim() === 'Citation copied.')"
    )
    assert window.locator(".ma-studies-told").inner_text() == "Citation copied."
    assert button.evaluate("one => one === document.activeElement")
    window.evaluate("window.copied = ''")
    window.get_by_role("button", name="Copy citations").click()
    window.wait_for_function("() => window.copied")
    n_reports = sum(study in set(ids(window)) for study in study_of_reports(peer_payload))
    assert len(window.evaluate("window.copied").split("\n")) == n_reports
    window.wait_for_function(
        f"() => [...document.querySelectorAll('[role=status]')].some((one) => one.textContent.trim() === '{n_reports} citations copied.')"
    )
    assert window.locator("textarea").count() == 0


def study_of_reports(payload):
    return [payload["studies"]["id"][study] for study in payload["reports"]["study"]]


def test_where_copying_is_not_allowed_that_is_said(open_map, peer_payload):
    window = open_map(peer_payload, hash=CELL)
    window.evaluate(
        """() => {
          Object.defineProperty(navigator, "clipboard", { value: undefined, configurable: true });
          document.execCommand = () => false;
        }"""
    )
    window.get_by_role("button", name="Copy citations").click()
    window.wait_for_function(
        "() => document.querySelector('.ma-studies-told').textContent.includes('does not allow')"
    )


# --- text from elsewhere, and narrow windows ---


def test_hostile_text_stays_text_and_links_lead_to_publications_only(open_map, small_payload):
    window = open_map(make_hostile(small_payload | {"outsideScope": []}), hash="list=at:")
    for number in range(window.locator(".ma-study-title").count()):
        window.locator(".ma-study-title").nth(number).evaluate("one => one.click()")
        hrefs = window.locator(f"{PANEL} a").evaluate_all("all => all.map((one) => one.href)")
        assert all(
            re.match(r"https://(doi\.org|pubmed\.ncbi\.nlm\.nih\.gov|www\.ncbi\.nlm\.nih\.gov)/", href)
            for href in hrefs
        )
    assert window.locator(f"{PANEL} :is(script, img, iframe, svg, [onload], [onerror], [style])").count() == 0
    assert window.evaluate("window.ran") is None
    assert window.complaints == []
    assert window.evaluate(
        "document.querySelector('.ma-right').scrollWidth <= document.querySelector('.ma-right').clientWidth"
    )


def test_links_open_apart_and_tell_nothing(open_map, peer_payload):
    window = open_map(peer_payload, hash="list=at:,,trial&card=S003")
    for link in window.locator(".ma-card a").all():
        assert link.get_attribute("rel") == "noopener noreferrer"
        assert link.get_attribute("target") == "_blank"


def test_text_that_turns_direction_does_not_turn_what_is_beside_it(open_map, peer_payload):
    payload = copy.deepcopy(peer_payload)
    at = payload["studies"]["id"].index("S003")
    first = payload["reports"]["study"].index(at)
    payload["reports"]["authors"][first] = (
        "\u05d0\u05d1\u05d2"  # Hebrew, which draws the digits behind it to its left
    )
    payload["reports"]["journal"][first] = "\u202eabc"
    window = open_map(payload, hash="list=at:,,trial&card=S003")
    line = window.locator(f"{ENTRY}[data-study=S003] .ma-study-line")
    places = line.evaluate(
        """(line) => {
          const at = (text) => {
            const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
            for (let node = walker.nextNode(); node; node = walker.nextNode()) {
              const from = node.data.indexOf(text);
              if (from < 0) continue;
              const range = document.createRange();
              range.setStart(node, from);
              range.setEnd(node, from + text.length);
              return range.getBoundingClientRect().left;
            }
          };
          return [at("\u05d0\u05d1\u05d2"), at("2018"), at("abc")];
        }"""
    )
    assert places == sorted(places)


def open_narrow(open_map, payload):
    window = open_map(payload, size=(320, 640))
    window.evaluate(f"location.hash = '{CELL}&card=S101'")
    window.wait_for_selector(".ma-card")
    return window


def test_a_narrow_window_has_the_list_over_the_map(open_map, peer_payload):
    window = open_narrow(open_map, peer_payload)
    assert window.evaluate("document.documentElement.scrollWidth") == 320
    sheet = window.evaluate(
        """() => {
          const sheet = document.querySelector(".ma-studies-sheet");
          const box = sheet.getBoundingClientRect();
          return [box.left, box.top, box.width, box.height, sheet.scrollWidth, sheet.scrollHeight > sheet.clientHeight];
        }"""
    )
    assert sheet == [0, 0, 320, 640, 320, True]
    reached = set()
    for _ in range(80):
        window.keyboard.press("Tab")
        reached.add(window.evaluate("document.activeElement.closest('.ma-studies, body').className"))
    assert reached <= {"ma-studies", window.evaluate("document.body.className")}
    assert "ma-studies" in reached
    window.locator(".ma-study-title").first.focus()
    window.keyboard.press("Escape")
    assert window.locator(PANEL).is_hidden()
    assert window.locator(".ma-main").evaluate("one => getComputedStyle(one).visibility") == "visible"


def test_buttons_are_large_enough_to_touch(open_map, peer_payload):
    window = open_narrow(open_map, peer_payload)
    sizes = window.locator(f"{PANEL} :is(button, select, a):visible").evaluate_all(
        "all => all.map((one) => [one.textContent, Math.min(one.offsetHeight, one.offsetWidth)])"
    )
    assert len(sizes) > 25
    assert [one for one in sizes if one[1] < 24] == []
