// The map within a notebook: what is chosen on screen goes to Python, and what Python asks for is shown.

import { mountMap } from "./main.js";

/** @typedef {import("./types.js").State} State */
/** @typedef {{get: (name: string) => any, set: (name: string, value: any) => void, save_changes: () => void, on: (event: string, listener: () => void) => void, off: (event: string, listener: () => void) => void}} WidgetModel */

/**
 * Shows the map in an output of a notebook. `_payload` of the model is the payload as text; `state` goes both ways;
 * `_listed` are the studies on screen, null for all.
 * @param {{model: WidgetModel, el: HTMLElement}} output
 */
export function renderWidget({ model, el }) {
  const root = document.createElement("div");
  root.addEventListener("focusin", keepKeys);
  el.classList.add("ma-guest");
  el.append(root);
  const payload = JSON.parse(model.get("_payload"));
  const stopFollowing = followTheme(root);
  const map = mountMap(root, payload, { page: false, state: model.get("state"), onChange: tell });

  /** @param {{state: State, studies: number[]}} shown */
  function tell({ state, studies }) {
    const isAll = !state.selection && studies.length === payload.studies.id.length;
    model.set("state", state);
    model.set("_listed", isAll ? null : [...studies]);
    model.save_changes();
  }

  const isSame = (/** @type {unknown} */ state) => JSON.stringify(state) === JSON.stringify(map.getState());

  function onState() {
    const wanted = model.get("state");
    if (isSame(wanted)) return;
    map.setState(wanted);
    // What changes nothing on screen tells nothing: Python is to know the whole state all the same.
    if (!isSame(model.get("state"))) {
      model.set("state", map.getState());
      model.save_changes();
    }
  }

  model.on("change:state", onState);
  return () => {
    model.off("change:state", onState);
    stopFollowing();
    map.destroy();
  };
}

/**
 * JupyterLab takes keys for its own wherever the focus is in a notebook: D twice deletes the cell, map and all. It leaves
 * them to an element that says so, and asks the focused one first.
 * @param {FocusEvent} event
 */
function keepKeys(event) {
  if (event.target instanceof Element) event.target.setAttribute("data-lm-suppress-shortcuts", "true");
}

/**
 * Light or dark as JupyterLab is, which is not always as the system is. Gives what ends it.
 * @param {HTMLElement} root
 */
function followTheme(root) {
  const apply = () => {
    const isLight = document.body.dataset.jpThemeLight;
    root.style.setProperty("color-scheme", isLight === undefined ? "" : isLight === "false" ? "dark" : "light");
  };
  const watcher = new MutationObserver(apply);
  watcher.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light"] });
  apply();
  return () => watcher.disconnect();
}
