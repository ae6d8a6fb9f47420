"""The panel of filters and the chips: every number is true, every way of ticking and taking away works."""

from __future__ import annotations

import re

import pytest
from awkward import draw_map, make_hostile
from real_browser import opened, show_file

PHONE = (320, 640)
# The folds that a reader opened, with each code's name, number, and whether it is ticked, covered or half ticked.
READ_LIST = """(name) => {
  const fold = [...document.querySelectorAll('.ma-filter')].find((one) => one.querySelector('h3').textContent === name);
  return [...fold.querySelectorAll('.ma-tick-line')].map((line) => {
    const input = line.querySelector('input');
    return {
      code: input.value, name: line.querySelector('.ma-tick-name').firstChild.textContent, note: line.querySelector('.ma-tick-note').textContent,
      number: Number(line.querySelector('.ma-tick-number').firstChild.textContent.replaceAll(',', '')),
      ticked: input.checked, covered: input.disabled, half: input.indeterminate, seen: line.checkVisibility(),
      colour: line.querySelector('.ma-tick-name').className.match(/ma-seg-\\d+/)?.[0] ?? '',
    };
  });
}"""


class Plain:
    """The evidence as plain sets, to count anew."""

    def __init__(self, evidence):
        self.book = evidence.codebook
        self.studies = set(evidence.studies["study_id"])
        self.with_code = {}
        for row in evidence.codings.itertuples(index=False):
            self.with_code.setdefault((row.dimension, row.code), set()).add(row.study_id)
        self.years = {study: set() for study in self.studies}
        for row in evidence.reports.dropna(subset=["year"]).itertuples(index=False):
            self.years[row.study_id].add(int(row.year))

    def below(self, dimension, code):
        """The studies with a code or one below it."""
        tree = self.book.dimension(dimension).tree
        found = self.with_code.get((dimension, code), set())
        for child in tree.loc[tree["parent"] == code, "code"]:
            found = found | self.below(dimension, child)
        return found

    def passing(self, filters, years=None, but=None):
        """The studies that pass all filters, or all but those of the dimension `but`."""
        left = set(self.studies)
        for dimension, codes in filters.items():
            if dimension != but:
                left &= set().union(*(self.below(dimension, code) for code in codes))
        if years:
            left = {
                study for study in left if any(years[0] <= year <= years[1] for year in self.years[study])
            }
        return left


@pytest.fixture(scope="module")
def plain(peer_support):
    return Plain(peer_support)


def fold(window, name):
    return window.locator(".ma-filter").filter(
        has=window.locator("h3", has_text=re.compile(f"^{re.escape(name)}$"))
    )


def open_fold(window, name):
    if fold(window, name).get_attribute("open") is None:
        fold(window, name).locator("summary").click()


def tick_of(window, dimension, name):
    """The checkbox of a code; the groups above it are opened."""
    open_fold(window, dimension)
    line = fold(window, dimension).locator(".ma-tick-line").filter(
        has=window.locator(".ma-tick-name", has_text=re.compile(f"^{re.escape(name)}"))
    )  # fmt: skip
    for group in line.locator("xpath=ancestor::ul/preceding-sibling::div").locator(".ma-tick-fold").all():
        if group.get_attribute("aria-expanded") == "false":
            group.click()
    return line.locator("input")


def read_list(window, dimension):
    open_fold(window, dimension)
    return {line["name"]: line for line in window.evaluate(READ_LIST, dimension)}


def n_shown(window):
    return int(re.match(r"\d+", window.locator(".ma-status strong").inner_text())[0])


def chips(window):
    """What the eye reads of the chips, one item of the sentence each."""
    return window.evaluate(
        """() => [...document.querySelectorAll('.ma-chips li')].map((item) => {
          for (const hidden of (item = item.cloneNode(true)).querySelectorAll('.ma-hidden-words')) hidden.remove();
          return item.textContent.trim();
        })"""
    )


def wait_for_frames(window):
    window.evaluate(
        "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(done))))"
    )


# --- numbers ---

FILTERED = (
    ({}, None),
    ({"need": ["diabetes", "cancer"]}, None),
    ({"need": ["mental_health"], "country": ["GB", "US"]}, None),
    ({"function": ["practical"], "design": ["rct"], "outcome": ["economic", "symptoms"]}, (2018, 2023)),
)


@pytest.mark.parametrize(("filters", "years"), FILTERED)
def test_every_number_is_what_a_tick_would_leave(open_map, peer_payload, plain, filters, years):
    hash = "&".join([*(f"f.{dimension}={','.join(codes)}" for dimension, codes in filters.items()), *([f"years={years[0]}-{years[1]}"] if years else [])])  # fmt: skip
    window = open_map(peer_payload, hash=hash)
    assert n_shown(window) == len(plain.passing(filters, years))
    for dimension in plain.book.dimensions:
        others = plain.passing(filters, years, but=dimension.id)
        expected = {code: len(plain.below(dimension.id, code) & others) for code in dimension.tree.index}
        codes = list(expected)
        shown = {
            codes[int(line["code"])]: line["number"] for line in read_list(window, dimension.label).values()
        }
        assert shown == expected


def test_a_tick_at_any_depth_leaves_what_its_number_said(open_map, peer_payload):
    window = open_map(peer_payload)
    for dimension, name in (
        ("Health or social care need", "Mental health"),
        ("What was measured", "Recovery and empowerment"),
        ("Country", "Australia"),
    ):
        tick = tick_of(window, dimension, name)
        number = read_list(window, dimension)[name]["number"]
        tick.check()
        assert n_shown(window) == number
    assert fold(window, "Country").locator(".ma-filter-ticks").inner_text() == "1 ticked"
    tick_of(window, "Country", "Australia").uncheck()
    assert fold(window, "Country").locator(".ma-filter-ticks").inner_text() == ""


def test_ticks_of_one_list_are_alternatives_and_lists_must_all_hold(open_map, peer_payload, plain):
    window = open_map(peer_payload)
    for name in ("Diabetes", "Cancer"):
        tick_of(window, "Health or social care need", name).check()
    need = plain.below("need", "diabetes") | plain.below("need", "cancer")
    assert n_shown(window) == len(need)
    tick_of(window, "What the peers give", "Practical help").check()
    assert n_shown(window) == len(need & plain.below("function", "practical")) < len(need)


def test_a_ticked_group_covers_its_codes_and_knows_of_the_ticks_below_it(open_map, peer_payload, plain):
    window = open_map(peer_payload)
    need = "Health or social care need"
    tick_of(window, need, "Depression or anxiety").check()
    lines = read_list(window, need)
    assert (lines["Mental health"]["half"], lines["Mental health"]["note"]) == (True, " 1 below")
    tick_of(window, need, "Mental health").check()
    lines = read_list(window, need)
    assert (lines["Trauma"]["ticked"], lines["Trauma"]["covered"], lines["Mental health"]["note"]) == (True, True, " with all below")  # fmt: skip
    assert n_shown(window) == len(plain.below("need", "mental_health"))
    assert chips(window)[:-1] == [f"{need}: Mental health"]
    tick_of(window, need, "Mental health").uncheck()
    assert not any(
        line["ticked"] or line["covered"] or line["half"] for line in read_list(window, need).values()
    )


def test_all_codes_of_a_group_ticked_is_said(open_map, peer_payload):
    window = open_map(peer_payload)
    need = "Health or social care need"
    inner = ("Perinatal mental health", "Breastfeeding and parenting", "Unpaid carers")
    for name in inner:
        tick_of(window, need, name).check()
    group = read_list(window, need)["Pregnancy, parenting and caring"]
    assert (group["half"], group["note"]) == (True, " all below ticked")


def test_a_list_that_is_opened_late_has_the_numbers_of_now(open_map, peer_payload, plain):
    window = open_map(peer_payload)
    read_list(window, "Setting")
    fold(window, "Setting").locator("summary").click()
    tick_of(window, "Health or social care need", "Cancer").check()
    setting = plain.book.dimension("setting")
    expected = {setting.label_of(code): len(plain.below("setting", code) & plain.below("need", "cancer")) for code in setting.tree.index}  # fmt: skip
    fold(window, "Setting").locator("summary").click()
    wait_for_frames(window)
    assert {name: line["number"] for name, line in read_list(window, "Setting").items()} == expected


def test_a_panel_that_was_put_away_has_the_numbers_of_now(open_map, peer_payload, plain):
    window = open_map(peer_payload)
    panel = window.get_by_role("button", name=re.compile("^Filters"))
    panel.click()
    assert not window.locator(".ma-filters-heading").is_visible()
    window.evaluate("() => { location.hash = 'f.country=GB'; }")
    window.locator(".ma-chip").wait_for()
    panel.click()
    wait_for_frames(window)
    lines = read_list(window, "Health or social care need")
    assert lines["Cancer"]["number"] == len(plain.below("need", "cancer") & plain.below("country", "GB"))


def test_colours_stand_beside_the_codes_that_divide_the_cells(open_map, peer_payload):
    window = open_map(peer_payload)
    colours = {
        name: line["colour"] for name, line in read_list(window, "Type of evidence").items() if line["colour"]
    }
    assert list(colours) == ["Systematic review", "Randomised controlled trial", "Economic evaluation"]
    assert list(colours.values()) == ["ma-seg-0", "ma-seg-1", "ma-seg-2"]
    window.evaluate("location.hash = 'segment=format'")
    wait_for_frames(window)
    assert not any(line["colour"] for line in read_list(window, "Type of evidence").values())
    assert all(line["colour"] for line in read_list(window, "Format").values())


def test_not_reported_stands_last_and_comes_in_whatever_order(open_map):
    payload = draw_map(20, rows=[3], columns=[3], filters={"need": [2]})
    payload["dimensions"][2]["codes"].insert(0, ["not_reported", "Not reported", -1, "", ""])
    window = open_map(payload)
    assert [line["code"] for line in read_list(window, "Need").values()] == ["1", "2", "0"]


# --- long lists ---


def test_a_long_list_shows_what_has_studies_and_the_rest_when_asked(open_map, peer_payload, plain):
    window = open_map(peer_payload)
    used = {
        plain.book.dimension("country").label_of(code)
        for dimension, code in plain.with_code
        if dimension == "country"
    }

    def seen():
        return {name for name, line in read_list(window, "Country").items() if line["seen"]}

    assert seen() == used
    country = fold(window, "Country")
    country.get_by_role("button", name="Show all 250").click()
    assert len(seen()) == 250
    country.get_by_role("button", name=f"Show only the {len(used)} with studies").click()
    assert seen() == used
    country.get_by_label("Find in Country").fill("COTE d")
    assert seen() == {"Côte d'Ivoire"}
    assert country.get_by_role("status").inner_text() == "1 code found"
    tick_of(window, "Country", "Côte d'Ivoire").check()
    country.get_by_label("Find in Country").fill("")
    assert seen() == used | {"Côte d'Ivoire"}
    assert n_shown(window) == 0


def test_what_is_found_below_a_group_is_shown_with_its_group(open_map, peer_payload):
    window = open_map(peer_payload)
    need = "Health or social care need"
    fold(window, need).get_by_label("Find in").fill("trauma")
    assert [name for name, line in read_list(window, need).items() if line["seen"]] == [
        "Mental health",
        "Trauma",
    ]


# --- years and words ---


def year_field(window, name):
    return window.get_by_role("combobox", name=name, exact=True)


def test_years_leave_the_studies_with_a_report_in_them(open_map, peer_payload, plain):
    window = open_map(peer_payload)
    year_field(window, "From").select_option("2020")
    assert n_shown(window) == len(plain.passing({}, (2020, 9999)))
    year_field(window, "To").select_option("2021")
    assert n_shown(window) == len(plain.passing({}, (2020, 2021)))
    without = sum(not years for years in plain.years.values())
    assert f"leaves out {without} studies without a year" in window.locator(".ma-filters-years").inner_text()
    year_field(window, "From").select_option("2023")  # the other way round
    assert n_shown(window) == len(plain.passing({}, (2021, 2023)))
    assert year_field(window, "From").input_value() == "2021"
    for field in ("From", "To"):
        year_field(window, field).select_option("")
    assert n_shown(window) == len(plain.studies)


def words_field(window):
    return window.get_by_role("searchbox", name="Words in title")


def type_words(window, words):
    for letter in words:
        words_field(window).press_sequentially(letter)
        wait_for_frames(window)


def test_words_redraw_the_map_while_they_are_typed(open_map, peer_payload, plain, peer_support):
    window = open_map(peer_payload)
    before = n_shown(window)
    type_words(window, "Zoryana ")
    reports = peer_support.reports
    assert (
        n_shown(window)
        == reports.loc[reports["authors"].str.contains("Zoryana"), "study_id"].nunique()
        < before
    )
    field = words_field(window)
    assert field.input_value() == "Zoryana "  # no space is taken from under the cursor
    assert chips(window)[0] == "the words “Zoryana”"
    window.go_back()  # one step, not one a letter
    assert (n_shown(window), field.input_value(), window.locator(".ma-chips").is_visible()) == (
        before,
        "",
        False,
    )


def test_letters_that_come_at_once_redraw_the_map_once(open_map, peer_payload):
    window = open_map(peer_payload)
    window.evaluate(
        """() => {
          const field = document.querySelector('.ma-filters-words input'), push = history.pushState;
          window.drawn = 0;
          history.pushState = history.replaceState = (...all) => { window.drawn += 1; push.apply(history, all); };
          for (const words of ['p', 'pe', 'pee', 'peer']) {
            field.value = words;
            field.dispatchEvent(new Event('input', { bubbles: true }));
          }
        }"""
    )
    wait_for_frames(window)
    assert window.evaluate("[window.drawn, location.hash]") == [1, "#words=peer"]


def test_words_typed_again_are_another_step_back(open_map, peer_payload):
    window = open_map(peer_payload)
    type_words(window, "cost")
    window.locator("h2", has_text="Filters").first.focus()
    type_words(window, " peer")
    window.go_back()
    assert words_field(window).input_value() == "cost"


# --- chips ---

LINK = "f.need=diabetes,cancer&f.country=GB&years=2018-2022&words=peer%20cost"


def test_chips_say_the_filters_as_a_sentence(open_map, peer_payload):
    window = open_map(peer_payload, hash=LINK)
    assert " ".join(chips(window)) == (
        "Health or social care need: Diabetes or Cancer and Country: United Kingdom and a report from 2018 to 2022 "
        "and the words “peer” and “cost” Clear all filters"
    )
    assert len(window.locator(".ma-chips").get_by_role("button", name="Remove ").all()) == 5
    assert window.get_by_role(
        "button", name="Remove Health or social care need: Cancer", exact=True
    ).is_visible()


def test_a_chip_takes_its_filter_away_and_focus_goes_to_the_next(open_map, peer_payload, plain):
    window = open_map(peer_payload, hash=LINK)

    def remove(name):
        window.locator(".ma-chips").get_by_role("button", name=f"Remove {name}").press("Enter")
        return window.evaluate("document.activeElement.textContent")

    assert remove("the words") == "Remove a report from 2018 to 2022"  # the last: what is now the last
    assert remove("a report") == "Remove Country: United Kingdom"
    assert n_shown(window) == len(plain.passing({"need": ["diabetes", "cancer"], "country": ["GB"]}))
    assert remove("Health or social care need: Diabetes") == "Remove Health or social care need: Cancer"
    assert remove("Health or social care need: Cancer") == "Remove Country: United Kingdom"
    assert remove("Country") == "Filters"  # none is left: the heading of the panel
    assert n_shown(window) == len(plain.studies)


@pytest.mark.parametrize("button", ["Clear all filters", "Clear all"])
def test_all_is_cleared_at_once(open_map, peer_payload, plain, button):
    window = open_map(peer_payload, hash=LINK)
    window.get_by_role("button", name=button, exact=True).press("Enter")
    assert n_shown(window) == len(plain.studies)
    assert window.evaluate("[document.activeElement.textContent, location.hash]") == ["Filters", ""]
    assert not window.locator(".ma-chips").is_visible()
    assert words_field(window).input_value() == ""
    window.go_back()
    assert len(chips(window)) == 6


def test_many_chips_are_shown_when_asked(open_map, peer_payload):
    codes = [code[0] for code in peer_payload["dimensions"][-1]["codes"][:40]]
    window = open_map(peer_payload, hash=f"f.country={','.join(codes)}")
    assert len(window.locator(".ma-chip").all()) == 23
    window.get_by_role("button", name="and 17 more").press("Enter")
    assert len(window.locator(".ma-chip").all()) == 40
    assert window.evaluate("document.activeElement.className") == "ma-chip"


# --- what is said, and where the state lives ---


def test_how_many_are_left_is_said_once_the_reader_pauses(open_map, peer_payload, plain):
    window = open_map(peer_payload)
    need = "Health or social care need"
    ticks = [tick_of(window, need, name) for name in ("Diabetes", "Cancer")]
    window.evaluate(
        """() => {
          const live = document.querySelector('.ma > [aria-live=polite]');
          window.said = [];
          new MutationObserver(() => window.said.push(live.textContent)).observe(live, { childList: true, characterData: true, subtree: true });
        }"""
    )
    for tick in ticks:
        tick.check()
    window.locator(".ma > [aria-live=polite]", has_text="studies").wait_for(state="attached")
    left = len(plain.passing({"need": ["diabetes", "cancer"]}))
    assert window.evaluate("window.said") == [
        f"{left} of {len(plain.studies)} studies. {need}: Diabetes or Cancer"
    ]


def test_back_and_a_copied_link_bring_the_ticks_again(open_map, peer_payload):
    window = open_map(peer_payload)
    need = "Health or social care need"
    tick_of(window, need, "Diabetes").check()
    tick_of(window, need, "Cancer").check()
    link, both = window.url, n_shown(window)
    window.go_back()
    lines = read_list(window, need)
    assert (lines["Diabetes"]["ticked"], lines["Cancer"]["ticked"]) == (True, False)
    window.go_back()
    assert not any(line["ticked"] for line in read_list(window, need).values())
    window.goto("about:blank")
    window.goto(link)
    assert n_shown(window) == both
    assert [name for name, line in read_list(window, need).items() if line["ticked"]] == [
        "Diabetes",
        "Cancer",
    ]


def test_a_list_with_ticks_is_open_when_a_link_brings_them(open_map, peer_payload):
    window = open_map(peer_payload, hash="f.setting=home")
    opened_lists = [one.inner_text() for one in window.locator(".ma-filter[open] > summary h3").all()]
    assert opened_lists == ["Health or social care need", "Setting"]


def test_hostile_codes_are_text_and_can_be_ticked(open_map):
    payload = make_hostile(
        draw_map(20, rows=[2, [2]], columns=[3], segments=[2], filters={"need": [3], "country": [40]})
    )
    window = open_map(payload)
    for one in window.locator(".ma-filter").all():
        if one.get_attribute("open") is None:
            one.locator("summary").click()
        one.locator("input[type=checkbox]:enabled:visible").first.check()
    assert len(window.locator(".ma-chip").all()) == 5
    link = window.url
    window.goto("about:blank")
    window.goto(link)
    assert len(window.locator(".ma-chip").all()) == 5
    assert window.evaluate("window.ran ?? null") is None
    assert window.complaints == []


# --- keyboard, definitions, phone ---


def tab_to(window, text, most=80):
    for _ in range(most):
        window.keyboard.press("Tab")
        focused = window.evaluate(
            "(document.activeElement.closest('label') ?? document.activeElement).textContent"
        )
        if focused.startswith(text):
            return
    raise AssertionError(f"Tab never came to {text}")


def test_everything_works_by_keyboard_alone(open_map, peer_payload, plain):
    window = open_map(peer_payload)
    tab_to(window, "Health or social care need")
    window.keyboard.press("Enter")  # it is open at first
    assert not window.locator(".ma-tick-line").first.is_visible()
    window.keyboard.press("Enter")
    window.keyboard.press("Tab")  # the field that finds
    window.keyboard.type("home")
    tab_to(window, "Homelessness")
    window.keyboard.press("Space")
    assert n_shown(window) == len(plain.below("need", "homelessness"))
    assert window.evaluate("document.activeElement.matches('.ma-tick-line input:checked:focus-visible')")


def test_what_is_focused_is_never_hidden(open_map, peer_payload):
    window = open_map(peer_payload, size=(1280, 500))
    window.locator(".ma-filters-heading").focus()
    hidden = """() => {
      const { left, right, top, bottom } = document.activeElement.getBoundingClientRect();
      const at = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
      return document.activeElement.contains(at) || document.activeElement.closest('label')?.contains(at) ? null : document.activeElement.outerHTML;
    }"""
    for _ in range(20):
        window.keyboard.press("Tab")
        assert window.evaluate(hidden) is None
    for _ in range(15):
        window.keyboard.press("Shift+Tab")
        assert window.evaluate(hidden) is None


MEANING = ".ma-meaning"
DEFINITION = "Heart disease, heart failure, hypertension, cardiovascular risk, stroke."


def is_apart(window):
    """Whether what a code means is on screen and covers nothing of its list."""
    box, panel = window.locator(MEANING).bounding_box(), window.locator(".ma-left").bounding_box()
    size = window.viewport_size
    inside = (
        box["y"] >= 0
        and box["y"] + box["height"] <= size["height"]
        and box["x"] + box["width"] <= size["width"]
    )
    return inside and box["x"] >= panel["x"] + panel["width"]


def test_what_a_code_means_is_shown_beside_it_by_pointer_and_by_focus(open_map, peer_payload):
    window = open_map(peer_payload)
    tick = tick_of(window, "Health or social care need", "Heart and stroke")
    described = tick.get_attribute("aria-describedby")
    assert window.evaluate("(id) => document.getElementById(id).textContent", described) == DEFINITION
    tick.hover()
    window.locator(MEANING).wait_for(state="visible")
    assert window.locator(MEANING).inner_text().split("\n") == ["Heart and stroke", DEFINITION]
    assert is_apart(window)
    window.locator(MEANING).hover()  # it can be pointed at
    window.wait_for_timeout(300)
    assert window.locator(MEANING).is_visible()
    window.mouse.move(900, 5)
    window.locator(MEANING).wait_for(state="hidden")
    tick.focus()
    window.locator(MEANING).wait_for(state="visible")
    window.keyboard.press("Escape")
    window.locator(MEANING).wait_for(state="hidden")
    assert tick.evaluate("(one) => one === document.activeElement")
    tick.evaluate(
        "(one) => (one.blur(), one.click())"
    )  # as a tap in a browser that gives no focus to checkboxes
    window.locator(MEANING).wait_for(state="visible")


@pytest.fixture
def phone(browser, write_page):
    """Opens a payload's map on a phone with a touch screen."""
    page = opened(browser, has_touch=True, is_mobile=True)

    def show(payload, hash=""):
        show_file(page, write_page(payload) + (f"#{hash}" if hash else ""), PHONE)
        page.wait_for_selector("#map .ma-main")
        return page

    yield show
    page.context.close()


def open_sheet(window):
    window.get_by_role("button", name=re.compile("^Filters")).tap()
    return window.get_by_role("dialog", name="Filters")


def test_on_a_phone_the_panel_is_a_sheet_over_the_map(phone, peer_payload, plain):
    window = phone(peer_payload)
    assert not window.locator(".ma-filters-heading").is_visible()
    sheet = open_sheet(window)
    assert sheet.is_visible()
    assert window.evaluate("document.activeElement.textContent") == "Filters"
    tick_of(window, "Health or social care need", "Heart and stroke").tap()
    window.locator(MEANING).wait_for(state="visible")  # a tap shows what it means
    left = len(plain.below("need", "cardiovascular"))
    done = sheet.get_by_role("button", name=f"Show {left} studies")
    done.tap()
    assert not sheet.is_visible()
    assert window.evaluate("document.activeElement.textContent") == "Filters (1)"
    assert n_shown(window) == left
    window.locator(".ma-chip").tap()
    assert window.evaluate("document.activeElement.className") == "ma-status"  # the panel is not on screen
    sheet = open_sheet(window)
    assert read_list(window, "Health or social care need")["Heart and stroke"]["ticked"] is False
    window.keyboard.press("Escape")
    assert not sheet.is_visible()
    assert window.complaints == []


def test_the_sheet_and_the_chips_fit_a_narrow_screen(phone, peer_payload):
    window = phone(peer_payload, hash=LINK)
    fits = "document.documentElement.scrollWidth <= innerWidth"
    assert window.evaluate(fits)
    open_sheet(window)
    assert window.evaluate(fits)
    small = """() => [...document.querySelectorAll('.ma-filters-sheet :is(button, summary, label, select, input[type=search])')].filter((one) => {
      const box = one.getBoundingClientRect();
      return one.checkVisibility() && (box.height < 24 || box.width < 24);
    }).map((one) => one.outerHTML)"""
    assert window.evaluate(small) == []
