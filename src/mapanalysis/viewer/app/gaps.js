// Gaps: cells below a stated rule, among the studies shown. The rules are those of docs/method.md, "Gaps".

import { buildSegments, NOT_REPORTED, OUTSIDE_SCOPE, place, statesOf } from "./count.js";
import { itemsOf, listBits } from "./data.js";

/** @typedef {import("./types.js").Axis} Axis */
/** @typedef {import("./types.js").Csr} Csr */
/** @typedef {import("./types.js").Data} Data */
/** @typedef {import("./types.js").GapSettings} GapSettings */
/** @typedef {import("./types.js").Placed} Placed */
/** @typedef {import("./types.js").Segments} Segments */

/**
 * `countryOf`: code → its country as a number, -1 for none; `isHome`: code → whether it is of home; `codesOf`: study → codes.
 * @typedef {{countryOf: number[], isHome: number[], codesOf: Csr}} Countries
 */

export const ABSOLUTE = 1;
export const SYNTHESIS = 2;
export const ECONOMIC = 4;
export const OUT_OF_DATE = 8;
export const QUALITY = 16;
export const PLACE = 32;
export const REDUNDANCY = 64;
export const CLUSTER = 128;
/** The kinds that are a lack of evidence; the others are a reason to look. */
export const LACKING = ABSOLUTE | SYNTHESIS | ECONOMIC | OUT_OF_DATE | QUALITY | PLACE;
/** The letter of each kind, in their order. @type {[number, string][]} */
const LETTERS = [[ABSOLUTE, "A"], [SYNTHESIS, "S"], [ECONOMIC, "E"], [OUT_OF_DATE, "O"], [QUALITY, "Q"], [PLACE, "P"], [REDUNDANCY, "R"], [CLUSTER, "C"]];
const LETTER_OF = new Map(LETTERS);
/** How many letters a cell has room for. */
const MOST_LETTERS = 3;
// Types of study, as bits of the segments; without a dimension of types every study is primary.
const PRIMARY_TYPE = 1;
const REVIEW_TYPE = 2;
const ECONOMIC_TYPE = 4;
/** Before any year: a cell in which no year is known. */
const NO_YEAR = -1e6;
// What is known of the countries of a cell, beside the number of the only one.
const NO_COUNTRY = -1;
const SEVERAL_COUNTRIES = -2;
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
  const grid = gridByType(data, row, column, rules);
  const looksFor = rules.rules.reduce((flags, [flag]) => flags | flag, 0) & ~(grid.countries ? 0 : PLACE);
  const cells = describeCells(grid, bits, rules);
  const recentReview = rules.referenceYear - rules.recentReviewYears;
  const recent = rules.referenceYear - rules.outOfDateYears;
  const hasHome = rules.isHome.some(Boolean);
  const fewestPrimary = Math.max(rules.minimumPrimaryStudies, 1);
  return grid.states.map((state, cell) => {
    const n = cells.n[cell];
    if (state === NOT_REPORTED || (state === OUTSIDE_SCOPE && !n)) return 0;
    let kinds = n < rules.minimumStudies ? ABSOLUTE : 0;
    if (!n) return kinds & looksFor;
    if (cells.nPrimary[cell] >= fewestPrimary && cells.newestReview[cell] < recentReview) kinds |= SYNTHESIS;
    if (cells.nEffectiveness[cell] >= rules.minimumEffectivenessStudies && !cells.nEconomic[cell]) kinds |= ECONOMIC;
    if (cells.newest[cell] > NO_YEAR && cells.newest[cell] < recent) kinds |= OUT_OF_DATE;
    if (cells.nReviews[cell] && cells.nLow[cell] === cells.nReviews[cell]) kinds |= QUALITY;
    const isOnePlace = cells.country[cell] >= 0 || (hasHome && !cells.nHome[cell]);
    if (cells.nWithCountry[cell] >= rules.minimumPlaceStudies && isOnePlace) kinds |= PLACE;
    if (cells.nRecentReviews[cell] >= rules.minimumReviewsRedundant) kinds |= REDUNDANCY;
    if (cells.nNewPrimary[cell] >= rules.minimumClusterStudies) kinds |= CLUSTER;
    return kinds & looksFor;
  });
}

/**
 * The kinds of gap that are looked for, each with its name within a sentence and its rule in words.
 * @param {GapSettings} rules
 */
export function gapRules(rules) {
  return rules.rules.map(([flag, label, rule]) => ({ flag, letter: LETTER_OF.get(flag) ?? "?", label, rule }));
}

/**
 * The letters of the kinds of a cell. On screen at most three, and then how many more there are.
 * @param {number} flags
 * @param {number} [most]
 * @returns {string[]}
 */
export function gapLetters(flags, most = MOST_LETTERS) {
  const letters = LETTERS.filter(([flag]) => flags & flag).map(([, letter]) => letter);
  return letters.length <= most ? letters : [...letters.slice(0, most), `+${letters.length - most}`];
}

/**
 * The map divided by what the rules ask for, and its states; kept, as filters change neither.
 * @param {Data} data
 * @param {Axis} row
 * @param {Axis} column
 * @param {GapSettings} rules
 * @returns {{placed: Placed, states: Uint8Array, countries: Countries | null}}
 */
function gridByType(data, row, column, rules) {
  const known = gridsByRow.get(row);
  if (known && known.column === column && known.rules === rules) return known;
  const types = typesOf(data, rules);
  const countries = countriesOf(data, row, column, rules);
  const grid = { column, rules, countries, placed: place(data, row, column, types), states: statesOf(data, row, column, types) };
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
 * The countries of the studies; none where a country is a row or column, as a cell of one country is of one country.
 * @param {Data} data
 * @param {Axis} row
 * @param {Axis} column
 * @param {GapSettings} rules
 * @returns {Countries | null}
 */
function countriesOf(data, row, column, { countryDimension, countryOf, isHome }) {
  const dimension = data.byId.get(countryDimension);
  if (!dimension || dimension === row.dimension || dimension === column.dimension) return null;
  return { countryOf, isHome, codesOf: data.codesOf[dimension.index] };
}

/**
 * What the rules look at, per cell, among the studies in `bits`. A study of two types counts for each.
 * @param {{placed: Placed, countries: Countries | null}} grid
 * @param {Uint32Array} bits
 * @param {GapSettings} rules
 */
function describeCells({ placed: { data, cells }, countries }, bits, rules) {
  const counts = () => new Uint32Array(cells.nPlaces);
  const years = () => new Int32Array(cells.nPlaces).fill(NO_YEAR);
  const [n, nPrimary, nEconomic, nEffectiveness, nReviews, nLow, nRecentReviews] = Array.from({ length: 7 }, counts);
  const [newest, newestReview] = [years(), years()];
  const { lastYear = [], isLow = [] } = data.payload.studies;
  const recentReview = rules.referenceYear - rules.recentReviewYears;
  const shown = listBits(bits);
  for (const study of shown) {
    const year = lastYear[study] ?? NO_YEAR;
    for (let at = cells.start[study]; at < cells.start[study + 1]; at += 1) {
      const cell = cells.place[at];
      const types = cells.mask[at];
      n[cell] += 1;
      if (types & PRIMARY_TYPE) nPrimary[cell] += 1;
      if (types & ECONOMIC_TYPE) nEconomic[cell] += 1;
      if (types & (PRIMARY_TYPE | REVIEW_TYPE)) nEffectiveness[cell] += 1;
      if (year > newest[cell]) newest[cell] = year;
      if (!(types & REVIEW_TYPE)) continue;
      nReviews[cell] += 1;
      if (isLow[study]) nLow[cell] += 1;
      if (year >= recentReview) nRecentReviews[cell] += 1;
      if (year > newestReview[cell]) newestReview[cell] = year;
    }
  }
  const nNewPrimary = countNewPrimary({ data, cells }, shown, nReviews, newestReview);
  const places = countPlaces(cells, countries, shown);
  return { n, nPrimary, nEconomic, nEffectiveness, nReviews, nLow, nRecentReviews, newest, newestReview, nNewPrimary, ...places };
}

/**
 * Primary studies that are newer than the newest review of their cell, or that no review is beside. Beside reviews of which
 * no year is known, nothing is known to be newer.
 * @param {{data: Data, cells: any}} placed
 * @param {Int32Array} shown
 * @param {Uint32Array} nReviews
 * @param {Int32Array} newestReview
 */
function countNewPrimary({ data, cells }, shown, nReviews, newestReview) {
  const newPrimary = new Uint32Array(cells.nPlaces);
  const lastYear = data.payload.studies.lastYear ?? [];
  for (const study of shown) {
    const year = lastYear[study] ?? NO_YEAR;
    for (let at = cells.start[study]; at < cells.start[study + 1]; at += 1) {
      if (!(cells.mask[at] & PRIMARY_TYPE)) continue;
      const cell = cells.place[at];
      const isNewer = !nReviews[cell] || (newestReview[cell] > NO_YEAR && year > newestReview[cell]);
      if (isNewer) newPrimary[cell] += 1;
    }
  }
  return newPrimary;
}

/**
 * Per cell: studies that report a country, those from home, and the only country, or that there is none or several.
 * @param {any} cells
 * @param {Countries | null} countries
 * @param {Int32Array} shown
 */
function countPlaces(cells, countries, shown) {
  const [nWithCountry, nHome] = [new Uint32Array(cells.nPlaces), new Uint32Array(cells.nPlaces)];
  const country = new Int32Array(cells.nPlaces).fill(NO_COUNTRY);
  for (const study of countries ? shown : []) {
    const { countryOf, isHome, codesOf } = /** @type {Countries} */ (countries);
    const codes = itemsOf(codesOf, study).filter((code) => countryOf[code] !== NO_COUNTRY);
    if (!codes.length) continue;
    const first = countryOf[codes[0]];
    const only = codes.every((code) => countryOf[code] === first) ? first : SEVERAL_COUNTRIES;
    const home = codes.some((code) => isHome[code]) ? 1 : 0;
    for (let at = cells.start[study]; at < cells.start[study + 1]; at += 1) {
      const cell = cells.place[at];
      nWithCountry[cell] += 1;
      nHome[cell] += home;
      if (country[cell] === NO_COUNTRY) country[cell] = only;
      else if (country[cell] !== only) country[cell] = SEVERAL_COUNTRIES;
    }
  }
  return { nWithCountry, nHome, country };
}
