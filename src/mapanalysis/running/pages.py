"""The web pages of an edition: each notebook, the report, and the index that leads to every file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mapanalysis
from mapanalysis.errors import NotebookError, Problem
from mapanalysis.running.manifest import INDEX, MANIFEST
from mapanalysis.running.parameters import Notebook
from mapanalysis.running.plan import Plan

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from mapanalysis.publish.document import Report
    from mapanalysis.publish.index import Group, Item

REPORT = "report.json"
MAP = "map.html"
ALL_FILES = "All files of this edition"
# The doors to an edition, in the order in which a reader needs them, when they are there.
DOORS = {
    MAP: (
        "The interactive map",
        "To explore on screen: choose rows, columns and filters, and open the studies behind a number.",
    ),
    "report.html": ("The report", "To read on screen, with all figures and tables."),
    "report.pdf": ("The report as PDF", "To print, to send and to keep."),
}


def load_publishing() -> None:
    """Imports what makes pages, so that it is there when the first page is due."""

    import mapanalysis.publish.index  # noqa: F401


def write_notebook_page(node: NotebookNode, notebook: Notebook, plan: Plan, folder: Path) -> None:
    """Writes the page of an executed notebook beside it."""
    from mapanalysis.publish.html import write_notebook_html

    write_notebook_html(
        node,
        folder / "notebooks" / f"{notebook.name}.html",
        part_of=plan.project.about.title,
        facts=(f"Edition {plan.settings.edition}",),
        links=((ALL_FILES, f"../{INDEX}"),),
    )


def write_report_page(node: NotebookNode, folder: Path) -> None:
    """Writes `report.html` from the executed last notebook. Raises NotebookError when that made no report."""
    from mapanalysis.publish.html import write_report_html

    doors = ((DOORS[MAP][0], MAP), ("PDF", "report.pdf"))
    links = [(label, name) for label, name in doors if (folder / name).is_file()]
    write_report_html(node, folder / "report.html", read_report(folder), links=[*links, (ALL_FILES, INDEX)])


def read_report(folder: Path) -> Report:
    """The report that the last notebook wrote. Raises NotebookError when it wrote none."""
    from mapanalysis.publish.document import from_json

    try:
        return from_json((folder / REPORT).read_text(encoding="utf-8"))
    except FileNotFoundError:
        problem = Problem(
            f"the last notebook wrote no {REPORT} into its output folder",
            "Its last cell writes the report: `reports.write_report(report, outputs.folder)`.",
        )
        raise NotebookError(problem) from None


def write_index_page(
    plan: Plan, folder: Path, outputs: Mapping[str, Iterable[str]], code: Mapping[str, Any]
) -> None:
    """Writes `index.html`, which leads to all `outputs` (by notebook) that a reader can use."""
    from mapanalysis.publish.index import write_index

    report = read_report(folder)
    about = plan.project.about
    write_index(
        folder / INDEX,
        title=report.title,
        subtitle=report.subtitle,
        question=report.question,
        edition=report.edition,
        date=report.date,
        licence=about.licence,
        groups=_groups(plan, folder, outputs),
        provenance=_provenance(plan, code),
        footer=(report.footer,),
    )


def _groups(plan: Plan, folder: Path, outputs: Mapping[str, Iterable[str]]) -> list[Group]:
    from mapanalysis.publish.index import Group, Item

    files = [name for notebook in plan.notebooks for name in outputs[notebook.name]]
    titles = _titles(folder)

    def items(start: str, ending: str = "") -> tuple[Item, ...]:
        return tuple(
            Item(name, titles.get(name) or Path(name).stem)
            for name in files
            if name.startswith(start) and name.endswith(ending)
        )

    pages = tuple(Item(f"notebooks/{one.name}.html", _heading(one)) for one in plan.notebooks)
    doors = tuple(Item(name, *words) for name, words in DOORS.items() if name in files)
    return [
        Group("Read", doors),
        Group("How each number was made", pages, "The notebooks as they ran, with their code folded away."),
        Group("Tables", items("tables/", ".csv"), "For spreadsheets and programs: CSV in UTF-8."),
        Group("Figures", items("figures/"), "Vector pictures, which can be enlarged without loss."),
        Group("Data", items("data/")),
    ]


def _titles(folder: Path) -> dict[str, str]:
    """The title of each figure and table by the name of its file, from the words that notebooks wrote beside them."""
    from mapanalysis.markup import plain_text

    titles: dict[str, str] = {}
    for path in sorted((folder / "items").glob("*.json")):
        words = json.loads(path.read_bytes())
        for key in ("path_svg", "table_csv"):
            if words.get(key):
                titles[words[key]] = plain_text(words["title"])
    return titles


def _heading(notebook: Notebook) -> str:
    """The first heading of the notebook."""
    for line in notebook.source.decode("utf-8").splitlines():
        if line.startswith("# # "):
            return line.removeprefix("# # ").strip()
    return notebook.name


def _provenance(plan: Plan, code: Mapping[str, Any]) -> list[tuple[str, str]]:
    commit = str(code.get("commit", ""))
    state = " with changes not yet recorded" if code.get("has_changes") else ""
    return [
        ("Made with", f"mapanalysis {mapanalysis.__version__}, Python {plan.inputs.python}"),
        *([("Code", f"commit {commit}{state}")] if commit else []),
        ("Raw data", f"{len(plan.inputs.raw)} files; their checksums are in {MANIFEST}"),
    ]
