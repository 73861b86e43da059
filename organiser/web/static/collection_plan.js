/* What a sync would do, photo by photo, and what a person says of what it would take away or leave. */

import { make } from "./elements.js";
import { addressOf, place } from "./route.js";
import { NUMBER, counted, spoken } from "./words.js";

const SHOWN = 24;
const SECTIONS = [
  ["last_copy", "Kept: it may be the last copy", "The photo is found nowhere else any more."],
  ["remove", "To remove", "The query does not select these any more; the photos themselves stay where they are."],
  ["tagremove", "To untag", "The query does not select these any more."],
  ["create", "To add", ""],
  ["tagadd", "To tag", ""],
  ["move", "To move", ""],
  ["replace", "To make anew", ""],
  ["forget", "Gone", "Somebody took these out of the folder; those that the query still selects are placed again."],
  ["edited", "Left as it is: somebody changed it", ""],
  ["unreadable", "Left as it is: it cannot be read", ""],
];
const CHOSEN_BEFORE = { last_copy: "keep", remove: "remove", tagremove: "remove" };

/* Draws a plan; `sync(choices)` is called with { keep, drop }, the placements that a person decided otherwise about. */
export function drawnPlan({ name }, { counts, steps, kept }, sync) {
  if (!steps.length && !kept.length) return make("p", {}, "Nothing is to be done: it holds what its query says.");
  const form = make("form", { class: "plan", "aria-label": `What a sync of ${name} would do` });
  const items = [...steps, ...kept.map((item) => ({ ...item, act: item.why }))];
  const numbers = { ...counts };
  for (const { why } of kept) numbers[why] = (numbers[why] ?? 0) + 1;
  form.append(...SECTIONS.filter(([act]) => numbers[act]).map(([act, title, hint]) => section(act, title, hint, numbers[act], items.filter((item) => item.act === act))));
  if (steps.length || numbers.last_copy) form.append(make("p", { class: "actions plan-end" }, make("button", { class: "tool main-tool" }, "Sync as chosen"), make("span", { class: "quiet" }, "Undo takes it back, but for a last copy that is removed.")));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    sync(choicesOf(form));
  });
  return form;
}

function section(act, title, hint, number, items) {
  const asks = CHOSEN_BEFORE[act];
  const list = make("ul", { class: "plain plan-rows" });
  const more = make("button", { type: "button", class: "tool" });
  let shown = 0;
  const show = () => {
    list.append(...items.slice(shown, shown + SHOWN).map((item) => row(item, asks)));
    shown = Math.min(shown + SHOWN, items.length);
    more.hidden = shown === items.length;
    more.textContent = `Show ${NUMBER.format(Math.min(items.length - shown, SHOWN))} more`;
  };
  more.addEventListener("click", show);
  show();
  const beyond = number - items.length;
  return make("section", {},
    make("div", { class: "plan-head" }, make("h3", {}, `${title} (${NUMBER.format(number)})`),
      asks && items.length > 1 ? make("span", { class: "actions" }, all(list, () => { while (shown < items.length) show(); }, "keep", "Keep all"), all(list, () => { while (shown < items.length) show(); }, "remove", "Remove all")) : null),
    hint ? make("p", { class: "quiet" }, hint) : null, list, make("p", { class: "actions" }, more),
    beyond > 0 ? make("p", { class: "quiet" }, `and ${counted(beyond, "more photo")} after this sync`) : null);
}

function all(list, showAll, value, text) {
  const button = make("button", { type: "button", class: "tool small" }, text);
  button.addEventListener("click", () => {
    showAll();
    for (const input of list.querySelectorAll(`input[value="${value}"]`)) input.checked = true;
  });
  return button;
}

function row({ photo, placement, destination, source, act }, asks) {
  const parts = [make("bdi", {}, destination)];
  if (source && act !== "tagadd") parts.push(make("span", { class: "quiet" }, " from ", make("bdi", {}, source)));
  return make("li", {}, thumbnail(photo, destination), make("span", { class: "plan-name" }, ...parts), asks ? choice(placement, photo, destination, asks) : null);
}

function thumbnail(photo, name) {
  const image = make("img", { src: `/api/photos/${photo}/thumb`, alt: "", loading: "lazy", width: 64, height: 48 });
  image.addEventListener("error", () => image.replaceWith(make("span", { class: "no-picture" })));
  return make("a", { href: addressOf({ ...place(), photo: String(photo) }), "data-view": "photo", "aria-label": `All about ${name}` }, image);
}

/* Keep or remove, as two buttons of which one is pressed; for the keyboard they are radio buttons. */
function choice(placement, photo, name, before) {
  const option = (value, text) => make("label", {}, make("input", { type: "radio", name: `placement-${placement}`, value, checked: value === before, "data-photo": photo, "data-placement": placement, "data-before": before }), make("span", {}, text));
  return make("fieldset", { class: "segments" }, make("legend", { class: "unseen" }, `${spoken("keep_or_remove")} ${name}`), option("keep", "Keep"), option("remove", "Remove"));
}

function choicesOf(form) {
  const changed = [...form.querySelectorAll("input:checked")].filter(({ value, dataset }) => value !== dataset.before);
  const named = (value) => changed.filter((input) => input.value === value).map(({ dataset }) => ({ placement: Number(dataset.placement), photo: Number(dataset.photo) }));
  return { keep: named("keep"), drop: named("remove") };
}
