"""A map as JSON of EPPI-Reviewer: every citation key, and read again the same."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pytest
from small_eppi import (
    CODESETS,
    FILE,
    MEASURED,
    attribute,
    code,
    codebook_of,
    codeset,
    outcome,
    page,
    read,
    reference,
)

from mapanalysis.codebook import Codebook
from mapanalysis.sources.eppi_json import parse_eppi_json
from mapanalysis.sources.eppi_mapper import parse_eppi_mapper
from mapanalysis.sources.eppi_writing import CITATION_KEYS, to_eppi_json
from mapanalysis.sources.library import Library
from mapanalysis.tables import RAW, parse_table

# A split codeset with all that it may hold: a coded heading, repeated names, an unused heading, codes of its own.
TOOL = codeset(
    1,
    "Coding tool",
    attribute(
        10,
        "Activity",
        attribute(11, "Outdoors", attribute(12, "Other", AttributeSetDescription="Any other garden")),
        attribute(13, "Indoors", attribute(14, "Other")),
        heading=True,
        AttributeSetDescription="What people did",
    ),
    attribute(20, "Outcome", attribute(21, "Mood"), attribute(22, "Sleep"), heading=True),
    attribute(30, "Unused", attribute(31, "Never"), heading=True),
    attribute(40, "Key paper"),
)
FULL = {
    "Title": "Gardens <i>and</i> sleep",
    "ParentTitle": "Journal of Gardens",
    "Volume": "4",
    "Issue": "2",
    "Pages": "10-19",
    "DOI": "10.5555/x",
    "URL": "https://example.org/x",
    "Abstract": "Background.\r\nWe gardened “much”.",
    "TypeName": "Journal, Article",
    "Authors": "de Silva Ana ; Gardens Trust  ; Berg, O. ; ",
}
REVIEWS = {
    "codesets": read(reference(7, 32, 41, 51, **FULL), reference(8, 31, 32, 42, Year=""), reference(9)),
    "headings": read(reference(7, 11, 12, 14, 21, 40, **FULL), reference(8, 22), codesets=(TOOL,)),
    "a coded heading": read(reference(7, 10, 12, 21), codesets=(TOOL,)),
    "headings beside codesets": read(
        reference(7, 12, 21, 41), reference(8, 14, 22), codesets=(TOOL, MEASURED)
    ),
    "findings": read(
        reference(
            7, 32, 33, 41, 51, Outcomes=[outcome(5, 32, 41, 33, 52), outcome(6, 33, 42), outcome(9, 31, 42)]
        )
    ),
    "a codeset alone": read(codesets=(TOOL,)),
}


def write(library: Library) -> bytes:
    return to_eppi_json(
        library.title, codebook_of(library), library.reports, library.codings, library.records
    )


def written(library: Library) -> dict[str, Any]:
    return json.loads(write(library))  # type: ignore[no-any-return]


@pytest.mark.parametrize("name", REVIEWS)
def test_what_is_written_is_read_again_the_same(name: str):
    library = REVIEWS[name]
    again = parse_eppi_json(write(library), FILE)
    assert again.codebook == library.codebook
    for table in ("reports", "codings", "records"):
        pd.testing.assert_frame_equal(getattr(again, table), getattr(library, table))
    assert again.title == library.title


@pytest.mark.parametrize("name", REVIEWS)
def test_the_same_map_gives_the_same_bytes(name: str):
    assert write(REVIEWS[name]) == write(parse_eppi_json(write(REVIEWS[name]), FILE))


def test_every_reference_has_every_key_of_a_citation():
    references = written(read(reference(7), reference(8, 32)))["References"]
    assert [set(CITATION_KEYS) - found.keys() for found in references] == [set(), set()]
    assert all(isinstance(found[key], str | int) for found in references for key in CITATION_KEYS)


def test_headings_are_headings_again_and_names_are_without_their_paths():
    (tool,) = written(REVIEWS["headings"])["CodeSets"]
    assert (tool["SetId"], tool["SetName"]) == (1, "Coding tool")
    activity = tool["Attributes"]["AttributesList"][0]
    assert (activity["AttributeId"], activity["AttributeType"]) == (10, "Not selectable (no checkbox)")
    assert activity["AttributeSetDescription"] == "What people did"
    (other,) = activity["Attributes"]["AttributesList"][0]["Attributes"]["AttributesList"]
    assert (other["AttributeId"], other["AttributeName"]) == (12, "Other")
    assert "Attributes" not in other


def test_codes_of_findings_stand_among_those_of_the_reference_unless_only_some_findings_name_their_dimension():
    (found,) = written(REVIEWS["findings"])["References"]
    assert [item["AttributeId"] for item in found["Codes"]] == [51, 32, 41, 33, 42, 31]
    assert found["Outcomes"][0]["OutcomeCodes"]["OutcomeItemAttributesList"][1]["AttributeId"] == 52


def test_findings_without_a_number_get_one_that_no_other_of_the_study_has():
    links = [outcome(0, 32, 41), outcome(1, 33, 42), outcome(0, 31, 42)]
    (found,) = written(read(reference(7, Outcomes=links)))["References"]
    assert [item["OutcomeId"] for item in found["Outcomes"]] == [2, 1, 3]


def test_nobody_is_named_and_nothing_confidential_is_written():
    quoted = code(32, AdditionalText="secret", ItemAttributeFullTextDetails=[{"Text": "secret"}])
    assert b"secret" not in write(read(reference(7, quoted, Comments="secret", CreatedBy="secret")))


def test_a_page_of_eppi_mapper_becomes_an_export_with_its_codes():
    library = parse_eppi_mapper(page(), "page.html")
    again = parse_eppi_json(write(library), FILE)
    assert again.codebook["dimensions"][0] == library.codebook["dimensions"][0]
    pd.testing.assert_frame_equal(again.codings, library.codings)


# Maps that did not come from EPPI-Reviewer

OWN = Codebook.model_validate(
    {
        "title": "Gardens",
        "question": "What is there?",
        "dimensions": [
            {
                "id": "activity",
                "label": "Activity",
                "role": "row",
                "codes": [
                    {"id": "a1", "label": "Allotment"},
                    {"id": "not_reported", "label": "Not reported"},
                ],
            },
            {
                "id": "outcome",
                "label": "Outcome",
                "role": "column",
                "codes": [{"id": "a1", "label": "Mood"}, {"id": "not_reported", "label": "Not reported"}],
            },
        ],
    }
)


def table(name: str, *rows: dict[str, str]) -> pd.DataFrame:
    optional = RAW[name].metadata["optional"]
    blank = {column: "" for column in RAW[name].columns if column not in optional}
    return parse_table(pd.DataFrame([blank | row for row in rows], dtype="str"), RAW[name], name)


REPORTS = table(
    "reports",
    {"publication_id": "P0002", "study_id": "S1", "title": "One", "authors": "Ruiz, Ana", "year": "2020"},
    {"publication_id": "12", "study_id": "S1", "title": "Two", "authors": "Chambers Trust"},
)
SETTLED = {"publication_id": "P0002", "coder": "settled", "dimension": "activity", "code": "a1"}
CODINGS = table(
    "codings",
    SETTLED,
    SETTLED | {"dimension": "outcome", "code": "not_reported"},
    SETTLED | {"coder": "Ana", "code": "not_reported"},
)


def test_codes_of_our_own_get_numbers_that_no_other_has():
    whole = json.loads(to_eppi_json("Gardens", OWN, REPORTS, CODINGS))
    sets = [
        [item["AttributeId"] for item in each["Attributes"]["AttributesList"]] for each in whole["CodeSets"]
    ]
    assert sets == [[1, 2], [3, 4]]
    assert [each["SetId"] for each in whole["CodeSets"]] == [1, 2]
    first, second = whole["References"]
    assert [item["AttributeId"] for item in first["Codes"]] == [1, 4]
    assert second["Codes"] == []
    assert (first["ItemId"], first["OldItemId"], second["ItemId"], second["OldItemId"]) == (
        1,
        "P0002",
        12,
        "",
    )


def test_a_citation_is_written_as_eppi_reviewer_writes_it():
    first, second = json.loads(to_eppi_json("Gardens", OWN, REPORTS, CODINGS))["References"]
    assert (first["Authors"], first["ShortTitle"], first["Year"]) == ("Ruiz Ana ; ", "Ruiz (2020)", "2020")
    assert (second["Authors"], second["Year"]) == ("Chambers Trust  ; ", "")


def test_a_map_of_our_own_keeps_its_codes_and_labels():
    again = parse_eppi_json(to_eppi_json("Gardens", OWN, REPORTS, CODINGS), FILE)
    labels = {
        (dimension.label, code_id): dimension.label_of(code_id)
        for dimension in codebook_of(again).dimensions
        for code_id in dimension.tree.index
    }
    assert set(labels.values()) == {"Allotment", "Mood", "Not reported"}
    assert list(again.codings["code"]) == ["a1", "a4"]
    assert list(again.reports["publication_id"]) == ["1", "12"]


def test_a_set_that_is_the_same_in_all_but_order_of_reports_keeps_ids_of_codes():
    one = json.loads(to_eppi_json("Gardens", OWN, REPORTS, CODINGS))["CodeSets"]
    other = json.loads(to_eppi_json("Gardens", OWN, REPORTS[::-1], CODINGS))["CodeSets"]
    assert one == other


def test_all_codesets_of_a_review_are_written_with_their_definitions():
    sets = written(REVIEWS["codesets"])["CodeSets"]
    assert [found["SetId"] for found in sets] == [found["SetId"] for found in CODESETS]
    allotment = sets[0]["Attributes"]["AttributesList"][0]["Attributes"]["AttributesList"][0]
    assert allotment["AttributeSetDescription"] == "A plot among others"
