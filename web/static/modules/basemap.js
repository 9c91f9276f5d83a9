// @ts-check
/**
 * Our own basemap: vector tiles of the community's streets, buildings, water and green,
 * painted in the browser. One look for the resident map and for the working group's map.
 *
 * Leaflet and protomaps-leaflet are classic scripts of /static/vendor, so they are read as globals.
 */

/** @typedef {"day" | "night"} Theme */
/**
 * @typedef {object} Palette
 * @property {string} land
 * @property {string} homes
 * @property {string} building
 * @property {string} buildingEdge
 * @property {string} water
 * @property {string} green
 * @property {string} wood
 * @property {string} field
 * @property {string} works
 * @property {string} road
 * @property {string} mainRoad
 * @property {string} casing
 * @property {string} path
 * @property {string} label
 * @property {string} halo
 */
/**
 * @typedef {object} BasemapOptions
 * @property {string} slug Community whose tiles are asked for.
 * @property {string} [theme] "day", "night"; anything else follows the device.
 * @property {string} [origin] Scheme and host of the server; the page's own when absent.
 * @property {[number, number, number, number]} [bbox] West, south, east, north: no tile is asked for outside.
 * @property {string} [lang] Language of the labels, for the shape of letters.
 */

/** Cyrillic lies in every system's interface font; no glyphs are loaded for the map. */
const FONT = "system-ui, 'Noto Sans', 'Segoe UI', Roboto, 'Liberation Sans', sans-serif";

/** Deepest zoom for which tiles are asked; beyond it they are enlarged. */
const DEEPEST_TILE = 16;

/** @type {Record<Theme, Palette>} */
const PALETTES = {
  day: {
    land: "#F4F3EE",
    homes: "#F0EEE7",
    building: "#E0DCD1",
    buildingEdge: "#CFC9BA",
    water: "#B4D3E2",
    green: "#D8E6CE",
    wood: "#CDDEC4",
    field: "#EEF0DD",
    works: "#EAE8E6",
    road: "#FFFFFF",
    mainRoad: "#FFFFFF",
    casing: "#CFCABC",
    path: "#A59E8B",
    label: "#3C4744",
    halo: "#F4F3EE",
  },
  night: {
    land: "#141D1C",
    homes: "#17211F",
    building: "#202C2A",
    buildingEdge: "#2A3836",
    water: "#0E2C3B",
    green: "#16281E",
    wood: "#14301F",
    field: "#19231C",
    works: "#1B2524",
    road: "#33423F",
    mainRoad: "#435451",
    casing: "#0D1413",
    path: "#5B6B67",
    label: "#C3D0CB",
    halo: "#141D1C",
  },
};

/**
 * The colour a system keyword stands for; a canvas does not resolve keywords by itself.
 * @param {string} keyword
 * @returns {string}
 */
function systemColour(keyword) {
  const probe = document.createElement("span");
  probe.style.color = keyword;
  document.body.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}

/** @returns {Palette} Outlines only, in the colours the person chose for everything. */
function forcedPalette() {
  const ground = systemColour("Canvas");
  const line = systemColour("GrayText");
  const text = systemColour("CanvasText");
  return {
    land: ground,
    homes: ground,
    building: ground,
    buildingEdge: line,
    water: ground,
    green: ground,
    wood: ground,
    field: ground,
    works: ground,
    road: ground,
    mainRoad: ground,
    casing: line,
    path: line,
    label: text,
    halo: ground,
  };
}

/**
 * Day or night, as asked or as the device is set.
 * @param {string} [theme]
 * @returns {Theme}
 */
export function resolveTheme(theme) {
  if (theme === "day" || theme === "light") return "day";
  if (theme === "night" || theme === "dark") return "night";
  return matchMedia("(prefers-color-scheme: dark)").matches ? "night" : "day";
}

/**
 * @param {string} [theme]
 * @returns {Palette}
 */
export function basemapPalette(theme) {
  return matchMedia("(forced-colors: active)").matches ? forcedPalette() : PALETTES[resolveTheme(theme)];
}

/**
 * @param {string} kind
 * @returns {(zoom: number, feature: any) => boolean}
 */
function ofKind(kind) {
  return (_zoom, feature) => feature.props.kind === kind;
}

/**
 * Casing and surface of one kind of road; the casing is drawn in a pass of its own so that
 * no kerb crosses a junction.
 * @param {string} kind
 * @param {number[][]} widths Zoom and width in px.
 * @param {Palette} palette
 */
function roadRules(kind, widths, palette) {
  const { exp, LineSymbolizer } = globalThis.protomapsL;
  const width = exp(1.6, widths);
  const common = { lineCap: "round", lineJoin: "round" };
  const edge = (/** @type {number} */ zoom) => width(zoom) + (zoom >= 14 ? 2 : 1);
  const surface = kind === "main" ? palette.mainRoad : palette.road;
  return {
    casing: {
      dataLayer: "roads",
      filter: ofKind(kind),
      symbolizer: new LineSymbolizer({ ...common, color: palette.casing, width: edge }),
    },
    surface: {
      dataLayer: "roads",
      filter: ofKind(kind),
      symbolizer: new LineSymbolizer({ ...common, color: surface, width }),
    },
  };
}

/**
 * @param {Palette} palette
 * @returns {object[]} Paint rules, from the ground up.
 */
export function paintRules(palette) {
  const { LineSymbolizer, PolygonSymbolizer } = globalThis.protomapsL;
  /** @type {("homes" | "works" | "field" | "green" | "wood")[]} */
  const grounds = ["homes", "works", "field", "green", "wood"];
  const main = roadRules("main", [[12, 2], [14, 5], [16, 11], [18, 22], [20, 60]], palette);
  const minor = roadRules("minor", [[12, 0.8], [14, 2.5], [16, 6.5], [18, 14], [20, 40]], palette);
  return [
    ...grounds.map((kind) => ({
      dataLayer: "landuse",
      filter: ofKind(kind),
      symbolizer: new PolygonSymbolizer({ fill: palette[kind] }),
    })),
    // Streams are lines in the same layer; painted as areas they would close into false ponds.
    {
      dataLayer: "water",
      filter: (/** @type {number} */ _zoom, /** @type {any} */ feature) => feature.geomType === 3,
      symbolizer: new PolygonSymbolizer({ fill: palette.water }),
    },
    {
      dataLayer: "water",
      filter: (/** @type {number} */ _zoom, /** @type {any} */ feature) => feature.geomType === 2,
      symbolizer: new LineSymbolizer({ color: palette.water, width: 3, lineCap: "round", lineJoin: "round" }),
    },
    {
      dataLayer: "buildings",
      minzoom: 14,
      symbolizer: new PolygonSymbolizer({
        fill: palette.building,
        stroke: palette.buildingEdge,
        width: (/** @type {number} */ zoom) => (zoom >= 15 ? 1 : 0.5),
      }),
    },
    {
      dataLayer: "roads",
      minzoom: 14,
      filter: ofKind("path"),
      symbolizer: new LineSymbolizer({
        color: palette.path,
        width: (/** @type {number} */ zoom) => (zoom >= 16 ? 1.4 : 1),
        dash: [3, 3],
      }),
    },
    minor.casing,
    main.casing,
    minor.surface,
    main.surface,
  ];
}

/**
 * Names along the streets. Beside a street tagged as unlit they step aside, because a
 * seven pixel line with lamps lies on it.
 * @param {Palette} palette
 */
export function labelRules(palette) {
  const { CenteredTextSymbolizer, LineLabelPlacement, LineLabelSymbolizer } = globalThis.protomapsL;
  const text = { fontFamily: FONT, fill: palette.label, stroke: palette.halo };
  /** @param {string} kind @param {number} minzoom @param {number} weight */
  const street = (kind, minzoom, weight) => ({
    dataLayer: "roads",
    minzoom,
    filter: ofKind(kind),
    symbolizer: new LineLabelSymbolizer({
      ...text,
      fontSize: 12,
      fontWeight: weight,
      width: 3,
      position: LineLabelPlacement.Center,
      offset: (/** @type {number} */ _zoom, /** @type {any} */ feature) => (feature.props.lit === "no" ? 13 : 0),
      repeatDistance: 320,
    }),
  });
  return [
    street("main", 14, 600),
    street("minor", 15, 500),
    street("path", 17, 500),
    {
      dataLayer: "pois",
      minzoom: 18,
      symbolizer: new CenteredTextSymbolizer({ ...text, fontSize: 11, width: 1.5, maxLineChars: 18, lineHeight: 1.3 }),
    },
  ];
}

/**
 * A pane between the map's own ones.
 * @param {any} map
 * @param {string} name
 * @param {number} order z-index; Leaflet's tiles are 200, overlays 400, markers 600.
 */
export function ensurePane(map, name, order) {
  if (!map.getPane(name)) {
    map.createPane(name).style.zIndex = String(order);
  }
  return map.getPane(name);
}

/**
 * Puts the basemap on a Leaflet map: ground and streets under everything, names above what is
 * drawn on the streets (pane "labels", 450).
 * @param {any} map
 * @param {BasemapOptions} options
 * @returns {any} One Leaflet layer; `setTheme(theme)` repaints it without asking for tiles again.
 */
export function addBasemap(map, options) {
  const { L, protomapsL } = globalThis;
  const url = `${options.origin ?? ""}/tiles/basemap/{z}/{x}/{y}.mvt?c=${encodeURIComponent(options.slug)}`;
  const palette = basemapPalette(options.theme);
  const common = {
    url,
    maxDataZoom: DEEPEST_TILE,
    levelDiff: 1,
    maxZoom: 20,
    attribution: "© OpenStreetMap",
    lang: options.lang ?? document.documentElement.lang,
    ...(options.bbox ? { bounds: around(options.bbox) } : {}),
  };
  const ground = protomapsL.leafletLayer({ ...common, paintRules: paintRules(palette), labelRules: [] });
  ensurePane(map, "labels", 450).style.pointerEvents = "none";
  const names = protomapsL.leafletLayer({
    ...common,
    attribution: "",
    paintRules: [],
    labelRules: labelRules(palette),
    pane: "labels",
  });
  // A tile asked for is let to arrive: it is small, kept by the browser, and likely to be looked at again.
  for (const view of ground.views.values()) view.tileCache.source.shouldCancelZooms = false;
  // The names come from the tiles that the ground has already asked for.
  names.views = ground.views;

  const basemap = L.layerGroup([ground, names]);
  basemap.setTheme = (/** @type {string | undefined} */ theme) => {
    const next = basemapPalette(theme);
    map.getContainer().style.background = next.land;
    ground.paintRules = paintRules(next);
    ground.rerenderTiles();
    names.labelRules = labelRules(next);
    names.clearLayout();
    names.rerenderTiles();
  };
  map.getContainer().style.background = palette.land;
  return basemap.addTo(map);
}

/**
 * The box in which tiles are asked for: the community and as much again around it.
 * @param {[number, number, number, number]} bbox
 */
function around([west, south, east, north]) {
  const { L } = globalThis;
  return L.latLngBounds([south, west], [north, east]).pad(1);
}
