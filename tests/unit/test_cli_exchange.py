"""The commands for maps in and out: what they print, what they write, and how they end."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path

import pytest
from small_library import write
from test_exchange_detect import TABLE
from test_exchange_references import FILE, RAYYAN

from mapanalysis import cli
from mapanalysis.evidence import find_problems
from mapanalysis.exchange import session
from mapanalysis.project import Project

LONG = "Paper,Outcome,Method,Aim\n" + "".join(
    f"Paper {n},{'Mood' if n % 2 else 'Sleep'},{'Trial' if n % 3 else 'Survey'},Aim {n}\n" for n in range(12)
)


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


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    return write(tmp_path_factory.mktemp("commands") / "gardens")


def put(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("command", ["init", "import", "map", "export"])
def test_every_command_shows_an_example_and_the_exit_codes(call, command):
    code, printed, _ = call(command, "--help")
    words = " ".join(printed.split())
    assert code == 0
    assert f"Example: mapanalysis {command} " in words
    assert "6 something private would be published" in words


def test_init_makes_a_project_and_says_what_it_read(call, tmp_path):
    file = put(tmp_path, "refs.ris", FILE)
    code, printed, _ = call("init", tmp_path / "m", "--from", file)
    assert code == 0
    assert printed.startswith("refs.ris (references): 4 records read = 4 used + 0 set aside.\n")
    assert printed.endswith(f"Next: mapanalysis run {tmp_path / 'm'}\n")
    assert find_problems(Project(tmp_path / "m")) == []


def test_init_without_a_file_makes_a_project_to_begin_with(call, tmp_path):
    code, printed, _ = call("init", tmp_path / "m")
    assert (code, printed) == (
        0,
        f"{tmp_path / 'm'} is a map project to begin with: see {tmp_path / 'm' / 'README.md'}\n",
    )


def test_init_takes_the_axes_that_are_asked_for(call, tmp_path):
    file = put(tmp_path, "refs.ris", FILE)
    code, _, _ = call(
        "init", tmp_path / "m", "--from", file, "--tags", "--rows", "Country", "--columns", "keyword"
    )
    assert code == 0
    roles = {one.id: one.role for one in Project(tmp_path / "m").codebook.dimensions}
    assert (roles["country"], roles["keyword"]) == ("row", "column")
    code, _, said = call("init", tmp_path / "n", "--from", file, "--tags", "--rows", "contry")
    assert code == 2
    assert "The file has no dimension 'contry'. Nearest valid: Country" in said
    assert not (tmp_path / "n").exists()


def test_an_unclear_file_stops_with_the_questions_where_nobody_can_be_asked(call, tmp_path):
    file = put(tmp_path, "t.csv", LONG.replace("Outcome", "First").replace("Method", "Second"))
    code, _, said = call("init", tmp_path / "m", "--from", file)
    assert code == 3
    assert "which dimension makes the rows?" in said
    assert "Give --rows NAME." in said
    assert not (tmp_path / "m").exists()


def test_an_unclear_file_is_asked_about_at_a_terminal(call, tmp_path, monkeypatch):
    file = put(tmp_path, "t.csv", LONG.replace("Outcome", "First").replace("Method", "Second"))
    asked: list[str] = []

    def answer(question: str, choices: list[str], proposal: str) -> str:
        asked.append(question)
        return choices[-1]

    monkeypatch.setattr(session, "ask_in_terminal", lambda: answer)
    code, _, _ = call("init", tmp_path / "m", "--from", file)
    assert code == 0
    assert len(asked) >= 1
    assert (tmp_path / "m" / "data" / "mapping.yaml").is_file()


def test_questions_take_numbers_names_and_return(capsys):
    answers = iter(["7", "x", "2", "two", ""])
    ask = [session.put_question("Which?", ["one", "two"], "one", lambda _: next(answers)) for _ in range(3)]
    assert ask == ["two", "two", "one"]
    assert "Type a number from 1 to 2." in capsys.readouterr().out


def test_a_proposed_mapping_is_kept_and_gives_the_same_map_again(call, tmp_path):
    file = put(tmp_path, "t.csv", TABLE * 1)
    assert (
        call("init", tmp_path / "m", "--from", file, "--rows", "Intervention", "--columns", "Outcome")[0] == 0
    )
    mapping = tmp_path / "m" / "data" / "mapping.yaml"
    assert call("init", tmp_path / "n", "--from", file, "--mapping", mapping)[0] == 0
    for name in ("codebook.yaml", "codings.csv", "reports.csv"):
        assert (tmp_path / "m" / "data" / "raw" / name).read_bytes() == (
            tmp_path / "n" / "data" / "raw" / name
        ).read_bytes()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--from", "nothing.ris"], 2),
        (["--from", "."], 2),
        (["--from", "t.csv", "--as", "xml"], 2),
        (["--from", "t.csv", "--to-screen"], 2),
    ],
)
def test_wrong_usage_leaves_nothing_behind(call, tmp_path, monkeypatch, words, code):
    put(tmp_path, "t.csv", TABLE)
    monkeypatch.chdir(tmp_path)
    assert call("init", "m", *words)[0] == code
    assert not (tmp_path / "m").exists()


def test_what_people_have_to_settle_is_said_at_the_end(call, tmp_path):
    file = put(tmp_path, "r.csv", RAYYAN.replace('""Ann Lee""=>""Included""', '""Ann Lee""=>""Excluded""'))
    code, printed, _ = call("init", tmp_path / "m", "--from", file)
    assert code == 0
    assert "Before it can run:\n" in printed
    assert "screeners disagree on a record and nothing is settled" in printed


def test_import_adds_to_a_project(call, tmp_path):
    folder = write(tmp_path / "m")
    file = put(tmp_path, "search.ris", FILE)
    code, printed, _ = call("import", file, folder)
    assert code == 0
    assert "4 records added to data/raw/records" in printed
    assert (folder / "data" / "raw" / "records" / "search.ris").is_file()


def test_map_makes_the_page_and_leaves_no_project(call, tmp_path):
    file = put(tmp_path, "refs.ris", FILE)
    code, printed, _ = call("map", file, "-o", tmp_path / "map.html")
    assert code == 0
    assert printed.endswith(f"Wrote {tmp_path / 'map.html'}\n")
    page = (tmp_path / "map.html").read_text(encoding="utf-8")
    payload = json.loads(page.split('id="ma-payload">')[1].split("</script>")[0])
    assert len(payload["studies"]["id"]) == 4
    assert payload["view"]["row"] == "document_type"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["map.html", "refs.ris"]


def test_export_writes_what_passes_the_filter(call, made, tmp_path):
    code, printed, _ = call(
        "export", made, "--format", "ris", "--filter", "design=trial", "-o", tmp_path / "a.ris"
    )
    assert (code, printed) == (0, f"Wrote 2 reports of 1 study to {tmp_path / 'a.ris'}\n")
    assert (tmp_path / "a.ris").read_text(encoding="utf-8").count("TY  - ") == 2


def test_check_warns_of_what_would_be_published_and_ends_with_6(call, tmp_path):
    whole = write(tmp_path / "m", about={"licence": "ask ann@example.org"})
    code, printed, said = call("check", whole)
    assert code == 6
    assert "about.yaml, column licence: an e-mail address would be published." in printed
    assert said == "1 place that would be published and should not.\n"
    assert "No problems: the evidence can be built.\n" in printed
