"""Maps as files of other programs: read back by parsers of others, nothing lost, nothing that acts."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
import zipfile
from pathlib import Path

import bibtexparser
import openpyxl
import pandas as pd
import pytest
import rispy
from small_library import write

from mapanalysis.errors import OutputError, UsageError
from mapanalysis.exchange.exports import FORMATS, LONGEST_CELL, Chosen, choose, export_map, make_workbook
from mapanalysis.exchange.references import read_references
from mapanalysis.project import Project

FRICTIONLESS = Path(sys.executable).parent / "frictionless"


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Project:
    return Project(write(tmp_path_factory.mktemp("exports") / "gardens"))


@pytest.fixture(scope="module")
def whole(project) -> Chosen:
    return choose(project)


def written(chosen: Chosen, name: str, path: Path) -> bytes:
    export_map(chosen, name, path)
    return path.read_bytes()


# --- RIS ---


def test_ris_is_what_another_parser_reads(whole, tmp_path):
    records = rispy.loads(written(whole, "ris", tmp_path / "a.ris").decode("utf-8"))
    first, _, third, fourth = records
    assert [record["type_of_reference"] for record in records] == ["JOUR", "JOUR", "RPRT", "JOUR"]
    assert first["authors"] == ["Lee, Ann", "Roy, B"]
    assert first["secondary_title"] == "Soil"
    assert (first["volume"], first["number"], first["start_page"], first["end_page"]) == (
        "4",
        "2",
        "10",
        "19",
    )
    assert (first["doi"], first["accession_number"]) == ("10.5555/a", "30000001")
    assert first["keywords"] == [
        "What people did: Roots", "What people did: =Looking", "What changed: Mood", "What changed: Soil",
        "Study design: Trial",
    ]  # fmt: skip
    assert first["notes"] == [
        "Study S1 (Lee 2019) of the map: Gardens. Codes: What people did: Roots, =Looking. "
        "What changed: Mood, Soil. Study design: Trial."
    ]
    assert third["authors"] == ["Garden Study Group"]
    assert fourth["title"] == "Ökologie der Wurzeln"
    assert "keywords" not in fourth


def test_ris_out_and_in_again_keeps_ids_titles_dois_years_and_journals(whole, tmp_path):
    back = read_references(written(whole, "ris", tmp_path / "a.ris"), "a.ris")
    assert back.references is not None
    for ours, theirs in (
        ("publication_id", "record_id"),
        *((name, name) for name in ("title", "doi", "journal")),
    ):
        assert back.references[theirs].tolist() == whole.reports[ours].tolist()
    assert back.references["year"].tolist() == ["2019", "2021", "2020", ""]
    assert back.references["pmid"].tolist() == whole.reports["pmid"].tolist()


def test_ris_out_and_in_again_with_tags_gives_the_dimensions_back(whole, tmp_path):
    back = read_references(written(whole, "ris", tmp_path / "a.ris"), "a.ris", tags=True)
    labels = {one["label"]: [code["label"] for code in one["codes"]] for one in back.codebook["dimensions"]}
    # Study S1 has two reports; what only the one report of S2 has is on one record.
    assert labels["What people did"] == ["=Looking", "Roots"]
    assert labels["What changed"] == ["Mood", "Soil"]


# --- BibTeX ---


def test_bibtex_is_what_another_parser_reads(whole, tmp_path):
    library = bibtexparser.parse_string(written(whole, "bibtex", tmp_path / "a.bib").decode("utf-8"))
    assert library.failed_blocks == []
    entries = [
        (entry.entry_type, entry.key, {field.key: field.value for field in entry.fields})
        for entry in library.entries
    ]
    assert [(kind, key) for kind, key, _ in entries] == [
        ("article", "lee2019-R1"), ("article", "lee2021-R2"),
        ("techreport", "gardenstudygroup2020-R3"), ("article", "report-R4"),
    ]  # fmt: skip
    assert entries[0][2]["author"] == "Lee, Ann and Roy, B"
    assert entries[0][2]["pages"] == "10--19"
    assert entries[2][2]["author"] == "{Garden Study Group}"
    assert entries[2][2]["title"] == '=Fruit \\{and\\} 50\\% "more"'


def test_bibtex_out_and_in_again_keeps_titles_dois_years_and_journals(whole, tmp_path):
    back = read_references(written(whole, "bibtex", tmp_path / "a.bib"), "a.bib").references
    assert back is not None
    for name in ("title", "doi", "journal", "pmid"):
        assert back[name].tolist() == whole.reports[name].tolist(), name
    assert back["year"].tolist() == ["2019", "2021", "2020", ""]


def test_braces_without_a_partner_do_not_end_an_entry(whole, tmp_path):
    reports = whole.evidence.reports.assign(title=["a } b", "a { b", "{{", "\\}~^"])
    tables = {**whole.evidence.tables, "reports": reports}
    evidence = type(whole.evidence)(
        whole.evidence.project, whole.evidence.codebook, whole.evidence.about, tables
    )
    data = written(Chosen(evidence, whole.study_ids), "bibtex", tmp_path / "a.bib")
    back = read_references(data, "a.bib").references
    assert back is not None
    assert back["title"].tolist() == ["a ) b", "a ( b", "((", "\\)~^"]


# --- CSV and XLSX ---


def test_csv_has_a_column_for_each_dimension_and_no_formula(whole, tmp_path):
    text = written(whole, "csv", tmp_path / "a.csv").decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert rows[0]["activity"] == "Roots; =Looking"
    assert rows[2]["title"] == '\'=Fruit {and} 50% "more"'
    assert [row["design"] for row in rows] == ["Trial", "Trial", "Review", ""]
    assert [row["study_label"] for row in rows[:2]] == ["Lee 2019", "Lee 2019"]


def test_xlsx_keeps_text_as_text_and_numbers_as_numbers(whole, tmp_path):
    book = openpyxl.load_workbook(io.BytesIO(written(whole, "xlsx", tmp_path / "a.xlsx")))
    assert book.sheetnames == ["Reports", "Codings", "Codebook", "About"]
    head, *rows = book["Reports"].iter_rows()
    at = {cell.value: number for number, cell in enumerate(head)}
    title, year = rows[2][at["title"]], rows[2][at["year"]]
    assert (title.value, title.data_type) == ('=Fruit {and} 50% "more"', "s")
    assert (year.value, year.data_type) == (2020, "n")
    assert rows[3][at["year"]].value is None
    labels = [[cell.value for cell in row] for row in book["Codebook"].iter_rows()]
    assert [row[3] for row in labels] == [
        "label",
        "Growing",
        "Fruit",
        "Roots",
        "=Looking",
        "Mood",
        "Soil",
        "Review",
        "Trial",
    ]


def test_a_workbook_bears_any_text_and_is_the_same_each_time():
    frame = pd.DataFrame({"a": ["\x00\x1b[31m\ufffe", "x" * (LONGEST_CELL + 5), "-1+1", "@a", ""]})
    data = make_workbook({"One": frame})
    cells = [row[0] for row in openpyxl.load_workbook(io.BytesIO(data))["One"].iter_rows(min_row=2)]
    assert cells[0].value == "[31m"
    assert len(cells[1].value) == LONGEST_CELL
    assert {cell.data_type for cell in cells[2:4]} == {"s"}
    assert make_workbook({"One": frame}) == data
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        assert {part.date_time for part in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}


# --- data package ---


@pytest.mark.parametrize("filters", [[], ["design=trial"]])
def test_the_data_package_is_valid_to_frictionless(project, tmp_path, filters):
    export_map(choose(project, filters), "datapackage", tmp_path / "package")
    done = subprocess.run(
        [FRICTIONLESS, "validate", "datapackage.json"],
        cwd=tmp_path / "package", capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "INVALID" not in done.stdout


def test_frictionless_would_see_a_wrong_value(project, tmp_path):
    export_map(choose(project), "datapackage", tmp_path / "package")
    path = tmp_path / "package" / "studies.csv"
    path.write_text(path.read_text(encoding="utf-8-sig").replace(",2019,", ",soon,"), encoding="utf-8-sig")
    done = subprocess.run(
        [FRICTIONLESS, "validate", "datapackage.json"],
        cwd=tmp_path / "package", capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode != 0


def test_a_data_package_replaces_an_older_one_and_nothing_else(whole, tmp_path):
    export_map(whole, "datapackage", tmp_path / "package")
    export_map(whole, "datapackage", tmp_path / "package")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.txt").write_text("mine")
    with pytest.raises(OutputError, match="is in the way"):
        export_map(whole, "datapackage", tmp_path / "other")
    assert (tmp_path / "other" / "thesis.txt").read_text() == "mine"


# --- what is chosen ---


def test_an_export_of_a_filtered_set_holds_the_reports_of_its_studies_only(project, tmp_path):
    chosen = choose(project, ["activity=1", "design=trial"])
    assert chosen.study_ids.tolist() == ["S1"]
    records = rispy.loads(written(chosen, "ris", tmp_path / "a.ris").decode("utf-8"))
    assert [record["id"] for record in records] == ["R1", "R2"]


def test_a_filter_that_leaves_nothing_and_a_format_that_is_none_are_wrong_usage(project, whole, tmp_path):
    with pytest.raises(UsageError, match="No study passes"):
        choose(project, ["activity=no", "design=trial"])
    with pytest.raises(UsageError, match=r"There is no format 'rsi'\. Nearest valid: ris"):
        export_map(whole, "rsi", tmp_path / "a")


@pytest.mark.parametrize("name", [name for name in FORMATS if name not in ("datapackage", "eppi-json")])
def test_the_same_map_gives_the_same_bytes(whole, tmp_path, name):
    assert written(whole, name, tmp_path / "a") == written(whole, name, tmp_path / "b")
