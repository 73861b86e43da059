/* The photos: only the rows on screen are drawn. One tab stop; arrow keys move within. */

const grid = byId("grid");
const OVERSCAN = 700; // pixels drawn beyond each edge of the window
const LETTER = 6.3; // pixels, about
const drawn = new Map(); // row number -> its element
let shown = [];
let plan = { rows: [], height: 0 };
let current = 0; // position in `shown` of the one photo that Tab reaches
let open = () => {};

/* Shows these photos from the top; `act(position)` is called when one is opened. */
function showPhotos(chosen) {
  shown = chosen;
  current = 0;
  arrange();
}

function arrange() {
  plan = layOut(shown, grid.clientWidth);
  grid.style.height = `${plan.height}px`;
  grid.setAttribute("aria-rowcount", plan.rows.length);
  drawn.forEach((row) => row.remove());
  drawn.clear();
  draw();
}

/* Draws the rows near the window and drops the others, but never the one that has the focus. */
function draw() {
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
    "data-position": position, "aria-haspopup": "dialog",
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

function focusPhoto(position) {
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
let laidOut = 0;
new ResizeObserver(() => {
  if (!shown.length || grid.clientWidth === laidOut) return;
  laidOut = grid.clientWidth;
  const anchor = current;
  const scrolled = grid.getBoundingClientRect().top < 0;
  arrange();
  if (scrolled) drawRow(rowOf(anchor));
  if (scrolled) drawn.get(rowOf(anchor)).scrollIntoView({ block: "start" });
}).observe(grid);

whileLoading(() => {
  for (const image of grid.querySelectorAll("img.waiting")) {
    fill(image, shown[image.closest(".tile").dataset.position]);
  }
});
