"""PubMed format: what nbib loses or stops at, repaired or refused."""

from __future__ import annotations

from collections.abc import Callable

import nbib
import pytest

from mapanalysis.errors import DataError
from mapanalysis.sources import medline
from mapanalysis.sources.medline import parse_medline

FULL = """PMID- 30000011
OWN - NLM
IS  - out of form
DP  - 2021 Jan
TI  - One title
      that goes on.
LID - 10.5555/invented.1 [doi]
FAU - Novak, Jana
AU  - Novak J
FAU - Novak, Jana
AU  - Novak J
CN  - Study Group
LA  - eng
LA  - ger
PT  - Journal Article
PT  - Review
JT  - Journal of Invented Results
VI  - 12
IP  - 3
PG  - 77-88
PMC - PMC9000001
AB  - Text.
PHST- out of form
AID - S0000(21) [pii]
"""


def read(text: str) -> list[dict[str, str]]:
    return parse_medline(text, "a.nbib").records


def record(text: str) -> dict[str, str]:
    (only,) = read(text)
    return {name: value for name, value in only.items() if value}


def refused(text: str, match: str) -> None:
    with pytest.raises(DataError, match=match):
        parse_medline(text, "a.nbib")


def test_all_fields_of_a_pubmed_record_are_read():
    assert record(FULL) == {
        "record_type": "Journal Article; Review",
        "title": "One title that goes on.",
        "authors": "Novak, Jana; Novak, Jana; Study Group",
        "year": "2021",
        "journal": "Journal of Invented Results",
        "volume": "12",
        "issue": "3",
        "pages": "77-88",
        "doi": "10.5555/invented.1",
        "pmid": "30000011",
        "pmcid": "PMC9000001",
        "language": "eng; ger",
        "abstract": "Text.",
    }


def test_the_record_id_is_own_unless_that_is_a_code_of_the_library():
    assert record("OWN - R0001\nTI  - One\n")["record_id"] == "R0001"
    assert "record_id" not in record("OWN - NLM\nTI  - One\n")


def test_records_without_a_pubmed_number_are_records():
    texts = [
        "PMID- 1\nTI  - A\n\nOWN - R2\nTI  - B\n\nTI  - C\n",
        "\n\nOWN - R1\nTI  - A\nOWN - R2\nTI  - B\nOWN - R3\nPMID- 3\nTI  - C\n",
    ]
    assert [[each["title"] for each in read(text)] for text in texts] == [["A", "B", "C"]] * 2


def test_a_missing_blank_line_between_records_loses_none():
    assert [each["pmid"] for each in read(FULL + FULL.replace("30000011", "30000012"))] == [
        "30000011",
        "30000012",
    ]


def test_a_blank_line_inside_a_record_does_not_end_it():
    parsed = parse_medline(FULL.replace("AB  - Text.", "\nAB  - Text.\n\n      More."), "a.nbib")
    assert len(parsed.records) == 1
    assert parsed.records[0]["abstract"] == "Text. More."
    assert parsed.repairs == {"blank lines inside a record left out": 2}


def test_authors_without_full_names_are_kept():
    assert record("PMID- 1\nTI  - A\nAU  - Berg O\nAU  - Ruiz A\n")["authors"] == "Berg O; Ruiz A"


def test_a_line_without_a_tag_goes_on_with_the_line_before_and_is_counted():
    parsed = parse_medline("PMID- 1\nTI  - A\nand B\n", "a.nbib")
    assert parsed.records[0]["title"] == "A and B"
    assert parsed.repairs == {"lines without a tag joined to the line before": 1}


@pytest.mark.parametrize(
    "text",
    ["PMID- 1\nTI  - A ti", FULL + "\n" + FULL[:90], "PMID- 1\nTI  - A\nSO  - x\n\nPMID- 2\nTI  - B\n"],
)
def test_a_file_cut_off_is_an_error(text: str):
    refused(text, "a.nbib, row .*: the file ends within its last record: it is cut off")


def test_two_titles_in_one_record_are_an_error():
    refused(
        "TI  - A\nFAU - X\nTI  - B\n",
        "two titles in one record: two records have run together. Found: 'A', 'B'",
    )


def test_identifiers_that_are_none_are_all_listed():
    with pytest.raises(DataError) as caught:
        parse_medline("PMID- one\nTI  - A\n\nPMID- 2\nTI  - B\nPMC - none\n", "a.nbib")
    assert [(problem.row, problem.column) for problem in caught.value.problems] == [(1, "PMID"), (4, "PMC")]


@pytest.mark.parametrize("loses", [lambda found: found[1:], lambda found: found * 2], ids=["fewer", "more"])
def test_a_parser_that_returns_another_number_is_found_out(
    monkeypatch: pytest.MonkeyPatch, loses: Callable[[list], list]
):
    honest = nbib.read
    monkeypatch.setattr(medline.nbib, "read", lambda text: loses(honest(text)))
    refused(FULL, r"expected 1 records \(PMID, OWN or title lines\), found [02]")


def test_a_record_of_tags_that_nbib_does_not_know_is_not_dropped():
    assert len(read("OWN - NLM\nSO  - x\n\nPMID- 2\nTI  - B\nSO  - x\n")) == 2
