// @ts-check
/** One step of the form at a time: what, where, details, what others will see; and a page that can be left at once. */

import { gettext as _ } from "./i18n.js";

/** @typedef {"what" | "where" | "nearby" | "details" | "seen"} Step */
/** @type {Step[]} */
const STEPS = ["what", "where", "nearby", "details", "seen"];
const FAULT = "script-faults-words";
const NUMBER = { what: 1, where: 2, nearby: 2, details: 3, seen: 4 };

/**
 * @typedef {object} Hooks
 * @property {(step: Step) => string | null} missing What has to be said before the step may be left, in words.
 * @property {(step: Step) => Promise<boolean>} wanted Whether a step has anything to ask.
 * @property {(step: Step) => void} shown
 */

export class Steps {
  /** @param {HTMLFormElement} form @param {Hooks} hooks */
  constructor(form, hooks) {
    this.form = form;
    this.hooks = hooks;
    this.marks = [...(document.getElementById("step-marks")?.children ?? [])];
    this.words = /** @type {HTMLElement} */ (document.getElementById("step-words"));
    this.faults = /** @type {HTMLElement} */ (document.getElementById("script-faults"));
    this.busy = false;
    form.addEventListener("input", () => this.faults.hidden || this.say(null));
    document.getElementById("next")?.addEventListener("click", () => this.next());
    document.getElementById("back")?.addEventListener("click", () => this.back());
    for (const link of document.querySelectorAll("[data-step-link]")) {
      link.addEventListener("click", () => this.show(/** @type {Step} */ (link.getAttribute("data-step-link")), false));
    }
    this.show(this.at, false);
  }

  get at() {
    return /** @type {Step} */ (this.form.dataset.at);
  }

  /** What the step cannot do without: a group of choices, or the words for the place. */
  get asked() {
    return this.form.querySelector(`[data-step="${this.at}"] :is(fieldset, #place)`);
  }

  /** @param {Step} step @param {boolean} [moveFocus] */
  show(step, moveFocus = true) {
    this.form.dataset.at = step;
    this.say(null);
    this.marks.forEach((mark, index) => {
      mark.classList.toggle("is-done", index + 1 < NUMBER[step]);
      mark.classList.toggle("is-now", index + 1 === NUMBER[step]);
    });
    this.words.textContent = _("Step %(step)s of %(all)s", { step: NUMBER[step], all: 4 });
    this.hooks.shown(step);
    if (!moveFocus) return;
    scrollTo(0, 0);
    const title = this.form.querySelector(`[data-step="${step}"] .step__title`);
    if (title instanceof HTMLElement) title.focus({ preventScroll: true });
  }

  /** What is missing, said above the form and read out. @param {string | null} words */
  say(words) {
    this.faults.hidden = words === null;
    const says = document.getElementById(FAULT);
    if (says) says.textContent = words ?? "";
    for (const field of this.form.querySelectorAll("fieldset, textarea")) tie(field, field === this.asked && words !== null);
    if (words !== null) this.faults.focus();
  }

  async next() {
    if (this.busy) return;
    const missing = this.hooks.missing(this.at);
    if (missing) return this.say(missing);
    this.busy = true;
    for (const step of STEPS.slice(STEPS.indexOf(this.at) + 1)) {
      if (await this.hooks.wanted(step)) {
        this.show(step);
        break;
      }
    }
    this.busy = false;
  }

  back() {
    const before = STEPS.slice(0, STEPS.indexOf(this.at)).filter((step) => step !== "nearby").at(-1);
    if (before) this.show(before);
    else history.back();
  }
}

/** Ties a field to the words that say what is wrong with it, or unties it. @param {Element} field @param {boolean} isWrong */
function tie(field, isWrong) {
  const words = new Set((field.getAttribute("aria-describedby") ?? "").split(" ").filter((id) => id && id !== FAULT));
  if (isWrong) words.add(FAULT);
  if (words.size) field.setAttribute("aria-describedby", [...words].join(" "));
  else field.removeAttribute("aria-describedby");
  if (field instanceof HTMLTextAreaElement) field.setAttribute("aria-invalid", String(isWrong));
}

/** Leaves at once, and keeps nothing of this page to come back to. @param {() => void} forget */
export function hideAtOnce(forget) {
  const link = document.getElementById("hide");
  link?.addEventListener("click", (event) => {
    event.preventDefault();
    document.body.hidden = true;
    document.title = "";
    forget();
    location.replace(/** @type {HTMLAnchorElement} */ (link).href);
  });
}

/** Big choices: one is open at a time. @param {(code: string, byPointer: boolean) => void} onChosen */
export function foldChoices(onChosen) {
  const choices = [...document.querySelectorAll("details.choice")].filter((node) => node instanceof HTMLDetailsElement);
  for (const choice of choices) {
    choice.open = choice.dataset.chosen === "yes";
    choice.classList.add("is-ready");
    choice.addEventListener("toggle", () => {
      if (!choice.open) return;
      for (const other of choices) if (other !== choice) other.open = false;
      choice.scrollIntoView({ block: "nearest" });
    });
    choice.addEventListener("click", (event) => {
      if (!(event.target instanceof HTMLInputElement)) return;
      for (const other of choices) other.classList.toggle("choice--chosen", other === choice);
      // Arrow keys choose too, with a click of detail 0: who goes through the list must not be carried away by it.
      onChosen(event.target.value, event.detail > 0 || lastWasPointer());
    });
  }
}

let pointed = 0;
addEventListener("pointerup", () => (pointed = performance.now()), { capture: true });
/** A tap on a label clicks its input a moment later, with no pointer of its own. */
function lastWasPointer() {
  return performance.now() - pointed < 400;
}
