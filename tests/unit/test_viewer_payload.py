"""What the map on screen is given: all that it needs, in small, and nothing that is not named."""

from __future__ import annotations

import json
from dataclasses import replace

import pandas as pd
import pytest
from small_map import copy_map
from small_tables import codebook, codings, included

from mapanalysis.analysis.gaps import KINDS, GapRules
from mapanalysis.errors import DataError
from mapanalysis.evidence import Evidence, load_evidence, suit_rules
from mapanalysis.viewer.payload import View, build_payload, pack_studies, unpack_studies
from mapanalysis.viewer.text import CUT, EMAIL_LEFT_OUT, MOST_CHARACTERS, MOST_IN_PROSE, clean

VIEW = View(row="activity", column="effect", segment="kind", need="gardener", country="nation")
RULES = GapRules(
    2026, "synthesis", "costing", quality_dimension="certainty", low_quality_codes=["unsure"],
    country_dimension="nation", home_country="NA",
)  # fmt: skip
SECRET = "for our eyes only"


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Evidence:
    return load_evidence(copy_map(tmp_path_factory.mktemp("maps") / "small"))


@pytest.fixture(scope="module")
def payload(small):
    return build_payload(small, VIEW, RULES, "small", "2026-01-31")


def with_tables(evidence: Evidence, **changed: pd.DataFrame) -> Evidence:
    return replace(evidence, tables=evidence.tables | changed)


# --- what is published ---


NAMES = {
    "map": "title subtitle question edition date dateInWords responsible contact licence cite unit definition "
    "codingRule software eligibility exclusionReasons background trust trustInShort footer search nextUpdate agreement "
    "limits",
    "studies": "id label year lastYear nParticipants nIncluded followupMonths isLow",
    "reports": "study id title authors year journal volume issue pages doi pmid pmcid trialName access summary",
    "view": "row column segment need country quality",
    "flow": "missing boxes titles years holders sources",
    "gaps": "typeDimension review economic countryDimension countryOf isHome referenceYear minimumStudies "
    "minimumPrimaryStudies minimumEffectivenessStudies minimumPlaceStudies minimumReviewsRedundant "
    "minimumClusterStudies recentReviewYears outOfDateYears rules",
}


def test_the_payload_has_these_names_and_no_others(small):
    every = small.reports.assign(**dict.fromkeys(["issue", "pmcid", "trial_name", "access"], "said"))
    payload = build_payload(with_tables(small, reports=every), VIEW, RULES, "small", "2026-01-31")
    assert set(payload) == {*NAMES, "format", "dimensions", "outsideScope", "codes", "findings"}
    for part, names in NAMES.items():
        assert set(payload[part]) == set(names.split())
    for dimension in payload["dimensions"]:
        assert list(dimension) == ["id", "label", "role", "multiple", "appliesTo", "madeFrom", "codes"]


def test_what_is_not_named_is_not_published(small):
    extra = dict.fromkeys(("coder", "abstract", "comment", "note", "email"), SECRET)
    spoilt = {name: getattr(small, name).assign(**extra) for name in ("reports", "studies", "codings")}
    records = small.records.assign(abstract=SECRET, authors=SECRET, doi=SECRET, url=SECRET)
    made = build_payload(with_tables(small, **spoilt, records=records), VIEW, RULES, "small", "2026-01-31")
    assert SECRET not in json.dumps(made)


def test_addresses_of_people_in_records_are_left_out(small):
    reports = small.reports.assign(
        authors="Smith J (j.smith+x@uni-x.ac.uk); Lee @ Home", summary="Write to a@b.org."
    )
    made = build_payload(with_tables(small, reports=reports), VIEW, RULES, "small", "2026-01-31")["reports"]
    assert made["authors"][0] == f"Smith J ({EMAIL_LEFT_OUT}); Lee @ Home"
    assert made["summary"][0] == f"Write to {EMAIL_LEFT_OUT}."


def test_the_contact_that_about_yaml_gives_is_published_as_it_is(small):
    about = small.about.model_copy(update={"contact": "the garden team, garden@example.org"})
    made = build_payload(replace(small, about=about), VIEW, RULES, "small", "2026-01-31")
    assert made["map"]["contact"] == "the garden team, garden@example.org"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\x00b\x07c\x9f", "abc"),
        ("a\u202eb\u202c\u2067c\u2069", "abc"),
        ("\ud800a\udfff", "a"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("\u05d0\u200f \U0001f33b", "\u05d0\u200f \U0001f33b"),
        ("x" * MOST_CHARACTERS, "x" * MOST_CHARACTERS),
        ("x" * (MOST_CHARACTERS + 1), "x" * (MOST_CHARACTERS - 1) + CUT),
        ("\U0001f33b" * 9_999, "\U0001f33b" * (MOST_CHARACTERS - 1) + CUT),
    ],
)
def test_text_loses_what_could_turn_or_hide_other_text_and_is_cut(text, expected):
    assert clean(text) == expected


def test_every_text_of_a_file_is_cleaned(small):
    awkward = "\u202e" + "y" * 9_999
    texts = small.reports.select_dtypes("str").columns.difference(["study_id", "publication_id"])
    reports = small.reports.assign(**dict.fromkeys(texts, awkward))
    studies = small.studies.assign(label=awkward)
    dimensions = tuple(one.model_copy(update={"label": awkward}) for one in small.codebook.dimensions)
    words = {
        "question": awkward,
        "definition": awkward,
        "eligibility": {awkward: awkward},
        "dimensions": dimensions,
    }
    about = small.about.model_copy(
        update={"title": "\u202etitle", "trust": ["\ud800trust"], "footer": "\x00"}
    )
    spoilt = replace(with_tables(small, reports=reports, studies=studies), about=about)
    spoilt = replace(spoilt, codebook=small.codebook.model_copy(update=words))
    made = build_payload(spoilt, VIEW, RULES, "small", "2026-01-31")
    text = json.dumps(made, ensure_ascii=False)
    assert not set(text) & set("\u202e\ud800\x00")
    assert "y" * MOST_IN_PROSE not in text
    assert made["reports"]["summary"][0] == "y" * (MOST_IN_PROSE - 1) + CUT
    assert made["reports"]["title"][0] == "y" * (MOST_CHARACTERS - 1) + CUT
    assert made["map"]["trust"] == [["trust"]]


# --- codes ---

BOOK = codebook(
    give="A B(B1 B2)",
    measure="X Y",
    design="trial review",
    outside_scope=["give=A measure=X"],
    applies_to={"measure": "trial"},
)
CODED = """
study | finding | give | measure | design
S1    |         | B2 A | X       | trial
S2    |         |      |         | review
S2    | f2      | A    | Y       |
S2    | f1      | B    | X Y     |
S3    |         |      |         |
S4    | f1      | A    | X       |
"""


def test_codes_are_positions_in_the_order_of_the_codebook():
    packed = pack_studies(BOOK, included(CODED), codings(CODED))
    assert [code[:3] for code in packed["dimensions"][0]["codes"]] == [
        ["A", "Code A", -1],
        ["B", "Code B", -1],
        ["B1", "Code B1", 1],
        ["B2", "Code B2", 1],
    ]
    assert packed["dimensions"][1]["appliesTo"] == "trial"
    assert packed["outsideScope"] == [{"codes": {"give": "A", "measure": "X"}, "reason": "not looked for"}]
    assert packed["studies"] == {"id": ["S1", "S2", "S3", "S4"]}
    assert packed["codes"] == {
        "give": [0, 3, -1, -1, -1, -1],
        "measure": [0, -1, -1, -1, -1],
        "design": [0, -1, 1, -1, -1, -1],
    }


def test_findings_are_numbered_over_the_whole_map():
    findings = pack_studies(BOOK, included(CODED), codings(CODED))["findings"]
    assert [findings[start : start + 4] for start in range(0, len(findings), 4)] == [
        [1, 1, 0, 1], [1, 1, 1, 0], [1, 1, 1, 1], [1, 2, 0, 0], [1, 2, 1, 1], [3, 3, 0, 0], [3, 3, 1, 0],
    ]  # fmt: skip


def test_what_is_packed_comes_back(small, payload):
    small = small.with_derived(small.derive_dimensions("kind", "synthesis"))
    book, study_ids, unpacked = unpack_studies(payload)
    assert list(study_ids) == list(small.studies["study_id"])
    for mine, theirs in zip(book.dimensions, small.codebook.dimensions, strict=True):
        columns = ["code", "label", "parent", "level", "is_leaf"]
        pd.testing.assert_frame_equal(mine.tree[columns], theirs.tree[columns])
    assert book.outside_scope == small.codebook.outside_scope
    keys = ["study_id", "finding", "dimension", "code"]
    sets = []
    for table in (unpacked, small.codings):
        finding = (
            table.groupby(["study_id", "finding_id"], sort=True).ngroup().where(table["finding_id"] != "", -1)
        )
        ranks = finding.groupby(table["study_id"]).rank("dense").where(finding >= 0, 0)
        sets.append(set(table.assign(finding=ranks)[keys].itertuples(index=False, name=None)))
    assert sets[0] == sets[1]
    assert len(sets[0]) == len(unpacked) > 90


def test_dimensions_that_are_made_come_last_and_say_from_what(small, payload):
    made = [(one["id"], one["madeFrom"]) for one in payload["dimensions"][len(small.codebook.dimensions) :]]
    assert made[1:] == [
        ("appraisal_amstar_2", "appraisals"), ("appraisal_chec", "appraisals"), ("appraisal_rob_2", "appraisals"),
        ("in_reviews", "citations"),
    ]  # fmt: skip
    assert {one["madeFrom"] for one in payload["dimensions"][: len(small.codebook.dimensions)]} == {""}


def test_without_appraisals_and_citations_the_dimensions_are_those_of_the_codebook(small):
    empty = {name: small.tables[name].iloc[:0] for name in ("appraisals", "citations")}
    made = build_payload(with_tables(small, **empty), VIEW, RULES, "small", "2026-01-31")
    assert [one["id"] for one in made["dimensions"]] == [one.id for one in small.codebook.dimensions]
    assert "how good a study is; and" in made["map"]["limits"][1]


def test_one_kind_of_code_twice_is_packed_once():
    twice = pd.concat([codings(CODED)] * 2, ignore_index=True)
    assert pack_studies(BOOK, included(CODED), twice) == pack_studies(BOOK, included(CODED), codings(CODED))


def test_unknown_codes_and_studies_stop_it():
    table = codings(CODED)
    with pytest.raises(DataError, match=r"no code 'B9' in give(.|\n)*not included\. Found: 'S4'"):
        pack_studies(BOOK, included(CODED)[:3], table.replace({"code": {"B2": "B9"}}))


@pytest.mark.parametrize("name", ["row", "quality"])
def test_a_dimension_that_is_not_there_stops_it(small, name):
    with pytest.raises(DataError, match="no dimension 'activty'"):
        build_payload(small, replace(VIEW, **{name: "activty"}), RULES, "small", "2026-01-31")


# --- studies, reports, words ---


def test_studies_are_in_the_order_of_the_analysis_with_whole_numbers(small, payload):
    studies = payload["studies"]
    assert studies["id"] == list(small.studies["study_id"])
    for name, column in (("year", "year"), ("followupMonths", "followup_months")):
        expected = [None if pd.isna(value) else value for value in small.studies[column]]
        assert studies[name] == expected
        assert None in studies[name]
    assert all(isinstance(value, int | None) for value in studies["year"] + studies["nParticipants"])


def test_reports_stand_by_study_the_main_one_first(small, payload):
    reports = payload["reports"]
    assert reports["study"] == sorted(reports["study"])
    assert sorted(reports["id"]) == sorted(small.reports["publication_id"])
    first = dict(reversed(list(zip(reports["study"], reports["id"], strict=True))))
    assert [first[number] for number in range(len(small.studies))] == list(
        small.studies["main_publication_id"]
    )
    titles = dict(zip(small.reports["publication_id"], small.reports["title"], strict=True))
    assert reports["title"] == [clean(titles[id]) for id in reports["id"]]


def test_columns_without_a_value_are_left_out(small):
    made = build_payload(
        with_tables(small, reports=small.reports.assign(doi="")), VIEW, RULES, "e", "2026-01-31"
    )
    assert "doi" not in made["reports"]
    assert {"year", "title"} <= set(made["reports"])


def test_words_are_those_of_the_analysis_and_of_about_yaml(small, payload):
    words = payload["map"]
    assert words["dateInWords"] == "31 January 2026"
    assert any("kappa" in line for line in words["agreement"])
    assert words["limits"][0].startswith("It shows what evidence exists, not what works.")
    assert [label for label, _ in words["eligibility"]] == [
        name.replace("_", " ").capitalize() for name in small.codebook.eligibility
    ]


def test_inline_markup_becomes_spans_and_only_safe_links_are_links(small):
    texts = ["**Bold** *and* [a link](doi:10.1/2)", "[x](javascript:alert(1)) <b>"]
    about = small.about.model_copy(update={"background": texts, "title": "A *fine* map"})
    made = build_payload(replace(small, about=about), VIEW, RULES, "small", "2026-01-31")["map"]
    assert made["title"] == "A fine map"
    assert made["background"] == [
        [{"b": "Bold"}, " ", {"i": "and"}, " ", {"a": "a link", "href": "https://doi.org/10.1/2"}],
        ["[x](javascript:alert(1)) <b>"],
    ]


def test_rules_and_view_are_passed_on(payload, small):
    assert payload["view"] == {"row": "activity", "column": "effect", "segment": "kind", "need": "gardener", "country": "nation", "quality": ""}  # fmt: skip
    apart = {"rules", "countryOf", "isHome"}
    assert {name: value for name, value in payload["gaps"].items() if name not in apart} == {
        "typeDimension": "kind", "review": "synthesis", "economic": "costing", "referenceYear": 2026,
        "countryDimension": "nation",
        "minimumStudies": 1, "minimumPrimaryStudies": 3, "minimumEffectivenessStudies": 1, "minimumPlaceStudies": 2,
        "minimumReviewsRedundant": 3, "minimumClusterStudies": 5, "recentReviewYears": 5, "outOfDateYears": 5,
    }  # fmt: skip
    named = suit_rules(small, RULES)[0].in_words()
    assert payload["gaps"]["rules"] == [
        [1 << place, KINDS[kind], named[kind]] for place, kind in enumerate(KINDS)
    ]
    assert "home (Namibia)" in payload["gaps"]["rules"][5][2]


def test_each_code_of_a_country_has_its_country_and_home_is_marked(payload):
    codes = [
        code[0]
        for dimension in payload["dimensions"]
        if dimension["id"] == "nation"
        for code in dimension["codes"]
    ]
    country_of, is_home = payload["gaps"]["countryOf"], payload["gaps"]["isHome"]
    assert len(codes) == len(country_of) == len(is_home)
    assert [code for code, home in zip(codes, is_home, strict=True) if home] == ["NA"]
    assert [code for code, country in zip(codes, country_of, strict=True) if country < 0] == ["not_reported"]
    assert len(set(country_of)) == len(codes)


def test_a_kind_that_the_map_cannot_have_is_not_looked_for(small):
    rules = GapRules(2026, "", "costing")
    made = build_payload(small, VIEW, rules, "small", "2026-01-31")
    assert [flag for flag, _, _ in made["gaps"]["rules"]] == [1, 4, 8]  # absolute, economic, out of date
    assert "isLow" not in made["studies"]


def test_reviews_of_low_confidence_are_marked(small, payload):
    low = small.codings.query("dimension == 'certainty' and code == 'unsure'")["study_id"]
    marked = [study for study, is_low in zip(small.studies["study_id"], payload["studies"]["isLow"], strict=True) if is_low]  # fmt: skip
    assert marked == sorted(low) == ["REV1"]
