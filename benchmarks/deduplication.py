"""How well, and how fast, duplicates are found: the bundled records, labelled sets of your own, and size.

    python benchmarks/deduplication.py
    python benchmarks/deduplication.py --labelled FOLDER --sizes 10000 50000
    python benchmarks/deduplication.py --write-decisions

Each set is given to every method in the same run:
    DOI or title   records that share a DOI, or a title without case, accents and punctuation
    bib-dedupe     the library alone, on one core
    splink         a probabilistic model trained on the set itself, if splink is installed
    mapanalysis    find_duplicate_pairs

What counts are pairs of records after closure (who is joined with whom, also through others). `questions` are
the pairs a person would be asked; `settled` is the recall if the person answered them all rightly. The
bundled set is also measured in two halves, publications with even and with odd numbers.

A labelled set is a CSV of records with either a column that names the publication of each record
(publication_id, duplicate_id, cluster_id or group_id), or a column that says of each record whether it is
`unique` or a `duplicate` of one that is (as the test sets of ASySD do). The second kind does not say of
which: what counts then are records removed, a wrong one being a second unique record in a group.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import random
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from rich.console import Console
from rich.progress import track
from rich.table import Table

from mapanalysis.analysis.matching import Groups, fold_doi, fold_words
from mapanalysis.analysis.records import find_duplicate_pairs, link_records
from mapanalysis.sources.records import read_records
from mapanalysis.tables import BIBLIOGRAPHY

RAW = Path(__file__).parents[1] / "data" / "raw"
COLUMNS = ["record_id", "source", "source_file", "source_row", "record_type", *BIBLIOGRAPHY]
OTHER_NAMES = {"id": "record_id", "author": "authors", "number": "issue", "accession": "pmid"}
GROUP_LABELS = ("publication_id", "duplicate_id", "cluster_id", "group_id")
ROLES = {"unique", "duplicate"}
SAID_BY_REFERENCE = "in the reference (identifiers, titles and judgement)"

Pairs = list[tuple[str, str]]
Method = Callable[[pd.DataFrame], tuple[Pairs, Pairs]]


class LabelledSet(NamedTuple):
    """Records, and of each either its group or whether it is unique (`is_unique`)."""

    name: str
    records: pd.DataFrame
    group: pd.Series | None = None
    is_unique: pd.Series | None = None

    def take(self, name: str, chosen: pd.Series) -> LabelledSet:
        assert self.group is not None
        records, group = self.records[chosen], self.group[chosen]
        return LabelledSet(name, records.reset_index(drop=True), group.reset_index(drop=True))


class Score(NamedTuple):
    n_found: int
    precision: float
    recall: float


# Sets


def read_bundled() -> LabelledSet:
    files = sorted(
        path for path in (RAW / "records").iterdir() if path.suffix in (".ris", ".nbib", ".bib", ".csv")
    )
    records = read_records(files, RAW).records
    known = pd.read_csv(RAW / "known_duplicates.csv", dtype="str", na_filter=False)
    labelled = records.merge(known, on="record_id", validate="1:1")
    return LabelledSet("bundled", records, labelled["publication_id"])


def split_in_halves(labelled: LabelledSet) -> Iterable[LabelledSet]:
    assert labelled.group is not None
    is_odd = labelled.group.str[-1].astype(int) % 2 == 1
    yield labelled.take(f"{labelled.name}, even half", ~is_odd)
    yield labelled.take(f"{labelled.name}, odd half", is_odd)


def read_labelled(path: Path) -> LabelledSet | None:
    """The labelled set in a CSV; None when it has no labels."""
    for encoding in ("utf-8-sig", "cp1252", "latin-1"):
        with suppress(UnicodeDecodeError):
            frame = pd.read_csv(path, dtype="str", na_filter=False, encoding=encoding)
            break
    frame = frame.replace("NA", "").rename(columns=lambda name: name.strip().lower().replace(" ", "_"))
    group_column = next((name for name in GROUP_LABELS if name in frame), "")
    role_column = next((name for name in frame if set(frame[name].str.lower()) == ROLES), "")
    if not (group_column or role_column):
        return None
    frame = frame.rename(columns={old: new for old, new in OTHER_NAMES.items() if new not in frame})
    group = frame[group_column] if group_column else None
    is_unique = None if group_column else frame[role_column].str.lower() == "unique"
    for column in COLUMNS:
        if column not in frame or column == "source":
            frame[column] = ""
    if frame["record_id"].duplicated().any():
        frame["record_id"] = [str(row) for row in range(len(frame))]
    return LabelledSet(path.stem, frame[COLUMNS], group, is_unique)


def make_large(bundled: LabelledSet, n_records: int, seed: int = 1) -> LabelledSet:
    """`n_records` copies, spoilt as sources spoil them, of publications made of halves of bundled ones."""
    chance = random.Random(seed)
    originals = bundled.records[bundled.records["authors"] != ""].drop_duplicates("title").to_dict("records")
    rows: list[dict[str, str]] = []
    groups = []
    while len(rows) < n_records:
        one, other = chance.sample(originals, 2)
        halves = one["title"].split(), other["title"].split()
        publication = dict.fromkeys(COLUMNS, "") | {
            "title": " ".join(halves[0][: len(halves[0]) // 2 + 1] + halves[1][len(halves[1]) // 2 :]),
            "authors": other["authors"],
            "year": str(chance.randint(2000, 2026)),
            "journal": one["journal"] or other["journal"],
            "volume": str(chance.randint(1, 80)),
            "pages": f"{chance.randint(1, 2000)}-{chance.randint(2001, 2020)}",
            "doi": f"10.1000/{len(rows)}.{chance.randint(1, 10**6)}",
            "language": "en",
        }
        for _ in range(min(chance.choice((1, 1, 2, 3, 4)), n_records - len(rows))):
            rows.append(spoil(publication, chance) | {"record_id": f"S{len(rows)}"})
            groups.append(publication["doi"])
    return LabelledSet(f"synthetic {n_records:,}", pd.DataFrame(rows, columns=COLUMNS), pd.Series(groups))


def spoil(publication: dict[str, str], chance: random.Random) -> dict[str, str]:
    """A copy of a publication with the faults of real sources."""
    copy = dict(publication)
    for column, likelihood in (
        ("doi", 0.45),
        ("authors", 0.3),
        ("year", 0.2),
        ("volume", 0.4),
        ("pages", 0.4),
    ):
        if chance.random() < likelihood:
            copy[column] = ""
    if chance.random() < 0.3:
        copy["title"] = copy["title"].upper() + "."
    if chance.random() < 0.1:
        at = chance.randrange(1, len(copy["title"]) - 1)
        copy["title"] = copy["title"][:at] + copy["title"][at + 1 :]
    if chance.random() < 0.3:
        names = [name.split() for name in copy["authors"].split("; ") if name.split()]
        copy["authors"] = "; ".join(f"{name[-1]} {name[0][0]}" for name in names)
    return copy


# Methods: records in, pairs that are the same and pairs that may be out


def link_by_doi_or_title(records: pd.DataFrame) -> tuple[Pairs, Pairs]:
    pairs = []
    for keys in (
        records["doi"].map(fold_doi),
        records["title"].map(lambda title: "".join(fold_words(title))),
    ):
        for _, ids in records["record_id"][keys != ""].groupby(keys):
            pairs += [(ids.iloc[0], other) for other in ids.iloc[1:]]
    return pairs, []


def link_by_bib_dedupe(records: pd.DataFrame) -> tuple[Pairs, Pairs]:
    import bib_dedupe
    from bib_dedupe.bib_dedupe import block, match, prep

    bib_dedupe.verbose_print.verbosity_level = 0
    frame = pd.DataFrame(
        {
            "ID": records["record_id"],
            "ENTRYTYPE": "article",
            "author": records["authors"].str.replace("; ", " and "),
            "number": records["issue"],
            "search_set": "",
            **{
                name: records[name]
                for name in ("title", "year", "journal", "volume", "pages", "doi", "abstract")
            },
        }
    )
    found = match(block(prep(frame, cpu=1), cpu=1), cpu=1)
    of_label = {
        label: list(zip(part["ID_1"], part["ID_2"], strict=True))
        for label, part in found.groupby("duplicate_label")
    }
    return of_label.get("duplicate", []), of_label.get("maybe", [])


def link_by_splink(records: pd.DataFrame) -> tuple[Pairs, Pairs]:
    """Joined from a probability of 0.99 on, asked from 0.5 on."""
    import splink.comparison_library as compare
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    words = records["title"].map(fold_words)
    frame = pd.DataFrame(
        {
            "unique_id": records["record_id"],
            "title": words.map(" ".join),
            "start": words.map(lambda title: " ".join(title[:4])),
            "end_of": words.map(lambda title: " ".join(title[-3:])),
            "author": records["authors"].map(lambda names: " ".join(fold_words(names.split(";")[0]))),
            "doi": records["doi"].map(fold_doi),
            "page": records["pages"].str.extract(r"(\d+)")[0],
            **{name: records[name] for name in ("year", "journal", "volume")},
        }
    )
    frame = frame.astype(object).where(frame.notna() & (frame != ""), None)
    blocks = [("doi",), ("title",), ("start",), ("end_of",), ("author", "year"), ("volume", "page")]
    settings = SettingsCreator(
        link_type="dedupe_only",
        blocking_rules_to_generate_predictions=[block_on(*columns) for columns in blocks],
        comparisons=[
            compare.JaroWinklerAtThresholds("title", [0.97, 0.92, 0.85]),
            compare.JaroWinklerAtThresholds("author", [0.9]),
            compare.JaroWinklerAtThresholds("journal", [0.9]),
            *(compare.ExactMatch(name) for name in ("year", "volume", "page", "doi")),
        ],
    )
    linker = Linker(DuckDBAPI().register(frame), settings, log_level=None)
    linker.training.estimate_probability_two_random_records_match([block_on("title")], recall=0.9)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1, min_count_per_level=None)
    for columns in (("title",), ("author", "year"), ("doi",)):
        with suppress(Exception):  # a set without DOIs, say, cannot train on them
            linker.training.estimate_parameters_using_expectation_maximisation(
                block_on(*columns), record_sample_proportion=1.0
            )
    found = linker.inference.predict(threshold_match_probability=0.5).as_pandas_dataframe()
    is_same = found["match_probability"] >= 0.99
    both = list(zip(found["unique_id_l"], found["unique_id_r"], strict=True))
    same = [pair for pair, joined in zip(both, is_same, strict=True) if joined]
    return same, [pair for pair, joined in zip(both, is_same, strict=True) if not joined]


def link_by_rules(records: pd.DataFrame) -> tuple[Pairs, Pairs]:
    pairs = find_duplicate_pairs(records)
    of_decision = {
        decision: list(zip(part["record_id_a"], part["record_id_b"], strict=True))
        for decision, part in pairs.groupby("decision")
    }
    return of_decision.get("same", []), of_decision.get("uncertain", [])


METHODS: dict[str, Method] = {
    "DOI or title": link_by_doi_or_title,
    "bib-dedupe": link_by_bib_dedupe,
    "splink": link_by_splink,
    "mapanalysis": link_by_rules,
}


# Measures


def join(ids: Iterable[str], pairs: Pairs) -> pd.Series:
    """The group of each record, by record_id."""
    ids = list(ids)
    row_of = {record_id: row for row, record_id in enumerate(ids)}
    groups = Groups(range(len(ids)))
    for one, other in pairs:
        groups.join(row_of[one], row_of[other])
    return pd.Series([groups.first_of(row) for row in range(len(ids))], index=ids)


def score(labelled: LabelledSet, found: pd.Series) -> Score:
    """Precision and recall of `found` (group by record_id): of pairs, or of records removed."""
    frame = pd.DataFrame({"found": found.to_numpy()})
    if labelled.is_unique is not None:
        frame["is_unique"] = labelled.is_unique.to_numpy()
        groups = frame.groupby("found")["is_unique"].agg(["sum", "size"])
        right = int((groups["size"] - groups["sum"].clip(lower=1)).sum())
        wrong = int((groups["sum"] - 1).clip(lower=0).sum())
        missed = int((groups["sum"] == 0).sum())
        return Score(right + wrong, right / max(1, right + wrong), right / max(1, right + missed))
    assert labelled.group is not None
    frame["true"] = labelled.group.to_numpy()
    n_found, n_true, n_both = (count_pairs(frame, by) for by in (["found"], ["true"], ["found", "true"]))
    return Score(n_found, n_both / max(1, n_found), n_both / max(1, n_true))


def count_pairs(frame: pd.DataFrame, by: list[str]) -> int:
    sizes = frame.groupby(by).size()
    return int((sizes * (sizes - 1) // 2).sum())


def answer_rightly(labelled: LabelledSet, found: pd.Series, asked: Pairs) -> Pairs:
    """The pairs asked that are the same: of one group, or with a group of duplicates without original."""
    ids = labelled.records["record_id"]
    if labelled.group is not None:
        group = dict(zip(ids, labelled.group, strict=True))
        return [(one, other) for one, other in asked if group[one] == group[other]]
    assert labelled.is_unique is not None
    is_unique = pd.Series(labelled.is_unique.to_numpy(), index=ids)
    has_original = is_unique.groupby(found.to_numpy()).any()
    return [
        (one, other) for one, other in asked if not (has_original[found[one]] and has_original[found[other]])
    ]


def measure(labelled: LabelledSet, name: str, method: Method) -> list[str] | None:
    """A row of the table; None when the method is not installed."""
    ids = labelled.records["record_id"]
    try:
        start = time.perf_counter()
        same, asked = method(labelled.records)
        seconds = time.perf_counter() - start
    except ImportError:
        return None
    found = join(ids, same)
    n_questions = found.nunique() - join(ids, same + asked).nunique()
    settled = score(labelled, join(ids, same + answer_rightly(labelled, found, asked)))
    n_found, precision, recall = score(labelled, found)
    f1 = 2 * precision * recall / max(precision + recall, 1e-9)
    unit = "records" if labelled.group is None else "pairs"
    shares = [f"{share:.4f}" for share in (precision, recall, f1)]
    numbers = [f"{n_found:,}", *shares, f"{seconds:.2f}", f"{n_questions:,}", f"{settled.recall:.4f}"]
    return [labelled.name, unit, name, *numbers]


def measure_import(module: str) -> float:
    """Seconds to import a module in a fresh Python that has pandas already."""
    code = f"import pandas, time; t = time.perf_counter(); import {module}; print(time.perf_counter() - t)"
    runs = [subprocess.run([sys.executable, "-c", code], capture_output=True, text=True) for _ in range(3)]
    return min(float(run.stdout or "nan") for run in runs)


def print_table(sets: Iterable[LabelledSet], skip: Callable[[str, str], bool]) -> None:
    table = Table("set", "unit", "method", title="Duplicates found")
    for column in ("found", "precision", "recall", "F1", "seconds", "questions", "settled"):
        table.add_column(column, justify="right")
    console = Console(width=140)
    times: dict[str, dict[str, float]] = defaultdict(dict)
    for labelled in sets:
        for name, method in METHODS.items():
            row = None if skip(labelled.name, name) else measure(labelled, name, method)
            if row:
                table.add_row(*row)
                times[labelled.name][name] = float(row[7])
        table.add_section()
    console.print(table)
    for set_name, seconds in times.items():
        ours = max(seconds["mapanalysis"], 0.01)
        others = [f"{value / ours:.1f} x {name}" for name, value in seconds.items() if name != "mapanalysis"]
        console.print(f"{set_name}: time of the others in times of mapanalysis: {', '.join(others)}")


# The decisions file of the bundled data


def settle_by_reference(records: pd.DataFrame, reference: pd.Series[str]) -> pd.DataFrame:
    """The fewest decisions with which `link_records` gives the reference and leaves nothing open."""
    publication_of = dict(zip(records["record_id"], reference, strict=True))
    pairs = find_duplicate_pairs(records)
    decisions: list[dict[str, str]] = []

    def decide(one: str, other: str) -> None:
        is_same = publication_of[one] == publication_of[other]
        decision, what = (
            ("same", "the same publication") if is_same else ("different", "different publications")
        )
        reason = f"{what} {SAID_BY_REFERENCE}"
        decisions.append({"record_id_a": one, "record_id_b": other, "decision": decision, "reason": reason})

    by_rule = pairs[pairs["decision"] == "same"]
    joined = list(zip(by_rule["record_id_a"], by_rule["record_id_b"], strict=True))
    for one, other in joined:
        if publication_of[one] != publication_of[other]:
            decide(one, other)
    uncertain = pairs[pairs["decision"] == "uncertain"].sort_values(
        "title_similarity", ascending=False, kind="stable"
    )
    asked = list(zip(uncertain["record_id_a"], uncertain["record_id_b"], strict=True))
    missed = [
        (ids.iloc[0], other) for _, ids in records["record_id"].groupby(reference.to_numpy()) for other in ids
    ]
    row_of = {record_id: row for row, record_id in enumerate(records["record_id"])}
    groups = Groups(row_of.values())
    for is_decision, candidates in ((False, joined), (True, asked), (True, missed)):
        for one, other in candidates:
            if (
                publication_of[one] == publication_of[other]
                and groups.join(row_of[one], row_of[other])
                and is_decision
            ):
                decide(one, other)
    while True:
        left = link_records(records, pairs, pd.DataFrame(decisions)).uncertain
        if left.empty:
            return pd.DataFrame(decisions).sort_values(["record_id_a", "record_id_b"], ignore_index=True)
        for one, other in zip(left["record_id_a"], left["record_id_b"], strict=True):
            decide(one, other)


def write_decisions(bundled: LabelledSet) -> None:
    decisions = settle_by_reference(bundled.records, bundled.group)
    path = RAW / "duplicate_decisions.csv"
    content = decisions.to_csv(index=False, lineterminator="\n").encode()
    path.write_bytes(content)
    Path(f"{path}.source.yaml").write_text(
        "title: Pairs of records that the rules leave open, settled\n"
        "made: >-\n"
        "  By `python benchmarks/deduplication.py --write-decisions` from known_duplicates.csv: the fewest\n"
        "  answers with which the rules give the publications of the reference. No person has checked them.\n"
        f"licence: CC0-1.0\ndate: {datetime.date.today()}\nsha256: {hashlib.sha256(content).hexdigest()}\n",
        encoding="utf-8",
    )
    print(f"{path}: {decisions['decision'].value_counts().to_dict()}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--labelled", type=Path, metavar="FOLDER", help="measure the labelled CSVs in this folder too"
    )
    parser.add_argument(
        "--sizes", type=int, nargs="*", default=[], help="measure synthetic sets of so many records too"
    )
    parser.add_argument(
        "--write-decisions", action="store_true", help="write data/raw/duplicate_decisions.csv and end"
    )
    options = parser.parse_args()
    bundled = read_bundled()
    if options.write_decisions:
        write_decisions(bundled)
        return
    sets = [bundled, *split_in_halves(bundled)]
    for path in sorted(options.labelled.glob("*.csv")) if options.labelled else []:
        labelled = read_labelled(path)
        print(
            f"{path.name}: {len(labelled.records):,} records"
            if labelled
            else f"{path.name}: no labels, left out"
        )
        sets += [labelled] if labelled else []
    sets += [make_large(bundled, size) for size in options.sizes]
    # The comparison at 50,000 records would take bib-dedupe the better part of an hour.
    print_table(track(sets, transient=True), lambda name, method: method == "bib-dedupe" and "50,000" in name)
    for module in ("mapanalysis.analysis.matching", "bib_dedupe.bib_dedupe", "splink"):
        seconds = measure_import(module)
        print(f"import {module}: " + ("not installed" if seconds != seconds else f"{seconds:.2f} s"))


if __name__ == "__main__":
    main()
