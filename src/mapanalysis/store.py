"""The tables of a map project on disk: CSV that spreadsheets read, with a data dictionary.

The project itself is in `project`, writing whole or not at all in `files`; both can be had from here.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from mapanalysis.files import (
    fingerprint,
    recover_folder,
    replacing_folder,
    write_bytes,
    write_text,
)
from mapanalysis.project import SIDECAR, About, Project, Source, seal
from mapanalysis.tables import parse_table

__all__ = [
    "SIDECAR",
    "About",
    "Project",
    "Source",
    "describe_table",
    "fingerprint",
    "read_csv",
    "read_tables",
    "recover_folder",
    "replacing_folder",
    "seal",
    "tables_built_from",
    "write_bytes",
    "write_csv",
    "write_tables",
    "write_text",
]

# A spreadsheet takes text that starts so for a formula, and where semicolons or tabs part its columns, text behind these;
# apostrophes before it are kept apart from ours.
FORMULA = re.compile(r"^('*[=+\-@\t\r])|(?<=[;\t\r\n])('*[=+\-@])")
INERT = re.compile(r"^'('*[=+\-@\t\r])|(?<=[;\t\r\n])'('*[=+\-@])")
SUSPECT = r"^'*[=+\-@\t\r]|[;\t\r\n]'*[=+\-@]"  # either; what is fast for a whole column knows no look behind


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Writes `frame` as CSV that spreadsheets read and cannot be harmed by: UTF-8 with BOM, formulas inert.

    Text that a spreadsheet would take for a formula gets an apostrophe before it; `read_csv` takes it off again.
    """
    safe = frame.copy()
    quoting = csv.QUOTE_MINIMAL
    for column in safe.columns:
        if not pd.api.types.is_numeric_dtype(safe[column]):
            text = safe[column].astype("str")
            safe[column] = _replace(text, FORMULA, r"'\1\2")
            # By itself pandas leaves a bare CR unquoted, and it would end the row.
            if text.str.contains("\r", regex=False).any():
                quoting = csv.QUOTE_NONNUMERIC
    write_text(path, "\ufeff" + safe.to_csv(index=False, lineterminator="\n", quoting=quoting))


def read_csv(path: Path) -> pd.DataFrame:
    """A table written by `write_csv`, all text as it was."""
    return without_apostrophes(pd.read_csv(path, dtype="str", na_filter=False, encoding="utf-8-sig"))


def without_apostrophes(frame: pd.DataFrame) -> pd.DataFrame:
    """A table of text, all of it as it was before `write_csv` made what looks like a formula inert."""
    return frame.assign(**{str(name): _replace(frame[name], INERT, r"\1\2") for name in frame.columns})


def _replace(text: pd.Series, pattern: re.Pattern[str], by: str) -> pd.Series:
    suspect = text.str.contains(SUSPECT, regex=True)
    return text.where(~suspect, text[suspect].map(lambda value: pattern.sub(by, value)))


def write_tables(
    tables: dict[str, pd.DataFrame],
    schemas: dict[str, Any],
    folder: Path,
    inputs: str,
    *,
    words: Mapping[str, str] | None = None,
    beside: Mapping[str, bytes] | None = None,
) -> None:
    """Writes each table as CSV into `folder`, replaced whole, with their data dictionary.

    `datapackage.json` (Frictionless Data Package v1) is made from the schemas; `inputs` is the fingerprint of what
    the tables were built from, `words` are further texts of the package (title, description), `beside` further files.
    """
    resources = []
    with replacing_folder(folder) as new:
        for name, frame in tables.items():
            write_csv(frame, new / f"{name}.csv")
            resources.append(describe_table(name, schemas[name]))
        for name, data in (beside or {}).items():
            write_bytes(new / name, data)
        package = {"name": "map-tables", **(words or {}), "resources": resources, "built_from": inputs}
        write_text(new / "datapackage.json", json.dumps(package, indent=1, ensure_ascii=False) + "\n")


def describe_table(name: str, schema: Any) -> dict[str, Any]:
    """A table's entry in the data package: path, encoding, fields with type, unit and meaning, key."""
    types = {"Int64": "integer", "Float64": "number", "bool": "boolean"}
    fields = []
    for column, spec in schema.columns.items():
        field = {
            "name": column,
            "type": types.get(str(spec.dtype), "string"),
            "description": spec.description,
        }
        if spec.metadata and spec.metadata["unit"]:
            field["unit"] = spec.metadata["unit"]
        if field["type"] == "boolean":
            field |= {"trueValues": ["True"], "falseValues": ["False"]}
        fields.append(field)
    return {
        "name": name,
        "title": schema.title,
        "path": f"{name}.csv",
        "encoding": "utf-8-sig",
        "schema": {"fields": fields, "primaryKey": schema.unique or [], "missingValues": [""]},
    }


def tables_built_from(folder: Path) -> str:
    """The fingerprint of what the tables in `folder` were built from, or "" when there are none."""
    try:
        return str(json.loads((folder / "datapackage.json").read_bytes()).get("built_from", ""))
    except (OSError, ValueError, AttributeError):
        return ""


def read_tables(schemas: dict[str, Any], folder: Path) -> dict[str, pd.DataFrame]:
    """The tables that `write_tables` wrote, typed and checked."""
    return {
        name: parse_table(read_csv(folder / f"{name}.csv"), schema, f"{name}.csv")
        for name, schema in schemas.items()
    }
