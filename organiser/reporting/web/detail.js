/* One photo, larger: its verdict, its faces and their bars, and what the file says of itself. */

const detail = byId("detail");
let position = 0;

open = (at) => {
  position = at;
  hideCard();
  if (!detail.open) detail.showModal();
  showDetail();
};

function showDetail() {
  const photo = shown[position];
  byId("detail-name").replaceChildren(make("bdi", {}, photo.name));
  byId("detail-verdict").replaceChildren(badge(photo), make("span", { class: "quiet" }, REASONS[photo.reason] ?? spoken(photo.reason)));
  byId("detail-faces").replaceChildren(...photo.faces.map((_, number) => faceItem(photo, number)));
  byId("detail-facts").replaceChildren(...facts(photo));
  byId("open").href = photo.link;
  byId("copy").textContent = "Copy its path";
  byId("place").textContent = `${NUMBER.format(position + 1)} of ${NUMBER.format(shown.length)}`;
  byId("previous").disabled = position === 0;
  byId("next").disabled = position === shown.length - 1;
  byId("detail").querySelector(".panel").scrollTop = 0;
  showStage(photo);
}

/* The thumbnail at once; the file itself over it as soon as the browser has read it, if it can. */
function showStage(photo) {
  const stage = byId("stage");
  const { width, height } = stage.getBoundingClientRect();
  const frame = picture(photo, width, height);
  const image = frame.querySelector("img");
  stage.replaceChildren(frame);
  const original = new Image();
  original.addEventListener("load", () => { image.src = original.src; image.classList.remove("waiting", "without"); });
  original.src = photo.link;
}

function faceItem(photo, number) {
  const item = make("div", { class: "face-item", tabindex: "0", role: "group", "data-face": number }, ...faceFigure(photo, number, photo.faces.length > 3 ? 4 : 8));
  item.setAttribute("aria-label", `Face ${number + 1}`);
  return item;
}

function facts(photo) {
  const rows = [
    ["Taken", photo.taken ? momentText(photo.taken) : "not known"],
    ["Camera", photo.camera ?? "not known"],
    ["Size", `${NUMBER.format(photo.width)} \u00d7 ${NUMBER.format(photo.height)} pixels`],
    ["Folder", photo.folder || "top folder"],
    ["Path", photo.path],
  ];
  return rows.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, make("bdi", {}, value))));
}

function turn(step) {
  const next = position + step;
  if (!shown[next]) return;
  position = next;
  showDetail();
}

/* The face under the pointer or with the focus stands out on the picture and in the list alike. */
function single(event, on) {
  const number = event.target.closest?.("[data-face]")?.dataset.face;
  if (number === undefined) return;
  for (const element of detail.querySelectorAll("[data-face]")) {
    element.classList.toggle("singled", on && element.dataset.face === number);
  }
}
for (const [begin, end] of [["pointerover", "pointerout"], ["focusin", "focusout"]]) {
  detail.addEventListener(begin, (event) => single(event, true));
  detail.addEventListener(end, (event) => single(event, false));
}

detail.addEventListener("keydown", (event) => {
  if (event.key === "ArrowLeft") turn(-1);
  else if (event.key === "ArrowRight") turn(1);
});
detail.addEventListener("click", (event) => { if (event.target === detail) detail.close(); });
detail.addEventListener("close", () => { byId("stage").replaceChildren(); focusPhoto(position); });
addEventListener("resize", () => { if (detail.open) showStage(shown[position]); });

byId("close").addEventListener("click", () => detail.close());
byId("previous").addEventListener("click", () => turn(-1));
byId("next").addEventListener("click", () => turn(1));
byId("copy").addEventListener("click", async ({ currentTarget }) => {
  try {
    await navigator.clipboard.writeText(shown[position].path);
    currentTarget.textContent = "Copied";
  } catch {
    currentTarget.textContent = "Could not copy";
  }
});
