// @ts-check
/** Marks of the same kind near a place: who means the same taps "I see this too" and need not send another. */

import { clone, say, textOf } from "./elements.js";
import { dayInWords, gettext as _, ngettext } from "./i18n.js";
import { reporterToken } from "./reporter_token.js";
import { distance } from "./report_map.js";

const WAIT_MS = 4000, PHOTO_WAIT_MS = 2000, MOST = 5, DEGREES = 1000;

/**
 * @param {string} slug @param {import("./report_answers.js").Category} category @param {any} geometry
 * @returns {Promise<any[]>} Released features, the nearest first; none without a network.
 */
export async function nearby(slug, category, geometry) {
  if (!geometry || category.tier === 2) return [];
  const at = geometry.type === "Point" ? geometry.coordinates : geometry.coordinates[Math.floor(geometry.coordinates.length / 2)];
  const reach = category.duplicate_radius_m + (category.tier === 1 ? category.radius_m : 0);
  const [across, up] = [reach / (111_320 * Math.cos((at[1] * Math.PI) / 180)), reach / 110_574];
  // The box is widened to the next thousandth of a degree: the server is not told the place before it is sent.
  const box = [at[0] - across, at[1] - up].map((side) => Math.floor(side * DEGREES) / DEGREES)
    .concat([at[0] + across, at[1] + up].map((side) => Math.ceil(side * DEGREES) / DEGREES));
  const asked = new URLSearchParams({ bbox: box.join(","), limit: "100", community: slug, category: category.code });
  try {
    const answer = await fetch(`/ogc/collections/${category.layer}/items?${asked}`, { signal: AbortSignal.timeout(WAIT_MS) });
    if (!answer.ok) return [];
    const found = (await answer.json()).features.filter((/** @type {any} */ one) => one.geometry?.type === "Point");
    for (const one of found) one.metres = distance(at, one.geometry.coordinates);
    const near = found
      .filter((/** @type {any} */ one) => one.metres <= reach && !["resolved", "closed_without_action"].includes(one.properties.status))
      .sort((/** @type {any} */ one, /** @type {any} */ other) => one.metres - other.metres)
      .slice(0, MOST);
    if (category.tier === 0) await Promise.all(near.map((/** @type {any} */ one) => findPhoto(slug, one)));
    return near;
  } catch {
    return [];
  }
}

/** Notes the first photo that everyone may see of a mark, if there is one. @param {string} slug @param {any} feature */
async function findPhoto(slug, feature) {
  try {
    const address = `/api/communities/${slug}/reports/${encodeURIComponent(feature.id)}`;
    const answer = await fetch(address, { credentials: "omit", signal: AbortSignal.timeout(PHOTO_WAIT_MS) });
    if (answer.ok) feature.photo = (await answer.json()).properties.photos[0]?.small;
  } catch {
    // The words tell enough.
  }
}

/**
 * @param {any[]} features
 * @param {import("./report_answers.js").Category} category
 * @param {{slug: string, severities: string[], onSame: () => void}} given
 */
export function listNearby(features, category, given) {
  return features.map((feature) => {
    const { properties } = feature;
    const words = [properties.place, properties.description].filter(Boolean).join(" · ");
    const texts = { title: category.title, words, facts: facts(feature, category, given.severities) };
    const row = clone("nearby-row", texts, {}, { symbol: category.symbol });
    if (feature.photo) {
      const alt = _("Photo of this mark: %(what)s", { what: [category.title, properties.place].filter(Boolean).join(", ") });
      row.querySelector(".symbol")?.replaceWith(Object.assign(new Image(84, 84), { alt, src: feature.photo }));
    }
    const button = /** @type {HTMLButtonElement} */ (row.querySelector("button"));
    button.addEventListener("click", async () => {
      button.disabled = true;
      if (await seeToo(given.slug, feature.id)) return given.onSame();
      button.disabled = false;
      say(textOf(row, "fault"), _("It did not go through. Try once more"));
    });
    return row;
  });
}

/** @param {any} feature @param {import("./report_answers.js").Category} category @param {string[]} severities */
function facts(feature, category, severities) {
  const { properties } = feature;
  const where = category.tier === 1
    ? ngettext("somewhere within %(num)s metre", "somewhere within %(num)s metres", Math.round(properties.radius_m ?? category.radius_m))
    : ngettext("%(num)s metre away", "%(num)s metres away", Math.max(10, Math.round(feature.metres / 10) * 10));
  const seen = properties.seen_too
    ? ngettext("%(num)s person sees this too", "%(num)s people see this too", properties.seen_too) : "";
  return [where, dayInWords(properties.observed_on), severities[properties.severity - 1], seen].filter(Boolean).join(" · ");
}

/** @param {string} slug @param {string} id */
async function seeToo(slug, id) {
  try {
    const answer = await fetch(`/api/communities/${slug}/reports/${encodeURIComponent(id)}/confirmations`, {
      method: "POST", credentials: "omit", signal: AbortSignal.timeout(15_000),
      headers: { "Content-Type": "application/json", "Reporter-Token": reporterToken() || crypto.randomUUID() },
      body: JSON.stringify({ kind: "seen_too", id: crypto.randomUUID() }),
    });
    return answer.ok;
  } catch {
    return false;
  }
}
