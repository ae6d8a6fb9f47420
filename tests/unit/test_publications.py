"""A map before anything is screened: records joined to publications, new raw files sealed."""

from __future__ import annotations

import shutil

import pytest
from small_map import copy_map

from mapanalysis import cli
from mapanalysis.project import SIDECAR, Project
from mapanalysis.store import read_csv


@pytest.fixture
def call(monkeypatch, capsys):
    def call(*words: object) -> str:
        monkeypatch.setattr("sys.argv", ["mapanalysis", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            cli.main()
        assert not end.value.code
        return capsys.readouterr().out

    return call


def test_publications_need_no_decisions_but_records(call, tmp_path):
    project = copy_map(tmp_path / "map")
    for path in (project / "data" / "raw").glob("*.csv*"):
        path.unlink()
    call("publications", project, "--out", tmp_path / "out")
    records = read_csv(tmp_path / "out" / "records.csv")
    publications = read_csv(tmp_path / "out" / "publications.csv")
    assert set(records["publication_id"]) == set(publications["publication_id"])
    assert len(publications) < len(records)
    assert len(read_csv(tmp_path / "out" / "uncertain_pairs.csv")) > 0


def test_known_duplicates_it_writes_make_the_ids_last(call, tmp_path):
    project = copy_map(tmp_path / "map")
    call("publications", project, "--out", tmp_path / "first")
    known = project / "data" / "raw" / "known_duplicates.csv"
    shutil.copy(tmp_path / "first" / "known_duplicates.csv", known)
    call("seal", known)
    (project / "data" / "raw" / "records" / "aaa.ris").write_text(
        "TY  - JOUR\nID  - NEW1\nTI  - A record that was not there when the ids were given\nER  - \n",
        encoding="utf-8",
    )
    call("seal", project / "data" / "raw" / "records" / "aaa.ris")
    call("publications", project, "--out", tmp_path / "second")
    before, after = (
        dict(read_csv(tmp_path / name / "known_duplicates.csv").to_numpy()) for name in ("first", "second")
    )
    assert after.pop("NEW1") not in before.values()
    assert after == before


def test_seal_without_a_file_seals_what_is_new_and_nothing_that_changed(call, tmp_path, monkeypatch):
    project = copy_map(tmp_path / "map")
    raw = project / "data" / "raw"
    (raw / f"reports.csv{SIDECAR}").unlink()
    with (raw / "codings.csv").open("a", encoding="utf-8") as file:
        file.write("\n")
    before = (raw / f"codings.csv{SIDECAR}").read_bytes()
    monkeypatch.chdir(project)
    assert "reports.csv.source.yaml is new" in call("seal")
    assert Project(project).read_source(raw / "reports.csv").licence == "not yet said"
    assert (raw / f"codings.csv{SIDECAR}").read_bytes() == before
