// @ts-check
/** Lets the service worker keep what the form needs without a network: page, scripts, words and the town's map. */

const MAP_ZOOMS = [12, 13, 14, 15], MOST_TILES = 160;

/**
 * Addresses of the tiles of a town, the widest first.
 * @param {[number, number, number, number]} bbox West, south, east, north, degrees.
 * @param {string} slug
 */
export function townTiles(bbox, slug) {
  const [west, south, east, north] = bbox;
  const tiles = [];
  for (const zoom of MAP_ZOOMS) {
    const size = 2 ** zoom;
    const column = (/** @type {number} */ degrees) => Math.floor(((degrees + 180) / 360) * size);
    const line = (/** @type {number} */ degrees) => Math.floor(((1 - Math.asinh(Math.tan((degrees * Math.PI) / 180)) / Math.PI) / 2) * size);
    for (let x = column(west); x <= column(east); x++) {
      for (let y = line(north); y <= line(south); y++) tiles.push(`/tiles/basemap/${zoom}/${x}/${y}.mvt?c=${slug}`);
    }
  }
  return tiles.slice(0, MOST_TILES);
}

/** @param {{slug: string, language: string, bbox: [number, number, number, number]}} data */
export async function keepForOffline(data) {
  if (!navigator.serviceWorker) return;
  try {
    await navigator.serviceWorker.register("/sw.js");
    const { active } = await navigator.serviceWorker.ready;
    const page = `/${data.language}/c/${data.slug}`;
    active?.postMessage({ pages: [`/${data.language}/calendar`, `${page}/mark`, page, `${page}/mine`], files: KEPT_FILES, words: `/static/locale/${data.language}.json`, tiles: townTiles(data.bbox, data.slug) });
  } catch {
    // A private window, or no room: the form works with a network all the same.
  }
}

/** Takes every kept page, file and tile from this phone, and the service worker that would answer with them. */
export async function forgetPages() {
  try {
    await Promise.all((await navigator.serviceWorker.getRegistrations()).map((registration) => registration.unregister()));
    await Promise.all((await caches.keys()).map((name) => caches.delete(name)));
  } catch {
    // Where nothing may be kept, nothing was.
  }
}

export const KEPT_FILES = [
  "/static/styles/calendar.css", "/static/styles/report.css", "/static/vendor/site.css", "/static/vendor/map.css",
  ...["theme_start", "theme", "report", "report_steps", "report_answers", "report_place", "report_stretch", "suggestions", "report_map", "report_nearby", "report_seen",
    "report_done", "report_photos", "photo_heads", "photo_making", "photo_cover", "own_marks", "ask", "outbox", "outbox_photos", "offline", "elements", "proof_of_work", "reporter_token", "mine", "i18n", "basemap", "symbols", "community", "community_map", "map_marks"].map((name) => `/static/modules/${name}.js`),
  "/static/vendor/idb/index.js", "/static/vendor/leaflet/leaflet.js",
  "/static/vendor/protomaps-leaflet/protomaps-leaflet.js", "/static/vendor/icons.svg", "/static/symbols.svg", "/static/favicon.svg",
  "/static/fonts/commissioner-latin.woff2", "/static/fonts/commissioner-cyrillic.woff2",
];
