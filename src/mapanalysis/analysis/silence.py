"""What goes along with studies not reporting something: type of evidence, year, how much of the abstract was seen.

An association says where silence is found, not why: the three go along with each other too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from mapanalysis.analysis.incidence import Z
from mapanalysis.analysis.volume import list_segments
from mapanalysis.codebook import NOT_REPORTED, Codebook

BY_TYPE, BY_PERIOD, BY_ACCESS = "type", "period", "access"
LEVEL = ["by", "level", "level_label", "is_reference"]
SHARES = ["pct_not_reported", "pct_low", "pct_high"]
DIFFERENCES = ["difference", "difference_low", "difference_high"]
WITHIN = ["within_types", "within_types_low", "within_types_high"]


def list_circumstances(
    studies: pd.DataFrame, codings: pd.DataFrame, codebook: Codebook, segment: str
) -> pd.DataFrame:
    """One row per study and circumstance that is known: study_id, by, level, level_label, is_reference.

    `type`: the type of evidence, against the first of the codebook. `period`: the later years against the earlier,
    parted where the two halves are most alike in size. `access`: how much of the abstract was visible, in the words
    of the file, against what holds for most studies.
    """
    types = list_segments(codings, codebook, segment).rename(columns={"segment_code": "level"})
    labels = codebook.dimension(segment).tree["label"]
    known = types[types["level"] != NOT_REPORTED]
    known = known.sort_values("level", key=lambda codes: codes.map(labels.index.get_loc), kind="stable")
    first = known["level"].head(1)
    frames = [
        known.assign(
            by=BY_TYPE, level_label=labels[known["level"]].to_numpy(), is_reference=known["level"].isin(first)
        ),
        _list_periods(studies),
        _list_access(studies),
    ]
    return pd.concat([frame[["study_id", *LEVEL]] for frame in frames], ignore_index=True)


def _list_periods(studies: pd.DataFrame) -> pd.DataFrame:
    dated = studies.loc[studies["year"].notna(), ["study_id", "year"]]
    years = sorted(int(year) for year in dated["year"].unique())
    cuts = {year: abs(2 * int((dated["year"] <= year).sum()) - len(dated)) for year in years[:-1]}
    if not cuts:
        return dated.iloc[:0].assign(by=BY_PERIOD, level="", level_label="", is_reference=False)
    cut = min(cuts, key=lambda year: cuts[year])
    is_early = (dated["year"] <= cut).to_numpy(dtype=bool)
    label = np.where(is_early, _span(years[0], cut), _span(min(y for y in years if y > cut), years[-1]))
    return dated.assign(
        by=BY_PERIOD,
        level=np.where(is_early, "earlier", "later"),
        level_label=label,
        is_reference=is_early,
    )


def _span(first: int, last: int) -> str:
    return str(first) if first == last else f"{first} to {last}"


def _list_access(studies: pd.DataFrame) -> pd.DataFrame:
    known = studies.loc[studies["access"] != "", ["study_id", "access"]]
    most = known["access"].value_counts().sort_index().sort_values(ascending=False, kind="stable").index[:1]
    return known.assign(
        by=BY_ACCESS,
        level=known["access"],
        level_label=known["access"],
        is_reference=known["access"].isin(most),
    )


def compare_not_reported(
    codings: pd.DataFrame, codebook: Codebook, circumstances: pd.DataFrame
) -> pd.DataFrame:
    """How often each dimension is not reported, under each circumstance.

    One row per dimension with the code "not reported", circumstance and level with a study: dimension, label, by,
    level, level_label, is_reference, n_not_reported, n_coded, pct_not_reported with its 95 % interval pct_low and
    pct_high (Wilson); then, in percentage points, the difference from the reference level of the same circumstance
    with its 95 % interval difference_low and difference_high (Newcombe), and for period and access within_types, the
    difference among studies of the same type of evidence (Mantel-Haenszel), with within_types_low and
    within_types_high (Sato). Differences are missing for the reference, and where there is nothing to compare. A
    study of two types is in both, so that their difference is not quite one of separate groups; for within_types the
    two make a type of their own.

    Source: Wilson 1927, Journal of the American Statistical Association 22:209 (doi 10.2307/2276774), computed by
    scipy; Newcombe 1998, Statistics in Medicine 17:873, method 10; Sato 1989, Biometrics 45:1323.
    """
    counts = _count(codings, codebook, circumstances)
    rows = []
    for (dimension, by), levels in counts.groupby(["dimension", "by"], sort=False):
        groups = [level for _, level in levels.groupby("level", sort=False)]
        groups.sort(key=lambda group: not group["is_reference"].iloc[0])
        rows += [
            {"dimension": dimension, "label": codebook.dimension(dimension).label} | row
            for row in _compare(groups, is_within=by != BY_TYPE)
        ]
    numbers = [*SHARES, *DIFFERENCES, *WITHIN]
    columns = ["dimension", "label", *LEVEL, "n_not_reported", "n_coded", *numbers]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(numbers, "Float64")).round(1)


def _count(codings: pd.DataFrame, codebook: Codebook, circumstances: pd.DataFrame) -> pd.DataFrame:
    """One row per dimension, circumstance, level and stratum (the types of a study, all of them): n_silent, n."""
    types = circumstances[circumstances["by"] == BY_TYPE].sort_values(["study_id", "level"])
    strata = types.groupby("study_id")["level"].agg(" + ".join)
    dimensions = [one.id for one in codebook.dimensions if NOT_REPORTED in one.tree.index]
    mine = codings[codings["dimension"].isin(dimensions)]
    coded = mine.assign(is_silent=mine["code"] == NOT_REPORTED).groupby(["dimension", "study_id"])[
        "is_silent"
    ]
    long = coded.any().reset_index().merge(circumstances, on="study_id", validate="many_to_many")
    long["stratum"] = long["study_id"].map(strata).fillna("")
    long["dimension"] = pd.Categorical(long["dimension"], dimensions)
    long["by"] = pd.Categorical(long["by"], [BY_TYPE, BY_PERIOD, BY_ACCESS])
    long["level"] = pd.Categorical(long["level"], list(dict.fromkeys(circumstances["level"])))
    keys = ["dimension", "by", "level", "level_label", "is_reference", "stratum"]
    counts = long.groupby(keys, sort=True, observed=True)["is_silent"].agg(n_silent="sum", n="size")
    return counts.reset_index().astype({"dimension": "str", "by": "str", "level": "str"})


def _compare(groups: list[pd.DataFrame], *, is_within: bool) -> Iterator[dict[str, object]]:
    """One row per level of a circumstance, the reference first; `groups` hold a row per stratum."""
    reference = None
    for group in groups:
        n, of = int(group["n_silent"].sum()), int(group["n"].sum())
        share = share_of(n, of)
        row = group.iloc[0][LEVEL].to_dict() | {"n_not_reported": n, "n_coded": of}
        row |= dict(zip(SHARES, _in_points(share), strict=True))
        if reference is not None:
            row |= dict(zip(DIFFERENCES, _in_points(subtract_shares(share, reference)), strict=True))
            if is_within:
                both = group.merge(groups[0], on="stratum", suffixes=("", "_b"), validate="one_to_one")
                tables = (both[name].to_numpy(float) for name in ("n_silent", "n", "n_silent_b", "n_b"))
                row |= dict(zip(WITHIN, _in_points(pool_differences(*tables)), strict=True))
        elif group["is_reference"].iloc[0]:
            reference = share
        yield row


def _in_points(values: Iterable[float]) -> list[float]:
    return [100 * value for value in values]


def share_of(n: int, of: int) -> tuple[float, float, float]:
    """A share with its Wilson interval."""
    interval = binomtest(n, of).proportion_ci(0.95, method="wilson")
    return n / of, float(interval.low), float(interval.high)


def subtract_shares(
    share: tuple[float, float, float], reference: tuple[float, float, float]
) -> tuple[float, float, float]:
    """The difference of two shares, with an interval made from theirs (Newcombe 1998, method 10)."""
    (a, a_low, a_high), (b, b_low, b_high) = share, reference
    below, above = np.hypot(a - a_low, b_high - b), np.hypot(a_high - a, b - b_low)
    return a - b, a - b - float(below), a - b + float(above)


def pool_differences(
    a: np.ndarray, of_a: np.ndarray, b: np.ndarray, of_b: np.ndarray
) -> tuple[float, float, float]:
    """The difference of two shares over strata that hold both, `a` of `of_a` less `b` of `of_b`, with its interval.

    The Mantel-Haenszel difference with the variance of Sato 1989; missing without a stratum that holds both, and the
    interval also where nothing varies.
    """
    if not len(a):
        return float("nan"), float("nan"), float("nan")
    n = of_a + of_b
    weight = (of_a * of_b / n).sum()
    pooled = ((a * of_b - b * of_a) / n).sum() / weight
    one = (b * (of_a / n) ** 2 - a * (of_b / n) ** 2 + of_a * of_b * (of_b - of_a) / (2 * n**2)).sum()
    two = ((a * (of_b - b) + b * (of_a - a)) / (2 * n)).sum()
    error = Z * max(pooled * one + two, 0) ** 0.5 / weight or float("nan")  # 0: nothing varies
    return float(pooled), float(max(pooled - error, -1)), float(min(pooled + error, 1))
