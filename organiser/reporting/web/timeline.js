/* Photos over time: a stack of emotions per month, or per year where months would be too thin; and as a table. */

import { byId, make } from "./elements.js";
import { choose, filter } from "./filters.js";
import { EMOTIONS, NUMBER, UNDATED, counted, monthText } from "./words.js";

const LEAST_BIN = 7; // pixels
const THIN = 0.06; // of the height: a part too thin for an edge of its own
const MOST_BINS = 400; // a clock once set to 1970 must not make thousands of empty months
const tones = [...EMOTIONS, null];
const bins = byId("bins");
let series = []; // [month or year, emotion -> photos] from first to last
let months = new Map();
let known = []; // every month with photos, whether they are shown or not

/* Shows these counts, month -> emotion -> photos, from the first to the last of the months `all`. */
export function showTimeline(counts, all) {
  months = counts;
  known = all.filter((month) => month !== UNDATED).sort();
  const dated = known.length > 0;
  byId("timeline").hidden = !dated;
  if (!dated) return;
  series = binned(counts, bins.clientWidth);
  const highest = Math.max(1, ...series.map(([, emotions]) => sum(emotions)));
  const focused = [...bins.children].indexOf(document.activeElement);
  bins.replaceChildren(...series.map((bin, index) => drawBin(bin, index, highest)));
  bins.style.setProperty("--bins", series.length);
  bins.children[focused]?.focus({ preventScroll: true });
  drawAxis();
  drawNumbers();
  readout(null);
}

/* Months from the first to the last photo, those without photos too; years when that is too many for the width. */
function binned(counts, width) {
  const all = between(known[0], known.at(-1));
  const names = all.length * LEAST_BIN <= width ? all : [...new Set(all.map((month) => month.slice(0, 4)))];
  const kept = names.length <= MOST_BINS ? names : [...new Set(known.map((month) => month.slice(0, 4)))];
  const merged = new Map(kept.map((name) => [name, new Map()]));
  for (const [month, emotions] of counts) {
    const bin = merged.get(month) ?? merged.get(month.slice(0, 4));
    emotions.forEach((number, emotion) => bin?.set(emotion, (bin.get(emotion) ?? 0) + number));
  }
  return [...merged];
}

function between(first, last) {
  const names = [];
  let [year, month] = first.split("-").map(Number);
  for (let name = first; name <= last && names.length < 12 * MOST_BINS; ) {
    names.push(name);
    [year, month] = month === 12 ? [year + 1, 1] : [year, month + 1];
    name = `${String(year).padStart(4, "0")}-${String(month).padStart(2, "0")}`;
  }
  return names;
}

export function sum(emotions) {
  return [...emotions.values()].reduce((total, number) => total + number, 0);
}

function drawBin([name, emotions], index, highest) {
  const chosen = filter.month === name;
  const button = make("button", {
    class: filter.month && !name.startsWith(filter.month) ? "bin faded" : "bin", type: "button",
    "aria-pressed": chosen, "aria-label": binText(name, emotions), "data-bin": index,
    tabindex: chosen || (index === 0 && !series.some(([other]) => other === filter.month)) ? 0 : -1,
  });
  for (const tone of tones) {
    if (!emotions.get(tone)) continue;
    const share = emotions.get(tone) / highest;
    const part = make("span", { class: `part tone-${tone ?? "none"}` });
    part.classList.toggle("thin", share < THIN);
    part.style.height = `${share * 100}%`;
    button.prepend(part);
  }
  return button;
}

function binText(name, emotions) {
  const parts = tones.filter((tone) => emotions.get(tone)).map((tone) => `${tone ?? "none"} ${NUMBER.format(emotions.get(tone))}`);
  return `${monthText(name)}: ${counted(sum(emotions), "photo")}${parts.length ? ` \u2013 ${parts.join(", ")}` : ""}`;
}

/* Says what a bar holds; without one, which days the photos span. */
function readout(bin) {
  const undated = months.get(UNDATED);
  const rest = undated ? ` \u00b7 ${NUMBER.format(sum(undated))} undated` : "";
  const span = `${monthText(series[0][0])} \u2013 ${monthText(series.at(-1)[0])}`;
  byId("readout").textContent = bin ? binText(...bin) : (series.length > 1 ? span : monthText(series[0][0])) + rest;
}

/* Year numbers under the first bar of each year, as many as fit. */
function drawAxis() {
  const starts = [...series.keys()].filter((index) => index === 0 || series[index][0].slice(0, 4) !== series[index - 1][0].slice(0, 4));
  const step = Math.ceil(starts.length / Math.max(Math.floor(bins.clientWidth / 52), 1));
  let free = 0;
  byId("axis").replaceChildren(...starts.filter((_, place) => place % step === 0).flatMap((index) => {
    const left = index / series.length;
    if (left * bins.clientWidth < free) return [];
    free = left * bins.clientWidth + 40;
    const year = make("span", {}, series[index][0].slice(0, 4));
    year.style.left = `${Math.min(left, 1 - 36 / bins.clientWidth) * 100}%`;
    return [year];
  }));
}

function drawNumbers() {
  const present = tones.filter((tone) => series.some(([, emotions]) => emotions.get(tone)));
  const head = ["When", ...present.map((tone) => tone ?? "none"), "all"].map((text) => make("th", { scope: "col" }, text));
  const rows = series.filter(([, emotions]) => emotions.size).map(([name, emotions]) => make("tr", {},
    make("th", { scope: "row" }, monthText(name)),
    ...present.map((tone) => make("td", {}, NUMBER.format(emotions.get(tone) ?? 0))),
    make("td", {}, NUMBER.format(sum(emotions)))));
  byId("numbers").replaceChildren(make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...rows));
}

const binOf = (event) => event.target.closest(".bin");
bins.addEventListener("click", (event) => {
  const name = binOf(event) && series[binOf(event).dataset.bin][0];
  if (name) choose({ month: filter.month === name ? "" : name });
});
for (const [begin, end] of [["pointerover", "pointerout"], ["focusin", "focusout"]]) {
  bins.addEventListener(begin, (event) => { if (binOf(event)) readout(series[binOf(event).dataset.bin]); });
  bins.addEventListener(end, () => readout(null));
}
bins.addEventListener("keydown", (event) => {
  const here = Number(binOf(event)?.dataset.bin);
  const there = { ArrowLeft: here - 1, ArrowRight: here + 1, Home: 0, End: series.length - 1 }[event.key];
  if (there === undefined || !bins.children[there]) return;
  event.preventDefault();
  bins.children[here].tabIndex = -1;
  bins.children[there].tabIndex = 0;
  bins.children[there].focus();
});

let drawnWidth = innerWidth;
addEventListener("resize", () => {
  if (innerWidth !== drawnWidth) showTimeline(months, known);
  drawnWidth = innerWidth;
});
