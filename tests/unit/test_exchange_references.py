"""Lists of references, with and without decisions on them, as libraries."""

from __future__ import annotations

import pytest
from small_library import TODAY, codings, library

from mapanalysis.errors import DataError
from mapanalysis.evidence import build_evidence, find_problems
from mapanalysis.exchange.axes import choose_axes
from mapanalysis.exchange.projects import Original, write_project
from mapanalysis.exchange.references import read_references, to_screen, with_bibliography
from mapanalysis.exchange.screened import read_rayyan
from mapanalysis.project import Project
from mapanalysis.sources.kinds import kind_of
from mapanalysis.sources.rayyan import parse_decisions


def ris(number: int, *lines: str, kind: str = "JOUR", title: str = "") -> str:
    title = title or f"A study of gardens, number {number} of many {'abcdefgh'[number] * 3}"
    return "\n".join(
        [
            f"TY  - {kind}",
            f"ID  - X{number}",
            f"TI  - {title}",
            f"AU  - Name{number}, A",
            *lines,
            "ER  - ",
            "",
            "",
        ]
    )


FILE = (
    ris(1, "PY  - 2011", "KW  - Country: Ghana", "KW  - soil", "KW  - rare")
    + ris(2, "PY  - 2019", "KW  - country: Peru", "KW  - Soil", "KW  - Note: seen")
    + ris(3, "PY  - 2020", "KW  - Country: Ghana", "KW  - Country: Peru", "KW  - Note: seen", kind="RPRT")
    + ris(4, "PY  - in press", kind="")
)
RAYYAN = """key,title,year,month,day,journal,issn,volume,issue,pages,authors,url,language,publisher,location,abstract,notes,pmc_id,pubmed_id
r-1,Roots and the mood of people,2019,,,Soil,,,,,Ann Lee and Bo Roy,,,,,Abstract one,"RAYYAN-INCLUSION: {""Zoe Smith""=>""Included"", ""Ann Lee""=>""Included""} | RAYYAN-LABELS: gardens",,
r-2,Weeds that nobody wanted,2018,,,Soil,,,,,Bo Roy,,,,,Abstract two,"RAYYAN-INCLUSION: {""Zoe Smith""=>""Excluded""} | RAYYAN-EXCLUSION-REASONS: wrong outcome,Wrong population | USER-NOTES: {""Zoe Smith""=>[""secret""]}",,
r-3,Trees in the morning light,2017,,,Wood,,,,,Cy Fox,,,,,Abstract three,"RAYYAN-INCLUSION: {""Zoe Smith""=>""Excluded""} | RAYYAN-LABELS: __EXR__wrong outcome",,
r-4,Bees that came back home,2016,,,Wood,,,,,Di Elk,,,,,Abstract four,"RAYYAN-INCLUSION: {""Zoe Smith""=>""Excluded""}",,
"""


# --- references ---


def test_every_record_is_a_report_with_its_type_and_period():
    library = read_references(FILE.encode(), "refs.ris")
    assert library.reports["publication_id"].tolist() == ["P0001", "P0002", "P0003", "P0004"]
    assert library.reports["year"].astype("object").fillna(0).tolist() == [2011, 2019, 2020, 0]
    kinds = {one["id"]: [code["id"] for code in one["codes"]] for one in library.codebook["dimensions"]}
    assert kinds == {
        "document_type": ["report", "article", "other"],
        "period": ["2010-2014", "2015-2019", "2020-2024", "not_reported"],
    }
    of_last = library.codings[library.codings["publication_id"] == "P0004"]
    assert dict(zip(of_last["dimension"], of_last["code"], strict=True)) == {
        "document_type": "other",
        "period": "not_reported",
    }


def test_tags_become_codes_only_when_asked_for_and_only_those_of_several_records():
    assert len(read_references(FILE.encode(), "refs.ris").codebook["dimensions"]) == 2
    library = read_references(FILE.encode(), "refs.ris", tags=True)
    found = {one["id"]: [code["label"] for code in one["codes"]] for one in library.codebook["dimensions"]}
    assert found["country"] == ["Ghana", "Peru"]
    assert found["keyword"] == ["Note: seen", "soil"]
    coded = library.codings[library.codings["dimension"] == "country"]
    assert coded[["publication_id", "code"]].to_numpy().tolist() == [
        ["P0001", "ghana"], ["P0002", "peru"], ["P0003", "ghana"], ["P0003", "peru"],
    ]  # fmt: skip
    (rare,) = [one for one in library.reading.left_out if one.what == "keywords"]
    assert (rare.count, rare.examples) == (1, ("rare",))


def test_tags_that_no_two_records_share_are_no_codes():
    with pytest.raises(DataError, match="no keyword that two records share"):
        read_references(ris(1, "KW  - alone").encode(), "refs.ris", tags=True)


def test_a_record_given_twice_is_one_report_and_counted():
    twice = ris(1, "PY  - 2011", "DO  - 10.5555/a") + ris(1, "PY  - 2011", "DO  - 10.5555/a").replace(
        "X1", "X9"
    )
    reading = read_references(twice.encode(), "refs.ris").reading
    assert (reading.n_read, reading.n_used) == (2, 1)
    assert [(one.why, one.count) for one in reading.set_aside] == [
        ("the same publication as an earlier record of the file", 1)
    ]


def test_a_record_without_a_title_is_set_aside():
    text = ris(1) + "TY  - JOUR\nID  - X5\nPY  - 2011\nER  - \n"
    reading = read_references(text.encode(), "refs.ris").reading
    assert (reading.n_read, reading.n_used) == (2, 1)
    assert [(one.why, one.count) for one in reading.set_aside] == [("no title", 1)]


@pytest.mark.parametrize("tags", [False, True])
def test_a_project_of_references_has_no_problem_and_the_file_among_its_records(tmp_path, tags):
    library = read_references(FILE.encode(), "refs.ris", tags=tags)
    write_project(library, tmp_path / "m", Original("refs.ris", FILE.encode()), choose_axes(library), TODAY)
    evidence = build_evidence(Project(tmp_path / "m"))
    assert evidence.records["record_id"].tolist() == ["X1", "X2", "X3", "X4"]
    assert evidence.records["publication_id"].tolist() == evidence.reports["publication_id"].tolist()


def test_references_that_wait_to_be_screened_are_not_included(tmp_path):
    library = to_screen(read_references(FILE.encode(), "refs.ris"))
    write_project(library, tmp_path / "m", Original("refs.ris", FILE.encode()), choose_axes(library), TODAY)
    evidence = build_evidence(Project(tmp_path / "m"))
    assert (len(evidence.records), len(evidence.reports)) == (4, 0)


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("JOUR", "article"), ("Journal, Article", "article"), ("journalArticle", "article"), ("Journal Article; Review", "article"),
        ("Book, Chapter", "chapter"), ("Book, Whole", "book"), ("incollection", "chapter"), ("CONF", "conference"),
        ("Conference Proceedings", "conference"), ("RPRT", "report"), ("techreport", "report"), ("phdthesis", "thesis"),
        ("Dissertation", "thesis"), ("MGZN", "magazine"), ("Web Site", "web"), ("", "other"), ("Video", "other"),
    ],
)  # fmt: skip
def test_words_for_types_of_document_of_all_programs_are_understood(word, kind):
    assert kind_of(word).id == kind


# --- Rayyan ---


def test_decisions_reasons_and_labels_are_read_and_names_are_not():
    decided = parse_decisions(RAYYAN, "r.csv")
    assert decided[0].decisions == (("screener 1", "include"), ("screener 2", "include"))
    assert decided[0].labels == ("gardens",)
    assert decided[1].reasons == ("wrong outcome", "Wrong population")
    assert decided[1].has_notes
    assert decided[2].reasons == ("wrong outcome",)
    assert decided[2].labels == ()


def test_a_rayyan_file_becomes_a_project_whose_flow_closes(tmp_path):
    library = read_rayyan(RAYYAN.encode(), "r.csv")
    write_project(library, tmp_path / "m", Original("r.csv", RAYYAN.encode()), choose_axes(library), TODAY)
    project = Project(tmp_path / "m")
    assert find_problems(project) == []
    evidence = build_evidence(project)
    flow = dict(zip(evidence.flow["box"], evidence.flow["n"], strict=True))
    assert flow["identified"] == 4
    assert flow["excluded_records"] == 3
    assert flow["included_reports"] == 1
    assert [reason.label for reason in evidence.codebook.exclusion_reasons] == [
        "wrong outcome",
        "Wrong population",
        "No reason given",
    ]
    screening = (project.raw / "screening_records.csv").read_text(encoding="utf-8-sig")
    assert "Zoe" not in screening
    assert "r-2,screener 2,exclude,wrong_outcome" in screening


def test_what_screeners_have_not_settled_is_listed_and_not_guessed(tmp_path):
    text = RAYYAN.replace(
        '{""Zoe Smith""=>""Included"", ""Ann Lee""=>""Included""}',
        '{""Zoe Smith""=>""Included"", ""Ann Lee""=>""Excluded""}',
    )
    library = read_rayyan(text.encode(), "r.csv")
    assert len(library.reports) == 0
    _, problems = write_project(
        library, tmp_path / "m", Original("r.csv", text.encode()), choose_axes(library), TODAY
    )
    assert any(
        "screeners disagree on a record and nothing is settled" in str(problem) for problem in problems
    )


def test_reports_without_any_code_are_described_by_their_bibliography():
    bare = library(codings=codings([]), codebook={"title": "G", "question": "?", "dimensions": []})
    described = with_bibliography(bare)
    assert [one["id"] for one in described.codebook["dimensions"]] == ["document_type", "period"]
    coded = described.codings[described.codings["publication_id"] == "R3"]
    assert coded["code"].tolist() == ["report", "2020-2024"]
    assert with_bibliography(library()).codings.equals(codings())
