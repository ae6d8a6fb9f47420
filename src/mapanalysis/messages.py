"""What a figure or table shows, in computed sentences: its finding, its words for those who cannot see it, and its
denominator. No number stands here; all come from the frame that is drawn.

Labels come from codebooks, which are imported files: they are passed on as they are and escaped where they are shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from mapanalysis.analysis.gaps import KINDS, GapRules
from mapanalysis.analysis.grid import ALL_SEGMENTS, NONE_FOUND, STUDIES, Grid
from mapanalysis.analysis.volume import count_not_reported, rank_codes


@dataclass(frozen=True)
class Words:
    """The words beside a figure: `title` is the finding, `alt` what is seen, `denominator` of what it is a part."""

    title: str
    alt: str
    denominator: str


def count(n: int, one: str = "study", many: str = "studies") -> str:
    """ "1 study", "1,704 studies"; "no studies" for 0."""
    return f"no {many}" if n == 0 else f"{n:,} {one if n == 1 else many}"


def percent(part: float, whole: float) -> str:
    """Whole percent, without false precision: "less than 1%" where there is something, "more than 99%" of all but a bit."""
    if not whole:
        return "none"
    share = 100 * part / whole
    if 0 < share < 0.5:
        return "less than 1%"
    return "more than 99%" if 99.5 <= share < 100 else f"{share:.0f}%"


def join(words: Iterable[str], last: str = "and") -> str:
    """ "a", "a and b", "a, b and c"."""
    *rest, end = list(words) or [""]
    return f"{', '.join(rest)} {last} {end}" if rest else end


def number(value: float) -> str:
    """A number for reading: 1,704 or 3.5; "not stated" when missing."""
    if pd.isna(value):
        return "not stated"
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"


def several_codes(n: int) -> str:
    """The denominator of counts in which a study stands more than once."""
    return f"{count(n)}; a study with several codes counts once in each."


def describe_years(counts: pd.DataFrame, segments: dict[str, str]) -> Words:
    """Words for `figures.plot_years`."""
    whole = counts[(counts["segment_code"] == ALL_SEGMENTS)]
    dated, undated = whole[whole["year"].notna()], int(whole.loc[whole["year"].isna(), "n_studies"].sum())
    n_dated = int(dated["n_studies"].sum())
    denominator = (
        f"{count(n_dated + undated)}, by the year of the first report; {count(undated)} without a year."
    )
    if not n_dated:
        return Words("No study has a year", "An empty chart: no study has a year.", denominator)
    top = dated.loc[dated["n_studies"].idxmax()]
    first, last = int(dated["year"].min()), int(dated["year"].max())
    years = "; ".join(f"{row.year}: {row.n_studies}" for row in dated.itertuples())
    return Words(
        f"The year with most first reports is {top['year']}: {top['n_studies']} of {count(n_dated)} with a known year",
        f"Bar charts of studies per year from {first} to {last}, for {join(segments.values())}. "
        f"{segments[ALL_SEGMENTS]}: {years}.",
        denominator,
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
        f"Lines of the number of studies so far, {whole.index.min()} to {whole.index.max()}. At the end: {join(parts)}.",
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


def describe_gap_map(grid: Grid, segments: dict[str, str]) -> Words:
    """Words for `figures.plot_gap_map`: how many cells are empty, for each type of evidence."""
    cells = grid.cells[grid.cells["state"].isin([STUDIES, NONE_FOUND])]
    n_cells = int((cells["segment_code"] == ALL_SEGMENTS).sum())
    empty = (
        cells[cells["state"] == NONE_FOUND]
        .groupby("segment_code")
        .size()
        .reindex(list(segments), fill_value=0)
    )
    parts = [f"{label} {empty[code]}" for code, label in segments.items() if code != ALL_SEGMENTS]
    whole = cells[cells["segment_code"] == ALL_SEGMENTS]
    fullest = whole.loc[whole["n_studies"].idxmax()] if whole["n_studies"].any() else None
    most = (
        ""
        if fullest is None
        else f" The fullest cell is {grid.row.label_of(fullest['row_code'])} by "
        f"{grid.column.label_of(fullest['column_code'])}, with {count(int(fullest['n_studies']))}."
    )
    row, column = grid.row.dimension.label, grid.column.dimension.label
    return Words(
        f"{row} by {column}: {empty[ALL_SEGMENTS]} of {n_cells} cells "
        f"{'is' if empty[ALL_SEGMENTS] == 1 else 'are'} empty"
        + (f"; by type of evidence, {join(parts)}" if parts else ""),
        f"Heat map of {row} (rows) by {column} (columns). Numbers are distinct studies; hatched cells have none; "
        f"not reported stands apart.{most} The table holds every cell.",
        f"{grid.n_placed:,} of {count(grid.n_included)} placed; a study with several codes stands in several cells.",
    )


def describe_gaps(gaps: pd.DataFrame, grid: Grid, rules: GapRules) -> Words:
    """Words for the map of the kinds of gaps."""
    n = gaps["kind"].value_counts()
    parts = [f"{KINDS[kind].lower()} {n.get(kind, 0)}" for kind in rules.kinds]
    row, column = grid.row.dimension.label, grid.column.dimension.label
    cells = grid.cells[grid.cells["segment_code"] == ALL_SEGMENTS]
    n_cells = int(cells["state"].isin([STUDIES, NONE_FOUND]).sum())
    return Words(
        f"{row} by {column}: gaps of some kind in {len(gaps[['row_code', 'column_code']].drop_duplicates())} of {n_cells} "
        "cells",
        f"Heat map of {row} by {column} with letters for the kinds of gaps. Cells per kind: {join(parts)}. "
        "The ranked table names them all.",
        f"{count(grid.n_placed)} placed; a cell can be a gap of several kinds.",
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


def describe_agreement(agreement: pd.DataFrame) -> Words:
    """Words for `figures.plot_agreement`, from the rows of `coding_agreement` for whole dimensions, with `label`."""
    rated = agreement[agreement["kappa"].notna()]
    if rated.empty:
        return Words(
            "No two people judged the same", "An empty chart: there are no paired judgements.", count(0)
        )
    low, high = rated.loc[rated["kappa"].idxmin()], rated.loc[rated["kappa"].idxmax()]
    parts = [
        f"{row.label}: kappa {row.kappa:.2f}, {percent(row.n_agreed, row.n)} the same"
        for row in rated.itertuples()
    ]
    return Words(
        f"Coders agreed least on {low['label']} (kappa {low['kappa']:.2f}) and most on {high['label']} "
        f"(kappa {high['kappa']:.2f})",
        f"Dots with 95% intervals of Cohen's kappa. {'; '.join(parts)}.",
        f"{count(int(rated['n_reports'].max()), 'report', 'reports')} coded by two coders.",
    )


def describe_not_placed(grid: Grid) -> str:
    """The accounting line of a grid: included = placed + not placed, with the reasons."""
    reasons = grid.accounting.loc[~grid.accounting["is_placed"], "reason"].value_counts(sort=True)
    why = "; ".join(f"{reason} ({n})" for reason, n in reasons.items())
    n_not = grid.n_included - grid.n_placed
    line = f"{count(grid.n_included)} included = {grid.n_placed:,} placed + {n_not:,} not placed"
    return f"{line}: {why}." if why else f"{line}."


STAGES_IN_WORDS = {"records": "records screened", "reports": "publications assessed again"}
NOT_WHAT_WORKS = "It shows what evidence exists, not what works"
HOW_TO_TAKE_COUNTS = (
    "A cell with many studies says that a question has been studied often; it does not say that anything helped. "
    "An empty cell says that nothing was found here; it does not say that nothing helps."
)
NOT_SAID = (
    "Whether anything works, for whom, or how large an effect is; how good a study is; and what a fuller search "
    "would have found."
)
SOURCE_COLUMNS = {
    "label": "Source",
    "n_records": "Records",
    "n_joined": "Joined to another record",
    "n_included": "Of publications included",
}
AGREEMENT_COLUMNS = {
    "stage": "Stage",
    "n": "Decisions",
    "pct_agreed": "% the same",
    "kappa": "Kappa",
    "kappa_low": "95% from",
    "kappa_high": "to",
}
KAPPA_NOTE = "Cohen's kappa: 0 is agreement by chance, 1 is full agreement; with its 95% confidence interval."
FEWEST_FOR_A_MEDIAN = (
    10  # a median of fewer is no finding; it stays in the table and the words for the picture
)
FLOW_NOTE = "Each number's records are listed in data/flow_members.csv."
NUMBER_LABELS = {
    "n_participants": "People in the study",
    "n_included_studies": "Studies in the review",
    "followup_months": "Months of follow-up",
}
GAP_COLUMNS = {
    "kind_label": "Kind",
    "row_label": "Row",
    "column_label": "Column",
    "n_studies": "Studies",
    "n_reviews": "Reviews",
    "n_primary": "Primary",
    "n_economic": "Economic",
    "newest_year": "Newest",
}


def title_sources(sources: pd.DataFrame) -> str:
    """How many records came from how many sources, and the largest of them."""
    top = sources.loc[sources["n_records"].idxmax()]
    n = int(sources["n_records"].sum())
    return (
        f"{count(n, 'record', 'records').capitalize()} from {count(len(sources), 'source', 'sources')}; "
        f"the largest is {top['label']}, with {top['n_records']:,}"
    )


def title_repairs(repairs: pd.DataFrame) -> str:
    """How much was repaired while reading."""
    n = int(repairs["count"].sum())
    files = count(repairs["file"].nunique(), "file", "files")
    return f"{count(n, 'repair', 'repairs').capitalize()} while reading, in {files}; the files themselves are unchanged"


def title_duplicates(records: pd.DataFrame, uncertain: pd.DataFrame) -> str:
    """How many publications the records are, and what is still open."""
    n_publications = records["publication_id"].nunique()
    return (
        f"{len(records):,} records are {n_publications:,} publications: "
        f"{count(len(records) - n_publications, 'duplicate', 'duplicates')}; "
        f"{count(len(uncertain), 'pair', 'pairs')} still uncertain"
    )


def title_uncertain(uncertain: pd.DataFrame) -> str:
    """How many pairs wait for a person."""
    if uncertain.empty:
        return "No pair of records waits for a person's decision"
    return f"{count(len(uncertain), 'pair', 'pairs').capitalize()} of records for a person to decide"


def flow_number(flow: pd.DataFrame, box: str) -> int:
    """The number in one box of the flow; 0 when the flow has no such box."""
    return int(flow.loc[flow["box"] == box, "n"].sum())


def describe_flow(flow: pd.DataFrame) -> list[str]:
    """The flow in a few lines, one per step, with its sums."""
    n = {box: flow_number(flow, box) for box in flow["box"]}
    lines = [
        f"{n['identified']:,} records identified",
        f"{n['identified']:,} = {n['duplicates']:,} duplicates + {n['screened']:,} publications screened",
    ]
    if "assessed" in n:
        lines += [
            f"{n['screened']:,} = {n['excluded_records']:,} excluded + {n['assessed']:,} assessed again",
            f"{n['assessed']:,} = {n['excluded_reports']:,} excluded + {n['included_reports']:,} reports included",
        ]
    else:
        lines.append(
            f"{n['screened']:,} = {n['excluded_records']:,} excluded + {n['included_reports']:,} included"
        )
    return [*lines, f"{count(n['included_reports'], 'report', 'reports')} of {count(n['included_studies'])}"]


def indent_parts(flow: pd.DataFrame) -> pd.DataFrame:
    """The flow with the boxes that are part of another (a source, a reason) marked by a dash before their label."""
    is_part = flow["source_or_reason"] != ""
    return flow.assign(label=flow["label"].where(~is_part, "– " + flow["label"]))


def title_flow(flow: pd.DataFrame) -> str:
    """The first and the last number of the flow."""
    return (
        f"From {flow_number(flow, 'identified'):,} records to "
        f"{count(flow_number(flow, 'included_reports'), 'report', 'reports')} of "
        f"{count(flow_number(flow, 'included_studies'))}"
    )


def title_excluded(excluded: pd.DataFrame) -> str:
    """How many were excluded at the second stage, and the most common reason."""
    if excluded.empty:
        return "No publication was excluded at the second stage"
    top = excluded["reason_label"].value_counts()
    return (
        f"{count(len(excluded), 'publication', 'publications').capitalize()} excluded at the second stage; "
        f"most often: {top.index[0]} ({top.iloc[0]})"
    )


def title_screening_agreement(agreement: pd.DataFrame) -> str:
    """How far screeners agreed, at the stage where they agreed least."""
    compared = agreement[agreement["n"] > 0]
    if compared.empty:
        return "No two screeners decided on the same record, so agreement is not known"
    worst = compared.sort_values("kappa").iloc[0]
    return f"Screeners agreed on {percent(worst['n_agreed'], worst['n'])} of decisions ({say_kappa(worst)})"


def say_kappa(measured: pd.Series) -> str:
    """Cohen's kappa with its interval, where there are such: "Cohen's kappa 0.80, 95% interval 0.71 to 0.89"."""
    interval = ""
    if pd.isna(measured["kappa"]):
        return "Cohen's kappa is not defined where all decisions are alike"
    if pd.notna(measured["kappa_low"]):
        interval = f", 95% interval {measured['kappa_low']:.2f} to {measured['kappa_high']:.2f}"
    return f"Cohen's kappa {measured['kappa']:.2f}{interval}"


def say_agreement(screening: pd.DataFrame, coding: pd.DataFrame) -> list[str]:
    """What is known of agreement, one or two sentences each for screening and for coding; never empty.

    `screening` as `screening_agreement`, `coding` as `coding_agreement` for whole dimensions, with `label`.
    """
    compared = screening.query("n > 0")
    alone = screening.query("n == 0 and stage == 'records'")
    coded = coding.dropna(subset="kappa")
    said = []
    if len(compared):
        last = compared.iloc[-1]
        said.append(
            f"Of the {last['n']:,} {STAGES_IN_WORDS[last['stage']]} by two, {percent(last['n_agreed'], last['n'])} were "
            f"decided alike ({say_kappa(last)})."
        )
    if said and len(alone):
        said.append(
            "Each record was first screened by one alone, so that nothing is known of agreement on that step."
        )
    if len(coded):
        low, high = coded.loc[coded["kappa"].idxmin()], coded.loc[coded["kappa"].idxmax()]
        said.append(
            f"On codes, agreement ranged from kappa {low['kappa']:.2f} ({low['label']}) to {high['kappa']:.2f} "
            f"({high['label']}). Numbers that rest on a dimension with low agreement are less certain."
        )
    return said or ["No two people decided independently on the same reports, so agreement is not known."]


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


def list_rules(rules: GapRules) -> pd.DataFrame:
    """One row per kind of gap that is looked for, with what makes a cell one: kind, kind_label, rule."""
    words = rules.in_words()
    return pd.DataFrame(
        [(kind, KINDS[kind], rule) for kind, rule in words.items()], columns=["kind", "kind_label", "rule"]
    )


def label_gaps(gaps: pd.DataFrame) -> pd.DataFrame:
    """The gaps with `kind_label`: the kind and its rule in words."""
    return gaps.assign(kind_label=gaps["kind"].map(KINDS) + ": " + gaps["rule"])


def title_placements(grid: Grid) -> str:
    """What the list of studies by cell is called."""
    return f"The studies in each cell: {grid.row.dimension.label} by {grid.column.dimension.label}"


def title_ranked(grid: Grid) -> str:
    """What a table of ranked gaps holds."""
    return f"Gaps, most striking first: {grid.row.dimension.label} by {grid.column.dimension.label}"


def describe_pairing(grid: Grid) -> str:
    """In how many places of a map the pair itself is not known to have been studied; not reported left out."""
    cells = grid.cells[(grid.cells["segment_code"] == ALL_SEGMENTS) & (grid.cells["state"] == STUDIES)]
    n = int(cells["n_studies"].sum())
    if not n:
        return "No study is placed."
    n_whole, n_cross = int(cells["n_co_coded"].sum()), int(cells["n_cross_product"].sum())
    return (
        f"{grid.row.dimension.label} by {grid.column.dimension.label}: of {n:,} places that studies take in the cells, "
        f"{percent(n_whole, n)} rest on codes of the whole study, not of a finding. In {percent(n_cross, n)} the study "
        "has several codes on both sides, so that this very pair may not have been studied."
    )
