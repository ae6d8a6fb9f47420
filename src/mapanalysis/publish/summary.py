"""The key messages of a report: sentences whose every number is computed from the tables."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from mapanalysis.analysis import volume
from mapanalysis.analysis.gaps import SYNTHESIS, GapRules
from mapanalysis.analysis.grid import ALL_SEGMENTS, NONE_FOUND, STUDIES, Grid
from mapanalysis.evidence import Evidence
from mapanalysis.messages import count, join, percent


@dataclass(frozen=True)
class Choice:
    """What the parameters of 09_report choose: edition, date, and the dimensions and codes the report speaks of.

    `rules` are the thresholds of the gaps. `country`, `review_code`, `economic_code` and `quality` are "" where the map
    has none; `search_date` (of the last search) is "" where it is not known.
    """

    edition: str
    date: str
    row: str
    column: str
    need: str
    country: str
    segment: str
    review_code: str
    economic_code: str
    rules: GapRules
    quality: str = ""
    search_date: str = ""


@dataclass(frozen=True)
class Counts:
    """The counts that sentences take their numbers from."""

    evidence: Evidence
    choice: Choice
    segments: dict[str, str]
    grid: Grid
    need_grid: Grid
    gaps: pd.DataFrame

    def of(self, dimension: str, level: int | None = None) -> pd.DataFrame:
        evidence = self.evidence
        return volume.count_by_code(
            evidence.codings,
            evidence.codebook,
            evidence.studies["study_id"],
            dimension,
            self.choice.segment,
            level,
        )

    def label(self, dimension: str) -> str:
        return self.evidence.codebook.dimension(dimension).label

    def count_empty(self, grid: Grid) -> tuple[int, int]:
        """Cells of `grid` without any study, and cells that could hold one: "not reported" and what is out of scope apart."""
        cells = grid.cells[grid.cells["segment_code"] == ALL_SEGMENTS]
        cells = cells[cells["state"].isin([STUDIES, NONE_FOUND])]
        return int((cells["state"] == NONE_FOUND).sum()), len(cells)

    @property
    def n_studies(self) -> int:
        return len(self.evidence.studies)


def key_messages(counts: Counts) -> list[str]:
    """What a reader must take away, as five computed sentences: the sections say the rest."""
    third = say_costs if counts.choice.economic_code else say_rows
    return [say(counts) for say in (say_volume, say_needs, third, say_gaps, say_trust)]


def say_volume(counts: Counts) -> str:
    """How many studies there are, in how many reports, of which types."""
    by_type = counts.of(counts.choice.segment, level=1)
    whole = by_type[by_type["segment_code"] == ALL_SEGMENTS].set_index("code")["n_studies"]
    parts = [f"{label}: {whole[code]}" for code, label in counts.segments.items() if code]
    overlap = " A study can be of several types." if int(whole.sum()) > counts.n_studies else ""
    n_reports = len(counts.evidence.reports)
    return (
        f"The map holds {count(counts.n_studies)} in {count(n_reports, 'report', 'reports')}. "
        f"{'; '.join(parts)}.{overlap}"
    )


def say_needs(counts: Counts) -> str:
    """Which needs the commonest are."""
    return _say_most(counts, counts.choice.need)


def say_rows(counts: Counts) -> str:
    """Which rows of the map the commonest are."""
    return _say_most(counts, counts.choice.row)


def say_columns(counts: Counts) -> str:
    """Which columns of the map the commonest are."""
    return _say_most(counts, counts.choice.column)


def say_most_used(counts: Counts, dimension: str) -> str:
    """The three commonest codes of a dimension, as a short sentence; "" when no study reports it."""
    used = volume.rank_codes(counts.of(dimension)).query("n_studies > 0").head(3)
    top = [f"{row.label} ({row.n_studies})" for row in used.itertuples()]
    return f"Under “{counts.label(dimension)}”, most studies are on {join(top)}." if top else ""


def _say_most(counts: Counts, dimension: str) -> str:
    start = counts.label(dimension)
    frame = counts.of(dimension)
    ranked = volume.rank_codes(frame)
    silent = volume.count_not_reported(frame)
    used = ranked[ranked["n_studies"] > 0]
    if used.empty:
        return f"{start}: no study reports it."
    n_coded = int(ranked["n_coded"].max())
    top = [f"{row.label} ({row.n_studies})" for row in used.head(3).itertuples()]
    n_few = int((ranked["n_studies"] <= 2).sum())
    least = f" {count(n_few, 'code has', 'codes have').capitalize()} at most two studies." if n_few else ""
    hidden = f" Not reported by {silent} of {n_coded}." if silent else ""
    return f"{start}: the commonest are {join(top)}.{least}{hidden}"


def say_costs(counts: Counts) -> str:
    """How many studies of cost there are, and on how many needs."""
    code = counts.choice.economic_code
    needs = counts.of(counts.choice.need)
    mine = needs[(needs["segment_code"] == code) & needs["code"].isin(counts.need_grid.row.reported)]
    n_economic = int(mine["n_coded"].max()) if len(mine) else 0
    return (
        f"On cost: {count(n_economic)} of the type {counts.segments[code]}, on {int((mine['n_studies'] > 0).sum())} of "
        f"the {len(mine)} codes of {counts.label(counts.choice.need)}."
    )


def say_countries(counts: Counts) -> str:
    """Which countries most studies are from."""
    frame = counts.of(counts.choice.country)
    ranked = volume.rank_codes(frame)
    used = ranked[ranked["n_studies"] > 0]
    label = counts.label(counts.choice.country)
    if used.empty:
        return f"{label}: no study reports it."
    n_named = int(ranked["n_coded"].max()) - volume.count_not_reported(frame)
    top = [f"{row.label} ({row.n_studies})" for row in used.head(2).itertuples()]
    rest = f", of {len(used)} in all" if len(used) > len(top) else ""
    return f"{label}: stated by {count(n_named)}, most often {join(top)}{rest}."


def say_gaps(counts: Counts) -> str:
    """How many cells of the map by need are empty, and how many wait for a review."""
    grid, gaps = counts.need_grid, counts.gaps
    n_empty, n_cells = counts.count_empty(grid)
    n_synthesis = int(((gaps["kind"] == SYNTHESIS) & (gaps["map"] == "needs")).sum())
    synthesis = f"; with enough primary studies for a review, but no recent one: {n_synthesis}"
    return (
        f"Gaps: cells of {grid.row.dimension.label} by {grid.column.dimension.label} without any study: {n_empty} of "
        f"{n_cells} ({percent(n_empty, n_cells)}){synthesis if counts.choice.review_code else ''}."
    )


def say_trust(counts: Counts) -> str:
    """What a reader must know before using any of this."""
    return f"Read the limits before you use it: {counts.evidence.about.trust_in_short}"
