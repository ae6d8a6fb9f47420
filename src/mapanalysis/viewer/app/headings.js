// The headings of the matrix: codes as a tree that folds, each with the number of distinct studies below it.

import { saySegments } from "./cell.js";
import { countOf, groupDigits, h } from "./dom.js";

/** @typedef {import("./types.js").Model} Model */
/** @typedef {import("./types.js").App} App */
/** @typedef {import("./types.js").Axis} Axis */
/** @typedef {import("./types.js").Selection} Selection */
/**
 * What a heading or margin does and says: its studies, its definition, and how it folds where it can.
 * @typedef {{selection: Selection, title: string, lines: string[], fold: (() => void) | null}} Heading
 * @typedef {{item: number, heading: HTMLElement, margin: HTMLElement}} BodyRow   `item` -1: an open group
 * @typedef {{groups: Map<HTMLElement, Heading>, margins: ((model: Model) => void)[], app: App, model: Model}} Making
 */

/**
 * All headings of a model: rows for the table's head and body, the elements at each place of the head, what each
 * heading does, and functions that bring the numbers up to date.
 * @param {Model} model
 * @param {App} app
 */
export function layHeadings(model, app) {
  /** @type {Making} */
  const making = { groups: new Map(), margins: [], app, model };
  const { headRows, headAt } = layColumns(making);
  return { headRows, headAt, bodyRows: layRows(making), groups: making.groups, margins: making.margins };
}

// --- columns ---

/** @param {Making} making */
function layColumns(making) {
  const { model } = making;
  const deepest = Math.max(1, ...model.columns.map((c) => model.column.items[c].ancestors.length + 1));
  const corner = h("th", { class: "ma-corner", rowspan: deepest, colspan: 2, role: "columnheader", tabindex: "-1", scope: "col" },
    h("span", { class: "ma-corner-row" }, model.row.dimension.label), h("span", { class: "ma-corner-column" }, model.column.dimension.label));
  making.groups.set(corner, { selection: anySelection(), title: "All studies of this map", lines: ["Rows and columns are named here; each number counts distinct studies."], fold: null });
  const headRows = [];
  /** @type {HTMLElement[][]} */
  const headAt = [];
  for (let depth = 0; depth < deepest; depth++) {
    const line = h("tr", { "aria-rowindex": depth + 1 });
    if (depth === 0) line.append(corner);
    /** @type {HTMLElement[]} */
    const at = [corner, corner, ...layColumnLevel(making, depth, deepest, line, headAt[depth - 1])];
    headRows.push(line);
    headAt.push(at);
  }
  headRows.push(layColumnMargins(making, headAt));
  return { headRows, headAt };
}

/**
 * The headings of one level: open groups span their columns, the rest reach down to the cells.
 * @param {Making} making
 * @param {number} depth
 * @param {number} deepest
 * @param {HTMLElement} line
 * @param {HTMLElement[] | undefined} above
 */
function layColumnLevel(making, depth, deepest, line, above) {
  const { model } = making;
  /** @type {HTMLElement[]} */
  const at = [];
  for (let i = 0; i < model.columns.length; ) {
    const item = model.column.items[model.columns[i]];
    const open = item.ancestors[depth];
    let span = 1;
    if (open !== undefined) {
      while (i + span < model.columns.length && model.column.items[model.columns[i + span]].ancestors[depth] === open) span += 1;
    }
    let heading;
    if (open === undefined && item.ancestors.length < depth && above) heading = above[i + 2];
    else {
      heading = open === undefined ? columnHeading(making, item, deepest - depth) : groupHeading(making, "column", open, span);
      line.append(heading);
    }
    for (let n = 0; n < span; n++) at.push(heading);
    i += span;
  }
  return at;
}

/** @param {Making} making @param {import("./types.js").AxisItem} item @param {number} rowspan */
function columnHeading(making, item, rowspan) {
  const heading = h("th", { class: "ma-column", scope: "col", role: "columnheader", rowspan, tabindex: "-1" });
  return fillHeading(making, heading, "column", item.code, item.key, item.label, isGroup(making.model.column, item));
}

/** @param {Making} making @param {HTMLElement[][]} headAt */
function layColumnMargins(making, headAt) {
  const { model } = making;
  const line = h("tr", { class: "ma-margins", "aria-rowindex": headAt.length + 1 });
  const label = h("th", { class: "ma-row ma-all", scope: "row", role: "rowheader", tabindex: "-1" }, h("span", { class: "ma-label" }, "All studies"));
  making.groups.set(label, { selection: anySelection(), title: "All studies of this map", lines: [], fold: null });
  const total = marginCell(making, anySelection(), "All rows and columns", (now) => now.counts.nPlaced, (now) => now.counts.totalSegments, 0);
  line.append(label, total);
  const at = [label, total];
  for (const c of model.columns) {
    const item = model.column.items[c];
    const cell = marginCell(making, { ...anySelection(), column: item.key }, item.label, (now) => now.counts.columns[c], (now) => now.counts.columnSegments, c);
    line.append(cell);
    at.push(cell);
  }
  headAt.push(at);
  return line;
}

// --- rows ---

/** @param {Making} making @returns {BodyRow[]} */
function layRows(making) {
  const { model } = making;
  /** @type {BodyRow[]} */
  const rows = [];
  /** @type {number[]} */
  let open = [];
  for (const r of model.rows) {
    const item = model.row.items[r];
    item.ancestors.forEach((group, depth) => {
      if (open[depth] === group) return;
      open = [...item.ancestors.slice(0, depth), group];
      rows.push(bandRow(making, group, depth));
    });
    open = item.ancestors;
    const heading = h("th", { class: `ma-row ma-depth-${Math.min(item.ancestors.length, 5)}`, scope: "row", role: "rowheader", tabindex: "-1" });
    fillHeading(making, heading, "row", item.code, item.key, item.label, isGroup(model.row, item));
    const margin = marginCell(making, { ...anySelection(), row: item.key }, item.label, (now) => now.counts.rows[r], (now) => now.counts.rowSegments, r);
    rows.push({ item: r, heading, margin });
  }
  return rows;
}

/** @param {Making} making @param {number} group @param {number} depth @returns {BodyRow} */
function bandRow(making, group, depth) {
  const code = making.model.row.dimension.codes[group];
  const heading = groupHeading(making, "row", group, 1);
  heading.classList.add(`ma-depth-${Math.min(depth, 5)}`);
  const margin = marginCell(making, { ...anySelection(), row: code.id }, code.label, (now) => now.counts.rowGroups.get(group) ?? 0, null, 0);
  return { item: -1, heading, margin };
}

// --- both ---

/** @param {Making} making @param {"row" | "column"} axis @param {number} group @param {number} span */
function groupHeading(making, axis, group, span) {
  const code = making.model[axis].dimension.codes[group];
  const isRow = axis === "row";
  const heading = h("th", {
    class: isRow ? "ma-row ma-group" : "ma-column ma-group", scope: isRow ? "rowgroup" : "colgroup",
    role: isRow ? "rowheader" : "columnheader", colspan: isRow ? null : span, tabindex: "-1",
  });
  return fillHeading(making, heading, axis, group, code.id, code.label, true);
}

/**
 * @param {Making} making
 * @param {HTMLElement} heading
 * @param {"row" | "column"} axis
 * @param {number} code
 * @param {string} key
 * @param {string} label
 * @param {boolean} canFold
 */
function fillHeading(making, heading, axis, code, key, label, canFold) {
  const { app, model } = making;
  const { definition, id } = model[axis].dimension.codes[code];
  const isFolded = canFold && !heading.classList.contains("ma-group");
  const fold = canFold ? () => foldOrOpen(app, axis, id, !isFolded) : null;
  const box = h("span", { class: "ma-heading" });
  if (canFold) {
    heading.setAttribute("aria-expanded", String(!isFolded));
    box.append(h("span", { class: "ma-fold", title: isFolded ? "Show the codes of this group" : "Fold this group", "aria-hidden": "true" }));
  }
  box.append(h("span", { class: "ma-label" }, label));
  heading.append(box);
  heading.setAttribute("aria-label", definition ? `${label}. ${definition}` : label);
  const words = canFold ? [`Arrow sign or Space ${isFolded ? "unfolds" : "folds"} the group; a click elsewhere opens its studies.`] : [];
  making.groups.set(heading, { selection: { ...anySelection(), [axis]: key }, title: label, lines: [definition, ...words].filter(Boolean), fold });
  return heading;
}

/** @param {App} app @param {"row" | "column"} axis @param {string} id @param {boolean} isToFold */
function foldOrOpen(app, axis, id, isToFold) {
  const name = axis === "row" ? "foldedRows" : "foldedColumns";
  const folded = new Set(app.store.get()[name]);
  if (isToFold) folded.add(id);
  else folded.delete(id);
  app.store.set({ [name]: [...folded] });
}

/**
 * A margin: its number is counted, never summed from cells.
 * @param {Making} making
 * @param {Selection} selection
 * @param {string} label
 * @param {(model: Model) => number} number
 * @param {((model: Model) => Uint32Array) | null} segments
 * @param {number} at
 */
function marginCell(making, selection, label, number, segments, at) {
  const shown = h("span", { class: "ma-margin-number" });
  const cell = h("td", { class: "ma-margin", role: "gridcell", tabindex: "-1" }, shown);
  const heading = { selection, title: label, lines: /** @type {string[]} */ ([]), fold: null };
  making.groups.set(cell, heading);
  making.margins.push((model) => {
    const n = number(model);
    const parts = segments ? saySegments(model, segments(model), at) : [];
    shown.textContent = groupDigits(n);
    cell.setAttribute("aria-label", `${label}: ${countOf(n)} in all${parts.length ? `: ${parts.join(", ")}` : ""}`);
    heading.lines = [`${countOf(n)} in all`, ...parts];
  });
  return cell;
}

/** Whether an item is a group that can be opened. @param {Axis} axis @param {import("./types.js").AxisItem} item */
function isGroup(axis, item) {
  return !item.isSelf && axis.dimension.codes[item.code].children.length > 0;
}

/** @returns {Selection} */
function anySelection() {
  return { row: "", column: "", segment: "" };
}
