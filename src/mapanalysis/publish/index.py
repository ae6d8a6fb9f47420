"""The front door of an edition: one page that leads a reader to the report, the tables and the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from bs4 import BeautifulSoup

from mapanalysis.errors import OutputError, Problems
from mapanalysis.markup import date_in_words
from mapanalysis.publish.html import Page, environment, write_page

FORMATS = {
    ".html": "Web page",
    ".pdf": "PDF",
    ".csv": "Table (CSV)",
    ".svg": "Picture (SVG)",
    ".png": "Picture (PNG)",
    ".json": "JSON",
    ".ris": "References (RIS)",
    ".ipynb": "Jupyter notebook",
    ".zip": "ZIP archive",
}


@dataclass(frozen=True)
class Item:
    """A file of the edition: `path` is posix and relative to the index, `what` one sentence or ""."""

    path: str
    title: str
    what: str = ""


@dataclass(frozen=True)
class Group:
    """Files under one heading; those of the first group are shown as doors, the others as rows."""

    title: str
    items: tuple[Item, ...]
    note: str = ""


def write_index(
    path: Path,
    *,
    title: str,
    edition: str,
    date: str,
    licence: str,
    groups: Sequence[Group],
    subtitle: str = "",
    question: str = "",
    provenance: Sequence[tuple[str, str]] = (),
    footer: Sequence[str] = (),
) -> None:
    """Writes the page that leads to every file of `groups`, with its format and size.

    `date` is ISO; `provenance` are (label, value) pairs out of the manifest; empty groups are left out.

    Raises: OutputError when a file it would lead to is not there, or the page cannot be written.
    """
    shown = [group for group in groups if group.items]
    _check_files(path.parent, shown)
    body = (
        environment()
        .get_template("index.html.j2")
        .render(
            groups=[
                {
                    "title": group.title,
                    "note": group.note,
                    "rows": [_row(path.parent, item) for item in group.items],
                }
                for group in shown
            ],
            provenance=provenance,
        )
    )
    page = Page(
        kind="index",
        title=title,
        subtitle=subtitle,
        question=question,
        facts=(f"Edition {edition}", date_in_words(date), f"Licence: {licence}"),
        footer=tuple(footer),
    )
    write_page(path, page, BeautifulSoup(body, "html.parser"))


def _check_files(folder: Path, groups: Sequence[Group]) -> None:
    problems = Problems()
    for item in (item for group in groups for item in group.items):
        if not (folder / item.path).is_file():
            problems.add(
                "the index would lead to a file that is not there",
                file=item.path,
                todo="Write the file first, or take it out of the index.",
            )
    problems.raise_if_any(OutputError)


def _row(folder: Path, item: Item) -> dict[str, str]:
    path = PurePosixPath(item.path)
    return {
        "title": item.title,
        "what": item.what,
        "path": item.path,
        "file": path.name,
        "format": FORMATS.get(path.suffix, path.suffix.lstrip(".").upper()),
        "size": size_in_words((folder / item.path).stat().st_size),
    }


def size_in_words(n_bytes: int) -> str:
    """A size for readers: "812 bytes", "46 KB", "1.2 MB"; 1,000 bytes to the KB, as file managers count."""
    if n_bytes < 1_000:
        return f"{n_bytes} bytes"
    if n_bytes < 999_500:
        return f"{n_bytes / 1_000:.0f} KB"
    return f"{n_bytes / 1_000_000:.1f} MB"
