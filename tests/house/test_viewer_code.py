"""House rules of the map on screen: types that hold, modules that can be joined into one script, nothing unsafe."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
APP = ROOT / "src" / "mapanalysis" / "viewer" / "app"
TYPES = ROOT / "tests" / "types"
MODULES = sorted(APP.glob("*.js"))
SHEETS = sorted(APP.glob("*.css"))
MOST_LINES = 60
# Imported text could become markup or code, or the page could speak to the world.
UNSAFE = re.compile(
    r"\b(?:innerHTML|outerHTML|insertAdjacentHTML|createContextualFragment|setHTMLUnsafe|srcdoc|cssText"
    r"|XMLHttpRequest|WebSocket|EventSource|WebTransport|RTCPeerConnection|sendBeacon|importScripts"
    r"|localStorage|sessionStorage|indexedDB|serviceWorker)\b"
    r"|\bdocument\.(?:write|writeln|cookie)\b|\bDOMParser\b|\bnew (?:Function|Worker|SharedWorker|Image)\b"
    r"|(?<![\w.])(?:eval|fetch|Function|import|alert|confirm|prompt|setInterval)\s*\("
    r"|setAttribute\(\s*[\"'`](?:on|style|src)|\bstyle:\s*[\"'`][^\"'`]*:|set(?:Timeout|Interval)\(\s*[\"'`]"
)
ADDRESS = re.compile(r"https?://[^\s\"'`<>)]*")
ALLOWED_ADDRESS = re.compile(
    r"https://(?:doi\.org/|pubmed\.ncbi\.nlm\.nih\.gov/|pmc\.ncbi\.nlm\.nih\.gov/|www\.ncbi\.nlm\.nih\.gov/pmc/)"
    r"|http://www\.w3\.org/2000/svg$"
)
IMPORT = re.compile(r'^import \{\s*\w+(?:,\s*\w+)*,?\s*\} from "\./(\w+)\.js";$', re.MULTILINE)
DECLARED = re.compile(
    r"^(?:export )?(?:async function|function\*?|const|let|var|class)\s+(.+?)(?=[\s(=;]|$)", re.MULTILINE
)
OPENS_FUNCTION = re.compile(
    r"(?:\bfunction\b.*[({]|=> \{|^\s+(?!(?:if|for|while|switch|catch|return)\b)(?:(?:async|static|get|set) )*[\w#]+\(.*\) \{)$"
)


def name_of(path: Path) -> str:
    return path.name


def without_comments(text: str) -> str:
    """The code alone, with its line ends. Comments that stand on lines of their own, or begin after two spaces or a `;`."""
    text = re.sub(r"/\*.*?\*/", lambda found: "\n" * found[0].count("\n"), text, flags=re.DOTALL)
    return re.sub(r"(?m)(^\s*|;\s+|\{\s+|,\s+)//.*$", r"\1", text)


def lengths_of_functions(text: str) -> Iterator[tuple[str, int]]:
    """The first line of each function and its number of lines, without the functions that stand inside it.

    A function ends where a line begins with `}` as far in as the line that opens it.
    """
    lines = without_comments(text).splitlines()
    is_open: list[tuple[int, str, int]] = []
    inner = Counter()
    for number, line in enumerate(lines):
        indent = len(line) - len(line.lstrip())
        if is_open and is_open[-1][0] == indent and re.match(r"\s*\}", line):
            _, first, start = is_open.pop()
            whole = number - start + 1
            yield first.strip(), whole - inner.pop(start, 0)
            if is_open:
                inner[is_open[-1][2]] += whole
        if OPENS_FUNCTION.search(line):
            is_open.append((indent, line, number))
    assert not is_open, f"its end is not as far in as its beginning: {is_open[-1][1].strip()}"


def test_there_are_modules_to_look_at():
    assert {"types.js", "dom.js"} <= {path.name for path in MODULES}
    assert "base.css" in {path.name for path in SHEETS}


def test_types_hold():
    """As `make check` does; the compiler is installed by it, from tests/types."""
    compiler = TYPES / "node_modules" / "typescript" / "bin" / "tsc"
    try:
        done = subprocess.run(
            ["node", compiler, "--project", TYPES], capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        done = None
    if done is None or not compiler.is_file():
        words = "types of the map on screen not checked: needs nodejs, and once: npm ci --prefix tests/types"
        if os.environ.get("CI", "").casefold() in ("", "0", "false"):
            pytest.skip(words)
        pytest.fail(words)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_lock_of_the_compiler_holds_versions_and_hashes_and_no_address():
    wanted = json.loads((TYPES / "package.json").read_text(encoding="utf-8"))["devDependencies"]
    text = (TYPES / "package-lock.json").read_text(encoding="utf-8")
    assert "://" not in text
    packages = json.loads(text)["packages"]
    assert {name: packages[f"node_modules/{name}"]["version"] for name in wanted} == wanted
    assert all(one["integrity"].startswith("sha512-") for name, one in packages.items() if name)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_nothing_can_make_markup_or_code_of_text_or_ask_the_network(path):
    code = without_comments(path.read_text(encoding="utf-8"))
    assert not [found[0] for found in UNSAFE.finditer(code)]


@pytest.mark.parametrize("path", [*MODULES, *SHEETS, *APP.glob("*.j2")], ids=name_of)
def test_no_address_but_those_of_publications(path):
    addresses = ADDRESS.findall(path.read_text(encoding="utf-8"))
    assert not [address for address in addresses if not ALLOWED_ADDRESS.match(address)]


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_and_exports_have_the_form_that_can_be_joined(path):
    code = without_comments(path.read_text(encoding="utf-8"))
    begun = re.findall(r"^[ \t]*import\b", code, re.MULTILINE)
    imported = IMPORT.findall(code)
    assert len(begun) == len(imported), 'write: import { a, b } from "./x.js";'
    assert not [name for name in imported if not (APP / f"{name}.js").is_file()]
    for line in re.findall(r"^[ \t]*export\b.*$", code, re.MULTILINE):
        assert re.match(r"export (async function|function|const|class) \w", line) or (
            path.name == "types.js" and line == "export {};"
        ), line


def test_no_two_modules_have_a_name_in_common():
    """Joined, they share one scope."""
    owners: dict[str, list[str]] = {}
    for path in MODULES:
        for name in DECLARED.findall(without_comments(path.read_text(encoding="utf-8"))):
            assert re.fullmatch(r"[\w$]+", name), f"{path.name}: one name for each declaration, not {name}"
            owners.setdefault(name, []).append(path.name)
    assert owners
    assert {name: files for name, files in owners.items() if len(files) > 1} == {}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_nothing_happens_at_import(path):
    """At the top stand declarations only: what else begins a line ends one of them."""
    code = without_comments(path.read_text(encoding="utf-8"))
    tops = [line for line in code.splitlines() if re.match(r"[^\s})\]]", line)]
    allowed = re.compile(r"(?:import|export|async function|function|const|let|class)\b")
    assert not [line for line in tops if not allowed.match(line)]


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_function_fits_a_screen(path):
    lengths = lengths_of_functions(path.read_text(encoding="utf-8"))
    assert not [(first, n) for first, n in lengths if n > MOST_LINES]


@pytest.mark.parametrize("path", SHEETS, ids=name_of)
def test_rules_stay_inside_the_map_and_load_nothing(path):
    text = without_comments(path.read_text(encoding="utf-8"))
    assert not re.search(r"@import|\burl\(|\bimage-set\(", text)
    selectors = re.findall(r"(?:^|[{};])\s*([^@{};]+?)\s*\{", text)
    classes = [name for selector in selectors for name in re.findall(r"\.([A-Za-z_][\w-]*)", selector)]
    assert not [name for name in classes if name != "ma" and not name.startswith("ma-")]
    assert not re.search(r"@media[^{]*\b(?:min|max)-width|@media[^{]*[<>]", text), (
        "the map is as wide as its container, not as the window: @container ma (…)"
    )
