/* The page to live in: the address says which view is shown. */

import "./appearance.js";
import { enterCollections } from "./collections.js";
import { closeDetail } from "./detail.js";
import { byId } from "./elements.js";
import { enterFaces } from "./faces.js";
import { enterLibrary, leaveLibrary } from "./library.js";
import { library } from "./library_source.js";
import { enterModels } from "./models.js";
import { enterPhoto } from "./photo.js";
import { enterReview } from "./review.js";
import { onRoute } from "./route.js";
import { useSource } from "./source.js";
import { enterWork } from "./work.js";

const VIEWS = {
  library: { title: "Library", enter: enterLibrary, leave: leaveLibrary },
  review: { title: "Review", enter: enterReview },
  faces: { title: "Faces", enter: enterFaces },
  collections: { title: "Collections", enter: enterCollections },
  models: { title: "Models", enter: enterModels },
  work: { title: "Work", enter: enterWork },
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
  if (changed || before?.photo === now.photo) VIEWS[view].enter(now);
  enterPhoto(now.photo);
}

history.scrollRestoration = "manual";
useSource(library);
onRoute(follow);
