// @ts-check
/**
 * What is kept on this phone: drafts, marks that wait for the network, marks that were sent with the token that opens
 * them. A mark has its id before it is first sent, and the token too, so that sent again it is the same mark.
 */

import { openDB } from "/static/vendor/idb/index.js";
import { takeProof } from "./proof_of_work.js";
import { reporterToken } from "./reporter_token.js";

/**
 * @typedef {object} Mark
 * @property {string} id
 * @property {string} community
 * @property {"draft" | "waiting" | "sent" | "refused"} state
 * @property {any} payload
 * @property {string} edit_token Made by this phone, so that it holds even if an answer is lost.
 * @property {boolean} [is_correction] Of a mark that was sent before.
 * @property {string} title What it is, in words; of confidential marks nothing that tells.
 * @property {string} symbol
 * @property {string} made_at
 * @property {string} [sent_at]
 * @property {string[]} [reasons] Fields that were refused.
 * @property {any} [preview] What others will see, as the server said.
 * @property {{id: string, blob: Blob, is_sent: boolean}[]} [photos]
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

/** @param {string} community @returns {Promise<Mark[]>} The newest first. */
export async function marks(community) {
  const found = await (await open()).getAllFromIndex("marks", "community", community);
  return found.sort((one, other) => other.made_at.localeCompare(one.made_at));
}

/** @param {string} id */
export async function forget(id) {
  await (await open()).delete("marks", id);
}

/** Every mark this phone keeps, of all communities, and what is noted of the phone itself. */
export async function forgetAll() {
  await (await open()).clear("marks");
  try {
    localStorage.clear();
  } catch {
    // Nothing was kept there.
  }
}

/**
 * Sends one mark. Sent twice it is the same mark.
 * @param {Mark} mark
 * @returns {Promise<{state: "sent" | "waiting" | "refused", reasons?: string[], preview?: any, wait_ms?: number}>}
 */
export async function send(mark) {
  const address = `/api/communities/${encodeURIComponent(mark.community)}/reports/${mark.id}`;
  /** @type {Record<string, string>} */
  const headers = { "Content-Type": "application/json", [mark.is_correction ? "Edit-Token" : "New-Edit-Token"]: mark.edit_token };
  const token = reporterToken();
  if (token) headers["Reporter-Token"] = token;
  const proof = await takeProof(mark.community);
  if (proof) headers["Proof-Of-Work"] = proof;
  const answer = await fetch(address, {
    method: "PUT", headers, body: JSON.stringify(mark.payload), credentials: "omit", signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (answer.ok) return { state: "sent", preview: (await answer.json()).public_preview };
  if (answer.status === 429 || answer.status >= 500 || answer.status === 408) {
    return { state: "waiting", wait_ms: 1000 * (Number(answer.headers.get("Retry-After")) || 0) };
  }
  const problem = await answer.json().catch(() => ({}));
  const fields = Array.isArray(problem.errors) ? problem.errors.map((/** @type {any} */ fault) => String(fault.field)) : [];
  return { state: "refused", reasons: fields.length ? fields : [String(problem.code ?? answer.status)] };
}

/** @param {Mark} mark Sends it and keeps what came of it, if there is room for that. */
export async function deliver(mark) {
  const { state, reasons, preview, wait_ms: wait } = await send(mark);
  if (state === "waiting") return { state, wait, isNoted: true };
  const changed = { ...mark, state, reasons, preview, sent_at: state === "sent" ? new Date().toISOString() : undefined };
  const isNoted = await keep(changed).then(() => true, () => false);
  return { state, reasons, preview, wait, isNoted };
}

/** @type {Promise<unknown> | null} */
let draining = null;

/**
 * Sends all that waits, one after the other, in one window at a time, until nothing waits or the network is gone.
 * @param {string} community
 * @param {() => void} onChange
 */
export function drain(community, onChange) {
  const work = () => drainOnce(community, onChange);
  draining ??= (navigator.locks ? navigator.locks.request("outbox", work) : work()).finally(() => (draining = null));
  return draining;
}

/** @param {string} community @param {() => void} onChange */
async function drainOnce(community, onChange) {
  let pause = FIRST_WAIT_MS;
  for (;;) {
    const waiting = (await marks(community)).filter((mark) => mark.state === "waiting").reverse();
    if (!waiting.length) return;
    let failed = false, asked = 0;
    for (const mark of waiting) {
      try {
        const { state, wait, isNoted } = await deliver(mark);
        if (state === "waiting" || !isNoted) {
          failed = true;
          asked = wait ?? 0;
        } else {
          pause = FIRST_WAIT_MS;
          onChange();
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
