"""EPPI-Reviewer JSON → project → EPPI-Reviewer JSON keeps every study, code, hierarchy and definition."""

from __future__ import annotations

import json

import pytest
from small_eppi import FILE, GIVEN, codebook_of, page, read, reference, review
from small_library import TODAY
from test_eppi_writing import REVIEWS

from mapanalysis.codebook import Codebook
from mapanalysis.evidence import build_evidence
from mapanalysis.exchange.axes import SEGMENT, choose_axes
from mapanalysis.exchange.exports import choose, export_map
from mapanalysis.exchange.projects import Original, write_project
from mapanalysis.exchange.quick import write_quick_map
from mapanalysis.project import Project
from mapanalysis.sources.eppi_json import parse_eppi_json
from mapanalysis.sources.eppi_mapper import parse_eppi_mapper
from mapanalysis.sources.eppi_writing import CITATION_KEYS
from mapanalysis.sources.library import Library


def through_a_project(library: Library, folder) -> bytes:
    """The JSON that the project of the library exports."""
    write_project(library, folder / "m", Original(FILE, b"{}"), choose_axes(library), TODAY)
    export_map(choose(Project(folder / "m")), "eppi-json", folder / "out.json")
    return (folder / "out.json").read_bytes()


def described(codebook: Codebook) -> dict[str, list[tuple[str, int, str]]]:
    """Label of each dimension with the label, level and definition of its codes; without what imports add."""
    return {
        one.label: [(row.label, row.level, row.definition) for row in one.tree.itertuples(index=False)]
        for one in codebook.dimensions
        if one.id != SEGMENT and one.label != "Type of evidence"
    }


def coded(library: Library) -> set[tuple[str, str, str]]:
    """Title, label of the dimension and of the code, of each coding."""
    book = codebook_of(library)
    title = dict(zip(library.reports["publication_id"], library.reports["title"], strict=True))
    return {
        (
            title[row.publication_id],
            book.dimension(row.dimension).label,
            book.dimension(row.dimension).label_of(row.code),
        )
        for row in library.codings.itertuples(index=False)
        if book.dimension(row.dimension).label != "Type of evidence"
    }


@pytest.mark.parametrize("name", [name for name in REVIEWS if name != "a codeset alone"])
def test_a_review_comes_back_as_it_was(name, tmp_path):
    before = REVIEWS[name]
    after = parse_eppi_json(through_a_project(before, tmp_path), FILE)
    assert described(codebook_of(after)) == described(codebook_of(before))
    assert coded(after) == coded(before)
    for column in ("title", "year", "journal", "volume", "issue", "pages", "doi", "authors"):
        assert (
            after.reports[column].astype("str").tolist() == before.reports[column].astype("str").tolist()
        ), column


def test_findings_come_back_as_findings(tmp_path):
    after = parse_eppi_json(through_a_project(REVIEWS["findings"], tmp_path), FILE)
    assert after.codings["finding_id"].nunique() == REVIEWS["findings"].codings["finding_id"].nunique() > 1


def test_a_written_file_has_all_keys_of_a_citation_and_the_type(tmp_path):
    raw = json.loads(through_a_project(REVIEWS["codesets"], tmp_path))
    assert all(set(CITATION_KEYS) <= reference.keys() for reference in raw["References"])
    assert raw["References"][0]["TypeName"] == "Journal, Article"


def test_nothing_of_the_team_leaves_the_project(tmp_path):
    private = {"Comments": "weak, says Zoe", "CreatedBy": "Zoe Smith", "EditedBy": "Zoe Smith"}
    data = review(reference(7, 32, 41, 51, **private))
    library = parse_eppi_json(data, FILE)
    write_project(library, tmp_path / "m", Original(FILE, data), choose_axes(library), TODAY)
    project = Project(tmp_path / "m")
    assert b"Zoe" in (project.raw / "imported" / FILE).read_bytes()
    build_evidence(project)
    chosen = choose(project)
    for name in ("ris", "bibtex", "csv", "eppi-json"):
        export_map(chosen, name, tmp_path / name)
        assert b"Zoe" not in (tmp_path / name).read_bytes()
    export_map(chosen, "datapackage", tmp_path / "package")
    own = [path for path in (tmp_path / "m").rglob("*") if path.is_file() and path.parent.name != "imported"]
    shown = [*own, *(tmp_path / "package").iterdir()]
    assert [path for path in shown if b"Zoe" in path.read_bytes()] == []


def test_a_page_of_eppi_mapper_becomes_a_map_with_its_axes(tmp_path):
    library = parse_eppi_mapper(page(), "map.html")
    axes = choose_axes(library)
    assert {"row": axes.row, "column": axes.column, "segment": axes.segment} == dict(library.view)
    write_quick_map(library, Original("map.html", page()), axes, TODAY, tmp_path / "better.html")
    text = (tmp_path / "better.html").read_text(encoding="utf-8")
    assert "Allotment" in text
    assert "alert('x')" not in text


def test_a_codeset_alone_becomes_the_codebook_of_an_empty_map(tmp_path):
    library = read(codesets=(GIVEN,))
    write_project(library, tmp_path / "m", Original(FILE, b"{}"), choose_axes(library), TODAY)
    evidence = build_evidence(Project(tmp_path / "m"))
    assert len(evidence.studies) == 0
    assert "Allotment" in set(evidence.codebook.glossary["label"])
