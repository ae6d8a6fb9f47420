"""Codes that go together, beside what chance would give."""

import pandas as pd
import pytest
from small_tables import codebook, codings, included

from mapanalysis.analysis.together import count_together, rank_together
from mapanalysis.errors import UsageError

BOOK = codebook(give="A B C not_reported", measure="X Y not_reported", kind="trial", need="N M not_reported")
TABLE = """
study | give         | measure | kind  | need
------+--------------+---------+-------+-------------
S1    | A            | X       | trial | N
S2    | A B          | X       | trial | N
S3    | A            | Y       | trial | not_reported
S4    | B            | Y       | trial | M
S5    | not_reported | Y       | trial | M
"""


def together(row: str, column: str, table: str = TABLE, minimum: float = 0) -> pd.DataFrame:
    frame = count_together(codings(table), BOOK, included(table), row, column, minimum)
    return frame.set_index(["row_code", "column_code"])


def test_a_pair_is_counted_among_the_studies_that_report_both():
    pair = together("need", "give").loc[("N", "A")]
    assert pair["n_both"] == 2
    assert (pair["n_row"], pair["n_column"], pair["n_studies"]) == (
        2,
        2,
        3,
    )  # S1, S2, S4 report need and give
    assert pair["n_expected"] == pytest.approx(2 * 2 / 3, abs=0.005)
    assert pair["lift"] == pytest.approx(1.5)


def test_not_reported_is_in_no_pair():
    codes = {code for pair in together("need", "give").index for code in pair}
    assert codes == {"N", "M", "A", "B", "C"}


def test_a_code_that_nobody_has_has_no_ratio():
    pair = together("need", "give").loc[("N", "C")]
    assert (pair["n_both"], pair["n_expected"]) == (0, 0)
    assert pd.isna(pair["lift"])


def test_within_one_dimension_each_pair_stands_once():
    frame = together("give", "give")
    assert list(frame.index) == [("A", "B"), ("A", "C"), ("B", "C")]
    assert frame.loc[("A", "B"), ["n_both", "n_row", "n_column", "n_studies"]].tolist() == [1, 3, 2, 4]


def test_only_pairs_with_enough_expected_are_compared():
    frame = together("need", "give", minimum=1)
    assert frame.index[frame["is_enough"]].tolist() == [("N", "A"), ("N", "B")]


def test_codes_of_different_findings_are_not_together():
    table = """
    study | finding | give | need | kind
    S1    | f1      | A    | N    |
    S1    | f2      | B    | M    |
    S1    |         |      |      | trial
    """
    frame = together("need", "give", table)
    assert frame.loc[("N", "A"), "n_both"] == 1
    assert frame.loc[("N", "B"), "n_both"] == 0


def test_no_study_at_all_gives_every_pair_with_nothing():
    frame = together("need", "give", "study | give | need | kind")
    assert set(frame["n_both"]) == {0}
    assert frame["lift"].isna().all()
    assert not frame["is_enough"].any()


def test_a_minimum_below_zero_is_refused():
    with pytest.raises(UsageError, match="minimum_expected_studies is -1; it must be 0 or more"):
        together("need", "give", minimum=-1)


def pairs(**lifts: float | None) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "row_code": list(lifts),
            "lift": pd.array(list(lifts.values()), dtype="Float64"),
            "n_expected": [2.0] * len(lifts),
            "is_enough": [not name.startswith("few") for name in lifts],
        }
    )


def test_ranked_pairs_are_the_furthest_above_and_below_chance():
    ranked = rank_together(pairs(a=1.2, b=3.0, c=1.0, d=0.1, e=0.5, few=9.0), most=1)
    assert list(zip(ranked["row_code"], ranked["direction"], strict=True)) == [("b", "more"), ("d", "less")]


def test_pairs_that_are_as_far_stand_with_more_expected_first():
    frame = pairs(a=0.0, b=0.0).assign(n_expected=[2.0, 5.0])
    assert list(rank_together(frame, most=2)["row_code"]) == ["b", "a"]
