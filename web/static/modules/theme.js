// @ts-check
/** Day and night: follows the device until the person chooses; the choice stays on this device. */

/** @returns {"day" | "night"} */
export function currentTheme() {
  const chosen = document.documentElement.dataset.theme;
  if (chosen === "day" || chosen === "night") return chosen;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "night" : "day";
}

function announce() {
  document.dispatchEvent(new CustomEvent("themechange", { detail: currentTheme() }));
}

function toggle() {
  const next = currentTheme() === "day" ? "night" : "day";
  document.documentElement.dataset.theme = next;
  try {
    localStorage.setItem("theme", next);
  } catch {
    // Kept for this page only.
  }
  announce();
}

for (const button of document.querySelectorAll("[data-theme-toggle]")) button.addEventListener("click", toggle);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", announce);

// The menu closes as menus do: by Escape and by a tap elsewhere.
const menu = document.querySelector("details.menu");
if (menu instanceof HTMLDetailsElement) {
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary")?.focus();
  });
  document.addEventListener("click", (event) => {
    if (event.target instanceof Node && !menu.contains(event.target)) menu.open = false;
  });
}
