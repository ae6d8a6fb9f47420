"""The figure of what goes along with not reporting."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from mapanalysis.analysis.silence import BY_ACCESS, BY_PERIOD, BY_TYPE
from mapanalysis.figures.theme import FAINT, SEGMENT_COLOURS, WIDTH, new_figure, say_empty, short, themed
from mapanalysis.messages import FEWEST_FOR_A_SHARE

PANELS = {BY_TYPE: "By type of evidence", BY_PERIOD: "By year", BY_ACCESS: "By abstract seen"}
MARKERS = "oDs^vPX*"


@themed
def plot_silence(shares: pd.DataFrame) -> Figure:
    """Shares of studies that do not report a dimension, with intervals: one row per dimension, one panel per circumstance.

    `shares` as from `silence.compare_not_reported`. Levels with few studies are left to the table.
    """
    shown = shares[shares["n_coded"] >= FEWEST_FOR_A_SHARE]
    names = dict(zip(shares["dimension"], shares["label"], strict=True))
    circumstances = [by for by in PANELS if len(set(shown.loc[shown["by"] == by, "level"])) > 1]
    figure = new_figure(WIDTH, 0.36 * len(names) + 1.3 if circumstances else 1.0)
    panels = np.atleast_1d(figure.subplots(1, max(len(circumstances), 1), sharey=True))
    if not circumstances:
        say_empty(panels[0])
        panels[0].set_axis_off()
        return figure
    for ax, by in zip(panels, circumstances, strict=True):
        _draw_panel(ax, shown[shown["by"] == by], list(names))
        ax.set_title(PANELS[by])
    panels[0].set_ylim(len(names) - 0.4, -0.6)
    panels[0].set_yticks(range(len(names)), [short(label, 32) for label in names.values()])
    figure.supxlabel("Studies that do not report it, %", fontsize=8)
    return figure


def _draw_panel(ax: Axes, rows: pd.DataFrame, names: list[str]) -> None:
    levels = rows.drop_duplicates("level").sort_values("is_reference", ascending=False, kind="stable")
    handles = []
    for number, level in enumerate(levels.itertuples(index=False)):
        mine = rows[rows["level"] == level.level]
        offset = 0.24 * (number - (len(levels) - 1) / 2)
        y = np.array([names.index(name) for name in mine["dimension"]]) + offset
        colour, marker = SEGMENT_COLOURS[number % len(SEGMENT_COLOURS)], MARKERS[number % len(MARKERS)]
        low, high, share = (mine[name].astype(float) for name in ("pct_low", "pct_high", "pct_not_reported"))
        ax.hlines(y, low, high, color=colour, lw=1.1, alpha=0.7)
        ax.plot(share, y, marker, color=colour, ms=3.4, clip_on=False)
        for place, end, value in zip(y, high, share, strict=True):
            ax.annotate(
                f"{value:.0f}", (end, place), (2.5, 0), textcoords="offset points", va="center", fontsize=7,
                color=colour, annotation_clip=False,
            )  # fmt: skip
        handles.append(
            Line2D([], [], color=colour, marker=marker, ms=3.4, lw=1.1, label=short(level.level_label, 28))
        )
    ax.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, -0.05), frameon=False, fontsize=7.5)
    ax.set_xlim(-2, 112)
    ax.set_xticks([0, 50, 100])
    ax.grid(axis="x", color=FAINT, lw=0.6)
    ax.spines["left"].set_visible(False)
