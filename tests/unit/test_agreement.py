"""Raw agreement and kappa, checked against two libraries."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import cohens_kappa

from mapanalysis.analysis.agreement import MEASURES, count_agreement, measure_agreement, pair_decisions


def pairs_of(said: str, subject: str = "records") -> pd.DataFrame:
    """Pairs from words such as "ie ii": each letter one person's value."""
    pairs = [(subject, *word) for word in said.split()]
    return pd.DataFrame(pairs, columns=["stage", "value_a", "value_b"], dtype="str")


def test_kappa_is_that_of_scikit_learn() -> None:
    pairs = pairs_of("ii ii ii ie ei ee ee iu uu ui")
    kappa = count_agreement(pairs, ["stage"])["kappa"][0]
    assert kappa == pytest.approx(cohen_kappa_score(pairs["value_a"], pairs["value_b"]), abs=1e-12)


@pytest.mark.parametrize(
    "table", [[[20, 5], [10, 15]], [[75, 1, 4], [5, 4, 1], [0, 0, 10]], [[2, 6], [5, 7]]]
)
def test_the_interval_is_that_of_statsmodels(table: list[list[int]]) -> None:
    expected = cohens_kappa(table)
    found = measure_agreement(np.array([table])).loc[0]
    assert found["kappa"] == pytest.approx(expected.kappa)
    assert found["kappa_low"] == pytest.approx(expected.kappa_low)
    assert found["kappa_high"] == pytest.approx(expected.kappa_upp)


def test_a_thousand_random_tables_agree_with_statsmodels_at_once() -> None:
    tables = np.random.default_rng(1).integers(0, 9, (1000, 3, 3))
    tables[:, 0, 1] += 1  # perfect agreement has no interval here
    found = measure_agreement(tables)
    expected = [cohens_kappa(table) for table in tables]
    assert np.allclose(found["kappa"].to_numpy("float"), [each.kappa for each in expected])
    assert np.allclose(found["kappa_low"].to_numpy("float"), [max(each.kappa_low, -1) for each in expected])
    assert np.allclose(found["kappa_high"].to_numpy("float"), [min(each.kappa_upp, 1) for each in expected])


def test_the_interval_does_not_leave_the_possible() -> None:
    found = measure_agreement(np.array([[[9, 0], [1, 2]], [[1, 8], [9, 2]]]))
    assert found["kappa_high"][0] == 1
    assert found["kappa_low"][1] == -1


def test_raw_agreement_is_in_per_cent() -> None:
    found = count_agreement(pairs_of("ii ii ee ie"), ["stage"]).loc[0]
    assert (found["n"], found["n_agreed"], found["pct_agreed"]) == (4, 3, 75)


def test_kappa_is_missing_when_both_used_one_value_only() -> None:
    found = count_agreement(pairs_of("ii ii ii"), ["stage"]).loc[0]
    assert found["pct_agreed"] == 100
    assert found[["kappa", "kappa_low", "kappa_high"]].isna().all()


@pytest.mark.parametrize("said", ["ii ie ii ie ii", "ii ei ii ei ii"])
def test_kappa_is_nought_without_an_interval_when_one_person_used_one_value_only(said: str) -> None:
    found = count_agreement(pairs_of(said), ["stage"]).loc[0]
    assert found["kappa"] == 0
    assert found[["kappa_low", "kappa_high"]].isna().all()


def test_perfect_agreement_has_no_interval() -> None:
    found = count_agreement(pairs_of("ii ee"), ["stage"]).loc[0]
    assert found["kappa"] == 1
    assert found[["kappa_low", "kappa_high"]].isna().all()


def test_a_subject_without_pairs_has_a_count_of_nought_and_nothing_else() -> None:
    subjects = pd.DataFrame({"stage": ["reports", "records"]}, dtype="str")
    found = count_agreement(pairs_of("ii ee"), ["stage"], subjects)
    assert list(found["stage"]) == ["reports", "records"]
    assert list(found["n"]) == [0, 2]
    assert found.loc[0, ["pct_agreed", "kappa", "kappa_low", "kappa_high"]].isna().all()


def test_no_pairs_at_all_give_an_empty_frame_with_its_types() -> None:
    found = count_agreement(pairs_of(""), ["stage"])
    assert found.empty
    assert list(found.columns) == ["stage", *MEASURES]
    assert [str(found[column].dtype) for column in MEASURES] == ["Int64"] * 2 + ["Float64"] * 4


def test_subjects_are_compared_each_for_itself() -> None:
    pairs = pd.concat([pairs_of("ii ei", "records"), pairs_of("ee ii", "reports")])
    found = count_agreement(pairs, ["stage"]).set_index("stage")["pct_agreed"]
    assert found.to_dict() == {"records": 50, "reports": 100}


def test_pairs_leave_out_the_settled_decision_and_what_one_person_decided_alone() -> None:
    decisions = pd.DataFrame(
        [("P1", "B", "e"), ("P1", "A", "i"), ("P1", "settled", "i"), ("P2", "A", "i")],
        columns=["publication_id", "screener", "decision"],
        dtype="str",
    )
    found = pair_decisions(decisions, ["publication_id"], "screener", "decision")
    assert found.to_numpy().tolist() == [["P1", "A", "B", "i", "e"]]


def test_three_people_on_one_thing_are_three_pairs() -> None:
    decisions = pd.DataFrame(
        [("P1", person, "i") for person in "CAB"],
        columns=["publication_id", "screener", "decision"],
        dtype="str",
    )
    found = pair_decisions(decisions, ["publication_id"], "screener", "decision")
    assert set(found["person_a"] + found["person_b"]) == {"AB", "AC", "BC"}
