/* Collections: how each stands, what a sync would do, doing it, and changing them. */

import { ask, tell } from "./api.js";
import { openForm } from "./collection_form.js";
import { drawnPlan } from "./collection_plan.js";
import { confirmed } from "./confirm.js";
import { byId, make } from "./elements.js";
import { addressOf, place } from "./route.js";
import { begin, isOpen, onTask, openTask, progress } from "./tasks.js";
import { say, sayProblem, saying } from "./toast.js";
import { NUMBER, counted, spoken } from "./words.js";

const list = byId("collections-list");
const STATES = {
  in_step: "in step", behind: "behind: a sync brings it in line", held: "held since it was undone, until the next sync",
  target_missing: "its folder is missing", nowhere: "only a query: nothing is placed",
};
const DOING = { sync: "Syncing", undo: "Undoing", verify: "Reading it all again", remove: "Taking it away", edit: "Leaving the old folder" };
const DONE = { create: "added", move: "moved", replace: "replaced", remove: "removed", kept: "kept" };
const ACTS = Object.keys(DOING);
const results = new Map(); // by name: what stands below its buttons
let focused = null; // the act of the button that had the focus when it was put to rest

export function enterCollections() {
  show();
}

const show = saying(async () => {
  const { rows } = await ask("/api/collections");
  if (place().view !== "collections") return;
  keepFocus(() => {
    if (rows.length) list.replaceChildren(...rows.map(card));
    else list.replaceChildren(make("p", { class: "notice" }, "There is no collection yet. Write a query, say where its photos go, and they are kept in step from then on."));
  });
});

/* Changes cards; a button that had the focus gets it back, once its deed is done: no button can keep it at rest. */
function keepFocus(change) {
  const active = document.activeElement ?? document.body;
  if (active !== document.body) focused = active.closest("#collections-list [data-act]")?.dataset.act ?? null;
  change();
  if (focused === null) return;
  const button = list.querySelector(`[data-act="${CSS.escape(focused)}"]`);
  if (button?.disabled) return;
  button?.focus({ preventScroll: true });
  focused = null;
}

function card(collection) {
  const { name, state, error, query, target, mode, count, placed } = collection;
  const button = (text, act) => {
    const made = make("button", { type: "button", class: "tool", "aria-label": `${text} ${name}`, "data-act": `${text} ${name}` }, text);
    made.addEventListener("click", saying(() => act(collection)));
    return made;
  };
  const where = target ?? (mode === "tag" ? "into the photos' metadata" : "nowhere yet");
  const deeds = state === "nowhere" ? [] : [button("Plan", plan), button("Sync", sync), button("Verify", verify), button("Undo", undo)];
  const made = make("article", { class: "collection", "data-name": name, "aria-label": name },
    make("div", { class: "card-head" }, make("h2", {}, make("bdi", {}, name)), make("p", { class: `state state-${state}` }, error ?? STATES[state] ?? spoken(state))),
    state === "target_missing" ? make("p", { class: "actions" }, make("span", { class: "quiet" }, "Is its disk mounted? If you removed the folder yourself:"), button("Fill anew", fillAnew)) : null,
    make("dl", { class: "facts" },
      fact("Query", make("a", { href: addressOf({ q: query }), "data-view": "library" }, make("bdi", {}, query || "every photo"))),
      fact("Photos", state === "nowhere" ? NUMBER.format(count) : `${NUMBER.format(count)}, ${NUMBER.format(placed)} placed`),
      target ? fact("Mode", mode) : null, fact("Goes to", make("bdi", {}, where), "whole")),
    make("p", { class: "actions" }, ...deeds, button("Edit", edit), button("Remove", remove)),
    make("div", { class: "result", role: "status", "aria-live": "polite" }));
  fill(made, name);
  return made;
}

function fact(name, value, kind = null) {
  return make("div", { class: kind }, make("dt", {}, name), make("dd", {}, value));
}

/* Shows below a card's buttons what goes on, else what came of the last deed; its deeds rest meanwhile. */
function fill(article, name) {
  const going = openTask(null, name);
  const busy = Boolean(going && ACTS.includes(going.act));
  for (const button of article.querySelectorAll(".actions > button")) button.disabled = busy;
  const result = article.querySelector(".result");
  if (busy) result.replaceChildren(make("p", {}, `${DOING[going.act]}\u2026`), progress(going, `${DOING[going.act]}: ${name}`));
  else result.replaceChildren(...(results.get(name) ?? []));
  article.classList.toggle("wide", result.querySelector(".plan") !== null);
}

function refill(name, ...nodes) {
  results.set(name, nodes);
  const article = [...list.children].find((each) => each.dataset.name === name);
  if (article) keepFocus(() => fill(article, name));
}

/* Begins a deed and shows what came of it; `told(task)` gives that as nodes. */
async function done(name, path, body, told) {
  results.delete(name);
  try {
    const task = await begin(addressOfOne(name, path), body);
    results.set(name, task.state === "stopped" && task.error ? [make("p", {}, "It was stopped.")] : told(task.result));
  } catch (problem) {
    results.set(name, [make("p", { class: "trouble" }, problem.message)]);
    sayProblem(problem);
  }
  await show();
}

async function plan(collection) {
  const { name } = collection;
  refill(name, make("p", { class: "quiet" }, "Looking at every file\u2026"));
  try {
    const told = await ask(addressOfOne(name, "plan"));
    refill(name, drawnPlan(collection, told, saying((choices) => syncAs(name, choices))));
  } catch (problem) {
    refill(name);
    throw problem;
  }
}

function sync({ name }) {
  return done(name, "sync", {}, (result) => outcome(result, "Nothing was to be done."));
}

async function syncAs(name, choices) {
  if (choices.drop.length) {
    const text = `Nothing else is known of ${choices.drop.length === 1 ? "this photo" : "these photos"}: what is removed is gone for good, and Undo does not bring it back.`;
    if (!(await confirmed({ title: `Remove ${counted(choices.drop.length, "last copy").replace("copys", "copies")}?`, text, action: "Remove for good" }))) return;
  }
  await done(name, "sync", choices, (result) => outcome(result, "Nothing was to be done."));
}

async function fillAnew({ name, target }) {
  const text = `${target} is made again and filled. If its disk is only away, mount it instead.`;
  if (await confirmed({ title: `Fill ${name} anew?`, text, action: "Fill it anew" })) await done(name, "sync", { recreate: true }, (result) => outcome(result, "Nothing was to be done."));
}

function undo({ name }) {
  return done(name, "undo", {}, (result) => outcome(result, "There was nothing to undo."));
}

function verify({ name }) {
  return done(name, "verify", {}, ({ rows }) => {
    if (!rows.length) return [make("p", {}, "Everything that was placed is as it was.")];
    return [make("p", {}, `${counted(rows.length, "file")} not as placed:`), make("ul", { class: "plain steps", tabindex: 0, "aria-label": "Files that are not as placed" }, ...rows.map(({ destination, state }) => make("li", {}, make("span", { class: "quiet" }, `${spoken(state)} `), make("bdi", {}, destination))))];
  });
}

function outcome({ counts, notes }, nothing) {
  const words = Object.entries(counts).map(([act, count]) => `${NUMBER.format(count)} ${DONE[act] ?? spoken(act)}`);
  return [make("p", {}, words.join(", ") || nothing), ...notes.map((note) => make("p", { class: "quiet" }, make("bdi", {}, note)))];
}

function edit(collection) {
  openForm(collection, async (values, { name }) => {
    const changed = Object.fromEntries(Object.entries(values).filter(([word, value]) => word === "keep_files" || value !== (collection[word] ?? "")));
    if (!Object.keys(changed).length) return;
    results.delete(name);
    const told = await tell(addressOfOne(name, "edit"), changed);
    say(told.task ? `${name} leaves its folder.` : `${told.name} is changed.`);
    await show();
  });
}

async function remove({ name, placed, target, mode }) {
  const where = target ?? (mode === "tag" ? "the photos' metadata" : null);
  const choices = placed && where ? [["remove", `Take away the ${counted(placed, "photo")} placed in ${where}`], ["keep", "Leave them there, as files of mine"]] : [];
  const chosen = await confirmed({ title: `Remove ${name}?`, text: "The collection is forgotten. The photos of the library stay where they are.", choices, action: "Remove" });
  if (chosen === null) return;
  await done(name, "remove", { keep_files: chosen === "keep" }, (result) => {
    say(`${name} is removed.`);
    return outcome(result, "");
  });
}

function addressOfOne(name, what) {
  return `/api/collections/${encodeURIComponent(name)}/${what}`;
}

byId("collection-new").addEventListener("click", () => openForm(null, async (values) => {
  const { name, state } = await tell("/api/collections", values);
  say(state === "nowhere" ? `${name} is kept.` : `${name} is kept. Sync puts its photos in place.`);
  await show();
}));

onTask((task) => {
  if (place().view !== "collections" || !ACTS.includes(task.act)) return;
  const article = [...list.children].find((each) => each.dataset.name === task.subject);
  if (!article) return;
  if (!isOpen(task)) show();
  else keepFocus(() => fill(article, task.subject));
});
