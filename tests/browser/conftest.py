"""A real browser, and the pages it is shown: a small report, a notebook and an index with every awkward thing."""

import base64
import io

import nbformat.v4 as nb
import pytest
from PIL import Image
from real_browser import opened, path_of_browser, show_file

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
from mapanalysis.publish.html import section_html, summary_html, write_notebook_html, write_report_html
from mapanalysis.publish.index import Group, Item, write_index

LONG = "Pneumonoultramicroscopicsilicovolcanoconiosis" * 3
HOSTILE = (
    "<script>document.title = 'ran'</script><img src=https://example.org/x onerror=\"document.title='ran'\">"
)
TEXT = (
    "Most of the studies that were found are of one need and one way of giving support, and few of them "
    "say what it cost or how long it lasted. "
)


# --- the browser ---


@pytest.fixture
def find_browser():
    return path_of_browser


@pytest.fixture(scope="session")
def window(browser):
    """One window for all tests: opening another takes longer than most tests."""
    return opened(browser)


@pytest.fixture
def show(window, edition):
    """Shows a page of the edition, named or by its path, in a window of a size and with the media asked for.

    Motion is off unless asked for. `asked_for` of the page lists what it asked the network or the disk for,
    `complaints` what the browser had to say of it.
    """

    def show_page(name, size=(1280, 900), **media):
        return show_file(window, (edition / name).as_uri(), size, **media)

    return show_page


@pytest.fixture
def without_javascript(browser):
    page = opened(browser, java_script_enabled=False, viewport={"width": 320, "height": 640})
    yield page
    page.context.close()


# --- the pages ---


@pytest.fixture(scope="session")
def edition(tmp_path_factory):
    """A folder with report.html, index.html and notebooks/gaps.html."""
    folder = tmp_path_factory.mktemp("edition")
    (folder / "figures").mkdir()
    (folder / "figures" / "map.svg").write_text(a_drawing(643, 420), encoding="utf-8")
    (folder / "figures" / "years.svg").write_text(a_drawing(643, 160), encoding="utf-8")
    report = a_report()
    write_report_html(a_report_notebook(report, folder), folder / "report.html", report)
    write_notebook_html(
        a_notebook(folder), folder / "notebooks" / "gaps.html", part_of="A small map", footer=(TEXT,)
    )
    write_an_index(folder)
    return folder


def a_drawing(width, height):
    bars = "".join(
        f'<rect x="{x}" y="{height - x % 90 - 20}" width="9" height="90"/>' for x in range(5, width, 12)
    )
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" fill="#0072b2">{bars}</svg>'


def a_report():
    numbers = tuple(
        Column(label, "right") for label in ("Studies", "Reviews", "Primary", "Economic", "Newest")
    )
    needs = ("Diabetes", "Severe mental illness", "Neurological condition or injury", LONG)
    gaps = tuple(
        (kind, need, "12", "3", "9", "0", "2024") for kind in ("No study", "No review") for need in needs
    )
    reports = tuple(
        (f"{TEXT} [doi:10.1/{need[:3]}](doi:10.1/2)", need, "Costs; Quality of life") for need in needs
    )
    volume = (
        Paragraph(TEXT * 2),
        Figure(
            "figures/years.svg",
            "Half of the studies had appeared by 2021",
            "Bars by year.",
            TEXT,
            "tables/years.csv",
        ),
        Paragraph(f"{literal(HOSTILE)} {LONG}"),
    )
    gaps_blocks = (
        Callout("What a gap is", TEXT),
        Figure(
            "figures/map.svg",
            f"Two of 84 cells are empty: {LONG}",
            "A grid.",
            LONG,
            f"tables/{LONG.lower()}.csv",
        ),
        Table(
            TEXT,
            TEXT,
            (Column("Kind"), Column("Need", share=2), *numbers),
            gaps,
            group="Kind",
            table_csv="tables/gaps.csv",
        ),
    )
    included = (
        Table("The reports", "", (Column("Report", share=2), Column("Need"), Column("Measured")), reports),
        Table(
            "Words",
            "",
            (Column("Word"), Column("Meaning", share=3)),
            (("Need", TEXT), (literal(HOSTILE), LONG)),
        ),
    )
    sections = (
        Section("volume", "How much evidence there is", volume),
        Section("by-need", f"By need, and {LONG}", (Bullets((TEXT, f"**Bold.** {TEXT}")),), level=2),
        Section("missing", "Where evidence is missing", gaps_blocks),
        Section("included", "Included reports", included),
    )
    return number_blocks(
        Report(
            title=f"Peer support {literal(HOSTILE)}",
            subtitle="A small map",
            edition="2026-11",
            date="2026-11-23",
            question=TEXT,
            footer=TEXT,
            summary=(TEXT, f"**Gaps.** {TEXT}", LONG),
            sections=sections,
        )
    )


def a_report_notebook(report, folder):
    return nb.new_notebook(
        cells=[
            nb.new_markdown_cell("# The report\n\nWhat it does.\n\n## Load"),
            a_cell(f"report = build()  # {LONG}", nb.new_output("stream", text="1,704 records read\n")),
            a_cell("summary(report)", as_html(summary_html(report, folder))),
            nb.new_markdown_cell("### In between"),
            *(
                a_cell(f"show({section.id!r})", as_html(section_html(section, folder)))
                for section in report.sections
            ),
        ]
    )


def a_notebook(folder):
    """Executed, with an output of each kind."""
    wide = "".join(f"<td>{number}</td>" for number in range(24))
    heads = "".join(f"<th>outcome_{number}</th>" for number in range(24))
    table = f'<table border="1"><thead><tr><th></th>{heads}</tr></thead><tbody><tr><th>0</th>{wide}</tr></tbody></table>'
    drawing = {"image/svg+xml": a_drawing(643, 160)}
    code = f'# why\ncells = grid.count_studies(codings, rows="need", columns="outcome")  # {LONG}\nassert 1 == len("x")'
    block = section_html(a_report().sections[2], folder)
    return nb.new_notebook(
        cells=[
            nb.new_markdown_cell(
                "# Where evidence is missing\n\nA question.\n\n## Load\n\n| a | b |\n|---|---|\n| 1 | 2 |"
            ),
            a_cell(code, nb.new_output("stream", text=f"{LONG}\n{LONG} {LONG}\n")),
            a_cell(
                "table", as_html(table), nb.new_output("stream", name="stderr", text=f"Warning: {LONG}\n")
            ),
            nb.new_markdown_cell(f"## Show\n\nSee <https://example.org/{LONG}>.\n\n### Pictures"),
            a_cell(
                "plot()", a_picture(drawing, "Bars."), a_picture({"image/png": a_png()}, "An empty chart.")
            ),
            a_cell("block", as_html(block)),
            a_cell("block", as_html(block)),
            nb.new_markdown_cell("## Write"),
            a_cell(
                "1 / 0",
                nb.new_output("error", ename="E", evalue="e", traceback=["\x1b[31mE\x1b[0m", LONG * 2]),
            ),
        ],
        metadata={"language_info": {"name": "python", "pygments_lexer": "ipython3"}},
    )


def a_cell(source, *outputs):
    return nb.new_code_cell(source, outputs=list(outputs))


def as_html(html):
    return nb.new_output("display_data", {"text/html": html, "text/plain": "HTML"})


def a_picture(data, alt):
    return nb.new_output("display_data", data, metadata={kind: {"alt": alt} for kind in data})


def a_png():
    made = io.BytesIO()
    Image.new("RGB", (1_200, 300), "white").save(made, "PNG")
    return base64.b64encode(made.getvalue()).decode()


def write_an_index(folder):
    tables = ("years.csv", "gaps.csv", f"{LONG.lower()[:100]}.csv")
    (folder / "tables").mkdir()
    for name in tables:
        (folder / "tables" / name).write_text("a,b\n")
    groups = (
        Group("Read", (Item("report.html", "The report", TEXT), Item("notebooks/gaps.html", LONG))),
        Group("Tables", tuple(Item(f"tables/{name}", TEXT, LONG) for name in tables), TEXT),
        Group("Figures", (Item("figures/map.svg", "Two of 84 cells are empty"),)),
    )
    write_index(
        folder / "index.html",
        title=f"Peer support {HOSTILE}",
        edition=LONG,
        date="2026-11-23",
        licence="CC0-1.0",
        groups=groups,
        subtitle=TEXT,
        question=TEXT,
        provenance=(("Code", f"commit {LONG}"), (LONG, "3 files")),
        footer=(TEXT,),
    )
