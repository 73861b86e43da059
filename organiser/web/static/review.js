/* Review: the photos in doubt one after the other, one key an answer. */

import { NO_FACE, answerBar, answerOf, correct, takeBack } from "./answers.js";
import { ask } from "./api.js";
import { byId, make } from "./elements.js";
import { badge, faceFigure } from "./figures.js";
import { AWAY, isAway, known, library, photoOf } from "./library_source.js";
import { addressOf, go, place } from "./route.js";
import { drawBoxes, showStage, singleOut, zoomTo } from "./stage.js";
import { say, sayProblem } from "./toast.js";
import { NUMBER, REASONS, counted, spoken } from "./words.js";

const AHEAD = 4; // photos that are there before they are asked for
const FEW = 12; // photos left at which more are asked for
const stage = byId("review-stage");
let order = null;
let queue = []; // photos in the order of doubt
let at = 0;
let left = null; // how many wait; null until they are counted
let since = 0; // of those that were answered while they were counted
let seen = new Set();
let answers = []; // what was answered or put off: { at, undo: promise of a token or null }
let face = null; // number of the face that is meant
let filling = null; // the asking under way: { order, done }
let atEnd = false;
const details = new Map(); // id -> promise of everything known

export function enterReview({ order: given = "doubt", collection = "" }) {
  const wanted = `${given} ${collection}`;
  showOrders(given, collection);
  if (wanted === order) {
    show();
    return;
  }
  order = wanted;
  [queue, at, left, since, answers, atEnd] = [[], 0, null, 0, [], false];
  seen = new Set();
  details.clear();
  fill().then(() => {
    if (wanted !== order) return;
    show();
    countLeft();
  });
}

/* From its first count on it is counted here: answers are still on their way when the server counts. */
async function countLeft() {
  const [kind, ...name] = order.split(" ");
  const mine = order;
  const told = await ask("/api/review/left", { order: kind, collection: name.join(" ") }).catch(() => null);
  if (mine !== order || !told) return;
  left = Math.max(told.left - since, 0);
  showLeft();
}

/* Counts one more or less that waits. */
function wait(change) {
  if (left === null) since -= change;
  else left = Math.max(left + change, 0);
}

async function showOrders(given, collection) {
  const list = byId("review-order");
  const option = (value, text) => make("option", { value }, text);
  const collections = await ask("/api/collections").then((told) => told.rows ?? told.collections ?? [], () => []);
  list.replaceChildren(option("doubt", "Most doubtful first"), option("gain ", "Least sure first"), ...collections.map(({ name }) => option(`gain ${name}`, `What ${name} would gain most`)));
  list.value = given === "gain" ? `gain ${collection}` : "doubt";
}

byId("review-order").addEventListener("change", ({ target }) => {
  const [kind, ...name] = target.value.split(" ");
  go({ view: "review", order: kind === "doubt" ? "" : kind, collection: name.join(" ") });
});

/* Asks for more photos in doubt, once at a time; what is asked in another order waits for nothing. */
function fill() {
  if (filling?.order !== order) filling = { order, done: moreOf(order) };
  return filling.done;
}

/* Those that were answered or put off are not shown twice. */
async function moreOf(mine) {
  const [kind, ...name] = mine.split(" ");
  try {
    const limit = Math.min(50 + seen.size, 1000);
    const told = await ask("/api/review", { order: kind, collection: name.join(" "), limit });
    if (mine !== order) return;
    const fresh = told.rows.map(known).filter(({ id }) => !seen.has(id));
    fresh.forEach(({ id }) => seen.add(id));
    queue.push(...fresh);
    atEnd = fresh.length === 0 || told.rows.length < limit;
  } catch (problem) {
    sayProblem(problem);
    atEnd = true;
  } finally {
    if (filling?.order === mine) filling = null;
  }
}

function show() {
  if (place().view !== "review") return;
  const photo = queue[at];
  byId("review-body").hidden = !photo;
  byId("review-none").hidden = Boolean(photo);
  byId("review-left").textContent = photo ? leftText() : "";
  if (!photo) return showNone();
  face = null;
  zoomTo(stage, null);
  showStage(stage, photo);
  showPanel(photo);
  showAway(null);
  for (const near of queue.slice(at + 1, at + 1 + AHEAD)) preload(near);
  everything(photo).then((told) => {
    if (!told || queue[at]?.id !== told.id) return;
    queue[at] = told;
    drawBoxes(stage, told);
    showPanel(told);
    showAway(told);
  });
  if (queue.length - at < FEW && !atEnd) fill().then(showLeft);
}

const leftText = () => (left === null ? "" : `${NUMBER.format(left)} left`);

function showLeft() {
  if (!queue[at] && place().view === "review") show();
  else byId("review-left").textContent = leftText();
}

function showNone() {
  const back = answers.length ? make("p", {}, "Press ", make("kbd", {}, "z"), " to go back to the photo before.") : null;
  const off = left ?? answers.filter(({ undo }) => !undo).length;
  if (off > 0) {
    const again = make("button", { type: "button", class: "tool" }, "Show them again");
    again.addEventListener("click", () => { order = null; enterReview(place()); });
    byId("review-none").replaceChildren(make("p", {}, `You put off ${counted(off, "photo")}.`), make("p", {}, again), ...(back ? [back] : []));
    return;
  }
  const link = make("a", { href: "/?view=faces", "data-view": "faces" }, "The wall of faces");
  byId("review-none").replaceChildren(make("p", {}, "Nothing is in doubt."), make("p", {}, link, " shows what else was read, hundreds at a time."), ...(back ? [back] : []));
}

function showAway(photo) {
  byId("review-offline").hidden = !isAway(photo);
  byId("review-offline").textContent = isAway(photo) ? AWAY : "";
}

function showPanel(photo) {
  byId("review-name").replaceChildren(make("bdi", {}, photo.name));
  byId("review-verdict").replaceChildren(badge(photo), make("span", { class: "quiet" }, REASONS[photo.reason] ?? spoken(photo.reason)));
  byId("review-answers").replaceChildren(answerBar(answer, "What it shows", photo.faces.length > 0));
  byId("review-back").disabled = answers.length === 0;
  byId("review-photo").href = addressOf({ photo: photo.id });
  byId("review-faces").replaceChildren(...photo.faces.map((_, number) => faceButton(photo, number)));
  showTarget(photo);
}

function faceButton(photo, number) {
  const button = make("button", { type: "button", class: "face-item", "data-face": number, "aria-pressed": face === number },
    ...faceFigure(photo, number, photo.faces.length > 2 ? 2 : 4));
  button.addEventListener("click", () => choose(number));
  return button;
}

/* An answer is about one face; the same face again, or Escape, and it is about the photo. */
function choose(number) {
  face = face === number ? null : number;
  const photo = queue[at];
  zoomTo(stage, face === null ? null : photo.faces[face]);
  for (const button of byId("review-faces").children) button.setAttribute("aria-pressed", Number(button.dataset.face) === face);
  stage.querySelectorAll(".box").forEach((box) => box.classList.toggle("chosen", Number(box.dataset.face) === face));
  showTarget(photo);
}

function showTarget(photo) {
  const about = face === null ? "the whole photo" : `face ${face + 1}`;
  byId("review-target").textContent = photo.faces.length ? `An answer is about ${about}.` : "";
}

async function answer(emotion) {
  const photo = queue[at];
  if (!photo) return;
  if (emotion === NO_FACE && face === null) {
    if (photo.faces.length !== 1) return say("Select the face first that is no face.");
    face = 0;
  }
  const number = face;
  const undo = (number === null ? Promise.resolve(null) : everything(photo).then((told) => told.faces[number].id))
    .then((id) => correct([{ photo: photo.id, face: id, emotion }]))
    .catch((problem) => { sayProblem(problem); return null; });
  details.delete(photo.id);
  answers.push({ at, undo });
  wait(-1);
  at += 1;
  show();
}

function later() {
  if (!queue[at]) return;
  answers.push({ at, undo: null });
  at += 1;
  show();
}

/* Really back: the photo before is shown again, and what was said of it is taken back. */
async function back() {
  const before = answers.pop();
  if (!before) return;
  at = before.at;
  if (before.undo) {
    wait(1);
    const token = await before.undo;
    if (token) await takeBack(token).catch(sayProblem);
    details.delete(queue[at].id);
  }
  show();
}

/* Everything known of a photo, asked for once. */
function everything(photo) {
  if (!details.has(photo.id)) details.set(photo.id, photoOf(photo.id).catch(() => null));
  return details.get(photo.id);
}

function preload(photo) {
  everything(photo);
  const { width, height } = stage.getBoundingClientRect();
  for (const address of [library.picture(photo), library.large(photo, Math.max(width, height) * devicePixelRatio)]) {
    if (!pictures.has(address)) pictures.set(address, Object.assign(new Image(), { src: address }));
    if (pictures.size > 4 * AHEAD) pictures.delete(pictures.keys().next().value);
  }
}
const pictures = new Map(); // held so that the browser keeps them decoded

singleOut(byId("review-body"));
stage.addEventListener("click", (event) => {
  const box = event.target.closest(".box");
  if (box) choose(Number(box.dataset.face));
  else if (face !== null) choose(face);
});
byId("review-later").addEventListener("click", later);
byId("review-back").addEventListener("click", back);
addEventListener("resize", () => { if (place().view === "review" && queue[at]) showStage(stage, queue[at]); });

document.addEventListener("keydown", (event) => {
  if (place().view !== "review" || document.querySelector("dialog[open]")) return;
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select, textarea")) return;
  const emotion = answerOf(event);
  if (emotion !== undefined) answer(emotion);
  else if (event.key === "z") back();
  else if (event.key === " " && !event.target.closest("button, a")) later();
  else if (event.key === "Escape" && face !== null) choose(face);
  else if (/^[1-9]$/.test(event.key) && queue[at]?.faces[event.key - 1]) choose(event.key - 1);
  else return;
  event.preventDefault();
});
