"""CSV: separators and headers found, rows neither lost nor made."""

from __future__ import annotations

import csv

import pytest

from mapanalysis.errors import DataError
from mapanalysis.sources import delimited
from mapanalysis.sources.csv_records import parse_csv


def read(text: str) -> list[dict[str, str]]:
    """The filled fields of each record."""
    records = parse_csv(text, "a.csv").records
    return [{name: value for name, value in each.items() if value} for each in records]


def refused(text: str, match: str) -> None:
    with pytest.raises(DataError, match=match):
        parse_csv(text, "a.csv")


@pytest.mark.parametrize(
    ("text", "repairs"),
    [
        ('record_id,title,year\nA,"x, y; z",2019\n', {}),
        ('record_id;title;year\nA;"x, y; z";2019\n', {"cells separated by semicolon": 1}),
        ("record_id\ttitle\tyear\nA\tx, y; z\t2019\n", {"cells separated by tab": 1}),
        ('sep=;\n\nrecord_id;title;year\nA;"x, y; z";2019\n', {"cells separated by semicolon": 1}),
    ],
)
def test_the_separator_is_found_and_reported(text: str, repairs: dict[str, int]):
    parsed = parse_csv(text, "a.csv")
    assert read(text) == [{"record_id": "A", "title": "x, y; z", "year": "2019"}]
    assert +parsed.repairs == repairs


@pytest.mark.parametrize(
    ("header", "fields"),
    [
        ("Key,Item Type,Publication Year,Author,Title,Publication Title,Abstract Note,Date",
         ["record_id", "record_type", "year", "authors", "title", "journal", "abstract", None]),
        ("PMID,Title,Authors,Journal/Book,Publication Year,PMCID,DOI",
         ["pmid", "title", "authors", "journal", "year", "pmcid", "doi"]),
        ("Title,Authors,Abstract,Published Year,Journal,Covidence #",
         ["title", "authors", "abstract", "year", "journal", "record_id"]),
        ("Author(s),Article Title,Source Title,Volume,Issue,PubMed ID,Language of Original Document,Link",
         ["authors", "title", "journal", "volume", "issue", "pmid", "language", "url"]),
    ],
)  # fmt: skip
def test_headers_of_other_programs_are_known(header: str, fields: list[str | None]):
    values = [str(number) for number in range(1000, 1000 + len(fields))]
    expected = {name: value for name, value in zip(fields, values, strict=True) if name}
    assert read(f"{header}\n{','.join(values)}\n") == [expected]


def test_rayyan_authors_are_parted_as_everywhere():
    text = 'key,title,authors,pubmed_id,pmc_id\nrayyan-1,A,"Ruiz, A and Berg, O",3,PMC3\n'
    assert read(text)[0] == {
        "record_id": "rayyan-1", "title": "A", "authors": "Ruiz, A; Berg, O", "pmid": "3", "pmcid": "PMC3",
    }  # fmt: skip


def test_pages_may_stand_in_two_columns():
    assert read("title,page start,page end\nA,10,19\nB,e5,\n") == [
        {"title": "A", "pages": "10-19"},
        {"title": "B", "pages": "e5"},
    ]
    assert read("title,pages,page start\nA,10-19,10\n") == [{"title": "A", "pages": "10-19"}]


def test_quoted_line_ends_are_one_value_and_one_row():
    assert read('title,id\n"one\n\ntwo ""x""",1\n"",2\n') == [
        {"title": 'one two "x"', "record_id": "1"},
        {"record_id": "2"},
    ]


def test_a_single_quote_sign_inside_a_cell_is_no_error():
    assert [each["title"] for each in read('title,id\nA 5" rail,1\nB,2\n')] == ['A 5" rail', "B"]


def test_the_words_that_pandas_takes_for_missing_are_kept_except_na_outside_the_title():
    parsed = parse_csv("record_id,title,doi,journal\nNA,NA,NA,None\nB,nan,n/a,NA\n", "a.csv")
    assert [
        tuple(each[name] for name in ("record_id", "title", "doi", "journal")) for each in parsed.records
    ] == [
        ("NA", "NA", "", "None"),
        ("B", "nan", "n/a", ""),
    ]
    assert +parsed.repairs == {"cells NA (missing, as R writes it) read as empty": 2}


def test_short_and_empty_rows_are_repaired_and_counted():
    parsed = parse_csv("title,id,year\nA,1\n\n,,\nB,2,2019\n", "a.csv")
    assert [each["title"] for each in parsed.records] == ["A", "B"]
    assert parsed.repairs["rows of empty cells left out"] == 1
    assert parsed.repairs["rows with fewer cells than the header filled up"] == 1


def test_empty_cells_beyond_the_header_do_no_harm():
    assert read("title,id\nA,1,,\n") == [{"title": "A", "record_id": "1"}]


def test_a_cell_longer_than_the_limit_of_the_csv_module_is_read():
    text = f"title,abstract\nA,{'long ' * 100_000}\n"
    csv.field_size_limit(131072)
    assert len(read(text)[0]["abstract"]) == 499_999


@pytest.mark.parametrize(
    ("text", "match"),
    [
        (
            "titel,foo\nA,1\n",
            "a.csv, row 1: expected a column with titles.*'titel', 'foo'.*Nearest valid: title",
        ),
        ("title,Title\nA,B\n", "row 1, column title: expected each column once"),
        (
            "title,id\nA,1\nB,2,3\nC,D,E\n",
            "row 3: expected 2 cells in a row, found more.*row 3: 3 cells.*2 times",
        ),
        ('title,id\nA,1\n"B,2\n', "row 3: the row cannot be read: unexpected end of data"),
        ('title,id\n"A" x,1\n', "row 2: the row cannot be read"),
        (
            "title,id,year\nA,1,2019\nB,2",
            "row 3: expected 3 cells in the last row, found 2: the file is cut off",
        ),
    ],
)
def test_what_cannot_be_read_without_guessing_is_an_error(text: str, match: str):
    refused(text, match)


def test_a_quote_left_open_over_whole_rows_is_an_error():
    header = "id,title,year,journal,doi\n"
    refused(
        header + '1,"A,2019,J,10.5/a\n2,B,2020,J,10.5/b\n3,C",2021,J,10.5/c\n',
        "row 2: a quoted cell holds whole rows: its quote was never closed",
    )
    prose = (
        "Aims, methods, results, and, at last, what it means\nfor peers, for staff, for funders, for all, too"
    )
    assert len(read(f'{header}1,"{prose}",2019,J,10.5/a\n')) == 1


def test_a_parser_that_loses_a_row_is_found_out(monkeypatch: pytest.MonkeyPatch):
    honest = delimited._strict
    monkeypatch.setattr(delimited, "_strict", lambda *args: honest(*args)[:-1])
    refused('title,id\n"A\nb",1\nB,2\n', r"expected 2 records \(rows below the header\), found 1")
