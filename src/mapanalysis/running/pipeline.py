"""Runs the notebooks of a project and puts the edition they make into its place, whole.

The first notebook runs alone, those between side by side, the last alone. A notebook whose text, parameters, data
and code are those of the last edition does not run: what it wrote is carried over.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from mapanalysis.errors import NotebookError, Problem
from mapanalysis.files import replacing_folder
from mapanalysis.project import Project
from mapanalysis.running.manifest import (
    build_manifest,
    files_in,
    git_state,
    listed_files,
    owner_of,
    write_manifest,
)
from mapanalysis.running.pages import write_index_page
from mapanalysis.running.parameters import FAILED, Notebook
from mapanalysis.running.plan import Plan, make_plan
from mapanalysis.running.progress import Progress, Silent

JOBS = 2


@dataclass(frozen=True)
class Result:
    """What a run did; `ran` is empty when everything was up to date."""

    edition: Path
    ran: tuple[str, ...]
    carried_over: tuple[str, ...]


def run(
    project: Project,
    overrides: Sequence[str] = (),
    *,
    force: bool = False,
    only: Sequence[str] = (),
    jobs: int = JOBS,
    progress: Progress | None = None,
) -> Result:
    """What was run; the edition is in `reports/<edition>` when this returns, and as it was before when it raises.

    `overrides` are parameters as "name=value"; `force` runs what is up to date too; `only` names notebooks
    ("05_gaps" or "05") that run while all others must be up to date; `jobs` notebooks run at once.

    Raises UsageError for parameters or names that cannot be meant and DataError for changed raw data, both before
    anything runs; NotebookError when a notebook stops (with the exit code of the error that stopped it);
    OutputError when something cannot be written, or another run is writing this edition.
    """
    progress = progress or Silent()
    plan = make_plan(project, overrides, force=force, only=only)
    if plan.reasons:
        with replacing_folder(plan.edition, wait=False) as folder:
            plan = make_plan(project, overrides, force=force, only=only)  # another run may just have ended
            _make_edition(plan, folder, jobs, progress)
            _forget_failures(plan)
    carried_over = tuple(one.name for one in plan.notebooks if one.name not in plan.reasons)
    return Result(plan.edition, tuple(plan.reasons), carried_over)


# --- making an edition ---


def _make_edition(plan: Plan, folder: Path, jobs: int, progress: Progress) -> None:
    """Fills the folder with the whole edition."""
    # Here and not above: papermill takes a second to import, and what is up to date needs none.
    from mapanalysis.running.runner import Runner

    carried_over = _carry_over(plan, folder, progress)
    with Runner(plan, folder, jobs, progress) as runner:
        for stage in plan.stages:
            runner.run(stage)
            _check_names(plan, folder, stage, carried_over)
        runner.write_pages()
    outputs: dict[str, list[str]] = {one.name: [] for one in plan.notebooks}
    for name in files_in(folder):
        outputs[owner_of(name, plan.notebooks) or plan.notebooks[-1].name].append(name)
    warnings = {one.name: _warnings(plan, one.name) for one in plan.notebooks} | runner.warnings
    code = git_state(plan.project.root)
    write_index_page(plan, folder, outputs, code)
    manifest = build_manifest(plan.settings, plan.inputs, plan.made, outputs, warnings, code, folder)
    write_manifest(folder, manifest)
    _keep_what_others_added(plan, folder)


def _forget_failures(plan: Plan) -> None:
    """Removes what an earlier run saved of notebooks that failed and now ran well."""
    failed = plan.project.reports / FAILED
    with suppress(OSError):  # in vain is no harm
        for name in plan.reasons:
            (failed / f"{name}.ipynb").unlink(missing_ok=True)
        failed.rmdir()


def _carry_over(plan: Plan, folder: Path, progress: Progress) -> set[str]:
    """The names of the files copied: what the notebooks that are up to date wrote. No hard links: a notebook could write through them."""
    copied: set[str] = set()
    for notebook in plan.notebooks:
        if plan.manifest and notebook.name not in plan.reasons:
            progress.say(notebook.name, "up to date")
            for name in plan.manifest["notebooks"][notebook.name]["outputs"]:
                _copy(plan.edition / name, folder / name)
                copied.add(name)
        else:
            progress.say(notebook.name, f"waiting ({plan.reasons[notebook.name]})")
    return copied


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def _check_names(plan: Plan, folder: Path, stage: list[Notebook], carried_over: set[str]) -> None:
    """The last notebook may call its files as it likes (`report.pdf`); of the others the number must tell."""
    if plan.notebooks[-1] in stage:
        return
    written = [name for name in files_in(folder) if name not in carried_over]
    unowned = [name for name in written if not owner_of(name, plan.notebooks)]
    if unowned:
        raise NotebookError(
            Problem(
                "wrote files whose names do not begin with its number",
                "Call them for example tables/02_years.csv: the number says which notebook made a file.",
                file=" or ".join(one.shown for one in stage),
                count=len(unowned),
                values=tuple(unowned),
            )
        )


def _warnings(plan: Plan, name: str) -> list[str]:
    entry = plan.manifest["notebooks"].get(name, {}) if plan.manifest else {}
    return list(entry.get("warnings", []))


def _keep_what_others_added(plan: Plan, folder: Path) -> None:
    """Copies files of the last edition that no run put there, such as a person's notes: nothing gets lost."""
    if plan.manifest is None:
        return
    listed = listed_files(plan.manifest)
    for name in files_in(plan.edition):
        if name not in listed and not (folder / name).exists():
            _copy(plan.edition / name, folder / name)
