"""The nearest evidence to a cell: steps through the codebook, and who is nearest."""

from __future__ import annotations

import pandas as pd
from small_tables import codebook, count

from mapanalysis.analysis.neighbours import add_neighbours, measure_steps

BOOK = codebook(
    outside_scope=["give=C measure=X"],
    give="G(A(A1 A2) B) C not_reported",
    measure="X Y not_reported",
    kind="trial review",
)
TABLE = """
study | give         | measure | kind
S1    | A1           | X       | trial
S2    | B            | X       | trial
S3    | B            | X       | trial
S4    | not_reported | Y       | trial
S5    | C            | not_reported | trial
"""


def ask(*cells: str, most: int = 3) -> pd.DataFrame:
    asked = pd.DataFrame([cell.split() for cell in cells], columns=["row_code", "column_code"], dtype="str")
    return add_neighbours(asked, count(TABLE, BOOK), most)


def test_steps_go_up_to_the_group_that_two_codes_share_and_down_again():
    axis = count(TABLE.replace("| C ", "| A "), BOOK).row
    steps = pd.DataFrame(measure_steps(axis), index=axis.codes, columns=axis.codes)
    assert steps.loc["A1", "A2"] == 0  # of one group: before all others
    assert steps.loc["A1", "A"] == 1  # A is a row as S5 is coded with the group
    assert steps.loc["A1", "B"] == 3
    assert steps.loc["A1", "C"] == 4
    assert steps.loc["C", "not_reported"] == 2  # of the top level: of no group
    assert (steps == steps.T).all().all()


def test_the_nearest_comes_first_and_nothing_beyond_row_and_column_is_near():
    (gap,) = ask("A2 X").itertuples()
    assert (gap.near_row_code, gap.near_column_code, gap.near_n_studies) == ("A1", "X", 1)
    assert gap.neighbours == "Code A1 by Code X (1); Code B by Code X (2)"


def test_what_is_not_reported_is_near_to_nothing():
    (gap,) = ask("C Y").itertuples()
    assert (gap.near_row_code, gap.near_column_code, gap.neighbours) == ("", "", "")
    assert pd.isna(gap.near_n_studies)


def test_a_cell_is_no_neighbour_of_its_own():
    (gap,) = ask("B X").itertuples()
    assert gap.neighbours == "Code A1 by Code X (1)"


def test_no_more_are_named_than_asked_for():
    assert ask("A2 X", most=1)["neighbours"].tolist() == ["Code A1 by Code X (1)"]


def test_without_gaps_there_is_nobody_to_ask():
    found = ask()
    assert found.empty
    assert {"near_row_code", "near_n_studies", "neighbours"} <= set(found)
