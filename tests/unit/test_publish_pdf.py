import re
from dataclasses import replace

import pytest

from mapanalysis.errors import DataError, OutputError
from mapanalysis.markup import literal
from mapanalysis.publish import pdf
from mapanalysis.publish.document import (
    Bullets,
    Callout,
    Column,
    Figure,
    Paragraph,
    Report,
    Section,
    Table,
    number_blocks,
)
from mapanalysis.publish.pdf import shown_text, write_pdf

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="300pt" height="100pt"><path d="M0 0h200v50h-200z"/></svg>'
)
HOSTILE = [
    '#panic("read as code") #set page(width: 1pt) #import "nothing.typ"',
    "$x^2$ @reference <label> `raw` = Heading - list /* comment",
    "<script>alert(1)</script> \"double\" 'single' & ampersand \\",
    "\u202eturned\u202c \u200fשלום العربية",
    "同伴支持 日本語 한국어 ไทย हिन्दी 😀 🇬🇧",
    "a\x00b\x07c\ufeffd\ue000e\uffff \ud800 \u2028 f\u200bg\u00adh e\u0301",
    "a" * 10_000,
    "word " * 500,
]


@pytest.fixture
def root(tmp_path):
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "years.svg").write_text(SVG)
    return tmp_path


def a_report(words="Studies", **changes):
    blocks = (
        Paragraph(words),
        Bullets((words, f"**{literal(words)}** [doi](doi:10.1/2)")),
        Callout(words, words),
        Figure("figures/years.svg", words, words, words, "tables/years.csv"),
        Table(
            words, words, (Column(words), Column("n", "right")), ((words, "1"), ("", "")), table_csv="t.csv"
        ),
        Table(words, "", (Column("g"), Column(words)), ((words, "1"), ("b", "2"), ("b", "3")), group="g"),
    )
    sections = (Section("a", words, blocks), Section("b", words, (), level=2))
    report = Report(words, words, "2026-11", "2026-11-23", words, words, (words,), sections)
    return number_blocks(replace(report, **changes))


def pages(pdf):
    return int(re.search(rb"NPages>(\d+)<", pdf)[1])


def test_two_runs_give_the_same_bytes_and_the_date_of_the_report(root):
    write_pdf(a_report(), root, root / "one.pdf")
    write_pdf(a_report(), root, root / "two.pdf")
    one = (root / "one.pdf").read_bytes()
    assert one == (root / "two.pdf").read_bytes()
    assert b"CreateDate>2026-11-23T00:00:00" in one
    write_pdf(a_report(date="2026-11-24"), root, root / "two.pdf")
    assert one != (root / "two.pdf").read_bytes()


def test_the_file_declares_both_standards_its_language_and_its_title(root):
    write_pdf(a_report("Peer support", author="An author"), root, root / "report.pdf")
    pdf = (root / "report.pdf").read_bytes()
    for said in (
        b"<pdfuaid:part>1</pdfuaid:part>",
        b"<pdfaid:part>2</pdfaid:part><pdfaid:conformance>A</pdfaid:conformance>",
        b"<rdf:li>en-GB</rdf:li>",
        b">Peer support</rdf:li>",
        b">An author</rdf:li>",
    ):
        assert said in pdf


@pytest.mark.parametrize("words", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_set_as_text_and_never_stops_the_report(root, words):
    report = a_report(words)
    write_pdf(report, root, root / "report.pdf")
    assert pages((root / "report.pdf").read_bytes()) >= 3


def test_a_figure_without_alt_text_is_refused_and_nothing_is_written(root):
    figure = Figure("figures/years.svg", "Title", "", "168 studies")
    with pytest.raises(DataError, match="no alt"):
        write_pdf(a_report(sections=(Section("a", "A", (figure,)),)), root, root / "report.pdf")
    assert not (root / "report.pdf").exists()


def test_a_figure_that_is_no_picture_is_one_clear_error(root):
    (root / "figures" / "years.svg").write_text("not an image")
    with pytest.raises(OutputError, match=r"report\.pdf: the PDF cannot be made: failed to"):
        write_pdf(a_report(), root, root / "report.pdf")


def test_a_long_table_runs_over_pages(root):
    rows = tuple((f"Study {i}", "1") for i in range(200))
    table = Table("All studies", "", (Column("Study", share=4), Column("n", "right")), rows)
    write_pdf(a_report(sections=(Section("a", "A", (table,)),)), root, root / "long.pdf")
    write_pdf(a_report(sections=(Section("a", "A", ()),)), root, root / "short.pdf")
    assert pages((root / "long.pdf").read_bytes()) >= pages((root / "short.pdf").read_bytes()) + 3


def test_a_report_with_nothing_in_it_is_still_a_report(root):
    empty = (Section("a", "A", (Bullets(()), Paragraph(""), Table("T", "", (Column("c"),), ()))),)
    write_pdf(a_report(sections=empty, summary=(), question="", footer="", subtitle=""), root, root / "r.pdf")
    assert (root / "r.pdf").read_bytes().startswith(b"%PDF-1.7")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Ångström α Ж ≥ ½ “quoted” – שלום عربي", "Ångström α Ж ≥ ½ “quoted” – שלום عربي"),
        ("e\u0301", "é"),
        ("同伴支持 in 한국어", "[CJK script] in [Hangul script]"),
        ("a 🇬🇧 \ue000 b", "a [symbol] [symbol] b"),
        ("a\x00b\n\tc", "ab c"),
    ],
)
def test_characters_without_a_shape_become_a_note(text, shown):
    assert shown_text(text) == shown


def test_long_words_may_be_broken_and_the_others_are_left_alone():
    assert "\u200b" in shown_text("x" * 100)
    assert shown_text("10.1186/s12888-025-07011-y") == "10.1186/s12888-025-07011-y"


def test_a_link_to_a_file_beside_the_report_is_words_in_the_pdf():
    (beside,) = pdf._spans("[list](tables/01_flow.csv)")
    (abroad,) = pdf._spans("[paper](doi:10.1/2)")
    assert (beside["text"], beside["style"]) == ("list", "plain")
    assert (abroad["style"], abroad["url"]) == ("link", "https://doi.org/10.1/2")
