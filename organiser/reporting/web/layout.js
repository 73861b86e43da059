/* Where each photo stands: rows of one height that fill the width, like lines of justified text. */

import { headingOf, joinedHeading, mayJoin } from "./filters.js";

const NARROWEST = 0.56; // width : height beyond which a picture gets bars rather than a sliver or a banner
const WIDEST = 3.2;
const HEADING = 46;
const ENOUGH = 1.5; // rows that a heading must have, or it is joined with its neighbour
const STRETCH = 1.2; // how far beyond the intended height a row may grow to fill the width

/*
 * Rows from top to bottom, each { top, height, heading } or { top, height, tiles: [{ position, left, width }] };
 * `position` counts in `photos`. The last row under a heading keeps the intended height. With the plan of the first of
 * these photos, for the same width, only the rows that more photos can alter are laid out anew.
 */
export function layOut(photos, width, earlier = null) {
  const narrow = width < 640;
  const size = { width, target: narrow ? 118 : 178, gap: narrow ? 3 : 5 };
  const begin = earlier?.rest ?? { row: 0, top: 0, position: 0, group: null };
  const rows = earlier?.rows ?? [];
  rows.length = begin.row;
  let { top } = begin;
  let rest = begin;
  for (const group of grouped(photos, size, begin)) {
    rest = { row: rows.length, top, position: group.pictures[0]?.position, group: null };
    if (group.first !== null && !group.begun) {
      rows.push({ top, height: HEADING, heading: joinedHeading(group.first, group.last) });
      top += HEADING;
    }
    for (const line of lines(group.pictures, size)) {
      if (group.length >= ENOUGH * width) rest = { row: rows.length, top, position: line[0].position, group };
      const row = { top, ...justified(line, size) };
      rows.push(row);
      top += row.height + size.gap;
    }
  }
  return { rows, height: top, rest, from: begin.row };
}

/* Photos under their headings; small groups are joined. */
function grouped(photos, { width, target }, { position: start, group: open }) {
  const groups = open ? [{ ...open, pictures: [], begun: true }] : [];
  for (let position = start; position < photos.length; position += 1) {
    const photo = photos[position];
    const last = groups.at(-1);
    const heading = headingOf(photo);
    const picture = { position, aspect: Math.min(Math.max(photo.width / photo.height, NARROWEST), WIDEST) };
    if (last && (last.last === heading || (last.length < ENOUGH * width && mayJoin(heading)))) {
      last.pictures.push(picture);
      last.last = heading;
    } else {
      groups.push({ first: heading, last: heading, pictures: [picture], length: 0 });
    }
    groups.at(-1).length += picture.aspect * target; // as long as it would be in one row
  }
  return groups.filter(({ pictures }) => pictures.length);
}

/* The pictures of one group, broken into lines that are at least full. */
function lines(pictures, { width, target, gap }) {
  const broken = [[]];
  let length = -gap;
  for (const picture of pictures) {
    if (length >= width) {
      broken.push([]);
      length = -gap;
    }
    broken.at(-1).push(picture);
    length += picture.aspect * target + gap;
  }
  return broken;
}

/* A line's height and tiles, such that they fill the width; a line far too short for it keeps the intended height. */
function justified(line, { width, target, gap }) {
  const room = width - gap * (line.length - 1);
  const full = room / line.reduce((total, { aspect }) => total + aspect, 0);
  const height = full > target * STRETCH ? target : full;
  let left = 0;
  const tiles = line.map(({ position, aspect }) => {
    const tile = { position, left, width: height * aspect };
    left += tile.width + gap;
    return tile;
  });
  return { height, tiles };
}

/* The numbers of the rows that touch the span from `from` to `to`: [first, one past the last]. */
export function rowsWithin(rows, from, to) {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle].top + rows[middle].height < from) low = middle + 1;
    else high = middle;
  }
  let end = low;
  while (end < rows.length && rows[end].top <= to) end += 1;
  return [low, end];
}
