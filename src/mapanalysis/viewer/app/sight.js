// Which cells the window shows: those are drawn at once, the others when there is time or when they come into sight.

const MARGIN = 60; // px beyond the edges

/**
 * @param {HTMLElement} scroller what moves the table
 */
export function createSight(scroller) {
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

  /** Brings `range` up to date. */
  function look() {
    const frame = scroller.getBoundingClientRect();
    const top = scroller.scrollTop + Math.max(0, -frame.top) - MARGIN;
    const bottom = scroller.scrollTop + Math.min(frame.height, window.innerHeight - frame.top) + MARGIN;
    const left = scroller.scrollLeft + Math.max(0, -frame.left) - MARGIN;
    const right = scroller.scrollLeft + Math.min(frame.width, window.innerWidth - frame.left) + MARGIN;
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
