"""Cells against chance: exact on tiny maps, uniform where nothing is planted, found where something is."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from small_tables import codebook, codings, count

from mapanalysis.analysis.surprise import measure_surprise
from mapanalysis.errors import UsageError

BOOK = codebook(
    outside_scope=["give=A measure=Z"],
    give="A B not_reported",
    measure="X Y Z not_reported",
    kind="review trial",
)
TINY = """
study | give | measure | kind
S1    | A    | X       | trial
S2    | A    | X Y     | trial
S3    | B    | Y Z     | trial
S4    | A    | X       | trial
S5    | A B  | Y       | trial
"""


def compare(table: str, n: int = 50, seed: int = 1, **options: object):
    return measure_surprise(count(table, BOOK), codings(table), n, seed, **options)  # type: ignore[arg-type]


def cells(surprise) -> pd.DataFrame:
    return surprise.cells.set_index(["row_code", "column_code"])


def sets_of(table: str, dimension: str) -> list[set[str]]:
    mine = codings(table).query("dimension == @dimension")
    return [set(codes) for _, codes in mine.groupby("study_id")["code"]]


def brute_force(table: str, row: str, column: str) -> tuple[float, float]:
    """The mean count of a cell, and the chance of as few as there are, over every way to deal out."""
    rows, columns = sets_of(table, "give"), sets_of(table, "measure")
    counts = [
        sum(row in r and column in c for r, c in zip(order, columns, strict=True))
        for order in permutations(rows)
    ]
    observed = sum(row in r and column in c for r, c in zip(rows, columns, strict=True))
    return float(np.mean(counts)), float(np.mean([n <= observed for n in counts]))


# --- numbers ---


def test_the_exact_p_is_that_of_every_way_to_deal_out():
    found = cells(compare(TINY))
    assert set(found.index) == {
        ("A", "X"),
        ("A", "Y"),
        ("B", "X"),
        ("B", "Y"),
        ("B", "Z"),
    }  # A by Z: out of scope
    for row, column in found.index:
        mean, p = brute_force(TINY, row, column)
        assert found.loc[(row, column), "n_expected"] == pytest.approx(mean, abs=0.051)
        assert found.loc[(row, column), "p_exact"] == pytest.approx(p, abs=0.0006)


def test_the_p_of_many_permutations_comes_near_the_exact_one():
    found = cells(compare(TINY, n=4000))
    assert (found["p_value"] - found["p_exact"]).abs().max() < 0.03
    assert (found["p_value"] != found["p_exact"]).any()


def test_the_exact_p_is_fishers_of_the_lady_tasting_tea():
    """Eight cups, four with milk first, four called so, none of them rightly: 1 in 70 (Fisher 1935, chapter 2)."""
    rows = [f"S{n} | {'A' if n <= 4 else 'B'} | {'Y' if n <= 4 else 'X'} | trial" for n in range(1, 9)]
    found = cells(compare("\n".join(["study | give | measure | kind", *rows])))
    assert found.loc[("A", "X"), "p_exact"] == pytest.approx(1 / 70, rel=0.01)
    assert found.loc[("A", "Y"), "p_exact"] == 1


def test_no_p_is_zero_and_the_least_is_one_in_one_more_than_the_permutations():
    rows = [f"S{n} | {'A' if n <= 30 else 'B'} | {'Y' if n <= 30 else 'X'} | trial" for n in range(1, 61)]
    found = cells(compare("\n".join(["study | give | measure | kind", *rows]), n=99))
    assert found.loc[("A", "X"), "p_value"] == 0.01
    assert 0 < found.loc[("A", "X"), "p_exact"] < 1e-15


MANY = codebook(give="A B C D E F", measure="U V W X Y Z", kind="review trial")


def random_map(chance: np.random.Generator, n: int = 120) -> str:
    """Rows and columns that have nothing to do with each other; several of both are usual."""

    def draw(codes: str) -> str:
        return " ".join(code for code in codes if chance.random() < 0.4) or str(chance.choice(list(codes)))

    rows = [f"S{number} | {draw('ABCDEF')} | {draw('UVWXYZ')} | trial" for number in range(n)]
    return "\n".join(["study | give | measure | kind", *rows])


def compare_many(table: str, n: int, seed: int = 1):
    return measure_surprise(count(table, MANY), codings(table), n, seed)


def test_where_nothing_is_planted_p_is_spread_evenly():
    chance = np.random.default_rng(4)
    maps = [compare_many(random_map(chance), n=99, seed=n).cells["p_value"] for n in range(15)]
    found = pd.concat(maps)
    assert len(found) == 15 * 36
    for level in (0.1, 0.25, 0.5, 0.75):
        share, error = (found <= level).mean(), 4 * np.sqrt(level * (1 - level) / len(found))
        assert share <= level + error
        assert share >= level - error - 0.15  # a count is whole: p comes in steps, the largest about 0.15
    assert found.min() < 0.05 < 0.95 < found.max()


def test_a_cell_that_is_kept_empty_is_found_and_stays_so_among_many():
    chance = np.random.default_rng(5)
    lines = random_map(chance).splitlines()
    planted = [line for line in lines if not ("A" in line.split("|")[1] and "X" in line.split("|")[2])]
    first = compare_many("\n".join(planted), n=50).cells.iloc[0]
    assert (first["row_code"], first["column_code"], first["n_observed"]) == ("A", "X", 0)
    assert first["q_exact"] < 0.001


def test_q_is_p_among_the_cells_compared_as_benjamini_and_hochberg_have_it():
    found = compare_many(random_map(np.random.default_rng(6), n=40), n=50).cells
    for of in ("exact", "value"):
        p = found[f"p_{of}"].to_numpy()
        order = np.argsort(p)
        by_hand = np.empty(len(p))
        by_hand[order] = np.minimum.accumulate((p[order] * len(p) / np.arange(1, len(p) + 1))[::-1])[::-1]
        assert found[f"q_{of}"].to_numpy() == pytest.approx(np.minimum(by_hand, 1), abs=0.002)


# --- what is compared ---


def test_empty_cells_of_the_map_are_set_beside_those_of_chance():
    surprise = compare(TINY, n=200)
    assert surprise.n_empty == 1  # B by X; A by Z is out of scope
    assert len(surprise.empty_by_chance) == 200
    mean, low, high = surprise.empty_expected
    assert low <= mean <= high
    assert set(surprise.empty_by_chance) == {0, 1, 2}


def test_codes_of_findings_are_those_of_the_study_on_both_sides():
    table = """
    study | finding | give | measure | kind
    S1    | f1      | A    | X       |
    S1    | f2      | B    | Y       |
    S1    |         |      |         | trial
    S2    |         | B    | X       | trial
    """
    found = cells(compare(table))
    assert found.loc[("A", "Y"), ["n_studies", "n_observed"]].tolist() == [0, 1]
    assert found.loc[("A", "X"), ["n_studies", "n_observed"]].tolist() == [1, 1]


def test_a_map_in_which_no_study_reports_both_sides_has_nothing_to_compare():
    surprise = compare("study | give | measure | kind\nS1 | A | not_reported | trial")
    assert surprise.cells.empty
    assert (surprise.n_compared, surprise.n_empty, set(surprise.empty_by_chance)) == (0, 0, {0})
    assert "q_exact" in surprise.cells


# --- how it runs ---


def test_the_same_seed_gives_the_same_and_another_gives_others():
    first, again, other = (compare(TINY, n=30, seed=seed) for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(first.cells, again.cells)
    assert first.empty_by_chance == again.empty_by_chance != other.empty_by_chance


def test_progress_is_told_ten_times():
    heard: list[int] = []
    compare(TINY, n=50, tell=heard.append)
    assert heard == [5, 10, 15, 20, 25, 30, 35, 40, 45, 50]
    heard.clear()
    compare(TINY, n=3, tell=heard.append)
    assert heard == [1, 2, 3]


def test_no_permutation_is_no_comparison():
    with pytest.raises(UsageError, match="0 permutations cannot be made"):
        compare(TINY, n=0)
