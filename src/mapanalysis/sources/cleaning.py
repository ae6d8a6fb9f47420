"""Text of foreign files made plain: no HTML, no entities, no characters that cannot be shown."""

from __future__ import annotations

import html
import math
import re

from mapanalysis.sources.fields import one_line
from mapanalysis.sources.notes import Notes

# Only names of HTML are tags: "p < 0.05 and q > 2" holds none.
BLOCK = re.compile(
    "address|article|blockquote|br|caption|div|dd|dl|dt|figure|footer|h[1-6]|header|hr|img|li|main|ol|p|pre|sec|section"
    "|table|tbody|td|tfoot|th|thead|title|tr|ul",
    re.IGNORECASE,
)
INLINE = re.compile(
    "a|abbr|acronym|b|bdo|big|bold|center|cite|code|del|em|font|i|ins|italic|kbd|label|mark|math|m(?:frac|i|n|o|row|sub|sup|text)"
    "|o|q|s|samp|scp|script|small|span|strike|strong|style|sub|sup|tt|u|var",
    re.IGNORECASE,
)
TAG = re.compile(r"</?(?:[A-Za-z]{1,10}:)?(?P<name>[A-Za-z][A-Za-z0-9]{0,11})(?=[\s/>])[^<>]*>")
MOST_CHARACTERS = 4_000_000  # of one text: longer than any, and short enough for the memory
HIDDEN = (("<!--", "-->"), ("<script", "</script>"), ("<style", "</style>"))
# With the semicolon only: "Research&notes" is no negation.
ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
UNSEEN = re.compile("[\u200b\u2060\ufeff]")
HALF = re.compile("[\ud800-\udfff]")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def clean_line(value: object, notes: Notes) -> str:
    """`value` as plain text on one line; see `clean_text`."""
    return one_line(clean_text(value, notes))


def clean_text(value: object, notes: Notes) -> str:
    r"""`value` as plain text, its paragraphs parted by one line end; "" for what is no text and no number.

    Tags and entities of HTML, lone carriage returns, control characters, zero-width spaces and halves of
    characters are repaired, each kind counted in `notes` once for a text.

    >>> clean_text("<p>R&amp;D at <i>p</i> < 0.05</p>\rMore", Notes("a.json"))
    'R&D at p < 0.05\nMore'
    """
    text = as_text(value)
    if text.isprintable() and "<" not in text and "&" not in text:
        return text.strip()
    if len(text) > MOST_CHARACTERS:
        text = text[:MOST_CHARACTERS]
        text = text[: text.rfind("<")] if text.rfind("<") > text.rfind(">") else text  # not half a tag
        notes.repair(f"texts cut after {MOST_CHARACTERS:,} characters")
    text = text.replace("\r\n", "\n")
    if "\r" in text:
        text = text.replace("\r", "\n")
        notes.repair("texts with lone CR read as a line end")
    for pattern, by, what in (
        (HALF, "\ufffd", "halves of characters replaced by the sign for an unknown character"),
        (CONTROL, " ", "control characters replaced by spaces"),
        (UNSEEN, "", "characters without width taken out"),
    ):
        if pattern.search(text):
            text = pattern.sub(by, text)
            notes.repair(f"texts with {what}")
    if "<" in text:
        without = _without_tags(text)
        notes.repair("texts with HTML tags taken out", without != text)
        text = without
    if "&" in text:
        read = ENTITY.sub(lambda match: html.unescape(match[0]), text)
        notes.repair("texts with HTML entities read as characters", read != text)
        text = CONTROL.sub(" ", HALF.sub("\ufffd", read))
    return "\n".join(line for part in text.split("\n") if (line := one_line(part)))


def as_text(value: object) -> str:
    """Text as it is, a number as it is written, "" for anything else."""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return str(int(value)) if value.is_integer() else str(value)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def _without_tags(text: str) -> str:
    for start, end in HIDDEN:
        text = _cut_out(text, start, end)
    return TAG.sub(_in_place_of, text)


def _in_place_of(tag: re.Match[str]) -> str:
    if BLOCK.fullmatch(tag["name"]):
        return "\n"
    return "" if INLINE.fullmatch(tag["name"]) else tag[0]


def _cut_out(text: str, start: str, end: str) -> str:
    """`text` without what stands from `start` to `end`; in one pass, whatever the text."""
    if start not in text and start not in text.lower():
        return text
    begin, stop = re.compile(re.escape(start), re.IGNORECASE), re.compile(re.escape(end), re.IGNORECASE)
    kept, position = [], 0
    while (first := begin.search(text, position)) and (last := stop.search(text, first.end())):
        kept.append(text[position : first.start()])
        position = last.end()
    return "".join([*kept, text[position:]])
