"""Which studies are meant: the filters of the map on screen, given as words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from mapanalysis.codebook import Codebook, Dimension
from mapanalysis.errors import Problems, UsageError, nearest_of


def parse_filters(words: Iterable[str], codebook: Codebook) -> dict[str, list[str]]:
    """Dimension to codes, from words such as "design=trial,review"; of a dimension given twice, the codes of both.

    Raises UsageError with everything wrong: a word without "=", a dimension or code that the codebook does not hold.
    """
    problems = Problems()
    dimensions = {dimension.id: dimension for dimension in codebook.dimensions}
    filters: dict[str, list[str]] = {}
    for word in words:
        name, sign, codes = (part.strip() for part in word.partition("="))
        if not sign or not codes:
            problems.add(
                f"{word!r} is not a filter",
                todo="Write DIMENSION=CODE,CODE, for example design=trial,review.",
            )
        elif name not in dimensions:
            problems.add(
                f"the codebook has no dimension {name!r}",
                nearest=nearest_of(name, dimensions),
                todo=f"Choose one of: {', '.join(dimensions)}.",
            )
        else:
            chosen = _parse_codes(codes, dimensions[name], problems)
            filters[name] = list(dict.fromkeys([*filters.get(name, []), *chosen]))
    problems.raise_if_any(UsageError)
    return filters


def _parse_codes(text: str, dimension: Dimension, problems: Problems) -> list[str]:
    codes = [code.strip() for code in text.split(",") if code.strip()]
    for code in codes:
        if code not in dimension.tree.index:
            problems.add(
                f"the dimension {dimension.id} has no code {code!r}",
                nearest=nearest_of(code, dimension.tree.index),
                todo="The codes of each dimension stand in codebook.yaml.",
            )
    return codes


def select_studies(
    study_ids: pd.Series, codings: pd.DataFrame, codebook: Codebook, filters: dict[str, list[str]]
) -> pd.Series:
    """The studies that pass every filter, in their order; all of them when there is none.

    As on the map: the codes of one dimension are alternatives, dimensions restrict each other, and a code means
    itself or anything below it. `codings` are settled: study_id, dimension, code.
    """
    kept = study_ids
    for name, codes in filters.items():
        wanted = codes_below(codebook.dimension(name), codes)
        having = codings.loc[
            (codings["dimension"] == name) & codings["code"].isin(wanted), "study_id"
        ].unique()
        kept = kept[kept.isin(having)]
    return kept.reset_index(drop=True)


def codes_below(dimension: Dimension, codes: Sequence[str]) -> set[str]:
    """The codes and all that stand below them, to any depth."""
    found = set(codes)
    for row in dimension.tree.itertuples(index=False):  # parents come before children
        if row.parent in found:
            found.add(row.code)
    return found
