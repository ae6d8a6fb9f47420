"""Text as readers see it: the tiny inline markup, its limits, and dates."""

import time

import pytest

from mapanalysis.markup import Span, date_in_words, literal, parse_inline, plain_text


def test_emphasis_bold_and_links_become_spans_and_the_rest_stays_text():
    assert parse_inline("a *b* **c** [d](https://e.org/f)!") == (
        Span("a "),
        Span("b", "emphasis"),
        Span(" "),
        Span("c", "bold"),
        Span(" "),
        Span("d", "link", "https://e.org/f"),
        Span("!"),
    )


def test_a_doi_link_leads_to_the_resolver_and_may_hold_brackets():
    (span,) = parse_inline("[paper](doi:10.1016/S0140-6736(18)31470-3)")
    assert span.url == "https://doi.org/10.1016/S0140-6736(18)31470-3"


def test_a_table_of_the_same_edition_can_be_linked():
    assert parse_inline("[list](tables/01_flow_screened.csv)") == (
        Span("list", "link", "tables/01_flow_screened.csv"),
    )


@pytest.mark.parametrize(
    "text",
    [
        "[x](tables/../secret.csv)",
        "[x](tables/a/b.csv)",
        "[x](tables/a.html)",
        "[x](/tables/a.csv)",
        "[x](javascript:alert(1))",
        "[x](data:text/html,y)",
        "[x](//evil.org)",
        '[x](https://e.org/"onclick=)',
        "[x](https://e.org/\u00e9)",
        "HLA-B*57 and C*06",
        "2 * 3 * 4",
        "5*3*2 and * spaced*",
        "**never closed",
        "# no heading, $no$ mathematics, <b>no tag</b>",
    ],
)
def test_what_is_not_the_tiny_markup_is_literal(text):
    assert all(span.style == "plain" for span in parse_inline(text))


@pytest.mark.parametrize("text", ["*a* **b** [c](https://d.org) \\", "a\\*b", "[[x]](doi:10.1/2)", ""])
def test_literal_text_comes_back_as_it_was(text):
    assert plain_text(literal(text)) == text
    assert all(span.style == "plain" for span in parse_inline(literal(text)))


def test_marks_that_turn_the_direction_of_what_follows_are_left_out():
    assert plain_text("a\u202eb\u202c\u2067c\u2069") == "abc"


@pytest.mark.parametrize(
    "text", ["[" * 50_000, "*a " * 20_000, "[a](https://" + "x(" * 20_000, "\\" * 50_000]
)
def test_hostile_lengths_are_parsed_in_time_and_without_loss(text):
    start = time.perf_counter()
    assert plain_text(text).replace("\\", "") == text.replace("\\", "")
    assert time.perf_counter() - start < 5, "quadratic: a parser that backtracks"


def test_dates_are_written_as_a_british_reader_does():
    assert date_in_words("2026-11-03") == "3 November 2026"
