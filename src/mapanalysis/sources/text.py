"""Bytes of foreign files become text here, with a note of every repair that took.

Exports of databases and reference managers come in several encodings and line ends. What can be
read without doubt is read; what had to be guessed or changed is reported; what is not text is refused.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass

import charset_normalizer
import pandas as pd

from mapanalysis.errors import DataError, Problem

MOST_BYTES = 512 * 1024**2

# A longer mark first: the UTF-32 mark begins with the UTF-16 one.
BYTE_ORDER_MARKS = (
    (b"\xef\xbb\xbf", "utf-8", "UTF-8"),
    (b"\xff\xfe\x00\x00", "utf-32-le", "UTF-32"),
    (b"\x00\x00\xfe\xff", "utf-32-be", "UTF-32"),
    (b"\xff\xfe", "utf-16-le", "UTF-16"),
    (b"\xfe\xff", "utf-16-be", "UTF-16"),
)

NOT_TEXT = (
    (b"PK\x03\x04", "a zip archive or Excel workbook", "Open it and save the sheet as CSV UTF-8."),
    (b"\xd0\xcf\x11\xe0", "an old Office document", "Open it and save the sheet as CSV UTF-8."),
    (b"\x1f\x8b", "a gzip archive", "Unpack it and add the file inside."),
    (b"%PDF-", "a PDF", "Export the records as RIS, NBIB, BibTeX or CSV."),
)

# Beyond this share of control characters the bytes are no text; below it they are stray marks.
MOST_CONTROL_SHARE = 0.01
CONTROL = re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]")

WITHIN_WORD = re.compile(rb"(?<=[A-Za-z])([\x80-\xff])(?=[a-z])")

# A letter of UTF-8 that was read as Windows-1252 and written as UTF-8 again: its first byte and the next as characters.
TWICE = re.compile("[\u00c2-\u00f4](?=[\u0080-\u00bf\u0152-\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122])")

# The guess needs evidence, not the whole file: this many bytes of lines that are not ASCII.
BYTES_TO_GUESS_FROM = 64 * 1024


@dataclass(frozen=True)
class Repair:
    """One kind of change made to a file while reading it, with the number of times it was made."""

    file: str
    what: str
    count: int = 1


def repairs_table(repairs: Iterable[Repair]) -> pd.DataFrame:
    """Repairs as a frame: one row per file and kind of repair.

    Columns: file (text), what (text), count (number of times, integer).
    """
    frame = pd.DataFrame([asdict(repair) for repair in repairs], columns=["file", "what", "count"])
    return frame.astype({"file": "str", "what": "str", "count": "int64"})


def decode_text(data: bytes, file: str) -> tuple[str, list[Repair]]:
    r"""The text of a file with `\n` line ends and no byte order mark, and the repairs made.

    Encodings: a byte order mark decides (UTF-8, UTF-16, UTF-32); then strict UTF-8; then line by line,
    where most lines that are not ASCII are UTF-8 (files pasted together); then Windows-1252, Latin-1
    where that has no such character, or Mac Roman where that makes better words; where the bytes look
    like another script (Cyrillic, Chinese ...) the encoding charset-normalizer finds. `file` is for
    messages only.

    Raises DataError for NUL bytes, binary files, bytes that do not fit their own byte order mark,
    and files of more than `MOST_BYTES`.

    >>> decode_text(b"Se\xf1or\r\n", "a.csv")[0]
    'Señor\n'
    """
    check_size(len(data), file)
    _check_is_text(data, file)
    text, repairs = _decode(data, file)
    if "\0" in text:
        raise DataError(_not_text(file, "NUL bytes", "Export it again as plain text (UTF-8)."))
    text, more = _without_control_characters(text, file)
    text, line_ends = _with_plain_line_ends(text, file)
    return text, [*repairs, *more, *line_ends]


def check_size(n_bytes: int, file: str) -> None:
    """Nothing; raises DataError for a file too large to be read as a whole."""
    if n_bytes > MOST_BYTES:
        raise DataError(
            Problem(
                f"expected at most {MOST_BYTES // 1024**2:,} MiB, found {n_bytes / 1024**2:,.0f} MiB.",
                "Split it into several files.",
                file=file,
            )
        )


def _not_text(file: str, found: str, todo: str) -> Problem:
    return Problem(f"expected text, found {found}.", todo, file=file)


def _check_is_text(data: bytes, file: str) -> None:
    for start, found, todo in NOT_TEXT:
        if data.startswith(start):
            raise DataError(_not_text(file, found, todo))


def _decode(data: bytes, file: str) -> tuple[str, list[Repair]]:
    for mark, encoding, name in BYTE_ORDER_MARKS:
        if data.startswith(mark):
            try:
                text = data[len(mark) :].decode(encoding)
            except UnicodeDecodeError as error:
                found = f"a {name} byte order mark, but byte {error.start + len(mark):,} is not {name}"
                todo = "The file is cut off or damaged: export or download it again."
                raise DataError(_not_text(file, found, todo)) from error
            return text, [Repair(file, f"{name} byte order mark removed")]
    try:
        return data.decode("utf-8"), []
    except UnicodeDecodeError as error:
        # Valid UTF-8 up to half a character at the very end: the rest of the file is missing.
        if error.reason == "unexpected end of data" and not data[: error.start].isascii():
            todo = "The file is cut off: export or download it again."
            raise DataError(_not_text(file, "half a UTF-8 character at the end", todo)) from error
        return _decode_unmarked(data, file)


def _decode_unmarked(data: bytes, file: str) -> tuple[str, list[Repair]]:
    """Text of bytes that are not UTF-8 throughout and carry no mark."""
    if b"\0" in data:
        raise DataError(_not_text(file, "NUL bytes", "Export it again as plain text (UTF-8)."))
    lines = data.split(b"\n")
    foreign = [line for line in lines if not line.isascii()]
    n_utf8 = sum(_is_utf8(line) for line in foreign)
    if n_utf8 * 2 > len(foreign):
        text = "\n".join(line.decode() if _is_utf8(line) else _western(line)[0] for line in lines)
        what = "lines that are not UTF-8 read as Windows-1252, the others as UTF-8"
        return text, [Repair(file, what, len(foreign) - n_utf8)]
    if _is_other_script(foreign):
        match = charset_normalizer.from_bytes(b"\n".join(foreign)[:BYTES_TO_GUESS_FROM]).best()
        try:
            text = data.decode(match.encoding) if match else ""
        except (UnicodeDecodeError, LookupError):
            match = None
        if match:
            return text, [Repair(file, f"not UTF-8: read as {match.encoding} (a guess)", len(foreign))]
    if _is_mac_roman(data):
        return data.decode("mac_roman"), [Repair(file, "not UTF-8: lines read as Mac Roman", len(foreign))]
    text, name = _western(data)
    return text, [Repair(file, f"not UTF-8: lines read as {name}", len(foreign))]


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _is_other_script(lines: list[bytes]) -> bool:
    """Whether most bytes beyond ASCII stand in runs of three or more.

    Accents and signs stand alone in the languages of Windows-1252. A statistical guess is worse
    than this rule there: charset-normalizer takes a lone © for Japanese and ñ for Polish ń.
    """
    text = b"\n".join(lines)
    runs = [len(run) for run in re.findall(rb"[\x80-\xff]+", text)]
    return sum(run for run in runs if run >= 3) * 2 > sum(runs)


def _is_mac_roman(data: bytes) -> bool:
    """Whether more bytes within words are letters of Mac Roman than of Windows-1252.

    Excel for Mac saves plain CSV so. Within a word (after a letter, before one in lower case) stand letters in lower
    case, apostrophes and dashes; the two encodings have them at other places.
    """
    inner = Counter(match[1] for match in WITHIN_WORD.finditer(data))

    def n_plausible(encoding: str) -> int:
        return sum(count for byte, count in inner.items() if _is_inner(byte.decode(encoding, "replace")))

    return n_plausible("mac_roman") > n_plausible("cp1252")


def _is_inner(character: str) -> bool:
    return character.islower() or character in "’–—"


def _western(data: bytes) -> tuple[str, str]:
    try:
        return data.decode("cp1252"), "Windows-1252"
    except UnicodeDecodeError:
        return data.decode("latin-1"), "Latin-1"


def decoded_once(text: str) -> str:
    """`text` as it was before it was encoded twice ("RÃ¼sch" is "Rüsch"); unchanged where that is in any doubt.

    All of it must go the whole way back: every character one of Windows-1252 (with the five that it lacks), the bytes
    UTF-8, and these, read as Windows-1252 once more, the very text that was given.

    >>> decoded_once("RÃ¼sch"), decoded_once("Ã¼ber 对")
    ('Rüsch', 'Ã¼ber 对')
    """
    if not TWICE.search(text):
        return text
    try:
        data = b"".join(map(_byte_of, text))
        once = data.decode("utf-8")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return text
    return once


def _byte_of(character: str) -> bytes:
    """The byte of a character in Windows-1252; the five bytes that it lacks are those of Latin-1, as browsers have it."""
    try:
        return character.encode("cp1252")
    except UnicodeEncodeError:
        return (
            character.encode("latin-1") if character in "\x81\x8d\x8f\x90\x9d" else character.encode("ascii")
        )


def _without_control_characters(text: str, file: str) -> tuple[str, list[Repair]]:
    repairs = []
    # A mark inside the text is left of files that were joined: it would hide the tag behind it.
    if n_marks := text.count("\ufeff"):
        text = text.replace("\ufeff", "")
        repairs.append(Repair(file, "byte order marks inside the text removed", n_marks))
    if n_controls := len(CONTROL.findall(text)):
        if n_controls > MOST_CONTROL_SHARE * len(text):
            found = f"{n_controls:,} control characters in {len(text):,}: binary data"
            raise DataError(_not_text(file, found, "Export it again as plain text (UTF-8)."))
        text = CONTROL.sub(" ", text)
        repairs.append(Repair(file, "control characters replaced by spaces", n_controls))
    return text, repairs


def _with_plain_line_ends(text: str, file: str) -> tuple[str, list[Repair]]:
    n_pairs = text.count("\r\n")
    n_lone = text.count("\r") - n_pairs
    repairs = []
    if n_pairs:
        repairs.append(Repair(file, "line ends CR LF read as LF", n_pairs))
    if n_lone:
        repairs.append(Repair(file, "lone CR read as a line end", n_lone))
    return text.replace("\r\n", "\n").replace("\r", "\n"), repairs
