"""From the raw files of a project to the tables that every notebook reads.

`load_evidence` builds the tables when `data/processed` is missing or older than the raw data or the code, and reads
them otherwise. Problems of all files are collected; nothing is written while there is one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import pandas as pd

from mapanalysis.analysis import appraisal, overlap
from mapanalysis.analysis.coding import build_studies, check_codings, count_coding_agreement, settle_codings
from mapanalysis.analysis.derived import Derived
from mapanalysis.analysis.flow import Flow, build_flow, list_members
from mapanalysis.analysis.gaps import GapRules, describe_studies, list_appraised, name_codes
from mapanalysis.analysis.matching import IDENTIFIERS, find_duplicate_pairs
from mapanalysis.analysis.places import HOME, choose_viewpoint, find_countries
from mapanalysis.analysis.records import Linked, link_records, merge_publications
from mapanalysis.analysis.screening import (
    NOTHING_SCREENED,
    RECORDS_FILE,
    check_screening,
    count_screening_agreement,
    settle_records,
    settle_reports,
)
from mapanalysis.analysis.search import count_search_by_segment, summarise_search
from mapanalysis.appraisal_tools import Tool
from mapanalysis.codebook import Codebook, Dimension
from mapanalysis.errors import DataError, MapError, Problem, Problems, UsageError
from mapanalysis.files import package_fingerprint, package_versions
from mapanalysis.project import About, Project
from mapanalysis.sources.raw_tables import read_raw_table
from mapanalysis.sources.records import RecordSet, no_records, read_records
from mapanalysis.sources.text import Repair, repairs_table
from mapanalysis.sources.world import read_world
from mapanalysis.store import fingerprint, read_csv, read_tables, tables_built_from, write_csv, write_tables
from mapanalysis.tables import BUILT, RAW, SETTLED, check_table, parse_table

REQUIRED = ("reports", "codings")
OPTIONAL = (
    *("screening_records", "screening_reports", "known_duplicates", "duplicate_decisions"),
    *("appraisals", "citations"),
)
LOW_ROLES = ("poor", "bad")  # of an overall judgement: low confidence
Result = TypeVar("Result")


@dataclass(frozen=True)
class Evidence:
    """The vocabulary and the built tables of a map; `tables.BUILT` says what each column means."""

    project: Project
    codebook: Codebook
    about: About
    tables: dict[str, pd.DataFrame]

    @property
    def records(self) -> pd.DataFrame:
        return self.tables["records"]

    @property
    def repairs(self) -> pd.DataFrame:
        return self.tables["repairs"]

    @property
    def publications(self) -> pd.DataFrame:
        return self.tables["publications"]

    @property
    def uncertain_pairs(self) -> pd.DataFrame:
        """The pairs of records that wait for a person's decision."""
        return self.tables["uncertain_pairs"]

    @property
    def flow(self) -> pd.DataFrame:
        return self.tables["flow"]

    @property
    def reports(self) -> pd.DataFrame:
        return self.tables["reports"]

    @property
    def studies(self) -> pd.DataFrame:
        return self.tables["studies"]

    @property
    def codings(self) -> pd.DataFrame:
        return self.tables["codings"]

    @property
    def appraisals(self) -> pd.DataFrame:
        """The judgements on how well studies were done; no row where nobody appraised."""
        return self.tables["appraisals"]

    @property
    def citations(self) -> pd.DataFrame:
        """Which review includes which study; no row where it was not recorded."""
        return self.tables["citations"]

    @property
    def tools(self) -> dict[str, Tool]:
        """The tools of appraisal by id: those of the package and the project's own."""
        return self.project.appraisal_tools

    @property
    def screening_agreement(self) -> pd.DataFrame:
        return self.tables["screening_agreement"]

    @property
    def coding_agreement(self) -> pd.DataFrame:
        return self.tables["coding_agreement"]

    def read_coders(self) -> pd.DataFrame:
        """The codings as each coder gave them, beside the settled ones: the rows of `data/raw/codings.csv`."""
        path = self.project.raw / "codings.csv"
        return read_raw_table(self.project.read_bytes(path), RAW["codings"], path.name)[0]

    def list_doubted(self) -> pd.Series:
        """The included publications that those who screened them last were not of one mind about."""
        second = self.tables["screened_reports"]
        last = second if len(second) else self.tables["screened_records"]
        doubted = last.loc[last["is_disagreement"], "publication_id"]
        return doubted[doubted.isin(self.reports["publication_id"])].reset_index(drop=True)

    def segments(self, dimension: str) -> dict[str, str]:
        """Segment code to label at the top level of `dimension`; "" (all studies) first."""
        segment = self.codebook.dimension(dimension)
        return {"": "All studies"} | {code: segment.label_of(code) for code in segment.codes_at(1)}

    def segments_of(self, dimension: str, segment: str) -> dict[str, str]:
        """The segments a dimension applies to: all, or the one the codebook names."""
        applies_to = self.codebook.dimension(dimension).applies_to
        segments = self.segments(segment)
        return {applies_to: segments[applies_to]} if applies_to and applies_to in segments else segments

    def other_dimensions(self, *without: str) -> list[Dimension]:
        return [dimension for dimension in self.codebook.dimensions if dimension.id not in without]

    def reviews(self, segment: str, review_code: str) -> list[str]:
        """The studies coded as reviews; none where the map has no code for them."""
        return overlap.list_reviews(self.codings, self.codebook, segment, review_code)

    def derive_dimensions(self, segment: str, review_code: str) -> list[Derived]:
        """The dimensions that are made from appraisals and citations; none where there are none."""
        ids = self.studies["study_id"]
        made = appraisal.derive_dimensions(self.appraisals, self.tools, ids) if len(self.appraisals) else []
        if len(self.citations):
            made.append(overlap.derive_dimension(self.citations, ids, self.reviews(segment, review_code)))
        return made

    def with_derived(self, derived: list[Derived]) -> Evidence:
        """The evidence with these dimensions after those of the codebook, and what holds for each study on them."""
        if not derived:
            return self
        dimensions = (*self.codebook.dimensions, *(one.dimension for one in derived))
        codings = pd.concat([self.codings, *(one.codings for one in derived)], ignore_index=True)
        codebook = self.codebook.model_copy(update={"dimensions": dimensions})
        return replace(self, codebook=codebook, tables=self.tables | {"codings": codings})

    @property
    def knows_decisions(self) -> bool:
        """Whether decisions say what became of the records."""
        return len(self.records) > 0 and bool(self.flow["box"].isin(["screened", "assessed"]).any())

    @property
    def appraised(self) -> pd.Series | None:
        """The studies with an appraisal; None where the map has no appraisals."""
        studies = self.appraisals["study_id"].drop_duplicates()
        return None if studies.empty else studies

    def count_sources(self) -> pd.DataFrame:
        """One row per source: source, label, n_records, n_joined (to a record of the same publication), n_included.

        n_included is missing where no decision says what became of the records.
        """
        first = ~self.records["publication_id"].duplicated()
        included = self.records["publication_id"].isin(self.reports["publication_id"])
        counts = (
            self.records.assign(is_joined=~first, is_included=included)
            .groupby("source", sort=True)
            .agg(
                n_records=("record_id", "size"),
                n_joined=("is_joined", "sum"),
                n_included=("is_included", "sum"),
            )
            .reset_index()
        )
        counts["n_included"] = counts["n_included"].astype("Int64")
        if not self.knows_decisions:
            counts["n_included"] = pd.array([None] * len(counts), dtype="Int64")
        return self._name_sources(counts)

    def summarise_search(self) -> pd.DataFrame:
        """`search.summarise_search` with `label`; no row where no decision says what became of the records."""
        counts = summarise_search(self.records, self.reports["publication_id"])
        return self._name_sources(counts if self.knows_decisions else counts.iloc[:0])

    def count_search_by_segment(self, dimension: str) -> pd.DataFrame:
        """`search.count_search_by_segment` for the types of `dimension`, with segment_label and label."""
        segments = self.segments(dimension)
        top = self.codebook.dimension(dimension).at_level(1)
        coded = self.codings[self.codings["dimension"] == dimension]
        of_type = coded[["study_id"]].assign(segment_code=coded["code"].map(top))
        records = self.records if self.knows_decisions else self.records.iloc[:0]
        counts = count_search_by_segment(records, self.reports, of_type, list(segments)[1:])
        return self._name_sources(counts.assign(segment_label=counts["segment_code"].map(segments)))

    def _name_sources(self, counts: pd.DataFrame) -> pd.DataFrame:
        """`counts` with the names of its sources, `label`, as the second column."""
        named = counts.assign(label=self._source_names(counts["source"]))
        return named[["source", "label", *(name for name in counts if name != "source")]]

    def _source_names(self, sources: pd.Series) -> pd.Series:
        return sources.replace(self.about.sources | {"": "All sources together"}).astype("str")

    def list_members(self, flow: Flow | None = None) -> pd.DataFrame:
        """What each box of `flow` counts, by default of `self.flow`: box, id, title, year, doi, source, reason.

        `source` names all that hold a publication; see `flow.list_members`.
        """
        flow = flow or Flow(self.flow, self.tables["flow_members"])
        documents = pd.concat([self.reports, self.publications]).drop_duplicates("publication_id")
        ids = documents["publication_id"]
        things = {
            "records": self.records.assign(
                id=self.records["record_id"], source=self._source_names(self.records["source"])
            ),
            "reports": documents.assign(id=ids, source=self.name_holders(ids)),
            "studies": self.studies.assign(id=self.studies["study_id"], source=""),
        }
        frames = [
            frame[["id", "title", "year", "doi", "source"]].astype({"year": "str"}).assign(unit=unit)
            for unit, frame in things.items()
        ]
        return list_members(flow, pd.concat(frames, ignore_index=True).fillna(""))

    def name_holders(self, publication_ids: pd.Series) -> pd.Series:
        """The names of all sources that hold each publication; "" where records are not linked to reports."""
        records = self.records if self.knows_decisions else self.records.iloc[:0]
        found = records[["publication_id", "source"]].drop_duplicates()
        names = self._source_names(found["source"])
        holders = names.groupby(found["publication_id"], sort=False).agg("; ".join)
        return publication_ids.map(holders).astype("str").fillna("")

    def count_duplicate_reasons(self) -> pd.DataFrame:
        """One row per ground on which pairs of records were judged the same: decided_by, ground, n_pairs."""
        same = self.tables["duplicate_pairs"].query("decision == 'same'")
        shared = same["agrees_on"].str.split("; ").map(set)
        ground = shared.map(_ground_of).where(
            same["decided_by"] == "rule", "an answer in duplicate_decisions.csv"
        )
        counts = same.assign(ground=ground).groupby(["decided_by", "ground"], sort=True).size()
        return (
            counts.rename("n_pairs").reset_index().sort_values("n_pairs", ascending=False, ignore_index=True)
        )

    def excluded_reports(self) -> pd.DataFrame:
        """One row per publication excluded at the second stage, by reason in the order of the codebook.

        Columns: publication_id, reason, reason_label, title, authors, year, journal, doi, source (all that hold it).
        """
        screened = self.tables["screened_reports"]
        known = ["title", "authors", "year", "journal", "doi"]
        excluded = screened.loc[screened["decision"] == "exclude", ["publication_id", "reason"]]
        excluded = excluded.merge(
            self.publications[["publication_id", *known]],
            on="publication_id",
            how="left",
            validate="one_to_one",
        )
        labels = {reason.id: reason.label for reason in self.codebook.exclusion_reasons}
        order = list(labels)
        said = excluded.assign(source=self.name_holders(excluded["publication_id"])).fillna("")
        said.insert(2, "reason_label", said["reason"].map(labels).astype("str"))
        return said.sort_values(
            ["reason", "title"],
            key=lambda cells: cells.map(order.index) if cells.name == "reason" else cells,
            ignore_index=True,
        )

    def agreement_by_dimension(self) -> pd.DataFrame:
        """The rows of `coding_agreement` for whole dimensions, with `label`."""
        whole = self.coding_agreement[self.coding_agreement["code"] == ""].reset_index(drop=True)
        labels = [self.codebook.dimension(dimension).label for dimension in whole["dimension"]]
        return whole.assign(label=pd.Series(labels, dtype="str"))


def _ground_of(agrees_on: set[str]) -> str:
    """What two records of one publication share, from the strongest ground down."""
    if agrees_on & set(IDENTIFIERS):
        return "an identifier"
    if {"first author", "year"} & agrees_on:
        return "the title, and author or year"
    return "the title, which nothing contradicts"


def load_evidence(project_dir: str | Path = "") -> Evidence:
    """The evidence of the project at or above `project_dir`, built anew when anything it rests on has changed.

    Raises DataError with all problems in the raw data; UsageError when there is no project.
    """
    project = Project.find(project_dir)
    inputs = fingerprint_inputs(project)
    if tables_built_from(project.processed) == inputs:
        tables = read_tables(BUILT, project.processed)
        return Evidence(project, project.codebook, project.about, tables)
    evidence = build_evidence(project)
    write_tables(evidence.tables, BUILT, project.processed, inputs)
    return evidence


def fingerprint_inputs(project: Project) -> str:
    """What the built tables rest on: every raw file by name, verified, the code of the package, and its libraries."""
    raw, versions = project.checksums(), package_versions()
    return fingerprint([package_fingerprint(), repr(sorted(raw.items())), repr(sorted(versions.items()))])


def write_publications(project: Project, folder: Path) -> Linked:
    """The publications among the records, before anything is screened; written as CSV into `folder`.

    Raises DataError for problems in the records, in `duplicate_decisions.csv` or in `known_duplicates.csv`.
    """
    problems = Problems()
    found = _attempt(problems, lambda: read_records(project.record_files(), project.raw, project.read_bytes))
    raw, _ = _read_raw(project, problems, ("known_duplicates", "duplicate_decisions"))
    problems.raise_if_any()
    assert found is not None  # otherwise its problems were raised
    linked = _link(found.records, raw)
    tables = {
        "records": linked.records,
        "publications": merge_publications(linked.records)[0],
        "uncertain_pairs": linked.uncertain,
        "known_duplicates": linked.records[["record_id", "publication_id"]],
    }
    for name, frame in tables.items():
        write_csv(frame, folder / f"{name}.csv")
    return linked


def find_problems(project: Project) -> list[Problem]:
    """All problems of the raw data, at once; none when the evidence can be built."""
    try:
        build_evidence(project)
    except DataError as error:
        return list(error.problems)
    return []


def build_evidence(project: Project) -> Evidence:
    """The evidence built from the raw files. Raises DataError with all problems at once."""
    problems = Problems()
    codebook = _attempt(problems, lambda: project.codebook)
    about = _attempt(problems, lambda: project.about)
    found = _attempt(problems, lambda: _read_records(project))
    raw, repairs = _read_raw(project, problems)
    tools = _attempt(problems, lambda: project.appraisal_tools)
    _attempt(problems, project.checksums)
    if codebook is None or about is None or found is None or any(name not in raw for name in REQUIRED):
        raise DataError(dict.fromkeys(problems))
    linked = _attempt(problems, lambda: _link(found.records, raw))
    if linked is not None:
        for checked in (
            check_screening(
                linked.records,
                raw.get("screening_records"),
                raw.get("screening_reports"),
                raw["reports"],
                codebook,
            ),
            check_codings(raw["codings"], raw["reports"], codebook),
            _check_quality(raw, codebook, tools),
        ):
            problems.found.extend(checked)
    problems.found = list(
        dict.fromkeys(problems)
    )  # a changed file is seen when read, and when all are verified
    problems.raise_if_any()
    assert linked is not None  # otherwise its problems were raised
    assert tools is not None  # so too
    tables = _build_tables(linked, raw, codebook, about) | _build_quality(raw, tools)
    tables["repairs"] = pd.concat([found.repairs, repairs_table(repairs)], ignore_index=True)
    tables = {name: check_table(tables[name][list(schema.columns)], schema) for name, schema in BUILT.items()}
    return Evidence(project, codebook, about, tables)


def _check_quality(
    raw: dict[str, pd.DataFrame], codebook: Codebook, tools: dict[str, Tool] | None
) -> Problems:
    """What is wrong with the appraisals and citations, where a team has such."""
    problems = Problems()
    study_ids = raw["reports"]["study_id"].drop_duplicates()
    taken: dict[str, str] = {}
    if "appraisals" in raw and tools is not None:
        problems.found.extend(appraisal.check_appraisals(raw["appraisals"], study_ids, tools))
        taken |= {appraisal.dimension_id(name): "appraisals.csv" for name in tools}
    if "citations" in raw:
        problems.found.extend(overlap.check_citations(raw["citations"], study_ids))
        taken[overlap.IN_REVIEWS] = "citations.csv"
    for dimension in codebook.dimensions:
        if dimension.id in taken:
            what = f"the dimension {dimension.id!r} is made from {taken[dimension.id]}"
            problems.add(what, file="codebook.yaml", todo="Give yours another id.")
    return problems


def _build_quality(raw: dict[str, pd.DataFrame], tools: dict[str, Tool]) -> dict[str, pd.DataFrame]:
    """The appraisals and citations; without a row where a team has none."""
    none = {
        name: parse_table(pd.DataFrame(columns=list(RAW[name].columns), dtype="str"), RAW[name], name)
        for name in ("appraisals", "citations")
    }
    raw = none | raw
    return {
        "appraisals": appraisal.build_appraisals(raw["appraisals"], tools),
        "citations": overlap.build_citations(raw["citations"], build_studies(raw["reports"])),
    }


def _attempt(problems: Problems, step: Callable[[], Result]) -> Result | None:
    """What `step` gives, or None after its problems were collected."""
    try:
        return step()
    except MapError as error:
        problems.collect(error)
        return None


def _read_records(project: Project) -> RecordSet:
    """The records; none for a map that holds neither records nor decisions on them."""
    files = project.record_files()
    if not files and not (project.raw / RECORDS_FILE).exists():
        return no_records()
    return read_records(files, project.raw, project.read_bytes)


def _read_raw(
    project: Project, problems: Problems, names: tuple[str, ...] = (*REQUIRED, *OPTIONAL)
) -> tuple[dict[str, pd.DataFrame], list[Repair]]:
    """The team's own tables by name; optional ones only when they are there."""
    tables: dict[str, pd.DataFrame] = {}
    repairs: list[Repair] = []
    for name in names:
        path = project.raw / f"{name}.csv"
        if name in OPTIONAL and not path.exists():
            continue
        try:
            tables[name], made = read_raw_table(project.read_bytes(path), RAW[name], path.name)
            repairs += made
        except MapError as error:
            problems.collect(error)
    return tables, repairs


def _link(records: pd.DataFrame, raw: dict[str, pd.DataFrame]) -> Linked:
    pairs = find_duplicate_pairs(records)
    return link_records(records, pairs, raw.get("duplicate_decisions"), raw.get("known_duplicates"))


def _build_tables(
    linked: Linked, raw: dict[str, pd.DataFrame], codebook: Codebook, about: About
) -> dict[str, pd.DataFrame]:
    records = linked.records
    publications, publication_fields = merge_publications(records)
    screened_records = screened_reports = None
    if "screening_records" in raw:
        screened_records = settle_records(records, raw["screening_records"], codebook)
    if "screening_reports" in raw:
        screened_reports = settle_reports(raw["screening_reports"], codebook)
    flow = build_flow(records, screened_records, screened_reports, raw["reports"], codebook)
    codings = raw["codings"]
    return {
        "records": records,
        "duplicate_pairs": linked.pairs,
        "uncertain_pairs": linked.uncertain,
        "publications": publications,
        "publication_fields": publication_fields,
        "screened_records": NOTHING_SCREENED if screened_records is None else screened_records,
        "screened_reports": NOTHING_SCREENED if screened_reports is None else screened_reports,
        "flow": flow.boxes.assign(label=flow.boxes["label"].replace(about.sources)),
        "flow_members": flow.members,
        "reports": raw["reports"],
        "studies": build_studies(raw["reports"]),
        "codings": settle_codings(codings, raw["reports"]),
        "screening_agreement": count_screening_agreement(
            raw.get("screening_records"), raw.get("screening_reports")
        ),
        "coding_agreement": count_coding_agreement(codings[codings["coder"] != SETTLED], codebook),
    }


def suit_rules(evidence: Evidence, rules: GapRules) -> tuple[GapRules, pd.DataFrame]:
    """The rules of gaps with the words of this map, and its studies with what the rules look at.

    Where a review was appraised as a whole, appraisals say which are of low confidence, and not the codings.
    Raises UsageError, with all at once, for a low quality code or a home country that the codebook does not hold.
    """
    codebook, codings, problems = evidence.codebook, evidence.codings, Problems()
    named = _attempt(problems, lambda: name_codes(rules, codebook))
    countries = _attempt(problems, lambda: _name_countries(rules, codebook))
    problems.raise_if_any(UsageError)
    assert named is not None  # otherwise its problems were raised
    assert countries is not None
    country_of, home, home_codes = countries
    labels = dict(named.labels) | {(rules.country_dimension, rules.home_country): home}
    appraised, appraised_as = _list_appraised(evidence, rules.review_code)
    suited = replace(
        named, labels=labels, country_of=country_of, home_codes=home_codes, appraised_as=appraised_as
    )
    return suited, describe_studies(evidence.studies, codings, codebook, suited, appraised)


def _list_appraised(evidence: Evidence, review_code: str) -> tuple[pd.DataFrame, str]:
    """The overall judgements of reviews (`gaps.list_appraised`), and which of them mean low confidence, in words."""
    reviews = {
        study
        for segment in evidence.codebook.with_role("segment")
        for study in overlap.list_reviews(evidence.codings, evidence.codebook, segment.id, review_code)
    }
    low = {
        (tool.id, judgement.id): judgement.label
        for tool in evidence.tools.values()
        if tool.overall
        for judgement in tool.overall.judgements
        if judgement.role in LOW_ROLES
    }
    appraised = list_appraised(evidence.appraisals, reviews, low)
    said = []
    for used in sorted(appraised["tool"].unique()):
        labels = [label for (tool, _), label in low.items() if tool == used]
        said.append(f"{' or '.join(labels)} ({evidence.tools[used].label})")
    return appraised, ", or ".join(said)


def _name_countries(rules: GapRules, codebook: Codebook) -> tuple[dict[str, str], str, list[str]]:
    """The country of each code of the country dimension, what home is called, and the codes of home."""
    if not rules.country_dimension:
        return {}, "", []
    dimension, countries = codebook.dimension(rules.country_dimension), read_world().countries
    country_of = find_countries(dimension, countries).to_dict()
    if not rules.home_country:
        return country_of, "", []
    viewpoint = choose_viewpoint(dimension, countries, rules.home_country, "")
    return country_of, viewpoint.home, [code for code, place in viewpoint.place_of.items() if place == HOME]


def read_gaps(folder: Path) -> pd.DataFrame:
    """The gaps that 05_gaps wrote into `folder`, with `map`: "rows" or "needs"."""
    frames = [
        read_csv(folder / "tables" / f"05_kinds_{name}.csv").assign(map=name) for name in ("rows", "needs")
    ]
    gaps = pd.concat(frames, ignore_index=True)
    for column in gaps:
        if column == "rank" or column.startswith(("n_", "newest_", "near_n_")):
            numbers = pd.to_numeric(gaps[column].where(gaps[column] != ""))
            gaps[column] = numbers.astype("Float64" if column == "n_expected" else "Int64")
    return gaps
