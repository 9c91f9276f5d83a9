// @ts-check
/**
 * A photo as it is kept and sent: drawn anew on this phone, upright, small, with nothing of the file but its pixels; and
 * boxes of it wiped out.
 */

import { readHead } from "./photo_heads.js";

/** @typedef {{left: number, top: number, width: number, height: number}} Box In shares of the picture's sides. */

const MOST_PIXELS = 25_000_000, MOST_FILE_BYTES = 60_000_000, MOST_BYTES = 400_000;
const LONGEST_SIDES = [1600, 1280, 1024], QUALITIES = [0.85, 0.75, 0.65, 0.5];
const SMALL_SIDE = 240, BLOCK = 16;
const COVER = "#13211F";

/** Why a file is not taken. */
export class Refused extends Error {
  /** @param {"heic" | "kind" | "moving" | "pixels" | "damaged"} reason */
  constructor(reason) {
    super(reason);
    this.reason = reason;
  }
}

/**
 * @param {Blob} file As it was chosen.
 * @returns {Promise<{blob: Blob, small: Blob}>} JPEG as it is sent, of at most 400 kB, and a small one for this phone's lists.
 */
export async function makePhoto(file) {
  const { kind, pixels, isMoving } = await readHead(file);
  if (isMoving) throw new Refused("moving");
  if (kind === null) throw new Refused("kind");
  if (pixels > MOST_PIXELS || file.size > MOST_FILE_BYTES) throw new Refused("pixels");
  const picture = pixels && (await createImageBitmap(file, { imageOrientation: "from-image" }).catch(() => null));
  if (!picture) throw new Refused(kind === "heic" ? "heic" : "damaged");
  return encoded(picture);
}

/** @param {Blob} blob Of a photo made here. @param {Box[]} boxes @returns {Promise<{blob: Blob, small: Blob}>} */
export async function cover(blob, boxes) {
  const picture = await createImageBitmap(blob);
  const canvas = drawn(picture, Math.max(picture.width, picture.height));
  picture.close();
  wipe(canvas, boxes);
  return encoded(await createImageBitmap(canvas));
}

/**
 * One colour over every pixel: nothing is left that could be reckoned back, as it can be from a blur or a mosaic. The box
 * grows to whole blocks of the JPEG it was decoded from, which carry traces of what lay in them beyond its edge.
 * @param {HTMLCanvasElement} canvas @param {Box[]} boxes
 */
function wipe(canvas, boxes) {
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.fillStyle = COVER;
  for (const { left, top, width, height } of boxes) {
    const [x, y] = [left * canvas.width, top * canvas.height].map((side) => Math.floor(side / BLOCK) * BLOCK);
    const right = Math.ceil(((left + width) * canvas.width) / BLOCK) * BLOCK;
    const bottom = Math.ceil(((top + height) * canvas.height) / BLOCK) * BLOCK;
    context.fillRect(x, y, right - x, bottom - y);
  }
}

/** @param {ImageBitmap} picture @param {number} longest Of its sides, pixels. */
function drawn(picture, longest) {
  const scale = Math.min(1, longest / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { alpha: false }));
  context.fillStyle = "#FFFFFF";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return canvas;
}

/** @param {HTMLCanvasElement} canvas @param {number} quality @returns {Promise<Blob>} */
function jpeg(canvas, quality) {
  return new Promise((done, fail) => canvas.toBlob((blob) => (blob ? done(blob) : fail(new Refused("damaged"))), "image/jpeg", quality));
}

/** @param {ImageBitmap} picture Closed when this is done. */
async function encoded(picture) {
  try {
    const small = await jpeg(drawn(picture, SMALL_SIDE), 0.75);
    for (const side of LONGEST_SIDES) {
      const canvas = drawn(picture, side);
      for (const quality of QUALITIES) {
        const blob = await jpeg(canvas, quality);
        if (blob.size <= MOST_BYTES) return { blob, small };
      }
    }
  } finally {
    picture.close();
  }
  throw new Refused("pixels");
}

/** The picture of a photo in a page: drawn, for the page's policy lets no address of a blob be shown. @param {HTMLCanvasElement} canvas @param {Blob} blob */
export async function show(canvas, blob) {
  const picture = await createImageBitmap(blob);
  [canvas.width, canvas.height] = [picture.width, picture.height];
  canvas.getContext("2d")?.drawImage(picture, 0, 0);
  picture.close();
}
