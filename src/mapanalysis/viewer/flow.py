"""The flow as the map on screen shows it: boxes, and the records behind them in small.

Of what is listed, only title, year and sources are published. Titles stand once, however many boxes hold them.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from mapanalysis.evidence import Evidence
from mapanalysis.messages import say_unknown
from mapanalysis.viewer.text import clean, clean_all

MOST_LISTED = 5_000  # documents, and records; the boxes beyond, from the last to the first, are numbers only
SAID = ["title", "year", "source"]


def pack_flow(evidence: Evidence) -> dict[str, Any]:
    """missing (what the data do not hold, or ""), boxes, and what is listed in them: titles, years, holders, sources.

    A box has label, n, unit (documents are publications until they are included), parts ([label, n] of each source or reason that counts something), entries (positions among
    the titles, or among the studies where these are its unit; null where it is not listed) and partOf (for each entry the
    position of its part).
    """
    flow = evidence.flow
    boxes = flow[flow["source_or_reason"] == ""]
    documents = _list_documents(evidence)
    listed = _choose_listed(boxes, documents)
    known = documents.loc[documents["box"].isin(listed), SAID].drop_duplicates(ignore_index=True)
    documents = documents.merge(known.reset_index(names="entry"), on=SAID, how="left", validate="many_to_one")
    studies = evidence.tables["flow_members"].query("box == 'included_studies'")
    place = pd.Index(evidence.studies["study_id"]).get_indexer(pd.Index(studies["id"]))
    entries = pd.concat([documents[["box", "id", "entry"]], studies.assign(entry=place)])
    holders = sorted(set(known["source"]))
    return {
        "missing": clean(say_unknown(set(boxes["box"]))),
        "boxes": [
            _pack_box(evidence, box, entries[entries["box"] == box.box], box.box in listed)
            for box in boxes.itertuples()
        ],
        "titles": clean_all(known["title"]),
        "years": clean_all(known["year"]),
        "holders": [holders.index(source) for source in known["source"]],
        "sources": clean_all(holders),
    }


def _list_documents(evidence: Evidence) -> pd.DataFrame:
    """box, id, title, year, source: what each box of documents counts; a record by the words of its publication."""
    units = evidence.flow.set_index("box")["unit"]
    members = evidence.list_members()
    members = members[members["box"].map(units) != "studies"].reset_index(drop=True)
    is_record = members["box"].map(units) == "records"
    publication = members.loc[is_record, "id"].map(evidence.records.set_index("record_id")["publication_id"])
    words = evidence.publications.set_index("publication_id")
    for column in ("title", "year"):
        members.loc[is_record, column] = publication.map(words[column])
    if evidence.knows_decisions:
        members.loc[is_record, "source"] = evidence.name_holders(publication)
    members["title"] = members["title"].mask(members["title"] == "", members["id"])
    return members


def _choose_listed(boxes: pd.DataFrame, documents: pd.DataFrame) -> set[str]:
    """The boxes whose members are listed: from the last to the first, until there are too many."""
    listed: set[str] = set()
    for box in boxes.iloc[::-1].itertuples():
        known = documents.loc[documents["box"].isin({*listed, box.box}), SAID].drop_duplicates()
        if max(len(known), box.n) > MOST_LISTED:
            break
        listed.add(box.box)
    return listed


def _pack_box(evidence: Evidence, box: Any, entries: pd.DataFrame, is_listed: bool) -> dict[str, Any]:
    flow = evidence.flow
    parts = flow[(flow["parent"] == box.box) & (flow["source_or_reason"] != "") & (flow["n"] > 0)]
    members = evidence.tables["flow_members"]
    number = {part: place for place, part in enumerate(parts["box"])}
    in_parts = members[members["box"].isin(number)]
    part_of = entries["id"].map(dict(zip(in_parts["id"], in_parts["box"].map(number), strict=True)))
    return {
        "label": clean(box.label),
        "n": int(box.n),
        "unit": "publications" if box.unit == "reports" and box.stage != "included" else box.unit,
        "parts": [[clean(part.label), int(part.n)] for part in parts.itertuples()],
        "entries": entries["entry"].tolist() if is_listed else None,
        "partOf": part_of.tolist() if is_listed and number else [],
    }
