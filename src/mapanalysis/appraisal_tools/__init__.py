"""Tools by which studies are appraised, described as data: their domains, their judgements, and the rule for the whole.

One YAML file for each tool. Those of this folder come with the package; a project may have others in
`data/raw/appraisal_tools`, and one of the same id there stands in place of ours.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cached_property
from pathlib import Path
from typing import Literal

import yaml
from pydantic import Field, ValidationError

from mapanalysis.codebook import NOT_REPORTED, Model, Text, add_invalid, parse_yaml
from mapanalysis.errors import DataError, Problems, nearest_of

FOLDER = Path(__file__).parent
MEND = "Mend the file; docs/your-own-map.md describes each key."
LEVELS_OF_WEAKNESSES = 4
NO_OVERALL = "no_overall"  # the code of studies that were appraised, but not as a whole
RESERVED = {NO_OVERALL, NOT_REPORTED}
ID = re.compile(r"[a-z0-9_]+")  # of a tool: it is part of the names of files and of addresses
# How a judgement is coloured, from the best to the worst; `apart`: it says nothing good or bad, as "not applicable".
Role = Literal["good", "fair", "unclear", "poor", "bad", "apart"]


class Judgement(Model):
    """One of the judgements of a tool; `mark` is the sign for it where there is room for no more."""

    id: Text = Field(min_length=1)
    label: Text = Field(min_length=1)
    mark: Text = Field(min_length=1, max_length=3)
    role: Role


class Domain(Model):
    """One domain or item. `judgements`: the ids it takes; all of the tool where none is named."""

    id: Text = Field(min_length=1)
    label: Text = Field(min_length=1)
    critical: bool = False
    judgements: tuple[Text, ...] = ()


class Overall(Model):
    """The judgement of the whole, from the best to the worst, and how it follows from the domains.

    `rule`: "" (it is stated, or there is none), "weaknesses" or "worst": see `analysis.appraisal.judge_overall`, which
    also says what `weak`, `person_from` and `worst_from` do. `id` is the domain under which a team states it.
    """

    id: Text = Field("overall", min_length=1)
    label: Text = "Overall"
    judgements: tuple[Judgement, ...] = Field(min_length=1)
    rule: Literal["", "weaknesses", "worst"] = ""
    weak: tuple[Text, ...] = ()
    person_from: int = Field(0, ge=0)
    worst_from: int = Field(0, ge=0)


class Tool(Model):
    """One tool of appraisal. `judgements` are those of its domains, from the best to the worst."""

    id: Text = Field(min_length=1)
    label: Text = Field(min_length=1)
    purpose: Text
    source: Text
    doi: Text = ""
    judgements: tuple[Judgement, ...] = Field(min_length=1)
    domains: tuple[Domain, ...] = Field(min_length=1)
    overall: Overall | None = None

    @cached_property
    def domain_words(self) -> dict[str, str]:
        """Each id and each label of a domain, that of the whole included, with the id it means."""
        return {label: part for part, label in self.parts.items()} | {part: part for part in self.parts}

    def judgements_of(self, domain: str) -> tuple[Judgement, ...]:
        """The judgements that a domain takes, or the whole, in the order of the tool."""
        if self.overall and domain == self.overall.id:
            return self.overall.judgements
        (named,) = [one.judgements for one in self.domains if one.id == domain]
        return tuple(one for one in self.judgements if not named or one.id in named)

    def words_of(self, domain: str) -> dict[str, str]:
        """Each id and each label of a judgement that the domain takes, with the id it means."""
        taken = self.judgements_of(domain)
        return {one.label: one.id for one in taken} | {one.id: one.id for one in taken}

    @property
    def parts(self) -> dict[str, str]:
        """The domains by id with their labels, in order; the whole, where there is one, last."""
        whole = {self.overall.id: self.overall.label} if self.overall else {}
        return {one.id: one.label for one in self.domains} | whole


def package_tools() -> dict[str, Tool]:
    """The tools that come with the package, by id."""
    tools = [parse_tool(path.read_bytes(), path.name) for path in sorted(FOLDER.glob("*.yaml"))]
    return {tool.id: tool for tool in tools}


def read_tools(files: dict[str, bytes], others: dict[str, Tool]) -> dict[str, Tool]:
    """The tools in `files` (by name), and those of `others` in whose place none of them stands; by id.

    Raises DataError with every problem of all files, and with tools that share an id or a label.
    """
    problems = Problems()
    tools: dict[str, Tool] = {}
    for file, data in files.items():
        try:
            tool = parse_tool(data, file)
        except DataError as error:
            problems.collect(error)
            continue
        if tool.id in tools:
            problems.add(
                f"another file describes the tool {tool.id!r} too", file=file, todo="Keep one of them."
            )
        tools[tool.id] = tool
    tools |= {name: tool for name, tool in others.items() if name not in tools}
    words = Counter(word for tool in tools.values() for word in {tool.id, tool.label})
    twice = sorted(word for word, n in words.items() if n > 1)
    if twice:
        problems.add(
            "two tools of appraisal have one name", values=twice, todo="Give each a label of its own."
        )
    problems.raise_if_any()
    return tools


def parse_tool(data: bytes, file: str) -> Tool:
    """The tool in `data` (YAML). Raises DataError with every problem at once."""
    problems = Problems()
    try:
        tool = Tool.model_validate(parse_yaml(data))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        if isinstance(error, ValidationError):
            add_invalid(error, "a tool of appraisal", file, MEND, problems)
        else:
            problems.add(f"not a tool of appraisal: {error}", file=file, todo=MEND)
        raise DataError(problems) from None
    _check_words(tool, file, problems)
    _check_rule(tool, file, problems)
    problems.raise_if_any()
    return tool


def _check_words(tool: Tool, file: str, problems: Problems) -> None:
    """That an id or a label means one thing, and that domains take judgements that are there."""
    parts = [(one.id, one.label) for one in tool.domains]
    parts += [(tool.overall.id, tool.overall.label)] if tool.overall else []
    whole = tool.overall.judgements if tool.overall else ()
    kinds = {
        "domains": parts,
        "judgements": [(one.id, one.label) for one in tool.judgements],
        "judgements of the whole": [(one.id, one.label) for one in whole],
    }
    for what, named in kinds.items():
        words = Counter(word for one in named for word in set(one))
        twice = sorted(word for word, n in words.items() if n > 1)
        if twice:
            problems.add(
                f"{what}: the same id or label is used more than once", file=file, values=twice, todo=MEND
            )
    if not ID.fullmatch(tool.id):
        problems.add("id: small letters, digits and _ only", file=file, values=[tool.id], todo=MEND)
    reserved = sorted(RESERVED & {one.id for one in whole})
    if reserved:
        problems.add(
            "judgements of the whole: this id has a meaning of its own", file=file, values=reserved, todo=MEND
        )
    known = [one.id for one in tool.judgements]
    for domain in tool.domains:
        _check_known(f"domain {domain.id}", domain.judgements, known, file, problems)


def _check_known(place: str, named: tuple[str, ...], known: list[str], file: str, problems: Problems) -> None:
    strangers = [one for one in named if one not in known]
    if strangers:
        problems.add(
            f"{place}: names a judgement that the tool does not have",
            file=file,
            values=strangers,
            nearest=nearest_of(strangers[0], known),
            todo=MEND,
        )


def _check_rule(tool: Tool, file: str, problems: Problems) -> None:
    """That a rule has what it needs."""
    whole = tool.overall
    if whole is None:
        return
    scale = [one.id for one in tool.judgements if one.role != "apart"]
    _check_known("overall, weak", whole.weak, [one.id for one in tool.judgements], file, problems)
    wrong = ""
    if whole.rule == "weaknesses" and (len(whole.judgements) != LEVELS_OF_WEAKNESSES or not whole.weak):
        wrong = f"the rule weaknesses needs {LEVELS_OF_WEAKNESSES} judgements of the whole, and `weak`"
    if whole.rule == "worst" and [one.id for one in whole.judgements] != scale:
        wrong = f"the rule worst needs the judgements of the domains for the whole too: {', '.join(scale)}"
    if (whole.person_from or whole.worst_from) and (whole.rule != "worst" or len(scale) < 3):
        wrong = "person_from and worst_from belong to the rule worst, with three judgements or more"
    if wrong:
        problems.add(f"overall: {wrong}", file=file, todo=MEND)
