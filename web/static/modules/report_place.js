// @ts-check
/** Where it is: in words with places of the town beside them, by the crosshair, or as a stretch of street. */

import { gettext as _, ngettext } from "./i18n.js";
import { setKind, setValue, value } from "./report_answers.js";
import { PlaceMap, lengthOf, loadMapScripts, unknownPlace, whereAmI } from "./report_map.js";
import { StretchInWords } from "./report_stretch.js";
import { Suggestions, findPlaces } from "./suggestions.js";

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
    new StretchInWords(form, data, (line) => this.inWords(line));
    new Suggestions(/** @type {HTMLTextAreaElement} */ (part("place")), {
      list: part("place-found"), says: part("place-says"), find: (words) => findPlaces(data, words, 5),
      name: (found) => found.properties.name, onChosen: (found) => this.found(found.geometry.coordinates),
    });
  }

  get isStretch() {
    return value(this.form, "kind") === "LineString";
  }

  /** @param {string[]} kinds What a category may be. */
  async open(kinds) {
    const hasLine = kinds.includes("LineString");
    part("kind").hidden = !hasLine;
    if (!hasLine && this.isStretch) {
      setKind(this.form, "Point");
      this.clear();
    }
    this.changeKind(); // in words it goes without the map
    if (!this.map && !(await this.openMap())) return;
    this.map?.refit();
    const line = value(this.form, "line");
    if (line) this.map?.drawStretch(JSON.parse(line));
  }

  async openMap() {
    try {
      await loadMapScripts();
      this.map ??= new PlaceMap(this.data, { onCentre: (longitude, latitude) => this.note(longitude, latitude) });
    } catch {
      part("where").hidden = true;
      part("ends").hidden = true;
      this.says.textContent = _("The map did not open. Words are enough.");
      return false;
    }
    if (!this.isStretch) this.says.textContent = _("Move the map until the crosshair stands on the place. Arrow keys move it too.");
    const [longitude, latitude] = [value(this.form, "lon"), value(this.form, "lat")];
    if (longitude && latitude) this.map.look(Number(longitude), Number(latitude));
    return true;
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
    for (const name of ["lon", "lat"]) setValue(this.form, name, "");
    this.beginAgain();
    part("stretch-says").textContent = "";
    this.says.textContent = _("No place on the map will be sent. Words are enough.");
    part("place").focus();
  }

  async locate() {
    const found = await whereAmI();
    if (!found || !this.map) return void (this.says.textContent = unknownPlace());
    this.map.look(found[0], found[1], 18);
    this.note(found[0], found[1]);
  }

  /** A place chosen by its name. @param {[number, number]} found */
  found([longitude, latitude]) {
    this.map?.look(longitude, latitude, 18);
    if (!this.isStretch) this.note(longitude, latitude);
  }

  /** A stretch found by its words, or one that is no longer meant. @param {[number, number][] | null} line */
  inWords(line) {
    if (!line) return this.beginAgain();
    this.begin = line[0];
    this.take(line);
    this.says.textContent = "";
  }

  changeKind() {
    part("ends").hidden = !this.isStretch || part("where").hidden;
    part("stretch").hidden = !this.isStretch;
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
    part("no-map").hidden = true;
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
    this.take(line);
    const metres = Math.round(lengthOf(line) / 10) * 10;
    this.says.textContent = name
      ? ngettext("%(street)s, %(num)s metre, will be sent.", "%(street)s, %(num)s metres, will be sent.", metres, { street: name })
      : ngettext("A stretch of %(num)s metre will be sent.", "A stretch of %(num)s metres will be sent.", metres);
  }

  /** @param {[number, number][]} line To be sent. */
  take(line) {
    setValue(this.form, "line", JSON.stringify(line));
    this.map?.drawStretch(line);
    part("end-here").hidden = true;
    part("ends-again").hidden = false;
    part("no-map").hidden = false;
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
