"""Figures of growth, accumulation, Hill numbers, codes together and silence: what is drawn is what was counted."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from mapanalysis import figures
from mapanalysis.analysis.accumulation import BY_YEAR, EXPECTED, EXTRAPOLATED
from mapanalysis.analysis.growth import fit_growth
from mapanalysis.figures import theme
from mapanalysis.messages import FEWEST_FOR_A_SHARE

SEGMENTS = {"": "All studies", "review": "Review"}


def texts(ax) -> list[str]:
    return [text.get_text() for text in ax.texts if text.get_text()]


def everything_written(figure) -> str:
    return " ".join(text.get_text() for text in figure.findobj(mpl.text.Text))


# --- years ---


def years(n: list[int], n_open: int, first: int = 2016) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "year": pd.array(range(first, first + len(n)), dtype="Int64"),
            "segment_code": "",
            "n_studies": n,
            "n_cumulative": pd.array(np.cumsum(n), dtype="Int64"),
            "is_complete": [True] * (len(n) - n_open) + [False] * n_open,
        }
    )


def test_years_that_are_not_complete_are_hatched_and_explained():
    figure = figures.plot_years(years([3, 4, 1], n_open=1), {"": "All"})
    assert [bool(bar.get_hatch()) for bar in figure.axes[0].patches] == [False, False, True]
    assert "year not complete" in everything_written(figure)
    whole = figures.plot_years(years([3, 4, 1], n_open=0), {"": "All"})
    assert not any(bar.get_hatch() for bar in whole.axes[0].patches)
    assert "year not complete" not in everything_written(whole)


def test_the_first_page_hatches_them_too():
    figure = figures.plot_years_in_short(years([3, 4, 1], n_open=1))
    assert [bool(bar.get_hatch()) for bar in figure.axes[0].patches] == [False, False, True]


def test_the_trend_runs_over_complete_years_and_is_said():
    counts = years([4, 8, 16, 32, 64, 3], n_open=1)
    figure = figures.plot_years(counts, {"": "All"}, fit_growth(counts))
    (ax,) = figure.axes
    (line,) = ax.lines
    assert line.get_xdata().tolist() == [2016, 2017, 2018, 2019, 2020]
    assert line.get_ydata() == pytest.approx([4, 8, 16, 32, 64], rel=0.01)
    assert ax.get_title(loc="right").startswith("+100% a year (")
    assert "trend over complete years" in everything_written(figure)


def test_a_trend_that_is_not_estimated_is_not_drawn_and_the_reason_is_said():
    counts = years([1, 1, 1, 1, 1], n_open=0)
    figure = figures.plot_years(counts, {"": "All"}, fit_growth(counts))
    assert not figure.axes[0].lines
    assert figure.axes[0].get_title(loc="right") == "not estimated: fewer than 20 studies"


def test_lines_are_dotted_to_years_that_are_not_complete():
    (ax,) = figures.plot_cumulative(years([3, 4, 1], n_open=1), {"": "All"}).axes
    solid, dotted = ax.lines
    assert solid.get_ydata().tolist() == [3, 7]
    assert (dotted.get_ydata().tolist(), dotted.get_linestyle()) == ([7, 8], ":")


# --- accumulation ---


def richness(**changed: object) -> pd.DataFrame:
    row = {
        "label": "Need",
        "n_studies": 4,
        "n_seen": 10,
        "n_possible": 25,
        "n_estimated": 18.0,
        "n_low": 12.0,
    }
    row |= {"n_high": 30.0, "n_in_doubled": 15.0}
    return pd.DataFrame([row | changed])


CURVES = pd.DataFrame(
    [
        ("Need", EXPECTED, None, 1, 3.0, 2.0, 4.0),
        ("Need", EXPECTED, None, 4, 10.0, 8.0, 12.0),
        ("Need", EXTRAPOLATED, None, 4, 10.0, None, None),
        ("Need", EXTRAPOLATED, None, 8, 15.0, None, None),
        ("Need", BY_YEAR, 2019, 1, 2.0, None, None),
        ("Need", BY_YEAR, 2021, 4, 10.0, None, None),
    ],
    columns=["label", "kind", "year", "n_studies", "n_seen", "n_low", "n_high"],
).astype({"year": "Int64", "n_seen": "Float64", "n_low": "Float64", "n_high": "Float64"})


def test_curves_points_and_the_estimate_are_those_counted():
    ax = figures.plot_accumulation(CURVES, richness()).axes[0]
    drawn = {(line.get_linestyle(), line.get_marker()): list(line.get_ydata()) for line in ax.lines}
    assert drawn["-", "None"] == [3, 10]
    assert drawn["--", "None"] == [10, 15]
    assert drawn["None", "o"] == [2, 10]
    assert drawn["None", "D"] == [18]
    assert drawn[":", "None"] == [25, 25]
    assert {"18 (12 to 30)", "2019", "2021", "25 in the codebook"} <= set(texts(ax))
    assert ax.get_title(loc="left") == "Need\n10 seen in 4 studies"


def test_a_number_that_is_far_away_is_not_drawn():
    ax = figures.plot_accumulation(CURVES, richness(n_possible=249)).axes[0]
    assert not any("codebook" in text for text in texts(ax))
    assert ax.get_ylim()[1] < 50


def test_what_is_not_estimated_is_not_drawn():
    nothing = dict.fromkeys(("n_estimated", "n_low", "n_high", "n_in_doubled"), np.nan)
    ax = figures.plot_accumulation(CURVES, richness(**nothing)).axes[0]
    assert texts(ax) == ["2019", "2021", "25 in the codebook"]


def test_parts_that_are_odd_in_number_leave_a_place_empty():
    three = pd.concat([richness(label=name) for name in "abc"], ignore_index=True)
    panels = figures.plot_accumulation(CURVES.iloc[:0], three).axes
    assert [ax.axison for ax in panels] == [True, True, True, False]
    assert "nothing to show" in everything_written(panels[0].figure)


# --- Hill numbers ---


def hill(*rows: tuple[object, ...], by: str = "segment_code") -> pd.DataFrame:
    columns = ["name", "label", by, "order", "hill", "hill_low", "hill_high"]
    return pd.DataFrame(rows, columns=columns)


GIVE = [("give", "Give", "", order, n, n - 1, n + 1) for order, n in enumerate((4.0, 3.0, 2.0))]


def test_hill_numbers_stand_where_they_are_with_the_interval_of_order_one():
    nothing = [("give", "Give", "review", order, np.nan, np.nan, np.nan) for order in range(3)]
    whole, review = figures.plot_hill(hill(*GIVE, *nothing), SEGMENTS).axes
    assert {line.get_marker(): line.get_xdata()[0] for line in whole.lines} == {"o": 4, "D": 3, "s": 2}
    (interval,) = whole.collections
    assert [end[0] for end in interval.get_segments()[0]] == [2, 4]
    assert texts(whole) == ["3.0"]
    assert texts(review) == ["none"]
    assert [label.get_text() for label in whole.get_yticklabels()] == ["Give"]


def test_a_number_without_an_interval_is_drawn_alone():
    (ax,) = figures.plot_hill(hill(*[(*row[:5], np.nan, np.nan) for row in GIVE]), {"": "All"}).axes
    assert not ax.collections
    assert texts(ax) == ["3.0"]


def test_lines_of_hill_numbers_are_named_at_their_ends():
    rows = [
        ("give", "Give", year, order, n + year - 2020, n, n + 3)
        for year in (2020, 2021)
        for *_, order, n, _, _ in GIVE
    ]
    (ax,) = figures.plot_hill_by_year(hill(*rows, by="year")).axes
    assert sorted(line.get_ydata().tolist() for line in ax.lines) == [[2, 3], [3, 4], [4, 5]]
    assert sorted(texts(ax)) == ["order 0: 5", "order 1: 4.0", "order 2: 3.0"]
    heights = sorted(text.xy[1] for text in ax.texts)
    assert min(np.diff(heights)) > 0.05 * max(heights)
    assert max(heights) < ax.get_ylim()[1]


# --- codes together ---


def pairs(*rows: tuple[object, ...]) -> pd.DataFrame:
    names = [
        "row_code",
        "row_label",
        "column_code",
        "column_label",
        "n_both",
        "n_expected",
        "lift",
        "is_enough",
    ]
    return pd.DataFrame(rows, columns=names)


PAIRS = pairs(
    ("N", "Need N", "A", "Code A", 6, 2.0, 3.0, True),
    ("N", "Need N", "B", "Code B", 1, 0.5, 2.0, False),
    ("M", "Need M", "A", "Code A", 1, 3.0, 1 / 3, True),
    ("M", "Need M", "B", "Code B", 2, 2.0, 1.0, True),
)


def test_cells_hold_the_studies_and_the_ratio_and_those_with_too_few_their_number():
    figure = figures.plot_together(PAIRS)
    (ax,) = figure.axes
    assert texts(ax) == ["6 (3.0×)", "1", "1 (0.3×)", "2 (1.0×)"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["Need N", "Need M"]
    assert "too few expected" in everything_written(figure)


def test_more_and_less_than_by_chance_are_of_other_colours_and_one_scale():
    (ax,) = figures.plot_together(PAIRS).axes
    mesh = ax.collections[0]
    assert mesh.get_clim() == pytest.approx((-np.log2(3), np.log2(3)))
    assert np.ma.filled(mesh.get_array(), np.nan).ravel() == pytest.approx(
        [np.log2(3), np.nan, -np.log2(3), 0], nan_ok=True
    )


def test_a_wide_map_holds_the_ratio_alone():
    many = pairs(*[("N", "N", f"c{n}", f"Code {n}", 4, 2.0, 2.0, True) for n in range(9)])
    assert set(texts(figures.plot_together(many).axes[0])) == {"2.0"}


def test_a_pair_that_is_not_there_is_an_empty_cell():
    (ax,) = figures.plot_together(PAIRS.iloc[[0, 3]]).axes
    assert texts(ax) == ["6 (3.0×)", "2 (1.0×)"]


# --- silence ---


def share(
    dimension: str, by: str, level: str, pct: float, n: int = 20, *, is_reference: bool = False
) -> tuple[object, ...]:
    return (
        dimension,
        dimension.capitalize(),
        by,
        level,
        level.capitalize(),
        is_reference,
        n,
        pct,
        pct - 5,
        pct + 5,
    )


def shares(*rows: tuple[object, ...]) -> pd.DataFrame:
    names = ["dimension", "label", "by", "level", "level_label", "is_reference", "n_coded"]
    return pd.DataFrame(rows, columns=[*names, "pct_not_reported", "pct_low", "pct_high"])


def test_shares_stand_in_the_panel_of_their_circumstance_with_their_numbers():
    frame = shares(
        share("give", "type", "review", 50, is_reference=True),
        share("give", "type", "trial", 20),
        share("give", "period", "earlier", 30, is_reference=True),
        share("give", "period", "later", 40),
    )
    types, periods = figures.plot_silence(frame).axes
    assert [line.get_xdata().tolist() for line in types.lines] == [[50], [20]]
    assert texts(types) == ["50", "20"]
    assert [text.get_text() for text in types.get_legend().get_texts()] == ["Review", "Trial"]
    assert [segment.tolist()[0][0] for segment in types.collections[0].get_segments()] == [45]
    assert texts(periods) == ["30", "40"]
    assert len({line.get_marker() for line in types.lines}) == 2  # not told apart by colour alone


def test_groups_of_few_studies_are_not_drawn():
    frame = shares(
        share("give", "access", "full", 50, is_reference=True),
        share("give", "access", "part", 20),
        share("give", "access", "title", 90, n=FEWEST_FOR_A_SHARE - 1),
    )
    (ax,) = figures.plot_silence(frame).axes
    assert texts(ax) == ["50", "20"]


# --- nothing to draw ---

EMPTY = {
    "accumulation": lambda: figures.plot_accumulation(CURVES.iloc[:0], richness().iloc[:0]),
    "hill": lambda: figures.plot_hill(hill(*GIVE).iloc[:0], SEGMENTS),
    "hill_by_year": lambda: figures.plot_hill_by_year(hill(by="year")),
    "together": lambda: figures.plot_together(PAIRS.iloc[:0]),
    "silence": lambda: figures.plot_silence(shares(share("give", "type", "review", 50, n=1))),
}


@pytest.mark.parametrize("plot", EMPTY.values(), ids=EMPTY)
def test_a_figure_without_data_says_so(plot):
    figure = plot()
    figure.draw_without_rendering()
    assert "nothing to show" in everything_written(figure)


def test_no_text_is_smaller_than_seven_points():
    for figure in (
        figures.plot_accumulation(CURVES, richness()),
        figures.plot_hill(hill(*GIVE), {"": "All"}),
        figures.plot_together(PAIRS),
        figures.plot_silence(shares(share("give", "type", "review", 50), share("give", "type", "trial", 20))),
    ):
        assert min(text.get_fontsize() for text in figure.findobj(mpl.text.Text) if text.get_text()) >= 7
        assert figure.get_size_inches()[0] == theme.WIDTH
