"""The report as a PDF that everybody can read: tagged, archivable, the same bytes on each run.

Typst lays it out and refuses what PDF/UA-1 and PDF/A-2a refuse. No font of the machine is used.
"""

from __future__ import annotations

import datetime
import itertools
import json
import re
import textwrap
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, cast

import matplotlib
import typst
from matplotlib.ft2font import FT2Font

from mapanalysis.errors import OutputError, Problem
from mapanalysis.files import write_bytes
from mapanalysis.markup import date_in_words, parse_inline, plain_text
from mapanalysis.publish.document import (
    KIND_OF,
    Block,
    Column,
    Figure,
    Report,
    Table,
    check_report,
    grid_of,
    name_of,
)

STANDARDS: list[typst.PDFStandard] = ["ua-1", "a-2a"]
# A row of a table is kept on one page, unless it is so long that it might not fit; a line is about so many letters.
LINE = 90
LINES_KEPT_WHOLE = 30
LONGEST_WORD = 80
TARGETS = ("url", "path_svg")
INLINE_FIELDS = ("text", "items", "title", "denominator", "note")


def write_pdf(report: Report, figures_root: Path, path: Path) -> None:
    """Writes the report to `path` as PDF/UA-1 and PDF/A-2a; figures are read below `figures_root`.

    Raises: DataError when the report cannot be rendered (see `check_report`); OutputError when Typst
    refuses it or the file cannot be written.
    """
    check_report(report, figures_root)
    try:
        compiler = typst.Compiler(
            files("mapanalysis.publish").joinpath("templates/report.typ").read_bytes(),
            root=figures_root.resolve(),
            font_paths=_fonts(),
            ignore_system_fonts=True,
            sys_inputs={"report": json.dumps(_shown(_tree(report)), ensure_ascii=False)},
        )
        pdf = compiler.compile(format="pdf", pdf_standards=STANDARDS, timestamp=_midnight(report.date))
    except typst.TypstError as error:
        raise OutputError(
            Problem(
                f"the PDF cannot be made: {error.message}",
                " ".join(error.hints) or "Look at the text, figure or table it names.",
                file=str(path),
            )
        ) from error
    write_bytes(path, cast("bytes", pdf))


def _midnight(date: str) -> datetime.datetime:
    return datetime.datetime.combine(datetime.date.fromisoformat(date), datetime.time(), datetime.UTC)


# --- the report as the template reads it ---


def _tree(report: Report) -> dict[str, Any]:
    language, _, region = report.language.partition("-")
    return {
        "title": report.title,
        "subtitle": _spans(report.subtitle),
        "question": _spans(report.question),
        "description": plain_text(report.question),
        "edition": report.edition,
        "day": date_in_words(report.date),
        "footer": textwrap.shorten(plain_text(report.footer), 400, placeholder=" …"),
        "running": f"{textwrap.shorten(report.title, 120, placeholder=' …')} · Edition {report.edition}",
        "author": report.author,
        "keywords": list(report.keywords),
        "language": language,
        "region": region or None,
        "summary": [_spans(message) for message in report.summary],
        "summary_figures": [_block(figure) for figure in report.summary_figures],
        "sections": [
            {
                "id": section.id,
                "title": plain_text(section.title),
                "level": section.level,
                "blocks": [_block(block) for block in section.blocks],
            }
            for section in report.sections
        ],
    }


def _block(block: Block) -> dict[str, Any]:
    written: dict[str, Any] = {"kind": KIND_OF[type(block)]} | asdict(block)
    for name in INLINE_FIELDS:
        if isinstance(value := written.get(name), str):
            written[name] = _spans(value)
        elif value is not None:
            written[name] = [_spans(item) for item in value]
    if isinstance(block, Figure | Table):
        written["name"] = name_of(block)
    if isinstance(block, Table):
        written |= _table(block)
    return written


def _table(table: Table) -> dict[str, Any]:
    """`columns` without the grouping one, and `parts`: runs of rows under one label (none without groups)."""
    grid = grid_of(table)
    parts = [
        {
            "label": None if part.label is None else _spans(part.label),
            "rows": [
                {"cells": [_spans(cell) for cell in row], "is_long": _is_long(row, grid.columns)}
                for row in part.rows
            ],
        }
        for part in grid.parts
    ]
    return {"rows": None, "columns": [asdict(column) for column in grid.columns], "parts": parts}


def _is_long(row: Sequence[str], columns: Sequence[Column]) -> bool:
    """Whether the row takes so many lines that it may not fit on a page."""
    total = sum(column.share for column in columns)
    cells = zip(row, columns, strict=True)
    return max(len(cell) * total / (LINE * column.share) for cell, column in cells) > LINES_KEPT_WHOLE


def _spans(text: str) -> list[dict[str, str]]:
    """The runs of `text`; a PDF is sent alone, so that what leads to a file beside it stays words."""
    spans = (
        replace(span, style="plain") if span.url.startswith("tables/") else span
        for span in parse_inline(text)
    )
    return [asdict(span) for span in spans]


# --- characters ---


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, font_paths=[_font_folder()])


def _font_folder() -> Path:
    return Path(matplotlib.get_data_path()) / "fonts" / "ttf"


@cache
def _drawable() -> frozenset[str]:
    """The characters that DejaVu Sans has in its upright styles; it stands last in each font list."""
    styles = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf")
    covered = [set(FT2Font(str(_font_folder() / style)).get_charmap()) for style in styles]
    # A byte order mark is in the fonts, and PDF/A allows none.
    return frozenset(map(chr, set.intersection(*covered))) - {"\ufeff"}


def _shown(tree: Any) -> Any:
    """`tree` with every text made of characters the PDF can show: see `shown_text`."""
    if isinstance(tree, str):
        return shown_text(tree)
    if isinstance(tree, dict):
        return {key: value if key in TARGETS else _shown(value) for key, value in tree.items()}
    return [_shown(item) for item in tree] if isinstance(tree, list) else tree


def shown_text(text: str) -> str:
    """`text` with what the fonts of the PDF lack replaced by a note in square brackets.

    A run of letters of another script becomes its name, as "[CJK script]"; other signs become "[symbol]". The
    HTML report shows them as they are.
    """
    tidy = unicodedata.normalize("NFC", re.sub(r"\s+", " ", text))
    tidy = re.sub(rf"\S{{{LONGEST_WORD}}}", "\\g<0>\u200b", tidy)
    runs = itertools.groupby(tidy, key=lambda character: character in _drawable())
    return "".join("".join(run) if drawable else _note(run) for drawable, run in runs)


def _note(run: Iterable[str]) -> str:
    """What stands for characters without a shape; marks that have none by nature leave nothing."""
    seen = [character for character in run if unicodedata.category(character) not in ("Cc", "Cf", "Mn", "Zs")]
    if not seen:
        return ""
    letters = [character for character in seen if unicodedata.category(character).startswith("L")]
    if not letters:
        return "[symbol]"
    script = unicodedata.name(letters[0], "unknown").split()[0]
    return f"[{script if script == 'CJK' else script.capitalize()} script]"
