// @ts-check
/**
 * What stands on a map as a symbol: reports folded where they would lie on one another, and the
 * house-number plates of hotspots. Text reaches the page by `textContent` only.
 */

const SVG = "http://www.w3.org/2000/svg";

/** Symbols nearer than this (px) become one with a count. */
const REACH_NEAR = 26;
/** The same below zoom 15, where a symbol stands for its whole neighbourhood. */
const REACH_FAR = 72;
const SYMBOLS_FROM_ZOOM = 15;

/** Symbol of each layer in the sprite; its token gives the colour. @type {Record<string, string>} */
export const LAYER_SYMBOLS = {
  dangerous_places: "danger",
  unlit_streets: "dark",
  accessibility_barriers: "barrier",
  resources: "resource",
};

/**
 * An element with a class and, where given, text; the only way text is put on the map.
 * @param {string} tag
 * @param {string} [className]
 * @param {string | number} [text]
 * @returns {HTMLElement}
 */
export function element(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = String(text);
  return node;
}

/**
 * A symbol of the sprite.
 * @param {string} name
 * @param {number} size In px.
 * @param {string} [sprite] Address of the sprite; "" when it stands in this document.
 * @returns {SVGElement}
 */
export function symbol(name, size, sprite = "") {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("width", String(size));
  svg.setAttribute("height", String(size));
  svg.setAttribute("aria-hidden", "true");
  svg.classList.add("map-symbol");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `${sprite}#s-${name}`);
  svg.append(use);
  return svg;
}

/**
 * @param {{x: number, y: number}} a
 * @param {{x: number, y: number}} b
 */
function gap(a, b) {
  return Math.max(Math.abs(a.x - b.x), Math.abs(a.y - b.y));
}

/**
 * Folds points of one layer that would lie on one another into the first of them.
 * @template {{x: number, y: number, layer: string}} P
 * @param {P[]} points In px.
 * @param {number} reach In px.
 * @returns {{leader: P, members: P[]}[]}
 */
export function foldPoints(points, reach) {
  /** @type {Map<string, {leader: P, members: P[]}[]>} */
  const cells = new Map();
  /** @type {{leader: P, members: P[]}[]} */
  const folds = [];
  for (const point of points) {
    const column = Math.floor(point.x / reach);
    const row = Math.floor(point.y / reach);
    let home;
    for (let dx = -1; dx <= 1 && !home; dx += 1) {
      for (let dy = -1; dy <= 1 && !home; dy += 1) {
        const near = cells.get(`${point.layer} ${column + dx} ${row + dy}`) ?? [];
        home = near.find((fold) => gap(fold.leader, point) < reach);
      }
    }
    if (home) {
      home.members.push(point);
      continue;
    }
    const fold = { leader: point, members: [point] };
    const key = `${point.layer} ${column} ${row}`;
    cells.set(key, [...(cells.get(key) ?? []), fold]);
    folds.push(fold);
  }
  return folds;
}

/** Where a symbol may step when its own place is taken, nearest first. */
const STEPS = [
  [0, 0], [1, 0], [-1, 0], [0, 1], [0, -1], [1, 1], [-1, 1], [1, -1], [-1, -1], [2, 0], [-2, 0],
];

/**
 * The first place beside a point that touches nothing already placed.
 * @param {{x: number, y: number}} point
 * @param {{x: number, y: number}[]} taken
 * @param {number} size
 * @returns {{x: number, y: number}}
 */
export function freePlace(point, taken, size) {
  for (const [dx, dy] of STEPS) {
    const place = { x: point.x + dx * size, y: point.y + dy * size };
    if (taken.every((other) => gap(other, place) >= size)) return place;
  }
  return point;
}

/**
 * The reports of all shown layers on one map, drawn as few symbols as the zoom allows.
 */
export class Marks {
  /**
   * @param {any} map
   * @param {{pane: string, sprite?: string, onOpen: (members: any[], latlng: any) => void,
   *   onPoint?: (members: any[] | null) => void, words: (layer: string, count: number) => string}} options
   */
  constructor(map, options) {
    this.map = map;
    this.options = options;
    /** @type {Set<any>} */
    this.holders = new Set();
    /** @type {{x: number, y: number}[]} Plates, which symbols do not cover. */
    this.taken = [];
    this.group = globalThis.L.layerGroup().addTo(map);
    this.due = 0;
    map.on("zoomend", () => this.schedule());
  }

  /** @param {any} holder */
  add(holder) {
    this.holders.add(holder);
    this.schedule();
  }

  /** @param {any} holder */
  remove(holder) {
    this.holders.delete(holder);
    this.schedule();
  }

  /** Many layers come and go in one step; they are drawn once. */
  schedule() {
    cancelAnimationFrame(this.due);
    this.due = requestAnimationFrame(() => this.draw());
  }

  draw() {
    const zoom = this.map.getZoom();
    const points = [...this.holders].map((holder) => {
      const { x, y } = this.map.project(holder.getLatLng(), zoom);
      return { x, y, layer: holder.feature.properties.layer, holder };
    });
    const near = zoom >= SYMBOLS_FROM_ZOOM;
    const taken = [...this.taken];
    this.group.clearLayers();
    for (const fold of foldPoints(points, near ? REACH_NEAR : REACH_FAR)) {
      const place = freePlace(fold.leader, taken, 24);
      taken.push(place);
      this.group.addLayer(this.marker(fold.leader, place, fold.members.map((member) => member.holder.feature)));
    }
  }

  /**
   * @param {any} leader
   * @param {{x: number, y: number}} place
   * @param {any[]} features
   */
  marker(leader, place, features) {
    const { L } = globalThis;
    const latlng = leader.holder.getLatLng();
    const marker = L.marker(latlng, {
      icon: L.divIcon({
        className: "map-mark",
        html: this.face(leader.layer, features),
        iconSize: [44, 44],
        iconAnchor: [22 - (place.x - leader.x), 22 - (place.y - leader.y)],
      }),
      // The list beside the map says the same; a hundred tab stops would bury the controls.
      keyboard: false,
      pane: this.options.pane,
    });
    marker.on("click", () => this.options.onOpen(features, latlng));
    marker.on("mouseover", () => this.options.onPoint?.(features));
    marker.on("mouseout", () => this.options.onPoint?.(null));
    return marker;
  }

  /**
   * @param {string} layer
   * @param {any[]} features
   */
  face(layer, features) {
    const face = element("span", "map-mark__face");
    face.title = this.options.words(layer, features.length);
    if (features.some((feature) => feature.properties.radius_m)) face.classList.add("map-mark__face--about");
    face.append(symbol(LAYER_SYMBOLS[layer] ?? "danger", 26, this.options.sprite));
    if (features.length > 1) face.append(element("span", "map-mark__count", features.length));
    return face;
  }
}

/**
 * Leaflet class of one report's place: holds it for `Marks`, draws nothing itself.
 * @param {() => Marks | null} marks
 */
export function markClass(marks) {
  const { L } = globalThis;
  return L.Layer.extend({
    /** @this {any} @param {any} latlng */
    initialize(latlng) {
      this._latlng = L.latLng(latlng);
    },
    /** @this {any} */
    getLatLng() {
      return this._latlng;
    },
    /** @this {any} */
    onAdd() {
      marks()?.add(this);
    },
    /** @this {any} */
    onRemove() {
      marks()?.remove(this);
    },
  });
}

/**
 * The corner of a shape, in px, where its plate stands: upper left unless a plate is there already.
 * @param {{x: number, y: number}[]} corners The shape's points.
 * @param {{x: number, y: number}[]} taken Centres of plates placed before.
 * @returns {{x: number, y: number}} Centre of the plate.
 */
export function platePlace(corners, taken) {
  const best = (/** @type {(point: {x: number, y: number}) => number} */ measure) =>
    corners.reduce((chosen, point) => (measure(point) < measure(chosen) ? point : chosen));
  const candidates = [
    [best((point) => point.x + point.y), -8, -8],
    [best((point) => point.y - point.x), 8, -8],
    [best((point) => point.x - point.y), -8, 8],
    [best((point) => -point.x - point.y), 8, 8],
  ].map(([corner, dx, dy]) => {
    const { x, y } = /** @type {{x: number, y: number}} */ (corner);
    return { x: x + Number(dx), y: y + Number(dy) };
  });
  return candidates.find((place) => taken.every((other) => gap(other, place) >= 34)) ?? freePlace(candidates[0], taken, 34);
}

/**
 * A house-number plate.
 * @param {number} rank
 * @returns {HTMLElement}
 */
export function plate(rank) {
  return element("span", "plate", rank);
}
