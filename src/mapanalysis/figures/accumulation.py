"""Curves of what is seen as studies accumulate."""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from mapanalysis.analysis.accumulation import BY_YEAR, EXPECTED, EXTRAPOLATED
from mapanalysis.figures.theme import (
    FAINT,
    HALO,
    INK,
    QUIET,
    SEGMENT_COLOURS,
    WIDTH,
    new_figure,
    say_empty,
    themed,
)
from mapanalysis.messages import count

CURVE = SEGMENT_COLOURS[0]
DASHED = (0, (4, 2))
FARTHEST_LINE = 3  # times what was seen: the number in the codebook is drawn when it is no further


@themed
def plot_accumulation(curves: pd.DataFrame, richness: pd.DataFrame) -> Figure:
    """One panel per kind of thing: seen in so many studies on average, up to each year, and estimated in all.

    `curves` as from `accumulation.measure_accumulation`, `richness` as from `accumulation.summarise_richness`.
    """
    n_rows = max((len(richness) + 1) // 2, 1)
    figure = new_figure(WIDTH, 2.35 * n_rows + 0.3)
    panels = figure.subplots(n_rows, 2, squeeze=False).ravel()
    for ax in panels[len(richness) :]:
        ax.set_axis_off()
    if richness.empty:
        say_empty(panels[0])
    for ax, total in zip(panels, richness.itertuples(index=False), strict=False):
        label = textwrap.wrap(total.label, 44)
        ax.set_title("\n".join([*label, f"{total.n_seen:,} seen in {count(total.n_studies)}"]))
        mine = curves[curves["label"] == total.label]
        if mine.empty:
            say_empty(ax)
            continue
        _draw_curves(ax, mine)
        _draw_total(ax, total)
        ax.grid(axis="y", color=FAINT, lw=0.6)
        ax.set_xlabel("Studies")
    figure.legend(handles=_legend(), loc="outside lower center", ncols=2, frameon=False, fontsize=7.5)
    return figure


def _legend() -> list[Line2D | Patch]:
    return [
        Line2D([], [], color=CURVE, lw=1.8, label="mean over all orders of the studies (band: 95% interval)"),
        Line2D([], [], color=CURVE, lw=1.4, ls=DASHED, label="expected in more studies like these"),
        Line2D([], [], color=INK, marker="o", ls="", ms=3, label="as they came, to the end of each year"),
        Line2D(
            [], [], color=CURVE, marker="D", ls="", ms=4, label="estimated in all, at least (95% interval)"
        ),
    ]


def _draw_curves(ax: Axes, mine: pd.DataFrame) -> None:
    kinds = {kind: mine[mine["kind"] == kind] for kind in (EXPECTED, EXTRAPOLATED, BY_YEAR)}
    band = kinds[EXPECTED].astype({"n_seen": float, "n_low": float, "n_high": float})
    ax.fill_between(band["n_studies"], band["n_low"], band["n_high"], color=CURVE, alpha=0.18, lw=0)
    ax.plot(band["n_studies"], band["n_seen"], color=CURVE, lw=1.8)
    further = kinds[EXTRAPOLATED]
    ax.plot(further["n_studies"], further["n_seen"].astype(float), color=CURVE, lw=1.4, ls=DASHED)
    came = kinds[BY_YEAR]
    ax.plot(came["n_studies"], came["n_seen"].astype(float), "o", color=INK, ms=3)
    for place in sorted({0, len(came) // 2, len(came) - 1}) if len(came) else []:
        point = came.iloc[place]
        text = ax.annotate(
            f"{point['year']}", (point["n_studies"], float(point["n_seen"])), (4, -3),
            textcoords="offset points", ha="left", va="top", fontsize=7, color=INK,
        )  # fmt: skip
        text.set_path_effects(HALO)


def _draw_total(ax: Axes, total: Any) -> None:
    """The estimate of all there are, with its interval, right of the curves; and what the codebook holds."""
    end = 2 * max(total.n_studies, 1)
    ax.set_xlim(0, 1.1 * end)
    ax.set_xticks(np.unique([0, total.n_studies, end]))
    top = float(total.n_seen)
    if pd.notna(total.n_estimated):
        estimate, low, high = (float(n) for n in (total.n_estimated, total.n_low, total.n_high))
        top = max(top, high)
        ax.errorbar(
            [1.05 * end], [estimate], yerr=[[estimate - low], [high - estimate]], fmt="D", ms=4, color=CURVE,
            ecolor=QUIET, capsize=2.5, lw=1,
        )  # fmt: skip
        is_on_curve = estimate - float(total.n_in_doubled) < 0.02 * top
        text = ax.annotate(
            _say_estimate(estimate, low, high), (1.05 * end, estimate), (-7, -4 if is_on_curve else 4),
            textcoords="offset points", ha="right", va="top" if is_on_curve else "bottom", fontsize=7.5,
        )  # fmt: skip
        text.set_path_effects(HALO)
    if pd.notna(total.n_possible) and total.n_possible <= FARTHEST_LINE * total.n_seen:
        top = max(top, total.n_possible)
        ax.axhline(total.n_possible, color=QUIET, lw=0.8, ls=":")
        ax.annotate(
            f"{total.n_possible:,} in the codebook", (0, total.n_possible), (3, 2),
            textcoords="offset points", va="bottom", fontsize=7, color=QUIET,
        )  # fmt: skip
    ax.set_ylim(0, 1.13 * top)


def _say_estimate(estimate: float, low: float, high: float) -> str:
    is_certain = round(low) == round(high)
    return f"{estimate:,.0f}" + ("" if is_certain else f" ({low:,.0f} to {high:,.0f})")
