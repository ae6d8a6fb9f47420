"""House rules of the code: which module may import which, docstrings, and the notebooks' and tests' manners."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "mapanalysis"
# From the top down: a module imports modules of lower layers, and of its own. A package stands for all it holds.
LAYERS = (
    ("cli",),
    ("exchange",),
    ("running",),
    ("publish",),
    ("figures", "viewer"),
    ("evidence", "messages"),
    ("analysis",),
    ("sources", "store"),
    ("project",),
    ("tables", "codebook", "appraisal_tools"),
    ("files",),
    ("errors", "markup"),
)
LAYER_OF = {module: number for number, layer in enumerate(LAYERS) for module in layer}
MODULES = sorted(PACKAGE.rglob("*.py"))
UNFINISHED = re.compile(r"\b(?:TO" + "DO|FIX" + "ME|XX" + "X|HA" + r"CK)\b")


def layer_of(module: str) -> str:
    """The name that stands in LAYERS: `analysis` for `mapanalysis.analysis.grid`."""
    return module.split(".")[1] if "." in module else ""


def name_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def imports_of(path: Path) -> Iterator[str]:
    """Our modules that a file imports, anywhere in it: at the top, within functions, for types only."""
    names = {name_of(module) for module in MODULES}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in names)
        elif isinstance(node, ast.ImportFrom) and node.module in names:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole in names else str(node.module)


def test_every_module_has_a_layer():
    layers = {layer_of(name_of(path)) for path in MODULES} - {""}
    assert layers == set(LAYER_OF)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_run_downwards_only(path):
    here = layer_of(name_of(path))
    upwards = [
        module
        for module in imports_of(path)
        if layer_of(module) and here and LAYER_OF[layer_of(module)] < LAYER_OF[here]
    ]
    assert not upwards, f"{name_of(path)} imports {upwards}, which stand above it"


def test_no_module_needs_itself_to_be_imported():
    graph = {name_of(path): set(imports_of(path)) - {name_of(path)} for path in MODULES}
    while ready := [name for name, needed in graph.items() if not needed & graph.keys()]:
        for name in ready:
            del graph[name]
    assert not graph, f"these import each other in a circle: {sorted(graph)}"


def test_only_sources_parse_files_of_others():
    parsers = {"rispy", "nbib", "bibtexparser", "charset_normalizer", "defusedxml"}
    for path in MODULES:
        if layer_of(name_of(path)) != "sources":
            text = path.read_text(encoding="utf-8")
            assert not parsers & set(re.findall(r"^\s*(?:import|from) (\w+)", text, re.MULTILINE)), path


def test_analysis_opens_no_file():
    for path in (PACKAGE / "analysis").glob("*.py"):
        found = re.findall(
            r"\b(?:open|read_bytes|read_text|read_csv|write_\w+|to_csv)\(", path.read_text("utf-8")
        )
        assert not found, f"{path.name}: {found}"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_what_is_public_has_a_docstring(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    without = [] if ast.get_docstring(tree) or path.name == "__init__.py" else ["the module"]
    for node in tree.body:
        is_public = isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
        if is_public and not ast.get_docstring(node):
            without.append(node.name)
    assert not without, f"{name_of(path)}: no docstring for {', '.join(without)}"


@pytest.mark.parametrize("folder", ["src", "notebooks", "tests", "benchmarks"])
def test_nothing_is_left_to_be_done(folder):
    for path in (ROOT / folder).rglob("*.py"):
        found = UNFINISHED.findall(path.read_text(encoding="utf-8"))
        assert not found, f"{path.relative_to(ROOT)}: {found}"
