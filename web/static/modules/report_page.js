// @ts-check
/** The page of one report: brings the phone's own number into the form, and draws the place. */

import { LAYER_SYMBOLS } from "./map_marks.js";
import { reporterToken } from "./reporter_token.js";
import { circle, fitTo, openStillMap, pin } from "./still_map.js";

const data = JSON.parse(document.getElementById("map-data")?.textContent ?? "{}");

/** @param {any} map */
function drawPlace(map) {
  const { L } = globalThis;
  const { geometry, properties } = data.feature;
  const middle = geometry.type === "Point" ? L.latLng(geometry.coordinates[1], geometry.coordinates[0]) : null;
  if (!middle) fitTo(map, stretch().addTo(map).getBounds());
  else if (properties.radius_m) fitTo(map, circle(middle, properties.radius_m).addTo(map).getBounds());
  else {
    pin(middle, LAYER_SYMBOLS[properties.layer] ?? "danger").addTo(map);
    map.setView(middle, 17, { animate: false });
  }
}

function stretch() {
  const style = { className: `stretch stretch--${data.symbol}`, weight: 7 };
  return globalThis.L.geoJSON(data.feature, { interactive: false, style });
}

const token = document.querySelector("input[name=reporter_token]");
if (token instanceof HTMLInputElement) token.value = reporterToken();
document.getElementById("said")?.focus();
openStillMap(data, drawPlace);
