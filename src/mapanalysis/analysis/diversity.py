"""How varied the evidence is: spread over the codes of each dimension, combinations, what is not reported."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from skbio.diversity.alpha import gini_index, hill

from mapanalysis.analysis import volume
from mapanalysis.analysis.grid import ALL_SEGMENTS
from mapanalysis.analysis.incidence import (
    ORDERS,
    Incidence,
    Z,
    estimate_coverage,
    list_codes_seen,
    measure_hill,
    resample_hill,
)
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


HILL_COLUMNS = ["n_studies", "n_possible", "pct_coverage", "order", "hill", "hill_low", "hill_high"]


def list_dimensions_seen(codings: pd.DataFrame, codebook: Codebook, *without: str) -> list[Incidence]:
    """Which studies have which codes, for each dimension of the codebook but those named."""
    return [list_codes_seen(codings, one) for one in codebook.dimensions if one.id not in without]


def measure_hill_by_segment(
    parts: Iterable[Incidence],
    codings: pd.DataFrame,
    codebook: Codebook,
    segment: str,
    n_bootstrap: int,
    seed: int,
) -> pd.DataFrame:
    """Hill numbers of each dimension, for all studies and by type of evidence.

    One row per part, segment code ("" for any) and order 0, 1, 2: name, label, segment_code, n_studies (that report it), n_possible (codes in the codebook),
    pct_coverage (sample coverage), order, hill, hill_low, hill_high. The interval is the number plus and minus 1.96
    standard errors from `n_bootstrap` draws of whole studies, cut off at 1 and at n_possible; missing for fewer than
    `incidence.FEWEST_STUDIES`. Numbers of types with unlike coverage are not compared like for like, those of order 0 least.

    Source: Chao et al. 2014, Ecological Monographs 84:45 (doi 10.1890/13-0133.1): the orders, and the form of the interval.
    """
    types = volume.list_segments(codings, codebook, segment)
    rows = []
    for seen in parts:
        rows.append(_hill_rows(seen, n_bootstrap, seed).assign(segment_code=ALL_SEGMENTS))
        for segment_code in codebook.dimension(segment).codes_at(1):
            mine = seen.of(types.loc[types["segment_code"] == segment_code, "study_id"])
            rows.append(_hill_rows(mine, n_bootstrap, seed).assign(segment_code=segment_code))
    return _as_hill_table(rows, "segment_code")


def measure_hill_by_year(
    parts: Iterable[Incidence], studies: pd.DataFrame, n_bootstrap: int, seed: int
) -> pd.DataFrame:
    """Hill numbers of each dimension over the studies up to the end of each year; those without a year left out.

    One row per part, year and order: name, label, year, and as `measure_hill_by_segment`.
    """
    dated = studies.loc[studies["year"].notna(), ["study_id", "year"]]
    rows = []
    for seen in parts:
        years = dated.loc[dated["study_id"].isin(seen.study_ids), "year"]
        for year in sorted(years.unique()):
            so_far = seen.of(dated.loc[dated["year"] <= year, "study_id"])
            rows.append(_hill_rows(so_far, n_bootstrap, seed).assign(year=year))
    return _as_hill_table(rows, "year").astype({"year": "Int64"})


def _hill_rows(seen: Incidence, n_bootstrap: int, seed: int) -> pd.DataFrame:
    numbers = measure_hill(seen.frequencies)
    error = Z * resample_hill(seen, n_bootstrap, seed)
    most = np.inf if seen.n_possible is None else max(seen.n_possible, 1)
    return pd.DataFrame(
        {
            "name": seen.name,
            "label": seen.label,
            "n_studies": seen.n_studies,
            "n_possible": pd.array([seen.n_possible] * len(ORDERS), dtype="Int64"),
            "pct_coverage": round(100 * estimate_coverage(seen.frequencies, seen.n_studies), 1),
            "order": ORDERS,
            "hill": numbers.round(2),
            "hill_low": np.clip(numbers - error, 1, most).round(2),
            "hill_high": np.clip(numbers + error, 1, most).round(2),
        }
    )


def _as_hill_table(rows: list[pd.DataFrame], by: str) -> pd.DataFrame:
    columns = ["name", "label", by, *HILL_COLUMNS]
    return pd.concat(rows, ignore_index=True)[columns] if rows else pd.DataFrame(columns=columns)


def measure_concentration(parts: Iterable[Incidence], codebook: Codebook) -> pd.DataFrame:
    """How much of the evidence stands on the commonest codes of each dimension.

    One row per dimension that any study reports: name, label, n_studies (that report it), n_codes (in the codebook;
    missing for an outside vocabulary), n_used, top_label, n_top, pct_top (of n_studies), top_3_labels, n_top_3,
    pct_top_3 (different studies with any of the three commonest codes), gini (of the studies per code over all
    codes of the codebook: 0 all alike, towards 1 all in one; missing for an outside vocabulary), pct_alike (chance
    that two codings drawn at random are of the same code: Simpson's index). Ties stand in the order of the codebook.

    Source: Gini 1912 and Simpson 1949, Nature 163:688 (doi 10.1038/163688a0); the Gini index is computed by scikit-bio.
    """
    rows = []
    for seen in (seen for seen in parts if seen.n_studies):
        tree = codebook.dimension(seen.name).tree
        order = np.argsort(-seen.frequencies, kind="stable")
        labels = tree.loc[seen.items.take(order), "label"].to_list()
        n = seen.frequencies[order]
        n_top_3 = int(seen.matrix[:, order[:3]].any(axis=1).sum())
        unused = [0] * ((seen.n_possible or 0) - len(n))
        rows.append(
            {
                "name": seen.name,
                "label": seen.label,
                "n_studies": seen.n_studies,
                "n_codes": seen.n_possible,
                "n_used": len(n),
                "top_label": labels[0],
                "n_top": int(n[0]),
                "pct_top": _pct(n[0], seen.n_studies),
                "top_3_labels": "; ".join(labels[:3]),
                "n_top_3": n_top_3,
                "pct_top_3": _pct(n_top_3, seen.n_studies),
                "gini": None if seen.n_possible is None else gini_index([*n, *unused], method="trapezoids"),
                "pct_alike": _pct(((n / n.sum()) ** 2).sum(), 1),
            }
        )
    columns = ["name", "label", "n_studies", "n_codes", "n_used", "top_label", "n_top", "pct_top"]
    columns += ["top_3_labels", "n_top_3", "pct_top_3", "gini", "pct_alike"]
    frame = pd.DataFrame(rows, columns=columns).astype({"n_codes": "Int64", "gini": "Float64"})
    return frame.assign(gini=frame["gini"].round(2))


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
