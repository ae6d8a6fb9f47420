"""RIS: vendors' dialects, repairs, and the losses of rispy that must be errors here."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import rispy

from mapanalysis.errors import DataError
from mapanalysis.sources import ris
from mapanalysis.sources.ris import parse_ris

ONE = "TY  - JOUR\nTI  - One\nAU  - Ruiz, A\nER  - \n\n"


def record(*lines: str) -> dict[str, str]:
    """The filled fields of one record of these lines."""
    (only,) = parse_ris("\n".join(["TY  - JOUR", *lines, "ER  - ", ""]), "a.ris").records
    return {name: value for name, value in only.items() if value and name != "record_type"}


def titles(text: str) -> list[str]:
    return [each["title"] for each in parse_ris(text, "a.ris").records]


def refused(text: str, match: str) -> None:
    with pytest.raises(DataError, match=match):
        parse_ris(text, "a.ris")


def test_the_usual_tags_are_read():
    assert record(
        "ID  - V1", "TI  - One", "AU  - Ruiz, A", "AU  - Berg, O", "PY  - 2021", "JO  - Journal",
        "VL  - 4", "IS  - 2", "SP  - 10", "EP  - 19", "DO  - 10.5555/x", "LA  - en", "LA  - de",
        "UR  - https://example.org/?a=1;b=2", "AB  - Text.", "C2  - PMC12", "AN  - 30000001",
    ) == {
        "record_id": "V1", "title": "One", "authors": "Ruiz, A; Berg, O", "year": "2021", "journal": "Journal",
        "volume": "4", "issue": "2", "pages": "10-19", "doi": "10.5555/x", "language": "en; de",
        "url": "https://example.org/?a=1;b=2", "abstract": "Text.", "pmcid": "PMC12", "pmid": "30000001",
    }  # fmt: skip


def test_the_dialects_of_vendors_are_read():
    assert record(
        "T1  - One", "A1  - Ruiz, A", "A1  - Ruiz, A", "Y1  - 2019///", "JF  - Full", "T2  - Other",
        "N2  - Text.", "M3  - doi:10.5555/x.1", "SP  - e12", "C2  - 30000001",
    ) == {
        "title": "One", "authors": "Ruiz, A; Ruiz, A", "year": "2019", "journal": "Full",
        "abstract": "Text.", "doi": "10.5555/x.1", "pages": "e12", "pmid": "30000001",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("line", "year"),
    [
        ("PY  - 2019/08//undefined", "2019"),
        ("DA  - 12 May 2020", "2020"),
        ("PY  - 20199", "20199"),
        ("PY  - in press", "in press"),
    ],
)
def test_the_year_is_the_first_of_four_digits_or_stays_as_it_is(line: str, year: str):
    assert record("TI  - One", line)["year"] == year


@pytest.mark.parametrize(
    ("line", "doi"),
    [
        ("UR  - https://doi.org/10.5555/a.b", "10.5555/a.b"),
        ("M3  - Journal Article", None),
        ("UR  - https://example.org/10.5555/a.b", None),
    ],
)
def test_a_doi_outside_its_tag_is_taken_only_where_it_is_one(line: str, doi: str | None):
    assert record("TI  - One", line).get("doi") == doi


def test_an_accession_number_of_ebsco_is_not_taken_for_a_pubmed_number():
    assert "pmid" not in record("TI  - One", "AN  - 94252137", "DP  - EBSCOhost")
    assert "pmid" not in record("TI  - One", "AN  - WOS:000082252000006")
    assert record("TI  - One", "C3  - PUBMED 8466716,EMBASE 23")["pmid"] == "8466716"


def test_pages_are_one_range():
    assert record("TI  - One", "SP  - e12", "EP  - e12")["pages"] == "e12"
    assert record("TI  - One", "SP  - 125-136", "EP  - 136")["pages"] == "125-136"


def test_values_on_several_lines_are_one_value():
    assert record("TI  - One title", "that goes on", "", "   and on", "AU  - Ruiz, A") == {
        "title": "One title that goes on and on",
        "authors": "Ruiz, A",
    }


def test_a_record_that_was_never_closed_is_kept_and_counted():
    parsed = parse_ris("TY  - JOUR\nTI  - Open\n\n" + ONE, "a.ris")
    assert [each["title"] for each in parsed.records] == ["Open", "One"]
    assert parsed.repairs == {"records without an end line (ER) closed": 1}


def test_a_file_without_any_end_lines_is_read():
    assert titles("TY  - JOUR\nTI  - One\nTY  - JOUR\nTI  - Two\n") == ["One", "Two"]


@pytest.mark.parametrize("text", [ONE + "TY  - JOUR\nTI  - Cut", "TY  - JOUR\nTI  - Only", ONE.rstrip()[:-1]])
def test_a_last_record_without_an_end_line_is_an_error(text: str):
    refused(text, r"a.ris, row \d: the last record has no end line \(ER\): the file is cut off. Download")


@pytest.mark.parametrize("end", ["T", "TY", "TY "])
def test_a_file_that_ends_within_a_first_line_is_an_error(end: str):
    refused(ONE + end, "ends within the first line of a record")


@pytest.mark.parametrize(
    "text",
    [
        "TY - JOUR\nTI - One\nAU - Ruiz\nER - \nTY - BOOK\nTI - Two\nER -",
        "TY\u00a0 - JOUR\nTI\u00a0 - One\nER  -\n TY  - JOUR\n TI  - Two\n ER  -\n",
    ],
)
def test_tags_with_other_spaces_are_read_and_counted(text: str):
    parsed = parse_ris(text, "a.ris")
    assert [each["title"] for each in parsed.records] == ["One", "Two"]
    assert parsed.repairs["tags without two spaces before the dash"] >= 5


def test_tags_without_a_space_behind_the_dash_lose_no_letter():
    parsed = parse_ris("TY  -JOUR\nTI  -One\nER  -\n", "a.ris")
    assert parsed.records[0]["title"] == "One"
    assert parsed.repairs == {"tags without a space behind the dash": 2}


def test_a_line_like_a_tag_inside_an_abstract_stays_text():
    parsed = parse_ris("TY  - JOUR\nTI  - One\nAB  - Scans were\nT2 - weighted.\nER  - \n", "a.ris")
    assert parsed.records[0]["abstract"] == "Scans were T2 - weighted."
    assert parsed.records[0]["journal"] == ""
    assert parsed.repairs == {"lines like a tag inside an abstract or note kept as text": 1}


def test_in_a_record_of_mixed_spaces_the_tags_behind_the_abstract_are_tags():
    text = "TY  - JOUR\nTI - One\nAB - Text.\nAU - Ruiz, A\nER  - \n"
    parsed = parse_ris(text, "a.ris")
    assert parsed.records[0]["authors"] == "Ruiz, A"
    assert parsed.repairs == {"tags without two spaces before the dash": 3}


def test_a_repeated_title_keeps_the_first_and_says_so():
    parsed = parse_ris("TY  - JOUR\nTI  - One\nTI  - Uno\nTI  - One\nER  - \n", "a.ris")
    assert parsed.records[0]["title"] == "One"
    assert parsed.repairs == {"TI repeated with another value: the first kept": 1}


def test_repeated_abstracts_are_joined():
    assert record("TI  - One", "AB  - Aim.", "AB  - Result.")["abstract"] == "Aim. Result."


def test_two_records_run_together_are_an_error():
    lines = ["TI  - One", "PY  - 2001", "DO  - 10.5555/1", "TI  - Two", "PY  - 2002", "DO  - 10.5555/2"]
    refused("\n".join(["TY  - JOUR", *lines, "ER  - "]), "two records have run together: TI, PY, DO")


def test_text_between_records_is_left_out_and_counted():
    text = "Record #1 of 2\n\n1. \n" + ONE + "C1  - Database: Invented\nSearch strategy:\n" + ONE + "Bye\n"
    parsed = parse_ris(text, "a.ris")
    assert len(parsed.records) == 2
    assert parsed.repairs == {"lines outside any record left out": 5}


def test_tags_of_a_record_that_stand_outside_any_are_an_error():
    refused(
        "TI  - Lost\nAU  - Ruiz\n" + ONE, "a.ris, row 1: lines of a record stand outside.*TI  - Lost.*2 times"
    )


def test_all_problems_of_a_file_are_raised_at_once():
    with pytest.raises(DataError) as caught:
        parse_ris("TI  - Lost\n" + ONE + "TY  - JOUR\nTI  - Cut", "a.ris")
    assert len(caught.value.problems) == 2


@pytest.mark.parametrize(
    ("loses", "message"),
    [
        (lambda records: records[:-1], r"expected 2 records \(lines that begin with TY\), found 1"),
        (
            lambda records: [records[0], {"TY": "JOUR"}],
            r"expected 4 records \(values behind the tags\), found 2",
        ),
    ],
)
def test_a_parser_that_loses_something_is_found_out(
    monkeypatch: pytest.MonkeyPatch, loses: Callable[[list], list], message: str
):
    honest = rispy.loads
    monkeypatch.setattr(ris.rispy, "loads", lambda *args, **options: loses(honest(*args, **options)))
    refused(ONE + ONE, message)


def test_a_record_line_that_the_scan_takes_for_text_is_an_error():
    refused("TY  - JOUR\nTI  - One\nAB  - Seen in\nTY - 21 cells of mice\nER  - \n", "expected 2 records")


def test_a_parser_that_fails_names_the_file(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ris.rispy, "loads", lambda *args, **options: [][0])
    refused(ONE, "a.ris: rispy cannot read it: IndexError: list index out of range")
