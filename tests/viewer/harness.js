// What the modules say of a map, as plain lists, to compare with the tables.
// `ask` has row, column, segment ("" for none), foldedRows, foldedColumns, wanted (the filters), and where they matter most
// (segments), rules (of gaps), anyKey (lists also of codes folded away).

function openMap({ payload, ask }) {
  const data = openData(payload);
  const row = buildAxis(data, data.byId.get(ask.row), new Set(ask.foldedRows));
  const column = buildAxis(data, data.byId.get(ask.column), new Set(ask.foldedColumns));
  return { data, row, column, bits: selectStudies(data, ask.wanted) };
}
function describeMap(given) {
  const { data, row, column, bits } = openMap(given);
  const { segment, most, anyKey } = given.ask;
  const segments = buildSegments(data, data.byId.get(segment) ?? null, most);
  const placed = place(data, row, column, segments);
  const counts = countPlaced(placed, bits);
  const keysOf = (axis) => axis.items.map((item) => item.key);
  const groupsOf = (axis, groups) => Object.fromEntries([...groups].map(([code, n]) => [axis.dimension.codes[code].id, n]));
  const names = ["", "outside_scope", "not_reported"];
  return {
    rows: keysOf(row), columns: keysOf(column), segments: segments.items.map((item) => item.key),
    nShown: counts.nShown, nPlaced: counts.nPlaced,
    cells: [...counts.cells], coCoded: [...counts.coCoded], cross: [...counts.cross], bySegment: [...counts.segments],
    rowCounts: [...counts.rows], rowSegments: [...counts.rowSegments],
    columnCounts: [...counts.columns], columnSegments: [...counts.columnSegments], totalSegments: [...counts.totalSegments],
    rowGroups: groupsOf(row, counts.rowGroups), columnGroups: groupsOf(column, counts.columnGroups),
    states: [...statesOf(data, row, column, segments)].map((state, i) =>
      (state !== NOT_REPORTED && counts.cells[i] ? "studies" : names[state]) || "none_found"),
    reasons: [...listBits(bits)].map((study) => whyNotPlaced(data, placed, study)),
    lists: listsBehind(placed, bits, anyKey),
    notPlaced: [...listStudies(placed, NOT_PLACED, bits)],
    inCells: row.items.map((r) => column.items.map((c) => {
      const { studies, masks } = listCell(placed, r.index, c.index, bits);
      return studies.map((study, at) => [study, segments.items.filter(({ index }) => masks[at] >> index & 1).map(({ key }) => key)]);
    })),
  };
}
/* Every list that has studies, under "row | column | segment": by keys of items and open groups, or by any key there could be. */
function listsBehind(placed, bits, anyKey) {
  const keysOf = ({ items, dimension: { codes } }) => new Set(["", ...anyKey
    ? codes.flatMap(({ id }) => [id, id + "!"])
    : items.flatMap((item) => [item.key, ...item.ancestors.map((code) => codes[code].id)])]);
  const lists = {};
  for (const row of keysOf(placed.row)) {
    for (const column of keysOf(placed.column)) {
      for (const segment of new Set(["", ...placed.segments.items.map((item) => item.key)])) {
        const list = listStudies(placed, { row, column, segment }, bits);
        if (list.length) lists[[row, column, segment].join(" | ")] = [...list];
      }
    }
  }
  return lists;
}
function describeGaps(given) {
  const { data, row, column, bits } = openMap(given);
  const gaps = gapsOf(data, row, column, bits, given.ask.rules);
  const width = column.items.length;
  return {
    cells: Object.fromEntries(row.items.flatMap((r) => column.items.map((c) =>
      [`${r.key} | ${c.key}`, gaps[r.index * width + c.index]]))),
    rules: gapRules(given.ask.rules).map(({ flag, label, rule }) => [flag, label, rule]),
  };
}
function describeFilters({ payload, ask }) {
  const data = openData(payload);
  const bits = selectStudies(data, ask.wanted);
  return {
    studies: [...listBits(bits)],
    n: countBits(bits),
    facets: facetsOf(data, ask.wanted).map((counts, at) =>
      Object.fromEntries([...counts].map((n, code) => [data.dimensions[at].codes[code].id, n]))),
    nWithoutYear: data.nWithoutYear,
    words: sayFilters(data, ask.wanted),
  };
}
function describeStudies({ payload }) {
  const data = openData(payload);
  return payload.studies.id.map((_, study) => data.study(study));
}
/* What is found when the texts are gone that were read in idle time. */
async function searchWarm({ payload, ask }) {
  const data = openData(payload);
  if (ask.isWarm) warmWords(data);
  await new Promise((done) => requestIdleCallback(done));
  payload.reports.title = [];
  return [...listBits(selectStudies(data, ask.wanted))];
}
