"""Errors for people: every problem says what is wrong, where, how many, and what to do.

Code that checks something collects all problems in `Problems` and raises once; the command line
prints them without a traceback and ends with the exit code of the error's class.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass

MOST_VALUES_SHOWN = 5
MOST_PROBLEMS_SHOWN = 20


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, in words a data manager can act on.

    `row` counts as the user's program does: line or record number, the header being row 1 of a CSV.
    `values` are up to five offending values, `count` how many there are in all.
    """

    what: str
    todo: str = ""
    file: str = ""
    row: int | None = None
    column: str = ""
    count: int = 1
    values: tuple[str, ...] = ()
    nearest: str = ""

    def __str__(self) -> str:
        place = ", ".join(
            part
            for part in (
                self.file,
                f"row {self.row}" if self.row is not None else "",
                f"column {self.column}" if self.column else "",
            )
            if part
        )
        shown = ", ".join(shorten(value) for value in self.values[:MOST_VALUES_SHOWN])
        what = self.what.rstrip(".")
        sentences = [
            f"{place}: {what}." if place else f"{what[:1].upper()}{what[1:]}.",
            f"Found: {shown}." if shown else "",
            f"{self.count:,} times in all." if self.count > 1 else "",
            f"Nearest valid: {self.nearest}." if self.nearest else "",
            self.todo,
        ]
        return " ".join(sentence for sentence in sentences if sentence)


class MapError(Exception):
    """The base of all errors that are the input's and not the program's; holds every problem found."""

    exit_code = 3

    def __init__(self, problems: Problem | Iterable[Problem]):
        self.problems = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__(str(self))

    def __str__(self) -> str:
        shown = [str(problem) for problem in self.problems[:MOST_PROBLEMS_SHOWN]]
        more = len(self.problems) - len(shown)
        if more:
            shown.append(f"... and {more:,} more; `mapanalysis check` lists them all, also as CSV.")
        return "\n".join(shown)


class DataError(MapError):
    """Raw data, a codebook or a decisions file is not as it must be."""


class UsageError(MapError):
    """A parameter or a command line that cannot be meant."""

    exit_code = 2


class NotebookError(MapError):
    """A notebook stopped while it ran."""

    exit_code = 4


class OutputError(MapError):
    """A result could not be written."""

    exit_code = 5


class Problems:
    """Collects problems, so that one run reports all of them."""

    def __init__(self) -> None:
        self.found: list[Problem] = []

    def add(
        self,
        what: str,
        *,
        todo: str = "",
        file: str = "",
        row: int | None = None,
        column: str = "",
        count: int = 1,
        values: Iterable[str] = (),
        nearest: str = "",
    ) -> None:
        self.found.append(Problem(what, todo, file, row, column, count, tuple(values), nearest))

    def collect(self, error: MapError) -> None:
        self.found.extend(error.problems)

    def raise_if_any(self, error: type[MapError] = DataError) -> None:
        if self.found:
            raise error(self.found)

    def __iter__(self) -> Iterator[Problem]:
        return iter(self.found)

    def __len__(self) -> int:
        return len(self.found)


def as_rows(problems: Iterable[Problem]) -> list[dict[str, object]]:
    """The problems as table rows, one per problem; `values` joined by `; `."""
    return [
        asdict(problem) | {"values": "; ".join(map(str, problem.values[:MOST_VALUES_SHOWN]))}
        for problem in problems
    ]


def nearest_of(value: str, valid: Iterable[str]) -> str:
    """The valid word most like `value`, or "" when none is at all like it."""
    by_folded = {word.casefold(): word for word in valid}
    close = difflib.get_close_matches(value.casefold().strip(), by_folded, n=1, cutoff=0.6)
    return by_folded[close[0]] if close else ""


def shorten(value: object, most: int = 60) -> str:
    """`value` in quotes, control characters shown, cut to `most` characters: safe to print."""
    text = repr(str(value))
    return text if len(text) <= most else f"{text[: most - 4]}...'"
