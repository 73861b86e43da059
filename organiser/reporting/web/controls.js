/* The filters as people see and set them, with the number of photos each choice would give. */

let change = () => {};

const totals = choose().counts;
const emotionChips = chips(vocabulary.emotions.filter((emotion) => totals.emotions.has(emotion)));
const reasonOptions = options("reason", "Any verdict", [...totals.reasons.keys()].sort(), null, spoken);
const monthOptions = options("month", "Any time", [...totals.months.keys()].sort().reverse(), monthGroup, monthText);
const folderOptions = options("folder", "Any folder", [...totals.folders.keys()].sort(collator.compare), null, folderText);

function chips(emotions) {
  const made = new Map(emotions.map((emotion) => [emotion, make("button", { type: "button", class: "chip" },
    sign(emotion), make("span", {}, emotion), make("span", { class: "chip-count" }))]));
  byId("emotions").append(...made.values());
  for (const [emotion, chip] of made) {
    chip.addEventListener("click", () => {
      if (!filter.emotions.delete(emotion)) filter.emotions.add(emotion);
      change();
    });
  }
  return made;
}

/* Fills a list to choose from; returns value -> [option, its text without a count]. */
function options(id, any, values, groupOf, text) {
  const list = byId(id);
  const made = new Map(values.map((value) => [value, make("option", { value })]));
  list.append(make("option", { value: "" }, any));
  let group = null;
  for (const [value, option] of made) {
    const due = groupOf?.(value) ?? null;
    if (due && due !== group?.label) {
      group = make("optgroup", { label: due });
      group.append(make("option", { value: due }, `All of ${due}`));
      list.append(group);
    }
    (due ? group : list).append(option);
  }
  return new Map([...made].map(([value, option]) => [value, [option, text(value)]]));
}

function monthGroup(month) {
  return month === UNDATED ? null : month.slice(0, 4);
}

function folderText(folder) {
  if (folder === TOP_FOLDER) return "Top folder";
  const parts = folder.split("/");
  return `${"\u2003".repeat(parts.length - 1)}${parts.at(-1)}`;
}

/* Brings every control up to date with the filter and its counts. */
function showControls(total, counts) {
  for (const [emotion, chip] of emotionChips) {
    const number = counts.emotions.get(emotion) ?? 0;
    chip.setAttribute("aria-pressed", filter.emotions.has(emotion));
    chip.classList.toggle("empty", number === 0);
    chip.lastChild.textContent = NUMBER.format(number);
  }
  for (const [reason, [option, text]] of reasonOptions) label(option, text, counts.reasons.get(reason) ?? 0);
  for (const [month, [option, text]] of monthOptions) label(option, text, sum(counts.months.get(month) ?? new Map()));
  for (const [folder, [option, text]] of folderOptions) label(option, text, counts.folders.get(folder) ?? 0);
  byId("month").value = filter.month;
  byId("range").textContent = `${filter.least}\u2013${filter.most}\u00a0%`;
  byId("clear").hidden = !isFiltering();
  byId("count").textContent = total === photos.length ? counted(total, "photo") : `${NUMBER.format(total)} of ${counted(photos.length, "photo")}`;
}

function label(option, text, number) {
  option.textContent = `${text} (${NUMBER.format(number)})`;
}

function setMonth(month) {
  filter.month = month;
  change();
}

let typing = 0;
byId("text").addEventListener("input", ({ target }) => {
  clearTimeout(typing);
  typing = setTimeout(() => { filter.text = target.value; change(); }, 120);
});
byId("month").addEventListener("change", ({ target }) => setMonth(target.value));
byId("reason").addEventListener("change", ({ target }) => { filter.reason = target.value; change(); });
byId("folder").addEventListener("change", ({ target }) => { filter.folder = target.value; change(); });
byId("sort").addEventListener("change", ({ target }) => { sort = target.value; change(); });

/* Two thumbs on one track: neither passes the other, and the chosen part is drawn between them. */
const least = byId("least");
const most = byId("most");
for (const thumb of [least, most]) {
  thumb.addEventListener("input", () => {
    if (least.valueAsNumber > most.valueAsNumber) thumb.value = (thumb === least ? most : least).value;
    filter.least = least.valueAsNumber;
    filter.most = most.valueAsNumber;
    drawRange();
    change();
  });
}
function drawRange() {
  const slider = least.parentElement;
  slider.style.setProperty("--least", `${filter.least}%`);
  slider.style.setProperty("--most", `${filter.most}%`);
}

byId("filters").addEventListener("submit", (event) => event.preventDefault());
byId("filters").addEventListener("reset", () => {
  clearTimeout(typing);
  clearFilter();
  drawRange();
  setTimeout(() => { byId("sort").value = sort; change(); });
});

byId("unfold").addEventListener("click", ({ currentTarget }) => {
  const unfolded = byId("facets").classList.toggle("unfolded");
  currentTarget.setAttribute("aria-expanded", unfolded);
});
