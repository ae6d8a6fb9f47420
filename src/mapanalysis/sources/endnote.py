"""EndNote XML: one `<record>` per reference, its values within `<style>` elements that say how they look.

The file is data of others: document types and entities are refused, so that it can neither name a file nor unfold to
more than it is.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from mapanalysis.errors import DataError, Problem
from mapanalysis.sources.fields import (
    Parsed,
    check_count,
    joined,
    one_line,
    page_range,
    split_keywords,
    year_of,
)

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

SIGN = re.compile(
    r"\A\s*(?:<\?xml[^>]*\?>\s*)?(?:<!DOCTYPE[^>]*>\s*)?<(?:xml|records)>\s*(?:<records>\s*)?<record\b"
)
RECORD = re.compile(r"<record[\s/>]")
DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?>")


def parse_endnote(text: str, file: str) -> Parsed:
    """The records of an EndNote XML file, in its order.

    Marks of bold, italics and the like are left out. EndNote keeps the identifier of PubMed Central in `custom2`, and
    in `accession-num` that of PubMed where it is a number. Its `rec-number` counts from 1 in every library and is no
    record id.

    Raises DataError for what is not XML or is cut off, for document types and entities, and when the counts differ.
    """
    root = _parse(text, file)
    records = list(root.iter("record"))
    check_count(len(RECORD.findall(text)), len(records), "elements <record>", file)
    repairs: Counter[str] = Counter()
    keywords = [split_keywords(_texts(record, "keywords/keyword")) for record in records]
    return Parsed([_fields_of(record) for record in records], repairs, keywords)


def _parse(text: str, file: str) -> Element:
    todo = "Export the references again from EndNote as XML, or as RIS."
    try:
        # The text is decoded already: what the declaration says of the encoding no longer holds.
        return fromstring(DECLARATION.sub("", text), forbid_dtd=True)
    except DefusedXmlException:
        found = "found a document type or entities, which can name files and unfold without end."
        raise DataError(Problem(f"expected references, {found}", todo, file=file)) from None
    except (ParseError, RecursionError) as error:
        line = error.position[0] if isinstance(error, ParseError) else None
        what = f"expected EndNote XML, found what is not well-formed or cut off ({one_line(str(error))})."
        raise DataError(Problem(what, todo, file=file, row=line)) from None


def _fields_of(record: Element) -> dict[str, str]:
    def first(*paths: str) -> str:
        return next((text for path in paths for text in _texts(record, path) if text), "")

    kind = record.find("ref-type")
    accession, pmc = first("accession-num"), re.fullmatch(r"PMC\d+", first("custom2"), re.IGNORECASE)
    return {
        "record_id": "",
        "record_type": one_line(kind.get("name", "")) if kind is not None else "",
        "title": first("titles/title"),
        "authors": joined(_name(name) for name in _texts(record, "contributors/authors/author")),
        "year": year_of(first("dates/year", "dates/pub-dates/date")),
        "journal": first("periodical/full-title", "titles/secondary-title", "periodical/abbr-1"),
        "volume": first("volume"),
        "issue": first("number", "issue"),
        "pages": page_range(first("pages")),
        "doi": first("electronic-resource-num"),
        "pmid": accession if re.fullmatch(r"\d{1,8}", accession) else "",
        "pmcid": pmc[0] if pmc else "",
        "language": first("language"),
        "url": joined(_texts(record, "urls/related-urls/url")),
        "abstract": first("abstract"),
    }


def _texts(record: Element, path: str) -> Iterable[str]:
    return [one_line("".join(element.itertext())) for element in record.findall(path)]


def _name(name: str) -> str:
    """A name as EndNote shows it; one of a group ends in a comma, which is no part of it."""
    return name.rstrip(",").strip()
