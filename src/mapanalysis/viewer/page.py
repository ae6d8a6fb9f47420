"""The map on screen as one HTML file: it asks nothing of any network, and opens from wherever it lies."""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from mapanalysis.files import write_text
from mapanalysis.messages import HOW_TO_TAKE_COUNTS, NOT_WHAT_WORKS
from mapanalysis.viewer.bundle import APP, join_modules, join_styles
from mapanalysis.viewer.still import count_still

TEMPLATE = "page.html.j2"
PAYLOAD_ID, ROOT_ID = "ma-payload", "map"
START = (
    f'mountMap(document.getElementById("{ROOT_ID}"), '
    f'JSON.parse(document.getElementById("{PAYLOAD_ID}").textContent), {{ page: true }});'
)
# What could end the script element, or a line of a script in an older reader. In JSON these stand in strings only.
ESCAPED = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}


def write_map(payload: dict[str, Any], path: Path) -> None:
    """Writes the page of `payload.build_payload` to `path`. Raises OutputError when it cannot be written."""
    write_text(path, render_map(payload))


def render_map(payload: dict[str, Any]) -> str:
    """The page: the same payload gives the same text.

    Its content security policy allows the one script and the one style sheet within it, by their hashes, and pictures
    that stand in these. Readers without JavaScript get the counts as a table.
    """
    script = f"{join_modules()}\n{START}\n"
    style = join_styles()
    return (
        _environment()
        .get_template(TEMPLATE)
        .render(
            words=payload["map"],
            still=count_still(payload),
            payload=Markup(as_json(payload)),
            script=Markup(script),
            style=Markup(style),
            script_hash=hash_of(script),
            style_hash=hash_of(style),
            payload_id=PAYLOAD_ID,
            root_id=ROOT_ID,
            not_what_works=NOT_WHAT_WORKS,
            how_to_take_counts=HOW_TO_TAKE_COUNTS,
        )
    )


def as_json(payload: dict[str, Any]) -> str:
    """The payload as JSON that nothing in it can break out of: a script element may hold it as it is."""
    text = json.dumps(payload, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.translate(ESCAPED)


def hash_of(text: str) -> str:
    """What a content security policy calls this script or style sheet."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode('ascii')}"


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(APP),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters["thousands"] = lambda number: f"{number:,}"
    return made
