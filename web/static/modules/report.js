// @ts-check
/**
 * Marking a place, step by step. The page is the plain form; this script shows one part at a time, keeps what is said
 * on the phone until it is sent, and sends it under an id the phone made.
 */

import { clone } from "./elements.js";
import { gettext as _, loadWords } from "./i18n.js";
import { fill, geometry, payload, placeWords, setValue, typedWords, value } from "./report_answers.js";
import { Steps, foldChoices, hideAtOnce } from "./report_steps.js";

const data = JSON.parse(document.getElementById("report-data")?.textContent ?? "{}");
const form = /** @type {HTMLFormElement} */ (document.getElementById("report"));
/** @param {string} id */
const part = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
/** Modules that are not needed for the first step. */
const later = {
  outbox: () => import("./outbox.js"), place: () => import("./report_place.js"), nearby: () => import("./report_nearby.js"),
  photos: () => import("./report_photos.js"), seen: () => import("./report_seen.js"), done: () => import("./report_done.js"), offline: () => import("./offline.js"),
  proof: () => import("./proof_of_work.js"),
};

const MOST_WORDS = 200;

/** @type {import("./report_place.js").Place | null} */
let place = null;
/** @type {import("./report_photos.js").Photos | null} */
let photos = null;
/** @type {any[]} */
let others = [];
let id = crypto.randomUUID();
/** @type {string | null} Of a mark that is being corrected. */
let token = null;
/** Id of the mark that is on its way: no draft may come after it. */
let sending = "";

/** @returns {import("./report_answers.js").Category | undefined} */
const category = () => data.categories[value(form, "category")];
const isConfidential = () => category()?.tier === 2;

/** @param {import("./report_steps.js").Step} step */
function missing(step) {
  if (step === "what" && !category()) return _("Choose what is there.");
  if (step === "where") {
    const words = placeWords(form);
    if (!geometry(form) && !/[\p{L}\p{N}]/u.test(words)) return _("Say in words where it is, or show it on the map.");
    if (words.length > MOST_WORDS) return _("Say in words where it is, in up to 200 characters, or show it on the map.");
  }
  if (step === "details" && !value(form, "severity")) return _("Choose how bad it is.");
  return null;
}

/** @param {import("./report_steps.js").Step} step */
async function wanted(step) {
  if (step !== "nearby") return true;
  const kind = category();
  if (!kind || token) return false;
  const { nearby, listNearby } = await later.nearby();
  others = await nearby(data.slug, kind, geometry(form));
  const onSame = () => finish({ state: "same" });
  part("nearby-list").replaceChildren(...listNearby(others, kind, { slug: data.slug, severities: data.severities, onSame }));
  return others.length > 0;
}

/** @param {import("./report_steps.js").Step} step */
async function shown(step) {
  part("next").textContent = step === "nearby" ? _("None of these") : _("Next");
  const kind = category();
  if (step === "where" && kind) {
    const { Place } = await later.place();
    place ??= new Place(form, data);
    await place.open(kind.geometry_kinds);
  }
  if (step === "details" && kind) askQuestions(kind);
  if (step === "seen" && kind) {
    part("publish-row").hidden = kind.tier === 2;
    const publish = /** @type {HTMLInputElement} */ (part("publish-row").querySelector("input"));
    if (kind.tier === 2) publish.checked = false;
    else if (!publish.dataset.offered) publish.checked = true; // what others will see stands right above it
    publish.dataset.offered = "yes"; // before anything is waited for: the mark may be sent at once
    const { seenByOthers } = await later.seen();
    await photos?.ready;
    part("seen").replaceChildren(seenByOthers(kind, payload(form), photos?.held ?? []));
    part("photo-consent").hidden = !photos?.held.length;
  }
  // Early enough to be ready when it is sent, and not while the page still comes.
  if (step === "details") void later.proof().then(({ prepareProof }) => prepareProof(data.slug)).catch(() => undefined);
  if (step !== "what") void keepDraft();
}

/** @param {import("./report_answers.js").Category} kind */
function askQuestions(kind) {
  const holder = part("questions");
  if (holder.dataset.of === kind.code) return;
  holder.dataset.of = kind.code;
  holder.replaceChildren(
    ...kind.questions.map((question) => {
      const set = clone("question", { title: question.title });
      for (const [code, words] of question.answers) {
        const chip = clone("question-answer", { words });
        const box = /** @type {HTMLInputElement} */ (chip.querySelector("input"));
        box.name = `answers.${question.code}`;
        box.value = code;
        set.querySelector(".chips")?.append(chip);
      }
      return set;
    }),
  );
}

/** @param {"draft" | "waiting"} state @returns {import("./outbox.js").Mark} */
function mark(state) {
  const kind = category();
  return {
    id, community: data.slug, state, payload: payload(form), words: typedWords(form), edit_token: token ?? "", is_correction: token !== null, version: data.version,
    title: isConfidential() ? _("A confidential mark") : (kind?.title ?? ""), symbol: isConfidential() ? "household" : (kind?.symbol ?? "danger"),
    made_at: new Date().toISOString(), photos: photos?.held ?? [], is_confidential: isConfidential(),
  };
}

/**
 * A confidential draft is not kept: the phone may be somebody else's too.
 * @returns {Promise<boolean>} False where this phone has no room for a photo.
 */
async function keepDraft() {
  const { forget, keepWithRoom } = await later.outbox();
  if (token || sending === id) return true;
  const kept = await (isConfidential() ? forget(id) : keepWithRoom(mark("draft"))).catch(() => undefined);
  return isConfidential() || kept?.photos?.length === (photos?.held.length ?? 0);
}

/** The part for photos, which comes only to who wants to add one. */
async function openPhotos() {
  const { Photos } = await later.photos();
  photos ??= new Photos(data.max_photos, keepDraft);
  return photos;
}

function listenForPhotos() {
  const chooser = /** @type {HTMLInputElement} */ (part("photo-file"));
  chooser.addEventListener("click", () => {
    void openPhotos().catch(() => undefined);
    // A small phone may drop the page while its camera is open: the address leads back to the draft.
    if (!isConfidential()) history.replaceState(null, "", `#${id}`);
  });
  chooser.addEventListener("change", async () => {
    const files = [...(chooser.files ?? [])];
    chooser.value = "";
    try {
      await (await openPhotos()).add(files);
    } catch {
      part("photo-says").textContent = _("Photos cannot be added without a network here. The mark can be sent without one.");
    }
  });
}

async function send() {
  const lacking = /** @type {const} */ (["what", "where", "details"]).find((step) => missing(step));
  if (lacking) {
    steps.show(lacking);
    return void steps.say(missing(lacking));
  }
  const button = /** @type {HTMLButtonElement} */ (part("send"));
  button.disabled = true;
  await photos?.ready;
  sending = id;
  const { amend, deliver, holdUnkept, keepWithRoom, randomToken } = await later.outbox();
  const made = { ...mark("waiting"), edit_token: token ?? randomToken() };
  const kept = await keepWithRoom(made).catch(() => null);
  const isKept = kept !== null;
  try {
    const { state, reasons, preview } = await deliver(made).catch(() => ({ state: /** @type {const} */ ("waiting"), reasons: undefined, preview: undefined }));
    if (state === "refused") {
      sending = "";
      await amend(made.id, () => ({ state: "draft" })).catch(() => undefined);
      steps.show("where");
      return steps.say(_("The working group’s server did not take it. Please look at the place and the words once more. (%(fields)s)", { fields: (reasons ?? []).join(", ") }));
    }
    if (state === "waiting" && !isKept) return steps.say(_("There is no signal, and this phone keeps nothing. Leave the page open and send it again later."));
    holdUnkept(made, kept);
    // Of a confidential mark the phone keeps nothing once it has arrived: its code is shown instead, while it waits too.
    const code = isConfidential() || (state === "sent" && !isKept) ? made.edit_token : undefined;
    await finish({ state, preview, code, id: made.id, callFirst: category()?.call_first ? category()?.code : undefined });
  } finally {
    button.disabled = false;
  }
}

/** What is done when marks that waited were sent. @type {() => Promise<void>} */
let afterDraining = async () => undefined;

/** @param {import("./report_done.js").Outcome} outcome */
async function finish(outcome) {
  const { drain, forget, marks } = await later.outbox();
  if (outcome.state === "same") await forget(id).catch(() => undefined);
  const { showDone } = await later.done();
  form.hidden = true;
  part("step-marks").hidden = true;
  part("step-words").hidden = true;
  history.replaceState(null, "", location.pathname);
  let relist = () => Promise.resolve(/** @type {unknown} */ (null));
  const sendAll = () => void drain(data.slug, onArrived).catch(() => undefined);
  const given = { slug: data.slug, language: data.language, onNearHere: anotherNearHere, onTryNow: sendAll };
  const onArrived = async () => {
    const mine = (await marks(data.slug)).find((one) => one.id === outcome.id);
    const isSent = mine ? mine.state === "sent" : outcome.code !== undefined;
    if (outcome.state !== "waiting" || !isSent) return void relist();
    outcome = { ...outcome, state: "sent", preview: mine?.preview ?? outcome.preview };
    if (!part("done").hidden) relist = await showDone(part("done"), outcome, given);
  };
  afterDraining = onArrived;
  relist = await showDone(part("done"), outcome, given);
  if (outcome.state === "sent") sendAll(); // its photos
}

/** The same map and words, another thing. */
function anotherNearHere() {
  const [longitude, latitude] = [value(form, "lon"), value(form, "lat")];
  form.reset();
  id = crypto.randomUUID();
  token = null;
  setValue(form, "line", "");
  setValue(form, "lon", longitude);
  setValue(form, "lat", latitude);
  delete part("questions").dataset.of;
  part("questions").replaceChildren();
  photos?.put([], false);
  for (const node of [form, part("step-marks"), part("step-words")]) node.hidden = false;
  part("done").hidden = true;
  steps.show("what");
}

/** Goes on with a mark of this phone: `#id` in the address. */
async function goOn() {
  const wantedId = location.hash.slice(1);
  if (!wantedId) return;
  const { marks } = await later.outbox();
  const kept = (await marks(data.slug).catch(() => [])).find((one) => one.id === wantedId);
  if (!kept) return;
  if (!data.categories[kept.payload.category] || kept.version !== data.version) {
    // Words from an older page: what still fits is put back, the rest is asked again.
    kept.payload = { ...kept.payload, answers: {}, category: data.categories[kept.payload.category] ? kept.payload.category : "" };
  }
  id = /** @type {typeof id} */ (kept.id);
  token = kept.state === "sent" ? kept.edit_token : null;
  const kind = data.categories[kept.payload.category];
  if (kind) askQuestions(kind);
  fill(form, kept.payload, kept.words);
  if (kept.photos?.length) (await openPhotos()).put(kept.photos, kept.state === "sent");
  /** @type {HTMLInputElement} */ (part("publish-row").querySelector("input")).dataset.offered = "yes";
  steps.show(kind ? "where" : "what");
}

await loadWords(data.language);
const steps = new Steps(form, { missing, wanted, shown });
foldChoices((code, byPointer) => {
  // Whom to call comes before anything else: such a choice carries nobody on.
  if (byPointer && !data.categories[code]?.call_first) void steps.next();
});
hideAtOnce(() => form.reset());
listenForPhotos();
part("only-words").addEventListener("click", () => {
  const box = form.querySelector('input[name="category"][value="other_danger"]');
  if (box instanceof HTMLInputElement) box.checked = true;
  void steps.next();
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (steps.at === "seen") void send();
  else void steps.next();
});
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload(); // nothing is left to come back to
});
document.getElementById("faults")?.focus();
await goOn();
const whenIdle = globalThis.requestIdleCallback ?? ((/** @type {() => void} */ act) => setTimeout(act, 1500));
whenIdle(async () => {
  const { drainAlways } = await later.outbox();
  drainAlways(data.slug, () => void afterDraining());
  (await later.offline()).keepForOffline(data);
});
