/* Models: what another one would change, photo by photo, before it is used; using it, and going back. */

import { ask, listen, tell } from "./api.js";
import { confirmed } from "./confirm.js";
import { byId, make, sign } from "./elements.js";
import { addressOf, go, place } from "./route.js";
import { begin, isOpen, onTask, openTask, progress } from "./tasks.js";
import { say, sayProblem, saying } from "./toast.js";
import { NUMBER, counted } from "./words.js";

const list = byId("models-list");
const gallery = byId("flips");
const NONE = "none";
const SHOWN = 120;
let models = [];
let drawn = ""; // what the gallery shows: model and change
let refreshing = 0;

export function enterModels() {
  show();
}

const show = saying(async () => {
  const { rows, stale } = await ask("/api/models");
  if (place().view !== "models") return;
  models = rows;
  const focused = document.activeElement?.closest("#models-list [data-act]")?.dataset.act;
  byId("models-stale").textContent = stale ? `${counted(stale, "photo")} to be judged by the model in use` : "";
  const before = rows.find(({ previous }) => previous);
  list.replaceChildren(...rows.map((model) => card(model, model.active ? before : null)));
  if (rows.length < 2) list.append(make("p", { class: "notice" }, "There is one model. Another one, such as your own after fine-tuning, is made known in a terminal: ", make("code", {}, "organiser models add BUNDLE"), "."));
  if (focused) list.querySelector(`[data-act="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  await showFlips();
});

function card(model, before) {
  const { label, digest, active, shipped, previous, predictions, labels, trial } = model;
  const button = (text, act, name = `${text}: ${label}`) => {
    const made = make("button", { type: "button", class: "tool", "aria-label": name, "data-act": name }, text);
    made.addEventListener("click", saying(act));
    return made;
  };
  const state = active ? "in use" : previous ? "in use before" : "not in use";
  const deeds = active
    ? [before ? button(`Roll back to ${before.label}`, () => rollBack(before), `Roll back to ${before.label}`) : null]
    : [button("What would change?", () => attempt(model, false)), trial && trial.compared < trial.photos ? button("Try it on all photos", () => attempt(model, true)) : null,
      trial ? make("a", { class: "tool", href: addressOf({ view: "models", model: digest }), "data-view": "models" }, `See ${counted(trial.flips, "change")}`) : null, button("Use", () => use(model))];
  const made = make("article", { class: "collection", "data-model": digest, "aria-label": label },
    make("div", { class: "card-head" }, make("h2", {}, make("bdi", {}, label)), make("p", { class: `state state-${active ? "in_step" : "held"}` }, state + (shipped ? ", comes with the organiser" : ""))),
    make("dl", { class: "facts" }, fact("Has judged", counted(predictions, "face")), fact("Knows", labels.join(", ")), trial && !active ? fact("Tried", summary(trial)) : null),
    make("p", { class: "actions" }, ...deeds), make("div", { class: "result", role: "status", "aria-live": "polite" }));
  fill(made, digest, label);
  return made;
}

function fact(name, value) {
  return make("div", {}, make("dt", {}, name), make("dd", {}, value));
}

function fill(article, digest, label) {
  const going = openTask("try", digest);
  for (const button of article.querySelectorAll(".actions > button")) button.disabled = Boolean(going);
  article.querySelector(".result").replaceChildren(...(going ? [make("p", {}, "Trying it on faces that were cut out before; nothing is changed\u2026"), progress(going, `Trying ${label}`)] : []));
}

function summary({ flips, compared, photos, seconds }) {
  const tried = `${NUMBER.format(flips)} of ${counted(compared, "photo")} would change`;
  const cost = seconds === null ? "" : `; judging all ${NUMBER.format(photos)} takes about ${seconds < 90 ? `${Math.max(Math.round(seconds), 1)} s` : `${Math.round(seconds / 60)} min`} in one process`;
  return tried + cost;
}

async function attempt({ digest, label }, everything) {
  try {
    const task = await begin(`/api/models/${digest}/try`, { all: everything });
    if (task.state === "stopped") {
      say("It was stopped; nothing was changed.");
      return;
    }
    say(task.result.flips ? `${label} would change ${counted(task.result.flips, "photo")}.` : `${label} would change nothing.`);
    drawn = "";
    if (place().view === "models") go({ view: "models", model: digest });
  } catch (problem) {
    sayProblem(problem);
  } finally {
    await show();
  }
}

async function use({ label, digest, trial }) {
  const text = trial ? `${summary(trial)}. You can roll back.` : "What it would change has not been tried yet. You can roll back.";
  if (!(await confirmed({ title: `Judge with ${label} from now on?`, text, action: "Use it" }))) return;
  tellUsed(await tell(`/api/models/${digest}/use`));
  go({ view: "models" });
  await show();
}

async function rollBack({ label }) {
  const text = "What it had read of each face is kept, so that this is quick; your corrections stay as they are.";
  if (!(await confirmed({ title: `Judge with ${label} again?`, text, action: "Roll back" }))) return;
  tellUsed(await tell("/api/models/roll-back"));
  await show();
}

function tellUsed({ label, by }) {
  const then = by === "nobody" ? "" : " What it has not judged yet is judged now.";
  say(`${label} judges from now on.${then}`);
}

/* The gallery of the model that the address names: every photo whose verdict it would change, old and new. */
async function showFlips() {
  const { model: digest, change = "" } = place();
  const model = models.find((each) => each.digest === digest);
  gallery.hidden = !model?.trial || model.active;
  if (gallery.hidden) {
    drawn = "";
    return;
  }
  const key = `${digest} ${change} ${model.trial.flips} ${model.trial.compared}`;
  if (key === drawn) return;
  drawn = key;
  byId("flips-title").textContent = `What ${model.label} would change`;
  byId("flips-count").textContent = summary(model.trial);
  byId("flips-changes").replaceChildren(...model.trial.changes.map((each) => changeChip(digest, each, change)));
  const wall = byId("flips-wall");
  wall.replaceChildren();
  await showMore(wall, model, change, 0);
}

function changeChip(digest, { from, to, photos }, change) {
  const value = `${from ?? NONE}-${to ?? NONE}`;
  const chip = make("button", { type: "button", class: "chip", "aria-pressed": value === change }, ...changeWords(from, to), make("span", { class: "chip-count" }, NUMBER.format(photos)));
  chip.addEventListener("click", () => go({ view: "models", model: digest, change: value === change ? "" : value }));
  return chip;
}

/* "neutral → happy", with the signs of both. */
function changeWords(from, to) {
  const word = (emotion) => [sign(emotion ?? "other"), make("span", {}, emotion ?? "no emotion")];
  return [...word(from), make("span", { "aria-hidden": "true" }, "\u2192"), make("span", { class: "unseen" }, " becomes "), ...word(to)];
}

async function showMore(wall, { digest, label }, change, after) {
  const [from = "", to = ""] = change.split("-");
  const { rows, total, next } = await ask(`/api/models/${digest}/flips`, { from, to, after, limit: SHOWN });
  wall.querySelector(".more")?.remove();
  wall.append(...rows.map(figure));
  byId("flips-none").hidden = total > 0;
  byId("flips-none").textContent = `${label} would change none of the photos that it was tried on.`;
  if (next === null) return;
  const more = make("button", { type: "button", class: "tool more" }, `Show ${NUMBER.format(Math.min(total - next, SHOWN))} more of ${NUMBER.format(total)}`);
  more.addEventListener("click", saying(() => showMore(wall, { digest, label }, change, next)));
  wall.append(more);
}

function figure({ id, name, alt, before, after }) {
  const image = make("img", { src: `/api/photos/${id}/thumb`, alt: "", loading: "lazy" });
  const link = make("a", { href: addressOf({ ...place(), photo: String(id) }), "data-view": "photo", "aria-label": `${name}: ${before ?? "no emotion"} becomes ${after ?? "no emotion"}`, title: alt ?? name }, image);
  return make("figure", { class: "flip" }, link, make("figcaption", { "aria-hidden": "true" }, make("span", { class: "flip-change" }, ...changeWords(before, after)), make("bdi", { class: "quiet" }, name)));
}

onTask((task) => {
  if (place().view !== "models" || task.act !== "try") return;
  const article = [...list.children].find((each) => each.dataset.model === task.subject);
  if (article && isOpen(task)) fill(article, task.subject, article.getAttribute("aria-label"));
});
listen("library", () => {
  if (place().view !== "models") return;
  clearTimeout(refreshing);
  refreshing = setTimeout(show, 400);
});
