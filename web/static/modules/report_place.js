// @ts-check
/** Where it is: in words with places of the town beside them, by the crosshair, or as a stretch of street. */

import { clone } from "./elements.js";
import { gettext as _, ngettext } from "./i18n.js";
import { setValue, value } from "./report_answers.js";
import { PlaceMap, lengthOf, loadMapScripts, unknownPlace, whereAmI } from "./report_map.js";

const WAIT_MS = 250, LEAST_LETTERS = 3;
/** @param {string} id */
const part = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

export class Place {
  /** @param {HTMLFormElement} form @param {any} data */
  constructor(form, data) {
    this.form = form;
    this.data = data;
    /** @type {PlaceMap | null} */
    this.map = null;
    /** @type {[number, number] | null} */
    this.begin = null;
    this.says = part("where-says");
    part("locate").addEventListener("click", () => this.locate());
    part("no-map").addEventListener("click", () => this.clear());
    part("end-here").addEventListener("click", () => this.endHere());
    part("ends-again").addEventListener("click", () => this.beginAgain());
    part("kind").addEventListener("change", () => this.changeKind());
    new Suggestions(/** @type {HTMLTextAreaElement} */ (part("place")), data, (found) => this.found(found));
  }

  get isStretch() {
    return value(this.form, "kind") === "LineString" && !part("kind").hidden;
  }

  /** @param {string[]} kinds What a category may be. */
  async open(kinds) {
    const hasLine = kinds.includes("LineString");
    part("kind").hidden = !hasLine;
    if (!hasLine && value(this.form, "line")) this.clear();
    if (!this.map) {
      try {
        await loadMapScripts();
        this.map ??= new PlaceMap(this.data, { onCentre: (longitude, latitude) => this.note(longitude, latitude) });
      } catch {
        part("where").hidden = true;
        this.says.textContent = _("The map did not open. Words are enough.");
        return;
      }
      this.says.textContent = _("Move the map until the crosshair stands on the place. Arrow keys move it too.");
      const [longitude, latitude] = [value(this.form, "lon"), value(this.form, "lat")];
      if (longitude && latitude) this.map.look(Number(longitude), Number(latitude));
    }
    this.map.refit();
    this.changeKind();
  }

  /** @param {number} longitude @param {number} latitude */
  note(longitude, latitude) {
    if (this.isStretch) return;
    setValue(this.form, "lon", longitude.toFixed(6));
    setValue(this.form, "lat", latitude.toFixed(6));
    this.says.textContent = _("The place under the crosshair will be sent. Move the map to mend it.");
    part("no-map").hidden = false;
  }

  clear() {
    for (const name of ["lon", "lat", "line"]) setValue(this.form, name, "");
    this.begin = null;
    this.map?.drawStretch([]);
    part("no-map").hidden = true;
    this.says.textContent = _("No place on the map will be sent. Words are enough.");
    part("place").focus();
  }

  async locate() {
    const found = await whereAmI();
    if (!found || !this.map) return void (this.says.textContent = unknownPlace());
    this.map.look(found[0], found[1], 18);
    this.note(found[0], found[1]);
  }

  /** A place chosen by its name. @param {{longitude: number, latitude: number}} found */
  found(found) {
    this.map?.look(found.longitude, found.latitude, 18);
    if (!this.isStretch) this.note(found.longitude, found.latitude);
  }

  changeKind() {
    part("ends").hidden = !this.isStretch;
    if (!this.isStretch) {
      setValue(this.form, "line", "");
      this.map?.drawStretch([]);
      return;
    }
    setValue(this.form, "lon", "");
    setValue(this.form, "lat", "");
    if (!value(this.form, "line")) this.beginAgain();
  }

  beginAgain() {
    this.begin = null;
    setValue(this.form, "line", "");
    this.map?.drawStretch([]);
    part("ends-again").hidden = true;
    part("end-here").hidden = false;
    part("end-here").textContent = _("It begins here");
    this.says.textContent = _("Put the crosshair on one end of the stretch and tap “It begins here”.");
  }

  async endHere() {
    if (!this.map) return;
    if (!this.begin) {
      this.begin = this.map.centre;
      this.map.drawStretch([this.begin]);
      part("ends-again").hidden = false;
      part("end-here").textContent = _("It ends here");
      this.says.textContent = _("Now put it on the other end and tap “It ends here”.");
      return;
    }
    const [line, name] = await this.along(this.begin, this.map.centre);
    setValue(this.form, "line", JSON.stringify(line));
    this.map.drawStretch(line);
    part("end-here").hidden = true;
    part("no-map").hidden = false;
    const metres = Math.round(lengthOf(line) / 10) * 10;
    this.says.textContent = name
      ? ngettext("%(street)s, %(num)s metre, will be sent.", "%(street)s, %(num)s metres, will be sent.", metres, { street: name })
      : ngettext("A stretch of %(num)s metre will be sent.", "A stretch of %(num)s metres will be sent.", metres);
  }

  /**
   * The stretch along the street between two ends; straight where the street is not known or the network is gone.
   * @param {[number, number]} begin @param {[number, number]} end
   * @returns {Promise<[[number, number][], string | null]>}
   */
  async along(begin, end) {
    const asked = new URLSearchParams({ from: begin.join(","), to: end.join(",") });
    try {
      const answer = await fetch(`/api/communities/${this.data.slug}/streets/stretch?${asked}`, { signal: AbortSignal.timeout(5000) });
      if (answer.ok) {
        const found = await answer.json();
        return [found.geometry.coordinates, found.properties.street ?? null];
      }
    } catch {
      // Straight, then: the working group sees where it was meant.
    }
    return [[begin, end], null];
  }
}

/** Places of the town that sound like what is written; the words stay the person's own. */
class Suggestions {
  /**
   * @param {HTMLTextAreaElement} field
   * @param {any} data
   * @param {(found: {longitude: number, latitude: number}) => void} onChosen
   */
  constructor(field, data, onChosen) {
    this.field = field;
    this.data = data;
    this.onChosen = onChosen;
    this.list = part("place-found");
    /** @type {any[]} */
    this.places = [];
    this.at = -1;
    this.asked = 0;
    field.setAttribute("aria-autocomplete", "list");
    field.setAttribute("aria-controls", this.list.id);
    field.addEventListener("input", () => {
      clearTimeout(this.asked);
      this.asked = setTimeout(() => this.ask(), WAIT_MS);
    });
    field.addEventListener("keydown", (event) => this.key(event));
    field.addEventListener("blur", () => setTimeout(() => this.close(), 200));
  }

  async ask() {
    const words = this.field.value.trim();
    if (words.length < LEAST_LETTERS || words.length > 100) return this.close();
    try {
      const asked = new URLSearchParams({ q: words, lang: this.data.language, limit: "5" });
      const answer = await fetch(`/api/communities/${this.data.slug}/places?${asked}`, { signal: AbortSignal.timeout(5000) });
      if (!answer.ok || this.field.value.trim() !== words) return;
      this.show((await answer.json()).features ?? []);
    } catch {
      this.close(); // Words are enough.
    }
  }

  /** @param {any[]} places */
  show(places) {
    this.places = places;
    this.at = -1;
    this.list.replaceChildren(
      ...places.map((place, index) => {
        const row = clone("place-found-row", place.properties);
        row.id = `place-found-${index}`;
        row.addEventListener("pointerdown", (event) => {
          event.preventDefault();
          this.choose(index);
        });
        return row;
      }),
    );
    this.list.hidden = places.length === 0;
    part("place-says").textContent = places.length ? _("Places with such a name: %(num)s. Arrow keys go through them.", { num: places.length }) : "";
  }

  close() {
    this.show([]);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (this.list.hidden) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      this.at = (this.at + step + this.places.length) % this.places.length;
      [...this.list.children].forEach((row, index) => row.setAttribute("aria-selected", String(index === this.at)));
      this.field.setAttribute("aria-activedescendant", `place-found-${this.at}`);
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
    this.field.value = place.properties.name;
    this.field.removeAttribute("aria-activedescendant");
    this.close();
    const [longitude, latitude] = place.geometry.coordinates;
    this.onChosen({ longitude, latitude });
  }
}
