"""A map project on disk: raw data under checksums, built tables, and output that appears whole or not at all.

Every raw file has a sidecar `<file>.source.yaml` that says what it is, how it was made, under which licence and
when, and its SHA-256. Reading verifies the checksum on the very bytes that are then parsed.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd
import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from mapanalysis.codebook import Codebook, parse_codebook
from mapanalysis.errors import DataError, MapError, OutputError, Problem, Problems, UsageError
from mapanalysis.tables import parse_table

SIDECAR = ".source.yaml"
# A spreadsheet takes text that starts so for a formula; apostrophes before it are kept apart from ours.
FORMULA = r"'*[=+\-@\t\r]"
INERT = r"^'('*[=+\-@\t\r])"


ModelT = TypeVar("ModelT", bound=BaseModel)


class Source(BaseModel):
    """The sidecar of a raw file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    made: str
    licence: str
    date: datetime.date
    sha256: str


class About(BaseModel):
    """`data/raw/about.yaml`: what a reader must know of this map that no table says. Text only; numbers are computed.

    `trust` are the statements on how far the evidence base can be relied on: they stand on the report's first
    pages. `search` says what was searched, for which kind of evidence, until when.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    subtitle: str = ""
    responsible: str
    contact: str = ""
    licence: str
    cite: str
    background: list[str] = []
    trust: list[str]
    search: list[str] = []
    next_update: str = ""
    sources: dict[str, str] = {}


@dataclass(frozen=True)
class Project:
    """A folder with `params.yaml`, `data/raw` and `notebooks`."""

    root: Path

    @classmethod
    def find(cls, start: str | Path = "") -> Project:
        """The project at `start`, or the nearest one above it. Raises UsageError when there is none."""
        here = Path(start).resolve()
        for folder in (here, *here.parents):
            if (folder / "params.yaml").is_file() and (folder / "data" / "raw").is_dir():
                return cls(folder)
        raise UsageError(
            Problem(
                f"{here} is not in a map project",
                "A map project is a folder with params.yaml, data/raw and notebooks. Go into one, or name it.",
            )
        )

    @property
    def raw(self) -> Path:
        return self.root / "data" / "raw"

    @property
    def processed(self) -> Path:
        return self.root / "data" / "processed"

    @property
    def notebooks(self) -> Path:
        return self.root / "notebooks"

    @property
    def reports(self) -> Path:
        return self.root / "reports"

    @cached_property
    def codebook(self) -> Codebook:
        return parse_codebook(self.read_bytes(self.raw / "codebook.yaml"), "codebook.yaml")

    @cached_property
    def about(self) -> About:
        path = self.raw / "about.yaml"
        return _parse_model(About, self.read_bytes(path), path.name)

    def raw_files(self) -> list[Path]:
        """Every raw file that a checksum covers, in the order of their names."""
        return sorted(
            path
            for path in self.raw.rglob("*")
            if path.is_file() and not path.name.endswith(SIDECAR) and path.name != "README.md"
            if not path.name.startswith(".")
        )

    def record_files(self) -> list[Path]:
        return [path for path in self.raw_files() if path.parent == self.raw / "records"]

    def read_bytes(self, path: Path) -> bytes:
        """The bytes of a raw file, verified against its sidecar.

        Raises DataError when the file or its sidecar is missing, or the checksum differs: which file, expected
        and found, and what to do.
        """
        name = path.relative_to(self.raw).as_posix()
        try:
            data = path.read_bytes()
        except OSError as error:
            raise DataError(
                Problem(f"cannot be read ({error.strerror})", "Put the file back.", file=name)
            ) from None
        expected = self.read_source(path).sha256
        found = hashlib.sha256(data).hexdigest()
        if found != expected:
            raise DataError(
                Problem(
                    f"the file is not the one its sidecar describes: expected SHA-256 {expected}, found {found}",
                    "Restore the file (`git checkout` or your copy). If the change is meant, say so in the "
                    f"changelog and run `mapanalysis seal {name}`.",
                    file=name,
                )
            )
        return data

    def read_source(self, path: Path) -> Source:
        sidecar = path.with_name(path.name + SIDECAR)
        name = sidecar.relative_to(self.raw).as_posix()
        try:
            data = sidecar.read_bytes()
        except OSError:
            todo = f"Run `mapanalysis seal {path.relative_to(self.raw).as_posix()}`, then fill in what it is."
            raise DataError(
                Problem("the file that says where the data come from is missing", todo, name)
            ) from None
        return _parse_model(Source, data, name)

    def sources(self) -> pd.DataFrame:
        """One row per raw file: file, title, made, licence, date, sha256."""
        problems = Problems()
        rows = []
        for path in self.raw_files():
            try:
                source = self.read_source(path)
                rows.append({"file": path.relative_to(self.raw).as_posix(), **source.model_dump(mode="json")})
            except MapError as error:
                problems.collect(error)
        problems.raise_if_any()
        return pd.DataFrame(rows, dtype="str")


def seal(project: Project, path: Path, today: datetime.date) -> Source:
    """The sidecar of `path`, brought in step with the file: made with blanks to fill when new, else re-summed."""
    sidecar = path.with_name(path.name + SIDECAR)
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if sidecar.exists():
        source = project.read_source(path)
        if source.sha256 != found:
            source = source.model_copy(update={"sha256": found, "date": today})
    else:
        source = Source(
            title=path.name, made="not yet said", licence="not yet said", date=today, sha256=found
        )
    write_text(sidecar, yaml.safe_dump(source.model_dump(), sort_keys=False, allow_unicode=True, width=110))
    return source


def _parse_model(model: type[ModelT], data: bytes, file: str) -> ModelT:
    problems = Problems()
    try:
        return model.model_validate(yaml.safe_load(data))
    except yaml.YAMLError as error:
        problems.add(f"is not YAML: {error}", file=file, todo="Correct the file.")
    except ValidationError as error:
        for detail in error.errors():
            place = ".".join(str(part) for part in detail["loc"]) or "the file"
            problems.add(f"{place}: {detail['msg']}", file=file, todo="Correct the file.")
    raise DataError(problems)


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Writes `frame` as CSV that spreadsheets read and cannot be harmed by: UTF-8 with BOM, formulas inert.

    Text that a spreadsheet would take for a formula gets an apostrophe before it; `read_csv` takes it off again.
    """
    safe = frame.copy()
    for column in safe.columns:
        if not pd.api.types.is_numeric_dtype(safe[column]):
            text = safe[column].astype("str")
            safe[column] = text.where(~text.str.match(FORMULA), "'" + text)
    write_text(path, "\ufeff" + safe.to_csv(index=False, lineterminator="\n"))


def read_csv(path: Path) -> pd.DataFrame:
    """A table written by `write_csv`, all text as it was."""
    frame = pd.read_csv(path, dtype="str", na_filter=False, encoding="utf-8-sig")
    for column in frame.columns:
        frame[column] = frame[column].str.replace(INERT, r"\1", regex=True)
    return frame


def write_text(path: Path, text: str) -> None:
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, data: bytes) -> None:
    """Writes `data` so that `path` holds the old or the new, never a part. Raises OutputError when it cannot."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(data)
        beside.replace(path)
    except OSError as error:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise OutputError(_cannot_write(path, error)) from error


@contextmanager
def replacing_folder(final: Path) -> Iterator[Path]:
    """A new, empty folder that takes the place of `final`, whole, when the block ends well.

    When the block raises, the new folder is removed and `final` stays as it was. A process killed at any moment
    leaves `final` whole, or for the instant between two renames beside itself as `.<name>.last`, from where
    `recover_folder`, called first, puts it back.
    """
    recover_folder(final)
    beside, last = _beside(final)
    try:
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir(parents=True)
        yield beside
        if final.exists():
            final.rename(last)
        beside.rename(final)
        shutil.rmtree(last, ignore_errors=True)
    except OSError as error:
        raise OutputError(_cannot_write(Path(error.filename or final), error)) from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def recover_folder(final: Path) -> None:
    """Puts back the last good `final` where a killed run left it beside its place."""
    _, last = _beside(final)
    if last.exists() and not final.exists():
        last.rename(final)


def _beside(final: Path) -> tuple[Path, Path]:
    return final.with_name(f".{final.name}.new"), final.with_name(f".{final.name}.last")


def _cannot_write(path: Path, error: OSError) -> Problem:
    return Problem(
        f"cannot be written ({error.strerror or error})",
        "Check the folder's permissions and the space on the disk; what was there before is unchanged.",
        file=str(path),
    )


def write_tables(tables: dict[str, pd.DataFrame], schemas: dict[str, Any], folder: Path, inputs: str) -> None:
    """Writes each table as CSV into `folder`, replaced whole, with their data dictionary.

    `datapackage.json` (Frictionless Data Package v1) is made from the schemas; `inputs` is the fingerprint of what
    the tables were built from.
    """
    resources = []
    with replacing_folder(folder) as beside:
        for name, frame in tables.items():
            write_csv(frame, beside / f"{name}.csv")
            resources.append(describe_table(name, schemas[name]))
        package = {"name": "map-tables", "resources": resources, "built_from": inputs}
        write_text(beside / "datapackage.json", json.dumps(package, indent=1, ensure_ascii=False) + "\n")


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


def fingerprint(parts: Iterable[str | bytes | Path]) -> str:
    """One SHA-256 over texts, bytes and the contents of files, in their order."""
    whole = hashlib.sha256()
    for part in parts:
        data = part.read_bytes() if isinstance(part, Path) else part
        data = data.encode("utf-8") if isinstance(data, str) else data
        whole.update(hashlib.sha256(data).digest())
    return whole.hexdigest()
