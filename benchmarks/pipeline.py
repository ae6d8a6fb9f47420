"""How fast, how large and how repeatable `mapanalysis run` is, against `jupyter nbconvert --execute`.

    python benchmarks/pipeline.py [PROJECT] [--repeat N]

Works on a copy of the project (its raw data, notebooks and parameters) in a temporary folder, with nothing built. Both
ways run the same notebooks in this call, in turns; of N turns the fastest of each counts. Processor time is of all
processes: what the clock would show, at best, on one processor without other work. Peak memory is the sum over
all processes of a run, sampled: proportional set size on Linux, so that memory they share counts once.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import jupytext
import psutil

BIN = Path(sys.executable).parent
SAME_BYTES = (
    "tables",
    "figures",
    "items",
    "report.html",
    "report.json",
    "report.pdf",
    "notebooks",
    "index.html",
)
TICK = 0.1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("project", nargs="?", type=Path, default=Path(__file__).parents[1])
    parser.add_argument("--repeat", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="map-benchmark-") as folder:
        project = copy_project(arguments.project, Path(folder) / "project")
        one_after_another, ours, processor, peaks = [], [], [], []
        for _ in range(arguments.repeat):
            start = processor_seconds()
            one_after_another.append(run_nbconvert(project))
            between = processor_seconds()
            seconds, peak = run_ours(project)
            ours.append(seconds)
            processor.append((between - start, processor_seconds() - between))
            peaks.append(peak)
        edition = next(path for path in (project / "reports").iterdir() if (path / "manifest.json").is_file())
        unchanged = min(run_again(project) for _ in range(3))
        first = Path(folder) / "first"
        shutil.copytree(edition, first)
        run_again(project, "--force")
        differing = compare(first, edition)
        load = os.getloadavg()[0]

    ratio = min(ours) / min(one_after_another)
    theirs, own = (min(times) for times in zip(*processor, strict=True))
    print(
        f"jupyter nbconvert --execute, one after another  {min(one_after_another):8.1f} s  (processors: {theirs:.1f} s)"
    )
    print(f"mapanalysis run, nothing built                  {min(ours):8.1f} s  (processors: {own:.1f} s)")
    print(
        f"ratio                                           {ratio:8.2f}    goal 0.60: {verdict(ratio <= 0.6)}"
    )
    print(
        f"run again, nothing changed                      {unchanged:8.2f} s  goal 1 s: {verdict(unchanged < 1)}"
    )
    print(
        f"peak memory of all processes                    {max(peaks):8.0f} MB goal 1000 MB: {verdict(max(peaks) < 1000)}"
    )
    print(
        f"files that differ after --force                 {len(differing):8d}    goal 0: {verdict(not differing)}"
    )
    print("".join(f"    {name}\n" for name in differing), end="")
    print(
        f"({os.cpu_count()} processors, load at the end {load:.1f}: other work on this machine makes figures worse)"
    )


def processor_seconds() -> float:
    """Of all processes that this one started and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def verdict(reached: bool) -> str:
    return "reached" if reached else "NOT REACHED"


def copy_project(source: Path, target: Path) -> Path:
    shutil.copytree(source / "data" / "raw", target / "data" / "raw")
    shutil.copytree(
        source / "notebooks", target / "notebooks", ignore=shutil.ignore_patterns("*.ipynb", ".*")
    )
    shutil.copy(source / "params.yaml", target)
    return target


def forget(project: Path) -> None:
    """Takes away all that was built."""
    for folder in (project / "data" / "processed", project / "reports", project / "executed"):
        shutil.rmtree(folder, ignore_errors=True)


def run_nbconvert(project: Path) -> float:
    """The seconds that the same notebooks take one after another."""
    forget(project)
    notebooks = []
    for source in sorted((project / "notebooks").glob("[0-9]*.py")):
        notebooks.append(source.with_suffix(".ipynb"))
        jupytext.write(jupytext.read(source), notebooks[-1])
    began = time.perf_counter()
    for notebook in notebooks:
        command = [
            BIN / "jupyter",
            "nbconvert",
            "--to",
            "notebook",
            "--execute",
            "--output-dir",
            project / "executed",
        ]
        subprocess.run([*command, notebook], check=True, capture_output=True)
    seconds = time.perf_counter() - began
    for notebook in notebooks:
        notebook.unlink()
    return seconds


def run_ours(project: Path) -> tuple[float, float]:
    """The seconds that `mapanalysis run` takes, and the megabytes of all its processes at their peak."""
    forget(project)
    began = time.perf_counter()
    process = subprocess.Popen([BIN / "mapanalysis", "run", project], stdout=subprocess.PIPE, text=True)
    peak = 0.0
    finished = threading.Event()

    def watch() -> None:
        nonlocal peak
        while not finished.wait(TICK):
            peak = max(peak, memory(process.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    output, _ = process.communicate()
    seconds = time.perf_counter() - began
    finished.set()
    watcher.join()
    print(output)
    if process.returncode:
        sys.exit(f"mapanalysis run failed ({process.returncode})")
    return seconds, peak / 1e6


def memory(pid: int) -> float:
    """The bytes of memory of a process and all below it."""
    total = 0
    try:
        root = psutil.Process(pid)
        processes = [root, *root.children(recursive=True)]
    except psutil.Error:
        return 0
    for process in processes:
        try:
            if sys.platform == "linux":
                total += process.memory_full_info().pss
            else:
                total += process.memory_info().rss
        except psutil.Error:
            continue  # it ended meanwhile
    return total


def run_again(project: Path, *options: str) -> float:
    began = time.perf_counter()
    subprocess.run([BIN / "mapanalysis", "run", project, *options], check=True, capture_output=True)
    return time.perf_counter() - began


def compare(one: Path, other: Path) -> list[str]:
    """The files below either folder that are not in both with the same bytes."""

    def contents(root: Path) -> dict[str, bytes]:
        paths = (path for name in SAME_BYTES for path in [root / name, *(root / name).rglob("*")])
        return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths if path.is_file()}

    a, b = contents(one), contents(other)
    return sorted(name for name in a.keys() | b.keys() if a.get(name) != b.get(name))


if __name__ == "__main__":
    main()
