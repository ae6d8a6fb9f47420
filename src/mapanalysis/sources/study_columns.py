"""Which columns describe a study, and what one row is: told by names, and by whether the cells are what the name says."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import cast

from mapanalysis.errors import shorten
from mapanalysis.sources.asking import Asking
from mapanalysis.sources.bibliography import doi_in
from mapanalysis.sources.csv_records import ALIASES
from mapanalysis.sources.fields import fold_header
from mapanalysis.sources.mapping import RowKind
from mapanalysis.sources.profile import E_MAIL, Profile
from mapanalysis.sources.table import Table

# Columns of effect sizes: their rows are findings.
EFFECT = re.compile(
    r"es|effect size|yi|vi|smd|md|hedges g|cohens? d|g|d|or|rr|hr|odds ratio|risk ratio|log ?or|var|variance|se|sei|"
    r"standard error|lower ci|upper ci|ci lower|ci upper|lower|upper|p ?value",
    re.IGNORECASE,
)
COUNT = (
    "n", "count", "counts", "n studies", "number", "number of studies", "no of studies", "studies", "freq", "frequency",
)  # fmt: skip

# The columns that describe a study, by names that people give them; the first found that holds what it must counts.
STUDY_NAMES: dict[str, tuple[str, ...]] = {
    "id": (
        "study id", "studyid", "study number", "study no", "article id", "paper id", "reference id", "item id",
        *ALIASES["record_id"], "no", "nr", "number", "study",
    ),
    "title": ("full title", "study title", "paper title", "title of paper", "title of article", *ALIASES["title"]),
    "authors": (
        *ALIASES["authors"], "first author", "author year", "author (year)", "short title", "citation",
        "short citation", "short reference", "reference", "study", "title",
    ),
    "year": ("year of publication", *ALIASES["year"]),
    "journal": (*ALIASES["journal"], "source", "publication"),
    "volume": ALIASES["volume"],
    "issue": ALIASES["issue"],
    "pages": ALIASES["pages"],
    "doi": (*ALIASES["doi"], "publication url", "article url", "doi link", *ALIASES["url"]),
    "pmid": ALIASES["pmid"],
    "pmcid": ALIASES["pmcid"],
    "n_participants": ("n participants", "number of participants", "participants n", "sample size", "total sample size"),
    "followup_months": ("follow up months", "followup months", "length of follow up months"),
}  # fmt: skip


def study_columns(profiles: list[Profile], asking: Asking) -> dict[str, str]:
    """Field of `StudyColumns` → the column that holds it."""
    found: dict[str, str] = {}
    by_name: dict[str, list[Profile]] = defaultdict(list)
    for profile in profiles:
        by_name[fold_header(profile.name)].append(profile)
    for name, aliases in STUDY_NAMES.items():
        for profile in (each for alias in aliases for each in by_name.get(alias, [])):
            if profile.name not in found.values() and _can_be(name, profile):
                found[name] = profile.name
                break
    if found:
        shown = ", ".join(f"{name} from {shorten(column, 40)}" for name, column in found.items())
        asking.say(f"Studies are described by: {shown}.")
    return found


def _can_be(name: str, profile: Profile) -> bool:
    """Whether the cells of a column are what the field asks for."""
    is_filled = profile.n_filled >= 0.5 * profile.n_rows
    match name:
        case "id":
            return profile.n_filled >= 0.95 * profile.n_rows and len(profile.counts) > 0.05 * profile.n_rows
        case "title":
            return is_filled and profile.mean_length >= 15
        case "year":
            return profile.share_of_years >= 0.6
        case "doi":
            n_dois = sum(count for cell, count in profile.counts.items() if doi_in(cell))
            return profile.share(n_dois) >= 0.5
        case "n_participants" | "followup_months":
            return profile.share_of_numbers >= 0.5
        case "authors":
            return is_filled and profile.share_of_numbers < 0.5 and profile.n_where(E_MAIL) == 0
    return profile.n_filled > 0


def count_column(profiles: list[Profile], study: dict[str, str]) -> str:
    """The column with numbers of studies, in a table that names none; ""."""
    if study.keys() & {"title", "authors", "id", "doi"}:
        return ""
    for profile in profiles:
        is_whole = all(cell.isdecimal() for cell in profile.counts)
        if fold_header(profile.name) in COUNT and profile.counts and is_whole:
            return profile.name
    return ""


def kind_of_rows(
    table: Table, left: list[Profile], study: dict[str, str], count: str, asking: Asking
) -> RowKind:
    """What one row is: studies, findings, codings or counts."""
    if count:
        asking.say(
            f"Each row is a number of studies, in {shorten(count)}: whole numbers, and no column names studies."
        )
        return "counts"
    if "id" not in study:
        return "studies"
    ids = table.column(study["id"])
    n_repeated = len(ids) - len(set(ids))
    if not n_repeated:
        return "studies"
    if given := asking.answer("each_row", ["studies", "findings", "codings"]):
        return cast(RowKind, given)
    about = f"{len(ids):,} rows name {len(set(ids)):,} studies in {shorten(study['id'])}"
    effects = [
        each.name for each in left if EFFECT.fullmatch(fold_header(each.name)) and each.share_of_numbers > 0.5
    ]
    if effects:
        asking.say(
            f"Each row is a finding: {about}, and {', '.join(map(shorten, effects))} are effect sizes."
        )
        return "findings"
    varying = [each.name for each in left if each.holds_codes and _varies(table, ids, each.name)]
    if len(varying) <= 1:
        asking.say(f"Several rows are one study: {about}; their codes are joined.")
        return "codings"
    asking.ask(
        "each_row",
        f"{about}, and {', '.join(map(shorten, varying[:4]))} differ between rows of one study. Do the codes of one row "
        "belong together (findings), or does each hold for the whole study (codings)?",
        ["findings", "codings"],
        "rows: findings",
    )
    return "findings"


def _varies(table: Table, ids: list[str], name: str) -> bool:
    seen: dict[str, str] = {}
    return any(seen.setdefault(one, cell) != cell for one, cell in zip(ids, table.column(name), strict=True))


def repeats_clause(table: Table, study: dict[str, str]) -> str:
    """A clause on rows that look like one study, where each row is taken for one."""
    keys = [study[name] for name in ("title", "authors") if name in study]
    if not keys:
        return ""
    columns = [table.column(name) for name in keys]
    described = Counter(cells for cells in zip(*columns, strict=True) if all(cells))
    n_more = described.total() - len(described)
    if not n_more:
        return ""
    return f" {n_more:,} rows repeat {' and '.join(map(shorten, keys))} of another: name a column under study: id to join them."
