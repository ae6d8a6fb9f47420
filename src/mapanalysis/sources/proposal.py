"""A mapping proposed from a coded spreadsheet itself, each guess with its evidence; what is unclear is asked.

Nothing here reads codes: the mapping that comes out is followed by `coded_tables`, as one written by hand would be.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from mapanalysis.errors import DataError, Problem, Problems, nearest_of, shorten
from mapanalysis.sources.bibliography import doi_in
from mapanalysis.sources.cells import split_cell
from mapanalysis.sources.csv_records import ALIASES
from mapanalysis.sources.fields import fold_header
from mapanalysis.sources.mapping import (
    CodebookSheet,
    DimensionMapping,
    Mapping,
    Question,
    StudyColumns,
    UnclearError,
)
from mapanalysis.sources.notes import Notes
from mapanalysis.sources.profile import (
    E_MAIL,
    MOST_CODES,
    NUMBER,
    SAYS_NOT_REPORTED,
    SAYS_NOTHING,
    Profile,
    profiles_of,
)
from mapanalysis.sources.sheets import Book, Sheet
from mapanalysis.sources.table import Table, table_of, without_blank
from mapanalysis.sources.vocabulary import country_code, fold_label

ROWS_TO_LOOK_FOR_A_HEADER = 30
LONGEST_NAME = 200

# What rows, columns and segments of evidence and gap maps are by custom (Saran & White 2018, Campbell Systematic
# Reviews 14:1, doi 10.4073/cmdp.2018.2): interventions, outcomes, and kinds of study.
CUSTOM = {
    "row": re.compile(r"\b(?:intervention|exposure|treatment|programme|program|activity)s?\b", re.IGNORECASE),
    "column": re.compile(r"\b(?:outcome|impact|effect|benefit)s?\b", re.IGNORECASE),
    "segment": re.compile(
        r"\b(?:study|research|evidence|trial) ?(?:design|type)s?\b|\bdesign\b|\btypes? of (?:study|evidence)\b"
        r"|\bmethod(?:ology)?\b",
        re.IGNORECASE,
    ),
}
AXES = {"row": "rows", "column": "columns", "segment": "segments"}
COUNTRY = re.compile(r"\b(?:country|countries|nation|nations)\b", re.IGNORECASE)
# Who did the work, and what they wrote to each other: no map shows it.
PRIVATE = re.compile(
    r"\b(?:coders?|coded|reviewers?|extract(?:ed|or|ors)|entered by|checked by|assigned|contact|e-?mail|comments?|"
    r"notes?|initials)\b",
    re.IGNORECASE,
)
# Columns of effect sizes: their rows are findings.
EFFECT = re.compile(
    r"es|effect size|yi|vi|smd|md|hedges g|cohens? d|g|d|or|rr|hr|odds ratio|risk ratio|log ?or|var|variance|se|sei|"
    r"standard error|lower ci|upper ci|ci lower|ci upper|lower|upper|p ?value",
    re.IGNORECASE,
)
COUNT = (
    "n",
    "count",
    "counts",
    "n studies",
    "number",
    "number of studies",
    "no of studies",
    "studies",
    "freq",
    "frequency",
)
CODEBOOK_WORDS = re.compile(
    r"\b(?:codes?|labels?|definitions?|descriptions?|terms?|meaning|glossary)\b", re.IGNORECASE
)
DEFINITION = re.compile(r"\b(?:definition|description|meaning|explanation)s?\b", re.IGNORECASE)
GROUP = re.compile(r"\b(?:group|grouping|category|domain|theme|class|parent)s?\b", re.IGNORECASE)
# Prefixes of wide columns: told by a sign that stands in no other place, or by one that all columns of a run have.
STRONG_PREFIX = re.compile(r"^(.{2,60}?(?:: | - | \| |::|__))\S")
WEAK_PREFIX = re.compile(r"^([^\W_]{2,40}[_.])\S")

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


@dataclass(frozen=True)
class Proposal:
    """A mapping, and the sentences that say on what each guess rests."""

    mapping: Mapping
    guesses: tuple[str, ...]


@dataclass
class _Draft:
    """A dimension on its way: its mapping, the codes it uses (folded, with how often), the words its part is told by."""

    mapping: DimensionMapping
    codes: Counter[str]
    evidence: str
    words: str
    is_wide: bool = False

    @property
    def label(self) -> str:
        return self.mapping.label


def propose_mapping(book: Book, answers: dict[str, str] | None = None) -> Proposal:
    """A mapping for a coded spreadsheet, with the evidence for each guess.

    `answers` settle what would be guessed or asked, by the keys of `Question`: sheet, header, each_row (studies,
    findings, codings), row_dimension, column_dimension, segment_dimension, and "packed NAME" for a column.

    Raises UnclearError with all questions where the file can be meant in several ways; DataError where no column holds
    codes, or an answer names what is not there (nearest named).
    """
    asking = _Asking(book.file, dict(answers or {}))
    sheet = _choose_sheet(book, asking)
    asking.raise_if_any()
    header = _choose_header(sheet, asking)
    asking.raise_if_any()
    table = without_blank(table_of(sheet, header, book.file), Notes(book.file))
    if not table.rows:
        what = f"expected rows below the names of columns in row {header}, found none."
        raise DataError(
            Problem(what, "Name the sheet and the header row in a mapping file.", file=table.file)
        )
    profiles = profiles_of(table)
    study = _study_columns(profiles, asking)
    count = _count_column(profiles, study)
    taken = {*study.values(), count}
    left = [each for each in profiles if each.name not in taken]
    rows = _kind_of_rows(table, left, study, count, asking)
    drafts = _dimensions(table, sheet, header, left, asking)
    drafts = [_with_codebook(draft, book, sheet, asking) for draft in drafts]
    asking.raise_if_any()
    if not drafts:
        todo = "Write a mapping file that says which columns hold codes, and how: docs/your-own-map.md shows one."
        raise DataError(
            Problem("no column looks like codes (few values, used again).", todo, file=table.file)
        )
    roles = _roles(drafts, asking)
    asking.raise_if_any()
    if "id" not in study and rows == "studies":
        asking.say(f"Each row is a study: no column names studies.{_repeats(table, study)}")
    return Proposal(
        Mapping(
            sheet=sheet.name if len(book.sheets) > 1 else "",
            header=header,
            rows=rows,
            count=count,
            study=StudyColumns(**study),
            dimensions=tuple(
                draft.mapping.model_copy(update={"role": roles.get(at, "filter")})
                for at, draft in enumerate(drafts)
            ),
        ),
        tuple(asking.said),
    )


@dataclass
class _Asking:
    """Answers given, questions still open, and what was taken to be so."""

    file: str
    answers: dict[str, str]
    questions: list[Question] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def say(self, sentence: str) -> None:
        self.said.append(sentence)

    def answer(self, key: str, options: Sequence[str]) -> str:
        """The answer given for `key`, as the option that it names; "" where none was. Raises DataError for another."""
        given = self.answers.get(key, "")
        if not given:
            return ""
        for option in options:
            if fold_header(option) == fold_header(given):
                return option
        problems = Problems()
        problems.add(
            f"{given!r} is none of what {key.replace('_', ' ')} can be.",
            file=self.file,
            nearest=nearest_of(given, options),
            todo=f"Choose one of: {'; '.join(options[:20])}.",
        )
        raise DataError(problems)

    def ask(self, key: str, ask: str, options: Iterable[str], line: str) -> None:
        self.questions.append(Question(key=key, ask=ask, options=tuple(options), line=line))

    def raise_if_any(self) -> None:
        if self.questions:
            raise UnclearError(self.file, self.questions)


# Sheet and header


def _choose_sheet(book: Book, asking: _Asking) -> Sheet:
    filled = [sheet for sheet in book.sheets if sheet.rows]
    if chosen := asking.answer("sheet", [sheet.name for sheet in filled]):
        return book.sheet(chosen)
    if len(filled) == 1:
        return filled[0]
    known = {sheet.name: _known_names(sheet) for sheet in filled}
    sizes = {sheet.name: sum(sum(map(bool, row)) for row in sheet.rows) for sheet in filled}
    described = [name for name, names in known.items() if len(names) >= 2]
    data = described or [sheet.name for sheet in filled if not _is_codebook(sheet)]
    first, second = (*sorted(sizes, key=lambda name: -sizes[name] * (name in data)), "")[:2]
    if len(data) == 1 or (data and sizes[first] >= 3 * sizes.get(second, 0)):
        chosen = data[0] if len(data) == 1 else first
        why = f"it has columns for {', '.join(known[chosen])}" if known[chosen] else "it holds most cells"
        asking.say(f"Sheet {shorten(chosen)} holds the studies: {why}.")
        return book.sheet(chosen)
    options = data or [sheet.name for sheet in filled]
    asking.ask("sheet", "which sheet holds the studies?", options, f"sheet: {options[0]}")
    return filled[0]


def _known_names(sheet: Sheet) -> list[str]:
    """The fields of a study that the likeliest header of a sheet names."""
    rows = _header_candidates(sheet)
    names = {fold_header(cell) for cell in sheet.rows[rows[0] - 1]} if rows else set()
    return [name for name in ("id", "title", "authors", "year", "doi") if names & set(STUDY_NAMES[name])]


def _is_codebook(sheet: Sheet) -> bool:
    rows = _header_candidates(sheet)
    cells = [cell for cell in sheet.rows[rows[0] - 1] if cell] if rows else []
    return 0 < len(cells) <= 8 and any(CODEBOOK_WORDS.search(cell) for cell in cells)


def _header_candidates(sheet: Sheet) -> list[int]:
    """Rows, from 1, that could hold names of columns: most columns filled, no two alike, no numbers, nothing long."""
    first = sheet.rows[:ROWS_TO_LOOK_FOR_A_HEADER]
    width = max((sum(map(bool, row)) for row in sheet.rows[:200]), default=0)
    return [number for number, row in enumerate(first, start=1) if _could_be_header(row, width)]


def _could_be_header(row: list[str], width: int) -> bool:
    cells = [cell for cell in row if cell]
    distinct = len(set(map(fold_header, cells)))
    is_filled = len(cells) >= max(2, 0.5 * width) or len(cells) == width == 1
    is_plain = not any(NUMBER.fullmatch(cell) or len(cell) > LONGEST_NAME for cell in cells)
    return is_filled and is_plain and distinct >= 0.9 * len(cells) and distinct > 1


def _choose_header(sheet: Sheet, asking: _Asking) -> int:
    given = asking.answers.get("header", "")
    if given:
        if not given.isdecimal() or int(given) > len(sheet.rows):
            what = f"{given!r} is no row of the sheet (0: it has no names of columns)."
            raise DataError(Problem(what, f"Give a number up to {len(sheet.rows):,}.", file=asking.file))
        return int(given)
    candidates = _header_candidates(sheet)
    number = candidates[0] if candidates else 0
    above = sheet.rows[: max(number - 1, 0)] if number else sheet.rows[:1]
    below = sheet.rows[number:]
    if (
        number
        and not any(map(_looks_like_data, above))
        and not _is_row_of_data(sheet.rows[number - 1], below)
    ):
        if number > 1:
            above_it = (
                "the row above it is a title"
                if number == 2
                else f"the {number - 1:,} rows above it are titles"
            )
            asking.say(f"Row {number} holds the names of columns; {above_it} or empty.")
        return number
    shown = ", ".join(shorten(cell, 30) for cell in sheet.rows[max(number, 1) - 1][:5])
    options = [*map(str, candidates[:5] or [1]), "0"]
    ask = f"which row holds the names of columns (0: none)? Row {max(number, 1)} holds {shown}."
    asking.ask("header", ask, options, f"header: {options[0]}")
    return 1


def _looks_like_data(row: list[str]) -> bool:
    """Whether a row above a header is more than a title: several different cells, among them numbers."""
    cells = [cell for cell in row if cell]
    return (
        len(cells) >= 3 and len(set(cells)) > len(cells) / 2 and any(NUMBER.fullmatch(cell) for cell in cells)
    )


def _is_row_of_data(head: list[str], below: list[list[str]]) -> bool:
    """Whether what stands in a header also stands below it, among other values: then it is data too."""
    n_found = 0
    for at, name in enumerate(head):
        cells = {row[at] for row in below if at < len(row) and row[at]} if name else set()
        n_found += name in cells and len(cells) > 1
    return n_found >= 2 or (n_found == 1 and len([name for name in head if name]) <= 3)


# Study columns and rows


def _study_columns(profiles: list[Profile], asking: _Asking) -> dict[str, str]:
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


def _count_column(profiles: list[Profile], study: dict[str, str]) -> str:
    """The column with numbers of studies, in a table that names none; ""."""
    if study.keys() & {"title", "authors", "id", "doi"}:
        return ""
    for profile in profiles:
        is_whole = all(cell.isdecimal() for cell in profile.counts)
        if fold_header(profile.name) in COUNT and profile.counts and is_whole:
            return profile.name
    return ""


def _kind_of_rows(
    table: Table, left: list[Profile], study: dict[str, str], count: str, asking: _Asking
) -> Any:
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
        return given
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


def _repeats(table: Table, study: dict[str, str]) -> str:
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


# Dimensions


def _dimensions(
    table: Table, sheet: Sheet, header: int, left: list[Profile], asking: _Asking
) -> list[_Draft]:
    """All that can be a dimension, in the order of the sheet."""
    private = [
        each
        for each in left
        if PRIVATE.search(fold_header(each.name)) or each.share(each.n_where(E_MAIL)) > 0.1
    ]
    if private:
        shown = ", ".join(shorten(each.name, 40) for each in private[:8])
        asking.say(f"Left out as the team's own: {shown}.")
    open_to = [each for each in left if each not in private]
    wide = _wide_runs(open_to)
    drafts: list[tuple[int, _Draft]] = []
    for shape, run in wide:
        drafts.append((run[0].position, _wide_draft(shape, run, sheet, header)))
    used = {each.name for _, run in wide for each in run}
    for profile in open_to:
        if profile.name not in used:
            drafts += [(profile.position, draft) for draft in _narrow_drafts(profile, asking)]
    in_order = [draft for _, draft in sorted(drafts, key=lambda item: item[0])]
    for draft in in_order:
        asking.say(draft.evidence)
    return _told_apart(in_order)


def _told_apart(drafts: list[_Draft]) -> list[_Draft]:
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
    """A run of indicators as one group, or as several where all names have a prefix that another has too."""
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


def _wide_draft(shape: str, run: list[Profile], sheet: Sheet, header: int) -> _Draft:
    names = [each.name for each in run]
    prefix = _shared_prefix(names)
    above = _title_above(sheet, header, run)
    label = _label(prefix) or above or f"{names[0]} to {names[-1]}"
    positions = [each.position for each in run]
    where: dict[str, Any] = {"columns": names}
    if prefix:
        where = {"prefix": prefix}
    elif positions == list(range(positions[0], positions[-1] + 1)):
        where = {"first": names[0], "last": names[-1]}
    n_cells = sum(each.n_rows for each in run)
    if shape == "sparse":
        what = "each cell is empty or holds its column's own name"
    else:
        marks = Counter(cell for each in run for cell in each.counts.elements())
        shown = " or ".join(cell for cell, _ in sorted(marks.items()))
        what = f"{100 * marks.total() / n_cells:.0f} % of the cells are {shown}, the others empty"
        what = what.replace(", the others empty", "") if marks.total() == n_cells else what
    evidence = f"{len(run):,} columns ({shorten(names[0], 40)} to {shorten(names[-1], 40)}) are codes of {label}: {what}."
    codes = Counter(fold_label(name.removeprefix(prefix)) for name in names)
    mapping = DimensionMapping.model_validate({"label": label, "shape": shape, **where})
    return _Draft(mapping, codes, evidence, label, is_wide=True)


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


def _narrow_drafts(profile: Profile, asking: _Asking) -> list[_Draft]:
    """The dimensions in one column: none, one, or several that its cells pack."""
    separator, example, keys = profile.keys
    if keys:
        shown = shorten(example)
        return [
            _Draft(
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


def _is_one_list(profile: Profile, asking: _Asking) -> bool:
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


def _list_draft(profile: Profile) -> _Draft:
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
    return _Draft(
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


def _with_codebook(draft: _Draft, book: Book, data: Sheet, asking: _Asking) -> _Draft:
    """The dimension with the sheet that lists its codes, where one does."""
    best: tuple[float, Sheet, int, str] | None = None
    for sheet in book.sheets:
        rows = _header_candidates(sheet) if sheet is not data and draft.codes else []
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


# Roles


def _roles(drafts: list[_Draft], asking: _Asking) -> dict[int, str]:
    """Position of a dimension → row, column or segment; the others are filters."""
    labels = [draft.label for draft in drafts]
    found: dict[str, int] = {}
    for role in ("row", "column", "segment"):
        if given := _answered(role, drafts, asking):
            _check_free(given - 1, role, found, labels, asking)
            found[role] = given - 1
    for role, words in CUSTOM.items():
        named = [
            at
            for at, draft in enumerate(drafts)
            if words.search(fold_header(draft.words)) and at not in found.values()
        ]
        if role not in found and named:
            found[role] = max(named, key=lambda at: (drafts[at].is_wide, len(drafts[at].codes), -at))
            asking.say(f"{drafts[found[role]].label} makes the {AXES[role]}: its name says so.")
    for role in ("row", "column"):
        if role not in found:
            options = [label for at, label in enumerate(labels) if at not in found.values()]
            if not options:
                what = f"only one dimension was found ({labels[0]}): a map needs rows and columns."
                todo = "Write a mapping file that says which other column holds codes."
                raise DataError(Problem(what, todo, file=asking.file))
            ask = f"which dimension makes the {AXES[role]}? No name says it."
            asking.ask(f"{role}_dimension", ask, options, f"role: {role}")
    if "segment" not in found and not asking.questions:
        _fall_back_on_segment(drafts, found, asking)
    return {at: role for role, at in found.items()}


def _check_free(at: int, role: str, found: dict[str, int], labels: list[str], asking: _Asking) -> None:
    """Nothing; raises DataError where an answer gives one dimension two parts."""
    for other, taken in found.items():
        if taken == at:
            what = f"{labels[at]} cannot make both the {AXES[other]} and the {AXES[role]}."
            todo = f"Choose another for one of them: {'; '.join(labels[:20])}."
            raise DataError(Problem(what, todo, file=asking.file))


def _answered(role: str, drafts: list[_Draft], asking: _Asking) -> int:
    """The position, from 1, of the dimension that an answer names by its label or its column; 0 where there is none."""
    names: dict[str, int] = {}
    for at, draft in enumerate(drafts, start=1):
        for name in (draft.label, draft.mapping.column, draft.mapping.prefix, draft.mapping.key):
            if name and fold_header(name) not in map(fold_header, names):
                names[name] = at
    given = asking.answer(f"{role}_dimension", list(names))
    return names[given] if given else 0


def _fall_back_on_segment(drafts: list[_Draft], found: dict[str, int], asking: _Asking) -> None:
    """The dimension of the fewest codes divides the cells, where no name tells of kinds of study."""
    others = [
        at for at, draft in enumerate(drafts) if at not in found.values() and 2 <= len(draft.codes) <= 8
    ]
    if not others:
        asking.say("No dimension divides the cells: none has two to eight codes.")
        return
    found["segment"] = min(others, key=lambda at: (drafts[at].is_wide, len(drafts[at].codes), at))
    label = drafts[found["segment"]].label
    asking.say(
        f"{label} divides the cells, for want of a dimension that names kinds of study: it has few codes."
    )
