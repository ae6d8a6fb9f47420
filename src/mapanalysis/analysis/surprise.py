"""How surprising empty cells are: fewer studies than the rows and columns alone lead one to expect?

The comparison is a map in which rows and columns have nothing to do with each other: the studies' sets of row codes
are dealt out anew over the studies, each set whole, while their column codes stay. So studies keep several codes
where they have several, each row and each column keeps its number of studies, and all else is chance.

Only studies that report both a row and a column are dealt out, and only cells of their codes are compared. Codes of
findings are taken as codes of the study, in the map and in the comparison alike: what is observed is then the number
of studies that have both codes, which in a map with findings can be more than the cell holds.

For one cell, dealing out without end gives the hypergeometric distribution, so that its p is known exactly (it is
that of Fisher's exact test, one-sided); for many cells together (how many are empty) it takes the dealing out.

Sources: Fisher 1935, The design of experiments, chapter 2, for the exact test; Phipson and Smyth 2010, Permutation
p-values should never be zero (Stat Appl Genet Mol Biol 9:39), for (b + 1) / (n + 1); Benjamini and Hochberg 1995,
Controlling the false discovery rate (J R Stat Soc B 57:289-300), for q.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.stats import false_discovery_control, hypergeom

from mapanalysis.analysis.grid import ALL_SEGMENTS, NONE_FOUND, STUDIES, Axis, Grid
from mapanalysis.codebook import NOT_REPORTED
from mapanalysis.errors import Problem, UsageError

INTERVAL = (0.025, 0.975)
STEPS = 10  # how often progress is told of


@dataclass(frozen=True)
class Surprise:
    """The comparison of a map with chance.

    cells: one row per cell of reported codes inside the scope whose row and column both have studies (of those
    compared): row_code, row_label, column_code, column_label, n_studies (in the map), n_observed (studies with both
    codes), n_expected (of chance alone), n_low, n_high (between which 95 % of chance lies), p_value (from the
    permutations: of as few or fewer), q_value (p_value, many cells considered), p_exact, q_exact (the same without
    the error of a limited number of permutations).
    """

    cells: pd.DataFrame
    n_compared: int  # studies that report both a row and a column
    n_permutations: int
    n_empty: int  # cells without a study
    empty_by_chance: tuple[int, ...]  # cells without a study, in each permutation

    @property
    def empty_expected(self) -> tuple[float, int, int]:
        """The empty cells of chance alone: the mean, and the ends of the middle 95 %."""
        low, high = np.quantile(self.empty_by_chance, INTERVAL, method="inverted_cdf")
        return float(np.mean(self.empty_by_chance)), int(low), int(high)


def measure_surprise(
    grid: Grid,
    codings: pd.DataFrame,
    n_permutations: int,
    seed: int,
    tell: Callable[[int], object] | None = None,
) -> Surprise:
    """The cells of a map compared with `n_permutations` maps of chance; `tell` hears how many are done.

    Raises UsageError for less than one permutation.
    """
    if n_permutations < 1:
        todo = "Give 1,000 or more; in params.yaml, 0 leaves the step out."
        raise UsageError(Problem(f"{n_permutations} permutations cannot be made", todo))
    rows, columns = list_code_sets(grid, codings)
    observed = count_pairs(rows, columns)
    n_rows, n_columns = (np.asarray(sets.sum(axis=0)).ravel() for sets in (rows, columns))
    is_compared = _find_inside(grid) & (np.outer(n_rows, n_columns) > 0)
    as_few = np.zeros(observed.shape, dtype=np.int64)
    empty = []
    for done, counts in enumerate(permute_pairs(rows, columns, n_permutations, seed), start=1):
        as_few += counts <= observed
        empty.append(int((counts[is_compared] == 0).sum()))
        if tell and (done * STEPS) // n_permutations > ((done - 1) * STEPS) // n_permutations:
            tell(done)
    exact = hypergeom(rows.shape[0], n_rows[:, None], n_columns[None, :])
    numbers = {
        "n_observed": observed,
        "n_expected": np.outer(n_rows, n_columns) / max(rows.shape[0], 1),
        "n_low": exact.ppf(INTERVAL[0]),
        "n_high": exact.ppf(INTERVAL[1]),
        "p_value": (as_few + 1) / (n_permutations + 1),
        "p_exact": exact.cdf(observed),
    }
    n_empty = int((observed[is_compared] == 0).sum())
    cells = _list_cells(grid, numbers, is_compared)
    return Surprise(cells, rows.shape[0], n_permutations, n_empty, tuple(empty))


def list_code_sets(grid: Grid, codings: pd.DataFrame) -> tuple[csr_array, csr_array]:
    """Which reported row codes and column codes each study has (1): studies by codes, as the axes of the grid.

    Only studies with both; they stand in one order in both.
    """
    sets = [_list_codes(axis, codings) for axis in (grid.row, grid.column)]
    both = pd.Index(sets[0]["study_id"].unique()).intersection(sets[1]["study_id"].unique()).sort_values()
    made = []
    for axis, pairs in zip((grid.row, grid.column), sets, strict=True):
        pairs = pairs[pairs["study_id"].isin(both)]
        study = both.get_indexer(pd.Index(pairs["study_id"]))
        code = pd.Index(axis.codes).get_indexer(pd.Index(pairs["code"]))
        ones = np.ones(len(pairs), dtype=np.int64)
        made.append(csr_array((ones, (study, code)), shape=(len(both), len(axis.codes))))
    return made[0], made[1]


def _list_codes(axis: Axis, codings: pd.DataFrame) -> pd.DataFrame:
    """study_id, code at the level of the axis; each once, "not reported" left out."""
    is_stated = (codings["dimension"] == axis.dimension.id) & (codings["code"] != NOT_REPORTED)
    stated = codings.loc[is_stated, ["study_id", "code"]]
    return stated.assign(
        code=axis.dimension.at_level(axis.level)[stated["code"]].to_numpy()
    ).drop_duplicates()


def count_pairs(rows: csr_array, columns: csr_array) -> np.ndarray:
    """Distinct studies that have a row code and a column code: rows by columns."""
    return (rows.T @ columns).toarray()


def permute_pairs(rows: csr_array, columns: csr_array, n: int, seed: int) -> Iterator[np.ndarray]:
    """`n` times what `count_pairs` gives when the studies' sets of row codes are dealt out anew over the studies."""
    generator = np.random.default_rng(seed)
    for _ in range(n):
        yield count_pairs(rows[generator.permutation(rows.shape[0])], columns)


def _find_inside(grid: Grid) -> np.ndarray:
    """Whether each cell is one of reported codes and inside the scope."""
    return grid.matrix("state").isin([STUDIES, NONE_FOUND]).to_numpy(dtype=bool)


def _list_cells(grid: Grid, numbers: dict[str, np.ndarray], is_compared: np.ndarray) -> pd.DataFrame:
    row, column = np.nonzero(is_compared)
    cells = pd.DataFrame(
        {
            "row_code": pd.Index(grid.row.codes, dtype="str").take(row),
            "row_label": [grid.row.label_of(grid.row.codes[at]) for at in row],
            "column_code": pd.Index(grid.column.codes, dtype="str").take(column),
            "column_label": [grid.column.label_of(grid.column.codes[at]) for at in column],
            "n_studies": grid.matrix("n_studies", ALL_SEGMENTS).to_numpy(dtype=np.int64)[is_compared],
        }
        | {name: matrix[is_compared] for name, matrix in numbers.items()}
    ).astype({"n_observed": "int64", "n_low": "int64", "n_high": "int64"})
    if len(cells):
        for of in ("value", "exact"):
            cells[f"q_{of}"] = false_discovery_control(cells[f"p_{of}"].clip(0, 1), method="bh")
    else:
        cells = cells.assign(q_value=[], q_exact=[])
    order = ["p_exact", "n_expected"]
    ranked = cells.sort_values(order, ascending=[True, False], kind="stable", ignore_index=True)
    rounded = ranked.round({"n_expected": 1, "p_value": 4, "q_value": 4})
    return rounded.assign(**{name: _round_to_digits(ranked[name]) for name in ("p_exact", "q_exact")})


def _round_to_digits(values: pd.Series) -> pd.Series:
    """Three digits from the first that is not zero, however small the value."""
    return values.map(lambda value: float(f"{value:.3g}"))
