"""JSON of others, read within bounds: of size, of parts, of depth; what is wrong is said in words."""

from __future__ import annotations

import json
from typing import Any

from mapanalysis.errors import DataError, Problem
from mapanalysis.sources.notes import Notes
from mapanalysis.sources.text import decode_text

MOST_BYTES = 64 * 1024**2
# What a file within the limit may hold of the things that take more memory than text does.
MOST_PARTS = 3_000_000
MOST_VALUES = 8_000_000
LONGEST_WHOLE = 19  # digits of a 64-bit number; what is longer stays text


class _RepeatedKeyError(ValueError):
    """A key that stands twice in one object, with contents of which one would be lost."""


def decode_bounded(data: bytes, file: str, expected: str, notes: Notes) -> str:
    """The text of `data`. Raises DataError when it is too large, empty, no text, or made of too many parts.

    `expected` says in words what the file should be.
    """
    if len(data) > MOST_BYTES:
        size = f"{len(data) / 1024**2:,.0f} MiB"
        what = f"expected {expected} of at most {MOST_BYTES // 1024**2} MiB, found {size}"
        todo = "Export it in several parts, or without the quotes of full texts."
        raise DataError(Problem(what, todo, file=file))
    n_parts, n_values = data.count(b"{") + data.count(b"["), data.count(b",")
    if n_parts > MOST_PARTS or n_values > MOST_VALUES:
        what = f"expected {expected}, found one of {max(n_parts, n_values):,} parts: more than can be meant"
        raise DataError(Problem(what, "Export it in several parts.", file=file))
    if not data.strip():
        raise DataError(Problem(f"expected {expected}, found an empty file", "Export it again.", file=file))
    text, repairs = decode_text(data, file)
    # In JSON and in a script the ends of lines mean nothing.
    notes.add_repairs(repair for repair in repairs if "line end" not in repair.what)
    return text


def decoder(notes: Notes) -> json.JSONDecoder:
    """A decoder for JSON of others: numbers beyond 64 bits stay text, NaN and Infinity are nothing, line breaks
    within text are kept, a repeated key is counted, or refused where it would lose a list or an object.
    """

    def take_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            _check_repeated(pairs, found)
            notes.repair("keys that stand twice: the last is taken", len(pairs) - len(found))
        return found

    return json.JSONDecoder(
        object_pairs_hook=take_object, parse_int=_whole, parse_constant=lambda name: None, strict=False
    )


def parse_json(data: bytes, file: str, expected: str, notes: Notes) -> Any:
    """The value that `data` holds. Raises DataError for what is not JSON, is cut off, too large or nested too deep."""
    text = decode_bounded(data, file, expected, notes)
    try:
        return decoder(notes).decode(text)
    except (ValueError, RecursionError) as error:
        raise DataError(in_words(error, text, file, expected)) from None


def in_words(error: ValueError | RecursionError, text: str, file: str, expected: str) -> Problem:
    """What made the JSON in `text` unreadable, as a problem with what to do."""
    again = "Export or download it again."
    if isinstance(error, RecursionError):
        return Problem(f"expected {expected}, found JSON that is nested too deep to be one", again, file=file)
    if isinstance(error, _RepeatedKeyError):
        what = f"expected each key once, found {error} twice in one object, with different contents"
        return Problem(what, again, file=file)
    if not isinstance(error, json.JSONDecodeError):
        return Problem(f"expected {expected}, found JSON that cannot be read: {error}", again, file=file)
    place = f"line {error.lineno:,}, character {error.colno:,}"
    if error.msg.startswith("Unterminated string") or error.pos >= len(text.rstrip()) - 1 > 0:
        return Problem(
            f"expected {expected}, found one that ends in the middle: {place}",
            f"The file is cut off. {again}",
            file=file,
        )
    kind = "a web page" if text.lstrip()[:1] == "<" else f"what is not JSON ({error.msg}: {place})"
    return Problem(f"expected {expected}, found {kind}", again, file=file)


def _whole(digits: str) -> int | str:
    return int(digits) if len(digits) <= LONGEST_WHOLE else digits


def _check_repeated(pairs: list[tuple[str, Any]], found: dict[str, Any]) -> None:
    for key, value in pairs:
        if isinstance(value, list | dict) and value and value != found[key]:
            raise _RepeatedKeyError(repr(key[:60]))
