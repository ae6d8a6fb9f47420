"""Random maps, what the modules of the map on screen say of them, and what `analysis.grid` says in the same form."""

from __future__ import annotations

import json
from collections import defaultdict
from contextlib import contextmanager
from itertools import product
from pathlib import Path

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from mapanalysis.analysis.grid import count_studies
from mapanalysis.codebook import NOT_REPORTED, Codebook
from mapanalysis.viewer.bundle import join_modules
from mapanalysis.viewer.payload import pack_studies

DIMENSIONS = ("give", "measure", "design", "need")
ROLES = ("row", "column", "segment", "filter")
STUDIES = tuple(f"S{number}" for number in range(1, 11))
NO_FILTER = {"filters": {}, "years": None, "words": ""}


@contextmanager
def modules_in(browser):
    """Calls a function of `harness.js`, in a page that holds the modules as the map does."""
    harness = Path(__file__).with_name("harness.js").read_text(encoding="utf-8")
    page = browser.new_page()
    page.add_script_tag(content=join_modules() + harness)
    yield lambda name, payload, **ask: page.evaluate(
        f"given => {name}(JSON.parse(given))",
        json.dumps({"payload": payload, "ask": {"wanted": NO_FILTER} | ask}),
    )
    page.close()


def on_random_maps(test):
    """Runs a test with one source of chance after the other. (Maps drawn step by step come out small, and alike.)"""
    chances = st.randoms(use_true_random=True)
    return settings(max_examples=20, deadline=None, derandomize=True)(given(chance=chances)(test))


# --- random maps ---


def draw_tree(chance, name):
    """The codes of a dimension, up to four levels; one of them may be "not reported", wherever it stands."""
    n = chance.randint(1, 7)
    not_reported = chance.choice([None, None, *range(n)])
    codes, tops = [], []
    for number in range(n):
        id = NOT_REPORTED if number == not_reported else f"{name[0]}{number}"
        codes.append({"id": id, "label": f"{name} {number}", "codes": []})
        above = chance.choice([None, None, *codes[:-1]])
        (above["codes"] if above else tops).append(codes[-1])
    return tops


def ids_in(codes):
    return [each for code in codes for each in (code["id"], *ids_in(code["codes"]))]


def draw_map(chance):
    """A codebook with a scope, and codings as rows: study, finding, dimension, code."""
    codes = {name: draw_tree(chance, name) for name in DIMENSIONS}
    ids = {name: ids_in(tree) for name, tree in codes.items()}
    applies_to = {name: chance.choice(["", "", *ids["design"]]) for name in ("measure", "need")}
    book = Codebook.model_validate(
        {
            "title": "Test",
            "question": "What is there?",
            "dimensions": [
                {"id": name, "label": name.capitalize(), "role": role, "codes": codes[name]}
                | ({"applies_to": applies_to[name]} if name in applies_to else {})
                for name, role in zip(DIMENSIONS, ROLES, strict=True)
            ],
            "outside_scope": [draw_scope(chance, ids) for _ in range(chance.randint(0, 3))],
        }
    )
    rows = []
    for _ in range(chance.choice([0, *[80] * 9])):
        name = chance.choice(DIMENSIONS)
        finding = chance.choice(["", "", "f1", "f2"])
        rows.append((chance.choice(STUDIES), finding, name, chance.choice(ids[name])))
    return book, rows


def draw_scope(chance, ids):
    names = chance.sample(DIMENSIONS[:3], chance.choice([1, 2, 2, 3]))
    return {"codes": {name: chance.choice(ids[name]) for name in names}, "reason": "not looked for"}


def draw_axes(chance):
    """Three dimensions, now and then the same one twice; "" for undivided."""
    return {
        "row": chance.choice(["give", *DIMENSIONS]),
        "column": chance.choice(["measure", *DIMENSIONS]),
        "segment": chance.choice(["", "design", "design", "need", "give"]),
    }


def table_of(rows):
    return pd.DataFrame(rows, columns=["study_id", "finding_id", "dimension", "code"], dtype="str")


def pack(book, rows, study_ids=STUDIES, **columns):
    """The payload of a map without reports."""
    packed = pack_studies(book, pd.Series(study_ids, dtype="str"), table_of(rows))
    return packed | {"studies": packed["studies"] | columns, "reports": {}}


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
