/* One photo, larger: its verdict, its faces and their bars, and what the file says of itself. */

import { hideCard } from "./card.js";
import { byId, make } from "./elements.js";
import { badge, faceFigure } from "./figures.js";
import { focusPhoto, onOpen, shown } from "./grid.js";
import { source } from "./source.js";
import { drawBoxes, showStage, singleOut, zoomTo } from "./stage.js";
import { NUMBER, REASONS, momentText, spoken } from "./words.js";

const detail = byId("detail");
const stage = byId("stage");
let position = -1; // of the photo in `shown`; -1 where it is not among them
let photo = null;
let shownPhoto = () => {};
let closed = () => {};

/* Has `shownAct(photo, position)` called when a photo is shown here, and `closedAct()` when it is put away. */
export function onDetail(shownAct, closedAct) {
  shownPhoto = shownAct;
  closed = closedAct;
}

export function openDetail(given, at = shown.findIndex(({ id }) => id === given.id)) {
  position = at;
  hideCard();
  if (!detail.open) detail.showModal();
  showDetail(given);
}

/* Shows the words and boxes of the open photo anew, the picture stays. */
export function refreshDetail(given) {
  photo = given;
  showPanel();
  drawBoxes(stage, photo);
}

export function closeDetail() {
  if (detail.open) detail.close();
}

function showDetail(given) {
  photo = given;
  showPanel();
  detail.querySelector(".panel").scrollTop = 0;
  byId("offline").hidden = true;
  zoomTo(stage, null);
  showStage(stage, photo);
  shownPhoto(photo, position);
}

function showPanel() {
  byId("detail-name").replaceChildren(make("bdi", {}, photo.name));
  byId("detail-verdict").replaceChildren(badge(photo), make("span", { class: "quiet" }, REASONS[photo.reason] ?? spoken(photo.reason)));
  byId("detail-faces").replaceChildren(...photo.faces.map((_, number) => faceItem(number)));
  byId("detail-facts").replaceChildren(...facts());
  byId("detail-more").replaceChildren();
  byId("open").href = source.original(photo);
  byId("copy").textContent = "Copy its path";
  byId("place").textContent = position < 0 ? "" : `${NUMBER.format(position + 1)} of ${NUMBER.format(shown.length)}`;
  byId("previous").disabled = position <= 0;
  byId("next").disabled = position < 0 || position === shown.length - 1;
}

function faceItem(number) {
  const item = make("div", { class: "face-item", tabindex: "0", role: "group", "data-face": number }, ...faceFigure(photo, number, photo.faces.length > 3 ? 4 : 8));
  item.setAttribute("aria-label", `Face ${number + 1}`);
  item.addEventListener("click", () => toggleZoom(number));
  item.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target !== item) return;
    event.preventDefault();
    toggleZoom(number);
  });
  return item;
}

/* The next activation of the same face shows the whole photo again. */
let zoomed = null;
function toggleZoom(number) {
  zoomed = stage.classList.contains("zoomed") && zoomed === number ? null : number;
  zoomTo(stage, zoomed === null ? null : photo.faces[zoomed]);
}

function facts() {
  const rows = [
    ["Taken", photo.taken ? momentText(photo.taken) : "not known"],
    ["Camera", photo.camera ?? "not known"],
    ["Size", `${NUMBER.format(photo.width)} \u00d7 ${NUMBER.format(photo.height)} pixels`],
    ["Folder", photo.folder || "top folder"],
    ["Path", photo.path],
  ];
  return rows.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, make("bdi", {}, value))));
}

function turn(step) {
  const next = position + step;
  if (position < 0 || !shown[next]) return;
  position = next;
  showDetail(shown[position]);
}

singleOut(detail);
detail.addEventListener("keydown", (event) => {
  if (event.target.matches("select, input")) return;
  if (event.key === "ArrowLeft") turn(-1);
  else if (event.key === "ArrowRight") turn(1);
});
stage.addEventListener("click", (event) => {
  const face = event.target.closest(".box");
  if (face) toggleZoom(Number(face.dataset.face));
  else zoomTo(stage, null);
});
detail.addEventListener("click", (event) => { if (event.target === detail) detail.close(); });
detail.addEventListener("close", () => {
  stage.replaceChildren();
  closed();
  if (position >= 0) focusPhoto(position);
});
addEventListener("resize", () => { if (detail.open) showStage(stage, photo); });

byId("close").addEventListener("click", () => detail.close());
byId("previous").addEventListener("click", () => turn(-1));
byId("next").addEventListener("click", () => turn(1));
byId("copy").addEventListener("click", async ({ currentTarget }) => {
  try {
    await navigator.clipboard.writeText(photo.path);
    currentTarget.textContent = "Copied";
  } catch {
    currentTarget.textContent = "Could not copy";
  }
});

onOpen((at) => openDetail(shown[at], at));
