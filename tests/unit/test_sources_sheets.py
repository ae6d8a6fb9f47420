"""CSV and TSV as sheets of plain text: found, cleaned, counted, and bounded."""

from __future__ import annotations

import pytest

from mapanalysis.errors import DataError
from mapanalysis.sources import book as limits
from mapanalysis.sources import sheets
from mapanalysis.sources.book import Book, Sheet
from mapanalysis.sources.delimited import find_delimiter
from mapanalysis.sources.sheets import read_sheets


def read(text: str, encoding: str = "utf-8") -> tuple[list[list[str]], dict[str, int]]:
    """The rows of a CSV file, and the repairs."""
    book = read_sheets(text.encode(encoding), "a.csv")
    (sheet,) = book.sheets
    return sheet.rows, {repair.what: repair.count for repair in book.repairs}


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("id,codes\nS1,a;b\nS2,c;d\n", ","),
        ("id;authors;codes\nS1;Lee, A;b\nS2;Ruiz, B, Berg, C;d\n", ";"),
        ("id\tcodes, all\nS1\ta, b; c\n", "\t"),
        ('id,note\nS1,"one; two; three\nfour; five"\nS2,x\n', ","),
        ("Gardens and health\n\nid,activity,outcome\nS1,digging,mood\nS2,sowing,sleep\n", ","),
        ("id;effect;n\nS1;0,5;10\nS2;1,5;20\n", ";"),
    ],
)
def test_the_separator_is_the_one_that_makes_equal_rows(text: str, delimiter: str):
    assert find_delimiter(text) == delimiter


def test_cells_are_text_as_they_stand():
    rows, repairs = read("id,n,when\n01,NA,2019-03-01\n1e5,None,=1+1\n")
    assert rows == [["id", "n", "when"], ["01", "NA", "2019-03-01"], ["1e5", "None", "=1+1"]]
    assert repairs == {}


def test_spaces_around_a_cell_are_trimmed_and_counted():
    rows, repairs = read("id,state\n1,Final \n2,\u00a0Final\n3,Final\n4,Final \n")
    assert [row[1] for row in rows[1:]] == ["Final"] * 4
    assert repairs == {"cells with spaces around the text trimmed": 3}


def test_text_encoded_twice_is_set_right_and_counted():
    rows, repairs = read("id,author\n1,RÃ¼sch\n2,Rüsch\n3,RÃ¼sch\n")
    assert [row[1] for row in rows[1:]] == ["Rüsch"] * 3
    assert repairs == {"cells whose text was encoded twice set right": 2}


def test_errors_of_excel_are_empty_cells_and_counted():
    rows, repairs = read("id,title\n1,#NAME?\n2,#1 fan\n3,#N/A\n")
    assert [row[1] for row in rows[1:]] == ["", "#1 fan", ""]
    assert repairs == {"cells that hold an error of Excel (#NAME?, #REF! ...) read as empty": 2}


def test_a_separator_other_than_the_comma_is_said():
    assert read("id;code\n1;a\n")[1] == {"cells separated by semicolon": 1}
    assert read_sheets(b"id\tcode\n1\ta\n", "a.tsv").format == "TSV"


def test_blank_rows_keep_their_numbers():
    assert read("\n\nid,code\n\n1,a\n")[0] == [[], [], ["id", "code"], [], ["1", "a"]]


def test_the_line_that_names_the_separator_is_no_row():
    assert read("sep=;\nid;code\n1;a\n")[0][0] == ["id", "code"]


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (b"", "expected a table, found an empty file"),
        (b" \n \n", "expected a table, found an empty file"),
        (b"<!doctype html><p>Log in", "found a web page or XML.*log-in page"),
        (b'\n[{"a": 1}]', "found JSON"),
        (b"TY  - JOUR\nER  - \n", "found references in RIS"),
        (b"\xd0\xcf\x11\xe0 old", "found an old or password-protected Office file.*save it as XLSX"),
        (b"id,code\n1,\0\n", "found NUL bytes"),
        (b'id,code\n1,"open\n', "row 2: the row cannot be read"),
    ],
)
def test_what_is_no_table_is_refused(data: bytes, match: str):
    with pytest.raises(DataError, match=match):
        read_sheets(data, "a.csv")


@pytest.mark.parametrize(
    ("limit", "most", "text", "match"),
    [
        ("MOST_BYTES", 10, "id,code\n1,a\n", "expected at most 0 MiB, found 0 MiB"),
        ("MOST_ROWS", 2, "id,code\n1,a\n2,b\n", "expected at most 2 rows, found 3 rows"),
        ("MOST_COLUMNS", 1, "id,code\n1,a\n", "expected at most 1 columns, found 2 columns"),
        ("MOST_COLUMNS", 1, "a,b,c,d\n1,2,3,4\n", "at most 1 columns, found a line with 3 separators"),
        ("MOST_CELLS", 3, "id,code\n1,a\n2,b\n", "expected at most 3 cells, found more"),
        ("MOST_CHARACTERS", 3, "id,x\n1,aaaa\n", "row 2, column B: expected at most 3 characters.*found 4"),
    ],
)
def test_more_than_is_read_is_refused(
    monkeypatch: pytest.MonkeyPatch, limit: str, most: int, text: str, match: str
):
    monkeypatch.setattr(sheets if hasattr(sheets, limit) else limits, limit, most)
    with pytest.raises(DataError, match=match):
        read(text)


def test_a_line_of_a_hundred_million_separators_is_refused_before_it_is_held():
    with pytest.raises(DataError, match="at most 4,000 columns, found a line with 20,000,000 separators"):
        read_sheets(b"," * 20_000_000, "a.csv")


def test_a_sheet_is_found_by_its_name_and_the_nearest_is_named():
    book = Book("a.xlsx", "XLSX", (Sheet("Empty", []), Sheet("Data ", [["id"]]), Sheet("Codes", [["code"]])))
    assert book.sheet("").name == "Data "
    assert book.sheet("codes").name == "Codes"
    with pytest.raises(
        DataError, match=r"no sheet 'Dta'.*Nearest valid: Data .*Name one of: Empty, Data , Codes"
    ):
        book.sheet("Dta")
