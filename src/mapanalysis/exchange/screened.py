"""Records with the decisions of screeners on them, as Rayyan exports them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pandas as pd

from mapanalysis.exchange.references import read_references
from mapanalysis.sources.fields import slug
from mapanalysis.sources.library import Library, SetAside
from mapanalysis.sources.rayyan import Decided, parse_decisions
from mapanalysis.sources.text import decode_text
from mapanalysis.tables import DECISIONS, RAW

INCLUDE, EXCLUDE, UNCLEAR = DECISIONS
NO_REASON = {"id": "no_reason_given", "label": "No reason given"}


def read_rayyan(data: bytes, file: str, *, tags: bool = False) -> Library:
    """The records of a Rayyan export with the decisions on them; included are those that all their screeners include.

    Where screeners disagree, or say "maybe", a person has to settle it: `mapanalysis check` lists these records.
    Raises DataError as `read_references` does.
    """
    library = read_references(data, file, tags=tags)
    decided = parse_decisions(decode_text(data, file)[0], file)
    references = library.references
    assert references is not None  # a list of references has some
    reasons = _reasons_of(decided)
    rows = [
        (record_id, screener, decision, _reason_of(one, reasons) if decision == EXCLUDE else "")
        for record_id, one in zip(references["record_id"], decided, strict=True)
        for screener, decision in one.decisions
    ]
    screening = pd.DataFrame(rows, columns=list(RAW["screening_records"].columns), dtype="str")
    included = {
        record_id
        for record_id, one in zip(references["record_id"], decided, strict=True)
        if one.decisions and {decision for _, decision in one.decisions} == {INCLUDE}
    }
    return _with_decisions(library, screening, included, decided, reasons)


def _reasons_of(decided: list[Decided]) -> dict[str, str]:
    """Reason (in lower case) to its id, the commonest first."""
    counts = Counter(reason.casefold() for one in decided for reason in one.reasons)
    ids: dict[str, str] = {}
    for reason in sorted(counts, key=lambda word: (-counts[word], word)):
        ids[reason] = slug(reason, {*ids.values(), NO_REASON["id"]})
    return ids


def _reason_of(one: Decided, ids: dict[str, str]) -> str:
    known = [ids[reason.casefold()] for reason in one.reasons]
    return min(known, key=list(ids.values()).index, default=NO_REASON["id"])


def _with_decisions(
    library: Library,
    screening: pd.DataFrame,
    included: set[str],
    decided: list[Decided],
    reasons: dict[str, str],
) -> Library:
    linked = library.references
    assert linked is not None  # a list of references has some
    publications = set(linked.loc[linked["record_id"].isin(included), "publication_id"])
    spelling = {reason.casefold(): reason for one in decided for reason in one.reasons}
    codes: list[dict[str, Any]] = [{"id": id, "label": spelling[reason]} for reason, id in reasons.items()]
    if (screening["reason"] == NO_REASON["id"]).any():
        codes.append(NO_REASON)
    reports = library.reports[library.reports["publication_id"].isin(publications)].reset_index(drop=True)
    codings = library.codings[library.codings["publication_id"].isin(publications)].reset_index(drop=True)
    n_several = sum(len(one.reasons) > 1 for one in decided)
    left_out = [
        SetAside("further reasons for exclusion", "one reason counts: the commonest is kept", n_several),
        SetAside("notes of screeners", "no map shows them", sum(one.has_notes for one in decided)),
        SetAside(
            "names of screeners", "they are called screener 1, screener 2 …", screening["screener"].nunique()
        ),
    ]
    reading = replace(
        library.reading,
        format="Rayyan CSV",
        n_used=library.reading.n_read,
        set_aside=(),
        left_out=(*library.reading.left_out, *(one for one in left_out if one.count)),
        guesses=(
            "The decisions are taken as the last ones: what all screeners of a record include is an included report.",
        ),
    )
    return replace(
        library,
        codebook={**library.codebook, "exclusion_reasons": codes},
        reports=reports,
        codings=codings,
        reading=reading,
        screening=screening,
    )
