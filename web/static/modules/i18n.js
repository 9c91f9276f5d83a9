// @ts-check
/**
 * Words of the scripts. English is written in the code; other languages come from
 * /static/locale/{language}.json, made from the same messages.po as the pages.
 */

/** @type {Record<string, string | string[]>} */
let catalogue = {};
let language = "en";

/** @param {string} wanted Language of the page. */
export async function loadWords(wanted) {
  language = wanted;
  if (wanted === "en") return;
  try {
    const answer = await fetch(`/static/locale/${encodeURIComponent(wanted)}.json`);
    if (answer.ok) catalogue = await answer.json();
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

/** Place in the list of forms, as messages.po orders them. @type {Record<string, number>} */
const FORMS = { one: 0, few: 1, many: 2, other: 2 };

/**
 * @param {string} one
 * @param {string} other
 * @param {number} count
 * @param {Record<string, string | number>} [values]
 * @returns {string}
 */
export function ngettext(one, other, count, values = {}) {
  const kind = new Intl.PluralRules(language).select(count);
  const forms = catalogue[one];
  const text = Array.isArray(forms) ? forms[Math.min(FORMS[kind] ?? 2, forms.length - 1)] : kind === "one" ? one : other;
  return fill(text, { num: count, ...values });
}
