// Reports as text: a citation to read, links that work, and files for reference managers and spreadsheets. Nothing here
// touches the page.

import { joinWords } from "./dom.js";

/**
 * @typedef {import("./types.js").Code} Code
 * @typedef {import("./types.js").Data} Data
 * @typedef {import("./types.js").Dimension} Dimension
 * @typedef {import("./types.js").MapWords} MapWords
 * @typedef {import("./types.js").Report} Report
 * @typedef {import("./types.js").Study} Study
 * @typedef {{family: string, given: string}} PersonName   `given` "" where the name stays whole.
 * @typedef {{href: string, text: string}} ReportLink
 */

const AUTHORS_CITED = 3;
const LONGEST_NAME = 200;
const LONGEST_SLUG = 48;
const SUMMARY_IS_OURS = "Plain summary by the makers of the map";

// --- text ---

/**
 * Text on one line, for files and citations: no line breaks, control characters, halves of characters, or marks that turn
 * the direction of what follows.
 * @param {unknown} text
 */
export function singleLine(text) {
  return String(text ?? "")
    .replace(/[\u202a-\u202e\u2066-\u2069]/g, "")
    .replace(/[\ud800-\udfff]/gu, "\ufffd")
    .replace(/[\s\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, " ")
    .trim();
}

/**
 * The part with a full stop behind it, unless it ends a sentence by itself.
 * @param {string} part
 */
function asSentence(part) {
  return /[.?!。？！…]$/.test(part) ? part : `${part}.`;
}

// --- names; as `family_name` in analysis/coding.py reads them ---

const ET_AL = /\bet al\b\.?/i;
const DEGREES_BEHIND = /([\s,]*\b(phd|dphil|drph|md|rn|mph|msc|bsc|jr|sr|ii|iii)\b\.?)+$/i;
const GROUP_NAME =
  /\b(group|team|network|consortium|collaboration|collaborative|collaborators|investigators|committee|organi[sz]ation|institute|university|department|ministry|council|society|association|cent(er|re))\b/i;
const NAME_PARTICLE = /^(abou|abu|al|bin|da|das|de|del|della|den|der|di|dos|du|el|ibn|la|le|st\.?|ten|ter|van|von)$/i;
const EAST_ASIAN = /^[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]/;
const NAME_INITIALS = /^(\p{L}\.?-?){1,4}$/u;

/**
 * The authors in order, as written, and whether there are more than are named.
 * @param {string} authors   "; " between them
 */
function namesWritten(authors) {
  const others = ET_AL.test(authors);
  const whole = authors.split(";").map((name) => singleLine(name.replace(ET_AL, "")).replace(/^[ ,]+|[ ,]+$/g, ""));
  const named = whole.filter((name) => name !== "");
  const half = named.length / 2;
  // Some sources give the whole list twice, once for each version of the article.
  const isTwice = half >= 2 && Number.isInteger(half) && named.every((name, i) => name === named[i % half]);
  return { written: isTwice ? named.slice(0, half) : named, others };
}

/**
 * The same, each name with its parts told apart.
 * @param {string} authors
 * @returns {{names: PersonName[], others: boolean}}
 */
export function authorsOf(authors) {
  const { written, others } = namesWritten(authors);
  return { names: written.map(personName), others };
}

/**
 * @param {string} written
 * @returns {PersonName}
 */
function personName(written) {
  const isPerson = written.length <= LONGEST_NAME && !GROUP_NAME.test(written);
  const name = isPerson ? written.replace(DEGREES_BEHIND, "") || written : written;
  const comma = name.indexOf(",");
  if (comma >= 0) return { family: name.slice(0, comma).trim(), given: name.slice(comma + 1).trim() };
  const words = name.split(" ");
  if (!isPerson || words.length < 2) return { family: name, given: "" };
  if (EAST_ASIAN.test(name)) return { family: words[0], given: words.slice(1).join(" ") };
  const [from, to] = familyWithin(words);
  return { family: words.slice(from, to).join(" "), given: [...words.slice(0, from), ...words.slice(to)].join(" ") };
}

/**
 * Where the family name stands among two or more words: before initials, else at the end with its particles. In "Chambers
 * Suzanne K." the one initial with its stop belongs to a middle name.
 * @param {string[]} words
 * @returns {[number, number]}
 */
function familyWithin(words) {
  const last = words.length - 1;
  let start = words.length;
  while (start > 1 && isInitials(words[start - 1])) start--;
  if (start < words.length) {
    const isMiddle = /^\p{L}\.$/u.test(words[last]) && !NAME_PARTICLE.test(words[0]);
    return isMiddle ? [0, 1] : [0, start];
  }
  start = last;
  while (start > 1 && NAME_PARTICLE.test(words[start - 1])) start--;
  return [start, words.length];
}

/** @param {string} word */
function isInitials(word) {
  return NAME_INITIALS.test(word) && word === word.toUpperCase() && word !== word.toLowerCase();
}

/**
 * "Johnson S": the family name and initials.
 * @param {PersonName} name
 */
function shortName({ family, given }) {
  if (given === "" || EAST_ASIAN.test(given)) return [family, given].filter(Boolean).join(" ");
  const parts = given.split(/[\s.‐-]+/).filter(Boolean);
  const initials = parts.map((part) => (isInitials(part) ? part : (part.match(/\p{L}/u)?.[0].toUpperCase() ?? "")));
  return `${family} ${initials.join("")}`.trim();
}

/**
 * "Johnson, Sonia"; initials that stand together are parted, as reference managers want them: "Pfeiffer, P. N."
 * @param {PersonName} name
 */
function nameInOrder({ family, given }) {
  if (given === "") return family;
  const parted = given
    .split(" ")
    .map((word) => (/^\p{Lu}{2,4}$/u.test(word) ? [...word].map((letter) => `${letter}.`).join(" ") : word));
  return `${family}, ${parted.join(" ")}`;
}

/**
 * The family name of the first author, for keys; "" where there is none.
 * @param {Report} report
 */
function firstAuthorOf(report) {
  return authorsOf(report.authors).names[0]?.family ?? "";
}

/**
 * "Johnson S, Lamb D, Marston L and others"
 * @param {Report} report
 */
export function sayAuthors(report) {
  const { written, others } = namesWritten(report.authors);
  if (written.length === 0) return "No authors shown";
  const said = written.slice(0, AUTHORS_CITED).map((name) => shortName(personName(name)));
  return others || written.length > AUTHORS_CITED ? `${said.join(", ")} and others` : joinWords(said);
}

// --- citations ---

/**
 * The report by which its study is called: the earliest that names authors and year, else the earliest with a year, else
 * the first; as `build_studies` in analysis/coding.py.
 * @param {Study} study
 * @returns {Report | null}
 */
export function mainReportOf(study) {
  const rank = (/** @type {Report} */ report) => (report.year === null ? 2 : report.authors === "" ? 1 : 0);
  const before = (/** @type {Report} */ a, /** @type {Report} */ b) => rank(a) - rank(b) || (a.year ?? 0) - (b.year ?? 0);
  return [...study.reports].sort(before)[0] ?? null;
}

/**
 * "Johnson S, Lamb D, Marston L and others (2018). Title. The Lancet, 392(10145), 409–418. https://doi.org/10…", with what is known.
 * @param {Report} report
 */
export function citeReport(report) {
  const issue = report.issue && `(${report.issue})`;
  const pages = pagesOf(report).join("–");
  const place = [report.journal, `${report.volume}${issue}`, pages].map(singleLine).filter(Boolean).join(", ");
  const title = singleLine(report.title) || "No title";
  const parts = [`${sayAuthors(report)} (${report.year ?? "no year"})`, title, place].filter(Boolean).map(asSentence);
  return [...parts, linkOf(report)?.href ?? ""].filter(Boolean).join(" ");
}

/**
 * First and last page; one item where there is one page, a number of the article, or what cannot be told apart.
 * @param {Report} report
 * @returns {string[]}
 */
function pagesOf(report) {
  const pages = singleLine(report.pages).replace(/^pp?\.?\s*(?=\d)/i, "");
  const range = /^([^\s,]*\d[^\s,]*?)\s*[-‐‑–—−]+\s*([^\s,]*\d[^\s,]*)$/.exec(pages);
  if (range) return range[1] === range[2] ? [range[1]] : [range[1], range[2]];
  return /\d/.test(pages) ? [pages] : [];
}

// --- links ---

/**
 * The DOI as such, "" where what is written is none: "doi:10.…", "https://doi.org/10.…" and "DOI 10.… [doi]." are
 * understood.
 * @param {string} written
 */
export function doiOf(written) {
  const text = singleLine(written).replace(/[\u200b-\u200f\ufeff]/g, "");
  const isAddress = /^https?:/i.test(text);
  const found = /(?<![\d.])10\.\d{4,9}\s?\/\s?[^\s\ufffd]+/.exec(isAddress ? decodedAddress(text.replace(/[?#].*$/, "")) : text);
  const begun = (found?.[0] ?? "").replace(/\s/g, "");
  const doi = withoutEnding(isAddress ? begun.replace(/\/(full|abstract|e?pdf)$/i, "") : begun);
  return doi.endsWith("/") ? "" : doi;
}

/** @param {string} text */
function decodedAddress(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a percent sign of its own
  }
}

/**
 * Without the stops, quotes and closing brackets of the sentence that the DOI stood in.
 * @param {string} doi
 */
function withoutEnding(doi) {
  let kept = doi;
  for (;;) {
    const last = kept.slice(-1);
    const opening = /** @type {Record<string, string>} */ ({ ")": "(", "]": "[", ">": "<", "}": "{" })[last];
    const isLoose = opening !== undefined && kept.split(last).length > kept.split(opening).length;
    if (last === "" || (!isLoose && !/[.,;:"'”’]/.test(last))) return kept;
    kept = kept.slice(0, -1);
  }
}

/**
 * All ways to the report, the best first: DOI, PubMed, PubMed Central.
 * @param {Report} report
 * @returns {ReportLink[]}
 */
export function linksOf(report) {
  const links = [];
  const doi = doiOf(report.doi);
  if (doi) links.push({ href: doiAddress(doi), text: `doi:${doi}` });
  const pmid = pubmedNumber(report);
  if (pmid) links.push({ href: `https://pubmed.ncbi.nlm.nih.gov/${pmid}/`, text: `PubMed ${pmid}` });
  const pmcid = pmcNumber(report);
  if (pmcid) links.push({ href: `https://www.ncbi.nlm.nih.gov/pmc/articles/${pmcid}/`, text: `PubMed Central ${pmcid}` });
  return links;
}

/**
 * @param {Report} report
 * @returns {ReportLink | null}
 */
export function linkOf(report) {
  return linksOf(report)[0] ?? null;
}

/**
 * Characters that an address takes as they are stay readable.
 * @param {string} doi
 */
function doiAddress(doi) {
  const path = encodeURIComponent(doi).replace(/%(2F|3A|3B)/g, decodeURIComponent).replace(/'/g, "%27");
  return `https://doi.org/${path}`;
}

/** @param {Report} report */
function pubmedNumber(report) {
  const number = singleLine(report.pmid);
  return /^[1-9]\d{0,8}$/.test(number) ? number : "";
}

/** @param {Report} report */
function pmcNumber(report) {
  const number = /^(?:PMC)?([1-9]\d{0,9})$/i.exec(singleLine(report.pmcid));
  return number ? `PMC${number[1]}` : "";
}

// --- codes ---

/**
 * What a study is coded with, dimension by dimension; dimensions without a code of it are left out.
 * @param {Data} data
 * @param {Study} study
 * @returns {{dimension: Dimension, codes: Code[]}[]}
 */
export function codesOfStudy(data, study) {
  return data.dimensions
    .map((dimension, d) => {
      const { start, item } = data.codesOf[d];
      const codes = [...item.subarray(start[study.index], start[study.index + 1])];
      return { dimension, codes: codes.map((code) => dimension.codes[code]) };
    })
    .filter(({ codes }) => codes.length > 0);
}

/**
 * Names for the codes of each dimension: the label, with that of the group before it where labels are alike.
 * @param {Data} data
 * @returns {string[][]}
 */
function namesOfCodes(data) {
  return data.dimensions.map(({ codes }) => {
    const seen = new Map();
    for (const { label } of codes) seen.set(label, (seen.get(label) ?? 0) + 1);
    return codes.map(({ label, parent }) =>
      singleLine(seen.get(label) > 1 && parent >= 0 ? `${codes[parent].label}: ${label}` : label),
    );
  });
}

/**
 * "Type of evidence: Systematic review", one a code; without semicolons, at which reference managers split.
 * @param {Data} data
 * @param {Study} study
 * @param {string[][]} names
 */
function keywordsOf(data, study, names) {
  return codesOfStudy(data, study).flatMap(({ dimension, codes }) =>
    codes.map(({ index }) => `${singleLine(dimension.label)}: ${names[dimension.index][index]}`.replace(/;/g, ",")),
  );
}

/**
 * Which study of which map a report belongs to, and its numbers elsewhere.
 * @param {Data} data
 * @param {Study} study
 * @param {Report} report
 */
function noteOf(data, study, report) {
  const { title, edition } = data.payload.map;
  const numbers = [pubmedNumber(report) && `PMID ${pubmedNumber(report)}`, pmcNumber(report)].filter(Boolean);
  const map = `${title}${edition ? `, edition ${edition}` : ""}`;
  return singleLine([`Study ${study.id} (${study.label}) of the map: ${map}`, ...numbers].join("; "));
}

// --- RIS ---

/**
 * One entry a report, for Zotero, EndNote and others that read RIS.
 * @param {Study[]} studies
 * @param {Data} data
 */
export function toRis(studies, data) {
  const names = namesOfCodes(data);
  return studies.flatMap((study) => study.reports.map((report) => risEntry(study, report, data, names))).join("\r\n");
}

/**
 * @param {Study} study
 * @param {Report} report
 * @param {Data} data
 * @param {string[][]} names
 */
function risEntry(study, report, data, names) {
  const [first = "", last = ""] = pagesOf(report);
  const summary = singleLine(report.summary);
  const fields = [
    ["ID", report.id],
    ...authorsOf(report.authors).names.map((name) => ["AU", nameInOrder(name)]),
    ["PY", report.year],
    ["TI", report.title],
    ["T2", report.journal], // Zotero takes JO for an abbreviation
    ["VL", report.volume],
    ["IS", report.issue],
    ["SP", first],
    ["EP", last],
    ["DO", doiOf(report.doi)],
    ["UR", linkOf(report)?.href],
    ["AN", pubmedNumber(report)],
    ["AB", summary && `${SUMMARY_IS_OURS}: ${summary}`],
    ...keywordsOf(data, study, names).map((keyword) => ["KW", keyword]),
    ["N1", noteOf(data, study, report)],
  ];
  const known = fields.map(([tag, value]) => [tag, singleLine(value)]).filter(([, value]) => value !== "");
  return ["TY  - JOUR", ...known.map(([tag, value]) => `${tag}  - ${value}`), "ER  - ", ""].join("\r\n");
}

// --- BibTeX ---

/** @type {Record<string, string>} */
const LATEX_FOR = {
  "\\": "{\\textbackslash}",
  "~": "{\\textasciitilde}",
  "^": "{\\textasciicircum}",
};

/**
 * One entry a report, in UTF-8.
 * @param {Study[]} studies
 * @param {Data} data
 */
export function toBibtex(studies, data) {
  const names = namesOfCodes(data);
  /** @type {Set<string>} */
  const taken = new Set();
  return studies
    .flatMap((study) => study.reports.map((report) => bibtexEntry(study, report, data, names, bibtexKey(report, taken))))
    .join("\n");
}

/**
 * @param {Study} study
 * @param {Report} report
 * @param {Data} data
 * @param {string[][]} names
 * @param {string} key
 */
function bibtexEntry(study, report, data, names, key) {
  const summary = singleLine(report.summary);
  const doi = doiOf(report.doi);
  const fields = [
    ["author", bibtexAuthors(report)],
    ["title", bibtexText(report.title)],
    ["journal", bibtexText(report.journal)],
    ["year", String(report.year ?? "")],
    ["volume", bibtexText(report.volume)],
    ["number", bibtexText(report.issue)],
    ["pages", bibtexText(pagesOf(report).join("--"))],
    // Taken as it stands by those who read it, so that nothing can be escaped here.
    ["doi", /[{}\\%#]/.test(doi) ? "" : doi],
    ["url", linkOf(report)?.href ?? ""],
    ["pmid", pubmedNumber(report)],
    ["pmcid", pmcNumber(report)],
    ["abstract", bibtexText(summary && `${SUMMARY_IS_OURS}: ${summary}`)],
    ["keywords", bibtexText(keywordsOf(data, study, names).join("; "))],
    ["note", bibtexText(noteOf(data, study, report))],
  ];
  const lines = fields.filter(([, value]) => value !== "").map(([name, value]) => `  ${name} = {${value}},\n`);
  return `@${singleLine(report.journal) ? "article" : "misc"}{${key},\n${lines.join("")}}\n`;
}

/**
 * Text with what LaTeX takes for its own escaped. BibTeX counts escaped braces too, so those without a partner, which
 * would end the entry, become round.
 * @param {string} text
 */
function bibtexText(text) {
  const letters = [...singleLine(text)];
  /** @type {number[]} */
  const open = [];
  letters.forEach((letter, i) => {
    if (letter === "{") open.push(i);
    else if (letter === "}" && open.pop() === undefined) letters[i] = ")";
  });
  for (const i of open) letters[i] = "(";
  return letters.map((letter) => LATEX_FOR[letter] ?? (/[{}%&$#_]/.test(letter) ? `\\${letter}` : letter)).join("");
}

/** @param {Report} report */
function bibtexAuthors(report) {
  const { names, others } = authorsOf(report.authors);
  // Braces keep a name whole that would be taken apart: at "and", at a comma, or into given and family name.
  const written = names.map((name) =>
    name.given === "" || / and /i.test(` ${name.family} ${name.given} `)
      ? `{${bibtexText(nameInOrder(name))}}`
      : bibtexText(nameInOrder(name)),
  );
  return [...written, ...(others && written.length > 0 ? ["others"] : [])].join(" and ");
}

/**
 * "johnson2018-P0356": the same in every export, and each once.
 * @param {Report} report
 * @param {Set<string>} taken
 */
function bibtexKey(report, taken) {
  const name = asciiWord(firstAuthorOf(report)).toLowerCase().slice(0, 30) || "report";
  const base = [`${name}${report.year ?? ""}`, asciiWord(report.id)].filter(Boolean).join("-");
  let key = base;
  for (let n = 2; taken.has(key.toLowerCase()); n++) key = `${base}-${n}`;
  taken.add(key.toLowerCase());
  return key;
}

/** @param {string} text */
function asciiWord(text) {
  return text.normalize("NFKD").replace(/[^A-Za-z0-9]/g, "");
}

// --- CSV ---

/**
 * One row a report: UTF-8 with a mark that spreadsheets know it by, RFC 4180, formulas inert.
 * @param {Study[]} studies
 * @param {Data} data
 */
export function toCsv(studies, data) {
  const names = namesOfCodes(data);
  const rows = studies.flatMap((study) => {
    const said = new Map(codesOfStudy(data, study).map(({ dimension, codes }) => [dimension.index, codes]));
    const coded = data.dimensions.map(({ index }) => (said.get(index) ?? []).map((code) => names[index][code.index]).join("; "));
    return study.reports.map((report) => [...Object.values(csvFields(study, report)), ...coded]);
  });
  const fixed = Object.keys(csvFields(EMPTY_STUDY, EMPTY_REPORT));
  const ids = data.dimensions.map(({ id }) => (fixed.includes(id) ? `${id}_codes` : id));
  return `\ufeff${[[...fixed, ...ids], ...rows].map((row) => `${row.map(csvCell).join(",")}\r\n`).join("")}`;
}

/**
 * @param {Study} study
 * @param {Report} report
 * @returns {Record<string, string | number | null>}
 */
function csvFields(study, report) {
  return {
    study_id: study.id,
    study_label: study.label,
    publication_id: report.id,
    title: report.title,
    authors: report.authors,
    year: report.year,
    journal: report.journal,
    volume: report.volume,
    issue: report.issue,
    pages: report.pages,
    doi: doiOf(report.doi) || report.doi,
    pmid: report.pmid,
    pmcid: report.pmcid,
    link: linkOf(report)?.href ?? "",
    trial_name: report.trialName,
    access: report.access,
    n_participants: study.nParticipants,
    n_included_studies: study.nIncluded,
    followup_months: study.followupMonths,
    summary: report.summary,
  };
}

/** @type {Report} */
const EMPTY_REPORT = {
  id: "", title: "", authors: "", year: null, journal: "", volume: "", issue: "", pages: "", doi: "", pmid: "", pmcid: "",
  trialName: "", access: "", summary: "",
};
/** @type {Study} */
const EMPTY_STUDY = {
  index: 0, id: "", label: "", year: null, lastYear: null, nParticipants: null, nIncluded: null, followupMonths: null, reports: [],
};

/**
 * A cell; text that a spreadsheet would take for a formula gets an apostrophe before it, as in `store.write_csv`: also
 * behind what parts columns and rows elsewhere.
 * @param {string | number | null} value
 */
function csvCell(value) {
  if (typeof value === "number") return String(value);
  const text = String(value ?? "").replace(/\u0000/g, "");
  const inert = text.replace(/(?=[=+\-@＝＋－＠])(?<=[;\t\r\n][\s'\ufeff]*)|^(?=[\s'\ufeff]*[=+\-@＝＋－＠]|[ ']*[\t\r])/g, "'");
  return /[",\r\n\u2028\u2029]|^\s|\s$/.test(inert) ? `"${inert.replace(/"/g, '""')}"` : inert;
}

// --- names of files ---

/**
 * "gardens_2026-11_growing-food.ris": the map, the edition, what is shown.
 * @param {MapWords} map
 * @param {string} shown
 * @param {string} extension
 */
export function exportFileName(map, shown, extension) {
  const parts = [map.title || "map", map.edition, shown].map(fileSlug).filter(Boolean);
  return `${parts.join("_") || "map"}.${extension}`;
}

/**
 * Letters and digits of any script, in lower case with hyphens: nothing that a system takes amiss in a name.
 * @param {string} text
 */
function fileSlug(text) {
  const plain = singleLine(text).normalize("NFKD").replace(/[\u0300-\u036f]/g, "").normalize("NFC").toLowerCase();
  const slug = plain.replace(/[^\p{L}\p{M}\p{N}]+/gu, "-").replace(/^-/, "");
  return [...slug].slice(0, LONGEST_SLUG).join("").replace(/-+$/, "");
}
