"""The report: what stands where, sentences with their numbers, titles as text, what is published beside it."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from small_map import copy_map

from mapanalysis.analysis.gaps import GapRules, find_gaps
from mapanalysis.analysis.grid import count_studies
from mapanalysis.evidence import Evidence, load_evidence
from mapanalysis.markup import parse_inline, plain_text
from mapanalysis.publish import report as reports
from mapanalysis.publish.document import Bullets, Figure, Paragraph, Report, Table, blocks_of, from_json
from mapanalysis.publish.outputs import Outputs
from mapanalysis.publish.report import Choice, build_report, cite_report, write_data, write_report
from mapanalysis.store import read_csv, write_csv

RULES = GapRules(2026, "synthesis", "costing")
CHOICE = Choice(
    edition="small", date="2026-01-31", row="activity", column="effect", need="gardener", country="nation",
    segment="kind", review_code="synthesis", economic_code="costing", rules=RULES,
)  # fmt: skip
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'
NAMES = (
    "02_types",
    "02_needs",
    "03_by_season",
    "03_by_certainty",
    "03_by_effect",
    "04_by_certainty",
    "05_map_rows",
)


@pytest.fixture(scope="module")
def evidence(tmp_path_factory) -> Evidence:
    return load_evidence(copy_map(tmp_path_factory.mktemp("maps") / "small"))


@pytest.fixture(scope="module")
def folder(evidence, tmp_path_factory) -> Path:
    """A folder with the tables and figures that the report takes from the notebooks before it."""
    path = tmp_path_factory.mktemp("edition")
    shared = {"column": CHOICE.column, "segment": CHOICE.segment}
    for name, row in {"rows": CHOICE.row, "needs": CHOICE.need}.items():
        grid = count_studies(
            evidence.codings, evidence.codebook, evidence.studies["study_id"], row=row, **shared
        )
        gaps = find_gaps(grid, evidence.studies, RULES)
        write_csv(gaps, path / "tables" / f"05_kinds_{name}.csv")
    (path / "figures").mkdir()
    for name in NAMES:
        (path / "figures" / f"{name}.svg").write_text(SVG, encoding="utf-8")
    return path


@pytest.fixture
def outputs(folder, tmp_path) -> Outputs:
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    return Outputs(tmp_path, "09")


@pytest.fixture(scope="module")
def report(evidence, folder) -> Report:
    """The report of the small map as it is."""
    return built(evidence, Outputs(folder, "09"))


def items() -> dict[str, Figure | Table]:
    return {name: Figure(f"figures/{name}.svg", name, "A picture.", "13 studies") for name in NAMES}


def built(evidence: Evidence, outputs: Outputs, **changed: str) -> Report:
    return build_report(evidence, items(), replace(CHOICE, **changed), outputs)


def with_tables(evidence: Evidence, **tables: pd.DataFrame) -> Evidence:
    return replace(evidence, tables=evidence.tables | tables)


def said(report: Report, section_id: str) -> str:
    (section,) = [section for section in report.sections if section.id == section_id]
    return " ".join(plain_text(block.text) for block in section.blocks if isinstance(block, Paragraph))


def shown(report: Report, section_id: str) -> list[str]:
    (section,) = [section for section in report.sections if section.id == section_id]
    return [block.title for block in section.blocks if isinstance(block, Figure)]


def tables_of(report: Report, section_id: str) -> list[Table]:
    return [
        block for section, block in blocks_of(report) if section.id == section_id and isinstance(block, Table)
    ]


# --- what stands where ---


def test_limits_come_first_and_the_studies_last(report):
    ids = [section.id for section in report.sections]
    assert ids[:3] == ["plain", "trust", "background"]
    assert ids[-3:] == ["checklist", "glossary", "studies"]
    order = ("volume", "diversity", "nature", "gaps", "reading", "making")
    assert [one for one in ids if one in order] == list(order)


def test_a_figure_stands_in_one_section_only(report):
    assert shown(report, "needs") == ["02_needs"]
    assert shown(report, "dimensions") == ["03_by_season"]
    assert shown(report, "nature") == ["04_by_certainty"]  # so 03_by_certainty is not shown again
    titles = [block.title for _, block in blocks_of(report) if isinstance(block, Figure)]
    assert len(titles) == len(set(titles))


def test_figures_are_numbered_as_they_are_read(report):
    numbers = [block.number for _, block in blocks_of(report) if isinstance(block, Figure)]
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_section_without_anything_is_left_out(report):
    ids = {section.id for section in report.sections}
    assert {"kinds", "map"} <= ids
    assert {"map-needs", "duplicates", "size"}.isdisjoint(ids)


def test_a_map_without_country_and_costs_has_no_section_of_them(evidence, outputs):
    report = built(evidence, outputs, country="", economic_code="")
    assert {"countries", "economic"}.isdisjoint(section.id for section in report.sections)
    assert len(report.summary) == 5
    assert any("What is done in the garden" in message for message in report.summary)


def test_appraisals_stand_apart_with_the_source_of_each_tool(report):
    assert said(report, "appraisal").startswith("Appraised: 10 of 13 studies")
    (cited,) = [
        block
        for section, block in blocks_of(report)
        if section.id == "appraisal" and isinstance(block, Bullets)
    ]
    assert (
        "Sterne and others 2019, RoB 2, BMJ 366:l4898 [doi:10.1136/bmj.l4898](https://doi.org/10.1136/bmj.l4898)."
        in cited.items[3]
    )
    assert "corrected covered area" in said(report, "overlap")
    assert "Inside a review already: 3 of the 11 studies" in said(report, "overlap")


def test_a_map_without_appraisals_and_citations_says_so_in_a_sentence_each(evidence, outputs):
    empty = {name: evidence.tables[name].iloc[:0] for name in ("appraisals", "citations")}
    report = built(with_tables(evidence, **empty), outputs, quality="certainty")
    assert said(report, "appraisal").startswith("No study of this map was appraised")
    assert "“How sure the review is”" in said(report, "appraisal")
    assert said(report, "overlap").startswith("Which studies each review includes was not recorded")
    assert len([section for section, _ in blocks_of(report) if section.id in ("appraisal", "overlap")]) == 2


def test_a_map_without_reviews_says_nothing_of_their_overlap(evidence, outputs):
    report = built(evidence, outputs, review_code="")
    assert "overlap" not in {section.id for section in report.sections}


def test_places_stand_after_what_evidence_is_like_where_they_were_found(evidence, folder, outputs):
    assert "places" not in {section.id for section in built(evidence, outputs).sections}
    names = ("07_world", "07_home_types", "07_home_needs")
    found = {name: Figure("figures/02_types.svg", name, "A picture.", "13 studies") for name in names}
    whole = build_report(evidence, items() | found, CHOICE, outputs)
    ids = [section.id for section in whole.sections]
    assert ids.index("nature") < ids.index("places") < ids.index("home") < ids.index("gaps")
    assert shown(whole, "places") == ["07_world"]
    assert shown(whole, "home") == ["07_home_types", "07_home_needs"]


def test_edition_and_provenance_stand_in_the_footer(report):
    assert report.footer == "Community gardens (made up), edition small. Made up for tests."
    assert (report.edition, report.date, report.author) == ("small", "2026-01-31", "Nobody & sons")


@pytest.mark.parametrize(
    ("section", "name"),
    [
        ("accumulation", "02_accumulation"),
        ("together", "03_together"),
        ("silence", "03_not_reported_by"),
    ],
)
def test_a_section_of_uncertainty_is_there_when_its_figure_is(evidence, outputs, report, section, name):
    assert section not in {one.id for one in report.sections}
    (outputs.folder / "figures" / f"{name}.svg").write_text(SVG, encoding="utf-8")
    more = items() | {name: Figure(f"figures/{name}.svg", name, "A picture.", "13 studies")}
    assert shown(build_report(evidence, more, CHOICE, outputs), section) == [name]


# --- sentences ---


def test_key_messages_hold_the_numbers_of_the_tables(report):
    messages = [plain_text(message) for message in report.summary]
    assert messages == [
        "The map holds 13 studies in 14 reports. Review: 2; Trial: 10; Costing: 2. A study can be of several types.",
        "Who gardens: the commonest are Older people (5), Newcomers (3) and Younger people (2). 1 code has at most "
        "two studies. Not reported by 4 of 13.",
        "On cost: 2 studies of the type Costing, on 1 of the 3 codes of Who gardens.",
        "Gaps: cells of Who gardens by What was looked at without any study: 7 of 21 (33%); with enough primary "
        "studies for a review, but no recent one: 0.",
        "Read the limits before you use it: it is made up.",
    ]


def test_sections_say_what_the_key_messages_leave_to_them(report):
    assert said(report, "diversity").startswith(
        "What is done in the garden: the commonest are Vegetables (5), Fruit (5) and Composting (4). 3 codes have at most "
        "two studies. Not reported by 1 of 13."
    )
    assert said(report, "nature").startswith(
        "What was looked at: the commonest are Diet (4), Soil (4) and Fitness (3)."
    )


def test_the_first_page_has_three_figures_and_five_messages(report):
    assert len(report.summary) == 5
    assert [figure.path_svg for figure in report.summary_figures] == [
        "figures/09_years_in_short.svg", "figures/09_commonest.svg", "figures/09_map_in_short.svg",
    ]  # fmt: skip
    assert [figure.number for figure in report.summary_figures] == [1, 2, 3]


def test_the_plain_summary_has_short_sentences(report):
    words = said(report, "plain")
    assert "A map of research on community gardens (made up)." in words
    assert "13 studies, written up in 14 reports." in words
    assert "That gives 21 squares. In 7 of them we found no study." in words
    sentences = re.split(r"(?<=[.!?])\s", words)
    assert max(len(sentence.split()) for sentence in sentences) <= 30


def test_the_methods_are_those_of_codebook_tables_and_settings(evidence, outputs, report):
    words = said(report, "methods")
    assert f"{len(evidence.records)} records were read" in words
    assert "The unit is the study." in words
    stricter = build_report(
        evidence, items(), replace(CHOICE, rules=replace(RULES, minimum_studies=3)), outputs
    )
    bullets = [
        [block.items for block in section.blocks if isinstance(block, Bullets)]
        for one in (report, stricter)
        for section in one.sections
        if section.id == "methods"
    ]
    assert bullets[0] != bullets[1]
    assert bullets[1][0][0] == "Absolute gap: fewer than 3 studies of any type."


def test_the_checklists_lead_to_sections_and_say_what_is_missing(evidence, outputs, report):
    ids = {section.id for section in report.sections} | {"key-messages"}
    scoping, maps = tables_of(report, "checklist")
    assert (len(scoping.rows), len(maps.rows)) == (22, 14)
    linked = re.findall(r"\]\(#([a-z-]+)\)", " ".join(row[-1] for row in (*scoping.rows, *maps.rows)))
    assert len(linked) > 20
    assert set(linked) <= ids
    missing = {row[0] for row in scoping.rows if row[-1] == "Not in this project."}
    assert "22. Funding" in missing
    assert "Not answered: " in said(report, "checklist")
    paid = replace(evidence, about=evidence.about.model_copy(update={"funding": "A trust."}))
    funded = built(paid, outputs)
    assert "22. Funding" not in {
        row[0] for row in tables_of(funded, "checklist")[0].rows if "Not in" in row[-1]
    }
    assert "Funding. A trust." in said(funded, "reuse")


def test_reports_and_years_that_are_missing_are_counted(report):
    words = said(report, "volume")
    assert "With more than one report: 1 study; a study is counted once" in words
    assert "Without a year: 1 study." in words


def test_years_from_that_of_the_last_search_on_are_said_not_to_be_complete(evidence, outputs, report):
    assert "not complete" not in said(report, "volume")  # no study is of the year of the edition
    assert "Years from 2025 on are not complete." in said(
        built(evidence, outputs, search_date="2025-06-30"), "volume"
    )


def test_agreement_is_said_for_inclusion_and_for_codes(report):
    words = said(report, "trust")
    assert words.startswith(
        "Of the 13 publications assessed again by two, 85% were decided alike (Cohen's kappa 0.45, 95% interval"
    )
    assert "from kappa -0.50 (How sure the review is) to 0.86 (What was looked at)" in words


def test_agreement_that_was_not_measured_is_not_made_up(evidence, outputs):
    screening = evidence.screening_agreement.assign(n=0, n_agreed=0)
    nobody = with_tables(
        evidence, screening_agreement=screening, coding_agreement=evidence.coding_agreement.iloc[:0]
    )
    words = said(built(nobody, outputs), "trust")
    assert words == "No two people decided independently on the same reports, so agreement is not known."


def test_full_agreement_is_said_without_an_interval(evidence, outputs):
    full = evidence.screening_agreement.assign(n=5, n_agreed=5, kappa=1.0, kappa_low=pd.NA, kappa_high=pd.NA)
    words = said(built(with_tables(evidence, screening_agreement=full), outputs), "trust")
    assert "100% were decided alike (Cohen's kappa 1.00)." in words


def test_the_accounting_stands_in_the_report(report):
    assert said(report, "accounting") == (
        "On the map of What is done in the garden by What was looked at: 13 studies included = 12 placed + 1 not "
        "placed: its codes never meet in one finding (1). On the map of Who gardens by What was looked at: 13 studies "
        "included = 13 placed + 0 not placed."
    )


def test_the_most_striking_gaps_are_a_few_of_each_kind(report):
    (table,) = tables_of(report, "kinds")
    kinds = [row[0].split(":")[0] for row in table.rows]
    assert {kind: kinds.count(kind) for kind in kinds} == {
        "Absolute gap": 5,
        "Economic gap": 5,
        "Out of date": 5,
    }
    assert "The first 5 of each kind; all 26 are in tables/05_ranked_needs.csv" in table.note


def test_how_sure_and_how_surprising_gaps_are_is_told_where_it_was_asked(evidence, outputs):
    names = ("08_holds", "08_surprise_needs", "05_pair_gardener_season")
    figure = items()["05_map_rows"]
    pair = Table(title="Gaps: Who gardens by Season (6 cells with a gap)", note="", columns=(), rows=(), table_csv="tables/05_pair.csv")  # fmt: skip
    more = items() | dict.fromkeys(names[:2], figure) | {names[2]: pair}
    told = build_report(evidence, more, CHOICE, outputs)
    assert "no other reading of the same evidence can" in said(told, "certainty").lower()
    assert shown(told, "certainty") == ["05_map_rows"]
    assert shown(told, "surprise") == ["05_map_rows"]
    assert "maps of chance" in said(told, "surprise")
    (section,) = [section for section in told.sections if section.id == "gap-pairs"]
    assert section.blocks[1].items == ("Gaps: Who gardens by Season (6 cells with a gap): 05_pair.csv",)


def test_a_report_without_other_readings_does_not_speak_of_them(report):
    assert {"certainty", "surprise", "gap-pairs"}.isdisjoint(section.id for section in report.sections)


def test_what_was_excluded_is_listed_with_its_reason_to_be_looked_up(report):
    (table,) = tables_of(report, "excluded")
    assert [column.label for column in table.columns] == ["Reason", "Publication", "Found in"]
    assert [row[0] for row in table.rows] == [
        "Not a review, a trial or a costing",
        "Plan or abstract without results",
    ]
    assert "(2017)" in table.rows[0][1]


def test_a_map_without_a_second_stage_has_no_section_of_exclusions(evidence, outputs):
    screened = evidence.tables["screened_reports"].iloc[:0]
    report = built(with_tables(evidence, screened_reports=screened), outputs)
    assert "excluded" not in {section.id for section in report.sections}


# --- studies, and titles of others ---


@pytest.mark.parametrize(
    ("report", "citation"),
    [
        ({"authors": "Pell, Ida; Rowe, Max", "year": 2018}, "Pell and others (2018). A title. Journal."),
        ({"authors": "Pell, Ida", "year": 2018}, "Pell (2018). A title. Journal."),
        ({"authors": "", "year": pd.NA}, "No authors shown (no year). A title. Journal."),
        ({"authors": "Pell, Ida", "year": 2018, "journal": ""}, "Pell (2018). A title."),
        ({"authors": "王, 小园", "year": 2020}, "王 (2020). A title. Journal."),
    ],
)
def test_a_report_is_cited_with_what_is_known_of_it(report, citation):
    assert cite_report({"title": "A title.", "journal": "Journal"} | report) == citation


@pytest.mark.parametrize(
    ("doi", "is_linked"),
    [
        ("10.5555/gardens.001", True),
        ("", False),
        ("javascript:alert(1)", False),
        ('10.5555/"onclick="x', False),
        ("10.5555/a b", False),
        ("10.5555/a)(b", False),
    ],
)
def test_only_a_plain_doi_becomes_a_link(doi, is_linked):
    spans = parse_inline(reports._link(doi, "Pell (2018)."))
    assert [span.url for span in spans if span.style == "link"] == (
        [f"https://doi.org/{doi}"] if is_linked else []
    )


def test_every_included_report_is_listed_by_its_authors(report):
    (table,) = tables_of(report, "studies")
    assert len(table.rows) == 14
    first = [plain_text(row[0]) for row in table.rows]
    assert first[0].startswith("Ashworth and others (2019). Vegetable beds")
    assert "10.5555/gardens.001" in first[0]


def test_titles_and_labels_of_others_are_never_markup(report):
    (table,) = tables_of(report, "studies")
    spans = [span for row in table.rows for cell in row for span in parse_inline(cell)]
    assert {span.style for span in spans} == {"plain", "link"}
    assert any('Mood & "calm" <b>*now*</b>' in span.text for span in spans)
    assert all(span.url.startswith("https://doi.org/10.5555/") for span in spans if span.style == "link")


def test_the_glossary_holds_the_words_that_are_defined(report):
    (table,) = tables_of(report, "glossary")
    assert [row[1] for row in table.rows] == [
        "Vegetables",
        "Fruit",
        "Keeping worms",
        "Garden ornaments",
        r'Mood & "calm" <b>\*now\*</b>',
        "Wildlife",
    ]


# --- what is written ---


def test_the_report_is_written_as_data_and_as_pdf(evidence, outputs):
    report = built(evidence, outputs)
    write_report(report, outputs.folder)
    assert from_json((outputs.folder / "report.json").read_text(encoding="utf-8")) == report
    assert (outputs.folder / "report.pdf").read_bytes().startswith(b"%PDF-")


def test_the_data_are_published_with_their_dictionary_and_codebook(evidence, tmp_path):
    write_data(evidence, tmp_path)
    package = json.loads((tmp_path / "data" / "datapackage.json").read_text(encoding="utf-8"))
    assert {resource["name"] for resource in package["resources"]} == set(evidence.tables)
    assert len(read_csv(tmp_path / "data" / "studies.csv")) == 13
    raw = evidence.project.raw / "codebook.yaml"
    assert (tmp_path / "data" / "codebook.yaml").read_bytes() == raw.read_bytes()


def test_abstracts_are_not_published(evidence, tmp_path):
    secret = "words of others"
    fields = evidence.tables["publication_fields"]
    abstract = fields.iloc[[0]].assign(field="abstract", value=secret)
    told = with_tables(
        evidence,
        records=evidence.records.assign(abstract=secret),
        publications=evidence.publications.assign(abstract=secret),
        publication_fields=pd.concat([fields, abstract], ignore_index=True),
    )
    write_data(told, tmp_path)
    for path in (tmp_path / "data").iterdir():
        assert secret not in path.read_text(encoding="utf-8"), path.name
    assert list(told.records["abstract"].unique()) == [secret]


def test_coders_and_screeners_are_not_named_in_what_is_published(evidence, tmp_path):
    write_data(evidence, tmp_path)
    for path in Path(tmp_path / "data").glob("*.csv"):
        assert {"coder", "screener"}.isdisjoint(read_csv(path).columns), path.name
