"""House rules of the data: every column explained, every raw file as its sidecar says, the codebook in use."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from mapanalysis.project import SIDECAR, Project
from mapanalysis.sources.raw_tables import read_raw_table
from mapanalysis.store import describe_table
from mapanalysis.tables import BUILT, RAW

ROOT = Path(__file__).resolve().parents[2]
SCHEMAS = {
    f"{kind} {name}": schema
    for kind, schemas in (("raw", RAW), ("built", BUILT))
    for name, schema in schemas.items()
}
PROJECTS = {"peer support": Project(ROOT), "small": Project(ROOT / "tests" / "data" / "small")}


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
def test_every_column_of_every_table_is_explained(schema):
    assert schema.title
    assert schema.unique, "a table has a key"
    for field in describe_table(schema.name, schema)["schema"]["fields"]:
        assert field["description"][:1].isupper(), field["name"]
        assert len(field["description"]) > 3, field["name"]


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
def test_columns_are_called_by_the_rules(schema):
    for name, column in schema.columns.items():
        is_flag = str(column.dtype) == "bool"
        assert is_flag == name.startswith("is_"), name
        if name.startswith("n_"):
            assert str(column.dtype) == "Int64", name
        if name.startswith("pct_"):
            assert column.metadata["unit"] == "%", name


@pytest.mark.parametrize("project", PROJECTS.values(), ids=PROJECTS)
def test_raw_files_are_those_their_sidecars_describe(project):
    assert len(project.checksums()) == len(project.raw_files()) > 8


@pytest.mark.parametrize("project", PROJECTS.values(), ids=PROJECTS)
def test_every_sidecar_belongs_to_a_file_and_is_filled_in(project):
    sidecars = list(project.raw.rglob(f"*{SIDECAR}"))
    assert {path.with_name(path.name.removesuffix(SIDECAR)) for path in sidecars} == set(project.raw_files())
    for path in project.raw_files():
        source = project.read_source(path)
        assert "not yet said" not in source.made + source.licence, path.name
        assert source.date <= datetime.date(2027, 1, 1), path.name


def test_the_codebook_explains_the_codes_that_need_it():
    codebook = PROJECTS["peer support"].codebook
    assert codebook.question
    assert {dimension.role for dimension in codebook.dimensions} == {"row", "column", "segment", "filter"}
    for dimension in codebook.with_role("row") + codebook.with_role("column"):
        leaves = dimension.tree[dimension.tree["is_leaf"] & (dimension.tree["code"] != "not_reported")]
        assert (leaves["definition"] != "").all(), dimension.id


def test_every_reason_for_exclusion_in_the_data_is_one_of_the_codebook():
    project = PROJECTS["peer support"]
    reasons = {reason.id for reason in project.codebook.exclusion_reasons}
    for name in ("screening_records", "screening_reports"):
        data = project.read_bytes(project.raw / f"{name}.csv")
        table, _ = read_raw_table(data, RAW[name], f"{name}.csv")
        assert set(table["reason"]) - {""} <= reasons


def test_what_a_reader_must_know_is_said():
    about = PROJECTS["peer support"].about
    assert any("not a systematic search" in text for text in about.trust)
    assert any("No person has checked" in text for text in about.trust)
    assert "not a systematic search" in about.trust_in_short
    assert "not checked by a person" in about.footer.lower()
    assert "no person checked" in (ROOT / "README.md").read_text(encoding="utf-8").lower().replace(
        "**", ""
    ).replace("has checked", "checked")
