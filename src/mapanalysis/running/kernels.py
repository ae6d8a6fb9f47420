"""The Python that runs a notebook: this very one, in the same surroundings every time.

Apart from `engine`, so that a first kernel can start while papermill is still being imported.
"""

from __future__ import annotations

import ast
import json
import os
import shutil
import signal
import tempfile
import weakref
from pathlib import Path
from typing import Any

from ipykernel.kernelspec import get_kernel_dict
from jupyter_client.kernelspec import NATIVE_KERNEL_NAME, KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import run_sync

# Sockets in a folder of our own need no network and no port; their paths may be no longer than this.
LONGEST_SOCKET_PATH = 90
# Whatever the machine says: what a figure looks like, and the order of a set, must not depend on it.
SURROUNDINGS = {
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "PYTHONHASHSEED": "0",
    "SOURCE_DATE_EPOCH": "315532800",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    "JUPYTER_PLATFORM_DIRS": "1",
}
# Kernels run side by side: more threads in each only get in each other's way. Who sets these knows better.
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


class Kernel(AsyncKernelManager):
    """A kernel on this Python, whatever kernels the user has registered, that reads no IPython profile.

    Its sockets and its profile are in a temporary folder, which goes when it does.
    """

    def __init__(self, **options: Any) -> None:
        self.folder = tempfile.mkdtemp(prefix="mapanalysis-")
        weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)
        connection_file = str(Path(self.folder) / "kernel.json")
        is_short = os.name == "posix" and len(connection_file) < LONGEST_SOCKET_PATH
        super().__init__(
            **{
                "kernel_name": NATIVE_KERNEL_NAME,
                "connection_file": connection_file,
                "transport": "ipc" if is_short else "tcp",
            }
            | options
        )

    @property
    def kernel_spec(self) -> KernelSpec:
        return KernelSpec(**get_kernel_dict(extra_arguments=["--HistoryManager.enabled=False"]))

    async def start_kernel(self, **options: Any) -> None:  # type: ignore[override]
        with open(self._log, "wb") as log:
            own = {"env": self._surroundings(), "stdout": log, "stderr": log}
            await super().start_kernel(**own | options)

    @property
    def _log(self) -> Path:
        return Path(self.folder) / "log"

    def last_words(self) -> str:
        """The end of what the process itself printed: why it died, when it could say so."""
        try:
            return self._log.read_bytes()[-2000:].decode("utf-8", "replace").strip()
        except OSError:
            return ""

    def _surroundings(self) -> dict[str, str]:
        threads = {name: os.environ.get(name, "1") for name in ONE_THREAD}
        return {**os.environ, **threads, **SURROUNDINGS, "IPYTHONDIR": self.folder}

    def kill(self) -> None:
        """Ends the kernel and what it started, now, from any thread."""
        process = getattr(self.provisioner, "process", None)
        if process is None or process.poll() is not None:
            return
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGKILL)  # a kernel leads its own group
        else:
            process.kill()


def start_kernel(folder: Path, modules: list[str]) -> Kernel:
    """A kernel that works in `folder`, started but perhaps not ready, importing `modules` in the meantime."""
    kernel = Kernel()
    lines = [f"try: __import__({module!r})\nexcept Exception: pass" for module in modules]
    run_sync(kernel.start_kernel)(
        cwd=str(folder), extra_arguments=[f"--IPKernelApp.exec_lines={json.dumps(lines)}"]
    )
    return kernel


def imported_modules(source: bytes) -> list[str]:
    """The modules that a notebook, as text, imports in its first lines of code and below; [] when it is not Python.

    Magics make a text other than Python; such a notebook runs as well, only its kernel is not warm.
    """
    try:
        statements = ast.parse(source).body
    except (SyntaxError, ValueError):
        return []
    modules: dict[str, None] = {}
    for statement in statements:
        if isinstance(statement, ast.Import):
            modules |= dict.fromkeys(alias.name for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom) and statement.module and not statement.level:
            modules[statement.module] = None
    return list(modules)
