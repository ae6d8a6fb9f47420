"""What a notebook writes: pictures, tables and their words."""

import json

import pandas as pd
import pytest
from matplotlib.figure import Figure as Picture

from mapanalysis.errors import UsageError
from mapanalysis.messages import Words
from mapanalysis.project import Project
from mapanalysis.publish.document import Figure, Table
from mapanalysis.publish.html import block_html
from mapanalysis.publish.outputs import Outputs, open_outputs, read_items
from mapanalysis.store import read_csv

WORDS = Words("Most *by far*: <b>A</b>", "One bar, of 3.", "3 studies [in all](x).")
NUMBERS = pd.DataFrame({"code": ["A", "=1+1"], "n_studies": [3, 0]})
COLUMNS = {"code": "Code", "n_studies": "Studies"}


@pytest.fixture
def outputs(tmp_path) -> Outputs:
    return Outputs(tmp_path, "02")


def picture() -> Picture:
    figure = Picture(figsize=(2, 1))
    ax = figure.subplots()
    ax.bar(["A"], [3], hatch="//")
    ax.set_title("a title")
    return figure


def test_a_figure_is_written_with_its_table_and_its_words(outputs):
    shown = outputs.write_figure(picture(), "years", WORDS, NUMBERS)
    assert (outputs.folder / "figures" / "02_years.svg").read_bytes().startswith(b"<?xml")
    assert list(read_csv(outputs.folder / "tables" / "02_years.csv")["n_studies"]) == ["3", "0"]
    assert isinstance(shown.block, Figure)
    assert (shown.block.path_svg, shown.block.table_csv) == ("figures/02_years.svg", "tables/02_years.csv")
    assert shown.block.alt == WORDS.alt


def test_words_of_codebooks_are_text_and_not_markup(outputs):
    block = outputs.write_figure(picture(), "years", WORDS, NUMBERS).block
    assert block.title == r"Most \*by far\*: <b>A</b>"
    assert block.denominator == r"3 studies \[in all\](x)."


def test_the_same_figure_gives_the_same_bytes(outputs, tmp_path):
    again = Outputs(tmp_path / "again", "02")
    for one in (outputs, again):
        one.write_figure(picture(), "years", WORDS, NUMBERS)
    for name in ("figures/02_years.svg", "tables/02_years.csv", "items/02_years.json"):
        assert (outputs.folder / name).read_bytes() == (again.folder / name).read_bytes()
    assert b"<dc:date>" not in (outputs.folder / "figures" / "02_years.svg").read_bytes()


def test_a_figure_is_shown_with_its_words_in_html_and_in_text(outputs):
    bundle = outputs.write_figure(picture(), "years", WORDS, NUMBERS)._repr_mimebundle_()
    assert bundle["text/plain"] == "Most *by far*: <b>A</b>\n3 studies [in all](x)."
    assert 'alt="One bar, of 3."' in bundle["text/html"]
    assert "<b>A</b>" not in bundle["text/html"]


def table(outputs: Outputs, frame: pd.DataFrame = NUMBERS, **options) -> Table:
    given = {"columns": COLUMNS} | options
    block = outputs.write_table(frame, "codes", "The codes", **given).block
    assert isinstance(block, Table)
    return block


def test_numbers_stand_to_the_right_and_text_to_the_left(outputs):
    assert [(column.label, column.align) for column in table(outputs).columns] == [
        ("Code", "left"),
        ("Studies", "right"),
    ]


def test_numbers_are_written_for_reading_years_as_they_are_and_kappa_with_two_decimals(outputs):
    frame = pd.DataFrame(
        {
            "n": pd.array([1704, None], dtype="Int64"),
            "newest_year": pd.array([2019, None], dtype="Int64"),
            "kappa": pd.array([0.5, None], dtype="Float64"),
        }
    )
    rows = table(outputs, frame, columns={name: name for name in frame}).rows
    assert rows == (("1,704", "2019", "0.50"), ("", "", ""))


def test_a_long_table_is_cut_and_says_so_while_the_file_holds_all(outputs):
    block = table(outputs, most=1, note="Of all.")
    assert len(block.rows) == 1
    assert block.note == "Of all. The first 1 of 2 rows; the file holds all."
    assert len(read_csv(outputs.folder / "tables" / "02_codes.csv")) == 2


def test_the_whole_table_is_written_with_formulas_made_inert(outputs):
    table(outputs, columns={"code": "Code"})
    text = (outputs.folder / "tables" / "02_codes.csv").read_text(encoding="utf-8-sig")
    assert text == "code,n_studies\nA,3\n'=1+1,0\n"


def test_a_group_is_named_by_the_label_of_its_column(outputs):
    assert table(outputs, group="code").group == "Code"


def test_shares_are_the_widths_of_columns(outputs):
    assert [column.share for column in table(outputs, shares={"code": 3}).columns] == [3, 1.0]


def test_an_empty_table_keeps_its_columns(outputs):
    block = table(outputs, NUMBERS.iloc[:0])
    assert block.rows == ()
    assert len(block.columns) == 2


def test_items_are_read_back_as_they_were_written_in_order(outputs):
    figure = outputs.write_figure(picture(), "years", WORDS, NUMBERS).block
    codes = table(outputs)
    assert read_items(outputs.folder) == {"02_codes": codes, "02_years": figure}
    assert list(read_items(outputs.folder)) == ["02_codes", "02_years"]
    assert json.loads((outputs.folder / "items" / "02_years.json").read_text())["kind"] == "figure"


def test_a_report_before_its_figures_is_refused_with_what_to_do(tmp_path):
    with pytest.raises(UsageError, match=r"There are no figures in .*Run the notebooks 01 to 05 first"):
        read_items(tmp_path)


def test_outputs_go_where_the_run_says_and_else_to_the_draft(tmp_path):
    project = Project(tmp_path)
    assert open_outputs(project, str(tmp_path / "new"), "02").folder == tmp_path / "new"
    assert open_outputs(project, "", "02").folder == tmp_path / "reports" / "draft"


def test_what_is_written_stays_as_it_was(outputs):
    before = NUMBERS.copy()
    table(outputs)
    pd.testing.assert_frame_equal(before, NUMBERS)


def test_lists_are_written_apart_and_named_by_what_they_list(outputs):
    rows = pd.DataFrame({"box": ["a", "b", "a"], "title": ["One", "Two", "=1+1"]})
    files = outputs.write_lists(rows, "box", "flow", {"a": "First: 2", "b": "Second: 1", "c": "Third: 0"})
    assert files == {"a": "02_flow_a.csv", "b": "02_flow_b.csv"}
    assert list(read_csv(outputs.folder / "tables" / "02_flow_a.csv")["title"]) == ["One", "=1+1"]
    items = read_items(outputs.folder)
    assert items["02_flow_b"].title == "Second: 1"
    assert items["02_flow_b"].rows == ()


def test_names_of_tables_become_links_where_asked_for(outputs):
    table = pd.DataFrame({"label": ["One [x](https://e.org)", "Two"], "list": ["02_flow_a.csv", ""]})
    columns = {"label": "Label", "list": "List"}
    block = outputs.write_table(table, "boxes", "Boxes", columns=columns, links=["list"]).block
    assert [row[1] for row in block.rows] == ["[02_flow_a.csv](tables/02_flow_a.csv)", ""]
    assert block.rows[0][0] == r"One \[x\](https://e.org)"
    assert '<a href="tables/02_flow_a.csv">02_flow_a.csv</a>' in block_html(block, outputs.folder)


def test_shares_and_ratios_have_one_decimal(outputs):
    table = pd.DataFrame({"pct_found": [17.0, 59.94], "ratio_to_read": [2.0, 3.4]})
    block = outputs.write_table(table, "shares", "Shares", columns={name: name for name in table}).block
    assert block.rows == (("17.0", "2.0"), ("59.9", "3.4"))
