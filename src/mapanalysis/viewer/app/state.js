// What the reader has chosen: one plain object, a store that holds it, and its form in the address of the page.
// Whatever comes in (a link may be old, cut off or hostile) is settled first: only ids that the map holds stay, each once
// and in the order of the codebook. So two states that mean the same are the same.

/**
 * @typedef {import("./types.js").Data} Data
 * @typedef {import("./types.js").Dimension} Dimension
 * @typedef {import("./types.js").Selection} Selection
 * @typedef {import("./types.js").State} State
 * @typedef {import("./types.js").Store} Store
 */

import { SELF_MARK } from "./count.js";

const STYLES = ["bubbles", "heat", "mosaic", "numbers", "gaps"];
const SORTS = ["year", "author", "title"];
const MOST_CELLS_OPEN = 3_000;
const MOST_LEAVES_OPEN = 120;
const LONG_DIMENSION = 100;
const LONGEST_WORDS = 200;
const LONGEST_HASH = 200_000;

// --- the state to begin with ---

/**
 * @param {Data} data
 * @returns {State}
 */
export function initialState(data) {
  const { view } = data.payload;
  const row = startingAxis(data, view.row, "row", 0);
  const column = startingAxis(data, view.column, "column", 1);
  const foldedColumns = startingFolds(data, column, countShown(data, row, startingFolds(data, row, 0)));
  return {
    row,
    column,
    segment: data.byId.has(view.segment) ? view.segment : "",
    style: "bubbles",
    foldedRows: startingFolds(data, row, countShown(data, column, foldedColumns)),
    foldedColumns,
    hideEmpty: isLong(data, row) || isLong(data, column),
    filters: Object.create(null),
    years: null,
    words: "",
    selection: null,
    card: "",
    sort: "year",
  };
}

/**
 * @param {Data} data
 * @param {string} wanted
 * @param {string} role
 * @param {number} position where to look when no dimension has the role
 */
function startingAxis(data, wanted, role, position) {
  if (data.byId.has(wanted)) return wanted;
  const { dimensions } = data;
  const found = dimensions.find((dimension) => dimension.role === role) ?? dimensions[position] ?? dimensions[0];
  return found ? found.id : "";
}

/**
 * The groups to fold when a dimension becomes an axis across `nOther` rows or columns: none, or all where it would be too long.
 * @param {Data} data
 * @param {string} id
 * @param {number} nOther
 * @returns {string[]}
 */
function startingFolds(data, id, nOther) {
  const leaves = countShown(data, id, []);
  const fits = leaves <= MOST_LEAVES_OPEN && leaves * nOther <= MOST_CELLS_OPEN;
  return fits ? [] : groupsOf(data.byId.get(id));
}

/**
 * Ids of the codes that have codes below them: what "fold all" folds.
 * @param {Dimension | undefined} dimension
 * @returns {string[]}
 */
export function groupsOf(dimension) {
  return dimension ? dimension.codes.filter((code) => code.children.length > 0).map((code) => code.id) : [];
}

/**
 * @param {Data} data
 * @param {string} id
 * @param {string[]} folded
 */
function countShown(data, id, folded) {
  const dimension = data.byId.get(id);
  if (!dimension) return 0;
  const isFolded = new Set(folded);
  let shown = 0;
  for (let at = 0; at < dimension.codes.length; at++) {
    const code = dimension.codes[at];
    if (isFolded.has(code.id)) at = code.end - 1;
    else if (code.children.length > 0) continue;
    shown++;
  }
  return shown;
}

/**
 * @param {Data} data
 * @param {string} id
 */
function isLong(data, id) {
  return (data.byId.get(id)?.codes.length ?? 0) > LONG_DIMENSION;
}

// --- the store ---

/**
 * @param {Partial<State>} start what is missing or not valid there is as in the initial state
 * @param {Data} data
 * @returns {Store}
 */
export function createStore(start, data) {
  const initial = initialState(data);
  let state = settle({ ...initial, ...consequences(initial, start, data), ...start }, data, initial);
  let written = JSON.stringify(state);
  /** @type {Set<(state: State, before: State, replace: boolean) => void>} */
  const listeners = new Set();
  return {
    get: () => state,
    set(patch, { replace = false } = {}) {
      const before = state;
      const next = settle({ ...before, ...consequences(before, patch, data), ...patch }, data, initial);
      const text = JSON.stringify(next);
      if (text === written) return;
      state = next;
      written = text;
      for (const listener of [...listeners]) listener(state, before, replace);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/**
 * What else changes with an axis, unless the patch says otherwise: its folding begins anew, and what was selected is gone.
 * @param {State} before
 * @param {Partial<State>} patch
 * @param {Data} data
 * @returns {Partial<State>}
 */
function consequences(before, patch, data) {
  const { row, column, segment } = { ...before, ...patch };
  const newRow = row !== before.row;
  const newColumn = column !== before.column;
  /** @type {Partial<State>} */
  const also = newRow || newColumn || segment !== before.segment ? { selection: null } : {};
  if (newRow) also.foldedRows = startingFolds(data, row, countShown(data, column, newColumn ? [] : before.foldedColumns));
  const rows = also.foldedRows ?? before.foldedRows;
  if (newColumn) also.foldedColumns = startingFolds(data, column, countShown(data, row, rows));
  const long = isLong(data, row) || isLong(data, column);
  if (long !== (isLong(data, before.row) || isLong(data, before.column))) also.hideEmpty = long;
  return also;
}

// --- settling ---

/**
 * The state that a draft means; what is not valid there is as in `initial`.
 * @param {any} draft
 * @param {Data} data
 * @param {State} initial
 * @returns {State}
 */
function settle(draft, data, initial) {
  const row = oneOf(draft.row, data.byId, initial.row);
  const column = oneOf(draft.column, data.byId, initial.column);
  const segment = draft.segment === "" ? "" : oneOf(draft.segment, data.byId, initial.segment);
  const foldedRows = settleFolds(draft.foldedRows, data.byId.get(row));
  const foldedColumns = settleFolds(draft.foldedColumns, data.byId.get(column));
  const selection = settleSelection(draft.selection, data, { row, column, segment, foldedRows, foldedColumns });
  return {
    row,
    column,
    segment,
    style: oneOf(draft.style, new Set(STYLES), initial.style),
    foldedRows,
    foldedColumns,
    hideEmpty: typeof draft.hideEmpty === "boolean" ? draft.hideEmpty : initial.hideEmpty,
    filters: settleFilters(draft.filters, data),
    years: settleYears(draft.years, data),
    words: settleWords(draft.words),
    selection,
    card: selection !== null && typeof draft.card === "string" && data.payload.studies.id.includes(draft.card) ? draft.card : "",
    sort: oneOf(draft.sort, new Set(SORTS), initial.sort),
  };
}

/**
 * @param {any} value
 * @param {{has: (value: any) => boolean}} allowed
 * @param {any} otherwise
 */
function oneOf(value, allowed, otherwise) {
  return allowed.has(value) ? value : otherwise;
}

/**
 * Those codes of a dimension that are named and wanted, in its order.
 * @param {any} ids
 * @param {Dimension | undefined} dimension
 * @returns {import("./types.js").Code[]}
 */
function codesListed(ids, dimension) {
  if (!Array.isArray(ids) || ids.length === 0 || !dimension) return [];
  const named = new Set(ids);
  return dimension.codes.filter((code) => named.has(code.id));
}

/**
 * @param {any} ids
 * @param {Dimension | undefined} dimension
 */
function settleFolds(ids, dimension) {
  return codesListed(ids, dimension).flatMap((code) => (code.children.length > 0 ? [code.id] : []));
}

/**
 * A ticked group means all below it, so ticks below one say nothing more and go.
 * @param {any} filters
 * @param {Data} data
 * @returns {Record<string, string[]>}
 */
function settleFilters(filters, data) {
  const settled = Object.create(null); // an id may be any word, "constructor" too
  if (filters === null || typeof filters !== "object") return settled;
  for (const dimension of data.dimensions) {
    if (!Object.hasOwn(filters, dimension.id)) continue;
    let covered = 0;
    const kept = codesListed(filters[dimension.id], dimension).filter((code) => {
      if (code.index < covered) return false;
      covered = code.end;
      return true;
    });
    if (kept.length > 0) settled[dimension.id] = kept.map((code) => code.id);
  }
  return settled;
}

/**
 * The first and the last year of all reports; null where none has one.
 * @param {Data} data
 * @returns {[number, number] | null}
 */
export function yearsOf(data) {
  let first = Infinity;
  let last = -Infinity;
  for (const year of data.contexts.years.item) {
    first = Math.min(first, year);
    last = Math.max(last, year);
  }
  return first <= last ? [first, last] : null;
}

/**
 * Within the years that the reports have; all of these are no choice, and keep the studies without a year.
 * @param {any} years
 * @param {Data} data
 * @returns {[number, number] | null}
 */
function settleYears(years, data) {
  if (!Array.isArray(years) || years.length !== 2 || !years.every(Number.isSafeInteger)) return null;
  const known = yearsOf(data);
  if (!known) return null;
  const from = Math.max(Math.min(years[0], years[1]), known[0]);
  const to = Math.min(Math.max(years[0], years[1]), known[1]);
  return from > to || (from === known[0] && to === known[1]) ? null : [from, to];
}

/** @param {any} words */
function settleWords(words) {
  if (typeof words !== "string") return "";
  const plain = words.slice(0, 2 * LONGEST_WORDS).replace(/[\s\u0000-\u001f\u007f-\u009f]+/g, " ");
  // Half a character (a lone surrogate, also one left by the cut) cannot be written into an address.
  return plain.trim().slice(0, LONGEST_WORDS).replace(/[\ud800-\udfff]/gu, "").trim();
}

/**
 * @param {any} selection
 * @param {Data} data
 * @param {{row: string, column: string, segment: string, foldedRows: string[], foldedColumns: string[]}} axes
 * @returns {Selection | "notPlaced" | null}
 */
function settleSelection(selection, data, axes) {
  if (selection === "notPlaced") return selection;
  if (selection === null || typeof selection !== "object") return null;
  const row = settleKey(selection.row ?? "", data.byId.get(axes.row), axes.foldedRows);
  const column = settleKey(selection.column ?? "", data.byId.get(axes.column), axes.foldedColumns);
  const segment = settleSegmentKey(selection.segment ?? "", data.byId.get(axes.segment));
  return row === null || column === null || segment === null ? null : { row, column, segment };
}

/**
 * The key of a row or column as the axis is folded: what stands in a folded group is that group. Null: there is no such thing.
 * @param {any} key
 * @param {Dimension | undefined} dimension
 * @param {string[]} folded
 * @returns {string | null}
 */
function settleKey(key, dimension, folded) {
  if (key === "") return "";
  if (typeof key !== "string" || !dimension) return null;
  const isSelf = !dimension.byId.has(key) && key.endsWith(SELF_MARK);
  const position = dimension.byId.get(isSelf ? key.slice(0, -1) : key);
  if (position === undefined) return null;
  if (isSelf && dimension.codes[position].children.length === 0) return null;
  let settled = key;
  for (let at = position; at >= 0; at = dimension.codes[at].parent) {
    if (folded.includes(dimension.codes[at].id)) settled = dimension.codes[at].id;
  }
  return settled;
}

/**
 * @param {any} key
 * @param {Dimension | undefined} dimension
 * @returns {string | null}
 */
function settleSegmentKey(key, dimension) {
  if (key === "") return "";
  if (typeof key !== "string" || !dimension) return null;
  if (key === SELF_MARK) return key;
  const position = dimension.byId.get(key);
  return position !== undefined && dimension.codes[position].level === 1 ? key : null;
}

// --- in the address of the page ---

/**
 * What differs from the initial state, as text for a link: "row=need&f.country=GB,US&years=2018-2026".
 * @param {State} state
 * @param {State} initial
 * @returns {string}
 */
export function encodeState(state, initial) {
  const parts = [];
  for (const name of /** @type {const} */ (["row", "column", "segment", "style", "words", "card", "sort"])) {
    if (state[name] !== initial[name]) parts.push([name, inAddress(state[name])]);
  }
  const rows = state.row === initial.row ? initial.foldedRows : [];
  if (String(state.foldedRows) !== String(rows)) parts.push(["folded-rows", listInAddress(state.foldedRows)]);
  const columns = state.column === initial.column ? initial.foldedColumns : [];
  if (String(state.foldedColumns) !== String(columns)) parts.push(["folded-columns", listInAddress(state.foldedColumns)]);
  if (state.hideEmpty !== initial.hideEmpty) parts.push(["empty", state.hideEmpty ? "hidden" : "shown"]);
  for (const [id, codes] of Object.entries(state.filters)) parts.push([`f.${inAddress(id)}`, listInAddress(codes)]);
  if (state.years) parts.push(["years", state.years.join("-")]);
  if (state.selection) parts.push(["list", selectionInAddress(state.selection)]);
  return parts.map((part) => part.join("=")).join("&");
}

/**
 * The state that a link means. Anything may stand there: what is not known is passed over.
 * @param {string} hash with or without "#"
 * @param {Data} data
 * @param {State} initial
 * @returns {State}
 */
export function decodeState(hash, data, initial) {
  const parts = partsOfAddress(hash);
  /** @param {string} name */
  const text = (name) => (parts.has(name) ? fromAddress(parts.get(name)) : undefined);
  const row = oneOf(text("row"), data.byId, initial.row);
  const column = oneOf(text("column"), data.byId, initial.column);
  const empty = parts.get("empty");
  return settle(
    {
      row,
      column,
      segment: text("segment") ?? initial.segment,
      style: text("style"),
      foldedRows: listFromAddress(parts.get("folded-rows")) ?? (row === initial.row ? initial.foldedRows : []),
      foldedColumns: listFromAddress(parts.get("folded-columns")) ?? (column === initial.column ? initial.foldedColumns : []),
      hideEmpty: empty === "hidden" ? true : empty === "shown" ? false : initial.hideEmpty,
      filters: filtersFromAddress(parts, data),
      years: (/^(\d{1,4})-(\d{1,4})$/.exec(parts.get("years") ?? "") ?? []).slice(1).map(Number),
      words: text("words"),
      selection: selectionFromAddress(parts.get("list")),
      card: text("card"),
      sort: text("sort"),
    },
    data,
    initial,
  );
}

/**
 * @param {any} hash
 * @returns {Map<string, string>}
 */
function partsOfAddress(hash) {
  const text = typeof hash === "string" && hash.length <= LONGEST_HASH ? hash.replace(/^#/, "") : "";
  return new Map(
    text.split("&").flatMap((part) => {
      const at = part.indexOf("=");
      return at > 0 ? [[part.slice(0, at), part.slice(at + 1)]] : [];
    }),
  );
}

/**
 * Programs that find links in running text leave out such marks as "!" and ")" at their end: these are written in code.
 * @param {string} text
 */
function inAddress(text) {
  const whole = text.replace(/[\ud800-\udfff]/gu, "\ufffd");
  return encodeURIComponent(whole).replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** @param {string | undefined} text */
function fromAddress(text) {
  try {
    return text === undefined ? undefined : decodeURIComponent(text);
  } catch {
    return undefined; // cut off within a character
  }
}

/** @param {string[]} ids */
function listInAddress(ids) {
  return ids.map(inAddress).join(",");
}

/**
 * @param {string | undefined} text
 * @returns {(string | undefined)[] | undefined}
 */
function listFromAddress(text) {
  return text === undefined ? undefined : text.split(",").map(fromAddress);
}

/**
 * @param {Map<string, string>} parts
 * @param {Data} data
 */
function filtersFromAddress(parts, data) {
  const filters = Object.create(null);
  for (const { id } of data.dimensions) {
    const listed = listFromAddress(parts.get(`f.${inAddress(id)}`));
    if (listed) filters[id] = listed;
  }
  return filters;
}

/**
 * "row,column,segment" without what is empty at the end; "," is the whole map.
 * @param {Selection | "notPlaced"} selection
 */
function selectionInAddress(selection) {
  if (selection === "notPlaced") return "not-placed";
  return `at:${listInAddress([selection.row, selection.column, selection.segment]).replace(/,+$/, "")}`;
}

/**
 * @param {string | undefined} text
 * @returns {any}
 */
function selectionFromAddress(text) {
  if (text === "not-placed") return "notPlaced";
  if (!text?.startsWith("at:")) return null;
  const [row, column = "", segment = ""] = text.slice(3).split(",").map(fromAddress);
  return { row, column, segment };
}

/**
 * Keeps the store and the address of the page in step: a change is a step for the back button, or takes the place of the last
 * one. Returns what ends it.
 * @param {Store} store
 * @param {Window} window
 * @param {Data} data
 * @returns {() => void}
 */
export function bindHash(store, window, data) {
  const initial = store.get();
  const arrive = () => {
    // A link to a place in the page (the skip link, say) is none of ours.
    const hash = window.location.hash.slice(1);
    if (hash !== "" && !hash.includes("=")) return;
    store.set(decodeState(hash, data, initial), { replace: true });
    write(store.get(), initial, true);
  };
  /** @type {any} */
  const write = (/** @type {State} */ state, /** @type {State} */ _before, /** @type {boolean} */ replace) => {
    const hash = encodeState(state, initial);
    if (hash === window.location.hash.slice(1)) return;
    const address = hash ? `#${hash}` : window.location.href.split("#")[0];
    try {
      window.history[replace ? "replaceState" : "pushState"](null, "", address);
    } catch {
      // A frame without an address of its own, or a browser that has had enough changes for now: the map goes on without.
    }
  };
  if (window.location.hash) arrive();
  const unsubscribe = store.subscribe(write);
  window.addEventListener("popstate", arrive);
  window.addEventListener("hashchange", arrive);
  return () => {
    unsubscribe();
    window.removeEventListener("popstate", arrive);
    window.removeEventListener("hashchange", arrive);
  };
}
