"""What a notebook writes: each figure with its words and its table, each table with its title.

Files are named by the number of the notebook that made them (`figures/02_years.svg`, `tables/02_years.csv`), and
`items/02_years.json` holds the words, from which the report takes them.
"""

from __future__ import annotations

import io
import json
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure as Picture

from mapanalysis.errors import Problem, UsageError
from mapanalysis.figures.theme import THEME
from mapanalysis.markup import literal, plain_text
from mapanalysis.messages import Words, number
from mapanalysis.publish.document import Column, Figure, Table
from mapanalysis.publish.html import block_html
from mapanalysis.store import Project, write_bytes, write_csv, write_text

MOST_ROWS_SHOWN = 200


@dataclass(frozen=True)
class Shown:
    """A figure or table as a notebook displays it: HTML with its words, or its title and denominator as text."""

    block: Figure | Table
    folder: Path

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        plain = [
            self.block.title,
            self.block.denominator if isinstance(self.block, Figure) else self.block.note,
        ]
        return {
            "text/html": block_html(self.block, self.folder),
            "text/plain": "\n".join(plain_text(text) for text in plain if text),
        }


@dataclass(frozen=True)
class Outputs:
    """Where the notebook with the number `notebook` ("02") writes its figures and tables; `page` shows its code."""

    folder: Path
    notebook: str
    page: str = ""

    def write_figure(self, picture: Picture, name: str, words: Words, table: pd.DataFrame) -> Shown:
        """The figure, displayed; written as SVG with `table`, the numbers it draws, as CSV. Same input, same bytes."""
        name = f"{self.notebook}_{name}"
        svg = io.BytesIO()
        with mpl.rc_context({"svg.hashsalt": THEME["svg.hashsalt"], "svg.fonttype": THEME["svg.fonttype"]}):
            picture.savefig(svg, format="svg", metadata={"Date": None, "Title": words.title})
        write_bytes(self.folder / "figures" / f"{name}.svg", svg.getvalue())
        write_csv(table, self.folder / "tables" / f"{name}.csv")
        block = Figure(
            path_svg=f"figures/{name}.svg",
            title=literal(words.title),
            alt=words.alt,
            denominator=literal(words.denominator),
            table_csv=f"tables/{name}.csv",
            code=self._code_of(name),
        )
        return self._keep(block, name)

    def write_table(
        self,
        table: pd.DataFrame,
        name: str,
        title: str,
        *,
        columns: dict[str, str],
        note: str = "",
        group: str = "",
        shares: dict[str, float] | None = None,
        most: int = MOST_ROWS_SHOWN,
        links: Collection[str] = (),
    ) -> Shown:
        """The first `most` rows, displayed with `columns` (name to label); the whole table is written as CSV.

        `group` names the column whose values become headings over their rows; `shares` are widths of columns
        relative to the others'; `links` are columns that hold names of tables of this edition ("01_flow.csv").
        """
        name = f"{self.notebook}_{name}"
        write_csv(table, self.folder / "tables" / f"{name}.csv")
        shown = table.head(most)
        if len(shown) < len(table):
            note = f"{note} The first {len(shown):,} of {len(table):,} rows; the file holds all.".strip()
        is_number = {column: pd.api.types.is_numeric_dtype(table[column]) for column in columns}
        cells = [
            [_link(value) if column in links else _cell(value, column) for value in shown[column]]
            for column in columns
        ]
        block = Table(
            title=literal(title),
            note=literal(note),
            columns=tuple(
                Column(label, "right" if is_number[column] else "left", (shares or {}).get(column, 1.0))
                for column, label in columns.items()
            ),
            rows=tuple(zip(*cells, strict=True)),
            group=columns[group] if group else "",
            table_csv=f"tables/{name}.csv",
            code=self._code_of(name),
        )
        return self._keep(block, name)

    def _code_of(self, name: str) -> str:
        return f"{self.page}#{name}" if self.page else ""

    def write_lists(self, rows: pd.DataFrame, by: str, name: str, titles: dict[str, str]) -> dict[str, str]:
        """One CSV for each value of the column `by`, without that column: value to the name of its file.

        `titles` says for each value what its list is; values without rows have no file. Nothing is displayed.
        """
        files = {}
        for value, listed in rows.groupby(by, sort=False):
            shown = listed.drop(columns=by)
            columns = {column: column.capitalize() for column in shown}
            block = self.write_table(
                shown, f"{name}_{value}", titles[str(value)], columns=columns, most=0
            ).block
            files[str(value)] = Path(block.table_csv).name
        return files

    def _keep(self, block: Figure | Table, name: str) -> Shown:
        kind = "figure" if isinstance(block, Figure) else "table"
        item = json.dumps({"kind": kind} | asdict(block), ensure_ascii=False, indent=1)
        write_text(self.folder / "items" / f"{name}.json", item + "\n")
        return Shown(block, self.folder)


def _link(file: str) -> str:
    return f"[{literal(file)}](tables/{file})" if file else ""


def _cell(value: object, column: str) -> str:
    """A cell for reading: a year as it is, kappa with two decimals, shares with one, thousands parted, text literal."""
    if pd.isna(value):  # type: ignore[call-overload]
        return ""
    if not pd.api.types.is_number(value) or column.endswith("year"):
        return literal(str(value))
    if column.startswith("kappa"):
        return f"{value:.2f}"
    if column.startswith(("pct_", "ratio_")):
        return f"{value:,.1f}"
    return number(value)  # type: ignore[arg-type]


def open_outputs(project: Project, output_dir: str, notebook: str) -> Outputs:
    """Where to write: `output_dir`, which the pipeline gives, or `reports/draft` when a person runs a notebook."""
    source = next(project.notebooks.glob(f"{notebook}_*.py"), None)
    page = f"notebooks/{source.stem}.html" if source else ""
    return Outputs(Path(output_dir) if output_dir else project.reports / "draft", notebook, page)


def read_items(folder: Path) -> dict[str, Figure | Table]:
    """All figures and tables that notebooks wrote into `folder`, by name ("02_years"), in order.

    Raises UsageError when there are none: the notebooks before the report have not run.
    """
    items: dict[str, Figure | Table] = {}
    for path in sorted((folder / "items").glob("*.json")):
        item = json.loads(path.read_bytes())
        if item.pop("kind") == "figure":
            items[path.stem] = Figure(**item)
        else:
            columns = tuple(Column(**column) for column in item.pop("columns"))
            rows = tuple(tuple(row) for row in item.pop("rows"))
            items[path.stem] = Table(**item, columns=columns, rows=rows)
    if not items:
        raise UsageError(
            Problem(
                f"there are no figures in {folder}",
                "Run the notebooks 01 to 05 first, or all of them with `mapanalysis run`.",
            )
        )
    return items
