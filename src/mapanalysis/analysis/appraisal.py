"""How well studies were done, by tools of appraisal. It says nothing of what they found.

The rules for the whole are those that the tools publish; what they leave to a person is left to one, and said. Where
a team states a judgement of the whole, that is the one that counts, and what differs from the rule is listed.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from mapanalysis.analysis.derived import Derived, code_studies
from mapanalysis.analysis.screening import add_rows
from mapanalysis.appraisal_tools import NO_OVERALL, Judgement, Overall, Tool
from mapanalysis.codebook import NOT_REPORTED, Code, Dimension
from mapanalysis.errors import Problems, nearest_of, shorten

APPRAISALS_FILE = "appraisals.csv"
NOT_JUDGED = ""
NOT_WHAT_IT_FOUND = "how well the study was done, not what it found"
BUILT_COLUMNS = ["study_id", "tool", "domain", "judgement", "is_overall", "is_computed", "is_open", "note"]


@dataclass(frozen=True)
class Verdict:
    """What a rule says of a study: `judgement` ("" where it cannot tell), and what a person may judge instead (`also`)."""

    judgement: str
    also: tuple[str, ...] = ()
    note: str = ""


# --- checks ---


def check_appraisals(appraisals: pd.DataFrame, study_ids: pd.Series, tools: dict[str, Tool]) -> Problems:
    """Everything that keeps the rows of `appraisals.csv` from being judgements of included studies.

    Unknown studies, tools, domains and judgements (each matched whole, to an id or a label), and two judgements of one
    domain. Domains without a judgement are no problem: see `list_appraised`.
    """
    problems = Problems()
    add_rows(
        problems,
        "an appraisal of a study that is not included",
        appraisals,
        ~appraisals["study_id"].isin(study_ids),
        file=APPRAISALS_FILE,
        column="study_id",
        todo="Correct the id, or remove the row.",
        nearest=study_ids,
    )
    matched = _match(appraisals, tools)
    _check_words(appraisals, matched, tools, problems)
    known = matched[matched["domain"] != ""]
    whole = known["tool"].map(_ids_of_wholes(tools))
    is_twice = known.duplicated(["study_id", "tool", "domain"])
    for what, is_wrong in (
        ("two judgements of the whole for one study and tool", is_twice & (known["domain"] == whole)),
        ("two judgements of one domain for one study and tool", is_twice & (known["domain"] != whole)),
    ):
        add_rows(
            problems,
            what,
            appraisals,
            is_wrong.reindex(appraisals.index, fill_value=False),
            file=APPRAISALS_FILE,
            column="study_id",
            todo="Keep the one that holds.",
        )
    return problems


def _match(appraisals: pd.DataFrame, tools: dict[str, Tool]) -> pd.DataFrame:
    """The rows with tool, domain and judgement by their ids; "" for what the tools do not have."""
    tool_words = {tool.label: tool.id for tool in tools.values()} | {name: name for name in tools}
    words = ["tool", "domain", "judgement"]
    distinct = appraisals[words].drop_duplicates()
    found = []
    for tool_word, domain_word, judgement_word in distinct.itertuples(index=False):
        tool = tool_words.get(tool_word, "")
        domain = tools[tool].domain_words.get(domain_word, "") if tool else ""
        judgement = tools[tool].words_of(domain).get(judgement_word, "") if domain else ""
        found.append((tool, domain, judgement))
    ids = pd.DataFrame(found, columns=[f"{word}_id" for word in words], index=distinct.index, dtype="str")
    matched = appraisals.merge(
        pd.concat([distinct, ids], axis=1), on=words, how="left", validate="many_to_one"
    ).set_index(appraisals.index)
    return matched[["study_id", *ids.columns]].rename(columns={f"{word}_id": word for word in words})


def _ids_of_wholes(tools: dict[str, Tool]) -> dict[str, str]:
    """Under which domain each tool has the whole; "" where it has none."""
    return {name: tool.overall.id if tool.overall else "" for name, tool in tools.items()}


def _check_words(
    appraisals: pd.DataFrame, matched: pd.DataFrame, tools: dict[str, Tool], problems: Problems
) -> None:
    """One problem for each word that a tool does not have."""
    is_known = pd.Series(True, index=appraisals.index)
    for column in ("tool", "domain", "judgement"):
        is_wrong = is_known & (matched[column] == "")
        is_known &= ~is_wrong
        given = ["tool", "domain", "judgement"][: ["tool", "domain", "judgement"].index(column)]
        wrong = pd.concat([matched.loc[is_wrong, given], appraisals.loc[is_wrong, [column]]], axis=1)
        for key, rows in wrong.groupby([*given, column], sort=False):
            *place, word = key
            valid, todo = _valid_words(tools, *place)
            problems.add(
                f"{_name(tools, *place)} no {column} {shorten(word)}",
                file=APPRAISALS_FILE,
                row=int(rows.index[0]) + 2,
                column=column,
                count=len(rows),
                values=[word],
                nearest=nearest_of(word, valid),
                todo=todo,
            )


def _name(tools: dict[str, Tool], tool: str = "", domain: str = "") -> str:
    if not tool:
        return "there is"
    place = f", {tools[tool].parts[domain]}," if domain else ""
    return f"{tools[tool].label}{place} has"


def _valid_words(tools: dict[str, Tool], tool: str = "", domain: str = "") -> tuple[list[str], str]:
    """The words that could stand there, and what to do."""
    if not tool:
        todo = f"Choose one of: {', '.join(tools)}; or describe it in data/raw/appraisal_tools/."
        return [*tools, *(one.label for one in tools.values())], todo
    if not domain:
        return list(tools[tool].domain_words), f"Choose one of: {', '.join(tools[tool].parts)}."
    ids = [one.id for one in tools[tool].judgements_of(domain)]
    return list(tools[tool].words_of(domain)), f"Choose one of: {', '.join(ids)}."


# --- what is built ---


def build_appraisals(appraisals: pd.DataFrame, tools: dict[str, Tool]) -> pd.DataFrame:
    """The judgements by their ids, and beside them what the rule of each tool says of the whole.

    One row per study_id, tool, domain and is_computed; columns as in `tables.BUILT`, in the order of studies, tools and
    domains. A study has a computed row when its tool has a rule and one of its domains is judged. `appraisals` must
    have passed `check_appraisals`.
    """
    stated = _match(appraisals, tools)
    whole = _ids_of_wholes(tools)
    stated["is_overall"] = stated["domain"] == stated["tool"].map(whole)
    computed = []
    for (study, tool), rows in stated[~stated["is_overall"]].groupby(["study_id", "tool"], sort=True):
        verdict = judge_overall(tools[tool], dict(zip(rows["domain"], rows["judgement"], strict=True)))
        if verdict is not None:
            computed.append((study, tool, whole[tool], verdict.judgement, bool(verdict.also), verdict.note))
    columns = ["study_id", "tool", "domain", "judgement", "is_open", "note"]
    made = pd.DataFrame(computed, columns=columns).astype(dict.fromkeys(columns, "str") | {"is_open": "bool"})
    stated = stated.assign(is_computed=False, is_open=False, note="")
    built = pd.concat([stated, made.assign(is_overall=True, is_computed=True)], ignore_index=True)
    place = {(name, part): n for name, tool in tools.items() for n, part in enumerate(tool.parts)}
    order = [place[pair] for pair in zip(built["tool"], built["domain"], strict=True)]
    tool_order = built["tool"].map({name: n for n, name in enumerate(tools)})
    built = built.assign(_tool=tool_order, _domain=order).sort_values(
        ["study_id", "_tool", "_domain", "is_computed"], kind="stable", ignore_index=True
    )
    return built[BUILT_COLUMNS].astype({"note": "str"})


def judge_overall(tool: Tool, judgements: dict[str, str]) -> Verdict | None:
    """What the rule of `tool` says of a study, from domain to judgement; None when the tool has no rule.

    `weaknesses` counts the domains judged as one of `weak`, critical ones apart: more than one critical gives the last
    judgement of the whole, one the third, none and more than one other the second (a person may make it the third),
    else the first. Source: Shea and others 2017, AMSTAR 2, BMJ 358:j4008 (box on rating overall confidence, and its note).

    `worst` takes the worst domain. Where that is the last but one judgement and at least `person_from` domains have
    it, a person may make it the last; from `worst_from` on it is the last (a rule of a team's own). Source: Sterne and
    others 2019, RoB 2, BMJ 366:l4898 (table on the overall judgement).

    Domains without a judgement are taken as their best and as their worst: where both give the same, that holds.
    """
    whole = tool.overall
    if whole is None or not whole.rule:
        return None
    rule = {"weaknesses": _weigh_weaknesses, "worst": _take_worst}[whole.rule]
    missing = [domain.id for domain in tool.domains if domain.id not in judgements]
    note = f"not judged: {', '.join(tool.parts[domain] for domain in missing)}" if missing else ""
    found = [
        rule(tool, whole, {one: _ranked(tool, one)[end].id for one in missing} | judgements)
        for end in (0, -1)
    ]
    if found[0].judgement != found[1].judgement:
        return Verdict("", note=note)
    notes = dict.fromkeys(filter(None, [note, found[0].note, found[1].note]))
    return Verdict(found[1].judgement, tuple(dict.fromkeys(found[0].also + found[1].also)), "; ".join(notes))


def _ranked(tool: Tool, domain: str) -> list[Judgement]:
    """The judgements of a domain from the best to the worst, without those that are neither."""
    taken = tool.judgements_of(domain)
    return [one for one in taken if one.role != "apart"] or list(taken)


def _weigh_weaknesses(tool: Tool, whole: Overall, judgements: dict[str, str]) -> Verdict:
    first, second, third, last = (one.id for one in whole.judgements)
    weak = [domain for domain in tool.domains if judgements[domain.id] in whole.weak]
    n_critical = sum(domain.critical for domain in weak)
    if n_critical:
        return Verdict(last if n_critical > 1 else third)
    if len(weak) > 1:
        label = whole.judgements[2].label
        return Verdict(second, (third,), f"several weaknesses, none critical: a person may judge it {label}")
    return Verdict(first)


def _take_worst(tool: Tool, whole: Overall, judgements: dict[str, str]) -> Verdict:
    scale = [one.id for one in whole.judgements]
    judged = [judgements[domain.id] for domain in tool.domains]
    ranks = [scale.index(judgement) for judgement in judged if judgement in scale]
    if not ranks:
        return Verdict("", note="no domain applies")
    worst, last = max(ranks), len(scale) - 1
    n_near = ranks.count(last - 1) if worst == last - 1 else 0
    if whole.worst_from and n_near >= whole.worst_from:
        return Verdict(scale[last])
    if whole.person_from and n_near >= whole.person_from:
        near, label = whole.judgements[worst].label, whole.judgements[last].label
        return Verdict(
            scale[worst], (scale[last],), f"{near} in {n_near} domains: a person may judge it {label}"
        )
    return Verdict(scale[worst])


# --- what is read from it ---


def overall_judgements(appraisals: pd.DataFrame) -> pd.DataFrame:
    """The judgement of the whole that counts: as stated, else as the rule gives it; none where neither tells.

    One row per study_id and tool, of the built table: study_id, tool, judgement, is_computed, is_open.
    """
    whole = appraisals[appraisals["is_overall"] & (appraisals["judgement"] != "")]
    first = whole.sort_values(["study_id", "tool", "is_computed"], kind="stable").drop_duplicates(
        ["study_id", "tool"]
    )
    return first[["study_id", "tool", "judgement", "is_computed", "is_open"]].reset_index(drop=True)


def list_appraised(appraisals: pd.DataFrame, tools: dict[str, Tool], studies: pd.DataFrame) -> pd.DataFrame:
    """What was appraised and how it compares with the rule, one row per study and tool.

    study_id, label, tool, tool_label, n_domains (of the tool), n_judged, not_judged (their labels), stated, computed
    (labels of judgements, "" where there is none), note, is_different (stated is neither what the rule gives nor what it
    leaves open). Ordered by tool, then label.
    """
    labels: dict[str, str] = dict(zip(studies["study_id"], studies["label"], strict=True))
    rows = [
        {"study_id": study, "label": labels[study], **_compare_with_rule(tools[name], own)}
        for (study, name), own in appraisals.groupby(["study_id", "tool"], sort=True)
    ]
    columns = ["study_id", "label", "tool", "tool_label", "n_domains", "n_judged", "not_judged"]
    columns += ["stated", "computed", "note", "is_different"]
    listed = pd.DataFrame(rows, columns=columns)
    order = listed["tool"].map({name: n for n, name in enumerate(tools)})
    return listed.assign(_tool=order).sort_values(["_tool", "label"], ignore_index=True)[columns]


def _compare_with_rule(tool: Tool, own: pd.DataFrame) -> dict[str, object]:
    """What was judged of one study by one tool, and whether what was stated of the whole is what its rule allows."""
    domains = own[~own["is_overall"]]
    judged = dict(zip(domains["domain"], domains["judgement"], strict=True))
    silent = [domain.label for domain in tool.domains if domain.id not in judged]
    stated = "".join(own.loc[own["is_overall"] & ~own["is_computed"], "judgement"])
    verdict = (judge_overall(tool, judged) if judged else None) or Verdict("")
    allowed = {verdict.judgement, *verdict.also} - {""}
    words = {one.id: one.label for one in tool.overall.judgements} if tool.overall else {}
    return {
        "tool": tool.id,
        "tool_label": tool.label,
        "n_domains": len(tool.domains),
        "n_judged": len(judged),
        "not_judged": "; ".join(silent),
        "stated": words.get(stated, ""),
        "computed": words.get(verdict.judgement, ""),
        "note": verdict.note,
        "is_different": bool(stated and allowed and stated not in allowed),
    }


def tools_used(appraisals: pd.DataFrame, tools: dict[str, Tool]) -> list[Tool]:
    """The tools by which a study was appraised, in their order."""
    used = set(appraisals["tool"])
    return [tool for name, tool in tools.items() if name in used]


def list_judgements(appraisals: pd.DataFrame, tool: Tool, studies: pd.DataFrame) -> pd.DataFrame:
    """Each study that was appraised by `tool` with each of its domains, and the whole where there is a judgement of it.

    One row per study_id and domain, by the labels of the studies: study_id, label, domain, domain_label, is_critical,
    is_overall, judgement, judgement_label, mark, role, order (among the judgements of the tool). judgement is "" where
    there is none; of the whole, the one that counts.
    """
    mine = appraisals[appraisals["tool"] == tool.id]
    whole = overall_judgements(mine)
    given = pd.concat(
        [mine[~mine["is_overall"]], whole.assign(domain=tool.overall.id if tool.overall else "")]
    )
    keys = zip(given["study_id"], given["domain"], strict=True)
    judged = dict(zip(keys, given["judgement"], strict=True))
    shown = studies[studies["study_id"].isin(mine["study_id"])].sort_values(["label", "study_id"])
    domains = _list_domains(tool, with_overall=len(whole) > 0)
    possible = _list_possible(tool)
    known = {(row[0], row[1]): row[2:] for row in possible.itertuples(index=False)}
    rows = []
    for study, label in zip(shown["study_id"], shown["label"], strict=True):
        for domain in domains.itertuples(index=False):
            judgement = judged.get((study, domain.domain), NOT_JUDGED)
            rows.append((study, label, *domain, judgement, *known[domain.domain, judgement]))
    return pd.DataFrame(rows, columns=["study_id", "label", *domains.columns, *possible.columns[1:]])


def count_judgements(listed: pd.DataFrame, tool: Tool) -> pd.DataFrame:
    """Studies by domain and judgement, from `list_judgements`; judgements that nobody gave are there with 0.

    One row per domain and judgement the domain takes, "" (not judged) last: domain, domain_label, is_critical, is_overall,
    judgement, judgement_label, mark, role, order, n_studies, n_appraised (studies appraised by the tool: the denominator),
    pct_studies.
    """
    domains = listed[["domain", "domain_label", "is_critical", "is_overall"]].drop_duplicates()
    possible = domains.merge(_list_possible(tool), on="domain", validate="one_to_many")
    n = listed.groupby(["domain", "judgement"]).size().rename("n_studies").reset_index()
    counts = possible.merge(n, on=["domain", "judgement"], how="left", validate="one_to_one")
    n_appraised = listed["study_id"].nunique()
    return counts.assign(
        n_studies=counts["n_studies"].fillna(0).astype("int64"),
        n_appraised=n_appraised,
        pct_studies=(100 * counts["n_studies"].fillna(0) / max(n_appraised, 1)).round(1),
    )


def _list_domains(tool: Tool, *, with_overall: bool) -> pd.DataFrame:
    """The domains in order, the whole last: domain, domain_label, is_critical, is_overall."""
    rows = [(one.id, one.label, one.critical, False) for one in tool.domains]
    if tool.overall and with_overall:
        rows.append((tool.overall.id, tool.overall.label, False, True))
    return pd.DataFrame(rows, columns=["domain", "domain_label", "is_critical", "is_overall"])


def _list_possible(tool: Tool) -> pd.DataFrame:
    """The judgements each domain takes, and "" for none: domain, judgement, judgement_label, mark, role, order."""
    every = dict.fromkeys(one.id for one in tool.judgements)
    every |= dict.fromkeys(one.id for one in tool.overall.judgements) if tool.overall else {}
    order = {judgement: n for n, judgement in enumerate(every)}
    rows: list[tuple[str, str, str, str, str, int]] = []
    for part in tool.parts:
        rows += [
            (part, one.id, one.label, one.mark, one.role, order[one.id]) for one in tool.judgements_of(part)
        ]
        rows.append((part, NOT_JUDGED, "Not judged", "", "", len(order)))
    return pd.DataFrame(rows, columns=["domain", "judgement", "judgement_label", "mark", "role", "order"])


def describe_tools(tools: list[Tool]) -> pd.DataFrame:
    """What the tools ask, one row per domain: tool, tool_label, source, domain, domain_label, is_critical, judgements."""
    rows = []
    for tool in tools:
        critical = {domain.id for domain in tool.domains if domain.critical}
        for part, label in tool.parts.items():
            taken = ", ".join(one.label for one in tool.judgements_of(part))
            source = f"{tool.source}, doi {tool.doi}" if tool.doi else tool.source
            rows.append((tool.id, tool.label, source, part, label, part in critical, taken))
    columns = ["tool", "tool_label", "source", "domain", "domain_label", "is_critical", "judgements"]
    return pd.DataFrame(rows, columns=columns)


def derive_dimensions(
    appraisals: pd.DataFrame, tools: dict[str, Tool], study_ids: pd.Series
) -> list[Derived]:
    """One dimension for each tool that was used: its judgements of the whole, and "not appraised".

    "Not appraised" has the id of "not reported", so that it stands apart on a map and is never a gap. Each study has
    one code.
    """
    made = []
    for tool in tools_used(appraisals, tools):
        mine = appraisals[appraisals["tool"] == tool.id]
        whole = overall_judgements(mine).set_index("study_id")["judgement"].to_dict()
        appraised = set(mine["study_id"])
        codes = [
            (study, whole.get(study, NO_OVERALL) if study in appraised else NOT_REPORTED)
            for study in study_ids
        ]
        dimension = _dimension_of(tool, has_no_overall=NO_OVERALL in {code for _, code in codes})
        made.append(Derived(dimension, code_studies(dimension, codes), "appraisals"))
    return made


def dimension_id(tool: str) -> str:
    """The id of the dimension that is made from the appraisals by `tool`."""
    return f"appraisal_{tool}"


def _dimension_of(tool: Tool, *, has_no_overall: bool) -> Dimension:
    judgements = tool.overall.judgements if tool.overall else ()
    name = f"{tool.overall.label} by {tool.label}" if tool.overall else tool.label
    codes = [
        Code(id=one.id, label=one.label, definition=f"{name}: {NOT_WHAT_IT_FOUND}.") for one in judgements
    ]
    if has_no_overall:
        said = "Its domains were judged, and nothing was said of the whole."
        codes.append(Code(id=NO_OVERALL, label="Appraised, no overall judgement", definition=said))
    codes.append(Code(id=NOT_REPORTED, label="Not appraised", definition=f"Not appraised by {tool.label}."))
    return Dimension(
        id=dimension_id(tool.id),
        label=f"Appraisal: {tool.label}",
        role="filter",
        multiple=False,
        codes=tuple(codes),
    )
