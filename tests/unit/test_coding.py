"""Codings: what is wrong is said, what holds for a study, how the studies are called, how far coders agree."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from sklearn.metrics import cohen_kappa_score

from mapanalysis.analysis.coding import (
    build_studies,
    check_codings,
    count_coding_agreement,
    family_name,
    settle_codings,
)
from mapanalysis.codebook import Codebook, read_codebook
from mapanalysis.errors import DataError
from mapanalysis.tables import RAW, parse_table

RAW_DATA = Path(__file__).parents[2] / "data" / "raw"


def code(name: str, *below: str) -> dict[str, object]:
    return {"id": name, "label": name.title(), "codes": [code(each) for each in below]}


CODEBOOK = Codebook.model_validate(
    {
        "title": "Map",
        "question": "What is there?",
        "dimensions": [
            {
                "id": "help",
                "label": "Help",
                "role": "row",
                "codes": [code("advice"), code("company"), code("not_reported")],
            },
            {
                "id": "design",
                "label": "Design",
                "role": "segment",
                "codes": [code("review", "sr", "umbrella"), code("trial")],
            },
            {
                "id": "age",
                "label": "Age",
                "role": "filter",
                "multiple": False,
                "codes": [code("young"), code("old"), code("not_reported")],
            },
            {
                "id": "quality",
                "label": "Quality",
                "role": "filter",
                "applies_to": "review",
                "codes": [code("high"), code("low"), code("not_reported")],
            },
        ],
    }
)
REPORTS = pd.DataFrame({"publication_id": ["P1", "P2"], "study_id": ["S1", "S1"]}, dtype="str")


def codings(*lines: str) -> pd.DataFrame:
    """Codings from lines such as "P1 settled help:advice help:company"; "help@F1:advice" is of finding F1."""
    rows = []
    for line in lines:
        publication, coder, *codes = line.split()
        for each in codes:
            place, value = each.split(":")
            dimension, _, finding = place.partition("@")
            rows.append((publication, finding, coder, dimension, value))
    return pd.DataFrame(rows, columns=list(RAW["codings"].columns), dtype="str")


SOUND = ("P1 settled help:advice design:sr age:old quality:low", "P2 settled help:not_reported design:trial")


def found(*lines: str) -> list[str]:
    return [str(problem) for problem in check_codings(codings(*lines), REPORTS, CODEBOOK)]


def settled(*lines: str) -> list[str]:
    """The settled codings of S1, as "finding dimension code"."""
    frame = settle_codings(codings(*lines), REPORTS)
    assert set(frame["study_id"]) <= {"S1"}
    return (frame["finding_id"] + " " + frame["dimension"] + " " + frame["code"]).str.strip().tolist()


# What is wrong is said


def test_sound_codings_have_no_problems() -> None:
    assert found(*SOUND) == []


def test_an_unknown_code_comes_with_the_nearest() -> None:
    (problem,) = found(*SOUND, "P1 A help:advise")
    assert "codings.csv, row 8, column code: the codebook has no code 'advise' in help" in problem
    assert "Nearest valid: advice" in problem


def test_a_coding_of_a_publication_that_is_not_included_is_named() -> None:
    (problem,) = found(*SOUND, "P9 settled help:advice design:trial")
    assert "row 8" in problem
    assert "a coding of a publication that is not an included report. Found: 'P9'" in problem


def test_a_report_that_nobody_coded_is_listed() -> None:
    assert found(SOUND[0]) == [
        "codings.csv: reports that nobody coded. Found: 'P2'. "
        "Code them; where a report does not say, the code is 'not_reported'."
    ]


def test_two_coders_without_a_settled_coding_are_not_settled() -> None:
    (problem,) = found(
        "P1 A help:advice design:sr", "P1 B help:advice design:sr", "P2 A help:advice design:sr"
    )
    assert "row 2" in problem
    assert "the coding of a report is not settled. Found: 'P1'" in problem


def test_where_others_are_settled_one_coder_is_not_enough() -> None:
    (problem,) = found(SOUND[0], "P2 A help:advice design:trial")
    assert "row 6" in problem
    assert "the coding of a report is not settled. Found: 'P2'" in problem


def test_where_nothing_is_settled_the_only_coder_of_a_report_counts() -> None:
    assert found("P1 A help:advice design:sr", "P2 B help:company design:trial") == []


def test_a_row_column_or_segment_needs_a_settled_code() -> None:
    (problem,) = found(SOUND[0], "P2 settled help:advice", "P2 A design:trial")
    assert "reports without a settled code in design, a segment of the map. Found: 'P2'" in problem


def test_a_dimension_that_takes_one_code_has_one() -> None:
    (problem,) = found(SOUND[0], "P2 settled help:advice design:trial age:old age:young")
    assert "row 9" in problem
    assert "several settled codes of one report in age, which takes one. Found: 'P2'" in problem


def test_coders_may_differ_on_a_dimension_that_takes_one_code() -> None:
    assert found(*SOUND, "P1 A age:old", "P1 B age:young") == []


def test_not_reported_stands_alone() -> None:
    (problem,) = found(*SOUND, "P1 A help:not_reported help:advice")
    assert "row 8" in problem
    assert "'not_reported' stands beside another code" in problem


def test_not_reported_of_one_finding_may_stand_beside_a_code_of_another() -> None:
    assert found(*SOUND, "P1 A help@F1:not_reported help@F2:advice") == []


@pytest.mark.parametrize("line", ["help:not_reported help@F1:advice", "help@F1:not_reported help:advice"])
def test_the_whole_study_and_its_findings_do_not_contradict_each_other(line: str) -> None:
    (problem,) = found(*SOUND, f"P1 A {line}")
    assert "'not_reported' stands beside another code" in problem


def test_a_dimension_of_reviews_has_no_code_for_a_trial() -> None:
    (problem,) = found(SOUND[0], "P2 settled help:advice design:trial quality:high")
    assert "row 8" in problem
    assert "a code in quality for a report that is no review. Found: 'P2'" in problem


def test_not_reported_does_no_harm_where_a_dimension_does_not_apply() -> None:
    assert found(SOUND[0], "P2 settled help:advice design:trial quality:not_reported") == []


def test_all_problems_come_at_once() -> None:
    assert len(found("P1 settled help:advise design:sr age:old age:young")) == 3


# Settling


def test_a_study_has_the_codes_of_all_its_reports_once() -> None:
    assert settled("P1 settled help:advice", "P2 settled help:advice help:company") == [
        "help advice",
        "help company",
    ]


def test_only_settled_codes_count_where_there_are_any() -> None:
    assert settled("P1 A help:company", "P1 settled help:advice") == ["help advice"]


def test_not_reported_gives_way_to_what_another_report_of_the_study_states() -> None:
    assert settled("P1 settled help:not_reported age:not_reported", "P2 settled help:advice") == [
        "age not_reported",
        "help advice",
    ]


def test_not_reported_of_a_finding_stays_beside_another_finding() -> None:
    lines = "P1 settled help@F1:not_reported", "P2 settled help@F2:advice"
    assert settled(*lines) == ["F1 help not_reported", "F2 help advice"]


def test_not_reported_of_a_finding_gives_way_to_a_code_of_the_whole_study() -> None:
    assert settled("P1 settled help@F1:not_reported", "P2 settled help:advice") == ["help advice"]


def test_two_coders_are_not_merged_by_guessing() -> None:
    with pytest.raises(DataError, match=r"row 2.*the coding of a report is not settled. Found: 'P1'"):
        settled("P1 A help:advice", "P1 B help:advice")


def test_a_coding_of_no_report_is_not_dropped() -> None:
    with pytest.raises(DataError, match="'P9'"):
        settled("P9 settled help:advice")


def test_no_codings_are_no_problem_but_uncoded_reports() -> None:
    assert settle_codings(codings(), REPORTS).columns.tolist() == [
        "study_id",
        "finding_id",
        "dimension",
        "code",
    ]
    (problem,) = found()
    assert "reports that nobody coded. Found: 'P1', 'P2'" in problem


# Studies


def reports(*rows: dict[str, str]) -> pd.DataFrame:
    """Reports P1, P2 ... of study S1 unless said otherwise."""
    blank = dict.fromkeys(RAW["reports"].columns, "") | {"study_id": "S1", "title": "A trial of peers"}
    filled = [blank | {"publication_id": f"P{number}"} | row for number, row in enumerate(rows, start=1)]
    return parse_table(pd.DataFrame(filled, dtype="str"), RAW["reports"], "reports.csv")


def labels(*rows: dict[str, str]) -> list[str]:
    named = [row | {"study_id": f"S{number}"} for number, row in enumerate(rows, start=1)]
    return build_studies(reports(*named))["label"].tolist()


@pytest.mark.parametrize(
    ("authors", "expected"),
    [
        ("Pfeiffer PN; King C", "Pfeiffer"),
        ("Babiy, Zoryana; Layton, Haley", "Babiy"),
        ("Sonia Johnson; Danielle Lamb", "Johnson"),
        ("Karen L Fortuna et al.", "Fortuna"),
        ("Sonia Johnson, PhD, MD; Danielle Lamb", "Johnson"),
        ("A. M. de Graaff; P. Cuijpers", "de Graaff"),
        ("de Graaff AM", "de Graaff"),
        ("Nada Abou Seif", "Abou Seif"),
        ("De Dios Perez, B.", "De Dios Perez"),
        ("Garcia Lopez JA", "Garcia Lopez"),
        ("Johnson S.A.", "Johnson"),
        ("Chambers Suzanne K.; Occhipinti Stefano", "Chambers"),
        ("K.-H. Kim", "Kim"),
        ("Jane Smith Jr.", "Smith"),
        ("王小明; 李华", "王小明"),
        ("김 철수", "김"),
        ("World Health Organization", "World Health Organization"),
        ("Johnson", "Johnson"),
        ("", ""),
    ],
)
def test_the_family_name_is_read_from_each_style(authors: str, expected: str) -> None:
    assert family_name(authors) == expected


def test_a_study_is_called_by_first_author_and_year() -> None:
    assert labels({"authors": "Sonia Johnson; Danielle Lamb", "year": "2018"}) == ["Johnson 2018"]


def test_equal_labels_get_letters_in_the_order_of_the_studies() -> None:
    best = {"authors": "Best KL", "year": "2016"}
    assert labels(best, {"authors": "Young S"}, best, {"authors": "Young A"}) == [
        "Best 2016a",
        "Young n.d.-a",
        "Best 2016b",
        "Young n.d.-b",
    ]


def test_after_z_the_letters_go_on() -> None:
    assert labels(*[{"authors": "Li Q", "year": "2020"}] * 28)[-3:] == ["Li 2020z", "Li 2020aa", "Li 2020ab"]


def test_without_authors_the_trial_or_the_title_gives_the_label() -> None:
    long = "Peer support services for people who were bereaved: a review"
    assert labels({"trial_name": "PREVAIL", "year": "2020"}, {"title": long}, {"title": "同伴" * 30}) == [
        "PREVAIL 2020",
        "Peer support services for people who… n.d.",
        "同伴" * 19 + "同… n.d.",
    ]


def test_the_main_report_is_the_earliest_with_authors_and_year() -> None:
    study = build_studies(
        reports(
            {"year": "2022", "title": "No authors"},
            {"year": "2024", "authors": "Gillard S", "title": "Later"},
            {"year": "2023", "authors": "Gillard S", "title": "Main", "doi": "10.1/x"},
            {"authors": "Gillard S", "title": "No year"},
        )
    ).loc[0]
    assert study[["main_publication_id", "label", "title", "doi"]].tolist() == [
        "P3",
        "Gillard 2023",
        "Main",
        "10.1/x",
    ]
    assert study[["year", "n_reports"]].tolist() == [2022, 4]


def test_numbers_are_the_largest_of_the_reports() -> None:
    study = build_studies(
        reports(
            {"n_participants": "70", "followup_months": "12", "trial_name": ""},
            {"n_participants": "405", "followup_months": "0.5", "trial_name": "CORE"},
        )
    ).loc[0]
    assert study[["n_participants", "followup_months", "trial_name"]].tolist() == [405, 12.0, "CORE"]
    assert study[["year", "n_included_studies"]].isna().all()


def test_there_is_one_row_per_study_with_its_types() -> None:
    studies = build_studies(reports({}, {"study_id": "S2"}, {}))
    assert studies["study_id"].tolist() == ["S1", "S2"]
    assert studies.dtypes.astype(str)[["label", "year", "n_reports", "followup_months"]].tolist() == [
        "str",
        "Int64",
        "Int64",
        "Float64",
    ]
    assert build_studies(reports({}).iloc[:0]).dtypes.equals(studies.dtypes)


# Agreement of coders


def agreement_of(*lines: str) -> pd.DataFrame:
    return count_coding_agreement(codings(*lines), CODEBOOK).set_index(["dimension", "code"])


def test_a_code_is_compared_over_the_reports_that_two_coded() -> None:
    row = agreement_of(
        "P1 A help:advice", "P1 B help:advice", "P2 A help:advice", "P2 B help:company", "P3 A help:advice"
    ).loc[("help", "advice")]
    assert row[["n_reports", "n_one_coder", "n", "n_agreed", "pct_agreed"]].tolist() == [2, 1, 2, 1, 50]


def test_a_dimension_pools_the_decisions_on_all_its_codes() -> None:
    row = agreement_of("P1 A help:advice help:company", "P1 B help:advice").loc[("help", "")]
    expected = cohen_kappa_score([1, 1, 0], [1, 0, 0])
    assert row[["n", "n_agreed"]].tolist() == [3, 2]
    assert row["kappa"] == pytest.approx(expected)


def test_a_code_that_groups_others_counts_where_it_was_used() -> None:
    assert ("design", "review") not in agreement_of("P1 A design:sr", "P1 B design:sr").index
    used = agreement_of("P1 A design:sr", "P1 B design:review").loc[("design", "review")]
    assert used[["n", "n_agreed"]].tolist() == [1, 0]


def test_a_dimension_is_compared_where_it_applies() -> None:
    lines = "P1 A design:sr quality:low", "P1 B design:trial", "P2 A design:trial", "P2 B design:trial"
    found = agreement_of(*lines)
    assert found.loc[("quality", "low"), ["n", "n_agreed"]].tolist() == [1, 0]
    assert found.loc[("help", ""), "n_reports"] == 2


def test_findings_and_settled_codings_do_not_count_twice() -> None:
    row = agreement_of(
        "P1 A help@F1:advice help@F2:advice", "P1 B help:advice", "P1 settled help:company"
    ).loc[("help", "")]
    assert row[["n", "n_agreed"]].tolist() == [3, 3]


def test_one_coder_alone_is_counted_and_not_compared() -> None:
    row = agreement_of("P1 A help:advice").loc[("help", "advice")]
    assert row[["n_reports", "n_one_coder", "n"]].tolist() == [0, 1, 0]
    assert pd.isna(row["kappa"])


# The bundled data


def bundled(name: str) -> pd.DataFrame:
    frame = pd.read_csv(RAW_DATA / f"{name}.csv", dtype="str", na_filter=False)
    return parse_table(frame, RAW[name], f"{name}.csv")


def test_the_peer_support_codings_are_sound_and_of_168_studies() -> None:
    frame, included = bundled("codings"), bundled("reports")
    codebook = read_codebook(RAW_DATA / "codebook.yaml")
    assert list(check_codings(frame, included, codebook)) == []
    studies = build_studies(included)
    assert (len(studies), studies["n_reports"].sum(), studies["label"].nunique()) == (168, 182, 168)
    assert set(settle_codings(frame, included)["study_id"]) == set(studies["study_id"])


def test_the_agreement_of_the_peer_support_coders_is_that_of_its_readme() -> None:
    frame = bundled("codings")
    found = count_coding_agreement(frame, read_codebook(RAW_DATA / "codebook.yaml"))
    by_dimension = found[found["code"] == ""].set_index("dimension")
    assert by_dimension["kappa"].idxmin() == "function"
    assert by_dimension["kappa"].idxmax() == "design"
    assert by_dimension["kappa"].round(2)[["function", "design"]].tolist() == [0.62, 0.99]
    assert by_dimension.loc["function", ["n_reports", "n_one_coder"]].tolist() == [169, 13]


def test_each_code_of_the_peer_support_outcomes_has_the_kappa_of_scikit_learn() -> None:
    frame = bundled("codings")
    found = count_coding_agreement(frame, read_codebook(RAW_DATA / "codebook.yaml"))
    kappa = found[found["dimension"] == "outcome"].set_index("code")["kappa"].drop("")
    coded = frame[frame["dimension"] == "outcome"].groupby("coder")
    given = {coder: pd.crosstab(rows["publication_id"], rows["code"]) for coder, rows in coded}
    both = given["A"].index.intersection(given["B"].index)
    said = {
        coder: given[coder].reindex(index=both, columns=kappa.index, fill_value=0) for coder in ("A", "B")
    }
    expected = [cohen_kappa_score(said["A"][code], said["B"][code]) for code in kappa.index]
    assert kappa.tolist() == pytest.approx(expected)
