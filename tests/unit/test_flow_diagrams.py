"""The flow beyond screening, and its diagrams: arithmetic that closes, every number drawn and said, lists behind boxes."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import matplotlib as mpl
import pandas as pd
import pytest
from small_map import copy_map, read_raw, take_out

from mapanalysis import figures, messages
from mapanalysis.analysis.flow import build_map_steps
from mapanalysis.analysis.grid import count_studies
from mapanalysis.errors import DataError
from mapanalysis.evidence import Evidence, load_evidence
from mapanalysis.figures.flow import BOX
from mapanalysis.messages.diagrams import MOST_PARTS, NO_APPRAISAL

ROOT = Path(__file__).parents[2]
STUDIES = pd.Series(["S1", "S2", "S3"], dtype="str")
CODINGS = pd.DataFrame({"study_id": ["S1", "S1", "S2", "S3"]}, dtype="str")
ACCOUNTING = pd.DataFrame(
    {"study_id": STUDIES, "is_placed": [True, False, False], "reason": ["", "no row", "no column"]}
)


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Evidence:
    return load_evidence(copy_map(tmp_path_factory.mktemp("maps") / "small"))


@pytest.fixture(scope="module")
def peer() -> Evidence:
    return load_evidence(ROOT)


def numbers_of(frame: pd.DataFrame) -> dict[str, int]:
    return frame.set_index("box")["n"].to_dict()


def roses_of(evidence: Evidence, row: str, column: str, segment: str, appraised=None) -> pd.DataFrame:
    ids = evidence.studies["study_id"]
    grid = count_studies(evidence.codings, evidence.codebook, ids, row=row, column=column, segment=segment)
    steps = build_map_steps(ids, evidence.codings, grid.accounting, appraised)
    return messages.arrange_roses(evidence.flow, steps.boxes)


# --- what became of the studies ---


def test_studies_are_coded_placed_and_not_placed_with_the_reason():
    steps = build_map_steps(STUDIES, CODINGS, ACCOUNTING)
    assert numbers_of(steps.boxes) == {
        "coded": 3, "placed": 1, "not_placed": 2, "not_placed/no column": 1, "not_placed/no row": 1,
    }  # fmt: skip
    assert steps.list_ids("not_placed/no row") == ["S2"]


def test_studies_that_nobody_coded_are_a_box_of_their_own():
    steps = build_map_steps(STUDIES, CODINGS.iloc[:3], ACCOUNTING)
    assert (steps.n("coded"), steps.list_ids("not_coded")) == (2, ["S3"])


def test_appraisal_is_a_box_only_where_there_are_appraisals():
    steps = build_map_steps(STUDIES, CODINGS, ACCOUNTING, ["S3", "elsewhere"])
    assert (steps.list_ids("appraised"), steps.list_ids("not_appraised")) == (["S3"], ["S1", "S2"])
    assert build_map_steps(STUDIES, CODINGS, ACCOUNTING, []).n("not_appraised") == 3
    assert "appraised" not in set(build_map_steps(STUDIES, CODINGS, ACCOUNTING).boxes["box"])


def test_a_study_included_twice_stops_it():
    with pytest.raises(DataError, match=r"The flow does not close: 4 included_studies.* Found: 'S1'"):
        build_map_steps(pd.concat([STUDIES, STUDIES[:1]], ignore_index=True), CODINGS, ACCOUNTING)


def test_the_studies_with_an_appraisal_are_those_of_the_file(small, peer):
    assert set(small.appraised) == {row["study_id"] for row in read_raw("appraisals")}
    assert not small.appraised.duplicated().any()
    assert peer.appraised is None  # nobody has appraised these


# --- which boxes stand where ---


def test_the_prisma_diagram_has_the_boxes_of_the_flow_in_order(small):
    lines = messages.arrange_prisma(small.flow)
    heads = lines[~lines["is_part"]]
    assert heads[["row", "column", "stage", "box", "n"]].values.tolist() == [
        [0, "main", "Identification", "identified", 24],
        [0, "side", "Identification", "duplicates", 4],
        [1, "main", "Screening", "screened", 20],
        [1, "side", "Screening", "excluded_records", 4],
        [2, "main", "Screening", "assessed", 16],
        [2, "side", "Screening", "excluded_reports", 2],
        [3, "main", "Included", "included_studies", 13],
        [3, "main", "Included", "included_reports", 14],
    ]


def test_a_reason_that_nobody_gave_is_not_drawn(peer):
    lines = messages.arrange_prisma(peer.flow)
    parts = lines[lines["is_part"] & (lines["box"] == "excluded_reports")]
    assert (parts["n"] > 0).all()
    assert parts["n"].sum() == 53


def test_the_roses_diagram_goes_on_to_the_map(small):
    lines = roses_of(small, "activity", "effect", "kind")
    heads = lines[~lines["is_part"]]
    assert heads.loc[heads["row"] >= 3, ["column", "stage", "label", "n"]].fillna(-1).values.tolist() == [
        ["main", "Screening", "Reports included", 14],
        ["main", "Screening", "Studies in them", 13],
        ["main", "Coding and critical appraisal", "Studies coded", 13],
        ["side", "Coding and critical appraisal", NO_APPRAISAL, -1],
        ["main", "Synthesis", "Studies placed on the map", 12],
        ["side", "Synthesis", "Not placed", 1],
    ]
    with_appraisals = roses_of(small, "activity", "effect", "kind", ["007"])
    assert {"appraised": 1, "not_appraised": 12}.items() <= numbers_of(with_appraisals).items()
    assert NO_APPRAISAL not in set(with_appraisals["label"])


@pytest.mark.parametrize(
    ("taken", "expected"),
    [
        (("records", "screening", "duplicate"), [("", "Identification"), ("included_studies", "Included")]),
        (
            ("screening",),
            [("identified", "Identification"), ("", "Screening"), ("included_studies", "Included")],
        ),
        (
            ("records", "screening_records", "duplicate"),
            [("", "Identification"), ("assessed", "Screening"), ("included_studies", "Included")],
        ),
    ],
)
def test_what_is_not_known_is_a_box_without_a_number(tmp_path, taken, expected):
    evidence = load_evidence(take_out(copy_map(tmp_path / "map"), *taken))
    lines = messages.arrange_prisma(evidence.flow)
    first = lines[lines["column"] == "main"].drop_duplicates("row")
    assert list(zip(first["box"], first["stage"], strict=True)) == expected
    unknown = lines[lines["box"] == ""].iloc[0]
    assert unknown["label"].startswith("These data do not hold")
    assert pd.isna(unknown["n"])


def test_many_sources_are_drawn_as_the_largest_and_the_others_together():
    sources = [
        ("identified", "", 210, ""),
        *((f"identified/s{n}", f"s{n}", n, "identified") for n in range(1, 21)),
    ]
    rest = [
        ("duplicates", "", 0, "identified"),
        ("included_reports", "", 1, ""),
        ("included_studies", "", 1, ""),
    ]
    flow = pd.DataFrame([*sources, *rest], columns=["box", "source_or_reason", "n", "parent"])
    flow = flow.assign(label=flow["box"], unit="records", stage="")
    parts = messages.arrange_prisma(flow).query("is_part")
    assert len(parts) == MOST_PARTS
    assert parts["n"].tolist() == [*range(10, 21), sum(range(1, 10))]
    assert parts["label"].iloc[-1] == "9 others"


# --- what is drawn and said ---

DIAGRAMS = {
    "prisma": lambda evidence: messages.arrange_prisma(evidence.flow),
    "roses": lambda evidence: roses_of(evidence, "function", "outcome", "design"),
}


@pytest.mark.parametrize("name", DIAGRAMS)
def test_every_number_of_the_diagram_is_drawn_once(peer, name):
    lines = DIAGRAMS[name](peer)
    figure = figures.plot_flow(lines)
    drawn = Counter(
        text.get_text() for text in figure.findobj(mpl.text.Text) if re.fullmatch(r"[\d,]+", text.get_text())
    )
    assert drawn == Counter(f"{n:,}" for n in lines["n"].dropna())
    written = " ".join(text.get_text() for text in figure.findobj(mpl.text.Text))
    for stage in lines["stage"].unique():
        assert stage in written


@pytest.mark.parametrize("name", DIAGRAMS)
def test_the_alternative_text_holds_every_label_and_number_in_reading_order(peer, name):
    lines = DIAGRAMS[name](peer)
    words = messages.describe_diagram(lines, "PRISMA 2020", "the finding")
    at = 0
    for line in lines.itertuples():
        number = "" if pd.isna(line.n) else f"{' ' if line.is_part else ': '}{line.n:,}"
        at = words.alt.find(f"{line.label}{number}", at)
        assert at >= 0, line.label
    assert words.denominator == (
        "1,704 records, which without duplicates are 713 publications; 182 reports of 168 studies."
    )


@pytest.mark.parametrize("name", DIAGRAMS)
def test_words_stay_within_their_boxes_and_can_be_read(peer, name):
    long = DIAGRAMS[name](peer)
    long["label"] = long["label"].where(
        ~long["is_part"], "Everything in https://" + "unbroken" * 12 + " and " + long["label"]
    )
    figure = figures.plot_flow(long)
    figure.set_dpi(72)
    renderer = mpl.backends.backend_agg.FigureCanvasAgg(figure).get_renderer()
    frames = [
        patch.get_window_extent(renderer) for patch in figure.axes[0].patches if patch.get_width() < BOX + 1
    ]
    for text in figure.axes[0].texts:
        if not text.get_text() or text.get_text() in set(long["stage"]):
            continue
        assert text.get_fontsize() >= 7
        box = text.get_window_extent(renderer)
        inside = [
            f
            for f in frames
            if f.x0 - 1 <= box.x0 and box.x1 <= f.x1 + 1 and f.y0 - 1 <= box.y0 and box.y1 <= f.y1 + 1
        ]
        assert inside, text.get_text()
    assert figure.get_figwidth() == 6.7


def test_boxes_do_not_overlap(peer):
    figure = figures.plot_flow(DIAGRAMS["roses"](peer))
    frames = [patch.get_bbox() for patch in figure.axes[0].patches if hasattr(patch, "get_boxstyle")]
    for number, one in enumerate(frames):
        assert not [other for other in frames[number + 1 :] if one.overlaps(other)]


def test_what_is_not_known_is_dashed(small):
    figure = figures.plot_flow(roses_of(small, "activity", "effect", "kind"))
    dashed = [patch for patch in figure.axes[0].patches if patch.get_linestyle() == "--"]
    assert len(dashed) == 1


def test_the_title_says_what_became_of_the_studies():
    steps = build_map_steps(STUDIES, CODINGS, ACCOUNTING, ["S1"]).boxes
    assert messages.title_steps(steps) == (
        "Of 3 studies included, 3 coded and 1 placed on the map; 1 critically appraised"
    )
    steps = build_map_steps(STUDIES, CODINGS, ACCOUNTING).boxes
    assert messages.title_steps(steps).endswith("these data hold no critical appraisal")


# --- the lists behind the boxes ---


def test_each_box_lists_what_it_counts_with_title_sources_and_reason(small):
    members = small.list_members()
    counted = small.flow[small.flow["source_or_reason"] == ""].set_index("box")["n"]
    assert members["box"].value_counts().to_dict() == counted.to_dict()
    assert list(members.columns) == ["box", "id", "title", "year", "doi", "source", "reason"]
    one = members.set_index(["box", "id"])
    assert one.loc[("duplicates", "M01"), "source"] == "Health index"
    assert one.loc[("screened", "P0001"), "source"] == "Garden library <RIS>; Health index"
    assert one.loc[("excluded_reports", "P0017"), "reason"] == "Plan or abstract without results"
    assert one.loc[("included_reports", "P0001"), ["year", "doi"]].tolist() == ["2019", "10.5555/gardens.001"]
    assert set(members.loc[members["box"] == "identified", "reason"]) == {""}


def test_boxes_lead_to_their_lists_and_parts_to_that_of_their_box(small):
    files = {"identified": "01_flow_identified.csv"}
    linked = messages.link_lists(small.flow, files).set_index("box")["list"]
    assert linked["identified/health_index"] == "01_flow_identified.csv"
    assert linked["screened"] == ""
    boxes = messages.list_boxes(messages.arrange_prisma(small.flow), files)
    assert boxes["box"].tolist()[:3] == ["identified", "duplicates", "screened"]
    assert boxes["list"].tolist()[:2] == ["01_flow_identified.csv", ""]


def test_lists_have_titles_that_tell_the_two_exclusions_apart(peer):
    titles = messages.title_lists(peer.flow)
    assert titles["excluded_records"] == "Excluded at the first stage: 478 reports"
    assert titles["excluded_reports"] == "Excluded at the second stage: 53 reports"
    assert titles["identified"] == "Records identified: 1,704 records"
