// @ts-check
/** Helps with the form that also works without scripts: folds the choices, offers a map. */

import { addBasemap } from "./basemap.js";
import { gettext as _, loadWords } from "./i18n.js";
import { ringByKeysOnly } from "./symbols.js";
import { currentTheme } from "./theme.js";

const data = JSON.parse(document.getElementById("map-data")?.textContent ?? "{}");
const form = /** @type {HTMLFormElement} */ (document.querySelector("form[method=post]"));
/** @param {string} id */
const part = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
/** @param {string} name */
const field = (name) => /** @type {HTMLInputElement} */ (form.elements.namedItem(name));

/** Four big choices; one is open at a time. */
function foldChoices() {
  const choices = [...document.querySelectorAll("details.choice")].filter((node) => node instanceof HTMLDetailsElement);
  for (const choice of choices) {
    choice.open = choice.dataset.chosen === "yes";
    choice.classList.add("is-ready");
    choice.addEventListener("toggle", () => {
      if (!choice.open) return;
      for (const other of choices) if (other !== choice) other.open = false;
    });
    choice.addEventListener("change", () => {
      for (const other of choices) other.classList.toggle("choice--chosen", other === choice);
    });
  }
}

/** One phone is one voice: a random number of its own goes with every mark, and says nothing else. */
function bringToken() {
  try {
    let token = localStorage.getItem("reporter-token");
    if (!token) {
      token = crypto.randomUUID() + crypto.randomUUID();
      localStorage.setItem("reporter-token", token);
    }
    field("reporter_token").value = token;
  } catch {
    // Without storage each mark is a voice of its own.
  }
}

/** @param {any} map */
function noteCentre(map) {
  const { lat, lng } = map.getCenter();
  field("lon").value = lng.toFixed(6);
  field("lat").value = lat.toFixed(6);
  part("where-says").textContent = _("The place under the crosshair will be sent. Move the map to mend it.");
  part("no-map").hidden = false;
}

/** @param {any} map @param {AbortSignal} signal Set once the map is closed: an answer that comes later moves nothing. */
function locate(map, signal) {
  const says = part("where-says");
  navigator.geolocation?.getCurrentPosition(
    ({ coords }) => {
      if (!signal.aborted) map.setView([coords.latitude, coords.longitude], 18, { animate: false });
    },
    () => {
      if (!signal.aborted) says.textContent = _("We were not told where you are. Move the map by hand.");
    },
    { timeout: 15000, maximumAge: 60000, enableHighAccuracy: true },
  );
}

/** Nothing is sent until the person moves the map or had a place before. */
function openMap() {
  const { L } = globalThis;
  const says = part("where-says");
  part("show-map").hidden = true;
  if (!L || !globalThis.protomapsL) {
    says.textContent = _("The map did not open. Words are enough.");
    return;
  }
  part("where").hidden = false;
  const [west, south, east, north] = data.bbox;
  const opened = new AbortController();
  const { signal } = opened;
  const map = L.map("leaflet", {
    zoomControl: false, attributionControl: false, zoomAnimation: false, fadeAnimation: false, inertia: false,
    keyboardPanDelta: 24, minZoom: 12, maxZoom: 19, scrollWheelZoom: "center", touchZoom: "center", doubleClickZoom: "center",
  });
  ringByKeysOnly(map.getContainer());
  L.control.attribution({ prefix: false }).addTo(map);
  const [lon, lat] = [Number(field("lon").value), Number(field("lat").value)];
  const hadPlace = field("lon").value !== "" && Number.isFinite(lon) && Number.isFinite(lat);
  map.setView(hadPlace ? [lat, lon] : [(south + north) / 2, (west + east) / 2], hadPlace ? 17 : 15);
  const basemap = addBasemap(map, { slug: data.slug, theme: currentTheme(), bbox: data.bbox, lang: data.language });
  document.addEventListener("themechange", () => basemap.setTheme(currentTheme()), { signal });
  map.on("moveend", () => noteCentre(map));
  part("closer").addEventListener("click", () => map.zoomIn(1, { animate: false }), { signal });
  part("further").addEventListener("click", () => map.zoomOut(1, { animate: false }), { signal });
  part("locate").addEventListener("click", () => locate(map, signal), { signal });
  if (hadPlace) noteCentre(map);
  else says.textContent = _("Move the map until the crosshair stands on the place. Arrow keys move it too.");
  const close = () => {
    opened.abort();
    map.remove();
    closeMap();
  };
  part("no-map").addEventListener("click", close, { signal });
  map.getContainer().focus({ preventScroll: true });
}

function closeMap() {
  field("lon").value = "";
  field("lat").value = "";
  part("where").hidden = true;
  part("no-map").hidden = true;
  part("show-map").hidden = false;
  part("where-says").textContent = _("No place on the map will be sent. Words are enough.");
  document.getElementById("place")?.focus();
}

await loadWords(data.language);
foldChoices();
bringToken();
part("show-map").addEventListener("click", openMap);
if (field("lon").value) openMap();
form.addEventListener("submit", () => {
  // A second tap would send the same mark again; the server knows it, the button need not.
  const button = form.querySelector("button[type=submit]");
  if (button instanceof HTMLButtonElement) setTimeout(() => (button.disabled = true));
});
addEventListener("pageshow", () => {
  const button = form.querySelector("button[type=submit]");
  if (button instanceof HTMLButtonElement) button.disabled = false;
});
document.getElementById("faults")?.focus();
