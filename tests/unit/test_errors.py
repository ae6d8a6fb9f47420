"""What a person reads when something is wrong."""

from __future__ import annotations

import pytest

from mapanalysis.errors import (
    MOST_PROBLEMS_SHOWN,
    MOST_VALUES_SHOWN,
    DataError,
    MapError,
    NotebookError,
    OutputError,
    Problem,
    Problems,
    UsageError,
    as_rows,
    nearest_of,
    shorten,
)


def test_a_problem_says_where_what_how_often_what_is_like_it_and_what_to_do():
    problem = Problem(
        "the codebook has no code 'diabtes'",
        todo="Correct the coding.",
        file="codings.csv",
        row=14,
        column="code",
        count=1203,
        values=("diabtes",),
        nearest="diabetes",
    )
    assert str(problem) == (
        "codings.csv, row 14, column code: the codebook has no code 'diabtes'. Found: 'diabtes'. "
        "1,203 times in all. Nearest valid: diabetes. Correct the coding."
    )


def test_a_problem_without_a_place_begins_with_a_capital():
    assert str(Problem("nothing is included")) == "Nothing is included."


def test_row_0_is_a_place_too():
    assert str(Problem("is odd", row=0)) == "row 0: is odd."


def test_a_full_stop_is_not_doubled():
    assert str(Problem("is odd.", todo="Mend it.")) == "Is odd. Mend it."


def test_at_most_five_values_are_shown():
    values = tuple("abcdefgh")
    shown = str(Problem("is odd", values=values, count=8))
    assert all(f"'{value}'" in shown for value in values[:MOST_VALUES_SHOWN])
    assert "'f'" not in shown
    assert "8 times in all" in shown


def test_values_are_safe_to_print():
    """A file can hold what clears a terminal, or a whole book in one cell."""
    shown = str(Problem("is odd", values=("\x1b[2Jgone\n", "x" * 10_000, "\u202egnp")))
    assert shown.isprintable()
    assert len(shown) < 250


@pytest.mark.parametrize("most", [10, 60])
def test_a_shortened_value_keeps_within_its_length(most):
    assert len(shorten("y" * 500, most)) == most
    assert shorten("y" * 500, most).endswith("...'")


def test_a_short_value_is_shown_whole():
    assert shorten("No") == "'No'"
    assert shorten(7) == "'7'"


def test_all_problems_are_raised_at_once_and_can_be_had_again():
    problems = Problems()
    problems.add("the first")
    problems.add("the second", values=(value for value in "ab"))
    with pytest.raises(DataError, match=r"The first\.\nThe second\. Found: 'a', 'b'\.") as caught:
        problems.raise_if_any()
    collected = Problems()
    collected.collect(caught.value)
    assert list(collected) == list(problems)
    assert len(collected) == 2


def test_nothing_is_raised_when_nothing_is_wrong():
    problems = Problems()
    problems.raise_if_any()
    assert len(problems) == 0


def test_problems_can_be_raised_as_another_error():
    problems = Problems()
    problems.add("cannot be meant")
    with pytest.raises(UsageError, match="Cannot be meant"):
        problems.raise_if_any(UsageError)


def test_a_long_list_is_cut_and_says_how_many_more_there_are():
    error = DataError(Problem(f"problem {number}") for number in range(MOST_PROBLEMS_SHOWN + 1500))
    lines = str(error).splitlines()
    assert len(lines) == MOST_PROBLEMS_SHOWN + 1
    assert lines[-1] == "... and 1,500 more; `mapanalysis check` lists them all, also as CSV."
    assert len(error.problems) == MOST_PROBLEMS_SHOWN + 1500


def test_one_problem_makes_an_error_of_its_own():
    error = OutputError(Problem("cannot be written", file="a.csv"))
    assert [problem.file for problem in error.problems] == ["a.csv"]


def test_each_kind_of_error_has_its_exit_code():
    codes = {error.__name__: error.exit_code for error in (UsageError, DataError, NotebookError, OutputError)}
    assert codes == {"UsageError": 2, "DataError": 3, "NotebookError": 4, "OutputError": 5}
    assert all(issubclass(error, MapError) for error in (UsageError, DataError, NotebookError, OutputError))


def test_problems_are_table_rows_with_the_values_in_one_cell():
    rows = as_rows([Problem("is odd", file="a.csv", row=3, values=tuple("abcdefg"), count=7)])
    assert rows == [
        {
            "what": "is odd",
            "todo": "",
            "file": "a.csv",
            "row": 3,
            "column": "",
            "count": 7,
            "values": "a; b; c; d; e",
            "nearest": "",
        }
    ]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("diabtes", "diabetes"),
        ("DIABETES ", "diabetes"),
        ("gb", "GB"),
        ("astronomy", ""),
        ("", ""),
    ],
)
def test_the_nearest_valid_word_is_found_whatever_its_case(value, expected):
    assert nearest_of(value, ["diabetes", "cancer", "GB", "NO"]) == expected
