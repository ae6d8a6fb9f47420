// Cells and margins, by the rules of docs/method.md: the one module that counts.

import { hasBit, itemsOf, listBits } from "./data.js";

/** @typedef {import("./types.js").Axis} Axis */
/** @typedef {import("./types.js").AxisItem} AxisItem */
/** @typedef {import("./types.js").Counts} Counts */
/** @typedef {import("./types.js").Data} Data */
/** @typedef {import("./types.js").Dimension} Dimension */
/** @typedef {import("./types.js").Placed} Placed */
/** @typedef {import("./types.js").Segment} Segment */
/** @typedef {import("./types.js").Segments} Segments */
/** @typedef {import("./types.js").Selection} Selection */

export const IN_SCOPE = 0;
export const OUTSIDE_SCOPE = 1;
export const NOT_REPORTED = 2;
export const NOT_PLACED = "notPlaced";
/** Behind the key of a group: those coded with it and with nothing below it. Alone as a segment: all other segments. */
export const SELF_MARK = "!";
const TRUE_PAIR = 0;
const CO_CODED = 2;
const CROSS_PRODUCT = 3;

// --- axes ---

/**
 * The rows or columns of a map: each code under its highest folded ancestor, or by itself. A group that is open has an
 * item of its own, before its codes, when some study is coded with the group and nothing below it.
 * @param {Data} data
 * @param {Dimension} dimension
 * @param {Set<string>} folded
 * @returns {Axis}
 */
export function buildAxis(data, dimension, folded) {
  /** @type {AxisItem[]} */
  const items = [];
  const position = new Int32Array(dimension.codes.length).fill(-1);
  const isUsed = data.contexts.isUsed[dimension.index];
  const add = (/** @type {number} */ at, /** @type {number} */ end, /** @type {number[]} */ ancestors, isSelf = false) => {
    const { id, label, definition } = dimension.codes[at];
    const key = isSelf ? id + SELF_MARK : id;
    const words = isSelf ? `${label}, not specified further` : label;
    position.fill(items.length, at, end);
    items.push({ index: items.length, key, code: at, isSelf, label: words, definition, ancestors });
  };
  const walk = (/** @type {number} */ at, /** @type {number[]} */ ancestors) => {
    const { id, children, end } = dimension.codes[at];
    if (!children.length || folded.has(id)) return add(at, end, ancestors);
    const within = [...ancestors, at];
    if (isUsed[at]) add(at, at + 1, within, true);
    for (const child of children) walk(child, within);
  };
  for (const root of dimension.roots) walk(root, []);
  return { dimension, items, position };
}

/**
 * The top codes of a dimension; beyond `most` the commonest, and all others as one. Without a dimension, one segment that
 * every study is in.
 * @param {Data} data
 * @param {Dimension | null} dimension
 * @param {number} [most]
 * @returns {Segments}
 */
export function buildSegments(data, dimension, most = 12) {
  if (!dimension) {
    const all = { index: 0, key: "", label: "Studies", plural: "Studies", codes: [] };
    return { dimension, items: [all], position: new Int32Array(0) };
  }
  const { start } = data.studiesWith[dimension.index];
  const size = (/** @type {number} */ code) => start[code + 1] - start[code];
  const ranked = [...dimension.roots].sort((a, b) => size(b) - size(a));
  const kept = new Set(ranked.length > most ? ranked.slice(0, most - 1) : ranked);
  /** @type {Segment[]} */
  const items = dimension.roots
    .filter((root) => kept.has(root))
    .map((root, index) => {
      const { id, label, plural } = dimension.codes[root];
      return { index, key: id, label, plural, codes: [root] };
    });
  const others = dimension.roots.filter((root) => !kept.has(root));
  if (others.length) items.push({ index: items.length, key: SELF_MARK, label: "Others", plural: "Others", codes: others });
  const position = new Int32Array(dimension.codes.length);
  for (const { index, codes } of items) {
    for (const code of codes) position.fill(index, code, dimension.codes[code].end);
  }
  return { dimension, items, position };
}

// --- placing ---

/** For each study in turn the places it has, each once, with the segments it is there in (bits) and the least flag. */
class Places {
  /**
   * @param {number} nStudies
   * @param {number} nPlaces
   */
  constructor(nStudies, nPlaces) {
    this.nPlaces = nPlaces;
    this.start = new Int32Array(nStudies + 1);
    this.place = new Int32Array(1024);
    this.mask = new Int32Array(1024);
    this.flag = new Uint8Array(1024);
    /** Where each place was last written; of this study when not before `from`. */
    this.written = new Int32Array(nPlaces).fill(-1);
    this.from = 0;
    this.n = 0;
  }

  /**
   * @param {number} place
   * @param {number} mask
   * @param {number} flag
   */
  add(place, mask, flag) {
    const at = this.written[place];
    if (at >= this.from) {
      this.mask[at] |= mask;
      if (flag < this.flag[at]) this.flag[at] = flag;
      return;
    }
    if (this.n === this.place.length) this.grow();
    this.written[place] = this.n;
    this.place[this.n] = place;
    this.mask[this.n] = mask;
    this.flag[this.n] = flag;
    this.n += 1;
  }

  grow() {
    const enlarge = (/** @type {any} */ array) => {
      const larger = new array.constructor(array.length * 2);
      larger.set(array);
      return larger;
    };
    this.place = enlarge(this.place);
    this.mask = enlarge(this.mask);
    this.flag = enlarge(this.flag);
  }

  /** @param {number} study */
  endStudy(study) {
    this.start[study + 1] = this.n;
    this.from = this.n;
  }
}

/**
 * Every study in its cells and margins. A context is the whole study or one of its findings; codes of the whole study hold in
 * each finding, and within a context all row codes meet all column codes and segments.
 * @param {Data} data
 * @param {Axis} row
 * @param {Axis} column
 * @param {Segments} segments
 * @returns {Placed}
 */
export function place(data, row, column, segments) {
  const placed = {
    data,
    row,
    column,
    segments,
    cells: new Places(data.nStudies, row.items.length * column.items.length),
    rows: new Places(data.nStudies, row.items.length),
    columns: new Places(data.nStudies, column.items.length),
    rowGroups: new Places(data.nStudies, row.dimension.codes.length),
    columnGroups: new Places(data.nStudies, column.dimension.codes.length),
    whole: new Places(data.nStudies, 1),
  };
  const placeInCells = cellPlacer(placed);
  for (let study = 0; study < data.nStudies; study += 1) {
    placeInCells(study);
    placeInMargins(placed, study);
  }
  return placed;
}

/**
 * What puts a study into its cells.
 * @param {any} placed
 * @returns {(study: number) => void}
 */
function cellPlacer({ data, row, column, segments, cells }) {
  const { whole, own, findings } = data.contexts;
  const [r, c, s] = [row, column, segments].map((axis) => axis.dimension?.index);
  const rows = new Int32Array(row.items.length);
  const columns = new Int32Array(column.items.length);
  const ownRows = rows.slice();
  const ownColumns = columns.slice();
  const width = column.items.length;
  const meet = (
    /** @type {Int32Array} */ some,
    /** @type {number} */ nSome,
    /** @type {Int32Array} */ others,
    /** @type {number} */ nOthers,
    /** @type {number} */ mask,
    /** @type {number} */ flag,
  ) => {
    for (let a = 0; a < nSome; a += 1) {
      for (let b = 0; b < nOthers; b += 1) cells.add(some[a] * width + others[b], mask, flag);
    }
  };
  return (study) => {
    const nRows = takeItems(whole[r], study, row.position, rows);
    const nColumns = takeItems(whole[c], study, column.position, columns);
    const mask = segments.dimension ? segmentMask(whole[s], study, segments.position) : 1;
    const flag = nRows > 1 && nColumns > 1 ? CROSS_PRODUCT : CO_CODED;
    if (mask) meet(rows, nRows, columns, nColumns, mask, flag);
    for (let at = findings.start[study]; at < findings.start[study + 1]; at += 1) {
      const finding = findings.item[at];
      const nOwnRows = takeItems(own[r], finding, row.position, ownRows);
      const nOwnColumns = takeItems(own[c], finding, column.position, ownColumns);
      const ownMask = segments.dimension ? segmentMask(own[s], finding, segments.position) : 0;
      const inFinding = mask | ownMask;
      if (!inFinding) continue;
      meet(ownRows, nOwnRows, ownColumns, nOwnColumns, inFinding, TRUE_PAIR);
      meet(ownRows, nOwnRows, columns, nColumns, inFinding, TRUE_PAIR);
      meet(rows, nRows, ownColumns, nOwnColumns, inFinding, TRUE_PAIR);
      if (ownMask) meet(rows, nRows, columns, nColumns, inFinding, flag);
    }
    cells.endStudy(study);
  };
}

/**
 * Writes the distinct items of an owner's codes into `into` and returns how many there are. Codes ascend, and so do items.
 * @param {import("./types.js").Csr} lists
 * @param {number} owner
 * @param {Int32Array} position
 * @param {Int32Array} into
 */
function takeItems({ start, item }, owner, position, into) {
  let n = 0;
  for (let at = start[owner]; at < start[owner + 1]; at += 1) {
    const found = position[item[at]];
    if (n === 0 || into[n - 1] !== found) into[n++] = found;
  }
  return n;
}

/**
 * @param {import("./types.js").Csr} lists
 * @param {number} owner
 * @param {Int32Array} position
 */
function segmentMask({ start, item }, owner, position) {
  let mask = 0;
  for (let at = start[owner]; at < start[owner + 1]; at += 1) mask |= 1 << position[item[at]];
  return mask;
}

/**
 * The rows, columns and open groups of the cells that a study is in.
 * @param {any} placed
 * @param {number} study
 */
function placeInMargins({ row, column, cells, rows, columns, rowGroups, columnGroups, whole }, study) {
  const width = column.items.length;
  for (let at = cells.start[study]; at < cells.start[study + 1]; at += 1) {
    const cell = cells.place[at];
    const mask = cells.mask[at];
    const r = (cell / width) | 0;
    rows.add(r, mask, 0);
    columns.add(cell - r * width, mask, 0);
    whole.add(0, mask, 0);
  }
  placeInGroups(row, rows, rowGroups);
  placeInGroups(column, columns, columnGroups);
  for (const places of [rows, columns, rowGroups, columnGroups, whole]) places.endStudy(study);
}

/**
 * @param {Axis} axis
 * @param {Places} margin
 * @param {Places} groups
 */
function placeInGroups(axis, margin, groups) {
  for (let at = margin.from; at < margin.n; at += 1) {
    for (const group of axis.items[margin.place[at]].ancestors) groups.add(group, margin.mask[at], 0);
  }
}

// --- counting ---

/**
 * Distinct studies, of those in `bits`, in every cell and margin.
 * @param {Placed} placed
 * @param {Uint32Array} bits
 * @returns {Counts}
 */
export function countPlaced(placed, bits) {
  const shown = listBits(bits);
  const nSegments = placed.segments.items.length;
  const cells = tallyPlaces(placed.cells, shown, nSegments);
  const rows = tallyPlaces(placed.rows, shown, nSegments);
  const columns = tallyPlaces(placed.columns, shown, nSegments);
  const whole = tallyPlaces(placed.whole, shown, nSegments);
  const [coCoded, cross] = tallyCoCoded(placed.cells, shown);
  return {
    nShown: shown.length,
    nPlaced: whole.all[0],
    cells: cells.all,
    segments: cells.bySegment,
    coCoded,
    cross,
    rows: rows.all,
    rowSegments: rows.bySegment,
    columns: columns.all,
    columnSegments: columns.bySegment,
    rowGroups: countGroups(placed.row, tallyPlaces(placed.rowGroups, shown, 1).all),
    columnGroups: countGroups(placed.column, tallyPlaces(placed.columnGroups, shown, 1).all),
    totalSegments: whole.bySegment,
  };
}

/**
 * @param {Places} places
 * @param {Int32Array} shown
 * @param {number} nSegments
 */
function tallyPlaces({ start, place: places, mask, nPlaces }, shown, nSegments) {
  const all = new Uint32Array(nPlaces);
  const bySegment = nSegments > 1 ? new Uint32Array(nPlaces * nSegments) : all;
  for (let i = 0; i < shown.length; i += 1) {
    const end = start[shown[i] + 1];
    for (let at = start[shown[i]]; at < end; at += 1) {
      const here = places[at];
      all[here] += 1;
      if (nSegments === 1) continue;
      for (let left = mask[at]; left; left &= left - 1) {
        bySegment[here * nSegments + 31 - Math.clz32(left & -left)] += 1;
      }
    }
  }
  return { all, bySegment };
}

/**
 * @param {Places} cells
 * @param {Int32Array} shown
 */
function tallyCoCoded({ start, place: places, flag, nPlaces }, shown) {
  const coCoded = new Uint32Array(nPlaces);
  const cross = new Uint32Array(nPlaces);
  for (let i = 0; i < shown.length; i += 1) {
    const end = start[shown[i] + 1];
    for (let at = start[shown[i]]; at < end; at += 1) {
      if (flag[at] >= CO_CODED) coCoded[places[at]] += 1;
      if (flag[at] === CROSS_PRODUCT) cross[places[at]] += 1;
    }
  }
  return [coCoded, cross];
}

/**
 * The open groups of an axis, each with its studies.
 * @param {Axis} axis
 * @param {Uint32Array} counts
 */
function countGroups(axis, counts) {
  return new Map(axis.items.flatMap((item) => item.ancestors.map((group) => [group, counts[group]])));
}

// --- the studies behind a number ---

/**
 * The studies, of those in `bits`, in a cell, a margin or an open group, or those that are not placed. A key may also name a
 * code that lies in a folded group; one that the map does not have has no studies.
 * @param {Placed} placed
 * @param {Selection | "notPlaced"} selection
 * @param {Uint32Array} bits
 * @returns {Int32Array}
 */
export function listStudies(placed, selection, bits) {
  const shown = listBits(bits);
  if (selection === NOT_PLACED) return shown.filter((study) => !isPlaced(placed, study));
  const { data } = placed;
  const row = unfoldFor(data, placed.row, selection.row);
  const column = unfoldFor(data, placed.column, selection.column);
  const anew = row !== placed.row || column !== placed.column;
  const { cells } = anew ? place(data, row, column, placed.segments) : placed;
  const isRow = markItems(row, selection.row);
  const isColumn = markItems(column, selection.column);
  const wanted = segmentBits(placed.segments, selection.segment);
  const width = column.items.length;
  return shown.filter((study) => {
    for (let at = cells.start[study]; at < cells.start[study + 1]; at += 1) {
      const r = (cells.place[at] / width) | 0;
      if (cells.mask[at] & wanted && isRow[r] && isColumn[cells.place[at] - r * width]) return true;
    }
    return false;
  });
}

/**
 * The studies, of those in `bits`, in one cell of the grid, each with the segments it is there in (bits).
 * @param {Placed} placed
 * @param {number} row
 * @param {number} column
 * @param {Uint32Array} bits
 * @returns {{studies: number[], masks: number[]}}
 */
export function listCell(placed, row, column, bits) {
  placed.byCell ??= sortByCell(placed);
  const { start, study, mask } = placed.byCell;
  const cell = row * placed.column.items.length + column;
  const studies = [];
  const masks = [];
  for (let at = start[cell]; at < start[cell + 1]; at += 1) {
    if (!hasBit(bits, study[at])) continue;
    studies.push(study[at]);
    masks.push(mask[at]);
  }
  return { studies, masks };
}

/**
 * The placements cell by cell, studies ascending. Made when a cell is first asked for.
 * @param {Placed} placed
 */
function sortByCell({ data, cells }) {
  const start = new Int32Array(cells.nPlaces + 1);
  for (let at = 0; at < cells.n; at += 1) start[cells.place[at] + 1] += 1;
  for (let cell = 0; cell < cells.nPlaces; cell += 1) start[cell + 1] += start[cell];
  const next = start.slice();
  const study = new Int32Array(cells.n);
  const mask = new Int32Array(cells.n);
  for (let each = 0; each < data.nStudies; each += 1) {
    for (let at = cells.start[each]; at < cells.start[each + 1]; at += 1) {
      const to = next[cells.place[at]]++;
      study[to] = each;
      mask[to] = cells.mask[at];
    }
  }
  return { start, study, mask };
}

/**
 * Why a study stands in no cell; "" when it stands in one.
 * @param {Data} data
 * @param {Placed} placed
 * @param {number} study
 */
export function whyNotPlaced(data, placed, study) {
  if (isPlaced(placed, study)) return "";
  const dimensions = [placed.row.dimension, placed.column.dimension, placed.segments.dimension];
  const lacking = dimensions.filter((dimension) => dimension && !itemsOf(data.codesOf[dimension.index], study).length);
  if (!lacking.length) return "its codes never meet in one finding";
  return `no code for: ${lacking.map((dimension) => dimension?.label).join(", ")}`;
}

/**
 * @param {Placed} placed
 * @param {number} study
 */
function isPlaced({ whole }, study) {
  return whole.start[study + 1] > whole.start[study];
}

/**
 * The axis itself, or one with the groups above the code opened when it does not show what is asked for.
 * @param {Data} data
 * @param {Axis} axis
 * @param {string} key
 */
function unfoldFor(data, axis, key) {
  if (!key || markItems(axis, key).includes(1)) return axis;
  const { byId, codes } = axis.dimension;
  const isSelf = !byId.has(key) && key.endsWith(SELF_MARK);
  const code = byId.get(isSelf ? key.slice(0, -SELF_MARK.length) : key);
  if (code === undefined) return axis;
  const folded = new Set(axis.items.filter((item) => !item.isSelf).map((item) => codes[item.code].id));
  for (let above = isSelf ? code : codes[code].parent; above >= 0; above = codes[above].parent) folded.delete(codes[above].id);
  return buildAxis(data, axis.dimension, folded);
}

/**
 * Whether each item of an axis is what the key names, or within it.
 * @param {Axis} axis
 * @param {string} key
 */
function markItems({ dimension, items }, key) {
  const group = dimension.byId.get(key) ?? -1;
  return Uint8Array.from(items, (item) => Number(!key || item.key === key || item.ancestors.includes(group)));
}

/**
 * @param {Segments} segments
 * @param {string} key
 */
function segmentBits({ items }, key) {
  const found = items.find((item) => item.key === key);
  if (found) return 1 << found.index;
  return key ? 0 : -1;
}

// --- what was not looked for ---

/**
 * The state of each cell as long as it holds no study. A cell is outside the scope when all most specific combinations
 * below it are, "not reported" apart; it may be so by its segments alone, so these are asked for.
 * @param {Data} data
 * @param {Axis} row
 * @param {Axis} column
 * @param {Segments} [segments]
 * @returns {Uint8Array}
 */
export function statesOf(data, row, column, segments) {
  const dimensions = [row.dimension, column.dimension];
  if (segments?.dimension) dimensions.push(segments.dimension);
  const [rowSpans, columnSpans] = dimensions.map(spansOf);
  const width = columnSpans.leaves.length + 1;
  const sums = sumInside(data, dimensions);
  const states = new Uint8Array(row.items.length * column.items.length);
  for (const r of row.items) {
    const top = rowSpans.start[r.code] * width;
    const bottom = rowSpans.stop[r.code] * width;
    for (const c of column.items) {
      const [left, right] = [columnSpans.start[c.code], columnSpans.stop[c.code]];
      const inside = sums[bottom + right] - sums[top + right] - sums[bottom + left] + sums[top + left];
      let state = inside ? IN_SCOPE : OUTSIDE_SCOPE;
      if (r.code === row.dimension.notReported || c.code === column.dimension.notReported) state = NOT_REPORTED;
      states[r.index * column.items.length + c.index] = state;
    }
  }
  return states;
}

/**
 * The leaves of a dimension, and for each code where its own stand among them.
 * @param {Dimension} dimension
 */
function spansOf({ codes }) {
  const leaves = codes.filter((code) => !code.children.length).map((code) => code.index);
  const before = new Int32Array(codes.length + 1);
  for (const leaf of leaves) before[leaf + 1] = 1;
  for (let code = 0; code < codes.length; code += 1) before[code + 1] += before[code];
  return { leaves, start: before, stop: Int32Array.from(codes, (code) => before[code.end]) };
}

/**
 * How many pairs of leaves of the first two dimensions are inside the scope, above and left of each corner of their grid.
 * @param {Data} data
 * @param {Dimension[]} dimensions
 */
function sumInside(data, dimensions) {
  const spans = dimensions.map(spansOf);
  const [nRows, nColumns, depth = 1] = spans.map(({ leaves }) => leaves.length);
  const outside = new Uint8Array(nRows * nColumns * depth);
  for (const [rows, columns, deep] of boxesOutside(data, dimensions, spans)) {
    for (let r = rows[0]; r < rows[1]; r += 1) {
      for (let c = columns[0]; c < columns[1]; c += 1) {
        const at = (r * nColumns + c) * depth;
        outside.fill(1, at + deep[0], at + deep[1]);
      }
    }
  }
  const sums = new Int32Array((nRows + 1) * (nColumns + 1));
  for (let r = 0, at = 0; r < nRows; r += 1) {
    for (let c = 0; c < nColumns; c += 1, at += depth) {
      let isInside = 0;
      for (let deep = 0; deep < depth; deep += 1) if (!outside[at + deep]) isInside = 1;
      const corner = (r + 1) * (nColumns + 1) + c + 1;
      sums[corner] = isInside + sums[corner - 1] + sums[corner - nColumns - 1] - sums[corner - nColumns - 2];
    }
  }
  return sums;
}

/**
 * What is outside the scope, as spans of leaves: rows, columns, segments. A rule about a dimension that is not on the map
 * has no say; where a dimension is on it twice, a rule holds on either side.
 * @param {Data} data
 * @param {Dimension[]} dimensions
 * @param {ReturnType<typeof spansOf>[]} spans
 * @returns {[number, number][][]}
 */
function boxesOutside(data, dimensions, spans) {
  /** @type {[number, number][]} */
  const everything = [0, 1, 2].map((axis) => [0, spans[axis]?.leaves.length ?? 1]);
  const boxes = [];
  for (const rule of scopeRules(data)) {
    let found = [everything];
    for (const [name, from, to] of rule) {
      const axes = [...dimensions.keys()].filter((axis) => dimensions[axis].id === name);
      found = found.flatMap((box) => axes.map((axis) => box.with(axis, spanOf(spans[axis], from, to))));
    }
    boxes.push(...found);
  }
  for (const [axis, { notReported, codes }] of dimensions.entries()) {
    if (notReported >= 0) boxes.push(everything.with(axis, spanOf(spans[axis], notReported, codes[notReported].end)));
  }
  return boxes;
}

/**
 * @param {ReturnType<typeof spansOf>} spans
 * @param {number} from
 * @param {number} to
 * @returns {[number, number]}
 */
function spanOf({ start }, from, to) {
  return [start[from], start[to]];
}

/**
 * The combinations that were not looked for: a rule is, per dimension, its id and a range of codes. They are those of the
 * codebook, and for a dimension that applies to one segment all other segments.
 * @param {Data} data
 * @returns {[string, number, number][][]}
 */
function scopeRules({ payload, byId, dimensions }) {
  /** @type {[string, number, number][][]} */
  const rules = payload.outsideScope.map(({ codes }) =>
    Object.entries(codes).map(([name, id]) => {
      const dimension = /** @type {Dimension} */ (byId.get(name));
      const code = dimension.codes[/** @type {number} */ (dimension.byId.get(id))];
      return [name, code.index, code.end];
    }),
  );
  for (const segment of dimensions.filter(({ role }) => role === "segment")) {
    for (const dimension of dimensions) {
      const only = segment.codes[segment.byId.get(dimension.appliesTo) ?? -1];
      if (!only || dimension === segment) continue;
      for (const [from, to] of [[0, only.index], [only.end, segment.codes.length]]) {
        rules.push([[dimension.id, 0, dimension.codes.length], [segment.id, from, to]]);
      }
    }
  }
  return rules;
}
