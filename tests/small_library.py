"""A small library as a reader of foreign files gives it: gardens, with every awkward case that projects must bear."""

from __future__ import annotations

import datetime
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from mapanalysis.exchange.axes import Axes
from mapanalysis.exchange.projects import Original
from mapanalysis.sources.library import Library, Reading, SetAside
from mapanalysis.sources.text import Repair
from mapanalysis.tables import RAW, dtypes_of

TODAY = datetime.date(2026, 11, 23)
ORIGINAL = Original("gardens.json", b'{"Comments": "Ann thinks so", "CreatedBy": "Ann Coder"}')
AXES = Axes("activity", "effect", "design", need="activity", review_code="review")
CODEBOOK: dict[str, Any] = {
    "title": "Gardens",
    "question": "What is known of gardens?",
    "dimensions": [
        {
            "id": "activity",
            "label": "What people did",
            "role": "row",
            "codes": [
                {
                    "id": "1",
                    "label": "Growing",
                    "codes": [
                        {"id": "no", "label": "Fruit", "definition": "Trees & bushes <b>"},
                        {"id": "2", "label": "Roots"},
                    ],
                },
                {"id": "3", "label": "=Looking", "definition": "Sitting, for example."},
            ],
        },
        {
            "id": "effect",
            "label": "What changed",
            "role": "column",
            "codes": [{"id": "mood", "label": "Mood"}, {"id": "soil", "label": "Soil"}],
        },
        {
            "id": "design",
            "label": "Study design",
            "role": "segment",
            "codes": [{"id": "review", "label": "Review"}, {"id": "trial", "label": "Trial"}],
        },
    ],
}
REPORTS = [
    (
        "R1",
        "S1",
        "Roots and mood",
        "Lee, Ann; Roy B",
        2019,
        "Soil",
        "4",
        "2",
        "10-19",
        "10.5555/a",
        "30000001",
        "JOUR",
    ),
    ("R2", "S1", "Roots and mood: later", "Lee, Ann", 2021, "Soil", "", "", "e12", "", "", "JOUR"),
    (
        "R3",
        "S2",
        '=Fruit {and} 50% "more"',
        "Garden Study Group",
        2020,
        "",
        "",
        "",
        "",
        "10.5555/b",
        "",
        "Report",
    ),
    ("R4", "S3", "Ökologie der Wurzeln", "", None, "Boden", "", "", "", "", "", ""),
]
CODINGS = [
    ("R1", "f1", "activity", "2"),
    ("R1", "f1", "effect", "mood"),
    ("R1", "f2", "activity", "3"),
    ("R1", "f2", "effect", "soil"),
    ("R1", "", "design", "trial"),
    ("R2", "", "design", "trial"),
    ("R2", "f1", "activity", "2"),
    ("R2", "f1", "effect", "mood"),
    ("R3", "", "activity", "no"),
    ("R3", "", "effect", "mood"),
    ("R3", "", "design", "review"),
]


def reports(rows: list[tuple[Any, ...]] = REPORTS) -> pd.DataFrame:
    """Reports in the columns of the raw table; what is not given is empty."""
    names = ["publication_id", "study_id", "title", "authors", "year", "journal", "volume", "issue", "pages"]
    frame = pd.DataFrame(rows, columns=[*names, "doi", "pmid", "record_type"])
    types = dtypes_of(RAW["reports"])
    for name, kind in types.items():
        if name not in frame:
            frame[name] = "" if kind == "str" else pd.NA
    return frame[list(types)].astype(types)


def codings(rows: list[tuple[str, str, str, str]] = CODINGS) -> pd.DataFrame:
    """Settled codings: publication, finding, dimension, code."""
    frame = pd.DataFrame(rows, columns=["publication_id", "finding_id", "dimension", "code"], dtype="str")
    return frame.assign(coder="settled")[list(RAW["codings"].columns)]


def library(**changed: Any) -> Library:
    """The library; R4 is coded on nothing, and one row of the file became nothing."""
    reading = Reading(
        file="gardens.json",
        format="EPPI-Reviewer JSON",
        row_name="references",
        n_read=5,
        n_used=4,
        repairs=(Repair("gardens.json", "DOIs without their address", 2),),
        set_aside=(SetAside("references", "deleted in EPPI-Reviewer", 1, ("Old one",)),),
        left_out=(SetAside("comments", "no map shows them", 3),),
        guesses=("The first codeset makes the rows.",),
    )
    whole = Library("Gardens", CODEBOOK, reports(), codings(), reading)
    return replace(whole, **changed)


def write(folder: Path, **changed: Any) -> Path:
    """A project of the library, in `folder`."""
    from mapanalysis.exchange.projects import write_project

    write_project(library(**changed), folder, ORIGINAL, AXES, TODAY)
    return folder
