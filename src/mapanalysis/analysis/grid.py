"""Cells and margins of an evidence map: the one place where studies are counted.

The rules (docs/method.md, "Counting"):

- A cell, margin or total is a number of *distinct studies*; margins are counted, never summed from cells.
- The grid comes from the codebook. A code that no study has is a row of gaps, not an absent row.
- A study coded for the whole study lands in every pair of its row and column codes (*co-coded*). Where findings
  are coded, codes meet only within a finding, and codes of the whole study meet those of all its findings.
- Each included study is placed, or listed with the reason why it is not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from mapanalysis.codebook import NOT_REPORTED, Codebook, Dimension, find_unknown_codes
from mapanalysis.errors import DataError, Problems

ALL_SEGMENTS = ""
STUDIES, NONE_FOUND, OUTSIDE_SCOPE = "studies", "none_found", "outside_scope"
STATES = (STUDIES, NONE_FOUND, OUTSIDE_SCOPE, NOT_REPORTED)


@dataclass(frozen=True)
class Axis:
    """One dimension at one level: the codes that make the rows, columns or segments of a grid, in order."""

    dimension: Dimension
    level: int
    codes: tuple[str, ...]

    def label_of(self, code: str) -> str:
        return self.dimension.label_of(code)

    @property
    def reported(self) -> list[str]:
        """The codes without "not reported"."""
        return [code for code in self.codes if code != NOT_REPORTED]


@dataclass(frozen=True)
class Grid:
    """The counts of one map. `segment_code` "" stands for studies of any segment; units are distinct studies.

    cells: one row per row code, column code and segment code: n_studies, n_co_coded (placed there by codes of the
    whole study), n_cross_product (of these, studies with several row codes and several column codes, so that the
    pair itself may not have been studied), state (`STATES`).
    rows, columns: one row per code and segment code: n_studies. segments: one row per segment code: n_studies.
    placements: one row per study and cell: study_id, row_code, column_code, segment_code, is_co_coded,
    is_cross_product.
    accounting: one row per included study: study_id, is_placed, reason ("" when placed).
    """

    row: Axis
    column: Axis
    segment: Axis | None
    cells: pd.DataFrame
    rows: pd.DataFrame
    columns: pd.DataFrame
    segments: pd.DataFrame
    placements: pd.DataFrame
    accounting: pd.DataFrame

    @property
    def n_included(self) -> int:
        return len(self.accounting)

    @property
    def n_placed(self) -> int:
        return int(self.accounting["is_placed"].sum())

    def list_studies(
        self, row_code: str | None = None, column_code: str | None = None, segment_code: str | None = None
    ) -> list[str]:
        """The distinct studies behind a cell, a margin or the whole map, in the order of the included studies."""
        chosen = self.placements
        wanted = {"row_code": row_code, "column_code": column_code, "segment_code": segment_code}
        for column, code in wanted.items():
            if code:
                chosen = chosen[chosen[column] == code]
        return list(chosen["study_id"].unique())

    def matrix(self, value: str = "n_studies", segment_code: str = ALL_SEGMENTS) -> pd.DataFrame:
        """The cells of one segment as a matrix: row codes down, column codes across, the whole codebook grid."""
        cells = self.cells[self.cells["segment_code"] == segment_code]
        return cells.pivot(index="row_code", columns="column_code", values=value).reindex(
            index=pd.Index(self.row.codes), columns=pd.Index(self.column.codes)
        )


def count_studies(
    codings: pd.DataFrame,
    codebook: Codebook,
    study_ids: pd.Series,
    *,
    row: str,
    column: str,
    segment: str | None = None,
    row_level: int | None = None,
    column_level: int | None = None,
    segment_level: int | None = 1,
) -> Grid:
    """The grid of `row` by `column`, by `segment`, from the settled codings of the included studies.

    `codings`: one row per study, finding, dimension and code (study_id, finding_id, dimension, code).
    `study_ids`: every included study once. A level of None is the most specific one; segments are by default
    taken at their top level.

    Raises DataError for codes that the codebook does not hold and for codings of studies that are not included.
    """
    included = pd.Index(study_ids, dtype="str")
    dimensions = [codebook.dimension(name) for name in (row, column, segment) if name is not None]
    levels = (row_level, column_level, segment_level)
    relevant = codings[codings["dimension"].isin([dimension.id for dimension in dimensions])]
    _check(relevant, codebook, included)

    coded = _index_codings(relevant, included)
    taken = [
        _take_axis(coded, dimension, level) for dimension, level in zip(dimensions, levels, strict=False)
    ]
    axes = [axis for axis, _ in taken]
    placed = _place([codes for _, codes in taken])
    counts = _Counter(placed, [len(axis.codes) for axis in axes])
    return Grid(
        row=axes[0],
        column=axes[1],
        segment=axes[2] if segment is not None else None,
        cells=_build_cells(counts, axes, codebook),
        rows=counts.margin(axes, 0, "row_code"),
        columns=counts.margin(axes, 1, "column_code"),
        segments=counts.margin(axes, None, ""),
        placements=_build_placements(placed, axes, included),
        accounting=_account([codes for _, codes in taken], axes, placed, included),
    )


def _check(codings: pd.DataFrame, codebook: Codebook, included: pd.Index) -> None:
    problems = Problems()
    if not included.is_unique:
        repeated = included[included.duplicated()].unique()
        problems.add("studies are listed more than once", values=repeated[:5], count=len(repeated))
    for problem in find_unknown_codes(codings, codebook, "codings"):
        problems.found.append(problem)
    strangers = pd.Index(codings["study_id"].unique()).difference(included)
    if len(strangers):
        problems.add(
            "codings of studies that are not included",
            column="study_id",
            values=strangers[:5],
            count=len(strangers),
            todo="Include the study, or remove its codings.",
        )
    problems.raise_if_any(DataError)


def _index_codings(codings: pd.DataFrame, included: pd.Index) -> pd.DataFrame:
    """The codings with studies and findings as integers; finding 0 is the whole study."""
    has_finding = codings["finding_id"].to_numpy() != ""
    findings = np.zeros(len(codings), dtype=np.int64)
    if has_finding.any():
        findings[has_finding] = pd.factorize(codings["finding_id"][has_finding])[0] + 1
    return pd.DataFrame(
        {
            "study": included.get_indexer(pd.Index(codings["study_id"])),
            "finding": findings,
            "dimension": codings["dimension"].to_numpy(),
            "code": codings["code"].to_numpy(),
        }
    )


def _take_axis(coded: pd.DataFrame, dimension: Dimension, level: int | None) -> tuple[Axis, pd.DataFrame]:
    """The axis, and its distinct codes per study and finding as positions on it.

    A study coded with a group only (not with a code below it) stands, at deeper levels, under the group itself:
    the group then becomes part of the axis, just before its own codes.
    """
    level = dimension.depth if level is None else level
    mine = coded[coded["dimension"] == dimension.id]
    at_level = dimension.at_level(level)
    used = set(at_level[mine["code"].unique()])
    wanted = set(dimension.codes_at(level)) | used
    codes = tuple(code for code in dimension.tree.index if code in wanted)
    position = pd.Series(
        {code: codes.index(at_level[code]) for code in at_level.index if at_level[code] in wanted}
    )
    taken = mine[["study", "finding"]].assign(code=position[mine["code"]].to_numpy(dtype=np.int64))
    return Axis(dimension, level, codes), taken.drop_duplicates(ignore_index=True)


def _place(axes: list[pd.DataFrame]) -> pd.DataFrame:
    """One row per study and cell: study, code_0 (row), code_1 (column), code_2 (segment), the two flags."""
    contexts = pd.concat(axes)[["study", "finding"]].drop_duplicates()
    with_findings = contexts.loc[contexts["finding"] > 0]
    whole = contexts.loc[~contexts["study"].isin(with_findings["study"])]
    contexts = pd.concat([with_findings, whole], ignore_index=True).reset_index(names="context")

    placed = None
    for number, codes in enumerate(axes):
        here = _codes_by_context(codes, contexts).rename(
            columns={"code": f"code_{number}", "is_whole": f"is_whole_{number}", "is_one": f"is_one_{number}"}
        )
        placed = here if placed is None else placed.merge(here, on="context", validate="many_to_many")
    assert placed is not None
    is_co_coded = placed["is_whole_0"] & placed["is_whole_1"]
    is_cross_product = is_co_coded & ~placed["is_one_0"] & ~placed["is_one_1"]
    study = contexts["study"].to_numpy()[placed["context"].to_numpy()]
    keys = ["study", *(f"code_{number}" for number in range(len(axes)))]
    placed = placed.assign(study=study, is_co_coded=is_co_coded, is_cross_product=is_cross_product)
    placed = placed[[*keys, "is_co_coded", "is_cross_product"]]
    if (contexts["finding"] > 0).any():  # several findings may put a study in one cell: a true pair wins
        placed = placed.groupby(keys, sort=False, as_index=False).min()
    return placed


def _codes_by_context(codes: pd.DataFrame, contexts: pd.DataFrame) -> pd.DataFrame:
    """The codes that hold in each context (a finding, or a whole study): its own and those of the whole study."""
    whole = codes.loc[codes["finding"] == 0, ["study", "code"]]
    whole = whole.assign(is_one=whole.groupby("study")["code"].transform("size") == 1)
    for_all = contexts[["context", "study"]].merge(whole, on="study", validate="many_to_many")
    own = codes[codes["finding"] > 0].merge(contexts, on=["study", "finding"], validate="many_to_one")
    both = pd.concat(
        [
            own[["context", "code"]].assign(is_whole=False, is_one=False),
            for_all[["context", "code", "is_one"]].assign(is_whole=True),
        ],
        ignore_index=True,
    )
    if own.empty:
        return both
    return both.groupby(["context", "code"], sort=False, as_index=False).min()


class _Counter:
    """Counts distinct studies over any of the axes of the placements."""

    def __init__(self, placed: pd.DataFrame, sizes: list[int]):
        self.placed, self.sizes = placed, sizes

    def count(self, over: list[int], where: str = "") -> np.ndarray:
        """Distinct studies per combination of codes of the axes `over`, as an array of their sizes."""
        placed = self.placed[self.placed[where]] if where else self.placed
        shape = [self.sizes[number] for number in over]
        flat = np.zeros(len(placed), dtype=np.int64)
        for number, size in zip(over, shape, strict=True):
            flat = flat * size + placed[f"code_{number}"].to_numpy()
        n_flat = int(np.prod(shape, dtype=np.int64))
        distinct = pd.unique(placed["study"].to_numpy() * n_flat + flat)
        return np.bincount(distinct % n_flat, minlength=n_flat).reshape(shape)

    def by_segment(self, over: list[int], where: str = "") -> np.ndarray:
        """`count` with a last axis for segments: position 0 holds studies of any segment."""
        whole = self.count(over, where)[..., np.newaxis]
        return (
            whole if len(self.sizes) < 3 else np.concatenate([whole, self.count([*over, 2], where)], axis=-1)
        )

    def margin(self, axes: list[Axis], number: int | None, name: str) -> pd.DataFrame:
        """Distinct studies per code of one axis and segment; of each segment alone when `number` is None."""
        segments = _segment_codes(axes)
        if number is None:
            return pd.DataFrame({"segment_code": segments, "n_studies": self.by_segment([])})
        index = pd.MultiIndex.from_product([axes[number].codes, segments], names=[name, "segment_code"])
        return pd.DataFrame({"n_studies": self.by_segment([number]).ravel()}, index=index).reset_index()


def _segment_codes(axes: list[Axis]) -> list[str]:
    return [ALL_SEGMENTS, *(axes[2].codes if len(axes) > 2 else ())]


def _build_cells(counts: _Counter, axes: list[Axis], codebook: Codebook) -> pd.DataFrame:
    index = pd.MultiIndex.from_product(
        [axes[0].codes, axes[1].codes, _segment_codes(axes)],
        names=["row_code", "column_code", "segment_code"],
    )
    cells = index.to_frame(index=False).assign(
        n_studies=counts.by_segment([0, 1]).ravel(),
        n_co_coded=counts.by_segment([0, 1], "is_co_coded").ravel(),
        n_cross_product=counts.by_segment([0, 1], "is_cross_product").ravel(),
    )
    is_not_reported = (cells[["row_code", "column_code", "segment_code"]] == NOT_REPORTED).any(axis=1)
    state = np.select(
        [is_not_reported, cells["n_studies"] > 0, _is_outside_scope(cells, axes, codebook)],
        [NOT_REPORTED, STUDIES, OUTSIDE_SCOPE],
        NONE_FOUND,
    )
    return cells.assign(state=pd.Series(state, dtype="str"))


def _is_outside_scope(cells: pd.DataFrame, axes: list[Axis], codebook: Codebook) -> np.ndarray:
    """Whether each cell lies under a combination of codes that the codebook says was not looked for."""
    names = ("row_code", "column_code", "segment_code")
    column_of = {axis.dimension.id: (name, axis) for axis, name in zip(axes, names, strict=False)}
    is_outside = np.zeros(len(cells), dtype=bool)
    for scope in codebook.outside_scope:
        if not set(scope.codes) <= set(column_of):
            continue
        covered = np.ones(len(cells), dtype=bool)
        for dimension_id, code in scope.codes.items():
            name, axis = column_of[dimension_id]
            level = int(axis.dimension.tree.loc[code, "level"])
            below = axis.dimension.at_level(level)
            covered &= cells[name].isin(below.index[below == code]).to_numpy()
        is_outside |= covered
    return is_outside


def _build_placements(placed: pd.DataFrame, axes: list[Axis], included: pd.Index) -> pd.DataFrame:
    ordered = placed.sort_values([column for column in placed if column.startswith(("study", "code_"))])
    names = ("row_code", "column_code", "segment_code")
    codes = {
        name: pd.Categorical.from_codes(ordered[f"code_{number}"].to_numpy(), axis.codes).astype("str")
        for number, (axis, name) in enumerate(zip(axes, names, strict=False))
    }
    frame = {"study_id": included[ordered["study"].to_numpy()], **codes}
    flags = ordered[["is_co_coded", "is_cross_product"]].reset_index(drop=True)
    return pd.DataFrame(frame).astype("str").assign(**flags)


def _account(
    taken: list[pd.DataFrame], axes: list[Axis], placed: pd.DataFrame, included: pd.Index
) -> pd.DataFrame:
    """Every included study, placed or with the reason why not."""
    numbers = np.arange(len(included))
    is_placed = np.isin(numbers, placed["study"].to_numpy())
    reason = np.where(is_placed, "", "its codes never meet in one finding").astype(object)
    missing = [
        np.where(np.isin(numbers, codes["study"].to_numpy()), "", axis.dimension.label)
        for axis, codes in zip(axes, taken, strict=True)
    ]
    for number in np.flatnonzero(~is_placed):
        labels = [labels[number] for labels in missing if labels[number]]
        if labels:
            reason[number] = f"no code for: {', '.join(labels)}"
    return pd.DataFrame(
        {
            "study_id": pd.Series(included, dtype="str"),
            "is_placed": is_placed,
            "reason": pd.Series(reason, dtype="str"),
        }
    )
