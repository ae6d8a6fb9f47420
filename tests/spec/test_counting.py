"""The rules of counting, each as a small table of codings and the cells it must give.

docs/method.md states the rules and names the test of each. How to read the tables: `small_tables.draw`.
"""

from __future__ import annotations

import pandas as pd
import pytest
from small_tables import codebook, codings, count, draw, draw_accounting, draw_flags, included, rows_of

from mapanalysis.analysis.grid import count_studies
from mapanalysis.codebook import encode_codings
from mapanalysis.errors import DataError, UsageError

BOOK = codebook(give="A B not_reported", measure="X Y not_reported")
GROUPS = codebook(give="G(G1 G2) H(H1 H2)", measure="X Y")
SEGMENTS = codebook(give="A B", measure="X Y", design="review trial(rct cluster)")


# What is counted


def test_a_cell_counts_distinct_studies():
    grid = count(
        """
        study | give | measure
        S1    | A    | X
        S2    | A    | X
        S3    | B    | Y
        """,
        BOOK,
    )
    assert draw(grid) == rows_of(
        """
                     | X   | Y   | not_reported | any
        A            | 2   | .   | (0)          | 2
        B            | .   | 1   | (0)          | 1
        not_reported | (0) | (0) | (0)          | 0
        any          | 2   | 1   | 0            | 3
        """
    )


def test_a_row_given_twice_counts_once():
    grid = count(
        """
        study | give | measure
        S1    | A    | X
        S1    | A    | X
        """,
        codebook(give="A B", measure="X Y"),
    )
    assert grid.cells["n_studies"].sum() == 1
    assert draw_accounting(grid) == rows_of("study | placed | reason\nS1 | yes |")


def test_several_reports_of_one_study_count_as_one_study():
    """Reports share the study's id; what they were coded with is joined, and what both say is not doubled."""
    grid = count(
        """
        study | give | measure
        S1    | A    | X
        S1    | A    | X Y
        """,
        BOOK,
    )
    assert draw(grid) == rows_of(
        """
                     | X   | Y   | not_reported | any
        A            | 1   | 1   | (0)          | 1
        B            | .   | .   | (0)          | 0
        not_reported | (0) | (0) | (0)          | 0
        any          | 1   | 1   | 0            | 1
        """
    )


def test_margins_and_totals_are_counted_and_not_summed():
    grid = count(
        """
        study | give | measure
        S1    | A B  | X Y
        S2    | A    | X
        """,
        BOOK,
    )
    assert draw(grid) == rows_of(
        """
                     | X   | Y   | not_reported | any
        A            | 2   | 1   | (0)          | 2
        B            | 1   | 1   | (0)          | 1
        not_reported | (0) | (0) | (0)          | 0
        any          | 2   | 1   | 0            | 2
        """
    )


def test_margins_hold_placed_studies_only():
    """S2 has a row code but no column code: it is in no cell, so in no margin, and the accounting says why."""
    grid = count(
        """
        study | give | measure
        S1    | A    | X
        S2    | A    |
        """,
        BOOK,
    )
    assert grid.rows.set_index("row_code")["n_studies"].to_dict() == {"A": 1, "B": 0, "not_reported": 0}
    assert draw_accounting(grid) == rows_of(
        """
        study | placed | reason
        S1    | yes    |
        S2    | no     | no code for: Measure
        """
    )


# The grid


def test_without_any_coding_the_grid_is_whole_and_empty():
    grid = count(
        """
        study | give | measure
        S1    |      |
        """,
        BOOK,
    )
    assert draw(grid) == rows_of(
        """
                     | X   | Y   | not_reported | any
        A            | .   | .   | (0)          | 0
        B            | .   | .   | (0)          | 0
        not_reported | (0) | (0) | (0)          | 0
        any          | 0   | 0   | 0            | 0
        """
    )
    assert draw_accounting(grid) == rows_of("study | placed | reason\nS1 | no | no code for: Give, Measure")


def test_without_any_study_the_grid_is_whole_and_empty():
    grid = count("study | give | measure", SEGMENTS)
    assert (grid.n_included, grid.n_placed, len(grid.accounting), len(grid.placements)) == (0, 0, 0, 0)
    assert len(grid.cells) == 2 * 2 * (1 + 2)
    assert set(grid.cells["state"]) == {"none_found"}
    assert list(grid.cells["n_studies"].unique()) == [0]


def test_a_code_nobody_used_is_a_row_of_gaps_in_its_place():
    grid = count(
        """
        study | give | measure
        S1    | C    | Z
        S2    | A    | Z
        """,
        codebook(give="A B C", measure="X Y Z"),
    )
    assert draw(grid) == rows_of(
        """
            | X | Y | Z | any
        A   | . | . | 1 | 1
        B   | . | . | . | 0
        C   | . | . | 1 | 1
        any | 0 | 0 | 2 | 2
        """
    )


def test_cells_come_in_the_order_of_the_codebook_and_not_of_the_data():
    grid = count(
        """
        study | give | measure
        S1    | z    | b
        S2    | a    | a
        """,
        codebook(give="z m a", measure="b a"),
    )
    assert list(grid.rows["row_code"]) == ["z", "m", "a"]
    assert list(grid.columns["column_code"]) == ["b", "a"]
    assert list(grid.matrix().index) == ["z", "m", "a"]
    assert list(grid.matrix().columns) == ["b", "a"]


def test_any_dimension_may_be_row_column_or_segment():
    book = codebook(give="A B", measure="X Y", design="review trial", place="GB NO")
    table = """
        study | give | measure | design | place
        S1    | A    | X       | trial  | NO
        S2    | A    | Y       | review | GB NO
        """
    grid = count(table, book, row="design", column="place", segment="give")
    assert draw(grid, "A") == rows_of(
        """
               | GB | NO | any
        review | 1  | 1  | 1
        trial  | .  | 1  | 1
        any    | 1  | 2  | 2
        """
    )


def test_a_dimension_by_itself_shows_what_goes_together():
    grid = count(
        """
        study | give | measure
        S1    | A B  | X
        S2    | B    | X
        """,
        codebook(give="A B C", measure="X"),
        column="give",
    )
    assert draw(grid) == rows_of(
        """
            | A | B | C | any
        A   | 1 | 1 | . | 1
        B   | 1 | 2 | . | 2
        C   | . | . | . | 0
        any | 1 | 2 | 0 | 2
        """
    )


# Levels


def test_a_study_coded_twice_under_one_group_counts_once_in_the_group():
    table = """
        study | give  | measure
        S1    | G1 G2 | X
        S2    | G2    | X
        """
    assert draw(count(table, GROUPS, row_level=1)) == rows_of(
        """
            | X | Y | any
        G   | 2 | . | 2
        H   | . | . | 0
        any | 2 | 0 | 2
        """
    )
    assert draw(count(table, GROUPS)) == rows_of(
        """
            | X | Y | any
        G1  | 1 | . | 1
        G2  | 2 | . | 2
        H1  | . | . | 0
        H2  | . | . | 0
        any | 2 | 0 | 2
        """
    )


def test_a_study_coded_with_a_group_only_stands_under_the_group_itself():
    """At the deeper level G is a row of its own, before its codes, for as long as a study needs it."""
    table = """
        study | give | measure
        S1    | G    | X
        S2    | G1   | X
        """
    assert draw(count(table, GROUPS)) == rows_of(
        """
            | X | Y | any
        G   | 1 | . | 1
        G1  | 1 | . | 1
        G2  | . | . | 0
        H1  | . | . | 0
        H2  | . | . | 0
        any | 2 | 0 | 2
        """
    )
    assert draw(count(table, GROUPS, row_level=1)) == rows_of(
        """
            | X | Y | any
        G   | 2 | . | 2
        H   | . | . | 0
        any | 2 | 0 | 2
        """
    )


def test_branches_of_unlike_depth_share_a_level():
    """A code without codes below it stands at every deeper level as it is."""
    book = codebook(give="G(G1(G11 G12) G2) B", measure="X")
    table = """
        study | give | measure
        S1    | G11  | X
        S2    | G12  | X
        S3    | G2   | X
        S4    | B    | X
        """
    assert draw(count(table, book, row_level=2)) == rows_of(
        """
            | X | any
        G1  | 2 | 2
        G2  | 1 | 1
        B   | 1 | 1
        any | 4 | 4
        """
    )
    assert list(count(table, book).row.codes) == ["G11", "G12", "G2", "B"]
    assert list(count(table, book, row_level=1).row.codes) == ["G", "B"]


def test_a_level_above_the_top_is_refused():
    with pytest.raises(UsageError, match="Levels count from 1, and row_level is 0"):
        count("study | give | measure\nS1 | G1 | X", GROUPS, row_level=0)


# Findings


def test_findings_make_true_pairs():
    """S1 measured X for A and Y for B: two cells. S2, without findings, lands in all four."""
    grid = count(
        """
        study | finding | give | measure
        S1    | f1      | A    | X
        S1    | f2      | B    | Y
        S2    |         | A B  | X Y
        """,
        BOOK,
    )
    assert draw(grid) == rows_of(
        """
                     | X   | Y   | not_reported | any
        A            | 2   | 1   | (0)          | 2
        B            | 1   | 2   | (0)          | 2
        not_reported | (0) | (0) | (0)          | 0
        any          | 2   | 2   | 0            | 2
        """
    )
    assert draw_flags(grid) == rows_of(
        """
        row | column | studies | co-coded | cross product
        A   | X      | 2       | 1        | 1
        A   | Y      | 1       | 1        | 1
        B   | X      | 1       | 1        | 1
        B   | Y      | 2       | 1        | 1
        """
    )


def test_the_same_finding_id_in_two_studies_is_two_findings():
    grid = count(
        """
        study | finding | give | measure
        S1    | f1      | A    | X
        S2    | f1      | B    | Y
        """,
        codebook(give="A B", measure="X Y"),
    )
    assert draw(grid) == rows_of(
        """
            | X | Y | any
        A   | 1 | . | 1
        B   | . | 1 | 1
        any | 1 | 1 | 2
        """
    )


def test_codes_of_the_whole_study_meet_all_its_findings():
    grid = count(
        """
        study | finding | give | measure | design
        S1    |         |      | Y       | trial
        S1    | f1      | A    | X       |
        S1    | f2      | B    |         |
        """,
        SEGMENTS,
    )
    assert draw(grid, "trial") == rows_of(
        """
            | X | Y | any
        A   | 1 | 1 | 1
        B   | . | 1 | 1
        any | 1 | 1 | 1
        """
    )
    assert [flags[3:] for flags in draw_flags(grid)[1:]] == [["0", "0"]] * 3


def test_a_finding_with_one_side_only_meets_the_other_side_of_the_whole_study():
    grid = count(
        """
        study | finding | give | measure
        S1    |         | A    |
        S1    | f1      |      | X
        S1    | f2      |      | Y
        """,
        codebook(give="A B", measure="X Y"),
    )
    assert draw(grid) == rows_of(
        """
            | X | Y | any
        A   | 1 | 1 | 1
        B   | . | . | 0
        any | 1 | 1 | 1
        """
    )


def test_sides_that_never_meet_in_one_finding_place_nothing():
    grid = count(
        """
        study | finding | give | measure
        S1    | f1      | A    |
        S1    | f2      |      | X
        S2    | f1      | A    | X
        S2    | f2      | B    |
        """,
        codebook(give="A B", measure="X Y"),
    )
    assert draw(grid) == rows_of(
        """
            | X | Y | any
        A   | 1 | . | 1
        B   | . | . | 0
        any | 1 | 0 | 1
        """
    )
    assert draw_accounting(grid) == rows_of(
        """
        study | placed | reason
        S1    | no     | its codes never meet in one finding
        S2    | yes    |
        """
    )


def test_findings_about_other_dimensions_leave_the_study_whole():
    """The findings pair outcomes with places; on the grid of what is given by outcome only one side has them."""
    book = codebook(give="A B", measure="X Y", design="trial", place="GB NO")
    table = """
        study | finding | give | measure | design | place
        S1    |         | A B  | X       | trial  |
        S1    | f1      |      |         |        | GB
        """
    assert draw_flags(count(table, book)) == rows_of(
        """
        row | column | studies | co-coded | cross product
        A   | X      | 1       | 1        | 0
        B   | X      | 1       | 1        | 0
        """
    )


def test_several_arms_or_measures_of_one_pair_count_once():
    grid = count(
        """
        study | finding | give | measure
        S1    | arm 1   | A    | X
        S1    | arm 2   | A    | X
        S1    | arm 3   | A    | X
        """,
        codebook(give="A B", measure="X Y"),
    )
    assert draw_flags(grid) == rows_of("row|column|studies|co-coded|cross product\nA|X|1|0|0")
    assert len(grid.placements) == 1


# Co-coded, and the cross product


def test_codes_of_the_whole_study_are_flagged_as_co_coded():
    """Several of both are a cross product: the pair itself may not have been studied. One of either is none."""
    grid = count(
        """
        study | give | measure
        S1    | A    | X
        S2    | A B  | X
        S3    | A B  | X Y
        """,
        codebook(give="A B", measure="X Y"),
    )
    assert draw_flags(grid) == rows_of(
        """
        row | column | studies | co-coded | cross product
        A   | X      | 3       | 3        | 1
        A   | Y      | 1       | 1        | 1
        B   | X      | 2       | 2        | 1
        B   | Y      | 1       | 1        | 1
        """
    )
    flags = grid.placements.groupby("study_id")[["is_co_coded", "is_cross_product"]].mean()
    assert flags.to_dict("index") == {
        "S1": {"is_co_coded": 1, "is_cross_product": 0},
        "S2": {"is_co_coded": 1, "is_cross_product": 0},
        "S3": {"is_co_coded": 1, "is_cross_product": 1},
    }


def test_a_true_pair_wins_over_a_cross_product_on_the_same_cell():
    grid = count(
        """
        study | finding | give | measure
        S1    |         | A B  | X Y
        S1    | f1      | A    | X
        """,
        codebook(give="A B", measure="X Y"),
    )
    assert draw_flags(grid) == rows_of(
        """
        row | column | studies | co-coded | cross product
        A   | X      | 1       | 0        | 0
        A   | Y      | 1       | 0        | 0
        B   | X      | 1       | 0        | 0
        B   | Y      | 1       | 1        | 1
        """
    )


def test_a_true_pair_wins_also_when_another_segment_holds_only_the_co_coded_one():
    """f1 says that A on X was a trial; f2, a review, has no pair of its own. All together it is a true pair."""
    grid = count(
        """
        study | finding | give | measure | design
        S1    |         | A    | X       |
        S1    | f1      | A    | X       | trial
        S1    | f2      |      |         | review
        """,
        SEGMENTS,
    )
    assert draw_flags(grid) == rows_of("row|column|studies|co-coded|cross product\nA|X|1|0|0")
    by_segment = grid.cells[grid.cells["n_studies"] > 0].set_index("segment_code")["n_co_coded"].to_dict()
    assert by_segment == {"": 0, "review": 1, "trial": 0}


def test_codes_of_one_group_are_no_cross_product_of_groups():
    table = "study | give | measure\nS1 | G1 G2 | X Y"
    assert [row[4] for row in draw_flags(count(table, GROUPS))[1:]] == ["1"] * 4
    assert [row[4] for row in draw_flags(count(table, GROUPS, row_level=1))[1:]] == ["0"] * 2


# Segments


def test_segments_are_counted_apart_and_a_study_in_two_counts_once_in_all():
    table = """
        study | give | measure | design
        S1    | A    | X       | review
        S2    | A    | X       | rct
        S3    | A    | X       | review cluster
        """
    grid = count(table, SEGMENTS)
    assert draw(grid, "review") == rows_of("    |X|Y|any\nA  |2|.|2\nB  |.|.|0\nany|2|0|2")
    assert draw(grid, "trial") == rows_of("     |X|Y|any\nA  |2|.|2\nB  |.|.|0\nany|2|0|2")
    assert draw(grid) == rows_of("              |X|Y|any\nA  |3|.|3\nB  |.|.|0\nany|3|0|3")
    assert grid.segments.to_numpy().tolist() == [["", 3], ["review", 2], ["trial", 2]]


def test_segments_can_be_taken_at_their_own_level():
    table = """
        study | give | measure | design
        S1    | A    | X       | rct cluster
        S2    | A    | X       | rct
        """
    deep = count(table, SEGMENTS, segment_level=None)
    assert deep.segments.to_numpy().tolist() == [["", 2], ["review", 0], ["rct", 2], ["cluster", 1]]
    assert count(table, SEGMENTS).segments.to_numpy().tolist() == [["", 2], ["review", 0], ["trial", 2]]


def test_a_study_without_a_segment_is_not_placed_and_is_listed():
    grid = count(
        """
        study | give | measure | design
        S1    | A    | X       |
        S2    | A    | X       | review
        """,
        SEGMENTS,
    )
    assert draw(grid) == rows_of("|X|Y|any\nA|1|.|1\nB|.|.|0\nany|1|0|1")
    assert draw_accounting(grid)[1] == ["S1", "no", "no code for: Design"]


def test_without_segments_a_study_needs_none():
    table = "study | give | measure | design\nS1 | A | X |"
    assert draw(count(table, SEGMENTS, segment=None)) == rows_of("|X|Y|any\nA|1|.|1\nB|.|.|0\nany|1|0|1")


# The states of a cell


def test_not_reported_is_a_row_and_a_column_of_its_own_and_never_a_gap():
    grid = count(
        """
        study | give         | measure
        S1    | not_reported | X
        S2    | A            | not_reported
        S3    | not_reported | not_reported
        """,
        BOOK,
    )
    assert draw(grid) == rows_of(
        """
                     | X   | Y   | not_reported | any
        A            | .   | .   | (1)          | 1
        B            | .   | .   | (0)          | 0
        not_reported | (1) | (0) | (1)          | 2
        any          | 1   | 0   | 2            | 3
        """
    )
    assert grid.row.reported == ["A", "B"]


def test_a_segment_that_is_not_reported_is_no_gap_either():
    book = codebook(give="A B", measure="X Y", design="trial not_reported")
    grid = count("study | give | measure | design\nS1 | A | X | not_reported", book)
    assert draw(grid, "not_reported") == rows_of("|X|Y|any\nA|(1)|(0)|1\nB|(0)|(0)|0\nany|1|0|1")
    assert draw(grid, "trial") == rows_of("|X|Y|any\nA|.|.|0\nB|.|.|0\nany|0|0|0")


def test_what_is_not_coded_is_not_assumed_to_be_not_reported():
    grid = count("study | give | measure\nS1 | A |", BOOK)
    assert grid.columns["n_studies"].sum() == 0
    assert grid.n_placed == 0


def test_a_row_outside_the_scope_is_told_from_a_gap():
    book = codebook(outside_scope=["give=B"], give="A B not_reported", measure="X Y not_reported")
    assert draw(count("study | give | measure\nS1 | A | X", book)) == rows_of(
        """
                     | X   | Y   | not_reported | any
        A            | 1   | .   | (0)          | 1
        B            | /   | /   | (0)          | 0
        not_reported | (0) | (0) | (0)          | 0
        any          | 1   | 0   | 0            | 1
        """
    )


def test_one_cell_outside_the_scope():
    book = codebook(outside_scope=["give=B measure=X"], give="A B", measure="X Y")
    assert draw(count("study | give | measure\nS1 | A | X", book)) == rows_of(
        "   |X|Y|any\nA  |1|.|1\nB  |/|.|0\nany|1|0|1"
    )


def test_studies_found_outside_the_scope_are_shown():
    book = codebook(outside_scope=["give=B"], give="A B", measure="X Y")
    assert draw(count("study | give | measure\nS1 | B | X", book)) == rows_of(
        "   |X|Y|any\nA  |.|.|0\nB  |1|/|1\nany|1|0|1"
    )


def test_a_group_outside_the_scope_covers_its_codes():
    book = codebook(outside_scope=["give=G measure=X"], give="G(G1 G2) H(H1 H2)", measure="X Y")
    table = "study | give | measure\nS1 | H1 | X"
    assert draw(count(table, book)) == rows_of(
        "   |X|Y|any\nG1 |/|.|0\nG2 |/|.|0\nH1 |1|.|1\nH2 |.|.|0\nany|1|0|1"
    )
    assert draw(count(table, book, row_level=1)) == rows_of("|X|Y|any\nG|/|.|0\nH|1|.|1\nany|1|0|1")


def test_a_group_with_one_code_outside_the_scope_is_inside():
    book = codebook(outside_scope=["give=G1"], give="G(G1 G2) H", measure="X")
    assert draw(count("study | give | measure\nS1 | H | X", book, row_level=1)) == rows_of(
        "|X|any\nG|.|0\nH|1|1\nany|1|1"
    )


def test_a_group_with_all_its_codes_outside_the_scope_is_outside():
    book = codebook(outside_scope=["give=G1", "give=G2"], give="G(G1 G2 not_reported) H", measure="X")
    assert draw(count("study | give | measure\nS1 | H | X", book, row_level=1)) == rows_of(
        "|X|any\nG|/|0\nH|1|1\nany|1|1"
    )


def test_a_segment_outside_the_scope_leaves_the_whole_cell_a_gap():
    """Only when no segment was looked for in a cell is the cell itself outside the scope."""
    rules = ["give=A measure=X design=trial", "give=B measure=X design=trial", "give=B design=review"]
    book = codebook(outside_scope=rules, give="A B", measure="X Y", design="review trial not_reported")
    grid = count("study | give | measure | design\nS1 | A | Y | trial", book)
    assert draw(grid, "trial") == rows_of("|X|Y|any\nA|/|1|1\nB|/|.|0\nany|0|1|1")
    assert draw(grid, "review") == rows_of("|X|Y|any\nA|.|.|0\nB|/|/|0\nany|0|0|0")
    assert draw(grid) == rows_of("|X|Y|any\nA|.|1|1\nB|/|.|0\nany|0|1|1")
    assert draw(count("study | give | measure | design\nS1 | A | Y | trial", book, segment=None)) == rows_of(
        "|X|Y|any\nA|.|1|1\nB|.|.|0\nany|0|1|1"
    )


def test_a_dimension_that_applies_to_one_segment_is_not_looked_for_in_the_others():
    book = codebook(
        applies_to={"quality": "trial"},
        give="A",
        measure="X",
        design="review trial(rct cluster) costs",
        quality="high low",
    )
    table = "study | give | measure | design | quality\nS1 | A | X | rct | high\nS2 | A | X | review |"
    grid = count(table, book, row="quality", column="design", segment=None, column_level=1)
    assert draw(grid) == rows_of(
        """
             | review | trial | costs | any
        high | /      | 1     | /     | 1
        low  | /      | .     | /     | 0
        any  | 0      | 1     | 0     | 1
        """
    )
    assert [row[1:] for row in draw(count(table, book, row="quality", column="give"), "costs")[1:3]] == [
        ["/", "0"],
        ["/", "0"],
    ]


# Accounting


def test_every_included_study_is_placed_or_listed_with_the_reason():
    table = """
        study | finding | give | measure | design
        S1    |         | A    | X       | trial
        S2    |         |      | X       | trial
        S3    |         | A    |         |
        S4    | f1      | A    |         | trial
        S4    | f2      |      | X       | trial
        S5    |         |      |         |
        """
    grid = count(table, SEGMENTS)
    assert draw_accounting(grid) == rows_of(
        """
        study | placed | reason
        S1    | yes    |
        S2    | no     | no code for: Give
        S3    | no     | no code for: Measure, Design
        S4    | no     | its codes never meet in one finding
        S5    | no     | no code for: Give, Measure, Design
        """
    )
    assert grid.n_included == 5
    assert grid.n_placed == grid.placements["study_id"].nunique() == 1
    assert grid.n_included == grid.n_placed + (grid.accounting["reason"] != "").sum()


def test_the_studies_behind_every_number_can_be_listed():
    table = """
        study | give | measure | design
        S2    | A    | X Y     | trial review
        S1    | A B  | X       | trial
        S3    |      | X       | trial
        """
    grid = count(table, SEGMENTS)
    assert grid.list_studies("A", "X") == ["S2", "S1"]
    assert grid.list_studies("B") == ["S1"]
    assert grid.list_studies(column_code="Y") == ["S2"]
    assert grid.list_studies("A", segment_code="review") == ["S2"]
    assert grid.list_studies() == ["S2", "S1"]
    for cell in grid.cells.itertuples():
        assert len(grid.list_studies(cell.row_code, cell.column_code, cell.segment_code)) == cell.n_studies


def test_a_list_of_studies_for_a_code_that_is_not_there_is_refused():
    grid = count("study | give | measure\nS1 | G1 | X", GROUPS)
    with pytest.raises(UsageError, match=r"The grid has no row 'G11'\. Nearest valid: G1"):
        grid.list_studies("G11")
    with pytest.raises(UsageError, match="The grid has no segment 'trial'"):
        grid.list_studies(segment_code="trial")


# What is refused


def test_an_unknown_code_is_refused_even_outside_the_axes():
    book = codebook(give="A B", measure="X Y", design="trial", place="GB NO")
    table = codings("study | give | measure | place\nS1 | A | X | GBR NO")
    with pytest.raises(
        DataError, match=r"row 4, column code: the codebook has no code 'GBR' in place.*Nearest valid: GB"
    ):
        count_studies(table, book, pd.Series(["S1"]), row="give", column="measure")


def test_an_unknown_dimension_is_refused_and_not_left_out():
    table = codings("study | give | mesure\nS1 | A | X")
    with pytest.raises(DataError, match=r"no dimension 'mesure'.*Nearest valid: measure"):
        count_studies(table, BOOK, pd.Series(["S1"]), row="give", column="measure")


def test_codings_of_a_study_that_is_not_included_are_refused():
    table = codings("study | give | measure\nS1 | A | X\nS9 | A | X")
    with pytest.raises(DataError, match=r"codings of studies that are not included.*'S9'"):
        count_studies(table, BOOK, pd.Series(["S1"]), row="give", column="measure")


def test_a_study_listed_twice_is_refused():
    table = codings("study | give | measure\nS1 | A | X")
    with pytest.raises(DataError, match=r"[Ss]tudies are listed more than once.*'S1'"):
        count_studies(table, BOOK, pd.Series(["S1", "S1"]), row="give", column="measure")


@pytest.mark.parametrize("column", ["study_id", "finding_id", "dimension", "code"])
def test_a_missing_value_is_refused_and_not_dropped(column):
    table = codings("study | give | measure\nS1 | A | X")
    table.loc[1, column] = None
    with pytest.raises(DataError, match=column.removesuffix("_id")):
        count_studies(table, BOOK, pd.Series(["S1"]), row="give", column="measure")


def test_all_that_is_wrong_is_said_at_once():
    table = codings("study | give | measure\nS1 | A | XX\nS9 | AA | X")
    with pytest.raises(DataError) as caught:
        count_studies(table, BOOK, pd.Series(["S1", "S1"]), row="give", column="measure")
    assert len(caught.value.problems) == 4


# Traps


def test_codes_that_programs_take_for_something_else_stay_text():
    """NA is Namibia, NO Norway, and 01 is not 1."""
    book = codebook(place="NA NO", give="01 1 no yes null nan None")
    grid = count(
        """
        study | place | give
        NA    | NA    | 01
        01    | NA NO | 1
        no    | NO    | no
        None  | NA    | null nan None
        """,
        book,
    )
    assert draw(grid) == rows_of(
        """
            | 01 | 1 | no | yes | null | nan | None | any
        NA  | 1  | 1 | .  | .   | 1    | 1   | 1    | 3
        NO  | .  | 1 | 1  | .   | .    | .   | .    | 2
        any | 1  | 1 | 1  | 0   | 1    | 1   | 1    | 4
        """
    )
    assert grid.list_studies("NA", "01") == ["NA"]


BUSY = """
    study | finding | give  | measure | design
    S1    |         | G1 H2 | X       | trial review
    S2    | f1      | G1    | X       | trial
    S2    | f2      | H     | Y       |
    S3    |         | G     | Y       | review
    S4    |         | H1    |         | review
    """
BUSY_BOOK = codebook(give="G(G1 G2) H(H1 H2)", measure="X Y", design="review trial")
FRAMES = ("cells", "rows", "columns", "segments", "placements", "accounting")


def busy_grid(change=lambda table: table):
    studies = included(BUSY)
    return count_studies(
        change(codings(BUSY)), BUSY_BOOK, studies, row="give", column="measure", segment="design"
    )


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda table: table.iloc[::-1], id="rows in reverse, with their old index"),
        pytest.param(lambda table: table.sample(frac=1, random_state=1), id="rows shuffled"),
        pytest.param(lambda table: pd.concat([table, table]), id="every row twice, repeated index"),
        pytest.param(lambda table: encode_codings(table, BUSY_BOOK), id="categories of the codebook"),
        pytest.param(lambda table: table.astype("category"), id="categories in alphabetical order"),
        pytest.param(lambda table: table.astype("object"), id="Python text"),
        pytest.param(lambda table: table.assign(coder="settled"), id="a further column"),
    ],
)
def test_the_form_and_order_of_the_rows_make_no_difference(change):
    expected, found = busy_grid(), busy_grid(change)
    for name in FRAMES:
        pd.testing.assert_frame_equal(getattr(found, name), getattr(expected, name))


def test_nothing_that_is_put_in_is_changed():
    table, studies = codings(BUSY), included(BUSY)
    before = table.copy(), studies.copy()
    grid = count_studies(table, BUSY_BOOK, studies, row="give", column="measure", segment="design")
    grid.list_studies("G1")
    pd.testing.assert_frame_equal(table, before[0])
    pd.testing.assert_series_equal(studies, before[1])


def test_a_misspelt_axis_names_the_nearest_dimension():
    with pytest.raises(DataError, match=r"no dimension 'giv'.*Nearest valid: give"):
        count("study | give | measure\nS1 | A | X", BOOK, row="giv")
