"""Tools of appraisal as data: those that come with the package, and what is wrong with one of a team's own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from mapanalysis.appraisal_tools import package_tools, parse_tool, read_tools
from mapanalysis.errors import DataError

ROOT = Path(__file__).parents[2]
TOOLS = package_tools()
TOOL = """
id: mine
label: Mine
purpose: gardens
source: Us
judgements:
  - {id: sound, label: Sound, mark: S, role: good}
  - {id: unsound, label: Unsound, mark: U, role: bad}
domains:
  - {id: plots, label: Plots}
"""
OVERALL = """
overall:
  judgements:
    - {id: sound, label: Sound, mark: S, role: good}
    - {id: unsound, label: Unsound, mark: U, role: bad}
"""


def said(text: str) -> str:
    with pytest.raises(DataError) as caught:
        parse_tool(text.encode(), "mine.yaml")
    return str(caught.value)


@pytest.mark.parametrize(
    ("tool", "n_domains", "critical", "judgements", "overall"),
    [
        ("amstar_2", 16, "2 4 7 9 11 13 15", "yes partial_yes no no_meta_analysis", "high moderate low critically_low"),
        ("rob_2", 5, "", "low some_concerns high", "low some_concerns high"),
        ("rob_1", 7, "", "low unclear high", "low unclear high"),
        ("chec", 19, "", "yes no", ""),
    ],
)  # fmt: skip
def test_the_tools_of_the_package_have_their_published_domains(
    tool, n_domains, critical, judgements, overall
):
    found = TOOLS[tool]
    assert len(found.domains) == n_domains
    assert " ".join(one.id for one in found.domains if one.critical) == critical
    assert " ".join(one.id for one in found.judgements) == judgements
    assert " ".join(one.id for one in (found.overall.judgements if found.overall else ())) == overall
    assert re.fullmatch(r"10\.\d{4,}/\S+", found.doi)
    assert re.search(r"\b(20\d\d)\b", found.source)


@pytest.mark.parametrize(
    ("takes", "items"),
    [("partial_yes", "2 4 7 8 9"), ("no_meta_analysis", "11 12 15")],
)
def test_items_of_amstar_2_take_the_judgements_of_the_published_form(takes, items):
    tool = TOOLS["amstar_2"]
    found = [
        one.id for one in tool.domains if takes in {judgement.id for judgement in tool.judgements_of(one.id)}
    ]
    assert found == items.split()


@pytest.mark.parametrize("tool", TOOLS.values(), ids=TOOLS)
def test_letters_and_colours_of_a_tool_tell_its_judgements_apart(tool):
    for judgements in (tool.judgements, tool.overall.judgements if tool.overall else ()):
        assert (
            len({one.mark for one in judgements}) == len({one.role for one in judgements}) == len(judgements)
        )


def test_the_tool_that_the_document_shows_can_be_read():
    text = (ROOT / "docs" / "your-own-map.md").read_text(encoding="utf-8")
    (block,) = [one for one in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL) if "garden_check" in one]
    tool = parse_tool(block.encode(), "garden_check.yaml")
    assert (tool.label, len(tool.domains), tool.overall.rule) == ("Garden check", 2, "worst")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- a list", "mine.yaml: not a tool of appraisal: expected a mapping"),
        ("id: [", "not a tool of appraisal"),
        (TOOL.replace("id: mine", "id: mine\nid: mine"), "the key 'id' stands twice"),
        (TOOL.replace("source: Us\n", ""), "source: is missing"),
        (TOOL + "colour: red\n", "colour: is not a key of a tool of appraisal. Found: 'red'"),
        (TOOL.replace("role: bad", "role: dreadful"), "judgements.1.role: must be 'good'"),
        (TOOL.replace("id: unsound", "id: no"), "must be text; YAML reads it as False: put it in quotes"),
        (TOOL.replace("id: mine", "id: ../mine"), "id: small letters, digits and _ only. Found: '../mine'"),
        (TOOL.replace("label: Unsound", "label: Sound"), "judgements: the same id or label is used more than once. Found: 'Sound'"),
        (TOOL + "  - {id: other, label: plots}\n", "domains: the same id or label is used more than once. Found: 'plots'"),
        (TOOL.replace("label: Plots", "label: Overall") + OVERALL, "domains: the same id or label is used more than once. Found: 'Overall'"),
        (TOOL.replace("label: Plots", "label: Plots, judgements: [sond]"), "domain plots: names a judgement that the tool does not have. Found: 'sond'. Nearest valid: sound"),
        (TOOL + OVERALL.replace("id: sound", "id: not_reported"), "judgements of the whole: this id has a meaning of its own. Found: 'not_reported'"),
        (TOOL + OVERALL + "  rule: weaknesses\n  weak: [unsound]\n", "the rule weaknesses needs 4 judgements of the whole"),
        (TOOL + OVERALL.replace("id: sound", "id: fine") + "  rule: worst\n", "the rule worst needs the judgements of the domains"),
        (TOOL + OVERALL + "  rule: worst\n  person_from: 2\n", "with three judgements or more"),
        (TOOL + OVERALL + "  rule: median\n", "overall.rule: must be"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_tool_is_said(text, expected):
    assert expected in said(text)


def test_all_that_is_wrong_with_all_files_is_said_at_once():
    files = {"a.yaml": b"id: [", "b.yaml": TOOL.replace("source: Us\n", "").encode(), "c.yaml": TOOL.encode()}
    with pytest.raises(DataError) as caught:
        read_tools(files | {"d.yaml": TOOL.encode()}, TOOLS)
    for expected in (
        "a.yaml: not a tool",
        "b.yaml: source: is missing",
        "d.yaml: another file describes the tool 'mine' too",
    ):
        assert expected in str(caught.value)


def test_a_tool_of_the_project_stands_before_those_of_the_package_and_in_place_of_one_of_its_id():
    own = yaml.safe_load(TOOL) | {"id": "rob_2", "label": "RoB 2, our reading"}
    tools = read_tools({"mine.yaml": TOOL.encode(), "rob.yaml": yaml.safe_dump(own).encode()}, TOOLS)
    assert list(tools) == ["mine", "rob_2", "amstar_2", "chec", "rob_1"]
    assert tools["rob_2"].label == "RoB 2, our reading"


def test_two_tools_of_one_name_are_refused():
    with pytest.raises(DataError, match=r"Two tools of appraisal have one name\. Found: 'RoB 2'"):
        read_tools({"mine.yaml": TOOL.replace("label: Mine", "label: RoB 2").encode()}, TOOLS)
