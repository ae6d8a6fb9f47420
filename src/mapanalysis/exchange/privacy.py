"""What would be published and should not: e-mail addresses, names of coders, comments, quoted full text.

Only allow-listed fields leave a project: columns of reports, the texts of the codebook, `about.yaml`. Here these are
read for what people write into them by mistake. Nothing is changed; values are shown masked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from mapanalysis.errors import MapError, Problem
from mapanalysis.project import Project
from mapanalysis.sources.raw_tables import read_raw_table
from mapanalysis.sources.records import read_records
from mapanalysis.tables import RAW, SETTLED, dtypes_of
from mapanalysis.viewer.text import EMAIL

WORDS_IN_A_QUOTE = 25  # a quoted passage of so many words is no longer a phrase
WORDS_IN_COMMON = 20  # so many words in the order of an abstract are that abstract
QUOTE = re.compile(r"[\"“„«]([^\"“”„«»]{40,})[\"”“»]")
COMMENT = re.compile(
    r"\b(?:to-?do|fix ?me|check (?:this|with|again)|(?:my|internal|coder'?s?) (?:comment|note)s?|note to self|ask \w+ (?:about|whether))\b",
    re.IGNORECASE,
)
SHORTEST_NAME = 4  # letters; "A" and "S1" name nobody
NAMELESS = re.compile(
    rf"{SETTLED}|(?:screener|coder|reviewer|rater|extractor)[\W_]*\w{{1,2}}|\W*\w{{1,3}}\W*|.*\d",
    re.IGNORECASE,
)
# Where an address of e-mail is meant to stand.
MEANT = {("about.yaml", "contact")}
# The raw tables whose texts are published as people wrote them, and which of their columns.
PUBLISHED = {
    "reports": tuple(name for name, kind in dtypes_of(RAW["reports"]).items() if kind == "str"),
    "citations": ("title",),
    "duplicate_decisions": ("reason",),
}


@dataclass(frozen=True)
class Published:
    """One text that outputs may show: where it stands, and what it says. `row` as a spreadsheet counts."""

    file: str
    row: int | None
    column: str
    text: str


def find_private(project: Project) -> list[Problem]:
    """One problem for each place and kind: file, row, column, masked value. None where the raw data cannot be read."""
    published = list(_published_of(project))
    names = _names_of(project)
    abstracts = _abstracts_of(project)
    checks: tuple[tuple[str, str, Callable[[Published], Iterable[str]]], ...] = (
        ("an e-mail address would be published", "Take it out.", _find_addresses),
        (
            "the name of a coder or screener would be published",
            "Take it out.",
            lambda one: _find_names(one, names),
        ),
        ("a comment of the team would be published", "Take it out.", lambda one: COMMENT.findall(one.text)),
        (
            "a long quotation would be published",
            "Say it in words of your own: full texts are the words of others.",
            lambda one: _find_quotes(one, abstracts),
        ),
    )
    problems = []
    for what, todo, check in checks:
        found: dict[tuple[str, str], list[tuple[Published, str]]] = {}
        for one in published:
            for value in check(one):
                found.setdefault((one.file, one.column), []).append((one, value))
        for (file, column), hits in found.items():
            values = tuple(dict.fromkeys(mask(value) for _, value in hits))
            problems.append(Problem(what, todo, file, hits[0][0].row, column, len(hits), values))
    return problems


def mask(value: str) -> str:
    """The value so that its place can be found and no more be known: "a…@e….org", "J… S…", "The first words …".

    >>> mask("ann.lee@example.org"), mask("Jane Smith"), mask("People who garden every week were less lonely in this")
    ('a…@e….org', 'J… S…', 'People who garden …')
    """
    if "@" in value:
        name, _, host = value.partition("@")
        return f"{name[:1]}…@{host[:1]}….{host.rpartition('.')[2]}"
    words = value.split()
    return " ".join(words[:3]) + " …" if len(words) > 4 else " ".join(f"{word[:1]}…" for word in words)


# --- what is published ---


def _published_of(project: Project) -> Iterator[Published]:
    for name, columns in PUBLISHED.items():
        frame = _read(project, name)
        if frame is not None:
            for column in columns:
                for row, text in enumerate(frame[column], start=2):
                    if text:
                        yield Published(f"{name}.csv", row, column, text)
    try:
        words = (("codebook.yaml", project.codebook), ("about.yaml", project.about))
    except (MapError, OSError):
        return
    for file, model in words:
        for place, text in _texts_in(model.model_dump(mode="json", exclude_defaults=True)):
            yield Published(file, None, place, text)


def _texts_in(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a tree with its place: "dimensions outcome codes body definition"."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from _texts_in(part, f"{place}.{key}" if place else str(key))
    elif isinstance(value, list):
        for number, part in enumerate(value, start=1):
            name = part.get("id", number) if isinstance(part, dict) else number
            yield from _texts_in(part, f"{place}[{name}]")


def _read(project: Project, name: str) -> pd.DataFrame | None:
    """A raw table, or None where it is not there or cannot be read: that is a problem of its own."""
    path = project.raw / f"{name}.csv"
    try:
        return read_raw_table(project.read_bytes(path), RAW[name], path.name)[0]
    except MapError:
        return None


def _names_of(project: Project) -> re.Pattern[str] | None:
    """The names of those who coded or screened, as one pattern; ids such as "A" or "screener 1" are nobody's name."""
    columns = (("codings", "coder"), ("screening_records", "screener"), ("screening_reports", "screener"))
    found: set[str] = set()
    for table, column in columns:
        frame = _read(project, table)
        if frame is not None:
            found |= {name.strip() for name in frame[column].unique()}
    names = sorted(
        (name for name in found if len(name) >= SHORTEST_NAME and not NAMELESS.fullmatch(name)), key=len
    )
    return (
        re.compile(rf"\b(?:{'|'.join(map(re.escape, reversed(names)))})\b", re.IGNORECASE) if names else None
    )


def _abstracts_of(project: Project) -> set[int]:
    """Every run of words of every abstract in the files of records, as hashes."""
    if not project.record_files():
        return set()
    try:
        records = read_records(project.record_files(), project.raw, project.read_bytes).records
    except MapError:
        return set()
    return {run for abstract in records["abstract"] for run in _runs(abstract)}


def _runs(text: str) -> Iterator[int]:
    words = re.findall(r"\w+", text.casefold())
    for start in range(len(words) - WORDS_IN_COMMON + 1):
        yield hash(tuple(words[start : start + WORDS_IN_COMMON]))


# --- what is looked for ---


def _find_addresses(one: Published) -> list[str]:
    if (one.file, one.column) in MEANT or "@" not in one.text:
        return []
    return [found[0] for found in EMAIL.finditer(one.text)]


def _find_names(one: Published, names: re.Pattern[str] | None) -> list[str]:
    """Names of coders; authors of the map may stand in about.yaml, and authors of reports are authors."""
    if names is None or one.file == "about.yaml" or one.column == "authors":
        return []
    return [found[0] for found in names.finditer(one.text)]


def _find_quotes(one: Published, abstracts: set[int]) -> list[str]:
    if one.column == "title":
        return []
    quotes = [quote for quote in QUOTE.findall(one.text) if len(quote.split()) >= WORDS_IN_A_QUOTE]
    if not quotes and one.file == "reports.csv" and any(run in abstracts for run in _runs(one.text)):
        quotes = [one.text]
    return quotes
