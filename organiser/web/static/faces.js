/* The wall of faces: everything that was read as one emotion, so that what was read wrongly strikes the eye. */

import { answerBar, answerOf, correctAloud } from "./answers.js";
import { ask } from "./api.js";
import { byId, make, sign } from "./elements.js";
import { addressOf, go, place } from "./route.js";
import { rubberBand } from "./rubber_band.js";
import { say, sayProblem } from "./toast.js";
import { EMOTIONS, counted, percentText, wholePercent } from "./words.js";

const PAGE = 300;
const wall = byId("faces-wall");
let emotion = null;
let faces = []; // as the server told of them, those that were corrected here left out
let next = null;
let loading = null;
let current = 0; // number of the tile that Tab reaches
let anchor = 0; // where a range of selected ones begins
const selected = new Set(); // ids

export function enterFaces({ emotion: given = "happy" }) {
  drawEmotions(given);
  if (given === emotion) return;
  emotion = given;
  load(true);
}

function drawEmotions(chosen) {
  byId("faces-emotions").replaceChildren(...EMOTIONS.map((each) => {
    const chip = make("button", { type: "button", class: "chip", "aria-pressed": each === chosen }, sign(each), make("span", {}, each));
    chip.addEventListener("click", () => go({ view: "faces", emotion: each }));
    return chip;
  }));
  wall.setAttribute("aria-label", `Faces read as ${chosen}`);
}

function load(anew) {
  if (loading && !anew) return loading;
  const wanted = emotion;
  if (anew) {
    [faces, next, current, anchor] = [[], null, 0, 0];
    selected.clear();
    wall.replaceChildren();
  }
  const mine = ask("/api/faces", { emotion, after: next, limit: PAGE })
    .then((told) => {
      if (wanted !== emotion || loading !== mine) return;
      next = told.next;
      const from = faces.length;
      faces.push(...told.rows);
      wall.append(...told.rows.map((face, number) => tile(face, from + number)));
      showState();
    })
    .catch(sayProblem)
    .finally(() => {
      if (loading !== mine) return;
      loading = null;
      if (place().view === "faces") loadNear();
    });
  loading = mine;
  return mine;
}

function tile(face, number) {
  const sure = percentText(wholePercent(face.probability ?? 0));
  const text = face.corrected ? `${emotion}, a person said so` : `${emotion} ${sure}`;
  const image = make("img", { src: `/api/faces/${face.id}/crop`, alt: `Face: ${text}`, loading: "lazy", decoding: "async", draggable: "false", width: 96, height: 96 });
  return make("div", {
    class: face.corrected ? "face corrected" : "face", role: "option", "aria-selected": selected.has(face.id),
    tabindex: number === current ? 0 : -1, "data-id": face.id,
  }, image, make("span", { class: "face-sure", "aria-hidden": "true" }, face.corrected ? "\u2713" : sure));
}

function showState() {
  const number = selected.size;
  const more = next === null ? "" : " so far";
  byId("faces-count").textContent = number ? `${number} of ${counted(faces.length, "face")} selected` : `${counted(faces.length, "face")}${more}`;
  for (const button of byId("faces-answers").querySelectorAll("button")) button.disabled = number === 0;
  byId("faces-look").hidden = number !== 1;
  const none = byId("faces-none");
  none.hidden = faces.length > 0 || next !== null;
  if (!none.hidden) none.replaceChildren(make("p", {}, `No face was read as ${emotion}.`), make("p", {}, "Choose another expression above, or ", make("a", { href: "/?view=work", "data-view": "work" }, "scan a folder"), "."));
}

function select(tiles, on) {
  for (const each of tiles) {
    const id = Number(each.dataset.id);
    if (on) selected.add(id);
    else selected.delete(id);
    each.setAttribute("aria-selected", on);
  }
  showState();
}

function setTabStop(number) {
  wall.children[current]?.setAttribute("tabindex", "-1");
  current = Math.min(Math.max(number, 0), wall.children.length - 1);
  wall.children[current]?.setAttribute("tabindex", "0");
}

const numberOf = (element) => [...wall.children].indexOf(element);
const isSelected = (element) => element.getAttribute("aria-selected") === "true";

/* Selects a face, or all from the one before to this. */
function press(element, shift) {
  const number = numberOf(element);
  const range = shift || upTo.getAttribute("aria-pressed") === "true";
  upTo.setAttribute("aria-pressed", false);
  if (range) {
    const [from, to] = [anchor, number].sort((a, b) => a - b);
    select([...wall.children].slice(from, to + 1), true);
  } else {
    select([element], !isSelected(element));
    anchor = number;
  }
  setTabStop(number);
}

async function answer(said) {
  const chosen = faces.filter(({ id }) => selected.has(id));
  if (!chosen.length) return say("Select the faces first that were read wrongly.");
  const items = chosen.map(({ id, photo }) => ({ photo, face: id, emotion: said }));
  const shown = emotion;
  await correctAloud(items, () => { if (emotion === shown) load(true); });
}

byId("faces-answers").append(answerBar(answer, "What the selected faces show", true),
  make("span", { class: "actions" },
    make("button", { type: "button", class: "tool", id: "faces-range", "aria-pressed": false, title: "As Shift-click does: from the last one to the next that is chosen" }, "Select up to the next"),
    make("button", { type: "button", class: "tool", id: "faces-nothing" }, "Select none"),
    make("a", { class: "tool", id: "faces-look", hidden: true, "data-view": "photo" }, "Its photo")));
const upTo = byId("faces-range");
upTo.addEventListener("click", () => upTo.setAttribute("aria-pressed", upTo.getAttribute("aria-pressed") !== "true"));
byId("faces-nothing").addEventListener("click", () => select([...wall.children], false));
byId("faces-look").addEventListener("click", (event) => {
  event.currentTarget.href = addressOf({ ...place(), photo: faces.find(({ id }) => selected.has(id)).photo });
});

rubberBand(wall, ".face", (tiles) => select(tiles, true), press);

/* How many tiles stand in a row. */
function across() {
  const top = wall.firstElementChild?.offsetTop;
  const row = [...wall.children].findIndex((each) => each.offsetTop !== top);
  return row < 0 ? wall.children.length : row;
}

const STEPS = {
  ArrowLeft: () => current - 1,
  ArrowRight: () => current + 1,
  ArrowUp: () => (current < across() ? current : current - across()),
  ArrowDown: () => (current + across() < wall.children.length ? current + across() : current),
  Home: () => 0,
  End: () => wall.children.length - 1,
};

wall.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const touched = event.target.closest(".face");
  if (event.key === " " && touched) press(touched, false);
  else if (event.key === "Enter" && touched) go({ ...place(), photo: String(faces[numberOf(touched)].photo) });
  else if (STEPS[event.key]) {
    setTabStop(STEPS[event.key]());
    if (event.shiftKey) select([...wall.children].slice(Math.min(anchor, current), Math.max(anchor, current) + 1), true);
    else anchor = current;
    wall.children[current]?.focus();
  } else return;
  event.preventDefault();
});

document.addEventListener("keydown", (event) => {
  if (place().view !== "faces" || document.querySelector("dialog[open]")) return;
  if (event.key === "Escape") select([...wall.children], false);
  const said = answerOf(event);
  if (said === undefined) return;
  event.preventDefault();
  answer(said);
});

function loadNear() {
  if (next !== null && document.documentElement.scrollHeight - scrollY - innerHeight < 1500) load(false);
}
addEventListener("scroll", () => { if (place().view === "faces") loadNear(); }, { passive: true });
