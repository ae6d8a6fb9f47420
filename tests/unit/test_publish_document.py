from dataclasses import replace

import pytest

from mapanalysis.errors import DataError
from mapanalysis.publish.document import (
    Bullets,
    Callout,
    Column,
    Figure,
    Paragraph,
    Part,
    Report,
    Section,
    Table,
    check_report,
    from_json,
    grid_of,
    number_blocks,
    to_json,
)

FIGURE = Figure(
    "figures/years.svg", "Most studies are recent", "Bars that rise.", "168 studies", "tables/years.csv"
)
TABLE = Table("Studies by need", "", (Column("Need"), Column("Studies", "right")), (("Diabetes", "3"),))


def a_report(*blocks, **changes):
    sections = (Section("volume", "How much there is", blocks),)
    report = Report(
        title="Peer support",
        subtitle="",
        edition="2026-11",
        date="2026-11-23",
        question="",
        footer="",
        summary=("One.",),
        sections=sections,
    )
    return number_blocks(replace(report, **changes))


# --- numbers, groups ---


def test_figures_and_tables_are_numbered_apart_and_in_reading_order():
    report = a_report(FIGURE, TABLE, FIGURE)
    assert [block.number for block in report.sections[0].blocks] == [1, 1, 2]


def test_a_group_column_leaves_the_table_and_stands_over_runs_of_rows():
    columns = (Column("Group"), Column("Need"), Column("Studies", "right"))
    rows = (("Body", "Diabetes", "3"), ("Body", "Cancer", "2"), ("Mind", "Anxiety", "1"))
    grid = grid_of(Table("t", "", columns, rows, group="Group"))
    assert [column.label for column in grid.columns] == ["Need", "Studies"]
    assert grid.parts == (
        Part("Body", (("Diabetes", "3"), ("Cancer", "2"))),
        Part("Mind", (("Anxiety", "1"),)),
    )


# --- checks ---


def test_a_good_report_passes_and_survives_json():
    report = a_report(Paragraph("p"), Bullets(("a", "b")), Callout("c", "d"), FIGURE, TABLE)
    check_report(report)
    assert from_json(to_json(report)) == report
    assert to_json(report) == to_json(from_json(to_json(report)))


def test_every_problem_of_a_report_is_reported_at_once():
    blocks = (
        replace(FIGURE, alt="", denominator=" "),
        replace(FIGURE, title="", path_svg="../elsewhere.svg"),
        replace(TABLE, columns=(Column(""), Column("n", "right"))),
        replace(TABLE, title="", columns=(), rows=()),
    )
    with pytest.raises(DataError) as error:
        check_report(a_report(*blocks, title="", date="last week"))
    for words in (
        "no alt",
        "no denominator",
        "figure has no title",
        "inside the edition's folder",
        "column without a label. Found: '', 'n'.",
        "table has no title",
        "report has no title",
        "not a day",
    ):
        assert words in str(error.value)


def test_sections_with_one_id_or_the_summarys_are_refused():
    twice = (
        Section("a", "A", ()),
        Section("a", "B", ()),
        Section("key-messages", "C", ()),
        Section("b c", "D", ()),
    )
    with pytest.raises(DataError, match=r"one id.*'a'") as error:
        check_report(a_report(sections=twice))
    assert "'key-messages'" in str(error.value)
    assert "'b c'" in str(error.value)


def test_headings_start_at_level_one():
    with pytest.raises(DataError, match="has level 2"):
        check_report(a_report(sections=(Section("a", "A", (), level=2),)))


def test_rows_of_another_width_and_cells_that_are_not_text_are_refused():
    broken = replace(TABLE, rows=(("Diabetes",), ("Cancer", 3), ("Anxiety", float("nan"))))
    with pytest.raises(DataError, match=r"row 1.*do not have 2 cells[\s\S]*not text.*'3', 'nan'"):
        check_report(a_report(broken))


def test_a_group_that_is_no_column_is_refused():
    with pytest.raises(DataError, match="grouped by a column it does not have"):
        check_report(a_report(replace(TABLE, group="Country")))


def test_unnumbered_figures_are_refused():
    report = a_report()
    with pytest.raises(DataError, match="not numbered"):
        check_report(replace(report, sections=(Section("a", "A", (FIGURE,)),)))


def test_a_figure_whose_file_is_missing_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"years\.svg.*file is not there"):
        check_report(a_report(FIGURE), tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"sections": [{"blocks": [{"kind": "poem"}]}]}'])
def test_json_that_is_not_a_report_is_refused(text):
    with pytest.raises(DataError, match="not a report"):
        from_json(text)
