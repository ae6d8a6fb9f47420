"""Where the evidence is from: the map of the world, studies per 10 million people, home beside elsewhere."""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, PathPatch
from matplotlib.path import Path

from mapanalysis.analysis.places import ELSEWHERE, HOME, SIMILAR
from mapanalysis.codebook import NOT_REPORTED
from mapanalysis.figures.counts import bar_lines
from mapanalysis.figures.theme import (
    COUNT_COLOURS,
    FAINT,
    INK,
    QUIET,
    SEGMENT_COLOURS,
    WIDTH,
    highest_of,
    new_figure,
    say_empty,
    short,
    themed,
)
from mapanalysis.messages import drawn_rates, say_rate

Rings = tuple[np.ndarray, ...]
SOUTHERN_END = -58.0  # degrees: no study is from further south, and the map is the larger for it
CLASS_STARTS = (1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000, 100_000)
MOST_CLASSES = 5
MOST_LISTED, LIST_COLUMNS = 24, 4
NUMBER_ROOM = 0.011  # of the square of the earth's radius: the least land that a figure of a number fits on
BORDER = "#8b959c"
UNKNOWN = -1  # the class of countries that the codebook has no code for


def project_equal_earth(longitude: np.ndarray, latitude: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """x and y of points in degrees, in radii of the earth: land keeps its relative area.

    Source: Šavrič, Patterson, Jenny 2018, The Equal Earth map projection, Int J Geogr Inf Sci 33:454
    (doi 10.1080/13658816.2018.1504949), equations for the sphere.
    """
    a1, a2, a3, a4 = 1.340264, -0.081106, 0.000893, 0.003796
    theta = np.arcsin(np.sqrt(3) / 2 * np.sin(np.radians(latitude)))
    slope = a1 + 3 * a2 * theta**2 + 7 * a3 * theta**6 + 9 * a4 * theta**8
    x = 2 / np.sqrt(3) * np.radians(longitude) * np.cos(theta) / slope
    return x, theta * (a1 + a2 * theta**2 + a3 * theta**6 + a4 * theta**8)


def class_starts(highest: int) -> list[int]:
    """Where the classes of a map begin whose highest count is `highest`: even steps of a logarithm, at most five."""
    starts = [start for start in CLASS_STARTS if start <= max(highest, 1)]
    return starts if len(starts) <= MOST_CLASSES else starts[::2]


@themed
def plot_world(counts: pd.DataFrame, shapes: dict[str, Rings]) -> Figure:
    """A map of the world, countries shaded by their number of studies, with the numbers below in order.

    `counts` as from `places.count_countries`, `shapes` as `World.shapes`. Countries without a study are hatched; those
    that the codebook has no code for are dotted. Numbers stand on the larger countries and in the list.
    """
    countries, listed = counts[counts["is_country"]], _listed(counts)
    n_of = dict(zip(countries["code"], countries["n_studies"].astype(int), strict=True))
    highest = highest_of(countries["n_studies"])
    starts = class_starts(highest)
    class_of = {code: bisect_right(starts, n_of[code]) if code in n_of else UNKNOWN for code in shapes}
    n_lines = -(-max(len(listed), 1) // LIST_COLUMNS)
    figure = new_figure(WIDTH, 3.35 + 0.16 * n_lines)
    ax, below = figure.subplots(2, 1, height_ratios=[3.0, 0.16 * n_lines + 0.1])
    styles = _class_styles(starts, highest)
    for number, (_, style) in styles.items():
        _draw_land(ax, [shapes[code] for code, own in class_of.items() if own == number], style)
    for code, number in class_of.items():
        if number > 0:
            _write_number(ax, shapes[code], n_of[code], "white" if number > len(starts) / 2 else INK)
    if list(class_of.values()).count(UNKNOWN) <= 1:  # Kosovo, for which ISO 3166-1 has no code
        del styles[UNKNOWN]
    _frame(ax)
    _add_legend(ax, styles)
    _write_list(below, listed, n_lines)
    return figure


def _class_styles(starts: list[int], highest: int) -> dict[int, tuple[str, dict[str, Any]]]:
    """Label and style of each class: 0 none found, from 1 the classes that begin at `starts`, `UNKNOWN`."""
    styles: dict[int, tuple[str, dict[str, Any]]] = {
        0: ("none found", {"facecolor": "white", "hatch": "//////"})
    }
    for number, (start, following) in enumerate(pairwise([*starts, highest + 1]), start=1):
        end = following - 1
        label = f"{start:,}" if end == start else f"{start:,} to {end:,}"
        share = (number - 1) / max(len(starts) - 1, 1)
        styles[number] = (label, {"facecolor": COUNT_COLOURS(0.04 + 0.96 * share)})
    return {**styles, UNKNOWN: ("not in the codebook", {"facecolor": "white", "hatch": "....."})}


def _draw_land(ax: Axes, countries: list[Rings], style: dict[str, Any]) -> None:
    """One patch for all countries of a class: the file is the smaller for it."""
    outlines = [
        Path(np.column_stack(project_equal_earth(ring[:, 0], ring[:, 1])), closed=True)
        for rings in countries
        for ring in rings
    ]
    if outlines:
        whole = Path.make_compound_path(*outlines)
        ax.add_patch(PathPatch(whole, edgecolor=BORDER, lw=0.25, joinstyle="round", **style))


def _write_number(ax: Axes, rings: Rings, n: int, colour: str) -> None:
    """The number of studies in the middle of a country's largest piece of land, where there is room for it."""
    area, middle = max(_measure(ring) for ring in rings)
    if area >= NUMBER_ROOM * len(f"{n:,}"):
        ax.text(*middle, f"{n:,}", ha="center", va="center", fontsize=7.5, color=colour)


def _measure(ring: np.ndarray) -> tuple[float, tuple[float, float]]:
    """Area and centre of gravity of a ring on the map."""
    x, y = project_equal_earth(ring[:, 0], ring[:, 1])
    cross = x[:-1] * y[1:] - x[1:] * y[:-1]
    area = cross.sum() / 2
    if not area:
        return 0.0, (float(x[0]), float(y[0]))
    middle = ((x[:-1] + x[1:]) * cross).sum() / (6 * area), ((y[:-1] + y[1:]) * cross).sum() / (6 * area)
    return abs(float(area)), (float(middle[0]), float(middle[1]))


def _frame(ax: Axes) -> None:
    east, _ = project_equal_earth(np.array(180.0), np.array(0.0))
    _, south = project_equal_earth(np.array(0.0), np.array(SOUTHERN_END))
    _, north = project_equal_earth(np.array(0.0), np.array(84.0))
    ax.set_xlim(-float(east), float(east))
    ax.set_ylim(float(south), float(north))
    ax.set_aspect("equal")
    ax.set_axis_off()


def _add_legend(ax: Axes, styles: dict[int, tuple[str, dict[str, Any]]]) -> None:
    handles = [Patch(edgecolor=BORDER, lw=0.4, label=label, **style) for label, style in styles.values()]
    ax.legend(
        handles=handles, title="Studies", loc="lower left", frameon=False, fontsize=7.5,
        title_fontsize=7.5, alignment="left", handlelength=1.6, labelspacing=0.35, borderaxespad=0,
    )  # fmt: skip


def _listed(counts: pd.DataFrame) -> list[tuple[str, int, bool]]:
    """(label, number, is a country) of what stands in the list: most studies first, "not reported" last."""
    used = counts[counts["n_studies"] > 0].sort_values("n_studies", ascending=False, kind="stable")
    named = used[used["code"] != NOT_REPORTED]
    marked = named["label"].map(lambda label: short(label, 27)) + np.where(
        named["is_country"] & ~named["is_on_map"], "*", ""
    )
    lines = [(str(label), int(n), True) for label, n in zip(marked, named["n_studies"], strict=True)]
    silent = int(counts.loc[counts["code"] == NOT_REPORTED, "n_studies"].sum())
    room = MOST_LISTED - bool(silent)
    if len(lines) > room:
        lines = [*lines[: room - 1], (f"{len(lines) - room + 1} more, in the table", 0, False)]
    return [*lines, *([("Not reported", silent, False)] if silent else [])]


def _write_list(ax: Axes, listed: list[tuple[str, int, bool]], n_lines: int) -> None:
    """The list in columns, each number before its name."""
    ax.set_axis_off()
    ax.set_xlim(0, LIST_COLUMNS)
    ax.set_ylim(n_lines, 0)
    for place, (label, n, is_country) in enumerate(listed):
        x, y = divmod(place, n_lines)
        colour = INK if is_country else QUIET
        ax.text(
            x + 0.13,
            y + 0.5,
            f"{n:,}" if n else "",
            ha="right",
            va="center",
            fontsize=7.5,
            weight="bold",
            color=colour,
        )
        ax.text(x + 0.17, y + 0.5, label, va="center", fontsize=7.5, color=colour)


@themed
def plot_rates(counts: pd.DataFrame) -> Figure:
    """Dots of studies per 10 million people, highest first, with the numbers of studies; see `messages.drawn_rates`."""
    rows = drawn_rates(counts).iloc[::-1]
    figure = new_figure(WIDTH, 0.2 * max(len(rows), 1) + 0.6)
    ax = figure.subplots()
    y = np.arange(len(rows))
    rate = rows["n_per_10_million"].astype(float).to_numpy()
    ax.hlines(y, 0, rate, color=FAINT, lw=1.2)
    ax.plot(rate, y, "o", color=SEGMENT_COLOURS[0], ms=5, clip_on=False)
    for place, value, n in zip(y, rate, rows["n_studies"], strict=True):
        note = f"{say_rate(value)}  ({n:,} {'study' if n == 1 else 'studies'})"
        ax.annotate(note, (value, place), (6, 0), textcoords="offset points", va="center", fontsize=7.5)
    ax.set_yticks(y, [short(label, 34) for label in rows["label"]])
    ax.set_xlim(0, max(float(rate.max()) if len(rate) else 0, 0.1) * 1.3)
    ax.set_xlabel("Studies per 10 million people")
    ax.grid(axis="x", color=FAINT, lw=0.6)
    if rows.empty:
        say_empty(ax)
    return figure


# Told apart in grey, and by hatching: the darker, the nearer.
PLACE_STYLES: dict[str, dict[str, Any]] = {
    HOME: {"facecolor": "#0b3c5d", "edgecolor": "white"},
    SIMILAR: {"facecolor": "#5b9dc0", "edgecolor": "white"},
    ELSEWHERE: {"facecolor": "#d3e3ec", "edgecolor": "white"},
    NOT_REPORTED: {"facecolor": "white", "edgecolor": BORDER, "hatch": "//////"},
}
NUMBER_COLOURS = {HOME: "white", SIMILAR: "black", ELSEWHERE: INK, NOT_REPORTED: INK}


@themed
def plot_places(counts: pd.DataFrame, labels: dict[str, str]) -> Figure:
    """Bars of studies per code, divided by place: home, similar systems, elsewhere, not reported.

    `counts` as from `places.count_places`, `labels` as `Viewpoint.labels`. A code with none from home says so.
    """
    rows = pd.concat([counts[counts["code"] != NOT_REPORTED], counts[counts["code"] == NOT_REPORTED]])
    lines = bar_lines(rows)
    figure = new_figure(WIDTH, 0.2 * len(lines) + 0.75)
    ax = figure.subplots()
    y_of = {code: y for y, (code, _, _) in enumerate(lines) if code}
    y = [y_of[code] for code in rows["code"]]
    highest = highest_of(rows["n_studies"])
    left = np.zeros(len(rows))
    for place in labels:
        n = rows[f"n_{place}"].to_numpy(dtype=int)
        edges = np.where(n > 0, 0.6, 0)  # a bar of no length would show its edge
        ax.barh(y, n, left=left, height=0.74, lw=edges, label=labels[place], **PLACE_STYLES[place])
        for at, start, width in zip(y, left, n, strict=True):
            if _has_room(width, highest):
                _write_in_bar(ax, start + width / 2, at, width, place)
        left += n
    for at, total, n_home in zip(y, rows["n_studies"], rows[f"n_{HOME}"], strict=True):
        note = f"{total:,}{_note_home(n_home, total, highest)}"
        ax.annotate(
            note, (total, at), (4, 0), textcoords="offset points", va="center", fontsize=7.5, color=QUIET
        )
    _label_lines(ax, lines)
    ax.set_xlim(0, highest * 1.35)
    handles, names = ax.get_legend_handles_labels()
    figure.legend(handles, names, loc="outside upper center", ncols=len(labels), frameon=False, fontsize=7.5)
    if not rows["n_studies"].any():
        say_empty(ax)
    return figure


def _has_room(n: int, highest: int) -> bool:
    """Whether the number fits into its part of a bar; what does not stands in the table."""
    return n / highest > 0.012 * len(f"{n:,}")


def _note_home(n: int, total: int, highest: int) -> str:
    """What is said of home beside a bar: that there is none, or the number that does not fit into it."""
    if not n:
        return "   none from home" if total else ""
    return "" if _has_room(n, highest) else f"   {n:,} from home"


def _write_in_bar(ax: Axes, x: float, y: float, n: int, place: str) -> None:
    box = (
        {"boxstyle": "square,pad=0.12", "facecolor": "white", "edgecolor": "none"}
        if place == NOT_REPORTED
        else None
    )
    ax.text(x, y, f"{n:,}", ha="center", va="center", fontsize=7.5, color=NUMBER_COLOURS[place], bbox=box)


def _label_lines(ax: Axes, lines: list[tuple[str, str, bool]]) -> None:
    ax.set_ylim(len(lines) - 0.4, -0.6)
    ax.set_yticks(range(len(lines)), [text for _, text, _ in lines])
    for tick, (_, _, is_bold) in zip(ax.get_yticklabels(), lines, strict=True):
        if is_bold:
            tick.set_fontweight("bold")
    ax.set_xticks([])
    ax.spines["bottom"].set_visible(False)
