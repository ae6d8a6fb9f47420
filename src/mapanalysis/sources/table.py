"""One table of a sheet: its header found by row, its columns by name, its rows with the numbers people see."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from mapanalysis.errors import DataError, Problem, Problems, nearest_of
from mapanalysis.sources.book import Sheet, column_letters
from mapanalysis.sources.delimited import check_widths
from mapanalysis.sources.fields import fold_header, one_line
from mapanalysis.sources.notes import Notes
from mapanalysis.sources.vocabulary import fold_label

MOST_EXAMPLES = 5


@dataclass(frozen=True)
class Table:
    """Rows below a header, all as long as it. `numbers`: the row of the sheet that each stands in, from 1.

    `head` is the header as it stands, `names` are the columns as they are called.
    """

    file: str
    head: list[str]
    names: tuple[str, ...]
    rows: list[list[str]]
    numbers: list[int]

    def column(self, name: str) -> list[str]:
        """The cells of a column, by its exact name."""
        position = self.names.index(name)
        return [row[position] for row in self.rows]

    def keep(self, positions: Iterable[int]) -> Table:
        """The table with the rows at these positions, from 0."""
        kept = list(positions)
        return replace(self, rows=[self.rows[at] for at in kept], numbers=[self.numbers[at] for at in kept])


@dataclass(frozen=True)
class Rows:
    """The rows that are used, and what each is about: a study, a report of it, a finding ("" = the whole study).

    `names`: what to call a study that has no title.
    """

    table: Table
    study_ids: list[str]
    report_ids: list[str]
    finding_ids: list[str]
    names: list[str]


def table_of(sheet: Sheet, header: int, file: str) -> Table:
    """The table of a sheet whose names of columns stand in row `header` (0: there are none).

    A column without a name goes by its letters ("column C"); of two with one name the second is "name (2)".
    Raises DataError: no such row; nothing in it; rows longer than the header or cut short (text files).
    """
    where = f"{file}, sheet {sheet.name}" if not sheet.separator else file
    if header > len(sheet.rows):
        what = f"expected the names of columns in row {header}, found {len(sheet.rows):,} rows."
        raise DataError(Problem(what, "Write the row that they stand in, as `header: 1`.", file=where))
    head = sheet.rows[header - 1] if header else []
    if header and not any(head):
        what = "expected the names of columns, found an empty row."
        raise DataError(
            Problem(what, "Write the row that they stand in, as `header: 1`.", file=where, row=header)
        )
    below = sheet.rows[header:]
    width = max([len(head), *map(len, below)])
    if sheet.separator and header:
        width = len(head)
        check_widths(below, width, header + 1, is_ended=sheet.is_ended, file=file)
    head = [*head, *[""] * (width - len(head))]
    rows = [row if len(row) == width else [*row[:width], *[""] * (width - len(row))] for row in below]
    return Table(where, head, _named(head), rows, list(range(header + 1, header + 1 + len(rows))))


def _named(head: list[str]) -> tuple[str, ...]:
    names: list[str] = []
    seen: Counter[str] = Counter()
    for position, cell in enumerate(head, start=1):
        name = one_line(cell) or f"column {column_letters(position)}"
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return tuple(names)


def find_name(table: Table, name: str, problems: Problems, todo: str = "") -> str:
    """The name of the column meant by `name`, case, spaces and dots apart; "" and a problem when there is none."""
    if name in table.names:
        return name
    same = [each for each in table.names if fold_header(each) == fold_header(name)]
    if len(same) == 1:
        return same[0]
    problems.add(
        f"there is no column {name!r}." if not same else f"two columns could be meant by {name!r}.",
        file=table.file,
        values=same,
        nearest="" if same else nearest_of(name, table.names),
        todo=todo or "Name a column as its header has it.",
    )
    return ""


def without_blank(table: Table, notes: Notes) -> Table:
    """The table without rows of nothing and without rows that repeat the header; both are set aside."""
    kept, blank, repeated = [], [], []
    for at, (number, row) in enumerate(zip(table.numbers, table.rows, strict=True)):
        if not any(row):
            blank.append(number)
        elif row == table.head:
            repeated.append(number)
        else:
            kept.append(at)
    set_rows_aside(notes, blank, "all their cells are empty")
    set_rows_aside(notes, repeated, "they repeat the header")
    return table.keep(kept)


def only_rows(table: Table, only: Mapping[str, tuple[str, ...]]) -> list[bool]:
    """Whether each row has, in each column of `only`, one of the values given for it (as codes are compared)."""
    kept = [True] * len(table.rows)
    for name, values in only.items():
        allowed = {fold_label(value) for value in values}
        kept = [
            before and fold_label(cell) in allowed
            for before, cell in zip(kept, table.column(name), strict=True)
        ]
    return kept


def set_rows_aside(notes: Notes, numbers: list[int], why: str) -> None:
    """Counts rows that became nothing in the map, the first of them by number."""
    for number in numbers[:MOST_EXAMPLES]:
        notes.set_aside("rows", why, f"row {number}")
    if len(numbers) > MOST_EXAMPLES:
        notes.set_aside("rows", why, count=len(numbers) - MOST_EXAMPLES)
