"""The flow diagrams: which boxes stand where, and what they say. Names of stages are those of PRISMA 2020 and of ROSES.

A diagram is a frame with one row per line of text, in reading order: row, column ("main" or "side"), stage, box (its
id; "" where something is not known), label, n (missing where not known), unit, is_part (a source or a reason within
its box).

Source: Page et al. 2021, The PRISMA 2020 statement, BMJ 372:n71, figure 1; Haddaway et al. 2018, ROSES RepOrting
standards for Systematic Evidence Syntheses, Environmental Evidence 7:7, flow diagram for systematic maps. Both know
more boxes (retrieval of full texts, automation): those that the data cannot fill are left out, never nought.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import pandas as pd

from mapanalysis.messages.words import Words, count

MAIN, SIDE = "main", "side"
MOST_PARTS = 12  # sources or reasons in one box; the smallest beyond are taken together
UNITS = {"records": ("record", "records"), "reports": ("report", "reports"), "studies": ("study", "studies")}
LINE_TYPES = {"row": "Int64", "n": "Int64", "is_part": "bool"}

NO_SEARCH = "These data do not hold how the reports were found, or which others were looked at"
NO_DECISIONS = "These data do not hold how the reports were chosen from the records"
NO_FIRST_STAGE = "These data do not hold how the reports assessed were found"
NO_APPRAISAL = "These data hold no critical appraisal"

EXCLUDED_AT_FIRST, EXCLUDED_AGAIN = ("excluded_records", "Excluded"), ("excluded_reports", "Excluded")
LIST_COLUMNS = {"label": "Step", "n": "Number", "unit": "Unit", "list": "List"}
LIST_TITLE = "What each step counts, as a list to look through"
LIST_NOTE = "Reports are documents: publications, before they are included. Each list names what is counted, with sources and reasons."


class Step(NamedTuple):
    """A row of a diagram: its stage, the boxes of the main way, and those beside them, each as (id, label)."""

    stage: str
    main: tuple[tuple[str, str], ...]
    side: tuple[tuple[str, str], ...] = ()


PRISMA = (
    Step("Identification", (("identified", "Records identified"),), (("duplicates", "Duplicates removed"),)),
    Step("Screening", (("screened", "Publications screened by title and abstract"),), (EXCLUDED_AT_FIRST,)),
    Step("Screening", (("assessed", "Publications assessed again"),), (EXCLUDED_AGAIN,)),
    Step(
        "Included",
        (("included_studies", "Studies included"), ("included_reports", "Reports of these studies")),
    ),
)
ROSES = (
    Step("Searching", (("identified", "Records found by searching"),), (("duplicates", "Duplicates"),)),
    Step("Screening", (("screened", "Publications after removing duplicates"),), (EXCLUDED_AT_FIRST,)),
    Step("Screening", (("assessed", "Publications after titles and abstracts"),), (EXCLUDED_AGAIN,)),
    Step(
        "Screening",
        (("included_reports", "Reports included"), ("included_studies", "Studies in them")),
    ),
    Step(
        "Coding and critical appraisal",
        (("coded", "Studies coded"), ("not_coded", "Not coded")),
        (("appraised", "Studies critically appraised"), ("not_appraised", "Not appraised")),
    ),
    Step("Synthesis", (("placed", "Studies placed on the map"),), (("not_placed", "Not placed"),)),
)


def arrange_prisma(flow: pd.DataFrame) -> pd.DataFrame:
    """The lines of the PRISMA 2020 diagram, from the boxes of the flow."""
    return _arrange(flow, PRISMA)


def arrange_roses(flow: pd.DataFrame, steps: pd.DataFrame) -> pd.DataFrame:
    """The lines of the ROSES diagram for maps, from the boxes of the flow and of what became of the studies."""
    return _arrange(pd.concat([flow, steps], ignore_index=True), ROSES)


def _arrange(flow: pd.DataFrame, steps: tuple[Step, ...]) -> pd.DataFrame:
    flow, boxes = flow.reset_index(drop=True), set(flow["box"])
    lines: list[dict[str, object]] = []
    for step in steps:
        row = lines[-1]["row"] + 1 if lines else 0  # type: ignore[operator]
        place = {"row": row, "column": MAIN, "stage": step.stage}
        missing = say_unknown(boxes)
        if "screened" in dict(step.main) and missing:
            stage = step.stage if "identified" in boxes else steps[0].stage
            lines.append(place | {"stage": stage, "box": "", "label": missing})
        known = [(box, label) for box, label in step.main if box in boxes]
        if not known:
            continue
        lines += [place | line for box, label in known for line in _lines_of(flow, box, label)]
        beside = [(box, label) for box, label in step.side if box in boxes]
        lines += [place | {"column": SIDE} | line for one in beside for line in _lines_of(flow, *one)]
        if "appraised" in dict(step.side) and not beside:
            lines.append(place | {"column": SIDE, "box": "", "label": NO_APPRAISAL})
    columns = ["row", "column", "stage", "box", "label", "n", "unit", "is_part"]
    frame = pd.DataFrame(lines, columns=columns).fillna({"unit": "", "is_part": False})
    return frame.astype({name: LINE_TYPES.get(name, "str") for name in columns})


def _lines_of(flow: pd.DataFrame, box: str, label: str) -> Iterator[dict[str, object]]:
    """The line of a box, then those of its parts that count something."""
    whole = flow[flow["box"] == box].iloc[0]
    yield {"box": box, "label": label, "n": whole["n"], "unit": whole["unit"], "is_part": False}
    parts = flow[(flow["parent"] == box) & (flow["source_or_reason"] != "") & (flow["n"] > 0)]
    shown = parts
    if len(parts) > MOST_PARTS:
        shown = parts.loc[sorted(parts["n"].nlargest(MOST_PARTS - 1).index)]
    line = {"box": box, "unit": whole["unit"], "is_part": True}
    for part in shown.itertuples():
        yield line | {"label": part.label, "n": part.n}
    if len(shown) < len(parts):
        rest = parts.drop(shown.index)["n"]
        yield line | {"label": f"{len(rest):,} others", "n": rest.sum()}


def say_unknown(boxes: set[str]) -> str:
    """What the flow cannot say for want of decisions or records; "" when it is whole."""
    if "screened" in boxes:
        return ""
    if "assessed" in boxes:
        return NO_FIRST_STAGE
    return NO_DECISIONS if "identified" in boxes else NO_SEARCH


def describe_diagram(lines: pd.DataFrame, kind: str, title: str) -> Words:
    """Words for `figures.plot_flow`: `kind` names the form ("PRISMA 2020"), `title` is the finding.

    The alternative text holds every number, in reading order.
    """
    said: list[str] = []
    stage = ""
    for _, drawn in lines.groupby(["row", "column"], sort=False):
        first = drawn.iloc[0]
        if first["stage"] != stage:
            stage = first["stage"]
            said.append(f"{stage}.")
        said += [f"{_say_box(one)}." for _, one in drawn.groupby("box", sort=False)]
    n_boxes = lines.groupby(["row", "column"]).ngroups
    boxes = count(n_boxes, "box", "boxes")
    return Words(
        title, f"Flow diagram after {kind}, {boxes} from top to bottom. {' '.join(said)}", _say_units(lines)
    )


def _say_box(lines: pd.DataFrame) -> str:
    first = lines.iloc[0]
    if not first["box"]:
        return first["label"]
    parts = [f"{part.label} {part.n:,}" for part in lines[lines["is_part"]].itertuples()]
    listed = f" ({', '.join(parts)})" if parts else ""
    return f"{first['label']}: {first['n']:,}{listed}"


def _say_units(lines: pd.DataFrame) -> str:
    """What the numbers count, with how many there are of each."""
    n = lines[~lines["is_part"] & (lines["box"] != "")].set_index("box")["n"]
    last = f"{count(n['included_reports'], 'report', 'reports')} of {count(n['included_studies'])}"
    if "screened" in n:
        first = f"{count(n['identified'], 'record', 'records')}, which without duplicates are "
        return f"{first}{count(n['screened'], 'publication', 'publications')}; {last}."
    return f"{last[:1].upper()}{last[1:]}."


def title_steps(steps: pd.DataFrame) -> str:
    """What became of the included studies: coded, placed, appraised."""
    n = steps[steps["source_or_reason"] == ""].set_index("box")["n"]
    whole = int(n["placed"] + n["not_placed"])
    appraised = (
        f"{n['appraised']:,} critically appraised"
        if "appraised" in n
        else "these data hold no critical appraisal"
    )
    return (
        f"Of {count(whole)} included, {n['coded']:,} coded and {n['placed']:,} placed on the map; {appraised}"
    )


def list_boxes(lines: pd.DataFrame, files: dict[str, str]) -> pd.DataFrame:
    """The boxes of a diagram, parts aside, one row each: stage, box, label, n, unit, list (the name of its file)."""
    boxes = lines[~lines["is_part"] & (lines["box"] != "")].reset_index(drop=True)
    return link_lists(boxes[["stage", "box", "label", "n", "unit"]], files)


def link_lists(boxes: pd.DataFrame, files: dict[str, str]) -> pd.DataFrame:
    """`boxes` with `list`, the name of the file that lists what each counts; a part has that of its box."""
    whole = boxes["box"].str.split("/", n=1).str[0]
    return boxes.assign(list=pd.Series([files.get(box, "") for box in whole], index=boxes.index, dtype="str"))


def title_lists(flow: pd.DataFrame) -> dict[str, str]:
    """The title of the list of what a box of the flow counts, by box."""
    titles = {
        "excluded_records": "Excluded at the first stage",
        "excluded_reports": "Excluded at the second stage",
    }
    return {
        box.box: f"{titles.get(box.box, box.label)}: {count(box.n, *UNITS[box.unit])}"
        for box in flow[flow["source_or_reason"] == ""].itertuples()
    }
