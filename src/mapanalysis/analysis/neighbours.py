"""The nearest evidence to a cell: what there is in its row and column, the codes most alike first.

How alike two codes are is read from the codebook: codes of one group first, then the fewer steps from one to the
other through the tree. Codes of the top level are of no group; between two of them are two steps.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from mapanalysis.analysis.grid import STUDIES, Axis, Grid

NEAREST = 3
NO_NEIGHBOUR = np.iinfo(np.int64).max


def add_neighbours(gaps: pd.DataFrame, grid: Grid, most: int = NEAREST) -> pd.DataFrame:
    """The gaps with the nearest cells that hold studies: in the same row or the same column.

    Adds near_row_code, near_column_code, near_n_studies and nearest (the nearest one, in codes and in words; "" and
    missing where row and column hold nothing else) and neighbours: up to `most` cells, "Diabetes by Lifestyle (9)". Order: codes of the same
    group first, then the fewest steps in the codebook, then the most studies, then the order of the codebook.
    """
    counts = grid.matrix("n_studies").to_numpy(dtype=np.int64)
    row = pd.Index(grid.row.codes).get_indexer(pd.Index(gaps["row_code"]))
    column = pd.Index(grid.column.codes).get_indexer(pd.Index(gaps["column_code"]))
    holds = (grid.matrix("state") == STUDIES).to_numpy(dtype=bool)
    others = [np.arange(len(axis.codes)) for axis in (grid.column, grid.row)]
    most_studies = int(counts.max(initial=0))
    keys = np.hstack(
        [
            np.where(
                held & (other != own[:, None]), steps * (most_studies + 1) + most_studies - n, NO_NEIGHBOUR
            )
            for steps, n, held, other, own in (
                (measure_steps(grid.column)[column], counts[row], holds[row], others[0], column),
                (measure_steps(grid.row)[row], counts.T[column], holds.T[column], others[1], row),
            )
        ]
    )
    nearest = np.argsort(keys, axis=1, kind="stable")[:, :most]
    is_there = np.take_along_axis(keys, nearest, axis=1) < NO_NEIGHBOUR
    n_columns = len(grid.column.codes)
    in_row = nearest < n_columns
    near_row = np.where(in_row, row[:, None], nearest - n_columns)
    near_column = np.where(in_row, nearest, column[:, None])
    n_near = counts[np.where(is_there, near_row, 0), np.where(is_there, near_column, 0)]
    words = _say_cells(grid, near_row, near_column, n_near, is_there)
    has = is_there[:, 0] if is_there.shape[1] else np.zeros(len(gaps), dtype=bool)
    return gaps.assign(
        near_row_code=_codes(grid.row, near_row, has),
        near_column_code=_codes(grid.column, near_column, has),
        near_n_studies=pd.array([int(n[0]) if ok else pd.NA for n, ok in zip(n_near, has, strict=True)], dtype="Int64"),
        nearest=pd.Series([near[0] if near else "" for near in words], index=gaps.index, dtype="str"),
        neighbours=pd.Series(["; ".join(near) for near in words], index=gaps.index, dtype="str"),
    )  # fmt: skip


def measure_steps(axis: Axis) -> np.ndarray:
    """How far the codes of an axis are from each other, code by code: less is more alike.

    The steps through the tree of the codebook; codes of one group come before all others.
    """
    tree, codes = axis.dimension.tree, list(axis.codes)
    level = tree.loc[codes, "level"].to_numpy(dtype=np.int64)
    shared = np.zeros((len(codes), len(codes)), dtype=np.int64)
    for depth in range(1, axis.dimension.depth + 1):
        above, _ = pd.factorize(axis.dimension.at_level(depth)[codes])
        shared += (above[:, None] == above) & (np.minimum(level[:, None], level) >= depth)
    steps = level[:, None] + level - 2 * shared
    parent = tree.loc[codes, "parent"].to_numpy(dtype=object)
    is_same_group = (parent[:, None] == parent) & (parent != "")
    return np.where(is_same_group, 0, steps)


def _say_cells(
    grid: Grid, rows: np.ndarray, columns: np.ndarray, counts: np.ndarray, is_there: np.ndarray
) -> list[list[str]]:
    """For each gap the cells near to it in words; cells that are not there are left out."""
    row_labels, column_labels = (
        [axis.label_of(code) for code in axis.codes] for axis in (grid.row, grid.column)
    )
    said = []
    for gap in zip(rows, columns, counts, is_there, strict=True):
        cells = [
            f"{row_labels[row]} by {column_labels[column]} ({n:,})"
            for row, column, n, there in zip(*gap, strict=True)
            if there
        ]
        said.append(cells)
    return said


def _codes(axis: Axis, positions: np.ndarray, has: np.ndarray) -> list[str]:
    return [axis.codes[position[0]] if ok else "" for position, ok in zip(positions, has, strict=True)]
