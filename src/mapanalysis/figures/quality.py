"""How well studies were done, and how far reviews rest on the same studies.

Judgements are told apart by their letters as well as by their colours, which run from blue to vermilion and differ in
lightness.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from mapanalysis.analysis.overlap import BANDS, Bands
from mapanalysis.figures.theme import (
    COUNT_COLOURS,
    INK,
    QUIET,
    WIDTH,
    drawn_name,
    new_figure,
    say_empty,
    short,
    themed,
)
from mapanalysis.messages.quality import MOST_REVIEWS, MOST_STUDIES

# By the role of a judgement: its colour, and that of the letters on it.
ROLE_COLOURS = {
    "good": ("#0072B2", "white"),
    "fair": ("#A6D0E8", INK),
    "unclear": ("#F4DE9B", INK),
    "poor": ("#E69F00", INK),
    "bad": ("#A63D00", "white"),
    "apart": ("#D5DADE", INK),
    "": ("white", QUIET),
}
BAND_COLOURS = dict(zip(BANDS, COUNT_COLOURS(np.linspace(0, 1, len(BANDS))), strict=True))
LETTER = 0.011  # of the width of the bars: what one letter takes


@themed
def plot_judgements(counts: pd.DataFrame) -> Figure:
    """One bar per domain, divided by judgement with their letters and numbers; the whole below, apart from the domains.

    `counts` as from `appraisal.count_judgements`, with `mark`.
    """
    domains = counts.drop_duplicates("domain")
    n_appraised = int(counts["n_appraised"].max()) if len(counts) else 0
    figure = new_figure(WIDTH, 0.235 * max(len(domains), 1) + 0.75)
    ax = figure.subplots()
    places = _places(domains)
    for domain, rows in counts.groupby("domain", sort=False):
        start = 0
        for row in rows[rows["n_studies"] > 0].itertuples(index=False):
            _draw_part(ax, places[domain], start, row, n_appraised)
            start += row.n_studies
    ax.set_yticks(
        [places[one] for one in domains["domain"]], [_name_domain(one) for one in domains.itertuples()]
    )
    _embolden(ax.get_yticklabels(), domains["is_overall"])
    ax.set_ylim(max(places.values(), default=0) + 0.55, -0.55)
    ax.set_xlim(0, max(n_appraised, 1))
    ax.set_xticks([])
    for side in ("left", "bottom"):
        ax.spines[side].set_visible(False)
    _add_legend(figure, counts[counts["n_studies"] > 0])
    if counts.empty:
        say_empty(ax)
    return figure


def _draw_part(ax: Axes, place: float, start: int, row: Any, n_appraised: int) -> None:
    colour, ink = ROLE_COLOURS[row.role]
    style: Any = {
        "facecolor": colour,
        "edgecolor": "white" if row.role else QUIET,
        "lw": 0.8,
        "clip_on": False,
    }
    ax.barh(place, row.n_studies, left=start, height=0.78, **style)
    room = row.n_studies / n_appraised
    both, number = f"{row.mark} {row.n_studies}".strip(), str(row.n_studies)
    text = both if room > LETTER * (len(both) + 1) else number if room > LETTER * len(number) else ""
    ax.text(start + row.n_studies / 2, place, text, ha="center", va="center", color=ink, fontsize=7.5)


@themed
def plot_traffic_lights(listed: pd.DataFrame, most: int = MOST_STUDIES) -> Figure:
    """A grid of the first `most` studies by domain: the letter of each judgement on its colour; the whole stands apart.

    `listed` as from `appraisal.list_judgements`.
    """
    studies = listed.drop_duplicates("study_id").head(most)
    shown = listed[listed["study_id"].isin(studies["study_id"])]
    domains = shown.drop_duplicates("domain")
    places = _places(domains)
    rows = {study: n for n, study in enumerate(studies["study_id"])}
    figure = new_figure(WIDTH, 0.235 * max(len(rows), 5) + 2.1)
    ax = figure.subplots()
    for cell in shown.itertuples(index=False):
        x, y = places[cell.domain], rows[cell.study_id]
        colour, ink = ROLE_COLOURS[cell.role]
        ax.barh(
            y,
            0.94,
            left=x - 0.47,
            height=0.9,
            facecolor=colour,
            edgecolor="white" if cell.role else "#c3c9ce",
            lw=0.6,
        )
        ax.text(x, y, cell.mark, ha="center", va="center", color=ink, fontsize=7.5)
    ax.set_yticks(
        list(rows.values()), [drawn_name(one.label, one.study_id, 36) for one in studies.itertuples()]
    )
    ax.set_xticks([places[one] for one in domains["domain"]])
    ax.set_xticklabels(
        [_name_domain(one) for one in domains.itertuples()], rotation=50, ha="left", rotation_mode="anchor"
    )
    ax.xaxis.tick_top()
    _embolden(ax.get_xticklabels(), domains["is_overall"])
    # Few columns or rows keep the size they have in a full grid.
    ax.set_xlim(-0.5, max(max(places.values(), default=0) + 0.5, 17))
    ax.set_ylim(max(len(rows), 5) - 0.5, -0.5)
    for side in ax.spines.values():
        side.set_visible(False)
    _add_legend(figure, shown)
    if listed.empty:
        say_empty(ax)
    return figure


def _places(domains: pd.DataFrame) -> dict[str, float]:
    """Where each domain stands; the whole a little further."""
    return {one.domain: n + 0.35 * one.is_overall for n, one in enumerate(domains.itertuples(index=False))}


def _name_domain(domain: Any) -> str:
    number = f"{domain.domain}. " if domain.domain.isdigit() else ""
    return f"{number}{short(domain.domain_label, 34)}{' (critical)' if domain.is_critical else ''}"


def _embolden(labels: list[Any], is_bold: pd.Series) -> None:
    for label, bold in zip(labels, is_bold, strict=True):
        if bold:
            label.set_fontweight("bold")


def _add_legend(figure: Figure, rows: pd.DataFrame) -> None:
    """The letters and colours of the judgements that are drawn: those of domains in one line, those of the whole below."""
    lines: list[list[Patch]] = [[], []]
    seen = set()
    for row in rows.sort_values(["is_overall", "order"]).itertuples():
        name = f"{row.mark}: {row.judgement_label}" if row.mark else row.judgement_label
        if name not in seen:
            seen.add(name)
            patch = Patch(facecolor=ROLE_COLOURS[row.role][0], edgecolor=QUIET, lw=0.4, label=name)
            lines[row.is_overall].append(patch)
    lines = [line for line in lines if line]
    n_columns = max(map(len, lines), default=1)
    nothing = Patch(alpha=0, label=" ")
    # A legend is filled column by column.
    handles = [line[n] if n < len(line) else nothing for n in range(n_columns) for line in lines]
    figure.legend(handles=handles, loc="outside lower right", ncols=n_columns, frameon=False, fontsize=7.5)


@themed
def plot_overlap(
    overlap: pd.DataFrame, reviews: pd.DataFrame, bands: Bands, most: int = MOST_REVIEWS
) -> Figure:
    """A triangle of reviews by reviews: the corrected covered area of each pair in percent, shaded by its band.

    `overlap` as from `overlap.measure_overlap`, `reviews` as from `overlap.list_review_studies`; of more than `most`
    reviews, those in the pairs that overlap most. The number of studies of each review stands on the diagonal.
    """
    pairs = overlap[overlap["review_a"] != ""]
    ids = list(dict.fromkeys(pairs[["review_a", "review_b"]].to_numpy().ravel()))[:most]
    shown = reviews[reviews["study_id"].isin(ids)].reset_index(drop=True)
    place = {study: n for n, study in enumerate(shown["study_id"])}
    size = min(0.62, 4.6 / max(len(shown), 1))
    figure = new_figure(WIDTH, size * max(len(shown), 1) + 1.9)
    ax = figure.subplots()
    for pair in pairs[pairs["review_a"].isin(ids) & pairs["review_b"].isin(ids)].itertuples(index=False):
        y, x = sorted((place[pair.review_a], place[pair.review_b]), reverse=True)
        if pair.band:
            text = ("100" if pair.pct_cca == 100 else f"{pair.pct_cca:.1f}") + (
                f"\n{pair.n_repeated} of {pair.n_studies}" if size > 0.5 else ""
            )
            ink = "white" if BANDS.index(pair.band) > 1 else INK
            _draw_square(ax, x, y, text, BAND_COLOURS[pair.band], ink)
    for n, review in enumerate(shown.itertuples()):
        _draw_square(ax, n, n, f"{review.n_included}", "white", QUIET)
    names = [drawn_name(one.label, one.study_id, 30) for one in shown.itertuples()]
    ax.set_yticks(range(len(names)), names)
    ax.set_xticks(range(len(names)), names, rotation=50, ha="left", rotation_mode="anchor")
    ax.xaxis.tick_top()
    ax.set_xlim(-0.5, max(len(names) - 0.5, 4.6 / size - 0.5))
    ax.set_ylim(max(len(names), 1) - 0.5, -0.5)
    for side in ax.spines.values():
        side.set_visible(False)
    handles = [Patch(facecolor=BAND_COLOURS[band], label=band) for band in BANDS]
    handles.append(Patch(facecolor="white", edgecolor=QUIET, lw=0.4, label="studies in the review"))
    title = f"Corrected covered area, %: {bands.in_words()}"
    figure.legend(
        handles=handles,
        loc="outside lower right",
        ncols=5,
        frameon=False,
        fontsize=7.5,
        title=title,
        title_fontsize=7.5,
    )
    if pairs.empty:
        say_empty(ax)
    return figure


def _draw_square(ax: Axes, x: int, y: int, text: str, colour: Any, ink: str) -> None:
    edge = QUIET if isinstance(colour, str) else "white"
    ax.barh(y, 0.94, left=x - 0.47, height=0.94, facecolor=colour, edgecolor=edge, lw=0.4)
    ax.text(x, y, text, ha="center", va="center", color=ink, fontsize=7, linespacing=1.3)
