"""How evenly studies spread over codes, which codes go together, and what is not reported."""

import math

import pandas as pd
import pytest
from small_tables import codebook, codings, included

from mapanalysis.analysis.diversity import count_combinations, count_not_reported, measure_diversity

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
