"""The map on screen counts as `analysis.grid` does, in every number, and finds the gaps that `analysis.gaps` finds.

Both are given the same codebooks and codings: random ones, and the peer support map itself. Where the map does what the
tables cannot (groups folded one by one, filters), the expectation is written in plain sets.
"""

from __future__ import annotations

import json
import re
import shutil
import unicodedata
from collections import defaultdict
from itertools import product
from pathlib import Path

import pandas as pd
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mapanalysis.analysis.gaps import KINDS, GapRules, find_gaps
from mapanalysis.analysis.grid import count_studies
from mapanalysis.codebook import NOT_REPORTED, Codebook
from mapanalysis.viewer.bundle import APP, join_modules
from mapanalysis.viewer.payload import pack_studies

ROOT = Path(__file__).resolve().parents[2]
DIMENSIONS = ("give", "measure", "design", "need")
ROLES = ("row", "column", "segment", "filter")
STUDIES = ("S1", "S2", "S3", "S4", "S5")
NO_FILTER = {"filters": {}, "years": None, "words": ""}
FLAGS = dict(zip(KINDS, (1, 2, 4, 8), strict=True))
random_maps = settings(
    max_examples=30, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)

# What the modules say of a map, as plain lists. `ask` has row, column, segment ("" for none), foldedRows, foldedColumns,
# wanted (the filters), and where they matter most (segments), rules (of gaps), anyKey (lists also of codes folded away).
HARNESS = """
function openMap({ payload, ask }) {
  const data = openData(payload);
  const row = buildAxis(data, data.byId.get(ask.row), new Set(ask.foldedRows));
  const column = buildAxis(data, data.byId.get(ask.column), new Set(ask.foldedColumns));
  return { data, row, column, bits: selectStudies(data, ask.wanted) };
}
function describeMap(given) {
  const { data, row, column, bits } = openMap(given);
  const { segment, most, anyKey } = given.ask;
  const segments = buildSegments(data, data.byId.get(segment) ?? null, most);
  const placed = place(data, row, column, segments);
  const counts = countPlaced(placed, bits);
  const keysOf = (axis) => axis.items.map((item) => item.key);
  const groupsOf = (axis, groups) => Object.fromEntries([...groups].map(([code, n]) => [axis.dimension.codes[code].id, n]));
  const names = ["", "outside_scope", "not_reported"];
  return {
    rows: keysOf(row), columns: keysOf(column), segments: segments.items.map((item) => item.key),
    nShown: counts.nShown, nPlaced: counts.nPlaced,
    cells: [...counts.cells], coCoded: [...counts.coCoded], cross: [...counts.cross], bySegment: [...counts.segments],
    rowCounts: [...counts.rows], rowSegments: [...counts.rowSegments],
    columnCounts: [...counts.columns], columnSegments: [...counts.columnSegments], totalSegments: [...counts.totalSegments],
    rowGroups: groupsOf(row, counts.rowGroups), columnGroups: groupsOf(column, counts.columnGroups),
    states: [...statesOf(data, row, column, segments)].map((state, i) =>
      (state !== NOT_REPORTED && counts.cells[i] ? "studies" : names[state]) || "none_found"),
    reasons: [...listBits(bits)].map((study) => whyNotPlaced(data, placed, study)),
    lists: listsBehind(placed, bits, anyKey),
    notPlaced: [...listStudies(placed, NOT_PLACED, bits)],
    inCells: row.items.map((r) => column.items.map((c) => {
      const { studies, masks } = listCell(placed, r.index, c.index, bits);
      return studies.map((study, at) => [study, segments.items.filter(({ index }) => masks[at] >> index & 1).map(({ key }) => key)]);
    })),
  };
}
/* Every list that has studies, under "row | column | segment": by keys of items and open groups, or by any key there could be. */
function listsBehind(placed, bits, anyKey) {
  const keysOf = ({ items, dimension: { codes } }) => new Set(["", ...anyKey
    ? codes.flatMap(({ id }) => [id, id + "!"])
    : items.flatMap((item) => [item.key, ...item.ancestors.map((code) => codes[code].id)])]);
  const lists = {};
  for (const row of keysOf(placed.row)) {
    for (const column of keysOf(placed.column)) {
      for (const segment of new Set(["", ...placed.segments.items.map((item) => item.key)])) {
        const list = listStudies(placed, { row, column, segment }, bits);
        if (list.length) lists[[row, column, segment].join(" | ")] = [...list];
      }
    }
  }
  return lists;
}
function describeGaps(given) {
  const { data, row, column, bits } = openMap(given);
  const gaps = gapsOf(data, row, column, bits, given.ask.rules);
  const width = column.items.length;
  return {
    cells: Object.fromEntries(row.items.flatMap((r) => column.items.map((c) =>
      [`${r.key} | ${c.key}`, gaps[r.index * width + c.index]]))),
    rules: gapRules(given.ask.rules).map(({ flag, label, rule }) => [flag, label, rule]),
  };
}
function describeFilters({ payload, ask }) {
  const data = openData(payload);
  const bits = selectStudies(data, ask.wanted);
  return {
    studies: [...listBits(bits)],
    n: countBits(bits),
    facets: facetsOf(data, ask.wanted).map((counts, at) =>
      Object.fromEntries([...counts].map((n, code) => [data.dimensions[at].codes[code].id, n]))),
    nWithoutYear: data.nWithoutYear,
    words: sayFilters(data, ask.wanted),
  };
}
function describeStudies({ payload }) {
  const data = openData(payload);
  return payload.studies.id.map((_, study) => data.study(study));
}
"""


@pytest.fixture(scope="module")
def run(browser, tmp_path_factory):
    """Calls a function of the harness, in a page that holds the modules as the map does."""
    folder = tmp_path_factory.mktemp("modules")
    for name in ("data", "count", "select", "gaps", "dom"):
        shutil.copy(APP / f"{name}.js", folder)
    (folder / "main.js").write_text(
        'import { openData } from "./data.js";\nimport { place } from "./count.js";\n'
        'import { selectStudies } from "./select.js";\nimport { gapsOf } from "./gaps.js";\n',
        encoding="utf-8",
    )
    page = browser.new_page()
    page.add_script_tag(content=join_modules(folder) + HARNESS)
    yield lambda name, payload, **ask: page.evaluate(
        f"given => {name}(JSON.parse(given))",
        json.dumps({"payload": payload, "ask": {"wanted": NO_FILTER} | ask}),
    )
    page.close()


# --- random maps ---


@st.composite
def trees(draw, name):
    """The codes of a dimension, up to four levels; one of them may be "not reported", wherever it stands."""
    n = draw(st.integers(1, 7))
    parents = [draw(st.integers(-1, number - 1)) for number in range(n)]
    not_reported = draw(st.sampled_from([None, None, *range(n)]))
    codes = [
        {"id": NOT_REPORTED if number == not_reported else f"{name[0]}{number}", "label": f"{name} {number}", "codes": []}
        for number in range(n)
    ]  # fmt: skip
    for code, parent in zip(codes, parents, strict=True):
        if parent >= 0:
            codes[parent]["codes"].append(code)
    return [code for code, parent in zip(codes, parents, strict=True) if parent < 0]


def ids_in(codes):
    return [each for code in codes for each in (code["id"], *ids_in(code["codes"]))]


@st.composite
def maps(draw):
    """A codebook with a scope, and codings."""
    codes = {name: draw(trees(name)) for name in DIMENSIONS}
    ids = {name: ids_in(tree) for name, tree in codes.items()}
    applies_to = {name: draw(st.sampled_from(["", "", *ids["design"]])) for name in ("measure", "need")}
    rule = st.fixed_dictionaries({}, optional={name: st.sampled_from(ids[name]) for name in DIMENSIONS[:3]})
    book = Codebook.model_validate(
        {
            "title": "Test",
            "question": "What is there?",
            "dimensions": [
                {"id": name, "label": name.capitalize(), "role": role, "codes": codes[name]}
                | ({"applies_to": applies_to[name]} if name in applies_to else {})
                for name, role in zip(DIMENSIONS, ROLES, strict=True)
            ],
            "outside_scope": [
                {"codes": chosen, "reason": "not looked for"}
                for chosen in draw(st.lists(rule, max_size=3))
                if chosen
            ],
        }
    )
    row = st.sampled_from(DIMENSIONS).flatmap(
        lambda name: st.tuples(
            st.sampled_from(STUDIES),
            st.sampled_from(["", "", "f1", "f2"]),
            st.just(name),
            st.sampled_from(ids[name]),
        )
    )
    return book, draw(st.lists(row, max_size=40))


def table_of(rows):
    return pd.DataFrame(rows, columns=["study_id", "finding_id", "dimension", "code"], dtype="str")


def pack(book, rows, study_ids=STUDIES, **columns):
    """The payload of a map without reports."""
    packed = pack_studies(book, pd.Series(study_ids, dtype="str"), table_of(rows))
    return packed | {"studies": packed["studies"] | columns, "reports": {}}


levels = st.sampled_from([1, 2, 3, None])
axes = st.fixed_dictionaries(
    {
        "row": st.sampled_from(["give", *DIMENSIONS]),
        "column": st.sampled_from(["measure", *DIMENSIONS]),
        "segment": st.sampled_from(["", "design", "design", "need", "give"]),
    }
)


def groups_at(dimension, level):
    """What is folded to show a dimension at one level."""
    tree = dimension.tree
    return [] if level is None else list(tree.loc[(tree["level"] == level) & ~tree["is_leaf"], "code"])


# --- what `analysis.grid` says, in the form of the harness ---


def expect_map(grid, study_ids):
    """What `describeMap` returns for the studies of a grid."""
    cells = grid.cells[grid.cells["segment_code"] == ""]
    position = {study: number for number, study in enumerate(study_ids)}
    rows, row_segments = counts_of(grid, grid.rows)
    columns, column_segments = counts_of(grid, grid.columns)
    lists, in_cells = expect_lists(grid, position)
    row_keys, column_keys = ([own_key(axis, code) for code in axis.codes] for axis in (grid.row, grid.column))
    return {
        "rows": row_keys,
        "columns": column_keys,
        "segments": list(grid.segment.codes) if grid.segment else [""],
        "nShown": grid.n_included,
        "nPlaced": grid.n_placed,
        "cells": cells["n_studies"].tolist(),
        "coCoded": cells["n_co_coded"].tolist(),
        "cross": cells["n_cross_product"].tolist(),
        "bySegment": counts_of(grid, grid.cells)[1],
        "rowCounts": rows,
        "rowSegments": row_segments,
        "columnCounts": columns,
        "columnSegments": column_segments,
        "totalSegments": counts_of(grid, grid.segments)[1],
        "rowGroups": {group: len(lists.get(f"{group} |  | ", [])) for group in open_groups(grid.row)},
        "columnGroups": {group: len(lists.get(f" | {group} | ", [])) for group in open_groups(grid.column)},
        "states": cells["state"].tolist(),
        "reasons": grid.accounting["reason"].tolist(),
        "lists": lists,
        "notPlaced": [position[study] for study in grid.accounting.query("not is_placed")["study_id"]],
        "inCells": [[in_cells.get((row, column), []) for column in column_keys] for row in row_keys],
    }


def counts_of(grid, table):
    """The numbers of any segment, and those of each; where nothing is divided, the one segment is any."""
    is_any = table["segment_code"] == ""
    apart = table[~is_any] if grid.segment else table[is_any]
    return table.loc[is_any, "n_studies"].tolist(), apart["n_studies"].tolist()


def open_groups(axis):
    tree = axis.dimension.tree
    return list(tree.loc[(tree["level"] < axis.level) & ~tree["is_leaf"], "code"])


def own_key(axis, code):
    """The key of an item: the id of its code, marked where the code is an open group."""
    return f"{code}!" if code in open_groups(axis) else code


def codes_above(dimension, code):
    above = []
    while code := dimension.tree.at[code, "parent"]:
        above.append(code)
    return above


def expect_lists(grid, position, segment_key=lambda code: code):
    """The studies behind all that placements count for (cells, margins, open groups, the whole map); those of each cell
    with their segments."""
    own = [{code: own_key(axis, code) for code in axis.codes} for axis in (grid.row, grid.column)]
    keys = [
        {code: {"", code, own_key(axis, code), *codes_above(axis.dimension, code)} for code in axis.codes}
        for axis in (grid.row, grid.column)
    ]
    lists, cells = defaultdict(set), defaultdict(lambda: defaultdict(set))
    for study, row, column, *segment in grid.placements.iloc[:, :-2].itertuples(index=False):
        segment = segment_key(segment[0]) if segment else ""
        cells[own[0][row], own[1][column]][position[study]].add(segment)
        for key in product(keys[0][row], keys[1][column], {"", segment}):
            lists[" | ".join(key)].add(position[study])
    order = [segment_key(code) for code in grid.segment.codes] if grid.segment else []
    return {key: sorted(studies) for key, studies in lists.items()}, {
        cell: [
            [study, sorted(found, key=order.index) if order else [""]]
            for study, found in sorted(studies.items())
        ]
        for cell, studies in cells.items()
    }


def count_map(book, rows, study_ids, ask, row_level=None, column_level=None):
    return count_studies(
        table_of(rows),
        book,
        pd.Series(study_ids, dtype="str"),
        row=ask["row"],
        column=ask["column"],
        segment=ask["segment"] or None,
        row_level=row_level,
        column_level=column_level,
    )


@random_maps
@given(maps(), axes, levels, levels)
def test_every_number_is_that_of_the_tables(run, map_, ask, row_level, column_level):
    book, rows = map_
    folded = {
        "foldedRows": groups_at(book.dimension(ask["row"]), row_level),
        "foldedColumns": groups_at(book.dimension(ask["column"]), column_level),
    }
    grid = count_map(book, rows, STUDIES, ask, row_level, column_level)
    assert run("describeMap", pack(book, rows), **ask, **folded) == expect_map(grid, STUDIES)


# --- folded one by one, many segments ---


def item_key(dimension, code, folded):
    """The item a code belongs to: its highest folded ancestor or itself; marked where it is an open group."""
    for each in [*reversed(codes_above(dimension, code)), code]:
        if each in folded:
            return each
    return code if dimension.tree.at[code, "is_leaf"] else f"{code}!"


def keys_in_order(dimension, folded, used):
    keys = {code: item_key(dimension, code, folded) for code in dimension.tree.index}
    return list(dict.fromkeys(key for code, key in keys.items() if not key.endswith("!") or code in used))


def commonest(dimension, rows, most):
    """The top codes that keep a segment of their own, when there are more than `most`."""
    tops = dimension.codes_at(1)
    studies = {
        top: {s for s, _, d, c in rows if d == dimension.id and top in [c, *codes_above(dimension, c)]}
        for top in tops
    }
    ranked = sorted(tops, key=lambda top: -len(studies[top]))
    return ranked[: most - 1] if len(tops) > most else ranked


@random_maps
@given(maps(), axes, st.data())
def test_groups_fold_one_by_one_and_rare_segments_are_one(run, map_, ask, data):
    book, rows = map_
    most = data.draw(st.sampled_from([2, 3, 12]))
    dimensions = [book.dimension(ask[name]) for name in ("row", "column")]
    folded = [data.draw(st.sets(st.sampled_from(list(dimension.tree.index)))) for dimension in dimensions]
    used = [{code for _, _, name, code in rows if name == dimension.id} for dimension in dimensions]
    grid = count_map(book, rows, STUDIES, ask)
    found = run(
        "describeMap",
        pack(book, rows),
        **ask,
        foldedRows=sorted(folded[0]),
        foldedColumns=sorted(folded[1]),
        most=most,
        anyKey=True,
    )

    kept = commonest(book.dimension(ask["segment"]), rows, most) if ask["segment"] else []
    by_key = {study: number for number, study in enumerate(STUDIES)}
    lists, _ = expect_lists(grid, by_key, lambda code: code if code in kept else "!")
    assert found["lists"] == lists
    keys = [keys_in_order(*each) for each in zip(dimensions, folded, used, strict=True)]
    assert [found["rows"], found["columns"]] == keys
    expected = {"cells": [], "coCoded": [], "cross": []}
    whole = [whole_items(rows, *each) for each in zip(dimensions, folded, strict=True)]
    several = {study for study in STUDIES if all(len(items[study]) > 1 for items in whole)}
    is_true = defaultdict(bool)
    for study, row, column, *_, is_co_coded, _ in grid.placements.itertuples(index=False):
        cell = item_key(dimensions[0], row, folded[0]), item_key(dimensions[1], column, folded[1]), study
        is_true[cell] |= not is_co_coded
    for cell in product(*keys):
        studies = {study: is_true[*cell, study] for study in STUDIES if (*cell, study) in is_true}
        co_coded = {study for study, is_pair in studies.items() if not is_pair}
        for name, n in zip(expected, map(len, (studies, co_coded, co_coded & several)), strict=True):
            expected[name].append(n)
    assert {name: found[name] for name in expected} == expected


def whole_items(rows, dimension, folded):
    """Study → the items of its codes of the whole study."""
    items = defaultdict(set)
    for study, finding, name, code in rows:
        if name == dimension.id and not finding:
            items[study].add(item_key(dimension, code, folded))
    return items


# --- gaps ---

years = st.lists(
    st.sampled_from([None, 2018, 2019, 2020, 2021, 2022]), min_size=len(STUDIES), max_size=len(STUDIES)
)


@st.composite
def rules(draw, codes):
    """Thresholds; the codes of reviews and economic evaluations are not the same one."""
    review, economic = draw(st.lists(st.sampled_from(codes), min_size=2, max_size=2, unique=True))
    numbers = [draw(st.integers(1, 2)) for _ in range(3)]
    return GapRules(2024, review, economic, *numbers, draw(st.integers(1, 6)), draw(st.integers(1, 6)))


def settings_of(gap_rules, type_dimension):
    """The rules as a payload holds them."""
    return {
        "typeDimension": type_dimension,
        "review": gap_rules.review_code,
        "economic": gap_rules.economic_code,
        "referenceYear": gap_rules.reference_year,
        "minimumStudies": gap_rules.minimum_studies,
        "minimumPrimaryStudies": gap_rules.minimum_primary_studies,
        "minimumEffectivenessStudies": gap_rules.minimum_effectiveness_studies,
        "recentReviewYears": gap_rules.recent_review_years,
        "outOfDateYears": gap_rules.out_of_date_years,
    }


def expect_gaps(grid, last_years, gap_rules):
    """The flags of each cell, by the keys of its row and column."""
    studies = pd.DataFrame(
        {"study_id": list(last_years), "last_year": pd.array(list(last_years.values()), "Int64")}
    )
    flags = dict.fromkeys(product(grid.row.codes, grid.column.codes), 0)
    for kind, row, column in find_gaps(grid, studies, gap_rules)[
        ["kind", "row_code", "column_code"]
    ].itertuples(index=False):
        flags[row, column] += FLAGS[kind]
    return {
        f"{own_key(grid.row, row)} | {own_key(grid.column, column)}": n for (row, column), n in flags.items()
    }


@random_maps
@given(maps(), axes, years, st.data())
def test_gaps_are_those_of_the_tables(run, map_, ask, last_years, data):
    book, rows = map_
    ask = ask | {"segment": "design"}
    gap_rules = data.draw(rules(["", *book.dimension("design").codes_at(1)]))
    payload = pack(book, rows, lastYear=last_years)
    found = run("describeGaps", payload, **ask, rules=settings_of(gap_rules, "design"))
    grid = count_map(book, rows, STUDIES, ask)
    assert found["cells"] == expect_gaps(grid, dict(zip(STUDIES, last_years, strict=True)), gap_rules)
    assert found["rules"] == [
        [FLAGS[kind], KINDS[kind], words] for kind, words in gap_rules.in_words().items()
    ]


# --- filters ---

TEXTS = (
    "Peer-led",
    "support",
    "Müller",
    "Sørensen",
    "O’Brien",
    "STRAßE",
    "支持你",
    "management",
    "age",
    "Need",
    "2",
    "(naïve)",
)
SOUGHT = (
    "peer", "PEER", "peer-led", "led", "mull", "müller", "sorensen", "obrien", "o'brien", "strasse", "支", "支持", "man", "age",
    "need", "measure 2", "naive,", "!!", '"support', '"peer led"', '"sup"', '"led support"', '"need 2"', "“age”", "reported",
)  # fmt: skip


@st.composite
def reports(draw):
    """The columns of no to two reports for each study."""
    columns = {"study": [], "id": [], "year": [], "title": [], "authors": [], "summary": []}
    texts = st.lists(st.sampled_from(TEXTS), max_size=3).map(" ".join)
    for study in range(len(STUDIES)):
        for _ in range(draw(st.integers(0, 2))):
            columns["study"].append(study)
            columns["id"].append(str(len(columns["id"])))
            columns["year"].append(draw(st.sampled_from([None, 2015, 2018, 2021])))
            for name in ("title", "authors", "summary"):
                columns[name].append(draw(texts))
    empty = draw(
        st.sampled_from(["", "summary", "authors"])
    )  # a column that is empty throughout is not there
    return {name: column for name, column in columns.items() if name != empty}


wanted_years = st.sampled_from([None, None, [2015, 2015], [2016, 2020], [2018, 2030]])
wanted_words = st.lists(st.sampled_from(SOUGHT), max_size=2).map(" ".join)


def words_of(text):
    """The words of a text, without case, accents and apostrophes; each character of Chinese is one."""
    letters = unicodedata.normalize("NFKD", text.lower().replace("ß", "ss").replace("ø", "o"))
    plain = "".join(
        letter for letter in letters if unicodedata.category(letter)[0] != "M" and letter not in "'’"
    )
    return re.findall(r"[\u4e00-\u9fff]|[a-z0-9]+", plain)


def occurs(sought, is_whole, text):
    """Whether the words stand in the text one after the other, the last of them whole or as the beginning of a word."""
    words = words_of(text)
    for start in range(len(words) - len(sought) + 1):
        here = words[start : start + len(sought)]
        if here == sought or (not is_whole and here[:-1] == sought[:-1] and here[-1].startswith(sought[-1])):
            return True
    return False


def passes(study, wanted, codes, labels, texts, years, but=""):
    """Whether a study passes all filters, but those of one dimension. `codes`: (study, dimension) → codes and those above."""
    for name, chosen in wanted["filters"].items():
        if name != but and chosen and not codes[study, name] & set(chosen):
            return False
    if wanted["years"] and not any(wanted["years"][0] <= year <= wanted["years"][1] for year in years[study]):
        return False
    fields = [
        *texts[study],
        *(labels[name, code] for name in DIMENSIONS for code in codes[study, name] - {NOT_REPORTED}),
    ]
    for quoted, end, word in re.findall(
        r'"([^"]*)("|$)|([^\s"]+)', wanted["words"].replace("“", '"').replace("”", '"')
    ):
        sought = words_of(quoted or word)
        if sought and not any(occurs(sought, bool(end), field) for field in fields):
            return False
    return True


@random_maps
@given(maps(), axes, reports(), years, wanted_years, wanted_words, st.data())
def test_filters_leave_the_studies_that_pass_and_only_these_are_counted(
    run, map_, ask, columns, study_years, wanted_years, words, data
):
    book, rows = map_
    ids = {name: list(book.dimension(name).tree.index) for name in DIMENSIONS}
    chosen = st.fixed_dictionaries(
        {}, optional={name: st.sets(st.sampled_from(ids[name]), max_size=3) for name in ids}
    )
    filters = {name: sorted(codes) for name, codes in data.draw(chosen).items()}
    wanted = {"filters": filters, "years": wanted_years, "words": words}
    payload = pack(book, rows, label=["Peer 2", *STUDIES[1:]], year=study_years, lastYear=study_years)
    payload["reports"] = columns

    codes = defaultdict(set)
    for study, _, name, code in rows:
        codes[study, name] |= {code, *codes_above(book.dimension(name), code)}
    labels = {(name, code): book.dimension(name).label_of(code) for name in DIMENSIONS for code in ids[name]}
    texts, years_of = (
        {"S1": ["Peer 2"]},
        {study: {year} for study, year in zip(STUDIES, study_years, strict=True)},
    )
    for at, study in enumerate(columns["study"]):
        years_of[STUDIES[study]].add(columns["year"][at])
        texts.setdefault(STUDIES[study], []).extend(
            columns[name][at] for name in ("title", "authors", "summary") if name in columns
        )
    given_ = (
        codes,
        labels,
        defaultdict(list, texts),
        {study: found - {None} for study, found in years_of.items()},
    )

    found = run("describeFilters", payload, wanted=wanted)
    shown = [study for study in STUDIES if passes(study, wanted, *given_)]
    assert found["studies"] == [STUDIES.index(study) for study in shown]
    assert found["n"] == len(shown)
    assert found["nWithoutYear"] == sum(not found - {None} for found in years_of.values())
    for name, facets in zip(DIMENSIONS, found["facets"], strict=True):
        others = [study for study in STUDIES if passes(study, wanted, *given_, but=name)]
        assert facets == {code: sum(code in codes[study, name] for study in others) for code in ids[name]}
    check_subset(run, book, rows, shown, payload, ask, wanted)


def check_subset(run, book, rows, shown, payload, ask, wanted):
    """What is counted of the studies shown is what is counted of a map that has no others."""
    found = run("describeMap", payload, **ask, wanted=wanted)
    rest = [row for row in rows if row[0] in shown]
    grid = count_map(book, rest, shown, ask)
    expected = expect_map(grid, shown)
    lists, _ = expect_lists(grid, {study: STUDIES.index(study) for study in shown})
    assert found["lists"] == lists
    assert found["reasons"] == expected["reasons"]
    for name in ("nShown", "nPlaced", "totalSegments"):
        assert found[name] == expected[name]
    assert by_keys(found) == by_keys(expected)


def by_keys(described):
    """The numbers of a map that are not 0, by their place: a group that no study shown has directly is no item of it."""
    rows, columns, segments = (described[name] for name in ("rows", "columns", "segments"))
    places = {
        "cells": (rows, columns),
        "coCoded": (rows, columns),
        "cross": (rows, columns),
        "bySegment": (rows, columns, segments),
        "rowCounts": (rows,),
        "rowSegments": (rows, segments),
        "columnCounts": (columns,),
        "columnSegments": (columns, segments),
    }
    numbers = {
        (name, *place): n
        for name, keys in places.items()
        for place, n in zip(product(*keys), described[name], strict=True)
    }
    groups = {
        (name, group): n for name in ("rowGroups", "columnGroups") for group, n in described[name].items()
    }
    return {place: n for place, n in (numbers | groups).items() if n}


def test_filters_are_said_in_words(run):
    book = small_book(give=["A", "B"], measure=["X"])
    payload = pack(book, [("S1", "", "give", "A")], year=[2020, None, 2021, 2021, None])
    wanted = {
        "filters": {"measure": ["X"], "give": ["A", "B", "unknown"], "other": ["A"]},
        "years": [2015, 2020],
    }
    wanted["words"] = ' "peer support"  loneliness !'
    assert run("describeFilters", payload, wanted=wanted)["words"] == (
        "Give: Code A or Code B; and Measure: Code X; and a report from 2015 to 2020 (2 studies without a year are left out); "
        "and “peer support” and “loneliness” in the title, authors, summary or codes"
    )
    assert run("describeFilters", payload, wanted=NO_FILTER)["words"] == ""
    one = NO_FILTER | {"years": [2020, 2020]}
    payload["studies"]["year"][1] = 2000
    assert (
        run("describeFilters", payload, wanted=one)["words"]
        == "a report from 2020 (1 study without a year is left out)"
    )


def small_book(**codes):
    return Codebook.model_validate(
        {
            "title": "Test",
            "question": "What is there?",
            "dimensions": [
                {"id": name, "label": name.capitalize(), "role": "row"}
                | {"codes": [{"id": code, "label": f"Code {code}"} for code in ids]}
                for name, ids in codes.items()
            ],
        }
    )


@pytest.mark.parametrize("name", ["__proto__", "constructor", "toString"])
def test_names_that_objects_have_by_nature_are_names_like_others(run, name):
    book = small_book(**{name: [name, "A"], "other": ["X"]})
    rows = [("S1", "", name, name), ("S1", "", "other", "X"), ("S2", "", name, "A")]
    ask = {"row": name, "column": "other", "segment": name}
    for wanted in (NO_FILTER, NO_FILTER | {"filters": {name: [name]}}):
        found = run("describeMap", pack(book, rows), **ask, wanted=wanted)
        assert (found["cells"], found["nPlaced"]) == ([1, 0], 1)
        n_shown = 1 if wanted["filters"] else len(STUDIES)
        assert found["nShown"] == n_shown


# --- real maps ---

PEER_AXES = [
    ("function", "outcome", "design", None, None),
    ("function", "outcome", "design", None, 1),
    ("need", "outcome", "design", None, None),
    ("need", "outcome", "function", 1, None),
    ("outcome", "outcome", "design", 1, 1),
    ("country", "need", "", None, 1),
]
SMALL_AXES = [
    ("activity", "effect", "kind", None, None),
    ("activity", "effect", "kind", 2, 1),
    ("gardener", "effect", "kind", 1, None),
    ("certainty", "activity", "kind", None, None),
    ("nation", "gardener", "", None, None),
]


@pytest.mark.parametrize("axes", PEER_AXES, ids=str)
def test_the_peer_support_map_is_counted_alike(run, peer_support, peer_payload, axes):
    check_real_map(run, peer_support, peer_payload, *axes)


@pytest.mark.parametrize("axes", SMALL_AXES, ids=str)
def test_the_small_map_is_counted_alike(run, small_evidence, small_payload, axes):
    check_real_map(run, small_evidence, small_payload, *axes)


def check_real_map(run, evidence, payload, row, column, segment, row_level, column_level):
    ids = list(evidence.studies["study_id"])
    book, ask = evidence.codebook, {"row": row, "column": column, "segment": segment}
    grid = count_studies(
        evidence.codings,
        book,
        evidence.studies["study_id"],
        row=row,
        column=column,
        segment=segment or None,
        row_level=row_level,
        column_level=column_level,
    )
    folded = {
        "foldedRows": groups_at(book.dimension(row), row_level),
        "foldedColumns": groups_at(book.dimension(column), column_level),
    }
    found = run("describeMap", payload, **ask, **folded)
    expected = expect_map(grid, ids)
    for name in expected:
        assert found[name] == expected[name], name
    assert expected["nPlaced"] > 1


@pytest.mark.parametrize("row", ["function", "need"])
def test_the_gaps_of_the_peer_support_map_are_those_of_its_report(run, peer_support, peer_payload, row):
    parameters = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    gap_rules = GapRules(**{name: parameters[name] for name in GapRules.__dataclass_fields__})
    studies = peer_support.studies
    grid = count_studies(
        peer_support.codings,
        peer_support.codebook,
        studies["study_id"],
        row=row,
        column=parameters["column_dimension"],
        segment=parameters["segment_dimension"],
    )
    found = run(
        "describeGaps",
        peer_payload,
        row=row,
        column=parameters["column_dimension"],
        rules=settings_of(gap_rules, parameters["segment_dimension"]),
    )
    expected = expect_gaps(grid, dict(zip(studies["study_id"], studies["last_year"], strict=True)), gap_rules)
    assert found["cells"] == expected
    assert {flag for flags in expected.values() for flag in FLAGS.values() if flags & flag} == set(
        FLAGS.values()
    )


def test_studies_are_read_with_their_reports(run, small_evidence, small_payload):
    found = run("describeStudies", small_payload)
    studies, reports = small_evidence.studies, small_evidence.reports
    assert [study["id"] for study in found] == list(studies["study_id"])
    assert [study["label"] for study in found] == list(studies["label"])
    numbers = {"year": "year", "lastYear": "last_year", "nIncluded": "n_included_studies"}
    for name, column in numbers.items():
        assert [study[name] for study in found] == [None if pd.isna(n) else n for n in studies[column]]
    by_study = reports.groupby("study_id")["publication_id"].agg(set)
    assert [{report["id"] for report in study["reports"]} for study in found] == list(
        by_study[studies["study_id"]]
    )
    titles = dict(zip(reports["publication_id"], reports["title"], strict=True))
    assert all(report["title"] == titles[report["id"]] for study in found for report in study["reports"])
    assert max(len(study["reports"]) for study in found) > 1
