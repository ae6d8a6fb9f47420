"""Bytes become text: what is decoded, what is repaired and reported, what is refused."""

from __future__ import annotations

import pytest

from mapanalysis.errors import DataError
from mapanalysis.sources import text as text_module
from mapanalysis.sources.text import Repair, decode_text, decoded_once, repairs_table


def whats(repairs: list[Repair]) -> list[tuple[str, int]]:
    return [(repair.what, repair.count) for repair in repairs]


def test_plain_utf8_is_not_touched():
    assert decode_text("Señor\nmüde\n".encode(), "a.ris") == ("Señor\nmüde\n", [])


@pytest.mark.parametrize(
    ("encoding", "mark", "name"),
    [
        ("utf-8", b"\xef\xbb\xbf", "UTF-8"),
        ("utf-16-le", b"\xff\xfe", "UTF-16"),
        ("utf-16-be", b"\xfe\xff", "UTF-16"),
        ("utf-32-le", b"\xff\xfe\x00\x00", "UTF-32"),
    ],
)
def test_a_byte_order_mark_decides_the_encoding_and_is_removed(encoding: str, mark: bytes, name: str):
    text, repairs = decode_text(mark + "Señor 对".encode(encoding), "a.ris")
    assert text == "Señor 对"
    assert repairs == [Repair("a.ris", f"{name} byte order mark removed", 1)]


def test_a_byte_order_mark_inside_joined_files_is_removed_and_counted():
    text, repairs = decode_text("TY\n\ufeffTY\n\ufeffTY".encode(), "a.ris")
    assert text == "TY\nTY\nTY"
    assert whats(repairs) == [("byte order marks inside the text removed", 2)]


def test_western_text_that_is_not_utf8_is_read_as_windows_1252():
    text, repairs = decode_text("José – “Muñoz” ©\nascii\nŽ\n".encode("cp1252"), "a.ris")
    assert text == "José – “Muñoz” ©\nascii\nŽ\n"
    assert whats(repairs) == [("not UTF-8: lines read as Windows-1252", 2)]


def test_bytes_that_windows_1252_lacks_are_read_as_latin_1():
    text, repairs = decode_text(b"Se\xf1or \x81\n", "a.ris")
    assert text == "Señor \x81\n"
    assert whats(repairs) == [("not UTF-8: lines read as Latin-1", 1)]


@pytest.mark.parametrize(
    ("sentence", "encoding"),
    [
        ("Поддержка сверстников при психических расстройствах: систематический обзор", "cp1251"),
        ("对精神分裂症或其他重性精神疾病患者的同伴支持", "gb18030"),
    ],
)
def test_another_script_is_guessed_and_the_guess_is_reported(sentence: str, encoding: str):
    text, repairs = decode_text(f"TI  - {sentence}\n".encode(encoding), "a.ris")
    assert sentence in text
    assert whats(repairs) == [(f"not UTF-8: read as {encoding} (a guess)", 1)]


def test_lines_of_another_encoding_in_a_utf8_file_are_read_line_by_line():
    data = "Señor\nMüller\n对\n".encode() + "naïve\n".encode("latin-1")
    text, repairs = decode_text(data, "a.ris")
    assert text == "Señor\nMüller\n对\nnaïve\n"
    assert whats(repairs) == [("lines that are not UTF-8 read as Windows-1252, the others as UTF-8", 1)]


def test_line_ends_are_unified_and_each_kind_is_counted():
    text, repairs = decode_text(b"a\r\nb\rc\nd\r\n", "a.ris")
    assert text == "a\nb\nc\nd\n"
    assert whats(repairs) == [("line ends CR LF read as LF", 2), ("lone CR read as a line end", 1)]


def test_stray_control_characters_become_spaces_and_are_counted():
    text, repairs = decode_text(b"word" * 100 + b"\x0bend\x1a\n", "a.ris")
    assert text == "word" * 100 + " end \n"
    assert whats(repairs) == [("control characters replaced by spaces", 2)]


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"TY  - JOUR\n\x00\x00", "NUL bytes"),
        ("TY  - JOUR".encode("utf-16-le"), "NUL bytes"),
        (b"Se\xf1or\x00", "NUL bytes"),
        (bytes(range(1, 256)) * 4, "binary data"),
        (b"PK\x03\x04 sheet", "zip archive or Excel workbook"),
        (b"%PDF-1.7 x", "a PDF"),
        (b"\xff\xfeT\x00Y", "byte 4 is not UTF-16"),
        ("müde und Señor 对".encode()[:-1], "half a UTF-8 character at the end"),
    ],
)
def test_what_is_not_text_is_refused_with_what_was_found_and_what_to_do(data: bytes, found: str):
    with pytest.raises(DataError, match=f"a.ris: expected text, found .*{found}") as caught:
        decode_text(data, "a.ris")
    assert caught.value.problems[0].todo


def test_a_file_over_the_stated_size_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(text_module, "MOST_BYTES", 1024**2)
    decode_text(b"a" * 1024**2, "a.ris")
    with pytest.raises(DataError, match="expected at most 1 MiB, found 2 MiB"):
        decode_text(b"a" * (2 * 1024**2), "a.ris")


def test_repairs_are_a_frame_also_when_there_are_none():
    assert repairs_table([]).dtypes.astype(str).to_dict() == {"file": "str", "what": "str", "count": "int64"}
    assert repairs_table([Repair("a", "b", 3)]).to_dict("records") == [{"file": "a", "what": "b", "count": 3}]


def test_text_of_excel_for_mac_is_read_as_mac_roman():
    """Its letters with accents are signs of Windows-1252, and the other way round."""
    text, repairs = decode_text("Uusi-Kämppä\nBjörn’s “Fougères”\n".encode("mac_roman"), "a.csv")
    assert text == "Uusi-Kämppä\nBjörn’s “Fougères”\n"
    assert whats(repairs) == [("not UTF-8: lines read as Mac Roman", 2)]


def test_western_words_are_not_taken_for_mac_roman():
    for text in ("don’t\n", "Müller–García, œuvre naïve\n", "Žižek, Šimek\n"):
        assert decode_text(text.encode("cp1252"), "a.csv")[0] == text


@pytest.mark.parametrize(
    ("twice", "once"),
    [
        ("RÃ¼sch", "Rüsch"),
        ("donâ€™t", "don’t"),
        ("peerâ€\x9d", "peer”"),
        ("Ã€ la carte", "À la carte"),
        ("å¯¹", "对"),
    ],
)
def test_text_encoded_twice_is_decoded_once_more(twice: str, once: str):
    assert once.encode().decode("cp1252", "replace").replace("�", "\x9d") == twice
    assert decoded_once(twice) == once


@pytest.mark.parametrize("text", ["Rüsch", "São Paulo", "RÃ¼sch 对", "RÃ¼sch, Rüsch", "Ã", "naïve Â"])
def test_text_that_may_be_meant_is_left_alone(text: str):
    assert decoded_once(text) == text
