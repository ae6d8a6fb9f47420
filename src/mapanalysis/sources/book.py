"""Sheets as plain text cells, whatever file they come from: their form, how cells are cleaned, how much is held.

What a cell shows is text, cleaned of what only looks different (spaces around it, text encoded twice, errors of
Excel), and every kind of cleaning is counted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from mapanalysis.errors import DataError, Problem, Problems, nearest_of
from mapanalysis.sources.library import SetAside
from mapanalysis.sources.text import CONTROL, Repair, decoded_once

MOST_ROWS = 1_048_576  # as many as a sheet of Excel has
MOST_COLUMNS = 4_000
MOST_CELLS = 10_000_000
MOST_CHARACTERS = 100_000  # in one cell; Excel holds 32,767

EXCEL_ERRORS = frozenset(
    ("#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#SPILL!", "#CALC!", "#GETTING_DATA")
)
# How Excel writes a line end or another control character within a text of its files.
ESCAPED = re.compile(r"_x00([01][0-9A-Fa-f])_")


@dataclass(frozen=True)
class Sheet:
    """One sheet. `rows` are those of the file, the first being row 1; a row ends where the file ends it.

    `separator` parts the cells of a text file and is "" in a workbook; `is_ended`: the last line of the text is whole.
    """

    name: str
    rows: list[list[str]]
    separator: str = ""
    is_ended: bool = True
    is_hidden: bool = False


@dataclass(frozen=True)
class Book:
    """All sheets of a file, how they were repaired, and what was not read at all (macros, links)."""

    file: str
    format: str
    sheets: tuple[Sheet, ...]
    repairs: tuple[Repair, ...] = ()
    left_out: tuple[SetAside, ...] = ()

    def sheet(self, name: str) -> Sheet:
        """The sheet of that name, case and spaces apart; for "" the first in sight that holds anything. Raises DataError."""
        if not name:
            return max(self.sheets, key=lambda sheet: (bool(sheet.rows), not sheet.is_hidden))
        names = [sheet.name for sheet in self.sheets]
        for sheet in self.sheets:
            if sheet.name.strip().casefold() == name.strip().casefold():
                return sheet
        problems = Problems()
        problems.add(
            f"there is no sheet {name!r}.",
            file=self.file,
            nearest=nearest_of(name, names),
            todo=f"Name one of: {', '.join(names[:20])}.",
        )
        raise DataError(problems)


class Cleaner:
    """Makes plain text of cells, and counts each kind of change. Equal texts become one object, which saves memory."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._plain: dict[str, str] = {}
        self._changed: dict[str, tuple[str, tuple[str, ...]]] = {}

    def row(self, cells: Iterable[str]) -> list[str]:
        """The cells of a row, cleaned."""
        plain = self._plain.get
        return [cell and (plain(cell) or self._clean(cell)) for cell in cells]

    def _clean(self, cell: str) -> str:
        if cell not in self._changed:
            text, changes = _cleaned(cell)
            if not changes:
                return self._plain.setdefault(text, text)
            self._changed[cell] = self._plain.setdefault(text, text), changes
        text, changes = self._changed[cell]
        for change in changes:
            self.counts[change] += 1
        return text

    def repairs(self, file: str) -> list[Repair]:
        """What was changed, by kind, and how often."""
        return [Repair(file, what, n) for what, n in sorted(self.counts.items()) if n]


def _cleaned(cell: str) -> tuple[str, tuple[str, ...]]:
    """The text of a cell, and what was changed."""
    if (
        cell.isascii()
        and cell.isprintable()
        and cell[0] not in " #"
        and cell[-1] != " "
        and "_x00" not in cell
    ):
        return cell, ()
    changes = []
    if (text := decoded_once(cell)) != cell:
        changes.append("cells whose text was encoded twice set right")
    if text != (text := ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)):
        changes.append("cells with characters as Excel escapes them (_x000D_) read as these")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if CONTROL.search(text) or "\0" in text:
        text = CONTROL.sub(" ", text.replace("\0", " "))
        changes.append("cells with control characters: these replaced by spaces")
    if text != (text := text.strip()):
        changes.append("cells with spaces around the text trimmed")
    if text in EXCEL_ERRORS:
        text = ""
        changes.append("cells that hold an error of Excel (#NAME?, #REF! ...) read as empty")
    return text, tuple(changes)


def check_extent(file: str, n_rows: int, n_columns: int, n_cells: int, sheet: str = "") -> None:
    """Nothing; raises DataError for a sheet of more rows, columns or cells than are read."""
    where = f" in sheet {sheet!r}" if sheet else ""
    for n, most, what in (
        (n_rows, MOST_ROWS, "rows"),
        (n_columns, MOST_COLUMNS, "columns"),
        (n_cells, MOST_CELLS, "cells"),
    ):
        if n > most:
            raise too_much(file, f"{n:,} {what}{where}", f"at most {most:,} {what}")


def check_characters(file: str, rows: Iterable[list[str]], sheet: str = "") -> None:
    """Nothing; raises DataError, naming the first, for cells of more text than is read."""
    long = [
        (number, position + 1, len(cell))
        for number, row in enumerate(rows, start=1)
        for position, cell in enumerate(row)
        if len(cell) > MOST_CHARACTERS
    ]
    if long:
        row, column, length = long[0]
        raise DataError(
            Problem(
                f"expected at most {MOST_CHARACTERS:,} characters in a cell, found {length:,}.",
                "Shorten the text, or take the column out of the file.",
                file=f"{file}, sheet {sheet}" if sheet else file,
                row=row,
                column=column_letters(column),
                count=len(long),
            )
        )


def too_much(file: str, found: str, expected: str) -> DataError:
    """The error for what is larger than is read."""
    todo = "Take out rows and columns that the map does not need, or split the file."
    return DataError(Problem(f"expected {expected}, found {found}.", todo, file=file))


def column_letters(number: int) -> str:
    """The letters over a column of a spreadsheet, the first being 1.

    >>> column_letters(1), column_letters(28), column_letters(16384)
    ('A', 'AB', 'XFD')
    """
    letters = ""
    while number > 0:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
