// Elements without markup: text goes in as text, whatever an imported file made of it.

/** @typedef {import("./types.js").Span} Span */

const SAFE_ADDRESS = /^https?:\/\/[^\s<>"'\\]+$/i;

/**
 * A new element. `properties`: `on…` are listeners, `class` and others attributes; true sets an empty attribute, false, null
 * and undefined none. Children are text or nodes.
 * @param {string} tag
 * @param {Record<string, any>} [properties]
 * @param {...(Node | string | number | null | false | undefined)} children
 * @returns {any}
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
  for (const child of children) {
    if (child !== null && child !== false && child !== undefined) element.append(/** @type {any} */ (child));
  }
  return element;
}

/** Sets text that changes nothing on screen when it is the same as before. @param {HTMLElement} element @param {string} text */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** A name for an id that no other map in the same document has. @param {string} name */
export function uniqueId(name) {
  return `${name}-${crypto.getRandomValues(new Uint32Array(2)).join("")}`;
}

/**
 * A label as it reads within a sentence; "HIV status" keeps its capitals.
 * @param {string} label
 */
export function withinSentence(label) {
  return /^\p{Lu}(\p{Ll}|\s)/u.test(label) ? label.charAt(0).toLowerCase() + label.slice(1) : label;
}

/**
 * Puts text on the clipboard, in the old way where a page from a file may not use the new one. True when it worked.
 * @param {HTMLElement} root where a field may stand for a moment
 * @param {string} text
 */
export async function copyText(root, text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = h("textarea", { class: "ma-hidden-words", "aria-hidden": "true", tabindex: "-1" });
    const focused = /** @type {HTMLElement | null} */ (document.activeElement);
    field.value = text;
    root.append(field);
    field.select();
    try {
      return document.execCommand("copy");
    } finally {
      field.remove();
      focused?.focus();
    }
  }
}

/**
 * A link that opens beside the map, or the text alone where the address is not a plain http(s) one.
 * @param {string} address
 * @param {string} text
 * @param {Record<string, any>} [properties]
 * @returns {HTMLElement}
 */
export function safeLink(address, text, properties = {}) {
  if (!SAFE_ADDRESS.test(address)) return h("span", properties, text);
  return h("a", { ...properties, href: address, rel: "noopener noreferrer", target: "_blank" }, text);
}

/**
 * Runs of text with bold, emphasis and links, as nodes.
 * @param {Span[]} spans
 * @returns {HTMLElement[]}
 */
export function inline(spans) {
  return spans.map((span) => {
    if (typeof span === "string") return h("span", {}, span);
    if ("b" in span) return h("strong", {}, span.b);
    if ("i" in span) return h("em", {}, span.i);
    return safeLink(span.href, span.a);
  });
}

/**
 * "1 study", "1,204 studies".
 * @param {number} n
 * @param {string} [one]
 * @param {string} [many]
 */
export function countOf(n, one = "study", many = "studies") {
  return `${groupDigits(n)} ${n === 1 ? one : many}`;
}

/**
 * A whole number with its thousands parted.
 * @param {number} n
 */
export function groupDigits(n) {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ",");
}

/**
 * "a, b and c"
 * @param {string[]} words
 * @param {string} [last]
 */
export function joinWords(words, last = "and") {
  if (words.length < 2) return words.join("");
  return `${words.slice(0, -1).join(", ")} ${last} ${words[words.length - 1]}`;
}
