"""How sure gaps are: would each still be one if the same evidence were read otherwise?

A *scenario* is another reading: the codes of one coder alone, only reports on which nobody who screened them was in
doubt, or one threshold a step away. Each gap is judged by the scenarios that can close it. A step that only widens
the rule closes nothing, and leaving out studies fills no empty cell: such scenarios say how many gaps there would
be, and have no say in how sure one is.

What the search missed, or what abstracts do not report, no scenario can tell.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from mapanalysis.analysis.coding import build_studies, settle_codings
from mapanalysis.analysis.gaps import (
    ABSOLUTE,
    CLUSTER,
    ECONOMIC,
    KINDS,
    OUT_OF_DATE,
    PLACE,
    REDUNDANCY,
    SYNTHESIS,
    THRESHOLDS,
    YEARS,
    GapRules,
    PlacedStudies,
    describe_studies,
    locate_gaps,
)
from mapanalysis.analysis.grid import count_studies
from mapanalysis.codebook import Codebook
from mapanalysis.tables import SETTLED

# What share of the included reports a person must have coded alone to stand for a map.
FEWEST_CODED = 0.5
ORDINALS = ("first", "second", "third", "fourth", "fifth")
# Which way a threshold must move for a gap of a kind to be able to close.
STRICTER = {
    "minimum_studies": {ABSOLUTE: -1},
    "minimum_primary_studies": {SYNTHESIS: 1},
    "minimum_effectiveness_studies": {ECONOMIC: 1},
    "minimum_place_studies": {PLACE: 1},
    "minimum_reviews_redundant": {REDUNDANCY: 1},
    "minimum_cluster_studies": {CLUSTER: 1},
    "recent_review_years": {SYNTHESIS: 1, REDUNDANCY: -1},
    "out_of_date_years": {OUT_OF_DATE: 1},
}
IN_WORDS = {
    "minimum_studies": "fewest studies",
    "minimum_primary_studies": "fewest primary studies",
    "minimum_effectiveness_studies": "fewest studies of effectiveness",
    "minimum_place_studies": "fewest studies with a country",
    "minimum_reviews_redundant": "fewest recent reviews",
    "minimum_cluster_studies": "fewest new primary studies",
    "recent_review_years": "years for which a review is recent",
    "out_of_date_years": "years until a cell is out of date",
}
ALL, MOST, FEW, UNTRIED = "all", "most", "few", "untried"
HOLDS = {
    ALL: "holds in all",
    MOST: "holds in most",
    FEW: "holds in half or fewer",
    UNTRIED: "could not be tried",
}
GAP = ["kind", "row_code", "column_code"]


@dataclass(frozen=True)
class Scenario:
    """Another reading of the evidence; `label` says it in words, `studies` are from `gaps.describe_studies`.

    `bears_on`: the kinds whose gaps may be others here; `closes`: those of them that it can close.
    """

    id: str
    label: str
    rules: GapRules
    studies: pd.DataFrame
    codings: pd.DataFrame
    bears_on: tuple[str, ...]
    closes: tuple[str, ...]

    @classmethod
    def of_map(cls, rules: GapRules, studies: pd.DataFrame, codings: pd.DataFrame) -> Scenario:
        """The map as it is, which other readings are readings of."""
        return cls("map", "the map as it is", rules, studies, codings, (), ())


def build_scenarios(
    base: Scenario,
    coders: pd.DataFrame,
    reports: pd.DataFrame,
    doubted: pd.Series,
    codebook: Codebook,
    *,
    step: int = 1,
    step_years: int = 1,
) -> list[Scenario]:
    """The other readings of `base`, in their order.

    `coders` are the codings as each coder gave them (publication_id, finding_id, coder, dimension, code), `doubted`
    the ids of included publications that screeners did not agree on. Thresholds move by `step`, years by
    `step_years`, each way.
    """
    readings = _read_by_coders(base, coders, reports, codebook)
    kept = reports[~reports["publication_id"].isin(doubted)]
    if 0 < len(kept) < len(reports):
        settled = coders[coders["publication_id"].isin(kept["publication_id"])]
        label = "without reports that screeners were of two minds about"
        closes = tuple(kind for kind in base.rules.kinds if kind != ABSOLUTE)
        readings.append(_read(base, "doubted", label, settled, kept, codebook, closes))
    return readings + _move_thresholds(base, step, step_years)


def _read_by_coders(
    base: Scenario, coders: pd.DataFrame, reports: pd.DataFrame, codebook: Codebook
) -> list[Scenario]:
    """A reading for each person who coded at least half of the reports; their names stay out of it."""
    own = coders[coders["coder"] != SETTLED]
    n_coded = own.groupby("coder")["publication_id"].nunique()
    names = sorted(n_coded.index[n_coded >= FEWEST_CODED * len(reports)])
    if len(names) < 2:  # the codes of the only coder are the ones that count
        return []
    readings = []
    for number, name in enumerate(names[: len(ORDINALS)]):
        mine = own[own["coder"] == name]
        theirs = reports[reports["publication_id"].isin(mine["publication_id"])]
        label = f"by the codes of the {ORDINALS[number]} coder alone"
        readings.append(
            _read(base, f"coder_{number + 1}", label, mine, theirs, codebook, tuple(base.rules.kinds))
        )
    return readings


def _read(
    base: Scenario,
    id: str,
    label: str,
    codings: pd.DataFrame,
    reports: pd.DataFrame,
    codebook: Codebook,
    closes: tuple[str, ...],
) -> Scenario:
    """A reading of some of the reports by some of the codings; appraisals stay as they were."""
    settled = settle_codings(codings, reports)
    studies = describe_studies(build_studies(reports), settled, codebook, base.rules)
    if base.rules.appraised_as:
        is_low = base.studies.set_index("study_id")["is_low"]
        studies = studies.assign(is_low=is_low[studies["study_id"]].to_numpy())
    return Scenario(id, label, base.rules, studies, settled, tuple(base.rules.kinds), closes)


def _move_thresholds(base: Scenario, step: int, step_years: int) -> list[Scenario]:
    """Each threshold that bears on a kind that is looked for, a step down and a step up; none below 1."""
    moved = []
    for name in (*THRESHOLDS, *YEARS):
        stricter = {kind: way for kind, way in STRICTER[name].items() if kind in base.rules.kinds}
        at = getattr(base.rules, name)
        by, least = (step_years, 0) if name in YEARS else (step, 1)
        for way in (-1, 1):
            value = at + way * by
            if not stricter or value < least or value == at:
                continue
            reading = replace(
                base,
                id=f"{name}_{value}",
                label=f"{IN_WORDS[name]}: {value}, not {at}",
                rules=replace(base.rules, **{name: value}),
                bears_on=tuple(stricter),
                closes=tuple(kind for kind, needed in stricter.items() if needed == way),
            )
            moved.append(reading)
    return moved


def find_gaps_in(
    scenarios: list[Scenario], gaps: pd.DataFrame, codebook: Codebook, axes: dict[str, Any]
) -> pd.DataFrame:
    """The gaps of a map in each scenario: one row per scenario, kind and cell: scenario, kind, row_code, column_code.

    `axes` are row, column and segment, `gaps` those of the map itself. A group that only the codes that count name is
    no row or column of a scenario; its empty cells are empty there too.
    """
    placed: dict[int, PlacedStudies] = {}
    frames = [pd.DataFrame(columns=["scenario", *GAP], dtype="str")]
    absolute = gaps.loc[gaps["kind"] == ABSOLUTE, GAP]
    for scenario in scenarios:
        key = id(scenario.codings)
        if key not in placed:
            grid = count_studies(scenario.codings, codebook, scenario.studies["study_id"], **axes)
            placed[key] = PlacedStudies(grid, scenario.studies)
        grid = placed[key].grid
        found = locate_gaps(placed[key], scenario.rules)
        is_on_grid = absolute["row_code"].isin(grid.row.codes) & absolute["column_code"].isin(
            grid.column.codes
        )
        frames += [frame[GAP].assign(scenario=scenario.id) for frame in (found, absolute[~is_on_grid])]
    return pd.concat(frames, ignore_index=True)[["scenario", *GAP]]


def judge_gaps(gaps: pd.DataFrame, found: pd.DataFrame, scenarios: list[Scenario]) -> pd.DataFrame:
    """The gaps with how sure each is: `found` is from `find_gaps_in` for the same map and scenarios.

    Adds n_scenarios (that can close a gap of its kind), n_still (in which it is still one), closed_by (the labels of
    the others, "; " between them) and holds: "all" of them, "most" (more than half), "few", or "untried" where no
    scenario can close it.
    """
    still = pd.MultiIndex.from_frame(found[["scenario", *GAP]])
    n_scenarios = pd.Series(0, index=gaps.index)
    n_still = n_scenarios.copy()
    closed_by = pd.Series("", index=gaps.index, dtype="str")
    for scenario in scenarios:
        is_tried = gaps["kind"].isin(scenario.closes)
        is_still = pd.MultiIndex.from_frame(gaps[GAP].assign(scenario=scenario.id)[["scenario", *GAP]]).isin(
            still
        )
        n_scenarios += is_tried
        n_still += is_tried & is_still
        closed_by = closed_by.where(~(is_tried & ~is_still), closed_by + "; " + scenario.label)
    holds = pd.Series(FEW, index=gaps.index, dtype="str")
    holds = (
        holds.mask(2 * n_still > n_scenarios, MOST)
        .mask(n_still == n_scenarios, ALL)
        .mask(n_scenarios == 0, UNTRIED)
    )
    return gaps.assign(
        n_scenarios=n_scenarios, n_still=n_still, holds=holds, closed_by=closed_by.str.removeprefix("; ")
    )


def count_scenarios(gaps: pd.DataFrame, found: pd.DataFrame, scenarios: list[Scenario]) -> pd.DataFrame:
    """How many gaps there are in each scenario: one row per scenario and kind that it bears on.

    scenario, label, kind, kind_label, n_studies (that are read), n_gaps, n_closed (gaps of the map that are none
    here), n_opened (gaps here that are none of the map), can_close.
    """
    base = pd.MultiIndex.from_frame(gaps[GAP])
    rows = []
    for scenario in scenarios:
        here = pd.MultiIndex.from_frame(found.loc[found["scenario"] == scenario.id, GAP])
        closed, opened = base[~base.isin(here)], here[~here.isin(base)]
        for kind in scenario.bears_on:
            n_gaps, n_closed, n_opened = (
                int((index.get_level_values("kind") == kind).sum()) for index in (here, closed, opened)
            )
            rows.append(
                {
                    "scenario": scenario.id,
                    "label": scenario.label,
                    "kind": kind,
                    "kind_label": KINDS[kind],
                    "n_studies": len(scenario.studies),
                    "n_gaps": n_gaps,
                    "n_closed": n_closed,
                    "n_opened": n_opened,
                    "can_close": kind in scenario.closes,
                }
            )
    columns = [
        "scenario",
        "label",
        "kind",
        "kind_label",
        "n_studies",
        "n_gaps",
        "n_closed",
        "n_opened",
        "can_close",
    ]
    return pd.DataFrame(rows, columns=columns)


def count_holds(gaps: pd.DataFrame, kinds: list[str]) -> pd.DataFrame:
    """How many gaps of each kind hold in all, most or few scenarios: one row per kind and answer.

    kind, kind_label, holds, n_gaps, n_scenarios (that can close a gap of the kind).
    """
    counts = gaps.groupby(["kind", "holds"])["row_code"].size()
    n_scenarios = gaps.groupby("kind")["n_scenarios"].max()
    rows = [
        (kind, KINDS[kind], holds, int(counts.get((kind, holds), 0)), int(n_scenarios.get(kind, 0)))
        for kind in kinds
        for holds in HOLDS
    ]
    return pd.DataFrame(rows, columns=["kind", "kind_label", "holds", "n_gaps", "n_scenarios"])


def join_maps(counts: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Tables of several maps as one, with `map`, the title that each has in `counts`."""
    return pd.concat([frame.assign(map=title) for title, frame in counts.items()], ignore_index=True)
