"""Growth, variety and silence in words: numbers as they are, no more said than they hold."""

import pandas as pd
import pytest

from mapanalysis import messages
from mapanalysis.analysis.accumulation import BY_YEAR

SEGMENTS = {"": "All studies", "review": "Review", "trial": "Trial"}


# --- growth ---


def growth(
    pct: float | None, low: float | None = None, high: float | None = None, **changed: object
) -> pd.DataFrame:
    row = {"segment_code": "", "first_year": 2015, "last_year": 2025, "n_studies": 160, "pct_yearly": pct}
    row |= {
        "pct_low": low,
        "pct_high": high,
        "doubling_years": 7.3,
        "doubling_low": 5.1,
        "doubling_high": 12.8,
    }
    return pd.DataFrame([row | {"reason": ""} | changed])


def years(*is_complete: bool) -> pd.DataFrame:
    first = 2025 - len(is_complete)
    return pd.DataFrame(
        {
            "year": pd.array([*range(first, 2025), None], dtype="Int64"),
            "is_complete": [*is_complete, False],
        }
    )


@pytest.mark.parametrize(
    ("is_complete", "said"),
    [
        ((True, True), ""),
        ((True, False), "2024 is not complete"),
        ((True, False, False), "2023 and 2024 are not complete"),
    ],
)
def test_years_that_are_not_complete_are_named(is_complete, said):
    assert messages.name_open_years(years(*is_complete)) == said


@pytest.mark.parametrize(
    ("frame", "title", "doubling"),
    [
        (growth(10, 5, 15), "The number of new studies rises from 2015 to 2025: +10% a year (+5% to +15%)", "7 years (5 to 13)"),
        (growth(-10, -15, -5, doubling_high=None), "The number of new studies falls from 2015 to 2025: -10% a year (-15% to -5%)", "falls"),
        (growth(3, -4, 10, doubling_high=None), "New studies neither clearly rise nor fall from 2015 to 2025: +3% a year (-4% to +10%)", "no clear rise"),
        (growth(0.2, -0.3, 20, doubling_high=None), "New studies neither clearly rise nor fall from 2015 to 2025: 0% a year (0% to +20%)", "no clear rise"),
        (growth(None, reason="fewer than 20 studies"), "How the number of new studies changes is not estimated: fewer than 20 studies", ""),
    ],
    ids=["rises", "falls", "unclear", "zero", "too few"],
)  # fmt: skip
def test_growth_is_said_with_its_interval_and_only_where_it_is_clear(frame, title, doubling):
    assert messages.title_growth(frame) == title
    labelled = messages.label_growth(frame, SEGMENTS)
    assert labelled["doubling"].item() == doubling
    assert labelled["label"].item() == "All studies"


def test_the_note_says_which_years_are_left_out():
    assert "over complete years (2024 is not complete);" in messages.note_growth(years(True, False))
    assert "over complete years;" in messages.note_growth(years(True, True))


# --- accumulation ---


def richness(**changed: object) -> dict[str, object]:
    row = {
        "label": "Need",
        "n_studies": 40,
        "n_seen": 10,
        "n_possible": 25,
        "n_estimated": 18.0,
        "n_low": 12.0,
    }
    return row | {"n_high": 30.0, "n_in_doubled": 15.2, "pct_coverage": 80.0} | changed


CURVES = pd.DataFrame(
    {"label": ["Need", "Need"], "kind": [BY_YEAR] * 2, "year": [2019, 2020], "n_seen": [4.0, 9.0]}
)


def test_the_finding_of_accumulation_is_where_most_is_not_yet_seen():
    frame = pd.DataFrame([richness(), richness(label="Country", n_seen=18, n_estimated=20.0)])
    words = messages.describe_accumulation(CURVES, frame)
    assert words.title == (
        "Need: 10 seen, of an estimated 18 (12 to 30) in studies like these; twice as many studies would show about 15"
    )
    assert (
        "Need: 10 in 40 studies, 9 up to 2020, estimated 18 (12 to 30); Country: 18 in 40 studies, est"
        in words.alt
    )
    assert words.denominator == "40 studies; of each, those that report it."


def test_when_all_is_seen_that_is_the_finding():
    frame = pd.DataFrame([richness(n_estimated=10.0, n_low=10.0, n_high=10.0)])
    words = messages.describe_accumulation(CURVES, frame)
    assert words.title == "More studies like these would show hardly any code or cell that was not yet seen"
    assert "estimated 10." in words.alt


def test_what_is_not_estimated_is_said():
    frame = pd.DataFrame([richness(n_estimated=None, pct_coverage=None)])
    assert (
        messages.describe_accumulation(CURVES, frame).title == "Too few studies to say what more would show"
    )
    assert messages.title_richness(frame) == "Too few studies to say how much has been seen"
    labelled = messages.label_richness(frame)
    assert labelled[["estimate", "coverage"]].to_numpy().tolist() == [["not estimated", ""]]


def test_the_table_of_richness_names_the_lowest_coverage():
    frame = pd.DataFrame([richness(), richness(label="Country", pct_coverage=90.4)])
    assert messages.title_richness(frame) == "How complete it is: coverage is lowest for Need (80%)"
    assert messages.label_richness(frame)["coverage"].tolist() == ["80%", "90%"]
    assert messages.label_richness(frame)["in_doubled"].tolist() == [15, 15]


# --- Hill numbers ---


def hill(*rows: tuple[object, ...], by: str) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["name", by, "hill", "hill_low", "hill_high", "n_studies"])
    return frame.assign(label=frame["name"].str.capitalize(), order=1)


def test_the_finding_of_hill_numbers_is_the_widest_dimension_by_type():
    frame = hill(
        ("give", "", 3.0, 2.5, 3.5, 50),
        ("need", "", 9.0, 8.0, 10.0, 60),
        ("need", "review", 4.0, None, None, 5),
        ("need", "trial", None, None, None, 0),
        by="segment_code",
    )
    words = messages.describe_hill(frame, SEGMENTS)
    assert words.title == "Need: as many as 9.0 (8.0 to 10.0) equally common codes; Review 4.0"
    assert words.denominator.startswith("60 studies; of each dimension, those that report it.")
    assert "Give, All studies: 3.0 (2.5 to 3.5)" in words.alt


def test_the_finding_over_time_is_since_when_variety_hardly_grew():
    steps = {2018: 4.0, 2019: 9.6, 2020: 9.0, 2021: 9.5, 2022: 10.0}
    frame = hill(*[("need", year, n, None, None, 10 * (year - 2017)) for year, n in steps.items()], by="year")
    words = messages.describe_hill_by_year(frame)
    assert words.title == "The effective number of codes had reached 95% of what it is now by 2021 (Need)"
    assert words.denominator.startswith("50 studies with a year;")
    assert "2018: 4.0; 2019: 9.6" in words.alt


def test_hill_numbers_of_nothing_are_said_to_be_empty():
    nothing = hill(by="segment_code")
    assert messages.describe_hill(nothing, SEGMENTS).title == "No dimension is reported"
    assert messages.describe_hill_by_year(hill(by="year")).title == "No study has a year"


# --- concentration ---

CONCENTRATION = pd.DataFrame(
    [
        ("Give", 10, 4, 3, "Code A", 6, 60.0, "Code A; Code B; Code C", 9, 90.0, 0.25, 40.0),
        ("Nation", 20, None, 5, "Norway", 15, 75.0, "Norway", 15, 75.0, None, 60.0),
    ],
    columns=["label", "n_studies", "n_codes", "n_used", "top_label", "n_top", "pct_top", "top_3_labels", "n_top_3",
             "pct_top_3", "gini", "pct_alike"],
).astype({"n_codes": "Int64", "gini": "Float64"})  # fmt: skip


def test_the_most_concentrated_dimension_is_named_with_its_denominator():
    assert messages.title_concentration(CONCENTRATION) == (
        "Most concentrated: Nation, Norway in 15 of 20 studies that report it"
    )
    assert messages.title_concentration(CONCENTRATION.iloc[:0]) == "No dimension is reported"


def test_concentration_is_labelled_and_an_outside_vocabulary_has_no_end():
    labelled = messages.label_concentration(CONCENTRATION)
    assert labelled[["codes", "top", "top_3", "gini", "alike"]].to_numpy().tolist() == [
        ["3 of 4", "Code A: 60%", "90%", "0.25", "40%"],
        ["5", "Norway: 75%", "75%", "", "60%"],
    ]


# --- codes together ---


def pairs(*lifts: float | None) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "row_label": [f"Need {n}" for n in range(len(lifts))],
            "column_label": "Code A",
            "n_both": 6,
            "n_expected": 2.0,
            "n_studies": 30,
            "lift": pd.array(lifts, dtype="Float64"),
            "is_enough": [lift is not None for lift in lifts],
            "direction": ["more" if (lift or 0) > 1 else "less" for lift in lifts],
        }
    )


def test_the_finding_of_pairs_counts_them_and_names_none():
    words = messages.describe_together(pairs(3.0, 2.0, 1.2, 0.5, None), ("Need", "Give"))
    assert words.title == (
        "Need and Give: of 4 pairs that can be compared, 2 are coded together at least twice as often as by chance, "
        "1 at most half as often"
    )
    assert words.denominator == (
        "30 studies that report both; 4 of 5 pairs have enough expected to be compared. Nothing is tested."
    )
    assert "Need 0 and Code A: 6, expected 2" in words.alt


def test_pairs_of_one_dimension_report_it_and_too_few_are_not_compared():
    words = messages.describe_together(pairs(None), ("Give", "Give"))
    assert words.title == "Give: too few studies to say which codes go together"
    assert words.denominator.startswith("30 studies that report it; 0 of 1 pairs")


def test_ranked_pairs_are_labelled_and_counted():
    ranked = pairs(3.0, 0.4)
    assert messages.label_together(ranked)[["direction_label", "times"]].to_numpy().tolist() == [
        ["More often than by chance", "3.0 times"],
        ["Less often than by chance", "0.4 times"],
    ]
    assert messages.title_together(ranked, ("Need", "Give")) == (
        "Need with Give: the 1 pair furthest above chance and the 1 pair furthest below"
    )
    assert messages.label_together(ranked.iloc[:0]).empty
    assert messages.title_together(ranked.iloc[:0], ("Need", "Give")) == (
        "Need with Give: no pair stands out, or none can be compared"
    )


# --- silence ---


def share(
    dimension: str, by: str, level: str, pct: float, difference: float | None, n: int = 20
) -> dict[str, object]:
    within = None if by == "type" or difference is None else difference - 5
    return {
        "dimension": dimension, "label": dimension.capitalize(), "by": by, "level": level,
        "level_label": level.capitalize(), "is_reference": difference is None, "n_coded": n,
        "pct_not_reported": pct, "difference": difference, "within_types": within,
        "difference_low": None if difference is None else difference - 9,
        "difference_high": None if difference is None else difference + 9,
        "within_types_low": None if within is None else within - 9,
        "within_types_high": None if within is None else within + 9,
    }  # fmt: skip


SHARES = pd.DataFrame(
    [
        share("give", "type", "review", 60, None),
        share("give", "type", "trial", 20, -40),
        share("give", "type", "costing", 0, -60, n=9),  # too few
        share("give", "period", "earlier", 30, None),
        share("give", "period", "later", 41, 11),
        share("need", "period", "earlier", 10, None),
        share("need", "period", "later", 12, 2),
        share("need", "access", "full", 10, None, n=5),  # too few
        share("need", "access", "part", 90, 80),
    ]
).astype(dict.fromkeys(("difference", "within_types"), "Float64"))


def test_silence_goes_along_most_with_what_differs_most_among_groups_large_enough():
    words = messages.describe_silence(SHARES)
    assert words.title == (
        "Not reporting goes along most with the type of evidence (up to 40 points apart), less with the year (11)"
    )
    assert "Give, Trial 20%, Review 60%" in words.alt
    assert "Costing" not in words.alt
    assert words.denominator.startswith("40 studies; of each dimension, those coded on it")


def test_no_cause_is_claimed():
    said = " ".join((messages.describe_silence(SHARES).title, messages.SILENCE_NOTE)).lower()
    assert not any(
        word in said for word in ("because", "cause", "due to", "predict", "significant", "effect of")
    )
    assert "do not say why" in said


def test_differences_are_ranked_within_each_circumstance_with_their_intervals():
    ranked = messages.rank_silence(SHARES, most=1)
    assert ranked[["by_label", "comparison", "gap", "within"]].to_numpy().tolist() == [
        ["By the type of evidence", "Trial 20%, Review 60%", "-40 (-49 to -31)", ""],
        ["By the year", "Later 41%, Earlier 30%", "+11 (+2 to +20)", "+6 (-3 to +15)"],
    ]
    assert messages.title_silence(ranked) == (
        "Largest differences in what is not reported: Give (Trial 20%, Review 60%)"
    )


def test_too_few_studies_to_compare_are_said_to_be_so():
    few = SHARES[SHARES["n_coded"] < 10]
    assert messages.describe_silence(few).title == "Too few studies to say with what not reporting goes along"
    assert messages.title_silence(messages.rank_silence(few, most=3)) == (
        "Too few studies to compare what is not reported"
    )
