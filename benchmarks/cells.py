"""Counts the cells and margins of a large synthetic map, and does the same with plain pandas in the same run.

    python benchmarks/cells.py [--studies 100000] [--codings 1000000] [--repeats 3]

The codings are drawn with a fixed seed from the bundled codebook, all of them on the three axes of one grid (what
peers give, by what was measured, by type of evidence): the hardest case for that many. The alternative is what one
writes without this package: a merge per axis, then `pivot_table` with `nunique` for the cells and for each margin. It
knows neither the codebook nor findings, so it is measured on codings of whole studies only; the second set, with
findings, is ours alone. Nothing here fails: it prints.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd

from mapanalysis.analysis.grid import ALL_SEGMENTS, Grid, count_studies
from mapanalysis.codebook import Codebook, read_codebook

CODEBOOK = Path(__file__).parents[1] / "data" / "raw" / "codebook.yaml"
ROW, COLUMN, SEGMENT = "function", "outcome", "design"
SHARE = {ROW: 0.35, COLUMN: 0.50, SEGMENT: 0.15}  # of the codings
UNUSED = ("peer_workers", "umbrella", "family")  # as on every real map, some codes are never used
SEED = 20_261_101
GOAL_SECONDS = 2.0
T = TypeVar("T")


def draw_codings(codebook: Codebook, n_studies: int, n_codings: int, *, with_findings: bool) -> pd.DataFrame:
    """Synthetic codings, distinct and shuffled; with findings, all but the type of evidence belong to one of three."""
    random = np.random.default_rng(SEED)
    frames = []
    for name, share in SHARE.items():
        tree = codebook.dimension(name).tree
        codes = np.array([code for code in tree.index[tree["is_leaf"]] if code not in UNUSED], dtype=object)
        # A pair is a number: study times codes plus code. Each study gets one pair first, then any.
        first = np.arange(n_studies) * len(codes) + random.integers(len(codes), size=n_studies)
        others = np.setdiff1d(np.arange(n_studies * len(codes)), first)
        pairs = np.concatenate([first, random.permutation(others)])[: round(n_codings * share)]
        study, code = np.divmod(pairs, len(codes))
        frames.append(pd.DataFrame({"study": study, "dimension": name, "code": codes[code]}))
    codings = pd.concat(frames).sample(frac=1, random_state=SEED, ignore_index=True)
    finding = random.integers(1, 4, size=len(codings)).astype(str)
    is_whole = (codings["dimension"] == SEGMENT) | (not with_findings)
    return pd.DataFrame(
        {
            "study_id": "S" + codings["study"].astype("str").str.zfill(6),
            "finding_id": np.where(is_whole, "", finding),
            "dimension": codings["dimension"],
            "code": codings["code"],
        },
        dtype="str",
    )


def count_with_package(codings: pd.DataFrame, codebook: Codebook, study_ids: pd.Series) -> Grid:
    return count_studies(codings, codebook, study_ids, row=ROW, column=COLUMN, segment=SEGMENT)


def count_with_pandas(codings: pd.DataFrame, top_design: pd.Series) -> dict[str, pd.DataFrame | pd.Series]:
    """Cells and margins, for any segment and by segment, of codings of whole studies."""
    row, column, segment = (
        codings.loc[codings["dimension"] == name, ["study_id", "code"]].rename(columns={"code": name})
        for name in (ROW, COLUMN, SEGMENT)
    )
    segment = segment.assign(**{SEGMENT: segment[SEGMENT].map(top_design)})
    merged = row.merge(column, on="study_id").merge(segment, on="study_id")

    def pivot(index: str, columns: str | list[str]) -> pd.DataFrame:
        return merged.pivot_table(
            index=index, columns=columns, values="study_id", aggfunc="nunique", fill_value=0
        )

    return {
        "cells": pivot(ROW, COLUMN),
        "cells by segment": pivot(ROW, [COLUMN, SEGMENT]),
        "rows by segment": pivot(ROW, SEGMENT),
        "columns by segment": pivot(COLUMN, SEGMENT),
        "rows": merged.groupby(ROW)["study_id"].nunique(),
        "columns": merged.groupby(COLUMN)["study_id"].nunique(),
        "segments": merged.groupby(SEGMENT)["study_id"].nunique(),
    }


def compare(grid: Grid, plain: dict[str, pd.DataFrame | pd.Series]) -> tuple[int, int, int]:
    """Numbers that both have and that agree; those that differ; those that only the package has."""
    names = {"row_code": ROW, "column_code": COLUMN, "segment_code": SEGMENT}
    ours: dict[frozenset[tuple[str, str]], int] = {}
    for frame in (grid.cells, grid.rows, grid.columns, grid.segments):
        axes = [name for name in names if name in frame]
        for *codes, n in frame[[*axes, "n_studies"]].itertuples(index=False):
            pairs = zip((names[axis] for axis in axes), codes, strict=True)
            ours[frozenset(pair for pair in pairs if pair[1] != ALL_SEGMENTS)] = int(n)
    theirs: dict[frozenset[tuple[str, str]], int] = {}
    for frame in plain.values():
        long = frame.rename("n") if isinstance(frame, pd.Series) else frame.unstack().rename("n")
        axes = list(long.index.names)
        for *codes, n in long.reset_index().itertuples(index=False):
            theirs[frozenset(zip(axes, codes, strict=True))] = int(n)
    agree = sum(ours[codes] == n for codes, n in theirs.items())
    return agree, len(theirs) - agree, len(ours.keys() - theirs.keys() - {frozenset()})


def take_best(function: Callable[[], T], repeats: int) -> tuple[float, str, T]:
    """The least seconds of several runs, the same in words beside the processor's, and what the last run gave."""
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter(), time.process_time()
        result = function()
        seconds.append((time.perf_counter() - start[0], time.process_time() - start[1]))
    wall, processor = min(seconds)
    return wall, f"{wall:6.2f} s ({processor:.2f} s of processor)", result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--studies", type=int, default=100_000)
    parser.add_argument("--codings", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    asked = parser.parse_args()
    codebook = read_codebook(CODEBOOK)

    codings = draw_codings(codebook, asked.studies, asked.codings, with_findings=False)
    study_ids = pd.Series(sorted(codings["study_id"].unique()), dtype="str")
    print(f"{len(study_ids):,} studies, {len(codings):,} codings, all on {ROW} by {COLUMN} by {SEGMENT}")
    seconds, shown, grid = take_best(lambda: count_with_package(codings, codebook, study_ids), asked.repeats)
    _, listing, placements = take_best(lambda: grid.list_placements(), 1)
    top_design = codebook.dimension(SEGMENT).at_level(1)
    plain_seconds, plain_shown, plain = take_best(
        lambda: count_with_pandas(codings, top_design), asked.repeats
    )
    agree, differ, missing = compare(grid, plain)
    print(f"  count_studies            {shown}; goal: under {GOAL_SECONDS:g} s")
    print(f"  its list of placements   {listing}; {len(placements):,} rows, made only when asked for")
    print(f"  merge and pivot_table    {plain_shown}; ratio {seconds / plain_seconds:.2f}")
    print(f"  numbers of both: {agree:,} agree, {differ:,} differ; {missing:,} that pivot_table leaves out,")
    print("  because nobody used the code: the gaps")

    paired = draw_codings(codebook, asked.studies, asked.codings, with_findings=True)
    _, shown, grid = take_best(lambda: count_with_package(paired, codebook, study_ids), asked.repeats)
    print(f"The same with three findings a study: {grid.n_placed:,} of {grid.n_included:,} placed")
    print(f"  count_studies            {shown}")


if __name__ == "__main__":
    main()
