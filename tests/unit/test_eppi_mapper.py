"""Published pages of EPPI-Mapper: axes, segments, filters and references, without running the page."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from small_eppi import (
    CSV_DATA,
    FILTERS,
    SEGMENTS,
    codebook_of,
    codings_of,
    dimensions_of,
    heading,
    page,
    reference,
    roles_of,
)

from mapanalysis.analysis.grid import count_studies
from mapanalysis.errors import DataError
from mapanalysis.sources import eppi_mapper
from mapanalysis.sources.eppi_mapper import is_eppi_mapper, parse_eppi_mapper
from mapanalysis.sources.library import Library

FILE = "page.html"


def read(**parts: Any) -> Library:
    return parse_eppi_mapper(page(*parts.pop("references", ()), **parts), FILE)


def guesses(library: Library) -> str:
    return "\n".join(library.reading.guesses)


# Axes


def test_axes_segments_and_filters_become_dimensions_in_the_roles_they_have_on_the_page():
    library = read()
    assert dimensions_of(library) == {
        "What people did": ["Outdoors", "Allotment", "Community garden", "Indoors", "Potted plants"],
        "Outcomes": ["Mind", "Mood", "Sleep", "Body"],
        "Study design": ["Review", "Trial"],
        "Country": ["Norway"],
    }
    assert roles_of(library) == {"row": "What people did", "column": "Outcomes", "segment": "Study design"}
    assert dict(library.view) == {"row": "s30", "column": "s40", "segment": "s50"}


def test_headings_stand_above_what_they_span():
    book = codebook_of(read())
    rows, columns = book.dimension("s30").tree, book.dimension("s40").tree
    assert dict(rows["parent"]) == {"a31": "", "a32": "a31", "a33": "a31", "a34": "", "a35": "a34"}
    assert dict(columns["parent"]) == {"a41": "", "a42": "a41", "a43": "a41", "a44": ""}
    assert columns.at["a42", "definition"] == "How one feels"


def test_axes_without_a_heading_over_all_are_called_by_what_they_are():
    csv_data = {
        "totalColDepth": 1,
        "rows": [
            [heading(41, "Mind"), heading(44, "Body")],
            [heading(31, "Outdoors")],
            [heading(34, "Indoors")],
        ],
    }
    library = read(csv_data=csv_data)
    assert dimensions_of(library)["Rows"] == ["Outdoors", "Indoors"]
    assert dimensions_of(library)["Columns"] == ["Mind", "Body"]
    assert "the dimension is called “Rows”" in guesses(library)


def test_three_levels_of_rows_keep_their_parents():
    csv_data = CSV_DATA | {
        "rows": [
            *CSV_DATA["rows"][:3],
            [heading(30, "All", 3), heading(31, "A", 2), heading(32, "B", 2), heading(33, "C")],
            [heading(34, "D")],
            [heading(35, "E"), heading(36, "F"), heading(37, "G")],
        ]
    }
    parents = dict(codebook_of(read(csv_data=csv_data)).dimension("s30").tree["parent"])
    assert parents == {
        "a31": "",
        "a32": "a31",
        "a33": "a32",
        "a34": "a32",
        "a35": "",
        "a36": "a35",
        "a37": "a36",
    }


def test_a_code_that_stands_twice_on_an_axis_has_its_first_place():
    csv_data = copy.deepcopy(CSV_DATA)
    csv_data["rows"][5][1] = heading(32, "Allotment")
    library = read(csv_data=csv_data)
    assert "a32" in codebook_of(library).dimension("s30").tree.index
    assert "headings that stand twice" in [item.what for item in library.reading.left_out]


def test_the_segments_are_those_of_the_filter_with_the_same_codes_in_the_order_of_the_page():
    assert list(codebook_of(read()).dimension("s50").tree.index) == ["a52", "a51"]


def test_segments_that_are_no_filter_are_a_dimension_of_their_own():
    library = read(segments=SEGMENTS[:1])
    assert dimensions_of(library)["Segments"] == ["Review"]
    assert dimensions_of(library)["Study design"] == ["Trial", "Review"]
    assert library.view["segment"] == "segments"
    assert "called “Segments”" in guesses(library)


@pytest.mark.parametrize("segments", [None, []])
def test_a_page_without_colours_has_no_segment(segments: object):
    library = read(segments=segments)
    assert library.view["segment"] == ""
    assert "there is no segment" in guesses(library)


def test_a_filter_that_repeats_an_axis_is_read_once():
    children = [{"id": n, "label": str(n), "children": []} for n in (41, 42, 43, 44)]
    library = read(filters=[*FILTERS, {"id": 40, "label": "By outcome", "children": children}])
    assert "By outcome" not in dimensions_of(library)
    assert "The filter “By outcome” has the codes of “Outcomes”" in guesses(library)


def test_a_filter_of_part_of_an_axis_is_a_dimension_with_an_id_of_its_own():
    library = read(filters=[{"id": 40, "label": "Mind only", "children": [{"id": 42, "label": "Mood"}]}])
    ids = [dimension["id"] for dimension in library.codebook["dimensions"]]
    assert ids == ["s30", "s40", "segments", "s40_2"]
    assert ("1", "", "s40_2", "a42") in codings_of(library)


def test_a_filter_without_choices_is_a_code_itself():
    library = read(
        references=[reference(1, 32, 42, 70)], filters=[{"id": 70, "label": "Key paper", "children": []}]
    )
    assert dimensions_of(library)["Key paper"] == ["Key paper"]
    assert ("1", "", "s70", "a70") in codings_of(library)


# References


def test_references_are_read_as_those_of_an_export():
    library = read()
    assert list(library.reports["publication_id"]) == ["1", "2", "3", "4"]
    assert (library.reading.row_name, library.reading.n_read, library.reading.n_used) == ("references", 4, 4)
    (unnamed,) = [item for item in library.reading.left_out if item.what == "codes without a name"]
    assert unnamed.examples == ("99 (1 references)",)


def test_the_plain_summary_of_a_page_is_the_summary_of_the_report():
    script = 'const summaryAttribute = "In short";\n'
    library = read(references=[reference(1, 32, 42, **{"In short": "It <b>rained</b>."})], script=script)
    assert list(library.reports["summary"]) == ["It rained."]


def test_our_cells_count_distinct_studies_and_the_difference_to_the_page_is_said():
    library = read()
    codings = library.codings.rename(columns={"publication_id": "study_id"})
    grid = count_studies(codings, codebook_of(library), library.reports["study_id"], **library.view)  # type: ignore[arg-type]
    cells = grid.cells.set_index(["row_code", "column_code", "segment_code"])["n_studies"]
    assert (cells["a32", "a42", ""], cells["a32", "a42", "a51"], cells["a32", "a42", "a52"]) == (2, 2, 1)
    assert library.reading.guesses[-1] == (
        "4 of 4 references stand in cells of the page. The numbers of its cells add up to 4, as it counts a study"
        " once for each of its segments and not at all without one (1 studies); our cells count distinct studies and"
        " add up to 4. Most apart: Allotment by Mood, 3 there and 2 here."
    )


def test_the_cell_that_differs_most_is_not_looked_for_beyond_a_stated_number(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(eppi_mapper, "MOST_COMPARED", 3)
    assert read().reading.guesses[-1].endswith("add up to 4.")


def test_where_each_study_has_one_segment_the_numbers_are_the_same():
    library = read(references=[reference(1, 32, 42, 51), reference(2, 33, 43, 52)])
    assert library.reading.guesses[-1] == (
        "2 of 2 references stand in cells of the page. Its numbers and ours are the same and add up to 2."
    )


# Words of the page


def test_the_title_is_the_head_of_the_page():
    assert read().title == "Gardens and health"


def test_a_page_without_a_head_is_called_after_its_axes():
    library = read(head="<img src='data:image/png;base64,AAAA'>")
    assert library.title == "What people did by Outcomes"
    assert "The page has no title" in guesses(library)


def test_the_text_about_the_map_is_plain_and_no_markup_of_ours():
    assert read().about["background"] == ["A map of gardens .", r"Made in \*2020\*."]


def test_nothing_of_the_page_is_run_or_kept_as_markup():
    script = "document.write('x');\nconst csvData = build();\n"
    library = read(script=script, about="<img src=x onerror=alert(1)>Hello<iframe src='x'></iframe>")
    assert library.about["background"][0].startswith("Hello")
    assert "onerror" not in repr(library.about)


def test_what_looks_like_an_assignment_within_a_text_is_text():
    title = 'const referenceData = []; const csvData = {"rows": []};'
    library = read(references=[reference(1, 32, 42, Title=title)], about=title)
    assert list(library.reports["title"]) == [title]


# What is refused


def refused(data: bytes, match: str) -> None:
    with pytest.raises(DataError, match=match) as caught:
        parse_eppi_mapper(data, FILE)
    assert all(problem.todo and problem.file == FILE for problem in caught.value.problems)


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"", "an empty file"),
        (b"<!DOCTYPE html><p>Another page", "none of `const csvData"),
        (page().replace(b"const referenceData", b"const other"), "none of `const referenceData"),
        (page(csv_data=[]), "none of `const csvData"),
        (page(csv_data={"rows": []}), "rows of headings"),
        (page(csv_data=CSV_DATA | {"totalColDepth": 6}), "rows of headings"),
        (page(csv_data=CSV_DATA | {"totalColDepth": "3"}), "rows of headings"),
        (
            page(csv_data={"totalColDepth": 1, "rows": [[heading(None, "")], [heading(1, "A")]]}),
            "headings of the columns",
        ),
        (page(csv_data={"totalColDepth": 1, "rows": [[heading(1, "A")], [None]]}), "headings of the rows"),
        (b"<script>const csvData = " + b"[" * 10_000, "nested too deep"),
        (page().replace(b"Gardens", b"Gard\x00ens"), "NUL bytes"),
    ],
)
def test_what_is_no_page_of_a_map_is_refused_with_what_was_found(data: bytes, found: str):
    refused(data, found)


def test_a_page_cut_within_its_references_is_refused_as_such():
    whole = page()
    refused(
        whole[: whole.index(b"const referenceData") + 300],
        "referenceData in it, found one that ends in the middle",
    )


def test_more_levels_of_rows_than_can_be_meant_are_refused():
    line = [heading(1000 + n, "x") for n in range(60)]
    refused(page(csv_data=CSV_DATA | {"rows": [*CSV_DATA["rows"], line]}), "rows of headings")


def test_more_codes_than_can_be_meant_are_refused():
    children = [{"id": 1000 + n, "label": "x"} for n in range(20_001)]
    refused(page(filters=[{"id": 1, "label": "Many", "children": children}]), "found 20,0")


def test_filters_nested_deeper_than_can_be_meant_are_left_out():
    found: dict[str, Any] = {"id": 1000, "label": "x"}
    for number in range(1001, 1060):
        found = {"id": number, "label": "x", "children": [found]}
    library = read(filters=[found])
    assert [item.what for item in library.reading.left_out if item.what == "filters"]


def test_a_page_of_a_map_is_known_by_its_content():
    assert is_eppi_mapper(page())
    assert not is_eppi_mapper(json.dumps(CSV_DATA).encode())
