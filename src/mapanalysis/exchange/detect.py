"""Which format a file is in, by its content, and its reader: one line for each format in `READERS`."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from mapanalysis.errors import DataError, Problem, UsageError, nearest_of
from mapanalysis.exchange.references import read_references
from mapanalysis.exchange.screened import read_rayyan
from mapanalysis.exchange.spreadsheets import read_covidence, read_spreadsheet
from mapanalysis.sources import rayyan
from mapanalysis.sources.csv_records import ALIASES, is_csv
from mapanalysis.sources.delimited import DELIMITERS, read_header, without_separator_line
from mapanalysis.sources.eppi_json import is_eppi_json, parse_eppi_json
from mapanalysis.sources.eppi_mapper import is_eppi_mapper, parse_eppi_mapper
from mapanalysis.sources.fields import fold_header
from mapanalysis.sources.library import Library
from mapanalysis.sources.records import FORMATS as RECORD_FORMATS
from mapanalysis.sources.text import check_size

HEAD = 64 * 1024  # what gives a format away stands here
ZIP = b"PK\x03\x04"
EXPECTED = (
    "expected EPPI-Reviewer JSON, a page of EPPI-Mapper, a coded table (CSV, TSV, XLSX), a Covidence or Rayyan export (CSV), "
    "or references (RIS, PubMed, BibTeX, EndNote XML, CSV)"
)
OTHERS = (
    (re.compile(rb"%PDF-"), "a PDF"),
    (re.compile(rb"\xd0\xcf\x11\xe0"), "an old Office file (save it as .xlsx)"),
    (re.compile(rb"\x1f\x8b"), "a gzip archive (unpack it first)"),
    (re.compile(rb"PK\x03\x04"), "a zip archive that is no workbook (unpack it first)"),
    (
        re.compile(rb"\s*(<!doctype html|<html|<head)", re.IGNORECASE),
        "a web page that is no map of EPPI-Mapper",
    ),
    (re.compile(rb"\s*<"), "XML that is not EndNote's"),
    (re.compile(rb"\s*[{\[]"), "JSON that is not EPPI-Reviewer's"),
)


@dataclass(frozen=True)
class Options:
    """What a person says of a file: `mapping` as YAML, `answers` to questions by their keys, whether tags are codes."""

    mapping: bytes | None = None
    answers: dict[str, Any] = field(default_factory=dict)
    tags: bool = False


@dataclass(frozen=True)
class Head:
    """The beginning of a file, as bytes and as text, which is enough to know its format."""

    data: bytes
    text: str
    file: str

    def header(self) -> list[str]:
        """The cells of the first line of a CSV file, under the mark that parts it into most."""
        text = without_separator_line(self.text)
        return max((read_header(text, mark) for mark in DELIMITERS), key=len)

    def columns(self) -> set[str]:
        return {fold_header(name) for name in self.header()}


@dataclass(frozen=True)
class Reader:
    """A format: its id for `--as`, its name, how it is recognised, and what reads it."""

    id: str
    name: str
    is_it: Callable[[Head], bool]
    read: Callable[[bytes, str, Options], Library]


def read_library(data: bytes, file: str, options: Options = Options(), *, format_id: str = "") -> Library:
    """The map in `data`, by the reader of its format, or of the format that `format_id` names.

    Raises DataError for a file of no known format, with what was expected and what was found, and as its reader does;
    UsageError for an unknown format.
    """
    check_size(len(data), file)
    if format_id:
        by_id = {reader.id: reader for reader in READERS}
        if format_id not in by_id:
            todo = f"Choose one of: {', '.join(by_id)}."
            raise UsageError(
                Problem(f"there is no format {format_id!r}", todo, nearest=nearest_of(format_id, by_id))
            )
        return by_id[format_id].read(data, file, options)
    return find_reader(data, file, options).read(data, file, options)


def find_reader(data: bytes, file: str, options: Options = Options()) -> Reader:
    """The reader of the file's format. A mapping makes it a coded table. Raises DataError for no known format."""
    if not data[:HEAD].strip():
        found = "an empty file" if not data.strip() else f"{HEAD // 1024} KiB of nothing at its beginning"
        raise DataError(Problem(f"{EXPECTED}, found {found}", "Export it again.", file=file))
    head = Head(data, _head_text(data), file)
    if options.mapping is not None:
        return next(reader for reader in READERS if reader.id == "table")
    for reader in READERS:
        if reader.is_it(head):
            return reader
    raise DataError(
        Problem(f"{EXPECTED}, found {_name_of_other(data)}", "Export it in one of these formats.", file=file)
    )


def _head_text(data: bytes) -> str:
    head = data[:HEAD]
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if head.startswith(mark):
            return head[len(mark) :].decode(encoding, "replace").replace("\r\n", "\n").replace("\r", "\n")
    return head.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")


def _name_of_other(data: bytes) -> str:
    start = data[:HEAD]
    for pattern, name in OTHERS:
        if pattern.match(start):
            return name
    return "binary data" if b"\0" in start else "text in none of these"


# --- how formats are recognised ---


def _is_workbook(head: Head) -> bool:
    return head.data.startswith(ZIP) and b"xl/" in head.data


def _is_covidence(head: Head) -> bool:
    return {"covidence #", "reviewer name"} <= head.columns()


def _is_rayyan(head: Head) -> bool:
    return is_csv(head.text) and rayyan.MARK.encode() in head.data


def _is_reference_list(head: Head) -> bool:
    """CSV with a title and most of what bibliographies say; a coded table seldom has abstracts."""
    columns = head.columns()
    known = {name for name, aliases in ALIASES.items() if columns & set(aliases)}
    return "title" in known and len(known) >= 6 and ("abstract" in known or len(known) * 2 > len(columns))


def _is_tagged(head: Head) -> bool:
    return any(one.sign is not None and one.sign.search(head.text) for one in RECORD_FORMATS)


def _is_table(head: Head) -> bool:
    is_other = re.match(r"\s*[<{\[%]", head.text) or "\0" in head.text
    return not is_other and len(head.header()) > 1


# --- readers ---


def _read_eppi_json(data: bytes, file: str, options: Options) -> Library:
    return parse_eppi_json(data, file)


def _read_eppi_mapper(data: bytes, file: str, options: Options) -> Library:
    return parse_eppi_mapper(data, file)


def _read_covidence(data: bytes, file: str, options: Options) -> Library:
    return read_covidence(data, file, options.mapping, options.answers)


def _read_table(data: bytes, file: str, options: Options) -> Library:
    return read_spreadsheet(data, file, options.mapping, options.answers)


def _read_rayyan(data: bytes, file: str, options: Options) -> Library:
    return read_rayyan(data, file, tags=options.tags)


def _read_references(data: bytes, file: str, options: Options) -> Library:
    return read_references(data, file, tags=options.tags)


# The first that recognises a file reads it.
READERS = (
    Reader("eppi-json", "EPPI-Reviewer JSON", lambda head: is_eppi_json(head.data), _read_eppi_json),
    Reader("eppi-mapper", "EPPI-Mapper page", lambda head: is_eppi_mapper(head.data), _read_eppi_mapper),
    Reader("covidence", "Covidence extraction (CSV)", _is_covidence, _read_covidence),
    Reader("rayyan", "Rayyan (CSV)", _is_rayyan, _read_rayyan),
    Reader(
        "references",
        "references (RIS, PubMed, BibTeX, EndNote XML, CSV)",
        lambda head: _is_tagged(head) or _is_reference_list(head),
        _read_references,
    ),
    Reader(
        "table",
        "coded table (CSV, TSV, XLSX)",
        lambda head: _is_workbook(head) or _is_table(head),
        _read_table,
    ),
)
