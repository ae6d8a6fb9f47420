"""What another file holds, added to a project: new reports, codes and records; what is settled is never changed silently.

A report of the file is one of the project when they share an identifier (DOI, PubMed), or title and year. Empty fields
are filled; where the two differ, the project's value stays and the conflict is listed. Codes are those of the
project's codebook, known by id or label; a code that it does not hold stops the import, or is left out when asked.
"""

from __future__ import annotations

import datetime
import re
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from mapanalysis.analysis.coding import is_in_force
from mapanalysis.codebook import NOT_REPORTED, Codebook
from mapanalysis.errors import DataError, Problem, Problems, nearest_of
from mapanalysis.evidence import find_problems
from mapanalysis.exchange.axes import NOT_STATED, SEGMENT
from mapanalysis.exchange.citations import doi_of
from mapanalysis.exchange.import_report import ImportReport, write_import_report
from mapanalysis.exchange.projects import IMPORTED, RECORDS, Original, Words, add_file, add_table
from mapanalysis.files import replacing_folder
from mapanalysis.project import Project
from mapanalysis.sources.library import Library, SetAside
from mapanalysis.sources.raw_tables import read_raw_table
from mapanalysis.tables import RAW, SETTLED, dtypes_of

SHORTEST_TITLE = 15  # letters; "Editorial" is the title of many
KEYS = ("publication_id", "study_id")


@dataclass(frozen=True)
class Staged(Project):
    """A project whose raw data stand in another folder until they are whole."""

    folder: Path = Path()

    @property
    def raw(self) -> Path:
        return self.folder


@dataclass
class Tally:
    """What was done and what was not, by kind, with examples."""

    counts: dict[tuple[str, str], int] = field(default_factory=Counter)
    examples: dict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, what: str, why: str = "", example: str = "", count: int = 1) -> None:
        self.counts[what, why] += count
        if example:
            self.examples[what, why].append(example)

    def as_tuple(self) -> tuple[SetAside, ...]:
        return tuple(
            SetAside(what, why, count, tuple(self.examples[what, why]))
            for (what, why), count in self.counts.items()
            if count
        )


def import_library(
    project: Project,
    library: Library,
    original: Original,
    today: datetime.date,
    *,
    leave_unknown: bool = False,
) -> tuple[ImportReport, list[Problem]]:
    """The report of what was added to the project, and the problems that `mapanalysis check` now finds.

    The raw data are changed as a whole or not at all. `leave_unknown` leaves codes out that the codebook does not
    hold; without it they stop the import.

    Raises DataError for such codes, each with what to add to codebook.yaml, for problems in the project as it was, and
    where the import would bring problems that it did not have; OutputError when it cannot be written.
    """
    before = find_problems(project)
    if before:
        raise DataError(
            [
                Problem(
                    "the project has problems of its own", "Run `mapanalysis check`, and mend them first."
                ),
                *before,
            ]
        )
    done, conflicts = Tally(), Tally()
    with replacing_folder(project.raw) as new:
        shutil.copytree(project.raw, new, dirs_exist_ok=True)
        staged = Staged(project.root, new)
        if library.references is not None:
            library = _add_references(staged, library, original, today, done)
        else:
            library = _encode(library, project.codebook, leave_unknown)
            _merge_tables(staged, library, original, today, done, conflicts)
        report = ImportReport(library.reading, today, done.as_tuple(), conflicts.as_tuple())
        problems = find_problems(staged)
        if problems and library.screening is None and library.references is None:
            raise DataError(problems)
    write_import_report(report, project.root / "data")
    return report, problems


# --- references ---


def _add_references(
    project: Project, library: Library, original: Original, today: datetime.date, done: Tally
) -> Library:
    """The file of references beside those of the project: they wait to be screened, as those of any source."""
    name = f"{RECORDS}/{original.safe_name}"
    if (project.raw / name).exists():
        raise DataError(
            Problem("the project has a file of this name already", "Rename the new one.", file=name)
        )
    words = Words("References as the file holds them", f"The file {original.name} as it was given.", today)
    add_file(project, name, original.data, words)
    assert library.references is not None  # as its caller found
    done.add(
        "records added to data/raw/records",
        "run `mapanalysis publications` to see which are new",
        count=len(library.references),
    )
    if library.screening is not None:
        path = project.raw / "screening_records.csv"
        known = _read(project, "screening_records") if path.exists() else library.screening.iloc[:0]
        table = pd.concat([known, library.screening], ignore_index=True)
        add_table(
            project, "screening_records", table, Words(RAW["screening_records"].title, _made(original), today)
        )
        done.add("decisions on records", count=len(library.screening))
    reading = replace(library.reading, n_used=library.reading.n_read, set_aside=(), guesses=())
    return replace(library, reading=reading)


# --- codes ---


def _encode(library: Library, codebook: Codebook, leave_unknown: bool) -> Library:
    """The library with the codings in the ids of the project's codebook. Raises DataError for codes that it does not hold."""
    own = Codebook.model_validate(library.codebook)
    dimension_of = _match(
        {d.id: d.label for d in own.dimensions}, {d.id: d.label for d in codebook.dimensions}
    )
    code_of: dict[tuple[str, str], str] = {}
    for dimension in own.dimensions:
        target = dimension_of.get(dimension.id)
        if target:
            known = codebook.dimension(target).tree
            found = _match(dict(dimension.tree["label"]), dict(known["label"]))
            code_of |= {(dimension.id, code): to for code, to in found.items()}
    pairs = list(zip(library.codings["dimension"], library.codings["code"], strict=True))
    unknown = Counter(pair for pair in pairs if pair not in code_of)
    if unknown and not leave_unknown:
        raise DataError(_unknown_codes(unknown, own, codebook, dimension_of, library.reading.file))
    is_known = pd.Series([pair in code_of for pair in pairs], dtype=bool)
    kept = library.codings[is_known.to_numpy()]
    kept = kept.assign(
        code=[code_of[pair] for pair in pairs if pair in code_of],
        dimension=kept["dimension"].map(dimension_of),
    )
    left = [
        SetAside(
            "codings",
            f"the codebook has no {own.dimension(name).label}: {own.dimension(name).label_of(code)}",
            n,
        )
        for (name, code), n in unknown.items()
    ]
    reading = replace(library.reading, left_out=(*library.reading.left_out, *left))
    return replace(library, codings=kept.drop_duplicates(ignore_index=True), reading=reading)


def _match(labels: dict[str, str], known: dict[str, str]) -> dict[str, str]:
    """Id to the known id of the same id or, where that is not there, of the same label, if only one has it."""
    by_label: dict[str, list[str]] = defaultdict(list)
    for id, label in known.items():
        by_label[" ".join(label.casefold().split())].append(id)
    found = {}
    for id, label in labels.items():
        alike = by_label[" ".join(label.casefold().split())]
        if id in known and known[id].casefold() == label.casefold():
            found[id] = id
        elif len(alike) == 1:
            found[id] = alike[0]
        elif id in known and not re.fullmatch(
            r"[as]?-?\d+", id
        ):  # a bare number means another thing in every file
            found[id] = id
    return found


def _unknown_codes(
    unknown: Counter[tuple[str, str]],
    own: Codebook,
    codebook: Codebook,
    dimension_of: dict[str, str],
    file: str,
) -> Problems:
    """One problem for each code that the codebook lacks, with the line that would add it."""
    problems = Problems()
    for (name, code), n in unknown.most_common():
        dimension, label = own.dimension(name), own.dimension(name).label_of(code)
        target = dimension_of.get(name)
        if target is None:
            labels = [one.label for one in codebook.dimensions]
            what, nearest = (
                f"the codebook has no dimension {dimension.label!r}",
                nearest_of(dimension.label, labels),
            )
            where = f"as a dimension {{id: {name}, label: …, role: filter, codes: […]}}"
        else:
            labels = list(codebook.dimension(target).tree["label"])
            what, nearest = f"the codebook has no code {label!r} in {target}", nearest_of(label, labels)
            where = f"under {target}"
        line = yaml.safe_dump(
            {"id": code, "label": label}, default_flow_style=True, allow_unicode=True, width=10_000
        ).strip()
        problems.add(
            what,
            file=file,
            count=n,
            values=[label],
            nearest=nearest,
            todo=f"Add `- {line}` to codebook.yaml {where}, or use --leave-unknown, which leaves such codes out.",
        )
    return problems


# --- reports and codings ---


def _merge_tables(
    project: Project,
    library: Library,
    original: Original,
    today: datetime.date,
    done: Tally,
    conflicts: Tally,
) -> None:
    reports, codings = _read(project, "reports"), _read(project, "codings")
    same = match_reports(library.reports, reports)
    reports, renamed = _add_reports(reports, library.reports, same, done, conflicts)
    library = _with_segment(library, project.codebook)
    new = library.codings.assign(publication_id=library.codings["publication_id"].map(renamed))
    codings = _add_codings(codings, new, set(same.values()), done, conflicts)
    for name, table in (("reports", reports), ("codings", codings)):
        add_table(project, name, table, Words(RAW[name].title, _made(original), today))
    if original.is_kept:
        taken = {path.name for path in (project.raw / IMPORTED).glob("*")}
        words = Words("A file that was added", f"The file {original.name} as it was given.", today)
        add_file(project, f"{IMPORTED}/{_free(original.safe_name, taken)}", original.data, words)


def _with_segment(library: Library, codebook: Codebook) -> Library:
    """The library with the type of evidence "not stated", where the project has that type because nothing else is known."""
    has_it = any(one.id == SEGMENT and NOT_STATED in one.tree.index for one in codebook.dimensions)
    coded = library.codings.loc[library.codings["dimension"] == SEGMENT, "publication_id"]
    uncoded = library.reports.loc[~library.reports["publication_id"].isin(coded), ["publication_id"]]
    if not has_it or uncoded.empty:
        return library
    added = uncoded.assign(finding_id="", coder=SETTLED, dimension=SEGMENT, code=NOT_STATED)
    return replace(library, codings=pd.concat([library.codings, added], ignore_index=True))


def _made(original: Original) -> str:
    return f"Made by mapanalysis; {original.name} was added. See data/import_report.csv."


def _read(project: Project, name: str) -> pd.DataFrame:
    return read_raw_table(project.read_bytes(project.raw / f"{name}.csv"), RAW[name], f"{name}.csv")[0]


def match_reports(new: pd.DataFrame, known: pd.DataFrame) -> dict[str, str]:
    """publication_id of `new` to that of the report of `known` that is the same: by identifier, else by title and year."""
    places: dict[tuple[str, str], str] = {}
    for report in known.to_dict("records"):
        for key in _keys_of(report):
            places.setdefault(key, report["publication_id"])
    found: dict[str, str] = {}
    for report in new.to_dict("records"):
        hits = [places[key] for key in _keys_of(report) if key in places]
        if hits and hits[0] not in found.values():
            found[report["publication_id"]] = hits[0]
    return found


def _keys_of(report: dict[str, Any]) -> Iterable[tuple[str, str]]:
    """What tells a report from others, the surest first."""
    doi, pmid = doi_of(str(report.get("doi", ""))).casefold(), str(report.get("pmid", "")).strip()
    title = re.sub(r"\W+", " ", str(report["title"]).casefold()).strip()
    if doi:
        yield "doi and title", f"{doi} {title}"  # supplements of journals give one DOI to all their abstracts
    if pmid:
        yield "pmid", pmid
    if len(title) >= SHORTEST_TITLE and not pd.isna(report["year"]):
        yield "title and year", f"{title} {report['year']}"


def _add_reports(
    known: pd.DataFrame, new: pd.DataFrame, same: dict[str, str], done: Tally, conflicts: Tally
) -> tuple[pd.DataFrame, dict[str, str]]:
    """The reports of both, and for each new one the id that it has now."""
    taken, taken_studies = set(known["publication_id"]), set(known["study_id"])
    rows = {row["publication_id"]: row for row in known.astype("object").to_dict("records")}
    study_of = dict(zip(known["publication_id"], known["study_id"], strict=True))
    studies = {
        row["study_id"]: study_of[same[row["publication_id"]]]
        for row in new.to_dict("records")
        if row["publication_id"] in same
    }
    renamed = dict(same)
    for report in new.astype("object").to_dict("records"):
        own = report["publication_id"]
        if own in same:
            _fill(rows[same[own]], report, done, conflicts)
            continue
        renamed[own] = _free(own, taken)
        study = report["study_id"]
        if study not in studies:
            studies[study] = _free(study, taken_studies)
        rows[renamed[own]] = {**report, "publication_id": renamed[own], "study_id": studies[study]}
        done.add("reports added", example=str(report["title"]))
    done.add("reports that the project has already", count=len(same))
    frame = pd.DataFrame(list(rows.values()), columns=list(RAW["reports"].columns))
    return frame.astype(dtypes_of(RAW["reports"])), renamed


def _free(wanted: str, taken: set[str]) -> str:
    """An id or the name of a file like `wanted` that is not taken, and is from now on."""
    made, n = wanted, 1
    stem, dot, ending = wanted.rpartition(".") if re.search(r"\.[a-z]{1,5}$", wanted) else (wanted, "", "")
    while made in taken:
        n += 1
        made = f"{stem}-{n}{dot}{ending}"
    taken.add(made)
    return made


def _fill(row: dict[str, Any], report: dict[str, Any], done: Tally, conflicts: Tally) -> None:
    """Fills what the row leaves empty; where both say something else, the row stays and the conflict is listed."""
    for name in RAW["reports"].columns:
        value, other = row.get(name), report.get(name)
        if name in KEYS or _is_empty(other) or _alike(name, value, other):
            continue
        if _is_empty(value):
            row[name] = other
            done.add(f"empty {name} filled", example=row["publication_id"])
        else:
            what = f"{row['publication_id']}: {value} here, {other} in the file"
            conflicts.add(f"reports with another {name}", "what the project says stays", what)


def _is_empty(value: Any) -> bool:
    return bool(pd.isna(value)) or str(value).strip() == ""


def _alike(name: str, a: Any, b: Any) -> bool:
    if name == "doi":
        return doi_of(str(a)).casefold() == doi_of(str(b)).casefold() != ""
    return re.sub(r"\W+", " ", str(a).casefold()).strip() == re.sub(r"\W+", " ", str(b).casefold()).strip()


def _add_codings(
    known: pd.DataFrame, new: pd.DataFrame, shared: set[str], done: Tally, conflicts: Tally
) -> pd.DataFrame:
    """The codings of both. A dimension of a report that is coded already is never changed."""
    place = ["publication_id", "dimension"]
    counting = known[is_in_force(known)]
    here = {
        key: set(zip(rows["finding_id"], rows["code"], strict=True)) for key, rows in counting.groupby(place)
    }
    added = []
    for (publication, dimension), rows in new.groupby(place, sort=False):
        codes = set(zip(rows["finding_id"], rows["code"], strict=True))
        coded = here.get((publication, dimension))
        if coded is None:
            added.append(rows)
        elif {code for _, code in codes} != {code for _, code in coded}:
            mine, theirs = (", ".join(sorted({code for _, code in one})) for one in (coded, codes))
            conflicts.add(
                f"reports coded otherwise in {dimension}",
                "the project's codes stay",
                f"{publication}: {mine} here, {theirs} in the file",
            )
    done.add("codings added", count=sum(len(rows) for rows in added))
    # Where no row is settled, that of an only coder counts; a settled row beside it would end that.
    settled = counting.assign(coder=SETTLED) if added else counting.iloc[:0]
    whole = pd.concat([known, settled, *added], ignore_index=True)
    return _without_silence(whole)


def _without_silence(codings: pd.DataFrame) -> pd.DataFrame:
    """Codings each once; "not reported" gives way to a code that another row of the report and coder states."""
    distinct = codings.drop_duplicates(ignore_index=True)
    place = ["publication_id", "coder", "dimension"]
    states = (distinct["code"] != NOT_REPORTED).groupby([distinct[name] for name in place]).transform("any")
    return distinct[(distinct["code"] != NOT_REPORTED) | ~states].reset_index(drop=True)
