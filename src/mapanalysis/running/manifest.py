"""What an edition was made from and what it holds (`manifest.json`), and so whether it is up to date.

Nothing in it tells when or on which machine: the same inputs give the same manifest.
"""

from __future__ import annotations

import json
import platform
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import mapanalysis
from mapanalysis.files import fingerprint, package_fingerprint, package_versions, sha256_of, write_text
from mapanalysis.project import Project
from mapanalysis.running.parameters import Notebook, Settings

MANIFEST = "manifest.json"
INDEX = "index.html"
# In words, what it is that differs, for people who wonder why a notebook runs again.
REASONS = {
    "notebook": "its text changed",
    "package": "mapanalysis changed",
    "environment": "Python or its packages changed",
    "raw": "raw data changed",
    "parameters": "its parameters changed",
    "after": "a notebook before it changed",
}


@dataclass(frozen=True)
class Inputs:
    """All that a run works from, apart from the notebooks."""

    package: str
    raw: dict[str, str]
    packages: dict[str, str]
    python: str = field(default_factory=platform.python_version)


def read_inputs(project: Project) -> Inputs:
    """The inputs as they are now. Raises DataError when a raw file is not the one its sidecar describes."""
    return Inputs(package_fingerprint(), project.checksums(), package_versions())


def made_from(notebooks: list[Notebook], settings: Settings, inputs: Inputs) -> dict[str, dict[str, Any]]:
    """What each notebook's outputs depend on, by its name.

    The first notebook stands before all others, and all stand before the last.
    """
    of: dict[str, dict[str, Any]] = {}
    for notebook in notebooks:
        is_last = notebook is notebooks[-1]
        of[notebook.name] = {
            "notebook": sha256_of(notebook.source),
            "package": inputs.package,
            "environment": fingerprint([inputs.python, _text(inputs.packages)]),
            "raw": fingerprint([_text(inputs.raw)]),
            "parameters": settings.values[notebook.name],
            "after": [
                fingerprint([_text(before)]) for before in (of.values() if is_last else [*of.values()][:1])
            ],
        }
    return of


def _text(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


# --- the last edition ---


def read_manifest(edition: Path) -> dict[str, Any] | None:
    """The manifest of the edition in the folder, or None when there is none that can be read."""
    try:
        manifest = json.loads((edition / MANIFEST).read_bytes())
        return (
            manifest
            if isinstance(manifest["notebooks"], dict) and isinstance(manifest["files"], dict)
            else None
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def why_stale(
    made: Mapping[str, Mapping[str, Any]], edition: Path, manifest: dict[str, Any] | None
) -> dict[str, str]:
    """Why each notebook must run again, in words, by its name; those that are up to date are not in it."""
    if manifest is None:
        return dict.fromkeys(made, "there is no last edition")
    reasons = {}
    for name, now in made.items():
        entry = manifest["notebooks"].get(name)
        if entry is None:
            reasons[name] = "it is new"
        elif changed := [key for key in now if entry.get("made_from", {}).get(key) != now[key]]:
            reasons[name] = "; ".join(REASONS[key] for key in changed)
        elif not all(is_unchanged(edition, *item) for item in entry["outputs"].items()):
            reasons[name] = "what it wrote is missing or was changed"
    return reasons


def is_unchanged(edition: Path, name: str, described: Mapping[str, Any]) -> bool:
    """Whether a file of the edition is the one that was described."""
    try:
        return describe_file(edition / name) == described
    except OSError:
        return False


def describe_file(path: Path) -> dict[str, Any]:
    """The SHA-256 and size of a file."""
    data = path.read_bytes()
    return {"sha256": sha256_of(data), "bytes": len(data)}


def listed_files(manifest: Mapping[str, Any]) -> set[str]:
    """Every file that the run put into the edition, relative to it."""
    of_notebooks = {name for entry in manifest["notebooks"].values() for name in entry["outputs"]}
    return of_notebooks | set(manifest["files"]) | {MANIFEST}


def files_in(folder: Path) -> list[str]:
    """Every file below the folder, relative to it, in order."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


# --- the new one ---


def owner_of(name: str, notebooks: Iterable[Notebook]) -> str:
    """The name of the notebook that made the file: its number begins the file's name; "" when none does."""
    start = name.rpartition("/")[2]
    return next((notebook.name for notebook in notebooks if start.startswith(f"{notebook.number}_")), "")


def build_manifest(
    settings: Settings,
    inputs: Inputs,
    made: Mapping[str, Mapping[str, Any]],
    outputs: Mapping[str, list[str]],
    warnings: Mapping[str, list[str]],
    code: Mapping[str, Any],
    edition: Path,
) -> dict[str, Any]:
    """The manifest of the edition being made in the folder; `outputs` and `warnings` by notebook."""
    described = {
        name: {
            "made_from": made[name],
            "outputs": {file: describe_file(edition / file) for file in sorted(outputs[name])},
            "warnings": warnings[name],
        }
        for name in made
    }
    return {
        "edition": settings.edition,
        "mapanalysis": {"version": mapanalysis.__version__, "sha256": inputs.package},
        "code": dict(code),
        "environment": {"python": inputs.python, "packages": inputs.packages},
        "raw": inputs.raw,
        "notebooks": described,
        "files": {INDEX: describe_file(edition / INDEX)} if (edition / INDEX).is_file() else {},
    }


def write_manifest(edition: Path, manifest: Mapping[str, Any]) -> None:
    """Writes `manifest` into the edition."""
    write_text(edition / MANIFEST, json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")


def git_state(folder: Path) -> dict[str, Any]:
    """The commit of the folder and whether anything in it differs from that; empty outside git or without it."""

    def git(*arguments: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=True, timeout=30
        )
        return done.stdout.strip()

    try:
        return {
            "commit": git("rev-parse", "HEAD"),
            "has_changes": bool(git("status", "--porcelain", "--", ".")),
        }
    except (OSError, subprocess.SubprocessError):
        return {}
