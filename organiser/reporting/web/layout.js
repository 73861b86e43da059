/* Where each photo stands: rows of one height that fill the width, like lines of justified text. Pure. */

const NARROWEST = 0.56; // width : height beyond which a picture gets bars rather than a sliver or a banner
const WIDEST = 3.2;
const HEADING = 46;
const ENOUGH = 1.5; // rows that a heading must have, or it is joined with its neighbour
const STRETCH = 1.2; // how far beyond the intended height a row may grow to fill the width

/*
 * Rows from top to bottom, each { top, height, heading } or { top, height, tiles: [{ position, left, width }] };
 * `position` counts in `shown`. The last row under a heading keeps the intended height.
 */
function layOut(shown, width) {
  const narrow = width < 640;
  const size = { width, target: narrow ? 118 : 178, gap: narrow ? 3 : 5 };
  const rows = [];
  let top = 0;
  for (const { heading, pictures } of grouped(shown, size)) {
    if (heading !== null) {
      rows.push({ top, height: HEADING, heading });
      top += HEADING;
    }
    for (const line of lines(pictures, size)) {
      const row = { top, ...justified(line, size) };
      rows.push(row);
      top += row.height + size.gap;
    }
  }
  return { rows, height: top };
}

/* Photos under their headings; small groups are joined. */
function grouped(shown, { width, target }) {
  const groups = [];
  let length = 0; // of the last group, were it one row
  shown.forEach((photo, position) => {
    const last = groups.at(-1);
    const heading = headingOf(photo);
    const picture = { position, aspect: Math.min(Math.max(photo.width / photo.height, NARROWEST), WIDEST) };
    if (last && (last.last === heading || (length < ENOUGH * width && sort !== "folder" && heading !== monthText(UNDATED)))) {
      last.pictures.push(picture);
      last.last = heading;
    } else {
      groups.push({ first: heading, last: heading, pictures: [picture] });
      length = 0;
    }
    length += picture.aspect * target;
  });
  return groups.map(({ first, last, pictures }) => ({ heading: joinedHeading(first, last), pictures }));
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
function rowsWithin(rows, from, to) {
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
