"""What studies show as they accumulate, and how much more they would."""

import numpy as np
import pandas as pd
import pytest
from small_tables import codebook, codings, included

from mapanalysis.analysis.accumulation import (
    BY_YEAR,
    EXPECTED,
    EXTRAPOLATED,
    estimate_all,
    list_seen,
    measure_accumulation,
    summarise_richness,
)
from mapanalysis.analysis.incidence import FEWEST_STUDIES, Incidence, estimate_richness, expect_seen

BOOK = codebook(give="A B not_reported", measure="X Y", kind="trial", need="N M", country="NA GB")
TABLE = """
study | give         | measure | kind  | need | country
------+--------------+---------+-------+------+--------
S1    | A            | X       | trial | N    | GB
S2    | A B          | X       | trial | N M  | GB
S3    | not_reported | X       | trial | N    | NA
"""


def rare(n_possible: int | None, n_studies: int = 20) -> Incidence:
    """Every study has one code in common, and each of the first six one of its own, but two of them share theirs."""
    matrix = np.zeros((n_studies, 6), dtype=bool)
    matrix[:, 0] = True
    for study, item in enumerate([1, 2, 3, 4, 5, 5]):
        matrix[study, item] = True
    ids = pd.Index([f"S{n:02d}" for n in range(n_studies)], dtype="str")
    items = pd.Index([f"c{n}" for n in range(6)], dtype="str")
    return Incidence("give", "Give", ids, items, matrix, n_possible)


def studies(*years: int | None) -> pd.DataFrame:
    ids = [f"S{n:02d}" for n in range(len(years))]
    return pd.DataFrame({"study_id": pd.Series(ids, dtype="str"), "year": pd.array(years, dtype="Int64")})


def curve(kind: str, seen: Incidence, table: pd.DataFrame) -> pd.DataFrame:
    curves = measure_accumulation([seen], table)
    return curves[curves["kind"] == kind].reset_index(drop=True)


def test_needs_countries_and_the_cells_of_both_maps_are_watched():
    parts = list_seen(
        codings(TABLE), BOOK, included(TABLE), row="give", column="measure", need="need", country="country"
    )
    assert [(part.name, part.n_studies, len(part.items), part.n_possible) for part in parts] == [
        ("need", 3, 2, 2),
        ("country", 3, 2, 2),
        ("give by measure", 2, 2, 4),
        ("need by measure", 3, 2, 4),
    ]


def test_a_map_without_countries_watches_the_rest():
    parts = list_seen(codings(TABLE), BOOK, included(TABLE), row="give", column="measure", need="need")
    assert [part.name for part in parts] == ["need", "give by measure", "need by measure"]


def test_nothing_is_estimated_beyond_what_the_codebook_holds():
    free, bound = estimate_all(rare(None)), estimate_all(rare(7))
    raw = estimate_richness(rare(None).frequencies, 20)
    assert free == raw
    assert raw.estimate > 7
    assert bound == (6, 7.0, min(raw.low, 7.0), 7.0)


def test_few_studies_are_counted_and_nothing_is_estimated_from_them():
    few = rare(None).of([f"S{n:02d}" for n in range(FEWEST_STUDIES - 1)])
    found = estimate_all(few)
    assert found.n_seen == 6
    assert np.isnan(found.estimate)
    (row,) = summarise_richness([few]).to_dict("records")
    assert pd.isna(row["n_in_doubled"])
    assert set(curve(EXPECTED, few, studies())["n_seen"]) == {
        round(float(n), 2) for n in expect_seen(few.frequencies, 9, np.arange(1, 10))
    }
    assert curve(EXTRAPOLATED, few, studies()).empty


def test_what_is_seen_is_summed_up_in_one_row_for_each_part():
    (row,) = summarise_richness([rare(None)]).to_dict("records")
    # Q1 = 4, Q2 = 1, T = 20: 6 + 19/20 x 16/2; coverage 1 - 4/26 x 76/78
    assert (row["n_seen"], row["n_estimated"]) == (6, pytest.approx(13.6))
    assert row["pct_coverage"] == pytest.approx(100 * (1 - 4 / 26 * 76 / 78), abs=0.05)
    assert row["n_in_doubled"] == pytest.approx(6 + 7.6 * (1 - (1 - 4 / (20 * 7.6 + 4)) ** 20), abs=0.05)


def test_the_curve_starts_at_one_study_and_ends_at_what_was_seen():
    found = curve(EXPECTED, rare(None), studies())
    assert found[["n_studies", "n_seen"]].iloc[0].tolist() == [1, 1.3]
    assert found[["n_studies", "n_seen"]].iloc[-1].tolist() == [20, 6]
    assert (found["n_low"] <= found["n_seen"]).all()
    assert (found["n_high"] >= found["n_seen"]).all()


def test_the_interval_ends_where_the_codebook_does():
    assert curve(EXPECTED, rare(None), studies())["n_high"].max() > 6
    assert curve(EXPECTED, rare(6), studies())["n_high"].max() == 6


def test_the_curve_goes_on_to_twice_the_studies():
    found = curve(EXTRAPOLATED, rare(None), studies())
    assert found["n_studies"].iloc[[0, -1]].tolist() == [20, 40]
    assert found["n_seen"].iloc[0] == 6
    assert found["n_seen"].is_monotonic_increasing
    assert found["n_high"].isna().all()


def test_studies_as_they_came_are_counted_to_the_end_of_each_year():
    table = studies(2012, 2010, 2012, None, 2010, *[2013] * 15)
    found = curve(BY_YEAR, rare(None), table)
    # S01 and S04 first, then S00 and S02; S03 has no year
    assert found[["year", "n_studies", "n_seen"]].to_numpy().tolist() == [
        [2010, 2, 3],
        [2012, 4, 5],
        [2013, 19, 5],
    ]


def test_a_part_without_studies_has_no_curve():
    empty = rare(5).of([])
    assert measure_accumulation([empty], studies()).empty
    (row,) = summarise_richness([empty]).to_dict("records")
    assert (row["n_studies"], row["n_seen"]) == (0, 0)
    assert pd.isna(row["n_estimated"])
