"""What goes along with not reporting, in words that claim no cause."""

from __future__ import annotations

import pandas as pd

from mapanalysis.analysis.silence import BY_ACCESS, BY_PERIOD, BY_TYPE
from mapanalysis.messages.words import Words, count, join

FEWEST_FOR_A_SHARE = 10  # a share of fewer is left to the table
CIRCUMSTANCES = {
    BY_TYPE: "the type of evidence",
    BY_PERIOD: "the year",
    BY_ACCESS: "how much of the abstract was seen",
}
SILENCE_COLUMNS = {
    "by_label": "Compared by",
    "label": "Dimension",
    "comparison": "Not reported",
    "gap": "Difference",
    "within": "Among studies of one type",
}
SILENCE_NOTE = (
    "Differences in percentage points with 95% intervals; not tested. They go together, and do not say why: reviews, later "
    "studies and abstracts seen in part differ in more than one way, and a coding rule that differs by type shows here too. "
    "The last column compares studies of the same type of evidence only."
)


def _large_enough(shares: pd.DataFrame) -> pd.DataFrame:
    """Differences between levels that both have enough studies, with the reference's share beside."""
    enough = shares[shares["n_coded"] >= FEWEST_FOR_A_SHARE]
    keys = ["dimension", "by"]
    reference = enough.loc[enough["is_reference"], [*keys, "level_label", "pct_not_reported"]]
    others = enough[~enough["is_reference"] & enough["difference"].notna()]
    return others.merge(reference, on=keys, how="inner", suffixes=("", "_reference"), validate="many_to_one")


def describe_silence(shares: pd.DataFrame) -> Words:
    """Words for `figures.plot_silence`: with what not reporting goes along most."""
    large = _large_enough(shares)
    apart = shares[shares["by"] != BY_TYPE]  # a study can be of two types, but is of one period
    n = int(apart.groupby(["dimension", "by"])["n_coded"].sum().max()) if len(apart) else 0
    denominator = (
        f"{count(n)}; of each dimension, those coded on it, with 95% intervals (Wilson). Groups of fewer than "
        f"{FEWEST_FOR_A_SHARE} are left to the table."
    )
    if large.empty:
        return Words(
            "Too few studies to say with what not reporting goes along",
            "An empty chart: no group is large enough to be drawn.",
            denominator,
        )
    widest = {by: large.loc[large["by"] == by, "difference"].abs().max() for by in CIRCUMSTANCES}
    known = sorted((by for by in widest if pd.notna(widest[by])), key=lambda by: -widest[by])
    first = f"{CIRCUMSTANCES[known[0]]} (up to {widest[known[0]]:.0f} points apart)"
    rest = [f"{CIRCUMSTANCES[by]} ({widest[by]:.0f})" for by in known[1:]]
    parts = [
        f"{row.label}, {row.level_label} {row.pct_not_reported:.0f}%, {row.level_label_reference} "
        f"{row.pct_not_reported_reference:.0f}%"
        for row in large.itertuples(index=False)
    ]
    return Words(
        f"Not reporting goes along most with {first}" + (f", less with {join(rest)}" if rest else ""),
        f"Points with intervals for the share of studies that do not report a dimension. {'; '.join(parts)}.",
        denominator,
    )


def rank_silence(shares: pd.DataFrame, most: int) -> pd.DataFrame:
    """The `most` largest differences of each circumstance, between levels with enough studies, in words.

    The columns of `silence.compare_not_reported` and by_label, comparison ("Trial 16%, Review 55%"), gap and within
    ("-40 (-53 to -25)", "" where there is none).
    """
    large = _large_enough(shares)
    order = large["difference"].abs()
    ranked = large.assign(order=order).sort_values("order", ascending=False, kind="stable")
    ranked = ranked.groupby("by", sort=False).head(most)
    place = {by: number for number, by in enumerate(CIRCUMSTANCES)}
    ranked = ranked.sort_values("by", key=lambda names: names.map(place), kind="stable", ignore_index=True)
    rows = list(ranked.itertuples(index=False))
    comparison = [
        f"{row.level_label} {row.pct_not_reported:.0f}%, {row.level_label_reference} {row.pct_not_reported_reference:.0f}%"
        for row in rows
    ]
    return ranked.drop(columns="order").assign(
        by_label=("By " + ranked["by"].map(CIRCUMSTANCES)).astype("str"),
        comparison=pd.Series(comparison, dtype="str"),
        gap=_with_interval(ranked, "difference"),
        within=_with_interval(ranked, "within_types"),
    )


def _with_interval(frame: pd.DataFrame, name: str) -> pd.Series:
    columns = frame[[name, f"{name}_low", f"{name}_high"]].itertuples(index=False, name=None)
    texts = [
        "" if pd.isna(low) else f"{value:+.0f} ({low:+.0f} to {high:+.0f})" for value, low, high in columns
    ]
    return pd.Series(texts, dtype="str")


def title_silence(ranked: pd.DataFrame) -> str:
    """The widest difference."""
    if ranked.empty:
        return "Too few studies to compare what is not reported"
    top = ranked.loc[ranked["difference"].abs().idxmax()]
    return f"Largest differences in what is not reported: {top['label']} ({top['comparison']})"
