"""Excel workbooks: what cells show, as text; and nothing that a workbook can do to its reader."""

from __future__ import annotations

import datetime
import io
import zipfile

import openpyxl
import pytest
from small_sheets import FIRST_SHEET, changed, shared, with_rows, workbook

from mapanalysis.errors import DataError
from mapanalysis.sources import workbook as reader
from mapanalysis.sources.book import Book
from mapanalysis.sources.sheets import read_sheets

SMALL = workbook({"Data": [["id", "code"], [1, "a"]]})


def read(data: bytes) -> Book:
    return read_sheets(data, "a.xlsx")


def repairs(book: Book) -> dict[str, int]:
    return {repair.what: repair.count for repair in book.repairs}


def refused(data: bytes, match: str) -> None:
    with pytest.raises(DataError, match=match):
        read(data)


def test_cells_are_what_they_show_in_one_form():
    day, moment = datetime.date(2017, 5, 1), datetime.datetime(2017, 5, 1, 13, 30)
    row = [1, 2.0, 0.1 + 0.2, True, day, moment, datetime.time(9, 5), "01", None, "x"]
    (sheet,) = read(workbook({"Data": [row]})).sheets
    assert sheet.rows == [
        ["1", "2", "0.3", "TRUE", "2017-05-01", "2017-05-01 13:30:00", "09:05:00", "01", "", "x"]
    ]  # fmt: skip


def test_all_sheets_are_read_by_name_and_rows_keep_their_numbers():
    book = read(workbook({"Data": [[], ["id"], [1]], "Codes": [["code", " a "]]}))
    assert [(sheet.name, sheet.rows) for sheet in book.sheets] == [
        ("Data", [[], ["id"], ["1"]]),
        ("Codes", [["code", "a"]]),
    ]
    assert [(repair.file, repair.what) for repair in book.repairs] == [
        ("a.xlsx, sheet Codes", "cells with spaces around the text trimmed")
    ]


def test_shared_texts_are_read_and_escapes_of_excel_with_them():
    data = shared("<si><t>one_x000D_\ntwo</t></si><si><t>b_x0000_b</t></si>",
                  '<c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c>')  # fmt: skip
    assert read(data).sheets[0].rows == [["one\ntwo", "b b"]]


def test_merged_cells_are_filled_as_far_as_the_values_reach():
    rows = [["Who", None, "What"], ["id", "name", "code"], ["S1", "Lee", "a"], [None, None, "b"]]
    book = read(workbook({"Data": rows}, merged=["A1:B1", "A3:A4", "B3:B2000"]))
    assert book.sheets[0].rows == [
        ["Who", "Who", "What"], ["id", "name", "code"], ["S1", "Lee", "a"], ["S1", "Lee", "b"],
    ]  # fmt: skip
    assert repairs(book) == {"cells of merged ranges filled with the range's value": 3}


def test_formulas_are_read_as_their_saved_value_and_said_to_have_none():
    rows = (
        '<row r="3"><c r="A3"><f>1+1</f><v>2</v></c><c r="B3"><f>1+2</f></c>'
        '<c r="C3" t="str"><f>""</f><v></v></c><c r="D3" t="e"><f>1/0</f><v>#DIV/0!</v></c></row>'
    )
    book = read(with_rows(SMALL, rows))
    assert book.sheets[0].rows[2] == ["2"]
    assert repairs(book) == {
        "cells that hold an error of Excel (#NAME?, #REF! ...) read as empty": 1,
        "formulas read as the value they last had": 3,
        "formulas without a saved value read as empty; open the file in Excel and save it": 1,
    }


def test_macros_links_comments_and_hidden_sheets_are_left_out_and_said():
    book = openpyxl.load_workbook(io.BytesIO(workbook({"Data": [["id"]], "Old": [["x"]]})))
    book["Old"].sheet_state = "hidden"
    file = io.BytesIO()
    book.save(file)
    added = {
        "xl/vbaProject.bin": b"x",
        "xl/externalLinks/externalLink1.xml": b"<a/>",
        "xl/comments1.xml": b"<comments/>",
        "../../evil.txt": b"x",
    }
    found = read(changed(file.getvalue(), {}, added)).left_out
    assert [(each.what, each.count) for each in found] == [
        ("macros", 1),
        ("links to other files", 1),
        ("comments", 1),
        ("hidden sheets", 1),
    ]


def test_a_dimension_that_lies_costs_nothing():
    lying = changed(SMALL, {FIRST_SHEET: lambda part: part.replace(b'"A1:B2"', b'"A1:XFD1048576"')})
    assert lying != SMALL
    assert read(lying).sheets[0].rows == [["id", "code"], ["1", "a"]]


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (SMALL[: len(SMALL) // 2], "found a damaged archive.*download or save it again"),
        (b"PK\x03\x04 nothing", "found a damaged archive"),
        (SMALL.replace(b"xl/workbook.xml", b"xl/warkbook.xml"), "found another kind of archive.*Unpack it"),
        (workbook({"Data": []}), "found no cell with a value"),
        (shared("<si><t>a</t></si>", '<c t="s"><v>7</v></c>'), "openpyxl cannot read it.*save it again"),
        (with_rows(SMALL, f'<row r="3"><c r="A3"><v>{"9" * 5000}</v></c></row>'), "openpyxl cannot read it"),
        (
            with_rows(SMALL, '<row r="2"><c r="A2"><v>9</v></c></row>'),
            "row 2 of sheet 'Data' stands after row 2",
        ),
        (changed(SMALL, {FIRST_SHEET: lambda part: part[:-30]}), "sheet 'Data' cannot be read"),
    ],
)
def test_damaged_files_and_other_archives_are_refused(data: bytes, match: str):
    refused(data, match)


@pytest.mark.parametrize(
    ("part", "kind"),
    [("word/document.xml", "a Word document"), ("content.xml", "an OpenDocument file"),
     ("xl/workbook.bin", "a binary workbook")],
)  # fmt: skip
def test_files_of_other_office_programs_are_named(part: str, kind: str):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(part, "x")
    refused(file.getvalue(), f"found {kind}.*save it as XLSX")


def test_entities_are_refused_in_any_part_and_encoding():
    attack = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]>'

    def attacked(part: bytes) -> bytes:
        return attack.encode() + part

    def attacked_in_utf16(part: bytes) -> bytes:
        return ('<?xml version="1.0" encoding="UTF-16"?>' + attack + "<workbook/>").encode("utf-16")

    for name, change in (
        (FIRST_SHEET, attacked),
        ("xl/workbook.xml", attacked_in_utf16),
        ("_rels/.rels", attacked),
    ):
        refused(changed(SMALL, {name: change}), "found a document type or entities in")


def test_a_zip_bomb_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch):
    spaces = with_rows(SMALL, "", behind=" " * 20 * 1024**2)
    refused(spaces, r"which unpacks to 1,0\d\d times its size")
    monkeypatch.setattr(reader, "MOST_UNPACKED", 1024**2)
    refused(spaces, "at most 1 MiB, found a workbook that unpacks to 20 MiB")


@pytest.mark.parametrize(
    ("limit", "most", "data", "match"),
    [
        ("MOST_MEMBERS", 3, SMALL, "at most 3, found .* parts in the workbook"),
        ("MOST_STRINGS", 1, shared("<si/><si/>", "<c><v>1</v></c>"), "at most 1, found more distinct texts"),
        ("MOST_CELLS", 3, SMALL, "at most 3 cells in a sheet of a workbook, found more in sheet 'Data'"),
        ("MOST_GRID", 3, SMALL, "cells of sheet 'Data' spread over 2 rows and 2 columns"),
        ("MOST_MERGED_CELLS", 3, workbook({"Data": [["id"], [], [0, 2]]}, ["A1:B2"]), "more merged cells"),
    ],
)
def test_more_than_is_read_is_refused(
    monkeypatch: pytest.MonkeyPatch, limit: str, most: int, data: bytes, match: str
):
    monkeypatch.setattr(reader, limit, most)
    refused(data, match)


def test_sixteen_thousand_columns_are_refused():
    refused(
        workbook({"Data": [[f"c{number}" for number in range(16_384)]]}), "at most 4,000 columns, found 4,001"
    )


def test_a_lone_cell_far_away_is_refused():
    far = '<row r="1048576"><c r="CZZ1048576"><v>1</v></c></row>'
    refused(with_rows(SMALL, far), "spread over 1,048,576 rows and 2,730 columns")


def test_a_protected_workbook_is_refused():
    data = bytearray(SMALL)
    at = data.index(b"PK\x01\x02")
    data[at + 8] |= 1
    refused(bytes(data), "protected by a password.*Save it without one")
