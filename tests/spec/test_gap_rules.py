"""The rules of gaps beyond counting: text tables of codings and the cells that are gaps of each kind."""

from __future__ import annotations

import pandas as pd
from small_tables import codebook, codings, count, included

from mapanalysis.analysis.certainty import Scenario, build_scenarios, find_gaps_in, judge_gaps
from mapanalysis.analysis.gaps import (
    CLUSTER,
    PLACE,
    QUALITY,
    REDUNDANCY,
    GapRules,
    describe_studies,
    find_gaps,
    leave_out_unused,
    list_appraised,
    parse_pairs,
)
from mapanalysis.analysis.grid import count_studies
from mapanalysis.analysis.neighbours import add_neighbours
from mapanalysis.analysis.surprise import count_pairs, list_code_sets, measure_surprise, permute_pairs

BOOK = codebook(
    give="A B not_reported",
    measure="body(X1 X2) mind(Y1 Y2) Z not_reported",
    kind="review trial costing",
    said="high low(very_low) not_reported",
    land="GB(ENG SCO) FR DE EUROPE not_reported",
)
RULES = GapRules(
    2026,
    "review",
    "costing",
    minimum_place_studies=2,
    minimum_reviews_redundant=2,
    minimum_cluster_studies=2,
    quality_dimension="said",
    low_quality_codes=("low",),
    country_dimension="land",
    home_country="GB",
    country_of={
        "GB": "GB",
        "ENG": "GB",
        "SCO": "GB",
        "FR": "FR",
        "DE": "DE",
        "EUROPE": "",
        "not_reported": "",
    },
    home_codes=("GB", "ENG", "SCO"),
)


def look(table: str, years: str = "", appraised: pd.DataFrame | None = None, **rules: object):
    """The grid of a table of codings, its studies with what the rules look at, and the rules."""
    changed = GapRules(**({name: getattr(RULES, name) for name in RULES.__dataclass_fields__} | rules))
    known = dict(part.split("=") for part in years.split())
    ids = included(table)
    years_known = pd.array([int(known[study]) if study in known else None for study in ids], dtype="Int64")
    studies = pd.DataFrame({"study_id": ids, "last_year": years_known})
    looked_at = describe_studies(studies, codings(table), BOOK, changed, appraised)
    return count(table, BOOK), looked_at, changed


def cells(table: str, kind: str, years: str = "", **options: object) -> list[str]:
    """The cells of one kind of gap as "A X1", by rank."""
    found = find_gaps(*look(table, years, **options))
    mine = found[found["kind"] == kind]
    return list(mine["row_code"] + " " + mine["column_code"])


def reviews(*said: str) -> str:
    """A table of reviews in one cell, R1, R2 ..., with what each says of its quality ("-" for nothing)."""
    rows = [f"R{n} | A | X1 | review | {'' if one == '-' else one} | " for n, one in enumerate(said, start=1)]
    return "\n".join(["study | give | measure | kind | said | land", *rows])


def trials(*lands: str) -> str:
    """A table of trials in one cell, T1, T2 ..., with the countries of each ("-" for none)."""
    rows = [
        f"T{n} | A | X1 | trial | | {'' if land == '-' else land}" for n, land in enumerate(lands, start=1)
    ]
    return "\n".join(["study | give | measure | kind | said | land", *rows])


# --- quality ---


def test_reviews_that_are_all_of_low_confidence_are_a_quality_gap():
    assert cells(reviews("low", "low"), QUALITY) == ["A X1"]
    assert cells(reviews("low", "high"), QUALITY) == []


def test_a_review_that_says_nothing_of_its_quality_is_not_low():
    assert cells(reviews("low", "-"), QUALITY) == []
    assert cells(reviews("low", "not_reported"), QUALITY) == []


def test_a_cell_without_reviews_is_no_quality_gap():
    table = "study | give | measure | kind | said | land\nT1 | A | X1 | trial | low |"
    assert cells(table, QUALITY) == []


def test_a_code_below_a_low_one_is_low_too():
    assert cells(reviews("very_low"), QUALITY) == ["A X1"]
    assert cells(reviews("low"), QUALITY, low_quality_codes=["very_low"]) == []


def test_a_review_of_several_reports_is_low_when_all_they_say_is_low():
    assert cells(reviews("low very_low"), QUALITY) == ["A X1"]
    assert cells(reviews("low high"), QUALITY) == []


LOW = {("amstar", "low"), ("amstar", "critically_low"), ("other", "bad")}


def judged(*rows: str) -> pd.DataFrame:
    """Appraisals as "R1 amstar low"; with a fourth word, "rule" for what the rule of the tool gives, or a domain."""
    parts = [(*row.split(), "", "")[:4] for row in rows]
    frame = pd.DataFrame(parts, columns=["study_id", "tool", "judgement", "how"], dtype="str")
    frame["judgement"] = frame["judgement"].replace("-", "")
    return frame.assign(is_overall=frame["how"].isin(["", "rule"]), is_computed=frame["how"] == "rule")


def quality_gaps(table: str, *rows: str) -> list[str]:
    appraised = list_appraised(judged(*rows), included(table).tolist(), LOW)
    return cells(table, QUALITY, appraised=appraised, appraised_as="low")


def test_where_reviews_were_appraised_the_overall_judgement_decides():
    two = reviews("high", "high")
    assert quality_gaps(two, "R1 amstar critically_low", "R1 amstar high item_1", "R2 amstar low") == ["A X1"]
    assert (
        quality_gaps(reviews("high", "high", "low"), "R1 amstar low", "R2 amstar low") == []
    )  # of R3 nothing is said
    assert quality_gaps(two, "R1 amstar low", "R2 amstar -") == []


def test_what_a_person_judged_comes_before_the_rule_of_the_tool():
    one = reviews("-")
    assert quality_gaps(one, "R1 amstar low rule") == ["A X1"]
    assert quality_gaps(one, "R1 amstar low rule", "R1 amstar moderate") == []
    assert quality_gaps(one, "R1 amstar low", "R1 other high") == []  # by all tools


def test_a_judgement_is_low_by_its_own_tool_and_appraisals_of_no_review_have_no_say():
    one = reviews("-")
    assert quality_gaps(one, "R1 rob low") == []  # low risk is good
    assert quality_gaps(one, "R1 amstar low", "R1 other bad") == ["A X1"]
    assert list_appraised(judged("T1 amstar low"), ["R1"], LOW).empty


# --- place ---


def test_studies_that_are_all_of_one_country_are_a_place_gap():
    assert cells(trials("GB", "GB"), PLACE) == ["A X1"]
    assert cells(trials("GB", "FR"), PLACE) == []


def test_studies_of_several_countries_are_a_place_gap_when_none_is_of_home():
    assert cells(trials("FR", "DE"), PLACE) == ["A X1"]
    assert cells(trials("FR", "DE"), PLACE, home_codes=()) == []
    assert cells(trials("FR", "DE GB"), PLACE) == []


def test_studies_that_report_no_country_have_no_say_on_place():
    assert cells(trials("FR", "FR", "-", "not_reported"), PLACE) == ["A X1"]
    assert cells(trials("FR", "-", "not_reported"), PLACE) == []  # one study with a country is too few


def test_parts_of_a_country_are_of_it_and_home_may_be_a_part():
    assert cells(trials("ENG", "SCO"), PLACE) == ["A X1"]  # both are of GB
    assert cells(trials("ENG", "FR"), PLACE) == []
    assert cells(trials("ENG", "FR"), PLACE, home_codes=("SCO",)) == ["A X1"]


def test_codes_that_name_no_country_have_no_say_on_place():
    assert cells(trials("FR", "FR", "EUROPE"), PLACE) == ["A X1"]
    assert cells(trials("FR", "EUROPE"), PLACE) == []


def test_a_map_with_countries_on_an_axis_has_no_place_gaps():
    table = trials("FR", "FR")
    _, looked_at, rules = look(table)
    grid = count(table, BOOK, column="land")
    assert set(find_gaps(grid, looked_at, rules)["kind"]) & {PLACE} == set()


# --- what is no lack of evidence ---


def test_several_recent_reviews_of_one_cell_are_a_redundancy_and_no_lack():
    assert cells(reviews("-", "-"), REDUNDANCY, "R1=2021 R2=2026") == ["A X1"]
    assert cells(reviews("-", "-"), REDUNDANCY, "R1=2020 R2=2026") == []
    assert cells(reviews("-", "-"), REDUNDANCY, "R1=2021") == []  # of R2 no year is known
    found = find_gaps(*look(reviews("-", "-"), "R1=2021 R2=2026"))
    assert dict(zip(found["kind"], found["note"] != "", strict=True))[REDUNDANCY]


REVIEWED = trials("-", "-") + "\nR1 | A | X1 | review | | "


def test_primary_studies_newer_than_the_newest_review_are_a_cluster():
    assert cells(REVIEWED, CLUSTER, "R1=2019 T1=2020 T2=2021") == ["A X1"]
    assert cells(REVIEWED, CLUSTER, "R1=2020 T1=2020 T2=2021") == []
    two = REVIEWED + "\nR2 | A | X1 | review | | "
    assert cells(two, CLUSTER, "R1=2010 R2=2020 T1=2020 T2=2021") == []


def test_beside_no_review_every_primary_study_counts_for_a_cluster():
    assert cells(trials("-", "-"), CLUSTER) == ["A X1"]
    assert cells(trials("-"), CLUSTER) == []


def test_beside_reviews_without_a_year_nothing_is_known_to_be_newer():
    assert cells(REVIEWED, CLUSTER, "T1=2020 T2=2021") == []
    assert cells(REVIEWED, CLUSTER, "R1=2019 T2=2021") == []  # of T1 no year is known


# --- other pairs of dimensions, and neighbours ---


def test_the_rules_are_the_same_over_any_pair_of_dimensions():
    table = trials("GB", "GB")
    _, looked_at, rules = look(table)
    ((row, column),) = parse_pairs(["give x said"], BOOK)
    grid = count(table + "\nR9 | B | X1 | review | low |", BOOK, row=row.id, column=column.id)
    looked_at = pd.concat([looked_at, looked_at.iloc[:1].assign(study_id="R9")])
    found = find_gaps(grid, looked_at, rules)
    absolute = found[found["kind"] == "absolute"]
    assert set(absolute["row_code"] + " " + absolute["column_code"]) == {
        "A high", "A low", "A very_low", "B high", "B very_low",
    }  # fmt: skip


def test_codes_of_an_outside_list_that_no_study_has_are_left_out():
    table = (
        "study | give | measure | kind | said | land\nT1 | A | X1 | trial | | FR\nT2 | B | X1 | trial | | GB"
    )
    listed = BOOK.dimension("land").model_copy(update={"vocabulary": "of the world"})
    book = BOOK.model_copy(update={"dimensions": (*BOOK.dimensions[:4], listed)})
    grid = count_studies(codings(table), book, included(table), row="give", column="land", segment="kind")
    _, looked_at, rules = look(table)
    gaps = find_gaps(grid, looked_at, rules)
    kept = leave_out_unused(gaps, grid)
    assert set(gaps["column_code"]) == {"GB", "ENG", "SCO", "FR", "DE", "EUROPE"}
    assert set(kept["column_code"]) == {"GB", "FR"}
    assert list(kept[kept["kind"] == "absolute"]["rank"]) == [1, 2]


NEAR = """
study | give | measure | kind | said | land
S1    | A    | X2      | trial | |
S2    | A    | Y1      | trial | |
S3    | A    | Y1      | trial | |
S4    | B    | X1      | trial | |
S5    | B    | Y2      | trial | |
"""


def near(row: str, column: str) -> list[str]:
    grid, looked_at, rules = look(NEAR)
    gaps = add_neighbours(find_gaps(grid, looked_at, rules), grid)
    (gap,) = gaps[(gaps["row_code"] == row) & (gaps["column_code"] == column)].head(1).itertuples()
    return gap.neighbours.replace("Code ", "").split("; ")


def test_neighbours_are_cells_with_studies_in_the_same_row_or_column():
    assert set(near("A", "Z")) == {"A by X2 (1)", "A by Y1 (2)"}


def test_neighbours_of_the_same_group_come_first_then_the_most_studies():
    assert near("A", "X1") == ["A by X2 (1)", "B by X1 (1)", "A by Y1 (2)"]
    assert near("A", "Z") == ["A by Y1 (2)", "A by X2 (1)"]


# --- how sure ---


def readings(settled: str, *, of_coders: dict[str, str], doubted: tuple[str, ...] = ()):
    """The gaps of a table of settled codings, judged by other readings of it."""
    _, looked_at, rules = look(settled)
    parts = {"settled": codings(settled)} | {name: codings(table) for name, table in of_coders.items()}
    coders = pd.concat([frame.assign(coder=name) for name, frame in parts.items()], ignore_index=True).rename(
        columns={"study_id": "publication_id"}
    )
    ids = included(settled)
    reports = pd.DataFrame(
        {"publication_id": ids, "study_id": ids, "year": pd.array([2025] * len(ids), "Int64")}
    )
    empty = ("title", "authors", "journal", "doi", "pmid", "pmcid", "access", "summary", "trial_name")
    numbers = ("n_participants", "n_included_studies", "followup_months")
    reports = reports.assign(**dict.fromkeys(empty, ""), **dict.fromkeys(numbers, pd.NA))
    base = Scenario.of_map(rules, looked_at, codings(settled))
    scenarios = build_scenarios(base, coders, reports, pd.Series(doubted, dtype="str"), BOOK)
    axes = {"row": "give", "column": "measure", "segment": "kind"}
    gaps = find_gaps(count(settled, BOOK), looked_at, rules)
    judged = judge_gaps(gaps, find_gaps_in(scenarios, gaps, BOOK, axes), scenarios)
    return judged.set_index(["kind", "row_code", "column_code"])


HEAD = "study | give | measure | kind | said | land\n"


def test_a_gap_holds_in_a_reading_in_which_it_is_a_gap_too():
    settled = HEAD + "S1 | A | X1 | trial | |\nS2 | A | X1 | trial | |"
    judged = readings(settled, of_coders={
        "Ann": HEAD + "S1 | A | X1 Y1 | trial | |\nS2 | A | X1 | trial | |",
        "Bo": HEAD + "S1 | A | X1 | trial | |\nS2 | A | X1 | trial | |",
    })  # fmt: skip
    assert judged.loc[("absolute", "A", "Y1"), ["n_scenarios", "n_still", "holds"]].tolist() == [2, 1, "few"]
    assert judged.loc[("absolute", "A", "Y1"), "closed_by"] == "by the codes of the first coder alone"
    assert judged.loc[("absolute", "A", "Z"), ["n_scenarios", "n_still", "holds"]].tolist() == [2, 2, "all"]


def test_a_reading_that_cannot_close_a_gap_has_no_say():
    settled = HEAD + "S1 | A | X1 | trial | |\nS2 | A | X1 | trial | |"
    judged = readings(settled, of_coders={}, doubted=("S2",))
    assert judged.loc[("absolute", "B", "Y1"), "holds"] == "untried"
    economic = judged.loc[("economic", "A", "X1")]
    assert economic["n_scenarios"] == 2  # without S2, and with two studies of effectiveness as the fewest
    assert economic["holds"] == "all"
    cluster = judged.loc[("cluster", "A", "X1")]
    assert (cluster["n_scenarios"], cluster["n_still"]) == (2, 0)
    assert "fewest new primary studies: 3, not 2" in cluster["closed_by"]


def test_a_person_who_coded_less_than_half_of_the_reports_makes_no_reading():
    settled = HEAD + "\n".join(f"S{n} | A | X1 | trial | |" for n in range(1, 6))
    half = "\n".join(settled.splitlines()[:4])
    few = "\n".join(settled.splitlines()[:3])
    both = readings(settled, of_coders={"Ann": half, "Bo": settled})
    one = readings(settled, of_coders={"Ann": few, "Bo": settled})
    assert both.loc[("absolute", "B", "Y1"), "n_scenarios"] == 2
    assert one.loc[("absolute", "B", "Y1"), "n_scenarios"] == 0


# --- how surprising ---

DEALT = """
study | give         | measure      | kind  | said | land
S1    | A B          | X1           | trial | |
S2    | A            | X1 Y1        | trial | |
S3    | B            | Y1 Z         | trial | |
S4    | A            | X1 X2 Y1     | trial | |
S5    | not_reported | X1           | trial | |
S6    | A            | not_reported | trial | |
"""


def test_dealing_out_keeps_what_each_study_has_and_every_margin():
    rows, columns = list_code_sets(count(DEALT, BOOK), codings(DEALT))
    observed = count_pairs(rows, columns)
    assert rows.shape[0] == 4
    everything = columns.copy().tolil()
    everything[:, -1] = 1  # a code that every study has: its column is the margin of the rows
    for counts in permute_pairs(rows, everything.tocsr(), 20, seed=1):
        assert counts[:, -1].tolist() == rows.sum(axis=0).tolist()
    assert any((counts != observed).any() for counts in permute_pairs(rows, columns, 20, seed=1))


def test_chance_is_that_of_the_studies_that_report_both_row_and_column():
    surprise = measure_surprise(count(DEALT, BOOK), codings(DEALT), 20, seed=1)
    assert surprise.n_compared == 4
    expected = surprise.cells.set_index(["row_code", "column_code"])["n_expected"]
    assert expected["A", "X1"] == 2.2  # 3 of 4 have A, 3 of 4 have X1
    assert expected["B", "X2"] == 0.5
    assert not {"not_reported", "Y2"} & set(
        surprise.cells["column_code"]
    )  # nobody has Y2: there is nothing to compare
