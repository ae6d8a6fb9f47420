"""Flow diagrams: boxes as tall as their words need, one below the other, with what leaves the way beside them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import FancyBboxPatch
from matplotlib.textpath import text_to_path

from mapanalysis.figures.theme import FAINT, INK, QUIET, WIDTH, themed
from mapanalysis.messages.diagrams import MAIN

POINTS = 72 * WIDTH  # the width of the figure; all lengths below are points
PADDING, GAP, BETWEEN = 7.0, 16.0, 34.0
BOX = (POINTS - BETWEEN - 1) / 2
LEFT_OF = {MAIN: 0.5, "side": 0.5 + BOX + BETWEEN}
STRIP, UNDER_STRIP = 15.0, 9.0
ROUNDING = 3
WASH, UNKNOWN = "#e8eff3", "#fbf7ef"
HEAD, PART = 8.0, 7.5  # sizes of letters
LEADING = 1.32


@dataclass(frozen=True)
class _Written:
    """A line of a box, broken to its width: its words, its number, and how it is set."""

    words: tuple[str, ...]
    number: str
    size: float
    is_bold: bool

    @property
    def height(self) -> float:
        return len(self.words) * self.size * LEADING


@themed
def plot_flow(lines: pd.DataFrame) -> Figure:
    """A flow diagram from `messages.arrange_prisma` or `arrange_roses`.

    Each box has its numbers on the right; stages are named above their first row; what is not known is said in a dashed
    box.
    """
    rows = [
        (stage, {place: _write(drawn) for place, drawn in row.groupby("column", sort=False)})
        for (_, stage), row in lines.groupby(["row", "stage"], sort=False)
    ]
    heights = [max(_height(box) for box in boxes.values()) for _, boxes in rows]
    n_strips = lines["stage"].nunique()
    total = sum(heights) + n_strips * (STRIP + UNDER_STRIP) + (len(rows) - 1) * GAP + 1
    figure = Figure(figsize=(WIDTH, total / 72))
    ax = figure.add_axes((0, 0, 1, 1))
    ax.set(xlim=(0, POINTS), ylim=(total, 0))
    ax.axis("off")
    y, above, before = 0.5, None, ""
    for (stage, boxes), height in zip(rows, heights, strict=True):
        if stage != before:
            y = _draw_strip(ax, stage, y)
        if above is not None:
            _draw_arrow(ax, above, (above[0], y))
        before, above = stage, _draw_row(ax, boxes, y)
        y += height + GAP
    return figure


def _write(lines: pd.DataFrame) -> list[_Written]:
    """The lines of one box, broken to its width; what is not known comes without a number."""
    written = []
    for line in lines.itertuples():
        number = "" if pd.isna(line.n) else f"{line.n:,}"
        size, is_bold = (PART, False) if line.is_part else (HEAD, bool(line.box))
        room = BOX - 2 * PADDING - (_width(number, size, is_bold) + 8 if number else 0)
        written.append(_Written(tuple(_break(line.label, room, size, is_bold)), number, size, is_bold))
    return written


def _break(text: str, room: float, size: float, is_bold: bool) -> list[str]:
    """`text` in lines that are no wider than `room`; a word that is wider is broken, too."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if _width(longer, size, is_bold) <= room:
            lines[-1] = longer
            continue
        lines += [word] if lines[-1] else []
        lines[-1] = word
        while _width(lines[-1], size, is_bold) > room:
            fits = max(1, int(len(lines[-1]) * room / _width(lines[-1], size, is_bold)))
            lines[-1:] = [lines[-1][:fits], lines[-1][fits:]]
    return lines


@lru_cache(maxsize=4_096)  # both diagrams hold the same sources and reasons
def _width(text: str, size: float, is_bold: bool) -> float:
    font = FontProperties(size=size, weight="bold" if is_bold else "normal")
    return float(text_to_path.get_text_width_height_descent(text, font, False)[0])


def _height(box: list[_Written]) -> float:
    slack = (LEADING - 1) * box[-1].size  # the last line needs no space below it
    return sum(line.height for line in box) - slack + 2 * PADDING


def _draw_row(ax: Axes, boxes: dict[str, list[_Written]], top: float) -> tuple[float, float]:
    """Draws the boxes of a row, and an arrow from the main one to that beside it; where the way goes on."""
    for place, box in boxes.items():
        _draw_box(ax, box, LEFT_OF[place], top, is_main=place == MAIN)
    shortest = min(_height(box) for box in boxes.values())
    if len(boxes) > 1:
        y = top + shortest / 2
        _draw_arrow(ax, (LEFT_OF[MAIN] + BOX, y), (LEFT_OF["side"], y))
    return LEFT_OF[MAIN] + BOX / 2, top + _height(boxes[MAIN])


def _draw_box(ax: Axes, box: list[_Written], left: float, top: float, *, is_main: bool) -> None:
    is_known = any(line.number for line in box)
    edge = INK if is_main and is_known else QUIET
    _draw_frame(
        ax, left, top, BOX, _height(box), edge, "white" if is_known else UNKNOWN, is_dashed=not is_known
    )
    y = top + PADDING
    for line in box:
        font: Any = {"fontsize": line.size, "fontweight": "bold" if line.is_bold else "normal", "va": "top"}
        ax.text(left + BOX - PADDING, y, line.number, ha="right", **font)
        for words in line.words:
            ax.text(left + PADDING, y, words, ha="left", **font)
            y += line.size * LEADING


def _draw_strip(ax: Axes, stage: str, top: float) -> float:
    """The name of a stage over its rows; where these begin."""
    _draw_frame(ax, 0.5, top, POINTS - 1, STRIP, FAINT, WASH)
    ax.text(PADDING, top + STRIP / 2, stage, fontsize=HEAD, fontweight="bold", va="center")
    return top + STRIP + UNDER_STRIP


def _draw_frame(
    ax: Axes,
    left: float,
    top: float,
    width: float,
    height: float,
    edge: str,
    face: str,
    *,
    is_dashed: bool = False,
) -> None:
    line = "--" if is_dashed else "-"
    shape = f"round,pad=0,rounding_size={ROUNDING}"
    frame = FancyBboxPatch((left, top), width, height, shape, ec=edge, fc=face, ls=line, lw=0.9)
    ax.add_patch(frame)


def _draw_arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    ax.annotate(
        "", end, start, arrowprops={"arrowstyle": "-|>", "color": QUIET, "lw": 1, "shrinkA": 0, "shrinkB": 0},
        zorder=0,
    )  # fmt: skip
