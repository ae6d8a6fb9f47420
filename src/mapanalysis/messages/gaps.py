"""The grid and its gaps in words."""

from __future__ import annotations

import pandas as pd

from mapanalysis.analysis.gaps import KINDS, NOTES, GapRules
from mapanalysis.analysis.grid import ALL_SEGMENTS, NONE_FOUND, STUDIES, Grid
from mapanalysis.messages.words import Words, count, join, percent


def describe_gap_map(grid: Grid, segments: dict[str, str]) -> Words:
    """Words for `figures.plot_gap_map`: how many cells are empty, for each type of evidence."""
    cells = grid.cells[grid.cells["state"].isin([STUDIES, NONE_FOUND])]
    n_cells = int((cells["segment_code"] == ALL_SEGMENTS).sum())
    empty = (
        cells[cells["state"] == NONE_FOUND]
        .groupby("segment_code")
        .size()
        .reindex(list(segments), fill_value=0)
    )
    parts = [f"{label} {empty[code]}" for code, label in segments.items() if code != ALL_SEGMENTS]
    whole = cells[cells["segment_code"] == ALL_SEGMENTS]
    fullest = whole.loc[whole["n_studies"].idxmax()] if whole["n_studies"].any() else None
    most = (
        ""
        if fullest is None
        else f" The fullest cell is {grid.row.label_of(fullest['row_code'])} by "
        f"{grid.column.label_of(fullest['column_code'])}, with {count(int(fullest['n_studies']))}."
    )
    row, column = grid.row.dimension.label, grid.column.dimension.label
    return Words(
        f"{row} by {column}: {empty[ALL_SEGMENTS]} of {n_cells} cells "
        f"{'is' if empty[ALL_SEGMENTS] == 1 else 'are'} empty"
        + (f"; by type of evidence, {join(parts)}" if parts else ""),
        f"Heat map of {row} (rows) by {column} (columns). Numbers are distinct studies; hatched cells have none; "
        f"not reported stands apart.{most} The table holds every cell.",
        f"{grid.n_placed:,} of {count(grid.n_included)} placed; a study with several codes stands in several cells.",
    )


def describe_gaps(gaps: pd.DataFrame, grid: Grid, rules: GapRules) -> Words:
    """Words for the map of the kinds of gaps."""
    n = gaps["kind"].value_counts()
    parts = [f"{KINDS[kind].lower()} {n.get(kind, 0)}" for kind in rules.kinds if kind not in NOTES]
    row, column = grid.row.dimension.label, grid.column.dimension.label
    cells = grid.cells[grid.cells["segment_code"] == ALL_SEGMENTS]
    n_cells = int(cells["state"].isin([STUDIES, NONE_FOUND]).sum())
    lacking = gaps[~gaps["kind"].isin(list(NOTES))]
    plenty = [f"{KINDS[kind].lower()} {n.get(kind, 0)}" for kind in rules.kinds if kind in NOTES]
    return Words(
        f"{row} by {column}: gaps of some kind in {len(lacking[['row_code', 'column_code']].drop_duplicates())} of {n_cells} "
        "cells",
        f"Heat map of {row} by {column} with letters for the kinds of gaps. Cells per kind: {join(parts)}. "
        + (f"No lack of evidence: {join(plenty)}. " if plenty else "")
        + "The ranked table names them all.",
        f"{count(grid.n_placed)} placed; a cell can be a gap of several kinds.",
    )


def describe_not_placed(grid: Grid) -> str:
    """The accounting line of a grid: included = placed + not placed, with the reasons."""
    reasons = grid.accounting.loc[~grid.accounting["is_placed"], "reason"].value_counts(sort=True)
    why = "; ".join(f"{reason} ({n})" for reason, n in reasons.items())
    n_not = grid.n_included - grid.n_placed
    line = f"{count(grid.n_included)} included = {grid.n_placed:,} placed + {n_not:,} not placed"
    return f"{line}: {why}." if why else f"{line}."


GAP_COLUMNS = {
    "kind_label": "Kind",
    "row_label": "Row",
    "column_label": "Column",
    "n_studies": "Studies",
    "n_reviews": "Reviews",
    "n_primary": "Primary",
    "n_economic": "Economic",
    "newest_year": "Newest",
}
NEAR_COLUMNS = GAP_COLUMNS | {"neighbours": "Nearest evidence"}


def list_rules(rules: GapRules) -> pd.DataFrame:
    """One row per kind of gap that is looked for, with what makes a cell one: kind, kind_label, rule, note.

    The note is "" but for kinds that are no lack of evidence.
    """
    rows = [(kind, KINDS[kind], rule, NOTES.get(kind, "")) for kind, rule in rules.in_words().items()]
    return pd.DataFrame(rows, columns=["kind", "kind_label", "rule", "note"])


def label_gaps(gaps: pd.DataFrame) -> pd.DataFrame:
    """The gaps with `kind_label`: the kind and its rule in words."""
    return gaps.assign(kind_label=gaps["kind"].map(KINDS) + ": " + gaps["rule"])


def title_placements(grid: Grid) -> str:
    """What the list of studies by cell is called."""
    return f"The studies in each cell: {grid.row.dimension.label} by {grid.column.dimension.label}"


def title_ranked(grid: Grid) -> str:
    """What a table of ranked gaps holds."""
    return f"Gaps, most striking first: {grid.row.dimension.label} by {grid.column.dimension.label}"


def title_pair(grid: Grid, gaps: pd.DataFrame) -> str:
    """What a table of gaps over two other dimensions holds, and how many there are."""
    n = len(gaps.loc[~gaps["kind"].isin(list(NOTES)), ["row_code", "column_code"]].drop_duplicates())
    return f"{title_ranked(grid)} ({count(n, 'cell', 'cells')} with a gap)"


def describe_pairing(grid: Grid) -> str:
    """In how many places of a map the pair itself is not known to have been studied; not reported left out."""
    cells = grid.cells[(grid.cells["segment_code"] == ALL_SEGMENTS) & (grid.cells["state"] == STUDIES)]
    n = int(cells["n_studies"].sum())
    if not n:
        return "No study is placed."
    n_whole, n_cross = int(cells["n_co_coded"].sum()), int(cells["n_cross_product"].sum())
    return (
        f"{grid.row.dimension.label} by {grid.column.dimension.label}: of {n:,} places that studies take in the cells, "
        f"{percent(n_whole, n)} rest on codes of the whole study, not of a finding. In {percent(n_cross, n)} the study "
        "has several codes on both sides, so that this very pair may not have been studied."
    )
