"""How much evidence there is: studies by year and by code, by type of evidence."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mapanalysis.analysis.grid import ALL_SEGMENTS, count_studies
from mapanalysis.codebook import NOT_REPORTED, Codebook


def list_segments(codings: pd.DataFrame, codebook: Codebook, segment: str, level: int = 1) -> pd.DataFrame:
    """One row per study and segment: study_id, segment_code at `level` of the dimension `segment`."""
    dimension = codebook.dimension(segment)
    mine = codings.loc[codings["dimension"] == segment, ["study_id", "code"]]
    segment_code = dimension.at_level(level)[mine["code"]].to_numpy()
    return mine[["study_id"]].assign(segment_code=segment_code).drop_duplicates(ignore_index=True)


def count_by_year(
    studies: pd.DataFrame,
    codings: pd.DataFrame,
    codebook: Codebook,
    segment: str,
    open_from: int | None = None,
) -> pd.DataFrame:
    """Studies per year of their first report.

    One row per year and segment code ("" for any): year, segment_code, n_studies, n_cumulative, is_complete. Every
    year between the first and the last is there, also without studies; the last is that of the newest study, or the
    one before `open_from`, the first year that is not complete (None: all are). Studies without a year are the rows
    with a missing year, and have no part in n_cumulative.
    """
    dated = studies[["study_id", "year"]]
    by_segment = list_segments(codings, codebook, segment).merge(
        dated, on="study_id", how="inner", validate="many_to_one"
    )
    long = pd.concat([dated.assign(segment_code=ALL_SEGMENTS), by_segment], ignore_index=True)
    years = [int(year) for year in dated["year"].dropna()]
    last = max([*years, *([open_from - 1] if open_from else [])], default=0)
    span = list(range(min(years), last + 1)) if years else []
    segments = [ALL_SEGMENTS, *codebook.dimension(segment).codes_at(1)]
    index = pd.MultiIndex.from_product([span, segments], names=["year", "segment_code"])
    known = long[long["year"].notna()]
    counted = known.groupby(["year", "segment_code"], observed=True)["study_id"].nunique()
    counts = counted.reindex(index, fill_value=0).rename("n_studies").reset_index()
    counts["n_cumulative"] = counts.groupby("segment_code")["n_studies"].cumsum().astype("Int64")
    unknown = long[long["year"].isna()].groupby("segment_code")["study_id"].nunique()
    rest = (
        unknown.reindex(segments, fill_value=0).rename("n_studies").rename_axis("segment_code").reset_index()
    )
    both = pd.concat([counts, rest.assign(year=pd.NA, n_cumulative=pd.NA)], ignore_index=True)
    both = both.astype({"year": "Int64", "n_cumulative": "Int64"})
    both["is_complete"] = (both["year"] < (open_from or np.inf)).fillna(False).astype("bool")
    return both[["year", "segment_code", "n_studies", "n_cumulative", "is_complete"]]


def count_by_code(
    codings: pd.DataFrame,
    codebook: Codebook,
    study_ids: pd.Series,
    dimension: str,
    segment: str,
    level: int | None = None,
) -> pd.DataFrame:
    """Studies per code of one dimension, the whole codebook of it.

    One row per code and segment code ("" for any): code, label, group, group_label, segment_code, n_studies,
    n_coded (studies coded on this dimension: the denominator), pct_studies of these.
    """
    grid = count_studies(
        codings, codebook, study_ids, row=dimension, column=segment, row_level=level, column_level=1
    )
    whole = grid.rows[grid.rows["segment_code"] == ALL_SEGMENTS].rename(columns={"row_code": "code"})
    cells = grid.cells[grid.cells["segment_code"] == ALL_SEGMENTS].rename(
        columns={"row_code": "code", "segment_code": "any", "column_code": "segment_code"}
    )
    counts = pd.concat([whole, cells[["code", "segment_code", "n_studies"]]], ignore_index=True)
    per_segment = grid.columns[grid.columns["segment_code"] == ALL_SEGMENTS]
    n_coded = {ALL_SEGMENTS: grid.n_placed, **dict(per_segment[["column_code", "n_studies"]].to_numpy())}
    tree = codebook.dimension(dimension).tree
    group = codebook.dimension(dimension).at_level(1)[counts["code"]].to_numpy()
    counts = counts.assign(
        label=tree.loc[counts["code"], "label"].to_numpy(),
        group=group,
        group_label=tree.loc[group, "label"].to_numpy(),
        n_coded=counts["segment_code"].map(n_coded).astype("int64"),
    )
    pct = 100 * counts["n_studies"] / counts["n_coded"].where(counts["n_coded"] > 0)
    columns = ["code", "label", "group", "group_label", "segment_code", "n_studies", "n_coded", "pct_studies"]
    order = {code: position for position, code in enumerate(tree.index)}
    segment_order = {code: position for position, code in enumerate([ALL_SEGMENTS, *grid.column.codes])}
    return counts.assign(pct_studies=pct.astype("Float64").round(1)).sort_values(
        ["segment_code", "code"],
        key=lambda values: values.map(order if values.name == "code" else segment_order),
        ignore_index=True,
    )[columns]


def rank_codes(counts: pd.DataFrame) -> pd.DataFrame:
    """The rows of `count_by_code` for any segment, without "not reported", most studies first (ties: codebook)."""
    whole = counts[(counts["segment_code"] == ALL_SEGMENTS) & (counts["code"] != NOT_REPORTED)]
    return whole.sort_values("n_studies", ascending=False, kind="stable", ignore_index=True)


def count_not_reported(counts: pd.DataFrame, segment_code: str = ALL_SEGMENTS) -> int:
    """Studies of a segment whose code in `counts` is "not reported"."""
    rows = counts[(counts["code"] == NOT_REPORTED) & (counts["segment_code"] == segment_code)]
    return int(rows["n_studies"].sum())
