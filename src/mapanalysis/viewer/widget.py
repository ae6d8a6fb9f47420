"""The map on screen as a widget in JupyterLab, which hands back what is selected."""

from __future__ import annotations

import datetime
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import anywidget
import pandas as pd
import traitlets
import yaml

from mapanalysis.analysis.gaps import GapRules, list_placements
from mapanalysis.analysis.grid import count_studies
from mapanalysis.codebook import Codebook, Role
from mapanalysis.evidence import Evidence, load_evidence
from mapanalysis.messages import count
from mapanalysis.viewer.bundle import join_modules, join_styles
from mapanalysis.viewer.choice import AXES, check_choice
from mapanalysis.viewer.page import as_json
from mapanalysis.viewer.payload import View, build_payload

ENTRY = "widget"
START = "export default { render: renderWidget };"
# JupyterLab styles lists and buttons of its outputs: within one more class, our rules weigh more than its.
GUEST = (
    ".ma-guest {{\n.ma :where(dl, dt, dd) {{ float: none; width: auto; overflow: visible; }}\n{styles}}}\n"
)


class EvidenceMap(anywidget.AnyWidget):
    """The map of a project's evidence, to explore below a notebook's cell.

    `evidence` is what `load_evidence` gives, or a project's folder ("": the one this notebook is in). Rows, columns,
    segments, the rules of gaps and the edition are those of `params.yaml` unless they are given.

    `selected` are the studies on screen as a table. `state` is what is chosen there, and can be set; what is not named
    stays as it is on screen, and on screen the whole comes back:

        evidence_map = EvidenceMap(row="need")
        evidence_map.state = {"filters": {"design": ["trial"]}, "style": "heat"}
        evidence_map.selected

    Raises DataError for a dimension that the codebook does not hold, UsageError for a state that the map would not
    understand.
    """

    state = traitlets.Dict(help="What is chosen on screen").tag(sync=True)
    _payload = traitlets.Unicode().tag(sync=True)
    _listed = traitlets.List(traitlets.Int(), default_value=None, allow_none=True).tag(sync=True)
    _esm = traitlets.Unicode().tag(sync=True)
    _css = traitlets.Unicode().tag(sync=True)

    def __init__(
        self,
        evidence: Evidence | str | Path = "",
        *,
        row: str = "",
        column: str = "",
        segment: str = "",
        rules: GapRules | None = None,
        edition: str = "",
        state: dict[str, Any] | None = None,
    ):
        self.evidence = evidence if isinstance(evidence, Evidence) else load_evidence(evidence)
        settings = _read_settings(self.evidence)
        chosen = {"row": row, "column": column, "segment": segment}
        view = replace(_view_of(settings, self.evidence.codebook), **{k: v for k, v in chosen.items() if v})
        date = str(settings.get("edition_date") or datetime.date.today().isoformat())
        rules = rules or _rules_of(settings, date)
        derived = self.evidence.derive_dimensions(view.segment, rules.review_code)
        self._shown = self.evidence.with_derived(derived)
        payload = build_payload(
            self.evidence,
            view,
            rules,
            edition or str(settings.get("edition", "draft")),
            date,
        )
        self.view = view
        super().__init__(
            state=state or {},
            _payload=as_json(payload),
            _esm=f"{join_modules(entry=ENTRY)}\n{START}\n",
            _css=GUEST.format(styles=join_styles()),
        )

    @property
    def selected(self) -> pd.DataFrame:
        """The studies on screen, one row each, with the columns of `evidence.studies` and in their order.

        These are the studies of the open list, or all that pass the filters; every study until the map is shown.
        """
        studies = self.evidence.studies
        if self._listed is None:
            return studies.copy()
        return studies.iloc[sorted(set(self._listed))].reset_index(drop=True)

    @property
    def placements(self) -> pd.DataFrame:
        """Where the selected studies stand: one row per study and cell of the rows and columns on screen.

        study_id, row_code, column_code, is_co_coded, is_cross_product, label, title, row_label, column_label, and
        segment_code where the map is divided; cells are of the most specific codes.
        """
        evidence = self._shown
        axes = {axis: self.state.get(axis, getattr(self.view, axis)) for axis in AXES}
        grid = count_studies(
            evidence.codings,
            evidence.codebook,
            evidence.studies["study_id"],
            row=axes["row"],
            column=axes["column"],
            segment=axes["segment"] or None,
        )
        placed = list_placements(grid, evidence.studies)
        return placed[placed["study_id"].isin(self.selected["study_id"])].reset_index(drop=True)

    @traitlets.validate("state")
    def _check_state(self, proposal: Any) -> dict[str, Any]:
        choice = dict(proposal["value"])
        on = {axis: self.state.get(axis, getattr(self.view, axis)) for axis in AXES}
        check_choice(choice, self._shown.codebook, self.evidence.studies["study_id"], on)
        return choice

    def __repr__(self) -> str:
        labels = [self.evidence.codebook.dimension(name).label for name in (self.view.row, self.view.column)]
        return f"Map of {count(len(self.evidence.studies))}: {' by '.join(labels)}"


def _read_settings(evidence: Evidence) -> dict[str, Any]:
    """What `params.yaml` sets; `mapanalysis run` checks it."""
    path = evidence.project.root / "params.yaml"
    return yaml.safe_load(path.read_text(encoding="utf-8")) or {} if path.is_file() else {}


def _view_of(settings: dict[str, Any], codebook: Codebook) -> View:
    """The dimensions that `params.yaml` names; without, the first of each role."""
    view = View(**{one.name: str(settings.get(f"{one.name}_dimension") or "") for one in fields(View)})
    roles: tuple[Role, ...] = ("row", "column", "segment")
    first = {role: codebook.with_role(role)[0].id for role in roles if codebook.with_role(role)}
    return replace(view, **{role: id for role, id in first.items() if not getattr(view, role)})


def _rules_of(settings: dict[str, Any], date: str) -> GapRules:
    known: dict[str, Any] = {"reference_year": int(date[:4]), "review_code": "", "economic_code": ""}
    return GapRules(
        **known | {one.name: settings[one.name] for one in fields(GapRules) if one.name in settings}
    )
