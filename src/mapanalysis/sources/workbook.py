"""Excel workbooks (XLSX, XLSM) as sheets of plain text: the values as last saved, nothing run, nothing followed.

A workbook is a zip archive of XML made by someone else. Before openpyxl sees it, the archive's directory and each sheet
are looked through: how much it unpacks to, how far its cells reach, what is merged, which formulas have no value.
"""

from __future__ import annotations

import datetime
import io
import re
import warnings
import zipfile
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any
from xml.parsers import expat

import openpyxl

from mapanalysis.errors import DataError, Problem, shorten
from mapanalysis.sources.book import (
    MOST_COLUMNS,
    MOST_ROWS,
    Book,
    Cleaner,
    Sheet,
    check_characters,
    check_extent,
    column_letters,
    too_much,
)
from mapanalysis.sources.fields import guarded
from mapanalysis.sources.library import SetAside
from mapanalysis.sources.text import Repair

MOST_UNPACKED = 256 * 1024**2
MOST_MEMBERS = 10_000
# XML of real sheets shrinks to a tenth or a fiftieth; a bomb to a thousandth. Small parts may do as they like.
MOST_RATIO, RATIO_COUNTS_FROM = 250, 16 * 1024**2
# Of one sheet: the library takes about 25 millionths of a second for a cell, CSV a tenth of that.
MOST_CELLS = 3_000_000
MOST_STRINGS = 1_000_000
MOST_MERGED_CELLS = 1_000_000
# A sheet may leave rows out; walking over them takes time all the same.
MOST_GRID = 100_000_000

OTHER_ARCHIVES = {
    "xl/workbook.bin": "a binary workbook (XLSB)",
    "word/document.xml": "a Word document",
    "ppt/presentation.xml": "a PowerPoint file",
    "content.xml": "an OpenDocument file",
    "Index/Document.iwa": "a Numbers file",
}
SAVE_AS = "Open it and save it as XLSX."
DAMAGED = "The file is damaged: open it in Excel and save it again, or save the sheet as CSV UTF-8."
REFERENCE = re.compile(r"\$?([A-Za-z]{1,3})\$?(\d{1,7})")


@dataclass
class Extent:
    """What a sheet's XML says of itself: how far its values reach, merged ranges, and formulas without a value."""

    n_rows: int = 0
    n_columns: int = 0
    n_cells: int = 0
    n_formulas: int = 0
    merged: list[str] = field(default_factory=list)
    without_value: list[str] = field(default_factory=list)


def read_workbook(data: bytes, file: str) -> Book:
    """The sheets of a workbook, hidden ones too: what each cell shows, as text.

    Numbers have at most 15 digits, as in Excel; dates are ISO (2017-05-01); true and false are TRUE and FALSE; a merged
    range holds its value in all its cells. Macros, links to other files, comments and pictures are not read.

    Raises DataError: damaged or of another kind; protected; more in it than is read, by the archive's directory and
    before anything is unpacked; a document type or entities in its XML; rows out of order.
    """
    archive = _open(data, file)
    names = set(archive.namelist())
    _check_kind(names, file)
    _check_size(archive, file)
    for info in archive.infolist():
        _check_part(archive, info, file)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of styles and extensions that make no difference to values
        book = guarded(
            lambda: openpyxl.load_workbook(
                io.BytesIO(data), read_only=True, data_only=True, keep_links=False
            ),
            "openpyxl",
            file,
            DAMAGED,
        )
        repairs: list[Repair] = []
        sheets = tuple(_read_sheet(archive, sheet, file, repairs) for sheet in book.worksheets)
    if not any(sheet.rows for sheet in sheets):
        raise DataError(Problem("expected a table, found no cell with a value.", "Save it again.", file=file))
    hidden = [sheet.name for sheet in sheets if sheet.is_hidden]
    return Book(file, "XLSX", sheets, tuple(repairs), _left_out(names, hidden))


def _open(data: bytes, file: str) -> zipfile.ZipFile:
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        is_encrypted = any(info.flag_bits & 1 for info in archive.infolist())
    except Exception as error:  # the module raises more than BadZipFile on damaged directories
        todo = "The file is cut off or damaged: download or save it again."
        raise DataError(
            Problem("expected an Excel workbook, found a damaged archive.", todo, file=file)
        ) from error
    if is_encrypted:
        raise DataError(Problem("the archive is protected by a password.", "Save it without one.", file=file))
    return archive


def _check_kind(names: set[str], file: str) -> None:
    if any(name.lower() == "xl/workbook.xml" for name in names):
        return
    found = next((kind for name, kind in OTHER_ARCHIVES.items() if name in names), "another kind of archive")
    todo = "Unpack it and take the file inside." if found.startswith("another") else SAVE_AS
    raise DataError(Problem(f"expected an Excel workbook (XLSX), found {found}.", todo, file=file))


def _check_size(archive: zipfile.ZipFile, file: str) -> None:
    """By the directory alone. It cannot be lied to: zipfile unpacks no more of a member than the directory says."""
    members = archive.infolist()
    if len(members) > MOST_MEMBERS:
        raise too_much(file, f"{len(members):,} parts in the workbook", f"at most {MOST_MEMBERS:,}")
    if (total := sum(info.file_size for info in members)) > MOST_UNPACKED:
        found = f"a workbook that unpacks to {total / 1024**2:,.0f} MiB"
        raise too_much(file, found, f"at most {MOST_UNPACKED // 1024**2:,} MiB")
    for info in members:
        ratio = info.file_size / max(info.compress_size, 1)
        if info.file_size > RATIO_COUNTS_FROM and ratio > MOST_RATIO:
            found = f"{shorten(info.filename)}, which unpacks to {ratio:,.0f} times its size"
            raise too_much(file, found, f"parts that unpack to at most {MOST_RATIO} times their size")


class _SeenEnoughError(Exception):
    """The root element has begun: a document type cannot follow, and the part holds no strings to count."""


def _check_part(archive: zipfile.ZipFile, info: zipfile.ZipInfo, file: str) -> None:
    """Nothing; raises DataError for a document type, where entities are declared, and for too many strings.

    Any part is looked at, whatever its name: its root tells what it is. No program that makes workbooks writes a document
    type. Strings are read all at once, before the first cell.
    """
    parser = expat.ParserCreate(namespace_separator="}")
    depth = n_strings = 0

    def refuse(*_: object) -> None:
        what = f"expected plain XML, found a document type or entities in {shorten(info.filename)}."
        todo = "Open it in Excel and save it again; do not trust its sender."
        raise DataError(Problem(what, todo, file=file))

    def start(name: str, _: object) -> None:
        nonlocal depth, n_strings
        depth += 1
        if depth == 1 and name.rpartition("}")[2] != "sst":
            raise _SeenEnoughError
        n_strings += depth == 2
        if n_strings > MOST_STRINGS:
            raise too_much(file, "more distinct texts in the workbook", f"at most {MOST_STRINGS:,}")

    def end(_: str) -> None:
        nonlocal depth
        depth -= 1

    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refuse
    parser.StartElementHandler, parser.EndElementHandler = start, end
    try:
        with archive.open(info) as part:
            while chunk := part.read(65_536):
                parser.Parse(chunk)
    except DataError:
        raise
    except Exception:  # seen enough, or a damaged part: openpyxl says so where it needs it
        return


def _left_out(names: set[str], hidden: list[str]) -> tuple[SetAside, ...]:
    def count(start: str) -> int:
        return sum(name.lower().startswith(start) for name in names)

    found = (
        ("macros", "a program is never run: the values are those last saved", count("xl/vbaproject.bin")),
        (
            "links to other files",
            "not followed: the values are those last saved",
            count("xl/externallinks/external"),
        ),
        ("comments", "notes of coders: not for a map", count("xl/comments") + count("xl/threadedcomments/")),
        ("pictures and charts", "a map is made of cells", count("xl/media/") + count("xl/charts/chart")),
    )
    kept = [SetAside(what, why, n) for what, why, n in found if n]
    if hidden:
        why = "hidden in Excel; read only where the mapping names them"
        kept.append(SetAside("hidden sheets", why, len(hidden), tuple(map(shorten, hidden[:5]))))
    return tuple(kept)


def _read_sheet(archive: zipfile.ZipFile, sheet: Any, file: str, repairs: list[Repair]) -> Sheet:
    """One sheet; what was repaired is added to `repairs`."""
    # openpyxl keeps to itself which part of the archive a sheet is; a test tells should that ever change.
    extent = _look_through(archive, sheet._worksheet_path, sheet.title, file)
    clean = Cleaner()
    rows: list[list[str]] = []
    if extent.n_cells:
        values = sheet.iter_rows(1, extent.n_rows, 1, extent.n_columns, values_only=True)
        rows = guarded(
            lambda: [_trimmed(clean.row(map(_text_of, row))) for row in values], "openpyxl", file, DAMAGED
        )
    filled = _fill_merged(rows, extent, sheet.title, file)
    check_characters(file, rows, sheet.title)
    counts = clean.counts
    counts["cells of merged ranges filled with the range's value"] += filled
    counts["formulas without a saved value read as empty; open the file in Excel and save it"] += len(
        extent.without_value
    )
    counts["formulas read as the value they last had"] += extent.n_formulas - len(extent.without_value)
    repairs += [Repair(f"{file}, sheet {sheet.title}", each.what, each.count) for each in clean.repairs(file)]
    return Sheet(sheet.title, rows, is_hidden=sheet.sheet_state != "visible")


def _trimmed(cells: list[str]) -> list[str]:
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _text_of(value: object) -> str:
    """What a cell shows, in one form for all cultures."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).upper()
        case float():
            return f"{value:.15g}"
        case datetime.datetime():
            is_day = value.time() == datetime.time()
            return value.date().isoformat() if is_day else value.isoformat(" ", "seconds")
        case datetime.date() | datetime.time():
            return value.isoformat()
    return str(value)


def _fill_merged(rows: list[list[str]], extent: Extent, title: str, file: str) -> int:
    """Gives each cell of a merged range, as far as the sheet's values reach, the value of the first; how many it filled."""
    n_filled = n_covered = 0
    for reference in extent.merged:
        top, left, bottom, right = _corners(reference)
        bottom, right = min(bottom, extent.n_rows), min(right, extent.n_columns)
        n_covered += max(bottom - top + 1, 0) * max(right - left + 1, 0)
        if n_covered > MOST_MERGED_CELLS:
            raise too_much(
                file, f"more merged cells in sheet {title!r}", f"at most {MOST_MERGED_CELLS:,} merged cells"
            )
        value = rows[top - 1][left - 1] if top <= len(rows) and left <= len(rows[top - 1]) else ""
        for row in rows[top - 1 : bottom] if value else ():
            row += [""] * (right - len(row))
            n_filled += row[left - 1 : right].count("")
            row[left - 1 : right] = [cell or value for cell in row[left - 1 : right]]
    return n_filled


def _corners(reference: str) -> tuple[int, int, int, int]:
    """Top, left, bottom and right of a range such as A1:C2; a range of nothing where it cannot be read."""
    found = REFERENCE.findall(reference)
    if len(found) != 2:
        return 1, 1, 0, 0
    (left, top), (right, bottom) = ((_column_number(letters), int(number)) for letters, number in found)
    return max(top, 1), max(left, 1), bottom, right


def _column_number(letters: str) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _look_through(archive: zipfile.ZipFile, path: str, title: str, file: str) -> Extent:
    """The extent of a sheet, read from its XML as a stream; stops with an error where it goes beyond what is read."""
    look = _Look(title, file)
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = look.start, look.end

    def parse() -> None:
        with archive.open(str(PurePosixPath(path))) as part:
            while chunk := part.read(1 << 18):
                parser.Parse(chunk)
            parser.Parse(b"", True)

    try:
        parse()
    except DataError:
        raise
    except Exception as error:
        what = f"sheet {title!r} cannot be read: {type(error).__name__}: {str(error)[:100]}."
        raise DataError(Problem(what, DAMAGED, file=file)) from error
    return look.extent


class _Look:
    """Handlers of expat that take down the extent of a sheet. Elements are told by their local names."""

    def __init__(self, title: str, file: str) -> None:
        self.extent = Extent()
        self.title, self.file = title, file
        self.row = self.column = 0
        self.has_formula = self.has_value = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        match name.rpartition("}")[2]:
            case "c":
                self.begin_cell(attributes.get("r", ""))
            case "v" | "is":
                self.has_value = True
            case "f":
                self.has_formula = True
            case "row":
                self.begin_row(attributes.get("r", ""))
            case "mergeCell":
                self.extent.merged.append(attributes.get("ref", ""))

    def begin_row(self, number: str) -> None:
        row = int(float(number)) if number else self.row + 1
        if row <= self.row:  # openpyxl leaves such rows out without a word
            what = f"row {row:,} of sheet {self.title!r} stands after row {self.row:,}."
            raise DataError(Problem(what, "Open it in Excel and save it again.", file=self.file))
        self.row, self.column = row, 0

    def begin_cell(self, reference: str) -> None:
        found = REFERENCE.fullmatch(reference)
        self.column = _column_number(found[1]) if found else self.column + 1
        self.has_formula = self.has_value = False

    def end(self, name: str) -> None:
        if name.rpartition("}")[2] != "c":
            return
        extent = self.extent
        if self.has_value:
            extent.n_cells += 1
            extent.n_rows, extent.n_columns = max(extent.n_rows, self.row), max(extent.n_columns, self.column)
            self.check()
        if self.has_formula:
            extent.n_formulas += 1
            if not self.has_value:
                extent.without_value.append(f"{column_letters(self.column)}{self.row}")

    def check(self) -> None:
        extent = self.extent
        if extent.n_cells > MOST_CELLS:
            found = f"more in sheet {self.title!r}"
            raise too_much(self.file, found, f"at most {MOST_CELLS:,} cells in a sheet of a workbook")
        if extent.n_columns > MOST_COLUMNS or extent.n_rows > MOST_ROWS:
            check_extent(self.file, extent.n_rows, extent.n_columns, extent.n_cells, self.title)
        if extent.n_rows * extent.n_columns > MOST_GRID:
            found = f"cells of sheet {self.title!r} spread over {extent.n_rows:,} rows and {extent.n_columns:,} columns"
            raise too_much(self.file, found, f"at most {MOST_GRID:,} cells, empty ones included")
