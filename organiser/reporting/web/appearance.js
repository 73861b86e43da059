/* How the page looks, and the keys that every part of it has. */

import { hideCard } from "./card.js";
import { byId } from "./elements.js";

function showBoxes(visible) {
  document.documentElement.classList.toggle("boxless", !visible);
  byId("boxes").setAttribute("aria-pressed", visible);
}
const toggleBoxes = () => showBoxes(document.documentElement.classList.contains("boxless"));

const THEME = "organiser.theme";
const system = () => (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");

/* What was chosen is remembered where the browser lets a page remember; choosing what the system has follows it again. */
function toggleTheme() {
  const { dataset } = document.documentElement;
  const theme = (dataset.theme ?? system()) === "dark" ? "light" : "dark";
  dataset.theme = theme;
  try {
    if (theme === system()) localStorage.removeItem(THEME);
    else localStorage.setItem(THEME, theme);
  } catch { /* then for this visit only */ }
}

try {
  const theme = localStorage.getItem(THEME);
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch { /* a browser that keeps nothing for a file has the system's */ }

byId("boxes").addEventListener("click", toggleBoxes);
byId("theme").addEventListener("click", toggleTheme);
byId("ask-keys").addEventListener("click", () => byId("keys").showModal());

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select, textarea")) return;
  if (event.key === "Escape") hideCard();
  if (document.querySelector("dialog[open]") && event.key !== "b") return;
  if (event.key === "?") byId("keys").showModal();
  else if (event.key === "/") byId("text").focus();
  else if (event.key === "b" && event.target.closest("#grid, #detail")) toggleBoxes();
  else return;
  event.preventDefault();
});
