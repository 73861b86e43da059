/* The box for the query: suggestions while one types, and the mistake under its place. */

import { ask } from "./api.js";
import { byId, make } from "./elements.js";

const box = byId("text");
const list = byId("suggestions");
const error = byId("query-error");
let items = [];
let from = 0;
let active = -1;
let follow = () => {};
let typing = 0;
let number = 0; // of the question under way: an answer to an older one is dropped

/* Has `act(query, quietly)` called when another query is asked for. */
export function onQuery(act) {
  follow = act;
}

export function showError(query, problem) {
  box.setAttribute("aria-invalid", "true");
  const place = problem.at === null ? [] : [make("pre", { "aria-hidden": "true" }, `${query}\n${" ".repeat([...query.slice(0, problem.at)].length)}^`)];
  error.replaceChildren(make("p", {}, problem.message), ...place);
}

export function clearError() {
  box.removeAttribute("aria-invalid");
  error.replaceChildren();
}

async function suggest() {
  const mine = (number += 1);
  const at = box.selectionEnd ?? box.value.length;
  const told = await ask("/api/suggest", { q: box.value, at }).catch(() => ({ from: at, items: [] }));
  if (mine !== number || document.activeElement !== box) return;
  from = told.from;
  show(told.items);
}

function show(given) {
  items = given;
  active = -1;
  list.hidden = items.length === 0;
  box.setAttribute("aria-expanded", items.length > 0);
  box.removeAttribute("aria-activedescendant");
  list.replaceChildren(...items.map(({ text, hint }, index) => make("li", { role: "option", id: `suggestion-${index}`, "aria-selected": false },
    make("span", { class: "suggestion" }, text), hint && make("span", { class: "quiet" }, hint))));
}

function close() {
  number += 1;
  show([]);
}

function move(step) {
  active = (active + step + items.length + 1) % (items.length + 1);
  if (active === items.length) active = -1;
  [...list.children].forEach((item, index) => item.setAttribute("aria-selected", index === active));
  list.children[active]?.scrollIntoView({ block: "nearest" });
  if (active < 0) box.removeAttribute("aria-activedescendant");
  else box.setAttribute("aria-activedescendant", `suggestion-${active}`);
}

function take(index) {
  const { text } = items[index];
  const at = box.selectionEnd ?? box.value.length;
  const rest = box.value.slice(at).replace(/^\S+/, "");
  const whole = /[:|]$/.test(text) ? text : `${text} `;
  box.value = box.value.slice(0, from) + whole + rest.trimStart();
  box.setSelectionRange(from + whole.length, from + whole.length);
  close();
  typed();
}

function typed() {
  clearTimeout(typing);
  typing = setTimeout(() => {
    follow(box.value.trim(), true);
    suggest();
  }, 180);
}

box.addEventListener("input", typed);
box.addEventListener("focus", suggest);
box.addEventListener("blur", close);
box.addEventListener("keydown", (event) => {
  if (event.key === "ArrowDown" && items.length) move(1);
  else if (event.key === "ArrowUp" && items.length) move(-1);
  else if ((event.key === "Enter" || event.key === "Tab") && active >= 0) take(active);
  else if (event.key === "Escape" && items.length) close();
  else if (event.key === "Enter") {
    clearTimeout(typing);
    close();
    follow(box.value.trim(), false);
  } else return;
  event.preventDefault();
});
list.addEventListener("pointerdown", (event) => {
  const item = event.target.closest("li");
  event.preventDefault(); // the box keeps the focus
  if (item) take([...list.children].indexOf(item));
});
