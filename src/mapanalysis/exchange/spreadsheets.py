"""Coded spreadsheets and Covidence extractions as libraries, by a mapping that is given or proposed from the data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping as Mappings
from dataclasses import replace

from mapanalysis.sources.book import Book, Sheet
from mapanalysis.sources.coded_tables import parse_coded_table
from mapanalysis.sources.library import Library, SetAside
from mapanalysis.sources.mapping import mapping_text, parse_mapping
from mapanalysis.sources.proposal import propose_mapping
from mapanalysis.sources.sheets import read_sheets

KEY, REVIEWER, STUDY = "covidence #", "reviewer name", "study id"
CONSENSUS = "consensus"


def read_spreadsheet(
    data: bytes, file: str, mapping: bytes | None = None, answers: Mappings[str, str] | None = None
) -> Library:
    """The map in a coded spreadsheet. Without a `mapping` (YAML) one is proposed, and kept with the library.

    Raises DataError as `sheets.read_sheets`, `mapping.parse_mapping` and `coded_tables.parse_coded_table` do;
    UnclearError with all questions where the file can be meant in several ways.
    """
    return _read(read_sheets(data, file), mapping, answers)


def read_covidence(
    data: bytes, file: str, mapping: bytes | None = None, answers: Mappings[str, str] | None = None
) -> Library:
    """The map in an extraction that Covidence exported as CSV: of each study what the reviewers agreed on.

    The row of the consensus counts; without one that of the only reviewer; of several reviewers what all of them say.
    Raises as `read_spreadsheet` does.
    """
    book = read_sheets(data, file)
    settled, aside = settle_reviewers(book.sheets[0])
    library = _read(replace(book, sheets=(settled,)), mapping, answers)
    reading, n_aside = library.reading, sum(one.count for one in aside[:1])
    reading = replace(
        reading,
        format="Covidence extraction",
        n_read=reading.n_read + n_aside,
        set_aside=(*(one for one in aside[:1] if one.count), *reading.set_aside),
        left_out=(*(one for one in aside[1:] if one.count), *reading.left_out),
    )
    return replace(library, reading=reading)


def _read(book: Book, mapping: bytes | None, answers: Mappings[str, str] | None) -> Library:
    if mapping is not None:
        return parse_coded_table(book, parse_mapping(mapping))
    proposal = propose_mapping(book, dict(answers or {}))
    library = parse_coded_table(book, proposal.mapping, proposal.guesses)
    return replace(library, mapping=mapping_text(proposal.mapping))


def settle_reviewers(sheet: Sheet) -> tuple[Sheet, list[SetAside]]:
    """The sheet with one row for each reference and without names of reviewers; and what was set aside and left out:
    rows of reviewers first, then cells on which they differ.
    """
    head, *rows = sheet.rows
    names = [" ".join(name.casefold().split()) for name in head]
    key, reviewer = names.index(KEY), names.index(REVIEWER)
    width = len(head)
    by_key: dict[str, list[list[str]]] = {}
    for row in rows:
        if any(row):
            filled = row[:width] + [""] * (width - len(row))
            by_key.setdefault(filled[key], []).append(filled)
    counts: Counter[str] = Counter()
    kept = [_settle(group, reviewer, counts) for group in by_key.values()]
    head = ["Author (year)" if name == STUDY else cell for name, cell in zip(names, head, strict=True)]
    columns = [at for at in range(width) if at != reviewer]
    settled = [[row[at] for at in columns] for row in [head, *kept]]
    aside = [
        SetAside("rows", "a reviewer's own: what was agreed counts", counts["rows"]),
        SetAside("cells", "reviewers differ and there is no consensus", counts["cells"]),
        SetAside(
            "names of reviewers",
            "no map shows them",
            len({row[reviewer] for row in rows if len(row) > reviewer}),
        ),
    ]
    return replace(sheet, rows=settled), aside


def _settle(group: list[list[str]], reviewer: int, counts: Counter[str]) -> list[str]:
    """The row that counts among those of one reference."""
    counts["rows"] += len(group) - 1
    agreed = [row for row in group if row[reviewer].strip().casefold() == CONSENSUS]
    if agreed:
        return agreed[0]
    values = [set(cells) for cells in zip(*group, strict=True)]
    counts["cells"] += sum(len(cells) > 1 for at, cells in enumerate(values) if at != reviewer)
    return [next(iter(cells)) if len(cells) == 1 else "" for cells in values]
