"""What studies have, and what the rare codes say of those not yet seen: against published reference values.

Ants at 500 m in Costa Rica (Longino and Colwell 2011, Ecosphere 2:art29), in 230 samples; spiders of a
girdled forest (Ellison et al. 2010), abundances: the data sets of Chao et al. 2014, Ecological Monographs 84:45. Their reference
values are those of the R package iNEXT 3.0.2 by the same authors. Trees of Barro Colorado Island: `specpool(BCI)` of the R
package vegan.
"""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from skbio.diversity.alpha import hill
from small_tables import codebook, codings, count

from mapanalysis.analysis.incidence import (
    FEWEST_STUDIES,
    Incidence,
    estimate_coverage,
    estimate_richness,
    expect_seen,
    extrapolate_seen,
    list_cells_seen,
    list_codes_seen,
    measure_hill,
    resample_hill,
    spread_of_seen,
)
from mapanalysis.errors import UsageError

# Species by the number of samples they are in.
ANTS_IN = {
    1: 71, 2: 34, 3: 12, 4: 14, 5: 9, 6: 11, 7: 8, 8: 4, 9: 7, 10: 5, 11: 2, 12: 3, 13: 4, 14: 2, 15: 1, 16: 2, 17: 4,
    18: 1, 19: 1, 20: 1, 21: 2, 23: 1, 24: 1, 25: 3, 26: 1, 27: 1, 30: 1, 31: 2, 32: 2, 33: 1, 34: 1, 36: 1, 37: 1,
    38: 4, 39: 2, 41: 1, 42: 1, 43: 1, 44: 1, 45: 1, 46: 1, 47: 1, 49: 1, 52: 2, 53: 1, 54: 1, 56: 1, 60: 2, 65: 1,
    73: 1, 78: 1, 123: 1, 131: 1, 133: 1,
}  # fmt: skip
ANTS, SAMPLES = np.repeat(list(ANTS_IN), list(ANTS_IN.values())), 230
SPIDERS = np.array([46, 22, 17, 15, 15, 9, 8, 6, 6, 4, 2, 2, 2, 2, *[1] * 12])
BOOK = codebook(
    outside_scope=["give=C measure=Y"],
    give="A(A1 A2) B C not_reported",
    measure="X Y not_reported",
    kind="review trial",
)
TABLE = """
study | give         | measure      | kind
------+--------------+--------------+------
S1    | A1 B         | X            | trial
S2    | A            | X Y          | trial
S3    | B not_reported | not_reported | review
S4    | not_reported | X            | trial
"""


def of(rows: list[str], n_possible: int | None = None) -> Incidence:
    """Studies as rows, codes as columns: "110" has the first two."""
    matrix = np.array([[mark == "1" for mark in row] for row in rows], dtype=bool)
    ids = pd.Index([f"S{n}" for n in range(len(rows))], dtype="str")
    items = pd.Index([f"c{n}" for n in range(matrix.shape[1])], dtype="str")
    return Incidence("give", "Give", ids, items, matrix, n_possible)


# --- which studies have what ---


def test_codes_are_the_most_specific_and_not_reported_is_none_of_them():
    seen = list_codes_seen(codings(TABLE), BOOK.dimension("give"))
    assert list(seen.study_ids) == ["S1", "S2", "S3"]
    assert list(seen.items) == ["A", "A1", "B"]  # S2 is coded with the group only
    assert seen.frequencies.tolist() == [1, 1, 2]
    assert seen.n_possible == 5  # A, which stands for itself here, A1, A2, B and C


def test_an_outside_vocabulary_has_no_number_of_codes_to_fill():
    dimension = BOOK.dimension("give").model_copy(update={"vocabulary": "of the world"})
    assert list_codes_seen(codings(TABLE), dimension).n_possible is None


def test_cells_seen_are_those_of_the_grid_without_not_reported_and_what_is_out_of_scope():
    seen = list_cells_seen(count(TABLE, BOOK))
    assert list(seen.study_ids) == ["S1", "S2"]
    assert dict(zip(seen.items, seen.frequencies, strict=True)) == {
        "A by X": 1,
        "A by Y": 1,
        "A1 by X": 1,
        "B by X": 1,
    }
    assert seen.n_possible == 9  # five rows by two columns, less C by Y


def test_a_part_keeps_the_codes_that_its_studies_have():
    seen = of(["110", "011", "001"], n_possible=4).of(pd.Series(["S0", "S2", "elsewhere"]))
    assert list(seen.study_ids) == ["S0", "S2"]
    assert list(seen.items) == ["c0", "c1", "c2"]
    assert list(seen.of(["S2"]).items) == ["c2"]
    assert seen.n_possible == 4


def test_a_dimension_that_nobody_reports_is_empty():
    seen = list_codes_seen(codings(TABLE).iloc[:0], BOOK.dimension("give"))
    assert (seen.n_studies, seen.matrix.shape) == (0, (0, 0))
    assert np.isnan(measure_hill(seen.frequencies)).all()
    assert np.isnan(estimate_richness(seen.frequencies, 0).estimate)


# --- rarefaction and extrapolation ---


def test_what_is_expected_in_fewer_samples_is_that_of_inext():
    sizes = np.array([1, 5, 20, 229, 230])
    published = [12.79565, 45.69389, 98.95589, 240.6913, 241]
    assert expect_seen(ANTS, SAMPLES, sizes) == pytest.approx(published, abs=5e-5)


def test_what_is_expected_in_more_samples_is_that_of_inext():
    estimate = estimate_richness(ANTS, SAMPLES).estimate
    assert extrapolate_seen(ANTS, SAMPLES, np.array([231, 460]), estimate) == pytest.approx(
        [241.30741, 286.54652], abs=5e-5
    )


def test_what_is_expected_is_the_mean_over_all_orders():
    seen = of(["1100", "0110", "0010", "0011"])
    so_far = [
        [seen.matrix[list(order[:n])].any(axis=0).sum() for n in (1, 2, 3, 4)]
        for order in permutations(range(4))
    ]
    expected = expect_seen(seen.frequencies, 4, np.array([1, 2, 3, 4]))
    assert expected == pytest.approx(np.mean(so_far, axis=0))


def test_the_error_at_the_last_study_is_that_of_the_closed_form():
    (error,) = spread_of_seen(ANTS, SAMPLES, np.array([SAMPLES]), 314.81)
    assert error == pytest.approx((241 - 241**2 / 314.81) ** 0.5)


def test_with_nothing_unseen_more_studies_show_nothing_new():
    assert extrapolate_seen(np.array([2, 2]), 3, np.array([4, 6]), 2.0).tolist() == [2, 2]


# --- richness and coverage ---


def test_chao2_and_its_interval_are_those_of_inext():
    found = estimate_richness(ANTS, SAMPLES)
    assert found.n_seen == 241
    assert found[1:] == pytest.approx((314.81, 281.384, 375.902), abs=5e-3)


def test_chao2_is_that_of_vegan():
    trees = np.array([1] * 21 + [2] * 19 + [9] * 185)  # 225 species in 50 plots: 21 in one, 19 in two
    assert estimate_richness(trees, 50).estimate == pytest.approx(236.3732, abs=5e-5)


def test_without_a_code_in_two_studies_the_corrected_form_is_taken():
    found = estimate_richness(np.array([1, 1, 1, 5]), 10)
    assert found.estimate == pytest.approx(4 + 0.9 * 3 * 2 / 2)
    assert found.low > 4


def test_without_a_code_in_one_study_nothing_speaks_for_one_unseen():
    found = estimate_richness(np.array([2, 3, 4]), 5)
    assert (found.n_seen, found.estimate, found.low) == (3, 3.0, 3.0)
    # 3 / (1 - e^-3) + 1.96 sqrt(3 e^-3) / (1 - e^-3): EstimateS 9 User's Guide, appendix B
    assert found.high == pytest.approx(3.9541, abs=5e-4)
    assert estimate_coverage(np.array([2, 3, 4]), 5) == 1.0


def test_one_study_says_nothing_of_what_is_not_seen():
    assert np.isnan(estimate_richness(np.array([1, 1]), 1).estimate)
    assert np.isnan(estimate_coverage(np.array([1, 1]), 1))


def test_coverage_is_that_of_inext():
    assert estimate_coverage(ANTS, SAMPLES) == pytest.approx(0.9759754, abs=5e-8)


def test_coverage_without_a_code_in_two_studies_is_the_corrected_one():
    # Chao and Jost 2012: 1 - Q1/U (T-1)(Q1-1) / ((T-1)(Q1-1) + 2), with Q1 = 3, U = 8, T = 10
    assert estimate_coverage(np.array([1, 1, 1, 5]), 10) == pytest.approx(1 - 3 / 8 * 18 / 20)


# --- Hill numbers ---


@pytest.mark.parametrize(
    ("counts", "published"),
    [(SPIDERS, (26, 12.05965, 7.84)), (ANTS, (241, 101.70557, 64.38298))],
    ids=["spiders", "ants"],
)
def test_hill_numbers_are_those_of_inext_and_of_scikit_bio(counts, published):
    found = measure_hill(counts)
    assert found == pytest.approx(published, abs=6e-6)
    assert found == pytest.approx([hill(counts, order=order) for order in (0, 1, 2)])


def test_hill_numbers_of_many_rows_are_those_of_each():
    rows = np.array([SPIDERS, SPIDERS[::-1] * 2, np.zeros(26)])
    found = measure_hill(rows)
    assert found[0] == pytest.approx(measure_hill(SPIDERS))
    assert found[1] == pytest.approx(found[0])
    assert np.isnan(found[2]).all()


def test_draws_are_of_whole_studies():
    """Two codes that always come together: in every draw they are equally common, so that nothing varies."""
    always_both = of(["11"] * FEWEST_STUDIES)
    either = of(["10", "01"] * FEWEST_STUDIES)
    assert resample_hill(always_both, 200, 1) == pytest.approx([0, 0, 0], abs=1e-12)
    assert (resample_hill(either, 200, 1)[1:] > 0.01).all()


def test_the_error_of_a_share_is_that_of_the_binomial():
    """Codes A in 30 and B in 10 of 40 studies: order 2 is 1 / (p^2 + q^2), and p varies by sqrt(pq / n)."""
    p, n = 0.75, 40
    slope = 2 * (2 * p - 1) / (p**2 + (1 - p) ** 2) ** 2
    _, _, error = resample_hill(of(["10"] * 30 + ["01"] * 10), 4000, 1)
    assert error == pytest.approx(slope * (p * (1 - p) / n) ** 0.5, rel=0.1)


def test_the_same_seed_gives_the_same_numbers_and_another_others():
    seen = of(["10", "01", "11"] * 5)
    assert (resample_hill(seen, 50, 1) == resample_hill(seen, 50, 1)).all()
    assert (resample_hill(seen, 50, 1)[1:] != resample_hill(seen, 50, 2)[1:]).any()


def test_too_few_draws_and_a_seed_below_zero_are_refused_at_once():
    with pytest.raises(UsageError) as error:
        resample_hill(of(["10"] * 20), 0, -1)
    assert "n_bootstrap is 0; it must be 50 or more" in str(error.value)
    assert "bootstrap_seed is -1; it must be 0 or more" in str(error.value)


def test_few_studies_have_no_error():
    assert np.isnan(resample_hill(of(["10"] * (FEWEST_STUDIES - 1)), 50, 1)).all()
