"""From coders' rows to what holds for a study: checks, settled codings, the studies themselves, agreement.

Which coding counts: the settled one. A team without a second coder need not settle: when no row of the table is
settled, the coding of a report by its only coder counts. Two coders without a settled coding are never merged by
guessing: the report is not settled.
"""

from __future__ import annotations

import re
import textwrap
from string import ascii_lowercase

import numpy as np
import pandas as pd

from mapanalysis.analysis.agreement import measure_agreement
from mapanalysis.analysis.screening import add_ids, add_rows
from mapanalysis.codebook import NOT_REPORTED, Codebook, Dimension, find_unknown_codes
from mapanalysis.errors import Problems
from mapanalysis.tables import SETTLED

CODINGS_FILE = "codings.csv"
CODING = ["study_id", "finding_id", "dimension", "code"]
OF_MAIN_REPORT = ["title", "authors", "journal", "doi", "pmid", "pmcid", "access", "summary"]
LABEL_LENGTH = 40
NO_DATE = "n.d."

ET_AL = re.compile(r"\bet al\b\.?", re.IGNORECASE)
DEGREES = re.compile(r"([\s,]*\b(phd|dphil|drph|md|rn|mph|msc|bsc|jr|sr|ii|iii)\b\.?)+$", re.IGNORECASE)
GROUP = re.compile(
    r"\b(group|team|network|consortium|collaboration|collaborative|collaborators|investigators|committee"
    r"|organi[sz]ation|institute|university|department|ministry|council|society|association|cent(er|re))\b",
    re.IGNORECASE,
)
PARTICLE = re.compile(
    r"abou|abu|al|bin|da|das|de|del|della|den|der|di|dos|du|el|ibn|la|le|st\.?|ten|ter|van|von", re.IGNORECASE
)
CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
INITIALS = re.compile(r"([^\W\d_]\.?-?){1,4}")


def check_codings(codings: pd.DataFrame, reports: pd.DataFrame, codebook: Codebook) -> Problems:
    """Everything that keeps the codings from saying what holds for each report.

    Rows in the problems count as a spreadsheet does, the header being row 1. "Not reported" is a code like any
    other; a dimension that is required, as those of the map's rows, columns and segments are unless the codebook says
    otherwise, needs a code of every report.
    """
    problems = find_unknown_codes(codings, codebook, CODINGS_FILE)
    _check_known(codings, reports, problems)
    if any(dimension.is_required for dimension in codebook.dimensions):
        _check_coded(codings, reports, problems)
    _check_not_open(codings, problems)
    _check_required(codings, reports, codebook, problems)
    _check_single(codings, codebook, problems)
    add_rows(
        problems,
        f"{NOT_REPORTED!r} stands beside another code of the same report, coder and dimension",
        codings,
        _is_contradicted(codings, ["publication_id", "coder", "dimension"]),
        file=CODINGS_FILE,
        column="publication_id",
        todo=f"Remove {NOT_REPORTED!r}, or the other code.",
    )
    _check_applies(codings, codebook, problems)
    return problems


def settle_codings(codings: pd.DataFrame, reports: pd.DataFrame) -> pd.DataFrame:
    """What holds for each study: the settled codes of all its reports, each once.

    One row per study_id, finding_id ("" = holds for the whole study), dimension and code; the columns are these.
    "Not reported" stays only where no report of the study says more: neither on the finding it was given for,
    nor, for the whole study, anywhere.

    Raises DataError for codings of what is not an included report, and where a report's coding is not settled.
    """
    problems = Problems()
    _check_known(codings, reports, problems)
    _check_not_open(codings, problems)
    problems.raise_if_any()
    counting = codings[is_in_force(codings)].merge(
        reports[["publication_id", "study_id"]], on="publication_id", validate="many_to_one"
    )
    distinct = counting[CODING].drop_duplicates()
    stated = distinct[~_is_contradicted(distinct, ["study_id", "dimension"])]
    return stated.sort_values("study_id", kind="stable").reset_index(drop=True)


def build_studies(reports: pd.DataFrame) -> pd.DataFrame:
    """The studies, one row each, in the order of study_id.

    A study is represented by its main report: the earliest that names its authors and year; else the earliest
    with a year; else the first in the file. From it come main_publication_id, label ("Johnson 2018"; without
    authors the name of the trial or the beginning of the title; "a", "b" after the year where labels would be
    equal), title, authors, journal, doi, pmid, pmcid, access and summary. From all reports come year (the
    earliest), last_year (the latest), trial_name (the first given), n_reports, n_participants and n_included_studies (the largest),
    followup_months (the longest).
    """
    main = _main_reports(reports)
    named = reports.assign(trial_name=reports["trial_name"].mask(reports["trial_name"] == ""))
    studies = named.groupby("study_id", as_index=False).agg(
        year=("year", "min"),
        last_year=("year", "max"),
        trial_name=("trial_name", "first"),
        n_reports=("publication_id", "size"),
        n_participants=("n_participants", "max"),
        n_included_studies=("n_included_studies", "max"),
        followup_months=("followup_months", "max"),
    )
    studies["trial_name"] = studies["trial_name"].fillna("").astype("str")
    studies["n_reports"] = studies["n_reports"].astype("Int64")
    main = main[["study_id", "publication_id", "year", *OF_MAIN_REPORT]].rename(
        columns={"publication_id": "main_publication_id", "year": "main_year"}
    )
    studies = studies.merge(main, on="study_id", validate="one_to_one")
    studies["label"] = _label(studies)
    first = ["study_id", "label", "title", "authors", "year"]
    return studies[[*first, *(column for column in studies if column not in [*first, "main_year"])]]


def family_name(authors: str) -> str:
    """The family name of the first of `authors` ("; " between them), "" when there is none: see `name_parts`.

    >>> family_name("Le Novere, Marie; Johnson, Sonia"), family_name("Pfeiffer PN; King C")
    ('Le Novere', 'Pfeiffer')
    """
    return name_parts(authors.split(";")[0])[0]


def name_parts(name: str) -> tuple[str, str]:
    """Family name and given names of one author; nothing given where the name stays whole.

    Read as written: "Johnson, Sonia", "Johnson S", "Johnson S.A.", "Sonia Johnson", "A. M. de Graaff" (particles
    belong to the name); names in Chinese, Japanese or Korean script and names of groups stay whole. A name
    "Johnson Sonia" cannot be told from "Sonia Johnson" and gives its last word.

    >>> name_parts("A. M. de Graaff"), name_parts("Pfeiffer PN")
    (('de Graaff', 'A. M.'), ('Pfeiffer', 'PN'))
    """
    name = DEGREES.sub("", ET_AL.sub("", name).strip(" ,"))
    family, comma, given = (part.strip() for part in name.partition(","))
    words = family.split()
    if comma or len(words) < 2 or GROUP.search(family):
        return family, given
    start, stop = (0, 1) if CJK.match(family) else _family_within(words)
    return " ".join(words[start:stop]), " ".join(words[:start] + words[stop:])


def _family_within(words: list[str]) -> tuple[int, int]:
    """Where the family name stands among two or more words: given names or initials stand before or after it.

    In "Chambers Suzanne K." the one initial with its stop is a middle name's; other initials at the end leave
    the family name before them, of any number of words.
    """
    start = len(words)
    while start > 1 and words[start - 1].isupper() and INITIALS.fullmatch(words[start - 1]):
        start -= 1
    if start < len(words):
        is_middle_initial = re.fullmatch(r"\w\.", words[-1]) and not PARTICLE.fullmatch(words[0])
        return (0, 1) if is_middle_initial else (0, start)
    start -= 1
    while start > 1 and PARTICLE.fullmatch(words[start - 1]):
        start -= 1
    return start, len(words)


def count_coding_agreement(codings: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """How far coders who coded independently agree, per dimension and per code.

    What is compared is a yes-or-no decision: does this code hold for this report? Per code (a row with `code`)
    over the reports that two people coded; per dimension (code "") the decisions on all its codes pooled. Codes
    that only group others count where somebody used them. A dimension that applies to some studies only is
    compared on the reports that either coder gave the code it applies to. Findings are not told apart, settled
    codings are nobody's own.

    One row per dimension and code, in the order of the codebook: dimension, code, n_reports (coded by two),
    n_one_coder (reports left out, as only one person coded them), then the columns of
    `agreement.measure_agreement`. Pooled decisions on one report depend on each other, so the interval of a
    dimension is narrower than it should be.
    """
    own = codings.loc[codings["coder"] != SETTLED, ["publication_id", "coder", "dimension", "code"]]
    own = own.drop_duplicates().astype("str")
    coders = own[["publication_id", "coder"]].drop_duplicates()
    pairs = coders.merge(coders, on="publication_id", suffixes=("_a", "_b"))
    pairs = pairs[pairs["coder_a"] < pairs["coder_b"]].reset_index(drop=True)
    parts = [_compare(dimension, own, coders, pairs, codebook) for dimension in codebook.dimensions]
    return pd.concat(parts, ignore_index=True)


def _compare(
    dimension: Dimension, own: pd.DataFrame, coders: pd.DataFrame, pairs: pd.DataFrame, codebook: Codebook
) -> pd.DataFrame:
    """The rows of `count_coding_agreement` for one dimension."""
    if dimension.applies_to:
        applies = _has_code_under(own, dimension.applies_to, codebook)
        coders = coders[coders["publication_id"].isin(applies)]
        pairs = pairs[pairs["publication_id"].isin(applies)]
    given = own[own["dimension"] == dimension.id]
    tree = dimension.tree
    codes = tree.loc[tree["is_leaf"] | tree["code"].isin(given["code"]), "code"].tolist()
    yes = given[["publication_id", "coder", "code"]]
    first = pairs.merge(yes.rename(columns={"coder": "coder_a"}), on=["publication_id", "coder_a"])
    second = pairs.merge(yes.rename(columns={"coder": "coder_b"}), on=["publication_id", "coder_b"])
    both = first.merge(second, on=[*pairs.columns, "code"])
    counts = [frame["code"].value_counts().reindex(codes, fill_value=0) for frame in (first, second, both)]
    n_first, n_second, n_both = (count.to_numpy(dtype=np.int64) for count in counts)
    neither = len(pairs) - n_first - n_second + n_both
    tables = np.array([[neither, n_second - n_both], [n_first - n_both, n_both]]).transpose(2, 0, 1)
    tables = np.concatenate([tables.sum(axis=0, keepdims=True), tables])
    n_reports = pairs["publication_id"].nunique()
    subjects = pd.DataFrame(
        {
            "dimension": dimension.id,
            "code": pd.Series(["", *codes], dtype="str"),
            "n_reports": pd.array([n_reports] * len(tables), dtype="Int64"),
            "n_one_coder": pd.array(
                [coders["publication_id"].nunique() - n_reports] * len(tables), dtype="Int64"
            ),
        }
    )
    return pd.concat([subjects, measure_agreement(tables)], axis=1)


def _has_code_under(codings: pd.DataFrame, code: str, codebook: Codebook) -> pd.Series:
    """The publications that have the segment `code`, or a code below it."""
    is_under = pd.Series(False, index=codings.index)
    for dimension in codebook.with_role("segment"):
        if code in dimension.tree.index:
            level = int(dimension.tree.at[code, "level"])
            above = dimension.at_level(level)
            is_under |= (codings["dimension"] == dimension.id) & codings["code"].isin(
                above.index[above == code]
            )
    return codings.loc[is_under, "publication_id"]


# Settling


def is_in_force(codings: pd.DataFrame) -> pd.Series:
    """Whether a coding counts: see the module's docstring."""
    is_settled = codings["coder"] == SETTLED
    if is_settled.any():
        return is_settled
    return codings.groupby("publication_id")["coder"].transform("nunique") == 1


def _is_contradicted(codings: pd.DataFrame, key: list[str]) -> pd.Series:
    """Whether a coding says "not reported" of something that another row with the same `key` states.

    A finding's is contradicted by codes of that finding and of the whole study, the whole study's by any.
    """
    is_silent = codings["code"] == NOT_REPORTED
    silent, stated = codings[is_silent], codings[~is_silent]
    whole = silent[key].assign(finding_id="")
    stated_findings = pd.MultiIndex.from_frame(stated[[*key, "finding_id"]])
    by_any = pd.MultiIndex.from_frame(silent[key]).isin(pd.MultiIndex.from_frame(stated[key]))
    by_finding = pd.MultiIndex.from_frame(silent[[*key, "finding_id"]]).isin(stated_findings)
    by_study = pd.MultiIndex.from_frame(whole).isin(stated_findings)
    is_whole = (silent["finding_id"] == "").to_numpy(dtype=bool)
    is_contradicted = np.where(is_whole, by_any, by_finding | by_study)
    return pd.Series(is_contradicted, index=silent.index, dtype=bool).reindex(codings.index, fill_value=False)


# Checks


def _check_known(codings: pd.DataFrame, reports: pd.DataFrame, problems: Problems) -> None:
    add_rows(
        problems,
        "a coding of a publication that is not an included report",
        codings,
        ~codings["publication_id"].isin(reports["publication_id"]),
        file=CODINGS_FILE,
        column="publication_id",
        todo="Correct the id, remove the coding, or include the publication.",
    )


def _check_coded(codings: pd.DataFrame, reports: pd.DataFrame, problems: Problems) -> None:
    add_ids(
        problems,
        "reports that nobody coded",
        reports.loc[~reports["publication_id"].isin(codings["publication_id"]), "publication_id"],
        file=CODINGS_FILE,
        todo=f"Code them; where a report does not say, the code is {NOT_REPORTED!r}.",
    )


def _check_not_open(codings: pd.DataFrame, problems: Problems) -> None:
    """That each coded report has codings that count."""
    settled = codings.loc[is_in_force(codings), "publication_id"]
    is_open = ~codings["publication_id"].isin(settled) & ~codings.duplicated("publication_id")
    add_rows(
        problems,
        "the coding of a report is not settled",
        codings,
        is_open,
        file=CODINGS_FILE,
        column="publication_id",
        todo=f"Add the codes that count, with the coder {SETTLED!r}.",
    )


def _check_required(
    codings: pd.DataFrame, reports: pd.DataFrame, codebook: Codebook, problems: Problems
) -> None:
    """That each report whose coding is settled has a code in each dimension the map is made of."""
    counting = codings[is_in_force(codings)]
    settled = reports.loc[reports["publication_id"].isin(counting["publication_id"]), "publication_id"]
    for dimension in codebook.dimensions:
        if not dimension.is_required:
            continue
        coded = counting.loc[counting["dimension"] == dimension.id, "publication_id"]
        is_missing = ~settled.isin(coded)
        if dimension.applies_to:
            is_missing &= settled.isin(_has_code_under(counting, dimension.applies_to, codebook))
        add_ids(
            problems,
            f"reports without a settled code in {dimension.id}, a {dimension.role} of the map",
            settled[is_missing],
            file=CODINGS_FILE,
            todo=f"Code them; where a report does not say, the code is {NOT_REPORTED!r}.",
        )


def _check_single(codings: pd.DataFrame, codebook: Codebook, problems: Problems) -> None:
    single = [dimension.id for dimension in codebook.dimensions if not dimension.multiple]
    place = ["publication_id", "finding_id", "dimension"]
    is_single = is_in_force(codings) & codings["dimension"].isin(single)
    distinct = codings[is_single].drop_duplicates([*place, "code"])
    is_second = pd.Series(codings.index.isin(distinct.index[distinct.duplicated(place)]), index=codings.index)
    for dimension in single:
        add_rows(
            problems,
            f"several settled codes of one report in {dimension}, which takes one",
            codings,
            is_second & (codings["dimension"] == dimension),
            file=CODINGS_FILE,
            column="publication_id",
            todo="Keep the one that applies, or set `multiple: true` in codebook.yaml.",
        )


def _check_applies(codings: pd.DataFrame, codebook: Codebook, problems: Problems) -> None:
    """That nothing is stated where a dimension does not apply; "not reported" does no harm there."""
    is_counting = is_in_force(codings)
    counting = codings[is_counting]
    for dimension in codebook.dimensions:
        if dimension.applies_to:
            applies = _has_code_under(counting, dimension.applies_to, codebook)
            add_rows(
                problems,
                f"a code in {dimension.id} for a report that is no {dimension.applies_to}",
                codings,
                is_counting
                & (codings["dimension"] == dimension.id)
                & (codings["code"] != NOT_REPORTED)
                & ~codings["publication_id"].isin(applies),
                file=CODINGS_FILE,
                column="publication_id",
                todo=f"Remove the code, or code the report as {dimension.applies_to}.",
            )


# Studies


def _main_reports(reports: pd.DataFrame) -> pd.DataFrame:
    """The report that represents each study: see `build_studies`."""
    has_year = reports["year"].notna()
    names_both = has_year & (reports["authors"] != "")
    rank = np.select([names_both, has_year], [0, 1], default=2)
    in_order = reports.assign(_rank=rank).sort_values(["_rank", "year"], kind="stable")
    return in_order.drop_duplicates("study_id")


def _label(studies: pd.DataFrame) -> pd.Series:
    """How each study is called, no two alike; `studies` has authors, trial_name, title and main_year."""
    family = studies["authors"].map(family_name).astype("str")
    title = studies["title"].map(_begin).astype("str")
    name = family.where(family != "", studies["trial_name"]).where(
        (family != "") | (studies["trial_name"] != ""), title
    )
    year = studies["main_year"].astype("str").where(studies["main_year"].notna(), NO_DATE)
    label = name + " " + year
    alike = label.groupby(label.str.casefold())
    letter = alike.cumcount().map(_letters).astype("str")
    letter = letter.where(year != NO_DATE, "-" + letter)
    return label.where(alike.transform("size") == 1, label + letter).astype("str")


def _begin(title: str) -> str:
    """The beginning of a title, cut at a word where it has words."""
    cut = textwrap.shorten(title, LABEL_LENGTH, placeholder="…")
    return cut if cut != "…" else title[: LABEL_LENGTH - 1] + "…"


def _letters(number: int) -> str:
    """a, b, ... z, aa, ab ... for 0, 1, ..."""
    letters = ""
    number += 1
    while number:
        number, last = divmod(number - 1, len(ascii_lowercase))
        letters = ascii_lowercase[last] + letters
    return letters
