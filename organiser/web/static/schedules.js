/* What is done at set times: the list, switches, and a form for a new entry. */

import { ask, tell } from "./api.js";
import { confirmed } from "./confirm.js";
import { byId, make } from "./elements.js";
import { say, sayProblem, saying } from "./toast.js";

const form = byId("schedule-form");
const dialog = byId("schedule-dialog");
const MOMENT = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });
const ACTIONS = { scan: "scan folders", reclassify: "judge what is stale", collections: "bring the collections in line", sweep: "queue what is due" };
const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
let changed = () => {};

form.elements.action.append(...Object.entries(ACTIONS).map(([value, text]) => make("option", { value }, text)));
form.elements.day.append(...DAYS.map((day, number) => make("option", { value: number }, day)));

/* Has `act()` called when an entry was added, switched or removed. */
export function onSchedules(act) {
  changed = act;
}

/* The entries as rows of a list; without a worker that is alive nobody does them. */
export function drawnSchedules(entries, served) {
  const add = make("button", { type: "button", class: "tool", "data-act": "schedule add" }, "Add an entry");
  add.addEventListener("click", saying(openForm));
  return [
    entries.length ? make("ul", { class: "plain rows" }, ...entries.map(row)) : make("p", { class: "quiet" }, "Nothing is done at set times."),
    served ? null : make("p", { class: "quiet" }, "The service does them, and none is running: ", make("code", {}, "organiser up"), " starts it."),
    make("p", { class: "actions" }, add),
  ].filter(Boolean);
}

function row({ id, name, cron, action, arguments: given, on, next, last }) {
  const toggle = make("button", { type: "button", class: "tool switch", role: "switch", "aria-checked": on, "aria-label": `${name} is done at its times`, "data-act": `schedule switch ${id}` }, on ? "On" : "Off");
  toggle.addEventListener("click", saying(async () => {
    await tell(`/api/schedules/${id}/switch`, { on: !on });
    await changed();
  }));
  const remove = make("button", { type: "button", class: "tool", "aria-label": `Remove ${name}`, "data-act": `schedule remove ${id}` }, "Remove");
  remove.addEventListener("click", saying(async () => {
    if (!(await confirmed({ title: `Remove ${name}?`, text: "It is not done any more; Off keeps it for later.", action: "Remove" }))) return;
    await tell(`/api/schedules/${id}/remove`);
    await changed();
  }));
  const what = [ACTIONS[action] ?? action, given.root, given.query, given.model && `with ${given.model}`].filter(Boolean);
  const when = [cronText(cron), next ? `next ${MOMENT.format(next * 1000)}` : "", last ? `last ${MOMENT.format(last * 1000)}` : ""].filter(Boolean).join(", ");
  return make("li", {}, make("span", {}, make("strong", {}, make("bdi", {}, name)), ": ", make("bdi", {}, what.join(", ")), make("br"), make("span", { class: "quiet" }, when)), make("span", { class: "actions" }, toggle, remove));
}

/* A cron text as people say it, where that is short. */
export function cronText(cron) {
  const [minute, hour, day, month, weekday, second] = cron.trim().split(/\s+/);
  const plain = (text, most) => /^\d+$/.test(text) && Number(text) <= most;
  if (second !== undefined || day !== "*" || month !== "*" || !plain(minute, 59)) return cron;
  const time = plain(hour, 23) ? `${hour.padStart(2, "0")}:${minute.padStart(2, "0")}` : null;
  if (weekday === "*" && hour === "*") return `every hour at ${minute} past`;
  if (weekday === "*" && time) return `every day at ${time}`;
  if (plain(weekday, 7) && time) return `every ${DAYS[weekday % 7]} at ${time}`;
  return cron;
}

async function openForm() {
  const [{ roots }, { rows: models }] = await Promise.all([ask("/api/work"), ask("/api/models")]);
  form.reset();
  form.elements.root.replaceChildren(make("option", { value: "" }, "all folders"), ...roots.map(({ id, path }) => make("option", { value: id }, path)));
  form.elements.model.replaceChildren(make("option", { value: "" }, "the one in use then"), ...models.map(({ digest, label }) => make("option", { value: digest }, label)));
  byId("schedule-error").replaceChildren();
  fit();
  dialog.showModal();
}

/* Shows what the chosen action and time need, and nothing else. */
function fit() {
  const { action, when } = form.elements;
  const wanted = { root: action.value === "scan", query: action.value === "reclassify", model: action.value === "reclassify", time: when.value === "daily" || when.value === "weekly", day: when.value === "weekly", cron: when.value === "cron" };
  for (const [name, is] of Object.entries(wanted)) {
    form.elements[name].closest(".field").hidden = !is;
    form.elements[name].disabled = !is;
  }
}

function cronOf({ when, time, day, cron }) {
  const [hour, minute] = (time.value || "03:30").split(":").map(Number);
  return { hourly: "0 * * * *", daily: `${minute} ${hour} * * *`, weekly: `${minute} ${hour} * * ${day.value}`, cron: cron.value }[when.value];
}

form.addEventListener("change", fit);
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { name, action, root, query, model } = form.elements;
  const told = { name: name.value.trim(), cron: cronOf(form.elements), action: action.value };
  if (!root.disabled && root.value) told.root = Number(root.value);
  if (!query.disabled && query.value.trim()) told.query = query.value.trim();
  if (!model.disabled && model.value) told.model = model.value;
  try {
    const entry = await tell("/api/schedules", told);
    dialog.close();
    say(`${entry.name}: ${cronText(entry.cron)}`);
    await changed();
  } catch (problem) {
    if (problem.status) byId("schedule-error").replaceChildren(make("p", {}, problem.message));
    else sayProblem(problem);
  }
});
byId("schedule-cancel").addEventListener("click", () => dialog.close());
