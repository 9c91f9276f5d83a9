// @ts-check
/** The marks this phone keeps, each with its state and what can be done about it. */

import { ask } from "./ask.js";
import { clone, doer, say, textOf } from "./elements.js";
import { gettext as _ } from "./i18n.js";
import { addressOf, amend, forget, marks } from "./outbox.js";
import { isWaiting } from "./outbox_photos.js";

/** @typedef {import("./outbox.js").Mark} Mark */
/** @typedef {import("./outbox_photos.js").Photo} Photo */

/** @param {Mark} mark @returns {[string, string, string]} Class, icon, words. */
export function stateOf(mark) {
  if (mark.state === "sent") {
    const at = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
    return ["good", "check", _("Sent, %(when)s", { when: at.format(new Date(mark.sent_at ?? mark.made_at)) })];
  }
  if (mark.state === "waiting") return ["wait", "cloud-off", _("Waiting for signal")];
  if (mark.state === "refused") return ["error", "circle-alert", _("Could not be taken: %(why)s", { why: reasons(mark.reasons ?? []) })];
  return ["wait", "clock", _("Not finished")];
}

/** @param {string[]} fields */
function reasons(fields) {
  const words = {
    category: _("what it is"), geometry: _("the place lies outside the community"), place: _("the words for the place"),
    severity: _("how bad it is"), when: _("when"), affected: _("who is affected"), description: _("the text"), answers: _("the answers"),
    conflict: _("it was withdrawn before"), "too-large": _("it is too long"), 413: _("it is too long"),
  };
  const said = fields.map((field) => words[/** @type {keyof typeof words} */ (field.split(".")[0])]).filter(Boolean);
  return [...new Set(said)].join(", ") || _("something is out of date on this page; open it again");
}

/**
 * @param {HTMLElement} list
 * @param {string} community
 * @param {string} language
 * @param {() => Promise<unknown>} [again] Lists them once more; by default this does.
 * @returns {Promise<Mark[] | null>} Null where this browser lets nothing be kept.
 */
export async function listOwn(list, community, language, again = () => listOwn(list, community, language)) {
  const held = await marks(community).catch(() => null);
  const onGone = async () => {
    await again();
    list.tabIndex = -1;
    list.focus(); // the row that held the focus is no longer there
  };
  list.replaceChildren(...(held ?? []).map((mark) => row(mark, community, language, onGone)));
  return held;
}

/** @param {Mark} mark @param {string} community @param {string} language @param {() => void} onGone */
function row(mark, community, language, onGone) {
  const [kind, icon, state] = stateOf(mark);
  const item = clone("own-mark", { title: mark.title, place: mark.is_confidential ? undefined : mark.payload?.place, state }, {}, { symbol: mark.symbol, icon });
  item.querySelector("[data-state]")?.classList.add(`own__state--${kind}`);
  const isSent = mark.state === "sent";
  if (!mark.is_confidential) showPhotos(mark.photos ?? [], item);
  const possible = { correct: isSent && !mark.is_passing, "go-on": mark.state === "draft" || mark.state === "refused", erase: isSent, forget: true };
  for (const [name, may] of Object.entries(possible)) {
    const button = doer(item, name);
    if (!may) button?.remove();
    else if (button instanceof HTMLAnchorElement) button.href = `/${language}/c/${community}/mark#${mark.id}`;
  }
  doer(item, "erase")?.addEventListener("click", () => erase(mark, item, onGone));
  doer(item, "forget")?.addEventListener("click", async () => {
    const question = questionBefore(mark);
    if (question && !(await ask(question, _("Delete from this phone")))) return;
    await forget(mark.id);
    onGone();
  });
  if (isSent) void tellStatus(mark, item);
  return item;
}

/** What has to be asked before a phone forgets a mark. @param {Mark} mark */
function questionBefore(mark) {
  if (mark.state === "waiting") return _("It has not been sent yet. Delete it all the same?");
  if (mark.state !== "sent") return null;
  const photo = mark.photos?.some(isWaiting) ? `${_("A photo of it has not been sent yet. Delete it all the same?")} ` : "";
  return photo + _("The mark stays with the community, but you cannot correct or withdraw it any more. Delete it from this phone?");
}

/**
 * @param {Photo[]} photos @param {Element} item
 * @param {{id: string, moderation: string}[]} [told] What the server says of them.
 */
function showPhotos(photos, item, told = []) {
  const rows = photos.map((photo) => {
    const row = clone("own-photo", { state: photoWords(photo, told.find(({ id }) => id === photo.id)?.moderation) });
    if (photo.state === "refused") row.classList.add("own__photo--refused");
    const canvas = /** @type {HTMLCanvasElement} */ (row.querySelector("canvas"));
    void import("./photo_making.js").then(({ show }) => show(canvas, photo.small)).catch(() => canvas.remove());
    return row;
  });
  item.querySelector(".own__photos")?.replaceChildren(...rows);
}

/** @param {Photo} photo @param {string} [moderation] */
function photoWords(photo, moderation) {
  if (photo.state === "waiting") return _("Photo: waits to be sent");
  if (photo.state === "refused") {
    const reasons = { 404: _("the mark was erased"), 409: _("the mark has as many photos as it may"), 413: _("it is too large") };
    const why = reasons[/** @type {keyof typeof reasons} */ (photo.status)] ?? _("it could not be opened");
    return _("Photo: not taken, %(why)s", { why });
  }
  const words = { held: _("Photo: the working group looks at it first"), published: _("Photo: everyone sees it"), hidden: _("Photo: not shown") };
  return words[/** @type {keyof typeof words} */ (moderation)] ?? _("Photo: sent");
}

/** @param {Mark} mark @param {Element} item @param {() => void} onGone */
async function erase(mark, item, onGone) {
  if (!(await ask(_("Erase this mark everywhere? This cannot be undone."), _("Withdraw and erase")))) return;
  try {
    const answer = await fetch(addressOf(mark), { method: "DELETE", headers: { "Edit-Token": mark.edit_token }, credentials: "omit", signal: AbortSignal.timeout(15_000) });
    if (!answer.ok && answer.status !== 404) throw new Error(String(answer.status));
    await forget(mark.id);
    onGone();
  } catch {
    say(textOf(item, "status"), _("It did not go through. Try once more when there is signal."));
  }
}

/** What became of a sent mark. @param {Mark} mark @param {Element} item */
async function tellStatus(mark, item) {
  try {
    const answer = await fetch(`${addressOf(mark)}/own`, { headers: { "Edit-Token": mark.edit_token }, credentials: "omit", cache: "no-store", signal: AbortSignal.timeout(8000) });
    if (answer.status === 404) say(textOf(item, "status"), _("It has been erased."));
    if (!answer.ok) return;
    const own = await answer.json();
    say(textOf(item, "status"), statusWords(own.moderation, own.status));
    if (mark.photos?.length) showPhotos(mark.photos, item, own.photos);
    if (mark.preview?.shown !== own.public_preview?.shown) await amend(mark.id, () => ({ preview: own.public_preview }));
  } catch {
    // Without a network the row says what this phone knows.
  }
}

/** @param {string} moderation @param {string} status */
export function statusWords(moderation, status) {
  if (moderation === "submitted") return _("The working group will read it.");
  if (moderation === "hidden" || moderation === "rejected") return _("The working group has read it; it is not on the public map.");
  const words = {
    open: _("Published. Nothing is planned yet."), planned: _("It is planned to be mended."), in_progress: _("Work has begun."),
    resolved: _("It is said to be mended."), closed_without_action: _("Closed; nothing was done."), reopened: _("Opened again: somebody said it is not mended."),
  };
  return words[/** @type {keyof typeof words} */ (status)] ?? "";
}
