"""From a library to a project: whole or not at all, checkable, honest about what the file does not say."""

from __future__ import annotations

import datetime
import json
import os
import re
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import yaml
from small_library import AXES, CODEBOOK, ORIGINAL, TODAY, codings, library, reports, write

from mapanalysis.codebook import parse_codebook
from mapanalysis.errors import DataError, UsageError
from mapanalysis.evidence import build_evidence, find_problems
from mapanalysis.exchange.axes import Axes
from mapanalysis.exchange.import_report import read_reports
from mapanalysis.exchange.projects import Original, library_of, write_empty_project, write_project
from mapanalysis.project import Project
from mapanalysis.running.parameters import find_notebooks, read_settings
from mapanalysis.store import read_csv

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Project:
    return Project(write(tmp_path_factory.mktemp("exchange") / "gardens"))


def test_a_project_has_no_problem_and_every_file_its_sidecar(made):
    assert find_problems(made) == []
    assert made.checksums().keys() == {
        "about.yaml", "codebook.yaml", "codings.csv", "reports.csv", "imported/gardens.json",
    }  # fmt: skip


def test_what_a_library_holds_comes_back_from_the_project(made):
    back = library_of(made)
    pd.testing.assert_frame_equal(back.reports, reports())
    pd.testing.assert_frame_equal(back.codings, codings())
    expected = parse_codebook(yaml.safe_dump(CODEBOOK).encode())
    found = made.codebook
    assert [one.tree.to_dict() for one in found.dimensions] == [
        one.tree.to_dict() for one in expected.dimensions
    ]
    assert [one.label for one in found.dimensions] == [one.label for one in expected.dimensions]


def test_only_the_studies_asked_for_come_back(made):
    back = library_of(made, {"S2"})
    assert back.reports["publication_id"].tolist() == ["R3"]
    assert set(back.codings["publication_id"]) == {"R3"}


def test_a_study_without_codes_is_kept_and_listed_as_not_placed(made):
    evidence = build_evidence(made)
    assert evidence.studies["study_id"].tolist() == ["S1", "S2", "S3"]
    assert [one.is_required for one in evidence.codebook.dimensions] == [False, False, False]
    assert "S3" not in set(evidence.codings["study_id"])
    report = read_csv(made.root / "data" / "import_report.csv")
    told = report.loc[report["kind"] == "done", ["what", "why", "count"]].to_numpy().tolist()
    assert ["reports", "no code of What people did: they are counted as not placed, and listed", "1"] in told


def test_a_dimension_that_every_report_has_stays_required(tmp_path):
    whole = library(reports=reports().iloc[:3])
    write_project(whole, tmp_path / "m", ORIGINAL, AXES, TODAY)
    assert all(one.is_required for one in Project(tmp_path / "m").codebook.dimensions)


def test_what_the_file_does_not_say_stands_as_not_known(made):
    assert made.about.licence == "not known: the file does not say"
    assert made.about.responsible == "Who made it is not known"
    assert "How its studies were searched for, chosen and coded is not known here" in made.about.trust[0]


def test_what_the_file_says_of_itself_is_kept_and_unknown_keys_are_not(tmp_path):
    about = {"responsible": "The team", "licence": "CC BY 4.0", "colour": "green", "contact": ""}
    project = Project(write(tmp_path / "m", about=about))
    assert project.about.responsible == "The team"
    assert project.read_source(project.raw / "reports.csv").licence == "CC BY 4.0"


def test_settings_name_the_axes_and_leave_empty_what_the_map_lacks(made):
    notebooks = find_notebooks(made)
    settings = yaml.safe_load((made.root / "params.yaml").read_text())
    assert settings["row_dimension"] == "activity"
    assert settings["review_code"] == "review"
    assert settings["country_dimension"] == settings["economic_code"] == settings["home_country"] == ""
    assert settings["gap_pairs"] == []
    assert (settings["edition"], settings["edition_date"], settings["reference_year"]) == (
        "2026-11",
        "2026-11-23",
        2026,
    )
    given = read_settings(made, notebooks, [])  # raises for what no notebook declares
    for notebook in notebooks:
        defaults = {name: one.default for name, one in notebook.declared.items() if name in settings}
        assert defaults == {name: given.values[notebook.name][name] for name in defaults}, notebook.name


def test_the_original_is_kept_untouched_unless_it_should_not_be(tmp_path, made):
    assert (made.raw / "imported" / "gardens.json").read_bytes() == ORIGINAL.data
    write_project(library(), tmp_path / "m", replace(ORIGINAL, is_kept=False), AXES, TODAY)
    assert not (tmp_path / "m" / "data" / "raw" / "imported").exists()
    made_from = Project(tmp_path / "m").read_source(tmp_path / "m" / "data" / "raw" / "reports.csv").made
    assert re.search(r"gardens\.json \(EPPI-Reviewer JSON; SHA-256 [0-9a-f]{64}\)", made_from)


@pytest.mark.parametrize("name", ["../../evil.json", "a/b\\..\\c.json", "..", ".hidden"])
def test_names_of_files_lead_nowhere(tmp_path, name):
    write_project(library(), tmp_path / "m", Original(name, b"x"), AXES, TODAY)
    (kept,) = [
        path for path in (tmp_path / "m" / "data" / "raw" / "imported").iterdir() if path.suffix != ".yaml"
    ]
    assert kept.read_bytes() == b"x"
    assert not kept.name.startswith(".")
    assert [path.name for path in tmp_path.iterdir()] == ["m"]


def test_a_folder_that_holds_something_is_refused_and_an_empty_one_is_not(tmp_path):
    (tmp_path / "m").mkdir()
    write(tmp_path / "m")
    with pytest.raises(UsageError, match="is not an empty folder"):
        write(tmp_path / "m")


def test_the_folder_that_one_is_in_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="is the folder you are in"):
        write(tmp_path)


def test_a_library_with_problems_leaves_nothing_behind(tmp_path):
    twice = pd.concat([reports(), reports().iloc[:1]], ignore_index=True)
    with pytest.raises(DataError, match="the same publication_id stands on more than one row"):
        write(tmp_path / "m", reports=twice)
    assert list(tmp_path.iterdir()) == []


def test_the_same_library_gives_the_same_bytes(tmp_path):
    first, second = write(tmp_path / "a"), write(tmp_path / "b")
    files = sorted(path.relative_to(first) for path in first.rglob("*") if path.is_file())
    assert files == sorted(path.relative_to(second) for path in second.rglob("*") if path.is_file())
    assert [file for file in files if (first / file).read_bytes() != (second / file).read_bytes()] == []


def test_text_that_is_a_formula_to_a_spreadsheet_is_inert_in_the_file_and_itself_when_read(made):
    assert "'=Fruit" in (made.raw / "reports.csv").read_text(encoding="utf-8-sig")
    assert library_of(made).reports["title"].tolist()[2].startswith("=Fruit")


def test_without_a_type_of_evidence_all_are_of_the_type_not_stated(tmp_path):
    two = {**CODEBOOK, "dimensions": CODEBOOK["dimensions"][:2]}
    coded = codings()[codings()["dimension"] != "design"]
    report, _ = write_project(
        library(codebook=two, codings=coded),
        tmp_path / "m",
        ORIGINAL,
        Axes("activity", "effect", need="activity"),
        TODAY,
    )
    evidence = build_evidence(Project(tmp_path / "m"))
    of_type = evidence.codings[evidence.codings["dimension"] == "type_of_evidence"]
    assert set(of_type["study_id"]) == {"S1", "S2", "S3"}
    assert set(of_type["code"]) == {"not_stated"}
    assert any("Type not stated" in guess for guess in report.guesses)


def test_the_report_says_what_was_read_used_set_aside_repaired_left_out_and_guessed(made):
    report = read_csv(made.root / "data" / "import_report.csv")
    facts = report[["kind", "what", "why", "count"]].to_numpy().tolist()
    for fact in (
        ["read", "references", "", "5"],
        ["used", "references", "", "4"],
        ["set aside", "references", "deleted in EPPI-Reviewer", "1"],
        ["left out", "comments", "no map shows them", "3"],
        ["repair", "DOIs without their address", "", "2"],
        ["guess", "The first codeset makes the rows.", "", ""],
    ):
        assert fact in facts
    (tree,) = json.loads((made.root / "data" / "import_report.json").read_text())
    assert (tree["file"], tree["date"]) == ("gardens.json", "2026-11-23")
    assert tree["facts"][0] == {"kind": "read", "what": "references", "why": "", "examples": "", "count": 5}


def test_a_reader_that_loses_rows_is_at_fault(tmp_path):
    lossy = replace(library().reading, n_read=6)
    with pytest.raises(AssertionError, match="6 read, 4 used, 1 set aside"):
        write(tmp_path / "m", reading=lossy)
    assert list(tmp_path.iterdir()) == []


def test_an_empty_project_is_there_to_be_filled(tmp_path):
    write_empty_project(tmp_path / "m", datetime.date(2026, 11, 23))
    project = Project.find(tmp_path / "m")
    assert find_problems(project) == []
    assert project.codebook.with_role("row")[0].id == "activity"
    read_settings(project, find_notebooks(project), [])
    assert read_reports(project.root / "data") == []


def test_an_installed_package_makes_projects_too(tmp_path):
    """The notebooks stand beside the package in the repository, and within it where it is installed."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path]
    subprocess.run(build, cwd=ROOT, capture_output=True, check=True, timeout=120)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(tmp_path / "installed")
    code = "import sys; from mapanalysis.cli import main; sys.argv[1:] = ['init', 'm']; main()"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "installed")},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    project = Project(tmp_path / "m")
    assert [one.name for one in find_notebooks(project)] == [
        path.stem for path in sorted((ROOT / "notebooks").glob("[0-9]*.py"))
    ]
