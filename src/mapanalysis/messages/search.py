"""What each source brought, in words: the search summary table."""

from __future__ import annotations

import pandas as pd

from mapanalysis.messages.diagrams import NO_SEARCH
from mapanalysis.messages.words import count, percent

SEARCH_COLUMNS = {
    "label": "Source",
    "n_records": "Records",
    "n_found": "Found",
    "n_unique": "Found here only",
    "n_included": "Included",
    "n_included_unique": "Included, found here only",
    "pct_sensitivity": "Sensitivity, %",
    "pct_precision": "Precision, %",
    "ratio_to_read": "Number to read",
}
# Nine columns fit on a page when each is as wide as its longest word.
SEARCH_SHARES = {
    "label": 1.55,
    "n_found": 0.85,
    "n_unique": 0.8,
    "n_included": 1.12,
    "n_included_unique": 1.12,
    "pct_sensitivity": 1.35,
    "pct_precision": 1.2,
}
SEARCH_NOTE = (
    "Found: different publications among the records of a source. Sensitivity: included reports that the source has, of all "
    "included reports. It is relative: what no source here has is not counted, so that it is no share of what exists. "
    "Precision: included reports, of those found. Number to read: publications found for each one included. All four speak "
    "of the searches made here, of a source as it was used, and not of the source as such."
)
TYPE_COLUMNS = {
    "segment_label": "Type of evidence",
    "label": "Source",
    "n_included": "Included",
    "n_all": "Of all sources",
    "pct_sensitivity": "Sensitivity, %",
}
TYPE_NOTE = (
    "Reports of a study of two types count in both. What sensitivity says, and does not say, stands above."
)


def title_search(summary: pd.DataFrame) -> str:
    """Which source had most of the included reports, and how many were in one source only."""
    sources = summary[summary["source"] != ""]
    if sources.empty:
        return NO_SEARCH
    whole = summary[summary["source"] == ""].iloc[0]
    top = sources.loc[sources["n_included"].idxmax()]
    alone = f"{percent(whole['n_included_unique'], whole['n_included'])} of the included were found by one source only"
    if not whole["n_included"]:
        return f"No report was included of {count(whole['n_found'], 'publication', 'publications')} found"
    return f"{top['label']}: {percent(top['n_included'], whole['n_included'])} of the included reports, the most; {alone}"


def title_search_by_type(counts: pd.DataFrame) -> str:
    """In which type of evidence the share of a single source is largest."""
    known = counts[counts["pct_sensitivity"].notna()]
    if known.empty:
        return "No source of the reports of any type of evidence is known"
    top = known.loc[known["pct_sensitivity"].idxmax()]
    return (
        f"By type of evidence, a single source had at most {percent(top['n_included'], top['n_all'])} of the included "
        f"reports: {top['label']}, {top['segment_label']}"
    )
