// @ts-check
/** What the form holds, as the report that is sent: the same fields as the plain form, and nothing else. */

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

/** @param {HTMLFormElement} form The report as `PUT …/reports/{id}` takes it. */
export function payload(form) {
  const held = new FormData(form);
  const answers = [...held].filter(([name, given]) => name.startsWith("answers.") && given !== "");
  return {
    category: value(form, "category"),
    geometry: geometry(form),
    place: value(form, "place").replace(/\s+/g, " ") || null,
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

/** Puts a kept report back into the form. @param {HTMLFormElement} form @param {any} kept */
export function fill(form, kept) {
  const place = kept.geometry;
  const texts = {
    place: kept.place ?? "", description: kept.description ?? "",
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

/** @param {HTMLFormElement} form @param {string} name @param {string} text */
export function setValue(form, name, text) {
  const field = form.elements.namedItem(name);
  if (field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement) field.value = text;
}
