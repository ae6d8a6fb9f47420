"""The rules by which tools of appraisal judge a whole, against their published words and published tables."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from mapanalysis.analysis import appraisal
from mapanalysis.analysis.appraisal import Verdict, judge_overall
from mapanalysis.appraisal_tools import Tool, package_tools, parse_tool

TOOLS = package_tools()
AMSTAR_2, ROB_2 = TOOLS["amstar_2"], TOOLS["rob_2"]
LETTERS = {"Y": "yes", "PY": "partial_yes", "N": "no", "NMA": "no_meta_analysis"}
SIGNS = {"+": "low", "?": "some_concerns", "-": "high"}
FOLDER = Path(appraisal.__file__).parents[1] / "appraisal_tools"


def by_amstar_2(letters: str) -> dict[str, str]:
    """The 16 items of "Y N PY NMA …", in their order."""
    judged = [LETTERS[letter] for letter in letters.split()]
    return dict(zip((domain.id for domain in AMSTAR_2.domains), judged, strict=True))


def by_rob_2(signs: str) -> dict[str, str]:
    return dict(zip(("D1", "D2", "D3", "D4", "D5"), (SIGNS[sign] for sign in signs.split()), strict=True))


def weak_in(*items: int) -> dict[str, str]:
    """AMSTAR 2 with "no" for these items and "yes" for all others."""
    return {domain.id: "no" if int(domain.id) in items else "yes" for domain in AMSTAR_2.domains}


def rows_of(study: str, tool: str, judged: dict[str, str], stated: str = "") -> list[tuple[str, ...]]:
    whole = {"overall": stated} if stated else {}
    return [(study, tool, domain, judgement, "") for domain, judgement in (judged | whole).items()]


def table(*rows: tuple[str, ...]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["study_id", "tool", "domain", "judgement", "support"], dtype="str")


def studies_of(raw: pd.DataFrame) -> pd.DataFrame:
    ids = raw["study_id"].drop_duplicates()
    return pd.DataFrame({"study_id": ids, "label": "Label of " + ids})


def problems(*rows: tuple[str, ...], tools: dict[str, Tool] = TOOLS) -> str:
    found = appraisal.check_appraisals(table(*rows), pd.Series(["S1", "S2"]), tools)
    return "\n".join(str(problem) for problem in found)


# --- AMSTAR 2. Shea and others 2017, BMJ 358:j4008, doi 10.1136/bmj.j4008: the box on overall confidence ---


@pytest.mark.parametrize(
    ("weak", "expected"),
    [
        ((), "high"),
        ((16,), "high"),  # one weakness that is not critical
        ((1, 16), "moderate"),
        ((1, 3, 5, 6, 8, 10, 12, 14, 16), "moderate"),  # all that are not critical
        *(((item,), "low") for item in (2, 4, 7, 9, 11, 13, 15)),
        ((1, 3, 5, 6, 7, 8, 10, 12, 14, 16), "low"),
        ((2, 4), "critically_low"),
        ((2, 4, 1), "critically_low"),
        (tuple(range(1, 17)), "critically_low"),
    ],
)
def test_the_whole_by_amstar_2_counts_critical_flaws_and_other_weaknesses(weak, expected):
    assert judge_overall(AMSTAR_2, weak_in(*weak)).judgement == expected


def test_neither_a_partial_yes_nor_a_missing_meta_analysis_is_a_weakness():
    judged = by_amstar_2("Y PY Y PY Y Y PY PY PY Y NMA NMA Y Y NMA Y")
    assert judge_overall(AMSTAR_2, judged) == Verdict("high")


def test_several_weaknesses_leave_it_to_a_person_to_judge_low():
    verdict = judge_overall(AMSTAR_2, weak_in(1, 3))
    assert (verdict.judgement, verdict.also) == ("moderate", ("low",))
    assert "a person may judge it Low" in verdict.note


# Table 2 of doi 10.1186/s12877-022-03169-2 (an overview, 2022): items and the rating that its authors state. By the rule of
# the tool they are other ratings, but for one: what differs must be listed, and what is stated must stand.
OVERVIEW = """
Bachmann 2010     | Y N N PY Y N N Y PY N Y Y Y Y Y Y     | moderate       | critically_low
De Morton 2007    | Y N N Y Y Y Y PY Y Y Y N N Y Y Y      | low            | critically_low
Handoll 2011      | Y Y N PY Y Y Y Y Y N NMA NMA Y Y N Y  | moderate       | low
Heldmann 2019     | Y PY N PY Y Y N Y Y N NMA NMA N Y NMA Y | low          | critically_low
Machado 2020      | Y PY N PY Y N N PY Y N Y N Y Y N Y    | moderate       | critically_low
Martinez 2016     | Y N Y PY Y N N Y PY N NMA NMA N N N Y | low            | critically_low
Peck 2020         | Y N N N Y N N Y N N NMA NMA N N NMA Y | critically_low | critically_low
Peiris 2018       | Y Y N PY Y Y N Y Y N Y Y Y Y Y Y      | moderate       | low
Scrivener 2015    | Y Y N PY N Y N Y Y N Y Y Y Y N Y      | low            | critically_low
Smith 2020a       | Y Y N Y Y Y Y Y Y Y Y N Y N N Y       | moderate       | low
Smith 2020b       | Y Y N PY Y Y N Y Y N Y N Y Y Y Y      | moderate       | low
Yasmeen 2020      | Y Y N Y Y Y N Y Y N NMA NMA Y Y NMA Y | moderate       | low
"""


def test_what_is_stated_counts_and_what_the_rule_gives_otherwise_is_listed():
    lines = [[cell.strip() for cell in line.split("|")] for line in OVERVIEW.strip().splitlines()]
    raw = table(
        *(
            row
            for study, letters, stated, _ in lines
            for row in rows_of(study, "amstar_2", by_amstar_2(letters), stated)
        )
    )
    built = appraisal.build_appraisals(raw, TOOLS)
    counting = appraisal.overall_judgements(built.iloc[::-1]).set_index("study_id")
    assert counting["judgement"].to_dict() == {study: stated for study, _, stated, _ in lines}
    assert not counting["is_computed"].any()
    computed = built[built["is_computed"]].set_index("study_id")["judgement"].to_dict()
    assert computed == {study: given for study, _, _, given in lines}
    listed = appraisal.list_appraised(built, TOOLS, studies_of(raw)).set_index("study_id")["is_different"]
    assert list(listed.index[~listed]) == ["Peck 2020"]


# --- RoB 2. Sterne and others 2019, BMJ 366:l4898, doi 10.1136/bmj.l4898: the table on the overall judgement ---


@pytest.mark.parametrize(
    ("signs", "expected", "also"),
    [
        ("+ + + + +", "low", ()),
        ("+ ? + + +", "some_concerns", ()),
        ("? ? + + +", "some_concerns", ("high",)),
        ("? ? ? ? ?", "some_concerns", ("high",)),
        ("+ + - + +", "high", ()),
        ("? - ? ? ?", "high", ()),
    ],
)
def test_the_whole_by_rob_2_is_the_worst_domain_and_several_concerns_are_left_to_a_person(
    signs, expected, also
):
    verdict = judge_overall(ROB_2, by_rob_2(signs))
    assert (verdict.judgement, verdict.also) == (expected, also)


# Table 3 of the review with the number PMC10196895 (trials of smartphone use and activity, 2023): domains and the overall
# judgement of its authors, who took some concerns in three domains or more for a high risk.
TRIALS = """
Direito 2015 + + + + + +       | Edney 2020 + + + + + +        | Fanning 2017 ? ? ? + ? -
Fukuoka 2019 + + + + + +       | GarciaOrtiz 2018 + ? ? + + ?  | Garde 2018 + ? ? + ? -
Glynn 2014 ? + + + + ?         | Gremaud 2018 + ? + + ? ?      | Harries 2016 ? ? + + ? -
Hurkmans 2018 - ? + + + -      | King 2016 + + + + ? ?         | Kitagawa 2020 ? + + + ? ?
Leinonen 2017 + - - + + -      | Lyons 2017 + + + + + +        | Martin 2015 + + + + ? ?
Pope 2020 - ? + + ? -          | Recio 2016 + ? ? + + ?        | Robertson 2018 + - - + ? -
Schade 2020 ? ? - + ? -        | Simons 2018 - ? + + ? -       | Walsh 2016 + + + + ? ?
Zhang 2019 + ? + + ? ?         | Zhou 2018 + + + + ? ?
"""


def published_trials() -> list[tuple[str, dict[str, str], str]]:
    entries = [entry.split() for entry in TRIALS.replace("\n", "|").split("|") if entry.strip()]
    return [(name, by_rob_2(" ".join(signs[:5])), SIGNS[signs[5]]) for name, _, *signs in entries]


def test_published_judgements_by_rob_2_are_what_the_rule_gives_or_leaves_open():
    trials = published_trials()
    raw = table(*(row for name, judged, stated in trials for row in rows_of(name, "rob_2", judged, stated)))
    listed = appraisal.list_appraised(appraisal.build_appraisals(raw, TOOLS), TOOLS, studies_of(raw))
    assert len(listed) == 23
    assert not listed["is_different"].any()
    by_rule = {name: judge_overall(ROB_2, judged).judgement for name, judged, _ in trials}
    assert [name for name, _, stated in trials if by_rule[name] != stated] == ["Fanning", "Garde", "Harries"]


def test_a_team_may_have_a_rule_of_its_own_for_several_concerns():
    text = (FOLDER / "rob_2.yaml").read_text("utf-8").replace("person_from: 2", "worst_from: 3")
    own = parse_tool(text.encode(), "rob_2.yaml")
    assert all(judge_overall(own, judged) == Verdict(stated) for _, judged, stated in published_trials())


# --- what is missing, and tools without a rule ---


def test_a_missing_domain_keeps_the_rule_silent_unless_it_could_change_nothing():
    judged = weak_in(2)
    del judged["4"]
    verdict = judge_overall(AMSTAR_2, judged)  # low, or critically low
    assert verdict == Verdict("", note="not judged: Comprehensive search")
    assert judge_overall(AMSTAR_2, judged | {"7": "no"}).judgement == "critically_low"
    assert judge_overall(ROB_2, {"D1": "low", "D2": "high"}).judgement == "high"
    assert judge_overall(ROB_2, {"D1": "low", "D2": "low"}).judgement == ""


def test_a_tool_without_a_rule_gives_no_judgement_of_the_whole():
    judged = {domain.id: "low" for domain in TOOLS["rob_1"].domains}
    assert judge_overall(TOOLS["rob_1"], judged) is None
    assert judge_overall(TOOLS["chec"], {"1": "yes"}) is None
    built = appraisal.build_appraisals(table(*rows_of("S1", "rob_1", judged, "unclear")), TOOLS)
    assert appraisal.overall_judgements(built)["judgement"].tolist() == ["unclear"]


# --- the dimension on the map ---


def test_every_study_has_one_code_on_the_dimension_of_a_tool():
    raw = table(
        *rows_of("S1", "rob_2", by_rob_2("+ + + + +")),
        *rows_of("S2", "rob_2", by_rob_2("? + + + +"), "high"),
        *rows_of("S3", "rob_2", {"D1": "low"}),
    )
    (made,) = appraisal.derive_dimensions(
        appraisal.build_appraisals(raw, TOOLS), TOOLS, pd.Series(["S1", "S2", "S3", "S4"])
    )
    assert made.codings.set_index("study_id")["code"].to_dict() == {
        "S1": "low",
        "S2": "high",  # as stated
        "S3": "no_overall",
        "S4": "not_reported",
    }
    assert [code.label for code in made.dimension.codes][-2:] == [
        "Appraised, no overall judgement",
        "Not appraised",
    ]


# --- what is refused ---


@pytest.mark.parametrize("word", ["Y", "y", "N", "YES", "Yes ", "Hardly any", "not", "1", ""])
def test_a_judgement_is_matched_whole_and_never_by_its_first_letter(word):
    assert "AMSTAR 2, Protocol before the review, has no judgement" in problems(
        ("S1", "amstar_2", "2", word, "")
    )


@pytest.mark.parametrize(
    ("tool", "domain", "judgement"),
    [
        ("amstar_2", "2", "partial_yes"),
        ("AMSTAR 2", "Protocol before the review", "Partial yes"),
        ("rob_2", "overall", "High risk of bias"),
    ],
)
def test_ids_and_labels_are_both_taken(tool, domain, judgement):
    assert problems(("S1", tool, domain, judgement, "")) == ""


def test_a_judgement_that_another_domain_takes_is_refused():
    assert "has no judgement 'no_meta_analysis'" in problems(("S1", "amstar_2", "1", "no_meta_analysis", ""))
    assert "has no judgement 'high'" in problems(("S1", "amstar_2", "1", "high", ""))


def test_all_that_is_wrong_with_appraisals_is_said_at_once_with_the_nearest_word():
    found = problems(
        ("S9", "rob_2", "D1", "low", ""),
        ("S1", "rob2", "D1", "low", ""),
        ("S1", "rob_2", "D9", "low", ""),
        ("S1", "rob_2", "D9", "low", "twice"),
        ("S1", "rob_2", "D2", "lo", ""),
        ("S2", "rob_2", "overall", "low", ""),
        ("S2", "RoB 2", "Overall risk of bias", "high", ""),
        ("S2", "rob_2", "D3", "low", ""),
        ("S2", "rob_2", "Missing outcome data", "high", ""),
    ).splitlines()
    for start, end in (
        ("appraisals.csv, row 2, column study_id: an appraisal of a study that is not included. Found: 'S9'", ""),
        ("appraisals.csv, row 3, column tool: there is no tool 'rob2'. Found: 'rob2'. Nearest valid: rob_2", "data/raw/appraisal_tools/."),
        ("appraisals.csv, row 4, column domain: RoB 2 has no domain 'D9'. Found: 'D9'. 2 times in all.", "Choose one of: D1, D2, D3, D4, D5, overall."),
        ("appraisals.csv, row 6, column judgement: RoB 2, Deviations from interventions, has no judgement 'lo'.", "Choose one of: low, some_concerns, high."),
        ("appraisals.csv, row 8, column study_id: two judgements of the whole for one study and tool. Found: 'S2'", ""),
        ("appraisals.csv, row 10, column study_id: two judgements of one domain for one study and tool. Found: 'S2'", ""),
    ):  # fmt: skip
        assert any(line.startswith(start) and line.endswith(end) for line in found), (start, found)
    assert len(found) == 6
