"""The heat map of codes that go together."""

from __future__ import annotations

import textwrap

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from mapanalysis.figures.theme import QUIET, WIDTH, new_figure, say_empty, short, themed

LESS_AND_MORE = LinearSegmentedColormap.from_list("lift", ["#d98b4a", "#f7f4ef", "#4a90b8"])
STRONGEST = 3  # times as often, or as seldom, as expected: the end of the scale
MOST_COLUMNS_WITH_COUNTS = 8


@themed
def plot_together(pairs: pd.DataFrame) -> Figure:
    """Pairs of codes, coloured by how much more (blue) or less (orange) often than by chance they are coded together.

    `pairs` as from `together.count_together`. In each cell the studies with both and, where enough are expected, how
    many times as often as expected (on a wide map that alone); where too few are expected the cell is left white.
    """
    rows, columns = (
        dict(zip(pairs[f"{name}_code"], pairs[f"{name}_label"], strict=True)) for name in ("row", "column")
    )
    figure = new_figure(WIDTH, 0.2 * max(len(rows), 1) + 1.5)
    ax = figure.subplots()
    if pairs.empty:
        say_empty(ax)
        return figure
    wide = pairs.pivot(index="row_code", columns="column_code").reindex(index=list(rows))
    lift = wide["lift"][list(columns)].astype(float)
    is_enough = wide["is_enough"][list(columns)].fillna(False).to_numpy(dtype=bool)
    text = _write(wide["n_both"][list(columns)], lift, is_enough)
    sns.heatmap(
        np.log2(lift.clip(1 / STRONGEST, STRONGEST)), mask=~is_enough, cmap=LESS_AND_MORE, cbar=False, ax=ax,
        vmin=-np.log2(STRONGEST), vmax=np.log2(STRONGEST), linewidths=0.8, linecolor="white",
    )  # fmt: skip
    for y, x in np.argwhere(pd.notna(wide["n_both"][list(columns)]).to_numpy()):
        ax.text(
            x + 0.5, y + 0.5, text[y, x], ha="center", va="center", fontsize=7,
            color="black" if is_enough[y, x] else QUIET,
        )  # fmt: skip
    ax.set_yticks(np.arange(len(rows)) + 0.5, [short(label, 40) for label in rows.values()], rotation=0)
    places, labels = np.arange(len(columns)) + 0.5, [short(label, 34) for label in columns.values()]
    if len(columns) <= MOST_COLUMNS_WITH_COUNTS:
        ax.set_xticks(places, ["\n".join(textwrap.wrap(label, 72 // len(columns))) for label in labels])
    else:
        ax.set_xticks(places, labels, rotation=55, ha="left", rotation_mode="anchor")
    ax.xaxis.tick_top()
    ax.set(xlabel="", ylabel="")
    handles = [
        Patch(color=LESS_AND_MORE(1.0), label=f"{STRONGEST} times as often as by chance, or more"),
        Patch(color=LESS_AND_MORE(0.0), label=f"a {_nth(STRONGEST)} as often, or less"),
        Patch(facecolor="white", edgecolor=QUIET, lw=0.4, label="too few expected: studies alone"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False, fontsize=7.5)
    return figure


def _nth(n: int) -> str:
    return {2: "half", 3: "third", 4: "quarter"}[n]


def _write(n_both: pd.DataFrame, lift: pd.DataFrame, is_enough: np.ndarray) -> np.ndarray:
    """ "12 (1.4x)" where enough are expected, "2" elsewhere; on a wide map the ratio alone."""
    with_counts = n_both.shape[1] <= MOST_COLUMNS_WITH_COUNTS
    counts, ratios = n_both.to_numpy(float), lift.to_numpy()
    text = np.full(n_both.shape, "", dtype=object)
    for place in zip(*np.nonzero(~np.isnan(counts)), strict=True):
        n, ratio = counts[place], ratios[place]
        if is_enough[place]:
            text[place] = f"{n:.0f} ({ratio:.1f}×)" if with_counts else f"{ratio:.1f}"
        else:
            text[place] = f"{n:.0f}"
    return text
