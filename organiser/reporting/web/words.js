/* Numbers, dates and reasons as people read them. */

const NUMBER = new Intl.NumberFormat("en-GB");
const MONTH = new Intl.DateTimeFormat("en-GB", { month: "long", year: "numeric", timeZone: "UTC" });
const MOMENT = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeStyle: "short", timeZone: "UTC" });

const REASONS = {
  clear: "sure enough to say",
  mixed: "the faces show different expressions",
  unsure: "no expression is likely enough",
  no_face: "no face was found",
  corrected: "a person said so",
  not_judged: "no model has judged it yet",
};

const GATES = {
  small: "too small to judge",
  blurred: "too blurred to judge",
  weak: "too uncertain a face to judge",
};

function percentText(whole) {
  return `${whole}\u00a0%`;
}

function counted(number, noun) {
  return `${NUMBER.format(number)} ${number === 1 ? noun : `${noun}s`}`;
}

function spoken(word) {
  return word.replaceAll("_", " ");
}

/* "2024-05" as "May 2024", "2024" as itself. */
function monthText(month) {
  if (month === UNDATED) return "Undated";
  return month.length === 4 ? month : MONTH.format(new Date(`${month}-01T00:00Z`));
}

function momentText(taken) {
  return MOMENT.format(new Date(`${taken}Z`));
}

/* What a photo's badge says, in as many characters as there is room for: emotion and confidence, or why there is none. */
function verdictText(photo, room = Infinity) {
  const word = spoken(photo.emotion ?? photo.reason);
  const sure = photo.emotion && photo.percent !== null ? `${word} ${percentText(photo.percent)}` : word;
  return [sure, word].find((text) => text.length <= room) ?? "";
}
