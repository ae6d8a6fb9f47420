"""What is printed of the map: the PDF that a real browser makes, its text read by pdftotext and its pages by pdftoppm."""

from __future__ import annotations

import copy
import re
import subprocess
from collections import Counter

import pytest
from awkward import draw_map, make_hostile
from PIL import Image

from mapanalysis.viewer.still import count_still

MOTTO = "Shows what evidence exists, not what works."
PLAIN = {"need": [3]}


@pytest.fixture
def print_map(open_map, tmp_path):
    """Prints a payload's map to a PDF and gives its path."""

    def printed(payload, hash="", **media):
        return to_pdf(open_map(payload, hash, **media), tmp_path)

    return printed


def to_pdf(window, folder):
    window.emulate_media(media="null")  # else the PDF is one of the screen
    window.pdf(path=folder / "map.pdf", prefer_css_page_size=True, print_background=True)
    return folder / "map.pdf"


def text_of(path, *options):
    done = subprocess.run(["pdftotext", *options, path, "-"], capture_output=True, text=True, check=True)
    return done.stdout


def squeezed(text):
    """Without spaces and line breaks, nor the hyphens at which lines end: where a line is broken says nothing."""
    return re.sub(r"[\s\u00ad\u2010-]+", "", text)


def rows_of(path):
    """The label of each printed line that ends in numbers, and its numbers."""
    lines = re.findall(
        r"(?m)^ *(\S.*?) {2,}((?:[\d,]+\*?|–|×)(?: +(?:[\d,]+\*?|–|×))*)$", text_of(path, "-layout")
    )
    return [(label, [number_of(word) for word in numbers.split()]) for label, numbers in lines]


def number_of(word):
    return {"–": 0, "×": None}.get(word) if word in "–×" else int(word.rstrip("*").replace(",", ""))


def test_every_number_of_the_matrix_is_printed(print_map, peer_payload):
    still = count_still(peer_payload)
    rows = rows_of(print_map(peer_payload))
    n_types = 3
    for _, group in still.rows:
        for row in group:
            numbers = next(numbers for label, numbers in rows if label == row.label)
            assert (numbers[0], numbers[1 + n_types :]) == (row.total, list(row.cells)), row.label
    totals = next(numbers for label, numbers in rows if label == "All")
    assert totals == [168, 65, 97, 15, *still.totals.cells]


def test_types_of_evidence_are_counted_beside_and_below(print_map, peer_payload):
    rows = dict(rows_of(print_map(peer_payload)))
    assert [
        rows[label][0]
        for label in ("Systematic review", "Randomised controlled trial", "Economic evaluation")
    ] == [65, 97, 15]
    assert rows["Practical help"][:4] == [39, 6, 32, 3]


def test_every_study_shown_is_listed_once_with_its_reports(print_map, peer_payload):
    printed = squeezed(text_of(print_map(peer_payload), "-raw"))
    titles = Counter(squeezed(title) for title in peer_payload["reports"]["title"] if title.isascii())
    assert sum(titles.values()) > 150
    missing = {title for title, n in titles.items() if printed.count(title) < n}
    assert not missing


def test_what_is_filtered_out_is_not_printed_and_the_filters_are_said(print_map, peer_payload):
    printed = text_of(print_map(peer_payload, "f.design=economic_evaluation&years=2018-2026"))
    plain = squeezed(printed)
    shown = re.search(r"(\d+) of 168 studies shown", printed)
    assert shown
    assert int(shown[1]) < 20
    assert squeezed("Filters: Type of evidence: Economic evaluation; and a report from 2018 to 2026") in plain
    assert f"{shown[1]} studies shown = " in printed
    titles = [squeezed(title) for title in peer_payload["reports"]["title"]]
    assert 0 < sum(title in plain for title in titles) < 40


def test_the_head_says_what_the_map_is_and_what_it_is_not(print_map, peer_payload):
    words = peer_payload["map"]
    first = squeezed(text_of(print_map(peer_payload), "-l", "1"))
    for text in (
        words["title"],
        words["subtitle"],
        words["question"],
        f"Edition {words['edition']}",
        words["dateInWords"],
        MOTTO,
        words["trustInShort"],
    ):
        assert squeezed(text) in first, text


def test_the_end_says_how_to_cite(print_map, peer_payload):
    whole = squeezed(text_of(print_map(peer_payload)))
    for text in (
        "168 studies included = 168 placed in the matrix + 0 not placed.",
        f"Cite as: {peer_payload['map']['cite']}",
        peer_payload["map"]["footer"],
    ):
        assert squeezed(text) in whole, text


def test_nothing_else_of_the_page_is_printed(print_map, peer_payload):
    printed = text_of(print_map(peer_payload))
    for words in ("How to use", "Copy link", "Fold groups", "Studies by country", "area is the number"):
        assert words not in printed


def test_an_open_dialog_does_not_stand_before_the_print(open_map, tmp_path, peer_payload):
    window = open_map(peer_payload)
    window.get_by_role("button", name="How to use").click()
    printed = text_of(to_pdf(window, tmp_path))
    assert "Read a cell" not in printed
    assert "Practical help" in printed


def test_sheets_are_a4_landscape_and_numbered(print_map, small_payload):
    path = print_map(small_payload)
    about = subprocess.run(["pdfinfo", path], capture_output=True, text=True, check=True).stdout
    width, height = map(float, re.search(r"Page size: +([\d.]+) x ([\d.]+)", about).groups())
    assert (round(width / 72 * 25.4), round(height / 72 * 25.4)) == (297, 210)
    pages = int(re.search(r"Pages: +(\d+)", about)[1])
    assert f"1 of {pages}" in text_of(path, "-l", "1")


def test_paper_is_white_in_the_dark(print_map, small_payload, tmp_path):
    path = print_map(small_payload, color_scheme="dark")
    subprocess.run(
        ["pdftoppm", "-r", "30", "-gray", "-l", "1", "-singlefile", "-png", path, tmp_path / "page"],
        check=True,
    )
    lightness = Image.open(tmp_path / "page.png").convert("L").histogram()
    assert sum(lightness[200:]) > 0.8 * sum(lightness)
    assert sum(lightness[:130]) > 100  # the words are dark


def test_wide_maps_are_cut_into_parts_that_repeat_their_headings(print_map):
    payload = draw_map(60, [[3], 2], [[20], [25], 15], [3], filters=PLAIN)
    path = print_map(payload)
    text = text_of(path, "-layout")
    parts = re.findall(r"Part (\d) of (\d) of the columns", text)
    assert [part for part, _ in parts] == [str(n) for n in range(1, len(parts) + 1)]
    assert {last for _, last in parts} == {str(len(parts))}
    assert len(parts) >= 3  # 61 columns, of which 26 can be read side by side
    rows = [code[1] for code in payload["dimensions"][0]["codes"]]
    lines = rows_of(path)
    for code in payload["dimensions"][0]["codes"][1:4]:
        parts_of_row = [numbers for label, numbers in lines if label == code[1]]
        assert len(parts_of_row) == len(parts)
        assert (
            len({numbers[0] for numbers in parts_of_row}) == 1
        )  # the number of the whole row stands in each part
        assert sum(len(numbers) for numbers in parts_of_row) == len(parts) + 3 + 61
    assert all(text.count(label) >= len(parts) for label in rows)
    printed = squeezed(text_of(path))
    columns = payload["dimensions"][1]["codes"]
    assert not [label for _, label, *_ in columns if squeezed(label) not in printed]


def test_tall_maps_repeat_the_column_headings_on_each_sheet(print_map, peer_payload):
    path = print_map(peer_payload, "row=need")
    labels = ("Symptoms and distress", "Effects on peer supporters", "Mental health and wellbeing")
    for page in ("1", "2"):
        printed = squeezed(text_of(path, "-f", page, "-l", page))
        assert not [label for label in labels if squeezed(label) not in printed], page
    assert "Screening and prevention" in text_of(path, "-f", "2", "-l", "2")


def test_gaps_are_printed_as_letters_with_their_rules(print_map, peer_payload):
    printed = text_of(print_map(peer_payload, "style=gaps"), "-layout")
    assert "at least 3 primary studies, and no review known to be from 2021 or later" in printed
    assert re.search(r"Social interaction .* A ?–", printed)
    assert re.search(r"(?m)^ *Practical help .* [SEOQPRC]+ ?\d", printed)
    assert not re.search(r"(?m)^ *Not reported .* [ASEOQPRC]+ ?[\d–]", printed)


def test_cells_without_true_pairs_are_marked_where_others_have_them(print_map, small_payload, peer_payload):
    text = text_of(print_map(small_payload), "-layout")
    assert "* co-coded" in text
    assert re.search(r"\d\*", text)
    all_alike = text_of(print_map(peer_payload), "-layout")
    assert "all cells are co-coded" in all_alike
    assert not re.search(r"\d\*", all_alike)


def test_cells_that_were_not_looked_for_are_told_from_empty_ones(print_map, small_payload):
    payload = copy.deepcopy(small_payload)
    still = count_still(payload)
    assert still.has_outside_scope
    text = text_of(print_map(payload), "-layout")
    assert "× outside the scope: not looked for" in text
    looked_for = [cell for _, group in still.rows for row in group for cell in row.cells]
    assert text.count("×") == 1 + looked_for.count(None)


def test_studies_that_are_not_placed_are_listed_with_the_reason(print_map, small_payload):
    text = re.sub(r"\s+", " ", text_of(print_map(small_payload)))
    n = int(re.search(r"in the matrix \+ (\d+) not placed", text)[1])
    assert n > 0
    assert text.count("Not in the matrix: ") == n


def test_the_page_is_as_before_when_printing_is_over(open_map, peer_payload, tmp_path):
    window = open_map(peer_payload)
    grid = window.get_by_role("grid")
    before = grid.bounding_box()
    to_pdf(window, tmp_path)
    window.emulate_media(media="screen")
    assert window.locator(".ma-print > *").count() == 0
    assert grid.bounding_box() == before


def test_a_map_in_a_notebook_leaves_printing_to_it(open_map, small_payload):
    window = open_map(small_payload, media="print")
    assert window.evaluate("getComputedStyle(document.querySelector('.ma-print')).display") == "block"
    window.evaluate("document.querySelector('.ma').classList.remove('ma-page')")
    assert window.evaluate("getComputedStyle(document.querySelector('.ma-print')).display") == "none"
    assert window.locator(".ma-main").is_visible()


@pytest.mark.parametrize("n_studies", [0, 1])
def test_maps_with_next_to_nothing_are_printed(print_map, n_studies):
    path = print_map(draw_map(n_studies, [3], [3], [2], filters=PLAIN))
    assert f"All {n_studies} stud" in text_of(path)
    rows = rows_of(path)
    assert [len(numbers) for _, numbers in rows] == [7] * 5 + [5] * 2
    assert max(max(numbers) for _, numbers in rows) == n_studies


def test_hostile_text_is_printed_as_text(print_map, window):
    payload = make_hostile(draw_map(5, [2], [3], [2], filters=PLAIN), title_length=1_000)
    text = text_of(print_map(payload))
    listed = squeezed(text).partition(squeezed("Studies shown"))[2]
    assert listed.count(squeezed("</script><script>window.ran = 'script'</script><img")) > 2 * 5
    assert window.evaluate("window.ran") is None
    assert not [address for address in window.asked_for if not address.startswith("file:")]


def test_a_list_too_long_for_paper_says_that_it_is_cut(print_map):
    payload = draw_map(5_100, [2], [2], [2], filters=PLAIN)
    text = squeezed(text_of(print_map(payload), "-raw"))
    assert squeezed("The first 5,000 studies are listed; the export of the map has them all.") in text
    titles = [squeezed(title) for title in payload["reports"]["title"]]
    assert 5_000 <= sum(title in text for title in titles) < len(titles)
