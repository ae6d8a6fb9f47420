"""Exports and pages damaged in any way: a library that holds together, or a MapError; never anything else."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_eppi import CODESETS, CSV_DATA, FILTERS, REFERENCES, SEGMENTS, outcome, page, reference, review

from mapanalysis.codebook import encode_codings, parse_codebook
from mapanalysis.errors import MapError
from mapanalysis.sources.eppi_json import parse_eppi_json
from mapanalysis.sources.eppi_mapper import parse_eppi_mapper
from mapanalysis.sources.eppi_writing import to_eppi_json
from mapanalysis.sources.library import Library

BOUNDED = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
REVIEW = {
    "CodeSets": list(CODESETS),
    "References": [
        reference(1, 32, 41, 51, 999, DOI="doi:10.5555/x", Comments="c"),
        reference(2, 31, 42, Outcomes=[outcome(1, 32, 41, 51, control=33), outcome(2, 33, 42)]),
        reference(2, 33, ItemStatus="E"),
    ],
}
PAGE = {"csv_data": CSV_DATA, "filters": FILTERS, "segments": SEGMENTS, "references": list(REFERENCES)}
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from(
        [0, -1, 1, 32, 10**30, 1.5, "", " ", "32", "‮", "\ud800", "<b", "&#0;", "\r", [], {}, [[]], [None]]
    ),
    st.text(max_size=4),
)


def check(library: Library) -> None:
    """The parts fit each other and the schemas, and rows used and set aside are the rows read."""
    codebook = parse_codebook(yaml.safe_dump(library.codebook).encode())
    encode_codings(library.codings, codebook)
    reports, codings = library.reports, library.codings
    assert set(codings["publication_id"]) <= set(reports["publication_id"])
    assert reports["publication_id"].is_unique
    assert not codings.duplicated().any()
    assert (reports[["publication_id", "study_id", "title"]] != "").all(axis=None)
    assert reports["year"].dropna().between(1800, 2100).all()
    reading = library.reading
    assert reading.n_read == reading.n_used + sum(item.count for item in reading.set_aside)
    if reading.row_name == "references":
        assert reading.n_used == len(library.reports)
    to_eppi_json(library.title, codebook, library.reports, library.codings, library.records)


def is_read(data: bytes, parse: Callable[[bytes, str], Library]) -> bool:
    """Whether it is read; every other end than a MapError that says what to do fails the test."""
    try:
        library = parse(data, "a.json")
    except MapError as error:
        problems = error.problems
    else:
        check(library)
        return True
    assert all(problem.todo for problem in problems)
    return False


def places_in(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path to every value within `value`."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, below in items for place in places_in(below, (*path, key)))]


def changed(value: Any, path: tuple[Any, ...], by: Any) -> Any:
    """`value` with what stands at `path` taken out (`by` is ...) or replaced."""
    if not path:
        return by
    copy = dict(value) if isinstance(value, dict) else list(value)
    key, below = path[0], path[1:]
    if by is ... and not below:
        del copy[key]
    else:
        copy[key] = changed(copy[key], below, by)
    return copy


@st.composite
def damaged(draw: st.DrawFn, whole: Any) -> Any:
    """`whole` with one to four values replaced by odd ones, by each other, or taken out."""
    for _ in range(draw(st.integers(1, 4))):
        places = [place for place in places_in(whole) if place]
        if not places:
            break
        place = draw(st.sampled_from(places))
        other = whole
        for key in draw(st.sampled_from(places)):
            other = other[key]
        whole = changed(whole, place, draw(st.one_of(ODD, st.just(...), st.just(other))))
    return whole


@BOUNDED
@given(data=st.binary(max_size=200))
def test_arbitrary_bytes_are_refused(data: bytes):
    assert not is_read(data, parse_eppi_json)
    assert not is_read(data, parse_eppi_mapper)


@BOUNDED
@given(whole=damaged(REVIEW))
def test_an_export_with_odd_values_anywhere_gives_a_library_that_holds_together_or_a_map_error(whole: Any):
    is_read(json.dumps(whole).encode(), parse_eppi_json)


@BOUNDED
@given(parts=damaged(PAGE))
def test_a_page_with_odd_values_anywhere_gives_a_library_that_holds_together_or_a_map_error(parts: Any):
    parts = PAGE | parts
    references = parts["references"] if isinstance(parts["references"], list) else []
    data = page(*references, **{name: parts[name] for name in ("csv_data", "filters", "segments")})
    is_read(data, parse_eppi_mapper)


@BOUNDED
@given(
    start=st.integers(0, 4000),
    length=st.integers(0, 60),
    by=st.sampled_from([b"", b"[", b"}", b'"', b",", b"\\", b"\xff", b"{"]),
)
def test_files_with_bytes_cut_out_or_put_in_give_a_library_that_holds_together_or_a_map_error(
    start: int, length: int, by: bytes
):
    for whole, parse in ((review(*REVIEW["References"]), parse_eppi_json), (page(), parse_eppi_mapper)):
        is_read(whole[: start % len(whole)] + by + whole[start % len(whole) + length :], parse)


def test_the_undamaged_files_are_read():
    assert is_read(json.dumps(REVIEW).encode(), parse_eppi_json)
    assert is_read(page(), parse_eppi_mapper)
