// @ts-check
/** A small map that stands still in a page: our basemap, two buttons, and what lies on it. */

import { addBasemap, ensurePane } from "./basemap.js";
import { symbol } from "./map_marks.js";
import { layPatterns, ringByKeysOnly, SPRITE } from "./symbols.js";
import { currentTheme } from "./theme.js";

/**
 * @typedef {object} Ground
 * @property {string} slug Community whose streets are drawn.
 * @property {[number, number, number, number]} bbox West, south, east, north of it.
 * @property {string} language Of the labels.
 */

/**
 * Draws a map into #leaflet; where that cannot be, says so in #map-late.
 * @param {Ground} ground
 * @param {(map: any) => void} draw Lays what is to be seen on the map, and has it look there.
 */
export function openStillMap(ground, draw) {
  const [where, late] = [document.getElementById("where"), document.getElementById("map-late")];
  if (!where) return;
  if (globalThis.L && globalThis.protomapsL) drawMap(ground, draw);
  else if (late) [where.hidden, late.hidden] = [true, false];
}

/** @param {Ground} ground @param {(map: any) => void} draw */
function drawMap(ground, draw) {
  const { L } = globalThis;
  layPatterns();
  const isStill = { zoomAnimation: false, fadeAnimation: false, markerZoomAnimation: false, inertia: false };
  const map = L.map("leaflet", { ...isStill, zoomControl: false, attributionControl: false, minZoom: 9, maxZoom: 19, scrollWheelZoom: false });
  ringByKeysOnly(map.getContainer());
  L.control.attribution({ prefix: false }).addTo(map);
  L.control.scale({ imperial: false, maxWidth: 70, position: "bottomleft" }).addTo(map);
  ensurePane(map, "masks", 415);
  const [west, south, east, north] = ground.bbox;
  map.setView([(south + north) / 2, (west + east) / 2], 15, { animate: false }); // a circle is measured on a map that looks somewhere
  draw(map);
  const basemap = addBasemap(map, { slug: ground.slug, theme: currentTheme(), bbox: ground.bbox, lang: ground.language });
  document.addEventListener("themechange", () => basemap.setTheme(currentTheme()));
  document.getElementById("closer")?.addEventListener("click", () => map.zoomIn(1, { animate: false }));
  document.getElementById("further")?.addEventListener("click", () => map.zoomOut(1, { animate: false }));
}

/** @param {any} map @param {any} bounds */
export function fitTo(map, bounds) {
  map.fitBounds(bounds, { animate: false, maxZoom: 17, padding: [24, 24] });
}

/** A symbol at a place. @param {any} latlng @param {string} sign One of `LAYER_SYMBOLS`. @param {object} [options] */
export function pin(latlng, sign, options = { interactive: false }) {
  const { L } = globalThis;
  const icon = L.divIcon({ className: "map-mark", html: symbol(sign, 28, SPRITE), iconSize: [44, 44] });
  return L.marker(latlng, { icon, keyboard: false, ...options });
}

/** Somewhere in it; its centre is not the place. @param {any} latlng @param {number} radius @param {object} [options] */
export function circle(latlng, radius, options = { interactive: false }) {
  const { L } = globalThis;
  const drawn = ["masked-edge", "masked"].map((className) => L.circle(latlng, { radius, className, pane: "masks", ...options }));
  return L.featureGroup(drawn);
}
