"""How far two people who decided independently agree: raw agreement and Cohen's kappa."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
import pandas as pd

from mapanalysis.tables import SETTLED

MEASURES = ["n", "n_agreed", "pct_agreed", "kappa", "kappa_low", "kappa_high"]
Z_95 = NormalDist().inv_cdf(0.975)


def count_agreement(
    pairs: pd.DataFrame, by: Sequence[str], subjects: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Agreement of paired decisions, one row per subject.

    `pairs` has one row per thing that two people decided on: the columns `by`, value_a and value_b (text).
    `subjects` (columns `by`) names the rows to return, in order, also those without any pair; by default those
    present in `pairs`. Columns: `by`, then as `measure_agreement`.
    """
    by = list(by)
    if subjects is None:
        subjects = pairs[by].drop_duplicates()
    subjects = subjects[by].reset_index(drop=True)
    values = sorted({*pairs["value_a"], *pairs["value_b"]})
    placed = pairs.merge(subjects.assign(_subject=subjects.index), on=by, validate="many_to_one")
    tables = np.zeros((len(subjects), len(values), len(values)), dtype=np.int64)
    place = (
        placed["_subject"].to_numpy(),
        pd.Index(values).get_indexer(placed["value_a"]),
        pd.Index(values).get_indexer(placed["value_b"]),
    )
    np.add.at(tables, place, 1)
    return pd.concat([subjects, measure_agreement(tables)], axis=1)


def pair_decisions(decisions: pd.DataFrame, item: Sequence[str], person: str, value: str) -> pd.DataFrame:
    """Each thing that two people decided on, with what each of them said.

    One row per `item` and pair of people, first in the order of their names: the columns `item`, person_a,
    person_b, value_a, value_b. Three people on one thing are three pairs; settled decisions are nobody's own.
    """
    item = list(item)
    own = decisions.loc[decisions[person] != SETTLED, [*item, person, value]]
    own = own.rename(columns={person: "person", value: "value"})
    pairs = own.merge(own, on=item, suffixes=("_a", "_b"))
    pairs = pairs[pairs["person_a"] < pairs["person_b"]]
    return pairs[[*item, "person_a", "person_b", "value_a", "value_b"]].reset_index(drop=True)


def measure_agreement(tables: np.ndarray) -> pd.DataFrame:
    """Agreement in square tables of counts (subject, what the first said, what the second said).

    One row per table: n (decisions compared), n_agreed, pct_agreed, kappa, kappa_low and kappa_high (95 %
    confidence interval, large-sample, cut at -1 and 1). Missing rather than guessed: all but the counts where
    nothing was compared; kappa where both only ever used one value; the interval where agreement is perfect or
    one of the two only ever used one value, because the standard error is then 0 however few decisions there are.

    Source: Cohen 1960, Educ Psychol Meas 20:37-46; standard error by Fleiss, Cohen and Everitt 1969,
    Psychol Bull 72:323-327.
    """
    n = tables.sum(axis=(1, 2))
    n_agreed = np.trace(tables, axis1=1, axis2=2)
    # Whole numbers, so that "no better than chance" is exactly 0 and "one value only" exactly undefined.
    first, second = tables.sum(axis=2), tables.sum(axis=1)
    by_chance = (first * second).sum(axis=1)
    has_interval = (n_agreed < n) & ((first > 0).sum(axis=1) > 1) & ((second > 0).sum(axis=1) > 1)
    beyond = n * n - by_chance
    with np.errstate(divide="ignore", invalid="ignore"):  # 0 / 0 is what is missing
        pct_agreed = 100 * n_agreed / n
        kappa = (n * n_agreed - by_chance) / beyond
        error = Z_95 * np.sqrt(_variance(tables / n[:, None, None], kappa, n))
    error = np.where(has_interval, error, np.nan)
    measures = {
        "pct_agreed": pct_agreed,
        "kappa": kappa,
        "kappa_low": np.maximum(kappa - error, -1),
        "kappa_high": np.minimum(kappa + error, 1),
    }
    counts = pd.DataFrame({"n": n, "n_agreed": n_agreed}).astype("Int64")
    return pd.concat([counts, pd.DataFrame(measures).astype("Float64")], axis=1)


def _variance(shares: np.ndarray, kappa: np.ndarray, n: np.ndarray) -> np.ndarray:
    """The large-sample variance of kappa, from tables of shares."""
    first, second = shares.sum(axis=2), shares.sum(axis=1)
    agreed = np.diagonal(shares, axis1=1, axis2=2)
    rest = 1 - kappa
    chance = (first * second).sum(axis=1)
    on_diagonal = (agreed * (1 - (first + second) * rest[:, None]) ** 2).sum(axis=1)
    margins = (second[:, :, None] + first[:, None, :]) ** 2
    all_cells = (shares * margins).sum(axis=(1, 2))
    off_diagonal = all_cells - (agreed * (first + second) ** 2).sum(axis=1)
    correction = (kappa - chance * rest) ** 2
    variance = (on_diagonal + rest**2 * off_diagonal - correction) / ((1 - chance) ** 2 * n)
    return np.maximum(variance, 0)  # rounding may leave it a hair below
