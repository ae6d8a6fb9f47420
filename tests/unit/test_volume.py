"""Studies by year and by code."""

import pandas as pd
from small_tables import codebook, codings, included

from mapanalysis.analysis.volume import (
    count_by_code,
    count_by_year,
    count_not_reported,
    list_segments,
    rank_codes,
)

BOOK = codebook(
    give="A(A1 A2) B not_reported", measure="X Y", kind="review(quick slow) trial", need="N M not_reported"
)
TABLE = """
study | give          | measure | kind         | need
------+---------------+---------+--------------+-------------
S1    | A1            | X       | quick        | N
S2    | A1 A2         | X       | trial        | N M
S3    | A             | Y       | trial        | not_reported
S4    | not_reported  | X Y     | quick slow   |
S5    | B             | Y       | review trial | M
"""
CODINGS, STUDIES = codings(TABLE), included(TABLE)


def studies(**years: int | None) -> pd.DataFrame:
    return pd.DataFrame({"study_id": list(years), "year": pd.array(list(years.values()), dtype="Int64")})


def by_code(dimension: str, **options: int) -> pd.DataFrame:
    return count_by_code(CODINGS, BOOK, STUDIES, dimension, "kind", **options)


def counts(frame: pd.DataFrame, segment: str = "") -> dict[str, int]:
    rows = frame[frame["segment_code"] == segment]
    return dict(zip(rows["code"], rows["n_studies"], strict=True))


def per_year(frame: pd.DataFrame, segment: str = "", value: str = "n_studies") -> dict[object, object]:
    rows = frame[frame["segment_code"] == segment]
    return {
        None if pd.isna(year) else year: None if pd.isna(n) else n
        for year, n in zip(rows["year"], rows[value], strict=True)
    }


def test_segments_are_those_of_the_top_level_each_once():
    segments = list_segments(CODINGS, BOOK, "kind")
    assert sorted(segments.itertuples(index=False, name=None)) == [
        ("S1", "review"),
        ("S2", "trial"),
        ("S3", "trial"),
        ("S4", "review"),
        ("S5", "review"),
        ("S5", "trial"),
    ]


def test_segments_of_the_second_level_keep_a_group_that_is_itself_a_code():
    segments = list_segments(CODINGS, BOOK, "kind", level=2)
    assert ("S5", "review") in set(segments.itertuples(index=False, name=None))
    assert ("S4", "slow") in set(segments.itertuples(index=False, name=None))


def test_years_between_without_a_study_are_counted_as_none():
    years = count_by_year(studies(S1=2018, S2=2020, S3=2020, S4=None, S5=2021), CODINGS, BOOK, "kind")
    assert per_year(years) == {2018: 1, 2019: 0, 2020: 2, 2021: 1, None: 1}


def test_studies_without_a_year_have_no_part_in_the_cumulative_number():
    years = count_by_year(studies(S1=2018, S2=2020, S3=2020, S4=None, S5=2021), CODINGS, BOOK, "kind")
    assert per_year(years, value="n_cumulative") == {2018: 1, 2019: 1, 2020: 3, 2021: 4, None: None}


def test_a_study_of_two_types_is_in_the_years_of_both():
    years = count_by_year(studies(S1=2020, S2=2020, S3=2020, S4=2020, S5=2021), CODINGS, BOOK, "kind")
    assert per_year(years, "review") == {2020: 2, 2021: 1, None: 0}
    assert per_year(years, "trial") == {2020: 2, 2021: 1, None: 0}


def test_no_year_at_all_leaves_the_row_of_those_without():
    years = count_by_year(studies(S1=None, S2=None, S3=None, S4=None, S5=None), CODINGS, BOOK, "kind")
    assert per_year(years) == {None: 5}


def test_a_code_counts_the_different_studies_that_have_it():
    assert counts(by_code("give")) == {"A": 1, "A1": 2, "A2": 1, "B": 1, "not_reported": 1}
    assert counts(by_code("give"), "trial") == {"A": 1, "A1": 1, "A2": 1, "B": 1, "not_reported": 0}


def test_a_group_counts_a_study_with_two_of_its_codes_once():
    assert counts(by_code("give", level=1)) == {"A": 3, "B": 1, "not_reported": 1}


def test_the_denominator_is_the_studies_coded_on_the_dimension():
    needs = by_code("need")
    n_coded = dict(zip(needs["segment_code"], needs["n_coded"], strict=True))
    assert n_coded == {"": 4, "review": 2, "trial": 3}  # S4 has no need
    shares = dict(zip(needs["code"] + needs["segment_code"], needs["pct_studies"], strict=True))
    assert (shares["N"], shares["Mtrial"], shares["Nreview"]) == (50.0, 66.7, 50.0)


def test_a_share_of_nothing_is_missing():
    nobody = count_by_code(CODINGS.iloc[:0], BOOK, STUDIES.iloc[:0], "need", "kind")
    assert nobody["pct_studies"].isna().all()
    assert set(nobody["n_studies"]) == {0}


def test_codes_come_in_the_order_of_the_codebook_with_their_groups():
    whole = by_code("give")[lambda frame: frame["segment_code"] == ""]
    assert list(whole["code"]) == ["A", "A1", "A2", "B", "not_reported"]
    assert list(whole["group_label"]) == ["Code A", "Code A", "Code A", "Code B", "Code not_reported"]


def test_ranked_codes_are_without_not_reported_and_ties_in_the_order_of_the_codebook():
    assert list(rank_codes(by_code("give"))["code"]) == ["A1", "A", "A2", "B"]


def test_not_reported_is_counted_for_all_and_for_a_segment():
    assert count_not_reported(by_code("need")) == 1
    assert count_not_reported(by_code("need"), "review") == 0
    assert count_not_reported(by_code("measure")) == 0  # a dimension without the code


def test_what_is_counted_stays_as_it_was():
    before = CODINGS.copy()
    by_code("give")
    count_by_year(studies(S1=2018, S2=2020, S3=2020, S4=None, S5=2021), CODINGS, BOOK, "kind")
    pd.testing.assert_frame_equal(before, CODINGS)


def complete(frame: pd.DataFrame) -> dict[object, bool]:
    rows = frame[frame["segment_code"] == ""]
    return {
        None if pd.isna(year) else year: flag
        for year, flag in zip(rows["year"], rows["is_complete"], strict=True)
    }


def test_years_from_the_open_one_on_are_not_complete():
    table = studies(S1=2018, S2=2020, S3=2020, S4=None, S5=2021)
    found = complete(count_by_year(table, CODINGS, BOOK, "kind", 2020))
    assert found == {2018: True, 2019: True, 2020: False, 2021: False, None: False}
    assert complete(count_by_year(table, CODINGS, BOOK, "kind"))[2021]


def test_complete_years_after_the_newest_study_are_there_without_one():
    table = studies(S1=2018, S2=2018, S3=2018, S4=2018, S5=2019)
    years = count_by_year(table, CODINGS, BOOK, "kind", 2022)
    assert per_year(years) == {2018: 4, 2019: 1, 2020: 0, 2021: 0, None: 0}
    assert per_year(years, value="n_cumulative")[2021] == 5
