"""How numbers are said. Every sentence of a map is computed; no number stands here.

Labels come from codebooks, which are imported files: they are passed on as they are and escaped where they are shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Words:
    """The words beside a figure: `title` is the finding, `alt` what is seen, `denominator` of what it is a part."""

    title: str
    alt: str
    denominator: str


def count(n: int, one: str = "study", many: str = "studies") -> str:
    """ "1 study", "1,704 studies"; "no studies" for 0."""
    return f"no {many}" if n == 0 else f"{n:,} {one if n == 1 else many}"


def percent(part: float, whole: float) -> str:
    """Whole percent, without false precision: "less than 1%" where there is something, "more than 99%" of all but a bit."""
    if not whole:
        return "none"
    share = 100 * part / whole
    if 0 < share < 0.5:
        return "less than 1%"
    return "more than 99%" if 99.5 <= share < 100 else f"{share:.0f}%"


def join(words: Iterable[str], last: str = "and") -> str:
    """ "a", "a and b", "a, b and c"."""
    *rest, end = list(words) or [""]
    return f"{', '.join(rest)} {last} {end}" if rest else end


def number(value: float) -> str:
    """A number for reading: 1,704 or 3.5; "not stated" when missing."""
    if pd.isna(value):
        return "not stated"
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"


def several_codes(n: int) -> str:
    """The denominator of counts in which a study stands more than once."""
    return f"{count(n)}; a study with several codes counts once in each."
