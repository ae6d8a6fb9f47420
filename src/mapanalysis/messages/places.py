"""Where the evidence is from, in words."""

from __future__ import annotations

import pandas as pd

from mapanalysis.analysis.places import HOME, SIMILAR, Viewpoint
from mapanalysis.codebook import NOT_REPORTED
from mapanalysis.messages.words import Words, count, join, several_codes

FEWEST_PEOPLE = 1_000_000  # in a smaller country one study makes a high rate; it stays in the table
MOST_RATES = 25
NO_COUNTRIES = (
    "This map has no dimension for countries (country_dimension is empty): there is nothing to say on places."
)
NO_HOME = "No home country is chosen (home_country is empty): nothing is said on what is there from home."
BORDERS = "Shapes: Natural Earth 5.1; they say nothing on the status of a place."
COUNTRY_COLUMNS = {
    "label": "Country",
    "n_studies": "Studies",
    "rate": "Per 10 million people",
    "population": "Population",
    "population_year": "Of",
    "population_source": "Source",
}
PART_COLUMNS = {"country_label": "Country", "label": "Part", "n_studies": "Studies"}


def drawn_rates(counts: pd.DataFrame) -> pd.DataFrame:
    """The rows of `places.count_countries` that `figures.plot_rates` draws: countries with a study, a known population
    and a million people or more; the 25 with most studies per 10 million people, highest first.
    """
    known = counts[(counts["n_studies"] > 0) & (counts["population"] >= FEWEST_PEOPLE).fillna(False)]
    return known.sort_values(["n_per_10_million", "label"], ascending=[False, True]).head(MOST_RATES)


def say_rate(value: float) -> str:
    """A rate without false precision: "2.5", and "0.01" where one decimal would be none."""
    return f"{value:.1f}" if value >= 0.1 else f"{value:.2f}"


def rank_countries(counts: pd.DataFrame) -> pd.DataFrame:
    """The rows of `places.count_countries` with a study, most studies first and what names no country last, with `rate`:
    studies per 10 million people for reading.
    """
    used = counts[counts["n_studies"] > 0]
    rates = ["" if pd.isna(rate) else say_rate(rate) for rate in used["n_per_10_million"]]
    used = used.assign(rate=pd.Series(rates, index=used.index, dtype="str"))
    order, ascending = ["is_country", "n_studies", "label"], [False, False, True]
    return used.sort_values(order, ascending=ascending, ignore_index=True)


def describe_world(counts: pd.DataFrame, label: str) -> Words:
    """Words for `figures.plot_world`: how many countries, which most, what has no shape."""
    n_coded = int(counts["n_coded"].max()) if len(counts) else 0
    silent = int(counts.loc[counts["code"] == NOT_REPORTED, "n_studies"].sum())
    denominator = (
        f"{count(n_coded)} coded on {label}, {silent:,} of them without a country; a study of several countries counts "
        f"once in each. {BORDERS}"
    )
    used = rank_countries(counts[counts["is_country"]])
    if used.empty:
        return Words(f"{label}: no study names one", f"An empty map: no study names {label}.", denominator)
    top = [f"{row.label} ({row.n_studies:,})" for row in used.head(3).itertuples()]
    off_map = used[~used["is_on_map"]]
    listed = "; ".join(f"{row.label}: {row.n_studies}" for row in used.itertuples())
    apart = join(f"{row.label} ({row.n_studies:,})" for row in off_map.itertuples())
    unnamed = counts[~counts["is_country"] & (counts["code"] != NOT_REPORTED) & (counts["n_studies"] > 0)]
    others = "; ".join(f"{row.label}: {row.n_studies}" for row in unnamed.itertuples())
    return Words(
        f"Studies are from {count(len(used), 'country', 'countries')}; most are from {join(top)}",
        f"Map of the world in the Equal Earth projection, countries shaded by their number of studies, the others hatched, "
        f"with a list below. {listed}. Not reported: {silent}.",
        denominator
        + (f" * Without a shape of its own on this map: {apart}." if len(off_map) else "")
        + (f" No country: {others}." if others else ""),
    )


def describe_rates(counts: pd.DataFrame) -> Words:
    """Words for `figures.plot_rates`."""
    drawn, used = drawn_rates(counts), counts[counts["is_country"] & (counts["n_studies"] > 0)]
    small = used[(used["population"] < FEWEST_PEOPLE).fillna(False)]
    unknown = used[used["population"].isna()]
    sources = drawn.groupby(["population_source", "population_year"], sort=True).size()
    said = join(f"{source}, {year}" for source, year in sources.index)
    denominator = (
        f"{len(drawn):,} of {count(len(used), 'country', 'countries')} with a study"
        + (f"; fewer than a million people: {len(small):,}" if len(small) else "")
        + (f"; population not known: {len(unknown):,}" if len(unknown) else "")
        + (f". Population: {said}." if len(drawn) else ".")
    )
    if drawn.empty:
        return Words("No country has a rate", "An empty chart: no country has a rate.", denominator)
    top = [
        f"{row.label} ({say_rate(row.n_per_10_million)}, {count(row.n_studies)})"
        for row in drawn.head(3).itertuples()
    ]
    parts = [f"{row.label}: {say_rate(row.n_per_10_million)} ({row.n_studies})" for row in drawn.itertuples()]
    return Words(
        f"Per 10 million people, most studies are from {join(top)}",
        f"Dots of studies per 10 million people, with the number of studies in brackets. {'; '.join(parts)}.",
        denominator,
    )


def describe_viewpoint(viewpoint: Viewpoint) -> str:
    """What home and similar systems are, and how a study of several countries is placed."""
    similar, absent = viewpoint.similar, viewpoint.not_in_codebook
    return (
        f"Home: {viewpoint.home}."
        + (f" Similar systems, a setting: {join(similar)}" if similar else "")
        + (f"; the codebook has no code for {join(absent, 'or')}" if absent else "")
        + ("." if similar else "")
        + " A study of several countries stands once: "
        + ("home before similar before elsewhere." if similar else "home before elsewhere.")
        + " What names no country counts as not reported; such a review may hold studies from any."
    )


def describe_places(counts: pd.DataFrame, label: str, viewpoint: Viewpoint) -> Words:
    """Words for `figures.plot_places`: how many codes have nothing from home, and which."""
    rows = counts[counts["code"] != NOT_REPORTED]
    without = rows_without_home(counts)
    title = f"{label}: every code has a study from home ({viewpoint.home})"
    if len(without):
        among = ", among them" if len(without) > 3 else ":"
        title = (
            f"{label}: nothing from home ({viewpoint.home}) on {len(without)} of {count(len(rows), 'code', 'codes')}"
            f"{among} {join(without['label'].head(3))}"
        )
    n_coded = int(counts["n_coded"].max()) if len(counts) else 0
    denominator = f"{several_codes(n_coded)} {describe_viewpoint(viewpoint)}"
    return Words(title, _list_places(rows, label, viewpoint), denominator)


def _list_places(rows: pd.DataFrame, label: str, viewpoint: Viewpoint) -> str:
    """The numbers of a frame of `places.count_places`, said one by one."""
    parts = []
    for row in rows[rows["n_studies"] > 0].itertuples():
        numbers = [f"{_in_words(place)} {getattr(row, f'n_{place}')}" for place in viewpoint.labels]
        parts.append(f"{row.label}: {', '.join(numbers)}")
    listed = "; ".join(parts) or "No studies"
    return f"Bars of studies per code of {label}, divided by where they are from. {listed}."


def _in_words(place: str) -> str:
    return {HOME: "home", SIMILAR: "similar systems", NOT_REPORTED: "not reported"}.get(place, place)


def describe_home(types: pd.DataFrame, placed: pd.DataFrame, label: str, viewpoint: Viewpoint) -> Words:
    """Words for `figures.plot_places` of the types of evidence: how many studies are from where.

    `placed`: as from `places.place_studies`; `label`: of the dimension of the types.
    """
    n = placed["place"].value_counts()
    parts = [f"{_in_words(place)} {n.get(place, 0):,}" for place in viewpoint.labels if place != HOME]
    start = f"From home ({viewpoint.home}): {int(n.get(HOME, 0)):,} of {count(len(placed))}"
    return Words(
        f"{start}; {join(parts)}",
        _list_places(types, label, viewpoint),
        f"{count(len(placed))} coded on the country. {describe_viewpoint(viewpoint)}",
    )


def rows_without_home(counts: pd.DataFrame) -> pd.DataFrame:
    """The rows of `places.count_places` without a study from home, most studies first; "not reported" left out."""
    rows = counts[(counts[f"n_{HOME}"] == 0) & (counts["code"] != NOT_REPORTED)]
    return rows.sort_values("n_studies", ascending=False, kind="stable", ignore_index=True)


def title_without_home(counts: pd.DataFrame, label: str, viewpoint: Viewpoint) -> str:
    """What the table of codes without a study from home says."""
    rows = rows_without_home(counts)
    n_any = int((rows["n_studies"] > 0).sum())
    return (
        f"{label}: {count(len(rows), 'code', 'codes')} without a study from home ({viewpoint.home}); with studies from "
        f"other places or of unknown country: {n_any}"
    )


def columns_of_places(viewpoint: Viewpoint, label: str) -> dict[str, str]:
    """The columns of a table of places as a reader sees them."""
    return {"label": label, "n_studies": "Studies"} | {
        f"n_{place}": name for place, name in viewpoint.labels.items()
    }


def title_countries(counts: pd.DataFrame) -> str:
    """What the table of countries holds."""
    used = counts[counts["is_country"] & (counts["n_studies"] > 0)]
    off_map = used[~used["is_on_map"]]
    apart = f"; without a shape on the map: {join(off_map['label'])}" if len(off_map) else ""
    return f"{count(len(used), 'country', 'countries').capitalize()} with a study, by their number of studies{apart}"


def title_parts(parts: pd.DataFrame) -> str:
    """What the table of parts of countries says."""
    used = parts[parts["n_studies"] > 0]
    if used.empty:
        return "Parts of countries: no study names one"
    top = used.loc[used["n_studies"].idxmax()]
    return f"Parts of countries: most often {top['label']}, {count(int(top['n_studies']))}"


def title_home_studies(listed: pd.DataFrame, viewpoint: Viewpoint) -> str:
    """What the list of studies from home holds."""
    years = listed["year"].dropna()
    newest = f", the newest from {years.max()}" if len(years) else ""
    return f"Studies from home ({viewpoint.home}): {len(listed):,}{newest}"
