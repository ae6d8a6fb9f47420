"""Figures of counted studies: by year, by code, in numbers, in shares."""

from __future__ import annotations

import textwrap

import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from mapanalysis.analysis.grid import ALL_SEGMENTS
from mapanalysis.codebook import NOT_REPORTED
from mapanalysis.figures.theme import (
    COUNT_COLOURS,
    FAINT,
    HALO,
    INK,
    OPEN_HATCH,
    QUIET,
    SEGMENT_COLOURS,
    WIDTH,
    colour_of,
    hatch_open,
    highest_of,
    new_figure,
    say_empty,
    short,
    themed,
)
from mapanalysis.messages import percent, say_change


@themed
def plot_years(counts: pd.DataFrame, segments: dict[str, str], growth: pd.DataFrame | None = None) -> Figure:
    """Bars of studies per year, one panel for all studies and one per segment; years not complete are hatched.

    `counts` as from `volume.count_by_year`; `segments` maps segment codes to labels, "" (all) first. `growth`, as
    from `growth.fit_growth`, adds the trend where there is one.
    """
    colours = colour_of(code for code in segments if code)
    dated = counts[counts["year"].notna()]
    highest = highest_of(dated["n_studies"])
    tops = {code: highest_of(dated.loc[dated["segment_code"] == code, "n_studies"]) for code in segments}
    # One scale for all panels: a panel is as high as its highest bar needs.
    heights = [max(top / highest, 0.12) + 0.18 for top in tops.values()]
    figure = new_figure(WIDTH, 1.15 * sum(heights) + 0.35 * len(segments) + 0.45)
    panels = np.atleast_1d(figure.subplots(len(segments), 1, sharex=True, height_ratios=heights))
    for ax, (code, label) in zip(panels, segments.items(), strict=True):
        rows = dated[dated["segment_code"] == code]
        bars = ax.bar(rows["year"].astype(int), rows["n_studies"], color=colours[code], width=0.72)
        hatch_open(bars, rows["is_complete"], colours[code])
        texts = [f"{n:,}" if n else "" for n in rows["n_studies"]]
        written = ax.bar_label(bars, labels=texts, padding=1.5, fontsize=7.5)
        if growth is not None:
            _draw_trend(ax, growth[growth["segment_code"] == code])
            for text in written:  # readable where the trend passes behind
                text.set_path_effects(HALO)
        ax.set_title(f"{label} ({int(rows['n_studies'].sum()):,})", color=colours[code])
        ax.set_ylim(0, highest * (max(tops[code] / highest, 0.12) + 0.18))
        ax.set_yticks([])
        ax.spines["left"].set_visible(False)
    years = sorted(set(dated["year"].astype(int)))
    if years:
        panels[-1].set_xticks(years[:: max(1, len(years) // 16)])
    else:
        say_empty(panels[0])
    panels[-1].set_xlabel("Year of the first report")
    _explain_years(figure, dated, growth)
    return figure


def _draw_trend(ax: Axes, growth: pd.DataFrame) -> None:
    for trend in growth[growth["n_first"].notna()].itertuples(index=False):
        years = np.arange(trend.first_year, trend.last_year + 1)
        expected = trend.n_first * (1 + trend.pct_yearly / 100) ** (years - years[0])
        ax.plot(years, expected.astype(float), color=INK, lw=1.2, ls=(0, (4, 2)))
    for trend in growth.itertuples(index=False):
        ax.set_title(say_change(trend), loc="right", fontweight="normal", fontsize=7.5, color=QUIET)


def _explain_years(figure: Figure, dated: pd.DataFrame, growth: pd.DataFrame | None) -> None:
    handles: list[Patch | Line2D] = []
    if growth is not None and growth["n_first"].notna().any():
        handles.append(Line2D([], [], color=INK, lw=1.2, ls=(0, (4, 2)), label="trend over complete years"))
    if not dated["is_complete"].all():
        handles.append(Patch(facecolor="white", edgecolor=QUIET, hatch=OPEN_HATCH, label="year not complete"))
    if handles:
        figure.legend(handles=handles, loc="outside lower right", ncols=2, frameon=False, fontsize=7.5)


@themed
def plot_cumulative(counts: pd.DataFrame, segments: dict[str, str]) -> Figure:
    """Lines of the number of studies found up to each year, one per segment, named at their ends.

    To years that are not complete they are dotted.
    """
    figure = new_figure(WIDTH, 2.9)
    ax = figure.subplots()
    colours = colour_of(code for code in segments if code)
    dated = counts[counts["year"].notna()]
    ends = []
    for code, label in segments.items():
        rows = dated[dated["segment_code"] == code]
        if rows.empty:
            continue
        years, so_far = rows["year"].astype(int).to_numpy(), rows["n_cumulative"].astype(int).to_numpy()
        n = int(rows["is_complete"].sum())
        ax.plot(years[:n], so_far[:n], color=colours[code], lw=2, marker="o", ms=3)
        open_from = max(n - 1, 0)
        if n < len(years):
            ax.plot(years[open_from:], so_far[open_from:], color=colours[code], lw=1.4, ls=":")
        ends.append((int(so_far[-1]), label, colours[code]))
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
        say_empty(ax)
    return figure


@themed
def plot_codes(counts: pd.DataFrame, segments: dict[str, str], *, hide_unused: bool = False) -> Figure:
    """A table with bars: one row per code, one column of bars for all studies and one per segment.

    `counts` as from `volume.count_by_code`. Codes stand in codebook order under their groups; a code without
    studies keeps its row ("0") unless `hide_unused`; "not reported" stands last, in grey.
    """
    whole = counts[counts["segment_code"] == ALL_SEGMENTS]
    if hide_unused:
        whole = whole[whole["n_studies"] > 0]
    whole = pd.concat([whole[whole["code"] != NOT_REPORTED], whole[whole["code"] == NOT_REPORTED]])
    lines = bar_lines(whole)
    figure = new_figure(WIDTH, 0.185 * len(lines) + 0.55)
    widths = [1.25] + [1.0] * (len(segments) - 1)
    panels = np.atleast_1d(figure.subplots(1, len(segments), sharey=True, width_ratios=widths))
    colours = colour_of(code for code in segments if code)
    highest = highest_of(whole["n_studies"])
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


def bar_lines(codes: pd.DataFrame) -> list[tuple[str, str, bool]]:
    """(code, text, is_bold) for each line of a bar table: a heading before the codes of a group, in bold."""
    lines: list[tuple[str, str, bool]] = []
    has_groups = bool((codes["group"] != codes["code"]).any())
    group = ""
    for row in codes.itertuples(index=False):
        is_top = row.group == row.code
        if not is_top and row.group != group:
            lines.append(("", row.group_label, True))
        group = row.group
        lines.append((row.code, short(row.label, 42), has_groups and is_top and row.code != NOT_REPORTED))
    return lines


@themed
def plot_numbers(values: pd.DataFrame, label: str, segments: dict[str, str], *, log: bool = False) -> Figure:
    """Box plots with every study as a point: columns segment_code and value; one row per segment with values."""
    shown = {code: name for code, name in segments.items() if (values["segment_code"] == code).any()}
    figure = new_figure(WIDTH, 0.62 * max(len(shown), 1) + 0.75)
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
        say_empty(ax)
    if log:
        ax.set_xscale("log")
        ax.xaxis.set_major_formatter(mpl.ticker.FuncFormatter(lambda x, _: f"{x:,.0f}"))
        ax.xaxis.set_minor_formatter(mpl.ticker.NullFormatter())
    ax.set_xlabel(label)
    ax.set_ylabel("")
    ax.grid(axis="x", color=FAINT, lw=0.6)
    return figure


@themed
def plot_spread(diversity: pd.DataFrame) -> Figure:
    """Effective number of codes (Hill number of order 1) beside the codes used and those in the codebook."""
    rows = diversity[diversity["pct_even"].notna()].iloc[::-1]
    figure = new_figure(WIDTH, 0.26 * len(rows) + 0.9)
    ax = figure.subplots()
    y = np.arange(len(rows))
    ax.barh(y, rows["pct_even"], color=SEGMENT_COLOURS[0], height=0.6)
    for place, row in zip(y, rows.itertuples(index=False), strict=True):
        note = f"as if {row.hill_1:.1f} of {row.n_codes} codes were used equally"
        ax.annotate(
            note, (row.pct_even, place), (4, 0), textcoords="offset points", va="center", fontsize=7.5
        )
    ax.set_yticks(y, [short(label, 40) for label in rows["label"]])
    ax.set_xlim(0, 200)
    ax.set_xticks([0, 50, 100])
    ax.set_xlabel("Effective number of codes as % of the codes in the codebook")
    return figure


@themed
def plot_shares(shares: pd.DataFrame, segments: dict[str, str]) -> Figure:
    """A heat map of percentages: one row per dimension, one column per segment.

    `shares`: label, segment_code, n_not_reported, n_coded, pct_not_reported.
    """
    labels = list(dict.fromkeys(shares["label"]))
    wide = shares.pivot(index="label", columns="segment_code", values="pct_not_reported")
    wide = wide.reindex(index=labels, columns=list(segments)).astype(float)
    figure = new_figure(WIDTH, 0.27 * len(labels) + 0.8)
    ax = figure.subplots()
    text = wide.map(lambda pct: f"{pct:.0f} %")
    sns.heatmap(
        wide, annot=text, fmt="", cmap=COUNT_COLOURS, vmin=0, vmax=100, cbar=False, linewidths=1.5, ax=ax
    )
    for y, x in zip(*np.nonzero(wide.isna().to_numpy()), strict=True):
        ax.text(x + 0.5, y + 0.5, "does not apply", ha="center", va="center", color=QUIET, fontsize=7)
    ax.set_xticklabels(["\n".join(textwrap.wrap(name, 22)) for name in segments.values()], rotation=0)
    ax.set_yticklabels([short(label, 48) for label in labels], rotation=0)
    ax.xaxis.tick_top()
    ax.set_xlabel("")
    ax.set_ylabel("")
    return figure


@themed
def plot_ranked(counts: pd.DataFrame, label: str, value: str = "n_studies", most: int = 12) -> Figure:
    """Bars of the first `most` rows, in their order: columns `label` and `value`."""
    rows = counts.head(most).iloc[::-1]
    figure = new_figure(WIDTH, 0.24 * max(len(rows), 1) + 0.4)
    ax = figure.subplots()
    bars = ax.barh(range(len(rows)), rows[value], color=SEGMENT_COLOURS[0], height=0.66)
    ax.bar_label(bars, labels=[f"{n:,}" for n in rows[value]], padding=2)
    ax.set_yticks(range(len(rows)), [short(text, 64) for text in rows[label]])
    if rows.empty:
        say_empty(ax)
    ax.set_xticks([])
    ax.spines["bottom"].set_visible(False)
    ax.margins(x=0.08)
    return figure


@themed
def plot_agreement(agreement: pd.DataFrame) -> Figure:
    """Cohen's kappa with its 95 % interval, one row per subject: label, kappa, kappa_low, kappa_high, pct_agreed."""
    rows = agreement[agreement["kappa"].notna()].iloc[::-1]
    figure = new_figure(WIDTH, 0.25 * max(len(rows), 1) + 0.8)
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
    ax.set_yticks(y, [short(label, 44) for label in rows["label"]])
    ax.set_xlim(min(0, float(low.min()) if len(low) else 0), 1.45)
    ax.set_xticks([0, 0.2, 0.4, 0.6, 0.8, 1.0])
    ax.grid(axis="x", color=FAINT, lw=0.6)
    ax.set_xlabel("Cohen's kappa: 0 is agreement by chance, 1 is full agreement")
    if rows.empty:
        say_empty(ax)
    return figure
