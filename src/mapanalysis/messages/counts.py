"""Counted studies in words: by year, by code, in numbers."""

from __future__ import annotations

import pandas as pd

from mapanalysis.analysis.grid import ALL_SEGMENTS
from mapanalysis.analysis.volume import count_not_reported, rank_codes
from mapanalysis.messages.growth import name_open_years, say_change
from mapanalysis.messages.words import Words, count, join, number, several_codes


def describe_years(
    counts: pd.DataFrame, segments: dict[str, str], growth: pd.DataFrame | None = None
) -> Words:
    """Words for `figures.plot_years`; `growth` is the trend that is drawn, if one is."""
    whole = counts[(counts["segment_code"] == ALL_SEGMENTS)]
    dated, undated = whole[whole["year"].notna()], int(whole.loc[whole["year"].isna(), "n_studies"].sum())
    n_dated = int(dated["n_studies"].sum())
    open_years = name_open_years(counts)
    denominator = (
        f"{count(n_dated + undated)}, by the year of the first report; {count(undated)} without a year."
        + (f" {open_years}." if open_years else "")
    )
    if not n_dated:
        return Words("No study has a year", "An empty chart: no study has a year.", denominator)
    top = dated.loc[dated["n_studies"].idxmax()]
    first, last = int(dated["year"].min()), int(dated["year"].max())
    years = "; ".join(f"{row.year}: {row.n_studies}" for row in dated.itertuples())
    return Words(
        f"The year with most first reports is {top['year']}: {top['n_studies']} of {count(n_dated)} with a known year",
        f"Bar charts of studies per year from {first} to {last}, for {join(segments.values())}. "
        f"{segments[ALL_SEGMENTS]}: {years}."
        + ("" if growth is None else f" Trend: {_say_trends(growth, segments)}."),
        denominator,
    )


def _say_trends(growth: pd.DataFrame, segments: dict[str, str]) -> str:
    return "; ".join(
        f"{segments[row.segment_code]} {say_change(row)}" for row in growth.itertuples(index=False)
    )


def describe_cumulative(counts: pd.DataFrame, segments: dict[str, str]) -> Words:
    """Words for `figures.plot_cumulative`."""
    dated = counts[counts["year"].notna()]
    words = describe_years(counts, segments)
    if dated.empty:
        return words
    ends = dated.groupby("segment_code", sort=False)["n_cumulative"].last()
    whole = dated[dated["segment_code"] == ALL_SEGMENTS].set_index("year")["n_cumulative"]
    half_year = int((whole >= whole.iloc[-1] / 2).idxmax())
    parts = [f"{label} {ends[code]}" for code, label in segments.items()]
    return Words(
        f"Half of the studies with a known year had appeared by {half_year}",
        f"Lines of the number of studies so far, {whole.index.min()} to {whole.index.max()}"
        f"{'' if dated['is_complete'].all() else ', dotted to years that are not complete'}. At the end: {join(parts)}.",
        words.denominator,
    )


def describe_codes(counts: pd.DataFrame, label: str, segments: dict[str, str]) -> Words:
    """Words for `figures.plot_codes`: which codes hold most studies, and which none."""
    ranked = rank_codes(counts)
    n_coded = int(counts.loc[counts["segment_code"] == ALL_SEGMENTS, "n_coded"].max())
    silent = count_not_reported(counts)
    used = ranked[ranked["n_studies"] > 0]
    denominator = several_codes(n_coded) + (f" Not reported by {silent}." if silent else "")
    if used.empty:
        return Words(
            f"{label}: no study reports it", f"An empty chart: no study reports {label}.", denominator
        )
    top = used[used["n_studies"] == used["n_studies"].iloc[0]]
    named = join(top["label"][:3])
    n_unused = len(ranked) - len(used)
    unused = ""
    if 0 < n_unused <= 3:
        unused = f"; none on {join(ranked.loc[ranked['n_studies'] == 0, 'label'], 'or')}"
    listed = "; ".join(f"{row.label}: {row.n_studies}" for row in used.head(10).itertuples())
    rest = f" and {len(used) - 10} more codes with fewer" if len(used) > 10 else ""
    return Words(
        f"{label}: most often {named}, {count(int(top['n_studies'].iloc[0]))} of {n_coded}"
        f"{' each' if len(top) > 1 else ''}{unused}",
        f"Bars of studies per code of {label}, for {join(segments.values())}. All studies: {listed}{rest}. "
        f"{count(n_unused, 'code', 'codes').capitalize()} without a study; not reported: {silent}.",
        denominator,
    )


def describe_numbers(summary: pd.DataFrame, field: str, label: str, segments: dict[str, str]) -> Words:
    """Words for `figures.plot_numbers`: medians and quartiles per type of evidence, and how many state it."""
    rows = summary[
        (summary["field"] == field) & (summary["segment_code"] != ALL_SEGMENTS) & (summary["n_stated"] > 0)
    ]
    whole = summary[(summary["field"] == field) & (summary["segment_code"] == ALL_SEGMENTS)].iloc[0]
    denominator = f"Stated by {whole['n_stated']} of {count(whole['n_studies'])}."
    if len(rows):
        stated = [
            f"{segments[row.segment_code]} {row.n_stated} of {row.n_studies}" for row in rows.itertuples()
        ]
        denominator = f"Stated by {'; '.join(stated)}."
    if rows.empty:
        return Words(f"{label}: no study states it", f"An empty chart: no study states {label}.", denominator)
    parts = [
        f"{segments[row.segment_code]}: median {number(row.median)}, quartiles {number(row.q1)} and {number(row.q3)}, "
        f"from {number(row.minimum)} to {number(row.maximum)} (stated by {row.n_stated} of {row.n_studies})"
        for row in rows.itertuples()
    ]
    firm = rows[rows["n_stated"] >= FEWEST_FOR_A_MEDIAN]
    medians = [f"{number(row.median)} ({segments[row.segment_code]})" for row in firm.itertuples()]
    title = f"{label}: medians of {join(medians)}" if medians else f"{label}: stated by few studies"
    return Words(title, f"Box plots. {'; '.join(parts)}.", denominator)


def describe_spread(diversity: pd.DataFrame) -> Words:
    """Words for `figures.plot_spread`."""
    rated = diversity[(diversity["n_used"] > 0) & (diversity["n_codes"] > 1) & diversity["pct_even"].notna()]
    if rated.empty:
        return Words("No dimension is coded", "An empty chart: no dimension is coded.", count(0))
    least, most = rated.loc[rated["pct_even"].idxmin()], rated.loc[rated["pct_even"].idxmax()]
    parts = [f"{row.label}: {row.hill_1} of {row.n_codes}" for row in rated.itertuples()]
    return Words(
        f"Evidence is spread most evenly over {most['label']}, and least over {least['label']}",
        f"Bars of the effective number of codes (Hill number of order 1) against the codes there are. {'; '.join(parts)}.",
        f"{count(int(rated['n_coded'].max()))}; not reported left out.",
    )


def describe_not_reported(shares: pd.DataFrame, segments: dict[str, str]) -> Words:
    """Words for `figures.plot_shares`."""
    whole = shares[(shares["segment_code"] == ALL_SEGMENTS) & (shares["n_coded"] > 0)]
    if whole.empty:
        nothing = "No study is coded on a dimension that has a code for not reported"
        return Words(nothing, f"An empty chart: {nothing.lower()}.", count(0))
    top = whole.loc[whole["pct_not_reported"].idxmax()]
    parts = [f"{row.label}: {row.n_not_reported} of {row.n_coded}" for row in whole.itertuples()]
    missing = f"not reported by {top['n_not_reported']} of {count(int(top['n_coded']))}"
    return Words(
        f"{top['label']} is missing most often: {missing}"
        if top["n_not_reported"]
        else "No study leaves a dimension unreported",
        f"Heat map of the share of studies that do not report a dimension, for {join(segments.values())}. "
        f"All studies: {'; '.join(parts)}.",
        f"{count(int(whole['n_coded'].max()))}; of each dimension, the studies it applies to.",
    )


def describe_combinations(combinations: pd.DataFrame, label: str) -> Words:
    """Words for `figures.plot_ranked` of combinations of codes."""
    stated = combinations[combinations["n_codes"] > 0]
    n = int(combinations["n_studies"].sum())
    if stated.empty:
        return Words(
            f"{label}: no study reports it", f"An empty chart: no study reports {label}.", count(n) + "."
        )
    n_several = int(stated.loc[stated["n_codes"] > 1, "n_studies"].sum())
    n_stated = int(stated["n_studies"].sum())
    listed = "; ".join(f"{row.combination}: {row.n_studies}" for row in combinations.head(12).itertuples())
    return Words(
        f"{label}: several codes together in {n_several} of {count(n_stated)}, not reported left out",
        f"Bars of studies per exact combination of codes of {label}. {listed}.",
        f"{count(n)}; each stands in one combination.",
    )


NOT_WHAT_WORKS = "It shows what evidence exists, not what works"


HOW_TO_TAKE_COUNTS = (
    "A cell with many studies says that a question has been studied often; it does not say that anything helped. "
    "An empty cell says that nothing was found here; it does not say that nothing helps."
)


NOT_SAID = (
    "Whether anything works, for whom, or how large an effect is; how good a study is; and what a fuller search "
    "would have found."
)


FEWEST_FOR_A_MEDIAN = (
    10  # a median of fewer is no finding; it stays in the table and the words for the picture
)


NUMBER_LABELS = {
    "n_participants": "People in the study",
    "n_included_studies": "Studies in the review",
    "followup_months": "Months of follow-up",
}


def describe_types(counts: pd.DataFrame, segments: dict[str, str]) -> str:
    """ "168 studies: 65 systematic review, ...", from a `volume.count_by_code` frame of the segment dimension."""
    ranked = counts[counts["segment_code"] == ALL_SEGMENTS].set_index("code")["n_studies"]
    n = int(counts.loc[counts["segment_code"] == ALL_SEGMENTS, "n_coded"].max())
    shown = {label: int(ranked[code]) for code, label in segments.items() if code}
    parts = [f"{label}: {n_of_type}" for label, n_of_type in shown.items()]
    overlap = " A study can be of several types." if sum(shown.values()) > n else ""
    return f"{count(n)}. {'; '.join(parts)}.{overlap}"


def title_economic(economic: pd.DataFrame, label: str) -> str:
    """How many studies of the type `label` there are, and how new they are; `label` is "" when the map has no such type."""
    if not label:
        return "This map has no type of evidence for studies of cost"
    years = economic["year"].dropna()
    if years.empty:
        return f"{label}: {count(len(economic))}"
    return f"{label}: {count(len(economic))}, the newest from {years.max()}"
