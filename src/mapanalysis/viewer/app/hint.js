// One box of words beside whatever is pointed at or focused. It can be pointed at itself, and Escape sends it away.

import { h } from "./dom.js";

const GRACE_MS = 120;

/** @param {HTMLElement} root */
export function createHint(root) {
  const box = h("div", { class: "ma-hint", hidden: true, "aria-hidden": "true" });
  let leaving = 0;
  /** @type {Element | null} */
  let beside = null;

  /** @param {Element} anchor @param {string} title @param {string[]} lines */
  function show(anchor, title, lines) {
    stay();
    box.replaceChildren(h("b", {}, title), h("ul", {}, ...lines.map((line) => h("li", {}, line))));
    box.hidden = false;
    beside = anchor;
    follow();
  }

  /** Brings the box beside its anchor, wherever that has moved. */
  function follow() {
    if (!beside || box.hidden) return;
    if (!beside.isConnected) return hideNow();
    const [at, frame, size] = [beside.getBoundingClientRect(), root.getBoundingClientRect(), box.getBoundingClientRect()];
    const right = Math.min(root.clientWidth, window.innerWidth - frame.left) - size.width - 8;
    const left = Math.max(8, Math.min(at.left - frame.left, right));
    const isBelow = at.bottom + size.height + 8 < window.innerHeight;
    const top = isBelow ? at.bottom - frame.top + 6 : at.top - frame.top - size.height - 6;
    box.style.setProperty("left", `${left}px`);
    box.style.setProperty("top", `${top}px`);
  }

  function hideNow() {
    box.hidden = true;
  }

  function stay() {
    clearTimeout(leaving);
    leaving = 0;
  }

  function hide() {
    stay();
    leaving = window.setTimeout(hideNow, GRACE_MS);
  }

  box.addEventListener("pointerenter", stay);
  box.addEventListener("pointerleave", hide);
  return { element: box, show, hide, hideNow, follow, isBeside: (/** @type {Element} */ anchor) => !box.hidden && anchor === beside && !leaving, isShown: () => !box.hidden };
}
