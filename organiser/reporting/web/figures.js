/* The pieces every part of the page draws with: badges, pictures with face boxes, bars. */

import { make, sign } from "./elements.js";
import { source } from "./source.js";
import { GATES, percentText, spoken, verdictText, wholePercent } from "./words.js";

/* The verdict's sign and, in `room` characters at most, its words. */
export function badge(photo, room) {
  const text = verdictText(photo, room);
  return make("span", { class: "badge" }, sign(photo.emotion ?? photo.reason), text && make("span", {}, text));
}

/* A photo's picture, `width` by `height` pixels at most and in its own proportions, with a box around each face. */
export function picture(photo, width, height) {
  const scale = Math.min(width / photo.width, height / photo.height);
  const frame = make("span", { class: "picture", "data-name": photo.name });
  frame.style.width = `${photo.width * scale}px`;
  frame.style.height = `${photo.height * scale}px`;
  const image = make("img", { alt: photo.alt, loading: "lazy", decoding: "async", draggable: "false" });
  image.addEventListener("error", () => image.classList.add("without"));
  fill(image, photo);
  frame.append(image, ...photo.faces.map(box));
  return frame;
}

/* Gives an image its picture, or marks it as waiting for one. */
export function fill(image, photo) {
  const address = source.picture(photo);
  image.classList.toggle("waiting", address === null);
  image.classList.toggle("without", address === "");
  if (address) image.src = address;
}

export function box(face, number) {
  const [x, y, w, h] = face.box.map((side) => `${side * 100}%`);
  const outline = make("span", { class: `box tone-${leading(face) ?? "none"}`, "data-face": number, "data-number": number + 1, "aria-hidden": "true" });
  outline.classList.toggle("refused", Boolean(face.gate));
  Object.assign(outline.style, { left: x, top: y, width: w, height: h });
  return outline;
}

/* A face's probabilities, likeliest first. */
export function ranking(face) {
  return Object.entries(face.probabilities).sort(([, a], [, b]) => b - a);
}

function leading(face) {
  return ranking(face)[0]?.[0] ?? null;
}

/* A face's name and what is held of it, with its `most` likeliest emotions as bars. */
export function faceFigure(photo, number, most) {
  const face = photo.faces[number];
  const title = photo.faces.length > 1 ? `Face ${number + 1} of ${photo.faces.length}` : "One face";
  const remark = face.corrected && face.gate !== "no_face" ? "a person said so" : face.gate ? (GATES[face.gate] ?? spoken(face.gate)) : null;
  const head = make("span", { class: "face-title" }, title, remark && make("span", { class: "quiet" }, ` \u00b7 ${remark}`));
  if (!ranking(face).length) return [head];
  const bars = make("span", { class: "bars" });
  for (const [emotion, share] of ranking(face).slice(0, most)) {
    const level = make("span", { class: `level tone-${emotion}` });
    level.style.width = `${Math.max(share * 100, 0.5)}%`;
    bars.append(
      make("span", { class: "bar-word" }, sign(emotion), emotion),
      make("span", { class: "track", "aria-hidden": "true" }, level),
      make("span", { class: "bar-number" }, `${percentText(wholePercent(share))} `),
    );
  }
  return [head, bars];
}
