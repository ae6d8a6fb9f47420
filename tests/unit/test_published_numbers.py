"""Numbers in the prose of the peer support report, counted again from the raw files by plain means."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from pathlib import Path

import pytest
import yaml

from mapanalysis.analysis.gaps import GapRules
from mapanalysis.analysis.grid import count_studies
from mapanalysis.evidence import Evidence, load_evidence
from mapanalysis.markup import plain_text
from mapanalysis.publish import methods, summary
from mapanalysis.publish.document import Paragraph

RAW = Path(__file__).resolve().parents[2] / "data" / "raw"


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return load_evidence(RAW.parents[1])


@pytest.fixture(scope="module")
def counts(evidence) -> summary.Counts:
    rules = GapRules(2026, "review", "economic_evaluation")
    choice = summary.Choice(
        edition="e", date="2026-11-23", row="function", column="outcome", need="need", country="country",
        segment="design", review_code="review", economic_code="economic_evaluation", rules=rules,
    )  # fmt: skip
    grids = [
        count_studies(
            evidence.codings,
            evidence.codebook,
            evidence.studies["study_id"],
            row=row,
            column="outcome",
            segment="design",
        )
        for row in ("function", "need")
    ]
    gaps = evidence.codings.iloc[:0].assign(kind="", map="")
    return summary.Counts(evidence, choice, evidence.segments("design"), *grids, gaps)


def rows(name):
    with (RAW / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def study_of():
    return {row["publication_id"]: row["study_id"] for row in rows("reports")}


@pytest.fixture(scope="module")
def coded(study_of):
    """Dimension, then study, then its settled codes; "not reported" only where no report states anything."""
    found = defaultdict(lambda: defaultdict(set))
    for row in rows("codings"):
        if row["coder"] == "settled" and row["publication_id"] in study_of:
            found[row["dimension"]][study_of[row["publication_id"]]].add(row["code"])
    for studies in found.values():
        for codes in studies.values():
            if len(codes) > 1:
                codes.discard("not_reported")
    return found


@pytest.fixture(scope="module")
def above():
    """The code above each code, by dimension."""
    book = yaml.safe_load((RAW / "codebook.yaml").read_text(encoding="utf-8"))
    found = {}
    for dimension in book["dimensions"]:
        pairs = found[dimension["id"]] = {}
        codes = dimension["codes"]
        stack = [
            (code, "") for code in ([] if isinstance(codes, str) else codes)
        ]  # a name is a vocabulary: countries
        while stack:
            code, parent = stack.pop()
            pairs[code["id"]] = parent
            stack += [(one, code["id"]) for one in code.get("codes", [])]
    return found


def top_of(code, above):
    return code if not above[code] else top_of(above[code], above)


def number(text, pattern):
    (found,) = re.findall(pattern, text)
    return int(found.replace(",", ""))


def test_ten_numbers_of_the_prose_are_those_of_the_raw_files(counts, study_of, coded, above):
    volume = summary.say_volume(counts)
    assert number(volume, r"holds ([\d,]+) studies") == len(set(study_of.values()))
    assert number(volume, r"in ([\d,]+) reports") == len(study_of)
    for label, code in (
        ("Systematic review", "review"),
        ("Randomised controlled trial", "trial"),
        ("Economic evaluation", "economic_evaluation"),
    ):
        mine = {
            study
            for study, codes in coded["design"].items()
            if code in {top_of(one, above["design"]) for one in codes}
        }
        assert number(volume, rf"{label}: ([\d,]+)") == len(mine)
    diabetes = sum("diabetes" in codes for codes in coded["need"].values())
    assert number(summary.say_needs(counts), r"Diabetes \((\d+)\)") == diabetes
    assert number(summary.say_columns(counts), r"Quality of life \((\d+)\)") == sum(
        "quality_of_life" in codes for codes in coded["outcome"].values()
    )
    silent = sum(codes == {"not_reported"} for codes in coded["function"].values())
    assert number(summary.say_rows(counts), r"Not reported by (\d+)") == silent
    americans = sum("US" in codes for codes in coded["country"].values())
    assert number(summary.say_countries(counts), r"United States \((\d+)\)") == americans
    assert number(summary.say_countries(counts), r"of (\d+) in all") == len(
        {code for codes in coded["country"].values() for code in codes} - {"not_reported"}
    )
    records = number(text_of(methods.write_methods(counts)), r"([\d,]+) records were read")
    assert records == sum(1 for path in (RAW / "records").glob("*.*") for _ in starts_of(path))


def test_the_empty_cells_are_counted_from_the_raw_codings(counts, coded, above):
    leaves = {
        name: [code for code in above[name] if code not in above[name].values() and code != "not_reported"]
        for name in ("need", "outcome")
    }
    used = {code for codes in coded["need"].values() for code in codes}
    rows_shown = [*leaves["need"], *({parent for parent in above["need"].values() if parent} & used)]
    used = {code for codes in coded["outcome"].values() for code in codes}
    columns_shown = [*leaves["outcome"], *({parent for parent in above["outcome"].values() if parent} & used)]
    with_design = {study for study, codes in coded["design"].items() if codes}
    n_empty = sum(
        not any(
            row in coded["need"][study] and column in coded["outcome"][study] and study in with_design
            for study in set(coded["need"]) & set(coded["outcome"])
        )
        for row in rows_shown
        for column in columns_shown
    )
    said = summary.say_gaps(counts)
    assert number(said, r"without any study: ([\d,]+) of") == n_empty
    assert number(said, r"any study: [\d,]+ of ([\d,]+)") == len(rows_shown) * len(columns_shown)
    plain = text_of(methods.write_plain_summary(counts))
    assert number(plain, r"In ([\d,]+) of them") == n_empty


def text_of(section):
    return " ".join(plain_text(block.text) for block in section.blocks if isinstance(block, Paragraph))


def starts_of(path):
    """The first line of each record of a file."""
    text = path.read_text(encoding="utf-8-sig")
    if path.suffix == ".ris":
        return re.findall(r"^TY  - ", text, re.M)
    if path.suffix == ".nbib":
        return re.findall(r"^TI  - ", text, re.M)
    if path.suffix == ".bib":
        return re.findall(r"^@\w+\{", text, re.M)
    if path.suffix == ".csv":
        return list(csv.DictReader(text.splitlines()))
    return []
