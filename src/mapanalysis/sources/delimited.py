"""Text of CSV in any of its dialects → rows of cells, none lost and none made: for records, our own tables and sheets."""

from __future__ import annotations

import csv
import io
import math
import re
from collections import Counter

from mapanalysis.errors import DataError, Problem
from mapanalysis.sources.fields import check_count

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab"}

MOST_HEADER = 64 * 1024
MOST_SAMPLE = 512 * 1024
SEPARATOR_LINE = re.compile(r"sep=(.)\n", re.IGNORECASE)


def without_separator_line(text: str) -> str:
    """The text without the line `sep=;` that Excel may put first, and without blank lines before it."""
    text = text.lstrip("\n")
    found = SEPARATOR_LINE.match(text)
    return text[found.end() :].lstrip("\n") if found else text


def read_header(text: str, delimiter: str) -> list[str]:
    """The cells of the first row; none where it cannot be read."""
    try:
        return next(csv.reader(io.StringIO(text[:MOST_HEADER], newline=""), delimiter=delimiter), [])
    except csv.Error:
        return []


def find_delimiter(text: str) -> str:
    """Comma, semicolon or tab: the one that parts most of the first rows into the same, largest number of cells.

    Where two do so alike it is the tab, which nobody writes within a cell.
    """
    start = text[:MOST_SAMPLE]
    sample = start[: start.rfind("\n") + 1] or start

    def rank(delimiter: str) -> tuple[float, bool]:
        rows = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
        try:
            widths = Counter(len(row) for row in rows if row)
        except csv.Error:
            return 0, False
        width, count = max(widths.items(), key=lambda item: (item[1], item[0]), default=(1, 1))
        return (width - 1) * count / max(widths.total(), 1), delimiter == "\t"

    return max(DELIMITERS, key=rank)


def read_rows(text: str, delimiter: str, file: str) -> list[list[str]]:
    """All rows after the header, a blank line being an empty one; counted and checked for open quotes."""
    return read_all_rows(text, delimiter, file)[1:]


def read_all_rows(text: str, delimiter: str, file: str, most_cells: float = math.inf) -> list[list[str]]:
    """All rows, the first included, a blank line being an empty one; counted and checked for open quotes.

    More than `most_cells` are a DataError, raised before they are all held.
    """
    rows = _strict(text, delimiter, file, most_cells)
    width = max(Counter(map(len, rows)).items(), key=lambda item: item[1])[0] if rows else 0
    _check_no_row_in_a_cell(rows[1:], delimiter, width, file)
    check_count(_count(text, delimiter), sum(map(bool, rows)) - 1, "rows below the header", file)
    return rows


def _strict(text: str, delimiter: str, file: str, most_cells: float = math.inf) -> list[list[str]]:
    """All rows as the csv module reads them in its strict mode: an open quote is an error."""
    # The csv module's limit is for the whole process and smaller than a long abstract with its notes.
    csv.field_size_limit(max(csv.field_size_limit(), len(text) + 1))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[list[str]] = []
    n_cells = 0
    try:
        for row in reader:
            rows.append(row)
            n_cells += len(row)
            if n_cells > most_cells:
                todo = "Take out rows and columns that the map does not need, or split the file."
                raise DataError(
                    Problem(f"expected at most {most_cells:,} cells, found more.", todo, file=file)
                )
    except csv.Error as error:
        raise DataError(
            Problem(
                f"the row cannot be read: {error}.",
                "A quote inside a quoted cell must be doubled and the last one closed; "
                "at the end of the file this means it is cut off.",
                file=file,
                row=len(rows) + 1,
            )
        ) from error
    return rows


def _check_no_row_in_a_cell(rows: list[list[str]], delimiter: str, n_cells: int, file: str) -> None:
    """A quote left open ends at the next one, many rows below: those rows are then text of one cell.

    A row is told from prose by its separators, as many as the header's and with no space behind.
    """
    fewest = max(n_cells - 1, 4)
    separator = re.compile(f"{delimiter}(?! )")
    swallowed = [
        number
        for number, row in enumerate(rows, start=2)
        if any(
            len(separator.findall(line)) >= fewest
            for cell in row
            if "\n" in cell
            for line in cell.split("\n")[1:]
        )
    ]
    if swallowed:
        raise DataError(
            Problem(
                "a quoted cell holds whole rows: its quote was never closed.",
                "Close the quote, or double it where it is part of the text.",
                file=file,
                row=swallowed[0],
                count=len(swallowed),
            )
        )


def _count(text: str, delimiter: str) -> int:
    """How many rows stand below the header, by lines alone once every quoted cell is blotted out."""
    quoted = re.compile(rf'(^|[{delimiter}\n])"[^"]*(?:""[^"]*)*"(?=[{delimiter}\n]|\Z)')
    return sum(line != "" for line in quoted.sub(r"\1x", text).split("\n")) - 1


def check_widths(rows: list[list[str]], n_cells: int, first_row: int, *, is_ended: bool, file: str) -> None:
    """Nothing; raises DataError for rows with more cells than the header has, and for a last row cut short.

    `rows` are those below the header, the first of them being row `first_row`; `is_ended`: the text ends its last line.
    """
    long = [
        number for number, row in enumerate(rows, first_row) if any(cell.strip() for cell in row[n_cells:])
    ]
    if long:
        raise DataError(
            Problem(
                f"expected {n_cells} cells in a row, found more.",
                "A cell that holds the separator must stand in quotes.",
                file=file,
                row=long[0],
                count=len(long),
                values=tuple(f"row {number}: {len(rows[number - first_row])} cells" for number in long),
            )
        )
    if rows and 0 < len(rows[-1]) < n_cells and not is_ended:
        raise DataError(
            Problem(
                f"expected {n_cells} cells in the last row, found {len(rows[-1])}: the file is cut off.",
                "Download or export it again; if it is complete, end its last line with a line end.",
                file=file,
                row=first_row + len(rows) - 1,
            )
        )


def fill_rows(
    rows: list[list[str]], n_cells: int, *, is_ended: bool, repairs: Counter[str], file: str
) -> list[list[str]]:
    """Rows of as many cells as the header has: short ones filled, rows of nothing left out."""
    check_widths(rows, n_cells, 2, is_ended=is_ended, file=file)
    kept = [row for row in rows if any(cell.strip() for cell in row)]
    repairs["rows of empty cells left out"] += sum(map(bool, rows)) - len(kept)
    repairs["rows with fewer cells than the header filled up"] += sum(len(row) < n_cells for row in kept)
    return [row[:n_cells] + [""] * (n_cells - len(row)) for row in kept]
