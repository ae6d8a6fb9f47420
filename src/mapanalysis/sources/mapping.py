"""Which column of a coded spreadsheet is what: a mapping, as YAML written by hand or proposed from the data.

docs/spreadsheets.md describes the keys for those who write one; `proposal` makes one, `coded_tables` follows it.
"""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any, Literal

import yaml
from pydantic import BeforeValidator, Field, ValidationError, model_validator

from mapanalysis.codebook import Model, Role, Text, add_invalid, parse_yaml
from mapanalysis.errors import DataError, Problem, Problems, nearest_of

RowKind = Literal["studies", "findings", "codings", "counts"]
Only = dict[Text, tuple[Text, ...]]
Shape = Literal["list", "indicator", "sparse", "packed"]
# Values of a cell of an indicator column, in lower case, that need no word in the mapping.
PRESENT = ("1", "y", "yes", "x", "true", "✓", "✔")
ABSENT = ("0", "n", "no", "false")
WHAT_TO_DO = "Mend the mapping; docs/spreadsheets.md describes each key."


def _as_code(value: object) -> object:
    """A bare label stands for a code of that label."""
    return {"label": value} if isinstance(value, str) else value


class ListedCode(Model):
    """A code that the mapping itself lists: its label, and if need be what it means and the group it belongs to."""

    label: Text = Field(min_length=1)
    definition: Text = ""
    group: Text = ""


class CodebookSheet(Model):
    """A sheet that lists the codes of a dimension: its header row, and which column is what.

    A cell of the data may hold what stands under `code` or what stands under `label`. `only`: as of the mapping.
    """

    sheet: Text = Field(min_length=1)
    header: int = Field(1, ge=1)
    code: Text = Field(min_length=1)
    label: Text = ""
    definition: Text = ""
    group: Text = ""
    only: Only = Field(default_factory=dict)


class DimensionMapping(Model):
    """One dimension, and the columns that its codes come from.

    shape: how cells hold codes. `list`: one column, its cells one code or, with `separator`, several. `indicator`:
    a column per code, its cells `present` or `absent`. `sparse`: a column per code, its cells empty or the code
    itself. `packed`: one column whose cells hold several dimensions: the part after "key:" where there is a `key`,
    the part at `position` (from 1), else the parts that are codes of this dimension.

    columns: named one by one in `columns`, or all from `first` to `last`, else all that begin with `prefix`. A prefix is
    cut from the labels. `group_separator` parts "group: code" in labels. `same`: found → meant, where two
    spellings are one code. `not_reported`, `ignore`: values that say so, and values that say nothing. `only`: the
    rows that count, by the values of other columns. `is_country`: codes are countries, known by their names.
    """

    id: Text = ""
    label: Text = Field(min_length=1)
    role: Role = "filter"
    shape: Shape = "list"
    column: Text = ""
    columns: tuple[Text, ...] = ()
    first: Text = ""
    last: Text = ""
    prefix: Text = ""
    separator: Text = ""
    key: Text = ""
    position: Annotated[int | None, Field(ge=1)] = None
    present: tuple[Text, ...] = ()
    absent: tuple[Text, ...] = ()
    group_separator: Text = ""
    codes: tuple[Annotated[ListedCode, BeforeValidator(_as_code)], ...] = ()
    codebook: CodebookSheet | None = None
    same: dict[Text, Text] = Field(default_factory=dict)
    not_reported: tuple[Text, ...] = ()
    ignore: tuple[Text, ...] = ()
    only: Only = Field(default_factory=dict)
    merge_spellings: bool = True
    is_country: bool = False

    @model_validator(mode="after")
    def _check_shape(self) -> DimensionMapping:
        """Each shape has keys that it needs and keys that mean nothing to it."""
        is_wide = self.shape in ("indicator", "sparse")
        ways = [self.columns != (), bool(self.first or self.last)]
        if is_wide and (self.column or sum(ways) > 1 or not (any(ways) or self.prefix)):
            raise ValueError(f"the shape {self.shape} needs one of: columns; first and last; prefix")
        if is_wide and bool(self.first) != bool(self.last):
            raise ValueError("first and last go together")
        if not is_wide and (not self.column or any(ways) or self.prefix):
            raise ValueError(
                f"the shape {self.shape} needs column, and has no columns, first, last or prefix"
            )
        if self.shape == "packed" and not self.separator:
            raise ValueError("the shape packed needs separator: what stands between the parts of a cell")
        if self.shape == "packed" and not (self.key or self.position or self.codes or self.codebook):
            raise ValueError(
                "the shape packed needs key, position, codes or codebook: which parts are of this dimension"
            )
        if self.codes and self.codebook:
            raise ValueError("codes come from codes or from codebook, not from both")
        return self


class StudyColumns(Model):
    """The columns that describe a study. Without `id`, each row is a study; `report` parts the reports of one study."""

    id: Text = ""
    report: Text = ""
    title: Text = ""
    authors: Text = ""
    year: Text = ""
    journal: Text = ""
    volume: Text = ""
    issue: Text = ""
    pages: Text = ""
    doi: Text = ""
    pmid: Text = ""
    pmcid: Text = ""
    record_type: Text = ""
    trial_name: Text = ""
    n_participants: Text = ""
    n_included_studies: Text = ""
    followup_months: Text = ""
    summary: Text = ""


class Mapping(Model):
    """Which sheet, which row is the header, what one row is, and which column is what.

    rows: `studies` (a row is a study), `findings` (a row is a finding: its codes belong together; `finding` may name
    the column that tells findings of a study apart), `codings` (several rows of a study, each with a code or some),
    `counts` (a row is a number of studies, in the column `count`, without saying which). `header` 0: there is none,
    and columns go by their letters ("column A"). `only`: the rows that count, by the values of a column.
    """

    title: Text = ""
    question: Text = ""
    sheet: Text = ""
    header: int = Field(1, ge=0)
    rows: RowKind = "studies"
    finding: Text = ""
    count: Text = ""
    only: Only = Field(default_factory=dict)
    study: StudyColumns = StudyColumns()
    dimensions: tuple[DimensionMapping, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _check_whole(self) -> Mapping:
        if (self.rows == "counts") != bool(self.count):
            raise ValueError("rows: counts and count, the column of the numbers, go together")
        if self.finding and self.rows != "findings":
            raise ValueError("finding needs rows: findings")
        ids = Counter(dimension.id for dimension in self.dimensions if dimension.id)
        if repeated := [each for each, count in ids.items() if count > 1]:
            raise ValueError(f"several dimensions have the id {repeated[0]}")
        roles = {dimension.role for dimension in self.dimensions}
        for role in ("row", "column"):
            if role not in roles:
                raise ValueError(f"no dimension has role: {role}")
        if self.rows in ("findings", "codings") and not self.study.id:
            raise ValueError(f"rows: {self.rows} needs study: id, the column that tells studies apart")
        return self


PARTS: dict[tuple[str, ...], type[Model]] = {
    (): Mapping,
    ("study",): StudyColumns,
    ("dimensions",): DimensionMapping,
    ("dimensions", "codebook"): CodebookSheet,
    ("dimensions", "codes"): ListedCode,
}


def parse_mapping(data: bytes, file: str = "mapping.yaml") -> Mapping:
    """The mapping in `data` (YAML). Raises DataError with all that is wrong; for an unknown key the nearest valid one."""
    problems = Problems()
    try:
        return Mapping.model_validate(parse_yaml(data))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        if isinstance(error, ValidationError):
            _add_invalid(error, file, problems)
        else:
            problems.add(f"not a mapping of columns: {error}", file=file, todo=WHAT_TO_DO)
    raise DataError(problems) from None


def _add_invalid(error: ValidationError, file: str, problems: Problems) -> None:
    unknown = [detail for detail in error.errors() if detail["type"] == "extra_forbidden"]
    for detail in unknown:
        *above, key = detail["loc"]
        part = PARTS[tuple(str(step) for step in above if not isinstance(step, int))]
        problems.add(
            f"{'.'.join(map(str, detail['loc']))}: is not a key of the mapping",
            file=file,
            nearest=nearest_of(str(key), part.model_fields),
            todo=f"Keys here: {', '.join(part.model_fields)}.",
        )
    others = Problems()
    add_invalid(error, "the mapping", file, WHAT_TO_DO, others)
    problems.found += [each for each in others if not each.what.endswith("is not a key of the mapping")]


def mapping_text(mapping: Mapping) -> str:
    """The mapping as YAML, without what is as it would be anyway."""
    data = mapping.model_dump(mode="json", exclude_defaults=True)
    for dimension in data["dimensions"]:
        if "codes" in dimension:
            dimension["codes"] = [code["label"] if len(code) == 1 else code for code in dimension["codes"]]
    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=110)


class Question(Model):
    """What a file leaves open: `key` is how the answer is handed on, `line` how it stands in a mapping file."""

    key: str
    ask: str
    options: tuple[str, ...]
    line: str


class UnclearError(DataError):
    """A file that can be meant in several ways. Holds the questions; ask them, or stop with this error."""

    def __init__(self, file: str, questions: list[Question]):
        self.file = file
        self.questions = tuple(questions)
        super().__init__([_problem_of(question, file) for question in questions])


def _problem_of(question: Question, file: str) -> Problem:
    shown = "; ".join(question.options[:12]) + ("; ..." if len(question.options) > 12 else "")
    todo = f"Write a mapping file with, for example, `{question.line}`."
    return Problem(
        f"unclear: {question.ask} One of: {shown}." if shown else f"unclear: {question.ask}", todo, file=file
    )


Answers = dict[str, Any]
