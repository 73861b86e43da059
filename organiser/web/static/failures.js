/* What could not be done: the photos with their reasons, to be tried again or listed no more. */

import { make } from "./elements.js";
import { addressOf, place } from "./route.js";
import { NUMBER, counted, spoken } from "./words.js";

const SHOWN = 20;
let kind = ""; // the kind that is looked at; empty: all
let whole = false; // more than the newest few are shown

/* The failures as nodes; `button` makes a button that tells the server something, `again()` draws them anew. */
export function drawnFailures({ failures, failures_total: total, failure_kinds: kinds }, button, again) {
  if (!total) return [make("p", { class: "quiet" }, "Nothing failed.")];
  if (kind && !kinds[kind]) kind = "";
  const chosen = failures.filter((failure) => !kind || failure.kind === kind);
  const number = kind ? kinds[kind] : total;
  const shown = whole ? chosen : chosen.slice(0, SHOWN);
  const what = kind ? { kind } : { all: true };
  const named = kind ? `all ${spoken(kind)}` : "all";
  const more = make("button", { type: "button", class: "tool", "data-act": "failures more" }, `Show ${NUMBER.format(chosen.length)}`);
  more.addEventListener("click", () => { whole = true; again(); });
  return [
    make("div", { class: "chips", role: "group", "aria-label": "Kinds of failure" }, ...Object.entries(kinds).map(([each, count]) => chip(each, count, again))),
    make("p", { class: "actions" }, make("span", {}, counted(number, "failure")), button("Retry all", "retry", what, "The next scan tries them again.", `Retry ${named}`), button("Forget all", "forget-failure", what, "Forgotten.", `Forget ${named}`)),
    make("ul", { class: "plain rows failures" }, ...shown.map((failure) => row(failure, button))),
    chosen.length > shown.length ? make("p", { class: "actions" }, more) : null,
    number > chosen.length ? make("p", { class: "quiet" }, `and ${counted(number - chosen.length, "older failure")}`) : null,
  ].filter(Boolean);
}

function chip(each, count, again) {
  const made = make("button", { type: "button", class: "chip", "aria-pressed": each === kind, "data-act": `failures ${each}` }, spoken(each), make("span", { class: "chip-count" }, NUMBER.format(count)));
  made.addEventListener("click", () => {
    kind = kind === each ? "" : each;
    again();
  });
  return made;
}

function row({ id, photo, path, kind: of, reason, attempts, retry_at: next, thumbnail }, button) {
  const picture = thumbnail ? make("img", { src: `/api/photos/${photo}/thumb`, alt: "", loading: "lazy", width: 64, height: 48 }) : make("span", { class: "no-picture" });
  const name = path.slice(path.lastIndexOf("/") + 1);
  return make("li", {},
    photo ? make("a", { href: addressOf({ ...place(), photo: String(photo) }), "data-view": "photo", "aria-label": `All about ${name}` }, picture) : picture,
    make("span", { class: "plan-name" }, make("bdi", {}, name), make("br"),
      make("span", { class: "quiet" }, `${spoken(of)}: `, make("bdi", {}, reason), `; ${counted(attempts, "attempt")}${next === null ? "" : ", tried again by itself"}`), make("br"), make("bdi", { class: "quiet path" }, path.slice(0, -name.length))),
    make("span", { class: "actions" }, button("Retry", "retry", { ids: [id] }, "The next scan tries it again.", `Retry ${name}`), button("Forget", "forget-failure", { ids: [id] }, "Forgotten.", `Forget that ${name} failed`)));
}
