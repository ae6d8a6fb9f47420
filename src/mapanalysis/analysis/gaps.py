"""Gaps: cells of the grid below a stated rule.

A gap is relative to what was searched and to the eligibility criteria; it says that nothing was found, not that
nothing exists. Codes "not reported" and cells outside the scope are never gaps.

Sources of the kinds: 3ie evidence gap maps (absolute gap, synthesis gap); Campbell Collaboration guidance, White et
al. 2020; the economic and out-of-date rules are ours and stated by `GapRules.in_words`.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from mapanalysis.analysis.grid import ALL_SEGMENTS, NONE_FOUND, STUDIES, Grid
from mapanalysis.errors import Problems, UsageError, nearest_of

ABSOLUTE, SYNTHESIS, ECONOMIC, OUT_OF_DATE = "absolute", "synthesis", "economic", "out_of_date"
KINDS = {
    ABSOLUTE: "Absolute gap",
    SYNTHESIS: "Synthesis gap",
    ECONOMIC: "Economic gap",
    OUT_OF_DATE: "Out of date",
}


@dataclass(frozen=True)
class GapRules:
    """The thresholds of the rules. Years count back from `reference_year`; codes are of the segment dimension.

    Without a `review_code` there are no synthesis gaps, without an `economic_code` no economic gaps.
    """

    reference_year: int
    review_code: str
    economic_code: str
    minimum_studies: int = 1
    minimum_primary_studies: int = 3
    minimum_effectiveness_studies: int = 1
    recent_review_years: int = 5
    out_of_date_years: int = 5

    @property
    def kinds(self) -> list[str]:
        """The kinds of gaps that are looked for, in their order."""
        needs = {SYNTHESIS: self.review_code, ECONOMIC: self.economic_code}
        return [kind for kind in KINDS if needs.get(kind, kind)]

    def in_words(self) -> dict[str, str]:
        """Each kind of gap that is looked for with its rule as one sentence, thresholds filled in."""
        few = "no study" if self.minimum_studies == 1 else f"fewer than {self.minimum_studies} studies"
        words = {
            ABSOLUTE: f"{few} of any type",
            SYNTHESIS: (
                f"at least {self.minimum_primary_studies} primary studies, and no review known to be from "
                f"{self.reference_year - self.recent_review_years} or later"
            ),
            ECONOMIC: (
                f"at least {self.minimum_effectiveness_studies} "
                f"{'study' if self.minimum_effectiveness_studies == 1 else 'studies'} of effectiveness, and no "
                "economic evaluation"
            ),
            OUT_OF_DATE: f"studies, and the latest report with a year is from before {self.reference_year - self.out_of_date_years}",
        }
        return {kind: words[kind] for kind in self.kinds}


def find_gaps(grid: Grid, studies: pd.DataFrame, rules: GapRules) -> pd.DataFrame:
    """The gaps of a grid with segments, ranked within each kind.

    One row per kind and cell: kind, rank (1 is first), row_code, row_label, column_code, column_label, n_studies,
    n_reviews, n_primary (neither review nor economic evaluation), n_economic, newest_year (latest report of any study),
    newest_review_year, n_without_year, n_expected (studies the cell would hold if columns were spread alike over
    the rows), rule. Ranked by what is most striking: absolute gaps by n_expected, synthesis gaps by n_primary,
    economic gaps by n_studies, out-of-date cells by the oldest newest year.
    """
    _check_rules(grid, rules)
    cells = describe_cells(grid, studies, rules)
    cells = cells[cells["state"].isin([STUDIES, NONE_FOUND])]
    review_since = rules.reference_year - rules.recent_review_years
    study_since = rules.reference_year - rules.out_of_date_years
    has_effect_studies = cells["n_effectiveness"] >= rules.minimum_effectiveness_studies
    has_recent_review = (cells["newest_review_year"] >= review_since).fillna(False)
    is_old = (cells["newest_year"] < study_since).fillna(False)
    found = {
        ABSOLUTE: (cells["n_studies"] < rules.minimum_studies, ["n_expected"], [False]),
        SYNTHESIS: (
            (cells["n_primary"] >= max(rules.minimum_primary_studies, 1)) & ~has_recent_review,
            ["n_primary", "n_expected"],
            [False, False],
        ),
        ECONOMIC: (
            has_effect_studies & (cells["n_studies"] > 0) & (cells["n_economic"] == 0),
            ["n_studies", "n_expected"],
            [False, False],
        ),
        OUT_OF_DATE: (is_old, ["newest_year", "n_studies"], [True, False]),
    }
    words = rules.in_words()
    frames = []
    for kind in rules.kinds:
        is_gap, by, ascending = found[kind]
        ranked = cells[is_gap].sort_values(by, ascending=ascending, kind="stable", ignore_index=True)
        frames.append(ranked.assign(kind=kind, rank=ranked.index + 1, rule=words[kind]))
    columns = [
        "kind",
        "rank",
        "row_code",
        "row_label",
        "column_code",
        "column_label",
        "n_studies",
        "n_reviews",
    ]
    columns += [
        "n_primary",
        "n_economic",
        "newest_year",
        "newest_review_year",
        "n_without_year",
        "n_expected",
        "rule",
    ]
    return pd.concat(frames, ignore_index=True)[columns]


def list_placements(grid: Grid, studies: pd.DataFrame) -> pd.DataFrame:
    """The placements of a grid to read: one row per study and cell, with label, title, row_label and column_label."""
    placed = grid.placements.merge(
        studies[["study_id", "label", "title"]], on="study_id", how="left", validate="many_to_one"
    )
    return placed.assign(
        row_label=pd.Series([grid.row.label_of(code) for code in placed["row_code"]], dtype="str"),
        column_label=pd.Series([grid.column.label_of(code) for code in placed["column_code"]], dtype="str"),
    )


def describe_cells(grid: Grid, studies: pd.DataFrame, rules: GapRules) -> pd.DataFrame:
    """What the gap rules look at, one row per cell of the grid: see `find_gaps`, and n_effectiveness, state."""
    keys = ["row_code", "column_code"]
    cells = grid.cells.loc[grid.cells["segment_code"] == ALL_SEGMENTS, [*keys, "n_studies", "state"]]
    placed = grid.placements.merge(studies[["study_id", "last_year"]], on="study_id", validate="many_to_one")
    is_review = placed["segment_code"] == rules.review_code
    is_economic = placed["segment_code"] == rules.economic_code
    counted = {
        "n_reviews": placed[is_review],
        "n_primary": placed[~is_review & ~is_economic],
        "n_economic": placed[is_economic],
        "n_effectiveness": placed[~is_economic],
        "n_without_year": placed[placed["last_year"].isna()],
    }
    for name, rows in counted.items():
        n = rows.groupby(keys)["study_id"].nunique().rename(name)
        cells = (
            cells.merge(n, on=keys, how="left", validate="one_to_one")
            .fillna({name: 0})
            .astype({name: "int64"})
        )
    for name, rows in {"newest_year": placed, "newest_review_year": placed[is_review]}.items():
        newest = rows.groupby(keys)["last_year"].max().rename(name)
        cells = cells.merge(newest, on=keys, how="left", validate="one_to_one").astype({name: "Int64"})
    return cells.assign(
        n_expected=_expect(grid, cells),
        row_label=[grid.row.label_of(code) for code in cells["row_code"]],
        column_label=[grid.column.label_of(code) for code in cells["column_code"]],
    )


def _expect(grid: Grid, cells: pd.DataFrame) -> pd.Series:
    """Row margin times column margin over the number of placed studies, to one decimal."""
    rows = grid.rows[grid.rows["segment_code"] == ALL_SEGMENTS].set_index("row_code")["n_studies"]
    columns = grid.columns[grid.columns["segment_code"] == ALL_SEGMENTS].set_index("column_code")["n_studies"]
    product = rows[cells["row_code"]].to_numpy() * columns[cells["column_code"]].to_numpy()
    return pd.Series(product / max(grid.n_placed, 1), index=cells.index).round(1)


def _check_rules(grid: Grid, rules: GapRules) -> None:
    problems = Problems()
    segments = grid.segment.codes if grid.segment else ()
    for name in ("review_code", "economic_code"):
        code = getattr(rules, name)
        if code and code not in segments:
            problems.add(
                f"the parameter {name} is {code!r}, which is no segment of the map",
                nearest=nearest_of(code, segments),
                todo=f"Set it in params.yaml to one of: {', '.join(segments)}; or to nothing where the map has none.",
            )
    for name in ("minimum_studies", "minimum_primary_studies", "minimum_effectiveness_studies"):
        if getattr(rules, name) < 1:
            problems.add(
                f"the parameter {name} is {getattr(rules, name)}; it must be 1 or more",
                todo="Set it in params.yaml.",
            )
    problems.raise_if_any(UsageError)
