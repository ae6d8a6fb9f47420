"""The methods of a map, written from its codebook, its settings and its tables: text and code cannot disagree."""

from __future__ import annotations

import platform

import mapanalysis
from mapanalysis import messages
from mapanalysis.analysis.gaps import KINDS
from mapanalysis.files import package_versions
from mapanalysis.markup import literal
from mapanalysis.messages import count, join
from mapanalysis.publish.document import Block, Bullets, Paragraph, Section
from mapanalysis.publish.summary import Counts, say_most_used

NAMED_LIBRARIES = ("pandas", "numpy", "scipy", "scikit-bio", "rapidfuzz", "matplotlib", "seaborn")


def write_methods(counts: Counts) -> Section:
    """What was done, step by step, with the settings of this edition."""
    steps = (_records, _duplicates, _selection, _coding, _counting)
    blocks: list[Block] = [Paragraph(text) for step in steps if (text := step(counts))]
    blocks.append(Paragraph("**Gaps.** A gap is a cell below a stated rule. In this edition:"))
    rules = counts.choice.rules.in_words()
    blocks.append(Bullets(tuple(f"{KINDS[kind]}: {literal(rule)}." for kind, rule in rules.items())))
    blocks.append(Paragraph(_software()))
    return Section("methods", "Methods", tuple(blocks), 2)


def write_plain_summary(counts: Counts) -> Section:
    """The map in short sentences, for readers who are new to such maps."""
    evidence, grid = counts.evidence, counts.need_grid
    n_empty, n_cells = counts.count_empty(grid)
    title = literal(_within(evidence.about.title))
    reports = count(len(evidence.reports), "report", "reports")
    return Section(
        "plain",
        "In plain English",
        (
            Paragraph(f"**What this is.** A map of research on {title}. It shows what has been studied, and what has not."),
            Paragraph(
                f"**What we found.** {count(counts.n_studies).capitalize()}, written up in {reports}. "
                f"{literal(say_most_used(counts, counts.choice.need))} {literal(say_most_used(counts, counts.choice.column))}"
            ),
            Paragraph(
                f"**What is missing.** We crossed {literal(_within(grid.row.dimension.label))} with "
                f"{literal(_within(grid.column.dimension.label))}. That gives {n_cells:,} squares. In {n_empty:,} of them we found "
                "no study. We may have missed some. It does not mean that nothing helps there."
            ),
            Paragraph("**What it does not tell you.** It does not say what works. Many studies on one point mean much interest, not success."),
            Paragraph(f"**How far to trust it.** Please note: {evidence.about.trust_in_short}"),
        ),
    )  # fmt: skip


def _within(label: str) -> str:
    """A label within a sentence: "what was measured", but "HIV" as it is."""
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]


def _records(counts: Counts) -> str:
    sources = counts.evidence.count_sources()
    if sources.empty:
        return ""
    named = [f"{row.label} ({row.n_records:,})" for row in sources.itertuples()]
    n = count(int(sources["n_records"].sum()), "record", "records")
    return f"**Records.** {n.capitalize()} were read, from {literal(join(named))}."


def _duplicates(counts: Counts) -> str:
    evidence = counts.evidence
    if evidence.records.empty:
        return ""
    grounds = [f"{row.ground} ({row.n_pairs:,})" for row in evidence.count_duplicate_reasons().itertuples()]
    n = len(evidence.records) - evidence.records["publication_id"].nunique()
    how = f" Pairs of records were joined on {join(grounds)}." if grounds else ""
    n_open = len(evidence.uncertain_pairs)
    left = (
        f" {count(n_open, 'pair waits', 'pairs wait').capitalize()} for a person, and stay apart until then."
        if n_open
        else ""
    )
    return f"**Duplicates.** {count(n, 'record', 'records').capitalize()} repeated another.{how}{left}"


def _selection(counts: Counts) -> str:
    codebook = counts.evidence.codebook
    criteria = [f"{key.replace('_', ' ')}: {value}" for key, value in codebook.eligibility.items()]
    reasons = [reason.label.lower() for reason in codebook.exclusion_reasons]
    tested = f" Reasons for exclusion were tested in this order: {'; '.join(reasons)}." if reasons else ""
    asked = f" Included was: {'; '.join(criteria)}." if criteria else ""
    return f"**Selection.**{literal(asked + tested)}" if asked or tested else ""


def _coding(counts: Counts) -> str:
    codebook = counts.evidence.codebook
    n_codes = sum(len(dimension.tree) for dimension in codebook.dimensions)
    agreement = counts.evidence.agreement_by_dimension()
    n_double = int(agreement["n_reports"].max()) if len(agreement) else 0
    twice = (
        f" {count(n_double, 'report was', 'reports were').capitalize()} coded twice, independently."
        if n_double
        else ""
    )
    rule = f" {codebook.coding_rule}" if codebook.coding_rule else ""
    return (
        f"**Coding.** {count(len(codebook.dimensions), 'dimension', 'dimensions').capitalize()} with "
        f"{count(n_codes, 'code', 'codes')}, defined in the [glossary](#glossary).{literal(rule)}{twice}"
    )  # fmt: skip


def _counting(counts: Counts) -> str:
    unit = counts.evidence.codebook.unit_of_analysis
    return (
        f"**Counting.** The unit is the {literal(unit)}. Cells, rows, columns and totals are numbers of different studies. "
        f"{literal(messages.describe_pairing(counts.grid))}"
    )


def _software() -> str:
    versions = package_versions()
    named = [f"{name} {versions[name]}" for name in NAMED_LIBRARIES if name in versions]
    return (
        f"**Software and settings.** mapanalysis {mapanalysis.__version__} on Python {platform.python_version()}, with "
        f"{join(named)}. The file manifest.json of this edition holds every setting, and the checksum of every file that went "
        "in and came out."
    )
