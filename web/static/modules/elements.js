// @ts-check
/** Parts of a page that wait in it as templates, cloned and filled with text: no words become markup. */

const SYMBOLS = "/static/symbols.svg#s-", ICONS = "/static/vendor/icons.svg#i-";

/**
 * @param {string} id Of a template with one element.
 * @param {Record<string, string | null | undefined>} [texts] By `data-text`; a part without text goes.
 * @param {Record<string, unknown>} [kept] By `data-if`: whether such a part stays.
 * @param {{symbol?: string, icon?: string}} [signs]
 * @returns {HTMLElement}
 */
export function clone(id, texts = {}, kept = {}, signs = {}) {
  const template = /** @type {HTMLTemplateElement} */ (document.getElementById(id));
  const made = /** @type {HTMLElement} */ (/** @type {Element} */ (template.content.firstElementChild).cloneNode(true));
  for (const node of made.querySelectorAll("[data-if]")) {
    if (!kept[node.getAttribute("data-if") ?? ""]) node.remove();
  }
  for (const node of [...made.querySelectorAll("[data-text]")]) say(node, texts[node.getAttribute("data-text") ?? ""]);
  if (signs.symbol) made.querySelector("[data-symbol]")?.setAttribute("href", SYMBOLS + signs.symbol);
  if (signs.icon) made.querySelector("[data-icon]")?.setAttribute("href", ICONS + signs.icon);
  return made;
}

/** @param {Element | null} node @param {string | null | undefined} text */
export function say(node, text) {
  if (!(node instanceof HTMLElement)) return;
  node.textContent = text ?? "";
  node.hidden = !text;
}

/** @param {Element} made @param {string} name @returns {HTMLElement} */
export function textOf(made, name) {
  return /** @type {HTMLElement} */ (made.querySelector(`[data-text="${name}"]`));
}

/** @param {Element} made @param {string} name @returns {HTMLElement | null} */
export function doer(made, name) {
  return made.querySelector(`[data-does="${name}"]`);
}
