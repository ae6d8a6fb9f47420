"""References of EPPI-Reviewer with their codes and outcomes, as rows of our tables.

Published pages of EPPI-Mapper hold them in the same form.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import pandas as pd

from mapanalysis.errors import DataError, Problem
from mapanalysis.sources.cleaning import as_text, clean_line, clean_text
from mapanalysis.sources.eppi_codesets import id_of
from mapanalysis.sources.fields import DOI, FIELDS, one_line
from mapanalysis.sources.notes import Notes
from mapanalysis.tables import EARLIEST_YEAR, LATEST_YEAR, RAW, SETTLED

ROW_NAME = "references"
# ItemStatus, by EPPI-Reviewer's own code (its class Item sets the four letters).
NOT_INCLUDED = {
    "E": ("excluded references", "their ItemStatus is E: excluded from the review"),
    "D": ("deleted references", "their ItemStatus is D: deleted"),
    "S": ("shadow references", "their ItemStatus is S: a duplicate, or part of a deleted source"),
}
MOST_CODINGS = 5_000_000
NOTHING = re.compile(r"n/?a|not available|not applicable|none|null|-+", re.IGNORECASE)
YEAR = re.compile(r"(?<!\d)\d{4}(?!\d)")
# What begins a family name of several words. Those in lower case are given names too when written with a capital.
PARTICLE = re.compile(r"(?i:van|von|de|der|den|del|della|di|da|dos|du|ter|ten)|la|le|el|al|zu|bin|st\.?")
INITIALS = re.compile(r"[^\W\d_]|(?:[^\W\d_]\.-?){1,4}")

PLAIN = {"volume": "Volume", "issue": "Issue", "pages": "Pages", "journal": "ParentTitle"}
OTHER = (
    "Codes",
    "Outcomes",
    "ItemId",
    "Title",
    "Year",
    "Authors",
    "DOI",
    "URL",
    "Abstract",
    "TypeName",
    "ItemStatus",
)
USED = frozenset((*PLAIN.values(), *OTHER))
OF_THE_REFERENCE = ("ItemStatusTooltip", "QuickCitation", "ShortTitle")  # made from what is read
CONFIDENTIAL = {
    "Comments": ("comments on references", "they are the team's own"),
    "CreatedBy": ("names of who added or changed a reference", "people's names are not published"),
    "EditedBy": ("names of who added or changed a reference", "people's names are not published"),
}


@dataclass(frozen=True)
class Outcome:
    """An outcome of a study: the attributes it names, by what they are named as; "" where none."""

    id: str
    intervention: str
    control: str
    outcome: str
    others: tuple[str, ...]


@dataclass
class Item:
    """A reference that is used: its fields as `fields.FIELDS`, its attributes once each, its outcomes."""

    id: str
    record: dict[str, str]
    summary: str = ""
    attributes: dict[str, None] = field(default_factory=dict)
    outcomes: list[Outcome] = field(default_factory=list)


def read_items(raw: list[Any], notes: Notes, *, summary_key: str = "") -> list[Item]:
    """The references of a file that are included, in its order; a reference given twice once, with all its codes.

    `summary_key`: the field that holds a plain summary. What is not read is noted.
    """
    items: dict[str, Item] = {}
    unused: Counter[str] = Counter()
    of_one_id: Counter[str] = Counter()
    used = USED | {summary_key}
    for position, reference in enumerate(raw, start=1):
        if not isinstance(reference, dict):
            notes.set_aside("entries that are no references", "expected an object", as_text(reference))
            continue
        status = clean_line(reference.get("ItemStatus"), notes)[:1].upper()
        if status in NOT_INCLUDED:
            notes.set_aside(*NOT_INCLUDED[status], clean_line(reference.get("Title"), notes))
            continue
        _note_unused(reference, used, unused, notes)
        item = _read_item(reference, position, notes, summary_key)
        _add(items, item, of_one_id, notes)
    kept = [value for item in items.values() for name in ("abstract", "url") if (value := item.record[name])]
    if kept:
        notes.leave_out("abstracts and web addresses", "the tables of a map hold none", count=len(kept))
    if unused:
        names = ", ".join(f"{name} ({count:,})" for name, count in unused.most_common(8))
        notes.leave_out(
            "values of fields that a map has no place for", f"the most: {names}", count=unused.total()
        )
    return list(items.values())


def _note_unused(reference: dict[str, Any], used: frozenset[str], unused: Counter[str], notes: Notes) -> None:
    for key, value in reference.items():
        if key in used or key in OF_THE_REFERENCE or not as_text(value).strip():
            continue
        if key in CONFIDENTIAL:
            notes.leave_out(*CONFIDENTIAL[key])
        else:
            unused[one_line(key)[:40]] += 1


def _add(items: dict[str, Item], item: Item, of_one_id: Counter[str], notes: Notes) -> None:
    first = items.setdefault(item.id, item)
    if first is item:
        return
    if first.record["title"].casefold() == item.record["title"].casefold():
        first.attributes |= item.attributes
        known = {outcome.id for outcome in first.outcomes}
        first.outcomes += [outcome for outcome in item.outcomes if outcome.id not in known]
        why = "ItemId and title are those of another; their codes are taken together"
        notes.set_aside("references given twice", why, item.record["title"])
        return
    notes.repair("ids of several references told apart by a number")
    own_id = item.id
    while item.id in items:
        of_one_id[own_id] += 1
        item.id = f"{own_id}-{of_one_id[own_id] + 1}"
    items[item.id] = item


def _read_item(reference: dict[str, Any], position: int, notes: Notes, summary_key: str) -> Item:
    item_id = id_of(reference.get("ItemId"))
    if not item_id:
        item_id = f"ref-{position}"
        notes.repair("references without an id called by their position")
    item = Item(item_id, _read_record(reference, notes))
    item.summary = clean_text(reference.get(summary_key), notes) if summary_key else ""
    item.attributes = dict.fromkeys(_read_codes(reference.get("Codes"), notes))
    item.outcomes = _read_outcomes(reference.get("Outcomes"), notes)
    return item


def _read_record(reference: dict[str, Any], notes: Notes) -> dict[str, str]:
    record = dict.fromkeys(FIELDS, "")
    record["title"] = clean_line(reference.get("Title"), notes)
    if not record["title"]:
        record["title"] = "(no title)"
        notes.repair("references without a title")
    for name, key in PLAIN.items():
        record[name] = clean_line(reference.get(key), notes)
        if NOTHING.fullmatch(record[name]):
            record[name] = ""
            notes.repair("words such as “Not Available” read as nothing")
    record["authors"] = _authors_of(as_text(reference.get("Authors")), notes)
    record["year"] = _year_of(as_text(reference.get("Year")).strip(), notes)
    record["doi"] = _doi_of(as_text(reference.get("DOI")).strip(), notes)
    record["record_type"] = clean_line(reference.get("TypeName"), notes)
    record["url"] = clean_line(reference.get("URL"), notes)
    record["abstract"] = clean_text(reference.get("Abstract"), notes)
    return record


def _authors_of(text: str, notes: Notes) -> str:
    """The authors with "; " between them. EPPI-Reviewer writes "Family Given ; " with one more blank where a part
    is missing: there a comma parts family and given names, so that they stay told apart.
    """
    is_of_reviewer = text.rstrip().endswith(";")
    names = []
    for part in text.split(";"):
        name = clean_line(part, notes)
        is_one_name = part.endswith("  ") or "," in name
        if is_of_reviewer and not is_one_name and (read := with_comma(name)) != name:
            notes.repair("names written “Family Given”: a comma put between")
            name = read
        if name:
            names.append(name)
    return "; ".join(names)


def with_comma(name: str) -> str:
    """`name` with a comma after the family name, which is taken to be its first word and any particles before it.

    >>> with_comma("van der Berg Jan P"), with_comma("Cochrane")
    ('van der Berg, Jan P', 'Cochrane')
    """
    words = name.split()
    last = 0
    while last < len(words) - 1 and PARTICLE.fullmatch(words[last]):
        last += 1
    if last >= len(words) - 1 or INITIALS.fullmatch(words[0]):
        return name
    return f"{' '.join(words[: last + 1])}, {' '.join(words[last + 1 :])}"


def _year_of(text: str, notes: Notes) -> str:
    found = YEAR.search(text)
    year = found[0] if found and EARLIEST_YEAR <= int(found[0]) <= LATEST_YEAR else ""
    if text and not year:
        notes.repair("years that are none left empty")
    elif text != year:
        notes.repair("years taken out of longer text")
    return year


def _doi_of(text: str, notes: Notes) -> str:
    found = DOI.search(unquote(text) if "%" in text else text)
    doi = found[0].rstrip(".,;") if found else ""
    if text and not doi:
        notes.repair("DOIs that are none left empty")
    elif text != doi:
        notes.repair("DOIs freed of what stood around them")
    return doi


def _read_codes(raw: object, notes: Notes) -> Iterator[str]:
    """The attribute ids of a reference, once each, in the order of the file."""
    seen = set()
    for code in raw if isinstance(raw, list) else ():
        attribute_id = id_of(code.get("AttributeId")) if isinstance(code, dict) else ""
        if not attribute_id:
            notes.leave_out("codes without an AttributeId", "they name nothing")
            continue
        _note_details(code, notes)
        if attribute_id in seen:
            why = "a study has a code or has it not, also where several of its arms have it"
            notes.leave_out("codes given to a reference more than once", why)
            continue
        seen.add(attribute_id)
        yield attribute_id


def _note_details(code: dict[str, Any], notes: Notes) -> None:
    if as_text(code.get("AdditionalText")).strip():
        notes.leave_out("notes beside codes (AdditionalText)", "they are the coders' own")
    details = code.get("ItemAttributeFullTextDetails")
    if isinstance(details, list) and details:
        notes.leave_out("quotes of full texts", "they may be under copyright", count=len(details))


def _read_outcomes(raw: object, notes: Notes) -> list[Outcome]:
    outcomes, ids = [], Counter[str]()
    for position, item in enumerate(raw if isinstance(raw, list) else (), start=1):
        if not isinstance(item, dict):
            continue
        codes = item.get("OutcomeCodes")
        codes = codes.get("OutcomeItemAttributesList") if isinstance(codes, dict) else codes
        codes = codes if isinstance(codes, list) else ()
        others = [id_of(code.get("AttributeId")) for code in codes if isinstance(code, dict)]
        why = "a map says what evidence there is, not what it found"
        notes.leave_out("results of outcomes (numbers and effect sizes)", why)
        outcome_id = id_of(item.get("OutcomeId"))
        outcome_id = outcome_id if outcome_id.strip("0") else f"n{position}"
        ids[outcome_id] += 1
        outcomes.append(
            Outcome(
                outcome_id if ids[outcome_id] == 1 else f"{outcome_id}-{ids[outcome_id]}",
                _link(item.get("ItemAttributeIdIntervention")),
                _link(item.get("ItemAttributeIdControl")),
                _link(item.get("ItemAttributeIdOutcome")),
                tuple(other for other in dict.fromkeys(others) if other),
            )
        )
    return outcomes


def _link(value: object) -> str:
    """The attribute that an outcome names; 0 stands for none."""
    found = id_of(value)
    return found if found.strip("-0") else ""


# Tables

Places = Mapping[str, list[tuple[str, str]]]


def count_links(items: list[Item], places: Places) -> dict[str, Counter[str]]:
    """How often outcomes name codes of each dimension as intervention ("row") and as outcome ("column")."""
    links: dict[str, Counter[str]] = {"row": Counter(), "column": Counter()}
    for item in items:
        for outcome in item.outcomes:
            if _dimensions_of(outcome, places):
                for role, named in (("row", outcome.intervention), ("column", outcome.outcome)):
                    links[role].update(dimension for dimension, _ in places[named])
    return links


def _dimensions_of(outcome: Outcome, places: Places) -> frozenset[str]:
    """The dimensions of the pair that an outcome names; none when it names no pair."""
    rows = {dimension for dimension, _ in places.get(outcome.intervention, ())}
    columns = {dimension for dimension, _ in places.get(outcome.outcome, ())}
    return frozenset(rows | columns) if rows and columns and not rows & columns else frozenset()


def reports_of(items: list[Item]) -> pd.DataFrame:
    """One row per reference as `tables.RAW["reports"]`; each is a study of its own."""
    columns = RAW["reports"].columns
    rows = [
        {name: item.record.get(name, "") for name in columns}
        | {"publication_id": item.id, "study_id": item.id, "summary": item.summary}
        for item in items
    ]
    frame = pd.DataFrame(rows, columns=list(columns))
    for name, column in columns.items():
        if column.metadata:
            frame[name] = pd.to_numeric(frame[name].where(frame[name] != "")).astype(str(column.dtype))
        else:
            frame[name] = frame[name].astype("str")
    return frame


def records_of(items: list[Item]) -> pd.DataFrame:
    """One row per reference: record_id, then `fields.FIELDS`, all text."""
    rows = [{"record_id": item.id} | item.record for item in items]
    return pd.DataFrame(rows, columns=["record_id", *FIELDS], dtype="str")


def codings_of(items: list[Item], places: Places, notes: Notes) -> pd.DataFrame:
    """The codes of the references as `tables.RAW["codings"]`, with those whose id nothing names noted.

    An outcome that names an intervention and an outcome of two dimensions is a finding. What findings of a study say
    is not said of the whole study again, where it would meet the codes of its other findings: the codes of their
    pairs, and those of any dimension of which each finding names a code.
    """
    rows: list[tuple[str, str, str, str]] = []
    unknown: Counter[str] = Counter()
    for item in items:
        findings = list(_findings_of(item, places))
        of_findings = _said_by_findings(findings)
        named = [*item.attributes, *_left_of_outcomes(item, places, notes)]
        unknown.update(attribute for attribute in named if attribute not in places)
        whole = dict.fromkeys(place for attribute in named for place in places.get(attribute, ()))
        rows += [(item.id, "", *place) for place in whole if place not in of_findings]
        for finding_id, pair, others in findings:
            extra = [place for place in others if place not in whole or place in of_findings]
            rows += [(item.id, finding_id, *place) for place in dict.fromkeys([*pair, *extra])]
        if len(rows) > MOST_CODINGS:
            what = f"expected at most {MOST_CODINGS:,} codes given to references, found more"
            raise DataError(Problem(what, "Export it in several parts.", file=notes.file))
    for attribute, count in unknown.most_common():
        why = "nothing in the file names their id"
        notes.leave_out("codes without a name", why, f"{attribute} ({count:,} references)", count)
    frame = pd.DataFrame(rows, columns=["publication_id", "finding_id", "dimension", "code"], dtype="str")
    frame.insert(2, "coder", pd.Series([SETTLED] * len(frame), dtype="str"))
    return frame


Place = tuple[str, str]
Finding = tuple[str, list[Place], list[Place]]


def _said_by_findings(findings: list[Finding]) -> frozenset[Place]:
    """The codes that hold for findings and not for the whole study."""
    if not findings:
        return frozenset()
    named = [{*pair, *others} for _, pair, others in findings]
    always = frozenset.intersection(*(frozenset(dimension for dimension, _ in places) for places in named))
    pairs = {place for _, pair, _ in findings for place in pair}
    return frozenset(pairs | {place for places in named for place in places if place[0] in always})


def _findings_of(item: Item, places: Places) -> Iterator[Finding]:
    """Each finding: its id, the codes of its pair, and the other codes it names in any dimension."""
    for outcome in item.outcomes:
        dimensions = _dimensions_of(outcome, places)
        if not dimensions:
            continue
        pair = [place for named in (outcome.intervention, outcome.outcome) for place in places[named]]
        others = [place for named in outcome.others for place in places.get(named, ())]
        # What an intervention was compared with is no intervention studied.
        others += [place for place in places.get(outcome.control, ()) if place[0] not in dimensions]
        yield f"o{outcome.id}", pair, others


def _left_of_outcomes(item: Item, places: Places, notes: Notes) -> list[str]:
    """The attributes that only outcomes without a pair name: they hold for the whole study."""
    named: dict[str, None] = {}
    for outcome in item.outcomes:
        if _dimensions_of(outcome, places):
            continue
        why = "they name no intervention and outcome of two dimensions; their codes are taken for the whole study"
        notes.leave_out("outcomes that are no pair", why)
        for attribute in (outcome.intervention, outcome.outcome, *outcome.others):
            if attribute and attribute not in item.attributes:
                named[attribute] = None
    return list(named)
