"""What the map on screen is given: one tree of plain values, ready for JSON.

Only what is named here leaves the project: no coder, no abstract, no comment, no further column of a table. Studies
are columns and codes are positions, so that thousands of studies stay small. Text of imported files is untrusted: it
loses what could turn or hide other text, and is cut where no reader would want more; the page shows it as text only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

import mapanalysis
from mapanalysis import messages
from mapanalysis.analysis.gaps import KINDS, QUALITY, GapRules
from mapanalysis.codebook import Code, Codebook, Dimension, OutsideScope, find_unknown_codes
from mapanalysis.errors import Problems
from mapanalysis.evidence import Evidence, suit_rules
from mapanalysis.markup import Span, date_in_words, parse_inline
from mapanalysis.project import About
from mapanalysis.viewer.flow import pack_flow
from mapanalysis.viewer.text import (
    MOST_CHARACTERS,
    MOST_IN_PROSE,
    UNWANTED,
    clean,
    clean_all,
)

FORMAT = 1
# Names in the payload, and the columns they are taken from.
STUDY_NUMBERS = {
    "year": "year",
    "lastYear": "last_year",
    "nParticipants": "n_participants",
    "nIncluded": "n_included_studies",
    "followupMonths": "followup_months",
}
REPORT_TEXTS = {
    "id": "publication_id",
    "title": "title",
    "authors": "authors",
    "journal": "journal",
    "volume": "volume",
    "issue": "issue",
    "pages": "pages",
    "doi": "doi",
    "pmid": "pmid",
    "pmcid": "pmcid",
    "trialName": "trial_name",
    "access": "access",
    "summary": "summary",
}


@dataclass(frozen=True)
class View:
    """The dimensions a map opens with, and those that play a part of their own; "" where the map has none.

    `segment` is the type of evidence, and `quality` what reviews state of it.
    """

    row: str
    column: str
    segment: str = ""
    need: str = ""
    country: str = ""
    quality: str = ""


def build_payload(evidence: Evidence, view: View, rules: GapRules, edition: str, date: str) -> dict[str, Any]:
    """All that the map shows, as plain values. `date` is ISO (2026-11-23); the codes of `rules` are of `view.segment`.

    Dimensions that are made from appraisals and citations follow those of the codebook, where there are such tables.
    Raises DataError for a dimension that the codebook does not hold, and for codings that cannot be counted; UsageError
    for codes of the rules that it does not hold.
    """
    derived = evidence.derive_dimensions(view.segment, rules.review_code)
    evidence = evidence.with_derived(derived)
    for name in asdict(view).values():
        if name:
            evidence.codebook.dimension(name)
    rules, looked_at = suit_rules(evidence, rules)
    made_from = {one.dimension.id: one.made_from for one in derived}
    packed = pack_studies(evidence.codebook, evidence.studies["study_id"], evidence.codings, made_from)
    packed["studies"] |= _pack_study_columns(evidence.studies)
    if QUALITY in rules.kinds:
        packed["studies"]["isLow"] = looked_at["is_low"].astype("int64").tolist()
    return {
        "format": FORMAT,
        "map": _pack_words(evidence, edition, date),
        "gaps": pack_rules(rules, view.segment),
        "view": asdict(view),
        **packed,
        "reports": _pack_reports(evidence.reports, evidence.studies),
        "flow": pack_flow(evidence),
    }


def pack_studies(
    codebook: Codebook,
    study_ids: pd.Series,
    codings: pd.DataFrame,
    made_from: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, Any]:
    """What counting needs, and no more: dimensions, outsideScope, studies (their ids), codes, findings.

    `codings` are settled: study_id, finding_id, dimension, code. `made_from` names the table that a dimension is made
    from, where nobody coded it. Raises DataError for unknown codes and studies.
    """
    included = pd.Index(study_ids, dtype="str")
    coded = _encode(codebook, included, codings)
    of_study, of_finding = coded[coded["finding_id"] == ""], coded[coded["finding_id"] != ""]
    return {
        "dimensions": [
            _pack_dimension(dimension, made_from.get(dimension.id, "")) for dimension in codebook.dimensions
        ],
        "outsideScope": [
            {"codes": {clean(name): clean(code) for name, code in scope.codes.items()}}
            | {"reason": clean(scope.reason, MOST_IN_PROSE)}
            for scope in codebook.outside_scope
        ],
        "studies": {"id": clean_all(included)},
        "codes": {
            clean(dimension.id): _end_each(of_study[of_study["dimension"] == number], len(included))
            for number, dimension in enumerate(codebook.dimensions)
        },
        "findings": _pack_findings(of_finding),
    }


# --- codes ---


def _encode(codebook: Codebook, included: pd.Index, codings: pd.DataFrame) -> pd.DataFrame:
    """The codings as positions: study, finding_id (as it is), dimension, code; each once, in this order."""
    problems: Problems = find_unknown_codes(codings, codebook, "codings")
    study = included.get_indexer(pd.Index(codings["study_id"], dtype="str"))
    strangers = codings.loc[study < 0, "study_id"].unique()
    if len(strangers):
        problems.add("codings of studies that are not included", values=strangers[:5], count=len(strangers))
    problems.raise_if_any()
    dimension = np.zeros(len(codings), dtype=np.int64)
    code = np.zeros(len(codings), dtype=np.int64)
    for number, one in enumerate(codebook.dimensions):
        mine = np.flatnonzero(codings["dimension"] == one.id)
        dimension[mine] = number
        code[mine] = one.tree.index.get_indexer(pd.Index(codings["code"].iloc[mine], dtype="str"))
    encoded = pd.DataFrame(
        {"study": study, "finding_id": codings["finding_id"].to_numpy(), "dimension": dimension, "code": code}
    )
    return encoded.drop_duplicates().sort_values(list(encoded), ignore_index=True)


def _end_each(coded: pd.DataFrame, n_studies: int) -> list[int]:
    """The codes of each study in turn, -1 after each study."""
    study = coded["study"].to_numpy()
    ended = np.full(len(coded) + n_studies, -1)
    ended[np.arange(len(coded)) + study] = coded["code"]
    return ended.tolist()


def _pack_findings(coded: pd.DataFrame) -> list[int]:
    """study, finding, dimension, code of each coding in turn; findings are numbered from 1 over the whole map."""
    finding = coded.groupby(["study", "finding_id"], sort=True).ngroup() + 1
    quadruples = coded.assign(finding=finding)[["study", "finding", "dimension", "code"]]
    return quadruples.to_numpy(dtype=np.int64).ravel().tolist()


def _pack_dimension(dimension: Dimension, made_from: str) -> dict[str, Any]:
    tree, plural = dimension.tree, dimension.plurals
    position = {code: number for number, code in enumerate(tree.index)}
    return {
        "id": clean(dimension.id),
        "label": clean(dimension.label),
        "role": dimension.role,
        "multiple": dimension.multiple,
        "appliesTo": clean(dimension.applies_to),
        "madeFrom": made_from,
        "codes": [
            [
                clean(row.code),
                clean(row.label),
                position.get(row.parent, -1),
                clean(row.definition, MOST_IN_PROSE),
                clean(plural[row.code]),
            ]
            for row in tree.itertuples(index=False)
        ],
    }


def unpack_studies(payload: dict[str, Any]) -> tuple[Codebook, pd.Series, pd.DataFrame]:
    """What `pack_studies` packed, to be counted: the codebook (its vocabulary alone), the study ids, the codings."""
    dimensions = payload["dimensions"]
    codebook = Codebook(
        title=payload["map"]["title"],
        question=payload["map"]["question"],
        dimensions=tuple(_unpack_dimension(dimension) for dimension in dimensions),
        outside_scope=tuple(OutsideScope(**scope) for scope in payload["outsideScope"]),
    )
    parts = [
        pd.DataFrame({"study": np.cumsum(ended == -1), "finding": 0, "dimension": number, "code": ended})
        for number, ended in enumerate(
            np.array(payload["codes"][one["id"]], dtype=np.int64) for one in dimensions
        )
    ]
    findings = np.array(payload["findings"], dtype=np.int64).reshape(-1, 4)
    parts.append(pd.DataFrame(findings, columns=["study", "finding", "dimension", "code"]))
    coded = pd.concat(parts, ignore_index=True).query("code >= 0")
    study_ids = pd.Series(payload["studies"]["id"], dtype="str")
    ids = [[code[0] for code in one["codes"]] for one in dimensions]
    pairs = zip(coded["dimension"], coded["code"], strict=True)
    codings = pd.DataFrame(
        {
            "study_id": study_ids.to_numpy()[coded["study"]],
            "finding_id": coded["finding"].astype("str").where(coded["finding"] > 0, ""),
            "dimension": np.array([one["id"] for one in dimensions])[coded["dimension"]],
            "code": [ids[dimension][code] for dimension, code in pairs],
        },
        dtype="str",
    )
    return codebook, study_ids, codings


def _unpack_dimension(dimension: dict[str, Any]) -> Dimension:
    codes, below = dimension["codes"], defaultdict(list)
    for code in codes:
        below[code[2]].append(code)
    positions = {code[0]: number for number, code in enumerate(codes)}

    def nest(parent: int) -> tuple[Code, ...]:
        return tuple(
            Code(id=code[0], label=code[1], codes=nest(positions[code[0]])) for code in below[parent]
        )

    return Dimension(
        id=dimension["id"],
        label=dimension["label"],
        role=dimension["role"],
        multiple=dimension["multiple"],
        applies_to=dimension["appliesTo"],
        codes=nest(-1),
    )


# --- studies and reports ---


def _pack_study_columns(studies: pd.DataFrame) -> dict[str, list[Any]]:
    numbers = {name: _numbers(studies[column]) for name, column in STUDY_NUMBERS.items()}
    return {"label": clean_all(studies["label"])} | numbers


def _pack_reports(reports: pd.DataFrame, studies: pd.DataFrame) -> dict[str, list[Any]]:
    """The columns of the reports, those of one study together and its main report first; empty ones left out."""
    study = pd.Index(studies["study_id"]).get_indexer(pd.Index(reports["study_id"]))
    is_other = ~reports["publication_id"].isin(studies["main_publication_id"])
    order = pd.DataFrame(
        {"study": study, "is_other": is_other.to_numpy(), "year": reports["year"].to_numpy()}
    )
    order = order.sort_values(["study", "is_other", "year"], kind="stable")
    ordered = reports.iloc[order.index]
    texts = {
        name: clean_all(ordered[column], MOST_IN_PROSE if name == "summary" else MOST_CHARACTERS)
        for name, column in REPORT_TEXTS.items()
    }
    columns = {"study": order["study"].tolist(), "year": _numbers(ordered["year"])} | texts
    return {name: column for name, column in columns.items() if name == "study" or any(_is_said(column))}


def _is_said(column: list[Any]) -> Iterable[bool]:
    return (value is not None and value != "" for value in column)


def _numbers(column: pd.Series) -> list[int | float | None]:
    """Whole numbers as such, null where nothing is known."""
    values = column.astype("object").where(column.notna(), None)
    return [int(value) if value is not None and value == int(value) else value for value in values]


# --- words ---


def _pack_words(evidence: Evidence, edition: str, date: str) -> dict[str, Any]:
    codebook, about = evidence.codebook, evidence.about
    agreement = messages.say_agreement(evidence.screening_agreement, evidence.agreement_by_dimension())
    not_said = messages.not_said(is_appraised=len(evidence.appraisals) > 0)
    return {
        **_pack_about(about),
        "question": clean(codebook.question, MOST_IN_PROSE),
        "edition": clean(edition),
        "date": clean(date),
        "dateInWords": date_in_words(date),
        "unit": clean(codebook.unit_of_analysis, MOST_IN_PROSE),
        "definition": clean(codebook.definition, MOST_IN_PROSE),
        "codingRule": clean(codebook.coding_rule, MOST_IN_PROSE),
        "software": f"mapanalysis {mapanalysis.__version__}",
        "eligibility": [
            [clean(name.replace("_", " ").capitalize()), clean(text, MOST_IN_PROSE)]
            for name, text in codebook.eligibility.items()
        ],
        "exclusionReasons": [clean(reason.label) for reason in codebook.exclusion_reasons],
        "agreement": [clean(line, MOST_IN_PROSE) for line in agreement],
        "limits": [
            f"{messages.NOT_WHAT_WORKS}. {messages.HOW_TO_TAKE_COUNTS}",
            f"It does not say: {not_said[:1].lower()}{not_said[1:]}",
        ],
    }


def _pack_about(about: About) -> dict[str, Any]:
    """`about.yaml` is written for readers: it is published as it is, addresses included."""
    return {
        "title": _plain(about.title),
        "subtitle": _plain(about.subtitle),
        "responsible": _plain(about.responsible),
        "contact": _plain(about.contact),
        "licence": _plain(about.licence),
        "cite": _plain(about.cite),
        "background": [_inline(text) for text in about.background],
        "trust": [_inline(text) for text in about.trust],
        "trustInShort": _plain(about.trust_in_short),
        "footer": _plain(about.footer),
        "search": [_inline(text) for text in about.search],
        "nextUpdate": _plain(about.next_update),
    }


def _plain(text: str) -> str:
    return "".join(span.text for span in parse_inline(UNWANTED.sub("", text))).strip()


def _inline(text: str) -> list[str | dict[str, str]]:
    return [_pack_span(span) for span in parse_inline(UNWANTED.sub("", text).strip())]


def _pack_span(span: Span) -> str | dict[str, str]:
    match span.style:
        case "bold":
            return {"b": span.text}
        case "emphasis":
            return {"i": span.text}
        case "link":
            return {"a": span.text, "href": span.url}
    return span.text


def pack_rules(rules: GapRules, type_dimension: str) -> dict[str, Any]:
    """The thresholds of the rules, and each kind that is looked for: its flag, its name, its rule in words.

    The flag of a kind is the bit of its place among all kinds.
    """
    flags = {kind: 1 << place for place, kind in enumerate(KINDS)}
    return {
        "typeDimension": clean(type_dimension),
        "review": clean(rules.review_code),
        "economic": clean(rules.economic_code),
        "countryDimension": clean(rules.country_dimension),
        "countryOf": _number_countries(rules),
        "isHome": [int(code in rules.home_codes) for code in rules.country_of],
        "referenceYear": rules.reference_year,
        "minimumStudies": rules.minimum_studies,
        "minimumPrimaryStudies": rules.minimum_primary_studies,
        "minimumEffectivenessStudies": rules.minimum_effectiveness_studies,
        "minimumPlaceStudies": rules.minimum_place_studies,
        "minimumReviewsRedundant": rules.minimum_reviews_redundant,
        "minimumClusterStudies": rules.minimum_cluster_studies,
        "recentReviewYears": rules.recent_review_years,
        "outOfDateYears": rules.out_of_date_years,
        "rules": [
            [flags[kind], KINDS[kind], clean(rule, MOST_IN_PROSE)] for kind, rule in rules.in_words().items()
        ],
    }


def _number_countries(rules: GapRules) -> list[int]:
    """The country of each code of the country dimension, as a number; -1 for none."""
    numbers = {country: number for number, country in enumerate(dict.fromkeys(rules.country_of.values()))}
    return [numbers[country] if country else -1 for country in rules.country_of.values()]
