"""Which records may be the same publication: rules that a reviewer can read and dispute.

The engine was chosen by measurement (`benchmarks/deduplication.py`). rapidfuzz scores the likeness of
titles; what likeness means is decided here, in the terms of the field:

same       a shared identifier, with a title that agrees or is the title in another language; or the same
           title where nothing contradicts it, if the title is specific or author and year, or volume and
           page, agree; or a title that differs in spelling only or lacks its subtitle, by the same author,
           in the same year and journal
uncertain  whatever else looks alike, and whatever looks the same but is contradicted: another DOI (preprint,
           version of a Cochrane review, conference abstract), years apart, other authors, another volume
           or page; a DOI shared by different titles (conference supplement)

Nothing is merged on doubt. What is said of two records is checked again for the whole: records that are
joined through each other must not contradict each other.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, combinations, product
from typing import NamedTuple, TypeVar
from urllib.parse import unquote

import pandas as pd
from rapidfuzz import fuzz

PAIR_COLUMNS = {
    "record_id_a": "str",
    "record_id_b": "str",
    "decision": "str",
    "reason": "str",
    "decided_by": "str",
    "title_similarity": "Float64",
    "agrees_on": "str",
    "differs_on": "str",
}
SAME, UNCERTAIN = "same", "uncertain"
IDENTIFIERS = ("DOI", "PMID", "PMCID")

# How alike two titles must be, in per cent as rapidfuzz counts.
SPELLING, OTHER_WORDS, SIMILAR, SAME_WORDS = 90, 80, 85, 95
# A title of that many words and letters is taken to name one publication, a part of one to be no coincidence.
SPECIFIC_WORDS, SPECIFIC_LETTERS, PART_LETTERS = 5, 30, 25
# Titles that share two of their rarest words, or their first words, are compared; what more titles share
# than this says nothing.
RARE_WORDS, START_WORDS, MOST_TITLES = 6, 5, 100


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# One title has such a word and the other has not: another document about the same work.
KINDS = _set(
    """abstract addendum baseline comment commentary corrigendum correction cost design economic editorial
    erratum feasibility followup letter pilot protocol qualitative rationale reply response retracted
    retraction summary supplement update"""
)
# Titles of Cochrane reviews are translated under one DOI, which names one version of one review.
COCHRANE_REVIEW = "10.1002/14651858.cd"
PREPRINT = re.compile(r"10\.(1101|21203|20944|31219|31234|48550)/|10\.2139/ssrn|10\.2196/preprints")

TAG = re.compile(r"<[^<>]{1,40}>")
BETWEEN_WORDS = re.compile(r"[\W_]+")
# What sources write around a title: a label, "(Review)", a year; registries add number and acronym.
DECORATION = re.compile(
    r"""^\s*(?i:title\s*:|\[?withdrawn\]?\s*[:.]?\s)
    |\s*(?:
        \((?i:review)\)
        |\[(?:19|20)\d\d\]
        |\([^()]*\b(?:NCT|ISRCTN|ACTRN)\d+\)
        |\((?![IVX]+\))(?=[^)]*[A-Z][^)]*[A-Z])(?:[A-Za-z0-9-]{2,12}|[A-Z0-9\ -]{2,16})\)
    )\s*\.?\s*$""",
    re.VERBOSE,
)
DOI = re.compile(r"10\.\d{4,9}/[^\s;?#]+")
DOI_ENDING = re.compile(r"(/(full|abstract|e?pdf))?[.,]*$")
YEAR = re.compile(r"\b(?:19|20)\d\d\b")
# No pages: a range a spreadsheet took for a date (01-Apr), the number that all versions of a review share.
NOT_PAGES = re.compile(r"jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|^cd\d{6}", re.IGNORECASE)
JOURNAL_FILLERS = _set("the of and for in on a de la und fur et y")
NAME_FILLERS = _set(
    "van von der den de del della di da la le el al et ten ter jr md phd the of for and group"
)
NUMBERS = dict(
    pair.split("=")
    for pair in _set(
        "two=2 three=3 four=4 five=5 six=6 seven=7 eight=8 nine=9 ten=10 "
        "ii=2 iii=3 iv=4 vi=6 vii=7 viii=8 ix=9"
    )
)

Pair = tuple[int, int]
NameT = TypeVar("NameT")


class Key(NamedTuple):
    """What of a record is compared: folded, and "" or empty where the record says nothing."""

    title: tuple[str, ...]
    letters: str
    doi: str
    pmid: str
    pmcid: str
    year: int
    first_author: frozenset[str]
    authors: frozenset[str]
    journal: tuple[str, ...]
    volume: str
    page: str
    language: str
    is_bracketed: bool

    @property
    def has_specific_title(self) -> bool:
        return len(self.title) >= SPECIFIC_WORDS and len(self.letters) >= SPECIFIC_LETTERS


class Likeness(NamedTuple):
    """How two titles compare: one of the relations of `compare_titles`, and similarity in per cent."""

    relation: str
    similarity: float


class Comparison(NamedTuple):
    """The fields in which two records agree and differ; a field that one of them lacks is in neither."""

    agrees_on: tuple[str, ...]
    differs_on: tuple[str, ...]
    is_of_one_year: bool

    def agree(self, *fields: str) -> bool:
        return all(field in self.agrees_on for field in fields)

    @property
    def shares_identifier(self) -> bool:
        return any(field in IDENTIFIERS for field in self.agrees_on)

    @property
    def contradictions(self) -> tuple[str, ...]:
        """Differences that copies of one publication do not have, unless something excuses them.

        The place in print outweighs what sources get wrong: one gives the year of deposit, one the number of
        the supplement for the volume, and a journal that moved gave a second DOI. It does not outweigh the
        authors: a letter and its reply may stand on one page. Pages that differ are those of other articles
        in other journals only: in one journal, one source gives the article number. Names of journals vary
        too much to tell publications apart, except those of other years: a conference abstract and its paper.
        """
        excused = set()
        if self.is_of_one_year or "year" not in self.agrees_on or self.agree("volume", "first page"):
            excused.add("journal")
        if "journal" not in self.differs_on:
            excused.add("first page")
        if self.agree("first page"):
            excused.add("volume")
        if self.agree("volume", "first page"):
            excused.add("year")
        if self.agree("volume", "first page", "first author", "year", "journal"):
            excused.add("DOI")
        return tuple(field for field in self.differs_on if field not in excused)


class Verdict(NamedTuple):
    """What is decided on two records, why, and on which comparison it rests."""

    decision: str
    reason: str
    likeness: Likeness
    comparison: Comparison


Judged = dict[Pair, Verdict]


def find_duplicate_pairs(records: pd.DataFrame) -> pd.DataFrame:
    """Pairs of records that are, or may be, the same publication; all other pairs are taken to be different.

    One row per pair. Columns: record_id_a and record_id_b (a stands before b in `records`), decision ("same"
    or "uncertain"), reason in plain words, decided_by ("rule"), title_similarity (per cent), agrees_on and
    differs_on (fields, separated by `; `). Pairs that say "same" never join, directly or through other
    records, records that contradict each other.
    """
    keys = [key_of(record) for record in records.to_dict("records")]
    judged = _doubt_contradictions(_judge(keys), keys)
    ids = list(records["record_id"])
    rows = [
        (
            ids[i],
            ids[j],
            verdict.decision,
            verdict.reason,
            "rule",
            round(verdict.likeness.similarity, 1),
            "; ".join(verdict.comparison.agrees_on),
            "; ".join(verdict.comparison.differs_on),
        )
        for (i, j), verdict in sorted(judged.items())
    ]
    return pd.DataFrame(rows, columns=list(PAIR_COLUMNS)).astype(PAIR_COLUMNS)


class Groups:
    """Numbers in groups that can be joined; a group is known by its smallest number."""

    def __init__(self, numbers: Iterable[int]) -> None:
        self.parent = {number: number for number in numbers}

    def first_of(self, number: int) -> int:
        while (above := self.parent[number]) != number:
            self.parent[number] = self.parent[above]
            number = above
        return number

    def join(self, one: int, other: int) -> bool:
        """Joins the groups of two numbers; whether they were two."""
        one, other = self.first_of(one), self.first_of(other)
        self.parent[max(one, other)] = min(one, other)
        return one != other


def cluster(numbers: Iterable[int], pairs: Iterable[Pair]) -> list[list[int]]:
    """Groups of numbers that pairs connect, each in order, and in order of their first."""
    groups = Groups(sorted(numbers))
    for one, other in pairs:
        groups.join(one, other)
    members: dict[int, list[int]] = {}
    for number in groups.parent:
        members.setdefault(groups.first_of(number), []).append(number)
    return list(members.values())


# Keys: what is compared


def key_of(record: dict[str, str]) -> Key:
    """What of a record is compared, folded."""
    title = record["title"].strip()
    words = fold_words(DECORATION.sub("", title))
    year = YEAR.search(record["year"])
    return Key(
        title=words,
        letters="".join(words),
        doi=fold_doi(record["doi"]),
        pmid=_first_number(record["pmid"]),
        pmcid=_first_number(record["pmcid"]),
        year=int(year.group()) if year else 0,
        # Where in a name the surname stands is not told; two forms of one name share it in any case.
        first_author=frozenset(_name_words(record["authors"].split(";")[0])[:3]),
        authors=frozenset(_name_words(record["authors"])),
        journal=tuple(word for word in fold_words(record["journal"]) if word not in JOURNAL_FILLERS),
        volume=_first_number(record["volume"]),
        page="" if NOT_PAGES.search(record["pages"]) else _first_number(record["pages"]),
        language=record["language"][:2].casefold(),
        is_bracketed=title.startswith("[") and title.rstrip(".").endswith("]"),
    )


def fold_words(text: str) -> tuple[str, ...]:
    """The words of `text` without case, accents, tags and punctuation; number words as digits."""
    folded = _fold(text).replace("&", " and ").replace("'", "").replace("\u2019", "")
    return tuple(NUMBERS.get(word, word) for word in BETWEEN_WORDS.sub(" ", folded).split())


def fold_doi(text: str) -> str:
    """The DOI in `text`, without address, label and file ending; "" where there is none."""
    found = DOI.search(unquote(text).lower())
    return DOI_ENDING.sub("", found.group()) if found else ""


def _fold(text: str) -> str:
    if not text.isascii() or "<" in text or "&" in text:
        text = unicodedata.normalize("NFKD", TAG.sub(" ", html.unescape(text)))
        text = "".join(letter for letter in text if not unicodedata.combining(letter))
    return text.casefold()


def _name_words(names: str) -> list[str]:
    """Words of two letters and more: surnames and given names, no initials."""
    words = BETWEEN_WORDS.sub(" ", _fold(names)).split()
    return [word for word in words if len(word) > 1 and not word.isdigit() and word not in NAME_FILLERS]


def _first_number(text: str) -> str:
    found = re.search(r"\d+", text)
    return found.group().lstrip("0") if found else ""


# Candidates: which pairs are looked at


def _judge(keys: Sequence[Key]) -> Judged:
    """A verdict on each pair of positions in `keys` that is worth one."""
    titles = _group((key.letters, position) for position, key in enumerate(keys) if key.letters)
    likeness_of = _find_like_titles({letters: keys[members[0]].title for letters, members in titles.items()})
    shared_titles = {
        letters
        for letters, members in titles.items()
        if any(_contradict(keys[i], keys[j]) for i, j in combinations(members, 2))
    }
    candidates: set[Pair] = set()
    for members in chain(titles.values(), _group(chain(_identifiers(keys), _places(keys))).values()):
        candidates.update(combinations(members, 2))
    for one, other in likeness_of:
        candidates.update((min(pair), max(pair)) for pair in product(titles[one], titles[other]))
    judged = {}
    for i, j in candidates:
        a, b = keys[i], keys[j]
        likeness = likeness_of.get((min(a.letters, b.letters), max(a.letters, b.letters)))
        verdict = _judge_pair(a, b, likeness or compare_titles(a.title, b.title), a.letters in shared_titles)
        if verdict:
            judged[i, j] = verdict
    return judged


def _group(named: Iterable[tuple[NameT, int]]) -> dict[NameT, list[int]]:
    groups: dict[NameT, list[int]] = defaultdict(list)
    for name, position in named:
        groups[name].append(position)
    return groups


def _identifiers(keys: Sequence[Key]) -> Iterator[tuple[tuple[str, ...], int]]:
    for position, key in enumerate(keys):
        for name in ("doi", "pmid", "pmcid"):
            if value := getattr(key, name):
                yield (name, value), position


def _places(keys: Sequence[Key]) -> Iterator[tuple[tuple[str, ...], int]]:
    """Where a record stands in print: the same for two titles of one publication."""
    for position, key in enumerate(keys):
        if key.year and key.volume and key.page:
            for author in key.first_author:
                yield (author, str(key.year), key.volume, key.page), position


def _find_like_titles(titles: dict[str, tuple[str, ...]]) -> dict[tuple[str, str], Likeness]:
    """Pairs of different titles that are alike, with their likeness."""
    counts = Counter(word for words in titles.values() for word in set(words))
    blocks: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for letters, words in titles.items():
        shared = sorted((counts[word], word) for word in set(words) if counts[word] > 1)[:RARE_WORDS]
        for two in combinations(sorted(word for _, word in shared), 2):
            blocks[two].append(letters)
        if len(words) >= START_WORDS:
            blocks[words[:START_WORDS]].append(letters)
    looked_at = {
        (min(pair), max(pair))
        for block in blocks.values()
        if len(block) <= MOST_TITLES
        for pair in combinations(block, 2)
    }
    compared = {pair: compare_titles(titles[pair[0]], titles[pair[1]]) for pair in looked_at}
    return {pair: likeness for pair, likeness in compared.items() if likeness.relation != "different"}


# Rules


def compare_titles(a: tuple[str, ...], b: tuple[str, ...]) -> Likeness:
    """How two titles, as words, compare: same, spelling, part, part of another kind, similar, different."""
    one, other = "".join(a), "".join(b)
    if not one or not other:
        return Likeness("missing", 0.0)
    if one == other:
        return Likeness("same", 100.0)
    left, right = " ".join(a), " ".join(b)
    ratio = fuzz.ratio(left, right)
    similarity = max(ratio, fuzz.token_sort_ratio(left, right))
    has_same_words = min(len(a), len(b)) >= SPECIFIC_WORDS and fuzz.token_set_ratio(left, right) >= SAME_WORDS
    shorter, longer = sorted((one, other), key=len)
    is_part = len(shorter) >= PART_LETTERS and (longer.startswith(shorter) or longer.endswith(shorter))
    if not (similarity >= SIMILAR or has_same_words or is_part):
        return Likeness("different", similarity)
    only_a, only_b = Counter(a) - Counter(b), Counter(b) - Counter(a)
    is_other_kind = any(word.isdigit() or word in KINDS for word in (*only_a, *only_b))
    if ratio >= SPELLING and not is_other_kind and _differ_in_spelling(only_a, only_b):
        return Likeness("spelling", similarity)
    if is_part:
        return Likeness("part of another kind" if is_other_kind else "part", similarity)
    return Likeness("different" if is_other_kind else "similar", similarity)


def _differ_in_spelling(only_a: Counter[str], only_b: Counter[str]) -> bool:
    """Whether the words that two titles do not share are the same words written otherwise.

    "randomised" and "randomized" are, "men" and "women", "maternal" and "paternal" are not.
    """
    left, right = "".join(only_a.elements()), "".join(only_b.elements())
    return left[:1] == right[:1] and fuzz.ratio(left, right) >= OTHER_WORDS


def compare(a: Key, b: Key) -> Comparison:
    """The fields in which two records agree and differ."""
    agrees = {
        "DOI": _is_equal(a.doi, b.doi),
        "PMID": _is_equal(a.pmid, b.pmid),
        "PMCID": _is_equal(a.pmcid, b.pmcid),
        "first author": _is_same_author(a, b),
        # A publication has the year it went online and the year of its issue.
        "year": abs(a.year - b.year) <= 1 if a.year and b.year else None,
        "journal": _is_same_journal(a.journal, b.journal),
        "volume": _is_equal(a.volume, b.volume),
        "first page": _is_equal(a.page, b.page),
    }
    return Comparison(
        tuple(field for field, value in agrees.items() if value),
        tuple(field for field, value in agrees.items() if value is False),
        0 < a.year == b.year,
    )


def _is_equal(a: str, b: str) -> bool | None:
    return a == b if a and b else None


def _is_same_author(a: Key, b: Key) -> bool | None:
    if a.first_author & b.first_author:
        return True
    return False if a.authors and b.authors and not a.authors & b.authors else None


def _is_same_journal(a: tuple[str, ...], b: tuple[str, ...]) -> bool | None:
    """Whether two names are one journal's: equal, abbreviated word by word, cut off, or initials."""
    if not a or not b:
        return None
    shorter, longer = sorted((a, b), key=len)
    initials = "".join(word[0] for word in longer)
    alike = (x.startswith(y) or y.startswith(x) for x, y in zip(shorter, longer, strict=False))
    return shorter == (initials,) or all(alike)


def _contradict(a: Key, b: Key) -> bool:
    comparison = compare(a, b)
    return bool(comparison.contradictions) and not comparison.shares_identifier


def _judge_pair(a: Key, b: Key, likeness: Likeness, is_shared_title: bool) -> Verdict | None:
    """The verdict on two records; None: different. `is_shared_title`: of more than one publication."""
    comparison = compare(a, b)
    if comparison.shares_identifier:
        decision, reason = _judge_by_identifier(a, b, likeness.relation, comparison)
    else:
        decision, reason = _judge_by_title(a, likeness.relation, comparison, is_shared_title)
    if not decision:
        return None
    if decision == UNCERTAIN:
        reason = _describe_doubt(a, b, likeness.relation, comparison, reason)
    return Verdict(decision, reason, likeness, comparison)


def _judge_by_identifier(a: Key, b: Key, relation: str, comparison: Comparison) -> tuple[str, str]:
    """Decision and reason, for records that share an identifier."""
    identifier = next(field for field in IDENTIFIERS if field in comparison.agrees_on)
    if any(field in IDENTIFIERS for field in comparison.contradictions):
        return UNCERTAIN, ""
    is_other_author = "first author" in comparison.differs_on
    if relation == "same":
        is_enough = a.has_specific_title or not is_other_author
        return (SAME, f"same {identifier} and title") if is_enough else (UNCERTAIN, "")
    doubt = "a conference supplement, or a wrong DOI?" if identifier == "DOI" else f"a wrong {identifier}?"
    if is_other_author or "first page" in comparison.differs_on:
        return ("", "") if relation == "different" else (UNCERTAIN, doubt)
    is_in_place = comparison.agree("first author", "first page")
    is_like = relation in ("spelling", "part") or (
        is_in_place and relation in ("similar", "part of another kind")
    )
    if is_like:
        return SAME, f"same {identifier}; {RELATIONS[relation]}"
    if relation != "missing" and _is_translation(a, b):
        return SAME, f"same {identifier}; the title in another language"
    return UNCERTAIN, doubt


def _is_translation(a: Key, b: Key) -> bool:
    """Whether different titles under one identifier are one title in two languages."""
    return (
        bool(a.language and b.language and a.language != b.language)
        or a.is_bracketed != b.is_bracketed
        or _is_latin(a.letters) != _is_latin(b.letters)
        or a.doi.startswith(COCHRANE_REVIEW)
    )


def _is_latin(letters: str) -> bool:
    return 2 * sum(letter.isascii() for letter in letters) >= len(letters)


def _judge_by_title(a: Key, relation: str, comparison: Comparison, is_shared: bool) -> tuple[str, str]:
    """Decision and reason, for records that share no identifier."""
    is_by_author = comparison.agree("first author", "year")
    is_in_place = comparison.agree("volume", "first page")
    if relation == "same":
        if comparison.contradictions:
            return UNCERTAIN, ""
        # A title of several publications names one of them together with the very year only.
        if is_by_author and (comparison.is_of_one_year or not is_shared):
            return SAME, "same title, first author and year"
        if is_in_place:
            return SAME, "same title, volume and first page"
        if a.has_specific_title and is_shared and comparison.is_of_one_year:
            return SAME, "same title and year; nothing speaks against it"
        if a.has_specific_title and not is_shared:
            return SAME, "same title; nothing speaks against it"
        doubt = "another publication has this title too" if is_shared else "a title that many may have"
        return UNCERTAIN, doubt
    if comparison.contradictions or relation == "missing":
        return "", ""
    is_by_author &= "first page" not in comparison.differs_on
    if is_by_author and is_in_place:
        is_same = relation in ("spelling", "part", "similar")
        why = f"{RELATIONS[relation]}; same first author, year, volume and first page"
        return (SAME, why) if is_same else (UNCERTAIN, "")
    if relation in ("spelling", "part") and is_by_author and comparison.agree("journal"):
        return SAME, f"{RELATIONS[relation]}; same first author, year and journal"
    if relation == "different":
        return "", ""
    return UNCERTAIN, "" if comparison.agrees_on else "nothing else to compare"


# The whole: records joined through each other


def _doubt_contradictions(judged: Judged, keys: Sequence[Key]) -> Judged:
    """`judged`, with "same" made uncertain until no records that it joins contradict each other."""
    settled = dict(judged)
    same = {pair: verdict for pair, verdict in judged.items() if verdict.decision == SAME}
    for pair, contradiction in _find_doubtful(same, keys):
        reason = f"{judged[pair].reason}; but records joined with them contradict each other: {contradiction}"
        settled[pair] = judged[pair]._replace(decision=UNCERTAIN, reason=reason)
    return settled


def _find_doubtful(same: Judged, keys: Sequence[Key]) -> Iterator[tuple[Pair, str]]:
    """Pairs that join contradicting records, with the contradiction."""
    clusters = cluster({position for pair in same for position in pair}, same)
    cluster_of = {position: number for number, members in enumerate(clusters) for position in members}
    joined: dict[int, Judged] = defaultdict(dict)
    for pair, verdict in same.items():
        joined[cluster_of[pair[0]]][pair] = verdict
    for number, members in enumerate(clusters):
        doubtful = _find_contradicted(members, joined[number], keys)
        if doubtful:
            yield from doubtful.items()
            rest = {pair: verdict for pair, verdict in joined[number].items() if pair not in doubtful}
            yield from _find_doubtful(rest, keys)


def _find_contradicted(members: Sequence[int], same: Judged, keys: Sequence[Key]) -> dict[Pair, str]:
    """The pairs of one cluster that are doubted first, with the contradiction.

    These are the pairs of whoever contradicts most of the others, of all where several do so equally.
    """
    copies = cluster(
        members, (pair for pair, verdict in same.items() if verdict.comparison.shares_identifier)
    )
    copy_of = {position: number for number, group in enumerate(copies) for position in group}
    found: dict[int, list[str]] = defaultdict(list)
    for (m, one), (n, other) in combinations(enumerate(copies), 2):
        if contradiction := _find_contradiction(one, other, keys):
            found[m].append(contradiction)
            found[n].append(contradiction)
    most = max(map(len, found.values()), default=0)
    worst = {number: reasons[0] for number, reasons in found.items() if len(reasons) == most}
    doubtful = {}
    for pair in same:
        m, n = copy_of[pair[0]], copy_of[pair[1]]
        contradiction = _find_two_identifiers(copies[m], keys) if m == n else worst.get(m) or worst.get(n, "")
        if contradiction:
            doubtful[pair] = contradiction
    return doubtful


def _find_contradiction(one: Sequence[int], other: Sequence[int], keys: Sequence[Key]) -> str:
    """What speaks against the copies of `one` being those of `other`, in words, or ""."""
    pairs = list(product(one, other))
    comparisons = [compare(keys[i], keys[j]) for i, j in pairs]
    # The particulars of copies under one identifier vary: it is enough that two of them agree.
    excused = {field for c in comparisons for field in {*c.agrees_on, *c.differs_on} - {*c.contradictions}}
    for (i, j), comparison in zip(pairs, comparisons, strict=True):
        fields = [field for field in comparison.contradictions if field not in excused]
        if fields:
            return _describe_differences(keys[i], keys[j], fields)
    return ""


def _find_two_identifiers(members: Sequence[int], keys: Sequence[Key]) -> str:
    """Two identifiers of a kind among records that share another, in words, or ""."""
    for name, field in zip(("doi", "pmid", "pmcid"), IDENTIFIERS, strict=True):
        values = sorted({getattr(keys[member], name) for member in members} - {""})
        if len(values) > 1:
            return f"different {field} {' / '.join(values)}"
    return ""


# Reasons, in words


RELATIONS = {
    "spelling": "titles that differ in spelling only",
    "part": "one title is part of the other",
    "part of another kind": "one title is part of the other, which may be another kind of document",
    "similar": "similar titles",
    "different": "different titles",
    "missing": "no title to compare",
}


def _describe_doubt(a: Key, b: Key, relation: str, comparison: Comparison, doubt: str) -> str:
    """All that agrees and what does not, in words a reviewer can check against the two records."""
    agrees = list(comparison.agrees_on)
    if relation == "same":
        parts = ["same " + _join(["title", *agrees])]
    else:
        parts = [RELATIONS[relation], *(["same " + _join(agrees)] if agrees else [])]
    if comparison.contradictions:
        parts.append("but " + _describe_differences(a, b, comparison.contradictions))
    elif doubt:
        parts.append(doubt)
    return "; ".join(parts)


def _describe_differences(a: Key, b: Key, fields: Sequence[str]) -> str:
    values = {
        "DOI": (a.doi, b.doi),
        "PMID": (a.pmid, b.pmid),
        "PMCID": (a.pmcid, b.pmcid),
        "year": (a.year, b.year),
        "volume": (a.volume, b.volume),
        "first page": (a.page, b.page),
    }
    said = []
    for field in fields:
        words = f"{field} {' / '.join(map(str, values[field]))}" if field in values else field
        said.append(f"{words} {_describe_dois(a.doi, b.doi)}".rstrip() if field == "DOI" else words)
    return "different " + _join(said)


def _describe_dois(a: str, b: str) -> str:
    if a.startswith(COCHRANE_REVIEW) and a.split(".pub")[0] == b.split(".pub")[0]:
        return "(versions of one Cochrane review)"
    return "(a preprint and its article?)" if bool(PREPRINT.match(a)) != bool(PREPRINT.match(b)) else ""


def _join(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)
