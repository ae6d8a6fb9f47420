"""A map project on disk: raw data under checksums, tables that come back as they were, output whole or not at all."""

from __future__ import annotations

import datetime
import errno
import hashlib
import json
import os
import shutil
from pathlib import Path

import pandas as pd
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mapanalysis import files
from mapanalysis.errors import DataError, OutputError, UsageError
from mapanalysis.store import (
    FORMULA,
    Project,
    fingerprint,
    read_csv,
    read_tables,
    recover_folder,
    replacing_folder,
    seal,
    tables_built_from,
    write_bytes,
    write_csv,
    write_tables,
    write_text,
)
from mapanalysis.tables import flag, integer, number, table, text

TODAY = datetime.date(2026, 11, 2)
CSV = b"publication_id,study_id\nP1,S1\n"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project with two sealed raw files."""
    (tmp_path / "params.yaml").write_text("edition: test\n")
    (tmp_path / "data" / "raw" / "records").mkdir(parents=True)
    made = Project(tmp_path)
    for name in ("reports.csv", "records/one.ris"):
        (made.raw / name).write_bytes(CSV)
        seal(made, made.raw / name, TODAY)
    return made


# The project


def test_the_project_is_found_from_any_folder_inside(project):
    assert Project.find(project.raw / "records").root == project.root.resolve()
    assert Project.find(project.root).root == project.root.resolve()


def test_outside_a_project_it_says_what_a_project_is(tmp_path):
    with pytest.raises(
        UsageError, match=r"is not in a map project\. A map project is a folder with params\.yaml"
    ):
        Project.find(tmp_path)


def test_raw_files_are_those_under_a_checksum(project):
    for name in ("README.md", ".hidden", "records/LICENSE"):
        (project.raw / name).write_text("words")
    assert [path.relative_to(project.raw).as_posix() for path in project.raw_files()] == [
        "records/one.ris",
        "reports.csv",
    ]
    assert [path.name for path in project.record_files()] == ["one.ris"]


# Checksums


def test_the_bytes_of_a_sealed_file_are_read_as_they_are(project):
    assert project.read_bytes(project.raw / "reports.csv") == CSV


@pytest.mark.parametrize("position", [0, 10, len(CSV) - 1])
def test_one_changed_byte_stops_the_reading_and_says_all(project, position):
    path = project.raw / "reports.csv"
    changed = bytearray(CSV)
    changed[position] ^= 1
    path.write_bytes(changed)
    with pytest.raises(DataError) as caught:
        project.read_bytes(path)
    message = str(caught.value)
    assert message.startswith("reports.csv: the file is not the one its sidecar describes")
    assert (
        f"expected SHA-256 {hashlib.sha256(CSV).hexdigest()}, found {hashlib.sha256(changed).hexdigest()}"
        in message
    )
    assert "Restore the file (`git checkout` or your copy)" in message
    assert "`mapanalysis seal reports.csv`" in message


def test_a_line_end_changed_by_an_editor_is_a_changed_file(project):
    path = project.raw / "reports.csv"
    path.write_bytes(CSV.replace(b"\n", b"\r\n"))
    with pytest.raises(DataError, match="is not the one its sidecar describes"):
        project.read_bytes(path)


def test_a_file_without_sidecar_is_refused_with_the_command_that_makes_one(project):
    (project.raw / "reports.csv.source.yaml").unlink()
    with pytest.raises(
        DataError, match=r"reports\.csv\.source\.yaml: the file that says where the data come from is"
    ) as caught:
        project.read_bytes(project.raw / "reports.csv")
    assert "Run `mapanalysis seal reports.csv`, then fill in what it is." in str(caught.value)


def test_a_missing_file_is_named(project):
    (project.raw / "records" / "one.ris").unlink()
    with pytest.raises(
        DataError, match=r"records/one\.ris: cannot be read \(No such file or directory\)\. Put the file back"
    ):
        project.read_bytes(project.raw / "records" / "one.ris")


@pytest.mark.parametrize(
    ("sidecar", "message"),
    [
        ("title: [", "is not YAML"),
        ("title: Only this", "sha256: Field required"),
        ("", "the file"),
        ("- a list", "the file"),
    ],
)
def test_a_sidecar_that_cannot_be_understood_is_refused(project, sidecar, message):
    (project.raw / "reports.csv.source.yaml").write_text(sidecar)
    with pytest.raises(DataError, match=message) as caught:
        project.read_bytes(project.raw / "reports.csv")
    assert all(problem.file == "reports.csv.source.yaml" for problem in caught.value.problems)


def test_all_files_without_a_sidecar_are_named_at_once(project):
    for path in project.raw_files():
        path.with_name(path.name + ".source.yaml").unlink()
    with pytest.raises(DataError) as caught:
        project.sources()
    assert [problem.file for problem in caught.value.problems] == [
        "records/one.ris.source.yaml",
        "reports.csv.source.yaml",
    ]


def test_the_sources_are_a_table_with_one_row_per_file(project):
    sources = project.sources()
    assert sources.columns.tolist() == ["file", "title", "made", "licence", "date", "sha256"]
    assert sources["file"].tolist() == ["records/one.ris", "reports.csv"]
    assert sources["date"].tolist() == ["2026-11-02"] * 2


def test_sealing_again_keeps_what_a_person_wrote_and_sums_anew(project):
    path = project.raw / "reports.csv"
    sidecar = project.raw / "reports.csv.source.yaml"
    said = yaml.safe_load(sidecar.read_text()) | {"title": "Included reports", "licence": "CC0"}
    sidecar.write_text(yaml.safe_dump(said))
    assert seal(project, path, datetime.date(2027, 1, 1)).date == TODAY  # nothing changed
    path.write_bytes(CSV + b"P2,S2\n")
    sealed = seal(project, path, datetime.date(2027, 1, 1))
    assert (sealed.title, sealed.licence, sealed.date) == (
        "Included reports",
        "CC0",
        datetime.date(2027, 1, 1),
    )
    assert project.read_bytes(path) == CSV + b"P2,S2\n"


# CSV


def round_trip(values: list[str], folder: Path) -> pd.DataFrame:
    frame = pd.DataFrame({"first": values, "second": values[::-1]}, dtype="str")
    write_csv(frame, folder / "table.csv")
    pd.testing.assert_frame_equal(read_csv(folder / "table.csv"), frame)
    return frame


AWKWARD = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\tx",
    "\rx",
    "'=1",
    "''@x",
    "'",
    "'quoted'",
    "NA",
    "None",
    "nan",
    "",
    " ",
    " a ",
    "01",
    "1e5",
    "a,b",
    'say "so"',
    "two\nlines",
    "a\rb",
    "a\r\nb",
    "\r",
    "\n",
    "\x00",
    "\ufeff",
    "\u2028",
    "Zoë 😀",
    "x" * 40_000,
]


@pytest.mark.parametrize("value", AWKWARD, ids=lambda value: repr(value[:12]))
def test_awkward_text_comes_back_as_it_was(tmp_path, value):
    round_trip([value, "plain"], tmp_path)


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.text() | st.text("=+-@'\t\r\n\",;\x00 a1", max_size=6), min_size=1, max_size=30))
def test_any_text_comes_back_as_it_was_and_no_cell_is_a_formula(tmp_path, values):
    round_trip(values, tmp_path)
    stored = pd.read_csv(tmp_path / "table.csv", dtype="str", na_filter=False, encoding="utf-8-sig")
    for column in stored:
        assert not stored[column].str.match(r"[=+\-@\t\r]").any()


def test_a_formula_is_made_inert_by_one_apostrophe(tmp_path):
    write_csv(pd.DataFrame({"a": ["=cmd|'/c calc'!A1", "'=1", "plain"]}, dtype="str"), tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_bytes() == b"\xef\xbb\xbfa\n'=cmd|'/c calc'!A1\n''=1\nplain\n"


def test_numbers_keep_their_sign_and_missing_ones_are_empty(tmp_path):
    frame = pd.DataFrame(
        {"n": pd.array([-1, None], "Int64"), "x": pd.array([-0.5, None], "Float64"), "is": [True, False]}
    )
    write_csv(frame, tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text(encoding="utf-8-sig") == "n,x,is\n-1,-0.5,True\n,,False\n"


def test_the_same_table_gives_the_same_bytes_and_is_not_changed(tmp_path):
    frame = pd.DataFrame({"a": pd.Categorical(["=x", "y"]), "n": [1, 2]})
    before = frame.copy()
    write_csv(frame, tmp_path / "1.csv")
    write_csv(frame, tmp_path / "2.csv")
    pd.testing.assert_frame_equal(frame, before)
    assert (tmp_path / "1.csv").read_bytes() == (tmp_path / "2.csv").read_bytes()


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "'='"])
def test_the_pattern_of_formulas_is_that_of_spreadsheets(tmp_path, sign):
    assert FORMULA.search(f"{sign}1")


@pytest.mark.parametrize("mark", [";", "\t", "\n", "\r"])
def test_no_formula_stands_behind_what_parts_columns_elsewhere(tmp_path, mark):
    value = f"x{mark}=1+1{mark}'-2"
    round_trip([value, "plain"], tmp_path)
    stored = pd.read_csv(tmp_path / "table.csv", dtype="str", na_filter=False, encoding="utf-8-sig")
    assert f"x{mark}'=1+1{mark}''-2" in stored.to_numpy()


# Tables with their types


SCHEMA = table(
    "gardens",
    "Gardens",
    ["garden_id"],
    {
        "garden_id": text("Garden", required=True),
        "note": text("Note"),
        "n_people": integer("People", "people"),
        "weeks": number("Duration", "weeks"),
        "is_open": flag("Whether it is open"),
    },
)
GARDENS = pd.DataFrame(
    {
        "garden_id": pd.Series(["01", "NA", "=3"], dtype="str"),
        "note": pd.Series(["", "None", "a\rb"], dtype="str"),
        "n_people": pd.array([1, None, 2**53 - 1], "Int64"),
        "weeks": pd.array([0.1, None, 1 / 3], "Float64"),
        "is_open": [True, False, False],
    }
)


def test_tables_come_back_with_their_types_and_every_value(tmp_path):
    write_tables({"gardens": GARDENS}, {"gardens": SCHEMA}, tmp_path / "processed", "abc")
    found = read_tables({"gardens": SCHEMA}, tmp_path / "processed")
    pd.testing.assert_frame_equal(found["gardens"], GARDENS)


def test_an_empty_table_comes_back_with_its_types(tmp_path):
    write_tables({"gardens": GARDENS.iloc[:0]}, {"gardens": SCHEMA}, tmp_path / "processed", "abc")
    found = read_tables({"gardens": SCHEMA}, tmp_path / "processed")["gardens"]
    pd.testing.assert_frame_equal(found, GARDENS.iloc[:0])


def test_a_built_table_changed_by_hand_is_refused(tmp_path):
    write_tables({"gardens": GARDENS}, {"gardens": SCHEMA}, tmp_path / "processed", "abc")
    path = tmp_path / "processed" / "gardens.csv"
    path.write_bytes(path.read_bytes().replace(b"False", b"no"))
    with pytest.raises(DataError, match=r"gardens\.csv, row 3, column is_open: is neither True nor False"):
        read_tables({"gardens": SCHEMA}, tmp_path / "processed")


def test_the_data_dictionary_describes_every_column(tmp_path):
    write_tables({"gardens": GARDENS}, {"gardens": SCHEMA}, tmp_path / "processed", "abc")
    package = json.loads((tmp_path / "processed" / "datapackage.json").read_text())
    (resource,) = package["resources"]
    assert resource["path"] == "gardens.csv"
    assert resource["schema"]["primaryKey"] == ["garden_id"]
    assert [(field["name"], field["type"], field.get("unit")) for field in resource["schema"]["fields"]] == [
        ("garden_id", "string", None),
        ("note", "string", None),
        ("n_people", "integer", "people"),
        ("weeks", "number", "weeks"),
        ("is_open", "boolean", None),
    ]
    assert all(field["description"] for field in resource["schema"]["fields"])


def test_what_tables_were_built_from_is_known_or_empty(tmp_path):
    folder = tmp_path / "processed"
    assert tables_built_from(folder) == ""
    write_tables({"gardens": GARDENS}, {"gardens": SCHEMA}, folder, "abc")
    assert tables_built_from(folder) == "abc"
    for broken in ("{", "[]", "{}"):
        (folder / "datapackage.json").write_text(broken)
        assert tables_built_from(folder) == ""


# Whole or not at all


def test_a_file_is_replaced_whole(tmp_path):
    write_text(tmp_path / "new" / "a.txt", "one")
    write_text(tmp_path / "new" / "a.txt", "two")
    assert (tmp_path / "new" / "a.txt").read_text() == "two"
    assert os.listdir(tmp_path / "new") == ["a.txt"]


@pytest.mark.parametrize("fault", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EIO])
def test_a_file_that_cannot_be_written_leaves_the_old_one_and_says_so(tmp_path, monkeypatch, fault):
    write_text(tmp_path / "a.txt", "old")

    def write_half(self, data):
        with self.open("wb") as file:
            file.write(data[: len(data) // 2])
        raise OSError(fault, os.strerror(fault))

    monkeypatch.setattr(Path, "write_bytes", write_half)
    with pytest.raises(OutputError, match=r"a\.txt: cannot be written \(") as caught:
        write_bytes(tmp_path / "a.txt", b"new and longer")
    assert os.strerror(fault) in str(caught.value)
    assert "what was there before is unchanged" in str(caught.value)
    assert caught.value.exit_code == 5
    assert (tmp_path / "a.txt").read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_a_folder_is_replaced_whole(tmp_path):
    final = tmp_path / "edition"
    for words in ("one", "two"):
        with replacing_folder(final) as beside:
            assert os.listdir(beside) == []
            (beside / f"{words}.txt").write_text(words)
            assert not (final / f"{words}.txt").exists()
    assert os.listdir(final) == ["two.txt"]
    assert os.listdir(tmp_path) == ["edition"]


@pytest.mark.parametrize("error", [ValueError("a bug"), KeyboardInterrupt(), DataError([])])
def test_a_failure_keeps_the_old_folder_and_is_not_disguised(tmp_path, error):
    final = tmp_path / "edition"
    with replacing_folder(final) as beside:
        (beside / "a.txt").write_text("old")

    def fail():
        with replacing_folder(final) as beside:
            (beside / "a.txt").write_text("half")
            raise error

    with pytest.raises(type(error)):
        fail()
    assert (final / "a.txt").read_text() == "old"
    assert os.listdir(tmp_path) == ["edition"]


def test_a_full_disk_keeps_the_old_folder_and_is_an_output_error(tmp_path):
    final = tmp_path / "edition"
    with replacing_folder(final) as beside:
        (beside / "a.txt").write_text("old")
    with (
        pytest.raises(OutputError, match=r"cannot be written \(No space left on device\)"),
        replacing_folder(final),
    ):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(final / "b.txt"))
    assert (final / "a.txt").read_text() == "old"


def test_a_file_not_found_inside_is_not_called_a_failure_to_write(tmp_path):
    with pytest.raises(FileNotFoundError), replacing_folder(tmp_path / "edition"):
        (tmp_path / "not there").read_text()


@pytest.mark.parametrize("failing", [1, 2])
def test_a_rename_that_fails_leaves_the_old_folder_in_its_place(tmp_path, monkeypatch, failing):
    """The first rename takes the old away, the second puts the new into its place."""
    final = tmp_path / "edition"
    with replacing_folder(final) as beside:
        (beside / "a.txt").write_text("old")
    real, calls = Path.rename, []

    def rename(self, target):
        calls.append(self)
        if len(calls) == failing:
            raise OSError(errno.EIO, os.strerror(errno.EIO), str(self))
        return real(self, target)

    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(OutputError, match="cannot be written"), replacing_folder(final) as beside:
        (beside / "a.txt").write_text("new")
    assert (final / "a.txt").read_text() == "old"
    assert os.listdir(tmp_path) == ["edition"]


def kill_during(final: Path, at: str) -> None:
    """Replaces `final` in a child process that ends without any clean-up at a chosen moment."""
    child = os.fork()
    if child == 0:
        real_rename, real_remove, renames = Path.rename, files._remove, []

        def rename(self, target):
            renames.append(self)
            if at == f"before rename {len(renames)}":
                os._exit(9)
            return real_rename(self, target)

        def remove(folder):
            if at == "before the old is removed" and len(renames) == 2:
                os._exit(9)
            return real_remove(folder)

        Path.rename, files._remove = rename, remove
        with replacing_folder(final) as beside:
            (beside / "a.txt").write_text("new")
            if at == "inside":
                os._exit(9)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize(
    ("at", "left"),
    [
        ("inside", "old"),
        ("before rename 1", "old"),
        ("before rename 2", "old"),
        ("before the old is removed", "new"),
    ],
)
def test_a_process_killed_at_any_moment_leaves_a_whole_folder(tmp_path, at, left):
    final = tmp_path / "edition"
    with replacing_folder(final) as beside:
        (beside / "a.txt").write_text("old")
    kill_during(final, at)
    with replacing_folder(final) as beside:  # nothing that it left behind stands in the way of the next
        assert (final / "a.txt").read_text() == left
        (beside / "a.txt").write_text("next")
    assert (final / "a.txt").read_text() == "next"
    assert os.listdir(tmp_path) == ["edition"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_what_a_killed_process_left_beside_can_be_put_back_without_writing(tmp_path):
    final = tmp_path / "edition"
    with replacing_folder(final) as beside:
        (beside / "a.txt").write_text("old")
    kill_during(final, "before rename 2")
    assert not final.exists()
    recover_folder(final)
    assert (final / "a.txt").read_text() == "old"
    recover_folder(final)  # once is enough, and twice does no harm
    assert (final / "a.txt").read_text() == "old"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_an_output_error(tmp_path):
    tmp_path.chmod(0o555)
    try:
        with pytest.raises(OutputError, match=r"cannot be written \(Permission denied\)"):
            write_text(tmp_path / "a.txt", "x")
        with (
            pytest.raises(OutputError, match=r"cannot be written \(Permission denied\)"),
            replacing_folder(tmp_path / "f"),
        ):
            pass
    finally:
        tmp_path.chmod(0o755)


def test_a_file_where_a_folder_should_be_is_an_output_error(tmp_path):
    """Holds for root too, where a read-only folder does not."""
    (tmp_path / "reports").write_text("a file")
    with pytest.raises(OutputError, match="cannot be written"):
        write_text(tmp_path / "reports" / "a.txt", "x")
    with (
        pytest.raises(OutputError, match="cannot be written"),
        replacing_folder(tmp_path / "reports" / "edition"),
    ):
        pass


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_disk_that_is_really_full_is_an_output_error(tmp_path, monkeypatch):
    """Every byte goes to a device that has no room."""
    real = Path.open
    monkeypatch.setattr(Path, "open", lambda self, *a, **k: real(Path("/dev/full"), *a, **k))
    with pytest.raises(OutputError, match="No space left on device"):
        write_csv(GARDENS, tmp_path / "t.csv")
    monkeypatch.undo()
    shutil.rmtree(tmp_path)


# Fingerprints


def test_a_fingerprint_tells_apart_what_differs_and_where_it_stands(tmp_path):
    (tmp_path / "a").write_bytes(b"x")
    assert fingerprint(["x"]) == fingerprint([b"x"]) == fingerprint([tmp_path / "a"])
    different = [["x"], ["y"], ["x", "y"], ["y", "x"], ["xy"], ["x", ""], []]
    assert len({fingerprint(parts) for parts in different}) == len(different)
