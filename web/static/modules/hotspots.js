// @ts-check
/**
 * The page of hotspots: the list of words and the map in its frame select each other. Without this
 * script each place still opens and closes as a disclosure, and the map still answers to itself.
 */

import { currentTheme } from "./theme.js";

/** From this width the details of a place stand beside the list, over the map. */
const PANEL = matchMedia("(min-width: 1200px)");

/** After this long without a word from the map, the page says that it did not open. */
const MAP_PATIENCE_MS = 15_000;

const list = document.querySelector("[data-hotspots]");
/** @type {HTMLIFrameElement | null} */
const frame = document.querySelector("iframe[data-hotspot-map]");
/** @type {HTMLDetailsElement[]} */
const spots = [...document.querySelectorAll("details[data-hotspot]")].filter((node) => node instanceof HTMLDetailsElement);

/** @param {object} message */
function tell(message) {
  // The frame is sandboxed and has no origin that could be named; what is sent is public.
  frame?.contentWindow?.postMessage(message, "*");
}

function tellPanel() {
  tell({ type: "panel", shown: PANEL.matches, cover: 362 });
}

/** The theme a person chose on this page holds in the frame too. */
function tellTheme() {
  tell({ type: "theme", theme: currentTheme() });
}

/** @returns {string | null} Identity of the place that is open. */
function selected() {
  return spots.find((spot) => spot.open)?.dataset.hotspot ?? null;
}

/**
 * Opens one place and closes the others.
 * @param {string | null} id
 * @param {{scroll?: boolean}} [how]
 */
function show(id, { scroll = false } = {}) {
  for (const spot of spots) {
    const isIt = spot.dataset.hotspot === id;
    if (spot.open !== isIt) spot.open = isIt;
    if (isIt && scroll) spot.scrollIntoView({ block: PANEL.matches ? "nearest" : "start", behavior: "instant" });
  }
}

/** @param {boolean} isLate */
function setLate(isLate) {
  const words = document.querySelector("[data-map-late]");
  if (words instanceof HTMLElement) words.hidden = !isLate;
}

const late = setTimeout(() => setLate(true), MAP_PATIENCE_MS);

/** List and map fill what the header leaves of the window, however many lines it takes. */
function fitHeight() {
  const page = document.querySelector(".hotspots");
  if (!(page instanceof HTMLElement)) return;
  document.documentElement.style.setProperty("--above", `${page.getBoundingClientRect().top + window.scrollY}px`);
}
fitHeight();
window.addEventListener("resize", fitHeight);

for (const spot of spots) {
  spot.addEventListener("toggle", () => {
    if (spot.open) show(spot.dataset.hotspot ?? null);
    tell({ type: "select", id: selected() });
  });
  const close = spot.querySelector("[data-close]");
  if (close instanceof HTMLElement) {
    close.hidden = false;
    close.addEventListener("click", () => {
      spot.open = false;
      spot.querySelector("summary")?.focus();
    });
  }
}

document.addEventListener("keydown", (event) => {
  const open = spots.find((spot) => spot.open);
  if (event.key !== "Escape" || !open || !PANEL.matches) return;
  open.open = false;
  open.querySelector("summary")?.focus();
});

window.addEventListener("message", (event) => {
  if (!frame || event.source !== frame.contentWindow) return;
  const message = event.data;
  if (typeof message !== "object" || message === null) return;
  if (message.type === "ready") {
    clearTimeout(late);
    setLate(false);
    tellPanel();
    tellTheme();
    if (selected() !== null) tell({ type: "select", id: selected() });
  }
  if (message.type === "select" && typeof message.id === "string") show(message.id, { scroll: true });
});

PANEL.addEventListener("change", tellPanel);
document.addEventListener("themechange", tellTheme);

// The frame may have been ready before this script was.
tellPanel();
tellTheme();
if (list && PANEL.matches && spots.length > 0 && selected() === null) show(spots[0].dataset.hotspot ?? null);
