// @ts-check
/** Photos of a mark, each sent after it under an id of its own: sent twice it is the same photo. */

/**
 * @typedef {object} Photo
 * @property {string} id
 * @property {Blob | null} blob As it is sent; let go once it has arrived.
 * @property {Blob} small For the lists of this phone.
 * @property {"waiting" | "sent" | "refused"} state
 * @property {number} [status] Of the answer that refused it.
 */

const TIMEOUT_MS = 180_000;

/** @param {Photo} photo */
export const isWaiting = (photo) => photo.state === "waiting";

/** Whether an answer asks to try again later. @param {Response} answer */
export function isForLater(answer) {
  return answer.status === 429 || answer.status === 408 || answer.status >= 500;
}

/** @param {Response} answer @returns {number} */
export function waitOf(answer) {
  return 1000 * (Number(answer.headers.get("Retry-After")) || 0);
}

/**
 * @param {string} address Of the report. @param {string} editToken @param {Photo} photo
 * @returns {Promise<{photo: Photo, wait: number}>} The photo as it is now; still waiting where the server has no time for it.
 */
export async function sendPhoto(address, editToken, photo) {
  const answer = await fetch(`${address}/photos/${photo.id}`, {
    method: "PUT", headers: { "Content-Type": "image/jpeg", "Edit-Token": editToken }, body: photo.blob, credentials: "omit",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  await answer.text(); // read to its end, so that nothing is under way when the page is left
  if (isForLater(answer)) return { photo, wait: waitOf(answer) };
  if (answer.ok) return { photo: { ...photo, state: "sent", blob: null }, wait: 0 };
  return { photo: { ...photo, state: "refused", status: answer.status }, wait: 0 };
}
