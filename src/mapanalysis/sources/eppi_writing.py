"""A map as JSON that EPPI-Reviewer would export, for EPPI-Mapper and for programs that read such exports."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from itertools import count
from typing import Any

import pandas as pd

from mapanalysis.codebook import Code, Codebook, Dimension
from mapanalysis.sources.eppi_codesets import HEADING, PATH, REST, SELECTABLE
from mapanalysis.sources.eppi_references import with_comma
from mapanalysis.tables import SETTLED

# Ids that `eppi_codesets` made: of a codeset or a heading of one, and of an attribute.
DIMENSION_ID = re.compile(r"s(?P<set>-?\d{1,19})(?:-a(?P<heading>-?\d{1,19}))?")
CODE_ID = re.compile(r"a(-?\d{1,19})")
OUTCOME_ID = re.compile(r"o([1-9]\d{0,17})")
# Every key of a citation. EPPI-Mapper takes a file only with all of them, also where they hold nothing.
CITATION_KEYS = (
    *("ItemId", "Title", "ParentTitle", "ShortTitle", "DateCreated", "CreatedBy", "DateEdited", "EditedBy"),
    *("Year", "Month", "StandardNumber", "City", "Country", "Publisher", "Institution", "Volume", "Pages"),
    *("Edition", "Issue", "Availability", "URL", "OldItemId", "Abstract", "Comments", "TypeName", "Authors"),
    *("ParentAuthors", "DOI", "Keywords", "ItemStatus", "ItemStatusTooltip", "QuickCitation"),
)


def to_eppi_json(
    title: str,
    codebook: Codebook,
    reports: pd.DataFrame,
    codings: pd.DataFrame,
    records: pd.DataFrame | None = None,
) -> bytes:
    """The map as JSON (UTF-8) in the form of an export of EPPI-Reviewer; the same map gives the same bytes.

    `reports` and `codings` as `tables.RAW`, of `codings` what is settled (all, where there is no `coder`);
    `records` as in `library.Library`, for abstract, address and type. Each dimension is a codeset, and its codes
    attributes with their definitions; dimensions that were headings of one codeset are so again. Ids that came from
    EPPI-Reviewer are kept, others are numbers of our own, and a report's id then stands in OldItemId. Each report
    is a reference. A finding is an Outcome that links a code of the row dimension to one of the column dimension.
    Its codes stand among those of the reference too, as other programs read only these; save those of a dimension
    of which only some findings of the report name a code.
    """
    ids = _Ids(codebook)
    settled = codings[codings["coder"] == SETTLED] if "coder" in codings else codings
    by_report = dict(iter(settled.groupby("publication_id", sort=False)))
    citations = _citations(reports, records)
    nothing = codings.iloc[:0]
    references = []
    for publication_id, citation in citations:
        mine = by_report.get(publication_id, nothing)
        outcomes = {"Codes": _codes(mine, ids), "Outcomes": _outcomes(mine, ids, codebook)}
        references.append(outcomes | citation)
    whole = {"CodeSets": list(_codesets(title, codebook, ids)), "References": references}
    text = json.dumps(whole, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")


class _Ids:
    """The AttributeId of each code of each dimension, and the SetId of each dimension; all different."""

    def __init__(self, codebook: Codebook):
        self.sets: dict[str, int] = {}
        self.attributes: dict[tuple[str, str], int] = {}
        pairs = [(dimension.id, code) for dimension in codebook.dimensions for code in dimension.tree.index]
        for dimension in codebook.dimensions:
            if known := DIMENSION_ID.fullmatch(dimension.id):
                self.sets[dimension.id] = int(known["set"])
        for dimension_id, code in pairs:
            if dimension_id in self.sets and (number := CODE_ID.fullmatch(code)):
                self.attributes[dimension_id, code] = int(number[1])
        headings = [known["heading"] for known in map(DIMENSION_ID.fullmatch, self.sets) if known]
        taken = {*self.attributes.values(), *(int(heading) for heading in headings if heading)}
        free = (number for number in count(1) if number not in taken)
        for pair in pairs:
            if pair not in self.attributes:
                self.attributes[pair] = next(free)
        taken_sets = set(self.sets.values())
        free_sets = (number for number in count(1) if number not in taken_sets)
        for dimension in codebook.dimensions:
            if dimension.id not in self.sets:
                self.sets[dimension.id] = next(free_sets)


# Codesets


def _codesets(title: str, codebook: Codebook, ids: _Ids) -> Iterator[dict[str, Any]]:
    by_set: dict[int, list[Dimension]] = {}
    for dimension in codebook.dimensions:
        by_set.setdefault(ids.sets[dimension.id], []).append(dimension)
    for set_id, dimensions in by_set.items():
        attributes = []
        is_split = any(_heading_of(dimension) for dimension in dimensions)
        name, definition = title, ""
        for dimension in dimensions:
            if _heading_of(dimension):
                attributes.append(_heading(dimension, ids))
                continue
            name = dimension.label.removesuffix(REST) if is_split else dimension.label
            definition = dimension.definition
            attributes += [_attribute(code, dimension.id, ids, (), is_split) for code in dimension.codes]
        yield {
            "SetName": name,
            "SetId": set_id,
            "SetDescription": definition,
            "SetType": {"SetTypeName": "Standard", "SetTypeDescription": ""},
            "Attributes": {"AttributesList": attributes},
        }


def _heading_of(dimension: Dimension) -> str:
    """The AttributeId of the heading that the dimension was, "" when it was none."""
    known = DIMENSION_ID.fullmatch(dimension.id)
    return (known["heading"] or "") if known else ""


def _heading(dimension: Dimension, ids: _Ids) -> dict[str, Any]:
    heading = _heading_of(dimension)
    first = dimension.codes[0]
    if first.id == f"a{heading}":  # it was coded itself, and is therefore the one code at the top
        return _attribute(first, dimension.id, ids, (), True)
    below = [_attribute(code, dimension.id, ids, (), False) for code in dimension.codes]
    return _as_attribute(int(heading), dimension.label, dimension.definition, HEADING, below)


def _attribute(
    code: Code, dimension_id: str, ids: _Ids, above: tuple[str, ...], is_heading: bool
) -> dict[str, Any]:
    """The code as an attribute; one with codes below it becomes a heading where `is_heading`."""
    name = _name_of(code.label, above)
    below = [_attribute(each, dimension_id, ids, (*above, name), False) for each in code.codes]
    kind = HEADING if is_heading and below else SELECTABLE
    return _as_attribute(ids.attributes[dimension_id, code.id], name, code.definition, kind, below)


def _name_of(label: str, above: tuple[str, ...]) -> str:
    """The name without the path that was put before it to tell it from others of the same name."""
    for length in range(1, len(above) + 1):
        path = PATH.join(above[-length:]) + PATH
        if label.startswith(path):
            return label.removeprefix(path)
    return label


def _as_attribute(
    attribute_id: int, name: str, definition: str, kind: str, below: list[dict[str, Any]]
) -> dict[str, Any]:
    attribute: dict[str, Any] = {
        "AttributeId": attribute_id,
        "AttributeName": name,
        "AttributeType": kind,
        "AttributeSetDescription": definition,
        "AttributeDescription": "",
        "AttributeSetId": attribute_id,
        "OriginalAttributeID": 0,
        "ExtURL": "",
        "ExtType": "",
    }
    if below:
        attribute["Attributes"] = {"AttributesList": below}
    return attribute


# References


def _citations(
    reports: pd.DataFrame, records: pd.DataFrame | None
) -> Iterator[tuple[str, dict[str, str | int]]]:
    """Each publication_id with its citation: all of `CITATION_KEYS`."""
    more: dict[str, Any] = {}
    if records is not None:
        more = {record["record_id"]: record for record in records.to_dict("records")}
    ids = [str(publication_id) for publication_id in reports["publication_id"]]
    taken = {int(item) for item in ids if _is_number(item)}
    free = (number for number in count(1) if number not in taken)
    for report in reports.to_dict("records"):
        publication_id = str(report["publication_id"])
        known = _is_number(publication_id)
        item_id = int(publication_id) if known else next(free)
        citation = _citation(report, more.get(publication_id, {}))
        whole: dict[str, str | int] = {**dict.fromkeys(CITATION_KEYS, ""), **citation}
        yield publication_id, whole | {"ItemId": item_id, "OldItemId": "" if known else publication_id}


def _is_number(item_id: str) -> bool:
    return bool(re.fullmatch(r"[1-9]\d{0,17}", item_id))


def _citation(report: dict[Any, Any], record: dict[Any, Any]) -> dict[str, str]:
    year = "" if pd.isna(report["year"]) else str(int(report["year"]))
    names = [name for name in str(report["authors"]).split("; ") if name]
    first = names[0].split(",")[0] if names else ""
    numbers = report["volume"] + (f"({report['issue']})" if report["issue"] else "")
    parts = [*names[:1], f"({year})" if year else "", f"{report['title']}.", report["journal"], numbers]
    kind = record.get("record_type", "") or report.get("record_type", "")
    short = " ".join(part for part in (first, f"({year})" if year else "") if part)
    return {
        "Title": report["title"],
        "ParentTitle": report["journal"],
        "ShortTitle": short,
        "Year": year,
        "Volume": report["volume"],
        "Issue": report["issue"],
        "Pages": report["pages"],
        "URL": record.get("url", ""),
        "Abstract": record.get("abstract", ""),
        "TypeName": kind or ("Journal, Article" if report["journal"] else ""),
        "Authors": "".join(_as_written(name) for name in names),
        "DOI": report["doi"],
        "ItemStatus": "I",
        "ItemStatusTooltip": "Included in review",
        "QuickCitation": " ".join(part for part in parts if part),
    }


def _as_written(name: str) -> str:
    """A name as EPPI-Reviewer writes it; one that would not be read back the same keeps its comma."""
    family, comma, given = name.partition(", ")
    if not comma:
        return f"{name}  ; "  # two blanks: no given name
    plain = f"{family} {given}"
    return f"{plain} ; " if with_comma(plain) == name else f"{name} ; "


def _codes(codings: pd.DataFrame, ids: _Ids) -> list[dict[str, Any]]:
    n_findings = codings["finding_id"].nunique() - bool((codings["finding_id"] == "").any())
    in_findings = codings[codings["finding_id"] != ""]
    named_in = in_findings.groupby("dimension", observed=True)["finding_id"].nunique()
    always = {""} | set(named_in.index[named_in == n_findings])
    pairs = zip(
        codings["finding_id"], codings["dimension"].astype("str"), codings["code"].astype("str"), strict=True
    )
    numbers = dict.fromkeys(
        ids.attributes[dimension, code]
        for finding, dimension, code in pairs
        if not finding or dimension in always
    )
    return [
        {
            "AttributeId": number,
            "AdditionalText": "",
            "ArmId": 0,
            "ArmTitle": "",
            "ItemAttributeFullTextDetails": [],
        }
        for number in numbers
    ]


def _outcomes(codings: pd.DataFrame, ids: _Ids, codebook: Codebook) -> list[dict[str, Any]]:
    """The findings that hold a code of the row dimension and one of the column dimension."""
    rows, columns = ([d.id for d in codebook.with_role(role)] for role in ("row", "column"))
    parts = dict(iter(codings[codings["finding_id"] != ""].groupby("finding_id", sort=False)))
    known = {name: int(match[1]) for name in parts if (match := OUTCOME_ID.fullmatch(str(name)))}
    free = (number for number in count(1) if number not in known.values())
    found = []
    for finding_id, part in parts.items():
        pairs = list(zip(part["dimension"].astype("str"), part["code"].astype("str"), strict=True))
        row, column = (_first(pairs, names) for names in (rows, columns))
        if row is None or column is None:
            continue
        number = known[finding_id] if finding_id in known else next(free)
        others = [ids.attributes[pair] for pair in pairs if pair not in (row, column)]
        found.append(_as_outcome(number, ids.attributes[row], ids.attributes[column], others))
    return found


def _as_outcome(number: int, intervention: int, measured: int, others: list[int]) -> dict[str, Any]:
    codes = [{"AttributeId": other, "AdditionalText": ""} for other in others]
    return {
        "OutcomeId": number,
        "Title": "",
        "ItemAttributeIdIntervention": intervention,
        "ItemAttributeIdControl": 0,
        "ItemAttributeIdOutcome": measured,
        "OutcomeCodes": {"OutcomeItemAttributesList": codes},
    }


def _first(pairs: Iterable[tuple[str, str]], dimensions: list[str]) -> tuple[str, str] | None:
    return next((pair for pair in pairs if pair[0] in dimensions), None)
