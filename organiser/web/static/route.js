/* What the address says: which view, which photos, in what order. Everything a bookmark needs. */

let follow = () => {};

/* The address's parameters; `view` is always there. */
export function place() {
  return { view: "library", ...Object.fromEntries(new URLSearchParams(location.search)) };
}

export function addressOf(parameters) {
  const given = Object.entries(parameters).filter(([name, value]) => value && !(name === "view" && value === "library"));
  const query = new URLSearchParams(given).toString();
  return query ? `/?${query}` : "/";
}

/* Has `act(place, before)` called whenever the address has become another one. */
export function onRoute(act) {
  let before = null;
  follow = () => {
    const now = place();
    act(now, before);
    before = now;
  };
  follow();
}

/* Goes to an address; `quietly`: in place of the present one, so that going back skips it. */
export function go(parameters, quietly = false) {
  const address = addressOf(parameters);
  if (address === location.pathname + location.search) return;
  history[quietly ? "replaceState" : "pushState"](null, "", address);
  follow();
}

addEventListener("popstate", () => follow());

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-view]");
  if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const url = new URL(link.href);
  go({ view: "library", ...Object.fromEntries(url.searchParams) });
});
