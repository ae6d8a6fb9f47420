"""The three small figures of a report's first page: when, on what, and where there is nothing."""

from __future__ import annotations

import textwrap

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from mapanalysis.analysis.grid import ALL_SEGMENTS, Grid
from mapanalysis.analysis.volume import rank_codes
from mapanalysis.figures.gaps import draw_cells
from mapanalysis.figures.theme import (
    ALL_COLOUR,
    SEGMENT_COLOURS,
    WIDTH,
    hatch_open,
    highest_of,
    new_figure,
    say_empty,
    short,
    themed,
)

HALF_WIDTH, HEIGHT = 3.2, 1.9  # inches: two side by side
MOST_CODES = 7
LETTERS_ACROSS = 88  # that the headings of all columns have room for


@themed
def plot_years_in_short(counts: pd.DataFrame) -> Figure:
    """Bars of all studies per year, hatched where it is not complete; `counts` as from `volume.count_by_year`."""
    dated = counts[(counts["segment_code"] == ALL_SEGMENTS) & counts["year"].notna()]
    figure = new_figure(HALF_WIDTH, HEIGHT)
    ax = figure.subplots()
    years = dated["year"].astype(int).tolist()
    bars = ax.bar(years, dated["n_studies"], color=ALL_COLOUR, width=0.74)
    hatch_open(bars, dated["is_complete"], ALL_COLOUR)
    ax.bar_label(bars, labels=[f"{n:,}" if n else "" for n in dated["n_studies"]], padding=1.5, fontsize=7)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ax.set_xticks(years[:: max(1, len(years) // 6)])
    if not years:
        say_empty(ax)
    return figure


@themed
def plot_commonest(counts: pd.DataFrame) -> Figure:
    """Bars of the commonest codes; `counts` as from `volume.count_by_code`."""
    ranked = rank_codes(counts)
    ranked = ranked[ranked["n_studies"] > 0].head(MOST_CODES).iloc[::-1]
    figure = new_figure(HALF_WIDTH, HEIGHT)
    ax = figure.subplots()
    bars = ax.barh(range(len(ranked)), ranked["n_studies"], color=SEGMENT_COLOURS[0], height=0.7)
    ax.bar_label(bars, labels=[f"{n:,}" for n in ranked["n_studies"]], padding=2, fontsize=7)
    ax.set_yticks(range(len(ranked)), [short(label, 30) for label in ranked["label"]], fontsize=7.5)
    ax.set_xticks([])
    ax.set_xlim(0, highest_of(ranked["n_studies"]) * 1.15)
    ax.spines["bottom"].set_visible(False)
    if ranked.empty:
        say_empty(ax)
    return figure


@themed
def plot_map_in_short(grid: Grid) -> Figure:
    """The map at the level of its groups: shaded and numbered cells, hatched where no study was found."""
    rows, columns = grid.row.reported, grid.column.reported
    figure = new_figure(WIDTH, 0.2 * len(rows) + 0.85)
    ax = figure.subplots()
    counts, states = (grid.matrix(name).loc[rows, columns] for name in ("n_studies", "state"))
    draw_cells(ax, counts, states, counts.astype("str"), highest_of(counts.max()))
    ax.set_yticks(
        np.arange(len(rows)) + 0.5, [short(grid.row.label_of(code), 40) for code in rows], rotation=0
    )
    room = max(9, round(LETTERS_ACROSS / max(len(columns), 1)))
    names = ["\n".join(textwrap.wrap(short(grid.column.label_of(code), 4 * room), room)) for code in columns]
    ax.xaxis.tick_top()
    ax.set_xticks(np.arange(len(columns)) + 0.5, names, fontsize=7)
    return figure
