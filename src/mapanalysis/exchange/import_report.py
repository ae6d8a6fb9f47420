"""What an import did: what was read, used and set aside, what was repaired, left out or guessed, what conflicts.

`import_report.csv` and `.json` stand in the folder `data` of a project, one entry for each import, the last one last.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from mapanalysis.errors import shorten
from mapanalysis.files import write_text
from mapanalysis.sources.library import Reading, SetAside
from mapanalysis.store import read_csv, write_csv

COLUMNS = ["date", "file", "format", "kind", "what", "why", "count", "examples"]
CSV, JSON = "import_report.csv", "import_report.json"
MOST_EXAMPLES = 5


@dataclass(frozen=True)
class ImportReport:
    """A reading, with what came of it in the project: `done` is what was added, `conflicts` what was not changed."""

    reading: Reading
    date: datetime.date
    done: tuple[SetAside, ...] = ()
    conflicts: tuple[SetAside, ...] = ()
    guesses: tuple[str, ...] = ()

    def rows(self) -> list[dict[str, Any]]:
        """One row per fact: date, file, format, kind, what, why, count, examples ("; " between them)."""
        about = {"date": self.date.isoformat(), "file": self.reading.file, "format": self.reading.format}
        return [
            about | {"kind": kind, "what": what, "why": why, "count": count, "examples": "; ".join(examples)}
            for kind, what, why, count, examples in self._facts()
        ]

    def _facts(self) -> Iterator[tuple[str, str, str, int | None, tuple[str, ...]]]:
        reading = self.reading
        yield "read", reading.row_name, "", reading.n_read, ()
        yield "used", reading.row_name, "", reading.n_used, ()
        for kind, items in (
            ("set aside", reading.set_aside),
            ("left out", reading.left_out),
            ("done", self.done),
        ):
            for one in items:
                yield kind, one.what, one.why, one.count, one.examples[:MOST_EXAMPLES]
        for one in self.conflicts:  # each on a row of its own: a person has to look at all of them
            for example in one.examples:
                yield "conflict", one.what, one.why, 1, (example,)
        for repair in reading.repairs:
            yield "repair", repair.what, "", repair.count, ()
        for guess in (*reading.guesses, *self.guesses):
            yield "guess", guess, "", None, ()

    def lines(self) -> list[str]:
        """The same for a person at a terminal."""
        reading = self.reading
        n_aside = sum(one.count for one in reading.set_aside)
        lines = [
            f"{reading.file} ({reading.format}): {reading.n_read:,} {reading.row_name} read = {reading.n_used:,} used + "
            f"{n_aside:,} set aside."
        ]
        lines += [f"  set aside: {_say(one)}" for one in reading.set_aside]
        lines += [f"  left out: {_say(one)}" for one in reading.left_out]
        lines += [f"  repaired: {repair.what} ({repair.count:,})" for repair in reading.repairs]
        lines += [f"  taken to be so: {guess}" for guess in (*reading.guesses, *self.guesses)]
        lines += [f"  {_say(one)}" for one in self.done]
        lines += [f"  not changed: {_say(one)}" for one in self.conflicts]
        return lines


def _say(one: SetAside) -> str:
    shown = ", ".join(shorten(example) for example in one.examples[:MOST_EXAMPLES])
    why = f": {one.why}" if one.why else ""
    return f"{one.count:,} {one.what}{why}" + (f" (for example {shown})" if shown else "")


def check_closes(reading: Reading) -> None:
    """Nothing; a reading whose used and set-aside rows are not all that were read is a fault of its reader."""
    n_aside = sum(one.count for one in reading.set_aside)
    assert reading.n_read == reading.n_used + n_aside, (
        f"{reading.format}: {reading.n_read} read, {reading.n_used} used, {n_aside} set aside"
    )


def write_import_report(report: ImportReport, folder: Path, before: Path | None = None) -> None:
    """Adds the report to those that `before` (by default `folder`) holds, and writes all of them into `folder`."""
    check_closes(report.reading)
    earlier = read_reports(before or folder)
    frame = pd.DataFrame([*earlier, *report.rows()], columns=COLUMNS)
    write_csv(
        frame.assign(count=pd.to_numeric(frame["count"], errors="coerce").astype("Int64")), folder / CSV
    )
    write_text(
        folder / JSON, json.dumps(_as_tree(frame.to_dict("records")), indent=1, ensure_ascii=False) + "\n"
    )


def read_reports(folder: Path) -> list[dict[str, Any]]:
    """The rows of the import report in `folder`; none where there is none."""
    path = folder / CSV
    return read_csv(path).reindex(columns=COLUMNS, fill_value="").to_dict("records") if path.is_file() else []


def _as_tree(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows by import; counts are numbers or null."""
    imports: list[dict[str, Any]] = []
    for row in rows:
        if row["kind"] == "read":  # each import begins so
            imports.append({name: row[name] for name in ("date", "file", "format")} | {"facts": []})
        fact = {name: row[name] for name in ("kind", "what", "why", "examples")}
        count = pd.to_numeric(row["count"], errors="coerce")
        imports[-1]["facts"].append(fact | {"count": None if pd.isna(count) else int(count)})
    return imports
