/* The source of a report: photos and their pictures from the blocks of JSON that stand in the page. */

import { byId } from "./elements.js";
import { TOP_FOLDER, filter } from "./filters.js";
import { UNDATED, collator, wholePercent } from "./words.js";

const vocabulary = JSON.parse(byId("vocabulary").textContent);
const BLOCKS_KEPT = 48;

export const photos = [...document.querySelectorAll("script.photos")].flatMap((block) => {
  const some = JSON.parse(block.textContent);
  block.remove();
  return some;
});

photos.forEach((photo, index) => {
  photo.index = index;
  photo.month = photo.taken ? photo.taken.slice(0, 7) : UNDATED;
  photo.percent = photo.confidence === null ? null : wholePercent(photo.confidence);
  photo.words = fold([photo.name, photo.folder, photo.camera ?? ""].join("\n"));
});

export const embedded = { picture: pictureOf, large: (photo) => photo.link, original: (photo) => photo.link };

const decoded = new Map(); // block number -> its pictures in base64; the one used last stands last

function pictureOf(photo) {
  const number = Math.floor(photo.index / vocabulary.chunk);
  const block = decoded.get(number) ?? decode(number);
  if (!block) return null;
  decoded.delete(number);
  decoded.set(number, block);
  if (decoded.size > BLOCKS_KEPT) decoded.delete(decoded.keys().next().value);
  const picture = block[photo.index % vocabulary.chunk];
  return picture ? `data:image/jpeg;base64,${picture}` : "";
}

function decode(number) {
  const element = byId(`pictures-${number}`);
  // A block that nothing follows may be half read while the page is loading.
  const whole = element && (document.readyState !== "loading" || element.nextElementSibling);
  return whole ? JSON.parse(element.textContent) : null;
}

/* Calls `act` now and then until the whole page has arrived, and once after. */
export function whileLoading(act) {
  if (document.readyState !== "loading") return act();
  const timer = setInterval(act, 120);
  document.addEventListener("DOMContentLoaded", () => { clearInterval(timer); act(); });
}

/* Text as searching compares it. */
function fold(text) {
  return text.normalize("NFC").toLowerCase();
}

const TESTS = {
  emotion: (photo) => !filter.emotions.size || filter.emotions.has(photo.emotion),
  reason: (photo) => !filter.reason || filter.reason === photo.reason,
  confidence: ({ percent }) =>
    percent === null ? filter.least === 0 && filter.most === 100 : filter.least <= percent && percent <= filter.most,
  month: (photo) => photo.month.startsWith(filter.month),
  folder: ({ folder }) =>
    !filter.folder ||
    (filter.folder === TOP_FOLDER ? folder === "" : folder === filter.folder || folder.startsWith(`${filter.folder}/`)),
  words: (photo) => wanted.every((word) => photo.words.includes(word)),
};
let wanted = [];

/*
 * The photos that pass every test, in order, and per offered choice how many photos there would be: a choice is
 * counted among the photos that pass all the other tests.
 */
export function chosen() {
  wanted = fold(filter.text).split(/\s+/).filter(Boolean);
  const counts = { emotion: new Map(), reason: new Map(), month: new Map(), folder: new Map() };
  const passed = [];
  for (const photo of ordered()) {
    const failed = Object.keys(TESTS).filter((name) => !TESTS[name](photo));
    if (!failed.length) passed.push(photo);
    const countsFor = (name) => !failed.length || (failed.length === 1 && failed[0] === name);
    if (countsFor("emotion")) add(counts.emotion, photo.emotion);
    if (countsFor("reason")) add(counts.reason, photo.reason);
    if (countsFor("folder")) foldersOf(photo).forEach((folder) => add(counts.folder, folder));
    if (countsFor("month")) addMonth(counts.month, photo);
  }
  return { photos: passed, counts };
}

function add(counts, key) {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function addMonth(months, photo) {
  if (!months.has(photo.month)) months.set(photo.month, new Map());
  add(months.get(photo.month), photo.emotion);
}

/* A photo's folder and every folder that holds it. */
function foldersOf({ folder }) {
  if (!folder) return [TOP_FOLDER];
  const parts = folder.split("/");
  return parts.map((_, depth) => parts.slice(0, depth + 1).join("/"));
}

const percentOr = (photo, missing) => photo.percent ?? missing;
const byCode = (a, b) => (a < b ? -1 : Number(a > b));
const SORTS = {
  newest: (a, b) => byCode(b.taken ?? "", a.taken ?? ""),
  oldest: (a, b) => byCode(a.taken ?? "9999", b.taken ?? "9999"),
  surest: (a, b) => percentOr(b, -1) - percentOr(a, -1),
  doubtful: (a, b) => percentOr(a, a.faces.length ? -1 : 101) - percentOr(b, b.faces.length ? -1 : 101),
  faces: (a, b) => b.faces.length - a.faces.length,
  name: (a, b) => collator.compare(a.name, b.name),
  folder: (a, b) => collator.compare(a.folder, b.folder) || collator.compare(a.name, b.name),
};
const orders = new Map();

function ordered() {
  if (!orders.has(filter.sort)) orders.set(filter.sort, [...photos].sort(SORTS[filter.sort]));
  return orders.get(filter.sort);
}
