"""Records of a CSV file: columns found by their usual names, whatever separates the cells."""

from __future__ import annotations

import re
from collections import Counter

from mapanalysis.errors import DataError, Problems, nearest_of
from mapanalysis.sources.delimited import (
    DELIMITERS,
    fill_rows,
    read_header,
    read_rows,
    without_separator_line,
)
from mapanalysis.sources.fields import (
    Parsed,
    fold_header,
    joined,
    one_line,
    page_range,
    split_keywords,
    year_of,
)

# Headers as other programs write them, in lower case, words parted by one space; the first found counts.
# Zotero: Key, Item Type, Publication Year, Publication Title, Abstract Note. Rayyan: key, pubmed_id,
# pmc_id. Covidence: Covidence #, Published Year. PubMed: Journal/Book. Scopus: Source title, Page start.
ALIASES: dict[str, tuple[str, ...]] = {
    "record_id": ("record id", "recordid", "key", "covidence #", "ref id", "refid", "id"),
    "record_type": ("record type", "item type", "publication type", "document type", "type"),
    "title": ("title", "article title", "document title", "primary title", "title primary", "ti"),
    "authors": ("authors", "author", "author(s)", "author names", "au"),
    "year": ("year", "publication year", "published year", "pub year", "py", "publication date", "date"),
    "journal": (
        "journal",
        "publication title",
        "journal/book",
        "source title",
        "journal title",
        "journal name",
        "publication name",
        "secondary title",
    ),
    "volume": ("volume", "vol", "vl"),
    "issue": ("issue", "number", "issue number"),
    "pages": ("pages", "page range", "page(s)", "page numbers"),
    "first_page": ("page start", "start page", "first page"),
    "last_page": ("page end", "end page", "last page"),
    "doi": ("doi", "article doi"),
    "pmid": ("pmid", "pubmed id", "pubmedid"),
    "pmcid": ("pmcid", "pmc id", "pmc"),
    "language": ("language", "language of original document", "lang", "la"),
    "url": ("url", "urls", "link", "links"),
    "abstract": ("abstract", "abstract note", "abstract text", "ab"),
}
KEYWORDS = ("keywords", "author keywords", "manual tags", "automatic tags", "tags")


def is_csv(text: str) -> bool:
    """Whether the first line is a header with a title column, under any of the delimiters."""
    text = without_separator_line(text)
    return any("title" in _columns(read_header(text, delimiter)) for delimiter in DELIMITERS)


def parse_csv(text: str, file: str) -> Parsed:
    """The records of a CSV file: one per row that is not empty, in the order of the file.

    Comma, semicolon or tab separate the cells: whichever finds most known headers. Values are text.
    Rayyan parts authors by "and": they are parted by "; " here as everywhere.

    Raises DataError without a title column, for two columns of one name, for rows with more cells
    than the header, for a quote that is never closed and a last row cut short (a file cut off).
    """
    text = without_separator_line(text)
    delimiter = _delimiter(text)
    header = read_header(text, delimiter)
    columns = _columns(header)
    _check_columns(header, columns, file)
    repairs: Counter[str] = Counter()
    if delimiter != ",":
        repairs[f"cells separated by {DELIMITERS[delimiter]}"] += 1
    rows = read_rows(text, delimiter, file)
    cells = fill_rows(rows, len(header), is_ended=text.endswith("\n"), repairs=repairs, file=file)
    is_rayyan = {"key", "pubmed id", "pmc id"} <= {fold_header(name) for name in header}
    records = [_fields_of(row, columns, is_rayyan) for row in cells]
    tags = [position for position, name in enumerate(header) if fold_header(name) in KEYWORDS]
    keywords = [split_keywords((row[position] for position in tags), by_comma=True) for row in cells]
    return Parsed([_without_na(record, repairs) for record in records], repairs, keywords)


def _columns(header: list[str]) -> dict[str, int]:
    """field → position of its column."""
    names = [fold_header(name) for name in header]
    found = {}
    for name, aliases in ALIASES.items():
        position = next((names.index(alias) for alias in aliases if alias in names), None)
        if position is not None:
            found[name] = position
    return found


def _delimiter(text: str) -> str:
    def rank(delimiter: str) -> tuple[bool, int, int]:
        header = read_header(text, delimiter)
        columns = _columns(header)
        return "title" in columns, len(columns), len(header)

    return max(DELIMITERS, key=rank)


def _check_columns(header: list[str], columns: dict[str, int], file: str) -> None:
    problems = Problems()
    if "title" not in columns:
        problems.add(
            "expected a column with titles, found none.",
            todo="Name the column `title`.",
            file=file,
            row=1,
            values=header,
            nearest=next((alias for name in header if (alias := nearest_of(name, ALIASES["title"]))), ""),
        )
    names = Counter(fold_header(name) for name in header)
    used = {fold_header(header[position]) for position in columns.values()}
    for name in sorted(name for name in used if names[name] > 1):
        problems.add(
            "expected each column once, found two of one name.",
            todo="Rename or remove one of them.",
            file=file,
            row=1,
            column=name,
            count=names[name],
        )
    problems.raise_if_any(DataError)


def _fields_of(row: list[str], columns: dict[str, int], is_rayyan: bool) -> dict[str, str]:
    fields = {name: one_line(row[position]) for name, position in columns.items()}
    pages = page_range(fields.pop("first_page", ""), fields.pop("last_page", ""))
    fields["pages"] = fields.get("pages") or pages
    fields["year"] = year_of(fields.get("year", ""))
    if is_rayyan:
        fields["authors"] = joined(re.split(r"\s+and\s+", fields.get("authors", "")))
    return fields


def _without_na(record: dict[str, str], repairs: Counter[str]) -> dict[str, str]:
    """R writes a missing value as NA; kept, it would be one DOI that joins all records without any."""
    missing = [name for name, value in record.items() if value == "NA" and name not in ("record_id", "title")]
    repairs["cells NA (missing, as R writes it) read as empty"] += len(missing)
    return record | dict.fromkeys(missing, "")
