"""The report for a commissioner: what is there, what is missing, how far to trust it, what it does not say.

Every number in a sentence is computed here from the tables; what only people know (background, limits, licence) comes
from `data/raw/about.yaml`, labels and definitions from the codebook.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from mapanalysis import figures, messages
from mapanalysis.analysis import appraisal, growth, nature, volume
from mapanalysis.analysis.coding import family_name
from mapanalysis.analysis.grid import Grid, count_studies
from mapanalysis.evidence import Evidence, read_gaps, suit_rules
from mapanalysis.markup import literal
from mapanalysis.messages import count
from mapanalysis.publish.checklist import fill_checklists
from mapanalysis.publish.document import (
    Block,
    Bullets,
    Callout,
    Figure,
    Paragraph,
    Report,
    Section,
    Table,
    check_report,
    number_blocks,
    to_json,
)
from mapanalysis.publish.methods import write_methods, write_plain_summary
from mapanalysis.publish.outputs import Outputs
from mapanalysis.publish.pdf import write_pdf
from mapanalysis.publish.summary import (
    Choice,
    Counts,
    key_messages,
    say_columns,
    say_costs,
    say_countries,
    say_gaps,
    say_needs,
    say_rows,
    say_volume,
)
from mapanalysis.store import tables_built_from, write_bytes, write_tables, write_text
from mapanalysis.tables import BUILT

ABSTRACT = "abstract"
GAPS_IN_REPORT = 5  # of each kind; the table beside the report holds all


def build_report(
    evidence: Evidence, items: dict[str, Figure | Table], choice: Choice, outputs: Outputs
) -> Report:
    """The whole report, with the figures and tables `items` of the other notebooks, numbered in reading order.

    Writes its own tables (gaps, glossary, included studies) through `outputs`. Raises DataError when a figure that
    the report needs has not been made.
    """
    counts = _count(evidence, choice, outputs)
    about = evidence.about
    sections = [
        write_plain_summary(counts),
        *_trust(counts),
        *_background(counts),
        *_volume(counts, items),
        *_diversity(counts, items),
        *_nature(counts, items),
        *_quality(counts, items),
        *_places(items),
        *_gaps(counts, items, outputs),
        *_reading(counts),
        *_making(counts, items, outputs),
        *_glossary(counts, outputs),
        *_studies(counts, outputs),
    ]
    sections = [section for section in sections if section.blocks]
    sections.insert(_before_glossary(sections), fill_checklists(evidence, sections))
    report = Report(
        title=about.title,
        subtitle=about.subtitle,
        edition=choice.edition,
        date=choice.date,
        question=evidence.codebook.question,
        footer=f"{about.title}, edition {choice.edition}. {about.footer}",
        summary=tuple(literal(message) for message in key_messages(counts)),
        sections=tuple(sections),
        summary_figures=_summary_figures(counts, outputs),
        author=about.responsible,
        keywords=("evidence and gap map", about.title),
    )
    report = number_blocks(report)
    check_report(report, outputs.folder)
    return report


def _before_glossary(sections: list[Section]) -> int:
    return next((place for place, section in enumerate(sections) if section.id == "glossary"), len(sections))


def _summary_figures(counts: Counts, outputs: Outputs) -> tuple[Figure, ...]:
    """When, on what, and where there is nothing: three small figures for the first page."""
    evidence, choice, segments = counts.evidence, counts.choice, {"": counts.segments[""]}
    years = volume.count_by_year(
        evidence.studies, evidence.codings, evidence.codebook, choice.segment, _open_from(choice)
    )
    needs = counts.of(choice.need)
    groups = _grid(evidence, choice, choice.need, level=1)
    shown = (
        (figures.plot_years_in_short(years), "years_in_short", messages.describe_years(years, segments), years),
        (figures.plot_commonest(needs), "commonest", messages.describe_codes(needs, counts.label(choice.need), segments), needs),
        (figures.plot_map_in_short(groups), "map_in_short", messages.describe_gap_map(groups, segments), groups.cells),
    )  # fmt: skip
    blocks = [outputs.write_figure(*one).block for one in shown]
    return tuple(block for block in blocks if isinstance(block, Figure))


def write_report(report: Report, folder: Path) -> None:
    """Writes `report.json` and `report.pdf` into `folder`."""
    write_text(folder / "report.json", to_json(report))
    write_pdf(report, folder, folder / "report.pdf")


def write_data(evidence: Evidence, folder: Path) -> None:
    """Writes what the report rests on into `folder/data`: the built tables, their data dictionary, the codebook."""
    tables, schemas = tables_without_abstracts(evidence.tables)
    write_tables(tables, schemas, folder / "data", tables_built_from(evidence.project.processed))
    codebook = evidence.project.read_bytes(evidence.project.raw / "codebook.yaml")
    write_bytes(folder / "data" / "codebook.yaml", codebook)


def tables_without_abstracts(
    built: dict[str, pd.DataFrame],
) -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
    """The built tables as they may be published, and their schemas. Abstracts are the words of others."""
    tables, schemas = dict(built), dict(BUILT)
    fields = tables["publication_fields"]
    tables["publication_fields"] = fields[fields["field"] != ABSTRACT]
    for name, schema in BUILT.items():
        if ABSTRACT in schema.columns:
            tables[name] = tables[name].drop(columns=ABSTRACT)
            schemas[name] = schema.remove_columns([ABSTRACT])
    return tables, schemas


def _count(evidence: Evidence, choice: Choice, outputs: Outputs) -> Counts:
    segments, gaps = evidence.segments(choice.segment), read_gaps(outputs.folder)
    grid, need_grid = _grid(evidence, choice, choice.row), _grid(evidence, choice, choice.need)
    choice = replace(choice, rules=suit_rules(evidence, choice.rules)[0])
    return Counts(evidence, choice, segments, grid, need_grid, gaps)


def _grid(evidence: Evidence, choice: Choice, row: str, level: int | None = None) -> Grid:
    """The grid of `row` by the columns of the map; at a level, for both and without types."""
    return count_studies(
        evidence.codings,
        evidence.codebook,
        evidence.studies["study_id"],
        row=row,
        column=choice.column,
        segment=choice.segment if level is None else None,
        row_level=level,
        column_level=level,
    )


# --- sections ---


def _trust(counts: Counts) -> list[Section]:
    about = counts.evidence.about
    return [
        Section(
            "trust",
            "How far you can trust this map",
            (
                Callout(messages.NOT_WHAT_WORKS, messages.HOW_TO_TAKE_COUNTS),
                Bullets(tuple(about.trust)),
                Paragraph(_say_agreement(counts)),
            ),
        )
    ]


def _say_agreement(counts: Counts) -> str:
    evidence = counts.evidence
    return literal(
        " ".join(messages.say_agreement(evidence.screening_agreement, evidence.agreement_by_dimension()))
    )


def _background(counts: Counts) -> list[Section]:
    codebook, about = counts.evidence.codebook, counts.evidence.about
    eligibility = [
        f"**{key.replace('_', ' ').capitalize()}:** {literal(value)}"
        for key, value in codebook.eligibility.items()
    ]
    return [
        Section(
            "background",
            "What this map is about",
            (*map(Paragraph, about.background), *_stated({"Who was consulted": about.stakeholders})),
        ),
        Section(
            "eligibility",
            "What was looked for",
            (
                Paragraph(f"**Question.** {literal(codebook.question)}"),
                *(
                    [Paragraph(f"**Definition.** {literal(codebook.definition)}")]
                    if codebook.definition
                    else []
                ),
                Bullets(tuple(eligibility)),
                *([Paragraph(f"**Search.** {' '.join(about.search)}")] if about.search else []),
                *_stated({"Full searches": about.search_strategy, "Protocol": about.protocol}),
            ),
            level=2,
        ),
    ]


def _stated(texts: dict[str, str]) -> tuple[Paragraph, ...]:
    """A paragraph for each text that the map states, under its name."""
    return tuple(Paragraph(f"**{name}.** {text}") for name, text in texts.items() if text)


def _volume(counts: Counts, items: dict[str, Figure | Table]) -> list[Section]:
    sections = [
        Section(
            "volume",
            "How much evidence there is",
            (
                Paragraph(f"{literal(say_volume(counts))} {_say_several_reports(counts)}"),
                *_take(items, "02_types", "02_years", "02_growth", "02_cumulative"),
            ),
        ),
        Section(
            "needs",
            literal(counts.label(counts.choice.need)),
            _with(say_needs(counts), items, "02_needs"),
            2,
        ),
    ]
    if counts.choice.country:
        title = literal(counts.label(counts.choice.country))
        sections.append(
            Section("countries", title, _with(say_countries(counts), items, "02_countries"), 2),
        )
    return [*sections, _accumulation(items)]


def _accumulation(items: dict[str, Figure | Table]) -> Section:
    return _section(
        items,
        "accumulation",
        "Would more studies show anything new?",
        "As studies come in, fewer and fewer bring something that none before them had. How fast that happens tells how much "
        "more studies like these would show. It says nothing of studies that no search like this one can find.",
        "02_accumulation",
        "02_richness",
    )


def _section(items: dict[str, Figure | Table], id_: str, title: str, text: str, *names: str) -> Section:
    """A section of level 2: what its figures and tables show, and they; empty when there are none."""
    shown = _take(items, *names)
    return Section(id_, title, (Paragraph(text), *shown) if shown else (), 2)


def _open_from(choice: Choice) -> int:
    return growth.first_open_year(choice.date, choice.search_date)


def _say_several_reports(counts: Counts) -> str:
    studies = counts.evidence.studies
    n_several = int((studies["n_reports"] > 1).sum())
    n_undated = int(studies["year"].isna().sum())
    open_from = _open_from(counts.choice)
    is_open = bool((studies["year"] >= open_from).any())
    unfinished = f" Years from {open_from} on are not complete." if is_open else ""
    return (
        f"With more than one report: {count(n_several)}; a study is counted once, however many reports it has. "
        f"Without a year: {count(n_undated)}.{unfinished}"
    )


def _diversity(counts: Counts, items: dict[str, Figure | Table]) -> list[Section]:
    choice = counts.choice
    elsewhere = {choice.row, choice.column, choice.need, choice.country, choice.segment}
    elsewhere |= {name.removeprefix("04_by_") for name in items if name.startswith("04_by_")}
    rest = [name for name in items if name.startswith("03_by_") and name[len("03_by_") :] not in elsewhere]
    return [
        Section(
            "diversity",
            "How varied it is",
            (
                Paragraph(literal(say_rows(counts))),
                *_take(items, f"03_by_{choice.row}", "03_combinations"),
            ),
        ),
        Section("dimensions", "Other dimensions", _take(items, *rest), 2),
        Section(
            "spread",
            "How evenly",
            (
                Paragraph(
                    "A dimension is spread evenly when studies divide alike over its codes. The effective number of codes "
                    "says how many equally common codes would be as diverse. The higher its order (0, 1 or 2), the less rare "
                    "codes count. Intervals show how far it could differ in as many studies drawn like these."
                ),
                *_take(items, "03_spread", "03_hill", "03_hill_by_year", "03_concentration"),
            ),
            2,
        ),
        _section(
            items,
            "together",
            "Codes that go together",
            "What is studied together, more or less often than the numbers of studies alone would lead one to expect. "
            "Nothing is tested; pairs that stand out are questions to look into.",
            "03_together",
            "03_together_ranked",
        ),
        _section(
            items,
            "silence",
            "What is not reported",
            "What studies do not report limits what any map can show of them. With what it goes along is shown here; what "
            "it comes from is not.",
            "03_not_reported",
            "03_not_reported_by",
            "03_not_reported_differences",
        ),
    ]


def _nature(counts: Counts, items: dict[str, Figure | Table]) -> list[Section]:
    kept = [name for name in items if name.startswith("04_")]
    numbers = [f"04_{field}" for field in messages.NUMBER_LABELS]
    rest = [name for name in kept if name not in numbers and name != "04_economic_studies"]
    return [
        Section("nature", "What it is like", (Paragraph(literal(say_columns(counts))), *_take(items, *rest))),
        Section(
            "size", "Size and length of the studies", _take(items, *[n for n in numbers if n in items]), 2
        ),
        *_economic(counts, items),
    ]


def _economic(counts: Counts, items: dict[str, Figure | Table]) -> list[Section]:
    if not counts.choice.economic_code:
        return []
    return [
        Section("economic", "Evidence on cost", _with(say_costs(counts), items, "04_economic_studies"), 2)
    ]


def _quality(counts: Counts, items: dict[str, Figure | Table]) -> list[Section]:
    """How well studies were done, kept apart from what they found, and how far reviews rest on the same ones."""
    evidence, quality = counts.evidence, counts.choice.quality
    appraised = appraisal.list_appraised(evidence.appraisals, evidence.tools, evidence.studies)
    said = messages.say_appraised(appraised, counts.n_studies, counts.label(quality) if quality else "")
    tools = appraisal.tools_used(evidence.appraisals, evidence.tools)
    cited = tuple(
        f"**{literal(name)}**, {literal(source)}{_doi_link(doi)}."
        for name, source, doi in messages.cite_tools(tools)
    )
    drawn = [f"06_{what}_{tool.id}" for tool in tools for what in ("judgements", "grid")]
    sections = [
        Section(
            "appraisal",
            "How well the studies were done",
            (
                Paragraph(literal(said)),
                *([Bullets(cited)] if cited else []),
                *_take(items, *drawn, "06_appraised"),
            ),
        )
    ]
    if counts.choice.review_code:
        reviews = evidence.reviews(counts.choice.segment, counts.choice.review_code)
        sections.append(Section("overlap", "How far reviews overlap", _overlap(evidence, items, reviews), 2))
    return sections


def _overlap(evidence: Evidence, items: dict[str, Figure | Table], reviews: list[str]) -> tuple[Block, ...]:
    if evidence.citations.empty:
        return (Paragraph(messages.NOTHING_CITED),)
    said = messages.say_inside(evidence.citations, reviews, len(evidence.studies))
    return (
        Paragraph(f"{messages.WHAT_CCA_IS} {messages.CCA_ASSUMES}"),
        Paragraph(said),
        *_take(items, "06_overlap", "06_pairs", "06_included"),
    )


def _places(items: dict[str, Figure | Table]) -> list[Section]:
    """Where studies are from, and what is there from home; nothing where 07_places found no countries."""
    home = _take(items, "07_home_types", "07_home_needs", "07_without_home", "07_home_studies")
    why = (
        "Whether a study holds elsewhere is for the reader to judge: care is paid for and organised differently from one "
        "country to the next. What counts as home and as similar is a setting of the map. Evidence from elsewhere is not "
        "weaker evidence."
    )
    sections = [Section("places", "Where it is from", _take(items, "07_world", "07_rates", "07_parts"))]
    if home:
        sections.append(
            Section("home", "What is there from home, and what is not", (Paragraph(why), *home), 2)
        )
    return sections


def _gaps(counts: Counts, items: dict[str, Figure | Table], outputs: Outputs) -> list[Section]:
    choice = counts.choice
    row, need, column = (literal(counts.label(name)) for name in (choice.row, choice.need, choice.column))
    return [
        Section(
            "gaps",
            "Where evidence is missing",
            (
                Paragraph(literal(say_gaps(counts))),
                Paragraph(
                    "A gap is a cell below a stated rule. The rules of this edition are below; their thresholds are "
                    "settings of the map. A gap is relative to what was searched and to the eligibility criteria. "
                ),
                Bullets(
                    tuple(
                        literal(messages.describe_pairing(grid)) for grid in (counts.grid, counts.need_grid)
                    )
                ),
                *_take(items, "05_rules"),
            ),
        ),
        Section("map", f"{row}, by {_within(column)}", _take(items, "05_map_rows"), 2),
        Section(
            "map-needs",
            f"{need}, by {_within(column)}",
            _take(items, "05_map_needs", "05_map_need_groups"),
            2,
        ),
        Section(
            "kinds",
            "Kinds of gaps",
            (*_take(items, "05_kinds_rows", "05_kinds_needs"), *_ranked(counts, outputs)),
            2,
        ),
        Section("gap-pairs", "Gaps over other dimensions", _pairs(items), 2),
        *_certainty(items),
    ]


def _pairs(items: dict[str, Figure | Table]) -> tuple[Block, ...]:
    """Where the gaps of other pairs of dimensions are: their tables are too long for a report."""
    pairs = [items[name] for name in items if name.startswith("05_pair_")]
    if not pairs:
        return ()
    lines = tuple(f"{pair.title}: {pair.table_csv.removeprefix('tables/')}" for pair in pairs)
    return (
        Paragraph("The same rules over other pairs of dimensions; the tables are in the folder of tables."),
        Bullets(lines),
    )


def _certainty(items: dict[str, Figure | Table]) -> list[Section]:
    """Which gaps hold when the evidence is read otherwise, and which cells chance does not explain."""
    holds = _take(items, "08_holds", "08_surest_needs", "08_certainty_rows")
    chance = _take(items, "08_surprise_needs", "08_surprise_rows")
    how = (
        "Each gap was looked for again by the codes of each coder alone, where several coded, without the reports that "
        "screeners were of two minds about, and with each threshold a step away. It holds in a reading when it is a gap "
        "there too; readings that could not close it are not counted."
    )
    dealt = (
        "Where many studies have a row and many have a column, a cell of both should hold some even if the two have "
        "nothing to do with each other. Here the map is compared with maps of chance, in which each study keeps its codes "
        "and each row and column its number of studies."
    )
    return [
        Section(
            "certainty",
            "How sure the gaps are",
            (Paragraph(f"{how} {messages.RELATIVE}"), *holds) if holds else (),
            2,
        ),
        Section("surprise", "How surprising the gaps are", (Paragraph(dealt), *chance) if chance else (), 2),
    ]


def _within(label: str) -> str:
    """A label within a heading: "what was measured", but "HIV" as it is."""
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]


def _ranked(counts: Counts, outputs: Outputs) -> Iterable[Block]:
    """The most striking gaps of need by outcome, a few of each kind."""
    gaps = messages.label_gaps(counts.gaps[counts.gaps["map"] == "needs"])
    few = gaps[gaps["rank"] <= GAPS_IN_REPORT]
    yield outputs.write_table(
        few,
        "gaps",
        f"The most striking gaps of each kind: {counts.label(counts.choice.need)} by {counts.label(counts.choice.column)}",
        columns=messages.GAP_COLUMNS,
        group="kind_label",
        note=f"The first {GAPS_IN_REPORT} of each kind; all {len(gaps):,} are in tables/05_ranked_needs.csv.",
        shares={"row_label": 2.6, "column_label": 2.6},
    ).block


def _reading(counts: Counts) -> list[Section]:
    return [
        Section(
            "reading",
            "How to read this map",
            (
                Bullets(
                    (
                        "**One study, counted once.** Cells, rows, columns and totals are numbers of different studies. Because a "
                        "study can stand in several cells, the cells of a row add up to more than the row's own number.",
                        "**Reviews and primary studies are different things.** A review gathers primary studies, some of which may "
                        "stand in this map too. They are shown apart, and together only where the label says so.",
                        "**Empty is not the same as unknown.** A hatched cell means that no study was found. Studies that do not "
                        "report a dimension stand in a row or column of their own.",
                        "**Find your own question.** Start from the row that concerns you, see which columns were studied, and look "
                        "the studies up: in the list at the end, or by cell in the tables 05_placements.",
                    )
                ),
                Callout(
                    "What it does not say",
                    messages.not_said(is_appraised=len(counts.evidence.appraisals) > 0),
                ),
            ),
        )
    ]


def _making(counts: Counts, items: dict[str, Figure | Table], outputs: Outputs) -> list[Section]:
    rows = list(items)
    return [
        *_flow(counts, items, outputs),
        Section(
            "agreement",
            "Agreement",
            (
                Paragraph(_say_agreement(counts)),
                *_take(items, "01_screening_agreement", "01_coding_agreement"),
            ),
            2,
        ),
        Section(
            "accounting",
            "From records to the map",
            (
                *_take(items, "01_roses", "01_roses_boxes"),
                *(Paragraph(_say_placed(grid)) for grid in (counts.grid, counts.need_grid)),
                *_take(items, *[name for name in rows if name == "01_not_placed" and items[name].rows]),  # type: ignore[union-attr]
            ),
            2,
        ),
        Section("reuse", "Using and citing it", _reuse(counts), 2),
    ]


def _flow(counts: Counts, items: dict[str, Figure | Table], outputs: Outputs) -> list[Section]:
    """How the reports were found and chosen: the flow, what each source brought, duplicates, what was excluded."""
    flow = messages.describe_flow(counts.evidence.flow)
    words = Paragraph(
        "The steps are laid out as in PRISMA 2020; the part on trust says what was read at each. Each number below is the "
        "length of a list that is published with this report, and the arithmetic is checked before anything is written."
    )
    bullets = Bullets(tuple(f"{line}." for line in flow))
    return [
        Section("making", "How the map was made", (words, bullets, *_take(items, "01_prisma", "01_flow"))),
        write_methods(counts),
        Section("search", "What each source brought", _take(items, *_search(counts)), 2),
        Section("duplicates", "Duplicates", _take(items, "01_duplicates"), 2),
        Section("excluded", "Excluded at the second stage", tuple(_excluded(counts, outputs)), 2),
    ]


def _search(counts: Counts) -> tuple[str, ...]:
    return ("01_search", "01_search_by_type") if counts.evidence.knows_decisions else ("01_sources",)


def _excluded(counts: Counts, outputs: Outputs) -> Iterable[Block]:
    """What was excluded at the second stage, each with its reason, to be looked up (PRISMA 2020, item 16b)."""
    excluded = counts.evidence.excluded_reports()
    if excluded.empty:
        return
    yield _cited_table(
        outputs,
        _cite(excluded),
        "excluded_reports",
        messages.title_excluded(excluded),
        columns={"reason_label": "Reason", "citation": "Publication", "source": "Found in"},
        group="reason_label",
        shares={"citation": 4},
    )


def _say_placed(grid: Grid) -> str:
    row, column = (literal(axis.dimension.label) for axis in (grid.row, grid.column))
    return f"On the map of {row} by {column}: {literal(messages.describe_not_placed(grid))}"


def _reuse(counts: Counts) -> tuple[Block, ...]:
    about = counts.evidence.about
    return (
        Paragraph(f"**Cite as.** {about.cite}"),
        Paragraph(
            f"**Licence.** {about.licence}. **Responsible.** {about.responsible}."
            + (f" **Next update.** {about.next_update}." if about.next_update else "")
        ),
        *_stated({"Funding": about.funding}),
        Paragraph(
            "Every figure has its numbers in a table of the same name, every table is a CSV file, and the notebooks that made "
            "them are beside this report."
        ),
    )


def _glossary(counts: Counts, outputs: Outputs) -> list[Section]:
    glossary = counts.evidence.codebook.glossary
    defined = glossary[glossary["definition"] != ""]
    table = outputs.write_table(
        defined,
        "glossary",
        "What the words of this map mean",
        columns={"dimension_label": "Dimension", "label": "Word", "definition": "Meaning"},
        group="dimension_label",
        shares={"definition": 2.6},
        most=len(defined),
    )
    return [
        Section(
            "glossary",
            "Glossary",
            (Paragraph(f"**Coding rule.** {literal(counts.evidence.codebook.coding_rule)}"), table.block),
        )
    ]


def _studies(counts: Counts, outputs: Outputs) -> list[Section]:
    evidence, choice = counts.evidence, counts.choice
    codes = nature.list_codes(
        evidence.codings, evidence.codebook, [choice.segment, choice.row, choice.need, choice.column]
    )
    reports = evidence.reports.merge(codes, on="study_id", how="left", validate="many_to_one")
    cited = _cite(reports).sort_values(
        ["citation", "publication_id"], key=lambda cells: cells.str.casefold(), ignore_index=True
    )
    columns = list(dict.fromkeys([choice.need, choice.row, choice.column]))
    kept = ["study_id", "publication_id", "citation", "doi", choice.segment, *columns, "summary"]
    table = _cited_table(
        outputs,
        cited[kept],
        "included_reports",
        f"The {count(len(cited), 'report', 'reports')} of {count(counts.n_studies)}",
        columns={"citation": "Report"} | {name: counts.label(name) for name in columns},
        shares={"citation": 2.4, choice.column: 1.5},
    )
    return [Section("studies", "Included reports", (table,))]


def _cite(reports: pd.DataFrame) -> pd.DataFrame:
    citations = [cite_report(row) for row in reports.to_dict("records")]
    return reports.assign(citation=pd.Series(citations, index=reports.index, dtype="str"))


def _cited_table(
    outputs: Outputs, cited: pd.DataFrame, name: str, title: str, *, columns: dict[str, str], **options: Any
) -> Table:
    """A whole table with `citation`, to which the DOI (`doi`) is added as a link."""
    block = outputs.write_table(cited, name, title, columns=columns, most=len(cited), **options).block
    assert isinstance(block, Table)
    at = list(columns).index("citation")
    rows = tuple(
        (*row[:at], _link(doi, row[at]), *row[at + 1 :])
        for doi, row in zip(cited["doi"], block.rows, strict=True)
    )
    return replace(block, rows=rows)


def cite_report(report: dict[str, Any]) -> str:
    """ "Johnson and others (2018). Title. Journal.", with what is known of the report."""
    authors = report["authors"]
    who = family_name(authors) or "No authors shown"
    others = " and others" if "; " in authors else ""
    year = "no year" if pd.isna(report["year"]) or report["year"] == "" else report["year"]
    parts = [f"{who}{others} ({year})", report["title"].rstrip("."), report["journal"]]
    return ". ".join(part for part in parts if part) + "."


def _link(doi: str, cell: str) -> str:
    return f"{cell}{_doi_link(doi)}"


def _doi_link(doi: str) -> str:
    """A space and the link; "" for what is no plain DOI."""
    safe = doi.strip()
    is_plain = safe.startswith("10.") and not any(c in safe for c in " ()<>[]\"'\\")
    return f" [doi:{literal(safe)}](https://doi.org/{safe})" if is_plain else ""


def _with(sentence: str, items: dict[str, Figure | Table], *names: str) -> tuple[Block, ...]:
    return (Paragraph(literal(sentence)), *_take(items, *names))


def _take(items: dict[str, Figure | Table], *names: str) -> tuple[Figure | Table, ...]:
    return tuple(items[name] for name in names if name in items)
