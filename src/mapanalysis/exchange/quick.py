"""From a file straight to the interactive map: no project is left behind."""

from __future__ import annotations

import datetime
import tempfile
from pathlib import Path

from mapanalysis.analysis.gaps import GapRules
from mapanalysis.evidence import build_evidence
from mapanalysis.exchange.axes import Axes
from mapanalysis.exchange.import_report import ImportReport
from mapanalysis.exchange.projects import Original, write_project
from mapanalysis.project import Project
from mapanalysis.sources.library import Library
from mapanalysis.viewer.page import write_map
from mapanalysis.viewer.payload import View, build_payload


def write_quick_map(
    library: Library, original: Original, axes: Axes, today: datetime.date, path: Path
) -> ImportReport:
    """Writes the map on screen of a library to `path`, whole or not at all; gives the report of the import.

    Raises DataError and OutputError as `write_project` does.
    """
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "map"
        report, problems = write_project(library, place, original, axes, today, notebooks=False)
        evidence = build_evidence(Project(place))  # raises what still waits for a person
        assert not problems
        view = View(
            row=axes.row, column=axes.column, segment=axes.segment, need=axes.need, country=axes.country
        )
        rules = GapRules(today.year, axes.review_code, axes.economic_code)
        write_map(build_payload(evidence, view, rules, f"{today:%Y-%m}", today.isoformat()), path)
    return report
