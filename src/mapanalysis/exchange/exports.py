"""A map, or the studies that pass a filter, as files that other programs read."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from mapanalysis.errors import OutputError, Problem, UsageError, nearest_of
from mapanalysis.evidence import Evidence, load_evidence
from mapanalysis.exchange.citations import (
    Entry,
    doi_of,
    list_codes,
    list_entries,
    single_line,
    to_bibtex,
    to_ris,
)
from mapanalysis.exchange.projects import library_of
from mapanalysis.exchange.selection import parse_filters, select_studies
from mapanalysis.files import write_bytes, write_text
from mapanalysis.project import Project
from mapanalysis.publish.report import tables_without_abstracts
from mapanalysis.sources.eppi_writing import to_eppi_json
from mapanalysis.store import tables_built_from, write_csv, write_tables
from mapanalysis.tables import BUILT

LONGEST_CELL = 32_767  # characters that a cell of a spreadsheet holds
ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # what XML cannot hold
WIDEST = 60  # characters of a column
FIXED_DATE = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip file knows: same inputs, same bytes
# What a data package of some studies holds; those of the whole map speak of all records.
OF_STUDIES = ("reports", "studies", "codings")


@dataclass(frozen=True)
class Chosen:
    """What is to be written: the evidence, and the studies that pass the filter, in their order."""

    evidence: Evidence
    study_ids: pd.Series

    @property
    def is_whole(self) -> bool:
        return len(self.study_ids) == len(self.evidence.studies)

    @property
    def reports(self) -> pd.DataFrame:
        return self._of(self.evidence.reports)

    @property
    def studies(self) -> pd.DataFrame:
        return self._of(self.evidence.studies)

    @property
    def codings(self) -> pd.DataFrame:
        return self._of(self.evidence.codings)

    @property
    def entries(self) -> list[Entry]:
        title = self.evidence.about.title
        return list_entries(self.reports, self.studies, self.codings, self.evidence.codebook, title)

    def _of(self, table: pd.DataFrame) -> pd.DataFrame:
        return table[table["study_id"].isin(self.study_ids)].reset_index(drop=True)


def choose(project: Project, filters: Iterable[str] = ()) -> Chosen:
    """The studies of a project that pass all filters ("design=trial,review").

    Raises UsageError for filters that cannot be meant and when no study passes; DataError for problems in the data.
    """
    evidence = load_evidence(project.root)
    wanted = parse_filters(filters, evidence.codebook)
    study_ids = select_studies(evidence.studies["study_id"], evidence.codings, evidence.codebook, wanted)
    if study_ids.empty:
        raise UsageError(Problem("no study passes: there is nothing to write", "Take a filter away."))
    return Chosen(evidence, study_ids)


def export_map(chosen: Chosen, name: str, path: Path) -> None:
    """Writes the chosen studies to `path` in the format `name` (of `FORMATS`), whole or not at all.

    Raises UsageError for a format that there is not; OutputError when the place cannot be written, or holds something
    that an export must not replace.
    """
    if name not in FORMATS:
        todo = f"Choose one of: {', '.join(FORMATS)}."
        raise UsageError(Problem(f"there is no format {name!r}", todo, nearest=nearest_of(name, FORMATS)))
    FORMATS[name].write(chosen, path)


def write_ris(chosen: Chosen, path: Path) -> None:
    """RIS, one record a report, with the codes as keywords."""
    write_text(path, to_ris(chosen.entries))


def write_bibtex(chosen: Chosen, path: Path) -> None:
    """BibTeX in UTF-8, one entry a report, with the codes as keywords."""
    write_text(path, to_bibtex(chosen.entries))


def write_table(chosen: Chosen, path: Path) -> None:
    """CSV, one row a report, a column for each dimension: see `report_table`."""
    write_csv(report_table(chosen), path)


def write_eppi_json(chosen: Chosen, path: Path) -> None:
    """EPPI-Reviewer JSON: the codebook as codesets, each report with its codes."""
    library = library_of(chosen.evidence.project, set(chosen.study_ids))
    codebook = chosen.evidence.codebook
    write_bytes(path, to_eppi_json(library.title, codebook, library.reports, library.codings))


def report_table(chosen: Chosen) -> pd.DataFrame:
    """One row per report: what is known of it and of its study, then the labels of its codes by dimension ("; ")."""
    names = {
        "study_id": "study_id",
        "label": "study_label",
        **{
            name: name
            for name in ("publication_id", "title", "authors", "year", "journal", "volume", "issue")
        },
        **{name: name for name in ("pages", "doi", "pmid", "pmcid", "record_type", "trial_name", "access")},
        **{name: name for name in ("n_participants", "n_included_studies", "followup_months", "summary")},
    }
    labels = chosen.studies[["study_id", "label"]]
    table = chosen.reports.merge(labels, on="study_id", validate="many_to_one")
    table = table.assign(doi=table["doi"].map(lambda doi: doi_of(doi) or doi).astype("str"))
    table = table[list(names)].rename(columns=names)
    codes = list_codes(chosen.codings, chosen.evidence.codebook)
    for dimension in chosen.evidence.codebook.dimensions:
        label = single_line(dimension.label)
        told = ["; ".join(codes.get(study, {}).get(label, [])) for study in table["study_id"]]
        column = f"{dimension.id}_codes" if dimension.id in table else dimension.id
        table[column] = pd.Series(told, index=table.index, dtype="str")
    return table


# --- XLSX ---


def write_xlsx(chosen: Chosen, path: Path) -> None:
    """A workbook: reports, codings, the codebook, and what a reader must know. Text stays text, also where it begins
    like a formula.
    """
    codebook, about = chosen.evidence.codebook, chosen.evidence.about
    labels = {(row.dimension, row.code): row.label for row in codebook.glossary.itertuples(index=False)}
    codings = chosen.codings.assign(
        label=[labels[pair] for pair in zip(chosen.codings["dimension"], chosen.codings["code"], strict=True)]
    )
    known = {
        "Title": about.title,
        "Question": codebook.question,
        "Responsible": about.responsible,
        "Licence": about.licence,
        "Cite as": about.cite,
        **{f"How far to trust it ({n})": text for n, text in enumerate(about.trust, start=1)},
    }
    sheets = {
        "Reports": report_table(chosen),
        "Codings": codings,
        "Codebook": codebook.glossary,
        "About": pd.DataFrame({"item": list(known), "text": list(known.values())}),
    }
    write_bytes(path, make_workbook(sheets))


def make_workbook(sheets: dict[str, pd.DataFrame]) -> bytes:
    """The frames as sheets of one XLSX file, text as text, numbers as numbers; the same frames give the same bytes."""
    book = Workbook(write_only=True)
    for name, frame in sheets.items():
        sheet = book.create_sheet(name)
        sheet.freeze_panes = "A2"
        for number, column in enumerate(frame, start=1):
            longest = max((len(str(value)) for value in frame[column].head(200)), default=0)
            width = min(max(len(str(column)), longest) + 2, WIDEST)
            sheet.column_dimensions[get_column_letter(number)].width = width
        sheet.append([_cell(sheet, str(column), bold=True) for column in frame])
        for row in frame.itertuples(index=False):
            sheet.append([_cell(sheet, value) for value in row])
    written = io.BytesIO()
    book.save(written)
    return _without_dates(written.getvalue())


def _cell(sheet: Any, value: Any, *, bold: bool = False) -> WriteOnlyCell:
    """A cell; text gets its type by hand, because a spreadsheet library takes what begins with = for a formula."""
    if pd.isna(value):
        return WriteOnlyCell(sheet, None)
    if pd.api.types.is_number(value) and not isinstance(value, bool):
        return WriteOnlyCell(sheet, value.item() if hasattr(value, "item") else value)
    text = ILLEGAL.sub("", str(value))
    cell = WriteOnlyCell(sheet, text if len(text) <= LONGEST_CELL else text[: LONGEST_CELL - 1] + "…")
    cell.data_type = "s"
    if bold:
        cell.font = Font(bold=True)
        cell.alignment = Alignment(vertical="top")
    return cell


def _without_dates(data: bytes) -> bytes:
    """The workbook without the time of its making."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.infolist():
            content = old.read(item)
            if item.filename == "docProps/core.xml":
                content = re.sub(
                    rb"(<dcterms:(created|modified)[^>]*>)[^<]*", rb"\g<1>1980-01-01T00:00:00Z", content
                )
            new.writestr(zipfile.ZipInfo(item.filename, FIXED_DATE), content, zipfile.ZIP_DEFLATED)
    return made.getvalue()


# --- data package ---


def write_datapackage(chosen: Chosen, path: Path) -> None:
    """A Frictionless data package: the built tables without abstracts, the codebook, and `datapackage.json`.

    Of some studies it holds reports, studies and codings only. `path` is a folder: new, empty, or an older package.
    """
    if (
        path.exists()
        and not (path / "datapackage.json").is_file()
        and (not path.is_dir() or any(path.iterdir()))
    ):
        raise OutputError(
            Problem(
                "is in the way: an export replaces the whole folder", "Name a new folder.", file=str(path)
            )
        )
    tables, schemas = tables_without_abstracts(chosen.evidence.tables)
    if not chosen.is_whole:
        tables = {name: getattr(chosen, name) for name in OF_STUDIES}
        schemas = {name: BUILT[name] for name in OF_STUDIES}
    about, project = chosen.evidence.about, chosen.evidence.project
    words = {"title": about.title, "description": f"{about.cite} Licence: {about.licence}"}
    codebook = project.read_bytes(project.raw / "codebook.yaml")
    write_tables(
        tables,
        schemas,
        path,
        tables_built_from(project.processed),
        words=words,
        beside={"codebook.yaml": codebook},
    )


@dataclass(frozen=True)
class ExportFormat:
    """One way to write a map: what it is for, the ending of its file ("" for a folder), and what writes it."""

    name: str
    ending: str
    write: Callable[[Chosen, Path], None]


FORMATS = {
    "ris": ExportFormat("RIS", ".ris", write_ris),
    "bibtex": ExportFormat("BibTeX", ".bib", write_bibtex),
    "csv": ExportFormat("CSV", ".csv", write_table),
    "xlsx": ExportFormat("XLSX", ".xlsx", write_xlsx),
    "eppi-json": ExportFormat("EPPI-Reviewer JSON", ".json", write_eppi_json),
    "datapackage": ExportFormat("Frictionless data package", "", write_datapackage),
}
