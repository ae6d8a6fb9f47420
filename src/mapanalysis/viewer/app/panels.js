// Glossary, how to use, about: three modal dialogs, each built when it is first opened.

import { bubbleDiameter, drawBubble, saySegment } from "./cell.js";
import { buildSegments } from "./count.js";
import { flowList } from "./flow.js";
import { gapRules } from "./gaps.js";
import { copyText, countOf, groupDigits, h, inline, joinWords, safeLink } from "./dom.js";
import { foldText } from "./select.js";

/**
 * @typedef {import("./types.js").App} App
 * @typedef {import("./types.js").Code} Code
 * @typedef {import("./types.js").Data} Data
 * @typedef {import("./types.js").Dimension} Dimension
 * @typedef {import("./types.js").MapWords} MapWords
 * @typedef {import("./types.js").Model} Model
 * @typedef {import("./types.js").PanelName} PanelName
 * @typedef {import("./types.js").Span} Span
 *
 * @typedef {{dialog: any, heading: HTMLElement, reveal: (detail: string) => void}} Panel
 * @typedef {{key: string, path: string, term: string, meaning: string}} Entry
 * @typedef {{key: string, heading: string, meaning: string, entries: Entry[]}} EntryGroup   `heading` may be empty.
 * @typedef {{key: string, title: string, groups: EntryGroup[]}} GlossarySection
 */

const MOTTO = "Shows what evidence exists, not what works.";

/** @type {[string, string][]} */
const WORDS_OF_THE_MAP = [
  ["Study", "One investigation, however many reports it has. Studies are what this map counts."],
  ["Report", "One document about a study, such as an article. Several reports of one study count once."],
  ["Code", "What was noted of a study on one dimension. Codes may have codes below them, and are then groups."],
  ["Cell", "Where a row meets a column. Its number counts the different studies that have both codes."],
  ["Margin", "The number of a whole row, a whole column or the whole map. Each study is counted once, so that it is not the sum of its cells."],
  ["Placed", "Found in at least one cell. Studies that lack a code to stand on are not placed; they are listed below the map with the reason."],
  ["Gap", "A cell below a stated rule. It says that nothing was found by this search, not that nothing exists."],
  ["Co-coded", "The study has the code of the row and the code of the column, but it was not noted whether the two belong together. It may have measured one thing for one part of what it gave, and another for the rest."],
  ["Not reported", "A code like any other: the report does not say. It has its own row and column, and is never a gap."],
  ["Outside the scope", "Not looked for in this map. An empty cell there is not a gap."],
];

const READING =
  "Each cell is where a row meets a column. It counts the different studies that have both codes; a study with several codes stands in several cells. The numbers of whole rows and columns count each study once, so that they are not the sums of their cells.";
const ABOUT_GAPS = "A gap says that this search found nothing, not that nothing exists. The rules look at the studies shown: filters change the gaps.";
const SAMPLE_NUMBERS = [14, 8, 5];

/** @type {[string, string][]} */
const CONTROLS = [
  ["Rows, Columns", "Choose what meets what. Any dimension can be either; ⇄ swaps the two."],
  ["Divided by", "Chooses what the colours tell apart, most often the type of evidence."],
  ["Show as", "Draws the same numbers as Bubbles, Heat (a darker cell has more studies), Mosaic (one square for each study), Numbers, or Gaps (each cell marked by the kinds of gap it is)."],
  ["Hide empty codes", "Leaves out rows and columns without a study among those shown."],
  ["Fold groups", "Shows groups instead of their codes. A click on the arrow of a heading folds or opens one group."],
];

/** @type {[string, string][]} */
const WAYS_TO_STUDIES = [
  ["Filters", "Keep the studies that have what you tick. Within one dimension any of the ticks will do; across dimensions all must hold. The number beside a tick says how many studies it would leave. Years and words narrow further."],
  ["Studies", "Every number opens the list of its studies: of a cell, of a colour within it, of a heading, or of “All studies”. Each study opens to what it is about, its codes and the link to its reports."],
  ["Copy citations, Download", "Take the listed studies along: as text, or as RIS or BibTeX for a reference manager, or as CSV for a spreadsheet."],
];

/** @type {[string, string][]} */
const WAYS_OF_A_PAGE = [
  ["Copy link", "Copies an address that opens this view for another reader who has the map."],
  ["Print", "In the menu of your browser. Gives the matrix in numbers and the list of the studies shown."],
];

/** @type {[string, string][]} */
const KEYS = [
  ["Tab", "Goes to the next control; the whole matrix is one stop."],
  ["Arrow keys", "Move from cell to cell, and onto the headings."],
  ["Home, End", "Go to the start and the end of a row; with Ctrl, of the map."],
  ["Page Up, Page Down", "Move several rows."],
  ["Enter", "Opens the studies behind the number."],
  ["Space", "Folds or opens the group of a heading."],
  ["Escape", "Closes what is open and goes back to where you were."],
];

/**
 * The three dialogs. `show` opens one; for the glossary `detail` may name an entry as "dimension/code".
 * @param {App} app
 * @returns {{element: HTMLElement, show: (name: PanelName, detail?: string) => void, update: (model: Model) => void}}
 */
export function createPanels(app) {
  // What is typed into a dialog is not for the map around it, which has an Escape of its own.
  const element = h("div", { class: "ma-panels", onkeydown: (/** @type {Event} */ event) => event.stopPropagation() });
  const makers = { glossary: makeGlossary, help: makeHelp, about: makeAbout };
  /** @type {Partial<Record<PanelName, Panel>>} */
  const made = {};

  /** @param {PanelName} name */
  function show(name, detail = "") {
    for (const other of Object.values(made)) if (other.dialog.open) other.dialog.close();
    const panel = (made[name] ??= makers[name](app));
    if (!panel.dialog.isConnected) element.append(panel.dialog);
    const opener = document.activeElement;
    panel.dialog.addEventListener("close", () => returnFocus(app, opener, Object.values(made)), { once: true });
    panel.dialog.showModal();
    panel.dialog.scrollTop = 0;
    panel.heading.focus({ preventScroll: true });
    panel.reveal(detail);
  }
  // Nothing in the dialogs depends on what is shown.
  return { element, show, update() {} };
}

/**
 * The browser gives the focus back by itself, unless the opener has been drawn anew or never had it (Safari, by mouse).
 * @param {App} app
 * @param {Element | null} opener
 * @param {Panel[]} panels
 */
function returnFocus(app, opener, panels) {
  const now = document.activeElement;
  const isLost = !now || now === document.body || panels.some((panel) => panel.dialog.contains(now));
  if (!isLost || panels.some((panel) => panel.dialog.open)) return;
  const target = opener instanceof HTMLElement && opener.isConnected && opener !== document.body ? opener : null;
  (target ?? /** @type {HTMLElement | null} */ (app.root.querySelector("button")))?.focus();
}

/**
 * A dialog that scrolls as a whole under a head that stays.
 * @param {string} title
 * @param {...Node} content
 * @returns {Panel}
 */
function makePanel(title, ...content) {
  const heading = h("h2", { class: "ma-panel-title", tabindex: -1 }, title);
  const close = h("button", { type: "button", class: "ma-button ma-panel-close", onclick: () => dialog.close() }, "Close");
  const head = h("div", { class: "ma-panel-head" }, heading, close);
  const body = h("div", { class: "ma-panel-body" }, ...content);
  const dialog = h("dialog", { class: "ma-panel", "aria-label": title, closedby: "any" }, head, body);
  return { dialog, heading, reveal() {} };
}

/**
 * A part of a dialog, or nothing where it would be empty.
 * @param {string} title
 * @param {...(Node | null)} content
 * @returns {HTMLElement | null}
 */
function panelPart(title, ...content) {
  const filled = content.filter((node) => node !== null);
  return filled.length ? h("section", { class: "ma-panel-part" }, h("h3", {}, title), ...filled) : null;
}

/**
 * @param {string} text
 * @returns {HTMLElement | null}
 */
function paragraph(text) {
  return text ? h("p", {}, text) : null;
}

/**
 * @param {Span[][]} paragraphs
 * @returns {HTMLElement[]}
 */
function paragraphsOf(paragraphs) {
  return paragraphs.map((spans) => h("p", {}, ...inline(spans)));
}

/**
 * @param {string[]} texts
 * @returns {HTMLElement | null}
 */
function bulletList(texts) {
  return texts.length ? h("ul", {}, ...texts.map((text) => h("li", {}, text))) : null;
}

/**
 * Words and what is said of each; pairs without a second part are left out.
 * @param {[string, string | Node][]} pairs
 * @param {string} [kind]
 * @returns {HTMLElement | null}
 */
function pairList(pairs, kind = "") {
  const filled = pairs.filter((pair) => pair[1]);
  const rows = filled.map(([word, said]) => h("div", {}, h("dt", {}, word), h("dd", {}, said)));
  return rows.length ? h("dl", { class: `ma-pairs ${kind}` }, ...rows) : null;
}

// --- glossary ---

/**
 * @param {App} app
 * @returns {Panel}
 */
function makeGlossary(app) {
  const drawn = glossarySections(app.data).map(drawGlossarySection);
  const entries = drawn.flatMap((section) => section.groups.flatMap((group) => group.entries));
  const found = h("p", { class: "ma-found", role: "status" });
  const field = h("input", { type: "text", class: "ma-field", autocomplete: "off", spellcheck: "false", enterkeyhint: "search" });
  field.addEventListener("input", () => narrow(field.value));
  const none = h("p", { class: "ma-none-found", hidden: true }, "No entry has these words. Codes without a definition are not listed here: their label says it all.");

  /** @param {string} words */
  function narrow(words) {
    const n = narrowGlossary(drawn, words);
    none.hidden = n > 0;
    found.textContent = words.trim() ? `${groupDigits(n)} of ${countOf(entries.length, "entry", "entries")}` : countOf(entries.length, "entry", "entries");
  }

  /** @param {string} detail */
  function reveal(detail) {
    field.value = "";
    narrow("");
    markEntry(panel.dialog, detail);
  }
  const search = h("div", { class: "ma-glossary-search" }, h("label", {}, h("span", {}, "Find a word"), field), found);
  const panel = makePanel("Glossary", search, none, ...drawn.map((section) => section.element));
  return { ...panel, reveal };
}

/**
 * Scrolls to an entry, marks it and gives it the focus; where it has none, to its dimension.
 * @param {HTMLElement} dialog
 * @param {string} detail
 */
function markEntry(dialog, detail) {
  for (const before of dialog.querySelectorAll(".ma-marked")) before.classList.remove("ma-marked");
  if (!detail) return;
  const keys = [detail, detail.split("/")[0]];
  const all = /** @type {HTMLElement[]} */ ([...dialog.querySelectorAll("[data-key]")]);
  const target = keys.map((key) => all.find((node) => node.dataset.key === key)).find(Boolean);
  if (!target) return;
  target.classList.add("ma-marked");
  target.focus({ preventScroll: true });
  target.scrollIntoView({ block: "center" });
}

/**
 * @param {Data} data
 * @returns {GlossarySection[]}
 */
function glossarySections(data) {
  const words = WORDS_OF_THE_MAP.map(([term, meaning]) => ({ key: "", path: "", term, meaning }));
  const own = { key: "", title: "Words of the map", groups: [{ key: "", heading: "", meaning: "", entries: words }] };
  return [...data.dimensions.map(dimensionGlossary).filter((section) => section.groups.length), own];
}

/**
 * The defined codes of a dimension by their topmost group; without levels, in one list.
 * @param {Dimension} dimension
 * @returns {GlossarySection}
 */
function dimensionGlossary(dimension) {
  const { id, label, codes } = dimension;
  /** @param {Code} code */
  const entryOf = (code) => ({ key: `${id}/${code.id}`, path: pathOf(dimension, code), term: code.label, meaning: code.definition });
  const defined = codes.filter((code) => code.definition);
  if (defined.every((code) => code.level === 1 && !code.children.length)) {
    const entries = defined.map(entryOf);
    return { key: id, title: label, groups: entries.length ? [{ key: "", heading: "", meaning: "", entries }] : [] };
  }
  const groups = dimension.roots.map((root) => {
    const top = codes[root];
    const below = defined.filter((code) => code.index > root && code.index < top.end);
    return { key: `${id}/${top.id}`, heading: top.label, meaning: top.definition, entries: below.map(entryOf) };
  });
  return { key: id, title: label, groups: groups.filter((group) => group.meaning || group.entries.length) };
}

/**
 * The groups between the topmost one, which is the heading, and a code.
 * @param {Dimension} dimension
 * @param {Code} code
 */
function pathOf(dimension, code) {
  const path = [];
  for (let up = dimension.codes[code.parent]; up && up.level > 1; up = dimension.codes[up.parent]) path.unshift(up.label);
  return path.join(" › ");
}

/** @param {GlossarySection} section */
function drawGlossarySection(section) {
  const groups = section.groups.map((group) => drawEntryGroup(group, section.key));
  const heading = h("h3", { "data-key": section.key || null, tabindex: -1 }, section.title);
  return { element: h("section", { class: "ma-panel-part" }, heading, ...groups.map((group) => group.element)), groups };
}

/**
 * @param {EntryGroup} group
 * @param {string} dimension
 */
function drawEntryGroup(group, dimension) {
  const rows = group.entries.map((entry) => ({
    text: foldText(`${group.heading} ${entry.path} ${entry.term} ${entry.meaning}`),
    element: h(
      "div",
      { "data-key": dimension ? entry.key : null, tabindex: -1 },
      h("dt", {}, entry.path && h("span", { class: "ma-entry-path" }, `${entry.path} › `), entry.term),
      h("dd", {}, entry.meaning),
    ),
  }));
  const heading = group.heading && h("h4", { "data-key": group.key, tabindex: -1 }, group.heading);
  const meaning = group.meaning && h("p", {}, group.meaning);
  const list = rows.length ? h("dl", { class: "ma-pairs ma-entries" }, ...rows.map((row) => row.element)) : null;
  const element = h("div", { class: "ma-entry-group" }, heading || null, meaning || null, list);
  const own = group.meaning ? [{ text: foldText(`${group.heading} ${group.meaning}`), element: meaning }] : [];
  return { element, entries: [...own, ...rows] };
}

/**
 * Hides what does not have all the words; returns the number of entries left.
 * @param {ReturnType<typeof drawGlossarySection>[]} sections
 * @param {string} words
 */
function narrowGlossary(sections, words) {
  const wanted = foldText(words).split(" ").filter(Boolean);
  let nFound = 0;
  for (const section of sections) {
    let inSection = 0;
    for (const group of section.groups) {
      let inGroup = 0;
      for (const entry of group.entries) {
        const isFound = wanted.every((word) => entry.text.includes(word));
        entry.element.hidden = !isFound;
        inGroup += Number(isFound);
      }
      group.element.hidden = !inGroup;
      inSection += inGroup;
    }
    section.element.hidden = !inSection;
    nFound += inSection;
  }
  return nFound;
}

// --- how to use ---

/**
 * @param {App} app
 * @returns {Panel}
 */
function makeHelp(app) {
  const { data, root } = app;
  const rules = gapRules(data.payload.gaps);
  const isPage = root.classList.contains("ma-page");
  const parts = [
    h("p", { class: "ma-motto" }, MOTTO, " A cell with many studies says that a question has been studied often, not that anything helped."),
    panelPart("Read a cell", paragraph(READING), markList(bubbleMarks(data), "ma-bubble-signs"), markList(cellMarks())),
    panelPart("Change what you see", pairList(CONTROLS)),
    panelPart("Find studies", pairList([...WAYS_TO_STUDIES, ...(isPage ? WAYS_OF_A_PAGE : [])])),
    panelPart("Gaps", paragraph(ABOUT_GAPS), markList(rules.map((kind) => [gapMark(kind.letter), `${kind.label}: ${kind.rule}.`]))),
    panelPart("Keys", pairList(KEYS)),
    panelPart("On a narrow screen", paragraph("The map is a list of rows. Open a row to see its cells.")),
  ];
  return makePanel("How to use this map", .../** @type {HTMLElement[]} */ (parts));
}

/**
 * How cells look that are not just a number; the same marks as in the legend.
 * @returns {[Node, string][]}
 */
function cellMarks() {
  const mark = (/** @type {string} */ kind, text = "") => h("i", { class: `ma-cell ma-mark-sample ${kind}` }, text);
  return [
    [mark("ma-none"), "No study found."],
    [mark("ma-outside", "×"), "Outside the scope: not looked for, and so no gap."],
    [mark("ma-unreported"), "Not reported: the reports do not say. Has its own row and column, and is no gap."],
    [mark("ma-co-coded"), "Co-coded, the mark in the corner: the studies have both codes, but it was not noted whether the two belong together."],
  ];
}

/** @param {string} letter */
function gapMark(letter) {
  return h("i", { class: `ma-gap ma-gap-${letter.toLowerCase()}` }, letter);
}

/**
 * Signs, each with what it means; the words stand for themselves where signs are not seen.
 * @param {[Node, string][]} marks
 * @param {string} [kind]
 */
function markList(marks, kind = "") {
  const items = marks.map(([sign, words]) => h("li", {}, h("span", { class: "ma-sign", "aria-hidden": "true" }, sign), h("span", {}, words)));
  return h("ul", { class: `ma-signs ${kind}` }, ...items);
}

/**
 * Bubbles as they stand in a cell, the first segments of the map as they are by custom divided.
 * @param {Data} data
 * @returns {[Node, string][]}
 */
function bubbleMarks(data) {
  const { items } = buildSegments(data, data.byId.get(data.payload.view.segment) ?? null);
  const shown = items.slice(0, SAMPLE_NUMBERS.length);
  const bubbles = shown.map((segment, s) => {
    const bubble = h("i", {});
    drawBubble(bubble, s, SAMPLE_NUMBERS[s], bubbleDiameter(SAMPLE_NUMBERS[s], SAMPLE_NUMBERS[0], 30));
    return h("span", { class: "ma-sample" }, bubble);
  });
  const words = joinWords(shown.map((segment, s) => saySegment(segment, SAMPLE_NUMBERS[s])));
  const places = shown.length > 1 ? " Each colour has its own place, the same in every cell." : "";
  return [[h("span", { class: "ma-samples" }, ...bubbles), `${words}. The area of a bubble is its number of studies.${places}`]];
}

// --- about ---

/**
 * @param {App} app
 * @returns {Panel}
 */
function makeAbout(app) {
  const { map, flow } = app.data.payload;
  const content = [
    panelPart("Question", paragraph(map.question)),
    h("p", { class: "ma-motto" }, MOTTO, map.trustInShort ? ` Keep in mind: ${map.trustInShort}` : ""),
    panelPart("What is meant", paragraph(map.definition)),
    panelPart("What was included", pairList(map.eligibility), ...exclusionsOf(map)),
    panelPart("Background", ...paragraphsOf(map.background)),
    panelPart("Search", ...paragraphsOf(map.search)),
    panelPart("From records to studies", paragraph(flow.missing && `${flow.missing}.`), flowList(app.data)),
    panelPart("Coding", paragraph(map.unit && `Unit of analysis: ${map.unit}`), paragraph(map.codingRule)),
    panelPart("Agreement", bulletList(map.agreement)),
    panelPart("How far to trust it", ...paragraphsOf(map.trust)),
    panelPart("Limits", bulletList(map.limits)),
    panelPart("This edition", pairList(editionFacts(map))),
    panelPart("How to cite", ...citeBlock(map.cite)),
  ];
  return makePanel("About this map", .../** @type {HTMLElement[]} */ (content.filter(Boolean)));
}

/** @param {MapWords} map */
function exclusionsOf(map) {
  if (!map.exclusionReasons.length) return [];
  return [paragraph("Reasons for exclusion, in the order in which they were tested:"), bulletList(map.exclusionReasons)];
}

/**
 * @param {MapWords} map
 * @returns {[string, string | Node][]}
 */
function editionFacts(map) {
  return [
    ["Map", [map.title, map.subtitle].filter(Boolean).join(". ")],
    ["Edition", map.edition],
    ["Date", map.dateInWords || map.date],
    ["Next update", map.nextUpdate],
    ["Responsible", map.responsible],
    ["Contact", map.contact && safeLink(map.contact, map.contact)],
    ["Licence", map.licence],
    ["Software", map.software],
  ];
}

/**
 * The wording of a citation, and a button that copies it. What is said of the copying stands in the dialog: the rest of the
 * page is silent while a dialog is open.
 * @param {string} cite
 * @returns {HTMLElement[]}
 */
function citeBlock(cite) {
  if (!cite) return [];
  const done = h("span", { class: "ma-small ma-quiet", role: "status" });
  const row = h("p", { class: "ma-copy" }, h("button", { type: "button", class: "ma-button", onclick: copy }, "Copy citation"), done);
  async function copy() {
    done.textContent = (await copyText(row, cite)) ? "Copied" : "The browser does not allow copying; the text can be selected";
  }
  return [h("p", { class: "ma-cite" }, cite), row];
}
