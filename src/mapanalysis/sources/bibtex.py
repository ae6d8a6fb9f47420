"""BibTeX records, split by bibtexparser; values are cleaned of braces and LaTeX here.

bibtexparser 2 puts what it cannot read (duplicate keys, repeated fields, broken entries) aside
without an error. Here every such block is either used or refused, and entries are counted apart.
"""

from __future__ import annotations

import logging
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from bibtexparser.entrypoint import parse_string
from bibtexparser.library import Library
from bibtexparser.model import (
    DuplicateBlockKeyBlock,
    DuplicateFieldKeyBlock,
    Entry,
    ImplicitComment,
    ParsingFailedBlock,
)

from mapanalysis.errors import DataError, Problems
from mapanalysis.sources.fields import (
    Parsed,
    check_count,
    guarded,
    joined,
    one_line,
    page_range,
    split_keywords,
    year_of,
)

ENTRY_LINE = re.compile(r"(?:^|[})])[^\S\n]*@\s*(?!(?:comment|preamble|string)\b)\w+\s*[{(]", re.M | re.I)
FIELD_OUTSIDE = re.compile(r"(?:^|,)\s*\w+\s*=\s*[{\"\w]", re.MULTILINE)

ACCENTS = {
    "`": "\u0300",
    "'": "\u0301",
    "^": "\u0302",
    "~": "\u0303",
    "=": "\u0304",
    "u": "\u0306",
    ".": "\u0307",
    '"': "\u0308",
    "r": "\u030a",
    "H": "\u030b",
    "v": "\u030c",
    "d": "\u0323",
    "c": "\u0327",
    "k": "\u0328",
    "b": "\u0331",
}

SYMBOLS = {
    "ss": "ß", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "aa": "å", "AA": "Å", "o": "ø", "O": "Ø",
    "l": "ł", "L": "Ł", "i": "ı", "j": "ȷ", "dh": "ð", "DH": "Ð", "th": "þ", "TH": "Þ", "dj": "đ", "DJ": "Đ",
    "S": "§", "P": "¶", "pounds": "£", "texteuro": "€", "copyright": "©", "textcopyright": "©",
    "textregistered": "®", "texttrademark": "™", "textdegree": "°", "textmu": "µ", "textpm": "±", "pm": "±",
    "textless": "<", "textgreater": ">", "textbar": "|", "textbackslash": "\\", "textasciitilde": "~",
    "textasciicircum": "^", "textunderscore": "_", "textendash": "–", "textemdash": "—",
    "textquoteleft": "‘", "textquoteright": "’", "textquotedblleft": "“", "textquotedblright": "”",
    "textquotesingle": "'", "textquotedbl": '"', "textbullet": "•", "textbraceleft": "{",
    "textbraceright": "}", "textdollar": "$", "ldots": "…", "dots": "…", "textellipsis": "…",
    "textexclamdown": "¡", "textquestiondown": "¿",
}  # fmt: skip

# One pass over all of it: what a replacement yields is never read again as LaTeX.
LATEX = re.compile(
    r"""
      \\(?: (?P<mark>[`'^"~=.]) | (?P<letter_mark>[Hcdkruvb])(?![A-Za-z]) )
        [^\S\n]* (?: \{\s*(?P<braced>\\?[A-Za-z]?)\s*\} | (?P<bare>\\[ij](?![A-Za-z]) | [^\W\d_]) )
    | \\(?:emph|url|mbox|text(?:it|bf|sc|rm|sf|tt|up|sl|md|normal|superscript|subscript)?)\s*(?=\{)
    | \\(?P<name>[A-Za-z]+)(?:\{\}|[^\S\n]+)?
    | \\(?P<escaped>[&%$\#_{}])
    | (?P<space>\\[ ,/;:!\\])
    | [{}]
    """,
    re.VERBOSE,
)
TIE = re.compile(r"(?<=[\w.])~(?=\w)")
VALUE_MARK = re.compile(r'(?<!\\)[{}"#]')
AUTHOR_MARK = re.compile(r"(?<!\\)[{}]|\s+and(?=\s)", re.IGNORECASE)
CODE_FIELDS = ("doi", "url", "pmid", "pmcid", "pmc")


def parse_bibtex(text: str, file: str) -> Parsed:
    """The records of a BibTeX file: one per entry, in the order of the file.

    The record id is the entry key. Strings (@string) and joined values (#) are resolved, braces
    removed, accents and escaped characters written as such; LaTeX commands that are not known are
    left as they stand and counted. Duplicate keys are returned: ids are judged over all files.

    Raises DataError for entries that cannot be read (a brace or comma missing, a file cut off), for
    fields outside any entry, and when the counts differ.
    """
    with _quiet():
        library = guarded(lambda: parse_string(text, parse_stack=[]), "bibtexparser", file)
    repairs: Counter[str] = Counter()
    entries = _entries(library, repairs, file)
    check_count(len(ENTRY_LINE.findall(text)), len(entries), "lines that begin with @type{", file)
    strings = {key.lower(): string.value for key, string in library.strings_dict.items()}
    problems = Problems()
    values = [_values_of(entry, strings, problems, file) for entry in entries]
    records = [_fields_of(raw, entry, repairs) for raw, entry in zip(values, entries, strict=True)]
    problems.raise_if_any(DataError)
    # What cannot be read of a keyword is no repair of the record.
    keywords = [split_keywords([_plain(raw.get("keywords", ""), Counter())], by_comma=True) for raw in values]
    return Parsed(records, repairs, keywords)


@contextmanager
def _quiet() -> Iterator[None]:
    """bibtexparser logs what it sets aside; here that is raised or counted instead."""
    logger = logging.getLogger("bibtexparser")
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(level)


def _entries(library: Library, repairs: Counter[str], file: str) -> list[Entry]:
    """All entries, also those set aside for a repeated key or field; raises for the rest."""
    problems = Problems()
    entries = []
    for block in library.blocks:
        if isinstance(block, Entry):
            entries.append(block)
        elif isinstance(block, DuplicateFieldKeyBlock) and isinstance(block.ignore_error_block, Entry):
            repairs["repeated fields of an entry: the first kept"] += len(block.duplicate_keys)
            entries.append(block.ignore_error_block)
        elif isinstance(block, DuplicateBlockKeyBlock) and isinstance(block.ignore_error_block, Entry):
            entries.append(block.ignore_error_block)
        elif isinstance(block, DuplicateBlockKeyBlock):
            repairs["repeated @string: the first kept"] += 1
        elif isinstance(block, ParsingFailedBlock):
            reason = one_line(str(getattr(block.error, "abort_reason", block.error)))
            problems.add(
                f"an entry cannot be read: {reason}",
                todo="Look for a missing brace, quote or comma; at the end of the file it is cut off.",
                file=file,
                row=(block.start_line or 0) + 1,
                values=[block.raw or ""],
            )
        elif isinstance(block, ImplicitComment):
            _check_comment(block, repairs, problems, file)
    problems.raise_if_any(DataError)
    return entries


def _check_comment(comment: ImplicitComment, repairs: Counter[str], problems: Problems, file: str) -> None:
    """Text between entries is left out and counted, unless it is part of an entry."""
    text = comment.comment
    if re.search(r"^\s*@", text, re.MULTILINE) or FIELD_OUTSIDE.search(text):
        problems.add(
            "part of an entry stands outside any entry.",
            todo="Look for a brace that closes too early; at the end of the file it is cut off.",
            file=file,
            row=(comment.start_line or 0) + 1,
            values=[text],
        )
    else:
        repairs["lines outside any entry left out"] += text.count("\n") + 1


def _values_of(entry: Entry, strings: dict[str, str], problems: Problems, file: str) -> dict[str, str]:
    """field → its value, strings looked up and joined; of a repeated field the first."""
    values: dict[str, str] = {}
    for item in entry.fields:
        pieces = _pieces(item.value)
        # bibtexparser takes a field that follows without a comma for more of the value before.
        if any(_is_run_on(piece) for piece in pieces):
            problems.add(
                "more than one value in a field: a comma is missing behind it.",
                todo="Add the comma.",
                file=file,
                row=item.start_line + 1,
                column=item.key,
                values=[item.value],
            )
        values.setdefault(item.key.lower(), "".join(_value(piece, strings) for piece in pieces))
    return values


def _fields_of(raw: dict[str, str], entry: Entry, repairs: Counter[str]) -> dict[str, str]:
    def first(*names: str) -> str:
        values = (_plain(raw[name], repairs, is_code=name in CODE_FIELDS) for name in names if name in raw)
        return next((value for value in values if value), "")

    return {
        "record_id": one_line(entry.key),
        "record_type": entry.entry_type,
        "title": first("title"),
        "authors": joined(_plain(author, repairs) for author in _authors(raw.get("author", ""))),
        "year": year_of(first("year", "date")),
        "journal": first("journal", "journaltitle", "booktitle"),
        "volume": first("volume"),
        "issue": first("number", "issue"),
        "pages": page_range(*re.split(r"\s*–\s*", first("pages"), maxsplit=1)),
        "doi": first("doi"),
        "pmid": first("pmid"),
        "pmcid": first("pmcid", "pmc"),
        "language": first("language", "langid"),
        "url": first("url"),
        "abstract": first("abstract"),
    }


def _pieces(raw: str) -> list[str]:
    """The parts of a value between `#` that stand outside braces and quotes."""
    if "#" not in raw:
        return [raw.strip()]
    pieces, start, depth, is_quoted = [], 0, 0, False
    for mark in VALUE_MARK.finditer(raw):
        if mark.group() in "{}":
            depth += 1 if mark.group() == "{" else -1
        elif mark.group() == '"':
            is_quoted ^= depth == 0
        elif depth == 0 and not is_quoted:
            pieces.append(raw[start : mark.start()].strip())
            start = mark.end()
    return [*pieces, raw[start:].strip()]


def _is_run_on(piece: str) -> bool:
    """Whether text goes on behind the brace or quote that closes the first value."""
    if not piece.startswith(("{", '"')):
        return bool(re.search(r"[={\"]", piece))
    if not VALUE_MARK.search(piece, 1, len(piece) - 1):
        return False
    depth = 0
    for mark in VALUE_MARK.finditer(piece, 1 if piece[0] == '"' else 0):
        if mark.group() in "{}":
            depth += 1 if mark.group() == "{" else -1
        is_closing = mark.group() == ("}" if piece[0] == "{" else '"')
        if depth == 0 and is_closing:
            return mark.end() < len(piece)
    return True


def _value(piece: str, strings: dict[str, str]) -> str:
    if len(piece) > 1 and piece[0] + piece[-1] in ("{}", '""'):
        return piece[1:-1]
    # The value of a @string is looked up once only: strings may not stand in strings here.
    return _value(strings[piece.lower()], {}) if piece.lower() in strings else piece


def _authors(value: str) -> list[str]:
    """The names between the words "and" that stand outside braces."""
    names, start, depth = [], 0, 0
    for mark in AUTHOR_MARK.finditer(value):
        if mark.group() in "{}":
            depth += 1 if mark.group() == "{" else -1
        elif depth == 0:
            names.append(value[start : mark.start()])
            start = mark.end()
    return [*names, value[start:]]


def _plain(value: str, repairs: Counter[str], is_code: bool = False) -> str:
    """A value as plain text: no braces, accents as characters. Codes keep dashes and tildes."""
    if not is_code:
        value = TIE.sub(" ", value)
    if "\\" in value or "{" in value or "}" in value:
        value = LATEX.sub(lambda match: _replacement(match, repairs), value)
    if not is_code and "--" in value:
        value = value.replace("---", "—").replace("--", "–")
    return one_line(value)


def _replacement(match: re.Match[str], repairs: Counter[str]) -> str:
    found = match.groupdict()
    if mark := found["mark"] or found["letter_mark"]:
        letter = (found["bare"] or found["braced"] or "").lstrip("\\")
        # `\~{}` and `\^{}` are the characters themselves, as in addresses.
        return unicodedata.normalize("NFC", letter + ACCENTS[mark]) if letter else mark
    if name := found["name"]:
        if name in SYMBOLS:
            return SYMBOLS[name]
        repairs["LaTeX commands not known, left as they stand"] += 1
        return f"\\{name} "
    if found["escaped"]:
        return found["escaped"]
    return " " if found["space"] else ""
