// @ts-check
/** After the last step: sent, or saved until there is a network; and the other marks of this phone. */

import { clone, doer, textOf } from "./elements.js";
import { gettext as _ } from "./i18n.js";
import { listOwn } from "./own_marks.js";

/**
 * @typedef {object} Outcome
 * @property {"sent" | "waiting" | "same"} state
 * @property {string} [code] The token that opens the mark, where the phone does not keep it.
 * @property {string} [id]
 * @property {any} [preview]
 * @property {string} [callFirst] The category, where it says whom to call first.
 */

/** @param {Outcome} outcome */
function words(outcome) {
  if (outcome.state === "same") return [_("Thank you. We have counted you"), _("You need not send it once more.")];
  if (outcome.state === "waiting") {
    return [_("Saved. We are waiting for signal"), _("The mark lies in this phone. We will send it as soon as there is signal, when this page is open.")];
  }
  const shown = outcome.preview?.shown === false
    ? _("It will not appear on the public map.")
    : outcome.preview?.radius_m ? _("Then it will appear on the map. People will see only a circle: no point and no day.")
      : outcome.preview?.geometry ? _("Then it will appear on the map.") : _("Then it will appear in the list of marks.");
  return [_("Thank you. The mark is sent"), `${_("The working group will read it.")} ${shown}`];
}

/** The words of the form with their numbers to tap. @param {string | undefined} code @returns {Node[]} */
function callFirst(code) {
  const said = document.querySelector(`[data-call-first="${code}"] .banner > div`);
  return [...(said?.cloneNode(true).childNodes ?? [])];
}

/**
 * @returns {Promise<() => Promise<unknown>>} Lists this phone's marks anew.
 * @param {HTMLElement} panel
 * @param {Outcome} outcome
 * @param {{slug: string, language: string, onNearHere: () => void, onTryNow: () => void}} given
 */
export async function showDone(panel, outcome, given) {
  const [title, says] = words(outcome);
  const isNew = panel.hidden;
  const spoken = document.getElementById("done-says");
  if (spoken) spoken.textContent = isNew ? says : `${title}. ${says}`; // of a new panel the title is read as it takes the focus
  const isWaiting = outcome.state === "waiting";
  const texts = { title, says, code: outcome.code, id: outcome.id };
  const kept = { call: outcome.callFirst, code: outcome.code, waiting: isWaiting };
  const made = clone("done-panel", texts, kept, { icon: isWaiting ? "cloud-off" : "check" });
  made.querySelector("[data-call]")?.append(...callFirst(outcome.callFirst));
  if (isWaiting) made.querySelector("[data-sign]")?.classList.add("done__sign--wait");
  doer(made, "try")?.addEventListener("click", given.onTryNow);
  doer(made, "near")?.addEventListener("click", given.onNearHere);
  doer(made, "map")?.setAttribute("href", `/${given.language}/c/${given.slug}`);
  panel.replaceChildren(made);
  panel.hidden = false;
  if (isNew) {
    scrollTo(0, 0);
    textOf(made, "title").focus({ preventScroll: true });
  }
  const list = () => listOwn(/** @type {HTMLElement} */ (made.querySelector(".own")), given.slug, given.language);
  await list();
  return list;
}
