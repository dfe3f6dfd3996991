/** The words of files: chosen, on their way, in messages, looked at. In English. */

import { plural } from './plural.js';

const SIZE = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });
const ROUND = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const UNITS = ['bytes', 'KB', 'MB', 'GB', 'TB'];

/**
 * @param {number} bytes
 * @returns {string} such as "2.4 MB": thousands, as shops and systems count
 */
export function sizeText(bytes) {
  let [size, unit] = [bytes, 0];
  // Not "1,000 KB".
  while (Math.round(size) >= 1000 && unit < UNITS.length - 1) [size, unit] = [size / 1000, unit + 1];
  if (unit === 0) return plural(size, 'byte', 'bytes');
  return `${(size < 10 ? SIZE : ROUND).format(size)} ${UNITS[unit]}`;
}

export const words = {
  tray: {
    label: 'Attached files',
    attached: (/** @type {string} */ name, /** @type {string} */ size) => `${name} attached, ${size}`,
    several: (/** @type {number} */ count) => `${plural(count, 'file', 'files')} attached`,
    removed: (/** @type {string} */ name) => `${name} removed`,
    uploaded: (/** @type {string} */ name) => `${name} uploaded`,
    progress: (/** @type {string} */ name) => `Uploading ${name}`,
    percent: (/** @type {number} */ percent) => `${percent} %`,
    waiting: 'Waiting for the connection',
    queued: 'Waiting',
    ready: 'Ready',
    remove: (/** @type {string} */ name) => `Remove ${name}`,
    cancel: (/** @type {string} */ name) => `Cancel ${name}`,
    retry: (/** @type {string} */ name) => `Retry ${name}`,
    retryShort: 'Retry',
    describe: (/** @type {string} */ name) => `Describe ${name}`,
    describeShort: 'Describe',
    described: 'Described',
    stuck: (/** @type {string} */ name) => `Remove ${name} or try it again, then send.`,
    wrong: (/** @type {string} */ name) => `Remove ${name}, then send.`,
    tooMany: (/** @type {number} */ most) => `A message takes at most ${plural(most, 'file', 'files')}.`,
    tooLarge: (/** @type {string} */ name, /** @type {string} */ size, /** @type {string} */ limit) =>
      `${name} is ${size}. The limit is ${limit}.`,
    folder: 'Folders can’t be shared. Choose the files in it.',
    empty: 'This file is empty.',
    gone: 'This file has changed or is gone. Attach it again.',
    busy: 'Finish editing first, then attach files.',
    guests: 'Sign in to send files. Guests can’t here.',
    lost: 'A file is no longer in this browser. Attach it again.',
    pasted: 'Pasted image',
    drop: (/** @type {string} */ room) => `Drop to share in ${room}`,
    dropReply: 'Drop to reply in this thread',
    dropHere: 'Drop to share here',
  },

  row: {
    file: (/** @type {string} */ name, /** @type {string} */ kind) => `File: ${name}, ${kind}`,
    image: (/** @type {string} */ words) => `Image: ${words}`,
    open: (/** @type {string} */ words) => `Open image: ${words}`,
    download: (/** @type {string} */ name, /** @type {string} */ kind) => `Download ${name}, ${kind}`,
    gone: 'This file is no longer there.',
    failed: 'Couldn’t be loaded. Press to try again.',
    sending: (/** @type {number} */ percent) => `Uploading, ${percent} %`,
    waiting: 'Waits for the connection',
    cancel: 'Cancel',
  },

  kinds: {
    image: 'Image', video: 'Video', audio: 'Audio', text: 'Text', archive: 'Archive', sheet: 'Spreadsheet', slides: 'Slides',
    document: 'Document', file: 'File',
  },

  viewer: {
    label: 'Image viewer',
    place: (/** @type {number} */ at, /** @type {number} */ count) => `${at} of ${count}`,
    said: (/** @type {string} */ name, /** @type {string} */ place, /** @type {string} */ description) => `${name}, ${place}. ${description}`,
    previous: 'Previous image',
    next: 'Next image',
    zoomIn: 'Show at full size',
    zoomOut: 'Fit to window',
    download: 'Download',
    close: 'Close',
    noAlt: 'No description',
    loading: 'Loading image',
    failed: 'This image couldn’t be loaded.',
    gone: 'This image is no longer there.',
  },

  describe: {
    title: 'Describe the image',
    titles: 'Describe the images',
    text: 'For people who can’t see it: what matters in it, in a sentence.',
    label: 'Description',
    labelOf: (/** @type {string} */ name) => `Description of ${name}`,
    submit: 'Save',
    saved: 'Description saved.',
  },
};
