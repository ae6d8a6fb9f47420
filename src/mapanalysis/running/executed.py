"""An executed notebook: without the traces of the machine and the moment, and what to say when it failed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from mapanalysis import errors
from mapanalysis.errors import MapError, NotebookError, OutputError, Problem
from mapanalysis.files import CANNOT_WRITE, write_text
from mapanalysis.running.parameters import FAILED, PLACES, Notebook
from mapanalysis.running.plan import Plan

if TYPE_CHECKING:
    from nbformat import NotebookNode
    from papermill.exceptions import PapermillExecutionError

WARNING = re.compile(r"\b[A-Z]\w*Warning: .*")
ERRNO = re.compile(r"\[Errno (\d+)\]")
# Where IPython marks the line that failed; the first such mark is in the cell itself.
ARROW = re.compile(r"^-+> ?(\d+)", re.MULTILINE)
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
# Of one particular run: the file in which IPython keeps a cell, and where in memory something was.
RUN_TRACES = (
    (re.compile(r'[^\s"]{0,300}[/\\]ipykernel_\d+[/\\]+\d+\.py'), "cell"),
    (re.compile(r" at 0x[0-9a-f]{6,16}(?=>)"), ""),
)
LINES_BEFORE, LINES_AFTER = 4, 1
LONGEST_LINE = 110
LONGEST_ERROR = 2_000


def tidy_notebook(node: NotebookNode, root: Path, folder: Path, edition: Path) -> str:
    """The notebook as JSON, the same for the same inputs: no times, no random ids, no paths of this machine.

    `folder` is where the edition was made, `edition` where it will be; both are shown as the latter, below `root`.
    """
    import nbformat

    node.metadata.pop("papermill", None)
    for number, cell in enumerate(node.cells, start=1):
        cell.id = f"cell-{number}"
        cell.metadata.pop("papermill", None)
        tags = cell.metadata.pop("tags", [])
        if tags:
            cell.metadata["tags"] = tags
        if "injected-parameters" in tags:
            lines = cell.source.splitlines()
            cell.source = "\n".join(line for line in lines if not line.startswith(PLACES))
    # Line by line, and only those that can hold a trace: an embedded picture is a line of a megabyte.
    text = "\n".join(
        _without_traces(line) if "ipykernel_" in line or " at 0x" in line else line
        for line in nbformat.writes(node).split("\n")
    )
    text = _path_pattern(folder).sub(edition.relative_to(root).as_posix(), text)
    return re.sub(_path_pattern(root).pattern + "/", "", text) + "\n"


def _without_traces(line: str) -> str:
    for trace, instead in RUN_TRACES:
        line = trace.sub(instead, line)
    return line


def _path_pattern(path: Path) -> re.Pattern[str]:
    """Finds the path in JSON, but not as a part of a longer word or of a web address."""
    quoted = json.dumps(str(path), ensure_ascii=False)[1:-1]
    return re.compile(rf"(?<![\w/.:+-]){re.escape(quoted)}")


def warnings_in(node: NotebookNode) -> list[str]:
    """What Python warned of while the notebook ran, each once, without places in files."""
    printed = (
        output.text
        for cell in node.cells
        for output in cell.get("outputs", [])
        if output.output_type == "stream" and output.name == "stderr"
    )
    found = (match[0].strip() for text in printed for match in WARNING.finditer(text))
    return list(dict.fromkeys(found))


def describe_failure(
    plan: Plan, notebook: Notebook, error: PapermillExecutionError, output: Path
) -> NotebookError:
    """What to tell of a notebook that failed, having saved it as far as it came in `reports/failed`.

    `output` is where papermill left it. The exit code is that of the error in the notebook, where it is one of ours.
    """
    import nbformat

    saved = plan.project.reports / FAILED / output.name
    try:
        node = nbformat.read(output, as_version=4)
        write_text(saved, tidy_notebook(node, plan.project.root, output.parent.parent, plan.edition))
        todo = f"The notebook, with all that it had shown, is {saved.relative_to(plan.project.root)}"
    except (OSError, MapError):
        todo = "The notebook could not be saved"
    source, row = _where(notebook, error)
    what = f"stopped in cell [{error.exec_count}]:\n\n{source}\n\n{_in_words(error)}\n\n{todo}"
    failure = NotebookError(Problem(what, file=notebook.shown, row=row))
    failure.exit_code = _exit_code(error)
    return failure


def _in_words(error: PapermillExecutionError) -> str:
    """One of our own errors speaks for itself; others are named."""
    text = COLOURS.sub("", str(error.evalue)).strip()[:LONGEST_ERROR]
    return text if _our_error(error.ename) else f"{error.ename}: {text}".rstrip(": ")


def _our_error(name: str) -> type[MapError] | None:
    kind = getattr(errors, name, None)
    return kind if isinstance(kind, type) and issubclass(kind, MapError) else None


def _exit_code(error: PapermillExecutionError) -> int:
    """3 for problems in the data, 5 for a full disk and its like, 4 for anything else that a notebook does."""
    if kind := _our_error(error.ename):
        return kind.exit_code
    number = ERRNO.match(error.evalue or "")
    return OutputError.exit_code if number and int(number[1]) in CANNOT_WRITE else NotebookError.exit_code


def _where(notebook: Notebook, error: PapermillExecutionError) -> tuple[str, int | None]:
    """The lines around the failing one, that one marked, and its row in the notebook's text."""
    lines = error.source.splitlines()
    arrow = ARROW.search(COLOURS.sub("", "\n".join(error.traceback)))
    failing = min(int(arrow[1]), len(lines)) if arrow else 0
    first = max(0, failing - 1 - LINES_BEFORE)
    last = failing + LINES_AFTER if arrow else LINES_BEFORE
    shown = "\n".join(
        f"  {'>' if number == failing else ' '} {line[:LONGEST_LINE]}"
        for number, line in enumerate(lines[first:last], start=first + 1)
    )
    place = notebook.source.decode("utf-8").replace("\r\n", "\n").find(error.source)
    row = notebook.source[:place].count(b"\n") + max(failing, 1) if place >= 0 else None
    return shown, row
