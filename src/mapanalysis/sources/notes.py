"""What happened while a file was read: repairs, what was set aside or left out, what was taken to be so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from mapanalysis.errors import MOST_VALUES_SHOWN, shorten
from mapanalysis.sources.library import Reading, SetAside
from mapanalysis.sources.text import Repair


@dataclass
class Notes:
    """Notes of one file, in the order in which each kind was first met; `as_reading` gives them as a `Reading`."""

    file: str
    guesses: list[str] = field(default_factory=list)
    _of_bytes: list[Repair] = field(default_factory=list)
    _repairs: Counter[str] = field(default_factory=Counter)
    _set_aside: dict[tuple[str, str], _Tally] = field(default_factory=dict)
    _left_out: dict[tuple[str, str], _Tally] = field(default_factory=dict)

    def add_repairs(self, repairs: Iterable[Repair]) -> None:
        """Takes over the repairs that were made to the bytes of the file."""
        self._of_bytes.extend(repairs)

    def repair(self, what: str, count: int = 1) -> None:
        """Counts a change that was made while reading."""
        self._repairs[what] += count

    def set_aside(self, what: str, why: str, example: str = "", count: int = 1) -> None:
        """Counts a row that became nothing in the map."""
        self._set_aside.setdefault((what, why), _Tally()).add(example, count)

    def leave_out(self, what: str, why: str, example: str = "", count: int = 1) -> None:
        """Counts a detail, not a row, that became nothing in the map. No example where it may be confidential."""
        self._left_out.setdefault((what, why), _Tally()).add(example, count)

    def guess(self, sentence: str) -> None:
        """Adds what was taken to be so."""
        self.guesses.append(sentence)

    def as_reading(self, file_format: str, row_name: str, n_read: int, n_used: int) -> Reading:
        """All notes; rows read are rows used and rows set aside."""
        return Reading(
            file=self.file,
            format=file_format,
            row_name=row_name,
            n_read=n_read,
            n_used=n_used,
            repairs=(
                *self._of_bytes,
                *(Repair(self.file, what, count) for what, count in self._repairs.items() if count),
            ),
            set_aside=_as_tuple(self._set_aside),
            left_out=_as_tuple(self._left_out),
            guesses=tuple(self.guesses),
        )


@dataclass
class _Tally:
    count: int = 0
    examples: dict[str, None] = field(default_factory=dict)

    def add(self, example: str, count: int) -> None:
        self.count += count
        if example and len(self.examples) < MOST_VALUES_SHOWN:
            self.examples[shorten(example)[1:-1]] = None


def _as_tuple(tallies: dict[tuple[str, str], _Tally]) -> tuple[SetAside, ...]:
    return tuple(
        SetAside(what, why, tally.count, tuple(tally.examples))
        for (what, why), tally in tallies.items()
        if tally.count
    )
