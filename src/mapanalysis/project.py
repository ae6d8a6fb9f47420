"""A map project on disk, and its raw data under checksums.

Every raw file has a sidecar `<file>.source.yaml` that says what it is, how it was made, under which licence and
when, and its SHA-256. Reading verifies the checksum on the very bytes that are then parsed.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from mapanalysis.errors import DataError, MapError, Problem, Problems, UsageError
from mapanalysis.files import sha256_of, write_text

if TYPE_CHECKING:
    import pandas as pd

    from mapanalysis.appraisal_tools import Tool
    from mapanalysis.codebook import Codebook

SIDECAR = ".source.yaml"
WORDS = ("README.md", "LICENSE")  # about the data, not data

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
    pages, `trust_in_short` among the key messages, `footer` on every page. `search` says what was searched, for which kind of evidence, until when.
    `protocol`, `search_strategy` (where the full searches are), `stakeholders` (who was consulted) and `funding` are
    what reporting checklists ask for; the report says of what is empty that the project does not state it.
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
    trust_in_short: str
    footer: str
    search: list[str] = []
    next_update: str = ""
    protocol: str = ""
    search_strategy: str = ""
    stakeholders: str = ""
    funding: str = ""
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
        from mapanalysis.codebook import parse_codebook  # here: it needs pandas, and few commands need it

        return parse_codebook(self.read_bytes(self.raw / "codebook.yaml"), "codebook.yaml")

    @cached_property
    def appraisal_tools(self) -> dict[str, Tool]:
        """The tools of appraisal by id: those of the package, and those in `data/raw/appraisal_tools`, which come first.

        Raises DataError with all that is wrong in the project's own.
        """
        from mapanalysis.appraisal_tools import package_tools, read_tools

        paths = [path for path in self.raw_files() if path.parent == self.raw / "appraisal_tools"]
        return read_tools(
            {f"appraisal_tools/{path.name}": self.read_bytes(path) for path in paths}, package_tools()
        )

    @cached_property
    def about(self) -> About:
        path = self.raw / "about.yaml"
        return _parse_model(About, self.read_bytes(path), path.name)

    def raw_files(self) -> list[Path]:
        """Every raw file that a checksum covers, in the order of their names."""
        return sorted(
            path
            for path in self.raw.rglob("*")
            if path.is_file() and not path.name.endswith(SIDECAR) and path.name not in WORDS
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
        found = sha256_of(data)
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

    def checksums(self) -> dict[str, str]:
        """The SHA-256 of every raw file by name, each verified against its sidecar.

        Raises DataError with all that are missing, not described or changed. A sidecar without its file is a file that
        was lost: many may be absent, and would not be missed otherwise.
        """
        problems = Problems()
        found = {}
        for path in self.raw_files():
            try:
                found[path.relative_to(self.raw).as_posix()] = sha256_of(self.read_bytes(path))
            except MapError as error:
                problems.collect(error)
        for sidecar in sorted(self.raw.rglob(f"*{SIDECAR}")):
            name = sidecar.relative_to(self.raw).as_posix().removesuffix(SIDECAR)
            if not sidecar.with_name(sidecar.name.removesuffix(SIDECAR)).exists():
                problems.add(
                    "the file is not there, but its sidecar is",
                    file=name,
                    todo=f"Put the file back, or remove {name}{SIDECAR} if the map no longer has it.",
                )
        problems.raise_if_any()
        return found

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
        import pandas as pd

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
    found = sha256_of(path.read_bytes())
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
