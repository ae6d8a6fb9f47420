"""How sure and how surprising gaps are, in words."""

from __future__ import annotations

import pandas as pd

from mapanalysis.analysis.certainty import ALL, FEW, HOLDS, Scenario
from mapanalysis.analysis.gaps import KINDS, NOTES
from mapanalysis.analysis.grid import Grid
from mapanalysis.analysis.surprise import Surprise
from mapanalysis.messages.words import Words, count, join, percent

RELATIVE = (
    "A gap is relative to what was searched and to the eligibility criteria. No other reading of the same evidence can "
    "tell what the search missed, nor what studies did not report."
)
FALSE_ALARMS = 0.05  # the share of false alarms among the cells that are named
SCENARIO_COLUMNS = {
    "label": "Read otherwise",
    "kind_label": "Kind",
    "n_studies": "Studies",
    "n_gaps": "Gaps",
    "n_closed": "Closed",
    "n_opened": "New",
}
JUDGED_COLUMNS = {
    "kind_label": "Kind",
    "row_label": "Row",
    "column_label": "Column",
    "n_studies": "Studies",
    "still": "Holds in",
    "nearest": "Nearest evidence",
}
JUDGED_SHARES = {"row_label": 1.5, "column_label": 1.5, "n_studies": 0.6, "still": 0.7, "nearest": 2.6}
SURPRISE_COLUMNS = {
    "row_label": "Row",
    "column_label": "Column",
    "n_observed": "Found",
    "n_expected": "Expected",
    "p_value": "p",
    "q_value": "q",
    "p_exact": "p, exact",
    "q_exact": "q, exact",
}


def describe_holds(judged: dict[str, pd.DataFrame], scenarios: list[Scenario]) -> Words:
    """Words for `figures.plot_holds`: of how many gaps it can be said that they hold. `judged`: by title of the map."""
    parts, alts = [], []
    for title, gaps in judged.items():
        tried = gaps[(gaps["n_scenarios"] > 0) & ~gaps["kind"].isin(list(NOTES))]
        n_all = int((tried["holds"] == ALL).sum())
        of = count(len(tried), "gap", "gaps")
        parts.append(
            f"{title}: {n_all:,} of {of} {_verb(n_all, 'holds', 'hold')} however the evidence is read"
            if len(tried)
            else f"{title}: no gap that another reading could close"
        )
        for kind in dict.fromkeys(gaps["kind"]):
            n = gaps.loc[gaps["kind"] == kind, "holds"].value_counts()
            said = [f"{n[holds]:,} {HOLDS[holds].removeprefix('holds ')}" for holds in HOLDS if holds in n]
            alts.append(f"{title}, {KINDS[kind].lower()}: {join(said)}.")
    return Words(
        "; ".join(parts),
        "Bars of the gaps of each kind, divided by whether they hold in all, most, or half or fewer of the other readings. "
        f"{' '.join(alts)}".strip(),
        f"{_say_readings(scenarios)}; each gap is judged by those that can close it.",
    )


def _say_readings(scenarios: list[Scenario]) -> str:
    """ "17 other readings (2 by the codes of one coder, 1 without doubted reports, 14 with another threshold)"."""
    n_coders = sum(scenario.id.startswith("coder_") for scenario in scenarios)
    n_doubted = sum(scenario.id == "doubted" for scenario in scenarios)
    n_moved = len(scenarios) - n_coders - n_doubted
    return (
        f"{count(len(scenarios), 'other reading', 'other readings')} ({n_coders} by the codes of one coder, {n_doubted} without "
        f"doubted reports, {n_moved} with another threshold)"
    )


def describe_certainty(judged: pd.DataFrame, grid: Grid, kinds: list[str]) -> Words:
    """Words for `figures.plot_certainty`."""
    shown = judged[judged["kind"].isin(kinds) & (judged["n_scenarios"] > 0)]
    lacking = shown[~shown["kind"].isin(list(NOTES))]
    unsure = lacking[lacking["holds"] == FEW]
    names = [KINDS[kind].lower() for kind in kinds if (shown["kind"] == kind).any()]
    if not names:
        nothing = "no gap that another reading could close"
        return Words(
            f"{_axes(grid)}: {nothing}",
            f"An empty heat map: {nothing}.",
            f"0 of {count(len(judged), 'gap', 'gaps')}.",
        )
    return Words(
        f"{_axes(grid)}: {len(unsure):,} of {count(len(lacking), 'gap', 'gaps')} shown "
        f"{_verb(len(unsure), 'holds', 'hold')} in half of the other readings or fewer",
        f"Heat map of {_axes(grid)}, a panel for each kind of gap: {join(names)}. The number in a cell says in how many "
        f"other readings it is still so; a cell without a number is no gap of that kind.{_say_least_sure(unsure)}",
        f"{count(len(shown), 'mark', 'marks')} in the cells; the table names the readings that close each.",
    )


def _say_least_sure(unsure: pd.DataFrame) -> str:
    if unsure.empty:
        return ""
    first = unsure.iloc[0]
    reading = first["closed_by"].split("; ")[0]
    when = reading if reading.startswith(("by ", "without ")) else f"with {reading}"
    return (
        f" Of the least sure, {first['row_label']} by {first['column_label']} ({KINDS[first['kind']].lower()}) is no gap "
        f"{when}."
    )


def describe_surprise(surprise: Surprise, grid: Grid, n_shown: int) -> Words:
    """Words for `figures.plot_surprise`: which cells hold fewer studies than chance would give them."""
    cells = surprise.cells
    row, column = grid.row.dimension.label, grid.column.dimension.label
    few = cells.head(n_shown)
    n_none = int((few["n_observed"] == 0).sum())
    return Words(
        f"{row} by {column}: {_say_finding(surprise)}",
        f"The {count(len(few), 'cell', 'cells')} with the lowest number of studies for what row and column let one expect; "
        f"{_verb(n_none, 'one', f'{n_none}')} without a study. For each, the studies found, those expected by chance, and "
        f"where 95 % of chance lies. {say_empty_cells(surprise)}",
        f"{count(len(cells), 'cell', 'cells')} and {count(surprise.n_compared)} that "
        f"{_verb(surprise.n_compared, 'reports', 'report')} both {_within(row)} and {_within(column)}.",
    )


def _say_finding(surprise: Surprise) -> str:
    """The most surprising cell, where one is beyond chance; else that none is, and how many are empty."""
    cells = surprise.cells
    named = cells[cells["q_exact"] <= FALSE_ALARMS]
    if len(named):
        first = named.iloc[0]
        return (
            f"{count(len(named), 'cell holds', 'cells hold')} fewer studies than chance explains; the most surprising is "
            f"{first['row_label']} by {first['column_label']}, with {count(int(first['n_observed']))} for "
            f"{first['n_expected']:.1f} expected"
        )
    if cells.empty:
        return "nothing to compare with chance"
    _, low, high = surprise.empty_expected
    crowd = (
        f"{surprise.n_empty:,} cells are empty where chance would leave {low:,} to {high:,}, yet "
        if surprise.n_empty > high
        else ""
    )
    return f"{crowd}no single cell holds so few studies that chance, with so many cells, would not explain it"


def _verb(n: int, one: str, many: str) -> str:
    return one if n == 1 else many


def _within(label: str) -> str:
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]


def say_empty_cells(surprise: Surprise) -> str:
    """How many cells are empty, and how many would be if rows and columns had nothing to do with each other."""
    if surprise.cells.empty:
        return "No study reports both a row and a column."
    mean, low, high = surprise.empty_expected
    n, of = surprise.n_empty, len(surprise.cells)
    if low <= n <= high:
        verdict = "about as many as chance would leave"
    elif n > high:
        verdict = "more than chance would leave: studies crowd in some cells"
    else:
        verdict = "fewer than chance would leave: studies are spread out"
    return (
        f"Of {count(of, 'cell', 'cells')} {n:,} {_verb(n, 'is', 'are')} empty. With the same rows and columns dealt out at "
        f"random {mean:.0f} would be ({low:,} to {high:,} in 95 % of {surprise.n_permutations:,} permutations). That is {verdict}."
    )


def say_multiplicity(surprise: Surprise) -> str:
    """What p and q are, and what many cells at once mean for them."""
    cells = surprise.cells
    n_low, n_named = (int((cells[of] <= FALSE_ALARMS).sum()) for of in ("p_exact", "q_exact"))
    least = 1 / (surprise.n_permutations + 1)
    return (
        f"p is the chance of as few studies or fewer, were rows and columns unrelated. Of the "
        f"{count(len(cells), 'cell', 'cells')} looked at together, up to about {FALSE_ALARMS * len(cells):.0f} would have a p of at "
        f"most {FALSE_ALARMS} by chance alone; {n_low:,} {_verb(n_low, 'has', 'have')}. q takes that into account (Benjamini and "
        f"Hochberg): of the cells with a q of at most {FALSE_ALARMS}, here {n_named:,}, about {percent(FALSE_ALARMS, 1)} may be "
        "false alarms. Cells of a row or column depend on each other, so q is a guide. "
        f"With {surprise.n_permutations:,} permutations p cannot be below {least:.1g}; the exact p has no such limit."
    )


def say_unclear(n_doubted: int) -> str:
    """What became of publications that were not clear."""
    none_left = "No included publication is left unclear: a run stops where that is the last decision. "
    if not n_doubted:
        return f"{none_left}Those who screened last were of one mind about all of them."
    return (
        f"{none_left}Screeners were of two minds about {count(n_doubted, 'included report', 'included reports')}; one "
        "reading leaves out what these report."
    )


def list_judged(judged: pd.DataFrame, most: int = 0) -> pd.DataFrame:
    """The gaps to read: the surest of each kind first, with `kind_label` and `still` ("3 of 4"); `most` of each."""
    share = judged["n_still"] / judged["n_scenarios"].where(judged["n_scenarios"] > 0)
    order = {kind: place for place, kind in enumerate(KINDS)}
    ranked = judged.assign(
        share=share.fillna(-1.0).round(6),
        place=judged["kind"].map(order),
        kind_label=judged["kind"].map(KINDS) + ": " + judged["rule"],
        still=[f"{n} of {of}" if of else "not tried" for n, of in zip(judged["n_still"], judged["n_scenarios"], strict=True)],
    ).sort_values(["place", "share", "rank"], ascending=[True, False, True], kind="stable", ignore_index=True)  # fmt: skip
    ranked = ranked.drop(columns=["share", "place"])
    return ranked[ranked.groupby("kind").cumcount() < most].reset_index(drop=True) if most else ranked


def title_scenarios(grid: Grid) -> str:
    """What the table of other readings holds."""
    return f"How many gaps there are when the evidence is read otherwise: {_axes(grid)}"


def title_judged(grid: Grid) -> str:
    """What the table of judged gaps holds."""
    return f"Gaps that hold, the surest of each kind first: {_axes(grid)}"


def title_surprise(grid: Grid) -> str:
    """What the table of cells against chance holds."""
    return f"Cells against chance, the most surprisingly empty first: {_axes(grid)}"


def _axes(grid: Grid) -> str:
    return f"{grid.row.dimension.label} by {grid.column.dimension.label}"
