"""What the evidence is like: sizes, lengths of follow-up, and the studies of one type."""

from __future__ import annotations

import pandas as pd

from mapanalysis.analysis.grid import ALL_SEGMENTS
from mapanalysis.analysis.volume import list_segments
from mapanalysis.codebook import Codebook

NUMBERS = ("n_participants", "n_included_studies", "followup_months")


def summarise_numbers(
    studies: pd.DataFrame, codings: pd.DataFrame, codebook: Codebook, segment: str
) -> pd.DataFrame:
    """Spread of each single-valued number, by type of evidence.

    One row per field and segment code ("" for any): field, unit, segment_code, n_studies, n_stated, median, q1,
    q3, minimum, maximum (missing when no study states it; quartiles by linear interpolation).
    """
    units = {field.id: field.unit for field in codebook.fields}
    by_segment = list_segments(codings, codebook, segment)
    long = pd.concat(
        [studies[["study_id"]].assign(segment_code=ALL_SEGMENTS), by_segment], ignore_index=True
    ).merge(studies[["study_id", *NUMBERS]], on="study_id", how="inner", validate="many_to_one")
    rows = []
    for field in NUMBERS:
        for segment_code in [ALL_SEGMENTS, *codebook.dimension(segment).codes_at(1)]:
            values = long.loc[long["segment_code"] == segment_code, field].astype("Float64")
            stated = values.dropna()
            quantiles = stated.quantile([0.5, 0.25, 0.75, 0, 1]).to_list() if len(stated) else [pd.NA] * 5
            names = ("median", "q1", "q3", "minimum", "maximum")
            rows.append(
                {
                    "field": field,
                    "unit": units.get(field, ""),
                    "segment_code": segment_code,
                    "n_studies": len(values),
                    "n_stated": len(stated),
                    **dict(zip(names, quantiles, strict=True)),
                }
            )
    return pd.DataFrame(rows).astype(dict.fromkeys(("median", "q1", "q3", "minimum", "maximum"), "Float64"))


def list_values(
    studies: pd.DataFrame, codings: pd.DataFrame, codebook: Codebook, segment: str, field: str
) -> pd.DataFrame:
    """One row per study that states `field` and segment it belongs to: study_id, segment_code, value."""
    stated = studies.loc[studies[field].notna(), ["study_id", field]].rename(columns={field: "value"})
    by_segment = list_segments(codings, codebook, segment)
    return by_segment.merge(stated, on="study_id", how="inner", validate="many_to_one")


def list_codes(codings: pd.DataFrame, codebook: Codebook, dimensions: list[str]) -> pd.DataFrame:
    """One row per study: study_id and, for each dimension, its codes' labels joined by "; " ("" when none)."""
    frame = pd.DataFrame(index=pd.Index(codings["study_id"].unique(), name="study_id"))
    for dimension_id in dimensions:
        tree = codebook.dimension(dimension_id).tree
        mine = codings.loc[codings["dimension"] == dimension_id, ["study_id", "code"]].drop_duplicates()
        position = pd.Series(range(len(tree)), index=tree.index)
        mine = mine.assign(position=position[mine["code"]].to_numpy()).sort_values(["study_id", "position"])
        labels = tree.loc[mine["code"], "label"].to_numpy()
        frame[dimension_id] = mine.assign(label=labels).groupby("study_id")["label"].agg("; ".join)
    return frame.fillna("").astype("str").reset_index()


def list_studies_of(
    studies: pd.DataFrame,
    codings: pd.DataFrame,
    codebook: Codebook,
    segment: str,
    segment_code: str,
    dimensions: list[str],
) -> pd.DataFrame:
    """The studies of one segment with their codes, newest first: study_id, label, year, title, then `dimensions`."""
    of_segment = list_segments(codings, codebook, segment).query("segment_code == @segment_code")
    listed = studies[studies["study_id"].isin(of_segment["study_id"])][["study_id", "label", "year", "title"]]
    listed = listed.merge(
        list_codes(codings, codebook, dimensions), on="study_id", how="left", validate="one_to_one"
    )
    return listed.sort_values(["year", "label"], ascending=[False, True], ignore_index=True)
