"""All notebooks on the small map, by papermill; every number found again in the raw files by plain Python."""

from __future__ import annotations

import json
import re
import shutil
import statistics
from collections import Counter
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from small_map import (
    NOT_REPORTED,
    NOTEBOOKS,
    codes_by_study,
    copy_map,
    include_only,
    read_raw,
    read_rows,
    run_cells,
    studies_with,
    take_out,
)

from mapanalysis.errors import NotebookError
from mapanalysis.markup import plain_text
from mapanalysis.project import Project
from mapanalysis.publish.document import Figure, Table, blocks_of, check_report, from_json
from mapanalysis.publish.outputs import read_items
from mapanalysis.running import pipeline

# Distinct studies per cell, counted by hand from the codings; x: outside the scope.
MAP = """
                fitness  diet  mood  company  soil  wildlife  money  not_reported
grow            0        0     0     1        0     0         1      0
vegetables      0        3     2     1        1     0         0      0
fruit           3        1     2     2        0     0         1      0
composting      x        1     0     0        3     0         0      0
wormery         0        0     0     0        0     0         0      0
ornaments       x        x     x     x        x     x         x      0
not_reported    0        0     0     0        0     0         0      1
"""
BEHIND = {
    ("vegetables", "diet", ""): "007 CROSS FIND",
    ("vegetables", "mood", "synthesis"): "REV1",
    ("vegetables", "mood", "trial"): "MIXED",
    ("composting", "soil", ""): "CROSS FIND REV2",
    ("composting", "soil", "trial"): "CROSS FIND",
    ("fruit", "fitness", "trial"): "7 LATE TOWNS",
    ("grow", "money", "trial"): "ORCHARD",  # a study of two types is in both
    ("grow", "money", "costing"): "ORCHARD",
    ("fruit", "money", "costing"): "COST",
    ("fruit", "money", "trial"): "",
}
GAPS = {  # kind: cells, by hand
    "absolute": 21,
    "synthesis": 2,
    "economic": 10,
    "out_of_date": 4,
    "quality": 1,
    "place": 2,
}
TITLES = {row["publication_id"]: row["title"] for row in read_raw("reports")}
FORMULA, SCRIPT, LONG, ARABIC, GREEK, CHINESE = (
    TITLES[publication] for publication in ("P0002", "P0004", "P0005", "P0006", "P0009", "P0015")
)


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    return copy_map(tmp_path_factory.mktemp("maps") / "small")


@pytest.fixture(scope="module")
def edition(project) -> Path:
    result = pipeline.run(Project(project))
    assert len(result.ran) == len(NOTEBOOKS)
    return result.edition


@pytest.fixture(scope="module")
def stricter(edition, project, tmp_path_factory) -> Path:
    """A copy of the map and its edition, run again with two settings changed."""
    copy = tmp_path_factory.mktemp("maps") / "stricter"
    shutil.copytree(project, copy)
    result = pipeline.run(Project(copy), ["minimum_studies=3", "reference_year=2030"])
    assert result.ran == ("05_gaps", "08_certainty", "09_report")
    return result.edition


def table(edition: Path, name: str) -> list[dict[str, str]]:
    return read_rows(edition / "tables" / f"{name}.csv")


def counts_of(edition: Path, name: str, segment: str = "") -> dict[str, int]:
    """Studies by code, from a table of codes."""
    rows = table(edition, name)
    return {row["code"]: int(row["n_studies"]) for row in rows if row["segment_code"] == segment}


def spoken(edition: Path) -> str:
    """All words of the report."""
    return (edition / "report.json").read_text(encoding="utf-8")


# --- the map ---


def test_each_cell_holds_the_studies_counted_by_hand(edition):
    header, *lines = [line.split() for line in MAP.strip().splitlines()]
    found = {
        (row["row_code"], row["column_code"]): (int(row["n_studies"]), row["state"])
        for row in table(edition, "05_map_rows")
        if row["segment_code"] == ""
    }
    expected = {}
    for code, *cells in lines:
        for column, cell in zip(header, cells, strict=True):
            n = 0 if cell == "x" else int(cell)
            state = "outside_scope" if cell == "x" else "studies" if n else "none_found"
            is_silent = NOT_REPORTED in (code, column)
            expected[code, column] = (n, NOT_REPORTED if is_silent else state)
    assert found == expected


def test_each_type_of_evidence_has_its_own_cells(edition):
    found = {
        (row["row_code"], row["column_code"], row["segment_code"]): int(row["n_studies"])
        for row in table(edition, "05_map_rows")
    }
    assert {cell: found[cell] for cell in BEHIND} == {
        cell: len(names.split()) for cell, names in BEHIND.items()
    }


def test_codes_of_a_finding_are_a_true_pair_and_those_of_a_study_are_not(edition):
    cells = {(row["row_code"], row["column_code"]): row for row in table(edition, "05_map_rows")[::4]}
    assert cells["composting", "soil"]["n_co_coded"] == "2"  # CROSS and REV2, not FIND
    assert cells["composting", "soil"]["n_cross_product"] == "1"  # CROSS alone
    assert cells["fruit", "mood"]["n_co_coded"] == "1"  # 7, not MIXED: its columns are those of findings


def test_every_study_is_placed_or_listed_with_its_reason(edition):
    assert [(row["study_id"], row["reason"]) for row in table(edition, "01_not_placed")] == [
        ("LOST", "its codes never meet in one finding")
    ]
    assert "13 studies included = 12 placed + 1 not placed" in spoken(edition)


def test_a_group_of_codes_has_as_many_studies_as_there_are_different_ones_below_it(edition):
    found = {
        (row["row_code"], row["column_code"]): int(row["n_studies"])
        for row in table(edition, "05_map_need_groups")
        if row["segment_code"] == ""
    }
    by_age = studies_with("gardener", "younger", "older")
    assert found["by_age", "diet"] == len(by_age & studies_with("effect", "diet")) == 3
    assert found["newcomers", "soil"] == len(
        studies_with("gardener", "newcomers") & studies_with("effect", "soil")
    )


# --- gaps ---


def test_gaps_of_each_kind_are_those_found_by_hand(edition):
    gaps = table(edition, "05_kinds_rows")
    assert Counter(gap["kind"] for gap in gaps) == GAPS
    synthesis = [(gap["row_code"], gap["column_code"]) for gap in gaps if gap["kind"] == "synthesis"]
    assert synthesis == [("vegetables", "diet"), ("fruit", "fitness")]  # composting, soil: REV2 is of 2024
    old = {
        (gap["row_code"], gap["column_code"], gap["newest_year"])
        for gap in gaps
        if gap["kind"] == "out_of_date"
    }
    assert ("fruit", "money", "2016") in old
    assert ("vegetables", "mood", "2020") in old
    assert "grow" not in {row for row, _, _ in old}  # the second report of ORCHARD is of 2021
    assert [(gap["row_code"], gap["column_code"]) for gap in gaps if gap["kind"] == "quality"] == [
        ("vegetables", "mood")  # REV1, which is unsure
    ]
    assert {(gap["row_code"], gap["column_code"]) for gap in gaps if gap["kind"] == "place"} == {
        ("fruit", "mood"), ("composting", "soil"),  # none from home, the United Kingdom
    }  # fmt: skip
    no_costs = {(gap["row_code"], gap["column_code"]) for gap in gaps if gap["kind"] == "economic"}
    assert no_costs.isdisjoint({("grow", "money"), ("grow", "company"), ("fruit", "money")})


def test_neither_what_is_not_reported_nor_what_is_out_of_scope_is_a_gap(edition):
    gaps = table(edition, "05_kinds_rows")
    codes = {gap["row_code"] for gap in gaps} | {gap["column_code"] for gap in gaps}
    assert codes.isdisjoint({NOT_REPORTED, "ornaments"})
    assert ("composting", "fitness") not in {(gap["row_code"], gap["column_code"]) for gap in gaps}


def test_the_denominator_of_gaps_leaves_out_what_is_out_of_scope(edition):
    title = json.loads((edition / "items" / "05_kinds_rows.json").read_text())["title"]
    assert title.endswith("gaps of some kind in 32 of 34 cells")


def test_gaps_are_ranked_from_one_within_each_kind(edition):
    for name in ("05_kinds_rows", "05_kinds_needs"):
        gaps = table(edition, name)
        for kind in {gap["kind"] for gap in gaps}:
            ranks = [int(gap["rank"]) for gap in gaps if gap["kind"] == kind]
            assert ranks == list(range(1, len(ranks) + 1))


def test_each_rule_is_stated_with_its_thresholds(edition):
    rules = {row["kind"]: row["rule"] for row in table(edition, "05_rules")}
    assert rules["absolute"] == "no study of any type"
    assert "no review known to be from 2021 or later" in rules["synthesis"]
    assert all(rule in spoken(edition) for rule in rules.values())


def test_settings_given_for_a_run_change_the_gaps(edition, stricter):
    kinds = Counter(gap["kind"] for gap in table(stricter, "05_kinds_rows"))
    assert kinds["absolute"] == 34 - 3  # only three cells hold three studies
    assert kinds["synthesis"] == 2
    assert kinds["out_of_date"] == 13 - 2  # fruit by fitness and by diet have LATE, of 2025
    rules = {row["kind"]: row["rule"] for row in table(stricter, "05_rules")}
    assert rules["absolute"] == "fewer than 3 studies of any type"
    assert table(stricter, "05_map_rows") == table(edition, "05_map_rows")


def test_each_gap_has_its_nearest_evidence(edition):
    near = {(gap["row_code"], gap["column_code"]): gap for gap in table(edition, "05_kinds_rows")}
    assert near["composting", "money"]["near_n_studies"] in {"1", "3"}
    assert near["vegetables", "wildlife"]["neighbours"].startswith("Vegetables by Soil (1)")  # of the same group
    assert near["wormery", "soil"]["neighbours"].startswith("Composting by Soil (3)")


def test_gaps_over_other_dimensions_are_listed(edition):
    gaps = table(edition, "05_pair_gardener_season")
    assert {gap["row_code"] for gap in gaps} <= {"younger", "older", "newcomers", "by_age"}
    assert {gap["column_code"] for gap in gaps} == {"growing", "dormant"}


# --- how sure and how surprising gaps are ---


def test_each_gap_is_judged_by_the_readings_that_can_close_it(edition):
    ranked = table(edition, "08_ranked_rows")
    assert Counter(gap["kind"] for gap in ranked) == GAPS
    holds = {(gap["kind"], gap["row_code"], gap["column_code"]): gap for gap in ranked}
    assert {gap["holds"] for key, gap in holds.items() if key[0] == "absolute"} == {"untried"}  # few were coded twice
    synthesis = holds["synthesis", "vegetables", "diet"]
    assert (synthesis["n_still"], synthesis["n_scenarios"]) == ("2", "3")
    assert synthesis["closed_by"] == "fewest primary studies: 4, not 3"
    scenarios = {row["scenario"] for row in table(edition, "08_scenarios_rows")}
    assert {"doubted", "minimum_studies_2", "recent_review_years_6"} <= scenarios


def test_cells_are_compared_with_chance(edition):
    cells = table(edition, "08_against_chance_rows")
    assert {NOT_REPORTED, "ornaments", "wormery", "wildlife"}.isdisjoint(
        {cell["row_code"] for cell in cells} | {cell["column_code"] for cell in cells}
    )
    assert all(0 < float(cell["p_value"]) <= 1 for cell in cells)
    cell = next(cell for cell in cells if (cell["row_code"], cell["column_code"]) == ("vegetables", "diet"))
    both = studies_with("activity", "vegetables") & studies_with("effect", "diet")
    assert int(cell["n_observed"]) == len(both)


# --- volume, diversity, nature ---


def test_years_are_those_of_the_first_reports_and_add_up(edition):
    first: dict[str, int | None] = {}
    for row in read_raw("reports"):
        year = int(row["year"]) if row["year"] else None
        before = first.get(row["study_id"])
        first[row["study_id"]] = min(filter(None, (before, year)), default=None)
    rows = [row for row in table(edition, "02_years") if row["segment_code"] == ""]
    found = {row["year"]: int(row["n_studies"]) for row in rows}
    expected = Counter("" if year is None else str(year) for year in first.values())
    assert {year: n for year, n in found.items() if n} == expected
    assert found["2013"] == 0  # a year between without a study is there
    dated = [row for row in rows if row["year"]]
    assert dated[-1]["n_cumulative"] == "12"
    assert [row["n_cumulative"] for row in rows if not row["year"]] == [""]


@pytest.mark.parametrize(
    "dimension", ["activity", "effect", "gardener", "season", "compared_with", "certainty", "nation"]
)
def test_each_code_counts_the_different_studies_that_have_it(edition, dimension):
    kinds = {
        "": None,
        "synthesis": ("narrative", "pooled"),
        "trial": ("trial", "by_plot", "by_street"),
        "costing": ("costing",),
    }
    for segment, codes in kinds.items():
        found = counts_of(edition, f"03_by_{dimension}", segment)
        of_kind = set(codes_by_study()) if codes is None else studies_with("kind", *codes)
        assert found == {code: len(studies_with(dimension, code) & of_kind) for code in found}
        assert sum(found.values()) > 0 or (dimension, segment) in {
            ("certainty", "trial"),
            ("certainty", "costing"),
            ("nation", "synthesis"),
            ("season", "synthesis"),
            ("compared_with", "synthesis"),
            ("compared_with", "costing"),
        }


def test_codes_that_nobody_used_are_there_with_no_study(edition):
    assert counts_of(edition, "03_by_activity")["wormery"] == 0
    assert counts_of(edition, "03_by_effect")["wildlife"] == 0
    assert len(counts_of(edition, "02_countries")) > 240


def test_na_is_namibia(edition):
    row = next(row for row in table(edition, "02_countries") if row["code"] == "NA")
    assert (row["label"], row["n_studies"]) == ("Namibia", "2")


def test_studies_per_country_and_per_head_are_those_of_the_raw_files(edition):
    rows = {row["code"]: row for row in table(edition, "07_world")}
    used = {code: int(row["n_studies"]) for code, row in rows.items() if row["n_studies"] != "0"}
    assert used == {code: len(studies_with("nation", code)) for code in used}
    assert set(used) == {one[2] for own in codes_by_study().values() for one in own if one[1] == "nation"}
    assert rows["NA"]["label"] == "Namibia"
    rate = 10_000_000 * used["GB"] / int(rows["GB"]["population"])
    assert float(rows["GB"]["n_per_10_million"]) == pytest.approx(rate, abs=0.005)


def test_each_study_is_from_home_from_elsewhere_or_from_nobody_knows_where(edition):
    home, similar = studies_with("nation", "GB"), studies_with("nation", "IE", "NL", "NO") - studies_with("nation", "GB")
    unknown = studies_with("nation", NOT_REPORTED)
    named = {study for study, own in codes_by_study().items() if any(one[1] == "nation" for one in own)}
    groups = {"n_home": home, "n_similar": similar, "n_elsewhere": named - home - similar - unknown, "n_not_reported": unknown}
    for row in table(edition, "07_home_needs"):
        mine = studies_with("gardener", row["code"])
        assert {name: int(row[name]) for name in groups} == {name: len(mine & own) for name, own in groups.items()}
    assert {row["study_id"] for row in table(edition, "07_home_studies")} == home
    title = read_items(edition)["07_home_types"].title
    assert title.startswith(f"From home (United Kingdom): {len(home)} of {len(named)} studies;")


def test_a_home_country_that_is_none_stops_the_run_with_the_nearest(edition, project):
    with pytest.raises(NotebookError, match=r"home_country names 'UK', which is no country. Nearest valid: GB"):
        pipeline.run(Project(project), ["home_country=UK", "edition=elsewhere"])


def test_studies_whose_ids_differ_by_zeros_are_two(edition):
    ids = [row["study_id"] for row in read_rows(edition / "data" / "studies.csv")]
    assert "007" in ids
    assert "7" in ids
    assert len(ids) == len(set(ids)) == 13


def test_several_reports_of_a_study_are_one_study(edition):
    orchard = next(row for row in read_rows(edition / "data" / "studies.csv") if row["study_id"] == "ORCHARD")
    assert (orchard["n_reports"], orchard["year"], orchard["n_participants"]) == ("2", "2018", "320")
    season = [
        row["code"]
        for row in read_rows(edition / "data" / "codings.csv")
        if row["study_id"] == "ORCHARD" and row["dimension"] == "season"
    ]
    assert season == ["dormant"]  # what one report does not say, the other does


def test_numbers_have_the_medians_and_quartiles_of_the_studies_that_state_them(edition):
    largest: dict[str, float] = {}
    for row in read_raw("reports"):
        if row["n_participants"]:
            largest[row["study_id"]] = max(float(row["n_participants"]), largest.get(row["study_id"], 0))
    q1, median, q3 = statistics.quantiles(largest.values(), n=4, method="inclusive")
    row = next(row for row in table(edition, "04_n_participants") if row["segment_code"] == "")
    assert (float(row["q1"]), float(row["median"]), float(row["q3"])) == (q1, median, q3)
    assert (row["n_stated"], row["n_studies"]) == (str(len(largest)), "13")


def test_combinations_are_whole_sets_of_codes(edition):
    rows = {row["combination"]: int(row["n_studies"]) for row in table(edition, "03_combinations")}
    assert rows["Vegetables + Composting"] == 2  # CROSS and FIND
    assert rows["Vegetables + Fruit"] == 1  # MIXED
    assert sum(rows.values()) == 13


def test_what_is_not_reported_is_counted_of_the_studies_that_were_coded(edition):
    row = next(
        row
        for row in table(edition, "03_not_reported")
        if (row["dimension"], row["segment_code"]) == ("season", "")
    )
    assert int(row["n_not_reported"]) == len(studies_with("season", NOT_REPORTED)) == 5
    assert int(row["n_coded"]) == len(
        {study for study, own in codes_by_study().items() if any(one[1] == "season" for one in own)}
    )


def test_a_dimension_for_reviews_does_not_apply_to_the_others(edition):
    shares = {
        row["segment_code"]: row["pct_not_reported"]
        for row in table(edition, "03_not_reported")
        if row["dimension"] == "certainty"
    }
    assert shares == {"": "0.0", "synthesis": "0.0", "trial": "", "costing": ""}


def test_studies_of_cost_are_listed_with_their_codes(edition):
    rows = {row["study_id"]: row for row in table(edition, "04_economic_studies")}
    assert set(rows) == {"ORCHARD", "COST"}
    assert rows["COST"]["nation"] == "United Kingdom"


# --- quality and overlap ---


def test_judgements_are_those_of_the_table_counted_by_hand(edition):
    counts = {
        (row["domain"], row["judgement"]): int(row["n_studies"])
        for row in table(edition, "06_judgements_rob_2")
    }
    raw = [row for row in read_raw("appraisals") if row["tool"] == "rob_2"]
    stated = Counter((row["domain"], row["judgement"]) for row in raw if not row["domain"].lower().startswith("overall"))
    assert {key: n for key, n in counts.items() if n and key[0] != "overall" and key[1]} == stated
    assert [counts["overall", judgement] for judgement in ("low", "some_concerns", "high", "")] == [2, 2, 1, 1]


def test_what_is_stated_otherwise_than_the_rule_gives_is_listed(edition):
    rows = {row["study_id"]: row for row in table(edition, "06_appraised") if row["is_different"] == "True"}
    assert {study: (row["stated"], row["computed"]) for study, row in rows.items()} == {
        "REV1": ("Low", "Critically low"),
        "LATE": ("Some concerns", "High risk of bias"),
    }


def test_overlap_is_that_counted_by_hand(edition):
    whole, pair = table(edition, "06_overlap")
    assert (whole["n_reviews"], whole["n_citations"], whole["n_studies"]) == ("2", "7", "6")
    assert float(whole["pct_cca"]) == pytest.approx(100 * (7 - 6) / (6 * 2 - 6), abs=1e-3)
    assert float(whole["pct_cca_adjusted"]) == pytest.approx(100 / 3, abs=1e-3)  # three trials are later than REV1
    assert (pair["review_a"], pair["review_b"], pair["pct_cca"]) == ("REV1", "REV2", whole["pct_cca"])
    included = {row["study_id"]: int(row["n_reviews"]) for row in table(edition, "06_included")}
    assert included == Counter(row["study_id"] for row in read_raw("citations"))


def test_appraisals_and_overlap_have_their_parts_in_the_report_and_on_the_map(edition):
    report = from_json(spoken(edition))
    ids = [section.id for section in report.sections]
    assert ids.index("nature") < ids.index("appraisal") < ids.index("overlap") < ids.index("gaps")
    assert "not what it found" in spoken(edition)
    page = BeautifulSoup((edition / "map.html").read_bytes(), "html.parser")
    payload = json.loads(page.find(id="ma-payload").string)
    made = {one["id"]: one["madeFrom"] for one in payload["dimensions"] if one["madeFrom"]}
    assert made["appraisal_amstar_2"] == "appraisals"
    assert made["in_reviews"] == "citations"


def test_why_it_was_judged_so_is_published_nowhere(edition):
    support = next(row["support"] for row in read_raw("appraisals") if row["support"])
    for path in edition.rglob("*"):
        if path.suffix in {".csv", ".json", ".html"}:
            assert "on page 4" not in path.read_text(encoding="utf-8"), path.name
    assert "on page 4" in support


# --- records and flow ---


def test_the_flow_is_that_counted_by_hand_and_each_number_has_its_list(edition):
    flow = {row["box"]: int(row["n"]) for row in table(edition, "01_flow")}
    assert [
        flow[box] for box in ("identified", "duplicates", "screened", "excluded_records", "assessed")
    ] == [24, 4, 20, 4, 16]
    assert [flow[box] for box in ("excluded_reports", "included_reports", "included_studies")] == [2, 14, 13]
    members = Counter(row["box"] for row in read_rows(edition / "data" / "flow_members.csv"))
    assert {box: members[box] for box in flow} == flow


def test_records_are_joined_by_rule_by_a_person_or_not_at_all(edition):
    joined = {row["record_id"]: row["publication_id"] for row in read_rows(edition / "data" / "records.csv")}
    assert joined["L01"] == joined["M01"]
    assert joined["L02"] == joined["M02"]
    assert joined["C01"] == joined["C02"]
    assert joined["L03"] == joined["B06"]  # a person's decision
    assert joined["C03"] != joined["C04"]  # a person's decision
    assert joined["L08"] != joined["B05"]  # open
    assert [(row["record_id_a"], row["record_id_b"]) for row in table(edition, "01_uncertain_pairs")] == [
        ("L08", "B05")
    ]


def test_each_number_of_the_flow_leads_to_a_list_of_that_length(edition):
    page = BeautifulSoup((edition / "report.html").read_bytes(), "html.parser")
    linked = {link["href"] for link in page.select("table a[href^='tables/']")}
    rows = [row for row in [*table(edition, "01_flow"), *table(edition, "01_roses_boxes")] if "/" not in row["box"]]
    assert len(rows) > 15
    for row in rows:
        assert len(table(edition, row["list"].removesuffix(".csv"))) == int(row["n"]), row["box"]
        assert f"tables/{row['list']}" in linked
    (lost,) = table(edition, "01_flow_not_placed")
    assert (lost["id"], lost["reason"]) == ("LOST", "its codes never meet in one finding")


def test_the_diagrams_say_all_numbers_of_the_flow(edition):
    items = read_items(edition)
    for name in ("01_prisma", "01_roses"):
        alt = items[name].alt
        for number in ("24 (Garden library <RIS> 8, Health index 6, Reference manager 6, town_register 4)", ": 20."):
            assert number in alt, name
        assert "Excluded: 2 (Not a review, a trial or a costing 1, Plan or abstract without results 1)." in alt
    n_appraised = len({row["study_id"] for row in read_raw("appraisals")})
    assert f"Studies critically appraised: {n_appraised}. Not appraised: {13 - n_appraised}." in items["01_roses"].alt
    assert items["01_roses"].alt.endswith("Not placed: 1 (its codes never meet in one finding 1).")


def test_what_each_source_brought_is_that_counted_by_hand(edition):
    """L01 and M01, L02 and M02, L03 and B06 are in two sources, C01 and C02 in one twice."""
    columns = ("n_records", "n_found", "n_unique", "n_included", "n_included_unique", "pct_sensitivity", "pct_precision")
    found = {row["source"]: [float(row[column]) for column in columns] for row in table(edition, "01_search")}
    assert found == {
        "garden_library": [8, 8, 5, 7, 4, 50, 87.5],
        "health_index": [6, 6, 4, 5, 3, 35.7, 83.3],
        "reference_manager": [6, 6, 5, 4, 3, 28.6, 66.7],
        "town_register": [4, 3, 3, 1, 1, 7.1, 33.3],
        "": [24, 20, 17, 14, 11, 100, 70],
    }
    costs = {row["source"]: (row["n_included"], row["n_all"]) for row in table(edition, "01_search_by_type")[-4:]}
    assert costs == {  # P0003 and P0013 are ORCHARD, P0014 is COST
        "garden_library": ("1", "3"), "health_index": ("0", "3"), "reference_manager": ("3", "3"),
        "town_register": ("0", "3"),
    }  # fmt: skip


def test_repairs_are_listed_by_file(edition):
    repaired = {(row["file"], row["what"]) for row in table(edition, "01_repairs")}
    assert ("records/garden_library.ris", "UTF-8 byte order mark removed") in repaired
    assert ("records/town_register.csv", "cells separated by semicolon") in repaired
    assert any(file == "records/town_register.csv" and "Windows-1252" in what for file, what in repaired)
    assert any(file == "screening_reports.csv" and "semicolon" in what for file, what in repaired)


def test_a_source_that_nobody_named_has_the_name_of_its_file(edition):
    labels = {row["source"]: row["label"] for row in table(edition, "01_sources")}
    assert labels["town_register"] == "town_register"
    assert labels["health_index"] == "Health index"


# --- what is written ---


def test_every_figure_says_what_it_shows_and_has_its_numbers_beside_it(edition):
    figures = {name: item for name, item in read_items(edition).items() if isinstance(item, Figure)}
    assert len(figures) > 20
    for name, figure in figures.items():
        assert figure.title, name
        assert len(figure.alt) > 20, name
        assert re.search(r"\d|no studies", figure.denominator), name
        assert (edition / figure.path_svg).read_bytes().startswith(b"<?xml"), name
        assert len(read_rows(edition / figure.table_csv)) > 0, name


def test_what_a_figure_says_is_what_its_table_holds(edition):
    items = read_items(edition)
    assert re.search(r"Vegetables: 5; Fruit: 5; Composting: 4; Growing food: 1", items["03_by_activity"].alt)
    assert [
        counts_of(edition, "03_by_activity")[code] for code in ("vegetables", "fruit", "composting", "grow")
    ] == [5, 5, 4, 1]


def test_the_report_is_whole_and_has_its_pdf(edition):
    report = from_json(spoken(edition))
    check_report(report, edition)
    assert (edition / "report.pdf").read_bytes().startswith(b"%PDF-1.")
    assert len(report.summary) == 5
    assert len(report.summary_figures) == 3
    *_, (_, included) = blocks_of(report)
    assert isinstance(included, Table)
    assert len(included.rows) == 14


def test_the_map_on_screen_is_of_this_map_and_stands_first(edition):
    page = BeautifulSoup((edition / "map.html").read_bytes(), "html.parser")
    payload = json.loads(page.find(id="ma-payload").string)
    assert sorted(payload["studies"]["id"]) == sorted({row["study_id"] for row in read_raw("reports")})
    assert payload["view"] == {
        "row": "activity", "column": "effect", "segment": "kind", "need": "gardener", "country": "nation", "quality": "certainty",
    }  # fmt: skip
    assert (payload["gaps"]["review"], payload["gaps"]["economic"]) == ("synthesis", "costing")
    assert (payload["map"]["edition"], payload["map"]["date"]) == ("small", "2026-01-31")
    doors = BeautifulSoup((edition / "index.html").read_bytes(), "html.parser").select(".doors a")
    assert [door["href"] for door in doors] == ["map.html", "report.html", "report.pdf"]
    report = BeautifulSoup((edition / "report.html").read_bytes(), "html.parser")
    assert report.select_one('header a[href="map.html"]')


def test_nothing_speaks_of_another_map(edition):
    for path in [
        *edition.glob("*.html"),
        *edition.glob("*.json"),
        *edition.glob("tables/*.csv"),
        *edition.glob("items/*"),
    ]:
        words = re.findall(r"\bpeers?\b", path.read_text(encoding="utf-8"), re.IGNORECASE)
        assert not words, path.name


def test_the_data_are_published_without_the_words_of_others(edition):
    package = json.loads((edition / "data" / "datapackage.json").read_text())
    for resource in package["resources"]:
        columns = [field["name"] for field in resource["schema"]["fields"]]
        header = (edition / "data" / resource["path"]).read_text(encoding="utf-8-sig").split("\n")[0]
        assert header == ",".join(columns)
        assert {"abstract", "coder", "screener"}.isdisjoint(columns)
    assert (edition / "data" / "codebook.yaml").is_file()


# --- hostile text ---


def test_titles_and_labels_are_text_on_every_page(edition):
    pages = sorted(edition.rglob("*.html"))
    assert len(pages) == len(NOTEBOOKS) + 3  # report, map and index
    for page in pages:
        soup = BeautifulSoup(page.read_bytes(), "html.parser")
        scripts = ["application/json", "module"] if page.name == "map.html" else []
        assert [script.get("type") for script in soup.find_all("script")] == scripts, page.name
        assert not [tag for tag in soup.find_all(True) for name in tag.attrs if name.startswith("on")], (
            page.name
        )
        assert not [
            tag
            for tag in soup.find_all(["img", "b", "try", "ris"])
            if not str(tag.get("src", "")).startswith("data:")
        ], page.name


def test_titles_of_every_script_and_length_stand_in_the_report_as_they_are(edition):
    text = BeautifulSoup((edition / "report.html").read_bytes(), "html.parser").get_text()
    for title in (
        SCRIPT,
        ARABIC,
        GREEK,
        CHINESE,
        LONG[:200],
        'Mood & "calm" <b>*now*</b>',
        "Money ($ saved, $ spent)",
    ):
        assert title in text


def test_a_formula_is_inert_in_a_spreadsheet_and_comes_back_as_it_was(edition):
    from mapanalysis.store import read_csv

    path = edition / "data" / "reports.csv"
    assert "=cmd" in path.read_text(encoding="utf-8-sig")
    for name in (
        "data/reports.csv",
        "data/records.csv",
        "data/publications.csv",
        "tables/09_included_reports.csv",
    ):
        for row in read_rows(edition / name):
            assert not [cell for cell in row.values() if cell[:1] in "=+@" and cell], name
    assert FORMULA in set(read_csv(path)["title"])


def test_the_document_keeps_markup_of_titles_as_text(edition):
    titles = {
        plain_text(row[0])
        for _, block in blocks_of(from_json(spoken(edition)))
        if isinstance(block, Table)
        for row in block.rows
    }
    assert any(SCRIPT in title for title in titles)


# --- other maps ---


@pytest.fixture(scope="module")
def nothing_included(tmp_path_factory) -> tuple[Path, str]:
    project = include_only(copy_map(tmp_path_factory.mktemp("maps") / "empty"), {})
    output = project / "reports" / "empty"
    return output, run_cells(project, output)


def test_a_map_without_studies_is_a_whole_report_that_says_so(nothing_included):
    output, printed = nothing_included
    assert "no reports of no studies" in printed
    report = from_json(spoken(output))
    assert report.summary[0].startswith("The map holds no studies in no reports.")
    assert (output / "report.pdf").read_bytes().startswith(b"%PDF-1.")
    for name, item in read_items(output).items():
        if isinstance(item, Figure):
            assert "nan" not in f"{item.title} {item.alt}".lower().split(), name


def test_a_map_without_studies_has_the_whole_grid_of_its_codebook(nothing_included):
    output, _ = nothing_included
    cells = [row for row in table(output, "05_map_rows") if row["segment_code"] == ""]
    assert len(cells) == 6 * 8  # grow is a row only where it is coded
    assert {row["n_studies"] for row in cells} == {"0"}
    assert Counter(gap["kind"] for gap in table(output, "05_kinds_rows")) == {"absolute": 27}


@pytest.fixture(scope="module")
def bare(tmp_path_factory) -> tuple[Path, str]:
    """A map of one study, without types for reviews and costs, country, comparator, quality; not compared with chance."""
    project = include_only(copy_map(tmp_path_factory.mktemp("maps") / "bare"), {"L01": "P0001"})
    output = project / "reports" / "bare"
    without = (
        "review_code",
        "economic_code",
        "country_dimension",
        "comparator_dimension",
        "quality_dimension",
    )
    return output, run_cells(project, output, n_permutations=0, **dict.fromkeys(without, ""))


@pytest.fixture(scope="module")
def unsearched(tmp_path_factory) -> tuple[Path, str]:
    """A map without records and decisions, as one that was coded elsewhere."""
    project = copy_map(tmp_path_factory.mktemp("maps") / "unsearched")
    take_out(project, "records", "screening", "duplicate")
    return project / "reports" / "small", run_cells(project, project / "reports" / "small")


def test_a_map_that_does_not_say_how_it_was_found_says_so_everywhere(unsearched):
    output, printed = unsearched
    missing = "These data do not hold how the reports were found"
    assert f"{missing}, or which others were looked at\n14 reports of 13 studies" in printed
    assert missing in spoken(output)
    page = BeautifulSoup((output / "map.html").read_bytes(), "html.parser")
    payload = json.loads(page.find(id="ma-payload").string)
    assert payload["flow"]["missing"].startswith(missing)
    assert [box["n"] for box in payload["flow"]["boxes"]] == [14, 13]
    assert all("screened" not in line for line in payload["map"]["agreement"])
    check_report(from_json(spoken(output)), output)
    assert {row["box"]: row["n"] for row in table(output, "01_flow")} == {
        "included_reports": "14", "included_studies": "13",
    }  # fmt: skip


def test_a_map_of_one_study_speaks_of_one_study(bare):
    output, printed = bare
    assert "1 report of 1 study" in printed
    assert "1 study included = 1 placed + 0 not placed." in printed
    assert not re.search(r"\b1 (studies|reports|records)\b", spoken(output))


def test_a_map_without_reviews_and_costs_has_no_gaps_of_them(bare):
    output, _ = bare
    assert {row["kind"] for row in table(output, "05_rules")} == {"absolute", "out_of_date"}
    assert {gap["kind"] for gap in table(output, "05_kinds_rows")} == {"absolute", "out_of_date"}
    report = from_json(spoken(output))
    assert {"economic", "countries"}.isdisjoint(section.id for section in report.sections)
    assert len(report.summary) == 5
    assert not any("cost" in message or "recent" in message for message in report.summary)
    assert not (output / "figures" / "02_countries.svg").exists()


def test_a_map_without_countries_says_so_and_draws_none(bare):
    output, printed = bare
    assert printed.count("This map has no dimension for countries") == 1
    assert not list(output.glob("*/07_*"))
    assert {"places", "home"}.isdisjoint(section.id for section in from_json(spoken(output)).sections)


def test_the_comparison_with_chance_can_be_left_out(bare):
    output, _ = bare
    assert not list((output / "items").glob("08_surprise_*"))
    assert (output / "items" / "08_holds.json").exists()
    assert "surprise" not in {section.id for section in from_json(spoken(output)).sections}
