"""Coded spreadsheets by a mapping: each shape of columns, each kind of row, and an account of every row."""

from __future__ import annotations

import pytest
from small_sheets import workbook

from mapanalysis.analysis.coding import settle_codings
from mapanalysis.analysis.grid import count_studies
from mapanalysis.codebook import Codebook, encode_codings
from mapanalysis.errors import DataError
from mapanalysis.sources.coded_tables import parse_coded_table
from mapanalysis.sources.library import Library
from mapanalysis.sources.mapping import parse_mapping
from mapanalysis.sources.sheets import read_sheets

AXES = """
  - {label: Activity, role: row, column: activity}
  - {label: Outcome, role: column, column: outcome}
"""


def read(table: str | bytes, mapping: str, file: str = "gardens_map.csv") -> Library:
    """The map in a table (CSV, or the bytes of a workbook); its codebook and codings fit each other."""
    data = table.encode() if isinstance(table, str) else table
    library = parse_coded_table(read_sheets(data, file), parse_mapping(mapping.encode()))
    encode_codings(library.codings, Codebook.model_validate(library.codebook))
    return library


def codes(library: Library, dimension: str) -> dict[str, list[str]]:
    """Report → its codes of a dimension, findings before them as "finding: code"."""
    found: dict[str, list[str]] = {}
    for row in library.codings[library.codings["dimension"] == dimension].itertuples():
        found.setdefault(row.publication_id, []).append(
            f"{row.finding_id}: {row.code}" if row.finding_id else row.code
        )
    return found


def labels(library: Library, number: int) -> list[str]:
    return [code["label"] for code in library.codebook["dimensions"][number]["codes"]]


def cells(library: Library) -> dict[str, int]:
    """Row and column → number of studies, of the cells that hold any."""
    book = Codebook.model_validate(library.codebook)
    settled = settle_codings(library.codings, library.reports)
    ids = library.reports["study_id"].drop_duplicates()
    grid = count_studies(settled, book, ids, row=library.view["row"], column=library.view["column"])
    return {
        f"{row.row_code} {row.column_code}": row.n_studies for row in grid.cells.itertuples() if row.n_studies
    }


def refused(table: str | bytes, mapping: str, match: str, file: str = "a.csv") -> None:
    with pytest.raises(DataError, match=match):
        read(table, mapping, file)


# Shapes


def test_a_list_holds_one_code_or_several_and_signs_in_brackets_part_nothing():
    table = "activity,outcome\ndigging,mood; sleep (night; day) ;\nsowing,\n"
    library = read(table, f"dimensions:{AXES.replace('column: outcome', 'column: outcome, separator: ;')}")
    assert codes(library, "outcome") == {"row-2": ["mood", "sleep_night_day"]}
    assert [dimension["multiple"] for dimension in library.codebook["dimensions"]] == [False, True]


@pytest.mark.parametrize(
    ("separator", "cell"), [("||", "mood||sleep"), ("|", "mood | sleep"), ("newline", "mood\nsleep")]
)
def test_lists_may_be_parted_by_any_sign(separator: str, cell: str):
    mapping = f"dimensions:{AXES.replace('column: outcome', f'column: outcome, separator: {separator!r}')}"
    assert codes(read(f'activity,outcome\ndigging,"{cell}"\n', mapping), "outcome") == {
        "row-2": ["mood", "sleep"]
    }


def test_a_listed_code_that_holds_the_separator_is_found_whole():
    mapping = """
dimensions:
  - {label: Activity, role: row, column: activity}
  - {label: Outcome, role: column, column: outcome, separator: ",", codes: ["pain, chronic", pain]}
"""
    library = read('activity,outcome\nx,"mood, Pain, chronic"\nx,"pain, mood"\n', mapping)
    assert codes(library, "outcome") == {"row-2": ["pain_chronic", "mood"], "row-3": ["pain", "mood"]}


WIDE = """
dimensions:
  - {label: Activity, role: row, shape: indicator, first: digging, last: sowing}
  - {label: Outcome, role: column, shape: sparse, prefix: "O: "}
"""


def test_indicator_columns_say_yes_or_no_and_sparse_columns_their_own_name():
    library = read("digging,weeding,sowing,O: Mood,O: Sleep\n1,0,Y,Mood,\nno,,x,,O: sleep\n", WIDE)
    assert codes(library, "activity") == {"row-2": ["digging", "sowing"], "row-3": ["sowing"]}
    assert codes(library, "outcome") == {"row-2": ["mood"], "row-3": ["sleep"]}


def test_a_column_that_nobody_ticked_is_a_code_all_the_same():
    library = read("digging,weeding,sowing,O: Mood,O: Sleep\n1,0,1,Mood,\n", WIDE)
    assert labels(library, 0) == ["digging", "weeding", "sowing"]
    assert labels(library, 1) == ["Mood", "Sleep"]


def test_cells_that_say_neither_yes_nor_no_are_told_with_the_line_to_write():
    refused(
        "digging,weeding,sowing,O: Mood,O: Sleep\n1,?,1,Mood,\n2,?,1,Pain,\n",
        WIDE,
        r"(?s)row 3, column digging: dimension Activity: cells that say neither yes nor no\. Found: '2'"
        r".*row 2, column weeding.*'\?'\. 2 times in all.*`present: \['\?'\]`"
        r".*row 3, column O: Mood.*Found: 'Pain'",
    )


def test_a_prefix_is_cut_from_the_labels_of_columns_that_are_named():
    mapping = WIDE.replace('prefix: "O: "', 'columns: ["O: Sleep"], prefix: "O: "')
    library = read("digging,sowing,O: Mood,O: Sleep\n1,1,some words,Sleep\n", mapping)
    assert labels(library, 1) == ["Sleep"]


def test_words_for_yes_and_no_can_be_given():
    mapping = WIDE.replace("last: sowing", "last: sowing, present: [Measured], absent: [Not measured]")
    library = read("digging,weeding,sowing,O: Mood\nmeasured,Not measured,,Mood\n", mapping)
    assert codes(library, "activity") == {"row-2": ["digging"]}


def test_packed_cells_are_taken_apart_by_key_place_and_listed_codes():
    table = 'facts,tags\n"act: digging; out: mood; out: sleep",Asia||2019||adults||children\n'
    mapping = """
dimensions:
  - {label: Activity, role: row, shape: packed, column: facts, separator: ;, key: act}
  - {label: Outcome, role: column, shape: packed, column: facts, separator: ;, key: out}
  - {label: Place, shape: packed, column: tags, separator: "||", position: 1}
  - {label: People, shape: packed, column: tags, separator: "||", codes: [Children, Adults]}
"""
    library = read(table, mapping)
    found = [codes(library, name)["row-2"] for name in ("activity", "outcome", "place", "people")]
    assert found == [["digging"], ["mood", "sleep"], ["asia"], ["adults", "children"]]
    assert [(each.what, each.examples) for each in library.reading.left_out] == [("parts of tags", ("2019",))]


def test_groups_come_from_prefixes_of_columns():
    mapping = """
dimensions:
  - {label: Activity, role: row, column: activity}
  - {label: Outcome, role: column, shape: indicator, columns: ["Mind: mood", "Mind: sleep", "Body: pain"], group_separator: ": "}
"""
    library = read("activity,Mind: mood,Mind: sleep,Body: pain\ndigging,1,0,1\n", mapping)
    assert library.codebook["dimensions"][1]["codes"] == [
        {"id": "mind", "label": "Mind", "codes": [{"id": "mood", "label": "mood"}, {"id": "sleep", "label": "sleep"}]},
        {"id": "body", "label": "Body", "codes": [{"id": "pain", "label": "pain"}]},
    ]  # fmt: skip


def test_values_that_say_nothing_and_rows_that_do_not_count_give_no_codes():
    mapping = """
dimensions:
  - {label: Activity, role: row, column: code, only: {kind: [Activity]}}
  - {label: Outcome, role: column, column: code, only: {kind: [outcome]}, ignore: [n/a], not_reported: [unknown]}
"""
    table = "kind,code\nactivity,digging\nOutcome,mood\noutcome,N/A\noutcome,Unknown\nother,x\n"
    library = read(table, mapping)
    assert codes(library, "activity") == {"row-2": ["digging"]}
    assert codes(library, "outcome") == {"row-3": ["mood"], "row-5": ["not_reported"]}
    assert [labels(library, 0), labels(library, 1)] == [["digging"], ["mood", "Unknown"]]
    assert [(each.what, each.count, each.examples) for each in library.reading.left_out] == [
        ("values of Outcome", 1, ("N/A",))
    ]


def test_not_reported_gives_way_to_what_the_same_report_states():
    mapping = f"dimensions:{AXES.replace('column: outcome', 'column: outcome, separator: ;')}"
    library = read("activity,outcome\ndigging,mood; not reported\nsowing,Not reported\n", mapping)
    assert codes(library, "outcome") == {"row-2": ["mood"], "row-3": ["not_reported"]}
    assert [(each.what, each.count) for each in library.reading.left_out] == [("codes", 1)]


def test_a_codebook_sheet_gives_order_labels_definitions_and_groups():
    data = workbook(
        {
            "Studies": [["activity", "outcome"], ["digging", "MO"], ["digging", "Sleep "]],
            "Codes": [
                ["All codes"],
                ["dimension", "code", "name", "meaning", "group"],
                ["outcome", "SL", "Sleep", "Time asleep", "Mind"],
                ["activity", "XX", "Other", "", ""],
                ["outcome", "MO", "Mood", "", "Mind"],
                ["outcome", "PA", "Pain", "", "Body"],
            ],
        }
    )
    mapping = """
sheet: Studies
dimensions:
  - {label: Activity, role: row, column: activity}
  - label: Outcome
    role: column
    column: outcome
    codebook: {sheet: Codes, header: 2, code: code, label: name, definition: meaning, group: group, only: {dimension: [outcome]}}
"""
    library = read(data, mapping, "a.xlsx")
    assert library.codebook["dimensions"][1]["codes"] == [
        {
            "id": "mind",
            "label": "Mind",
            "codes": [
                {"id": "sleep", "label": "Sleep", "definition": "Time asleep"},
                {"id": "mood", "label": "Mood"},
            ],
        },
        {"id": "body", "label": "Body", "codes": [{"id": "pain", "label": "Pain"}]},
    ]
    assert codes(library, "outcome") == {"row-2": ["mood"], "row-3": ["sleep"]}


# What a row is


def test_rows_of_one_study_are_one_study_with_the_codes_of_all():
    table = "study,activity,outcome\nS1,digging,mood\nS2,sowing,mood\nS1,weeding,mood\n"
    library = read(table, f"study: {{id: study}}\ndimensions:{AXES}")
    assert codes(library, "activity") == {"S1": ["digging", "weeding"], "S2": ["sowing"]}
    assert list(library.reports["study_id"]) == ["S1", "S2"]
    assert (
        "1 rows name a study that an earlier row names: their codes are joined, as one study."
        in library.reading.guesses
    )


def test_rows_of_codings_name_the_dimension_and_the_code():
    mapping = """
rows: codings
study: {id: study}
dimensions:
  - {label: Activity, role: row, column: code, only: {dimension: [activity]}}
  - {label: Outcome, role: column, column: code, only: {dimension: [outcome]}}
"""
    table = "study,dimension,code\nS1,activity,digging\nS1,outcome,mood\nS1,outcome,sleep\n"
    library = read(table, mapping)
    assert cells(library) == {"digging mood": 1, "digging sleep": 1}
    assert library.reading.guesses == ("No column holds titles: studies are called by their ids or rows.",)


def test_rows_of_findings_are_true_pairs():
    table = "study,activity,outcome,d\nS1,digging,mood,0.1\nS1,sowing,sleep,0.2\nS2,digging,mood,0.3\nS1,digging,mood,0.4\n"
    library = read(table, f"rows: findings\nstudy: {{id: study}}\ndimensions:{AXES}")
    assert codes(library, "activity")["S1"] == ["2: digging", "3: sowing", "5: digging"]
    assert cells(library) == {"digging mood": 2, "sowing sleep": 1}
    assert cells(read(table, f"rows: codings\nstudy: {{id: study}}\ndimensions:{AXES}"))["sowing mood"] == 1


def test_findings_may_be_named_by_a_column():
    table = "study,arm,activity,outcome\nS1,a,digging,mood\nS1,a,,sleep\nS1,b,sowing,pain\n"
    library = read(table, f"rows: findings\nfinding: arm\nstudy: {{id: study}}\ndimensions:{AXES}")
    assert cells(library) == {"digging mood": 1, "digging sleep": 1, "sowing pain": 1}


def test_reports_of_one_study_are_told_apart_by_their_own_id():
    table = "study,paper,activity,outcome\nS1,a,digging,mood\nS1,b,digging,sleep\n"
    library = read(table, f"study: {{id: study, report: paper}}\ndimensions:{AXES}")
    assert list(library.reports["publication_id"]) == ["S1 / a", "S1 / b"]
    assert list(library.reports["study_id"]) == ["S1", "S1"]
    assert cells(library) == {"digging mood": 1, "digging sleep": 1}


COUNTS = f"rows: counts\ncount: n\ndimensions:{AXES}"


def test_counts_become_unnamed_studies_and_the_map_says_that_totals_may_count_twice():
    library = read(
        "activity,outcome,n\ndigging,mood,2\ndigging,sleep,1\nsowing,mood,0\nsowing,sleep,\n", COUNTS
    )
    assert cells(library) == {"digging mood": 2, "digging sleep": 1}
    assert list(library.reports["title"]) == [
        "Unnamed study 1 of 2 in row 2", "Unnamed study 2 of 2 in row 2", "Unnamed study 1 of 1 in row 3",
    ]  # fmt: skip
    assert library.title == "gardens map (numbers without a list of studies)"
    assert "totals may count a study more than once" in library.about["trust"][0]
    assert "totals may count a study more than once" in library.about["trust_in_short"]
    assert (library.reading.n_read, library.reading.n_used) == (4, 2)
    assert [(each.why, each.count) for each in library.reading.set_aside] == [("n is 0 or empty", 2)]
    assert labels(library, 0) == ["digging"]


def test_counts_must_be_whole_numbers_of_studies(monkeypatch: pytest.MonkeyPatch):
    table = "activity,outcome,n\ndigging,mood,2\ndigging,sleep,1.5\nsowing,mood,many\n"
    refused(
        table, COUNTS, r"row 3, column n: expected whole numbers of studies. Found: '1.5', 'many'. 2 times"
    )
    monkeypatch.setattr("mapanalysis.sources.coded_tables.MOST_UNNAMED", 3)
    refused("activity,outcome,n\ndigging,mood,4\n", COUNTS, "at most 3 studies in all, found 4")


# Rows in = rows used + rows set aside


def test_every_row_is_used_or_set_aside_with_the_reason():
    table = (
        "study,state,activity,outcome\nS1,Final,digging,mood\n,,,\nstudy,state,activity,outcome\n"
        "S2,final ,sowing,mood\nS3,Draft,sowing,mood\n,Final,sowing,mood\n"
    )
    library = read(table, f"only: {{state: [Final]}}\nstudy: {{id: study}}\ndimensions:{AXES}")
    reading = library.reading
    assert (reading.row_name, reading.n_read, reading.n_used) == ("rows", 6, 2)
    assert [(each.why, each.count, each.examples) for each in reading.set_aside] == [
        ("all their cells are empty", 1, ("row 3",)),
        ("they repeat the header", 1, ("row 4",)),
        ("state is none of: Final", 1, ("row 6",)),
        ("no study is named in study", 1, ("row 7",)),
    ]
    assert reading.n_read == reading.n_used + sum(each.count for each in reading.set_aside)


def test_a_study_without_codes_is_a_study_all_the_same():
    library = read(
        "study,activity,outcome\nS1,digging,mood\nS2,,\n", f"study: {{id: study}}\ndimensions:{AXES}"
    )
    assert list(library.reports["study_id"]) == ["S1", "S2"]
    assert set(library.codings["publication_id"]) == {"S1"}


def test_ids_that_the_mapping_gives_are_taken_and_others_are_told_apart():
    table = "activity,outcome\ndigging,mood\n"
    mapping = f"dimensions:{AXES}  - {{id: activity, label: Again, column: activity}}\n  - {{label: Outcome, column: outcome}}"
    ids = [dimension["id"] for dimension in read(table, mapping).codebook["dimensions"]]
    assert ids == ["activity_2", "outcome", "activity", "outcome_2"]


def test_a_column_of_text_is_no_dimension(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("mapanalysis.sources.coded_tables.MOST_CODES", 2)
    table = "activity,outcome\na,mood\nb,mood\nc,mood\n"
    refused(
        table,
        f"dimensions:{AXES}",
        "column activity: dimension Activity: expected at most 2 codes, found more",
    )


def test_the_type_of_a_report_stands_in_the_records():
    table = "study,kind,activity,outcome\nS1,Thesis,digging,mood\nS2,,digging,mood\n"
    library = read(table, f"study: {{id: study, record_type: kind}}\ndimensions:{AXES}")
    assert library.records is not None
    assert library.records[["record_id", "record_type", "title", "year"]].to_numpy().tolist() == [
        ["S1", "Thesis", "Study S1", ""], ["S2", "", "Study S2", ""],
    ]  # fmt: skip
    assert read(table, f"dimensions:{AXES}").records is None


def test_columns_that_the_mapping_does_not_name_are_left_out_by_name_only():
    library = read("activity,outcome,e-mail,blank\ndigging,mood,a@example.org,\n", f"dimensions:{AXES}")
    (left_out,) = library.reading.left_out
    assert (left_out.what, left_out.count, left_out.examples) == ("columns", 1, ("e-mail",))


# Names


def test_names_of_columns_are_found_whatever_their_case_dots_and_spaces():
    library = read(
        "Main.Activity,OUTCOME \ndigging,mood\n",
        f"dimensions:{AXES.replace('column: activity', 'column: main activity')}",
    )
    assert cells(library) == {"digging mood": 1}


def test_of_two_columns_with_one_name_the_second_has_a_number_and_nameless_ones_go_by_letters():
    mapping = """
dimensions:
  - {label: Activity, role: row, column: code (2)}
  - {label: Outcome, role: column, column: column C}
"""
    assert cells(read("code,code,,x\na,digging,mood,y\n", mapping)) == {"digging mood": 1}


def test_a_table_without_names_of_columns_goes_by_letters():
    mapping = "header: 0\ndimensions: [{label: A, role: row, column: column A}, {label: B, role: column, column: column B}]"
    assert cells(read("digging,mood\nsowing,mood\n", mapping)) == {"digging mood": 1, "sowing mood": 1}


def test_rows_above_the_header_are_titles():
    library = read("Gardens\n\nactivity,outcome\ndigging,mood\n", f"header: 3\ndimensions:{AXES}")
    assert codes(library, "activity") == {"row-4": ["digging"]}


@pytest.mark.parametrize(
    ("mapping", "match"),
    [
        (f"dimensions:{AXES}\nstudy: {{title: Titel, year: yaer}}", r"(?s)no column 'Titel'\. Nearest valid: title.*no column 'yaer'"),
        (f"dimensions:{AXES}  - {{label: C, shape: sparse, first: title, last: activity}}", "'title' stands behind 'activity'"),
        (f"header: 9\ndimensions:{AXES}", "expected the names of columns in row 9, found 3 rows"),
        (f"header: 3\ndimensions:{AXES}", "row 3: expected the names of columns, found an empty row"),
        (f"sheet: Dta\ndimensions:{AXES}", "no sheet 'Dta'"),
        (f"dimensions:{AXES}  - {{label: C, column: empty}}", "dimension C: no cell holds a code"),
        (f"dimensions:{AXES}  - {{label: C, shape: sparse, prefix: 'ES: '}}", "no column 'ES: '.*No column begins with"),
        (f"dimensions:{AXES}  - {{label: C, column: activity, codebook: {{sheet: Codes, code: c}}}}", "no sheet 'Codes'"),
    ],
)  # fmt: skip
def test_what_the_mapping_names_must_be_there(mapping: str, match: str):
    refused("activity,outcome,title,year,empty\ndigging,mood,T,2019,\n,,,,\n", mapping, match)


@pytest.mark.parametrize(
    ("table", "match"),
    [
        ("activity,outcome\ndigging,mood,x\n", "row 2: expected 2 cells in a row, found more"),
        (
            "activity,outcome\ndigging,mood\nsowi",
            "row 3: expected 2 cells in the last row, found 1: the file is cut off",
        ),
    ],
)
def test_rows_that_do_not_fit_the_header_are_refused(table: str, match: str):
    refused(table, f"dimensions:{AXES}", match)


# Studies


STUDY = f"study: {{title: t, authors: a, year: y, doi: d, n_participants: n, followup_months: f}}\ndimensions:{AXES}"


def test_years_dois_and_numbers_are_read_as_spreadsheets_write_them():
    table = (
        "activity,outcome,t,a,y,d,n,f\n"
        'digging,mood,One,"Lee, A\nRuiz, B",1-Jan-16,https://doi.org/10.1234/ab.,"1,204","1,5"\n'
        'digging,mood,Two,NA,43831,doi: 10.1234/ cd,17,"12,25"\n'
        "digging,mood,,Berg,in press,http://example.org,many,\n"
    )
    library = read(table, STUDY)
    reports = library.reports
    assert list(reports["title"]) == ["One", "Two", "Study in row 4"]
    assert list(reports["authors"]) == ["Lee, A; Ruiz, B", "", "Berg"]
    assert reports["year"].fillna(0).tolist() == [2016, 2020, 0]
    assert list(reports["doi"]) == ["10.1234/ab", "10.1234/cd", ""]
    assert reports["n_participants"].fillna(0).tolist() == [1204, 17, 0]
    assert reports["followup_months"].fillna(0).tolist() == [1.5, 12.25, 0]
    assert [(each.what, each.why, each.examples) for each in library.reading.left_out] == [
        ("values of authors", "they are marks of a missing value", ("NA",)),
        ("values of year", "they are no year", ("in press",)),
        ("values of doi", "they are no DOI", ("http://example.org",)),
        ("values of n_participants", "they are no number", ("many",)),
    ]


def test_titles_are_plain_text():
    library = read(
        "t,activity,outcome\n<i>Peas</i> &amp; beans,digging,mood\n",
        f"study: {{title: t}}\ndimensions:{AXES}",
    )
    assert list(library.reports["title"]) == ["Peas & beans"]
    assert "texts with HTML tags taken out" in {repair.what for repair in library.reading.repairs}


def test_rows_of_one_study_that_differ_in_a_field_keep_the_first_and_say_so():
    table = "s,t,activity,outcome\nS1,,digging,mood\nS1,One,digging,mood\nS1,Two,digging,mood\n"
    library = read(table, f"study: {{id: s, title: t}}\ndimensions:{AXES}")
    assert list(library.reports["title"]) == ["One"]
    assert [(each.what, each.count) for each in library.reading.left_out] == [("further values of title", 1)]


def test_the_same_file_gives_the_same_map():
    table = "activity,outcome\n" + "".join(f"a{n % 7},o{n % 5}\n" for n in range(60))
    one, other = (read(table, f"dimensions:{AXES}") for _ in range(2))
    assert one.codebook == other.codebook
    assert one.codings.equals(other.codings)
    assert one.reading == other.reading
