/*
 * Where the photos come from: the blocks of JSON in a report, or the server of a page to live in.
 *
 * picture(photo)   the address of its thumbnail; "" where it has none, null while that is still on its way
 * large(photo, pixels)   the address of the photo itself, for a picture `pixels` long, and what a person may open
 */

export let source = null;

export function useSource(given) {
  source = given;
}
