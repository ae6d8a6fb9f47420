"""Filters given as words mean what they mean on the map."""

from __future__ import annotations

import pytest
from small_tables import codebook, codings, included

from mapanalysis.errors import UsageError
from mapanalysis.exchange.selection import parse_filters, select_studies

BOOK = codebook(give="A(A1 A2(A21)) B", measure="X Y")
TABLE = """
    study | finding | give | measure
    S1    |         | A    | X
    S2    |         | A21  | X Y
    S3    |         | B    | Y
    S4    | f1      | A1   | Y
    S5    |         |      |
"""


def passing(*words: str) -> list[str]:
    filters = parse_filters(words, BOOK)
    return select_studies(included(TABLE), codings(TABLE), BOOK, filters).tolist()


def test_without_a_filter_every_study_passes():
    assert passing() == ["S1", "S2", "S3", "S4", "S5"]


def test_codes_of_one_dimension_are_alternatives():
    assert passing("measure=X,Y") == ["S1", "S2", "S3", "S4"]
    assert passing("measure=X", "measure=Y") == ["S1", "S2", "S3", "S4"]


def test_dimensions_restrict_each_other():
    assert passing("give=A", "measure=Y") == ["S2", "S4"]


def test_a_code_means_itself_and_all_below_it():
    assert passing("give=A") == ["S1", "S2", "S4"]
    assert passing("give=A2") == ["S2"]


def test_all_that_is_wrong_is_said_at_once():
    with pytest.raises(UsageError) as caught:
        parse_filters(["give", "measur=X", "give=A3,B"], BOOK)
    first, second, third = map(str, caught.value.problems)
    assert "'give' is not a filter" in first
    assert "no dimension 'measur'. Nearest valid: measure." in second
    assert "The dimension give has no code 'A3'" in third
