/* The page as a whole: every part follows the filter. */

function refresh() {
  const chosen = choose();
  hideCard();
  showControls(chosen.shown.length, chosen.counts);
  showTimeline(chosen.counts.months);
  showPhotos(chosen.shown);
  showNone(chosen.shown.length);
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

change = () => {
  const pinned = scrollY > byId("filters").offsetTop;
  refresh();
  if (pinned) scrollTo({ top: byId("filters").offsetTop });
};
pick = setMonth;

function showBoxes(visible) {
  document.documentElement.classList.toggle("boxless", !visible);
  byId("boxes").setAttribute("aria-pressed", visible);
}
const toggleBoxes = () => showBoxes(document.documentElement.classList.contains("boxless"));

function toggleTheme() {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
}

byId("boxes").addEventListener("click", toggleBoxes);
byId("theme").addEventListener("click", toggleTheme);
byId("ask-keys").addEventListener("click", () => byId("keys").showModal());

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select, textarea")) return;
  if (event.key === "Escape") hideCard();
  if (document.querySelector("dialog[open]") && event.key !== "b") return;
  if (event.key === "?") byId("keys").showModal();
  else if (event.key === "/") byId("text").focus();
  else if (event.key === "b" && event.target.closest("#grid, #detail")) toggleBoxes();
  else return;
  event.preventDefault();
});

let width = innerWidth;
addEventListener("resize", () => {
  if (innerWidth !== width) showTimeline(months);
  width = innerWidth;
});

byId("overview").textContent = photos.length ? overview() : "";
for (const id of ["filters", "boxes"]) byId(id).hidden = photos.length === 0;
drawRange();
refresh();
