/* What the page asks of the server, and what it tells it. */

/* The server's refusal: what it says, and `at`, the place in a query that is at fault, or null. */
export class Refusal extends Error {
  constructor(message, at, status) {
    super(message);
    this.at = at;
    this.status = status;
  }
}

/* The answer to a question; parameters that are empty are left out. Throws a Refusal. */
export function ask(path, parameters = {}, signal = undefined) {
  const given = Object.entries(parameters).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  const query = new URLSearchParams(given).toString();
  return answered(fetch(query ? `${path}?${query}` : path, { signal, headers: { Accept: "application/json" } }));
}

/* Tells the server something that changes the library. Throws a Refusal. */
export function tell(path, body = {}) {
  const headers = { "Content-Type": "application/json", Accept: "application/json" };
  return answered(fetch(path, { method: "POST", headers, body: JSON.stringify(body) }));
}

/* Throws what a person is told when no answer came. */
export function unanswered() {
  throw new Refusal("The organiser does not answer; is it still running?", null, 0);
}

async function answered(request) {
  let response;
  try {
    response = await request;
  } catch (problem) {
    if (problem.name === "AbortError") throw problem;
    unanswered();
  }
  const told = await response.json().catch(() => null);
  if (response.ok && told !== null) return told;
  const message = response.status === 401 ? "Open the address that the organiser printed once more." : null;
  throw new Refusal(message ?? told?.error?.message ?? `The organiser answered ${response.status}.`, told?.error?.at ?? null, response.status);
}

/* Calls `act(data)` whenever the server tells of such an event: "work", "library" or "task". */
export function listen(kind, act) {
  events().addEventListener(kind, (event) => act(event.data ? JSON.parse(event.data) : null));
}

/* Calls `act()` whenever the server's events begin to come, at first and after every break. */
export function onConnected(act) {
  events().addEventListener("open", act);
}

function events() {
  stream ??= new EventSource("/api/events");
  return stream;
}
let stream = null;
