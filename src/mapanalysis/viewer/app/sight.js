// Which cells the window shows: those are drawn at once, the others when there is time or when they come into sight.

/** px beyond the edges: across, and down, for a legend that becomes shorter lets the table move up. */
const EDGE = [40, 110];
const NEIGHBOURS = [320, 320];
const CHUNK_MS = 5;
const REST_MS = 160; // before cells out of sight have their turn

/** @typedef {Record<"draw" | "say" | "clear", (row: number, column: number) => void>} CellPainter */

/**
 * Draws cells by their place among the rows and columns on screen: those in sight at once, their neighbours soon after;
 * all others get their words only, for what nobody sees costs as much to draw as what one sees. `element` says how far it
 * is: `data-shown` counts the turns in which all in sight is drawn, `data-drawn` is the last turn that is done.
 * @param {HTMLElement} element
 * @param {HTMLElement} scroller what moves the table
 * @param {() => void} onMove
 */
export function createDrawing(element, scroller, onMove) {
  const sight = createSight(scroller);
  let turn = 0;
  let waiting = 0;
  let isMoving = false;
  /** The turns in which each cell was drawn, and got its words. */
  let [drawnIn, saidIn] = [new Int32Array(0), new Int32Array(0)];
  /** Cells that hold marks. @type {Set<number>} */
  const marked = new Set();
  let [nRows, nColumns] = [0, 0];
  /** @type {CellPainter} */
  let painter = { draw: () => {}, say: () => {}, clear: () => {} };

  /** @param {number} row @param {number} column */
  function draw(row, column) {
    const at = row * nColumns + column;
    say(row, column);
    if (drawnIn[at] === turn) return;
    drawnIn[at] = turn;
    marked.add(at);
    painter.draw(row, column);
  }

  /** @param {number} row @param {number} column */
  function say(row, column) {
    const at = row * nColumns + column;
    if (saidIn[at] === turn) return;
    saidIn[at] = turn;
    painter.say(row, column);
  }

  /** @param {number[]} beyond px beyond the edges of the window, across and down */
  function drawAround(beyond) {
    const { rows, columns } = sight.range(beyond);
    for (let row = rows[0]; row < rows[1]; row++) for (let column = columns[0]; column < columns[1]; column++) draw(row, column);
  }

  /** What an earlier turn has drawn out there is no longer true. */
  function clearStale() {
    for (const at of marked) {
      if (drawnIn[at] === turn) continue;
      marked.delete(at);
      painter.clear(Math.floor(at / nColumns), at % nColumns);
    }
  }

  /** Row by row, a few milliseconds at a time: a reader's next step comes first. @param {number} row */
  function sayRest(row) {
    if (row === 0) {
      drawAround(NEIGHBOURS);
      clearStale();
    }
    const until = performance.now() + CHUNK_MS;
    for (; row < nRows && performance.now() < until; row++) for (let column = 0; column < nColumns; column++) say(row, column);
    if (row < nRows) waiting = window.setTimeout(sayRest, 0, row);
    else element.dataset.drawn = String(turn);
  }

  /** Draws all cells anew: those in sight now. @param {CellPainter} next */
  function drawAll(next) {
    turn += 1;
    painter = next;
    drawAround(EDGE);
    element.dataset.shown = String(turn);
    clearTimeout(waiting);
    waiting = window.setTimeout(sayRest, REST_MS, 0);
  }

  /**
   * Takes up a new table, by what is known of it before it is laid out: it may turn out larger, so that less is in sight.
   * @param {number} rows
   * @param {number} made how many of them are there so far
   * @param {number} height px of a row
   * @param {number[]} widths px of the columns
   */
  function begin(rows, made, height, widths) {
    [nRows, nColumns] = [rows, widths.length];
    sight.expect(made, height, widths);
    [drawnIn, saidIn] = [new Int32Array(nRows * nColumns), new Int32Array(nRows * nColumns)];
    marked.clear();
  }

  function move() {
    if (isMoving) return;
    isMoving = true;
    requestAnimationFrame(() => {
      isMoving = false;
      sight.look();
      drawAround(NEIGHBOURS);
      onMove();
    });
  }

  const stopListening = listenToMoves(scroller, move);
  function destroy() {
    clearTimeout(waiting);
    stopListening();
  }

  return { begin, drawAll, measure: sight.measure, look: sight.look, depth: sight.depth, destroy };
}

/** @param {HTMLElement} scroller @param {() => void} move */
function listenToMoves(scroller, move) {
  scroller.addEventListener("scroll", move, { passive: true });
  for (const name of ["scroll", "resize"]) window.addEventListener(name, move, { passive: true });
  return () => ["scroll", "resize"].forEach((name) => window.removeEventListener(name, move));
}

/** @param {HTMLElement} scroller */
function createSight(scroller) {
  /** Where rows end and where columns end, in px from the table's corner. @type {{bottoms: number[], rights: number[]}} */
  let edges = { bottoms: [], rights: [] };
  let box = { top: 0, bottom: 0, left: 0, right: 0 };

  /** @param {number} rows @param {number} height @param {number[]} widths */
  function expect(rows, height, widths) {
    let right = 0;
    edges = {
      bottoms: Array.from({ length: rows }, (_, row) => (row + 1) * height),
      rights: widths.map((width) => (right += width)),
    };
  }

  /** Measures the table as it now stands. @param {HTMLElement[]} rows @param {HTMLElement[]} columns */
  function measure(rows, columns) {
    edges = {
      bottoms: rows.map((row) => row.offsetTop + row.offsetHeight),
      rights: columns.map((column) => column.offsetLeft + column.offsetWidth),
    };
    look();
  }

  /** Finds what part of the table is in sight. Cheap before anything on the page changes; afterwards it costs a layout. */
  function look() {
    const frame = scroller.getBoundingClientRect();
    // Down to the end of the window, not of the frame: the next table may be longer than the last.
    box = {
      top: scroller.scrollTop + Math.max(0, -frame.top),
      bottom: scroller.scrollTop + Math.max(0, window.innerHeight - frame.top),
      left: scroller.scrollLeft + Math.max(0, -frame.left),
      right: scroller.scrollLeft + Math.min(frame.width, window.innerWidth - frame.left),
    };
  }

  /** The first and last row and column in sight, by their order; the last is not included. @param {number[]} beyond px across and down */
  function range([across, down]) {
    return {
      rows: within(edges.bottoms, box.top - down, box.bottom + down),
      columns: within(edges.rights, box.left - across, box.right + across),
    };
  }

  return { expect, measure, look, range, depth: () => box.bottom };
}

/**
 * @param {number[]} ends
 * @param {number} from
 * @param {number} to
 * @returns {[number, number]}
 */
function within(ends, from, to) {
  let first = 0;
  while (first < ends.length && ends[first] < from) first += 1;
  let last = first;
  while (last < ends.length && (last === 0 ? 0 : ends[last - 1]) < to) last += 1;
  return [first, last];
}
