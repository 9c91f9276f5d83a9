// @ts-check
/** A stretch of street in words: which street, from where, to where; found without a map, or sent as the words it is. */

import { gettext as _ } from "./i18n.js";
import { setValue, stretchWords, value } from "./report_answers.js";
import { Suggestions, findPlaces } from "./suggestions.js";

const WAIT_MS = 8000, MOST = 20;
const ENDS = /** @type {const} */ (["street_from", "street_to"]);
/** @param {string} id */
const part = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
/** @param {string} name */
const field = (name) => /** @type {HTMLInputElement} */ (part(name.replace("_", "-")));

export class StretchInWords {
  /**
   * @param {HTMLFormElement} form
   * @param {{slug: string, language: string}} town
   * @param {(line: [number, number][] | null) => void} onLine Found, or no longer what the words say.
   */
  constructor(form, town, onLine) {
    this.form = form;
    this.town = town;
    this.onLine = onLine;
    this.isFound = Boolean(value(form, "line") && value(form, "street"));
    this.says = part("stretch-says");
    this.streets = this.suggest("street", (words) => this.streetsNamed(words), (found) => found.properties.name);
    for (const end of ENDS) this.suggest(end, (words) => this.endsNamed(words), (found) => found.properties.number ?? found.properties.name);
    for (const name of ["street", ...ENDS]) {
      field(name).addEventListener("input", () => this.changed());
      field(name).addEventListener("keydown", (event) => {
        if (event.key !== "Enter" || event.defaultPrevented) return;
        event.preventDefault(); // On this field Enter looks for the stretch; it does not leave the step.
        void this.find();
      });
    }
    part("stretch-find").addEventListener("click", () => this.find());
  }

  /** @param {string} name @param {(words: string) => Promise<import("./suggestions.js").Found[]>} find @param {(found: import("./suggestions.js").Found) => string} say */
  suggest(name, find, say) {
    const [list, says] = [part(`${name.replace("_", "-")}-found`), part("stretch-found-says")];
    return new Suggestions(field(name), { list, says, find, name: say, onChosen: () => this.changed() });
  }

  /** @param {string} words */
  async streetsNamed(words) {
    const found = await findPlaces(this.town, words, MOST);
    const streets = found.filter((place) => place.properties.kind === "street");
    return streets.filter((place, index) => streets.findIndex((one) => one.properties.name === place.properties.name) === index);
  }

  /** Streets that may cross it; with a number first, houses at it. @param {string} words */
  async endsNamed(words) {
    const street = value(this.form, "street");
    if (!/^\d/.test(words) || !street) return this.streetsNamed(words);
    const found = await findPlaces(this.town, `${street} ${words}`, MOST);
    return found.filter((place) => place.properties.kind === "address");
  }

  /** The words say something else than what was found. */
  changed() {
    if (this.isFound) this.onLine(null);
    this.isFound = false;
    this.says.textContent = "";
  }

  async find() {
    const lacking = ["street", ...ENDS].find((name) => !value(this.form, name));
    if (lacking) {
      field(lacking).focus();
      this.says.textContent = _("Say three things: which street, from where and to where.");
      return;
    }
    this.says.textContent = _("Looking…");
    try {
      if (await this.settleStreet()) await this.ask();
    } catch {
      this.says.textContent = _("There is no signal. It will be sent in words: %(words)s.", { words: stretchWords(this.form) });
    }
  }

  /** Whether it is clear which street is meant; else it is asked. */
  async settleStreet() {
    const typed = value(this.form, "street");
    const streets = await this.streetsNamed(typed);
    const same = streets.find((street) => street.properties.name.toLowerCase() === typed.toLowerCase());
    if (!same && streets.length > 1) {
      field("street").focus();
      this.streets.show(streets.slice(0, 5));
      this.says.textContent = _("More than one street is called so. Choose yours from the list.");
      return false;
    }
    const meant = same ?? streets[0];
    if (meant) setValue(this.form, "street", meant.properties.name);
    return true;
  }

  async ask() {
    const [street, from, to] = ["street", ...ENDS].map((name) => value(this.form, name));
    const asked = new URLSearchParams({ street, from, to });
    const answer = await fetch(`/api/communities/${this.town.slug}/streets/stretch?${asked}`, { signal: AbortSignal.timeout(WAIT_MS) });
    const told = await answer.json();
    if ([street, from, to].some((words, index) => value(this.form, ["street", ...ENDS][index]) !== words)) return;
    if (answer.status === 422) return this.refused(told.errors?.[0]?.field);
    if (!answer.ok) throw new Error(String(answer.status));
    this.isFound = true;
    this.onLine(told.geometry.coordinates);
    this.says.textContent = this.found(told.properties);
  }

  /** @param {{street: string, from: string | null, to: string | null, length_m: number, is_whole: boolean}} known */
  found(known) {
    const metres = Math.max(10, Math.round(known.length_m / 10) * 10);
    const said = _("Found: %(street)s, from %(start)s to %(end)s, %(metres)s metres. It will be sent with its place on the map.", {
      street: known.street, start: known.from ?? value(this.form, "street_from"), end: known.to ?? value(this.form, "street_to"), metres,
    });
    return known.is_whole ? said : `${said} ${_("The street could not be followed all the way; please look at it on the map.")}`;
  }

  /** @param {string | undefined} name */
  refused(name) {
    const [street, from, to] = ["street", ...ENDS].map((each) => value(this.form, each));
    const words = {
      street: _("We know no street “%(street)s” here.", { street }),
      from: _("We did not find “%(end)s” on %(street)s: neither a street that crosses it nor a house.", { end: from, street }),
      to: _("We did not find the way to “%(end)s” on %(street)s: no street that crosses it, no house, or more than 2 km.", { end: to, street }),
    };
    const at = name === "from" || name === "to" ? name : "street";
    field(at === "street" ? at : `street_${at}`).focus();
    this.says.textContent = `${words[at]} ${_("Mend it, or leave it: it will be sent in words.")}`;
  }
}
