// @ts-check
/** Features of open data on a map; a touch opens the feature's page. The table beside it says the same in words. */

import { LAYER_SYMBOLS } from "./map_marks.js";
import { circle, fitTo, openStillMap, pin } from "./still_map.js";

const data = JSON.parse(document.getElementById("map-data")?.textContent ?? "{}");
/** @type {Record<string, string>} */
const SHAPES = { hotspots: "open-area", streets: "open-street" };

/** @param {any} feature @param {any} latlng */
function atPoint(feature, latlng) {
  const options = { title: feature.properties.name };
  const { radius_m: radius } = feature.properties;
  return radius ? circle(latlng, radius, {}) : pin(latlng, LAYER_SYMBOLS[data.collection] ?? "danger", options);
}

/** @param {any} feature @param {any} layer */
function leadOn(feature, layer) {
  const link = document.querySelector(`#${CSS.escape(`feature-${feature.id}`)} a`);
  if (link instanceof HTMLAnchorElement) layer.on("click", () => link.click());
}

/** @param {any} map */
function drawFeatures(map) {
  const { L } = globalThis;
  const sign = LAYER_SYMBOLS[data.collection];
  const shape = { className: SHAPES[data.collection] ?? `stretch stretch--${sign}`, weight: sign ? 7 : 4 };
  const style = (/** @type {any} */ feature) => (feature.geometry.type === "Point" ? {} : shape);
  const drawn = L.geoJSON(data.features, { style, pointToLayer: atPoint, onEachFeature: leadOn }).addTo(map);
  fitTo(map, drawn.getBounds());
}

openStillMap(data, drawFeatures);
