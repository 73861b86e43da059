/* How the page looks, and the keys that every part of it has. */

import { hideCard } from "./card.js";
import { byId } from "./elements.js";

function showBoxes(visible) {
  document.documentElement.classList.toggle("boxless", !visible);
  byId("boxes").setAttribute("aria-pressed", visible);
}
const toggleBoxes = () => showBoxes(document.documentElement.classList.contains("boxless"));

function toggleTheme() {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
}

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
