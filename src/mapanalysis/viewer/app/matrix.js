// The grid: headings that stay in sight, cells that are reached by arrow keys and speak.

import { createPainter, placesFor, saySegments, scaleOf } from "./cell.js";
import { countPlaced } from "./count.js";
import { allBits } from "./data.js";
import { countOf, h } from "./dom.js";
import { layHeadings } from "./headings.js";
import { createSight } from "./sight.js";

/** @typedef {import("./types.js").Model} Model */
/** @typedef {import("./types.js").App} App */
/** @typedef {import("./headings.js").Heading} Heading */

const CELL_HEIGHT = 44;
const NARROWEST = 56;
const WIDEST_WORD = 132;
/** px that the place of a segment needs across, by the digits of the largest number written there. */
const PLACE_WIDTH = [0, 28, 31, 40, 48, 56, 64];
const PLACE_HEIGHT = 27;
const CHUNK_MS = 5;
const REST_MS = 160; // before cells out of sight are drawn
const PAGE_OF_ROWS = 5;

/**
 * The matrix. `hint` shows words beside what is pointed at or focused.
 * @param {App} app
 * @param {{show: (anchor: Element, title: string, lines: string[]) => void, hide: () => void, hideNow: () => void, follow: () => void}} hint
 */
export function createMatrix(app, hint) {
  const head = h("thead");
  const body = h("tbody");
  const columns = h("colgroup");
  const table = h("table", { class: "ma-grid", role: "grid" }, columns, head, body);
  const scroller = h("div", { class: "ma-scroller", role: "group", "aria-label": "The map; it can be moved in both directions", tabindex: "-1" }, table);
  const element = h("div", { class: "ma-matrix" }, scroller);
  /** @type {ReturnType<typeof emptyLayout>} */
  let layout = emptyLayout();
  /** @type {Model | null} */
  let shown = null;
  let turn = 0;
  let waiting = 0;
  const sight = createSight(scroller);
  let focusAt = { row: 0, column: 0 };

  /** @param {Model} model @param {Model | null} before */
  function update(model, before) {
    const isSame = before && layout.made && sameShape(model, before);
    if (isSame) sight.look(); // before anything changes: afterwards it would cost a layout
    shown = model;
    if (!isSame) build(model);
    markShown();
    for (const margin of layout.margins) margin(model);
    if (!isSame) sight.measure(/** @type {HTMLElement[]} */ ([...layout.rowOf.keys()]), layout.lines[0] ?? []);
    fill(model);
    layout.made = true;
  }

  // --- structure ---

  /** @param {Model} model */
  function build(model) {
    const hadFocus = table.contains(document.activeElement);
    const key = hadFocus ? keyAt(focusAt) : null;
    hint.hide();
    layout = layOut(model);
    columns.replaceChildren(...layout.widths.map((width) => h("col", { width })));
    table.style.setProperty("--ma-width", `${layout.widths.reduce((sum, width) => sum + width, 0)}px`);
    const { across, down } = placesFor(model.segments.items.length);
    table.className = `ma-grid ma-across-${across} ma-down-${down}`;
    table.style.setProperty("--ma-cell-height", `${layout.cellHeight}px`);
    table.setAttribute("aria-label", `${model.row.dimension.label} by ${model.column.dimension.label}, numbers of studies`);
    head.replaceChildren(...layout.headRows);
    body.replaceChildren(...layout.bodyRows);
    table.setAttribute("aria-rowcount", String(layout.at.length));
    table.setAttribute("aria-colcount", String(layout.widths.length));
    focusAt = (key && findKey(key)) || { row: layout.firstRow, column: Math.min(2, layout.widths.length - 1) };
    const stop = layout.at[focusAt.row]?.[focusAt.column];
    if (stop) {
      stop.tabIndex = 0;
      if (hadFocus) stop.focus({ preventScroll: true });
    }
    requestAnimationFrame(keepHeadingsClear);
  }

  /** @param {Model} model */
  function layOut(model) {
    const made = emptyLayout();
    const S = model.segments.items.length;
    const { across, down } = placesFor(S);
    made.cellHeight = Math.max(CELL_HEIGHT, down * PLACE_HEIGHT + 6);
    const least = Math.max(NARROWEST, across * PLACE_WIDTH[Math.min(String(largestEver(model)).length, 6)] + 6);
    made.widths = [208, 60, ...model.columns.map((c) => Math.max(least, widestWord(model.column.items[c].label)))];
    made.cellWidth = least;
    const headings = layHeadings(model, app);
    made.groups = headings.groups;
    made.margins = headings.margins;
    made.headRows = headings.headRows;
    made.at.push(...headings.headAt);
    made.firstRow = headings.headAt.length;
    const blank = h("tr");
    for (const _ of model.columns) blank.append(h("td", { class: "ma-cell", role: "gridcell", tabindex: "-1" }));
    for (const row of headings.bodyRows) addBodyRow(made, row, blank, model.columns.length);
    made.drawnIn = new Int32Array(made.lines.length * model.columns.length);
    return made;
  }

  /**
   * @param {ReturnType<typeof emptyLayout>} made
   * @param {import("./headings.js").BodyRow} row
   * @param {HTMLTableRowElement} blank
   * @param {number} C
   */
  function addBodyRow(made, row, blank, C) {
    const line = row.item < 0 ? h("tr", { class: "ma-band" }) : /** @type {HTMLTableRowElement} */ (blank.cloneNode(true));
    const cells = /** @type {HTMLElement[]} */ ([...line.children]);
    line.prepend(row.heading, row.margin);
    line.setAttribute("aria-rowindex", String(made.at.length + 1));
    if (row.item < 0) {
      line.append(h("td", { class: "ma-band-rest", colspan: C, role: "presentation" }));
      made.at.push([row.heading, row.margin, ...Array(C).fill(row.margin)]);
    } else {
      made.lines.push(cells);
      made.rowOf.set(line, row.item);
      made.at.push([row.heading, row.margin, ...cells]);
    }
    made.bodyRows.push(line);
  }

  /** Where sticky headings end, so that what is focused is never under them. */
  function keepHeadingsClear() {
    scroller.style.setProperty("--ma-head-height", `${head.offsetHeight}px`);
  }

  // --- cells ---

  /** Draws what is in sight now, and the rest when there is time. @param {Model} model */
  function fill(model) {
    const mine = ++turn;
    const size = { largest: scaleOf(model), width: layout.cellWidth, height: layout.cellHeight };
    const painter = createPainter(model, size);
    layout.draw = (at, c) => {
      const place = at * model.columns.length + c;
      if (layout.drawnIn[place] === mine) return;
      layout.drawnIn[place] = mine;
      const [r, column] = [model.rows[at], model.columns[c]];
      const cell = layout.lines[at][c];
      painter.paint(cell, r, column);
      cell.setAttribute("aria-label", painter.say(r, column));
    };
    drawInSight();
    element.dataset.shown = String(mine);
    clearTimeout(waiting);
    waiting = window.setTimeout(drawRest, REST_MS, mine, 0);
  }

  function drawInSight() {
    const { rows, columns } = sight.range;
    for (let at = rows[0]; at < rows[1]; at++) for (let c = columns[0]; c < columns[1]; c++) layout.draw(at, c);
    layout.onCell?.classList.add("ma-on");
  }

  /** Row by row, a few milliseconds at a time: a reader's next step comes first. @param {number} mine @param {number} at */
  function drawRest(mine, at) {
    const until = performance.now() + CHUNK_MS;
    for (; at < layout.lines.length && performance.now() < until; at++) {
      for (let c = 0; c < layout.lines[at].length; c++) layout.draw(at, c);
    }
    layout.onCell?.classList.add("ma-on");
    if (at < layout.lines.length) waiting = window.setTimeout(drawRest, 0, mine, at);
    else element.dataset.drawn = String(mine);
  }

  let isScrolling = false;
  const onScroll = () => {
    if (isScrolling) return;
    isScrolling = true;
    requestAnimationFrame(() => {
      isScrolling = false;
      if (!layout.made) return;
      sight.look();
      drawInSight();
      hint.follow();
    });
  };
  scroller.addEventListener("scroll", onScroll, { passive: true });
  window.addEventListener("scroll", onScroll, { passive: true });
  window.addEventListener("resize", onScroll, { passive: true });

  // --- keyboard and pointer ---

  table.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.altKey || event.metaKey) return;
    const to = destination(event);
    if (to) {
      event.preventDefault();
      moveTo(to);
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      activate(/** @type {HTMLElement} */ (event.target), event.key === " ");
    }
  });

  /** @param {KeyboardEvent} event */
  function destination(event) {
    const { row, column } = focusAt;
    const [lastRow, lastColumn] = [layout.at.length - 1, layout.widths.length - 1];
    const isFar = event.ctrlKey;
    switch (event.key) {
      case "ArrowRight": return step(0, 1);
      case "ArrowLeft": return step(0, -1);
      case "ArrowDown": return step(1, 0);
      case "ArrowUp": return step(-1, 0);
      case "Home": return { row: isFar ? 0 : row, column: 0 };
      case "End": return { row: isFar ? lastRow : row, column: lastColumn };
      case "PageDown": return { row: Math.min(lastRow, row + PAGE_OF_ROWS), column };
      case "PageUp": return { row: Math.max(0, row - PAGE_OF_ROWS), column };
    }
    return null;
  }

  /** The next place that is another element: headings of groups span several. @param {number} down @param {number} right */
  function step(down, right) {
    let { row, column } = focusAt;
    const here = layout.at[row][column];
    do {
      row += down;
      column += right;
    } while (layout.at[row]?.[column] === here);
    return layout.at[row]?.[column] ? { row, column } : focusAt;
  }

  /** @param {{row: number, column: number}} to */
  function moveTo(to) {
    const target = layout.at[to.row][to.column];
    layout.at[focusAt.row][focusAt.column].tabIndex = -1;
    focusAt = to;
    target.tabIndex = 0;
    target.scrollIntoView({ block: "nearest", inline: "nearest" }); // first: words beside it stand where it then is
    target.focus({ preventScroll: true });
  }

  /** @param {HTMLElement} target @param {boolean} isSpace */
  function activate(target, isSpace) {
    const group = layout.groups.get(target);
    if (isSpace && group?.fold) return group.fold();
    const selection = selectionOf(target);
    if (selection) app.openStudies(selection, target);
  }

  table.addEventListener("click", (/** @type {MouseEvent} */ event) => {
    const clicked = /** @type {HTMLElement} */ (event.target);
    const target = /** @type {HTMLElement | null} */ (clicked.closest("td, th"));
    if (!target || !shown) return;
    const place = findElement(target);
    if (place) moveTo(place);
    const group = layout.groups.get(target);
    if (clicked.closest(".ma-fold") && group?.fold) return group.fold();
    const selection = selectionOf(target);
    const part = /** @type {HTMLElement | null} */ (clicked.closest("[class*=ma-at-], .ma-part"));
    const segment = part ? /ma-seg-(\d+)/.exec(part.className) : null;
    if (selection) app.openStudies(segment ? { ...selection, segment: shown.segments.items[Number(segment[1])].key } : selection, target);
  });

  /** @param {HTMLElement} target @returns {import("./types.js").Selection | null} */
  function selectionOf(target) {
    const group = layout.groups.get(target);
    if (group) return group.selection;
    if (!shown) return null;
    const r = layout.rowOf.get(/** @type {HTMLElement} */ (target.parentElement));
    const at = /** @type {HTMLTableCellElement} */ (target).cellIndex - 2;
    if (r === undefined || at < 0) return null;
    return { row: shown.row.items[r].key, column: shown.column.items[shown.columns[at]].key, segment: "" };
  }

  /** The cell or heading whose studies are open is marked. */
  function markShown() {
    for (const marked of table.querySelectorAll(".ma-on, [aria-current]")) {
      marked.classList.remove("ma-on");
      marked.removeAttribute("aria-current");
    }
    layout.onCell = null;
    const selection = shown?.state.selection;
    if (!shown || !selection || selection === "notPlaced") return;
    const { row, column } = shown;
    const r = shown.rows.findIndex((item) => row.items[item].key === selection.row);
    const c = shown.columns.findIndex((item) => column.items[item].key === selection.column);
    const cell = layout.lines[r]?.[c] ?? [...layout.groups].find(([, group]) => sameSelection(group.selection, selection))?.[0];
    if (!cell) return;
    cell.setAttribute("aria-current", "true");
    cell.classList.add("ma-on");
    layout.onCell = cell;
  }

  // --- words beside what is pointed at ---

  for (const name of ["pointerover", "focusin"]) {
    table.addEventListener(name, (/** @type {any} */ event) => {
      if (name === "pointerover" && event.pointerType === "touch") return;
      const target = event.target.closest("td, th");
      if (target && shown) describe(target, shown);
    });
  }
  table.addEventListener("pointerleave", () => hint.hide());
  table.addEventListener("focusout", () => hint.hide());

  /** @param {HTMLElement} target @param {Model} model */
  function describe(target, model) {
    const group = layout.groups.get(target);
    if (group) return group.lines.length ? hint.show(target, group.title, group.lines) : hint.hideNow();
    const r = layout.rowOf.get(/** @type {HTMLElement} */ (target.parentElement));
    const at = /** @type {HTMLTableCellElement} */ (target).cellIndex - 2;
    const said = target.getAttribute("aria-label") ?? "";
    if (r === undefined || at < 0 || !said) return hint.hideNow();
    const i = r * model.column.items.length + model.columns[at];
    const parts = saySegments(model, model.counts.segments, i);
    const [title, rest] = splitOnce(said, ": ");
    const n = model.counts.cells[i];
    const notes = rest.split("; ").slice(1);
    hint.show(target, title, [n ? countOf(n) : rest.split("; ")[0], ...parts, ...notes]);
  }

  /** @param {HTMLElement} target */
  function findElement(target) {
    for (let row = 0; row < layout.at.length; row++) {
      const column = layout.at[row].indexOf(target);
      if (column >= 0) return { row, column };
    }
    return null;
  }

  /** What is at a place, in words that outlast a new layout. @param {{row: number, column: number}} place */
  function keyAt(place) {
    const target = layout.at[place.row]?.[place.column];
    const selection = target && selectionOf(target);
    return selection ? JSON.stringify([selection.row, selection.column]) : null;
  }

  /** @param {string} key */
  function findKey(key) {
    for (let row = 0; row < layout.at.length; row++) {
      for (let column = 0; column < layout.at[row].length; column++) {
        if (keyAt({ row, column }) === key) return { row, column };
      }
    }
    return null;
  }

  function destroy() {
    clearTimeout(waiting);
    window.removeEventListener("scroll", onScroll);
    window.removeEventListener("resize", onScroll);
  }

  return { element, update, destroy, focus: () => layout.at[focusAt.row]?.[focusAt.column]?.focus() };
}

/** What one structure of the table is made of. */
function emptyLayout() {
  return {
    made: false,
    at: /** @type {HTMLElement[][]} */ ([]),
    lines: /** @type {HTMLElement[][]} */ ([]),
    drawnIn: new Int32Array(0),
    draw: (/** @type {number} */ _row, /** @type {number} */ _column) => {},
    rowOf: /** @type {Map<Element, number>} */ (new Map()),
    groups: /** @type {Map<HTMLElement, Heading>} */ (new Map()),
    margins: /** @type {((model: Model) => void)[]} */ ([]),
    headRows: /** @type {HTMLElement[]} */ ([]),
    bodyRows: /** @type {HTMLElement[]} */ ([]),
    widths: /** @type {number[]} */ ([]),
    cellWidth: 0,
    cellHeight: 0,
    firstRow: 0,
    onCell: /** @type {HTMLElement | null} */ (null),
  };
}

/** The largest number of a segment in a cell when no filter is on: widths do not change with filters. @param {Model} model */
function largestEver(model) {
  const isAll = model.nShown === model.data.nStudies;
  return scaleOf(isAll ? model : { ...model, counts: countPlaced(model.placed, allBits(model.data.nStudies)) }).segment;
}

/** Whether two models make the same rows, columns and drawing, so that only numbers change. @param {Model} a @param {Model} b */
function sameShape(a, b) {
  return a.row === b.row && a.column === b.column && a.segments === b.segments
    && a.rows.length === b.rows.length && a.columns.length === b.columns.length
    && a.rows.every((row, i) => row === b.rows[i]) && a.columns.every((column, i) => column === b.columns[i]);
}

/** @param {import("./types.js").Selection} a @param {import("./types.js").Selection} b */
function sameSelection(a, b) {
  return a.row === b.row && a.column === b.column;
}

/** @param {string} text @param {string} mark */
function splitOnce(text, mark) {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + mark.length)];
}

/** @type {CanvasRenderingContext2D | null | undefined} */
let ruler;

/**
 * The width in px that a heading needs so that none of its words is broken.
 * @param {string} label
 */
export function widestWord(label) {
  ruler ??= document.createElement("canvas").getContext("2d");
  if (!ruler) return NARROWEST;
  ruler.font = '600 12px system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';
  let widest = 0;
  for (const word of label.split(/\s+|(?<=[-/])/)) widest = Math.max(widest, ruler.measureText(word).width);
  return Math.min(WIDEST_WORD, Math.ceil(widest) + 14);
}
