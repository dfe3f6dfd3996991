/**
 * What events do to a chain of replies that stands open beside the room: pure, as everything that changes the state.
 *
 * A chain is a window of its own, of at most as many neighbours, filled by pages of the chain and kept in step by the
 * frames of its room. All that changed in the room up to `version` is in it; where a frame does not follow on that, it is
 * read again.
 *
 * @typedef {import('../types.js').Message} Message
 * @typedef {import('../types.js').Frame} Frame
 *
 * @typedef {object} Chain
 * @property {import('../types.js').Room} currentRoom
 * @property {number|null} root  the message that it began with; null until a page has come
 * @property {Message[]} messages
 * @property {import('../types.js').LoadStatus} historyStatus
 * @property {boolean} hasOlder
 * @property {boolean} hasNewer
 * @property {boolean} loadingOlder
 * @property {boolean} loadingNewer
 * @property {boolean} olderFailed
 * @property {boolean} atBottom
 * @property {number} version
 * @property {string|null} epoch
 * @property {Frame[]} heard  told while a page is on its way, which may be older than they are
 */

import { merge, place, trim } from './window.js';

/** @param {import('../types.js').Room} room @returns {Chain} */
export function createChain(room) {
  return {
    currentRoom: room, root: null, messages: [], historyStatus: 'loading', hasOlder: false, hasNewer: false, loadingOlder: false,
    loadingNewer: false, olderFailed: false, atBottom: false, version: 0, epoch: null, heard: [],
  };
}

/** @param {Chain} chain @param {Message[]} messages */
const ofChain = ({ root }, messages) => messages.filter(({ id, chain }) => id === root || chain === root);

/** @param {Chain} chain @param {Message[]} messages @param {'older'|'newer'} end  the one to be cut if they are too many */
function put(chain, messages, end) {
  const { messages: window, cut } = trim(messages, end);
  chain.messages = window;
  if (cut) chain[end === 'older' ? 'hasOlder' : 'hasNewer'] = true;
}

/**
 * Frames that came while a page was on its way, once more: it may be older than they are.
 *
 * @param {Chain} chain
 * @returns {boolean} it has to be read again
 */
function hearAgain(chain) {
  const { heard } = chain;
  chain.heard = [];
  return heard.some((frame) => applyToChain(chain, frame));
}

/**
 * @param {Chain} chain
 * @param {Frame} frame
 * @param {Message[]} messages  that it tells of
 * @param {boolean} isLate  something came before it that is not known
 * @returns {boolean} it has to be read again
 */
function absorb(chain, frame, messages, isLate) {
  const isReady = chain.historyStatus === 'ready';
  if (chain.historyStatus === 'loading' || chain.loadingOlder || chain.loadingNewer) chain.heard = [...chain.heard, frame];
  if (!isReady || isLate) return isReady;
  chain.version = Math.max(chain.version, frame['version']);
  put(chain, place(chain.messages, ofChain(chain, messages), chain), chain.atBottom ? 'older' : 'newer');
  return false;
}

/** @param {Chain} chain @param {Frame} event @returns {boolean} it has to be read again */
function onPage(chain, { page, direction, edge, full }) {
  const isOlder = direction === 'older';
  chain[isOlder ? 'loadingOlder' : 'loadingNewer'] = false;
  if (page.epoch !== chain.epoch) return true;
  if (edge === (isOlder ? chain.messages[0] : chain.messages.at(-1))?.id) {
    if (isOlder) Object.assign(chain, { olderFailed: false, hasOlder: full });
    else chain.hasNewer = full;
    put(chain, merge(chain.messages, page.messages), isOlder ? 'newer' : 'older');
  }
  return hearAgain(chain);
}

/** @param {Chain} chain @param {Frame} event @returns {boolean} it has to be read again */
function onRead(chain, { page, hasOlder, hasNewer }) {
  const [first] = page.messages;
  Object.assign(chain, {
    historyStatus: 'ready', hasOlder, hasNewer, loadingOlder: false, loadingNewer: false, olderFailed: false,
    root: first?.chain ?? first?.id ?? chain.root, messages: page.messages, version: page.version, epoch: page.epoch,
  });
  return hearAgain(chain);
}

/** The contents page. @type {Record<string, (chain: Chain, event: Frame) => boolean|void>} */
const HANDLERS = {
  history_loading: (chain) => void Object.assign(chain, { historyStatus: 'loading', heard: [] }),
  history_failed: (chain) => void (chain.historyStatus = 'error'),
  history_loaded: onRead,
  page_requested: (chain, { direction }) =>
    void Object.assign(chain, direction === 'older' ? { loadingOlder: true, olderFailed: false } : { loadingNewer: true }),
  page_failed: (chain, { direction }) => {
    Object.assign(chain, direction === 'older' ? { loadingOlder: false, olderFailed: true } : { loadingNewer: false });
    return hearAgain(chain);
  },
  page_loaded: onPage,
  sync: (chain, frame) => {
    const { messages, reset, epoch, asked } = frame;
    return absorb(chain, frame, messages, reset || epoch !== chain.epoch || asked > chain.version);
  },
};

/**
 * The only place that changes it.
 *
 * @param {Chain} chain
 * @param {Frame} event  a frame of the server about any room, or an event of the `History` that reads the chain
 * @returns {boolean} it has to be read again
 */
export function applyToChain(chain, event) {
  const { type, room_id: roomId, version, message, repeated } = event;
  if (roomId !== undefined && roomId !== chain.currentRoom.id) return false;
  const handler = Object.hasOwn(HANDLERS, type) ? HANDLERS[type] : undefined;
  if (handler) return Boolean(handler(chain, event));
  // What is told to its sender alone says nothing of where the room stands.
  if (roomId === undefined || typeof version !== 'number' || repeated) return false;
  return absorb(chain, event, message ? [message] : [], version > chain.version + 1);
}
