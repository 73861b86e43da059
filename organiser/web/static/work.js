/* Work: what waits and who is at it, and having it begin, pause, go on or be tried again. */

import { ask, listen, tell } from "./api.js";
import { byId, make } from "./elements.js";
import { addressOf, place } from "./route.js";
import { say, saying } from "./toast.js";
import { NUMBER, counted, spoken } from "./words.js";

const body = byId("work-body");
const MOMENT = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });
const SILENT = 90; // seconds without a sign of life
let waiting = 0;

export function enterWork() {
  show();
}

const show = saying(async () => {
  const told = await ask("/api/work");
  if (place().view !== "work") return;
  const focused = document.activeElement?.closest("[data-act]")?.dataset.act;
  body.replaceChildren(due(told), roots(told), workers(told), failed(told), runs(told), more(told));
  if (focused) body.querySelector(`[data-act="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  tellShort(told);
});

function card(title, ...children) {
  return make("article", { class: "collection", "aria-label": title }, make("h2", {}, title), ...children);
}

/* A button that tells the server something, and what `said` says when it is done. */
function button(text, path, what, said, label = text) {
  const made = make("button", { type: "button", class: "tool", "aria-label": label, "data-act": `${path} ${JSON.stringify(what)}` }, text);
  made.addEventListener("click", saying(async () => {
    made.disabled = true;
    try {
      await tell(`/api/work/${path}`, what);
      say(said);
    } finally {
      made.disabled = false;
    }
    await show();
  }));
  return made;
}

function due({ due: steps, in_hand: inHand, rate, eta, paused, halted }) {
  const left = Object.entries(steps).filter(([, count]) => count);
  const names = Object.keys(paused);
  const lines = [
    left.length ? left.map(([step, count]) => `${NUMBER.format(count)} to ${spoken(step)}`).join(", ") : "Nothing waits.",
    inHand ? `${NUMBER.format(inHand)} in hand` : "",
    rate ? `${rate.toFixed(1)} photos a second` : "",
    eta === null ? "" : `done in about ${duration(eta)}`,
    names.length ? `paused: ${names.join(", ")}` : "",
    halted ? "what a cancelled run left lies until work goes on" : "",
  ];
  return card("What waits", make("p", { id: "work-due" }, lines.filter(Boolean).join(" \u00b7 ")), make("p", { class: "actions" },
    button("Scan all folders", "scan", {}, "The scan begins."),
    names.length || halted ? button("Go on", "resume", {}, "Work goes on.") : button("Pause", "pause", {}, "Work is paused.")));
}

function roots({ roots: folders, at }) {
  if (!folders.length) return card("Folders", make("p", {}, "No folder was handed over yet: ", make("code", {}, "organiser scan FOLDER"), " in a terminal does, and its photos appear here while it runs."));
  return card("Folders", make("ul", { class: "plain rows" }, ...folders.map((root) => {
    const state = root.offline_since === null ? `looked through ${root.reconciled === null ? "never" : `${duration(at - root.reconciled)} ago`}` : `offline: ${root.offline_reason}`;
    return make("li", {}, make("span", {}, make("bdi", {}, root.path), make("span", { class: root.offline_since === null ? "quiet" : "trouble" }, ` ${state}`)),
      button("Scan", "scan", { root: root.id }, "The scan begins.", `Scan ${root.path}`));
  })));
}

function workers({ workers: all, at }) {
  if (!all.length) return card("Workers", make("p", { class: "quiet" }, "No service is running; a scan works by itself."));
  return card("Workers", make("ul", { class: "plain rows" }, ...all.map((one) => make("li", {}, make("bdi", {}, one.name), make("span", { class: "quiet" },
    `${NUMBER.format(one.processes)} at once on ${one.device}, ${at - one.at > SILENT ? `silent for ${duration(at - one.at)}` : "alive"}`)))));
}

function failed({ failures, failures_total: total }) {
  if (!failures.length) return card("Could not be done", make("p", { class: "quiet" }, "Nothing failed."));
  const ids = failures.map(({ id }) => id);
  return card("Could not be done",
    make("p", { class: "actions" }, make("span", {}, counted(total, "failure")), button("Retry all", "retry", { ids }, "The next scan tries them again.")),
    make("ul", { class: "plain rows" }, ...failures.map((one) => make("li", {},
      one.photo ? thumbnail(one.photo) : null,
      make("span", {}, make("bdi", {}, one.path), make("br"), make("span", { class: "quiet" }, `${spoken(one.kind)}: `, make("bdi", {}, one.reason))),
      make("span", { class: "actions" },
        button("Retry", "retry", { ids: [one.id] }, "The next scan tries it again.", `Retry ${one.path}`),
        button("Forget", "forget-failure", { ids: [one.id] }, "Forgotten.", `Forget that ${one.path} failed`))))));
}

function thumbnail(photo) {
  const image = make("img", { src: `/api/photos/${photo}/thumb`, alt: "", loading: "lazy", width: 56, height: 42 });
  image.addEventListener("error", () => image.remove());
  return make("a", { href: addressOf({ photo }), "data-view": "photo", "aria-label": "All about this photo" }, image);
}

function runs({ runs: all, at }) {
  if (!all.length) return card("Runs", make("p", { class: "quiet" }, "No run yet."));
  return card("Runs", make("ul", { class: "plain rows" }, ...all.map((run) => {
    const counts = Object.entries(run.counts).filter(([word]) => !word.endsWith("_ms")).map(([word, count]) => `${NUMBER.format(count)} ${spoken(word)}`).join(", ");
    const state = run.error ? `failed: ${run.error}` : run.cancelled ? "cancelled" : run.ended === null ? `going on for ${duration(at - run.started)}` : `took ${duration(run.ended - run.started)}`;
    return make("li", {}, make("span", {}, `${spoken(run.kind)} by ${run.origin}, ${MOMENT.format(run.started * 1000)} `, make("span", { class: run.error ? "trouble" : "quiet" }, `${state}; ${counts || "nothing to do"}`)),
      run.ended === null && !run.cancelled ? button("Cancel", "cancel", { run: run.id }, "Cancelled.", `Cancel run ${run.id}`) : null);
  })));
}

function more({ schedules, models }) {
  return card("Models and schedules", make("ul", { class: "plain rows" },
    ...models.map((model) => make("li", {}, make("bdi", {}, model.label), make("span", { class: "quiet" }, `${model.active ? "in use, " : ""}${counted(model.predictions, "face")} judged`))),
    ...schedules.map((one) => make("li", {}, make("bdi", {}, `${one.name}: ${one.cron}`), make("span", { class: "quiet" }, one.next ? `next ${MOMENT.format(one.next * 1000)}` : "")))));
}

/* In the bar of every view: how much is left. */
function tellShort({ due: steps, eta, paused }) {
  const left = Object.values(steps).reduce((sum, count) => sum + count, 0);
  const soon = eta === null || eta === undefined ? "" : `, ${duration(eta)}`;
  const text = !left ? "" : Object.keys(paused).length ? `${counted(left, "photo")} paused` : `${counted(left, "photo")} to go${soon}`;
  if (byId("at-work").textContent !== text) byId("at-work").textContent = text;
}

function duration(seconds) {
  for (const [size, unit] of [[86400, "d"], [3600, "h"], [60, "min"]]) if (seconds >= 2 * size) return `${Math.round(seconds / size)} ${unit}`;
  return `${Math.max(Math.round(seconds), 0)} s`;
}

listen("work", (told) => {
  tellShort(told);
  if (place().view !== "work") return;
  clearTimeout(waiting);
  waiting = setTimeout(show, 400);
});
