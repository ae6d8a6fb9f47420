"""What the cells of a dimension's columns hold: values by row, whichever of the four shapes they come in."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from mapanalysis.errors import MOST_VALUES_SHOWN, Problems, nearest_of
from mapanalysis.sources.fields import one_line
from mapanalysis.sources.mapping import ABSENT, PRESENT, DimensionMapping
from mapanalysis.sources.notes import Notes
from mapanalysis.sources.table import Table
from mapanalysis.sources.vocabulary import Listed, fold_label

BRACKETS = {"(": ")", "[": "]"}
# How a mapping writes a separator that cannot be seen.
NEWLINE = "newline"
# Signs that also stand inside the brackets of a code: "soil health (physical, chemical)".
PROSE = (",", ";", "/")


@dataclass
class Values:
    """Values of one dimension: one item per row and value. `counts`: each value with how often, in order of appearance."""

    rows: list[int] = field(default_factory=list)
    values: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, row: int, value: str) -> None:
        self.rows.append(row)
        self.values.append(value)
        self.counts[value] += 1


def split_cell(cell: str, separator: str) -> list[str]:
    """The parts of a cell, spaces around them cut, empty ones left out; signs within brackets part nothing.

    >>> split_cell("yield, soil (wet, dry); ", ","), split_cell("a||b", "||")
    (['yield', 'soil (wet, dry);'], ['a', 'b'])
    """
    if not separator:
        parts = [cell]
    elif separator == NEWLINE:
        parts = cell.split("\n")
    elif separator in PROSE and any(bracket in cell for bracket in BRACKETS):
        parts = _split_outside_brackets(cell, separator)
    else:
        parts = cell.split(separator)
    return [part for each in parts if (part := each.strip())]


def _split_outside_brackets(cell: str, separator: str) -> list[str]:
    parts, begin, closing = [], 0, ""
    for at, sign in enumerate(cell):
        if closing:
            closing = "" if sign == closing else closing
        elif sign in BRACKETS:
            closing = BRACKETS[sign] if BRACKETS[sign] in cell[at:] else ""
        elif sign == separator:
            parts.append(cell[begin:at])
            begin = at + 1
    return [*parts, cell[begin:]]


def values_of(
    table: Table, dimension: DimensionMapping, listed: Sequence[Listed], notes: Notes, problems: Problems
) -> Values:
    """The values of a dimension, row by row; a column of a wide shape is a value even where no cell says so.

    Cells that say neither yes nor no are added to `problems`; values that the mapping ignores are left out and counted.
    """
    if dimension.shape == "indicator":
        values = _of_indicators(table, dimension, problems)
    elif dimension.shape == "sparse":
        values = _of_sparse(table, dimension, problems)
    else:
        values = _of_lists(table.column(dimension.column), splitter_of(dimension, listed))
    ignored = {fold_label(value) for value in dimension.ignore}
    return _without(values, ignored, dimension.label, notes) if ignored else values


def _without(values: Values, ignored: set[str], label: str, notes: Notes) -> Values:
    kept = Values()
    silent = {value for value in values.counts if fold_label(value) in ignored}
    for row, value in zip(values.rows, values.values, strict=True):
        if value not in silent:
            kept.add(row, value)
    for value in sorted(silent):
        notes.leave_out(f"values of {label}", "they say nothing", value, values.counts[value])
    return kept


def _of_lists(cells: Iterable[str], split: Callable[[str], list[str]]) -> Values:
    values = Values()
    known: dict[str, list[str]] = {}
    for row, cell in enumerate(cells):
        if not cell:
            continue
        if cell not in known:
            known[cell] = list(dict.fromkeys(split(cell)))
        for value in known[cell]:
            values.add(row, value)
    return values


def splitter_of(dimension: DimensionMapping, listed: Sequence[Listed]) -> Callable[[str], list[str]]:
    """How a cell of a `list` or `packed` column becomes values of this dimension."""
    if dimension.shape == "packed":
        claim = claim_of(dimension, listed)
        return lambda cell: [
            value
            for at, part in enumerate(split_cell(cell, dimension.separator), start=1)
            if (value := claim(at, part)) is not None
        ]
    # A listed code may hold the separator: it is found whole.
    names = sorted(
        {name for each in listed for name in (each.label, each.other) if name}, key=len, reverse=True
    )
    whole = [name for name in names if dimension.separator and dimension.separator in name]
    if not whole:
        return lambda cell: split_cell(cell, dimension.separator)
    sign = re.escape("\n" if dimension.separator == NEWLINE else dimension.separator)
    names_of_whole = "|".join(map(re.escape, whole))
    pattern = re.compile(rf"(?:^|(?<={sign}))\s*({names_of_whole})\s*(?={sign}|\Z)", re.IGNORECASE)
    return lambda cell: [*pattern.findall(cell), *split_cell(pattern.sub("", cell), dimension.separator)]


def claim_of(dimension: DimensionMapping, listed: Sequence[Listed]) -> Callable[[int, str], str | None]:
    """Which part of a packed cell is of this dimension, by its key, its place or the listed codes: its value, or None."""
    if dimension.key:
        pattern = re.compile(
            rf"{re.escape(one_line(dimension.key))}\s*[:=]\s*(.*)", re.IGNORECASE | re.DOTALL
        )
        return lambda at, part: found[1].strip() or None if (found := pattern.fullmatch(part)) else None
    if dimension.position:
        return lambda at, part: part if at == dimension.position else None
    names = {fold_label(name) for each in listed for name in (each.label, each.other) if name}
    names |= {fold_label(value) for value in (*dimension.same, *dimension.not_reported, *dimension.ignore)}
    return lambda at, part: part if fold_label(part) in names else None


def label_of(name: str, dimension: DimensionMapping) -> str:
    """The label of a column of a wide shape: its name without the prefix."""
    return name[len(dimension.prefix) :].strip() or name if name.startswith(dimension.prefix) else name


def _of_indicators(table: Table, dimension: DimensionMapping, problems: Problems) -> Values:
    present = {value.strip().casefold() for value in dimension.present or PRESENT}
    absent = {value.strip().casefold() for value in (*(dimension.absent or ABSENT), "")} - present
    return _of_columns(
        table, dimension, problems, lambda name, cell: _judged(cell.casefold(), present, absent)
    )


def _of_sparse(table: Table, dimension: DimensionMapping, problems: Problems) -> Values:
    present = {fold_label(value) for value in dimension.present}
    absent = {fold_label(value) for value in dimension.absent} | {""}

    def judge(name: str, cell: str) -> bool | None:
        folded = fold_label(cell)
        if folded and is_own_name(cell, name):
            return True
        return _judged(folded, present, absent)

    return _of_columns(table, dimension, problems, judge)


def is_own_name(cell: str, name: str) -> bool:
    """Whether a cell holds the name of its own column, or the end of it ("ES: Food" holds "Food")."""
    folded, whole = fold_label(cell), fold_label(name)
    return folded != "" and (folded == whole or whole.endswith(f" {folded}"))


def _judged(cell: str, present: set[str], absent: set[str]) -> bool | None:
    return True if cell in present else False if cell in absent else None


def _of_columns(
    table: Table, dimension: DimensionMapping, problems: Problems, judge: Callable[[str, str], bool | None]
) -> Values:
    """Values of a wide shape; `judge` says of the name of a column and a cell: present, absent, or None for neither."""
    values = Values()
    for name in dimension.columns:
        label = label_of(name, dimension)
        values.counts[label] += 0
        cells = table.column(name)
        verdicts = {cell: judge(name, cell) for cell in dict.fromkeys(cells)}
        for row, cell in enumerate(cells):
            if verdicts[cell]:
                values.add(row, label)
        unclear = [cell for cell, verdict in verdicts.items() if verdict is None]
        if unclear:
            _add_unclear(table, dimension, name, cells, unclear, problems)
    return values


def _add_unclear(
    table: Table,
    dimension: DimensionMapping,
    name: str,
    cells: list[str],
    unclear: list[str],
    problems: Problems,
) -> None:
    wrong = set(unclear)
    known = [*(dimension.present or PRESENT), *dimension.absent] if dimension.shape == "indicator" else [name]
    problems.add(
        f"dimension {dimension.label}: cells that say neither yes nor no.",
        file=table.file,
        row=next(number for number, cell in zip(table.numbers, cells, strict=True) if cell in wrong),
        column=name,
        count=sum(cell in wrong for cell in cells),
        values=unclear[:MOST_VALUES_SHOWN],
        nearest=nearest_of(unclear[0], known),
        todo=f"Write them under present or absent of this dimension, such as `present: [{unclear[0][:40]!r}]`.",
    )
