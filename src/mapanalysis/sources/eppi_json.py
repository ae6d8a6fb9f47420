"""Exports of EPPI-Reviewer as JSON: whole reviews, and codesets alone."""

from __future__ import annotations

from collections import Counter
from pathlib import PurePath
from typing import Any

from mapanalysis.errors import DataError, Problem
from mapanalysis.sources.eppi_codesets import (
    OF_THE_TEAM,
    Coded,
    build_codebook,
    choose_roles,
    facets_of,
    parse_codesets,
    places_of,
)
from mapanalysis.sources.eppi_references import (
    ROW_NAME,
    Item,
    Places,
    codings_of,
    count_links,
    read_items,
    records_of,
    reports_of,
)
from mapanalysis.sources.json_text import parse_json
from mapanalysis.sources.library import Library
from mapanalysis.sources.notes import Notes

FORMAT = "EPPI-Reviewer JSON"
EXPECTED = "an export of EPPI-Reviewer as JSON (with CodeSets and References, or one codeset)"


def is_eppi_json(data: bytes) -> bool:
    """Whether `data` looks like an export of EPPI-Reviewer; `parse_eppi_json` says what is wrong with one."""
    is_object = data[:64].removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{")
    return is_object and any(key in data for key in (b'"CodeSets"', b'"References"', b'"AttributesList"'))


def parse_eppi_json(data: bytes, file: str, *, split: bool | None = None) -> Library:
    """The review, or the codeset, that EPPI-Reviewer exported.

    A code that is present is true; it counts once for a reference, also when it was given for several arms. Codes
    are known by their AttributeId ("a" before it makes the code) and labelled by their path where names repeat;
    definitions are kept. Included are references of ItemStatus I, or of none; E, D and S are set aside. Outcomes
    that link an intervention to an outcome become findings. How codesets become dimensions: `facets_of`; `split`
    overrules it. Which dimension is row, column and segment: `choose_roles`. Comments, names of coders, notes and
    quotes of full texts are left out. A file of one codeset gives a library without reports, its rows being
    attributes.

    Raises DataError for what is not JSON, JSON of another kind, cut off, too large or nested too deep.
    """
    notes = Notes(file)
    raw_codesets, references = _parts_of(parse_json(data, file, EXPECTED, notes), file)
    is_codeset = references is None
    codesets, n_attributes, n_used = parse_codesets(raw_codesets, notes, are_rows=is_codeset)
    items = read_items(references, notes) if references is not None else []
    facets = facets_of(codesets, [frozenset(item.attributes) for item in items], notes, split=split)
    places = places_of(facets, file)
    links = count_links(items, places)
    roles = choose_roles(facets, _count_studies(items, places), links, notes)
    names = [codeset.label for codeset in codesets if codeset.kind not in OF_THE_TEAM]
    title = names[0] if len(names) == 1 else PurePath(file).stem
    codings = codings_of(items, places, notes)
    if not facets:
        notes.guess("The file holds no codes: its references are read, and none has a place on a map.")
    return Library(
        title=title,
        codebook=build_codebook(title, facets, roles),
        reports=reports_of(items),
        codings=codings,
        reading=notes.as_reading(
            f"{FORMAT}, codeset alone" if is_codeset else FORMAT,
            "attributes" if is_codeset else ROW_NAME,
            n_attributes if is_codeset else len(references or ()),
            n_used if is_codeset else len(items),
        ),
        about={"title": title},
        records=records_of(items),
    )


def _parts_of(raw: Any, file: str) -> tuple[list[Any], list[Any] | None]:
    """The codesets and the references; None for these in a file of one codeset."""
    if isinstance(raw, dict) and isinstance(raw.get("Attributes"), dict):
        return [raw], None
    if not isinstance(raw, dict) or not {"CodeSets", "References"} & raw.keys():
        keys = ", ".join(str(key)[:40] for key in list(raw)[:8]) if isinstance(raw, dict) else ""
        found = f"an object with the keys {keys or 'of none'}" if isinstance(raw, dict) else _kind_of(raw)
        todo = "In EPPI-Reviewer, make a coding report and save it as JSON."
        raise DataError(Problem(f"expected {EXPECTED}, found {found}", todo, file=file))
    parts = []
    for key in ("CodeSets", "References"):
        part = raw.get(key)
        if part is not None and not isinstance(part, list):
            what = f"expected a list under {key}, found {_kind_of(part)}"
            raise DataError(Problem(what, "Export it again.", file=file))
        parts.append(part or [])
    return parts[0], parts[1]


def _kind_of(value: object) -> str:
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    return "text" if isinstance(value, str) else "a single value"


def _count_studies(items: list[Item], places: Places) -> dict[str, Coded]:
    """Facet id to how many references are coded on it; facets without any are absent."""
    studies: Counter[str] = Counter()
    with_code: Counter[tuple[str, str]] = Counter()
    for item in items:
        found = {place for attribute in item.attributes for place in places.get(attribute, ())}
        with_code.update(found)
        studies.update({dimension for dimension, _ in found})
    most: Counter[str] = Counter()
    for (dimension, _), count in with_code.items():
        most[dimension] = max(most[dimension], count)
    return {dimension: Coded(count, most[dimension]) for dimension, count in studies.items()}
