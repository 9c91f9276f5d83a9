// @ts-check
/** Photos of a mark in its details: chosen, made small on this phone, covered where need be, taken away again. */

import { clone, doer } from "./elements.js";
import { gettext as _, ngettext } from "./i18n.js";
import { Refused, makePhoto, show } from "./photo_making.js";

/** @typedef {import("./outbox_photos.js").Photo} Photo */

/** @param {string} id */
const part = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

export class Photos {
  /** @param {number} most @param {() => Promise<boolean>} onChange Keeps them; false where there is no room. */
  constructor(most, onChange) {
    this.most = most;
    this.onChange = onChange;
    /** @type {Photo[]} */
    this.held = [];
    /** Photos of a mark that was sent stay as they are. */
    this.isSent = false;
    /** Done once no photo is being worked on. @type {Promise<void>} */
    this.ready = Promise.resolve();
  }

  /** @param {Photo[]} photos Of a kept mark. @param {boolean} isSent */
  put(photos, isSent) {
    this.held = photos;
    this.isSent = isSent;
    this.draw();
    this.say("");
  }

  /** @param {File[]} files */
  add(files) {
    return this.work(() => this.addAll(files));
  }

  /** One thing after the other; what is sent waits for all of them. @param {() => Promise<void>} act */
  work(act) {
    const work = this.ready.then(act);
    this.ready = work.catch(() => undefined);
    return work;
  }

  /** @param {File[]} files */
  async addAll(files) {
    this.say(_("Making the photo small…"));
    const room = this.most - this.held.length;
    const refused = files.length > room ? [ngettext("A mark takes %(num)s photo at most.", "A mark takes %(num)s photos at most.", this.most)] : [];
    for (const file of files.slice(0, room)) {
      try {
        this.held.push({ id: crypto.randomUUID(), ...(await makePhoto(file)), state: "waiting" });
      } catch (error) {
        refused.push(refusal(error));
      }
    }
    await this.changed([...new Set(refused)].join(" ") || _("The photo is added. Is there a face or a number plate in it? Cover it before you send."), refused.length > 0);
  }

  /** @param {string} words @param {boolean} [isWrong] */
  async changed(words, isWrong = false) {
    this.draw();
    this.say(words, isWrong);
    if (await this.onChange()) return;
    this.say(_("This phone has no room to keep the photo. It is sent with the mark if you go on now and leave the page open."), true);
  }

  /** @param {string} words @param {boolean} [isWrong] */
  say(words, isWrong = false) {
    const says = part("photo-says");
    says.textContent = words;
    says.classList.toggle("wrong", isWrong);
  }

  draw() {
    part("photo-list").replaceChildren(...this.held.map((photo, index) => this.row(photo, index)));
    part("photo-add").hidden = this.held.length >= this.most;
  }

  /** @param {Photo} photo @param {number} index */
  row(photo, index) {
    const title = _("Photo %(number)s", { number: index + 1 });
    const row = clone("photo-row", { title });
    const canvas = /** @type {HTMLCanvasElement} */ (row.querySelector("canvas"));
    canvas.setAttribute("aria-label", title);
    show(canvas, photo.small).catch(() => undefined);
    const [covering, removing] = ["cover", "remove"].map((name) => /** @type {HTMLButtonElement} */ (doer(row, name)));
    covering.setAttribute("aria-label", `${covering.textContent}: ${title}`);
    removing.setAttribute("aria-label", `${removing.textContent}: ${title}`);
    covering.addEventListener("click", () => this.work(() => this.cover(photo, index)));
    removing.addEventListener("click", () => this.remove(photo));
    if (photo.state !== "waiting" || this.isSent) for (const button of [covering, removing]) button.remove();
    return row;
  }

  /** @param {Photo} photo */
  async remove(photo) {
    this.held = this.held.filter((one) => one !== photo);
    await this.changed(_("The photo is taken away."));
    part("photo-file").focus();
  }

  /** @param {Photo} photo @param {number} index */
  async cover(photo, index) {
    const { coverPhoto } = await import("./photo_cover.js");
    const made = photo.blob && (await coverPhoto(photo.blob));
    if (!made) return;
    // Another picture is another photo: nothing sent under the old id can be taken for it.
    this.held = this.held.map((one) => (one === photo ? { ...photo, ...made, id: crypto.randomUUID() } : one));
    await this.changed(_("Covered. What was under the boxes is gone."));
    /** @type {HTMLElement | null} */ (part("photo-list").children[index]?.querySelector("button"))?.focus();
  }
}

/** @param {unknown} error @returns {string} What to do, in words. */
function refusal(error) {
  const words = {
    heic: _("This browser cannot open HEIC photos. Make a screenshot of the photo and choose that, or send the mark without it."),
    kind: _("This is no photo we can open. Choose a JPEG or PNG, or send the mark without it."),
    moving: _("Moving pictures cannot be sent. Choose a photo, or send the mark without it."),
    pixels: _("This photo is too large. Make a screenshot of it and choose that, or send the mark without it."),
    damaged: _("This photo is damaged and does not open. Choose another, or send the mark without it."),
  };
  return words[error instanceof Refused ? error.reason : "damaged"];
}
