/* Photos and their pictures, read from the blocks of JSON that stand in the page. */

const vocabulary = JSON.parse(byId("vocabulary").textContent);
const UNDATED = "undated";
const BLOCKS_KEPT = 48;

const photos = [...document.querySelectorAll("script.photos")].flatMap((block) => {
  const some = JSON.parse(block.textContent);
  block.remove();
  return some;
});

photos.forEach((photo, index) => {
  photo.index = index;
  photo.month = photo.taken ? photo.taken.slice(0, 7) : UNDATED;
  photo.percent = photo.confidence === null ? null : wholePercent(photo.confidence);
  photo.words = fold([photo.name, photo.folder, photo.camera ?? ""].join("\n"));
});

const decoded = new Map(); // block number -> its pictures in base64; the one used last stands last

/* The picture of a photo as a data URI; "" where it has none, null while its block is still on its way. */
function pictureOf(photo) {
  const number = Math.floor(photo.index / vocabulary.chunk);
  const block = decoded.get(number) ?? decode(number);
  if (!block) return null;
  decoded.delete(number);
  decoded.set(number, block);
  if (decoded.size > BLOCKS_KEPT) decoded.delete(decoded.keys().next().value);
  const picture = block[photo.index % vocabulary.chunk];
  return picture ? `data:image/jpeg;base64,${picture}` : "";
}

function decode(number) {
  const element = byId(`pictures-${number}`);
  // A block that nothing follows may be half read while the page is loading.
  const whole = element && (document.readyState !== "loading" || element.nextElementSibling);
  return whole ? JSON.parse(element.textContent) : null;
}

/* Calls `act` now and then until the whole page has arrived, and once after. */
function whileLoading(act) {
  if (document.readyState !== "loading") return act();
  const timer = setInterval(act, 120);
  document.addEventListener("DOMContentLoaded", () => { clearInterval(timer); act(); });
}

function byId(id) {
  return document.getElementById(id);
}

/* Text as searching compares it. */
function fold(text) {
  return text.normalize("NFC").toLowerCase();
}

/* A share (0-1) in whole percent: what is not certain never reads 100, what is possible never 0. */
function wholePercent(share) {
  const whole = Math.round(share * 100);
  return share > 0 && share < 1 ? Math.min(Math.max(whole, 1), 99) : whole;
}
