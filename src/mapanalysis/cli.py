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
5 output could not be written; 130 interrupted.
"""
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
    """Check all raw data and list every problem at once.

    Example: mapanalysis check --csv problems.csv
    """
    from mapanalysis.evidence import find_problems

    problems = find_problems(Project.find(project))
    if csv:
        _write_problems(problems, csv)
    for problem in problems:
        print(problem)
    if problems:
        _say(f"{len(problems):,} problem{'s' if len(problems) > 1 else ''}.")
        raise typer.Exit(3)
    print("No problems: the evidence can be built.")


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
