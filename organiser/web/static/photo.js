/* One photo in the page to live in: what can be said of it, and everything that is known besides. */

import { NO_FACE, answerBar, answerOf, correctAloud, takeBack } from "./answers.js";
import { closeDetail, onDetail, openDetail, refreshDetail } from "./detail.js";
import { byId, make } from "./elements.js";
import { redrawPhoto, shown, wantMore } from "./grid.js";
import { AWAY, isAway, known, library, photoOf } from "./library_source.js";
import { go, place } from "./route.js";
import { say, sayProblem, saying } from "./toast.js";
import { spoken } from "./words.js";

const dialog = byId("detail");
const more = byId("detail-more");
const MOMENT = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });
let photo = null; // everything known of the open one
let face = null; // id of the face that is meant; null: the whole photo
let last = null; // token of the last answer

/* Follows the address: a photo is open, or none. */
export async function enterPhoto(id) {
  if (!id) {
    closeDetail();
    return;
  }
  if (dialog.open && photo?.id === Number(id)) return;
  const here = shown.find((each) => each.id === Number(id));
  try {
    openDetail(here ?? (await photoOf(id)));
  } catch (problem) {
    sayProblem(problem);
    go({ ...place(), photo: "" }, true);
  }
}

onDetail(
  (given, position) => {
    photo = given;
    face = null;
    byId("offline").hidden = true;
    go({ ...place(), photo: String(given.id) }, Boolean(place().photo));
    tellAll(given.id);
    for (const near of [shown[position + 1], shown[position - 1]]) if (near && position >= 0) preload(near);
    if (position >= shown.length - 20) wantMore();
  },
  () => {
    photo = null;
    if (!place().photo) return;
    go({ ...place(), photo: "" }, true);
  },
);

function preload(near) {
  const stage = byId("stage").getBoundingClientRect();
  new Image().src = library.large(near, Math.max(stage.width, stage.height) * devicePixelRatio);
}

async function tellAll(id) {
  try {
    const told = known(await photoOf(id));
    if (photo?.id !== id) return;
    photo = told;
    refreshDetail(told);
    redrawPhoto({ ...shown.find((each) => each.id === id), ...told });
    draw();
  } catch (problem) {
    sayProblem(problem);
  }
}

function draw() {
  byId("offline").hidden = !isAway(photo);
  byId("offline").textContent = isAway(photo) ? AWAY : "";
  more.replaceChildren(
    ...why(),
    make("h3", {}, "What is it?"),
    target(),
    answerBar(answer, "What the photo shows", photo.faces.length > 0),
    ...list("Files", photo.files, ({ path, online }) => [make("bdi", {}, path), online ? null : make("span", { class: "quiet" }, " offline")]),
    ...list("In collections", photo.placements, ({ collection, destination }) => [make("strong", {}, collection), " ", make("bdi", {}, destination ?? "")]),
    ...list("Corrections", photo.corrections, correctionText),
    ...list("Could not be done", photo.failures ?? [], ({ stage, reason }) => [`${spoken(stage)}: `, make("bdi", {}, reason)]),
    ...list("History", photo.history, ({ at, what, detail }) => [`${MOMENT.format(at * 1000)}: ${spoken(what)} `, detail ? make("bdi", { class: "quiet" }, spoken(detail)) : null]),
  );
}

/* Which face an answer is about. */
function target() {
  const list = make("select", { "aria-label": "An answer is about" }, make("option", { value: "" }, "The whole photo"));
  list.append(...photo.faces.map(({ id }, number) => make("option", { value: id }, `Face ${number + 1}`)));
  list.value = face ?? "";
  list.hidden = photo.faces.length === 0;
  list.addEventListener("change", () => { face = list.value ? Number(list.value) : null; });
  return list;
}

function why() {
  const text = photo.verdict?.why ?? photo.why;
  return text ? [make("p", { class: "quiet why" }, text)] : [];
}

function list(title, items, drawn) {
  if (!items?.length) return [];
  return [make("h3", {}, title), make("ul", { class: "plain" }, ...items.map((item) => make("li", {}, ...drawn(item))))];
}

function correctionText({ face: id, of, verb, emotion, who, at }) {
  const number = photo.faces.findIndex((each) => each.id === id);
  const about = of === "face" ? `Face ${number < 0 ? "" : number + 1}` : "The photo";
  const said = emotion ?? (verb === "is_not" ? "no face" : "none of these");
  const is = verb === "is_not" && emotion ? "is not" : "is";
  return [`${about} ${is} ${said} `, make("span", { class: "quiet" }, make("bdi", {}, who), at ? `, ${MOMENT.format(at * 1000)}` : "")];
}

async function answer(emotion) {
  const about = photo;
  if (emotion === NO_FACE && face === null) {
    say("Choose the face first that is no face.");
    return;
  }
  last = await correctAloud([{ photo: about.id, face, emotion }], () => tellAll(about.id));
}

dialog.addEventListener("keydown", (event) => {
  if (!photo?.files) return;
  if (event.key === "z" && last) {
    const token = last;
    last = null;
    saying(async () => {
      await takeBack(token);
      say("Taken back");
      await tellAll(photo.id);
    })();
    return;
  }
  const emotion = answerOf(event);
  if (emotion === undefined) return;
  event.preventDefault();
  answer(emotion);
});

