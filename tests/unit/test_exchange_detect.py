"""Files are known by what is in them, whatever they are called; what is none of them is said by its name."""

from __future__ import annotations

import io
import zipfile
from contextlib import suppress

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_exchange_references import FILE, RAYYAN
from test_sources_endnote import RECORD, whole

from mapanalysis.errors import DataError, MapError, UsageError
from mapanalysis.exchange import detect
from mapanalysis.exchange.detect import READERS, Options, find_reader, read_library

COVIDENCE = """Covidence #,Study ID,Title,Reviewer Name,Country,Study design,Aim
7,Lee 2019,Roots and mood of people,Ann Coder,Ghana; Peru,Trial,To see
7,Lee 2019,Roots and mood of people,Bo Other,Ghana,Trial,To look
7,Lee 2019,Roots and mood of people,Consensus,Ghana,Trial,To see
8,Roy 2020,Weeds that nobody wanted,Ann Coder,Peru,Trial,To learn
9,Fox 2021,Trees in the morning light,Ann Coder,Peru,Review,To ask
9,Fox 2021,Trees in the morning light,Bo Other,Ghana,Review,To ask
10,Elk 2022,Bees that came back home,Bo Other,Ghana; Peru,Review,To know
"""
COVIDENCE += "".join(
    f"{n},Name{n} 20{n},Title of study {n} on plants,Bo Other,{'Ghana' if n % 2 else 'Peru'},{'Trial' if n % 3 else 'Review'},Aim {n}\n"
    for n in range(11, 21)
)
TABLE = "Study,Intervention,Outcome\nLee 2019,Dig,Mood\nRoy 2020,Dig,Sleep\nFox 2021,Sow,Mood\nElk 2022,Sow,Sleep\n"
JSON = '{"CodeSets": [], "References": []}'
MAPPER = "<!DOCTYPE html><html><script>const csvData = {};\nconst referenceData = [];\n</script></html>"
ZOTERO = '"Key","Item Type","Publication Year","Author","Title","Publication Title","DOI","Abstract Note","Manual Tags"\n'
ZOTERO += '"K1","journalArticle","2019","Lee, A","Roots and mood","Soil","10.5555/a","Text","soil; mood"\n'


def workbook() -> bytes:
    book = openpyxl.Workbook()
    for row in TABLE.strip().split("\n"):
        book.active.append(row.split(","))
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def archive(name: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as zipped:
        zipped.writestr(name, "text")
    return made.getvalue()


@pytest.mark.parametrize(
    ("data", "reader"),
    [
        (JSON.encode(), "eppi-json"),
        (b"\xef\xbb\xbf" + JSON.encode(), "eppi-json"),
        (MAPPER.encode(), "eppi-mapper"),
        (COVIDENCE.encode(), "covidence"),
        (COVIDENCE.replace("\n", "\r\n").encode("utf-16"), "covidence"),
        (RAYYAN.encode(), "rayyan"),
        (ZOTERO.encode(), "references"),
        (FILE.encode(), "references"),
        (b"\xef\xbb\xbf" + FILE.encode(), "references"),
        (whole(RECORD).encode(), "references"),
        (b"PMID- 1\nTI  - One\nSO  - x\n", "references"),
        (b"@article{a, title = {One}}\n", "references"),
        (TABLE.encode(), "table"),
        (TABLE.replace(",", ";").encode("latin-1"), "table"),
        (TABLE.replace(",", "\t").encode(), "table"),
        (workbook(), "table"),
    ],
)
def test_a_format_is_known_by_its_content(data, reader):
    assert find_reader(data, "something.dat").id == reader


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"", "an empty file"),
        (b" \n" * 10, "an empty file"),
        (b" " * 100_000 + b"x", "64 KiB of nothing at its beginning"),
        (b"%PDF-1.7\n", "a PDF"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 20, "an old Office file"),
        (b"\x1f\x8b\x08" + b"\0" * 20, "a gzip archive"),
        (archive("a.txt"), "a zip archive that is no workbook"),
        (b"<!doctype html><p>Log in</p>", "a web page that is no map of EPPI-Mapper"),
        (b"<?xml version='1.0'?><PubmedArticleSet/>", "XML that is not EndNote's"),
        (b'{"features": [1, 2]}', "JSON that is not EPPI-Reviewer's"),
        (b"[1, 2]", "JSON that is not EPPI-Reviewer's"),
        (b"\0\1\2\3" * 20, "binary data"),
        (b"Once upon a time\nthere was a garden\n", "text in none of these"),
    ],
)
def test_what_is_none_of_them_is_named_with_what_was_expected(data, found):
    with pytest.raises(DataError) as caught:
        find_reader(data, "a.json")
    (problem,) = map(str, caught.value.problems)
    assert problem.startswith("a.json: expected EPPI-Reviewer JSON, a page of EPPI-Mapper, a coded table")
    assert f"found {found}" in problem


def test_a_person_may_say_what_a_file_is():
    assert read_library(ZOTERO.encode(), "z.csv", format_id="references").reading.format == "references"
    with pytest.raises(UsageError, match="There is no format 'refs'"):
        read_library(ZOTERO.encode(), "z.csv", format_id="refs")


def test_a_mapping_makes_a_file_a_coded_table():
    assert find_reader(ZOTERO.encode(), "z.csv", Options(mapping=b"dimensions: []")).id == "table"


def test_every_reader_has_an_id_and_a_name_of_its_own():
    assert len({reader.id for reader in READERS}) == len({reader.name for reader in READERS}) == len(READERS)


@settings(max_examples=200, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    data=st.one_of(
        st.binary(max_size=200), st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace"))
    )
)
def test_any_bytes_give_a_library_or_an_error_of_ours(data):
    with suppress(MapError):
        read_library(data, "a.dat")


@pytest.mark.parametrize("text", [JSON, MAPPER, COVIDENCE, RAYYAN, ZOTERO, FILE, whole(RECORD), TABLE])
def test_a_file_cut_anywhere_gives_a_library_or_an_error_of_ours(text):
    data = text.encode()
    for cut in range(0, len(data), max(len(data) // 25, 1)):
        with suppress(MapError):
            read_library(data[:cut], "a.dat")


# --- Covidence ---


def test_an_extraction_of_covidence_is_what_the_reviewers_agreed_on():
    library = read_library(
        COVIDENCE.encode(),
        "extraction.csv",
        Options(answers={"row_dimension": "Country", "column_dimension": "Study design"}),
    )
    assert library.reports["title"].tolist()[:3] == [
        "Roots and mood of people",
        "Weeds that nobody wanted",
        "Trees in the morning light",
    ]
    (country,) = [one for one in library.codebook["dimensions"] if one["label"] == "Country"]
    labels = {code["id"]: code["label"] for code in country["codes"]}
    coded = library.codings[library.codings["dimension"] == country["id"]]
    first = set(library.reports["publication_id"][:4])
    codes = [
        labels[code]
        for report, code in zip(coded["publication_id"], coded["code"], strict=True)
        if report in first
    ]
    assert codes == ["Ghana", "Peru", "Ghana", "Peru"]  # of the first, the second, and two of the fourth
    reading = library.reading
    assert (reading.format, reading.n_read, reading.n_used) == ("Covidence extraction", 17, 14)
    assert ("a reviewer's own: what was agreed counts", 3) in [
        (one.why, one.count) for one in reading.set_aside
    ]
    assert ("reviewers differ and there is no consensus", 1) in [
        (one.why, one.count) for one in reading.left_out
    ]
    assert "Ann Coder" not in repr(library)


def test_names_of_files_are_not_searched_for_formats():
    assert not any("file" in reader.is_it.__code__.co_names for reader in detect.READERS)
