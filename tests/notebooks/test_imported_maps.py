"""Maps made from files of others run through all notebooks as they are, whatever the files lack."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_library import TODAY, codings, library, reports, write
from small_map import run_cells

from mapanalysis.exchange.axes import choose_axes
from mapanalysis.exchange.projects import Original, write_empty_project, write_project
from mapanalysis.exchange.references import read_references

RIS = "".join(
    f"TY  - {'JOUR' if n % 2 else 'RPRT'}\nID  - X{n}\nTI  - What number {n} of {'abcdefgh'[n] * 3} found out\nPY  - {2008 + n}\nER  - \n\n"
    for n in range(8)
).encode()


def make_coded(folder: Path) -> None:
    """Findings, a study without codes, a type of evidence."""
    write(folder)


def make_bare(folder: Path) -> None:
    """One dimension, no type of evidence, and most studies without a code."""
    bare = codings([("R1", "", "activity", "2"), ("R3", "", "activity", "3")])
    book = {**library().codebook, "dimensions": library().codebook["dimensions"][:1]}
    whole = library(codebook=book, codings=bare, reports=reports())
    write_project(whole, folder, Original("a.json", b"{}"), choose_axes(whole), TODAY)


def make_references(folder: Path) -> None:
    found = read_references(RIS, "refs.ris")
    write_project(found, folder, Original("refs.ris", RIS), choose_axes(found), TODAY)


def make_empty(folder: Path) -> None:
    write_empty_project(folder, TODAY)


@pytest.mark.parametrize("make", [make_coded, make_bare, make_references, make_empty])
def test_a_map_made_from_a_file_runs(make, tmp_path):
    make(tmp_path / "map")
    run_cells(tmp_path / "map", tmp_path / "out")
    assert {"map.html", "report.json", "report.pdf"} <= {path.name for path in (tmp_path / "out").iterdir()}
