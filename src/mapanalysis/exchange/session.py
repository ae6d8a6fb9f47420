"""What the commands for files of others share: reading a file, asking a person what it leaves open, saying what was done."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mapanalysis.errors import DataError, Problem, UsageError
from mapanalysis.exchange.axes import OPTIONS, Ask, Axes, choose_axes
from mapanalysis.exchange.detect import Options, read_library
from mapanalysis.exchange.projects import Original
from mapanalysis.exchange.references import to_screen, with_bibliography
from mapanalysis.sources.library import Library
from mapanalysis.sources.mapping import UnclearError
from mapanalysis.sources.text import check_size

MOST_QUESTIONS = 50  # a reader that asks on and on is at fault


@dataclass(frozen=True)
class Request:
    """What a person asked for on the command line."""

    file: Path
    mapping: Path | None = None
    format_id: str = ""
    rows: str = ""
    columns: str = ""
    segments: str = ""
    tags: bool = False
    to_screen: bool = False
    is_kept: bool = True


def read_request(request: Request, ask: Ask | None = None) -> tuple[Library, Original]:
    """The library in the file, and the file itself. `ask` puts to a person what the file leaves open; without, it stops.

    Raises DataError as the readers do, with the questions where the file can be meant in several ways; UsageError for
    files that cannot be opened and for options that do not fit.
    """
    data = read_file(request.file)
    mapping = read_file(request.mapping) if request.mapping else None
    name = request.file.name
    asked = {"row": request.rows, "column": request.columns, "segment": request.segments}
    answers = {f"{role}_dimension": given for role, given in asked.items() if given}
    options = Options(mapping, answers, request.tags)
    library = _read(data, name, options, request.format_id, ask)
    library = with_bibliography(library)
    if request.to_screen:
        if library.references is None or library.screening is not None:
            raise UsageError(Problem("--to-screen is for lists of references without decisions", file=name))
        library = to_screen(library)
    return library, Original(name, data, request.is_kept)


def _read(data: bytes, name: str, options: Options, format_id: str, ask: Ask | None) -> Library:
    for _ in range(MOST_QUESTIONS):
        try:
            return read_library(data, name, options, format_id=format_id)
        except UnclearError as error:
            if ask is None:
                raise _with_options(error) from None
            question = error.questions[
                0
            ]  # one at a time: the answer may settle others, or take a choice away
            choices = list(question.options)
            answer = ask(question.ask, choices, choices[0] if choices else "")
            answers: dict[str, Any] = {**options.answers, question.key: answer}
            options = replace(options, answers=answers)
    raise AssertionError(f"{name}: more than {MOST_QUESTIONS} rounds of questions")


def _with_options(error: UnclearError) -> DataError:
    """The questions as problems that also name the options of the command line, where one answers them."""
    pairs = zip(error.questions, error.problems, strict=True)
    return DataError(
        replace(problem, todo=f"Give {OPTIONS[role]} NAME. {problem.todo}")
        if (role := question.key.removesuffix("_dimension")) in OPTIONS
        else problem
        for question, problem in pairs
    )


def axes_of(request: Request, library: Library, ask: Ask | None = None) -> Axes:
    """The axes that were asked for, that the file has, or that are likeliest."""
    if not library.codebook.get("dimensions"):
        todo = "Nothing can be placed on a map. Code its references first, or choose another file."
        raise UsageError(Problem("holds no codes", todo, file=request.file.name))
    if library.mapping:  # its columns may have other names than the dimensions, and were asked for already
        return choose_axes(library, ask=ask)
    return choose_axes(
        library, rows=request.rows, columns=request.columns, segments=request.segments, ask=ask
    )


def read_file(path: Path) -> bytes:
    """The bytes of a file that a person named. Raises UsageError when it cannot be read, DataError when it is too large."""
    try:
        check_size(path.stat().st_size, path.name)
        return path.read_bytes()
    except OSError as error:
        what = f"cannot be read ({error.strerror or error})"
        raise UsageError(Problem(what, "Check the name.", file=str(path))) from None


def ask_in_terminal() -> Ask | None:
    """What asks at the terminal, or None when nobody sits there."""
    return put_question if sys.stdin.isatty() and sys.stdout.isatty() else None


def put_question(question: str, choices: list[str], proposal: str, read: Callable[[str], str] = input) -> str:
    """The answer of a person: one of the choices, by its number or as it stands; without choices any text."""
    print(question)
    for number, choice in enumerate(choices, start=1):
        print(f"  {number}  {choice}{'  (if you press return)' if choice == proposal else ''}")
    while True:
        try:
            answer = read("> ").strip() or proposal
        except EOFError:
            raise UsageError(Problem(f"no answer to: {question}")) from None
        if not choices or answer in choices:
            return answer
        if answer.isdigit() and 1 <= int(answer) <= len(choices):
            return choices[int(answer) - 1]
        print(f"Type a number from 1 to {len(choices)}.")
