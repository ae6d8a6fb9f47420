// What stands in a cell: the same drawing in the matrix and in the rows of a phone.

import { countOf, groupDigits, h, withinSentence } from "./dom.js";
import { gapLetters, LACKING } from "./gaps.js";
import { listCell, OUTSIDE_SCOPE, NOT_REPORTED } from "./count.js";

/** @typedef {import("./types.js").Model} Model */

const HEAT_STEPS = 7;
const WRITTEN_INSIDE = { 1: 14, 2: 19, 3: 27, 4: 35 }; // px a bubble needs to hold a number of so many digits
const MOSAIC_LARGEST = 9;
const SVG = "http://www.w3.org/2000/svg";

/**
 * How segments share a cell: each has a place of its own, the same in every cell.
 * @param {number} n
 * @returns {{across: number, down: number}}
 */
export function placesFor(n) {
  const across = n <= 3 ? Math.max(n, 1) : n === 4 ? 2 : n <= 6 ? 3 : 4;
  return { across, down: Math.ceil(Math.max(n, 1) / across) };
}

/** The largest numbers of each counting, found once. @type {WeakMap<object, {segment: number, cell: number}>} */
const largestOf = new WeakMap();

/**
 * What a drawing needs to know of the whole map: the largest counts, which set the scales.
 * @param {Model} model
 */
export function scaleOf({ counts }) {
  let largest = largestOf.get(counts);
  if (!largest) {
    const most = (/** @type {Uint32Array} */ numbers) => numbers.reduce((a, b) => (b > a ? b : a), 1);
    largest = { segment: most(counts.segments), cell: most(counts.cells) };
    largestOf.set(counts, largest);
  }
  return largest;
}

/**
 * Draws cells: `paint(cell, r, c)` gives the cell its state as a class, and the box in it its marks.
 * @param {Model} model
 * @param {{largest: {segment: number, cell: number}, width: number, height: number}} size
 *   `width` and `height` of a cell in px
 */
export function createPainter(model, size) {
  const S = model.segments.items.length;
  const { across, down } = placesFor(S);
  const most = Math.min(size.width / across, size.height / down) - 2;
  const C = model.column.items.length;
  const { style } = model.state;
  const square = mosaicSquare(size);

  /** @param {HTMLElement} cell @param {number} r @param {number} c */
  function paint(cell, r, c) {
    const i = r * C + c;
    const n = model.counts.cells[i];
    setClass(cell, cellClass(model, i, style === "heat" ? heatStep(n, size.largest.cell) : 0));
    const box = boxOf(cell);
    setClass(box, `ma-in ma-in-${n ? style : "none"}`);
    if (n && style === "bubbles") paintBubbles(box, i);
    else if (n && style === "mosaic") box.replaceChildren(drawMosaic(model, r, c, square));
    else if (n && style === "numbers") box.replaceChildren(...numbersOf(model, i));
    else if (n && style === "heat") box.textContent = groupDigits(n);
    else if (style === "gaps" && (n || model.gaps?.[i])) box.replaceChildren(...gapsOfCell(model, i));
    else box.textContent = model.states[i] === OUTSIDE_SCOPE ? "×" : "";
  }

  /** Bubbles that are there are used again: a filter changes thousands at once. @param {HTMLElement} box @param {number} i */
  function paintBubbles(box, i) {
    if (box.firstElementChild?.tagName !== "I") box.replaceChildren();
    const bubbles = /** @type {HTMLCollectionOf<HTMLElement>} */ (box.children);
    let used = 0;
    for (let s = 0; s < S; s++) {
      const n = model.counts.segments[i * S + s];
      if (!n) continue;
      const bubble = bubbles[used++] ?? box.appendChild(document.createElement("i"));
      drawBubble(bubble, s, n, bubbleDiameter(n, size.largest.segment, most));
    }
    while (bubbles.length > used) box.lastChild?.remove();
  }

  return { paint, say: (/** @type {number} */ r, /** @type {number} */ c) => sayCell(model, r, c) };
}

/** The box for the marks of a cell: it stays, so that a change of marks is no change of the table. @param {HTMLElement} cell */
export function boxOf(cell) {
  const box = /** @type {HTMLElement | null} */ (cell.firstElementChild);
  return box ?? cell.appendChild(h("span", { class: "ma-in", "aria-hidden": "true" }));
}

/** Takes the marks out of a cell that nobody sees. @param {HTMLElement} cell */
export function clearCell(cell) {
  setClass(cell, "ma-cell");
  cell.firstElementChild?.replaceChildren();
}

/** @param {Element} element @param {string} name */
function setClass(element, name) {
  if (element.className !== name) element.className = name;
}

/** @param {Model} model @param {number} i @param {number} heat the step of its shade; 0 for none */
function cellClass(model, i, heat) {
  const n = model.counts.cells[i];
  const state = model.states[i];
  let name = "ma-cell";
  if (state === NOT_REPORTED) name += " ma-unreported";
  if (!n && model.allCounts.cells[i]) name += " ma-filtered";
  else if (!n && state !== NOT_REPORTED) name += state === OUTSIDE_SCOPE ? " ma-outside" : " ma-none";
  if (n && heat) name += ` ma-heat-${heat}`;
  if (n && model.counts.coCoded[i] === n) name += " ma-co-coded";
  if (model.gaps && model.gaps[i] & LACKING) name += " ma-has-gap";
  return name;
}

/** The number of a cell, and those of its segments below. @param {Model} model @param {number} i */
function numbersOf(model, i) {
  const S = model.segments.items.length;
  const parts = [];
  for (let s = 0; s < S && S > 1; s++) {
    const part = model.counts.segments[i * S + s];
    if (part) parts.push(h("i", { class: `ma-part ma-seg-${s}` }, groupDigits(part)));
  }
  const number = h("b", {}, groupDigits(model.counts.cells[i]));
  return parts.length ? [number, h("span", { class: "ma-parts" }, ...parts)] : [number];
}

/** The number of a cell and the letters of its kinds of gap. @param {Model} model @param {number} i */
function gapsOfCell(model, i) {
  const n = model.counts.cells[i];
  const flags = model.gaps ? model.gaps[i] : 0;
  const letters = gapLetters(flags).map((letter) => h("i", { class: letter.startsWith("+") ? "ma-gap-more" : `ma-gap ma-gap-${letter.toLowerCase()}` }, letter));
  const parts = n ? [h("span", { class: "ma-faint" }, groupDigits(n))] : [];
  return letters.length ? [...parts, h("span", { class: "ma-gap-marks" }, ...letters)] : parts;
}

/**
 * Diameter in px, so that the area is true to the number, to the pixel of the screen: a part of one would make an oval.
 * @param {number} n
 * @param {number} largest
 * @param {number} most
 */
export function bubbleDiameter(n, largest, most) {
  const pixels = window.devicePixelRatio || 1;
  return Math.max(1, Math.round(most * Math.sqrt(n / largest) * pixels)) / pixels;
}

/**
 * @param {HTMLElement} bubble
 * @param {number} s
 * @param {number} n
 * @param {number} diameter
 */
export function drawBubble(bubble, s, n, diameter) {
  const digits = /** @type {1 | 2 | 3 | 4} */ (Math.min(String(n).length, 4));
  const inside = diameter >= WRITTEN_INSIDE[digits];
  const name = `ma-bubble ma-at-${s} ma-seg-${s}${inside ? "" : " ma-beside"}`;
  if (bubble.className !== name) bubble.className = name;
  const text = String(n);
  if (bubble.textContent !== text) bubble.textContent = text;
  bubble.style.setProperty("--d", `${diameter}px`);
}

/** @param {number} n @param {number} largest */
export function heatStep(n, largest) {
  return Math.min(HEAT_STEPS, 1 + Math.floor((HEAT_STEPS * Math.sqrt(n - 1)) / Math.sqrt(Math.max(largest - 1, 1) + 0.001)));
}

// --- mosaic ---

/**
 * The side of the squares that lets the fullest cell be drawn.
 * @param {{largest: {cell: number}, width: number, height: number}} size
 */
function mosaicSquare({ largest, width, height }) {
  const [w, tall] = [width - 8, height - 8];
  let side = MOSAIC_LARGEST;
  while (side > 2 && Math.floor(w / (side + 1)) * Math.floor(tall / (side + 1)) < largest.cell) side -= 0.5;
  const columns = Math.max(1, Math.floor(w / (side + 1)));
  const room = columns * Math.max(1, Math.floor(tall / (side + 1)));
  return { side, columns, worth: Math.max(1, Math.ceil(largest.cell / room)) };
}

/**
 * How many studies a square of the mosaic stands for: one, unless the fullest cell has no room.
 * @param {{largest: {segment: number, cell: number}, width: number, height: number}} size
 */
export function mosaicWorth(size) {
  return mosaicSquare(size).worth;
}

/**
 * One square a study, in the order of segments; a study of two segments has a corner in the colour of the second.
 * @param {Model} model
 * @param {number} r
 * @param {number} c
 * @param {{side: number, columns: number, worth: number}} square
 */
function drawMosaic(model, r, c, { side, columns, worth }) {
  const masks = listCell(model.placed, r, c, model.bits).masks;
  const sorted = [...masks].sort((a, b) => lowestBit(a) - lowestBit(b) || a - b).filter((_, i) => i % worth === 0);
  /** @type {Map<number, string[]>} */
  const paths = new Map();
  const draw = (/** @type {number} */ s, /** @type {string} */ path) => paths.set(s, [...(paths.get(s) ?? []), path]);
  sorted.forEach((mask, i) => {
    const x = (i % columns) * (side + 1), y = Math.floor(i / columns) * (side + 1);
    const first = lowestBit(mask);
    const rest = mask & ~(1 << first);
    draw(first, `M${x} ${y}h${side}v${side}h-${side}z`);
    if (rest) draw(lowestBit(rest), `M${x + side} ${y}v${side}h-${side}z`);
  });
  const height = Math.ceil(sorted.length / columns) * (side + 1);
  const picture = document.createElementNS(SVG, "svg");
  for (const [name, value] of Object.entries({ class: "ma-mosaic", width: Math.min(columns, sorted.length) * (side + 1), height, "aria-hidden": "true" })) {
    picture.setAttribute(name, String(value));
  }
  for (const [s, parts] of [...paths].sort((a, b) => a[0] - b[0])) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("class", `ma-fill ma-seg-${s}`);
    path.setAttribute("d", parts.join(""));
    picture.append(path);
  }
  return picture;
}

/** @param {number} mask */
function lowestBit(mask) {
  return 31 - Math.clz32(mask & -mask);
}

// --- words ---

/**
 * "8 systematic reviews", or "Systematic review: 8" where the codebook has no plural.
 * @param {import("./types.js").Segment} segment
 * @param {number} n
 */
export function saySegment(segment, n) {
  if (n === 1 && segment.plural) return `1 ${withinSentence(segment.label)}`;
  return segment.plural ? `${groupDigits(n)} ${segment.plural}` : `${segment.label}: ${groupDigits(n)}`;
}

/**
 * The parts of a cell or margin: "8 reviews", "14 trials".
 * @param {Model} model
 * @param {Uint32Array} counts
 * @param {number} at
 * @returns {string[]}
 */
export function saySegments(model, counts, at) {
  const { items } = model.segments;
  if (items.length < 2) return [];
  return items.map((segment, s) => (counts[at * items.length + s] ? saySegment(segment, counts[at * items.length + s]) : "")).filter(Boolean);
}

/**
 * All that a cell says: "Emotional assistance by Symptoms and distress: 24 studies: 8 reviews, 14 trials".
 * @param {Model} model
 * @param {number} r
 * @param {number} c
 */
export function sayCell(model, r, c) {
  const i = r * model.column.items.length + c;
  const name = `${model.row.items[r].label} by ${model.column.items[c].label}`;
  return [`${name}: ${sayNumber(model, i)}`, ...notesOf(model, i)].join("; ");
}

/**
 * The number of a cell in words, or why there is none: that filters leave nothing is not to say that nothing was found.
 * @param {Model} model
 * @param {number} i
 */
export function sayNumber(model, i) {
  const n = model.counts.cells[i];
  if (n) {
    const parts = saySegments(model, model.counts.segments, i);
    return parts.length ? `${countOf(n)}: ${parts.join(", ")}` : countOf(n);
  }
  const all = model.allCounts.cells[i];
  if (all) return all === 1 ? "its one study does not pass the filters" : `none of ${groupDigits(all)} studies passes the filters`;
  if (model.states[i] === OUTSIDE_SCOPE) return "outside the scope, not looked for";
  return model.states[i] === NOT_REPORTED ? "no study, and no gap" : "no study found";
}

/**
 * What else is to be said of a cell: co-coded pairs, kinds of gap.
 * @param {Model} model
 * @param {number} i
 * @returns {string[]}
 */
export function notesOf(model, i) {
  const n = model.counts.cells[i];
  const notes = [];
  if (n && model.counts.coCoded[i] === n) notes.push("co-coded");
  const flags = model.gaps ? model.gaps[i] : 0;
  const kinds = flags ? model.data.payload.gaps.rules.filter(([flag]) => flags & flag).map(([, label]) => withinSentence(label)) : [];
  const among = model.nShown < model.data.nStudies && kinds.length ? [`among the ${countOf(model.nShown)} shown`] : [];
  return [...notes, ...kinds, ...among];
}
