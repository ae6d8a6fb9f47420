"""How well each source did: what it found, what nobody else found, and how much of it was included.

Source: Bethel, Rogers and Abbott 2021, Use of a search summary table, J Med Libr Assoc 109:97-106. Sensitivity and
precision as in the Cochrane Handbook (5.1, 6.4.4), but relative: what exists is not known, so that the included reports
stand for it.
"""

from __future__ import annotations

import pandas as pd

MEASURES = ["n_found", "n_unique", "n_included", "n_included_unique"]


def summarise_search(records: pd.DataFrame, included: pd.Series) -> pd.DataFrame:
    """One row per source, in the order of their names, and one for all together (source "").

    `records` has record_id, source, publication_id; `included` are the publication_ids included. Columns: source,
    n_records, n_found (different publications), n_unique (of these, those that no other source has), n_included and
    n_included_unique (the same of included ones), pct_sensitivity (n_included as % of all included), pct_precision
    (as % of n_found), ratio_to_read (n_found for each included). A share of nothing is missing.
    """
    found = records[["source", "publication_id"]].drop_duplicates()
    is_unique = ~found["publication_id"].duplicated(keep=False)
    is_included = found["publication_id"].isin(included)
    flags = found.assign(
        n_found=True, n_unique=is_unique, n_included=is_included, n_included_unique=is_unique & is_included
    )
    whole = flags.drop_duplicates("publication_id")[MEASURES].sum().to_frame().T.assign(source="")
    counts = pd.concat([flags.groupby("source", sort=True)[MEASURES].sum().reset_index(), whole])
    n_records = records["source"].value_counts().to_dict() | {"": len(records)}
    counts.insert(1, "n_records", counts["source"].map(n_records))
    counts = counts.astype(dict.fromkeys(["n_records", *MEASURES], "Int64")).reset_index(drop=True)
    return counts.assign(
        pct_sensitivity=_percent(counts["n_included"], included.nunique()),
        pct_precision=_percent(counts["n_included"], counts["n_found"]),
        ratio_to_read=_ratio(counts["n_found"], counts["n_included"]).round(1),
    )


def count_search_by_segment(
    records: pd.DataFrame, reports: pd.DataFrame, of_type: pd.DataFrame, segments: list[str]
) -> pd.DataFrame:
    """The included reports of each source by type of evidence: one row per segment and source, in their orders.

    `reports` has publication_id and study_id; `of_type` (study_id, segment_code) says which studies are of which of
    the `segments`: a report of a study of two types counts in both. Columns: segment_code, source, n_included, n_all
    (included reports of the type, from any source), pct_sensitivity (the first as % of the second).
    """
    types = of_type[of_type["segment_code"].isin(segments)].drop_duplicates()
    typed = reports[["publication_id", "study_id"]].merge(types, on="study_id", validate="many_to_many")
    n_all = typed.groupby("segment_code", sort=False)["publication_id"].nunique()
    found = records[["source", "publication_id"]].drop_duplicates()
    found = found.merge(typed, on="publication_id", validate="many_to_many")
    n_included = found.groupby(["segment_code", "source"])["publication_id"].nunique()
    sources = sorted(records["source"].unique())
    every = pd.MultiIndex.from_product([segments, sources], names=["segment_code", "source"])
    counts = n_included.reindex(every, fill_value=0).astype("Int64").rename("n_included").reset_index()
    counts["n_all"] = counts["segment_code"].map(n_all).fillna(0).astype("Int64")
    return counts.assign(pct_sensitivity=_percent(counts["n_included"], counts["n_all"]))


def _percent(part: pd.Series, whole: pd.Series | int) -> pd.Series:
    return (100 * _ratio(part, whole)).round(1)


def _ratio(part: pd.Series, whole: pd.Series | int) -> pd.Series:
    """A share of nothing is not known."""
    of = pd.Series(whole, index=part.index).astype("Float64")
    return part.astype("Float64") / of.mask(of == 0)
