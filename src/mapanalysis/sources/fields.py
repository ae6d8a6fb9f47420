"""What all record formats share: the fields of a record, and the few ways to write their values."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from mapanalysis.errors import DataError, Problem

FIELDS = (
    "record_type",
    "title",
    "authors",
    "year",
    "journal",
    "volume",
    "issue",
    "pages",
    "doi",
    "pmid",
    "pmcid",
    "language",
    "url",
    "abstract",
)

DOI = re.compile(r"10\.\d{4,9}/\S+")


@dataclass
class Parsed:
    """The records of one file, in its order, and how often each kind of repair was made.

    A record is a dictionary of `record_id` ("" where the file gives none) and `FIELDS`, "" = missing. `keywords` has
    the keywords or tags of each record, each once, as they are written.
    """

    records: list[dict[str, str]] = field(default_factory=list)
    repairs: Counter[str] = field(default_factory=Counter)
    keywords: list[list[str]] = field(default_factory=list)


def one_line(text: str) -> str:
    """`text` with every run of white space made one space: line breaks mean nothing in a citation."""
    return " ".join(text.split())


def fold_header(name: str) -> str:
    """The name of a column as it is looked up: lower case, dots, dashes and underlines as spaces.

    >>> fold_header("Publication_Year "), fold_header("article.ID")
    ('publication year', 'article id')
    """
    return one_line(re.sub(r"[_.\-]+", " ", name)).casefold()


def joined(values: Iterable[str]) -> str:
    """Several values as one, "; " between them, empty ones left out."""
    return "; ".join(line for value in values if (line := one_line(value)))


def split_keywords(values: Iterable[str], *, by_comma: bool = False) -> list[str]:
    """Keywords, each once, without the asterisk of a main topic. A value that holds several is parted at its semicolons; `by_comma`, where it has none, at
    its commas.

    >>> split_keywords(["Humans; Peer  support", "Humans", "a, b"])
    ['Humans', 'Peer support', 'a, b']
    """
    marks = ((value, "," if by_comma and ";" not in value else ";") for value in values)
    parts = (one_line(part.lstrip(" *")) for value, mark in marks for part in value.split(mark))
    return list(dict.fromkeys(part for part in parts if part))


def slug(text: str, taken: Iterable[str] = ()) -> str:
    """An id made of `text`, none of `taken`: letters and digits of any script in lower case, with underscores.

    >>> slug("Type of evidence"), slug("!", {"code"})
    ('type_of_evidence', 'code_2')
    """
    base = re.sub(r"\W+", "_", text.casefold()).strip("_")[:60] or "code"
    others, n, made = set(taken), 1, base
    while made in others:
        n += 1
        made = f"{base}_{n}"
    return made


def year_of(text: str) -> str:
    """The first year of four digits in a date, or the text as it stands when there is none.

    >>> year_of("2019/08//undefined"), year_of("2021 Jan"), year_of("20199"), year_of("in press")
    ('2019', '2021', '20199', 'in press')
    """
    found = re.search(r"(?<!\d)[0-9]{4}(?!\d)", text)
    return found.group() if found else one_line(text)


def page_range(first: str, last: str = "") -> str:
    """First and last page as one value; `first` alone when it is a range already.

    >>> page_range("12", "19"), page_range("125-136", ""), page_range("e1264", "e1264")
    ('12-19', '125-136', 'e1264')
    """
    if not first or not last or first == last or re.search(r"[-–—]", first):
        return first or last
    return f"{first}-{last}"


def check_count(expected: int, found: int, marker: str, file: str) -> None:
    """Nothing; raises DataError when a parser returned fewer or more records than the file marks."""
    if expected != found:
        raise DataError(
            Problem(
                f"expected {expected:,} records ({marker}), found {found:,}.",
                "A record begins or ends in an unusual way: look for a damaged line, or export again.",
                file=file,
            )
        )


EXPORT_AGAIN = "Export the records again, or in another format (RIS, NBIB, BibTeX, CSV)."


def guarded(parse: Callable[[], Any], library: str, file: str, todo: str = EXPORT_AGAIN) -> Any:
    """What `parse` returns; whatever a library raises becomes a DataError that names the file and says what to do."""
    try:
        return parse()
    except Exception as error:  # libraries raise ValueError, TypeError ...: to a user all mean one thing
        raise DataError(
            Problem(
                f"{library} cannot read it: {type(error).__name__}: {one_line(str(error))[:200]}.",
                todo,
                file=file,
            )
        ) from error
