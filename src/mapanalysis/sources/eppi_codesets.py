"""Codesets of EPPI-Reviewer, and how they become the dimensions of a codebook."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mapanalysis.codebook import MOST_CODES, NOT_REPORTED
from mapanalysis.errors import DataError, Problem
from mapanalysis.sources.cleaning import as_text, clean_line, clean_text
from mapanalysis.sources.notes import Notes

MOST_DEPTH = 50
MOST_PLACES = 10
# Between the names of a path, where a name alone would not tell codes apart.
PATH = " › "
HEADING = "Not selectable (no checkbox)"
SELECTABLE = "Selectable (show checkbox)"
# Codesets for the work of the team, by SetTypeName: whom a study was given to, and whether it is included.
OF_THE_TEAM = ("Administration", "Screening")
REST = ": other codes"
ID = re.compile(r"-?[0-9]{1,19}|[A-Za-z0-9_-]{1,40}")

LEAST_SHARE = 0.5  # of its headings: where a study has codes under so many, each is a question of its own
MOST_SEGMENTS = 12
MOST_ALIKE = 0.75  # beyond this share of one code, an axis would be nearly all of one row
# What the axes of evidence and gap maps are by custom: interventions in rows, outcomes in columns, and segments by
# kind of study (Saran & White 2018, Campbell Systematic Reviews 14:1, doi 10.4073/cmdp.2018.2).
CUSTOM = {
    "row": re.compile(r"\bintervention", re.IGNORECASE),
    "column": re.compile(r"\boutcome", re.IGNORECASE),
    "segment": re.compile(
        r"\b(?:study|research|evidence)[ -](?:design|type)|\btype of (?:study|evidence|publication)",
        re.IGNORECASE,
    ),
}


@dataclass(frozen=True)
class Attribute:
    """A code of a codeset, or a heading that cannot be chosen; `below` are the attributes under it."""

    id: str
    label: str
    definition: str = ""
    is_heading: bool = False
    below: tuple[Attribute, ...] = ()


@dataclass(frozen=True)
class Codeset:
    """A codeset as the file holds it; `kind` is its SetTypeName."""

    id: str
    label: str
    definition: str
    kind: str
    attributes: tuple[Attribute, ...]


@dataclass(frozen=True)
class Facet:
    """What becomes one dimension: a codeset, or a heading of one."""

    id: str
    label: str
    definition: str
    attributes: tuple[Attribute, ...]

    def as_dimension(self, role: str) -> dict[str, Any]:
        """The dimension as in `codebook.yaml`; ids of codes are "a" and the AttributeId."""
        labels = labels_of(self.attributes)
        dimension = {"id": self.id, "label": self.label, "role": role}
        if self.definition:
            dimension["definition"] = self.definition
        return dimension | {"codes": [_as_code(attribute, labels) for attribute in self.attributes]}


def code_of(attribute_id: str) -> str:
    """The id in the codebook of an attribute: a letter first, so that no program takes it for a number."""
    return f"a{attribute_id}"


def id_of(value: object) -> str:
    """`value` as an id: the digits of a number, or a word without signs; "" when it is none."""
    text = as_text(value).strip()
    return text if ID.fullmatch(text) else ""


def each_of(attributes: tuple[Attribute, ...]) -> Iterator[Attribute]:
    """The attributes, those above before those below."""
    for attribute in attributes:
        yield attribute
        yield from each_of(attribute.below)


def labels_of(attributes: tuple[Attribute, ...]) -> dict[str, str]:
    """Each id with its label: its name or, where names repeat, the end of its path that tells it from the others.

    >>> yes, no = Attribute("3", "Yes"), Attribute("4", "No")
    >>> labels_of((Attribute("1", "Blinded", below=(yes, no)), Attribute("2", "Yes")))
    {'1': 'Blinded', '3': 'Blinded › Yes', '4': 'No', '2': 'Yes'}
    """
    paths = dict(_paths_of(attributes, ()))
    same: dict[str, list[str]] = defaultdict(list)
    for attribute_id, path in paths.items():
        same[path[-1]].append(attribute_id)
    labels = {attribute_id: path[-1] for attribute_id, path in paths.items()}
    for alike in same.values():
        labels |= _ends_that_tell({attribute_id: paths[attribute_id] for attribute_id in alike})
    return labels


def _ends_that_tell(paths: dict[str, tuple[str, ...]]) -> dict[str, str]:
    """For paths that end alike, the shortest end of each that no other has, or the whole path."""
    labels, longest = {}, max(map(len, paths.values()))
    for length in range(1, longest + 1):
        ends = Counter(path[-length:] for path in paths.values())
        for attribute_id, path in paths.items():
            if attribute_id not in labels and (ends[path[-length:]] == 1 or length == longest):
                labels[attribute_id] = PATH.join(path[-length:])
    return labels


def _paths_of(
    attributes: tuple[Attribute, ...], above: tuple[str, ...]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    for attribute in attributes:
        path = (*above, attribute.label)
        yield attribute.id, path
        yield from _paths_of(attribute.below, path)


def _as_code(attribute: Attribute, labels: Mapping[str, str]) -> dict[str, Any]:
    code: dict[str, Any] = {"id": code_of(attribute.id), "label": labels[attribute.id]}
    if attribute.definition:
        code["definition"] = attribute.definition
    if attribute.below:
        code["codes"] = [_as_code(below, labels) for below in attribute.below]
    return code


# Reading


class _Reader:
    """Reads attributes, and keeps count of them: a file may hold more than can be meant."""

    def __init__(self, notes: Notes, are_rows: bool):
        self.notes = notes
        self.note = notes.set_aside if are_rows else notes.leave_out
        self.n_read = 0
        self.n_used = 0

    def attributes(self, raw: object, seen: set[str], depth: int = 1) -> tuple[Attribute, ...]:
        """The attributes under `Attributes`; `seen` are the ids met in the same codeset."""
        items = raw.get("AttributesList") if isinstance(raw, dict) else raw
        if not isinstance(items, list):
            return ()
        if depth > MOST_DEPTH:
            self._refuse(f"more than {MOST_DEPTH} levels of codes")
        found = (self._attribute(item, seen, depth) for item in items)
        return tuple(attribute for attribute in found if attribute)

    def _attribute(self, item: object, seen: set[str], depth: int) -> Attribute | None:
        self.n_read += 1
        if self.n_read > MOST_CODES:
            self._refuse(f"more than {MOST_CODES:,} codes")
        attribute_id = id_of(item.get("AttributeId")) if isinstance(item, dict) else ""
        if not isinstance(item, dict) or not attribute_id or attribute_id in seen:
            why = "its AttributeId stands twice" if attribute_id else "it has no AttributeId"
            self._set_aside(item, f"{why}, and codes are known by it; what is below it goes with it")
            return None
        seen.add(attribute_id)
        self.n_used += 1
        definition = clean_text(item.get("AttributeSetDescription"), self.notes)
        return Attribute(
            attribute_id,
            self._label(item.get("AttributeName"), attribute_id),
            definition or clean_text(item.get("AttributeDescription"), self.notes),
            as_text(item.get("AttributeType")).startswith("Not selectable"),
            self.attributes(item.get("Attributes"), seen, depth + 1),
        )

    def _label(self, name: object, attribute_id: str) -> str:
        label = clean_line(name, self.notes)
        if not label:
            self.notes.repair("codes without a name called by their id")
        return label or f"Code {attribute_id}"

    def _set_aside(self, item: object, why: str) -> None:
        name = clean_line(item.get("AttributeName"), self.notes) if isinstance(item, dict) else ""
        n_below = _count_below(item)
        self.n_read += n_below
        self.note("attributes", why, name, 1 + n_below)

    def _refuse(self, found: str) -> None:
        what = f"expected codesets of at most {MOST_CODES:,} codes in {MOST_DEPTH} levels, found {found}"
        raise DataError(Problem(what, "Export fewer codesets at once.", file=self.notes.file))


def _count_below(item: object) -> int:
    """How many attributes stand below `item`; without recursion, as it was not checked for depth."""
    count, waiting = 0, [item]
    while waiting:
        raw = waiting.pop()
        raw = raw.get("Attributes") if isinstance(raw, dict) else None
        items = raw.get("AttributesList") if isinstance(raw, dict) else None
        if isinstance(items, list):
            count += len(items)
            waiting.extend(items)
    return count


def parse_codesets(raw: list[Any], notes: Notes, *, are_rows: bool = False) -> tuple[list[Codeset], int, int]:
    """The codesets of a file, and how many attributes were read and how many of these are used.

    `are_rows`: whether attributes are what the file counts in, as in one without references.
    """
    reader = _Reader(notes, are_rows)
    codesets, ids = [], Counter[str]()
    for position, item in enumerate(raw, start=1):
        if not isinstance(item, dict):
            notes.leave_out("codesets", "expected a codeset, found something else")
            continue
        kind = item.get("SetType")
        codeset_id = id_of(item.get("SetId")) or f"n{position}"
        ids[codeset_id] += 1
        codesets.append(
            Codeset(
                codeset_id if ids[codeset_id] == 1 else f"{codeset_id}_{ids[codeset_id]}",
                clean_line(item.get("SetName"), notes) or f"Codeset {position}",
                clean_text(item.get("SetDescription"), notes),
                clean_line(kind.get("SetTypeName"), notes) if isinstance(kind, dict) else "",
                reader.attributes(item.get("Attributes"), set()),
            )
        )
    return codesets, reader.n_read, reader.n_used


# From codesets to dimensions


@dataclass(frozen=True)
class Coded:
    """For how many studies a facet is coded, and for how many of them with the same code."""

    n_studies: int
    n_of_one_code: int


NOT_CODED = Coded(0, 0)


def facets_of(
    codesets: list[Codeset], studies: list[frozenset[str]], notes: Notes, *, split: bool | None = None
) -> list[Facet]:
    """What becomes a dimension each. `studies` are the ids of the attributes of each study.

    A codeset is a dimension, unless its top attributes are headings (not selectable): then each heading with coded
    attributes below it is one, and what is left of the codeset another. Headings may also be groups on one axis.
    Where the file has several codesets in use they are taken for that, unless a study that is coded in the codeset
    has, on average, codes under at least half of its headings, as it does where each heading is a question of its
    own. `split` decides instead for all codesets: True by headings, False whole. Codesets for the team's own work
    (screening, administration) are left out where there are others.
    """
    used = frozenset().union(*studies)
    kept = _without_those_of_the_team([codeset for codeset in codesets if codeset.attributes], notes)
    for codeset in codesets:
        if not codeset.attributes:
            notes.leave_out("codesets without codes", "there is nothing to count in them", codeset.label)
    in_use = [codeset for codeset in kept if any(code.id in used for code in each_of(codeset.attributes))]
    is_alone = len(in_use or kept) == 1
    facets = []
    for codeset in kept:
        headings = _headings_of(codeset, used)
        is_split = bool(headings) and (
            _guess_split(codeset, headings, is_alone, studies, notes) if split is None else split
        )
        facets += _split(codeset, headings, used) if is_split else [_whole(codeset)]
    return facets


def _guess_split(
    codeset: Codeset, headings: list[Attribute], is_alone: bool, studies: list[frozenset[str]], notes: Notes
) -> bool:
    """Whether the headings of a codeset are dimensions; why is noted."""
    if is_alone:
        notes.guess(
            f"“{codeset.label}” became {len(headings)} dimensions, one for each of its headings with codes below: it"
            " is the only codeset in use, and a map needs several dimensions."
        )
        return True
    share = _share_of_headings(headings, studies)
    is_split = share >= LEAST_SHARE
    became = (
        "each heading became a dimension" if is_split else "it is one dimension, its headings groups of codes"
    )
    notes.guess(
        f"“{codeset.label}” has headings, and a study coded in it has codes under {100 * share:.0f} % of them on"
        f" average: {became} (from {100 * LEAST_SHARE:.0f} % on they are dimensions)."
    )
    return is_split


def _without_those_of_the_team(codesets: list[Codeset], notes: Notes) -> list[Codeset]:
    kept = [codeset for codeset in codesets if codeset.kind not in OF_THE_TEAM]
    if not kept:
        return codesets
    for codeset in codesets:
        if codeset.kind in OF_THE_TEAM:
            why = "they are for the work of the team and describe no study"
            notes.leave_out("codesets of the kinds Screening and Administration", why, codeset.label)
    return kept


def _headings_of(codeset: Codeset, used: frozenset[str]) -> list[Attribute]:
    """The headings that can be dimensions; none when the codeset has groups that can be chosen themselves."""
    with_codes = [attribute for attribute in codeset.attributes if attribute.below]
    if not all(attribute.is_heading for attribute in with_codes):
        return []
    return [
        attribute
        for attribute in with_codes
        if not used or any(below.id in used for below in each_of(attribute.below))
    ]


def _share_of_headings(headings: list[Attribute], studies: list[frozenset[str]]) -> float:
    """The share of the headings under which a study has codes: the mean of the studies that have any."""
    below = [frozenset(code.id for code in each_of((heading,))) for heading in headings]
    counts = [n for study in studies if (n := sum(not codes.isdisjoint(study) for codes in below))]
    return sum(counts) / (len(counts) * len(headings)) if counts else 0.0


def _whole(codeset: Codeset) -> Facet:
    return Facet(f"s{codeset.id}", codeset.label, codeset.definition, codeset.attributes)


def _split(codeset: Codeset, headings: list[Attribute], used: frozenset[str]) -> list[Facet]:
    facets = [
        Facet(
            f"s{codeset.id}-a{heading.id}",
            heading.label,
            heading.definition,
            (heading,) if heading.id in used else heading.below,
        )
        for heading in headings
    ]
    ids = {heading.id for heading in headings}
    rest = tuple(attribute for attribute in codeset.attributes if attribute.id not in ids)
    if rest:
        facets.append(Facet(f"s{codeset.id}", codeset.label + REST, codeset.definition, rest))
    return facets


# The codebook


def build_codebook(title: str, facets: list[Facet], roles: Mapping[str, str]) -> dict[str, Any]:
    """The codebook as in `codebook.yaml`. `roles`: facet id to role; the others are filters."""
    dimensions = [facet.as_dimension(roles.get(facet.id, "filter")) for facet in facets]
    if not dimensions:  # a codebook has at least one
        codes = [{"id": NOT_REPORTED, "label": "Not reported"}]
        dimensions = [{"id": "codes", "label": "Codes", "role": "filter", "codes": codes}]
    return {"title": title, "question": "Not stated in the imported file.", "dimensions": dimensions}


def places_of(facets: list[Facet], file: str) -> dict[str, list[tuple[str, str]]]:
    """Each attribute id with the dimensions it stands in and its code there.

    Raises DataError for an id in more than `MOST_PLACES` of them.
    """
    places: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for facet in facets:
        for attribute in each_of(facet.attributes):
            places[attribute.id].append((facet.id, code_of(attribute.id)))
    repeated = [attribute_id for attribute_id, found in places.items() if len(found) > MOST_PLACES]
    if repeated:
        what = f"expected each code in at most {MOST_PLACES} codesets or filters, found some in more"
        todo = "Give each code an id of its own."
        raise DataError(Problem(what, todo, file=file, count=len(repeated), values=tuple(repeated[:5])))
    return dict(places)


def choose_roles(
    facets: list[Facet], coded: Mapping[str, Coded], links: Mapping[str, Mapping[str, int]], notes: Notes
) -> dict[str, str]:
    """Facet id to role, for one row, one column and one segment; every choice is noted as a guess.

    `coded`: how many studies each facet is coded for; empty for a codeset alone. `links`: for "row" and "column",
    how often outcomes of studies name codes of each facet as intervention or as outcome. In this order: what
    outcomes name; names that say so; the facet that most studies are coded on, the first in the file where that is
    equal. By number of studies a facet comes last when it has one code, or when most of its studies share one (such
    as the language), and one with many codes at its top is no segment.
    """
    labels = {facet.id: facet.label for facet in facets}
    roles: dict[str, str] = {}
    for rule in (_by_links(links), _by_name(facets, coded), _by_studies(facets, coded)):
        for role, facet_id, because in rule:
            if role in roles.values() or facet_id in roles or (coded and facet_id not in coded):
                continue
            roles[facet_id] = role
            notes.guess(f"{role.capitalize()}s are “{labels[facet_id]}”: {because}.")
    return roles


Choice = tuple[str, str, str]


def _by_links(links: Mapping[str, Mapping[str, int]]) -> Iterator[Choice]:
    for role, word in (("row", "interventions"), ("column", "outcomes")):
        for facet_id, count in sorted(links.get(role, {}).items(), key=lambda item: -item[1]):
            yield role, facet_id, f"{count:,} outcomes of studies name its codes as {word}"


def _by_name(facets: list[Facet], coded: Mapping[str, Coded]) -> Iterator[Choice]:
    for role, pattern in CUSTOM.items():
        named = [facet for facet in facets if pattern.search(facet.label)]
        for facet in sorted(named, key=lambda facet: -coded.get(facet.id, NOT_CODED).n_studies):
            yield role, facet.id, "its name says so"


def _by_studies(facets: list[Facet], coded: Mapping[str, Coded]) -> Iterator[Choice]:
    def in_order(facet: Facet) -> tuple[bool, bool, int]:
        by = coded.get(facet.id, NOT_CODED)
        is_alike = by.n_of_one_code > MOST_ALIKE * by.n_studies
        return sum(1 for _ in each_of(facet.attributes)) < 2, is_alike, -by.n_studies

    ordered = sorted(facets, key=in_order)
    for role in CUSTOM:
        for facet in ordered:
            if role == "segment" and len(facet.attributes) > MOST_SEGMENTS:
                continue
            count = coded.get(facet.id, NOT_CODED).n_studies
            most = f"of those left whose codes vary, most studies ({count:,}) are coded on it"
            yield role, facet.id, f"the file does not say; {most if count else 'it comes first'}"
