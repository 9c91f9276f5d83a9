// @ts-check
/** After sending: the code can be copied. It is kept nowhere on this device. */

import { gettext as _, loadWords } from "./i18n.js";

const button = document.getElementById("copy");
const code = document.getElementById("code");
const says = document.getElementById("copy-says");

await loadWords(document.documentElement.lang);
button?.addEventListener("click", async () => {
  if (!code || !says) return;
  try {
    await navigator.clipboard.writeText(code.textContent ?? "");
    says.textContent = _("Copied.");
  } catch {
    getSelection()?.selectAllChildren(code);
    says.textContent = _("Copying is not allowed here. The code is selected; copy it by hand, or write it down.");
  }
});
