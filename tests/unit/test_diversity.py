"""How evenly studies spread over codes, which codes go together, and what is not reported."""

import math
from dataclasses import replace

import pandas as pd
import pytest
from small_tables import codebook, codings, included

from mapanalysis.analysis.diversity import (
    count_combinations,
    count_not_reported,
    list_dimensions_seen,
    measure_concentration,
    measure_diversity,
    measure_hill_by_segment,
    measure_hill_by_year,
)
from mapanalysis.analysis.incidence import Incidence

BOOK = codebook(give="A B C not_reported", measure="X Y", kind="review trial", need="N not_reported")


def measured(table: str, dimension: str = "give") -> pd.Series:
    frame = measure_diversity(codings(table), BOOK, included(table), "kind")
    return frame.set_index("dimension").loc[dimension]


EVEN = """
study | give | measure | kind
------+------+---------+------
S1    | A    | X       | trial
S2    | B    | X       | trial
"""
UNEVEN = """
study | give         | measure | kind
------+--------------+---------+------
S1    | A            | X       | trial
S2    | A            | X       | trial
S3    | A B          | X       | review
S4    | not_reported | Y       | review
"""


def test_two_codes_used_alike_are_as_diverse_as_two_codes():
    found = measured(EVEN)
    assert (found["hill_1"], found["hill_2"], found["n_used"], found["n_codes"]) == (2.0, 2.0, 2, 3)
    assert found["pct_even"] == 66.7


def test_one_code_alone_is_as_diverse_as_one_code():
    assert measured(EVEN, "measure")["hill_1"] == 1.0


def test_hill_numbers_are_those_of_the_formula():
    shares = [3 / 4, 1 / 4]  # A in three studies, B in one
    found = measured(UNEVEN)
    assert found["hill_1"] == pytest.approx(math.exp(-sum(p * math.log(p) for p in shares)), abs=0.005)
    assert found["hill_2"] == pytest.approx(1 / sum(p * p for p in shares), abs=0.005)


def test_not_reported_is_left_out_of_the_spread_and_shown_on_its_own():
    found = measured(UNEVEN)
    assert (found["n_coded"], found["n_not_reported"], found["pct_not_reported"]) == (4, 1, 25.0)
    assert found["n_used"] == 2


def test_the_most_common_code_is_a_share_of_the_studies_that_report_the_dimension():
    found = measured(UNEVEN)
    assert (found["top_code"], found["n_top"], found["pct_top"]) == ("A", 3, 100.0)


def test_a_dimension_that_nobody_coded_has_no_diversity():
    found = measured(EVEN, "need")
    assert math.isnan(found["hill_1"])
    assert (found["n_coded"], found["n_top"], found["top_label"]) == (0, 0, "")


def combinations(table: str) -> dict[str, tuple[int, int]]:
    frame = count_combinations(codings(table), BOOK, "give")
    return {row.combination: (row.n_codes, row.n_studies) for row in frame.itertuples()}


def test_a_combination_is_the_whole_set_of_codes_in_the_order_of_the_codebook():
    table = """
    study | give
    ------+-----
    S1    | B A
    S2    | A B
    S3    | A
    """
    assert combinations(table) == {"Code A + Code B": (2, 2), "Code A": (1, 1)}


def test_a_combination_counts_a_code_of_several_findings_once():
    table = """
    study | finding | give
    ------+---------+-----
    S1    | f1      | A
    S1    | f2      | A
    S1    |         | A
    """
    assert combinations(table) == {"Code A": (1, 1)}


def test_not_reported_alone_is_a_combination_of_no_codes():
    assert combinations(UNEVEN)["Code not_reported"] == (0, 1)


def test_combinations_come_with_the_most_common_first_and_add_up_to_all():
    frame = count_combinations(codings(UNEVEN), BOOK, "give")
    assert list(frame["n_studies"]) == [2, 1, 1]
    assert frame["pct_studies"].sum() == 100.0


def test_no_codings_have_no_combinations():
    assert count_combinations(codings(UNEVEN).iloc[:0], BOOK, "give").empty


def silence(table: str) -> dict[tuple[str, str], object]:
    frame = count_not_reported(codings(table), BOOK, included(table), "kind")
    return {
        (row.dimension, row.segment_code): None if pd.isna(row.pct_not_reported) else row.pct_not_reported
        for row in frame.itertuples()
    }


def test_not_reported_is_a_share_of_the_studies_coded_for_all_and_each_segment():
    found = silence(UNEVEN)
    assert (found["give", ""], found["give", "review"], found["give", "trial"]) == (25.0, 50.0, 0.0)


def test_a_share_of_no_coded_study_is_missing_and_not_zero():
    assert silence(UNEVEN)["need", ""] is None


def test_a_dimension_without_the_code_is_not_in_the_table():
    assert "measure" not in {dimension for dimension, _ in silence(UNEVEN)}


def test_a_codebook_without_the_code_gives_an_empty_table_with_its_columns():
    book = codebook(give="A", measure="X", kind="trial")
    frame = count_not_reported(codings(EVEN)[lambda all_: all_["code"] != "B"], book, included(EVEN), "kind")
    assert frame.empty
    assert "pct_not_reported" in frame


# --- with uncertainty ---

MANY = "study | give | measure | kind\n" + "\n".join(
    f"S{n:02d} | {'A' if n % 4 else 'B'} | X | {'review' if n < 12 else 'trial'}" for n in range(40)
)


def parts(table: str, *without: str) -> list[Incidence]:
    return list_dimensions_seen(codings(table), BOOK, *without)


def hill_of(table: str, **options: int) -> pd.DataFrame:
    options = {"n_bootstrap": 200, "seed": 1} | options
    return measure_hill_by_segment(parts(table), codings(table), BOOK, "kind", **options)


def numbers(frame: pd.DataFrame, name: str, segment: str = "") -> pd.DataFrame:
    rows = frame[(frame["name"] == name) & (frame["segment_code"] == segment)]
    return rows.set_index("order")


def test_dimensions_are_all_but_those_named():
    assert [part.name for part in parts(EVEN)] == ["give", "measure", "kind", "need"]
    assert [part.name for part in parts(EVEN, "kind", "need")] == ["give", "measure"]


def test_hill_numbers_with_intervals_are_those_of_all_and_of_each_type():
    frame = hill_of(MANY)
    whole, review = numbers(frame, "give"), numbers(frame, "give", "review")
    shares = [30 / 40, 10 / 40]
    assert whole["hill"].tolist() == pytest.approx(
        [2, math.exp(-sum(p * math.log(p) for p in shares)), 1 / sum(p * p for p in shares)], abs=0.005
    )
    assert (whole["n_studies"].iloc[0], review["n_studies"].iloc[0]) == (40, 12)
    assert (whole["hill_low"] <= whole["hill"]).all()
    assert whole.at[1, "hill_low"] < whole.at[1, "hill"] < whole.at[1, "hill_high"]
    width = review["hill_high"] - review["hill_low"]
    assert width[2] > whole.at[2, "hill_high"] - whole.at[2, "hill_low"]  # fewer studies: less sure


def test_an_interval_ends_at_one_and_at_the_codes_there_are():
    measure = numbers(hill_of(MANY), "measure")
    assert measure[["hill_low", "hill", "hill_high"]].to_numpy().tolist() == [[1, 1, 1]] * 3
    give = numbers(hill_of(MANY.replace("| A |", "| A B C |")), "give")
    assert give["hill_high"].max() == 3


def test_few_studies_have_hill_numbers_without_an_interval():
    give = numbers(hill_of(UNEVEN), "give")
    assert give["hill"].notna().all()
    assert give["hill_low"].isna().all()


def test_a_type_that_reports_nothing_has_no_number():
    review = numbers(hill_of(EVEN), "give", "review")
    assert review["hill"].isna().all()
    assert set(review["n_studies"]) == {0}


def test_coverage_stands_beside_the_numbers():
    give = numbers(hill_of(UNEVEN), "give")  # A in three studies, B in one: Q1 = 1, Q2 = 0
    assert set(give["pct_coverage"]) == {100.0}
    once = numbers(hill_of("study | give | kind\nS1 | A | trial\nS2 | B | trial\nS3 | B C | trial"), "give")
    assert once["pct_coverage"].iloc[0] == pytest.approx(100 * (1 - 2 / 4 * 4 / 6), abs=0.05)


def test_hill_numbers_over_time_are_of_the_studies_so_far():
    table = pd.DataFrame(
        {"study_id": ["S1", "S2", "S3", "S4"], "year": pd.array([2011, 2010, 2012, None], dtype="Int64")}
    )
    rows = "study | give\nS1 | A\nS2 | A\nS3 | B\nS4 | C"
    frame = measure_hill_by_year(parts(rows, "measure", "kind", "need"), table, 50, 1)
    zero = frame[frame["order"] == 0]
    assert list(zip(zero["year"], zero["n_studies"], zero["hill"], strict=True)) == [
        (2010, 1, 1),
        (2011, 2, 1),
        (2012, 3, 2),
    ]


def test_no_year_leaves_an_empty_table_with_its_columns():
    table = pd.DataFrame({"study_id": ["S1"], "year": pd.array([None], dtype="Int64")})
    frame = measure_hill_by_year(parts(EVEN), table, 50, 1)
    assert frame.empty
    assert {"year", "hill", "hill_low"} <= set(frame)


def concentrated(table: str, name: str = "give") -> dict[str, object]:
    frame = measure_concentration(parts(table), BOOK).set_index("name")
    return frame.loc[name].to_dict()


def test_concentration_is_the_share_of_the_commonest_codes():
    found = concentrated(UNEVEN)
    assert (found["top_label"], found["n_top"], found["n_studies"], found["pct_top"]) == (
        "Code A",
        3,
        3,
        100.0,
    )
    assert found["top_3_labels"] == "Code A; Code B"
    assert found["pct_alike"] == pytest.approx(100 * ((3 / 4) ** 2 + (1 / 4) ** 2), abs=0.05)


def test_the_commonest_three_count_a_study_once():
    found = concentrated("study | give\nS1 | A B C\nS2 | A\nS3 | A B")
    assert (found["n_top_3"], found["pct_top_3"]) == (3, 100.0)


def test_gini_counts_the_codes_that_nobody_used():
    # 3, 1 and 0 studies: (2 (1x0 + 2x1 + 3x3) / (3 x 4)) - 4/3
    assert concentrated(UNEVEN)["gini"] == pytest.approx(22 / 12 - 4 / 3, abs=0.005)
    assert concentrated("study | give\nS1 | A B C")["gini"] == 0


def test_an_outside_vocabulary_has_no_gini():
    one = [replace(part, n_possible=None) for part in parts(UNEVEN, "measure", "kind", "need")]
    frame = measure_concentration(one, BOOK)
    assert frame["gini"].isna().all()
    assert frame["n_codes"].isna().all()


def test_codes_equally_common_stand_in_the_order_of_the_codebook():
    assert concentrated("study | give\nS1 | C\nS2 | B")["top_label"] == "Code B"


def test_a_dimension_that_nobody_reports_has_no_row():
    assert "need" not in set(measure_concentration(parts(EVEN), BOOK)["name"])
    assert measure_concentration([], BOOK).empty
