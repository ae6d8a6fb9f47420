// The card of a study: what it is about, where to read it, how it is coded. What is said of its quality stands apart, and so
// does what nobody coded.

import { citeReport, codesOfStudy, linksOf, mainReportOf, singleLine } from "./cite.js";
import { countOf, h, safeLink } from "./dom.js";

/**
 * @typedef {import("./types.js").Code} Code
 * @typedef {import("./types.js").Data} Data
 * @typedef {import("./types.js").Dimension} Dimension
 * @typedef {import("./types.js").Report} Report
 * @typedef {import("./types.js").Study} Study
 */

/**
 * @param {Data} data
 * @param {Study} study
 * @param {{level: number, copy: (text: string, what: string, button: HTMLElement) => void}} options
 *   `level` of the headings within; `copy` is asked to copy text.
 * @returns {HTMLElement}
 */
export function createCard(data, study, { level, copy }) {
  const main = mainReportOf(study);
  const others = study.reports.filter((report) => report !== main);
  const isQuality = (/** @type {{dimension: Dimension}} */ part) => part.dimension.id === data.payload.view.quality;
  const coded = codesOfStudy(data, study);
  return h("div", { class: "ma-card" },
    main && main.summary && h("p", { class: "ma-card-summary", dir: "auto" }, main.summary),
    main && reportPart(main, copy),
    numbersPart(study, main),
    others.length > 0 && othersPart(others, level, copy),
    coded.length > 0 && codesPart(coded.filter((part) => !isQuality(part) && !part.dimension.madeFrom), level),
    ...coded.filter(isQuality).map((part) => qualityPart(part.dimension, part.codes, data, level)),
    ...coded.map((part) => appraisalPart(part, level)),
    ...coded.filter(({ dimension }) => dimension.madeFrom === "citations").map((part) => reviewsPart(part, level)),
  );
}

/**
 * @param {Report} report
 * @param {(text: string, what: string, button: HTMLElement) => void} copy
 */
function reportPart(report, copy) {
  const citation = citeReport(report);
  const address = linksOf(report)[0]?.href ?? "";
  const words = address && citation.endsWith(address) ? citation.slice(0, -address.length).trimEnd() : citation;
  const copyThis = (/** @type {Event} */ event) => copy(citation, "Citation", /** @type {HTMLElement} */ (event.currentTarget));
  return h("div", { class: "ma-card-report" },
    h("p", { class: "ma-card-citation", dir: "auto" }, words),
    h("p", { class: "ma-card-links" },
      ...linksOf(report).map(({ href, text }) => safeLink(href, text)),
      h("button", { type: "button", class: "ma-link", onclick: copyThis }, "Copy citation")),
  );
}

/**
 * @param {Study} study
 * @param {Report | null} main
 */
function numbersPart(study, main) {
  const months = study.followupMonths;
  const said = [
    ["Trial", singleLine(main?.trialName)],
    ["Participants", study.nParticipants === null ? "" : countOf(study.nParticipants, "person", "people")],
    ["Included studies", study.nIncluded === null ? "" : countOf(study.nIncluded)],
    ["Follow-up", months === null ? "" : `${months} ${months === 1 ? "month" : "months"}`],
    ["Abstract seen by coders", singleLine(main?.access)],
    ["Study", `${study.label} (${study.id})`],
  ];
  const known = said.filter(([, value]) => value !== "");
  return h("dl", { class: "ma-card-facts" }, ...known.flatMap(([name, value]) => [h("dt", {}, name), h("dd", { dir: "auto" }, value)]));
}

/**
 * @param {Report[]} reports
 * @param {number} level
 * @param {(text: string, what: string, button: HTMLElement) => void} copy
 */
function othersPart(reports, level, copy) {
  const one = (/** @type {Report} */ report) =>
    h("li", {}, reportPart(report, copy), report.summary && h("p", { class: "ma-small ma-quiet", dir: "auto" }, report.summary));
  const title = reports.length === 1 ? "Another report of this study" : "Other reports of this study";
  return h("section", { class: "ma-card-part" }, h(`h${level}`, {}, title), h("ul", { class: "ma-card-others" }, ...reports.map(one)));
}

/**
 * @param {{dimension: Dimension, codes: Code[]}[]} coded
 * @param {number} level
 */
function codesPart(coded, level) {
  if (coded.length === 0) return null;
  const isReported = (/** @type {{dimension: Dimension, codes: Code[]}} */ { dimension, codes }) => codes.some((code) => code.index !== dimension.notReported);
  const unreported = coded.filter((part) => !isReported(part)).map(({ dimension }) => dimension.label);
  const entries = coded.filter(isReported).flatMap(({ dimension, codes }) => [
    h("dt", { dir: "auto" }, dimension.label),
    ...byGroup(dimension, codes).map(({ group, labels }) => codeLine(group, labels)),
  ]);
  const silent = unreported.length > 0 && [h("dt", {}, "Not reported"), h("dd", { class: "ma-quiet" }, ...listLabels(unreported))];
  return h("section", { class: "ma-card-part" }, h(`h${level}`, {}, "How it is coded"), h("dl", { class: "ma-card-codes" }, ...entries, ...(silent || [])));
}

/**
 * The codes that stand in one group together, with the name of the group.
 * @param {Dimension} dimension
 * @param {Code[]} codes
 */
function byGroup(dimension, codes) {
  /** @type {Map<number, {group: string, labels: string[]}>} */
  const groups = new Map();
  for (const { parent, label } of codes) {
    if (!groups.has(parent)) groups.set(parent, { group: groupName(dimension, parent), labels: [] });
    groups.get(parent)?.labels.push(label);
  }
  return [...groups.values()];
}

/**
 * @param {Dimension} dimension
 * @param {number} code
 */
function groupName(dimension, code) {
  const names = [];
  for (let at = code; at >= 0; at = dimension.codes[at].parent) names.unshift(dimension.codes[at].label);
  return names.join(" › ");
}

/**
 * @param {string} group
 * @param {string[]} labels
 */
function codeLine(group, labels) {
  return h("dd", {}, group && h("span", { class: "ma-quiet" }, h("bdi", {}, group), ": "), ...listLabels(labels));
}

/**
 * Labels with semicolons between them: some have commas.
 * @param {string[]} labels
 */
function listLabels(labels) {
  return labels.flatMap((label, n) => [n > 0 && "; ", h("bdi", {}, label)]);
}

/**
 * @param {Dimension} dimension
 * @param {Code[]} codes
 * @param {Data} data
 * @param {number} level
 */
function qualityPart(dimension, codes, data, level) {
  const isOfReviews = dimension.appliesTo !== "" && dimension.appliesTo === data.payload.gaps.review;
  const isStated = codes.some((code) => code.index !== dimension.notReported);
  return h("section", { class: "ma-card-part ma-card-quality" },
    h(`h${level}`, {}, isOfReviews ? "Quality, as the review states it" : "Quality, as stated"),
    h("p", { dir: "auto" }, h(isStated ? "strong" : "span", {}, codes.map((code) => code.label).join("; "))),
    h("p", { class: "ma-small ma-quiet" }, "This is the quality of the evidence, not the direction of the results."),
  );
}

/**
 * The judgement of a tool of appraisal; nothing where the study was not appraised by it.
 * @param {{dimension: Dimension, codes: Code[]}} part
 * @param {number} level
 */
function appraisalPart({ dimension, codes }, level) {
  const judged = codes.filter((code) => code.index !== dimension.notReported);
  if (dimension.madeFrom !== "appraisals" || judged.length === 0) return null;
  return h("section", { class: "ma-card-part ma-card-appraisal" },
    h(`h${level}`, { dir: "auto" }, dimension.label),
    h("p", { dir: "auto" }, h("strong", {}, judged.map((code) => code.label).join("; "))),
    h("p", { class: "ma-small ma-quiet" }, "This is how well the study was done, not what it found."),
  );
}

/**
 * @param {{dimension: Dimension, codes: Code[]}} part
 * @param {number} level
 */
function reviewsPart({ dimension, codes }, level) {
  return h("section", { class: "ma-card-part ma-card-reviews" },
    h(`h${level}`, {}, dimension.label),
    h("p", {}, codes.map((code) => code.label).join("; ")));
}
