"""Which studies have which codes or cells, and what the rare ones say of those not yet seen.

Ecologists ask the same of species and samples, and their estimators are used here: a study is a sampling unit, a code
or a cell of the map is a species. What they estimate is what studies *like those found* would bring; a code that no
search could have found is no part of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import gammaln, ndtri

from mapanalysis.analysis.grid import ALL_SEGMENTS, NONE_FOUND, STUDIES, Grid
from mapanalysis.codebook import NOT_REPORTED, Dimension
from mapanalysis.errors import Problems, UsageError

ORDERS = (0, 1, 2)
FEWEST_DRAWS = 50  # the spread of fewer is itself too uncertain
FEWEST_STUDIES = 10  # what fewer say of studies not seen is too little for an estimate or an interval
Z = float(ndtri(0.975))  # of a 95 % interval


@dataclass(frozen=True)
class Incidence:
    """Studies by codes or cells: `matrix` (bool) is True where a study has one.

    Its rows are the studies of `study_ids`, each of which has at least one; its columns the `items`, codes or cells
    that at least one of them has, in the order of the codebook. `n_possible` is how many the codebook has, "not
    reported" left out; None for the codes of an outside vocabulary, such as the countries of the world, which no map
    is expected to fill. `name` is the dimension, or "row by column".
    """

    name: str
    label: str
    study_ids: pd.Index
    items: pd.Index
    matrix: np.ndarray
    n_possible: int | None

    @property
    def n_studies(self) -> int:
        return len(self.study_ids)

    @property
    def frequencies(self) -> np.ndarray:
        """Studies per item."""
        return self.matrix.sum(axis=0)

    def of(self, study_ids: pd.Series | pd.Index) -> Incidence:
        """The part of these studies, with the items that they have."""
        rows = self.study_ids.isin(study_ids)
        used = self.matrix[rows].any(axis=0)
        return replace(
            self,
            study_ids=self.study_ids[rows],
            items=self.items[used],
            matrix=self.matrix[np.ix_(rows, used)],
        )


class Richness(NamedTuple):
    """How many codes or cells there are: seen, and estimated with a 95 % interval."""

    n_seen: int
    estimate: float
    low: float
    high: float


def list_codes_seen(codings: pd.DataFrame, dimension: Dimension) -> Incidence:
    """Which studies have which of the most specific codes of `dimension`; a group that a study is coded with is one."""
    mine = codings.loc[codings["dimension"] == dimension.id, ["study_id", "code"]]
    stated = mine[mine["code"] != NOT_REPORTED]
    codes = {*dimension.codes_at(dimension.depth), *stated["code"]} - {NOT_REPORTED}
    on_axis = pd.Index([code for code in dimension.tree.index if code in codes], dtype="str")
    return _build(
        (dimension.id, dimension.label),
        stated["study_id"],
        on_axis.get_indexer(stated["code"]),
        on_axis,
        None if dimension.vocabulary else len(codes),
    )


def list_cells_seen(grid: Grid) -> Incidence:
    """Which studies are in which cells of a grid, outside "not reported"; cells outside the scope are not possible."""
    cells = grid.cells[grid.cells["segment_code"] == ALL_SEGMENTS]
    names = ["row_code", "column_code"]
    items = pd.MultiIndex.from_frame(cells[names])
    placements = grid.placements[(grid.placements[names] != NOT_REPORTED).all(axis=1)]
    row, column = grid.row.dimension, grid.column.dimension
    return _build(
        (f"{row.id} by {column.id}", f"Cells: {row.label} by {column.label}"),
        placements["study_id"],
        items.get_indexer(pd.MultiIndex.from_frame(placements[names])),
        pd.Index([" by ".join(codes) for codes in items], dtype="str"),
        None
        if row.vocabulary or column.vocabulary
        else int(cells["state"].isin([STUDIES, NONE_FOUND]).sum()),
    )


def _build(
    names: tuple[str, str], studies: pd.Series, position: np.ndarray, items: pd.Index, n_possible: int | None
) -> Incidence:
    row, study_ids = pd.factorize(studies, sort=True)
    column, used = pd.factorize(position, sort=True)
    matrix = np.zeros((len(study_ids), len(used)), dtype=bool)
    matrix[row, column] = True
    return Incidence(*names, pd.Index(study_ids, dtype="str"), items.take(used), matrix, n_possible)


def expect_seen(frequencies: np.ndarray, n_studies: int, sizes: np.ndarray) -> np.ndarray:
    """How many codes are seen on average in `sizes` of the studies, drawn in random order, without drawing them.

    Source: Mao Tau, Colwell, Mao and Chang 2004, Ecology 85:2717 (doi 10.1890/03-0557), equation 4.
    """
    return (1 - _miss(frequencies, n_studies, sizes)).sum(axis=1)


def _miss(frequencies: np.ndarray, n_studies: int, sizes: np.ndarray) -> np.ndarray:
    """The chance that none of `sizes` studies (rows) has a code (columns)."""
    without, size = (n_studies - frequencies)[None, :], np.asarray(sizes)[:, None]
    left = np.maximum(without - size, 0)
    log = gammaln(without + 1) - gammaln(left + 1) + gammaln(n_studies - size + 1) - gammaln(n_studies + 1)
    return np.where(without >= size, np.exp(log), 0.0)


def spread_of_seen(frequencies: np.ndarray, n_studies: int, sizes: np.ndarray, estimate: float) -> np.ndarray:
    """The standard error of `expect_seen` when the studies are themselves a sample; `estimate` is that of all codes.

    Source: Colwell, Mao and Chang 2004, equation 5: not 0 at the last study, as it is for the studies in hand.
    """
    miss = _miss(frequencies, n_studies, sizes)
    seen = (1 - miss).sum(axis=1)
    return np.sqrt(np.maximum(((1 - miss) ** 2).sum(axis=1) - seen**2 / max(estimate, 1), 0))


def extrapolate_seen(
    frequencies: np.ndarray, n_studies: int, sizes: np.ndarray, estimate: float
) -> np.ndarray:
    """How many codes one would see in `sizes` studies, more than there are, when there are `estimate` in all.

    Source: Colwell et al. 2012, Journal of Plant Ecology 5:3 (doi 10.1093/jpe/rtr044), equation 18.
    """
    n_seen, once = int((frequencies > 0).sum()), int((frequencies == 1).sum())
    unseen = estimate - n_seen
    if np.isnan(unseen):
        return np.full(len(sizes), np.nan)
    if unseen <= 0 or not once:
        return np.full(len(sizes), float(n_seen))
    per_study = once / (n_studies * unseen + once)
    return n_seen + unseen * (1 - (1 - per_study) ** (np.asarray(sizes) - n_studies))


def estimate_richness(frequencies: np.ndarray, n_studies: int) -> Richness:
    """How many codes there are, those that no study has included: Chao2, a lower bound, with a 95 % interval.

    It rests on the codes that one study has and those that two have. When none has just one, nothing speaks for a
    code unseen, and the estimate is what was seen.

    Source: Chao 1987, Biometrics 43:783 (doi 10.2307/2531532), with the corrections for few sampling units and for
    no code in two of them, and the interval without codes in one, as in Colwell 2013, EstimateS 9 User's Guide, appendix B.
    """
    seen = frequencies[frequencies > 0]
    n_seen, once, twice = len(seen), int((seen == 1).sum()), int((seen == 2).sum())
    if n_studies < 2 or not n_seen:
        return Richness(n_seen, float("nan"), float("nan"), float("nan"))
    k = (n_studies - 1) / n_studies
    if twice:
        unseen, ratio = k * once**2 / (2 * twice), once / twice
        variance = twice * (k * ratio**2 / 2 + k**2 * ratio**3 + k**2 * ratio**4 / 4)
    else:
        unseen = k * once * (once - 1) / 2
        variance = unseen + k**2 * once * (2 * once - 1) ** 2 / 4
        variance -= k**2 * once**4 / (4 * (n_seen + unseen))
    if unseen > 0:
        factor = float(np.exp(Z * np.sqrt(np.log(1 + variance / unseen**2))))
        return Richness(n_seen, n_seen + unseen, n_seen + unseen / factor, n_seen + unseen * factor)
    missed = float(np.exp(-seen.sum() / n_seen))
    centre, spread = n_seen / (1 - missed), Z * (n_seen * missed) ** 0.5 / (1 - missed)
    return Richness(n_seen, float(n_seen), max(float(n_seen), centre - spread), centre + spread)


def estimate_coverage(frequencies: np.ndarray, n_studies: int) -> float:
    """Sample coverage: the share of all codings, in studies like these, that are of a code already seen. 0 to 1.

    Missing for fewer than two studies.

    Source: Chao and Jost 2012, Ecology 93:2533 (doi 10.1890/11-1952.1); for incidence, Chao et al. 2014, Ecological
    Monographs 84:45 (doi 10.1890/13-0133.1), appendix.
    """
    once, twice = int((frequencies == 1).sum()), int((frequencies == 2).sum())
    total = int(frequencies.sum())
    if n_studies < 2 or not total:
        return float("nan")
    if not once:
        return 1.0
    first = (n_studies - 1) * (once if twice else once - 1)
    return 1 - once / total * first / (first + (2 * twice if twice else 2))


def measure_hill(frequencies: np.ndarray) -> np.ndarray:
    """Hill numbers of the orders 0, 1 and 2, over the last axis; for one row what `skbio.diversity.alpha.hill` gives.

    Source: Hill 1973, Ecology 54:427 (doi 10.2307/1934352).
    """
    total = frequencies.sum(axis=-1, keepdims=True)
    share = frequencies / np.maximum(total, 1)
    entropy = -(share * np.log(np.where(share > 0, share, 1))).sum(axis=-1)
    with np.errstate(divide="ignore"):
        numbers = [(frequencies > 0).sum(axis=-1), np.exp(entropy), 1 / (share**2).sum(axis=-1)]
    return np.where(total > 0, np.stack(numbers, axis=-1), np.nan)


def resample_hill(incidence: Incidence, n_bootstrap: int, seed: int) -> np.ndarray:
    """Standard errors of the Hill numbers of the orders 0, 1 and 2, from `n_bootstrap` draws of whole studies.

    A study keeps all its codes, so that codes that come together stay together. Missing for fewer than `FEWEST_STUDIES`.

    Raises UsageError for fewer than `FEWEST_DRAWS` draws, and for a seed below 0.
    """
    _check_draws(n_bootstrap, seed)
    n = incidence.n_studies
    if n < FEWEST_STUDIES:
        return np.full(len(ORDERS), np.nan)
    drawn = np.random.default_rng(seed).integers(0, n, (n_bootstrap, n)) + n * np.arange(n_bootstrap)[:, None]
    times = np.bincount(drawn.ravel(), minlength=n_bootstrap * n).reshape(
        n_bootstrap, n
    )  # each study, per draw
    return measure_hill(times @ incidence.matrix.astype(float)).std(axis=0, ddof=1)


def _check_draws(n_bootstrap: int, seed: int) -> None:
    problems = Problems()
    for name, value, least in (("n_bootstrap", n_bootstrap, FEWEST_DRAWS), ("bootstrap_seed", seed, 0)):
        if value < least:
            problems.add(
                f"the parameter {name} is {value}; it must be {least} or more", todo="Set it in params.yaml."
            )
    problems.raise_if_any(UsageError)
