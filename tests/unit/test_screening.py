"""Decisions, what they lead to, and the flow."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from mapanalysis.analysis.flow import Flow, build_flow
from mapanalysis.analysis.screening import (
    check_screening,
    count_screening_agreement,
    settle_records,
    settle_reports,
)
from mapanalysis.codebook import Codebook, read_codebook
from mapanalysis.errors import DataError, UsageError
from mapanalysis.tables import RAW, parse_table

RAW_DATA = Path(__file__).parents[2] / "data" / "raw"
CODEBOOK = Codebook.model_validate(
    {
        "title": "Map",
        "question": "What is there?",
        "exclusion_reasons": [{"id": "not_peer", "label": "No peers"}, {"id": "too_old", "label": "Old"}],
        "dimensions": [{"id": "need", "label": "Need", "role": "row", "codes": [{"id": "a", "label": "A"}]}],
    }
)


def rows(columns: str, *lines: str) -> pd.DataFrame:
    """A frame of text: words between spaces, "-" for an empty cell."""
    cells = [[cell.replace("-", "") for cell in line.split()] for line in lines]
    return pd.DataFrame(cells, columns=columns.split(), dtype="str")


def record_decisions(*lines: str) -> pd.DataFrame:
    return rows("record_id screener decision reason", *lines)


def report_decisions(*lines: str) -> pd.DataFrame:
    return rows("publication_id screener decision reason", *lines)


# R1 and R2 are one publication; P1 and P2 go forward, P3 does not; P1 is included.
RECORDS = rows("record_id publication_id source", "R1 P1 pubs", "R2 P1 web", "R3 P2 pubs", "R4 P3 web")
FIRST = record_decisions("R1 S include -", "R2 S exclude too_old", "R3 S unclear -", "R4 S exclude not_peer")
SECOND = report_decisions("P1 A include -", "P2 A exclude too_old")
REPORTS = rows("publication_id study_id", "P1 S1")


def changed(frame: pd.DataFrame, row: int, **values: str) -> pd.DataFrame:
    frame = frame.copy()
    for column, value in values.items():
        frame.loc[row, column] = value
    return frame


def plus(frame: pd.DataFrame, *lines: str) -> pd.DataFrame:
    return pd.concat([frame, rows(" ".join(frame.columns), *lines)], ignore_index=True)


def found(
    records: pd.DataFrame = RECORDS,
    first: pd.DataFrame | None = FIRST,
    second: pd.DataFrame | None = SECOND,
    reports: pd.DataFrame = REPORTS,
) -> list[str]:
    return [str(problem) for problem in check_screening(records, first, second, reports, CODEBOOK)]


def flow_of(
    records: pd.DataFrame = RECORDS,
    first: pd.DataFrame | None = FIRST,
    second: pd.DataFrame | None = SECOND,
    reports: pd.DataFrame = REPORTS,
) -> Flow:
    settled = None if first is None else settle_records(records, first, CODEBOOK)
    return build_flow(
        records, settled, None if second is None else settle_reports(second, CODEBOOK), reports, CODEBOOK
    )


# What is wrong is said


def test_sound_decisions_have_no_problems() -> None:
    assert found() == []


def test_a_decision_on_an_unknown_record_is_named() -> None:
    assert found(first=plus(FIRST, "R9 S include -")) == [
        "screening_records.csv, row 6, column record_id: a decision on a record that is in no file of records. "
        "Found: 'R9'. Correct the record's id, or put back the file it came from."
    ]


def test_records_without_a_decision_are_listed() -> None:
    (problem,) = found(records=plus(RECORDS, "R5 P4 web", "R6 P4 pubs"))
    assert "records have no decision" in problem
    assert "'R5', 'R6'. 2 times in all" in problem


def test_one_decision_is_enough_for_a_publication_with_several_records() -> None:
    assert found(first=FIRST.drop(index=1).reset_index(drop=True)) == []


def test_a_decision_on_an_unknown_publication_is_named() -> None:
    (problem,) = found(second=plus(SECOND, "P9 A exclude too_old"))
    assert "screening_reports.csv, row 4" in problem
    assert "publication that no record belongs to. Found: 'P9'" in problem


def test_a_publication_that_went_forward_needs_a_second_decision() -> None:
    (problem,) = found(second=SECOND.iloc[:1])
    assert (
        "screening_reports.csv: publications that went forward have no decision here. Found: 'P2'" in problem
    )


def test_a_publication_excluded_at_first_has_no_second_decision() -> None:
    (problem,) = found(second=plus(SECOND, "P3 A exclude not_peer"))
    assert "row 4" in problem
    assert "excluded at the first stage. Found: 'P3'" in problem


def test_an_exclusion_needs_a_reason() -> None:
    (problem,) = found(first=changed(FIRST, 3, reason=""))
    assert "screening_records.csv, row 5" in problem
    assert "an exclusion has no reason. Found: 'R4'." in problem


def test_a_reason_that_the_codebook_lacks_comes_with_the_nearest() -> None:
    (problem,) = found(second=changed(SECOND, 1, reason="to_old"))
    assert "screening_reports.csv, row 3, column reason: the codebook has no such exclusion reason" in problem
    assert "Found: 'to_old'. Nearest valid: too_old." in problem


def test_an_inclusion_has_no_reason() -> None:
    (problem,) = found(first=changed(FIRST, 0, reason="too_old"))
    assert "row 2" in problem
    assert "an inclusion has a reason for exclusion. Found: 'R1'" in problem


def test_a_publication_screened_twice_by_one_person_is_named_once() -> None:
    (problem,) = found(second=plus(SECOND, "P1 A exclude too_old"))
    assert "row 4" in problem
    assert "a publication was screened twice by one person. Found: 'P1'" in problem


def test_two_settled_decisions_are_named_once() -> None:
    (problem,) = found(second=plus(SECOND, "P1 settled include -", "P1 settled exclude too_old"))
    assert "row 5" in problem
    assert "a publication has two settled decisions. Found: 'P1'" in problem


def test_screeners_who_disagree_need_a_settled_decision() -> None:
    (problem,) = found(second=plus(SECOND, "P1 B exclude too_old"))
    assert "screening_reports.csv, row 2" in problem
    assert "screeners disagree on a publication and nothing is settled. Found: 'P1'" in problem
    assert "Add a row with the screener 'settled'" in problem
    assert "times in all" not in problem


def test_on_records_include_and_unclear_are_no_disagreement() -> None:
    assert found(first=plus(FIRST, "R3 T include -")) == []


def test_unclear_settles_nothing_at_the_second_stage() -> None:
    second = plus(changed(SECOND, 1, decision="include", reason=""), "P2 settled unclear -")
    (problem,) = found(second=second)
    assert "\"unclear\" stands as the last decision. Found: 'P2'" in problem
    with pytest.raises(DataError, match='"unclear" stands as the last decision'):
        settle_reports(second, CODEBOOK)


def test_unclear_settles_nothing_when_there_is_no_second_stage() -> None:
    (problem,) = found(second=None)
    assert "there is no second stage. Found: 'P2'" in problem


def test_an_included_publication_needs_a_report() -> None:
    (problem,) = found(second=changed(SECOND, 1, decision="include", reason=""))
    assert "reports.csv: included publications have no row. Found: 'P2'" in problem


def test_a_report_must_be_an_included_publication() -> None:
    (problem,) = found(reports=plus(REPORTS, "P2 S2"))
    assert "reports.csv, row 3" in problem
    assert "a report that is not an included publication. Found: 'P2'" in problem


def test_all_problems_come_at_once() -> None:
    problems = found(first=changed(FIRST, 3, reason="old"), reports=plus(REPORTS, "P2 S2"))
    assert len(problems) == 2


# Settling


def test_a_publication_goes_forward_when_any_of_its_records_does() -> None:
    settled = settle_records(RECORDS, FIRST, CODEBOOK).set_index("publication_id")["decision"]
    assert settled.to_dict() == {"P1": "include", "P2": "unclear", "P3": "exclude"}


def test_the_reason_is_the_first_of_the_codebook_that_a_record_has() -> None:
    first = changed(changed(FIRST, 0, decision="exclude", reason="too_old"), 1, reason="not_peer")
    assert settle_records(RECORDS, first, CODEBOOK)["reason"].tolist() == ["not_peer", "", "not_peer"]


def test_the_settled_decision_counts_even_against_both_screeners() -> None:
    second = report_decisions("P1 A include -", "P1 B include -", "P1 settled exclude too_old")
    settled = settle_reports(second, CODEBOOK)
    assert settled.loc[0].tolist() == ["P1", "exclude", "too_old", False]


def test_screeners_who_agree_need_no_settled_decision() -> None:
    second = report_decisions("P1 A exclude too_old", "P1 B exclude not_peer")
    assert settle_reports(second, CODEBOOK).loc[0].tolist() == ["P1", "exclude", "not_peer", False]


def test_a_settled_disagreement_stays_visible() -> None:
    second = report_decisions("P1 A exclude too_old", "P1 B include -", "P1 settled include -")
    assert settle_reports(second, CODEBOOK)["is_disagreement"].tolist() == [True]


def test_what_is_not_settled_is_not_guessed() -> None:
    with pytest.raises(
        DataError, match=r"screeners disagree on a record and nothing is settled. Found: 'R4'"
    ):
        settle_records(RECORDS, plus(FIRST, "R4 T include -"), CODEBOOK)


def test_a_decision_on_an_unknown_record_is_not_dropped() -> None:
    with pytest.raises(DataError, match="'R9'"):
        settle_records(RECORDS, plus(FIRST, "R9 S include -"), CODEBOOK)


# The flow


def test_the_flow_has_the_numbers_of_each_box() -> None:
    numbers = flow_of().boxes.set_index("box")["n"].to_dict()
    assert numbers == {
        "identified": 4,
        "identified/pubs": 2,
        "identified/web": 2,
        "duplicates": 1,
        "screened": 3,
        "excluded_records": 1,
        "excluded_records/not_peer": 1,
        "excluded_records/too_old": 0,
        "assessed": 2,
        "excluded_reports": 1,
        "excluded_reports/not_peer": 0,
        "excluded_reports/too_old": 1,
        "included_reports": 1,
        "included_studies": 1,
    }


def test_each_number_lists_what_it_counts() -> None:
    flow = flow_of()
    assert flow.list_ids("duplicates") == ["R2"]
    assert flow.list_ids("excluded_records/not_peer") == ["P3"]
    assert flow.list_ids("included_studies") == ["S1"]
    assert flow.n("assessed") == 2


def test_a_box_that_is_not_there_is_refused() -> None:
    with pytest.raises(UsageError, match=r"no box 'asessed'. Nearest valid: assessed"):
        flow_of().n("asessed")


def test_reports_of_one_study_are_two_reports_and_one_study() -> None:
    second = changed(SECOND, 1, decision="include", reason="")
    flow = flow_of(second=second, reports=plus(REPORTS, "P2 S1"))
    assert (flow.n("included_reports"), flow.n("included_studies")) == (2, 1)


@pytest.mark.parametrize("second", [None, SECOND.iloc[:0]])
def test_the_second_stage_may_be_skipped(second: pd.DataFrame | None) -> None:
    first = changed(FIRST, 2, decision="exclude", reason="too_old")
    assert found(first=first, second=second) == []
    flow = flow_of(first=first, second=second)
    assert flow.n("screened") == flow.n("excluded_records") + flow.n("included_reports") == 3
    assert "assessed" not in flow.boxes["box"].tolist()


def test_without_records_and_decisions_the_flow_is_what_is_included() -> None:
    assert found(RECORDS.iloc[:0], None, None) == []
    flow = flow_of(RECORDS.iloc[:0], None, None)
    assert flow.boxes["box"].tolist() == ["included_reports", "included_studies"]
    assert flow.boxes["parent"].tolist() == ["", "included_reports"]
    assert flow.list_ids("included_reports") == ["P1"]


def test_without_decisions_the_flow_holds_the_records_and_what_is_included() -> None:
    assert found(first=None, second=None) == []
    flow = flow_of(first=None, second=None)
    numbers = flow.boxes.set_index("box")["n"].to_dict()
    assert numbers == {
        "identified": 4,
        "identified/pubs": 2,
        "identified/web": 2,
        "duplicates": 1,
        "included_reports": 1,
        "included_studies": 1,
    }


def test_a_flow_may_begin_with_the_second_stage_and_closes_from_there() -> None:
    assert found(RECORDS.iloc[:0], None) == []
    flow = flow_of(RECORDS.iloc[:0], None)
    assert (flow.n("assessed"), flow.n("excluded_reports"), flow.n("included_reports")) == (2, 1, 1)
    with pytest.raises(DataError, match=r"2 assessed, but .* Found: 'P9'"):
        flow_of(RECORDS.iloc[:0], None, reports=plus(REPORTS, "P9 S9"))


def test_the_second_stage_is_checked_also_when_nothing_is_known_of_the_first() -> None:
    assert any("'P9'" in one and "no record belongs to" in one for one in found(
        first=None, second=plus(SECOND, "P9 A exclude too_old")
    ))  # fmt: skip
    assert any("not an included publication. Found: 'P2'" in one for one in found(
        RECORDS.iloc[:0], None, reports=plus(REPORTS, "P2 S2")
    ))  # fmt: skip


def test_a_publication_that_nobody_screened_breaks_the_flow() -> None:
    with pytest.raises(DataError, match="5 identified, but 1 duplicates \\+ 3 screened"):
        flow_of(records=plus(RECORDS, "R5 P4 web"))


def test_an_exclusion_without_a_reason_breaks_the_flow() -> None:
    with pytest.raises(DataError, match=r"1 excluded_records, but 0 .*not_peer \+ 0 .*too_old\. Found: 'P3'"):
        flow_of(first=changed(FIRST, 3, reason=""))


def test_a_flow_with_the_right_numbers_of_the_wrong_publications_is_refused() -> None:
    with pytest.raises(DataError, match=r"2 assessed, but .* Found: 'P1', 'P9'"):
        flow_of(reports=rows("publication_id study_id", "P9 S1"))


def test_a_report_that_stands_twice_breaks_the_flow() -> None:
    with pytest.raises(DataError, match=r"2 assessed, but .* Found: 'P1'"):
        flow_of(reports=plus(REPORTS, "P1 S2"))


def test_a_report_that_belongs_to_no_study_is_refused() -> None:
    with pytest.raises(DataError, match=r"reports.csv, row 2.*belongs to no study. Found: 'P1'"):
        flow_of(reports=rows("publication_id study_id", "P1 -"))


def test_nothing_found_is_a_flow_of_noughts() -> None:
    nothing = [frame.iloc[:0] for frame in (RECORDS, FIRST, SECOND, REPORTS)]
    assert found(*nothing) == []
    assert flow_of(*nothing).boxes["n"].sum() == 0


# Agreement of screeners


def test_a_stage_with_one_screener_has_no_agreement() -> None:
    agreement = count_screening_agreement(FIRST, None)
    assert agreement["stage"].tolist() == ["records", "reports"]
    assert agreement["n"].tolist() == [0, 0]


def test_without_decisions_nothing_is_compared() -> None:
    agreement = count_screening_agreement(None, None)
    assert agreement["n"].tolist() == [0, 0]
    assert agreement["kappa"].isna().all()


def test_on_records_include_and_unclear_agree() -> None:
    first = record_decisions("R1 A include -", "R1 B unclear -", "R2 A include -", "R2 B exclude too_old")
    assert count_screening_agreement(first, None)["pct_agreed"][0] == 50


# The bundled data


def bundled(name: str) -> pd.DataFrame:
    frame = pd.read_csv(RAW_DATA / f"{name}.csv", dtype="str", na_filter=False)
    return parse_table(frame, RAW[name], f"{name}.csv")


def test_the_peer_support_flow_is_that_of_its_readme() -> None:
    codebook = read_codebook(RAW_DATA / "codebook.yaml")
    records = bundled("known_duplicates").assign(source="all")
    first, second, reports = (bundled(name) for name in ("screening_records", "screening_reports", "reports"))
    assert list(check_screening(records, first, second, reports, codebook)) == []
    settled = settle_records(records, first, codebook), settle_reports(second, codebook)
    flow = build_flow(records, *settled, reports, codebook)
    whole = flow.boxes[flow.boxes["source_or_reason"] == ""].set_index("box")["n"]
    assert whole.to_dict() == {
        "identified": 1704,
        "duplicates": 991,
        "screened": 713,
        "excluded_records": 478,
        "assessed": 235,
        "excluded_reports": 53,
        "included_reports": 182,
        "included_studies": 168,
    }
    agreement = count_screening_agreement(first, second).set_index("stage").loc["reports"]
    assert (agreement["n"], round(agreement["pct_agreed"]), round(agreement["kappa"], 2)) == (235, 93, 0.80)
