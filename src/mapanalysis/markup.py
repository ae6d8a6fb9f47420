"""Text as readers see it: a tiny inline markup, and dates.

Text is literal except for `*emphasis*`, `**bold**`, `[text](https://...)`, `[text](doi:10...)`, `[text](#section)`,
`[text](tables/name.csv)` (a table of the same edition), and a backslash that makes the next `*`, `[`, `]` or `\\` literal.
Text from imported files goes through `literal` first.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


@dataclass(frozen=True)
class Span:
    """A run of text in one style; `url` is set when `style` is "link"."""

    text: str
    style: Literal["plain", "bold", "emphasis", "link"] = "plain"
    url: str = ""


# In a link target: printable ASCII, and one level of brackets, as in 10.1016/S0140-6736(18)31470-3.
_URL = r"[^()<>\"\x00-\x20\x7f-\U0010ffff]"
INLINE = re.compile(
    r"\\(?P<escaped>[*\[\]\\])"
    r"|(?<!\w)\*\*(?=\S)(?P<bold>(?:[^*\\]|\\.)+)(?<=\S)\*\*(?!\w)"
    r"|(?<!\w)\*(?=\S)(?P<emphasis>(?:[^*\\]|\\.)+)(?<=\S)\*(?!\w)"
    rf"|\[(?P<link>(?:[^\[\]\\]|\\.)+)\]\((?P<url>(?:https?://|doi:)(?:{_URL}|\({_URL}*\))+|tables/\w+\.csv|#[a-z][a-z0-9-]*)\)"
)
# Marks that turn the direction of all that follows; letters of right-to-left scripts do without them.
DIRECTION_MARKS = re.compile("[\u202a-\u202e\u2066-\u2069]")


def parse_inline(text: str) -> tuple[Span, ...]:
    """The runs of `text` in order, neighbours of one style joined; styles do not nest."""
    text = DIRECTION_MARKS.sub("", text)
    spans: list[Span] = []
    end = 0
    for match in INLINE.finditer(text):
        spans.append(Span(text[end : match.start()]))
        spans.append(_span_of(match))
        end = match.end()
    spans.append(Span(text[end:]))
    return tuple(_joined(spans))


def _span_of(match: re.Match[str]) -> Span:
    if match["escaped"]:
        return Span(match["escaped"])
    if match["bold"]:
        return Span(_unescape(match["bold"]), "bold")
    if match["emphasis"]:
        return Span(_unescape(match["emphasis"]), "emphasis")
    url = match["url"]
    doi = url.removeprefix("doi:")
    return Span(_unescape(match["link"]), "link", url if doi == url else f"https://doi.org/{doi}")


def _unescape(text: str) -> str:
    return re.sub(r"\\([*\[\]\\])", r"\1", text)


def _joined(spans: list[Span]) -> Iterator[Span]:
    kept: Span | None = None
    for span in spans:
        if not span.text:
            continue
        if kept and kept.style == span.style == "plain":
            kept = replace(kept, text=kept.text + span.text)
            continue
        if kept:
            yield kept
        kept = span
    if kept:
        yield kept


def literal(text: str) -> str:
    """`text` with the inline markup made inert: for titles, names and labels from imported files."""
    return re.sub(r"([*\[\]\\])", r"\\\1", text)


def plain_text(text: str) -> str:
    """`text` as it reads without markup, for attributes, bookmarks and titles."""
    return "".join(span.text for span in parse_inline(text))


def date_in_words(date: str) -> str:
    """An ISO date as a British reader writes it: "2026-11-23" is "23 November 2026"."""
    day = datetime.date.fromisoformat(date)
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"
