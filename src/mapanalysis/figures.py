"""The figures: counted frames in, matplotlib figures out.

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
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch, PathPatch
from matplotlib.path import Path

from mapanalysis.analysis.gaps import ABSOLUTE, KINDS
from mapanalysis.analysis.grid import ALL_SEGMENTS, NONE_FOUND, OUTSIDE_SCOPE, Axis, Grid
from mapanalysis.codebook import NOT_REPORTED
from mapanalysis.messages import percent

WIDTH = 6.7  # inches: the text width of an A4 page
INK, QUIET, FAINT = "#22303a", "#5b6770", "#d5dade"
ALL_COLOUR = "#4a5660"
SEGMENT_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8a6d00", "#000000")
COUNT_COLOURS = LinearSegmentedColormap.from_list("counts", ["#d6e9f2", "#7fb8d3", "#2a7da6", "#0b3c5d"])
HATCH, SCOPE = "#c3c9ce", "#b9bfc4"
SQUARE = np.array([(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)])
EMPTY_STYLES: dict[str, dict[str, Any]] = {
    NONE_FOUND: {"facecolor": "white", "edgecolor": HATCH, "lw": 0.3, "hatch": "////"},
    OUTSIDE_SCOPE: {"facecolor": SCOPE, "edgecolor": QUIET, "lw": 0.3, "hatch": "xx"},
    NOT_REPORTED: {"facecolor": "white", "edgecolor": HATCH, "lw": 0.3},
}
NOT_REPORTED_COLOURS = LinearSegmentedColormap.from_list("not_reported", ["#eeeae4", "#8d857a"])
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


def _themed(plot: Callable[Arguments, Figure]) -> Callable[Arguments, Figure]:
    """Runs `plot` under `THEME`, so that no setting of the notebook's leaks in or out."""

    @wraps(plot)
    def themed(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Figure:
        with mpl.rc_context({**mpl.rcParamsDefault, **THEME, "backend": mpl.get_backend()}):
            return plot(*args, **kwargs)

    return themed


def _new_figure(width: float, height: float) -> Figure:
    """A figure on no screen: on one, seaborn would draw it whole for each panel of a heat map."""
    return Figure(figsize=(width, height), layout="constrained")


def _highest(counts: pd.Series) -> int:
    """The largest count, at least 1: the end of a scale."""
    return max(int(counts.max()), 1) if len(counts) else 1


def _say_empty(ax: Axes) -> None:
    """Says that there is nothing to draw: an empty chart could as well be a broken one."""
    ax.text(0.5, 0.5, "nothing to show", transform=ax.transAxes, ha="center", va="center", color=QUIET)


def colour_of(segments: Iterable[str]) -> dict[str, str]:
    """The colour of each segment code, always the same for its place in the codebook."""
    colours = {ALL_SEGMENTS: ALL_COLOUR}
    for number, code in enumerate(segments):
        colours[code] = SEGMENT_COLOURS[number % len(SEGMENT_COLOURS)]
    return colours


@_themed
def plot_years(counts: pd.DataFrame, segments: dict[str, str]) -> Figure:
    """Bars of studies per year, one panel for all studies and one per segment.

    `counts` as from `volume.count_by_year`; `segments` maps segment codes to labels, "" (all) first.
    """
    colours = colour_of(code for code in segments if code)
    dated = counts[counts["year"].notna()]
    highest = _highest(dated["n_studies"])
    tops = {code: _highest(dated.loc[dated["segment_code"] == code, "n_studies"]) for code in segments}
    # One scale for all panels: a panel is as high as its highest bar needs.
    heights = [max(top / highest, 0.12) + 0.18 for top in tops.values()]
    figure = _new_figure(WIDTH, 1.15 * sum(heights) + 0.35 * len(segments) + 0.3)
    panels = np.atleast_1d(figure.subplots(len(segments), 1, sharex=True, height_ratios=heights))
    for ax, (code, label) in zip(panels, segments.items(), strict=True):
        rows = dated[dated["segment_code"] == code]
        bars = ax.bar(rows["year"].astype(int), rows["n_studies"], color=colours[code], width=0.72)
        ax.bar_label(
            bars, labels=[f"{n:,}" if n else "" for n in rows["n_studies"]], padding=1.5, fontsize=7.5
        )
        ax.set_title(f"{label} ({int(rows['n_studies'].sum()):,})", color=colours[code])
        ax.set_ylim(0, highest * (max(tops[code] / highest, 0.12) + 0.18))
        ax.set_yticks([])
        ax.spines["left"].set_visible(False)
    years = sorted(set(dated["year"].astype(int)))
    if years:
        panels[-1].set_xticks(years[:: max(1, len(years) // 16)])
    else:
        _say_empty(panels[0])
    panels[-1].set_xlabel("Year of the first report")
    return figure


@_themed
def plot_cumulative(counts: pd.DataFrame, segments: dict[str, str]) -> Figure:
    """Lines of the number of studies found up to each year, one per segment, named at their ends."""
    figure = _new_figure(WIDTH, 2.9)
    ax = figure.subplots()
    colours = colour_of(code for code in segments if code)
    dated = counts[counts["year"].notna()]
    ends = []
    for code, label in segments.items():
        rows = dated[dated["segment_code"] == code]
        if rows.empty:
            continue
        ax.plot(
            rows["year"].astype(int),
            rows["n_cumulative"].astype(int),
            color=colours[code],
            lw=2,
            marker="o",
            ms=3,
        )
        ends.append((int(rows["n_cumulative"].iloc[-1]), label, colours[code]))
    last = int(dated["year"].max()) if len(dated) else 0
    top = max((n for n, *_ in ends), default=1)
    lowest_free = -1.0
    for n, label, colour in sorted(ends):
        y = max(n, lowest_free)
        lowest_free = y + top * 0.075
        ax.annotate(
            f"{label}: {n:,}", (last, y), (6, 0), textcoords="offset points", va="center", color=colour
        )
    ax.set_ylim(0, top * 1.08)
    ax.margins(x=0.02)
    ax.grid(axis="y", color=FAINT, lw=0.6)
    ax.set_ylabel("Studies so far")
    years = sorted(set(dated["year"].astype(int)))
    ax.set_xticks(years[:: max(1, len(years) // 12)])
    if not years:
        _say_empty(ax)
    return figure


@_themed
def plot_codes(counts: pd.DataFrame, segments: dict[str, str], *, hide_unused: bool = False) -> Figure:
    """A table with bars: one row per code, one column of bars for all studies and one per segment.

    `counts` as from `volume.count_by_code`. Codes stand in codebook order under their groups; a code without
    studies keeps its row ("0") unless `hide_unused`; "not reported" stands last, in grey.
    """
    whole = counts[counts["segment_code"] == ALL_SEGMENTS]
    if hide_unused:
        whole = whole[whole["n_studies"] > 0]
    whole = pd.concat([whole[whole["code"] != NOT_REPORTED], whole[whole["code"] == NOT_REPORTED]])
    lines = _bar_lines(whole)
    figure = _new_figure(WIDTH, 0.185 * len(lines) + 0.55)
    widths = [1.25] + [1.0] * (len(segments) - 1)
    panels = np.atleast_1d(figure.subplots(1, len(segments), sharey=True, width_ratios=widths))
    colours = colour_of(code for code in segments if code)
    highest = _highest(whole["n_studies"])
    y_of = {code: y for y, (code, _, _) in enumerate(lines) if code}
    for ax, (segment, label) in zip(panels, segments.items(), strict=True):
        rows = counts[(counts["segment_code"] == segment) & counts["code"].isin(y_of)]
        y = [y_of[code] for code in rows["code"]]
        shades = [QUIET if code == NOT_REPORTED else colours[segment] for code in rows["code"]]
        bars = ax.barh(y, rows["n_studies"], color=shades, height=0.68)
        for bar, code in zip(bars, rows["code"], strict=True):
            if code == NOT_REPORTED:
                bar.set_alpha(0.55)
        ax.bar_label(bars, labels=[f"{n:,}" for n in rows["n_studies"]], padding=2, fontsize=7.5)
        ax.set_xlim(0, highest * 1.2)
        ax.set_xticks([])
        ax.spines["bottom"].set_visible(False)
        ax.set_title("\n".join(textwrap.wrap(label, 14)), color=colours[segment])
    first = panels[0]
    first.set_ylim(len(lines) - 0.4, -0.6)
    first.set_yticks(range(len(lines)), [text for _, text, _ in lines])
    for tick, (_, _, is_bold) in zip(first.get_yticklabels(), lines, strict=True):
        if is_bold:
            tick.set_fontweight("bold")
    return figure


def _bar_lines(codes: pd.DataFrame) -> list[tuple[str, str, bool]]:
    """(code, text, is_bold) for each line of a bar table: a heading before the codes of a group, in bold."""
    lines: list[tuple[str, str, bool]] = []
    has_groups = bool((codes["group"] != codes["code"]).any())
    group = ""
    for row in codes.itertuples(index=False):
        is_top = row.group == row.code
        if not is_top and row.group != group:
            lines.append(("", row.group_label, True))
        group = row.group
        lines.append((row.code, _short(row.label, 42), has_groups and is_top and row.code != NOT_REPORTED))
    return lines


@_themed
def plot_gap_map(
    grid: Grid, segments: dict[str, str], *, cell: float = 0.235, letters: pd.DataFrame | None = None
) -> Figure:
    """A heat map of distinct studies, one panel per segment, that tells empty cells from low counts.

    Cells with studies are shaded and numbered; cells where none was found are hatched and empty; cells outside
    the scope are crossed out; codes "not reported" stand apart, in greys. `letters` (row_code, column_code,
    letters) replaces the numbers, for the map of the kinds of gaps.
    """
    rows, columns = _last_not_reported(grid.row), _last_not_reported(grid.column)
    # Room for the slanted column labels above the first panel, and for the legend below the last.
    figure = _new_figure(WIDTH, len(segments) * (len(rows) * cell + 0.3) + 1.9)
    panels = np.atleast_1d(figure.subplots(len(segments), 1, sharex=True))
    highest = _highest(grid.cells.loc[grid.cells["state"] != NOT_REPORTED, "n_studies"])
    marks = None if letters is None else letters.set_index(["row_code", "column_code"])["letters"]
    for number, (ax, (segment, label)) in enumerate(zip(panels, segments.items(), strict=True)):
        counts, states = (grid.matrix(name, segment).loc[rows, columns] for name in ("n_studies", "state"))
        text = (
            counts.astype("str")
            if marks is None
            else marks.unstack(fill_value="").reindex(index=rows, columns=columns, fill_value="")
        )
        _draw_cells(ax, counts, states, text, highest)
        _draw_separators(ax, grid, rows, columns)
        ax.set_title(label)
        ax.set_yticks(
            np.arange(len(rows)) + 0.5, [_short(grid.row.label_of(code), 40) for code in rows], rotation=0
        )
        ax.xaxis.tick_top()
        ax.tick_params(axis="x", labeltop=number == 0, labelbottom=False)
    names = [_short(grid.column.label_of(code), 34) for code in columns]
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


def _short(text: str, width: int) -> str:
    return textwrap.shorten(text, width, placeholder=" ...")


def _last_not_reported(axis: Axis) -> list[str]:
    return [*axis.reported, *([NOT_REPORTED] if NOT_REPORTED in axis.codes else [])]


def _draw_cells(
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
            linewidths=0.8, linecolor="white", annot_kws={"fontsize": 7}, xticklabels=False, yticklabels=False,
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


@_themed
def plot_numbers(values: pd.DataFrame, label: str, segments: dict[str, str], *, log: bool = False) -> Figure:
    """Box plots with every study as a point: columns segment_code and value; one row per segment with values."""
    shown = {code: name for code, name in segments.items() if (values["segment_code"] == code).any()}
    figure = _new_figure(WIDTH, 0.62 * max(len(shown), 1) + 0.75)
    ax = figure.subplots()
    named = values.assign(name=values["segment_code"].map(shown), value=values["value"].astype(float))
    named = named[named["name"].notna()]
    colours = colour_of(code for code in segments if code)
    palette = {name: colours[code] for code, name in shown.items()}
    if len(named):
        shared = {"data": named, "x": "value", "y": "name", "order": list(shown.values()), "ax": ax}
        sns.boxplot(**shared, width=0.75, showfliers=False, color="#eef1f3", linecolor=QUIET, linewidth=0.8)
        sns.stripplot(**shared, hue="name", palette=palette, size=3, alpha=0.75, jitter=False, legend=False)
    else:
        _say_empty(ax)
    if log:
        ax.set_xscale("log")
        ax.xaxis.set_major_formatter(mpl.ticker.FuncFormatter(lambda x, _: f"{x:,.0f}"))
        ax.xaxis.set_minor_formatter(mpl.ticker.NullFormatter())
    ax.set_xlabel(label)
    ax.set_ylabel("")
    ax.grid(axis="x", color=FAINT, lw=0.6)
    return figure


@_themed
def plot_spread(diversity: pd.DataFrame) -> Figure:
    """Effective number of codes (Hill number of order 1) beside the codes used and those in the codebook."""
    rows = diversity[diversity["pct_even"].notna()].iloc[::-1]
    figure = _new_figure(WIDTH, 0.26 * len(rows) + 0.9)
    ax = figure.subplots()
    y = np.arange(len(rows))
    ax.barh(y, rows["pct_even"], color=SEGMENT_COLOURS[0], height=0.6)
    for place, row in zip(y, rows.itertuples(index=False), strict=True):
        note = f"as if {row.hill_1:.1f} of {row.n_codes} codes were used equally"
        ax.annotate(
            note, (row.pct_even, place), (4, 0), textcoords="offset points", va="center", fontsize=7.5
        )
    ax.set_yticks(y, [_short(label, 40) for label in rows["label"]])
    ax.set_xlim(0, 200)
    ax.set_xticks([0, 50, 100])
    ax.set_xlabel("Effective number of codes as % of the codes in the codebook")
    return figure


@_themed
def plot_shares(shares: pd.DataFrame, segments: dict[str, str]) -> Figure:
    """A heat map of percentages: one row per dimension, one column per segment.

    `shares`: label, segment_code, n_not_reported, n_coded, pct_not_reported.
    """
    labels = list(dict.fromkeys(shares["label"]))
    wide = shares.pivot(index="label", columns="segment_code", values="pct_not_reported")
    wide = wide.reindex(index=labels, columns=list(segments)).astype(float)
    figure = _new_figure(WIDTH, 0.27 * len(labels) + 0.8)
    ax = figure.subplots()
    text = wide.map(lambda pct: f"{pct:.0f} %")
    sns.heatmap(
        wide, annot=text, fmt="", cmap=COUNT_COLOURS, vmin=0, vmax=100, cbar=False, linewidths=1.5, ax=ax
    )
    for y, x in zip(*np.nonzero(wide.isna().to_numpy()), strict=True):
        ax.text(x + 0.5, y + 0.5, "does not apply", ha="center", va="center", color=QUIET, fontsize=7)
    ax.set_xticklabels(["\n".join(textwrap.wrap(name, 22)) for name in segments.values()], rotation=0)
    ax.set_yticklabels([_short(label, 48) for label in labels], rotation=0)
    ax.xaxis.tick_top()
    ax.set_xlabel("")
    ax.set_ylabel("")
    return figure


@_themed
def plot_ranked(counts: pd.DataFrame, label: str, value: str = "n_studies", most: int = 12) -> Figure:
    """Bars of the first `most` rows, in their order: columns `label` and `value`."""
    rows = counts.head(most).iloc[::-1]
    figure = _new_figure(WIDTH, 0.24 * max(len(rows), 1) + 0.4)
    ax = figure.subplots()
    bars = ax.barh(range(len(rows)), rows[value], color=SEGMENT_COLOURS[0], height=0.66)
    ax.bar_label(bars, labels=[f"{n:,}" for n in rows[value]], padding=2)
    ax.set_yticks(range(len(rows)), [_short(text, 64) for text in rows[label]])
    if rows.empty:
        _say_empty(ax)
    ax.set_xticks([])
    ax.spines["bottom"].set_visible(False)
    ax.margins(x=0.08)
    return figure


@_themed
def plot_agreement(agreement: pd.DataFrame) -> Figure:
    """Cohen's kappa with its 95 % interval, one row per subject: label, kappa, kappa_low, kappa_high, pct_agreed."""
    rows = agreement[agreement["kappa"].notna()].iloc[::-1]
    figure = _new_figure(WIDTH, 0.25 * max(len(rows), 1) + 0.8)
    ax = figure.subplots()
    y = np.arange(len(rows))
    kappa = rows["kappa"].astype(float).to_numpy()
    # Full agreement has no interval: the point stands alone.
    low, high = (
        rows[name].fillna(rows["kappa"]).astype(float).to_numpy() for name in ("kappa_low", "kappa_high")
    )
    ax.hlines(y, low, np.minimum(high, 1), color=QUIET, lw=1.2)
    ax.plot(kappa, y, "o", color=SEGMENT_COLOURS[0], ms=5)
    for place, k, end, pct in zip(y, kappa, high, rows["pct_agreed"].astype(float), strict=True):
        note = f"{k:.2f}  ({percent(pct, 100)} the same)"
        ax.annotate(note, (min(end, 1), place), (5, 0), textcoords="offset points", va="center", fontsize=7.5)
    ax.set_yticks(y, [_short(label, 44) for label in rows["label"]])
    ax.set_xlim(min(0, float(low.min()) if len(low) else 0), 1.45)
    ax.set_xticks([0, 0.2, 0.4, 0.6, 0.8, 1.0])
    ax.grid(axis="x", color=FAINT, lw=0.6)
    ax.set_xlabel("Cohen's kappa: 0 is agreement by chance, 1 is full agreement")
    if rows.empty:
        _say_empty(ax)
    return figure
