"""Countries, their parts, and what is there from home."""

from __future__ import annotations

import pandas as pd
import pytest
import yaml
from small_tables import codebook, codings, included

from mapanalysis.analysis import places
from mapanalysis.analysis.places import choose_viewpoint, count_countries, find_countries, place_studies
from mapanalysis.codebook import Codebook, parse_codebook
from mapanalysis.errors import UsageError
from mapanalysis.sources.world import read_world

COUNTRIES = read_world().countries
BOOK = codebook(
    need="A B C not_reported",
    other="X",
    kind="review trial",
    where="europe(GB(GB-ENG GB-SCT) IE MT) US(GE) NA HK several not_reported",
)
TABLE = """
study | need  | kind   | where
------+-------+--------+---------------
S1    | A     | trial  | GB-ENG GB-SCT
S2    | A B   | trial  | GB US
S3    | B     | trial  | US IE
S4    | A     | trial  | GE
S5    | A     | review | several
S6    |       | review | not_reported
S7    | A     | trial  | NA
S8    | A     | trial  |
"""


def counted(table: str = TABLE, book: Codebook = BOOK) -> pd.DataFrame:
    return count_countries(codings(table), book, included(table), "where", "kind", COUNTRIES).set_index(
        "code"
    )


def parts(table: str = TABLE) -> dict[str, int]:
    found = places.count_parts(codings(table), BOOK, included(table), "where", "kind", COUNTRIES)
    return dict(zip(found["country"] + " " + found["code"], found["n_studies"], strict=True))


def view(home: str = "GB", similar: str = "IE") -> places.Viewpoint:
    return choose_viewpoint(BOOK.dimension("where"), COUNTRIES, home, similar)


def placed(home: str = "GB", similar: str = "IE", table: str = TABLE) -> dict[str, str]:
    frame = place_studies(codings(table), "where", view(home, similar))
    return dict(zip(frame["study_id"], frame["place"], strict=True))


def by_need(home: str = "GB", similar: str = "IE", table: str = TABLE) -> pd.DataFrame:
    viewpoint = view(home, similar)
    return places.count_places(codings(table), BOOK, included(table), "where", "need", viewpoint).set_index(
        "code"
    )


def book_of(*codes: dict[str, object]) -> Codebook:
    raw = {"title": "T", "question": "Q?", "dimensions": [{"id": "where", "label": "Where", "role": "filter", "codes": list(codes)}]}  # fmt: skip
    return parse_codebook(yaml.safe_dump(raw).encode())


# --- which country a code is ---


def test_the_outermost_code_decides_which_country_it_is():
    country_of = find_countries(BOOK.dimension("where"), COUNTRIES)
    assert country_of[["europe", "GB", "GB-ENG", "GE", "several"]].to_dict() == {
        "europe": "", "GB": "GB", "GB-ENG": "GB", "GE": "US", "several": "",
    }  # fmt: skip


def test_a_country_is_known_by_code_or_by_name_and_by_nothing_less():
    book = book_of(
        {"id": "GBR", "label": "Britain"},
        {"id": "c1", "label": "South Korea"},
        {"id": "c2", "label": "Holland"},
        {"id": "ie", "label": "Eire"},
        {"id": "NA", "label": "Namibia"},
        {"id": "XK", "label": "Kosovo"},
    )
    found = find_countries(book.dimension("where"), COUNTRIES).to_dict()
    assert found == {"GBR": "GB", "c1": "KR", "c2": "", "ie": "", "NA": "NA", "XK": "XK"}


# --- studies per country ---


def test_a_study_of_several_countries_counts_once_in_each():
    assert counted().loc[["GB", "US", "IE"], "n_studies"].to_dict() == {"GB": 2, "US": 3, "IE": 1}
    assert set(counted()["n_coded"]) == {7}  # S8 has no code for where


def test_a_study_in_two_parts_of_a_country_counts_there_once():
    assert parts() == {"GB GB-ENG": 1, "GB GB-SCT": 1, "US GE": 1}
    assert counted("study | kind | where\nS1 | trial | GB-ENG GB-SCT").loc["GB", "n_studies"] == 1


def test_a_codebook_without_parts_of_countries_has_none():
    book = codebook(need="A", other="X", kind="review trial", where="GB US not_reported")
    table = "study | kind | where\nS1 | trial | GB"
    found = places.count_parts(codings(table), book, included(table), "where", "kind", COUNTRIES)
    assert found.empty
    assert list(found) == ["country", "country_label", "code", "label", "n_studies"]


def test_a_rate_is_studies_per_ten_million_people():
    row = counted().loc["IE"]
    assert (row["population"], row["population_year"]) == (4_941_444, 2019)
    assert row["n_per_10_million"] == pytest.approx(10_000_000 / 4_941_444, abs=0.005)


def test_what_names_no_country_is_listed_and_has_no_rate():
    frame = counted()
    assert frame.loc[["several", "not_reported"], "n_studies"].tolist() == [1, 1]
    assert not frame.loc[["several", "not_reported"], "is_country"].any()
    assert frame.loc[["several", "not_reported"], "n_per_10_million"].isna().all()
    assert "europe" not in frame.index  # a group that no study has for itself


def test_a_country_that_nobody_coded_is_a_row_of_none_and_one_that_cannot_be_coded_is_no_row():
    assert counted().loc["HK", "n_studies"] == 0
    assert "FR" not in counted().index


def test_a_place_without_a_figure_has_no_rate():
    book = codebook(need="A", other="X", kind="review trial", where="AX AQ GB")
    frame = counted("study | kind | where\nS1 | trial | AX AQ GB", book)
    assert frame["n_per_10_million"].isna().to_dict() == {"AX": True, "AQ": True, "GB": False}


def test_small_places_are_known_to_have_no_shape():
    assert counted()["is_on_map"][["GB", "NA", "HK", "MT", "several"]].tolist() == [
        True,
        True,
        False,
        False,
        False,
    ]


def test_without_any_study_there_are_all_countries_and_no_rate_but_nought():
    frame = counted("study | kind | where")
    assert set(frame["n_studies"]) == {0}
    assert frame.loc["GB", "n_per_10_million"] == 0


# --- home, similar, elsewhere ---


def test_a_study_of_several_countries_stands_in_one_place_home_first():
    assert placed() == {
        "S1": "home", "S2": "home", "S3": "similar", "S4": "elsewhere", "S5": "not_reported", "S6": "not_reported",
        "S7": "elsewhere",
    }  # fmt: skip


def test_places_add_up_to_the_studies_of_each_code():
    frame = by_need()
    assert frame.loc["A", ["n_studies", "n_home", "n_similar", "n_elsewhere", "n_not_reported"]].tolist() == [
        5,
        2,
        0,
        2,
        1,
    ]
    assert frame.loc["B", ["n_studies", "n_home", "n_similar"]].tolist() == [2, 1, 1]
    assert frame.loc["C", "n_studies"] == 0
    names = ["n_home", "n_similar", "n_elsewhere", "n_not_reported"]
    assert (frame[names].sum(axis=1) == frame["n_studies"]).all()
    assert set(frame["n_coded"]) == {6}  # S6 has no need, S8 no country


def test_home_can_be_a_part_of_a_country_and_the_rest_of_it_similar():
    viewpoint = view("GB-SCT", "GB")
    assert viewpoint.home == "Code GB-SCT"
    assert {code: viewpoint.place_of[code] for code in ("GB", "GB-ENG", "GB-SCT")} == {
        "GB": "similar", "GB-ENG": "similar", "GB-SCT": "home",
    }  # fmt: skip


def test_a_similar_country_that_is_home_is_home_and_named_once():
    viewpoint = view("IE", "IE, GB")
    assert viewpoint.similar == ("Code GB",)
    assert viewpoint.place_of["IE"] == "home"


def test_without_similar_countries_there_is_no_such_place():
    assert list(view("GB", "").labels) == ["home", "elsewhere", "not_reported"]
    assert placed(similar="")["S3"] == "elsewhere"


def test_a_similar_country_that_the_codebook_does_not_have_is_named():
    assert view("GB", "IE NO").not_in_codebook == ("Norway",)


def test_a_home_without_any_study_is_allowed():
    assert set(by_need("HK", "")["n_home"]) == {0}


def test_a_home_that_is_no_country_is_refused_with_the_nearest():
    with pytest.raises(
        UsageError,
        match=r"home_country names 'UK', which is no country. Nearest valid: GB \(United Kingdom\)",
    ):
        view("UK")
    with pytest.raises(UsageError, match=r"'gb', which is no country. Nearest valid: GB"):
        view("gb")
    with pytest.raises(UsageError, match=r"'Namibi', which is no country. Nearest valid: NA \(Namibia\)"):
        view("Namibi")
    with pytest.raises(UsageError, match="'not_reported', which is no country"):
        view("not_reported")


def test_a_home_that_the_codebook_has_no_code_for_is_refused():
    with pytest.raises(
        UsageError, match=r"home_country is 'FR', for which the dimension where .* has no code. .*GB, GB-ENG"
    ):
        view("FR")


def test_all_that_is_wrong_with_home_and_similar_is_said_at_once():
    with pytest.raises(UsageError) as caught:
        view("Atlantis", "IE, Lemuria; XX")
    assert [problem.what.split("'")[1] for problem in caught.value.problems] == ["Atlantis", "Lemuria", "XX"]


def test_studies_from_home_are_listed_newest_first_with_their_codes():
    studies = pd.DataFrame(
        {
            "study_id": ["S1", "S2", "S3"],
            "label": ["One", "Two", "Three"],
            "year": pd.array([2019, 2021, 2022], dtype="Int64"),
            "title": ["a", "b", "c"],
        }
    )
    listed = places.list_home_studies(studies, codings(TABLE), BOOK, "where", view(), ["need"])
    assert listed["study_id"].tolist() == ["S2", "S1"]
    assert listed["need"].tolist() == ["Code A; Code B", "Code A"]
