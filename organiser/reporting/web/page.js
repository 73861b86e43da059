/* The report as a whole: every part follows the filter. */

import "./appearance.js";
import { hideCard } from "./card.js";
import { offerChoices, showControls } from "./controls.js";
import "./detail.js";
import { byId } from "./elements.js";
import { chosen, embedded, photos, whileLoading } from "./embedded.js";
import { choose, onChange } from "./filters.js";
import { fillWaiting, showPhotos } from "./grid.js";
import { useSource } from "./source.js";
import { showTimeline } from "./timeline.js";
import { counted } from "./words.js";

const allMonths = [...new Set(photos.map(({ month }) => month))];

function refresh() {
  const { photos: passed, counts } = chosen();
  hideCard();
  showControls(passed.length, photos.length, counts);
  showTimeline(counts.month, allMonths);
  showPhotos(passed);
  showNone(passed.length);
}

/* When nothing is shown, says why. */
function showNone(number) {
  const none = byId("none");
  none.hidden = number > 0;
  if (number) return;
  none.replaceChildren(photos.length ? "No photo matches these filters." : "No photos in this report.");
}

/* The line under the title: how many photos and faces, and when they were taken. */
function overview() {
  const faces = photos.reduce((total, photo) => total + photo.faces.length, 0);
  const folders = new Set(photos.map(({ folder }) => folder)).size;
  return [counted(photos.length, "photo"), counted(faces, "face"), counted(folders, "folder")].join(" \u00b7 ");
}

let typing = 0;
byId("text").addEventListener("input", ({ target }) => {
  clearTimeout(typing);
  typing = setTimeout(() => choose({ text: target.value }), 120);
});
byId("filters").addEventListener("reset", () => clearTimeout(typing));

onChange(() => {
  const pinned = scrollY > byId("filters").offsetTop;
  refresh();
  if (pinned) scrollTo({ top: byId("filters").offsetTop });
});

useSource(embedded);
byId("overview").textContent = photos.length ? overview() : "";
for (const id of ["filters", "boxes"]) byId(id).hidden = photos.length === 0;
offerChoices(chosen().counts);
refresh();
whileLoading(fillWaiting);
