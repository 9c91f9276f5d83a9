// @ts-check
/**
 * Words of the scripts. English is written in the code; other languages come from
 * /static/locale/{language}.json, made from the same messages.po as the pages.
 */

/** @type {Record<string, string | string[]>} */
let catalogue = {};
/** Place of a form in its list, by the kind of number of Intl.PluralRules. @type {Record<string, number>} */
let forms = {};
let language = "en";

/** @param {string} wanted Language of the page. */
export async function loadWords(wanted) {
  language = wanted;
  if (wanted === "en") return;
  try {
    const answer = await fetch(`/static/locale/${encodeURIComponent(wanted)}.json`);
    if (answer.ok) ({ "": forms, ...catalogue } = await answer.json());
  } catch {
    // Without a network English words are better than none.
  }
}

/**
 * @param {string} text
 * @param {Record<string, string | number>} values
 */
function fill(text, values) {
  return text.replace(/%\((\w+)\)s/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/**
 * @param {string} message
 * @param {Record<string, string | number>} [values]
 * @returns {string}
 */
export function gettext(message, values = {}) {
  const found = catalogue[message];
  return fill(typeof found === "string" ? found : message, values);
}

/**
 * @param {string} one
 * @param {string} other
 * @param {number} count
 * @param {Record<string, string | number>} [values]
 * @returns {string}
 */
export function ngettext(one, other, count, values = {}) {
  const kind = new Intl.PluralRules(language).select(count);
  const found = catalogue[one];
  const english = count === 1 ? one : other;
  const text = Array.isArray(found) ? found[forms[kind] ?? found.length - 1] : english;
  return fill(text, { num: new Intl.NumberFormat(language).format(count), ...values });
}

/** A released date, YYYY-MM or YYYY-MM-DD, as the language says it. @param {string | undefined | null} day */
export function dayInWords(day) {
  if (!day) return "";
  const date = new Date(`${day.length > 7 ? day.slice(0, 10) : `${day}-15`}T12:00:00Z`);
  const shown = day.length > 7 ? /** @type {const} */ ("numeric") : undefined;
  return new Intl.DateTimeFormat(language, { day: shown, month: "long", year: "numeric", timeZone: "UTC" }).format(date);
}
