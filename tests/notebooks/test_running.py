"""Runs of small projects by papermill: what an edition holds, what is skipped, and what a failure leaves behind."""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import psutil
import pytest

from mapanalysis.errors import NotebookError, OutputError, UsageError
from mapanalysis.project import Project, seal
from mapanalysis.publish.document import Paragraph, Report, Section, to_json
from mapanalysis.publish.html import section_html, summary_html
from mapanalysis.running import manifest, pipeline
from mapanalysis.running.plan import make_plan

BIN = Path(sys.executable).parent
ABOUT = """
title: A tiny map
responsible: Nobody
licence: CC0-1.0
cite: "Nobody (2026). A tiny map."
trust: [It is made up.]
trust_in_short: It is made up.
footer: Made up for tests.
"""
PARAMETERS = """
# %% tags=["parameters"]
project_dir: str = ""  # where the map is
output_dir: str = ""  # where to write
"""
WRITE = """
# %%
from pathlib import Path

def write(name, text):
    path = Path(output_dir, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
"""
SECTION = Section("one", "One", (Paragraph("Some text."),))
REPORT = Report("A tiny map", "", "first", "2026-11-23", "What is there?", "Made up.", ("One.",), (SECTION,))
NOTEBOOKS = {
    "01_clean": "write('tables/01_kept.csv', 'n\\n1\\n')\nimport os; print(os.environ['MPLBACKEND'], output_dir)",
    "02_volume": "import warnings; warnings.warn('few studies')\nwrite('tables/02_years.csv', f'{minimum}\\n')",
    "03_gaps": "write('tables/03_gaps.csv', f'{sorted(set(words))} {hash(\"x\")}\\n')",
    "06_report": "from IPython.display import HTML, display\n"
    f"for html in {[summary_html(REPORT, Path()), section_html(SECTION, Path())]!r}:\n    display(HTML(html))\n"
    f"write('report.json', {to_json(REPORT)!r})\nwrite('report.pdf', 'not really')",
}
DECLARED = {"02_volume": "minimum: int = 3  # fewest studies", "03_gaps": 'words: list[str] = ["a", "b"]'}
WAIT = """
import time
write("tables/02_begun.csv", "")
Path(project_dir, "begun").write_text(output_dir)
while not Path(project_dir, "go").exists():
    time.sleep(0.05)
"""


def write_notebook(root: Path, name: str, code: str) -> None:
    text = f"# %% [markdown]\n# # {name}\n{PARAMETERS}{DECLARED.get(name, '')}\n{WRITE}\n# %%\n{code}\n"
    (root / "notebooks" / f"{name}.py").write_text(text, encoding="utf-8")


def make_project(root: Path) -> Project:
    (root / "data" / "raw").mkdir(parents=True)
    (root / "notebooks").mkdir()
    (root / "params.yaml").write_text('edition: "first"\nminimum: 2\n')
    project = Project(root)
    for name, text in (("about.yaml", ABOUT), ("studies.csv", "study_id\n1\n")):
        (project.raw / name).write_text(text)
        seal(project, project.raw / name, datetime.date(2026, 11, 23))
    for name, code in NOTEBOOKS.items():
        write_notebook(root, name, code)
    return project


def start(project: Project, *options: str, **environment: str) -> subprocess.Popen[str]:
    """`mapanalysis run`, as a person starts it (a test runner in the background ignores Ctrl-C)."""
    return subprocess.Popen(
        [BIN / "mapanalysis", "run", project.root, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def wait_until(condition, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Project:
    """A project with an edition, in a folder with an awkward name, made where the user has another kernel."""
    folder = tmp_path_factory.mktemp("made")
    foreign = folder / "jupyter" / "kernels" / "python3"
    foreign.mkdir(parents=True)
    (foreign / "kernel.json").write_text(json.dumps({"argv": ["/bin/false"], "display_name": "x"}))
    project = make_project(folder / "Karte {1} für Ämter")
    process = start(project, JUPYTER_PATH=str(folder / "jupyter"), MPLBACKEND="Agg", PYTHONHASHSEED="7")
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 0, output + errors
    assert "Ran 4 of 4 notebooks" in output
    return project


@pytest.fixture(autouse=True)
def _package_as_when_made(made, monkeypatch):
    """These tests hold while somebody edits the package, too."""
    made_with = json.loads((made.reports / "first" / "manifest.json").read_bytes())
    monkeypatch.setattr(
        "mapanalysis.running.manifest.package_fingerprint", lambda: made_with["mapanalysis"]["sha256"]
    )


@pytest.fixture
def copy(made, tmp_path) -> Project:
    """The project and its edition at another place, to change."""
    return Project(shutil.copytree(made.root, tmp_path / "copy"))


# --- what an edition is ---


def test_an_edition_holds_what_the_notebooks_wrote_and_pages_of_it(made):
    files = files_of(made.reports / "first")
    pages = [f"notebooks/{name}.{kind}" for name in NOTEBOOKS for kind in ("html", "ipynb")]
    tables = ["tables/01_kept.csv", "tables/02_years.csv", "tables/03_gaps.csv"]
    others = ["index.html", "manifest.json", "report.html", "report.json", "report.pdf"]
    assert sorted(files) == sorted([*pages, *tables, *others])
    assert files["tables/02_years.csv"] == b"2\n"  # of params.yaml, not the default
    assert b"module://matplotlib_inline" in files["notebooks/01_clean.ipynb"]  # or no figure would be shown
    assert [path.name for path in made.reports.iterdir()] == ["first"]


def test_nothing_in_an_edition_tells_where_it_was_made(made):
    for name, data in files_of(made.reports / "first").items():
        assert str(made.root.parent).encode() not in data, name
        assert b"first.new" not in data, name


def test_the_manifest_says_what_went_in_and_what_came_out(made):
    written = json.loads((made.reports / "first" / "manifest.json").read_bytes())
    volume = written["notebooks"]["02_volume"]
    assert volume["made_from"]["parameters"] == {"minimum": 2}
    assert volume["warnings"] == ["UserWarning: few studies"]
    assert volume["outputs"]["tables/02_years.csv"]["bytes"] == 2
    assert "report.html" in written["notebooks"]["06_report"]["outputs"]
    assert set(written["raw"]) == {"about.yaml", "studies.csv"}
    assert written["environment"]["packages"]["papermill"]


def test_a_second_run_gives_the_same_bytes_and_keeps_what_people_added(made, copy):
    (copy.reports / "first" / "notes.txt").write_text("ask about 03")
    result = pipeline.run(copy, force=True)
    assert result.ran == tuple(NOTEBOOKS)
    files = files_of(copy.reports / "first")
    assert files.pop("notes.txt") == b"ask about 03"
    assert files == files_of(made.reports / "first")


# --- what is up to date ---


def test_what_is_up_to_date_needs_neither_papermill_nor_pandas(made):
    code = (
        "import sys; from mapanalysis import cli; from mapanalysis.running import manifest\n"
        f"manifest.package_fingerprint = lambda: {manifest.package_fingerprint()!r}\n"
        "try: cli.main()\n"
        "except SystemExit as end: print(end.code, {'papermill', 'pandas', 'jupytext'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "run", made.root], capture_output=True, text=True, check=True
    )
    assert "Everything is up to date" in done.stdout
    assert done.stdout.endswith("0 set()\n")


def test_only_what_changed_runs_again_and_the_rest_is_carried_over(made, copy):
    write_notebook(copy.root, "02_volume", "write('tables/02_other.csv', '4')")
    result = pipeline.run(copy)
    assert result.ran == ("02_volume", "06_report")
    before, after = files_of(made.reports / "first"), files_of(copy.reports / "first")
    assert after["tables/02_other.csv"] == b"4"
    assert "tables/02_years.csv" not in after  # the notebook does not write it any more
    assert {name: after[name] for name in after if "03_" in name} == {
        name: before[name] for name in before if "03_" in name
    }
    assert make_plan(copy).reasons == {}


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        (["minimum=4"], {"02_volume": "its parameters changed", "06_report": "a notebook before it changed"}),
        (["minimum=2"], {}),
        (["words=[b]"], {"03_gaps": "its parameters changed", "06_report": "a notebook before it changed"}),
        (["edition=second"], dict.fromkeys(NOTEBOOKS, "there is no last edition")),
    ],
)
def test_a_parameter_makes_those_run_that_declare_it_and_the_last(made, overrides, expected):
    assert make_plan(made, overrides).reasons == expected


def test_changed_data_and_a_changed_first_notebook_make_all_run(copy):
    first = copy.notebooks / "01_clean.py"
    first.write_text(first.read_text() + "# changed\n")
    assert set(make_plan(copy).reasons) == set(NOTEBOOKS)
    path = copy.raw / "studies.csv"
    path.write_text("study_id\n2\n")
    seal(copy, path, datetime.date(2026, 11, 24))
    reasons = make_plan(copy).reasons
    assert reasons["01_clean"] == "its text changed; raw data changed"
    assert reasons["03_gaps"] == "raw data changed; a notebook before it changed"


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("tables/03_gaps.csv", {"03_gaps": "what it wrote is missing or was changed"}),
        ("report.pdf", {"06_report": "what it wrote is missing or was changed"}),
        ("index.html", {"06_report": "index.html is missing or was changed"}),
        ("manifest.json", None),
    ],
)
@pytest.mark.parametrize("how", ["missing", "changed"])
def test_an_edition_that_was_tampered_with_is_not_up_to_date(copy, file, expected, how):
    path = copy.reports / "first" / file
    path.unlink() if how == "missing" else path.write_text("{}")
    if expected is not None:
        assert make_plan(copy).reasons == expected
    else:  # nobody can say what in it is ours
        with pytest.raises(OutputError, match=r"not an edition: it has no manifest\.json"):
            make_plan(copy)


def test_only_runs_those_named_when_the_rest_is_up_to_date(copy):
    assert make_plan(copy, only=["03"]).reasons == {"03_gaps": "asked for"}
    assert set(make_plan(copy, only=["03_gaps", "02"]).reasons) == {"02_volume", "03_gaps"}
    with pytest.raises(UsageError, match=r"no notebook 3_gap\. Nearest valid: 03_gaps"):
        make_plan(copy, only=["3_gap"])
    write_notebook(copy.root, "02_volume", "pass")
    with pytest.raises(UsageError, match=r"02_volume is not up to date \(its text changed\)") as caught:
        make_plan(copy, only=["03"])
    assert "Add `--only 06_report`" in str(caught.value)


# --- what fails ---


@pytest.mark.parametrize(
    ("code", "exit_code", "said"),
    [
        ("x = {}\ny = x['outcome']", 4, "  > y = x['outcome']\n\nKeyError: 'outcome'"),
        (
            "from mapanalysis.errors import DataError, Problem\nraise DataError(Problem('no code', file='a.csv'))",
            3,
            "\n\na.csv: no code.\n\n",
        ),
        ("import os\nos.write(2, b'out of luck')\nos._exit(1)", 4, "Python process of the notebook ended"),
        ("import errno\nraise OSError(errno.ENOSPC, 'No space left on device')", 5, "No space left"),
        ("write('stray.csv', '')", 4, "names do not begin with its number. Found: 'stray.csv'"),
    ],
    ids=["error", "problem in the data", "dead kernel", "full disk", "file without number"],
)
def test_a_notebook_that_fails_is_explained_saved_and_changes_nothing(made, copy, code, exit_code, said):
    write_notebook(copy.root, "01_clean", code)
    with pytest.raises(NotebookError) as caught:
        pipeline.run(copy)
    assert caught.value.exit_code == exit_code
    assert said in str(caught.value)
    assert "notebooks/01_clean.py" in str(caught.value)
    assert files_of(copy.reports / "first") == files_of(made.reports / "first")
    if "stray" not in code:
        saved = nbformat.read(copy.reports / "failed" / "01_clean.ipynb", as_version=4)
        assert any(
            output.output_type == "error" for cell in saved.cells for output in cell.get("outputs", [])
        )
        assert "reports/failed/01_clean.ipynb" in str(caught.value)
    assert not list(copy.reports.glob(".*"))


def test_the_failing_row_is_that_of_the_notebooks_text(copy):
    write_notebook(copy.root, "01_clean", "a = 1\nb = (\n    a\n    / 0\n)")
    text = (copy.notebooks / "01_clean.py").read_text().splitlines()
    with pytest.raises(NotebookError, match="stopped in cell") as caught:
        pipeline.run(copy)
    row = caught.value.problems[0].row
    assert row is not None
    assert text[row - 1].strip() in ("a", "/ 0")  # Python 3.11 and later differ in which line they name


def test_others_that_run_at_once_are_stopped_and_what_failed_is_forgotten_when_it_works_again(made, copy):
    write_notebook(copy.root, "02_volume", WAIT)
    write_notebook(
        copy.root,
        "03_gaps",
        "import time\nwhile not Path(project_dir, 'begun').exists(): time.sleep(.05)\n1 / 0",
    )
    with pytest.raises(NotebookError, match=r"03_gaps\.py, row \d+: stopped in cell \[4\]") as caught:
        pipeline.run(copy)
    assert "02_volume" not in str(caught.value)
    assert files_of(copy.reports / "first") == files_of(made.reports / "first")
    assert not _kernels(os.getpid())
    for name in ("02_volume", "03_gaps"):
        shutil.copy(made.notebooks / f"{name}.py", copy.notebooks)
    assert pipeline.run(copy).ran == ()
    assert pipeline.run(copy, only=["03"]).ran == ("03_gaps",)
    assert not (copy.reports / "failed").exists()


def _kernels(pid: int) -> list[psutil.Process]:
    """The kernels that a process started."""
    with contextlib.suppress(psutil.NoSuchProcess):
        children = psutil.Process(pid).children(recursive=True)
        return [child for child in children if "ipykernel_launcher" in child.cmdline()]
    return []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "kill -9"])
def test_an_interrupted_run_leaves_the_last_edition_whole_no_process_and_a_clear_way_on(made, copy, number):
    write_notebook(copy.root, "02_volume", WAIT)
    # What a killed run leaves in the temporary folder goes with the test; sockets do not fit into so long a path.
    process = start(copy, TMPDIR=str(copy.root.parent))
    wait_until((copy.root / "begun").exists)
    kernels = _kernels(process.pid)
    assert kernels
    with pytest.raises(OutputError, match=f"another process .number {process.pid}. is writing"):
        pipeline.run(copy)
    process.send_signal(number)
    _, said = process.communicate(timeout=30)
    if number == signal.SIGINT:
        assert process.returncode == 130
        assert said == "Stopped. The last edition is unchanged.\n"
        assert not list(copy.reports.glob(".*"))
    wait_until(lambda: not any(kernel.is_running() for kernel in kernels))
    assert files_of(copy.reports / "first") == files_of(made.reports / "first")
    (copy.root / "go").touch()
    if number == signal.SIGKILL:
        assert pipeline.run(copy).ran == ("02_volume", "06_report")
        assert [path.name for path in copy.reports.iterdir()] == ["first"]


def test_a_last_notebook_that_makes_no_report_is_told_so(made, copy):
    write_notebook(copy.root, "06_report", "write('report.pdf', '')")
    with pytest.raises(NotebookError, match=r"last notebook wrote no report\.json"):
        pipeline.run(copy)
    assert files_of(copy.reports / "first") == files_of(made.reports / "first")


@contextlib.contextmanager
def mounted(folder: Path, *options: str):
    """A file system of its own in the folder: the only kind that is truly full, or read-only for root."""
    folder.mkdir(exist_ok=True)
    if subprocess.run(["mount", *options, folder], capture_output=True).returncode:
        pytest.skip("only root may mount a file system, and not everywhere")
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


def test_a_full_disk_is_said_and_leaves_the_last_edition_whole(made, tmp_path):
    with mounted(tmp_path / "small", "-t", "tmpfs", "-o", "size=1m", "none"):
        copy = Project(shutil.copytree(made.root, tmp_path / "small" / "copy"))
        write_notebook(copy.root, "01_clean", "write('tables/01_large.csv', 'x' * 2_000_000)")
        process = start(copy)
        output, said = process.communicate(timeout=60)
        assert process.returncode == 5, output + said
        assert "No space left on device" in said
        assert "Traceback" not in said
        assert files_of(copy.reports / "first") == files_of(made.reports / "first")


def test_a_file_that_outgrows_what_the_system_allows_is_an_output_error(made, copy):
    write_notebook(copy.root, "01_clean", "write('tables/01_large.csv', 'x' * 2_000_000)")
    command = f'ulimit -f 1000; exec "{BIN}/mapanalysis" run "{copy.root}"'
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert done.returncode == 5, done.stdout + done.stderr
    assert "File too large" in done.stderr
    assert files_of(copy.reports / "first") == files_of(made.reports / "first")


def test_a_read_only_output_folder_is_refused_before_anything_runs_and_still_read(made, copy):
    with contextlib.ExitStack() as stack:
        if os.geteuid() == 0:  # for whom permissions do not count
            stack.enter_context(mounted(copy.reports, "--bind", str(copy.reports)))
            subprocess.run(["mount", "-o", "remount,ro,bind", copy.reports], check=True)
        else:
            copy.reports.chmod(0o500)
            stack.callback(copy.reports.chmod, 0o700)
        assert pipeline.run(copy).ran == ()
        with pytest.raises(
            OutputError, match=r"reports.*cannot be written \((Read-only file|Permission denied)"
        ):
            pipeline.run(copy, force=True)
        assert files_of(copy.reports / "first") == files_of(made.reports / "first")


def test_something_else_where_the_reports_should_be_is_refused_and_left_alone(copy):
    shutil.rmtree(copy.reports)
    copy.reports.write_text("a file")
    with pytest.raises(OutputError, match="cannot be written"):
        pipeline.run(copy)
    assert copy.reports.read_text() == "a file"
    copy.reports.unlink()
    (copy.reports / "first").mkdir(parents=True)
    (copy.reports / "first" / "thesis.doc").write_text("mine")
    with pytest.raises(OutputError, match="not an edition"):
        pipeline.run(copy)
    assert files_of(copy.reports) == {"first/thesis.doc": b"mine"}


# --- papermill's own command line ---


def test_papermill_with_our_engine_refuses_what_the_notebook_does_not_declare(made, tmp_path):
    papermill = pytest.importorskip("papermill")
    node = nbformat.read(made.reports / "first" / "notebooks" / "02_volume.ipynb", as_version=4)
    node.cells = [cell for cell in node.cells if "injected-parameters" not in cell.metadata.get("tags", [])]
    node.metadata["kernelspec"] = {"name": "python3", "language": "python", "display_name": "Python 3"}

    def execute(**parameters: object) -> nbformat.NotebookNode:
        out = tmp_path / "out.ipynb"
        return papermill.execute_notebook(
            node, out, parameters, engine_name="mapanalysis", progress_bar=False
        )

    with pytest.raises(UsageError, match=r"no parameter minimun\. Nearest valid: minimum"):
        execute(minimun=1)
    assert execute(minimum=1, output_dir=str(tmp_path)).cells
    assert (tmp_path / "tables" / "02_years.csv").read_text() == "1\n"
    for cell in node.cells:
        cell.metadata.pop("tags", None)
    with pytest.raises(UsageError, match="no cell tagged `parameters`"):
        execute(minimum=1)
