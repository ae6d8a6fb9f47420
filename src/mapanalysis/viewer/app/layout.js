// The table of one pair of axes: its rows, headings and empty cells, how wide and how high they are.

import { placesFor, scaleOf } from "./cell.js";
import { h } from "./dom.js";
import { layHeadings } from "./headings.js";

/** @typedef {import("./types.js").Model} Model */
/** @typedef {import("./types.js").App} App */
/** @typedef {import("./headings.js").Heading} Heading */
/**
 * `at[row][column]`: the element at each place that the keyboard reaches; headings that span stand in several places.
 * `lines`: the cells of each row of the grid; `rowOf`: its table row → row item; `groups`: what headings and margins do;
 * `margins`: bring their numbers up to date; `widths` in px, with those of the two columns of headings.
 * @typedef {{at: HTMLElement[][], lines: HTMLElement[][], rowOf: Map<Element, number>, groups: Map<HTMLElement, Heading>,
 *   margins: ((model: Model) => void)[], headRows: HTMLElement[], widths: number[],
 *   cellWidth: number, cellHeight: number, firstRow: number, nPlaces: number, add: (n: number) => HTMLElement[]}} Layout
 *   `add` makes the next n rows of the body and gives them; `nPlaces` counts all rows, those of headings too.
 */

const HEADING_WIDTH = 208;
const MARGIN_WIDTH = 60;
const CELL_HEIGHT = 44;
const NARROWEST = 56;
const WIDEST_WORD = 132;
/** px that the place of a segment needs across, by the digits of the largest number written there. */
const PLACE_WIDTH = [0, 28, 31, 40, 48, 56, 64];
const PLACE_HEIGHT = 27;

/**
 * @param {Model} model
 * @param {App} app
 * @returns {Layout}
 */
export function layOutTable(model, app) {
  const { width, height } = cellSizeOf(model);
  const headings = layHeadings(model, app);
  /** @type {Layout} */
  const layout = {
    at: [...headings.headAt],
    lines: [],
    rowOf: new Map(),
    groups: headings.groups,
    margins: headings.margins,
    headRows: headings.headRows,
    widths: [HEADING_WIDTH, MARGIN_WIDTH, ...model.columns.map((c) => Math.max(width, widestWord(model.column.items[c].label)))],
    cellWidth: width,
    cellHeight: height,
    firstRow: headings.headAt.length,
    nPlaces: headings.headAt.length + headings.bodyRows.length,
    add: (n) => headings.bodyRows.splice(0, n).map((row) => addBodyRow(layout, row, blank, model.columns.length)),
  };
  const blank = h("tr");
  for (const _ of model.columns) blank.append(h("td", { class: "ma-cell", role: "gridcell", tabindex: "-1" }));
  return layout;
}

/**
 * @param {Layout} layout
 * @param {import("./headings.js").BodyRow} row
 * @param {HTMLTableRowElement} blank
 * @param {number} nColumns
 * @returns {HTMLElement}
 */
function addBodyRow(layout, row, blank, nColumns) {
  const isBand = row.item < 0;
  const line = isBand ? h("tr", { class: "ma-band" }) : /** @type {HTMLTableRowElement} */ (blank.cloneNode(true));
  const cells = /** @type {HTMLElement[]} */ ([...line.children]);
  line.prepend(row.heading, row.margin);
  line.setAttribute("aria-rowindex", String(layout.at.length + 1));
  if (isBand) {
    line.append(h("td", { class: "ma-band-rest", colspan: nColumns, role: "presentation" }));
    layout.at.push([row.heading, row.margin, ...Array(nColumns).fill(row.margin)]);
  } else {
    layout.lines.push(cells);
    layout.rowOf.set(line, row.item);
    layout.at.push([row.heading, row.margin, ...cells]);
  }
  return line;
}

/**
 * Of the narrowest cell, in px: room for the largest number of each segment without filters, so that none changes it.
 * @param {Model} model
 */
export function cellSizeOf(model) {
  const { across, down } = placesFor(model.segments.items.length);
  const digits = String(scaleOf({ ...model, counts: model.allCounts }).segment).length;
  return { width: Math.max(NARROWEST, across * PLACE_WIDTH[Math.min(digits, 6)] + 6), height: Math.max(CELL_HEIGHT, down * PLACE_HEIGHT + 6) };
}

/** Whether two models make the same table, so that only what stands in it changes. @param {Model} a @param {Model} b */
export function isSameTable(a, b) {
  return a.row === b.row && a.column === b.column && a.segments === b.segments
    && a.rows.length === b.rows.length && a.columns.length === b.columns.length
    && a.rows.every((row, i) => row === b.rows[i]) && a.columns.every((column, i) => column === b.columns[i]);
}

/** @type {CanvasRenderingContext2D | null | undefined} */
let ruler;
/** @type {Map<string, number>} */
const measured = new Map();

/**
 * The width in px that a heading needs so that none of its words is broken.
 * @param {string} label
 */
function widestWord(label) {
  const known = measured.get(label);
  if (known) return known;
  ruler ??= document.createElement("canvas").getContext("2d");
  if (!ruler) return NARROWEST;
  ruler.font = '600 12px system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';
  let widest = 0;
  for (const word of label.split(/\s+|(?<=[-/])/)) widest = Math.max(widest, ruler.measureText(word).width);
  const width = Math.min(WIDEST_WORD, Math.ceil(widest) + 14);
  measured.set(label, width);
  return width;
}
