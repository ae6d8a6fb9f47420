"""Decisions, and what they lead to: who goes forward, and why the others do not.

Which decision counts: the settled one; without it, that of the only screener; with several screeners, the one on
which they agree. Screeners who disagree are never overruled: the publication is reported as not settled.

On records (titles and abstracts) "include" and "unclear" are one decision, to go forward, and a publication goes
forward when any of its records does. On publications (the second stage) "unclear" decides nothing.

A map may come without decisions, without a stage of them, or without records: a stage that is not there is None, and
without any every report counts as included.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from mapanalysis.analysis.agreement import count_agreement, pair_decisions
from mapanalysis.codebook import Codebook
from mapanalysis.errors import MOST_VALUES_SHOWN, Problems, nearest_of
from mapanalysis.tables import DECISIONS, SETTLED

RECORDS_FILE = "screening_records.csv"
REPORTS_FILE = "screening_reports.csv"
INCLUDED_FILE = "reports.csv"
INCLUDE, EXCLUDE, UNCLEAR = DECISIONS
# A thing has the first of these decisions that any of its parts has.
STRONGEST_FIRST = {INCLUDE: 0, UNCLEAR: 1, EXCLUDE: 2}
STAGES = ("records", "reports")
# The outcome of a stage that is not there.
NOTHING_SCREENED = pd.DataFrame(
    {name: pd.Series(dtype="str") for name in ("publication_id", "decision", "reason")}
    | {"is_disagreement": pd.Series(dtype="bool")}
)
NO_PAIRS = pd.DataFrame(columns=["stage", "value_a", "value_b"], dtype="str")


def check_screening(
    records: pd.DataFrame,
    screening_records: pd.DataFrame | None,
    screening_reports: pd.DataFrame | None,
    reports: pd.DataFrame,
    codebook: Codebook,
) -> Problems:
    """Everything that keeps the decisions from saying what happened to each publication.

    `records` has record_id and publication_id. `screening_records` is None when nothing is known of the first
    stage, `screening_reports` None or empty when there was no second. Rows in the problems count as a spreadsheet
    does, the header being row 1.
    """
    problems = Problems()
    if screening_records is None:
        if screening_reports is not None and len(screening_reports):
            _check_only_second_stage(records, screening_reports, reports, codebook, problems)
        return problems
    _check_reasons(screening_records, "record_id", codebook, RECORDS_FILE, problems)
    _check_settled(screening_records, "record_id", RECORDS_FILE, problems)
    _check_known(records, screening_records, problems)
    _check_complete(records, screening_records, problems)
    first = _settle_publications(records, screening_records, codebook)
    if screening_reports is None or screening_reports.empty:
        _check_decides(first, problems)
        _check_included(first, reports, problems)
        return problems
    _check_second_stage(records, first, screening_reports, problems)
    _check_reports(screening_reports, reports, codebook, problems)
    return problems


def _check_only_second_stage(
    records: pd.DataFrame,
    screening_reports: pd.DataFrame,
    reports: pd.DataFrame,
    codebook: Codebook,
    problems: Problems,
) -> None:
    """What can be checked of decisions on publications when there are none on records, and maybe no records."""
    if len(records):
        _check_known_publications(records, screening_reports, problems)
    _check_reports(screening_reports, reports, codebook, problems)


def _check_reports(
    screening_reports: pd.DataFrame, reports: pd.DataFrame, codebook: Codebook, problems: Problems
) -> None:
    _check_reasons(screening_reports, "publication_id", codebook, REPORTS_FILE, problems)
    _check_settled(screening_reports, "publication_id", REPORTS_FILE, problems)
    _check_included(_settle_items(screening_reports, "publication_id", codebook), reports, problems)


def settle_records(
    records: pd.DataFrame, screening_records: pd.DataFrame, codebook: Codebook
) -> pd.DataFrame:
    """The outcome of the first stage, one row per publication with a decision, in the order of `records`.

    Columns: publication_id, decision ("include" when any of its records is included, else "unclear" when any is
    unclear, else "exclude"), reason (of an exclusion: the first in the order of the codebook that any of its
    records has), is_disagreement (whether screeners disagreed on any of its records).

    Raises DataError for decisions on unknown records, and where screeners disagree and nothing is settled.
    """
    problems = Problems()
    _check_known(records, screening_records, problems)
    _check_settled(screening_records, "record_id", RECORDS_FILE, problems)
    problems.raise_if_any()
    return _settle_publications(records, screening_records, codebook).drop(columns="is_open")


def settle_reports(screening_reports: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """The outcome of the second stage, one row per publication assessed again, in the order of the file.

    Columns: publication_id, decision, reason (of an exclusion), is_disagreement (whether screeners disagreed).

    Raises DataError where screeners disagree and nothing is settled, or where "unclear" is the last word.
    """
    problems = Problems()
    _check_settled(screening_reports, "publication_id", REPORTS_FILE, problems)
    problems.raise_if_any()
    return _settle_items(screening_reports, "publication_id", codebook).drop(columns="is_open")


def count_screening_agreement(
    screening_records: pd.DataFrame | None, screening_reports: pd.DataFrame | None
) -> pd.DataFrame:
    """How far screeners who decided independently agree, one row per stage ("records", "reports").

    n counts decisions compared: a record or publication and two of its screeners, taken in the order of their
    names; what one screener decided alone is left out, so a stage with a single screener, or none, has n = 0. On records
    "include" and "unclear" are one decision, to go forward. Other columns: see `agreement.measure_agreement`.
    """
    pairs = [NO_PAIRS]
    for stage, screenings in zip(STAGES, (screening_records, screening_reports), strict=True):
        if screenings is not None:
            item = "record_id" if stage == "records" else "publication_id"
            decided = screenings.assign(outcome=_outcome(screenings, item), stage=stage)
            pairs.append(pair_decisions(decided, ["stage", item], "screener", "outcome"))
    subjects = pd.DataFrame({"stage": pd.Series(STAGES, dtype="str")})
    return count_agreement(pd.concat(pairs, ignore_index=True), ["stage"], subjects)


# Settling


def _outcome(screenings: pd.DataFrame, item: str) -> pd.Series:
    """What a decision leads to: for records, unclear ones go forward like included ones."""
    decision = screenings["decision"]
    return decision.replace(UNCLEAR, INCLUDE) if item == "record_id" else decision


def _counting(screenings: pd.DataFrame, item: str) -> pd.Series:
    """Whether a decision counts: it is the settled one, or there is none for its item."""
    is_settled = screenings["screener"] == SETTLED
    return is_settled | ~is_settled.groupby(screenings[item]).transform("any").astype(bool)


def _differ(screenings: pd.DataFrame, item: str) -> pd.Series:
    """Whether the decisions on an item lead to different outcomes, one value per item."""
    outcomes = screenings[[item]].assign(outcome=_outcome(screenings, item)).drop_duplicates()
    return outcomes.groupby(item, sort=False).size() > 1


def _settle_items(screenings: pd.DataFrame, item: str, codebook: Codebook) -> pd.DataFrame:
    """One row per item: item, decision, reason, is_disagreement, is_open (not settled)."""
    counting = screenings[_counting(screenings, item)]
    settled = _strongest(counting, item, codebook).set_index(item)
    own = screenings[screenings["screener"] != SETTLED]
    differ = _differ(own, item).reindex(settled.index, fill_value=False)
    is_open = _differ(counting, item).reindex(settled.index, fill_value=False)
    return settled.assign(is_disagreement=differ.astype(bool), is_open=is_open.astype(bool)).reset_index()


def _strongest(decisions: pd.DataFrame, item: str, codebook: Codebook) -> pd.DataFrame:
    """One row per item, in order: its strongest decision, and when that is "exclude" its first reason."""
    reasons = {reason: rank for rank, reason in enumerate(_reason_order(decisions["reason"], codebook))}
    ranked = decisions[[item, "decision", "reason"]].assign(
        decision_rank=decisions["decision"].map(STRONGEST_FIRST), reason_rank=decisions["reason"].map(reasons)
    )
    first = ranked.sort_values(["decision_rank", "reason_rank"], kind="stable").drop_duplicates(item)
    in_order = first.set_index(item).loc[decisions[item].unique(), ["decision", "reason"]]
    in_order["reason"] = in_order["reason"].where(in_order["decision"] == EXCLUDE, "")
    return in_order.reset_index()


def _reason_order(reasons: pd.Series, codebook: Codebook) -> list[str]:
    """The codebook's reasons in its order, then others that occur, then none."""
    others = sorted(set(reasons) - {""})
    return list(dict.fromkeys([*(reason.id for reason in codebook.exclusion_reasons), *others, ""]))


def _settle_publications(
    records: pd.DataFrame, screening_records: pd.DataFrame, codebook: Codebook
) -> pd.DataFrame:
    """As `settle_records`, with is_open, and where nothing is settled an arbitrary decision."""
    by_record = _settle_items(screening_records, "record_id", codebook)
    decided = records[["record_id", "publication_id"]].merge(by_record, on="record_id", validate="one_to_one")
    flags = decided.groupby("publication_id", sort=False)[["is_disagreement", "is_open"]].any()
    strongest = _strongest(decided, "publication_id", codebook)
    return strongest.merge(flags.reset_index(), on="publication_id", validate="one_to_one")


# Checks


def add_rows(
    problems: Problems,
    what: str,
    frame: pd.DataFrame,
    is_wrong: pd.Series,
    *,
    file: str,
    column: str,
    todo: str,
    nearest: Iterable[str] = (),
) -> None:
    """Adds one problem for the rows of `file` that are wrong, if any: the first row, how many, and which values.

    `frame` is the file's rows in order; `column` holds the values shown, the word nearest the first is sought
    among `nearest`.
    """
    rows = np.flatnonzero(is_wrong.to_numpy(dtype=bool))
    if not len(rows):
        return
    values = frame[column].iloc[rows].unique()
    problems.add(
        what,
        file=file,
        row=int(rows[0]) + 2,
        column=column,
        count=len(rows),
        values=values[:MOST_VALUES_SHOWN],
        nearest=nearest_of(values[0], nearest),
        todo=todo,
    )


def add_ids(problems: Problems, what: str, ids: pd.Series, *, file: str, todo: str) -> None:
    """Adds one problem for ids that `file` should hold and does not, if any."""
    if len(ids):
        problems.add(what, file=file, count=len(ids), values=ids.iloc[:MOST_VALUES_SHOWN], todo=todo)


def _check_settled(screenings: pd.DataFrame, item: str, file: str, problems: Problems) -> None:
    """That each item has one decision that counts."""
    kind = item.removesuffix("_id")
    is_repeated = screenings.duplicated([item, "screener"])
    is_settled = screenings["screener"] == SETTLED
    is_counting = _counting(screenings, item)
    differ = _differ(screenings[is_counting], item)
    is_open = screenings[item].isin(differ.index[differ]) & ~screenings.duplicated(item)
    is_explained = screenings[item].isin(screenings.loc[is_repeated, item])
    is_unclear = (screenings["decision"] == UNCLEAR) & is_counting & (item == "publication_id")
    found = {
        f"a {kind} has two settled decisions": (is_repeated & is_settled, "Keep the one that counts."),
        f"a {kind} was screened twice by one person": (
            is_repeated & ~is_settled,
            "Keep the decision that counts; if the other is another person's, name that person.",
        ),
        f"screeners disagree on a {kind} and nothing is settled": (
            is_open & ~is_explained,
            f"Add a row with the screener {SETTLED!r} and the decision that counts.",
        ),
        '"unclear" stands as the last decision': (
            is_unclear & ~screenings[item].isin(differ.index[differ]),
            "Include it, or exclude it with a reason.",
        ),
    }
    for what, (is_wrong, todo) in found.items():
        add_rows(problems, what, screenings, is_wrong, file=file, column=item, todo=todo)


def _check_reasons(
    screenings: pd.DataFrame, item: str, codebook: Codebook, file: str, problems: Problems
) -> None:
    valid = [reason.id for reason in codebook.exclusion_reasons]
    decision, reason = screenings["decision"], screenings["reason"]
    add_rows(
        problems,
        "an exclusion has no reason",
        screenings,
        (decision == EXCLUDE) & (reason == ""),
        file=file,
        column=item,
        todo=f"Give the first reason that applies: {', '.join(valid)}.",
    )
    for value in dict.fromkeys(reason[(reason != "") & ~reason.isin(valid)]):
        add_rows(
            problems,
            "the codebook has no such exclusion reason",
            screenings,
            reason == value,
            file=file,
            column="reason",
            nearest=valid,
            todo="Correct the reason, or add it to exclusion_reasons in codebook.yaml.",
        )
    add_rows(
        problems,
        "an inclusion has a reason for exclusion",
        screenings,
        (decision == INCLUDE) & (reason != ""),
        file=file,
        column=item,
        todo="Remove the reason, or change the decision.",
    )


def _check_known(records: pd.DataFrame, screening_records: pd.DataFrame, problems: Problems) -> None:
    add_rows(
        problems,
        "a decision on a record that is in no file of records",
        screening_records,
        ~screening_records["record_id"].isin(records["record_id"]),
        file=RECORDS_FILE,
        column="record_id",
        todo="Correct the record's id, or put back the file it came from.",
    )


def _check_complete(records: pd.DataFrame, screening_records: pd.DataFrame, problems: Problems) -> None:
    """That each publication has a decision; teams who screen after de-duplication decide on one record of each."""
    is_decided = records["record_id"].isin(screening_records["record_id"])
    has_decision = is_decided.groupby(records["publication_id"]).transform("any").astype(bool)
    add_ids(
        problems,
        "records have no decision, nor has any other record of the same publication",
        records.loc[~has_decision, "record_id"],
        file=RECORDS_FILE,
        todo="Screen them.",
    )


def _check_second_stage(
    records: pd.DataFrame, first: pd.DataFrame, screening_reports: pd.DataFrame, problems: Problems
) -> None:
    """That exactly those publications were assessed again that went forward; open ones may or may not be."""
    _check_known_publications(records, screening_reports, problems)
    publication = screening_reports["publication_id"]
    stopped = first.loc[(first["decision"] == EXCLUDE) & ~first["is_open"], "publication_id"]
    add_rows(
        problems,
        "a decision on a publication that was excluded at the first stage",
        screening_reports,
        publication.isin(stopped),
        file=REPORTS_FILE,
        column="publication_id",
        todo=f"Remove the row, or let one of its records go forward in {RECORDS_FILE}.",
    )
    forward = first.loc[(first["decision"] != EXCLUDE) & ~first["is_open"], "publication_id"]
    add_ids(
        problems,
        "publications that went forward have no decision here",
        forward[~forward.isin(publication)],
        file=REPORTS_FILE,
        todo="Assess them, or exclude them at the first stage with a reason.",
    )


def _check_known_publications(
    records: pd.DataFrame, screening_reports: pd.DataFrame, problems: Problems
) -> None:
    add_rows(
        problems,
        "a decision on a publication that no record belongs to",
        screening_reports,
        ~screening_reports["publication_id"].isin(records["publication_id"]),
        file=REPORTS_FILE,
        column="publication_id",
        todo="Correct the publication's id; de-duplication gives the ids.",
    )


def _check_decides(first: pd.DataFrame, problems: Problems) -> None:
    """That the first stage decides, when there is no second."""
    add_ids(
        problems,
        '"unclear" is the last decision on publications, and there is no second stage',
        first.loc[(first["decision"] == UNCLEAR) & ~first["is_open"], "publication_id"],
        file=RECORDS_FILE,
        todo=f"Decide, or assess them again in {REPORTS_FILE}.",
    )


def _check_included(final: pd.DataFrame, reports: pd.DataFrame, problems: Problems) -> None:
    included = final.loc[(final["decision"] == INCLUDE) & ~final["is_open"], "publication_id"]
    undecided = final.loc[final["is_open"] | (final["decision"] == UNCLEAR), "publication_id"]
    add_ids(
        problems,
        "included publications have no row",
        included[~included.isin(reports["publication_id"])],
        file=INCLUDED_FILE,
        todo="Add a row for each: its title, its study and what it reports.",
    )
    add_rows(
        problems,
        "a report that is not an included publication",
        reports,
        ~reports["publication_id"].isin([*included, *undecided]),
        file=INCLUDED_FILE,
        column="publication_id",
        todo="Remove the row, or include the publication in the last stage of screening.",
    )
