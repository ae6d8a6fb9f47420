"""Included reports as RIS and BibTeX, for Zotero, EndNote and others; as `viewer/app/cite.js` writes them on screen."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import pandas as pd

from mapanalysis.analysis.coding import name_parts
from mapanalysis.codebook import Codebook, Dimension
from mapanalysis.sources.kinds import Kind, kind_of

SUMMARY_IS_OURS = "Plain summary by the makers of the map"
# Control characters, halves of characters, and marks that turn the direction of what follows.
UNWANTED = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")
PAGES = re.compile(r"([^\s,]*\d[^\s,]*?)\s*[-‐‑–—−]+\s*([^\s,]*\d[^\s,]*)")
DOI = re.compile(r"(?<![\d.])10\.\d{4,9}/\S+")
LATEX_FOR = {"\\": r"{\textbackslash}", "~": r"{\textasciitilde}", "^": r"{\textasciicircum}"}


@dataclass(frozen=True)
class Entry:
    """One included report as a reference manager takes it, every value on one line; "" where nothing is known."""

    id: str
    kind: Kind
    title: str
    authors: tuple[tuple[str, str], ...]  # family and given names; nothing given where the name stays whole
    year: str
    journal: str
    volume: str
    issue: str
    pages: tuple[str, ...]
    doi: str
    pmid: str
    pmcid: str
    summary: str
    keywords: tuple[str, ...]
    note: str

    @property
    def link(self) -> str:
        if self.doi:
            return f"https://doi.org/{self.doi}"
        return f"https://pubmed.ncbi.nlm.nih.gov/{self.pmid}/" if self.pmid else ""


def list_entries(
    reports: pd.DataFrame, studies: pd.DataFrame, codings: pd.DataFrame, codebook: Codebook, map_name: str
) -> list[Entry]:
    """The reports in their order, with what their studies are coded with as keywords and as a note.

    `reports` and `studies` as in `tables.BUILT`, `codings` settled (study_id, dimension, code), `map_name` what the
    note calls the map.
    """
    codes = list_codes(codings, codebook)
    label = dict(zip(studies["study_id"], studies["label"], strict=True))
    return [
        _entry(
            report,
            codes.get(report["study_id"], {}),
            f"{report['study_id']} ({label[report['study_id']]})",
            map_name,
        )
        for report in reports.to_dict("records")
    ]


def list_codes(codings: pd.DataFrame, codebook: Codebook) -> dict[str, dict[str, list[str]]]:
    """For each study the names of its codes by the label of the dimension, both in the order of the codebook."""
    found: dict[str, dict[str, list[str]]] = {}
    distinct = codings[["study_id", "dimension", "code"]].drop_duplicates()
    for dimension in codebook.dimensions:
        names, label = name_codes(dimension), single_line(dimension.label)
        mine = distinct[distinct["dimension"] == dimension.id]
        position = {code: number for number, code in enumerate(dimension.tree.index)}
        in_order = mine.assign(position=mine["code"].map(position)).sort_values("position", kind="stable")
        for study, code in zip(in_order["study_id"], in_order["code"], strict=True):
            found.setdefault(study, {}).setdefault(label, []).append(names[code])
    return found


def name_codes(dimension: Dimension) -> dict[str, str]:
    """The label of each code, with that of the group before it where labels are alike."""
    tree = dimension.tree
    alike = tree["label"].value_counts()
    return {
        row.code: single_line(
            f"{tree.at[row.parent, 'label']}: {row.label}"
            if alike[row.label] > 1 and row.parent
            else row.label
        )
        for row in tree.itertuples(index=False)
    }


def _entry(report: dict[str, object], codes: dict[str, list[str]], study: str, map_name: str) -> Entry:
    text = {name: single_line("" if pd.isna(value) else value) for name, value in report.items()}  # type: ignore[call-overload]
    pmid = text["pmid"] if re.fullmatch(r"[1-9]\d{0,8}", text["pmid"]) else ""
    pmc = re.fullmatch(r"(?:PMC)?([1-9]\d{0,9})", text["pmcid"], re.IGNORECASE)
    keywords = [
        f"{dimension}: {name}".replace(";", ",") for dimension, names in codes.items() for name in names
    ]
    coded = ". ".join(f"{dimension}: {', '.join(names)}" for dimension, names in codes.items())
    note = f"Study {study} of the map: {map_name}." + (f" Codes: {coded}." if coded else "")
    return Entry(
        id=text["publication_id"],
        kind=kind_of(text.get("record_type", ""), text["journal"]),
        title=text["title"],
        authors=tuple(name_parts(name) for name in names_of(text["authors"])),
        year=text["year"],
        journal=text["journal"],
        volume=text["volume"],
        issue=text["issue"],
        pages=pages_of(text["pages"]),
        doi=doi_of(text["doi"]),
        pmid=pmid,
        pmcid=f"PMC{pmc[1]}" if pmc else "",
        summary=text["summary"],
        keywords=tuple(keywords),
        note=single_line(note),
    )


def single_line(value: object) -> str:
    """`value` as text on one line, without control characters and marks that turn the direction of what follows."""
    return " ".join(UNWANTED.sub(" ", str(value)).split())


def names_of(authors: str) -> list[str]:
    """The authors ("; " between them), each as written; some sources give the whole list twice, once for each version.

    >>> names_of("Lee, A; Roy, B; Lee, A; Roy, B")
    ['Lee, A', 'Roy, B']
    """
    names = [name.strip() for name in authors.split(";") if name.strip()]
    half = len(names) // 2
    return names[:half] if half >= 2 and names == names[:half] * 2 else names


def pages_of(pages: str) -> tuple[str, ...]:
    """First and last page; one item where there is one page or the number of an article, none without a digit.

    >>> pages_of("409 - 418"), pages_of("e1264"), pages_of("in press")
    (('409', '418'), ('e1264',), ())
    """
    bare = re.sub(r"^pp?\.?\s*(?=\d)", "", pages, flags=re.IGNORECASE)
    if found := PAGES.fullmatch(bare):
        return (found[1],) if found[1] == found[2] else (found[1], found[2])
    return (bare,) if re.search(r"\d", bare) else ()


def doi_of(written: str) -> str:
    """The DOI within what is written, "" when there is none: "doi:10.…" and "https://doi.org/10.…" are understood.

    >>> doi_of("https://doi.org/10.1000/x(1)."), doi_of("see the journal")
    ('10.1000/x(1)', '')
    """
    found = DOI.search(written)
    doi = found[0] if found else ""
    while doi and (
        doi[-1] in ".,;:\"'”’"
        or (doi[-1] in ")]>}" and doi.count(doi[-1]) > doi.count("([<{"[")]>}".index(doi[-1])]))
    ):
        doi = doi[:-1]
    return doi if not doi.endswith("/") else ""


def _in_order(family: str, given: str) -> str:
    """ "Johnson, Sonia"; initials that stand together are parted, as reference managers want them: "Pfeiffer, P. N." """
    parted = [
        " ".join(f"{letter}." for letter in word)
        if re.fullmatch(r"[^\W\d_]{2,4}", word) and word.isupper()
        else word
        for word in given.split()
    ]
    return f"{family}, {' '.join(parted)}" if parted else family


# --- RIS ---


def to_ris(entries: list[Entry]) -> str:
    r"""One record for each entry, lines ending in CR LF as the format asks.

    Source: RIS Format Specifications, Research Information Systems (tags ID, AU, PY, TI, T2, VL, IS, SP, EP, DO, UR, AN,
    C2, AB, KW, N1); T2 for the journal, because Zotero takes JO for an abbreviation.
    """
    return "\r\n".join(_ris_record(entry) for entry in entries)


def _ris_record(entry: Entry) -> str:
    first, last = (*entry.pages, "", "")[:2]
    fields = [
        ("ID", entry.id),
        *(("AU", _in_order(*author)) for author in entry.authors),
        ("PY", entry.year),
        ("TI", entry.title),
        ("T2", entry.journal),
        ("VL", entry.volume),
        ("IS", entry.issue),
        ("SP", first),
        ("EP", last),
        ("DO", entry.doi),
        ("UR", entry.link),
        ("AN", entry.pmid),
        ("C2", entry.pmcid),
        ("AB", f"{SUMMARY_IS_OURS}: {entry.summary}" if entry.summary else ""),
        *(("KW", keyword) for keyword in entry.keywords),
        ("N1", entry.note),
    ]
    known = [f"{tag}  - {value}" for tag, value in fields if value]
    return "\r\n".join([f"TY  - {entry.kind.ris}", *known, "ER  - ", ""])


# --- BibTeX ---


def to_bibtex(entries: list[Entry]) -> str:
    """One entry for each, in UTF-8, with keys that are the same in every export."""
    taken: set[str] = set()
    return "\n".join(_bibtex_entry(entry, _bibtex_key(entry, taken)) for entry in entries)


def _bibtex_entry(entry: Entry, key: str) -> str:
    journal = "journal" if entry.kind.bibtex == "article" else "booktitle"
    fields = [
        ("author", " and ".join(_bibtex_authors(entry))),
        ("title", _latex(entry.title)),
        (journal, _latex(entry.journal)),
        ("year", entry.year),
        ("volume", _latex(entry.volume)),
        ("number", _latex(entry.issue)),
        ("pages", _latex("--".join(entry.pages))),
        # Taken as it stands by those who read it, so that nothing can be escaped here.
        ("doi", "" if re.search(r"[{}\\%#]", entry.doi) else entry.doi),
        ("url", "" if re.search(r"[{}\\%#]", entry.link) else entry.link),
        ("pmid", entry.pmid),
        ("pmcid", entry.pmcid),
        ("abstract", _latex(f"{SUMMARY_IS_OURS}: {entry.summary}" if entry.summary else "")),
        ("keywords", _latex("; ".join(entry.keywords))),
        ("note", _latex(entry.note)),
    ]
    lines = "".join(f"  {name} = {{{value}}},\n" for name, value in fields if value)
    return f"@{entry.kind.bibtex}{{{key},\n{lines}}}\n"


def _bibtex_authors(entry: Entry) -> Iterator[str]:
    """Braces keep a name whole that would be taken apart: at "and", or into given and family name."""
    for family, given in entry.authors:
        name = _latex(_in_order(family, given))
        is_whole = not given or re.search(r"\band\b", f"{family} {given}", re.IGNORECASE)
        yield f"{{{name}}}" if is_whole else name


def _latex(text: str) -> str:
    """Text with what LaTeX takes for its own escaped. BibTeX counts escaped braces too, so that those without a
    partner, which would end the entry, become round.
    """
    letters = list(text)
    open_at: list[int] = []
    for at, letter in enumerate(letters):
        if letter == "{":
            open_at.append(at)
        elif letter == "}" and not open_at:
            letters[at] = ")"
        elif letter == "}":
            open_at.pop()
    for at in open_at:
        letters[at] = "("
    return "".join(
        LATEX_FOR.get(letter) or (f"\\{letter}" if letter in "{}%&$#_" else letter) for letter in letters
    )


def _bibtex_key(entry: Entry, taken: set[str]) -> str:
    """ "johnson2018-P0356": the same in every export, and each once; BibTeX takes upper and lower case for one."""
    family = _ascii(entry.authors[0][0] if entry.authors else "").lower()[:30] or "report"
    base = "-".join(part for part in (f"{family}{entry.year}", _ascii(entry.id)) if part)
    key = next(key for n in count(1) if (key := base if n == 1 else f"{base}-{n}").lower() not in taken)
    taken.add(key.lower())
    return key


def _ascii(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9]", "", unicodedata.normalize("NFKD", text))
