"""How far reviews rest on the same studies: which review includes which, and the corrected covered area.

Source: Pieper, Antoine, Mathes, Neugebauer and Eikermann 2014, Systematic review finds overlapping reviews were not
mentioned in every other overview, J Clin Epidemiol 67:368-375, doi 10.1016/j.jclinepi.2013.11.007.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass

import numpy as np
import pandas as pd

from mapanalysis.analysis.derived import Derived, code_studies
from mapanalysis.analysis.screening import add_rows
from mapanalysis.codebook import Code, Codebook, Dimension
from mapanalysis.errors import DataError, Problems, UsageError

CITATIONS_FILE = "citations.csv"
IN_REVIEWS = "in_reviews"
SLIGHT, MODERATE, HIGH, VERY_HIGH = "slight", "moderate", "high", "very high"
BANDS = (SLIGHT, MODERATE, HIGH, VERY_HIGH)
INCLUDED, NOT_INCLUDED, IMPOSSIBLE = "included", "", "too early"


@dataclass(frozen=True)
class Bands:
    """Where moderate, high and very high overlap begin, in percent; a value on a border is in the band that begins there.

    Raises UsageError when they do not ascend. Source of the borders: Pieper and others 2014, who name whole numbers
    (up to 5, 6 to 10, 11 to 15, above 15); between whole numbers and on them, the rule is ours.
    """

    moderate: float = 5
    high: float = 10
    very_high: float = 15

    def __post_init__(self) -> None:
        problems = Problems()
        if not 0 < self.moderate < self.high < self.very_high <= 100:
            problems.add(
                f"the bands of overlap begin at {self.moderate:g}, {self.high:g} and {self.very_high:g} %",
                todo="Set overlap_moderate, overlap_high and overlap_very_high so that each is larger than the one before, above 0 and up to 100.",
            )
        problems.raise_if_any(UsageError)

    def name(self, pct: float) -> str:
        """The band that a percentage is in; "" for none."""
        return "" if pd.isna(pct) else BANDS[sum(pct >= border for border in astuple(self))]

    def in_words(self) -> str:
        """The four bands with their borders."""
        low, middle, top = (f"{border:g}" for border in astuple(self))
        return (
            f"below {low}% {SLIGHT}, from {low}% {MODERATE}, from {middle}% {HIGH}, from {top}% {VERY_HIGH}"
        )


# --- checks ---


def check_citations(citations: pd.DataFrame, study_ids: pd.Series) -> Problems:
    """Everything that keeps the rows of `citations.csv` from saying which review includes which study.

    A review that is no study of the map, and one that includes itself. A study that is not in the map is no problem.
    """
    problems = Problems()
    shared = {"file": CITATIONS_FILE, "column": "review_id"}
    is_unknown = ~citations["review_id"].isin(study_ids)
    what = "a review that is no study of the map"
    todo = "Correct the id: a review stands there by its study_id in reports.csv."
    add_rows(problems, what, citations, is_unknown, todo=todo, nearest=study_ids, **shared)
    itself = citations["review_id"] == citations["study_id"]
    add_rows(problems, "a review that includes itself", citations, itself, todo="Remove the row.", **shared)
    return problems


def list_reviews(codings: pd.DataFrame, codebook: Codebook, segment: str, review_code: str) -> list[str]:
    """The studies coded as reviews: with `review_code` of the dimension `segment`, or a code below it.

    None where the map has no dimension or no code for them ("").
    """
    dimension = codebook.dimension(segment) if segment else None
    if dimension is None or review_code not in dimension.tree.index:
        return []
    above = dimension.at_level(int(dimension.tree.at[review_code, "level"]))
    below = above.index[above == review_code]
    is_review = (codings["dimension"] == segment) & codings["code"].isin(below)
    return sorted(codings.loc[is_review, "study_id"].unique())


def check_are_reviews(citations: pd.DataFrame, reviews: list[str], review_code: str) -> None:
    """That all that is said to include studies is coded as a review, where the map has a code for them ("": it has none).

    Raises DataError with those that are not.
    """
    problems = Problems()
    if not review_code:
        return
    add_rows(
        problems,
        f"a study that includes others is not coded as {review_code}",
        citations,
        ~citations["review_id"].isin(reviews),
        file=CITATIONS_FILE,
        column="review_id",
        todo="Correct the id, or the codes of the study.",
        nearest=reviews,
    )
    problems.raise_if_any(DataError)


# --- what is built ---


def build_citations(citations: pd.DataFrame, studies: pd.DataFrame) -> pd.DataFrame:
    """Which review includes which study, one row per review_id and study_id, with title, year and is_in_map.

    The title and year of a study in the map are its own; of another, the first that any row gives.
    """
    outside = citations[~citations["study_id"].isin(studies["study_id"])]
    titles = outside[outside["title"] != ""].drop_duplicates("study_id")[["study_id", "title"]]
    years = outside[outside["year"].notna()].drop_duplicates("study_id")[["study_id", "year"]]
    known = outside[["study_id"]].drop_duplicates()
    for column in (titles, years):
        known = known.merge(column, on="study_id", how="left", validate="one_to_one")
    known = pd.concat([studies[["study_id", "title", "year"]], known], ignore_index=True)
    built = citations[["review_id", "study_id"]].merge(known, on="study_id", validate="many_to_one")
    built = built.assign(
        title=built["title"].fillna("").astype("str"),
        year=built["year"].astype("Int64"),
        is_in_map=built["study_id"].isin(studies["study_id"]).astype("bool"),
    )
    return built.sort_values(["review_id", "study_id"], ignore_index=True)


# --- overlap ---


def build_matrix(citations: pd.DataFrame, studies: pd.DataFrame) -> pd.DataFrame:
    """The citation matrix: one row per study, one column per review (by study_id), in the order of their ids.

    A cell is "included", "too early" where the review is from a year before that of the study and does not include it,
    or "". Years are those of the latest report of a review and the earliest of a study; unknown ones count as possible.
    """
    ids = [sorted(citations[name].unique()) for name in ("study_id", "review_id")]
    years = citations.drop_duplicates("study_id").set_index("study_id")["year"].reindex(ids[0])
    last = studies.set_index("study_id")["last_year"].reindex(ids[1])
    pairs = set(zip(citations["study_id"], citations["review_id"], strict=True))
    cells = [
        [
            INCLUDED
            if (study, review) in pairs
            else IMPOSSIBLE
            if pd.notna(year) and pd.notna(until) and until < year
            else NOT_INCLUDED
            for review, until in last.items()
        ]
        for study, year in years.items()
    ]
    index = pd.Index(ids[0], name="study_id", dtype="str")
    return pd.DataFrame(
        cells, index=index, columns=pd.Index(ids[1], name="review_id", dtype="str"), dtype="str"
    )


def measure_overlap(matrix: pd.DataFrame, bands: Bands) -> pd.DataFrame:
    """The corrected covered area, of all reviews (first row; review_a and review_b are "") and of each pair of them.

    One row per set of reviews: review_a, review_b, n_reviews (c), n_citations (N: inclusions, a study in two reviews being
    two), n_studies (r: different studies in them), n_repeated (N - r), n_impossible (X: cells that are "too early"), pct_cca
    = 100 (N - r) / (rc - r), band, pct_cca_adjusted with rc - r - X below the line, band_adjusted. Percentages are missing
    where that is 0: with fewer than two reviews. Pairs stand by their overlap, most first.

    The adjusted one leaves out what could not be: a review cannot include what was published after it.
    """
    included, impossible = ((matrix == state).to_numpy(dtype=np.int64) for state in (INCLUDED, IMPOSSIBLE))
    shared = included.T @ included
    never = impossible.T @ included  # studies of the second that the first could not include
    a, b = np.triu_indices(matrix.shape[1], k=1)
    sizes = shared.diagonal()
    reviews = np.array(matrix.columns, dtype=object)
    whole = (included.sum(), matrix.shape[0], matrix.shape[1], impossible.sum())
    pairs = (
        sizes[a] + sizes[b],
        sizes[a] + sizes[b] - shared[a, b],
        np.full(len(a), 2),
        never[a, b] + never[b, a],
    )
    n, r, c, x = (np.concatenate([[one], each]) for one, each in zip(whole, pairs, strict=True))
    measured = pd.DataFrame(
        {
            "review_a": pd.Series(["", *reviews[a]], dtype="str"),
            "review_b": pd.Series(["", *reviews[b]], dtype="str"),
            "n_reviews": c,
            "n_citations": n,
            "n_studies": r,
            "n_repeated": n - r,
            "n_impossible": x,
        }
    )
    for suffix, below in (("", r * c - r), ("_adjusted", r * c - r - x)):
        share = np.divide(100 * (n - r), below, out=np.full(len(n), np.nan), where=below > 0)
        measured[f"pct_cca{suffix}"] = pd.array(share.round(4), dtype="Float64")
        measured[f"band{suffix}"] = pd.Series([bands.name(one) for one in share], dtype="str")
    pairs_first = measured.iloc[1:].sort_values(
        ["pct_cca", "n_repeated", "review_a", "review_b"], ascending=[False, False, True, True]
    )
    return pd.concat([measured.iloc[:1], pairs_first], ignore_index=True)


def list_included(citations: pd.DataFrame, studies: pd.DataFrame, matrix: pd.DataFrame) -> pd.DataFrame:
    """The studies that reviews include, one row each, those in most reviews first.

    study_id, label ("" outside the map), name (the title, or the id where there is none), year, is_in_map, n_reviews, and the citation matrix: "review …", one for each,
    with the cells of `build_matrix`.
    """
    first = citations.drop_duplicates("study_id")[["study_id", "title", "year", "is_in_map"]]
    n = citations.groupby("study_id").size().rename("n_reviews").reset_index()
    listed = first.merge(n, on="study_id", validate="one_to_one").merge(
        studies[["study_id", "label"]], on="study_id", how="left", validate="one_to_one"
    )
    listed = listed.assign(label=listed["label"].fillna("").astype("str")).sort_values(
        ["n_reviews", "is_in_map", "study_id"], ascending=[False, False, True], ignore_index=True
    )
    listed["name"] = listed["title"].where(listed["title"] != "", listed["study_id"])
    listed = listed[["study_id", "label", "name", "year", "is_in_map", "n_reviews"]]
    return listed.merge(
        matrix.add_prefix("review "), left_on="study_id", right_index=True, validate="one_to_one"
    )


def list_review_studies(citations: pd.DataFrame, studies: pd.DataFrame, reviews: list[str]) -> pd.DataFrame:
    """The reviews, one row each: study_id, label, n_included (studies that are recorded), n_in_map, is_recorded.

    `reviews` are those coded as such; without any, those of `citations`.
    """
    ids = reviews or sorted(citations["review_id"].unique())
    counted = citations.groupby("review_id").agg(
        n_included=("study_id", "size"), n_in_map=("is_in_map", "sum")
    )
    counted = counted.reindex(ids)
    listed = studies[["study_id", "label"]].merge(
        counted, left_on="study_id", right_index=True, how="right", validate="one_to_one"
    )
    return listed.assign(
        n_included=listed["n_included"].fillna(0).astype("Int64"),
        n_in_map=listed["n_in_map"].fillna(0).astype("Int64"),
        is_recorded=listed["n_included"].notna(),
    ).sort_values(["label", "study_id"], ignore_index=True)


def derive_dimension(citations: pd.DataFrame, study_ids: pd.Series, reviews: list[str]) -> Derived:
    """The dimension that says in how many reviews of the map a study is: none, one, several; or that it is one itself.

    A review that is in another has both codes. `reviews` are those coded as such; those of `citations` are added.
    """
    own = {*reviews, *citations["review_id"]}
    n = citations["study_id"].value_counts().to_dict()
    codes = []
    for study in study_ids:
        if study in own:
            codes.append((study, "is_review"))
        if study in n or study not in own:
            codes.append((study, ("in_none", "in_one", "in_several")[min(n.get(study, 0), 2)]))
    recorded = citations["review_id"].nunique()
    asked = (
        f"Of the {recorded} reviews whose included studies are recorded"
        if recorded != 1
        else "Of the one review whose included studies are recorded"
    )
    dimension = Dimension(
        id=IN_REVIEWS,
        label="Inside a review of this map",
        role="filter",
        codes=(
            Code(id="in_none", label="In no review", definition=f"{asked}, none includes the study."),
            Code(id="in_one", label="In one review", definition=f"{asked}, one includes the study."),
            Code(
                id="in_several",
                label="In several reviews",
                definition=f"{asked}, two or more include the study.",
            ),
            Code(id="is_review", label="A review itself", definition="The study is itself a review."),
        ),
    )
    return Derived(dimension, code_studies(dimension, codes), "citations")
