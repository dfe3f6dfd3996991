/**
 * One file on its way: how it begins, and what its message knows of it.
 *
 * @typedef {import('../types.js').FileInfo} FileInfo
 * @typedef {import('../types.js').PendingFile} PendingFile
 * @typedef {import('./blobs.js').Upload} Upload
 */

import { newClientId } from './id.js';

/**
 * @param {{owner: string, room_id: number, box: string}} place
 * @param {{blob: Blob, name: string, code: string|null, at: number}} given  `code`: it cannot be sent, and this is why
 * @returns {Upload}
 */
export const newUpload = (place, { blob, name, code, at }) => ({
  ...place, key: newClientId(), at, name, type: blob.type, size: blob.size, width: null, height: null, alt: '',
  status: code ? 'failed' : 'waiting', loaded: 0, error: code, detail: '', file: null,
});

/** @param {FileInfo} file */
export const factsOf = ({ id, name, type, size, width, height, alt }) => ({ id, name, type, size, width, height, alt });

/** @param {Upload} upload @returns {PendingFile} without an id until all of it is there, its description too */
export function pendingOf({ key, status, file, name, type, size, width, height, alt }) {
  const id = status === 'done' ? (file?.id ?? null) : null;
  return { key, id, name: file?.name ?? name, type: file?.type ?? type, size, width, height, alt };
}

/** @param {Blob} blob @returns {Promise<boolean>} false: it has been changed or taken away since it was chosen */
export const isReadable = (blob) => blob.slice(0, 1).arrayBuffer().then(() => true, () => false);
