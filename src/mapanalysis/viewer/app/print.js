// What is printed: the matrix in numbers, and the list of the studies shown.

import { citeReport, singleLine } from "./cite.js";
import { listStudies, NOT_PLACED, NOT_REPORTED, OUTSIDE_SCOPE, whyNotPlaced } from "./count.js";
import { countOf, groupDigits, h, joinWords, withinSentence } from "./dom.js";
import { gapLetters, gapRules } from "./gaps.js";
import { sayFilters } from "./select.js";

/**
 * @typedef {import("./types.js").App} App
 * @typedef {import("./types.js").AxisItem} AxisItem
 * @typedef {import("./types.js").Model} Model
 * @typedef {import("./types.js").Study} Study
 *
 * @typedef {{items: number[], first: boolean, isTurned: boolean}} PrintBlock   Columns that stand side by side on a page.
 * @typedef {{label: string, value: (r: number) => number}} PrintMargin   A column of numbers beside the row headings.
 */

// How many columns fit across A4 at 7 pt, and labels of how many letters.
const MOST_UPRIGHT = 13;
const MOST_TURNED = 26;
const MOST_WITH_GAPS = 18;
const ALL_LETTERS = 8;
const FEWEST = 4;
const LONGEST_TURNED = 40;
const LONGEST_COLUMN = 120;
const LONGEST_ROW = 400;
// In mm: what the row headings leave to the columns, and what makes the height of their heads (as in print.css). Heads above a
// quarter of a sheet are not repeated by browsers.
const WIDTH_OF_COLUMNS = 219;
const WIDTH_OF_LETTER = 1.6;
const HEIGHT_OF_LINE = 3;
const HEIGHT_TURNED = 26;
const HIGHEST_HEAD = 45;
const ROWS_OF_FIRST_SHEET = 16;
const MOST_SEGMENT_MARGINS = 5;
// A list of more would be a book; the exports have them all.
const MOST_STUDIES = 5_000;
const DASH = "–";

/**
 * `prepare` fills `element` with what is printed of a model; it is emptied when printing is over.
 * @param {App} app
 * @returns {{element: HTMLElement, prepare: (model: Model) => void}}
 */
export function createPrint(app) {
  const element = h("div", { class: "ma-print" });

  /** @param {Model} model */
  function prepare(model) {
    const { map } = model.data.payload;
    element.replaceChildren(
      printHead(model),
      printLegend(model),
      ...cutIntoBlocks(model).map((block, at, all) => printBlock(model, block, all.length > 1 ? `Part ${at + 1} of ${all.length} of the columns` : "")),
      ...printAccounting(model),
      ...printStudies(model),
      h("footer", { class: "ma-print-foot" }, ...[map.footer, map.cite && `Cite as: ${map.cite}`, licenceLine(map)].filter(Boolean).map((line) => h("p", {}, line))),
    );
    window.addEventListener("afterprint", () => element.replaceChildren(), { once: true });
  }
  return { element, prepare };
}

/** @param {import("./types.js").MapWords} map */
function licenceLine(map) {
  return [map.licence && `Licence: ${map.licence}`, map.software && `Made with ${map.software}`].filter(Boolean).join(". ");
}

// --- head and legend ---

/** @param {Model} model */
function printHead(model) {
  const { map } = model.data.payload;
  const { nStudies } = model.data;
  const facts = [map.edition && `Edition ${map.edition}`, map.dateInWords || map.date, map.responsible].filter(Boolean);
  const filters = sayFilters(model.data, model.state);
  const shown = model.nShown === nStudies ? `All ${countOf(nStudies)}` : `${groupDigits(model.nShown)} of ${countOf(nStudies)}`;
  return h(
    "header",
    { class: "ma-print-head" },
    h("h1", {}, map.title),
    map.subtitle && h("p", { class: "ma-print-subtitle" }, map.subtitle),
    map.question && h("p", {}, map.question),
    h("p", { class: "ma-quiet" }, facts.join(" · ")),
    h("p", {}, h("b", {}, `${shown} shown. `), filters ? `Filters: ${filters}.` : "No filters are set."),
    h("p", {}, h("b", {}, "Shows what evidence exists, not what works. "), map.trustInShort ? `Keep in mind: ${map.trustInShort}` : ""),
  );
}

/** @param {Model} model */
function printLegend(model) {
  const { counts, states } = model;
  const { row, column } = model;
  const marks = [`${DASH} no study found`];
  if (states.includes(OUTSIDE_SCOPE)) marks.push("× outside the scope: not looked for");
  if (states.includes(NOT_REPORTED)) marks.push("shaded: not reported, no gap");
  const coCoded = howCoCoded(model);
  if (coCoded === "some") marks.push("* co-coded: its studies have both codes, perhaps not together");
  if (coCoded === "all") marks.push("all cells are co-coded: their studies have both codes, perhaps not together");
  const types = model.segments.items.map((segment, s) => `${segment.label} (${groupDigits(counts.totalSegments[s])})`);
  return h(
    "div",
    { class: "ma-print-legend" },
    h("p", {}, `Rows: ${row.dimension.label}. Columns: ${column.dimension.label}. Each number counts different studies; a study may stand in several cells, and totals count it once.`),
    model.segments.dimension ? h("p", {}, `${model.segments.dimension.label}, studies in the matrix: ${types.join(", ")}.`) : null,
    h("p", {}, `${marks.join("; ")}.`),
    ...(model.gaps ? gapRules(model.data.payload.gaps).map((kind) => h("p", {}, h("b", {}, `${kind.letter} ${kind.label}: `), kind.rule)) : []),
  );
}

/**
 * Whether all pairs of the cells with studies are co-coded, or those of some cells: only then is each marked.
 * @param {Model} model
 */
function howCoCoded({ counts }) {
  let marked = 0;
  let filled = 0;
  counts.cells.forEach((n, at) => {
    filled += Number(n > 0);
    marked += Number(n > 0 && counts.coCoded[at] === n);
  });
  return marked === 0 ? "none" : marked === filled ? "all" : "some";
}

// --- the matrix ---

/**
 * The columns in equal parts, as many as are needed for them to be read and for their heads to be repeated on each sheet.
 * @param {Model} model
 * @returns {PrintBlock[]}
 */
function cutIntoBlocks(model) {
  const labels = [...segmentMargins(model).map((margin) => margin.label), ...model.columns.map((c) => model.column.items[c].label)];
  const canTurn = longestOf(labels) <= LONGEST_TURNED;
  const longestWord = longestOf(labels.flatMap((label) => label.split(/[\s-]+/)));
  const most = !canTurn ? MOST_UPRIGHT : model.gaps ? MOST_WITH_GAPS : MOST_TURNED;
  const isLow = model.rows.length + model.row.dimension.roots.length <= ROWS_OF_FIRST_SHEET;
  for (let n = Math.max(1, Math.ceil(labels.length / most)); ; n++) {
    const size = Math.ceil(labels.length / n);
    const width = WIDTH_OF_COLUMNS / (size + 1);
    const isTurned = canTurn && longestWord * WIDTH_OF_LETTER > width;
    const blocks = cutColumns(model, size, isTurned);
    if (isLow || size <= FEWEST || blocks.every((block) => heightOfHead(model, block, labels, width) <= HIGHEST_HEAD)) return blocks;
  }
}

/**
 * Columns `size` at a time; in the first part the types of evidence stand beside fewer.
 * @param {Model} model
 * @param {number} size
 * @param {boolean} isTurned
 * @returns {PrintBlock[]}
 */
function cutColumns(model, size, isTurned) {
  const { columns } = model;
  const first = Math.max(1, size - segmentMargins(model).length);
  const blocks = [{ items: columns.slice(0, first), first: true, isTurned }];
  for (let at = first; at < columns.length; at += size) blocks.push({ items: columns.slice(at, at + size), first: false, isTurned });
  return blocks;
}

/**
 * About how high the column headings of a part are, in mm: labels that stand above each other, level by level.
 * @param {Model} model
 * @param {PrintBlock} block
 * @param {string[]} labels
 * @param {number} width
 */
function heightOfHead(model, block, labels, width) {
  const lowest = block.isTurned ? HEIGHT_TURNED : Math.max(...labels.map((label) => linesOf(label, width))) * HEIGHT_OF_LINE;
  /** @type {Map<number, number>} */
  const spans = new Map();
  for (const c of block.items) for (const group of model.column.items[c].ancestors) spans.set(group, (spans.get(group) ?? 0) + 1);
  /** @type {number[]} */
  const levels = [];
  for (const [group, span] of spans) {
    const { label, level } = model.column.dimension.codes[group];
    levels[level] = Math.max(levels[level] ?? 0, linesOf(`${label} (100)`, span * width));
  }
  return levels.reduce((height, lines) => height + lines * HEIGHT_OF_LINE + 1.5, lowest + 1.5);
}

/**
 * Lines that a label needs in a heading so many mm wide.
 * @param {string} label
 * @param {number} width
 */
function linesOf(label, width) {
  const room = Math.max(1, Math.floor((width - 2) / WIDTH_OF_LETTER));
  let lines = 1;
  let at = 0;
  for (const { length } of label.split(" ")) {
    if (at && at + 1 + length > room) {
      lines += 1;
      at = 0;
    }
    at += length + Number(at > 0);
    lines += Math.ceil(at / room) - 1;
    at = ((at - 1) % room) + 1;
  }
  return lines;
}

/** @param {string[]} texts */
function longestOf(texts) {
  return texts.reduce((longest, text) => Math.max(longest, text.length), 0);
}

/**
 * One column for each type of evidence, unless they are too many to stand beside the matrix.
 * @param {Model} model
 * @returns {PrintMargin[]}
 */
function segmentMargins({ segments, counts }) {
  const n = segments.items.length;
  if (!segments.dimension || n > MOST_SEGMENT_MARGINS) return [];
  return segments.items.map((segment, s) => ({ label: segment.label, value: (r) => counts.rowSegments[r * n + s] }));
}

/**
 * @param {Model} model
 * @param {PrintBlock} block
 * @param {string} part
 */
function printBlock(model, block, part) {
  const margins = [{ label: "All", value: (/** @type {number} */ r) => model.counts.rows[r] }, ...(block.first ? segmentMargins(model) : [])];
  const depth = Math.max(1, ...block.items.map((c) => model.column.items[c].ancestors.length + 1));
  return h(
    "table",
    { class: `ma-print-matrix ${block.isTurned ? "ma-print-turned" : ""}` },
    h("caption", {}, [`${model.row.dimension.label} by ${withinSentence(model.column.dimension.label)}: number of studies`, part].filter(Boolean).join(". ")),
    h("colgroup", {}, h("col", { class: "ma-print-names" }), ...margins.map(() => h("col", {})), ...block.items.map(() => h("col", {}))),
    h("thead", {}, ...printColumnHeads(model, block, margins, depth)),
    h("tbody", {}, ...printRows(model, block, margins), ...printTotals(model, block, margins)),
  );
}

/**
 * One line for each level of groups; what has no group at a level reaches down from above.
 * @param {Model} model
 * @param {PrintBlock} block
 * @param {PrintMargin[]} margins
 * @param {number} depth
 */
function printColumnHeads(model, block, margins, depth) {
  const { items, dimension } = model.column;
  const lines = Array.from({ length: depth }, () => h("tr", {}));
  lines[0].append(h("th", { rowspan: depth, scope: "col" }, model.row.dimension.label));
  for (const margin of margins) lines[0].append(printColumnHead(margin.label, depth, "ma-print-margin"));
  for (let level = 0; level < depth; level++) {
    for (let at = 0; at < block.items.length; ) {
      const { ancestors, label } = items[block.items[at]];
      const group = ancestors[level];
      let span = 1;
      if (group === undefined) {
        if (ancestors.length === level) lines[level].append(printColumnHead(label, depth - level, ""));
      } else {
        while (at + span < block.items.length && items[block.items[at + span]].ancestors[level] === group) span++;
        const n = model.counts.columnGroups.get(group) ?? 0;
        lines[level].append(h("th", { colspan: span, scope: "colgroup", class: "ma-print-group" }, `${shortLabel(dimension.codes[group].label, LONGEST_COLUMN)} (${groupDigits(n)})`));
      }
      at += span;
    }
  }
  return lines;
}

/**
 * @param {string} label
 * @param {number} rowspan
 * @param {string} kind
 */
function printColumnHead(label, rowspan, kind) {
  return h("th", { rowspan, scope: "col", class: `ma-print-column ${kind}` }, h("span", {}, shortLabel(label, LONGEST_COLUMN)));
}

/**
 * A heading may not be taller than a page.
 * @param {string} label
 * @param {number} most
 */
function shortLabel(label, most) {
  return label.length > most ? `${label.slice(0, most)} …` : label;
}

/**
 * @param {Model} model
 * @param {PrintBlock} block
 * @param {PrintMargin[]} margins
 */
function printRows(model, block, margins) {
  const { items, dimension } = model.row;
  const isMarked = howCoCoded(model) === "some";
  const lines = [];
  /** @type {number[]} */
  let open = [];
  for (const r of model.rows) {
    const { ancestors, label } = items[r];
    ancestors.forEach((group, level) => {
      if (open[level] !== group) lines.push(printBand(dimension.codes[group].label, level, model.counts.rowGroups.get(group) ?? 0, margins.length + block.items.length));
    });
    open = ancestors;
    const heading = h("th", { scope: "row", class: `ma-print-depth-${Math.min(ancestors.length, 3)}` }, shortLabel(label, LONGEST_ROW));
    const beside = margins.map((margin) => printNumber(margin.value(r), "ma-print-margin"));
    lines.push(h("tr", {}, heading, ...beside, ...block.items.map((c) => printCell(model, r, c, isMarked))));
  }
  return lines;
}

/**
 * @param {string} label
 * @param {number} level
 * @param {number} n
 * @param {number} width
 */
function printBand(label, level, n, width) {
  const heading = h("th", { scope: "rowgroup", class: `ma-print-depth-${Math.min(level, 3)}` }, shortLabel(label, LONGEST_ROW));
  return h("tr", { class: "ma-print-band" }, heading, printNumber(n, "ma-print-margin"), h("td", { colspan: Math.max(1, width - 1) }));
}

/**
 * @param {Model} model
 * @param {number} r
 * @param {number} c
 * @param {boolean} isMarked   whether co-coded cells have a mark of their own
 */
function printCell(model, r, c, isMarked) {
  const at = r * model.column.items.length + c;
  const n = model.counts.cells[at];
  const flags = model.gaps ? model.gaps[at] : 0;
  const letters = gapLetters(flags, ALL_LETTERS);
  const number = n ? groupDigits(n) : model.states[at] === OUTSIDE_SCOPE ? "×" : DASH;
  const isCoCoded = isMarked && n > 0 && model.counts.coCoded[at] === n;
  const signs = [letters.length && h("b", {}, `${letters.join("")} `), number, isCoCoded && h("span", { class: "ma-print-star" }, "*")];
  return h("td", { class: model.states[at] === NOT_REPORTED ? "ma-print-unreported" : null }, ...signs.filter(Boolean));
}

/**
 * @param {number} n
 * @param {string} kind
 */
function printNumber(n, kind) {
  return h("td", { class: kind || null }, n ? groupDigits(n) : DASH);
}

/**
 * The last lines: all studies, then each type of evidence.
 * @param {Model} model
 * @param {PrintBlock} block
 * @param {PrintMargin[]} margins
 */
function printTotals({ segments, counts }, block, margins) {
  const n = segments.items.length;
  const total = h(
    "tr",
    { class: "ma-print-total" },
    h("th", { scope: "row" }, "All"),
    printNumber(counts.nPlaced, "ma-print-margin"),
    ...margins.slice(1).map((_, s) => printNumber(counts.totalSegments[s], "ma-print-margin")),
    ...block.items.map((c) => printNumber(counts.columns[c], "")),
  );
  if (!segments.dimension) return [total];
  const byType = segments.items.map((segment, s) =>
    h(
      "tr",
      { class: "ma-print-type" },
      h("th", { scope: "row" }, shortLabel(segment.label, LONGEST_ROW)),
      printNumber(counts.totalSegments[s], "ma-print-margin"),
      ...margins.slice(1).map(() => h("td", { class: "ma-print-margin" })),
      ...block.items.map((c) => printNumber(counts.columnSegments[c * n + s], "")),
    ),
  );
  return [total, ...byType];
}

// --- below the matrix ---

/** @param {Model} model */
function printAccounting(model) {
  const { nShown, nPlaced } = model.counts;
  const what = nShown === model.data.nStudies ? "included" : "shown";
  const line = `${countOf(nShown)} ${what} = ${groupDigits(nPlaced)} placed in the matrix + ${groupDigits(nShown - nPlaced)} not placed.`;
  return [h("p", { class: "ma-print-accounting" }, line)];
}

/** @param {Model} model */
function printStudies(model) {
  const notPlaced = new Set(listStudies(model.placed, NOT_PLACED, model.bits));
  const groups = groupForPrint(model);
  let left = MOST_STUDIES;
  const parts = groups.filter((group) => group.studies.length).map(({ label, studies }) => {
    const listed = studies.slice(0, Math.max(0, left));
    left -= listed.length;
    const items = listed.map((study) => printedStudy(model, study, notPlaced.has(study)));
    return items.length ? h("section", {}, h("h3", {}, `${label} (${groupDigits(studies.length)})`), h("ol", {}, ...items)) : null;
  });
  const cut = model.nShown > MOST_STUDIES ? ` The first ${countOf(MOST_STUDIES)} are listed; the export of the map has them all.` : "";
  return [h("h2", { class: "ma-print-list" }, "Studies shown"), h("p", { class: "ma-print-list" }, `Each study stands once, with its reports.${cut}`), ...parts.filter(Boolean)];
}

/**
 * The studies shown, each under the first of its types, by year from the newest and then by label.
 * @param {Model} model
 */
function groupForPrint(model) {
  const { segments, data } = model;
  const groups = segments.items.map((segment) => ({ label: segment.label, studies: /** @type {number[]} */ ([]) }));
  const others = { label: segments.dimension ? `${segments.dimension.label}: not coded` : "Studies", studies: /** @type {number[]} */ ([]) };
  const lists = segments.dimension && data.codesOf[segments.dimension.index];
  const { label } = data.payload.studies;
  const years = data.payload.studies.year;
  const { compare } = new Intl.Collator("en");
  const sorted = [...model.shown()].sort((a, b) => (years[b] ?? 0) - (years[a] ?? 0) || compare(label[a], label[b]));
  for (const study of sorted) {
    const codes = lists ? lists.item.subarray(lists.start[study], lists.start[study + 1]) : [];
    const first = Math.min(...[...codes].map((code) => segments.position[code]));
    (Number.isFinite(first) ? groups[first] : others).studies.push(study);
  }
  return [...groups, others];
}

/**
 * @param {Model} model
 * @param {number} index
 * @param {boolean} isUnplaced
 */
function printedStudy(model, index, isUnplaced) {
  const study = model.data.study(index);
  const others = furtherTypes(model, index);
  const notes = [others && `Also ${others}.`, isUnplaced && `Not in the matrix: ${whyNotPlaced(model.data, model.placed, index)}.`].filter(Boolean);
  return h(
    "li",
    {},
    ...(study.reports.length ? study.reports.map((report) => h("p", {}, citeReport(report))) : [h("p", {}, singleLine(study.label))]),
    notes.length ? h("p", { class: "ma-quiet" }, notes.join(" ")) : null,
  );
}

/**
 * Further types of a study that is listed under its first.
 * @param {Model} model
 * @param {number} study
 */
function furtherTypes({ segments, data }, study) {
  if (!segments.dimension) return "";
  const { start, item } = data.codesOf[segments.dimension.index];
  const all = new Set([...item.subarray(start[study], start[study + 1])].map((code) => segments.position[code]));
  const further = [...all].sort((a, b) => a - b).slice(1);
  return joinWords(further.map((s) => segments.items[s].label));
}
