"""What a foreign file of a whole map holds, in the form of our own tables.

Readers of coded files (`eppi_json`, `eppi_mapper`, `coded_tables` …) give a `Library`; what writes projects, maps and
exports knows no other form. Nothing is lost on the way: what was repaired, left out or set aside is counted here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from mapanalysis.sources.text import Repair


@dataclass(frozen=True)
class SetAside:
    """Rows or items of a file that became nothing in the map: how many, which kind, and why."""

    what: str
    why: str
    count: int
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reading:
    """How a file was read. `rows` are what the file counts in (references, rows of a sheet): used + set aside = read."""

    file: str
    format: str
    row_name: str
    n_read: int
    n_used: int
    repairs: tuple[Repair, ...] = ()
    set_aside: tuple[SetAside, ...] = ()
    left_out: tuple[
        SetAside, ...
    ] = ()  # fields and details that no map shows: comments, coders, quotes of full text
    guesses: tuple[str, ...] = ()  # what was taken to be so, as sentences


@dataclass(frozen=True)
class Library:
    """A map as read from elsewhere.

    codebook: as `codebook.yaml`, valid for `Codebook.model_validate`, its dimensions with roles row, column, segment
    or filter. reports: `tables.RAW["reports"]`. codings: `tables.RAW["codings"]`, coder "settled", `finding_id` where
    the file holds true pairs. about: keys of `about.yaml` that the file states. view: the dimensions that the file
    itself has on its axes: row, column, segment ("" where it says none).

    None or "" where the file is not of the kind: records, what it says of each report beyond `reports` (abstract,
    address, type …): record_id, equal to its publication_id, then `fields.FIELDS`, all text. references, what a list of
    references holds, as `records.RecordSet.records`, with the publication_id of each. screening, decisions on these, as
    `tables.RAW["screening_records"]`. mapping, what each column of a spreadsheet was taken for, as YAML, where that was
    proposed.
    """

    title: str
    codebook: dict[str, Any]
    reports: pd.DataFrame
    codings: pd.DataFrame
    reading: Reading
    about: Mapping[str, Any] = field(default_factory=dict)
    view: Mapping[str, str] = field(default_factory=dict)
    records: pd.DataFrame | None = None
    references: pd.DataFrame | None = None
    screening: pd.DataFrame | None = None
    mapping: str = ""
