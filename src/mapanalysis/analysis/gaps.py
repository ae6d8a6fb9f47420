"""Gaps: cells of the grid below a stated rule, and cells that hold more than one would think.

A gap is relative to what was searched and to the eligibility criteria; it says that nothing was found, not that
nothing exists. Codes "not reported" and cells outside the scope are never gaps.

Sources of the kinds: 3ie evidence gap maps (absolute gap, synthesis gap); Campbell Collaboration guidance, White et
al. 2020; O'Leary et al. 2017 (the quality gap, there called cryptic). The other rules are ours. `GapRules.in_words`
states each with its thresholds, and docs/method.md with its tests.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from mapanalysis.analysis.grid import ALL_SEGMENTS, NONE_FOUND, STUDIES, Axis, Grid
from mapanalysis.codebook import NOT_REPORTED, Codebook, Dimension
from mapanalysis.errors import Problems, UsageError, nearest_of

ABSOLUTE, SYNTHESIS, ECONOMIC, OUT_OF_DATE = "absolute", "synthesis", "economic", "out_of_date"
QUALITY, PLACE, REDUNDANCY, CLUSTER = "quality", "place", "redundancy", "cluster"
KINDS = {
    ABSOLUTE: "Absolute gap",
    SYNTHESIS: "Synthesis gap",
    ECONOMIC: "Economic gap",
    OUT_OF_DATE: "Out of date",
    QUALITY: "Quality gap",
    PLACE: "Place gap",
    REDUNDANCY: "Redundancy",
    CLUSTER: "Cluster ready for a review",
}
# Kinds that are no lack of evidence, and what to make of them.
NOTES = {
    REDUNDANCY: "no lack of evidence: see how far they overlap before another is begun",
    CLUSTER: "no lack of evidence: enough for a new review",
}
THRESHOLDS = (
    "minimum_studies",
    "minimum_primary_studies",
    "minimum_effectiveness_studies",
    "minimum_place_studies",
    "minimum_reviews_redundant",
    "minimum_cluster_studies",
)
YEARS = ("recent_review_years", "out_of_date_years")
# What the gaps of a kind are ranked by, the most striking first; True is the smallest first.
RANKED_BY = {
    ABSOLUTE: {"n_expected": False},
    SYNTHESIS: {"n_primary": False, "n_expected": False},
    ECONOMIC: {"n_studies": False, "n_expected": False},
    OUT_OF_DATE: {"newest_year": True, "n_studies": False},
    QUALITY: {"n_reviews": False, "n_studies": False},
    PLACE: {"n_with_country": False, "n_expected": False},
    REDUNDANCY: {"n_recent_reviews": False, "n_studies": False},
    CLUSTER: {"n_new_primary": False, "n_expected": False},
}
GAP_COLUMNS = (
    *("kind", "rank", "row_code", "row_label", "column_code", "column_label"),
    *("n_studies", "n_reviews", "n_primary", "n_economic", "newest_year", "newest_review_year"),
    *("n_without_year", "n_low_reviews", "n_recent_reviews", "n_new_primary"),
    *("n_with_country", "n_countries", "n_home", "n_expected", "rule", "note"),
)


@dataclass(frozen=True)
class GapRules:
    """The thresholds of the rules. Years count back from `reference_year`; codes are of the segment dimension.

    Without a `review_code` there are no synthesis and quality gaps, no redundancy and no clusters; without an
    `economic_code` no economic gaps; without a `country_dimension` no place gaps. Reviews are of low confidence
    when they are coded with one of `low_quality_codes` on `quality_dimension`; where reviews were appraised as a whole
    the appraisals say so instead.

    What `evidence.suit_rules` fills in: `appraised_as`, what judgements mean low confidence, in words ("" where no
    review was appraised); `country_of`, the country that each code of `country_dimension` stands for or
    is part of ("" for none); `home_codes`, those of its codes that are `home_country` or part of it; `labels` of
    dimensions (with the code "") and codes.
    """

    reference_year: int
    review_code: str
    economic_code: str
    minimum_studies: int = 1
    minimum_primary_studies: int = 3
    minimum_effectiveness_studies: int = 1
    minimum_place_studies: int = 2
    minimum_reviews_redundant: int = 3
    minimum_cluster_studies: int = 5
    recent_review_years: int = 5
    out_of_date_years: int = 5
    quality_dimension: str = ""
    low_quality_codes: Sequence[str] = ()
    country_dimension: str = ""
    home_country: str = ""
    appraised_as: str = ""
    country_of: Mapping[str, str] = field(default_factory=dict)
    home_codes: Sequence[str] = ()
    labels: Mapping[tuple[str, str], str] = field(default_factory=dict)

    @property
    def kinds(self) -> list[str]:
        """The kinds of gaps that are looked for, in their order."""
        has_quality = self.appraised_as or (self.quality_dimension and self.low_quality_codes)
        needs = {
            SYNTHESIS: self.review_code,
            ECONOMIC: self.economic_code,
            QUALITY: self.review_code and has_quality,
            PLACE: self.country_dimension,
            REDUNDANCY: self.review_code,
            CLUSTER: self.review_code,
        }
        return [kind for kind in KINDS if needs.get(kind, kind)]

    @property
    def review_since(self) -> int:
        """The first year from which a review is recent."""
        return self.reference_year - self.recent_review_years

    def in_words(self) -> dict[str, str]:
        """Each kind of gap that is looked for with its rule as one sentence, thresholds filled in."""
        few = "no study" if self.minimum_studies == 1 else f"fewer than {self.minimum_studies} studies"
        one = self.minimum_effectiveness_studies == 1
        words = {
            ABSOLUTE: f"{few} of any type",
            SYNTHESIS: (
                f"at least {self.minimum_primary_studies} primary studies, and no review known to be from "
                f"{self.review_since} or later"
            ),
            ECONOMIC: (
                f"at least {self.minimum_effectiveness_studies} {'study' if one else 'studies'} of effectiveness, "
                "and no economic evaluation"
            ),
            OUT_OF_DATE: f"studies, and the latest report with a year is from before {self.reference_year - self.out_of_date_years}",
            QUALITY: f"reviews, and every one of them {self._say_low()}",
            PLACE: self._say_place(),
            REDUNDANCY: f"at least {self.minimum_reviews_redundant} reviews from {self.review_since} or later",
            CLUSTER: (
                f"at least {self.minimum_cluster_studies} primary studies newer than the newest review, or with no "
                "review beside them"
            ),
        }
        return {kind: words[kind] + (f" ({NOTES[kind]})" if kind in NOTES else "") for kind in self.kinds}

    def _say_low(self) -> str:
        if self.appraised_as:
            return f"appraised as {self.appraised_as}"
        name = self.quality_dimension
        labels = [self._label(name, code) for code in self.low_quality_codes]
        return f"coded {_join_or(labels)} ({self._label(name)})"

    def _say_place(self) -> str:
        n = self.minimum_place_studies
        home = self._label(self.country_dimension, self.home_country)
        elsewhere = f" or none from home ({home})" if self.home_country else ""
        return (
            f"at least {n} {'study' if n == 1 else 'studies'} with a country, all from one country{elsewhere}"
        )

    def _label(self, dimension: str, code: str = "") -> str:
        return self.labels.get((dimension, code), code or dimension)


def _join_or(words: Sequence[str]) -> str:
    *rest, last = list(words) or [""]
    return f"{', '.join(rest)} or {last}" if rest else last


def name_codes(rules: GapRules, codebook: Codebook) -> GapRules:
    """The rules with the labels of the quality dimension and its low codes.

    Raises UsageError, with everything at once, for a low quality code that the codebook does not hold.
    """
    problems, name = Problems(), rules.quality_dimension
    if not name:
        return rules
    known = codebook.dimension(name).tree["label"].drop(NOT_REPORTED, errors="ignore")
    for code in rules.low_quality_codes:
        if code not in known:
            problems.add(
                f"the parameter low_quality_codes holds {code!r}, which is no code of {name}",
                nearest=nearest_of(code, known.index),
                todo=f"Set it in params.yaml to codes of {name} ({', '.join(known.index)}), or to none: [].",
            )
    problems.raise_if_any(UsageError)
    labels = {(name, ""): codebook.dimension(name).label}
    labels |= {(name, code): str(known[code]) for code in rules.low_quality_codes}
    return replace(rules, labels=dict(rules.labels) | labels)


# --- what the rules look at ---


def describe_studies(
    studies: pd.DataFrame,
    codings: pd.DataFrame,
    codebook: Codebook,
    rules: GapRules,
    appraised: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """What the rules look at beside rows, columns and segments, one row per study.

    study_id, last_year, is_low (whether all that is said of its confidence is low; False where nothing is said),
    countries (those that it reports, a tuple), is_home (whether one of its codes is of home). `appraised` is from
    `list_appraised`, and decides where the rules say that reviews were appraised.
    """
    said = (
        appraised if rules.appraised_as and appraised is not None else list_stated(codings, codebook, rules)
    )
    all_low = said.groupby("study_id")["is_low"].all()
    coded = codings[codings["dimension"] == rules.country_dimension]
    named = coded[["study_id"]].assign(
        country=coded["code"].map(dict(rules.country_of)).fillna("").astype("str")
    )
    named = named[named["country"] != ""].drop_duplicates().sort_values(["study_id", "country"])
    countries = named.groupby("study_id")["country"].agg(tuple)
    known = studies[["study_id", "last_year"]].reset_index(drop=True)
    return known.assign(
        is_low=known["study_id"].isin(all_low.index[all_low.astype(bool)]),
        countries=[countries.get(study, ()) for study in known["study_id"]],
        is_home=known["study_id"].isin(coded.loc[coded["code"].isin(list(rules.home_codes)), "study_id"]),
    )


def list_stated(codings: pd.DataFrame, codebook: Codebook, rules: GapRules) -> pd.DataFrame:
    """What studies are coded of quality, one row per study and code: study_id, is_low."""
    low = _codes_below(codebook, rules.quality_dimension, rules.low_quality_codes)
    is_stated = (codings["dimension"] == rules.quality_dimension) & (codings["code"] != NOT_REPORTED)
    stated = codings.loc[is_stated, ["study_id", "code"]]
    return stated[["study_id"]].assign(is_low=stated["code"].isin(low)).reset_index(drop=True)


def list_appraised(
    appraisals: pd.DataFrame, reviews: Collection[str], low: Collection[tuple[str, str]]
) -> pd.DataFrame:
    """The overall judgements of `reviews`, one row per review and tool: study_id, tool, is_low.

    `appraisals`: study_id, tool, judgement ("" where nothing can be said), is_overall, is_computed. `low`: the tools
    with the judgements that mean low confidence. What a person judged comes before what the rule of the tool gives;
    where neither says anything there is no row.
    """
    is_said = appraisals["is_overall"] & (appraisals["judgement"] != "")
    said = appraisals[is_said & appraisals["study_id"].isin(reviews)].sort_values(
        "is_computed", kind="stable"
    )
    counting = said.drop_duplicates(["study_id", "tool"]).sort_values(["study_id", "tool"], ignore_index=True)
    is_low = [pair in low for pair in zip(counting["tool"], counting["judgement"], strict=True)]
    return counting[["study_id", "tool"]].assign(is_low=pd.Series(is_low, dtype="bool"))


def _codes_below(codebook: Codebook, name: str, codes: Iterable[str]) -> set[str]:
    """The codes, and those below them."""
    found = set(codes)
    tree = codebook.dimension(name).tree if name else pd.DataFrame({"code": [], "parent": []})
    for code, parent in zip(tree["code"], tree["parent"], strict=True):  # parents stand first
        if parent in found:
            found.add(code)
    return found


class PlacedStudies:
    """The placements of a grid as integers, with what the rules look at; the cells are numbered row by row.

    `studies` is from `describe_studies`; with study_id and last_year alone, nothing is known of quality and place.
    """

    def __init__(self, grid: Grid, studies: pd.DataFrame):
        placements, known = grid.placements, studies.set_index("study_id")
        self.grid = grid
        self.study = known.index.get_indexer(pd.Index(placements["study_id"]))
        row = pd.Index(grid.row.codes).get_indexer(pd.Index(placements["row_code"]))
        column = pd.Index(grid.column.codes).get_indexer(pd.Index(placements["column_code"]))
        self.n_cells = len(grid.row.codes) * len(grid.column.codes)
        self.n_studies = grid.matrix("n_studies").to_numpy(dtype=np.int64).ravel()
        self.is_looked_for = grid.matrix("state").isin([STUDIES, NONE_FOUND]).to_numpy(dtype=bool).ravel()
        self.cell = row * len(grid.column.codes) + column
        self.segment = placements["segment_code"].to_numpy(dtype=object)
        self.year = known["last_year"].to_numpy(dtype=float, na_value=np.nan)[self.study]
        self.is_low = known["is_low"].to_numpy(dtype=bool)[self.study] if "is_low" in known else None
        self.countries = list(known["countries"]) if "countries" in known else None
        self.is_home = known["is_home"].to_numpy(dtype=bool)[self.study] if "is_home" in known else None

    def count(self, chosen: np.ndarray) -> np.ndarray:
        """Distinct studies per cell, of the placements that are chosen."""
        keys = np.unique(self.study[chosen] * self.n_cells + self.cell[chosen])
        return np.bincount(keys % max(self.n_cells, 1), minlength=self.n_cells)

    def latest(self, chosen: np.ndarray) -> np.ndarray:
        """The latest year per cell, of the placements that are chosen; not a number where none is known."""
        latest = np.full(self.n_cells, -np.inf)
        dated = chosen & ~np.isnan(self.year)
        np.maximum.at(latest, self.cell[dated], self.year[dated])
        return np.where(np.isinf(latest), np.nan, latest)

    def count_countries(self) -> dict[str, np.ndarray]:
        """n_with_country (studies that report one), n_countries, n_home (studies from home), per cell."""
        countries = self.countries or []
        names = sorted({one for own in countries for one in own})
        listed = np.array([names.index(one) for own in countries for one in own], dtype=np.int64)
        n_own = np.array([len(own) for own in countries], dtype=np.int64)
        start = np.cumsum(n_own) - n_own
        item = np.repeat(np.arange(len(self.study)), n_own[self.study])
        first = np.repeat(np.cumsum(n_own[self.study]) - n_own[self.study], n_own[self.study])
        country = listed[start[self.study[item]] + np.arange(len(item)) - first]
        cells = np.unique(self.cell[item] * max(len(names), 1) + country) // max(len(names), 1)
        assert self.is_home is not None  # known together with the countries
        return {
            "n_with_country": self.count((n_own > 0)[self.study]),
            "n_countries": np.bincount(cells, minlength=self.n_cells),
            "n_home": self.count(self.is_home),
        }


def look_at_cells(placed: PlacedStudies, rules: GapRules) -> dict[str, np.ndarray]:
    """What the rules look at, a number for each cell; years that are not known are not a number.

    n_low_reviews is missing where nothing is known of quality, the numbers of countries where nothing is of place.
    """
    year = placed.year
    is_review = placed.segment == rules.review_code
    is_economic = placed.segment == rules.economic_code
    is_primary = ~is_review & ~is_economic
    n_reviews, newest_review = placed.count(is_review), placed.latest(is_review)
    # Beside reviews of which no year is known, no study is known to be newer.
    is_alone = n_reviews[placed.cell] == 0
    with np.errstate(invalid="ignore"):
        is_newer = is_alone | (year > newest_review[placed.cell])
        is_recent = year >= rules.review_since
    numbers = {
        "n_studies": placed.n_studies,
        "n_reviews": n_reviews,
        "n_primary": placed.count(is_primary),
        "n_economic": placed.count(is_economic),
        "n_effectiveness": placed.count(~is_economic),
        "n_without_year": placed.count(np.isnan(year)),
        "newest_year": placed.latest(np.ones(len(year), dtype=bool)),
        "newest_review_year": newest_review,
        "n_recent_reviews": placed.count(is_review & is_recent),
        "n_new_primary": placed.count(is_primary & is_newer),
    }
    if placed.is_low is not None:
        numbers["n_low_reviews"] = placed.count(is_review & placed.is_low)
    if placed.countries is not None:
        numbers |= placed.count_countries()
    return numbers


# --- the rules ---


def match_rules(
    placed: PlacedStudies, numbers: dict[str, np.ndarray], rules: GapRules
) -> dict[str, np.ndarray]:
    """Each kind that is looked for with whether a cell is one; `numbers` are from `look_at_cells`."""
    grid, is_gap = placed.grid, {}
    n_studies, n_reviews = numbers["n_studies"], numbers["n_reviews"]
    with np.errstate(invalid="ignore"):
        has_recent_review = numbers["newest_review_year"] >= rules.review_since
        is_gap[OUT_OF_DATE] = numbers["newest_year"] < rules.reference_year - rules.out_of_date_years
    has_effect_studies = numbers["n_effectiveness"] >= rules.minimum_effectiveness_studies
    is_gap[ABSOLUTE] = n_studies < rules.minimum_studies
    is_gap[SYNTHESIS] = (numbers["n_primary"] >= max(rules.minimum_primary_studies, 1)) & ~has_recent_review
    is_gap[ECONOMIC] = has_effect_studies & (n_studies > 0) & (numbers["n_economic"] == 0)
    is_gap[REDUNDANCY] = numbers["n_recent_reviews"] >= rules.minimum_reviews_redundant
    is_gap[CLUSTER] = numbers["n_new_primary"] >= rules.minimum_cluster_studies
    if QUALITY in rules.kinds:
        is_gap[QUALITY] = (n_reviews > 0) & (numbers["n_low_reviews"] == n_reviews)
    if PLACE in rules.kinds:
        is_one_place = (numbers["n_countries"] == 1) | ((numbers["n_home"] == 0) & bool(rules.home_codes))
        is_gap[PLACE] = (numbers["n_with_country"] >= rules.minimum_place_studies) & is_one_place
        if rules.country_dimension in (grid.row.dimension.id, grid.column.dimension.id):
            is_gap[PLACE][:] = False  # a cell of one country is of one country
    return {kind: is_gap[kind] & placed.is_looked_for for kind in rules.kinds}


def locate_gaps(placed: PlacedStudies, rules: GapRules) -> pd.DataFrame:
    """Where gaps are, and no more: one row per kind and cell: kind, row_code, column_code."""
    grid = placed.grid
    frames = []
    for kind, is_gap in match_rules(placed, look_at_cells(placed, rules), rules).items():
        row, column = np.divmod(np.flatnonzero(is_gap), len(grid.column.codes))
        cells = {"row_code": row, "column_code": column}
        codes = {
            name: pd.Index(axis.codes, dtype="str").take(at)
            for (name, at), axis in zip(cells.items(), (grid.row, grid.column), strict=True)
        }
        frames.append(pd.DataFrame(codes).assign(kind=kind))
    return pd.concat(frames, ignore_index=True)[["kind", "row_code", "column_code"]]


def find_gaps(grid: Grid, studies: pd.DataFrame, rules: GapRules) -> pd.DataFrame:
    """The gaps of a grid with segments, ranked within each kind.

    `studies` is from `describe_studies`. One row per kind and cell: kind, rank (1 is first), row_code, row_label,
    column_code, column_label, n_studies, n_reviews, n_primary (neither review nor economic evaluation), n_economic,
    newest_year (latest report of any study), newest_review_year, n_without_year, n_low_reviews (of low confidence),
    n_recent_reviews, n_new_primary (newer than the newest review, or beside no review), n_with_country (studies that
    report a country), n_countries, n_home (studies from the home country), n_expected (studies the cell would hold
    if columns were spread alike over the rows), rule, note ("" but for kinds that are no lack of evidence).
    `RANKED_BY` says what each kind is ranked by.
    """
    _check_rules(grid, studies, rules)
    placed, words = PlacedStudies(grid, studies), rules.in_words()
    numbers = look_at_cells(placed, rules)
    cells = _describe_cells(grid, numbers)
    frames = []
    for kind, is_gap in match_rules(placed, numbers, rules).items():
        by = RANKED_BY[kind]
        ranked = cells[is_gap].sort_values(
            list(by), ascending=list(by.values()), kind="stable", ignore_index=True
        )
        named = {"kind": kind, "rank": ranked.index + 1, "rule": words[kind], "note": NOTES.get(kind, "")}
        frames.append(ranked.assign(**named))
    return pd.concat(frames, ignore_index=True)[list(GAP_COLUMNS)]


def _describe_cells(grid: Grid, numbers: dict[str, np.ndarray]) -> pd.DataFrame:
    """One row per cell with its codes, labels and numbers; what is not known is missing."""
    is_any = grid.cells["segment_code"] == ALL_SEGMENTS
    cells = grid.cells.loc[is_any, ["row_code", "column_code"]].reset_index(drop=True)
    unknown = np.full(len(cells), np.nan)
    names = [name for name in GAP_COLUMNS if name.startswith(("n_", "newest_")) and name != "n_expected"]
    return cells.assign(
        **{name: _whole(numbers.get(name, unknown)) for name in names},
        n_expected=_expect(grid, cells),
        row_label=_labels(grid.row, cells["row_code"]),
        column_label=_labels(grid.column, cells["column_code"]),
    )


def _whole(numbers: np.ndarray) -> pd.api.extensions.ExtensionArray | np.ndarray:
    """Whole numbers, missing where there is none; counts as they are."""
    if numbers.dtype.kind in "iu":
        return numbers
    return pd.array([None if np.isnan(number) else int(number) for number in numbers], dtype="Int64")


def _labels(axis: Axis, codes: pd.Series) -> pd.Series:
    return codes.map({code: axis.label_of(code) for code in axis.codes}).astype("str")


def _expect(grid: Grid, cells: pd.DataFrame) -> pd.Series:
    """Row margin times column margin over the number of placed studies, to one decimal."""
    rows = grid.rows[grid.rows["segment_code"] == ALL_SEGMENTS].set_index("row_code")["n_studies"]
    columns = grid.columns[grid.columns["segment_code"] == ALL_SEGMENTS].set_index("column_code")["n_studies"]
    product = rows[cells["row_code"]].to_numpy() * columns[cells["column_code"]].to_numpy()
    return pd.Series(product / max(grid.n_placed, 1), index=cells.index).round(1)


def leave_out_unused(gaps: pd.DataFrame, grid: Grid) -> pd.DataFrame:
    """The gaps without codes of an outside vocabulary (such as all countries) that no study has, ranked anew.

    The team chose its own codes, and each of them that is empty is a finding; of 249 countries most are not.
    """
    kept = pd.Series(True, index=gaps.index)
    for axis, margin, column in (
        (grid.row, grid.rows, "row_code"),
        (grid.column, grid.columns, "column_code"),
    ):
        if axis.dimension.vocabulary:
            is_used = (margin["segment_code"] == ALL_SEGMENTS) & (margin["n_studies"] > 0)
            kept &= gaps[column].isin(margin.loc[is_used, column])
    left = gaps[kept].reset_index(drop=True)
    return left.assign(rank=left.groupby("kind", sort=False).cumcount() + 1)


def parse_pairs(pairs: Iterable[str], codebook: Codebook) -> list[tuple[Dimension, Dimension]]:
    """The dimensions of "need x setting", rows first. Raises UsageError for all pairs that cannot be read."""
    problems = Problems()
    known = {dimension.id: dimension for dimension in codebook.dimensions}
    found = []
    for pair in dict.fromkeys(pairs):
        names = [name.strip() for name in pair.split(" x ")]
        if len(names) != 2:
            problems.add(
                f"the parameter gap_pairs holds {pair!r}, which is no pair of dimensions",
                todo="Write each as `rows x columns`, for example: need x setting.",
            )
            continue
        for name in names:
            if name not in known:
                problems.add(
                    f"the parameter gap_pairs holds {pair!r}, and the codebook has no dimension {name!r}",
                    nearest=nearest_of(name, known),
                    todo=f"Choose from: {', '.join(known)}.",
                )
        if all(name in known for name in names):
            found.append((known[names[0]], known[names[1]]))
    problems.raise_if_any(UsageError)
    return found


def list_placements(grid: Grid, studies: pd.DataFrame) -> pd.DataFrame:
    """The placements of a grid to read: one row per study and cell, with label, title, row_label and column_label."""
    placed = grid.placements.merge(
        studies[["study_id", "label", "title"]], on="study_id", how="left", validate="many_to_one"
    )
    return placed.assign(
        row_label=_labels(grid.row, placed["row_code"]),
        column_label=_labels(grid.column, placed["column_code"]),
    )


def _check_rules(grid: Grid, studies: pd.DataFrame, rules: GapRules) -> None:
    problems = Problems()
    segments = grid.segment.codes if grid.segment else ()
    for name in ("review_code", "economic_code"):
        code = getattr(rules, name)
        if code and code not in segments:
            problems.add(
                f"the parameter {name} is {code!r}, which is no segment of the map",
                nearest=nearest_of(code, segments),
                todo=f"Set it in params.yaml to one of: {', '.join(segments)}; or to nothing where the map has none.",
            )
    for name in THRESHOLDS:
        if getattr(rules, name) < 1:
            problems.add(
                f"the parameter {name} is {getattr(rules, name)}; it must be 1 or more",
                todo="Set it in params.yaml.",
            )
    for kind, column in ((QUALITY, "is_low"), (PLACE, "countries")):
        if kind in rules.kinds and column not in studies:
            problems.add(
                f"the rules look for {KINDS[kind].lower()}s, and the studies have no column {column}",
                todo="Give the studies as `describe_studies` makes them.",
            )
    problems.raise_if_any(UsageError)
