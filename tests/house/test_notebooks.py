"""House rules of the notebooks: thin, one cell of parameters, in step with params.yaml and with their .ipynb."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import jupytext
import nbformat
import pytest
import yaml

from mapanalysis.errors import Problems
from mapanalysis.project import Project
from mapanalysis.running.parameters import PLACES, Parameter, parse_parameters, tagged_cells

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.py"))
SETTINGS = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
CHECKED = "nbval-check-output"
MOST_LINES = 10


def name_of(path: Path) -> str:
    return path.stem


def cells_of(path: Path) -> list[nbformat.NotebookNode]:
    return [cell for cell in jupytext.read(path).cells if cell.cell_type == "code"]


def tags_of(cell: nbformat.NotebookNode) -> list[str]:
    return cell.metadata.get("tags", [])


def parameters_of(path: Path) -> dict[str, Parameter]:
    problems = Problems()
    (cell,) = tagged_cells(path.read_text(encoding="utf-8"))
    parameters = parse_parameters(cell, path.name, problems)
    assert not problems.found
    return parameters


def test_the_notebooks_are_those_of_the_pipeline():
    assert [path.stem for path in SOURCES] == [
        "01_clean",
        "02_volume",
        "03_diversity",
        "04_nature",
        "05_gaps",
        "06_quality",
        "07_places",
        "08_certainty",
        "09_report",
    ]


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_a_notebook_defines_nothing(path):
    for cell in cells_of(path):
        defined = [
            type(node).__name__
            for node in ast.walk(ast.parse(cell.source))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda)
        ]
        assert not defined, cell.source


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_a_cell_has_at_most_ten_lines(path):
    for cell in cells_of(path):
        lines = [line for line in cell.source.splitlines() if line.strip()]
        assert len(lines) <= MOST_LINES or "parameters" in tags_of(cell), cell.source


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_lines_are_short_enough_to_read(path):
    assert max(map(len, path.read_text(encoding="utf-8").splitlines())) <= 128


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_a_notebook_counts_nothing_itself(path):
    code = "\n".join(cell.source for cell in cells_of(path))
    assert not re.search(
        r"\b(pivot|groupby|merge|crosstab|nunique|value_counts|read_csv|to_csv|open)\(", code
    )
    assert not re.search(r"""["'](?:[./]|[A-Za-z]:)?[\w.-]+/[\w./-]+["']""", code), "a literal path"


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_the_first_cell_says_what_the_notebook_asks_reads_writes_does_and_cannot_say(path):
    first = jupytext.read(path).cells[0]
    assert first.cell_type == "markdown"
    assert first.source.startswith(f"# {path.stem[:2]} ")
    for word in ("Question", "Reads", "Writes", "Method", "Caveats"):
        assert f"**{word}:**" in first.source


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_parameters_stand_one_a_line_with_type_default_and_help(path):
    (cell,) = [cell for cell in cells_of(path) if "parameters" in tags_of(cell)]
    for line in cell.source.splitlines():
        assert re.fullmatch(r"[a-z_]+: (str|int|float|bool|list\[str\]) = \S.*  # \S.*", line), line
    assert list(parameters_of(path))[:2] == list(PLACES)


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_each_parameter_is_used(path):
    code = "\n".join(cell.source for cell in cells_of(path) if "parameters" not in tags_of(cell))
    used = {node.id for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)}
    assert set(parameters_of(path)) <= used


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_each_default_is_the_value_in_params_yaml(path):
    declared = {name: one.default for name, one in parameters_of(path).items() if name not in PLACES}
    assert {name: SETTINGS.get(name, "not in params.yaml") for name in declared} == declared


def test_each_setting_is_a_parameter_of_a_notebook():
    declared = {name for path in SOURCES for name in parameters_of(path)}
    assert set(SETTINGS) <= declared


def test_one_name_means_one_thing_in_all_notebooks():
    meanings: dict[str, set[tuple[str, str]]] = {}
    for path in SOURCES:
        for name, one in parameters_of(path).items():
            meanings.setdefault(name, set()).add((one.type, repr(one.default)))
    assert {name: found for name, found in meanings.items() if len(found) > 1} == {}


def test_settings_that_name_dimensions_and_codes_name_some_of_the_codebook():
    codebook = Project(ROOT).codebook
    segments = codebook.dimension(SETTINGS["segment_dimension"]).tree.index
    for name, value in SETTINGS.items():
        if name.endswith("_dimension"):
            codebook.dimension(value)
        if name.endswith("_code"):
            assert value in segments


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_the_pair_is_made_from_its_source(path):
    """`make notebooks` makes it; the text is the source, so any difference is a pair that was not made anew."""
    pair = nbformat.read(path.with_suffix(".ipynb"), as_version=4)
    assert jupytext.writes(pair, fmt="py:percent") == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_the_pair_holds_outputs_of_checked_cells_and_nothing_of_a_run(path):
    text = path.with_suffix(".ipynb").read_text(encoding="utf-8")
    pair = nbformat.reads(text, as_version=4)
    nbformat.validate(pair)
    assert set(pair.metadata) == {"jupytext", "kernelspec"}
    assert pair.metadata.kernelspec.name == "python3"
    assert not re.search(r'"(image/|papermill|application/vnd)', text)
    for number, cell in enumerate(pair.cells, start=1):
        assert cell.id == f"cell-{number:02d}"
        if cell.cell_type == "code":
            is_checked = CHECKED in tags_of(cell)
            assert bool(cell.outputs) == is_checked, cell.source
            assert cell.execution_count == (number if is_checked else None)
            assert {output.output_type for output in cell.outputs} <= {"stream"}, "print what is compared"


def test_each_notebook_has_a_checked_cell():
    """nbval passes a notebook without stored outputs: there must be something to compare."""
    for path in SOURCES:
        pair = nbformat.read(path.with_suffix(".ipynb"), as_version=4)
        assert [cell for cell in pair.cells if cell.get("outputs")], path.name


def test_no_notebook_is_kept_without_its_text():
    assert {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")} == {path.stem for path in SOURCES}


def test_the_kernel_is_written_as_any_jupyter_knows_it():
    for path in SOURCES:
        metadata = json.loads(path.with_suffix(".ipynb").read_text(encoding="utf-8"))["metadata"]
        assert metadata["kernelspec"] == {"display_name": "Python 3", "language": "python", "name": "python3"}
