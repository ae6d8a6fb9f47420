"""The vocabulary of a map: what it refuses, what it says, and what it knows of its own hierarchy."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
import yaml
from small_tables import codebook, codings

from mapanalysis.codebook import (
    Code,
    Codebook,
    Dimension,
    FieldType,
    OutsideScope,
    encode_codings,
    find_unknown_codes,
    parse_codebook,
    read_codebook,
)
from mapanalysis.errors import DataError

ROOT = Path(__file__).parents[2]
DOCS = (ROOT / "docs" / "codebook.md").read_text(encoding="utf-8")
EXAMPLES = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", DOCS, flags=re.DOTALL)]
SMALL = """
title: T
question: Q
dimensions:
- {id: give, label: Give, role: row, codes: [{id: A, label: a}, {id: B, label: b}]}
- {id: measure, label: Measure, role: column, codes: [{id: X, label: x}]}
- {id: design, label: Design, role: segment, codes: [{id: review, label: r}, {id: trial, label: t}]}
"""


def problems_of(text: str | bytes) -> list[str]:
    """The messages with which a codebook is refused."""
    with pytest.raises(DataError) as caught:
        parse_codebook(text if isinstance(text, bytes) else text.encode())
    return [str(problem) for problem in caught.value.problems]


# The documentation


@pytest.mark.parametrize("example", EXAMPLES, ids=[", ".join(example) for example in EXAMPLES])
def test_each_example_of_the_documentation_is_a_codebook(example):
    """An example is whole, or takes the place of its keys in the first; dimensions by their id."""
    whole = EXAMPLES[0] | example
    dimensions = {each["id"]: each for each in (*EXAMPLES[0]["dimensions"], *example.get("dimensions", []))}
    found = parse_codebook(yaml.safe_dump(whole | {"dimensions": list(dimensions.values())}).encode())
    assert [dimension.id for dimension in found.dimensions] == list(dimensions)


@pytest.mark.parametrize("model", [Codebook, Dimension, Code, FieldType, OutsideScope])
def test_each_key_is_described_and_shown_in_an_example(model):
    shown = re.findall(r"(\w+):", " ".join(re.findall(r"```yaml\n(.*?)```", DOCS, flags=re.DOTALL)))
    for key in model.model_fields:
        assert f"`{key}`" in DOCS
        assert key in shown


def test_the_codebook_of_this_map_can_be_read():
    found = read_codebook(ROOT / "data" / "raw" / "codebook.yaml")
    assert [d.id for role in ("row", "column", "segment") for d in found.with_role(role)] == [
        "function",
        "outcome",
        "design",
    ]


# What is refused


def test_all_problems_are_said_at_once():
    messages = problems_of(
        """
        titel: T
        question: Q
        dimensions:
        - {id: give, label: Give, role: rwo, codes: [{id: A, label: a}]}
        - {id: measure, role: column, codes: []}
        - {id: design, label: D, role: segment, codes: [{id: A, label: a, colour: red}]}
        """
    )
    expected = [
        "title: is missing",
        "dimensions.0.role: must be 'row', 'column', 'segment' or 'filter'. Found: 'rwo'",
        "dimensions.1.label: is missing",
        "dimensions.1.codes: is empty",
        "dimensions.2.codes.0.colour: is not a key of the codebook. Found: 'red'",
        "titel: is not a key of the codebook. Found: 'T'",
    ]
    assert len(messages) == len(expected)
    for message, part in zip(messages, expected, strict=True):
        assert part in message
        assert message.startswith("codebook.yaml: ")


def test_ids_used_twice_are_all_named():
    messages = problems_of(
        """
        title: T
        question: Q
        exclusion_reasons: [{id: old, label: l}, {id: old, label: l}]
        fields: [{id: n, type: integer}, {id: n, type: text}]
        dimensions:
        - {id: give, label: Give, role: row, codes: [{id: A, label: a, codes: [{id: B, label: b}]}, {id: B, label: b}]}
        - {id: give, label: Again, role: column, codes: [{id: B, label: b}]}
        """
    )
    assert [message.split(": the same id is used")[0] for message in messages] == [
        "codebook.yaml: dimensions",
        "codebook.yaml: exclusion_reasons",
        "codebook.yaml: fields",
        "codebook.yaml: dimension give",
    ]
    assert "Found: 'B'" in messages[-1]


def test_the_same_id_may_stand_in_two_dimensions():
    both = parse_codebook(SMALL.replace("id: X", "id: A").encode())
    assert list(both.dimension("measure").tree.index) == ["A"]


def test_a_key_given_twice_is_refused_and_not_overwritten():
    (message,) = problems_of(SMALL + "outside_scope: []\noutside_scope: []\n")
    assert "the key 'outside_scope' stands twice" in message
    assert "line 9" in message


def test_yaml_merge_keys_still_work():
    text = SMALL.replace("[{id: X, label: x}]", "[&x {id: X, label: x}, {<<: *x, id: Y}]")
    assert parse_codebook(text.encode()).dimension("measure").label_of("Y") == "x"


@pytest.mark.parametrize(
    ("bare", "read_as"), [("no", "False"), ("on", "True"), ("1", "1"), ("1.5", "1.5"), ("~", "None")]
)
def test_what_yaml_does_not_read_as_text_must_stand_in_quotes(bare, read_as):
    (message,) = problems_of(SMALL.replace("id: X", f"id: {bare}"))
    assert f"dimensions.1.codes.0.id: must be text; YAML reads it as {read_as}: put it in quotes" in message
    quoted = parse_codebook(SMALL.replace("id: X", f'id: "{bare}"').encode())
    assert list(quoted.dimension("measure").tree.index) == [bare]


def test_a_date_is_no_id_either():
    (message,) = problems_of(SMALL.replace("id: X", "id: 2024-01-01"))
    assert "must be text" in message


def test_a_code_that_contains_itself_is_refused():
    text = "title: T\nquestion: Q\ndimensions:\n- {id: d, label: D, role: row, codes: &c [{id: A, label: a, codes: *c}]}"
    (message,) = problems_of(text)
    assert "a code contains itself" in message


def test_anchors_that_unfold_without_end_are_refused_quickly():
    """Six anchors of nine make half a million codes of 300 bytes."""
    lines = ["a0: &a0 [{id: x, label: x}]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 7)]
    (message,) = problems_of("\n".join([*lines, "dimensions: []"]))
    assert "more than 20,000 codes" in message


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"- a list",
        b"dimensions: none",
        b"dimensions: [unclosed",
        b"\xff\xfe\x00binary\x00",
        b"\x89PNG\r\n\x1a\n\x00\x00",
        b"title: 2020-13-45\ndimensions: []",
        b"dimensions: " + b"[" * 1000 + b"]" * 1000,
        b"dimensions: []\n? [a, b]\n: c",
        b"!!python/object/apply:os.getcwd []",
    ],
)
def test_what_is_no_codebook_is_refused_in_one_sentence(data):
    (message,) = problems_of(data)
    assert message.startswith("codebook.yaml: not a codebook")
    assert "docs/codebook.md shows one" in message


def test_a_codebook_without_dimensions_is_refused():
    (message,) = problems_of("title: T\nquestion: Q\ndimensions: []")
    assert "dimensions: is empty" in message


def test_names_that_point_to_nothing_are_all_refused_with_the_nearest():
    messages = problems_of(
        SMALL.replace("{id: give,", "{id: give, applies_to: trail,")
        + "outside_scope:\n- {codes: {giv: A}, reason: r}\n- {codes: {give: AA, measure: X}, reason: r}\n"
    )
    assert len(messages) == 3
    assert (
        "dimension give, applies_to: names nothing in the codebook. Found: 'trail'. Nearest valid: trial"
        in messages[0]
    )
    assert (
        "outside_scope, dimension: names nothing in the codebook. Found: 'giv'. Nearest valid: give"
        in messages[1]
    )
    assert "outside_scope, give: names nothing in the codebook. Found: 'AA'. Nearest valid: A" in messages[2]


def test_applies_to_takes_codes_of_the_segments_only():
    (message,) = problems_of(SMALL.replace("{id: give,", "{id: give, applies_to: X,"))
    assert "Found: 'X'" in message


def test_an_outside_scope_needs_codes_and_a_reason():
    messages = problems_of(SMALL + "outside_scope:\n- {codes: {}, reason: r}\n- {codes: {give: A}}\n")
    assert len(messages) == 2
    assert "outside_scope.1.reason: is missing" in messages[1]


def test_a_missing_dimension_names_the_nearest_and_all():
    with pytest.raises(
        DataError, match=r"no dimension 'measures'.*Nearest valid: measure.*give, measure, design"
    ):
        parse_codebook(SMALL.encode()).dimension("measures")


# Countries


def test_countries_are_those_of_iso_3166_and_not_reported():
    places = parse_codebook(SMALL.replace("codes: [{id: X, label: x}]", "codes: iso-3166-1").encode())
    tree = places.dimension("measure").tree
    assert len(tree) == 250
    assert tree.index.is_unique
    assert tree.loc[["NA", "NO", "GB", "not_reported"], "label"].tolist() == [
        "Namibia",
        "Norway",
        "United Kingdom",
        "Not reported",
    ]


@pytest.mark.parametrize(("wrong", "nearest"), [("gb", "GB"), ("no", "NO"), ("Na", "NA")])
def test_a_country_in_lower_case_is_refused_with_the_right_one(wrong, nearest):
    places = parse_codebook(SMALL.replace("codes: [{id: X, label: x}]", "codes: iso-3166-1").encode())
    with pytest.raises(DataError, match=f"Found: '{wrong}'. Nearest valid: {nearest}"):
        encode_codings(codings(f"study | measure\nS1 | {wrong}"), places)


@pytest.mark.parametrize("wrong", ["GBR", "UK", "England", "826"])
def test_no_other_name_of_a_country_is_guessed(wrong):
    places = parse_codebook(SMALL.replace("codes: [{id: X, label: x}]", "codes: iso-3166-1").encode())
    with pytest.raises(DataError, match=f"no code '{wrong}' in measure"):
        encode_codings(codings(f"study | measure\nS1 | {wrong}"), places)


def test_an_unknown_vocabulary_is_refused():
    (message,) = problems_of(SMALL.replace("codes: [{id: X, label: x}]", "codes: iso-3166-2"))
    assert "dimensions.1.codes" in message
    assert "Found: 'iso-3166-2'" in message


# Encoding


def test_encoded_codings_are_categories_in_the_order_of_the_codebook():
    book = codebook(give="B A", measure="Y X")
    table = codings("study | give | measure\nS1 | A B | X")
    encoded = encode_codings(table, book)
    assert list(encoded["dimension"].cat.categories) == ["give", "measure"]
    assert list(encoded["code"].cat.categories) == ["B", "A", "Y", "X"]
    assert encoded["code"].astype("str").tolist() == ["A", "B", "X"]
    assert str(table["code"].dtype) == "str"


def test_an_unknown_code_is_told_by_file_row_value_number_and_nearest():
    table = codings("study | give | measure\nS1 | A diabtes | X\nS2 | diabtes | \nS3 | | Z")
    book = codebook(give="A diabetes", measure="X")
    with pytest.raises(DataError) as caught:
        encode_codings(table, book, "raw/codings.csv")
    first, second = caught.value.problems
    assert (first.file, first.row, first.column, first.count) == ("raw/codings.csv", 3, "code", 2)
    assert (first.values, first.nearest) == (("diabtes",), "diabetes")
    assert "the codebook has no code 'diabtes' in give" in str(first)
    assert (second.row, second.count, second.values) == (6, 1, ("Z",))
    assert "Correct the coding, or add the code to codebook.yaml." in str(second)


def test_a_code_of_another_dimension_is_unknown():
    with pytest.raises(DataError, match="no code 'X' in give"):
        encode_codings(codings("study | give\nS1 | X"), codebook(give="A", measure="X"))


def test_an_unknown_dimension_is_one_problem_whatever_its_codes():
    found = find_unknown_codes(
        codings("study | giv\nS1 | A B\nS2 | A"), codebook(give="A B", measure="X"), "c.csv"
    )
    (problem,) = found
    assert (problem.column, problem.row, problem.count, problem.nearest) == ("dimension", 2, 3, "give")


@pytest.mark.parametrize("value", ["", None, " A", "a"])
@pytest.mark.parametrize("as_categories", [False, True])
def test_an_empty_missing_or_almost_right_code_is_unknown(value, as_categories):
    """A missing key is what groupby leaves out by default, and what Categorical makes of a misspelling."""
    table = codings("study | give\nS1 | A B")
    table.loc[1, "code"] = value
    table = table.astype("category") if as_categories else table
    with pytest.raises(DataError, match="row 3, column code"):
        encode_codings(table, codebook(give="A B", measure="X"))


def test_a_wrong_file_of_many_unknown_codes_is_refused_in_a_moment():
    table = pd.DataFrame({"dimension": "give", "code": ["A ", *map(str, range(3000)), "B "]}, dtype="str")
    found = list(find_unknown_codes(table, codebook(give="A B", measure="X"), "c.csv"))
    assert len(found) == 3002
    assert (found[0].nearest, found[-1].nearest) == ("A", "")  # likeness is looked up for the first ones only


# The hierarchy


TREE = codebook(give="G(G1(G11 G12) G2) B", measure="X").dimension("give")


def test_the_tree_has_parents_before_children_and_their_levels():
    assert TREE.tree[["code", "parent", "level", "is_leaf"]].to_numpy().tolist() == [
        ["G", "", 1, False],
        ["G1", "G", 2, False],
        ["G11", "G1", 3, True],
        ["G12", "G1", 3, True],
        ["G2", "G", 2, True],
        ["B", "", 1, True],
    ]
    assert TREE.depth == 3


@pytest.mark.parametrize(
    ("level", "expected"),
    [(1, ["G", "B"]), (2, ["G1", "G2", "B"]), (3, ["G11", "G12", "G2", "B"]), (9, ["G11", "G12", "G2", "B"])],
)
def test_an_axis_holds_the_codes_of_its_level_and_the_leaves_above(level, expected):
    assert TREE.codes_at(level) == expected


def test_each_code_is_mapped_to_its_ancestor_at_a_level():
    assert TREE.at_level(2).to_dict() == {
        "G": "G",
        "G1": "G1",
        "G11": "G1",
        "G12": "G1",
        "G2": "G2",
        "B": "B",
    }
    assert set(TREE.at_level(1)) == {"G", "B"}


def test_each_code_spans_the_leaves_below_it():
    spans = {code: TREE.span_of(code) for code in TREE.tree.index}
    assert spans == {"G": (0, 3), "G1": (0, 2), "G11": (0, 1), "G12": (1, 2), "G2": (2, 3), "B": (3, 4)}


def test_the_glossary_has_one_row_per_code_with_its_dimension():
    glossary = codebook(give="G(G1) B", measure="X").glossary
    assert glossary[["dimension", "dimension_label", "code"]].to_numpy().tolist() == [
        ["give", "Give", "G"],
        ["give", "Give", "G1"],
        ["give", "Give", "B"],
        ["measure", "Measure", "X"],
    ]


def test_a_codebook_cannot_be_changed_by_who_uses_it():
    book = codebook(give="A", measure="X")
    with pytest.raises(ValueError, match="frozen"):
        book.title = "Another"


# Words for several studies


def test_a_plural_is_kept_apart_from_the_glossary_and_may_be_left_out():
    text = (
        b"title: t\nquestion: q\ndimensions:\n  - id: design\n    label: D\n    role: segment\n    codes:\n"
        b"      - {id: review, label: Review, plural: reviews, codes: [{id: scoping, label: Scoping review}]}\n"
    )
    book = parse_codebook(text)
    assert book.dimension("design").plurals == {"review": "reviews", "scoping": ""}
    assert "plural" not in book.glossary
