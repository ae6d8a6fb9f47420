"""Exports of EPPI-Reviewer: codesets become dimensions, references reports, codes codings, outcomes findings."""

from __future__ import annotations

import json
import subprocess
import sys

import pandas as pd
import pytest
import yaml
from small_eppi import (
    CODESETS,
    DESIGN,
    FILE,
    GIVEN,
    MEASURED,
    attribute,
    code,
    codebook_of,
    codeset,
    codings_of,
    dimensions_of,
    outcome,
    read,
    reference,
    review,
    roles_of,
)

from mapanalysis.codebook import encode_codings, parse_codebook
from mapanalysis.errors import DataError
from mapanalysis.sources import eppi_references, json_text
from mapanalysis.sources.eppi_json import is_eppi_json, parse_eppi_json
from mapanalysis.sources.library import Library, SetAside
from mapanalysis.tables import RAW, check_table


def repairs(library: Library) -> dict[str, int]:
    return {repair.what: repair.count for repair in library.reading.repairs}


def left_out(library: Library) -> dict[str, int]:
    return {item.what: item.count for item in library.reading.left_out}


def only(library: Library, column: str) -> object:
    (value,) = library.reports[column]
    return value


# References and their codes


def test_a_code_that_is_present_is_a_coding_of_the_whole_study():
    library = read(reference(7, 32, 41))
    assert codings_of(library) == [("7", "", "s30", "a32"), ("7", "", "s40", "a41")]
    assert set(library.codings["coder"]) == {"settled"}


def test_what_is_read_fits_the_schemas_and_the_codebook():
    library = read(reference(7, 32, 41), reference(8, 52))
    found = parse_codebook(yaml.safe_dump(library.codebook).encode())
    assert len(encode_codings(library.codings, found)) == 3
    for name in ("reports", "codings"):
        frame = getattr(library, name)
        pd.testing.assert_frame_equal(check_table(frame, RAW[name]), frame)
    assert library.records is not None
    assert list(library.records["record_id"]) == list(library.reports["publication_id"]) == ["7", "8"]


def test_a_parent_and_its_child_may_both_be_coded_and_nothing_is_inherited():
    assert codings_of(read(reference(7, 31, 32))) == [("7", "", "s30", "a31"), ("7", "", "s30", "a32")]
    assert codings_of(read(reference(7, 32))) == [("7", "", "s30", "a32")]


def test_a_code_given_for_several_arms_counts_once():
    library = read(reference(7, code(32, ArmId=1, ArmTitle="A"), code(32, ArmId=2, ArmTitle="B")))
    assert codings_of(library) == [("7", "", "s30", "a32")]
    assert left_out(library)["codes given to a reference more than once"] == 1


def test_ids_that_nothing_names_are_reported_with_how_often():
    library = read(reference(7, 32, 999), reference(8, 999), reference(9, 998))
    (unnamed,) = [item for item in library.reading.left_out if item.what == "codes without a name"]
    assert unnamed.count == 3
    assert unnamed.examples == ("999 (2 references)", "998 (1 references)")
    assert len(codings_of(library)) == 1


def test_a_reference_given_twice_is_one_with_the_codes_of_both():
    library = read(reference(7, 32), reference(7, 41, Title="STUDY 7"), reference(8))
    assert list(library.reports["publication_id"]) == ["7", "8"]
    assert [coding[3] for coding in codings_of(library)] == ["a32", "a41"]
    assert (library.reading.n_read, library.reading.n_used) == (3, 2)
    assert [item.count for item in library.reading.set_aside] == [1]


def test_two_references_of_one_id_and_other_titles_are_two():
    library = read(*(reference(7, Title=title) for title in ("One", "Two", "Three")))
    assert list(library.reports["publication_id"]) == ["7", "7-2", "7-3"]


def test_only_included_references_are_used_and_the_others_said_with_the_reason():
    library = read(
        *(reference(n, ItemStatus=status) for n, status in enumerate(["I", "", "E", "D", "S", "E"], 1))
    )
    assert list(library.reports["publication_id"]) == ["1", "2"]
    assert [(item.what, item.count) for item in library.reading.set_aside] == [
        ("excluded references", 2),
        ("deleted references", 1),
        ("shadow references", 1),
    ]
    assert library.reading.set_aside[0].examples == ("Study 3", "Study 6")


def test_references_used_and_set_aside_are_the_references_read():
    library = read(reference(1), reference(1), reference(2, ItemStatus="E"), 5, reference(3))  # type: ignore[arg-type]
    reading = library.reading
    assert reading.row_name == "references"
    assert reading.n_read == reading.n_used + sum(item.count for item in reading.set_aside) == 5


def test_keys_may_be_absent():
    library = read({"Title": "Bare"}, codesets=({"SetName": "Empty", "SetId": 1},))
    assert list(library.reports["publication_id"]) == ["ref-1"]
    assert repairs(library)["references without an id called by their position"] == 1
    assert left_out(library)["codesets without codes"] == 1
    assert library.reading.guesses == (
        "The file holds no codes: its references are read, and none has a place on a map.",
    )
    assert len(codebook_of(library).dimensions) == 1


def test_a_reference_without_a_title_is_kept():
    assert only(read(reference(7, Title=" ")), "title") == "(no title)"


# Fields


@pytest.mark.parametrize(
    ("raw", "year", "repair"),
    [
        ("2019", 2019, None),
        (2019, 2019, None),
        ("    ", None, None),
        (" 201", None, "years that are none left empty"),
        ("0000", None, "years that are none left empty"),
        ("c2019a", 2019, "years taken out of longer text"),
        (None, None, None),
    ],
)
def test_years_are_read_where_there_is_one(raw: object, year: int | None, repair: str | None):
    library = read(reference(7, Year=raw))
    found = only(library, "year")
    assert (None if pd.isna(found) else found) == year
    assert [what for what in repairs(library) if "year" in what] == ([repair] if repair else [])


@pytest.mark.parametrize(
    "raw",
    [
        "10.5555/a.b(1)2",
        "https://doi.org/10.5555/a.b(1)2",
        "doi:10.5555/a.b(1)2",
        "DOI 10.5555/a.b(1)2.",
        "http://dx.doi.org/10.5555%2Fa.b(1)2",
    ],
)
def test_dois_are_freed_of_what_stands_around_them(raw: str):
    library = read(reference(7, DOI=raw))
    assert only(library, "doi") == "10.5555/a.b(1)2"
    assert repairs(library).get("DOIs freed of what stood around them", 0) == (raw[:3] != "10.")


def test_a_doi_that_is_none_is_left_empty_and_counted():
    library = read(reference(7, DOI="see publisher"))
    assert only(library, "doi") == ""
    assert repairs(library)["DOIs that are none left empty"] == 1


@pytest.mark.parametrize(
    ("raw", "authors"),
    [
        ("Ruiz Ana ; Berg Olof K; ", "Ruiz, Ana; Berg, Olof K"),
        ("van der Berg Jan ; de Silva Ana ; ", "van der Berg, Jan; de Silva, Ana"),
        ("Gardens Trust  ; ", "Gardens Trust"),
        ("Ruiz, A.; Berg, O. ; ", "Ruiz, A.; Berg, O."),
        ("J. N. Ruiz ; ", "J. N. Ruiz"),
        ("Ruiz Ana; Berg Olof", "Ruiz Ana; Berg Olof"),
        ("", ""),
    ],
)
def test_family_and_given_names_are_told_apart_where_the_form_tells_them(raw: str, authors: str):
    assert only(read(reference(7, Authors=raw)), "authors") == authors


def test_text_is_freed_of_html_and_odd_characters_and_each_kind_is_counted():
    library = read(
        reference(7, Title="<i>Plants</i> &amp; p < 0.05", Abstract="One\rtwo\u200b\ud800"),
        reference(8, Title="R&D &#233;\x00"),
    )
    assert list(library.reports["title"]) == ["Plants & p < 0.05", "R&D é"]
    assert library.records is not None
    assert library.records["abstract"][0] == "One\ntwo\ufffd"
    assert repairs(library) == {
        "texts with HTML tags taken out": 1,
        "texts with HTML entities read as characters": 2,
        "texts with lone CR read as a line end": 1,
        "texts with halves of characters replaced by the sign for an unknown character": 1,
        "texts with characters without width taken out": 1,
        "texts with control characters replaced by spaces": 1,
        "names written “Family Given”: a comma put between": 2,
    }


def test_words_for_nothing_are_nothing():
    library = read(reference(7, Issue="Not Available", Pages="N/A", Volume="NA4"))
    assert (only(library, "issue"), only(library, "pages"), only(library, "volume")) == ("", "", "NA4")


def test_what_is_confidential_is_left_out_counted_and_not_quoted():
    quoted = code(
        32, AdditionalText="secret", ItemAttributeFullTextDetails=[{"Text": "secret"}, {"Text": "secret"}]
    )
    library = read(
        reference(7, quoted, Comments="secret", CreatedBy="Secret Person", EditedBy="Secret Person")
    )
    assert left_out(library) == {
        "comments on references": 1,
        "names of who added or changed a reference": 2,
        "notes beside codes (AdditionalText)": 1,
        "quotes of full texts": 2,
    }
    everything = repr(library) + library.reports.to_csv() + library.records.to_csv() + repr(library.codebook)  # type: ignore[union-attr]
    assert "secret" not in everything.lower()


def test_fields_without_a_place_are_counted_by_name():
    library = read(reference(7, Publisher="A press", City="Oslo"), reference(8, Publisher="A press"))
    (fields,) = library.reading.left_out
    assert fields == SetAside(
        "values of fields that a map has no place for", "the most: Publisher (2), City (1)", 3
    )


def test_abstracts_and_addresses_stand_in_the_records_only_and_that_is_said():
    library = read(reference(7, Abstract="Soil.", URL="https://example.org/7"), reference(8))
    assert library.records is not None
    assert list(library.records["abstract"]) == ["Soil.", ""]
    assert left_out(library) == {"abstracts and web addresses": 2}


def test_a_byte_order_mark_is_removed_and_reported():
    library = parse_eppi_json(b"\xef\xbb\xbf" + review(reference(7)), FILE)
    assert repairs(library)["UTF-8 byte order mark removed"] == 1


# Codesets


def test_codes_are_known_by_their_id_and_keep_their_hierarchy_and_definitions():
    tree = codebook_of(read(reference(7, 32))).dimension("s30").tree
    assert tree[["label", "parent", "level", "definition"]].to_numpy().tolist() == [
        ["Outdoors", "", 1, ""],
        ["Allotment", "a31", 2, "A plot among others"],
        ["Indoors", "", 1, ""],
    ]


def test_names_that_repeat_are_labelled_by_their_path():
    sets = codeset(
        1,
        "Questions",
        attribute(2, "Blinded", attribute(3, "Patients", attribute(4, "Yes"), attribute(5, "No"))),
        attribute(6, "Registered", attribute(7, "Patients", attribute(8, "Yes"))),
        attribute(9, "Yes"),
    )
    assert dimensions_of(read(codesets=(sets,)))["Questions"] == [
        "Blinded",
        "Blinded › Patients",
        "Blinded › Patients › Yes",
        "No",
        "Registered",
        "Registered › Patients",
        "Registered › Patients › Yes",
        "Yes",
    ]


def test_definitions_are_plain_text():
    definition = "<p>Grown <b>outdoors</b>&nbsp;&gt; 4 weeks.</p><style>p {}</style><p>Any plant.</p>"
    sets = codeset(1, "Set", attribute(2, "<b>A</b>", AttributeSetDescription=definition), attribute(3, "B"))
    (code_a, _) = codebook_of(read(codesets=(sets,))).dimensions[0].codes
    assert (code_a.label, code_a.definition) == ("A", "Grown outdoors > 4 weeks.\nAny plant.")


def test_a_hierarchy_of_seven_levels_is_kept():
    found = attribute(7, "Level 7")
    for level in range(6, 0, -1):
        found = attribute(level, f"Level {level}", found)
    assert codebook_of(read(codesets=(codeset(1, "Deep", found),))).dimensions[0].depth == 7


def test_attributes_without_an_id_of_their_own_are_left_out_with_what_is_below_them():
    again = attribute(2, "Again", attribute(3, "Below"))
    sets = codeset(1, "Set", attribute(2, "A"), again, {"AttributeName": "None"})
    library = read(codesets=(sets,))
    assert dimensions_of(library) == {"Set": ["A"]}
    expected = [("attributes", 2, ("Again",)), ("attributes", 1, ("None",))]
    assert [(item.what, item.count, item.examples) for item in library.reading.left_out] == expected
    alone = parse_eppi_json(json.dumps(sets).encode(), FILE).reading
    assert [(item.what, item.count, item.examples) for item in alone.set_aside] == expected
    assert (alone.n_read, alone.n_used) == (4, 1)


def test_a_code_without_a_name_is_called_by_its_id():
    assert dimensions_of(read(codesets=(codeset(1, "Set", attribute(2, " ")),)))["Set"] == ["Code 2"]


def test_codesets_for_the_work_of_the_team_are_left_out_when_there_are_others():
    screening = codeset(60, "Screen on title", attribute(61, "Include"), kind="Screening")
    people = codeset(70, "Allocation", attribute(71, "To Ana"), kind="Administration")
    library = read(reference(7, 32, 61), codesets=(*CODESETS, screening, people))
    assert list(dimensions_of(library)) == ["Interventions", "Outcomes", "Study design"]
    assert library.reading.left_out[0].count == 2
    assert dimensions_of(read(codesets=(screening,))) == {"Screen on title": ["Include"]}


# From codesets to dimensions

FACETS = codeset(
    1,
    "Coding tool",
    attribute(10, "Activity", attribute(11, "Allotment"), attribute(12, "Pots"), heading=True),
    attribute(20, "Setting", attribute(21, "School"), attribute(22, "Clinic"), heading=True),
    attribute(30, "Unused", attribute(31, "Never"), heading=True),
    attribute(40, "Key paper"),
)


def test_the_headings_of_the_only_codeset_are_dimensions():
    library = read(reference(7, 11, 21, 40), codesets=(FACETS,))
    assert dimensions_of(library) == {
        "Activity": ["Allotment", "Pots"],
        "Setting": ["School", "Clinic"],
        "Coding tool: other codes": ["Unused", "Never", "Key paper"],
    }
    assert [dimension["id"] for dimension in library.codebook["dimensions"]] == ["s1-a10", "s1-a20", "s1"]
    assert "“Coding tool” became 2 dimensions" in library.reading.guesses[0]


def test_a_heading_that_is_coded_itself_stays_a_code():
    library = read(reference(7, 10, 11), codesets=(FACETS,))
    assert dimensions_of(library)["Activity"] == ["Activity", "Allotment", "Pots"]
    assert [coding[2:] for coding in codings_of(library)] == [("s1-a10", "a10"), ("s1-a10", "a11")]


def test_headings_stay_groups_where_other_codesets_are_in_use_and_studies_are_coded_under_few():
    groups = codeset(
        1,
        "Themes",
        *(
            attribute(n * 10, f"Theme {n}", attribute(n * 10 + 1, f"Part {n}"), heading=True)
            for n in (1, 2, 3)
        ),
    )
    library = read(reference(7, 11, 41), reference(8, 21), reference(9, 31), codesets=(groups, MEASURED))
    assert list(dimensions_of(library)) == ["Themes", "Outcomes"]
    assert "codes under 33 % of them on average: it is one dimension" in library.reading.guesses[0]


def test_headings_are_dimensions_beside_other_codesets_where_studies_are_coded_under_most():
    library = read(reference(7, 11, 21, 41), reference(8, 12, 22), codesets=(FACETS, MEASURED))
    assert list(dimensions_of(library)) == ["Activity", "Setting", "Coding tool: other codes", "Outcomes"]
    assert "codes under 100 % of them on average: each heading became" in library.reading.guesses[0]


def test_groups_that_can_be_chosen_themselves_are_no_dimensions():
    assert list(dimensions_of(read(reference(7, 32), codesets=(GIVEN,)))) == ["Interventions"]


def test_the_guess_can_be_overruled():
    whole = read(reference(7, 11, 21), codesets=(FACETS,), split=False)
    assert list(dimensions_of(whole)) == ["Coding tool"]
    by_headings = read(reference(7, 11, 41), reference(8, 41), codesets=(FACETS, MEASURED), split=True)
    assert list(dimensions_of(by_headings)) == ["Activity", "Coding tool: other codes", "Outcomes"]


# Roles


def test_names_say_what_is_row_column_and_segment():
    library = read(reference(7, 32, 41, 51), codesets=(DESIGN, MEASURED, GIVEN))
    assert roles_of(library) == {"row": "Interventions", "column": "Outcomes", "segment": "Study design"}
    assert "Rows are “Interventions”: its name says so." in library.reading.guesses


def test_without_names_that_say_so_the_number_of_studies_decides():
    sets = [
        codeset(n, f"Set {n}", *(attribute(n * 10 + i, f"Code {i}") for i in (1, 2))) for n in (1, 2, 3, 4)
    ]
    references = [
        reference(1, 11, 21, 31, 41),
        reference(2, 22, 32, 42),
        reference(3, 41, 21),
        reference(4, 42),
    ]
    library = read(*references, codesets=tuple(sets))
    assert roles_of(library) == {"row": "Set 4", "column": "Set 2", "segment": "Set 3"}
    assert any("most studies (4) are coded on it" in guess for guess in library.reading.guesses)


def test_a_dimension_on_which_nearly_all_studies_are_alike_comes_last():
    language = codeset(1, "Language", attribute(11, "English"), attribute(12, "Other"))
    topic = codeset(2, "Topic", attribute(21, "Soil"), attribute(22, "Rain"))
    references = [reference(n, 11, *([21 + n % 2] if n < 4 else [])) for n in range(1, 9)]
    assert roles_of(read(*references, codesets=(language, topic))) == {"row": "Topic", "column": "Language"}


def test_a_dimension_of_many_codes_is_no_segment():
    many = codeset(3, "Many", *(attribute(300 + n, f"Code {n}") for n in range(13)))
    library = read(
        reference(1, 32, 41, 300), reference(2, 301), reference(3, 302), codesets=(GIVEN, MEASURED, many)
    )
    assert roles_of(library) == {"row": "Interventions", "column": "Outcomes"}


# Outcomes


def test_outcomes_that_link_two_codes_are_findings():
    library = read(reference(7, 32, 33, 41, 42, 51, Outcomes=[outcome(1, 32, 41), outcome(2, 33, 42)]))
    assert codings_of(library) == [
        ("7", "", "s50", "a51"),
        ("7", "o1", "s30", "a32"),
        ("7", "o1", "s40", "a41"),
        ("7", "o2", "s30", "a33"),
        ("7", "o2", "s40", "a42"),
    ]


def test_a_code_that_no_finding_names_holds_for_the_whole_study():
    library = read(reference(7, 32, 33, 41, Outcomes=[outcome(1, 32, 41)]))
    assert ("7", "", "s30", "a33") in codings_of(library)


def test_what_an_intervention_was_compared_with_is_no_intervention_of_the_finding():
    library = read(reference(7, 32, 41, Outcomes=[outcome(1, 32, 41, control=33)]))
    assert [coding[3] for coding in codings_of(library)] == ["a32", "a41"]


def test_other_codes_of_an_outcome_are_of_the_finding_unless_the_whole_study_has_them():
    library = read(reference(7, 51, Outcomes=[outcome(1, 32, 41, 51, 52), outcome(2, 33, 42)]))
    assert codings_of(library) == [
        ("7", "", "s50", "a51"),
        ("7", "o1", "s30", "a32"),
        ("7", "o1", "s40", "a41"),
        ("7", "o1", "s50", "a52"),
        ("7", "o2", "s30", "a33"),
        ("7", "o2", "s40", "a42"),
    ]


def test_a_dimension_of_which_each_finding_names_a_code_is_said_by_the_findings():
    links = [outcome(1, 32, 41, 51), outcome(2, 33, 42, 52)]
    found = codings_of(read(reference(7, 51, 52, Outcomes=links)))
    assert [coding[1:] for coding in found if coding[2] == "s50"] == [
        ("o1", "s50", "a51"),
        ("o2", "s50", "a52"),
    ]


@pytest.mark.parametrize("link", [outcome(1, 0, 41), outcome(1, 32, 31), outcome(1, 999, 41)])
def test_an_outcome_that_names_no_pair_gives_its_codes_to_the_whole_study(link: dict[str, object]):
    library = read(reference(7, 51, Outcomes=[link]))
    assert {coding[1] for coding in codings_of(library)} == {""}
    assert left_out(library)["outcomes that are no pair"] == 1
    assert len(codings_of(library)) >= 2


def test_outcomes_of_one_id_or_none_are_findings_of_their_own():
    links = [outcome(1, 32, 41), outcome(1, 33, 42), outcome(0, 32, 42)]
    library = read(reference(7, Outcomes=links))
    assert list(dict.fromkeys(coding[1] for coding in codings_of(library))) == ["o1", "o1-2", "on3"]


def test_what_outcomes_name_decides_rows_and_columns():
    sets = (
        DESIGN,
        codeset(1, "A", attribute(11, "x")),
        codeset(2, "B", attribute(21, "y"), attribute(22, "z")),
    )
    library = read(reference(7, 11, 21, 51, Outcomes=[outcome(1, 21, 11)]), codesets=sets)
    assert roles_of(library) == {"row": "B", "column": "A", "segment": "Study design"}


# Codesets alone


def test_a_codeset_alone_is_a_library_without_reports():
    library = parse_eppi_json(json.dumps(GIVEN).encode(), "codes.json")
    assert (library.title, len(library.reports), len(library.codings)) == ("Interventions", 0, 0)
    assert dimensions_of(library) == {"Interventions": ["Outdoors", "Allotment", "Indoors"]}
    reading = library.reading
    assert (reading.row_name, reading.n_read, reading.n_used) == ("attributes", 3, 3)


def test_the_headings_of_a_codeset_alone_are_dimensions_with_all_their_codes():
    library = parse_eppi_json(json.dumps(FACETS).encode(), "codes.json")
    assert list(dimensions_of(library)) == ["Activity", "Setting", "Unused", "Coding tool: other codes"]


# What is refused


def refused(data: bytes, match: str) -> DataError:
    with pytest.raises(DataError, match=match) as caught:
        parse_eppi_json(data, FILE)
    assert all(problem.todo and problem.file == FILE for problem in caught.value.problems)
    return caught.value


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"", "an empty file"),
        (b" \n" * 9, "an empty file"),
        (b"TY  - JOUR\n", "what is not JSON"),
        (b"<!DOCTYPE html><p>", "a web page"),
        (b"[1, 2]", "a list"),
        (b'"text"', "text"),
        (b"12", "a single value"),
        (b"{}", "an object with the keys of none"),
        (b'{"type": "FeatureCollection", "features": []}', "the keys type, features"),
        (b'{"References": {"a": 1}}', "a list under References, found an object"),
        (b'{"CodeSets": "x", "References": []}', "a list under CodeSets, found text"),
        (b'{"References": []} {}', "not JSON"),
        (b"[" * 10_000 + b"]" * 10_000, "nested too deep"),
        (b'{"References":' * 10_000 + b"1" + b"}" * 10_000, "nested too deep"),
        (b'{"References": [\x00]}', "NUL bytes"),
        (b'{"References": [], "References": [{"Title": "a"}], "References": []}', "each key once"),
    ],
)
def test_what_is_no_export_is_refused_with_what_was_found(data: bytes, found: str):
    refused(data, found)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_an_export_cut_in_the_middle_is_refused_as_such(share: float):
    whole = review(*(reference(n, 32, 41) for n in range(20)))
    refused(whole[: int(len(whole) * share)], "ends in the middle")


def test_every_cut_of_an_export_is_refused():
    whole = review(reference(7, 32, 41))
    for end in range(len(whole)):
        refused(whole[:end], "expected")


def test_a_file_beyond_the_stated_size_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(json_text, "MOST_BYTES", 1024**2)
    parse_eppi_json(b" " * 1000 + review(), FILE)
    refused(b" " * 1024**2 + review(), "of at most 1 MiB, found 1 MiB")


def test_a_file_of_too_many_parts_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(json_text, "MOST_PARTS", 1000)
    refused(b'{"References":[' + b"[]," * 1000 + b"[]]}", "1,003 parts")


def test_more_codes_or_levels_than_can_be_meant_are_refused():
    deep = attribute(1, "x")
    for number in range(2, 60):
        deep = attribute(number, "x", deep)
    refused(json.dumps(codeset(1, "Deep", deep)).encode(), "more than 50 levels")
    wide = codeset(1, "Wide", *(attribute(n, "x") for n in range(20_001)))
    refused(json.dumps(wide).encode(), "more than 20,000 codes")


def test_a_code_in_more_codesets_than_can_be_meant_is_refused():
    refused(
        review(codesets=tuple(codeset(n, "Set", attribute(5, "x")) for n in range(11))),
        "at most 10 codesets .*'5'",
    )


def test_more_codings_than_can_be_meant_are_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(eppi_references, "MOST_CODINGS", 2)
    refused(review(reference(7, 32, 41), reference(8, 32)), "at most 2 codes given")


def test_numbers_that_no_machine_word_holds_are_no_ids():
    library = parse_eppi_json(
        b'{"References": [{"ItemId": ' + b"9" * 5000 + b', "Title": "A", "Year": 1e999}]}', FILE
    )
    assert list(library.reports["publication_id"]) == ["ref-1"]


def test_a_repeated_key_of_one_value_is_counted_and_the_last_taken():
    library = parse_eppi_json(b'{"References": [{"ItemId": 1, "Title": "A", "Title": "B"}]}', FILE)
    assert only(library, "title") == "B"
    assert repairs(library)["keys that stand twice: the last is taken"] == 1


def test_an_export_is_known_by_its_content():
    assert is_eppi_json(b"\xef\xbb\xbf " + review())
    assert is_eppi_json(json.dumps(GIVEN).encode())
    assert not is_eppi_json(b'{"type": "FeatureCollection"}')
    assert not is_eppi_json(b"TY  - JOUR")


# Bounds

MEASURE = """
import json, random, resource, sys, time
from mapanalysis.sources.eppi_json import parse_eppi_json
dice = random.Random(1)
words = "garden plant people health mood sleep group weeks trial review effect change season soil rain".split()
text = lambda n: " ".join(dice.choices(words, k=n))
sets = [{"SetName": f"Set {s}", "SetId": s, "Attributes": {"AttributesList": [
    {"AttributeId": 1000 * s + i, "AttributeName": text(3), "AttributeSetDescription": text(12)} for i in range(100)
]}} for s in range(1, 7)]
empty = dict.fromkeys([f"Field{n}" for n in range(25)], "")
abstracts = [text(250) for _ in range(100)]
references = [empty | {"ItemId": n, "Title": text(14), "Year": "2020", "Abstract": abstracts[n % 100], "Authors": "Ruiz Ana ; ",
    "Codes": [{"AttributeId": 1000 * s + dice.randrange(100), "ItemAttributeFullTextDetails": []} for s in range(1, 7)]}
    for n in range(10_000)]
data = json.dumps({"CodeSets": sets, "References": references}).encode()
del references
begin = time.process_time()
library = parse_eppi_json(data, "large.json")
seconds = time.process_time() - begin
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
print(json.dumps([len(data), len(library.reports), len(library.codings), seconds, memory]))
"""


def test_ten_thousand_references_take_under_ten_seconds_and_a_gigabyte():
    pytest.importorskip("resource")
    done = subprocess.run(
        [sys.executable, "-c", MEASURE], capture_output=True, text=True, timeout=120, check=True
    )
    size, n_reports, n_codings, seconds, memory = json.loads(done.stdout)
    assert (n_reports, n_codings) == (10_000, 60_000)
    assert size > 20_000_000
    assert seconds < 10
    assert memory < 1024**3
