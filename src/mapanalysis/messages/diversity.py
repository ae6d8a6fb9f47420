"""How varied the evidence is, in words: what accumulates, Hill numbers, concentration, codes that go together."""

from __future__ import annotations

from typing import Any

import pandas as pd

from mapanalysis.analysis.accumulation import BY_YEAR
from mapanalysis.analysis.grid import ALL_SEGMENTS
from mapanalysis.messages.words import Words, count, join, number

RICHNESS_COLUMNS = {
    "label": "What",
    "n_studies": "Studies",
    "n_seen": "Seen",
    "n_possible": "In the codebook",
    "estimate": "Estimated in all",
    "in_doubled": "In twice the studies",
    "coverage": "Sample coverage",
}
CONCENTRATION_COLUMNS = {
    "label": "Dimension",
    "n_studies": "Studies",
    "codes": "Codes used",
    "top": "Commonest code",
    "top_3": "One of the commonest three",
    "gini": "Gini",
    "alike": "Two codings alike",
}
TOGETHER_COLUMNS = {
    "direction_label": "Coded together",
    "row_label": "One code",
    "column_label": "Other code",
    "n_both": "Studies with both",
    "n_expected": "Expected",
    "times": "Ratio",
}
TWICE = 2
NEARLY = 95  # per cent of the last number: from then on variety hardly grew
DIRECTIONS = {"more": "More often than by chance", "less": "Less often than by chance"}
RICHNESS_NOTE = (
    "Studies: those that report it. Estimated from what one study alone has and what two have (Chao2): a lower bound, with its 95% interval; none is "
    "above what the codebook holds. It says what more studies like these would show, not what another search would "
    "find. Sample coverage: of all codings in studies like these, the share that is of something already seen."
)
CONCENTRATION_NOTE = (
    "Studies: those that report it. Gini: 0 where all codes have as many studies, towards 1 where one has all; not for an "
    "outside vocabulary. Two codings alike: the chance that two codings, drawn at random, are of the same code."
)
TOGETHER_NOTE = (
    "By chance: what the numbers of studies with either code lead one to expect. Nothing is tested: among so many pairs "
    "some stand out by luck, and those that do are questions, not findings."
)


def describe_accumulation(curves: pd.DataFrame, richness: pd.DataFrame) -> Words:
    """Words for `figures.plot_accumulation`: of what more studies would show most that is new."""
    known = richness[richness["n_estimated"].notna() & (richness["n_seen"] > 0)]
    denominator = (
        f"{count(int(richness['n_studies'].max()) if len(richness) else 0)}; of each, those that report it."
    )
    if known.empty:
        return Words(
            "Too few studies to say what more would show",
            "An empty chart: there are too few studies to draw.",
            denominator,
        )
    share = known["n_seen"] / known["n_estimated"]
    least = known.loc[share.idxmin()]
    if share.min() > 0.99:
        title = "More studies like these would show hardly any code or cell that was not yet seen"
    else:
        title = (
            f"{least['label']}: {least['n_seen']:,} seen, of an estimated {say_estimate(least)} in studies like these; "
            f"twice as many studies would show about {least['n_in_doubled']:,.0f}"
        )
    ends = curves[curves["kind"] == BY_YEAR].groupby("label", sort=False).last()
    parts = [
        f"{row.label}: {row.n_seen:,} in {count(row.n_studies)}"
        + (
            f", {ends.at[row.label, 'n_seen']:.0f} up to {ends.at[row.label, 'year']}"
            if row.label in ends.index
            else ""
        )
        + f", estimated {say_estimate(row)}"
        for row in known.itertuples(index=False)
    ]
    return Words(
        title,
        "Curves of how many different codes or cells are seen as studies accumulate: on average over all orders, and as "
        f"they came, year by year. {'; '.join(parts)}.",
        denominator,
    )


def say_estimate(richness: Any) -> str:
    """ "497 (425 to 588)", or the number alone where the interval is no wider, from a row of `summarise_richness`."""
    if pd.isna(richness.n_estimated):
        return "not estimated"
    estimate, low, high = (
        f"{value:,.0f}" for value in (richness.n_estimated, richness.n_low, richness.n_high)
    )
    return estimate if low == high else f"{estimate} ({low} to {high})"


def label_richness(richness: pd.DataFrame) -> pd.DataFrame:
    """The rows of `accumulation.summarise_richness` with estimate, in_doubled and coverage in words."""
    rows = list(richness.itertuples(index=False))
    return richness.assign(
        estimate=pd.Series([say_estimate(row) for row in rows], dtype="str"),
        in_doubled=richness["n_in_doubled"].round().astype("Int64"),
        coverage=_percents(richness["pct_coverage"]),
    )


def title_richness(richness: pd.DataFrame) -> str:
    """Of what least has been seen."""
    known = richness[richness["pct_coverage"].notna()]
    if known.empty:
        return "Too few studies to say how much has been seen"
    least = known.loc[known["pct_coverage"].idxmin()]
    return f"How complete it is: coverage is lowest for {least['label']} ({least['pct_coverage']:.0f}%)"


def describe_hill(hill: pd.DataFrame, segments: dict[str, str]) -> Words:
    """Words for `figures.plot_hill`: which type of evidence is spread over most codes, and how sure that is."""
    one = hill[(hill["order"] == 1) & hill["hill"].notna()]
    n = int(hill["n_studies"].max()) if len(hill) else 0
    denominator = f"{count(n)}; of each dimension, those that report it."
    whole = one[one["segment_code"] == ALL_SEGMENTS]
    if whole.empty:
        return Words("No dimension is reported", "An empty chart: no dimension is reported.", denominator)
    widest = whole.loc[whole["hill"].idxmax()]
    types = one[(one["name"] == widest["name"]) & (one["segment_code"] != ALL_SEGMENTS)]
    said = [
        f"{segments[row.segment_code]} {_number_with_interval(row)}" for row in types.itertuples(index=False)
    ]
    title = f"{widest['label']}: as many as {_number_with_interval(widest)} equally common codes" + (
        f"; {join(said)}" if said else ""
    )
    parts = [
        f"{row.label}, {segments[row.segment_code]}: {_number_with_interval(row)}"
        for row in one.itertuples(index=False)
    ]
    return Words(
        title,
        "Points for the Hill numbers of the orders 0, 1 and 2 of each dimension, by type of evidence. "
        f"Order 1, with 95% intervals: {'; '.join(parts)}.",
        f"{denominator} Few studies show few codes: types with lower coverage are not compared like for like.",
    )


def _number_with_interval(row: Any) -> str:
    return f"{row.hill:.1f}" + (
        "" if pd.isna(row.hill_low) else f" ({row.hill_low:.1f} to {row.hill_high:.1f})"
    )


def describe_hill_by_year(hill: pd.DataFrame) -> Words:
    """Words for `figures.plot_hill_by_year`: whether the evidence still becomes more varied."""
    one = hill[hill["order"] == 1]
    n = hill.groupby("name")["n_studies"].max().max() if len(hill) else 0
    denominator = (
        f"{count(int(n))} with a year; of each dimension, those that report it. Bands are 95% intervals."
    )
    if one.empty:
        return Words("No study has a year", "An empty chart: no study has a year.", denominator)
    said, parts = [], []
    for label, rows in one.groupby("label", sort=False):
        is_near = rows["hill"] >= NEARLY / 100 * rows["hill"].iloc[-1]
        since = rows.loc[is_near[::-1].cummin()[::-1], "year"].iloc[0]
        said.append(f"{since} ({label})")
        years = "; ".join(f"{row.year}: {row.hill:.1f}" for row in rows.itertuples(index=False))
        parts.append(f"{label}, order 1: {years}")
    return Words(
        f"The effective number of codes had reached {NEARLY}% of what it is now by {join(said)}",
        f"Lines of Hill numbers of the studies up to each year, with 95% bands. {'. '.join(parts)}.",
        denominator,
    )


def label_concentration(concentration: pd.DataFrame) -> pd.DataFrame:
    """The rows of `diversity.measure_concentration` with codes, top, top_3 and alike in words."""
    rows = list(concentration.itertuples(index=False))
    return concentration.assign(
        codes=pd.Series([_used(row) for row in rows], dtype="str"),
        top=pd.Series([f"{row.top_label}: {row.pct_top:.0f}%" for row in rows], dtype="str"),
        top_3=pd.Series([f"{row.pct_top_3:.0f}%" for row in rows], dtype="str"),
        alike=_percents(concentration["pct_alike"]),
        gini=pd.Series(["" if pd.isna(row.gini) else f"{row.gini:.2f}" for row in rows], dtype="str"),
    )


def _used(row: Any) -> str:
    return f"{row.n_used}" if pd.isna(row.n_codes) else f"{row.n_used} of {row.n_codes}"


def _percents(values: pd.Series) -> pd.Series:
    texts = ["" if pd.isna(value) else f"{value:.0f}%" for value in values]
    return pd.Series(texts, index=values.index, dtype="str")


def title_concentration(concentration: pd.DataFrame) -> str:
    """On which code most of the evidence of a dimension stands."""
    if concentration.empty:
        return "No dimension is reported"
    top = concentration.loc[concentration["pct_top"].idxmax()]
    return (
        f"Most concentrated: {top['label']}, {top['top_label']} in {top['n_top']:,} of {count(top['n_studies'])} "
        "that report it"
    )


def describe_together(pairs: pd.DataFrame, labels: tuple[str, str]) -> Words:
    """Words for `figures.plot_together`; `labels` are those of the two dimensions."""
    n = int(pairs["n_studies"].max()) if len(pairs) else 0
    judged = pairs[pairs["is_enough"]]
    one = labels[0] if labels[0] == labels[1] else f"{labels[0]} and {labels[1]}"
    denominator = (
        f"{count(n)} that {'reports' if n == 1 else 'report'} {'it' if labels[0] == labels[1] else 'both'}; "
        f"{len(judged):,} of {len(pairs):,} pairs have enough expected to be compared. Nothing is tested."
    )
    if judged.empty:
        return Words(
            f"{one}: too few studies to say which codes go together",
            f"A heat map of pairs of codes of {one}, with the number of studies that have both.",
            denominator,
        )
    n_more, n_less = int((judged["lift"] >= TWICE).sum()), int((judged["lift"] <= 1 / TWICE).sum())
    listed = "; ".join(
        f"{row.row_label} and {row.column_label}: {row.n_both}, expected {number(row.n_expected)}"
        for row in judged.sort_values("lift", ascending=False, kind="stable").head(10).itertuples(index=False)
    )
    return Words(
        f"{one}: of {count(len(judged), 'pair', 'pairs')} that can be compared, {n_more} are coded together at least twice "
        f"as often as by chance, {n_less} at most half as often",
        f"Heat map of pairs of codes of {one}, by how often they are coded together beside what chance would give. "
        f"Most above: {listed}. The table holds every pair.",
        denominator,
    )


def label_together(ranked: pd.DataFrame) -> pd.DataFrame:
    """The rows of `together.rank_together` with direction_label and times ("1.8 times")."""
    times = [f"{value:.1f} times" for value in ranked["lift"]]
    return ranked.assign(
        direction_label=ranked["direction"].map(DIRECTIONS).astype("str"), times=pd.Series(times, dtype="str")
    )


def title_together(ranked: pd.DataFrame, labels: tuple[str, str]) -> str:
    """What the table of pairs holds."""
    one = labels[0] if labels[0] == labels[1] else f"{labels[0]} with {labels[1]}"
    if ranked.empty:
        return f"{one}: no pair stands out, or none can be compared"
    n_more = int((ranked["direction"] == "more").sum())
    return (
        f"{one}: the {count(n_more, 'pair', 'pairs')} furthest above chance and the "
        f"{count(len(ranked) - n_more, 'pair', 'pairs')} furthest below"
    )
