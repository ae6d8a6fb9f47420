// Keyboard and pointer in the matrix: one place has the focus, arrow keys move it, Enter and clicks open studies.

import { notesOf, sayNumber, saySegments } from "./cell.js";
import { countOf } from "./dom.js";

/** @typedef {import("./types.js").Model} Model */
/** @typedef {import("./types.js").App} App */
/** @typedef {import("./types.js").Selection} Selection */
/** @typedef {{row: number, column: number}} Place */
/** @typedef {ReturnType<typeof import("./hint.js").createHint>} Hint */
/**
 * The table as it stands: `focus` is the place that Tab leads to; `finish` makes the rows that are not there yet.
 * @typedef {{table: HTMLElement, layout: import("./layout.js").Layout, model: Model, focus: Place, finish: () => void}} Grid
 */

const PAGE_OF_ROWS = 5;

/**
 * Listens to the table of `grid`, whose parts may be replaced.
 * @param {Grid} grid
 * @param {App} app
 */
export function listenToKeys(grid, app) {
  grid.table.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.altKey || event.metaKey) return;
    grid.finish();
    const to = destination(grid, event);
    const target = /** @type {HTMLElement} */ (event.target);
    const isSpace = event.key === " ";
    if (to) moveFocus(grid, to);
    else if (event.key === "Enter" || isSpace) {
      const group = grid.layout.groups.get(target);
      const selection = selectionAt(grid, target);
      if (isSpace && group?.fold) group.fold();
      else if (selection) app.openStudies(selection, target);
    } else return;
    event.preventDefault();
  });
}

/**
 * @param {Grid} grid
 * @param {App} app
 */
export function listenToClicks(grid, app) {
  grid.table.addEventListener("click", (event) => {
    const clicked = /** @type {HTMLElement} */ (event.target);
    const target = /** @type {HTMLElement | null} */ (clicked.closest("td, th"));
    if (!target) return;
    const place = placeOf(grid, target);
    if (place) moveFocus(grid, place);
    const group = grid.layout.groups.get(target);
    if (clicked.closest(".ma-fold") && group?.fold) return group.fold();
    const selection = selectionAt(grid, target);
    if (selection) app.openStudies({ ...selection, segment: segmentAt(grid, clicked) }, target);
  });
}

/** The key of the segment whose bubble or number was clicked. @param {Grid} grid @param {HTMLElement} clicked */
function segmentAt(grid, clicked) {
  const part = /** @type {HTMLElement | null} */ (clicked.closest(".ma-bubble, .ma-part"));
  const found = part ? /ma-seg-(\d+)/.exec(part.className) : null;
  return found ? grid.model.segments.items[Number(found[1])].key : "";
}

/**
 * Shows words beside what is pointed at or has the focus.
 * @param {Grid} grid
 * @param {Hint} hint
 */
export function listenForWords(grid, hint) {
  const describe = (/** @type {any} */ event) => {
    if (event.pointerType === "touch") return;
    const target = event.target.closest("td, th");
    if (!target || hint.isBeside(target)) return;
    const words = wordsOf(grid, target);
    if (words.lines.length) hint.show(target, words.title, words.lines);
    else hint.hideNow();
  };
  // Not when the table moves below a pointer that rests.
  grid.table.addEventListener("pointermove", describe);
  grid.table.addEventListener("focusin", describe);
  grid.table.addEventListener("pointerleave", hint.hide);
  grid.table.addEventListener("focusout", hint.hide);
}

/** @param {Grid} grid @param {HTMLElement} target @returns {{title: string, lines: string[]}} */
function wordsOf({ layout, model }, target) {
  const group = layout.groups.get(target);
  if (group) return group;
  const r = layout.rowOf.get(/** @type {HTMLElement} */ (target.parentElement));
  if (r === undefined || columnAt(target) < 0) return { title: "", lines: [] };
  const i = r * model.column.items.length + model.columns[columnAt(target)];
  const title = `${model.row.items[r].label} by ${model.column.items[model.columns[columnAt(target)]].label}`;
  const n = model.counts.cells[i];
  return { title, lines: [n ? countOf(n) : sayNumber(model, i), ...saySegments(model, model.counts.segments, i), ...notesOf(model, i)] };
}

// --- places ---

/** @param {HTMLElement} cell */
function columnAt(cell) {
  return /** @type {HTMLTableCellElement} */ (cell).cellIndex - 2; // after a heading and a margin
}

/** Whose studies an element stands for. @param {Grid} grid @param {HTMLElement} target @returns {Selection | null} */
function selectionAt({ layout, model }, target) {
  const group = layout.groups.get(target);
  if (group) return group.selection;
  const r = layout.rowOf.get(/** @type {HTMLElement} */ (target.parentElement));
  if (r === undefined || columnAt(target) < 0) return null;
  return { row: model.row.items[r].key, column: model.column.items[model.columns[columnAt(target)]].key, segment: "" };
}

/** The element whose studies are selected. @param {Grid} grid @param {Selection} selection @returns {HTMLElement | undefined} */
export function elementOf({ layout, model }, selection) {
  const r = model.rows.findIndex((item) => model.row.items[item].key === selection.row);
  const c = model.columns.findIndex((item) => model.column.items[item].key === selection.column);
  if (!selection.row && !selection.column) return undefined; // a segment: no place of the table
  const isHere = (/** @type {Selection} */ one) => one.row === selection.row && one.column === selection.column;
  return layout.lines[r]?.[c] ?? [...layout.groups].find(([, group]) => isHere(group.selection))?.[0];
}

/** What has the focus, in words that outlast a new table. @param {Grid} grid */
export function selectionInFocus(grid) {
  const target = grid.layout.at[grid.focus.row]?.[grid.focus.column];
  return target ? selectionAt(grid, target) : null;
}

/** @param {Grid} grid @param {HTMLElement} target @returns {Place | null} */
export function placeOf({ layout }, target) {
  for (let row = 0; row < layout.at.length; row++) {
    const column = layout.at[row].indexOf(target);
    if (column >= 0) return { row, column };
  }
  return null;
}

/** @param {Grid} grid @param {KeyboardEvent} event @returns {Place | null} */
function destination(grid, event) {
  const { row, column } = grid.focus;
  const [lastRow, lastColumn] = [grid.layout.at.length - 1, grid.layout.widths.length - 1];
  const isFar = event.ctrlKey;
  switch (event.key) {
    case "ArrowRight": return step(grid, 0, 1);
    case "ArrowLeft": return step(grid, 0, -1);
    case "ArrowDown": return step(grid, 1, 0);
    case "ArrowUp": return step(grid, -1, 0);
    case "Home": return { row: isFar ? 0 : row, column: 0 };
    case "End": return { row: isFar ? lastRow : row, column: lastColumn };
    case "PageDown": return { row: Math.min(lastRow, row + PAGE_OF_ROWS), column };
    case "PageUp": return { row: Math.max(0, row - PAGE_OF_ROWS), column };
  }
  return null;
}

/** The next place that is another element: headings span several. @param {Grid} grid @param {number} down @param {number} right */
function step({ layout, focus }, down, right) {
  let { row, column } = focus;
  const here = layout.at[row][column];
  do {
    row += down;
    column += right;
  } while (layout.at[row]?.[column] === here);
  return layout.at[row]?.[column] ? { row, column } : focus;
}

/** @param {Grid} grid @param {Place} to */
function moveFocus(grid, to) {
  const target = setStop(grid, to);
  target.scrollIntoView({ block: "nearest", inline: "nearest" }); // first: words beside it stand where it then is
  target.focus({ preventScroll: true });
}

/** Makes a place the one that Tab leads to. @param {Grid} grid @param {Place} to */
export function setStop(grid, to) {
  const { at } = grid.layout;
  const before = at[grid.focus.row]?.[grid.focus.column];
  if (before) before.tabIndex = -1;
  grid.focus = to;
  const target = at[to.row][to.column];
  target.tabIndex = 0;
  return target;
}
