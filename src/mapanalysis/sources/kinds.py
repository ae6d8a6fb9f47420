"""Kinds of documents: what the many words for them mean, and how RIS and BibTeX call them.

Each source has words of its own for the type of a document: RIS "JOUR", BibTeX "article", Zotero "journalArticle",
EPPI-Reviewer "Journal, Article", PubMed "Journal Article". Here they become a few kinds that all of them know.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Kind(NamedTuple):
    """A kind of document: its id, its name for a reader, what RIS and BibTeX call it, and what gives it away."""

    id: str
    label: str
    ris: str
    bibtex: str
    sign: re.Pattern[str]


def _kind(id: str, label: str, ris: str, bibtex: str, sign: str) -> Kind:
    return Kind(id, label, ris, bibtex, re.compile(sign, re.IGNORECASE))


# The first whose sign is found counts: "Book, Chapter" is a chapter, "Conference Proceedings" is no book.
KINDS = (
    _kind("thesis", "Thesis", "THES", "phdthesis", r"thes[ie]s|dissertation|^thes$"),
    _kind(
        "chapter", "Book chapter", "CHAP", "incollection", r"chapter|book ?section|incollection|inbook|^chap$"
    ),
    _kind(
        "conference",
        "Conference paper",
        "CONF",
        "inproceedings",
        r"conf|proceeding|^cpaper$|congress|meeting abstract",
    ),
    _kind("preprint", "Preprint", "UNPB", "unpublished", r"preprint|unpublished|manuscript|^unpb$"),
    _kind("report", "Report", "RPRT", "techreport", r"report(?!er)|^rprt$|working paper|grey lit"),
    _kind(
        "magazine", "Magazine or newspaper article", "MGZN", "article", r"magazine|newspaper|^mgzn$|^news$"
    ),
    _kind(
        "article", "Journal article", "JOUR", "article", r"journal|article|^jour$|^ejour$|periodical|^jfull$"
    ),
    _kind("book", "Book", "BOOK", "book", r"book|^ebook$|monograph"),
    _kind("web", "Web page", "ELEC", "misc", r"web|internet|^elec$|^blog$|online|electronic"),
)
OTHER = _kind("other", "Other document", "GEN", "misc", r"(?!)")


def kind_of(record_type: str, journal: str = "") -> Kind:
    """The kind that a source's word means; where it has none, an article when there is a journal.

    >>> kind_of("JOUR").id, kind_of("Book, Chapter").id, kind_of("", "The Lancet").id, kind_of("DVD").id
    ('article', 'chapter', 'article', 'other')
    """
    found = next((kind for kind in KINDS if kind.sign.search(record_type.strip())), None)
    if found:
        return found
    return next(kind for kind in KINDS if kind.id == "article") if journal and not record_type else OTHER
