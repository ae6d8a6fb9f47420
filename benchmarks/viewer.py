"""How large and how fast the map on screen is, in a real Chromium; on request, beside a published EPPI-Mapper page.

    python benchmarks/viewer.py [--repeats 5] [--cases small wide large] [--eppi-mapper PAGE.html]

Made-up maps with texts of real length are written as pages, opened from disk and used by their own controls. Each
figure is the median of as many openings, every one in a fresh browser context.

    drawn        from the start of navigation until all that the window shows of the matrix is painted
    usable       the same, and then a filter ticked and its answer painted
    next frame   from the event on a control until the answer is painted, as far as the window shows the matrix
    all cells    the same, until the cells out of sight are drawn as well: the page waits with those for a quiet moment

A frame counts as painted in the first task after its animation frame: that waits for style, layout and paint of the
page. (The observer of event timing rounds to 8 ms and sees no event that a script sends; a second animation frame
would add the wait for the screen.) What the compositor does beside the page is left out; "nothing" is what a click
takes that changes nothing. That every cell in sight holds its answer in that frame is checked: late ones are counted.

With `--eppi-mapper`, that page is opened in the same browser and run, its filter ticked and `update` pressed; its own
delay of 0.3 s there is part of what a reader waits for. What it writes to the console is dropped, because a driver that
listens makes that slow. The same map is read out of it and shown by ours. Nothing here fails: it prints.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from playwright.sync_api import Browser, Page

from mapanalysis.viewer.page import write_map

ROOT = Path(__file__).parents[1]
sys.path += [str(ROOT / "tests"), str(ROOT / "tests" / "viewer")]
from awkward import Payload, draw_map, in_groups, make_dimension, make_payload  # noqa: E402
from real_browser import started_browser  # noqa: E402

STYLES = ("bubbles", "heat", "mosaic", "numbers", "gaps")
WINDOW = {"width": 1440, "height": 900}


class Goal(NamedTuple):
    megabytes: float
    usable_seconds: float
    milliseconds: float


class Case(NamedTuple):
    words: str
    payload: Payload
    goal: Goal | None


def draw_cases(names: list[str]) -> Iterator[Case]:
    """The maps of the goals; "not reported" is one row and one column of each."""
    shapes = {
        "small": (3_200, 43, 24, Goal(3, 1, 50)),
        "wide": (422, 29, 90, Goal(3, 1, 50)),
        "large": (50_000, 43, 24, Goal(float("inf"), 3, 100)),
    }
    for name in names:
        n_studies, n_rows, n_columns, goal = shapes[name]
        rows, columns = in_groups(n_rows - 1, 8), in_groups(n_columns - 1, 6)
        words = f"{n_studies:,} studies x {n_rows} x {n_columns} cells, 5 segments, 12 dimensions"
        yield Case(words, draw_map(n_studies, rows, columns, in_groups(12, 5)), goal)


# --- in the page ---

COMMON = """
for (const name of ["group", "groupEnd", "warn", "log", "info"]) console[name] = () => {};
window.bench = {
  painted: () => new Promise((done) => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => done(performance.now());
    channel.port2.postMessage(null);
  })),
  until: (isSo) => new Promise((done) => {
    if (isSo()) return done();
    const observer = new MutationObserver(() => isSo() && done(observer.disconnect()));
    observer.observe(document, { childList: true, subtree: true, attributes: true });
  }),
};
"""
OURS = """
Object.assign(bench, {
  turn: (name) => document.querySelector(".ma-matrix")?.dataset[name],
  ticks: () => [...document.querySelectorAll(".ma-tree > li > .ma-tick-line input")],
  late: 0,
  inSight() {
    const { left, top, right, bottom } = document.querySelector(".ma-scroller").getBoundingClientRect();
    const cells = [...document.querySelectorAll(".ma-matrix td.ma-cell")].filter((cell) => {
      const box = cell.getBoundingClientRect();
      return box.right > left && box.left < right && box.bottom > top && box.top < Math.min(bottom, innerHeight);
    });
    return cells.map((cell) => [cell, cell.className + cell.innerHTML + cell.ariaLabel]);
  },
  async time(act, changes = true) {
    await bench.painted();
    await new Promise((done) => setTimeout(done, 30));
    const [shown, drawn] = [bench.turn("shown"), bench.turn("drawn")];
    const start = performance.now();
    act();
    let frame = (await bench.painted()) - start;
    if (!changes) return [frame, frame];
    if (bench.turn("shown") === shown) {
      await bench.until(() => bench.turn("shown") !== shown);
      frame = (await bench.painted()) - start;
    }
    const seen = bench.inSight();
    await bench.until(() => bench.turn("drawn") !== drawn && bench.turn("drawn") === bench.turn("shown"));
    const all = (await bench.painted()) - start;
    bench.late += seen.filter(([cell, held]) => held !== cell.className + cell.innerHTML + cell.ariaLabel).length;
    return [frame, all];
  },
  choose(control, value, event = "change") {
    control.value = value;
    control.dispatchEvent(new Event(event, { bubbles: true }));
  },
});
window.opened = (async () => {
  await bench.until(() => bench.turn("shown"));
  const drawn = await bench.painted();
  if (!bench.ticks().length) document.querySelector(".ma-filters summary").click();
  const [filter, all] = await bench.time(() => bench.ticks()[0].click());
  return { drawn, usable: drawn + filter, all: drawn + all };
})();
"""
USE_OURS = """async ({ styles, axes }) => {
  const times = { nothing: await bench.time(() => document.body.click(), false) };
  times["filter ticked"] = await bench.time(() => bench.ticks()[1].click());
  times["filter cleared"] = await bench.time(() => bench.ticks()[1].click());
  const words = document.querySelector(".ma-filters-words input");
  times["words typed"] = await bench.time(() => bench.choose(words, "recovery", "input"));
  await bench.time(() => bench.choose(words, "", "input"));
  for (const style of [...styles.slice(1), styles[0]]) {
    const radio = document.querySelector(`.ma-choice input[value="${style}"]`);
    times[`style: ${style}`] = await bench.time(() => radio.click());
  }
  const selects = document.querySelectorAll(".ma-axes select");
  for (const [at, name] of [[0, "rows"], [1, "columns"], [2, "segments"]]) {
    const first = selects[at].value;
    times[`other ${name}`] = await bench.time(() => bench.choose(selects[at], axes[at]));
    times[`first ${name} again`] = await bench.time(() => bench.choose(selects[at], first));
  }
  return { ...times, late: bench.late };
}"""
OPEN_THEIRS = """
window.opened = new Promise((done) => addEventListener("load", () => setTimeout(async () => {
  const drawn = await bench.painted();
  const tick = [...document.querySelectorAll(".settings .filter-wrapper li")].find((li) => li.nextElementSibling?.tagName !== "UL");
  tick.click();
  const update = document.querySelector(".settings #update");
  const start = performance.now();
  update.click();
  await bench.until(() => !update.classList.contains("busy"));
  const usable = await bench.painted();
  done({ drawn, usable, filter: usable - start, cells: document.querySelectorAll(".pivot-table td.cell").length });
}, 0)));
"""


# --- measuring ---


@contextmanager
def fresh_page(browser: Browser, *scripts: str) -> Iterator[Page]:
    context = browser.new_context(viewport=WINDOW)
    try:
        page = context.new_page()
        page.set_default_timeout(120_000)
        for script in scripts:
            page.add_init_script(script)
        yield page
    finally:
        context.close()


def median_of(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """The median of each figure; a control has two."""
    return {
        name: [statistics.median(run[name][at] for run in runs) for at in (0, 1)]
        if isinstance(runs[0][name], list)
        else statistics.median(run[name] for run in runs)
        for name in runs[0]
    }


def measure_ours(browser: Browser, path: Path, payload: Payload, repeats: int) -> dict[str, Any]:
    """Milliseconds of each step."""
    others = [dimension["id"] for dimension in payload["dimensions"] if dimension["role"] == "filter"]
    axes = [others[0], others[1 % len(others)], others[0]]
    runs = []
    for _ in range(repeats):
        with fresh_page(browser, COMMON, OURS) as page:
            page.goto(path.as_uri())
            opened = page.evaluate("() => opened")
            runs.append(opened | page.evaluate(USE_OURS, {"styles": STYLES, "axes": axes}))
    return median_of(runs)


def measure_theirs(browser: Browser, path: Path, repeats: int) -> dict[str, Any]:
    runs = []
    for _ in range(repeats):
        with fresh_page(browser, COMMON, OPEN_THEIRS) as page:
            page.goto(path.as_uri())
            runs.append(page.evaluate("() => opened"))
    return median_of(runs)


# --- an EPPI-Mapper page as our payload ---


def read_eppi_mapper(path: Path) -> Payload:
    """The map in a published page: rows, columns, segments, filters and references. Its script is not run."""
    text = path.read_text(encoding="utf-8")
    table, references = read_constant(text, "csvData"), read_constant(text, "referenceData")
    depth = table["totalColDepth"]
    dimensions = [
        make_dimension("rows", "row", row_codes(table["rows"][depth:])),
        make_dimension("columns", "column", column_codes(table["rows"][:depth])),
        make_dimension("segments", "segment", segment_codes(read_constant(text, "segmentAttributes"))),
    ]
    for number, tree in enumerate(read_constant(text, "filters")):
        codes = list(filter_codes(tree["children"] or [tree], -1, 0))
        dimensions.append(make_dimension(f"filter_{number}", "filter", codes, label=tree["label"]))
    held = [{str(code["AttributeId"]) for code in reference["Codes"]} for reference in references]
    codes = {
        dimension["id"]: [
            [position for position, code in enumerate(dimension["codes"]) if code[0] in ids] for ids in held
        ]
        for dimension in dimensions
    }
    reports = [
        report_of(number, reference) | {"study": number} for number, reference in enumerate(references)
    ]
    return make_payload(dimensions, codes, reports, title=path.stem)


def read_constant(text: str, name: str) -> Any:
    start = re.search(rf"const {name} = ", text)
    if not start:
        raise SystemExit(f"not a page of EPPI-Mapper: it has no {name}")
    return json.JSONDecoder().raw_decode(text, start.end())[0]


def code_of(element: dict[str, Any], parent: int) -> list[Any]:
    return [str(element["id"]), element["title"], parent, element.get("description") or "", ""]


def row_codes(rows: list[list[dict[str, Any]]]) -> list[list[Any]]:
    """Each row ends with its leaf; parents stand before it on the first row of their span. One root alone is left out."""
    codes: list[list[Any]] = []
    above: list[int] = [-1] * max(map(len, rows))
    has_root = len(rows[0]) > 1 and rows[0][0]["span"] >= len(rows)
    for row in rows:
        for level, element in enumerate(row, start=len(above) - len(row)):
            if has_root and level == 0:
                continue
            codes.append(code_of(element, above[level - 1] if level else -1))
            above[level] = len(codes) - 1
    return codes


def column_codes(rows: list[list[dict[str, Any]]]) -> list[list[Any]]:
    """The same, where each heading spans so many leaf columns."""
    leaves = rows[-1]
    levels = [[element for element in row for _ in range(element["span"])] for row in rows[:-1]]
    if levels and len(rows[0]) == 1:
        levels = levels[1:]
    upright: list[list[dict[str, Any]]] = []
    for number, leaf in enumerate(leaves):
        column = [*(level[number] for level in levels), leaf]
        before = [level[number - 1] if number else None for level in levels]
        first_new = next(
            (at for at, (one, other) in enumerate(zip(column, before, strict=False)) if one is not other),
            len(levels),
        )
        upright.append(column[first_new:])
    return row_codes([[element | {"span": 0} for element in column] for column in upright])


def segment_codes(segments: list[dict[str, Any]]) -> list[list[Any]]:
    attributes = [segment["attribute"] for segment in segments]
    return [[str(one["AttributeId"]), one["AttributeName"], -1, "", ""] for one in attributes]


def filter_codes(tree: list[dict[str, Any]], parent: int, first: int) -> Iterator[list[Any]]:
    for node in tree:
        yield [str(node["id"]), node["label"], parent, "", ""]
        inner = list(filter_codes(node["children"], first, first + 1))
        yield from inner
        first += 1 + len(inner)


def report_of(number: int, reference: dict[str, Any]) -> dict[str, Any]:
    def text(name: str) -> str:
        return str(reference.get(name) or "").strip()

    return {
        "id": text("ItemId") or str(number),
        "title": text("Title"),
        "authors": text("Authors"),
        "year": int(text("Year")) if text("Year").isdigit() else None,
        "journal": text("ParentTitle") or text("Publisher"),
        "volume": text("Volume"),
        "issue": text("Issue"),
        "pages": text("Pages"),
        "doi": text("DOI"),
        "summary": text("Abstract"),
    }


# --- what is printed ---


def verdict(value: float, goal: float) -> str:
    return "" if goal == float("inf") else f"goal {goal:g}: {'reached' if value <= goal else 'NOT REACHED'}"


def print_case(case: Case, megabytes: float, times: dict[str, Any]) -> None:
    goal = case.goal or Goal(*[float("inf")] * 3)
    print(f"\n{case.words}")
    print(f"  {'size':22} {megabytes:7.2f} MB {verdict(megabytes, goal.megabytes)}".rstrip())
    for name, aim in (("drawn", float("inf")), ("usable", goal.usable_seconds)):
        print(f"  {name:22} {times[name] / 1_000:7.2f} s  {verdict(times[name] / 1_000, aim)}".rstrip())
    print(f"  {'usable, all cells':22} {times['all'] / 1_000:7.2f} s")
    print(f"  {'':22} next frame    all cells")
    for name, both in times.items():
        if isinstance(both, list):
            aim = verdict(both[0], goal.milliseconds) if name != "nothing" else ""
            print(f"  {name:22} {both[0]:7.0f} ms   {both[1]:7.0f} ms   {aim}".rstrip())
    if times["late"]:
        print(f"  CELLS IN SIGHT THAT WERE LATE: {times['late']:.0f}")


def print_comparison(theirs: dict[str, Any], ours: dict[str, Any]) -> None:
    print(f"\n  {'':22} {'theirs':>10} {'ours':>10} {'ratio':>7}")
    frame, cells = ours["filter ticked"]
    ours = ours | {"filter": frame, "filter, all cells": cells}
    theirs = theirs | {"filter, all cells": theirs["filter"]}
    for name in ("size", "drawn", "usable", "filter", "filter, all cells"):
        unit, factor = ("MB", 1e6) if name == "size" else ("s ", 1e3)
        one, other = theirs[name] / factor, ours[name] / factor
        print(f"  {name:22} {one:7.2f} {unit} {other:7.2f} {unit} {other / one:7.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--cases", nargs="*", default=["small", "wide", "large"])
    parser.add_argument("--eppi-mapper", type=Path, metavar="PAGE.html")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, started_browser() as browser:
        print(f"Chromium {browser.version}, medians of {asked.repeats}")
        path = Path(folder) / "map.html"
        for case in draw_cases(asked.cases):
            write_map(case.payload, path)
            times = measure_ours(browser, path, case.payload, asked.repeats)
            print_case(case, path.stat().st_size / 1e6, times)
        if asked.eppi_mapper:
            payload = read_eppi_mapper(asked.eppi_mapper)
            write_map(payload, path)
            theirs = measure_theirs(browser, asked.eppi_mapper.resolve(), asked.repeats)
            ours = measure_ours(browser, path, payload, asked.repeats)
            n_studies = len(payload["studies"]["id"])
            words = (
                f"A published EPPI-Mapper page, {n_studies:,} studies x {theirs['cells']:,.0f} cells, by ours"
            )
            print_case(Case(words, payload, None), path.stat().st_size / 1e6, ours)
            print_comparison(
                theirs | {"size": asked.eppi_mapper.stat().st_size}, ours | {"size": path.stat().st_size}
            )
    print(f"\n(load at the end {os.getloadavg()[0]:.1f}: other work on this machine makes figures worse)")


if __name__ == "__main__":
    main()
