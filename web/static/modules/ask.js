// @ts-check
/** A question before something is erased for good, asked in the page; whoever leaves it has said no. */

import { clone, doer } from "./elements.js";

/**
 * @param {string} question
 * @param {string} yes What is done, on its button.
 * @returns {Promise<boolean>}
 */
export function ask(question, yes) {
  const dialog = /** @type {HTMLDialogElement} */ (clone("ask", { question, yes }));
  doer(dialog, "yes")?.addEventListener("click", () => dialog.close("yes"));
  doer(dialog, "no")?.addEventListener("click", () => dialog.close());
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((done) => {
    // When it closes the browser gives the focus back to where it was.
    dialog.addEventListener("close", () => {
      dialog.remove();
      done(dialog.returnValue === "yes");
    });
  });
}
