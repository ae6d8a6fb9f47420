"""Decisions in a CSV file of Rayyan: who included, excluded or could not tell, why not, and the labels given.

Rayyan writes them into the notes of each record, parted by " | ":

    RAYYAN-INCLUSION: {"Ann"=>"Included", "Ben"=>"Excluded"} | RAYYAN-LABELS: gardens,school |
    RAYYAN-EXCLUSION-REASONS: wrong population | USER-NOTES: {"Ann"=>["…"]}

Names of screeners become "screener 1", "screener 2" …; their notes are left out.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from mapanalysis.sources import delimited
from mapanalysis.sources.fields import one_line
from mapanalysis.tables import DECISIONS

MARK = "RAYYAN-INCLUSION"
PARTS = re.compile(r"(RAYYAN-INCLUSION|RAYYAN-LABELS|RAYYAN-EXCLUSION-REASONS|USER-NOTES): *")
DECISION = re.compile(r'"((?:[^"\\]|\\.)*)"\s*=>\s*"(Included|Excluded|Maybe)"')
MEANING = dict(zip(("Included", "Excluded", "Maybe"), DECISIONS, strict=True))
REASON_LABEL = "__EXR__"


@dataclass(frozen=True)
class Decided:
    """What Rayyan says of one record: the decision of each screener ("screener 1"), the reasons, the labels."""

    decisions: tuple[tuple[str, str], ...]
    reasons: tuple[str, ...]
    labels: tuple[str, ...]
    has_notes: bool


def parse_decisions(text: str, file: str) -> list[Decided]:
    """The decisions on each record, in the order of the file; one item per row that `csv_records.parse_csv` reads.

    Raises DataError as `parse_csv` does.
    """
    text = delimited.without_separator_line(text)
    delimiter = max(delimited.DELIMITERS, key=lambda mark: len(delimited.read_header(text, mark)))
    header = delimited.read_header(text, delimiter)
    rows = delimited.read_rows(text, delimiter, file)
    filled = delimited.fill_rows(
        rows, len(header), is_ended=text.endswith("\n"), repairs=Counter(), file=file
    )
    found = [_parts_of(row, header) for row in filled]
    names = sorted({name for parts in found for name, _ in DECISION.findall(parts.get(MARK, ""))})
    alias = {name: f"screener {number}" for number, name in enumerate(names, start=1)}
    return [_decided(parts, alias) for parts in found]


def _parts_of(row: list[str], header: list[str]) -> dict[str, str]:
    """The marked parts of a row, from its notes or from columns that are named so."""
    parts = {
        name.strip(): cell
        for name, cell in zip(header, row, strict=True)
        if PARTS.fullmatch(f"{name.strip()}:")
    }
    for cell in row:
        pieces = PARTS.split(cell)
        for name, value in zip(pieces[1::2], pieces[2::2], strict=True):
            parts.setdefault(name, value.strip().removesuffix("|").strip())
    return parts


def _decided(parts: dict[str, str], alias: dict[str, str]) -> Decided:
    decisions = {alias[name]: MEANING[word] for name, word in DECISION.findall(parts.get(MARK, ""))}
    labels = _listed(parts.get("RAYYAN-LABELS", ""))
    reasons = [*_listed(parts.get("RAYYAN-EXCLUSION-REASONS", ""))]
    reasons += [label.removeprefix(REASON_LABEL) for label in labels if label.startswith(REASON_LABEL)]
    return Decided(
        decisions=tuple(sorted(decisions.items())),
        reasons=tuple(dict.fromkeys(one_line(reason.removeprefix(REASON_LABEL)) for reason in reasons)),
        labels=tuple(label for label in labels if not label.startswith(REASON_LABEL)),
        has_notes=bool(parts.get("USER-NOTES", "").strip("{} ")),
    )


def _listed(text: str) -> list[str]:
    return [one_line(part) for part in text.split(",") if part.strip()]
