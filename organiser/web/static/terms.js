/* The filters and the query are two ways to say the same: this reads one from the other. Pure but for the vocabulary. */

import { UNDATED } from "./words.js";

const WORD = /(-)?(?:([^\s:"']*)(::?))?("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\S*)/y;

/* The words of a query as the parser of the server takes them apart. */
function wordsOf(query) {
  const words = [];
  for (let at = 0; at < query.length; ) {
    if (/\s/.test(query[at])) {
      at += 1;
      continue;
    }
    WORD.lastIndex = at;
    const [text, minus, field, colons, value] = WORD.exec(query);
    // What follows a closing quote without a space is a mistake that the server points at.
    const end = text ? at + text.length : query.length;
    words.push({ text: query.slice(at, end), negated: Boolean(minus), field: field?.toLowerCase(), exact: colons === ":", value });
    at = end;
  }
  return words;
}

/* The alternatives of a query, each a list of words. */
function alternativesOf(query) {
  const alternatives = [[]];
  for (const word of wordsOf(query)) {
    if (word.text === ",") alternatives.push([]);
    else alternatives.at(-1).push(word);
  }
  return alternatives;
}

const quoted = (text) => (/^[^\s"'\\,|]+$/.test(text) ? text : `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`);
const unquoted = (value) => (/^["']/.test(value) ? value.slice(1, -1).replace(/\\(["'\\])/g, "$1") : value);
const plain = (word, field) => word.field === field && word.exact && !word.negated;

/*
 * How each facet of the filter is written: `own(word)` is whether a word says it, `read(word)` the value it says, and
 * `write(value)` the word.
 */
const FACETS = {
  emotions: {
    own: (word) => plain(word, "emotion"),
    read: ({ value }) => new Set(value.toLowerCase().split("|")),
    write: (emotions) => (emotions.size ? `emotion:${[...emotions].join("|")}` : ""),
    empty: () => new Set(),
  },
  reason: {
    own: (word) => (plain(word, "reason") && !word.value.includes("|")) || word.text.toLowerCase() === "judged:no",
    read: (word) => (word.field === "judged" ? "not_judged" : word.value.toLowerCase()),
    write: (reason) => (reason === "not_judged" ? "judged:no" : reason && `reason:${reason}`),
  },
  faces: {
    own: (word) => plain(word, "faces") && /^\d+$/.test(word.value),
    read: ({ value }) => value,
    write: (faces) => faces && `faces:${faces}`,
  },
  month: {
    own: (word) => (plain(word, "taken") && /^\d{4}(-\d\d)?$/.test(word.value)) || word.text === "-taken:..",
    read: (word) => (word.negated ? UNDATED : word.value),
    write: (month) => (month === UNDATED ? "-taken:.." : month && `taken:${month}`),
  },
  folder: {
    own: (word) => plain(word, "path") && /^["']?\/.+\/["']?$/.test(word.value),
    read: ({ value }) => unquoted(value).slice(1, -1),
    write: (folder) => folder && `path:${quoted(`/${folder}/`)}`,
  },
  camera: {
    own: (word) => plain(word, "camera"),
    read: ({ value }) => unquoted(value),
    write: (camera) => camera && `camera:${quoted(camera)}`,
  },
  confidence: {
    own: (word) => plain(word, "confidence") && /^[\d.]*\.\.[\d.]*$/.test(word.value),
    read: ({ value }) => {
      const [least, most] = value.split("..");
      const percent = (text, missing) => (text ? Math.round(Number(text) * 100) : missing);
      return { least: percent(least, 0), most: percent(most, 100) };
    },
    write: ({ least, most }) =>
      least === 0 && most === 100 ? "" : `confidence:${least === 0 ? "" : least / 100}..${most === 100 ? "" : most / 100}`,
    empty: () => ({ least: 0, most: 100 }),
  },
};

/* What the controls show of a query: what every alternative of it says. */
export function filterOf(query) {
  const alternatives = alternativesOf(query);
  const read = (facet) => {
    const { own, read: valueOf, empty = () => "" } = FACETS[facet];
    const said = alternatives.map((words) => words.find(own));
    const same = said.every((word) => word && word.text === said[0].text);
    return same ? valueOf(said[0]) : empty();
  };
  const { confidence, ...facets } = Object.fromEntries(Object.keys(FACETS).map((facet) => [facet, read(facet)]));
  return { ...facets, ...confidence };
}

/* The query with one facet said this way, in every alternative, and all else as it was. */
export function withFacet(query, facet, value) {
  const { own, write } = FACETS[facet];
  const word = write(value);
  return alternativesOf(query)
    .map((words) => {
      const at = words.findIndex(own);
      const texts = words.filter((each) => !own(each)).map(({ text }) => text);
      if (word) texts.splice(at < 0 ? texts.length : at, 0, word);
      return texts.join(" ");
    })
    .filter((text, _, all) => text || all.length === 1)
    .join(" , ");
}

/* The query without what it says of one facet. */
export function withoutFacet(query, facet) {
  const { empty = () => "" } = FACETS[facet];
  return withFacet(query, facet, empty());
}

/* The query of a filter: `query` with every facet that the filter says differently. */
export function queryOf(filter, query) {
  const before = filterOf(query);
  let text = query;
  for (const facet of Object.keys(FACETS)) {
    const value = facet === "confidence" ? { least: filter.least, most: filter.most } : filter[facet];
    const old = facet === "confidence" ? { least: before.least, most: before.most } : before[facet];
    if (FACETS[facet].write(value) !== FACETS[facet].write(old)) text = withFacet(text, facet, value);
  }
  return text;
}

/* The facets of which a query says something. */
export function facetsIn(query) {
  return Object.keys(FACETS).filter((facet) => alternativesOf(query).some((words) => words.some(FACETS[facet].own)));
}
