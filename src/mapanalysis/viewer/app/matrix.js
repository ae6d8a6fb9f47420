// The matrix: headings that stay in sight, cells that are reached by arrow keys and speak.

import { createPainter, placesFor, scaleOf } from "./cell.js";
import { h } from "./dom.js";
import { isSameTable, layOutTable } from "./layout.js";
import { createDrawing } from "./sight.js";
import { elementOf, listenForWords, listenToClicks, listenToKeys, placeOf, selectionInFocus, setStop } from "./walk.js";

/** @typedef {import("./types.js").Model} Model */
/** @typedef {import("./types.js").App} App */
/** @typedef {import("./walk.js").Grid} Grid */

/**
 * The matrix. `hint` shows words beside what is pointed at or focused.
 * @param {App} app
 * @param {import("./walk.js").Hint} hint
 */
export function createMatrix(app, hint) {
  const parts = { columns: h("colgroup"), head: h("thead"), body: h("tbody") };
  const table = h("table", { class: "ma-grid", role: "grid" }, parts.columns, parts.head, parts.body);
  const scroller = h("div", { class: "ma-scroller", role: "group", "aria-label": "The map; it can be moved in both directions", tabindex: "-1" }, table);
  const element = h("div", { class: "ma-matrix" }, scroller);
  const drawing = createDrawing(element, scroller, hint.follow);
  /** @type {Grid | null} */
  let grid = null;

  /** @param {Model} model @param {Model | null} before */
  function update(model, before) {
    const isSame = grid !== null && before !== null && isSameTable(model, before);
    if (isSame) drawing.look(); // before anything changes: afterwards it would cost a layout
    else hint.hideNow();
    grid = isSame && grid ? Object.assign(grid, { model }) : build(model);
    const on = markSelected(grid);
    for (const margin of grid.layout.margins) margin(model);
    if (!isSame) drawing.measure(/** @type {HTMLElement[]} */ ([...grid.layout.rowOf.keys()]), grid.layout.lines[0] ?? []);
    drawing.drawAll(painterOf(grid, on));
  }

  /** @param {Model} model @returns {Grid} */
  function build(model) {
    const isFocused = table.contains(document.activeElement);
    const selection = isFocused && grid ? selectionInFocus(grid) : null;
    const layout = layOutTable(model, app);
    dress(table, model, layout);
    parts.columns.replaceChildren(...layout.widths.map((width) => h("col", { width })));
    parts.head.replaceChildren(...layout.headRows);
    parts.body.replaceChildren(...layout.bodyRows);
    const first = { row: layout.firstRow, column: 2 };
    const now = Object.assign(grid ?? listenedTo({ table, layout, model, focus: first }), { layout, model, focus: first });
    const again = selection && elementOf(now, selection);
    const place = (again && placeOf(now, again)) ?? (layout.at[first.row]?.[2] ? first : { row: 0, column: 0 });
    const stop = setStop(now, place);
    if (isFocused) stop.focus({ preventScroll: true });
    requestAnimationFrame(() => scroller.style.setProperty("--ma-head-height", `${parts.head.offsetHeight}px`));
    return now;
  }

  /** @param {Grid} fresh */
  function listenedTo(fresh) {
    listenToKeys(fresh, app);
    listenToClicks(fresh, app);
    listenForWords(fresh, hint);
    return fresh;
  }

  const focus = () => grid?.layout.at[grid.focus.row]?.[grid.focus.column]?.focus();
  return { element, update, focus, destroy: drawing.destroy };
}

/** @param {HTMLElement} table @param {Model} model @param {import("./layout.js").Layout} layout */
function dress(table, model, layout) {
  const { across, down } = placesFor(model.segments.items.length);
  table.className = `ma-grid ma-across-${across} ma-down-${down}`;
  table.style.setProperty("--ma-width", `${layout.widths.reduce((sum, width) => sum + width, 0)}px`);
  table.style.setProperty("--ma-cell-height", `${layout.cellHeight}px`);
  table.setAttribute("aria-label", `${model.row.dimension.label} by ${model.column.dimension.label}, numbers of studies`);
  table.setAttribute("aria-rowcount", String(layout.at.length));
  table.setAttribute("aria-colcount", String(layout.widths.length));
}

/** Marks the cell or heading whose studies are open, and gives it. @param {Grid} grid @returns {HTMLElement | null} */
function markSelected(grid) {
  for (const marked of grid.table.querySelectorAll(".ma-on, [aria-current]")) {
    marked.classList.remove("ma-on");
    marked.removeAttribute("aria-current");
  }
  const { selection } = grid.model.state;
  const element = selection && selection !== "notPlaced" ? elementOf(grid, selection) : undefined;
  element?.classList.add("ma-on");
  element?.setAttribute("aria-current", "true");
  return element ?? null;
}

/**
 * What draws the cell at a row and column on screen, and gives it its words.
 * @param {Grid} grid
 * @param {HTMLElement | null} on the cell or heading that is marked
 */
function painterOf({ layout, model }, on) {
  const painter = createPainter(model, { largest: scaleOf(model), width: layout.cellWidth, height: layout.cellHeight });
  return (/** @type {number} */ row, /** @type {number} */ column) => {
    const cell = layout.lines[row][column];
    const [r, c] = [model.rows[row], model.columns[column]];
    painter.paint(cell, r, c);
    cell.setAttribute("aria-label", painter.say(r, c));
    if (cell === on) cell.classList.add("ma-on");
  };
}
