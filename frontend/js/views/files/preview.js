/**
 * What an image looks like that is only in this browser yet, on canvases: the page's policy lets no address of a blob be
 * shown, and none has to be taken back.
 */

import { el } from '../../dom.js';

/** Not decoded: it would cost more memory than a preview is worth. */
const LARGEST = 64e6;
const READABLE = /^image\/(?:png|jpeg|gif|webp|avif|bmp)$/;
/** So large on the sharpest screens. */
const SIDE = 720;

/** @typedef {{source: HTMLCanvasElement, width: number, height: number}} Preview  its size is that of the image itself */

/**
 * @param {Blob} blob
 * @returns {Promise<Preview|null>} null: it is no image, or none that this browser reads
 */
export async function readPreview(blob) {
  if (!READABLE.test(blob.type) || blob.size > LARGEST) return null;
  try {
    const bitmap = await createImageBitmap(blob);
    const { width, height } = bitmap;
    const scale = Math.min(1, SIDE / width, SIDE / height);
    const source = el('canvas', { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) });
    source.getContext('2d')?.drawImage(bitmap, 0, 0, source.width, source.height);
    bitmap.close();
    return { source, width, height };
  } catch {
    return null;
  }
}

/**
 * @param {Preview} preview
 * @param {string} kind  a class
 * @returns {HTMLCanvasElement} of its own, to be put where it is shown
 */
export function copyOf({ source }, kind) {
  const copy = el('canvas', { class: kind, width: source.width, height: source.height, 'aria-hidden': 'true' });
  copy.getContext('2d')?.drawImage(source, 0, 0);
  return copy;
}
