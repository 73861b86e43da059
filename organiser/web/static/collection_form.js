/* A new collection, or another definition of one that is there: what its query selects is shown before it is kept. */

import { tell } from "./api.js";
import { byId, make } from "./elements.js";
import { addressOf } from "./route.js";
import { sayProblem } from "./toast.js";
import { counted } from "./words.js";

const MODES = [
  ["auto", "A copy, sharing the disk's blocks where it can"], ["copy", "A copy"], ["reflink", "A copy that shares the disk's blocks"],
  ["hardlink", "A hard link: the same file"], ["symlink", "A link to the photo"], ["tag", "No file: a keyword beside the photo"],
];
const dialog = byId("collection-dialog");
const form = byId("collection-form");
const preview = byId("collection-preview");
const trouble = byId("collection-error");
let before = null; // the collection that is changed, or null for a new one
let save = () => {};
let typing = 0;
let number = 0; // of the preview under way: an answer to an older one is dropped

form.elements.mode.append(...MODES.map(([mode, text]) => make("option", { value: mode }, text)));

/* Opens the form; `act(values, collection)` keeps what was filled in, and may refuse it. */
export function openForm(collection, act) {
  before = collection;
  save = act;
  byId("collection-form-title").textContent = collection ? `Change ${collection.name}` : "A new collection";
  for (const name of ["name", "query", "target", "mode", "layout"]) form.elements[name].value = collection?.[name] ?? (name === "mode" ? "auto" : "");
  trouble.replaceChildren();
  askFiles();
  dialog.showModal();
  showPreview();
}

/* What becomes of files in the folder that it leaves has to be said, and only then. */
function askFiles() {
  const moves = Boolean(before?.placed && before.target) && form.elements.target.value.trim() !== before.target;
  const files = byId("collection-files");
  files.hidden = !moves;
  files.disabled = !moves;
  if (moves) byId("collection-old").textContent = `${counted(before.placed, "photo")} of it in ${before.target}:`;
  form.elements.target.disabled = false;
}

async function showPreview() {
  const mine = (number += 1);
  const query = form.elements.query.value;
  try {
    const { count, rows } = await tell("/api/collections", { query, dry_run: true });
    if (mine !== number) return;
    clearFault();
    preview.replaceChildren(
      make("p", {}, make("strong", {}, counted(count, "photo")), " now. ", count ? make("a", { href: addressOf({ q: query }), target: "_blank" }, "Look at them in the library") : "Photos that come to match are added by themselves."),
      make("div", { class: "previews" }, ...rows.map(({ id, alt }) => make("img", { src: `/api/photos/${id}/thumb`, alt, loading: "lazy", height: 64 }))));
  } catch (problem) {
    if (mine !== number) return;
    preview.replaceChildren();
    showFault(problem, query);
  }
}

function showFault(problem, query) {
  const caret = problem.at === null || problem.at === undefined ? [] : [make("pre", { "aria-hidden": "true" }, `${query}\n${" ".repeat([...query.slice(0, problem.at)].length)}^`)];
  if (caret.length) form.elements.query.setAttribute("aria-invalid", "true");
  trouble.replaceChildren(make("p", {}, problem.message), ...caret);
}

function clearFault() {
  form.elements.query.removeAttribute("aria-invalid");
  trouble.replaceChildren();
}

form.elements.query.addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(showPreview, 250);
});
form.elements.target.addEventListener("input", askFiles);
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const values = Object.fromEntries(["name", "query", "target", "mode", "layout"].map((name) => [name, form.elements[name].value.trim()]));
  if (!byId("collection-files").hidden) values.keep_files = new FormData(form).get("files") === "keep";
  try {
    await save(values, before);
    dialog.close();
  } catch (problem) {
    if (problem.status) showFault(problem, values.query);
    else sayProblem(problem);
  }
});
byId("collection-cancel").addEventListener("click", () => dialog.close());
