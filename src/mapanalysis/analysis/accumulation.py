"""Would more studies show anything new? Codes and cells seen as studies come in, and how many there may be in all."""

from __future__ import annotations

from collections.abc import Iterable
from math import nan

import numpy as np
import pandas as pd

from mapanalysis.analysis.grid import count_studies
from mapanalysis.analysis.incidence import (
    FEWEST_STUDIES,
    Incidence,
    Richness,
    Z,
    estimate_coverage,
    estimate_richness,
    expect_seen,
    extrapolate_seen,
    list_cells_seen,
    list_codes_seen,
    spread_of_seen,
)
from mapanalysis.codebook import Codebook

EXPECTED, EXTRAPOLATED, BY_YEAR = "expected", "extrapolated", "by_year"
FURTHEST = 2  # times the studies there are: beyond it the estimate is no longer trusted (Colwell et al. 2012)
MOST_POINTS = 60  # of a curve; more make no difference to the eye


def list_seen(
    codings: pd.DataFrame,
    codebook: Codebook,
    study_ids: pd.Series,
    *,
    row: str,
    column: str,
    need: str,
    country: str = "",
) -> list[Incidence]:
    """What studies are watched for: the needs, the countries (where the map has them), and the cells of both maps."""
    grids = [count_studies(codings, codebook, study_ids, row=name, column=column) for name in (row, need)]
    codes = [list_codes_seen(codings, codebook.dimension(name)) for name in (need, country) if name]
    return [*codes, *(list_cells_seen(grid) for grid in grids)]


def estimate_all(seen: Incidence) -> Richness:
    """Chao2, that ends at what the codebook can hold; not estimated from fewer than `incidence.FEWEST_STUDIES`."""
    found = estimate_richness(seen.frequencies, seen.n_studies)
    if seen.n_studies < FEWEST_STUDIES:
        return found._replace(estimate=nan, low=nan, high=nan)
    if seen.n_possible is None:
        return found
    return Richness(found.n_seen, *(min(value, float(seen.n_possible)) for value in found[1:]))


def summarise_richness(parts: Iterable[Incidence]) -> pd.DataFrame:
    """How much of what there may be was seen.

    One row per part: name, label, n_studies (that report it), n_seen, n_possible (in the codebook; missing for an outside
    vocabulary), n_estimated, n_low, n_high (Chao2, a lower bound, with its 95 % interval; none above n_possible;
    missing for few studies), n_in_doubled (expected in twice as many studies), pct_coverage (of codings in studies like these, those of a code
    or cell already seen).
    """
    rows = []
    for seen in parts:
        found = estimate_all(seen)
        doubled = np.array([FURTHEST * seen.n_studies])
        later = extrapolate_seen(seen.frequencies, seen.n_studies, doubled, found.estimate)
        rows.append(
            {
                "name": seen.name,
                "label": seen.label,
                "n_studies": seen.n_studies,
                "n_seen": found.n_seen,
                "n_possible": seen.n_possible,
                "n_estimated": found.estimate,
                "n_low": found.low,
                "n_high": found.high,
                "n_in_doubled": later[0],
                "pct_coverage": 100 * estimate_coverage(seen.frequencies, seen.n_studies),
            }
        )
    numbers = dict.fromkeys(("n_estimated", "n_low", "n_high", "n_in_doubled", "pct_coverage"), "Float64")
    return pd.DataFrame(rows).astype({"n_possible": "Int64"} | numbers).round(1)


def measure_accumulation(parts: Iterable[Incidence], studies: pd.DataFrame) -> pd.DataFrame:
    """How many different codes or cells so many studies hold.

    One row per part, kind and number of studies: label, kind, year, n_studies, n_seen, n_low, n_high. Kinds:
    `expected`, the mean over all orders in which the studies could have come, with a 95 % interval;
    `extrapolated`, beyond the studies there are, without one; `by_year`, as they came: up to the end of each `year`
    (studies without a year left out).
    """
    years = studies.set_index("study_id")["year"]
    frames = []
    for seen in parts:
        curves = _expect(seen), _extrapolate(seen), _count_by_year(seen, years)
        frames += [frame.assign(label=seen.label) for frame in curves]
    columns = ["label", "kind", "year", "n_studies", "n_seen", "n_low", "n_high"]
    both = pd.concat([frame.reindex(columns=columns) for frame in frames], ignore_index=True)
    numbers = dict.fromkeys(("n_seen", "n_low", "n_high"), "Float64")
    return both.astype({"label": "str", "year": "Int64", "n_studies": "int64"} | numbers).round(2)


def _sizes(first: int, last: int) -> np.ndarray:
    return np.unique(np.linspace(first, last, min(MOST_POINTS, last - first + 1)).round().astype(int))


def _expect(seen: Incidence) -> pd.DataFrame:
    if not seen.n_studies:
        return pd.DataFrame({"kind": [], "n_studies": []})
    sizes = _sizes(1, seen.n_studies)
    mean = expect_seen(seen.frequencies, seen.n_studies, sizes)
    estimate = estimate_all(seen).estimate
    error = Z * spread_of_seen(seen.frequencies, seen.n_studies, sizes, estimate)
    high = mean + error if seen.n_possible is None else np.minimum(mean + error, seen.n_possible)
    low = np.maximum(mean - error, 0)
    return pd.DataFrame({"n_studies": sizes, "n_seen": mean, "n_low": low, "n_high": high}).assign(
        kind=EXPECTED
    )


def _extrapolate(seen: Incidence) -> pd.DataFrame:
    if seen.n_studies < FEWEST_STUDIES:
        return pd.DataFrame({"kind": [], "n_studies": []})
    sizes = _sizes(seen.n_studies, FURTHEST * seen.n_studies)
    mean = extrapolate_seen(seen.frequencies, seen.n_studies, sizes, estimate_all(seen).estimate)
    return pd.DataFrame({"n_studies": sizes, "n_seen": mean}).assign(kind=EXTRAPOLATED)


def _count_by_year(seen: Incidence, years: pd.Series) -> pd.DataFrame:
    year = years.reindex(seen.study_ids)
    rows = []
    for last in sorted(year.dropna().unique()):
        so_far = seen.matrix[(year <= last).fillna(False).to_numpy()]
        rows.append((BY_YEAR, int(last), len(so_far), int(so_far.any(axis=0).sum())))
    return pd.DataFrame(rows, columns=["kind", "year", "n_studies", "n_seen"])
