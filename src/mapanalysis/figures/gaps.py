"""Heat maps of the grid: counts, empty cells and the kinds of gaps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch, PathPatch
from matplotlib.path import Path

from mapanalysis.analysis.gaps import ABSOLUTE, KINDS
from mapanalysis.analysis.grid import NONE_FOUND, OUTSIDE_SCOPE, Axis, Grid
from mapanalysis.codebook import NOT_REPORTED
from mapanalysis.figures.theme import COUNT_COLOURS, QUIET, WIDTH, highest_of, new_figure, short, themed

HATCH, SCOPE = "#c3c9ce", "#b9bfc4"


SQUARE = np.array([(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)])


EMPTY_STYLES: dict[str, dict[str, Any]] = {
    NONE_FOUND: {"facecolor": "white", "edgecolor": HATCH, "lw": 0.3, "hatch": "////"},
    OUTSIDE_SCOPE: {"facecolor": SCOPE, "edgecolor": QUIET, "lw": 0.3, "hatch": "xx"},
    NOT_REPORTED: {"facecolor": "white", "edgecolor": HATCH, "lw": 0.3},
}


LETTER_CELL = 0.25  # inches: a cell that holds two lines


# Letters of the kinds of gaps that a cell has room for: in two lines, with room for "+2" in place of the last.
LETTERS_A_LINE, MOST_LETTERS = 2, 4


NOT_REPORTED_COLOURS = LinearSegmentedColormap.from_list("not_reported", ["#eeeae4", "#8d857a"])


@themed
def plot_gap_map(
    grid: Grid, segments: dict[str, str], *, cell: float = 0.235, letters: pd.DataFrame | None = None
) -> Figure:
    """A heat map of distinct studies, one panel per segment, that tells empty cells from low counts.

    Cells with studies are shaded and numbered; cells where none was found are hatched and empty; cells outside
    the scope are crossed out; codes "not reported" stand apart, in greys. `letters` (row_code, column_code,
    letters) replaces the numbers, for the map of the kinds of gaps.
    """
    rows, columns = _last_not_reported(grid.row), _last_not_reported(grid.column)
    cell = cell if letters is None else max(cell, LETTER_CELL)
    # Room for the slanted column labels above the first panel, and for the legend below the last.
    figure = new_figure(WIDTH, len(segments) * (len(rows) * cell + 0.3) + 1.9)
    panels = np.atleast_1d(figure.subplots(len(segments), 1, sharex=True))
    highest = highest_of(grid.cells.loc[grid.cells["state"] != NOT_REPORTED, "n_studies"])
    marks = None if letters is None else letters.set_index(["row_code", "column_code"])["letters"]
    for number, (ax, (segment, label)) in enumerate(zip(panels, segments.items(), strict=True)):
        counts, states = (grid.matrix(name, segment).loc[rows, columns] for name in ("n_studies", "state"))
        text = (
            counts.astype("str")
            if marks is None
            else marks.map(_in_lines)
            .unstack(fill_value="")
            .reindex(index=rows, columns=columns, fill_value="")
        )
        draw_cells(ax, counts, states, text, highest)
        _draw_separators(ax, grid, rows, columns)
        ax.set_title(label)
        ax.set_yticks(
            np.arange(len(rows)) + 0.5, [short(grid.row.label_of(code), 40) for code in rows], rotation=0
        )
        ax.xaxis.tick_top()
        ax.tick_params(axis="x", labeltop=number == 0, labelbottom=False)
    names = [short(grid.column.label_of(code), 34) for code in columns]
    panels[0].set_xticks(np.arange(len(columns)) + 0.5, names, rotation=55, ha="left", rotation_mode="anchor")
    handles = [Patch(facecolor="white", edgecolor=HATCH, hatch="////", label="none found")]
    if (grid.cells["state"] == OUTSIDE_SCOPE).any():
        handles.append(Patch(facecolor=SCOPE, edgecolor=QUIET, hatch="xx", label="outside the scope"))
    if NOT_REPORTED in rows or NOT_REPORTED in columns:
        handles.append(Patch(facecolor=NOT_REPORTED_COLOURS(0.4), label="not reported (no gap)"))
    used = set() if letters is None else set("".join(letters["letters"]))
    for kind, name in KINDS.items():
        if GAP_LETTERS[kind] in used:
            label = f"{GAP_LETTERS[kind]}: {name[0].lower()}{name[1:]}"
            handles.append(Patch(facecolor="none", edgecolor="none", label=label))
    figure.legend(handles=handles, loc="outside lower right", ncols=3, frameon=False, fontsize=7.5)
    return figure


def _in_lines(letters: str) -> str:
    """The letters of a cell in lines: "SE", "SE/OP", "SE/O+2"."""
    if len(letters) > MOST_LETTERS:
        letters = f"{letters[: MOST_LETTERS - 1]}+{len(letters) - MOST_LETTERS + 1}"
    return f"{letters[:LETTERS_A_LINE]}\n{letters[LETTERS_A_LINE:]}".rstrip()


def _last_not_reported(axis: Axis) -> list[str]:
    return [*axis.reported, *([NOT_REPORTED] if NOT_REPORTED in axis.codes else [])]


def draw_cells(
    ax: Axes, counts: pd.DataFrame, states: pd.DataFrame, text: pd.DataFrame, highest: int
) -> None:
    """Shades and numbers the cells that have studies; hatches or crosses those that have none."""
    is_apart = (states == NOT_REPORTED).to_numpy()
    is_empty = (counts == 0).to_numpy()
    for colours, hidden in (
        (COUNT_COLOURS, is_apart | is_empty),
        (NOT_REPORTED_COLOURS, ~is_apart | is_empty),
    ):
        sns.heatmap(
            counts, mask=hidden, annot=text, fmt="", cmap=colours, vmin=0, vmax=highest, cbar=False, ax=ax,
            linewidths=0.8, linecolor="white", annot_kws={"fontsize": 7, "linespacing": 1}, xticklabels=False, yticklabels=False,
        )  # fmt: skip
    for state, style in EMPTY_STYLES.items():
        places = np.argwhere(is_empty & (states == state).to_numpy())
        if len(
            places
        ):  # one path for all cells of a state: a tenth of the file that a patch for each would make
            squares = [Path(SQUARE + place, closed=True) for place in places[:, ::-1]]
            ax.add_patch(PathPatch(Path.make_compound_path(*squares), **style))
    ax.set(xlabel="", ylabel="")


def _draw_separators(ax: Axes, grid: Grid, rows: list[str], columns: list[str]) -> None:
    """White bands between the groups of a two-level axis, and wider before "not reported"."""
    for axis, codes, draw in ((grid.row, rows, ax.axhline), (grid.column, columns, ax.axvline)):
        group = axis.dimension.at_level(1)
        for place in range(1, len(codes)):
            is_last = codes[place] == NOT_REPORTED
            if is_last or (axis.level > 1 and group[codes[place]] != group[codes[place - 1]]):
                draw(place, color="white", lw=6 if is_last else 3)


GAP_LETTERS = {kind: label[0] for kind, label in KINDS.items()}


def mark_gaps(gaps: pd.DataFrame) -> pd.DataFrame:
    """One row per cell with a gap that is not seen by its being empty: row_code, column_code, letters (as "SE")."""
    marked = gaps[(gaps["kind"] != ABSOLUTE) | (gaps["n_studies"] > 0)]
    marked = marked.assign(letters=marked["kind"].map(GAP_LETTERS))
    joined = marked.groupby(["row_code", "column_code"], sort=False)["letters"].agg("".join)
    return joined.astype("str").reset_index()
