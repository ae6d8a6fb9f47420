// The shapes that modules share. Types only: nothing here runs.

/**
 * One item of codes: `start` has one entry per owner and one more; what belongs to owner i is
 * `item[start[i]] … item[start[i + 1] - 1]`.
 * @typedef {{start: Int32Array, item: Int32Array}} Csr
 *
 * @typedef {{index: number, id: string, label: string, plural: string, definition: string, parent: number,
 *   level: number, children: number[], end: number}} Code
 *   `index` is its position among the dimension's codes, parents before children; `end` the position after its last
 *   descendant; `level` 1 is the top.
 *
 * @typedef {{index: number, id: string, label: string, role: string, multiple: boolean, appliesTo: string,
 *   madeFrom: string, codes: Code[], roots: number[], depth: number, notReported: number, byId: Map<string, number>}} Dimension
 *   `madeFrom` names the table that it is made from ("appraisals", "citations"), "" where studies were coded on it;
 *   `notReported` is the position of that code, -1 where there is none.
 *
 * @typedef {{id: string, title: string, authors: string, year: number | null, journal: string, volume: string,
 *   issue: string, pages: string, doi: string, pmid: string, pmcid: string, trialName: string, access: string,
 *   summary: string}} Report
 *
 * @typedef {{index: number, id: string, label: string, year: number | null, lastYear: number | null,
 *   nParticipants: number | null, nIncluded: number | null, followupMonths: number | null, reports: Report[]}} Study
 *
 * @typedef {string | {b: string} | {i: string} | {a: string, href: string}} Span
 *
 * @typedef {{title: string, subtitle: string, question: string, edition: string, date: string, dateInWords: string,
 *   responsible: string, contact: string, licence: string, cite: string, unit: string, definition: string,
 *   codingRule: string, software: string, eligibility: [string, string][], exclusionReasons: string[],
 *   background: Span[][], trust: Span[][], trustInShort: string, footer: string, search: Span[][],
 *   nextUpdate: string, agreement: string[], limits: string[]}} MapWords
 *
 * @typedef {{typeDimension: string, review: string, economic: string, countryDimension: string, countryOf: number[],
 *   isHome: number[], referenceYear: number, minimumStudies: number, minimumPrimaryStudies: number, minimumEffectivenessStudies: number,
 *   minimumPlaceStudies: number, minimumReviewsRedundant: number, minimumClusterStudies: number,
 *   recentReviewYears: number, outOfDateYears: number, rules: [number, string, string][]}} GapSettings
 *   `rules`: the kinds that are looked for, each with its flag, its name and its rule in words.
 *
 * @typedef {{row: string, column: string, segment: string, need: string, country: string, quality: string}} ViewChoice
 *
 * @typedef {{format: number, map: MapWords, dimensions: {id: string, label: string, role: string, multiple: boolean,
 *   appliesTo: string, madeFrom?: string, codes: [string, string, number, string, string][]}[],
 *   outsideScope: {codes: Record<string, string>, reason: string}[], gaps: GapSettings, view: ViewChoice,
 *   studies: Record<string, any[]>, codes: Record<string, number[]>, findings: number[],
 *   reports: Record<string, any[]>, flow: Flow}} Payload
 *
 * @typedef {{label: string, n: number, unit: string, parts: [string, number][], entries: number[] | null,
 *   partOf: number[]}} FlowBox
 *   `entries` are positions among the titles, or among the studies where these are its unit; null where they are too many.
 *
 * @typedef {{missing: string, boxes: FlowBox[], titles: string[], years: string[], holders: number[], sources: string[]}} Flow
 *   `holders`: title → which of the `sources` (each the names of all that hold it).
 *
 * @typedef {{payload: Payload, nStudies: number, dimensions: Dimension[], byId: Map<string, Dimension>, codesOf: Csr[],
 *   studiesWith: Csr[], contexts: any, study: (index: number) => Study, nWithoutYear: number}} Data
 *   `codesOf[dimension]`: study → its codes as coded; `studiesWith[dimension]`: code or anything below it → studies.
 *
 * @typedef {{index: number, key: string, code: number, isSelf: boolean, label: string, definition: string,
 *   ancestors: number[]}} AxisItem
 *   One row or column. `isSelf`: studies coded with an open group only; `ancestors`: the open groups above it,
 *   outermost first.
 *
 * @typedef {{dimension: Dimension, items: AxisItem[], position: Int32Array}} Axis
 *   `position`: code → item; -1 for an open group that no study has itself.
 *
 * @typedef {{index: number, key: string, label: string, plural: string, codes: number[]}} Segment
 * @typedef {{dimension: Dimension | null, items: Segment[], position: Int32Array}} Segments
 *
 * @typedef {{row: Axis, column: Axis, segments: Segments, [inner: string]: any}} Placed
 *
 * @typedef {{nShown: number, nPlaced: number, cells: Uint32Array, segments: Uint32Array, coCoded: Uint32Array,
 *   cross: Uint32Array, rows: Uint32Array, rowSegments: Uint32Array, columns: Uint32Array, columnSegments: Uint32Array,
 *   rowGroups: Map<number, number>, columnGroups: Map<number, number>, totalSegments: Uint32Array}} Counts
 *   Distinct studies. Cell (r, c) stands at `r * C + c`, its segment s at `(r * C + c) * S + s`.
 *
 * @typedef {{row: string, column: string, segment: string}} Selection   Keys of items or groups; "" is any.
 *
 * @typedef {"bubbles" | "heat" | "mosaic" | "numbers" | "gaps"} Style
 *
 * @typedef {{row: string, column: string, segment: string, style: Style, foldedRows: string[], foldedColumns: string[],
 *   hideEmpty: boolean, filters: Record<string, string[]>, years: [number, number] | null, words: string,
 *   selection: Selection | "notPlaced" | null, card: string, sort: "year" | "author" | "title"}} State
 *
 * @typedef {{get: () => State, set: (patch: Partial<State>, options?: {replace?: boolean}) => void,
 *   subscribe: (listener: (state: State, before: State, replace: boolean) => void) => () => void}} Store
 *
 * @typedef {{state: State, data: Data, bits: Uint32Array, nShown: number, facets: () => Uint32Array[], row: Axis,
 *   column: Axis, segments: Segments, placed: Placed, counts: Counts, allCounts: Counts, states: Uint8Array, gaps: Uint8Array | null,
 *   rows: number[], columns: number[], shown: () => Int32Array}} Model
 *   All that one state means; made once per change and given to every view. `rows` and `columns` are the items on
 *   screen: all, or those with studies where empty codes are hidden; `allCounts` are those without filters.
 *
 * @typedef {"glossary" | "help" | "about"} PanelName
 *
 * @typedef {{data: Data, store: Store, root: HTMLElement, say: (text: string) => void,
 *   openStudies: (selection: Selection | "notPlaced", opener: HTMLElement | null) => void, closeStudies: () => void,
 *   showPanel: (name: PanelName, detail?: string) => void}} App
 *
 * @typedef {{element: HTMLElement, update: (model: Model, before: Model | null) => void}} View
 */

export {};
