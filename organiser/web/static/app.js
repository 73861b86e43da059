/* The page to live in: the address says which view is shown. Views other than the wall are fetched when they are wanted,
   or once the first wall stands: nobody waits for modules that show nothing yet. */

import "./appearance.js";
import { unanswered } from "./api.js";
import { closeDetail } from "./detail.js";
import { byId } from "./elements.js";
import { enterLibrary, leaveLibrary, standing } from "./library.js";
import { library } from "./library_source.js";
import { enterPhoto } from "./photo.js";
import { onRoute, place } from "./route.js";
import { useSource } from "./source.js";
import { saying } from "./toast.js";

const VIEWS = {
  library: { title: "Library", enter: enterLibrary, leave: leaveLibrary },
  review: { title: "Review", fetch: async () => (await import("./review.js")).enterReview },
  faces: { title: "Faces", fetch: async () => (await import("./faces.js")).enterFaces },
  collections: { title: "Collections", fetch: async () => (await import("./collections.js")).enterCollections },
  models: { title: "Models", fetch: async () => (await import("./models.js")).enterModels },
  work: { title: "Work", fetch: async () => (await import("./work.js")).enterWork },
};

function follow(now, before) {
  const view = VIEWS[now.view] ? now.view : "library";
  const changed = before?.view !== now.view;
  if (changed) {
    VIEWS[before?.view]?.leave?.();
    if (before) closeDetail();
    for (const name of Object.keys(VIEWS)) byId(`view-${name}`).hidden = name !== view;
    for (const link of document.querySelectorAll(".views a")) {
      if (link.dataset.view === view) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    document.title = `${VIEWS[view].title} \u2013 organiser`;
    byId("boxes").hidden = view !== "library" && view !== "review";
    if (before) scrollTo({ top: 0, behavior: "instant" });
    if (before) byId("main").focus({ preventScroll: true });
  }
  if (changed || before?.photo === now.photo) enter(view, now);
  enterPhoto(now.photo);
}

/* Enters a view, unless another was chosen while it was fetched. */
function enter(view, now) {
  if (VIEWS[view].enter) VIEWS[view].enter(now);
  else fetched(VIEWS[view]).then(() => { if (now === latest) VIEWS[view].enter?.(now); });
}

const fetched = saying(async (view) => { view.enter ??= await view.fetch().catch(unanswered); });

/* Fetches all views: what they say of work that goes on is told in every view. */
const fetchAll = () => Promise.all(Object.values(VIEWS).map(fetched));

let latest = null;
history.scrollRestoration = "manual";
useSource(library);
onRoute((now, before) => {
  latest = now;
  follow(now, before);
});
if (place().view === "library") standing.then(fetchAll);
else fetchAll();
