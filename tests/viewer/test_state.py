"""What the reader has chosen, and its form in the address of the page: whatever comes in, only what the map holds stays."""

from __future__ import annotations

import copy
import json

import pytest
from awkward import HOSTILE, draw_map, make_dimension, make_payload
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mapanalysis.viewer.bundle import join_modules

# Ids as a codebook may have them: words of the program, and what has a meaning in an address.
IDS = (
    "constructor", "__proto__", "a,b", "c!", "!", "x&y=z", "100%", "%41", "é", "#1", "a b", "+", "at:", "日本", "😀", "'()*~-_.", HOSTILE,
)  # fmt: skip
STYLES = ("bubbles", "heat", "mosaic", "numbers", "gaps")
MEASURED = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def tools(window):
    """A blank window in which all functions of the modules can be called."""
    window.goto("about:blank")
    window.add_script_tag(content=join_modules())
    return window


def as_text(payload):
    """As a page reads it: an object that is handed over to the browser loses what is called "__proto__"."""
    return json.dumps(payload)


def awkward_map():
    """Three dimensions with trees of awkward ids, and years from 2001 to 2020."""
    codes = [
        [id, id, parent, "", ""] for id, parent in zip(IDS, (-1, 0, 0, 2, -1, -1, 5, *[-1] * 10), strict=True)
    ]
    names = ("__proto__", "a,b&c=d", "need")
    roles = ("row", "column", "filter")
    dimensions = [
        make_dimension(name, role, copy.deepcopy(codes)) for name, role in zip(names, roles, strict=True)
    ]
    reports = [
        {"study": study, "id": f"R{study}", "title": "T", "authors": "A", "year": 2001 + study}
        for study in range(20)
    ]
    return make_payload(dimensions, {name: [[study % 17] for study in range(20)] for name in names}, reports)


AWKWARD = awkward_map()
DIMENSIONS = [dimension["id"] for dimension in AWKWARD["dimensions"]]
anything = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.lists(st.text(max_size=3), max_size=2)
)
code = st.sampled_from(IDS) | st.sampled_from([f"{id}!" for id in IDS])
codes = st.lists(code | st.text(max_size=3), max_size=6)
drafts = st.fixed_dictionaries(
    {},
    optional={
        "row": st.sampled_from(DIMENSIONS) | anything,
        "column": st.sampled_from(DIMENSIONS) | anything,
        "segment": st.sampled_from([*DIMENSIONS, ""]) | anything,
        "style": st.sampled_from(STYLES) | anything,
        "foldedRows": codes | anything,
        "foldedColumns": codes | anything,
        "hideEmpty": anything,
        "filters": st.dictionaries(st.sampled_from(DIMENSIONS), st.lists(st.sampled_from(IDS), max_size=9))
        | st.dictionaries(st.sampled_from(DIMENSIONS) | st.text(max_size=3), codes | anything, max_size=3)
        | anything,
        "years": st.tuples(st.integers(1990, 2030), st.integers(1990, 2030)) | anything,
        "words": st.text(max_size=300),
        "selection": st.just("notPlaced")
        | st.fixed_dictionaries({part: code | st.just("") | anything for part in ("row", "column", "segment")})
        | anything,
        "card": st.sampled_from(AWKWARD["studies"]["id"]) | anything,
        "sort": st.sampled_from(["year", "author", "title"]) | anything,
    },
)  # fmt: skip

# Each draft is set on a store as it is by then; what is asked of the result is asked in the same call.
ROUND_TRIPS = """([payload, drafts]) => {
  const data = openData(JSON.parse(payload)), initial = initialState(data), store = createStore(initial, data);
  return drafts.map((draft) => {
    store.set(JSON.parse(draft));
    const state = store.get(), hash = encodeState(state, initial);
    return { state: JSON.stringify(state), hash, back: JSON.stringify(decodeState("#" + hash, data, initial)) };
  });
}"""
DECODED = """([payload, hashes]) => {
  const data = openData(JSON.parse(payload)), initial = initialState(data);
  return hashes.map((hash) => JSON.stringify(decodeState(hash, data, initial)));
}"""


def faults_of(state, payload=AWKWARD):
    """What in a state is not of the map, not in its order, or out of bounds."""
    order = {dimension["id"]: [code[0] for code in dimension["codes"]] for dimension in payload["dimensions"]}
    parents = {
        dimension["id"]: {
            code[0]: dimension["codes"][code[2]][0] if code[2] >= 0 else "" for code in dimension["codes"]
        }
        for dimension in payload["dimensions"]
    }

    def is_ordered(ids, dimension):
        return [id for id in order[dimension] if id in ids] == ids

    def is_above(upper, id, dimension):
        return bool(id) and (
            parents[dimension][id] == upper or is_above(upper, parents[dimension][id], dimension)
        )

    def is_key(key, dimension):
        return (
            key == ""
            or key in order[dimension]
            or (key[-1:] == "!" and key[:-1] in parents[dimension].values())
        )

    wrong = []
    wrong += [name for name in ("row", "column") if state[name] not in order]
    wrong += ["segment"] * (state["segment"] not in (*order, ""))
    wrong += ["style"] * (state["style"] not in STYLES)
    wrong += ["hideEmpty"] * (state["hideEmpty"] not in (True, False))
    for folded, axis in (("foldedRows", "row"), ("foldedColumns", "column")):
        groups = set(parents[state[axis]].values())
        wrong += [folded] * (
            not is_ordered(state[folded], state[axis]) or not groups.issuperset(state[folded])
        )
    for dimension, ids in state["filters"].items():
        wrong += ["filters"] * (not ids or not is_ordered(ids, dimension))
        wrong += ["covered"] * any(is_above(upper, id, dimension) for upper in ids for id in ids)
    wrong += ["order of filters"] * (
        [name for name in order if name in state["filters"]] != list(state["filters"])
    )
    if state["years"] is not None:
        first, last = state["years"]
        wrong += ["years"] * (not 2001 <= first <= last <= 2020 or (first, last) == (2001, 2020))
    wrong += ["words"] * (len(state["words"]) > 200 or state["words"] != " ".join(state["words"].split()))
    if isinstance(state["selection"], dict):
        wrong += ["row key"] * (not is_key(state["selection"]["row"], state["row"]))
        wrong += ["column key"] * (not is_key(state["selection"]["column"], state["column"]))
        for key, axis, folded in (("row", "row", "foldedRows"), ("column", "column", "foldedColumns")):
            id = state["selection"][key]
            wrong += ["within a folded group"] * any(
                id != group and id in order[state[axis]] and is_above(group, id, state[axis])
                for group in state[folded]
            )
    elif state["selection"] not in (None, "notPlaced"):
        wrong += ["selection"]
    wrong += ["card"] * (state["card"] not in (*payload["studies"]["id"], ""))
    wrong += ["sort"] * (state["sort"] not in ("year", "author", "title"))
    return wrong


@MEASURED
@given(st.lists(drafts, min_size=20, max_size=20))
def test_a_state_is_sound_whatever_is_set_and_comes_back_from_its_link(tools, batch):
    for trip in tools.evaluate(ROUND_TRIPS, [as_text(AWKWARD), [json.dumps(draft) for draft in batch]]):
        assert trip["back"] == trip["state"]
        assert faults_of(json.loads(trip["state"])) == []
        assert trip["hash"].isascii()
        assert not set(trip["hash"]) & set(" \"'<>()!*#")


# Parts of links that are right, parts that are not, and bytes that are no text.
NAMES = ("row", "column", "segment", "style", "words", "card", "sort", "folded-rows", "folded-columns", "empty", "years", "list", "f.need", "f.__proto__", "f.toString", "__proto__", "")  # fmt: skip
values = st.text(max_size=12) | st.sampled_from(
    ["__proto__", "%E0%A4", "%", "%00", "2005-2010", "2010-2005", "0-99999", "9999-1", "2005", "NaN-1", "1e3-2e3", "at:", "at:,,,,", "at:constructor", "not-placed", ",", "hidden", "toString"]
)  # fmt: skip
links = st.text(max_size=40) | st.lists(
    st.builds("{}={}".format, st.sampled_from(NAMES), values) | st.text(max_size=5), max_size=8
).map("&".join)


@MEASURED
@given(st.lists(links, min_size=20, max_size=20))
def test_any_link_gives_a_sound_state(tools, batch):
    for state in tools.evaluate(DECODED, [as_text(AWKWARD), batch]):
        assert faults_of(json.loads(state)) == []


def test_very_long_links_and_what_is_no_text_are_passed_over(tools):
    timed = """([payload]) => {
      const data = openData(JSON.parse(payload)), initial = initialState(data), before = JSON.stringify(initial);
      const hashes = ["f.need=" + "a,".repeat(5e6), "&=".repeat(5e6), "%".repeat(1e7), "f.need=" + "%E0".repeat(60000), null, undefined, 7, {}];
      const start = performance.now();
      const same = hashes.map((hash) => JSON.stringify(decodeState(hash, data, initial)) === before);
      return [same, performance.now() - start];
    }"""
    same, milliseconds = tools.evaluate(timed, [as_text(AWKWARD)])
    assert same == [True] * 8
    assert milliseconds < 1_000


def test_a_link_says_what_differs_and_nothing_else(tools):
    payload = draw_map(30, rows=[3], columns=[2, [3]], segments=[2])
    hashes = """([payload, patches]) => {
      const data = openData(JSON.parse(payload)), initial = initialState(data);
      return patches.map((patch) => { const store = createStore(initial, data); store.set(patch); return encodeState(store.get(), initial); });
    }"""
    patches = [
        {},
        {"style": "heat"},
        {"row": "country"},
        {"filters": {"need": ["need_1", "need_0"], "age": ["age_2"]}, "words": "peer & cost"},
        {"selection": {"row": "row_1", "column": "column_3", "segment": ""}, "card": "S000003"},
        {"selection": {"row": "", "column": "", "segment": ""}},
        {"selection": "notPlaced"},
    ]
    assert tools.evaluate(hashes, [as_text(payload), patches]) == [
        "",
        "style=heat",
        "row=country",
        "words=peer%20%26%20cost&f.need=need_0&f.age=age_2",
        "card=S000003&list=at:row_1,column_3",
        "list=at:",
        "list=not-placed",
    ]


STATES = """([payload, patches]) => {
  const data = openData(JSON.parse(payload)), store = createStore(initialState(data), data);
  return [store.get(), ...patches.map((patch) => (store.set(patch), store.get()))];
}"""


@pytest.mark.parametrize(
    ("rows", "columns", "folded"),
    [
        ([[10]] * 5, [[10]] * 6, (0, 0)),  # 50 × 60: as many cells as are shown open
        ([[10]] * 5, [[10]] * 6 + [1], (0, 6)),
        ([[30]] * 4, [2], (0, 0)),
        ([[30]] * 4 + [1], [2], (4, 0)),
        ([[2, [2]]] * 30, [[[3]]] * 40, (60, 80)),  # groups within groups are folded too
    ],
)
def test_a_large_map_begins_with_its_groups_folded(tools, rows, columns, folded):
    payload = draw_map(5, rows=rows, columns=columns, filters={})
    for dimension in payload["dimensions"]:  # counted without "not reported"
        dimension["codes"].pop()
    payload["codes"] = {name: [-1] * 5 for name in payload["codes"]}
    (state,) = tools.evaluate(STATES, [as_text(payload), []])
    assert (len(state["foldedRows"]), len(state["foldedColumns"])) == folded


def test_a_new_axis_begins_anew_and_what_was_selected_is_gone(tools):
    payload = draw_map(
        30, rows=[2, [3]], columns=[[3], 2], segments=[2], filters={"need": [[70], [70]], "setting": [3]}
    )
    selection = {"row": "row_0", "column": "", "segment": ""}
    start, folded, column, need, both, segment = tools.evaluate(
        STATES,
        [
            as_text(payload),
            [
                {"foldedRows": ["row_2"], "selection": selection},
                {"column": "setting", "selection": selection},
                {"row": "need"},
                {
                    "column": "need",
                    "selection": {"row": "need_0", "column": "need_71", "segment": "segment_1"},
                },
                {"segment": ""},
            ],
        ],
    )
    assert (start["foldedRows"], folded["foldedRows"], folded["selection"]) == ([], ["row_2"], selection)
    assert (column["foldedRows"], column["selection"]) == (["row_2"], selection)  # said so
    assert (need["foldedRows"], need["selection"]) == (["need_0", "need_71"], None)
    assert (both["row"], both["column"], both["foldedRows"]) == ("need", "need", ["need_0", "need_71"])
    assert both["selection"] == {"row": "need_0", "column": "need_71", "segment": "segment_1"}
    assert (segment["segment"], segment["selection"], segment["foldedRows"]) == (
        "",
        None,
        ["need_0", "need_71"],
    )


def test_empty_codes_of_a_long_axis_are_hidden_until_it_is_left(tools):
    payload = draw_map(9, rows=[3], columns=[3], filters={"country": [150], "age": [3]})
    states = tools.evaluate(STATES, [as_text(payload), [{"row": "country"}, {"column": "age"}, {"row": "age"}, {"hideEmpty": True}, {"row": "row"}]])  # fmt: skip
    assert [state["hideEmpty"] for state in states] == [False, True, True, False, True, True]


def test_what_is_selected_in_a_group_that_folds_is_the_group(tools):
    payload = draw_map(
        9, rows=[[2, [2]], 1], columns=[3], filters={}
    )  # row_0 holds row_1, row_2 and row_3 with row_4, row_5
    keys = """([payload, cases]) => {
      const data = openData(JSON.parse(payload));
      return cases.map(([row, foldedRows]) => {
        const store = createStore(initialState(data), data);
        store.set({ selection: { row, column: "", segment: "" }, foldedRows });
        return store.get().selection?.row ?? null;
      });
    }"""
    cases = [
        ["row_4", []],
        ["row_4", ["row_3"]],
        ["row_4", ["row_0", "row_3"]],
        ["row_3!", []],
        ["row_3!", ["row_3"]],
        ["row_4!", []],
        ["row_9", []],
    ]
    assert tools.evaluate(keys, [as_text(payload), cases]) == [
        "row_4",
        "row_3",
        "row_0",
        "row_3!",
        "row_3",
        None,
        None,
    ]


def test_listeners_hear_of_changes_only_and_until_they_leave(tools):
    heard = """([payload]) => {
      const data = openData(JSON.parse(payload)), store = createStore(initialState(data), data), heard = [];
      const leave = store.subscribe((state, before) => heard.push([before.style, state.style]));
      store.set({ style: "heat" });
      store.set({ style: "heat" });
      store.set({ style: "no such style" });
      leave();
      store.set({ style: "gaps" });
      return heard;
    }"""
    assert tools.evaluate(heard, [as_text(AWKWARD)]) == [["bubbles", "heat"], ["heat", "bubbles"]]


# --- in a page ---

SMALL = draw_map(30, rows=[3], columns=[3], segments=[3], filters={"need": [4]})


def style_of(window):
    return window.locator("input[name^=ma-style]:checked").get_attribute("value")


def choose_style(window, style):
    window.locator(f"input[name^=ma-style][value={style}]").check()


def hash_of(window):
    return window.evaluate("location.hash")


def test_each_change_is_a_step_of_the_back_button(open_map):
    window = open_map(SMALL)
    choose_style(window, "heat")
    choose_style(window, "numbers")
    assert hash_of(window) == "#style=numbers"
    window.go_back()
    assert (style_of(window), hash_of(window)) == ("heat", "#style=heat")
    window.go_back()
    assert (style_of(window), hash_of(window)) == ("bubbles", "")
    window.go_forward()
    assert (style_of(window), hash_of(window)) == ("heat", "#style=heat")


def test_a_link_opens_what_it_was_copied_from_and_can_be_changed_by_hand(open_map):
    window = open_map(SMALL, hash="style=gaps&f.need=need_1")
    assert style_of(window) == "gaps"
    window.evaluate("location.hash = 'style=heat&row=nonsense'")
    window.wait_for_function("() => document.querySelector('input[name^=ma-style]:checked').value === 'heat'")
    assert hash_of(window) == "#style=heat"  # the address says what is shown
    window.evaluate("() => { location.hash = 'style=heat&card=nobody'; }")
    window.evaluate("() => new Promise((done) => setTimeout(done, 50))")
    assert hash_of(window) == "#style=heat"


def test_a_link_to_a_place_in_the_page_leaves_the_state_alone(open_map):
    window = open_map(SMALL)
    choose_style(window, "heat")
    window.evaluate("location.hash = 'ma-main'")
    window.evaluate("() => new Promise((done) => setTimeout(done, 50))")
    assert style_of(window) == "heat"


@pytest.mark.parametrize("hash", ["%E0%A4%A&f.need=%", "row=__proto__&f.constructor=a&list=at:%00", "=&=&&#", "f.need=" + "need_1," * 5_000, HOSTILE])  # fmt: skip
def test_a_page_opens_whatever_its_address_says(open_map, hash):
    window = open_map(SMALL, hash=hash)
    assert window.complaints == []
    assert window.evaluate("window.ran") is None
    assert window.locator(".ma-status").inner_text().startswith("30 studies" if "need_1" not in hash else "")


def test_where_the_address_cannot_be_changed_the_map_works_without(open_map):
    window = open_map(SMALL)
    window.evaluate(
        "() => { history.pushState = history.replaceState = () => { throw new DOMException('', 'SecurityError'); }; }"
    )
    choose_style(window, "heat")
    assert (style_of(window), window.complaints) == ("heat", [])
