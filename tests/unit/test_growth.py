"""Complete years, and the change of the number of studies over them."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from mapanalysis.analysis.growth import first_open_year, fit_growth
from mapanalysis.errors import UsageError

UNEVEN = [8, 13, 14, 13, 14, 20, 25, 15, 14, 18, 10]


def counts(n: list[int], first: int = 2010, n_open: int = 0) -> pd.DataFrame:
    """Studies per year, as `volume.count_by_year` gives them; the last `n_open` years are not complete."""
    years = [*range(first, first + len(n)), None]
    return pd.DataFrame(
        {
            "year": pd.array(years, dtype="Int64"),
            "segment_code": "",
            "n_studies": [*n, 7],  # and seven without a year
            "is_complete": [True] * (len(n) - n_open) + [False] * n_open + [False],
        }
    )


def fitted(n: list[int], **options: int) -> pd.Series:
    return fit_growth(counts(n, **options)).iloc[0]


def test_the_first_open_year_is_that_of_the_last_search_or_else_of_the_edition():
    assert first_open_year("2026-11-23") == 2026
    assert first_open_year("2026-11-23", "2025-06-30") == 2025


@pytest.mark.parametrize(
    ("edition", "search", "said"),
    [
        ("November 2026", "", "the parameter edition_date is no date"),
        ("", "", "the parameter edition_date is no date"),
        ("2026-11-23", "2025-13-01", "the parameter search_date is no date"),
        ("2026-11-23", "2026-12-01", "the last search (2026-12-01) is after the edition"),
    ],
)
def test_what_is_no_date_is_refused(edition, search, said):
    with pytest.raises(UsageError) as error:
        first_open_year(edition, search)
    assert said.lower() in str(error.value).lower()


def test_two_dates_that_are_none_are_said_at_once():
    with pytest.raises(UsageError) as error:
        first_open_year("x", "y")
    assert len(error.value.problems) == 2


def test_the_change_and_its_error_are_those_of_a_quasi_poisson_regression():
    x = np.arange(len(UNEVEN))
    model = sm.GLM(UNEVEN, sm.add_constant(x), family=sm.families.Poisson()).fit(scale="X2")
    (intercept, slope), error = model.params, model.bse[1] * stats.t.ppf(0.975, len(UNEVEN) - 2)
    found = fitted(UNEVEN)
    assert found["pct_yearly"] == pytest.approx(100 * np.expm1(slope), abs=6e-4)
    assert found["pct_low"] == pytest.approx(100 * np.expm1(slope - error), abs=6e-4)
    assert found["pct_high"] == pytest.approx(100 * np.expm1(slope + error), abs=6e-4)
    assert found["n_first"] == pytest.approx(np.exp(intercept), abs=6e-4)
    assert found["dispersion"] == pytest.approx(model.scale, abs=6e-4)


def test_doubling_each_year_doubles_each_year():
    found = fitted([4, 8, 16, 32, 64])
    assert found["pct_yearly"] == pytest.approx(100)
    assert found["doubling_years"] == pytest.approx(1)
    assert found["doubling_low"] < 1 < found["doubling_high"]


def test_counts_nearer_to_the_trend_than_chance_do_not_narrow_the_interval():
    even = fitted([10] * 8)  # dispersion 0: on it an interval would have no width
    assert (even["pct_yearly"], even["dispersion"]) == (0, 0)
    assert even["pct_high"] == pytest.approx(
        100 * np.expm1(stats.t.ppf(0.975, 6) / (10 * 42) ** 0.5), abs=1e-3
    )


def test_a_rise_that_is_not_sure_has_no_end_to_its_doubling_time():
    found = fitted(UNEVEN)
    assert found["pct_low"] < 0 < found["pct_high"]
    assert found["doubling_low"] > 0
    assert pd.isna(found["doubling_high"])


def test_a_fall_has_no_doubling_time():
    found = fitted([64, 32, 16, 8, 4])
    assert found["pct_yearly"] == pytest.approx(-50)
    assert found[["doubling_years", "doubling_low", "doubling_high"]].isna().all()


def test_years_that_are_not_complete_and_studies_without_one_have_no_part():
    found = fitted([*UNEVEN, 1], n_open=1)
    assert (found["n_years"], found["n_studies"], found["last_year"]) == (11, sum(UNEVEN), 2020)
    assert found["pct_yearly"] == fitted(UNEVEN)["pct_yearly"]


@pytest.mark.parametrize(
    ("n", "reason"),
    [
        ([10, 10, 10, 10], "fewer than 5 complete years"),
        ([3, 4, 4, 4, 4], "fewer than 20 studies"),
        ([0, 0, 30, 0, 0], "all in one year"),
        ([], "fewer than 5 complete years"),
    ],
)
def test_too_little_is_not_estimated_and_the_reason_is_said(n, reason):
    found = fitted(n)
    assert found["reason"] == reason
    assert pd.isna(found["pct_yearly"])
    assert pd.isna(found["n_first"])


def test_each_type_has_a_row_of_its_own():
    both = pd.concat([counts(UNEVEN), counts([1] * 11).assign(segment_code="review")], ignore_index=True)
    found = fit_growth(both).set_index("segment_code")["reason"]
    assert found.to_dict() == {"": "", "review": "fewer than 20 studies"}
