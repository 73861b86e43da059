/* A frame that is drawn around things with the mouse. */

import { make } from "./elements.js";

const FAR = 6; // pixels after which a press has become a frame
const EDGE = 40; // pixels from the window's edge at which it scrolls

/*
 * Has `take(elements)` called with those matching `selector` in `area` that a frame touches, and `press(element, shift)`
 * when one is clicked instead. A finger scrolls, as everywhere.
 */
export function rubberBand(area, selector, take, press) {
  let begin = null; // in the page's coordinates
  let frame = null;
  let framed = false;

  const corner = (event) => ({ x: event.pageX, y: event.pageY });

  area.addEventListener("pointerdown", (event) => {
    if (event.button || event.pointerType === "touch") return;
    begin = corner(event);
  });

  document.addEventListener("pointermove", (event) => {
    if (!begin) return;
    const here = corner(event);
    if (!frame && Math.hypot(here.x - begin.x, here.y - begin.y) < FAR) return;
    frame ??= document.body.appendChild(make("div", { class: "band", "aria-hidden": "true" }));
    Object.assign(frame.style, {
      left: `${Math.min(begin.x, here.x)}px`, top: `${Math.min(begin.y, here.y)}px`,
      width: `${Math.abs(here.x - begin.x)}px`, height: `${Math.abs(here.y - begin.y)}px`,
    });
    if (event.clientY > innerHeight - EDGE) scrollBy({ top: 20, behavior: "instant" });
    else if (event.clientY < EDGE) scrollBy({ top: -20, behavior: "instant" });
  });

  document.addEventListener("pointerup", () => {
    if (frame) {
      const around = frame.getBoundingClientRect();
      take([...area.querySelectorAll(selector)].filter((element) => touch(around, element.getBoundingClientRect())));
      frame.remove();
      frame = null;
      framed = true;
      setTimeout(() => { framed = false; }); // the click that ends a frame follows at once
    }
    begin = null;
  });

  area.addEventListener("click", (event) => {
    const element = event.target.closest?.(selector);
    if (element && !framed) press(element, event.shiftKey);
  });
}

function touch(a, b) {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}
