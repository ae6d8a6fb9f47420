"""Figures of Hill numbers: by type of evidence, and as studies came in."""

from __future__ import annotations

import textwrap

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, NullFormatter, NullLocator

from mapanalysis.figures.theme import (
    FAINT,
    HALO,
    INK,
    QUIET,
    SEGMENT_COLOURS,
    WIDTH,
    colour_of,
    new_figure,
    say_empty,
    short,
    themed,
)

MARKERS = {0: "o", 1: "D", 2: "s"}
ORDER_NAMES = {0: "codes used (order 0)", 1: "effective number (order 1)", 2: "effective number (order 2)"}


@themed
def plot_hill(hill: pd.DataFrame, segments: dict[str, str]) -> Figure:
    """Effective numbers of codes: one row per dimension, one column of points for all studies and one per segment.

    `hill` as from `diversity.measure_hill_by_segment`. The number beside a point is that of order 1, with its interval.
    """
    names = {row.name: row.label for row in hill[["name", "label"]].drop_duplicates().itertuples(index=False)}
    figure = new_figure(WIDTH, 0.29 * max(len(names), 1) + 1.3)
    panels = np.atleast_1d(figure.subplots(1, len(segments), sharey=True, sharex=True))
    colours = colour_of(code for code in segments if code)
    for ax, (segment, label) in zip(panels, segments.items(), strict=True):
        mine = hill[hill["segment_code"] == segment]
        for y, name in enumerate(names):
            _draw_numbers(ax, y, mine[mine["name"] == name].set_index("order"), colours[segment])
        ax.set_title("\n".join(textwrap.wrap(label, 14)), color=colours[segment])
        ax.grid(axis="x", color=FAINT, lw=0.6)
        ax.set_xscale("log")
        ax.spines["left"].set_visible(False)
    largest = float(np.nanmax([2.0, *hill["hill"], *hill["hill_high"]]))
    first = panels[0]
    first.set_xlim(0.85, largest * 2.6)
    first.set_xticks([tick for tick in (1, 2, 5, 10, 20, 50, 100) if tick <= largest * 1.2])
    first.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
    first.xaxis.set_minor_formatter(NullFormatter())
    first.xaxis.set_minor_locator(NullLocator())
    first.set_ylim(len(names) - 0.4, -0.6)
    first.set_yticks(range(len(names)), [short(label, 34) for label in names.values()])
    if not names:
        say_empty(first)
    panels[len(panels) // 2].set_xlabel("Number of codes (a ratio scale)")
    figure.legend(handles=_legend(), loc="outside lower center", ncols=2, frameon=False, fontsize=7.5)
    return figure


def _draw_numbers(ax: Axes, y: int, numbers: pd.DataFrame, colour: str) -> None:
    if numbers.empty or numbers["hill"].isna().all():
        ax.text(0.02, y, "none", transform=ax.get_yaxis_transform(), va="center", fontsize=7, color=QUIET)
        return
    one = numbers.loc[1]
    if pd.notna(one["hill_low"]):
        ax.hlines(y, one["hill_low"], one["hill_high"], color=colour, lw=1.6, alpha=0.6)
    for order, marker in MARKERS.items():
        face, size = (colour, 4) if order == 1 else ("white", 3.2)
        ax.plot(numbers.at[order, "hill"], y, marker, ms=size, mfc=face, mec=colour, mew=0.9, clip_on=False)
    end = np.nanmax([one["hill_high"], numbers.at[0, "hill"]])
    ax.annotate(f"{one['hill']:.1f}", (end, y), (4, 0), textcoords="offset points", va="center", fontsize=7.5)


def _legend() -> list[Line2D]:
    handles = [
        Line2D([], [], color=INK, marker=marker, ls="", ms=4, mfc=INK if order == 1 else "white", label=name)
        for (order, marker), name in zip(MARKERS.items(), ORDER_NAMES.values(), strict=True)
    ]
    return [*handles, Line2D([], [], color=INK, lw=1.6, alpha=0.6, label="95% interval (order 1)")]


@themed
def plot_hill_by_year(hill: pd.DataFrame) -> Figure:
    """Lines of the Hill numbers of the studies up to each year, one panel per dimension, named at their ends.

    `hill` as from `diversity.measure_hill_by_year`.
    """
    names = {row.name: row.label for row in hill[["name", "label"]].drop_duplicates().itertuples(index=False)}
    figure = new_figure(WIDTH, 2.6)
    panels = np.atleast_1d(figure.subplots(1, max(len(names), 1)))
    if not names:
        say_empty(panels[0])
    for ax, (name, label) in zip(panels, names.items(), strict=False):
        mine = hill[hill["name"] == name]
        _draw_years(ax, mine)
        ax.set_title("\n".join(textwrap.wrap(label, 24)))
        years = sorted(int(year) for year in mine["year"].unique())
        ax.set_xlim(years[0], years[-1] + 0.3 * max(years[-1] - years[0], 1))
        ax.set_xticks(sorted({years[0], years[-1]}))
        ax.set_ylim(0, 1.15 * _top(mine))
        ax.grid(axis="y", color=FAINT, lw=0.6)
    panels[0].set_ylabel("Number of codes so far")
    return figure


def _top(mine: pd.DataFrame) -> float:
    return float(mine[["hill", "hill_high"]].max(axis=None))


def _draw_years(ax: Axes, mine: pd.DataFrame) -> None:
    lowest_free, top = -1.0, _top(mine)
    for order in sorted(MARKERS, reverse=True):
        rows = mine[mine["order"] == order].astype({"hill": float, "hill_low": float, "hill_high": float})
        years, colour = rows["year"].astype(int), SEGMENT_COLOURS[order]
        ax.fill_between(years, rows["hill_low"], rows["hill_high"], color=colour, alpha=0.15, lw=0)
        ax.plot(years, rows["hill"], color=colour, lw=1.6, marker=MARKERS[order], ms=2.6)
        last = float(rows["hill"].iloc[-1])
        place = max(last, lowest_free)
        lowest_free = place + 0.085 * top
        text = ax.annotate(
            f"order {order}: {last:.1f}".replace(".0", "") if order == 0 else f"order {order}: {last:.1f}",
            (years.iloc[-1], place), (4, 0), textcoords="offset points", va="center", fontsize=7, color=colour,
        )  # fmt: skip
        text.set_path_effects(HALO)
