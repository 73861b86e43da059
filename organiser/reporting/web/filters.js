/* What is chosen, in what order it is shown, and the headings that this order has. */

import { UNDATED, monthText } from "./words.js";

export const TOP_FOLDER = "/"; // the value that means photos directly in a root; "" means any folder
export const filter = {};
clearFilter();

let change = () => {};

/* Has `act()` called after every change of the filter. */
export function onChange(act) {
  change = act;
}

/* Sets some of the filter and says so. */
export function choose(values) {
  Object.assign(filter, values);
  change();
}

export function clearFilter() {
  Object.assign(filter, { emotions: new Set(), least: 0, most: 100, text: "" });
  for (const facet of ["reason", "month", "folder", "faces", "camera", "collection"]) filter[facet] = "";
  filter.sort ??= "newest";
}

export function isFiltering() {
  const { emotions, least, most, text, sort, ...facets } = filter;
  return Boolean(emotions.size || least > 0 || most < 100 || text.trim() || Object.values(facets).some(Boolean));
}

/* The heading under which a photo stands in the present order, or null where the order has none. */
export function headingOf(photo) {
  if (filter.sort === "newest" || filter.sort === "oldest") return monthText(photo.month);
  return filter.sort === "folder" ? photo.folder || "Top folder" : null;
}

/* Whether few photos under `heading` may share the heading of those before them. */
export function mayJoin(heading) {
  return filter.sort !== "folder" && heading !== monthText(UNDATED);
}

/* One heading for months too few to fill a row each: "May - July 2023". */
export function joinedHeading(first, last) {
  if (first === last) return first;
  const [from, to] = filter.sort === "newest" ? [last, first] : [first, last];
  const year = to.slice(-5);
  return `${from.endsWith(year) ? from.slice(0, -5) : from} \u2013 ${to}`;
}
