"""The small map project of `data/small`: copied, changed, run, and read with plain Python.

`run_cells` runs the notebooks in this process, which takes a third of the time that kernels take; what papermill adds
is tested on the unchanged map.
"""

from __future__ import annotations

import csv
import datetime
import io
import shutil
from collections import defaultdict
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import jupytext
import yaml

from mapanalysis.project import Project, seal

ROOT = Path(__file__).resolve().parents[1]
SMALL = ROOT / "tests" / "data" / "small"
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.py"))
SETTLED = "settled"
NOT_REPORTED = "not_reported"


def copy_map(folder: Path) -> Path:
    """The small map with the notebooks of the repository, in `folder`."""
    shutil.copytree(SMALL, folder)
    (folder / "notebooks").mkdir()
    for path in NOTEBOOKS:
        shutil.copy(path, folder / "notebooks")
    return folder


def read_rows(path: Path, separator: str = ",") -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=separator))


def read_raw(name: str) -> list[dict[str, str]]:
    """The rows of a table of the small map, as they stand in the file."""
    return read_rows(SMALL / "data" / "raw" / f"{name}.csv", ";" if name == "screening_reports" else ",")


def keep_rows(project: Path, name: str, rows: list[dict[str, str]]) -> None:
    """Writes `rows` in place of those of a raw table of a copy."""
    path = project / "data" / "raw" / f"{name}.csv"
    columns = list(read_raw(name)[0])
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)


def seal_all(folder: Path) -> None:
    """Brings the checksums of a changed copy in step."""
    project = Project(folder)
    for path in project.raw_files():
        seal(project, path, datetime.date(2026, 1, 31))


def include_only(project: Path, kept: dict[str, str]) -> Path:
    """A copy in which one stage of screening excluded all but the records `kept` (with their publications)."""
    screened = [
        row if row["record_id"] in kept else row | {"decision": "exclude", "reason": "no_garden"}
        for row in read_raw("screening_records")
    ]
    keep_rows(project, "screening_records", screened)
    for name in ("screening_reports.csv", "screening_reports.csv.source.yaml"):
        (project / "data" / "raw" / name).unlink()
    for name in ("reports", "codings"):
        rows = read_raw(name)
        keep_rows(project, name, [row for row in rows if row["publication_id"] in kept.values()])
    studies = {row["study_id"] for row in read_raw("reports") if row["publication_id"] in kept.values()}
    for name, column in (("appraisals", "study_id"), ("citations", "review_id")):
        keep_rows(project, name, [row for row in read_raw(name) if row[column] in studies])
    seal_all(project)
    return project


def take_out(project: Path, *names: str) -> Path:
    """A copy without some raw tables or folders, and the sidecars of these."""
    for name in names:
        for path in (project / "data" / "raw").glob(f"{name}*"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    return project


def run_cells(project: Path, output: Path, **changed: Any) -> str:
    """What the cells of all notebooks print when they run on `project`, with its settings and `changed` ones."""
    settings = yaml.safe_load((project / "params.yaml").read_text(encoding="utf-8"))
    settings |= {
        "edition_date": "2026-01-31",
        **changed,
        "project_dir": str(project),
        "output_dir": str(output),
    }
    printed = io.StringIO()
    for path in NOTEBOOKS:
        names: dict[str, Any] = {}
        for cell in jupytext.read(path).cells:
            if cell.cell_type != "code":
                continue
            with redirect_stdout(printed):
                exec(compile(cell.source, path.name, "exec"), names)
            if "parameters" in cell.metadata.get("tags", []):
                names |= {name: value for name, value in settings.items() if name in names}
    return printed.getvalue()


def codes_by_study() -> dict[str, list[tuple[str, str, str]]]:
    """(finding, dimension, code) of each study, settled, without what another report of it contradicts."""
    study_of = {row["publication_id"]: row["study_id"] for row in read_raw("reports")}
    codes = defaultdict(set)
    for row in read_raw("codings"):
        if row["coder"] == SETTLED:
            codes[study_of[row["publication_id"]]].add((row["finding_id"], row["dimension"], row["code"]))
    return {
        study: [
            one
            for one in own
            if one[2] != NOT_REPORTED
            or not any(other[1] == one[1] and other[2] != NOT_REPORTED for other in own)
        ]
        for study, own in codes.items()
    }


def studies_with(dimension: str, *codes: str) -> set[str]:
    """The studies that have one of the codes, anywhere."""
    return {
        study
        for study, own in codes_by_study().items()
        if any(one[1] == dimension and one[2] in codes for one in own)
    }
