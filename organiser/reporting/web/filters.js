/* Which photos are shown and in what order; counts for every choice that is offered. */

const filter = {};
clearFilter();
let sort = "newest";

function clearFilter() {
  Object.assign(filter, { emotions: new Set(), reason: "", least: 0, most: 100, month: "", folder: "", text: "" });
}

function isFiltering() {
  const { emotions, reason, least, most, month, folder, text } = filter;
  return Boolean(emotions.size || reason || least > 0 || most < 100 || month || folder || text.trim());
}

const TOP_FOLDER = "/"; // the value that means photos directly in a root; "" means any folder

const TESTS = {
  emotions: (photo) => !filter.emotions.size || filter.emotions.has(photo.emotion),
  reasons: (photo) => !filter.reason || filter.reason === photo.reason,
  confidence: ({ percent }) =>
    percent === null ? filter.least === 0 && filter.most === 100 : filter.least <= percent && percent <= filter.most,
  months: (photo) => photo.month.startsWith(filter.month),
  folders: ({ folder }) =>
    !filter.folder ||
    (filter.folder === TOP_FOLDER ? folder === "" : folder === filter.folder || folder.startsWith(`${filter.folder}/`)),
  words: (photo) => wanted.every((word) => photo.words.includes(word)),
};
let wanted = [];

/*
 * The photos that pass every test, in order, and per offered choice how many photos there would be: a choice is
 * counted among the photos that pass all the other tests.
 */
function choose() {
  wanted = fold(filter.text).split(/\s+/).filter(Boolean);
  const counts = { emotions: new Map(), reasons: new Map(), months: new Map(), folders: new Map() };
  const shown = [];
  for (const photo of ordered()) {
    const failed = Object.keys(TESTS).filter((name) => !TESTS[name](photo));
    if (!failed.length) shown.push(photo);
    const countsFor = (name) => !failed.length || (failed.length === 1 && failed[0] === name);
    if (countsFor("emotions")) add(counts.emotions, photo.emotion);
    if (countsFor("reasons")) add(counts.reasons, photo.reason);
    if (countsFor("folders")) foldersOf(photo).forEach((folder) => add(counts.folders, folder));
    if (countsFor("months")) addMonth(counts.months, photo);
  }
  return { shown, counts };
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

const collator = new Intl.Collator("en-GB", { numeric: true });
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
  if (!orders.has(sort)) orders.set(sort, [...photos].sort(SORTS[sort]));
  return orders.get(sort);
}

/* The heading under which a photo stands in the present order, or null where the order has none. */
function headingOf(photo) {
  if (sort === "newest" || sort === "oldest") return monthText(photo.month);
  return sort === "folder" ? photo.folder || "Top folder" : null;
}

/* One heading for months too few to fill a row each: "May - July 2023". */
function joinedHeading(first, last) {
  if (first === last) return first;
  const [from, to] = sort === "newest" ? [last, first] : [first, last];
  const year = to.slice(-5);
  return `${from.endsWith(year) ? from.slice(0, -5) : from} \u2013 ${to}`;
}
