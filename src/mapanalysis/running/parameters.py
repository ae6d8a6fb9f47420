"""The parameters of notebooks: what each declares, what is given, and whether the two agree.

A notebook declares its parameters in one cell tagged `parameters`, a line each: `name: type = default  # help`.
Values come from `params.yaml` and from the command line. Papermill runs a notebook with a misspelt parameter, or
without the tag, and silently uses the defaults; here both are refused before anything runs.
"""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from mapanalysis.errors import Problems, UsageError, nearest_of
from mapanalysis.project import Project

# Set by the pipeline for each run; every notebook declares them with an empty default.
PLACES = ("project_dir", "output_dir")
# Folders in `reports` that are not editions: a failed run's notebooks, and what a person runs in JupyterLab.
FAILED = "failed"
RESERVED = (FAILED, "draft")
TAG = "parameters"
PARAMS_FILE = "params.yaml"

NOTEBOOK = re.compile(r"\d\d_\w+\.py")
CELL = re.compile(r"^# %%(?P<header>.*)$", re.MULTILINE)
TAGGED = re.compile(rf'\btags=\[[^\]]*"{TAG}"')
EDITION = re.compile(r"[^\W_][\w.-]{0,99}")
PLAIN_TYPES: dict[str, type] = {
    "str": str, "int": int, "float": float, "bool": bool, "list": list, "dict": dict,
}  # fmt: skip
HOW_TO_DECLARE = (
    "Write it as `name: type = default  # help`, with a type made of str, int, float, bool, list, dict "
    "and a plain value."
)


@dataclass(frozen=True)
class Parameter:
    """One parameter as a notebook declares it; `type` is the annotation, as "list[str]"."""

    name: str
    type: str
    default: Any
    help: str = ""

    def fits(self, value: object) -> bool:
        return _fits(value, ast.parse(self.type, mode="eval").body)


@dataclass(frozen=True)
class Notebook:
    """A notebook of a project, as its text source. `name` is "05_gaps", `number` "05"."""

    path: Path
    source: bytes
    declared: Mapping[str, Parameter] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def number(self) -> str:
        return self.path.name[:2]

    @property
    def shown(self) -> str:
        return f"notebooks/{self.path.name}"


@dataclass(frozen=True)
class Settings:
    """What a run is asked to do: the edition, and the effective parameters of each notebook by its name."""

    edition: str
    values: Mapping[str, dict[str, Any]]


# --- what is declared ---


def find_notebooks(project: Project) -> list[Notebook]:
    """The notebooks `NN_name.py` of the project in the order of their numbers.

    Raises UsageError with everything wrong: none there, a number used twice, no parameters cell or two, a
    declaration that cannot be read.
    """
    problems = Problems()
    paths = sorted(path for path in project.notebooks.glob("*.py") if NOTEBOOK.fullmatch(path.name))
    if not paths:
        problems.add(
            "there is no notebook",
            file=str(project.notebooks),
            todo="Notebooks are called 01_clean.py, 02_volume.py and so on, in jupytext's percent format.",
        )
    for path, following in itertools.pairwise(paths):
        if path.name[:2] == following.name[:2]:
            problems.add(
                f"has the number of {path.name}",
                file=f"notebooks/{following.name}",
                todo="Give each a number of its own: it says in which order they run, and who made which file.",
            )
    notebooks = [_read_notebook(path, problems) for path in paths]
    problems.raise_if_any(UsageError)
    return notebooks


def _read_notebook(path: Path, problems: Problems) -> Notebook:
    source = path.read_bytes()
    notebook = Notebook(path, source)
    try:
        cells = tagged_cells(source.decode("utf-8"))
    except UnicodeDecodeError:
        problems.add("is not UTF-8 text", file=notebook.shown, todo="Save it as UTF-8.")
        return notebook
    if len(cells) != 1:
        problems.add(
            f"has {'no cell' if not cells else f'{len(cells)} cells'} tagged `{TAG}`",
            file=notebook.shown,
            todo=f'Tag the one cell that holds the parameters: `# %% tags=["{TAG}"]`.',
        )
        return notebook
    declared = parse_parameters(cells[0], notebook.shown, problems)
    missing = [name for name in PLACES if name not in declared]
    if missing and declared:
        problems.add(
            f"does not declare {' and '.join(missing)}",
            file=notebook.shown,
            todo=f"Add to the parameters cell: {', '.join(f'`{name}: str = {chr(34) * 2}`' for name in missing)}.",
        )
    return Notebook(path, source, declared)


def tagged_cells(text: str) -> list[str]:
    """The source of each cell tagged `parameters` in a notebook in percent format."""
    headers = list(CELL.finditer(text))
    ends = [header.start() for header in headers[1:]] + [len(text)]
    return [
        text[header.end() : end].strip()
        for header, end in zip(headers, ends, strict=True)
        if TAGGED.search(header["header"])
    ]


def parse_parameters(cell: str, file: str, problems: Problems) -> dict[str, Parameter]:
    """The parameters that the source of a parameters cell declares, by name; what is wrong is added to `problems`."""
    try:
        statements = ast.parse(cell).body
    except SyntaxError as error:
        problems.add(f"the parameters cell is not Python: {error.msg}", file=file, todo=HOW_TO_DECLARE)
        return {}
    lines = cell.splitlines()
    declared: dict[str, Parameter] = {}
    for statement in statements:
        parameter = _declaration(statement, lines)
        if parameter is None:
            problems.add(
                "a parameter is not declared as it should be",
                file=file,
                values=[ast.unparse(statement)],
                todo=HOW_TO_DECLARE,
            )
        elif parameter.name in declared:
            problems.add("a parameter is declared twice", file=file, values=[parameter.name])
        else:
            declared[parameter.name] = parameter
    return declared


def _declaration(statement: ast.stmt, lines: list[str]) -> Parameter | None:
    """The parameter, or None when the statement does not declare one whose default fits its type."""
    match statement:
        case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation, value=ast.expr() as value):
            try:
                default = ast.literal_eval(value)
                if not _fits(default, annotation):
                    return None
            except (ValueError, KeyError):
                return None
            end = statement.end_lineno or 1
            after = lines[end - 1].encode("utf-8")[statement.end_col_offset :].decode("utf-8")
            return Parameter(name, ast.unparse(annotation), default, after.partition("#")[2].strip())
    return None


def _fits(value: object, annotation: ast.expr) -> bool:
    """Whether `value` is of the type; raises KeyError for a type that parameters cannot have."""
    match annotation:
        case ast.Constant(value=None):
            return value is None
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _fits(value, left) or _fits(value, right)
        case ast.Subscript(value=ast.Name(id="list"), slice=item):
            return isinstance(value, list) and all(_fits(element, item) for element in value)
        case ast.Subscript(value=ast.Name(id="dict"), slice=ast.Tuple(elts=[ast.Name(id="str"), item])):
            return _fits(value, ast.Name("dict")) and all(_fits(each, item) for each in value.values())  # type: ignore[attr-defined]
        case ast.Name(id=name):
            kind = PLAIN_TYPES[name]
            if isinstance(value, bool) or kind is bool:
                return isinstance(value, bool) and kind is bool
            if isinstance(value, dict) and kind is dict:
                return all(isinstance(key, str) for key in value)  # papermill makes text of all keys
            return isinstance(value, (int, float) if kind is float else kind)
    raise KeyError(ast.unparse(annotation))


# --- what is given ---


class _PlainLoader(yaml.SafeLoader):
    """YAML without dates: no parameter is one, so 2026-11-23 is the text that it looks like."""


_PlainLoader.yaml_implicit_resolvers = {
    first: [rule for rule in rules if rule[0] != "tag:yaml.org,2002:timestamp"]
    for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@dataclass(frozen=True)
class Given:
    """A value somebody gave. `text` is how it was written on a command line, "" when it comes from the file."""

    value: Any
    file: str
    row: int | None = None
    text: str | None = None


def read_settings(project: Project, notebooks: list[Notebook], overrides: Sequence[str]) -> Settings:
    """What a run is asked to do, from `params.yaml` and `overrides` (each "name=value", the last one wins).

    Raises UsageError with everything wrong: a name that no notebook declares, a value of another type, an edition
    that cannot be the name of a folder.
    """
    problems = Problems()
    given = _read_params(project, problems) | _parse_overrides(overrides, problems)
    declared_somewhere = {name for notebook in notebooks for name in notebook.declared} | {"edition"}
    for name, one in given.items():
        _check_name(name, one, declared_somewhere, problems)
    edition = _edition(given, problems)
    values = {
        notebook.name: {
            name: _value(parameter, given.get(name), notebook, problems)
            for name, parameter in notebook.declared.items()
            if name not in PLACES
        }
        for notebook in notebooks
    }
    problems.raise_if_any(UsageError)
    return Settings(edition, values)


def _read_params(project: Project, problems: Problems) -> dict[str, Given]:
    text = (project.root / PARAMS_FILE).read_bytes()
    try:
        node = yaml.compose(text, Loader=_PlainLoader)
        values = yaml.load(text, Loader=_PlainLoader)
    except (yaml.YAMLError, ValueError) as error:
        problems.add(f"is not YAML: {error}", file=PARAMS_FILE, todo="Write one `name: value` a line.")
        return {}
    if not isinstance(node, yaml.MappingNode):
        problems.add("holds no parameters", file=PARAMS_FILE, todo="Write one `name: value` a line.")
        return {}
    given: dict[str, Given] = {}
    for key, _ in node.value:
        name, row = str(key.value), key.start_mark.line + 1
        if name in given:
            problems.add(f"{name} is given twice", file=PARAMS_FILE, row=row, todo="Keep one.")
        elif name in values:
            given[name] = Given(values[name], PARAMS_FILE, row)
        else:
            problems.add("a name is not text", file=PARAMS_FILE, row=row, values=[name])
    return given


def _parse_overrides(overrides: Sequence[str], problems: Problems) -> dict[str, Given]:
    given: dict[str, Given] = {}
    for override in overrides:
        name, equals, text = override.partition("=")
        if not equals or not name.strip():
            problems.add(
                "a parameter is not written as name=value",
                values=[override],
                todo="For example: -p minimum_studies=3",
            )
            continue
        try:
            value = yaml.load(text, Loader=_PlainLoader)
        except (yaml.YAMLError, ValueError):
            value = text
        given[name.strip()] = Given(value, f"-p {name.strip()}", text=text)
    return given


def _check_name(name: str, given: Given, declared: set[str], problems: Problems) -> None:
    if name in PLACES:
        problems.add(f"{name} is set by the run itself", file=given.file, row=given.row, todo="Take it out.")
    elif name not in declared:
        names = sorted(declared - set(PLACES))
        nearest = nearest_of(name, names)
        problems.add(
            f"no notebook has a parameter {name}",
            file=given.file,
            row=given.row,
            nearest=nearest,
            todo="" if nearest else f"Choose one of: {', '.join(names)}.",
        )


def _edition(given: dict[str, Given], problems: Problems) -> str:
    if "edition" not in given:
        problems.add(
            "edition is missing", file=PARAMS_FILE, todo='Name the edition, for example `edition: "2026-11"`.'
        )
        return ""
    one = given["edition"]
    edition = one.text if one.text is not None and not isinstance(one.value, str) else one.value
    if not isinstance(edition, str) or not EDITION.fullmatch(edition) or edition in RESERVED:
        problems.add(
            "edition cannot be the name of a folder of reports",
            file=one.file,
            row=one.row,
            values=[str(edition)],
            todo='Use letters, digits, "-", "_" and ".", starting with a letter or digit, in quotes; '
            f"not {' or '.join(RESERVED)}.",
        )
        return ""
    return edition


def _value(parameter: Parameter, given: Given | None, notebook: Notebook, problems: Problems) -> Any:
    """The value that the notebook gets: what is given when it is of the declared type, else the default."""
    if given is None:
        return parameter.default
    value = given.value
    if not parameter.fits(value) and given.text is not None and parameter.fits(given.text):
        value = given.text  # the text 2026 on a command line, where YAML reads a number
    if not parameter.fits(value):
        problems.add(
            f"{parameter.name} must be {parameter.type} in {notebook.shown}; it is read as {_kind(value)}",
            file=given.file,
            row=given.row,
            values=[str(value)],
            todo="Put it in quotes."
            if parameter.type == "str" and given.text is None
            else "Correct the value.",
        )
    return float(value) if parameter.type == "float" and isinstance(value, int) else value


def _kind(value: object) -> str:
    return "nothing" if value is None else type(value).__name__


def check_injected(cells: list[str], given: Mapping[str, Any]) -> None:
    """Nothing, when a notebook whose parameters cells are `cells` declares every name in `given`.

    For papermill's own command line (`--engine mapanalysis`). Raises UsageError.
    """
    problems = Problems()
    declared: dict[str, Parameter] = {}
    for cell in cells:
        declared |= parse_parameters(cell, "the notebook", Problems())
    if given and not cells:
        problems.add(
            f"the notebook has no cell tagged `{TAG}`", todo="Tag the cell that holds the parameters."
        )
    else:
        for name in given:
            if name not in declared:
                problems.add(
                    f"the notebook has no parameter {name}",
                    nearest=nearest_of(name, declared),
                    todo=f"Choose one of: {', '.join(declared)}.",
                )
    problems.raise_if_any(UsageError)
