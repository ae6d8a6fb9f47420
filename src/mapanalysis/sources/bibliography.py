"""Columns that describe studies, as reports: years, DOIs and numbers as spreadsheets write them."""

from __future__ import annotations

import datetime
import re
from collections import defaultdict
from collections.abc import Callable, Sequence

import pandas as pd

from mapanalysis.sources.cleaning import clean_line
from mapanalysis.sources.fields import DOI, FIELDS, joined
from mapanalysis.sources.mapping import StudyColumns
from mapanalysis.sources.notes import Notes
from mapanalysis.sources.table import Rows
from mapanalysis.tables import EARLIEST_YEAR, LATEST_YEAR, RAW, parse_table

WHOLE_NUMBERS = ("n_participants", "n_included_studies")
NUMBERS = (*WHOLE_NUMBERS, "followup_months")
MISSING = ("NA", "N/A", "n/a", "NULL", "NaN", "nan")  # as programs write that there is no value

FOUR_DIGITS = re.compile(r"(?<!\d)\d{4}(?!\d)")
# A cell that is a link or a DOI throughout: spaces in it are slips.
LINK = re.compile(r"(?:https?:|doi\b|10\.)", re.IGNORECASE)
# A day or month with a year of two digits, as Excel shows dates: 1-Jan-16, Jan-16, 01/02/16.
TWO_DIGITS = re.compile(r"(?:\d{1,2}[-/ .])?(?:[A-Za-z]{3,9}|\d{1,2})[-/ .'’](\d{2})")
# Years of two digits up to this are of this century, as Excel reads them.
LAST_OF_THIS_CENTURY = 29
# A date that lost its format is the number of days since then; these are from 1950 to 2050.
DAY_ZERO, FIRST_DAY, LAST_DAY = datetime.date(1899, 12, 30), 18_264, 55_153


def reports_of(rows: Rows, columns: StudyColumns, notes: Notes) -> pd.DataFrame:
    """The reports of a table, as `tables.RAW["reports"]`: one row per report, in the order of the sheet.

    Where rows of one report differ in a field, the first value that is not empty is taken, and the difference is
    noted. What is no year, no DOI or no number is left out and counted.
    """
    first: dict[str, int] = {}
    for at, report in enumerate(rows.report_ids):
        first.setdefault(report, at)
    studies = [rows.study_ids[at] for at in first.values()]
    frame = pd.DataFrame({"publication_id": list(first), "study_id": studies}, dtype="str")
    for name, column in columns.model_dump().items():
        if column and name in RAW["reports"].columns:
            frame[name] = _field(name, rows.table.column(column), rows.report_ids, notes)
    names = pd.Series([rows.names[at] for at in first.values()], dtype="str")
    titles = frame["title"] if "title" in frame else pd.Series("", index=frame.index, dtype="str")
    frame["title"] = titles.where(titles != "", names)
    if not columns.title:
        notes.guess("No column holds titles: studies are called by their ids or rows.")
    elif n_untitled := int((titles == "").sum()):
        notes.repair("titles made of the study's id or row, where the file has none", n_untitled)
    missing = {name: "" for name in RAW["reports"].columns if name not in frame}
    return parse_table(frame.assign(**missing), RAW["reports"], rows.table.file)


def records_of(rows: Rows, columns: StudyColumns, reports: pd.DataFrame, notes: Notes) -> pd.DataFrame | None:
    """What the sheet says of each report beyond `reports`, as `Library.records`: its type; None where it says none."""
    if not columns.record_type:
        return None
    kinds = _field("record_type", rows.table.column(columns.record_type), rows.report_ids, notes)
    records = reports.reindex(columns=list(FIELDS)).astype("object").fillna("").astype("str")
    records["record_type"] = pd.Series(kinds, dtype="str")
    records.insert(0, "record_id", reports["publication_id"])
    return records


def _field(name: str, cells: list[str], report_ids: Sequence[str], notes: Notes) -> list[str]:
    """One value for each report, in the order in which they appear."""
    convert = CONVERSIONS.get(name, lambda text: clean_line(text, notes))
    if name in NUMBERS:
        cells = plain_numbers(cells, notes, name)
    known: dict[str, str] = {}
    found: dict[str, list[str]] = defaultdict(list)
    n_lost: dict[str, int] = defaultdict(int)
    for cell, report in zip(cells, report_ids, strict=True):
        if cell not in known:
            text = joined(cell.split("\n")) if name == "authors" else cell
            known[cell] = "" if cell in MISSING else convert(text)
        if known[cell] and known[cell] not in found[report]:
            found[report].append(known[cell])
        elif not known[cell]:
            found[report] += []
            n_lost[cell] += bool(cell)
    for cell, count in n_lost.items():
        if count:
            notes.leave_out(f"values of {name}", _why_not(name), cell, count)
    n_differing = sum(len(values) > 1 for values in found.values())
    if n_differing:
        notes.leave_out(
            f"further values of {name}", "rows of one study differ: the first is kept", count=n_differing
        )
    return [values[0] if values else "" for values in found.values()]


def _why_not(name: str) -> str:
    kinds = {"year": "no year", "doi": "no DOI", **dict.fromkeys(NUMBERS, "no number")}
    return f"they are {kinds.get(name, 'marks of a missing value')}"


def year_number(text: str) -> str:
    """The year in a cell, as four digits; "" when it holds none.

    >>> year_number("May 2017"), year_number("1-Jan-16"), year_number("43831"), year_number("in press")
    ('2017', '2016', '2020', '')
    """
    for digits in FOUR_DIGITS.findall(text):
        if EARLIEST_YEAR <= int(digits) <= LATEST_YEAR:
            return str(digits)
    if found := TWO_DIGITS.fullmatch(text):
        year = int(found[1])
        return str(2000 + year if year <= LAST_OF_THIS_CENTURY else 1900 + year)
    if text.isdecimal() and len(text) == 5 and FIRST_DAY <= int(text) <= LAST_DAY:
        return str((DAY_ZERO + datetime.timedelta(days=int(text))).year)
    return ""


def doi_in(text: str) -> str:
    """The DOI in a cell or a link, without what stands around it; "" when it holds none.

    >>> doi_in("https:// doi.org/10.3390/agro5."), doi_in("https://doi.org/10.3390/ agro5"), doi_in("http://example.org/1")
    ('10.3390/agro5', '10.3390/agro5', '')
    """
    found = DOI.search(text)
    if not found and LINK.match(text):
        found = DOI.search("".join(text.split()))
    return found.group().rstrip(".,;)>]") if found else ""


def plain_numbers(cells: list[str], notes: Notes, name: str) -> list[str]:
    """Numbers with a point and without thousands; what is no number is "" and counted.

    A comma is the point where it stands before other than three digits somewhere in the column; else it parts
    thousands, as a space and an apostrophe do.
    """
    is_point = any(re.fullmatch(r"-?\d+,(?:\d{1,2}|\d{4,})", cell) for cell in cells)
    found = []
    n_repaired = 0
    for cell in cells:
        plain = re.sub(r"(?<=\d)[\s'’](?=\d{3}\b)", "", cell)
        plain = plain.replace(",", ".") if is_point else re.sub(r"(?<=\d),(?=\d{3}\b)", "", plain)
        is_number = re.fullmatch(r"-?\d+(?:\.\d+)?", plain) is not None
        n_repaired += is_number and plain != cell
        found.append(plain if is_number else cell)
    notes.repair(f"decimal comma or thousands of {name} read as a plain number", n_repaired)
    return found


def _number(text: str, *, is_whole: bool) -> str:
    try:
        value = float(text)
    except ValueError:
        return ""
    if value < 0 or value >= 2**53 or (is_whole and not value.is_integer()):
        return ""
    return str(int(value)) if value.is_integer() else text


def _participants(text: str) -> str:
    number = _number(text, is_whole=True)
    return "" if number == "0" else number


CONVERSIONS: dict[str, Callable[[str], str]] = {
    "year": year_number,
    "doi": doi_in,
    "n_participants": _participants,
    "n_included_studies": lambda text: _number(text, is_whole=True),
    "followup_months": lambda text: _number(text, is_whole=False),
}
