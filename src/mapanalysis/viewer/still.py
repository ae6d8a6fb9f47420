"""The counts of a map as a plain table, for readers whose browser runs no script."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import pandas as pd

from mapanalysis.analysis.grid import ALL_SEGMENTS, OUTSIDE_SCOPE, Axis, Grid, count_studies
from mapanalysis.messages import describe_not_placed
from mapanalysis.viewer.payload import unpack_studies

MOST_CELLS = 10_000  # beyond, groups stand for the codes below them


@dataclass(frozen=True)
class Heading:
    """A row or column heading: a code, and the group that it stands in; `group` is "" for a code of the top level."""

    code: str
    label: str
    group: str


@dataclass(frozen=True)
class Row:
    """Numbers of distinct studies, one for each column; None is a cell that was not looked for."""

    label: str
    cells: tuple[int | None, ...]
    total: int


@dataclass(frozen=True)
class Still:
    """The table. `columns` and `rows` are by group, neighbours of one group together; `totals` is the last row."""

    row_label: str
    column_label: str
    columns: tuple[tuple[str, tuple[str, ...]], ...]
    rows: tuple[tuple[str, tuple[Row, ...]], ...]
    totals: Row
    accounting: str

    @property
    def has_outside_scope(self) -> bool:
        """Whether a cell was not looked for."""
        return any(cell is None for _, rows in self.rows for row in rows for cell in row.cells)


def count_still(payload: dict[str, Any]) -> Still:
    """The counts of the view that the map opens with, of all studies: a study stands where it has a row, column and segment."""
    codebook, study_ids, codings = unpack_studies(payload)
    row, column = (codebook.dimension(payload["view"][name]) for name in ("row", "column"))
    segment = payload["view"]["segment"] or None
    level = None if len(row.tree) * len(column.tree) <= MOST_CELLS else 1
    grid = count_studies(
        codings[codings["dimension"].isin([row.id, column.id, segment])],
        codebook,
        study_ids,
        row=row.id,
        column=column.id,
        segment=segment,
        row_level=level,
        column_level=level,
    )
    of_columns = grid.columns["segment_code"] == ALL_SEGMENTS
    return Still(
        row_label=row.label,
        column_label=column.label,
        columns=tuple((name, tuple(one.label for one in group)) for name, group in _groups(grid.column)),
        rows=tuple((name, tuple(_rows(grid, group))) for name, group in _groups(grid.row)),
        totals=Row("Any", tuple(int(n) for n in grid.columns.loc[of_columns, "n_studies"]), grid.n_placed),
        accounting=describe_not_placed(grid),
    )


def _rows(grid: Grid, headings: list[Heading]) -> Iterator[Row]:
    numbers, states = grid.matrix(), grid.matrix("state")
    of_rows = grid.rows[grid.rows["segment_code"] == ALL_SEGMENTS]
    totals: pd.Series = of_rows.set_index("row_code")["n_studies"]
    for heading in headings:
        pairs = zip(numbers.loc[heading.code], states.loc[heading.code], strict=True)
        cells = tuple(None if state == OUTSIDE_SCOPE else int(n) for n, state in pairs)
        yield Row(heading.label, cells, int(totals[heading.code]))


def _groups(axis: Axis) -> Iterator[tuple[str, list[Heading]]]:
    for group, headings in groupby(_headings(axis), key=lambda heading: heading.group):
        yield group, list(headings)


def _headings(axis: Axis) -> Iterator[Heading]:
    """The codes of the axis. One that stands for itself beside its own codes says so."""
    for row in axis.dimension.tree.loc[list(axis.codes)].itertuples(index=False):
        above = _labels_above(axis, row.parent)
        if row.is_leaf or row.level == axis.level:
            name, group = row.label, above[0] if above else ""
        else:
            name, group = f"{row.label}, not specified further", above[0] if above else row.label
        yield Heading(row.code, ": ".join([*above[1:], name]), group)


def _labels_above(axis: Axis, code: str) -> list[str]:
    """The labels of `code` and of the codes above it, the top one first."""
    tree = axis.dimension.tree
    labels: list[str] = []
    while code:
        labels.insert(0, str(tree.at[code, "label"]))
        code = tree.at[code, "parent"]
    return labels
