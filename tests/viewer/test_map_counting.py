"""The map on screen counts as `analysis.grid` does, in every number, and finds the gaps that `analysis.gaps` finds.

Both are given the same codebooks and codings: random ones, and two real maps. Where the map does what the tables cannot
(groups folded one by one), the expectation is written in plain sets.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import product
from pathlib import Path

import pandas as pd
import pytest
import yaml
from random_maps import (
    STUDIES,
    codes_above,
    count_map,
    draw_axes,
    draw_map,
    expect_lists,
    expect_map,
    groups_at,
    modules_in,
    on_random_maps,
    own_key,
    pack,
    table_of,
)

from mapanalysis.analysis.gaps import KINDS, GapRules, describe_studies, find_gaps, name_codes
from mapanalysis.analysis.grid import count_studies
from mapanalysis.codebook import NOT_REPORTED
from mapanalysis.evidence import suit_rules
from mapanalysis.viewer.payload import pack_rules

ROOT = Path(__file__).resolve().parents[2]
FLAGS = dict(zip(KINDS, (1, 2, 4, 8, 16, 32, 64, 128), strict=True))


@pytest.fixture(scope="module")
def run(browser):
    with modules_in(browser) as run:
        yield run


@on_random_maps
def test_every_number_is_that_of_the_tables(run, chance):
    book, rows = draw_map(chance)
    ask = draw_axes(chance)
    levels = [chance.choice([1, 2, 3, None]) for _ in range(2)]
    folded = {
        "foldedRows": groups_at(book.dimension(ask["row"]), levels[0]),
        "foldedColumns": groups_at(book.dimension(ask["column"]), levels[1]),
    }
    grid = count_map(book, rows, STUDIES, ask, *levels)
    assert run("describeMap", pack(book, rows), **ask, **folded) == expect_map(grid, STUDIES)


@on_random_maps
def test_what_was_not_looked_for_is_that_of_the_tables(run, chance):
    """Without studies, which would be shown also where none were looked for."""
    book, _ = draw_map(chance)
    ask = draw_axes(chance)
    found = run("describeMap", pack(book, []), **ask)
    assert found["states"] == expect_map(count_map(book, [], STUDIES, ask), STUDIES)["states"]


# --- folded one by one, many segments ---


def item_key(dimension, code, folded):
    """The item a code belongs to: its highest folded ancestor or itself; marked where it is an open group."""
    for each in [*reversed(codes_above(dimension, code)), code]:
        if each in folded:
            return each
    return code if dimension.tree.at[code, "is_leaf"] else f"{code}!"


def commonest(dimension, rows, most):
    """The top codes that keep a segment of their own, when there are more than `most`."""
    tops = dimension.codes_at(1)
    studies = {
        top: {s for s, _, d, c in rows if d == dimension.id and top in [c, *codes_above(dimension, c)]}
        for top in tops
    }
    ranked = sorted(tops, key=lambda top: -len(studies[top]))
    return ranked[: most - 1] if len(tops) > most else ranked


@on_random_maps
def test_groups_fold_one_by_one_and_rare_segments_are_one(run, chance):
    book, rows = draw_map(chance)
    ask = draw_axes(chance)
    most = chance.choice([2, 3, 12])
    dimensions = [book.dimension(ask[name]) for name in ("row", "column")]
    folded = [{code for code in dimension.tree.index if chance.random() < 0.4} for dimension in dimensions]
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
    position = {study: number for number, study in enumerate(STUDIES)}
    lists, _ = expect_lists(grid, position, lambda code: code if code in kept else "!")
    assert found["lists"] == lists
    keys = [keys_in_order(*each, rows) for each in zip(dimensions, folded, strict=True)]
    assert [found["rows"], found["columns"]] == keys
    expected = expect_cells(grid, rows, dimensions, folded, keys)
    assert {name: found[name] for name in expected} == expected


def keys_in_order(dimension, folded, rows):
    used = {code for _, _, name, code in rows if name == dimension.id}
    keys = {code: item_key(dimension, code, folded) for code in dimension.tree.index}
    return list(dict.fromkeys(key for code, key in keys.items() if not key.endswith("!") or code in used))


def expect_cells(grid, rows, dimensions, folded, keys):
    """The cells of folded axes, from the placements of a grid that has all levels."""
    whole = [whole_items(rows, *each) for each in zip(dimensions, folded, strict=True)]
    several = {study for study in STUDIES if all(len(items[study]) > 1 for items in whole)}
    is_true = defaultdict(bool)
    for study, row, column, *_, is_co_coded, _ in grid.placements.itertuples(index=False):
        cell = item_key(dimensions[0], row, folded[0]), item_key(dimensions[1], column, folded[1]), study
        is_true[cell] |= not is_co_coded
    expected = {"cells": [], "coCoded": [], "cross": []}
    for cell in product(*keys):
        studies = {study for study in STUDIES if (*cell, study) in is_true}
        co_coded = {study for study in studies if not is_true[*cell, study]}
        for name, found in zip(expected, (studies, co_coded, co_coded & several), strict=True):
            expected[name].append(len(found))
    return expected


def whole_items(rows, dimension, folded):
    """Study → the items of its codes of the whole study."""
    items = defaultdict(set)
    for study, finding, name, code in rows:
        if name == dimension.id and not finding:
            items[study].add(item_key(dimension, code, folded))
    return items


# --- gaps ---


@on_random_maps
def test_gaps_are_those_of_the_tables(run, chance):
    book, rows = draw_map(chance)
    ask = draw_axes(chance) | {"segment": "design"}
    rules = draw_rules(chance, book)
    last_years = [chance.choice([None, 2018, 2019, 2020, 2021, 2022]) for _ in STUDIES]
    studies = pd.DataFrame({"study_id": STUDIES, "last_year": pd.array(last_years, "Int64")})
    looked_at = describe_studies(studies, table_of(rows), book, rules)
    payload = pack(book, rows, lastYear=last_years, isLow=[int(one) for one in looked_at["is_low"]])
    found = run("describeGaps", payload, **ask, rules=pack_rules(rules, "design"))
    assert found["cells"] == expect_gaps(count_map(book, rows, STUDIES, ask), looked_at, rules)
    assert found["rules"] == [[FLAGS[kind], KINDS[kind], words] for kind, words in rules.in_words().items()]


def draw_rules(chance, book):
    """Thresholds, around what a random map has; a dimension of quality, and one of countries, of which one is home."""
    design = book.dimension("design").codes_at(1)
    review, economic = chance.sample([*design, "", ""], 2)
    quality, country = chance.choice(["", "need", "measure"]), chance.choice(["", "need", "give"])
    codes = book.dimension(country).tree.index if country else []
    country_of = {code: chance.choice(["", "north", "south"]) for code in codes}
    rules = GapRules(
        2024, review, economic, *(chance.randint(1, 2) for _ in range(6)), chance.randint(1, 6), chance.randint(1, 6),
        quality_dimension=quality, low_quality_codes=draw_codes(chance, book, quality),
        country_dimension=country, country_of=country_of,
        home_codes=[code for code, one in country_of.items() if one == "north"] if chance.random() < 0.7 else [],
    )  # fmt: skip
    return name_codes(rules, book)


def draw_codes(chance, book, name):
    codes = [code for code in book.dimension(name).tree.index if code != NOT_REPORTED] if name else []
    return chance.sample(codes, chance.randint(0, len(codes)))


def expect_gaps(grid, looked_at, rules):
    """The flags of each cell, by the keys of its row and column."""
    flags = dict.fromkeys(product(grid.row.codes, grid.column.codes), 0)
    gaps = find_gaps(grid, looked_at, rules)
    for kind, row, column in gaps[["kind", "row_code", "column_code"]].itertuples(index=False):
        flags[row, column] += FLAGS[kind]
    return {
        f"{own_key(grid.row, row)} | {own_key(grid.column, column)}": n for (row, column), n in flags.items()
    }


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
    given = GapRules(
        **{name: parameters[name] for name in GapRules.__dataclass_fields__ if name in parameters}
    )
    rules, looked_at = suit_rules(peer_support, given)
    axes = {"row": row, "column": parameters["column_dimension"]}
    segment = parameters["segment_dimension"]
    grid = count_studies(
        peer_support.codings, peer_support.codebook, looked_at["study_id"], **axes, segment=segment
    )
    found = run("describeGaps", peer_payload, **axes, rules=pack_rules(rules, segment))
    expected = expect_gaps(grid, looked_at, rules)
    assert found["cells"] == expected
    seen = {kind for flags in expected.values() for kind, flag in FLAGS.items() if flags & flag}
    assert seen >= set(KINDS) - ({"cluster"} if row == "need" else set())


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
