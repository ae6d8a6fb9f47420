"""From raw files to built tables: whole or not at all, and every problem at once."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from small_map import copy_map, keep_rows, read_raw, seal_all, take_out

from mapanalysis import evidence as module
from mapanalysis.analysis.gaps import GapRules
from mapanalysis.errors import DataError, UsageError
from mapanalysis.evidence import Evidence, build_evidence, find_problems, load_evidence, read_gaps, suit_rules
from mapanalysis.project import Project
from mapanalysis.store import write_csv


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Evidence:
    return load_evidence(copy_map(tmp_path_factory.mktemp("maps") / "small"))


@pytest.fixture
def copy(tmp_path) -> Path:
    return copy_map(tmp_path / "small")


def problems(folder: Path) -> str:
    """All problems of a project, one a line."""
    return "\n".join(str(problem) for problem in find_problems(Project(folder)))


# --- what is built ---


def test_all_tables_are_built_and_come_back_as_they_were(small, tmp_path):
    again = load_evidence(small.project.root)
    assert list(again.tables) == list(small.tables)
    for name, table in small.tables.items():
        pd.testing.assert_frame_equal(again.tables[name], table)


def test_nothing_is_built_again_while_nothing_changed(small, monkeypatch):
    monkeypatch.setattr(module, "build_evidence", lambda project: pytest.fail("built again"))
    load_evidence(small.project.root)


def test_a_changed_raw_file_is_built_again_once_it_is_sealed(copy):
    load_evidence(copy)
    rows = [row | {"n_participants": "7"} if row["study_id"] == "007" else row for row in read_raw("reports")]
    keep_rows(copy, "reports", rows)
    with pytest.raises(DataError, match=r"reports\.csv: the file is not the one its sidecar describes"):
        load_evidence(copy)
    seal_all(copy)
    studies = load_evidence(copy).studies.set_index("study_id")
    assert studies.loc["007", "n_participants"] == 7


def test_other_code_builds_the_tables_again(copy, monkeypatch):
    before = module.fingerprint_inputs(Project(copy))
    for name, other in (("package_fingerprint", "other code"), ("package_versions", {"pandas": "9"})):
        with monkeypatch.context() as changed:
            changed.setattr(module, name, lambda other=other: other)
            assert module.fingerprint_inputs(Project(copy)) != before


def test_a_record_file_of_another_name_builds_the_tables_again(copy):
    before = module.fingerprint_inputs(Project(copy))
    for path in sorted((copy / "data" / "raw" / "records").glob("town_register.csv*")):
        path.rename(path.with_name(path.name.replace("town_register", "town_registers")))
    assert module.fingerprint_inputs(Project(copy)) != before


def test_optional_files_may_be_absent(small):
    assert not (small.project.raw / "known_duplicates.csv").exists()
    assert len(small.publications) == 20


def test_an_earlier_edition_keeps_the_ids_of_its_publications(copy):
    ids = load_evidence(copy).records.set_index("record_id")["publication_id"]
    raw = copy / "data" / "raw"
    for path in sorted((raw / "records").glob("town_register.csv*")):
        path.rename(path.with_name(path.name.replace("town", "a_town")))  # now its records come first
    assert "a publication that was excluded at the first stage" in problems(copy)  # ids have moved
    write_csv(ids.reset_index(), raw / "known_duplicates.csv")
    seal_all(copy)
    again = load_evidence(copy).records.set_index("record_id")["publication_id"]
    assert again.to_dict() == ids.to_dict()


def test_one_stage_of_screening_is_enough(copy):
    for name in ("screening_reports.csv", "screening_reports.csv.source.yaml"):
        (copy / "data" / "raw" / name).unlink()
    screened = [
        row
        | (
            {"decision": "exclude", "reason": "no_results"}
            if row["record_id"] in ("M06", "B05")
            else {"decision": "include"}
            if row["decision"] == "unclear"
            else {}
        )
        for row in read_raw("screening_records")
    ]
    keep_rows(copy, "screening_records", screened)
    seal_all(copy)
    built = load_evidence(copy)
    assert "assessed" not in set(built.flow["box"])
    assert built.tables["screened_reports"].empty
    assert built.excluded_reports().empty


def test_a_map_without_records_and_decisions_has_all_its_reports_included(copy):
    built = load_evidence(take_out(copy, "records", "screening", "duplicate"))
    assert find_problems(Project(copy)) == []
    assert list(built.flow["box"]) == ["included_reports", "included_studies"]
    assert list(built.flow["n"]) == [14, 13]
    assert len(built.tables["flow_members"]) == 14 + 13
    for name in ("records", "publications", "uncertain_pairs", "screened_records", "screened_reports"):
        assert built.tables[name].empty, name
    assert built.screening_agreement["n"].tolist() == [0, 0]
    for nothing in (built.count_sources(), built.excluded_reports(), built.count_duplicate_reasons()):
        assert nothing.empty
    again = load_evidence(copy)
    for name, table in built.tables.items():
        pd.testing.assert_frame_equal(again.tables[name], table)


def test_records_without_decisions_are_counted_and_what_became_of_them_is_not_guessed(copy):
    built = load_evidence(take_out(copy, "screening"))
    boxes = built.flow[built.flow["source_or_reason"] == ""].set_index("box")["n"].to_dict()
    assert boxes == {"identified": 24, "duplicates": 4, "included_reports": 14, "included_studies": 13}
    sources = built.count_sources()
    assert list(sources["n_records"]) == [8, 6, 6, 4]
    assert sources["n_included"].isna().all()


def test_decisions_on_reports_alone_make_the_end_of_a_flow(copy):
    built = load_evidence(take_out(copy, "records", "screening_records", "duplicate"))
    boxes = built.flow[built.flow["source_or_reason"] == ""].set_index("box")["n"].to_dict()
    assert boxes == {"assessed": 16, "excluded_reports": 2, "included_reports": 14, "included_studies": 13}
    assert list(built.excluded_reports()["title"]) == ["", ""]  # no file holds them


def test_decisions_on_records_need_the_records(copy):
    assert (
        "expected at least one file of records, found none"
        in problems(take_out(copy, "records", "duplicate")).lower()
    )


def test_a_file_that_may_be_absent_is_missed_while_its_sidecar_is_there(copy):
    (copy / "data" / "raw" / "screening_records.csv").unlink()
    assert "screening_records.csv: the file is not there, but its sidecar is. Put the file back" in problems(
        copy
    )


def test_a_folder_that_is_no_project_is_refused(tmp_path):
    with pytest.raises(UsageError, match="is not in a map project"):
        load_evidence(tmp_path)


def test_a_map_without_appraisals_and_citations_has_these_tables_empty(copy):
    for name in ("appraisals", "citations"):
        for path in (copy / "data" / "raw").glob(f"{name}.csv*"):
            path.unlink()
    built = load_evidence(copy)
    again = load_evidence(copy)
    for name in ("appraisals", "citations"):
        assert built.tables[name].empty
        pd.testing.assert_frame_equal(again.tables[name], built.tables[name])
    assert built.derive_dimensions("kind", "synthesis") == []
    assert built.with_derived([]) is built


def test_tables_of_appraisals_and_citations_that_hold_a_header_only_are_none(copy):
    for name in ("appraisals", "citations"):
        keep_rows(copy, name, [])
    seal_all(copy)
    assert load_evidence(copy).appraisals.empty


def test_a_tool_of_the_project_is_one_of_the_tools(small):
    assert list(small.tools)[:2] == ["garden_check", "amstar_2"]
    judged = small.appraisals[small.appraisals["tool"] == "garden_check"]
    assert list(judged["judgement"]) == ["dug", "not_dug"]  # the first by its label, with markup in it


def test_why_it_was_judged_so_is_not_kept(small):
    assert any(row["support"] for row in read_raw("appraisals"))
    assert "support" not in small.appraisals


def test_derived_dimensions_follow_those_of_the_codebook(small):
    derived = small.derive_dimensions("kind", "synthesis")
    names = [
        "appraisal_garden_check",
        "appraisal_amstar_2",
        "appraisal_chec",
        "appraisal_rob_2",
        "in_reviews",
    ]
    assert [one.dimension.id for one in derived] == names
    shown = small.with_derived(derived)
    assert [one.id for one in shown.codebook.dimensions] == [
        *(one.id for one in small.codebook.dimensions),
        *names,
    ]
    assert len(small.codebook.dimensions) == 8  # as it was
    coded = shown.codings[shown.codings["dimension"] == "appraisal_rob_2"]
    assert sorted(coded["study_id"]) == sorted(small.studies["study_id"])


@pytest.mark.parametrize(("segment", "code"), [("", ""), ("kind", ""), ("season", "synthesis")])
def test_without_a_code_for_reviews_there_are_none_and_those_with_citations_are_told(small, segment, code):
    assert small.reviews(segment, code) == []
    made = small.derive_dimensions(segment, code)[-1].codings
    assert set(made.loc[made["code"] == "is_review", "study_id"]) == {"REV1", "REV2"}


def test_reviews_are_those_with_the_code_or_one_below_it(small):
    assert small.reviews("kind", "synthesis") == ["REV1", "REV2"]
    assert small.reviews("kind", "pooled") == ["REV2"]


# --- questions to the evidence ---


def test_segments_have_their_labels_with_all_studies_first(small):
    assert small.segments("kind") == {
        "": "All studies",
        "synthesis": "Review",
        "trial": "Trial",
        "costing": "Costing",
    }


def test_a_dimension_for_one_segment_has_that_segment_alone(small):
    assert small.segments_of("certainty", "kind") == {"synthesis": "Review"}
    assert small.segments_of("season", "kind") == small.segments("kind")


def test_other_dimensions_are_all_but_the_named(small):
    assert [dimension.id for dimension in small.other_dimensions("kind", "nation")] == [
        "activity",
        "effect",
        "gardener",
        "season",
        "compared_with",
        "certainty",
    ]


def test_sources_are_counted_by_record_and_by_what_was_included(small):
    sources = small.count_sources().set_index("source")
    assert list(sources["n_records"]) == [8, 6, 6, 4]
    assert sources["n_joined"].sum() == 4
    assert dict(sources["n_included"]) == {
        "garden_library": 7,
        "health_index": 5,
        "reference_manager": 4,
        "town_register": 2,
    }


def test_sources_have_their_names_in_the_flow_too(small):
    labels = small.flow.set_index("box")["label"]
    assert labels["identified/health_index"] == "Health index"
    assert labels["identified/town_register"] == "town_register"  # nobody named it


def test_grounds_of_duplicates_are_counted_with_the_persons_decision_apart(small):
    grounds = {
        (row.decided_by, row.ground): row.n_pairs for row in small.count_duplicate_reasons().itertuples()
    }
    assert grounds == {
        ("rule", "an identifier"): 1,
        ("rule", "the title, and author or year"): 2,
        ("decision", "an answer in duplicate_decisions.csv"): 1,
    }


def test_excluded_reports_come_in_the_order_of_the_reasons(small):
    excluded = small.excluded_reports()
    assert list(excluded["publication_id"]) == ["P0012", "P0017"]
    assert list(excluded["reason_label"]) == [
        "Not a review, a trial or a costing",
        "Plan or abstract without results",
    ]
    assert list(excluded["source"]) == ["Health index", "Reference manager"]
    assert set(excluded.columns) >= {"title", "authors", "year", "journal", "doi"}


def test_agreement_of_whole_dimensions_has_their_labels(small):
    agreement = small.agreement_by_dimension()
    assert list(agreement["label"])[:2] == ["What is done in the garden", "What was looked at"]
    assert set(agreement["code"]) == {""}


def test_gaps_come_back_from_their_tables_with_numbers(tmp_path):
    gaps = pd.DataFrame({"kind": ["absolute"], "newest_year": pd.array([None], dtype="Int64")}).assign(
        rank=1, n_studies=0, n_reviews=0, n_primary=0, n_economic=0, newest_review_year=2020
    )
    for name in ("rows", "needs"):
        write_csv(gaps, tmp_path / "tables" / f"05_kinds_{name}.csv")
    read = read_gaps(tmp_path)
    assert list(read["map"]) == ["rows", "needs"]
    assert read["newest_year"].isna().all()
    assert list(read["newest_review_year"]) == [2020, 2020]


# --- gaps ---


def rules_of(**changed: object) -> GapRules:
    named = {"quality_dimension": "certainty", "low_quality_codes": ["unsure"], "country_dimension": "nation", "home_country": "NA"}  # fmt: skip
    return GapRules(2026, "synthesis", "costing", **(named | changed))  # type: ignore[arg-type]


def without_appraisals(evidence: Evidence) -> Evidence:
    return replace(evidence, tables=evidence.tables | {"appraisals": evidence.appraisals.iloc[:0]})


def test_the_rules_get_the_words_of_the_map_and_its_studies_what_rules_look_at(small):
    rules, studies = suit_rules(without_appraisals(small), rules_of())
    assert "home (Namibia)" in rules.in_words()["place"]
    assert "coded Unsure (How sure the review is)" in rules.in_words()["quality"]
    known = studies.set_index("study_id")
    assert list(known.index[known["is_low"]]) == ["REV1"]
    assert known.loc["7", "countries"] == ("NA",)
    assert len(known.loc["CROSS", "countries"]) == 2
    assert known.loc["REV2", "countries"] == ()
    assert list(known.index[known["is_home"]]) == ["7", "LATE"]


def test_overall_appraisals_of_reviews_decide_where_there_are_some(small):
    stated_otherwise = rules_of(low_quality_codes=["sure"])  # as which REV2 is coded
    rules, studies = suit_rules(small, stated_otherwise)
    assert (
        rules.in_words()["quality"]
        == "reviews, and every one of them appraised as Low or Critically low (AMSTAR 2)"
    )
    assert list(studies.loc[studies["is_low"], "study_id"]) == ["REV1"]
    of_trials = small.appraisals[small.appraisals["tool"] == "rob_2"]
    no_reviews = replace(small, tables=small.tables | {"appraisals": of_trials})
    rules, studies = suit_rules(no_reviews, stated_otherwise)
    assert rules.appraised_as == ""
    assert list(studies.loc[studies["is_low"], "study_id"]) == ["REV2"]


def test_codes_that_the_rules_name_and_the_codebook_does_not_are_refused_all_at_once(small):
    with pytest.raises(UsageError) as raised:
        suit_rules(small, rules_of(low_quality_codes=["unsur", "not_reported"], home_country="Namibia"))
    said = str(raised.value)
    assert "low_quality_codes holds 'unsur', which is no code of certainty" in said
    assert "Nearest valid: unsure" in said
    assert "low_quality_codes holds 'not_reported'" in said
    assert "home_country names 'Namibia', which is no country" in said
    assert "Nearest valid: NA (Namibia)" in said


def test_the_codes_of_each_coder_are_read_beside_the_settled_ones(small):
    coders = small.read_coders()
    assert set(coders["coder"]) == {"A", "B", "settled"}
    assert len(coders) == len(read_raw("codings"))


def test_doubted_reports_are_included_ones_that_screeners_did_not_agree_on(small):
    assert list(small.list_doubted()) == ["P0011"]  # P0017 was doubted too, and excluded
    first_only = replace(
        small, tables=small.tables | {"screened_reports": small.tables["screened_reports"].iloc[:0]}
    )
    assert set(first_only.list_doubted()) <= set(small.reports["publication_id"])
    assert list(first_only.list_doubted()) != ["P0011"]


# --- bad input ---


def replace_rows(folder: Path, name: str, change: Callable[[dict[str, str]], dict[str, str]]) -> None:
    keep_rows(folder, name, [change(row) for row in read_raw(name)])


def add_row(folder: Path, name: str, **values: str) -> None:
    rows = read_raw(name)
    keep_rows(folder, name, [*rows, dict.fromkeys(rows[0], "") | values])


def change_first(folder: Path, name: str, **values: str) -> None:
    first, *rest = read_raw(name)
    keep_rows(folder, name, [first | values, *rest])


BAD = {
    "an unknown code": (
        lambda folder: change_first(folder, "codings", code="by_plots"),
        r"codings\.csv, row 2, column code: the codebook has no code 'by_plots' in kind.*Nearest valid: by_plot",
    ),
    "an unknown dimension": (
        lambda folder: change_first(folder, "codings", dimension="kinds"),
        r"the codebook has no dimension 'kinds'.*Nearest valid: kind",
    ),
    "a study without codes": (
        lambda folder: keep_rows(
            folder, "codings", [row for row in read_raw("codings") if row["publication_id"] != "P0002"]
        ),
        r"codings\.csv.*reports that nobody coded.*P0002",
    ),
    "a decision without a reason": (
        lambda folder: add_row(
            folder, "screening_records", record_id="M01", screener="S1", decision="exclude"
        ),
        r"screening_records\.csv.*an exclusion has no reason.*M01",
    ),
    "a reason that is none": (
        lambda folder: add_row(
            folder,
            "screening_records",
            record_id="M01",
            screener="S1",
            decision="exclude",
            reason="no_gardens",
        ),
        r"the codebook has no such exclusion reason.*no_gardens.*Nearest valid: no_garden",
    ),
    "a report that belongs to no study": (
        lambda folder: change_first(folder, "reports", study_id=""),
        r"reports\.csv, row 2, column study_id: is empty",
    ),
    "a record screened twice by one person": (
        lambda folder: add_row(
            folder, "screening_records", record_id="L01", screener="S1", decision="include"
        ),
        r"screening_records\.csv.*the same record_id, screener stands on more than one row.*L01 / S1",
    ),
    "two settled decisions": (
        lambda folder: add_row(
            folder, "screening_reports", publication_id="P0017", screener="settled", decision="include"
        ),
        r"screening_reports\.csv.*more than one row.*P0017 / settled",
    ),
    "a year of 20199": (
        lambda folder: change_first(folder, "reports", year="20199"),
        r"reports\.csv, row 2, column year: is above 2100.*20199",
    ),
    "a coding of a report that is not there": (
        lambda folder: add_row(
            folder, "codings", publication_id="P0999", coder="settled", dimension="kind", code="by_plot"
        ),
        r"a coding of a publication that is not an included report.*P0999",
    ),
    "an unknown judgement": (
        lambda folder: change_first(folder, "appraisals", judgement="Y"),
        r"appraisals\.csv, row 2, column judgement: AMSTAR 2, PICO in question and criteria, has no judgement 'Y'",
    ),
    "an appraisal of a study that is not there": (
        lambda folder: change_first(folder, "appraisals", study_id="REV11"),
        r"appraisals\.csv, row 2.*not included.*Nearest valid: REV1",
    ),
    "a judgement given twice": (
        lambda folder: add_row(folder, "appraisals", **read_raw("appraisals")[0]),
        r"appraisals\.csv.*more than one row.*REV1 / amstar_2 / 1 / yes",
    ),
    "a tool that cannot be read": (
        lambda folder: (folder / "data" / "raw" / "appraisal_tools" / "garden_check.yaml").write_text(
            "id: ["
        ),
        r"appraisal_tools/garden_check\.yaml: not a tool of appraisal",
    ),
    "a review that includes itself": (
        lambda folder: change_first(folder, "citations", study_id="REV1"),
        r"citations\.csv, row 2, column review_id: a review that includes itself",
    ),
    "a review that is not there": (
        lambda folder: change_first(folder, "citations", review_id="REV3"),
        r"citations\.csv, row 2, column review_id: a review that is no study of the map.*Nearest valid: REV",
    ),
    "a study that a review includes twice": (
        lambda folder: add_row(folder, "citations", review_id="REV1", study_id="OUT1"),
        r"citations\.csv.*more than one row.*REV1 / OUT1",
    ),
    "a dimension with the id of one that is made": (
        lambda folder: (folder / "data" / "raw" / "codebook.yaml").write_text(
            (folder / "data" / "raw" / "codebook.yaml")
            .read_text("utf-8")
            .replace("id: season", "id: in_reviews"),
            "utf-8",
        ),
        r"codebook\.yaml: the dimension 'in_reviews' is made from citations\.csv",
    ),
    "a missing file": (
        lambda folder: (folder / "data" / "raw" / "codings.csv").unlink(),
        r"codings\.csv.*cannot be read",
    ),
    "a column with another name": (
        lambda folder: (folder / "data" / "raw" / "reports.csv").write_text(
            (folder / "data" / "raw" / "reports.csv").read_text("utf-8").replace("study_id", "study", 1),
            "utf-8",
        ),
        r"reports\.csv: there is no column 'study_id'",
    ),
    "a truncated RIS": (
        lambda folder: (folder / "data" / "raw" / "records" / "garden_library.ris").write_bytes(
            (folder / "data" / "raw" / "records" / "garden_library.ris").read_bytes()[:-30]
        ),
        r"records/garden_library\.ris, row 64: the last record has no end line \(ER\): the file is cut off",
    ),
    "binary garbage": (
        lambda folder: (folder / "data" / "raw" / "records" / "health_index.nbib").write_bytes(
            bytes(range(256)) * 9
        ),
        r"records/health_index\.nbib: expected text, found NUL bytes",
    ),
}


@pytest.mark.parametrize(("spoil", "expected"), BAD.values(), ids=BAD)
def test_what_is_wrong_is_said_with_its_place(copy, spoil, expected):
    spoil(copy)
    seal_all(copy)
    found = problems(copy)
    assert re.search(expected, found), found
    assert not (copy / "data" / "processed").exists()


def test_every_problem_is_reported_at_once(copy):
    raw = copy / "data" / "raw"
    change_first(copy, "codings", code="by_plots")
    change_first(copy, "reports", year="soon")
    add_row(copy, "screening_records", record_id="M01", screener="S1", decision="exclude")
    seal_all(copy)
    (raw / "records" / "town_register.csv").write_bytes(b"record_id;title\nC01;other\n")
    (raw / "about.yaml").write_text("title: only\n", encoding="utf-8")
    found = problems(copy)
    for expected in (
        r"reports\.csv, row 2, column year: is not a whole number",
        r"records/town_register\.csv: the file is not the one its sidecar describes",
        r"about\.yaml: the file is not the one its sidecar describes",
    ):
        assert re.search(expected, found), found


def test_nothing_is_written_while_something_is_wrong(copy):
    before = load_evidence(copy)
    dictionary = (copy / "data" / "processed" / "datapackage.json").read_bytes()
    change_first(copy, "codings", code="by_plots")
    seal_all(copy)
    with pytest.raises(DataError, match="by_plots"):
        load_evidence(copy)
    assert (copy / "data" / "processed" / "datapackage.json").read_bytes() == dictionary
    assert before.studies.shape[0] == 13


def test_a_good_project_has_no_problem(small):
    assert find_problems(small.project) == []
    assert build_evidence(small.project).studies.shape[0] == 13
