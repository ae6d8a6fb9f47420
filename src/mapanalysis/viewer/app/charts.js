// Three small charts of the studies shown: by year, by type of evidence, by country.

import { buildSegments } from "./count.js";
import { countOf, groupDigits, h, setText, withinSentence } from "./dom.js";

/**
 * @typedef {import("./types.js").App} App
 * @typedef {import("./types.js").Data} Data
 * @typedef {import("./types.js").Dimension} Dimension
 * @typedef {import("./types.js").Model} Model
 * @typedef {import("./types.js").Segments} Segments
 * @typedef {import("./types.js").View} View
 *
 * @typedef {{element: HTMLElement, draw: (model: Model) => void}} Chart
 * @typedef {{label: string, n: number, kind?: string}} Bar
 */

const MOST_COUNTRIES = 10;
const MOST_COLUMNS = 14;
const YEAR_STEPS = [1, 2, 5, 10, 20, 50, 100];

/**
 * Below the map, and drawn only while they are in sight.
 * @param {App} app
 * @returns {View}
 */
export function createCharts(app) {
  const charts = [yearChart(app.data), typeChart(app.data), countryChart(app.data)].filter((chart) => chart !== null);
  const element = h("section", { class: "ma-charts", "aria-label": "Charts of the studies shown" }, ...charts.map((chart) => chart.element));
  /** @type {Model | null} */
  let waiting = null;
  let isInSight = false;

  function drawInSight() {
    if (!waiting || !isInSight) return;
    for (const chart of charts) chart.draw(waiting);
    waiting = null;
  }
  const watcher = new IntersectionObserver(
    (entries) => {
      isInSight = entries[entries.length - 1].isIntersecting;
      drawInSight();
    },
    { rootMargin: "200px" },
  );
  watcher.observe(element);

  /**
   * @param {Model} model
   * @param {Model | null} before
   */
  function update(model, before) {
    if (before && !waiting && before.bits === model.bits && before.segments === model.segments) return;
    waiting = model;
    isInSight ||= before === null; // at first wherever they are: their headings belong to the page
    drawInSight();
  }
  return { element, update };
}

/**
 * @param {string} title
 * @param {string} kind
 */
function makeChart(title, kind) {
  const bars = h("ul", { class: `ma-bars ${kind}` });
  const note = h("p", { class: "ma-chart-note ma-small ma-quiet" });
  const element = h("figure", { class: "ma-chart" }, h("figcaption", {}, h("h3", {}, title)), bars, note);
  return { element, bars, note };
}

/**
 * Draws bars against the longest of them. What is read aloud is the label and the number.
 * @param {HTMLElement} list
 * @param {Bar[]} bars
 */
function drawBars(list, bars) {
  const most = Math.max(1, ...bars.map((bar) => bar.n));
  const known = /** @type {HTMLElement[]} */ ([...list.children]);
  bars.forEach((bar, at) => {
    const item = known[at] ?? list.appendChild(emptyBar());
    const [label, , line, number] = /** @type {HTMLElement[]} */ ([...item.children]);
    setText(label, bar.label);
    setText(number, groupDigits(bar.n));
    line.style.setProperty("--ma-share", String(bar.n / most));
    item.className = `ma-bar ${bar.kind ?? ""} ${bar.n ? "" : "ma-bar-none"}`;
  });
  for (const extra of known.slice(bars.length)) extra.remove();
}

function emptyBar() {
  const colon = h("span", { class: "ma-hidden-words" }, ": ");
  return h("li", {}, h("span", { class: "ma-bar-label" }), colon, h("span", { class: "ma-bar-line", "aria-hidden": "true" }), h("b", { class: "ma-bar-number" }));
}

/**
 * "Without a year: 3 studies.", for what no bar shows.
 * @param {Record<string, number>} rest
 */
function sayRest(rest) {
  const known = Object.entries(rest).filter(([, n]) => n);
  return known.map(([what, n]) => `${what}: ${countOf(n)}.`).join(" ");
}

// --- by year ---

/**
 * The years of all studies make the bars, so that they stay in place while filters change.
 * @param {Data} data
 * @returns {Chart | null}
 */
function yearChart(data) {
  /** @type {(number | null)[]} */
  const years = data.payload.studies.year ?? [];
  const known = years.filter((year) => year !== null);
  if (!known.length) return null;
  const first = known.reduce((least, year) => Math.min(least, year));
  const last = known.reduce((most, year) => Math.max(most, year));
  const step = YEAR_STEPS.find((width) => Math.floor(last / width) - Math.floor(first / width) < MOST_COLUMNS) ?? last - first + 1;
  const from = Math.floor(first / step) * step;
  const nBars = Math.floor((last - from) / step) + 1;
  const chart = makeChart("Studies by year of the first report", "ma-columns");
  chart.element.classList.toggle("ma-crowded", nBars > 6);

  /** @param {Model} model */
  function draw(model) {
    const counts = new Uint32Array(nBars);
    let without = 0;
    for (const study of model.shown()) {
      const year = years[study];
      if (year === null || year === undefined) without += 1;
      else counts[Math.floor((year - from) / step)] += 1;
    }
    const bars = Array.from(counts, (n, at) => ({ label: yearsOfBar(from + at * step, step, first, last), n }));
    drawBars(chart.bars, bars);
    setText(chart.note, sayRest({ "Without a year": without }));
  }
  return { element: chart.element, draw };
}

/**
 * "2021", or "2020–2024" where a bar holds several years; the ends are those that studies have.
 * @param {number} start
 * @param {number} step
 * @param {number} first
 * @param {number} last
 */
function yearsOfBar(start, step, first, last) {
  const from = Math.max(start, first);
  const to = Math.min(start + step - 1, last);
  return from === to ? String(from) : `${from}–\u200b${to}`; // may break behind the dash
}

// --- by type of evidence ---

/**
 * By what the map is divided by; where it is undivided, by what it is by custom.
 * @param {Data} data
 * @returns {Chart | null}
 */
function typeChart(data) {
  const custom = data.byId.get(data.payload.view.segment) ?? null;
  const usual = custom && buildSegments(data, custom);
  const chart = makeChart("", "");
  const title = /** @type {HTMLElement} */ (chart.element.querySelector("h3"));

  /** @param {Model} model */
  function draw(model) {
    const segments = model.segments.dimension ? model.segments : usual;
    chart.element.hidden = !segments?.dimension;
    if (!segments?.dimension) return;
    const { counts, without, several } = countByType(model, segments);
    setText(title, `Studies by ${withinSentence(segments.dimension.label)}`);
    drawBars(chart.bars, segments.items.map((segment, s) => ({ label: segment.label, n: counts[s], kind: `ma-seg-${s}` })));
    setText(chart.note, sayRest({ "In more than one": several, "Not coded": without }));
  }
  return { element: chart.element, draw };
}

/**
 * Distinct studies of each segment, placed on the map or not.
 * @param {Model} model
 * @param {Segments} segments
 */
function countByType(model, segments) {
  const { start, item } = model.data.codesOf[/** @type {Dimension} */ (segments.dimension).index];
  const counts = new Uint32Array(segments.items.length);
  let without = 0;
  let several = 0;
  for (const study of model.shown()) {
    let mask = 0;
    for (let at = start[study]; at < start[study + 1]; at += 1) mask |= 1 << segments.position[item[at]];
    if (!mask) without += 1;
    if (mask & (mask - 1)) several += 1;
    for (let left = mask; left; left &= left - 1) counts[31 - Math.clz32(left & -left)] += 1;
  }
  return { counts, without, several };
}

// --- by country ---

/**
 * The commonest as bars, the others in words behind them.
 * @param {Data} data
 * @returns {Chart | null}
 */
function countryChart(data) {
  const dimension = data.byId.get(data.payload.view.country);
  if (!dimension) return null;
  const chart = makeChart("Studies by country", "");
  const summary = h("summary", {});
  const others = h("p", { class: "ma-small ma-quiet" });
  const details = h("details", { class: "ma-other-countries ma-small", hidden: true }, summary, others);
  chart.element.insertBefore(details, chart.note);

  /** @param {Model} model */
  function draw(model) {
    const { counts, without, several } = countByCode(model, /** @type {Dimension} */ (dimension));
    const unsaid = dimension && dimension.notReported >= 0 ? counts[dimension.notReported] : 0;
    const ranked = rankedCodes(/** @type {Dimension} */ (dimension), counts);
    const rest = ranked.slice(MOST_COUNTRIES);
    drawBars(chart.bars, ranked.slice(0, MOST_COUNTRIES));
    details.hidden = !rest.length;
    setText(summary, rest.length ? `${countOf(rest.length, "more country", "more countries")} with ${numbersBetween(rest)}` : "");
    setText(others, rest.map((bar) => `${bar.label} ${groupDigits(bar.n)}`).join(", "));
    setText(chart.note, sayRest({ "In more than one": several, "Not reported": unsaid, "Not coded": without }));
  }
  return { element: chart.element, draw };
}

/**
 * @param {Model} model
 * @param {Dimension} dimension
 */
function countByCode(model, dimension) {
  const { start, item } = model.data.codesOf[dimension.index];
  const counts = new Uint32Array(dimension.codes.length);
  let without = 0;
  let several = 0;
  for (const study of model.shown()) {
    const n = start[study + 1] - start[study];
    if (n === 0) without += 1;
    if (n > 1) several += 1;
    for (let at = start[study]; at < start[study + 1]; at += 1) counts[item[at]] += 1;
  }
  return { counts, without, several };
}

/**
 * The codes that some study has, "not reported" apart, the commonest first, in the order of the codebook where they tie.
 * @param {Dimension} dimension
 * @param {Uint32Array} counts
 * @returns {Bar[]}
 */
function rankedCodes(dimension, counts) {
  const used = dimension.codes.filter((code) => counts[code.index] && code.index !== dimension.notReported);
  return used.sort((a, b) => counts[b.index] - counts[a.index] || a.index - b.index).map((code) => ({ label: code.label, n: counts[code.index] }));
}

/**
 * "1 study", "1 to 4 studies"
 * @param {Bar[]} ranked
 */
function numbersBetween(ranked) {
  const most = ranked[0].n;
  const least = ranked[ranked.length - 1].n;
  return least === most ? `${countOf(most)} each` : `${groupDigits(least)} to ${countOf(most)} each`;
}
