"""What is drawn: the numbers of the frame, empty cells apart from low ones, nothing that is not said in words."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import PathPatch
from small_tables import codebook, codings, count, included

from mapanalysis import figures
from mapanalysis.analysis import diversity, volume
from mapanalysis.analysis.certainty import HOLDS
from mapanalysis.analysis.gaps import GapRules, find_gaps
from mapanalysis.figures import theme
from mapanalysis.figures.theme import INK

BOOK = codebook(
    outside_scope=["give=C measure=Y"],
    give="A B C not_reported",
    measure="X Y not_reported",
    kind="review trial",
    need="G(G1 G2) H not_reported",
)
SEGMENTS = {"": "All studies", "review": "Review", "trial": "Trial"}
TABLE = """
study | give         | measure      | kind   | need
------+--------------+--------------+--------+-------------
S1    | A            | X            | trial  | G1
S2    | A B          | X            | trial  | G1 H
S3    | A            | X            | review | not_reported
S4    | not_reported | not_reported | trial  | G2
"""
NOBODY = "study | give | measure | kind"


def by_code(table: str = TABLE, dimension: str = "give") -> pd.DataFrame:
    return volume.count_by_code(codings(table), BOOK, included(table), dimension, "kind")


def by_year(*years: int | None) -> pd.DataFrame:
    studies = pd.DataFrame(
        {"study_id": [f"S{n}" for n in range(1, len(years) + 1)], "year": pd.array(years, dtype="Int64")}
    )
    return volume.count_by_year(studies, codings(TABLE), BOOK, "kind")


def widths(ax) -> list[float]:
    return [bar.get_width() for bar in ax.patches]


def texts(ax) -> list[str]:
    return [text.get_text() for text in ax.texts if text.get_text()]


def row_names(ax) -> list[str]:
    return [label.get_text() for label in ax.get_yticklabels()]


def everything_written(figure) -> str:
    return " ".join(text.get_text() for text in figure.findobj(mpl.text.Text))


# --- bars ---


def test_bars_of_codes_are_as_long_as_the_numbers_written_beside_them():
    figure = figures.plot_codes(by_code(), SEGMENTS)
    whole, review, trial = figure.axes
    assert row_names(whole) == ["Code A", "Code B", "Code C", "Code not_reported"]
    assert widths(whole) == [3, 1, 0, 1]
    assert texts(whole) == ["3", "1", "0", "1"]
    assert (widths(review), widths(trial)) == ([1, 0, 0, 0], [2, 1, 0, 1])
    assert [ax.get_title(loc="left") for ax in figure.axes] == list(SEGMENTS.values())


def test_all_panels_have_one_scale():
    assert len({ax.get_xlim() for ax in figures.plot_codes(by_code(), SEGMENTS).axes}) == 1


def test_not_reported_is_drawn_in_another_colour():
    (ax,) = figures.plot_codes(by_code(), {"": "All studies"}).axes
    colours = [to_hex(bar.get_facecolor()) for bar in ax.patches]
    assert colours[0] == colours[1] == theme.ALL_COLOUR
    assert colours[-1] == theme.QUIET


def test_a_code_that_nobody_used_keeps_its_row_unless_hidden():
    (ax,) = figures.plot_codes(by_code(), {"": "All"}, hide_unused=True).axes
    assert row_names(ax) == ["Code A", "Code B", "Code not_reported"]


def test_codes_of_a_group_stand_under_its_name():
    (ax,) = figures.plot_codes(by_code(dimension="need"), {"": "All"}).axes
    assert row_names(ax) == ["Code G", "Code G1", "Code G2", "Code H", "Code not_reported"]
    bold = [label.get_text() for label in ax.get_yticklabels() if label.get_fontweight() == "bold"]
    assert bold == ["Code G", "Code H"]


def test_years_have_a_panel_for_each_type_and_their_numbers_above_the_bars():
    figure = figures.plot_years(by_year(2019, 2021, 2021, None), SEGMENTS)
    whole, review, _ = figure.axes
    assert [bar.get_height() for bar in whole.patches] == [1, 0, 2]
    assert [bar.get_height() for bar in review.patches] == [0, 0, 1]
    assert texts(whole) == ["1", "2"]
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["All studies (3)", "Review (1)", "Trial (2)"]


def test_lines_end_at_the_number_of_all_studies_so_far():
    figure = figures.plot_cumulative(by_year(2019, 2021, 2021, 2022), SEGMENTS)
    (ax,) = figure.axes
    assert [list(line.get_ydata()) for line in ax.lines] == [[1, 1, 3, 4], [0, 0, 1, 1], [1, 1, 2, 3]]
    assert sorted(texts(ax)) == ["All studies: 4", "Review: 1", "Trial: 3"]


def test_names_at_the_ends_of_lines_do_not_lie_on_each_other():
    (ax,) = figures.plot_cumulative(by_year(2021, 2021, None, 2021), SEGMENTS).axes  # 3, 0 and 3
    heights = sorted(note.xy[1] for note in ax.texts)
    assert min(np.diff(heights)) > 0.05 * max(heights)


def test_ranked_bars_are_the_first_rows_in_their_order():
    combinations = diversity.count_combinations(codings(TABLE), BOOK, "give")
    (ax,) = figures.plot_ranked(combinations, "combination", most=2).axes
    assert row_names(ax)[::-1] == list(combinations["combination"][:2])
    assert widths(ax)[::-1] == list(combinations["n_studies"][:2])


# --- heat maps ---


def panel(letters: pd.DataFrame | None = None, table: str = TABLE):
    figure = figures.plot_gap_map(count(table, BOOK), {"": "All studies"}, letters=letters)
    return figure, figure.axes[0]


def test_a_cell_with_studies_has_its_number_and_an_empty_one_has_none():
    _, ax = panel()
    assert sorted(texts(ax)) == ["1", "1", "3"]


def test_empty_cells_are_hatched_and_those_out_of_scope_are_crossed():
    _, ax = panel()
    patches = [patch for patch in ax.patches if isinstance(patch, PathPatch) and patch.get_hatch()]
    assert {patch.get_hatch(): squares(patch) for patch in patches} == {
        "////": {(1, 0), (1, 1), (0, 2)},  # column, row
        "xx": {(1, 2)},
    }


def squares(patch: PathPatch) -> set[tuple[int, int]]:
    """The cells that a patch covers."""
    corners = [polygon.min(axis=0) for polygon in patch.get_path().to_polygons()]
    return {(int(x), int(y)) for x, y in corners}


def test_not_reported_stands_last_and_in_greys():
    _, ax = panel()
    assert row_names(ax)[-1] == "Code not_reported"
    shaded = [mesh for mesh in ax.collections if mesh.get_cmap().name == "not_reported"]
    assert [int((~np.ma.getmaskarray(mesh.get_array())).sum()) for mesh in shaded] == [1]


def test_one_panel_for_each_type_with_one_scale_of_colours():
    figure = figures.plot_gap_map(count(TABLE, BOOK), SEGMENTS)
    assert [ax.get_title(loc="left") for ax in figure.axes] == list(SEGMENTS.values())
    assert {mesh.get_clim() for ax in figure.axes for mesh in ax.collections} == {(0, 3)}


def test_the_legend_explains_what_is_drawn():
    figure, _ = panel()
    legend = {text.get_text() for text in figure.legends[0].get_texts()}
    assert legend == {"none found", "outside the scope", "not reported (no gap)"}


def marked(**rules: int) -> pd.DataFrame:
    studies = pd.DataFrame(
        {"study_id": ["S1", "S2", "S3", "S4"], "last_year": pd.array([2000] * 4, dtype="Int64")}
    )
    gaps = find_gaps(count(TABLE, BOOK), studies, GapRules(2026, "review", "", **rules))
    return figures.mark_gaps(gaps)


def test_letters_of_gaps_stand_in_place_of_numbers_and_are_explained():
    figure, ax = panel(marked(minimum_primary_studies=2))
    assert sorted(texts(ax)) == ["O", "SO"]  # A X: two trials, an old review; B X: old; not reported: no gap
    legend = {text.get_text() for text in figure.legends[0].get_texts()}
    assert {"S: synthesis gap", "O: out of date"} <= legend


def test_an_absolute_gap_that_holds_a_study_has_its_letter_too():
    letters = marked(minimum_studies=2).set_index(["row_code", "column_code"])["letters"]
    assert letters["B", "X"] == "AO"
    assert ("A", "Y") not in letters.index  # empty: seen without a letter


def test_shares_that_do_not_apply_are_said_and_not_drawn_as_nothing():
    shares = pd.DataFrame(
        {
            "label": ["Give", "Give"],
            "segment_code": ["", "review"],
            "pct_not_reported": pd.array([25.0, None], dtype="Float64"),
        }
    )
    (ax,) = figures.plot_shares(shares, {"": "All", "review": "Review"}).axes
    assert sorted(texts(ax)) == ["25 %", "does not apply"]


# --- numbers, spread, agreement ---


def test_every_study_is_a_point_and_types_without_one_have_no_row():
    values = pd.DataFrame({"study_id": ["S1", "S2"], "segment_code": ["trial"] * 2, "value": [20, 50]})
    figure = figures.plot_numbers(values, "People", SEGMENTS, log=True)
    (ax,) = figure.axes
    points = [tuple(point) for mesh in ax.collections for point in mesh.get_offsets()]
    assert sorted(x for x, _ in points) == [20, 50]
    assert row_names(ax) == ["Trial"]
    assert ax.get_xscale() == "log"
    figure.draw_without_rendering()
    assert "mathdefault" not in everything_written(figure)


def test_spread_is_said_beside_its_bar():
    spread = pd.DataFrame({"label": ["Give"], "pct_even": [50.0], "hill_1": [1.5], "n_codes": [3]})
    (ax,) = figures.plot_spread(spread).axes
    assert widths(ax) == [50.0]
    assert texts(ax) == ["as if 1.5 of 3 codes were used equally"]


def agreement(low: float | None, high: float | None) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "label": ["Give"],
            "kappa": pd.array([1.0], dtype="Float64"),
            "kappa_low": pd.array([low], dtype="Float64"),
            "kappa_high": pd.array([high], dtype="Float64"),
            "pct_agreed": pd.array([100.0], dtype="Float64"),
        }
    )


def test_full_agreement_without_an_interval_is_drawn_with_its_words():
    (ax,) = figures.plot_agreement(agreement(None, None)).axes
    assert texts(ax) == ["1.00  (100% the same)"]
    assert not np.isnan(ax.texts[0].xy).any()


def test_the_interval_is_drawn_from_its_lower_to_its_upper_end():
    (ax,) = figures.plot_agreement(agreement(0.4, 0.9)).axes
    (interval,) = ax.collections
    assert [tuple(end) for end in interval.get_segments()[0]] == [(0.4, 0.0), (0.9, 0.0)]


# --- nothing to draw, hostile words, settings ---

EMPTY = {
    "years": lambda: figures.plot_years(by_year(None, None, None, None), SEGMENTS),
    "cumulative": lambda: figures.plot_cumulative(by_year(None, None, None, None), SEGMENTS),
    "numbers": lambda: figures.plot_numbers(
        pd.DataFrame({"segment_code": [], "value": []}), "People", SEGMENTS, log=True
    ),
    "ranked": lambda: figures.plot_ranked(pd.DataFrame({"combination": [], "n_studies": []}), "combination"),
    "agreement": lambda: figures.plot_agreement(agreement(None, None).iloc[:0]),
}


@pytest.mark.parametrize("plot", EMPTY.values(), ids=EMPTY)
def test_a_chart_without_data_says_so(plot):
    figure = plot()
    figure.draw_without_rendering()
    assert "nothing to show" in everything_written(figure)


def test_codes_and_maps_without_studies_are_drawn_whole():
    (ax,) = figures.plot_codes(by_code(NOBODY), {"": "All"}).axes
    assert texts(ax) == ["0", "0", "0", "0"]
    _, ax = panel(table=NOBODY)
    assert texts(ax) == []


def test_dollars_in_labels_are_money_and_not_mathematics():
    counts = by_code().assign(label="Costs ($ saved, $ spent_here)", group_label="x")
    figure = figures.plot_codes(counts, {"": "All $x^2$"})
    figure.draw_without_rendering()
    assert "Costs ($ saved, $ spent_here)" in everything_written(figure)
    with mpl.rc_context(theme.THEME):
        assert not mpl.text.Text(text="$x$").get_parse_math()


def test_long_labels_are_cut_where_they_would_push_the_bars_out():
    (ax,) = figures.plot_codes(by_code().assign(label="word " * 40), {"": "All"}).axes
    assert all(len(name) <= 42 for name in row_names(ax))


def test_settings_of_a_notebook_neither_leak_in_nor_out():
    with mpl.rc_context({"font.size": 30, "axes.edgecolor": "red"}):
        (ax,) = figures.plot_codes(by_code(), {"": "All"}).axes
        assert mpl.rcParams["font.size"] == 30
    assert ax.get_yticklabels()[0].get_fontsize() == 8
    assert to_hex(ax.spines["left"].get_edgecolor()) == theme.FAINT


def test_each_type_keeps_its_colour_and_no_two_of_the_first_eight_are_alike():
    colours = theme.colour_of(["a", "b", "c"])
    assert colours[""] == theme.ALL_COLOUR
    assert [colours[code] for code in "abc"] == list(theme.SEGMENT_COLOURS[:3])
    assert len({*theme.SEGMENT_COLOURS, theme.ALL_COLOUR}) == 9


def test_what_is_drawn_stays_as_it_was():
    counts = by_code()
    before = counts.copy()
    figures.plot_codes(counts, SEGMENTS)
    pd.testing.assert_frame_equal(before, counts)


# --- gaps that hold, cells against chance ---


def test_letters_of_a_cell_stand_in_two_lines_and_no_more_than_fit():
    letters = pd.DataFrame({"row_code": ["A", "B"], "column_code": ["X", "X"], "letters": ["SEO", "ASEOQ"]})
    _, ax = panel(letters)
    assert sorted(texts(ax)) == ["AS\nE+2", "SE\nO"]


def holds(**n_gaps: int) -> pd.DataFrame:
    rows = [("synthesis", one, n_gaps.get(one, 0)) for one in HOLDS]
    return pd.DataFrame(rows, columns=["kind", "holds", "n_gaps"])


def test_bars_of_what_holds_share_their_kind_and_say_how_many():
    figure = figures.plot_holds({"One": holds(all=3, few=1), "Two": holds()})
    first, second = figure.axes
    assert [round(patch.get_width()) for patch in first.patches] == [75, 25]
    assert [text.get_text() for text in first.texts] == ["3", "1", "4"]
    assert "nothing to show" in texts(second)
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == ["holds in all", "holds in half or fewer"]


def certain(**changed: object) -> pd.DataFrame:
    rows = {"kind": ["synthesis", "synthesis", "absolute"], "row_code": ["A", "B", "A"], "column_code": ["X", "X", "Y"],
            "n_scenarios": [4, 4, 0], "n_still": [4, 1, 0]}  # fmt: skip
    return pd.DataFrame(rows).assign(**changed)


def test_a_cell_says_in_how_many_readings_it_is_still_a_gap():
    figure = figures.plot_certainty(count(TABLE, BOOK), certain(), ["absolute", "synthesis"])
    (ax,) = figure.axes  # nothing could close the absolute gap
    assert ax.get_title(loc="left") == "Synthesis gap: of 4 other readings, still so in …"
    assert texts(ax) == ["4", "1"]
    assert [text.get_color() for text in ax.texts] == ["white", INK]
    assert row_names(ax) == ["Code A", "Code B", "Code C"]


def test_without_a_gap_that_could_close_a_map_of_certainty_says_so():
    figure = figures.plot_certainty(count(TABLE, BOOK), certain(n_scenarios=0), ["absolute", "synthesis"])
    assert "nothing to show" in texts(figure.axes[0])


def test_lollipops_show_what_was_found_and_what_chance_would_give():
    cells = pd.DataFrame(
        {"row_label": ["A", "B"], "column_label": ["X", "Y"], "n_observed": [0, 2], "n_expected": [4.0, 5.5],
         "n_low": [1, 2], "n_high": [7, 9], "p_exact": [0.00001, 0.04]}
    )  # fmt: skip
    (ax,) = figures.plot_surprise(cells).axes
    assert [list(line.get_xdata()) for line in ax.lines] == [[4.0, 5.5], [0, 2]]
    assert texts(ax) == ["none for 4.0 expected; p < 0.0001", "2 for 5.5 expected; p 0.04"]
    assert "nothing to show" in texts(figures.plot_surprise(cells.iloc[:0]).axes[0])
