"""The flow: from records to studies on the map, in boxes whose numbers are lists and whose arithmetic closes.

A map may come without decisions, without a stage of them, or without records; the flow then holds what is known.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from mapanalysis.analysis.screening import EXCLUDE, INCLUDED_FILE, add_rows
from mapanalysis.codebook import Codebook
from mapanalysis.errors import MOST_VALUES_SHOWN, Problem, Problems, UsageError, nearest_of

BOX_COLUMNS = {
    "box": "str",
    "stage": "str",
    "label": "str",
    "source_or_reason": "str",
    "n": "Int64",
    "unit": "str",
    "parent": "str",
}


@dataclass(frozen=True)
class Flow:
    """The PRISMA 2020 flow.

    boxes: one row per box: box (its id; a part of another box is "<box>/<source or reason>"), stage, label,
    source_or_reason ("" when not a part), n, unit, parent (the box it comes from, "" for the first). The unit says
    what is counted, and which ids the members are: "records" (record_id), "reports" (documents, that is records
    without their duplicates: publication_id), "studies" (study_id).
    members: one row per box and thing counted in it: box, id.
    """

    boxes: pd.DataFrame
    members: pd.DataFrame

    def n(self, box: str) -> int:
        """The number in a box. Raises UsageError when this flow has no such box."""
        return int(self.boxes.set_index("box").at[self._known(box), "n"])

    def list_ids(self, box: str) -> list[str]:
        """The ids counted in a box. Raises UsageError when this flow has no such box."""
        return self.members.loc[self.members["box"] == self._known(box), "id"].tolist()

    def _known(self, box: str) -> str:
        boxes = self.boxes["box"].tolist()
        if box not in boxes:
            raise UsageError(
                Problem(
                    f"the flow has no box {box!r}",
                    "Choose one of `flow.boxes`; a stage that was skipped has none.",
                    nearest=nearest_of(box, boxes),
                )
            )
        return box


def build_flow(
    records: pd.DataFrame,
    settled_records: pd.DataFrame | None,
    settled_reports: pd.DataFrame | None,
    reports: pd.DataFrame,
    codebook: Codebook,
) -> Flow:
    """The numbers of the PRISMA 2020 flow, each with the ids it counts.

    `records` has record_id, source and publication_id; of a publication's records the first stands for it and the
    others are the duplicates. `settled_records` is None when nothing is known of the first stage, `settled_reports`
    None or empty when there was no second; boxes of a stage that is not known are not there, and without records and
    decisions on them neither are "identified" and "duplicates". Every source, and every reason of the codebook, is a
    box.

    Raises DataError when the arithmetic does not close, or the boxes hold other ids than they should.

    Source: Page et al. 2021, The PRISMA 2020 statement, BMJ 372:n71, items 16a and 16b and figure 1.
    """
    labels = {reason.id: reason.label for reason in codebook.exclusion_reasons}
    sources = {source: source for source in records["source"].unique()}
    duplicates = records.loc[records.duplicated("publication_id"), "record_id"]
    boxes: list[_Box] = []
    last = ""
    if len(records) or settled_records is not None:
        every = records["record_id"]
        identified = _Box("identified", "identification", "Records identified", "records", "", every)
        boxes += _box_with_parts(identified, records["source"], sources)
        boxes.append(
            _Box("duplicates", "identification", "Duplicates removed", "records", "identified", duplicates)
        )
    if settled_records is not None:
        screened = settled_records["publication_id"]
        label = "Screened by title and abstract"
        boxes.append(_Box("screened", "screening", label, "reports", "identified", screened))
        boxes += _excluded("excluded_records", "screening", "screened", settled_records, labels)
        last = "screened"
    if settled_reports is not None and not settled_reports.empty:
        assessed = settled_reports["publication_id"]
        boxes.append(_Box("assessed", "eligibility", "Assessed again", "reports", last, assessed))
        boxes += _excluded("excluded_reports", "eligibility", "assessed", settled_reports, labels)
        last = "assessed"
    studies = reports["study_id"].drop_duplicates()
    boxes += [
        _Box("included_reports", "included", "Reports included", "reports", last, reports["publication_id"]),
        _Box("included_studies", "included", "Studies included", "studies", "included_reports", studies),
    ]
    _check_closes({box.box: box for box in boxes}, last, reports)
    return _as_flow(boxes)


def build_map_steps(
    study_ids: pd.Series,
    codings: pd.DataFrame,
    accounting: pd.DataFrame,
    appraised: Collection[str] | None = None,
) -> Flow:
    """What became of the included studies, as boxes that go on from "included_studies"; all count study_ids.

    "coded" ("not_coded" where there are such), "appraised" and "not_appraised" (only when the map has appraisals:
    `appraised`, the study_ids that have one, is not None), "placed" and "not_placed", this with a part for each
    reason. `codings` are settled, `accounting` is that of a grid.

    Raises DataError when the boxes do not make up the included studies.

    Source: Haddaway et al. 2018, ROSES RepOrting standards for Systematic Evidence Syntheses, Environmental Evidence
    7:7, flow diagram for systematic maps.
    """
    included = _Box("included_studies", "included", "Studies included", "studies", "", study_ids)
    is_coded = study_ids.isin(codings["study_id"])
    boxes = _split(included, "coding", ("coded", "Studies coded"), ("not_coded", "Not coded"), is_coded)
    if appraised is not None:
        words = ("appraised", "Studies appraised"), ("not_appraised", "Not appraised")
        boxes += _split(included, "appraisal", *words, study_ids.isin(list(appraised)))
    is_placed = study_ids.isin(accounting.loc[accounting["is_placed"], "study_id"])
    words = ("placed", "Studies placed on the map"), ("not_placed", "Not placed")
    placed, not_placed = _split(included, "synthesis", *words, is_placed)
    why = not_placed.ids.map(accounting.set_index("study_id")["reason"])
    boxes += [placed, *_box_with_parts(not_placed, why, {reason: reason for reason in sorted(set(why))})]
    problems = Problems()
    _check_sum(included, [placed, not_placed], problems)
    problems.raise_if_any()
    return _as_flow([box for box in boxes if box.box != "not_coded" or len(box.ids)])


def list_members(flow: Flow, things: pd.DataFrame) -> pd.DataFrame:
    """What each box counts, parts aside: one row per box and thing, in the order of the boxes.

    `things` has unit and id, as in the flow, and what is to be said of each. Columns: box, id, those of `things`,
    reason (the label of the part it is counted in; "" where there is none, and of sources).
    """
    boxes = flow.boxes
    is_part = boxes["source_or_reason"] != ""
    parts = flow.members.merge(boxes.loc[is_part, ["box", "label"]], on="box", validate="many_to_one")
    parts["box"] = parts["box"].str.split("/", n=1).str[0]
    reasons = parts[parts["box"] != "identified"].rename(columns={"label": "reason"})
    whole = flow.members.merge(boxes.loc[~is_part, ["box", "unit"]], on="box", validate="many_to_one")
    said = whole.merge(things, on=["unit", "id"], how="left", validate="many_to_one")
    said = said.merge(reasons, on=["box", "id"], how="left", validate="one_to_one")
    return said.fillna("").drop(columns="unit")


class _Box(NamedTuple):
    """A box with the ids it counts, before the flow is known to close."""

    box: str
    stage: str
    label: str
    unit: str
    parent: str
    ids: pd.Series
    source_or_reason: str = ""


def _box_with_parts(whole: _Box, part_of: pd.Series, labels: dict[str, str]) -> list[_Box]:
    """A box, and one for each of its parts; `part_of` says for each of its ids which part it belongs to."""
    parts = [
        whole._replace(
            box=f"{whole.box}/{part}",
            label=label,
            parent=whole.box,
            ids=whole.ids[part_of == part],
            source_or_reason=part,
        )
        for part, label in labels.items()
    ]
    return [whole, *parts]


def _excluded(box: str, stage: str, parent: str, settled: pd.DataFrame, labels: dict[str, str]) -> list[_Box]:
    excluded = settled[settled["decision"] == EXCLUDE]
    whole = _Box(box, stage, "Excluded", "reports", parent, excluded["publication_id"])
    return _box_with_parts(whole, excluded["reason"], labels)


def _split(
    whole: _Box, stage: str, yes: tuple[str, str], no: tuple[str, str], is_yes: pd.Series
) -> list[_Box]:
    """Two boxes that make up `whole`, each given as (box, label)."""
    return [
        _Box(box, stage, label, whole.unit, whole.box, whole.ids[chosen])
        for (box, label), chosen in ((yes, is_yes), (no, ~is_yes))
    ]


def _as_flow(boxes: list[_Box]) -> Flow:
    frame = pd.DataFrame(boxes).drop(columns="ids").assign(n=[len(box.ids) for box in boxes])
    members = [pd.DataFrame({"box": box.box, "id": box.ids}) for box in boxes]
    return Flow(
        frame[list(BOX_COLUMNS)].astype(BOX_COLUMNS),
        pd.concat(members, ignore_index=True).astype("str"),
    )


def _check_closes(boxes: dict[str, _Box], last: str, reports: pd.DataFrame) -> None:
    """That each box is made up of the boxes that follow from it; `last` is the box of the last stage, "" for none."""
    sums: list[tuple[str, list[str]]] = []
    if "screened" in boxes:
        after = "assessed" if last == "assessed" else "included_reports"
        sums.append(("identified", ["duplicates", "screened"]))
        sums.append(("screened", ["excluded_records", after]))
    if last == "assessed":
        sums.append(("assessed", ["excluded_reports", "included_reports"]))
    in_parts = [box for box in ("identified", "excluded_records", "excluded_reports") if box in boxes]
    sums += [(whole, [box for box in boxes if box.startswith(f"{whole}/")]) for whole in in_parts]
    problems = Problems()
    for whole, parts in sums:
        _check_sum(boxes[whole], [boxes[part] for part in parts], problems)
    add_rows(
        problems,
        "an included report belongs to no study",
        reports,
        reports["study_id"] == "",
        file=INCLUDED_FILE,
        column="publication_id",
        todo="Give it a study_id; reports of one study share it.",
    )
    problems.raise_if_any()


def _check_sum(whole: _Box, parts: list[_Box], problems: Problems) -> None:
    """That the parts make up the whole: id by id where they count the same thing, else by their number."""
    ids = pd.concat([whole.ids.iloc[:0], *(part.ids for part in parts)])
    is_same_kind = all(part.unit == whole.unit for part in parts)
    strangers = set(whole.ids) ^ set(ids) if is_same_kind else set()
    wrong = strangers | set(whole.ids[whole.ids.duplicated()])
    if is_same_kind:
        wrong |= set(ids[ids.duplicated()])
    if len(whole.ids) == len(ids) and not wrong:
        return
    counts = " + ".join(f"{len(part.ids):,} {part.box}" for part in parts) or "nothing"
    problems.add(
        f"the flow does not close: {len(whole.ids):,} {whole.box}, but {counts}",
        values=sorted(wrong)[:MOST_VALUES_SHOWN],
        todo="Run `mapanalysis check`, which says what is missing or stands twice in the decisions and reports.",
    )
