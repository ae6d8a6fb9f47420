"""From records to publications: duplicates found, doubts settled by people, ids that last, fields merged.

    pairs = find_duplicate_pairs(records)                # "same" by rule, or "uncertain": a person decides
    linked = link_records(records, pairs, decisions, known)
    linked.uncertain                                     # what a person has still to decide
    publications, publication_fields = merge_publications(linked.records)

A person's decision always wins. "same" joins two records and all that is joined with either of them.
"different" undoes the rule that joins two records and answers the question for all that is joined with
either; where other pairs would still join them, that is an error which names the chain, because one of its
links must be wrong.
"""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Collection
from dataclasses import dataclass

import pandas as pd

from mapanalysis.analysis.matching import (
    IDENTIFIERS,
    PAIR_COLUMNS,
    SAME,
    UNCERTAIN,
    Groups,
    cluster,
    find_duplicate_pairs,
)
from mapanalysis.errors import Problems, nearest_of
from mapanalysis.tables import BIBLIOGRAPHY

__all__ = [
    "Linked",
    "assign_publication_ids",
    "check_decisions",
    "find_duplicate_pairs",
    "link_records",
    "merge_publications",
]

DIFFERENT = "different"
DECISIONS_FILE = "duplicate_decisions.csv"
KNOWN_FILE = "known_duplicates.csv"
FIELDS = list(BIBLIOGRAPHY)
OPEN_COLUMNS = [
    "record_id_a",
    "record_id_b",
    "reason",
    "publication_id_a",
    "publication_id_b",
    "title_a",
    "title_b",
]
PUBLICATION_ID = re.compile(r"P(\d+)")


@dataclass(frozen=True)
class Linked:
    """Records joined to publications.

    `records`: as given, with publication_id and joined_because (the strongest reason to be joined with
    another record; "" for a record alone). `pairs`: duplicate_pairs with the decisions of people in place.
    `uncertain`: the pairs that a person has still to settle, with the titles; one for each step that could
    join publications, so answering "different" may bring up another pair of the same group.
    """

    records: pd.DataFrame
    pairs: pd.DataFrame
    uncertain: pd.DataFrame


def link_records(
    records: pd.DataFrame,
    pairs: pd.DataFrame,
    decisions: pd.DataFrame | None = None,
    known: pd.DataFrame | None = None,
) -> Linked:
    """Records with the publication they belong to, the pairs as settled, and the pairs still open.

    `pairs` come from `find_duplicate_pairs`; `decisions` (record_id_a, record_id_b, decision, reason) are
    those of people; `known` (record_id, publication_id) is an earlier edition, whose ids are kept.

    Raises DataError: see `check_decisions` and `assign_publication_ids`; and where records that a person
    decided to be different would be joined through others, with the chain of pairs that joins them.
    """
    if decisions is not None:
        check_decisions(decisions, records)
    position = {record_id: number for number, record_id in enumerate(records["record_id"])}
    settled = _settle(pairs, decisions, position)
    same = settled[settled["decision"] == SAME]
    _check_kept_apart(settled, same, position)
    clusters = cluster(range(len(records)), _positions(same, position))
    number_of = {member: number for number, members in enumerate(clusters) for member in members}
    clustered = records.assign(cluster=[number_of[row] for row in range(len(records))])
    why = pd.Series(_explain(records, same), index=records.index, dtype="str")
    linked = assign_publication_ids(clustered, known).assign(joined_because=why)
    return Linked(linked, settled, _find_open(settled, linked))


def check_decisions(decisions: pd.DataFrame, records: pd.DataFrame) -> None:
    """Nothing, when the decisions of people (record_id_a, record_id_b, decision, reason) can be followed.

    Raises DataError, all problems at once: a decision that is neither "same" nor "different", no reason, an
    unknown record, a record compared with itself, a pair decided both ways, directly or through others.
    """
    problems = Problems()
    ids = dict.fromkeys(records["record_id"])
    same: dict[tuple[str, str], str] = {}
    different: dict[tuple[str, str], int] = {}
    for row, decision in enumerate(decisions.to_dict("records"), start=2):
        pair = tuple(sorted((decision["record_id_a"], decision["record_id_b"])))
        _check_decision(decision, row, ids, problems)
        if decision["decision"] == SAME:
            same.setdefault(pair, f"row {row}")
        elif decision["decision"] == DIFFERENT:
            different.setdefault(pair, row)
    for pair, row in different.items():
        chain = _find_chain(pair, same)
        if chain:
            problems.add(
                f"{pair[0]} and {pair[1]} are decided to be different, and to be the same: {chain}",
                file=DECISIONS_FILE,
                row=row,
                todo="Correct one of these decisions.",
            )
    problems.raise_if_any()


def _check_decision(decision: dict[str, str], row: int, ids: Collection[str], problems: Problems) -> None:
    """Adds what is wrong with one row of the decisions."""

    def add(what: str, column: str, value: str = "", nearest: str = "", todo: str = "") -> None:
        values = [value] if value else []
        problems.add(
            what, file=DECISIONS_FILE, row=row, column=column, values=values, nearest=nearest, todo=todo
        )

    word = decision["decision"]
    if word not in (SAME, DIFFERENT):
        nearest = nearest_of(word, (SAME, DIFFERENT))
        add("is neither `same` nor `different`", "decision", word, nearest, "Write one of the two.")
    if not decision["reason"].strip():
        add("gives no reason", "reason", todo="Say what the decision rests on.")
    for column in ("record_id_a", "record_id_b"):
        if decision[column] not in ids:
            nearest = nearest_of(decision[column], ids)
            add("is no record", column, decision[column], nearest, "Correct the id, or remove the row.")
    if decision["record_id_a"] == decision["record_id_b"]:
        add("compares a record with itself", "record_id_b", decision["record_id_b"], todo="Remove the row.")


def _settle(pairs: pd.DataFrame, decisions: pd.DataFrame | None, position: dict[str, int]) -> pd.DataFrame:
    """`pairs` with the decisions of people in place of the rules', in the order of the records."""
    if decisions is None or decisions.empty:
        return pairs.reset_index(drop=True)
    first, second = decisions["record_id_a"], decisions["record_id_b"]
    is_turned = first.map(position) > second.map(position)
    key = ["record_id_a", "record_id_b"]
    people = decisions.assign(
        record_id_a=first.where(~is_turned, second),
        record_id_b=second.where(~is_turned, first),
        decided_by="decision",
    ).drop_duplicates(key)
    evidence = [column for column in PAIR_COLUMNS if column not in people]
    people = people.merge(pairs[[*key, *evidence]], on=key, how="left", validate="1:1")
    people[["agrees_on", "differs_on"]] = people[["agrees_on", "differs_on"]].fillna("")
    both = pd.concat([people[list(PAIR_COLUMNS)], pairs]).drop_duplicates(key).astype(PAIR_COLUMNS)
    order = [both[column].map(position) for column in key]
    return both.assign(a=order[0], b=order[1]).sort_values(["a", "b"], ignore_index=True)[list(PAIR_COLUMNS)]


def _positions(pairs: pd.DataFrame, position: dict[str, int]) -> list[tuple[int, int]]:
    return [
        (position[a], position[b]) for a, b in zip(pairs["record_id_a"], pairs["record_id_b"], strict=True)
    ]


def _check_kept_apart(settled: pd.DataFrame, same: pd.DataFrame, position: dict[str, int]) -> None:
    """Raises DataError where records that a person decided to be different are joined through others."""
    problems = Problems()
    links = {
        (pair.record_id_a, pair.record_id_b): pair.reason if pair.decided_by == "rule" else "a decision"
        for pair in same.itertuples()
    }
    for pair in settled[settled["decision"] == DIFFERENT].itertuples():
        chain = _find_chain((pair.record_id_a, pair.record_id_b), links)
        if chain:
            problems.add(
                f"{pair.record_id_a} and {pair.record_id_b} are decided to be different, "
                f"but others join them: {chain}",
                file=DECISIONS_FILE,
                todo="Add the pair of this chain that is `different`, or decide that the two are the `same`.",
            )
    problems.raise_if_any()


def _find_chain(ends: tuple[str, str], links: dict[tuple[str, str], str]) -> str:
    """The shortest way from one record to another along `links`, in words; "" where there is none."""
    neighbours: dict[str, list[str]] = defaultdict(list)
    for a, b in links:
        neighbours[a].append(b)
        neighbours[b].append(a)
    came_from = {ends[0]: ""}
    waiting = deque([ends[0]])
    while waiting and ends[1] not in came_from:
        record_id = waiting.popleft()
        for neighbour in neighbours[record_id]:
            if neighbour not in came_from:
                came_from[neighbour] = record_id
                waiting.append(neighbour)
    steps = []
    record_id = ends[1] if ends[1] in came_from else ends[0]
    while previous := came_from[record_id]:
        why = links.get((previous, record_id)) or links[record_id, previous]
        steps.append(f"{previous} and {record_id} ({why})")
        record_id = previous
    return "; ".join(reversed(steps))


def _explain(records: pd.DataFrame, same: pd.DataFrame) -> list[str]:
    """For each record the strongest reason to be joined: an identifier, another rule, a person's decision."""
    reasons: dict[str, tuple[int, str]] = {}
    for pair in same.itertuples():
        has_identifier = any(field in IDENTIFIERS for field in pair.agrees_on.split("; "))
        rank = 2 if pair.decided_by == "decision" else 0 if has_identifier else 1
        reason = f"decided: {pair.reason}" if pair.decided_by == "decision" else pair.reason
        for one, other in ((pair.record_id_a, pair.record_id_b), (pair.record_id_b, pair.record_id_a)):
            if one not in reasons or rank < reasons[one][0]:
                reasons[one] = (rank, f"with {other}: {reason}")
    return [reasons.get(record_id, (0, ""))[1] for record_id in records["record_id"]]


def _find_open(settled: pd.DataFrame, linked: pd.DataFrame) -> pd.DataFrame:
    """The strongest uncertain pair for each step that could join publications."""
    publication_of = linked.set_index("record_id")["publication_id"]
    title_of = linked.set_index("record_id")["title"]
    open_pairs = settled.assign(
        **{f"publication_id_{end}": settled[f"record_id_{end}"].map(publication_of) for end in "ab"},
        **{f"title_{end}": settled[f"record_id_{end}"].map(title_of) for end in "ab"},
        n_agreeing=settled["agrees_on"].str.count(";") + (settled["agrees_on"] != ""),
    )
    publications = list(zip(open_pairs["publication_id_a"], open_pairs["publication_id_b"], strict=True))
    is_different = settled["decision"] == DIFFERENT
    answered = {frozenset(two) for two, answer in zip(publications, is_different, strict=True) if answer}
    number = {publication_id: row for row, publication_id in enumerate(publication_of.unique())}
    groups = Groups(number.values())
    chosen = []
    strongest_first = open_pairs.sort_values(
        ["title_similarity", "n_agreeing"], ascending=False, kind="stable", na_position="last"
    )
    for pair in strongest_first[strongest_first["decision"] == UNCERTAIN].itertuples():
        one, other = pair.publication_id_a, pair.publication_id_b
        if frozenset((one, other)) not in answered and groups.join(number[one], number[other]):
            chosen.append(pair.Index)
    return open_pairs.loc[sorted(chosen), OPEN_COLUMNS].reset_index(drop=True)


def assign_publication_ids(clustered: pd.DataFrame, known: pd.DataFrame | None = None) -> pd.DataFrame:
    """`clustered` (one row per record, with `cluster`) with publication_id in place of cluster.

    A publication keeps the id that `known` (record_id, publication_id: an earlier edition) gives to any of
    its records. New ones get the next free numbers in order of their first record: P0714 after P0713. Ids of
    records that are gone stay taken. Without `known` the ids are P0001, P0002 ...

    Raises DataError, all problems at once, with the pairs to settle: a cluster holds two known publications,
    a known publication stands in two clusters, a record is known under two ids.
    """
    known_ids = _read_known(known)
    known_of = clustered["record_id"].map(known_ids)
    first_known = known_of.groupby(clustered["cluster"]).first()
    _check_known(clustered.assign(known=known_of).dropna(subset="known"))
    numbers = [int(found.group(1)) for found in map(PUBLICATION_ID.fullmatch, known_ids.values()) if found]
    next_number = max(numbers, default=0) + 1
    id_of = {}
    for number in clustered["cluster"].unique():
        id_of[number] = first_known[number]
        if pd.isna(first_known[number]):
            id_of[number] = f"P{next_number:04d}"
            next_number += 1
    return clustered.assign(publication_id=clustered["cluster"].map(id_of).astype("str")).drop(
        columns="cluster"
    )


def _read_known(known: pd.DataFrame | None) -> dict[str, str]:
    """The known publication of each record. Raises DataError where a record has two."""
    if known is None:
        return {}
    problems = Problems()
    distinct = known[["record_id", "publication_id"]].drop_duplicates()
    for record_id, ids in distinct[distinct.duplicated("record_id", keep=False)].groupby("record_id"):
        problems.add(
            f"{record_id} belongs to more than one publication",
            file=KNOWN_FILE,
            values=ids["publication_id"],
            todo="Keep one row.",
        )
    problems.raise_if_any()
    return dict(zip(known["record_id"], known["publication_id"], strict=True))


def _check_known(clustered: pd.DataFrame) -> None:
    """Raises DataError where clusters and known publications disagree; one row per record with known id."""
    problems = Problems()
    for one, other, what, todo in (
        ("cluster", "known", "are one publication now, and were {} and {}", DIFFERENT),
        ("known", "cluster", "were one publication ({}), and are two now", SAME),
    ):
        parts = clustered.drop_duplicates([one, other])
        for _, members in parts[parts.duplicated(one, keep=False)].groupby(one, sort=False):
            first = members.iloc[0]
            for part in members.iloc[1:].itertuples():
                problems.add(
                    f"{first['record_id']} and {part.record_id} " + what.format(first["known"], part.known),
                    file=KNOWN_FILE,
                    todo=f"Settle the pair in {DECISIONS_FILE}: `{todo}` if the earlier edition was right; "
                    f"if not, correct {KNOWN_FILE}.",
                )
    problems.raise_if_any()


def merge_publications(records: pd.DataFrame, language: str = "en") -> tuple[pd.DataFrame, pd.DataFrame]:
    """The publications, and every value that any record gives of them.

    publications: one row per publication (publication_id, n_records, and the bibliographic fields), in order
    of publication_id. publication_fields: one row per field of a record that is not empty (publication_id,
    field, value, record_id, is_chosen); exactly one value of each field of a publication is chosen. Chosen is
    the value that most records give, case and punctuation aside, as most of them write it; among equals that
    of the record with most fields filled, then of the first record. Titles in `language` (the map's) go
    before translations.
    """
    given = records.assign(row=range(len(records)), n_filled=(records[FIELDS] != "").sum(axis=1))
    titles_in_language = given["language"].str[:2].str.casefold() == language
    fields = given.assign(is_in_language=titles_in_language).melt(
        ["publication_id", "record_id", "row", "n_filled", "is_in_language"], FIELDS, "field", "value"
    )
    fields = fields[fields["value"] != ""]
    fields["is_in_language"] &= fields["field"].isin(["title", "language"])
    fields["folded"] = fields["value"].str.casefold().str.replace(r"[\W_]+", "", regex=True)
    of_publication = ["publication_id", "field"]
    for column, value in (("n_alike", "folded"), ("n_equal", "value")):
        fields[column] = fields.groupby([*of_publication, "is_in_language", value])["row"].transform("size")
    best_first = ["is_in_language", "n_alike", "n_equal", "n_filled"]
    fields = fields.sort_values(
        [*best_first, "row"], ascending=[False] * len(best_first) + [True], kind="stable"
    )
    fields["is_chosen"] = ~fields.duplicated(of_publication)
    fields["field"] = pd.Categorical(fields["field"], FIELDS)
    fields = fields.sort_values([*of_publication, "row"], ignore_index=True).astype({"field": "str"})

    chosen = fields[fields["is_chosen"]].pivot(index="publication_id", columns="field", values="value")
    publications = chosen.reindex(columns=FIELDS).astype("str")
    n_records = records.groupby("publication_id").size().astype("Int64")
    publications = n_records.rename("n_records").to_frame().join(publications, validate="1:1").fillna("")
    return (
        publications.rename_axis(columns=None).reset_index(),
        fields[["publication_id", "field", "value", "record_id", "is_chosen"]],
    )
