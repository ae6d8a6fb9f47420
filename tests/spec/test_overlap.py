"""Overlap of reviews, against published worked examples and a counter written in plain sets."""

from __future__ import annotations

import random

import pandas as pd
import pytest

from mapanalysis.analysis import overlap
from mapanalysis.analysis.overlap import (
    Bands,
    build_citations,
    build_matrix,
    check_citations,
    measure_overlap,
)
from mapanalysis.errors import DataError, UsageError


def citations(**reviews: str) -> pd.DataFrame:
    """Raw citations from REVIEW="study study …"; "name:2001" is a study of that year."""
    rows = [(review, *_with_year(one)) for review, studies in reviews.items() for one in studies.split()]
    raw = pd.DataFrame(rows, columns=["review_id", "study_id", "year"])
    raw = raw.assign(title="", year=raw["year"].astype("Int64"))
    return raw.astype({"review_id": "str", "study_id": "str", "title": "str"})


def _with_year(word: str) -> tuple[str, object]:
    name, _, year = word.partition(":")
    return name, int(year) if year else pd.NA


def studies(**years: object) -> pd.DataFrame:
    """Studies of the map by id, each with one year, or with the year of its first and of its last report."""
    spans = [(year, year) if not isinstance(year, tuple) else year for year in years.values()]
    frame = pd.DataFrame({"study_id": list(years), "label": list(years), "title": "A title"}, dtype="str")
    return frame.assign(
        year=pd.array([first for first, _ in spans], dtype="Int64"),
        last_year=pd.array([last for _, last in spans], dtype="Int64"),
    )


def measured(
    raw: pd.DataFrame, known: pd.DataFrame | None = None, bands: Bands | None = None
) -> pd.DataFrame:
    known = studies(**dict.fromkeys(raw["review_id"].unique())) if known is None else known
    return measure_overlap(build_matrix(build_citations(raw, known), known), bands or Bands())


# The example of the junoR package (vignette "CCA"), which prints 41.66667; five reviews, three studies included by any.
JUNO = {"Review_1": "Study_1 Study_2", "Review_2": "Study_2", "Review_3": "Study_1 Study_3", "Review_4": "Study_1 Study_3", "Review_5": "Study_2"}  # fmt: skip
# The citation matrix that the ccaR package shows (test.csv), of the six reviews in the overview behind Bougioukas and others
# 2021, J Clin Epidemiol 132:34-45, doi 10.1016/j.jclinepi.2020.12.004: 14 studies, 12 of them in Guo 2016.
CCAR = {
    "Guo": "Cheung Ferrara Hu Ji Kim McIntyre Ratner Reinhardt Shek Shyam Wein Yu",
    "Gilinsky": "Cheung Ferrara Hu Kim McIntyre Peterson Ratner Reinhardt Shek Shyam Wein",
    "Morton": "Ratner Shek Shyam Wein",
    "Peacock": "Cheung Ferrara Kim McIntyre Ratner Reinhardt",
    "Middleton": "Clark",
    "Chasan": "Cheung Ferrara Hu Kim McIntyre Ratner Reinhardt Shyam Wein",
}


def test_the_corrected_covered_area_is_that_of_published_examples():
    assert measured(citations(**JUNO)).loc[0, "pct_cca"] == pytest.approx(41.66667, abs=1e-4)
    whole = measured(citations(**CCAR)).loc[0]
    assert (whole["n_citations"], whole["n_studies"], whole["n_reviews"]) == (43, 14, 6)
    assert whole["pct_cca"] == pytest.approx(100 * (43 - 14) / (14 * 6 - 14), abs=1e-4)
    assert whole["band"] == "very high"


def test_the_overlap_of_a_pair_is_what_both_include_of_what_either_does():
    pairs = measured(citations(**CCAR)).iloc[1:]
    assert len(pairs) == 15
    for pair in pairs.itertuples():
        a, b = (set(CCAR[name].split()) for name in (pair.review_a, pair.review_b))
        assert (pair.n_studies, pair.n_repeated) == (len(a | b), len(a & b))
        assert pair.pct_cca == pytest.approx(100 * len(a & b) / len(a | b), abs=1e-4)
    assert list(pairs["pct_cca"]) == sorted(pairs["pct_cca"], reverse=True)


def test_reviews_of_the_same_studies_overlap_wholly_and_of_others_not_at_all():
    assert measured(citations(A="x y", B="x y", C="x y"))["pct_cca"].tolist() == [100, 100, 100, 100]
    assert measured(citations(A="x y", B="z"))["pct_cca"].tolist() == [0, 0]


def test_one_review_alone_has_no_overlap_to_measure():
    (whole,) = measured(citations(A="x y")).itertuples()
    assert pd.isna(whole.pct_cca)
    assert whole.band == ""
    assert measured(citations()).loc[0, "n_studies"] == 0


# --- bands ---


@pytest.mark.parametrize(
    ("pct", "band"),
    [
        (0, "slight"),
        (4.99999, "slight"),
        (5, "moderate"),
        (9.99999, "moderate"),
        (10, "high"),
        (14.99999, "high"),
        (15, "very high"),
        (100, "very high"),
    ],
)
def test_a_value_on_a_border_is_in_the_band_that_begins_there(pct, band):
    assert Bands().name(pct) == band


def test_where_bands_begin_can_be_set():
    """One study of 20 in both reviews is 5 %; one of two is 50 %."""
    twenty = citations(A=" ".join(f"s{n}" for n in range(20)), B="s0")
    assert measured(twenty).loc[0, "band"] == "moderate"
    assert measured(twenty, bands=Bands(5.1, 10, 15)).loc[0, "band"] == "slight"
    assert measured(citations(A="x y", B="x"), bands=Bands(5, 10, 60)).loc[0, "band"] == "high"


@pytest.mark.parametrize("borders", [(10, 5, 15), (5, 5, 15), (0, 10, 15), (5, 10, 101)])
def test_bands_that_do_not_ascend_are_refused(borders):
    with pytest.raises(UsageError, match="overlap_moderate, overlap_high and overlap_very_high"):
        Bands(*borders)


# --- what could not be ---


def test_a_study_from_after_a_review_is_left_out_of_the_adjusted_figure():
    """(N - r) / (rc - r - X), X being the cells that could not be filled; as ccaR has it for structural zeros."""
    known = studies(OLD=2012, NEW=2024, T1=2019, T2=2012, T3=None)
    raw = citations(OLD="x:2001 y:2010", NEW="y x2:2013 T1 T2 T3 u")
    whole = measured(raw, known).loc[0]
    assert (whole["n_citations"], whole["n_studies"], whole["n_impossible"]) == (8, 7, 2)  # x2 and T1 in OLD
    assert whole["pct_cca"] == pytest.approx(100 / 7, abs=1e-4)
    assert whole["pct_cca_adjusted"] == pytest.approx(100 / 5, abs=1e-4)


def test_a_review_is_as_new_as_its_latest_report_and_a_study_as_old_as_its_earliest():
    known = studies(R=(2010, 2015), S=2020, T=(2014, 2022))
    assert measured(citations(R="x", S="x T"), known).loc[0, "n_impossible"] == 0
    assert (
        measured(citations(R="x", S="x T"), studies(R=2010, S=2020, T=(2014, 2022))).loc[0, "n_impossible"]
        == 1
    )


def test_what_a_review_includes_though_it_is_from_later_is_included():
    known = studies(R=2010, S=2020)
    assert measured(citations(R="x:2011", S="x:2011"), known).loc[
        0, ["n_impossible", "pct_cca"]
    ].tolist() == [0, 100]


def test_overlap_is_that_of_a_counter_in_plain_sets():
    chance = random.Random(20)
    for _ in range(30):
        names = [f"R{n}" for n in range(chance.randint(2, 7))]
        made = {name: {f"s{chance.randint(0, 12)}" for _ in range(chance.randint(1, 9))} for name in names}
        year = {f"s{n}": chance.choice([None, 2005, 2012, 2020]) for n in range(13)}
        until = {name: chance.choice([None, 2004, 2012, 2021]) for name in names}
        words = {
            name: " ".join(f"{s}:{year[s]}" if year[s] else s for s in sorted(own))
            for name, own in made.items()
        }
        for row in measured(citations(**words), studies(**until)).itertuples():
            own = {name: made[name] for name in ([row.review_a, row.review_b] if row.review_a else names)}
            every = set().union(*own.values())
            n, r, c = sum(map(len, own.values())), len(every), len(own)
            never = sum(
                bool(until[name] and year[s] and until[name] < year[s] and s not in own[name])
                for name in own
                for s in every
            )
            assert (row.n_citations, row.n_studies, row.n_impossible) == (n, r, never)
            for found, below in ((row.pct_cca, r * c - r), (row.pct_cca_adjusted, r * c - r - never)):
                assert (
                    pd.isna(found) if below == 0 else found == pytest.approx(100 * (n - r) / below, abs=1e-4)
                )


# --- inside a review ---


def test_a_study_is_in_no_review_in_one_or_in_several_and_a_review_says_so():
    known = studies(R1=2010, R2=2020, R3=2021, T1=2001, T2=2002, T3=2003)
    built = build_citations(citations(R1="T1 out", R2="T1 T2 R1"), known)
    made = overlap.derive_dimension(built, known["study_id"], ["R3"])
    codes = made.codings.groupby("study_id")["code"].agg(list).to_dict()
    assert codes == {
        "R1": ["is_review", "in_one"],  # a review that another includes
        "R2": ["is_review"],
        "R3": ["is_review"],  # coded as a review, though nothing is recorded of it
        "T1": ["in_several"],
        "T2": ["in_one"],
        "T3": ["in_none"],
    }


def test_studies_that_are_not_in_the_map_count_for_overlap_and_are_told_apart():
    known = studies(R1=2010, R2=2020, T1=2001)
    raw = citations(R1="T1 out:1999", R2="out T1").assign(title=["", "Elsewhere", "", ""])
    built = build_citations(raw, known)
    assert built.groupby("study_id")["is_in_map"].all().to_dict() == {"T1": True, "out": False}
    assert (
        built.loc[built["study_id"] == "out", ["title", "year"]].to_numpy().tolist()
        == [["Elsewhere", 1999]] * 2
    )
    assert measured(raw, known).loc[0, "pct_cca"] == 100


# --- what is refused ---


def test_a_review_that_is_unknown_or_includes_itself_is_refused():
    found = check_citations(
        citations(Smith2010="T1 Smith2010", Smith2011="T1"), pd.Series(["Smith2010", "T1"])
    )
    unknown, itself = (str(problem) for problem in found)
    assert unknown.startswith(
        "citations.csv, row 4, column review_id: a review that is no study of the map. Found: 'Smith2011'"
    )
    assert "Nearest valid: Smith2010" in unknown
    assert itself.startswith(
        "citations.csv, row 3, column review_id: a review that includes itself. Found: 'Smith2010'"
    )


def test_a_study_that_includes_others_but_is_not_coded_as_a_review_is_refused():
    raw = citations(R1="T1", T2="T1")
    with pytest.raises(DataError, match=r"row 3, column review_id: .* is not coded as review\. Found: 'T2'"):
        overlap.check_are_reviews(raw, ["R1"], "review")
    overlap.check_are_reviews(raw, [], "")  # a map without a code for reviews
