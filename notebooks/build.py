"""Makes each NN_name.ipynb anew from its NN_name.py: `make notebooks`.

The .py is the source, and the way is one way. The notebooks run on the project they are in; of what they show, only
the outputs of cells tagged `nbval-check-output` are kept, which tests compare. The same sources and data give the same
bytes.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import jupytext
import nbformat
import papermill

CHECKED = "nbval-check-output"
INJECTED = "injected-parameters"


def main() -> None:
    here = Path(__file__).resolve().parent
    with tempfile.TemporaryDirectory() as folder:
        for path in sorted(here.glob("[0-9][0-9]_*.py")):
            notebook = make_notebook(path, here.parent, Path(folder))
            nbformat.write(notebook, path.with_suffix(".ipynb"))
            print(path.with_suffix(".ipynb").name)


def make_notebook(path: Path, project: Path, output: Path) -> nbformat.NotebookNode:
    """The notebook of the text at `path` with the outputs that tests compare; what it writes goes to `output`."""
    notebook = read_source(path)
    places = {"project_dir": str(project), "output_dir": str(output)}
    executed = papermill.execute_notebook(read_source(path), None, places, progress_bar=False)
    cells = [cell for cell in executed.cells if INJECTED not in cell.metadata.get("tags", [])]
    for number, (cell, run) in enumerate(zip(notebook.cells, cells, strict=True), start=1):
        if CHECKED in cell.metadata.get("tags", []):
            cell.execution_count = number  # nbval takes a cell without one for a cell that never ran
            cell.outputs = run.outputs
    return notebook


def read_source(path: Path) -> nbformat.NotebookNode:
    """The notebook as its text says, without outputs; cells are named by their place, not at random."""
    notebook = jupytext.read(path)
    notebook.metadata["jupytext"].pop("text_representation", None)
    for number, cell in enumerate(notebook.cells, start=1):
        cell["id"] = f"cell-{number:02d}"
    return notebook


if __name__ == "__main__":
    main()
