"""The way of the records, and the agreement of screeners and coders, in words."""

from __future__ import annotations

import pandas as pd

from mapanalysis.messages.diagrams import NO_SEARCH, say_unknown
from mapanalysis.messages.words import Words, count, percent


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


STAGES_IN_WORDS = {"records": "records screened", "reports": "publications assessed again"}


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


def title_sources(sources: pd.DataFrame) -> str:
    """How many records came from how many sources, and the largest of them."""
    if sources.empty:
        return NO_SEARCH
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
    if records.empty:
        return "These data hold no records, so that there are no duplicates to look for"
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
    """The flow in a few lines, one per step, with its sums; of a step that is not known, that it is not."""
    n = {box: flow_number(flow, box) for box in flow["box"]}
    lines = []
    if "identified" in n:
        of_them = "" if "screened" in n else f", {n['duplicates']:,} of them duplicates"
        lines.append(f"{count(n['identified'], 'record', 'records')} identified{of_them}")
    if "screened" in n:
        lines.append(
            f"{n['identified']:,} = {n['duplicates']:,} duplicates + {n['screened']:,} publications screened"
        )
        after = (
            f"{n['assessed']:,} assessed again" if "assessed" in n else f"{n['included_reports']:,} included"
        )
        lines.append(f"{n['screened']:,} = {n['excluded_records']:,} excluded + {after}")
    if "assessed" in n:
        if "screened" not in n:
            lines.append(f"{count(n['assessed'], 'report', 'reports')} assessed")
        lines.append(
            f"{n['assessed']:,} = {n['excluded_reports']:,} excluded + {n['included_reports']:,} reports included"
        )
    unknown = say_unknown(set(n))
    lines += [unknown] if unknown else []
    return [*lines, f"{count(n['included_reports'], 'report', 'reports')} of {count(n['included_studies'])}"]


def indent_parts(flow: pd.DataFrame) -> pd.DataFrame:
    """The flow with the boxes that are part of another (a source, a reason) marked by a dash before their label."""
    is_part = flow["source_or_reason"] != ""
    return flow.assign(label=flow["label"].where(~is_part, "– " + flow["label"]))


def title_flow(flow: pd.DataFrame) -> str:
    """The first and the last number of the flow."""
    boxes = set(flow["box"])
    last = (
        f"{count(flow_number(flow, 'included_reports'), 'report', 'reports')} of "
        f"{count(flow_number(flow, 'included_studies'))}"
    )
    if "screened" in boxes:
        return f"From {flow_number(flow, 'identified'):,} records to {last}"
    if "assessed" in boxes:
        return f"From {flow_number(flow, 'assessed'):,} reports assessed to {last}"
    return f"{last.capitalize()}; how they were {'chosen' if 'identified' in boxes else 'found'} is not in these data"


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
