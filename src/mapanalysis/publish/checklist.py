"""Reporting checklists, filled from the project: where each point is answered, and which points are not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from mapanalysis.evidence import Evidence
from mapanalysis.markup import literal
from mapanalysis.messages import join
from mapanalysis.publish.document import SUMMARY_ID, Block, Column, Paragraph, Section, Table

CHECKLISTS = ("prisma_scr", "evidence_gap_map")
# Places of a report that are no section of it.
ELSEWHERE = {"front": "Title page", "map-on-screen": "The file map.html"}


@dataclass(frozen=True)
class Item:
    """A point of a checklist: `where` are sections that may answer it, `needs` what the project must hold for that."""

    number: str
    topic: str
    asks: str
    where: tuple[str, ...]
    needs: str = ""


@dataclass(frozen=True)
class Checklist:
    """A checklist with its source."""

    title: str
    source: str
    items: tuple[Item, ...]


def read_checklist(name: str) -> Checklist:
    """The checklist of that name in this package."""
    tree = _load(name)
    items = tuple(Item(**item | {"where": tuple(item["where"])}) for item in tree["items"])
    return Checklist(tree["title"], tree["source"], items)


@cache
def _load(name: str) -> Any:
    return yaml.safe_load(
        files("mapanalysis.publish").joinpath(f"checklists/{name}.yaml").read_text(encoding="utf-8")
    )


def fill_checklists(evidence: Evidence, sections: Iterable[Section]) -> Section:
    """A table for each checklist, with links to the sections that answer, and what is missing said."""
    titles = {section.id: section.title for section in sections} | {SUMMARY_ID: "Key messages"}
    held = what_is_held(evidence)
    blocks: list[Block] = []
    for name in CHECKLISTS:
        checklist = read_checklist(name)
        rows = [_row(item, titles, held) for item in checklist.items]
        missing = [item.topic for item, row in zip(checklist.items, rows, strict=True) if row[-1] == NOT_HELD]
        lacking = f" Not answered: {literal(join(missing))}." if missing else ""
        blocks += [
            Paragraph(
                f"**{checklist.title}.** {len(rows) - len(missing)} of {len(rows)} points are answered.{lacking}"
            ),
            Table(
                title=literal(checklist.title),
                note=f"Source: {checklist.source}.",
                columns=(
                    Column("Point", share=1.3),
                    Column("What it asks for", share=1.7),
                    Column("Where it is answered", share=1.7),
                ),
                rows=tuple(rows),
            ),
        ]
    return Section("checklist", "Reporting checklists", tuple(blocks), 2)  # fmt: skip


NOT_HELD = "Not in this project."


def _row(item: Item, titles: dict[str, str], held: dict[str, bool]) -> tuple[str, str, str]:
    places = [_place(section, titles) for section in item.where if section in titles or section in ELSEWHERE]
    is_answered = bool(places) and held.get(item.needs, not item.needs)
    return (
        f"{item.number}. {item.topic}",
        f"{item.asks[:1].upper()}{item.asks[1:]}.",
        ", ".join(places) if is_answered else NOT_HELD,
    )


def _place(section: str, titles: dict[str, str]) -> str:
    return ELSEWHERE[section] if section in ELSEWHERE else f"[{titles[section]}](#{section})"


def what_is_held(evidence: Evidence) -> dict[str, bool]:
    """What the points of checklists need, and whether the project holds it."""
    about, tables = evidence.about, evidence.tables

    def has_rows(name: str) -> bool:
        return name in tables and not tables[name].empty

    return {
        **{name: bool(getattr(about, name)) for name in ("background", "protocol", "search", "search_strategy", "funding")},
        "stakeholders": bool(about.stakeholders),
        "next_update": bool(about.next_update),
        "eligibility": bool(evidence.codebook.eligibility),
        "screening": has_rows("screened_records"),
        "double_screening": has_rows("screening_agreement"),
        "double_coding": has_rows("coding_agreement"),
        "appraisals": has_rows("appraisals"),
        "citations": has_rows("citations"),
    }  # fmt: skip
