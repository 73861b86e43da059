/* The wall of photos: only the rows on screen are drawn. One tab stop; arrow keys move within. */

import { byId, make } from "./elements.js";
import { badge, fill, picture } from "./figures.js";
import { layOut, rowsWithin } from "./layout.js";

export const grid = byId("grid");
const OVERSCAN = 700; // pixels drawn beyond each edge of the window
const AHEAD = 4000; // pixels below the window for which photos are asked
const LETTER = 6.3; // pixels, about
const drawn = new Map(); // row number -> its element
export let shown = []; // the photos of the wall that are here, from the first on
let laidOut = 0; // the width for which they are laid out
let total = 0; // how many there are altogether
let plan = { rows: [], height: 0 };
let current = 0; // position in `shown` of the one photo that Tab reaches
let open = () => {};
let more = () => {};

/* Has `act(position)` called when a photo is opened. */
export function onOpen(act) {
  open = act;
}

/* Has `act(pixels)` called while photos that far below the window are missing. */
export function onNeed(act) {
  more = act;
}

/* Shows these photos from the top, the first of `all`. */
export function showPhotos(photos, all = photos.length) {
  shown = [...photos];
  total = all;
  current = 0;
  arrange();
}

/* Adds the photos that follow. */
export function addPhotos(photos) {
  shown.push(...photos);
  total = Math.max(total, shown.length);
  plan = layOut(shown, grid.clientWidth, plan);
  for (const [number, row] of drawn) {
    if (number < plan.from || row.contains(document.activeElement)) continue;
    row.remove();
    drawn.delete(number);
  }
  stretch();
  draw();
}

/* Says how many photos there are altogether. */
export function expect(all) {
  total = all;
  stretch();
  draw();
}

/* Asks for the photos that follow, if there are any. */
export function wantMore() {
  if (shown.length < total) more(0);
}

/* Draws what is on screen, after the wall was out of sight. */
export function redraw() {
  if (grid.clientWidth !== laidOut) arrange();
  draw();
}

/* Shows a photo anew whose verdict or faces are others now. */
export function redrawPhoto(photo) {
  const position = shown.findIndex(({ id }) => id === photo.id);
  if (position < 0) return;
  shown[position] = photo;
  const number = rowOf(position);
  if (!drawn.has(number)) return;
  const focused = tileAt(position).contains(document.activeElement);
  drawn.get(number).remove();
  drawn.delete(number);
  drawRow(number);
  if (focused) tileAt(position).focus({ preventScroll: true });
}

function arrange() {
  laidOut = grid.clientWidth;
  plan = layOut(shown, grid.clientWidth);
  drawn.forEach((row) => row.remove());
  drawn.clear();
  stretch();
  draw();
}

/* As high as all photos will be, those that are not here yet by the mean of the others. */
function stretch() {
  const unseen = shown.length ? (plan.height / shown.length) * (total - shown.length) : 0;
  grid.style.height = `${plan.height + Math.max(unseen, 0)}px`;
  grid.setAttribute("aria-rowcount", unseen > 0 ? -1 : plan.rows.length);
}

/* Draws the rows near the window and drops the others, but never the one that has the focus. */
function draw() {
  if (!shown.length || !grid.clientWidth) return;
  const top = -grid.getBoundingClientRect().top;
  const [first, end] = rowsWithin(plan.rows, top - OVERSCAN, top + innerHeight + OVERSCAN);
  const held = grid.contains(document.activeElement) ? rowOf(current) : -1;
  if (held < 0) moveTabStop(top + byId("filters").offsetHeight);
  for (const [number, row] of drawn) {
    if ((number < first || number >= end) && number !== held) {
      row.remove();
      drawn.delete(number);
    }
  }
  for (let number = first; number < end; number += 1) drawRow(number);
  const missing = top + innerHeight + AHEAD - plan.height;
  if (missing > 0 && shown.length < total) more(missing);
}

function drawRow(number) {
  if (drawn.has(number)) return;
  const row = plan.rows[number];
  const element = make("div", { class: row.tiles ? "row" : "row heading", role: "row", "aria-rowindex": number + 1 });
  element.style.top = `${row.top}px`;
  element.style.height = `${row.height}px`;
  if (row.tiles) element.append(...row.tiles.map((tile) => drawTile(tile, row.height)));
  else element.append(make("div", { role: "gridcell" }, make("h2", {}, make("bdi", {}, row.heading))));
  const next = [...drawn.keys()].filter((other) => other > number).sort((a, b) => a - b)[0];
  grid.insertBefore(element, drawn.get(next) ?? null);
  drawn.set(number, element);
}

function drawTile({ position, left, width }, height) {
  const photo = shown[position];
  const label = badge(photo, (width - 44) / LETTER);
  label.setAttribute("aria-hidden", "true"); // the picture's alternative text says it all
  const button = make("button", {
    class: "tile", type: "button", tabindex: position === current ? 0 : -1,
    "data-position": position, "aria-haspopup": "dialog", "aria-label": photo.alt,
  }, picture(photo, width, height), label);
  const cell = make("div", { class: "cell", role: "gridcell" }, button);
  cell.style.left = `${left}px`;
  cell.style.width = `${width}px`;
  return cell;
}

function tileAt(position) {
  return grid.querySelector(`[data-position="${position}"]`);
}

function rowOf(position) {
  return plan.rows.findIndex(({ tiles }) => tiles && tiles.at(-1).position >= position);
}

/* After scrolling without focus, Tab reaches the first photo on screen. */
function moveTabStop(top) {
  const row = plan.rows.find(({ top: own, tiles }) => tiles && own + 1 >= top);
  if (row) setTabStop(row.tiles[0].position);
}

function setTabStop(position) {
  tileAt(current)?.setAttribute("tabindex", "-1");
  current = position;
  tileAt(current)?.setAttribute("tabindex", "0");
}

export function focusPhoto(position) {
  const number = rowOf(position);
  if (number < 0) return;
  drawRow(number);
  setTabStop(position);
  drawn.get(number).scrollIntoView({ block: "nearest" });
  tileAt(position).focus({ preventScroll: true });
}

/* The photo `rows` rows of pictures above or below, nearest to the middle of the current one. */
function vertically(rows) {
  const lines = plan.rows.filter(({ tiles }) => tiles);
  const here = lines.findIndex(({ tiles }) => tiles.at(-1).position >= current);
  const line = lines[Math.min(Math.max(here + rows, 0), lines.length - 1)];
  const own = lines[here].tiles.find(({ position }) => position === current);
  const middle = own.left + own.width / 2;
  const distance = (tile) => Math.abs(tile.left + tile.width / 2 - middle);
  return line.tiles.reduce((best, tile) => (distance(tile) < distance(best) ? tile : best)).position;
}

const screenful = () => Math.max(Math.floor(innerHeight / 260), 1);
const MOVES = {
  ArrowLeft: () => Math.max(current - 1, 0),
  ArrowRight: () => Math.min(current + 1, shown.length - 1),
  ArrowUp: () => vertically(-1),
  ArrowDown: () => vertically(1),
  PageUp: () => vertically(-screenful()),
  PageDown: () => vertically(screenful()),
  Home: () => 0,
  End: () => shown.length - 1,
};

grid.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || !MOVES[event.key] || !shown.length) return;
  event.preventDefault();
  focusPhoto(MOVES[event.key]());
});

grid.addEventListener("click", (event) => {
  const tile = event.target.closest(".tile");
  if (tile) open(Number(tile.dataset.position));
});

let asked = false;
addEventListener("scroll", () => {
  if (asked) return;
  asked = true;
  requestAnimationFrame(() => { asked = false; draw(); });
}, { passive: true });

/* A new width makes new rows; what stood at the top of the window stays there. */
new ResizeObserver(() => {
  if (!shown.length || !grid.clientWidth || grid.clientWidth === laidOut) return;
  const anchor = current;
  const scrolled = grid.getBoundingClientRect().top < 0;
  arrange();
  if (scrolled) drawRow(rowOf(anchor));
  if (scrolled) drawn.get(rowOf(anchor)).scrollIntoView({ block: "start" });
}).observe(grid);

/* Waits until the pictures on screen are there, or for so many milliseconds. */
export function pictured(longest = 1000) {
  const visible = [...grid.querySelectorAll("img")].filter((image) => {
    const { top, bottom } = image.getBoundingClientRect();
    return bottom > 0 && top < innerHeight && !image.complete;
  });
  const there = visible.map((image) => new Promise((done) => {
    for (const end of ["load", "error"]) image.addEventListener(end, done, { once: true });
  }));
  return Promise.race([Promise.all(there), new Promise((done) => { setTimeout(done, longest); })]);
}

/* Gives the pictures that were waiting what has arrived of them. */
export function fillWaiting() {
  for (const image of grid.querySelectorAll("img.waiting")) {
    fill(image, shown[image.closest(".tile").dataset.position]);
  }
}
