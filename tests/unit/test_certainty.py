"""Other readings of the same evidence: which there are, what they find, how gaps are judged by them."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from small_tables import codebook, codings, count, included

from mapanalysis.analysis.certainty import (
    ALL,
    FEW,
    MOST,
    UNTRIED,
    Scenario,
    build_scenarios,
    count_holds,
    count_scenarios,
    find_gaps_in,
    join_maps,
    judge_gaps,
)
from mapanalysis.analysis.gaps import GapRules, describe_studies, find_gaps

BOOK = codebook(give="G(A B) C", measure="X Y", kind="review trial costing", said="high low")
RULES = GapRules(2026, "review", "costing", quality_dimension="said", low_quality_codes=("low",))
TABLE = """
study | give | measure | kind   | said
S1    | A    | X       | trial  |
S2    | A    | X       | trial  |
S3    | A    | X       | trial  |
S4    | G    | Y       | review | low
"""
AXES = {"row": "give", "column": "measure", "segment": "kind"}
NOBODY = pd.Series([], dtype="str")


def a_map(table: str = TABLE, rules: GapRules = RULES) -> Scenario:
    ids = included(table)
    studies = pd.DataFrame({"study_id": ids, "last_year": pd.array([2025] * len(ids), dtype="Int64")})
    return Scenario.of_map(rules, describe_studies(studies, codings(table), BOOK, rules), codings(table))


def reports_of(base: Scenario) -> pd.DataFrame:
    ids = base.studies["study_id"]
    empty = ("title", "authors", "journal", "doi", "pmid", "pmcid", "access", "summary", "trial_name")
    numbers = ("n_participants", "n_included_studies", "followup_months")
    reports = pd.DataFrame({"publication_id": ids, "study_id": ids}).assign(
        **dict.fromkeys(empty, ""), **dict.fromkeys(numbers, pd.NA)
    )
    return reports.assign(year=pd.array([2025] * len(ids), dtype="Int64"))


def coders_of(base: Scenario, **tables: str) -> pd.DataFrame:
    parts = {"settled": base.codings} | {name: codings(table) for name, table in tables.items()}
    joined = pd.concat([frame.assign(coder=name) for name, frame in parts.items()], ignore_index=True)
    return joined.rename(columns={"study_id": "publication_id"})


def scenarios_of(base: Scenario, doubted: pd.Series = NOBODY, **tables: str) -> list[Scenario]:
    return build_scenarios(base, coders_of(base, **tables), reports_of(base), doubted, BOOK)


def judged(base: Scenario, scenarios: list[Scenario]) -> pd.DataFrame:
    gaps = find_gaps(count(TABLE, BOOK), base.studies, base.rules)
    return judge_gaps(gaps, find_gaps_in(scenarios, gaps, BOOK, AXES), scenarios)


# --- which readings there are ---


def test_each_threshold_goes_a_step_down_and_a_step_up_but_not_below_one():
    ids = [scenario.id for scenario in scenarios_of(a_map())]
    assert "minimum_studies_2" in ids
    assert "minimum_studies_0" not in ids
    assert {"minimum_primary_studies_2", "minimum_primary_studies_4", "out_of_date_years_4"} <= set(ids)
    assert not any(id.startswith("minimum_place_studies") for id in ids)  # the map has no countries


def test_years_go_down_to_none_and_steps_may_be_larger():
    rules = replace(RULES, recent_review_years=1, minimum_primary_studies=5)
    base = a_map(rules=rules)
    scenarios = build_scenarios(base, coders_of(base), reports_of(base), NOBODY, BOOK, step=2, step_years=1)
    found = {scenario.id: scenario.rules for scenario in scenarios}
    assert found["recent_review_years_0"].recent_review_years == 0
    assert {found["minimum_primary_studies_3"].minimum_primary_studies, found["minimum_primary_studies_7"].minimum_primary_studies} == {3, 7}  # fmt: skip
    assert "minimum_studies_-1" not in found


def test_no_step_is_no_reading():
    base = a_map()
    assert build_scenarios(base, coders_of(base), reports_of(base), NOBODY, BOOK, step=0, step_years=0) == []


@pytest.mark.parametrize(
    ("id", "closes"),
    [
        ("minimum_studies_2", ()),
        ("minimum_primary_studies_4", ("synthesis",)),
        ("minimum_primary_studies_2", ()),
        ("recent_review_years_6", ("synthesis",)),
        ("recent_review_years_4", ("redundancy",)),
        ("minimum_effectiveness_studies_2", ("economic",)),
        ("out_of_date_years_6", ("out_of_date",)),
        ("minimum_cluster_studies_6", ("cluster",)),
    ],
)
def test_only_the_stricter_step_can_close_a_gap(id, closes):
    (scenario,) = [scenario for scenario in scenarios_of(a_map()) if scenario.id == id]
    assert scenario.closes == closes


def test_coders_are_not_named():
    found = scenarios_of(a_map(), Zoe=TABLE, Ann=TABLE)
    assert [scenario.label for scenario in found[:2]] == [
        "by the codes of the first coder alone",
        "by the codes of the second coder alone",
    ]
    assert not any("Zoe" in f"{scenario.id}{scenario.label}" for scenario in found)


def test_the_only_coder_makes_no_other_reading():
    assert not any(scenario.id.startswith("coder_") for scenario in scenarios_of(a_map(), Ann=TABLE))


def test_a_reading_by_one_coder_holds_only_what_that_person_coded():
    few = "\n".join(TABLE.strip().splitlines()[:3])  # S1, S2
    found = scenarios_of(a_map(), Ann=few, Bo=TABLE)
    assert [len(scenario.studies) for scenario in found[:2]] == [2, 4]


def test_doubted_reports_are_left_out_of_one_reading_when_some_remain():
    (first, *_) = scenarios_of(a_map(), doubted=pd.Series(["S1"]))
    assert (first.id, list(first.studies["study_id"])) == ("doubted", ["S2", "S3", "S4"])
    assert "absolute" not in first.closes
    for doubted in (NOBODY, pd.Series(["S1", "S2", "S3", "S4"])):
        assert all(scenario.id != "doubted" for scenario in scenarios_of(a_map(), doubted=doubted))


def test_appraisals_hold_whoever_coded():
    judged = pd.DataFrame({"study_id": ["S4"], "is_low": [True]})
    rules = replace(RULES, appraised_as="Low")
    base = a_map(rules=rules)
    base = replace(base, studies=describe_studies(base.studies, base.codings, BOOK, rules, judged))
    first, second, *_ = scenarios_of(base, Ann=TABLE.replace("| low", "| high"), Bo=TABLE)
    assert list(first.studies["is_low"]) == list(second.studies["is_low"]) == [False, False, False, True]


# --- what they find ---


def test_an_empty_row_that_a_reading_does_not_have_is_empty_there_too():
    """The group G is a row because S4 was settled so; the coders chose codes below it."""
    table = TABLE.replace("| G    |", "| B    |")
    found = judged(base := a_map(), scenarios_of(base, Ann=table, Bo=table))
    row = found[(found["row_code"] == "G") & (found["column_code"] == "X") & (found["kind"] == "absolute")]
    assert row[["n_scenarios", "n_still", "holds"]].to_numpy().tolist() == [[2, 2, ALL]]
    closed = found[(found["row_code"] == "G") & (found["column_code"] == "Y") & (found["kind"] == "quality")]
    assert closed[["n_still", "holds"]].to_numpy().tolist() == [[0, FEW]]


def test_gaps_are_counted_in_each_reading_with_what_is_closed_and_new():
    base = a_map()
    scenarios = scenarios_of(base, Ann=TABLE, Bo=TABLE.replace("S3    | A    | X", "S3    | C    | Y"))
    gaps = find_gaps(count(TABLE, BOOK), base.studies, base.rules)
    counts = count_scenarios(gaps, find_gaps_in(scenarios, gaps, BOOK, AXES), scenarios)
    counts = counts.set_index(["scenario", "kind"])
    assert counts.loc[("coder_1", "absolute"), ["n_gaps", "n_closed", "n_opened"]].tolist() == [6, 0, 0]
    assert counts.loc[("coder_2", "absolute"), ["n_gaps", "n_closed", "n_opened"]].tolist() == [5, 1, 0]
    assert counts.loc[("coder_2", "synthesis"), ["n_gaps", "n_closed", "n_opened"]].tolist() == [0, 1, 0]
    assert counts.loc[("coder_2", "economic"), ["n_gaps", "n_closed", "n_opened"]].tolist() == [3, 0, 1]
    assert ("minimum_studies_2", "synthesis") not in counts.index  # it has no bearing on it


def judge(n_still: int, of: int) -> str:
    """How sure one gap is that `of` readings can close, in `n_still` of which it is one."""
    gaps = pd.DataFrame({"kind": ["synthesis"], "row_code": ["A"], "column_code": ["X"]})
    base = a_map()
    scenarios = [replace(base, id=f"s{n}", label=f"reading {n}", closes=("synthesis",)) for n in range(of)]
    found = pd.concat(
        [gaps.assign(scenario=f"s{n}") for n in range(n_still)] or [gaps.iloc[:0].assign(scenario="")]
    )
    (row,) = judge_gaps(gaps, found, scenarios).itertuples()
    assert (row.n_scenarios, row.n_still) == (of, n_still)
    assert row.closed_by == "; ".join(f"reading {n}" for n in range(n_still, of))
    return row.holds


@pytest.mark.parametrize(
    ("n_still", "of", "holds"),
    [(2, 2, ALL), (3, 4, MOST), (2, 4, FEW), (1, 2, FEW), (0, 3, FEW), (0, 0, UNTRIED)],
)
def test_a_gap_holds_in_all_in_most_or_in_half_or_fewer(n_still, of, holds):
    assert judge(n_still, of) == holds


def test_how_many_hold_is_counted_for_every_kind_and_answer():
    base = a_map()
    counts = count_holds(judged(base, scenarios_of(base)), base.rules.kinds)
    assert len(counts) == len(base.rules.kinds) * 4
    n = counts.set_index(["kind", "holds"])["n_gaps"]
    assert (n["absolute", UNTRIED], n["absolute", ALL]) == (6, 0)
    assert n["redundancy"].sum() == 0
    both = join_maps({"One": counts, "Two": counts})
    assert list(both["map"].unique()) == ["One", "Two"]
    assert len(both) == 2 * len(counts)
