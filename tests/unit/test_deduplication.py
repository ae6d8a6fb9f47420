"""Finding duplicates, settling doubts, lasting ids, merged fields."""

from __future__ import annotations

import subprocess
import sys
from itertools import combinations
from pathlib import Path

import pandas as pd
import pytest

from mapanalysis.analysis.matching import compare_titles, fold_doi, fold_words
from mapanalysis.analysis.records import (
    FIELDS,
    Linked,
    assign_publication_ids,
    check_decisions,
    find_duplicate_pairs,
    link_records,
    merge_publications,
)
from mapanalysis.errors import DataError
from mapanalysis.sources.records import read_records

RAW = Path(__file__).parents[2] / "data" / "raw"
TITLE = "Peer support for people leaving hospital after a mental health crisis"
ARTICLE = {
    "title": TITLE,
    "authors": "Ada Brown; Ben Clark",
    "year": "2020",
    "journal": "Journal of Peer Work",
    "volume": "12",
    "pages": "100-110",
}


def records_of(*rows: dict[str, str]) -> pd.DataFrame:
    """Records R1, R2 ...: what a row does not say is empty."""
    full = [
        dict.fromkeys(FIELDS, "") | {"record_id": f"R{number}"} | row for number, row in enumerate(rows, 1)
    ]
    return pd.DataFrame(full, columns=["record_id", *FIELDS]).astype("str")


def article(**changes: str) -> dict[str, str]:
    return ARTICLE | changes


def judge(*rows: dict[str, str]) -> dict[tuple[str, str], str]:
    pairs = find_duplicate_pairs(records_of(*rows))
    return {(pair.record_id_a, pair.record_id_b): pair.decision for pair in pairs.itertuples()}


def judge_two(one: dict[str, str], other: dict[str, str]) -> tuple[str, str]:
    """Decision and reason for two records; ("", "") when they are different."""
    pairs = find_duplicate_pairs(records_of(one, other))
    return ("", "") if pairs.empty else (pairs["decision"].iloc[0], pairs["reason"].iloc[0])


def decisions_of(*rows: tuple[str, str, str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["record_id_a", "record_id_b", "decision", "reason"]).astype("str")


def link(
    records: pd.DataFrame, *decisions: tuple[str, str, str, str], known: pd.DataFrame | None = None
) -> Linked:
    return link_records(records, find_duplicate_pairs(records), decisions_of(*decisions), known)


def publications_of(linked: Linked) -> list[set[str]]:
    return [set(ids) for _, ids in linked.records.groupby("publication_id", sort=False)["record_id"]]


# What is compared


@pytest.mark.parametrize(
    "text",
    [
        "10.1136/BMJ.a3064",
        "https://doi.org/10.1136/bmj.a3064",
        "http://dx.doi.org/10.1136%2Fbmj.a3064",
        "doi: 10.1136/bmj.a3064.",
        "10.1136/bmj.a3064/full?src=rss",
    ],
)
def test_a_doi_is_the_same_however_it_is_written(text: str) -> None:
    assert fold_doi(text) == "10.1136/bmj.a3064"


def test_what_is_no_doi_is_not_compared() -> None:
    assert fold_doi("10.1186-1471-2407-8-226") == ""


def test_titles_are_compared_without_case_accents_tags_and_hyphens() -> None:
    assert "".join(fold_words("A <i>Non-blinded</i> trial &amp; Caf\u00e9 study II")) == "".join(
        fold_words("a nonblinded TRIAL and cafe study 2")
    )


@pytest.mark.parametrize(
    ("one", "other", "relation"),
    [
        (
            "a randomised trial of peer counselling at home",
            "a randomized trial of peer counseling at home",
            "spelling",
        ),
        (
            "peer support for men with cancer of the colon",
            "peer support for women with cancer of the colon",
            "similar",
        ),
        ("maternal depression and support by peers", "paternal depression and support by peers", "similar"),
        ("peer support after stroke in adults", "peer support after stroke in adults a cohort", "part"),
        (
            "peer support after stroke in adults",
            "peer support after stroke in adults protocol",
            "part of another kind",
        ),
        ("peer support at home in 4 cities part 1", "peer support at home in 4 cities part 2", "different"),
        ("pilot trial of peer support after stroke", "trial of support by peers after stroke", "different"),
        ("", "peer support after stroke", "missing"),
    ],
)
def test_titles_are_told_apart_in_terms_of_the_field(one: str, other: str, relation: str) -> None:
    assert compare_titles(tuple(one.split()), tuple(other.split())).relation == relation


# Rules: shared identifiers


@pytest.mark.parametrize("field", ["doi", "pmid", "pmcid"])
def test_records_with_one_identifier_and_title_are_the_same(field: str) -> None:
    value = {"doi": "10.1000/x", "pmid": "123", "pmcid": "PMC123"}[field]
    decision, reason = judge_two({"title": "Peer work", field: value}, {"title": "Peer Work.", field: value})
    assert (decision, reason) == ("same", f"same {field.upper()} and title")


def test_abstracts_of_one_conference_supplement_are_different() -> None:
    one = {
        "title": "Peer support in prison",
        "authors": "Ada Brown",
        "doi": "10.1000/supplement",
        "pages": "S1",
    }
    other = {"title": "Coffee and sleep", "authors": "Cy Dunn", "doi": "10.1000/supplement", "pages": "S9"}
    assert judge_two(one, other) == ("", "")


def test_one_doi_with_different_titles_is_left_to_a_person() -> None:
    one = {"title": "Peer support in prison", "doi": "10.1000/supplement"}
    decision, reason = judge_two(one, {"title": "Coffee and sleep", "doi": "10.1000/supplement"})
    assert decision == "uncertain"
    assert "a conference supplement, or a wrong DOI?" in reason


@pytest.mark.parametrize(
    "other",
    [
        {"title": "Apoyo entre pares al salir del hospital", "language": "es"},
        {"title": "\u540c\u4f34\u652f\u6301\u4e0e\u51fa\u9662"},
        {"title": "[Support of peers when leaving the ward]"},
    ],
)
def test_a_title_in_another_language_under_one_doi_is_the_same(other: dict[str, str]) -> None:
    one = {"title": TITLE, "doi": "10.1000/x", "language": "en"}
    decision, reason = judge_two(one, {"doi": "10.1000/x"} | other)
    assert (decision, reason) == ("same", "same DOI; the title in another language")


def test_a_cochrane_review_has_one_doi_for_its_translations() -> None:
    doi = "10.1002/14651858.CD010880.pub2"
    other = {"title": "Potpora drugih bolesnika", "doi": doi, "language": "en"}
    assert judge_two({"title": TITLE, "doi": doi, "language": "en"}, other)[0] == "same"


def test_an_erratum_under_the_doi_of_its_article_is_left_to_a_person() -> None:
    assert judge_two(
        {"title": TITLE, "doi": "10.1000/x"}, {"title": f"Erratum: {TITLE}", "doi": "10.1000/x"}
    )[0] == ("uncertain")


def test_one_doi_and_two_pmids_are_left_to_a_person() -> None:
    decision, reason = judge_two(article(doi="10.1000/x", pmid="1"), article(doi="10.1000/x", pmid="2"))
    assert decision == "uncertain"
    assert reason.endswith("volume and first page; but different PMID 1 / 2")


def test_a_record_without_title_is_not_joined_by_its_doi_alone() -> None:
    one = {"doi": "10.1000/x", "title": TITLE, "language": "en"}
    decision, reason = judge_two(one, {"doi": "10.1000/x", "language": "es"})
    assert decision == "uncertain"
    assert reason.startswith("no title to compare; same DOI")


def test_records_that_say_nothing_are_no_duplicates() -> None:
    assert judge({}, {}, {"authors": "Ada Brown"}) == {}


# Rules: titles


def test_a_specific_title_is_enough_when_nothing_speaks_against_it() -> None:
    assert judge_two({"title": TITLE}, {"title": TITLE.upper(), "year": "2020"}) == (
        "same",
        "same title; nothing speaks against it",
    )


def test_a_title_that_many_may_have_is_not_enough() -> None:
    decision, reason = judge_two({"title": "Peer support"}, {"title": "Peer support"})
    assert decision == "uncertain"
    assert "a title that many may have" in reason


@pytest.mark.parametrize("fields", [["authors", "year"], ["volume", "pages"]])
def test_a_title_that_many_may_have_is_confirmed_by_author_and_year_or_by_place(fields: list[str]) -> None:
    row = {"title": "Peer support"} | {field: ARTICLE[field] for field in fields}
    assert judge_two(row, row)[0] == "same"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"year": "2023", "pages": ""}, "different year 2020 / 2023"),
        ({"authors": "Eve Ford; Gus Hill"}, "different first author"),
        ({"volume": "13", "pages": ""}, "different volume 12 / 13"),
        ({"journal": "Psychiatry Today", "pages": "7-9"}, "different first page 100 / 7"),
    ],
)
def test_the_same_title_is_doubted_where_something_contradicts(changes: dict[str, str], said: str) -> None:
    decision, reason = judge_two(article(), article(**changes))
    assert decision == "uncertain"
    assert reason.endswith(f"; but {said}")


def test_online_first_and_in_print_a_year_later_are_the_same() -> None:
    assert judge_two(article(year="2019", volume="", pages=""), article())[0] == "same"


def test_a_conference_abstract_and_its_paper_are_not_the_same() -> None:
    abstract = article(year="2019", journal="Psychiatry Today", volume="", pages="")
    decision, reason = judge_two(abstract, article(volume="", pages=""))
    assert decision == "uncertain"
    assert "different journal" in reason


def test_a_letter_and_its_reply_on_one_page_are_not_the_same() -> None:
    assert judge_two(article(), article(authors="Eve Ford; Gus Hill"))[0] == "uncertain"


def test_names_of_one_journal_may_differ_within_the_year() -> None:
    other = article(journal="NIHR Library", volume="", pages="")
    assert judge_two(article(volume="", pages=""), other)[0] == "same"


def test_the_page_outweighs_the_number_of_a_supplement() -> None:
    assert judge_two(article(), article(volume="1"))[0] == "same"


def test_volume_and_page_outweigh_the_year_of_a_deposit() -> None:
    assert judge_two(article(), article(year="2023"))[0] == "same"


def test_an_article_number_may_stand_for_the_page_in_one_journal() -> None:
    assert judge_two(article(), article(pages="e2048"))[0] == "same"


def test_a_journal_that_moved_may_have_given_a_second_doi() -> None:
    assert judge_two(article(doi="10.1000/old"), article(doi="10.2000/new"))[0] == "same"


@pytest.mark.parametrize(
    ("dois", "said"),
    [
        (
            ("10.1002/14651858.CD001141.pub5", "10.1002/14651858.CD001141.pub6"),
            "versions of one Cochrane review",
        ),
        (("10.1101/2023.10.23", "10.1186/s12916-024"), "a preprint and its article?"),
    ],
)
def test_versions_of_one_work_are_left_to_a_person(dois: tuple[str, str], said: str) -> None:
    decision, reason = judge_two(article(doi=dois[0], volume=""), article(doi=dois[1], volume=""))
    assert decision == "uncertain"
    assert said in reason


@pytest.mark.parametrize(
    "ending", [" (Review)", " (PREVAIL)", " (LINK LA)", " (ClinicalTrials.gov NCT04649164)", " [2020]"]
)
def test_what_a_source_writes_after_a_title_does_not_count(ending: str) -> None:
    assert judge_two({"title": TITLE}, {"title": TITLE + ending})[0] == "same"


def test_the_number_of_a_part_does_count() -> None:
    assert judge_two({"title": f"{TITLE} (II)"}, {"title": f"{TITLE} (III)"})[0] != "same"


def test_a_title_that_differs_in_spelling_needs_author_year_and_journal() -> None:
    one = article(title=f"{TITLE}: a randomised trial", volume="", pages="")
    other = article(title=f"{TITLE}: a randomized trial", volume="", pages="")
    assert judge_two(one, other)[0] == "same"
    assert judge_two(one, other | {"journal": ""})[0] == "uncertain"


def test_a_title_without_its_subtitle_needs_author_year_and_journal() -> None:
    one, other = (
        article(volume="", pages=""),
        article(title=f"{TITLE}: a trial in Leeds", volume="", pages=""),
    )
    assert judge_two(one, other)[0] == "same"
    assert judge_two(one, other | {"authors": ""})[0] == "uncertain"


def test_two_abstracts_with_titles_alike_on_other_pages_of_a_journal_are_not_the_same() -> None:
    one, other = article(pages="S51"), article(title=f"The {TITLE}", pages="S52")
    assert judge_two(one, other)[0] == "uncertain"


def test_a_protocol_and_its_results_are_different() -> None:
    one = article(title="Peer support after hospital: a randomised controlled trial", pages="")
    assert judge_two(one, one | {"title": "Peer support after hospital: protocol of a controlled trial"}) == (
        "",
        "",
    )


def test_two_titles_in_one_place_by_one_author_are_left_to_a_person() -> None:
    assert judge_two(article(), article(title="What peers do on the day of discharge"))[0] == "uncertain"


# Rules: the whole


def test_a_title_of_two_publications_does_not_name_either() -> None:
    judged = judge({"title": TITLE, "year": "2016"}, {"title": TITLE, "year": "2023"}, {"title": TITLE})
    assert set(judged.values()) == {"uncertain"}


def test_a_title_of_two_publications_names_one_with_the_very_year() -> None:
    years = ("2016", "2023", "2016", "2022")
    judged = judge(*({"title": TITLE, "year": year} for year in years))
    assert [pair for pair, decision in judged.items() if decision == "same"] == [("R1", "R3")]


def test_a_record_does_not_join_two_that_have_different_dois() -> None:
    row = article(volume="", pages="")
    judged = judge(
        row | {"title": f"{TITLE}: a trial", "doi": "10.1000/a"},
        row,
        row | {"title": f"{TITLE}: views of staff", "doi": "10.1000/b"},
    )
    assert judged == {("R1", "R2"): "uncertain", ("R2", "R3"): "uncertain"}


def test_an_identifier_chain_does_not_join_two_pmids() -> None:
    judged = judge(
        article(doi="10.1000/x", pmid="1"), article(doi="10.1000/x"), article(doi="10.1000/x", pmid="2")
    )
    assert "same" not in judged.values()


def test_who_contradicts_most_others_is_doubted_and_the_others_stay_joined() -> None:
    rows = [article(), article(), article(), article(authors=""), article(authors="Jay Hall")]
    judged = judge(*rows)
    same = {pair for pair, decision in judged.items() if decision == "same"}
    assert same == set(combinations(["R1", "R2", "R3", "R4"], 2))
    assert judged["R4", "R5"] == "uncertain"


def test_the_reason_of_a_doubt_about_the_whole_names_the_contradiction() -> None:
    pairs = find_duplicate_pairs(records_of(article(), article(authors=""), article(authors="Jay Hall")))
    reason = pairs.set_index(["record_id_a", "record_id_b"]).loc[("R1", "R2"), "reason"]
    assert reason == (
        "same title, volume and first page; but records joined with them contradict each other: "
        "different first author"
    )


def test_pairs_do_not_depend_on_the_order_of_records(bundled: pd.DataFrame) -> None:
    some = bundled.iloc[:900]
    forwards, backwards = find_duplicate_pairs(some), find_duplicate_pairs(some.iloc[::-1])
    as_sets = [
        {(frozenset((pair.record_id_a, pair.record_id_b)), pair.decision) for pair in pairs.itertuples()}
        for pairs in (forwards, backwards)
    ]
    assert as_sets[0] == as_sets[1]


def test_no_records_give_no_pairs_and_no_publications() -> None:
    records = records_of()
    linked = link_records(records, find_duplicate_pairs(records))
    publications, publication_fields = merge_publications(linked.records)
    assert [len(frame) for frame in (linked.pairs, linked.uncertain, publications, publication_fields)] == [
        0
    ] * 4


def test_finding_duplicates_prints_nothing_and_loads_no_network_library() -> None:
    code = (
        "import pandas, sys; from mapanalysis.analysis.matching import find_duplicate_pairs, Key;"
        "row = dict.fromkeys(['record_id', 'title', 'authors', 'year', 'journal', 'volume', 'pages', 'doi', 'pmid',"
        " 'pmcid', 'language'], 'x'); find_duplicate_pairs(pandas.DataFrame([row, row | {'record_id': 'y'}]));"
        "sys.exit('requests' in sys.modules or 'urllib3' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


# Decisions of people


def test_all_problems_of_a_decisions_file_are_told_at_once() -> None:
    records = records_of(article(), article(), article())
    decisions = decisions_of(
        ("R1", "R2", "sane", "typed in haste"),
        ("R1", "R10", "same", "an id that is gone"),
        ("R2", "R2", "same", "one slip"),
        ("R2", "R3", "different", "  "),
    )
    with pytest.raises(DataError) as caught:
        check_decisions(decisions, records)
    said = [str(problem) for problem in caught.value.problems]
    assert said == [
        "duplicate_decisions.csv, row 2, column decision: is neither `same` nor `different`. Found: 'sane'. "
        "Nearest valid: same. Write one of the two.",
        "duplicate_decisions.csv, row 3, column record_id_b: is no record. Found: 'R10'. Nearest valid: R1. "
        "Correct the id, or remove the row.",
        "duplicate_decisions.csv, row 4, column record_id_b: compares a record with itself. Found: 'R2'. "
        "Remove the row.",
        "duplicate_decisions.csv, row 5, column reason: gives no reason. Say what the decision rests on.",
    ]


def test_a_pair_decided_both_ways_is_refused() -> None:
    decisions = decisions_of(("R1", "R2", "same", "title"), ("R2", "R1", "different", "year"))
    with pytest.raises(DataError, match=r"row 3: R1 and R2 are decided to be different, and to be the same"):
        check_decisions(decisions, records_of({}, {}))


def test_decisions_that_contradict_through_others_are_refused_with_the_chain() -> None:
    decisions = decisions_of(
        ("R1", "R2", "same", "x"), ("R1", "R3", "different", "x"), ("R2", "R3", "same", "x")
    )
    with pytest.raises(DataError, match=r"row 3: R1 and R3 .*: R1 and R2 \(row 2\); R2 and R3 \(row 4\)"):
        check_decisions(decisions, records_of({}, {}, {}))


def test_link_records_checks_the_decisions() -> None:
    with pytest.raises(DataError, match="is no record"):
        link(records_of({}), ("R1", "R9", "same", "x"))


def test_a_person_joins_what_the_rules_leave_open_or_do_not_see() -> None:
    records = records_of({"title": "Peer support"}, {"title": "Peer support"}, {"title": "Mahlke 2017"})
    linked = link(records, ("R1", "R2", "same", "one trial"), ("R3", "R1", "same", "cited so"))
    assert publications_of(linked) == [{"R1", "R2", "R3"}]
    assert linked.uncertain.empty
    assert list(linked.pairs["decided_by"]) == ["decision", "decision"]


def test_a_person_splits_what_the_rules_join() -> None:
    linked = link(records_of(article(), article()), ("R2", "R1", "different", "two editions"))
    assert publications_of(linked) == [{"R1"}, {"R2"}]
    assert linked.pairs.loc[0, ["decision", "decided_by", "reason"]].tolist() == [
        "different",
        "decision",
        "two editions",
    ]


def test_a_decision_keeps_the_evidence_of_the_rules() -> None:
    linked = link(records_of(article(), article()), ("R2", "R1", "different", "two editions"))
    assert linked.pairs.loc[0, "title_similarity"] == 100
    assert linked.pairs.loc[0, "agrees_on"] == "first author; year; journal; volume; first page"


def test_different_records_that_others_would_join_are_refused_with_the_chain() -> None:
    records = records_of(article(doi="10.1000/x"), article(doi="10.1000/x"), article())
    chain = r"R1 and R2 \(same DOI and title\); R2 and R3 \(same title, first author and year\)"
    with pytest.raises(
        DataError, match=rf"R1 and R3 are decided to be different, but others join them: {chain}"
    ):
        link(records, ("R1", "R3", "different", "two editions"))


def test_different_for_every_link_of_the_chain_splits() -> None:
    records = records_of(article(), article(), article())
    linked = link(records, ("R1", "R3", "different", "x"), ("R2", "R3", "different", "x"))
    assert publications_of(linked) == [{"R1", "R2"}, {"R3"}]


def test_an_open_pair_is_asked_once_for_each_step_that_could_join() -> None:
    records = records_of(*({"title": "Peer support"} for _ in range(4)))
    linked = link(records)
    assert len(linked.pairs) == 6
    assert len(linked.uncertain) == 3


def test_the_answer_different_brings_up_the_next_pair_of_the_group() -> None:
    records = records_of(*({"title": "Peer support"} for _ in range(3)))
    linked = link(records, ("R1", "R2", "different", "x"))
    assert list(zip(linked.uncertain["record_id_a"], linked.uncertain["record_id_b"], strict=True)) == [
        ("R1", "R3"),
        ("R2", "R3"),
    ]


def test_an_answer_counts_for_all_records_joined_with_either() -> None:
    title = {"title": "Peer support"}
    records = records_of(title | {"doi": "10.1000/a"}, title | {"doi": "10.1000/a"}, title)
    assert link(records, ("R2", "R3", "different", "x")).uncertain.empty


def test_open_pairs_carry_what_a_person_needs() -> None:
    linked = link(records_of({"title": "Peer support"}, {"title": "Peer Support."}))
    assert linked.uncertain.to_dict("records") == [
        {
            "record_id_a": "R1",
            "record_id_b": "R2",
            "reason": "same title; a title that many may have",
            "publication_id_a": "P0001",
            "publication_id_b": "P0002",
            "title_a": "Peer support",
            "title_b": "Peer Support.",
        }
    ]


def test_each_record_says_why_it_was_joined_by_the_strongest_reason() -> None:
    doi = {"doi": "10.1000/x"}
    records = records_of(
        article(), article(**doi), article(**doi), {"title": "Mahlke 2017"}, {"title": "Coffee"}
    )
    linked = link(records, ("R4", "R1", "same", "cited so"))
    assert list(linked.records["joined_because"]) == [
        "with R2: same title, first author and year",
        "with R3: same DOI and title",
        "with R2: same DOI and title",
        "with R1: decided: cited so",
        "",
    ]


# Ids that last


def clustered(*clusters: int) -> pd.DataFrame:
    ids = [f"R{number}" for number in range(1, len(clusters) + 1)]
    return pd.DataFrame({"record_id": ids, "cluster": clusters})


def known_of(**known: str) -> pd.DataFrame:
    return pd.DataFrame({"record_id": list(known), "publication_id": list(known.values())})


def test_without_an_earlier_edition_ids_follow_the_first_record() -> None:
    assert list(assign_publication_ids(clustered(7, 3, 7))["publication_id"]) == ["P0001", "P0002", "P0001"]


def test_known_ids_are_kept_and_new_ones_are_the_next_free() -> None:
    ids = assign_publication_ids(clustered(0, 1, 2, 1), known_of(R4="P0713", R3="P0002"))["publication_id"]
    assert list(ids) == ["P0714", "P0713", "P0002", "P0713"]


def test_ids_of_records_that_are_gone_stay_taken() -> None:
    assert list(assign_publication_ids(clustered(0), known_of(R9="P0005"))["publication_id"]) == ["P0006"]


def test_ids_in_the_words_of_the_team_are_kept() -> None:
    ids = assign_publication_ids(clustered(0, 1), known_of(R1="smith-2020"))["publication_id"]
    assert list(ids) == ["smith-2020", "P0001"]


def test_two_known_publications_in_one_are_refused_with_the_pair_to_settle() -> None:
    with pytest.raises(
        DataError, match=r"R1 and R2 are one publication now, and were P0001 and P0002.*`different`"
    ):
        assign_publication_ids(clustered(0, 0), known_of(R1="P0001", R2="P0002"))


def test_a_known_publication_in_two_is_refused_with_the_pair_to_settle() -> None:
    with pytest.raises(DataError, match=r"R1 and R3 were one publication \(P0001\), and are two now.*`same`"):
        assign_publication_ids(clustered(0, 0, 1), known_of(R1="P0001", R2="P0001", R3="P0001"))


def test_all_conflicts_with_an_earlier_edition_are_told_at_once() -> None:
    known = known_of(R1="P0001", R2="P0002", R3="P0003", R4="P0003")
    with pytest.raises(DataError) as caught:
        assign_publication_ids(clustered(0, 0, 1, 2), known)
    assert len(caught.value.problems) == 2


def test_a_record_known_under_two_ids_is_refused() -> None:
    known = pd.DataFrame({"record_id": ["R1", "R1"], "publication_id": ["P0001", "P0002"]})
    with pytest.raises(DataError, match=r"R1 belongs to more than one publication.*'P0001', 'P0002'"):
        assign_publication_ids(clustered(0), known)


# Merged fields


def merged(*rows: dict[str, str]) -> tuple[pd.Series, pd.DataFrame]:
    publications, fields = merge_publications(records_of(*rows).assign(publication_id="P0001"))
    assert len(publications) == 1
    return publications.iloc[0], fields


def test_no_value_is_lost_and_one_of_each_field_is_chosen() -> None:
    publication, fields = merged(
        {"title": "A", "year": "2020"}, {"title": "B", "doi": "10.1000/x"}, {"title": "B"}
    )
    assert publication["n_records"] == 3
    assert sorted(zip(fields["field"], fields["value"], fields["record_id"], strict=True)) == [
        ("doi", "10.1000/x", "R2"),
        ("title", "A", "R1"),
        ("title", "B", "R2"),
        ("title", "B", "R3"),
        ("year", "2020", "R1"),
    ]
    assert fields.groupby("field")["is_chosen"].sum().eq(1).all()
    assert (publication["doi"], publication["year"], publication["pmid"]) == ("10.1000/x", "2020", "")


def test_the_value_most_records_give_is_chosen_case_and_punctuation_aside() -> None:
    publication, _ = merged(*({"title": title} for title in ("Coffee", "PEERS", "Peers.", "Peers.")))
    assert publication["title"] == "Peers."


def test_among_equals_the_fuller_record_and_then_the_first_is_chosen() -> None:
    assert merged({"year": "2019"}, {"year": "2020", "doi": "10.1000/x"})[0]["year"] == "2020"
    assert merged({"year": "2019"}, {"year": "2020"})[0]["year"] == "2019"


def test_a_title_in_the_language_of_the_map_goes_before_translations() -> None:
    spanish = {"title": "Apoyo", "language": "es"}
    publication, _ = merged(spanish, spanish, {"title": "Support", "language": "eng"})
    assert (publication["title"], publication["language"]) == ("Support", "eng")


def test_publications_stand_in_the_order_of_their_ids() -> None:
    records = records_of({"title": "A"}, {}).assign(publication_id=["P0002", "P0001"])
    publications, _ = merge_publications(records)
    assert list(publications["publication_id"]) == ["P0001", "P0002"]
    assert list(publications["title"]) == ["", "A"]


# The bundled records


@pytest.fixture(scope="module")
def bundled() -> pd.DataFrame:
    files = sorted(
        path for path in (RAW / "records").iterdir() if path.suffix in (".ris", ".nbib", ".bib", ".csv")
    )
    return read_records(files, RAW).records


@pytest.fixture(scope="module")
def known() -> pd.DataFrame:
    return pd.read_csv(RAW / "known_duplicates.csv", dtype="str", na_filter=False)


@pytest.fixture(scope="module")
def decisions() -> pd.DataFrame:
    return pd.read_csv(RAW / "duplicate_decisions.csv", dtype="str", na_filter=False)


def pairs_within(records: pd.DataFrame, of: pd.Series) -> set[frozenset[str]]:
    groups = records["record_id"].groupby(of.to_numpy())
    return {frozenset(pair) for _, ids in groups for pair in combinations(ids, 2)}


def test_rules_alone_join_no_wrong_and_nine_of_ten_right_pairs(
    bundled: pd.DataFrame, known: pd.DataFrame
) -> None:
    linked = link_records(bundled, find_duplicate_pairs(bundled)).records
    found = pairs_within(bundled, linked["publication_id"])
    true = pairs_within(bundled, bundled.merge(known, on="record_id", validate="1:1")["publication_id"])
    assert len(found & true) / len(found) >= 0.995
    assert len(found & true) / len(true) >= 0.90


def test_with_the_decisions_the_publications_are_those_of_the_reference(
    bundled: pd.DataFrame, known: pd.DataFrame, decisions: pd.DataFrame
) -> None:
    linked = link_records(bundled, find_duplicate_pairs(bundled), decisions)
    reference = bundled.merge(known, on="record_id", validate="1:1")["publication_id"]
    assert linked.records["publication_id"].nunique() == 713
    assert pairs_within(bundled, linked.records["publication_id"]) == pairs_within(bundled, reference)
    assert linked.uncertain.empty


def test_the_ids_of_the_earlier_edition_are_kept(
    bundled: pd.DataFrame, known: pd.DataFrame, decisions: pd.DataFrame
) -> None:
    linked = link_records(bundled, find_duplicate_pairs(bundled), decisions, known).records
    assert (
        linked["publication_id"].to_list() == bundled.merge(known, on="record_id")["publication_id"].to_list()
    )


def test_no_decision_of_the_bundled_file_is_superfluous(
    bundled: pd.DataFrame, decisions: pd.DataFrame
) -> None:
    pairs = find_duplicate_pairs(bundled)
    n_rules_only = link_records(bundled, pairs).records["publication_id"].nunique()
    n_same = int((decisions["decision"] == "same").sum())
    assert n_rules_only - n_same == 713


def test_merging_the_bundled_records_keeps_every_value(bundled: pd.DataFrame, known: pd.DataFrame) -> None:
    publications, fields = merge_publications(bundled.merge(known, on="record_id", validate="1:1"))
    assert len(fields) == int((bundled[FIELDS] != "").to_numpy().sum())
    chosen = fields[fields["is_chosen"]]
    assert len(chosen) == int((publications[FIELDS] != "").to_numpy().sum())
    assert int(publications["n_records"].sum()) == len(bundled)
