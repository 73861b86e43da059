/* A short line at the lower edge that says what was done, with a way back. */

import { byId, make } from "./elements.js";

const toast = byId("toast");
let leaving = 0;

/* Says `text`; with `undo()`, a button that calls it. */
export function say(text, undo = null) {
  clearTimeout(leaving);
  toast.replaceChildren(make("span", {}, text));
  if (undo) {
    const button = make("button", { type: "button", class: "tool" }, "Undo");
    button.addEventListener("click", () => { toast.replaceChildren(); undo(); });
    toast.append(button);
  }
  leaving = setTimeout(() => toast.replaceChildren(), undo ? 12000 : 6000);
}

/* Says what went wrong, in the server's words. */
export function sayProblem(problem) {
  if (problem.name === "AbortError") return;
  say(problem.message);
}

/* What `act` does, with its refusals said. */
export function saying(act) {
  return (...given) => Promise.resolve(act(...given)).catch(sayProblem);
}
