"""Cells and margins of an evidence map: the one place where studies are counted.

The rules (docs/method.md, "Counting"):

- A cell, margin or total is a number of *distinct studies*; margins are counted, never summed from cells.
- The grid comes from the codebook. A code that no study has is a row of gaps, not an absent row.
- A study coded for the whole study lands in every pair of its row and column codes (*co-coded*). Where findings
  are coded, codes meet only within a finding, and codes of the whole study meet those of all its findings.
- Each included study is placed, or listed with the reason why it is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import product

import numpy as np
import pandas as pd

from mapanalysis.codebook import NOT_REPORTED, Codebook, Dimension, find_unknown_codes
from mapanalysis.errors import DataError, Problem, Problems, UsageError, nearest_of

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
    accounting: pd.DataFrame
    list_placements: Callable[[], pd.DataFrame] = field(repr=False)

    @cached_property
    def placements(self) -> pd.DataFrame:
        """One row per study and cell: see the class. Made when first asked for; it is long."""
        return self.list_placements()

    @property
    def n_included(self) -> int:
        return len(self.accounting)

    @property
    def n_placed(self) -> int:
        return int(self.accounting["is_placed"].sum())

    def list_studies(
        self, row_code: str | None = None, column_code: str | None = None, segment_code: str | None = None
    ) -> list[str]:
        """The distinct studies behind a cell, a margin or the whole map, in the order of the included studies.

        Raises UsageError for a code that the grid does not have.
        """
        chosen = self.placements
        wanted = {"row": row_code, "column": column_code, "segment": segment_code}
        for name, code in wanted.items():
            if not code:
                continue
            axis = getattr(self, name)
            codes = axis.codes if axis else ()
            if code not in codes:
                raise UsageError(
                    Problem(f"the grid has no {name} {code!r}", nearest=nearest_of(code, codes)),
                )
            chosen = chosen[chosen[f"{name}_code"] == code]
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

    Raises DataError for dimensions and codes that the codebook does not hold, anywhere in `codings`, and for
    codings of studies that are not included; UsageError for a level below 1.
    """
    included = pd.Index(study_ids, dtype="str")
    dimensions = [codebook.dimension(name) for name in (row, column, segment) if name is not None]
    levels = (row_level, column_level, segment_level)
    _check_levels(levels)
    _check(codings, codebook, included)

    taken = _take_axes(codings, included, dimensions, levels)
    axes = [part.axis for part in taken]
    placed = _Placements(taken, len(included))
    return Grid(
        row=axes[0],
        column=axes[1],
        segment=axes[2] if segment is not None else None,
        cells=_build_cells(placed, axes, codebook),
        rows=_count_margin(placed, axes, 0, "row_code"),
        columns=_count_margin(placed, axes, 1, "column_code"),
        segments=pd.DataFrame({"segment_code": _segment_codes(axes), "n_studies": placed.count([])[0]}),
        accounting=_account(taken, placed, included),
        list_placements=partial(_build_placements, placed, axes, included),
    )


def _check_levels(levels: tuple[int | None, ...]) -> None:
    problems = Problems()
    for name, level in zip(("row_level", "column_level", "segment_level"), levels, strict=True):
        if level is not None and level < 1:
            problems.add(
                f"levels count from 1, and {name} is {level}", todo="Give 1 for the top level, or more."
            )
    problems.raise_if_any(UsageError)


def _check(codings: pd.DataFrame, codebook: Codebook, included: pd.Index) -> None:
    problems = Problems()
    if not included.is_unique:
        repeated = included[included.duplicated()].unique()
        problems.add("studies are listed more than once", values=repeated[:5], count=len(repeated))
    for problem in find_unknown_codes(codings, codebook, "codings"):
        problems.found.append(problem)
    n_missing = int(codings["finding_id"].isna().sum())
    if n_missing:
        todo = "Use empty text where a code holds for the whole study."
        problems.add("the finding is missing", column="finding_id", count=n_missing, todo=todo)
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


@dataclass(frozen=True)
class _Taken:
    """The codings of one axis as integers, one item per coding: study, finding (0 is the whole study), code."""

    axis: Axis
    study: np.ndarray
    finding: np.ndarray
    code: np.ndarray


def _take_axes(
    codings: pd.DataFrame, included: pd.Index, dimensions: list[Dimension], levels: tuple[int | None, ...]
) -> list[_Taken]:
    numbers, studies = pd.factorize(codings["study_id"])
    study = included.get_indexer(pd.Index(studies))[numbers]
    numbers, findings = pd.factorize(codings["finding_id"])
    finding = np.where(pd.Index(findings) == "", 0, np.arange(1, len(findings) + 1))[numbers]
    taken = []
    for dimension, level in zip(dimensions, levels, strict=False):
        mine = np.flatnonzero(codings["dimension"] == dimension.id)
        numbers, codes = pd.factorize(codings["code"].iloc[mine])
        axis, position = _build_axis(dimension, level, codes)
        taken.append(_Taken(axis, study[mine], finding[mine], position[numbers]))
    return taken


def _build_axis(dimension: Dimension, level: int | None, codes: Iterable[str]) -> tuple[Axis, np.ndarray]:
    """The axis, and the positions of `codes` on it.

    A study coded with a group only (not with a code below it) stands, at deeper levels, under the group itself:
    the group then becomes part of the axis, just before its own codes.
    """
    level = dimension.depth if level is None else level
    at_level = dict(dimension.at_level(level))
    wanted = {*dimension.codes_at(level), *(at_level[code] for code in codes)}
    on_axis = tuple(code for code in dimension.tree.index if code in wanted)
    position = {code: number for number, code in enumerate(on_axis)}
    return Axis(dimension, level, on_axis), np.array(
        [position[at_level[code]] for code in codes], dtype=np.int64
    )


class _Placements:
    """Studies in cells, as integers.

    A *context* is a whole study or one of its findings; every code that holds in it meets every code of the other
    axes there. Codes of the whole study hold in all its findings too. Contexts without a code on one of the axes
    place nothing.
    """

    def __init__(self, taken: list[_Taken], n_studies: int):
        self.sizes = [len(part.axis.codes) for part in taken]
        self.n_studies = n_studies
        self.n_findings = 1 + max((int(part.finding.max(initial=0)) for part in taken), default=0)
        study, finding = (
            np.concatenate([getattr(part, name) for part in taken]) for name in ("study", "finding")
        )
        in_finding = finding > 0
        keys = _distinct((study * self.n_findings + finding)[in_finding])
        whole = np.flatnonzero(_mark(study, n_studies)) * self.n_findings
        self.contexts = np.sort(np.concatenate([keys, whole]))
        self.study = self.contexts // self.n_findings
        self.codes = [
            self._spread_over_contexts(part, size) for part, size in zip(taken, self.sizes, strict=True)
        ]
        n_codes = [np.bincount(context, minlength=len(self.contexts)) for context, _, _ in self.codes]
        self.n_codes, self.starts = n_codes, [np.cumsum(n) - n for n in n_codes]
        self.complete = np.flatnonzero(np.all(n_codes, axis=0))

    def _spread_over_contexts(self, taken: _Taken, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """context, code, flags, ordered by context. Flags: 0 a finding's own code, 2 a code of the whole study,
        3 one of several codes of the whole study.
        """
        is_whole = taken.finding == 0
        own = ~is_whole
        own_context = np.searchsorted(self.contexts, (taken.study * self.n_findings + taken.finding)[own])
        study, code = np.divmod(_distinct((taken.study * size + taken.code)[is_whole]), size)
        flags = 2 + (np.bincount(study, minlength=self.n_studies) > 1)[study]
        n_contexts = np.bincount(self.study, minlength=self.n_studies)
        item, context = _spread(n_contexts[study], (np.cumsum(n_contexts) - n_contexts)[study])
        keys, flags = _keep_least(
            np.concatenate([own_context * size + taken.code[own], context * size + code[item]]),
            np.concatenate([np.zeros(len(own_context), dtype=np.int64), flags[item]]),
        )
        return (*np.divmod(keys, size), flags)

    def over(self, axes: list[int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """study, flat position among the codes of `axes`, flags; each study once per position, in order.

        Flags: 2 and 3 when row and column both come from codes of the whole study (*co-coded*), 3 when there are
        several of both (a *cross product*). Where several findings place a study alike, a true pair wins.
        """
        context = self.complete
        flat, flags = np.zeros(len(context), dtype=np.int64), np.full(len(context), 3)
        for number in axes:
            _, codes, code_flags = self.codes[number]
            item, position = _spread(self.n_codes[number][context], self.starts[number][context])
            context, flat = context[item], flat[item] * self.sizes[number] + codes[position]
            flags = flags[item] & code_flags[position] if number < 2 else flags[item]
        study, size = self.study[context], self._size(axes)
        if self.n_findings > 1:
            keys, flags = _keep_least(study * size + flat, flags)
            study, flat = np.divmod(keys, size)
        return study, flat, flags

    def _size(self, axes: list[int]) -> int:
        return int(np.prod([self.sizes[number] for number in axes], dtype=np.int64))

    def count(self, axes: list[int], *, flags: tuple[int, ...] = (0,)) -> list[np.ndarray]:
        """Distinct studies per row of the table over `axes` and segment, any segment first: one array per flag,
        of the studies placed with at least that flag.
        """
        counts = []
        for over in (axes, [*axes, 2])[: len(self.sizes) - 1]:
            _, flat, found = self.over(over)
            shape = (self._size(axes), -1)
            counts.append(
                [
                    np.bincount(flat[found >= flag], minlength=self._size(over)).reshape(shape)
                    for flag in flags
                ]
            )
        return [np.concatenate(parts, axis=1).ravel() for parts in zip(*counts, strict=True)]


def _spread(n: np.ndarray, start: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each item repeated n times, and beside it the n positions that begin at its start."""
    item = np.repeat(np.arange(len(n)), n)
    return item, np.arange(len(item)) - (np.cumsum(n) - n - start)[item]


def _mark(numbers: np.ndarray, n: int) -> np.ndarray:
    """For each of 0 to n - 1, whether it is among the numbers."""
    marks = np.zeros(n, dtype=bool)
    marks[numbers] = True
    return marks


def _distinct(keys: np.ndarray) -> np.ndarray:
    """The distinct keys in order. (By sorting: faster here than the hashing of `np.unique` and `pd.unique`.)"""
    keys = np.sort(keys)
    return keys[np.diff(keys, prepend=-1) > 0]


def _keep_least(keys: np.ndarray, flags: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The distinct keys in order, each with the least of its flags (0 to 3)."""
    both = np.sort(keys * 4 + flags)
    keys = both >> 2
    is_first = np.diff(keys, prepend=-1) > 0
    return keys[is_first], both[is_first] & 3


def _count_margin(placed: _Placements, axes: list[Axis], number: int, name: str) -> pd.DataFrame:
    """Distinct studies per code of one axis and segment."""
    index = pd.MultiIndex.from_product(
        [axes[number].codes, _segment_codes(axes)], names=[name, "segment_code"]
    )
    return pd.DataFrame({"n_studies": placed.count([number])[0]}, index=index).reset_index()


def _segment_codes(axes: list[Axis]) -> list[str]:
    return [ALL_SEGMENTS, *(axes[2].codes if len(axes) > 2 else ())]


def _build_cells(placed: _Placements, axes: list[Axis], codebook: Codebook) -> pd.DataFrame:
    index = pd.MultiIndex.from_product(
        [axes[0].codes, axes[1].codes, _segment_codes(axes)],
        names=["row_code", "column_code", "segment_code"],
    )
    names = ("n_studies", "n_co_coded", "n_cross_product")
    counts = dict(zip(names, placed.count([0, 1], flags=(0, 2, 3)), strict=True))
    cells = index.to_frame(index=False).assign(**counts)
    is_not_reported = (cells[["row_code", "column_code", "segment_code"]] == NOT_REPORTED).any(axis=1)
    state = np.select(
        [is_not_reported, cells["n_studies"] > 0, _find_outside_scope(axes, codebook)],
        [NOT_REPORTED, STUDIES, OUTSIDE_SCOPE],
        NONE_FOUND,
    )
    return cells.assign(state=pd.Series(state, dtype="str"))


def _find_outside_scope(axes: list[Axis], codebook: Codebook) -> np.ndarray:
    """Whether each cell was not looked for: all most specific combinations below it are outside the scope.

    So a group is outside when a rule names it, or when rules name all its codes; "not reported" has no say.
    """
    spans = [axis.dimension.leaf_spans for axis in axes]
    inside = np.ones([span["stop"].max() for span in spans], dtype=np.int64)
    for rule in _scope_rules(codebook):
        on_axes = [[n for n, axis in enumerate(axes) if axis.dimension.id == name] for name in rule]
        for chosen in product(*on_axes):  # none, when the rule is about a dimension that is not on the grid
            _slice(inside, dict(zip(chosen, rule.values(), strict=True)))[...] = 0
    for number, (axis, span) in enumerate(zip(axes, spans, strict=True)):
        if NOT_REPORTED in span.index:
            _slice(inside, {number: axis.dimension.span_of(NOT_REPORTED)})[...] = 0
    for number, (axis, span) in enumerate(zip(axes, spans, strict=True)):
        limits = span.loc[list(axis.codes)].to_numpy()
        if number == 2:  # studies of any segment come first
            limits = np.vstack([[0, inside.shape[2]], limits])
        sums = np.insert(inside.cumsum(axis=number), 0, 0, axis=number)
        inside = sums.take(limits[:, 1], axis=number) - sums.take(limits[:, 0], axis=number)
    return inside.ravel() == 0


def _slice(array: np.ndarray, limits: dict[int, tuple[int, int]]) -> np.ndarray:
    """A view of `array` between the limits of some of its axes."""
    return array[tuple(slice(*limits.get(number, (None, None))) for number in range(array.ndim))]


def _scope_rules(codebook: Codebook) -> Iterator[dict[str, tuple[int, int]]]:
    """The combinations that were not looked for, each as a span of leaves per dimension.

    These are the codebook's `outside_scope`, and for a dimension that applies to one segment all other segments.
    """
    for scope in codebook.outside_scope:
        yield {name: codebook.dimension(name).span_of(code) for name, code in scope.codes.items()}
    for segment in codebook.with_role("segment"):
        for dimension in codebook.dimensions:
            if dimension.applies_to in segment.tree.index and dimension is not segment:
                start, stop = segment.span_of(dimension.applies_to)
                for others in ((0, start), (stop, segment.leaf_spans["stop"].max())):
                    yield {dimension.id: (0, dimension.leaf_spans["stop"].max()), segment.id: others}


def _build_placements(placed: _Placements, axes: list[Axis], included: pd.Index) -> pd.DataFrame:
    study, flat, flags = placed.over(list(range(len(axes))))
    columns = {"study_id": included.take(study)}
    names = ("row_code", "column_code", "segment_code")
    positions = np.unravel_index(flat, placed.sizes)
    for name, axis, position in zip(names, axes, positions, strict=False):
        columns[name] = pd.Index(axis.codes, dtype="str").take(position)
    return pd.DataFrame(columns).assign(is_co_coded=flags >= 2, is_cross_product=flags == 3)


def _account(taken: list[_Taken], placed: _Placements, included: pd.Index) -> pd.DataFrame:
    """Every included study, placed or with the reason why not."""
    is_placed = _mark(placed.study[placed.complete], len(included))
    reason = np.where(is_placed, "", "its codes never meet in one finding").astype(object)
    lacks = [~_mark(part.study, len(included)) for part in taken]
    for number in np.flatnonzero(~is_placed):
        labels = [part.axis.dimension.label for part, lack in zip(taken, lacks, strict=True) if lack[number]]
        if labels:
            reason[number] = f"no code for: {', '.join(labels)}"
    return pd.DataFrame(
        {
            "study_id": pd.Series(included, dtype="str"),
            "is_placed": is_placed,
            "reason": pd.Series(reason, dtype="str"),
        }
    )
