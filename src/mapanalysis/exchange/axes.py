"""Which dimensions of a map from elsewhere make its rows, columns and segments, and which play a part of their own."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

import pandas as pd

from mapanalysis.codebook import Codebook, Dimension
from mapanalysis.errors import Problems, UsageError, nearest_of
from mapanalysis.sources.fields import slug
from mapanalysis.sources.library import Library
from mapanalysis.tables import SETTLED

# Of an axis that a reader takes in: more codes make a map of thousands of cells.
MOST_CODES_ON_AXIS = 60
MOST_SEGMENTS = 8
KIND_OF_STUDY = re.compile(
    r"\b(study|research|review|evidence)[\s_-]*(design|type)|\b(design|type)s? of (study|evidence|research)|\bdesign\b",
    re.I,
)
COUNTRY = re.compile(r"\bcountr(y|ies)\b|\bnations?\b", re.IGNORECASE)
# At the beginning of a label: "Studies cited in reviews" are none.
REVIEW = re.compile(r"(?:[\w-]+ ){0,2}(?:reviews?\b|meta-?analys|synthes[ei]s)", re.IGNORECASE)
ECONOMIC = re.compile(r"(?:health )?(?:economic|cost)", re.IGNORECASE)
SEGMENT, NOT_STATED = "type_of_evidence", "not_stated"
OPTIONS = {"row": "--rows", "column": "--columns", "segment": "--segments"}

Ask = Callable[[str, list[str], str], str]  # question, choices, proposal → the choice


@dataclass(frozen=True)
class Axes:
    """The dimensions that a map opens with, "" where it has none, and the sentences that say what was guessed."""

    row: str
    column: str
    segment: str = ""
    need: str = ""
    country: str = ""
    review_code: str = ""
    economic_code: str = ""
    guesses: tuple[str, ...] = ()

    def role_of(self, dimension_id: str) -> str:
        """The role of a dimension in the codebook."""
        roles = {self.segment: "segment", self.column: "column", self.row: "row"}
        return roles.get(dimension_id, "filter")


def choose_axes(
    library: Library, *, rows: str = "", columns: str = "", segments: str = "", ask: Ask | None = None
) -> Axes:
    """The axes: those asked for (by id or label), else those the file itself has, else the likeliest, with the reason.

    `ask` puts a question to a person where the file leaves it open; without, the likeliest is taken.

    Raises UsageError for dimensions that the file does not hold, and when it holds none.
    """
    codebook = Codebook.model_validate(library.codebook)
    asked = {"row": rows, "column": columns, "segment": segments}
    chosen = {role: _find(name, codebook) for role, name in asked.items() if name}
    given = {
        role: name for role in asked if role not in chosen and (name := _of_file(library, codebook, role))
    }
    n_studies = count_coded(library)
    axes = {**given, **chosen}
    guesses = []
    for role in ("row", "column"):
        if role not in axes:
            ranked = _rank(codebook, n_studies, without=set(axes.values()))
            proposal = ranked[0] if ranked else next(iter(axes.values()), codebook.dimensions[0].id)
            axes[role] = (
                ask(f"Which dimension makes the {role}s?", ranked, proposal) if ask and ranked else proposal
            )
            guesses.append(_say_guess(role, codebook.dimension(axes[role]), n_studies, library))
    if "segment" not in axes and (found := _find_segment(codebook, n_studies, set(axes.values()))):
        axes["segment"] = found
        guesses.append(_say_guess("segment", codebook.dimension(found), n_studies, library))
    of_map = Axes(axes["row"], axes["column"], axes.get("segment", ""))
    return _add_need(_add_parts(of_map, codebook, guesses), codebook, n_studies)


def count_coded(library: Library) -> dict[str, int]:
    """The number of reports coded in each dimension."""
    distinct = library.codings[["publication_id", "dimension"]].drop_duplicates()
    return {str(name): int(n) for name, n in distinct["dimension"].value_counts().items()}


def _find(name: str, codebook: Codebook) -> str:
    """The id of the dimension of that id or label."""
    known = {dimension.id: dimension.id for dimension in codebook.dimensions}
    labels = {dimension.label.casefold(): dimension.id for dimension in codebook.dimensions}
    found = known.get(name) or labels.get(name.casefold())
    if found:
        return found
    problems = Problems()
    words = [*known, *(dimension.label for dimension in codebook.dimensions)]
    problems.add(
        f"the file has no dimension {name!r}",
        nearest=nearest_of(name, words),
        todo=f"Choose one of: {', '.join(known)}.",
    )
    raise UsageError(problems)


def _of_file(library: Library, codebook: Codebook, role: str) -> str:
    """The dimension that the file itself has on this axis: by its view, else the only one of the role."""
    if library.view.get(role):
        return library.view[role]
    with_role = [dimension.id for dimension in codebook.dimensions if dimension.role == role]
    return with_role[0] if len(with_role) == 1 else ""


def _rank(codebook: Codebook, n_studies: dict[str, int], without: set[str]) -> list[str]:
    """Dimensions that could be an axis, the likeliest first: of a size to be read, then by the number of studies."""
    free = [dimension for dimension in codebook.dimensions if dimension.id not in without]
    sized = [dimension for dimension in free if _n_leaves(dimension) > 1] or free

    def key(dimension: Dimension) -> tuple[bool, bool, int]:
        is_country = bool(COUNTRY.search(dimension.label))
        return _n_leaves(dimension) > MOST_CODES_ON_AXIS, is_country, -n_studies.get(dimension.id, 0)

    return [dimension.id for dimension in sorted(sized, key=key)]


def _n_leaves(dimension: Dimension) -> int:
    return int(dimension.tree["is_leaf"].sum())


def _find_segment(codebook: Codebook, n_studies: dict[str, int], without: set[str]) -> str:
    """The dimension of the type of evidence, when one is called so and has few codes."""
    found = [
        dimension.id
        for dimension in codebook.dimensions
        if dimension.id not in without
        and KIND_OF_STUDY.search(dimension.label)
        and 2 <= len(dimension.codes) <= MOST_SEGMENTS
        and n_studies.get(dimension.id)
    ]
    return max(found, key=lambda name: n_studies[name]) if found else ""


def _say_guess(role: str, dimension: Dimension, n_studies: dict[str, int], library: Library) -> str:
    n = n_studies.get(dimension.id, 0)
    return (
        f"{dimension.label!r} makes the {role}s: {n:,} of {len(library.reports):,} reports are coded on it. Choose others with "
        f"{OPTIONS[role]}, or in params.yaml; on screen any dimension can take its place."
    )


def _add_parts(axes: Axes, codebook: Codebook, guesses: list[str]) -> Axes:
    """The axes with the dimension of the country and the codes for reviews and economic evaluations, where one is called so."""
    countries = [d.id for d in codebook.dimensions if COUNTRY.search(d.label) or COUNTRY.search(d.id)]
    if len(countries) == 1:
        axes = replace(axes, country=countries[0])
        guesses.append(f"{codebook.dimension(countries[0]).label!r} is the dimension of the country.")
    if axes.segment:
        tops = codebook.dimension(axes.segment).codes
        reviews = [code for code in tops if REVIEW.match(code.label)]
        if len(reviews) == 1:
            axes = replace(axes, review_code=reviews[0].id)
            guesses.append(f"{reviews[0].label!r} are the reviews of the map.")
        economic = [code for code in tops if ECONOMIC.match(code.label)]
        if len(economic) == 1:
            axes = replace(axes, economic_code=economic[0].id)
            guesses.append(f"{economic[0].label!r} are the economic evaluations of the map.")
    return replace(axes, guesses=tuple(guesses))


def _add_need(axes: Axes, codebook: Codebook, n_studies: dict[str, int]) -> Axes:
    """The axes with the rows of the second map: the likeliest of the other dimensions, or those of the first map."""
    taken = {axes.row, axes.column, axes.segment, axes.country}
    ranked = [name for name in _rank(codebook, n_studies, without=taken) if n_studies.get(name)]
    if not ranked:
        return replace(axes, need=axes.row)
    label = codebook.dimension(ranked[0]).label
    guess = f"{label!r} makes the rows of the second map of the report (need_dimension in params.yaml)."
    return replace(axes, need=ranked[0], guesses=(*axes.guesses, guess))


def add_segment(library: Library, axes: Axes) -> tuple[Library, Axes]:
    """The library with a type of evidence, where it has none: "not stated", for every study.

    Reviews and primary studies are counted apart everywhere; a file that does not tell them apart says so in every count.
    """
    if axes.segment:
        return library, axes
    segment = slug(SEGMENT, {dimension["id"] for dimension in library.codebook["dimensions"]})
    why = "The file that this map was made from does not say what type its studies are of."
    dimension = {
        "id": segment,
        "label": "Type of evidence",
        "role": "segment",
        "codes": [{"id": NOT_STATED, "label": "Type not stated", "definition": why}],
    }
    codebook = {**library.codebook, "dimensions": [*library.codebook["dimensions"], dimension]}
    added = {"finding_id": "", "coder": SETTLED, "dimension": segment, "code": NOT_STATED}
    codings = library.reports[["publication_id"]].assign(**added)
    codings = pd.concat([library.codings, codings], ignore_index=True)
    guess = (
        f"{why} All are of one type, 'Type not stated'; --segments names a dimension that tells types apart."
    )
    return replace(library, codebook=codebook, codings=codings), replace(
        axes, segment=segment, guesses=(*axes.guesses, guess)
    )


def with_roles(library: Library, axes: Axes) -> dict[str, object]:
    """The codebook of the library as `codebook.yaml`: roles as chosen, and what not every report has is not required."""
    coded = count_coded(library)
    dimensions = []
    for dimension in library.codebook["dimensions"]:
        role = axes.role_of(dimension["id"])
        changed = {**dimension, "role": role}
        if role != "filter" and coded.get(dimension["id"], 0) < len(library.reports):
            changed["required"] = False
        dimensions.append(_in_order(changed))
    return {**library.codebook, "dimensions": dimensions}


def _in_order(dimension: dict[str, object]) -> dict[str, object]:
    """The keys as a person would write them: codes, which are long, last."""
    first = [name for name in ("id", "label", "role") if name in dimension]
    rest = [name for name in dimension if name not in (*first, "codes")]
    return {name: dimension[name] for name in (*first, *rest, "codes")}


def describe_missing(library: Library, axes: Axes) -> list[tuple[str, int]]:
    """For each axis that some reports have no code of: its label, and how many reports."""
    coded = count_coded(library)
    labels = {dimension["id"]: dimension["label"] for dimension in library.codebook["dimensions"]}
    names = dict.fromkeys(name for name in (axes.row, axes.column, axes.segment) if name)
    n_reports = len(library.reports)
    return [(str(labels[name]), n) for name in names if (n := n_reports - coded.get(name, 0))]
