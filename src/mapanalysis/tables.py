"""The tables of a map: their columns, types, keys and meanings, in one place.

Each table is named by its row. The schemas check what is read, and give the data dictionary that is published
beside the data (`datapackage.json`). Ids, codes and other text are `str`, "" where nothing is known; numbers
are nullable.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrors

from mapanalysis.errors import MOST_VALUES_SHOWN, DataError, Problems, nearest_of

EARLIEST_YEAR, LATEST_YEAR = 1800, 2100
LARGEST_WHOLE = 2**53  # beyond it, a number read by way of a float is no longer the one in the file
DECISIONS = ("include", "exclude", "unclear")
SETTLED = "settled"
# Pandera's names of its own checks.
IN_WORDS = {
    "not_nullable": "is missing",
    "column_in_schema": "is not a column of the table",
    "column_in_dataframe": "is a column that the table must have",
}


def text(description: str, *, required: bool = False, among: Iterable[str] = ()) -> pa.Column:
    """A text column; "" where nothing is known, unless `required`."""
    checks = [pa.Check.str_length(min_value=1, error="is empty")] if required else []
    if among:
        allowed = list(among)
        checks.append(pa.Check.isin(allowed, error=f"is none of {', '.join(allowed)}"))
    return pa.Column("str", checks, description=description)


def integer(description: str, unit: str = "", minimum: float = 0, maximum: float | None = None) -> pa.Column:
    """A column of whole numbers, missing where nothing is known."""
    return _number("Int64", "a whole number", description, unit, minimum, maximum)


def number(description: str, unit: str = "", minimum: float | None = None) -> pa.Column:
    """A column of numbers, missing where nothing is known."""
    return _number("Float64", "a number", description, unit, minimum, None)


def _number(
    dtype: str, kind: str, description: str, unit: str, minimum: float | None, maximum: float | None
) -> pa.Column:
    checks = []
    if minimum is not None:
        checks.append(pa.Check.ge(minimum, error=f"is below {minimum:g}"))
    if maximum is not None:
        checks.append(pa.Check.le(maximum, error=f"is above {maximum:g}"))
    metadata = {"unit": unit, "kind": kind}
    return pa.Column(dtype, checks, nullable=True, coerce=True, description=description, metadata=metadata)


def flag(description: str) -> pa.Column:
    """A column of True and False, never missing."""
    return pa.Column("bool", description=description)


def table(
    name: str, title: str, key: list[str], columns: dict[str, pa.Column], optional: Iterable[str] = ()
) -> Any:
    """The schema of a table: exactly these columns, `key` unique; `optional` ones are added empty when absent."""
    return pa.DataFrameSchema(
        columns, unique=key, strict=True, name=name, title=title, metadata={"optional": tuple(optional)}
    )


def dtypes_of(schema: Any) -> dict[str, str]:
    """The type of each column of a schema as pandas knows it: "str", "Int64", "Float64" or "bool"."""
    known = {name: str(column.dtype) for name, column in schema.columns.items()}
    return {name: kind if kind in ("Int64", "Float64", "bool") else "str" for name, kind in known.items()}


def year(description: str) -> pa.Column:
    """A column of years between the earliest and the latest that can be meant."""
    return integer(description, "year", EARLIEST_YEAR, LATEST_YEAR)


BIBLIOGRAPHY = {
    "title": text("Title as displayed by the source"),
    "authors": text("Authors, separated by `; `"),
    "year": text("Year of publication, as the source gives it"),
    "journal": text("Journal or book"),
    "volume": text("Volume"),
    "issue": text("Issue"),
    "pages": text("Pages"),
    "doi": text("Digital object identifier"),
    "pmid": text("PubMed identifier"),
    "pmcid": text("PubMed Central identifier"),
    "language": text("Language, ISO 639-1 where the source gives it so"),
    "url": text("Address"),
    "abstract": text("Abstract"),
}
RECORD_TYPE = text("Type of document, in the words of the source")
PUBLICATION_ID = text("Publication: records judged to be the same document", required=True)
STUDY_ID = text("Study: one investigation, with one or more reports", required=True)
RECORD_ID = text("Record", required=True)
REVIEW_ID = text("Review: a study of the map", required=True)
CITED_ID = text("Study that the review includes; any other id where it is not in the map", required=True)
SCREENER = text("Who decided; `settled` is the decision that counts", required=True)
DECISION = text("Decision", required=True, among=DECISIONS)
REASON = text("Reason for exclusion: an id of the codebook's exclusion_reasons")
DIMENSION = text("Dimension of the codebook", required=True)
CODE = text("Code of the dimension", required=True)
FINDING_ID = text(
    "Finding within the study, so that pairs of codes are true pairs; empty: holds for the whole study"
)
N_PARTICIPANTS = integer("People randomised or analysed", "people", minimum=1)
N_INCLUDED_STUDIES = integer("Studies in the review", "studies")
FOLLOWUP_MONTHS = number("Time to the last follow-up", "months", minimum=0)

# What a team need not know of its reports.
OPTIONAL_REPORT_COLUMNS = (
    *("journal", "volume", "issue", "pages", "doi", "pmid", "pmcid", "record_type"),
    *("trial_name", "access", "n_participants", "n_included_studies", "followup_months", "summary"),
)

# What a team puts into data/raw, as CSV.
RAW = {
    schema.name: schema
    for schema in (
        table(
            "screening_records",
            "Decisions on records, by title and abstract",
            ["record_id", "screener"],
            {
                "record_id": RECORD_ID,
                "screener": SCREENER,
                "decision": DECISION,
                "reason": REASON,
            },
        ),
        table(
            "screening_reports",
            "Decisions on publications that went forward",
            ["publication_id", "screener"],
            {
                "publication_id": PUBLICATION_ID,
                "screener": SCREENER,
                "decision": DECISION,
                "reason": REASON,
            },
        ),
        table(
            "reports",
            "Included reports",
            ["publication_id"],
            {
                "publication_id": PUBLICATION_ID,
                "study_id": STUDY_ID,
                "title": text("Title", required=True),
                "authors": BIBLIOGRAPHY["authors"],
                "year": year("Year of publication"),
                "journal": BIBLIOGRAPHY["journal"],
                "volume": BIBLIOGRAPHY["volume"],
                "issue": BIBLIOGRAPHY["issue"],
                "pages": BIBLIOGRAPHY["pages"],
                "doi": BIBLIOGRAPHY["doi"],
                "pmid": BIBLIOGRAPHY["pmid"],
                "pmcid": BIBLIOGRAPHY["pmcid"],
                "record_type": RECORD_TYPE,
                "trial_name": text("Name or acronym of the trial"),
                "access": text("How much of the abstract was visible to the coders"),
                "n_participants": N_PARTICIPANTS,
                "n_included_studies": N_INCLUDED_STUDIES,
                "followup_months": FOLLOWUP_MONTHS,
                "summary": text("Plain summary in the project's own words"),
            },
            optional=OPTIONAL_REPORT_COLUMNS,
        ),
        table(
            "codings",
            "Codes given to reports, by each coder and as settled",
            ["publication_id", "finding_id", "coder", "dimension", "code"],
            {
                "publication_id": PUBLICATION_ID,
                "finding_id": FINDING_ID,
                "coder": text("Who coded; `settled` is the coding that counts", required=True),
                "dimension": DIMENSION,
                "code": CODE,
            },
            optional=["finding_id"],
        ),
        table(
            "appraisals",
            "Judgements on how well studies were done, by the domains of a tool",
            ["study_id", "tool", "domain", "judgement"],
            {
                "study_id": STUDY_ID,
                "tool": text("Tool of appraisal, by its id or label", required=True),
                "domain": text(
                    "Domain of the tool, by its id or label; `overall` for the whole", required=True
                ),
                "judgement": text("Judgement of the tool, by its id or label", required=True),
                "support": text("Why it was judged so; it is not published"),
            },
            optional=["support"],
        ),
        table(
            "citations",
            "Which review includes which study",
            ["review_id", "study_id"],
            {
                "review_id": REVIEW_ID,
                "study_id": CITED_ID,
                "title": text("Title of the study, where it is not in the map"),
                "year": year("Year of the study, where it is not in the map"),
            },
            optional=["title", "year"],
        ),
        table(
            "known_duplicates",
            "Records with the publication they belong to, as settled by an earlier edition",
            ["record_id"],
            {
                "record_id": RECORD_ID,
                "publication_id": PUBLICATION_ID,
            },
        ),
        table(
            "duplicate_decisions",
            "Pairs of records a person has settled",
            ["record_id_a", "record_id_b"],
            {
                "record_id_a": RECORD_ID,
                "record_id_b": RECORD_ID,
                "decision": text(
                    "Whether the two are the same publication", required=True, among=("same", "different")
                ),
                "reason": text("Why it was decided so", required=True),
            },
        ),
    )
}


def _agreement(n: str) -> dict[str, pa.Column]:
    return {
        "n": integer(n),
        "n_agreed": integer("Decisions that were the same"),
        "pct_agreed": number("Share that were the same", "%", minimum=0),
        "kappa": number("Cohen's kappa; missing where chance agreement is complete or there are no pairs"),
        "kappa_low": number("Lower end of its 95 % confidence interval"),
        "kappa_high": number("Upper end of its 95 % confidence interval"),
    }


OUTCOME = {
    "publication_id": PUBLICATION_ID,
    "decision": DECISION,
    "reason": REASON,
    "is_disagreement": flag("Whether screeners decided differently"),
}

# What the package builds from it, and writes into data/processed.
BUILT = {
    schema.name: schema
    for schema in (
        table(
            "records",
            "Records as the sources gave them, with the publication each belongs to",
            ["record_id"],
            {
                "record_id": RECORD_ID,
                "publication_id": PUBLICATION_ID,
                "joined_because": text("Why it was joined with another record"),
                "source": text("Source: the name of its file", required=True),
                "source_file": text("File below data/raw", required=True),
                "source_row": integer("Position of the record in its file, from 1"),
                "record_type": RECORD_TYPE,
                **BIBLIOGRAPHY,
            },
        ),
        table(
            "repairs",
            "Repairs made while reading; the files are unchanged",
            ["file", "what"],
            {
                "file": text("File below data/raw", required=True),
                "what": text("What was repaired", required=True),
                "count": integer("How often", minimum=1),
            },
        ),
        table(
            "duplicate_pairs",
            "Pairs of records that were judged",
            ["record_id_a", "record_id_b"],
            {
                "record_id_a": RECORD_ID,
                "record_id_b": RECORD_ID,
                "decision": text(
                    "Whether the two are one publication",
                    required=True,
                    among=("same", "different", "uncertain"),
                ),
                "reason": text("Why it was decided so", required=True),
                "decided_by": text(
                    "What decided: a rule, or duplicate_decisions.csv",
                    required=True,
                    among=("rule", "decision"),
                ),
                "title_similarity": number("Likeness of the titles", "%", minimum=0),
                "agrees_on": text("Fields that agree, separated by `; `"),
                "differs_on": text("Fields that differ, separated by `; `"),
            },
        ),
        table(
            "uncertain_pairs",
            "Pairs of records that wait for a person: one for each step that could join publications",
            ["record_id_a", "record_id_b"],
            {
                "record_id_a": RECORD_ID,
                "record_id_b": RECORD_ID,
                "reason": text("Why the rules leave it open", required=True),
                "publication_id_a": PUBLICATION_ID,
                "publication_id_b": PUBLICATION_ID,
                "title_a": text("Title of the first"),
                "title_b": text("Title of the second"),
            },
        ),
        table(
            "publications",
            "Publications: records without their duplicates",
            ["publication_id"],
            {
                "publication_id": PUBLICATION_ID,
                "n_records": integer("Records that are this publication", minimum=1),
                **BIBLIOGRAPHY,
            },
        ),
        table(
            "publication_fields",
            "Every value that any record gives for a field of a publication",
            ["publication_id", "field", "record_id"],
            {
                "publication_id": PUBLICATION_ID,
                "field": text("Field of the publication", required=True),
                "value": text("Value", required=True),
                "record_id": text("Record it comes from", required=True),
                "is_chosen": flag("Whether it is the value in publications"),
            },
        ),
        table("screened_records", "Outcome of the first stage, by publication", ["publication_id"], OUTCOME),
        table("screened_reports", "Outcome of the second stage, by publication", ["publication_id"], OUTCOME),
        table(
            "flow",
            "The PRISMA 2020 flow, one row per box",
            ["box"],
            {
                "box": text("Box, or box/part", required=True),
                "stage": text("Stage of the flow", required=True),
                "label": text("Name of the box", required=True),
                "source_or_reason": text("Source or reason of exclusion, of a part"),
                "n": integer("How many"),
                "unit": text("What is counted", required=True, among=("records", "reports", "studies")),
                "parent": text("Box it comes from"),
            },
        ),
        table(
            "flow_members",
            "What each box of the flow counts",
            ["box", "id"],
            {
                "box": text("Box of the flow", required=True),
                "id": text(
                    "What is counted: a record_id, publication_id or study_id, by the unit of the box",
                    required=True,
                ),
            },
        ),
        RAW["reports"],
        table(
            "studies",
            "Studies: one investigation each, with one or more reports",
            ["study_id"],
            {
                "study_id": STUDY_ID,
                "label": text("First author and year", required=True),
                "title": text("Title of the main report", required=True),
                "authors": BIBLIOGRAPHY["authors"],
                "year": year("Year of the earliest report"),
                "last_year": year("Year of the latest report"),
                "trial_name": text("Name or acronym of the trial"),
                "n_reports": integer("Reports of the study", minimum=1),
                "n_participants": N_PARTICIPANTS,
                "n_included_studies": N_INCLUDED_STUDIES,
                "followup_months": FOLLOWUP_MONTHS,
                "main_publication_id": text("The report that represents the study", required=True),
                "journal": BIBLIOGRAPHY["journal"],
                "doi": BIBLIOGRAPHY["doi"],
                "pmid": BIBLIOGRAPHY["pmid"],
                "pmcid": BIBLIOGRAPHY["pmcid"],
                "access": text("How much of the abstract was visible to the coders"),
                "summary": text("Plain summary in the project's own words"),
            },
        ),
        table(
            "codings",
            "Settled codes of the studies",
            ["study_id", "finding_id", "dimension", "code"],
            {"study_id": STUDY_ID, "finding_id": FINDING_ID, "dimension": DIMENSION, "code": CODE},
        ),
        table(
            "appraisals",
            "Judgements on how well studies were done, by domain and overall",
            ["study_id", "tool", "domain", "is_computed"],
            {
                "study_id": STUDY_ID,
                "tool": text("Tool of appraisal", required=True),
                "domain": text("Domain of the tool, or the whole", required=True),
                "judgement": text("Judgement; empty: the rule of the tool cannot tell"),
                "is_overall": flag("Whether it is the judgement of the whole"),
                "is_computed": flag("Whether the rule of the tool gave it, and not a person"),
                "is_open": flag("Whether the rule leaves it to a person to judge otherwise"),
                "note": text("What keeps the rule from telling, or what it leaves to a person"),
            },
        ),
        table(
            "citations",
            "Which review includes which study",
            ["review_id", "study_id"],
            {
                "review_id": REVIEW_ID,
                "study_id": CITED_ID,
                "title": text("Title of the study"),
                "year": year("Year of the study: of its earliest report, where it is in the map"),
                "is_in_map": flag("Whether the study is in the map"),
            },
        ),
        table(
            "screening_agreement",
            "Agreement of screeners, by stage",
            ["stage"],
            {"stage": text("Stage", required=True), **_agreement("Decisions compared")},
        ),
        table(
            "coding_agreement",
            "Agreement of coders, by dimension and by code",
            ["dimension", "code"],
            {
                "dimension": DIMENSION,
                "code": text("Code; empty: all codes of the dimension pooled"),
                "n_reports": integer("Reports that two coders coded"),
                "n_one_coder": integer("Reports that one coder coded, left out"),
                **_agreement("Yes-or-no decisions compared: reports times codes"),
            },
        ),
    )
}


def parse_table(frame: pd.DataFrame, schema: Any, file: str) -> pd.DataFrame:
    """`frame`, all text as read from `file`, with the columns and types of `schema` in its order.

    Raises DataError with all problems at once: columns missing or unknown, values that are no numbers or out of
    range, words that are not among the allowed, empty required values, repeated keys. Rows are counted as a
    spreadsheet does: the header is row 1.
    """
    problems = Problems()
    optional = {column: "" for column in schema.metadata["optional"] if column not in frame}
    frame = frame.assign(**optional)
    _find_column_problems(frame, schema, file, problems)
    problems.raise_if_any()
    frame = frame[list(schema.columns)].copy()
    for name, column in schema.columns.items():
        if column.metadata:
            frame[name] = _parse_numbers(frame[name], column, file, problems)
        elif str(column.dtype) == "bool":
            frame[name] = _parse_flags(frame[name], file, problems)
    try:
        frame = schema.validate(frame, lazy=True)
    except SchemaErrors as error:
        _collect(error, frame, schema, file, problems)
    problems.raise_if_any()
    return frame


def check_table(frame: pd.DataFrame, schema: Any) -> pd.DataFrame:
    """`frame`, its rows numbered anew, checked against `schema`. Raises DataError with all problems at once."""
    frame = frame.reset_index(drop=True)
    try:
        return schema.validate(frame, lazy=True)
    except SchemaErrors as error:
        problems = Problems()
        _collect(error, frame, schema, f"table {schema.name}", problems)
        raise DataError(problems) from None


def _find_column_problems(frame: pd.DataFrame, schema: Any, file: str, problems: Problems) -> None:
    unknown = [column for column in frame if column not in schema.columns]
    for column in schema.columns:
        if column not in frame:
            problems.add(
                f"there is no column {column!r}",
                file=file,
                nearest=nearest_of(column, unknown),
                todo=f"Expected: {', '.join(schema.columns)}.",
            )
    if unknown:
        problems.add(
            "columns that are not expected",
            file=file,
            values=unknown,
            todo=f"Remove or rename them. Expected: {', '.join(schema.columns)}.",
        )


def _parse_numbers(values: pd.Series, column: pa.Column, file: str, problems: Problems) -> pd.Series:
    """Numbers from text; blank is missing, anything else that is no number a problem."""
    text = values.str.strip()
    numbers = pd.to_numeric(text.where(text != ""), errors="coerce").astype("Float64")
    is_wrong = (text != "") & (numbers.isna() | np.isinf(numbers.to_numpy(dtype=float, na_value=np.nan)))
    if column.metadata["kind"] == "a whole number":
        is_wrong |= ((numbers % 1 != 0) | (numbers.abs() >= LARGEST_WHOLE)).fillna(False)
    todo = "Correct the value, or leave it empty when it is not known."
    _add_wrong(values[is_wrong], f"is not {column.metadata['kind']}", todo, file, problems)
    return numbers.where(~is_wrong).astype(column.dtype.type)


def _parse_flags(values: pd.Series, file: str, problems: Problems) -> pd.Series:
    """True and False from these words, as pandas writes them; Python itself takes any text but "" for True."""
    _add_wrong(
        values[~values.isin(["True", "False"])], "is neither True nor False", "Correct it.", file, problems
    )
    return values == "True"


def _add_wrong(wrong: pd.Series, what: str, todo: str, file: str, problems: Problems) -> None:
    if len(wrong):
        problems.add(
            what,
            file=file,
            row=int(wrong.index[0]) + 2,
            column=str(wrong.name),
            count=len(wrong),
            values=wrong.unique()[:MOST_VALUES_SHOWN],
            todo=todo,
        )


def _collect(error: SchemaErrors, frame: pd.DataFrame, schema: Any, file: str, problems: Problems) -> None:
    """Pandera's failure cases as problems, one per column and check."""
    cases = error.failure_cases
    for (column, check), rows in cases.groupby(["column", "check"], sort=False, dropna=False):
        index = rows["index"].dropna()
        if str(check).startswith("multiple_fields_uniqueness"):
            repeated = frame[frame.duplicated(schema.unique, keep="first")]
            problems.add(
                f"the same {', '.join(schema.unique)} stands on more than one row",
                file=file,
                row=int(repeated.index[0]) + 2,
                count=len(repeated),
                values=repeated[schema.unique]
                .astype(str)
                .agg(" / ".join, axis=1)
                .unique()[:MOST_VALUES_SHOWN],
                todo="Keep one of them.",
            )
            continue
        problems.add(
            IN_WORDS.get(str(check), str(check)),
            file=file,
            row=int(index.min()) + 2 if len(index) else None,
            column="" if column is None else str(column),
            count=len(rows),
            values=[str(value) for value in rows["failure_case"].unique()[:MOST_VALUES_SHOWN]],
            todo="Correct the value.",
        )
