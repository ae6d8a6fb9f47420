"""Published pages of EPPI-Mapper, read without running their script.

The page's script holds its data as lines `const NAME = VALUE`; one JSON value is decoded where each begins.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import product
from typing import Any

from mapanalysis.codebook import MOST_CODES
from mapanalysis.errors import DataError, Problem
from mapanalysis.markup import literal
from mapanalysis.sources.cleaning import as_text, clean_line, clean_text
from mapanalysis.sources.eppi_codesets import (
    MOST_DEPTH,
    Attribute,
    Facet,
    build_codebook,
    each_of,
    id_of,
    places_of,
)
from mapanalysis.sources.eppi_references import (
    ROW_NAME,
    Item,
    codings_of,
    read_items,
    records_of,
    reports_of,
)
from mapanalysis.sources.json_text import decode_bounded, decoder, in_words
from mapanalysis.sources.library import Library
from mapanalysis.sources.notes import Notes

FORMAT = "EPPI-Mapper page"
EXPECTED = "a page published by EPPI-Mapper (HTML, with csvData and referenceData in its script)"
VALUES = ("csvData", "filters", "segmentAttributes", "referenceData", "aboutContent", "summaryAttribute")
ASSIGNMENT = re.compile(rf"\b(?:const|let|var)\s{{1,9}}(?P<name>{'|'.join(VALUES)})\s{{0,9}}=\s{{0,9}}")
MOST_TRIES = 50
MOST_COMPARED = 2_000_000  # studies in cells; beyond it the one cell that differs most is not looked for
REQUIRED = {"csvData": dict, "referenceData": list}
HEADER = ('<div class="header', '<div class="wrapper')  # what stands between them is the head of the page
LONGEST_TITLE = 200
SEGMENTS = "segments"


@dataclass(frozen=True)
class _Axis:
    """An axis of the page: its dimension, and the attributes of its cells, in order."""

    facet: Facet
    leaves: tuple[str, ...]


def is_eppi_mapper(data: bytes) -> bool:
    """Whether `data` looks like a page of EPPI-Mapper; `parse_eppi_mapper` says what is wrong with one."""
    return b"csvData" in data and b"referenceData" in data


def parse_eppi_mapper(data: bytes, file: str) -> Library:
    """The map of a published page: axes with their groups, segments, filters, references and the text about it.

    Rows, columns and segments are those of the page, its filters the other dimensions; a filter that repeats an axis
    or the segments is not read twice. The page's own count of its cells is noted beside ours: it counts a study once
    for each segment, and our cells count distinct studies. (It also takes a code given to a study for two arms for
    two codes, so that the study is in cells of which it has the row alone; that is not imitated.)

    Raises DataError for what is no such page, cut off, too large or nested too deep.
    """
    notes = Notes(file)
    text = decode_bounded(data, file, EXPECTED, notes)
    found = _find_values(text, file, notes)
    rows, columns = _read_axes(found["csvData"], file, notes)
    segments = _read_segments(found.get("segmentAttributes"), notes)
    facets, segment_facet = _read_facets(rows, columns, segments, found.get("filters"), notes)
    _check_bounds(facets, file)
    roles = {rows.facet.id: "row", columns.facet.id: "column"}
    if segment_facet:
        roles[segment_facet.id] = "segment"
    summary_key = as_text(found.get("summaryAttribute")).strip()
    items = read_items(found["referenceData"], notes, summary_key=summary_key)
    codings = codings_of(items, places_of(facets, file), notes)
    _compare_counts(items, rows, columns, [segment.id for segment in segments], notes)
    title = _title_of(text, rows, columns, notes)
    about = [literal(line) for line in clean_text(found.get("aboutContent"), notes).split("\n") if line]
    return Library(
        title=title,
        codebook=build_codebook(title, facets, roles),
        reports=reports_of(items),
        codings=codings,
        reading=notes.as_reading(FORMAT, ROW_NAME, len(found["referenceData"]), len(items)),
        about={"title": title} | ({"background": about} if about else {}),
        view={
            "row": rows.facet.id,
            "column": columns.facet.id,
            "segment": segment_facet.id if segment_facet else "",
        },
        records=records_of(items),
    )


def _find_values(text: str, file: str, notes: Notes) -> dict[str, Any]:
    """The values of `VALUES` that the script assigns, each the first of its name. Raises DataError for what is missing."""
    decode = decoder(notes).raw_decode
    found: dict[str, Any] = {}
    problems: dict[str, ValueError | RecursionError] = {}
    position = n_failed = 0
    while n_failed < MOST_TRIES and (assignment := ASSIGNMENT.search(text, position)):
        position, name = assignment.end(), assignment["name"]
        try:
            # From its end the search goes on: what looks like an assignment within a value is text.
            value, position = decode(text, position)
            found.setdefault(name, value)
        except (ValueError, RecursionError) as error:
            problems.setdefault(name, error)
            n_failed += 1
    for name, kind in REQUIRED.items():
        if not isinstance(found.get(name), kind):
            if name in problems:
                raise DataError(in_words(problems[name], text, file, f"{EXPECTED}, {name} in it"))
            what = f"expected {EXPECTED}, found none of `const {name} = …`"
            todo = "Save the page of the map itself, whole; not one that shows it within another."
            raise DataError(Problem(what, todo, file=file))
    return found


def _check_bounds(facets: list[Facet], file: str) -> None:
    n_codes = sum(1 for facet in facets for _ in each_of(facet.attributes))
    if n_codes > MOST_CODES:
        what = f"expected at most {MOST_CODES:,} codes on axes, segments and filters, found {n_codes:,}"
        raise DataError(Problem(what, "Is it the page of a map?", file=file))


# Axes


def _read_axes(raw: dict[str, Any], file: str, notes: Notes) -> tuple[_Axis, _Axis]:
    """The axis of the rows and that of the columns."""
    lines = [line for line in raw.get("rows") or () if isinstance(line, list)]
    depth = raw.get("totalColDepth")
    deepest = max((len(line) for line in lines[depth:]), default=0) if isinstance(depth, int) else 0
    if not isinstance(depth, int) or not 0 < depth < len(lines) or max(depth, deepest) > MOST_DEPTH:
        what = "expected csvData with rows of headings (totalColDepth) and one for each row of the map, found others"
        raise DataError(Problem(what, "Save the page again, whole.", file=file))
    columns = _axis("Columns", _turn(lines[:depth], notes), notes)
    rows = _axis("Rows", lines[depth:], notes)
    for name, axis in (("rows", rows), ("columns", columns)):
        if not axis.leaves:
            raise DataError(
                Problem(f"expected headings of the {name}, found none", "Save it again.", file=file)
            )
    return rows, columns


def _turn(levels: list[list[Any]], notes: Notes) -> list[list[Any]]:
    """The headings of columns as those of rows are: for each column, the headings that begin there, down to its own."""
    n_columns = len(levels[-1])
    lines: list[list[Any]] = [[] for _ in range(n_columns)]
    for level in levels:
        start = 0
        for heading in level:
            if start >= n_columns:
                notes.guess(
                    "Headings of columns span more columns than there are: those too many are not read."
                )
                break
            lines[start].append(heading)
            start += _span_of(heading) if level is not levels[-1] else 1
    return lines


def _span_of(heading: object) -> int:
    span = heading.get("span") if isinstance(heading, dict) else None
    return span if isinstance(span, int) and span > 0 else 1


def _axis(name: str, lines: list[list[Any]], notes: Notes) -> _Axis:
    """The axis of which each line holds, from above down, the headings that begin there; the last is the cell's own.

    One heading over all others names the dimension. A heading that repeats the one above it fills a level.
    """
    depth = max((len(line) for line in lines), default=0)
    children: dict[str, list[dict[str, Any]]] = {"": []}
    path = [""] * (depth + 1)
    leaves: dict[str, None] = {}
    for line in lines:
        for offset, heading in enumerate(line, start=depth - len(line)):
            heading_id = id_of(heading.get("id")) if isinstance(heading, dict) else ""
            above = path[offset]
            path[offset + 1 :] = [heading_id or above] * (depth - offset)
            if not heading_id or heading_id == above:
                continue
            if heading_id in children:
                notes.leave_out("headings that stand twice", "a code has one place on an axis", heading_id)
                continue
            children[heading_id] = []
            children[above].append(heading)
        if path[-1]:
            leaves[path[-1]] = None
    tops = _as_attributes(children, "", notes)
    if len(tops) == 1 and tops[0].below:
        root = tops[0]
        return _Axis(Facet(f"s{root.id}", root.label, root.definition, root.below), tuple(leaves))
    notes.guess(f"{name} have no heading over all of them: the dimension is called “{name}”.")
    return _Axis(Facet(name.lower(), name, "", tops), tuple(leaves))


def _as_attributes(
    children: dict[str, list[dict[str, Any]]], above: str, notes: Notes
) -> tuple[Attribute, ...]:
    return tuple(
        Attribute(
            heading_id,
            clean_line(heading.get("title"), notes) or f"Code {heading_id}",
            clean_text(heading.get("setDescription") or heading.get("description"), notes),
            bool(children[heading_id]),
            _as_attributes(children, heading_id, notes),
        )
        for heading in children[above]
        for heading_id in [id_of(heading["id"])]
    )


# Segments and filters


def _read_segments(raw: object, notes: Notes) -> tuple[Attribute, ...]:
    """The segments, each once; none where the page colours by nothing."""
    found: dict[str, Attribute] = {}
    for item in raw if isinstance(raw, list) else ():
        attribute = item.get("attribute") if isinstance(item, dict) else None
        segment_id = id_of(attribute.get("AttributeId")) if isinstance(attribute, dict) else ""
        if isinstance(attribute, dict) and segment_id:
            label = clean_line(attribute.get("AttributeName"), notes) or f"Code {segment_id}"
            definition = clean_text(attribute.get("AttributeSetDescription"), notes)
            found.setdefault(segment_id, Attribute(segment_id, label, definition))
    return tuple(found.values())


def _read_facets(
    rows: _Axis, columns: _Axis, segments: tuple[Attribute, ...], raw_filters: object, notes: Notes
) -> tuple[list[Facet], Facet | None]:
    """All dimensions, rows and columns first, then the segments if there are any, then the filters."""
    filters = [
        Facet(f"s{top.id}", top.label, top.definition, top.below or (top,))
        for top in _read_filters(raw_filters, notes)
    ]
    segment = _segment_of(segments, filters, notes)
    facets = [rows.facet, columns.facet, *([segment] if segment else [])]
    shown = {_ids_of(facet): facet.label for facet in facets}
    for facet in filters:
        if facet is segment or (segment and _ids_of(facet) == _ids_of(segment)):
            continue
        if _ids_of(facet) in shown:
            notes.guess(f"The filter “{facet.label}” has the codes of “{shown[_ids_of(facet)]}”: read once.")
            continue
        facets.append(facet)
    return _with_own_ids(facets), segment


def _with_own_ids(facets: list[Facet]) -> list[Facet]:
    """The facets; where one has the id of an earlier one, with a number after it."""
    counts: Counter[str] = Counter()
    named = []
    for facet in facets:
        counts[facet.id] += 1
        number = counts[facet.id]
        new = f"{facet.id}_{number}"
        named.append(facet if number == 1 else Facet(new, facet.label, facet.definition, facet.attributes))
    return named


def _segment_of(segments: tuple[Attribute, ...], filters: list[Facet], notes: Notes) -> Facet | None:
    """The dimension of the segments: that of the filter with the same codes, which says what they are."""
    if not segments:
        notes.guess("The page colours its bubbles by nothing: there is no segment.")
        return None
    ids = frozenset(segment.id for segment in segments)
    for facet in filters:
        if _ids_of(facet) == ids:
            return Facet(facet.id, facet.label, facet.definition, segments)
    notes.guess("The page does not say what its colours have in common: the dimension is called “Segments”.")
    return Facet(SEGMENTS, "Segments", "", segments)


def _ids_of(facet: Facet) -> frozenset[str]:
    return frozenset(attribute.id for attribute in each_of(facet.attributes))


def _read_filters(raw: object, notes: Notes, depth: int = 1) -> tuple[Attribute, ...]:
    if not isinstance(raw, list):
        return ()
    if depth > MOST_DEPTH:
        notes.leave_out("filters", f"they stand below {MOST_DEPTH} others", count=len(raw))
        return ()
    found = []
    for item in raw:
        filter_id = id_of(item.get("id")) if isinstance(item, dict) else ""
        if not filter_id:
            notes.leave_out("filters without an id", "codes are known by their id")
            continue
        below = _read_filters(item.get("children"), notes, depth + 1)
        label = clean_line(item.get("label"), notes) or f"Code {filter_id}"
        definition = clean_text(item.get("setDescription") or item.get("description"), notes)
        found.append(Attribute(filter_id, label, definition, bool(below), below))
    return tuple(found)


# What the page says of its cells, and what we say


@dataclass(frozen=True)
class _Placed:
    """A study in the cells of the page: its codes of rows and columns, and how many of the segments it has."""

    rows: list[str]
    columns: list[str]
    n_segments: int

    @property
    def n_cells(self) -> int:
        return len(self.rows) * len(self.columns)


def _compare_counts(
    items: list[Item], rows: _Axis, columns: _Axis, segments: list[str], notes: Notes
) -> None:
    """Notes how the page's numbers differ from ours, with the numbers.

    The page counts a study in a cell once for each of its segments, and not at all when it has none of them.
    """
    studies = [
        _Placed(
            [code for code in rows.leaves if code in item.attributes],
            [code for code in columns.leaves if code in item.attributes],
            sum(segment in item.attributes for segment in segments) if segments else 1,
        )
        for item in items
    ]
    placed = [study for study in studies if study.n_cells]
    n_ours = sum(study.n_cells for study in placed)
    n_theirs = sum(study.n_cells * study.n_segments for study in placed)
    n_without = sum(not study.n_segments for study in placed)
    sentence = f"{len(placed):,} of {len(items):,} references stand in cells of the page."
    if n_theirs == n_ours and not n_without:
        notes.guess(f"{sentence} Its numbers and ours are the same and add up to {n_ours:,}.")
        return
    notes.guess(
        f"{sentence} The numbers of its cells add up to {n_theirs:,}, as it counts a study once for each of its segments"
        f" and not at all without one ({n_without:,} studies); our cells count distinct studies and add up to"
        f" {n_ours:,}.{_most_apart(placed, rows, columns) if n_ours <= MOST_COMPARED else ''}"
    )


def _most_apart(placed: list[_Placed], rows: _Axis, columns: _Axis) -> str:
    """The cell in which the page's number and ours differ most, the first of the map where that is equal."""
    ours: Counter[tuple[str, str]] = Counter()
    theirs: Counter[tuple[str, str]] = Counter()
    for study in placed:
        for cell in product(study.rows, study.columns):
            ours[cell] += 1
            theirs[cell] += study.n_segments
    place = {code: number for axis in (rows, columns) for number, code in enumerate(axis.leaves)}
    row, column = min(
        ours, key=lambda cell: (-abs(theirs[cell] - ours[cell]), place[cell[0]], place[cell[1]])
    )
    labels = {code.id: code.label for axis in (rows, columns) for code in each_of(axis.facet.attributes)}
    there, here = theirs[row, column], ours[row, column]
    return f" Most apart: {labels[row]} by {labels[column]}, {there:,} there and {here:,} here."


def _title_of(text: str, rows: _Axis, columns: _Axis, notes: Notes) -> str:
    """The first line of the page's head, or what its axes are."""
    start = text.find(HEADER[0])
    head = text[start : text.find(HEADER[1], start)] if 0 <= start < text.find(HEADER[1], start) else ""
    title = clean_text(head, notes).split("\n")[0]
    if 0 < len(title) <= LONGEST_TITLE:
        return title
    title = f"{rows.facet.label} by {columns.facet.label}"
    notes.guess(f"The page has no title: the map is called “{title}”, after its rows and columns.")
    return title
