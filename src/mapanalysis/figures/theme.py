"""How all figures look.

Colours are those of Okabe and Ito, told apart by colour-blind eyes, and never carry meaning alone: panels are
named and numbers are written in. Figures hold no title; `publish.outputs` puts the finding beside the picture,
where a screen reader and a reader find it.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, ParamSpec

import matplotlib as mpl
import pandas as pd
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.patheffects import AbstractPathEffect, withStroke

from mapanalysis.analysis.grid import ALL_SEGMENTS

WIDTH = 6.7  # inches: the text width of an A4 page


INK, QUIET, FAINT = "#22303a", "#5b6770", "#d5dade"


ALL_COLOUR = "#4a5660"


SEGMENT_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8a6d00", "#000000")


COUNT_COLOURS = LinearSegmentedColormap.from_list("counts", ["#d6e9f2", "#7fb8d3", "#2a7da6", "#0b3c5d"])


OPEN_HATCH = "//////"


HALO: list[AbstractPathEffect] = [
    withStroke(linewidth=2.5, foreground="white")
]  # around text that a line may pass behind


THEME: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 8,
    "axes.labelsize": 8,
    "axes.titlesize": 8.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.edgecolor": FAINT,
    "axes.labelcolor": QUIET,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "text.color": INK,
    "text.parse_math": False,  # a label may hold "$": it is money, not mathematics
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "hatch.color": "#c3c9ce",
    "hatch.linewidth": 0.6,
    "svg.fonttype": "path",
    "svg.hashsalt": "mapanalysis",
}


Arguments = ParamSpec("Arguments")


def themed(plot: Callable[Arguments, Figure]) -> Callable[Arguments, Figure]:
    """Runs `plot` under `THEME`, so that no setting of the notebook's leaks in or out."""

    @wraps(plot)
    def drawn(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Figure:
        with mpl.rc_context({**mpl.rcParamsDefault, **THEME, "backend": mpl.get_backend()}):
            return plot(*args, **kwargs)

    return drawn


def new_figure(width: float, height: float) -> Figure:
    """A figure on no screen: on one, seaborn would draw it whole for each panel of a heat map."""
    return Figure(figsize=(width, height), layout="constrained")


def hatch_open(bars: Iterable[Rectangle], is_complete: Iterable[bool], colour: str) -> None:
    """Draws the bars of years that are not complete as outlines, hatched."""
    for bar, complete in zip(bars, is_complete, strict=True):
        if not complete:
            bar.set(facecolor="white", edgecolor=colour, hatch=OPEN_HATCH, linewidth=0.8)


def highest_of(counts: pd.Series) -> int:
    """The largest count, at least 1: the end of a scale."""
    return max(int(counts.max()), 1) if len(counts) else 1


def say_empty(ax: Axes) -> None:
    """Says that there is nothing to draw: an empty chart could as well be a broken one."""
    ax.text(0.5, 0.5, "nothing to show", transform=ax.transAxes, ha="center", va="center", color=QUIET)


def colour_of(segments: Iterable[str]) -> dict[str, str]:
    """The colour of each segment code, always the same for its place in the codebook."""
    colours = {ALL_SEGMENTS: ALL_COLOUR}
    for number, code in enumerate(segments):
        colours[code] = SEGMENT_COLOURS[number % len(SEGMENT_COLOURS)]
    return colours


def drawn_name(label: str, instead: str, width: int) -> str:
    """A study's label cut to `width` characters, its year kept; `instead` where the font of figures lacks a letter."""
    font = font_manager.get_font(font_manager.findfont(THEME["font.family"]))
    if not all(letter.isspace() or font.get_char_index(ord(letter)) for letter in label):
        return short(instead, width)
    if len(label) <= width:
        return label
    name, _, year = label.rpartition(" ")
    return f"{short(name, width - len(year) - 1)} {year}"


def short(text: str, width: int) -> str:
    """`text` cut between words to `width` characters."""
    return textwrap.shorten(text, width, placeholder=" ...")
