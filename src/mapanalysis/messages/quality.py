"""How well studies were done, and how far reviews overlap, in words; kept apart from what studies found."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from mapanalysis.analysis.overlap import Bands
from mapanalysis.appraisal_tools import Tool
from mapanalysis.messages.counts import NOT_SAID
from mapanalysis.messages.words import Words, count, join, percent

HOW_WELL, HOW_WELL_ALL = (
    "how well a study was done, not what it found",
    "how well they were done, not what they found",
)
NOBODY_APPRAISED = (
    "No study of this map was appraised, so that nothing can be said of how well the studies were done."
)
NOTHING_CITED = "Which studies each review includes was not recorded, so that nothing can be said of how far reviews overlap."
WHAT_CCA_IS = (
    "Reviews overlap where they include the same studies: what looks like several answers may rest on one set of studies. The "
    "corrected covered area (Pieper and others 2014, doi 10.1016/j.jclinepi.2013.11.007) is the share of repeated inclusions "
    "among all that could be repeated: 0% when no study is in two reviews, 100% when all reviews include the same studies."
)
CCA_ASSUMES = (
    "Every study counts alike, whatever its size, and a study that a review could not include, because it was published "
    "later, counts as not included; the adjusted figure leaves such out, as far as years are known."
)
APPRAISED_COLUMNS = {
    "tool_label": "Tool",
    "label": "Study",
    "n_judged": "Domains judged",
    "stated": "Overall, as stated",
    "computed": "By the rule",
    "note": "Note",
}
TOOL_COLUMNS = {
    "tool_label": "Tool",
    "domain_label": "Domain",
    "critical": "Critical",
    "judgements": "Judgements",
}
PAIR_COLUMNS = {
    "label_a": "Review",
    "label_b": "Review with it",
    "n_studies": "Studies in them",
    "n_repeated": "In both",
    "pct_cca": "CCA %",
    "band": "Overlap",
    "pct_cca_adjusted": "CCA %, adjusted",
}
INCLUDED_COLUMNS = {"name": "Study", "year": "Year", "label": "In the map as", "n_reviews": "Reviews"}
MOST_NAMED = 12
MOST_STUDIES, MOST_REVIEWS = 28, 18  # what is drawn: more does not fit a page


def not_said(*, is_appraised: bool) -> str:
    """What a map does not say; where some of its studies were appraised, that is said of the others."""
    quality = "how good a study is;"
    return (
        NOT_SAID.replace(quality, "how good a study is that was not appraised;") if is_appraised else NOT_SAID
    )


def say_appraised(appraised: pd.DataFrame, n_studies: int, stated_quality: str = "") -> str:
    """How many studies were appraised by which tool, and how often what is stated is not what the rule gives.

    `appraised` as from `appraisal.list_appraised`. `stated_quality` is the label of the dimension of what reviews state
    of quality, which is no appraisal.
    """
    other = f" What reviews state of the evidence they include (“{stated_quality}”) is no appraisal of ours."
    other = other if stated_quality else ""
    if appraised.empty:
        return NOBODY_APPRAISED + other
    parts = [f"{tool} {n}" for tool, n in appraised.groupby("tool_label", sort=False).size().items()]
    n = appraised["study_id"].nunique()
    n_silent = int((appraised["n_judged"] < appraised["n_domains"]).sum())
    silent = f" Not every domain is judged in {count(n_silent, 'appraisal', 'appraisals')}."
    return (
        f"Appraised: {n:,} of {count(n_studies)} ({'; '.join(parts)}). An appraisal says {HOW_WELL}."
        f"{say_differences(appraised)}{silent if n_silent else ''}{other}"
    )


def say_differences(appraised: pd.DataFrame) -> str:
    """How often a stated judgement differs from the rule, and how often the rule leaves it to a person; "" where never."""
    n_different = int(appraised["is_different"].sum())
    alone = appraised[appraised["stated"] == ""]
    n_open = int(((alone["computed"] != "") & alone["note"].str.contains("a person may")).sum())
    said = ""
    if n_different:
        what = count(n_different, "overall judgement as stated is", "overall judgements as stated are")
        said += f" {what[:1].upper()}{what[1:]} not what the tool's own rule gives; they stand as stated."
    if n_open:
        said += f" Of the overall judgements that a rule gave, it leaves {n_open} to a person, who may judge otherwise."
    return said


def cite_tools(tools: Sequence[Tool]) -> list[tuple[str, str, str]]:
    """The label of each tool, what it is for and where it is from, and its DOI ("": none)."""
    return [(tool.label, f"for {tool.purpose}: {tool.source}", tool.doi) for tool in tools]


def describe_judgements(counts: pd.DataFrame, tool: str) -> Words:
    """Words for `figures.plot_judgements`: the judgements of the whole, or the domain judged worst most often."""
    n = int(counts["n_appraised"].iloc[0])
    whole = counts[counts["is_overall"]]
    title = f"{tool}, overall: {_say_shares(whole, n)}" if len(whole) else f"{tool}: {_say_worst(counts, n)}"
    bars = [f"{domain}: {_list_counts(rows)}" for domain, rows in counts.groupby("domain_label", sort=False)]
    return Words(
        title,
        f"Bars of the studies by judgement, for each domain of {tool}. {'; '.join(bars)}.",
        f"{count(n)} appraised by {tool}: {HOW_WELL_ALL}.",
    )


def _list_counts(rows: pd.DataFrame) -> str:
    return ", ".join(
        f"{row.judgement_label} {row.n_studies}" for row in rows[rows["n_studies"] > 0].itertuples()
    )


def _say_shares(whole: pd.DataFrame, n: int) -> str:
    """ "Low in 15 and High in 2 of 52 studies", from the worst."""
    judged = whole[(whole["judgement"] != "") & (whole["n_studies"] > 0)].iloc[::-1]
    parts = [f"{row.judgement_label} in {row.n_studies}" for row in judged.itertuples()]
    return f"{join(parts)} of {count(n)}"


def _say_worst(counts: pd.DataFrame, n: int) -> str:
    """Which domains the worst judgement was given for most often."""
    bad = counts[counts["role"].isin(["bad", "poor"]) & (counts["n_studies"] > 0)]
    if bad.empty:
        return f"no domain judged badly, of {count(n)}"
    top = bad[bad["n_studies"] == bad["n_studies"].max()]
    more = [f"{len(top) - 3} more"] if len(top) > 3 else []
    named = join([*top["domain_label"].iloc[:3], *more])
    label = top["judgement_label"].iloc[0]
    return f"{label} most often for {named}: {int(top['n_studies'].iloc[0])} of {count(n)}"


def describe_traffic_lights(listed: pd.DataFrame, tool: str) -> Words:
    """Words for `figures.plot_traffic_lights`: how many judgements are the best, and the whole of each study."""
    domains = listed[~listed["is_overall"]]
    judged = domains[domains["judgement"] != ""]
    n = listed["study_id"].nunique()
    good = judged[judged["role"] == "good"]
    label = f" ({good['judgement_label'].iloc[0]})" if len(set(good["judgement_label"])) == 1 else ""
    whole = listed[listed["is_overall"] & (listed["judgement"] != "")].head(MOST_NAMED)
    named = "; ".join(f"{row.label} {row.judgement_label}" for row in whole.itertuples())
    overall = f" Overall: {named}{' and others' if n > MOST_NAMED else ''}." if named else ""
    shown = f" The first {MOST_STUDIES} are drawn; the table holds all." if n > MOST_STUDIES else ""
    return Words(
        f"{tool}, study by study: the best judgement{label} in {len(good)} of {len(judged)}",
        f"Grid of {count(n)} by {domains['domain'].nunique()} domains of {tool}, each with the letter of its judgement. "
        f"Not judged: {len(domains) - len(judged)} of {len(domains)}.{overall}",
        f"{count(n)} appraised by {tool}: {HOW_WELL_ALL}.{shown}",
    )


def list_domains(tools: pd.DataFrame) -> pd.DataFrame:
    """The domains of `appraisal.describe_tools` with `critical`: "yes" or ""."""
    return tools.assign(critical=pd.Series("yes", index=tools.index).where(tools["is_critical"], ""))


def title_appraised(appraised: pd.DataFrame) -> str:
    """How many appraisals there are, and how many of their judgements differ from the rule."""
    n = int(appraised["is_different"].sum())
    different = f"; {n} stated otherwise than the rule of the tool gives" if n else ""
    return f"{count(len(appraised), 'appraisal', 'appraisals').capitalize()}, and what was judged overall{different}"


def describe_overlap(overlap: pd.DataFrame, reviews: pd.DataFrame, bands: Bands) -> Words:
    """Words for `figures.plot_overlap`."""
    whole, pairs = overlap.iloc[0], label_pairs(overlap, reviews)
    n_recorded = int(reviews["is_recorded"].sum())
    listed = "; ".join(
        f"{row.label_a} with {row.label_b} {row.pct_cca:.1f}% ({row.n_repeated} of {row.n_studies})"
        for row in pairs.head(MOST_NAMED).itertuples()
    )
    n_top = int((pairs["pct_cca"] >= bands.very_high).sum())
    more = (
        f" The {MOST_REVIEWS} in the pairs that overlap most are drawn." if n_recorded > MOST_REVIEWS else ""
    )
    return Words(
        f"Reviews overlap: {say_cca(whole)}; {count(n_top, 'pair', 'pairs')} of {len(pairs)} at {bands.very_high:g}% or more",
        f"Triangle of reviews by reviews with the corrected covered area of each pair. Most first: {listed}.",
        f"{n_recorded} of {count(len(reviews), 'review', 'reviews')} have their studies recorded: {count(int(whole['n_studies']))}, "
        f"included {int(whole['n_citations']):,} times.{more}",
    )


def say_cca(whole: pd.Series) -> str:
    """ "corrected covered area 16.7%, very high"."""
    if pd.isna(whole["pct_cca"]):
        return "corrected covered area not defined"
    return f"corrected covered area {whole['pct_cca']:.1f}%, {whole['band']}"


def say_overlap(overlap: pd.DataFrame, reviews: pd.DataFrame, citations: pd.DataFrame, n_studies: int) -> str:
    """How far reviews overlap, and how many studies of the map are inside one.

    `overlap` as from `overlap.measure_overlap`, `reviews` as from `overlap.list_review_studies`; `n_studies` of the map.
    """
    if citations.empty:
        return NOTHING_CITED
    whole, n_recorded = overlap.iloc[0], int(reviews["is_recorded"].sum())
    n_outside = citations.loc[~citations["is_in_map"], "study_id"].nunique()
    is_known = pd.notna(whole["pct_cca_adjusted"])
    adjusted = f"{whole['pct_cca_adjusted']:.1f}% ({whole['band_adjusted']})" if is_known else ""
    left_out = f" Without what could not be included, it is {adjusted}." if adjusted else ""
    cca = f"{say_cca(whole)}.{left_out}" if n_recorded > 1 else "one review alone cannot overlap."
    return (
        f"Reviews whose studies are recorded: {n_recorded} of {len(reviews)}. They include {count(int(whole['n_studies']))}, "
        f"{n_outside:,} of them not in this map; {cca} {say_inside(citations, list(reviews['study_id']), n_studies)}"
    )


def say_inside(citations: pd.DataFrame, reviews: list[str], n_studies: int) -> str:
    """How many of the `n_studies` of the map that are no reviews are inside one."""
    is_inside = citations["is_in_map"] & ~citations["study_id"].isin(reviews)
    n, n_others = citations.loc[is_inside, "study_id"].nunique(), n_studies - len(reviews)
    return (
        f"Inside a review already: {n} of the {count(n_others)} that are no reviews ({percent(n, n_others)})."
    )


def label_pairs(overlap: pd.DataFrame, reviews: pd.DataFrame) -> pd.DataFrame:
    """The pairs of reviews with their labels: label_a, label_b."""
    labels = reviews.set_index("study_id")["label"]
    pairs = overlap[overlap["review_a"] != ""].reset_index(drop=True)
    named: dict[str, Sequence[str]] = {
        f"label_{side}": pd.Series(labels.reindex(pairs[f"review_{side}"]).to_numpy(), dtype="str")
        for side in "ab"
    }
    return pairs.assign(**named)


def title_pairs(overlap: pd.DataFrame) -> str:
    """What the table of pairs holds."""
    return f"How far each pair of reviews overlaps: {count(len(overlap) - 1, 'pair', 'pairs')}"


def title_included(included: pd.DataFrame) -> str:
    """How many studies reviews include, and how many are in several."""
    n = int((included["n_reviews"] > 1).sum())
    return f"{count(len(included)).capitalize()} that reviews include, {n} of them in two or more"
