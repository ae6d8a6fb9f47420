"""House rules of what the package needs: declared, explained, used, locked without an address, in step everywhere."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from environment import make_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
EXTRAS = PROJECT["optional-dependencies"]
# What is needed though no file of ours imports it.
NOT_IMPORTED = {
    "pyarrow",  # the text columns of pandas
    "jupyterlab",  # a program
    *("mypy", "ruff", "pre-commit", "types-pyyaml", "hatchling", "editables", "frictionless"),  # programs
    *("nbval", "pytest-xdist"),  # plugins of pytest
}


def names(requirements: Iterable[str]) -> set[str]:
    return {canonicalize_name(Requirement(text).name) for text in requirements}


def imported_in(*folders: str) -> set[str]:
    """The distributions of all that the Python files of these folders import, but our own and Python's."""
    distributions = metadata.packages_distributions()
    found: set[str] = set()
    for path in (path for folder in folders for path in (ROOT / folder).rglob("*.py")):
        own = (
            {one.stem for one in path.parent.glob("*.py")}
            | {path.stem for path in (ROOT / "tests").glob("*.py")}
            | {"mapanalysis"}
        )
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                modules = [node.module]
            tops = {module.split(".")[0] for module in modules} - own - sys.stdlib_module_names
            found |= {canonicalize_name(distributions.get(top, [top])[0]) for top in tops}
    return found


def test_all_that_the_package_imports_is_declared():
    assert imported_in("src", "notebooks") <= names(PROJECT["dependencies"])


def test_all_that_is_declared_is_imported():
    assert names(PROJECT["dependencies"]) - NOT_IMPORTED <= imported_in("src", "notebooks")


def test_all_that_tests_import_is_declared():
    assert imported_in("tests") <= names(PROJECT["dependencies"]) | names(EXTRAS["test"])


def test_all_that_is_declared_for_tests_is_imported_there():
    assert names(EXTRAS["test"]) - NOT_IMPORTED <= imported_in("tests")


def test_each_dependency_is_explained():
    text = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `([\w.-]+)` \| (.+?) \|", text, re.MULTILINE))
    declared = names(PROJECT["dependencies"]).union(*(names(extra) for extra in EXTRAS.values()))
    assert {canonicalize_name(name) for name in rows} == declared
    assert all(len(reason.split()) > 1 for reason in rows.values())


def test_the_lock_holds_versions_and_hashes_and_no_address():
    assert "://" not in LOCK
    assert not re.search(r"^\s*-(-index|-extra-index|-find-links|-trusted|i\b|f\b|e\b)", LOCK, re.MULTILINE)
    assert not re.search(r"^[\w.\[\]-]+\s*@", LOCK, re.MULTILINE)
    pins = re.split(r"^(?=\S)", LOCK, flags=re.MULTILINE)[1:]
    assert len(pins) > 100
    for pin in (pin for pin in pins if not pin.startswith("#")):
        assert re.match(r"[a-zA-Z0-9._-]+==\S+( ; .+?)? \\\n", pin), pin[:60]
        assert pin.count("--hash=sha256:") >= 1, pin[:60]


def test_each_range_admits_the_locked_versions():
    locked: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([\w.-]+)==([\w.!+]+)", LOCK, re.MULTILINE):
        locked.setdefault(canonicalize_name(name), set()).add(version)
    for text in [*PROJECT["dependencies"], *(text for extra in EXTRAS.values() for text in extra)]:
        requirement = Requirement(text)
        versions = locked[canonicalize_name(requirement.name)]
        assert versions, text
        assert all(requirement.specifier.contains(version) for version in versions), (text, versions)


def test_each_range_has_a_lower_end():
    for text in [*PROJECT["dependencies"], *(text for extra in EXTRAS.values() for text in extra)]:
        assert any(one.operator in (">=", "~=", "==") for one in Requirement(text).specifier), text


def test_what_is_installed_is_what_is_locked():
    """Tests that ran with other versions would say nothing of the locked ones."""
    locked: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([\w.-]+)==([\w.!+]+)", LOCK, re.MULTILINE):
        locked.setdefault(canonicalize_name(name), set()).add(version)
    for name in names(PROJECT["dependencies"]):
        assert metadata.version(name) in locked[name], name


def test_environment_yml_is_in_step_with_pyproject():
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    assert text == make_environment((ROOT / "pyproject.toml").read_text(encoding="utf-8")), (
        "run: python tests/house/environment.py > environment.yml"
    )
    (pip,) = [entry for entry in yaml.safe_load(text)["dependencies"] if isinstance(entry, dict)]
    assert set(PROJECT["dependencies"]) <= set(pip["pip"])


@pytest.mark.parametrize("file", ["Makefile", ".ci/run", "pyproject.toml", "CONTRIBUTING.md"])
def test_no_file_leads_to_an_address_of_packages(file):
    text = (ROOT / file).read_text(encoding="utf-8")
    assert not re.search(r"--(extra-)?index-url[ =]\S+://|--find-links[ =]\S+://|--trusted-host", text)
