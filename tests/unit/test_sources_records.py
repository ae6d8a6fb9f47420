"""All formats as one frame: ids, places, problems of all files at once, and the bundled records."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from mapanalysis.errors import DataError, Problem
from mapanalysis.sources import records as records_module
from mapanalysis.sources import text as text_module
from mapanalysis.sources.records import BIBTEX, CSV, MEDLINE, RECORD_COLUMNS, RIS, format_of, read_records

REPOSITORY = Path(__file__).parents[2]
SMALL = REPOSITORY / "tests" / "data" / "records"
ROOT = Path("/data/raw")
ONE = "TY  - JOUR\nID  - {}\nTI  - One\nER  - \n"


def read(**files: str | bytes):
    """Records of files given as name=content; `a_ris` is the file records/a.ris."""
    contents = {
        ROOT / "records" / ".".join(name.rsplit("_", 1)): text.encode() if isinstance(text, str) else text
        for name, text in files.items()
    }
    return read_records(contents, ROOT, contents.__getitem__)


def problems_of(**files: str | bytes) -> list[str]:
    with pytest.raises(DataError) as caught:
        read(**files)
    return [str(problem) for problem in caught.value.problems]


def test_the_frame_has_the_agreed_columns_and_types():
    records = read(a_ris=ONE.format("X1")).records
    assert list(records.columns) == list(RECORD_COLUMNS)
    assert records.dtypes.astype(str).to_dict() == dict.fromkeys(RECORD_COLUMNS, "str") | {
        "source_row": "int64"
    }
    assert not records.isna().any(axis=None)


def test_each_record_keeps_its_source_file_and_position():
    records = read(a_ris=ONE.format("X1") + ONE.format("X2"), b_csv="record_id,title\nX3,Three\n").records
    columns = ["record_id", "source", "source_file", "source_row"]
    assert records[columns].values.tolist() == [
        ["X1", "a", "records/a.ris", 1],
        ["X2", "a", "records/a.ris", 2],
        ["X3", "b", "records/b.csv", 1],
    ]


def test_a_record_without_an_id_is_named_by_file_and_position_and_counted():
    result = read(a_ris=ONE.format("X1") + ONE.format("").replace("ID  - \n", "") * 2)
    assert result.records["record_id"].tolist() == ["X1", "a-2", "a-3"]
    assert result.repairs.values.tolist() == [
        ["records/a.ris", "record ids made from the file's name and the position", 2]
    ]


def test_the_problems_of_all_files_are_raised_at_once():
    problems = problems_of(
        a_ris="TY  - JOUR\nTI  - Cut",
        b_nbib=b"PMID- 1\nTI  - A\x00",
        c_bib="@article{c, title = {C",
        d_csv="name,foo\n1,2\n",
        e_ris=" \n",
        f_txt="hello\nworld\n",
        g_csv="title,id\n",
        h_ris=ONE.format("X1"),
    )
    for problem, file, words in zip(
        problems,
        ("a.ris", "b.nbib", "c.bib", "d.csv", "e.ris", "f.txt", "g.csv"),
        (
            "cut off",
            "NUL bytes",
            "cannot be read",
            "titles",
            "empty file",
            "found none of them",
            "found none",
        ),
        strict=True,
    ):
        assert problem.startswith(f"records/{file}")
        assert words in problem


def test_a_repeated_record_id_is_refused_for_each_group_of_files():
    problems = problems_of(
        a_ris=ONE.format("X1") + ONE.format("X1") + ONE.format("X2"),
        b_bib="@article{X2, title={Two}}\n@article{X3, title={Three}}\n",
        c_csv="record_id,title\nX3,Three\nX2x,Two\n",
    )
    assert [problem.split(": expected each record id once")[0] for problem in problems] == [
        "records/a.ris, column record_id",
        "records/a.ris, records/b.bib, column record_id",
        "records/b.bib, records/c.csv, column record_id",
    ]
    assert "Found: 'X1'." in problems[0]


def test_two_files_of_one_name_are_refused():
    (problem,) = problems_of(a_ris=ONE.format("X1"), a_csv="record_id,title\nX2,Two\n")
    assert "expected each source once, found 2 files of the name 'a'" in problem


def test_no_files_at_all_are_refused():
    with pytest.raises(DataError, match=r"(?i)expected at least one file of records, found none"):
        read_records([], ROOT)


def test_a_missing_file_is_a_problem_and_not_a_traceback(tmp_path: Path):
    with pytest.raises(DataError, match=r"none\.ris: cannot be read: No such file or directory"):
        read_records([tmp_path / "none.ris"], tmp_path)


def test_a_file_too_large_is_refused_before_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "a.ris").write_text(ONE)
    monkeypatch.setattr(text_module, "MOST_BYTES", 3)

    def read_bytes(path: Path) -> bytes:
        raise AssertionError("read though too large")

    with pytest.raises(DataError, match="expected at most"):
        read_records([tmp_path / "a.ris"], tmp_path, read_bytes)


def test_an_error_of_the_reader_is_collected_with_the_others():
    def read_bytes(path: Path) -> bytes:
        raise DataError(Problem("expected checksum 1, found 2.", file=path.name))

    with pytest.raises(DataError) as caught:
        read_records([ROOT / "a.ris", ROOT / "b.ris"], ROOT, read_bytes)
    assert [problem.file for problem in caught.value.problems] == ["a.ris", "b.ris"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Record #1\n\nTY  - JOUR\nER  - \n", RIS),
        ("TY - JOUR\nER - \n", RIS),
        ("\n\nPMID- 1\nTI  - A\n", MEDLINE),
        ("OWN - R1\nTI  - A\n", MEDLINE),
        ("% comment\n@Article {a, title={A}}\n", BIBTEX),
        ("@article{a, abstract={Seen in\nTY  - JOUR}}\n", BIBTEX),
        ("TY  - JOUR\nAB  - Seen in\n@article{a}\nER  - \n", RIS),
        ("id;Title\n1;A\n", CSV),
        ("TI  - A\n", MEDLINE),
    ],
)
def test_the_format_is_known_by_the_content(text: str, expected: records_module.Format):
    assert format_of(text, "a.nbib") is expected


def test_a_name_that_says_another_format_is_reported():
    result = read(a_csv=ONE.format("X1"), b_txt=ONE.format("X2"))
    assert result.repairs.values.tolist() == [
        ["records/a.csv", "read as RIS, by its content, not as its name says", 1]
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("<!DOCTYPE html><p>Log in</p>\nTY  - JOUR\n", "a web page"),
        ("<?xml version='1.0'?><records/>", "XML that is not EndNote's"),
        ('{"Codes": []}', "JSON"),
        ("%0 Journal Article\n%T One\n", "EndNote tagged text"),
        ("FN Source\nVR 1.0\nPT J\nTI One\nER\n", "Web of Science plain text"),
    ],
)
def test_other_formats_are_refused_by_name(text: str, found: str):
    (problem,) = problems_of(a_ris=text)
    assert f"expected records as RIS, PubMed format, BibTeX, EndNote XML or CSV, found {found}." in problem


def test_the_small_files_of_all_shapes_are_read_as_they_stand():
    result = read_records(sorted(SMALL.iterdir()), SMALL)
    records = result.records.set_index("record_id")
    assert records.groupby("source").size().to_dict() == {
        "mixed_line_ends": 3, "pubmed_style": 3, "scopus_style": 2,
        "semicolon_latin1": 2, "zotero_style": 2, "zotero_style_export": 2,
    }  # fmt: skip
    assert records.loc["scopus_style-1", "pmid"] == "30000001"
    assert (
        records.loc["scopus_style-1", "abstract"]
        == "Background of the trial. Methods stand on a line of their own."
    )
    assert records.loc["V001", ["authors", "year", "doi", "abstract"]].tolist() == [
        "Ruiz, Ana; Ruiz, Ana", "2018", "10.5555/invented.2018.9", "Calls were made each week.",
    ]  # fmt: skip
    assert records.loc["pubmed_style-1", ["authors", "language", "pmcid"]].tolist() == [
        "Novák, Jana; Berg, Ole; Invented Study Group", "eng; ger", "PMC9000001",
    ]  # fmt: skip
    assert records.loc["X0003", "title"] == "A third one without a PubMed number."
    assert records.loc["okafor_walking_2021", ["title", "authors", "doi", "pages"]].tolist() == [
        "Walking groups led by Peers: a feasibility trial in München & Évora",
        "Okafor, N.; Lindström Group and Partners; Dvořák, A.", "10.5555/invented_2021.04", "101-110",
    ]  # fmt: skip
    assert records.loc["INV00001", "title"] == 'Walking groups led by peers: a "feasibility" trial'
    assert records.loc["S1", ["title", "authors"]].tolist() == [
        "Café para iguales: señales de apoyo",
        "Muñoz, José",
    ]
    repaired = result.repairs.groupby("file")["what"].agg(set)
    assert repaired["semicolon_latin1.csv"] >= {
        "cells separated by semicolon",
        "not UTF-8: lines read as Windows-1252",
    }
    assert repaired["mixed_line_ends.ris"] == {
        "line ends CR LF read as LF",
        "lone CR read as a line end",
        "records without an end line (ER) closed",
    }


def test_reading_changes_no_file_and_gives_the_same_twice():
    paths = sorted(SMALL.iterdir())
    before = [path.read_bytes() for path in paths]
    first, second = read_records(paths, SMALL), read_records(paths, SMALL)
    assert [path.read_bytes() for path in paths] == before
    pd.testing.assert_frame_equal(first.records, second.records)
    pd.testing.assert_frame_equal(first.repairs, second.repairs)


MARKERS = {
    ".ris": rb"(?m)^TY  - ",
    ".nbib": rb"(?m)^OWN - ",
    ".bib": rb"(?m)^@article\{",
    ".csv": rb"(?m)^R\d{4},",
}


def test_the_bundled_records_are_all_read():
    raw = REPOSITORY / "data" / "raw"
    files = sorted(path for path in (raw / "records").iterdir() if path.suffix in MARKERS)
    records = read_records(files, raw).records
    known = pd.read_csv(raw / "known_duplicates.csv", dtype=str, na_filter=False)
    assert len(records) == 1704
    assert set(records["record_id"]) == set(known["record_id"])
    assert (records["title"] != "").all()
    assert records.groupby("source_file").size().to_dict() == {
        f"records/{file.name}": len(re.findall(MARKERS[file.suffix], file.read_bytes())) for file in files
    }
    filled = records.ne("").groupby(records["source"]).sum()
    assert filled.loc["pubmed_central", ["pmid", "pmcid", "doi", "year"]].tolist() == [163, 141, 159, 165]
    assert filled.loc["repositories", ["authors", "doi", "pages"]].tolist() == [131, 43, 46]
