"""The world map, rates and places as they are drawn and said: the numbers of the frames, and nothing else."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import PathPatch
from small_tables import codebook, codings, included

from mapanalysis import figures, messages
from mapanalysis.analysis.places import choose_viewpoint, count_countries, count_places, place_studies
from mapanalysis.figures.places import class_starts, project_equal_earth
from mapanalysis.sources.world import read_world

WORLD = read_world()
BOOK = codebook(
    need="A B C D not_reported",
    other="X",
    kind="review trial",
    where="US GB FR IE HK MT BR several not_reported",
)
TABLE = """
study | need | kind   | where
------+------+--------+-------------
S1    | A    | trial  | US
S2    | A    | trial  | US
S3    | A    | trial  | US GB
S4    | B    | trial  | IE HK
S5    | B    | review | not_reported
S6    | C    | review | several
S7    | C    | trial  | US MT
"""
NOBODY = "study | need | kind | where"


def countries(table: str = TABLE) -> pd.DataFrame:
    return count_countries(codings(table), BOOK, included(table), "where", "kind", WORLD.countries)


def viewpoint(home: str = "GB", similar: str = "IE"):
    return choose_viewpoint(BOOK.dimension("where"), WORLD.countries, home, similar)


def needs(home: str = "GB", similar: str = "IE", table: str = TABLE) -> pd.DataFrame:
    return count_places(codings(table), BOOK, included(table), "where", "need", viewpoint(home, similar))


def texts(ax) -> list[str]:
    return [text.get_text() for text in ax.texts if text.get_text()]


def legend_of(ax) -> dict[str, object]:
    legend = ax.get_legend()
    return {
        text.get_text(): patch for text, patch in zip(legend.get_texts(), legend.get_patches(), strict=True)
    }


# --- the map ---


@pytest.mark.parametrize(
    ("highest", "starts"),
    [(0, [1]), (1, [1]), (2, [1]), (3, [1, 3]), (54, [1, 3, 10, 30]), (299, [1, 3, 10, 30, 100]), (1200, [1, 10, 100, 1000])],
)  # fmt: skip
def test_classes_are_few_and_hold_the_highest_count(highest, starts):
    assert class_starts(highest) == starts


def test_classes_stand_in_the_legend_with_their_limits_and_darken():
    ax, _ = figures.plot_world(countries(), WORLD.shapes).axes
    legend = legend_of(ax)
    assert list(legend) == ["none found", "1 to 2", "3 to 4", "not in the codebook"]
    light, dark = (np.mean(legend[name].get_facecolor()[:3]) for name in ("1 to 2", "3 to 4"))
    assert light > dark + 0.3
    assert legend["none found"].get_hatch() != legend["not in the codebook"].get_hatch() is not None


def test_a_country_is_drawn_in_the_colour_of_its_class():
    ax, _ = figures.plot_world(countries(), WORLD.shapes).axes
    legend = legend_of(ax)
    patches = [patch for patch in ax.patches if isinstance(patch, PathPatch)]
    inside = {"US": (-100, 40), "GB": (-1.5, 52.5), "BR": (-50, -10), "AU": (134, -25)}
    found = {
        code: next(patch for patch in patches if patch.get_path().contains_point(project_equal_earth(*point)))
        for code, point in inside.items()
    }
    expected = {"US": "3 to 4", "GB": "1 to 2", "BR": "none found", "AU": "not in the codebook"}
    for code, name in expected.items():
        assert to_hex(found[code].get_facecolor()) == to_hex(legend[name].get_facecolor()), code
        assert found[code].get_hatch() == legend[name].get_hatch(), code


def test_numbers_stand_on_large_countries_and_all_in_the_list():
    ax, below = figures.plot_world(countries(), WORLD.shapes).axes
    assert texts(ax) == ["4"]
    listed = texts(below)
    assert list(zip(listed[::2], listed[1::2], strict=True)) == [
        ("4", "Code US"), ("1", "Code GB"), ("1", "Code IE"), ("1", "Code HK*"), ("1", "Code MT*"), ("1", "Code several"),
        ("1", "Not reported"),
    ]  # fmt: skip


def test_a_long_list_ends_with_how_many_more_there_are():
    book = codebook(
        need="A", other="X", kind="trial", where=" ".join(WORLD.countries["code"][:40]) + " not_reported"
    )
    table = "study | kind | where\n" + "\n".join(
        f"S{n} | trial | {code}" for n, code in enumerate([*WORLD.countries["code"][:40], "not_reported"])
    )
    counts = count_countries(codings(table), book, included(table), "where", "kind", WORLD.countries)
    _, below = figures.plot_world(counts, WORLD.shapes).axes
    assert len([text for text in texts(below) if text.startswith("Code")]) == 22
    assert texts(below)[-3:] == ["18 more, in the table", "1", "Not reported"]


def test_a_map_without_any_study_is_drawn_and_said():
    ax, below = figures.plot_world(countries(NOBODY), WORLD.shapes).axes
    assert texts(ax) == texts(below) == []
    assert messages.describe_world(countries(NOBODY), "Where").title == "Where: no study names one"


def test_words_of_the_map_say_most_off_the_map_and_what_is_no_country():
    words = messages.describe_world(countries(), "Where")
    assert (
        words.title == "Studies are from 5 countries; most are from Code US (4), Code GB (1) and Code HK (1)"
    )
    assert "Code US: 4; Code GB: 1; Code HK: 1; Code IE: 1; Code MT: 1. Not reported: 1." in words.alt
    assert words.denominator.startswith("7 studies coded on Where, 1 of them without a country;")
    assert "* Without a shape of its own on this map: Code HK (1) and Code MT (1)." in words.denominator
    assert "No country: Code several: 1." in words.denominator


# --- rates ---


def test_small_countries_have_their_rate_in_the_table_only():
    assert "MT" not in set(messages.drawn_rates(countries())["code"])
    table = messages.rank_countries(countries()).set_index("code")
    assert table["rate"].to_dict() == {
        "US": "0.1", "GB": "0.1", "HK": "1.3", "IE": "2.0", "MT": "20.6", "several": "", "not_reported": "",
    }  # fmt: skip


def test_rates_are_dots_from_the_highest_down_with_their_studies():
    (ax,) = figures.plot_rates(countries()).axes
    dots = next(line for line in ax.lines if line.get_marker() == "o")
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert names[::-1] == ["Code IE", "Code HK", "Code GB", "Code US"]
    assert list(dots.get_xdata())[::-1] == pytest.approx([2.02, 1.34, 0.15, 0.12])
    assert texts(ax)[::-1] == ["2.0  (1 study)", "1.3  (1 study)", "0.1  (1 study)", "0.1  (4 studies)"]


def test_a_rate_below_a_tenth_keeps_its_figure():
    assert [messages.say_rate(value) for value in (0.007, 0.04, 0.1, 2.54, 40.0)] == [
        "0.01",
        "0.04",
        "0.1",
        "2.5",
        "40.0",
    ]


def test_words_of_rates_say_whom_they_leave_out_and_the_year_of_the_population():
    words = messages.describe_rates(countries())
    assert words.title == (
        "Per 10 million people, most studies are from Code IE (2.0, 1 study), Code HK (1.3, 1 study) and Code GB (0.1, 1 study)"
    )
    assert words.denominator == (
        "4 of 5 countries with a study; fewer than a million people: 1. Population: Natural Earth 5.1, 2019 and World "
        "Bank, 2018."
    )
    assert messages.describe_rates(countries(NOBODY)).title == "No country has a rate"


# --- home ---


def test_bars_are_divided_by_place_and_as_long_as_the_studies():
    figure = figures.plot_places(needs(), viewpoint().labels)
    (ax,) = figure.axes
    widths = np.array([bar.get_width() for bar in ax.patches]).reshape(4, 5).T  # a container for each place
    assert widths.tolist() == [[1, 0, 2, 0], [0, 1, 0, 1], [0, 0, 1, 1], [0, 0, 0, 0], [0, 0, 0, 0]]
    handles = figure.legends[0].get_texts()
    assert [text.get_text() for text in handles] == [
        "Home: Code GB",
        "Similar systems",
        "Elsewhere",
        "Country not reported",
    ]
    assert [note.get_text() for note in ax.texts if isinstance(note, mpl.text.Annotation)] == [
        "3", "2   none from home", "2   none from home", "0", "0",
    ]  # fmt: skip


def test_what_is_from_home_is_said_beside_a_bar_in_which_it_has_no_room():
    rows = needs().head(1).assign(n_studies=900, n_home=3, n_similar=0, n_elsewhere=897, n_not_reported=0)
    (ax,) = figures.plot_places(rows, viewpoint().labels).axes
    assert texts(ax) == ["897", "900   3 from home"]


def test_places_are_told_apart_without_colour():
    (ax,) = figures.plot_places(needs(), viewpoint().labels).axes
    bars = [container.patches[0] for container in ax.containers]
    greys = [np.dot(bar.get_facecolor()[:3], (0.299, 0.587, 0.114)) for bar in bars]
    assert min(np.diff(greys)) > 0.05
    assert [bool(bar.get_hatch()) for bar in bars] == [False, False, False, True]


def test_words_name_the_codes_without_a_study_from_home():
    words = messages.describe_places(needs(), "Need", viewpoint())
    assert words.title == "Need: nothing from home (Code GB) on 3 of 4 codes: Code B, Code C and Code D"
    assert "Code B: home 0, similar systems 1, elsewhere 0, not reported 1" in words.alt
    assert words.denominator.startswith(
        "7 studies; a study with several codes counts once in each. Home: Code GB."
    )
    assert messages.title_without_home(needs(), "Need", viewpoint()) == (
        "Need: 3 codes without a study from home (Code GB); with studies from other places or of unknown country: 2"
    )
    assert messages.rows_without_home(needs())["code"].tolist() == ["B", "C", "D"]


def test_words_of_home_count_each_study_once():
    types = count_places(codings(TABLE), BOOK, included(TABLE), "where", "kind", viewpoint(), level=1)
    words = messages.describe_home(
        types, place_studies(codings(TABLE), "where", viewpoint()), "Kind", viewpoint()
    )
    assert (
        words.title
        == "From home (Code GB): 1 of 7 studies; similar systems 1, elsewhere 3 and not reported 2"
    )
    assert "Code trial: home 1, similar systems 1, elsewhere 3, not reported 0" in words.alt


def test_a_home_without_any_study_says_so():
    types = count_places(codings(TABLE), BOOK, included(TABLE), "where", "kind", viewpoint("BR"), level=1)
    words = messages.describe_home(
        types, place_studies(codings(TABLE), "where", viewpoint("BR")), "Kind", viewpoint("BR")
    )
    assert words.title.startswith("From home (Code BR): 0 of 7 studies;")


def test_the_setting_of_similar_systems_is_named_with_what_the_codebook_lacks():
    said = messages.describe_viewpoint(viewpoint("GB", "IE NO"))
    assert said.startswith(
        "Home: Code GB. Similar systems, a setting: Code IE and Norway; the codebook has no code for Norway. A study"
    )
    assert messages.describe_viewpoint(viewpoint("GB", "")).startswith(
        "Home: Code GB. A study of several countries stands once: home before elsewhere."
    )
