"""A map project made from a library, or empty: whole, checked, and with its sources under checksums; and back again."""

from __future__ import annotations

import datetime
import re
import shutil
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from mapanalysis.analysis.coding import is_in_force
from mapanalysis.errors import DataError, Problem, UsageError
from mapanalysis.evidence import find_problems
from mapanalysis.exchange.axes import Axes, add_segment, describe_missing, with_roles
from mapanalysis.exchange.import_report import ImportReport, write_import_report
from mapanalysis.exchange.notebooks import write_notebooks
from mapanalysis.files import replacing_folder, sha256_of, write_bytes, write_text
from mapanalysis.markup import literal
from mapanalysis.project import SIDECAR, About, Project, Source
from mapanalysis.sources.library import Library, Reading, SetAside
from mapanalysis.sources.raw_tables import read_raw_table
from mapanalysis.store import write_csv
from mapanalysis.tables import RAW, SETTLED

STARTER = Path(__file__).parent / "starter"
IMPORTED, RECORDS = "imported", "records"
NOT_KNOWN = "not known: the file does not say"
GITIGNORE = "data/processed*/\nreports/*\n"


@dataclass(frozen=True)
class Original:
    """The file that a map is made from, as it was given; `is_kept` says whether the project gets a copy."""

    name: str
    data: bytes
    is_kept: bool = True

    @property
    def safe_name(self) -> str:
        """The name without folders and without what a system could take amiss."""
        return re.sub(r"[^\w.-]+", "_", Path(self.name.replace("\\", "/")).name).lstrip(".") or "file"


def write_project(
    library: Library,
    folder: Path,
    original: Original,
    axes: Axes,
    today: datetime.date,
    *,
    notebooks: bool = True,
) -> tuple[ImportReport, list[Problem]]:
    """A map project in `folder` that can be checked and run, made beside and renamed into place.

    What the file does not say stands as not known in `about.yaml`; a study without a code of an axis is kept, counted as
    not placed and listed. The original stands in `data/raw/imported`, a list of references in `data/raw/records`.

    Gives the report of the import, and what people have still to decide before it can run (decisions of screeners that
    differ); without such decisions any problem is a DataError and nothing is written.

    Raises UsageError when the folder is not empty; OutputError when it cannot be written.
    """
    check_is_free(folder)
    library, axes = add_segment(_with_types(library), axes)
    report = _report(library, original, axes, today)
    with replacing_folder(folder) as new:
        project = Project(new)
        project.raw.mkdir(parents=True)
        _write_raw(project, library, original, axes, today)
        _write_words(project, library)
        if notebooks:
            write_notebooks(project, settings_of(axes, today))
        else:
            write_text(new / "params.yaml", yaml.safe_dump(settings_of(axes, today), sort_keys=False))
        write_import_report(report, new / "data")
        if library.mapping:
            write_text(new / "data" / "mapping.yaml", library.mapping)
        problems = find_problems(project)
        if problems and library.screening is None:
            raise DataError(problems)
    return report, problems


def write_empty_project(folder: Path, today: datetime.date) -> None:
    """A project to begin with: its tables have headers only, its words say what to write. Raises as `write_project`."""
    check_is_free(folder)
    with replacing_folder(folder) as new:
        project = Project(new)
        (project.raw / RECORDS).mkdir(parents=True)
        made = "Made by mapanalysis init, to be filled in."
        for name in ("codebook.yaml", "about.yaml"):
            add_file(
                project, name, (STARTER / name).read_bytes(), Words(f"{name} to begin with", made, today)
            )
        for name in ("reports", "codings"):
            add_table(
                project,
                name,
                pd.DataFrame(columns=list(RAW[name].columns), dtype="str"),
                Words(RAW[name].title, made, today),
            )
        axes = Axes("activity", "outcome", "design", need="activity", review_code="review")
        write_notebooks(project, settings_of(axes, today))
        shutil.copyfile(STARTER / "README.md", new / "README.md")
        write_text(new / ".gitignore", GITIGNORE)


def check_is_free(folder: Path) -> None:
    """Nothing; raises UsageError for a place that holds something, or that the terminal stands in."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(
            Problem("is not an empty folder", "Name a new folder: nothing is ever overwritten.", str(folder))
        )
    with suppress(OSError):
        if Path.cwd().is_relative_to(folder.resolve()):
            raise UsageError(
                Problem(
                    "is the folder you are in",
                    "Go to the folder above it, and name it from there.",
                    str(folder),
                )
            )


def settings_of(axes: Axes, today: datetime.date) -> dict[str, Any]:
    """The settings of a new map: its first edition, its axes, and the year from which "recent" counts back."""
    return {
        "edition": f"{today:%Y-%m}",
        "edition_date": today.isoformat(),
        "row_dimension": axes.row,
        "column_dimension": axes.column,
        "segment_dimension": axes.segment,
        "need_dimension": axes.need,
        "country_dimension": axes.country,
        "review_code": axes.review_code,
        "economic_code": axes.economic_code,
        "reference_year": today.year,
    }


# --- raw files ---


@dataclass(frozen=True)
class Words:
    """What a sidecar says of a raw file."""

    title: str
    made: str
    date: datetime.date
    licence: str = NOT_KNOWN


def _write_raw(
    project: Project, library: Library, original: Original, axes: Axes, today: datetime.date
) -> None:
    reading = library.reading
    licence = str(library.about.get("licence") or NOT_KNOWN)
    sum_of_file = f"SHA-256 {sha256_of(original.data)}"
    made = f"Made by mapanalysis init from {original.name} ({reading.format}; {sum_of_file}). See data/import_report.csv."

    def words(title: str) -> Words:
        return Words(title, made, today, licence)

    _add_yaml(project, "codebook.yaml", with_roles(library, axes), words("The vocabulary of the map"))
    _add_yaml(project, "about.yaml", about_of(library, original), words("What a reader must know of the map"))
    for name, table in (("reports", library.reports), ("codings", library.codings)):
        add_table(project, name, table, words(RAW[name].title))
    if library.references is not None:
        as_it_was = Words(
            "References as the file holds them", f"The file {original.name} as it was given.", today, licence
        )
        add_file(project, f"{RECORDS}/{original.safe_name}", original.data, as_it_was)
    elif original.is_kept:
        as_it_was = Words(
            "The file that the map was made from",
            f"The file {original.name} as it was given.",
            today,
            licence,
        )
        add_file(project, f"{IMPORTED}/{original.safe_name}", original.data, as_it_was)
    if library.screening is not None:
        add_table(project, "screening_records", library.screening, words(RAW["screening_records"].title))


def add_table(project: Project, name: str, table: pd.DataFrame, words: Words) -> None:
    """Writes a raw table as CSV, with the columns that hold anything, and those that must be there; with its sidecar."""
    schema = RAW[name]
    shown = [
        column
        for column in schema.columns
        if column not in schema.metadata["optional"]
        or (column in table and (table[column].notna() & (table[column].astype("str") != "")).any())
    ]
    path = project.raw / f"{name}.csv"
    write_csv(table.reindex(columns=shown), path)
    seal_new(project, path, words)


def _with_types(library: Library) -> Library:
    """The library with the type of document of each report, where only `records` says it."""
    if library.records is None:
        return library
    types = library.records.set_index("record_id")["record_type"]
    said = library.reports["publication_id"].map(types).fillna("").astype("str")
    return replace(library, reports=library.reports.assign(record_type=said))


def _add_yaml(project: Project, name: str, content: Mapping[str, Any], words: Words) -> None:
    text = yaml.safe_dump(dict(content), sort_keys=False, allow_unicode=True, width=110)
    add_file(project, name, text.encode("utf-8"), words)


def add_file(project: Project, name: str, data: bytes, words: Words) -> None:
    """Writes a raw file, with its sidecar."""
    path = project.raw / name
    write_bytes(path, data)
    seal_new(project, path, words)


def seal_new(project: Project, path: Path, words: Words) -> None:
    """Writes the sidecar of a raw file that the project makes."""
    source = Source(
        title=words.title,
        made=words.made,
        licence=words.licence,
        date=words.date,
        sha256=sha256_of(path.read_bytes()),
    )
    text = yaml.safe_dump(source.model_dump(), sort_keys=False, allow_unicode=True, width=110)
    write_text(path.with_name(path.name + SIDECAR), text)


# --- words ---


def about_of(library: Library, original: Original) -> dict[str, Any]:
    """`about.yaml`: what the file states, and plain statements of what it does not."""
    file = literal(original.name)
    how = "How its studies were searched for, chosen and coded is not known here, nor whether anybody has checked them."
    about: dict[str, Any] = {
        "title": library.title,
        "responsible": "Who made it is not known",
        "licence": NOT_KNOWN,
        "cite": f"{library.title}. Imported from {file}; how to cite it is {NOT_KNOWN}.",
        "trust": [f"**This map was made from one file,** {file}. {how}"],
        "trust_in_short": "it was made from one file, and how its studies were found and coded is not known.",
        "footer": "Made from one file; how its studies were found is not known.",
        "next_update": NOT_KNOWN,
    }
    known = {name: value for name, value in library.about.items() if name in About.model_fields and value}
    if library.references is not None:
        about["sources"] = {Path(original.safe_name).stem: file}
    return about | known


def _write_words(project: Project, library: Library) -> None:
    text = (STARTER / "README_imported.md").read_text(encoding="utf-8")
    title = " ".join(library.title.split()) or "A map"
    write_text(project.root / "README.md", text.replace("TITLE", title))
    write_text(project.root / ".gitignore", GITIGNORE)


def _report(library: Library, original: Original, axes: Axes, today: datetime.date) -> ImportReport:
    reports, codings = library.reports, library.codings
    n_dimensions = codings["dimension"].nunique()
    done = [
        SetAside("reports", f"of {reports['study_id'].nunique():,} studies", len(reports)),
        SetAside("codings", f"in {n_dimensions:,} dimensions", len(codings)),
    ]
    done += [
        SetAside("reports", f"no code of {label}: they are counted as not placed, and listed", n)
        for label, n in describe_missing(library, axes)
    ]
    if library.screening is not None:
        done.append(
            SetAside(
                "decisions on records",
                "screeners are called screener 1, screener 2 …",
                len(library.screening),
            )
        )
    return ImportReport(library.reading, today, tuple(done), guesses=axes.guesses)


# --- and back ---


def library_of(project: Project, study_ids: Iterable[str] | None = None) -> Library:
    """The project as a library: codebook, included reports, and the codings that count; of these studies, or of all.

    Raises DataError for problems in the raw files.
    """
    reports, _ = read_raw_table(
        project.read_bytes(project.raw / "reports.csv"), RAW["reports"], "reports.csv"
    )
    codings, _ = read_raw_table(
        project.read_bytes(project.raw / "codings.csv"), RAW["codings"], "codings.csv"
    )
    if study_ids is not None:
        reports = reports[reports["study_id"].isin(set(study_ids))].reset_index(drop=True)
    codings = codings[is_in_force(codings) & codings["publication_id"].isin(reports["publication_id"])]
    codings = codings.assign(coder=SETTLED).drop_duplicates(ignore_index=True)
    about = project.about
    return Library(
        title=about.title,
        codebook=project.codebook.model_dump(mode="json", exclude_defaults=True),
        reports=reports,
        codings=codings,
        reading=Reading(str(project.root), "map project", "reports", len(reports), len(reports)),
        about=about.model_dump(mode="json", exclude_defaults=True),
    )
