// @ts-check
/** Leaflet icons of the house-number plates, and the patterns of hotspots and circles. */

import { plate } from "./map_marks.js";

/** Sprite with the symbols; colours reach it through custom properties of the page. */
export const SPRITE = "/static/symbols.svg";

/**
 * @param {number} rank
 * @param {boolean} selected
 */
export function plateIcon(rank, selected) {
  const className = selected ? "map-plate map-plate--selected" : "map-plate";
  return globalThis.L.divIcon({ className, html: plate(rank), iconSize: [44, 44] });
}

const HATCHES = [0, 12, 8, 5, 6];
const SVG = "http://www.w3.org/2000/svg";

/**
 * @param {string} name
 * @param {Record<string, string | number>} attributes
 */
function drawn(name, attributes) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, String(value));
  return node;
}

/** Puts the patterns of hotspots and of masked circles into the page, once. */
export function layPatterns() {
  if (document.getElementById("hotspot-1")) return;
  const svg = drawn("svg", { class: "map-patterns", width: 0, height: 0, "aria-hidden": "true" });
  const defs = drawn("defs", {});
  HATCHES.forEach((apart, index) => {
    const step = index + 1;
    const width = apart || 10;
    const pattern = drawn("pattern", { id: `hotspot-${step}`, width, height: width, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" });
    pattern.append(drawn("rect", { class: `step step--${step}`, width, height: width }));
    if (apart) pattern.append(drawn("rect", { class: `hatch hatch--${step}`, width: 1.2, height: width }));
    if (step === 5) pattern.append(drawn("rect", { class: "hatch hatch--5", width, height: 1.2 }));
    defs.append(pattern);
  });
  const masked = drawn("pattern", { id: "masked", width: 9, height: 9, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" });
  masked.append(drawn("rect", { class: "masked-hatch", width: 1.6, height: 9 }));
  defs.append(masked);
  svg.append(defs);
  document.body.append(svg);
}

/**
 * Leaflet puts the focus on the map at every tap; the ring is for those who move by keys.
 * @param {HTMLElement} container
 */
export function ringByKeysOnly(container) {
  container.addEventListener("pointerdown", () => container.classList.add("by-pointer"), true);
  for (const event of ["keydown", "blur"]) container.addEventListener(event, () => container.classList.remove("by-pointer"));
}
