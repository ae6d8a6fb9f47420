"""House rules of the repository: what is kept in it, and what is not."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MOST_BYTES = 1_000_000
BINARY = {".png", ".svg", ".jpg", ".pdf", ".woff2"}
# Put together here, so that this file does not hold what it looks for.
MACHINE = re.compile(
    "|".join(
        ("/ho" + r"me/\w", "/Us" + r"ers/\w", "/ro" + r"ot/\w", "/wo" + r"rk/\w", r"[A-Z]:\\\\?Us" + "ers")
    )
)
REGISTRIES = (
    "py" + "pi.org",
    "python" + "hosted.org",
    "npm" + "js.org",
    "ana" + "conda.org",
    "jsdelivr" + ".net",
    "unpkg" + ".com",
)


def tracked_files() -> list[Path]:
    try:
        done = subprocess.run(["git", "-C", str(ROOT), "ls-files", "-z"], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git repository: what is tracked is not known")
    paths = [ROOT / name for name in done.stdout.decode("utf-8").split("\0") if name]
    return sorted(path for path in paths if path.is_file())


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    """Every tracked file of text, by its name."""
    return {
        path.relative_to(ROOT).as_posix(): path.read_bytes().decode("utf-8", "replace")
        for path in tracked_files()
        if path.suffix not in BINARY
    }


def test_no_file_is_large():
    large = [path.name for path in tracked_files() if path.stat().st_size > MOST_BYTES]
    assert not large


def test_no_file_names_a_place_on_somebodys_machine(texts):
    found = {name: MACHINE.findall(text)[:3] for name, text in texts.items() if MACHINE.search(text)}
    assert not found


def test_no_file_names_a_registry_of_packages(texts):
    found = [name for name, text in texts.items() if any(host in text for host in REGISTRIES)]
    assert not found


def test_nothing_that_is_made_is_kept(texts):
    made = re.compile(
        r"^(reports/(?!README)|data/processed|.*\.egg-info|.*__pycache__|\.venv)|(^|/)uv\.lock$"
    )
    assert not [name for name in texts if made.search(name)]


def test_the_licence_is_there_and_is_the_one_declared():
    assert "Apache License" in (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert 'license = "Apache-2.0"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert "CC0" in (ROOT / "data" / "raw" / "LICENSE").read_text(encoding="utf-8")


def test_the_version_is_one():
    pyproject = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (version,) = re.findall(r'^version = "(.+)"$', pyproject, re.MULTILINE)
    assert f"version: {version}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"## {version}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").replace("[", "").replace(
        "]", ""
    )


def test_text_ends_with_one_line_end_and_holds_no_marks_of_a_merge(texts):
    for name, text in texts.items():
        if name.endswith((".py", ".md", ".toml", ".yaml", ".yml", ".css", ".js", ".j2", ".typ")) and text:
            assert text.endswith("\n"), name
            assert not text.endswith("\n\n"), name
            assert not re.search(r"^(<{7}|>{7}) ", text, re.MULTILINE), name


def test_raw_data_keep_their_bytes_on_checkout(texts):
    assert "data/raw/** -text" in texts[".gitattributes"]
    assert "tests/data/** -text" in texts[".gitattributes"]
