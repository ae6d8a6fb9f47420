from __future__ import annotations

import csv
import datetime
import re
import signal
import subprocess
import sys

import pytest

from mapanalysis import __version__, cli, evidence
from mapanalysis.errors import DataError, NotebookError, OutputError, Problem, UsageError
from mapanalysis.project import Project, seal
from mapanalysis.running import pipeline
from mapanalysis.store import read_csv


@pytest.fixture
def project(tmp_path) -> Project:
    (tmp_path / "data" / "raw" / "records").mkdir(parents=True)
    (tmp_path / "params.yaml").write_text("edition: e\n")
    (tmp_path / "data" / "raw" / "records" / "a.ris").write_text("TY  - JOUR\nER  - \n")
    return Project(tmp_path)


@pytest.fixture
def call(monkeypatch, capsys):
    """Calls the command with words, and gives its exit code, what it printed, and what it said of errors."""
    before = signal.getsignal(signal.SIGTERM)

    def call(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["mapanalysis", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            cli.main()
        return end.value.code or 0, *capsys.readouterr()

    yield call
    signal.signal(signal.SIGTERM, before)


def raising(error: BaseException):
    def function(*_: object, **__: object) -> None:
        raise error

    return function


def unwrapped(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def test_the_version_is_printed(call):
    assert call("--version") == (0, f"mapanalysis {__version__}\n", "")


@pytest.mark.parametrize("words", [["--help"], ["run", "--help"], ["check", "-h"], ["seal", "--help"]])
def test_every_help_lists_the_exit_codes(call, words):
    code, printed, _ = call(*words)
    assert code == 0
    for meaning in ("0 done", "1 a fault", "2 wrong usage", "3 problems", "4 a notebook", "5 output", "130"):
        assert meaning in unwrapped(printed)


@pytest.mark.parametrize("command", ["run", "check", "publications", "seal"])
def test_every_command_shows_an_example(call, command):
    assert f"Example: mapanalysis {command} " in unwrapped(call(command, "--help")[1])


@pytest.mark.parametrize(
    "words", [["rum"], ["run", "--jobs", "0"], ["run", "--nonsense"], ["seal", "no-such-file"]]
)
def test_wrong_usage_ends_with_2(call, words):
    code, _, said = call(*words)
    assert code == 2
    assert "Traceback" not in said


def test_a_folder_that_is_no_project_is_wrong_usage(call, tmp_path):
    code, _, said = call("run", tmp_path)
    assert code == 2
    assert "is not in a map project" in said


@pytest.mark.parametrize(
    ("error", "code"),
    [(UsageError, 2), (DataError, 3), (NotebookError, 4), (OutputError, 5)],
)
def test_our_errors_are_said_without_a_traceback_each_with_its_exit_code(
    call, project, monkeypatch, error, code
):
    monkeypatch.setattr(pipeline, "run", raising(error([Problem("one thing", "Mend it.", "a.csv", 3)])))
    assert call("run", project.root) == (code, "", "a.csv, row 3: one thing. Mend it.\n")


def test_an_interruption_is_said_and_ends_with_130(call, project, monkeypatch):
    monkeypatch.setattr(pipeline, "run", raising(KeyboardInterrupt()))
    assert call("run", project.root) == (130, "", "Stopped. The last edition is unchanged.\n")


def test_a_fault_of_the_program_keeps_its_traceback_and_says_how_to_report_it(call, project, monkeypatch):
    monkeypatch.setattr(pipeline, "run", raising(ZeroDivisionError("oh")))
    code, _, said = call("run", project.root)
    assert code == 1
    assert "Traceback (most recent call last)" in said
    assert "ZeroDivisionError: oh" in said
    assert "Please report it" in said


def test_run_hands_on_what_was_asked_for_and_says_what_was_done(call, project, monkeypatch):
    asked = {}

    def run(project, overrides, **options):
        options.pop("progress").say("02_volume", "done in 1.0 s")
        asked.update(options, project=project, overrides=overrides)
        return pipeline.Result(project.reports / "e", ("02_volume",), ("01_clean",))

    monkeypatch.setattr(pipeline, "run", run)
    words = ["-p", "a=1", "--parameter", "b=2", "--force", "--only", "02", "--only", "03", "--jobs", "4"]
    code, printed, _ = call("run", project.raw, *words)
    assert code == 0
    assert asked == {
        "project": project,
        "overrides": ["a=1", "b=2"],
        "force": True,
        "only": ["02", "03"],
        "jobs": 4,
    }
    assert re.fullmatch(
        rf"02_volume: done in 1\.0 s\nRan 1 of 2 notebooks in .* s\. Open {project.reports}/e/index\.html\n",
        printed,
    )


def test_run_says_so_when_all_is_up_to_date(call, project, monkeypatch):
    result = pipeline.Result(project.reports / "e", (), ("01_clean",))
    monkeypatch.setattr(pipeline, "run", lambda *_, **__: result)
    code, printed, _ = call("run", project.root)
    assert (code, printed) == (0, f"Everything is up to date: {project.reports}/e/index.html\n")


# --- check ---


def test_check_prints_every_problem_and_writes_them_as_csv(call, project, monkeypatch, tmp_path):
    problems = [Problem("no code", "Add it.", "a.csv", 3, "code", 2, ("=x", "y"))]
    problems += [Problem(f"problem {i}") for i in range(30)]  # more than an error shows
    monkeypatch.setattr(evidence, "find_problems", lambda project: problems)
    code, printed, said = call("check", project.root, "--csv", tmp_path / "problems.csv")
    assert code == 3
    assert printed.splitlines() == [str(problem) for problem in problems]
    assert said == "31 problems.\n"
    rows = read_csv(tmp_path / "problems.csv")
    assert len(rows) == 31
    assert dict(rows.iloc[0]) == {
        "what": "no code",
        "todo": "Add it.",
        "file": "a.csv",
        "row": "3",
        "column": "code",
        "count": "2",
        "values": "=x; y",
        "nearest": "",
    }
    with (tmp_path / "problems.csv").open(encoding="utf-8-sig", newline="") as file:
        assert next(csv.DictReader(file))["values"] == "'=x; y"  # not a formula in a spreadsheet


def test_check_of_good_data_ends_with_0_and_an_empty_table(call, project, monkeypatch, tmp_path):
    monkeypatch.setattr(evidence, "find_problems", lambda project: [])
    code, printed, _ = call("check", project.root, "--csv", tmp_path / "problems.csv")
    assert (code, printed) == (0, "No problems: the evidence can be built.\n")
    rows = read_csv(tmp_path / "problems.csv")
    assert len(rows) == 0
    assert "what" in rows


# --- seal ---


def test_seal_says_what_it_did_to_a_new_a_changed_and_an_unchanged_file(call, project, monkeypatch):
    monkeypatch.chdir(project.root)
    path = project.raw / "records" / "a.ris"
    said = {}
    said["new"] = call("seal", "data/raw/records/a.ris")
    said["again"] = call("seal", "records/a.ris")  # by its name within data/raw, as messages give it
    path.write_text("TY  - JOUR\nTI  - Changed\nER  - \n")
    said["changed"] = call("seal", path)
    sidecar = re.escape("data/raw/records/a.ris.source.yaml")
    for key, words in (("new", "is new: fill it in"), ("again", "is as it was"), ("changed", "changed")):
        assert re.fullmatch(rf"{sidecar} {words} \(SHA-256 [0-9a-f]{{64}}\)\n", said[key][1]), key
    assert project.checksums().keys() == {"records/a.ris"}


def test_seal_keeps_what_people_wrote_in_the_sidecar(call, project):
    path = project.raw / "records" / "a.ris"
    seal(project, path, datetime.date(2020, 1, 1))
    sidecar = path.with_name("a.ris.source.yaml")
    sidecar.write_text(sidecar.read_text().replace("licence: not yet said", "licence: CC0-1.0"))
    path.write_text("changed")
    call("seal", path)
    assert project.read_source(path).licence == "CC0-1.0"


@pytest.mark.parametrize(
    "file", ["nothing.csv", "params.yaml", "data/raw/records", "data/raw/records/a.ris.source.yaml"]
)
def test_seal_refuses_what_is_not_a_raw_file(call, project, monkeypatch, file):
    monkeypatch.chdir(project.root)
    code, _, said = call("seal", file)
    assert code == 2
    assert f"{file}: is not a raw file of a map project" in said


def test_a_reader_who_has_seen_enough_is_no_fault(project):
    """As in `mapanalysis check | head -1`; twice, for what is printed and for what is left when Python ends."""
    code = (
        "import sys; from mapanalysis import cli, evidence; from mapanalysis.errors import Problem\n"
        f"evidence.find_problems = lambda project: [Problem('x' * 1000)] * 1000; sys.argv = ['m', 'check', {str(project.root)!r}]\n"
        "cli.main()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout
    assert process.stderr
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait(timeout=60) == 128 + signal.SIGPIPE  # as of other commands
