// The head of the map, and the controls above it: which dimensions, which drawing, which links.

import { copyText, countOf, h, uniqueId } from "./dom.js";
import { countFilters } from "./filters.js";
import { groupsOf } from "./state.js";

/** @typedef {import("./types.js").Model} Model */
/** @typedef {import("./types.js").App} App */

/** px; as `@container ma (max-width: 44rem)` */
export const NARROW = 704;
/** @type {[import("./types.js").Style, string][]} */
const STYLE_CHOICES = [["bubbles", "Bubbles"], ["heat", "Heat"], ["mosaic", "Mosaic"], ["numbers", "Numbers"], ["gaps", "Gaps"]];

/**
 * @param {App} app
 * @param {{isPage: boolean, filters: any}} about
 */
export function createControls(app, { isPage, filters }) {
  let wantsFilters = true;
  let isCrowded = false;
  /** @type {ReturnType<typeof foldingOf> | null} */
  let folding = null;
  const axis = { row: axisSelect(app, "row", "Rows"), column: axisSelect(app, "column", "Columns"), segment: axisSelect(app, "segment", "Divided by") };
  const styles = styleChoice(app);
  const hide = h("input", { type: "checkbox", onchange: () => app.store.set({ hideEmpty: hide.checked }) });
  const filterButton = h("button", { type: "button", class: "ma-button", "aria-expanded": "true", onclick: toggleFilters }, "Filters");
  const swap = h("button", { type: "button", class: "ma-button", "aria-label": "Swap rows and columns", title: "Swap rows and columns", onclick: () => swapAxes(app) }, "⇄");
  const fold = h("button", { type: "button", class: "ma-link", onclick: foldAll }, "Fold groups");
  // On a narrow screen the choices are folded away behind a button of their own.
  const choicesId = uniqueId("ma-choices");
  const choices = h("div", { class: "ma-choices", id: choicesId },
    h("div", { class: "ma-axes" }, axis.row.element, swap, axis.column.element, axis.segment.element), styles.element);
  const choiceButton = h("button", { type: "button", class: "ma-button ma-narrow-only", "aria-expanded": "false", "aria-controls": choicesId, onclick: toggleChoices }, "Rows, columns, drawing");
  const element = h("section", { class: "ma-controls", "aria-label": "What the map shows" },
    h("div", { class: "ma-control" }, filterButton), choiceButton, choices);
  const tools = h("div", { class: "ma-tools" }, h("label", { class: "ma-check" }, hide, "Hide empty codes"), fold);
  const controls = { head: createHead(app, isPage), element, tools, update, showFilters, onFilters: () => {} };

  function toggleChoices() {
    const isOpen = choices.classList.toggle("ma-open");
    choiceButton.setAttribute("aria-expanded", String(isOpen));
  }

  function toggleFilters() {
    if (app.root.clientWidth <= NARROW) return filters.openSheet(filterButton);
    wantsFilters = isCrowded || !wantsFilters;
    if (isCrowded) app.closeStudies();
    controls.onFilters();
    filterButton.focus();
  }

  /** Whether the filters stand beside the map; not while the studies take their room. @param {boolean} crowded */
  function showFilters(crowded) {
    isCrowded = crowded;
    const isShown = wantsFilters && !crowded;
    // On a narrow screen the button opens a dialog, and folds nothing.
    if (app.root.clientWidth <= NARROW) filterButton.removeAttribute("aria-expanded");
    else filterButton.setAttribute("aria-expanded", String(isShown));
    return isShown;
  }

  /** @param {Model} model */
  function update(model) {
    const { state } = model;
    axis.row.show(state.row);
    axis.column.show(state.column);
    axis.segment.show(state.segment);
    styles.show(state.style);
    hide.checked = state.hideEmpty;
    const n = countFilters(state);
    filterButton.textContent = n ? `Filters (${n})` : "Filters";
    folding = foldingOf(model);
    fold.textContent = folding.isFolded ? "Open groups" : "Fold groups";
    fold.hidden = !folding.foldable;
  }

  function foldAll() {
    if (!folding) return;
    app.store.set(folding.isFolded ? { foldedRows: [], foldedColumns: [] } : { foldedRows: folding.rows, foldedColumns: folding.columns });
  }

  return controls;
}

/** @param {App} app @param {boolean} isPage */
function createHead(app, isPage) {
  const words = app.data.payload.map;
  const door = (/** @type {import("./types.js").PanelName} */ name, /** @type {string} */ text) =>
    h("button", { type: "button", class: "ma-button", "aria-haspopup": "dialog", onclick: () => app.showPanel(name) }, text);
  const facts = [`Edition ${words.edition}`, words.dateInWords, `${countOf(app.data.nStudies)} included`].filter(Boolean);
  return h("header", { class: "ma-head" },
    h("div", { class: "ma-words" }, h(isPage ? "h1" : "h2", {}, words.title), words.question && h("p", { class: "ma-question" }, words.question),
      h("p", { class: "ma-facts ma-small ma-quiet" }, ...facts.map((fact) => h("span", {}, fact))),
      words.footer && h("p", { class: "ma-trust ma-small" }, words.footer)),
    h("div", { class: "ma-doors" }, door("help", "How to use"), door("glossary", "Glossary"), door("about", "About"), isPage && copyButton(app)));
}

/** @param {App} app */
function copyButton(app) {
  const button = h("button", { type: "button", class: "ma-button", onclick: copy }, "Copy link");
  async function copy() {
    const done = await copyText(app.root, location.href);
    const here = location.protocol === "file:" ? "; it opens the file on this computer: in another copy of the file, what stands after # in it shows the same" : "";
    app.say(done ? `The link to what is shown is copied${here}` : "The browser does not let the link be copied; it stands in the address line");
    button.textContent = done ? "Copied" : "See address line";
    setTimeout(() => (button.textContent = "Copy link"), 2500);
  }
  return button;
}

/** @param {App} app @param {"row" | "column" | "segment"} name @param {string} label */
function axisSelect(app, name, label) {
  const id = uniqueId(`ma-axis-${name}`);
  const select = h("select", { class: "ma-field", id, onchange: () => app.store.set({ [name]: select.value }) });
  if (name === "segment") select.append(h("option", { value: "" }, "nothing"));
  for (const dimension of app.data.dimensions) select.append(h("option", { value: dimension.id }, dimension.label));
  return {
    element: h("div", { class: "ma-control" }, h("label", { for: id }, label), select),
    show: (/** @type {string} */ value) => (select.value = value),
  };
}

/** @param {App} app */
function swapAxes(app) {
  const { row, column, foldedRows, foldedColumns } = app.store.get();
  app.store.set({ row: column, column: row, foldedRows: foldedColumns, foldedColumns: foldedRows, selection: null, card: "" });
}

/** @param {App} app */
function styleChoice(app) {
  const name = uniqueId("ma-style");
  const buttons = STYLE_CHOICES.map(([value, label]) => {
    const button = h("input", { type: "radio", name, value, onchange: () => app.store.set({ style: value }) });
    return { button, label: h("label", {}, button, label) };
  });
  return {
    element: h("fieldset", { class: "ma-control" }, h("legend", {}, "Show as"), h("div", { class: "ma-choice" }, ...buttons.map((one) => one.label))),
    show: (/** @type {string} */ style) => buttons.forEach((one) => (one.button.checked = one.button.value === style)),
  };
}

// --- folding all ---

/** @param {Model} model */
function foldingOf(model) {
  const [rows, columns] = [groupsOf(model.row.dimension), groupsOf(model.column.dimension)];
  const isFolded = rows.every((id) => model.state.foldedRows.includes(id)) && columns.every((id) => model.state.foldedColumns.includes(id));
  return { rows, columns, foldable: rows.length + columns.length > 0, isFolded };
}
