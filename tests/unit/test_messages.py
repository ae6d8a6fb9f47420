"""Numbers and findings in words."""

from dataclasses import replace

import pandas as pd
import pytest
from small_tables import codebook, codings, count, included

from mapanalysis import messages
from mapanalysis.analysis import diversity, nature, volume
from mapanalysis.analysis.gaps import GapRules, find_gaps
from mapanalysis.analysis.surprise import Surprise

BOOK = codebook(give="A B not_reported", measure="X Y", kind="review trial")
SEGMENTS = {"": "All studies", "review": "Review", "trial": "Trial"}
TABLE = """
study | give         | measure | kind
------+--------------+---------+------
S1    | A            | X       | trial
S2    | A B          | X       | trial
S3    | not_reported | Y       | review
"""
NOBODY = "study | give | measure | kind"
RULES = GapRules(2026, "review", "")


def by_code(table: str, dimension: str = "give") -> pd.DataFrame:
    return volume.count_by_code(codings(table), BOOK, included(table), dimension, "kind")


def by_year(*years: int | None) -> pd.DataFrame:
    ids = [f"S{n}" for n in range(1, len(years) + 1)]
    studies = pd.DataFrame({"study_id": pd.Series(ids, dtype="str"), "year": pd.array(years, dtype="Int64")})
    table = codings(TABLE)
    return volume.count_by_year(studies, table[table["study_id"].isin(ids)], BOOK, "kind")


def agreement(**kappa: float | None) -> pd.DataFrame:
    n = len(kappa)
    return pd.DataFrame(
        {
            "label": [name.capitalize() for name in kappa],
            "stage": list(kappa),
            "n_reports": [3] * n,
            "n": [200] * n,
            "n_agreed": [199] * n,
            "pct_agreed": [99.5] * n,
            "kappa": pd.array(list(kappa.values()), dtype="Float64"),
            "kappa_low": pd.array([None] * n, dtype="Float64"),
            "kappa_high": pd.array([None] * n, dtype="Float64"),
        }
    )


@pytest.mark.parametrize(
    ("n", "said"), [(0, "no studies"), (1, "1 study"), (2, "2 studies"), (1704, "1,704 studies")]
)
def test_a_number_of_things_is_said_as_people_say_it(n, said):
    assert messages.count(n) == said


@pytest.mark.parametrize(
    ("part", "whole", "said"),
    [
        (1, 3, "33%"),
        (0, 3, "0%"),
        (3, 3, "100%"),
        (1, 1000, "less than 1%"),
        (999, 1000, "more than 99%"),
        (0, 0, "none"),
    ],
)
def test_a_share_is_never_rounded_to_nothing_or_to_all(part, whole, said):
    assert messages.percent(part, whole) == said


def test_words_are_joined_with_and_before_the_last():
    assert [messages.join(words) for words in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]


@pytest.mark.parametrize(
    ("value", "said"),
    [(1704.0, "1,704"), (3.5, "3.5"), (0, "0"), (pd.NA, "not stated"), (float("nan"), "not stated")],
)
def test_numbers_are_written_for_reading(value, said):
    assert messages.number(value) == said


def test_the_finding_of_codes_names_the_most_common_and_the_unused():
    table = "study | give | measure | kind\nS1 | A | X | trial\nS2 | A | X | trial"
    words = messages.describe_codes(by_code(table), "What is given", SEGMENTS)
    assert words.title == "What is given: most often Code A, 2 studies of 2; none on Code B"
    assert words.denominator == "2 studies; a study with several codes counts once in each."


def test_codes_that_are_equally_common_share_the_finding():
    table = "study | give | measure | kind\nS1 | A B | X | trial"
    assert messages.describe_codes(by_code(table), "Given", SEGMENTS).title == (
        "Given: most often Code A and Code B, 1 study of 1 each"
    )


def test_what_is_not_reported_stands_in_the_denominator_and_never_in_the_finding():
    words = messages.describe_codes(by_code(TABLE), "Given", SEGMENTS)
    assert words.denominator.endswith("Not reported by 1.")
    assert "not_reported" not in words.title
    assert words.alt.endswith("All studies: Code A: 2; Code B: 1. No codes without a study; not reported: 1.")


def test_codes_that_nobody_has_are_said_to_be_empty():
    words = messages.describe_codes(by_code(NOBODY), "Given", SEGMENTS)
    assert words.title == "Given: no study reports it"
    assert words.alt.startswith("An empty chart")


def test_the_finding_of_years_is_the_year_with_most_studies():
    words = messages.describe_years(by_year(2019, 2021, None), SEGMENTS)
    assert words.title == "The year with most first reports is 2019: 1 of 2 studies with a known year"
    assert "All studies: 2019: 1; 2020: 0; 2021: 1." in words.alt
    assert words.denominator == "3 studies, by the year of the first report; 1 study without a year."


def test_the_finding_of_the_cumulative_number_is_the_year_of_its_half():
    words = messages.describe_cumulative(by_year(2015, 2021, 2021), SEGMENTS)
    assert words.title == "Half of the studies with a known year had appeared by 2021"
    assert words.alt.endswith("At the end: All studies 3, Review 1 and Trial 2.")


def test_years_that_nobody_knows_are_said_to_be_empty():
    for describe in (messages.describe_years, messages.describe_cumulative):
        assert describe(by_year(None, None), SEGMENTS).title == "No study has a year"


def test_the_finding_of_a_map_is_how_many_of_its_cells_are_empty():
    words = messages.describe_gap_map(count(TABLE, BOOK), SEGMENTS)
    assert words.title == "Give by Measure: 2 of 4 cells are empty; by type of evidence, Review 4 and Trial 2"
    assert "The fullest cell is Code A by Code X, with 2 studies." in words.alt
    assert words.denominator.startswith("3 of 3 studies placed;")


def test_one_empty_cell_is_one_and_none_is_none():
    one = "study | give | measure | kind\nS1 | A B | X | trial\nS2 | A | Y | trial"
    none = "study | give | measure | kind\nS1 | A B | X Y | trial"
    assert ": 1 of 4 cells is empty" in messages.describe_gap_map(count(one, BOOK), {"": "All"}).title
    assert ": 0 of 4 cells are empty" in messages.describe_gap_map(count(none, BOOK), {"": "All"}).title


def test_an_empty_map_has_no_fullest_cell():
    assert "fullest" not in messages.describe_gap_map(count(NOBODY, BOOK), SEGMENTS).alt


def test_gaps_are_a_part_of_the_cells_that_were_looked_for():
    book = codebook(outside_scope=["give=B"], give="A B not_reported", measure="X Y", kind="review trial")
    grid = count("study | give | measure | kind\nS1 | A | X | review", book)
    studies = pd.DataFrame({"study_id": ["S1"], "last_year": pd.array([2025], dtype="Int64")})
    words = messages.describe_gaps(find_gaps(grid, studies, RULES), grid, RULES)
    assert words.title == "Give by Measure: gaps of some kind in 1 of 2 cells"
    assert "absolute gap 1, synthesis gap 0 and out of date 0." in words.alt  # no economic: the map has none
    assert "No lack of evidence: redundancy 0 and cluster ready for a review 0." in words.alt


def test_rules_are_listed_by_kind():
    rules = messages.list_rules(RULES)
    assert list(rules["kind_label"]) == [
        "Absolute gap", "Synthesis gap", "Out of date", "Redundancy", "Cluster ready for a review",
    ]  # fmt: skip
    assert [bool(note) for note in rules["note"]] == [False, False, False, True, True]


def test_the_finding_of_numbers_is_the_medians_of_the_types_that_state_them(monkeypatch):
    studies = pd.DataFrame({"study_id": ["S1", "S2", "S3"]}).assign(
        n_participants=pd.array([10, 20, None], dtype="Int64"),
        n_included_studies=pd.array([None] * 3, dtype="Int64"),
        followup_months=pd.array([None] * 3, dtype="Float64"),
    )
    summary = nature.summarise_numbers(studies, codings(TABLE), BOOK, "kind")
    words = messages.describe_numbers(summary, "n_participants", "People", SEGMENTS)
    assert words.title == "People: stated by few studies"
    monkeypatch.setattr("mapanalysis.messages.counts.FEWEST_FOR_A_MEDIAN", 2)
    words = messages.describe_numbers(summary, "n_participants", "People", SEGMENTS)
    assert words.title == "People: medians of 15 (Trial)"
    assert (
        words.alt == "Box plots. Trial: median 15, quartiles 12.5 and 17.5, from 10 to 20 (stated by 2 of 2)."
    )
    assert words.denominator == "Stated by Trial 2 of 2."
    empty = messages.describe_numbers(summary, "followup_months", "Months", SEGMENTS)
    assert empty.title == "Months: no study states it"


def test_the_finding_of_spread_is_the_most_and_the_least_even_dimension():
    spread = diversity.measure_diversity(codings(TABLE), BOOK, included(TABLE), "kind")
    # Given: A in two studies, B in one; measured: X in two, Y in one; all three types: trial two, review one.
    assert "Give: 1.89 of 2; Measure: 1.89 of 2; Kind: 1.89 of 2" in messages.describe_spread(spread).alt
    uneven = spread.assign(pct_even=[50.0, 90.0, 70.0])
    assert messages.describe_spread(uneven).title == (
        "Evidence is spread most evenly over Measure, and least over Give"
    )
    nobody = diversity.measure_diversity(codings(NOBODY), BOOK, included(NOBODY), "kind")
    assert messages.describe_spread(nobody).title == "No dimension is coded"


def test_the_finding_of_not_reported_is_the_dimension_that_lacks_most():
    shares = diversity.count_not_reported(codings(TABLE), BOOK, included(TABLE), "kind")
    assert messages.describe_not_reported(shares, SEGMENTS).title == (
        "Give is missing most often: not reported by 1 of 3 studies"
    )


def test_nothing_missing_and_nothing_coded_are_told_apart():
    complete = "study | give | measure | kind\nS1 | A | X | trial"
    found = {
        table: messages.describe_not_reported(
            diversity.count_not_reported(codings(table), BOOK, included(table), "kind"), SEGMENTS
        ).title
        for table in (complete, NOBODY)
    }
    assert found[complete] == "No study leaves a dimension unreported"
    assert found[NOBODY] == "No study is coded on a dimension that has a code for not reported"


def test_the_finding_of_combinations_is_how_many_studies_have_several_codes():
    words = messages.describe_combinations(
        diversity.count_combinations(codings(TABLE), BOOK, "give"), "Given"
    )
    assert words.title == "Given: several codes together in 1 of 2 studies, not reported left out"
    assert words.denominator == "3 studies; each stands in one combination."


def test_the_finding_of_agreement_is_the_least_and_the_most():
    words = messages.describe_agreement(agreement(give=0.5, measure=0.9, kind=None))
    assert words.title == "Coders agreed least on Give (kappa 0.50) and most on Measure (kappa 0.90)"
    assert "Give: kappa 0.50, more than 99% the same" in words.alt
    assert words.denominator == "3 reports coded by two coders."
    assert messages.describe_agreement(agreement(give=None)).title == "No two people judged the same"


def test_kappa_is_said_with_its_interval_where_it_has_one():
    measured = pd.Series({"kappa": 0.8, "kappa_low": 0.71, "kappa_high": 0.89})
    assert messages.say_kappa(measured) == "Cohen's kappa 0.80, 95% interval 0.71 to 0.89"
    full = pd.Series({"kappa": 1.0, "kappa_low": pd.NA, "kappa_high": pd.NA})
    assert messages.say_kappa(full) == "Cohen's kappa 1.00"
    undefined = pd.Series({"kappa": pd.NA, "kappa_low": pd.NA, "kappa_high": pd.NA})
    assert messages.say_kappa(undefined) == "Cohen's kappa is not defined where all decisions are alike"


def test_screeners_who_agreed_on_all_are_not_said_to_have_judged_nothing():
    alike = agreement(records=None)
    assert messages.title_screening_agreement(alike).startswith(
        "Screeners agreed on more than 99% of decisions"
    )
    nothing = alike.assign(n=0, n_agreed=0)
    assert messages.title_screening_agreement(nothing).startswith(
        "No two screeners decided on the same record"
    )


def test_the_stage_with_the_least_agreement_is_the_one_named():
    assert "kappa 0.40" in messages.title_screening_agreement(agreement(records=0.9, reports=0.4))


def test_the_accounting_adds_up_and_gives_the_reasons():
    table = """
    study | finding | give | measure | kind
    S1    |         | A    | X       | trial
    S2    | f1      | A    |         |
    S2    | f2      |      | X       |
    S2    |         |      |         | trial
    """
    assert messages.describe_not_placed(count(table, BOOK)) == (
        "2 studies included = 1 placed + 1 not placed: its codes never meet in one finding (1)."
    )
    assert messages.describe_not_placed(count(TABLE, BOOK)) == "3 studies included = 3 placed + 0 not placed."


FLOW = pd.DataFrame(
    [
        ("identified", 24),
        ("duplicates", 4),
        ("screened", 20),
        ("excluded_records", 4),
        ("assessed", 16),
        ("excluded_reports", 2),
        ("included_reports", 14),
        ("included_studies", 13),
    ],
    columns=["box", "n"],
)


def test_each_line_of_the_flow_is_a_sum():
    assert messages.describe_flow(FLOW) == [
        "24 records identified",
        "24 = 4 duplicates + 20 publications screened",
        "20 = 4 excluded + 16 assessed again",
        "16 = 2 excluded + 14 reports included",
        "14 reports of 13 studies",
    ]
    assert messages.title_flow(FLOW) == "From 24 records to 14 reports of 13 studies"


def test_a_stage_that_was_skipped_is_not_in_the_flow():
    one_stage = FLOW[~FLOW["box"].isin(["assessed", "excluded_reports"])]
    assert messages.describe_flow(one_stage)[2] == "20 = 4 excluded + 14 included"


def boxes_of(*kept: str) -> pd.DataFrame:
    return FLOW[FLOW["box"].isin([*kept, "included_reports", "included_studies"])]


@pytest.mark.parametrize(
    ("flow", "lines", "title"),
    [
        (
            boxes_of(),
            ["These data do not hold how the reports were found, or which others were looked at"],
            "14 reports of 13 studies; how they were found is not in these data",
        ),
        (
            boxes_of("identified", "duplicates"),
            [
                "24 records identified, 4 of them duplicates",
                "These data do not hold how the reports were chosen from the records",
            ],
            "14 reports of 13 studies; how they were chosen is not in these data",
        ),
        (
            boxes_of("assessed", "excluded_reports"),
            [
                "16 reports assessed",
                "16 = 2 excluded + 14 reports included",
                "These data do not hold how the reports assessed were found",
            ],
            "From 16 reports assessed to 14 reports of 13 studies",
        ),
    ],
)
def test_what_the_data_do_not_hold_of_the_flow_is_said(flow, lines, title):
    assert messages.describe_flow(flow) == [*lines, "14 reports of 13 studies"]
    assert messages.title_flow(flow) == title


def test_a_map_without_records_has_no_largest_source():
    nothing = pd.DataFrame({"label": [], "n_records": [], "publication_id": []})
    assert messages.title_sources(nothing).startswith("These data do not hold how the reports were found")
    assert messages.title_duplicates(nothing, nothing).startswith("These data hold no records")


def test_titles_of_tables_count_what_they_hold():
    sources = pd.DataFrame({"label": ["One", "Two"], "n_records": [1, 3]})
    assert messages.title_sources(sources) == "4 records from 2 sources; the largest is Two, with 3"
    repairs = pd.DataFrame({"file": ["a", "a"], "count": [1, 2]})
    assert messages.title_repairs(repairs).startswith("3 repairs while reading, in 1 file;")
    assert messages.title_repairs(repairs.iloc[:0]).startswith("No repairs while reading, in no files;")
    records = pd.DataFrame({"publication_id": ["P1", "P1", "P2"]})
    assert messages.title_duplicates(records, records.iloc[:1]) == (
        "3 records are 2 publications: 1 duplicate; 1 pair still uncertain"
    )
    assert messages.title_uncertain(records.iloc[:0]) == "No pair of records waits for a person's decision"
    assert messages.title_uncertain(records.iloc[:1]) == "1 pair of records for a person to decide"


def test_the_most_common_reason_for_exclusion_is_named():
    excluded = pd.DataFrame({"reason_label": ["Old", "Old", "Other"]})
    assert messages.title_excluded(excluded) == (
        "3 publications excluded at the second stage; most often: Old (2)"
    )
    assert messages.title_excluded(excluded.iloc[:0]) == "No publication was excluded at the second stage"


def test_studies_of_cost_are_counted_with_the_newest():
    economic = pd.DataFrame({"year": pd.array([2018, 2020, None], dtype="Int64")})
    assert messages.title_economic(economic, "Costing") == "Costing: 3 studies, the newest from 2020"
    assert messages.title_economic(economic.iloc[2:], "Costing") == "Costing: 1 study"
    assert messages.title_economic(economic, "") == "This map has no type of evidence for studies of cost"


def test_pairs_that_rest_on_whole_studies_are_counted():
    assert messages.describe_pairing(count(TABLE, BOOK)) == (
        "Give by Measure: of 3 places that studies take in the cells, 100% rest on codes of the whole study, not of a "
        "finding. In 0% the study has several codes on both sides, so that this very pair may not have been studied."
    )
    assert messages.describe_pairing(count(NOBODY, BOOK)) == "No study is placed."


# --- gaps that hold, cells against chance ---


def judged(**changed: object) -> pd.DataFrame:
    rows = {
        "kind": ["absolute", "synthesis", "synthesis", "cluster"], "rank": [1, 1, 2, 1],
        "row_label": ["A", "A", "B", "B"], "column_label": ["X", "Y", "X", "Y"], "rule": ["none", "some", "some", "more"],
        "n_scenarios": [0, 4, 4, 2], "n_still": [0, 1, 4, 2], "holds": ["untried", "few", "all", "all"],
        "closed_by": ["", "by the codes of the first coder alone; x", "", ""],
    }  # fmt: skip
    return pd.DataFrame(rows).assign(**changed)


def test_gaps_that_hold_are_counted_among_those_that_could_close():
    words = messages.describe_holds({"Give": judged()}, [])
    assert words.title == "Give: 1 of 2 gaps holds however the evidence is read"
    assert "Give, synthesis gap: 1 in all and 1 in half or fewer." in words.alt
    assert "Give, absolute gap: 1 could not be tried." in words.alt
    assert words.denominator.startswith("no other readings (0 by the codes of one coder, 0 without")
    untried = messages.describe_holds({"Give": judged(n_scenarios=0)}, [])
    assert untried.title == "Give: no gap that another reading could close"


def test_the_least_sure_gap_is_named_with_the_reading_that_closes_it():
    grid = count(TABLE, BOOK)
    words = messages.describe_certainty(judged(), grid, ["synthesis", "cluster"])
    assert words.title == "Give by Measure: 1 of 2 gaps shown holds in half of the other readings or fewer"
    assert "A by Y (synthesis gap) is no gap by the codes of the first coder alone." in words.alt
    assert words.denominator.startswith("3 marks in the cells;")
    assert messages.describe_certainty(judged(), grid, ["absolute"]).title.endswith("reading could close")


def test_judged_gaps_are_listed_by_kind_the_surest_first():
    listed = messages.list_judged(judged())
    assert list(listed["kind"]) == ["absolute", "synthesis", "synthesis", "cluster"]
    assert list(listed["still"]) == ["not tried", "4 of 4", "1 of 4", "2 of 2"]
    assert listed["kind_label"][1] == "Synthesis gap: some"
    assert list(messages.list_judged(judged(), most=1)["still"]) == ["not tried", "4 of 4", "2 of 2"]


def against_chance(q: float, *, n_empty: int = 3, of: tuple[int, ...] = (1, 2, 2, 3)) -> Surprise:
    cells = pd.DataFrame(
        {"row_label": ["A", "B"], "column_label": ["X", "Y"], "n_observed": [1, 0], "n_expected": [7.25, 2.0],
         "p_exact": [0.001, 0.2], "q_exact": [q, 0.9]}
    )  # fmt: skip
    return Surprise(cells, 40, 1000, n_empty, of)


def test_the_most_surprising_cell_is_named_only_where_chance_does_not_explain_it():
    grid = count(TABLE, BOOK)
    named = messages.describe_surprise(against_chance(0.02), grid, 2)
    assert named.title == (
        "Give by Measure: 1 cell holds fewer studies than chance explains; the most surprising is A by X, with 1 study "
        "for 7.2 expected"
    )
    assert named.denominator == "2 cells and 40 studies that report both give and measure."
    nothing = messages.describe_surprise(against_chance(0.2), grid, 2)
    assert nothing.title.startswith("Give by Measure: no single cell holds so few studies")
    crowded = messages.describe_surprise(against_chance(0.2, n_empty=9), grid, 2)
    assert "9 cells are empty where chance would leave 1 to 3, yet no single cell" in crowded.title


@pytest.mark.parametrize(
    ("n_empty", "verdict"),
    [
        (2, "about as many as chance"),
        (9, "more than chance would leave"),
        (0, "fewer than chance would leave"),
    ],
)
def test_empty_cells_are_set_beside_those_of_chance(n_empty, verdict):
    said = messages.say_empty_cells(against_chance(1, n_empty=n_empty))
    assert f"Of 2 cells {n_empty} are empty. With the same rows" in said
    assert "2 would be (1 to 3 in 95 % of 1,000 permutations)" in said
    assert f"That is {verdict}" in said


def test_what_many_cells_mean_for_p_and_q_is_said():
    one = against_chance(0.02)
    many = replace(one, cells=pd.concat([one.cells] + [one.cells.iloc[1:]] * 40, ignore_index=True))
    said = messages.say_multiplicity(many)
    assert (
        "Of the 42 cells looked at together, up to about 2 would have a p of at most 0.05 by chance alone; 1 has."
        in said
    )
    assert "here 1, about 5% may be false alarms" in said
    assert "With 1,000 permutations p cannot be below 0.001" in said


def test_what_became_of_unclear_publications_is_said():
    assert "Screeners were of two minds about 2 included reports; one reading" in messages.say_unclear(2)
    assert "of one mind about all of them" in messages.say_unclear(0)


def test_a_map_without_studies_has_nothing_to_compare_with_chance():
    nothing = Surprise(against_chance(1).cells.iloc[:0], 0, 10, 0, (0,) * 10)
    words = messages.describe_surprise(nothing, count(NOBODY, BOOK), 0)
    assert words.title == "Give by Measure: nothing to compare with chance"
    assert "No study reports both a row and a column." in words.alt
