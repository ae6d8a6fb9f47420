"""Executes notebooks side by side, each in a kernel of its own, and stops them all when one fails."""

from __future__ import annotations

import logging
import threading
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from mapanalysis.files import write_text
from mapanalysis.running.executed import describe_failure, tidy_notebook, warnings_in
from mapanalysis.running.kernels import Kernel, imported_modules, start_kernel
from mapanalysis.running.pages import load_publishing, write_notebook_page, write_report_page
from mapanalysis.running.parameters import PLACES, Notebook
from mapanalysis.running.plan import Plan
from mapanalysis.running.progress import Progress

if TYPE_CHECKING:
    from nbformat import NotebookNode

TICK = 0.1


class StoppedError(Exception):
    """This notebook was told to stop, because another failed or a person interrupted the run."""


class Runner:
    """Runs the notebooks of a plan into a folder; used as a context, at whose end no kernel is left.

    `warnings` holds what Python warned of, by notebook.
    """

    def __init__(self, plan: Plan, folder: Path, jobs: int, progress: Progress) -> None:
        self.plan = plan
        self.folder = folder
        self.jobs = jobs
        self.progress = progress
        self.warnings: dict[str, list[str]] = {}
        self.executed: dict[str, NotebookNode] = {}
        self.kernels: dict[str, Kernel] = {}
        self.begun: set[str] = set()
        self.stopping = threading.Event()
        self.workers = ThreadPoolExecutor(jobs, "notebook")
        # Pages are made while the kernels, which are other processes, work.
        self.writer = ThreadPoolExecutor(1, "pages")
        self.pages: list[Future[None]] = []

    def __enter__(self) -> Self:
        try:
            self._warm([one for stage in self.plan.stages for one in stage][:1])
            # A second's worth of imports, during which the first kernel starts.
            import jupytext  # noqa: F401
            from papermill.engines import papermill_engines

            from mapanalysis.running import engine

            papermill_engines.register(engine.NAME, engine.Engine)
            logging.getLogger("papermill").setLevel(logging.CRITICAL)
            self.pages.append(self.writer.submit(load_publishing))
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def _end(self) -> None:
        self.stopping.set()
        while self.kernels:
            self.kernels.popitem()[1].kill()
        self.workers.shutdown(cancel_futures=True)
        self.writer.shutdown(cancel_futures=True)

    def run(self, stage: list[Notebook]) -> None:
        """Runs the notebooks of one stage, at most `jobs` at once. Raises what the first that fails raises."""
        futures = {self.workers.submit(self._execute, notebook) for notebook in stage}
        while futures:
            done, futures = wait(futures, timeout=TICK, return_when=FIRST_COMPLETED)
            for future in done:
                future.result()
            if len(futures) < self.jobs and self.begun.issuperset(one.name for one in stage):
                self._warm(self._after(stage)[: self.jobs])
        for page in self.pages:
            if page.done():
                page.result()

    def write_pages(self) -> None:
        """Waits for the pages of the notebooks, and writes that of the report when its notebook ran."""
        last = self.plan.notebooks[-1].name
        if last in self.executed:
            write_report_page(self.executed[last], self.folder)
        for page in self.pages:
            page.result()

    def _after(self, stage: list[Notebook]) -> list[Notebook]:
        stages = self.plan.stages
        return next(iter(stages[stages.index(stage) + 1 :]), [])

    def _warm(self, notebooks: list[Notebook]) -> None:
        """Starts kernels that will soon be needed, while a processor is idle."""
        for notebook in notebooks:
            if notebook.name not in self.kernels:
                modules = imported_modules(notebook.source)
                self.kernels[notebook.name] = start_kernel(self.plan.project.notebooks, modules)

    # --- in the workers' threads ---

    def _execute(self, notebook: Notebook) -> None:
        import jupytext
        import papermill
        from papermill.exceptions import PapermillExecutionError

        began = time.monotonic()
        output = self.folder / "notebooks" / f"{notebook.name}.ipynb"
        output.parent.mkdir(exist_ok=True)
        node = jupytext.reads(notebook.source.decode("utf-8"), fmt="py:percent")
        try:
            executed = papermill.execute_notebook(
                node,
                _not_a_pattern(output),
                self._parameters(notebook),
                engine_name="mapanalysis",
                kernel_name="python3",
                language="python",
                progress_bar=False,
                request_save_on_cell_execute=False,
                autosave_cell_every=0,
                started=lambda client: self._lend_kernel(notebook, client),
                on_cell_start=lambda cell, cell_index: self._begin_cell(
                    notebook, cell_index, len(node.cells)
                ),
            )
        except Exception as error:
            if self.stopping.is_set():
                raise StoppedError from None
            self.progress.say(notebook.name, f"stopped after {time.monotonic() - began:.1f} s")
            if isinstance(error, PapermillExecutionError):
                raise describe_failure(self.plan, notebook, error, output) from None
            raise
        finally:
            self.kernels.pop(notebook.name, None)
        self._keep(notebook, executed, output)
        self.progress.say(notebook.name, f"done in {time.monotonic() - began:.1f} s")

    def _keep(self, notebook: Notebook, executed: NotebookNode, output: Path) -> None:
        import nbformat

        text = tidy_notebook(executed, self.plan.project.root, self.folder, self.plan.edition)
        write_text(output, text)
        tidied = nbformat.reads(text, as_version=4)
        self.executed[notebook.name] = tidied
        self.warnings[notebook.name] = warnings_in(tidied)
        self.pages.append(self.writer.submit(write_notebook_page, tidied, notebook, self.plan, self.folder))

    def _parameters(self, notebook: Notebook) -> dict[str, Any]:
        places = (str(self.plan.project.root), str(self.folder))
        return dict(zip(PLACES, places, strict=True)) | self.plan.settings.values[notebook.name]

    def _lend_kernel(self, notebook: Notebook, client: Any) -> None:
        if self.stopping.is_set():
            raise StoppedError
        if notebook.name not in self.kernels:
            self._warm([notebook])
        client.km = self.kernels[notebook.name]

    def _begin_cell(self, notebook: Notebook, index: int, cells: int) -> None:
        if self.stopping.is_set():
            raise StoppedError
        self.begun.add(notebook.name)
        self.progress.count(notebook.name, index + 1, cells + 1)  # and the one with the parameters


def _not_a_pattern(path: Path) -> str:
    """The path for papermill, which fills in what stands between braces."""
    return str(path).replace("{", "{{").replace("}", "}}")
