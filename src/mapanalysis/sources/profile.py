"""What the cells of a column look like, in numbers: the evidence on which a mapping is proposed."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from mapanalysis.sources.bibliography import year_number
from mapanalysis.sources.cells import NEWLINE, is_own_name, split_cell
from mapanalysis.sources.mapping import ABSENT, PRESENT
from mapanalysis.sources.table import Table
from mapanalysis.sources.vocabulary import fold_label

# From the longest, which holds the next.
SEPARATORS = ("||", "|", ";", NEWLINE, ",")
NUMBER = re.compile(r"[-+]?\d+(?:[.,]\d+)*(?:[eE][-+]?\d+)?%?")
E_MAIL = re.compile(r"[^\s@]+@[^\s@]+\.[a-zA-Z]{2,}")
KEYED = re.compile(r"([^:=]{1,40}?)\s*[:=]\s*(\S.*)", re.DOTALL)

MOST_CODES = 60
LONGEST_LABEL = 80
# Codes are used again and again; names, titles and remarks are not.
LEAST_USES, LEAST_AGAIN = 2.0, 0.75
FEWEST_LISTS = 0.03
LARGEST_SAMPLE = 3_000


SAYS_NOTHING = frozenset(("n/a", "na", "none", "-", "--", "null", "nil", "not applicable"))
SAYS_NOT_REPORTED = frozenset(
    (
        "not reported",
        "not stated",
        "not described",
        "not specified",
        "not given",
        "not available",
        "no information",
        "nr",
    )
)


@dataclass(frozen=True)
class Profile:
    """One column. `counts`: its cells that are not empty, each with how often."""

    name: str
    position: int
    n_rows: int
    counts: Counter[str]

    @cached_property
    def n_filled(self) -> int:
        return self.counts.total()

    def share(self, n: int) -> float:
        """`n` cells as a share of those filled."""
        return n / self.n_filled if self.n_filled else 0.0

    def n_where(self, pattern: re.Pattern[str]) -> int:
        return sum(count for cell, count in self.counts.items() if pattern.search(cell))

    @cached_property
    def mean_length(self) -> float:
        return self.share(sum(len(cell) * count for cell, count in self.counts.items()))

    @cached_property
    def share_of_numbers(self) -> float:
        return self.share(sum(count for cell, count in self.counts.items() if NUMBER.fullmatch(cell)))

    @cached_property
    def share_of_years(self) -> float:
        return self.share(sum(count for cell, count in self.counts.items() if year_number(cell)))

    @cached_property
    def marks(self) -> frozenset[str]:
        """The distinct cells in lower case, "" among them where some are empty, when all are words for yes and no."""
        found = {cell.casefold() for cell in self.counts} | ({""} if self.n_filled < self.n_rows else set())
        return frozenset(found) if found <= {*PRESENT, *ABSENT, ""} else frozenset()

    @cached_property
    def is_indicator(self) -> bool:
        """Whether cells say yes or no, yes at least once. Numbers above 1 are none of these words."""
        return bool(self.marks & set(PRESENT))

    @cached_property
    def is_sparse(self) -> bool:
        """Whether each cell is empty or holds the column's own name."""
        return bool(self.counts) and len(self.counts) == 1 and is_own_name(next(iter(self.counts)), self.name)

    @cached_property
    def sample(self) -> Counter[str]:
        """The first distinct cells: enough to see how cells are made, whatever the length of the table."""
        return Counter(dict(islice(self.counts.items(), LARGEST_SAMPLE)))

    @cached_property
    def values(self) -> Counter[str]:
        """The values when cells are lists, parted by `separator`; the cells themselves when they are not."""
        return parts_of(self.counts, self.separator)

    @cached_property
    def separator(self) -> str:
        """The sign between the parts of a cell: the one that leaves the fewest distinct values, and fewer than without."""
        cells = self.sample
        best, fewest = "", len(parts_of(cells, ""))
        for separator in SEPARATORS:
            n_holding = sum(n for cell, n in cells.items() if len(split_cell(cell, separator)) > 1)
            if n_holding < FEWEST_LISTS * cells.total():
                continue
            parts = parts_of(cells, separator)
            is_short = sum(len(part) * n for part, n in parts.items()) <= LONGEST_LABEL / 2 * parts.total()
            if is_short and len(parts) < fewest:
                best, fewest = separator, len(parts)
        return best

    @cached_property
    def keys(self) -> tuple[str, str, tuple[str, ...]]:
        """For cells such as "age: adult; place: town": the separator, an example, and the keys, commonest first."""
        for separator in SEPARATORS:
            keys: Counter[str] = Counter()
            n_parts = 0
            for cell, count in self.sample.items():
                for part in split_cell(cell, separator):
                    n_parts += count
                    found = KEYED.fullmatch(part)
                    keys[found[1].strip() if found and not found[2].startswith("//") else ""] += count
            named = [key for key, _ in keys.most_common() if key]
            often = 2 <= len(named) <= 12 and all(keys[key] >= max(2, 0.02 * n_parts) for key in named)
            if often and keys.total() - keys[""] >= 0.9 * n_parts and n_parts > self.sample.total():
                return separator, next(iter(self.counts)), tuple(named)
        return "", "", ()

    @cached_property
    def holds_facets(self) -> bool:
        """Whether cells look like several things side by side: two parts at least, the first never what the last is."""
        if not self.separator:
            return False
        cells = [split_cell(cell, self.separator) for cell in self.sample]
        if min(map(len, cells)) < 2 or len(cells) < 5:
            return False
        first = {fold_label(parts[0]) for parts in cells}
        last = {fold_label(parts[-1]) for parts in cells}
        return not first & last

    @cached_property
    def codes(self) -> Counter[str]:
        """The values that say something: none of `SAYS_NOTHING` and `SAYS_NOT_REPORTED`."""
        silent = SAYS_NOTHING | SAYS_NOT_REPORTED
        return Counter({value: n for value, n in self.values.items() if value not in silent})

    @cached_property
    def holds_codes(self) -> bool:
        """Whether values are few, short and used again: codes, and not numbers, names or remarks."""
        if len(parts_of(self.sample, self.separator)) > MOST_CODES + len(SAYS_NOTHING | SAYS_NOT_REPORTED):
            return False
        codes = self.codes
        if not 2 <= len(codes) <= MOST_CODES or (self.share_of_numbers > 0.8 and len(codes) > 10):
            return False
        length = sum(len(value) * n for value, n in codes.items()) / codes.total()
        n_again = sum(n for n in codes.values() if n > 1)
        is_reused = codes.total() / len(codes) >= LEAST_USES and n_again >= LEAST_AGAIN * codes.total()
        return length <= LONGEST_LABEL / 2 and is_reused


def parts_of(cells: Counter[str], separator: str) -> Counter[str]:
    """What cells hold when they are parted by `separator`, alike spellings together, each with how often."""
    found: Counter[str] = Counter()
    for cell, count in cells.items():
        for part in split_cell(cell, separator):
            found[fold_label(part)] += count
    return found


def profiles_of(table: Table) -> list[Profile]:
    """One profile for each column of a table."""
    return [
        Profile(name, at, len(table.rows), Counter(row[at] for row in table.rows if row[at]))
        for at, name in enumerate(table.names)
    ]
