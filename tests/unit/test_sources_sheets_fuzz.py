"""Any bytes, any damage and any cells: a map with an account of each row, or a MapError; never another error."""

from __future__ import annotations

import csv
import io

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_sheets import FIRST_SHEET, changed, shared, workbook

from mapanalysis.analysis.coding import settle_codings
from mapanalysis.codebook import Codebook, encode_codings
from mapanalysis.errors import MapError
from mapanalysis.sources.book import Book
from mapanalysis.sources.coded_tables import parse_coded_table
from mapanalysis.sources.mapping import Mapping, UnclearError, mapping_text, parse_mapping
from mapanalysis.sources.proposal import propose_mapping
from mapanalysis.sources.sheets import read_sheets

BOUNDED = settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
SLOW = settings(BOUNDED, max_examples=25)

ROWS = [
    ["id", "activity", "outcome"],
    ["S1", "digging", "mood"],
    ["S2", "sowing", "sleep; mood"],
    ["S1", "x", None],
]
WORKBOOKS = (
    workbook({"Data": ROWS, "Codes": [["code", "definition"], ["mood", "x"]]}, merged=["A1:B1"]),
    shared("<si><t>id</t></si><si><r><t>a</t></r><r><t>b</t></r></si>",
           '<c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1"><f>1+1</f><v>2</v></c>'),
)  # fmt: skip
MAPPING = parse_mapping(
    b"dimensions: [{label: A, role: row, column: activity}, {label: B, role: column, column: outcome}]"
)


def check(book: Book, mapping: Mapping) -> None:
    """What must hold of every map that is read, whatever the file."""
    library = parse_coded_table(book, mapping)
    codebook = Codebook.model_validate(library.codebook)
    encode_codings(library.codings, codebook)
    settle_codings(library.codings, library.reports)
    reading = library.reading
    assert reading.n_read == reading.n_used + sum(each.count for each in reading.set_aside)
    for dimension in codebook.dimensions:
        assert dimension.tree.index.is_unique
    assert parse_mapping(mapping_text(mapping).encode()) == mapping


def follow(data: bytes, file: str) -> None:
    """Reads a file, proposes a mapping, answers what is asked by the first option, and follows it."""
    answers: dict[str, str] = {}
    try:
        book = read_sheets(data, file)
        for _ in range(10):
            try:
                mapping = propose_mapping(book, answers).mapping
            except UnclearError as error:
                answers[error.questions[0].key] = error.questions[0].options[0]
                continue
            check(book, mapping)
            return
    except MapError:
        return
    raise AssertionError(f"asks without end: {answers}")


@BOUNDED
@given(data=st.binary(max_size=300), start=st.sampled_from([b"", b"PK\x03\x04", b"id,code\n", b"\xff\xfe"]))
def test_arbitrary_bytes_give_a_map_or_a_map_error(data: bytes, start: bytes):
    follow(start + data, "a.csv")


# fmt: off
CELLS = st.sampled_from([
    "", "", "1", "0", "Y", "N", "x", "yes", "mood", "Mood ", "sleep; mood", "a||b||c", "a: x; b: y", "S1", "S2",
    "2019", "1-Jan-16", "10.1234/ab", "https://doi.org/10.1/x", "N/A", "NA", "not reported", "#NAME?", "0,5", "1,204",
    "RÃ¼sch", "é", "对", "code", "Activity", "outcome", "UK", "-", ";", "||", "(", "a (b; c", "=1+1", "a@example.org",
    "99999999999999999999", "1e999", "\u2028", "two\nlines", '"', "'", "sep=;", "<b>", "id", "title", "n",
])
NAMES = st.sampled_from([
    "id", "study id", "title", "year", "authors", "doi", "n", "activity", "intervention", "outcome", "Outcome: mood",
    "Outcome: sleep", "O_a", "O_b", "study design", "country", "mood", "code", "definition", "", "es", "notes", "1",
])
# fmt: on


def as_csv(rows: list[list[str]], separator: str) -> bytes:
    file = io.StringIO()
    csv.writer(file, delimiter=separator).writerows(rows)
    return file.getvalue().encode()


@st.composite
def tables(draw: st.DrawFn) -> list[list[str]]:
    """A header, and rows of which each column draws from few values, so that some look like codes."""
    width = draw(st.integers(1, 6))
    values = [draw(st.lists(CELLS, min_size=1, max_size=4)) for _ in range(width)]
    n_rows = draw(st.integers(0, 14))
    rows = [[draw(st.sampled_from(values[column])) for column in range(width)] for _ in range(n_rows)]
    titles = [["Gardens", *[""] * (width - 1)]] * draw(st.integers(0, 2))
    return [*titles, [draw(NAMES) for _ in range(width)], *rows]


@BOUNDED
@given(rows=tables(), separator=st.sampled_from([",", ";", "\t"]))
def test_any_table_gives_a_map_or_a_map_error(rows: list[list[str]], separator: str):
    follow(as_csv(rows, separator), "a.csv")


@SLOW
@given(first=tables(), second=tables())
def test_any_workbook_gives_a_map_or_a_map_error(first: list[list[str]], second: list[list[str]]):
    follow(workbook({"One": first, "Two": second}), "a.xlsx")


@st.composite
def damaged(draw: st.DrawFn, data: bytes) -> bytes:
    """The bytes with one to three pieces cut out, doubled, overwritten or inserted."""
    pieces = st.sampled_from(
        [b"", b"\0", b"<", b">", b'"', b"&x;", b"99999999", b"-1", b"XFD", b"</row>", b"\xff"]
    )
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 40)))
        data = data[:start] + draw(pieces) + data[end:]
    return data


@SLOW
@given(number=st.sampled_from([0, 1]), draw=st.data())
def test_a_damaged_archive_gives_a_map_or_a_map_error(number: int, draw: st.DataObject):
    data = draw.draw(damaged(WORKBOOKS[number]))
    try:
        check(read_sheets(data, "a.xlsx"), MAPPING)
    except MapError:
        return


@BOUNDED
@given(number=st.sampled_from([0, 1]), draw=st.data())
def test_damaged_parts_of_a_sound_archive_give_a_map_or_a_map_error(number: int, draw: st.DataObject):
    parts = {0: [FIRST_SHEET, "xl/workbook.xml", "xl/styles.xml", "xl/_rels/workbook.xml.rels"],
             1: [FIRST_SHEET, "xl/sharedStrings.xml", "[Content_Types].xml"]}[number]  # fmt: skip
    part = draw.draw(st.sampled_from(parts))
    data = changed(WORKBOOKS[number], {part: lambda old: draw.draw(damaged(old))})
    try:
        check(read_sheets(data, "a.xlsx"), MAPPING)
    except MapError:
        return


def test_a_table_cut_at_any_byte_is_whole_or_refused_or_said_to_be_without_an_end():
    table = [["id", "activity", "outcome"], *[[f"S{n}", "digging, deep", "mood\nand more"] for n in range(5)]]
    whole = as_csv(table, ",")
    ends = {len(as_csv(table[:n], ",")): n - 1 for n in range(2, len(table) + 1)}
    for end in range(len(as_csv(table[:1], ",")) + 1, len(whole) + 1):
        try:
            reading = parse_coded_table(read_sheets(whole[:end], "a.csv"), MAPPING).reading
        except MapError:
            continue
        is_said = any("without a line end" in repair.what for repair in reading.repairs)
        assert is_said or reading.n_read in {ends.get(end), ends.get(end + 1)}, end
        assert end not in ends or (reading.n_read == ends[end] and not is_said)
