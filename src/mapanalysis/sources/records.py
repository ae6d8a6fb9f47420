"""Records of all sources as one frame: RIS, PubMed format, BibTeX, EndNote XML and CSV, each known by its content."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from mapanalysis.errors import DataError, MapError, Problem, Problems
from mapanalysis.sources.bibtex import parse_bibtex
from mapanalysis.sources.csv_records import is_csv, parse_csv
from mapanalysis.sources.endnote import SIGN, parse_endnote
from mapanalysis.sources.fields import FIELDS, Parsed
from mapanalysis.sources.medline import parse_medline
from mapanalysis.sources.ris import parse_ris
from mapanalysis.sources.text import Repair, check_size, decode_text, repairs_table

RECORD_COLUMNS = ("record_id", "source", "source_file", "source_row", *FIELDS)


@dataclass(frozen=True)
class Format:
    """One record format: how to read it, its usual endings, and the line that gives it away."""

    name: str
    parse: Callable[[str, str], Parsed]
    suffixes: tuple[str, ...]
    sign: re.Pattern[str] | None = None


RIS = Format("RIS", parse_ris, (".ris",), re.compile(r"^[^\S\n]*TY[^\S\n]{0,4}[-–—](?!\w)", re.M))
MEDLINE = Format(
    "PubMed format", parse_medline, (".nbib", ".medline"), re.compile(r"^(?:PMID|OWN |STAT)- ", re.M)
)
BIBTEX = Format("BibTeX", parse_bibtex, (".bib", ".bibtex"), re.compile(r"^[^\S\n]*@\s*\w+\s*[{(]", re.M))
ENDNOTE = Format("EndNote XML", parse_endnote, (".xml",), SIGN)
CSV = Format("CSV", parse_csv, (".csv", ".tsv"))
FORMATS = (RIS, MEDLINE, BIBTEX, ENDNOTE, CSV)

# What is often saved in place of records, by how it begins.
OTHER_FORMATS = (
    (
        r"<!doctype html|<html|<head",
        "a web page",
        "The download may have been a log-in page: download it again.",
    ),
    (
        r"<\?xml|<records>|<xml>",
        "XML that is not EndNote's",
        "Export the records as RIS, NBIB, BibTeX or CSV.",
    ),
    (r"[{\[]", "JSON", "Export the records as RIS, NBIB, BibTeX or CSV."),
    (r"%[0-9A-Z] ", "EndNote tagged text", "Export the records as RIS."),
    (r"(?:FN |PT [A-Z]\n)", "Web of Science plain text", "Export the records as RIS."),
)


@dataclass(frozen=True)
class RecordSet:
    """All records read, and all repairs that took.

    records: one row per record as a source returned it; key record_id. Columns, all text except the
    position: record_id, source (the file's name without its ending), source_file (its path below the
    data folder), source_row (position in its file, from 1), record_type, title, authors ("; "
    between them), year, journal, volume, issue, pages, doi, pmid, pmcid, language, url, abstract.
    Missing text is "". Values are those of the file; white space is one space; year is the first
    of four digits in the date; nothing is folded or normalised for matching.

    repairs: one row per file and kind of repair: file, what, count.

    keywords: one row per record and keyword or tag, as it is written: record_id, keyword.
    """

    records: pd.DataFrame
    repairs: pd.DataFrame
    keywords: pd.DataFrame


def read_records(
    paths: Iterable[Path], root: Path, read_bytes: Callable[[Path], bytes] = Path.read_bytes
) -> RecordSet:
    """The records of all files, in the order of the files, with the repairs made.

    `root` is the folder that `source_file` is relative to. `read_bytes` gives the bytes of a file, so
    that a caller can verify them on the way; a MapError it raises is collected with the others.

    The record id stands in ID (RIS), OWN (PubMed format), the entry key (BibTeX) or `record_id` or a
    like column (CSV); a record without one is named by its file and position: `publishers-12`.

    Raises DataError, once for all files: a file is missing, empty, not text, of an unknown format, cut
    off, damaged, or holds no records; a parser returned another number of records than the file marks;
    two files have one name; a record id is used twice.
    """
    problems = Problems()
    rows: list[dict[str, str | int]] = []
    repairs: list[Repair] = []
    files: list[str] = []
    keywords: list[list[str]] = []
    for path in paths:
        files.append(_name_below(path, root))
        try:
            parsed, of_text = _read_file(path, files[-1], read_bytes)
        except MapError as error:
            problems.collect(error)
            continue
        made_ids = _add_rows(rows, parsed, files[-1])
        keywords += parsed.keywords or [[]] * len(parsed.records)
        repairs += of_text
        repairs += [Repair(files[-1], what, n) for what, n in (parsed.repairs + made_ids).items() if n]
    if not files:
        problems.add("expected at least one file of records, found none.", todo="Put exports into records/.")
    _check_names(files, problems)
    _check_ids(rows, problems)
    problems.raise_if_any(DataError)
    return _as_set(rows, repairs, keywords)


def no_records() -> RecordSet:
    """The records of a map that came without any: none, in the same columns."""
    return _as_set([], [], [])


def _as_set(rows: list[dict[str, str | int]], repairs: list[Repair], keywords: list[list[str]]) -> RecordSet:
    frame = pd.DataFrame(rows, columns=list(RECORD_COLUMNS))
    types = {column: "int64" if column == "source_row" else "str" for column in RECORD_COLUMNS}
    named = [(row["record_id"], word) for row, words in zip(rows, keywords, strict=True) for word in words]
    tags = pd.DataFrame(named, columns=["record_id", "keyword"], dtype="str")
    return RecordSet(frame.astype(types), repairs_table(repairs), tags)


def _name_below(path: Path, root: Path) -> str:
    """The path relative to `root`, with forward slashes; the whole path when it lies elsewhere."""
    absolute, top = path.absolute(), root.absolute()
    return absolute.relative_to(top).as_posix() if absolute.is_relative_to(top) else path.as_posix()


def _read_file(path: Path, file: str, read_bytes: Callable[[Path], bytes]) -> tuple[Parsed, list[Repair]]:
    text, repairs = decode_text(_bytes_of(path, file, read_bytes), file)
    if not text.strip():
        raise DataError(Problem("expected records, found an empty file.", "Export it again.", file=file))
    record_format = format_of(text, file)
    suffix = Path(file).suffix.lower()
    if suffix not in (*record_format.suffixes, ".txt"):
        repairs.append(Repair(file, f"read as {record_format.name}, by its content, not as its name says"))
    parsed = record_format.parse(text, file)
    if not parsed.records:
        what = f"expected records in {record_format.name}, found none."
        raise DataError(Problem(what, "Export it again, or take the file out.", file=file))
    return parsed, repairs


def _bytes_of(path: Path, file: str, read_bytes: Callable[[Path], bytes]) -> bytes:
    try:
        # Asked before reading, so that a file of many gigabytes does not fill the memory first.
        if path.exists():
            check_size(path.stat().st_size, file)
        return read_bytes(path)
    except OSError as error:
        what = f"cannot be read: {error.strerror or error}."
        raise DataError(Problem(what, "Check that it is there and may be read.", file=file)) from error


def format_of(text: str, file: str) -> Format:
    """The format of a file of records, by its content; by its ending where the content does not tell.

    Raises DataError for formats that hold no records or cannot be read.
    """
    start = text.lstrip()
    if SIGN.match(start):
        return ENDNOTE
    for pattern, name, todo in OTHER_FORMATS[:2]:
        if re.match(pattern, start, re.IGNORECASE):
            raise DataError(_unknown(name, todo, file))
    if is_csv(text):
        return CSV
    found = [
        (match.start(), position)
        for position, record_format in enumerate(FORMATS)
        if record_format.sign and (match := record_format.sign.search(text))
    ]
    if found:
        return FORMATS[min(found)[1]]
    for pattern, name, todo in OTHER_FORMATS[2:]:
        if re.match(pattern, start):
            raise DataError(_unknown(name, todo, file))
    for record_format in FORMATS:
        if Path(file).suffix.lower() in record_format.suffixes:
            return record_format
    raise DataError(_unknown("none of them", "Export the records in one of these.", file))


def _unknown(found: str, todo: str, file: str) -> Problem:
    return Problem(
        f"expected records as RIS, PubMed format, BibTeX, EndNote XML or CSV, found {found}.", todo, file=file
    )


def _add_rows(rows: list[dict[str, str | int]], parsed: Parsed, file: str) -> Counter[str]:
    """Append the records of a file to `rows`, named and placed; how many ids had to be made."""
    source = Path(file).stem
    made: Counter[str] = Counter()
    for position, record in enumerate(parsed.records, start=1):
        record_id = record.get("record_id", "")
        if not record_id:
            record_id = f"{source}-{position}"
            made["record ids made from the file's name and the position"] += 1
        place: dict[str, str | int] = {
            "record_id": record_id,
            "source": source,
            "source_file": file,
            "source_row": position,
        }
        rows.append({**place, **{name: record.get(name, "") for name in FIELDS}})
    return made


def _check_names(files: list[str], problems: Problems) -> None:
    """Two files of one name would be one source in every count."""
    by_name = defaultdict(list)
    for file in files:
        by_name[Path(file).stem].append(file)
    for name, same in by_name.items():
        if len(same) > 1:
            problems.add(
                f"expected each source once, found {len(same)} files of the name {name!r}.",
                todo="Rename them: the name without its ending is the source's name in every count.",
                file=same[0],
                values=same,
            )


def _check_ids(rows: list[dict[str, str | int]], problems: Problems) -> None:
    """One problem for each group of files that share record ids."""
    places: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        places[str(row["record_id"])].append(str(row["source_file"]))
    shared: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for record_id, files in places.items():
        if len(files) > 1:
            shared[tuple(dict.fromkeys(files))].append(record_id)
    for files_of_ids, ids in shared.items():
        problems.add(
            "expected each record id once, found some that are used more than once.",
            todo="Give each record an id of its own: ID in RIS, OWN in PubMed format, the key in "
            "BibTeX, record_id in CSV. A file may also have been added twice.",
            file=", ".join(files_of_ids),
            column="record_id",
            count=len(ids),
            values=ids,
        )
