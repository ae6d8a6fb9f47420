"""The vocabulary of a map: its question, eligibility, dimensions, codes and definitions.

A codebook is a YAML file (`data/raw/codebook.yaml`). Labels, their order, the hierarchy, the glossary and
the part each dimension plays on the map all come from it, and a code it does not hold stops the run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
import pycountry
import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from mapanalysis.errors import DataError, Problems, nearest_of, shorten

NOT_REPORTED = "not_reported"
COUNTRY_VOCABULARY = "iso-3166-1"
MOST_CODES = 20_000
MOST_BYTES = 20_000_000
MOST_NEAREST = 50
Role = Literal["row", "column", "segment", "filter"]
# YAML reads a bare `no` (Norway) or `1` as something else than text; an id is always text.
Text = Annotated[str, BeforeValidator(lambda value: value if isinstance(value, str) else _not_text(value))]


def _not_text(value: object) -> str:
    raise ValueError(f"must be text; YAML reads it as {value!r}: put it in quotes")


class _Loader(yaml.SafeLoader):
    """YAML that refuses a key given twice: by itself it would keep the last and lose the first in silence."""

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        node = super().compose_mapping_node(anchor)
        seen = set()
        for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            if key.value in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"the key {key.value!r} stands twice", problem_mark=key.start_mark
                )
            seen.add(key.value)
        return node


class Model(BaseModel):
    """A part of the codebook: frozen, and without keys that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Code(Model):
    """One code of a dimension; `codes` are its more specific codes, `definition` its glossary entry.

    `plural` is the label of several such studies within a sentence: "systematic reviews".
    """

    id: Text = Field(min_length=1)
    label: Text = Field(min_length=1)
    plural: Text = ""
    definition: Text = ""
    codes: tuple[Code, ...] = ()


class Dimension(Model):
    """One thing coded for every study, such as the outcome measured.

    `multiple`: a report may hold several codes. `applies_to`: a code of the segment dimension; only studies
    with it are coded on this dimension. `required`: each report needs a code; unless said, so do rows, columns and
    segments.
    """

    id: Text = Field(min_length=1)
    label: Text = Field(min_length=1)
    role: Role
    definition: Text = ""
    multiple: bool = True
    required: bool | None = None
    applies_to: Text = ""
    vocabulary: Text = ""
    codes: tuple[Code, ...] = Field(min_length=1)

    @property
    def is_required(self) -> bool:
        """Whether each report to which it applies needs a code of it."""
        return self.role != "filter" if self.required is None else self.required

    @cached_property
    def tree(self) -> pd.DataFrame:
        """The codes, parents before children: code, label, parent, level (1 is the top), is_leaf, definition."""
        return pd.DataFrame(
            list(_walk(self.codes)), columns=["code", "label", "parent", "level", "is_leaf", "definition"]
        ).set_index("code", drop=False)

    @cached_property
    def plurals(self) -> dict[str, str]:
        """The plural of each code; "" where the codebook gives none. Apart from `tree`, which is published as a table."""
        return {code.id: code.plural for code in _each(self.codes)}

    @cached_property
    def depth(self) -> int:
        """Number of levels; 1 when no code has codes below it."""
        return int(self.tree["level"].max())

    @cached_property
    def leaf_spans(self) -> pd.DataFrame:
        """Where the leaves of each code stand among all leaves in order: start, stop; a leaf spans itself."""
        tree = self.tree
        n_below = dict.fromkeys(tree.index, 0)
        for row in tree.iloc[::-1].itertuples(index=False):
            n_below[row.code] += row.is_leaf
            if row.parent:
                n_below[row.parent] += n_below[row.code]
        start = tree["is_leaf"].cumsum() - tree["is_leaf"]
        return pd.DataFrame({"start": start, "stop": start + pd.Series(n_below, dtype="int64")})

    def span_of(self, code: str) -> tuple[int, int]:
        start, stop = self.leaf_spans.loc[code]
        return int(start), int(stop)

    def label_of(self, code: str) -> str:
        return str(self.tree.at[code, "label"])

    def at_level(self, level: int) -> pd.Series:
        """Each code mapped to the code that stands for it at `level`: its ancestor there, or itself when higher."""
        ancestors: dict[str, str] = {}
        for row in self.tree.itertuples(index=False):
            ancestors[row.code] = row.code if row.level <= level else ancestors[row.parent]
        return pd.Series(ancestors, dtype="str")

    def codes_at(self, level: int) -> list[str]:
        """The codes that make one axis of the grid at `level`: all of that level, and leaves above it."""
        tree = self.tree
        return list(tree.loc[(tree["level"] == level) | ((tree["level"] < level) & tree["is_leaf"]), "code"])


class FieldType(Model):
    """A single value kept beside the codes, such as the number of participants."""

    id: Text = Field(min_length=1)
    type: Literal["integer", "number", "text"]
    unit: Text = ""
    minimum: float | None = None
    maximum: float | None = None


class OutsideScope(Model):
    """Codes, one per dimension, whose meeting was not looked for; one dimension alone means its whole row."""

    codes: dict[Text, Text] = Field(min_length=1)
    reason: Text = Field(min_length=1)


class Codebook(Model):
    """The whole vocabulary of a map. See the module's docstring."""

    version: int = 1
    title: Text
    question: Text
    definition: Text = ""
    unit_of_analysis: Text = "study"
    coding_rule: Text = ""
    eligibility: dict[Text, Text] = {}
    exclusion_reasons: tuple[Code, ...] = ()
    dimensions: tuple[Dimension, ...] = Field(min_length=1)
    fields: tuple[FieldType, ...] = ()
    outside_scope: tuple[OutsideScope, ...] = ()

    def dimension(self, dimension_id: str) -> Dimension:
        """The dimension of that id. Raises DataError, naming the nearest, when there is none."""
        for dimension in self.dimensions:
            if dimension.id == dimension_id:
                return dimension
        ids = [dimension.id for dimension in self.dimensions]
        problems = Problems()
        problems.add(
            f"the codebook has no dimension {dimension_id!r}",
            nearest=nearest_of(dimension_id, ids),
            todo=f"Choose one of: {', '.join(ids)}.",
        )
        raise DataError(problems)

    def with_role(self, role: Role) -> list[Dimension]:
        return [dimension for dimension in self.dimensions if dimension.role == role]

    @cached_property
    def glossary(self) -> pd.DataFrame:
        """One row per code: dimension, dimension_label, code, label, parent, level, is_leaf, definition."""
        frames = [
            dimension.tree.reset_index(drop=True).assign(
                dimension=dimension.id, dimension_label=dimension.label
            )
            for dimension in self.dimensions
        ]
        first = ["dimension", "dimension_label"]
        glossary = pd.concat(frames, ignore_index=True)
        return glossary[first + [column for column in glossary if column not in first]]


def _walk(codes: tuple[Code, ...], parent: str = "", level: int = 1) -> Iterator[tuple[Any, ...]]:
    for code in codes:
        yield code.id, code.label, parent, level, not code.codes, code.definition
        yield from _walk(code.codes, code.id, level + 1)


def _each(codes: tuple[Code, ...]) -> Iterator[Code]:
    for code in codes:
        yield code
        yield from _each(code.codes)


def countries() -> tuple[Code, ...]:
    """The countries of ISO 3166-1 (alpha-2, upper case, English short names), and "not reported"."""
    named = [
        Code(id=country.alpha_2, label=getattr(country, "common_name", country.name))
        for country in sorted(pycountry.countries, key=lambda country: country.name)
    ]
    return (*named, Code(id=NOT_REPORTED, label="Not reported"))


def parse_codebook(data: bytes, file: str = "codebook.yaml") -> Codebook:
    """The codebook in `data` (YAML).

    Raises DataError with every problem at once: not YAML, too large, codes that contain themselves, missing or
    unknown keys, unknown roles, ids used twice within a dimension, `applies_to` or `outside_scope` that name
    nothing.
    """
    problems = Problems()
    raw = _load_yaml(data, file, problems)
    problems.raise_if_any()
    for dimension in raw["dimensions"]:
        if isinstance(dimension, dict) and dimension.get("codes") == COUNTRY_VOCABULARY:
            dimension["codes"] = countries()
    try:
        codebook = Codebook.model_validate(raw)
    except ValidationError as error:
        todo = "Mend the codebook; docs/codebook.md describes each key."
        add_invalid(error, "the codebook", file, todo, problems)
        raise DataError(problems) from None
    _check_references(codebook, file, problems)
    problems.raise_if_any()
    return codebook


def read_codebook(path: Path) -> Codebook:
    """The codebook at `path`; for raw data under a checksum, use `store.Project.codebook`."""
    return parse_codebook(path.read_bytes(), path.name)


def _load_yaml(data: bytes, file: str, problems: Problems) -> dict[str, Any]:
    """The YAML document, when it is a mapping with a list of dimensions and of bounded size."""
    try:
        raw = parse_yaml(data)
        if not isinstance(raw.get("dimensions"), list):
            raise ValueError("expected a mapping with a list `dimensions`")
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        problems.add(f"not a codebook: {error}", file=file, todo="docs/codebook.md shows one.")
        return {}
    return raw


def parse_yaml(data: bytes) -> dict[str, Any]:
    """The mapping in `data` (YAML).

    Raises YAMLError, ValueError or RecursionError: not YAML, no mapping, too large, a key twice, a part of itself.
    """
    if len(data) > MOST_BYTES:
        raise ValueError(f"{len(data):,} bytes; at most {MOST_BYTES:,} are read")
    raw = yaml.load(data, _Loader)  # a SafeLoader
    if not isinstance(raw, dict):
        raise ValueError("expected a mapping")
    _check_finite(raw)
    return raw


def add_invalid(error: ValidationError, what: str, file: str, todo: str, problems: Problems) -> None:
    """Adds what pydantic found wrong in a YAML file that is `what` ("the codebook"), one problem for each place."""
    for detail in error.errors():
        if detail["type"] == "too_short" and detail["input"]:
            continue  # pydantic's echo of a wrong item; only an empty list is too short
        place = ".".join(str(part) for part in detail["loc"])
        found = detail["input"]
        problems.add(
            f"{place}: {_in_words(detail, what)}",
            file=file,
            values=[str(found)] if isinstance(found, str | int | float) else [],
            todo=todo,
        )


def _check_finite(raw: object) -> None:
    """Refuses YAML anchors that make codes contain themselves, or that unfold beyond any real codebook."""
    visited = 0

    def visit(value: object, above: frozenset[int]) -> None:
        nonlocal visited
        visited += 1
        if id(value) in above:
            raise ValueError("a code contains itself (a cycle through a YAML anchor)")
        if visited > 10 * MOST_CODES:
            raise ValueError(f"more than {MOST_CODES:,} codes")
        children = value.values() if isinstance(value, dict) else value
        for child in children:  # type: ignore[attr-defined]
            if isinstance(child, dict | list):
                visit(child, above | {id(value)})

    visit(raw, frozenset())


def _in_words(detail: Any, what: str) -> str:
    """A pydantic problem in plain words."""
    match detail["type"]:
        case "missing":
            return "is missing"
        case "extra_forbidden":
            return f"is not a key of {what}"
        case "too_short":
            return "is empty"
        case "literal_error":
            return f"must be {detail['ctx']['expected']}"
    return str(detail["msg"]).removeprefix("Value error, ")


def _check_references(codebook: Codebook, file: str, problems: Problems) -> None:
    def check_unique(what: str, ids: list[str]) -> None:
        repeated = sorted(code for code, count in Counter(ids).items() if count > 1)
        if repeated:
            problems.add(
                f"{what}: the same id is used more than once",
                file=file,
                values=repeated,
                count=len(repeated),
                todo="Give each its own id.",
            )

    check_unique("dimensions", [dimension.id for dimension in codebook.dimensions])
    check_unique("exclusion_reasons", [reason.id for reason in codebook.exclusion_reasons])
    check_unique("fields", [field.id for field in codebook.fields])
    for dimension in codebook.dimensions:
        check_unique(f"dimension {dimension.id}", [row[0] for row in _walk(dimension.codes)])

    ids = {dimension.id: {row[0] for row in _walk(dimension.codes)} for dimension in codebook.dimensions}
    segments = {code for dimension in codebook.with_role("segment") for code in ids[dimension.id]}
    named = [
        (f"dimension {dimension.id}, applies_to", dimension.applies_to, segments)
        for dimension in codebook.dimensions
        if dimension.applies_to
    ]
    for scope in codebook.outside_scope:
        for dimension_id, code in scope.codes.items():
            named.append(("outside_scope, dimension", dimension_id, set(ids)))
            named.append((f"outside_scope, {dimension_id}", code, ids.get(dimension_id, {code})))
    for place, value, valid in named:
        if value not in valid:
            problems.add(
                f"{place}: names nothing in the codebook",
                file=file,
                values=[value],
                nearest=nearest_of(value, valid),
                todo="Name a dimension or code that is there.",
            )


def find_unknown_codes(codings: pd.DataFrame, codebook: Codebook, file: str) -> Problems:
    """Every dimension or code in `codings` that the codebook does not hold, one problem per distinct value.

    `codings` has the columns dimension and code; its rows are those of `file`, below one header row.
    """
    problems = Problems()
    trees = {dimension.id: set(dimension.tree.index) for dimension in codebook.dimensions}
    dimension_numbers, dimensions = pd.factorize(codings["dimension"], use_na_sentinel=False)
    code_numbers, codes = pd.factorize(codings["code"], use_na_sentinel=False)
    pairs = dimension_numbers * max(len(codes), 1) + code_numbers
    unknown = {}
    for pair in pd.unique(pairs):
        dimension, code = dimensions[pair // len(codes)], codes[pair % len(codes)]
        if dimension not in trees:
            unknown[pair] = "", str(dimension)
        elif code not in trees[dimension]:
            unknown[pair] = dimension, str(code)
    rows = np.flatnonzero(np.isin(pairs, list(unknown)))
    found: dict[tuple[str, str], list[int]] = {}
    for row in rows:
        found.setdefault(unknown[pairs[row]], []).append(int(row))
    for (dimension, value), where in found.items():
        what, known = ("code", trees[dimension]) if dimension else ("dimension", set(trees))
        # Likeness takes its time, and a wrong file can hold as many unknown codes as rows.
        near = nearest_of(value, known) if len(problems) < MOST_NEAREST else ""
        problems.add(
            f"the codebook has no {what} {shorten(value)}" + (f" in {dimension}" if dimension else ""),
            file=file,
            row=where[0] + 2,
            column=what,
            count=len(where),
            values=[value],
            nearest=near,
            todo="Correct the coding, or add the code to codebook.yaml.",
        )
    return problems


def encode_codings(codings: pd.DataFrame, codebook: Codebook, file: str = "codings.csv") -> pd.DataFrame:
    """`codings` with `dimension` and `code` as categories in the order of the codebook.

    Raises DataError on any unknown dimension or code: file, first row, value, how often, the nearest valid one.
    """
    find_unknown_codes(codings, codebook, file).raise_if_any()
    codes = list(dict.fromkeys(codebook.glossary["code"]))
    return codings.assign(
        dimension=pd.Categorical(codings["dimension"], [d.id for d in codebook.dimensions], ordered=True),
        code=pd.Categorical(codings["code"], codes),
    )
