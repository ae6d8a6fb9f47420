"""Which codes go together: studies that have both, beside what their numbers alone would lead one to expect."""

from __future__ import annotations

import pandas as pd

from mapanalysis.analysis.grid import ALL_SEGMENTS, count_studies
from mapanalysis.codebook import NOT_REPORTED, Codebook
from mapanalysis.errors import Problem, UsageError

COLUMNS = ["row_code", "row_label", "column_code", "column_label", "n_row", "n_column", "n_both", "n_studies"]


def count_together(
    codings: pd.DataFrame,
    codebook: Codebook,
    study_ids: pd.Series,
    row: str,
    column: str,
    minimum_expected: float,
) -> pd.DataFrame:
    """How often codes of two dimensions, or of one, are coded together.

    One row per pair, in the order of the codebook: row_code, row_label, column_code, column_label, n_row and n_column
    (studies with either code, among n_studies), n_both, n_studies (that report both dimensions, in one finding where
    findings are coded), n_expected (n_row x n_column / n_studies), lift (n_both / n_expected; missing where nothing
    is expected), is_enough (n_expected is at least `minimum_expected`: below it one study more or less moves the lift
    far). Within one dimension each pair stands once. A lift is a description: it is not tested.

    Raises UsageError for a minimum below 0, and as `grid.count_studies`.
    """
    if minimum_expected < 0:
        raise UsageError(
            Problem(
                f"the parameter minimum_expected_studies is {minimum_expected}; it must be 0 or more",
                "Set it in params.yaml.",
            )
        )
    stated = codings[codings["code"] != NOT_REPORTED]
    grid = count_studies(stated, codebook, study_ids, row=row, column=column)
    cells = grid.cells.loc[
        grid.cells["segment_code"] == ALL_SEGMENTS, ["row_code", "column_code", "n_studies"]
    ]
    cells = cells[(cells[["row_code", "column_code"]] != NOT_REPORTED).all(axis=1)]
    if row == column:
        position = {code: place for place, code in enumerate(grid.row.codes)}
        cells = cells[cells["row_code"].map(position) < cells["column_code"].map(position)]
    rows, columns = (
        margin[margin["segment_code"] == ALL_SEGMENTS].set_index(name)["n_studies"]
        for margin, name in ((grid.rows, "row_code"), (grid.columns, "column_code"))
    )
    pairs = cells.rename(columns={"n_studies": "n_both"}).assign(
        row_label=[grid.row.label_of(code) for code in cells["row_code"]],
        column_label=[grid.column.label_of(code) for code in cells["column_code"]],
        n_row=rows[cells["row_code"]].to_numpy(),
        n_column=columns[cells["column_code"]].to_numpy(),
        n_studies=grid.n_placed,
    )
    expected = pairs["n_row"] * pairs["n_column"] / max(grid.n_placed, 1)
    lift = (pairs["n_both"] / expected.where(expected > 0)).astype("Float64")
    return (
        pairs[COLUMNS]
        .assign(
            n_expected=expected.round(2),
            lift=lift.round(2),
            is_enough=(expected > 0) & (expected >= minimum_expected),
        )
        .reset_index(drop=True)
    )


def rank_together(pairs: pd.DataFrame, most: int) -> pd.DataFrame:
    """The pairs with enough expected that stand out most: `most` above chance, then `most` below it.

    The columns of `count_together` and direction (`more`, `less`); furthest from chance first, as a ratio, ties by
    studies expected. Pairs just as common as expected are in neither.
    """
    judged = pairs[pairs["is_enough"]]
    more = judged[judged["lift"] > 1].sort_values(["lift", "n_expected"], ascending=False, kind="stable")
    less = judged[judged["lift"] < 1].sort_values(
        ["lift", "n_expected"], ascending=[True, False], kind="stable"
    )
    return pd.concat(
        [more.head(most).assign(direction="more"), less.head(most).assign(direction="less")],
        ignore_index=True,
    )
