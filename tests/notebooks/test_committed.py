"""The committed notebooks: they run from top to bottom, and what they print is what is kept in them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from small_map import ROOT, copy_map, read_rows

PAIRS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))


def run(*command: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    """A command with the Python of the tests, as a person would give it in `cwd`."""
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    return subprocess.run(
        [sys.executable, "-m", *map(str, command)], cwd=cwd, env=environment, capture_output=True, text=True
    )


def compare_outputs(folder: Path) -> subprocess.CompletedProcess[str]:
    """nbval on the notebooks of a project: cells tagged `nbval-check-output` are compared, the others only run."""
    lax = ("--nbval-lax", "--nbval-current-env", "--nbval-cell-timeout", "300", "-p", "no:cacheprovider")
    return run("pytest", "-q", *lax, *sorted((folder / "notebooks").glob("*.ipynb")), cwd=folder)


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Path:
    """The repository's own map, so that nothing is written into the repository."""
    folder = tmp_path_factory.mktemp("committed")
    shutil.copytree(ROOT / "data" / "raw", folder / "data" / "raw")
    shutil.copy(ROOT / "params.yaml", folder)
    (folder / "notebooks").mkdir()
    for path in PAIRS:
        shutil.copy(path, folder / "notebooks")
    return folder


def test_the_committed_notebooks_run_and_print_what_is_kept_in_them(copy):
    done = compare_outputs(copy)
    assert done.returncode == 0, done.stdout[-5000:]
    n_cells = sum(
        cell.cell_type == "code" for path in PAIRS for cell in nbformat.read(path, as_version=4).cells
    )
    assert f"{n_cells} passed" in done.stdout


def test_a_number_that_is_not_the_kept_one_is_found(tmp_path):
    """The comparison itself, on one cell: nbval must read the tag as we mean it."""
    notebook = nbformat.v4.new_notebook(metadata=nbformat.read(PAIRS[0], as_version=4).metadata)
    notebook.cells = [nbformat.v4.new_code_cell("print(182)", metadata={"tags": ["nbval-check-output"]})]
    notebook.cells[0].outputs = [nbformat.v4.new_output("stream", text="181\n")]
    notebook.cells[0].execution_count = 1
    (tmp_path / "notebooks").mkdir()
    nbformat.write(notebook, tmp_path / "notebooks" / "01_clean.ipynb")
    done = compare_outputs(tmp_path)
    assert done.returncode == 1
    assert re.search("reference.*181.*182", re.sub(r"\x1b\[\d+m", "", done.stdout), re.DOTALL), done.stdout


def test_papermill_runs_a_committed_notebook_as_its_users_expect(tmp_path):
    """`papermill notebooks/05_gaps.ipynb out.ipynb -p minimum_studies 3`, in a map of other dimensions."""
    project = copy_map(tmp_path / "small")
    shutil.copy(ROOT / "notebooks" / "05_gaps.ipynb", project / "notebooks")
    settings = {
        "segment_dimension": "kind",
        "row_dimension": "activity",
        "column_dimension": "effect",
        "need_dimension": "gardener",
        "review_code": "synthesis",
        "economic_code": "costing",
        "country_dimension": "nation",
        "quality_dimension": "",
        "minimum_studies": "3",
    }
    given = [word for name, value in settings.items() for word in ("-p", name, value)]
    given += ["-y", "gap_pairs: [gardener x season]"]  # a list
    done = run("papermill", "notebooks/05_gaps.ipynb", "out.ipynb", *given, cwd=project)
    assert done.returncode == 0, done.stderr[-3000:]
    gaps = read_rows(project / "reports" / "draft" / "tables" / "05_kinds_rows.csv")
    assert sum(gap["kind"] == "absolute" for gap in gaps) == 31
    printed = [
        output.get("text", "")
        for cell in nbformat.read(project / "out.ipynb", as_version=4).cells
        for output in cell.get("outputs", [])
    ]
    assert any("gaps of some kind in 34 of 34 cells" in text for text in printed)


def test_jupyterlab_opens_the_text_and_saving_changes_nothing(tmp_path):
    """As `make lab` does: jupytext reads the text, the outputs come from the pair, and both are written back."""
    from jupyter_server.services.contents.largefilemanager import LargeFileManager
    from jupytext.sync_contentsmanager import build_sync_jupytext_contents_manager_class

    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks", ignore=shutil.ignore_patterns("__pycache__"))
    source = tmp_path / "notebooks" / "02_volume.py"
    os.utime(source, (1_000_000_000, 1_000_000_000))  # an older file is the source all the same
    before = source.read_text(encoding="utf-8")
    manager = build_sync_jupytext_contents_manager_class(LargeFileManager)(root_dir=str(tmp_path))
    opened = manager.get("notebooks/02_volume.ipynb")
    outputs = [output for cell in opened["content"]["cells"] for output in cell.get("outputs", [])]
    assert any("studies" in output["text"] for output in outputs)
    manager.save(opened, "notebooks/02_volume.ipynb")
    assert source.read_text(encoding="utf-8") == before
