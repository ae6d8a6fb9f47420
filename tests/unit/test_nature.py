"""Sizes, lengths, and lists of studies."""

import pandas as pd
from small_tables import codebook, codings

from mapanalysis.analysis.nature import list_codes, list_studies_of, list_values, summarise_numbers

BOOK = codebook(give="A B", measure="X Y", kind="review(quick slow) trial")
CODINGS = codings(
    """
    study | give | measure | kind
    ------+------+---------+-------------
    S1    | B A  | X       | quick slow
    S2    | A    |         | trial
    S3    | B    | Y X     | trial
    S4    | A    | X       | review trial
    """
)


def studies(**people: float | None) -> pd.DataFrame:
    n = len(people)
    return pd.DataFrame(
        {
            "study_id": list(people),
            "label": [f"Author {name}" for name in people],
            "title": [f"Title {name}" for name in people],
            "year": pd.array([2020, None, 2021, 2022][:n], dtype="Int64"),
            "n_participants": pd.array(list(people.values()), dtype="Int64"),
            "n_included_studies": pd.array([None] * n, dtype="Int64"),
            "followup_months": pd.array([1.5] * n, dtype="Float64"),
        }
    )


STUDIES = studies(S1=10, S2=20, S3=None, S4=60)


def row(segment: str, field: str = "n_participants") -> pd.Series:
    summary = summarise_numbers(STUDIES, CODINGS, BOOK, "kind")
    return summary[(summary["field"] == field) & (summary["segment_code"] == segment)].iloc[0]


def test_median_and_quartiles_are_of_the_studies_that_state_the_number():
    found = row("")
    assert (found["n_studies"], found["n_stated"]) == (4, 3)
    assert (found["q1"], found["median"], found["q3"]) == (15.0, 20.0, 40.0)
    assert (found["minimum"], found["maximum"]) == (10.0, 60.0)


def test_a_study_of_two_types_is_in_both_and_of_two_kinds_of_one_type_in_one():
    assert (row("review")["n_studies"], row("review")["median"]) == (2, 35.0)
    assert (row("trial")["n_studies"], row("trial")["median"]) == (3, 40.0)


def test_a_number_that_nobody_states_is_missing_and_not_zero():
    found = row("", "n_included_studies")
    assert found["n_stated"] == 0
    assert pd.isna(found["median"])


def test_values_are_listed_for_each_segment_a_study_belongs_to():
    values = list_values(STUDIES, CODINGS, BOOK, "kind", "n_participants")
    assert sorted(values.itertuples(index=False, name=None)) == [
        ("S1", "review", 10),
        ("S2", "trial", 20),
        ("S4", "review", 60),
        ("S4", "trial", 60),
    ]


def test_codes_are_listed_by_their_labels_in_the_order_of_the_codebook():
    listed = list_codes(CODINGS, BOOK, ["give", "measure"]).set_index("study_id")
    assert listed.loc["S1", "give"] == "Code A; Code B"
    assert listed.loc["S3", "measure"] == "Code X; Code Y"
    assert listed.loc["S2", "measure"] == ""


def test_studies_of_a_segment_come_newest_first_and_those_without_a_year_last():
    listed = list_studies_of(STUDIES, CODINGS, BOOK, "kind", "trial", ["give"])
    assert list(listed["study_id"]) == ["S4", "S3", "S2"]
    assert list(listed.columns) == ["study_id", "label", "year", "title", "give"]


def test_no_study_has_the_segment_of_a_map_without_it():
    assert list_studies_of(STUDIES, CODINGS, BOOK, "kind", "", ["give"]).empty
