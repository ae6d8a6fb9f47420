"""What the schemas accept, and in which words they refuse."""

from __future__ import annotations

import pandas as pd
import pytest

from mapanalysis.errors import DataError
from mapanalysis.tables import BUILT, RAW, check_table, flag, integer, number, parse_table, table, text, year

SCHEMA = table(
    "gardens",
    "Gardens",
    ["garden_id"],
    {
        "garden_id": text("Garden", required=True),
        "kind": text("Kind", among=("allotment", "park")),
        "n_people": integer("People", "people", minimum=1),
        "weeks": number("Duration", "weeks", minimum=0),
        "opened": year("Year of opening"),
        "is_open": flag("Whether it is open"),
        "note": text("Note"),
    },
    optional=["note"],
)
ROW = {
    "garden_id": "G1",
    "kind": "park",
    "n_people": "12",
    "weeks": "1.5",
    "opened": "1999",
    "is_open": "True",
}


def frame_of(*changes: dict[str, str]) -> pd.DataFrame:
    return pd.DataFrame(
        [ROW | {"garden_id": f"G{n}"} | change for n, change in enumerate(changes, 1)], dtype="str"
    )


def problems_of(frame: pd.DataFrame) -> list[str]:
    with pytest.raises(DataError) as caught:
        parse_table(frame, SCHEMA, "gardens.csv")
    return [str(problem) for problem in caught.value.problems]


def test_a_table_gets_its_types_and_the_order_of_its_columns():
    frame = frame_of(
        {}, {"n_people": "", "weeks": " ", "opened": "", "is_open": "False", "kind": "allotment"}
    )
    found = parse_table(frame[frame.columns[::-1]], SCHEMA, "gardens.csv")
    assert list(found.columns) == [*ROW, "note"]
    assert {name: str(kind) for name, kind in found.dtypes.items()} == {
        "garden_id": "str",
        "kind": "str",
        "n_people": "Int64",
        "weeks": "Float64",
        "opened": "Int64",
        "is_open": "bool",
        "note": "str",
    }
    assert found.iloc[0].tolist() == ["G1", "park", 12, 1.5, 1999, True, ""]
    assert found.loc[1, ["n_people", "weeks", "opened"]].isna().all()
    assert not found.loc[1, "is_open"]


def test_the_table_that_is_put_in_is_not_changed():
    frame = frame_of({}, {"n_people": ""})
    before = frame.copy()
    parse_table(frame, SCHEMA, "gardens.csv")
    pd.testing.assert_frame_equal(frame, before)


def test_an_empty_table_keeps_its_types():
    found = parse_table(frame_of({}).iloc[:0], SCHEMA, "gardens.csv")
    assert len(found) == 0
    assert str(found["n_people"].dtype) == "Int64"
    assert str(found["is_open"].dtype) == "bool"


def test_all_problems_of_a_table_are_said_at_once():
    messages = problems_of(
        frame_of(
            {"opened": "20199"},
            {"garden_id": "G1", "kind": "Park"},
            {"garden_id": "", "n_people": "a dozen", "is_open": "yes"},
            {"n_people": "0", "weeks": "-1", "opened": "199"},
        )
    )
    expected = [
        "gardens.csv, row 4, column n_people: is not a whole number. Found: 'a dozen'.",
        "gardens.csv, row 4, column is_open: is neither True nor False. Found: 'yes'.",
        "gardens.csv, row 3: the same garden_id stands on more than one row. Found: 'G1'. Keep one of them.",
        "gardens.csv, row 4, column garden_id: is empty. Found: ''.",
        "gardens.csv, row 3, column kind: is none of allotment, park. Found: 'Park'.",
        "gardens.csv, row 5, column n_people: is below 1. Found: '0'.",
        "gardens.csv, row 5, column weeks: is below 0. Found: '-1.0'.",
        "gardens.csv, row 2, column opened: is above 2100. Found: '20199'.",
        "gardens.csv, row 5, column opened: is below 1800. Found: '199'.",
    ]
    assert len(messages) == len(expected)
    for part in expected:
        assert any(message.startswith(part) for message in messages), part


def test_columns_that_are_missing_or_unknown_are_said_with_the_nearest():
    messages = problems_of(frame_of({}).rename(columns={"kind": "kinds", "weeks": "Unnamed: 3"}))
    assert len(messages) == 3
    assert "there is no column 'kind'. Nearest valid: kinds. Expected: garden_id, kind" in messages[0]
    assert "there is no column 'weeks'. Expected" in messages[1]
    assert "columns that are not expected. Found: 'kinds', 'Unnamed: 3'" in messages[2]


def test_repeated_keys_are_counted_and_the_first_repetition_is_named():
    frame = frame_of({}, {}, {"garden_id": "G1"}, {"garden_id": "G2"}, {"garden_id": "G2"})
    (message,) = problems_of(frame)
    assert "row 4: the same garden_id" in message
    assert "Found: 'G1', 'G2'. 3 times in all" in message


@pytest.mark.parametrize(
    "value",
    [
        "3,5",
        "1,234",
        "1.234,5",
        "1 234",
        "1_000",
        "0x10",
        "MMXIX",
        "١٢",
        "about 20",
        "12?",
        "nan",
        "NA",
        "inf",
        "-inf",
        "1e999",
        "3.5",
        "True",
        "9007199254740993",
        "99999999999999999999",
        "1e300",
        "--5",
    ],
)
def test_what_is_not_plainly_a_whole_number_is_refused_and_not_guessed(value):
    (message,) = problems_of(frame_of({"n_people": value}))
    assert f"row 2, column n_people: is not a whole number. Found: '{value}'" in message
    assert "leave it empty when it is not known" in message


@pytest.mark.parametrize(
    ("value", "expected"), [("12", 12), (" 12 ", 12), ("12.0", 12), ("+7", 7), ("007", 7)]
)
def test_whole_numbers_as_spreadsheets_write_them_are_read(value, expected):
    assert parse_table(frame_of({"n_people": value}), SCHEMA, "gardens.csv").loc[0, "n_people"] == expected


@pytest.mark.parametrize("value", ["3,5", "nan", "inf", "-Infinity", "1e999", "six"])
def test_what_is_not_plainly_a_number_is_refused(value):
    (message,) = problems_of(frame_of({"weeks": value}))
    assert f"row 2, column weeks: is not a number. Found: '{value}'" in message


@pytest.mark.parametrize("value", ["20199", "2101", "1799", "0", "-5"])
def test_a_year_beyond_belief_is_refused(value):
    (message,) = problems_of(frame_of({"opened": value}))
    assert f"Found: '{value}'" in message


@pytest.mark.parametrize("value", ["1800", "2100"])
def test_the_first_and_the_last_year_are_years(value):
    assert parse_table(frame_of({"opened": value}), SCHEMA, "gardens.csv").loc[0, "opened"] == int(value)


@pytest.mark.parametrize("value", ["true", "FALSE", "1", "0", "yes", "", " True"])
def test_a_flag_is_true_or_false_and_nothing_like_it(value):
    (message,) = problems_of(frame_of({"is_open": value}))
    assert "column is_open: is neither True nor False" in message


def test_text_that_programs_take_for_missing_stays_text():
    found = parse_table(
        frame_of({"garden_id": "NA", "note": "None"}).fillna({"note": ""}), SCHEMA, "gardens.csv"
    )
    assert found.loc[0, ["garden_id", "note"]].tolist() == ["NA", "None"]


def test_at_most_five_values_are_shown_and_all_are_counted():
    (message,) = problems_of(frame_of(*({"weeks": f"w{n}"} for n in range(40))))
    assert "Found: 'w0', 'w1', 'w2', 'w3', 'w4'. 40 times in all." in message


def test_a_built_table_is_checked_too():
    built = parse_table(frame_of({}, {}), SCHEMA, "gardens.csv")
    pd.testing.assert_frame_equal(check_table(built, SCHEMA), built)
    with pytest.raises(
        DataError, match=r"table gardens, row 3, column kind: is none of allotment, park\. Found: 'x'"
    ):
        check_table(built.assign(kind=["park", "x"]), SCHEMA)
    with pytest.raises(DataError, match=r"is not a column of the table\. Found: 'colour'"):
        check_table(built.assign(colour="red"), SCHEMA)
    with pytest.raises(DataError, match=r"is a column that the table must have\. Found: 'kind'"):
        check_table(built.drop(columns="kind"), SCHEMA)
    with pytest.raises(DataError, match="column note: is missing"):
        check_table(built.assign(note=pd.Series(["a", None], dtype="str")), SCHEMA)


def test_a_built_table_put_together_from_parts_says_what_is_twice():
    """Its index then has repetitions, which the checks themselves would stumble over."""
    built = parse_table(frame_of({}), SCHEMA, "gardens.csv")
    with pytest.raises(DataError, match="row 3: the same garden_id stands on more than one row"):
        check_table(pd.concat([built, built]), SCHEMA)


@pytest.mark.parametrize("schema", [*RAW.values(), *BUILT.values()], ids=lambda schema: schema.name)
def test_every_column_of_every_table_is_described_and_its_key_exists(schema):
    assert schema.title
    assert schema.unique
    assert set(schema.unique) <= set(schema.columns)
    assert [name for name, column in schema.columns.items() if not column.description] == []
