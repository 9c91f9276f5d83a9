// @ts-check
/** The community page: map and list of the same places, each selecting in the other. */

import { drawMap } from "./community_map.js";
import { loadWords } from "./i18n.js";

const main = /** @type {HTMLElement} */ (document.querySelector("main.community"));
const data = JSON.parse(document.getElementById("map-data")?.textContent ?? "{}");
const wide = matchMedia("(min-width: 900px)");
/** @type {Awaited<ReturnType<typeof drawMap>> | null} */
let town = null;
let isTrying = false;

/** @param {"map" | "list"} view */
function show(view) {
  main.dataset.view = view;
  for (const link of document.querySelectorAll(".tabs a[data-view-link]")) {
    if (link instanceof HTMLElement && link.dataset.viewLink === view) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  if (view === "map") openMap();
}

const isMapShown = () => wide.matches || main.dataset.view === "map";

async function openMap() {
  if (town) {
    town.resize();
    return;
  }
  // A map needs its box; while the list is shown on a phone it has none.
  if (isTrying || !isMapShown()) return;
  isTrying = true;
  const failed = /** @type {HTMLElement} */ (document.getElementById("map-failed"));
  try {
    failed.hidden = true;
    town = await drawMap(data, { onSelect: selectInList });
  } catch {
    failed.hidden = false;
  }
  isTrying = false;
}

/** @param {string | null} id */
function selectInList(id) {
  for (const card of document.querySelectorAll("[data-hotspot]")) {
    if (!(card instanceof HTMLElement)) continue;
    const isChosen = card.dataset.hotspot === id;
    card.classList.toggle("place--selected", isChosen);
    card.querySelector(".place__name")?.setAttribute("aria-current", String(isChosen));
    if (!isChosen) continue;
    if (wide.matches) card.scrollIntoView({ block: "nearest" });
    fillDock(card);
  }
}

/** The row over the button shows the chosen place. @param {HTMLElement} card */
function fillDock(card) {
  const row = document.getElementById("dock-place");
  if (!row) return;
  const [plate, name, badge] = [".plate", "b", "span span:not(.plate)"].map((part) => row.querySelector(part));
  if (plate) plate.textContent = card.querySelector(".plate")?.textContent ?? "";
  if (name) name.textContent = card.querySelector(".place__name")?.textContent ?? "";
  if (badge) badge.textContent = card.querySelector(".badge")?.textContent?.trim() ?? "";
  row.setAttribute("href", `#${card.id}`);
}

function listenToLinks() {
  for (const link of document.querySelectorAll("[data-view-link]")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      const view = link instanceof HTMLElement && link.dataset.viewLink === "list" ? "list" : "map";
      show(view);
      if (!link.closest(".tabs")) document.getElementById("main")?.focus();
    });
  }
  for (const link of document.querySelectorAll("[data-show]")) {
    link.addEventListener("click", async (event) => {
      event.preventDefault();
      if (!(link instanceof HTMLElement) || !link.dataset.show) return;
      show("map");
      await openMap();
      town?.select(link.dataset.show);
      if (!wide.matches) window.scrollTo(0, 0);
    });
  }
  document.getElementById("dock-place")?.addEventListener("click", (event) => {
    event.preventDefault();
    const id = event.currentTarget instanceof HTMLAnchorElement ? event.currentTarget.hash.slice(1) : "";
    show("list");
    const card = document.getElementById(id);
    card?.scrollIntoView({ block: "start" });
    card?.querySelector("a")?.focus({ preventScroll: true });
  });
  document.getElementById("again")?.addEventListener("click", () => {
    // Scripts that did not arrive are asked for again only by loading the page anew.
    if (globalThis.L && globalThis.protomapsL) openMap();
    else location.reload();
  });
}

function watchNetwork() {
  const notice = document.querySelector("#offline > div");
  const tell = () => {
    if (notice instanceof HTMLElement) notice.hidden = navigator.onLine;
    town?.resize();
  };
  addEventListener("online", tell);
  addEventListener("offline", tell);
  tell();
}

await loadWords(data.language);
listenToLinks();
watchNetwork();
wide.addEventListener("change", openMap);
if (location.hash === "#list" || location.hash.startsWith("#place-")) {
  show("list");
  if (location.hash === "#list") requestAnimationFrame(() => scrollTo(0, 0));
}
// A wide page shows both; a page that opens as a list on a phone opens the map when it is asked for.
openMap();
