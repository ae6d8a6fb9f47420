// The panel of filters: words, years and one tree of checkboxes a dimension; and the chips that say what is on.

import { countOf, groupDigits, h, joinWords, setText, uniqueId } from "./dom.js";
import { foldText, parseWords, sayFilters, warmWords } from "./select.js";
import { yearsOf } from "./state.js";

/**
 * @typedef {import("./types.js").App} App
 * @typedef {import("./types.js").Code} Code
 * @typedef {import("./types.js").Dimension} Dimension
 * @typedef {import("./types.js").Model} Model
 * @typedef {import("./types.js").State} State
 * @typedef {import("./types.js").View} View
 *
 * @typedef {{element: HTMLElement, show: (code: Code, line: Element, atOnce?: boolean) => void, hide: (after?: number) => void,
 *   follow: () => void, isOpen: () => boolean}} Meaning
 * @typedef {{code: Code, line: HTMLElement, input: HTMLInputElement, name: HTMLElement, number: Text, unit: Text,
 *   note: HTMLElement, item: HTMLElement, fold: HTMLButtonElement | null, list: HTMLElement | null, n: number}} Tick
 *   One code of a tree as it stands on screen; `n` is the number that it shows.
 */

const LONG_TREE = 30;
const MOST_OPEN_CODES = 14;
const MOST_CHIPS = 24;
const MOST_YEARS = 400;
const SPOKEN_AFTER_MS = 600;
const HOVER_MS = 250;
const GRACE_FOR_MEANING_MS = 120;

// --- the panel ---

/**
 * The panel of filters. Beside a wide map it stands open; `openSheet` shows it over a narrow one.
 * @param {App} app
 * @returns {View & {openSheet: () => void, closeSheet: () => void}}
 */
export function createFilters(app) {
  const id = uniqueId("ma-filters");
  const meaning = createMeaning();
  const heading = h("h2", { class: "ma-filters-heading", id, tabindex: "-1" }, "Filters");
  const clear = h("button", { type: "button", class: "ma-link", onclick: clearAll }, "Clear all");
  const parts = [
    createWordsField(app),
    createYearFields(app),
    ...foldsInOrder(app).map((dimension) => createFold(app, dimension, `${id}-${dimension.index}`, meaning)),
  ];
  const content = h("div", { class: "ma-filters-content", onkeydown: dismiss },
    h("div", { class: "ma-filters-top" }, heading, clear),
    h("p", { class: "ma-small ma-quiet ma-filters-rule" }, "Within a list any tick will do; across lists all must hold. Numbers: studies that a tick would leave."),
    ...parts.map((part) => part.element),
    meaning.element);
  const element = h("section", { class: "ma-filters", "aria-labelledby": id }, content);
  const sheet = createSheet(element, content, id);
  /** @type {Model | null} */
  let current = null;
  let isOnScreen = true;
  const speak = createSpeaker(app);

  function clearAll() {
    app.store.set(noFilters());
    heading.focus();
  }

  /** @param {KeyboardEvent} event */
  function dismiss(event) {
    if (event.key !== "Escape" || !meaning.isOpen()) return;
    meaning.hide(0);
    event.preventDefault();
  }

  /** @param {Model} model @param {Model | null} before */
  function update(model, before) {
    current = model;
    speak(model, before);
    sheet.showCount(model.nShown);
    if (isOnScreen) refresh(model);
  }

  /** @param {Model} model */
  function refresh(model) {
    clear.hidden = countFilters(model.state) === 0;
    for (const part of parts) part.update(model);
  }

  // A panel that nobody sees is brought up to date when it comes into sight.
  new ResizeObserver(([entry]) => {
    const before = isOnScreen;
    isOnScreen = entry.contentRect.width > 0;
    if (isOnScreen && !before && current) refresh(current);
  }).observe(content);

  return { element, update, openSheet: sheet.open, closeSheet: sheet.close };
}

/** @returns {Pick<State, "filters" | "years" | "words">} */
function noFilters() {
  return { filters: {}, years: null, words: "" };
}

/**
 * How many filters are on: each tick, the years, the words.
 * @param {State} state
 */
export function countFilters(state) {
  const ticks = Object.values(state.filters).reduce((sum, codes) => sum + codes.length, 0);
  return ticks + Number(state.years !== null) + Number(state.words !== "");
}

/**
 * Rows, columns, the needs, other filters, and what divides the cells: as the map is at first, so that nothing changes places.
 * @param {App} app
 */
function foldsInOrder({ data }) {
  const { view } = data.payload;
  const first = [view.row, view.column, view.need];
  /** @param {Dimension} dimension */
  const rank = ({ id }) => (id === view.segment ? first.length + 1 : first.includes(id) ? first.indexOf(id) : first.length);
  return [...data.dimensions].sort((a, b) => rank(a) - rank(b));
}

/**
 * On a narrow screen the panel moves into a dialog over the map, and back.
 * @param {HTMLElement} home
 * @param {HTMLElement} content
 * @param {string} labelledBy
 */
function createSheet(home, content, labelledBy) {
  const done = h("button", { type: "button", class: "ma-button ma-primary", onclick: () => dialog.close() }, "Show the studies");
  const dialog = h("dialog", { class: "ma-filters-sheet", "aria-labelledby": labelledBy, onclose: putBack }, h("div", { class: "ma-filters-done" }, done));
  home.append(dialog);

  function open() {
    dialog.prepend(content);
    dialog.showModal();
    content.querySelector("h2")?.focus();
  }

  /** The browser gives focus back to what had it. */
  function putBack() {
    home.prepend(content);
  }

  return {
    dialog,
    open,
    close: () => dialog.close(),
    showCount: (/** @type {number} */ n) => setText(done, n ? `Show ${countOf(n)}` : "No study passes: back to the map"),
  };
}

/**
 * What a code means, in a box beside the list that covers none of it; at the foot of a narrow screen. It can be pointed at, and
 * Escape sends it away. Programs that read aloud have the same words with the checkbox.
 * @returns {Meaning}
 */
function createMeaning() {
  const name = h("b", {});
  const words = h("span", {});
  const element = h("div", { class: "ma-meaning", popover: "manual", "aria-hidden": "true", onpointerenter: stay, onpointerleave: () => hide() }, name, words);
  /** @type {Element | null} */
  let anchor = null;
  let waiting = 0;

  function stay() {
    clearTimeout(waiting);
  }

  /** @param {Code} code @param {Element} line @param {boolean} [atOnce] */
  function show(code, line, atOnce = true) {
    stay();
    if (!code.definition) return hide();
    waiting = window.setTimeout(() => {
      name.textContent = code.label;
      words.textContent = code.definition;
      anchor = line;
      if (line.isConnected && !isOpen()) {
        element.showPopover?.();
        document.addEventListener("scroll", follow, true);
      }
      follow();
    }, atOnce || isOpen() ? 0 : HOVER_MS);
  }

  /** @param {number} [after] */
  function hide(after = GRACE_FOR_MEANING_MS) {
    stay();
    waiting = window.setTimeout(() => {
      if (isOpen()) element.hidePopover();
    }, after);
  }

  /** To the right of its line, or at the foot where there is no room. */
  function follow() {
    if (!isOpen() || !anchor) return document.removeEventListener("scroll", follow, true);
    const [line, size] = [anchor.getBoundingClientRect(), element.getBoundingClientRect()];
    const left = line.right + 12;
    const fits = left + size.width <= window.innerWidth;
    element.classList.toggle("ma-meaning-below", !fits);
    element.style.setProperty("left", fits ? `${left}px` : "0px");
    element.style.setProperty("top", fits ? `${Math.max(4, Math.min(line.top, window.innerHeight - size.height - 4))}px` : "auto");
  }

  const isOpen = () => element.matches(":popover-open");
  return { element, show, hide, follow, isOpen };
}

/**
 * Says politely how many studies are left, once the reader has paused.
 * @param {App} app
 * @returns {(model: Model, before: Model | null) => void}
 */
function createSpeaker(app) {
  let waiting = 0;
  return (model, before) => {
    if (!before || keyOfFilters(model.state) === keyOfFilters(before.state)) return;
    clearTimeout(waiting);
    waiting = window.setTimeout(() => {
      const said = sayFilters(model.data, model.state);
      const many = `${groupDigits(model.nShown)} of ${countOf(model.data.nStudies)}`;
      app.say(said ? `${many}. ${said}` : `${many}: no filter is on`);
    }, SPOKEN_AFTER_MS);
  };
}

/** @param {State} state */
function keyOfFilters({ filters, years, words }) {
  return JSON.stringify([filters, years, words]);
}

// --- words and years ---

/** @param {App} app */
function createWordsField({ store, data }) {
  const field = h("input", { type: "search", class: "ma-field", maxlength: 200, spellcheck: "false", autocomplete: "off", onfocus: () => warmWords(data), oninput: wait, onchange: () => (isTyping = false) });
  const element = h("div", { class: "ma-filters-words", role: "search" }, h("label", {}, h("span", { class: "ma-filters-label" }, "Words in title, authors, summary or codes"), field));
  let frame = 0;
  let written = "";
  let isTyping = false;
  let isSending = false;

  function wait() {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(send);
  }

  /** The first letter is a step for the back button; those that follow take its place. */
  function send() {
    const before = store.get();
    isSending = true;
    store.set({ words: field.value }, { replace: isTyping });
    isSending = false;
    isTyping ||= store.get() !== before;
    written = store.get().words;
  }

  return {
    element,
    /** Leaves alone what is being typed: the state has it without spaces at its ends. @param {Model} model */
    update({ state }) {
      if (isSending || state.words === written) return;
      field.value = written = state.words;
      isTyping = false;
    },
  };
}

/** @param {App} app */
function createYearFields({ data, store }) {
  const known = yearsOf(data);
  if (!known || known[0] === known[1]) return { element: h("div", { hidden: true }), update: () => {} };
  const [first, last] = known;
  const earliest = Math.max(first, last - MOST_YEARS);
  const years = Array.from({ length: last - earliest + 1 }, (_, after) => earliest + after);
  const from = yearField("From", first, years.slice(0, -1), change);
  const to = yearField("To", last, years.slice(1), change);
  const without = data.nWithoutYear;
  const note = without ? h("p", { class: "ma-small ma-quiet" }, `A choice of years leaves out ${countOf(without)} without a year.`) : null;
  const element = h("fieldset", { class: "ma-filters-years" }, h("legend", { class: "ma-filters-label" }, "Year of publication"), h("div", {}, from.element, to.element), note);

  function change() {
    store.set({ years: [Number(from.field.value || first), Number(to.field.value || last)] });
  }

  return {
    element,
    /** @param {Model} model */
    update({ state: { years } }) {
      from.field.value = years && years[0] > first ? years[0] : "";
      to.field.value = years && years[1] < last ? years[1] : "";
    },
  };
}

/** @param {string} label @param {number} end the year that is no choice @param {number[]} years @param {() => void} onchange */
function yearField(label, end, years, onchange) {
  const field = h("select", { class: "ma-field", onchange }, h("option", { value: "" }, end), ...years.map((year) => h("option", { value: year }, year)));
  return { field, element: h("label", {}, h("span", {}, label), field) };
}

// --- one dimension ---

/**
 * A dimension as a list that folds. What is folded is made when it is first opened, and is not kept up to date.
 * @param {App} app
 * @param {Dimension} dimension
 * @param {string} id
 * @param {Meaning} meaning
 */
function createFold(app, dimension, id, meaning) {
  const number = h("span", { class: "ma-filter-ticks" });
  const part = h("span", { class: "ma-filter-part" });
  const summary = h("summary", { onclick: build }, h("h3", {}, dimension.label), part, number);
  const element = h("details", { class: "ma-filter", ontoggle: opened }, summary);
  /** @type {ReturnType<typeof createTree> | null} */
  let tree = null;
  /** @type {Model | null} */
  let current = null;

  function build() {
    if (tree) return;
    tree = createTree(app, dimension, id, meaning);
    element.append(tree.element);
    if (current) tree.update(current);
  }

  function openAtFirst() {
    element.open = true;
    build();
  }

  function opened() {
    build();
    if (element.open && current) tree?.update(current);
  }

  return {
    element,
    /** @param {Model} model */
    update(model) {
      const ticks = model.state.filters[dimension.id]?.length ?? 0;
      if (!current && (ticks || dimension.id === app.data.payload.view.need)) openAtFirst();
      current = model;
      setText(number, ticks ? `${ticks} ticked` : "");
      setText(part, partOf(dimension, model.state));
      if (element.open) tree?.update(model);
    },
  };
}

/** @param {Dimension} dimension @param {State} state */
function partOf({ id }, state) {
  if (id === state.row) return id === state.column ? "rows and columns" : "rows";
  if (id === state.column) return "columns";
  return id === state.segment ? "colours" : "";
}

/**
 * @param {App} app
 * @param {Dimension} dimension
 * @param {string} id
 * @param {Meaning} meaning
 */
function createTree(app, dimension, id, meaning) {
  const ticks = dimension.codes.map((code) => createTick(code, `${id}-${code.index}`));
  const top = h("ul", { class: dimension.depth > 1 ? "ma-tree ma-tree-deep" : "ma-tree" });
  for (const tick of ticks) {
    const parent = ticks[tick.code.parent];
    (parent?.list ?? top).append(tick.item);
    if (tick.fold) tick.fold.addEventListener("click", () => toggle(tick));
  }
  if (dimension.notReported >= 0) {
    const last = ticks[dimension.notReported].item;
    last.classList.add("ma-tick-unreported");
    last.parentElement?.append(last);
  }
  const group = h("div", { role: "group", "aria-label": dimension.label, onchange: change, onpointerover: point, onpointerleave: () => meaning.hide(), onfocusin: point, onfocusout: () => meaning.hide() }, top);
  const finder = dimension.codes.length > LONG_TREE ? createFinder(app, dimension, arrange) : null;
  const element = h("div", { class: "ma-filter-body" }, finder?.element, group, finder?.all);
  /** The groups whose codes are on screen. */
  const opened = new Set(dimension.codes.length > MOST_OPEN_CODES ? [] : dimension.codes.map((code) => code.index));
  let ticked = "";
  let segments = /** @type {unknown} */ (null);

  /** @param {Tick} tick */
  function toggle({ code }) {
    if (!opened.delete(code.index)) opened.add(code.index);
    arrange();
  }

  /** Shows what the reader looks for, below groups that are open. */
  function arrange() {
    const isShown = finder?.choose(ticks) ?? null;
    for (const { code, item, fold, list } of ticks) {
      if (isShown) item.hidden = !isShown[code.index];
      if (!fold || !list) continue;
      const isOpen = opened.has(code.index) || Boolean(finder?.isSearching());
      list.hidden = !isOpen;
      fold.setAttribute("aria-expanded", String(isOpen));
    }
  }

  /** @param {Event} event */
  function change(event) {
    const tick = tickAt(event);
    if (!tick) return;
    const { filters } = app.store.get();
    const kept = (filters[dimension.id] ?? []).filter((code) => code !== tick.code.id);
    app.store.set({ filters: { ...filters, [dimension.id]: tick.input.checked ? [...kept, tick.code.id] : kept } });
    meaning.show(tick.code, tick.line); // a tap may not bring focus
  }

  /** @param {Event} event */
  function point(event) {
    const tick = tickAt(event);
    if (tick) meaning.show(tick.code, tick.line, event.type === "focusin");
    else meaning.hide();
  }

  /** @param {Event} event */
  function tickAt({ target }) {
    const input = target instanceof Element ? target.closest(".ma-tick-line")?.querySelector("input") : null;
    return input ? ticks[Number(input.value)] : null;
  }

  /** @param {Model} model */
  function update(model) {
    const now = JSON.stringify(model.state.filters[dimension.id] ?? []);
    if (now !== ticked) {
      ticked = now;
      showTicks(dimension, ticks, new Set(model.state.filters[dimension.id]), opened);
      arrange();
    }
    if (segments !== model.segments) {
      segments = model.segments;
      showColours(ticks, model.segments.dimension === dimension ? model.segments.position : null);
    }
    showNumbers(ticks, model.facets()[dimension.index]);
  }

  arrange();
  return { element, update };
}

/**
 * @param {Code} code
 * @param {string} id
 * @returns {Tick}
 */
function createTick(code, id) {
  const { definition, label } = code;
  const isGroup = code.children.length > 0;
  const number = document.createTextNode("");
  const unit = document.createTextNode("");
  const note = h("span", { class: "ma-tick-note" });
  const name = h("span", { class: "ma-tick-name" }, label, note);
  const input = h("input", { type: "checkbox", value: code.index, "aria-describedby": definition ? id : null });
  const list = isGroup ? h("ul", { id: `${id}-below` }) : null;
  const fold = isGroup ? h("button", { type: "button", class: "ma-tick-fold", "aria-controls": `${id}-below`, "aria-label": `Codes of ${label}` }) : null;
  const line = h("div", { class: "ma-tick-line" }, fold,
    h("label", {}, input, name, h("span", { class: "ma-tick-number" }, number, h("span", { class: "ma-hidden-words" }, unit))),
    definition && h("span", { id, hidden: true }, definition));
  return { code, line, input, name, number, unit, note, item: h("li", {}, line, list), fold, list, n: -1 };
}

/**
 * Ticks as the state has them. Below a ticked group all is covered; a group knows of the ticks below it.
 * @param {Dimension} dimension
 * @param {Tick[]} ticks
 * @param {Set<string>} ticked
 * @param {Set<number>} opened the groups on screen; those with ticks are opened
 */
function showTicks(dimension, ticks, ticked, opened) {
  let covered = 0;
  for (const { code, input, line, note } of ticks) {
    const isCovered = code.index < covered;
    const isTicked = ticked.has(code.id);
    if (isTicked) covered = Math.max(covered, code.end);
    input.checked = isTicked || isCovered;
    input.disabled = isCovered;
    line.classList.toggle("ma-tick-covered", isCovered);
    const below = isTicked || isCovered ? 0 : ticksBelow(dimension, code, ticked);
    input.indeterminate = below > 0;
    const isAll = below > 0 && allTicked(dimension, code, ticked);
    setText(note, isTicked && code.children.length ? " with all below" : isAll ? " all below ticked" : below ? ` ${below} below` : "");
    if (below) opened.add(code.index);
  }
}

/** @param {Dimension} dimension @param {Code} code @param {Set<string>} ticked */
function ticksBelow({ codes }, code, ticked) {
  let n = 0;
  if (ticked.size > 0) for (let at = code.index + 1; at < code.end; at++) n += Number(ticked.has(codes[at].id));
  return n;
}

/** @param {Dimension} dimension @param {Code} code @param {Set<string>} ticked @returns {boolean} */
function allTicked(dimension, code, ticked) {
  return code.children.every((at) => {
    const child = dimension.codes[at];
    return ticked.has(child.id) || (child.children.length > 0 && allTicked(dimension, child, ticked));
  });
}

/** @param {Tick[]} ticks @param {Uint32Array} numbers */
function showNumbers(ticks, numbers) {
  for (const tick of ticks) {
    const n = numbers[tick.code.index];
    if (n === tick.n) continue;
    tick.n = n;
    tick.number.data = groupDigits(n);
    tick.unit.data = n === 1 ? " study" : " studies";
    tick.line.classList.toggle("ma-tick-none", n === 0);
  }
}

/** The colours of the segments, beside their codes. @param {Tick[]} ticks @param {Int32Array | null} position */
function showColours(ticks, position) {
  for (const { code, name } of ticks) {
    const hasColour = position !== null && code.level === 1 && position[code.index] >= 0;
    name.className = hasColour ? `ma-tick-name ma-tick-colour ma-seg-${position[code.index]}` : "ma-tick-name";
  }
}

/**
 * For a long list: a field that finds codes by their words, and the codes without any study behind a button.
 * @param {App} app
 * @param {Dimension} dimension
 * @param {() => void} arrange
 */
function createFinder({ data }, dimension, arrange) {
  const { codes } = dimension;
  const { start } = data.studiesWith[dimension.index];
  const isUsed = codes.map((_, at) => start[at + 1] > start[at]);
  const nUsed = isUsed.filter(Boolean).length;
  const folded = codes.map((code) => foldText(code.label));
  const field = h("input", { type: "search", class: "ma-field", autocomplete: "off", spellcheck: "false", "aria-label": `Find in ${dimension.label}`, placeholder: "Find in this list", oninput: arrange });
  const found = h("span", { class: "ma-small ma-quiet", role: "status" });
  const all = h("button", { type: "button", class: "ma-link ma-small ma-finder-all", hidden: nUsed === codes.length, onclick: toggleAll });
  let showsAll = nUsed === 0;

  function toggleAll() {
    showsAll = !showsAll;
    arrange();
  }

  /** Which codes to show: those found with all above and below them, or those in use; and whatever is ticked. @param {Tick[]} ticks */
  function choose(ticks) {
    const looked = foldText(field.value);
    const isFound = folded.map((words) => looked !== "" && words.includes(looked));
    const isShown = codes.map((_, at) => (looked ? isFound[at] : showsAll || isUsed[at] || ticks[at].input.checked));
    for (const code of codes) if (looked && code.parent >= 0 && isFound[code.parent]) isShown[code.index] = isFound[code.index] = true;
    for (const code of [...codes].reverse()) if (code.parent >= 0 && isShown[code.index]) isShown[code.parent] = true;
    setText(found, looked ? `${countOf(isFound.filter(Boolean).length, "code", "codes")} found` : "");
    setText(all, showsAll ? `Show only the ${groupDigits(nUsed)} with studies` : `Show all ${groupDigits(codes.length)}`);
    all.hidden = looked !== "" || nUsed === codes.length;
    return isShown;
  }

  return { element: h("div", { class: "ma-finder" }, field, found), all, choose, isSearching: () => foldText(field.value) !== "" };
}

// --- chips ---

/**
 * What is on, as a sentence of buttons that take it away: "Need: [Diabetes] or [Cancer] and Country: [Canada]".
 * @param {App} app
 * @returns {View}
 */
export function createChips(app) {
  const list = h("ul", {});
  const element = h("div", { class: "ma-chips", role: "group", "aria-label": "Filters that are on", hidden: true }, list);
  const clear = h("li", {}, h("button", { type: "button", class: "ma-link", onclick: () => leaveAfter(() => app.store.set(noFilters())) }, "Clear all filters"));
  let shown = "";
  let showsAll = false;

  /** @param {Model} model */
  function update(model) {
    const now = keyOfFilters(model.state);
    if (now !== shown) draw(model.state);
    shown = now;
  }

  /** @param {State} state */
  function draw(state) {
    const chips = chipsOf(app, state);
    const most = showsAll || chips.length <= MOST_CHIPS ? chips.length : MOST_CHIPS - 1;
    const items = chips.slice(0, most).map((chip, at) => {
      const button = h("button", { type: "button", class: "ma-chip", onclick: () => leaveAfter(chip.remove, at) },
        h("span", { class: "ma-hidden-words" }, `Remove ${chip.kind} `), h("span", {}, chip.label), h("span", { class: "ma-chip-cross", "aria-hidden": "true" }));
      return h("li", {}, h("span", { class: "ma-chip-words" }, chip.before, " "), button);
    });
    if (most < chips.length) items.push(h("li", {}, h("button", { type: "button", class: "ma-link", onclick: showAll }, `and ${chips.length - most} more`)));
    list.replaceChildren(...items, clear);
    element.hidden = chips.length === 0;
  }

  function showAll() {
    showsAll = true;
    draw(app.store.get());
    list.querySelectorAll(".ma-chip")[MOST_CHIPS - 1]?.focus();
  }

  /** Focus goes to the chip that has come to the place of the one that is gone, or to where filters are. @param {() => void} remove @param {number} [at] */
  function leaveAfter(remove, at = 0) {
    remove();
    const left = list.querySelectorAll(".ma-chip");
    const next = left[Math.min(at, left.length - 1)];
    if (next) next.focus();
    else focusFirst(app.root, [".ma-filters-heading", ".ma-status", ".ma-main"]);
  }

  return { element, update };
}

/**
 * @param {App} app
 * @param {State} state
 * @returns {{kind: string, label: string, before: string, remove: () => void}[]}
 */
function chipsOf({ data, store }, state) {
  /** @type {{kind: string, label: string, before: string, remove: () => void}[]} */
  const chips = [];
  const and = () => (chips.length ? "and " : "");
  for (const dimension of data.dimensions) {
    const ids = state.filters[dimension.id] ?? [];
    for (const id of ids) {
      const { label } = dimension.codes[dimension.byId.get(id) ?? 0];
      const before = id === ids[0] ? `${and()}${dimension.label}:` : "or";
      const remove = () => store.set({ filters: { ...store.get().filters, [dimension.id]: ids.filter((other) => other !== id) } });
      chips.push({ kind: `${dimension.label}:`, label, before, remove });
    }
  }
  if (state.years) {
    const [from, to] = state.years;
    const label = from === to ? String(from) : `${from} to ${to}`;
    chips.push({ kind: "a report from", label, before: `${and()}a report from`, remove: () => store.set({ years: null }) });
  }
  if (state.words) {
    const sought = parseWords(state.words).map(({ text }) => `“${text}”`);
    const label = joinWords(sought) || `“${state.words}”`;
    chips.push({ kind: "the words", label, before: `${and()}the words`, remove: () => store.set({ words: "" }) });
  }
  return chips;
}

/**
 * Focus to the first of these that is on screen.
 * @param {HTMLElement} root
 * @param {string[]} places
 */
function focusFirst(root, places) {
  for (const place of places) {
    const found = /** @type {HTMLElement | null} */ (root.querySelector(place));
    if (!found?.checkVisibility()) continue;
    if (!found.hasAttribute("tabindex")) found.setAttribute("tabindex", "-1");
    found.focus();
    return;
  }
}
