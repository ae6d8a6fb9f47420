"""Codes behind the spellings of cells: joined, ordered, named."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from mapanalysis.sources.vocabulary import Found, Ids, Listed, find_codes, fold_label, slug


def find(values: dict[str, int] | list[str], **options: Any) -> Found:
    return find_codes(Counter(values), label="Outcome", **options)


def pairs(found: Found) -> list[tuple[str, str]]:
    """Id and label of each code of the top level."""
    return [(code["id"], code["label"]) for code in found.codes]


def test_codes_come_in_the_order_in_which_they_appear():
    assert pairs(find(["Sleep", "Mood", "Self-esteem"])) == [
        ("sleep", "Sleep"), ("mood", "Mood"), ("self_esteem", "Self-esteem"),
    ]  # fmt: skip


def test_spellings_apart_by_case_spaces_and_parting_signs_are_one_code_with_the_commonest_label():
    found = find({"self care": 1, "Self-care": 5, "SELF CARE.": 2, "Sleep": 3})
    assert pairs(found) == [("self_care", "Self-care"), ("sleep", "Sleep")]
    assert {found.code_of[spelling] for spelling in ("self care", "Self-care", "SELF CARE.")} == {"self_care"}
    assert found.n_merged == 3
    assert found.notes == (
        "Outcome: read as one code, 'Self-care': 'Self-care' (5), 'SELF CARE.' (2), 'self care' (1).",
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [("0-5", "05"), ("<5", ">5"), ("A", "A+"), ("1.5", "15"), ("N/A", "NA"), ("-1", "1"), ("co-op", "coop")],
)
def test_signs_that_mean_something_keep_codes_apart(one: str, other: str):
    assert fold_label(one) != fold_label(other)
    assert len(find([one, other]).codes) == 2


def test_merging_can_be_turned_off():
    assert len(find(["Mood", "mood"], merge=False).codes) == 2


def test_ids_are_made_of_labels_and_used_once():
    ids = Ids(["mood"])
    made = [ids.make(label) for label in ("Mood", "Économic (farming)", "对照", "对照 2", "x" * 99)]
    assert made == ["mood_2", "economic_farming", "code", "2", "x" * 60]
    assert slug("../../evil") == "evil"


def test_labels_that_give_one_id_stay_two_codes():
    assert pairs(find(["A+", "A-"])) == [("a", "A+"), ("a_2", "A-")]


def test_listed_codes_stand_first_with_their_definitions_and_unused_ones_stay():
    listed = [Listed("Sleep", definition="Time asleep"), Listed("Mood")]
    found = find(["mood"], listed=listed)
    assert found.codes == [
        {"id": "sleep", "label": "Sleep", "definition": "Time asleep"},
        {"id": "mood", "label": "Mood"},
    ]
    assert found.code_of == {"mood": "mood"}


def test_a_cell_may_hold_the_code_or_the_label_of_a_list():
    found = find(["SL", "sleep"], listed=[Listed("Sleep", other="SL")])
    assert found.code_of == {"SL": "sleep", "sleep": "sleep"}


def test_a_code_that_is_listed_twice_is_one_code():
    listed = [Listed("Mood"), Listed("mood ", definition="How one feels")]
    assert find([], listed=listed).codes == [{"id": "mood", "label": "Mood", "definition": "How one feels"}]


def test_codes_below_groups_and_the_groups_themselves_can_be_used():
    listed = [Listed("Mood", group="Mind"), Listed("Pain", group="Body"), Listed("Sleep", group="Mind")]
    found = find(["Sleep", "Mind"], listed=listed)
    assert found.codes == [
        {"id": "mind", "label": "Mind", "codes": [{"id": "mood", "label": "Mood"}, {"id": "sleep", "label": "Sleep"}]},
        {"id": "body", "label": "Body", "codes": [{"id": "pain", "label": "Pain"}]},
    ]  # fmt: skip
    assert found.code_of == {"Sleep": "sleep", "Mind": "mind"}


def test_groups_within_labels_are_parted_by_their_sign():
    found = find(["Mind: mood", "Body: other", "Mind: other"], group_separator=": ")
    assert [(code["label"], [each["id"] for each in code["codes"]]) for code in found.codes] == [
        ("Mind", ["mood", "other_2"]),
        ("Body", ["other"]),
    ]
    assert found.code_of["Mind: other"] == "other_2"


def test_what_is_not_listed_is_kept_and_said_with_the_nearest():
    found = find(["Moood", "Height"], listed=[Listed("Mood")])
    assert pairs(found) == [("mood", "Mood"), ("moood", "Moood"), ("height", "Height")]
    assert found.notes == (
        "Outcome: not among the listed codes, kept as codes: 'Moood' (nearest: Mood), 'Height'.",
    )


def test_spellings_that_are_the_same_by_the_mapping_are_joined():
    found = find(["Randomized trial", "RCT"], same={"rct": "Randomized trial"})
    assert pairs(found) == [("randomized_trial", "Randomized trial")]
    assert set(found.code_of.values()) == {"randomized_trial"}


def test_not_reported_is_one_code_that_stands_last():
    found = find(["Not stated", "Mood", "n.r."], not_reported=["not stated", "N.R."])
    assert pairs(found) == [("mood", "Mood"), ("not_reported", "Not stated")]
    assert found.code_of["n.r."] == "not_reported"
    assert pairs(find(["Not reported", "Mood"])) == [("mood", "Mood"), ("not_reported", "Not reported")]


def test_countries_are_known_by_their_usual_names_and_others_are_kept_and_said():
    found = find(["UK", "England", "USA", "The Netherlands", "Turkiye", "NA", "Several"], is_country=True)
    assert pairs(found) == [
        ("GB", "United Kingdom"), ("US", "United States"), ("NL", "Netherlands"), ("TR", "Türkiye"),
        ("NA", "Namibia"), ("several", "Several"),
    ]  # fmt: skip
    assert found.notes[-1] == "Outcome: no countries, kept as codes: 'Several'."
