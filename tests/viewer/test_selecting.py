"""The studies that a filter leaves, the counts beside each code, and the map of what is left, against plain sets."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from itertools import product

import pytest
from random_maps import (
    DIMENSIONS,
    NO_FILTER,
    STUDIES,
    codes_above,
    count_map,
    draw_axes,
    draw_map,
    expect_lists,
    expect_map,
    modules_in,
    on_random_maps,
    pack,
)

from mapanalysis.codebook import NOT_REPORTED, Codebook

TEXTS = (
    "Peer-led", "support", "Müller", "Sørensen", "O’Brien", "STRAßE", "支持你", "management", "age", "Need", "2", "(naïve)",
)  # fmt: skip
SOUGHT = (
    "peer", "PEER", "peer-led", "led", "mull", "müller", "sorensen", "obrien", "o'brien", "strasse", "支", "持你", "man", "age",
    "need", "measure 2", "naive,", "!!", '"support', '"peer led"', '"sup"', '"led support"', '"need 2"', "“age”", "reported",
)  # fmt: skip


@pytest.fixture(scope="module")
def run(browser):
    with modules_in(browser) as run:
        yield run


# --- random filters ---


@on_random_maps
def test_filters_leave_the_studies_that_pass_and_only_these_are_counted(run, chance):
    book, rows = draw_map(chance)
    years = [chance.choice([None, 2015, 2018]) for _ in STUDIES]
    payload = pack(book, rows, label=["Peer 2", *STUDIES[1:]], year=years, lastYear=years)
    payload["reports"] = draw_reports(chance)
    plain = PlainFilters(book, rows, payload)
    for wanted in (draw_wanted(chance, plain.ids) for _ in range(8)):
        found = run("describeFilters", payload, wanted=wanted)
        shown = plain.select(wanted)
        assert found["studies"] == [STUDIES.index(study) for study in shown], wanted
        assert found["n"] == len(shown)
        assert found["facets"] == plain.count_codes(wanted), wanted
        assert found["nWithoutYear"] == sum(not plain.years[study] for study in STUDIES)
    check_map_of(run, shown, book, rows, payload, draw_axes(chance), wanted)


def draw_reports(chance):
    """The columns of no to two reports for each study."""
    columns = {"study": [], "year": [], "title": [], "authors": [], "summary": []}
    for study in sorted(chance.choices(range(len(STUDIES)), k=12)):
        columns["study"].append(study)
        columns["year"].append(chance.choice([None, 2015, 2018, 2021]))
        for name in ("title", "authors", "summary"):
            columns[name].append(" ".join(chance.choices(TEXTS, k=chance.randint(1, 4))))
    columns.pop(
        chance.choice(["", "summary", "authors"]), None
    )  # a column that is empty throughout is not there
    return columns


def draw_wanted(chance, ids):
    filters = {
        name: chance.sample(ids[name], min(len(ids[name]), 3))
        for name in chance.sample(DIMENSIONS, chance.choice([0, 1, 2]))
    }
    if filters and chance.random() < 0.2:
        filters[chance.choice(list(filters))] = []
    years = chance.choice([None, None, [2015, 2015], [2016, 2020], [2018, 2030]])
    return {
        "filters": filters,
        "years": years,
        "words": " ".join(chance.sample(SOUGHT, chance.choice([0, 1, 1, 2]))),
    }


class PlainFilters:
    """What filters mean, in sets: the codes of each study with those above, its years, the words of its texts."""

    def __init__(self, book, rows, payload):
        self.ids = {name: list(book.dimension(name).tree.index) for name in DIMENSIONS}
        self.codes = defaultdict(set)
        for study, _, name, code in rows:
            self.codes[study, name] |= {code, *codes_above(book.dimension(name), code)}
        studies, reports = payload["studies"], payload["reports"]
        self.years = {study: {year} for study, year in zip(STUDIES, studies["year"], strict=True)}
        self.texts = {
            study: [words_of(label)] for study, label in zip(STUDIES, studies["label"], strict=True)
        }
        for at, study in enumerate(reports["study"]):
            self.years[STUDIES[study]].add(reports["year"][at])
            for name in {"title", "authors", "summary"} & set(reports):
                self.texts[STUDIES[study]].append(words_of(reports[name][at]))
        self.years = {study: years - {None} for study, years in self.years.items()}
        for (study, name), codes in self.codes.items():
            labels = [book.dimension(name).label_of(code) for code in codes - {NOT_REPORTED}]
            self.texts[study] += [words_of(label) for label in labels]

    def select(self, wanted, but=""):
        """The studies that pass all filters, but those of one dimension."""
        return [study for study in STUDIES if self.passes(study, wanted, but)]

    def passes(self, study, wanted, but):
        for name, chosen in wanted["filters"].items():
            if name != but and chosen and not self.codes[study, name] & set(chosen):
                return False
        first, last = wanted["years"] or (0, 0)
        if wanted["years"] and not any(first <= year <= last for year in self.years[study]):
            return False
        return all(
            any(occurs(words, is_whole, text) for text in self.texts[study])
            for words, is_whole in sought_in(wanted["words"])
        )

    def count_codes(self, wanted):
        """Per dimension and code: the studies with it that pass the filters of the other dimensions."""
        left = {name: self.select(wanted, name) for name in DIMENSIONS}
        return [
            {code: sum(code in self.codes[study, name] for study in left[name]) for code in self.ids[name]}
            for name in DIMENSIONS
        ]


def sought_in(text):
    """The words sought, each as its parts and whether the last part must be a whole word."""
    found = re.findall(r'"([^"]*)("|$)|([^\s"]+)', text.replace("“", '"').replace("”", '"'))
    parts = [(words_of(quoted or word), bool(end)) for quoted, end, word in found]
    return [(words, is_whole) for words, is_whole in parts if words]


def words_of(text):
    """The words of a text, without case, accents and apostrophes; each character of Chinese is one."""
    letters = unicodedata.normalize("NFKD", text.lower().replace("ß", "ss").replace("ø", "o"))
    plain = "".join(
        letter for letter in letters if unicodedata.category(letter)[0] != "M" and letter not in "'’"
    )
    return re.findall(r"[\u4e00-\u9fff]|[a-z0-9]+", plain)


def occurs(sought, is_whole, words):
    """Whether the words stand one after the other, the last of them whole or as the beginning of a word."""
    for start in range(len(words) - len(sought) + 1):
        here = words[start : start + len(sought)]
        if here == sought or (not is_whole and here[:-1] == sought[:-1] and here[-1].startswith(sought[-1])):
            return True
    return False


def check_map_of(run, shown, book, rows, payload, ask, wanted):
    """What is counted of the studies shown is what is counted of a map that has no others."""
    found = run("describeMap", payload, **ask, wanted=wanted)
    rest = [row for row in rows if row[0] in shown]
    grid = count_map(book, rest, shown, ask)
    expected = expect_map(grid, shown)
    lists, _ = expect_lists(grid, {study: STUDIES.index(study) for study in shown})
    assert found["lists"] == lists
    assert found["reasons"] == expected["reasons"]
    for name in ("nShown", "nPlaced", "totalSegments"):
        assert found[name] == expected[name]
    assert by_keys(found) == by_keys(expected)


def by_keys(described):
    """The numbers of a map that are not 0, by their place: a group that no study shown has directly is no item of it."""
    rows, columns, segments = (described[name] for name in ("rows", "columns", "segments"))
    places = {
        "cells": (rows, columns),
        "coCoded": (rows, columns),
        "cross": (rows, columns),
        "bySegment": (rows, columns, segments),
        "rowCounts": (rows,),
        "rowSegments": (rows, segments),
        "columnCounts": (columns,),
        "columnSegments": (columns, segments),
    }
    numbers = {
        (name, *place): n
        for name, keys in places.items()
        for place, n in zip(product(*keys), described[name], strict=True)
    }
    groups = {
        (name, group): n for name in ("rowGroups", "columnGroups") for group, n in described[name].items()
    }
    return {place: n for place, n in (numbers | groups).items() if n}


def test_texts_are_read_in_idle_time_when_asked_for(run):
    payload = pack(small_book(give=["A"]), [])
    payload["reports"] = {"study": [0, 3], "title": ["Peer support", "Peers"]}
    wanted = NO_FILTER | {"words": "peer"}
    assert run("searchWarm", payload, wanted=wanted, isWarm=True) == [0, 3]
    assert run("searchWarm", payload, wanted=wanted, isWarm=False) == []


# --- in words, and names ---


def test_filters_are_said_in_words(run):
    book = small_book(give=["A", "B"], measure=["X"])
    payload = pack(book, [("S1", "", "give", "A")], STUDIES[:4], year=[2020, None, 2021, None])
    wanted = {
        "filters": {"measure": ["X"], "give": ["A", "B", "unknown"], "other": ["A"]},
        "years": [2015, 2020],
    }
    wanted["words"] = ' "peer support"  loneliness !'
    assert run("describeFilters", payload, wanted=wanted)["words"] == (
        "Give: Code A or Code B; and Measure: Code X; and a report from 2015 to 2020 (2 studies without a year are left out); "
        "and “peer support” and “loneliness” in the title, authors, summary or codes"
    )
    assert run("describeFilters", payload, wanted=NO_FILTER)["words"] == ""
    one = NO_FILTER | {"years": [2020, 2020]}
    payload["studies"]["year"][1] = 2000
    assert (
        run("describeFilters", payload, wanted=one)["words"]
        == "a report from 2020 (1 study without a year is left out)"
    )


def small_book(**codes):
    return Codebook.model_validate(
        {
            "title": "Test",
            "question": "What is there?",
            "dimensions": [
                {"id": name, "label": name.capitalize(), "role": "row"}
                | {"codes": [{"id": code, "label": f"Code {code}"} for code in ids]}
                for name, ids in codes.items()
            ],
        }
    )


@pytest.mark.parametrize("name", ["__proto__", "constructor", "toString"])
def test_names_that_objects_have_by_nature_are_names_like_others(run, name):
    book = small_book(**{name: [name, "A"], "other": ["X"]})
    rows = [("S1", "", name, name), ("S1", "", "other", "X"), ("S2", "", name, "A")]
    ask = {"row": name, "column": "other", "segment": name}
    for wanted in (NO_FILTER, NO_FILTER | {"filters": {name: [name]}}):
        found = run("describeMap", pack(book, rows), **ask, wanted=wanted)
        assert (found["cells"], found["nPlaced"]) == ([1, 0], 1)
        n_shown = 1 if wanted["filters"] else len(STUDIES)
        assert found["nShown"] == n_shown
