"""How fast the evidence grows: which years are complete, and how the number of studies changes over them."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import softmax, stdtrit

from mapanalysis.errors import Problems, UsageError

FEWEST_YEARS, FEWEST_STUDIES = 5, 20  # a trend over less is not estimated
STEEPEST = 20.0  # of the logarithm of the count, per year: far beyond any growth
COLUMNS = ("pct_yearly", "pct_low", "pct_high", "doubling_years", "doubling_low", "doubling_high")


def first_open_year(edition_date: str, search_date: str = "") -> int:
    """The first year that is not complete: that of the last search, or where no date of it is given of the edition.

    Dates are ISO (2026-11-23). Raises UsageError for what is no date, and for a search after its edition.
    """
    problems = Problems()
    dates: dict[str, datetime.date] = {}
    for name, text in {"edition_date": edition_date, "search_date": search_date}.items():
        try:
            dates[name] = (
                datetime.date.fromisoformat(text) if text or name == "edition_date" else datetime.date.max
            )
        except ValueError:
            problems.add(
                f"the parameter {name} is no date",
                values=[text],
                todo="Give it in params.yaml as year-month-day, such as 2026-11-23.",
            )
    if search_date and not problems.found and dates["search_date"] > dates["edition_date"]:
        problems.add(
            f"the last search ({search_date}) is after the edition that holds it ({edition_date})",
            todo="Correct search_date or edition_date in params.yaml.",
        )
    problems.raise_if_any(UsageError)
    return min(date.year for date in dates.values())


def fit_growth(counts: pd.DataFrame) -> pd.DataFrame:
    """The yearly change in the number of studies, over the complete years: a Poisson regression of counts on year.

    `counts` as from `volume.count_by_year`. One row per segment code: segment_code, first_year, last_year, n_years,
    n_studies (in them), n_first (expected in the first year), pct_yearly (per year) with its 95 % interval pct_low
    and pct_high, doubling_years with doubling_low and doubling_high, dispersion, reason. The interval is widened by
    the dispersion of the counts around the trend (quasi-Poisson; never narrowed) and takes Student's t. A doubling
    time is missing where the estimate, or that end of the interval, does not rise. Where there are fewer than
    `FEWEST_YEARS` complete years or `FEWEST_STUDIES` studies nothing is estimated, and `reason` says why.

    Source: McCullagh and Nelder 1989, Generalized Linear Models, second edition, chapters 6 and 9.
    """
    complete = counts[counts["year"].notna() & counts["is_complete"]]
    rows = []
    for segment_code in dict.fromkeys(counts["segment_code"]):
        mine = complete[complete["segment_code"] == segment_code]
        year, n = mine["year"].to_numpy(dtype=float), mine["n_studies"].to_numpy(dtype=float)
        row = {"segment_code": segment_code, "n_years": len(year), "n_studies": int(n.sum())}
        if len(year):
            row |= {"first_year": int(year[0]), "last_year": int(year[-1])}
        reason = _why_not(n)
        rows.append(row | {"reason": reason} | ({} if reason else _fit(year, n)))
    names = ["segment_code", "first_year", "last_year", "n_years", "n_studies", "n_first", *COLUMNS]
    frame = pd.DataFrame(rows).reindex(columns=[*names, "dispersion", "reason"])
    numbers = dict.fromkeys(("n_first", *COLUMNS, "dispersion"), "Float64")
    return frame.astype({"first_year": "Int64", "last_year": "Int64"} | numbers).round(3)


def _why_not(n: np.ndarray) -> str:
    if len(n) < FEWEST_YEARS:
        return f"fewer than {FEWEST_YEARS} complete years"
    if n.sum() < FEWEST_STUDIES:
        return f"fewer than {FEWEST_STUDIES} studies"
    return "all in one year" if (n > 0).sum() < 2 else ""


def _fit(year: np.ndarray, n: np.ndarray) -> dict[str, float]:
    """The slope is where the mean year under the trend is that of the studies; the rest follows from it."""
    x, total = year - year[0], n.sum()
    slope = brentq(lambda b: softmax(b * x) @ x - n @ x / total, -STEEPEST, STEEPEST, xtol=1e-12)
    fitted = total * softmax(slope * x)
    dispersion = float(((n - fitted) ** 2 / fitted).sum() / (len(n) - 2))
    information = float(fitted @ (x - fitted @ x / total) ** 2)
    error = stdtrit(len(n) - 2, 0.975) * np.sqrt(max(dispersion, 1) / information)
    low, high = slope - error, slope + error
    percent = [100 * np.expm1(value) for value in (slope, low, high)]
    doubling = [np.log(2) / value if value > 0 else np.nan for value in (slope, high, low)]
    return dict(zip(COLUMNS, [*percent, *doubling], strict=True)) | {
        "n_first": float(fitted[0]),
        "dispersion": dispersion,
    }
