"""The codes of one dimension, as the cells of a spreadsheet spell them: joined, given ids, put in order."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import pycountry

from mapanalysis.codebook import NOT_REPORTED
from mapanalysis.errors import nearest_of, shorten
from mapanalysis.sources.fields import one_line

LONGEST_ID = 60
MOST_SHOWN = 12

# Signs that only part words. Not among them: what changes the meaning (< > + % & / #), and any sign beside a digit,
# which may be its point, its sign or the dash of a range.
PARTING = re.compile(r"(?<!\d)[\s_.,;:!?'\"’‘“”`´()\[\]–—-]+(?!\d)")
AT_THE_ENDS = " .,;:!?'\"’‘“”`´_"

# Names of countries that ISO 3166-1 does not list and people write.
COUNTRY_NAMES = {
    "uk": "GB", "great britain": "GB", "england": "GB", "scotland": "GB", "wales": "GB", "northern ireland": "GB",
    "us": "US", "u s a": "US", "u s": "US", "u k": "GB", "united states of america": "US", "america": "US",
    "holland": "NL", "netherlands": "NL", "russia": "RU", "south korea": "KR", "korea": "KR", "north korea": "KP",
    "iran": "IR", "syria": "SY", "vietnam": "VN", "laos": "LA", "bolivia": "BO", "venezuela": "VE", "tanzania": "TZ",
    "moldova": "MD", "turkey": "TR", "czech republic": "CZ", "taiwan": "TW", "palestine": "PS", "brunei": "BN",
    "ivory coast": "CI", "cape verde": "CV", "swaziland": "SZ", "macedonia": "MK", "burma": "MM", "east timor": "TL",
    "dr congo": "CD", "drc": "CD", "democratic republic of congo": "CD", "republic of ireland": "IE", "uae": "AE",
}  # fmt: skip


@dataclass(frozen=True)
class Listed:
    """A code that a codebook sheet or the mapping lists; `other` is a second name that cells may hold."""

    label: str
    other: str = ""
    definition: str = ""
    group: str = ""


@dataclass(frozen=True)
class Found:
    """What a dimension's cells hold: the codes as in `codebook.yaml`, which id each spelling has, and notes on it."""

    codes: list[dict[str, Any]]
    code_of: dict[str, str]
    n_merged: int
    notes: tuple[str, ...]


def fold_label(text: str) -> str:
    """The form in which two spellings of a code are the same: case, spaces and parting signs set aside.

    >>> fold_label("Self-care "), fold_label("self care."), fold_label("0-5"), fold_label("<5")
    ('self care', 'self care', '0-5', '<5')
    """
    text = unicodedata.normalize("NFKC", text).casefold()
    folded = one_line(PARTING.sub(" ", text)).strip(AT_THE_ENDS)
    return folded or one_line(text)


def slug(text: str) -> str:
    """An id made of a label: ASCII letters and digits in lower case, parted by underlines; "" where it has none.

    >>> slug("Économic (farming)"), slug("对照")
    ('economic_farming', '')
    """
    return re.sub(r"[^a-z0-9]+", "_", _without_accents(text).casefold())[:LONGEST_ID].strip("_")


class Ids:
    """Gives ids that are used once: a label's slug, and where that is taken or empty, a number behind it."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self.taken = set(taken)

    def make(self, label: str, default: str = "code") -> str:
        first = made = slug(label) or default
        number = 2
        while made in self.taken:
            made = f"{first}_{number}"
            number += 1
        self.taken.add(made)
        return made


@cache
def country_code(name: str) -> str:
    """The two letters of ISO 3166-1 of a country, by any of its usual names; "" where it is none.

    >>> country_code("The Netherlands"), country_code("Turkiye"), country_code("Atlantis")
    ('NL', 'TR', '')
    """
    return _country_names().get(_without_accents(fold_label(name)).removeprefix("the "), "")


@cache
def _country_names() -> dict[str, str]:
    found = {}
    for country in pycountry.countries:
        for kind in ("alpha_2", "alpha_3", "name", "common_name", "official_name"):
            if name := getattr(country, kind, ""):
                found[_without_accents(fold_label(name))] = country.alpha_2
    return found | COUNTRY_NAMES


def _without_accents(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


def find_codes(
    values: Counter[str],
    *,
    label: str,
    listed: Sequence[Listed] = (),
    same: dict[str, str] | None = None,
    not_reported: Iterable[str] = (),
    group_separator: str = "",
    merge: bool = True,
    is_country: bool = False,
) -> Found:
    """The codes behind `values` (each spelling with how often it stands, in order of appearance).

    Listed codes come first, in their order, then the others by first appearance; a code is labelled by the list or by
    its commonest spelling. Spellings apart only by case, spaces and parting signs are one code where `merge`. Codes
    of a group stand below it.
    """
    finder = _Finder(label, listed, group_separator, merge, is_country)
    unreported = {fold_label(value) for value in not_reported}
    meant = {fold_label(value): other for value, other in (same or {}).items()}
    for spelling, count in values.items():
        if fold_label(spelling) in unreported:
            finder.add_not_reported(spelling, count)
        else:
            finder.add(meant.get(fold_label(spelling), spelling), spelling, count)
    return finder.result()


@dataclass
class _Code:
    id: str
    label: str
    group: str = ""
    definition: str = ""
    is_listed: bool = False
    is_country: bool = False


class _Finder:
    """Collects codes; see `find_codes`."""

    def __init__(
        self, dimension: str, listed: Sequence[Listed], group_separator: str, merge: bool, is_country: bool
    ) -> None:
        self.dimension, self.group_separator = dimension, group_separator
        self.merge, self.is_country = merge, is_country
        self.ids = Ids([NOT_REPORTED])
        self.groups: dict[str, _Code] = {}
        self.codes: dict[str, _Code] = {}
        self.code_of: dict[str, str] = {}
        self.spellings: dict[str, Counter[str]] = {}
        self.names: dict[str, _Code] = {}
        self.unreported: _Code | None = None
        for each in listed:
            self._add_listed(each)

    def _add_listed(self, each: Listed) -> None:
        known = self.names.get(self._key(each.label))
        if known:
            known.definition = known.definition or each.definition
            return
        code = self._new(each.label, each.group)
        code.definition, code.is_listed = each.definition, True
        for name in (each.label, each.other):
            if name:
                self.names.setdefault(self._key(name), code)

    def _key(self, name: str) -> str:
        return fold_label(name) if self.merge else one_line(name)

    def _new(self, label: str, group: str = "") -> _Code:
        label = one_line(label)
        group_key = self._key(group) if group else ""
        if group and group_key not in self.groups:
            self.groups[group_key] = _Code(self.ids.make(group, "group"), one_line(group), is_listed=True)
        if fold_label(label) == "not reported" and self.unreported is None:
            code = self.unreported = _Code(NOT_REPORTED, label)
            return code
        iso = country_code(label) if self.is_country else ""
        if iso:
            made = _Code(iso, _country_label(iso), group_key, is_country=True)
        else:
            made = _Code(self.ids.make(label), label, group_key)
        self.codes[made.id] = made
        return made

    def add_not_reported(self, spelling: str, count: int) -> None:
        if self.unreported is None:
            self.unreported = _Code(NOT_REPORTED, one_line(spelling))
        self._note(self.unreported, spelling, count)

    def add(self, meant: str, spelling: str, count: int) -> None:
        group, label = "", meant
        if self.group_separator and self.group_separator in meant:
            group, label = (part.strip() for part in meant.split(self.group_separator, 1))
        iso = country_code(label) if self.is_country else ""
        key = self._key(f"{group}\n{label}") if group else self._key(label)
        code = self.codes.get(iso) or self.names.get(key) or (self.groups.get(key) if not group else None)
        if code is None:
            code = self._new(label, group)
        self.names.setdefault(key, code)
        self._note(code, spelling, count)

    def _note(self, code: _Code, spelling: str, count: int) -> None:
        self.code_of[spelling] = code.id
        self.spellings.setdefault(code.id, Counter())[one_line(spelling)] += count

    def result(self) -> Found:
        n_merged, notes = 0, []
        for code in (*self.codes.values(), *([self.unreported] if self.unreported else [])):
            spellings = self.spellings.get(code.id, Counter())
            if spellings and not code.is_listed and not code.is_country:
                code.label = self._without_group(max(spellings.items(), key=lambda item: item[1])[0])
            if len(spellings) > 1:
                n_merged += spellings.total() - max(spellings.values())
                shown = ", ".join(f"{shorten(text)} ({n:,})" for text, n in spellings.most_common(6))
                notes.append(f"{self.dimension}: read as one code, {shorten(code.label)}: {shown}.")
        return Found(self._as_codebook(), self.code_of, n_merged, (*notes, *self._unlisted()))

    def _without_group(self, label: str) -> str:
        return label.split(self.group_separator, 1)[-1].strip() if self.group_separator else label

    def _unlisted(self) -> list[str]:
        """A sentence on what cells hold and the list of codes does not, or of countries, what is none; or nothing."""
        known = [code.label for code in self.codes.values() if code.is_listed]
        new = [code for code in self.codes.values() if not code.is_listed and not code.is_country]
        if not new or not (known or self.is_country):
            return []
        found = []
        for code in new[:MOST_SHOWN]:
            near = nearest_of(code.label, known)
            found.append(f"{shorten(code.label)}{f' (nearest: {near})' if near else ''}")
        what = "no countries" if self.is_country else "not among the listed codes"
        more = f" and {len(new) - MOST_SHOWN:,} more" if len(new) > MOST_SHOWN else ""
        return [f"{self.dimension}: {what}, kept as codes: {', '.join(found)}{more}."]

    def _as_codebook(self) -> list[dict[str, Any]]:
        """Groups where their first code stands, codes below their group, what is not reported last."""
        below: dict[str, list[_Code]] = {}
        for code in self.codes.values():
            below.setdefault(code.group or f"\n{code.id}", []).append(code)
        top = []
        for key, codes in below.items():
            if key in self.groups:
                top.append({**_entry(self.groups[key]), "codes": [_entry(code) for code in codes]})
            else:
                top.append(_entry(codes[0]))
        return [*top, *([_entry(self.unreported)] if self.unreported else [])]


def _entry(code: _Code) -> dict[str, Any]:
    entry: dict[str, Any] = {"id": code.id, "label": code.label or code.id}
    return entry | ({"definition": code.definition} if code.definition else {})


def _country_label(iso: str) -> str:
    country = pycountry.countries.get(alpha_2=iso)
    return str(getattr(country, "common_name", "") or getattr(country, "name", iso))
