"""Made-up maps of any size and shape, as the payload that the map on screen opens.

Everything is drawn with a fixed seed. Sentences are of words of the field, as long as real ones, and mean nothing.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from mapanalysis.analysis.gaps import KINDS

Payload = dict[str, Any]
NOT_REPORTED = "not_reported"
VOCABULARY = (
    "peer support intervention adults with severe mental illness randomised controlled trial of a community based "
    "programme for young people living long term conditions qualitative study experience in primary care systematic "
    "review effectiveness and cost mentoring navigation self management groups hospital discharge recovery loneliness "
    "diabetes cancer perinatal stroke carers veterans homelessness substance use outcomes wellbeing quality life "
    "engagement service feasibility evaluation protocol pilot cluster online delivered by workers training"
)
WORDS = VOCABULARY.split()
SURNAMES = (
    "Adeyemi",
    "Baker",
    "Chowdhury",
    "Dubois",
    "Eriksen",
    "Farouk",
    "Garcia",
    "Haddad",
    "Ito",
    "Jansen",
)
JOURNALS = tuple(
    f"{kind} of {field}"
    for kind in ("Journal", "Annals", "International Review", "Archives")
    for field in (
        "Community Mental Health",
        "Supportive Care",
        "Public Health Research",
        "Social Work Practice",
    )
)
# What comes in from elsewhere, at its worst: markup, code, what ends a script or an attribute, marks that turn text round.
HOSTILE = (
    "</script><script>window.ran = 'script'</script><img src=\"https://example.org/x\" onerror=\"window.ran = 'image'\">"
    "<svg onload=window.ran='svg'><style>*{display:none}</style>\"'`><!-- ${window.ran='template'} {{7*7}} {% raw %} &amp; &lt;b&gt;"
    " javascript:window.ran='link' \u202egnp.exe\u202c \u2066 \u200f\u05d0\u05d1 \u2028\u2029 \x00\x07 ]]> %3Cscript%3E __proto__ \\"
)

# --- codes ---


def make_codes(shape: Sequence[Any], name: str, *, length: int = 0) -> list[list[Any]]:
    """Codes in pre-order; a number in `shape` is that many leaves side by side, a list a group of what it holds."""
    codes: list[list[Any]] = []
    chance = random.Random(name)

    def add(part: Any, parent: int) -> None:
        for _ in range(part if isinstance(part, int) else 1):
            number = len(codes)
            label = f"{' '.join(chance.sample(WORDS, 3))} {number}".capitalize()
            if length:
                label = (label + " " + sentence(chance, length))[:length]
            codes.append([f"{name}_{number}", label, parent, sentence(chance, 120), ""])
            for inner in () if isinstance(part, int) else part:
                add(inner, number)

    for part in shape:
        add(part, -1)
    return codes


def in_groups(n: int, n_groups: int) -> list[list[int]]:
    """A shape of `n` leaves, in groups of much the same size."""
    return [[n // n_groups + (number < n % n_groups)] for number in range(n_groups)]


def leaves_of(codes: Iterable[Sequence[Any]]) -> list[int]:
    codes = list(codes)
    return sorted(set(range(len(codes))) - {code[2] for code in codes})


def make_dimension(id: str, role: str, codes: list[list[Any]], **changes: Any) -> dict[str, Any]:
    label = id.replace("_", " ").capitalize()
    return {
        "id": id,
        "label": label,
        "role": role,
        "multiple": True,
        "appliesTo": "",
        "codes": codes,
    } | changes


def sentence(chance: random.Random, length: int) -> str:
    words = " ".join(chance.choice(WORDS) for _ in range(length // 5 + 2))
    return words[:length].rsplit(" ", 1)[0].capitalize()


# --- a map ---

FILTERS = {
    "population": in_groups(24, 5),
    "need": in_groups(30, 6),
    "setting": [9],
    "country": in_groups(60, 6),
    "delivery": [7],
    "provider": [6],
    "funding": [5],
    "age": [6],
    "stated_quality": [4],
}


def draw_map(
    n_studies: int,
    rows: Sequence[Any],
    columns: Sequence[Any],
    segments: Sequence[Any] = (),
    *,
    label_length: int = 0,
    with_findings: bool = False,
    with_groups: bool = False,
    filters: dict[str, list[Any]] = FILTERS,
) -> Payload:
    """A map of these shapes (see `make_codes`).

    Most studies have one to three rows and columns, one segment and one or two codes of each filter; common codes come
    first. `with_groups`: some are coded with a group only. `with_findings`: a third have findings with codes of their own.
    """
    dimensions = [
        make_dimension("row", "row", make_codes(rows, "row", length=label_length)),
        make_dimension("column", "column", make_codes(columns, "column", length=label_length)),
    ]
    if segments:
        dimensions.append(
            make_dimension("segment", "segment", make_codes(segments, "segment", length=label_length))
        )
    dimensions += [make_dimension(name, "filter", make_codes(shape, name)) for name, shape in filters.items()]
    for dimension in dimensions[:2]:
        dimension["codes"].append([NOT_REPORTED, "Not reported", -1, "", ""])
    chance = random.Random(20_261_123)
    codes = {
        dimension["id"]: [_draw_codes(chance, dimension, with_groups) for _ in range(n_studies)]
        for dimension in dimensions
    }
    findings = _draw_findings(chance, dimensions, codes) if with_findings else []
    return make_payload(dimensions, codes, _draw_reports(chance, n_studies), findings=findings)


def _draw_codes(chance: random.Random, dimension: dict[str, Any], with_groups: bool) -> list[int]:
    """Codes of one study; one study in twenty has none."""
    codes = dimension["codes"]
    choices = list(range(len(codes))) if with_groups else leaves_of(codes)
    if chance.random() < 0.05:
        return []
    most = {"row": 3, "column": 3, "segment": 1}.get(dimension["role"], 2)
    # Half of the codes of a map are rare.
    return sorted({choices[int(len(choices) * chance.random() ** 2)] for _ in range(chance.randint(1, most))})


def _draw_findings(
    chance: random.Random, dimensions: list[dict[str, Any]], codes: dict[str, list[list[int]]]
) -> list[tuple[int, int, int, int]]:
    """For a third of the studies, their rows and columns move into findings."""
    findings: list[tuple[int, int, int, int]] = []
    number = 0
    for study in range(len(codes["row"])):
        if chance.random() > 1 / 3:
            continue
        for _ in range(chance.randint(1, 3)):
            number += 1
            for axis in (0, 1):
                own = codes[dimensions[axis]["id"]][study]
                findings += [(study, number, axis, code) for code in own if chance.random() < 0.6]
        codes[dimensions[chance.randint(0, 1)]["id"]][study] = []
    return findings


def _draw_reports(chance: random.Random, n_studies: int) -> list[dict[str, Any]]:
    """One report a study, of a real one's length; one study in ten has two."""
    reports = []
    for study in range(n_studies):
        for _ in range(1 + (chance.random() < 0.1)):
            number = len(reports)
            year = min(2026, 1995 + int(32 * chance.random() ** 0.5))
            names = [f"{chance.choice(SURNAMES)} {chr(65 + chance.randrange(26))}" for _ in range(9)]
            reports.append(
                {
                    "study": study,
                    "id": f"R{number:06}",
                    "title": sentence(chance, 105) + f" {number}",
                    "authors": "; ".join(names),
                    "year": year,
                    "journal": chance.choice(JOURNALS),
                    "volume": str(chance.randint(1, 60)),
                    "issue": str(chance.randint(1, 12)),
                    "pages": f"{chance.randint(1, 400)}-{chance.randint(401, 900)}",
                    "doi": f"10.1000/{number}.{year}",
                    "pmid": str(30_000_000 + number),
                    "summary": sentence(chance, 210) + ".",
                }
            )
    return reports


def make_payload(
    dimensions: list[dict[str, Any]],
    codes: dict[str, list[list[int]]],
    reports: list[dict[str, Any]],
    *,
    findings: Iterable[tuple[int, int, int, int]] = (),
    title: str = "A made-up map",
) -> Payload:
    """The payload of a map: `codes` has one list of positions a study; `reports` are ordered by study."""
    n_studies = len(next(iter(codes.values())))
    first = {report["study"]: report for report in reversed(reports)}
    last = {report["study"]: report for report in reports}
    years = [first[study]["year"] for study in range(n_studies)]
    roles = {role: _first_with(dimensions, role) for role in ("row", "column", "segment")}
    ids = {dimension["id"] for dimension in dimensions}
    return {
        "format": 1,
        "map": _make_words(title),
        "dimensions": dimensions,
        "outsideScope": [],
        "gaps": _make_gaps(dimensions, roles["segment"]),
        "view": roles
        | {role: role if role in ids else "" for role in ("need", "country")}
        | {"quality": "stated_quality" if "stated_quality" in ids else ""},
        "studies": {
            "id": [f"S{study:06}" for study in range(n_studies)],
            "label": [
                f"{first[study]['authors'].split(' ')[0]} {years[study]}" for study in range(n_studies)
            ],
            "year": years,
            "lastYear": [last[study]["year"] for study in range(n_studies)],
            "nParticipants": [study % 400 or None for study in range(n_studies)],
            "nIncluded": [None] * n_studies,
            "followupMonths": [None] * n_studies,
        },
        "codes": {name: [code for study in lists for code in (*study, -1)] for name, lists in codes.items()},
        "findings": [number for quadruple in findings for number in quadruple],
        "reports": {
            name: [report[name] for report in reports]
            for name in ("study", "id", "title", "authors", "year", *REPORT_TEXTS)
            if name in ("study", "id", "title", "authors", "year")
            or any(report.get(name) for report in reports)
        },
        "flow": _make_flow(reports),
    }


REPORT_TEXTS = (
    "journal",
    "volume",
    "issue",
    "pages",
    "doi",
    "pmid",
    "pmcid",
    "trialName",
    "access",
    "summary",
)


def _label_of(report: dict[str, Any]) -> str:
    surname = report["authors"].split(" ")[0].rstrip(",")
    return f"{surname} {report['year'] or 'without a year'}"


def _first_with(dimensions: list[dict[str, Any]], role: str) -> str:
    return next((dimension["id"] for dimension in dimensions if dimension["role"] == role), "")


def _make_words(title: str) -> dict[str, Any]:
    return {
        "title": title,
        "subtitle": "Nothing here is real",
        "question": "What would a map of this size look like?",
        "edition": "2026-11",
        "date": "2026-11-23",
        "dateInWords": "23 November 2026",
        "responsible": "Nobody",
        "contact": "",
        "licence": "CC0-1.0",
        "cite": "Nobody (2026). A made-up map.",
        "unit": "study",
        "definition": "Something that peers do.",
        "codingRule": "Every code that holds.",
        "software": "mapanalysis",
        "eligibility": [["Population", "Anyone"], ["Intervention", "Anything"]],
        "exclusionReasons": ["Not about it"],
        "background": [["Some ", {"b": "bold"}, " words and ", {"a": "a link", "href": "https://doi.org/10.1000/1"}, "."]],
        "trust": [["All of it is made up."]],
        "trustInShort": "All of it is made up.",
        "footer": "Made up.",
        "search": [["Nowhere was searched."]],
        "nextUpdate": "",
        "agreement": [],
        "limits": ["It is made up."],
    }  # fmt: skip


def _make_flow(reports: list[dict[str, Any]]) -> dict[str, Any]:
    """A flow in which every report was found by one of two sources and none was left out."""
    n = len(reports)
    entries, part_of = list(range(n)), [entry % 2 for entry in range(n)]
    parts = [["One", part_of.count(0)], ["Other", part_of.count(1)]]
    box = {"unit": "reports", "n": n, "entries": entries}
    return {
        "missing": "",
        "boxes": [
            box | {"label": "Records identified", "unit": "records", "parts": parts, "partOf": part_of},
            box | {"label": "Reports included", "parts": [], "partOf": []},
        ],
        "titles": [report["title"] for report in reports],
        "years": ["" if report["year"] is None else str(report["year"]) for report in reports],
        "holders": part_of,
        "sources": ["One", "Other"],
    }


def _make_gaps(dimensions: list[dict[str, Any]], segment: str) -> dict[str, Any]:
    tops = [
        code[0]
        for dimension in dimensions
        for code in dimension["codes"]
        if dimension["id"] == segment and code[2] < 0
    ]
    return {
        "typeDimension": segment,
        "review": tops[0] if tops else "",
        "economic": tops[2] if len(tops) > 2 else "",
        "referenceYear": 2026,
        "minimumStudies": 1,
        "minimumPrimaryStudies": 3,
        "minimumEffectivenessStudies": 1,
        "minimumPlaceStudies": 2,
        "minimumReviewsRedundant": 3,
        "minimumClusterStudies": 5,
        "recentReviewYears": 5,
        "outOfDateYears": 5,
        "countryDimension": "",
        "countryOf": [],
        "isHome": [],
        "rules": [[1 << place, label, f"a rule of {label}"] for place, label in enumerate(KINDS.values())],
    }


# --- at its worst ---


def make_hostile(payload: Payload, *, title_length: int = 10_000) -> Payload:
    """The payload with hostile text in every place that holds text, ids among them; titles are as long as asked for."""
    spoilt = copy.deepcopy(payload)
    filler = "Overlong" * (title_length // 8 + 1)

    def worsen(text: str) -> str:
        return HOSTILE + text

    spoilt["map"] = _map_texts(spoilt["map"], worsen)
    spoilt["map"]["date"] = payload["map"]["date"]
    spoilt["map"]["background"] = [
        [HOSTILE, {"b": HOSTILE}, {"i": HOSTILE}, {"a": HOSTILE, "href": f"javascript:window.ran='href'//{HOSTILE}"}]
    ]  # fmt: skip
    for name in ("titles", "years", "sources"):
        spoilt["flow"][name] = [worsen(text) for text in payload["flow"][name]]
    for box in spoilt["flow"]["boxes"]:
        box["label"], box["parts"] = worsen(box["label"]), [[worsen(label), n] for label, n in box["parts"]]
    spoilt["flow"]["missing"] = worsen("")
    for dimension in spoilt["dimensions"]:
        dimension["id"], dimension["label"] = worsen(dimension["id"]), worsen(dimension["label"])
        dimension["codes"] = [
            [code if code == NOT_REPORTED else worsen(code), worsen(label), parent, worsen(definition), worsen(plural)]
            for code, label, parent, definition, plural in dimension["codes"]
        ]  # fmt: skip
    spoilt["codes"] = {worsen(name): codes for name, codes in spoilt["codes"].items()}
    for part in ("view", "gaps"):
        spoilt[part] = _map_texts(spoilt[part], lambda text: worsen(text) if text else "")
    for scope in spoilt["outsideScope"]:
        scope["codes"] = {worsen(name): worsen(code) for name, code in scope["codes"].items()}
        scope["reason"] = worsen(scope["reason"])
    for table, names in (
        ("studies", ("id", "label")),
        ("reports", ("id", *REPORT_TEXTS, "title", "authors")),
    ):
        for name in names:
            spoilt[table][name] = [worsen(text) for text in payload[table].get(name, payload[table]["id"])]
    spoilt["reports"]["title"] = [(title + filler)[:title_length] for title in spoilt["reports"]["title"]]
    return spoilt


def _map_texts(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_map_texts(one, change) for one in value]
    return {key: _map_texts(one, change) for key, one in value.items()} if isinstance(value, dict) else value
