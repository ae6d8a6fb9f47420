"""The flow that the map on screen is given: every box with its list, in small, and nothing but titles, years and sources."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace

import pytest
from small_map import copy_map, read_raw, take_out

from mapanalysis.evidence import Evidence, load_evidence
from mapanalysis.viewer import flow as module
from mapanalysis.viewer.flow import pack_flow


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Evidence:
    return load_evidence(copy_map(tmp_path_factory.mktemp("maps") / "small"))


@pytest.fixture(scope="module")
def packed(small):
    return pack_flow(small)


def box_of(packed, label):
    return next(box for box in packed["boxes"] if box["label"] == label)


def titles_in(packed, label):
    return Counter(packed["titles"][entry] for entry in box_of(packed, label)["entries"])


def test_each_box_lists_as_many_as_it_counts_and_its_parts_make_it_up(packed):
    assert [(box["label"], box["n"]) for box in packed["boxes"]] == [
        ("Records identified", 24), ("Duplicates removed", 4), ("Screened by title and abstract", 20), ("Excluded", 4),
        ("Assessed again", 16), ("Excluded", 2), ("Reports included", 14), ("Studies included", 13),
    ]  # fmt: skip
    for box in packed["boxes"]:
        assert len(box["entries"]) == box["n"]
        numbers = Counter(box["partOf"])
        assert [numbers[place] for place in range(len(box["parts"]))] == [n for _, n in box["parts"]]


def test_what_is_listed_are_the_publications_of_the_files(small, packed):
    decided = {
        row["publication_id"]: row
        for row in read_raw("screening_reports")
        if row["screener"] in ("A", "settled")
    }
    excluded = [id for id, row in decided.items() if row["decision"] == "exclude"]
    own = {row["publication_id"]: row["title"] for row in read_raw("reports")}
    titles = small.publications.set_index("publication_id")["title"].to_dict() | own
    assert titles_in(packed, "Assessed again") == Counter(titles[id] for id in decided)
    again = packed["boxes"][5]
    assert {packed["titles"][entry] for entry in again["entries"]} == {titles[id] for id in excluded}
    reasons = [again["parts"][part][0] for part in again["partOf"]]
    assert sorted(reasons) == ["Not a review, a trial or a costing", "Plan or abstract without results"]


def test_a_record_stands_under_its_source_and_with_all_that_hold_its_publication(small, packed):
    identified = box_of(packed, "Records identified")
    sources = [identified["parts"][part][0] for part in identified["partOf"]]
    assert Counter(sources) == {
        "Garden library <RIS>": 8, "Health index": 6, "Reference manager": 6, "town_register": 4,
    }  # fmt: skip
    first = small.records.query("record_id == 'L01'").index[0]  # L01 and M01 are one publication
    entry = identified["entries"][first]
    assert packed["sources"][packed["holders"][entry]] == "Garden library <RIS>; Health index"


def test_studies_are_positions_among_the_studies(small, packed):
    entries = box_of(packed, "Studies included")["entries"]
    ids = [small.studies["study_id"].iloc[entry] for entry in entries]
    assert ids == list(dict.fromkeys(row["study_id"] for row in read_raw("reports")))


def test_titles_stand_once(packed):
    said = list(zip(packed["titles"], packed["years"], packed["holders"], strict=True))
    assert len(said) == len(set(said))


def test_too_many_are_numbers_only_from_the_first_box_on(small, monkeypatch):
    monkeypatch.setattr(module, "MOST_LISTED", 16)
    packed = pack_flow(small)
    assert [box["entries"] is None for box in packed["boxes"]] == [True] * 4 + [False] * 4
    assert [box["n"] for box in packed["boxes"]] == [24, 4, 20, 4, 16, 2, 14, 13]
    assert packed["boxes"][0]["parts"][0] == ["Garden library <RIS>", 8]
    assert len(packed["titles"]) <= 16
    monkeypatch.setattr(module, "MOST_LISTED", 5)
    assert pack_flow(small)["titles"] == []


def test_two_files_of_one_name_are_two_parts(small):
    about = small.about.model_copy(update={"sources": {"health_index": "Index", "town_register": "Index"}})
    flow = small.flow.assign(
        label=small.flow["label"].replace({"Health index": "Index", "town_register": "Index"})
    )
    packed = pack_flow(replace(small, about=about, tables=small.tables | {"flow": flow}))
    identified = box_of(packed, "Records identified")
    assert [part for part in identified["parts"] if part[0] == "Index"] == [["Index", 6], ["Index", 4]]
    assert Counter(identified["partOf"])[3] == 4


def test_no_more_than_titles_years_and_sources_is_published(small):
    secret = "for our eyes only"
    columns = ["abstract", "authors", "doi", "url", "journal", "joined_because"]
    tables = {
        name: small.tables[name].assign(
            **{column: secret for column in columns if column in small.tables[name]}
        )
        for name in ("records", "publications", "reports")
    }
    assert secret not in json.dumps(pack_flow(replace(small, tables=small.tables | tables)))


def test_text_is_cleaned(small):
    titles = {
        name: small.tables[name].assign(title="\u202eWrite to a@b.org\x00")
        for name in ("publications", "reports")
    }
    assert set(pack_flow(replace(small, tables=small.tables | titles))["titles"]) == {
        "Write to [e-mail address left out]"
    }


def test_a_publication_that_no_file_names_has_its_id_for_a_title(tmp_path):
    evidence = load_evidence(
        take_out(copy_map(tmp_path / "map"), "records", "screening_records", "duplicate")
    )
    packed = pack_flow(evidence)
    assert packed["missing"].startswith("These data do not hold how the reports assessed were found")
    assert set(titles_in(packed, "Excluded")) == {"P0012", "P0017"}
    assert packed["sources"] == [""]


def test_ids_of_reports_are_not_taken_for_those_of_records_when_nothing_links_them(tmp_path):
    evidence = load_evidence(take_out(copy_map(tmp_path / "map"), "screening"))
    packed = pack_flow(evidence)
    holders = {
        packed["sources"][packed["holders"][entry]] for entry in box_of(packed, "Reports included")["entries"]
    }
    assert holders == {""}
    identified = box_of(packed, "Records identified")
    own = [packed["sources"][packed["holders"][entry]] for entry in identified["entries"]]
    assert own == [identified["parts"][part][0] for part in identified["partOf"]]
