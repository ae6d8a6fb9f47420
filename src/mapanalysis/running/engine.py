"""How papermill executes a notebook of a map, registered as its engine `mapanalysis`.

`papermill --engine mapanalysis notebooks/05_gaps.ipynb out.ipynb -p minimum_studies 3` refuses a parameter that the
notebook does not have, where papermill alone says so in its log and goes on with the default.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import nbformat
from jupyter_client.kernelspec import NATIVE_KERNEL_NAME
from jupyter_client.manager import KernelManager
from jupyter_core.utils import run_sync
from nbclient.exceptions import DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine
from papermill.log import logger

from mapanalysis.running.kernels import Kernel
from mapanalysis.running.parameters import TAG, check_injected

NAME = "mapanalysis"


class Client(PapermillNotebookClient):
    """Papermill's client, with our kernel under the usual name."""

    last_words = ""

    def create_kernel_manager(self) -> KernelManager:
        if self.kernel_name != NATIVE_KERNEL_NAME:
            return super().create_kernel_manager()
        self.km = Kernel(config=self.config)
        return self.km

    async def _async_cleanup_kernel(self) -> None:
        self.last_words = self.km.last_words() if isinstance(self.km, Kernel) else ""
        await super()._async_cleanup_kernel()

    _cleanup_kernel = run_sync(_async_cleanup_kernel)


class Engine(NBClientEngine):
    """Papermill's own engine with our client; `started` is called with the client before it begins."""

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: Any,
        kernel_name: str,
        start_timeout: int = 60,
        execution_timeout: int | None = None,
        started: Callable[[Client], None] = lambda client: None,
        **options: Any,
    ) -> nbformat.NotebookNode:
        cells = [cell.source for cell in nb_man.nb.cells if TAG in cell.metadata.get("tags", [])]
        check_injected(cells, nb_man.nb.metadata.papermill.get("parameters", {}))
        options.pop("input_path", None)
        client = Client(
            nb_man,
            kernel_name=kernel_name,
            log=logger,
            startup_timeout=start_timeout,
            timeout=execution_timeout,
            **{"shutdown_kernel": "immediate", "record_timing": False} | options,
        )
        started(client)
        try:
            return client.execute()
        except DeadKernelError:
            _record_death(nb_man.nb, client.last_words)
            return nb_man.nb


def _record_death(nb: nbformat.NotebookNode, last_words: str) -> None:
    """Puts the death where papermill looks for errors: papermill itself would lose all that ran before."""
    what = f"The Python process of the notebook ended; perhaps memory ran out. {last_words}".strip()
    *_, last = (cell for cell in nb.cells if cell.metadata.papermill.start_time)
    last.outputs.append(
        nbformat.v4.new_output("error", ename="DeadKernelError", evalue=what, traceback=[what])
    )
