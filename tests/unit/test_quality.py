"""Figures and words of appraisals and of the overlap of reviews: numbers written in, letters beside colours."""

from __future__ import annotations

import matplotlib as mpl
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from small_map import copy_map

from mapanalysis import figures, messages
from mapanalysis.analysis import appraisal, overlap
from mapanalysis.analysis.overlap import Bands
from mapanalysis.appraisal_tools import package_tools
from mapanalysis.evidence import Evidence, load_evidence
from mapanalysis.figures import quality, theme

TOOLS = package_tools()
ROB_2 = TOOLS["rob_2"]


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Evidence:
    return load_evidence(copy_map(tmp_path_factory.mktemp("maps") / "small"))


@pytest.fixture(scope="module")
def listed(small) -> pd.DataFrame:
    return appraisal.list_judgements(small.appraisals, small.tools["rob_2"], small.studies)


def texts(figure) -> list[str]:
    return [text.get_text() for ax in figure.axes for text in ax.texts if text.get_text()]


def everything_written(figure) -> str:
    return " ".join(text.get_text() for text in figure.findobj(mpl.text.Text))


def many(n: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Appraisals by RoB 2 of so many studies, all low; and the studies."""
    ids = [f"S{number:03d}" for number in range(n)]
    rows = [(study, "rob_2", domain.id, "low", "") for study in ids for domain in ROB_2.domains]
    raw = pd.DataFrame(rows, columns=["study_id", "tool", "domain", "judgement", "support"], dtype="str")
    return appraisal.build_appraisals(raw, TOOLS), pd.DataFrame({"study_id": ids, "label": ids}, dtype="str")


# --- counting ---


def test_judgements_of_each_domain_add_up_to_the_studies_that_were_appraised(small, listed):
    counts = appraisal.count_judgements(listed, small.tools["rob_2"])
    assert set(counts.groupby("domain")["n_studies"].sum()) == {6}
    deviations = counts[counts["domain"] == "D2"].set_index("judgement")["n_studies"]
    assert deviations.to_dict() == {"low": 1, "some_concerns": 3, "high": 1, "": 1}
    whole = counts[counts["is_overall"]].set_index("judgement")["n_studies"]
    assert whole.to_dict() == {"low": 2, "some_concerns": 2, "high": 1, "": 1}


def test_a_judgement_that_nobody_gave_is_counted_as_none(small):
    tool = small.tools["amstar_2"]
    counts = appraisal.count_judgements(
        appraisal.list_judgements(small.appraisals, tool, small.studies), tool
    )
    assert counts[counts["is_overall"]].set_index("judgement")["n_studies"].to_dict() == {
        "high": 1, "moderate": 0, "low": 1, "critically_low": 0, "": 0,
    }  # fmt: skip


# --- figures ---


def test_bars_are_divided_by_the_numbers_written_in_them(small, listed):
    figure = figures.plot_judgements(appraisal.count_judgements(listed, small.tools["rob_2"]))
    (ax,) = figure.axes
    assert texts(figure)[:3] == ["L 4", "S 1", "1"]  # randomisation, and one study not judged
    assert [bar.get_width() for bar in ax.patches][:3] == [4, 1, 1]
    assert [label.get_text() for label in ax.get_yticklabels()][-1] == "Overall risk of bias"
    assert [label.get_fontweight() for label in ax.get_yticklabels()][-2:] == ["normal", "bold"]
    assert "S: Some concerns" in everything_written(figure)


def test_items_that_are_critical_say_so(small):
    tool = small.tools["amstar_2"]
    drawn = figures.plot_traffic_lights(appraisal.list_judgements(small.appraisals, tool, small.studies))
    names = [label.get_text() for label in drawn.axes[0].get_xticklabels()]
    assert names[1] == "2. Protocol before the review (critical)"
    assert [name for name in names if "critical" in name] == [names[i] for i in (1, 3, 6, 8, 10, 12, 14)]


def test_each_square_has_its_letter_and_a_missing_judgement_is_an_empty_one(listed):
    figure = figures.plot_traffic_lights(listed)
    (ax,) = figure.axes
    assert len(ax.patches) == 6 * 6
    assert len(texts(figure)) == 36 - 7 - 1  # domains and one whole that nobody judged
    colours = {
        text.get_text(): to_hex(square.get_facecolor())
        for square, text in zip(ax.patches, ax.texts, strict=True)
    }
    assert len(set(colours.values())) == len(colours) == 4
    assert "MIXED" in [
        label.get_text() for label in ax.get_yticklabels()
    ]  # its label is in no script of the font


def test_no_more_studies_are_drawn_than_fit_a_page_and_the_words_say_so():
    built, studies = many(60)
    listed = appraisal.list_judgements(built, ROB_2, studies)
    figure = figures.plot_traffic_lights(listed)
    assert len(figure.axes[0].get_yticklabels()) == 28
    assert figure.get_size_inches()[1] < 9.7
    words = messages.describe_traffic_lights(listed, ROB_2.label)
    assert words.denominator.startswith("60 studies appraised by RoB 2")
    assert words.denominator.endswith("The first 28 are drawn; the table holds all.")


def test_letters_can_be_read_on_every_colour():
    for colour, ink in quality.ROLE_COLOURS.values():
        assert _contrast(colour, ink) >= 4.5, colour


def _contrast(a: str, b: str) -> float:
    def luminance(colour: str) -> float:
        parts = [
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
            for part in mpl.colors.to_rgb(colour)
        ]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_a_long_name_keeps_its_year():
    name = theme.drawn_name("The very long name of a trial group 2021b", "S1", 24)
    assert name.endswith("... 2021b")
    assert len(name) <= 24
    assert theme.drawn_name("Lee 2020", "S1", 24) == "Lee 2020"


def test_pairs_are_drawn_with_their_overlap_and_reviews_with_their_studies(small):
    matrix = overlap.build_matrix(small.citations, small.studies)
    measured = overlap.measure_overlap(matrix, Bands())
    reviews = overlap.list_review_studies(small.citations, small.studies, [])
    figure = figures.plot_overlap(measured, reviews, Bands())
    assert sorted(texts(figure)) == ["16.7\n1 of 6", "2", "5"]
    assert "below 5% slight" in everything_written(figure)


def test_of_many_reviews_those_that_overlap_most_are_drawn():
    names = [f"R{n:02d}" for n in range(30)]
    raw = pd.DataFrame(
        [(name, study) for n, name in enumerate(names) for study in ("x", *(f"{name}{i}" for i in range(n)))],
        columns=["review_id", "study_id"],
        dtype="str",
    )
    studies = pd.DataFrame({"study_id": names, "label": names, "title": ""}, dtype="str").assign(year=pd.NA, last_year=pd.NA).astype({"year": "Int64", "last_year": "Int64"})  # fmt: skip
    built = overlap.build_citations(raw.assign(title="", year=pd.NA).astype({"year": "Int64"}), studies)
    measured = overlap.measure_overlap(overlap.build_matrix(built, studies), Bands())
    reviews = overlap.list_review_studies(built, studies, [])
    drawn = [
        label.get_text()
        for label in figures.plot_overlap(measured, reviews, Bands()).axes[0].get_yticklabels()
    ]
    assert drawn == names[:18]
    assert (
        "The 18 in the pairs that overlap most are drawn."
        in messages.describe_overlap(measured, reviews, Bands()).denominator
    )


# --- words ---


def test_a_map_without_appraisals_says_so_in_one_sentence_and_what_is_no_appraisal(small):
    none = appraisal.list_appraised(small.appraisals.iloc[:0], small.tools, small.studies)
    assert (
        messages.say_appraised(none, 13)
        == "No study of this map was appraised, so that nothing can be said of how well the studies were done."
    )
    assert messages.say_appraised(none, 13, "How sure the review is").endswith(
        "(“How sure the review is”) is no appraisal of ours."
    )


def test_what_was_appraised_is_counted_and_what_differs_is_said(small):
    appraised = appraisal.list_appraised(small.appraisals, small.tools, small.studies)
    said = messages.say_appraised(appraised, 13)
    assert said.startswith(
        "Appraised: 10 of 13 studies (Garden check <beta> 1; AMSTAR 2 2; CHEC list 1; RoB 2 6)."
    )
    assert "how well a study was done, not what it found" in said
    assert (
        "2 overall judgements as stated are not what the tool's own rule gives; they stand as stated." in said
    )
    assert "it leaves 1 to a person" in said
    assert "Not every domain is judged in 3 appraisals." in said
    assert list(appraised.loc[appraised["is_different"], "study_id"]) == ["REV1", "LATE"]
    assert list(appraised.loc[appraised["not_judged"] != "", "study_id"]) == ["REV2", "7", "CROSS"]


def test_the_title_of_bars_is_the_whole_or_the_domain_judged_worst_most_often(small):
    titles = {}
    for tool in appraisal.tools_used(small.appraisals, small.tools):
        listed = appraisal.list_judgements(small.appraisals, tool, small.studies)
        titles[tool.id] = messages.describe_judgements(
            appraisal.count_judgements(listed, tool), tool.label
        ).title
    assert (
        titles["rob_2"]
        == "RoB 2, overall: High risk of bias in 1, Some concerns in 2 and Low risk of bias in 2 of 6 studies"
    )
    assert titles["garden_check"] == "Garden check <beta>: Not dug most often for Path: 1 of 1 study"
    assert titles["chec"].endswith(
        "for Time horizon, Costs measured, Incremental analysis and 3 more: 1 of 1 study"
    )


def test_bars_without_a_bad_judgement_say_so():
    built, studies = many(2)
    listed = appraisal.list_judgements(built[~built["is_overall"]], ROB_2, studies)
    words = messages.describe_judgements(appraisal.count_judgements(listed, ROB_2), "RoB 2")
    assert words.title == "RoB 2: no domain judged badly, of 2 studies"


def test_overlap_is_said_with_what_is_recorded_and_what_is_inside(small):
    measured = overlap.measure_overlap(overlap.build_matrix(small.citations, small.studies), Bands())
    reviews = overlap.list_review_studies(small.citations, small.studies, ["REV1", "REV2", "COST"])
    said = messages.say_overlap(measured, reviews, small.citations, 13)
    assert said.startswith(
        "Reviews whose studies are recorded: 2 of 3. They include 6 studies, 3 of them not in this map;"
    )
    assert (
        "corrected covered area 16.7%, very high. Without what could not be included, it is 33.3% (very high)."
        in said
    )
    assert said.endswith("Inside a review already: 3 of the 10 studies that are no reviews (30%).")


def test_a_review_inside_a_review_is_no_study_inside_one():
    citations = pd.DataFrame({"review_id": ["R1", "R1"], "study_id": ["R2", "T1"], "is_in_map": True})
    said = messages.say_inside(citations, ["R1", "R2"], 5)
    assert said == "Inside a review already: 1 of the 3 studies that are no reviews (33%)."


def test_one_review_alone_and_none_are_said_as_such(small):
    one = small.citations[small.citations["review_id"] == "REV2"]
    for citations, expected in (
        (one, "one review alone cannot overlap."),
        (one.iloc[:0], messages.NOTHING_CITED),
    ):
        measured = overlap.measure_overlap(overlap.build_matrix(citations, small.studies), Bands())
        reviews = overlap.list_review_studies(citations, small.studies, ["REV1", "REV2"])
        assert expected in messages.say_overlap(measured, reviews, citations, 13)


@pytest.mark.parametrize(
    ("is_appraised", "expected"),
    [(False, "how good a study is;"), (True, "how good a study is that was not appraised;")],
)
def test_what_a_map_does_not_say_depends_on_whether_studies_were_appraised(is_appraised, expected):
    assert expected in messages.not_said(is_appraised=is_appraised)


# --- tables ---


def test_the_citation_matrix_stands_beside_the_studies_that_reviews_include(small):
    matrix = overlap.build_matrix(small.citations, small.studies)
    included = overlap.list_included(small.citations, small.studies, matrix).set_index("study_id")
    assert list(included.index) == ["OUT2", "007", "CROSS", "FIND", "OUT1", "OUT3"]
    assert included.loc["OUT2", ["n_reviews", "review REV1", "review REV2"]].tolist() == [
        2,
        "included",
        "included",
    ]
    assert included.loc["007", ["review REV1", "review REV2"]].tolist() == ["too early", "included"]
    assert included.loc["OUT3", ["name", "label"]].tolist() == ["OUT3", ""]  # nobody gave its title


def test_the_tools_are_described_with_their_sources():
    described = appraisal.describe_tools([TOOLS["amstar_2"]])
    assert len(described) == 17
    assert described.loc[1, ["domain", "is_critical", "judgements"]].tolist() == [
        "2",
        True,
        "Yes, Partial yes, No",
    ]
    assert described["source"].str.contains("doi 10.1136/bmj.j4008").all()
