"""Other people's spreadsheets as sheets of plain text: CSV and TSV here, Excel workbooks in `workbook`.

What the cells mean is for `coded_tables`.
"""

from __future__ import annotations

import io
import re

from mapanalysis.errors import DataError, Problem
from mapanalysis.sources import book
from mapanalysis.sources.book import Book, Cleaner, Sheet, check_characters, check_extent, too_much
from mapanalysis.sources.delimited import (
    DELIMITERS,
    SEPARATOR_LINE,
    find_delimiter,
    read_all_rows,
    without_separator_line,
)
from mapanalysis.sources.text import decode_text

MOST_BYTES = 256 * 1024**2
# What a table never begins with (as patterns), and what does.
NO_TABLES = (
    (r"<[!?a-zA-Z]", "a web page or XML"),
    (r"\[?\s*\{", "JSON"),
    (r"TY  - ", "references in RIS"),
)


def read_sheets(data: bytes, file: str) -> Book:
    """The sheets of a CSV or TSV file (one) or of an Excel workbook, known by its content.

    Raises DataError: neither of them; damaged, protected or too large; more rows, columns, cells or characters in a
    cell than are read; a quote never closed; a workbook that unpacks to far more than it can hold (`workbook`).
    """
    if len(data) > MOST_BYTES:
        raise too_much(file, f"{len(data) / 1024**2:,.0f} MiB", f"at most {MOST_BYTES // 1024**2:,} MiB")
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        # Here, because CSV does not need what takes time to load.
        from mapanalysis.sources.workbook import read_workbook

        return read_workbook(data, file)
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        what = "expected CSV or XLSX, found an old or password-protected Office file."
        raise DataError(Problem(what, "Open it, take the password off, and save it as XLSX.", file=file))
    return _read_text(data, file)


def _read_text(data: bytes, file: str) -> Book:
    text, repairs = decode_text(data, file)
    if not text.strip():
        what = "expected a table, found an empty file."
        raise DataError(Problem(what, "Export it again.", file=file))
    for sign, what in NO_TABLES:
        if re.match(sign, text.lstrip()):
            todo = "Export the table as CSV or XLSX. A web page may be the log-in page of what you wanted."
            raise DataError(Problem(f"expected a table, found {what}.", todo, file=file))
    if SEPARATOR_LINE.match(text.lstrip("\n")):  # else its blank lines stay: people count them as rows
        text = without_separator_line(text)
    delimiter = find_delimiter(text)
    _check_lines(text, delimiter, file)
    raw = read_all_rows(text, delimiter, file, book.MOST_CELLS)
    check_extent(file, len(raw), max(map(len, raw), default=0), sum(map(len, raw)))
    clean = Cleaner()
    rows = [clean.row(cells) for cells in raw]
    check_characters(file, rows)
    if delimiter != ",":
        clean.counts[f"cells separated by {DELIMITERS[delimiter]}"] += 1
    if not text.endswith("\n"):
        clean.counts["last line without a line end: check that the file is whole"] += 1
    sheet = Sheet(_stem(file), rows, delimiter, text.endswith("\n"))
    return Book(file, "TSV" if delimiter == "\t" else "CSV", (sheet,), (*repairs, *clean.repairs(file)))


def _check_lines(text: str, delimiter: str, file: str) -> None:
    """Nothing; raises DataError for a line that would be far more columns than are read: a row is held as a whole.

    Prose in quotes has separators too, so that twice as many are let through to where cells are counted.
    """
    most = max(line.count(delimiter) for line in io.StringIO(text))
    if most > 2 * book.MOST_COLUMNS:
        raise too_much(file, f"a line with {most:,} separators", f"at most {book.MOST_COLUMNS:,} columns")


def _stem(file: str) -> str:
    return re.split(r"[/\\]", file)[-1].rsplit(".", 1)[0]
