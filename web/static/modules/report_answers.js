// @ts-check
/** What the form holds, as the report that is sent: the same fields as the plain form, and nothing else. */

import { gettext as _ } from "./i18n.js";

/**
 * @typedef {object} Category
 * @property {string} code
 * @property {string} title
 * @property {string} layer
 * @property {string} symbol Of its layer, in symbols.svg.
 * @property {number} tier 0 shown in place, 1 masked, 2 shown to nobody.
 * @property {string[]} geometry_kinds
 * @property {number} duplicate_radius_m
 * @property {number} radius_m Of the circle in which a masked place is shown.
 * @property {boolean} call_first Whether the form says whom to call before anything else.
 * @property {{code: string, title: string, answers: [string, string][]}[]} questions
 */
/** @typedef {{place: string, street: string, street_from: string, street_to: string}} PlaceWords Of the place, field by field. */
/** @typedef {{type: "Point", coordinates: [number, number]} | {type: "LineString", coordinates: [number, number][]}} Geometry */

/** @param {HTMLFormElement} form @param {string} name */
export function value(form, name) {
  const found = new FormData(form).get(name);
  return typeof found === "string" ? found.trim() : "";
}

/** @param {HTMLFormElement} form @returns {Geometry | null} */
export function geometry(form) {
  const line = value(form, "line");
  if (line) return { type: "LineString", coordinates: JSON.parse(line) };
  const [longitude, latitude] = [value(form, "lon"), value(form, "lat")];
  return longitude && latitude ? { type: "Point", coordinates: [Number(longitude), Number(latitude)] } : null;
}

/** A stretch of street in words, if one is meant. @param {HTMLFormElement} form */
export function stretchWords(form) {
  if (value(form, "kind") !== "LineString") return "";
  const [street, start, end] = ["street", "street_from", "street_to"].map((name) => value(form, name));
  if (street && start && end) return _("%(street)s, from %(start)s to %(end)s", { street, start, end });
  return [street, start, end].filter(Boolean).join(", ");
}

/** All words for the place. @param {HTMLFormElement} form */
export function placeWords(form) {
  return [value(form, "place"), stretchWords(form)].filter(Boolean).join("; ").replace(/\s+/g, " ");
}

/** As they stand in the fields, to go on with them. @param {HTMLFormElement} form @returns {PlaceWords} */
export function typedWords(form) {
  const isStretch = value(form, "kind") === "LineString";
  const [street, start, end] = ["street", "street_from", "street_to"].map((name) => (isStretch ? value(form, name) : ""));
  return { place: value(form, "place"), street, street_from: start, street_to: end };
}

/** @param {HTMLFormElement} form The report as `PUT …/reports/{id}` takes it. */
export function payload(form) {
  const held = new FormData(form);
  const answers = [...held].filter(([name, given]) => name.startsWith("answers.") && given !== "");
  return {
    category: value(form, "category"),
    geometry: geometry(form),
    place: placeWords(form) || null,
    severity: Number(value(form, "severity")),
    when: value(form, "when") || "always",
    affected: held.getAll("affected").map(String),
    description: value(form, "description") || null,
    answers: Object.fromEntries(answers.map(([name, given]) => [name.slice("answers.".length), String(given)])),
    consents: {
      store: true,
      working_group: true,
      police: held.get("police") === "yes",
      publish: held.get("publish") === "yes",
    },
  };
}

/** Puts a kept report back into the form. @param {HTMLFormElement} form @param {any} kept @param {PlaceWords} [words] */
export function fill(form, kept, words) {
  const place = kept.geometry;
  setKind(form, place?.type === "LineString" || words?.street ? "LineString" : "Point");
  const texts = {
    ...(words ?? { place: kept.place ?? "" }), description: kept.description ?? "",
    lon: place?.type === "Point" ? String(place.coordinates[0]) : "",
    lat: place?.type === "Point" ? String(place.coordinates[1]) : "",
    line: place?.type === "LineString" ? JSON.stringify(place.coordinates) : "",
  };
  for (const [name, text] of Object.entries(texts)) setValue(form, name, text);
  const chosen = {
    category: [kept.category], severity: [String(kept.severity)], when: [kept.when], affected: kept.affected ?? [],
    publish: kept.consents?.publish ? ["yes"] : [], police: kept.consents?.police ? ["yes"] : [],
    ...Object.fromEntries(Object.entries(kept.answers ?? {}).map(([code, given]) => [`answers.${code}`, [given]])),
  };
  for (const [name, values] of Object.entries(chosen)) {
    for (const box of form.querySelectorAll(`input[name="${CSS.escape(name)}"]`)) {
      if (box instanceof HTMLInputElement) box.checked = values.includes(box.value);
    }
  }
}

/** @param {HTMLFormElement} form @param {"Point" | "LineString"} kind */
export function setKind(form, kind) {
  const switched = form.elements.namedItem("kind");
  if (switched instanceof RadioNodeList) switched.value = kind;
}

/** @param {HTMLFormElement} form @param {string} name @param {string} text */
export function setValue(form, name, text) {
  const field = form.elements.namedItem(name);
  if (field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement) field.value = text;
}
