// @ts-check
/**
 * A little work a phone does in the background, so that many marks may come from one address: see the reference of
 * HTTP. Without it, and without Web Crypto, marks are taken too, only fewer in an hour.
 */

const WAIT_MS = 8000, GOOD_FOR_MS = 900_000;

/** @param {string} hex */
const bytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
/** @param {ArrayBuffer} buffer */
const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** @type {Map<string, {proof: Promise<string | null>, until: number}>} By community: one that is ready, or being made. */
const ready = new Map();

/** Begins the work before it is needed. @param {string} community */
export function prepareProof(community) {
  const held = ready.get(community);
  if (held && held.until > performance.now()) return held.proof;
  const proof = solve(community).catch(() => null);
  ready.set(community, { proof, until: performance.now() + GOOD_FOR_MS });
  return proof;
}

/** A proof to send once; null where there is none. @param {string} community */
export async function takeProof(community) {
  const proof = await prepareProof(community);
  ready.delete(community);
  return proof;
}

/** @param {string} community @returns {Promise<string | null>} */
async function solve(community) {
  if (!globalThis.crypto?.subtle) return null;
  const answer = await fetch(`/api/communities/${encodeURIComponent(community)}/challenge`, {
    credentials: "omit", cache: "no-store", signal: AbortSignal.timeout(WAIT_MS),
  });
  if (!answer.ok) return null;
  const challenge = await answer.json();
  const { nonce, salt, cost, keyLength, keyPrefix } = challenge.parameters;
  const password = new Uint8Array([...bytes(nonce), 0, 0, 0, 0]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt: bytes(salt), iterations: cost };
  for (let counter = 0; ; counter++) {
    new DataView(password.buffer).setUint32(password.length - 4, counter);
    const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
    const derivedKey = hex(await crypto.subtle.deriveBits(how, key, keyLength * 8));
    if (derivedKey.startsWith(keyPrefix)) return btoa(JSON.stringify({ challenge, solution: { counter, derivedKey } }));
  }
}
