// The studies behind a number, as a list beside the map: by type of evidence, to read, to sort and to take along.

import { saySegment } from "./cell.js";
import { createCard } from "./card.js";
import { citeReport, exportFileName, mainReportOf, sayAuthors, singleLine, toBibtex, toCsv, toRis } from "./cite.js";
import { IN_SCOPE, NOT_PLACED, NOT_REPORTED, OUTSIDE_SCOPE, listStudies, whyNotPlaced } from "./count.js";
import { allBits, itemsOf, noBits } from "./data.js";
import { copyText, countOf, groupDigits, h, joinWords } from "./dom.js";

/**
 * @typedef {import("./types.js").App} App
 * @typedef {import("./types.js").Axis} Axis
 * @typedef {import("./types.js").Data} Data
 * @typedef {import("./types.js").Model} Model
 * @typedef {import("./types.js").Report} Report
 * @typedef {import("./types.js").Selection} Selection
 * @typedef {import("./types.js").State} State
 * @typedef {import("./types.js").Study} Study
 * @typedef {{key: string, label: string, segment: number, studies: number[]}} StudyGroup
 *   Studies that stand under one heading; `segment` -1 where it is no type of evidence.
 * @typedef {{name: string, total: number, groups: StudyGroup[], studies: number[], also: (study: number, group: string) => string[]}} Listing
 *   `studies`: each once, in the order of the list; `total`: how many there are without the filters.
 */

const STUDIES_A_TIME = 100;
const SORT_WORDS = { year: "Newest first", author: "First author", title: "Title" };
/** @type {Record<string, {name: string, type: string, write: (studies: Study[], data: Data) => string}>} */
const EXPORTS = {
  ris: { name: "RIS", type: "application/x-research-info-systems", write: toRis },
  bib: { name: "BibTeX", type: "application/x-bibtex", write: toBibtex },
  csv: { name: "CSV", type: "text/csv", write: toCsv },
};

/**
 * @param {App} app
 */
export function createStudies(app) {
  const parts = layOutStudies(app);
  const order = createOrder(app.data);
  /** @type {Listing} */
  let listing = { name: "", total: 0, groups: [], studies: [], also: () => [] };
  /** @type {Model | null} */
  let current = null;
  /** The selection on show, as text. */
  let shown = "null";
  let limit = STUDIES_A_TIME;
  const total = { placed: null, text: "", n: 0 };
  /** Under which of its headings the open study was opened. */
  let openGroup = "";

  const copy = createCopier(app, parts);
  /** @type {StudyActions} */
  const actions = {
    toggle(study, group) {
      openGroup = group;
      app.store.set({ card: app.store.get().card === study.id ? "" : study.id }, { replace: true });
    },
    copy,
  };
  parts.sort.addEventListener("change", () => app.store.set({ sort: parts.sort.value }, { replace: true }));
  parts.copyAll.addEventListener("click", () => {
    const reports = listing.studies.flatMap((study) => app.data.study(study).reports);
    copy(reports.map(citeReport).join("\n"), countOf(reports.length, "citation", "citations"), parts.copyAll);
  });
  for (const [extension, button] of parts.downloads) {
    button.addEventListener("click", () => {
      const studies = listing.studies.map((study) => app.data.study(study));
      const file = exportFileName(app.data.payload.map, `${listing.name} ${countOf(studies.length)}`, extension);
      downloadText(EXPORTS[extension].write(studies, app.data), file, EXPORTS[extension].type);
      parts.tell(`${file} holds ${countOf(countReports(studies), "report", "reports")} of ${countOf(studies.length)}.`);
    });
  }
  parts.more.addEventListener("click", () => {
    const before = limit;
    limit += STUDIES_A_TIME;
    drawList();
    parts.list.querySelectorAll(".ma-study-title")[before]?.focus();
  });

  function drawList() {
    if (!current) return;
    const open = placeOfCard(listing.groups, app.data, current.state.card, openGroup);
    if (open && open.at >= limit) limit = Math.ceil((open.at + 1) / STUDIES_A_TIME) * STUDIES_A_TIME;
    drawGroups(parts, listing, limit, current, actions);
    showCard(parts.list, open, app.data, actions);
  }

  function drawCard() {
    const open = placeOfCard(listing.groups, app.data, current?.state.card ?? "", openGroup);
    if (open && open.at >= limit) drawList();
    else showCard(parts.list, open, app.data, actions);
  }

  /**
   * @param {Model} model
   * @param {Model | null} before
   */
  function update(model, before) {
    const { selection, card, sort } = model.state;
    const last = current;
    current = model;
    const wanted = JSON.stringify([selection, model.state.segment]);
    const isNew = wanted !== shown;
    shown = wanted;
    parts.element.hidden = selection === null;
    if (selection === null) return parts.list.replaceChildren();
    const isOther = isNew || last?.placed !== model.placed || last.bits !== model.bits;
    if (isNew) openGroup = "";
    if (isOther) limit = STUDIES_A_TIME;
    if (isOther || last?.state.sort !== sort) {
      listing = sortListing(isOther ? listOf(model, selection, total) : listing, sort, order);
      drawHead(parts, listing, model, selection);
      keepFocus(parts, drawList);
    } else if (last.state.card !== card) drawCard();
    if (last === null) parts.list.querySelector(".ma-study-open .ma-study-title")?.scrollIntoView({ block: "center" }); // a link to a card
    if (isNew && before !== null) parts.heading.focus();
  }

  return {
    element: parts.element,
    update,
    /** The studies of the open list, or all that pass the filters. @param {Model} model @returns {number[]} */
    listed: (model) => (model.state.selection && model === current ? listing.studies : [...model.shown()]),
  };
}

/** @typedef {{toggle: (study: Study, group: string) => void, copy: (text: string, what: string, button: HTMLElement) => void}} StudyActions */

// --- the parts of the panel ---

/** @param {App} app */
function layOutStudies(app) {
  const close = h("button", { type: "button", class: "ma-icon ma-studies-close", "aria-label": "Close the list of studies", onclick: () => app.closeStudies() }, h("span", { "aria-hidden": "true" }, "×"));
  const axes = h("p", { class: "ma-studies-axes" });
  const heading = h("h2", { tabindex: "-1", class: "ma-studies-heading" });
  const lead = h("div", { class: "ma-studies-lead" });
  const options = Object.entries(SORT_WORDS).map(([value, words]) => h("option", { value }, words));
  const sort = h("select", { class: "ma-field" }, ...options);
  const copyAll = h("button", { type: "button", class: "ma-button" }, "Copy citations");
  const downloads = Object.entries(EXPORTS).map(([extension, { name }]) => /** @type {const} */ ([extension, h("button", { type: "button", class: "ma-button", "aria-label": `Download as ${name}` }, name)]));
  const told = h("p", { class: "ma-studies-told ma-small", hidden: true });
  const tools = h("div", { class: "ma-studies-tools" },
    h("label", { class: "ma-studies-sort" }, h("span", {}, "Sort by"), sort),
    h("div", { class: "ma-studies-take", role: "group", "aria-label": "Take these studies along" },
      copyAll, h("span", { class: "ma-studies-or", "aria-hidden": "true" }, "Download"), ...downloads.map(([, button]) => button)),
    told);
  const list = h("div", { class: "ma-studies-list" });
  const more = h("button", { type: "button", class: "ma-button" });
  const rest = h("p", { class: "ma-small ma-quiet" });
  const foot = h("div", { class: "ma-studies-more" }, rest, more);
  const sheet = h("div", { class: "ma-studies-sheet" },
    h("div", { class: "ma-studies-bar" }, h("span", { "aria-hidden": "true" }, "Studies"), close),
    h("div", { class: "ma-studies-head" }, axes, heading, lead, tools), list, foot);
  const element = h("aside", { class: "ma-studies", "aria-label": "Studies", hidden: true, onkeydown: onKey }, sheet);

  /** @param {KeyboardEvent} event */
  function onKey(event) {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    event.preventDefault();
    app.closeStudies();
  }

  /** Says what was done, in the panel and to screen readers. @param {string} text @param {boolean} [isQuiet] */
  function tell(text, isQuiet = false) {
    told.textContent = text;
    told.hidden = text === "";
    if (!isQuiet) app.say(text);
  }

  return { element, sheet, axes, heading, lead, sort, copyAll, downloads, tools, list, foot, more, rest, tell };
}

/** @typedef {ReturnType<typeof layOutStudies>} StudyParts */

/**
 * @param {StudyParts} parts
 * @param {Listing} listing
 * @param {Model} model
 * @param {Selection | "notPlaced"} selection
 */
function drawHead(parts, listing, model, selection) {
  const n = listing.studies.length;
  const isFiltered = n < listing.total;
  const number = isFiltered ? `${groupDigits(n)} of ${countOf(listing.total)} ${n === 1 ? "passes" : "pass"} the filters` : countOf(n);
  parts.axes.textContent = sayAxes(model, selection);
  parts.axes.hidden = parts.axes.textContent === "";
  parts.heading.textContent = `${listing.name}: ${number}`;
  const meanings = selection === NOT_PLACED ? [] : [meaningOf(model.row, selection.row), meaningOf(model.column, selection.column)];
  parts.lead.replaceChildren(...[...leadOf(model, selection, listing), ...meanings].filter(Boolean).map((text) => h("p", {}, text)));
  parts.sort.value = model.state.sort;
  parts.tell("", true);
  parts.tools.hidden = n === 0;
}

/**
 * @param {Model} model
 * @param {Selection | "notPlaced"} selection
 */
function sayAxes(model, selection) {
  if (selection === NOT_PLACED || (selection.row === "" && selection.column === "")) return "";
  const axes = [selection.row && model.row.dimension.label, selection.column && model.column.dimension.label];
  return axes.filter(Boolean).join(" × ");
}

/**
 * What a row or column means, in the words of the codebook: whoever uses a finger sees it here.
 * @param {Axis} axis
 * @param {string} key
 */
function meaningOf(axis, key) {
  const item = axis.items.find((one) => one.key === key);
  const code = axis.dimension.codes[item ? item.code : axis.dimension.byId.get(key) ?? -1];
  return code?.definition ? `${code.label}: ${code.definition}` : "";
}

/**
 * The sentences below the heading: what the list is made of, or what it means that it is empty.
 * @param {Model} model
 * @param {Selection | "notPlaced"} selection
 * @param {Listing} listing
 */
function leadOf(model, selection, listing) {
  if (listing.studies.length === 0) return [sayEmpty(model, selection, listing.total)];
  if (selection === NOT_PLACED) return ["Included in the map, and in none of the cells that are shown now. The reason stands above each part of the list."];
  const lines = [];
  const typed = listing.groups.filter((group) => group.segment >= 0);
  if (typed.length > 1) {
    const said = typed.map((group) => saySegment(model.segments.items[group.segment], group.studies.length));
    const several = listing.groups.reduce((n, group) => n + group.studies.length, 0) - listing.studies.length;
    lines.push(`${joinWords(said)}.${several > 0 ? " A study of two types stands under both and counts once." : ""}`);
  }
  const cell = cellOf(model, selection);
  const coCoded = cell >= 0 && selection.segment === "" ? model.counts.coCoded[cell] : 0;
  if (coCoded > 0) lines.push(`${sayCoCoded(coCoded, listing.studies.length)} co-coded: row and column hold for the study as a whole, perhaps not together.`);
  if (cell >= 0 && model.states[cell] === OUTSIDE_SCOPE) lines.push(`${outsideReasons(model, selection)} Studies found all the same are shown.`);
  return lines;
}

/**
 * @param {number} n
 * @param {number} all
 */
function sayCoCoded(n, all) {
  if (n === all) return all === 1 ? "It is" : "All are";
  return n === 1 ? "1 of them is" : `${groupDigits(n)} of them are`;
}

/**
 * @param {Model} model
 * @param {Selection | "notPlaced"} selection
 * @param {number} total
 */
function sayEmpty(model, selection, total) {
  if (model.data.nStudies === 0) return "This map holds no studies yet.";
  if (total > 0) return `None of the ${countOf(total)} here ${total === 1 ? "passes" : "pass"} the filters. Take a filter off to see more.`;
  if (selection === NOT_PLACED) return "Every study has its place on this map.";
  const cell = cellOf(model, selection);
  const state = cell < 0 ? IN_SCOPE : model.states[cell];
  const isUnreported = [selection.row, selection.column, selection.segment].includes("not_reported");
  if (state === NOT_REPORTED || isUnreported) return "No study stands here. This place is for studies that do not report it, so it is no gap.";
  const reasons = outsideReasons(model, selection);
  if (state === OUTSIDE_SCOPE || (selection.segment !== "" && reasons !== OUTSIDE_WORDS)) return reasons;
  return "No study was found here: a gap. It means that nothing was found by this search and these criteria, not that nothing exists.";
}

const OUTSIDE_WORDS = "This is outside the scope of the map: it was not looked for.";

/**
 * Why nothing was looked for where the selection points: what the codebook says of it, or of all that stands below it.
 * @param {Model} model
 * @param {Selection} selection
 */
function outsideReasons(model, selection) {
  const { data, row, column, segments } = model;
  const picked = new Map();
  const pick = (/** @type {import("./types.js").Dimension | null} */ dimension, /** @type {string} */ key) => {
    const code = dimension?.byId.get(key.replace(/!$/, "")) ?? -1;
    if (dimension && code >= 0) picked.set(dimension.id, { dimension, from: code, to: dimension.codes[code].end });
  };
  pick(row.dimension, selection.row);
  pick(column.dimension, selection.column);
  pick(segments.dimension, selection.segment);
  const meets = (/** @type {[string, string]} */ [id, code]) => {
    const here = picked.get(id);
    const at = here?.dimension.byId.get(code);
    return at !== undefined && at < here.to && here.from < here.dimension.codes[at].end;
  };
  const reasons = data.payload.outsideScope.filter(({ codes }) => Object.entries(codes).every(meets)).map(({ reason }) => reason);
  const type = picked.get(segments.dimension?.id);
  for (const { dimension } of picked.values()) {
    const only = type?.dimension.byId.get(dimension.appliesTo);
    if (only !== undefined && (only < type.from || only >= type.to)) reasons.push(`${dimension.label} applies to ${type.dimension.codes[only].label} only.`);
  }
  return [OUTSIDE_WORDS, ...new Set(reasons.filter(Boolean))].join(" ");
}

/**
 * The cell that is selected, -1 for anything more or less than a cell.
 * @param {Model} model
 * @param {Selection | "notPlaced"} selection
 */
function cellOf(model, selection) {
  if (selection === NOT_PLACED) return -1;
  const r = model.row.items.findIndex((item) => item.key === selection.row);
  const c = model.column.items.findIndex((item) => item.key === selection.column);
  return r < 0 || c < 0 ? -1 : r * model.column.items.length + c;
}

// --- which studies, and in what order ---

/**
 * @param {Model} model
 * @param {Selection | "notPlaced"} selection
 * @param {{placed: import("./types.js").Placed | null, text: string, n: number}} total   the last one asked for
 * @returns {Listing}
 */
function listOf(model, selection, total) {
  const { data, placed, bits } = model;
  const isAll = selection !== NOT_PLACED && selection.row === "" && selection.column === "" && selection.segment === "";
  const list = (/** @type {Uint32Array} */ within) => listStudies(placed, selection, within);
  const listed = isAll ? model.shown() : list(bits);
  const text = JSON.stringify(selection);
  if (model.nShown === data.nStudies) Object.assign(total, { placed, text, n: listed.length });
  else if (isAll) Object.assign(total, { placed, text, n: data.nStudies });
  else if (total.placed !== placed || total.text !== text) Object.assign(total, { placed, text, n: list(allBits(data.nStudies)).length });
  const groups = selection === NOT_PLACED ? groupByReason(model, listed) : groupByType(model, selection, listed);
  const kept = groups.filter((group) => group.studies.length > 0);
  return { name: sayShown(model, selection), total: total.n, groups: kept, studies: [], also: alsoUnder(kept) };
}

/**
 * The same list in another order.
 * @param {Listing} listing
 * @param {State["sort"]} sort
 * @param {(studies: ArrayLike<number>, sort: State["sort"]) => number[]} order
 * @returns {Listing}
 */
function sortListing(listing, sort, order) {
  const groups = listing.groups.map((group) => ({ ...group, studies: order(group.studies, sort) }));
  return { ...listing, groups, studies: [...new Set(groups.flatMap((group) => group.studies))] };
}

/**
 * @param {Model} model
 * @param {Selection} selection
 * @param {Int32Array} listed
 * @returns {StudyGroup[]}
 */
function groupByType(model, selection, listed) {
  const { segments, data } = model;
  if (!segments.dimension) return [{ key: "", label: "", segment: -1, studies: [...listed] }];
  const isWhole = data.contexts.own[segments.dimension.index].item.length === 0;
  const byType = isWhole ? typesOfStudies(model, listed) : typesInPlace(model, selection, listed);
  const typed = new Set(byType.flat());
  const groups = segments.items
    .filter(({ key }) => selection.segment === "" || key === selection.segment)
    .map(({ key, label, index }) => ({ key, label, segment: index, studies: byType[index] }));
  const rest = [...listed].filter((study) => !typed.has(study));
  return [...groups, { key: "not placed", label: "Not placed on this map", segment: -1, studies: rest }];
}

/**
 * The studies of each type, where a study is of its types wherever it stands.
 * @param {Model} model
 * @param {Int32Array} listed
 */
function typesOfStudies({ placed, segments, data }, listed) {
  const codesOf = data.codesOf[segments.dimension?.index ?? 0];
  /** @type {number[][]} */
  const byType = segments.items.map(() => []);
  const unplaced = new Set(listStudies(placed, NOT_PLACED, bitsOf(listed, data.nStudies)));
  for (const study of listed) {
    if (unplaced.has(study)) continue;
    for (const type of new Set([...itemsOf(codesOf, study)].map((code) => segments.position[code]))) byType[type].push(study);
  }
  return byType;
}

/**
 * The studies of each type, where findings have types of their own: a study is of those that it has in this place.
 * @param {Model} model
 * @param {Selection} selection
 * @param {Int32Array} listed
 */
function typesInPlace({ placed, segments, data }, selection, listed) {
  const bits = bitsOf(listed, data.nStudies);
  return segments.items.map(({ key }) => [...listStudies(placed, { ...selection, segment: key }, bits)]);
}

/**
 * @param {Model} model
 * @param {Int32Array} listed
 * @returns {StudyGroup[]}
 */
function groupByReason({ data, placed }, listed) {
  /** @type {Map<string, number[]>} */
  const reasons = new Map();
  for (const study of listed) {
    const reason = whyNotPlaced(data, placed, study);
    if (!reasons.has(reason)) reasons.set(reason, []);
    reasons.get(reason)?.push(study);
  }
  const label = (/** @type {string} */ reason) => reason.charAt(0).toUpperCase() + reason.slice(1);
  return [...reasons].map(([reason, studies]) => ({ key: reason, label: label(reason), segment: -1, studies }));
}

/**
 * @param {Int32Array} studies
 * @param {number} nStudies
 */
function bitsOf(studies, nStudies) {
  const bits = noBits(nStudies);
  for (const study of studies) bits[study >>> 5] |= 1 << (study & 31);
  return bits;
}

/**
 * The other headings that a study stands under.
 * @param {StudyGroup[]} groups
 * @returns {Listing["also"]}
 */
function alsoUnder(groups) {
  /** @type {Set<number>[]} */
  let members = [];
  return (study, key) => {
    if (groups.length < 2) return [];
    if (members.length === 0) members = groups.map((group) => new Set(group.studies));
    return groups.filter((group, g) => group.key !== key && members[g].has(study)).map((group) => group.label);
  };
}

/**
 * What is selected, in words: "Emotional assistance by Symptoms and distress, Systematic review".
 * @param {Model} model
 * @param {Selection | "notPlaced"} selection
 */
function sayShown(model, selection) {
  if (selection === NOT_PLACED) return "Not placed on this map";
  const cell = [labelOfKey(model.row, selection.row), labelOfKey(model.column, selection.column)].filter(Boolean).join(" by ");
  const segment = model.segments.items.find(({ key }) => key === selection.segment && key !== "");
  return [cell, segment?.label].filter(Boolean).join(", ") || "All studies";
}

/**
 * @param {Axis} axis
 * @param {string} key
 */
function labelOfKey({ dimension, items }, key) {
  if (key === "") return "";
  const item = items.find((one) => one.key === key);
  if (item) return item.label;
  const code = dimension.codes[dimension.byId.get(key.replace(/!$/, "")) ?? -1];
  return code && !dimension.byId.has(key) ? `${code.label}, not specified further` : (code?.label ?? key);
}

/**
 * Puts studies in order. The places of all studies are worked out when an order is first asked for.
 * @param {Data} data
 * @returns {(studies: ArrayLike<number>, sort: State["sort"]) => number[]}
 */
function createOrder(data) {
  /** @type {Map<string, {rank: Int32Array, at: Int32Array}>} */
  const known = new Map();
  const { compare } = new Intl.Collator("en", { numeric: true, ignorePunctuation: true });
  return (studies, sort) => {
    let places = known.get(sort);
    if (!places) known.set(sort, (places = rankStudies(data, sort, compare)));
    const { rank, at } = places;
    return [...Int32Array.from(studies, (study) => rank[study]).sort()].map((place) => at[place]);
  };
}

/**
 * @param {Data} data
 * @param {State["sort"]} sort
 * @param {(a: string, b: string) => number} compare
 */
function rankStudies(data, sort, compare) {
  const { label, year } = data.payload.studies;
  // Labels begin with the family name of the first author; where no author is known they say what is.
  const texts = sort === "title" ? Array.from(label, (_, study) => titleOf(data.study(study))) : label;
  const all = Array.from(label, (_, study) => study);
  all.sort((a, b) => (sort === "year" ? (year[b] ?? -1) - (year[a] ?? -1) : 0) || compare(texts[a], texts[b]) || a - b);
  const rank = new Int32Array(all.length);
  all.forEach((study, place) => (rank[study] = place));
  return { rank, at: Int32Array.from(all) };
}

/** @param {Study} study */
function titleOf(study) {
  return singleLine(mainReportOf(study)?.title) || study.label;
}

// --- the list ---

/**
 * @param {StudyParts} parts
 * @param {Listing} listing
 * @param {number} limit
 * @param {Model} model
 * @param {StudyActions} actions
 */
function drawGroups(parts, listing, limit, model, actions) {
  const entries = listing.groups.reduce((n, group) => n + group.studies.length, 0);
  const isHeaded = listing.groups.some((group) => group.label !== "");
  const level = isHeaded ? 4 : 3;
  let left = limit;
  const drawn = [];
  for (const group of listing.groups) {
    const some = group.studies.slice(0, left);
    left -= some.length;
    if (some.length > 0) drawn.push(drawGroup(group, some, { model, listing, actions, level }));
  }
  parts.list.replaceChildren(...drawn);
  const rest = entries - Math.min(limit, entries);
  parts.foot.hidden = rest === 0;
  parts.rest.textContent = `The first ${groupDigits(entries - rest)} of ${groupDigits(entries)}`;
  parts.more.textContent = `Show the next ${groupDigits(Math.min(rest, STUDIES_A_TIME))}`;
}

/** @typedef {{model: Model, listing: Listing, actions: StudyActions, level: number}} DrawingOfList */

/**
 * @param {StudyGroup} group
 * @param {number[]} studies
 * @param {DrawingOfList} drawing
 */
function drawGroup(group, studies, drawing) {
  const heading = group.label !== "" && h("h3", { class: "ma-studies-type" },
    group.segment >= 0 && h("i", { class: "ma-studies-mark", "aria-hidden": "true" }),
    h("span", { class: "ma-studies-type-name", dir: "auto" }, group.label),
    h("span", { class: "ma-studies-type-count" }, h("span", { class: "ma-hidden-words" }, ": "), groupDigits(group.studies.length)));
  const entries = studies.map((study) => drawStudy(drawing.model.data.study(study), group, drawing));
  return h("section", { class: group.segment >= 0 ? `ma-studies-group ma-seg-${group.segment}` : "ma-studies-group" }, heading, h("ul", {}, ...entries));
}

/**
 * @param {Study} study
 * @param {StudyGroup} group
 * @param {DrawingOfList} drawing
 */
function drawStudy(study, group, { listing, actions, level }) {
  const main = mainReportOf(study);
  const also = listing.also(study.index, group.key);
  const years = study.lastYear !== null && study.lastYear !== study.year ? ` (${study.year ?? "?"}–${study.lastYear})` : "";
  const tags = [
    study.reports.length > 1 && `${countOf(study.reports.length, "report", "reports")}${years}`,
    also.length > 0 && `also under ${joinWords(also)}`,
  ].filter(Boolean);
  const title = h("button", { type: "button", class: "ma-study-title", "aria-expanded": "false", dir: "auto", onclick: () => actions.toggle(study, group.key) }, titleOf(study));
  return h("li", { class: "ma-study", "data-study": study.id, "data-group": group.key },
    h(`h${level}`, {}, title),
    h("p", { class: "ma-study-line" },
      h("bdi", {}, main ? sayAuthors(main) : "No report shown"), " · ", String(study.year ?? "no year"),
      main?.journal && " · ", main?.journal && h("cite", { dir: "auto" }, singleLine(main.journal))),
    tags.length > 0 && h("p", { class: "ma-study-tags" }, ...tags.map((tag) => h("span", { class: "ma-study-tag" }, tag))),
  );
}

/**
 * Where the open card belongs: under the heading it was opened from, else under the first.
 * @param {StudyGroup[]} groups
 * @param {Data} data
 * @param {string} card
 * @param {string} preferred
 */
function placeOfCard(groups, data, card, preferred) {
  if (card === "") return null;
  const study = data.payload.studies.id.indexOf(card);
  let first = 0;
  let found = null;
  for (const { key, studies } of groups) {
    const place = studies.indexOf(study);
    if (place >= 0 && (found === null || key === preferred)) found = { at: first + place, study };
    first += studies.length;
  }
  return found;
}

/**
 * Unfolds the card of one entry, which was folded until now, and folds any other.
 * @param {HTMLElement} list
 * @param {{at: number, study: number} | null} place
 * @param {Data} data
 * @param {StudyActions} actions
 */
function showCard(list, place, data, actions) {
  for (const entry of list.querySelectorAll(".ma-study-open")) {
    entry.classList.remove("ma-study-open");
    entry.querySelector(".ma-study-title")?.setAttribute("aria-expanded", "false");
    entry.querySelector(".ma-card")?.remove();
  }
  const entry = place && list.querySelectorAll(".ma-study")[place.at];
  const title = entry?.querySelector(".ma-study-title");
  if (!entry || !title) return;
  entry.classList.add("ma-study-open");
  title.setAttribute("aria-expanded", "true");
  const level = Number(title.parentElement?.tagName.slice(1)) + 1;
  entry.append(createCard(data, data.study(place.study), { level, copy: actions.copy }));
}

/**
 * Redraws without losing the place of the reader: what had the focus in the list has it again.
 * @param {StudyParts} parts
 * @param {() => void} draw
 */
function keepFocus(parts, draw) {
  const active = document.activeElement;
  const entry = /** @type {HTMLElement | null} */ (parts.list.contains(active) ? active?.closest(".ma-study") : null);
  draw();
  if (!entry) return;
  const { study, group } = entry.dataset;
  const same = [...parts.list.querySelectorAll(".ma-study")].find((one) => one.dataset.study === study && one.dataset.group === group);
  (same?.querySelector(".ma-study-title") ?? parts.heading).focus();
}

// --- taking along ---

/** @param {Study[]} studies */
function countReports(studies) {
  return studies.reduce((n, study) => n + study.reports.length, 0);
}

/**
 * Gives text to the browser as a file to save.
 * @param {string} text
 * @param {string} name
 * @param {string} type
 */
function downloadText(text, name, type) {
  const address = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
  const link = h("a", { download: name, hidden: true });
  link.href = address;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 60_000); // some browsers read it only after a question to the reader
}

/**
 * @param {App} app
 * @param {StudyParts} parts
 * @returns {StudyActions["copy"]}
 */
function createCopier(app, parts) {
  return async (text, what, button) => {
    const isDone = await copyText(parts.sheet, text);
    button.focus();
    parts.tell(isDone ? `${what} copied.` : "The browser does not allow copying here. Download the list instead.");
  };
}
