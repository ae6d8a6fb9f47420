"""Gaps: each kind by its rule, at its threshold, ranked."""

import pandas as pd
import pytest
from small_tables import codebook, count, included

from mapanalysis.analysis.gaps import (
    ABSOLUTE,
    ECONOMIC,
    OUT_OF_DATE,
    SYNTHESIS,
    GapRules,
    find_gaps,
)
from mapanalysis.errors import UsageError

BOOK = codebook(
    outside_scope=["give=B measure=Y"],
    give="A B not_reported",
    measure="X Y not_reported",
    kind="review trial cohort costing",
)
RULES = {"reference_year": 2026, "review_code": "review", "economic_code": "costing"}


def gaps(table: str, years: str = "", **rules: object) -> pd.DataFrame:
    """The gaps of a table of codings; `years` as "S1=2020 S2=2021", other studies have none."""
    known = dict(part.split("=") for part in years.split())
    ids = included(table)
    year = pd.array([int(known[study]) if study in known else None for study in ids], dtype="Int64")
    studies = pd.DataFrame({"study_id": ids, "last_year": year})
    return find_gaps(count(table, BOOK), studies, GapRules(**(RULES | rules)))  # type: ignore[arg-type]


def cells(found: pd.DataFrame, kind: str) -> list[str]:
    """The cells of one kind of gap as "A X", in the order of their ranks."""
    mine = found[found["kind"] == kind]
    assert list(mine["rank"]) == list(range(1, len(mine) + 1))
    return list(mine["row_code"] + " " + mine["column_code"])


def trials(n: int, cell: str = "A | X") -> str:
    """A table of `n` trials in one cell."""
    return "study | give | measure | kind\n" + "\n".join(f"T{i} | {cell} | trial" for i in range(n))


REVIEWED = trials(3) + "\nR1 | A | X | review"


def test_a_cell_without_a_study_is_an_absolute_gap():
    assert cells(gaps(trials(1)), ABSOLUTE) == ["A Y", "B X"]


def test_a_cell_outside_the_scope_or_not_reported_is_never_a_gap():
    table = trials(1, "not_reported | not_reported")
    assert cells(gaps(table), ABSOLUTE) == ["A X", "A Y", "B X"]


def test_the_minimum_itself_is_enough():
    assert "A X" in cells(gaps(trials(1), minimum_studies=2), ABSOLUTE)
    assert "A X" not in cells(gaps(trials(2), minimum_studies=2), ABSOLUTE)


def test_absolute_gaps_are_ranked_by_the_studies_that_row_and_column_would_let_expect():
    table = """
    study | give | measure | kind
    S1    | A    | X       | trial
    S2    | A    | X       | trial
    S3    | B    | X       | trial
    S4    | A    | Y       | trial
    """
    found = gaps(table, minimum_studies=9)
    assert cells(found, ABSOLUTE) == ["A X", "A Y", "B X"]
    assert list(found["n_expected"][:3]) == [2.2, 0.8, 0.8]  # 3*3/4, 3*1/4, 1*3/4


def test_enough_primary_studies_without_a_review_are_a_synthesis_gap():
    assert cells(gaps(trials(3)), SYNTHESIS) == ["A X"]
    assert cells(gaps(trials(2)), SYNTHESIS) == []


def test_a_review_of_the_limit_year_is_recent_and_one_of_the_year_before_is_not():
    assert cells(gaps(REVIEWED, "R1=2021"), SYNTHESIS) == []
    assert cells(gaps(REVIEWED, "R1=2020"), SYNTHESIS) == ["A X"]


def test_a_review_without_a_year_is_not_known_to_be_recent():
    found = gaps(REVIEWED)
    assert cells(found, SYNTHESIS) == ["A X"]
    assert set(found.loc[found["kind"] == SYNTHESIS, "n_without_year"]) == {4}


def test_reviews_and_costings_are_no_primary_studies():
    table = trials(2) + "\nR1 | A | X | review\nC1 | A | X | costing"
    assert cells(gaps(table), SYNTHESIS) == []
    found = gaps(table, minimum_primary_studies=2).set_index("kind").loc[SYNTHESIS]
    assert (found["n_studies"], found["n_reviews"], found["n_primary"], found["n_economic"]) == (4, 1, 2, 1)


def test_a_primary_study_of_two_types_is_one_primary_study():
    table = trials(2) + "\nS1 | A | X | trial cohort"
    (found,) = gaps(table)[lambda frame: frame["kind"] == SYNTHESIS].itertuples()
    assert found.n_primary == 3


def test_a_study_of_two_types_counts_as_both():
    table = "study | give | measure | kind\nS1 | A | X | trial costing"
    assert cells(gaps(table), ECONOMIC) == []
    assert cells(gaps(table, minimum_primary_studies=1), SYNTHESIS) == ["A X"]


def test_studies_of_effectiveness_without_one_of_cost_are_an_economic_gap():
    assert cells(gaps(trials(1)), ECONOMIC) == ["A X"]
    assert cells(gaps(trials(1) + "\nC1 | A | X | costing"), ECONOMIC) == []
    assert cells(gaps(trials(1), minimum_effectiveness_studies=2), ECONOMIC) == []


def test_an_empty_cell_is_no_economic_gap():
    assert "B X" not in cells(gaps(trials(1)), ECONOMIC)


def test_a_cell_whose_newest_study_is_of_the_limit_year_is_up_to_date():
    assert cells(gaps(trials(2), "T0=2000 T1=2021"), OUT_OF_DATE) == []
    assert cells(gaps(trials(2), "T0=2000 T1=2020"), OUT_OF_DATE) == ["A X"]


def test_a_cell_of_studies_without_a_year_is_not_said_to_be_old():
    assert cells(gaps(trials(2)), OUT_OF_DATE) == []


def test_the_oldest_of_old_cells_comes_first():
    table = trials(1) + "\nU1 | B | X | trial"
    assert cells(gaps(table, "T0=2015 U1=2010"), OUT_OF_DATE) == ["B X", "A X"]


def test_a_map_without_reviews_or_costs_has_no_gaps_of_them():
    found = gaps(trials(5), review_code="", economic_code="")
    assert set(found["kind"]) == {ABSOLUTE}
    assert GapRules(2026, "", "").kinds == [ABSOLUTE, OUT_OF_DATE]


def test_the_rules_are_said_with_their_thresholds():
    words = GapRules(2030, "review", "costing", minimum_studies=3, minimum_primary_studies=4).in_words()
    assert words[ABSOLUTE] == "fewer than 3 studies of any type"
    assert words[SYNTHESIS] == "at least 4 primary studies, and no review known to be from 2025 or later"
    assert words[ECONOMIC] == "at least 1 study of effectiveness, and no economic evaluation"
    assert words[OUT_OF_DATE] == "studies, and the latest report with a year is from before 2025"


def test_rules_that_cannot_be_meant_are_refused_all_at_once():
    with pytest.raises(UsageError) as raised:
        gaps(trials(1), review_code="reviews", minimum_studies=0)
    said = str(raised.value)
    assert "The parameter review_code is 'reviews', which is no segment of the map" in said
    assert "Nearest valid: review" in said
    assert "The parameter minimum_studies is 0; it must be 1 or more" in said


def test_gaps_carry_the_labels_of_their_cells():
    found = gaps(trials(1))
    assert list(found.loc[found["kind"] == ECONOMIC, ["row_label", "column_label"]].iloc[0]) == [
        "Code A",
        "Code X",
    ]


def test_what_is_looked_at_stays_as_it_was():
    grid = count(trials(2), BOOK)
    studies = pd.DataFrame({"study_id": ["T0", "T1"], "last_year": pd.array([2020, None], dtype="Int64")})
    cells_before, studies_before = grid.cells.copy(), studies.copy()
    find_gaps(grid, studies, GapRules(**RULES))  # type: ignore[arg-type]
    pd.testing.assert_frame_equal(cells_before, grid.cells)
    pd.testing.assert_frame_equal(studies_before, studies)
