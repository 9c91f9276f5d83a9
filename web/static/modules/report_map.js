// @ts-check
/** The map of the form: a crosshair that the map is moved under, or a stretch of street between two ends. */

import { addBasemap } from "./basemap.js";
import { gettext as _ } from "./i18n.js";
import { ringByKeysOnly } from "./symbols.js";
import { currentTheme } from "./theme.js";

const SCRIPTS = ["/static/vendor/leaflet/leaflet.js", "/static/vendor/protomaps-leaflet/protomaps-leaflet.js"];
const STYLES = ["/static/vendor/map.css"];

/** Classic scripts and their styles, brought when the map is first wanted. */
export async function loadMapScripts() {
  const styles = STYLES.filter((href) => !document.querySelector(`link[href="${href}"]`)).map(
    (href) =>
      new Promise((done, fail) => {
        const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href, onload: done, onerror: fail });
        document.head.append(link);
      }),
  );
  for (const src of SCRIPTS) {
    if (document.querySelector(`script[src="${src}"]`)) continue;
    await new Promise((done, fail) => {
      document.head.append(Object.assign(document.createElement("script"), { src, onload: done, onerror: fail }));
    });
  }
  await Promise.all(styles);
}

/**
 * @typedef {object} MapHooks
 * @property {(longitude: number, latitude: number) => void} onCentre The person moved the map.
 */

export class PlaceMap {
  /**
   * @param {{slug: string, bbox: [number, number, number, number], language: string}} community
   * @param {MapHooks} hooks
   */
  constructor(community, hooks) {
    const { L } = globalThis;
    const [west, south, east, north] = community.bbox;
    this.hooks = hooks;
    /** @type {any} */
    this.map = L.map("leaflet", {
      trackResize: false, zoomControl: false, attributionControl: false, zoomAnimation: false, fadeAnimation: false, inertia: false,
      keyboardPanDelta: 24, minZoom: 12, maxZoom: 19, scrollWheelZoom: "center", touchZoom: "center", doubleClickZoom: "center",
    });
    ringByKeysOnly(this.map.getContainer());
    L.control.attribution({ prefix: false }).addTo(this.map);
    this.map.setView([(south + north) / 2, (west + east) / 2], 15);
    const basemap = addBasemap(this.map, { slug: community.slug, theme: currentTheme(), bbox: community.bbox, lang: community.language });
    document.addEventListener("themechange", () => basemap.setTheme(currentTheme()));
    this.drawn = L.layerGroup().addTo(this.map);
    this.isMoving = false;
    this.map.on("moveend", () => {
      const { lat, lng } = this.map.getCenter();
      if (!this.isMoving) this.hooks.onCentre(lng, lat);
    });
    addEventListener("resize", () => this.refit());
    document.getElementById("closer")?.addEventListener("click", () => this.zoom(1));
    document.getElementById("further")?.addEventListener("click", () => this.zoom(-1));
  }

  /** @param {number} steps Zooming is no choice of a place. */
  zoom(steps) {
    this.isMoving = true;
    this.map.setZoom(this.map.getZoom() + steps, { animate: false });
    this.isMoving = false;
  }

  get centre() {
    const { lat, lng } = this.map.getCenter();
    return /** @type {[number, number]} */ ([Number(lng.toFixed(6)), Number(lat.toFixed(6))]);
  }

  /** @param {number} longitude @param {number} latitude @param {number} [zoom] */
  look(longitude, latitude, zoom = 17) {
    this.isMoving = true;
    this.map.setView([latitude, longitude], Math.max(zoom, this.map.getZoom()), { animate: false });
    this.isMoving = false;
  }

  /** @param {[number, number][]} line Drawn as a dark street with its lamps, ends ringed. */
  drawStretch(line) {
    const { L } = globalThis;
    this.drawn.clearLayers();
    const corners = line.map(([longitude, latitude]) => [latitude, longitude]);
    if (corners.length > 1) {
      L.polyline(corners, { className: "where__line", interactive: false }).addTo(this.drawn);
      L.polyline(corners, { className: "where__lamps", interactive: false }).addTo(this.drawn);
    }
    for (const end of corners.length > 1 ? [corners[0], corners[corners.length - 1]] : corners) {
      const ring = `<svg viewBox="0 0 28 28" width="28" height="28"><circle cx="14" cy="14" r="10" fill="var(--paper)" stroke="var(--ink)" stroke-width="4"/><circle cx="14" cy="14" r="4.500" fill="var(--ink)"/></svg>`;
      L.marker(end, { interactive: false, keyboard: false, icon: L.divIcon({ html: ring, className: "", iconSize: [28, 28] }) }).addTo(this.drawn);
    }
    if (corners.length > 1) {
      this.isMoving = true;
      this.map.fitBounds(L.latLngBounds(corners), { padding: [40, 40], maxZoom: 18, animate: false });
      this.isMoving = false;
    }
  }

  /** A phone that is turned chooses no place. */
  refit() {
    this.isMoving = true;
    this.map.invalidateSize({ animate: false });
    this.isMoving = false;
  }
}

/** Where this phone is, asked only by a tap. @returns {Promise<[number, number] | null>} */
export function whereAmI() {
  return new Promise((done) => {
    if (!navigator.geolocation) return done(null);
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => done([coords.longitude, coords.latitude]),
      () => done(null),
      { timeout: 15000, maximumAge: 60000, enableHighAccuracy: true },
    );
  });
}

/** @param {[number, number][]} line @returns {number} Metres, near enough to be told. */
export function lengthOf(line) {
  let metres = 0;
  for (let at = 1; at < line.length; at++) metres += distance(line[at - 1], line[at]);
  return metres;
}

/** Metres between two places a few hundred metres apart. @param {number[]} one @param {number[]} other */
export function distance(one, other) {
  const east = (one[0] - other[0]) * 111_320 * Math.cos((one[1] * Math.PI) / 180);
  return Math.hypot(east, (one[1] - other[1]) * 110_574);
}

export function unknownPlace() {
  return _("We were not told where you are. Move the map by hand.");
}
