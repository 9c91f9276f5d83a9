// @ts-check
/** Places of the town that sound like what is written; the words stay the person's own. */

import { clone } from "./elements.js";
import { gettext as _ } from "./i18n.js";

const WAIT_MS = 250, LEAST_LETTERS = 3, MOST_LETTERS = 100, SHOWN = 5;

/** @typedef {{geometry: {coordinates: [number, number]}, properties: {name: string, kind: string, words: string, street: string | null, number: string | null}}} Found */

/** @param {{slug: string, language: string}} town @param {string} words @param {number} limit @returns {Promise<Found[]>} */
export async function findPlaces(town, words, limit) {
  const asked = new URLSearchParams({ q: words, lang: town.language, limit: String(limit) });
  const answer = await fetch(`/api/communities/${town.slug}/places?${asked}`, { signal: AbortSignal.timeout(5000) });
  return answer.ok ? ((await answer.json()).features ?? []) : [];
}

/**
 * @typedef {object} Wanted
 * @property {HTMLElement} list Where they are listed.
 * @property {HTMLElement} says Where their number is said.
 * @property {(words: string) => Promise<Found[]>} find
 * @property {(found: Found) => string} name What of a place is put into the field.
 * @property {(found: Found) => void} onChosen
 */

export class Suggestions {
  /** @param {HTMLInputElement | HTMLTextAreaElement} field @param {Wanted} wanted */
  constructor(field, wanted) {
    this.field = field;
    this.wanted = wanted;
    this.list = wanted.list;
    /** @type {Found[]} */
    this.places = [];
    this.at = -1;
    this.asked = 0;
    field.setAttribute("aria-autocomplete", "list");
    field.setAttribute("aria-controls", this.list.id);
    if (field instanceof HTMLInputElement) {
      field.setAttribute("role", "combobox"); // a field of more lines may not be one
      field.setAttribute("aria-expanded", "false");
    }
    field.addEventListener("input", () => {
      clearTimeout(this.asked);
      this.asked = setTimeout(() => this.ask(), WAIT_MS);
    });
    field.addEventListener("keydown", (event) => this.key(/** @type {KeyboardEvent} */ (event)));
    field.addEventListener("blur", () => {
      clearTimeout(this.asked);
      setTimeout(() => document.activeElement !== field && this.close(), 200);
    });
  }

  async ask() {
    const words = this.field.value.trim();
    const isNumber = /^\d/.test(words);
    if ((words.length < LEAST_LETTERS && !isNumber) || words.length > MOST_LETTERS) return this.close();
    const found = await this.wanted.find(words).catch(() => []); // Words are enough.
    if (this.field.value.trim() === words && document.activeElement === this.field) this.show(found.slice(0, SHOWN));
  }

  /** @param {Found[]} places */
  show(places) {
    this.places = places;
    this.at = -1;
    this.field.removeAttribute("aria-activedescendant");
    this.list.replaceChildren(
      ...places.map((place, index) => {
        const row = clone("place-found-row", place.properties);
        row.id = `${this.list.id}-${index}`;
        row.addEventListener("pointerdown", (event) => {
          event.preventDefault();
          this.choose(index);
        });
        return row;
      }),
    );
    this.list.hidden = places.length === 0;
    if (this.field instanceof HTMLInputElement) this.field.setAttribute("aria-expanded", String(places.length > 0));
    this.wanted.says.textContent = places.length ? _("Places with such a name: %(num)s. Arrow keys go through them.", { num: places.length }) : "";
  }

  close() {
    if (!this.list.hidden) this.show([]);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (this.list.hidden) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      this.at = this.at < 0 && step < 0 ? this.places.length - 1 : (this.at + step + this.places.length) % this.places.length;
      [...this.list.children].forEach((row, index) => row.setAttribute("aria-selected", String(index === this.at)));
      this.field.setAttribute("aria-activedescendant", `${this.list.id}-${this.at}`);
    } else if (event.key === "Enter" && this.at >= 0) {
      event.preventDefault();
      this.choose(this.at);
    } else if (event.key === "Escape") {
      event.stopPropagation();
      this.close();
    }
  }

  /** @param {number} index */
  choose(index) {
    const place = this.places[index];
    this.field.value = this.wanted.name(place);
    this.close();
    this.wanted.onChosen(place);
  }
}
