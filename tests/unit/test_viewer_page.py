"""The text of the page: its policy names what is in it, nothing in the data breaks out, the same data give the same bytes."""

from __future__ import annotations

import base64
import copy
import hashlib
import json
from html.parser import HTMLParser

import pytest
from small_tables import codebook, codings, draw_accounting, included

from mapanalysis.analysis.grid import count_studies
from mapanalysis.errors import OutputError
from mapanalysis.viewer.page import as_json, render_map, write_map
from mapanalysis.viewer.payload import pack_studies
from mapanalysis.viewer.still import count_still

BOOK = codebook(
    give="A B(B1 B2) not_reported", measure="X(X1(X11 X12)) Y", outside_scope=["give=A measure=Y"]
)
CODED = """
study | give         | measure
S1    | A B1         | X11
S2    | B1           | X11 Y
S3    | B            | Y
S4    | not_reported | X1
S5    |              | X11
"""
HOSTILE = [
    "</script><script>window.ran = 1</script>",
    "<!--<script>",
    "-->",
    "\"'`&amp;&lt;",
    "]]>",
    "\u2028\u2029",
    "{{ 7 * 7 }}{% raw %}",
    "\\u003c/script>",
    "\x00\x07",
]
WORDS = {
    **dict.fromkeys(
        ["title", "subtitle", "question", "edition", "dateInWords", "responsible", "contact"], "words"
    ),
    **dict.fromkeys(["licence", "cite", "software", "trustInShort", "footer"], "words"),
}


def a_payload(**words):
    packed = pack_studies(BOOK, included(CODED), codings(CODED))
    return {"map": WORDS | words, "view": {"row": "give", "column": "measure", "segment": ""}, **packed}


class Parts(HTMLParser):
    """The text of each script and style element, and the attributes of all elements by their tag."""

    def __init__(self, html):
        super().__init__()
        self.texts, self.attributes, self.open = {}, {}, ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.attributes.setdefault(tag, []).append(dict(attributes))
        if tag in ("script", "style"):
            self.open = f"{tag} {dict(attributes).get('type', '')}".strip()
            assert self.open not in self.texts, "one of each kind"
            self.texts[self.open] = ""

    def handle_endtag(self, tag):
        if tag in ("script", "style"):
            self.open = ""

    def handle_data(self, data):
        if self.open:
            self.texts[self.open] += data


def policy_of(parts):
    (policy,) = [one["content"] for one in parts.attributes["meta"] if "http-equiv" in one]
    return dict(rule.split(" ", 1) for rule in policy.split("; "))


def test_the_policy_allows_the_one_script_and_the_one_style_and_nothing_else():
    parts = Parts(render_map(a_payload()))
    found = {
        kind: base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        for kind, text in parts.texts.items()
    }
    assert policy_of(parts) == {
        "default-src": "'none'",
        "script-src": f"'sha256-{found['script module']}'",
        "style-src": f"'sha256-{found['style']}'",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    assert set(parts.texts) == {"script module", "script application/json", "style"}


def test_nothing_in_the_page_is_styled_or_loaded_in_place():
    attributes = [
        one for all_of_tag in Parts(render_map(a_payload())).attributes.values() for one in all_of_tag
    ]
    assert not [
        one
        for one in attributes
        if "style" in one or "src" in one or any(name.startswith("on") for name in one)
    ]
    assert {one["href"] for one in attributes if "href" in one} == {"data:,"}


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_breaks_out_of_the_data_or_the_table(text):
    payload = a_payload(**dict.fromkeys(WORDS, text))
    for dimension in payload["dimensions"]:
        dimension["label"] = text
        dimension["codes"] = [
            [code, text, parent, text, text] for code, _, parent, _, _ in dimension["codes"]
        ]
    page, plain = render_map(payload), render_map(a_payload())
    assert json.loads(Parts(page).texts["script application/json"]) == payload
    tags = {tag: len(all_of_tag) for tag, all_of_tag in Parts(page).attributes.items()}
    assert tags == {tag: len(all_of_tag) for tag, all_of_tag in Parts(plain).attributes.items()}


def test_json_holds_no_sign_that_means_something_to_a_page():
    written = as_json({"a": "<>&\u2028\u2029", "b": [1, None, "é"]})
    assert written == '{"a":"\\u003c\\u003e\\u0026\\u2028\\u2029","b":[1,null,"é"]}'
    assert json.loads(written) == {"a": "<>&\u2028\u2029", "b": [1, None, "é"]}


def test_the_same_data_give_the_same_bytes(tmp_path):
    paths = [tmp_path / "one.html", tmp_path / "two.html"]
    for path in paths:
        write_map(copy.deepcopy(a_payload()), path)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert paths[0].read_bytes().startswith(b"<!DOCTYPE html>\n")


def test_a_page_that_cannot_be_written_says_so(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        write_map(a_payload(), tmp_path / "file" / "map.html")


# --- the table for readers without a script ---


def test_the_table_has_the_numbers_of_the_grid():
    still = count_still(a_payload())
    grid = count_studies(codings(CODED), BOOK, included(CODED), row="give", column="measure")
    rows = [row for _, rows in still.rows for row in rows]
    numbers = grid.matrix().where(grid.matrix("state") != "outside_scope")
    assert [[-1 if n is None else n for n in row.cells] for row in rows] == numbers.fillna(
        -1
    ).to_numpy().tolist()
    assert [row.total for row in rows] == list(grid.rows["n_studies"])
    assert (still.totals.cells, still.totals.total) == (tuple(grid.columns["n_studies"]), grid.n_placed)
    assert still.has_outside_scope
    assert ["S5", "no", "no code for: Give"] in draw_accounting(grid)
    assert still.accounting == "5 studies included = 4 placed + 1 not placed: no code for: Give (1)."


def test_the_table_counts_as_the_map_opens_that_is_studies_with_a_segment():
    book = codebook(give="A B", measure="X Y", kind="T(T1 T2) U")
    coded = """
    study | give | measure | kind
    S1    | A    | X Y     | T1 U
    S2    | A B  | X       | T
    S3    | A B  | Y       |
    """
    view = {"row": "give", "column": "measure", "segment": "kind"}
    still = count_still({"map": WORDS, "view": view, **pack_studies(book, included(coded), codings(coded))})
    rows = [row for _, rows in still.rows for row in rows]
    assert [(row.cells, row.total) for row in rows] == [((2, 1), 2), ((1, 0), 1)]
    assert (still.totals.cells, still.totals.total) == ((2, 1), 2)
    assert still.accounting == "3 studies included = 2 placed + 1 not placed: no code for: Kind (1)."


def test_headings_stand_under_their_groups_and_say_what_stands_for_a_group():
    still = count_still(a_payload())
    assert still.columns == (
        ("Code X", ("Code X1, not specified further", "Code X1: Code X11", "Code X1: Code X12")),
        ("", ("Code Y",)),
    )
    assert [(group, [row.label for row in rows]) for group, rows in still.rows] == [
        ("", ["Code A"]),
        ("Code B", ["Code B, not specified further", "Code B1", "Code B2"]),
        ("", ["Code not_reported"]),
    ]


def test_a_large_map_shows_groups_in_place_of_their_codes(monkeypatch):
    monkeypatch.setattr("mapanalysis.viewer.still.MOST_CELLS", 8)
    still = count_still(a_payload())
    assert still.columns == (("", ("Code X", "Code Y")),)
    assert [row.label for _, rows in still.rows for row in rows] == ["Code A", "Code B", "Code not_reported"]
