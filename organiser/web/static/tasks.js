/* What goes on because somebody asked for it: sync, undo, verify, trying a model. It outlasts the page that began it. */

import { ask, listen, onConnected, Refusal, tell } from "./api.js";
import { make } from "./elements.js";
import { saying } from "./toast.js";
import { NUMBER } from "./words.js";

const tasks = new Map(); // by id
const waiting = new Map(); // id → what is called once it is over
const followers = [];

export const isOpen = ({ state }) => state === "waits" || state === "going";

/* Has `act(task)` called whenever a task is further. */
export function onTask(act) {
  followers.push(act);
}

/* The task of such an act with such a subject that goes on now, or undefined. */
export function openTask(act, subject) {
  return [...tasks.values()].find((task) => isOpen(task) && (act === null || task.act === act) && task.subject === subject);
}

/* Asks the server to begin something; gives its task once it is over. Throws a Refusal when it failed. */
export async function begin(path, body = {}) {
  const told = await tell(path, body);
  if (!told.task) return { state: "done", result: told };
  const { id } = told.task;
  take(told.task, tasks.get(id));
  const task = isOpen(tasks.get(id)) ? await new Promise((over, lost) => waiting.set(id, { over, lost })) : tasks.get(id);
  if (task.state === "failed") throw new Refusal(task.error, null, 0);
  return task;
}

/* A bar that says how far a task is, with a way to stop it. */
export function progress(task, label) {
  const bar = make("progress", { "aria-label": label, ...(task.total ? { max: task.total, value: task.done } : {}) });
  const stop = make("button", { type: "button", class: "tool", "data-act": `stop ${task.id}` }, "Stop");
  stop.addEventListener("click", saying(() => tell("/api/tasks/stop", { id: task.id })));
  const far = task.total ? `${NUMBER.format(task.done)} of ${NUMBER.format(task.total)}` : task.state === "waits" ? "waits for what goes on" : "begins\u2026";
  return make("div", { class: "progress" }, bar, make("span", { class: "quiet" }, far), stop);
}

function take(task, known) {
  if (known && !isOpen(known) && isOpen(task) && known.act === task.act && known.subject === task.subject) return; // an older word
  tasks.set(task.id, task);
  for (const act of followers) act(task);
  if (isOpen(task)) return;
  waiting.get(task.id)?.over(task);
  waiting.delete(task.id);
}

listen("task", (task) => take(task, null));

/* After a break: what the server knows nothing of any more is not waited for. */
onConnected(saying(async () => {
  const { rows } = await ask("/api/tasks");
  const known = new Set(rows.map(({ id }) => id));
  for (const [id, { lost }] of waiting) {
    if (known.has(id)) continue;
    tasks.delete(id);
    waiting.delete(id);
    lost(new Refusal("The organiser was started anew meanwhile; look whether it is done.", null, 0));
  }
}));
