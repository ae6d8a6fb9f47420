"""What goes along with not reporting: shares, differences, and the same within types of evidence."""

import numpy as np
import pandas as pd
import pytest
from small_tables import codebook, codings

from mapanalysis.analysis.silence import (
    compare_not_reported,
    list_circumstances,
    pool_differences,
    share_of,
    subtract_shares,
)

BOOK = codebook(give="A not_reported", measure="X", kind="review(quick slow) trial", need="N not_reported")
TABLE = """
study | give         | kind         | need
------+--------------+--------------+-------------
S1    | not_reported | trial        | N
S2    | A            | quick slow   | N
S3    | not_reported | slow         | not_reported
S4    | A            | trial review |
"""
CODINGS = codings(TABLE)


def studies(years: list[int | None], access: list[str]) -> pd.DataFrame:
    ids = pd.Series([f"S{n}" for n in range(1, len(years) + 1)], dtype="str")
    return pd.DataFrame({"study_id": ids, "year": pd.array(years, dtype="Int64"), "access": access})


STUDIES = studies([2018, 2020, 2021, None], ["full", "full", "partial", ""])


def circumstances(by: str, table: pd.DataFrame = STUDIES) -> pd.DataFrame:
    frame = list_circumstances(table, CODINGS, BOOK, "kind")
    return frame[frame["by"] == by].set_index("study_id")


def compared(dimension: str = "give", table: pd.DataFrame = STUDIES) -> pd.DataFrame:
    frame = compare_not_reported(CODINGS, BOOK, list_circumstances(table, CODINGS, BOOK, "kind"))
    return frame[frame["dimension"] == dimension].set_index(["by", "level"])


# --- circumstances ---


def test_types_are_those_of_the_top_level_and_the_first_of_the_codebook_is_the_reference():
    found = circumstances("type")
    assert sorted(zip(found.index, found["level"], strict=True)) == [
        ("S1", "trial"),
        ("S2", "review"),
        ("S3", "review"),
        ("S4", "review"),
        ("S4", "trial"),
    ]
    assert set(found.loc[found["is_reference"], "level"]) == {"review"}


def test_periods_are_parted_where_the_halves_are_most_alike():
    found = circumstances("period", studies([2018, 2019, 2020, 2022, 2022, 2023], [""] * 6))
    assert found["level"].tolist() == ["earlier"] * 3 + ["later"] * 3
    assert (found.loc["S1", "level_label"], found.loc["S6", "level_label"]) == (
        "2018 to 2020",
        "2022 to 2023",
    )


def test_one_year_is_no_two_periods_and_no_year_is_in_none():
    assert circumstances("period", studies([2020, 2020], ["", ""])).empty
    assert "S4" not in circumstances("period").index


def test_access_is_in_the_words_of_the_file_and_the_commonest_is_the_reference():
    found = circumstances("access")
    assert found["level"].to_dict() == {"S1": "full", "S2": "full", "S3": "partial"}
    assert found["is_reference"].to_dict() == {"S1": True, "S2": True, "S3": False}


# --- shares and differences ---


def test_shares_are_of_the_studies_coded_on_the_dimension():
    give, need = compared("give"), compared("need")
    assert give.loc[("type", "review"), ["n_not_reported", "n_coded"]].tolist() == [1, 3]
    assert need.loc[("type", "review"), ["n_not_reported", "n_coded"]].tolist() == [1, 2]  # S4 has no need
    assert give.loc[("type", "review"), "pct_not_reported"] == 33.3


def test_a_dimension_without_the_code_is_not_compared():
    assert compared("measure").empty


def test_the_reference_stands_first_and_is_compared_with_nothing():
    give = compared("give")
    assert give.loc["type"].index.tolist() == ["review", "trial"]
    assert give.loc[("type", "review"), ["difference", "within_types"]].isna().all()
    assert give.loc[("type", "trial"), "difference"] == pytest.approx(16.7)  # 1 of 2 less 1 of 3


def test_where_the_reference_has_no_study_there_is_no_difference():
    table = CODINGS[~((CODINGS["dimension"] == "give") & CODINGS["study_id"].isin(["S2", "S3", "S4"]))]
    frame = compare_not_reported(table, BOOK, list_circumstances(STUDIES, CODINGS, BOOK, "kind"))
    (row,) = frame[(frame["dimension"] == "give") & (frame["by"] == "type")].to_dict("records")
    assert row["level"] == "trial"
    assert pd.isna(row["difference"])


def test_no_codings_give_an_empty_table_with_its_columns():
    nothing = CODINGS.iloc[:0]
    frame = compare_not_reported(nothing, BOOK, list_circumstances(STUDIES, nothing, BOOK, "kind"))
    assert frame.empty
    assert {"pct_not_reported", "difference", "within_types"} <= set(frame)


def test_a_share_has_the_interval_of_wilson():
    # 81 of 263: 0.2553 to 0.3662 (Newcombe 1998, Statistics in Medicine 17:857, table I)
    assert share_of(81, 263) == pytest.approx((81 / 263, 0.2553, 0.3662), abs=5e-5)
    assert share_of(0, 20)[1:] == pytest.approx((0, 0.1611), abs=5e-5)  # 0 of 20, the same table


def test_a_difference_has_the_interval_of_newcombe():
    # 56 of 70 less 48 of 80: 0.0524 to 0.3339 (Newcombe 1998, Statistics in Medicine 17:873, table II, method 10)
    assert subtract_shares(share_of(56, 70), share_of(48, 80)) == pytest.approx(
        (0.2, 0.0524, 0.3339), abs=5e-5
    )


def test_a_difference_within_strata_is_that_of_mantel_and_haenszel():
    # metafor (R), rma.mh(measure="RD", ai=c(21,14,11), bi=c(20,17,12), ci=c(2,12,9), di=c(10,22,7)), whose variance is
    # that of Sato: 0.114863, 95 % interval -0.047325 to 0.277052
    a, b, c, d = (np.array(n, dtype=float) for n in ([21, 14, 11], [20, 17, 12], [2, 12, 9], [10, 22, 7]))
    assert pool_differences(a, a + b, c, c + d) == pytest.approx((0.114863, -0.047325, 0.277052), abs=5e-7)


def test_without_a_stratum_that_holds_both_there_is_nothing_to_pool():
    with np.errstate(all="raise"):
        assert np.isnan(pool_differences(*[np.array([])] * 4)).all()


def test_where_nothing_varies_there_is_a_difference_without_an_interval():
    pooled, low, high = pool_differences(*(np.array([n]) for n in (0.0, 5.0, 0.0, 7.0)))
    assert pooled == 0
    assert np.isnan([low, high]).all()


def mixed() -> pd.DataFrame:
    """Reviews never report, trials always do; most of the reviews are late. So silence goes with years, not within types."""
    rows, n = [], 0
    for kind, year, times in (
        ("review", 2010, 2),
        ("trial", 2010, 8),
        ("review", 2020, 8),
        ("trial", 2020, 2),
    ):
        for _ in range(times):
            n += 1
            rows.append((f"S{n}", kind, year))
    return pd.DataFrame(rows, columns=["study_id", "kind", "year"]).astype({"study_id": "str", "kind": "str"})


def test_a_difference_that_comes_from_the_mix_of_types_is_gone_within_types():
    rows = mixed()
    give = rows["kind"].map({"review": "not_reported", "trial": "A"})
    long = pd.concat(
        [
            rows[["study_id"]].assign(finding_id="", dimension="give", code=give),
            rows[["study_id"]].assign(finding_id="", dimension="kind", code=rows["kind"]),
        ],
        ignore_index=True,
    )
    table = rows.assign(year=rows["year"].astype("Int64"), access="")
    frame = compare_not_reported(long, BOOK, list_circumstances(table, long, BOOK, "kind"))
    later = frame.set_index(["by", "level"]).loc[("period", "later")]
    assert later["difference"] == 60.0
    assert later["within_types"] == 0.0
