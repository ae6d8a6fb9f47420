"""Adding to a project: what is new comes in, what is settled stays, and every difference is listed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from small_library import CODEBOOK, TODAY, codings, library, reports, write

from mapanalysis.errors import DataError
from mapanalysis.evidence import build_evidence, find_problems
from mapanalysis.exchange.import_report import ImportReport, read_reports
from mapanalysis.exchange.merging import import_library
from mapanalysis.exchange.projects import Original, Words, add_table, library_of
from mapanalysis.exchange.references import read_references
from mapanalysis.project import Project
from mapanalysis.sources.library import Reading

UPDATE = Original("update.json", b"an update")
LINE = ("", "", "", "")


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    return write(tmp_path_factory.mktemp("merging") / "gardens")


@pytest.fixture
def project(made, tmp_path) -> Project:
    return Project(shutil.copytree(made, tmp_path / "gardens"))


def add(
    project: Project, rows: list[tuple], coded: list[tuple[str, str, str, str]], **options
) -> ImportReport:
    """What adding these reports and codings did."""
    changed = {"reports": reports(rows), "codings": codings(coded), **options.pop("changed", {})}
    whole = library(**changed, reading=reading_of(len(rows)))
    return import_library(project, whole, UPDATE, TODAY, **options)[0]


def reading_of(n: int) -> Reading:
    return Reading("update.json", "EPPI-Reviewer JSON", "references", n, n)


def told(items) -> dict[str, int]:
    return {one.what: one.count for one in items}


def snapshot(project: Project) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(project.root.rglob("*")) if path.is_file()}


def test_a_new_report_comes_in_with_its_codes(project):
    new = ("R9", "S9", "A wholly new study of weeds", "Fox, Cy", 2024, *LINE, "10.5555/new", "", "JOUR")
    report = add(
        project,
        [new],
        [("R9", "", "activity", "2"), ("R9", "", "effect", "soil"), ("R9", "", "design", "trial")],
    )
    assert told(report.done) == {"reports added": 1, "codings added": 3}
    evidence = build_evidence(project)
    assert evidence.studies["study_id"].tolist() == ["S1", "S2", "S3", "S9"]
    assert len(evidence.codings[evidence.codings["study_id"] == "S9"]) == 3
    assert (project.raw / "imported" / "update.json").read_bytes() == b"an update"


def test_an_id_that_the_project_uses_for_another_report_is_changed(project):
    new = ("R1", "S1", "A wholly new study of weeds", "Fox, Cy", 2024, *LINE, "10.5555/new", "", "JOUR")
    add(project, [new], [("R1", "", "activity", "2")])
    back = library_of(project)
    assert back.reports["publication_id"].tolist() == ["R1", "R2", "R3", "R4", "R1-2"]
    assert back.reports["study_id"].tolist()[-1] == "S1-2"
    assert back.codings["publication_id"].tolist()[-1] == "R1-2"


@pytest.mark.parametrize(
    "same",
    [
        ("X", "X", "ROOTS and mood!", "", None, *LINE, "https://doi.org/10.5555/A", "", ""),
        ("X", "X", "Another title", "", None, *LINE, "", "30000001", ""),
        ("X", "X", "Roots and mood: Later", "", 2021, *LINE, "", "", ""),
    ],
)
def test_a_report_is_known_by_doi_and_title_by_pubmed_number_or_by_title_and_year(project, same):
    report = add(project, [same], [])
    assert told(report.done)["reports that the project has already"] == 1
    assert len(library_of(project).reports) == 4


def test_a_doi_that_a_supplement_shares_does_not_make_two_reports_one(project):
    other = ("X", "X", "Another abstract of the same supplement", "", 2019, *LINE, "10.5555/a", "", "")
    assert told(add(project, [other], []).done)["reports added"] == 1


def test_empty_fields_are_filled_and_others_stay_and_are_listed(project):
    same = ("X", "X", "Roots and mood: later", "Roy, B", 2021, "Soil", "7", "", "", "10.5555/late", "", "")
    report = add(project, [same], [])
    row = library_of(project).reports.set_index("publication_id").loc["R2"]
    assert (row["volume"], row["doi"], row["authors"], row["pages"]) == (
        "7",
        "10.5555/late",
        "Lee, Ann",
        "e12",
    )
    assert told(report.done) == {
        "empty volume filled": 1,
        "empty doi filled": 1,
        "reports that the project has already": 1,
    }
    (conflict,) = report.conflicts
    assert conflict.what == "reports with another authors"
    assert conflict.examples == ("R2: Lee, Ann here, Roy, B in the file",)
    listed = [row for row in read_reports(project.root / "data") if row["kind"] == "conflict"]
    assert [row["examples"] for row in listed] == ["R2: Lee, Ann here, Roy, B in the file"]


def test_codes_of_a_report_that_has_some_stay_and_of_one_that_has_none_come_in(project):
    table = reports()[reports()["publication_id"].isin(["R3", "R4"])].reset_index(drop=True)
    coded = [("R3", "", "activity", "2"), ("R3", "", "effect", "mood"), ("R4", "", "activity", "3")]
    whole = library(reports=table, codings=codings(coded), reading=reading_of(2))
    # R4 has neither identifier nor year: it cannot be told to be the same, and is added.
    report, _ = import_library(project, whole, UPDATE, TODAY)
    (conflict,) = report.conflicts
    assert conflict.what == "reports coded otherwise in activity"
    assert conflict.examples == ("R3: no here, 2 in the file",)
    of_r3 = library_of(project).codings.query("publication_id == 'R3' and dimension == 'activity'")
    assert of_r3["code"].tolist() == ["no"]


def test_adding_the_same_twice_changes_nothing_more(project):
    new = ("R9", "S9", "A wholly new study of weeds", "Fox, Cy", 2024, *LINE, "10.5555/new", "", "JOUR")
    coded = [("R9", "", "activity", "2")]
    add(project, [new], coded)
    before = library_of(project)
    report = add(project, [new], coded)
    assert told(report.done) == {"reports that the project has already": 1}
    assert library_of(project).reports.equals(before.reports)
    assert library_of(project).codings.equals(before.codings)


def test_codes_are_known_by_their_labels_too(project):
    other = {
        **CODEBOOK,
        "dimensions": [
            {
                "id": "s77",
                "label": "what people  DID",
                "role": "row",
                "codes": [{"id": "a1", "label": "roots"}, {"id": "3", "label": "Something else"}],
            },
        ],
    }
    new = ("R9", "S9", "A wholly new study of weeds", "Fox, Cy", 2024, *LINE, "10.5555/new", "", "JOUR")
    add(project, [new], [("R9", "", "s77", "a1")], changed={"codebook": other})
    coded = library_of(project).codings.query("publication_id == 'R9'")
    assert coded[["dimension", "code"]].to_numpy().tolist() == [["activity", "2"]]


def test_a_code_that_the_codebook_lacks_stops_the_import_and_says_what_to_add(project):
    other = {
        **CODEBOOK,
        "dimensions": [
            {
                "id": "activity",
                "label": "What people did",
                "role": "row",
                "codes": [{"id": "3", "label": "Something else"}],
            },
            {"id": "place", "label": "Place", "role": "filter", "codes": [{"id": "roof", "label": "Roof"}]},
        ],
    }
    new = ("R9", "S9", "A wholly new study of weeds", "Fox, Cy", 2024, *LINE, "10.5555/new", "", "JOUR")
    before = snapshot(project)
    with pytest.raises(DataError) as caught:
        add(
            project,
            [new],
            [("R9", "", "activity", "3"), ("R9", "", "place", "roof")],
            changed={"codebook": other},
        )
    first, second = map(str, caught.value.problems)
    assert "the codebook has no code 'Something else' in activity" in first
    assert "Add `- {id: '3', label: Something else}` to codebook.yaml under activity" in first
    assert "the codebook has no dimension 'Place'" in second
    assert snapshot(project) == before


def test_codes_that_the_codebook_lacks_can_be_left_out_and_are_counted(project):
    other = {
        **CODEBOOK,
        "dimensions": [
            {"id": "place", "label": "Place", "role": "filter", "codes": [{"id": "roof", "label": "Roof"}]}
        ],
    }
    new = ("R9", "S9", "A wholly new study of weeds", "Fox, Cy", 2024, *LINE, "10.5555/new", "", "JOUR")
    report = add(
        project, [new], [("R9", "", "place", "roof")], changed={"codebook": other}, leave_unknown=True
    )
    assert [(one.why, one.count) for one in report.reading.left_out] == [
        ("the codebook has no Place: Roof", 1)
    ]
    assert find_problems(project) == []


def test_an_import_that_would_bring_problems_leaves_the_project_as_it_was(tmp_path):
    whole = Project(
        write(tmp_path / "m", reports=reports().iloc[:3])
    )  # every report coded: codes are required
    new = ("R9", "S9", "A wholly new study of weeds", "Fox, Cy", 2024, *LINE, "10.5555/new", "", "JOUR")
    before = snapshot(whole)
    with pytest.raises(DataError, match="reports that nobody coded"):
        add(whole, [new], [])
    assert snapshot(whole) == before


def test_a_project_with_problems_is_mended_first(project):
    (project.raw / "codings.csv").write_text("publication_id,coder,dimension,code\n")
    with pytest.raises(DataError, match="The project has problems of its own"):
        add(project, [], [])


def test_codings_of_an_only_coder_still_count_beside_settled_ones(project):
    table = library_of(project).codings.assign(coder="A")
    add_table(project, "codings", table, Words("Codings", "by hand", TODAY))
    new = ("R9", "S9", "A wholly new study of weeds", "Fox, Cy", 2024, *LINE, "10.5555/new", "", "JOUR")
    add(project, [new], [("R9", "", "activity", "2")])
    back = library_of(project).codings
    assert len(back) == len(codings()) + 1
    assert "R1,f1,A,activity,2" in (project.raw / "codings.csv").read_text(encoding="utf-8-sig")


def test_references_come_among_the_records_and_the_report_of_imports_grows(project):
    text = "TY  - JOUR\nTI  - A study of gardens and of what grows there\nPY  - 2020\nER  - \n"
    found = read_references(text.encode(), "search.ris")
    report, _ = import_library(project, found, Original("search.ris", text.encode()), TODAY)
    assert told(report.done) == {"records added to data/raw/records": 1}
    assert build_evidence(project).records["source"].tolist() == ["search"]
    with pytest.raises(DataError, match="has a file of this name already"):
        import_library(project, found, Original("search.ris", text.encode()), TODAY)
    lines = (project.root / "data" / "import_report.csv").read_text(encoding="utf-8-sig").splitlines()
    assert [line.split(",")[1] for line in lines if ",read," in line] == ["gardens.json", "search.ris"]
