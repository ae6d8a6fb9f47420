// Gaps: cells below a stated rule, among the studies shown. The rules are those of docs/method.md, "Gaps".

import { buildSegments, NOT_REPORTED, OUTSIDE_SCOPE, place, statesOf } from "./count.js";
import { listBits } from "./data.js";

/** @typedef {import("./types.js").Axis} Axis */
/** @typedef {import("./types.js").Data} Data */
/** @typedef {import("./types.js").GapSettings} GapSettings */
/** @typedef {import("./types.js").Placed} Placed */
/** @typedef {import("./types.js").Segments} Segments */

export const ABSOLUTE = 1;
export const SYNTHESIS = 2;
export const ECONOMIC = 4;
export const OUT_OF_DATE = 8;
// Types of study, as bits of the segments; without a dimension of types every study is primary.
const PRIMARY_TYPE = 1;
const REVIEW_TYPE = 2;
const ECONOMIC_TYPE = 4;
/** Before any year: a cell in which no year is known. */
const NO_YEAR = -1e6;
/** What does not depend on the studies shown: row axis → the last grid made with it. */
const gridsByRow = new WeakMap();

/**
 * The kinds of gap of each cell, as flags, among the studies in `bits`. What is not reported or outside the scope is none.
 * @param {Data} data
 * @param {Axis} row
 * @param {Axis} column
 * @param {Uint32Array} bits
 * @param {GapSettings} rules
 * @returns {Uint8Array}
 */
export function gapsOf(data, row, column, bits, rules) {
  const { placed, states } = gridByType(data, row, column, rules);
  const cells = describeCells(placed, bits);
  const recentReview = rules.referenceYear - rules.recentReviewYears;
  const recent = rules.referenceYear - rules.outOfDateYears;
  const fewestPrimary = Math.max(rules.minimumPrimaryStudies, 1);
  return states.map((state, cell) => {
    const n = cells.n[cell];
    if (state === NOT_REPORTED || (state === OUTSIDE_SCOPE && !n)) return 0;
    let kinds = n < rules.minimumStudies ? ABSOLUTE : 0;
    const lacksReview = cells.nPrimary[cell] >= fewestPrimary && cells.newestReview[cell] < recentReview;
    if (rules.review && lacksReview) kinds |= SYNTHESIS;
    const hasEffectStudies = n > 0 && cells.nEffectiveness[cell] >= rules.minimumEffectivenessStudies;
    if (rules.economic && hasEffectStudies && !cells.nEconomic[cell]) kinds |= ECONOMIC;
    if (cells.newest[cell] > NO_YEAR && cells.newest[cell] < recent) kinds |= OUT_OF_DATE;
    return kinds;
  });
}

/**
 * The kinds of gap that are looked for, each with its rule in words.
 * @param {GapSettings} rules
 */
export function gapRules(rules) {
  const { referenceYear, minimumStudies, minimumPrimaryStudies, minimumEffectivenessStudies } = rules;
  const few = minimumStudies === 1 ? "no study" : `fewer than ${minimumStudies} studies`;
  const many = minimumEffectivenessStudies === 1 ? "study" : "studies";
  const kinds = [
    { flag: ABSOLUTE, letter: "A", label: "Absolute gap", rule: `${few} of any type` },
    {
      flag: SYNTHESIS,
      letter: "S",
      label: "Synthesis gap",
      rule:
        `at least ${minimumPrimaryStudies} primary studies, and no review known to be from ` +
        `${referenceYear - rules.recentReviewYears} or later`,
    },
    {
      flag: ECONOMIC,
      letter: "E",
      label: "Economic gap",
      rule: `at least ${minimumEffectivenessStudies} ${many} of effectiveness, and no economic evaluation`,
    },
    {
      flag: OUT_OF_DATE,
      letter: "O",
      label: "Out of date",
      rule: `studies, and the latest report with a year is from before ${referenceYear - rules.outOfDateYears}`,
    },
  ];
  return kinds.filter(({ flag }) => (flag !== SYNTHESIS || rules.review) && (flag !== ECONOMIC || rules.economic));
}

/**
 * The map divided by what the rules ask for, and its states; kept, as filters change neither.
 * @param {Data} data
 * @param {Axis} row
 * @param {Axis} column
 * @param {GapSettings} rules
 * @returns {{placed: Placed, states: Uint8Array}}
 */
function gridByType(data, row, column, rules) {
  const known = gridsByRow.get(row);
  if (known && known.column === column && known.rules === rules) return known;
  const types = typesOf(data, rules);
  const grid = { column, rules, placed: place(data, row, column, types), states: statesOf(data, row, column, types) };
  gridsByRow.set(row, grid);
  return grid;
}

/**
 * Segments that tell reviews and economic evaluations from all other types.
 * @param {Data} data
 * @param {GapSettings} rules
 * @returns {Segments}
 */
function typesOf(data, rules) {
  const dimension = data.byId.get(rules.typeDimension) ?? null;
  const types = buildSegments(data, null);
  if (!dimension) return types;
  const position = new Int32Array(dimension.codes.length);
  for (const [id, type] of [[rules.review, REVIEW_TYPE], [rules.economic, ECONOMIC_TYPE]]) {
    const code = dimension.codes[dimension.byId.get(String(id)) ?? -1];
    if (code) position.fill(Math.log2(Number(type)), code.index, code.end);
  }
  return { ...types, dimension, position };
}

/**
 * What the rules look at, per cell, among the studies in `bits`. A study of two types counts for each.
 * @param {Placed} placed
 * @param {Uint32Array} bits
 */
function describeCells({ data, cells }, bits) {
  const counts = () => new Uint32Array(cells.nPlaces);
  const years = () => new Int32Array(cells.nPlaces).fill(NO_YEAR);
  const [n, nPrimary, nEconomic, nEffectiveness] = [counts(), counts(), counts(), counts()];
  const [newest, newestReview] = [years(), years()];
  const lastYear = data.payload.studies.lastYear ?? [];
  for (const study of listBits(bits)) {
    const year = lastYear[study] ?? NO_YEAR;
    for (let at = cells.start[study]; at < cells.start[study + 1]; at += 1) {
      const cell = cells.place[at];
      const types = cells.mask[at];
      n[cell] += 1;
      if (types & PRIMARY_TYPE) nPrimary[cell] += 1;
      if (types & ECONOMIC_TYPE) nEconomic[cell] += 1;
      if (types & (PRIMARY_TYPE | REVIEW_TYPE)) nEffectiveness[cell] += 1;
      if (year > newest[cell]) newest[cell] = year;
      if (types & REVIEW_TYPE && year > newestReview[cell]) newestReview[cell] = year;
    }
  }
  return { n, nPrimary, nEconomic, nEffectiveness, newest, newestReview };
}
