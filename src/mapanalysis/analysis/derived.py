"""Dimensions that nobody coded: made from tables such as appraisals, to be segment and filter like any other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd

from mapanalysis.codebook import Dimension

MadeFrom = Literal["appraisals", "citations"]


@dataclass(frozen=True)
class Derived:
    """A dimension, what holds for each study on it (study_id, finding_id, dimension, code), and the table it is made from."""

    dimension: Dimension
    codings: pd.DataFrame
    made_from: MadeFrom


def code_studies(dimension: Dimension, codes: list[tuple[str, str]]) -> pd.DataFrame:
    """Codings of whole studies from (study_id, code), in that order: study_id, finding_id, dimension, code."""
    frame = pd.DataFrame(codes, columns=["study_id", "code"], dtype="str")
    return frame.assign(finding_id="", dimension=dimension.id)[
        ["study_id", "finding_id", "dimension", "code"]
    ]
