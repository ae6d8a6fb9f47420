"""How a run goes on, for people who watch it: a line for each notebook."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self, TextIO

if TYPE_CHECKING:
    from rich.live import Live
    from rich.table import Table


class Progress(Protocol):
    """Hears how a run goes on; may be called from several threads."""

    def say(self, notebook: str, text: str) -> None:
        """A notebook begins, ends, or need not run."""

    def count(self, notebook: str, cell: int, cells: int) -> None:
        """A notebook begins with one of its cells."""


class Silent:
    """A progress that nobody watches."""

    def say(self, notebook: str, text: str) -> None: ...

    def count(self, notebook: str, cell: int, cells: int) -> None: ...


class Lines:
    """Plain lines, for a log: what begins, ends or need not run, not each cell."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream or sys.stdout

    def say(self, notebook: str, text: str) -> None:
        with suppress(OSError):  # nobody reads on, or the log's disk is full: no reason to stop
            print(f"{notebook}: {text}", file=self.stream, flush=True)

    def count(self, notebook: str, cell: int, cells: int) -> None: ...


class Display:
    """A line for each notebook that changes in its place, for a terminal; used as a context."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self.began: dict[str, float] = {}
        self.lock = threading.Lock()
        self.live: Live | None = None

    def __enter__(self) -> Self:
        from rich.live import Live

        self.live = Live(get_renderable=self._table, refresh_per_second=4, transient=False)
        self.live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.live:
            self.live.stop()

    def say(self, notebook: str, text: str) -> None:
        with self.lock:
            self.texts[notebook] = text
            self.began.pop(notebook, None)

    def count(self, notebook: str, cell: int, cells: int) -> None:
        with self.lock:
            self.began.setdefault(notebook, time.monotonic())
            self.texts[notebook] = f"running, cell {cell} of {cells}"

    def _table(self) -> Table:
        from rich.table import Table

        table = Table.grid(padding=(0, 2))
        with self.lock:
            for notebook in sorted(self.texts):
                began = self.began.get(notebook)
                since = f" ({time.monotonic() - began:.0f} s)" if began else ""
                table.add_row(notebook, self.texts[notebook] + since)
        return table


@contextmanager
def show_progress() -> Iterator[Progress]:
    """A display for a terminal, plain lines anywhere else."""
    if sys.stdout.isatty():
        with Display() as display:
            yield display
    else:
        yield Lines()
