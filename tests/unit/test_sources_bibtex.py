"""BibTeX: every entry read or refused, values as plain text."""

from __future__ import annotations

import logging

import pytest

from mapanalysis.errors import DataError
from mapanalysis.sources import bibtex
from mapanalysis.sources.bibtex import parse_bibtex


def field(name: str, raw: str) -> str:
    """What a field is read as; `raw` with its braces."""
    (only,) = parse_bibtex(f"@article{{key,\n  {name} = {raw}\n}}\n", "a.bib").records
    return only["authors" if name == "author" else name]


def refused(text: str, match: str) -> None:
    with pytest.raises(DataError, match=match):
        parse_bibtex(text, "a.bib")


def test_the_fields_of_an_entry_are_read():
    text = """@Article{key1,
      Title = "One", author = {Ruiz, A and Berg, O}, journaltitle = {Journal}, date = {2019-05},
      volume = 4, number = {2}, pages = {10--19}, doi = {10.5555/x}, pmid = {3}, pmcid = {PMC3},
      langid = {english}, url = {https://example.org/a}, abstract = {Text.},
    }"""
    assert parse_bibtex(text, "a.bib").records == [
        {
            "record_id": "key1", "record_type": "article", "title": "One", "authors": "Ruiz, A; Berg, O",
            "year": "2019", "journal": "Journal", "volume": "4", "issue": "2", "pages": "10-19",
            "doi": "10.5555/x", "pmid": "3", "pmcid": "PMC3", "language": "english",
            "url": "https://example.org/a", "abstract": "Text.",
        }
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (r"{The {DNA} of {{Peers}}}", "The DNA of Peers"),
        (r"{M{\"u}ller, M\"{u}ller, M\"uller, {M\"{u}ller}}", "Müller, Müller, Müller, Müller"),
        (r"{Dvo{\v{r}}{\'a}k, Ho\v sek, \c{C}elik, \L{}ukasz \O{} \aa}", "Dvořák, Hošek, Çelik, Łukasz Ø å"),
        (r"{na{\"\i}ve \'{\i} {\ss} {\AE}}", "naïve í ß Æ"),
        (r"{A \& B, 40\% and 10% left, \$5, a\_b, \#1}", "A & B, 40% and 10% left, $5, a_b, #1"),
        (r"{{\textless}p{\textgreater} a{\textbackslash}b{\textasciitilde}}", r"<p> a\b~"),
        (r"{\emph{very} \textbf{bold} \textit{words}}", "very bold words"),
        (r"{1990--2000 --- and J.~Smith, ~5 years}", "1990–2000 — and J. Smith, ~5 years"),
        ("{two\n   lines}", "two lines"),
        (r"{$x^2$ stays}", "$x^2$ stays"),
        ('"in ""quotes"', None),
        ('"a {"} b"', 'a " b'),
    ],
)
def test_values_become_plain_text_and_lose_nothing(raw: str, text: str | None):
    if text is None:
        refused(f"@article{{key, title = {raw}}}", "a comma is missing")
    else:
        assert field("title", raw) == text


def test_codes_keep_dashes_and_tildes():
    assert field("url", r"{https://example.org/~a/b~c--d\_e/\~{}f}") == "https://example.org/~a/b~c--d_e/~f"
    assert field("doi", r"{10.5555/a{\_}b--c}") == "10.5555/a_b--c"


def test_latex_that_is_not_known_stays_and_is_counted():
    parsed = parse_bibtex(r"@article{key, title = {An \unheard{thing}}}", "a.bib")
    assert parsed.records[0]["title"] == r"An \unheard thing"
    assert parsed.repairs == {"LaTeX commands not known, left as they stand": 1}


def test_authors_are_parted_by_and_outside_braces():
    raw = "{Ruiz, A. and {Health and Care Group} and\n  Sandandberg, B. AND others}"
    assert field("author", raw) == "Ruiz, A.; Health and Care Group; Sandandberg, B.; others"


def test_strings_are_looked_up_and_joined():
    text = '@string{jp = "Journal of Peers"}\n@article{key, journal = jp # " #(" # {Online, #2} # ")"}'
    assert parse_bibtex(text, "a.bib").records[0]["journal"] == "Journal of Peers #(Online, #2)"


def test_entries_in_parentheses_and_on_one_line_are_read():
    text = '@book(one, title="A (b)") @misc{two, title={B}} @ARTICLE {three, title={C}}\n'
    assert [each["title"] for each in parse_bibtex(text, "a.bib").records] == ["A (b)", "B", "C"]


def test_duplicate_keys_are_returned_so_that_ids_can_be_judged_over_all_files():
    text = "@article{same, title={A}}\n@article{same, title={B}}\n@misc{, title={C}}\n@misc{, title={D}}\n"
    assert [(r["record_id"], r["title"]) for r in parse_bibtex(text, "a.bib").records] == [
        ("same", "A"), ("same", "B"), ("", "C"), ("", "D"),
    ]  # fmt: skip


def test_a_repeated_field_keeps_the_first_and_is_counted():
    parsed = parse_bibtex("@article{key, title={A}, title={B}}", "a.bib")
    assert parsed.records[0]["title"] == "A"
    assert parsed.repairs == {"repeated fields of an entry: the first kept": 1}


def test_text_between_entries_is_left_out_and_counted():
    text = "Exported by a program\n% 2 entries\n@comment{x}\n@article{a, title={A}}\n"
    assert parse_bibtex(text, "a.bib").repairs == {"lines outside any entry left out": 2}


WHOLE = "@article{a,\n  title = {A}\n}\n"


@pytest.mark.parametrize(
    ("text", "match"),
    [
        (
            WHOLE + "@article{b,\n  title = {B",
            "row 4: an entry cannot be read: Unexpectedly reached end of file",
        ),
        (WHOLE + "@article{b", "row 4: an entry cannot be read"),
        (WHOLE + "@artic", "row 4: part of an entry stands outside any entry"),
        ("@article{b,\n  title = {B\n" + WHOLE, "row 1: an entry cannot be read: Unexpected block start"),
        ("@article{a, title = {A}}, year = {2019}}", "part of an entry stands outside any entry"),
        ("@article{a,\n title = {A}\n year = {2019}\n}", "row 2, column title: more than one value"),
        ("@article{a,\n year = 2019\n pages = {1}\n}", "row 2, column year: more than one value"),
        ("@article\n{a, title = {A}}", "part of an entry stands outside any entry"),
    ],
)
def test_broken_and_cut_entries_are_errors(text: str, match: str):
    refused(text, f"a.bib, {match}" if match.startswith("row") else match)


def test_all_broken_entries_are_listed_at_once():
    with pytest.raises(DataError) as caught:
        parse_bibtex(
            "@article{a, title = {A\n" + WHOLE + "@article{c, x\n" + WHOLE.replace("{a", "{d"), "a.bib"
        )
    assert [problem.row for problem in caught.value.problems] == [1, 5]


def test_a_parser_that_loses_an_entry_is_found_out(monkeypatch: pytest.MonkeyPatch):
    honest = bibtex.parse_string
    monkeypatch.setattr(bibtex, "parse_string", lambda text, **options: honest(text[len(WHOLE) :], **options))
    refused(
        WHOLE + WHOLE.replace("{a", "{b"), r"expected 2 records \(lines that begin with @type{\), found 1"
    )


def test_the_parser_does_not_write_to_the_log_what_is_raised_anyway(caplog: pytest.LogCaptureFixture):
    refused("@article{a, title = {A", "cannot be read")
    assert caplog.records == []
    assert logging.getLogger("bibtexparser").level == logging.NOTSET
