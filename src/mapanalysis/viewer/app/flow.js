// The flow from records to studies: a list of boxes with their numbers, each of which opens what it counts.

import { groupDigits, h } from "./dom.js";

/**
 * @typedef {import("./types.js").Data} Data
 * @typedef {import("./types.js").FlowBox} FlowBox
 */

/**
 * The boxes in order, or nothing where there are none. What a box holds is made when it is first opened.
 * @param {Data} data
 * @returns {HTMLElement | null}
 */
export function flowList(data) {
  const { boxes } = data.payload.flow;
  if (!boxes.length) return null;
  return h("ol", { class: "ma-flow" }, ...boxes.map((box) => h("li", {}, flowBox(data, box))));
}

/**
 * @param {Data} data
 * @param {FlowBox} box
 */
function flowBox(data, box) {
  const { label, n, unit, parts, entries } = box;
  const number = `${groupDigits(n)} ${n === 1 ? unit.replace(/ies$/, "y").replace(/s$/, "") : unit}`;
  if (parts.length) return flowFold(label, number, () => h("ul", {}, ...parts.map((_, part) => h("li", {}, flowPart(data, box, part)))));
  if (!entries?.length) return flowLine(label, number);
  return flowFold(label, number, () => flowEntries(data, box, entries));
}

/**
 * A source or a reason within a box.
 * @param {Data} data
 * @param {FlowBox} box
 * @param {number} part
 */
function flowPart(data, box, part) {
  const [label, n] = box.parts[part];
  if (!box.entries) return flowLine(label, groupDigits(n));
  const mine = box.entries.filter((_, at) => box.partOf[at] === part);
  return flowFold(label, groupDigits(n), () => flowEntries(data, box, mine));
}

/**
 * @param {string} label
 * @param {string} number
 */
function flowLine(label, number) {
  return h("p", { class: "ma-flow-line" }, ...flowWords(label, number));
}

/**
 * @param {string} label
 * @param {string} number
 * @returns {Node[]}
 */
function flowWords(label, number) {
  return [h("span", { dir: "auto" }, label), h("span", { class: "ma-flow-number" }, number)];
}

/**
 * @param {string} label
 * @param {string} number
 * @param {() => HTMLElement} make
 */
function flowFold(label, number, make) {
  const details = h("details", { class: "ma-flow-fold", ontoggle: opened }, h("summary", { class: "ma-flow-line", onclick: opened }, ...flowWords(label, number)));
  let isMade = false;
  function opened() {
    if (!isMade) details.append(make());
    isMade = true;
  }
  return details;
}

/**
 * @param {Data} data
 * @param {FlowBox} box
 * @param {number[]} entries
 */
function flowEntries(data, box, entries) {
  const said = box.unit === "studies" ? saidOfStudy : saidOfDocument;
  return h("ol", { class: "ma-flow-entries" }, ...entries.map((entry) => {
    const { title, words } = said(data, entry);
    return h("li", {}, h("span", { dir: "auto" }, title), words && h("span", { class: "ma-small ma-quiet", dir: "auto" }, words));
  }));
}

/**
 * @param {Data} data
 * @param {number} entry
 */
function saidOfDocument(data, entry) {
  const { titles, years, holders, sources } = data.payload.flow;
  return { title: titles[entry], words: [years[entry], sources[holders[entry]]].filter(Boolean).join(" · ") };
}

/**
 * @param {Data} data
 * @param {number} entry
 */
function saidOfStudy(data, entry) {
  const study = data.study(entry);
  return { title: study.reports[0]?.title ?? study.label, words: study.label };
}
