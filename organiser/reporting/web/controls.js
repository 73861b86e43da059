/* The filters as people see and set them, with the number of photos each choice would give. */

import { byId, make, sign } from "./elements.js";
import { TOP_FOLDER, choose, clearFilter, filter, isFiltering } from "./filters.js";
import { sum } from "./timeline.js";
import { EMOTIONS, NUMBER, UNDATED, collator, counted, monthText, percentText, spoken } from "./words.js";

const form = byId("filters");
const chips = new Map(); // emotion -> its button
const lists = new Map(); // facet -> value -> [option, its text without a count]

/* How the values of each facet are ordered, grouped and written. */
const FACETS = {
  reason: { text: spoken },
  month: { text: monthText, backwards: true, groupOf: (month) => (month === UNDATED ? null : month.slice(0, 4)) },
  folder: { text: folderText },
  faces: { text: (faces) => counted(Number(faces), "face") },
  camera: {},
  collection: {},
};

/* Offers every choice that these counts have, facet -> value -> photos; those of months per emotion. */
export function offerChoices(counts) {
  offerChips(EMOTIONS.filter((emotion) => counts.emotion.has(emotion)));
  for (const list of form.querySelectorAll("select[data-facet]")) offer(list, list.dataset.facet, counts);
}

function offerChips(emotions) {
  if (emotions.join() === [...chips.keys()].join()) return;
  chips.clear();
  for (const emotion of emotions) {
    const chip = make("button", { type: "button", class: "chip" }, sign(emotion), make("span", {}, emotion), make("span", { class: "chip-count" }));
    chip.addEventListener("click", () => {
      const emotions = new Set(filter.emotions);
      if (!emotions.delete(emotion)) emotions.add(emotion);
      choose({ emotions });
    });
    chips.set(emotion, chip);
  }
  byId("emotions").replaceChildren(...chips.values());
}

function offer(list, facet, counts) {
  const { text = String, groupOf, backwards } = FACETS[facet];
  const values = [...(counts[facet] ?? new Map()).keys()].sort(collator.compare);
  if (backwards) values.reverse();
  list.closest(".field").hidden = values.length === 0;
  const before = lists.get(facet);
  if (before && values.join("\n") === [...before.keys()].join("\n")) return;
  const made = new Map(values.map((value) => [value, [make("option", { value }), text(value)]]));
  list.replaceChildren(list.options[0]);
  let group = null;
  for (const [value, [option]] of made) {
    const due = groupOf?.(value) ?? null;
    if (due && due !== group?.label) {
      group = make("optgroup", { label: due });
      group.append(make("option", { value: due }, `All of ${due}`));
      list.append(group);
    }
    (due ? group : list).append(option);
  }
  lists.set(facet, made);
}

function folderText(folder) {
  if (folder === TOP_FOLDER) return "Top folder";
  const parts = folder.split("/");
  return `${"\u2003".repeat(parts.length - 1)}${parts.at(-1)}`;
}

/* Brings every control up to date with the filter: `total` of `all` photos pass it. */
export function showControls(total, all, counts) {
  for (const [emotion, chip] of chips) {
    const number = counts.emotion.get(emotion) ?? 0;
    chip.setAttribute("aria-pressed", filter.emotions.has(emotion));
    chip.classList.toggle("empty", number === 0);
    chip.lastChild.textContent = NUMBER.format(number);
  }
  for (const [facet, options] of lists) {
    for (const [value, [option, text]] of options) {
      const number = counts[facet]?.get(value) ?? 0;
      option.textContent = `${text} (${NUMBER.format(facet === "month" ? sum(number || new Map()) : number)})`;
    }
    form.querySelector(`[data-facet="${facet}"]`).value = filter[facet];
  }
  byId("count").textContent = total === all ? counted(total, "photo") : `${NUMBER.format(total)} of ${counted(all, "photo")}`;
  showFilter();
}

/* The controls that need no counts. */
export function showFilter() {
  Object.assign(byId("least"), { value: filter.least });
  Object.assign(byId("most"), { value: filter.most });
  byId("range").textContent = `${filter.least}\u2013${percentText(filter.most)}`;
  byId("clear").hidden = !isFiltering();
  byId("sort").value = filter.sort;
  const slider = byId("least").parentElement;
  slider.style.setProperty("--least", `${filter.least}%`);
  slider.style.setProperty("--most", `${filter.most}%`);
}

form.addEventListener("change", ({ target }) => {
  if (target.dataset.facet) choose({ [target.dataset.facet]: target.value });
  else if (target.id === "sort") choose({ sort: target.value });
});

/* Two thumbs on one track: neither passes the other, and the chosen part is drawn between them. */
const [least, most] = [byId("least"), byId("most")];
for (const thumb of [least, most]) {
  thumb.addEventListener("input", () => {
    if (least.valueAsNumber > most.valueAsNumber) thumb.value = (thumb === least ? most : least).value;
    choose({ least: least.valueAsNumber, most: most.valueAsNumber });
  });
}

form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("reset", () => {
  clearFilter();
  setTimeout(() => choose({})); // after the browser's own reset
});

byId("unfold").addEventListener("click", ({ currentTarget }) => {
  const unfolded = byId("facets").classList.toggle("unfolded");
  currentTarget.setAttribute("aria-expanded", unfolded);
});
