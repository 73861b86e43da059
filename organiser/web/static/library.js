/* The library: the wall, and the query that says what stands on it. */

import { ask, listen } from "./api.js";
import { hideCard } from "./card.js";
import { offerChoices, showControls, showFilter } from "./controls.js";
import { byId, make } from "./elements.js";
import { filter, isFiltering, onChange } from "./filters.js";
import { addPhotos, expect, onNeed, pictured, redraw, showPhotos, shown, wantMore } from "./grid.js";
import { countsOf, photosOf } from "./library_source.js";
import { clearError, onQuery, showError } from "./query_box.js";
import { go, place } from "./route.js";
import { facetsIn, filterOf, queryOf, withoutFacet } from "./terms.js";
import { showTimeline } from "./timeline.js";
import { sayProblem } from "./toast.js";

const FIRST = 80; // photos of the first page, which somebody waits for: a screenful and what is drawn around it
const PAGE = 200;
const MANY = 1000; // photos in a page, for somebody who pulls the scroll bar far down
const box = byId("text");
let asked = { q: null, sort: null }; // what the wall shows
let next = null; // where the next page begins; null: everything is here
let under_way = null; // AbortController of the page that is being asked for
let all = null; // counts of the whole library
let scrolled = 0;
let stands = () => {};
export const standing = new Promise((done) => { stands = done; }); // the first wall, or why there is none, is shown
const collections = new Map(); // query -> name of the collection that keeps it

export function enterLibrary({ q = "", sort = "newest" }) {
  if (document.activeElement !== box) box.value = q;
  Object.assign(filter, filterOf(q), { text: q, sort, collection: collections.get(q) ?? "" });
  showFilter();
  if (asked.q === q && asked.sort === sort) {
    redraw();
    scrollTo({ top: scrolled, behavior: "instant" });
    return;
  }
  asked = { q, sort };
  show();
}

export function leaveLibrary() {
  scrolled = scrollY;
  hideCard();
}

/* A collection is a query that is kept: choosing it asks that query. */
async function learnCollections() {
  const { rows } = await ask("/api/collections");
  collections.clear();
  for (const { name, query } of rows) collections.set(query, name);
  filter.collection = collections.get(asked.q) ?? "";
}

/* Shows the first page of what is asked, then the counts. */
async function show() {
  const { q, sort } = asked;
  under_way?.abort();
  const { signal } = (under_way = new AbortController());
  byId("newer").hidden = true;
  try {
    const first = await photosOf(q, sort, null, FIRST, signal);
    clearError();
    hideCard();
    next = first.next;
    showPhotos(first.photos, first.photos.length + (next === null ? 0 : PAGE));
    showNone();
    if (scrollY > byId("filters").offsetTop) scrollTo({ top: byId("filters").offsetTop, behavior: "instant" });
    under_way = null;
    await pictured(); // what follows, counting above all, would make the pictures wait
    stands();
    if (signal.aborted || asked.q !== q || asked.sort !== sort) return;
    wantMore();
    count(signal).catch(sayProblem);
  } catch (problem) {
    if (signal.aborted) return;
    under_way = null;
    showError(q, problem);
    stands();
  }
}

/* Counts what is asked; a facet that it says something of is counted as if it did not, so that one sees the others. */
async function count(signal) {
  const { q } = asked;
  if (!all) await learnCollections().catch(() => {}); // the photos are here all the same
  all ??= await countsOf("", signal);
  const whole = q.trim() ? await countsOf(q, signal) : all;
  const counts = { ...whole };
  const facetOf = { emotions: "emotion" };
  for (const facet of facetsIn(q).filter((each) => each !== "confidence")) {
    const name = facetOf[facet] ?? facet;
    counts[name] = (await countsOf(withoutFacet(q, facet), signal))[name];
  }
  if (signal.aborted || asked.q !== q) return;
  offerChoices(all);
  showControls(whole.total, all.total, counts);
  showTimeline(counts.month, [...all.month.keys()]);
  byId("count").hidden = false;
  expect(next === null ? shown.length : whole.total);
  showNone();
}

async function more(missing) {
  if (under_way || next === null) return;
  const { signal } = (under_way = new AbortController());
  try {
    const page = await photosOf(asked.q, asked.sort, next, missing > 20000 ? MANY : PAGE, signal);
    next = page.next;
    under_way = null;
    addPhotos(page.photos);
    if (next === null) expect(shown.length);
  } catch (problem) {
    if (signal.aborted) return;
    under_way = null;
    sayProblem(problem);
  }
}

/* When nothing is shown, says why and what to do next. */
function showNone() {
  const none = byId("none");
  none.hidden = shown.length > 0;
  if (shown.length) return;
  if (isFiltering()) {
    none.replaceChildren(make("p", {}, "No photo matches this query."));
    return;
  }
  const link = make("a", { href: "/?view=work", "data-view": "work" }, "Scan a folder");
  none.replaceChildren(make("p", {}, "There are no photos yet. "), make("p", {}, link, " of photos, and they appear here while it runs."));
}

/* Every control and the box write the same query. */
function follow() {
  if (box.value !== asked.q && document.activeElement === box) return;
  const cleared = !isFiltering() && !filter.text;
  const saved = [...collections].find(([query, name]) => name === filter.collection && query !== asked.q);
  const left = collections.has(asked.q) && !filter.collection; // a collection was shown, and is no longer chosen
  const q = cleared || left ? "" : (saved?.[0] ?? queryOf(filter, asked.q ?? ""));
  box.value = q;
  go({ view: "library", q, sort: filter.sort === "newest" ? "" : filter.sort });
}

/* What is typed is followed in place, so that going back skips the letters. */
function askFor(q, quietly) {
  const { sort } = place();
  go({ view: "library", q, sort }, quietly);
}

onChange(follow);
onQuery(askFor);
onNeed(more);
byId("show-newer").addEventListener("click", () => {
  scrollTo({ top: 0, behavior: "instant" });
  show();
});

/* New photos appear at once while nobody has scrolled, else somebody is told of them. */
let waiting = 0;
let pulse = null;
listen("library", (told) => {
  const before = pulse;
  pulse = JSON.stringify(told);
  if (before === null || before === pulse) return; // the first tells how it stands, as after a break in the line
  all = null;
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    if (place().view !== "library" || document.hidden) return;
    if (scrollY < 80 && !document.querySelector("dialog[open]") && !byId("grid").contains(document.activeElement)) show();
    else byId("newer").hidden = false;
  }, 700);
});
