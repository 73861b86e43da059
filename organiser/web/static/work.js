/* Work: what waits and who is at it, and having it begin, pause, go on or be tried again. */

import { ask, listen, tell } from "./api.js";
import { byId, make } from "./elements.js";
import { drawnFailures } from "./failures.js";
import { place } from "./route.js";
import { drawnSchedules, onSchedules } from "./schedules.js";
import { say, saying } from "./toast.js";
import { NUMBER, counted, spoken } from "./words.js";

const body = byId("work-body");
const MOMENT = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });
const SILENT = 90; // seconds without a sign of life
const STEPS = { scan: "Read folders", detect: "Find faces", judge: "Judge", place: "Fill collections" };
const BEGUN = {
  service: "The scan begins.", process: "The scan begins.", later: "A scan goes on; once it is done it is scanned again.", nobody: "That is being scanned already.",
  offline: "It is offline: nothing of it is scanned, and nothing of it is forgotten.",
};
let waiting = 0;
let last = null;

export function enterWork() {
  show();
}

const show = saying(async () => {
  const told = await ask("/api/work");
  tellShort(told);
  last = told;
  draw();
});

function draw() {
  if (place().view !== "work" || !last) return;
  const focused = document.activeElement?.closest("#work-body [data-act]")?.dataset.act;
  const cards = [due(last), roots(last), failed(last), runs(last), schedules(last), workers(last)];
  if (body.children.length !== cards.length) body.replaceChildren(...cards);
  else cards.forEach((made, at) => { if (!body.children[at].isEqualNode(made)) body.children[at].replaceWith(made); });
  if (focused && !body.contains(document.activeElement)) body.querySelector(`[data-act="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
}

function card(title, ...children) {
  return make("article", { class: "collection", "aria-label": title }, make("h2", {}, title), ...children);
}

/* A button that tells the server something, and what `said` says when it is done: a text, or one made of the answer. */
function button(text, path, what, said, label = text) {
  const made = make("button", { type: "button", class: "tool", "aria-label": label, "data-act": `${path} ${JSON.stringify(what)}` }, text);
  made.addEventListener("click", saying(async () => {
    made.disabled = true;
    try {
      const told = await tell(`/api/work/${path}`, what);
      say(typeof said === "string" ? said : said(told));
    } finally {
      made.disabled = false;
    }
    await show();
  }));
  return made;
}

const begun = ({ by }) => BEGUN[by];

function due({ due: steps, in_progress: inHand, rate, eta, oldest, paused, halted, placing, scans }) {
  const left = Object.values(steps).reduce((sum, count) => sum + count, 0);
  const names = Object.keys(paused);
  const lines = [
    left ? `${NUMBER.format(left)} to do` : "Nothing waits.",
    inHand ? `${NUMBER.format(inHand)} in progress` : "",
    left && rate ? `${rate.toFixed(1)} photos a second` : "",
    eta === null ? "" : `done in about ${duration(eta)}`,
    left && oldest !== null ? `the oldest waits for ${duration(oldest)}` : "",
    halted ? "what a cancelled run left lies until work goes on" : "",
  ];
  const waits = { scan: steps.identify + scans, detect: steps.detect, judge: steps.judge, place: placing ? "to be looked through" : 0 };
  return card("What waits", make("p", { id: "work-due" }, lines.filter(Boolean).join(" \u00b7 ")),
    make("ul", { class: "plain rows steps-list" }, ...Object.entries(STEPS).map(([step, title]) => stepRow(step, title, waits[step], paused))),
    make("p", { class: "actions" }, button("Scan all folders", "scan", {}, begun),
      names.length || halted ? button("Go on with all", "resume", {}, "Work goes on.") : button("Pause all", "pause", {}, "Work is paused; what is in progress is finished.")));
}

function stepRow(step, title, count, paused) {
  const since = paused[step];
  const number = typeof count === "number" && count ? NUMBER.format(count) : count || "";
  const state = since === undefined ? number : `${number ? `${number}, ` : ""}paused since ${MOMENT.format(since * 1000)}`;
  return make("li", {}, make("span", {}, title, " ", make("span", { class: since === undefined ? "quiet" : "trouble" }, state)),
    since === undefined ? button("Pause", "pause", { steps: [step] }, `${title}: paused.`, `Pause: ${title}`) : button("Go on", "resume", { steps: [step] }, `${title}: goes on.`, `Go on: ${title}`));
}

function roots({ roots: folders, at }) {
  if (!folders.length) return card("Folders", make("p", {}, "No folder was handed over yet: ", make("code", {}, "organiser scan FOLDER"), " in a terminal does, and its photos appear here while it runs."));
  return card("Folders", make("ul", { class: "plain rows" }, ...folders.map((root) => {
    const online = root.offline_since === null;
    const state = online ? `online, looked through ${root.reconciled === null ? "never" : ago(at - root.reconciled)}` : `offline since ${MOMENT.format(root.offline_since * 1000)}: ${root.offline_reason}`;
    return make("li", {}, make("span", {}, make("bdi", {}, root.path), make("br"), make("span", { class: online ? "state state-in_step quiet" : "state state-target_missing trouble" }, state)),
      button("Scan", "scan", { root: root.id }, begun, `Scan ${root.path}`));
  })));
}

function workers({ workers: all, at }) {
  if (!all.length) return card("Workers", make("p", { class: "quiet" }, "No service is running; a scan works by itself. ", make("code", {}, "organiser up"), " starts one that watches the folders."));
  return card("Workers", make("ul", { class: "plain rows" }, ...all.map((worker) => make("li", {}, make("bdi", {}, worker.name), make("span", { class: "quiet" },
    `${NUMBER.format(worker.processes)} at once on ${worker.device}, ${at - worker.at > SILENT ? `silent for ${duration(at - worker.at)}` : "alive"}`)))));
}

function failed(told) {
  return card("Could not be done", ...drawnFailures(told, button, draw));
}

function runs({ runs: all, at }) {
  if (!all.length) return card("Runs", make("p", { class: "quiet" }, "No run yet."));
  return card("Runs", make("ul", { class: "plain rows runs" }, ...all.map((run) => {
    const counts = Object.entries(run.counts).filter(([word, count]) => count && !word.endsWith("_ms")).map(([word, count]) => `${NUMBER.format(count)} ${spoken(word)}`).join(", ");
    const going = run.ended === null;
    const took = going ? `going on for ${duration(at - run.started)}` : `took ${duration(run.ended - run.started)}`;
    const state = run.error ? `failed: ${run.error}` : run.cancelled ? (going ? "is being cancelled" : `cancelled, ${took}`) : took;
    return make("li", {}, make("span", {}, make("strong", {}, spoken(run.kind)), ` by ${run.origin}, ${MOMENT.format(run.started * 1000)}`, make("br"), make("span", { class: run.error ? "trouble" : "quiet" }, `${state}; ${counts || (going ? "nothing done yet" : "nothing to do")}`)),
      going && !run.cancelled ? button("Cancel", "cancel", { run: run.id }, "Cancelled; what is in progress is finished.", `Cancel run ${run.id}`) : null);
  })));
}

function schedules({ schedules: entries, workers: all, at }) {
  return card("At set times", ...drawnSchedules(entries, all.some((worker) => at - worker.at <= SILENT)));
}

/* In the bar of every view: how much is left. */
function tellShort({ due: steps, eta, paused }) {
  const left = Object.values(steps).reduce((sum, count) => sum + count, 0);
  const soon = eta === null || eta === undefined ? "" : `, ${duration(eta)}`;
  const text = !left ? "" : Object.keys(paused).length ? `${counted(left, "photo")} paused` : `${counted(left, "photo")} to go${soon}`;
  if (byId("at-work").textContent !== text) byId("at-work").textContent = text;
}

function ago(seconds) {
  return seconds < 60 ? "just now" : `${duration(seconds)} ago`;
}

function duration(seconds) {
  for (const [size, unit] of [[86400, "d"], [3600, "h"], [60, "min"]]) if (seconds >= 2 * size) return `${Math.round(seconds / size)} ${unit}`;
  return `${Math.max(Math.round(seconds), 0)} s`;
}

onSchedules(show);
listen("work", (told) => {
  tellShort(told);
  if (place().view !== "work") return;
  clearTimeout(waiting);
  waiting = setTimeout(show, 400);
});
