/** What is told of a file by its name, type and size. Pure. */

import { sizeText, words } from '../../strings/files.js';

/** An image in a message is at most so large, in CSS pixels. */
const BOX = { width: 360, height: 280 };
/** Beside others an image fills a tile, if it is not smaller, and little of it is cut off. */
const TILE = 180;
const TILED = { narrowest: 0.5, widest: 2.5 };
/** Of a long name so much is never cut: what tells many of them apart stands at the end. */
const NAME_END = 12;
const NAME_LONG = 24;
/** A sliver can still be pressed. */
const LEAST = 48;
const EXTENSION = /\.([\p{L}\p{N}]{1,8})$/u;
/** Types whose signs and words are more exact than their first half. @type {[RegExp, keyof typeof words.kinds][]} */
const KINDS = [
  [/^image\//, 'image'],
  [/^video\//, 'video'],
  [/^audio\//, 'audio'],
  [/zip|x-tar|x-7z|rar|gzip|x-bzip|x-xz|zstd/, 'archive'],
  [/spreadsheet|ms-excel|csv/, 'sheet'],
  [/presentation|powerpoint/, 'slides'],
  [/pdf|msword|wordprocessing|opendocument\.text|rtf/, 'document'],
  [/^text\/|json|xml|javascript/, 'text'],
];
/** What browsers show as an image, and the server makes no harm of. */
const SHOWN = /^image\/(?:png|jpeg|gif|webp|avif)$/;

/** @typedef {{name: string, type: string, size: number, width: number|null, height: number|null}} Known */

/** @param {Pick<Known, 'type'>} file @returns {keyof typeof words.kinds} */
export const kindOf = ({ type }) => KINDS.find(([pattern]) => pattern.test(type))?.[1] ?? 'file';

/** @param {Pick<Known, 'name'|'type'|'size'>} file @returns {string} such as "PDF, 2.4 MB" */
export function factsText(file) {
  const extension = EXTENSION.exec(file.name)?.[1]?.toUpperCase();
  return `${extension ?? words.kinds[kindOf(file)]}, ${sizeText(file.size)}`;
}

/** @param {Pick<Known, 'type'|'width'|'height'>} file @returns {boolean} it is shown as a picture */
export const isPicture = ({ type, width, height }) => SHOWN.test(type) && Boolean(width && height);

/**
 * @param {Pick<Known, 'width'|'height'>} file  a picture
 * @returns {{width: number, height: number}} of the box that is kept for it
 */
export function boxOf({ width, height }) {
  const [wide, high] = [width ?? 1, height ?? 1];
  const scale = Math.min(1, BOX.width / wide, BOX.height / high);
  return { width: Math.max(LEAST, Math.round(wide * scale)), height: Math.max(LEAST, Math.round(high * scale)) };
}

/** @param {Pick<Known, 'width'|'height'>} file  a picture @returns {boolean} else the whole of it is shown in its tile */
export function fillsTile({ width, height }) {
  const [wide, high] = [width ?? 1, height ?? 1];
  return wide >= TILE && high >= TILE && wide / high >= TILED.narrowest && wide / high <= TILED.widest;
}

/**
 * @param {string} name
 * @returns {[string, string]} its stem, which may be cut where there is no room, and its end, which may not
 */
export function nameParts(name) {
  const extension = EXTENSION.exec(name)?.[0] ?? '';
  const stem = [...name.slice(0, name.length - extension.length)];
  if (stem.length === 0) return [name, ''];
  let at = stem.length > NAME_LONG ? stem.length - NAME_END : stem.length;
  // Never between a letter and its accent.
  while (at > 1 && at < stem.length && /[\p{M}\u200d]/u.test(stem[at] ?? '')) at -= 1;
  return [stem.slice(0, at).join(''), stem.slice(at).join('') + extension];
}

/** @param {string} id @param {'/thumbnail'|'?download=1'|''} [form] @returns {string} */
export const addressOf = (id, form = '') => `/api/chat/files/${encodeURIComponent(id)}${form}`;

/** @param {{alt: string, name: string}} file @returns {string} what is said of a picture */
export const saidOf = ({ alt, name }) => alt || name;
