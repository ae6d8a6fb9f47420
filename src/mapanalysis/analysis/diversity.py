"""How varied the evidence is: spread over the codes of each dimension, combinations, what is not reported."""

from __future__ import annotations

import pandas as pd
from skbio.diversity.alpha import hill

from mapanalysis.analysis import volume
from mapanalysis.analysis.grid import ALL_SEGMENTS
from mapanalysis.analysis.volume import count_by_code, rank_codes
from mapanalysis.codebook import NOT_REPORTED, Codebook


def measure_diversity(
    codings: pd.DataFrame, codebook: Codebook, study_ids: pd.Series, segment: str
) -> pd.DataFrame:
    """How evenly the studies spread over the most specific codes of each dimension.

    One row per dimension: dimension, label, n_coded (studies with any code), n_not_reported, pct_not_reported,
    n_codes (in the codebook), n_used, hill_1 and hill_2 (effective numbers of codes: that many equally common
    codes would give the same diversity; order 1 is the exponential of Shannon's entropy, order 2 the inverse of
    Simpson's index), pct_even (hill_1 as a share of n_codes; missing for a dimension with an
    outside vocabulary, such as the countries of the world, which no map is expected to fill), top_code, top_label, n_top, pct_top (of the studies
    that report it). A study with several codes counts once in each.

    Source: Hill 1973, Ecology 54:427 (doi 10.2307/1934352); computed by scikit-bio.
    """
    rows = [
        _measure(
            count_by_code(codings, codebook, study_ids, dimension.id, segment), bool(dimension.vocabulary)
        )
        | {"dimension": dimension.id, "label": dimension.label}
        for dimension in codebook.dimensions
    ]
    first = ["dimension", "label"]
    frame = pd.DataFrame(rows)
    return frame[first + [column for column in frame if column not in first]]


def _measure(counts: pd.DataFrame, is_outside_vocabulary: bool) -> dict[str, object]:
    ranked = rank_codes(counts)
    used = ranked[ranked["n_studies"] > 0]
    n_coded = int(counts.loc[counts["segment_code"] == ALL_SEGMENTS, "n_coded"].max())
    n_not_reported = volume.count_not_reported(counts)
    n_reported = n_coded - n_not_reported
    top = used.iloc[0] if len(used) else None
    hill_1 = float(hill(used["n_studies"], order=1)) if len(used) else float("nan")
    hill_2 = float(hill(used["n_studies"], order=2)) if len(used) else float("nan")
    return {
        "n_coded": n_coded,
        "n_not_reported": n_not_reported,
        "pct_not_reported": _pct(n_not_reported, n_coded),
        "n_codes": len(ranked),
        "n_used": len(used),
        "hill_1": round(hill_1, 2),
        "hill_2": round(hill_2, 2),
        "pct_even": float("nan") if is_outside_vocabulary else _pct(hill_1, len(ranked)),
        "top_code": "" if top is None else top["code"],
        "top_label": "" if top is None else top["label"],
        "n_top": 0 if top is None else int(top["n_studies"]),
        "pct_top": _pct(0 if top is None else top["n_studies"], n_reported),
    }


def _pct(part: float, whole: float) -> float:
    return round(100 * part / whole, 1) if whole else float("nan")


def count_combinations(codings: pd.DataFrame, codebook: Codebook, dimension: str) -> pd.DataFrame:
    """Studies per exact set of codes of a dimension, most common first.

    One row per combination: combination (labels in codebook order, joined by " + "), n_codes, n_studies,
    pct_studies of the studies coded on this dimension. "Not reported" alone is a combination of no codes.
    """
    tree = codebook.dimension(dimension).tree
    order = pd.Series(range(len(tree)), index=tree.index)
    mine = codings.loc[codings["dimension"] == dimension, ["study_id", "code"]].drop_duplicates()
    mine = mine.assign(order=order[mine["code"]].to_numpy()).sort_values(["study_id", "order"])
    mine["label"] = tree.loc[mine["code"], "label"].to_numpy()
    mine["is_stated"] = mine["code"] != NOT_REPORTED
    sets = mine.groupby("study_id", sort=True).agg(
        combination=("label", " + ".join), n_codes=("is_stated", "sum")
    )
    counts = sets.groupby(["combination", "n_codes"], sort=True).size().rename("n_studies").reset_index()
    return counts.assign(pct_studies=(100 * counts["n_studies"] / max(len(sets), 1)).round(1)).sort_values(
        "n_studies", ascending=False, kind="stable", ignore_index=True
    )


def count_not_reported(
    codings: pd.DataFrame, codebook: Codebook, study_ids: pd.Series, segment: str
) -> pd.DataFrame:
    """How often studies do not say, per dimension that has the code "not reported".

    One row per dimension and segment code ("" for any): dimension, label, segment_code, n_not_reported, n_coded,
    pct_not_reported of n_coded (missing where no study of the segment is coded on the dimension).
    """
    frames = [
        count_by_code(codings, codebook, study_ids, dimension.id, segment, level=1)
        .query("code == @NOT_REPORTED")
        .assign(dimension=dimension.id, label=dimension.label)
        for dimension in codebook.dimensions
        if NOT_REPORTED in dimension.tree.index
    ]
    columns = ["dimension", "label", "segment_code", "n_studies", "n_coded", "pct_studies"]
    if not frames:
        return pd.DataFrame(columns=columns).rename(columns=_NOT_REPORTED_NAMES)
    return pd.concat(frames, ignore_index=True)[columns].rename(columns=_NOT_REPORTED_NAMES)


_NOT_REPORTED_NAMES = {"n_studies": "n_not_reported", "pct_studies": "pct_not_reported"}
