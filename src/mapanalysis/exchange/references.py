"""A list of references as a map: what every bibliography states, and its tags where they are codes.

Reference managers hold no codes as such. Type of document and year are known of every record and make a first map; tags
are taken as codes only when a person says that they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from mapanalysis.analysis.matching import find_duplicate_pairs
from mapanalysis.analysis.records import link_records, merge_publications
from mapanalysis.codebook import NOT_REPORTED
from mapanalysis.errors import DataError, Problem
from mapanalysis.sources.fields import slug
from mapanalysis.sources.kinds import KINDS, OTHER, kind_of
from mapanalysis.sources.library import Library, Reading, SetAside
from mapanalysis.sources.records import RecordSet, read_records
from mapanalysis.sources.text import Repair
from mapanalysis.tables import EARLIEST_YEAR, LATEST_YEAR, RAW, SETTLED, dtypes_of

KIND, PERIOD, KEYWORD = "document_type", "period", "keyword"
YEARS_A_PERIOD = 5
MOST_PERIODS = 12
FEWEST_RECORDS = 2  # a tag of one record says nothing of a set
NOT_REPORTED_CODE = {"id": NOT_REPORTED, "label": "Not reported"}
PREFIXED = re.compile(r"([^:]{1,80}):\s+(\S.*)")


def read_references(data: bytes, file: str, *, tags: bool = False) -> Library:
    """The records of RIS, PubMed, BibTeX, EndNote XML or CSV in `data`, each publication a report of its own study.

    `tags` takes keywords as codes: "Country: Ghana" as the code Ghana of a dimension Country, where several records have
    such a keyword, all others as codes of one dimension. Only tags of two records or more are taken.

    Raises DataError as `read_records` does; and with `tags` where no tag is on two records.
    """
    name = Path(file).name
    found = read_records([Path("records") / name], Path(), lambda _: data)
    linked = link_records(found.records, find_duplicate_pairs(found.records))
    publications, _ = merge_publications(linked.records)
    kinds = linked.records.drop_duplicates("publication_id").set_index("publication_id")["record_type"]
    publications = publications.assign(record_type=publications["publication_id"].map(kinds))
    has_title = publications["title"] != ""
    n_untitled = int((~has_title).sum())
    publications = publications[has_title].reset_index(drop=True)
    reports = _reports_of(publications)
    dimensions, codings = _describe(publications)
    left_out = [
        SetAside(
            "abstracts and addresses",
            "no map shows them; they stay in the file of records",
            len(found.records),
        )
    ]
    guesses = [
        "Every record is taken as an included report: the file holds no decisions. Records that wait to be screened: --to-screen."
    ]
    if tags:
        more, tagged, unused = _read_tags(found, linked.records, set(reports["publication_id"]), name)
        dimensions, codings = more + dimensions, pd.concat([tagged, codings], ignore_index=True)
        left_out += unused
    else:
        n_tags = found.keywords["keyword"].nunique()
        left_out += [SetAside("keywords", "not taken as codes; --tags takes them", n_tags)] if n_tags else []
    roles = dict(zip([one["id"] for one in dimensions], ["row", "column"], strict=False))
    if tags and KIND not in roles:
        roles[KIND] = "segment"
    for one in dimensions:
        one["role"] = roles.get(one["id"], "filter")
    n_joined = len(found.records) - len(linked.records["publication_id"].unique())
    set_aside = [
        SetAside("records", "the same publication as an earlier record of the file", n_joined),
        SetAside("records", "no title", n_untitled),
    ]
    reading = Reading(
        file=name,
        format="references",
        row_name="records",
        n_read=len(found.records),
        n_used=len(reports),
        repairs=tuple(Repair(name, row.what, row.count) for row in found.repairs.itertuples(index=False)),  # type: ignore[arg-type]
        set_aside=tuple(one for one in set_aside if one.count),
        left_out=tuple(left_out),
        guesses=tuple(guesses),
    )
    title = Path(name).stem
    return Library(
        title=title,
        codebook={"title": title, "question": "Not stated in the imported file.", "dimensions": dimensions},
        reports=reports,
        codings=codings,
        reading=reading,
        view={
            role: next((k for k, v in roles.items() if v == role), "")
            for role in ("row", "column", "segment")
        },
        references=linked.records,
    )


def _reports_of(publications: pd.DataFrame) -> pd.DataFrame:
    """One report for each publication, each a study of its own; a year that is none is left empty."""
    types = dtypes_of(RAW["reports"])
    years = pd.to_numeric(publications["year"], errors="coerce")
    is_year = years.between(EARLIEST_YEAR, LATEST_YEAR) & (years % 1 == 0)
    known = publications.assign(year=years.where(is_year), study_id=publications["publication_id"])
    missing = {name: "" if kind == "str" else pd.NA for name, kind in types.items() if name not in known}
    return known.assign(**missing)[list(types)].astype(types)


def _describe(publications: pd.DataFrame) -> tuple[list[dict[str, Any]], pd.DataFrame]:
    """The dimensions that every bibliography has, type of document and period, and their codings."""
    ids = publications["publication_id"]
    kinds = [kind_of(row.record_type, row.journal).id for row in publications.itertuples(index=False)]
    years = [
        int(year) if year.isdigit() and EARLIEST_YEAR <= int(year) <= LATEST_YEAR else None
        for year in publications["year"]
    ]
    periods = _periods(year for year in years if year is not None)
    period_of = {year: f"{first}-{last}" for first, last in periods for year in range(first, last + 1)}
    used = set(kinds)
    dimensions = [
        {
            "id": KIND,
            "label": "Type of document",
            "codes": [{"id": kind.id, "label": kind.label} for kind in (*KINDS, OTHER) if kind.id in used],
        },
        {
            "id": PERIOD,
            "label": "Year of publication",
            "codes": [{"id": f"{first}-{last}", "label": f"{first}–{last}"} for first, last in periods]
            + [NOT_REPORTED_CODE],
        },
    ]
    return [one for one in dimensions if one["codes"]], pd.concat(
        [
            _codings(zip(ids, kinds, strict=True), KIND),
            _codings(
                ((id, period_of.get(year or 0, NOT_REPORTED)) for id, year in zip(ids, years, strict=True)),
                PERIOD,
            ),
        ],
        ignore_index=True,
    )


def _periods(years: Iterable[int]) -> list[tuple[int, int]]:
    """First and last year of each period, from the earliest to the latest year, those without records too."""
    known = sorted(years)
    if not known:
        return []
    step = YEARS_A_PERIOD
    while (known[-1] - known[0]) // step >= MOST_PERIODS:
        step *= 2
    return [(start, start + step - 1) for start in range(known[0] - known[0] % step, known[-1] + 1, step)]


def _codings(pairs: Iterable[tuple[str, str]], dimension: str) -> pd.DataFrame:
    frame = pd.DataFrame(list(pairs), columns=["publication_id", "code"], dtype="str")
    frame = frame.assign(finding_id="", coder=SETTLED, dimension=dimension)
    return frame[list(RAW["codings"].columns)].drop_duplicates(ignore_index=True)


# --- tags ---


def _read_tags(
    found: RecordSet, records: pd.DataFrame, included: set[str], file: str
) -> tuple[list[dict[str, Any]], pd.DataFrame, list[SetAside]]:
    """Dimensions and codings made of the tags, and those that are not taken."""
    publication = dict(zip(records["record_id"], records["publication_id"], strict=True))
    tags = found.keywords.assign(publication_id=found.keywords["record_id"].map(publication))
    tags = tags[tags["publication_id"].isin(included)].assign(folded=tags["keyword"].str.casefold())
    n_records = tags.groupby("folded")["publication_id"].nunique()
    rare = n_records[n_records < FEWEST_RECORDS]
    kept = tags[~tags["folded"].isin(rare.index)]
    if kept.empty:
        raise DataError(
            Problem(
                "has no keyword that two records share: none can be a code", "Leave --tags out.", file=file
            )
        )
    parts = kept["keyword"].str.extract(PREFIXED.pattern)
    prefix = parts[0].fillna("").str.casefold()
    is_prefix = prefix.map(kept.groupby(prefix)["folded"].nunique()).gt(1) & (prefix != "")
    label = parts[0].where(is_prefix, "Keyword")
    code = parts[1].where(is_prefix, kept["keyword"])
    dimensions: list[dict[str, Any]] = []
    codings: list[pd.DataFrame] = []
    for name, rows in kept.assign(label=label, code=code).groupby(label.str.casefold(), sort=False):
        dimension_id = (
            KEYWORD
            if name == "keyword"
            else slug(str(name), taken={KIND, PERIOD, *(one["id"] for one in dimensions)})
        )
        one, coded = _dimension_of(rows, dimension_id)
        dimensions.append(one)
        codings.append(coded)
    order = sorted(range(len(dimensions)), key=lambda n: -codings[n]["publication_id"].nunique())
    unused = (
        [SetAside("keywords", "on one record only", len(rare), tuple(sorted(rare.index)[:5]))]
        if len(rare)
        else []
    )
    return [dimensions[n] for n in order], pd.concat([codings[n] for n in order], ignore_index=True), unused


def _dimension_of(rows: pd.DataFrame, dimension_id: str) -> tuple[dict[str, Any], pd.DataFrame]:
    """The dimension of these tags, the codes in the order of the alphabet, each in the spelling that is commonest."""
    folded = rows["code"].str.casefold()
    spelling = rows.groupby(folded)["code"].agg(lambda values: values.value_counts().index[0])
    ids: dict[str, str] = {}
    for text in sorted(spelling.index):
        ids[text] = slug(text, taken={*ids.values(), NOT_REPORTED})
    codes = [{"id": ids[text], "label": spelling[text]} for text in sorted(spelling.index)]
    coded = _codings(zip(rows["publication_id"], folded.map(ids), strict=True), dimension_id)
    return {"id": dimension_id, "label": rows["label"].iloc[0], "codes": codes}, coded


def with_bibliography(library: Library) -> Library:
    """The library with the dimensions that every bibliography has, where it holds reports and no code at all."""
    if len(library.codings) or library.reports.empty:
        return library
    reports = library.reports
    if library.records is not None:
        types = library.records.set_index("record_id")["record_type"]
        reports = reports.assign(record_type=reports["publication_id"].map(types).fillna(""))
    years = reports["year"].astype("object").where(reports["year"].notna(), "").astype("str")
    dimensions, codings = _describe(reports.assign(year=years))
    for one, role in zip(dimensions, ("row", "column"), strict=False):
        one["role"] = role
    guess = "The file holds no codes: the map shows types of document and years, until its reports are coded."
    reading = replace(library.reading, guesses=(*library.reading.guesses, guess))
    codebook = {**library.codebook, "dimensions": dimensions}
    return replace(library, codebook=codebook, codings=codings, reading=reading, view={})


def to_screen(library: Library) -> Library:
    """The same records, none of them included yet: they wait to be screened."""
    reading = replace(
        library.reading,
        n_used=library.reading.n_read,
        set_aside=(),
        guesses=("Every record waits to be screened, as was asked for.",),
    )
    return replace(
        library, reports=library.reports.iloc[:0], codings=library.codings.iloc[:0], reading=reading
    )
