"""Records of a CSV file: columns found by their usual names, whatever separates the cells."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter

from mapanalysis.errors import DataError, Problem, Problems, nearest_of
from mapanalysis.sources.fields import Parsed, check_count, joined, one_line, page_range, year_of

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab"}

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

MOST_HEADER = 64 * 1024
SEPARATOR_LINE = re.compile(r"sep=(.)\n", re.IGNORECASE)


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
    is_rayyan = {"key", "pubmed id", "pmc id"} <= {_folded(name) for name in header}
    records = [_fields_of(row, columns, is_rayyan) for row in cells]
    return Parsed([_without_na(record, repairs) for record in records], repairs)


def without_separator_line(text: str) -> str:
    """The text without the line `sep=;` that Excel may put first, and without blank lines before it."""
    text = text.lstrip("\n")
    found = SEPARATOR_LINE.match(text)
    return text[found.end() :].lstrip("\n") if found else text


def _folded(header: str) -> str:
    return " ".join(re.sub(r"[_.\-\s]+", " ", header).split()).casefold()


def read_header(text: str, delimiter: str) -> list[str]:
    """The cells of the first row; none where it cannot be read."""
    try:
        return next(csv.reader(io.StringIO(text[:MOST_HEADER], newline=""), delimiter=delimiter), [])
    except csv.Error:
        return []


def _columns(header: list[str]) -> dict[str, int]:
    """field → position of its column."""
    names = [_folded(name) for name in header]
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
    names = Counter(_folded(name) for name in header)
    used = {_folded(header[position]) for position in columns.values()}
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


def read_rows(text: str, delimiter: str, file: str) -> list[list[str]]:
    """All rows after the header, a blank line being an empty one; counted and checked for open quotes."""
    rows = _strict(text, delimiter, file)
    _check_no_row_in_a_cell(rows[1:], delimiter, len(rows[0]) if rows else 0, file)
    check_count(_count(text, delimiter), sum(map(bool, rows)) - 1, "rows below the header", file)
    return rows[1:]


def _strict(text: str, delimiter: str, file: str) -> list[list[str]]:
    """All rows as the csv module reads them in its strict mode: an open quote is an error."""
    # The csv module's limit is for the whole process and smaller than a long abstract with its notes.
    csv.field_size_limit(max(csv.field_size_limit(), len(text) + 1))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[list[str]] = []
    try:
        rows.extend(reader)
    except csv.Error as error:
        raise DataError(
            Problem(
                f"the row cannot be read: {error}.",
                "A quote inside a quoted cell must be doubled and the last one closed; "
                "at the end of the file this means it is cut off.",
                file=file,
                row=len(rows) + 1,
            )
        ) from error
    return rows


def _check_no_row_in_a_cell(rows: list[list[str]], delimiter: str, n_cells: int, file: str) -> None:
    """A quote left open ends at the next one, many rows below: those rows are then text of one cell.

    A row is told from prose by its separators, as many as the header's and with no space behind.
    """
    fewest = max(n_cells - 1, 4)
    separator = re.compile(f"{delimiter}(?! )")
    swallowed = [
        number
        for number, row in enumerate(rows, start=2)
        if any(len(separator.findall(line)) >= fewest for cell in row for line in cell.split("\n")[1:])
    ]
    if swallowed:
        raise DataError(
            Problem(
                "a quoted cell holds whole rows: its quote was never closed.",
                "Close the quote, or double it where it is part of the text.",
                file=file,
                row=swallowed[0],
                count=len(swallowed),
            )
        )


def _count(text: str, delimiter: str) -> int:
    """How many rows stand below the header, by lines alone once every quoted cell is blotted out."""
    quoted = re.compile(rf'(^|[{delimiter}\n])"[^"]*(?:""[^"]*)*"(?=[{delimiter}\n]|\Z)')
    return sum(line != "" for line in quoted.sub(r"\1x", text).split("\n")) - 1


def fill_rows(
    rows: list[list[str]], n_cells: int, *, is_ended: bool, repairs: Counter[str], file: str
) -> list[list[str]]:
    """Rows of as many cells as the header has: short ones filled, rows of nothing left out."""
    long = [number for number, row in enumerate(rows, start=2) if any(cell.strip() for cell in row[n_cells:])]
    if long:
        raise DataError(
            Problem(
                f"expected {n_cells} cells in a row, found more.",
                "A cell that holds the separator must stand in quotes.",
                file=file,
                row=long[0],
                count=len(long),
                values=tuple(f"row {number}: {len(rows[number - 2])} cells" for number in long),
            )
        )
    if rows and 0 < len(rows[-1]) < n_cells and not is_ended:
        raise DataError(
            Problem(
                f"expected {n_cells} cells in the last row, found {len(rows[-1])}: the file is cut off.",
                "Download or export it again; if it is complete, end its last line with a line end.",
                file=file,
                row=len(rows) + 1,
            )
        )
    kept = [row for row in rows if any(cell.strip() for cell in row)]
    repairs["rows of empty cells left out"] += sum(map(bool, rows)) - len(kept)
    repairs["rows with fewer cells than the header filled up"] += sum(len(row) < n_cells for row in kept)
    return [row[:n_cells] + [""] * (n_cells - len(row)) for row in kept]


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
