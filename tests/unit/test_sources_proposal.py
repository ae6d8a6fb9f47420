"""Mappings proposed from the data: what is seen, on what evidence, and what is asked instead of guessed."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import replace

import pytest
from small_sheets import workbook

from mapanalysis.errors import DataError
from mapanalysis.sources.coded_tables import parse_coded_table
from mapanalysis.sources.mapping import DimensionMapping, Mapping, UnclearError, mapping_text, parse_mapping
from mapanalysis.sources.proposal import Proposal, propose_mapping
from mapanalysis.sources.sheets import read_sheets

ACTIVITIES, OUTCOMES, DESIGNS = ("digging", "sowing", "weeding"), ("mood", "sleep"), ("trial", "review")


def propose(table: str | bytes, file: str = "a.csv", **answers: str) -> Proposal:
    """The proposal for a table (CSV, or the bytes of a workbook); it can be written, read and followed."""
    book = read_sheets(table.encode() if isinstance(table, str) else table, file)
    proposal = propose_mapping(book, {key.replace("__", " "): value for key, value in answers.items()})
    assert parse_mapping(mapping_text(proposal.mapping).encode()) == proposal.mapping
    parse_coded_table(book, proposal.mapping, proposal.guesses)
    return proposal


def asked(table: str | bytes, file: str = "a.csv", **answers: str) -> list[tuple[str, tuple[str, ...]]]:
    """The questions: key and options of each."""
    with pytest.raises(UnclearError) as found:
        propose(table, file, **answers)
    return [(question.key, question.options) for question in found.value.questions]


def table_of(columns: dict[str, Sequence[object]], n: int = 12) -> str:
    """A CSV of `n` rows; each column goes through its values again and again."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(columns)
    writer.writerows([values[row % len(values)] for values in columns.values()] for row in range(n))
    return file.getvalue()


def by_role(mapping: Mapping) -> dict[str, DimensionMapping]:
    return {dimension.role: dimension for dimension in mapping.dimensions}


def sentence(proposal: Proposal, pattern: str) -> str:
    found = [each for each in proposal.guesses if re.search(pattern, each)]
    assert found, proposal.guesses
    return found[0]


PLAIN = {
    "study id": range(100, 200),
    "title": [f"On gardens and what they do, part {number}" for number in range(100)],
    "year": range(1990, 2020),
    "intervention": ACTIVITIES,
    "outcome": OUTCOMES,
    "study design": DESIGNS,
}


def test_names_and_cells_tell_what_columns_are():
    proposal = propose(table_of(PLAIN))
    mapping = proposal.mapping
    assert (mapping.rows, mapping.header, mapping.sheet) == ("studies", 1, "")
    assert (mapping.study.id, mapping.study.title, mapping.study.year) == ("study id", "title", "year")
    assert {role: each.column for role, each in by_role(mapping).items()} == {
        "row": "intervention", "column": "outcome", "segment": "study design",
    }  # fmt: skip
    assert sentence(proposal, "Intervention:") == (
        "Column 'intervention' is the dimension Intervention: 3 codes, each used 4.0 times on average in 12 cells."
    )
    assert "Intervention makes the rows: its name says so." in proposal.guesses


def test_lists_are_seen_by_the_sign_that_leaves_the_fewest_codes():
    values = ["mood; sleep", "sleep", "pain; mood", "sleep; pain; mood"]
    proposal = propose(table_of({**PLAIN, "outcome": values}))
    assert by_role(proposal.mapping)["column"].separator == ";"
    assert "3 codes, parted by ';'" in sentence(proposal, "dimension Outcome")


def test_a_label_that_holds_a_comma_is_no_list():
    values = ["Other, please say", "Mood", "Sleep"]
    assert by_role(propose(table_of({**PLAIN, "outcome": values})).mapping)["column"].separator == ""


def test_columns_of_yes_and_no_are_codes_with_the_share_as_evidence():
    wide = {f"Outcome: o{number}": ["1", "0", "0", "0"] for number in range(5)}
    proposal = propose(
        table_of({**{name: PLAIN[name] for name in ("title", "intervention", "study design")}, **wide})
    )
    column = by_role(proposal.mapping)["column"]
    assert (column.shape, column.prefix, column.label) == ("indicator", "Outcome: ", "Outcome")
    assert sentence(proposal, "5 columns") == (
        "5 columns ('Outcome: o0' to 'Outcome: o4') are codes of Outcome: 100 % of the cells are 0 or 1."
    )


def test_columns_that_hold_their_own_name_are_codes_and_empty_ones_with_their_prefix_too():
    wide = {
        "ES: Food": ["Food", ""],
        "food notes": ["", "many words"],
        "ES: Water": ["", "Water"],
        "ES: Rest": [""],
    }
    proposal = propose(table_of({"title": PLAIN["title"], "intervention": ACTIVITIES, "study design": DESIGNS, **wide}),
                       column_dimension="ES")  # fmt: skip
    column = by_role(proposal.mapping)["column"]
    assert (column.shape, column.prefix) == ("sparse", "ES: ")
    assert "3 columns ('ES: Food' to 'ES: Rest')" in sentence(proposal, "own name")


def test_a_prefix_that_other_columns_have_too_names_columns_one_by_one():
    wide = {"ES: Food": ["Food", ""], "ES: notes on it": ["many words", "more"], "ES: Water": ["", "Water"]}
    columns = {"title": PLAIN["title"], "intervention": ACTIVITIES, "study design": DESIGNS, **wide}
    column = by_role(propose(table_of(columns), column_dimension="ES").mapping)["column"]
    assert (column.columns, column.prefix) == (("ES: Food", "ES: Water"), "ES: ")


def test_empty_columns_behind_codes_are_not_taken_for_codes():
    columns = {**PLAIN, "digging": ["1", "0"], "weeding": ["0", "1"], "later": [""]}
    (wide,) = (each for each in propose(table_of(columns)).mapping.dimensions if each.shape == "indicator")
    assert (wide.first, wide.last) == ("digging", "weeding")


def test_hidden_sheets_are_passed_over():
    book = read_sheets(workbook({"Trials": sheet(PLAIN), "Reviews": sheet(PLAIN)}), "a.xlsx")
    hidden = replace(book, sheets=(replace(book.sheets[0], is_hidden=True), book.sheets[1]))
    assert propose_mapping(hidden).mapping.sheet == "Reviews"
    assert hidden.sheet("").name == "Reviews"
    assert propose_mapping(replace(hidden, sheets=hidden.sheets[:1])).mapping.rows == "studies"


def test_packed_keys_are_dimensions_each():
    values = ["intervention: digging; outcome: mood", "outcome: sleep; intervention: sowing"]
    proposal = propose(table_of({"title": PLAIN["title"], "facts": values, "design": DESIGNS}))
    assert [(each.shape, each.key, each.role) for each in proposal.mapping.dimensions] == [
        ("packed", "intervention", "row"), ("packed", "outcome", "column"), ("list", "", "segment"),
    ]  # fmt: skip


def test_several_things_side_by_side_in_a_cell_are_asked():
    values = [f"{place}||{age}" for place in ("Asia", "Europe", "Africa") for age in ("child", "adult")]
    table = table_of({**PLAIN, "outcome": values}, 30)
    assert asked(table) == [("packed outcome", ("one list",))]
    assert by_role(propose(table, packed__outcome="one list").mapping)["column"].separator == "||"


def test_what_says_nothing_and_what_is_not_reported_are_told_apart_by_the_words():
    values = ["mood", "N/A", "sleep", "Not stated"]
    proposal = propose(table_of({**PLAIN, "outcome": values}, 16))
    column = by_role(proposal.mapping)["column"]
    assert (column.ignore, column.not_reported) == (("N/A",), ("Not stated",))
    assert "Taken to say nothing: 'N/A' (4). Taken to mean not reported: 'Not stated' (4)." in sentence(
        proposal, "dimension Outcome"
    )


def test_countries_are_known_by_name_and_cells():
    proposal = propose(table_of({**PLAIN, "country": ["UK", "USA", "France", "NA"]}))
    (country,) = (each for each in proposal.mapping.dimensions if each.label == "Country")
    assert country.is_country
    assert country.ignore == ()


@pytest.mark.parametrize("name", ["coder", "Extracted by", "contact", "reviewer notes", "Comments"])
def test_who_did_the_work_and_what_they_wrote_is_never_proposed(name: str):
    proposal = propose(table_of({**PLAIN, name: ["AB", "CD"]}))
    assert name not in {each.column for each in proposal.mapping.dimensions}
    assert f"Left out as the team's own: '{name}'." in proposal.guesses


def test_columns_of_addresses_are_never_proposed():
    proposal = propose(table_of({**PLAIN, "who": ["a@example.org", "b@example.org"]}))
    assert "who" not in {each.column for each in proposal.mapping.dimensions}


def test_a_name_of_signs_alone_is_a_label_as_it_stands():
    proposal = propose(table_of({**PLAIN, "-": ["a", "b"]}))
    assert "-" in {each.label for each in proposal.mapping.dimensions}


# Rows


def test_repeated_studies_with_effect_sizes_are_findings():
    proposal = propose(table_of({**PLAIN, "study id": ["S1", "S2", "S3", "S4"], "smd": ["0.1", "-0.2"]}))
    assert proposal.mapping.rows == "findings"
    assert sentence(proposal, "finding") == (
        "Each row is a finding: 12 rows name 4 studies in 'study id', and 'smd' are effect sizes."
    )


def test_repeated_studies_with_one_column_that_differs_are_codings():
    columns = {
        "study id": ["S1", "S1", "S2", "S2"],
        "intervention": ["digging"] * 2 + ["sowing"] * 2,
        "outcome": OUTCOMES,
    }
    assert propose(table_of(columns)).mapping.rows == "codings"


def test_repeated_studies_of_which_several_columns_differ_are_asked():
    table = table_of(
        {"study id": ["S1", "S1", "S2"], "intervention": ["digging", "sowing"], "outcome": OUTCOMES}
    )
    assert asked(table) == [("each_row", ("findings", "codings"))]
    assert propose(table, each_row="findings").mapping.rows == "findings"


def test_numbers_without_studies_are_counts():
    proposal = propose(table_of({"intervention": ACTIVITIES, "outcome": OUTCOMES, "n": [3, 0, 5]}))
    assert (proposal.mapping.rows, proposal.mapping.count) == ("counts", "n")


def test_rows_that_look_like_one_study_are_said():
    table = table_of(
        {**{name: PLAIN[name] for name in ("intervention", "outcome")}, "title": PLAIN["title"][:4]}
    )
    assert sentence(propose(table), "Each row is a study").endswith(
        "8 rows repeat 'title' of another: name a column under study: id to join them."
    )


# Sheets and headers


def test_titles_above_the_header_are_passed_over_and_name_the_columns_below():
    head = ["Meta", "Meta", "Interventions", "Interventions", "Interventions", ""]
    rows = [head, ["title", "year", "digging", "sowing", "weeding", "outcome"]]
    rows += [
        [f"On gardens and health, part {n}", 2000 + n, "Y", "", "Y" if n % 2 else "", OUTCOMES[n % 2]]
        for n in range(8)
    ]
    proposal = propose(workbook({"Data": rows}), "a.xlsx", segment_dimension="")
    assert proposal.mapping.header == 2
    row = by_role(proposal.mapping)["row"]
    assert (row.label, row.first, row.last) == ("Interventions", "digging", "weeding")
    assert "Row 2 holds the names of columns; the row above it is taken for a title." in proposal.guesses


def test_a_table_without_names_of_columns_is_asked():
    rows = "".join(
        f"Garden study number {n},{2000 + n},{ACTIVITIES[n % 3]},{OUTCOMES[n % 2]}\n" for n in range(9)
    )
    assert asked(rows) == [("header", ("1", "0"))]
    mapping = propose(rows, header="0", row_dimension="Column C", column_dimension="Column D").mapping
    assert (mapping.header, by_role(mapping)["row"].column) == (0, "column C")


def test_data_above_what_could_be_a_header_are_asked():
    rows = "1,digging,2019,0.5\nS2,sowing,recent,large\n" + "3,digging,2019,0.5\n4,sowing,2020,0.5\n" * 4
    assert asked(rows) == [("header", ("2", "0"))]


def test_a_header_whose_words_are_values_below_is_asked():
    rows = "".join(f"{ACTIVITIES[n % 3]},{OUTCOMES[n % 2]}\n" for n in range(9))
    assert asked(rows) == [("header", ("1", "2", "3", "4", "5", "0"))]


def sheet(columns: dict[str, Sequence[object]]) -> list[list[object]]:
    return [list(columns), *([values[row % len(values)] for values in columns.values()] for row in range(12))]


def test_the_sheet_of_studies_is_found_and_lists_of_codes_are_used():
    codes = [
        ["code", "definition", "group"],
        ["mood", "How one feels", "Mind"],
        ["sleep", "Time asleep", "Mind"],
        ["pain", "", "Body"],
    ]
    data = workbook({"Read me": [["About this file"]], "Outcome codes": codes, "Database": sheet(PLAIN)})
    proposal = propose(data, "a.xlsx")
    column = by_role(proposal.mapping)["column"]
    assert proposal.mapping.sheet == "Database"
    assert column.codebook is not None
    assert column.codebook.model_dump(exclude_defaults=True) == {
        "sheet": "Outcome codes", "code": "code", "definition": "definition", "group": "group",
    }  # fmt: skip
    assert (
        "Sheet 'Outcome codes' lists the codes of Outcome: 100 % of their uses are named there."
        in proposal.guesses
    )


def test_the_name_of_the_sheet_of_codes_tells_the_part_too():
    columns = {("aspect" if name == "outcome" else name): values for name, values in PLAIN.items()}
    data = workbook(
        {"Outcomes": [["code", "definition"], ["mood", "x"], ["sleep", "y"]], "Database": sheet(columns)}
    )
    assert by_role(propose(data, "a.xlsx").mapping)["column"].column == "aspect"


def test_two_sheets_of_studies_are_asked():
    data = workbook({"Trials": sheet(PLAIN), "Reviews": sheet(PLAIN)})
    assert asked(data, "a.xlsx") == [("sheet", ("Trials", "Reviews"))]
    assert propose(data, "a.xlsx", sheet="Reviews").mapping.sheet == "Reviews"


# Roles


def test_rows_and_columns_that_no_name_tells_are_asked_with_all_options():
    table = table_of(
        {"title": PLAIN["title"], "factor_1": ACTIVITIES, "factor_2": OUTCOMES, "factor_3": DESIGNS}
    )
    options = ("Factor 1", "Factor 2", "Factor 3")
    assert asked(table) == [("row_dimension", options), ("column_dimension", options)]
    proposal = propose(table, row_dimension="factor_3", column_dimension="Factor 1")
    assert {role: each.column for role, each in by_role(proposal.mapping).items()} == {
        "row": "factor_3", "column": "factor_1", "segment": "factor_2",
    }  # fmt: skip
    assert "Factor 2 divides the cells, for want of a dimension that names kinds of study" in sentence(
        proposal, "divides"
    )


def test_answers_go_before_names():
    proposal = propose(table_of(PLAIN), row_dimension="study design", segment_dimension="intervention")
    assert {role: each.column for role, each in by_role(proposal.mapping).items()} == {
        "row": "study design", "column": "outcome", "segment": "intervention",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("answers", "match"),
    [
        ({"row_dimension": "Intervntion"}, "'Intervntion' is none of what row dimension can be. Nearest valid: Intervention"),
        ({"row_dimension": "outcome", "column_dimension": "Outcome"}, "Outcome cannot make both the rows and the columns"),
        ({"header": "99"}, "'99' is no row of the sheet"),
        ({"sheet": "Dta"}, "'Dta' is none of what sheet can be"),
    ],
)  # fmt: skip
def test_an_answer_that_names_nothing_is_refused(answers: dict[str, str], match: str):
    with pytest.raises(DataError, match=match):
        propose(table_of(PLAIN), **answers)


@pytest.mark.parametrize(
    ("table", "match"),
    [
        (table_of({"title": PLAIN["title"], "abstract": [f"Words {n} and more" for n in range(50)]}), "no column looks like codes"),
        (table_of({"title": PLAIN["title"], "intervention": ACTIVITIES}), "only one dimension was found"),
        ("title,intervention\n", "expected rows below the names of columns in row 1, found none"),
    ],
)  # fmt: skip
def test_a_table_that_cannot_be_a_map_is_refused(table: str, match: str):
    with pytest.raises(DataError, match=match):
        propose(table)
