"""Codebooks, codings and grids as text, so that a test shows its input and its expectation as tables.

    give      measure     design
S1  A B       X           trial
S2  f1: A     f1: X       review
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import pandas as pd
import yaml

from mapanalysis.analysis.grid import (
    ALL_SEGMENTS,
    NONE_FOUND,
    OUTSIDE_SCOPE,
    Grid,
    count_studies,
)
from mapanalysis.codebook import NOT_REPORTED, Codebook, parse_codebook

ROLES = ("row", "column", "segment", "filter", "filter", "filter")
ANY = "any"


def codebook(
    outside_scope: Iterable[str] = (), applies_to: dict[str, str] | None = None, **axes: str
) -> Codebook:
    """A codebook from `dimension="A B(B1 B2)"`: codes below others stand in brackets. The first dimension is the
    row, the second the column, the third the segment. `outside_scope` takes "give=A measure=X".
    """
    raw = {
        "title": "Test",
        "question": "What is there?",
        "dimensions": [
            {"id": name, "label": name.capitalize(), "role": role, "codes": _parse_codes(codes)}
            | ({"applies_to": applies_to[name]} if applies_to and name in applies_to else {})
            for (name, codes), role in zip(axes.items(), ROLES, strict=False)
        ],
        "outside_scope": [
            {"codes": dict(part.split("=") for part in rule.split()), "reason": "not looked for"}
            for rule in outside_scope
        ],
    }
    return parse_codebook(yaml.safe_dump(raw).encode())


def _parse_codes(text: str) -> list[dict[str, object]]:
    """The codes of "A B(B1 B2)" as the codebook writes them."""
    above: list[list[dict[str, object]]] = [[]]
    for word in re.findall(r"[^\s()]+|[()]", text):
        if word == "(":
            above.append(above[-1][-1].setdefault("codes", []))  # type: ignore[arg-type]
        elif word == ")":
            above.pop()
        else:
            above[-1].append({"id": word, "label": f"Code {word}"})
    return above[0]


def rows_of(table: str) -> list[list[str]]:
    """The cells of a table whose columns are separated by `|`; the line under the head is for the eye only."""
    lines = [line.strip() for line in table.strip().splitlines()]
    return [
        [cell.strip() for cell in line.split("|")] for line in lines if line and not set(line) <= set("-+ |")
    ]


def codings(table: str) -> pd.DataFrame:
    """Codings from a table with the columns study, finding (may be absent) and one per dimension; several codes of
    a cell are separated by spaces.
    """
    head, *rows = rows_of(table)
    long = []
    for row in rows:
        cells = dict(zip(head, row, strict=True))
        study, finding = cells.pop("study"), cells.pop("finding", "")
        long += [(study, finding, name, code) for name, codes in cells.items() for code in codes.split()]
    return pd.DataFrame(long, columns=["study_id", "finding_id", "dimension", "code"], dtype="str")


def included(table: str) -> pd.Series:
    """The studies of such a table, coded or not, each once."""
    return pd.Series(list(dict.fromkeys(row[0] for row in rows_of(table)[1:])), dtype="str")


def count(table: str, book: Codebook, **options: object) -> Grid:
    """The grid of a table of codings: first dimension by second, by third when there is one."""
    roles = {"row": "row", "column": "column", "segment": "segment"}
    axes = {name: book.with_role(role)[0].id for name, role in roles.items() if book.with_role(role)}  # type: ignore[arg-type]
    return count_studies(codings(table), book, included(table), **(axes | options))  # type: ignore[arg-type]


def draw(grid: Grid, segment: str = ALL_SEGMENTS) -> list[list[str]]:
    """The cells of one segment with their margins, as `rows_of` reads them.

    `2` studies · `.` none found · `/` outside the scope · `(2)` not reported. The last row and column, `any`, are the
    margins; their corner is the whole map.
    """
    cells = grid.cells[grid.cells["segment_code"] == segment].set_index(["row_code", "column_code"])
    rows, columns = (
        frame[frame["segment_code"] == segment].set_index(name)["n_studies"]
        for frame, name in ((grid.rows, "row_code"), (grid.columns, "column_code"))
    )
    total = grid.segments.set_index("segment_code")["n_studies"][segment]
    marks = {NONE_FOUND: ".", OUTSIDE_SCOPE: "/"}
    drawn = [["", *columns.index, ANY]]
    for row in rows.index:
        line = [cells.loc[(row, column)] for column in columns.index]
        drawn.append([row, *(_draw_cell(cell, marks) for cell in line), str(rows[row])])
    return [*drawn, [ANY, *(str(n) for n in columns), str(total)]]


def _draw_cell(cell: pd.Series, marks: dict[str, str]) -> str:
    n, state = str(cell["n_studies"]), cell["state"]
    if state == NOT_REPORTED:
        return f"({n})"
    if state in marks:
        assert n == "0", f"{state} with {n} studies"
        return marks[state]
    return n


def draw_flags(grid: Grid) -> list[list[str]]:
    """The cells that hold studies, all segments together, with what the placements rest on."""
    cells = grid.cells[(grid.cells["segment_code"] == ALL_SEGMENTS) & (grid.cells["n_studies"] > 0)]
    names = ["row_code", "column_code", "n_studies", "n_co_coded", "n_cross_product"]
    return [
        ["row", "column", "studies", "co-coded", "cross product"],
        *cells[names].astype(str).to_numpy().tolist(),
    ]


def draw_accounting(grid: Grid) -> list[list[str]]:
    """Every included study, placed or the reason why not."""
    shown = grid.accounting.assign(is_placed=grid.accounting["is_placed"].map({True: "yes", False: "no"}))
    return [["study", "placed", "reason"], *shown.to_numpy().tolist()]
