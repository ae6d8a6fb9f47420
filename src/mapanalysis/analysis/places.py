"""Where the evidence is from: studies per country, and what is there from one country, from similar ones, from elsewhere.

A code of the country dimension stands for a country when it, or a code above it, is the alpha-2 or alpha-3 code of
ISO 3166-1 or has the name of a country as its label; the outermost code decides, so that GB-ENG below GB is part of GB.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import pandas as pd

from mapanalysis.analysis.nature import list_codes
from mapanalysis.analysis.volume import count_by_code
from mapanalysis.codebook import NOT_REPORTED, Code, Codebook, Dimension
from mapanalysis.errors import Problems, UsageError, nearest_of

HOME, SIMILAR, ELSEWHERE = "home", "similar", "elsewhere"
PLACES = (HOME, SIMILAR, ELSEWHERE, NOT_REPORTED)
PEOPLE = 10_000_000  # studies are given per so many
COUNTRY, PLACE = "(country)", "(place)"  # dimensions made here; no codebook calls one so


@dataclass(frozen=True)
class Viewpoint:
    """Where the reader is: `home` and the countries `similar` to it, as labels; `not_in_codebook`: those of the
    similar countries that the codebook has no code for. `place_of`: each code of the dimension with its place.
    """

    home: str
    similar: tuple[str, ...]
    not_in_codebook: tuple[str, ...]
    place_of: dict[str, str]

    @property
    def labels(self) -> dict[str, str]:
        """The places with what they are called; without similar countries there is no such place."""
        called = {
            HOME: f"Home: {self.home}",
            SIMILAR: "Similar systems",
            ELSEWHERE: "Elsewhere",
            NOT_REPORTED: "Country not reported",
        }
        return {place: label for place, label in called.items() if place != SIMILAR or self.similar}


def find_countries(dimension: Dimension, countries: pd.DataFrame) -> pd.Series:
    """The country (alpha-2) that each code of `dimension` stands for or is part of, in its order; "" for none.

    `countries`: as `World.countries`.
    """
    by_id, by_name = _index_countries(countries)
    found: dict[str, str] = {}
    for row in dimension.tree.itertuples(index=False):
        own = by_id.get(row.code) or by_name.get(row.label.casefold().strip(), "")
        found[row.code] = found.get(row.parent) or own
    return pd.Series(found, dtype="str")


def _index_countries(countries: pd.DataFrame) -> tuple[dict[str, str], dict[str, str]]:
    """Country by alpha-2 or alpha-3 code, and by name in small letters."""
    by_id = dict(zip(countries["alpha_3"], countries["code"], strict=True))
    by_id |= {code: code for code in countries["code"]}
    names = countries["name"] + "; " + countries["other_names"]
    by_name = {
        name.casefold(): code
        for code, every in zip(countries["code"], names, strict=True)
        for name in every.split("; ")
        if name
    }
    return by_id, by_name


def count_countries(
    codings: pd.DataFrame,
    codebook: Codebook,
    study_ids: pd.Series,
    dimension: str,
    segment: str,
    countries: pd.DataFrame,
) -> pd.DataFrame:
    """Studies per country; a study of several countries counts once in each.

    One row per country that the codebook has a code for, and per code that names no country, such as "not reported":
    code (alpha-2, or that code), label, is_country, is_on_map, n_studies, n_coded (studies with any code on the
    dimension), population (people), population_year, population_source, n_per_10_million (studies per 10 million
    people; missing where the population is not known).
    """
    own, facts = (
        codebook.dimension(dimension),
        ["is_on_map", "population", "population_year", "population_source"],
    )
    country_of = find_countries(own, countries)
    target = country_of.where(country_of != "", pd.Series(country_of.index, index=country_of.index))
    names = dict(zip(countries["code"], countries["name"], strict=True))
    labels = {code: own.label_of(code) if code in own.tree.index else names[code] for code in target}
    mine = codings[codings["dimension"] == dimension]
    rows = mine.assign(code=mine["code"].map(target).astype("str"))
    coded, book = _with_dimension(codings, codebook, rows, COUNTRY, own.label, labels)
    counts = count_by_code(coded, book, study_ids, COUNTRY, segment).query("segment_code == ''")
    counts = counts.assign(is_country=counts["code"].isin(country_of))
    # A group such as a continent, which no study has for itself, is no row.
    counts = counts[counts["is_country"] | (counts["n_studies"] > 0) | (counts["code"] == NOT_REPORTED)]
    table = counts[["code", "label", "is_country", "n_studies", "n_coded"]].merge(
        countries[["code", *facts]], on="code", how="left", validate="one_to_one"
    )
    rate = (table["n_studies"] * PEOPLE / table["population"]).astype("Float64").round(2)
    return table.assign(
        is_on_map=table["code"].isin(countries.loc[countries["is_on_map"], "code"]),
        population_source=table["population_source"].fillna("").astype("str"),
        n_per_10_million=rate,
    )


def _with_dimension(
    codings: pd.DataFrame,
    codebook: Codebook,
    rows: pd.DataFrame,
    dimension: str,
    label: str,
    labels: dict[str, str],
) -> tuple[pd.DataFrame, Codebook]:
    """Codings and codebook with one dimension more: `rows` (study_id, finding_id, code), whose codes are `labels`."""
    columns = ["study_id", "finding_id", "dimension", "code"]
    codes = tuple(Code(id=code, label=text) for code, text in labels.items())
    new = Dimension(id=dimension, label=label, role="filter", codes=codes)
    book = Codebook(
        title=codebook.title,
        question=codebook.question,
        dimensions=(*codebook.dimensions, new),
        outside_scope=codebook.outside_scope,
    )
    return pd.concat([codings[columns], rows.assign(dimension=dimension)[columns]], ignore_index=True), book


def count_parts(
    codings: pd.DataFrame,
    codebook: Codebook,
    study_ids: pd.Series,
    dimension: str,
    segment: str,
    countries: pd.DataFrame,
) -> pd.DataFrame:
    """Studies per part of a country, such as England below the United Kingdom; no rows where the codebook has none.

    One row per code below a country's, in the order of the codebook: country, country_label, code, label, n_studies.
    """
    own = codebook.dimension(dimension)
    tree, country_of = own.tree, find_countries(own, countries)
    is_part = country_of.ne("") & country_of.eq(tree["parent"].map(country_of))
    counts = count_by_code(codings, codebook, study_ids, dimension, segment).query("segment_code == ''")
    parts = counts[counts["code"].isin(tree.index[is_part])].reset_index(drop=True)
    outermost = tree.index[country_of.ne("") & ~is_part]
    label_of = {country_of[code]: own.label_of(code) for code in reversed(outermost)}
    country = parts["code"].map(country_of).astype("str")
    return parts.assign(country=country, country_label=country.map(label_of).astype("str"))[
        ["country", "country_label", "code", "label", "n_studies"]
    ]


def choose_viewpoint(
    dimension: Dimension, countries: pd.DataFrame, home_country: str, similar_countries: str
) -> Viewpoint:
    """Where the reader is: `home_country` and `similar_countries` (separated by commas or spaces), each an alpha-2 or
    alpha-3 code of ISO 3166-1, or a code of the dimension, such as GB-ENG.

    A similar country that is home too is home. Raises UsageError, with all that is wrong: what is no country, and a
    home that the codebook has no code for.
    """
    problems = Problems()
    country_of = find_countries(dimension, countries)
    home = _find_codes(problems, "home_country", home_country.strip(), dimension, countries)
    if home is not None and not home.codes:
        _say_not_in_codebook(problems, dimension, home_country, country_of)
    words = dict.fromkeys(re.findall(r"[^,;\s]+", similar_countries))
    similar = [_find_codes(problems, "similar_countries", word, dimension, countries) for word in words]
    problems.raise_if_any(UsageError)
    assert home is not None  # otherwise its problem was raised
    others = [one for one in similar if one is not None and one.label != home.label]
    places = {code: ELSEWHERE if country else NOT_REPORTED for code, country in country_of.items()}
    for codes, place in [*((one.codes, SIMILAR) for one in others), (home.codes, HOME)]:
        places |= dict.fromkeys(codes, place)
    return Viewpoint(
        home=home.label,
        similar=tuple(one.label for one in others),
        not_in_codebook=tuple(one.label for one in others if not one.codes),
        place_of={str(code): place for code, place in places.items()},
    )


@dataclass(frozen=True)
class _Country:
    """A country that a parameter names, and the codes of the dimension that stand for it or its parts."""

    label: str
    codes: tuple[str, ...]


def _find_codes(
    problems: Problems, parameter: str, word: str, dimension: Dimension, countries: pd.DataFrame
) -> _Country | None:
    """The country that `word` names; None, with a problem, when it names none."""
    by_id, _ = _index_countries(countries)
    country_of = find_countries(dimension, countries)
    if country_of.get(word):
        ancestor = dimension.at_level(int(dimension.tree.at[word, "level"]))
        return _Country(dimension.label_of(word), tuple(ancestor.index[ancestor == word]))
    if word in by_id:
        codes = tuple(country_of.index[country_of == by_id[word]])
        name = countries.set_index("code").at[by_id[word], "name"]
        return _Country(dimension.label_of(codes[0]) if codes else str(name), codes)
    _say_no_country(problems, parameter, word, countries)
    return None


def _say_no_country(problems: Problems, parameter: str, word: str, countries: pd.DataFrame) -> None:
    _, by_name = _index_countries(countries)
    name = nearest_of(word.casefold(), by_name)
    near = by_name.get(name) or nearest_of(word, countries["code"])
    label = dict(zip(countries["code"], countries["name"], strict=True)).get(near, "")
    problems.add(
        f"the parameter {parameter} names {word!r}, which is no country",
        nearest=f"{near} ({label})" if near else "",
        todo="Set it in params.yaml to codes of two letters of ISO 3166-1, such as GB, or to codes of your codebook.",
    )


def _say_not_in_codebook(problems: Problems, dimension: Dimension, word: str, country_of: pd.Series) -> None:
    known = [str(code) for code in country_of.index[country_of != ""]]
    problems.add(
        f"the parameter home_country is {word!r}, for which the dimension {dimension.id} of the codebook has no code",
        nearest=nearest_of(word, known),
        todo=f"Set it in params.yaml to a country of the codebook ({', '.join(known[:12])}{' …' * (len(known) > 12)}), "
        "or add the code to codebook.yaml.",
    )


def place_studies(codings: pd.DataFrame, dimension: str, viewpoint: Viewpoint) -> pd.DataFrame:
    """One row per study with a code on the dimension: study_id, place (`PLACES`).

    A study of several countries stands in one place: home before similar before elsewhere. Codes that name no country
    count as not reported.
    """
    mine = codings.loc[codings["dimension"] == dimension, ["study_id", "code"]]
    rank = mine["code"].map(viewpoint.place_of).map({place: n for n, place in enumerate(PLACES)})
    best = rank.groupby(mine["study_id"], sort=True).min()
    return pd.DataFrame(
        {"study_id": best.index.astype("str"), "place": [PLACES[int(n)] for n in best]}, dtype="str"
    )


def count_places(
    codings: pd.DataFrame,
    codebook: Codebook,
    study_ids: pd.Series,
    dimension: str,
    by: str,
    viewpoint: Viewpoint,
    *,
    level: int | None = None,
) -> pd.DataFrame:
    """Studies per code of the dimension `by` and place; a study stands in one place, see `place_studies`.

    One row per code: code, label, group, group_label, n_studies, n_coded (studies with a code on both dimensions), n_home, n_similar,
    n_elsewhere, n_not_reported, which add up to n_studies. `level` is that of `by`.
    """
    rows = (
        place_studies(codings, dimension, viewpoint).rename(columns={"place": "code"}).assign(finding_id="")
    )
    labels = {place: viewpoint.labels.get(place, place) for place in PLACES}
    coded, book = _with_dimension(codings, codebook, rows, PLACE, "Place", labels)
    counts = count_by_code(coded, book, study_ids, by, PLACE, level)
    wide = counts.query("segment_code == ''")[
        ["code", "label", "group", "group_label", "n_studies", "n_coded"]
    ]
    for place in PLACES:
        own = counts[counts["segment_code"] == place].set_index("code")["n_studies"]
        wide = wide.assign(**{f"n_{place}": own.reindex(wide["code"]).to_numpy()})
    return wide.reset_index(drop=True)


def list_home_studies(
    studies: pd.DataFrame,
    codings: pd.DataFrame,
    codebook: Codebook,
    dimension: str,
    viewpoint: Viewpoint,
    listed: list[str],
) -> pd.DataFrame:
    """The studies from home with their codes on the dimensions `listed`, newest first: study_id, label, year, title, …"""
    placed = place_studies(codings, dimension, viewpoint)
    home = studies[studies["study_id"].isin(placed.loc[placed["place"] == HOME, "study_id"])]
    home = home[["study_id", "label", "year", "title"]].merge(
        list_codes(codings, codebook, listed), on="study_id", how="left", validate="one_to_one"
    )
    return home.sort_values(["year", "label"], ascending=[False, True], ignore_index=True)
