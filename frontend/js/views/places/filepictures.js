/** Small images of what a message brings along, where it is listed or quoted. Its words stand beside them. */

import { el } from '../../dom.js';

// What tells of files is theirs alone: what two files import would be loaded with every page.
/** As many as stand beside a line of words. */
const SHOWN = 4;

/**
 * @typedef {import('../../types.js').FileInfo} FileInfo
 *
 * @param {{files?: FileInfo[], forwarded?: {files: FileInfo[]}|null}} message
 * @returns {HTMLElement|null} null: it has none
 */
export function filePictures({ files = [], forwarded }) {
  const pictures = [...files, ...(forwarded?.files ?? [])].filter(({ type, width, height }) => type.startsWith('image/') && width && height);
  if (pictures.length === 0) return null;
  const image = (/** @type {FileInfo} */ { id, thumbnail }) => {
    const node = el('img', { class: 'file-small', src: `/api/chat/files/${encodeURIComponent(id)}${thumbnail ? '/thumbnail' : ''}`, alt: '', loading: 'lazy', decoding: 'async', draggable: 'false' });
    node.addEventListener('load', () => node.toggleAttribute('data-there', true));
    // Where it cannot be had, the words are enough.
    node.addEventListener('error', () => node.remove());
    return node;
  };
  return el('span', { class: 'file-smalls', 'aria-hidden': 'true' }, ...pictures.slice(0, SHOWN).map(image));
}
