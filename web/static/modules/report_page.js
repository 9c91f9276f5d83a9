// @ts-check
/** The page of one report: brings the phone's own number into the form, and draws the place. */

import { addBasemap, ensurePane } from "./basemap.js";
import { LAYER_SYMBOLS, symbol } from "./map_marks.js";
import { reporterToken } from "./reporter_token.js";
import { layPatterns, ringByKeysOnly, SPRITE } from "./symbols.js";
import { currentTheme } from "./theme.js";

const data = JSON.parse(document.getElementById("map-data")?.textContent ?? "{}");

/** @param {any} map */
function drawPlace(map) {
  const { L } = globalThis;
  const { geometry, properties } = data.feature;
  const [west, south, east, north] = data.bbox;
  map.setView([(south + north) / 2, (west + east) / 2], 15, { animate: false }); // a circle is measured on a map that looks somewhere
  const middle = geometry.type === "Point" ? L.latLng(geometry.coordinates[1], geometry.coordinates[0]) : null;
  if (!middle) look(map, stretch().addTo(map).getBounds());
  else if (properties.radius_m) look(map, circle(middle, properties.radius_m).addTo(map).getBounds());
  else {
    pin(middle).addTo(map);
    map.setView(middle, 17, { animate: false });
  }
}

/** @param {any} map @param {any} bounds */
function look(map, bounds) {
  map.fitBounds(bounds, { animate: false, maxZoom: 17, padding: [24, 24] });
}

function stretch() {
  const style = { className: `stretch stretch--${data.symbol}`, weight: 7 };
  return globalThis.L.geoJSON(data.feature, { interactive: false, style });
}

/** @param {any} latlng */
function pin(latlng) {
  const { L } = globalThis;
  const face = symbol(LAYER_SYMBOLS[data.feature.properties.layer] ?? "danger", 28, SPRITE);
  const icon = L.divIcon({ className: "map-mark", html: face, iconSize: [44, 44] });
  return L.marker(latlng, { icon, interactive: false, keyboard: false });
}

/** Somewhere in it; its centre is not the place. @param {any} latlng @param {number} radius */
function circle(latlng, radius) {
  const { L } = globalThis;
  const drawn = ["masked-edge", "masked"].map((className) => L.circle(latlng, { radius, className, interactive: false, pane: "masks" }));
  return L.featureGroup(drawn);
}

function drawMap() {
  const { L } = globalThis;
  layPatterns();
  const isStill = { zoomAnimation: false, fadeAnimation: false, markerZoomAnimation: false, inertia: false };
  const map = L.map("leaflet", { ...isStill, zoomControl: false, attributionControl: false, minZoom: 12, maxZoom: 19, scrollWheelZoom: false });
  ringByKeysOnly(map.getContainer());
  L.control.attribution({ prefix: false }).addTo(map);
  L.control.scale({ imperial: false, maxWidth: 70, position: "bottomleft" }).addTo(map);
  ensurePane(map, "masks", 415);
  drawPlace(map);
  const basemap = addBasemap(map, { slug: data.slug, theme: currentTheme(), bbox: data.bbox, lang: data.language });
  document.addEventListener("themechange", () => basemap.setTheme(currentTheme()));
  document.getElementById("closer")?.addEventListener("click", () => map.zoomIn(1, { animate: false }));
  document.getElementById("further")?.addEventListener("click", () => map.zoomOut(1, { animate: false }));
}

const token = document.querySelector("input[name=reporter_token]");
if (token instanceof HTMLInputElement) token.value = reporterToken();
document.getElementById("said")?.focus();
const where = document.getElementById("where");
const late = document.getElementById("map-late");
if (where && globalThis.L && globalThis.protomapsL) drawMap();
else if (where && late) [where.hidden, late.hidden] = [true, false];
