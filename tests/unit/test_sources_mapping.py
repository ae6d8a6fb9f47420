"""The mapping of columns: read from YAML, written as YAML, refused with what to do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mapanalysis.errors import DataError
from mapanalysis.sources.mapping import PARTS, Mapping, Question, UnclearError, mapping_text, parse_mapping

DOCUMENTATION = Path(__file__).parents[2] / "docs" / "spreadsheets.md"
ROW = "{label: Activity, role: row, column: activity}"
COLUMN = "{label: Outcome, role: column, column: outcome}"


def parse(text: str) -> Mapping:
    return parse_mapping(text.encode(), "m.yaml")


def with_dimension(text: str) -> str:
    return f"dimensions: [{ROW}, {COLUMN}, {text}]"


def refused(text: str, match: str) -> None:
    with pytest.raises(DataError, match=match):
        parse(text)


def test_what_is_not_said_is_as_it_mostly_is():
    mapping = parse(f"dimensions: [{ROW}, {COLUMN}]")
    assert (mapping.sheet, mapping.header, mapping.rows, mapping.study.id) == ("", 1, "studies", "")
    assert (mapping.dimensions[0].shape, mapping.dimensions[0].separator) == ("list", "")


def test_written_and_read_again_it_is_the_same():
    mapping = parse(
        """
        title: Gardens
        header: 2
        rows: findings
        study: {id: Study, year: Year}
        only: {State: [Final]}
        dimensions:
          - {label: Activity, role: row, shape: sparse, prefix: "A: "}
          - {label: Outcome, role: column, column: o, separator: newline, codes: [Mood, {label: Sleep, group: Night}]}
        """
    )
    text = mapping_text(mapping)
    assert parse(text) == mapping
    assert "merge_spellings" not in text
    assert "- Mood\n" in text


@pytest.mark.parametrize(
    ("text", "match"),
    [
        (f"dimensions: [{ROW}, {COLUMN}]\nheadr: 2", "m.yaml: headr: is not a key of the mapping.*Nearest valid: header"),
        (with_dimension("{label: C, colum: c}"), r"dimensions.2.colum: is not a key.*Nearest valid: column\..*Keys here:"),
        (f"study: {{titel: t}}\ndimensions: [{ROW}, {COLUMN}]", "study.titel: is not a key.*Nearest valid: title"),
        (with_dimension("{label: C, column: c, codebook: {sheet: S, code: c, lable: x}}"), "codebook.lable.*Nearest valid: label"),
        (with_dimension("{label: C, column: c, codes: [{label: a, grup: b}]}"), "codes.0.grup.*Nearest valid: group"),
        (with_dimension("{label: C, column: c, role: rows}"), "dimensions.2.role: must be 'row', 'column'"),
        (with_dimension("{label: C, column: c, ignore: [no]}"), "dimensions.2.ignore.0: must be text; YAML reads it as False"),
        (with_dimension("{label: C, shape: indicator, column: c}"), "the shape indicator needs one of: columns; first and last; prefix"),
        (with_dimension("{label: C, shape: sparse, first: a}"), "first and last go together"),
        (with_dimension("{label: C, columns: [a, b]}"), "the shape list needs column"),
        (with_dimension("{label: C, shape: packed, column: c}"), "the shape packed needs separator"),
        (with_dimension("{label: C, shape: packed, column: c, separator: ;}"), "needs key, position, codes or codebook"),
        (with_dimension("{label: C, column: c, codes: [a], codebook: {sheet: S, code: c}}"), "codes or from codebook"),
        (f"dimensions: [{ROW}]", "no dimension has role: column"),
        (f"dimensions: [{COLUMN}]", "no dimension has role: row"),
        (with_dimension("{id: a, label: C, column: c}, {id: a, label: D, column: d}"), "several dimensions have the id a"),
        ("dimensions: []", "dimensions: is empty"),
        (f"rows: counts\ndimensions: [{ROW}, {COLUMN}]", "rows: counts and count, the column of the numbers, go together"),
        (f"rows: findings\ndimensions: [{ROW}, {COLUMN}]", "rows: findings needs study: id"),
        (f"finding: f\ndimensions: [{ROW}, {COLUMN}]", "finding needs rows: findings"),
        ("- a list", "m.yaml: not a mapping of columns: expected a mapping"),
        ("a: [", "not a mapping of columns"),
        ("a: 1\na: 2", "the key 'a' stands twice"),
        ("a: &a [*a]", "not a mapping of columns"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_with_what_to_do(text: str, match: str):
    refused(text, match)


def test_each_example_of_the_documentation_is_a_mapping():
    examples = re.findall(r"```yaml\n(.*?)```", DOCUMENTATION.read_text(encoding="utf-8"), re.DOTALL)
    assert len(examples) == 6
    for example in examples:
        mapping = parse(example)
        assert parse(mapping_text(mapping)) == mapping


def test_the_documentation_names_every_key():
    text = DOCUMENTATION.read_text(encoding="utf-8")
    for part in PARTS.values():
        for key in part.model_fields:
            assert re.search(rf"\b{key}\b", text), key


def test_all_problems_are_told_at_once():
    with pytest.raises(DataError) as found:
        parse(f"headr: 2\nrwos: x\ndimensions: [{ROW}, {COLUMN}]")
    assert len(found.value.problems) == 2


def test_an_unclear_file_says_the_question_the_options_and_the_line_to_write():
    question = Question(
        key="sheet", ask="which sheet holds the studies?", options=("A", "B"), line="sheet: A"
    )
    error = UnclearError("a.xlsx", [question])
    assert error.questions == (question,)
    assert str(error) == (
        "a.xlsx: unclear: which sheet holds the studies? One of: A; B. "
        "Write a mapping file with, for example, `sheet: A`."
    )
