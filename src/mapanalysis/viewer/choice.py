"""What can be chosen on the map, and the check of what Python code asks for; `app/state.js` holds what is chosen."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from mapanalysis.codebook import Codebook
from mapanalysis.errors import DataError, Problems, UsageError, nearest_of

STYLES = ("bubbles", "heat", "mosaic", "numbers", "gaps")
SORTS = ("year", "author", "title")
AXES = ("row", "column", "segment")
SELF_MARK = "!"  # behind a code on screen: the studies coded with it and with none below it; alone: all other segments

# Names, what a value must be in words, and whether it is.
SHAPES: dict[str, tuple[str, Callable[[Any], bool]]] = {
    **dict.fromkeys(("row", "column"), ("the id of a dimension", lambda value: isinstance(value, str))),
    "segment": ('the id of a dimension, or "" for none', lambda value: isinstance(value, str)),
    "style": (f"one of {', '.join(STYLES)}", lambda value: value in STYLES),
    "foldedRows": ("a list of codes", lambda value: _is_list_of(str, value)),
    "foldedColumns": ("a list of codes", lambda value: _is_list_of(str, value)),
    "hideEmpty": ("True or False", lambda value: isinstance(value, bool)),
    "filters": ("lists of codes by dimension, as {'design': ['trial']}", lambda value: _are_filters(value)),
    "years": ("the first and last year, as [2020, 2024], or None", lambda value: value is None or _are_years(value)),
    "words": ("text", lambda value: isinstance(value, str)),
    "selection": (
        "codes of row, column and segment, as {'row': 'emotional', 'column': '', 'segment': ''}, 'notPlaced' or None",
        lambda value: value is None or value == "notPlaced" or _is_selection(value),
    ),
    "card": ("the id of a study, or \"\"", lambda value: isinstance(value, str)),
    "sort": (f"one of {', '.join(SORTS)}", lambda value: value in SORTS),
}  # fmt: skip


def check_choice(
    choice: dict[str, Any], codebook: Codebook, study_ids: Iterable[str], on: dict[str, str]
) -> None:
    """Refuses what the map would not understand, rather than show something else in silence.

    `choice` names what changes, by the names of SHAPES; `on` are the dimensions that are on the axes unless it says so.
    Raises UsageError with all that is wrong.
    """
    problems = Problems()
    for name, value in choice.items():
        what, is_right = SHAPES.get(name, ("", lambda value: False))
        if not what:
            todo = f"Choose among: {', '.join(SHAPES)}."
            problems.add(f"the map has no {name!r}", nearest=nearest_of(name, SHAPES), todo=todo)
        elif not is_right(value):
            problems.add(f"the map's {name} cannot be {value!r}", todo=f"Give {what}.")
    problems.raise_if_any(UsageError)
    axes = {axis: choice.get(axis, on[axis]) for axis in AXES}
    for dimension, codes in _codes_named(choice, axes):
        try:
            known = codebook.dimension(dimension).tree.index
        except DataError as error:
            problems.collect(error)
            continue
        for code in dict.fromkeys(codes):
            if code not in known and code.removesuffix(SELF_MARK) not in {*known, ""}:
                problems.add(
                    f"the dimension {dimension} has no code {code!r}", nearest=nearest_of(code, known)
                )
    if choice.get("card") and choice["card"] not in set(study_ids):
        problems.add(f"no study has the id {choice['card']!r}", nearest=nearest_of(choice["card"], study_ids))
    problems.raise_if_any(UsageError)


def _codes_named(choice: dict[str, Any], axes: dict[str, str]) -> Iterable[tuple[str, list[str]]]:
    """Each dimension that is named, with the codes of it that are."""
    for axis in AXES:
        if choice.get(axis):
            yield choice[axis], []
    yield from choice.get("filters", {}).items()
    for axis, name in (("row", "foldedRows"), ("column", "foldedColumns")):
        if choice.get(name):
            yield axes[axis], choice[name]
    if isinstance(choice.get("selection"), dict):
        for axis, code in choice["selection"].items():
            if code:
                yield axes[axis], [code]


def _is_list_of(kind: type, value: Any) -> bool:
    return isinstance(value, list | tuple) and all(
        isinstance(one, kind) and not isinstance(one, bool) for one in value
    )


def _are_filters(value: Any) -> bool:
    return isinstance(value, dict) and all(_is_list_of(str, codes) for codes in value.values())


def _are_years(value: Any) -> bool:
    return _is_list_of(int, value) and len(value) == 2


def _is_selection(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and value.keys() <= set(AXES)
        and all(isinstance(code, str) for code in value.values())
    )
