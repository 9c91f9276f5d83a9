// @ts-check
/**
 * What a file of a picture says of itself before anything is decoded: its kind by its bytes, its size, whether it moves.
 * Only heads are read, however large the file. Sources: ITU-T T.81, B.2 (JPEG); W3C PNG, 11.2; RFC 9649 (WebP);
 * ISO/IEC 23008-12, 6.5.3 (HEIC).
 */

/**
 * @typedef {object} Head
 * @property {"jpeg" | "png" | "webp" | "heic" | "gif" | null} kind
 * @property {number} pixels 0 where the file does not say.
 * @property {boolean} isMoving
 */

const MOST_PARTS = 500, HEIC_HEAD = 65_536;
const HEIC_BRANDS = ["heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1", "heif"];

/** @param {Blob} file @param {number} from @param {number} length @returns {Promise<DataView>} Shorter at the end of the file. */
async function bytes(file, from, length) {
  return new DataView(await file.slice(from, from + length).arrayBuffer());
}

/** @param {DataView} view @param {number} from @param {number} length */
function letters(view, from, length) {
  let text = "";
  for (let at = from; at < Math.min(from + length, view.byteLength); at++) text += String.fromCharCode(view.getUint8(at));
  return text;
}

/** @param {Blob} file @returns {Promise<Head>} */
export async function readHead(file) {
  const head = await bytes(file, 0, 32);
  const nothing = { kind: null, pixels: 0, isMoving: false };
  if (head.byteLength < 32) return nothing;
  if (head.getUint16(0) === 0xffd8) return { kind: "jpeg", pixels: await jpegPixels(file), isMoving: false };
  if (letters(head, 0, 8) === "\x89PNG\r\n\x1a\n") {
    return { kind: "png", pixels: head.getUint32(16) * head.getUint32(20), isMoving: await isMovingPng(file) };
  }
  if (letters(head, 0, 4) === "RIFF" && letters(head, 8, 4) === "WEBP") return webp(head);
  if (letters(head, 0, 4) === "GIF8") return { kind: "gif", pixels: head.getUint16(6, true) * head.getUint16(8, true), isMoving: true };
  if (letters(head, 4, 4) === "ftyp" && HEIC_BRANDS.includes(letters(head, 8, 4))) {
    return { kind: "heic", pixels: heicPixels(await bytes(file, 0, HEIC_HEAD)), isMoving: false };
  }
  return nothing;
}

/** The frame's size, from the segments before the first scan. @param {Blob} file */
async function jpegPixels(file) {
  for (let at = 2, part = 0; part < MOST_PARTS; part++) {
    const segment = await bytes(file, at, 9);
    if (segment.byteLength < 9 || segment.getUint8(0) !== 0xff) return 0;
    const marker = segment.getUint8(1);
    if (marker === 0xff) at += 1;
    else if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) return segment.getUint16(5) * segment.getUint16(7);
    else at += 2 + segment.getUint16(2);
  }
  return 0;
}

/** Whether the chunk of an animation stands before the pixels. @param {Blob} file */
async function isMovingPng(file) {
  for (let at = 8, part = 0; part < MOST_PARTS; part++) {
    const chunk = await bytes(file, at, 8);
    const name = letters(chunk, 4, 4);
    if (name.length < 4 || name === "IDAT") return false;
    if (name === "acTL") return true;
    at += 12 + chunk.getUint32(0);
  }
  return false;
}

/** @param {DataView} head @returns {Head} */
function webp(head) {
  const kind = letters(head, 12, 4);
  const u24 = (/** @type {number} */ at) => head.getUint16(at, true) + (head.getUint8(at + 2) << 16);
  let [width, height, isMoving] = [0, 0, false];
  if (kind === "VP8X") [width, height, isMoving] = [1 + u24(24), 1 + u24(27), (head.getUint8(20) & 2) !== 0];
  if (kind === "VP8 ") [width, height] = [head.getUint16(26, true) & 0x3fff, head.getUint16(28, true) & 0x3fff];
  if (kind === "VP8L") [width, height] = [1 + (head.getUint32(21, true) & 0x3fff), 1 + ((head.getUint32(21, true) >> 14) & 0x3fff)];
  return { kind: "webp", pixels: width * height, isMoving };
}

/** The largest size that is said: of the picture, its tiles or its thumbnail. @param {DataView} head */
function heicPixels(head) {
  let most = 0;
  for (let at = 4; at + 16 <= head.byteLength; at++) {
    if (head.getUint32(at) === 0x69737065) most = Math.max(most, head.getUint32(at + 8) * head.getUint32(at + 12)); // "ispe"
  }
  return most;
}
