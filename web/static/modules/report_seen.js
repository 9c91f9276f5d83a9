// @ts-check
/** What others will see of a mark, in a picture and in words, before it is sent. */

import { clone } from "./elements.js";

/**
 * @param {import("./report_answers.js").Category} category
 * @param {{place: string | null, description: string | null, geometry: unknown}} report
 * @param {import("./outbox_photos.js").Photo[]} photos
 */
export function seenByOthers(category, report, photos) {
  const texts = { title: category.title, place: report.place, description: report.description };
  const kept = { place: report.geometry, words: !report.geometry, photos: photos.length };
  const made = clone(`seen-${category.tier}`, texts, kept, { symbol: category.symbol });
  const canvas = made.querySelector("canvas");
  if (canvas) void import("./photo_making.js").then(({ show }) => show(canvas, photos[0].blob ?? photos[0].small)).catch(() => canvas.remove());
  return made;
}
