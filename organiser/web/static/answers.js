/* What a person says of a photo or a face: the keys, the buttons, and the way back. */

import { tell } from "./api.js";
import { make, sign } from "./elements.js";
import { say, sayProblem } from "./toast.js";
import { EMOTIONS, counted } from "./words.js";

export const NO_FACE = "no_face";
const KEYS = { h: "happy", s: "sad", n: "neutral", a: "angry", u: "surprise", f: "fear", d: "disgust", c: "contempt", x: null };
const keyOf = (emotion) => Object.keys(KEYS).find((key) => KEYS[key] === emotion);

/* The emotion that a key means, null for none of these, NO_FACE; undefined where it is no answer. */
export function answerOf(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches?.("input, select, textarea")) return undefined;
  return event.key === "0" ? NO_FACE : KEYS[event.key.toLowerCase()];
}

export function answerText(emotion) {
  if (emotion === NO_FACE) return "no face";
  return emotion ?? "none of these";
}

/* A bar of buttons, one an answer; `act(emotion)` is called with the chosen one. */
export function answerBar(act, label, faces = false) {
  const button = (emotion, key) => {
    const made = make("button", { type: "button", class: "answer", "data-answer": emotion ?? "none", "aria-keyshortcuts": key },
      sign(emotion ?? "other"), make("span", {}, answerText(emotion)), make("kbd", {}, key));
    made.addEventListener("click", () => act(emotion));
    return made;
  };
  const bar = make("div", { class: "answers", role: "group", "aria-label": label });
  bar.append(...EMOTIONS.map((emotion) => button(emotion, keyOf(emotion))), button(null, "x"));
  if (faces) bar.append(button(NO_FACE, "0"));
  return bar;
}

/* Records answers, [{ photo, face, emotion }]; gives the token with which they are taken back. */
export async function correct(items) {
  const { undo } = await tell("/api/corrections", { items });
  return undo;
}

export function takeBack(undo) {
  return tell("/api/corrections/undo", { undo });
}

/* Records answers, says so with a way back, and calls `after()` when that or the way back is done. */
export async function correctAloud(items, after) {
  try {
    const undo = await correct(items);
    const what = items[0].face === null ? "photo" : "face";
    say(`${counted(items.length, what)}: ${answerText(items[0].emotion)}`, async () => {
      try {
        await takeBack(undo);
        say("Taken back");
        after();
      } catch (problem) {
        sayProblem(problem);
      }
    });
    after();
    return undo;
  } catch (problem) {
    sayProblem(problem);
    return null;
  }
}

