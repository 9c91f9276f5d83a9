// @ts-check
/**
 * What is kept on this phone: drafts, marks that wait for the network, marks that were sent with the token that opens
 * them. A mark has its id before it is first sent, and the token too, so that sent again it is the same mark.
 */

import { openDB } from "/static/vendor/idb/index.js";
import { isForLater, isWaiting, sendPhoto, waitOf } from "./outbox_photos.js";
import { takeProof } from "./proof_of_work.js";
import { reporterToken } from "./reporter_token.js";

/**
 * @typedef {object} Mark
 * @property {string} id
 * @property {string} community
 * @property {"draft" | "waiting" | "sent" | "refused"} state
 * @property {any} payload
 * @property {import("./report_answers.js").PlaceWords} [words] For the place, as they were typed.
 * @property {string} edit_token Made by this phone, so that it holds even if an answer is lost.
 * @property {boolean} [is_correction] Of a mark that was sent before.
 * @property {string} title What it is, in words; of confidential marks nothing that tells.
 * @property {string} symbol
 * @property {string} made_at
 * @property {string} [sent_at]
 * @property {string[]} [reasons] Fields that were refused.
 * @property {any} [preview] What others will see, as the server said.
 * @property {import("./outbox_photos.js").Photo[]} [photos]
 * @property {boolean} [is_confidential] No photo of it stays once it has arrived.
 * @property {boolean} [is_passing] Its code was shown: nothing of it stays once its photos have arrived.
 * @property {number} version
 */

const VERSION = 1;
const FIRST_WAIT_MS = 1000, LONGEST_WAIT_MS = 60_000, TIMEOUT_MS = 30_000;

/** @type {Promise<import("/static/vendor/idb/index.js").IDBPDatabase> | null} */
let opened = null;

function open() {
  const blocking = () => {
    void opened?.then((database) => database.close());
    opened = null;
  };
  opened ??= openDB("community-map", VERSION, {
    upgrade(database) {
      database.createObjectStore("marks", { keyPath: "id" }).createIndex("community", "community");
    },
    blocking,
  }).catch((error) => {
    // A newer page was here: what it keeps only grows, so that an older one goes on with it as it is.
    if (error.name === "VersionError") return openDB("community-map", undefined, { blocking });
    throw error;
  });
  opened.catch(() => (opened = null));
  return opened;
}

/** @returns {string} 256 random bits, as the server takes them. */
export function randomToken() {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** @param {Mark} mark */
export async function keep(mark) {
  await (await open()).put("marks", mark);
}

/** Photos this phone has no room for, by the id of their mark: sent while the page is open. @type {Map<string, Mark>} */
const unkept = new Map();

/**
 * Keeps a mark with as many of its photos as there is room for.
 * @param {Mark} mark
 * @returns {Promise<Mark>} As it is kept.
 */
export async function keepWithRoom(mark) {
  for (let photos = mark.photos ?? []; ; photos = photos.slice(0, -1)) {
    try {
      const kept = { ...mark, photos };
      await keep(kept);
      return kept;
    } catch (error) {
      if (!photos.length) throw error;
    }
  }
}

/**
 * Changes what is kept of a mark, unless it was deleted meanwhile.
 * @param {string} id @param {(held: Mark) => Partial<Mark>} change
 */
export async function amend(id, change) {
  const transaction = (await open()).transaction("marks", "readwrite");
  const held = await transaction.store.get(id);
  await Promise.all([held && transaction.store.put({ ...held, ...change(held) }), transaction.done]);
}

/** @param {Mark} made @param {Mark | null} kept What of it there was room for. */
export function holdUnkept(made, kept) {
  const photos = (made.photos ?? []).filter((photo) => isWaiting(photo) && !kept?.photos?.includes(photo));
  if (photos.length) unkept.set(made.id, { ...made, state: "sent", photos });
}

/** @param {string} community @returns {Promise<Mark[]>} The newest first. */
export async function marks(community) {
  const found = await (await open()).getAllFromIndex("marks", "community", community);
  return found.sort((one, other) => other.made_at.localeCompare(one.made_at));
}

/** @param {string} id */
export async function forget(id) {
  unkept.delete(id);
  await (await open()).delete("marks", id);
}

/** Every mark this phone keeps, of all communities, and what is noted of the phone itself. */
export async function forgetAll() {
  unkept.clear();
  await (await open()).clear("marks");
  try {
    localStorage.clear();
  } catch {
    // Nothing was kept there.
  }
}

/** @param {Mark} mark */
export const addressOf = (mark) => `/api/communities/${encodeURIComponent(mark.community)}/reports/${mark.id}`;

/**
 * Sends one mark. Sent twice it is the same mark.
 * @param {Mark} mark
 * @returns {Promise<{state: "sent" | "waiting" | "refused", reasons?: string[], preview?: any, wait?: number}>}
 */
export async function send(mark) {
  /** @type {Record<string, string>} */
  const headers = { "Content-Type": "application/json", [mark.is_correction ? "Edit-Token" : "New-Edit-Token"]: mark.edit_token };
  const token = reporterToken();
  if (token) headers["Reporter-Token"] = token;
  const proof = await takeProof(mark.community);
  if (proof) headers["Proof-Of-Work"] = proof;
  const answer = await fetch(addressOf(mark), {
    method: "PUT", headers, body: JSON.stringify(mark.payload), credentials: "omit", signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (answer.ok) return { state: "sent", preview: (await answer.json()).public_preview };
  if (isForLater(answer)) return { state: "waiting", wait: waitOf(answer) };
  const problem = await answer.json().catch(() => ({}));
  const fields = Array.isArray(problem.errors) ? problem.errors.map((/** @type {any} */ fault) => String(fault.field)) : [];
  return { state: "refused", reasons: fields.length ? fields : [String(problem.code ?? answer.status)] };
}

/** @param {Mark} mark Sends it and keeps what came of it, if it is kept at all. */
export async function deliver(mark) {
  const { state, reasons, preview, wait } = await send(mark);
  if (state === "waiting") return { state, wait, isNoted: true };
  const change = { state, reasons, preview, sent_at: state === "sent" ? new Date().toISOString() : undefined };
  const noted = mark.is_confidential ? passOn(mark, state) : amend(mark.id, () => change);
  return { state, reasons, preview, wait, isNoted: await noted.then(() => true, () => false) };
}

/**
 * Of a confidential mark nothing stays once it was answered, but photos until they have arrived.
 * @param {Mark} mark @param {"sent" | "refused"} state
 */
async function passOn(mark, state) {
  const hasPhotos = state === "sent" && mark.photos?.some(isWaiting);
  await (hasPhotos ? amend(mark.id, () => ({ state, is_passing: true, payload: {}, words: undefined })) : forget(mark.id));
}

/**
 * Sends the photos of a mark that has arrived, and keeps what came of each.
 * @param {Mark} mark
 * @returns {Promise<{state: "sent" | "waiting", wait: number, isNoted: boolean}>}
 */
async function deliverPhotos(mark) {
  const isUnkept = unkept.get(mark.id) === mark;
  for (const waiting of (mark.photos ?? []).filter(isWaiting)) {
    const { photo, wait } = await sendPhoto(addressOf(mark), mark.edit_token, waiting);
    if (isWaiting(photo)) return { state: "waiting", wait, isNoted: true };
    if (isUnkept) mark.photos = withPhoto(mark, photo);
    else await amend(mark.id, (held) => ({ photos: withPhoto(held, photo) }));
  }
  if (isUnkept) unkept.delete(mark.id);
  else if (mark.is_passing) await forget(mark.id);
  return { state: "sent", wait: 0, isNoted: true };
}

/** A mark's photos, one of them as it is now. @param {Mark} mark @param {import("./outbox_photos.js").Photo} photo */
function withPhoto(mark, photo) {
  const photos = (mark.photos ?? []).map((one) => (one.id === photo.id ? photo : one));
  return mark.is_confidential ? photos.filter(({ state }) => state !== "sent") : photos;
}

/** Whether anything of a mark is still to be sent. @param {Mark} mark */
function isUnsent(mark) {
  return mark.state === "waiting" || (mark.state === "sent" && (mark.photos ?? []).some(isWaiting));
}

/** @type {Promise<unknown> | null} */
let draining = null;
/** Who wants to know of each thing that arrives. @type {Set<() => void>} */
const told = new Set();

/**
 * Sends all that waits, one after the other, in one window at a time, until nothing waits or the network is gone.
 * @param {string} community
 * @param {() => void} onChange
 */
export function drain(community, onChange) {
  told.add(onChange);
  const work = () => drainOnce(community);
  draining ??= (navigator.locks ? navigator.locks.request("outbox", work) : work()).finally(() => (draining = null));
  return draining;
}

/** @param {string} community */
async function drainOnce(community) {
  let pause = FIRST_WAIT_MS;
  for (;;) {
    const kept = await marks(community).catch(() => /** @type {Mark[]} */ ([]));
    const homeless = [...unkept.values()].filter((mark) => !kept.some(({ id, state }) => id === mark.id && state === "waiting"));
    const waiting = [...kept.filter(isUnsent).reverse(), ...homeless];
    if (!waiting.length) return;
    let failed = false, asked = 0;
    for (const mark of waiting) {
      try {
        const { state, wait, isNoted } = await (mark.state === "waiting" ? deliver(mark) : deliverPhotos(mark));
        if (state === "waiting" || !isNoted) {
          failed = true;
          asked = wait ?? 0;
        } else {
          pause = FIRST_WAIT_MS;
          for (const tell of told) tell();
        }
      } catch {
        failed = true; // The connection broke; what was sent may have arrived, and is sent again.
      }
      if (asked || (failed && !navigator.onLine)) break;
    }
    if (failed && !navigator.onLine) return; // `online` starts it again
    if (failed) {
      await new Promise((done) => setTimeout(done, Math.max(asked, pause)));
      pause = Math.min(2 * pause, LONGEST_WAIT_MS);
    }
  }
}

/** Tries again whenever there may be a network. @param {string} community @param {() => void} onChange */
export function drainAlways(community, onChange) {
  const start = () => {
    if (document.visibilityState === "visible") drain(community, onChange).catch(() => undefined);
  };
  addEventListener("online", start);
  document.addEventListener("visibilitychange", start);
  start();
}
