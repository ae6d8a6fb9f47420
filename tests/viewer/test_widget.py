"""The map as a widget: its own script in a real browser, and what Python makes of what is chosen there."""

from __future__ import annotations

import subprocess
import sys

import pandas as pd
import pytest
from small_map import studies_with

from mapanalysis.analysis.grid import count_studies
from mapanalysis.errors import DataError, UsageError
from mapanalysis.viewer import EvidenceMap

# What anywidget gives a widget to speak to Python with; `sent` is what it told.
MODEL = """
async ([traits, esm, css]) => {
  const listeners = new Map();
  const model = {
    traits: { ...traits }, sent: 0,
    get: (name) => structuredClone(model.traits[name]),
    set(name, value) {
      const before = JSON.stringify(model.traits[name]);
      model.traits[name] = structuredClone(value);
      if (before !== JSON.stringify(value)) (listeners.get(`change:${name}`) ?? []).forEach((tell) => tell());
    },
    save_changes: () => { model.sent += 1; },
    on: (event, tell) => listeners.set(event, [...(listeners.get(event) ?? []), tell]),
    off: (event, tell) => listeners.set(event, (listeners.get(event) ?? []).filter((one) => one !== tell)),
    listening: () => [...listeners.values()].flat().length,
  };
  const style = document.createElement("style");
  style.textContent = css + `
    .jp-OutputArea-output :is(dl, dt, dd) { display: block; }
    .jp-OutputArea-output :is(dt, dd) { float: left; width: 20%; }
    .jp-ThemedContainer button { border-radius: 2px; }`;
  document.body.className = "jp-ThemedContainer";
  const el = document.createElement("div");
  el.className = "jp-OutputArea-output";
  document.head.append(style);
  document.body.append(el);
  const address = URL.createObjectURL(new Blob([esm], { type: "text/javascript" }));
  const widget = (await import(address)).default;
  window.model = model;
  window.end = await widget.render({ model, el });
}
"""


@pytest.fixture
def evidence_map(small_evidence):
    return EvidenceMap(small_evidence)


@pytest.fixture
def show(window):
    """Shows a widget as a notebook does, without Jupyter; `learn` brings what was chosen to Python."""

    def show_widget(evidence_map):
        window.goto("about:blank")
        window.complaints.clear()
        window.set_viewport_size({"width": 1100, "height": 900})
        traits = {name: getattr(evidence_map, name) for name in ("state", "_payload", "_listed")}
        window.evaluate(MODEL, [traits, evidence_map._esm, evidence_map._css])
        window.wait_for_selector(".ma-main")
        return window

    yield show_widget
    assert window.complaints == []


def learn(window, evidence_map):
    """As Jupyter does when the widget saves its changes."""
    traits = window.evaluate("window.model.traits")
    evidence_map.set_state({name: traits[name] for name in ("state", "_listed")})
    return evidence_map


# --- in Python ---


def test_the_settings_of_the_project_are_those_of_the_map(evidence_map, small_payload):
    assert (
        evidence_map._payload.count(
            '"gaps":{"typeDimension":"kind","review":"synthesis","economic":"costing"'
        )
        == 1
    )
    assert '"edition":"small","date":"2026-01-31"' in evidence_map._payload
    assert vars(evidence_map.view) == small_payload["view"]
    assert repr(evidence_map).startswith("Map of 13 studies: ")


def test_dimensions_that_are_made_can_be_chosen_like_any_other(small_evidence):
    evidence_map = EvidenceMap(small_evidence, state={"filters": {"appraisal_rob_2": ["high"]}})
    evidence_map.state = {
        "segment": "appraisal_amstar_2",
        "filters": {"in_reviews": ["in_none", "is_review"]},
    }
    with pytest.raises(UsageError, match="appraisal_rob_2 has no code 'hgh'"):
        evidence_map.state = {"filters": {"appraisal_rob_2": ["hgh"]}}
    placed = evidence_map.placements
    assert set(placed["segment_code"]) == {"high", "low", "not_reported"}


def test_rows_columns_and_edition_can_be_given(small_evidence):
    evidence_map = EvidenceMap(small_evidence, row="gardener", segment="season", edition="draft")
    assert (evidence_map.view.row, evidence_map.view.column, evidence_map.view.segment) == (
        "gardener",
        "effect",
        "season",
    )
    assert '"edition":"draft"' in evidence_map._payload
    with pytest.raises(DataError, match="no dimension 'gardner'"):
        EvidenceMap(small_evidence, row="gardner")


def test_a_folder_will_do_and_its_settings_may_be_missing(small_evidence, tmp_path):
    evidence_map = EvidenceMap(str(small_evidence.project.root))
    assert len(evidence_map.selected) == 13
    (small_evidence.project.root / "params.yaml").rename(tmp_path / "params.yaml")
    try:
        bare = EvidenceMap(small_evidence)
    finally:
        (tmp_path / "params.yaml").rename(small_evidence.project.root / "params.yaml")
    assert (bare.view.row, bare.view.column, bare.view.segment, bare.view.need) == (
        "activity",
        "effect",
        "kind",
        "",
    )


@pytest.mark.parametrize(
    ("state", "error", "words"),
    [
        ({"filtres": {}}, UsageError, "no 'filtres'. Nearest valid: filters"),
        (
            {"filters": {"kind": ["trail"]}},
            UsageError,
            "dimension kind has no code 'trail'. Nearest valid: trial",
        ),
        ({"filters": {"kin": ["trial"]}}, UsageError, "no dimension 'kin'"),
        ({"row": "x"}, UsageError, "no dimension 'x'"),
        (
            {"filters": {"kind": "trial"}},
            UsageError,
            "filters cannot be {'kind': 'trial'}. Give lists of codes",
        ),
        ({"filters": ["trial"]}, UsageError, "Give lists of codes by dimension"),
        ({"style": "Heat"}, UsageError, "style cannot be 'Heat'. Give one of bubbles, heat"),
        ({"sort": "newest"}, UsageError, "Give one of year, author, title"),
        ({"years": [2020]}, UsageError, "Give the first and last year"),
        ({"years": ["2020", "2024"]}, UsageError, "Give the first and last year"),
        ({"words": ["hive"]}, UsageError, "Give text"),
        ({"hideEmpty": 1}, UsageError, "Give True or False"),
        (
            {"foldedRows": ["vegetable"]},
            UsageError,
            "activity has no code 'vegetable'. Nearest valid: vegetables",
        ),
        ({"selection": {"column": "vegetables"}}, UsageError, "effect has no code 'vegetables'"),
        ({"selection": "all"}, UsageError, "Give codes of row, column and segment"),
        ({"card": "G999"}, UsageError, "No study has the id 'G999'"),
        ({"style": "x", "sort": "y"}, UsageError, "sort cannot be 'y'"),
    ],
)
def test_a_state_that_the_map_would_not_understand_is_refused(evidence_map, state, error, words):
    with pytest.raises(error) as raised:
        evidence_map.state = state
    assert words in " ".join(str(raised.value).split())
    assert evidence_map.state == {}


def test_nothing_of_the_widget_is_imported_before_it_is_asked_for():
    code = "import sys, mapanalysis.viewer.page; print({'anywidget', 'ipywidgets'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_no_other_name_is_in_the_package():
    import mapanalysis.viewer

    with pytest.raises(AttributeError, match="no attribute 'Evidencemap'"):
        _ = mapanalysis.viewer.Evidencemap


# --- on screen ---


def test_it_shows_the_map_and_every_study_is_selected(show, evidence_map, small_evidence):
    window = show(evidence_map)
    assert "13 studies" in window.locator(".ma-status").inner_text()
    learn(window, evidence_map)
    pd.testing.assert_frame_equal(evidence_map.selected, small_evidence.studies)
    assert evidence_map.state["style"] == "bubbles"


def test_what_python_asks_for_is_shown_and_comes_back_as_studies(show, evidence_map):
    window = show(evidence_map)
    window.evaluate("window.model.set('state', { filters: { kind: ['trial'] }, style: 'numbers' })")
    learn(window, evidence_map)
    assert set(evidence_map.selected["study_id"]) == studies_with(
        "kind", "trial", *children("trial", evidence_map)
    )
    assert list(evidence_map.selected) == list(evidence_map.evidence.studies)
    assert window.locator("input[type=radio][value=numbers]").is_checked()
    assert 0 < len(evidence_map.selected) < 13


def children(code, evidence_map):
    tree = evidence_map.evidence.codebook.dimension("kind").tree
    return list(tree.index[tree["parent"] == code])


def test_a_state_set_before_it_is_shown_is_the_first_one(show, small_evidence):
    evidence_map = EvidenceMap(small_evidence, state={"filters": {"nation": ["NA"]}, "row": "gardener"})
    window = show(evidence_map)
    learn(window, evidence_map)
    assert set(evidence_map.selected["study_id"]) == studies_with("nation", "NA")
    assert evidence_map.state["row"] == "gardener"


def test_a_number_on_the_map_selects_its_studies(show, evidence_map):
    window = show(evidence_map)
    window.evaluate("window.model.set('state', { selection: { row: 'vegetables' } })")
    assert window.locator(".ma-right").is_visible()
    learn(window, evidence_map)
    grid = count_studies(
        evidence_map.evidence.codings, evidence_map.evidence.codebook, evidence_map.evidence.studies["study_id"],
        row="activity", column="effect", segment="kind",
    )  # fmt: skip
    expected = set(grid.list_studies(row_code="vegetables"))
    assert set(evidence_map.selected["study_id"]) == expected
    placed = evidence_map.placements
    assert set(placed["study_id"]) == expected
    assert len(placed) == grid.placements["study_id"].isin(expected).sum()
    assert {"row_label", "column_label", "is_cross_product"} <= set(placed)


def test_a_list_without_studies_selects_none(show, evidence_map):
    window = show(evidence_map)
    window.evaluate("window.model.set('state', { words: 'no study has these words' })")
    learn(window, evidence_map)
    assert evidence_map.selected.empty
    assert evidence_map.placements.empty


def test_a_tick_on_screen_comes_to_python(show, evidence_map):
    window = show(evidence_map)
    before = window.evaluate("window.model.sent")
    window.locator("input[type=radio][value=heat]").check(force=True)
    assert window.evaluate("window.model.sent") > before
    assert learn(window, evidence_map).state["style"] == "heat"


def test_it_follows_the_theme_of_jupyterlab_and_not_the_system(show, evidence_map):
    window = show(evidence_map)
    paper = "getComputedStyle(document.querySelector('.ma')).backgroundColor"
    for is_light, expected in (("false", "rgb(18, 24, 27)"), ("true", "rgb(255, 255, 255)")):
        window.evaluate(f"document.body.dataset.jpThemeLight = '{is_light}'")
        window.wait_for_function(f"{paper} === '{expected}'")


def test_its_looks_are_its_own(show, evidence_map):
    """Against rules such as JupyterLab has for its outputs: they come last here, and still weigh less."""
    window = show(evidence_map)
    window.get_by_role("button", name="How to use").click()
    assert window.locator("dt").count() > 2
    assert window.locator("dt, dd").evaluate_all(
        "all => [...new Set(all.map((one) => getComputedStyle(one).float))]"
    ) == ["none"]
    assert (
        window.get_by_role("button", name="About").evaluate("one => getComputedStyle(one).borderRadius")
        == "6px"
    )


def test_its_address_is_left_alone_and_its_keys_are_its_own(show, evidence_map):
    """JupyterLab takes keys of whatever has the focus, unless that very element says no."""
    window = show(evidence_map)
    window.evaluate("window.model.set('state', { style: 'gaps' })")
    assert window.url == "about:blank"
    for _ in range(30):
        window.keyboard.press("Tab")
        focused = window.evaluate(
            "[document.activeElement.tagName, document.activeElement.dataset.lmSuppressShortcuts]"
        )
        assert focused == ["BODY", None] or focused[1] == "true"
    assert window.locator("[data-lm-suppress-shortcuts]").count() > 10


def test_the_whole_state_comes_back_even_when_nothing_changes_on_screen(show, evidence_map):
    window = show(evidence_map)
    window.evaluate("window.model.set('state', { style: 'heat', words: ' hive ' })")
    whole = learn(window, evidence_map).state
    assert (whole["style"], whole["words"], whole["row"]) == ("heat", "hive", "activity")
    sent = window.evaluate("window.model.sent")
    window.evaluate("window.model.set('state', { style: 'heat' })")
    assert window.evaluate("window.model.sent") > sent
    assert learn(window, evidence_map).state == whole


def test_two_maps_in_one_notebook_keep_apart(show, evidence_map):
    window = show(evidence_map)
    traits = {name: getattr(evidence_map, name) for name in ("state", "_payload", "_listed")}
    window.evaluate(MODEL, [traits, evidence_map._esm, evidence_map._css])
    window.wait_for_function("() => document.querySelectorAll('.ma-main').length === 2")
    ids = window.locator("[id]").evaluate_all("all => all.map((one) => one.id)")
    assert len(ids) == len(set(ids)) > 10
    for number, style in enumerate(("heat", "mosaic")):
        window.locator(".ma").nth(number).locator(f"input[value={style}]").check(force=True)
    checked = window.locator("input[name^=ma-style]:checked").evaluate_all(
        "all => all.map((one) => one.value)"
    )
    assert checked == ["heat", "mosaic"]
    labels = (
        "all => all.map((one) => one.closest('.ma') === document.getElementById(one.htmlFor)?.closest('.ma'))"
    )
    assert set(window.locator("label[for]").evaluate_all(labels)) == {True}


COUNT_LISTENERS = """() => {
  window.open_listeners = [];
  for (const target of [window, document, document.body]) {
    const { addEventListener, removeEventListener } = target;
    const key = (type, heard) => window.open_listeners.findIndex((one) => one[0] === type && one[1] === heard);
    target.addEventListener = function (type, heard, options) {
      if (new Error().stack.includes("blob:") && !options?.once) window.open_listeners.push([type, heard]);
      return addEventListener.call(this, type, heard, options);
    };
    target.removeEventListener = function (type, heard, options) {
      if (key(type, heard) >= 0) window.open_listeners.splice(key(type, heard), 1);
      return removeEventListener.call(this, type, heard, options);
    };
  }
}"""


def test_it_leaves_nothing_behind(window, evidence_map):
    window.goto("about:blank")
    window.evaluate(COUNT_LISTENERS)
    traits = {name: getattr(evidence_map, name) for name in ("state", "_payload", "_listed")}
    window.evaluate(MODEL, [traits, evidence_map._esm, evidence_map._css])
    window.wait_for_selector(".ma-main")
    assert window.evaluate("window.model.listening()") == 1
    assert window.evaluate("window.open_listeners.length") > 1
    window.evaluate("window.end()")
    assert window.evaluate("window.model.listening()") == 0
    assert window.evaluate("window.open_listeners.map(([type]) => type)") == []
    assert window.locator(".ma > *").count() == 0
