"""Where the table of studies is in a file: which sheet, and which row names its columns."""

from __future__ import annotations

import re

from mapanalysis.errors import DataError, Problem, shorten
from mapanalysis.sources.asking import Asking
from mapanalysis.sources.book import Book, Sheet
from mapanalysis.sources.fields import fold_header
from mapanalysis.sources.profile import NUMBER
from mapanalysis.sources.study_columns import STUDY_NAMES

ROWS_TO_LOOK_FOR_A_HEADER = 30
LONGEST_NAME = 200
CODEBOOK_WORDS = re.compile(
    r"\b(?:codes?|labels?|definitions?|descriptions?|terms?|meaning|glossary)\b", re.IGNORECASE
)


def choose_sheet(book: Book, asking: Asking) -> Sheet:
    """The sheet that holds the studies: the one whose columns are named as those of studies are, or by far the largest.

    Hidden sheets are looked at when there are no others. Asks where several could be meant.
    """
    filled = [sheet for sheet in book.sheets if sheet.rows]
    filled = [sheet for sheet in filled if not sheet.is_hidden] or filled
    if chosen := asking.answer("sheet", [sheet.name for sheet in filled]):
        return book.sheet(chosen)
    if len(filled) == 1:
        return filled[0]
    known = {sheet.name: _known_names(sheet) for sheet in filled}
    sizes = {sheet.name: sum(sum(map(bool, row)) for row in sheet.rows) for sheet in filled}
    described = [name for name, names in known.items() if len(names) >= 2]
    data = described or [sheet.name for sheet in filled if not _is_codebook(sheet)]
    first, second = (*sorted(sizes, key=lambda name: -sizes[name] * (name in data)), "")[:2]
    if len(data) == 1 or (data and sizes[first] >= 3 * sizes.get(second, 0)):
        chosen = data[0] if len(data) == 1 else first
        why = f"it has columns for {', '.join(known[chosen])}" if known[chosen] else "it holds most cells"
        asking.say(f"Sheet {shorten(chosen)} holds the studies: {why}.")
        return book.sheet(chosen)
    options = data or [sheet.name for sheet in filled]
    asking.ask("sheet", "which sheet holds the studies?", options, f"sheet: {options[0]}")
    return filled[0]


def _known_names(sheet: Sheet) -> list[str]:
    """The fields of a study that the likeliest header of a sheet names."""
    rows = header_candidates(sheet)
    names = {fold_header(cell) for cell in sheet.rows[rows[0] - 1]} if rows else set()
    return [name for name in ("id", "title", "authors", "year", "doi") if names & set(STUDY_NAMES[name])]


def _is_codebook(sheet: Sheet) -> bool:
    rows = header_candidates(sheet)
    cells = [cell for cell in sheet.rows[rows[0] - 1] if cell] if rows else []
    return 0 < len(cells) <= 8 and any(CODEBOOK_WORDS.search(cell) for cell in cells)


def header_candidates(sheet: Sheet) -> list[int]:
    """Rows, from 1, that could hold names of columns: most columns filled, no two alike, no numbers, nothing long."""
    first = sheet.rows[:ROWS_TO_LOOK_FOR_A_HEADER]
    width = max((sum(map(bool, row)) for row in sheet.rows[:200]), default=0)
    return [number for number, row in enumerate(first, start=1) if _could_be_header(row, width)]


def _could_be_header(row: list[str], width: int) -> bool:
    cells = [cell for cell in row if cell]
    distinct = len(set(map(fold_header, cells)))
    is_filled = len(cells) >= max(2, 0.5 * width) or len(cells) == width == 1
    is_plain = not any(NUMBER.fullmatch(cell) or len(cell) > LONGEST_NAME for cell in cells)
    return is_filled and is_plain and distinct >= 0.9 * len(cells) and distinct > 1


def choose_header(sheet: Sheet, asking: Asking) -> int:
    """The row, from 1, that names the columns; 0 where an answer says that none does. Asks where that is in doubt."""
    given = asking.answers.get("header", "")
    if given:
        if not given.isdecimal() or int(given) > len(sheet.rows):
            what = f"{given!r} is no row of the sheet (0: it has no names of columns)."
            raise DataError(Problem(what, f"Give a number up to {len(sheet.rows):,}.", file=asking.file))
        return int(given)
    candidates = header_candidates(sheet)
    number = candidates[0] if candidates else 0
    above, below = sheet.rows[: max(number - 1, 0)], sheet.rows[number:]
    if number and not any(map(_looks_like_data, above)) and not _is_data(sheet.rows[number - 1], below):
        if number > 1:
            titles = (
                "the row above it is taken for a title"
                if number == 2
                else f"the {number - 1:,} rows above it are taken for titles"
            )
            asking.say(f"Row {number} holds the names of columns; {titles}.")
        return number
    shown = ", ".join(shorten(cell, 30) for cell in sheet.rows[max(number, 1) - 1][:5])
    options = [*map(str, candidates[:5] or [1]), "0"]
    ask = f"which row holds the names of columns (0: none)? Row {max(number, 1)} holds {shown}."
    asking.ask("header", ask, options, f"header: {options[0]}")
    return 1


def _looks_like_data(row: list[str]) -> bool:
    """Whether a row above a header is more than a title: several different cells, among them numbers."""
    cells = [cell for cell in row if cell]
    is_varied = len(cells) >= 3 and len(set(cells)) > len(cells) / 2
    return is_varied and any(map(NUMBER.fullmatch, cells))


def _is_data(head: list[str], below: list[list[str]]) -> bool:
    """Whether what stands in a header also stands below it, among other values: then it is data too."""
    n_found = 0
    for at, name in enumerate(head):
        cells = {row[at] for row in below if at < len(row) and row[at]} if name else set()
        n_found += name in cells and len(cells) > 1
    return n_found >= 2 or (n_found == 1 and len([name for name in head if name]) <= 3)
