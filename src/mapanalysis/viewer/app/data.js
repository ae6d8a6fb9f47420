// The payload, made ready for counting: codebook as trees, codings as lists of integers, studies on demand.

/** @typedef {import("./types.js").Code} Code */
/** @typedef {import("./types.js").Csr} Csr */
/** @typedef {import("./types.js").Data} Data */
/** @typedef {import("./types.js").Dimension} Dimension */
/** @typedef {import("./types.js").Payload} Payload */
/** @typedef {import("./types.js").Report} Report */
/** @typedef {import("./types.js").Study} Study */

/**
 * The codings, context by context. `whole[dimension]`: study → codes of the whole study; `findings`: study → its findings;
 * `own[dimension]`: finding → codes that hold in it alone.
 * @typedef {{whole: Csr[], findings: Csr, own: Csr[]}} Coded
 */
/**
 * What else is read beside the codebook. `isUsed[dimension]`: whether some study has the code itself; `reports`: study →
 * positions of its reports; `years`: study → the years of its reports.
 * @typedef {Coded & {isUsed: Uint8Array[], reports: Csr, years: Csr}} Contexts
 */

const REPORT_TEXTS = [
  "id", "title", "authors", "journal", "volume", "issue", "pages", "doi", "pmid", "pmcid", "trialName", "access", "summary",
];

/**
 * @param {Payload} payload
 * @returns {Data}
 */
export function openData(payload) {
  const nStudies = payload.studies.id.length;
  const dimensions = payload.dimensions.map(openDimension);
  const coded = readCodings(payload, dimensions, nStudies);
  const codesOf = dimensions.map((_, at) => joinContexts(coded, dimensions[at], nStudies));
  const studyOfReport = payload.reports.study ?? [];
  const reports = listsOf(nStudies, studyOfReport, [...studyOfReport.keys()]);
  const years = readYears(payload, reports, nStudies);
  const isUsed = codesOf.map((lists, at) => markUsed(lists, dimensions[at].codes.length));
  /** @type {Contexts} */
  const contexts = { ...coded, isUsed, reports, years };
  return {
    payload,
    nStudies,
    dimensions,
    byId: new Map(dimensions.map((dimension) => [dimension.id, dimension])),
    codesOf,
    studiesWith: codesOf.map((lists, at) => {
      const { codes } = dimensions[at];
      return invertLists(lists, codes.length, Int32Array.from(codes, (code) => code.parent));
    }),
    contexts,
    study: studyReader(payload, reports),
    nWithoutYear: years.start.subarray(1).reduce((n, end, study) => n + Number(end === years.start[study]), 0),
  };
}

/**
 * @param {Payload["dimensions"][number]} raw
 * @param {number} index
 * @returns {Dimension}
 */
function openDimension(raw, index) {
  /** @type {Code[]} */
  const codes = [];
  for (const [id, label, parent, definition, plural] of raw.codes) {
    const level = parent < 0 ? 1 : codes[parent].level + 1;
    const code = { index: codes.length, id, label, plural, definition, parent, level, children: [], end: codes.length + 1 };
    if (parent >= 0) codes[parent].children.push(code.index);
    codes.push(code);
  }
  for (const code of [...codes].reverse()) {
    if (code.parent >= 0) codes[code.parent].end = Math.max(codes[code.parent].end, code.end);
  }
  const byId = new Map(codes.map((code) => [code.id, code.index]));
  return {
    index,
    id: raw.id,
    label: raw.label,
    role: raw.role,
    multiple: raw.multiple,
    appliesTo: raw.appliesTo,
    madeFrom: raw.madeFrom ?? "",
    codes,
    roots: codes.filter((code) => code.parent < 0).map((code) => code.index),
    depth: codes.reduce((depth, code) => Math.max(depth, code.level), 1),
    notReported: byId.get("not_reported") ?? -1,
    byId,
  };
}

/**
 * @param {Payload} payload
 * @param {Dimension[]} dimensions
 * @param {number} nStudies
 * @returns {Coded}
 */
function readCodings(payload, dimensions, nStudies) {
  const whole = dimensions.map(({ id, codes }) => distinctLists(readLists(payload.codes[id] ?? [], nStudies), codes.length));
  /** @type {number[]} */
  const studies = [];
  /** @type {number[]} */
  const findings = [];
  const own = dimensions.map(() => ({ findings: /** @type {number[]} */ ([]), codes: /** @type {number[]} */ ([]) }));
  let nFindings = 1;
  const flat = payload.findings ?? [];
  for (let at = 0; at < flat.length; at += 4) {
    const finding = flat[at + 1];
    const { findings: owners, codes } = own[flat[at + 2]];
    studies.push(flat[at]);
    findings.push(finding);
    owners.push(finding);
    codes.push(flat[at + 3]);
    nFindings = Math.max(nFindings, finding + 1);
  }
  return {
    whole,
    findings: distinctLists(listsOf(nStudies, studies, findings), nFindings),
    own: own.map(({ findings: owners, codes }, at) =>
      distinctLists(listsOf(nFindings, owners, codes), dimensions[at].codes.length),
    ),
  };
}

/**
 * Study → its codes on a dimension, be they of the whole study or of one of its findings.
 * @param {Coded} coded
 * @param {Dimension} dimension
 * @param {number} nStudies
 */
function joinContexts({ whole, findings, own }, { index, codes: { length } }, nStudies) {
  if (!own[index].item.length) return whole[index];
  /** @type {number[]} */
  const studies = [];
  /** @type {number[]} */
  const codes = [];
  const add = (/** @type {Csr} */ lists, /** @type {number} */ owner, /** @type {number} */ study) => {
    for (const code of itemsOf(lists, owner)) {
      studies.push(study);
      codes.push(code);
    }
  };
  for (let study = 0; study < nStudies; study += 1) {
    add(whole[index], study, study);
    for (const finding of itemsOf(findings, study)) add(own[index], finding, study);
  }
  return distinctLists(listsOf(nStudies, studies, codes), length);
}

/**
 * @param {Csr} lists
 * @param {number} nCodes
 */
function markUsed({ item }, nCodes) {
  const marks = new Uint8Array(nCodes);
  for (const code of item) marks[code] = 1;
  return marks;
}

/**
 * Study → the years of its reports, and of the study itself.
 * @param {Payload} payload
 * @param {Csr} reports
 * @param {number} nStudies
 */
function readYears(payload, reports, nStudies) {
  const owners = [];
  const years = [];
  const ofReports = payload.reports.year ?? [];
  for (let study = 0; study < nStudies; study += 1) {
    const found = [payload.studies.year?.[study], payload.studies.lastYear?.[study]];
    for (const report of itemsOf(reports, study)) found.push(ofReports[report]);
    for (const year of found) {
      if (year !== null && year !== undefined) {
        owners.push(study);
        years.push(year);
      }
    }
  }
  return listsOf(nStudies, owners, years);
}

/**
 * @param {Payload} payload
 * @param {Csr} reports
 * @returns {(index: number) => Study}
 */
function studyReader({ studies, reports: columns }, reports) {
  /** @type {Map<number, Study>} */
  const read = new Map();
  const readReport = (/** @type {number} */ at) => {
    /** @type {Record<string, any>} */
    const report = { year: columns.year?.[at] ?? null };
    for (const name of REPORT_TEXTS) report[name] = columns[name]?.[at] ?? "";
    return /** @type {Report} */ (report);
  };
  return (index) => {
    const number = (/** @type {string} */ name) => studies[name]?.[index] ?? null;
    const known = read.get(index);
    if (known) return known;
    const study = {
      index,
      id: studies.id[index],
      label: studies.label?.[index] ?? studies.id[index],
      year: number("year"),
      lastYear: number("lastYear"),
      nParticipants: number("nParticipants"),
      nIncluded: number("nIncluded"),
      followupMonths: number("followupMonths"),
      reports: Array.from(itemsOf(reports, index), readReport),
    };
    read.set(index, study);
    return study;
  };
}

// --- lists of integers ---

/**
 * The items of each owner in turn, where -1 ends an owner.
 * @param {number[]} flat
 * @param {number} nOwners
 * @returns {Csr}
 */
function readLists(flat, nOwners) {
  const start = new Int32Array(nOwners + 1);
  const item = new Int32Array(Math.max(flat.length - nOwners, 0));
  let owner = 0;
  let n = 0;
  for (const each of flat) {
    if (each < 0) start[++owner] = n;
    else item[n++] = each;
  }
  return { start, item };
}

/**
 * The items of each owner, in the order given.
 * @param {number} nOwners
 * @param {number[]} owners
 * @param {number[]} items
 * @returns {Csr}
 */
function listsOf(nOwners, owners, items) {
  const start = new Int32Array(nOwners + 1);
  for (const owner of owners) start[owner + 1] += 1;
  for (let owner = 0; owner < nOwners; owner += 1) start[owner + 1] += start[owner];
  const next = start.slice();
  const item = new Int32Array(items.length);
  for (let at = 0; at < owners.length; at += 1) item[next[owners[at]]++] = items[at];
  return { start, item };
}

/**
 * The other way round: item → its distinct owners, ascending. With `parents`, an owner of an item is one of all above it.
 * @param {Csr} lists
 * @param {number} nItems
 * @param {Int32Array} [parents]
 * @returns {Csr}
 */
function invertLists({ start, item }, nItems, parents) {
  const visit = (/** @type {(item: number, owner: number) => void} */ found) => {
    const last = new Int32Array(nItems).fill(-1);
    for (let owner = 0; owner + 1 < start.length; owner += 1) {
      for (let at = start[owner]; at < start[owner + 1]; at += 1) {
        for (let each = item[at]; each >= 0 && last[each] !== owner; each = parents ? parents[each] : -1) {
          last[each] = owner;
          found(each, owner);
        }
      }
    }
  };
  const bounds = new Int32Array(nItems + 1);
  visit((each) => (bounds[each + 1] += 1));
  for (let each = 0; each < nItems; each += 1) bounds[each + 1] += bounds[each];
  const next = bounds.slice();
  const owners = new Int32Array(bounds[nItems]);
  visit((each, owner) => (owners[next[each]++] = owner));
  return { start: bounds, item: owners };
}

/**
 * Each list in ascending order, nothing twice.
 * @param {Csr} lists
 * @param {number} nItems
 */
function distinctLists(lists, nItems) {
  return invertLists(invertLists(lists, nItems), lists.start.length - 1);
}

/**
 * @param {Csr} lists
 * @param {number} owner
 */
export function itemsOf({ start, item }, owner) {
  return item.subarray(start[owner], start[owner + 1]);
}

// --- sets of studies, one bit each ---

/** @param {number} nStudies */
export function noBits(nStudies) {
  return new Uint32Array((nStudies + 31) >>> 5);
}

/** @param {number} nStudies */
export function allBits(nStudies) {
  const bits = noBits(nStudies).fill(0xffffffff);
  if (nStudies & 31) bits[bits.length - 1] = 2 ** (nStudies & 31) - 1;
  return bits;
}

/**
 * @param {Uint32Array} bits
 * @param {number} study
 */
export function hasBit(bits, study) {
  return ((bits[study >>> 5] >>> (study & 31)) & 1) === 1;
}

/** @param {Uint32Array} bits */
export function countBits(bits) {
  let n = 0;
  for (let word of bits) for (; word; word &= word - 1) n += 1;
  return n;
}

/**
 * The studies of a set, ascending.
 * @param {Uint32Array} bits
 */
export function listBits(bits) {
  const studies = new Int32Array(countBits(bits));
  let n = 0;
  for (let at = 0; at < bits.length; at += 1) {
    for (let word = bits[at]; word; word &= word - 1) studies[n++] = at * 32 + 31 - Math.clz32(word & -word);
  }
  return studies;
}
