"""What each source brought: counted by hand, against published numbers, and against the raw files of the peer support map."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from mapanalysis import messages
from mapanalysis.analysis.search import count_search_by_segment, summarise_search
from mapanalysis.evidence import load_evidence

ROOT = Path(__file__).parents[2]
RECORDS = pd.DataFrame(
    [
        ("R1", "medline", "P1"),
        ("R2", "medline", "P1"),  # twice in one source: found once
        ("R3", "medline", "P2"),
        ("R4", "medline", "P3"),
        ("R5", "hand", "P1"),
        ("R6", "hand", "P4"),
        ("R7", "empty", "P3"),
    ],
    columns=["record_id", "source", "publication_id"],
    dtype="str",
)
REPORTS = pd.DataFrame(
    [("P1", "S1"), ("P2", "S1"), ("P4", "S2")], columns=["publication_id", "study_id"], dtype="str"
)


def test_each_source_has_its_counts_and_shares():
    summary = summarise_search(RECORDS, REPORTS["publication_id"]).set_index("source")
    assert summary.loc["medline"].to_dict() == {
        "n_records": 4, "n_found": 3, "n_unique": 1, "n_included": 2, "n_included_unique": 1,
        "pct_sensitivity": 66.7, "pct_precision": 66.7, "ratio_to_read": 1.5,
    }  # fmt: skip
    assert summary.loc["hand", ["n_found", "n_unique", "n_included"]].tolist() == [2, 1, 2]
    assert summary.loc[""].to_dict() == {
        "n_records": 7, "n_found": 4, "n_unique": 2, "n_included": 3, "n_included_unique": 2,
        "pct_sensitivity": 100.0, "pct_precision": 75.0, "ratio_to_read": 1.3,
    }  # fmt: skip
    assert list(summary.index) == ["empty", "hand", "medline", ""]


def test_a_source_without_included_reports_has_no_number_to_read():
    empty = summarise_search(RECORDS, REPORTS["publication_id"]).set_index("source").loc["empty"]
    assert (empty["n_included"], empty["pct_sensitivity"], empty["pct_precision"]) == (0, 0, 0)
    assert pd.isna(empty["ratio_to_read"])


@pytest.mark.parametrize(
    ("records", "included"), [(RECORDS, []), (RECORDS.iloc[:0], []), (RECORDS.iloc[:0], ["P1"])]
)
def test_a_share_of_nothing_is_missing_and_not_nought(records, included):
    summary = summarise_search(records, pd.Series(included, dtype="str"))
    whole = summary.set_index("source").loc[""]
    assert whole["n_included"] == 0
    assert pd.isna(whole["pct_sensitivity"]) == (included == [])
    assert pd.isna(whole["pct_precision"]) == records.empty


def test_sensitivity_and_precision_are_those_published_for_embase():
    """Bramer et al. 2017, Systematic Reviews 6:245 (doi 10.1186/s13643-017-0644-y), table 4: Embase gave 85,521 results with
    1,500 of the 1,746 included references: recall 85.9 %, precision 1.8 %, number needed to read 57."""
    ids = [f"P{number}" for number in range(85_521 + 246)]
    records = pd.DataFrame({"record_id": ids, "publication_id": ids, "source": "others"}, dtype="str")
    records.loc[: 85_521 - 1, "source"] = "embase"
    included = pd.Series([*ids[:1_500], *ids[85_521:]])
    assert included.nunique() == 1_746
    embase = summarise_search(records, included).set_index("source").loc["embase"]
    assert (embase["n_found"], embase["n_included"]) == (85_521, 1_500)
    assert (embase["pct_sensitivity"], embase["pct_precision"], round(embase["ratio_to_read"])) == (
        85.9,
        1.8,
        57,
    )


def test_by_type_a_report_of_a_study_of_two_types_counts_in_both():
    of_type = pd.DataFrame(
        [("S1", "trial"), ("S1", "trial"), ("S2", "trial"), ("S2", "review"), ("S2", "not_reported")],
        columns=["study_id", "segment_code"],
        dtype="str",
    )
    counts = count_search_by_segment(RECORDS, REPORTS, of_type, ["review", "trial", "costing"])
    found = {(row.segment_code, row.source): (row.n_included, row.n_all) for row in counts.itertuples()}
    assert found == {
        ("review", "empty"): (0, 1), ("review", "hand"): (1, 1), ("review", "medline"): (0, 1),
        ("trial", "empty"): (0, 3), ("trial", "hand"): (2, 3), ("trial", "medline"): (2, 3),
        ("costing", "empty"): (0, 0), ("costing", "hand"): (0, 0), ("costing", "medline"): (0, 0),
    }  # fmt: skip
    assert counts["pct_sensitivity"].isna().sum() == 3


# The peer support map, from its raw files alone.

FORMS = {".ris": r"^ID {2}- (R\d+)", ".nbib": r"^OWN - (R\d+)", ".bib": r"^@\w+\{(R\d+)", ".csv": r"^(R\d+),"}


def raw(name):
    return pd.read_csv(ROOT / "data" / "raw" / f"{name}.csv", dtype="str", na_filter=False)


def test_the_peer_support_summary_is_that_of_its_raw_files():
    """Which record is in which file is read off the files; which publication it is stands in known_duplicates.csv."""
    held = [
        (path.stem, record)
        for path in sorted((ROOT / "data" / "raw" / "records").iterdir())
        if path.suffix in FORMS
        for record in re.findall(FORMS[path.suffix], path.read_text("utf-8"), re.MULTILINE)
    ]
    records = pd.DataFrame(held, columns=["source", "record_id"]).merge(
        raw("known_duplicates"), validate="1:1"
    )
    assert len(records) == 1704
    included = set(raw("reports")["publication_id"])
    holders = records.groupby("publication_id")["source"].nunique()
    expected = {}
    for source, mine in records.groupby("source"):
        found = set(mine["publication_id"])
        alone = {publication for publication in found if holders[publication] == 1}
        n = [len(mine), len(found), len(alone), len(found & included), len(alone & included)]
        expected[source] = [*n, round(100 * n[3] / len(included), 1), round(100 * n[3] / n[1], 1)]
    summary = load_evidence(ROOT).summarise_search().set_index("source")
    columns = [
        *("n_records", "n_found", "n_unique", "n_included", "n_included_unique"),
        "pct_sensitivity",
        "pct_precision",
    ]
    assert {source: summary.loc[source, columns].tolist() for source in expected} == expected
    assert summary.loc["", columns[:5]].tolist() == [1704, 713, 541, 182, 115]


# In words.


def summary(**changed) -> pd.DataFrame:
    names = {"medline": "MEDLINE", "hand": "By hand", "empty": "Empty", "": "All"}
    counts = summarise_search(RECORDS, REPORTS["publication_id"])
    return counts.assign(label=counts["source"].map(names), **changed)


def test_the_title_names_the_source_with_most_and_what_one_source_alone_had():
    assert messages.title_search(summary()) == (
        "By hand: 67% of the included reports, the most; 67% of the included were found by one source only"
    )
    assert messages.title_search(summary(n_included=0)) == "No report was included of 4 publications found"
    assert messages.title_search(summary().iloc[:0]).startswith(
        "These data do not hold how the reports were found"
    )


def test_the_note_says_what_sensitivity_does_not_say():
    assert "It is relative: what no source here has is not counted" in messages.SEARCH_NOTE


def test_by_type_the_largest_share_of_one_source_is_named():
    counts = pd.DataFrame(
        {"label": ["A", "B"], "segment_label": ["Trial", "Review"], "n_included": [1, 3], "n_all": [2, 4],
         "pct_sensitivity": [50.0, 75.0]}
    )  # fmt: skip
    assert messages.title_search_by_type(counts) == (
        "By type of evidence, a single source had at most 75% of the included reports: B, Review"
    )
    assert messages.title_search_by_type(counts.iloc[:0]).startswith("No source of the reports")
