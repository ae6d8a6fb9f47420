"""RIS records, read by rispy after every line was put into the one form rispy reads without loss.

rispy alone drops records without a word: behind a byte order mark, without an end line, with one
space before the dash; and of a repeated tag all values but the first. So the lines are scanned and
written anew here, the record lines (TY) counted apart from that, and the counts compared at the end.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

import rispy

from mapanalysis.errors import DataError, Problems
from mapanalysis.sources.fields import (
    DOI,
    Parsed,
    check_count,
    guarded,
    joined,
    one_line,
    page_range,
    split_keywords,
    year_of,
)

EXACT_TAG = re.compile(r"([A-Z][A-Z0-9])  -( ?)(.*)")
LOOSE_TAG = re.compile(r"\s*([A-Z][A-Z0-9])\s{0,4}[-–—](\s+|$)(.*)")
RECORD_TYPE = re.compile(r"[A-Za-z]{3,8}\s*")
# Counts records for the check at the end; on purpose not the patterns of the scan.
RECORD_LINE = re.compile(r"^[^\S\n]*TY[^\S\n]{0,4}[-–—]", re.MULTILINE)

# After these a line such as "T2 - weighted imaging" is more likely text than a tag.
LONG_TEXT_TAGS = ("AB", "N1", "N2")
# Outside a record these are parts of a record that lost its first line; others (Ovid puts C1
# there) describe the search.
TAGS_OF_A_RECORD = frozenset(
    ("TI", "T1", "AU", "A1", "AB", "N2", "DO", "PY", "Y1", "JO", "JF", "T2", "VL", "IS", "SP", "EP")
)
TITLE_TAGS = ("TI", "T1")
SINGLE_TAGS = ("ID", "TI", "T1", "PY", "Y1", "JO", "JF", "VL", "IS", "SP", "EP", "DO")


@dataclass
class _Record:
    line: int
    type: str
    is_loose: bool
    is_closed: bool = False
    fields: list[tuple[str, list[str]]] = field(default_factory=list)


def parse_ris(text: str, file: str) -> Parsed:
    """The records of a RIS file: one per TY line, in the order of the file.

    Vendors' dialects are mapped to the fields of a record: T1/TI, A1/AU, Y1/PY/DA, JF/JO/T2/JA,
    N2/AB, SP/EP; a DOI may stand in DO, M3, L3 or a doi.org link; C2 holds a PMC or PubMed number;
    AN a PubMed number, unless EBSCO, which numbers otherwise, is the source.

    Raises DataError when the last record has no end line (a file cut off), when tags stand outside
    any record, when two records have run together, and when the counts differ.
    """
    scan = _Scan(file)
    for number, line in enumerate(text.split("\n"), start=1):
        scan.read(line, number)
    scan.finish()
    records = guarded(lambda: _rispy(scan.records), "rispy", file)
    check_count(len(RECORD_LINE.findall(text)), len(records), "lines that begin with TY", file)
    n_values = sum(
        len(values) for record in records for values in record.values() if isinstance(values, list)
    )
    check_count(sum(len(r.fields) for r in scan.records), n_values, "values behind the tags", file)
    _check_not_run_together(records, scan)
    keywords = [split_keywords(record.get("KW", [])) for record in records]
    return Parsed([_fields_of(record) for record in records], scan.repairs, keywords)


class _Scan:
    """Reads line by line: which record and tag a line belongs to, and what had to be repaired."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.records: list[_Record] = []
        self.repairs: Counter[str] = Counter()
        self.strays: list[tuple[int, str]] = []
        self.last_outside = ""

    @property
    def open_record(self) -> _Record | None:
        return self.records[-1] if self.records and not self.records[-1].is_closed else None

    def read(self, line: str, number: int) -> None:
        if not line or line.isspace():
            return
        tag, value = self.split(line)
        record = self.open_record
        if tag == "TY":
            self.records.append(_Record(number, value, is_loose=not EXACT_TAG.match(line)))
        elif record is None:
            self.read_outside(tag, line, number)
        elif tag == "ER":
            record.is_closed = True
            if value:
                self.repairs["text behind an end line (ER) left out"] += 1
        elif tag:
            record.fields.append((tag, [value]))
        elif record.fields:
            record.fields[-1][1].append(line.strip())
        else:
            record.type = f"{record.type} {line.strip()}"

    def split(self, line: str) -> tuple[str, str]:
        """Tag and value of a line; tag "" where the line goes on with the value before."""
        if exact := EXACT_TAG.match(line):
            tag, space, value = exact.groups()
            if value and not space:
                self.repairs["tags without a space behind the dash"] += 1
            return tag, value.strip()
        loose = LOOSE_TAG.match(line)
        if not loose:
            return "", line
        tag, _, value = loose.groups()
        if not self.accepts_loose(tag, value):
            return "", line
        self.repairs["tags without two spaces before the dash"] += 1
        return tag, value.strip()

    def accepts_loose(self, tag: str, value: str) -> bool:
        """Whether a line is meant as a tag though its spaces are not those of RIS."""
        if tag == "TY":
            return bool(RECORD_TYPE.fullmatch(value)) or not value
        if tag == "ER" and not value:
            return True
        record = self.open_record
        if record is None or record.is_loose:
            return True
        if tag not in rispy.TAG_KEY_MAPPING:
            return False
        if record.fields and record.fields[-1][0] in LONG_TEXT_TAGS:
            self.repairs["lines like a tag inside an abstract or note kept as text"] += 1
            return False
        record.is_loose = True
        return True

    def read_outside(self, tag: str, line: str, number: int) -> None:
        self.last_outside = line
        if tag in TAGS_OF_A_RECORD:
            self.strays.append((number, line))
        else:
            self.repairs["lines outside any record left out"] += 1

    def finish(self) -> None:
        """Close what may be closed; raise for what means that something is missing."""
        problems = Problems()
        n_open = sum(not record.is_closed for record in self.records)
        # A whole file without end lines is one vendor's habit; one at the end only is a file cut off.
        if self.open_record and not 1 < n_open == len(self.records):
            problems.add(
                "the last record has no end line (ER): the file is cut off.",
                todo="Download or export it again; if it is complete, add the line `ER  - ` at its end.",
                file=self.file,
                row=self.records[-1].line,
            )
        elif n_open:
            self.repairs["records without an end line (ER) closed"] += n_open
        if re.fullmatch(r"TY?\s*", self.last_outside):
            problems.add(
                "the file ends within the first line of a record: it is cut off.",
                todo="Download or export it again.",
                file=self.file,
            )
        if self.strays:
            problems.add(
                "lines of a record stand outside any record: its first line (TY) is missing.",
                todo="Add the line `TY  - JOUR` before them, or export again.",
                file=self.file,
                row=self.strays[0][0],
                count=len(self.strays),
                values=[line for _, line in self.strays],
            )
        problems.raise_if_any(DataError)


def _rispy(records: list[_Record]) -> list[dict[str, str | list[str]]]:
    """The records as rispy reads them from clean lines: tag → list of all its values."""
    lines = []
    for record in records:
        lines.append(f"TY  - {record.type}")
        lines.extend(f"{tag}  - {' '.join(parts)}" for tag, parts in record.fields)
        lines.append("ER  - ")
    tags = {tag for record in records for tag, _ in record.fields}
    mapping = {tag: tag for tag in (*tags, "TY", "ER", "UK")}
    parsed: list[dict[str, str | list[str]]] = rispy.loads(
        "\n".join(lines), mapping=mapping, list_tags=sorted(tags), delimiter_tags_mapping={}
    )
    return parsed


def _check_not_run_together(records: list[dict[str, list[str]]], scan: _Scan) -> None:
    """Count repeated tags; raise where a record holds two of so much that it must be two records."""
    problems = Problems()
    for record, scanned in zip(records, scan.records, strict=True):
        repeated = [tag for tag in SINGLE_TAGS if len(set(map(one_line, record.get(tag, [])))) > 1]
        for tag in repeated:
            scan.repairs[f"{tag} repeated with another value: the first kept"] += 1
        if len(repeated) >= 3 and any(tag in repeated for tag in TITLE_TAGS):
            problems.add(
                f"two records have run together: {', '.join(repeated)} stand twice in one record.",
                todo="Add the end line `ER  - ` and the first line `TY  - JOUR` between them.",
                file=scan.file,
                row=scanned.line,
            )
    problems.raise_if_any(DataError)


def _fields_of(record: dict[str, list[str]]) -> dict[str, str]:
    def first(*tags: str) -> str:
        values = (one_line(value) for tag in tags for value in record.get(tag, []))
        return next((value for value in values if value), "")

    return {
        "record_id": first("ID"),
        "record_type": one_line(str(record["TY"])),
        "title": first("TI", "T1", "CT", "BT"),
        "authors": joined([*record.get("A1", []), *record.get("AU", [])]),
        "year": year_of(first("PY", "Y1", "DA")),
        "journal": first("JF", "JO", "T2", "JA", "J2", "J1", "JI", "J9"),
        "volume": first("VL"),
        "issue": first("IS"),
        "pages": page_range(first("SP"), first("EP")),
        "doi": first("DO") or _doi_elsewhere(record),
        "pmid": _pubmed_number(record),
        "pmcid": _first_match(r"PMC\d+", record, "C2"),
        "language": joined(record.get("LA", [])),
        "url": joined(record.get("UR", [])),
        "abstract": one_line(" ".join([*record.get("AB", [])] or record.get("N2", []))),
    }


def _first_match(pattern: str, record: dict[str, list[str]], *tags: str) -> str:
    """The first value that is as the pattern says; its first group, if it has one."""
    for tag in tags:
        for value in record.get(tag, []):
            if found := re.fullmatch(pattern, one_line(value), re.IGNORECASE):
                return found.group(found.lastindex or 0)
    return ""


def _doi_elsewhere(record: dict[str, list[str]]) -> str:
    label = r"(?:doi:? ?|https?://(?:dx\.)?doi\.org/)?"
    link = r"https?://(?:dx\.)?doi\.org/"
    return _first_match(rf"{label}({DOI.pattern})", record, "M3", "L3") or _first_match(
        rf"{link}({DOI.pattern})", record, "UR"
    )


def _pubmed_number(record: dict[str, list[str]]) -> str:
    """Scopus gives it in C2, Cochrane in C3, most others in AN; EBSCO's AN is a number of its own."""
    number = _first_match(r"(\d{1,8})", record, "C2") or _first_match(
        r".*\bPUBMED (\d{1,8})\b.*", record, "C3"
    )
    is_ebsco = any("ebsco" in value.lower() for tag in ("DP", "DB", "UR") for value in record.get(tag, []))
    return number or ("" if is_ebsco else _first_match(r"(\d{1,8})", record, "AN"))
