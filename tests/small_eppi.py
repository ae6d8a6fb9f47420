"""Small exports of EPPI-Reviewer and pages of EPPI-Mapper, in the shapes of real ones.

The review is about gardens: 30 what people did, 40 what was measured, 50 kind of study.
"""

from __future__ import annotations

import json
from typing import Any

from mapanalysis.codebook import Codebook
from mapanalysis.sources.eppi_json import parse_eppi_json
from mapanalysis.sources.library import Library

HEADING = "Not selectable (no checkbox)"
FILE = "review.json"
Json = dict[str, Any]


def attribute(number: int, name: str, *below: Json, heading: bool = False, **more: Any) -> Json:
    """A code; one without codes below has no key Attributes, as in real files."""
    kind = HEADING if heading else "Selectable (show checkbox)"
    found = {
        "AttributeId": number,
        "AttributeName": name,
        "AttributeType": kind,
        "AttributeSetDescription": "",
    }
    return found | more | ({"Attributes": {"AttributesList": list(below)}} if below else {})


def codeset(number: int, name: str, *attributes: Json, kind: str = "Standard", **more: Any) -> Json:
    below = {"Attributes": {"AttributesList": list(attributes)}}
    return (
        {"SetName": name, "SetId": number, "SetDescription": "", "SetType": {"SetTypeName": kind}}
        | below
        | more
    )


def code(number: int, **more: Any) -> Json:
    details = {"AdditionalText": "", "ArmId": 0, "ArmTitle": "", "ItemAttributeFullTextDetails": []}
    return {"AttributeId": number} | details | more


def reference(number: int, *codes: int | Json, **more: Any) -> Json:
    found = {
        "Codes": [code(item) if isinstance(item, int) else item for item in codes],
        "Outcomes": [],
        "ItemId": number,
        "Title": f"Study {number}",
        "Year": "2020",
        "Authors": "Ruiz Ana ; ",
        "ItemStatus": "I",
    }
    return found | more


def outcome(number: int, intervention: int, measured: int, *others: int, control: int = 0) -> Json:
    return {
        "OutcomeId": number,
        "Title": "Mood at six months",
        "ItemAttributeIdIntervention": intervention,
        "ItemAttributeIdControl": control,
        "ItemAttributeIdOutcome": measured,
        "OutcomeCodes": {"OutcomeItemAttributesList": [{"AttributeId": other} for other in others]},
        "Data1": 12.5,
    }


GIVEN = codeset(
    30,
    "Interventions",
    attribute(31, "Outdoors", attribute(32, "Allotment", AttributeSetDescription="A plot among others")),
    attribute(33, "Indoors"),
)
MEASURED = codeset(40, "Outcomes", attribute(41, "Mood"), attribute(42, "Sleep"))
DESIGN = codeset(50, "Study design", attribute(51, "Trial"), attribute(52, "Review"))
CODESETS = (GIVEN, MEASURED, DESIGN)


def review(*references: Json, codesets: tuple[Json, ...] = CODESETS, **more: Any) -> bytes:
    return json.dumps({"CodeSets": list(codesets), "References": list(references)} | more).encode()


def read(*references: Json, codesets: tuple[Json, ...] = CODESETS, **options: Any) -> Library:
    return parse_eppi_json(review(*references, codesets=codesets), FILE, **options)


def codebook_of(library: Library) -> Codebook:
    return Codebook.model_validate(library.codebook)


def codings_of(library: Library) -> list[tuple[str, str, str, str]]:
    """publication_id, finding_id, dimension, code of each coding."""
    columns = ["publication_id", "finding_id", "dimension", "code"]
    return list(library.codings[columns].itertuples(index=False, name=None))


def dimensions_of(library: Library) -> dict[str, list[str]]:
    """The label of each dimension with the labels of its codes, those above first."""
    return {
        dimension.label: [dimension.label_of(code_id) for code_id in dimension.tree.index]
        for dimension in codebook_of(library).dimensions
    }


def roles_of(library: Library) -> dict[str, str]:
    """The label of the dimension in each role other than filter."""
    return {d["role"]: d["label"] for d in library.codebook["dimensions"] if d["role"] != "filter"}


# Pages


def heading(number: int | None, title: str, span: int = 1, **more: Any) -> Json:
    return {"id": number, "title": title, "span": span, "isColumn": False, "setDescription": ""} | more


# Two levels of columns under one heading, two of rows; 44 has no group of its own and repeats its heading.
CSV_DATA: Json = {
    "totalColBreadth": 3,
    "totalColDepth": 3,
    "totalRowBreadth": 3,
    "totalRowDepth": 2,
    "rows": [
        [heading(40, "Outcomes", 3)],
        [heading(41, "Mind", 2), heading(44, "Body", 1)],
        [
            heading(42, "Mood", setDescription="<p>How one feels</p>"),
            heading(43, "Sleep"),
            heading(44, "Body"),
        ],
        [heading(30, "What people did", 3), heading(31, "Outdoors", 2), heading(32, "Allotment")],
        [heading(33, "Community garden")],
        [heading(34, "Indoors", 1), heading(35, "Potted plants")],
    ],
}
FILTERS = [
    {
        "id": 50,
        "label": "Study design",
        "checked": False,
        "children": [
            {"id": 51, "label": "Trial", "checked": False, "children": []},
            {"id": 52, "label": "Review", "checked": False, "children": []},
        ],
    },
    {"id": 60, "label": "Country", "children": [{"id": 61, "label": "Norway", "children": []}]},
]
SEGMENTS = [
    {"attribute": {"AttributeId": 52, "AttributeName": "Review"}, "color": "#123456"},
    {"attribute": {"AttributeId": 51, "AttributeName": "Trial"}, "color": "#654321"},
]
ABOUT = "<p style='color:red'>A map of gardens&nbsp;.</p><script>alert('x')</script><p>Made in *2020*.</p>"
REFERENCES = (
    reference(1, 32, 42, 51, 61),
    reference(2, 32, 42, 51, 52),
    reference(3, 33, 44),
    reference(4, 35, 43, 52, 99),
)


def page(
    *references: Json,
    csv_data: Any = CSV_DATA,
    filters: Any = FILTERS,
    segments: Any = SEGMENTS,
    about: str = ABOUT,
    head: str = "<div class='x'><b>Gardens</b> and health</div>",
    script: str = "",
) -> bytes:
    values = {
        "csvData": csv_data,
        "filters": filters,
        "autoOpenFilter": False,
        "aboutContent": about,
        "segmentAttributes": segments,
        "referenceData": list(references or REFERENCES),
    }
    lines = "\n".join(f"const {name} = {json.dumps(value)};" for name, value in values.items())
    return (
        "<!DOCTYPE html><html><head><title>EPPI-Mapper</title></head><body>\n"
        f'<div class="header clearfix">{head}</div>\n<div class="wrapper"></div>\n'
        f"<script>\n{script}{lines}\nfunction count(rows) {{ const filters = rows.map((x) => x); }}\n</script></body></html>\n"
    ).encode()
