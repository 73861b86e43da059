/* Collections: how each stands, what a sync would do, and doing it. */

import { ask, tell } from "./api.js";
import { byId, make } from "./elements.js";
import { addressOf } from "./route.js";
import { say, sayProblem, saying } from "./toast.js";
import { NUMBER, counted, spoken } from "./words.js";

const list = byId("collections-list");
const form = byId("collection-new");
const MODES = ["auto", "copy", "reflink", "hardlink", "symlink", "tag"];
const STATES = {
  in_step: "in step", behind: "behind: a sync brings it in line", held: "held since it was undone, until the next sync",
  target_missing: "its folder is missing",
};
const ACTS = {
  create: "to add", move: "to move", replace: "to replace", remove: "to remove", forget: "gone from the folder",
  tagadd: "to tag", tagremove: "to untag",
};
const DONE = { create: "added", move: "moved", replace: "replaced", remove: "removed", kept: "kept" };
const STEPS_SHOWN = 200;

form.elements.mode.append(...MODES.map((mode) => make("option", { value: mode }, mode)));

export function enterCollections() {
  show();
}

const show = saying(async () => {
  const { rows } = await ask("/api/collections");
  if (!rows.length) {
    list.replaceChildren(make("p", { class: "notice" }, "There is no collection yet. Write a query below, say where its photos go, and they are kept in step from then on."));
    return;
  }
  list.replaceChildren(...rows.map(card));
});

function card(one) {
  const result = make("div", { class: "result", role: "status", "aria-live": "polite" });
  const button = (text, act) => {
    const made = make("button", { type: "button", class: "tool", "aria-label": `${text} ${one.name}` }, text);
    made.addEventListener("click", () => busily(made, result, () => act(one, result)));
    return made;
  };
  const place = one.target ?? (one.mode === "tag" ? "in the photos' metadata" : "no folder: only a query");
  return make("article", { class: "collection", "data-name": one.name, "aria-label": one.name },
    make("h2", {}, make("bdi", {}, one.name)),
    make("p", { class: `state state-${one.state}` }, one.error ?? STATES[one.state] ?? spoken(one.state)),
    make("dl", { class: "facts" },
      fact("Query", make("a", { href: addressOf({ q: one.query }), "data-view": "library" }, make("bdi", {}, one.query || "every photo"))),
      fact("Photos", `${NUMBER.format(one.count)}, ${NUMBER.format(one.placed)} placed`),
      fact("Goes to", make("bdi", {}, place)), fact("Mode", one.mode)),
    make("p", { class: "actions" }, button("Plan", plan), button("Sync", sync), button("Verify", verify), button("Undo", undo)),
    result);
}

function fact(name, value) {
  return make("div", {}, make("dt", {}, name), make("dd", {}, value));
}

/* Does `act` with the card's buttons at rest, and says what is going on. */
async function busily(button, result, act) {
  const buttons = button.parentElement.querySelectorAll("button");
  buttons.forEach((each) => { each.disabled = true; });
  result.replaceChildren(make("p", { class: "quiet" }, "Working\u2026"));
  try {
    await act();
  } catch (problem) {
    result.replaceChildren();
    sayProblem(problem);
  } finally {
    buttons.forEach((each) => { each.disabled = false; });
    button.focus();
  }
}

async function plan({ name }, result) {
  const { counts, steps, kept } = await ask(addressOfOne(name, "plan"));
  if (!steps.length && !kept.length) {
    result.replaceChildren(make("p", {}, "Nothing is to be done: it is what its query says."));
    return;
  }
  const number = Object.entries(counts).map(([act, count]) => `${NUMBER.format(count)} ${ACTS[act] ?? act}`);
  const lines = [...steps.map(({ act, destination, source }) => [ACTS[act] ?? act, destination, source]), ...kept.map(({ destination, why }) => [`kept: ${spoken(why)}`, destination])];
  result.replaceChildren(
    make("p", {}, [...number, kept.length ? `${NUMBER.format(kept.length)} kept` : ""].filter(Boolean).join(", ")),
    make("ul", { class: "plain steps", tabindex: 0, "aria-label": `What a sync of ${name} would do` },
      ...lines.slice(0, STEPS_SHOWN).map(([what, destination, source]) => make("li", {}, make("span", { class: "quiet" }, `${what} `), make("bdi", {}, destination), source ? make("span", { class: "quiet" }, " from ", make("bdi", {}, source)) : null)),
      lines.length > STEPS_SHOWN ? make("li", { class: "quiet" }, `and ${counted(lines.length - STEPS_SHOWN, "more step")}`) : null));
}

async function sync(one) {
  await tellDone(one, await tell(addressOfOne(one.name, "sync")), "Nothing was to be done.");
}

async function undo(one) {
  await tellDone(one, await tell(addressOfOne(one.name, "undo")), "There was nothing to undo.");
}

async function tellDone({ name }, { counts, notes }, nothing) {
  const words = Object.entries(counts).map(([act, count]) => `${NUMBER.format(count)} ${DONE[act] ?? spoken(act)}`);
  await show();
  const result = [...list.children].find((each) => each.dataset.name === name)?.querySelector(".result");
  result?.replaceChildren(make("p", {}, words.join(", ") || nothing), ...notes.map((note) => make("p", { class: "quiet" }, make("bdi", {}, note))));
}

async function verify({ name }, result) {
  const { rows } = await tell(addressOfOne(name, "verify"));
  if (!rows.length) result.replaceChildren(make("p", {}, "Everything that was placed is as it was."));
  else result.replaceChildren(make("p", {}, `${counted(rows.length, "file")} not as placed:`), make("ul", { class: "plain steps", tabindex: 0, "aria-label": "Files that are not as placed" }, ...rows.map(({ destination, state }) => make("li", {}, make("span", { class: "quiet" }, `${spoken(state)} `), make("bdi", {}, destination)))));
}

function addressOfOne(name, what) {
  return `/api/collections/${encodeURIComponent(name)}/${what}`;
}

/* A new one: what its query selects is shown before it is kept. */
const given = () => Object.fromEntries(new FormData(form));

async function preview() {
  const { count, rows } = await tell("/api/collections", { ...given(), dry_run: true });
  byId("collection-preview").replaceChildren(`${counted(count, "photo")} `, make("span", { class: "previews" },
    ...rows.slice(0, 12).map(({ id, alt }) => make("img", { src: `/api/photos/${id}/thumb`, alt, loading: "lazy", height: 72 }))));
}

byId("collection-try").addEventListener("click", saying(preview));
form.addEventListener("submit", saying(async (event) => {
  event.preventDefault();
  const { name } = await tell("/api/collections", given());
  form.reset();
  byId("collection-preview").replaceChildren();
  say(`${name} is kept. Sync puts its photos in place.`);
  await show();
}));
