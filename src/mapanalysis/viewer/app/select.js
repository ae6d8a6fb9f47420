// Filters: which studies pass, how many a tick would leave, and what is on in words.

import { allBits, hasBit, itemsOf, listBits, noBits } from "./data.js";
import { countOf, joinWords } from "./dom.js";

/** @typedef {import("./types.js").Data} Data */
/** @typedef {import("./types.js").Dimension} Dimension */
/** @typedef {{filters: Record<string, string[]>, years: [number, number] | null, words: string}} Wanted */
/** @typedef {{dimension: Dimension | null, bits: Uint32Array}} Part   The studies that pass one filter. */
/**
 * @typedef {{texts: string[], labels: string[][], last: {words: string, bits: Uint32Array} | null}} WordIndex
 *   `texts`: per study, read so far; `labels`: per dimension and code; both folded.
 */

const IDLE_SLICE = 8; // ms
const APOSTROPHES = /['’ʼ]/g;
const ACCENTS = /\p{M}+/gu;
const NO_ACCENT_BUT_ALIKE = /[øłđðħıæœþ]/g;
const ALIKE = new Map(Object.entries({ ø: "o", ł: "l", đ: "d", ð: "d", ħ: "h", ı: "i", æ: "ae", œ: "oe", þ: "th" }));
const WRITTEN_WITHOUT_SPACES =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/gu;
/** Anything between words but a single space, which stays. */
const BETWEEN_WORDS = / *[^\p{L}\p{N} ][^\p{L}\p{N}]*| {2,}/gu;
const NOT_ASCII = /[^\x00-\x7f]/;
/** No phrase runs from one field into the next. */
const NEXT_FIELD = " \n ";
/** @type {WeakMap<Data, WordIndex>} */
const wordIndexes = new WeakMap();

// --- studies ---

/**
 * The studies that pass every filter. The codes of one dimension are alternatives, and a code means itself or anything below.
 * A range of years lets pass what has a report in it; all words must occur (`parseWords` says how).
 * @param {Data} data
 * @param {Wanted} wanted
 * @returns {Uint32Array}
 */
export function selectStudies(data, wanted) {
  return intersect(data, partsOf(data, wanted));
}

/**
 * Per dimension and code: the studies with the code or one below it that pass all filters but those of the dimension itself.
 * @param {Data} data
 * @param {Wanted} wanted
 * @returns {Uint32Array[]}
 */
export function facetsOf(data, wanted) {
  const parts = partsOf(data, wanted);
  const passing = intersect(data, parts);
  return data.dimensions.map((dimension, at) => {
    const others = parts.filter((part) => part.dimension !== dimension);
    const bits = others.length === parts.length ? passing : intersect(data, others);
    const { start, item } = data.studiesWith[at];
    const counts = new Uint32Array(dimension.codes.length);
    for (let code = 0; code < counts.length; code += 1) {
      let n = 0;
      for (let i = start[code]; i < start[code + 1]; i += 1) n += (bits[item[i] >>> 5] >>> (item[i] & 31)) & 1;
      counts[code] = n;
    }
    return counts;
  });
}

/**
 * The filters in words; "" when there is none.
 * @param {Data} data
 * @param {Wanted} wanted
 */
export function sayFilters(data, { filters, years, words }) {
  const clauses = data.dimensions.flatMap((dimension) => {
    const labels = positionsOf(dimension, filters[dimension.id]).map((code) => dimension.codes[code].label);
    return labels.length ? [`${dimension.label}: ${joinWords(labels, "or")}`] : [];
  });
  if (years) {
    const [from, to] = years;
    const n = data.nWithoutYear;
    const without = n ? ` (${countOf(n)} without a year ${n === 1 ? "is" : "are"} left out)` : "";
    clauses.push(`a report from ${from === to ? from : `${from} to ${to}`}${without}`);
  }
  const sought = parseWords(words).map(({ text }) => `“${text}”`);
  if (sought.length) clauses.push(`${joinWords(sought)} in the title, authors, summary or codes`);
  return clauses.join("; and ");
}

/**
 * @param {Data} data
 * @param {Wanted} wanted
 * @returns {Part[]}
 */
function partsOf(data, { filters, years, words }) {
  /** @type {Part[]} */
  const parts = [];
  for (const dimension of data.dimensions) {
    const codes = positionsOf(dimension, filters[dimension.id]);
    if (codes.length) parts.push({ dimension, bits: studiesWithAny(data, dimension, codes) });
  }
  if (years) parts.push({ dimension: null, bits: studiesOfYears(data, years) });
  if (words) parts.push({ dimension: null, bits: searchWords(data, words) });
  return parts;
}

/**
 * @param {Dimension} dimension
 * @param {unknown} ids   may be what an object has by nature, where the id of the dimension is "constructor"
 * @returns {number[]}
 */
function positionsOf({ byId }, ids) {
  if (!Array.isArray(ids)) return [];
  return ids.map((id) => byId.get(id) ?? -1).filter((code) => code >= 0);
}

/**
 * @param {Data} data
 * @param {Part[]} parts
 */
function intersect(data, parts) {
  const bits = allBits(data.nStudies);
  for (const part of parts) {
    for (let at = 0; at < bits.length; at += 1) bits[at] &= part.bits[at];
  }
  return bits;
}

/**
 * @param {Data} data
 * @param {Dimension} dimension
 * @param {number[]} codes
 */
function studiesWithAny(data, dimension, codes) {
  const bits = noBits(data.nStudies);
  for (const code of codes) {
    for (const study of itemsOf(data.studiesWith[dimension.index], code)) bits[study >>> 5] |= 1 << (study & 31);
  }
  return bits;
}

/**
 * @param {Data} data
 * @param {[number, number]} years
 */
function studiesOfYears(data, [from, to]) {
  const bits = noBits(data.nStudies);
  const { start, item } = data.contexts.years;
  for (let study = 0; study < data.nStudies; study += 1) {
    for (let at = start[study]; at < start[study + 1]; at += 1) {
      if (item[at] >= from && item[at] <= to) bits[study >>> 5] |= 1 << (study & 31);
    }
  }
  return bits;
}

// --- words ---

/**
 * What is sought: each word must begin a word of a study; what stands in quotation marks must occur as it is, whole words.
 * Case, accents and punctuation make no difference.
 * @param {string} words
 * @returns {{text: string, needle: string}[]}
 */
export function parseWords(words) {
  const found = [];
  for (const [all, quoted, end] of words.replace(/[“”„«»]/g, '"').matchAll(/"([^"]*)("|$)|[^\s"]+/g)) {
    const text = (quoted ?? all).trim();
    const folded = foldText(text);
    if (folded) found.push({ text, needle: ` ${folded}${end ? " " : ""}` });
  }
  return found;
}

/**
 * Reads the texts of all studies while the browser has nothing else to do, so that the first search need not.
 * @param {Data} data
 */
export function warmWords(data) {
  const wait = (/** @type {() => void} */ step) => {
    if (typeof requestIdleCallback === "function") requestIdleCallback(step);
    else setTimeout(step, 4 * IDLE_SLICE);
  };
  let study = 0;
  const step = () => {
    const until = performance.now() + IDLE_SLICE;
    while (study < data.nStudies && performance.now() < until) textOf(data, study++);
    if (study < data.nStudies) wait(step);
  };
  wait(step);
}

/**
 * The studies in which all words occur: in a title, the authors, a summary, or the label of a code it has or of one above.
 * @param {Data} data
 * @param {string} words
 */
function searchWords(data, words) {
  const index = indexWords(data);
  if (index.last?.words === words) return index.last.bits;
  let bits = allBits(data.nStudies);
  for (const { needle } of parseWords(words)) {
    const found = studiesLabelled(data, index, needle);
    for (const study of listBits(bits)) {
      if (!hasBit(found, study) && textOf(data, study).includes(needle)) found[study >>> 5] |= 1 << (study & 31);
    }
    bits = bits.map((word, at) => word & found[at]);
  }
  index.last = { words, bits };
  return bits;
}

/**
 * @param {Data} data
 * @param {WordIndex} index
 * @param {string} needle
 */
function studiesLabelled(data, index, needle) {
  const bits = noBits(data.nStudies);
  data.dimensions.forEach((dimension, at) => {
    const codes = dimension.codes.filter((code) => index.labels[at][code.index].includes(needle));
    const found = studiesWithAny(data, dimension, codes.map((code) => code.index));
    for (let word = 0; word < bits.length; word += 1) bits[word] |= found[word];
  });
  return bits;
}

/**
 * @param {Data} data
 * @returns {WordIndex}
 */
function indexWords(data) {
  let index = wordIndexes.get(data);
  if (!index) {
    // "Not reported" says nothing of a study: a search for "report" would find them all.
    const labels = data.dimensions.map(({ codes, notReported }) =>
      codes.map((code) => (code.index === notReported ? "" : ` ${foldText(code.label)} `)),
    );
    index = { texts: [], labels, last: null };
    wordIndexes.set(data, index);
  }
  return index;
}

/**
 * What can be searched of a study beside its codes, folded.
 * @param {Data} data
 * @param {number} study
 */
function textOf(data, study) {
  const { texts } = indexWords(data);
  if (texts[study] !== undefined) return texts[study];
  const { reports, studies } = data.payload;
  const fields = [studies.label?.[study] ?? ""];
  for (const report of itemsOf(data.contexts.reports, study)) {
    for (const column of [reports.title, reports.authors, reports.summary]) fields.push(column?.[report] ?? "");
  }
  texts[study] = ` ${fields.map(foldText).join(NEXT_FIELD)} `;
  return texts[study];
}

/**
 * Words in lower case with single spaces between them, without accents and punctuation.
 * @param {string} text
 */
export function foldText(text) {
  let folded = text.toLowerCase().replace(APOSTROPHES, "");
  if (NOT_ASCII.test(folded)) {
    folded = folded
      .replace(/ß/g, "ss")
      .normalize("NFKD")
      .toLowerCase()
      .replace(ACCENTS, "")
      .replace(NO_ACCENT_BUT_ALIKE, (letter) => ALIKE.get(letter) ?? letter)
      .replace(WRITTEN_WITHOUT_SPACES, " $& ");
  }
  return folded.replace(BETWEEN_WORDS, " ").trim();
}
