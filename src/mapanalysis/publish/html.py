"""The report and the notebooks as web pages: one file each, no script, nothing loaded from anywhere.

`section_html` shows a section in a notebook; `write_report_html` makes the report of the notebook that showed
them all; `write_notebook_html` makes a page of any executed notebook. nbconvert renders the cells with our own
template (templates/nbconvert), templates/page.html.j2 is the page around them.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from mapanalysis.errors import DataError, Problems
from mapanalysis.files import write_bytes
from mapanalysis.markup import date_in_words, parse_inline, plain_text
from mapanalysis.publish.document import (
    KIND_OF,
    SUMMARY_ID,
    Block,
    Figure,
    Report,
    Section,
    check_report,
    grid_of,
    name_of,
)

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag
    from nbformat import NotebookNode

TEMPLATES = Path(__file__).parent / "templates"
REPORT_LINKS = (("PDF", "report.pdf"), ("All files of this edition", "index.html"))
# A page of ours needs none of these; what an output brings along is taken out.
UNWANTED = "script, iframe, object, embed, link, meta, base, form, style[scoped]"
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
NUMBER = r"[-−+]?[\d,. ]*\d\s*%?|NaN|nan|<NA>|None|–|"
PICTURES = ("image/svg+xml", "image/png", "image/jpeg")
SHOWN_FIRST = ["text/html", *PICTURES, "text/markdown", "text/latex", "text/plain"]
# Traces of one particular run in what a notebook prints.
RUN_TRACES = (
    (re.compile(r"/tmp/ipykernel_\d+/\d+\.py"), "cell"),
    (re.compile(r" at 0x[0-9a-f]{6,16}(?=>|&gt;)"), ""),
)


@dataclass(frozen=True)
class Page:
    """What stands around the body of a page. `links` are (label, address) pairs."""

    title: str
    kind: str
    language: str = "en-GB"
    title_in_header: bool = True
    part_of: str = ""
    subtitle: str = ""
    question: str = ""
    facts: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    footer: tuple[str, ...] = ()
    has_code: bool = False


@dataclass(frozen=True)
class Entry:
    """A line of the contents."""

    id: str
    text: str
    below: tuple[Entry, ...] = ()


# --- in a notebook ---


def block_html(block: Block, figures_root: Path) -> str:
    """One figure, table or text as HTML, for `IPython.display.HTML`; a picture is read and embedded."""
    return str(_macros().show(block, figures_root))


def section_html(section: Section, figures_root: Path) -> str:
    """One section as HTML, for `IPython.display.HTML`; pictures are read below `figures_root` and embedded."""
    return str(_macros().section(section, figures_root))


def summary_html(report: Report, figures_root: Path) -> str:
    """The first page of the report as HTML, for `IPython.display.HTML`: key messages and their figures."""
    return section_html(report.first_page, figures_root)


def _macros() -> Any:
    return environment().get_template("blocks.html.j2").module


def _picture(figure: Figure, figures_root: Path) -> str:
    svg = (figures_root / figure.path_svg).read_bytes()
    return f"data:image/svg+xml;base64,{base64.b64encode(svg).decode('ascii')}"


@cache
def environment() -> Environment:
    """Our templates, in which everything is escaped."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters |= {
        "spans": parse_inline,
        "name": name_of,
        "plain": plain_text,
        "kind": lambda block: KIND_OF[type(block)],
        "grid": grid_of,
        "picture": _picture,
    }
    return made


# --- pages ---


def write_report_html(
    notebook: Path | NotebookNode,
    path: Path,
    report: Report,
    links: Sequence[tuple[str, str]] = REPORT_LINKS,
) -> None:
    """Writes the report page from the executed notebook that showed `summary_html` and each `section_html`.

    What else the notebook holds, its code, its words and its other outputs, is shown on request only.

    Raises: DataError when the report cannot be rendered, when the notebook does not show all of it, or when a
    picture has no alt text; OutputError when the file cannot be written.
    """
    check_report(report)
    body = _cells(notebook)
    _hide_working(body)
    _check_all_shown(body, report)
    page = Page(
        kind="report",
        title=report.title,
        language=report.language,
        subtitle=plain_text(report.subtitle),
        question=plain_text(report.question),
        facts=(f"Edition {report.edition}", date_in_words(report.date)),
        links=tuple(links),
        footer=(plain_text(report.footer),),
        has_code=body.select_one("details.code") is not None,
    )
    write_page(path, page, body)


def write_notebook_html(
    notebook: Path | NotebookNode,
    path: Path,
    *,
    part_of: str = "",
    facts: Sequence[str] = (),
    links: Sequence[tuple[str, str]] = (("All files of this edition", "../index.html"),),
    footer: Sequence[str] = (),
    to_edition: str = "../",
) -> None:
    """Writes an executed notebook as a page: words and outputs, each cell's code folded away.

    The page's title is the notebook's first heading. `to_edition` leads from the page to the edition's folder,
    for links to tables and figures that sections of the report hold.

    Raises: DataError when a picture has no alt text; OutputError when the file cannot be written.
    """
    body = _cells(notebook)
    _lead_to_code(body)
    for link in body.select(".report-section a[href], .block a[href]"):
        if not str(link["href"]).startswith(("http:", "https:", "#")):
            link["href"] = to_edition + str(link["href"])
    heading = body.find("h1")
    page = Page(
        kind="notebook",
        title=_text(heading) if heading else "Notebook",
        title_in_header=heading is None,
        part_of=part_of,
        facts=tuple(facts),
        links=tuple(links),
        footer=tuple(footer),
        has_code=body.select_one("details.code") is not None,
    )
    write_page(path, page, body)


def _lead_to_code(body: BeautifulSoup) -> None:
    """Gives the code of each figure and table the name that links in the report lead to; browsers then unfold it."""
    for cell in body.select("div.cell"):
        code = cell.select_one("details.code > div")
        if code is None:
            continue
        for made_by in cell.select(".made-by:has(a[href])"):
            name = str(made_by.a["href"]).partition("#")[2] if made_by.a else ""
            code.insert(0, body.new_tag("span", id=name))
            if made_by.find_parent(class_="report-section") is None:
                made_by.decompose()


def write_page(path: Path, page: Page, body: BeautifulSoup) -> None:
    """Writes `body` in the frame that all our pages share, with contents made from its headings."""
    _mend_ids(body)
    contents = _contents(body)
    html = (
        environment()
        .get_template("page.html.j2")
        .render(
            page=page,
            css=Markup((TEMPLATES / "page.css").read_text(encoding="utf-8")),
            contents=contents if len(contents) > 1 else (),
            body=Markup(str(body)),
        )
    )
    write_bytes(path, html.encode("utf-8", errors="replace"))


# --- cells ---


def _cells(notebook: Path | NotebookNode) -> BeautifulSoup:
    """The cells as HTML of ours: no foreign element, tables with scopes, ids unique, headings with ids."""
    # Here and not above: half a second that a notebook showing sections need not wait.
    import nbformat
    from bs4 import BeautifulSoup
    from nbconvert.exporters.html import HTMLExporter
    from traitlets.config import Config

    name = notebook.name if isinstance(notebook, Path) else "the notebook"
    node = nbformat.read(notebook, as_version=4) if isinstance(notebook, Path) else notebook
    _check_alt_texts(node, name)
    exporter = HTMLExporter(
        template_name="mapanalysis",
        extra_template_basedirs=[str(TEMPLATES / "nbconvert")],
        exclude_anchor_links=True,
        config=Config({"NbConvertBase": {"display_data_priority": SHOWN_FIRST}}),
    )
    html, _ = exporter.from_notebook_node(node)
    for trace, instead in RUN_TRACES:
        html = trace.sub(instead, html)
    body = BeautifulSoup(html, "html.parser")
    _take_out_unwanted(body)
    for table in body.select("table:not(.wide)"):
        _mend_table(table, body)
    return body


def _take_out_unwanted(body: BeautifulSoup) -> None:
    for element in body.select(UNWANTED):
        element.decompose()
    for element in body.find_all(True):
        for name in [name for name in element.attrs if name.startswith("on")]:
            del element[name]


def _mend_table(table: Tag, body: BeautifulSoup) -> None:
    """A table of pandas or Markdown: scopes on its headers, numbers to the right, a frame that scrolls."""
    del table["border"]
    for element in [table, *table.find_all(["tr", "th"])]:
        del element["style"]
    for header in table.select("th"):
        if not _text(header):
            header.name = "td"
        else:
            header["scope"] = "col" if header.find_parent("thead") else "row"
    _align_numbers(table)
    caption = table.find("caption")
    frame = body.new_tag("div", attrs={"class": "scroll", "role": "group", "tabindex": "0"})
    frame["aria-label"] = _text(caption) if caption else "Table"
    table.wrap(frame)


def _align_numbers(table: Tag) -> None:
    """Class "right" on the cells of each column that holds numbers only, and on its header."""
    rows = [row.find_all(["th", "td"], recursive=False) for row in table.find_all("tr")]
    if len({len(row) for row in rows}) != 1 or table.select_one("[colspan], [rowspan]"):
        return
    for column in zip(*rows, strict=True):
        values = [_text(cell) for cell in column if cell.find_parent("thead") is None]
        if any(values) and all(re.fullmatch(NUMBER, value) for value in values):
            for cell in column:
                _add_class(cell, "right")


def _mend_ids(body: BeautifulSoup) -> None:
    """Every id once, those of the report's sections as they are; each heading has one, or its section."""
    taken = {str(section["id"]) for section in body.select(".report-section")}
    for element in body.find_all(lambda tag: tag.has_attr("id") or tag.name in HEADINGS):
        if _is_section(element) or _is_section(element.parent):
            continue
        words = str(element.get("id") or re.sub(r"\W+", "-", _text(element).casefold()).strip("-") or "part")
        numbered = (f"{words}-{number}" for number in count(2))
        free = next(name for name in chain([words], numbered) if name not in taken)
        element["id"] = free
        taken.add(free)


def _is_section(element: Any) -> bool:
    return "report-section" in (element.get("class") or [])


def _contents(body: BeautifulSoup) -> tuple[Entry, ...]:
    """The second and third headings of what the page shows, the third below the second."""
    contents: list[Entry] = []
    for heading in body.find_all(["h2", "h3"]):
        if heading.find_parent(class_="working") is not None:
            continue
        target = heading if heading.has_attr("id") else heading.find_parent(class_="report-section")
        entry = Entry(str(target.get("id")) if target else "", _text(heading))
        if heading.name == "h3" and contents:
            above = contents[-1]
            contents[-1] = replace(above, below=(*above.below, entry))
        else:
            contents.append(entry)
    return tuple(contents)


def _add_class(element: Any, name: str) -> None:
    element["class"] = [*(element.get("class") or []), name]


def _text(element: Tag) -> str:
    return " ".join(element.get_text().split())


# --- the report among the cells ---


def _hide_working(body: BeautifulSoup) -> None:
    """Marks as "working" what is not the report: code, words between cells, other outputs."""
    for cell in body.select("div.cell"):
        if cell.select_one(".report-section") is None:
            _add_class(cell, "working")
            continue
        for part in cell.find_all(recursive=False):
            if part.select_one(".report-section") is None:
                _add_class(part, "working")
    for heading in body.select(", ".join(f".working {name}" for name in HEADINGS)):
        heading.name = "p"
        _add_class(heading, "heading")


def _check_all_shown(body: BeautifulSoup, report: Report) -> None:
    shown = [str(section["id"]) for section in body.select(".report-section")]
    expected = [SUMMARY_ID, *(section.id for section in report.sections)]
    if shown != expected:
        missing = [section_id for section_id in expected if section_id not in shown]
        problems = Problems()
        problems.add(
            "the report notebook does not show the sections of the report, each once and in their order",
            values=missing or shown,
            todo="Show summary_html(report) first, then section_html(section, ...) of each section.",
        )
        problems.raise_if_any(DataError)


def _check_alt_texts(notebook: NotebookNode, name: str) -> None:
    """Raises DataError when a picture that the page would show has no alt text."""
    problems = Problems()
    for number, cell in enumerate(notebook.cells, start=1):
        without = sum(_lacks_alt(output, cell) for output in cell.get("outputs", []))
        if without:
            problems.add(
                "a picture has no alt text",
                file=f"{name}, cell {number}",
                count=without,
                todo='Say what it shows: display(..., metadata={"image/svg+xml": {"alt": "..."}}).',
            )
    problems.raise_if_any(DataError)


def _lacks_alt(output: NotebookNode, cell: NotebookNode) -> bool:
    data = output.get("data", {})
    shown = next((kind for kind in SHOWN_FIRST if kind in data), "")
    if shown == "text/html":
        return bool(re.search(r"<img(?![^>]*\salt=)", data[shown], re.IGNORECASE))
    metadata = output.get("metadata", {})
    alt = metadata.get(shown, {}).get("alt") or metadata.get("alt") or cell.metadata.get("alt")
    return shown in PICTURES and not str(alt or "").strip()
