"""What would be published and should not: found where it stands, masked, and nothing else cried out about."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml
from small_library import TODAY, reports, write

from mapanalysis.exchange.privacy import find_private, mask
from mapanalysis.exchange.projects import Words, add_file, add_table, library_of
from mapanalysis.project import Project

ROOT = Path(__file__).parents[2]
ABSTRACT = (
    "Thirty people dug a garden for twelve weeks while thirty others waited, and those who dug slept longer, "
    "walked further and said that they had more friends in the street where they lived."
)


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    return write(tmp_path_factory.mktemp("privacy") / "gardens")


@pytest.fixture
def project(made, tmp_path) -> Project:
    return Project(shutil.copytree(made, tmp_path / "gardens"))


def with_summary(project: Project, text: str, column: str = "summary") -> list[str]:
    """What is found when the first report says this."""
    table = reports()
    table.loc[1, column] = text
    add_table(project, "reports", table, Words("Reports", "by hand", TODAY))
    return [str(problem) for problem in find_private(project)]


def test_a_clean_project_has_nothing_to_say(project):
    assert find_private(project) == []


def test_the_peer_support_map_has_nothing_to_say():
    assert find_private(Project(ROOT)) == []


@pytest.mark.parametrize("column", ["summary", "title", "authors", "trial_name"])
def test_an_address_is_found_in_any_published_column_and_masked(project, column):
    (found,) = with_summary(project, "Ask ann.lee@example.org for it", column)
    assert found.startswith(f"reports.csv, row 3, column {column}: an e-mail address would be published.")
    assert "'a…@e….org'" in found
    assert "ann.lee" not in found


def test_reasons_of_decisions_on_duplicates_are_published_and_looked_at(project):
    text = "record_id_a,record_id_b,decision,reason\nX1,X2,same,says bo@example.org\n"
    add_file(project, "duplicate_decisions.csv", text.encode(), Words("Decisions", "by hand", TODAY))
    (found,) = find_private(project)
    assert (found.file, found.row, found.column) == ("duplicate_decisions.csv", 2, "reason")


def test_an_address_in_the_codebook_is_found_with_its_place(project):
    raw = yaml.safe_load((project.raw / "codebook.yaml").read_text())
    raw["dimensions"][1]["codes"][0]["definition"] = "Ask bo@example.org"
    add_file(project, "codebook.yaml", yaml.safe_dump(raw).encode(), Words("Codebook", "by hand", TODAY))
    (found,) = find_private(Project(project.root))
    assert (found.file, found.column) == ("codebook.yaml", "dimensions[effect].codes[mood].definition")


def test_the_contact_of_the_map_is_meant_to_be_read(project):
    about = yaml.safe_load((project.raw / "about.yaml").read_text()) | {"contact": "maps@example.org"}
    add_file(project, "about.yaml", yaml.safe_dump(about).encode(), Words("About", "by hand", TODAY))
    assert find_private(Project(project.root)) == []


def test_names_of_coders_are_found_but_not_among_authors_and_not_what_names_nobody(project):
    coded = library_of(project).codings
    both = coded.assign(coder="Zoe Smith")
    add_table(project, "codings", both, Words("Codings", "by hand", TODAY))
    assert with_summary(project, "Lee; Zoe Smith", "authors") == []
    (found,) = with_summary(project, "zoe smith could not tell")
    assert "the name of a coder or screener would be published. Found: 'z… s…'." in found
    add_table(project, "codings", coded.assign(coder="coder A"), Words("Codings", "by hand", TODAY))
    assert with_summary(project, "As coder A would say") == []


@pytest.mark.parametrize("text", ["Small trial. CHECK THIS with Bo.", "to-do: pages", "Internal note: weak"])
def test_comments_are_found(project, text):
    (found,) = with_summary(project, text)
    assert "a comment of the team would be published" in found


def test_a_long_quotation_is_found_and_a_short_one_is_not(project):
    assert with_summary(project, 'People say that it is "a very good place to be" in summer.') == []
    (found,) = with_summary(project, f"The report says “{ABSTRACT}”")
    assert "a long quotation would be published" in found
    assert "'Thirty people dug …'" in found


def test_words_of_an_abstract_are_found_without_quotation_marks(project):
    text = f"TY  - JOUR\nID  - R2\nTI  - One\nAB  - {ABSTRACT}\nER  - \n"
    add_file(project, "records/a.ris", text.encode(), Words("Records", "by hand", TODAY))
    assert with_summary(project, "People dug a garden and others waited.") == []
    (found,) = with_summary(project, ABSTRACT.lower().replace(",", ""))
    assert "a long quotation would be published" in found


def test_a_project_that_cannot_be_read_is_for_others_to_say(tmp_path):
    (tmp_path / "data" / "raw").mkdir(parents=True)
    (tmp_path / "params.yaml").write_text("edition: e\n")
    assert find_private(Project(tmp_path)) == []


@pytest.mark.parametrize(
    ("value", "masked"), [("a@b.org", "a…@b….org"), ("Jo", "J…"), ("Jane van Dam", "J… v… D…")]
)
def test_values_are_masked(value, masked):
    assert mask(value) == masked
