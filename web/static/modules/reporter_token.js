// @ts-check
/** One phone is one voice: a random number of its own goes with what it sends, and says nothing else. */

/** @returns {string} Empty where nothing can be kept on this device. */
export function reporterToken() {
  try {
    let token = localStorage.getItem("reporter-token");
    if (!token) {
      token = crypto.randomUUID() + crypto.randomUUID();
      localStorage.setItem("reporter-token", token);
    }
    return token;
  } catch {
    return "";
  }
}
