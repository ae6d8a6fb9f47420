import pytest
from bs4 import BeautifulSoup

from mapanalysis.errors import OutputError
from mapanalysis.publish.index import Group, Item, size_in_words, write_index


@pytest.fixture
def edition(tmp_path):
    (tmp_path / "tables").mkdir()
    (tmp_path / "report.pdf").write_bytes(b"x" * 46_400)
    (tmp_path / "tables" / "by year #1.csv").write_text("a,b\n")
    return tmp_path


def an_index(folder, *groups, **changes):
    facts = {
        "title": "Peer support",
        "edition": "2026-11",
        "date": "2026-11-23",
        "licence": "CC0",
        "provenance": (("Commit", "cd0bdc2"),),
    }
    write_index(folder / "index.html", **(facts | changes), groups=groups)
    return BeautifulSoup((folder / "index.html").read_bytes(), "html.parser")


READ = Group("Read", (Item("report.pdf", "The report to print", "With page numbers."),))
TABLES = Group("Tables", (Item("tables/by year #1.csv", "Studies <b>by</b> year"),), note="One CSV each.")


def test_the_index_leads_to_every_file_and_says_what_it_is(edition):
    page = an_index(edition, READ, TABLES, Group("Figures", ()))
    links = {link.get_text(): link["href"] for link in page.select("main a")}
    assert links == {
        "The report to print": "report.pdf",
        "Studies <b>by</b> year": "tables/by%20year%20%231.csv",
    }
    assert "PDF, 46 KB" in page.select_one(".doors").get_text()
    assert [heading.get_text() for heading in page.select("h2")] == ["Read", "Tables", "Where it comes from"]
    facts = page.select_one(".facts").get_text(" ")
    assert all(word in facts for word in ("Edition 2026-11", "23 November 2026", "Licence: CC0"))
    assert "cd0bdc2" in page.select_one("dl").get_text()


def test_the_index_needs_no_script_and_loads_nothing(edition):
    page = an_index(edition, READ, title="<script>alert(1)</script>")
    assert not page.select("script, [src], link:not([href^='data:'])")
    assert page.h1.get_text() == "<script>alert(1)</script>"


def test_two_runs_give_the_same_bytes(edition):
    an_index(edition, READ, TABLES)
    first = (edition / "index.html").read_bytes()
    an_index(edition, READ, TABLES)
    assert first == (edition / "index.html").read_bytes()


def test_all_files_that_are_not_there_are_named(edition):
    lost = Group("Tables", (Item("tables/a.csv", "A"), Item("tables/b.csv", "B")))
    with pytest.raises(OutputError, match=r"tables/a\.csv: .*not there[\s\S]*tables/b\.csv"):
        an_index(edition, READ, lost)


@pytest.mark.parametrize(
    ("n_bytes", "words"),
    [(0, "0 bytes"), (999, "999 bytes"), (1_000, "1 KB"), (999_499, "999 KB"), (999_500, "1.0 MB")],
)
def test_sizes_are_for_readers(n_bytes, words):
    assert size_in_words(n_bytes) == words
