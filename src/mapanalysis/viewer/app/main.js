// The map on a page or in a notebook: one state, what it means, and the views that show it.

import { buildAxis, buildSegments, countPlaced, place, statesOf } from "./count.js";
import { createCharts } from "./charts.js";
import { createChips, createFilters } from "./filters.js";
import { createHint } from "./hint.js";
import { createLegend } from "./legend.js";
import { createMatrix } from "./matrix.js";
import { createPanels } from "./panels.js";
import { createPrint } from "./print.js";
import { createRows } from "./rows.js";
import { createStudies } from "./studies.js";
import { facetsOf, selectStudies } from "./select.js";
import { gapsOf } from "./gaps.js";
import { bindHash, createStore } from "./state.js";
import { createControls, NARROW } from "./controls.js";
import { countOf, groupDigits, h, uniqueId } from "./dom.js";
import { allBits, listBits, openData } from "./data.js";

/** @typedef {import("./types.js").Model} Model */
/** @typedef {import("./types.js").State} State */
/** @typedef {import("./types.js").Data} Data */
/** @typedef {import("./types.js").App} App */
/** @typedef {import("./types.js").Payload} Payload */

const MOST_WARMED = 10_000; // studies; more would keep a reader waiting
const TIGHT = 1500; // px: less has no room for filters, map and studies side by side

/**
 * Shows the map in `root`.
 * `page`: the map is a whole page, its state stands in the address; `onChange` is told of each new state and the studies
 * on screen: those of the open list, or all that pass the filters.
 * @param {HTMLElement} root
 * @param {Payload} payload
 * @param {{page?: boolean, state?: Partial<State>, onChange?: (info: {state: State, studies: number[]}) => void}} [options]
 */
export function mountMap(root, payload, options = {}) {
  const data = openData(payload);
  const store = createStore(options.state ?? {}, data);
  const derive = createDerivation(data);
  const page = layOutPage(root, data, store, Boolean(options.page));
  const unbind = options.page ? bindHash(store, window, data) : () => {};
  /** @type {Model | null} */
  let model = null;

  function render() {
    const before = model;
    model = derive(store.get());
    page.update(model, before);
    options.onChange?.({ state: store.get(), studies: page.listed(model) });
    if (before?.row !== model.row || before?.column !== model.column) whenIdle(() => warmGaps(model));
  }

  const unsubscribe = store.subscribe(render);
  render();
  return {
    setState: (/** @type {Partial<State>} */ patch) => store.set(patch),
    getState: () => store.get(),
    destroy() {
      unsubscribe();
      unbind();
      page.destroy();
      root.replaceChildren();
    },
  };
}

/** Places studies for the rules of gaps, before a reader asks for them. @param {Model | null} model */
function warmGaps(model) {
  if (model && model.data.nStudies <= MOST_WARMED) gapsOf(model.data, model.row, model.column, model.bits, model.data.payload.gaps);
}

/** @param {() => void} act */
function whenIdle(act) {
  if ("requestIdleCallback" in window) window.requestIdleCallback(act);
  else setTimeout(act, 500); // Safari has none
}

// --- what a state means ---

/**
 * Gives the model of a state; what has not changed is kept from the model before.
 * @param {Data} data
 */
function createDerivation(data) {
  /** @type {Map<string, any>} */
  const kept = new Map();
  /** @param {string} name @param {unknown} key @param {() => any} make */
  const keep = (name, key, make) => {
    const text = JSON.stringify(key);
    const old = kept.get(name);
    if (old?.text === text) return old.value;
    const value = make();
    kept.set(name, { text, value });
    return value;
  };
  const dimension = (/** @type {string} */ id) => /** @type {import("./types.js").Dimension} */ (data.byId.get(id));

  /** @param {State} state @returns {Model} */
  return function derive(state) {
    const row = keep("row", [state.row, state.foldedRows], () => buildAxis(data, dimension(state.row), new Set(state.foldedRows)));
    const column = keep("column", [state.column, state.foldedColumns], () => buildAxis(data, dimension(state.column), new Set(state.foldedColumns)));
    const segments = keep("segments", [state.segment], () => buildSegments(data, state.segment ? dimension(state.segment) : null));
    const axes = [state.row, state.foldedRows, state.column, state.foldedColumns];
    const placed = keep("placed", [...axes, state.segment], () => place(data, row, column, segments));
    const bits = keep("bits", [state.filters, state.years, state.words], () => selectStudies(data, state));
    const counts = keep("counts", [...axes, state.segment, state.filters, state.years, state.words], () => countPlaced(placed, bits));
    const allCounts = counts.nShown === data.nStudies ? counts : keep("all", [...axes, state.segment], () => countPlaced(placed, allBits(data.nStudies)));
    const states = keep("states", [...axes, state.segment], () => statesOf(data, row, column, segments));
    const gaps = state.style === "gaps" ? keep("gaps", [...axes, state.filters, state.years, state.words], () => gapsOf(data, row, column, bits, data.payload.gaps)) : null;
    /** @type {Int32Array | null} */
    let shown = null;
    return {
      state, data, bits, row, column, segments, placed, counts, allCounts, states, gaps,
      nShown: counts.nShown,
      rows: itemsShown(row.items.length, counts.rows, state.hideEmpty),
      columns: itemsShown(column.items.length, counts.columns, state.hideEmpty),
      facets: () => keep("facets", [state.filters, state.years, state.words], () => facetsOf(data, state)),
      shown: () => (shown ??= listBits(bits)),
    };
  };
}

/** @param {number} n @param {Uint32Array} counts @param {boolean} hideEmpty */
function itemsShown(n, counts, hideEmpty) {
  const items = [];
  for (let i = 0; i < n; i++) if (!hideEmpty || counts[i]) items.push(i);
  return items;
}

// --- the page ---

/**
 * @param {HTMLElement} root
 * @param {Data} data
 * @param {import("./types.js").Store} store
 * @param {boolean} isPage
 */
function layOutPage(root, data, store, isPage) {
  root.classList.add("ma");
  root.classList.toggle("ma-page", isPage);
  const live = h("div", { class: "ma-hidden-words", role: "status", "aria-live": "polite" });
  const hint = createHint(root);
  const app = createApp(root, data, store, live, (selection) => focusMap(selection));
  const panels = createPanels(app.given);
  app.given.showPanel = (name, detail) => panels.show(name, detail);
  const filters = createFilters(app.given), chips = createChips(app.given), studies = createStudies(app.given);
  const matrix = createMatrix(app.given, hint), rows = createRows(app.given), legend = createLegend(app.given);
  const charts = createCharts(app.given), print = createPrint(app.given);
  const status = createStatus(data), foot = createFoot(app.given);
  const controls = createControls(app.given, { isPage, filters });
  const left = h("div", { class: "ma-side ma-left" }, filters.element);
  const right = h("div", { class: "ma-side ma-right", hidden: true }, studies.element);
  const mainId = uniqueId("ma-main");
  const main = h("main", { class: "ma-main", id: mainId, tabindex: "-1" }, h("div", { class: "ma-top" }, status.element, controls.tools), chips.element, legend.element, h("h2", { class: "ma-hidden-words" }, "The map"), matrix.element, rows.element, foot.element, charts.element);
  const body = h("div", { class: "ma-body ma-with-filters" }, left, main, right);
  const skip = isPage ? h("a", { class: "ma-skip", href: `#${mainId}`, onclick: skipTo(main) }, "Skip to the map") : null;
  root.replaceChildren(...[skip, controls.head, controls.element, body, createEnd(data), live, panels.element, print.element, hint.element].filter((part) => part !== null));
  const views = [controls, filters, chips, status, legend, foot, charts, studies, panels];
  let isNarrow = root.clientWidth <= NARROW;
  let isTight = root.clientWidth <= TIGHT;
  /** @type {Model | null} */
  let current = null;

  /** @param {State["selection"]} selection */
  function focusMap(selection) {
    if (isNarrow || !matrix.focus(selection)) main.focus();
  }

  /** @param {Model} model @param {Model | null} before */
  function update(model, before) {
    current = model;
    const isLeft = !model.state.selection && right.contains(document.activeElement); // by the back button, say
    const showsFilters = controls.showFilters(isTight && !isNarrow && Boolean(model.state.selection)) || isNarrow;
    body.classList.toggle("ma-with-filters", showsFilters);
    left.hidden = !showsFilters;
    body.classList.toggle("ma-with-studies", Boolean(model.state.selection));
    right.hidden = !model.state.selection;
    updateGrid(model, before);
    for (const view of views) view.update(model, before);
    if (isLeft) focusMap(before?.state.selection ?? null);
  }

  /** The matrix, or on a narrow screen the rows: the other one is empty. @param {Model} model @param {Model | null} before */
  function updateGrid(model, before) {
    matrix.element.hidden = isNarrow;
    rows.element.hidden = !isNarrow;
    if (isNarrow) rows.update(model, before);
    else matrix.update(model, before);
  }

  const watcher = new ResizeObserver(() => {
    const [narrowNow, tightNow] = [root.clientWidth <= NARROW, root.clientWidth <= TIGHT];
    if (narrowNow === isNarrow && tightNow === isTight) return;
    const before = narrowNow === isNarrow ? current : null;
    [isNarrow, isTight] = [narrowNow, tightNow];
    if (current) update(current, before);
  });
  watcher.observe(root);
  const beforePrint = () => current && print.prepare(current);
  if (isPage) window.addEventListener("beforeprint", beforePrint);
  // What is only pointed at has no focus: on a page, keys are heard wherever they are pressed.
  const listening = isPage ? root.ownerDocument : root;
  listening.addEventListener("keydown", onEscape);

  /** @param {any} event */
  function onEscape(event) {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    if (hint.isShown()) hint.hideNow();
    else if (store.get().selection) app.given.closeStudies();
    else return;
    event.preventDefault();
  }

  controls.onFilters = () => current && update(current, current);
  return {
    update,
    listed: (/** @type {Model} */ model) => studies.listed(model),
    destroy() {
      watcher.disconnect();
      matrix.destroy();
      window.removeEventListener("beforeprint", beforePrint);
      listening.removeEventListener("keydown", onEscape);
    },
  };
}

/**
 * What views may ask of the whole.
 * @param {HTMLElement} root
 * @param {Data} data
 * @param {import("./types.js").Store} store
 * @param {HTMLElement} live
 * @param {(selection: State["selection"]) => void} focusMap what a list was of, or the map
 */
function createApp(root, data, store, live, focusMap) {
  /** @type {HTMLElement | null} */
  let opener = null;
  /** @type {App} */
  const given = {
    data, store, root,
    say: (text) => {
      live.textContent = live.textContent === text ? `${text} ` : text;
    },
    openStudies: (selection, from) => {
      opener = from;
      store.set({ selection, card: "" });
    },
    closeStudies: () => {
      const { selection } = store.get();
      store.set({ selection: null, card: "" });
      if (opener?.isConnected && opener.checkVisibility()) opener.focus();
      else focusMap(selection);
    },
    showPanel: () => {},
  };
  return { given };
}

/** @param {HTMLElement} main */
function skipTo(main) {
  return (/** @type {Event} */ event) => {
    event.preventDefault(); // the address holds the state of the map
    main.focus();
  };
}

/** How many studies are shown, and what the map does not say. @param {Data} data */
function createStatus(data) {
  const number = h("strong", {});
  const of = h("span", { class: "ma-quiet" });
  const element = h("div", { class: "ma-status" }, number, of, h("span", { class: "ma-quiet" }, "The map shows what evidence exists, not what works."));
  return {
    element,
    update: (/** @type {Model} */ model) => {
      const isAll = model.nShown === data.nStudies;
      number.textContent = isAll ? countOf(model.nShown) : `${groupDigits(model.nShown)} of ${countOf(data.nStudies)}`;
      of.textContent = isAll ? "" : "pass the filters.";
      of.hidden = isAll;
    },
  };
}

/** The accounting line: included = placed + not placed; and how far pairs were coded. @param {App} app */
function createFoot(app) {
  const line = h("span", {});
  const open = h("button", { type: "button", class: "ma-link", onclick: (/** @type {Event} */ event) => app.openStudies("notPlaced", /** @type {HTMLElement} */ (event.currentTarget)) }, "List them");
  const pairs = h("p", { class: "ma-small ma-quiet" });
  const element = h("div", { class: "ma-foot" }, h("p", { class: "ma-small" }, line, open), pairs);
  return {
    element,
    update: (/** @type {Model} */ model) => {
      const { nShown, nPlaced, cells, coCoded, cross } = model.counts;
      const what = model.nShown === model.data.nStudies ? "included" : "shown";
      line.textContent = `${countOf(nShown)} ${what} = ${groupDigits(nPlaced)} placed on this map + ${groupDigits(nShown - nPlaced)} not placed. `;
      open.hidden = nShown === nPlaced;
      pairs.textContent = sayPairs(sum(cells), sum(coCoded), sum(cross));
    },
  };
}

/** @param {number} all @param {number} coCoded @param {number} cross */
function sayPairs(all, coCoded, cross) {
  if (!all || !coCoded) return "";
  const share = (/** @type {number} */ n) => `${Math.round((100 * n) / all)} %`;
  return `Of the ${groupDigits(all)} times that a study stands in a cell, ${share(coCoded)} are co-coded: row and column code both hold for the whole study. In ${share(cross)} the study has several of both, so that the pair itself may not have been studied. A study may stand in several cells; totals count it once.`;
}

/** @param {Uint32Array} numbers */
function sum(numbers) {
  let total = 0;
  for (const n of numbers) total += n;
  return total;
}

/** @param {Data} data */
function createEnd(data) {
  const { cite, licence, software } = data.payload.map;
  const lines = [cite && `Cite as: ${cite}`, [licence && `Licence: ${licence}`, software && `Made with ${software}`].filter(Boolean).join(". ")];
  return h("footer", { class: "ma-end ma-small ma-quiet" }, ...lines.filter(Boolean).map((line) => h("p", {}, line)));
}
