"""What a run has to do, found out without writing anything, and without the time that papermill takes to import."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mapanalysis.errors import OutputError, Problem, Problems, UsageError, nearest_of
from mapanalysis.project import Project
from mapanalysis.running.manifest import (
    INDEX,
    MANIFEST,
    Inputs,
    is_unchanged,
    made_from,
    read_inputs,
    read_manifest,
    why_stale,
)
from mapanalysis.running.parameters import Notebook, Settings, find_notebooks, read_settings


@dataclass(frozen=True)
class Plan:
    """What a run has to do: `reasons` says why, for each notebook that must run."""

    project: Project
    notebooks: list[Notebook]
    settings: Settings
    inputs: Inputs
    made: dict[str, dict[str, Any]]
    manifest: dict[str, Any] | None
    reasons: dict[str, str]

    @property
    def edition(self) -> Path:
        return self.project.reports / self.settings.edition

    @property
    def stages(self) -> list[list[Notebook]]:
        """The notebooks to run: those of one stage may run at once, each stage after the one before.

        Within a stage the longest text comes first: it will probably take longest, and should not begin last.
        """
        first, between, last = self.notebooks[:1], self.notebooks[1:-1], self.notebooks[1:][-1:]
        between = sorted(between, key=lambda one: len(one.source), reverse=True)
        stages = ([one for one in stage if one.name in self.reasons] for stage in (first, between, last))
        return [stage for stage in stages if stage]


def make_plan(
    project: Project, overrides: Sequence[str] = (), *, force: bool = False, only: Sequence[str] = ()
) -> Plan:
    """What a run would do, found out without writing anything. Raises as `pipeline.run` does."""
    notebooks = find_notebooks(project)
    chosen = _choose(only, notebooks)
    settings = read_settings(project, notebooks, overrides)
    inputs = read_inputs(project)
    made = made_from(notebooks, settings, inputs)
    edition = project.reports / settings.edition
    manifest = read_manifest(edition)
    _check_ours(edition, manifest)
    reasons = why_stale(made, edition, manifest)
    if manifest and not all(is_unchanged(edition, *item) for item in manifest["files"].items()):
        reasons.setdefault(notebooks[-1].name, f"{INDEX} is missing or was changed")
    if force:
        reasons = dict.fromkeys(made, "asked for")
    if chosen:
        _check_rest(chosen, reasons)
        reasons = {name: "asked for" for name in made if name in chosen}
    return Plan(project, notebooks, settings, inputs, made, manifest, reasons)


def _choose(only: Sequence[str], notebooks: list[Notebook]) -> set[str]:
    """The names of the notebooks that `only` means."""
    problems = Problems()
    by_word = {word: one.name for one in notebooks for word in (one.number, one.name, one.path.name)}
    for word in only:
        if word not in by_word:
            problems.add(
                f"there is no notebook {word}",
                nearest=nearest_of(word, by_word),
                todo=f"Choose from: {', '.join(one.name for one in notebooks)}.",
            )
    problems.raise_if_any(UsageError)
    return {by_word[word] for word in only}


def _check_rest(chosen: set[str], reasons: dict[str, str]) -> None:
    """An edition is never put together from notebooks that do not fit each other."""
    problems = Problems()
    for name, reason in reasons.items():
        if name not in chosen:
            problems.add(
                f"{name} is not up to date ({reason}), so that it cannot be carried over",
                todo=f"Add `--only {name}`, or run without --only: only what changed will run.",
            )
    problems.raise_if_any(UsageError)


def _check_ours(edition: Path, manifest: dict[str, Any] | None) -> None:
    if manifest is None and edition.exists() and (not edition.is_dir() or any(edition.iterdir())):
        raise OutputError(
            Problem(
                f"is not an edition: it has no {MANIFEST} that can be read",
                "Nothing in it was touched. Move it away, or choose another name for the edition.",
                file=str(edition),
            )
        )
