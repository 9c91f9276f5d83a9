// @ts-check
/** Boxes over faces and number plates: drawn by finger or mouse, put there by one tap, or moved and sized by keys. */

import { clone, doer } from "./elements.js";
import { gettext as _ } from "./i18n.js";
import { cover, show } from "./photo_making.js";

/** @typedef {import("./photo_making.js").Box} Box */

const STEP = 0.02, LEAST = 0.03, TAPPED = 0.16, GROWTH = 1.25, LEAST_DRAG_PX = 6;
/** By how much a key moves a box, in steps to the right and down. @type {Record<string, [number, number]>} */
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** @param {number} value @param {number} least @param {number} most */
const within = (value, least, most) => Math.min(Math.max(value, least), most);

/** @param {Box} box @returns {Box} The same box, inside the photo. */
function inside(box) {
  const [width, height] = [within(box.width, LEAST, 1), within(box.height, LEAST, 1)];
  return { left: within(box.left, 0, 1 - width), top: within(box.top, 0, 1 - height), width, height };
}

/**
 * @param {Blob} blob Of a photo made on this phone.
 * @returns {Promise<{blob: Blob, small: Blob} | null>} The photo with the boxes wiped out; null if it stays as it is.
 */
export async function coverPhoto(blob) {
  const sheet = new CoverSheet();
  await show(sheet.canvas, blob);
  const boxes = await sheet.ask();
  return boxes.length ? cover(blob, boxes) : null;
}

class CoverSheet {
  constructor() {
    this.dialog = /** @type {HTMLDialogElement} */ (clone("cover-sheet"));
    this.canvas = /** @type {HTMLCanvasElement} */ (this.dialog.querySelector("canvas"));
    this.stage = /** @type {HTMLElement} */ (this.dialog.querySelector("[data-stage]"));
    this.says = /** @type {HTMLElement} */ (this.dialog.querySelector("[role=status]"));
    /** @type {Box[]} */
    this.boxes = [];
    /** States to go back to. @type {Box[][]} */
    this.before = [];
    this.at = -1;
    this.listen();
  }

  /** @returns {Promise<Box[]>} None where the person changes their mind. */
  ask() {
    document.body.append(this.dialog);
    this.draw();
    this.dialog.showModal();
    return new Promise((done) => {
      this.dialog.addEventListener("close", () => {
        this.dialog.remove();
        done(this.dialog.returnValue === "save" ? this.boxes : []);
      });
    });
  }

  listen() {
    const acts = {
      add: () => this.addBox(0.5, 0.5), larger: () => this.size(GROWTH), smaller: () => this.size(1 / GROWTH), remove: () => this.remove(),
      undo: () => this.undo(), save: () => this.dialog.close("save"), cancel: () => this.dialog.close(),
      hide: () => document.getElementById("hide")?.click(),
    };
    for (const [name, act] of Object.entries(acts)) doer(this.dialog, name)?.addEventListener("click", act);
    this.stage.addEventListener("pointerdown", (event) => this.drag(event));
    this.stage.addEventListener("keydown", (event) => this.key(event));
    this.stage.addEventListener("focusin", (event) => this.choose(this.indexOf(event.target)));
  }

  get drawn() {
    return [...this.stage.querySelectorAll("button")];
  }

  /** @param {EventTarget | null} target */
  indexOf(target) {
    return this.drawn.indexOf(/** @type {HTMLButtonElement} */ (target));
  }

  /** @param {number} index */
  choose(index) {
    this.at = index;
    this.drawn.forEach((button, place) => button.classList.toggle("is-chosen", place === index));
    const possible = { larger: index >= 0, smaller: index >= 0, remove: index >= 0, undo: this.before.length > 0, save: this.boxes.length > 0 };
    for (const [name, may] of Object.entries(possible)) /** @type {HTMLButtonElement} */ (doer(this.dialog, name)).disabled = !may;
  }

  /** @param {string} [words] */
  draw(words = "") {
    while (this.drawn.length > this.boxes.length) this.drawn[0].remove();
    while (this.drawn.length < this.boxes.length) this.stage.append(clone("cover-box"));
    this.drawn.forEach((button, index) => {
      place(button, this.boxes[index]);
      button.setAttribute("aria-label", boxWords(this.boxes[index], index));
    });
    this.says.textContent = words;
    this.choose(Math.min(this.at, this.boxes.length - 1));
  }

  /** @param {Box[]} boxes @param {number} at The one that is chosen. @param {string} words */
  change(boxes, at, words) {
    this.before.push(this.boxes);
    this.boxes = boxes;
    this.at = at;
    this.draw(words);
  }

  /** @param {Box} box @param {number} [at] */
  put(box, at = this.boxes.length) {
    const boxes = [...this.boxes];
    boxes[at] = inside(box);
    this.change(boxes, at, boxWords(boxes[at], at));
  }

  /** A box of middling size around a place. @param {number} x @param {number} y Shares of the sides. */
  addBox(x, y) {
    const [width, height] = this.shape(TAPPED);
    this.put({ left: x - width / 2, top: y - height / 2, width, height });
    this.drawn.at(-1)?.focus({ preventScroll: true });
  }

  /** Shares of a square of a share of the longer side. @param {number} share @returns {[number, number]} */
  shape(share) {
    const longest = Math.max(this.canvas.width, this.canvas.height);
    return [(share * longest) / this.canvas.width, (share * longest) / this.canvas.height];
  }

  /** @param {number} times */
  size(times) {
    const { left, top, width, height } = this.boxes[this.at];
    const [wide, high] = [width * times, height * times];
    this.put({ left: left - (wide - width) / 2, top: top - (high - height) / 2, width: wide, height: high }, this.at);
  }

  remove() {
    const at = this.at;
    this.change(this.boxes.filter((_box, index) => index !== at), -1, _("The box is gone."));
    doer(this.dialog, "add")?.focus();
  }

  undo() {
    this.boxes = this.before.pop() ?? [];
    this.at = -1;
    this.draw(_("Undone. Boxes: %(num)s", { num: this.boxes.length }));
    doer(this.dialog, this.before.length ? "undo" : "add")?.focus();
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (this.at < 0) return;
    const [across, down] = KEYS[event.key] ?? [0, 0];
    const [x, y] = this.shape(STEP);
    const box = this.boxes[this.at];
    if (across || down) {
      const moved = event.shiftKey
        ? { ...box, width: Math.min(box.width + across * x, 1 - box.left), height: Math.min(box.height + down * y, 1 - box.top) }
        : { ...box, left: box.left + across * x, top: box.top + down * y };
      this.put(moved, this.at);
    } else if (event.key === "Delete" || event.key === "Backspace") this.remove();
    else return;
    event.preventDefault();
  }

  /** A tap puts a box there, a drag draws one or moves the one it begins on. @param {PointerEvent} event */
  drag(event) {
    if (event.button !== 0 || !event.isPrimary) return;
    event.preventDefault();
    const at = this.indexOf(event.target), old = this.boxes[at], from = this.shares(event);
    const ghost = this.drawn[at] ?? clone("cover-box");
    if (old) ghost.focus({ preventScroll: true });
    /** @type {Box | null} */
    let box = null;
    const move = (/** @type {PointerEvent} */ moved) => {
      if (!box && Math.hypot(moved.clientX - event.clientX, moved.clientY - event.clientY) < LEAST_DRAG_PX) return;
      if (!old) this.stage.append(ghost);
      box = old ? shifted(old, from, this.shares(moved)) : between(from, this.shares(moved));
      place(ghost, box);
    };
    const following = new AbortController();
    const end = (/** @type {PointerEvent} */ ended) => {
      following.abort();
      if (!old) ghost.remove();
      if (box) this.put(box, old ? at : undefined);
      else if (!old && ended.type === "pointerup") this.addBox(from.x, from.y);
    };
    this.stage.setPointerCapture(event.pointerId);
    const until = { signal: following.signal };
    this.stage.addEventListener("pointermove", move, until);
    this.stage.addEventListener("pointerup", end, until);
    this.stage.addEventListener("pointercancel", end, until);
  }

  /** Where a pointer is, in shares of the photo's sides. @param {PointerEvent} event */
  shares(event) {
    const { left, top, width, height } = this.stage.getBoundingClientRect();
    return { x: within((event.clientX - left) / width, 0, 1), y: within((event.clientY - top) / height, 0, 1) };
  }
}

/** @param {HTMLElement} button @param {Box} box */
function place(button, box) {
  for (const [side, share] of Object.entries(box)) button.style.setProperty(side, `${100 * share}%`);
}

/** @param {Box} box @param {{x: number, y: number}} from @param {{x: number, y: number}} to @returns {Box} */
function shifted(box, from, to) {
  return inside({ ...box, left: box.left + to.x - from.x, top: box.top + to.y - from.y });
}

/** @param {{x: number, y: number}} from @param {{x: number, y: number}} to @returns {Box} */
function between(from, to) {
  return { left: Math.min(from.x, to.x), top: Math.min(from.y, to.y), width: Math.abs(to.x - from.x), height: Math.abs(to.y - from.y) };
}

/** @param {Box} box @param {number} index */
function boxWords(box, index) {
  const percent = (/** @type {number} */ share) => `${Math.round(100 * share)}%`;
  return _("Box %(number)s: %(left)s from the left, %(top)s from the top, %(width)s wide, %(height)s high", {
    number: index + 1, left: percent(box.left), top: percent(box.top), width: percent(box.width), height: percent(box.height),
  });
}
