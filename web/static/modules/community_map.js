// @ts-check
/** The residents' map. Every text reaches the page by `textContent`. */

import { addBasemap, ensurePane } from "./basemap.js";
import { dayInWords, gettext as _, ngettext } from "./i18n.js";
import { element, LAYER_SYMBOLS, markClass, Marks, platePlace, symbol } from "./map_marks.js";
import { layPatterns, plateIcon, ringByKeysOnly, SPRITE } from "./symbols.js";
import { currentTheme } from "./theme.js";

/** Marks that are told in full at one place; the rest are counted. */
const FEW = 6;
/** From this zoom on symbols stand for themselves. */
const NEAR = 15;

/** @param {string} id */
const part = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/**
 * @typedef {object} Town
 * @property {string} slug
 * @property {[number, number, number, number]} bbox
 * @property {string} language
 * @property {Record<string, string>} titles
 * @property {{severities: string[], when: Record<string, string>}} words
 * @property {any} hotspots
 * @property {any} reports
 * @property {any} unlit
 */

class TownMap {
  /**
   * @param {any} map
   * @param {Town} data
   * @param {(id: string | null) => void} onSelect
   */
  constructor(map, data, onSelect) {
    const { L } = globalThis;
    this.map = map;
    this.data = data;
    this.onSelect = onSelect;
    /** @type {Map<string, {feature: any, area: any, plate: any}>} */
    this.hotspots = new Map();
    /** @type {string | null} */
    this.selected = null;
    this.circles = L.layerGroup().addTo(map);
    /** @type {Record<string, any>} */
    this.layers = {};
    this.marks = new Marks(map, {
      pane: "symbols",
      sprite: SPRITE,
      words: (layer, count) => (count > 1 ? `${data.titles[layer]}: ${count}` : data.titles[layer]),
      onOpen: (features) => this.open(features),
    });
    this.Mark = markClass(() => this.marks);
  }

  drawHotspots() {
    const { L } = globalThis;
    const group = L.layerGroup();
    // The worst is drawn last, so that it lies on top.
    for (const feature of [...this.data.hotspots.features].reverse()) {
      const { step } = feature.properties;
      const area = L.geoJSON(feature, {
        pane: "hotspots",
        bubblingMouseEvents: false,
        style: { className: `hotspot hotspot--${step}`, fillColor: `url(#hotspot-${step})`, fillOpacity: 1, weight: 1.6 },
      });
      area.on("click", () => this.select(feature.id, { isLook: false }));
      this.hotspots.set(feature.id, { feature, area, plate: null });
      group.addLayer(area);
    }
    this.layers.hotspots = group.addTo(this.map);
  }

  drawReports() {
    const { L } = globalThis;
    for (const code of Object.keys(this.data.titles)) this.layers[code] = L.layerGroup();
    for (const feature of this.data.unlit.features) this.drawDark(feature);
    for (const feature of this.data.reports.features) {
      const group = this.layers[feature.properties.layer];
      if (!feature.geometry || !group) continue;
      if (feature.geometry.type === "Point") {
        const [lon, lat] = feature.geometry.coordinates;
        const mark = new this.Mark([lat, lon]);
        mark.feature = feature;
        group.addLayer(mark);
      } else if (feature.properties.layer === "unlit_streets") this.drawDark(feature);
      else {
        const token = LAYER_SYMBOLS[feature.properties.layer] ?? "danger";
        const line = L.geoJSON(feature, { pane: "dark", bubblingMouseEvents: false, style: { className: `stretch stretch--${token}`, weight: 7 } });
        line.on("click", () => this.open([feature]));
        group.addLayer(line);
      }
    }
    for (const code of Object.keys(this.data.titles)) this.layers[code].addTo(this.map);
  }

  /** A dark street: pale edge, dark line, lamps that are off. @param {any} feature */
  drawDark(feature) {
    const { L } = globalThis;
    const strokes = ["unlit-edge", "unlit", "unlit-lamps"].map((className) =>
      L.geoJSON(feature, { pane: "dark", bubblingMouseEvents: false, interactive: className === "unlit", style: { className, fill: false } }),
    );
    strokes[1].on("click", () => this.open([feature]));
    this.layers.unlit_streets?.addLayer(L.layerGroup(strokes));
  }

  /** Numbers are placed anew at every zoom, the worst first, so that none covers another. */
  drawPlates() {
    const { L } = globalThis;
    const zoom = this.map.getZoom();
    /** @type {{x: number, y: number}[]} */
    const taken = [];
    const inOrder = [...this.hotspots.values()].sort((a, b) => a.feature.properties.rank - b.feature.properties.rank);
    for (const hotspot of inOrder) {
      hotspot.plate?.remove();
      hotspot.plate = null;
      if (!this.map.hasLayer(this.layers.hotspots)) continue;
      const corners = hotspot.area.getLayers().flatMap((/** @type {any} */ layer) => layer.getLatLngs().flat(3));
      const place = platePlace(corners.map((/** @type {any} */ latlng) => this.map.project(latlng, zoom)), taken);
      taken.push(place);
      hotspot.plate = this.plate(hotspot.feature, this.map.unproject(L.point(place.x, place.y), zoom));
    }
    this.marks.taken = taken;
    this.marks.schedule();
  }

  /** @param {any} feature @param {any} latlng */
  plate(feature, latlng) {
    const { rank, name } = feature.properties;
    const isChosen = feature.id === this.selected;
    const marker = globalThis.L.marker(latlng, {
      icon: plateIcon(rank, isChosen),
      pane: "plates",
      zIndexOffset: isChosen ? 1000 : -rank,
      riseOnHover: true,
    });
    marker.on("click", () => this.select(feature.id, { isLook: false }));
    marker.on("keypress", (/** @type {any} */ event) => {
      if (event.originalEvent.key === "Enter") this.select(feature.id, { isLook: false });
    });
    marker.addTo(this.map);
    marker.getElement().setAttribute("aria-label", `${rank}. ${name}`);
    marker.getElement().setAttribute("aria-pressed", String(isChosen));
    return marker;
  }

  /**
   * @param {string | null} id
   * @param {{isLook: boolean}} [how] Whether the map goes there.
   */
  select(id, how = { isLook: true }) {
    this.close();
    const had = this.selected === null ? undefined : this.hotspots.get(this.selected);
    const hadFocus = had?.plate?.getElement() === document.activeElement;
    this.selected = id;
    for (const [key, hotspot] of this.hotspots) {
      for (const shape of hotspot.area.getLayers()) shape.getElement()?.classList.toggle("hotspot--selected", key === id);
    }
    const chosen = id === null ? undefined : this.hotspots.get(id);
    if (chosen && how.isLook) this.lookAt(chosen.area.getBounds(), 16);
    chosen?.area.bringToFront();
    const isOnPlate = hadFocus || document.activeElement?.classList.contains("map-plate");
    this.drawPlates();
    if (isOnPlate) chosen?.plate?.getElement()?.focus({ preventScroll: true });
    this.onSelect(id);
    if (chosen) part("map-says").textContent = `${chosen.feature.properties.rank}. ${chosen.feature.properties.name}`;
  }

  /**
   * What is seen first: all ranked places if that is near enough to read, else the worst one.
   * @param {any} everything Bounds of the community.
   */
  lookFirst(everything) {
    const areas = this.data.hotspots.features.map((/** @type {any} */ feature) => this.hotspots.get(feature.id)?.area.getBounds());
    if (!areas.length) {
      this.map.fitBounds(everything, { animate: false });
      return;
    }
    const bounds = globalThis.L.latLngBounds(areas[0].getSouthWest(), areas[0].getNorthEast());
    for (const area of areas.slice(1, 6)) bounds.extend(area);
    const near = this.map.getBoundsZoom(bounds) >= NEAR;
    if (near) this.map.fitBounds(bounds, { animate: false, maxZoom: 16 });
    else this.map.setView(areas[0].getCenter(), NEAR, { animate: false });
  }

  /** @param {any} bounds @param {number} deepest */
  lookAt(bounds, deepest) {
    this.map.fitBounds(bounds, { animate: false, maxZoom: deepest, paddingTopLeft: [30, 70], paddingBottomRight: [64, 40] });
  }

  /** Says in words what was marked at one place. @param {any[]} features */
  open(features) {
    const sheet = part("sheet");
    const body = /** @type {HTMLElement} */ (sheet.querySelector(".sheet__body"));
    body.replaceChildren(...features.slice(0, FEW).map((feature) => this.entry(feature.properties)));
    if (features.length > FEW) {
      const rest = features.length - FEW;
      body.append(element("p", "facts", ngettext("and %(num)s more mark", "and %(num)s more marks", rest)));
    }
    sheet.hidden = false;
    this.showCircles(features);
  }

  /** @param {any} properties */
  entry(properties) {
    const { words } = this.data;
    const box = element("div", "sheet__entry");
    const text = element("div");
    box.append(symbol(LAYER_SYMBOLS[properties.layer ?? "unlit_streets"] ?? "danger", 28, SPRITE), text);
    text.append(element("h2", "", properties.title ?? _("Dark street")));
    const place = properties.place ?? properties.name;
    if (place) text.append(element("p", "", place));
    const facts = [words.severities[properties.severity - 1], words.when[properties.when], dayInWords(properties.observed_on)];
    if (facts.some(Boolean)) text.append(element("p", "facts", facts.filter(Boolean).join(" · ")));
    if (properties.description) text.append(element("p", "", properties.description));
    if (!properties.title) text.append(element("p", "facts", _("No street lighting, according to OpenStreetMap")));
    if (properties.radius_m) text.append(element("p", "facts", _("Somewhere within the circle. Its centre is not the place.")));
    return box;
  }

  /** @param {any[]} features */
  showCircles(features) {
    const { L } = globalThis;
    this.circles.clearLayers();
    const seen = new Set();
    for (const { geometry, properties } of features) {
      if (!properties.radius_m || geometry?.type !== "Point" || seen.has(geometry.coordinates.join())) continue;
      seen.add(geometry.coordinates.join());
      const [lon, lat] = geometry.coordinates;
      for (const className of ["masked-edge", "masked"]) {
        this.circles.addLayer(L.circle([lat, lon], { radius: properties.radius_m, className, interactive: false, pane: "masks" }));
      }
    }
  }

  close() {
    part("sheet").hidden = true;
    this.circles.clearLayers();
  }

  resize() {
    this.map.invalidateSize({ animate: false });
  }
}

/** The person's own place, only when asked for; it is drawn and kept nowhere. @param {any} map */
function locate(map) {
  const { L } = globalThis;
  const says = part("map-says");
  if (!navigator.geolocation) {
    says.textContent = _("This device does not say where it is.");
    return;
  }
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      const here = L.latLng(coords.latitude, coords.longitude);
      map.setView(here, 17, { animate: false });
      const me = symbol("me", 28, SPRITE);
      L.marker(here, { icon: L.divIcon({ className: "map-mark", html: me, iconSize: [44, 44] }), interactive: false, keyboard: false }).addTo(map);
      says.textContent = _("The map now shows where you are.");
    },
    () => {
      says.textContent = _("We were not told where you are. Move the map by hand.");
    },
    { timeout: 15000, maximumAge: 60000 },
  );
}

/** One tile is asked for first: if even that fails, the page says so instead of showing an empty ground. @param {Town} data */
async function requireTiles(data) {
  if (!globalThis.L || !globalThis.protomapsL) throw new Error("the map's scripts did not arrive");
  const [west, south, east, north] = data.bbox;
  const zoom = 13;
  const latitude = (((south + north) / 2) * Math.PI) / 180;
  const x = Math.floor((((west + east) / 2 + 180) / 360) * 2 ** zoom);
  const y = Math.floor(((1 - Math.asinh(Math.tan(latitude)) / Math.PI) / 2) * 2 ** zoom);
  const answer = await fetch(`/tiles/basemap/${zoom}/${x}/${y}.mvt?c=${encodeURIComponent(data.slug)}`);
  if (!answer.ok) throw new Error("the map's ground did not arrive");
}

/** @param {TownMap} town */
function listenToControls(town) {
  const { map } = town;
  const layers = part("layers");
  layers.hidden = false;
  for (const box of layers.querySelectorAll("input[data-layer]")) {
    box.addEventListener("change", () => {
      if (!(box instanceof HTMLInputElement)) return;
      const layer = town.layers[box.dataset.layer ?? ""];
      if (!layer) return;
      if (box.checked) map.addLayer(layer);
      else map.removeLayer(layer);
      town.close();
      if (box.dataset.layer === "hotspots") town.drawPlates();
    });
  }
  part("closer").addEventListener("click", () => map.zoomIn(1, { animate: false }));
  part("further").addEventListener("click", () => map.zoomOut(1, { animate: false }));
  part("locate").addEventListener("click", () => locate(map));
  part("sheet").querySelector("button")?.addEventListener("click", () => {
    town.close();
    map.getContainer().focus({ preventScroll: true });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") town.close();
  });
}

/**
 * @param {Town} data
 * @param {{onSelect: (id: string | null) => void}} options
 * @returns {Promise<TownMap>}
 */
export async function drawMap(data, { onSelect }) {
  await requireTiles(data);
  const { L } = globalThis;
  layPatterns();
  const isStill = { zoomAnimation: false, fadeAnimation: false, markerZoomAnimation: false, inertia: false };
  const map = L.map("leaflet", { ...isStill, zoomControl: false, attributionControl: false, minZoom: 12, maxZoom: 19 });
  ringByKeysOnly(map.getContainer());
  L.control.attribution({ prefix: false, position: "bottomright" }).addTo(map);
  L.control.scale({ imperial: false, maxWidth: 70, position: "bottomleft" }).addTo(map);
  for (const [name, order] of [["hotspots", 410], ["masks", 415], ["dark", 420], ["symbols", 620], ["plates", 640]]) {
    ensurePane(map, String(name), Number(order));
  }
  const [west, south, east, north] = data.bbox;
  const town = new TownMap(map, data, onSelect);
  town.drawHotspots();
  town.lookFirst(L.latLngBounds([south, west], [north, east]));
  const basemap = addBasemap(map, { slug: data.slug, theme: currentTheme(), bbox: data.bbox, lang: data.language });
  document.addEventListener("themechange", () => basemap.setTheme(currentTheme()));
  town.drawReports();
  map.on("zoomend", () => town.drawPlates());
  map.on("click", () => town.close());
  listenToControls(town);
  const first = data.hotspots.features[0];
  if (first) town.select(first.id, { isLook: false });
  return town;
}
