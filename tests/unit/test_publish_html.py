import base64
import re
from dataclasses import replace

import nbformat.v4 as nb
import pytest
from bs4 import BeautifulSoup

from mapanalysis.errors import DataError
from mapanalysis.markup import literal
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
from mapanalysis.publish.html import (
    TEMPLATES,
    block_html,
    section_html,
    summary_html,
    write_notebook_html,
    write_report_html,
)

SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script></svg>'
HOSTILE = [
    "<script>alert(1)</script><img src=https://evil.org/x onerror=alert(1)>",
    "\"quoted\" 'single' & &lt;ampersand&gt; --> ]]> {{ 7 * 7 }} {% raw %}",
    '" onmouseover="alert(1)',
    "[x](javascript:alert(1)) [y](https://e.org/'onclick='alert)",
    "\u202eturned \u200fשלום 同伴支持 \ud800 \x00",
    "a" * 10_000,
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
        Table(words, words, (Column(words), Column("n", "right")), ((words, "1"), ("", ""))),
        Table(words, "", (Column("g"), Column(words)), ((words, "1"), ("b", "2"), ("b", "3")), group="g"),
    )
    sections = (Section("volume", words, blocks), Section("needs", words, (), level=2))
    report = Report(words, words, "2026-11", "2026-11-23", words, words, (words,), sections)
    return number_blocks(replace(report, **changes))


def shows(html, **metadata):
    return nb.new_output("display_data", {"text/html": html, "text/plain": "HTML"}, metadata=metadata)


def a_cell(source, *outputs):
    return nb.new_code_cell(source, outputs=list(outputs))


def a_notebook(*cells):
    return nb.new_notebook(cells=list(cells), metadata={"language_info": {"name": "python"}})


def a_report_notebook(report, root):
    return a_notebook(
        nb.new_markdown_cell("# Report notebook\n\n## Load"),
        a_cell("report = build()", shows("<p>a working table</p>")),
        a_cell("display(summary)", shows(summary_html(report, root))),
        *(a_cell(f"show({section.id!r})", shows(section_html(section, root))) for section in report.sections),
    )


def page_of(path):
    return BeautifulSoup(path.read_bytes(), "html.parser")


def a_report_page(root, words="Studies"):
    report = a_report(words)
    write_report_html(a_report_notebook(report, root), root / "report.html", report)
    return page_of(root / "report.html")


def loads(page):
    """Every address that a browser would fetch by itself."""
    attributes = ("src", "srcset", "data", "poster", "background", "xlink:href")
    found = [str(tag[name]) for name in attributes for tag in page.find_all(attrs={name: True})]
    found += [str(tag["href"]) for tag in page.select("link[href]")]
    styles = " ".join(tag.get_text() for tag in page.select("style")) + " ".join(
        str(tag["style"]) for tag in page.select("[style]")
    )
    return found + re.findall(r"@import\s*\S+|url\([^)]*\)", styles)


# --- the page ---


def test_a_page_loads_nothing_from_anywhere_and_says_so_to_the_browser(root):
    page = a_report_page(root)
    assert loads(page)
    assert all(address.startswith("data:") for address in loads(page))
    policy = page.select_one("meta[http-equiv=Content-Security-Policy]")["content"]
    assert "default-src 'none'" in policy
    assert "img-src data:;" in policy
    assert "script-src" not in policy
    assert not page.select("script")


def test_a_page_has_language_title_landmarks_and_a_way_past_the_header(root):
    page = a_report_page(root)
    assert page.html["lang"] == "en-GB"
    assert page.title.get_text() == "Studies"
    assert [tag.name for tag in page.body.find_all(["header", "nav", "main", "footer"])] == [
        "header",
        "nav",
        "main",
        "footer",
    ]
    first_link = page.body.find("a")
    assert page.select_one(first_link["href"]).name == "main"


def test_headings_go_down_one_step_at_a_time_below_one_first_heading(root):
    page = a_report_page(root)
    headings = [tag for tag in page.find_all(re.compile("^h[1-6]$")) if not tag.find_parent(class_="working")]
    assert [tag.name for tag in headings] == ["h1", "h2", "h2", "h3"]
    assert len(page.select("h1")) == 1, "the notebook's own heading, once shown, must not be another"


def test_contents_lead_to_every_section_and_ids_are_used_once(root):
    page = a_report_page(root)
    targets = [link["href"] for link in page.select("nav a")]
    assert targets == ["#key-messages", "#volume", "#needs"]
    assert page.select_one("nav ol ol a")["href"] == "#needs"
    assert all(len(page.select(target)) == 1 for target in targets)
    ids = [tag["id"] for tag in page.select("[id]")]
    assert len(ids) == len(set(ids))


def test_headings_of_one_name_get_ids_of_their_own(root):
    cells = [
        nb.new_markdown_cell(f"{marks} {words}") for marks, words in [("##", "Years"), ("##", "Years 2")]
    ]
    write_notebook_html(a_notebook(*cells, nb.new_markdown_cell("## Years")), root / "page.html")
    page = page_of(root / "page.html")
    assert [link["href"] for link in page.select("nav a")] == ["#years", "#years-2", "#years-3"]


def test_figures_keep_alt_text_denominator_and_data(root):
    figure = a_report_page(root).select_one("figure")
    assert figure.select_one("figcaption").get_text(" ", strip=True) == "Figure 1 Studies"
    image = figure.select_one("img")
    assert image["alt"] == "Studies"
    assert base64.b64decode(image["src"].partition("base64,")[2]).decode() == SVG
    assert figure.select_one(".source a")["href"] == "tables/years.csv"


def test_tables_have_captions_scopes_and_can_be_scrolled_by_keyboard(root):
    plain, grouped = a_report_page(root).select("table")
    for table in (plain, grouped):
        assert table.caption.get_text(strip=True)
        assert all(header["scope"] for header in table.select("th"))
        frame = table.parent
        assert (frame["role"], frame["tabindex"]) == ("group", "0")
        assert frame["aria-label"].startswith("Table ")
    assert [tag.get_text() for tag in grouped.select("th[scope=rowgroup]")] == ["Studies", "b"]


# --- the report among the cells ---


def test_the_report_hides_the_notebooks_own_words_code_and_outputs_until_asked(root):
    page = a_report_page(root)
    assert page.select_one("input#_code[type=checkbox]")
    for words in ("report = build()", "a working table", "Report notebook", "display(summary)"):
        hidden = [tag for tag in page.select(".working") if words in tag.get_text()]
        assert hidden, words
    assert not page.select(".working .report-section")


def test_a_section_that_the_notebook_does_not_show_is_missed(root):
    report = a_report()
    notebook = a_report_notebook(report, root)
    del notebook.cells[-1]
    with pytest.raises(DataError, match=r"does not show the sections.*'needs'"):
        write_report_html(notebook, root / "report.html", report)
    assert not (root / "report.html").exists()


def test_what_differs_from_run_to_run_leaves_no_trace(root):
    def run(number):
        cell = a_cell(
            "f",
            nb.new_output(
                "execute_result", {"text/plain": f"<function f at 0x7f00{number}abc>"}, execution_count=number
            ),
            nb.new_output("stream", name="stderr", text=f"/tmp/ipykernel_{number}/99.py:1: Warning"),
        )
        cell.metadata["execution"] = {"iopub.execute_input": f"2026-11-23T00:00:0{number}"}
        cell.id = f"cell-{number}"
        cell.execution_count = number
        write_notebook_html(a_notebook(cell), root / "page.html")
        return (root / "page.html").read_bytes()

    assert b"function f" in run(1)
    assert run(1) == run(2)


# --- notebooks ---


def test_a_notebook_page_takes_its_title_from_its_first_heading_and_folds_the_code(root):
    notebook = a_notebook(nb.new_markdown_cell("# How much?\n\n## By year"), a_cell("n = 1"))
    write_notebook_html(notebook, root / "page.html", part_of="Peer support")
    page = page_of(root / "page.html")
    assert page.title.get_text() == "How much? – Peer support"
    assert [tag.get_text() for tag in page.select("h1")] == ["How much?"]
    code = page.select_one("details.code")
    assert "n = 1" in code.get_text()
    assert not code.has_attr("open")


def test_pictures_of_a_notebook_keep_the_alt_text_of_their_metadata(root):
    pictures = {"image/svg+xml": SVG, "image/png": base64.b64encode(b"png").decode() + "\n"}
    outputs = [
        nb.new_output("display_data", {kind: data}, metadata={kind: {"alt": 'Bars "rise" & fall'}})
        for kind, data in pictures.items()
    ]
    write_notebook_html(a_notebook(a_cell("show()", *outputs)), root / "page.html")
    images = page_of(root / "page.html").select("main img")
    assert [image["alt"] for image in images] == ['Bars "rise" & fall'] * 2
    assert [image["src"].partition(";")[0] for image in images] == ["data:image/svg+xml", "data:image/png"]


@pytest.mark.parametrize(
    "output",
    [
        nb.new_output("display_data", {"image/png": "cG5n"}),
        nb.new_output("display_data", {"image/svg+xml": SVG}, metadata={"image/svg+xml": {"alt": " "}}),
        shows('<img src="data:image/png;base64,cG5n">'),
    ],
    ids=["png", "svg", "html"],
)
def test_a_picture_without_alt_text_is_refused_with_its_cell(root, output):
    with pytest.raises(DataError, match="cell 2: a picture has no alt text"):
        write_notebook_html(a_notebook(nb.new_markdown_cell("# T"), a_cell("x", output)), root / "page.html")


def test_tables_of_pandas_get_scopes_and_numbers_to_the_right(root):
    html = (
        '<style scoped>th {color: red}</style><table border="1" class="dataframe"><thead><tr style="text-align: right;">'
        "<th></th><th>need</th><th>n</th></tr></thead><tbody><tr><th>0</th><td>Cancer</td><td>1,204</td></tr>"
        "<tr><th>1</th><td>Pain</td><td>NaN</td></tr></tbody></table>"
    )
    write_notebook_html(a_notebook(a_cell("table", shows(html))), root / "page.html")
    page = page_of(root / "page.html")
    table = page.select_one("table.dataframe")
    assert [header.get("scope") for header in table.select("th")] == ["col", "col", "row", "row"]
    assert [cell.get_text() for cell in table.select(".right") if cell.name == "td"] == ["", "1,204", "NaN"]
    assert not page.select("style[scoped], [border]")


def test_links_of_a_block_lead_from_the_notebooks_page_to_the_edition(root):
    figure = a_report().sections[0].blocks[3]
    write_notebook_html(a_notebook(a_cell("f", shows(block_html(figure, root)))), root / "page.html")
    assert page_of(root / "page.html").select_one(".source a")["href"] == "../tables/years.csv"


# --- hostile input ---


@pytest.mark.parametrize("words", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_shown_as_text(root, words):
    page = a_report_page(root, words)
    assert not page.select("script, iframe, [onerror], [onmouseover], [onclick]")
    assert all(address.startswith("data:") for address in loads(page))
    links = [str(link["href"]) for link in page.select("a")]
    assert all(
        link.startswith(("#", "https://", "tables/", "figures/", "report.pdf", "index.html"))
        for link in links
    )
    expected = re.sub("[\u202e\x00\ud800]", "", words)
    assert (
        expected[:200] in re.sub("[\u202e\x00\ufffd?]", "", page.select_one("#volume p").get_text())
        or "[" in words
    )


def test_scripts_and_frames_that_an_output_brings_are_taken_out(root):
    brought = (
        '<script src="https://cdn.org/x.js"></script><iframe src="https://e.org"></iframe><base href="https://e.org">'
        '<link rel="stylesheet" href="https://e.org/x.css"><p onclick="alert(1)">kept</p>'
    )
    javascript = nb.new_output(
        "display_data", {"application/javascript": "alert(1)", "text/plain": "<Javascript>"}
    )
    write_notebook_html(a_notebook(a_cell("x", shows(brought), javascript)), root / "page.html")
    page = page_of(root / "page.html")
    assert "kept" in page.main.get_text()
    assert loads(page) == ["data:,"]
    assert "alert" not in page.select_one("main").decode()


# --- colours ---


def luminance(colour):
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("mode", [0, 1, 2], ids=["light", "dark", "print"])
def test_text_has_the_contrast_of_wcag_aa_on_both_grounds(mode):
    # WCAG 2.2, 1.4.3: 4.5 to 1.
    css = (TEMPLATES / "page.css").read_text()
    light = dict(re.findall(r"--(\w+): (#\w{6})", re.findall(r":root \{[^}]*\}", css)[0]))
    colours = light | dict(re.findall(r"--(\w+): (#\w{6})", re.findall(r":root \{[^}]*\}", css)[mode]))
    for ground in ("paper", "wash"):
        for ink in ("ink", "quiet", "accent", "string", "constant"):
            pair = sorted([luminance(colours[ground]), luminance(colours[ink])])
            assert (pair[1] + 0.05) / (pair[0] + 0.05) >= 4.5, (ground, ink)


def test_the_code_of_a_figure_is_one_click_away(tmp_path):
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "02_years.svg").write_text(SVG, encoding="utf-8")
    figure = Figure(
        "figures/02_years.svg", "Years", "Bars.", "1 study", code="notebooks/02_volume.html#02_years"
    )
    in_report = section_html(Section("volume", "Volume", (figure,)), tmp_path)
    assert 'href="notebooks/02_volume.html#02_years"' in in_report
    notebook = nb.new_notebook(
        cells=[nb.new_markdown_cell("# Volume"), a_cell("draw()", shows(block_html(figure, tmp_path)))]
    )
    write_notebook_html(notebook, tmp_path / "page.html")
    page = BeautifulSoup((tmp_path / "page.html").read_text(encoding="utf-8"), "html.parser")
    assert page.select_one("details.code [id='02_years']") is not None
    assert page.select_one(".made-by") is None
