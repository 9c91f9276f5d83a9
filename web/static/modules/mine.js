// @ts-check
/** The page of the marks this phone keeps. */

import { ask } from "./ask.js";
import { gettext as _, loadWords } from "./i18n.js";
import { forgetPages } from "./offline.js";
import { drainAlways, forgetAll } from "./outbox.js";
import { listOwn } from "./own_marks.js";

const community = document.getElementById("main")?.dataset.community ?? "";
const language = document.documentElement.lang;
const [list, says, forget] = ["own", "own-says", "forget"].map((id) => /** @type {HTMLElement} */ (document.getElementById(id)));

async function show() {
  const held = await listOwn(list, community, language, show);
  if (!held) says.textContent = _("This browser lets pages keep nothing. Marks can be sent all the same; write down the code that is shown then.");
  else says.textContent = held.length ? "" : _("This phone keeps no marks.");
  forget.hidden = !held;
}

await loadWords(language);
forget.addEventListener("click", async () => {
  const question = _("Delete all marks, drafts and codes from this phone? What was sent stays with the community.");
  if (!(await ask(question, _("Delete everything from this phone now")))) return;
  await forgetAll();
  await forgetPages();
  await show();
  says.focus();
});
drainAlways(community, show);
await show();
