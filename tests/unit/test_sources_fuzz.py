"""Any bytes, and valid files damaged in any way: records or a MapError, and no record lost in silence."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mapanalysis.errors import MapError
from mapanalysis.sources.records import read_records
from mapanalysis.sources.text import decode_text

SMALL = Path(__file__).parents[1] / "data" / "records"
FILES = sorted(SMALL.iterdir())
BOUNDED = settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))

# One line that only a record can have, of each file; the scan under test uses other patterns.
MARKERS = {
    "scopus_style.ris": r"^TY  - [A-Z]{4}$",
    "mixed_line_ends.ris": r"^TY  - [A-Z]{4}$",
    "pubmed_style.nbib": r"^(?:PMID- \d+|OWN - X\d+)$",
    "zotero_style.bib": r"^@\w+\{\w+,$",
    "zotero_style_export.csv": r'^"INV\d{5}","',
    "semicolon_latin1.csv": r"^S\d;",
}


def n_records(data: bytes, name: str) -> int | None:
    """How many records were read; None when they were refused."""
    try:
        return len(read_records([SMALL / name], SMALL, lambda path: data).records)
    except MapError:
        return None


def n_markers(data: bytes, name: str) -> int:
    text = decode_text(data, name)[0]
    if name.endswith(".csv"):
        text = without_lines_in_quotes(text)
    return len(re.findall(MARKERS[name], text, re.MULTILINE))


def without_lines_in_quotes(text: str) -> str:
    """In CSV a line that begins inside quotes is text of a cell, whatever it looks like."""
    kept, n_quotes = [], 0
    for line in text.split("\n"):
        kept += [line] if n_quotes % 2 == 0 else []
        n_quotes += line.count('"')
    return "\n".join(kept)


@BOUNDED
@given(data=st.binary(max_size=300), suffix=st.sampled_from([".ris", ".nbib", ".bib", ".csv", ".txt"]))
def test_arbitrary_bytes_give_records_or_a_map_error(data: bytes, suffix: str):
    n_records(data, f"a{suffix}")


# fmt: off
PIECES = st.sampled_from([
    "TY  - JOUR", "TY - JOUR", "ER  - ", "TI  - One", "TI - One", "AU", "PMID- 1", "OWN - X", "FAU - A",
    "LID - 10.1/x [doi]", "PMC - 1", "@article{a,", "@string{", "@comment{", "title = {One},", "a = b",
    "}", "{", '"', "title,id", "title;id", "1,2", ";", ",", "\t", "#", "\\", "\\'", "\\emph{", "%", "~",
    "\r", "\ufeff", "é", "对", "\u2028", "\x0b", "    ", "2019///",
])
# fmt: on


@BOUNDED
@given(lines=st.lists(st.lists(PIECES, max_size=4).map("".join), max_size=14))
def test_pieces_of_all_formats_in_any_order_give_records_or_a_map_error(lines: list[str]):
    data = "\n".join(lines).encode()
    for name in ("a.ris", "a.nbib", "a.bib", "a.csv"):
        n_records(data, name)


@st.composite
def damaged(draw: st.DrawFn, data: bytes) -> bytes:
    """The bytes with one to three pieces cut out, doubled, overwritten or inserted."""
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 80)))
        inserted = draw(
            st.sampled_from([b"", data[start:end] * 2, b"\n", b"\r", b"\n\n", b"{", b"}", b",", b" "])
        )
        data = data[:start] + inserted + data[end:]
    return data


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
@BOUNDED
@given(draw=st.data())
def test_a_damaged_file_never_gives_fewer_records_than_it_marks(file: Path, draw: st.DataObject):
    data = draw.draw(damaged(file.read_bytes()))
    found = n_records(data, file.name)
    assert found is None or found >= n_markers(data, file.name)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_file_cut_at_any_byte_loses_no_record_in_silence(file: Path):
    whole = file.read_bytes()
    for end in range(len(whole)):
        found = n_records(whole[:end], file.name)
        assert found is None or found == n_markers(whole[:end], file.name), f"cut at byte {end}"


@pytest.mark.parametrize("name", ["scopus_style.ris", "mixed_line_ends.ris", "zotero_style.bib"])
def test_formats_with_an_end_mark_are_read_only_when_cut_between_records(name: str):
    """RIS and BibTeX say where a record ends, so that every cut inside one is seen."""
    whole = (SMALL / name).read_bytes()
    last = whole.rstrip().rfind(b"ER  -" if name.endswith("ris") else b"}")
    first = whole.rfind(b"TY  -" if name.endswith("ris") else b"@")
    assert [end for end in range(first + 1, last) if n_records(whole[:end], name) is not None] == []
