"""The report as data: what is said, before it is HTML or PDF.

A notebook builds a `Report`; `pdf.py` and `html.py` render the same one. Its text is in the inline markup of
`mapanalysis.markup`.
"""

from __future__ import annotations

import datetime
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from itertools import groupby
from pathlib import Path, PurePosixPath
from typing import Any, Literal, TypeVar

from mapanalysis.errors import DataError, Problem, Problems, shorten

MadeT = TypeVar("MadeT")
SUMMARY_ID = "key-messages"
SECTION_ID = re.compile(r"[a-z][a-z0-9-]*")


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of text."""

    text: str


@dataclass(frozen=True)
class Bullets:
    """A list of short texts."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class Callout:
    """A box for what a reader must not miss."""

    title: str
    text: str


@dataclass(frozen=True)
class Figure:
    """A picture: `path_svg` and `table_csv` are posix paths relative to the edition's folder.

    `code` is where its code can be read: a page of the edition, "#" and the name of the figure. `title` is the finding, `denominator` says of how many studies, `alt` says in words what is seen.
    """

    path_svg: str
    title: str
    alt: str
    denominator: str
    table_csv: str = ""
    number: int = 0
    code: str = ""


@dataclass(frozen=True)
class Column:
    """A column of a table; `share` is its part of the width, relative to the others."""

    label: str
    align: Literal["left", "right"] = "left"
    share: float = 1.0


@dataclass(frozen=True)
class Table:
    """Rows of text. `group`, the label of a column, turns that column into headings over its rows."""

    title: str
    note: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    number: int = 0
    group: str = ""
    table_csv: str = ""
    code: str = ""


Block = Paragraph | Bullets | Callout | Figure | Table


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it; a section of level 2 belongs to the level 1 before it."""

    id: str
    title: str
    blocks: tuple[Block, ...]
    level: Literal[1, 2] = 1


@dataclass(frozen=True)
class Report:
    """The whole report. `date` is ISO (2026-11-23), `footer` is the provenance, `summary` the key messages.

    The messages and `summary_figures` are the first page.
    """

    title: str
    subtitle: str
    edition: str
    date: str
    question: str
    footer: str
    summary: tuple[str, ...]
    sections: tuple[Section, ...]
    language: str = "en-GB"
    author: str = ""
    keywords: tuple[str, ...] = ()
    summary_figures: tuple[Figure, ...] = ()

    @property
    def first_page(self) -> Section:
        """The key messages and their figures as a section."""
        return Section(SUMMARY_ID, "Key messages", (Bullets(self.summary), *self.summary_figures))


BLOCK_KINDS: dict[str, type[Any]] = {
    "paragraph": Paragraph,
    "bullets": Bullets,
    "callout": Callout,
    "figure": Figure,
    "table": Table,
}
KIND_OF = {block: kind for kind, block in BLOCK_KINDS.items()}


# --- numbers, places ---


def blocks_of(report: Report) -> Iterator[tuple[Section, Block]]:
    """Every block with its section, in reading order."""
    for section in (report.first_page, *report.sections):
        for block in section.blocks:
            yield section, block


def number_blocks(report: Report) -> Report:
    """The report with its figures and its tables numbered from 1 in reading order."""
    counts: Counter[type[Any]] = Counter()

    def numbered(block: Any) -> Any:
        if not isinstance(block, Figure | Table):
            return block
        counts[type(block)] += 1
        return replace(block, number=counts[type(block)])

    figures = tuple(numbered(figure) for figure in report.summary_figures)
    sections = tuple(
        replace(section, blocks=tuple(numbered(block) for block in section.blocks))
        for section in report.sections
    )
    return replace(report, sections=sections, summary_figures=figures)


def name_of(block: Figure | Table) -> str:
    """What a figure or table is called in the text: "Figure 3"; "Figure" when it has no number."""
    return f"{type(block).__name__} {block.number}" if block.number else type(block).__name__


@dataclass(frozen=True)
class Part:
    """Rows of a table under one label; None when the table has no groups."""

    label: str | None
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Grid:
    """A table as it is drawn: the grouping column taken out, its values standing over runs of rows."""

    columns: tuple[Column, ...]
    parts: tuple[Part, ...]


def grid_of(table: Table) -> Grid:
    """The table as it is drawn; neighbouring rows of one group share a part."""
    labels = [column.label for column in table.columns]
    group = labels.index(table.group) if table.group else None
    kept = [i for i in range(len(labels)) if i != group]
    runs = groupby(table.rows, key=lambda row: None if group is None else row[group])
    return Grid(
        tuple(table.columns[i] for i in kept),
        tuple(Part(label, tuple(tuple(row[i] for i in kept) for row in rows)) for label, rows in runs),
    )


# --- checks ---


def check_report(report: Report, figures_root: Path | None = None) -> None:
    """Nothing, when the report can be rendered; with `figures_root`, its figures are looked for too.

    Raises: DataError with every problem found.
    """
    problems = Problems()
    _check_front(report, problems)
    for section, block in blocks_of(report):
        place = f"report section {section.id!r}"
        if isinstance(block, Figure):
            _check_figure(block, place, figures_root, problems)
        elif isinstance(block, Table):
            _check_table(block, place, problems)
    if number_blocks(report) != report:
        problems.add(
            "the figures or tables of the report are not numbered in reading order",
            todo="Call number_blocks(report) once, after the last section is added.",
        )
    problems.raise_if_any(DataError)


def _check_front(report: Report, problems: Problems) -> None:
    for name in ("title", "edition", "language"):
        if not getattr(report, name).strip():
            problems.add(f"the report has no {name}", todo=f"Set Report({name}=...).")
    try:
        datetime.date.fromisoformat(report.date)
    except ValueError:
        problems.add(
            "the date of the report is not a day", values=[report.date], todo="Write it as 2026-11-23."
        )
    _check_ids(report, problems)
    _check_headings(report, problems)


def _check_ids(report: Report, problems: Problems) -> None:
    ids = Counter(section.id for section in report.sections)
    for section_id, count in ids.items():
        if count > 1:
            problems.add(
                "several sections of the report have one id",
                count=count,
                values=[section_id],
                todo="Give each section an id of its own: links lead to it.",
            )
        if not SECTION_ID.fullmatch(section_id) or section_id == SUMMARY_ID:
            problems.add(
                "the id of a section is not a plain word, or is the summary's",
                values=[section_id],
                todo="Use small letters, digits and hyphens, and start with a letter.",
            )


def _check_headings(report: Report, problems: Problems) -> None:
    for before, section in zip((None, *report.sections), report.sections, strict=False):
        place = f"report section {section.id!r}"
        if not section.title.strip():
            problems.add("the section has no title", file=place, todo="Give it one: it is a heading.")
        if section.level not in (1, 2) or (before is None and section.level != 1):
            problems.add(
                f"the section has level {section.level}",
                file=place,
                todo="Use 1, or 2 for a section under an earlier one; the first is 1.",
            )


def _check_figure(figure: Figure, place: str, root: Path | None, problems: Problems) -> None:
    file = f"{place}, figure {shorten(figure.path_svg or figure.title)}"
    for name, why in (
        ("alt", "say in words what is seen: people who cannot see it, and the PDF standard, need it"),
        ("title", "its finding, in a few words"),
        ("denominator", "of how many studies, and which"),
    ):
        if not getattr(figure, name).strip():
            problems.add(f"the figure has no {name}", file=file, todo=f"Set Figure({name}=...): {why}.")
    path = PurePosixPath(figure.path_svg)
    if path.suffix != ".svg" or path.is_absolute() or ".." in path.parts:
        problems.add(
            "the figure is not an SVG file inside the edition's folder",
            file=file,
            values=[figure.path_svg],
            todo="Write the figure as SVG and give its path relative to that folder.",
        )
    elif root is not None and not (root / path).is_file():
        problems.add("the figure's file is not there", file=file, todo=f"It should be {root / path}.")


def _check_table(table: Table, place: str, problems: Problems) -> None:
    file = f"{place}, table {shorten(table.title)}"
    labels = [column.label for column in table.columns]
    if not table.title.strip():
        problems.add("the table has no title", file=file, todo="Set Table(title=...): it is read out first.")
    if not labels or not all(label.strip() for label in labels):
        problems.add(
            "the table has no columns, or a column without a label",
            file=file,
            values=labels,
            todo="Give each column a label: screen readers read it with every cell.",
        )
    for column in table.columns:
        if column.align not in ("left", "right") or not column.share > 0:
            problems.add(
                "a column is neither left nor right, or has no width",
                file=file,
                column=column.label,
                todo='Use align="left" or "right" and a share above 0.',
            )
    if table.group and (table.group not in labels or len(labels) < 2):
        problems.add("the table is grouped by a column it does not have", file=file, values=[table.group])
    _check_rows(table, file, problems)


def _check_rows(table: Table, file: str, problems: Problems) -> None:
    width = len(table.columns)
    uneven = [i for i, row in enumerate(table.rows, start=1) if len(row) != width]
    if uneven:
        problems.add(
            f"rows do not have {width} cells", file=file, row=uneven[0], count=len(uneven),
            todo="Give each row one cell for each column.",
        )  # fmt: skip
    not_text = [cell for row in table.rows for cell in row if not isinstance(cell, str)]
    if not_text:
        problems.add(
            "cells are not text", file=file, count=len(not_text), values=map(str, not_text),
            todo='Format numbers for reading; write a missing value as "".',
        )  # fmt: skip


# --- to and from JSON ---


def to_json(report: Report) -> str:
    """The report as JSON: the same report gives the same text; `from_json` reads it back."""
    tree = asdict(report)
    for section, written in zip(report.sections, tree["sections"], strict=True):
        written["blocks"] = [block_as_dict(block) for block in section.blocks]
    return json.dumps(tree, ensure_ascii=False, indent=1) + "\n"


def from_json(text: str) -> Report:
    """The report written by `to_json`.

    Raises: DataError when the text is not one.
    """
    try:
        tree = json.loads(text)
        sections = tuple(_section_from(section) for section in tree["sections"])
        figures = tuple(_made(Figure, figure) for figure in tree["summary_figures"])
        return _made(Report, tree | {"sections": sections, "summary_figures": figures})
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DataError(
            Problem(
                f"this is not a report written by to_json ({type(error).__name__}: {error})",
                "Run the report notebook again.",
            )
        ) from error


def block_as_dict(block: Block) -> dict[str, Any]:
    """The block as a tree of plain values for JSON, its kind named; `block_from_dict` reads it back."""
    return {"kind": KIND_OF[type(block)]} | asdict(block)


def block_from_dict(tree: Mapping[str, Any]) -> Any:
    """The block that `block_as_dict` wrote. Raises KeyError, TypeError or ValueError when it is not one."""
    values = dict(tree)
    kind = BLOCK_KINDS[values.pop("kind")]
    if kind is Table:
        values["columns"] = tuple(Column(**column) for column in values["columns"])
        values["rows"] = tuple(map(tuple, values["rows"]))
    return _made(kind, values)


def _section_from(tree: Mapping[str, Any]) -> Section:
    return _made(Section, dict(tree) | {"blocks": tuple(map(block_from_dict, tree["blocks"]))})


def _made(kind: type[MadeT], values: Mapping[str, Any]) -> MadeT:
    """A `kind` of `values`, lists made tuples; a name it does not know is a TypeError."""
    return kind(
        **{name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
    )
