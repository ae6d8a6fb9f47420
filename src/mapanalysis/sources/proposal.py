"""A mapping proposed from a coded spreadsheet itself, each guess with its evidence; what is unclear is asked.

Nothing here reads codes: the mapping that comes out is followed by `coded_tables`, as one written by hand would be.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mapanalysis.errors import DataError, Problem
from mapanalysis.sources.asking import Asking
from mapanalysis.sources.book import Book
from mapanalysis.sources.drafts import Draft, draft_dimensions, with_codebook
from mapanalysis.sources.fields import fold_header
from mapanalysis.sources.layout import choose_header, choose_sheet
from mapanalysis.sources.mapping import DimensionMapping, Mapping, StudyColumns
from mapanalysis.sources.notes import Notes
from mapanalysis.sources.profile import profiles_of
from mapanalysis.sources.study_columns import count_column, kind_of_rows, repeats_clause, study_columns
from mapanalysis.sources.table import table_of, without_blank

# What rows, columns and segments of evidence and gap maps are by custom (Saran & White 2018, Campbell Systematic
# Reviews 14:1, doi 10.4073/cmdp.2018.2): interventions, outcomes, and kinds of study.
CUSTOM = {
    "row": re.compile(r"\b(?:intervention|exposure|treatment|programme|program|activity)s?\b", re.IGNORECASE),
    "column": re.compile(r"\b(?:outcome|impact|effect|benefit)s?\b", re.IGNORECASE),
    "segment": re.compile(
        r"\b(?:study|research|evidence|trial) ?(?:design|type)s?\b|\bdesign\b|\btypes? of (?:study|evidence)\b"
        r"|\bmethod(?:ology)?\b",
        re.IGNORECASE,
    ),
}
AXES = {"row": "rows", "column": "columns", "segment": "segments"}


@dataclass(frozen=True)
class Proposal:
    """A mapping, and the sentences that say on what each guess rests."""

    mapping: Mapping
    guesses: tuple[str, ...]


def propose_mapping(book: Book, answers: dict[str, str] | None = None) -> Proposal:
    """A mapping for a coded spreadsheet, with the evidence for each guess.

    `answers` settle what would be guessed or asked, by the keys of `Question`: sheet, header, each_row (studies,
    findings, codings), row_dimension, column_dimension, segment_dimension, and "packed NAME" for a column.

    Raises UnclearError with all questions where the file can be meant in several ways; DataError where no column holds
    codes, or an answer names what is not there (nearest named).
    """
    asking = Asking(book.file, dict(answers or {}))
    sheet = choose_sheet(book, asking)
    asking.raise_if_any()
    header = choose_header(sheet, asking)
    asking.raise_if_any()
    table = without_blank(table_of(sheet, header, book.file), Notes(book.file))
    if not table.rows:
        what = f"expected rows below the names of columns in row {header}, found none."
        todo = "Name the sheet and the header row in a mapping file."
        raise DataError(Problem(what, todo, file=table.file))
    profiles = profiles_of(table)
    study = study_columns(profiles, asking)
    count = count_column(profiles, study)
    left = [each for each in profiles if each.name not in {*study.values(), count}]
    rows = kind_of_rows(table, left, study, count, asking)
    drafts = draft_dimensions(sheet, header, left, asking)
    drafts = [with_codebook(draft, book, sheet, asking) for draft in drafts]
    asking.raise_if_any()
    dimensions = _with_roles(drafts, asking)
    if "id" not in study and rows == "studies":
        asking.say(f"Each row is a study: no column names studies.{repeats_clause(table, study)}")
    name = sheet.name if len(book.sheets) > 1 else ""
    columns = StudyColumns(**study)
    mapping = Mapping(sheet=name, header=header, rows=rows, count=count, study=columns, dimensions=dimensions)
    return Proposal(mapping, tuple(asking.said))


def _with_roles(drafts: list[Draft], asking: Asking) -> tuple[DimensionMapping, ...]:
    """The dimensions, each with its part on the map. Raises DataError where there are none, UnclearError."""
    if not drafts:
        what = "no column looks like codes (few values, used again)."
        todo = "Write a mapping file that says which columns hold codes, and how: docs/spreadsheets.md shows one."
        raise DataError(Problem(what, todo, file=asking.file))
    roles = _roles(drafts, asking)
    asking.raise_if_any()
    return tuple(
        draft.mapping.model_copy(update={"role": roles.get(at, "filter")}) for at, draft in enumerate(drafts)
    )


def _roles(drafts: list[Draft], asking: Asking) -> dict[int, str]:
    """Position of a dimension → row, column or segment; the others are filters."""
    labels = [draft.label for draft in drafts]
    found: dict[str, int] = {}
    for role in ("row", "column", "segment"):
        if given := _answered(role, drafts, asking):
            _check_free(given - 1, role, found, labels, asking)
            found[role] = given - 1
    for role, words in CUSTOM.items():
        named = [
            at
            for at, draft in enumerate(drafts)
            if words.search(fold_header(draft.words)) and at not in found.values()
        ]
        if role not in found and named:
            found[role] = max(named, key=lambda at: (drafts[at].is_wide, len(drafts[at].codes), -at))
            asking.say(f"{drafts[found[role]].label} makes the {AXES[role]}: its name says so.")
    for role in ("row", "column"):
        if role not in found:
            options = [label for at, label in enumerate(labels) if at not in found.values()]
            if not options:
                what = f"only one dimension was found ({labels[0]}): a map needs rows and columns."
                todo = "Write a mapping file that says which other column holds codes."
                raise DataError(Problem(what, todo, file=asking.file))
            ask = f"which dimension makes the {AXES[role]}? No name says it."
            asking.ask(f"{role}_dimension", ask, options, f"role: {role}")
    if "segment" not in found and not asking.questions:
        _fall_back_on_segment(drafts, found, asking)
    return {at: role for role, at in found.items()}


def _check_free(at: int, role: str, found: dict[str, int], labels: list[str], asking: Asking) -> None:
    """Nothing; raises DataError where an answer gives one dimension two parts."""
    for other, taken in found.items():
        if taken == at:
            what = f"{labels[at]} cannot make both the {AXES[other]} and the {AXES[role]}."
            todo = f"Choose another for one of them: {'; '.join(labels[:20])}."
            raise DataError(Problem(what, todo, file=asking.file))


def _answered(role: str, drafts: list[Draft], asking: Asking) -> int:
    """The position, from 1, of the dimension that an answer names by its label or its column; 0 where there is none."""
    names: dict[str, int] = {}
    for at, draft in enumerate(drafts, start=1):
        for name in (draft.label, draft.mapping.column, draft.mapping.prefix, draft.mapping.key):
            if name and fold_header(name) not in map(fold_header, names):
                names[name] = at
    given = asking.answer(f"{role}_dimension", list(names))
    return names[given] if given else 0


def _fall_back_on_segment(drafts: list[Draft], found: dict[str, int], asking: Asking) -> None:
    """The dimension of the fewest codes divides the cells, where no name tells of kinds of study."""
    others = [
        at for at, draft in enumerate(drafts) if at not in found.values() and 2 <= len(draft.codes) <= 8
    ]
    if not others:
        asking.say("No dimension divides the cells: none has two to eight codes.")
        return
    found["segment"] = min(others, key=lambda at: (drafts[at].is_wide, len(drafts[at].codes), at))
    label = drafts[found["segment"]].label
    asking.say(
        f"{label} divides the cells, for want of a dimension that names kinds of study: it has few codes."
    )
