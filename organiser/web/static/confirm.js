/* A question before something that is not to happen by accident. */

import { byId, make } from "./elements.js";

const dialog = byId("confirm");
const form = dialog.querySelector("form");

/*
 * Asks a person; gives the value of what they chose, or null when they would rather not.
 * `choices` are [value, text] pairs, of which one is picked before `action` is pressed; none: a plain yes is `true`.
 */
export function confirmed({ title, text, choices = [], action }) {
  byId("confirm-title").textContent = title;
  byId("confirm-text").replaceChildren(...[text].flat());
  byId("confirm-choices").hidden = choices.length === 0;
  byId("confirm-choices").replaceChildren(...(choices.length ? [make("legend", { class: "unseen" }, title)] : []), ...choices.map(([value, label]) =>
    make("label", { class: "choice" }, make("input", { type: "radio", name: "choice", value, required: true }), make("span", {}, label))));
  byId("confirm-yes").textContent = action;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((answer) => {
    dialog.addEventListener("close", () => {
      const chosen = new FormData(form).get("choice");
      answer(dialog.returnValue === "yes" ? chosen ?? true : null);
    }, { once: true });
  });
}
