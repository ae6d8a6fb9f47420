"""Columns that can be dimensions of a map, each with the evidence; private ones are passed over."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

from mapanalysis.errors import shorten
from mapanalysis.sources.asking import Asking
from mapanalysis.sources.book import Book, Sheet
from mapanalysis.sources.cells import split_cell
from mapanalysis.sources.fields import fold_header
from mapanalysis.sources.layout import header_candidates
from mapanalysis.sources.mapping import CodebookSheet, DimensionMapping
from mapanalysis.sources.profile import (
    E_MAIL,
    MOST_CODES,
    SAYS_NOT_REPORTED,
    SAYS_NOTHING,
    Profile,
    profiles_of,
)
from mapanalysis.sources.table import Table, table_of
from mapanalysis.sources.vocabulary import country_code, fold_label

COUNTRY = re.compile(r"\b(?:country|countries|nation|nations)\b", re.IGNORECASE)
# Who did the work, and what they wrote to each other: no map shows it.
PRIVATE = re.compile(
    r"\b(?:coders?|coded|reviewers?|extract(?:ed|or|ors)|entered by|checked by|assigned|contact|e-?mail|comments?|"
    r"notes?|initials)\b",
    re.IGNORECASE,
)
DEFINITION = re.compile(r"\b(?:definition|description|meaning|explanation)s?\b", re.IGNORECASE)
GROUP = re.compile(r"\b(?:group|grouping|category|domain|theme|class|parent)s?\b", re.IGNORECASE)
# Prefixes of wide columns: told by a sign that stands in no other place, or by one that all columns of a run have.
STRONG_PREFIX = re.compile(r"^(.{2,60}?(?:: | - | \| |::|__))\S")
WEAK_PREFIX = re.compile(r"^([^\W_]{2,40}[_.])\S")


@dataclass
class Draft:
    """A dimension on its way: its mapping, the codes it uses (folded, with how often), the words its part is told by."""

    mapping: DimensionMapping
    codes: Counter[str]
    evidence: str
    words: str
    is_wide: bool = False

    @property
    def label(self) -> str:
        return self.mapping.label


def draft_dimensions(sheet: Sheet, header: int, left: list[Profile], asking: Asking) -> list[Draft]:
    """All that can be a dimension, in the order of the sheet; `left` are the columns that describe no study."""
    private = [each for each in left if _is_private(each)]
    if private:
        shown = ", ".join(shorten(each.name, 40) for each in private[:8])
        asking.say(f"Left out as the team's own: {shown}.")
    public = [each for each in left if each not in private]
    runs = _wide_runs(public)
    wide = {each.name for _, run in runs for each in run}
    drafts = [(run[0].position, _wide_draft(shape, run, left, sheet, header)) for shape, run in runs]
    for profile in public:
        if profile.name not in wide:
            drafts += [(profile.position, draft) for draft in _narrow_drafts(profile, asking)]
    in_order = [draft for _, draft in sorted(drafts, key=lambda item: item[0])]
    for draft in in_order:
        asking.say(draft.evidence)
    return _told_apart(in_order)


def _is_private(profile: Profile) -> bool:
    return bool(PRIVATE.search(fold_header(profile.name))) or profile.share(profile.n_where(E_MAIL)) > 0.1


def _told_apart(drafts: list[Draft]) -> list[Draft]:
    """Dimensions with labels that differ."""
    seen: Counter[str] = Counter()
    for draft in drafts:
        seen[draft.label] += 1
        if seen[draft.label] > 1:
            draft.mapping = draft.mapping.model_copy(update={"label": f"{draft.label} ({seen[draft.label]})"})
    return drafts


def _wide_runs(profiles: list[Profile]) -> list[tuple[str, list[Profile]]]:
    """Groups of two and more columns, each a code of its own: sparse ones by prefix, indicators by neighbourhood."""
    sparse = [each for each in profiles if each.is_sparse]
    prefixes = {_prefix(each.name) for each in sparse} - {""}
    sparse += [each for each in profiles if not each.counts and _prefix(each.name) in prefixes]
    groups: dict[str, list[Profile]] = defaultdict(list)
    for each in sorted(sparse, key=lambda one: one.position):
        groups[_prefix(each.name)].append(each)
    runs = [("sparse", group) for group in groups.values() if len(group) > 1]
    taken = {each.name for _, run in runs for each in run}
    run: list[Profile] = []
    for each in profiles:
        is_next = run and each.position == run[-1].position + 1 and _alike(run[0], each)
        if not (each.is_indicator or (is_next and not each.counts)) or each.name in taken:
            runs += _split_by_prefix(run)
            run = []
        elif is_next:
            run.append(each)
        else:
            runs += _split_by_prefix(run)
            run = [each]
    return [*runs, *_split_by_prefix(run)]


def _alike(first: Profile, other: Profile) -> bool:
    """Whether two indicator columns say yes and no in the same words; one that never says yes may say less."""
    return {*first.marks} - {""} <= {*other.marks, ""} or {*other.marks} - {""} <= {*first.marks, ""}


def _prefix(name: str) -> str:
    found = STRONG_PREFIX.match(name)
    return found[1] if found else ""


def _split_by_prefix(run: list[Profile]) -> list[tuple[str, list[Profile]]]:
    """A run of indicators as one group, or as several where all names have a prefix that another has too.

    Empty columns at its end may be anything: they are codes only where a prefix says so.
    """
    while run and not run[-1].counts and not _prefix(run[-1].name):
        run = run[:-1]
    if len(run) < 2:
        return []
    for pattern in (STRONG_PREFIX, WEAK_PREFIX):
        groups: dict[str, list[Profile]] = defaultdict(list)
        for each in run:
            found = pattern.match(each.name)
            groups[found[1] if found else ""].append(each)
        if "" not in groups and all(len(group) > 1 for group in groups.values()):
            return [("indicator", group) for group in groups.values()]
    return [("indicator", run)]


def _wide_draft(shape: str, run: list[Profile], left: list[Profile], sheet: Sheet, header: int) -> Draft:
    names = [each.name for each in run]
    prefix = _shared_prefix(names)
    label = _label(prefix) or _title_above(sheet, header, run) or f"{names[0]} to {names[-1]}"
    where: dict[str, Any] = {"columns": names, "prefix": prefix}
    positions = [each.position for each in run]
    if prefix and names == [each.name for each in left if each.name.startswith(prefix)]:
        where = {"prefix": prefix}
    elif positions == list(range(positions[0], positions[-1] + 1)):
        where = {"first": names[0], "last": names[-1], "prefix": prefix}
    ends = f"{shorten(names[0], 40)} to {shorten(names[-1], 40)}"
    evidence = f"{len(run):,} columns ({ends}) are codes of {label}: {_what_cells_hold(shape, run)}."
    codes = Counter(fold_label(name.removeprefix(prefix)) for name in names)
    mapping = DimensionMapping.model_validate({"label": label, "shape": shape, **where})
    return Draft(mapping, codes, evidence, label, is_wide=True)


def _what_cells_hold(shape: str, run: list[Profile]) -> str:
    """The evidence for columns that are codes."""
    if shape == "sparse":
        return "each cell is empty or holds its column's own name"
    marks: Counter[str] = Counter()
    for each in run:
        marks.update(each.counts)
    n_cells = sum(each.n_rows for each in run)
    rest = ", the others empty" if marks.total() < n_cells else ""
    return f"{100 * marks.total() / n_cells:.0f} % of the cells are {' or '.join(sorted(marks))}{rest}"


def _shared_prefix(names: list[str]) -> str:
    for pattern in (STRONG_PREFIX, WEAK_PREFIX):
        found = {match[1] if (match := pattern.match(name)) else "" for name in names}
        if len(found) == 1 and (prefix := found.pop()):
            return prefix
    return ""


def _title_above(sheet: Sheet, header: int, run: list[Profile]) -> str:
    """What stands in the row above the names over all columns of a run, and over no more than twice as many."""
    if header < 2:
        return ""
    row = sheet.rows[header - 2]
    over = {row[each.position] if each.position < len(row) else "" for each in run}
    text = over.pop() if len(over) == 1 else ""
    return _label(text) if text and row.count(text) <= 2 * len(run) else ""


def _label(name: str) -> str:
    """A name as a label: "primary.outcome_type: " is "Primary outcome type"."""
    spaced = " ".join(re.sub(r"[_.]+", " ", name.rstrip(" :|-_.")).split())
    return spaced[:1].upper() + spaced[1:] or name.strip()


def _narrow_drafts(profile: Profile, asking: Asking) -> list[Draft]:
    """The dimensions in one column: none, one, or several that its cells pack."""
    separator, example, keys = profile.keys
    if keys:
        shown = shorten(example)
        return [
            Draft(
                DimensionMapping(
                    label=_label(key), shape="packed", column=profile.name, separator=separator, key=key
                ),
                Counter(),
                f"Column {shorten(profile.name)} packs {len(keys)} dimensions, such as {shown}: {_label(key)} is one.",
                key,
            )
            for key in keys
        ]
    if not profile.holds_codes:
        return []
    if profile.holds_facets and not _is_one_list(profile, asking):
        return []
    return [_list_draft(profile)]


def _is_one_list(profile: Profile, asking: Asking) -> bool:
    key = f"packed {profile.name}"
    if asking.answer(key, ["one list"]):
        return True
    example = next(iter(profile.counts))
    line = (
        f"{{label: ..., shape: packed, column: {profile.name}, separator: {profile.separator!r}, "
        "codes: [the codes of this dimension]}"
    )
    asking.ask(
        key,
        f"column {shorten(profile.name)} looks like several things side by side, such as {shorten(example)}. "
        "Is it one list of codes? If not, write which codes make which dimension.",
        ["one list"],
        line,
    )
    return False


def _list_draft(profile: Profile) -> Draft:
    values = profile.values
    label = _label(profile.name)
    is_country = _is_country(profile)
    silent = sorted(value for value in values if value in SAYS_NOTHING and not (is_country and value == "na"))
    unreported = sorted(value for value in values if value in SAYS_NOT_REPORTED)
    spelled = _spellings(profile, {*silent, *unreported})
    mapping = DimensionMapping(
        label=label,
        column=profile.name,
        separator=profile.separator,
        ignore=tuple(spelled[value] for value in silent),
        not_reported=tuple(spelled[value] for value in unreported),
        is_country=is_country,
    )
    n_codes = len(values) - len(silent) - len(unreported)
    parted = f", parted by {profile.separator!r}" if profile.separator else ""
    uses = values.total() / len(values)
    evidence = (
        f"Column {shorten(profile.name)} is the dimension {label}: {n_codes:,} codes{parted}, each used {uses:.1f} times "
        f"on average in {profile.n_filled:,} cells."
    )
    for found, what in ((silent, "say nothing"), (unreported, "mean not reported")):
        if found:
            shown = ", ".join(f"{shorten(spelled[value])} ({values[value]:,})" for value in found)
            evidence += f" Taken to {what}: {shown}."
    if is_country:
        evidence += " They are countries."
    return Draft(
        mapping, Counter({value: n for value, n in values.items() if value not in spelled}), evidence, label
    )


def _spellings(profile: Profile, wanted: set[str]) -> dict[str, str]:
    """One spelling of the file for each folded value."""
    found: dict[str, str] = {}
    for cell in profile.counts if wanted else ():
        for part in split_cell(cell, profile.separator):
            if fold_label(part) in wanted:
                found.setdefault(fold_label(part), part)
    return found


def _is_country(profile: Profile) -> bool:
    if not COUNTRY.search(fold_header(profile.name)):
        return False
    known = sum(n for value, n in profile.values.items() if country_code(value))
    return known >= 0.5 * profile.values.total()


# Codebook sheets


def with_codebook(draft: Draft, book: Book, data: Sheet, asking: Asking) -> Draft:
    """The dimension with the sheet that lists its codes, where one does."""
    best: tuple[float, Sheet, int, str] | None = None
    for sheet in book.sheets:
        rows = header_candidates(sheet) if sheet is not data and not sheet.is_hidden and draft.codes else []
        if not rows or len(sheet.rows) > 20 * MOST_CODES:
            continue
        table = table_of(sheet, rows[0], book.file)
        held = {name: draft.codes.keys() & set(map(fold_label, table.column(name))) for name in table.names}
        n_held = sum(draft.codes[code] for code in set().union(*held.values()))
        share = n_held / draft.codes.total()
        if share >= 0.5 and (best is None or share > best[0]):
            best = share, sheet, rows[0], max(held, key=lambda name: len(held[name]))
    if best is None:
        return draft
    share, sheet, header, code = best
    columns = _codebook_columns(table_of(sheet, header, book.file), code)
    listing = CodebookSheet.model_validate({"sheet": sheet.name, "header": header, "code": code, **columns})
    draft.mapping = draft.mapping.model_copy(update={"codebook": listing})
    draft.words += f" {fold_header(sheet.name)}"
    asking.say(
        f"Sheet {shorten(sheet.name)} lists the codes of {draft.label}: {100 * share:.0f} % of their uses are named there."
    )
    return draft


def _codebook_columns(table: Table, code: str) -> dict[str, str]:
    """Which other columns of a codebook sheet hold the label, the definition and the group."""
    given: dict[str, str] = {}
    profiles = [
        each for each in profiles_of(table) if each.name != code and each.n_filled >= 0.5 * each.n_rows
    ]
    for profile in profiles:
        name = fold_header(profile.name)
        if DEFINITION.search(name):
            given.setdefault("definition", profile.name)
        elif GROUP.search(name) and len(profile.counts) < profile.n_filled:
            given.setdefault("group", profile.name)
    others = [
        each
        for each in profiles
        if each.name not in given.values()
        and len(each.counts) == each.n_filled
        and each.share_of_numbers < 0.5
        and each.mean_length <= 80
    ]
    if others:
        given["label"] = others[0].name
    return given
