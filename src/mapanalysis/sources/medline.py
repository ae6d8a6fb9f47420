"""MEDLINE records (PubMed format, .nbib), read by nbib after the lines were made fit for it.

nbib alone stops at any line out of form and at identifiers it cannot parse, knows no LID, keeps the
last of repeated values, drops authors without FAU, and takes a blank line inside a record for its end.
So records are told apart and rewritten here, counted apart from that, and the counts compared.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import nbib

from mapanalysis.errors import DataError, Problems
from mapanalysis.sources.fields import (
    DOI,
    Parsed,
    check_count,
    guarded,
    joined,
    one_line,
    split_keywords,
    year_of,
)

TAG = re.compile(r"(?=.{4}-)([A-Z]{2,4}) *- ?(.*)")

# PubMed's own exports name the body that made the record in OWN: no identifier.
# Source: National Library of Medicine, MEDLINE/PubMed data element descriptions, "Owner (OWN)".
OWNERS = frozenset(("NLM", "NASA", "PIP", "KIE", "HSR", "HMD", "SIS", "NOTNLM"))


@dataclass
class _Record:
    line: int
    fields: list[tuple[str, list[str]]] = field(default_factory=list)

    def values(self, *tags: str) -> list[str]:
        found = (one_line(" ".join(parts)) for tag, parts in self.fields if tag in tags)
        return [value for value in found if value]

    def has(self, *tags: str) -> bool:
        return any(tag in tags for tag, _ in self.fields)


def parse_medline(text: str, file: str) -> Parsed:
    """The records of a PubMed-format file: one per PMID or, where there is none, per OWN or title.

    The record id is OWN, unless that holds a code of the National Library of Medicine. The DOI is
    taken from LID or AID, the year from DP, the journal from JT or TA, authors from FAU (or AU) and CN.

    Raises DataError for a file that ends within a line or a record, for two titles in one record
    (two records have run together), for identifiers that cannot be such, and when counts differ.
    """
    repairs: Counter[str] = Counter()
    records = _split(text, repairs)
    problems = Problems()
    _check_is_whole(text, records, problems, file)
    content = "\n\n".join(_for_nbib(record, problems, file) for record in records) + "\n\n"
    problems.raise_if_any(DataError)
    references = guarded(lambda: nbib.read(content), "nbib", file)
    check_count(_count(text), len(references), "PMID, OWN or title lines", file)
    keywords = [split_keywords(record.values("MH", "OT")) for record in records]
    return Parsed([_fields_of(reference) for reference in references], repairs, keywords)


def _count(text: str) -> int:
    """How many records the text holds, by its blank lines and PMID, OWN and title lines alone."""
    blocks = re.split(r"\n[^\S\n]*\n", text)
    return sum(
        max(
            len(re.findall(r"^PMID\s*-", block, re.MULTILINE)),
            len(re.findall(r"^OWN *-", block, re.MULTILINE)),
            bool(re.search(r"^B?TI +-", block, re.MULTILINE)),
        )
        for block in blocks
    )


def _split(text: str, repairs: Counter[str]) -> list[_Record]:
    records: list[_Record] = []
    for block in _blocks(text):
        tags = {match.group(1) for _, line in block if (match := TAG.match(line))}
        is_new = not records or tags & {"PMID", "OWN"} or ("TI" in tags and records[-1].has("TI"))
        if not is_new:
            repairs["blank lines inside a record left out"] += 1
        for number, line in block:
            found = TAG.match(line)
            if found and (is_new or _begins_record(found.group(1), records[-1])):
                records.append(_Record(number))
                is_new = False
            if found:
                records[-1].fields.append((found.group(1), [found.group(2)]))
            elif is_new or not records or not records[-1].fields:
                repairs["lines outside any record left out"] += 1
            else:
                if not line[0].isspace():
                    repairs["lines without a tag joined to the line before"] += 1
                records[-1].fields[-1][1].append(line.strip())
    return records


def _blocks(text: str) -> list[list[tuple[int, str]]]:
    """Runs of lines between blank lines, each line with its number."""
    blocks: list[list[tuple[int, str]]] = [[]]
    for number, line in enumerate(text.split("\n"), start=1):
        if line and not line.isspace():
            blocks[-1].append((number, line))
        elif blocks[-1]:
            blocks.append([])
    return [block for block in blocks if block]


def _begins_record(tag: str, record: _Record) -> bool:
    """Whether a tag begins the next record though no blank line stands before it."""
    if tag == "PMID":
        return record.has("PMID", "TI")
    return tag == "OWN" and record.has("OWN", "TI")


def _check_is_whole(text: str, records: list[_Record], problems: Problems, file: str) -> None:
    """A problem where the end is missing: the format has no end mark, so this reads the signs."""
    if not records:
        return
    last_tags = [record.fields[-1][0] for record in records]
    # PubMed ends a record with SO; where every record does, one that does not is cut off.
    lacks_source = len(last_tags) > 1 and last_tags[-1] != "SO" and set(last_tags[:-1]) == {"SO"}
    if lacks_source or not text.endswith("\n"):
        problems.add(
            "the file ends within its last record: it is cut off.",
            todo="Download or export it again; if it is complete, end its last line with a line end.",
            file=file,
            row=records[-1].line,
        )


def _for_nbib(record: _Record, problems: Problems, file: str) -> str:
    """The record as lines that nbib reads without loss: the tags that are used, each in its form."""
    titles = list(dict.fromkeys(record.values("TI"))) or record.values("BTI")[:1]
    if len(titles) > 1:
        problems.add(
            "two titles in one record: two records have run together.",
            todo="Put a blank line between them.",
            file=file,
            row=record.line,
            column="TI",
            values=titles,
        )
    authors = record.values("FAU", "CN") if record.has("FAU") else record.values("AU", "CN")
    single = {
        "PMID": _identifier(record, "PMID", r"(\d{1,8})", problems, file),
        "OWN": joined(value for value in record.values("OWN")[:1] if value not in OWNERS),
        "PMC": _identifier(record, "PMC", r"(?:PMC)?(\d{1,9})(?:\.\d+)?", problems, file, prefix="PMC"),
        "AID": _doi(record),
        "TI": "".join(titles[:1]),
        "DP": joined(record.values("DP")[:1]),
        "JT": joined((record.values("JT") or record.values("TA"))[:1]),
        "VI": joined(record.values("VI")[:1]),
        "IP": joined(record.values("IP")[:1]),
        "PG": joined(record.values("PG")[:1]),
        "LA": joined(record.values("LA")),
        "AB": " ".join(record.values("AB")),
        # Never empty, so that nbib does not take a record of other tags only for none at all.
        "STAT": "read",
    }
    lines = [f"{tag:4}- {value}" for tag, value in single.items() if value]
    lines += [f"FAU - {author}" for author in authors]
    lines += [f"PT  - {kind}" for kind in record.values("PT")]
    return "\n".join(lines)


def _identifier(
    record: _Record, tag: str, pattern: str, problems: Problems, file: str, prefix: str = ""
) -> str:
    for value in record.values(tag)[:1]:
        if found := re.fullmatch(pattern, value, re.ASCII):
            return prefix + found.group(1)
        problems.add(
            f"expected a number in {tag}, found something else.",
            todo="Correct it or leave the line out.",
            file=file,
            row=record.line,
            column=tag,
            values=[value],
        )
    return ""


def _doi(record: _Record) -> str:
    for value in record.values("LID", "AID"):
        doi = value.removesuffix("[doi]").strip()
        if value.endswith("[doi]") or DOI.fullmatch(value):
            return f"{doi} [doi]"
    return ""


def _fields_of(reference: dict[str, Any]) -> dict[str, str]:
    pmcid = reference.get("pmcid")
    return {
        "record_id": str(reference.get("citation_owner", "")),
        "record_type": joined(reference.get("publication_types", [])),
        "title": reference.get("title", ""),
        "authors": joined(author["author"] for author in reference.get("authors", [])),
        "year": year_of(reference.get("publication_date", "")),
        "journal": reference.get("journal", ""),
        "volume": reference.get("journal_volume", ""),
        "issue": reference.get("journal_issue", ""),
        "pages": reference.get("pages", ""),
        "doi": reference.get("doi", ""),
        "pmid": str(reference.get("pubmed_id", "")),
        "pmcid": f"PMC{pmcid}" if pmcid is not None else "",
        "language": reference.get("language", ""),
        "url": "",
        "abstract": reference.get("abstract", ""),
    }
