/* The source of a page to live in: the server, asked a page of photos at a time. */

import { ask } from "./api.js";
import { UNDATED } from "./words.js";

const SORTS = { newest: "-date", oldest: "date", surest: "-confidence", unsurest: "confidence", doubtful: "doubt" };
const SIZES = [640, 1024, 1600, 2400, 3840]; // a window that grows by a pixel does not need another picture

export const library = {
  picture: ({ id }) => `/api/photos/${id}/thumb`,
  large: ({ id }, pixels) => `/api/photos/${id}/image?size=${SIZES.find((size) => size >= pixels) ?? SIZES.at(-1)}`,
  original: ({ id }) => `/api/photos/${id}/image?size=${SIZES.at(-1)}`,
};

/* A photo as the server tells of it, with what the wall wants to know besides. */
export function known(row) {
  return { ...row, faces: row.faces ?? [], month: row.taken ? row.taken.slice(0, 7) : UNDATED, width: row.width || 4, height: row.height || 3 };
}

export const AWAY = "Its folder is offline: this is the kept thumbnail.";

/* Whether no file of a photo can be had now. */
export function isAway(photo) {
  return Boolean(photo?.files?.length) && photo.files.every(({ online }) => !online);
}

/* The photos after `after`: { photos, next }, `next` null at the end. */
export async function photosOf(query, sort, after, limit, signal) {
  const { rows, next } = await ask("/api/photos", { q: query, sort: SORTS[sort], after, limit }, signal);
  return { photos: rows.map(known), next };
}

export async function photoOf(id) {
  return known(await ask(`/api/photos/${id}`));
}

/* How many photos there are per value of each facet: { total, emotion: Map, reason: Map, month: Map of Maps, … }. */
export async function countsOf(query, signal) {
  const { total, ...facets } = await ask("/api/counts", { q: query }, signal);
  const counts = { total };
  for (const [facet, numbers] of Object.entries(facets)) {
    const named = Object.entries(numbers).map(([value, number]) => [meaning(facet, value), number]);
    counts[facet] = new Map(named.filter(([value]) => value !== null));
  }
  counts.month = new Map();
  for (const [both, number] of Object.entries(facets.month_emotion)) {
    const [month, emotion] = both.split(" ");
    const name = meaning("month", month);
    if (!counts.month.has(name)) counts.month.set(name, new Map());
    counts.month.get(name).set(emotion === "none" ? null : emotion, number);
  }
  return counts;
}

/* The value that the filter knows; null for one that no filter can say. */
function meaning(facet, value) {
  if (value !== "none") return facet === "reason" ? value.replaceAll(" ", "_") : value;
  return { month: UNDATED, emotion: "none", reason: "not_judged" }[facet] ?? null;
}
