/* Numbers, dates and reasons as people read them. */

export const EMOTIONS = ["happy", "sad", "neutral", "angry", "surprise", "fear", "disgust", "contempt"];
export const UNDATED = "undated";

export const NUMBER = new Intl.NumberFormat("en-GB");
export const collator = new Intl.Collator("en-GB", { numeric: true });
const MONTH = new Intl.DateTimeFormat("en-GB", { month: "long", year: "numeric", timeZone: "UTC" });
const MOMENT = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeStyle: "short", timeZone: "UTC" });

export const REASONS = {
  clear: "sure enough to say",
  mixed: "the faces show different expressions",
  unsure: "no expression is likely enough",
  no_face: "no face was found",
  corrected: "a person said so",
  not_judged: "no model has judged it yet",
};

export const GATES = {
  small: "too small to judge",
  blurred: "too blurred to judge",
  weak: "too uncertain a face to judge",
  no_face: "a person said it is no face",
};

export function percentText(whole) {
  return `${whole}\u00a0%`;
}

export function counted(number, noun) {
  return `${NUMBER.format(number)} ${number === 1 ? noun : `${noun}s`}`;
}

export function spoken(word) {
  return word.replaceAll("_", " ");
}

/* "2024-05" as "May 2024", "2024" as itself. */
export function monthText(month) {
  if (month === UNDATED) return "Undated";
  return month.length === 4 ? month : MONTH.format(new Date(`${month}-01T00:00Z`));
}

export function momentText(taken) {
  return MOMENT.format(new Date(`${taken}Z`));
}

/* What a photo's badge says, in as many characters as there is room for: emotion and confidence, or why there is none. */
export function verdictText(photo, room = Infinity) {
  const word = spoken(photo.emotion ?? photo.reason);
  const sure = photo.emotion && photo.confidence !== null ? `${word} ${percentText(wholePercent(photo.confidence))}` : word;
  return [sure, word].find((text) => text.length <= room) ?? "";
}

/* A share (0-1) in whole percent: what is not certain never reads 100, what is possible never 0. */
export function wholePercent(share) {
  const whole = Math.round(share * 100);
  return share > 0 && share < 1 ? Math.min(Math.max(whole, 1), 99) : whole;
}
