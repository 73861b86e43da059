/* A photo on a dark stage: the thumbnail at once, the photo itself over it as soon as the browser has read it. */

import { box, picture } from "./figures.js";
import { source } from "./source.js";

export function showStage(stage, photo) {
  const { width, height } = stage.getBoundingClientRect();
  const frame = picture(photo, width, height);
  const image = frame.querySelector("img");
  stage.replaceChildren(frame);
  const large = new Image();
  large.addEventListener("load", () => {
    image.src = large.src;
    image.classList.remove("waiting", "without");
  });
  large.src = source.large(photo, Math.max(width, height) * devicePixelRatio);
}

/* Draws the boxes of a photo's faces anew, the picture stays. */
export function drawBoxes(stage, photo) {
  const frame = stage.querySelector(".picture");
  frame?.querySelectorAll(".box").forEach((each) => each.remove());
  frame?.append(...photo.faces.map(box));
}

/* Enlarges the part around a face until it fills the stage's height by half; null shows the whole photo again. */
export function zoomTo(stage, face) {
  const frame = stage.querySelector(".picture");
  stage.classList.toggle("zoomed", face !== null);
  if (face === null) {
    frame?.style.removeProperty("transform");
    return;
  }
  const [x, y, w, h] = face.box;
  const scale = Math.min(Math.max(0.5 / Math.max(w, h), 1), 6);
  const move = (at, size) => (0.5 - at - size / 2) * 100 * scale;
  frame.style.transform = `translate(${move(x, w)}%, ${move(y, h)}%) scale(${scale})`;
}

/* The face under the pointer or with the focus stands out on the picture and in the list alike. */
export function singleOut(element) {
  const single = (event, on) => {
    const number = event.target.closest?.("[data-face]")?.dataset.face;
    if (number === undefined) return;
    for (const each of element.querySelectorAll("[data-face]")) {
      each.classList.toggle("singled", on && each.dataset.face === number);
    }
  };
  for (const [begin, end] of [["pointerover", "pointerout"], ["focusin", "focusout"]]) {
    element.addEventListener(begin, (event) => single(event, true));
    element.addEventListener(end, (event) => single(event, false));
  }
}
