// The matrix: headings that stay in sight, cells that are reached by arrow keys and speak.

import { boxOf, clearCell, createPainter, placesFor, scaleOf } from "./cell.js";
import { h } from "./dom.js";
import { isSameTable, layOutTable } from "./layout.js";
import { createDrawing } from "./sight.js";
import { elementOf, listenForWords, listenToClicks, listenToKeys, placeOf, selectionInFocus, setStop } from "./walk.js";

/** @typedef {import("./types.js").Model} Model */
/** @typedef {import("./types.js").App} App */
/** @typedef {import("./walk.js").Grid} Grid */

const AFTER_FIRST_MS = 30; // the first rows are on screen by then

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
  let waiting = 0;
  let isToShow = false;
  /** The cell or heading whose studies are open. @type {HTMLElement | null} */
  let on = null;

  /** @param {Model} model @param {Model | null} before */
  function update(model, before) {
    drawing.look(); // before anything changes: afterwards it would cost a layout
    if (grid && before && isSameTable(model, before)) {
      grid.model = model;
      draw(grid);
    } else build(model);
    isToShow = before !== null && model.state.selection !== before.state.selection;
    if (isToShow) requestAnimationFrame(showSelected);
  }

  /** The list of studies takes room from the map: what it is of stays in sight. */
  function showSelected() {
    if (on?.isConnected && on.matches(".ma-cell")) on.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  /** @param {Grid} now */
  function draw(now) {
    showNumbers(now);
    drawing.drawAll(painterOf(now, () => on));
  }

  /** @param {Grid} now */
  function showNumbers(now) {
    for (const margin of now.layout.margins) margin(now.model);
    on?.classList.remove("ma-on");
    on?.removeAttribute("aria-current");
    on = markSelected(now);
  }

  /** The new table takes its place when what is in sight of it is drawn: so it is laid out once. @param {Model} model */
  function build(model) {
    clearTimeout(waiting);
    hint.hideNow();
    const isFocused = table.contains(document.activeElement);
    const selection = isFocused && grid ? selectionInFocus(grid) : null;
    const layout = layOutTable(model, app);
    const first = { row: layout.firstRow, column: 2 };
    grid = Object.assign(grid ?? listenedTo({ table, layout, model, focus: first, finish }), { layout, model, focus: first });
    const isWhole = scroller.scrollTop > 0 || isFocused;
    const rows = layout.add(isWhole ? Infinity : Math.ceil(drawing.depth() / layout.cellHeight) + 1);
    drawing.begin(model.rows.length, layout.lines.length, layout.cellHeight, layout.widths.slice(2));
    draw(grid);
    dress(table, model, layout);
    parts.columns.replaceChildren(...layout.widths.map((width) => h("col", { width })));
    parts.head.replaceChildren(...layout.headRows);
    parts.body.replaceChildren(...rows);
    takeFocus(grid, selection, isFocused);
    waiting = window.setTimeout(finish, AFTER_FIRST_MS);
  }

  /** Rows that the window cannot show follow after the first have been seen; and now the table can be measured. */
  function finish() {
    if (!grid || !waiting) return;
    clearTimeout(waiting);
    waiting = 0;
    parts.body.append(...grid.layout.add(Infinity));
    for (const cells of grid.layout.lines) cells.forEach(boxOf);
    showNumbers(grid);
    drawing.measure(/** @type {HTMLElement[]} */ ([...grid.layout.rowOf.keys()]), grid.layout.lines[0] ?? []);
    scroller.style.setProperty("--ma-head-height", `${parts.head.offsetHeight}px`);
    if (isToShow) showSelected();
  }

  /** @param {Grid} fresh */
  function listenedTo(fresh) {
    listenToKeys(fresh, app);
    listenToClicks(fresh, app);
    listenForWords(fresh, hint);
    return fresh;
  }

  function destroy() {
    clearTimeout(waiting);
    drawing.destroy();
  }

  /** Focuses the cell or heading of a list, or what Tab leads to. True when there is one. @param {import("./types.js").State["selection"]} selection */
  function focus(selection) {
    if (!grid) return false;
    const element = selection && selection !== "notPlaced" ? elementOf(grid, selection) : undefined;
    const place = element?.isConnected ? placeOf(grid, element) : null;
    const stop = place ? setStop(grid, place) : grid.layout.at[grid.focus.row]?.[grid.focus.column];
    stop?.focus();
    return Boolean(stop);
  }

  return { element, update, focus, destroy };
}

/**
 * Tab leads to the first cell, or to what had the focus in the table before.
 * @param {Grid} grid
 * @param {import("./types.js").Selection | null} selection
 * @param {boolean} isFocused
 */
function takeFocus(grid, selection, isFocused) {
  const again = selection && elementOf(grid, selection);
  const hasCells = Boolean(grid.layout.at[grid.focus.row]?.[grid.focus.column]);
  const stop = setStop(grid, (again && placeOf(grid, again)) ?? (hasCells ? grid.focus : { row: 0, column: 0 }));
  if (isFocused) stop.focus({ preventScroll: true });
}

/** @param {HTMLElement} table @param {Model} model @param {import("./layout.js").Layout} layout */
function dress(table, model, layout) {
  const { across, down } = placesFor(model.segments.items.length);
  table.className = `ma-grid ma-across-${across} ma-down-${down}`;
  table.style.setProperty("--ma-width", `${layout.widths.reduce((sum, width) => sum + width, 0)}px`);
  table.style.setProperty("--ma-cell-height", `${layout.cellHeight}px`);
  table.setAttribute("aria-label", `${model.row.dimension.label} by ${model.column.dimension.label}, numbers of studies`);
  table.setAttribute("aria-rowcount", String(layout.nPlaces));
  table.setAttribute("aria-colcount", String(layout.widths.length));
}

/** Marks the cell or heading whose studies are open, and gives it. @param {Grid} grid @returns {HTMLElement | null} */
function markSelected(grid) {
  const { selection } = grid.model.state;
  const element = selection && selection !== "notPlaced" ? elementOf(grid, selection) : undefined;
  element?.classList.add("ma-on");
  element?.setAttribute("aria-current", "true");
  return element ?? null;
}

/**
 * What draws the cell at a row and column on screen, gives it its words, and takes its marks away.
 * @param {Grid} grid
 * @param {() => HTMLElement | null} marked the cell or heading whose studies are open
 */
function painterOf({ layout, model }, marked) {
  const painter = createPainter(model, { largest: scaleOf(model), width: layout.cellWidth, height: layout.cellHeight });
  const at = (/** @type {number} */ row, /** @type {number} */ column) => layout.lines[row][column];
  return {
    draw(/** @type {number} */ row, /** @type {number} */ column) {
      painter.paint(at(row, column), model.rows[row], model.columns[column]);
      if (at(row, column) === marked()) at(row, column).classList.add("ma-on");
    },
    say(/** @type {number} */ row, /** @type {number} */ column) {
      at(row, column).setAttribute("aria-label", painter.say(model.rows[row], model.columns[column]));
    },
    clear: (/** @type {number} */ row, /** @type {number} */ column) => clearCell(at(row, column)),
  };
}
