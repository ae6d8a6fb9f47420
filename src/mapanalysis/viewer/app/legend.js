// What the marks of the map mean, beside the map: segments, sizes, shades, kinds of gaps, empty cells.

import { bubbleDiameter, createPainter, drawBubble, heatStep, mosaicWorth, placesFor, scaleOf } from "./cell.js";
import { NOT_REPORTED, OUTSIDE_SCOPE } from "./count.js";
import { NARROW } from "./controls.js";
import { countOf, groupDigits, h } from "./dom.js";
import { gapRules } from "./gaps.js";
import { cellSizeOf } from "./layout.js";
import { NARROW_CELL } from "./rows.js";

/** @typedef {import("./types.js").Model} Model */
/** @typedef {import("./types.js").App} App */

/**
 * @param {App} app
 * @returns {import("./types.js").View}
 */
export function createLegend(app) {
  const segments = h("ul", { class: "ma-legend-segments" });
  const scale = h("ul", { class: "ma-legend-scale" });
  const marks = h("ul", { class: "ma-legend-marks" });
  const element = h("section", { class: "ma-legend", "aria-label": "Legend" }, segments, scale, marks);

  /** @param {Model} model */
  function update(model) {
    updateSegments(model);
    // Made anew only when something else is to be said: each new legend costs a layout of the page.
    const said = JSON.stringify([model.state.style, model.segments.items.length, scaleOf(model), marksSeen(model), sizeHere(app, model), model.state.style === "gaps" && model.nShown]);
    if (said === element.dataset.said) return;
    element.dataset.said = said;
    scale.replaceChildren(...scaleOfStyle(model, sizeHere(app, model)));
    marks.replaceChildren(...marksOf(model));
    scale.hidden = !scale.firstChild;
  }

  /** One button a segment: it opens the studies of that segment. The numbers change, the buttons stay. @param {Model} model */
  function updateSegments(model) {
    const { items, dimension } = model.segments;
    segments.hidden = !dimension;
    const names = JSON.stringify([dimension?.id, items.map((segment) => segment.key)]);
    if (segments.dataset.names !== names || segments.childElementCount !== items.length) {
      segments.dataset.names = names;
      segments.replaceChildren(...items.map((segment, s) => {
        const open = (/** @type {Event} */ event) => app.openStudies({ row: "", column: "", segment: segment.key }, /** @type {HTMLElement} */ (event.currentTarget));
        return h("li", {}, h("button", { type: "button", class: `ma-legend-segment ma-seg-${s}`, onclick: open }, h("i", { class: "ma-dot", "aria-hidden": "true" }), segment.label, h("b", {})));
      }));
    }
    items.forEach((_, s) => {
      const button = segments.children[s].firstElementChild;
      const { selection } = model.state;
      const isOpen = selection !== null && selection !== "notPlaced" && !selection.row && !selection.column && selection.segment === items[s].key;
      button?.setAttribute("aria-pressed", String(isOpen));
      const number = segments.children[s].querySelector("b");
      if (number) number.textContent = groupDigits(model.counts.totalSegments[s]);
    });
  }

  return { element, update };
}

/** The size of the cells that this screen has. @param {App} app @param {Model} model */
function sizeHere(app, model) {
  return app.root.clientWidth <= NARROW ? NARROW_CELL : cellSizeOf(model);
}

/** @param {Model} model @param {{width: number, height: number}} size @returns {HTMLElement[]} */
function scaleOfStyle(model, size) {
  const largest = scaleOf(model);
  const item = (/** @type {Node} */ picture, /** @type {string} */ words) => h("li", {}, picture, words);
  if (model.state.style === "bubbles") {
    const { across, down } = placesFor(model.segments.items.length);
    const most = Math.min(size.width / across, size.height / down) - 2;
    const bubbles = samples(largest.segment).map((n) => {
      const bubble = h("i", {});
      drawBubble(bubble, 6, n, bubbleDiameter(n, largest.segment, most));
      return h("span", { class: `ma-sample ${bubble.classList.contains("ma-beside") ? "ma-sample-beside" : ""}`, "aria-hidden": "true" }, bubble);
    });
    return [h("li", {}, h("span", { class: "ma-samples ma-spaced" }, ...bubbles), "area: number of studies")];
  }
  if (model.state.style === "heat") {
    const shades = samples(largest.cell).map((n) => h("span", { class: `ma-shade ma-heat-${heatStep(n, largest.cell)}` }, groupDigits(n)));
    return [h("li", {}, h("span", { class: "ma-samples" }, ...shades), "studies in a cell")];
  }
  if (model.state.style === "mosaic") {
    const worth = mosaicWorth({ largest, ...size });
    return [item(h("i", { class: "ma-square", "aria-hidden": "true" }), worth === 1 ? `one square is one study${model.segments.items.length > 1 ? "; a corner of another colour: a study with two of these" : ""}` : `one square is up to ${worth} studies`)];
  }
  return [];
}

/** Numbers that show a scale: the smallest, the largest and some between. @param {number} largest */
function samples(largest) {
  const between = [largest / 10, largest / 3].map((n) => Math.round(n)).filter((n) => n > 1 && n < largest);
  return [...new Set([1, ...between, largest])];
}

/** Which marks stand on the map. @param {Model} model */
function marksSeen({ counts, allCounts, states }) {
  return {
    outside: states.includes(OUTSIDE_SCOPE),
    unreported: states.includes(NOT_REPORTED),
    coCoded: counts.cells.some((n, i) => n > 0 && counts.coCoded[i] === n),
    filtered: counts !== allCounts && counts.cells.some((n, i) => n === 0 && allCounts.cells[i] > 0),
  };
}

/** @param {Model} model @returns {HTMLElement[]} */
function marksOf(model) {
  const seen = marksSeen(model);
  const { counts, allCounts } = model;
  const lines = [];
  const sample = (/** @type {string} */ name, /** @type {string} */ text) => h("i", { class: `ma-cell ma-mark-sample ${name}`, "aria-hidden": "true" }, text);
  if (model.state.style === "gaps") {
    for (const rule of gapRules(model.data.payload.gaps)) {
      lines.push(h("li", { class: "ma-legend-rule" }, h("i", { class: `ma-gap ma-gap-${rule.letter.toLowerCase()}`, "aria-hidden": "true" }, rule.letter), h("span", {}, h("b", {}, `${rule.label}: `), rule.rule)));
    }
  }
  if (model.state.style === "gaps" && counts !== allCounts) lines.push(h("li", { class: "ma-legend-rule" }, `Gaps are those among the ${countOf(model.nShown)} shown.`));
  lines.push(h("li", {}, sample("ma-none", ""), "no study found"));
  if (seen.filtered) lines.push(h("li", {}, sample("ma-filtered", ""), "studies, but none passes the filters"));
  if (seen.outside) lines.push(h("li", {}, sample("ma-outside", "×"), "outside the scope: not looked for"));
  if (seen.unreported) lines.push(h("li", {}, sample("ma-unreported", ""), "not reported: no gap"));
  if (seen.coCoded) {
    lines.push(h("li", {}, sample("ma-co-coded", ""), "co-coded: its studies have both codes, perhaps not together"));
  }
  return lines;
}
