// Which cells the window shows: those are drawn at once, the others when there is time or when they come into sight.

const BEYOND_EDGE = 60; // px
const CHUNK_MS = 5;
const REST_MS = 160; // before cells out of sight are drawn

/**
 * Draws cells by their place among the rows and columns on screen. `element` says how far it is: `data-shown` counts the
 * turns in which all in sight is drawn, `data-drawn` is the last turn in which everything is.
 * @param {HTMLElement} element
 * @param {HTMLElement} scroller what moves the table
 * @param {() => void} onMove
 */
export function createDrawing(element, scroller, onMove) {
  const sight = createSight(scroller);
  let turn = 0;
  let waiting = 0;
  let isMoving = false;
  /** The turn in which each cell was drawn. */
  let drawnIn = new Int32Array(0);
  let [nRows, nColumns] = [0, 0];
  /** @type {(row: number, column: number) => void} */
  let paint = () => {};

  /** @param {number} row @param {number} column */
  function draw(row, column) {
    const at = row * nColumns + column;
    if (drawnIn[at] === turn) return;
    drawnIn[at] = turn;
    paint(row, column);
  }

  function drawInSight() {
    const { rows, columns } = sight.range;
    for (let row = rows[0]; row < rows[1]; row++) for (let column = columns[0]; column < columns[1]; column++) draw(row, column);
  }

  /** Row by row, a few milliseconds at a time: a reader's next step comes first. @param {number} row */
  function drawRest(row) {
    const until = performance.now() + CHUNK_MS;
    for (; row < nRows && performance.now() < until; row++) for (let column = 0; column < nColumns; column++) draw(row, column);
    if (row < nRows) waiting = window.setTimeout(drawRest, 0, row);
    else element.dataset.drawn = String(turn);
  }

  /** Draws all cells anew: those in sight now. @param {(row: number, column: number) => void} painter */
  function drawAll(painter) {
    turn += 1;
    paint = painter;
    drawInSight();
    element.dataset.shown = String(turn);
    clearTimeout(waiting);
    waiting = window.setTimeout(drawRest, REST_MS, 0);
  }

  /** Takes up a new table. @param {HTMLElement[]} rows @param {HTMLElement[]} columns the cells of one row */
  function measure(rows, columns) {
    [nRows, nColumns] = [rows.length, columns.length];
    drawnIn = new Int32Array(nRows * nColumns);
    sight.measure(rows, columns);
  }

  function move() {
    if (isMoving) return;
    isMoving = true;
    requestAnimationFrame(() => {
      isMoving = false;
      sight.look();
      drawInSight();
      onMove();
    });
  }

  const stopListening = listenToMoves(scroller, move);
  function destroy() {
    clearTimeout(waiting);
    stopListening();
  }

  return { drawAll, measure, look: sight.look, destroy };
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
  /** The first and last row and column in sight, by their order; the last is not included. @type {{rows: [number, number], columns: [number, number]}} */
  const range = { rows: [0, 0], columns: [0, 0] };

  /** Measures the table as it now stands. @param {HTMLElement[]} rows @param {HTMLElement[]} columns */
  function measure(rows, columns) {
    edges = {
      bottoms: rows.map((row) => row.offsetTop + row.offsetHeight),
      rights: columns.map((column) => column.offsetLeft + column.offsetWidth),
    };
    look();
  }

  /** Brings `range` up to date. Cheap before anything on the page changes; afterwards it costs a layout. */
  function look() {
    const frame = scroller.getBoundingClientRect();
    const top = scroller.scrollTop + Math.max(0, -frame.top) - BEYOND_EDGE;
    const bottom = scroller.scrollTop + Math.min(frame.height, window.innerHeight - frame.top) + BEYOND_EDGE;
    const left = scroller.scrollLeft + Math.max(0, -frame.left) - BEYOND_EDGE;
    const right = scroller.scrollLeft + Math.min(frame.width, window.innerWidth - frame.left) + BEYOND_EDGE;
    range.rows = within(edges.bottoms, top, bottom);
    range.columns = within(edges.rights, left, right);
  }

  return { measure, look, range };
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
