"""The command line of mapanalysis."""

from __future__ import annotations

import datetime
import os
import signal
import sys
import time
import traceback
from pathlib import Path
from types import FrameType
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from mapanalysis import __version__
from mapanalysis.errors import MapError, Problem, UsageError
from mapanalysis.project import SIDECAR, Project, seal

EXIT_CODES = """
Exit codes: 0 done; 1 a fault of this program; 2 wrong usage; 3 problems in the data; 4 a notebook stopped;
5 output could not be written; 6 something private would be published; 130 interrupted.
"""
PRIVATE = 6
INTERRUPTED = 130
NOBODY_READS = 141


class Commands(TyperGroup):
    """The commands, with our errors said in words and not as tracebacks."""

    def invoke(self, context: Any) -> Any:
        try:
            return super().invoke(context)
        except MapError as error:
            _say(str(error))
            raise typer.Exit(error.exit_code) from None
        except KeyboardInterrupt:
            _say("Stopped. The last edition is unchanged.")
            raise typer.Exit(INTERRUPTED) from None
        except BrokenPipeError:  # whoever read what we print has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains at its end
            raise typer.Exit(NOBODY_READS) from None


app = typer.Typer(
    cls=Commands,
    help=f"Make, read and keep alive evidence and gap maps.\n\n{EXIT_CODES}",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
ProjectFolder = Annotated[
    Path, typer.Argument(help="A folder of the map project.", show_default="the current folder")
]


def main() -> None:
    """The `mapanalysis` command: ends the process with one of the exit codes that its help lists."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        app()
    except Exception:
        traceback.print_exc()
        _say(
            "\nThis is a fault of mapanalysis, not of your data; the last edition is unchanged. Please report it to "
            "the maintainers (CONTRIBUTING.md), with the lines above and the command you gave."
        )
        sys.exit(1)


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _say(text: str) -> None:
    print(text, file=sys.stderr)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"mapanalysis {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None: ...


@app.command(epilog=EXIT_CODES)
def run(
    project: ProjectFolder = Path(),
    parameters: Annotated[
        list[str] | None,
        typer.Option("-p", "--parameter", metavar="NAME=VALUE", help="A parameter instead of params.yaml's."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Run what is up to date, too.")] = False,
    only: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NOTEBOOK",
            help="Run this notebook (05 or 05_gaps; may be given several times) and carry all others over from the "
            "last edition. They must be up to date: an edition is never put together from parts that do not fit.",
        ),
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="How many notebooks run at once.")] = 2,
) -> None:
    """Run the notebooks and put the edition they make into reports/EDITION.

    What is up to date is skipped: a notebook whose text, parameters, data and code are those of the last edition.
    When anything fails, the last edition stays as it was; the notebook that failed is in reports/failed.

    Example: mapanalysis run -p minimum_studies=3 -p edition=2026-11-draft
    """
    from mapanalysis.running import pipeline
    from mapanalysis.running.progress import show_progress

    began = time.monotonic()
    with show_progress() as progress:
        result = pipeline.run(
            Project.find(project),
            parameters or [],
            force=force,
            only=only or [],
            jobs=jobs,
            progress=progress,
        )
    if result.ran:
        print(f"Ran {len(result.ran)} of {len(result.ran) + len(result.carried_over)} notebooks ", end="")
        print(f"in {time.monotonic() - began:.1f} s. Open {result.edition / 'index.html'}")
    else:
        print(f"Everything is up to date: {result.edition / 'index.html'}")


@app.command(epilog=EXIT_CODES)
def check(
    project: ProjectFolder = Path(),
    csv: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the problems as CSV, too.")] = None,
) -> None:
    """Check all raw data and list every problem at once; then what would be published and should not.

    The second are e-mail addresses, names of coders, comments and long quotations in what outputs show. With these
    alone it ends with 6: the evidence can be built, but look at them before you publish it.

    Example: mapanalysis check --csv problems.csv
    """
    from mapanalysis.evidence import find_problems
    from mapanalysis.exchange.privacy import find_private

    found = Project.find(project)
    problems, private = find_problems(found), find_private(found)
    if csv:
        _write_problems([*problems, *private], csv)
    for problem in (*problems, *private):
        print(problem)
    if private:
        _say(f"{_count(private, 'place')} that would be published and should not.")
    if problems:
        _say(f"{_count(problems, 'problem')}.")
        raise typer.Exit(3)
    print("No problems: the evidence can be built.")
    if private:
        raise typer.Exit(PRIVATE)


def _count(found: list[Problem], name: str) -> str:
    return f"{len(found):,} {name}{'' if len(found) == 1 else 's'}"


def _write_problems(problems: list[Problem], path: Path) -> None:
    import dataclasses

    import pandas as pd

    from mapanalysis.errors import as_rows
    from mapanalysis.store import write_csv

    columns = [field.name for field in dataclasses.fields(Problem)]
    write_csv(pd.DataFrame(as_rows(problems), columns=columns).astype({"row": "Int64"}), path)


@app.command(epilog=EXIT_CODES)
def publications(
    project: ProjectFolder = Path(),
    out: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Where to write.", show_default="PROJECT/publications"),
    ] = None,
) -> None:
    """Join the records to publications, before anything is screened.

    Writes records.csv (each with its publication), publications.csv, uncertain_pairs.csv (for a person to settle in
    duplicate_decisions.csv) and known_duplicates.csv, which, put into data/raw, makes the publications' ids last.

    Example: mapanalysis publications --out to-screen
    """
    from mapanalysis.evidence import write_publications

    found = Project.find(project)
    linked = write_publications(found, out or found.root / "publications")
    n_publications = linked.records["publication_id"].nunique()
    print(f"{len(linked.records):,} records are {n_publications:,} publications.")
    print(f"{len(linked.uncertain):,} pairs are uncertain. See {out or found.root / 'publications'}")


# --- maps in and out ---

MappingFile = Annotated[
    Path | None, typer.Option("--mapping", metavar="FILE.yaml", help="What each column of a spreadsheet is.")
]
FormatId = Annotated[
    str,
    typer.Option(
        "--as",
        metavar="FORMAT",
        help="Read it as: eppi-json, eppi-mapper, covidence, rayyan, references, table.",
    ),
]
Rows = Annotated[str, typer.Option(metavar="DIMENSION", help="The dimension that makes the rows.")]
Columns = Annotated[str, typer.Option(metavar="DIMENSION", help="The dimension that makes the columns.")]
Segments = Annotated[
    str, typer.Option(metavar="DIMENSION", help="The dimension that divides cells: the type of evidence.")
]
Tags = Annotated[bool, typer.Option("--tags", help="Take the keywords of references as codes.")]


@app.command("init", epilog=EXIT_CODES)
def init(
    folder: Annotated[Path, typer.Argument(help="The folder of the new project.")],
    source: Annotated[
        Path | None,
        typer.Option("--from", metavar="FILE", help="What to make it from; without, it is empty."),
    ] = None,
    mapping: MappingFile = None,
    format_id: FormatId = "",
    rows: Rows = "",
    columns: Columns = "",
    segments: Segments = "",
    tags: Tags = False,
    to_screen: Annotated[
        bool, typer.Option("--to-screen", help="References wait to be screened, and are not included yet.")
    ] = False,
    no_copy: Annotated[
        bool,
        typer.Option("--no-copy", help="Keep no copy of the file in data/raw/imported, only its checksum."),
    ] = False,
) -> None:
    """Make a map project, from a file that you already have or empty.

    Read are exports of EPPI-Reviewer (JSON), published pages of EPPI-Mapper (HTML), coded tables (CSV, TSV, XLSX), Covidence and
    Rayyan (CSV), and references (RIS, PubMed, BibTeX, EndNote XML, CSV); which it is shows in the content. The file is
    not changed. What was read, repaired, left out and guessed is printed and stands in data/import_report.csv. What the
    file leaves open is asked at the terminal; elsewhere the command stops with the questions.

    Example: mapanalysis init my-map --from export.json --rows intervention --columns outcome
    """
    from mapanalysis.exchange import projects

    today = datetime.date.today()
    if source is None:
        projects.write_empty_project(folder, today)
        print(f"{folder} is a map project to begin with: see {folder / 'README.md'}")
        return
    from mapanalysis.exchange.session import Request, ask_in_terminal, axes_of, read_request

    projects.check_is_free(folder)
    request = Request(source, mapping, format_id, rows, columns, segments, tags, to_screen, not no_copy)
    ask = ask_in_terminal()
    library, original = read_request(request, ask)
    axes = axes_of(request, library, ask)
    report, problems = projects.write_project(library, folder, original, axes, today)
    print("\n".join(report.lines()))
    _print_open(problems)
    print(f"{folder} is a map project. Next: mapanalysis run {folder}")


def _print_open(problems: list[Problem]) -> None:
    """What people have still to settle before a project can run."""
    if problems:
        print("Before it can run:")
    for problem in problems:
        print(f"  {problem}")


@app.command("import", epilog=EXIT_CODES)
def import_file(
    file: Annotated[Path, typer.Argument(help="What to add.")],
    project: ProjectFolder = Path(),
    mapping: MappingFile = None,
    format_id: FormatId = "",
    tags: Tags = False,
    leave_unknown: Annotated[
        bool, typer.Option("--leave-unknown", help="Leave out codes that the codebook does not hold.")
    ] = False,
    no_copy: Annotated[
        bool, typer.Option("--no-copy", help="Keep no copy of the file in data/raw/imported.")
    ] = False,
) -> None:
    """Add what a file holds to a project: new reports and codes, or references that wait to be screened.

    Nothing that is settled changes: where file and project differ, the project's value stays and the difference is
    listed. Codes that the codebook does not hold stop the import, with the lines to add.

    Example: mapanalysis import update.json my-map
    """
    from mapanalysis.exchange.merging import import_library
    from mapanalysis.exchange.session import Request, ask_in_terminal, read_request

    found = Project.find(project)
    request = Request(file, mapping, format_id, tags=tags, is_kept=not no_copy)
    library, original = read_request(request, ask_in_terminal())
    report, problems = import_library(
        found, library, original, datetime.date.today(), leave_unknown=leave_unknown
    )
    print("\n".join(report.lines()))
    _print_open(problems)


@app.command("map", epilog=EXIT_CODES)
def quick_map(
    file: Annotated[Path, typer.Argument(help="What to make the map from.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="MAP.html", help="Where to write the map.")],
    mapping: MappingFile = None,
    format_id: FormatId = "",
    rows: Rows = "",
    columns: Columns = "",
    segments: Segments = "",
    tags: Tags = False,
) -> None:
    """Make the interactive map straight from a file, without a project.

    Files are read as by `mapanalysis init`. The map is one HTML file that asks nothing of any network.

    Example: mapanalysis map export.json -o map.html
    """
    from mapanalysis.exchange.quick import write_quick_map
    from mapanalysis.exchange.session import Request, ask_in_terminal, axes_of, read_request

    ask = ask_in_terminal()
    request = Request(file, mapping, format_id, rows, columns, segments, tags)
    library, original = read_request(request, ask)
    axes = axes_of(request, library, ask)
    report = write_quick_map(library, original, axes, datetime.date.today(), out)
    print("\n".join(report.lines()))
    print(f"Wrote {out}")


@app.command("export", epilog=EXIT_CODES)
def export(
    project: ProjectFolder = Path(),
    *,
    format_id: Annotated[
        str,
        typer.Option("--format", "-f", help="ris, bibtex, csv, xlsx, eppi-json or datapackage (a folder)."),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="Where to write.")],
    filters: Annotated[
        list[str] | None,
        typer.Option(
            "--filter",
            metavar="DIMENSION=CODE,CODE",
            help="Only studies with one of these codes or one below it; may be given several times, and all must hold.",
        ),
    ] = None,
) -> None:
    """Write the included reports with their codes for other programs: the whole map, or what passes a filter.

    Example: mapanalysis export --format ris --filter design=trial,review --filter country=GB -o trials.ris
    """
    from mapanalysis.exchange import exports
    from mapanalysis.messages import count

    chosen = exports.choose(Project.find(project), filters or [])
    exports.export_map(chosen, format_id, out)
    told = count(len(chosen.reports), "report", "reports")
    print(f"Wrote {told} of {count(len(chosen.study_ids))} to {out}")


@app.command("seal", epilog=EXIT_CODES)
def seal_files(
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[FILE]...",
            help="Raw files: a path, or a name within data/raw. Without any: all that have no .source.yaml yet.",
        ),
    ] = None,
) -> None:
    """Record the checksum of raw files whose change is meant, in the .source.yaml beside each.

    A new file gets one with blanks to fill in: where it comes from, and under which licence.

    Example: mapanalysis seal data/raw/records/publishers.ris
    """
    chosen = [_raw_file(file) for file in files] if files else _new_raw_files()
    for project, path in chosen:
        sidecar = path.with_name(path.name + SIDECAR)
        before = sidecar.read_bytes() if sidecar.exists() else b""
        source = seal(project, path, datetime.date.today())
        done = (
            "is as it was"
            if sidecar.read_bytes() == before
            else "changed"
            if before
            else "is new: fill it in"
        )
        print(f"{sidecar.relative_to(project.root)} {done} (SHA-256 {source.sha256})")


def _new_raw_files() -> list[tuple[Project, Path]]:
    project = Project.find()
    new = [path for path in project.raw_files() if not path.with_name(path.name + SIDECAR).exists()]
    if not new:
        print("Every raw file has its .source.yaml. A file that was changed is sealed by name only.")
    return [(project, path) for path in new]


def _raw_file(file: Path) -> tuple[Project, Path]:
    """The project and the full path of a raw file, given by its path or by its name within data/raw."""
    project = Project.find(file.absolute().parent if file.is_file() else Path())
    for path in (file.resolve(), (project.raw / file).resolve()):
        if path in project.raw_files():
            return project, path
    raise UsageError(
        Problem("is not a raw file of a map project", f"Raw files are in {project.raw}.", file=str(file))
    )
