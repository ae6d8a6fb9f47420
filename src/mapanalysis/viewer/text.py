"""Text of imported files made fit to be shown: without what could turn or hide other text, and of a bounded length."""

from __future__ import annotations

import re
from collections.abc import Iterable

MOST_CHARACTERS = 2_000  # of a title, a list of authors, a label
MOST_IN_PROSE = 4_000  # of a summary, a definition
CUT = "…"
# Control characters, halves of characters, and marks that turn the direction of all that follows.
UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
EMAIL = re.compile(r"[^\s@<>()\[\]]{1,64}@[^\s@<>()\[\]]{1,189}\.[^\W\d_]{2,}")
EMAIL_LEFT_OUT = "[e-mail address left out]"


def clean_all(column: Iterable[str], most: int = MOST_CHARACTERS) -> list[str]:
    """`clean` of each text."""
    return [clean(text, most) for text in column]


def clean(text: str, most: int = MOST_CHARACTERS) -> str:
    """`text` without what could turn or hide other text, without e-mail addresses, and of at most `most` characters."""
    text = UNWANTED.sub("", text)
    if "@" in text:
        text = EMAIL.sub(EMAIL_LEFT_OUT, text)
    return text if len(text) <= most else text[: most - 1].rstrip() + CUT
