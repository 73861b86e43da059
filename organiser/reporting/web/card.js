/* The card of bars beside a photo: of the face under the pointer, or of all faces of the photo that has the focus. */

import { byId, make } from "./elements.js";
import { faceFigure } from "./figures.js";
import { grid, shown } from "./grid.js";
import { counted } from "./words.js";

const card = byId("card");
const FACES_ON_CARD = 3;
let leaving = 0;
let beside = null; // the element that the card stands beside

function showCard(tile, numbers) {
  clearTimeout(leaving);
  const photo = shown[tile.dataset.position];
  const left = photo.faces.length - numbers.length;
  card.replaceChildren(...numbers.flatMap((number) => faceFigure(photo, number, 4)));
  if (left && numbers.length > 1) card.append(make("span", { class: "quiet" }, `and ${counted(left, "more face")}`));
  card.hidden = false;
  tile.setAttribute("aria-describedby", "card");
  beside = numbers.length === 1 ? tile.querySelector(`[data-face="${numbers[0]}"]`) : tile;
  placeCard();
}

/* Puts the card on the side that has room. */
function placeCard() {
  const target = beside.getBoundingClientRect();
  const { width, height } = card.getBoundingClientRect();
  const right = target.right + 10;
  const left = right + width < innerWidth - 8 ? right : Math.max(target.left - width - 10, 8);
  card.style.left = `${left}px`;
  card.style.top = `${Math.min(Math.max(target.top, 8), Math.max(innerHeight - height - 8, 8))}px`;
}

export function hideCard() {
  clearTimeout(leaving);
  card.hidden = true;
  grid.querySelector("[aria-describedby]")?.removeAttribute("aria-describedby");
}

/* Leaves time for the pointer to travel to the next face. */
function hideCardSoon() {
  clearTimeout(leaving);
  leaving = setTimeout(hideCard, 160);
}

grid.addEventListener("pointerover", (event) => {
  const face = event.pointerType === "touch" ? null : event.target.closest(".box");
  if (face) showCard(face.closest(".tile"), [Number(face.dataset.face)]);
});
grid.addEventListener("pointerout", (event) => {
  if (event.target.closest(".box")) hideCardSoon();
});

grid.addEventListener("focusin", (event) => {
  const tile = event.target.closest(".tile");
  if (!tile?.matches(":focus-visible")) return;
  const { faces } = shown[tile.dataset.position];
  if (faces.length) showCard(tile, [...faces.keys()].slice(0, FACES_ON_CARD));
  else hideCard();
});
grid.addEventListener("focusout", hideCardSoon);
addEventListener("scroll", () => {
  if (card.hidden) return;
  const { top, bottom } = beside.getBoundingClientRect();
  if (beside.isConnected && bottom > 0 && top < innerHeight) placeCard();
  else hideCard();
}, { passive: true });
