// The map on a narrow screen: one row after the other, each with its cells as a list.

import { createPainter, notesOf, placesFor, sayNumber, saySegments, scaleOf } from "./cell.js";
import { countOf, groupDigits, h, joinWords } from "./dom.js";
import { NOT_REPORTED, OUTSIDE_SCOPE } from "./count.js";

/** @typedef {import("./types.js").Model} Model */
/** @typedef {import("./types.js").App} App */

/** px; as .ma-cell-line .ma-cell */
export const NARROW_CELL = { width: 96, height: 44 };

/**
 * @param {App} app
 * @returns {import("./types.js").View}
 */
export function createRows(app) {
  const element = h("div", { class: "ma-rows" });
  /** The rows that a reader has opened, by key. @type {Set<string>} */
  const opened = new Set();

  /** @param {Model} model @param {Model | null} before */
  function update(model, before) {
    if (before && isSameDrawing(model, before) && element.firstChild) return;
    const size = { largest: scaleOf(model), ...NARROW_CELL };
    const painter = createPainter(model, size);
    const focused = /** @type {HTMLElement | null} */ (element.contains(document.activeElement) ? document.activeElement : null);
    const key = focused?.dataset.key;
    const { across, down } = placesFor(model.segments.items.length);
    element.className = `ma-rows ma-style-${model.state.style} ma-across-${across} ma-down-${down}`;
    element.replaceChildren(...model.rows.map((r) => rowPart(model, r, painter)));
    if (key) [...element.querySelectorAll("[data-key]")].find((one) => /** @type {HTMLElement} */ (one).dataset.key === key)?.focus();
  }

  /** @param {Model} model @param {Model} before */
  function isSameDrawing(model, before) {
    return model.counts === before.counts && model.gaps === before.gaps && model.state.style === before.state.style && model.state.hideEmpty === before.state.hideEmpty;
  }

  /** @param {Model} model @param {number} r @param {ReturnType<typeof createPainter>} painter */
  function rowPart(model, r, painter) {
    const item = model.row.items[r];
    const group = item.ancestors.map((code) => model.row.dimension.codes[code].label).join(" › ");
    const list = h("div", { class: "ma-row-cells" });
    const details = h("details", { class: "ma-row-part", open: opened.has(item.key) },
      h("summary", { "data-key": `row ${item.key}` },
        h("span", { class: "ma-row-name" }, group && h("span", { class: "ma-small ma-quiet" }, group), h("h3", {}, item.label)),
        h("span", { class: "ma-row-count" }, h("b", {}, groupDigits(model.counts.rows[r])), h("span", { class: "ma-hidden-words" }, model.counts.rows[r] === 1 ? " study" : " studies"), rowBar(model, r))), list);
    const fill = () => {
      if (details.open && !list.firstChild) list.append(...cellsOf(model, r, painter));
    };
    details.addEventListener("toggle", () => {
      if (details.open) opened.add(item.key);
      else opened.delete(item.key);
      fill();
    });
    fill();
    return details;
  }

  /** @param {Model} model @param {number} r */
  function rowBar(model, r) {
    const S = model.segments.items.length;
    const bar = h("span", { class: "ma-row-bar", "aria-hidden": "true" });
    for (let s = 0; s < S && S > 1; s++) {
      const n = model.counts.rowSegments[r * S + s];
      if (!n) continue;
      const part = h("i", { class: `ma-seg-${s}` });
      part.style.setProperty("flex-grow", String(n));
      bar.append(part);
    }
    return bar;
  }

  /** @param {Model} model @param {number} r @param {ReturnType<typeof createPainter>} painter @returns {HTMLElement[]} */
  function cellsOf(model, r, painter) {
    const item = model.row.items[r];
    const C = model.column.items.length;
    const { definition } = item;
    const parts = [];
    if (definition) parts.push(h("p", { class: "ma-small ma-quiet" }, definition));
    parts.push(h("p", {}, h("button", { type: "button", class: "ma-link", "data-key": `all ${item.key}`, onclick: open(item.key, "") }, `All ${countOf(model.counts.rows[r])} of this row`)));
    let groupShown = -1;
    const list = h("ul", { class: "ma-cell-list" });
    for (const c of model.columns) {
      const column = model.column.items[c];
      if (!model.counts.cells[r * C + c] && model.state.style !== "gaps") continue;
      const group = column.ancestors[column.ancestors.length - 1] ?? -1;
      if (group !== groupShown && group >= 0) list.append(h("li", { class: "ma-cell-group" }, model.column.dimension.codes[group].label));
      groupShown = group;
      list.append(cellLine(model, r, c, painter));
    }
    parts.push(list);
    if (model.state.style !== "gaps") parts.push(...emptyCells(model, r));
    return parts;
  }

  /** @param {Model} model @param {number} r @param {number} c @param {ReturnType<typeof createPainter>} painter */
  function cellLine(model, r, c, painter) {
    const column = model.column.items[c];
    const picture = h("span");
    painter.paint(picture, r, c);
    const i = r * model.column.items.length + c;
    const parts = saySegments(model, model.counts.segments, i);
    return h("li", {}, h("button", { type: "button", class: "ma-cell-line", "aria-label": painter.say(r, c), "data-key": `cell ${model.row.items[r].key} ${column.key}`, onclick: open(model.row.items[r].key, column.key) },
      h("span", { class: "ma-cell-words" }, h("span", { class: "ma-label" }, column.label), h("span", { class: "ma-small ma-quiet" }, [parts.length === 1 ? parts[0] : sayNumber(model, i), ...notesOf(model, i).filter((note) => note !== "co-coded")].join("; "))), picture));
  }

  /** What a row has no study on, in words: a phone has no room for empty cells. @param {Model} model @param {number} r */
  function emptyCells(model, r) {
    const C = model.column.items.length;
    const empty = model.columns.filter((c) => !model.counts.cells[r * C + c]);
    const without = empty.filter((c) => !model.allCounts.cells[r * C + c]);
    const filtered = empty.filter((c) => model.allCounts.cells[r * C + c]).map((c) => model.column.items[c].label);
    const names = (/** @type {number} */ state) => without.filter((c) => model.states[r * C + c] === state).map((c) => model.column.items[c].label);
    const outside = names(OUTSIDE_SCOPE);
    const none = without.filter((c) => model.states[r * C + c] !== OUTSIDE_SCOPE && model.states[r * C + c] !== NOT_REPORTED).map((c) => model.column.items[c].label);
    const lines = [];
    if (filtered.length) lines.push(h("p", { class: "ma-small" }, h("b", {}, "No study that passes the filters on: "), `${joinWords(filtered, "and")}.`));
    if (none.length) lines.push(h("p", { class: "ma-small" }, h("b", {}, "No study found on: "), `${joinWords(none, "and")}.`));
    if (outside.length) lines.push(h("p", { class: "ma-small" }, h("b", {}, "Not looked for: "), `${joinWords(outside, "and")}.`));
    return lines;
  }

  /** @param {string} row @param {string} column */
  function open(row, column) {
    return (/** @type {Event} */ event) => app.openStudies({ row, column, segment: "" }, /** @type {HTMLElement} */ (event.currentTarget));
  }

  return { element, update };
}
