"""How sure gaps are, and how surprising: bars of what holds, heat maps of readings, cells against chance."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from mapanalysis.analysis.certainty import ALL, FEW, HOLDS, MOST, UNTRIED
from mapanalysis.analysis.gaps import KINDS
from mapanalysis.analysis.grid import Grid
from mapanalysis.figures.theme import (
    FAINT,
    INK,
    QUIET,
    SEGMENT_COLOURS,
    WIDTH,
    new_figure,
    say_empty,
    short,
    themed,
)

SURE_COLOURS = LinearSegmentedColormap.from_list("sure", ["#fdebd3", "#efae5a", "#8a3f00"])
HOLDS_COLOURS: dict[str, Any] = {
    ALL: SURE_COLOURS(1.0),
    MOST: SURE_COLOURS(0.5),
    FEW: SURE_COLOURS(0.0),
    UNTRIED: FAINT,
}
DARK = (ALL,)  # shades on which numbers are written in white
MIDDLE = 0.22  # luminance on which white and ink stand out alike
NARROWEST = 0.045  # of the widest bar: a part that has room for its number


@themed
def plot_holds(counts: dict[str, pd.DataFrame]) -> Figure:
    """Bars of the gaps of each kind, divided by how many other readings they hold in; one panel per map.

    `counts`: the title of a map and its `certainty.count_holds`. Each bar is all gaps of its kind; the number at its
    end is how many these are.
    """
    figure = new_figure(WIDTH, 0.26 * max(map(_n_kinds, counts.values()), default=1) + 0.95)
    panels = np.atleast_1d(figure.subplots(1, max(len(counts), 1), sharey=True))
    there = {one for frame in counts.values() for one in frame.loc[frame["n_gaps"] > 0, "holds"]}
    used = [holds for holds in HOLDS if holds in there]
    for ax, (title, frame) in zip(panels, counts.items(), strict=True):
        wide = frame.pivot(index="kind", columns="holds", values="n_gaps")
        wide = wide.reindex(index=list(dict.fromkeys(frame["kind"])), columns=used, fill_value=0)
        _draw_holds(ax, wide)
        ax.set_title(short(title, 44))
        if not wide.to_numpy().sum():
            say_empty(ax)
    handles = [
        Patch(facecolor=HOLDS_COLOURS[holds], edgecolor=QUIET, lw=0.4, label=HOLDS[holds]) for holds in used
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=4, frameon=False, fontsize=7.5)
    return figure


def _n_kinds(frame: pd.DataFrame) -> int:
    return frame["kind"].nunique()


def _draw_holds(ax: Axes, wide: pd.DataFrame) -> None:
    """Shares of each kind: kinds differ a hundredfold in number, and what matters is how much of each holds."""
    totals = wide.sum(axis=1)
    y = np.arange(len(wide))
    left = np.zeros(len(wide))
    for holds in wide.columns:
        share = (100 * wide[holds] / totals.where(totals > 0, 1)).to_numpy(dtype=float)
        bars = ax.barh(
            y, share, left=left, color=HOLDS_COLOURS[holds], edgecolor="white", lw=0.8, height=0.74
        )
        labels = [
            f"{n:,}" if part >= 100 * NARROWEST else "" for n, part in zip(wide[holds], share, strict=True)
        ]
        ax.bar_label(bars, labels, label_type="center", fontsize=7.5, color="white" if holds in DARK else INK)
        left += share
    for place, n in zip(y, totals, strict=True):
        ax.annotate(f"{n:,}" if n else "none", (100 if n else 0, place), (4, 0), textcoords="offset points", va="center", fontsize=7.5, color=QUIET)  # fmt: skip
    ax.set_yticks(y, [short(KINDS[kind], 28) for kind in wide.index])
    ax.set_ylim(len(wide) - 0.4, -0.6)
    ax.set_xlim(0, 114)
    ax.set_xticks([0, 50, 100], ["0", "50", "100 %"])
    ax.grid(axis="x", color=FAINT, lw=0.6)


@themed
def plot_certainty(grid: Grid, judged: pd.DataFrame, kinds: list[str], *, cell: float = 0.18) -> Figure:
    """A heat map of how many other readings each gap holds in, one panel per kind of gap that the map has.

    `judged` is from `certainty.judge_gaps`. The number is that of the readings in which the cell is still a gap; a
    cell without a number is no gap of the kind. Kinds that nothing could close are left out.
    """
    tried = judged[(judged["n_scenarios"] > 0)]
    shown = [kind for kind in kinds if (tried["kind"] == kind).any()]
    rows, columns = grid.row.reported, grid.column.reported
    figure = new_figure(WIDTH, max(len(shown), 1) * (len(rows) * cell + 0.3) + 1.6)
    panels = np.atleast_1d(figure.subplots(max(len(shown), 1), 1, sharex=True))
    for number, (ax, kind) in enumerate(zip(panels, shown, strict=False)):
        mine = tried[tried["kind"] == kind].set_index(["row_code", "column_code"])
        n_scenarios = int(mine["n_scenarios"].max())
        still = mine["n_still"].unstack().reindex(index=rows, columns=columns).astype(float)
        text = still.map(lambda n: "" if pd.isna(n) else f"{n:.0f}")
        sns.heatmap(
            still / n_scenarios, annot=text, fmt="", cmap=SURE_COLOURS, vmin=0, vmax=1, cbar=False, ax=ax,
            linewidths=0.8, linecolor="white", annot_kws={"fontsize": 7}, xticklabels=False, yticklabels=False,
        )  # fmt: skip
        _write_readably(ax)
        ax.set_facecolor("#f4f5f6")
        ax.set(xlabel="", ylabel="")
        ax.set_title(f"{KINDS[kind]}: of {n_scenarios} other readings, still so in …")
        ax.set_yticks(
            np.arange(len(rows)) + 0.5, [short(grid.row.label_of(code), 40) for code in rows], rotation=0
        )
        ax.xaxis.tick_top()
        ax.tick_params(axis="x", labeltop=number == 0, labelbottom=False)
    if shown:
        names = [short(grid.column.label_of(code), 34) for code in columns]
        panels[0].set_xticks(
            np.arange(len(columns)) + 0.5, names, rotation=55, ha="left", rotation_mode="anchor"
        )
    else:
        say_empty(panels[0])
        panels[0].set_axis_off()
    return figure


def _write_readably(ax: Axes) -> None:
    """Numbers in ink or in white, whichever stands out more on the shade of its cell."""
    mesh = ax.collections[0]
    mesh.update_scalarmappable()
    is_drawn = ~np.ma.getmaskarray(np.ma.asarray(mesh.get_array())).ravel()
    shades = np.asarray(mesh.get_facecolor())[is_drawn]
    for text, shade in zip(ax.texts, shades, strict=True):
        text.set_color("white" if _luminance(shade) < MIDDLE else INK)


def _luminance(colour: np.ndarray) -> float:
    """Relative luminance, as WCAG 2.2 defines it: 0 is black, 1 is white."""
    linear = np.where(colour[:3] <= 0.04045, colour[:3] / 12.92, ((colour[:3] + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


@themed
def plot_surprise(cells: pd.DataFrame) -> Figure:
    """Lollipops of cells that hold fewer studies than chance would give them, the most surprising first.

    `cells` are rows of `surprise.Surprise.cells`. The line is where 95 % of chance lies, the ring its mean, the point
    what was found.
    """
    figure = new_figure(WIDTH, 0.33 * max(len(cells), 1) + 1.15)
    ax = figure.subplots()
    y = np.arange(len(cells))
    ax.hlines(y, cells["n_low"], cells["n_high"], color=FAINT, lw=5)
    ax.hlines(y, cells["n_observed"], cells["n_expected"], color=QUIET, lw=1)
    ax.plot(cells["n_expected"], y, "o", mfc="white", mec=SEGMENT_COLOURS[0], mew=1.4, ms=6)
    ax.plot(cells["n_observed"], y, "o", color=SEGMENT_COLOURS[1], ms=6)
    end = max(float(cells["n_high"].max()), 1.0) if len(cells) else 1.0
    for place, cell in zip(y, cells.itertuples(index=False), strict=True):
        found = "none" if cell.n_observed == 0 else f"{cell.n_observed:,}"
        note = f"{found} for {cell.n_expected:.1f} expected; p {_say_p(cell.p_exact)}"
        ax.annotate(note, (max(cell.n_high, cell.n_expected), place), (7, 0), textcoords="offset points", va="center", fontsize=7.5)  # fmt: skip
    names = [f"{short(row, 36)}\n{short(column, 36)}" for row, column in zip(cells["row_label"], cells["column_label"], strict=True)]  # fmt: skip
    ax.set_yticks(y, names, fontsize=7, linespacing=1.1)
    ax.set_ylim(len(cells) - 0.4, -0.6)
    ax.set_xlim(-0.03 * end, end * 1.75)
    ax.set_xticks([tick for tick in ax.get_xticks() if 0 <= tick <= end])
    ax.set_xlabel("Studies", loc="left")
    ax.grid(axis="x", color=FAINT, lw=0.6)
    handles = [
        Line2D([], [], ls="", marker="o", color=SEGMENT_COLOURS[1], ms=6, label="found"),
        Line2D([], [], ls="", marker="o", mfc="white", mec=SEGMENT_COLOURS[0], mew=1.4, ms=6, label="expected by chance"),
        Line2D([], [], color=FAINT, lw=5, label="95 % of chance"),
    ]  # fmt: skip
    figure.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False, fontsize=7.5)
    if cells.empty:
        say_empty(ax)
    return figure


def _say_p(p: float) -> str:
    return "< 0.0001" if p < 0.0001 else f"{p:.2g}"
