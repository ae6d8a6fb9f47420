"""A coded spreadsheet, read by a mapping, in the form of our own tables.

A row becomes a study, a finding, a coding or a number of studies, as the mapping says; a cell becomes codes. Rows read
are rows used and rows set aside, with the reason. docs/method.md says what that means for the counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from mapanalysis.codebook import MOST_CODES, NOT_REPORTED
from mapanalysis.errors import Problems
from mapanalysis.sources.bibliography import plain_numbers, records_of, reports_of
from mapanalysis.sources.book import Book
from mapanalysis.sources.cells import claim_of, split_cell, values_of
from mapanalysis.sources.fields import one_line
from mapanalysis.sources.library import Library
from mapanalysis.sources.mapping import CodebookSheet, DimensionMapping, Mapping
from mapanalysis.sources.notes import Notes
from mapanalysis.sources.table import (
    Rows,
    Table,
    find_name,
    only_rows,
    set_rows_aside,
    table_of,
    without_blank,
)
from mapanalysis.sources.vocabulary import Found, Ids, Listed, find_codes
from mapanalysis.tables import RAW, SETTLED, parse_table

MOST_UNNAMED = 200_000
COUNTS_ONLY = (
    "**The file gives numbers of studies and no list of them.** Studies stand here without a name, one for each that "
    "is counted; a study that several rows count stands here once for each, so totals may count a study more than once."
)
COUNTS_IN_SHORT = "the file gives numbers and no list of studies, so totals may count a study more than once."


def parse_coded_table(book: Book, mapping: Mapping, guesses: Iterable[str] = ()) -> Library:
    """The map in a coded spreadsheet, as the mapping reads it; `guesses` are said in the reading.

    Codes come in the order of the codebook sheet or of the mapping, others by first appearance; their labels are those
    of the file. Spellings apart by case, spaces and parting signs only are one code. Ids of codes and dimensions are
    made of labels. A study's id is that of the file, or the number of its row.

    Raises DataError with all problems: sheets or columns that are not there (nearest named), cells that say neither
    yes nor no, counts that are no numbers, a dimension without any code, too many unnamed studies.
    """
    notes = Notes(book.file)
    notes.add_repairs(book.repairs)
    for sentence in guesses:
        notes.guess(sentence)
    table = table_of(book.sheet(mapping.sheet), mapping.header, book.file)
    mapping = with_names(mapping, table)
    rows = _rows_of(table, mapping, notes)
    reports = reports_of(rows, mapping.study, notes)
    dimensions, codings = _code(book, mapping, rows, notes)
    _leave_out_columns(table, mapping, notes)
    title = mapping.title or _title_of(book.file)
    about: dict[str, Any] = {}
    if mapping.rows == "counts":
        title = f"{title} (numbers without a list of studies)"
        about = {
            "trust": [COUNTS_ONLY],
            "trust_in_short": COUNTS_IN_SHORT,
            "footer": COUNTS_IN_SHORT.capitalize(),
        }
        notes.guess(COUNTS_ONLY.replace("**", ""))
    reading = notes.as_reading(book.format, "rows", len(table.rows), len(set(rows.table.numbers)))
    question = mapping.question or f"Which studies does {title} hold, and where does it hold none?"
    return Library(
        title=title,
        codebook={"title": title, "question": question, "dimensions": dimensions},
        reports=reports,
        codings=codings,
        reading=replace(reading, left_out=(*reading.left_out, *book.left_out)),
        about=about,
        records=records_of(rows, mapping.study, reports, notes),
        view={
            role: next((each["id"] for each in dimensions if each["role"] == role), "")
            for role in ("row", "column", "segment")
        },
    )


def _title_of(file: str) -> str:
    stem = file.replace("\\", "/").rsplit("/", 1)[-1].rsplit(".", 1)[0]
    return one_line(stem.replace("_", " ")) or "Map"


# Names


def with_names(mapping: Mapping, table: Table) -> Mapping:
    """The mapping with each column by the name that the table has for it, and `columns` named one by one.

    Raises DataError for all that are not there, each with the nearest that is.
    """
    problems = Problems()

    def name(given: str) -> str:
        return find_name(table, given, problems) if given else ""

    def only(given: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        return {name(column): values for column, values in given.items()}

    dimensions = tuple(
        each.model_copy(
            update={
                "column": name(each.column),
                "columns": _columns_of(each, table, problems),
                "only": only(each.only),
            }
        )
        for each in mapping.dimensions
    )
    study = {field: name(column) for field, column in mapping.study.model_dump().items()}
    named = mapping.model_copy(
        update={
            "study": mapping.study.model_copy(update=study),
            "dimensions": dimensions,
            "only": only(mapping.only),
            "finding": name(mapping.finding),
            "count": name(mapping.count),
        }
    )
    problems.raise_if_any()
    return named


def _columns_of(dimension: DimensionMapping, table: Table, problems: Problems) -> tuple[str, ...]:
    if dimension.columns:
        return tuple(find_name(table, each, problems) for each in dimension.columns)
    if dimension.first:
        first, last = (find_name(table, each, problems) for each in (dimension.first, dimension.last))
        if not first or not last:
            return ()
        found = table.names[table.names.index(first) : table.names.index(last) + 1]
        if not found:
            todo = "Give the left one as first and the right one as last."
            problems.add(f"{first!r} stands behind {last!r}.", file=table.file, todo=todo)
        return found
    if dimension.prefix:
        found = tuple(each for each in table.names if each.startswith(dimension.prefix))
        if not found:
            find_name(table, dimension.prefix, problems, "No column begins with this prefix.")
        return found
    return ()


# Rows


def _rows_of(table: Table, mapping: Mapping, notes: Notes) -> Rows:
    """The rows that are used; the others are set aside with the reason."""
    table = without_blank(table, notes)
    for column, values in mapping.only.items():
        table = _set_aside_where(
            table, only_rows(table, {column: values}), f"{column} is none of: {', '.join(values)}", notes
        )
    if mapping.rows == "counts":
        return _unnamed(table, mapping, notes)
    study, ids = mapping.study, []
    if study.id:
        table = _set_aside_where(
            table, map(bool, table.column(study.id)), f"no study is named in {study.id}", notes
        )
        ids = [one_line(cell) for cell in table.column(study.id)]
        n_repeated = len(ids) - len(set(ids))
        if n_repeated and mapping.rows == "studies":
            notes.guess(
                f"{n_repeated:,} rows name a study that an earlier row names: their codes are joined, as one study."
            )
    else:
        ids = [f"row-{number}" for number in table.numbers]
    reports = ids
    if study.report:
        cells = table.column(study.report)
        reports = [f"{one} / {one_line(cell)}" if cell else one for one, cell in zip(ids, cells, strict=True)]
    names = (
        [f"Study {one}" for one in ids]
        if study.id
        else [f"Study in row {number}" for number in table.numbers]
    )
    return Rows(table, ids, reports, _findings(table, mapping), names)


def _findings(table: Table, mapping: Mapping) -> list[str]:
    if mapping.rows != "findings":
        return [""] * len(table.rows)
    if mapping.finding:
        return [one_line(cell) for cell in table.column(mapping.finding)]
    return [str(number) for number in table.numbers]


def _set_aside_where(table: Table, is_kept: Iterable[bool], why: str, notes: Notes) -> Table:
    flags = list(is_kept)
    aside = [number for number, each in zip(table.numbers, flags, strict=True) if not each]
    set_rows_aside(notes, aside, why)
    return table.keep(at for at, each in enumerate(flags) if each)


def _unnamed(table: Table, mapping: Mapping, notes: Notes) -> Rows:
    """Each row as often as it counts studies: a study without a name each time."""
    numbers = _counts(table, mapping, notes)
    kept = [number > 0 for number in numbers]
    table = _set_aside_where(table, kept, f"{mapping.count} is 0 or empty", notes)
    numbers = [number for number in numbers if number > 0]
    spread = [at for at, number in enumerate(numbers) for _ in range(number)]
    within = [nth for number in numbers for nth in range(1, number + 1)]
    ids = [f"row-{table.numbers[at]}-{nth}" for at, nth in zip(spread, within, strict=True)]
    names = [
        f"Unnamed study {nth} of {numbers[at]:,} in row {table.numbers[at]}"
        for at, nth in zip(spread, within, strict=True)
    ]
    rows = replace(
        table, rows=[table.rows[at] for at in spread], numbers=[table.numbers[at] for at in spread]
    )
    return Rows(rows, ids, ids, [""] * len(ids), names)


def _counts(table: Table, mapping: Mapping, notes: Notes) -> list[int]:
    """The number of studies of each row, empty being 0. Raises DataError for what is no whole number, and too many."""
    problems = Problems()
    cells = plain_numbers(table.column(mapping.count), notes, mapping.count)
    wrong = [at for at, cell in enumerate(cells) if cell and not _is_whole(cell)]
    if wrong:
        problems.add(
            "expected whole numbers of studies.",
            file=table.file,
            row=table.numbers[wrong[0]],
            column=mapping.count,
            count=len(wrong),
            values=[cells[at] for at in wrong[:5]],
            todo="Correct them; leave a cell empty where no study is counted.",
        )
    problems.raise_if_any()
    numbers = [int(float(cell)) if cell else 0 for cell in cells]
    if sum(numbers) > MOST_UNNAMED:
        problems.add(
            f"expected at most {MOST_UNNAMED:,} studies in all, found {sum(numbers):,}.",
            file=table.file,
            column=mapping.count,
            todo="Is this a column of numbers of studies? Name the column that is.",
        )
    problems.raise_if_any()
    return numbers


def _is_whole(cell: str) -> bool:
    try:
        value = float(cell)
    except ValueError:
        return False
    return value.is_integer() and 0 <= value < 2**53


# Codes


def _code(
    book: Book, mapping: Mapping, rows: Rows, notes: Notes
) -> tuple[list[dict[str, Any]], pd.DataFrame]:
    """The dimensions as in `codebook.yaml`, and the codings as `tables.RAW["codings"]`."""
    problems = Problems()
    listed = [_listed_codes(book, each, problems) for each in mapping.dimensions]
    problems.raise_if_any()
    ids, dimensions, frames = Ids(each.id for each in mapping.dimensions), [], []
    for each, codes in zip(mapping.dimensions, listed, strict=True):
        kept = np.flatnonzero(only_rows(rows.table, each.only))
        values = values_of(rows.table.keep(kept), each, codes, notes, problems)
        found = _find(each, values.counts, codes, rows, problems)
        dimension_id = each.id or ids.make(each.label, "dimension")
        coded = [found.code_of.get(value, "") for value in values.values]
        frame = pd.DataFrame({"row": kept[np.array(values.rows, dtype="int64")], "code": coded})
        frames.append(frame.assign(dimension=dimension_id))
        dimensions.append(_dimension(each, dimension_id, found, frame, rows))
        notes.repair(f"spellings of {each.label} that are the same code merged", found.n_merged)
        for sentence in found.notes:
            notes.guess(sentence)
    problems.raise_if_any()
    _leave_out_parts(rows.table, mapping, listed, notes)
    return dimensions, _codings(pd.concat(frames, ignore_index=True), rows, notes)


def _find(
    dimension: DimensionMapping,
    counts: Counter[str],
    listed: Sequence[Listed],
    rows: Rows,
    problems: Problems,
) -> Found:
    found = find_codes(
        counts,
        label=dimension.label,
        listed=listed,
        same=dimension.same,
        not_reported=dimension.not_reported,
        group_separator=dimension.group_separator,
        merge=dimension.merge_spellings,
        is_country=dimension.is_country,
    )
    if len(set(found.code_of.values())) > MOST_CODES:
        problems.add(
            f"dimension {dimension.label}: expected at most {MOST_CODES:,} codes, found more.",
            file=rows.table.file,
            column=dimension.column or ", ".join(dimension.columns[:3]),
            todo="Is this a column of text? Name one that holds codes.",
        )
    if not found.codes:
        problems.add(
            f"dimension {dimension.label}: no cell holds a code.",
            file=rows.table.file,
            column=dimension.column or ", ".join(dimension.columns[:3]),
            todo="Take the dimension out of the mapping, or name other columns.",
        )
    return found


def _listed_codes(book: Book, dimension: DimensionMapping, problems: Problems) -> list[Listed]:
    """The codes that the mapping or a codebook sheet lists for a dimension."""
    if dimension.codebook is None:
        return [Listed(code.label, "", code.definition, code.group) for code in dimension.codes]
    given: CodebookSheet = dimension.codebook
    table = table_of(book.sheet(given.sheet), given.header, book.file)
    before = len(problems)
    names = {
        field: find_name(table, getattr(given, field), problems) if getattr(given, field) else ""
        for field in ("code", "label", "definition", "group")
    }
    only = {find_name(table, column, problems): values for column, values in given.only.items()}
    if len(problems) > before:
        return []
    table = table.keep(np.flatnonzero(only_rows(table, only)))
    columns = {field: table.column(name) if name else [""] * len(table.rows) for field, name in names.items()}
    return [
        Listed(label or code, code if label else "", one_line(definition), group)
        for code, label, definition, group in zip(
            columns["code"], columns["label"], columns["definition"], columns["group"], strict=True
        )
        if code or label
    ]


def _dimension(
    dimension: DimensionMapping, dimension_id: str, found: Found, frame: pd.DataFrame, rows: Rows
) -> dict[str, Any]:
    reports = pd.Series(rows.report_ids, dtype="str").to_numpy()[frame["row"].to_numpy(dtype="int64")]
    coded = pd.DataFrame({"report": reports, "code": frame["code"]}).drop_duplicates()
    is_multiple = bool(coded["report"].duplicated().any())
    entry = {"id": dimension_id, "label": dimension.label, "role": dimension.role, "multiple": is_multiple}
    if dimension.is_country:
        entry["vocabulary"] = "ISO 3166-1 alpha-2"
    return {**entry, "codes": found.codes}


def _codings(frame: pd.DataFrame, rows: Rows, notes: Notes) -> pd.DataFrame:
    """One row per report, finding, dimension and code, in the order of the sheet.

    "Not reported" gives way to what another row of the same report, or another part of the cell, states.
    """
    frame = frame.sort_values("row", kind="stable")
    at = frame["row"].to_numpy()
    codings = pd.DataFrame(
        {
            "publication_id": pd.Series(rows.report_ids, dtype="str").to_numpy()[at],
            "finding_id": pd.Series(rows.finding_ids, dtype="str").to_numpy()[at],
            "coder": SETTLED,
            "dimension": frame["dimension"].to_numpy(),
            "code": frame["code"].to_numpy(),
        },
        dtype="str",
    )
    codings = codings.drop_duplicates(ignore_index=True)
    is_silent = codings["code"] == NOT_REPORTED
    places = pd.MultiIndex.from_frame(codings[["publication_id", "finding_id", "dimension"]])
    is_contradicted = is_silent & places.isin(places[~is_silent])
    notes.leave_out(
        "codes", "not reported gives way to what the same report states", count=int(is_contradicted.sum())
    )
    return parse_table(codings[~is_contradicted].reset_index(drop=True), RAW["codings"], rows.table.file)


# What no map shows


def _leave_out_columns(table: Table, mapping: Mapping, notes: Notes) -> None:
    study = set(mapping.study.model_dump().values())
    used = study | set(mapping.only) | {mapping.finding, mapping.count}
    for each in mapping.dimensions:
        used |= {each.column, *each.columns, *each.only}
    for position, name in enumerate(table.names):
        if name not in used and any(row[position] for row in table.rows):
            notes.leave_out("columns", "the mapping does not name them", name)


def _leave_out_parts(table: Table, mapping: Mapping, listed: list[list[Listed]], notes: Notes) -> None:
    """Parts of packed cells that no dimension takes."""
    packed: dict[tuple[str, str], list[Any]] = {}
    for each, codes in zip(mapping.dimensions, listed, strict=True):
        if each.shape == "packed":
            packed.setdefault((each.column, each.separator), []).append(claim_of(each, codes))
    for (column, separator), claims in packed.items():
        for cell, count in Counter(table.column(column)).items():
            for at, part in enumerate(split_cell(cell, separator), start=1):
                if all(claim(at, part) is None for claim in claims):
                    notes.leave_out(f"parts of {column}", "no dimension takes them", part, count)
