// @ts-check
/**
 * Draws on the working group's map. The map, its layers and their control are made by the page;
 * here is what they look like, what they say, and how list and map select each other.
 *
 * Messages, both ways: `{type: "select", id}`. From the map: `{type: "ready"}`. To the map:
 * `{type: "theme", theme}`, `{type: "panel", shown, cover}` (the page shows the details itself, over the
 * right `cover` pixels). Only the window that holds this frame is listened to.
 */

import { addBasemap as layBasemap } from "./basemap.js";
import { element, LAYER_SYMBOLS, markClass, Marks, plate, platePlace, symbol } from "./map_marks.js";

/**
 * @typedef {object} Options
 * @property {string} slug
 * @property {[number, number, number, number]} bbox
 * @property {[number, number, number, number]} look What is shown first.
 * @property {string} theme
 * @property {string} language
 * @property {Record<string, any>} words
 */

/** @type {any} */
let map;
/** @type {Options} */
let options;
/** @type {Marks | null} */
let marks = null;
/** @type {any} */
let basemap;
/** @type {any} */
let circles;
/** Hotspots by id. @type {Map<string, {layer: any, plate: any, feature: any}>} */
const hotspots = new Map();
/** @type {string | null} */
let selected = null;
let panel = { shown: false, cover: 0 };
/** @type {any} */
let Mark;

/**
 * Called by the page as soon as the map object exists, before any layer is made.
 * @param {any} leafletMap
 * @param {Options} given
 */
export function start(leafletMap, given) {
  const { L } = globalThis;
  map = leafletMap;
  options = given;
  map.attributionControl.setPrefix(false);
  L.control.zoom({ position: "topleft", zoomInTitle: given.words.zoom_in, zoomOutTitle: given.words.zoom_out }).addTo(map);
  circles = L.layerGroup().addTo(map);
  marks = new Marks(map, { pane: "symbols", onOpen: openReports, onPoint: showCircles, words: markWords });
  Mark = markClass(() => marks);
  const [west, south, east, north] = given.look;
  map.fitBounds([[south, west], [north, east]], { animate: false, maxZoom: 16, padding: [10, 10] });
}

/**
 * @param {any} leafletMap
 * @returns {any} The layer.
 */
export function addBasemap(leafletMap) {
  basemap = layBasemap(leafletMap, { ...options, lang: options.language });
  return basemap;
}

/** @param {any} feature */
export function hotspotStyle(feature) {
  const step = Math.min(5, Math.max(1, Number(feature.properties.step) || 1));
  return { className: `hotspot hotspot--${step}`, fillColor: `url(#hotspot-${step})`, fillOpacity: 1, weight: 1.6 };
}

/**
 * @param {any} feature
 * @param {any} layer
 */
export function addHotspot(feature, layer) {
  hotspots.set(String(feature.id), { layer, plate: null, feature });
  layer.on("click", () => choose(String(feature.id)));
}

/** Style of what was drawn as a line or an area. @param {any} feature */
export function reportStyle(feature) {
  const token = LAYER_SYMBOLS[feature.properties.layer] ?? "danger";
  return { className: `stretch stretch--${token}`, weight: 7, fill: false };
}

/**
 * @param {any} feature
 * @param {any} latlng
 */
export function addPoint(feature, latlng) {
  void feature;
  return new Mark(latlng);
}

/**
 * @param {any} feature
 * @param {any} layer
 */
export function addReport(feature, layer) {
  if (layer instanceof Mark) return;
  layer.on("click", (/** @type {any} */ event) => openReports([feature], event.latlng));
}

/** A street without light: a dark line on a pale edge. */
export function unlitStyle() {
  return { className: "unlit", weight: 7, interactive: true };
}

/**
 * The lamps that do not burn, as dots along the line, come and go with it.
 * @param {any} feature
 * @param {any} layer
 */
export function addUnlit(feature, layer) {
  const { L } = globalThis;
  const common = { interactive: false, smoothFactor: layer.options.smoothFactor };
  const edge = L.polyline(layer.getLatLngs(), { ...common, pane: "edges", className: "unlit-edge", weight: 10 });
  const lamps = L.polyline(layer.getLatLngs(), {
    ...common,
    pane: "lamps",
    className: "unlit-lamps",
    weight: 3,
    dashArray: "0 9",
    lineCap: "round",
  });
  layer.on("add", () => {
    edge.addTo(map);
    lamps.addTo(map);
  });
  layer.on("remove", () => {
    edge.remove();
    lamps.remove();
  });
  layer.on("click", (/** @type {any} */ event) => {
    openReports([feature], event.latlng);
  });
}

/** Where many people marked: darker the more of them. @param {any} feature */
export function surfaceStyle(feature) {
  return { className: `surface surface--${Number(feature.properties.level) || 0}`, weight: 1.5 };
}

/** A street with marks: wider the more of them for its length. @param {any} feature */
export function streetsStyle(feature) {
  return { className: `marked marked--${Number(feature.properties.step) || 1}`, fill: false };
}

/** Ground from which few people report is dotted; the rest stays as it is. @param {any} feature */
export function coverageStyle(feature) {
  const few = feature.properties.level === "few";
  const look = few ? { fillColor: "url(#few-people)", fillOpacity: 1 } : { fillOpacity: 0 };
  return { className: `coverage coverage--${few ? "few" : "enough"}`, stroke: false, ...look };
}

/** The outline of a hotspot says whether it is marked more often than before. @param {any} feature */
export function trendsStyle(feature) {
  return { className: `trend trend--${feature.properties.trend}`, fillOpacity: 0 };
}

/**
 * @param {any} feature
 * @param {any} layer
 */
export function addWords(feature, layer) {
  layer.on("click", (/** @type {any} */ event) => {
    const box = element("div", "bubble");
    const trend = options.words[feature.properties.trend];
    const said = trend === undefined ? feature.properties.words : trend;
    for (const sentence of [said].flat()) box.append(element("p", "", sentence));
    open(box, event.latlng);
  });
}

/** Called by the page when every layer is on the map. @param {any} hotspotLayer */
export function finish(hotspotLayer) {
  nameControls();
  map.on("zoomend", drawPlates);
  map.on("overlayadd overlayremove", (/** @type {any} */ event) => {
    if (event.layer === hotspotLayer) drawPlates();
  });
  drawPlates();
  const legend = document.querySelector("details.legend");
  if (legend instanceof HTMLDetailsElement && window.innerWidth < 640) legend.open = false;
  window.addEventListener("message", receive);
  send({ type: "ready" });
}

/** Leaflet speaks English to screen readers; the page's language is put in its place. */
function nameControls() {
  const toggle = document.querySelector(".leaflet-control-layers-toggle");
  toggle?.setAttribute("title", options.words.layers);
  toggle?.setAttribute("aria-label", options.words.layers);
  map.getContainer().setAttribute("role", "region");
  map.getContainer().setAttribute("aria-label", options.words.map);
}

/** Numbers are placed anew at every zoom, the worst place first, so that none covers another. */
function drawPlates() {
  const { L } = globalThis;
  const zoom = map.getZoom();
  /** @type {{x: number, y: number}[]} */
  const taken = [];
  const inOrder = [...hotspots.values()].sort((a, b) => a.feature.properties.rank - b.feature.properties.rank);
  for (const hotspot of inOrder) {
    hotspot.plate?.remove();
    hotspot.plate = null;
    if (!map.hasLayer(hotspot.layer)) continue;
    const corners = hotspot.layer.getLatLngs().flat(3).map((/** @type {any} */ latlng) => map.project(latlng, zoom));
    const place = platePlace(corners, taken);
    taken.push(place);
    hotspot.plate = plateMarker(hotspot.feature, map.unproject(L.point(place.x, place.y), zoom)).addTo(map);
    const face = hotspot.plate.getElement();
    const { rank, name } = hotspot.feature.properties;
    face.setAttribute("aria-label", `${rank}. ${name}`);
  }
  if (marks) {
    marks.taken = taken;
    marks.schedule();
  }
  showSelected();
}

/**
 * @param {any} feature
 * @param {any} latlng
 */
function plateMarker(feature, latlng) {
  const { L } = globalThis;
  const marker = L.marker(latlng, {
    icon: L.divIcon({ className: "map-plate", html: plate(feature.properties.rank), iconSize: [44, 44] }),
    pane: "plates",
    zIndexOffset: -1000 * feature.properties.rank,
  });
  marker.on("click", () => choose(String(feature.id)));
  marker.on("keypress", (/** @type {any} */ event) => {
    if (event.originalEvent.key === "Enter") choose(String(feature.id));
  });
  return marker;
}

/** A hotspot was chosen here. @param {string} id */
function choose(id) {
  select(id, { look: false });
  send({ type: "select", id });
  const hotspot = hotspots.get(id);
  if (hotspot && !panel.shown) open(hotspotWords(hotspot.feature), hotspot.plate?.getLatLng() ?? hotspot.layer.getCenter());
}

/**
 * @param {string | null} id
 * @param {{look: boolean}} how
 */
function select(id, { look }) {
  selected = id !== null && hotspots.has(id) ? id : null;
  showSelected();
  const hotspot = selected === null ? undefined : hotspots.get(selected);
  if (!hotspot || !look) return;
  map.closePopup();
  map.fitBounds(hotspot.layer.getBounds(), {
    animate: false,
    maxZoom: Math.max(16, Math.min(17, map.getZoom())),
    paddingTopLeft: [70, 40],
    paddingBottomRight: [panel.shown ? panel.cover + 20 : 20, 90],
  });
}

function showSelected() {
  for (const [id, hotspot] of hotspots) {
    hotspot.layer.getElement?.()?.classList.toggle("hotspot--selected", id === selected);
    const face = hotspot.plate?.getElement();
    face?.classList.toggle("map-plate--selected", id === selected);
    face?.setAttribute("aria-pressed", String(id === selected));
    if (id === selected) hotspot.layer.bringToFront?.();
  }
}

/** @param {MessageEvent} event */
function receive(event) {
  if (event.source !== window.parent || event.source === window) return;
  const message = event.data;
  if (typeof message !== "object" || message === null) return;
  if (message.type === "select") select(typeof message.id === "string" ? message.id : null, { look: true });
  if (message.type === "panel") {
    panel = { shown: message.shown === true, cover: Math.min(600, Math.max(0, Number(message.cover) || 0)) };
    document.documentElement.style.setProperty("--cover", panel.shown ? `${panel.cover}px` : "0px");
  }
  if (message.type === "theme" && (message.theme === "day" || message.theme === "night")) {
    document.documentElement.dataset.theme = message.theme;
    basemap?.setTheme(message.theme);
  }
}

/** @param {{type: string, id?: string}} message */
function send(message) {
  if (window.parent === window) return;
  window.parent.postMessage(message, new URL(import.meta.url).origin);
}

/** The circles that surely hold the true places. @param {any[] | null} features */
function showCircles(features) {
  const { L } = globalThis;
  circles.clearLayers();
  const seen = new Set();
  for (const feature of features ?? []) {
    const { radius_m: radius } = feature.properties;
    const [lon, lat] = feature.geometry.coordinates;
    const key = `${lon} ${lat}`;
    if (!radius || seen.has(key)) continue;
    seen.add(key);
    for (const className of ["masked-edge", "masked"]) {
      circles.addLayer(L.circle([lat, lon], { radius, className, interactive: false, pane: "masks" }));
    }
  }
}

/**
 * @param {any[]} features
 * @param {any} latlng
 */
function openReports(features, latlng) {
  showCircles(features.filter((feature) => feature.geometry.type === "Point"));
  open(reportWords(features), latlng);
}

/**
 * @param {HTMLElement} content
 * @param {any} latlng
 */
function open(content, latlng) {
  const { L } = globalThis;
  const { x: width } = map.getSize();
  const aside = Math.min(190, width / 2 - 2);
  const bubble = L.popup({ autoPan: false, maxWidth: Math.min(280, width - 90), minWidth: 180, offset: [0, -8] });
  bubble.setLatLng(latlng).setContent(content).openOn(map);
  const close = bubble.getElement()?.querySelector(".leaflet-popup-close-button");
  close?.setAttribute("aria-label", options.words.close);
  map.panInside(latlng, { animate: false, paddingTopLeft: [aside, 240], paddingBottomRight: [aside, 40] });
}

/** @param {string} layer @param {number} count */
function markWords(layer, count) {
  const title = options.words.layer_titles[layer] ?? layer;
  return count > 1 ? `${title}: ${count}` : title;
}

/** @param {any} feature @returns {HTMLElement} */
function hotspotWords({ properties }) {
  const box = element("div", "bubble");
  box.append(element("h2", "bubble__title", `${properties.rank}. ${properties.name}`));
  box.append(element("p", "bubble__badge", properties.badge_words));
  const list = element("ul", "bubble__reasons");
  for (const reason of (properties.reasons ?? []).slice(0, 4)) {
    const item = element("li");
    item.append(symbol(LAYER_SYMBOLS[reason.layer] ?? "danger", 20));
    item.append(element("b", "", reason.people), element("span", "", reason.title));
    list.append(item);
  }
  box.append(list);
  return box;
}

/** @param {any[]} features @returns {HTMLElement} */
function reportWords(features) {
  const box = element("div", "bubble");
  for (const { properties } of features.slice(0, 6)) {
    const entry = element("div", "bubble__entry");
    entry.append(element("h2", "bubble__title", properties.title ?? options.words.unlit));
    if (properties.place || properties.name) entry.append(element("p", "", properties.place ?? properties.name));
    const facts = [
      options.words.severities[properties.severity - 1],
      options.words.when[properties.when],
      properties.observed_on,
    ].filter(Boolean);
    if (facts.length) entry.append(element("p", "bubble__facts", facts.join(" · ")));
    if (properties.description) entry.append(element("p", "", properties.description));
    if (properties.osm) entry.append(element("p", "bubble__facts", options.words.from_osm));
    if (properties.radius_m) entry.append(element("p", "bubble__facts", options.words.about_here));
    box.append(entry);
  }
  if (features.length > 6) {
    box.append(element("p", "bubble__facts", `${options.words.and_more} ${features.length - 6}`));
  }
  return box;
}
