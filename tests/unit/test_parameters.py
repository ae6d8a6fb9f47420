from __future__ import annotations

import pytest

from mapanalysis.errors import Problems, UsageError
from mapanalysis.project import Project
from mapanalysis.running.parameters import (
    Notebook,
    check_injected,
    find_notebooks,
    parse_parameters,
    read_settings,
    tagged_cells,
)

PLACES = 'project_dir: str = ""\noutput_dir: str = ""\n'


def project_of(tmp_path, params: str, **notebooks: str) -> Project:
    """A project whose notebooks, by name, hold the given declarations beside those that all have."""
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "params.yaml").write_text(params, encoding="utf-8")
    for name, declarations in notebooks.items():
        text = (
            f'# %% [markdown]\n# # Title\n\n# %% tags=["parameters"]\n{PLACES}{declarations}\n\n# %%\nx = 1\n'
        )
        (tmp_path / "notebooks" / f"{name}.py").write_text(text, encoding="utf-8")
    return Project(tmp_path)


def settings_of(project: Project, *overrides: str):
    return read_settings(project, find_notebooks(project), overrides)


def problem_of(cell: str) -> str:
    problems = Problems()
    parse_parameters(cell, "05_gaps.py", problems)
    (problem,) = problems
    return str(problem)


# --- what is declared ---


def test_a_parameters_cell_gives_names_types_defaults_and_help():
    problems = Problems()
    declared = parse_parameters(
        "# thresholds\n"
        'codes: list[str] = ["a", "é#"]  # rows = of the map # really\n'
        "limits: dict[str, int] = {\n    'a': -1,\n}  # by code\n"
        "share: float = 1\nname: str | None = None\n",
        "05_gaps.py",
        problems,
    )
    assert not len(problems)
    assert {name: (one.type, one.default, one.help) for name, one in declared.items()} == {
        "codes": ("list[str]", ["a", "é#"], "rows = of the map # really"),
        "limits": ("dict[str, int]", {"a": -1}, "by code"),
        "share": ("float", 1, ""),
        "name": ("str | None", None, ""),
    }


@pytest.mark.parametrize(
    "line",
    [
        "minimum = 3",
        "minimum: int",
        "minimum: int = len('abc')",
        "minimum: int = '3'",
        "minimum: int = True",
        "minimum: Path = 3",
        "minimum: set[int] = {3}",
        "minimum: dict[int, str] = {3: 'a'}",
        "minimum: dict = {3: 'a'}",
        "import os",
    ],
)
def test_what_does_not_declare_a_parameter_plainly_is_named(line):
    assert "05_gaps.py: a parameter is not declared as it should be. Found: " in problem_of(line)


def test_a_cell_that_is_not_python_and_a_name_declared_twice_are_problems():
    assert "the parameters cell is not Python" in problem_of("minimum: int = (3")
    assert "declared twice. Found: 'a'" in problem_of("a: int = 1\na: int = 2")


def test_the_tagged_cell_is_found_among_others():
    text = '# %%\na = 1\n# %% tags=["hide", "parameters"]\nb = 2\n# %% [markdown] tags=["x"]\n# parameters\n'
    assert tagged_cells(text) == ["b = 2"]


def test_all_that_is_wrong_with_the_notebooks_is_said_at_once(tmp_path):
    project = project_of(tmp_path, "edition: e\n", **{"01_clean": "", "02_a": "", "02_b": ""})
    (project.notebooks / "03_none.py").write_text("# %%\nminimum = 3\n")
    (project.notebooks / "04_two.py").write_text('# %% tags=["parameters"]\n# %% tags=["parameters"]\n')
    (project.notebooks / "05_lost.py").write_text('# %% tags=["parameters"]\noutput_dir: str = ""\n')
    (project.notebooks / "06_latin.py").write_bytes(b"# %% \xe9\n")
    (project.notebooks / "helper.py").write_text("not a notebook")
    with pytest.raises(UsageError) as caught:
        find_notebooks(project)
    assert [str(problem).split(". ")[0] for problem in caught.value.problems] == [
        "notebooks/02_b.py: has the number of 02_a.py",
        "notebooks/03_none.py: has no cell tagged `parameters`",
        "notebooks/04_two.py: has 2 cells tagged `parameters`",
        "notebooks/05_lost.py: does not declare project_dir",
        "notebooks/06_latin.py: is not UTF-8 text",
    ]


def test_a_project_without_notebooks_is_refused(tmp_path):
    with pytest.raises(UsageError, match="there is no notebook"):
        find_notebooks(project_of(tmp_path, "edition: e\n"))


# --- what is given ---


def test_each_notebook_gets_what_it_declares_from_the_file_or_the_command_line_or_its_default(tmp_path):
    project = project_of(
        tmp_path,
        "edition: 2026-11\nedition_date: 2026-11-23\nminimum: 2\nshare: 1\n",
        **{
            "01_clean": "minimum: int = 1\nmaximum: int = 9",
            "06_report": 'edition: str = ""\nedition_date: str = ""\nminimum: int = 0\nshare: float = 0.5',
        },
    )
    settings = settings_of(project, "minimum=5", "minimum=7")
    assert settings.edition == "2026-11"
    assert settings.values == {
        "01_clean": {"minimum": 7, "maximum": 9},
        "06_report": {"edition": "2026-11", "edition_date": "2026-11-23", "minimum": 7, "share": 1.0},
    }
    assert type(settings.values["06_report"]["share"]) is float  # the same fingerprint as 1.0


@pytest.mark.parametrize(
    ("declaration", "text", "value"),
    [
        ('a: str = ""', "2026", "2026"),
        ('a: str = ""', "no", "no"),
        ('a: str = ""', "'quoted'", "quoted"),
        ('a: str = ""', "", ""),
        ('a: str = ""', "[unclosed", "[unclosed"),
        ('a: str = ""', "x=y", "x=y"),
        ("a: bool = True", "false", False),
        ("a: int | None = 3", "null", None),
        ("a: float = 0.5", "2", 2.0),
        ("a: list[str] = []", "[b, c]", ["b", "c"]),
        ("a: dict[str, list[int]] = {}", "{x: [1, 2]}", {"x": [1, 2]}),
    ],
)
def test_a_value_on_the_command_line_is_read_as_its_type_asks(tmp_path, declaration, text, value):
    project = project_of(tmp_path, "edition: e\n", **{"01_clean": declaration})
    assert settings_of(project, f"a={text}").values["01_clean"]["a"] == value


@pytest.mark.parametrize(
    ("declaration", "text"),
    [
        ("a: int = 3", "3.5"),
        ("a: int = 3", "three"),
        ("a: int = 3", "true"),
        ("a: int = 3", ""),
        ("a: bool = True", "1"),
        ("a: float = 1.0", "true"),
        ("a: list[str] = []", "b"),
        ("a: list[str] = []", "[1]"),
        ("a: dict[str, int] = {}", "{x: y}"),
    ],
)
def test_a_value_of_another_type_is_refused(tmp_path, declaration, text):
    project = project_of(tmp_path, "edition: e\n", **{"01_clean": declaration})
    with pytest.raises(UsageError, match=r"-p a: a must be .* in notebooks/01_clean\.py; it is read as"):
        settings_of(project, f"a={text}")


def test_all_that_is_wrong_with_the_parameters_is_said_at_once_with_the_row(tmp_path):
    project = project_of(
        tmp_path,
        'edition: "../up"\nminimun: 3\ncountry: NO\noutput_dir: /tmp\ncountry: DK\n',
        **{"01_clean": 'minimum: int = 3\ncountry: str = ""', "02_volume": "minimum: float = 3"},
    )
    with pytest.raises(UsageError) as caught:
        settings_of(project, "minimum=few", "nothing", "wholly_other=1")
    found = [str(problem) for problem in caught.value.problems]
    assert found == [
        "params.yaml, row 5: country is given twice. Keep one.",
        "A parameter is not written as name=value. Found: 'nothing'. For example: -p minimum_studies=3",
        "params.yaml, row 2: no notebook has a parameter minimun. Nearest valid: minimum.",
        "params.yaml, row 4: output_dir is set by the run itself. Take it out.",
        "-p wholly_other: no notebook has a parameter wholly_other. Choose one of: country, edition, minimum.",
        "params.yaml, row 1: edition cannot be the name of a folder of reports. Found: '../up'. Use letters, "
        'digits, "-", "_" and ".", starting with a letter or digit, in quotes; not failed or draft.',
        "-p minimum: minimum must be int in notebooks/01_clean.py; it is read as str. Found: 'few'. "
        "Correct the value.",
        "-p minimum: minimum must be float in notebooks/02_volume.py; it is read as str. Found: 'few'. "
        "Correct the value.",
    ]
    assert caught.value.exit_code == 2


def test_text_that_yaml_reads_as_something_else_wants_quotes(tmp_path):
    project = project_of(tmp_path, "edition: e\ncountry: NO\n", **{"01_clean": 'country: str = ""'})
    with pytest.raises(UsageError, match=r"row 2: country must be str .* read as bool.* Put it in quotes"):
        settings_of(project)


@pytest.mark.parametrize(
    "edition", ["", ".hidden", "a/b", "..", "failed", "draft", "2026", "x" * 101, "a b", "_x"]
)
def test_an_edition_that_is_no_plain_folder_name_is_refused(tmp_path, edition):
    project = project_of(tmp_path, f"edition: {edition}\n", **{"01_clean": ""})
    with pytest.raises(UsageError, match="edition cannot be the name of a folder"):
        settings_of(project)


def test_a_number_on_the_command_line_may_name_an_edition(tmp_path):
    project = project_of(tmp_path, "edition: e\n", **{"01_clean": ""})
    assert settings_of(project, "edition=2026").edition == "2026"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("minimum: 3\n", "edition is missing"),
        ("", "holds no parameters"),
        ("- edition\n", "holds no parameters"),
        ("edition: [\n", "is not YAML"),
        ("edition: e\n3: x\n", "row 2: a name is not text. Found: '3'"),
        ("edition: e\nedition: \x00\n", "is not YAML"),
    ],
)
def test_a_parameters_file_that_cannot_be_used_says_why(tmp_path, text, message):
    project = project_of(tmp_path, text, **{"01_clean": "minimum: int = 3"})
    with pytest.raises(UsageError, match=r"params\.yaml") as caught:
        settings_of(project)
    assert message in str(caught.value)


def test_papermill_writes_every_kind_of_value_so_that_python_reads_it_back(tmp_path):
    translator = pytest.importorskip("papermill.translators").PythonTranslator
    values = {
        "text": "quotes \" ' back \\ slash\nline {brace} é 中",
        "numbers": [1, -2.5, float("inf")],
        "nested": {"a b": ["x", {"y": None}], "t": True},
    }
    read: dict[str, object] = {}
    exec(translator.codify(values), read)
    assert {name: read[name] for name in values} == values


# --- for papermill's own command line ---


def test_names_given_to_papermill_must_be_declared():
    cell = PLACES + "minimum_studies: int = 1  # fewest"
    check_injected([cell], {"minimum_studies": 3})
    check_injected([], {})
    with pytest.raises(UsageError, match=r"no parameter minimun_studies\. Nearest valid: minimum_studies"):
        check_injected([cell], {"minimun_studies": 3})
    with pytest.raises(UsageError, match="no cell tagged `parameters`"):
        check_injected([], {"minimum_studies": 3})


def test_a_notebook_knows_its_name_and_number(tmp_path):
    notebook = Notebook(tmp_path / "05_gaps.py", b"")
    assert (notebook.name, notebook.number, notebook.shown) == ("05_gaps", "05", "notebooks/05_gaps.py")
