"""The notebooks of a new project: copied from the package, their parameters set to the new map's."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mapanalysis.project import Project
from mapanalysis.running.parameters import NOTEBOOK, PLACES, Parameter, find_notebooks

DECLARED = re.compile(r"(?P<start>(?P<name>\w+): [\w\[\], |]+ = )(?P<value>.*?)(?P<help>  # .*)")
# Parameters that speak of dimensions and codes of one map, or of its readers.
OF_ONE_MAP = re.compile(r"_(dimension|code|pair|country)s?$|_countries$")
HEAD = """\
# The settings of this map: each is a parameter of the notebooks, and can be overridden for one run with
# `mapanalysis run -p name=value`. A dimension or code that the map does not have is "".
"""


def find_sources() -> Path:
    """The folder of the notebooks: within the installed package, else beside it in the source tree."""
    installed = Path(__file__).parent / "starter" / "notebooks"
    return installed if installed.is_dir() else Path(__file__).parents[3] / "notebooks"


def write_notebooks(project: Project, settings: Mapping[str, Any]) -> None:
    """Writes `notebooks` and `params.yaml` of a new project.

    Every parameter that a notebook declares is in params.yaml: as `settings` says, empty for dimensions, codes and
    countries of which it says nothing, and else as the notebook declares. The notebooks' own defaults become the same, so that each can be
    opened by itself.
    """
    project.notebooks.mkdir()
    for path in sorted(find_sources().iterdir()):
        if NOTEBOOK.fullmatch(path.name) or path.name == "jupytext.toml":
            shutil.copyfile(path, project.notebooks / path.name)
    declared: dict[str, Parameter] = {}
    for notebook in find_notebooks(project):
        declared = {**notebook.declared, **declared}
    values = {name: _value(one, settings) for name, one in sorted(declared.items()) if name not in PLACES}
    values = {
        name: values[name]
        for name in (*(n for n in settings if n in values), *(n for n in values if n not in settings))
    }
    for notebook in find_notebooks(project):
        text = notebook.source.decode("utf-8")
        (project.notebooks / notebook.path.name).write_text(_set_defaults(text, values), encoding="utf-8")
    lines = [f"{name}: {_literal(value)}  # {declared[name].help}" for name, value in values.items()]
    (project.root / "params.yaml").write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")


def _value(parameter: Parameter, settings: Mapping[str, Any]) -> Any:
    if parameter.name in settings:
        return settings[parameter.name]
    if not OF_ONE_MAP.search(parameter.name):
        return parameter.default
    return type(parameter.default)()  # "" or an empty list


def _set_defaults(text: str, values: Mapping[str, Any]) -> str:
    """The text of a notebook, the lines that declare a parameter with these values."""
    lines = []
    for line in text.split("\n"):
        found = DECLARED.fullmatch(line)
        if found and found["name"] in values:
            value = values[found["name"]]
            line = (
                found["start"]
                + (json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value))
                + found["help"]
            )
        lines.append(line)
    return "\n".join(lines)


def _literal(value: Any) -> str:
    """A value as YAML and JSON both read it."""
    return json.dumps(value, ensure_ascii=False)
